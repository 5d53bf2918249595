#ifndef THRUM_TAIL_THRESHOLD_HPP
#define THRUM_TAIL_THRESHOLD_HPP

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "thrum/algorithm/quantile.hpp"
#include "thrum/calibration.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"
#include "thrum/score_series.hpp"
#include "thrum/series.hpp"

// Thresholds for rates beyond the sample, where no rank reaches.

namespace thrum {

struct TailOptions {
  double share = 0.1;  ///< in (0, 0.5]: of the scores, those that count as tail
  /// Rows not above the level that part two clusters; 0: each exceedance is one. By default n / n_effective -
  /// 1, rounded: none for independent scores.
  std::optional<Index> gap = std::nullopt;
};

/// A threshold read off a fitted tail.
struct TailFit {
  double asked = 0;      ///< false-alarm rate asked for
  double threshold = 0;  ///< upper 90 % limit of the score that has this rate: the one to use
  double estimate = 0;   ///< the most likely such score
  double level = 0;      ///< scores above it are the tail
  double shape =
      0;  ///< xi of the generalised Pareto distribution, in [0, 1]; 0: exponential, above: heavy tail
  double scale = 0;        ///< sigma, in units of the scores
  Index exceedances = 0;   ///< scores above the level
  Index clusters = 0;      ///< of them, in time; their maxima were fitted
  double n_effective = 0;  ///< effective_sample_size
};

namespace detail {

/// A function's argument and value.
struct Peak {
  double at;
  double value;
};

/// Maximum of a function with one peak in [low, high], by golden section; of equal values, those to the left
/// are left behind.
template <typename Function>
Peak golden_maximum(double low, double high, int steps, Function function) {
  constexpr double golden = 0.6180339887498949;
  Peak left{high - golden * (high - low), 0}, right{low + golden * (high - low), 0};
  left.value = function(left.at);
  right.value = function(right.at);
  for (int step = 0; step < steps; ++step) {
    if (left.value <= right.value) {
      low = left.at;
      left = right;
      right.at = low + golden * (high - low);
      right.value = function(right.at);
    } else {
      high = right.at;
      right = left;
      left.at = high - golden * (high - low);
      left.value = function(left.at);
    }
  }
  return left.value > right.value ? left : right;
}

/// Likelihood of excesses y > 0 under generalised Pareto distributions, written in their return level: the
/// excess z that is passed once in `period` > 1 excesses, z = sigma (period^xi - 1) / xi (Coles, An
/// Introduction to Statistical Modeling of Extreme Values, 2001, section 4.3.3).
class ReturnLevelLikelihood {
 public:
  ReturnLevelLikelihood(std::vector<double> excesses, double period)
      : excesses_(std::move(excesses)), log_period_(std::log(period)) {}

  double scale(double z, double shape) const {
    return shape < least_shape ? z / log_period_ : z * shape / std::expm1(shape * log_period_);
  }

  /// Its logarithm, with what keeps the maximum from being biased.
  double operator()(double z, double shape) const {
    const double sigma = scale(z, shape), count = static_cast<double>(excesses_.size());
    double sum = 0;
    if (shape < least_shape) {
      for (const double y : excesses_) sum += y / sigma;
    } else {
      for (const double y : excesses_) sum += std::log1p(shape * y / sigma);
      sum *= 1 + 1 / shape;
    }
    return prior(shape) - count * std::log(sigma) - sum;
  }

  /// The most likely shape for a given return level.
  Peak best_shape(double z) const {
    return golden_maximum(0, 1, 20, [&](double shape) { return (*this)(z, shape); });
  }

 private:
  static constexpr double least_shape = 1e-9;

  /// Firth's way (Biometrika 80, 1993) against the bias of the estimated shape, which is too low by
  /// (1 + xi) (3 + xi) / (m (1 + 3 xi)) (Giles, Feng and Godwin, Communications in Statistics 45, 2016): a
  /// prior whose logarithm has for its slope that bias over the variance (1 + xi)^2 / m.
  static double prior(double shape) { return 4.0 / 3 * std::log1p(3 * shape) - std::log1p(shape); }

