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
#include "thrum/host/row_loop.hpp"
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

/// The score of each row of x, n x d, under a fitted model: NaN for a row that is not finite. Allocates the
/// n results and scratch for a row a thread.
template <typename Scalar>
Vector<Scalar> scores_of_rows(const DetectorModel<Scalar>& model, MatrixView<const Scalar> x) {
  Vector<Scalar> scores(x.rows);
  for_each_judged_row(model, x, [&](Index i, Scalar* scratch) {
    const Score<Scalar> score = score_row(model, x.row(i), scratch);
    scores[i] = score.status == Status::non_finite ? not_a_number<Scalar>() : score.value;
  });
  return scores;
}

/// The verdict on each row of x, n x d, under a fitted model.
template <typename Scalar>
std::vector<Verdict> verdicts_on_rows(const DetectorModel<Scalar>& model, MatrixView<const Scalar> x) {
  std::vector<Verdict> verdicts(array_size(x.rows));
  for_each_judged_row(
      model, x, [&](Index i, Scalar* scratch) { verdicts[array_size(i)] = judge(model, x.row(i), scratch); });
  return verdicts;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_JUDGE_ROWS_HPP
