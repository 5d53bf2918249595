#ifndef THRUM_FIXED_SCALER_HPP
#define THRUM_FIXED_SCALER_HPP

#include "thrum/algorithm/column_spread.hpp"
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

/// Learns a fixed::Scaler of the standard kind: at once by fit(), or in pieces between other work, each of
/// them a sample, by partial_fit(), and at last finish(). No heap; all zero at start; 48 bytes a feature.
/// Parts merge.
template <typename Scalar, int max_features>
class ScalerFit {
 public:
  /// Learns from x, n x d, n >= 1, and nothing before it. wrong_size, non_finite: then all stays as it was.
  /// O(n d).
  Status fit(ConstMatrixView<Scalar> x, Scaler<Scalar, max_features>& scaler) {
    if (x.rows < 1 || x.cols < 1 || x.cols > max_features) return Status::wrong_size;
    if (!detail::all_finite(x)) return Status::non_finite;
    forget();
    for (Index i = 0; i < x.rows; ++i) partial_fit(x.row(i));
    return finish(scaler);
  }

  /// Adds a sample of d <= max_features values, as many as those before. wrong_size, non_finite: nothing is
  /// added. O(d), some 1000 instructions a feature on a Cortex-M4F, whose double is software.
  Status partial_fit(ConstVectorView<Scalar> x) {
    if (x.size < 1 || x.size > max_features || (features_ > 0 && x.size != features_))
      return Status::wrong_size;
    if (!detail::all_finite(x)) return Status::non_finite;
    for (Index f = 0; f < x.size; ++f) add(columns_[f], ColumnSpread::of_value(static_cast<double>(x[f])));
    features_ = static_cast<int>(x.size);
    return Status::ok;
  }

  /// Adds the samples that another one was given. wrong_size when those are of other features. O(d).
  Status merge(const ScalerFit& other) {
    if (other.features_ == 0) return Status::ok;
    if (features_ > 0 && features_ != other.features_) return Status::wrong_size;
    features_ = other.features_;
    for (Index f = 0; f < features_; ++f) add(columns_[f], other.columns_[f]);
    return Status::ok;
  }

  /// Gives the scaler what was learned so far: that of thrum::Scaler from the same samples, to rounding.
  /// not_fitted before the first one. O(d).
  Status finish(Scaler<Scalar, max_features>& scaler) const {
    if (features_ == 0) return Status::not_fitted;
    Scalar offset[array_size(max_features)], factor[array_size(max_features)];
    for (Index f = 0; f < features_; ++f) {
      const OffsetAndScale measure = columns_[f].standard();
      offset[f] = static_cast<Scalar>(measure.offset);
      factor[f] = factor_of_scale<Scalar>(measure.scale);
    }
    return scaler.use(contiguous<const Scalar>(offset, features_),
                      contiguous<const Scalar>(factor, features_));
  }

  /// Samples so far.
  double samples() const { return columns_[0].moments.weight; }
  int features() const { return features_; }
  /// What is known of feature f.
  const ColumnSpread& column(int f) const { return columns_[f]; }

 private:
  void forget() {
    for (ColumnSpread& column : columns_) column = {};
    features_ = 0;
  }

  static void add(ColumnSpread& column, const ColumnSpread& more) {
    if (column.moments.weight > 0)
      column.merge(more);
    else
      column = more;
  }

  ColumnSpread columns_[array_size(max_features)] = {};
  int features_ = 0;
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_SCALER_HPP
