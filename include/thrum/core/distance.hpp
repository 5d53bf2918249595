#ifndef THRUM_CORE_DISTANCE_HPP
#define THRUM_CORE_DISTANCE_HPP

#include "thrum/core/column_sums.hpp"
#include "thrum/core/four_floats.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

namespace thrum {

namespace detail {

/// Adds (value - center)^2 to a running sum.
struct AddSquaredDifference {
  template <typename Sum, typename Value>
  [[gnu::always_inline]] constexpr Sum operator()(Sum sum, Value value, Sum center) const {
    const Sum difference = value - center;
    return difference * difference + sum;
  }
};

}  // namespace detail

/// Squared Euclidean distance between two samples of d features, summed in feature order. O(d).
template <typename Scalar>
inline Scalar squared_distance(VectorView<const Scalar> x, ConstVectorView<Scalar> y) {
  return column_sum(x, y, detail::AddSquaredDifference{});
}

/// The same of contiguous x.
template <typename Scalar>
inline Scalar squared_distance(const Scalar* x, ConstVectorView<Scalar> y) {
  return squared_distance(contiguous(x, y.size), y);
}

#if defined(THRUM_FLOATS_BY_HELIUM)
/// Four differences at a time; their squares are added one after the other.
[[gnu::always_inline]] inline float squared_distance(const float* x, VectorView<const float> y) {
  const detail::AddSquaredDifference add{};
  const detail::Places places = detail::places_apart(0, y.stride);
  float total = 0;
  for (Index left = y.size; left > 0;) {
    Index count = smaller(left, features_per_partial_sum);
    left -= count;
    float sum = 0;
    for (; count >= 4; count -= 4, x += 4, y.data += 4 * y.stride) {
      const detail::Four four = detail::load_four(x) - detail::gathered(y.data, places);
      const detail::FourLanes difference = detail::lanes_of(four);
      sum = difference.a * difference.a + sum;
      sum = difference.b * difference.b + sum;
      sum = difference.c * difference.c + sum;
      sum = difference.d * difference.d + sum;
    }
    for (; count > 0; --count, ++x, y.data += y.stride) sum = add(sum, *x, *y.data);
    total += sum;
  }
  return total;
}
#endif

/// Calls visit(j, squared distance from x to centre j) for j = 0 ... clusters - 1.
/// x: d values; centers: d x k, feature-major and contiguous. O(d k), allocates nothing.
template <typename Scalar, typename Visit>
inline void for_each_squared_distance(VectorView<const Scalar> x, const Scalar* centers, Index clusters,
                                      Visit visit) {
  for_each_column_sum(x, centers, clusters, detail::AddSquaredDifference{}, visit);
}

/// A centre and the squared distance to it.
template <typename Scalar>
struct Nearest {
  int cluster;
  Scalar squared_distance;
};

/// The nearest of k >= 1 centres (d x k, feature-major); ties go to the lowest index. O(d k).
template <typename Scalar>
inline Nearest<Scalar> nearest_center(VectorView<const Scalar> x, const Scalar* centers, Index clusters) {
  Nearest<Scalar> nearest{0, Scalar(0)};
  for_each_squared_distance(x, centers, clusters, [&nearest](Index j, Scalar squared) {
    if (j == 0 || squared < nearest.squared_distance) nearest = {static_cast<int>(j), squared};
  });
  return nearest;
}

}  // namespace thrum

#endif  // THRUM_CORE_DISTANCE_HPP
