#ifndef THRUM_KMEANS_HPP
#define THRUM_KMEANS_HPP

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "thrum/algorithm/lloyd.hpp"
#include "thrum/algorithm/moments.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/assignment.hpp"
#include "thrum/host/bisection.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/cluster_sums.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/labelling.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/mini_batch.hpp"
#include "thrum/host/row_blocks.hpp"
#include "thrum/host/row_sample.hpp"
#include "thrum/host/seeding.hpp"
#include "thrum/host/streamed_assignment.hpp"
#include "thrum/huge_pages.hpp"
#include "thrum/input.hpp"
#include "thrum/row_source.hpp"

namespace thrum {

/// How the first centres are found.
enum class KMeansSeeding {
  plus_plus,  ///< greedy k-means++
  parallel,   ///< k-means||: for many clusters, a few passes over the data instead of one a cluster
  random,     ///< k different samples
};

/// How centres are found from the first ones. lloyd, coarse and bounds find the same labels and centres, bit
/// for bit.
enum class KMeansAlgorithm {
  automatic,   ///< the fastest of these three, by the sizes of the data and the memory limit
  lloyd,       ///< every distance in every iteration; no memory but labels
  coarse,      ///< samples rounded to 16 bits decide, in integers, all but close cases; for few features
  bounds,      ///< bounds on distances spare most of them (Hamerly 2010, Yinyang 2015)
  mini_batch,  ///< steps on random batches (Sculley 2010): for data so large that a rough answer will do
  bisecting,   ///< splits the cluster of the largest inertia in two until there are k, then as automatic
};

struct KMeansOptions {
  int clusters = 8;  ///< k >= 1, at most the number of samples
  KMeansSeeding seeding = KMeansSeeding::plus_plus;
  int restarts = 1;  ///< seedings tried, >= 1; the least inertia wins
  int max_iterations =
      300;  ///< >= 1, times the centres are re-computed; of mini_batch: passes' worth of batches
  double tolerance =
      1e-4;  ///< >= 0: sum of squared shifts of the centres <= tolerance * mean feature variance
  std::uint64_t seed = 0;  ///< of the random draws; the same seed gives the same centres everywhere
  KMeansAlgorithm algorithm = KMeansAlgorithm::automatic;
  std::int64_t batch_size = 4096;  ///< >= 1: samples in a batch of mini_batch
  /// Bytes that a fit may take beyond the data for what grows with the number of samples; 0: as many as the
  /// data, and 24 a sample up to 32 features. Chooses what `automatic`, `coarse` and `bounds` keep; below 4
  /// bytes a sample not even labels.
  std::size_t memory_limit = 0;
  bool record_history = false;  ///< keep inertia and shift of every iteration in FitReport::history
  double half_life =
      0;  ///< >= 0, of partial_fit: weight of samples after which the past counts half; 0: never

