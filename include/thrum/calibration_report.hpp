#ifndef THRUM_CALIBRATION_REPORT_HPP
#define THRUM_CALIBRATION_REPORT_HPP

#include <stdint.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>
#include <vector>

#include "thrum/calibration.hpp"
#include "thrum/confidence.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/errors.hpp"
#include "thrum/score_series.hpp"
#include "thrum/series.hpp"

namespace thrum {

/// Alarms on rows that the threshold had not seen.
struct MeasuredRate {
  Index rows = 0;
  Index alarms = 0;
  double rows_effective = 0;  ///< what the rows are worth, as their share of CalibrationReport::n_effective
  Interval interval{0, 1};    ///< of the true rate, 95 %, exact for rows_effective independent rows

  double rate() const { return rows > 0 ? static_cast<double>(alarms) / static_cast<double>(rows) : 0; }
};

/// The same threshold rule measured in three ways, from the most flattering to the most honest.
struct SplitRates {
  MeasuredRate random;       ///< 5 random folds: neighbours in time on both sides; near the asked rate by law
  MeasuredRate whole_block;  ///< up to 5 folds of whole blocks, each judged by the threshold of the others
  MeasuredRate time_ordered;  ///< the later half of the rows, by the threshold of the earlier half
};

/// The rates of one working class.
struct ClassRates {
  int label = 0;
  SplitRates rates;
};

/// Whether a threshold keeps its word.
struct CalibrationReport {
  Calibration calibration;          ///< on all rows: the threshold to use
  double n_effective = 0;           ///< what the rows are worth: effective_sample_size
  Drift drift;                      ///< of the scores over all rows
  SplitRates all;                   ///< rates over all classes
  std::vector<ClassRates> classes;  ///< ascending by label; empty without labels
};

namespace detail {

/// Counts rows and alarms over all classes and for each.
class RateCounter {
 public:
  explicit RateCounter(const Labels& classes) : classes_(classes) {}

  void add(Index row, bool alarm) {
    count(all_, alarm);
    if (!classes_.empty()) count(of_class_[classes_[row]], alarm);
  }

  /// worth: of one row.
  MeasuredRate all(double worth) const { return measured(all_, worth); }
  MeasuredRate of_class(int label, double worth) const {
    const auto found = of_class_.find(label);
    return found == of_class_.end() ? MeasuredRate{} : measured(found->second, worth);
  }

 private:
  static void count(MeasuredRate& rate, bool alarm) {
    ++rate.rows;
    rate.alarms += alarm ? 1 : 0;
  }
  static MeasuredRate measured(MeasuredRate rate, double worth) {
    rate.rows_effective = static_cast<double>(rate.rows) * worth;
    rate.interval = binomial_interval(static_cast<double>(rate.alarms) * worth, rate.rows_effective);
    return rate;
  }

  const Labels& classes_;
  MeasuredRate all_;
  std::map<int, MeasuredRate> of_class_;
};

/// Judges the rows of each fold from `first_judged` on by the threshold of the other folds.
inline RateCounter measure_folds(const char* who, const Scores& scores, const Labels& classes,
                                 const Vector<int>& folds, double rate, int first_judged = 0) {
  RateCounter counter(classes);
  for (int fold = first_judged; fold <= folds.maxCoeff(); ++fold) {
    std::vector<double> others;
    for (Index i = 0; i < scores.size(); ++i)
      if (folds[i] != fold) others.push_back(scores[i]);
    const double threshold = conformal_threshold(who, Scores(others), rate).threshold;
    for (Index i = 0; i < scores.size(); ++i)
      if (folds[i] == fold) counter.add(i, scores[i] > threshold);
  }
  return counter;
}

}  // namespace detail

/// Calibrates on all rows and measures, on rows held out in three ways, what rate the threshold gives.
/// scores: n of normal rows in the order of time, finite, n >= 20 and n / 2 >= 1 / rate - 1; classes: none,
/// or the working class of each row; blocks: none, or the recording of each row, at least two of them;
/// without them, 20 contiguous parts. Throws std::invalid_argument on anything else, saying how many rows are
/// needed. O(n log n + 256 n); the same seed gives the same report.
inline CalibrationReport calibration_report(const Scores& scores, double rate, const Labels& classes = {},
                                            const Labels& blocks = {}, uint64_t seed = 0) {
  constexpr const char* who = "thrum::calibration_report";
  const Index n = scores.size();
  detail::require_rate(who, rate);
  detail::require_finite(who, scores);
  detail::require_labels(who, "classes", classes, n);
  detail::require_labels(who, "blocks", blocks, n);
  const double needed = (std::max)(20.0, 2 * detail::rows_needed(rate));  // so many in the earlier half
  detail::require(static_cast<double>(n) >= needed, who, ": scores has ", n, " rows, expected at least ",
                  needed, " to hold some out at a false-alarm rate of ", rate);
  const Labels parts = blocks.empty() ? Labels(contiguous_folds(n, 20)) : blocks;
  const auto block_count = static_cast<int>(detail::block_sizes(parts).size());

  CalibrationReport report;
  report.calibration = detail::conformal_threshold(who, scores, rate);
  report.n_effective = effective_sample_size(scores);
  report.drift = drift_test(scores);

  const auto random = detail::measure_folds(who, scores, classes, random_folds(n, 5, seed), rate);
  const auto whole =
      detail::measure_folds(who, scores, classes, block_folds(parts, (std::min)(5, block_count), seed), rate);
  const auto later = detail::measure_folds(who, scores, classes, contiguous_folds(n, 2), rate, 1);
  const double worth = report.n_effective / static_cast<double>(n);
  report.all = {random.all(worth), whole.all(worth), later.all(worth)};
  for (const auto& [label, size] : detail::block_sizes(classes))
    report.classes.push_back(
        {label, {random.of_class(label, worth), whole.of_class(label, worth), later.of_class(label, worth)}});
  return report;
}

namespace detail {

inline void write_rate(std::ostream& out, const char* split, const MeasuredRate& rate) {
  out << "  " << split;
  if (rate.rows == 0)
    out << "no rows\n";
  else
    out << 100 * rate.rate() << " % (" << rate.alarms << " of " << rate.rows
        << "; 95 %: " << 100 * rate.interval.low << " ... " << 100 * rate.interval.high << " %)\n";
}

inline void write_rates(std::ostream& out, const SplitRates& rates) {
  write_rate(out, "random folds  ", rates.random);
  write_rate(out, "whole blocks  ", rates.whole_block);
  write_rate(out, "later half    ", rates.time_ordered);
}

}  // namespace detail

/// A few lines for people.
inline std::ostream& operator<<(std::ostream& out, const CalibrationReport& report) {
  out << "threshold " << report.calibration.threshold << ", asked " << 100 * report.calibration.asked
      << " % false alarms; " << report.calibration.samples << " rows worth " << report.n_effective
      << " independent ones\n";
  detail::write_rates(out, report.all);
  for (const ClassRates& each : report.classes) {
    out << "class " << each.label << '\n';
    detail::write_rates(out, each.rates);
  }
  return out << "drift: a later score exceeds an earlier one with probability " << report.drift.shift
             << " (p-value " << report.drift.p_value << ")\n";
}

}  // namespace thrum

#endif  // THRUM_CALIBRATION_REPORT_HPP
