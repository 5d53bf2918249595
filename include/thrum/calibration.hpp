#ifndef THRUM_CALIBRATION_HPP
#define THRUM_CALIBRATION_HPP

#include <stdint.h>

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "thrum/algorithm/quantile.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"
#include "thrum/input.hpp"
#include "thrum/series.hpp"

// Thresholds by rank: conformal prediction over scores, whatever made them. The promise is for exchangeable
// rows; how far rows in time keep it is what calibration_report.hpp measures.

namespace thrum {

/// What a calibration found.
struct Calibration {
  double asked = 0;      ///< false-alarm rate asked for
  Index samples = 0;     ///< n, normal samples it was calibrated on
  double threshold = 1;  ///< in units of the scores; alarm is strictly above
  Index alarms = 0;      ///< of the n samples, those above the threshold
  double bound = 1;      ///< proven limit of the rate for exchangeable samples; >= asked
};

namespace detail {

/// How many of n + 1 exchangeable scores may lie above the threshold: (n + 1) rate, rounded down; a product
/// that rounding alone keeps from being whole is whole.
inline Index allowed_alarms(Index n, double rate) {
  return static_cast<Index>(std::floor(static_cast<double>(n + 1) * rate * (1 + 4 * DBL_EPSILON)));
}

/// The least n with allowed_alarms(n, rate) >= 1.
inline double rows_needed(double rate) { return std::ceil(1 / rate * (1 - 4 * DBL_EPSILON)) - 1; }

inline void require_rate(const char* who, double rate) {
  require(rate > 0 && rate < 1, who, ": false_alarm_rate is ", rate, ", expected a number in (0, 1)");
}

/// The rank ceil((n + 1) (1 - rate)), from 1, of the conformal threshold among n scores.
inline Index conformal_rank(const char* who, const char* argument, Index n, double rate) {
  require_rate(who, rate);
  const Index allowed = allowed_alarms(n, rate);
  require(allowed >= 1, who, ": ", argument, " has ", n, " rows, expected at least ", rows_needed(rate),
          " for a false-alarm rate of ", rate);
  return n + 1 - allowed;
}

inline void require_comparable(const char* who, const Scores& scores) {
  // By the keys that select() goes by: NaN lies outside of them under any compiler flag.
  const uint64_t least = order_key(-DBL_MAX), largest = order_key(positive_infinity<double>());
  for (Index i = 0; i < scores.size(); ++i) {
    const uint64_t key = order_key(scores[i]);
    require(key >= least && key <= largest, who, ": scores(", i, ") is ", scores[i],
            ", expected a finite number, or infinity for one that overflowed");
  }
}

inline void require_finite(const char* who, const Scores& scores) {
  for (Index i = 0; i < scores.size(); ++i)
    require(is_finite(scores[i]), who, ": scores(", i, ") is ", scores[i], ", expected a finite number");
}

/// labels is empty or has one for each row.
inline void require_labels(const char* who, const char* argument, const Labels& labels, Index rows) {
  require(labels.empty() || labels.size() == rows, who, ": ", argument, " has ", labels.size(),
          " entries, expected ", rows);
}

template <typename Scalar>
Index count_above(VectorView<const Scalar> scores, Scalar threshold) {
  Index count = 0;
  for (Index i = 0; i < scores.size; ++i) count += scores[i] > threshold ? 1 : 0;
  return count;
}

/// conformal_threshold for scores that are to be divided by it: positive.
template <typename Scalar>
Calibration conformal_threshold(const char* who, VectorView<const Scalar> scores, double rate) {
  const Scalar threshold = select(scores, conformal_rank(who, "x", scores.size, rate) - 1);
  require(is_finite(threshold) && threshold > 0, who, ": the threshold is ", threshold,
          " radii, expected a positive finite number: these rows are all on centres, or off every scale");
  return {rate, scores.size, static_cast<double>(threshold), count_above(scores, threshold), rate};
}

inline Calibration conformal_threshold(const char* who, const Scores& scores, double rate) {
  require_comparable(who, scores);
  const double threshold = select(scores.view(), conformal_rank(who, "scores", scores.size(), rate) - 1);
  require(is_finite(threshold), who, ": the threshold is ", threshold,
          ", expected a finite number: too many scores overflowed for a false-alarm rate of ", rate);
  return {rate, scores.size(), threshold, count_above(scores.view(), threshold), rate};
}

}  // namespace detail

/// Split-conformal threshold: the ceil((n + 1) (1 - rate))-th smallest score. A further score exchangeable
/// with these is above it with probability at most `rate`; without ties, exactly floor((n + 1) rate) /
/// (n + 1) (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005, section 4.1). scores: n
/// of normal rows that no fit has seen; infinite ones (overflow) count as largest. Throws on NaN, on
/// n + 1 < 1 / rate, saying how many rows are needed, and where the threshold would be infinite. O(n).
inline Calibration conformal_threshold(const Scores& scores, double rate) {
  return detail::conformal_threshold("thrum::conformal_threshold", scores, rate);
}

/// Cross-conformal threshold, so that no row is wasted: the same rank over the n pooled scores that each row
/// got from the model fitted without its fold. In practice the rate is near `rate`. What is proven, where a
/// further row is compared with each fold's own model, is Calibration::bound = 2 rate + min(2 (1 - 1/K) /
/// (n/K + 1), (1 - K/n) / (K + 1)) (Vovk, Annals of Mathematics and Artificial Intelligence 74, 2015; Barber,
/// Candes, Ramdas and Tibshirani, Annals of Statistics 49, 2021, theorem 4); for one model refitted on all
/// rows it holds as far as leaving a fold out changes scores little. folds: K = 2 ... n, of equal size.
/// Errors and cost: conformal_threshold.
inline Calibration cross_conformal_threshold(const Scores& scores, double rate, int folds = 5) {
  constexpr const char* who = "thrum::cross_conformal_threshold";
  Calibration calibration = detail::conformal_threshold(who, scores, rate);
  detail::require(folds >= 2 && folds <= scores.size(), who, ": folds is ", folds, ", expected 2 ... ",
                  scores.size());
  const double k = folds, n = static_cast<double>(scores.size());
  const double excess = (std::min)(2 * (1 - 1 / k) / (n / k + 1), (1 - k / n) / (k + 1));
  calibration.bound = (std::min)(1.0, 2 * rate + excess);
  return calibration;
}

/// Conformal p-value of a score: (1 + number of calibration scores >= it) / (n + 1). At most p with
/// probability <= p for a score exchangeable with them (same sources). sorted: n calibration scores,
/// ascending. O(log n).
inline double tail_probability(const Scores& sorted, double score) {
  const std::vector<double>& values = sorted.values();
  const auto above = values.end() - std::lower_bound(values.begin(), values.end(), score);
  return static_cast<double>(1 + above) / static_cast<double>(values.size() + 1);
}

namespace detail {

inline void require_folds(const char* who, int count, Index units, const char* what) {
  require(count >= 2 && count <= units, who, ": count is ", count, ", expected 2 ... ", units,
          ", the number of ", what);
}

template <typename Value>
void shuffle(std::vector<Value>& values, Random& random) {
  for (std::size_t i = values.size(); i > 1; --i)
    std::swap(values[i - 1], values[static_cast<std::size_t>(random.index(static_cast<Index>(i)))]);
}

/// Rows of each block, ascending by label.
inline std::map<int, Index> block_sizes(const Labels& blocks) {
  std::map<int, Index> sizes;
  for (const int block : blocks.values()) ++sizes[block];
  return sizes;
}

}  // namespace detail

/// Folds 0 ... count - 1 in the order of time: each a contiguous part of n / count rows, to within one. To
/// train on what came before a fold; or as blocks, where recordings are not known. O(n).
inline Vector<int> contiguous_folds(Index rows, int count) {
  detail::require_folds("thrum::contiguous_folds", count, rows, "rows");
  Vector<int> folds(rows);
  const Index size = rows / count, longer = rows % count;  // the first `longer` folds have one row more
  for (Index i = 0; i < rows; ++i)
    folds[i] = static_cast<int>(i < longer * (size + 1) ? i / (size + 1) : (i - longer) / size);
  return folds;
}

/// Folds of equal size, to within one row, at random. Neighbours in time fall into different folds, so what
/// is measured on them flatters. O(n).
inline Vector<int> random_folds(Index rows, int count, uint64_t seed = 0) {
  detail::require_folds("thrum::random_folds", count, rows, "rows");
  std::vector<int> folds(static_cast<std::size_t>(rows));
  for (Index i = 0; i < rows; ++i) folds[static_cast<std::size_t>(i)] = static_cast<int>(i % count);
  Random random(seed);
  detail::shuffle(folds, random);
  return Eigen::Map<const Vector<int>>(folds.data(), rows);
}

/// Folds of whole blocks: rows of one block stay together. Blocks go, largest first and equals in random
/// order, to the fold with fewest rows. count: 2 ... number of different blocks. O(n log blocks).
inline Vector<int> block_folds(const Labels& blocks, int count, uint64_t seed = 0) {
  const std::map<int, Index> sizes = detail::block_sizes(blocks);
  detail::require_folds("thrum::block_folds", count, static_cast<Index>(sizes.size()), "blocks");
  std::vector<std::pair<int, Index>> order(sizes.begin(), sizes.end());
  Random random(seed);
  detail::shuffle(order, random);
  std::stable_sort(order.begin(), order.end(), [](auto& a, auto& b) { return a.second > b.second; });
  std::vector<Index> rows(static_cast<std::size_t>(count));
  std::map<int, int> fold_of;
  for (const auto& [block, size] : order) {
    const auto fewest = std::min_element(rows.begin(), rows.end());
    *fewest += size;
    fold_of[block] = static_cast<int>(fewest - rows.begin());
  }
  Vector<int> folds(blocks.size());
  for (Index i = 0; i < blocks.size(); ++i) folds[i] = fold_of[blocks[i]];
  return folds;
}

}  // namespace thrum

#endif  // THRUM_CALIBRATION_HPP
