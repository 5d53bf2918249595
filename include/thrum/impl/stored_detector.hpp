#ifndef THRUM_IMPL_STORED_DETECTOR_HPP
#define THRUM_IMPL_STORED_DETECTOR_HPP

#include <memory>
#include <utility>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/judge_rows.hpp"
#include "thrum/input.hpp"
#include "thrum/stored_detector.hpp"

// The members of StoredDetector.

namespace thrum {
inline namespace THRUM_BUILD {

template <typename Scalar>
Vector<Scalar> StoredDetector<Scalar>::score(const MatrixInput<Scalar>& x) const {
  check("thrum::StoredDetector::score", x.view());
  return host::scores_of_rows(model_, x.view());
}

template <typename Scalar>
std::vector<Verdict> StoredDetector<Scalar>::verdicts(const MatrixInput<Scalar>& x) const {
  if (!fitted()) return std::vector<Verdict>(array_size(x.view().rows));
  check("thrum::StoredDetector::verdicts", x.view());
  return host::verdicts_on_rows(model_, x.view());
}

template <typename Scalar>
void StoredDetector<Scalar>::check(const char* who, MatrixView<const Scalar> x) const {
  detail::require(fitted(), who, ": not fitted");
  detail::require_columns(who, "x", x, model_.features);
}

template <typename Scalar>
void StoredDetector<Scalar>::own_arrays() {
  std::vector<Scalar> numbers;
  for_each_array(model_, [&](const char*, const Scalar* values, Index size) {
    if (values != nullptr) numbers.insert(numbers.end(), values, values + size);
  });
  numbers_ = std::make_shared<const std::vector<Scalar>>(std::move(numbers));
  const Scalar* next = numbers_->data();
  for_each_array(model_, [&](const char*, const Scalar*& values, Index size) {
    if (values == nullptr) return;
    values = next;
    next += size;
  });
}

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_IMPL_STORED_DETECTOR_HPP
