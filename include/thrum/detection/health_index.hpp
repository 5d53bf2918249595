#ifndef THRUM_DETECTION_HEALTH_INDEX_HPP
#define THRUM_DETECTION_HEALTH_INDEX_HPP

#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"

namespace thrum {

/// How much of the past the health index looks at.
struct HealthOptions {
  float time_constant = 100;  ///< in updates: the weight of one falls by 1 - 1 / time_constant with each that
                              ///< follows; 4 ... 100,000

  constexpr bool valid() const { return time_constant >= 4 && time_constant <= 100000; }
  friend constexpr bool operator==(const HealthOptions& a, const HealthOptions& b) {
    return a.time_constant == b.time_constant;
  }
  friend constexpr bool operator!=(const HealthOptions& a, const HealthOptions& b) { return !(a == b); }
};

/// Health over time, beside the alarm: the exponentially weighted mean of tail probabilities, and their
/// trend. The tail probability of a score is how probable one at least as large is on the machine running
/// well: uniform in [0, 1] there, so the index stays near 0.5; it sinks towards 0 as the machine wears, long
/// before a single window alarms. All zero at start, so that a static one lies in .bss; 36 bytes, no heap.
class HealthIndex {
 public:
  /// Takes the tail probability of the next window, in [0, 1]; leave out windows whose verdict is unknown.
  /// out_of_range, and nothing is changed, on any other number (NaN too) and on options that are not valid.
  /// O(1).
  ///
  /// Weighted means and sums of products about them, updated as in West, Communications of the ACM 22, 1979:
  /// nothing cancels, so float serves.
  Status update(const HealthOptions& options, float tail_probability) {
    const bool usable = is_finite(tail_probability) && tail_probability >= 0 && tail_probability <= 1;
    if (!usable || !options.valid()) return Status::out_of_range;
    const float decay = 1 - 1 / options.time_constant;
    const float age = age_ + 1, before = decay * weight_;
    weight_ = before + 1;
    const float share = before / weight_;  // of the past in the new means
    const float difference = tail_probability - mean_;
    ages_ = decay * ages_ + share * age * age;
    products_ = decay * products_ - share * age * difference;
    squares_ = decay * squares_ + share * difference * difference;
    age_ = share * age;
    mean_ += difference / weight_;
    const float decay_of_squares = decay * decay;
    second_ = decay_of_squares * (second_ + 2 * first_ + zeroth_);
    first_ = decay_of_squares * (first_ + zeroth_);
    zeroth_ = decay_of_squares * zeroth_ + 1;
    return Status::ok;
  }

  /// The weighted mean, in [0, 1]: near 0.5 on a healthy machine; 0.5 before the first update. Its standard
  /// deviation there is 0.29 / sqrt(2 time_constant) for independent windows.
  float value() const { return weight_ > 0 ? mean_ : 0.5f; }

  /// Change of the tail probability from one update to the next: the slope of the weighted least-squares
  /// line. Negative: the machine gets worse. 0 before the second update.
  float trend() const { return ages_ > 0 ? -products_ / ages_ : 0; }

  /// Standard error of the trend, from the scatter about the line; infinite before the third update, when
  /// there is none. For independent windows: where neighbours overlap or are alike, the true one is larger by
  /// up to the root of n / n_effective.
  float trend_error() const {
    if (!(weight_ > 2)) return positive_infinity<float>();
    // Variance of a slope is sum of w^2 (a - mean a)^2 over (sum of w (a - mean a)^2)^2 times that of one
    // value.
    const float leverage = second_ - 2 * age_ * first_ + age_ * age_ * zeroth_;
    const float freedom = weight_ - zeroth_ / weight_ - leverage / ages_;
    const float scatter = larger(0.0f, squares_ - products_ / ages_ * products_);
    return square_root(scatter / freedom) * square_root(leverage) / ages_;
  }

  /// Forgets everything, as at start.
  void reset() { *this = HealthIndex(); }

 private:
  float weight_ = 0;    // sum of weights w
  float mean_ = 0;      // of tail probabilities p
  float age_ = 0;       // mean age a: updates ago
  float ages_ = 0;      // sum of w (a - mean a)^2
  float products_ = 0;  // sum of w (a - mean a) (p - mean p)
  float squares_ = 0;   // sum of w (p - mean p)^2
  float zeroth_ = 0;    // sums of w^2, w^2 a, w^2 a^2
  float first_ = 0;
  float second_ = 0;
};

}  // namespace thrum

#endif  // THRUM_DETECTION_HEALTH_INDEX_HPP
