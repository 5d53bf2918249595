#ifndef THRUM_ALGORITHM_LLOYD_HPP
#define THRUM_ALGORITHM_LLOYD_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"

namespace thrum {

/// Which of the stop rules ended K-means.
enum class StopReason : uint8_t {
  centers_settled,  ///< the squared shifts of the centres sum to no more than the tolerance, or no label
                    ///< changes
  inertia_settled,  ///< the sum of squared distances no longer falls: the centres are those of an earlier
                    ///< iteration
  iteration_limit,  ///< the maximum of iterations is reached; not converged
  cancelled,        ///< the caller's progress function said so; not converged
};

/// English words for a stop reason; static storage.
constexpr const char* to_string(StopReason reason) {
  switch (reason) {
    case StopReason::centers_settled: return "centers settled";
    case StopReason::inertia_settled: return "inertia settled";
    case StopReason::iteration_limit: return "iteration limit";
    case StopReason::cancelled: return "cancelled";
  }
  return "?";
}

/// How K-means went. Labels and inertia belong to the centres that are returned.
struct LloydReport {
  StopReason stop = StopReason::iteration_limit;
  int iterations = 0;         ///< times the centres were re-computed
  double inertia = 0;         ///< sum over samples of weight times squared distance to the own centre
  int refilled_clusters = 0;  ///< times an empty cluster was given the farthest sample as its centre
  int empty_clusters = 0;     ///< clusters without a sample at the end: fewer distinct rows than clusters, or
                              ///< the iteration limit came first
  bool converged() const {
    return stop == StopReason::centers_settled || stop == StopReason::inertia_settled;
  }
};

/// When Lloyd's algorithm stops.
struct LloydLimits {
  int max_iterations = 300;
  double squared_shift = 0;  ///< sum over centres of squared shifts, in squared units of x
};

namespace detail {

/// Tells whether a sequence in which each element follows from the one before has come back to an earlier
/// element, by remembering one of them (Brent, BIT 20, 1980): after at most three times as many steps as it
/// takes to enter a cycle and to run through it once.
class CycleDetector {
 public:
  bool repeats(uint64_t element) {
    if (steps_ > 0 && element == remembered_) return true;
    if (++steps_ == next_) {
      next_ *= 2;
      remembered_ = element;
    }
    return false;
  }

 private:
  uint64_t remembered_ = 0;
  uint64_t steps_ = 0;
  uint64_t next_ = 1;
};

/// Moves a centre to `target(f)` and returns the squared shift.
template <typename Scalar, typename Target>
inline double move_center(VectorView<Scalar> center, Target target) {
  double squared_shift = 0;
  for (Index f = 0; f < center.size; ++f) {
    const Scalar moved = static_cast<Scalar>(target(f));
    const double shift = static_cast<double>(moved) - static_cast<double>(center[f]);
    squared_shift += shift * shift;
    center[f] = moved;
  }
  return squared_shift;
}

/// Re-computes every centre as the weighted mean of its samples; an empty cluster is refilled with the sample
/// farthest from its centre (each sample serves once), or stays where it is when no distance is left.
/// Returns the sum of squared shifts and adds the refills to `refilled`.
template <typename Scalar, typename Assignment>
inline double update_centers(Assignment& assignment, MatrixView<Scalar> centers, int& refilled) {
  double squared_shift = 0;
  for (Index j = 0; j < centers.rows; ++j) {
    if (assignment.weight(j) > 0) {
      squared_shift += move_center(centers.row(j), [&](Index f) { return assignment.mean(j, f); });
      continue;
    }
    const Index row = assignment.farthest_row();
    if (row < 0) continue;
    assignment.exclude(row);
    squared_shift += move_center(centers.row(j), [&](Index f) { return assignment.value(row, f); });
    ++refilled;
  }
  return squared_shift;
}

/// A number that tells centres apart, by their bits.
template <typename Scalar>
inline uint64_t fingerprint(MatrixView<const Scalar> centers) {
  uint64_t mixed = 0;
  for (Index j = 0; j < centers.rows; ++j)
    for (Index f = 0; f < centers.cols; ++f) mixed = mixed_bits(mixed + 1 + bits_of(centers(j, f)));
  return mixed;
}

template <typename Assignment>
inline int empty_clusters(const Assignment& assignment, Index clusters) {
  int empty = 0;
  for (Index j = 0; j < clusters; ++j) empty += assignment.weight(j) > 0 ? 0 : 1;
  return empty;
}

}  // namespace detail

/// Lloyd's K-means (IEEE Transactions on Information Theory 28, 1982) from given centres: assign, re-compute,
/// until the centres no longer move, the sum of squared distances no longer falls, or the maximum of
/// iterations is reached. It does not settle while an empty cluster could be refilled.
///
/// centers: k x d, read and written. How samples find their centres is the assignment's business:
///   assign(centers)      labels every sample with its nearest centre, ties to the lowest, and returns how
///                        many labels have changed since the last time
///   weight(j), mean(j,f) of the samples of cluster j, over all samples
///   farthest_row()       the sample of positive weight farthest from its own centre, the lowest of equals;
///                        -1 when every sample sits on its centre
///   exclude(row)         from being the farthest, until the next assignment
///   value(row, f)        of a sample
///   inertia()            of the last assignment
/// observe(report, squared_shift) is told of each iteration and may return false to end it.
/// Labels, and with them the next centres, follow from the centres: when these come back to earlier ones, the
/// sum no longer falls.
template <typename Scalar, typename Assignment, typename Observe>
inline LloydReport lloyd(Assignment& assignment, LloydLimits limits, MatrixView<Scalar> centers,
                         Observe observe) {
  LloydReport report;
  detail::CycleDetector cycle;
  assignment.assign(centers);
  while (report.iterations < limits.max_iterations) {
    const double squared_shift = detail::update_centers(assignment, centers, report.refilled_clusters);
    const Index changed = assignment.assign(centers);
    ++report.iterations;
    const bool repeated = cycle.repeats(detail::fingerprint<Scalar>(centers));
    if (!observe(report, squared_shift)) {
      report.stop = StopReason::cancelled;
      break;
    }
    const bool settled = squared_shift <= limits.squared_shift || changed == 0;
    if (!settled && !repeated) continue;
    if (detail::empty_clusters(assignment, centers.rows) > 0 && assignment.farthest_row() >= 0) continue;
    report.stop = settled ? StopReason::centers_settled : StopReason::inertia_settled;
    break;
  }
  report.empty_clusters = detail::empty_clusters(assignment, centers.rows);
  report.inertia = assignment.inertia();
  return report;
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_LLOYD_HPP
