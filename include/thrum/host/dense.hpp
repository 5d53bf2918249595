#ifndef THRUM_HOST_DENSE_HPP
#define THRUM_HOST_DENSE_HPP

#include <Eigen/Core>
#include <utility>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/products.hpp"
#include "thrum/input.hpp"

// What the decompositions do with matrices and vectors of double, a function each. As Eigen expressions,
// every one of them would be compiled again for every combination of blocks and transposes that it meets:
// most of the time a compiler spends on a program that uses PCA.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// a b, m x k times k x n, summed in the order of k. O(m k n).
inline Matrix<double> product(MatrixView<const double> a, const Matrix<double>& b) {
  Matrix<double> result = zeros(a.rows, b.cols());
  add_products(factor(a.transposed()), factor(thrum::view(b)), a.cols, thrum::view(result), false,
               worker_count(operations(a.rows, a.cols, b.cols())));
  return result;
}
inline Matrix<double> product(const Matrix<double>& a, const Matrix<double>& b) {
  return product(thrum::view(a), b);
}

/// Vectors in memory that somebody else owns, of which Eigen knows the operations.
using VectorMap = Eigen::Map<Eigen::VectorXd>;
using ConstVectorMap = Eigen::Map<const Eigen::VectorXd>;

inline double dot(const double* a, const double* b, Index size) {
  return ConstVectorMap(a, size).dot(ConstVectorMap(b, size));
}

inline double norm(const double* x, Index size) { return ConstVectorMap(x, size).norm(); }

/// sum += factor x.
inline void add_multiple(double factor, const double* x, double* sum, Index size) {
  VectorMap(sum, size) += factor * ConstVectorMap(x, size);
}

/// sum += the rows times a coefficient each. rows: r x n, contiguous; sum: n values. O(r n).
inline void add_combination(MatrixView<const double> rows, VectorView<const double> coefficients,
                            double* sum) {
  Index r = 0;
  for (; r + 4 <= rows.rows; r += 4) {  // four at once: the sum is loaded and stored less often
    const auto row = [&](Index i) { return ConstVectorMap(rows.row(r + i).data, rows.cols); };
    VectorMap(sum, rows.cols) += coefficients[r] * row(0) + coefficients[r + 1] * row(1) +
                                 coefficients[r + 2] * row(2) + coefficients[r + 3] * row(3);
  }
  for (; r < rows.rows; ++r) add_multiple(coefficients[r], rows.row(r).data, sum, rows.cols);
}

/// Takes out of x what lies along the rows, which are orthonormal: Gram and Schmidt's, twice, which is
/// enough. What lay along them is added to `along`, if that is not null. rows: r x n, contiguous; x: n
/// values. O(r n).
inline void take_out(MatrixView<const double> rows, double* x, double* along = nullptr) {
  for (int pass = 0; pass < 2; ++pass) {
    for (Index r = 0; r < rows.rows; ++r) {
      const double* row = rows.row(r).data;
      const double component = dot(row, x, rows.cols);
      add_multiple(-component, row, x, rows.cols);
      if (along != nullptr) along[r] += component;
    }
  }
}

/// Makes rows orthonormal, one after the other. One that the rows before it nearly account for, of which only
/// rounding noise would be left, gives way to an axis that they do not. rows: r x n, r <= n. O(r^2 n).
inline void orthonormalize(Matrix<double>& rows) {
  const Index n = rows.cols();
  Index axis = 0;
  for (Index r = 0; r < rows.rows(); ++r) {
    double* const row = rows.row(r).data();
    const MatrixView<const double> before = thrum::view(std::as_const(rows)).middle_rows(0, r);
    const double whole = norm(row, n);
    take_out(before, row);
    double rest = norm(row, n);
    bool independent = rest > 4 * ScalarTraits<double>::epsilon() * static_cast<double>(n) * whole;
    for (; !independent; independent = rest > 0.1 / static_cast<double>(n)) {
      VectorMap(row, n).setZero();
      row[axis++] = 1;
      take_out(before, row);
      rest = norm(row, n);
    }
    VectorMap(row, n) /= rest;
  }
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_DENSE_HPP
