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
#include "thrum/host/parallel.hpp"
#include "thrum/host/positive_definite.hpp"
#include "thrum/host/products.hpp"
#include "thrum/host/symmetric_product.hpp"
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
        basis_(uninitialized<double>(a.rows(), a.rows() / 3 / block * block)),
        projected_(zeros(basis_.cols(), basis_.cols())),
        next_(a.rows(), block),
        coupling_(block, block) {}

  /// Whether it is likely to take less time than a tridiagonalisation.
  static constexpr bool suits(Index size, Index wanted) { return size >= 1024 && 48 * wanted <= size; }

  /// The leading ones; nothing if they take a basis of more than n / 3 vectors or the proof fails.
  /// tolerance: of the residuals, as a share of the largest eigenvalue. Of 1e-8 and more, the proof is in
  /// float. O(n^2 k) for a basis of k vectors, and n^3 / 3 for the proof, which allocates another n x n.
  Eigenpairs leading(double tolerance) {
    begin();
    Index check = rounded_up(2 * wanted_ + 8 * block, block), checked = 0;
    double residual = 1;
    while (check <= basis_.cols()) {
      while (count_ < check) advance();
      const Tridiagonal tridiagonal(Matrix<double>(projected_.topLeftCorner(count_, count_)));
      const Vector<double> values = tridiagonal.leading_eigenvalues(wanted_);
      const Matrix<double> combinations = tridiagonal.eigenvectors(values);
      const double before = residual;
      residual = largest_residual(combinations) / values[0];
      if (!(residual > tolerance)) return proven({values, in_basis(combinations)}, tolerance);
      const Index done = std::exchange(checked, count_);
      check = expected(done, before, residual, tolerance);
    }
    return {};
  }

 private:
  static constexpr Index block = 8;

  void begin() {
    for (double& entry : next_.reshaped()) entry = random_.normal();
    orthonormalize();
  }

  /// Takes the next block into the basis and makes another of the matrix times it.
  void advance() {
    const Index first = count_;
    basis_.middleCols(first, block) = next_;
    count_ += block;
    next_ = symmetric_product(a_, next_);
    largest_ = larger(largest_, largest_column(next_));
    const Index near = larger(Index{0}, first - block);  // in theory all others are orthogonal already
    take_out(near);
    take_out(0);
    orthonormalize();
  }

  /// Makes the next block orthogonal to the basis from column `first` on; what was along it is that of the
  /// matrix, in the basis.
  void take_out(Index first) {
    const Index columns = count_ - first;
    const MatrixView<const double> basis = part_of_basis(first);
    const int workers = worker_count(operations(a_.rows(), columns, block));
    Matrix<double> along = Matrix<double>::Zero(columns, block);
    add_products(factor(basis), factor(thrum::view(std::as_const(next_))), a_.rows(), thrum::view(along),
                 false, workers);
    projected_.block(count_ - block, first, block, columns) += along.transpose();
    along = -along;
    add_products(factor(basis.transposed()), factor(thrum::view(std::as_const(along))), columns,
                 thrum::view(next_), false, workers);
  }

  MatrixView<const double> part_of_basis(Index first) const {
    return {basis_.data() + first, a_.rows(), count_ - first, basis_.cols(), 1};
  }

  /// Gram and Schmidt's, twice. What is nothing but rounding noise gives way to a random direction: the basis
  /// is then complete under the matrix, but more dimensions of an eigenvalue may lie outside.
  void orthonormalize() {
    Matrix<double> rows = next_.transpose();
    coupling_.setZero();
    for (Index c = 0; c < block; ++c) {
      const MatrixView<const double> before = thrum::view(std::as_const(rows)).middle_rows(0, c);
      VectorMap row(rows.row(c).data(), a_.rows());
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
      const Matrix<double> basis = basis_.leftCols(count_).transpose();
      for (int pass = 0; pass < 2; ++pass) {
        host::take_out(thrum::view(basis), row.data());
        host::take_out(before, row.data());
        row /= norm(row.data(), row.size());
      }
    }
    next_ = rows.transpose();
  }

  static double largest_column(const Matrix<double>& x) {
    const Matrix<double> columns = x.transpose();
    double largest = 0;
    for (Index c = 0; c < x.cols(); ++c) largest = larger(largest, norm(columns.row(c).data(), x.rows()));
    return largest;
  }

  /// Of combinations of the basis, of which all but the last block meet no more of the matrix than the basis.
  double largest_residual(const Matrix<double>& combinations) const {
    return largest_column(product(coupling_, combinations.bottomRows(block)));
  }

  /// The size of basis at which residuals that fall as they did since the last check are small enough.
  Index expected(Index done, double before, double residual, double tolerance) const {
    const double rate = std::log(before / residual) / static_cast<double>(count_ - done);
    const double more = std::log(residual / tolerance) / rate;
    const Index least = count_ + 2 * block, most = count_ + larger(4 * block, count_ / 4);
    if (!(more > 0 && more < static_cast<double>(most - count_))) return rounded_up(most, block);
    return larger(least, rounded_up(count_ + static_cast<Index>(more), block));
  }

  Matrix<double> in_basis(const Matrix<double>& combinations) const {
    Matrix<double> vectors = Matrix<double>::Zero(a_.rows(), combinations.cols());
    add_products(factor(part_of_basis(0).transposed()), factor(thrum::view(combinations)), count_,
                 thrum::view(vectors), false, worker_count(operations(a_.rows(), count_, vectors.cols())));
    return vectors;
  }

  /// The pairs, if the matrix has no other eigenvalue that is larger than theirs by 1e-10 of the largest, or
  /// by 1e-6: what float resolves.
  Eigenpairs proven(Eigenpairs&& pairs, double tolerance) const {
    const bool proven = tolerance >= 1e-8 ? is_positive_definite(shares_of_rest<float>(pairs, 1e-6))
                                          : is_positive_definite(shares_of_rest<double>(pairs, 1e-10));
    return proven ? std::move(pairs) : Eigenpairs{};
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
  Matrix<double> basis_;      // n x count_ of n x most
  Matrix<double> projected_;  // the matrix in the basis, on and below the diagonal
  Matrix<double> next_;       // n x block, orthonormal and orthogonal to the basis
  Matrix<double> coupling_;   // what the matrix takes the basis's last block to, along the next one
  double largest_ = 0;        // column of the matrix times a block: about its largest eigenvalue at most
  Random random_{1};
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_BLOCK_LANCZOS_HPP
