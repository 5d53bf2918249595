#ifndef THRUM_HOST_PRODUCTS_OF_SAMPLES_HPP
#define THRUM_HOST_PRODUCTS_OF_SAMPLES_HPP

#include <Eigen/Core>
#include <cstddef>
#include <utility>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/product_moments.hpp"
#include "thrum/host/product_table.hpp"
#include "thrum/host/products.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Sums of products of floats are taken in float, at most 64 at a time and then five of these, where a matrix
/// has at least so many rows, or 16 and sums so long that they take a while: there they are most of the work.
/// Their rounding errors, below 5e-6 of a sum in the worst case, are independent from sum to sum. All else is
/// in double.
constexpr Index least_for_float_products = 128;

template <typename Scalar>
constexpr bool float_products(Index size, Index terms) {
  const bool many = size >= 16 && operations(terms, size, size) >= 2e8;
  return sizeof(Scalar) == sizeof(float) && (size >= least_for_float_products || many);
}

namespace detail {

/// Samples less their mean, times the roots of their weights; and a last row, which is what merging them into
/// others adds.
template <typename Scalar, typename Product>
class CenteredChunk {
 public:
  /// values: tiled_size(features), zeros.
  CenteredChunk(Index features, Product* values)
      : features_(features),
        stride_(rounded_up(features, panel_row_multiple)),
        values_(values),
        mean_(features),
        sums_(features),
        weights_(array_size(rows_per_chunk), 1.0),
        factors_(array_size(rows_per_chunk)) {}

  /// x: up to rows_per_chunk rows, those from `first` on of all.
  void load(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Index first) {
    x = by_rows(x);
    rows_ = x.rows;
    take_weights(weights, first);
    if (!(weight_ > 0)) return;
    for (Index f = 0; f < features_; ++f) mean_[f] = static_cast<double>(x(0, f));
    sums_.setZero();
    panel_kernels<Scalar>().add_deviations(x, weights_.data(), mean_.data(), sums_.data(), nullptr);
    mean_ += sums_ / weight_;
    const RowMeans means{mean_.data(), nullptr, weights.size == 0 ? nullptr : factors_.data()};
    if constexpr (sizeof(Scalar) == sizeof(Product))
      product_kernels<Scalar>().deviations(x, means, values_);
    else
      product_kernels<Scalar>().wide_deviations(x, means, values_);
  }

  /// Joins weight and mean, and leaves the products to be added to those of `view()`.
  void merge_mean(ProductMoments& moments) {
    if (!(weight_ > 0)) return;
    const double total = moments.weight + weight_, share = weight_ / total;
    const double root = square_root(moments.weight * share);
    Product* const last = values_ + rows_ * factor().step;
    for (Index f = 0; f < features_; ++f) {
      const double step = mean_[f] - moments.mean[f];
      last[factor().column(f) - values_] = static_cast<Product>(root * step);
      moments.mean[f] += share * step;
    }
    moments.weight = total;
  }

  /// Whose products are to be added, and how many rows of it: none where nothing has a weight.
  Factor<Product> factor() const { return tiled_factor<Product>(values_); }
  Index rows() const { return weight_ > 0 ? rows_ + 1 : 0; }

 private:
  void take_weights(VectorView<const Scalar> weights, Index first) {
    weight_ = 0;
    for (Index r = 0; r < rows_ && weights.size > 0; ++r) {
      const double weight = static_cast<double>(weights[first + r]);
      weights_[array_size(r)] = weight;
      factors_[array_size(r)] = square_root(weight);
      weight_ += weight;
    }
    if (weights.size == 0) weight_ = static_cast<double>(rows_);
  }

  MatrixView<const Scalar> by_rows(MatrixView<const Scalar> x) {
    if (x.col_stride == 1) return x;
    if (copied_.data() == nullptr) copied_ = AlignedArray<Scalar>(rows_per_chunk * stride_);
    panel_kernels<Scalar>().load_rows(x.transposed(), x.cols, copied_.data(), stride_);
    return {copied_.data(), x.rows, x.cols, stride_, 1};
  }

  Index features_, stride_, rows_ = 0;
  Product* values_;
  AlignedArray<Scalar> copied_;
  double weight_ = 0;
  Eigen::VectorXd mean_, sums_;
  std::vector<double> weights_, factors_;
};

template <typename Scalar>
struct ProductMomentsInput {
  MatrixView<const Scalar> x;
  VectorView<const Scalar> weights;
  RangesOfWorkers<Scalar>* ranges;  ///< to be widened on the way; null where they are known
};

/// Chunks that are loaded before they are multiplied: where all threads share in both, so many that they
/// seldom wait for each other; else so few that they stay in the cache.
inline Index chunks_at_once(Index features, std::size_t bytes_of_product, int workers) {
  if (workers == 1) return features <= least_for_float_products ? 1 : 4;
  const Index bytes = tiled_size(features) * static_cast<Index>(bytes_of_product);
  return larger(Index{1}, smaller(Index{16}, (Index{1} << 24) / bytes));
}

/// Room for some chunks: one stretch of memory, which a worker uses again for its next part.
template <typename Scalar, typename Product>
class ChunkBuffer {
 public:
  bool empty() const { return chunks_.empty(); }

