#ifndef THRUM_FIXED_PCA_HPP
#define THRUM_FIXED_PCA_HPP

#include "thrum/algorithm/projection.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/status.hpp"
#include "thrum/fixed/storage.hpp"

namespace thrum {
namespace fixed {

/// thrum::PCA with its own arrays: no heap, all zero at start (`not_fitted`).
template <typename Scalar, int max_features, int max_components>
class PCA {
 public:
  /// Takes over a fitted PCA: d means and p x d directions, finite, d <= max_features, p <= max_components.
  Status use(ConstVectorView<Scalar> mean, ConstMatrixView<Scalar> components) {
    if (mean.size != components.cols || mean.size < 1 || mean.size > max_features || components.rows < 1 ||
        components.rows > max_components)
      return Status::wrong_size;
    if (!detail::all_finite(mean) || !detail::all_finite(components)) return Status::non_finite;
    detail::copy(mean, mean_);
    copy_by_feature(components, basis_);
    features_ = static_cast<int>(components.cols);
    components_ = static_cast<int>(components.rows);
    whitens_ = false;
    return Status::ok;
  }

  /// Takes over a fitted PCA as it is, whitening included: what thrum::PCA::model() gives.
  Status use(const ProjectionModel<Scalar>& model) {
    const auto basis = row_major(model.basis, model.features, model.components);
    const auto variance = contiguous(model.variance, model.variance == nullptr ? 0 : model.components);
    if (!detail::all_finite(variance)) return Status::non_finite;
    const Status status = use(contiguous(model.mean, model.features), basis.transposed());
    if (status != Status::ok) return status;
    detail::copy(variance, variance_);
    whitens_ = variance.size > 0;
    return Status::ok;
  }

  /// Coordinates along the components: d values in, p values out. overflow: a result is not finite.
  Status transform(ConstVectorView<Scalar> x, VectorView<Scalar> z) const {
    const Status status = detail::check(features_, x, z.size, components_);
    if (status != Status::ok) return status;
    Scalar centered[array_size(max_features)];
    project(model(), x, centered, z);
    return detail::checked_result(z);
  }

  /// The point in the plane of the components: p values in, d values out.
  Status inverse_transform(ConstVectorView<Scalar> z, VectorView<Scalar> x) const {
    const Status status = detail::check(components_, z, x.size, features_);
    if (status != Status::ok) return status;
    unproject(model(), z, x);
    return detail::checked_result(x);
  }

  int features() const { return features_; }
  int components() const { return components_; }
  ProjectionModel<Scalar> model() const {
    return {mean_, basis_, whitens_ ? variance_ : nullptr, features_, components_};
  }

 private:
  Scalar mean_[array_size(max_features)] = {};
  Scalar basis_[array_size(max_features * max_components)] = {};
  Scalar variance_[array_size(max_components)] = {};
  int features_ = 0;
  int components_ = 0;
  bool whitens_ = false;
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_PCA_HPP
