#ifndef THRUM_CONFIDENCE_HPP
#define THRUM_CONFIDENCE_HPP

#include <cmath>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"

// Exact confidence intervals of shares and counts.

namespace thrum {

/// From `low` to `high`, both included.
struct Interval {
  double low = 0;
  double high = 0;

  constexpr bool contains(double value) const { return low <= value && value <= high; }
};

namespace detail {

/// Continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method; converges fast for
/// x < (a + 1) / (a + b + 2).
inline double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  const auto away_from_zero = [](double value) { return std::fabs(value) < tiny ? tiny : value; };
  double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m < 100000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double factor = 1;
    for (const double term : {even, odd}) {
      d = 1 / away_from_zero(1 + term * d);
      c = away_from_zero(1 + term / c);
      factor = c * d;
      fraction *= factor;
    }
    if (std::fabs(factor - 1) < 1e-15) break;
  }
  return fraction;
}

/// Regularised incomplete beta function I_x(a, b) (DLMF 8.17): a, b > 0, x in [0, 1]. O(sqrt(a + b)).
inline double incomplete_beta(double a, double b, double x) {
  if (!(x > 0)) return 0;
  if (!(x < 1)) return 1;
  const double log_front =
      std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x);
  const double front = std::exp(log_front);
  return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                   : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/// Probability of at most `events` where `mean` are expected (Poisson). O(events).
inline double poisson_at_most(Index events, double mean) {
  if (!(mean > 0)) return 1;
  double sum = 0;
  for (Index i = 0; i <= events; ++i) {
    const double count = static_cast<double>(i);
    sum += std::exp(count * std::log(mean) - mean - std::lgamma(count + 1));
  }
  return sum;
}

/// Two-sided p-value of Student's t with `freedom` > 0 degrees of freedom.
inline double student_p_value(double t, double freedom) {
  return incomplete_beta(0.5 * freedom, 0.5, freedom / (freedom + t * t));
}

/// Where `increasing` passes `target` between low and high, to the last bits or after so many halvings.
template <typename Function>
double crossing(double low, double high, double target, Function increasing, int halvings = 200) {
  for (int halving = 0; halving < halvings; ++halving) {
    const double middle = low + 0.5 * (high - low);
    if (!(middle > low && middle < high)) break;
    (increasing(middle) < target ? low : high) = middle;
  }
  return low + 0.5 * (high - low);
}

inline void require_confidence(const char* who, double confidence) {
  require(confidence > 0 && confidence < 1, who, ": confidence is ", confidence,
          ", expected a number in (0, 1)");
}

}  // namespace detail

/// Exact two-sided interval of a share, of which `successes` out of `trials` were seen (Clopper and Pearson,
/// Biometrika 26, 1934): covers the true one with probability >= confidence. Both counts may be broken
/// numbers, as effective ones are. 0 <= successes <= trials, trials > 0.
inline Interval binomial_interval(double successes, double trials, double confidence = 0.95) {
  constexpr const char* who = "thrum::binomial_interval";
  detail::require(is_finite(trials) && trials > 0, who, ": trials is ", trials,
                  ", expected a positive finite number");
  detail::require(successes >= 0 && successes <= trials, who, ": successes is ", successes,
                  ", expected 0 ... ", trials);
  detail::require_confidence(who, confidence);
  const double tail = 0.5 * (1 - confidence), failures = trials - successes;
  Interval interval{0, 1};
  if (successes > 0)
    interval.low = detail::crossing(
        0, 1, tail, [&](double share) { return detail::incomplete_beta(successes, failures + 1, share); });
  if (failures > 0)
    interval.high = detail::crossing(0, 1, 1 - tail, [&](double share) {
      return detail::incomplete_beta(successes + 1, failures, share);
    });
  return interval;
}

/// Exact interval of the expected number of events where `events` were seen (Garwood, Biometrika 28, 1936),
/// two-sided; where none were, from 0 to the one-sided limit -ln(1 - confidence): "3 / T at 95 %".
inline Interval poisson_interval(Index events, double confidence = 0.95) {
  constexpr const char* who = "thrum::poisson_interval";
  detail::require(events >= 0, who, ": events is ", events, ", expected >= 0");
  detail::require_confidence(who, confidence);
  if (events == 0) return {0, -std::log1p(-confidence)};
  const double tail = 0.5 * (1 - confidence), count = static_cast<double>(events);
  const double beyond = 4 * count + 10 - 8 * std::log(tail);  // by Chernoff's bound, far past the upper limit
  const auto limit = [&](Index at_most, double target) {
    return detail::crossing(0, beyond, target,
                            [&](double mean) { return 1 - detail::poisson_at_most(at_most, mean); });
  };
  return {limit(events - 1, tail), limit(events, 1 - tail)};
}

}  // namespace thrum

#endif  // THRUM_CONFIDENCE_HPP
