#ifndef THRUM_BENCH_DETECTION_PROTOCOLS_HPP
#define THRUM_BENCH_DETECTION_PROTOCOLS_HPP

#include <string>
#include <vector>

#include "data.hpp"
#include "results.hpp"
#include "thrum/detector.hpp"

/// A detector said in advance.
struct Kind {
  std::string name;
  thrum::DetectorOptions options;
};

/// All kinds on the same stages: `pca` components of the rows as they are, or scaled rows without PCA when 0.
std::vector<Kind> kinds(int pca, int soft_centers);

/// All of them, or the one of that name where `only` is not empty.
std::vector<Kind> chosen(std::vector<Kind> all, const std::string& only);

constexpr double asked = 0.01;  // rate of false alarms

/// Part of a data set: its rows, the stretch each belongs to, and the fold it is held out in.
struct Part {
  std::vector<thrum::Index> rows;
  std::vector<int> blocks, folds;

  void add(thrum::Index row, int block, int fold) {
    rows.push_back(row);
    blocks.push_back(block);
    folds.push_back(fold);
  }
};

/// Learned and judged stretches of all conditions.
struct Split {
  Part learned, judged;
};

/// Stretches of 30 rows of each condition, four fifths of them learned; another number, other stretches.
Split split_stretches(const std::vector<Condition>& conditions, int number);

/// As the lecture's notebook: calibrated and judged on the rows that were learned.
void notebook(const Machine& machine, const std::vector<Kind>& all, Results& results);

/// Rows drawn at random: 1170 are learned and calibrate (5-fold cross-conformal), the rest is judged.
void honest(const Machine& machine, const std::vector<Kind>& all, int splits, Results& results);

/// Stretches of 30 rows: four fifths of each condition's are learned and calibrate (in folds of whole
/// stretches), the rest is judged, window by window, and, where there are enough to calibrate the monitor
/// (`voting`), by 5 of 8 successive ones.
void blocks(const Machine& machine, const std::vector<Kind>& all, int splits, Results& results);

/// Each condition's first 60 % is learned, the next 20 % calibrates, the last is judged, window by window,
/// and (`time, voted`) by 5 of 8 successive ones, each normal condition apart.
void in_time(const Machine& machine, const std::vector<Kind>& all, Results& results);

/// Half of the normal rows is learned, the rest and the anomalous ones are judged.
void half(const Benchmark& benchmark, const std::vector<Kind>& all, Results& results);

#endif  // THRUM_BENCH_DETECTION_PROTOCOLS_HPP
