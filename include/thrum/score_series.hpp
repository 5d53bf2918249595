#ifndef THRUM_SCORE_SERIES_HPP
#define THRUM_SCORE_SERIES_HPP

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "thrum/calibration.hpp"
#include "thrum/confidence.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/errors.hpp"
#include "thrum/series.hpp"

// Scores in the order of time are neighbours: what they say of a rate is what fewer independent ones would.

namespace thrum {
namespace detail {

/// Values less their mean.
inline std::vector<double> centred(std::vector<double> values) {
  const double n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  for (double& value : values) value -= mean;
  return values;
}

/// Sum of products of values `lag` apart, over n.
inline double covariance(const std::vector<double>& x, std::size_t lag) {
  double sum = 0;
  for (std::size_t i = 0; i + lag < x.size(); ++i) sum += x[i] * x[i + lag];
  return sum / static_cast<double>(x.size());
}

/// Means of neighbours, two by two; an odd last one is dropped.
inline std::vector<double> halved(const std::vector<double>& x) {
  std::vector<double> means;
  for (std::size_t i = 0; i + 1 < x.size(); i += 2) means.push_back(0.5 * (x[i] + x[i + 1]));
  return means;
}

/// n times the variance of the mean, by Geyer's initial monotone sequence: sums of two successive
/// covariances, each no larger than the one before, up to the first that is not positive. False when the
/// sequence goes on beyond `lags`.
inline bool long_run_variance(const std::vector<double>& x, std::size_t lags, double& variance) {
  variance = -covariance(x, 0);
  double before = positive_infinity<double>();
  for (std::size_t lag = 0; lag < x.size(); lag += 2) {
    if (lag >= lags) return false;
    const double pair = (std::min)(before, covariance(x, lag) + covariance(x, lag + 1));
    if (!(pair > 0)) break;
    variance += 2 * pair;
    before = pair;
  }
  return true;
}

inline double effective_sample_size(std::vector<double> x) {
  constexpr std::size_t lags = 256;
  x = centred(std::move(x));
  const double n = static_cast<double>(x.size()), variance = covariance(x, 0);
  double batch = 1, of_batches = 0;
  while (!long_run_variance(x, lags, of_batches)) {
    x = halved(x);
    batch *= 2;
  }
  // The variance of the mean is of_batches / (n / batch); that of n_eff independent scores, variance / n_eff.
  const double effective = of_batches > 0 ? n / batch * variance / of_batches : n;
  return (std::max)(1.0, (std::min)(n, effective));
}

/// Ranks from 1, equal values share their mean rank.
inline std::vector<double> mid_ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0, end = 0; i < order.size(); i = end) {
    while (end < order.size() && !(values[order[i]] < values[order[end]])) ++end;
    for (std::size_t tied = i; tied < end; ++tied)
      ranks[order[tied]] = 0.5 * static_cast<double>(i + 1 + end);
  }
  return ranks;
}

}  // namespace detail

/// How many independent scores would fix the mean as well as these n that follow each other in time: n
/// variance / long-run variance, in [1, n]. The long-run variance is Geyer's initial monotone sequence
/// (Statistical Science 7, 1992, section 3.3) over covariances; where it reaches beyond 256 lags, over means
/// of 2, 4, ... neighbours. Recordings may follow each other: what differs from one to the next lowers the
/// number, down to that of the recordings. Scores that are all equal count n. scores: finite, n >= 1.
/// O(256 n).
inline double effective_sample_size(const Scores& scores) {
  constexpr const char* who = "thrum::effective_sample_size";
  detail::require(!scores.empty(), who, ": scores is empty, expected at least one");
  detail::require_finite(who, scores);
  return detail::effective_sample_size(scores.values());
}

/// What drift_test found.
struct Drift {
  double shift = 0.5;  ///< probability that a later score exceeds an earlier one; 0.5: no drift, 1: all do
  double p_value = 1;  ///< probability of such a shift, or one farther from 0.5, where nothing drifts
};

/// Whether the second half of the scores lies elsewhere than the first: Wilcoxon's rank sum (Biometrics
/// Bulletin 1, 1945), two-sided, with the effective sample sizes of the two halves' ranks in place of their
/// sizes and Student's t for few of them. Finds shifts and trends, not a change of spread. scores: n >= 4,
/// finite, in the order of time. O(n log n + 256 n).
inline Drift drift_test(const Scores& scores) {
  constexpr const char* who = "thrum::drift_test";
  const Index n = scores.size(), half = n / 2;
  detail::require(n >= 4, who, ": scores has ", n, " rows, expected at least 4");
  detail::require_finite(who, scores);

  const std::vector<double> ranks = detail::mid_ranks(scores.values());
  const double count = static_cast<double>(n), mean = 0.5 * (count + 1);
  double early = 0, late = 0, squares = 0;
  for (Index i = 0; i < n; ++i) {
    const double deviation = ranks[static_cast<std::size_t>(i)] - mean;
    (i < half ? early : late) += deviation;
    squares += deviation * deviation;
  }
  if (!(squares > 0)) return {};
  const double difference = late / static_cast<double>(n - half) - early / static_cast<double>(half);
  const double n_early = detail::effective_sample_size({ranks.begin(), ranks.begin() + half});
  const double n_late = detail::effective_sample_size({ranks.begin() + half, ranks.end()});
  const double error = std::sqrt(squares / (count - 1) * (1 / n_early + 1 / n_late));
  return {0.5 + difference / count,
          detail::student_p_value(difference / error, (std::max)(1.0, n_early + n_late - 2))};
}

}  // namespace thrum

#endif  // THRUM_SCORE_SERIES_HPP
