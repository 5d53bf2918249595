#ifndef THRUM_HOST_LEADING_EIGENVECTORS_HPP
#define THRUM_HOST_LEADING_EIGENVECTORS_HPP

#include <Eigen/Core>
#include <cmath>
#include <utility>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/dense.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/products.hpp"
#include "thrum/host/tridiagonal_qr.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// A symmetric matrix as Q T Q', T tridiagonal and Q a product of Householder reflections, made from the last
/// row upwards, so that all that is read lies in rows. By blocks of reflections, whose effect on the rest of
/// the matrix is one product (Dongarra, Sorensen and Hammarling, J. Comput. Appl. Math. 27, 1989).
class Tridiagonal {
 public:
  /// a: n x n, of which the lower triangle is read. O(n^3), of which half is products of matrices.
  explicit Tridiagonal(Matrix<double>&& a)
      : size_(a.rows()), rows_(std::move(a)), diagonal_(size_), off_diagonal_(size_), scales_(size_) {
    Index last = size_;
    while (last > 1) last = reduce_block(last);
    if (size_ > 0) diagonal_[0] = rows_(0, 0), off_diagonal_[0] = 0;
  }

  Index size() const { return size_; }

  /// All eigenvalues, largest first. O(n^2).
  Vector<double> eigenvalues() const { return scale() * in_units().eigenvalues(); }

  /// All of them with their unit eigenvectors, a column each. O(n^3).
  Eigenpairs eigenpairs() const {
    Eigenpairs pairs = in_units().eigenpairs();
    pairs.values *= scale();
    reflect(pairs.vectors);
    return pairs;
  }

  /// The largest ones, in order, by bisection (Barth, Martin and Wilkinson, Numer. Math. 9, 1967). O(n p).
  Vector<double> leading_eigenvalues(Index count) const {
    Vector<double> values(count);
    for (Index first = 0; first < count; first += at_once)
      bisect(first, values.segment(first, smaller(Index{at_once}, count - first)));
    return values;
  }

  /// Unit eigenvectors that belong to given eigenvalues, a column each, orthogonal to rounding: inverse
  /// iteration from random vectors, kept orthogonal to those found before (Golub and Van Loan, Matrix
  /// Computations, section 8.4.2). O(n p^2 + n^2 p).
  Matrix<double> eigenvectors(const Vector<double>& values) const {
    Matrix<double> found(values.size(), size_);  // a row each
    Random random(1);
    for (Index c = 0; c < values.size(); ++c)
      find_eigenvector(values[c], thrum::view(std::as_const(found)).middle_rows(0, c), random,
                       found.row(c).data());
    Matrix<double> vectors = found.transpose();
    reflect(vectors);
    return vectors;
  }

 private:
  static constexpr Index block = 32;
  static constexpr int at_once = 8;  // eigenvalues: so many divisions do not wait for each other
  static constexpr Index parts = 4;  // of a product with a vector; few enough to be added in no time
  static constexpr Index least_parallel = 1000;  // rows below take no longer than waking a thread

  /// What a block of reflections takes from the rest: A - V W' - W V', a row each.
  struct Panel {
    Matrix<double> left, right;  // V and W in turn, -W and -V in turn
    Index count = 0;
  };

  /// Reduces rows last - 1 downwards, a block of them, and brings the rest up to date. Returns where that
  /// ends.
  Index reduce_block(Index last) {
    const Index first = larger(Index{1}, last - block);
    Panel panel{Matrix<double>::Zero(2 * block, last), Matrix<double>::Zero(2 * block, last)};
    for (Index i = last - 1; i >= first; --i) reduce_row(i, panel);
    add_products(factor(thrum::view(panel.left)), factor(thrum::view(panel.right)), 2 * panel.count,
                 thrum::view(rows_).middle_rows(0, first), true, first < least_parallel ? 1 : worker_count());
    return first;
  }

  void reduce_row(Index i, Panel& panel) {
    const Index before = 2 * panel.count, size = panel.left.cols();
    double* const v = rows_.row(i).data();
    add_combination(corner(panel.left, before, i + 1), thrum::view(std::as_const(panel.right)).col(i), v);
    diagonal_[i] = v[i];
    make_reflection(i);
    const Vector<double> w = companion(i, panel);
    double* const left = panel.left.row(before).data();
    double* const right = panel.right.row(before).data();
    for (Index f = 0; f < i; ++f) {
      left[f] = v[f];
      left[size + f] = w[f];
      right[f] = -w[f];
      right[size + f] = -v[f];
    }
    ++panel.count;
  }

