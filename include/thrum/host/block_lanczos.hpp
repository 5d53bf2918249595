#ifndef THRUM_HOST_BLOCK_LANCZOS_HPP
#define THRUM_HOST_BLOCK_LANCZOS_HPP

#include <Eigen/Core>
#include <cmath>
#include <utility>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/dense.hpp"
#include "thrum/host/leading_eigenvectors.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/packed_triangle.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/positive_definite.hpp"
#include "thrum/host/products.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// A few leading eigenvectors of a large symmetric matrix: block Lanczos with full orthogonalisation (Golub
/// and Underwood, Mathematical Software III, 1977). Its residuals show that eigenvectors were found, but not
/// that none was missed, as some of an eigenvalue of more dimensions than a block has might be: so a Cholesky
/// factorisation of what they leave of the matrix proves it. The same on any number of threads.
class BlockLanczos {
 public:
  /// a: n x n, of which the lower triangle is read; must outlive this. wanted: how many eigenvectors.
  BlockLanczos(const Matrix<double>& a, Index wanted)
      : a_(a),
        wanted_(wanted),
        basis_(uninitialized<double>(a.rows() / 3 / block * block, a.rows())),
        projected_(zeros(basis_.rows(), basis_.rows())),
        next_(block, a.rows()),
        coupling_(block, block) {}

  /// Whether it is likely to take less time than a tridiagonalisation.
  static constexpr bool suits(Index size, Index wanted) { return size >= 1024 && 48 * wanted <= size; }

  /// The leading ones; nothing if they take a basis of more than n / 3 vectors or the proof fails.
  /// tolerance: of the residuals, as a share of the largest eigenvalue. Of 1e-8 and more, residuals are those
  /// of the matrix rounded to float, and the proof is in float. O(n^2 k) for a basis of k vectors, and n^3 /
  /// 3 for the proof; allocates a matrix and a half.
  Eigenpairs leading(double tolerance) {
    return tolerance >= 1e-8 ? leading_by<float>(tolerance, 1e-6) : leading_by<double>(tolerance, 1e-10);
  }

 private:
  static constexpr Index block = 8;

  /// margin: what the proof resolves, as a share of the largest eigenvalue.
  template <typename Stored>
  Eigenpairs leading_by(double tolerance, double margin) {
    const PackedTriangle<Stored> triangle(a_);
    begin();
    Index check = rounded_up(2 * wanted_ + 8 * block, block), checked = 0;
    double residual = 1;
    if (check > basis_.rows()) return {};
    while (count_ < basis_.rows()) {
      while (count_ < check) advance(triangle);
      const Tridiagonal tridiagonal(Matrix<double>(projected_.topLeftCorner(count_, count_)));
      const Vector<double> values = tridiagonal.leading_eigenvalues(wanted_);
      const Matrix<double> combinations = tridiagonal.eigenvectors(values);
      const double before = residual;
      residual = largest_residual(combinations) / values[0];
      if (!(residual > tolerance)) return proven<Stored>({values, in_basis(combinations)}, margin);
      const Index done = std::exchange(checked, count_);
      check = smaller(expected(done, before, residual, tolerance), basis_.rows());
    }
    return {};
  }

  void begin() {
    for (double& entry : next_.reshaped()) entry = random_.normal();
    orthonormalize();
  }

  /// Takes the next block into the basis and makes another of the matrix times it.
  template <typename Stored>
  void advance(const PackedTriangle<Stored>& triangle) {
    const Index first = count_;
    basis_.middleRows(first, block) = next_;
    count_ += block;
    next_ = triangle.times(next_);
    largest_ = larger(largest_, largest_row(next_));
    const Index near = larger(Index{0}, first - block);  // in theory all others are orthogonal already
    take_out(near);
    take_out(0);
    orthonormalize();
  }

  /// Makes the next block orthogonal to the basis from vector `first` on; what was along it is that of the
  /// matrix, in the basis.
  void take_out(Index first) {
    const MatrixView<const double> basis = part_of_basis(first);
    const int workers = worker_count(operations(basis.rows, basis.cols, block));
    const Matrix<double> columns = next_.transpose();
    Matrix<double> along = Matrix<double>::Zero(basis.rows, block);
    add_products(factor(basis.transposed()), factor(thrum::view(columns)), basis.cols, thrum::view(along),
                 false, workers);
    projected_.block(count_ - block, first, block, basis.rows) += along.transpose();
    along = -along;
    add_products_by_columns(factor(thrum::view(std::as_const(along))), factor(basis), basis.rows,
                            thrum::view(next_), workers);
  }

  MatrixView<const double> part_of_basis(Index first) const {
    return thrum::view(basis_).middle_rows(first, count_ - first);
  }

