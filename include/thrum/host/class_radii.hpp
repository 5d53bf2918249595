#ifndef THRUM_HOST_CLASS_RADII_HPP
#define THRUM_HOST_CLASS_RADII_HPP

#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/quantile.hpp"
#include "thrum/core/distance.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

namespace detail {

/// Distances and weights of some samples.
template <typename Scalar>
struct Members {
  std::vector<Scalar> distances, weights;

  Scalar radius(double quantile) const {
    const auto size = static_cast<Index>(distances.size());
    return weighted_quantile(contiguous(distances.data(), size), contiguous(weights.data(), size), quantile);
  }
  bool enough_for(double quantile) const {
    double weight = 0;
    for (const Scalar w : weights) weight += static_cast<double>(w);
    return weight * (1 - quantile) >= 1 - 1e-9;
  }
};

}  // namespace detail

/// Radii of classes, as AnomalyScorer says. x: n x d; weights: n or none; centers: d x k, feature-major;
/// radii: k, written. Returns the nearest centre of each row. O(n d k), allocates O(n).
template <typename Scalar>
inline std::vector<int> measure_radii(const char* who, MatrixView<const Scalar> x,
                                      VectorView<const Scalar> weights, const Scalar* centers,
                                      double quantile, VectorView<Scalar> radii) {
  using Members = detail::Members<Scalar>;
  Members all;
  std::vector<Members> members(array_size(radii.size));
  std::vector<int> labels;
  for (Index i = 0; i < x.rows; ++i) {
    const auto nearest = nearest_center(x.row(i), centers, radii.size);
    labels.push_back(nearest.cluster);
    if (!(weight_of(weights, i) > 0)) continue;
    for (Members* group : {&all, &members[array_size(nearest.cluster)]}) {
      group->distances.push_back(square_root(nearest.squared_distance));
      group->weights.push_back(weight_of(weights, i));
    }
  }
  const Scalar pooled = all.radius(quantile);
  for (Index j = 0; j < radii.size; ++j) {
    const Members& own = members[array_size(j)];
    const Scalar radius = own.enough_for(quantile) ? own.radius(quantile) : pooled;
    radii[j] = larger(larger(radius, pooled * Scalar(1e-3)), least_radius<Scalar>());
    thrum::detail::require(radii[j] <= largest_radius<Scalar>(), who, ": the radius of class ", j, " is ",
                           radii[j], ", expected at most ", largest_radius<Scalar>(),
                           "; scale x and centers first");
  }
  return labels;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_CLASS_RADII_HPP
