#ifndef THRUM_FIXED_PCA_HPP
#define THRUM_FIXED_PCA_HPP

#include "thrum/algorithm/projection.hpp"
#include "thrum/algorithm/symmetric_eigen.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
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

/// How many components a PCAFit keeps; names and meaning as in thrum::PCAOptions.
struct PCAOptions {
  int components = 0;         ///< a count; 0: not asked
  double variance_share = 0;  ///< in (0, 1]: the fewest whose variances reach that share; 0: not asked
};

/// Learns a fixed::PCA: at once by fit(), or from samples that come one by one, their moments by
/// partial_fit(), then the eigenvectors of the covariance by Jacobi rotations, at once by finish() or in
/// pieces by start_fit() and fit_step(). No heap; all zero at start; memory: 4 d^2 bytes, and 2 d^2 Scalars.
/// Parts merge.
template <typename Scalar, int max_features>
class PCAFit {
 public:
  /// Learns from x, n x d, n >= 2, and nothing before it. wrong_size, non_finite: then all stays as it was;
  /// overflow, and errors of finish(). O(n d^2 + d^3).
  template <int max_components>
  Status fit(ConstMatrixView<Scalar> x, const PCAOptions& options,
             PCA<Scalar, max_features, max_components>& pca) {
    if (x.rows < 2 || x.cols < 1 || x.cols > max_features) return Status::wrong_size;
    if (!detail::all_finite(x)) return Status::non_finite;
    forget();
    for (Index i = 0; i < x.rows; ++i) partial_fit(x.row(i));
    return finish(options, pca);
  }

  /// Adds a sample of d <= max_features values, as many as those before. wrong_size, non_finite: nothing is
  /// added. O(d^2) in double.
  Status partial_fit(ConstVectorView<Scalar> x) {
    if (x.size < 1 || x.size > max_features || (features_ > 0 && x.size != features_))
      return Status::wrong_size;
    if (!detail::all_finite(x)) return Status::non_finite;
    features_ = static_cast<int>(x.size);
    double mean[array_size(max_features)];
    for (Index f = 0; f < features_; ++f) mean[f] = static_cast<double>(x[f]);
    join(1, mean, nullptr);
    return Status::ok;
  }

  /// Adds the samples that another one was given. wrong_size when those are of other features. O(d^2).
  Status merge(const PCAFit& other) {
    if (other.features_ == 0) return Status::ok;
    if (features_ > 0 && features_ != other.features_) return Status::wrong_size;
    features_ = other.features_;
    join(other.samples_, other.mean_, other.products_);
    return Status::ok;
  }

  /// Begins to find the components of the samples so far. not_fitted: fewer than two; overflow: a variance is
  /// too large for a Scalar. O(d^2).
  Status start_fit() {
    if (samples_ < 2) return Status::not_fitted;
    for (Index i = 0; i < features_; ++i)
      for (Index j = 0; j <= i; ++j)
        covariance()(i, j) = covariance()(j, i) =
            static_cast<Scalar>(products_[place(i, j)] / (samples_ - 1));
    for (Index f = 0; f < features_; ++f)
      if (!is_finite(covariance()(f, f))) return Status::overflow;
    set_identity(vectors());
    sweeps_ = JacobiSweeps();
    return Status::ok;
  }

  /// Goes on by at most so many rotations, O(d) each; true when the components are found.
  bool fit_step(int rotations) {
    for (; rotations > 0; --rotations)
      if (sweeps_.step(covariance(), vectors())) return true;
    return false;
  }

  /// Gives the PCA what was found; start_fit() is called, and fit_step() until it is done, unless that has
  /// been done. out_of_range: options ask for both or neither, or for more than d; wrong_size: for more than
  /// there is room for. Variances are over n - 1; each direction's first loading within 1e-6 of its largest
  /// magnitude is positive. Those of thrum::PCA from the same samples, to rounding.
  template <int max_components>
  Status finish(const PCAOptions& options, PCA<Scalar, max_features, max_components>& pca) {
    if ((options.components > 0) == (options.variance_share > 0) || options.components < 0 ||
        options.components > features_ || !(options.variance_share >= 0 && options.variance_share <= 1))
      return Status::out_of_range;
    if (sweeps_.sweeps() == 0) {
      const Status status = start_fit();
      if (status != Status::ok) return status;
      while (!fit_step(1)) {
      }
    }
    sort_eigenvectors(covariance(), vectors());
    for (Index c = 0; c < features_; ++c) fix_sign(vectors().col(c));
    const int components = options.components > 0 ? options.components : reaching(options.variance_share);
    if (components > max_components) return Status::wrong_size;
    Scalar mean[array_size(max_features)];
    for (Index f = 0; f < features_; ++f) mean[f] = static_cast<Scalar>(mean_[f]);
    return pca.use(contiguous<const Scalar>(mean, features_),
                   vectors().transposed().middle_rows(0, components));
  }

  /// Samples so far.
  double samples() const { return samples_; }
  int features() const { return features_; }
  /// Variance along component c in [0, d), largest first; after finish().
  Scalar variance(int c) const { return covariance_[c * features_ + c]; }

 private:
  void forget() {
    samples_ = 0;
    for (double& mean : mean_) mean = 0;
    for (double& product : products_) product = 0;
    features_ = 0;
  }

  static Index place(Index i, Index j) { return i * (i + 1) / 2 + j; }

  MatrixView<Scalar> covariance() { return row_major(covariance_, features_, features_); }
  MatrixView<Scalar> vectors() { return row_major(vectors_, features_, features_); }

  /// Joins other samples' moments (Chan, Golub and LeVeque, COMPSTAT 1982); products: null when all are 0.
  void join(double more, const double* mean, const double* products) {
    const double share = more / (samples_ + more), both = samples_ * share;
    double step[array_size(max_features)];
    for (Index f = 0; f < features_; ++f) step[f] = mean[f] - mean_[f];
    for (Index i = 0; i < features_; ++i)
      for (Index j = 0; j <= i; ++j)
        products_[place(i, j)] +=
            both * step[i] * step[j] + (products == nullptr ? 0.0 : products[place(i, j)]);
    for (Index f = 0; f < features_; ++f) mean_[f] += share * step[f];
    samples_ += more;
    sweeps_ = JacobiSweeps();
  }

  int reaching(double share) {
    double all = 0, so_far = 0;
    for (int c = 0; c < features_; ++c) all += larger(0.0, static_cast<double>(variance(c)));
    int components = 0;
    do so_far += larger(0.0, static_cast<double>(variance(components++)));
    while (components < features_ && so_far < share * all);
    return components;
  }

  double samples_ = 0;
  double mean_[array_size(max_features)] = {};
  double products_[array_size(max_features * (max_features + 1) / 2)] = {};  // of deviations, lower triangle
  Scalar covariance_[array_size(max_features * max_features)] = {};
  Scalar vectors_[array_size(max_features * max_features)] = {};
  JacobiSweeps sweeps_{};
  int features_ = 0;
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_PCA_HPP
