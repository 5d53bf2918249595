#ifndef THRUM_ALGORITHM_COLUMN_SPREAD_HPP
#define THRUM_ALGORITHM_COLUMN_SPREAD_HPP

#include "thrum/algorithm/moments.hpp"
#include "thrum/core/scalar.hpp"

namespace thrum {

/// Offset and scale of a column, in its units; scale 0 where all values are equal.
struct OffsetAndScale {
  double offset;
  double scale;
};

/// What a scaler knows of a column of samples: its range, and its moments in some unit. All zero is nothing
/// at all; of_value() and merge() make anything else of it.
struct ColumnSpread {
  double least = 0, largest = 0;
  double unit = 0;  ///< what the moments are in: 1, or the range, where that is so small that squares vanish
  Moments<double> moments{};

  static ColumnSpread of_value(double value) { return {value, value, 1, {1, value, 0}}; }

  /// Squares of very small doubles leave their range, so such a column is measured in units of its own range.
  static double unit_of(double range) { return range > 0 && range <= 1e-140 ? range : 1.0; }

  /// Adds another column's samples; both have some.
  void merge(const ColumnSpread& other) {
    least = smaller(least, other.least);
    largest = larger(largest, other.largest);
    const double joined = unit_of(largest - least) < 1 ? larger(unit, other.unit) : 1.0;
    moments = in(joined);
    moments.merge(other.in(joined));
    unit = joined;
  }

  /// Mean and standard deviation, over the sum of weights.
  OffsetAndScale standard() const {
    const double range = largest - least;
    if (range == 0) return {least, 0};
    const double deviation = unit * square_root(moments.variance());
    return {moments.mean * unit,
            deviation > 0 ? deviation : range};  // one step of the least subnormal is variation too
  }

  friend bool operator==(const ColumnSpread& a, const ColumnSpread& b) {
    return a.least == b.least && a.largest == b.largest && a.unit == b.unit &&
           a.moments.weight == b.moments.weight && a.moments.mean == b.moments.mean &&
           a.moments.squared_deviations == b.moments.squared_deviations;
  }

 private:
  /// The moments in another unit.
  Moments<double> in(double other) const {
    const double ratio = unit / other;
    return {moments.weight, moments.mean * ratio, moments.squared_deviations * ratio * ratio};
  }
};

/// The factor that takes a column of some scale to 1; 1 for a constant one, and never infinite.
template <typename Scalar>
inline Scalar factor_of_scale(double scale) {
  if (scale == 0) return Scalar(1);
  const double largest = static_cast<double>(ScalarTraits<Scalar>::largest());
  return static_cast<Scalar>(smaller(1.0 / scale, largest));
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_COLUMN_SPREAD_HPP
