#ifndef THRUM_HOST_KMEANS_TRAINING_HPP
#define THRUM_HOST_KMEANS_TRAINING_HPP

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "thrum/algorithm/lloyd.hpp"
#include "thrum/algorithm/moments.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/assignment.hpp"
#include "thrum/host/bisection.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/cluster_sums.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/mini_batch.hpp"
#include "thrum/host/row_blocks.hpp"
#include "thrum/host/row_sample.hpp"
#include "thrum/host/seeding.hpp"
#include "thrum/host/streamed_assignment.hpp"
#include "thrum/input.hpp"
#include "thrum/kmeans_options.hpp"
#include "thrum/row_source.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// What a K-means ends with: k x d centres, the weight of each cluster, and how it went.
template <typename Scalar>
struct KMeansRun {
  Matrix<Scalar> centers;
  Vector<double> counts;
  FitReport report;
};

/// How KMeans learns: what it asks of its data, and its starts on samples in memory or from a source. All
/// throw std::invalid_argument in the name of `who`. given: first centres, k x d; null to find them.
template <typename Scalar>
class KMeansTraining {
 public:
  KMeansTraining(const char* who, const KMeansOptions& options) : who_(who), options_(options) {}

  void check_options() const {
    using thrum::detail::require;
    require(options_.clusters >= 1, who_, ": clusters is ", options_.clusters, ", expected at least 1");
    require(options_.restarts >= 1, who_, ": restarts is ", options_.restarts, ", expected at least 1");
    require(options_.max_iterations >= 1, who_, ": max_iterations is ", options_.max_iterations,
            ", expected at least 1");
    require(is_finite(options_.tolerance) && options_.tolerance >= 0, who_, ": tolerance is ",
            options_.tolerance, ", expected a finite number >= 0");
    require(options_.batch_size >= 1, who_, ": batch_size is ", options_.batch_size, ", expected at least 1");
    require(is_finite(options_.half_life) && options_.half_life >= 0, who_, ": half_life is ",
            options_.half_life, ", expected a finite number >= 0");
  }

  /// Returns the ranges of the columns.
  ColumnRanges check_data(MatrixView<const Scalar> x, VectorView<const Scalar> weights) const {
    const ColumnRanges ranges = require_training_data(who_, x);
    thrum::detail::require_weights(who_, weights, x.rows);
    if (sizeof(Scalar) == sizeof(double))
      check_sums(ranges, weights, x.rows);  // those of floats fit a double
    return ranges;
  }

  /// The same of data from which all centres are learned.
  ColumnRanges check_fit(MatrixView<const Scalar> x, VectorView<const Scalar> weights) const {
    const ColumnRanges ranges = check_data(x, weights);
    check_clusters(x.rows);
    return ranges;
  }

  /// The best start of all.
  KMeansRun<Scalar> fit(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                        const MatrixView<const Scalar>* given, const KMeansProgress& progress) const {
    const ColumnRanges ranges = check_fit(x, weights);
    if (given != nullptr) check_given(*given, x.cols);
    const SampleGrid grid = grid_of(ranges, weights);
    const std::size_t bytes_of_labels = array_size(x.rows) * sizeof(int);
    if (options_.memory_limit > 0 && options_.memory_limit < bytes_of_labels) {
      MatrixSource<Scalar> source(x);
      StreamedAssignment<Scalar> assignment(source, weights, options_.clusters, grid);
      return best_run(x, weights, given, assignment, progress);
    }
    Assignment<Scalar> assignment(x, weights, options_.clusters, ranges, grid, plan(x));
    return best_run(x, weights, given, assignment, progress);
  }

  /// One start on rows that need not fit into memory.
  KMeansRun<Scalar> fit(RowSource<Scalar>& source, VectorView<const Scalar> weights,
                        const MatrixView<const Scalar>* given, const KMeansProgress& progress) const {
    check_clusters(source.rows());
    thrum::detail::require_weights(who_, weights, source.rows());
    if (given != nullptr) check_given(*given, source.cols());
    const ColumnSummary columns = summarize_source(who_, source, weights, options_.tolerance > 0);
    if (sizeof(Scalar) == sizeof(double)) check_sums(columns.ranges, weights, source.rows());

    KMeansRun<Scalar> run;
    run.centers = given != nullptr ? copied(*given) : sampled_seeds(source, weights);
    StreamedAssignment<Scalar> assignment(source, weights, options_.clusters,
                                          grid_of(columns.ranges, weights));
    run_lloyd(assignment, limits(columns.moments), progress, run);
    return run;
  }

