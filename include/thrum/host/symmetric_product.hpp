#ifndef THRUM_HOST_SYMMETRIC_PRODUCT_HPP
#define THRUM_HOST_SYMMETRIC_PRODUCT_HPP

#include <Eigen/Core>
#include <utility>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/products.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Where part number `part` of a lower triangle begins: rows of which each part has about as many entries.
inline Index triangle_part_begin(Index part, Index parts, Index size) {
  if (part == parts) return size;
  const double share = square_root(static_cast<double>(part) / static_cast<double>(parts));
  return static_cast<Index>(share * static_cast<double>(size)) / 4 * 4;
}

namespace detail {

/// sums += what rows first ... last - 1 of the triangle, and their transpose, take x to.
inline void add_symmetric_rows(const Matrix<double>& lower, Index first, Index last, const Matrix<double>& x,
                               Matrix<double>& sums) {
  constexpr Index columns_at_once = 256;  // a block is in the second cache still when it is transposed
  const Index rows = last - first, stride = lower.cols();
  const auto add = [&](Factor<double> block, Index steps, Index from, Index to, Index count) {
    product_kernels<double>().add_products({block, factor(thrum::view(x)).from(from), steps, 0, count,
                                            x.cols(), &sums(to, 0), sums.cols(), false});
  };
  for (Index column = 0; column < first; column += columns_at_once) {
    const Index columns = smaller(columns_at_once, first - column);
    const double* const block = &lower(first, column);
    add({block, 1, stride, false}, columns, column, first, rows);
    add({block, stride, 1, false}, rows, first, column, columns);
  }
  Matrix<double> corner = lower.block(first, first, rows, rows);
  for (Index i = 0; i < rows; ++i)
    for (Index j = i + 1; j < rows; ++j) corner(i, j) = corner(j, i);
  add(factor(thrum::view(corner)), rows, first, first, rows);
}

}  // namespace detail

/// A symmetric matrix, n x n, of which the lower triangle is read, once, times x, n x m. The same on any
/// number of threads. O(n^2 m); allocates 4 n m.
inline Matrix<double> symmetric_product(const Matrix<double>& lower, const Matrix<double>& x) {
  constexpr Index parts = 4;  // each by one thread alone, with sums of its own
  const Index n = lower.rows();
  std::vector<Matrix<double>> sums(array_size(parts), Matrix<double>::Zero(n, x.cols()));
  parallel_for(parts, worker_count(operations(n, n, x.cols())), [&](Index part, int) {
    const Index end = triangle_part_begin(part + 1, parts, n);
    for (Index first = triangle_part_begin(part, parts, n), last = 0; first < end; first = last) {
      last = smaller(first + product_block, end);
      detail::add_symmetric_rows(lower, first, last, x, sums[array_size(part)]);
    }
  });
  for (Index part = 1; part < parts; ++part) sums[0] += sums[array_size(part)];
  return std::move(sums[0]);
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_SYMMETRIC_PRODUCT_HPP