  /// Gram and Schmidt's, twice. What is nothing but rounding noise gives way to a random direction: the basis
  /// is then complete under the matrix, but more dimensions of an eigenvalue may lie outside.
  void orthonormalize() {
    coupling_.setZero();
    for (Index c = 0; c < block; ++c) {
      const MatrixView<const double> before = thrum::view(std::as_const(next_)).middle_rows(0, c);
      VectorMap row(next_.row(c).data(), a_.rows());
      Vector<double> along = Vector<double>::Zero(block);
      host::take_out(before, row.data(), along.data());
      const double rest = norm(row.data(), row.size());
      if (rest > static_cast<double>(a_.rows()) * ScalarTraits<double>::epsilon() * largest_) {
        along[c] = rest;
        coupling_.col(c) = along;
        row /= rest;
        continue;
      }
      coupling_.col(c) = along;
      for (double& entry : row) entry = random_.normal();
      for (int pass = 0; pass < 2; ++pass) {
        host::take_out(part_of_basis(0), row.data());
        host::take_out(before, row.data());
        row /= norm(row.data(), row.size());
      }
    }
  }

  static double largest_row(const Matrix<double>& x) {
    double largest = 0;
    for (Index r = 0; r < x.rows(); ++r) largest = larger(largest, norm(x.row(r).data(), x.cols()));
    return largest;
  }

  /// Of combinations of the basis, of which all but the last block meet no more of the matrix than the basis.
  double largest_residual(const Matrix<double>& combinations) const {
    return largest_row(product(coupling_, combinations.bottomRows(block)).transpose());
  }

  /// The size of basis at which residuals that fall as they did since the last check are small enough.
  Index expected(Index done, double before, double residual, double tolerance) const {
    const double rate = std::log(before / residual) / static_cast<double>(count_ - done);
    const double more = std::log(residual / tolerance) / rate;
    const Index least = count_ + 2 * block, most = count_ + larger(4 * block, count_ / 2);
    if (!(more > 0 && more < static_cast<double>(most - count_))) return rounded_up(most, block);
    return larger(least, rounded_up(count_ + static_cast<Index>(more), block));
  }

  Matrix<double> in_basis(const Matrix<double>& combinations) const {
    Matrix<double> vectors = Matrix<double>::Zero(a_.rows(), combinations.cols());
    add_products(factor(part_of_basis(0)), factor(thrum::view(combinations)), count_, thrum::view(vectors),
                 false, worker_count(operations(a_.rows(), count_, vectors.cols())));
    return vectors;
  }

  /// The pairs, if the matrix has no other eigenvalue that is larger than theirs by a share of the largest.
  template <typename Stored>
  Eigenpairs proven(Eigenpairs&& pairs, double margin) const {
    return is_positive_definite(shares_of_rest<Stored>(pairs, margin)) ? std::move(pairs) : Eigenpairs{};
  }

  /// What the last value and a margin exceed the rest of the matrix by, as shares of the largest value: on
  /// and below the diagonal.
  template <typename Scalar>
  Matrix<Scalar> shares_of_rest(const Eigenpairs& pairs, double margin) const {
    const Index n = a_.rows();
    const double largest = pairs.values[0], bound = pairs.values[wanted_ - 1] + margin * largest;
    const Matrix<double> scaled = pairs.vectors * pairs.values.asDiagonal();
    const Matrix<double> along = pairs.vectors.transpose();
    Matrix<Scalar> shares = uninitialized<Scalar>(n, n);
    const int workers = worker_count(operations(n, n, wanted_));
    const AlignedArray<double> scratch(workers * product_block * n);
    parallel_for(blocks_of_products(n), workers, [&](Index number, int worker) {
      const Index first = number * product_block, rows = smaller(product_block, n - first);
      const Index cols = first + rows;
      const MatrixView<double> rest{scratch.data() + worker * product_block * n, rows, cols, n, 1};
      for (Index i = 0; i < rows; ++i) {
        VectorMap(&rest(i, 0), cols) = -ConstVectorMap(&a_(first + i, 0), cols);
        rest(i, first + i) += bound;
      }
      add_products(factor(thrum::view(scaled).middle_rows(first, rows).transposed()),
                   factor(thrum::view(along)), wanted_, rest, false, 1);
      for (Index i = 0; i < rows; ++i)
        shares.row(first + i).head(cols) =
            (ConstVectorMap(&rest(i, 0), cols) / absolute(largest)).template cast<Scalar>();
    });
    return shares;
  }

  const Matrix<double>& a_;
  Index wanted_, count_ = 0;
  Matrix<double> basis_;      // count_ x n of most x n, orthonormal
  Matrix<double> projected_;  // the matrix in the basis, on and below the diagonal
  Matrix<double> next_;       // block x n, orthonormal and orthogonal to the basis
  Matrix<double> coupling_;   // what the matrix takes the basis's last block to, along the next one
  double largest_ = 0;  // norm of a row of the matrix times a block: about its largest eigenvalue at most
  Random random_{1};
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_BLOCK_LANCZOS_HPP
