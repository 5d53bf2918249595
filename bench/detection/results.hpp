#ifndef THRUM_BENCH_DETECTION_RESULTS_HPP
#define THRUM_BENCH_DETECTION_RESULTS_HPP

#include <filesystem>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "thrum/input.hpp"

using Scores = thrum::Vector<float>;

/// Scores of what a detector has not seen, 1 is the threshold.
struct Judged {
  Scores normal;
  std::map<std::string, Scores> faults;  ///< by condition
};

/// Share of pairs of a normal and a faulty row in which the faulty one scores higher; equal ones count half.
double area_under_curve(const Scores& normal, const Scores& faulty);

/// Share of scores above 1.
double alarm_rate(const Scores& scores);

/// Scores of all fault conditions.
Scores all_faults(const Judged& judged);

/// What was found under a protocol, over its splits.
struct Row {
  std::string data, protocol, kind, condition;  ///< condition: a fault, or "all"
  double asked = 0;                             ///< false-alarm rate
  long faults = 0;
  std::vector<double> auc, missed, false_alarm, caught;  ///< one for each split
};

double mean(const std::vector<double>& values);

/// All rows, in the order in which they came.
class Results {
 public:
  /// Takes the verdicts of one split: a row for all faults, and one for each condition where there are
  /// several.
  void add(const std::string& data, const std::string& protocol, const std::string& kind, double asked,
           const Judged& judged);

  /// The row, or one without splits.
  Row find(const std::string& data, const std::string& protocol, const std::string& kind,
           const std::string& condition = "all") const;

  const std::vector<Row>& rows() const { return rows_; }

  void print(std::ostream& out) const;
  void write_json(const std::filesystem::path& path) const;

 private:
  Row& row(const Row& like);

  std::vector<Row> rows_;
};

#endif  // THRUM_BENCH_DETECTION_RESULTS_HPP
