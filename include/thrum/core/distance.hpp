#ifndef THRUM_CORE_DISTANCE_HPP
#define THRUM_CORE_DISTANCE_HPP

#include "thrum/core/column_sums.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

namespace thrum {

namespace detail {

/// Adds (value - center)^2 to a running sum.
struct AddSquaredDifference {
  template <typename Scalar>
  [[gnu::always_inline]] constexpr Scalar operator()(Scalar sum, Scalar value, Scalar center) const {
    const Scalar difference = value - center;
    return difference * difference + sum;
  }
};

}  // namespace detail

/// Squared Euclidean distance between two samples of d features, summed in feature order. O(d).
template <typename Scalar>
inline Scalar squared_distance(VectorView<const Scalar> x, ConstVectorView<Scalar> y) {
  return column_sum(x, y, detail::AddSquaredDifference{});
}

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
