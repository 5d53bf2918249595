#ifndef THRUM_HOST_JUDGE_ROWS_HPP
#define THRUM_HOST_JUDGE_ROWS_HPP

#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/self_test.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/row_loop.hpp"
#include "thrum/host/scored_panels.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Calls body(i, scratch) for each row of x, on all threads. scratch: what scoring a row under the model
/// needs.
template <typename Scalar, typename Body>
inline void for_each_judged_row(const DetectorModel<Scalar>& model, MatrixView<const Scalar> x, Body body) {
  Index numbers = 0;  // a score takes about a multiply-add for each
  for_each_array(model, [&](const char*, const Scalar* values, Index size) {
    if (values != nullptr) numbers += size;
  });
  for_each_row<Scalar>(x.rows, static_cast<double>(numbers), model.scratch_size(), body);
}

template <typename Scalar>
inline ScoringStages<Scalar> stages_of(const DetectorModel<Scalar>& model) {
  return {model.scaling, model.projection, model.anomaly};
}

/// Calls visit(i, score, scratch) for each row of x, n x d, on all threads, where score is what score_row()
/// says, bit for bit. scratch: what scoring a row under the model needs.
template <typename Scalar, typename Visit>
inline void for_each_score(const DetectorModel<Scalar>& model, MatrixView<const Scalar> x, Visit visit) {
  constexpr Scalar off_scale = ScalarTraits<Scalar>::largest();
  for_each_scored_row(stages_of(model), x,
                      [&](Index i, Score<Scalar> score, Scalar largest, Scalar* scratch) {
                        if (!is_finite(largest))
                          score = {Status::non_finite, Scalar(0), -1, 0};
                        else if (largest >= off_scale)
                          score = {Status::overflow, positive_infinity<Scalar>(), -1, 0};
                        visit(i, score, scratch);
                      });
}

/// The score of each row of x, n x d, under a fitted model: NaN for a row that is not finite. Allocates the
/// n results and up to 256 rows a thread.
template <typename Scalar>
Vector<Scalar> scores_of_rows(const DetectorModel<Scalar>& model, MatrixView<const Scalar> x) {
  Vector<Scalar> scores(x.rows);
  for_each_score(model, x, [&](Index i, const Score<Scalar>& score, Scalar*) {
    scores[i] = score.status == Status::non_finite ? not_a_number<Scalar>() : score.value;
  });
  return scores;
}

/// The verdict on each row of x, n x d, under a fitted model.
template <typename Scalar>
std::vector<Verdict> verdicts_on_rows(const DetectorModel<Scalar>& model, MatrixView<const Scalar> x) {
  std::vector<Verdict> verdicts(array_size(x.rows));
  for_each_score(model, x, [&](Index i, const Score<Scalar>& score, Scalar* scratch) {
    // The row of an alarm is to be where score_row() leaves it.
    if (score.cluster >= 0 && score.value > Scalar(1))
      thrum::detail::to_cluster_space(model, x.row(i), scratch);
    verdicts[array_size(i)] = verdict_on(model, x.row(i), score, scratch);
  });
  return verdicts;
}

/// The rows of x, finite, where the classes live: scaled and projected, n x p (n x d without projection).
template <typename Scalar>
Matrix<Scalar> rows_in_cluster_space(const DetectorModel<Scalar>& model, MatrixView<const Scalar> x) {
  Matrix<Scalar> rows(x.rows, model.anomaly.features);
  const MatrixView<Scalar> result = view(rows);
  for_each_staged_panel(stages_of(model), x, [&](const StagedPanel<Scalar>& panel) {
    panel_kernels<Scalar>().store_rows({panel.rows.data, panel.count, result.cols, 1, panel.rows.stride},
                                       result.middle_rows(panel.first, panel.count));
  });
  return rows;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_JUDGE_ROWS_HPP
