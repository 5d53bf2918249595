#ifndef THRUM_FIXED_STORAGE_HPP
#define THRUM_FIXED_STORAGE_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"

// What the classes with own arrays share: checks that give a Status, and copies into them.

namespace thrum {
namespace fixed {
namespace detail {

template <typename Scalar>
inline bool all_finite(VectorView<const Scalar> x) {
  for (Index i = 0; i < x.size; ++i)
    if (!is_finite(x[i])) return false;
  return true;
}

template <typename Scalar>
inline bool all_finite(MatrixView<const Scalar> x) {
  for (Index i = 0; i < x.rows; ++i)
    if (!all_finite(x.row(i))) return false;
  return true;
}

/// What every call on one sample asks: fitted, of the right sizes, finite.
template <typename Scalar>
inline Status check(int expected, VectorView<const Scalar> x, Index result_size, Index expected_result) {
  if (expected == 0) return Status::not_fitted;
  if (x.size != expected || result_size != expected_result) return Status::wrong_size;
  return all_finite(x) ? Status::ok : Status::non_finite;
}
template <typename Scalar>
inline Status check(int expected, VectorView<const Scalar> x, Index result_size) {
  return check(expected, x, result_size, expected);
}

/// ok, or overflow when finite input led to a result that is not.
template <typename Scalar>
inline Status checked_result(VectorView<Scalar> result) {
  return all_finite(VectorView<const Scalar>(result)) ? Status::ok : Status::overflow;
}

template <typename Scalar>
inline void copy(VectorView<const Scalar> from, Scalar* to) {
  for (Index i = 0; i < from.size; ++i) to[i] = from[i];
}

}  // namespace detail
}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_STORAGE_HPP