  void allocate(Index chunks, Index features) {
    const Index size = tiled_size(features);
    values_ = AlignedArray<Product>(chunks * size, Product(0));
    for (Index i = 0; i < chunks; ++i) chunks_.emplace_back(features, values_.data() + i * size);
  }

  CenteredChunk<Scalar, Product>& operator[](Index i) { return chunks_[array_size(i)]; }

 private:
  AlignedArray<Product> values_;
  std::vector<CenteredChunk<Scalar, Product>> chunks_;
};

/// Moments of every `step`th chunk from number `first` on, some chunks at a time, so that a large matrix of
/// products is gone through less often.
template <typename Product, typename Scalar>
inline ProductMoments moments_of_chunks(const ProductMomentsInput<Scalar>& input, Index first, Index step,
                                        ChunkBuffer<Scalar, Product>& loaded, int workers, int worker) {
  const MatrixView<const Scalar> x = input.x;
  const Index chunks = (x.rows + rows_per_chunk - 1) / rows_per_chunk;
  const Index at_once = smaller(chunks, chunks_at_once(x.cols, sizeof(Product), workers));
  if (loaded.empty()) loaded.allocate(at_once, x.cols);
  ProductMoments moments{0, Vector<double>::Zero(x.cols), zeros(x.cols, x.cols)};
  std::vector<OwnFactor<Product>> factors(array_size(at_once));
  for (Index chunk = first; chunk < chunks; chunk += at_once * step) {
    const Index count = smaller(at_once, (chunks - chunk + step - 1) / step);
    parallel_for(count, workers, [&](Index i, int inner) {
      const Index begin = (chunk + i * step) * rows_per_chunk;
      const MatrixView<const Scalar> rows = x.middle_rows(begin, smaller(rows_per_chunk, x.rows - begin));
      if (input.ranges != nullptr) input.ranges->widen_by_rows(rows, step * rows_per_chunk, worker + inner);
      loaded[i].load(rows, input.weights, begin);
    });
    factors.resize(array_size(count));
    for (Index i = 0; i < count; ++i) {
      loaded[i].merge_mean(moments);
      factors[array_size(i)] = {loaded[i].factor(), loaded[i].rows()};
    }
    add_own_products(factors, thrum::view(moments.products), workers);
  }
  return moments;
}

/// Parts that the chunks are summed in: so many that a thread seldom needs to wait for another, so few that
/// their matrices are small beside the samples.
constexpr Index moment_parts(Index rows, Index features) {
  if (features <= 128) return partial_sums(rows);
  return features <= 1024 && rows >= 64 * rows_per_chunk ? 4 : 1;
}

/// Each part by one thread, where that leaves none idle; else one after the other by all.
template <typename Product, typename Scalar>
inline ProductMoments product_moments_in(const ProductMomentsInput<Scalar>& input, int workers) {
  const Index parts = moment_parts(input.x.rows, input.x.cols);
  std::vector<ProductMoments> partial(array_size(parts));
  const bool apart = input.x.cols <= 128 || parts % workers == 0;
  std::vector<ChunkBuffer<Scalar, Product>> buffers(array_size(apart ? workers : 1));
  parallel_for(parts, apart ? workers : 1, [&](Index part, int worker) {
    partial[array_size(part)] = moments_of_chunks<Product>(input, part, parts, buffers[array_size(worker)],
                                                           apart ? 1 : workers, worker);
  });
  fold_partial_sums(
      parts, [&](Index into, Index from) { partial[array_size(into)].merge(partial[array_size(from)]); });
  return std::move(partial[0]);
}

}  // namespace detail

/// Moments of the samples x, n x d, n >= 1, and of all pairs of features, in one pass over memory. Refuses
/// what `require_training_data` does. weights: n numbers >= 0, or an empty view for all 1. The same on any
/// number of threads. O(n d^2); allocates d x d, 16 times that up to 128 features, 4 times up to 1024.
template <typename Scalar>
inline ProductMoments product_moments(const char* who, MatrixView<const Scalar> x,
                                      VectorView<const Scalar> weights) {
  thrum::detail::require_not_empty(who, x);
  const int workers = worker_count(operations(x.rows, x.cols, x.cols));
  RangesOfWorkers<Scalar> ranges(workers, x.row(0));
  const bool along = ranges_by_rows(x);
  if (!along) require_finite_spreads(who, x, column_ranges(x));
  const detail::ProductMomentsInput<Scalar> input{x, weights, along ? &ranges : nullptr};
  ProductMoments moments;
  if constexpr (sizeof(Scalar) == sizeof(float)) {
    if (float_products<Scalar>(x.cols, x.rows)) moments = detail::product_moments_in<Scalar>(input, workers);
  }
  if (moments.features() == 0) moments = detail::product_moments_in<double>(input, workers);
  if (along) require_finite_spreads(who, x, ranges.joined());
  return moments;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_PRODUCTS_OF_SAMPLES_HPP