  /// First centres among the rows of x.
  void seed(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Random& random,
            MatrixView<Scalar> centers) const {
    if (options_.seeding == KMeansSeeding::plus_plus)
      seed_plus_plus(x, weights, random, centers);
    else if (options_.seeding == KMeansSeeding::parallel)
      seed_parallel(x, weights, random, centers);
    else
      seed_random(x, weights, random, centers);
  }

 private:
  // ---- contracts

  void check_clusters(Index rows) const {
    check_options();
    thrum::detail::require(options_.clusters <= rows, who_, ": clusters is ", options_.clusters,
                           ", expected at most the number of rows, ", rows);
  }

  /// Sums of weight times value, and of weight times squared distance, must not leave the range of a double.
  void check_sums(const ColumnRanges& ranges, VectorView<const Scalar> weights, Index samples) const {
    const double rows = static_cast<double>(samples);
    double largest = 0, weight = weights.size == 0 ? rows : 0.0;
    for (Index i = 0; i < weights.size; ++i) weight += static_cast<double>(weights[i]);
    for (std::size_t f = 0; f < ranges.least.size(); ++f)
      largest = larger(largest, larger(absolute(ranges.least[f]), absolute(ranges.largest[f])));
    const double cols = static_cast<double>(ranges.least.size());
    const double squares = weight > rows ? 4.0 * weight * cols * largest * largest : 0.0;
    thrum::detail::require(is_finite(weight * largest) && is_finite(squares), who_, ": x reaches ", largest,
                           " and its weights sum to ", weight,
                           ", expected sums that fit a double; scale them first");
  }

  void check_given(MatrixView<const Scalar> given, Index cols) const {
    thrum::detail::require_shape(who_, "centers", given, options_.clusters, cols);
    thrum::detail::require_finite(who_, "centers", given);
  }

  // ---- first centres

  Matrix<Scalar> first_centers(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                               Random& random) const {
    Matrix<Scalar> found(options_.clusters, x.cols);
    const MatrixView<Scalar> centers = thrum::view(found);
    if (options_.algorithm == KMeansAlgorithm::bisecting) {
      bisect_clusters(x, weights, random, centers);
    } else if (options_.algorithm == KMeansAlgorithm::mini_batch && weights.size == 0) {
      // As scikit-learn: seeds from three batches' worth of samples.
      const Index rows = smaller(x.rows, 3 * larger(Index{options_.batch_size}, Index{options_.clusters}));
      BatchSampler<Scalar> sampler(x, weights);
      seed(sampler.draw(rows, random), {}, random, centers);
    } else {
      seed(x, weights, random, centers);
    }
    return found;
  }

  /// Each cluster is split by a K-means of two.
  void bisect_clusters(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Random& random,
                       MatrixView<Scalar> centers) const {
    KMeansOptions halves;
    halves.clusters = 2;
    halves.seeding = options_.seeding;
    halves.tolerance = options_.tolerance;
    halves.memory_limit = options_.memory_limit;
    bisect(x, weights, centers, [&](const Matrix<Scalar>& rows, const Vector<Scalar>& row_weights) {
      halves.seed = random.bits();
      const KMeansTraining two(who_, halves);
      return two.fit(thrum::view(rows), thrum::detail::vector_view(row_weights), nullptr, {}).centers;
    });
  }

  /// First centres for a source: those of a sample of its rows.
  Matrix<Scalar> sampled_seeds(RowSource<Scalar>& source, VectorView<const Scalar> weights) const {
    constexpr Index most = 65536;
    Random random(options_.seed);
    const RowSample<Scalar> sample =
        sample_rows(source, weights, larger(most, Index{4} * options_.clusters), random);
    Matrix<Scalar> centers(options_.clusters, source.cols());
    seed(thrum::view(sample.rows), thrum::detail::vector_view(sample.weights), random, thrum::view(centers));
    return centers;
  }

