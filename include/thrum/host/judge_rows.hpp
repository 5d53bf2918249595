#ifndef THRUM_HOST_JUDGE_ROWS_HPP
#define THRUM_HOST_JUDGE_ROWS_HPP

#include <cstddef>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/host/build.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// The score of each row of x, n x d, under a fitted model: NaN for a row that is not finite. O(n (d p + p
/// k)); allocates the scratch for one row and the n results.
template <typename Scalar>
Vector<Scalar> scores_of_rows(const DetectorModel<Scalar>& model, MatrixView<const Scalar> x) {
  Vector<Scalar> scratch(model.scratch_size()), scores(x.rows);
  for (Index i = 0; i < x.rows; ++i) {
    const Score<Scalar> score = score_row(model, x.row(i), scratch.data());
    scores[i] = score.status == Status::non_finite ? not_a_number<Scalar>() : score.value;
  }
  return scores;
}

/// The verdict on each row of x, n x d, under a fitted model.
template <typename Scalar>
std::vector<Verdict> verdicts_on_rows(const DetectorModel<Scalar>& model, MatrixView<const Scalar> x) {
  Vector<Scalar> scratch(model.scratch_size());
  std::vector<Verdict> verdicts;
  verdicts.reserve(static_cast<std::size_t>(x.rows));
  for (Index i = 0; i < x.rows; ++i) verdicts.push_back(judge(model, x.row(i), scratch.data()));
  return verdicts;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_JUDGE_ROWS_HPP
