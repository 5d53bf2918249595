#ifndef THRUM_ALGORITHM_ANOMALY_HPP
#define THRUM_ALGORITHM_ANOMALY_HPP

#include "thrum/core/distance.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"

namespace thrum {

/// Radii lie between these two, so that 1 / radius^2 is an ordinary number: neither 0, for which every sample
/// would be normal, nor infinite.
template <typename Scalar>
constexpr Scalar least_radius() {
  return sizeof(Scalar) == sizeof(float) ? Scalar(1e-18) : Scalar(1e-150);
}
template <typename Scalar>
constexpr Scalar largest_radius() {
  return 1 / least_radius<Scalar>();
}

/// A fitted anomaly scorer: k working classes, each a centre and a radius.
template <typename Scalar>
struct AnomalyModel {
  const Scalar* centers = nullptr;                 ///< d x k, feature-major
  const Scalar* inverse_squared_radius = nullptr;  ///< k
  Scalar threshold = 1;                            ///< in radii; what calibration found
  int features = 0;
  int clusters = 0;
};

/// The score of one sample.
template <typename Scalar>
struct Score {
  Status status = Status::not_fitted;  ///< ok; or overflow: finite input too far away for its type, an alarm
  Scalar value = 0;                    ///< >= 0; 1 is the threshold, above it is an alarm
  int cluster = -1;                    ///< the class it was judged against
};

/// Score: least distance / radius over the classes (ties to the lowest), divided by the threshold. The
/// nearest centre need not be the nearest class. x: d finite values. O(d k), allocates nothing.
template <typename Scalar>
inline Score<Scalar> anomaly_score(const AnomalyModel<Scalar>& model, ConstVectorView<Scalar> x) {
  Nearest<Scalar> nearest{0, Scalar(0)};
  for_each_squared_distance(x, model.centers, model.clusters, [&](Index j, Scalar squared) {
    const Scalar in_radii = squared * model.inverse_squared_radius[j];
    if (j == 0 || in_radii < nearest.squared_distance) nearest = {static_cast<int>(j), in_radii};
  });
  const Scalar value = square_root(nearest.squared_distance) / model.threshold;
  if (is_finite(value)) return {Status::ok, value, nearest.cluster};
  return {Status::overflow, positive_infinity<Scalar>(), nearest.cluster};
}

/// Feature f's share of the squared distance between x and the centre of a class: the shares add up to it.
template <typename Scalar>
inline Scalar squared_distance_share(const AnomalyModel<Scalar>& model, ConstVectorView<Scalar> x,
                                     int cluster, Index feature) {
  const Scalar difference = x[feature] - model.centers[feature * model.clusters + cluster];
  return difference * difference;
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_ANOMALY_HPP
