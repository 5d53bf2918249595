#ifndef THRUM_HOST_MATRICES_HPP
#define THRUM_HOST_MATRICES_HPP

#include <Eigen/Core>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/huge_pages.hpp"
#include "thrum/input.hpp"

// New matrices: empty ones, copies, and rows picked from others.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// A matrix of no certain entries, or of zeros: a large one on huge pages, which all threads fault in.
template <typename Scalar>
inline Matrix<Scalar> uninitialized(Index rows, Index cols) {
  Matrix<Scalar> matrix(rows, cols);
  prefer_huge_pages(matrix.data(), array_size(matrix.size()) * sizeof(Scalar));
  return matrix;
}
inline Matrix<double> zeros(Index rows, Index cols) {
  Matrix<double> matrix = uninitialized<double>(rows, cols);
  parallel_for(rows, worker_count(operations(rows, cols, 1)), [&](Index i, int) { matrix.row(i).setZero(); });
  return matrix;
}

template <typename Scalar>
inline Matrix<Scalar> copied(MatrixView<const Scalar> x) {
  Matrix<Scalar> copy(x.rows, x.cols);
  for (Index i = 0; i < x.rows; ++i)
    for (Index f = 0; f < x.cols; ++f) copy(i, f) = x(i, f);
  return copy;
}

/// The rows of x with the given numbers.
template <typename Scalar>
inline Matrix<Scalar> rows_of(MatrixView<const Scalar> x, const std::vector<Index>& rows) {
  Matrix<Scalar> picked(static_cast<Index>(rows.size()), x.cols);
  for (Index i = 0; i < picked.rows(); ++i)
    for (Index f = 0; f < x.cols; ++f) picked(i, f) = x(rows[array_size(i)], f);
  return picked;
}

inline std::vector<int> labels_of(const std::vector<int>& labels, const std::vector<Index>& rows) {
  std::vector<int> picked;
  for (const Index row : rows) picked.push_back(labels[array_size(row)]);
  return picked;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_MATRICES_HPP
