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

}  // namespace detail

/// Puts eigenvalues, the diagonal of a, into falling order, and the columns of vectors with them. O(d^2).
template <typename Scalar>
inline void sort_eigenvectors(MatrixView<Scalar> a, MatrixView<Scalar> vectors) {
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

/// Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations, one at a time, so that
/// whoever has other things to do can leave it in between. All zero at start. About 8 sweeps of d^2 / 2
/// rotations, O(d) each.
class JacobiSweeps {
 public:
  /// Goes on until one more entry is zero. a: d x d, finite, symmetric; at the end its diagonal holds the
  /// eigenvalues, the rest is spoilt. vectors: d x d, the identity at first, at the end column j belongs to
  /// eigenvalue j. True when that is the end: every off-diagonal entry is below epsilon times the geometric
  /// mean of its diagonal entries (which keeps the small eigenvalues of positive matrices accurate), or 30
  /// sweeps are done.
  template <typename Scalar>
  bool step(MatrixView<Scalar> a, MatrixView<Scalar> vectors) {
    for (;;) {
      if (row_ + 1 >= a.rows) {
        ++sweeps_;
        if (!rotated_ || sweeps_ == 30) return true;
        rotated_ = false;
        row_ = beyond_diagonal_ = 0;
      }
      const Index p = row_, q = row_ + 1 + beyond_diagonal_;
      if (q + 1 < a.rows)
        ++beyond_diagonal_;
      else
        ++row_, beyond_diagonal_ = 0;
      const Scalar scale = square_root(absolute(a(p, p))) * square_root(absolute(a(q, q)));
      if (a(p, q) == 0 || absolute(a(p, q)) <= ScalarTraits<Scalar>::epsilon() * scale) continue;
      detail::jacobi_rotate(a, vectors, p, q);
      rotated_ = true;
      return false;
    }
  }

  int sweeps() const { return sweeps_; }

 private:
  Index row_ = 0, beyond_diagonal_ = 0;  // of the next entry
  int sweeps_ = 0;
  bool rotated_ = false;  // in this sweep
};

/// Makes a matrix the identity.
template <typename Scalar>
inline void set_identity(MatrixView<Scalar> a) {
  for (Index i = 0; i < a.rows; ++i)
    for (Index j = 0; j < a.cols; ++j) a(i, j) = i == j ? Scalar(1) : Scalar(0);
}

/// The same in one go, without a heap; eigenvalues largest first. Arguments as of JacobiSweeps::step;
/// vectors may hold anything. Returns the sweeps taken. O(d^3) a sweep.
template <typename Scalar>
inline int symmetric_eigen(MatrixView<Scalar> a, MatrixView<Scalar> vectors) {
  set_identity(vectors);
  JacobiSweeps sweeps;
  while (!sweeps.step(a, vectors)) {
  }
  sort_eigenvectors(a, vectors);
  return sweeps.sweeps();
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
