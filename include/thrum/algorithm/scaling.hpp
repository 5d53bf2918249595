#ifndef THRUM_ALGORITHM_SCALING_HPP
#define THRUM_ALGORITHM_SCALING_HPP

#include "thrum/core/matrix_view.hpp"

namespace thrum {

/// A fitted scaler: feature f becomes (x - offset[f]) * factor[f].
template <typename Scalar>
struct ScalingModel {
  const Scalar* offset = nullptr;  ///< d, units of x
  const Scalar* factor = nullptr;  ///< d, 1 / units of x; positive and finite
  int features = 0;
};

/// Scales one sample. x and scaled: d values, may be the same. O(d).
template <typename Scalar>
inline void scale(const ScalingModel<Scalar>& model, ConstVectorView<Scalar> x, VectorView<Scalar> scaled) {
  for (Index f = 0; f < model.features; ++f) scaled[f] = (x[f] - model.offset[f]) * model.factor[f];
}

/// Undoes `scale`. O(d).
template <typename Scalar>
inline void unscale(const ScalingModel<Scalar>& model, ConstVectorView<Scalar> scaled, VectorView<Scalar> x) {
  for (Index f = 0; f < model.features; ++f) x[f] = scaled[f] / model.factor[f] + model.offset[f];
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_SCALING_HPP
