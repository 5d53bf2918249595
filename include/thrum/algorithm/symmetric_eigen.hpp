#ifndef THRUM_ALGORITHM_SYMMETRIC_EIGEN_HPP
#define THRUM_ALGORITHM_SYMMETRIC_EIGEN_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

namespace thrum {

namespace detail {

/// One Jacobi rotation that makes a(p, q) zero (Golub and Van Loan, Matrix Computations, section 8.5).
template <typename Scalar>
inline void jacobi_rotate(MatrixView<Scalar> a, MatrixView<Scalar> vectors, Index p, Index q) {
  const Scalar tau = (a(q, q) - a(p, p)) / (2 * a(p, q));
  const Scalar root = square_root(1 + tau * tau);
  const Scalar tangent = tau >= 0 ? 1 / (tau + root) : 1 / (tau - root);
  const Scalar cosine = 1 / square_root(1 + tangent * tangent);
  const Scalar sine = tangent * cosine;
  const auto rotate = [cosine, sine](Scalar& first, Scalar& second) {
    const Scalar old = first;
    first = cosine * old - sine * second;
    second = sine * old + cosine * second;
  };
  for (Index i = 0; i < a.rows; ++i) rotate(a(i, p), a(i, q));
  for (Index i = 0; i < a.rows; ++i) rotate(a(p, i), a(q, i));
  for (Index i = 0; i < a.rows; ++i) rotate(vectors(i, p), vectors(i, q));
  a(p, q) = a(q, p) = 0;
}

template <typename Scalar>
inline void sort_columns_by_diagonal(MatrixView<Scalar> a, MatrixView<Scalar> vectors) {
  const auto swap = [](Scalar& x, Scalar& y) {
    const Scalar old = x;
    x = y;
    y = old;
  };
  for (Index first = 0; first + 1 < a.rows; ++first) {
    Index best = first;
    for (Index i = first + 1; i < a.rows; ++i)
      if (a(i, i) > a(best, best)) best = i;
    if (best == first) continue;
    swap(a(first, first), a(best, best));
    for (Index i = 0; i < a.rows; ++i) swap(vectors(i, first), vectors(i, best));
  }
}

}  // namespace detail

/// Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations, without a heap.
/// a: d x d, finite, symmetric; on return its diagonal holds the eigenvalues, largest first, the rest is
/// spoilt. vectors: d x d, on return column j belongs to eigenvalue j. Returns the sweeps taken; stops when
/// every off-diagonal entry is below epsilon times the geometric mean of its diagonal entries (which keeps
/// the small eigenvalues of positive matrices accurate), or after 30 sweeps. O(d^3) a sweep, about 8 sweeps.
template <typename Scalar>
inline int symmetric_eigen(MatrixView<Scalar> a, MatrixView<Scalar> vectors) {
  for (Index i = 0; i < a.rows; ++i)
    for (Index j = 0; j < a.rows; ++j) vectors(i, j) = i == j ? Scalar(1) : Scalar(0);
  const Scalar tolerance = ScalarTraits<Scalar>::epsilon();
  int sweep = 0;
  for (bool rotated = true; rotated && sweep < 30; ++sweep) {
    rotated = false;
    for (Index p = 0; p + 1 < a.rows; ++p) {
      for (Index q = p + 1; q < a.rows; ++q) {
        const Scalar scale = square_root(absolute(a(p, p))) * square_root(absolute(a(q, q)));
        if (a(p, q) == 0 || absolute(a(p, q)) <= tolerance * scale) continue;
        detail::jacobi_rotate(a, vectors, p, q);
        rotated = true;
      }
    }
  }
  detail::sort_columns_by_diagonal(a, vectors);
  return sweep;
}

/// Flips a direction (d values) such that the first of its entries within 1e-6 of the largest magnitude is
/// positive: eigenvectors have no sign of their own, and equal loadings must not depend on rounding.
template <typename Scalar>
inline void fix_sign(VectorView<Scalar> direction) {
  Scalar largest = 0;
  for (Index i = 0; i < direction.size; ++i) largest = larger(largest, absolute(direction[i]));
  const Scalar near_largest = largest * (Scalar(1) - Scalar(1e-6));
  Index first = 0;
  while (first < direction.size && absolute(direction[first]) < near_largest) ++first;
  if (first == direction.size || direction[first] >= 0) return;
  for (Index i = 0; i < direction.size; ++i) direction[i] = -direction[i];
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_SYMMETRIC_EIGEN_HPP
