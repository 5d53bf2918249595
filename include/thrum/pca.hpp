#ifndef THRUM_PCA_HPP
#define THRUM_PCA_HPP

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <utility>
#include <vector>

#include "thrum/algorithm/projection.hpp"
#include "thrum/algorithm/symmetric_eigen.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/covariance.hpp"
#include "thrum/host/panels.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/input.hpp"

namespace thrum {

/// How many components are kept: `components`, or what `variance_share` asks, or all; not both.
struct PCAOptions {
  int components = 0;         ///< a count from 1 to min(n, d); 0: not asked
  double variance_share = 0;  ///< in (0, 1]: the fewest whose variances reach that share; 0: not asked
  bool whiten = false;        ///< divide each component by its standard deviation

  friend bool operator==(const PCAOptions& a, const PCAOptions& b) {
    return a.components == b.components && a.variance_share == b.variance_share && a.whiten == b.whiten;
  }
};

inline namespace THRUM_BUILD {

/// Principal component analysis: the orthogonal directions along which the data vary most.
///
/// Exact: eigenvectors of the covariance (d x d), or of the Gram matrix (n x n) when n < d, in double.
/// Variances are over n - 1. A direction's first loading within 1e-6 of its largest magnitude is positive.
/// Whitening maps a direction without variance (below epsilon d times the largest) to 0.
template <typename Scalar>
class PCA {
 public:
  explicit PCA(PCAOptions options = {}) : options_(options) {}

  /// Learns from x, n x d, finite, n >= 2. Throws std::invalid_argument otherwise and stays as it was.
  /// O(n d min(n, d) + min(n, d)^3); allocates O(min(n, d)^2), and O(n d) when n < d.
  void fit(const MatrixInput<Scalar>& x) {
    const MatrixView<const Scalar> data = x.view();
    check_fit(data);
    PCA fitted(options_);
    const std::vector<Moments<double>> columns = host::column_moments(data, {});
    Eigen::VectorXd mean(data.cols);
    for (Index f = 0; f < data.cols; ++f) mean[f] = columns[array_size(f)].mean;
    Spectrum spectrum = data.rows < data.cols ? from_gram(data, mean) : from_covariance(data, mean);
    fitted.keep(spectrum, mean, data.rows);
    *this = std::move(fitted);
  }

  /// Coordinates along the components: n x d in, n x p out. O(n d p).
  Matrix<Scalar> transform(const MatrixInput<Scalar>& x) const {
    Matrix<Scalar> z(x.view().rows, components_count());
    transform(x, thrum::view(z));
    return z;
  }

  /// The same into a caller's n x p view; allocates d numbers a thread, and beyond 256 features a panel of
  /// samples.
  void transform(const MatrixInput<Scalar>& x, MatrixView<Scalar> z) const {
    constexpr const char* who = "thrum::PCA::transform";
    check(who, "x", x.view(), mean_.size());
    detail::require_shape(who, "the result", z, x.view().rows, components_count());
    const MatrixView<const Scalar> rows = x.view();
    const ProjectionModel<Scalar> fitted = model();
    const int workers = host::worker_count(host::operations(rows.rows, rows.cols, z.cols));
    const Index stride = host::rounded_up(rows.cols, 32);  // cache lines of its own for each thread
    const host::AlignedArray<Scalar> centered(workers * stride);
    host::parallel_for(rows.rows, workers, [&](Index i, int worker) {
      project(fitted, rows.row(i), centered.data() + worker * stride, z.row(i));
    });
  }

  /// The points in the plane of the components: n x p in, n x d out. O(n d p).
  Matrix<Scalar> inverse_transform(const MatrixInput<Scalar>& z) const {
    check("thrum::PCA::inverse_transform", "z", z.view(), components_count());
    Matrix<Scalar> x(z.view().rows, mean_.size());
    for (Index i = 0; i < x.rows(); ++i) unproject(model(), z.view().row(i), thrum::view(x).row(i));
    return x;
  }

  const PCAOptions& options() const { return options_; }
  bool fitted() const { return mean_.size() > 0; }
  /// p x d: a unit direction a row, by falling variance.
  const Matrix<Scalar>& components() const { return components_; }
  /// d: what is subtracted first.
  const Vector<Scalar>& mean() const { return mean_; }
  /// p: variance along each component, over n - 1.
  const Eigen::VectorXd& explained_variance() const { return explained_variance_; }
  /// p: the same as shares of the total variance; 0 when there is none.
  Eigen::VectorXd explained_variance_ratio() const {
    return explained_variance_ / (total_variance_ > 0 ? total_variance_ : 1.0);
  }
  /// p: singular values of the centred data.
  Eigen::VectorXd singular_values() const {
    return (explained_variance_ * static_cast<double>(samples_ - 1)).cwiseSqrt();
  }
  /// Mean variance of the min(n, d) - p directions left out (Tipping and Bishop, 1999); 0 when none is.
  double noise_variance() const { return noise_variance_; }
  /// A view of the fitted projection, valid while this object lives unchanged.
  ProjectionModel<Scalar> model() const {
    return {mean_.data(), basis_.data(), options_.whiten ? variance_.data() : nullptr,
            static_cast<int>(mean_.size()), static_cast<int>(components_count())};
  }

  friend bool operator==(const PCA& a, const PCA& b) {
    return a.options_ == b.options_ && a.components_.rows() == b.components_.rows() &&
           a.components_.cols() == b.components_.cols() && a.components_ == b.components_ &&
           a.mean_ == b.mean_ && a.explained_variance_ == b.explained_variance_ &&
           a.total_variance_ == b.total_variance_ && a.noise_variance_ == b.noise_variance_ &&
           a.samples_ == b.samples_;
  }
  friend bool operator!=(const PCA& a, const PCA& b) { return !(a == b); }

 private:
  /// Eigenvalues of the covariance, largest first, and the directions that belong to them, a column each.
  struct Spectrum {
    Eigen::VectorXd variances;
    Eigen::MatrixXd directions;
  };

  Index components_count() const { return components_.rows(); }

  void check_fit(MatrixView<const Scalar> x) const {
    constexpr const char* who = "thrum::PCA::fit";
    host::require_training_data(who, x);
    detail::require(x.rows >= 2, who, ": x has 1 row, expected at least 2: one row has no variance");
    const Index most = smaller(x.rows, x.cols);
    detail::require(options_.components >= 0 && options_.components <= most, who, ": components is ",
                    options_.components, ", expected 1 to min(n, d) = ", most, ", or 0 for not asked");
    detail::require(options_.variance_share >= 0 && options_.variance_share <= 1, who, ": variance_share is ",
                    options_.variance_share, ", expected a number in (0, 1], or 0 for not asked");
    detail::require(options_.components == 0 || options_.variance_share == 0, who,
                    ": components and variance_share are both set, expected one of them");
  }

  void check(const char* who, const char* argument, MatrixView<const Scalar> x, Index columns) const {
    detail::require(fitted(), who, ": not fitted");
    detail::require_columns(who, argument, x, columns);
    if (!host::all_finite(x)) detail::require_finite(who, argument, x);
  }

  static Eigen::MatrixXd centered_rows(MatrixView<const Scalar> x, const Eigen::VectorXd& mean) {
    Eigen::MatrixXd rows(x.rows, x.cols);
    for (Index i = 0; i < x.rows; ++i)
      for (Index f = 0; f < x.cols; ++f) rows(i, f) = static_cast<double>(x(i, f)) - mean[f];
    return rows;
  }

  /// The solver leaves directions that are orthonormal to some d epsilon; a step of Newton and Schulz leaves
  /// the square of that.
  static Spectrum decomposed(Eigen::MatrixXd&& lower_triangle) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(lower_triangle);
    const Eigen::MatrixXd found = solver.eigenvectors().rowwise().reverse();
    return {solver.eigenvalues().reverse().cwiseMax(0.0),
            1.5 * found - 0.5 * (found * (found.transpose() * found))};
  }

  static Spectrum from_covariance(MatrixView<const Scalar> x, const Eigen::VectorXd& mean) {
    Eigen::MatrixXd covariance(x.cols, x.cols);
    host::sum_products(x, mean.data(), thrum::view(covariance));
    covariance /= static_cast<double>(x.rows - 1);
    return decomposed(std::move(covariance));
  }

  static Spectrum from_gram(MatrixView<const Scalar> x, const Eigen::VectorXd& mean) {
    const Eigen::MatrixXd rows = centered_rows(x, mean);
    Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(x.rows, x.rows);
    gram.selfadjointView<Eigen::Lower>().rankUpdate(rows, 1.0 / static_cast<double>(x.rows - 1));
    Spectrum spectrum = decomposed(std::move(gram));
    spectrum.directions = rows.transpose() * spectrum.directions;
    orthonormalize(spectrum);
    return spectrum;
  }

  /// Gram's directions are orthogonal but not of unit length, and those without variance are rounding noise:
  /// these are replaced by whatever axes complete the basis. Two passes of Gram-Schmidt, "twice is enough".
  static void orthonormalize(Spectrum& spectrum) {
    Eigen::MatrixXd& directions = spectrum.directions;
    const double least = negligible_variance(spectrum.variances, directions.rows());
    Index axis = 0;
    for (Index c = 0; c < directions.cols(); ++c) {
      const auto before = directions.leftCols(c);
      Eigen::VectorXd direction = directions.col(c);
      bool independent = spectrum.variances[c] > least;
      for (;; independent = false) {
        if (!independent) direction = Eigen::VectorXd::Unit(directions.rows(), axis++);
        direction.normalize();
        for (int pass = 0; pass < 2; ++pass) direction -= before * (before.transpose() * direction);
        if (direction.norm() > 0.1 / static_cast<double>(directions.rows())) break;
      }
      directions.col(c) = direction.normalized();
    }
  }

  static double negligible_variance(const Eigen::VectorXd& variances, Index features) {
    return ScalarTraits<double>::epsilon() * static_cast<double>(features) * variances[0];
  }

  Index kept_count(const Eigen::VectorXd& variances, Index most) const {
    if (options_.components > 0) return options_.components;
    if (options_.variance_share == 0) return most;
    const double rounding = negligible_variance(variances, mean_.size());
    double sum = 0;
    for (Index c = 0; c < most; ++c) {
      sum += variances[c];
      if (sum + rounding >= options_.variance_share * total_variance_) return c + 1;
    }
    return most;
  }

  void keep(Spectrum& spectrum, const Eigen::VectorXd& mean, Index samples) {
    const Index most = smaller(samples, static_cast<Index>(mean.size()));
    samples_ = samples;
    total_variance_ = spectrum.variances.sum();
    mean_ = mean.template cast<Scalar>();
    const Index p = kept_count(spectrum.variances, most);
    explained_variance_ = spectrum.variances.head(p);
    noise_variance_ = p < most ? spectrum.variances.segment(p, most - p).mean() : 0.0;
    for (Index c = 0; c < p; ++c) fix_sign(contiguous(spectrum.directions.col(c).data(), mean.size()));
    components_ = spectrum.directions.leftCols(p).transpose().template cast<Scalar>();
    variance_ = explained_variance_.template cast<Scalar>();
    basis_ = spectrum.directions.leftCols(p).template cast<Scalar>();
    if (!options_.whiten) return;
    const double least = negligible_variance(spectrum.variances, mean.size());
    for (Index c = 0; c < p; ++c) {
      const double variance = explained_variance_[c];
      basis_.col(c) *= static_cast<Scalar>(variance > least ? 1.0 / square_root(variance) : 0.0);
    }
  }

  PCAOptions options_;
  Matrix<Scalar> components_, basis_;  // p x d unit directions; d x p, scaled when whitening
  Vector<Scalar> mean_, variance_;
  Eigen::VectorXd explained_variance_;
  double total_variance_ = 0, noise_variance_ = 0;
  Index samples_ = 0;
};

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_PCA_HPP
