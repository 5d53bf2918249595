#ifndef THRUM_KMEANS_HPP
#define THRUM_KMEANS_HPP

#include <Eigen/Core>
#include <cstdint>
#include <utility>

#include "thrum/algorithm/kmeans_workspace.hpp"
#include "thrum/algorithm/lloyd.hpp"
#include "thrum/algorithm/moments.hpp"
#include "thrum/algorithm/seeding.hpp"
#include "thrum/core/distance.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/errors.hpp"
#include "thrum/input.hpp"

namespace thrum {

/// How the first centres are found.
enum class KMeansSeeding {
  plus_plus,  ///< greedy k-means++
  random,     ///< k different samples
};

struct KMeansOptions {
  int clusters = 8;  ///< k >= 1, at most the number of samples
  KMeansSeeding seeding = KMeansSeeding::plus_plus;
  int restarts = 1;          ///< seedings tried, >= 1; the least inertia wins
  int max_iterations = 300;  ///< >= 1, times the centres are re-computed
  double tolerance =
      1e-4;  ///< >= 0: sum of squared shifts of the centres <= tolerance * mean feature variance
  std::uint64_t seed = 0;  ///< of the random draws; the same seed gives the same centres everywhere

  friend bool operator==(const KMeansOptions& a, const KMeansOptions& b) {
    return a.clusters == b.clusters && a.seeding == b.seeding && a.restarts == b.restarts &&
           a.max_iterations == b.max_iterations && a.tolerance == b.tolerance && a.seed == b.seed;
  }
};

/// K-means clustering: k centres such that the squared distances of all samples to their nearest centre sum
/// to little. Ties go to the lowest centre; an empty cluster is refilled with the sample farthest from its
/// centre and stays empty only when there are fewer distinct samples than clusters, or the
/// iterations run out. Results do not depend on
/// the storage order of x. Seeding: Arthur and Vassilvitskii, SODA 2007; iteration: Lloyd, 1982.
template <typename Scalar>
class KMeans {
 public:
  explicit KMeans(KMeansOptions options = {}) : options_(options) {}

  /// Learns from x, n x d, finite, n >= k. weights: n numbers >= 0 with a positive sum (a weight of 3 is the
  /// sample three times over), or nothing. Throws std::invalid_argument on anything else and stays as it was.
  /// O(n d k) a restart and iteration; allocates O(n + k d).
  FitReport fit(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights = {}) {
    return learn("thrum::KMeans::fit", x.view(), weights.view(), nullptr).report;
  }

  /// The same from given first centres, k x d, finite; seeding and restarts do not apply.
  FitReport fit_from(const MatrixInput<Scalar>& centers, const MatrixInput<Scalar>& x,
                     const VectorInput<Scalar>& weights = {}) {
    const MatrixView<const Scalar> given = centers.view();
    return learn("thrum::KMeans::fit_from", x.view(), weights.view(), &given).report;
  }

  /// Fits and returns the label of each sample, n values in [0, k).
  Vector<int> fit_predict(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights = {}) {
    return learn("thrum::KMeans::fit_predict", x.view(), weights.view(), nullptr).labels;
  }

  /// The nearest centre of each row of x, n x d, finite; where all squared distances overflow, 0. O(n d k).
  Vector<int> predict(const MatrixInput<Scalar>& x) const {
    Vector<int> labels(x.view().rows);
    predict(x, detail::vector_view(labels));
    return labels;
  }

  /// The same into a caller's n labels; allocates nothing.
  void predict(const MatrixInput<Scalar>& x, VectorView<int> labels) const {
    constexpr const char* who = "thrum::KMeans::predict";
    check(who, x.view());
    detail::require(labels.size == x.view().rows, who, ": labels has ", labels.size, " entries, expected ",
                    x.view().rows);
    for (Index i = 0; i < labels.size; ++i)
      labels[i] = nearest_center(x.view().row(i), centers_by_feature_.data(), centers_.rows()).cluster;
  }

  /// Euclidean distances of each row of x to each centre, n x k, in units of x; infinite where the square
  /// overflows. O(n d k).
  Matrix<Scalar> transform(const MatrixInput<Scalar>& x) const {
    Matrix<Scalar> distances(x.view().rows, centers_.rows());
    transform(x, thrum::view(distances));
    return distances;
  }

  /// The same into a caller's n x k view; allocates nothing.
  void transform(const MatrixInput<Scalar>& x, MatrixView<Scalar> distances) const {
    constexpr const char* who = "thrum::KMeans::transform";
    check(who, x.view());
    detail::require_shape(who, "the result", distances, x.view().rows, centers_.rows());
    for (Index i = 0; i < distances.rows; ++i) {
      for_each_squared_distance(x.view().row(i), centers_by_feature_.data(), centers_.rows(),
                                [&](Index j, Scalar squared) { distances(i, j) = square_root(squared); });
    }
  }

  const KMeansOptions& options() const { return options_; }
  bool fitted() const { return centers_.rows() > 0; }
  /// k x d.
  const Matrix<Scalar>& centers() const { return centers_; }
  /// The centres feature after feature, d x k: how the inner loops read them.
  const Vector<Scalar>& centers_by_feature() const { return centers_by_feature_; }
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
  /// The outcome of one start, with the memory it needs.
  struct Run {
    Run(Index samples, Index features, Index clusters)
        : centers(clusters, features),
          labels(samples),
          squared_distances(samples),
          centers_by_feature(clusters * features),
          cluster_sums(partial_sums(samples) * clusters * features),
          cluster_weights(partial_sums(samples) * clusters) {}