  /// Turns the row before the diagonal into the v of I - scale v v' that maps it onto its last axis.
  void make_reflection(Index i) {
    double* const entries = rows_.row(i).data();
    VectorMap row(entries, i);
    const double pivot = row[i - 1], rest = norm(entries, i - 1);
    VectorMap(entries + i, size_ - i).setZero();
    if (rest == 0) {
      off_diagonal_[i] = pivot;
      scales_[i] = 0;
      row.setZero();
      return;
    }
    const double norm = std::hypot(pivot, rest), onto = pivot > 0 ? -norm : norm;
    off_diagonal_[i] = onto;
    row /= norm;  // so that no square leaves the range
    row[i - 1] -= onto / norm;
    scales_[i] = 2 / row.squaredNorm();
  }

  /// w = scale (A v - (scale / 2) (v' A v) v), where A is what the panel leaves of the rows before i.
  Vector<double> companion(Index i, const Panel& panel) const {
    const double* const v = rows_.row(i).data();
    Vector<double> product = symmetric_product(i, v);
    const Index before = 2 * panel.count;
    Vector<double> along(before);
    for (Index r = 0; r < before; ++r) along[r] = dot(panel.left.row(r).data(), v, i);
    add_combination(corner(panel.right, before, i), {along.data(), before, 1}, product.data());
    product *= scales_[i];
    add_multiple(-scales_[i] / 2 * dot(product.data(), v, i), v, product.data(), i);
    return product;
  }

  static MatrixView<const double> corner(const Matrix<double>& x, Index rows, Index cols) {
    return {x.data(), rows, cols, x.cols(), 1};
  }

  /// The first `size` rows times v, by parts of the triangle that are about equally large.
  Vector<double> symmetric_product(Index size, const double* v) const {
    Matrix<double> sums = Matrix<double>::Zero(parts, size);
    const int workers = size < least_parallel ? 1 : worker_count();
    parallel_for(parts, workers, [&](Index number, int) {
      const Index part = parts - 1 - number;
      product_kernels<double>().add_symmetric_product(
          rows_.data(), size_, triangle_part_begin(part, parts, size),
          triangle_part_begin(part + 1, parts, size), v, sums.row(part).data());
    });
    for (Index part = 1; part < parts; ++part) sums.row(0) += sums.row(part);
    return sums.row(0);
  }

  /// Eigenvalues number first, first + 1, ... of the largest.
  void bisect(Index first, Eigen::Ref<Eigen::VectorXd> values) const {
    const double unit = scale();
    const Eigen::VectorXd diagonal = diagonal_ / unit;
    const Eigen::VectorXd squares = (off_diagonal_ / unit).cwiseAbs2();  // of which the first is not used
    double low[at_once], high[at_once];
    for (int e = 0; e < at_once; ++e) low[e] = -4, high[e] = 4;  // no row's sum is more than 3
    for (int halving = 0; halving < 58; ++halving) {             // until no double lies between
      double middle[at_once];
      Index larger_ones[at_once];
      for (int e = 0; e < at_once; ++e) middle[e] = low[e] + (high[e] - low[e]) / 2;
      count_larger(diagonal, squares, middle, larger_ones);
      for (int e = 0; e < at_once; ++e) (larger_ones[e] > first + e ? low : high)[e] = middle[e];
    }
    for (Index e = 0; e < values.size(); ++e) values[e] = unit * low[e];
  }

  /// Eigenvalues above each bound: positive pivots of T - bound, entries of which are 1 at most.
  static void count_larger(const Eigen::VectorXd& diagonal, const Eigen::VectorXd& squares,
                           const double (&bounds)[at_once], Index (&counts)[at_once]) {
    constexpr double least = 1e-290;
    double pivots[at_once];
    for (int e = 0; e < at_once; ++e) counts[e] = 0, pivots[e] = 1;
    for (Index i = 0; i < diagonal.size(); ++i) {
      const double square = i == 0 ? 0.0 : squares[i], entry = diagonal[i];
      for (int e = 0; e < at_once; ++e) {
        const double pivot = entry - bounds[e] - square / pivots[e];
        pivots[e] = absolute(pivot) < least ? -least : pivot;
        counts[e] += pivots[e] > 0 ? 1 : 0;
      }
    }
  }

  /// T - value as L U with row exchanges: U has three diagonals, L's multipliers and whether rows changed
  /// places are kept.
  struct Factors {
    std::vector<double> pivots, next, after, multipliers;
    std::vector<char> exchanged;
  };

