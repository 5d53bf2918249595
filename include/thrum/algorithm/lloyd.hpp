#ifndef THRUM_ALGORITHM_LLOYD_HPP
#define THRUM_ALGORITHM_LLOYD_HPP

#include <stdint.h>

#include "thrum/algorithm/kmeans_workspace.hpp"
#include "thrum/core/distance.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"
#include "thrum/core/weights.hpp"

namespace thrum {

/// Which of the stop rules ended K-means.
enum class StopReason : uint8_t {
  centers_settled,  ///< the squared shifts of the centres sum to no more than the tolerance
  inertia_settled,  ///< the sum of squared distances no longer falls
  iteration_limit,  ///< the maximum of iterations is reached; not converged
};

/// English words for a stop reason; static storage.
constexpr const char* to_string(StopReason reason) {
  switch (reason) {
    case StopReason::centers_settled: return "centers settled";
    case StopReason::inertia_settled: return "inertia settled";
    case StopReason::iteration_limit: return "iteration limit";
  }
  return "?";
}

/// How a K-means fit went. Labels and inertia belong to the centres that are returned.
struct FitReport {
  StopReason stop = StopReason::iteration_limit;
  int iterations = 0;         ///< times the centres were re-computed
  double inertia = 0;         ///< sum over samples of weight times squared distance to the own centre
  int refilled_clusters = 0;  ///< times an empty cluster was given the farthest sample as its centre
  int empty_clusters = 0;     ///< clusters without a sample at the end: fewer distinct rows than clusters, or
                              ///< the iteration limit came first
  bool converged() const { return stop != StopReason::iteration_limit; }
};

/// When Lloyd's algorithm stops.
struct LloydLimits {
  int max_iterations = 300;
  double squared_shift = 0;  ///< sum over centres of squared shifts, in squared units of x
};

/// Assigns every sample to its nearest centre (ties to the lowest) and returns the inertia.
/// x: n x d; centers: k x d. Fills labels, squared_distances and centers_by_feature. O(n d k).
template <typename Scalar, typename Accumulator>
inline Accumulator assign(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                          ConstMatrixView<Scalar> centers, KMeansWorkspace<Scalar, Accumulator>& workspace) {
  copy_by_feature(centers, workspace.centers_by_feature);
  return ordered_sum<Accumulator>(x.rows, [&](Index i) {
    const Nearest<Scalar> nearest = nearest_center(x.row(i), workspace.centers_by_feature, centers.rows);
    workspace.labels[i] = nearest.cluster;
    workspace.squared_distances[i] = nearest.squared_distance;
    return static_cast<Accumulator>(weight_of(weights, i)) *
           static_cast<Accumulator>(nearest.squared_distance);
  });
}

namespace detail {

/// Sums of samples and weights per cluster, left in the first k x d sums and k weights of the workspace.
template <typename Scalar, typename Accumulator>
inline void sum_clusters(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Index clusters,
                         KMeansWorkspace<Scalar, Accumulator>& workspace) {
  const Index partials = partial_sums(x.rows);
  const Index size = clusters * x.cols;
  for (Index i = 0; i < partials * size; ++i) workspace.cluster_sums[i] = 0;
  for (Index i = 0; i < partials * clusters; ++i) workspace.cluster_weights[i] = 0;
  for (Index i = 0; i < x.rows; ++i) {
    const Index cell = partial_sum_of(i) * clusters + workspace.labels[i];
    const Accumulator weight = static_cast<Accumulator>(weight_of(weights, i));
    Accumulator* sum = workspace.cluster_sums + cell * x.cols;
    for (Index f = 0; f < x.cols; ++f) sum[f] += weight * static_cast<Accumulator>(x(i, f));
    workspace.cluster_weights[cell] += weight;
  }
  fold_partial_sums(partials, [&](Index into, Index from) {
    for (Index i = 0; i < size; ++i)
      workspace.cluster_sums[into * size + i] += workspace.cluster_sums[from * size + i];
    for (Index j = 0; j < clusters; ++j)
      workspace.cluster_weights[into * clusters + j] += workspace.cluster_weights[from * clusters + j];
  });
}

/// Moves a centre to `target(f)` and returns the squared shift.
template <typename Accumulator, typename Scalar, typename Target>
inline Accumulator move_center(VectorView<Scalar> center, Target target) {
  Accumulator squared_shift = 0;
  for (Index f = 0; f < center.size; ++f) {
    const Scalar moved = static_cast<Scalar>(target(f));
    const Accumulator shift = static_cast<Accumulator>(moved) - static_cast<Accumulator>(center[f]);
    squared_shift += shift * shift;
    center[f] = moved;
  }
  return squared_shift;
}

/// The sample of positive weight that is farthest from its centre, the lowest of equals; -1 when every
/// sample sits on its centre.
template <typename Scalar>
inline Index farthest_sample(Index rows, VectorView<const Scalar> weights, const Scalar* squared_distances) {
  Index farthest = -1;
  Scalar largest = 0;
  for (Index i = 0; i < rows; ++i) {
    if (squared_distances[i] > largest && weight_of(weights, i) > 0) {
      largest = squared_distances[i];
      farthest = i;
    }
  }
  return farthest;
}

/// Whether an empty cluster could still be given a sample; spoils the workspace's cluster weights.
template <typename Scalar, typename Accumulator>
inline bool has_refillable_cluster(Index rows, VectorView<const Scalar> weights, Index clusters,
                                   KMeansWorkspace<Scalar, Accumulator>& workspace) {
  for (Index j = 0; j < clusters; ++j) workspace.cluster_weights[j] = 0;
  for (Index i = 0; i < rows; ++i)
    workspace.cluster_weights[workspace.labels[i]] += static_cast<Accumulator>(weight_of(weights, i));
  for (Index j = 0; j < clusters; ++j)
    if (!(workspace.cluster_weights[j] > 0))
      return farthest_sample(rows, weights, workspace.squared_distances) >= 0;
  return false;
}

}  // namespace detail

/// Re-computes every centre as the weighted mean of its samples; an empty cluster is refilled with the sample
/// farthest from its centre (each sample serves once), or stays where it is when no distance is left.
/// Returns the sum of squared shifts and adds the refills to `refilled`. O(n d).
template <typename Scalar, typename Accumulator>
inline Accumulator update_centers(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                                  MatrixView<Scalar> centers, KMeansWorkspace<Scalar, Accumulator>& workspace,
                                  int& refilled) {
  detail::sum_clusters(x, weights, centers.rows, workspace);
  Accumulator squared_shift = 0;
  for (Index j = 0; j < centers.rows; ++j) {
    const Accumulator weight = workspace.cluster_weights[j];
    if (weight > 0) {
      const Accumulator* sum = workspace.cluster_sums + j * x.cols;
      squared_shift +=
          detail::move_center<Accumulator>(centers.row(j), [=](Index f) { return sum[f] / weight; });
      continue;
    }
    const Index row = detail::farthest_sample(x.rows, weights, workspace.squared_distances);
    if (row < 0) continue;
    squared_shift += detail::move_center<Accumulator>(centers.row(j), [=](Index f) { return x(row, f); });
    workspace.squared_distances[row] = 0;
    ++refilled;
  }
  return squared_shift;
}

/// Lloyd's K-means (IEEE Transactions on Information Theory 28, 1982) from given centres: assign, re-compute,
/// until the centres no longer move, the inertia no longer falls, or the maximum of iterations is reached.
/// x: n x d, finite, n >= 1; weights: n >= 0 with a positive sum, or empty; centers: k x d, read and written.
/// On return the workspace holds the labels, squared distances and cluster weights of the returned centres.
/// O(n d k) an iteration; allocates nothing.
template <typename Scalar, typename Accumulator>
inline FitReport lloyd(MatrixView<const Scalar> x, VectorView<const Scalar> weights, LloydLimits limits,
                       MatrixView<Scalar> centers, KMeansWorkspace<Scalar, Accumulator>& workspace) {
  FitReport report;
  Accumulator inertia = assign(x, weights, centers, workspace);
  while (report.iterations < limits.max_iterations) {
    const Accumulator squared_shift =
        update_centers(x, weights, centers, workspace, report.refilled_clusters);
    const Accumulator before = inertia;
    inertia = assign(x, weights, centers, workspace);
    ++report.iterations;
    const bool settled = static_cast<double>(squared_shift) <= limits.squared_shift;
    if (!settled && inertia < before) continue;
    if (detail::has_refillable_cluster(x.rows, weights, centers.rows, workspace)) continue;
    report.stop = settled ? StopReason::centers_settled : StopReason::inertia_settled;
    break;
  }
  detail::sum_clusters(x, weights, centers.rows, workspace);
  for (Index j = 0; j < centers.rows; ++j) report.empty_clusters += workspace.cluster_weights[j] > 0 ? 0 : 1;
  report.inertia = static_cast<double>(inertia);
  return report;
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_LLOYD_HPP
