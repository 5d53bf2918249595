#ifndef THRUM_HOST_PRODUCTS_HPP
#define THRUM_HOST_PRODUCTS_HPP

#include <type_traits>
#include <vector>

#include "thrum/core/column_sums.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/function_ref.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/product_table.hpp"

// Products of matrices on the vector kernels. Lanes run across the entries of the result; every entry is
// summed in the order of its terms, whatever the number of threads.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// A matrix k x m of any strides as a factor of products that are summed over its rows.
template <typename Scalar>
inline Factor<typename std::remove_const<Scalar>::type> factor(MatrixView<Scalar> x) {
  return {x.data, x.row_stride, x.col_stride, false};
}

/// Tiles as a factor, of which `tiled_size` values hold as many columns and most_product_steps rows.
template <typename Scalar>
inline Factor<Scalar> tiled_factor(const Scalar* tiles) {
  return {tiles, product_kernels<Scalar>().tile_columns, 1, true};
}
constexpr Index tiled_size(Index columns) {
  return most_product_steps * rounded_up(columns, tile_column_multiple);
}

/// Blocks of rows that a result is computed in.
constexpr Index blocks_of_products(Index rows) { return (rows + product_block - 1) / product_block; }

/// Where part number `part` of a lower triangle begins: rows of which each part has about as many entries.
inline Index triangle_part_begin(Index part, Index parts, Index size) {
  if (part == parts) return size;
  const double share = square_root(static_cast<double>(part) / static_cast<double>(parts));
  return static_cast<Index>(share * static_cast<double>(size)) / 4 * 4;
}

namespace detail {

/// The rows of a result that are block number `number` of products over all steps.
template <typename Scalar, typename Sum>
inline void add_block_of_products(Factor<Scalar> a, Factor<Scalar> b, Index steps, MatrixView<Sum> result,
                                  bool lower, Index number) {
  const auto add = [] {
    if constexpr (sizeof(Scalar) == sizeof(Sum))
      return product_kernels<Scalar>().add_products;
    else
      return product_kernels<Scalar>().add_wide_products;
  }();
  const Index first = number * product_block, last = smaller(first + product_block, result.rows);
  const Index cols = lower ? smaller(result.cols, last) : result.cols;
  for (Index k = 0, count = 0; k < steps; k += count) {
    count = steps - k <= most_product_steps ? steps - k : features_per_partial_sum;
    add({a.from(k), b.from(k), count, first, last, cols, result.data, result.row_stride, lower});
  }
}

/// Calls add(block) for all blocks of rows of a result; of a triangle the longest rows first.
inline void for_each_product_block(Index rows, int workers, FunctionRef<void(Index)> add) {
  const Index blocks = blocks_of_products(rows);
  parallel_for(blocks, workers, [&](Index number, int) { add(blocks - 1 - number); });
}

}  // namespace detail

/// result += a' b, summed over k = 0 ... steps - 1, where a has a column for each row of the result and b one
/// for each of its columns; rows of the result, and of b unless it is tiled, are contiguous. Of a `lower`
/// result only entries on and below the diagonal are certain to be computed. O(k m n); allocates nothing.
template <typename Scalar, typename Sum>
inline void add_products(Factor<Scalar> a, Factor<Scalar> b, Index steps, MatrixView<Sum> result, bool lower,
                         int workers) {
  detail::for_each_product_block(result.rows, workers, [&](Index block) {
    detail::add_block_of_products(a, b, steps, result, lower, block);
  });
}

/// The same of a result of few rows, columns of which the threads share in; b is not tiled.
template <typename Scalar>
inline void add_products_by_columns(Factor<Scalar> a, Factor<Scalar> b, Index steps,
                                    MatrixView<Scalar> result, int workers) {
  constexpr Index columns_at_once = 2 * tile_column_multiple;
  parallel_for((result.cols + columns_at_once - 1) / columns_at_once, workers, [&](Index number, int) {
    const Index first = number * columns_at_once, columns = smaller(columns_at_once, result.cols - first);
    add_products<Scalar, Scalar>(a, {b.data + first * b.stride, b.step, b.stride, false}, steps,
                                 {&result(0, first), result.rows, columns, result.row_stride, 1}, false, 1);
  });
}

/// A matrix as it is multiplied with itself.
template <typename Scalar>
struct OwnFactor {
  Factor<Scalar> columns;
  Index steps;
};

/// The same of several matrices, each with itself, in their order; on and below the diagonal. The threads
/// meet once for all of them.
template <typename Scalar>
inline void add_own_products(const std::vector<OwnFactor<Scalar>>& factors, MatrixView<double> result,
                             int workers) {
  detail::for_each_product_block(result.rows, workers, [&](Index block) {
    for (const OwnFactor<Scalar>& factor : factors)
      detail::add_block_of_products(factor.columns, factor.columns, factor.steps, result, true, block);
  });
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_PRODUCTS_HPP
