#ifndef THRUM_HOST_POSITIVE_DEFINITE_HPP
#define THRUM_HOST_POSITIVE_DEFINITE_HPP

#include <Eigen/Core>
#include <utility>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/dense.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/products.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

namespace detail {

/// The Cholesky factor of a small matrix in its place, row by row; false where there is none.
inline bool factorize(MatrixView<double> lower) {
  for (Index i = 0; i < lower.rows; ++i) {
    for (Index j = 0; j < i; ++j)
      lower(i, j) = (lower(i, j) - dot(&lower(i, 0), &lower(j, 0), j)) / lower(j, j);
    const double pivot = lower(i, i) - dot(&lower(i, 0), &lower(i, 0), i);
    if (!(pivot > 0)) return false;
    lower(i, i) = square_root(pivot);
  }
  return true;
}

/// The inverse of a small lower triangular matrix, transposed.
inline Matrix<double> transposed_inverse(MatrixView<const double> lower) {
  Matrix<double> inverse = Matrix<double>::Zero(lower.rows, lower.rows);
  for (Index i = 0; i < lower.rows; ++i) {
    double* const row = inverse.row(i).data();
    add_combination({inverse.data(), i, i, inverse.cols(), 1}, {&lower(i, 0), i, 1}, row);
    for (Index j = 0; j < i; ++j) row[j] /= -lower(i, i);
    row[i] = 1 / lower(i, i);
  }
  return inverse.transpose();
}

}  // namespace detail

/// Whether a symmetric matrix, of which the lower triangle is read, has a Cholesky factor: whether all its
/// eigenvalues are positive, to the rounding of its Scalar. By blocks of columns, whose effect on the rest is
/// one product. O(n^3 / 3); allocates O(n).
template <typename Scalar>
inline bool is_positive_definite(Matrix<Scalar>&& a) {
  constexpr Index block = 128;
  for (Index first = 0; first < a.rows(); first += block) {
    const Index count = smaller(block, a.rows() - first), next = first + count, rest = a.rows() - next;
    Matrix<double> corner = a.block(first, first, count, count).template cast<double>();
    if (!detail::factorize(thrum::view(corner))) return false;
    if (rest == 0) break;
    const Matrix<Scalar> inverse =
        detail::transposed_inverse(thrum::view(std::as_const(corner))).template cast<Scalar>();
    const MatrixView<Scalar> below{&a(next, first), rest, count, a.cols(), 1};
    Matrix<Scalar> panel = Matrix<Scalar>::Zero(rest, count);
    add_products(factor(below.transposed()), factor(thrum::view(inverse)), count, thrum::view(panel), false,
                 worker_count(operations(rest, count, count)));
    const Matrix<Scalar> across = panel.transpose();
    panel = -panel;
    add_products(factor(thrum::view(panel).transposed()), factor(thrum::view(across)), count,
                 MatrixView<Scalar>{&a(next, next), rest, rest, a.cols(), 1}, true,
                 worker_count(operations(rest, rest, count)));
  }
  return true;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_POSITIVE_DEFINITE_HPP