  Factors factors(double value) const {
    const std::size_t n = array_size(size_);
    Factors f{std::vector<double>(n), std::vector<double>(n, 0.0), std::vector<double>(n, 0.0),
              std::vector<double>(n, 0.0), std::vector<char>(n, 0)};
    const double least = ScalarTraits<double>::epsilon() * scale();
    f.pivots[0] = diagonal_[0] - value;
    if (n > 1) f.next[0] = off_diagonal_[1];
    for (std::size_t i = 0; i + 1 < n; ++i) {
      const Index row = static_cast<Index>(i) + 1;
      double below = off_diagonal_[row], pivot = diagonal_[row] - value;
      double next = row + 1 < size_ ? off_diagonal_[row + 1] : 0.0;
      f.exchanged[i] = absolute(below) > absolute(f.pivots[i]);
      if (f.exchanged[i]) {
        std::swap(f.pivots[i], below);
        std::swap(f.next[i], pivot);
        f.after[i] = next;
        next = 0;
      } else if (absolute(f.pivots[i]) < least) {
        f.pivots[i] = f.pivots[i] < 0 ? -least : least;
      }
      f.multipliers[i] = below / f.pivots[i];
      f.pivots[i + 1] = pivot - f.multipliers[i] * f.next[i];
      f.next[i + 1] = next - f.multipliers[i] * f.after[i];
    }
    if (absolute(f.pivots[n - 1]) < least) f.pivots[n - 1] = f.pivots[n - 1] < 0 ? -least : least;
    return f;
  }

  static void solve(const Factors& f, VectorMap& x) {
    const Index n = x.size();
    for (Index i = 0; i + 1 < n; ++i) {
      if (f.exchanged[array_size(i)]) std::swap(x[i], x[i + 1]);
      x[i + 1] -= f.multipliers[array_size(i)] * x[i];
    }
    for (Index i = n - 1; i >= 0; --i) {
      if (i + 1 < n) x[i] -= f.next[array_size(i)] * x[i + 1];
      if (i + 2 < n) x[i] -= f.after[array_size(i)] * x[i + 2];
      x[i] /= f.pivots[array_size(i)];
    }
  }

  /// The largest entry, or 1 where all are 0.
  double scale() const {
    const double largest =
        larger(diagonal_.lpNorm<Eigen::Infinity>(), off_diagonal_.lpNorm<Eigen::Infinity>());
    return largest > 0 ? largest : 1.0;
  }

  /// Three iterations: one finds the direction, the second takes the rest out of it, the third is for those
  /// that the others of a cluster have taken most of the first from.
  void find_eigenvector(double value, MatrixView<const double> found, Random& random, double* vector) const {
    const Factors f = factors(value);
    VectorMap x(vector, size_);
    for (Index i = 0; i < size_; ++i) x[i] = random.normal();
    for (int iteration = 0; iteration < 3; ++iteration) {
      solve(f, x);
      x /= x.cwiseAbs().maxCoeff();
      take_out(found, vector);
      x /= norm(vector, size_);
    }
  }

  TridiagonalQr in_units() const { return {diagonal_ / scale(), off_diagonal_ / scale()}; }

  /// Applies all reflections to the columns of x.
  void reflect(Matrix<double>& x) const {
    for (Index first = 1; first < size_; first += block) reflect(first, smaller(first + block, size_), x);
  }

  /// Applies the reflections first ... last - 1, in this order, to the columns of x: I - V' S V for a lower
  /// triangular S (Schreiber and Van Loan, SIAM J. Sci. Stat. Comput. 10, 1989).
  void reflect(Index first, Index last, Matrix<double>& x) const {
    const Index count = last - first, cols = x.cols();
    Matrix<double> s = Matrix<double>::Zero(count, count);
    Vector<double> inner(count);
    for (Index k = 0; k < count; ++k) {
      const double scale = scales_[first + k];
      for (Index before = 0; before < k; ++before)
        inner[before] = -scale * dot(rows_.row(first + k).data(), rows_.row(first + before).data(), last - 1);
      add_combination(corner(s, k, k), {inner.data(), k, 1}, s.row(k).data());
      s(k, k) = scale;
    }
    const int workers = worker_count(operations(count, last, cols));
    Matrix<double> along = Matrix<double>::Zero(count, cols);
    const MatrixView<const double> rows = thrum::view(rows_).middle_rows(first, count);
    add_products(factor(rows.transposed()), factor(thrum::view(x)), last - 1, thrum::view(along), false,
                 workers);
    const Matrix<double> away = product(s, -along);
    add_products(factor(rows), factor(thrum::view(away)), count, thrum::view(x).middle_rows(0, last - 1),
                 false, workers);
  }

  Index size_;
  Matrix<double> rows_;  // of row i, reflection i in the first i entries, and zeros
  Vector<double> diagonal_, off_diagonal_, scales_;  // off_diagonal_[i] lies between i - 1 and i
};

/// All eigenvalues and eigenvectors of a symmetric matrix, of which the lower triangle is read. O(n^3).
inline Eigenpairs all_eigenpairs(Matrix<double>&& a) {
  const double largest = a.cwiseAbs().maxCoeff(), unit = largest > 0 ? largest : 1.0;
  a /= unit;  // so that no square leaves the range
  Eigenpairs pairs = Tridiagonal(std::move(a)).eigenpairs();
  pairs.values *= unit;
  return pairs;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_LEADING_EIGENVECTORS_HPP