  friend bool operator==(const KMeansOptions& a, const KMeansOptions& b) {
    return a.clusters == b.clusters && a.seeding == b.seeding && a.restarts == b.restarts &&
           a.max_iterations == b.max_iterations && a.tolerance == b.tolerance && a.seed == b.seed &&
           a.algorithm == b.algorithm && a.batch_size == b.batch_size && a.memory_limit == b.memory_limit &&
           a.record_history == b.record_history && a.half_life == b.half_life;
  }
};

/// One iteration of a fit.
struct FitIteration {
  int iteration = 0;                                          ///< from 1
  double squared_shift = 0;                                   ///< sum of squared shifts of the centres
  double inertia = std::numeric_limits<double>::quiet_NaN();  ///< after it; only with record_history
};

/// How a K-means fit went.
struct FitReport : LloydReport {
  std::vector<FitIteration> history;  ///< of the start that won; empty without record_history
};

/// Is told of each iteration; returns false to end the fit, which then keeps the centres as they are.
using KMeansProgress = std::function<bool(const FitIteration&)>;

inline namespace THRUM_BUILD {

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
    return learn_streamed("thrum::KMeans::fit", source, weights.view(), nullptr, progress);
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
  /// The outcome of one start.
  struct Run {
    Matrix<Scalar> centers;
    Vector<double> counts;
    FitReport report;
  };

  // ---- contracts

  void check_options(const char* who) const;
  void check_clusters(const char* who, Index rows) const;

  /// What fit asks of its data; returns their ranges.
  host::ColumnRanges check_data(const char* who, MatrixView<const Scalar> x,
                                VectorView<const Scalar> weights) const;

  host::ColumnRanges check_fit(const char* who, MatrixView<const Scalar> x,
                               VectorView<const Scalar> weights) const;
  void check_running(const char* who, MatrixView<const Scalar> x, VectorView<const Scalar> weights) const;

  /// Sums of weight times value, and of weight times squared distance, must not leave the range of a double.
  static void check_sums(const char* who, const host::ColumnRanges& ranges, VectorView<const Scalar> weights,
                         Index samples);

  void check_given(const char* who, MatrixView<const Scalar> given, Index cols) const;
  void check_shape(const char* who, MatrixView<const Scalar> x) const;

  // ---- fitting

  static host::SampleGrid grid_of(const host::ColumnRanges& ranges, VectorView<const Scalar> weights);
  LloydLimits limits(const std::vector<Moments<double>>& columns) const;
  LloydLimits limits(MatrixView<const Scalar> x, VectorView<const Scalar> weights) const;

  /// Tells the user of each iteration and keeps its figures.
  auto observer(host::AssignmentPolicy<Scalar>& assignment, FitReport& report,
                const KMeansProgress& progress) const {
    return [this, &assignment, &report, &progress](const LloydReport& so_far, double squared_shift) {
      if (!progress && !options_.record_history) return true;
      FitIteration iteration;
      iteration.iteration = so_far.iterations;
      iteration.squared_shift = squared_shift;
      if (options_.record_history) {
        iteration.inertia = assignment.inertia();
        report.history.push_back(iteration);
      }
      return !progress || progress(iteration);
    };
  }

  void run_lloyd(host::AssignmentPolicy<Scalar>& assignment, LloydLimits limits,
                 const KMeansProgress& progress, Run& run) const;
  FitReport learn(const char* who, MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                  const MatrixView<const Scalar>* given, const KMeansProgress& progress);

  /// What to keep that spares distances.
  host::AssignmentPlan plan(MatrixView<const Scalar> x) const;

  Run best_run(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
               const MatrixView<const Scalar>* given, host::AssignmentPolicy<Scalar>& assignment,
               const KMeansProgress& progress) const;

  /// Mini-batches, then one assignment of all samples to what they have led to.
  void run_mini_batch(MatrixView<const Scalar> x, VectorView<const Scalar> weights, LloydLimits limits,
                      Random& random, host::AssignmentPolicy<Scalar>& assignment,
                      const KMeansProgress& progress, Run& run) const;

  FitReport learn_streamed(const char* who, RowSource<Scalar>& source, VectorView<const Scalar> weights,
                           const MatrixView<const Scalar>* given, const KMeansProgress& progress);

  /// First centres for a source: those of a sample of its rows.
  Matrix<Scalar> seed_streamed(RowSource<Scalar>& source, VectorView<const Scalar> weights) const;

  void seed(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Random& random,
            MatrixView<Scalar> centers) const;
  Matrix<Scalar> first_centers(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                               Random& random) const;

  /// Each cluster is split by a K-means of two.
  void bisect(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Random& random,
              MatrixView<Scalar> centers) const;

  void keep(Run&& run);

  /// What is merged is what was learned from here on.
  void begin_running();

  void pack();

  // ---- labelling

  host::PackedCenters<Scalar> packed() const { return {packed_.data(), centers_.cols(), centers_.rows()}; }

  bool write_labels(MatrixView<const Scalar> x, VectorView<int> labels) const {
    return host::find_nearest(x, packed(), labels, static_cast<Scalar*>(nullptr));
  }

  KMeansOptions options_;
  Matrix<Scalar> centers_;
  Vector<Scalar> packed_;  ///< the centres as the kernels read them
  Vector<double> counts_;
  FitReport report_;
  Matrix<Scalar> start_centers_;  ///< what partial_fit and merge started from
  Vector<double> start_counts_;
};

template <typename Scalar>
FitReport KMeans<Scalar>::fit_from(const MatrixInput<Scalar>& centers, const MatrixInput<Scalar>& x,
                                   const VectorInput<Scalar>& weights, const KMeansProgress& progress) {
  const MatrixView<const Scalar> given = centers.view();
  return learn("thrum::KMeans::fit_from", x.view(), weights.view(), &given, progress);
}

template <typename Scalar>
Vector<int> KMeans<Scalar>::fit_predict(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights) {
  learn("thrum::KMeans::fit_predict", x.view(), weights.view(), nullptr, {});
  return predict(x);
}

template <typename Scalar>
FitReport KMeans<Scalar>::fit_from(const MatrixInput<Scalar>& centers, RowSource<Scalar>& source,
                                   const VectorInput<Scalar>& weights, const KMeansProgress& progress) {
  const MatrixView<const Scalar> given = centers.view();
  return learn_streamed("thrum::KMeans::fit_from", source, weights.view(), &given, progress);
}

template <typename Scalar>
Matrix<Scalar> KMeans<Scalar>::seed_centers(const MatrixInput<Scalar>& x,
                                            const VectorInput<Scalar>& weights) const {
  check_fit("thrum::KMeans::seed_centers", x.view(), weights.view());
  Random random(options_.seed);
  Matrix<Scalar> centers(options_.clusters, x.view().cols);
  seed(x.view(), weights.view(), random, thrum::view(centers));
  return centers;
}

template <typename Scalar>
void KMeans<Scalar>::start_from(const MatrixInput<Scalar>& centers) {
  constexpr const char* who = "thrum::KMeans::start_from";
  check_options(who);
  const MatrixView<const Scalar> given = centers.view();
  detail::require(given.cols > 0, who, ": centers have no columns, expected at least one");
  detail::require_shape(who, "centers", given, options_.clusters, given.cols);
  detail::require_finite(who, "centers", given);
  Matrix<Scalar> copy = host::copied(given);
  Vector<double> counts = Vector<double>::Zero(given.rows);
  centers_ = std::move(copy);
  counts_ = std::move(counts);
  report_ = {};
  begin_running();
}

template <typename Scalar>
void KMeans<Scalar>::partial_fit(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights) {
  constexpr const char* who = "thrum::KMeans::partial_fit";
  check_running(who, x.view(), weights.view());
  if (!fitted()) start_from(seed_centers(x, weights));
  double seen = weights.view().size == 0 ? static_cast<double>(x.view().rows) : 0.0;
  for (Index i = 0; i < weights.view().size; ++i) seen += static_cast<double>(weights.view()[i]);
  const double keep = options_.half_life > 0 ? std::exp2(-seen / options_.half_life) : 1.0;
  host::RunningCenters<Scalar> running(thrum::view(centers_), detail::vector_view(counts_));
  report_ = {};
  report_.inertia = running.learn(x.view(), weights.view(), keep);
  pack();
}

template <typename Scalar>
void KMeans<Scalar>::merge(const KMeans& other) {
  constexpr const char* who = "thrum::KMeans::merge";
  detail::require(fitted() && other.fitted(), who, ": not fitted");
  detail::require(start_centers_.rows() == other.start_centers_.rows() &&
                      start_centers_.cols() == other.start_centers_.cols() &&
                      start_centers_ == other.start_centers_ && start_counts_ == other.start_counts_,
                  who, ": the models started from different centres, expected the same");
  detail::require(options_.half_life == 0 && other.options_.half_life == 0, who,
                  ": half_life is set, expected 0: what has faded can't be added up");
  for (Index j = 0; j < centers_.rows(); ++j) {
    const double gained = other.counts_[j] - start_counts_[j], total = counts_[j] + gained;
    if (!(gained > 0)) continue;
    for (Index f = 0; f < centers_.cols(); ++f) {
      const double start = static_cast<double>(start_centers_(j, f));
      const double moved = (static_cast<double>(centers_(j, f)) - start) * counts_[j] +
                           (static_cast<double>(other.centers_(j, f)) - start) * other.counts_[j];
      centers_(j, f) = static_cast<Scalar>(start + moved / total);
    }
    counts_[j] = total;
  }
  report_ = {};
  pack();
}

template <typename Scalar>
Vector<int> KMeans<Scalar>::predict(const MatrixInput<Scalar>& x) const {
  constexpr const char* who = "thrum::KMeans::predict";
  check_shape(who, x.view());
  Vector<int> labels(x.view().rows);
  prefer_huge_pages(labels.data(), array_size(labels.size()) * sizeof(int));
  if (!write_labels(x.view(), detail::vector_view(labels))) detail::require_finite(who, "x", x.view());
  return labels;
}

template <typename Scalar>
void KMeans<Scalar>::predict(const MatrixInput<Scalar>& x, VectorView<int> labels) const {
  constexpr const char* who = "thrum::KMeans::predict";
  check_shape(who, x.view());
  detail::require(labels.size == x.view().rows, who, ": labels has ", labels.size, " entries, expected ",
                  x.view().rows);
  if (host::is_read_once(x.view(), 1)) {
    const Vector<int> found = predict(x);
    for (Index i = 0; i < labels.size; ++i) labels[i] = found[i];
    return;
  }
  if (!host::all_finite(x.view())) detail::require_finite(who, "x", x.view());
  write_labels(x.view(), labels);
}

template <typename Scalar>
Matrix<Scalar> KMeans<Scalar>::transform(const MatrixInput<Scalar>& x) const {
  constexpr const char* who = "thrum::KMeans::transform";
  check_shape(who, x.view());
  Matrix<Scalar> distances = host::uninitialized<Scalar>(x.view().rows, centers_.rows());
  if (!host::distances_to_centers(x.view(), packed(), thrum::view(distances)))
    detail::require_finite(who, "x", x.view());
  return distances;
}

template <typename Scalar>
void KMeans<Scalar>::transform(const MatrixInput<Scalar>& x, MatrixView<Scalar> distances) const {
  constexpr const char* who = "thrum::KMeans::transform";
  check_shape(who, x.view());
  detail::require_shape(who, "the result", distances, x.view().rows, centers_.rows());
  if (!host::all_finite(x.view())) detail::require_finite(who, "x", x.view());
  host::distances_to_centers(x.view(), packed(), distances);
}

template <typename Scalar>
void KMeans<Scalar>::check_options(const char* who) const {
  detail::require(options_.clusters >= 1, who, ": clusters is ", options_.clusters, ", expected at least 1");
  detail::require(options_.restarts >= 1, who, ": restarts is ", options_.restarts, ", expected at least 1");
  detail::require(options_.max_iterations >= 1, who, ": max_iterations is ", options_.max_iterations,
                  ", expected at least 1");
  detail::require(is_finite(options_.tolerance) && options_.tolerance >= 0, who, ": tolerance is ",
                  options_.tolerance, ", expected a finite number >= 0");
  detail::require(options_.batch_size >= 1, who, ": batch_size is ", options_.batch_size,
                  ", expected at least 1");
  detail::require(is_finite(options_.half_life) && options_.half_life >= 0, who, ": half_life is ",
                  options_.half_life, ", expected a finite number >= 0");
}

template <typename Scalar>
void KMeans<Scalar>::check_clusters(const char* who, Index rows) const {
  check_options(who);
  detail::require(options_.clusters <= rows, who, ": clusters is ", options_.clusters,
                  ", expected at most the number of rows, ", rows);
}

template <typename Scalar>
host::ColumnRanges KMeans<Scalar>::check_data(const char* who, MatrixView<const Scalar> x,
                                              VectorView<const Scalar> weights) const {
  const host::ColumnRanges ranges = host::require_training_data(who, x);
  detail::require_weights(who, weights, x.rows);
  if (sizeof(Scalar) == sizeof(double))
    check_sums(who, ranges, weights, x.rows);  // those of floats fit a double
  return ranges;
}

template <typename Scalar>
host::ColumnRanges KMeans<Scalar>::check_fit(const char* who, MatrixView<const Scalar> x,
                                             VectorView<const Scalar> weights) const {
  const host::ColumnRanges ranges = check_data(who, x, weights);
  check_clusters(who, x.rows);
  return ranges;
}

template <typename Scalar>
void KMeans<Scalar>::check_running(const char* who, MatrixView<const Scalar> x,
                                   VectorView<const Scalar> weights) const {
  if (fitted()) {
    detail::require_columns(who, "x", x, centers_.cols());
    check_data(who, x, weights);
  } else {
    check_fit(who, x, weights);
  }
}

template <typename Scalar>
void KMeans<Scalar>::check_sums(const char* who, const host::ColumnRanges& ranges,
                                VectorView<const Scalar> weights, Index samples) {
  const double rows = static_cast<double>(samples);
  double largest = 0, weight = weights.size == 0 ? rows : 0.0;
  for (Index i = 0; i < weights.size; ++i) weight += static_cast<double>(weights[i]);
  for (std::size_t f = 0; f < ranges.least.size(); ++f)
    largest = larger(largest, larger(absolute(ranges.least[f]), absolute(ranges.largest[f])));
  const double cols = static_cast<double>(ranges.least.size());
  const double squares = weight > rows ? 4.0 * weight * cols * largest * largest : 0.0;
  detail::require(is_finite(weight * largest) && is_finite(squares), who, ": x reaches ", largest,
                  " and its weights sum to ", weight, ", expected sums that fit a double; scale them first");
}

template <typename Scalar>
void KMeans<Scalar>::check_given(const char* who, MatrixView<const Scalar> given, Index cols) const {
  detail::require_shape(who, "centers", given, options_.clusters, cols);
  detail::require_finite(who, "centers", given);
}

template <typename Scalar>
void KMeans<Scalar>::check_shape(const char* who, MatrixView<const Scalar> x) const {
  detail::require(fitted(), who, ": not fitted");
  detail::require_columns(who, "x", x, centers_.cols());
}

template <typename Scalar>
host::SampleGrid KMeans<Scalar>::grid_of(const host::ColumnRanges& ranges, VectorView<const Scalar> weights) {
  double largest = weights.size == 0 ? 1.0 : 0.0;
  for (Index i = 0; i < weights.size; ++i) largest = larger(largest, static_cast<double>(weights[i]));
  return host::SampleGrid(ranges, largest);
}

template <typename Scalar>
LloydLimits KMeans<Scalar>::limits(const std::vector<Moments<double>>& columns) const {
  double variance = 0;
  for (const Moments<double>& column : columns) variance += column.variance();
  return {options_.max_iterations, options_.tolerance * variance / static_cast<double>(columns.size())};
}

template <typename Scalar>
LloydLimits KMeans<Scalar>::limits(MatrixView<const Scalar> x, VectorView<const Scalar> weights) const {
  if (options_.tolerance == 0) return {options_.max_iterations, 0};
  return limits(host::column_moments(x, weights));
}

template <typename Scalar>
void KMeans<Scalar>::run_lloyd(host::AssignmentPolicy<Scalar>& assignment, LloydLimits limits,
                               const KMeansProgress& progress, Run& run) const {
  static_cast<LloydReport&>(run.report) =
      lloyd(assignment, limits, thrum::view(run.centers), observer(assignment, run.report, progress));
  run.counts.resize(options_.clusters);
  for (Index j = 0; j < run.counts.size(); ++j) run.counts[j] = assignment.weight(j);
}

template <typename Scalar>
FitReport KMeans<Scalar>::learn(const char* who, MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                                const MatrixView<const Scalar>* given, const KMeansProgress& progress) {
  const host::ColumnRanges ranges = check_fit(who, x, weights);
  if (given != nullptr) check_given(who, *given, x.cols);
  const host::SampleGrid grid = grid_of(ranges, weights);
  const std::size_t bytes_of_labels = array_size(x.rows) * sizeof(int);
  if (options_.memory_limit > 0 && options_.memory_limit < bytes_of_labels) {
    MatrixSource<Scalar> source(x);
    host::StreamedAssignment<Scalar> assignment(source, weights, options_.clusters, grid);
    keep(best_run(x, weights, given, assignment, progress));
  } else {
    host::Assignment<Scalar> assignment(x, weights, options_.clusters, ranges, grid, plan(x));
    keep(best_run(x, weights, given, assignment, progress));
  }
  return report_;
}

template <typename Scalar>
host::AssignmentPlan KMeans<Scalar>::plan(MatrixView<const Scalar> x) const {
  const KMeansAlgorithm algorithm = options_.algorithm;
  const bool choose = algorithm == KMeansAlgorithm::automatic || algorithm == KMeansAlgorithm::bisecting;
  const std::size_t available = host::bytes_per_row(sizeof(Scalar), x.rows, x.cols, options_.memory_limit);
  host::AssignmentPlan plan;
  if (algorithm == KMeansAlgorithm::bounds || (choose && host::bounds_pay(x.cols, options_.clusters)))
    plan = host::plan_bounds(sizeof(Scalar), options_.clusters, available);
  if (algorithm == KMeansAlgorithm::coarse ||
      (choose && host::coarse_pays<Scalar>(x.cols, options_.clusters)))
    plan = host::plan_coarse(plan, sizeof(Scalar), x.cols, available);
  return plan;
}

template <typename Scalar>
typename KMeans<Scalar>::Run KMeans<Scalar>::best_run(MatrixView<const Scalar> x,
                                                      VectorView<const Scalar> weights,
                                                      const MatrixView<const Scalar>* given,
                                                      host::AssignmentPolicy<Scalar>& assignment,
                                                      const KMeansProgress& progress) const {
  const LloydLimits stop = limits(x, weights);
  Random random(options_.seed);
  Run best;
  for (int start = 0; start < (given != nullptr ? 1 : options_.restarts); ++start) {
    Run run;
    if (given != nullptr)
      run.centers = host::copied(*given);
    else
      run.centers = first_centers(x, weights, random);
    assignment.restart();
    if (options_.algorithm == KMeansAlgorithm::mini_batch)
      run_mini_batch(x, weights, stop, random, assignment, progress, run);
    else
      run_lloyd(assignment, stop, progress, run);
    if (start == 0 || run.report.inertia < best.report.inertia) best = std::move(run);
    if (best.report.stop == StopReason::cancelled) break;
  }
  return best;
}

template <typename Scalar>
void KMeans<Scalar>::run_mini_batch(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                                    LloydLimits limits, Random& random,
                                    host::AssignmentPolicy<Scalar>& assignment,
                                    const KMeansProgress& progress, Run& run) const {
  const auto found =
      host::mini_batch(x, weights, limits, options_.batch_size, random, thrum::view(run.centers),
                       [&](const LloydReport& so_far, double squared_shift) {
                         FitIteration iteration;
                         iteration.iteration = so_far.iterations;
                         iteration.squared_shift = squared_shift;
                         if (options_.record_history) run.report.history.push_back(iteration);
                         return !progress || progress(iteration);
                       });
  run_lloyd(assignment, {0, 0}, {}, run);
  run.report.stop = found.stop;
  run.report.iterations = found.iterations;
}

template <typename Scalar>
FitReport KMeans<Scalar>::learn_streamed(const char* who, RowSource<Scalar>& source,
                                         VectorView<const Scalar> weights,
                                         const MatrixView<const Scalar>* given,
                                         const KMeansProgress& progress) {
  check_clusters(who, source.rows());
  detail::require_weights(who, weights, source.rows());
  if (given != nullptr) check_given(who, *given, source.cols());
  const host::ColumnSummary columns = host::summarize_source(who, source, weights, options_.tolerance > 0);
  if (sizeof(Scalar) == sizeof(double)) check_sums(who, columns.ranges, weights, source.rows());

  Run run;
  run.centers = given != nullptr ? host::copied(*given) : seed_streamed(source, weights);
  host::StreamedAssignment<Scalar> assignment(source, weights, options_.clusters,
                                              grid_of(columns.ranges, weights));
  run_lloyd(assignment, limits(columns.moments), progress, run);
  keep(std::move(run));
  return report_;
}

template <typename Scalar>
Matrix<Scalar> KMeans<Scalar>::seed_streamed(RowSource<Scalar>& source,
                                             VectorView<const Scalar> weights) const {
  constexpr Index most = 65536;
  Random random(options_.seed);
  const host::RowSample<Scalar> sample =
      host::sample_rows(source, weights, larger(most, Index{4} * options_.clusters), random);
  Matrix<Scalar> centers(options_.clusters, source.cols());
  seed(thrum::view(sample.rows), detail::vector_view(sample.weights), random, thrum::view(centers));
  return centers;
}

template <typename Scalar>
void KMeans<Scalar>::seed(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Random& random,
                          MatrixView<Scalar> centers) const {
  if (options_.seeding == KMeansSeeding::plus_plus)
    host::seed_plus_plus(x, weights, random, centers);
  else if (options_.seeding == KMeansSeeding::parallel)
    host::seed_parallel(x, weights, random, centers);
  else
    host::seed_random(x, weights, random, centers);
}

template <typename Scalar>
Matrix<Scalar> KMeans<Scalar>::first_centers(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                                             Random& random) const {
  Matrix<Scalar> found(options_.clusters, x.cols);
  const MatrixView<Scalar> centers = thrum::view(found);
  if (options_.algorithm == KMeansAlgorithm::bisecting) {
    bisect(x, weights, random, centers);
  } else if (options_.algorithm == KMeansAlgorithm::mini_batch && weights.size == 0) {
    // As scikit-learn: seeds from three batches' worth of samples.
    const Index rows = smaller(x.rows, 3 * larger(Index{options_.batch_size}, Index{options_.clusters}));
    host::BatchSampler<Scalar> sampler(x, weights);
    seed(sampler.draw(rows, random), {}, random, centers);
  } else {
    seed(x, weights, random, centers);
  }
  return found;
}

template <typename Scalar>
void KMeans<Scalar>::bisect(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Random& random,
                            MatrixView<Scalar> centers) const {
  KMeansOptions halves;
  halves.clusters = 2;
  halves.seeding = options_.seeding;
  halves.tolerance = options_.tolerance;
  halves.memory_limit = options_.memory_limit;
  host::bisect(x, weights, centers, [&](const Matrix<Scalar>& rows, const Vector<Scalar>& row_weights) {
    halves.seed = random.bits();
    KMeans two(halves);
    two.fit(rows, row_weights);
    return two;
  });
}

template <typename Scalar>
void KMeans<Scalar>::keep(Run&& run) {
  centers_ = std::move(run.centers);
  counts_ = std::move(run.counts);
  report_ = std::move(run.report);
  begin_running();
}

template <typename Scalar>
void KMeans<Scalar>::begin_running() {
  start_centers_ = centers_;
  start_counts_ = counts_;
  pack();
}

template <typename Scalar>
void KMeans<Scalar>::pack() {
  packed_.resize(host::packed_size(centers_.rows(), centers_.cols()));
  host::pack_centers(thrum::view(static_cast<const Matrix<Scalar>&>(centers_)), packed_.data());
}

#if defined(THRUM_COMPILED)
extern template class KMeans<float>;
extern template class KMeans<double>;
#endif

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_KMEANS_HPP
