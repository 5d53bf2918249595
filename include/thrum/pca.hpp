#ifndef THRUM_PCA_HPP
#define THRUM_PCA_HPP

#include <Eigen/Core>

#include "thrum/algorithm/projection.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/product_moments.hpp"
#include "thrum/input.hpp"

namespace thrum {

/// How the components are found.
enum class PCASolver {
  automatic,   ///< gram where n < d, else covariance
  covariance,  ///< eigenvectors of the d x d covariance
  gram,        ///< eigenvectors of the n x n matrix of products of samples
  randomized,  ///< a random subspace (Halko, Martinsson and Tropp, 2011): close, for few `components` of many
};

/// How many components are kept: `components`, or what `variance_share` asks, or all; not both.
struct PCAOptions {
  int components = 0;         ///< a count from 1 to min(n, d); 0: not asked
  double variance_share = 0;  ///< in (0, 1]: the fewest whose variances reach that share; 0: not asked
  bool whiten = false;        ///< divide each component by its standard deviation
  PCASolver solver = PCASolver::automatic;

  friend bool operator==(const PCAOptions& a, const PCAOptions& b) {
    return a.components == b.components && a.variance_share == b.variance_share && a.whiten == b.whiten &&
           a.solver == b.solver;
  }
};

inline namespace THRUM_BUILD {

/// Principal component analysis: the orthogonal directions along which the data vary most.
///
/// Exact, unless the solver is randomized: eigenvectors of the covariance (d x d), or of the Gram matrix
/// (n x n) when n < d. Of matrices of 1024 rows or more, a few eigenvectors (a 48th) are found by block
/// Lanczos and proven to be the leading ones, or else by a tridiagonalisation. Sums are in double; of floats,
/// where that matrix has 128 rows or more, or 16 and its sums take 2e8 products, these are taken in float,
/// and variances below 1e-7 of the largest are rounding noise. Variances are over n - 1. A direction's first
/// loading within 1e-6 of its largest magnitude is positive. Whitening maps a direction without variance
/// (below epsilon d times the largest) to 0.
template <typename Scalar>
class PCA {
 public:
  explicit PCA(PCAOptions options = {}) : options_(options) {}

  /// Learns from x, n x d, finite, n >= 2. weights: n numbers >= 0 that count repeats (variances are over
  /// their sum less 1), or nothing for all 1. Throws std::invalid_argument otherwise and stays as it was.
  /// With m = min(n, d): O(n d m + m^3), of which little is left over the products of the matrix where few
  /// components are kept; allocates O(m^2).
  void fit(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights = {});

  /// Learns from more samples: the result is that of one `fit` to all samples so far, to rounding, however
  /// they were cut. Keeps the moments of the samples, d x d, for that, which `fit` does not: a model that was
  /// fitted by `fit` refuses more samples. After every call there must be as many samples as components.
  /// By the covariance, whatever options().solver. O(n d^2 + d^3).
  void partial_fit(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights = {});

  /// Adds what another model has learned by partial_fit from other samples, exactly, as if they had been
  /// learned here; keeps the own options. Both must have been fitted by partial_fit alone. O(d^3).
  void merge(const PCA& other);

  /// Coordinates along the components: n x d in, n x p out. O(n d p).
  Matrix<Scalar> transform(const MatrixInput<Scalar>& x) const;

  /// The same into a caller's n x p view. Allocates some rows a thread, and another result where x has more
  /// than a million values, 12 for each of the result or more.
  void transform(const MatrixInput<Scalar>& x, MatrixView<Scalar> z) const;

  /// The points in the plane of the components: n x p in, n x d out. O(n d p).
  Matrix<Scalar> inverse_transform(const MatrixInput<Scalar>& z) const;

  /// n: the logarithm of the density of each sample, n x d, under the model that the data are normal around
  /// the plane of the components, with noise_variance() in every direction off it (Tipping and Bishop, J. R.
  /// Stat. Soc. B 61, 1999, equation 4). Throws where that density is infinite: where a component or what is
  /// left out has no variance. In double. O(n d p).
  Eigen::VectorXd score_samples(const MatrixInput<Scalar>& x) const;

  const PCAOptions& options() const { return options_; }
  bool fitted() const { return mean_.size() > 0; }
  /// p x d: a unit direction a row, by falling variance.
  const Matrix<Scalar>& components() const { return components_; }
  /// d: what is subtracted first.
  const Vector<Scalar>& mean() const { return mean_; }
  /// p: variance along each component, over n - 1.
  const Eigen::VectorXd& explained_variance() const { return explained_variance_; }
  /// p: the same as shares of the total variance; 0 when there is none.
  Eigen::VectorXd explained_variance_ratio() const;
  /// p: singular values of the centred data.
  Eigen::VectorXd singular_values() const;
  /// Mean variance of the min(n, d) - p directions left out (Tipping and Bishop, 1999); 0 when none is.
  double noise_variance() const { return noise_variance_; }
  /// A view of the fitted projection, valid while this object lives unchanged.
  ProjectionModel<Scalar> model() const;

  friend bool operator==(const PCA& a, const PCA& b) {
    return a.options_ == b.options_ && a.components_.rows() == b.components_.rows() &&
           a.components_.cols() == b.components_.cols() && a.components_ == b.components_ &&
           a.mean_ == b.mean_ && a.explained_variance_ == b.explained_variance_ &&
           a.total_variance_ == b.total_variance_ && a.noise_variance_ == b.noise_variance_ &&
           a.weight_ == b.weight_ && a.rows_ == b.rows_ && a.moments_ == b.moments_;
  }
  friend bool operator!=(const PCA& a, const PCA& b) { return !(a == b); }

 private:
  /// Variances, largest first, and the directions of those that are kept, a column each.
  struct Spectrum {
    Vector<double> variances;
    Matrix<double> directions;
    double total;  ///< of all variances
  };

  Index components_count() const { return components_.rows(); }

  void check_fit(MatrixView<const Scalar> x, VectorView<const Scalar> weights) const;
  void check_options(const char* who, Index most) const;

  bool by_gram(MatrixView<const Scalar> x) const {
    return options_.solver == PCASolver::gram || (options_.solver == PCASolver::automatic && x.rows < x.cols);
  }

  static void require_repeats(const char* who, double weight);
  void check(const char* who, const char* argument, MatrixView<const Scalar> x, Index columns) const;
  void check_shape(const char* who, const char* argument, MatrixView<const Scalar> x, Index columns) const;

  static void check_finite(const char* who, const char* argument, MatrixView<const Scalar> x);

  void learn(host::ProductMoments&& moments, Index samples);
  void learn_from_moments(const char* who);

  struct ColumnMoments {
    Vector<double> mean;
    double weight, total_variance;
  };

  static ColumnMoments column_moments(MatrixView<const Scalar> x, VectorView<const Scalar> weights);
  void learn_from_random_subspace(MatrixView<const Scalar> x, VectorView<const Scalar> weights);
  void learn_from_gram(MatrixView<const Scalar> x, VectorView<const Scalar> weights);

  /// All eigenvalues of a matrix, of which the lower triangle is given, and the eigenvectors that are asked
  /// for, at most `most`. relative: as `rounding` says.
  Spectrum decomposed(Matrix<double>&& matrix, Index most, double relative) const;

  /// The solver leaves directions that are orthonormal to some d epsilon; a step of Newton and Schulz leaves
  /// the square of that.
  static Spectrum all_of(Matrix<double>&& lower_triangle);

  /// Gram's directions are orthogonal but not of unit length, and those without variance are rounding noise:
  /// these are replaced by whatever axes complete the basis.
  static void orthonormalize(Spectrum& spectrum, double relative);

  /// Variances below this share of the largest are rounding noise; of floats, the mean error of products is
  /// about epsilon / 8. size: of the matrix that is decomposed; terms: of the sums in it.
  static double rounding(Index size, Index terms, Index features);

  Index kept_count(const Spectrum& spectrum, Index most, double relative) const;

  /// The mean of the variances from number p on, of `most`: of those that are known, or of what is left.
  static double mean_of_rest(const Spectrum& spectrum, Index p, Index most);

  void keep(Spectrum& spectrum, const Vector<double>& mean, double weight, Index samples, double relative);

  PCAOptions options_;
  Matrix<Scalar> components_, basis_;  // p x d unit directions; d x p, scaled when whitening
  Vector<Scalar> mean_, variance_;
  Eigen::VectorXd explained_variance_;
  double total_variance_ = 0, noise_variance_ = 0;
  double weight_ = 0;             // of all samples
  host::ProductMoments moments_;  // empty, unless fitted by partial_fit
  Index rows_ = 0;                // in the moments
};

}  // namespace THRUM_BUILD
}  // namespace thrum

#if defined(THRUM_COMPILED)
namespace thrum {
inline namespace THRUM_BUILD {
extern template class PCA<float>;
extern template class PCA<double>;
}  // namespace THRUM_BUILD
}  // namespace thrum
#else
#include "thrum/impl/pca.hpp"
#endif

#endif  // THRUM_PCA_HPP
