#ifndef THRUM_HOST_PROJECTIONS_HPP
#define THRUM_HOST_PROJECTIONS_HPP

#include "thrum/algorithm/projection.hpp"
#include "thrum/core/column_sums.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/product_table.hpp"
#include "thrum/host/products.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

namespace detail {

/// A basis, d x p, as the factors of products over some features at a time; in tiles, or as it lies.
template <typename Scalar>
class BasisFactors {
 public:
  BasisFactors(const Scalar* basis, Index d, Index p, bool tiled)
      : basis_(basis), features_(d), components_(p) {
    if (!tiled) return;
    size_ = tiled_size(p);
    tiles_ = AlignedArray<Scalar>(parts() * size_, Scalar(0));
    const Index width = product_kernels<Scalar>().tile_columns;
    for (Index part = 0; part < parts(); ++part)
      for (Index f = 0; f < count(part); ++f)
        for (Index c = 0; c < p; ++c)
          tiles_[part * size_ + c / width * most_product_steps * width + f * width + c % width] =
              basis[(first(part) + f) * p + c];
  }

  Index parts() const { return (features_ + features_per_partial_sum - 1) / features_per_partial_sum; }
  static Index first(Index part) { return part * features_per_partial_sum; }
  Index count(Index part) const { return smaller(features_per_partial_sum, features_ - first(part)); }
  Factor<Scalar> factor(Index part) const {
    if (size_ > 0) return tiled_factor<Scalar>(tiles_.data() + part * size_);
    return {basis_ + first(part) * components_, components_, 1, false};
  }

 private:
  const Scalar* basis_;
  Index features_, components_, size_ = 0;
  AlignedArray<Scalar> tiles_;
};

}  // namespace detail

/// `project` of all rows of x, n x d, into z, n x p, with its bits: each sum is taken in the order of the
/// features, in float for floats. O(n d p); allocates d x p and some rows a thread.
template <typename Scalar>
inline void project_rows(const ProjectionModel<Scalar>& model, MatrixView<const Scalar> x,
                         MatrixView<Scalar> z) {
  constexpr Index at_once = product_block;
  const bool many = x.rows >= 4 * at_once;  // tiles pay
  const detail::BasisFactors<Scalar> basis(model.basis, x.cols, z.cols, many);
  const Index stride = rounded_up(basis.count(0), panel_row_multiple);
  const Index result_stride = rounded_up(z.cols, panel_row_multiple);
  const int workers = worker_count(operations(x.rows, x.cols, z.cols));
  const Index memory = at_once * (2 * stride + result_stride);
  const AlignedArray<Scalar> scratch(workers * memory);
  parallel_for((x.rows + at_once - 1) / at_once, workers, [&](Index block, int worker) {
    Scalar* const copied = scratch.data() + worker * memory;
    Scalar* const centered = copied + at_once * stride;
    Scalar* const sums = centered + at_once * stride;
    const Index first = block * at_once, count = smaller(at_once, x.rows - first);
    const bool direct = z.col_stride == 1;
    const MatrixView<Scalar> result =
        direct ? z.middle_rows(first, count) : MatrixView<Scalar>{sums, count, z.cols, result_stride, 1};
    for (Index part = 0; part < basis.parts(); ++part) {
      const Index f = basis.first(part), features = basis.count(part);
      MatrixView<const Scalar> rows{&x(first, f), count, features, x.row_stride, x.col_stride};
      if (rows.col_stride != 1) {
        panel_kernels<Scalar>().load_rows(rows.transposed(), features, copied, stride);
        rows = {copied, count, features, stride, 1};
      }
      product_kernels<Scalar>().center_rows(rows, model.mean + f, centered, stride);
      product_kernels<Scalar>().add_products({{centered, 1, stride, false},
                                              basis.factor(part),
                                              features,
                                              0,
                                              count,
                                              z.cols,
                                              result.data,
                                              result.row_stride,
                                              false,
                                              part == 0});
    }
    for (Index i = 0; i < count && !direct; ++i)
      for (Index c = 0; c < z.cols; ++c) z(first + i, c) = result(i, c);
  });
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_PROJECTIONS_HPP
