#ifndef THRUM_HOST_SCORING_TABLE_HPP
#define THRUM_HOST_SCORING_TABLE_HPP

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/projection.hpp"
#include "thrum/algorithm/scaling.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/panel_table.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// What the rows of a panel score: panel.rows values each.
template <typename Scalar>
struct PanelScores {
  Scalar* values;  ///< infinite where a finite row is off every scale
  int* classes;    ///< the class that a row was judged against
  int* parts;      ///< the AnomalyPart that was most surprised
};

/// Kernels of one instruction set that take the rows of a panel through the stages of a detector, each with
/// the bits that the function for one row gives (scale, project, anomaly_score).
template <typename Scalar>
struct ScoringKernels {
  /// Rows that the kernels take at a time, a divisor of panel_row_multiple: panel.rows is a multiple of it.
  Index rows_at_once;

  /// Scales the rows and centres them as `project` does, in place; of stages without features neither.
  /// largest, panel.rows values: the largest magnitude there was in each row, found by the bits: not finite
  /// where a value of the row was not.
  void (*standardize)(const ScalingModel<Scalar>& scaling, const ProjectionModel<Scalar>& projection,
                      Panel<Scalar> panel, Scalar* standardized, Scalar* largest);

  /// Of centred rows. projected: p x panel.stride.
  void (*project)(const ProjectionModel<Scalar>& model, Panel<Scalar> panel, Scalar* projected);

  /// scratch: scoring_scratch(model) values.
  void (*scores)(const AnomalyModel<Scalar>& model, Panel<Scalar> panel, Scalar* scratch,
                 PanelScores<Scalar> scores);
};

/// Scalars of scratch that scoring a panel takes: of two vectors of rows, what they differ from a centre by
/// and either coordinates or distances to all centres.
template <typename Scalar>
constexpr Index scoring_scratch(const AnomalyModel<Scalar>& model) {
  const int sums = larger(model.ellipsoids.rank, larger(model.clusters, model.soft.count));
  return 2 * widest_vector * (model.features + sums);
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_SCORING_TABLE_HPP