  std::vector<double> excesses_;
  double log_period_;
};

/// Return level by maximum likelihood, with its upper limit.
struct ReturnLevel {
  double estimate;
  double upper;
  double shape;
  double scale;
};

/// The upper limit is where the profile likelihood has fallen by half the square of the normal 90 % quantile,
/// so 90 % lie below, one-sided. excesses: > 0, of mean about 1.
inline ReturnLevel return_level(std::vector<double> excesses, double period) {
  constexpr double half_deviance = 0.5 * 1.2815515655446004 * 1.2815515655446004;
  const ReturnLevelLikelihood likelihood(std::move(excesses), period);
  const auto profile = [&](double log_z) { return likelihood.best_shape(std::exp(log_z)).value; };
  // Between shapes 0 and 1 the level is log(period) ... period times the scale.
  const double log_largest = std::log(period) + 5;
  const Peak best = golden_maximum(-5, log_largest, 30, profile);
  double beyond = best.at + 0.25;
  while (best.value - profile(beyond) < half_deviance) beyond += 0.25;
  const double upper = crossing(
      best.at, beyond, half_deviance, [&](double log_z) { return best.value - profile(log_z); }, 20);
  const double estimate = std::exp(best.at), shape = likelihood.best_shape(estimate).at;
  return {estimate, std::exp(upper), shape, likelihood.scale(estimate, shape)};
}

/// The largest of each cluster of scores above a level: a cluster ends after `gap` rows that are not above
/// it (0: with every row), and where a run of rows ends.
inline std::vector<double> cluster_maxima(const Scores& scores, const std::vector<Run>& runs, double level,
                                          Index gap) {
  std::vector<double> maxima;
  for (const Run& run : runs) {
    Index below = gap;
    for (Index i = run.first; i < run.end; ++i) {
      if (!(scores[i] > level)) {
        ++below;
        continue;
      }
      if (below >= gap)
        maxima.push_back(scores[i]);
      else
        maxima.back() = (std::max)(maxima.back(), scores[i]);
      below = 0;
    }
  }
  return maxima;
}

inline void require_tail_options(const char* who, const TailOptions& options) {
  require(options.share > 0 && options.share <= 0.5, who, ": share is ", options.share,
          ", expected a number in (0, 0.5]");
  require(options.gap.value_or(0) >= 0, who, ": gap is ", options.gap.value_or(0), ", expected >= 0");
}

}  // namespace detail

/// Threshold for a false-alarm rate that no rank of the sample reaches: a generalised Pareto distribution is
/// fitted by maximum likelihood to what the scores exceed a high level by (Davison and Smith, Journal of the
/// Royal Statistical Society B 52, 1990), to the maxima of their clusters in time, and the threshold is the
/// upper 90 % limit, by profile likelihood, of the score that one row exceeds with probability `rate`. A tail
/// that ends (shape < 0) is not believed beyond the sample: exponential is the lightest, so that such scores
/// get a threshold on the safe side. What no limit covers is a tail that bends out there: rates below
/// 1 / (10 n_effective) are refused. So are those above the share of the tail, which conformal_threshold
/// serves. scores: n of normal rows in the order of time, finite, with at least 30 clusters in the tail;
/// blocks: none, or the recording of each row. Throws std::invalid_argument on anything else.
/// O(256 n + 2000 clusters).
inline TailFit tail_threshold(const Scores& scores, double rate, const Labels& blocks = {},
                              const TailOptions& options = {}) {
  constexpr const char* who = "thrum::tail_threshold";
  constexpr Index least_clusters = 30;
  detail::require_rate(who, rate);
  detail::require_tail_options(who, options);
  detail::require_labels(who, "blocks", blocks, scores.size());
  TailFit fit;
  fit.asked = rate;
  fit.n_effective = effective_sample_size(scores);
  const double least_rate = 1 / (10 * fit.n_effective);
  detail::require(rate >= least_rate * (1 - 1e-12), who, ": false_alarm_rate is ", rate,
                  ", expected at least 1 / (10 n_effective) = ", least_rate, ": ", scores.size(),
                  " rows are worth ", fit.n_effective, " independent ones, and this rate needs ", 0.1 / rate);

  const double n = static_cast<double>(scores.size());
  const Index in_tail = static_cast<Index>(options.share * n);
  fit.level = select(scores.view(), scores.size() - 1 - in_tail);
  fit.exceedances = detail::count_above(scores.view(), fit.level);
  const Index gap = options.gap.value_or(static_cast<Index>(std::lround(n / fit.n_effective - 1)));
  std::vector<double> excesses =
      detail::cluster_maxima(scores, detail::runs_of(blocks, scores.size()), fit.level, gap);
  fit.clusters = static_cast<Index>(excesses.size());
  detail::require(fit.clusters >= least_clusters, who, ": the tail has ", fit.clusters,
                  " clusters of scores above ", fit.level, ", expected at least ", least_clusters,
                  ": more rows, or a larger share");
  const double period = static_cast<double>(fit.exceedances) / n / rate;
  detail::require(period > 1, who, ": false_alarm_rate is ", rate,
                  ", expected less than the share of the tail, ", static_cast<double>(fit.exceedances) / n,
                  "; conformal_threshold serves such rates");

  for (double& excess : excesses) excess -= fit.level;
  const double unit =
      std::accumulate(excesses.begin(), excesses.end(), 0.0) / static_cast<double>(fit.clusters);
  for (double& excess : excesses) excess /= unit;
  const detail::ReturnLevel level = detail::return_level(std::move(excesses), period);
  fit.threshold = fit.level + unit * level.upper;
  fit.estimate = fit.level + unit * level.estimate;
  fit.shape = level.shape;
  fit.scale = unit * level.scale;
  return fit;
}

}  // namespace thrum

#endif  // THRUM_TAIL_THRESHOLD_HPP
