#ifndef THRUM_ALGORITHM_PROJECTION_HPP
#define THRUM_ALGORITHM_PROJECTION_HPP

#include "thrum/core/column_sums.hpp"
#include "thrum/core/matrix_view.hpp"

namespace thrum {

/// A fitted PCA: z = basis' (x - mean). With whitening, column c of the basis is a unit vector divided by
/// the standard deviation along it.
template <typename Scalar>
struct ProjectionModel {
  const Scalar* mean = nullptr;      ///< d
  const Scalar* basis = nullptr;     ///< d x p, feature-major
  const Scalar* variance = nullptr;  ///< p, along each component, when whitening; null otherwise
  int features = 0;
  int components = 0;
};

namespace detail {

struct AddProduct {
  template <typename Sum, typename Value>
  [[gnu::always_inline]] constexpr Sum operator()(Sum sum, Value a, Sum b) const {
    return a * b + sum;
  }
};

}  // namespace detail

/// Projects one sample. x: d values; centered: d values of scratch, may be x's own storage; z: p values,
/// apart from both. O(d p).
template <typename Scalar>
inline void project(const ProjectionModel<Scalar>& model, ConstVectorView<Scalar> x, Scalar* centered,
                    VectorView<Scalar> z) {
  for (Index f = 0; f < model.features; ++f) centered[f] = x[f] - model.mean[f];
  const auto difference = contiguous<const Scalar>(centered, model.features);
  if (z.stride == 1) {  // without a detour
    sum_columns(difference, model.basis, model.components, detail::AddProduct{}, z.data);
    return;
  }
  for_each_column_sum(difference, model.basis, model.components, detail::AddProduct{},
                      [z](Index c, Scalar sum) { z[c] = sum; });
}

/// Feature f of the point in input space that projects onto z, less the mean. O(p).
template <typename Scalar>
inline Scalar back_projected(const ProjectionModel<Scalar>& model, ConstVectorView<Scalar> z, Index feature) {
  const Scalar* row = model.basis + feature * model.components;
  Scalar sum = 0;
  for (Index c = 0; c < model.components; ++c) {
    const Scalar loading = model.variance == nullptr ? row[c] : row[c] * model.variance[c];
    sum = loading * z[c] + sum;
  }
  return sum;
}

/// A point of the p-dimensional plane and a slope along it.
template <typename Scalar>
struct PointAndSlope {
  Scalar point = 0, slope = 0;
};

/// Feature f of the point in input space that projects onto z, less the mean, and the derivative by it of a
/// function whose derivatives by z are `slopes`; in one go. z, slopes: p values, contiguous. O(p).
template <typename Scalar>
inline PointAndSlope<Scalar> back_projected(const ProjectionModel<Scalar>& model, const Scalar* z,
                                            const Scalar* slopes, Index feature) {
  const Scalar* row = model.basis + feature * model.components;
  PointAndSlope<Scalar> at;
  for (Index c = 0; c < model.components; ++c) {
    at.point = row[c] * z[c] + at.point;
    at.slope = row[c] * slopes[c] + at.slope;
  }
  if (model.variance != nullptr) at.point = back_projected(model, contiguous(z, model.components), feature);
  return at;
}

/// The point of the p-dimensional plane that projects onto z. z: p values; x: d values. O(d p).
template <typename Scalar>
inline void unproject(const ProjectionModel<Scalar>& model, ConstVectorView<Scalar> z, VectorView<Scalar> x) {
  for (Index f = 0; f < model.features; ++f) x[f] = back_projected(model, z, f) + model.mean[f];
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_PROJECTION_HPP