    KMeansWorkspace<Scalar, double> workspace() {
      return {labels.data(), squared_distances.data(), centers_by_feature.data(), cluster_sums.data(),
              cluster_weights.data()};
    }

    Matrix<Scalar> centers;
    Vector<int> labels;
    Vector<Scalar> squared_distances, centers_by_feature;
    Vector<double> cluster_sums, cluster_weights;
    FitReport report;
  };

  void check_fit(const char* who, MatrixView<const Scalar> x, VectorView<const Scalar> weights) const {
    detail::require_training_data(who, x);
    detail::require_weights(who, weights, x.rows);
    if (sizeof(Scalar) == sizeof(double)) check_sums(who, x, weights);  // those of floats always fit a double
    detail::require(options_.clusters >= 1, who, ": clusters is ", options_.clusters,
                    ", expected at least 1");
    detail::require(options_.clusters <= x.rows, who, ": clusters is ", options_.clusters,
                    ", expected at most the number of rows, ", x.rows);
    detail::require(options_.restarts >= 1, who, ": restarts is ", options_.restarts,
                    ", expected at least 1");
    detail::require(options_.max_iterations >= 1, who, ": max_iterations is ", options_.max_iterations,
                    ", expected at least 1");
    detail::require(is_finite(options_.tolerance) && options_.tolerance >= 0, who, ": tolerance is ",
                    options_.tolerance, ", expected a finite number >= 0");
  }

  /// Sums of weight times value, and of weight times squared distance, must not leave the range of a double.
  static void check_sums(const char* who, MatrixView<const Scalar> x, VectorView<const Scalar> weights) {
    const double rows = static_cast<double>(x.rows);
    double largest = 0, weight = weights.size == 0 ? rows : 0.0;
    for (Index i = 0; i < weights.size; ++i) weight += static_cast<double>(weights[i]);
    for (Index i = 0; i < x.rows; ++i)
      for (Index f = 0; f < x.cols; ++f) largest = larger(largest, absolute(static_cast<double>(x(i, f))));
    const double squares =
        weight > rows ? 4.0 * weight * static_cast<double>(x.cols) * largest * largest : 0.0;
    detail::require(is_finite(weight * largest) && is_finite(squares), who, ": x reaches ", largest,
                    " and its weights sum to ", weight,
                    ", expected sums that fit a double; scale them first");
  }

  void check(const char* who, MatrixView<const Scalar> x) const {
    detail::require(fitted(), who, ": not fitted");
    detail::require_columns(who, "x", x, centers_.cols());
    detail::require_finite(who, "x", x);
  }

  static double mean_feature_variance(MatrixView<const Scalar> x, VectorView<const Scalar> weights) {
    double sum = 0;
    for (Index f = 0; f < x.cols; ++f) sum += moments<double>(x.col(f), weights).variance();
    return sum / static_cast<double>(x.cols);
  }

  void seed(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Random& random, Run& run) const {
    auto workspace = run.workspace();
    if (options_.seeding == KMeansSeeding::plus_plus)
      seed_plus_plus(x, weights, random, thrum::view(run.centers), workspace);
    else
      seed_random(x, weights, random, thrum::view(run.centers), workspace);
  }

  Run learn(const char* who, MatrixView<const Scalar> x, VectorView<const Scalar> weights,
            const MatrixView<const Scalar>* given) {
    check_fit(who, x, weights);
    if (given != nullptr) {
      detail::require_shape(who, "centers", *given, options_.clusters, x.cols);
      detail::require_finite(who, "centers", *given);
    }
    const LloydLimits limits{options_.max_iterations, options_.tolerance * mean_feature_variance(x, weights)};
    Random random(options_.seed);
    Run best(x.rows, x.cols, options_.clusters);
    for (int start = 0; start < (given != nullptr ? 1 : options_.restarts); ++start) {
      Run run(x.rows, x.cols, options_.clusters);
      if (given != nullptr)
        for (Index j = 0; j < given->rows; ++j) detail::copy_row(*given, j, thrum::view(run.centers), j);
      else
        seed(x, weights, random, run);
      auto workspace = run.workspace();
      run.report = lloyd(x, weights, limits, thrum::view(run.centers), workspace);
      if (start == 0 || run.report.inertia < best.report.inertia) best = std::move(run);
    }
    keep(best);
    return best;
  }

  void keep(const Run& run) {
    Matrix<Scalar> centers = run.centers;
    Vector<Scalar> centers_by_feature = run.centers_by_feature;
    Vector<double> counts = run.cluster_weights.head(options_.clusters);
    centers_ = std::move(centers);
    centers_by_feature_ = std::move(centers_by_feature);
    counts_ = std::move(counts);
    report_ = run.report;
  }

  KMeansOptions options_;
  Matrix<Scalar> centers_;
  Vector<Scalar> centers_by_feature_;
  Vector<double> counts_;
  FitReport report_;
};

}  // namespace thrum

#endif  // THRUM_KMEANS_HPP