  // ---- iterations

  static SampleGrid grid_of(const ColumnRanges& ranges, VectorView<const Scalar> weights) {
    double largest = weights.size == 0 ? 1.0 : 0.0;
    for (Index i = 0; i < weights.size; ++i) largest = larger(largest, static_cast<double>(weights[i]));
    return SampleGrid(ranges, largest);
  }

  LloydLimits limits(const std::vector<Moments<double>>& columns) const {
    double variance = 0;
    for (const Moments<double>& column : columns) variance += column.variance();
    return {options_.max_iterations, options_.tolerance * variance / static_cast<double>(columns.size())};
  }

  LloydLimits limits(MatrixView<const Scalar> x, VectorView<const Scalar> weights) const {
    if (options_.tolerance == 0) return {options_.max_iterations, 0};
    return limits(column_moments(x, weights));
  }

  /// What to keep that spares distances.
  AssignmentPlan plan(MatrixView<const Scalar> x) const {
    const KMeansAlgorithm algorithm = options_.algorithm;
    const bool choose = algorithm == KMeansAlgorithm::automatic || algorithm == KMeansAlgorithm::bisecting;
    const std::size_t available = bytes_per_row(sizeof(Scalar), x.rows, x.cols, options_.memory_limit);
    AssignmentPlan plan;
    if (algorithm == KMeansAlgorithm::bounds || (choose && bounds_pay(x.cols, options_.clusters)))
      plan = plan_bounds(sizeof(Scalar), options_.clusters, available);
    if (algorithm == KMeansAlgorithm::coarse || (choose && coarse_pays<Scalar>(x.cols, options_.clusters)))
      plan = plan_coarse(plan, sizeof(Scalar), x.cols, available);
    return plan;
  }

  KMeansRun<Scalar> best_run(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                             const MatrixView<const Scalar>* given, AssignmentPolicy<Scalar>& assignment,
                             const KMeansProgress& progress) const {
    const LloydLimits stop = limits(x, weights);
    Random random(options_.seed);
    KMeansRun<Scalar> best;
    for (int start = 0; start < (given != nullptr ? 1 : options_.restarts); ++start) {
      KMeansRun<Scalar> run;
      if (given != nullptr)
        run.centers = copied(*given);
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

  /// Keeps the figures of an iteration and tells the user of them; whether to go on.
  bool tell(const LloydReport& so_far, double squared_shift, double inertia, const KMeansProgress& progress,
            FitReport& report) const {
    const FitIteration iteration{so_far.iterations, squared_shift, inertia};
    if (options_.record_history) report.history.push_back(iteration);
    return !progress || progress(iteration);
  }

  void run_lloyd(AssignmentPolicy<Scalar>& assignment, LloydLimits limits, const KMeansProgress& progress,
                 KMeansRun<Scalar>& run) const {
    const auto observer = [&](const LloydReport& so_far, double squared_shift) {
      const double inertia = options_.record_history ? assignment.inertia() : unknown;
      return tell(so_far, squared_shift, inertia, progress, run.report);
    };
    static_cast<LloydReport&>(run.report) = lloyd(assignment, limits, thrum::view(run.centers), observer);
    run.counts.resize(options_.clusters);
    for (Index j = 0; j < run.counts.size(); ++j) run.counts[j] = assignment.weight(j);
  }

  /// Mini-batches, then one assignment of all samples to what they have led to.
  void run_mini_batch(MatrixView<const Scalar> x, VectorView<const Scalar> weights, LloydLimits limits,
                      Random& random, AssignmentPolicy<Scalar>& assignment, const KMeansProgress& progress,
                      KMeansRun<Scalar>& run) const {
    const auto found = mini_batch(x, weights, limits, options_.batch_size, random, thrum::view(run.centers),
                                  [&](const LloydReport& so_far, double squared_shift) {
                                    return tell(so_far, squared_shift, unknown, progress, run.report);
                                  });
    run_lloyd(assignment, {0, 0}, {}, run);
    run.report.stop = found.stop;
    run.report.iterations = found.iterations;
  }

  /// The inertia after an iteration that nobody found it out for.
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  const char* who_;
  const KMeansOptions& options_;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_KMEANS_TRAINING_HPP
