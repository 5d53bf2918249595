#ifndef THRUM_HOST_SCORED_PANELS_HPP
#define THRUM_HOST_SCORED_PANELS_HPP

#include <stdint.h>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/projection.hpp"
#include "thrum/algorithm/scaling.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/scoring_table.hpp"

// Many rows through the stages of scoring: a panel of them at a time goes through all stages while it is in
// the cache, on the vector kernels, with the bits that one row gets.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// The stages of scoring; one without features is left out.
template <typename Scalar>
struct ScoringStages {
  ScalingModel<Scalar> scaling{};
  ProjectionModel<Scalar> projection{};
  AnomalyModel<Scalar> anomaly{};
};

/// Multiply-adds of a score, about.
template <typename Scalar>
inline double operations_of_score(const AnomalyModel<Scalar>& model) {
  const int rank = (model.parts & full_ellipsoid_part) != 0 ? model.features : 2 * model.ellipsoids.rank;
  return operations(model.features, 1 + rank, model.ellipsoid_count) +
         operations(model.features, 1, model.clusters + model.soft.count) +
         operations(model.features, (model.parts & tails_part) != 0 ? feature_tails_size : 0, 1);
}

/// A panel of rows that are scaled and projected.
template <typename Scalar>
struct StagedPanel {
  Panel<Scalar> rows;     ///< filled up beyond `count`
  Index first, count;     ///< which rows of the input these are
  const Scalar* largest;  ///< largest magnitude in each row of the input, not finite where one is not
  Scalar* scratch;        ///< that scoring them takes
  Scalar* memory;         ///< all that the thread has: the rows too, and more than scoring one takes
};

/// Calls visit(StagedPanel) for all rows of x, n x d, on all threads; visit must not throw. O(n d p);
/// allocates a panel of rows, before and after the projection, a thread.
template <typename Scalar, typename Visit>
inline void for_each_staged_panel(const ScoringStages<Scalar>& stages, MatrixView<const Scalar> x,
                                  Visit visit) {
  const Index d = x.cols, p = stages.projection.components;
  const ScoringKernels<Scalar>& kernels = scoring_kernels<Scalar>();
  const Index stride = smaller(panel_rows(d + p), rounded_up(larger(Index{1}, x.rows), panel_row_multiple));
  const Index memory = rounded_up(stride * (d + p) + scoring_scratch(stages.anomaly), panel_row_multiple);
  const int workers = worker_count(static_cast<double>(x.rows) * operations_of_score(stages.anomaly) +
                                   operations(x.rows, d, 2 + p));
  const AlignedArray<Scalar> scratch(workers * memory);
  parallel_for((x.rows + stride - 1) / stride, workers, [&](Index number, int worker) {
    Scalar* const loaded = scratch.data() + worker * memory;
    Scalar* const projected = loaded + stride * d;
    alignas(64) Scalar largest[most_panel_rows];
    const Index first = number * stride, count = smaller(stride, x.rows - first);
    panel_kernels<Scalar>().load_rows(x.middle_rows(first, count), count, loaded, stride);
    Panel<Scalar> panel{loaded, stride, rounded_up(count, kernels.rows_at_once), d};
    kernels.standardize(stages.scaling, stages.projection, panel, loaded, largest);
    if (p > 0) {
      kernels.project(stages.projection, panel, projected);
      panel = {projected, stride, panel.rows, p};
    }
    visit(StagedPanel<Scalar>{panel, first, count, largest, projected + stride * p, loaded});
  });
}

/// Calls visit(i, score, largest, scratch) for all rows of x: the score of a row that was taken for finite,
/// the largest magnitude in it, and scratch that suffices to score a row. Otherwise as for_each_staged_panel.
template <typename Scalar, typename Visit>
inline void for_each_scored_row(const ScoringStages<Scalar>& stages, MatrixView<const Scalar> x,
                                Visit visit) {
  for_each_staged_panel(stages, x, [&](const StagedPanel<Scalar>& panel) {
    alignas(64) Scalar values[most_panel_rows];
    alignas(64) int classes[most_panel_rows], parts[most_panel_rows];
    scoring_kernels<Scalar>().scores(stages.anomaly, panel.rows, panel.scratch, {values, classes, parts});
    for (Index i = 0; i < panel.count; ++i) {
      const Status status = is_finite(values[i]) ? Status::ok : Status::overflow;
      visit(panel.first + i, Score<Scalar>{status, values[i], classes[i], static_cast<uint32_t>(parts[i])},
            panel.largest[i], panel.memory);
    }
  });
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_SCORED_PANELS_HPP
