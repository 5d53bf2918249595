#ifndef THRUM_HOST_PROJECTIONS_HPP
#define THRUM_HOST_PROJECTIONS_HPP

#include "thrum/algorithm/projection.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/products.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// `project` of all rows of x, n x d, into z, n x p, with its bits: each sum is taken in the order of the
/// features, in float for floats. O(n d p); allocates some rows a thread.
template <typename Scalar>
inline void project_rows(const ProjectionModel<Scalar>& model, MatrixView<const Scalar> x,
                         MatrixView<Scalar> z) {
  const Index d = x.cols, p = z.cols;
  const Index at_once = larger(Index{6}, smaller(product_block, Index{8192} / d / 6 * 6));
  const Index stride = rounded_up(d, panel_row_multiple), result_stride = rounded_up(p, panel_row_multiple);
  const int workers = worker_count(operations(x.rows, d, p));
  const Index memory = at_once * (2 * stride + result_stride);
  const AlignedArray<Scalar> scratch(workers * memory);
  parallel_for((x.rows + at_once - 1) / at_once, workers, [&](Index block, int worker) {
    Scalar* const copied = scratch.data() + worker * memory;
    Scalar* const centered = copied + at_once * stride;
    Scalar* const sums = centered + at_once * stride;
    const Index first = block * at_once, count = smaller(at_once, x.rows - first);
    MatrixView<const Scalar> rows = x.middle_rows(first, count);
    if (rows.col_stride != 1) {
      for (Index i = 0; i < count; ++i)
        for (Index f = 0; f < d; ++f) copied[i * stride + f] = rows(i, f);
      rows = {copied, count, d, stride, 1};
    }
    kernels<Scalar>().center_rows(rows, model.mean, centered, stride);
    const bool direct = z.col_stride == 1;
    const MatrixView<Scalar> result =
        direct ? z.middle_rows(first, count) : MatrixView<Scalar>{sums, count, p, result_stride, 1};
    for (Index i = 0; i < count; ++i)
      for (Index c = 0; c < p; ++c) result(i, c) = 0;
    add_products<Scalar, Scalar>({centered, 1, stride, false}, {model.basis, p, 1, false}, d, result, false,
                                 1);
    for (Index i = 0; i < count && !direct; ++i)
      for (Index c = 0; c < p; ++c) z(first + i, c) = result(i, c);
  });
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_PROJECTIONS_HPP
