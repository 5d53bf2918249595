#ifndef THRUM_FIXED_SCALER_HPP
#define THRUM_FIXED_SCALER_HPP

#include "thrum/algorithm/scaling.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/status.hpp"
#include "thrum/fixed/storage.hpp"

namespace thrum {
namespace fixed {

/// thrum::Scaler with its own arrays: no heap, all zero at start (`not_fitted`).
template <typename Scalar, int max_features>
class Scaler {
 public:
  /// Takes over a fitted scaler of d <= max_features features: d offsets, and d factors > 0, all finite.
  Status use(ConstVectorView<Scalar> offset, ConstVectorView<Scalar> factor) {
    if (offset.size != factor.size || offset.size < 1 || offset.size > max_features)
      return Status::wrong_size;
    if (!detail::all_finite(offset) || !detail::all_finite(factor)) return Status::non_finite;
    for (Index f = 0; f < factor.size; ++f)
      if (!(factor[f] > Scalar(0))) return Status::out_of_range;
    detail::copy(offset, offset_);
    detail::copy(factor, factor_);
    features_ = static_cast<int>(offset.size);
    return Status::ok;
  }

  /// Scales one sample of d values; x and scaled may be the same. overflow: a result is not finite.
  Status transform(ConstVectorView<Scalar> x, VectorView<Scalar> scaled) const {
    const Status status = detail::check(features_, x, scaled.size);
    if (status != Status::ok) return status;
    scale(model(), x, scaled);
    return detail::checked_result(scaled);
  }

  /// Undoes transform, to rounding.
  Status inverse_transform(ConstVectorView<Scalar> scaled, VectorView<Scalar> x) const {
    const Status status = detail::check(features_, scaled, x.size);
    if (status != Status::ok) return status;
    unscale(model(), scaled, x);
    return detail::checked_result(x);
  }

  int features() const { return features_; }
  ScalingModel<Scalar> model() const { return {offset_, factor_, features_}; }

 private:
  Scalar offset_[array_size(max_features)] = {};
  Scalar factor_[array_size(max_features)] = {};
  int features_ = 0;
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_SCALER_HPP
