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
    ++steps_;
    if ((steps_ & (steps_ - 1)) == 0) remembered_ = element;  // after 1, 2, 4, 8 ... steps
    return false;
  }

 private:
  uint64_t remembered_ = 0;
  uint64_t steps_ = 0;
};

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

/// Re-computes centre j as the weighted mean of its samples; an empty cluster is refilled with the sample
/// farthest from its centre (each sample serves once), or stays where it is when no distance is left.
/// Returns the squared shift and adds a refill to `refilled`.
template <typename Accumulator, typename Scalar, typename Assignment>
inline Accumulator update_center(Assignment& assignment, MatrixView<Scalar> centers, Index j, int& refilled) {
  if (assignment.weight(j) > 0)
    return move_center<Accumulator>(centers.row(j), [&](Index f) { return assignment.mean(j, f); });
  const Index row = assignment.farthest_row();
  if (row < 0) return 0;
  assignment.exclude(row);
  ++refilled;
  return move_center<Accumulator>(centers.row(j), [&](Index f) { return assignment.value(row, f); });
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
/// Goes a step at a time, so that whoever has other things to do can leave it in between: after each
/// assignment of all samples take() says whether it is over; if not, update() moves one centre a call, and
/// the next assignment is due when it says so. How samples find their centres is the assignment's business:
///   weight(j), mean(j,f) of the samples of cluster j, over all samples
///   farthest_row()       the sample of positive weight farthest from its own centre, the lowest of equals;
///                        -1 when every sample sits on its centre
///   exclude(row)         from being the farthest, until the next assignment
///   value(row, f)        of a sample
///   inertia()            of the last assignment
/// Labels, and with them the next centres, follow from the centres: when these come back to earlier ones, the
/// sum no longer falls. Shifts are summed in an Accumulator.
template <typename Accumulator = double>
class Lloyd {
 public:
  /// All zero; to be made anew before use.
  constexpr Lloyd() : report_{StopReason{}, 0, 0, 0, 0} {}
  explicit Lloyd(LloydLimits limits)
      : max_iterations_(limits.max_iterations),
        settled_shift_(static_cast<Accumulator>(limits.squared_shift)),
        report_{} {}

  /// Every sample has the label of its nearest centre, ties to the lowest; `changed` of them did not have it
  /// before. centers: k x d, those they were assigned to. observe(report, squared_shift) is told of each
  /// iteration and may return false to end it. True when it is over.
  template <typename Scalar, typename Assignment, typename Observe>
  bool take(Assignment& assignment, Index changed, MatrixView<Scalar> centers, Observe observe) {
    if (updated_ && iteration_was_last(assignment, changed, centers, observe)) return true;
    updated_ = true;
    next_ = 0;
    squared_shift_ = 0;
    return report_.iterations >= max_iterations_;
  }

  /// Re-computes the next centre; true when it was the last one.
  template <typename Scalar, typename Assignment>
  bool update(Assignment& assignment, MatrixView<Scalar> centers) {
    squared_shift_ +=
        detail::update_center<Accumulator>(assignment, centers, next_, report_.refilled_clusters);
    return ++next_ == centers.rows;
  }

  /// When it is over, all but the inertia. clusters: k.
  template <typename Assignment>
  LloydReport report(const Assignment& assignment, Index clusters) {
    report_.empty_clusters = detail::empty_clusters(assignment, clusters);
    return report_;
  }

 private:
  template <typename Scalar, typename Assignment, typename Observe>
  bool iteration_was_last(Assignment& assignment, Index changed, MatrixView<Scalar> centers,
                          Observe observe) {
    ++report_.iterations;
    const bool repeated = cycle_.repeats(detail::fingerprint<Scalar>(centers));
    if (!observe(report_, squared_shift_)) {
      report_.stop = StopReason::cancelled;
      return true;
    }
    const bool settled = squared_shift_ <= settled_shift_ || changed == 0;
    if (!settled && !repeated) return false;
    if (detail::empty_clusters(assignment, centers.rows) > 0 && assignment.farthest_row() >= 0) return false;
    report_.stop = settled ? StopReason::centers_settled : StopReason::inertia_settled;
    return true;
  }

  int max_iterations_ = 0;
  Accumulator settled_shift_ = 0;
  LloydReport report_;
  detail::CycleDetector cycle_{};
  Accumulator squared_shift_ = 0;  // of the centres that were updated since the last assignment
  Index next_ = 0;
  bool updated_ = false;  // the centres are not those given any more
};

/// The same in one go. assignment: what Lloyd asks, and
///   assign(centers)      labels every sample, and returns how many labels have changed since the last time
/// centers: k x d, read and written.
template <typename Scalar, typename Assignment, typename Observe>
inline LloydReport lloyd(Assignment& assignment, LloydLimits limits, MatrixView<Scalar> centers,
                         Observe observe) {
  Lloyd<> run(limits);
  while (!run.take(assignment, assignment.assign(centers), centers, observe)) {
    while (!run.update(assignment, centers)) {
    }
  }
  LloydReport report = run.report(assignment, centers.rows);
  report.inertia = assignment.inertia();
  return report;
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_LLOYD_HPP
