#ifndef THRUM_HOST_GRAM_HPP
#define THRUM_HOST_GRAM_HPP

#include <Eigen/Core>
#include <type_traits>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/products.hpp"
#include "thrum/host/products_of_samples.hpp"
#include "thrum/input.hpp"

// The other side of the covariance of few samples of many features: of X less its mean, n x d, X X' instead
// of X' X.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

namespace detail {

/// Deviations of contiguous rows, rounded to the type that products are taken in, as a tiled factor.
template <typename Scalar, typename Product>
inline void take_deviations(MatrixView<const Scalar> x, RowMeans means, Product* tiles) {
  if constexpr (std::is_same<Scalar, Product>::value)
    product_kernels<Scalar>().deviations(x, means, tiles);
  else
    product_kernels<Scalar>().wide_deviations(x, means, tiles);
}

/// By blocks of features, which are transposed: products are summed over what lies below each other. Several
/// blocks are loaded before they are multiplied, so that threads seldom wait for each other.
template <typename Product, typename Scalar>
inline void add_gram(MatrixView<const Scalar> x, const Vector<double>& mean, Matrix<double>& gram) {
  constexpr Index rows_at_once = tile_column_multiple;
  const int workers = worker_count(operations(x.rows, x.rows, x.cols));
  const Index size = tiled_size(x.rows), bytes = size * static_cast<Index>(sizeof(Product));
  const Index blocks = (x.cols + rows_per_chunk - 1) / rows_per_chunk;
  const Index at_once = larger(Index{1}, smaller(blocks, (Index{1} << 24) / bytes));
  const Index row_blocks = (x.rows + rows_at_once - 1) / rows_at_once;
  const AlignedArray<Scalar> panels(workers * rows_per_chunk * rows_at_once);
  const AlignedArray<Product> centered(at_once * size, Product(0));
  std::vector<OwnFactor<Product>> factors;
  for (Index begin = 0; begin < blocks; begin += at_once) {
    const Index count = smaller(at_once, blocks - begin);
    factors.clear();
    for (Index i = 0; i < count; ++i)
      factors.push_back({tiled_factor<Product>(centered.data() + i * size),
                         smaller(rows_per_chunk, x.cols - (begin + i) * rows_per_chunk)});
    parallel_for(count * row_blocks, workers, [&](Index task, int worker) {
      const Index i = task / row_blocks, first = task % row_blocks * rows_at_once;
      const Index f = (begin + i) * rows_per_chunk, features = factors[array_size(i)].steps;
      const Index rows = smaller(rows_at_once, x.rows - first);
      Scalar* const panel = panels.data() + worker * rows_per_chunk * rows_at_once;
      panel_kernels<Scalar>().load_rows(
          {x.data + first * x.row_stride + f * x.col_stride, rows, features, x.row_stride, x.col_stride},
          rows, panel, rows_at_once);
      take_deviations<Scalar, Product>({panel, features, rows, rows_at_once, 1},
                                       {nullptr, mean.data() + f, nullptr},
                                       centered.data() + i * size + first * most_product_steps);
    });
    add_own_products(factors, thrum::view(gram), workers);
  }
}

/// By blocks of features and chunks of rows.
template <typename Product, typename Scalar>
inline void add_combinations(MatrixView<const Scalar> x, const Vector<double>& mean,
                             const Matrix<double>& factors, Matrix<double>& sums) {
  constexpr Index features_at_once = 256;
  const int workers = worker_count(operations(x.rows, x.cols, factors.cols()));
  const Matrix<Product> rounded = factors.template cast<Product>();
  parallel_for((x.cols + features_at_once - 1) / features_at_once, workers, [&](Index block, int) {
    const Index f = block * features_at_once, features = smaller(features_at_once, x.cols - f);
    const Index stride = rounded_up(features, panel_row_multiple);
    const AlignedArray<Scalar> copied(rows_per_chunk * stride);
    const AlignedArray<Product> centered(tiled_size(features), Product(0));
    for (Index first = 0; first < x.rows; first += rows_per_chunk) {
      const Index rows = smaller(rows_per_chunk, x.rows - first);
      MatrixView<const Scalar> part{x.data + first * x.row_stride + f * x.col_stride, rows, features,
                                    x.row_stride, x.col_stride};
      if (part.col_stride != 1) {
        panel_kernels<Scalar>().load_rows(part.transposed(), features, copied.data(), stride);
        part = {copied.data(), rows, features, stride, 1};
      }
      take_deviations<Scalar, Product>(part, {mean.data() + f, nullptr, nullptr}, centered.data());
      add_products<Product, double>(factor(thrum::view(rounded).middle_rows(first, rows)),
                                    tiled_factor<Product>(centered.data()), rows,
                                    {sums.data() + f, sums.rows(), features, sums.cols(), 1}, false, 1);
    }
  });
}

/// Calls call(Product()) with the type in which products of samples, n x d, are taken.
template <typename Scalar, typename Call>
inline void with_product_type(MatrixView<const Scalar> x, Call call) {
  if (float_products<Scalar>(x.rows, x.cols))
    call(Scalar());
  else
    call(double());
}

}  // namespace detail

/// Products of all pairs of samples less the mean: n x n, of which the lower triangle counts. O(n^2 d).
template <typename Scalar>
inline Matrix<double> gram_matrix(MatrixView<const Scalar> x, const Vector<double>& mean) {
  Matrix<double> gram = zeros(x.rows, x.rows);
  detail::with_product_type<Scalar>(
      x, [&](auto product) { detail::add_gram<decltype(product)>(x, mean, gram); });
  return gram;
}

/// Sums of the samples less the mean, times factors, n x p: p x d. O(n d p).
template <typename Scalar>
inline Matrix<double> combinations(MatrixView<const Scalar> x, const Vector<double>& mean,
                                   const Matrix<double>& factors) {
  Matrix<double> sums = zeros(factors.cols(), x.cols);
  detail::with_product_type<Scalar>(
      x, [&](auto product) { detail::add_combinations<decltype(product)>(x, mean, factors, sums); });
  return sums;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_GRAM_HPP
