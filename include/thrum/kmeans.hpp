#ifndef THRUM_KMEANS_HPP
#define THRUM_KMEANS_HPP

#include <Eigen/Core>

#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"
#include "thrum/input.hpp"
#include "thrum/kmeans_options.hpp"
#include "thrum/row_source.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
template <typename Scalar>
struct KMeansRun;
template <typename Scalar>
struct PackedCenters;
}  // namespace host

/// K-means clustering: k centres such that the squared distances of all samples to their nearest centre sum
/// to little. Ties go to the lowest centre; an empty cluster is refilled with the sample farthest from its
/// centre and stays empty only when there are fewer distinct samples than clusters, or the iterations run
/// out.
///
/// Runs on the threads of OpenMP where the program is compiled with it, with the vector instructions of the
/// processor it runs on. Results depend neither on these nor on the storage order of x; centres not even on
/// the order of the rows, given the same first centres. Seeding: Arthur and Vassilvitskii, SODA 2007;
/// iteration: Lloyd, 1982; bounds: Hamerly, SDM 2010, and Ding et al., ICML 2015.
template <typename Scalar>
class KMeans {
 public:
  explicit KMeans(KMeansOptions options = {}) : options_(options) {}

  /// Learns from x, n x d, finite, n >= k. weights: n numbers >= 0 with a positive sum (a weight of 3 is the
  /// sample three times over), or nothing. Throws std::invalid_argument on anything else and stays as it was.
  /// At most O(n d k) a restart and iteration; allocates O(k d) a thread and what memory_limit allows.
  FitReport fit(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights = {},
                const KMeansProgress& progress = {}) {
    return learn("thrum::KMeans::fit", x.view(), weights.view(), nullptr, progress);
  }

  /// The same from given first centres, k x d, finite: a warm start, and the way to use seeds of your own;
  /// seeding and restarts do not apply.
  FitReport fit_from(const MatrixInput<Scalar>& centers, const MatrixInput<Scalar>& x,
                     const VectorInput<Scalar>& weights = {}, const KMeansProgress& progress = {});

  /// Fits and returns the label of each sample, n values in [0, k).
  Vector<int> fit_predict(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights = {});

  /// Learns from rows that need not fit into memory, by Lloyd's iterations over passes: the centres that
  /// fit_from finds, bit for bit, when started from the same ones. First centres are found among 65,536 rows
  /// at most, drawn at random. Throws on what fit refuses. Keeps blocks of about 8 MB and O(k d) a thread,
  /// nothing that grows with n.
  FitReport fit(RowSource<Scalar>& source, const VectorInput<Scalar>& weights = {},
                const KMeansProgress& progress = {}) {
    return learn("thrum::KMeans::fit", source, weights.view(), nullptr, progress);
  }
  FitReport fit_from(const MatrixInput<Scalar>& centers, RowSource<Scalar>& source,
                     const VectorInput<Scalar>& weights = {}, const KMeansProgress& progress = {});

  /// First centres, k x d, as fit would find them. The model stays as it was.
  Matrix<Scalar> seed_centers(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights = {}) const;

  /// Starts a running model from given centres, k x d, finite, that have seen nothing yet.
  void start_from(const MatrixInput<Scalar>& centers);

  /// Goes on learning from a batch, n x d, finite: its rows are assigned to the centres as they are, then
  /// each centre moves to the mean of all it has seen, that is at a rate of 1 / count (Sculley, WWW 2010). A
  /// model that is not fitted yet seeds itself from the batch, which then needs k rows. With
  /// options().half_life the past fades. O(n d k); throws as fit does and stays as it was. inertia() is then
  /// that of the batch, before the move.
  void partial_fit(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights = {});

  /// Takes in what another running model has learned that started from the same centres: cluster j with j,
  /// weighted by what each has seen since, so that models that saw parts of the rows, in one partial_fit
  /// each, become the one that saw all of them, to rounding and in any order. Throws std::invalid_argument
  /// when they did not start from the same centres, or when a half-life is set. O(k d).
  void merge(const KMeans& other);

  /// The nearest centre of each row of x, n x d, finite; where all squared distances overflow, 0. O(n d k).
  Vector<int> predict(const MatrixInput<Scalar>& x) const;

  /// The same into a caller's n labels. Allocates a panel of samples a thread beyond 256 features, and n
  /// labels where x has more than a million values and 12 features or more; else nothing.
  void predict(const MatrixInput<Scalar>& x, VectorView<int> labels) const;

  /// Euclidean distances of each row of x to each centre, n x k, in units of x; infinite where the square
  /// overflows. O(n d k).
  Matrix<Scalar> transform(const MatrixInput<Scalar>& x) const;

  /// The same into a caller's n x k view; allocates nothing up to 256 features, a panel of
  /// samples a thread beyond.
  void transform(const MatrixInput<Scalar>& x, MatrixView<Scalar> distances) const;

  const KMeansOptions& options() const { return options_; }
  bool fitted() const { return centers_.rows() > 0; }
  /// k x d.
  const Matrix<Scalar>& centers() const { return centers_; }
  /// k: weight of the samples of each cluster; plain counts without weights.
  const Vector<double>& counts() const { return counts_; }
  /// Sum over the samples of weight times squared distance to the own centre.
  double inertia() const { return report_.inertia; }
  /// How the last fit went.
  const FitReport& report() const { return report_; }

  friend bool operator==(const KMeans& a, const KMeans& b) {
    return a.options_ == b.options_ && a.centers_.rows() == b.centers_.rows() &&
           a.centers_.cols() == b.centers_.cols() && a.centers_ == b.centers_ && a.counts_ == b.counts_ &&
           a.report_.inertia == b.report_.inertia;
  }
  friend bool operator!=(const KMeans& a, const KMeans& b) { return !(a == b); }

 private:
  FitReport learn(const char* who, MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                  const MatrixView<const Scalar>* given, const KMeansProgress& progress);
  FitReport learn(const char* who, RowSource<Scalar>& source, VectorView<const Scalar> weights,
                  const MatrixView<const Scalar>* given, const KMeansProgress& progress);
  void keep(host::KMeansRun<Scalar>&& run);
  void check_shape(const char* who, MatrixView<const Scalar> x) const;

  /// What is merged is what was learned from here on.
  void begin_running();

  void pack();
  host::PackedCenters<Scalar> packed() const;

  KMeansOptions options_;
  Matrix<Scalar> centers_;
  Vector<Scalar> packed_;  ///< the centres as the kernels read them
  Vector<double> counts_;
  FitReport report_;
  Matrix<Scalar> start_centers_;  ///< what partial_fit and merge started from
  Vector<double> start_counts_;
};

}  // namespace THRUM_BUILD
}  // namespace thrum

#if defined(THRUM_COMPILED)
namespace thrum {
inline namespace THRUM_BUILD {
extern template class KMeans<float>;
extern template class KMeans<double>;
}  // namespace THRUM_BUILD
}  // namespace thrum
#else
#include "thrum/impl/kmeans.hpp"
#endif

#endif  // THRUM_KMEANS_HPP
