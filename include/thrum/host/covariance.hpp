#ifndef THRUM_HOST_COVARIANCE_HPP
#define THRUM_HOST_COVARIANCE_HPP

#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/kernel_table.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/parallel.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Sums of products of deviations, in double: lower(i, j), j <= i, is the sum over the rows of x of (x(i) -
/// means[i]) (x(j) - means[j]). The same on any number of threads. lower: d x d, of which the triangle j <= i
/// is written. O(n d^2); allocates up to 32 MB, or d x d where that is more.
template <typename Scalar>
inline void sum_products(MatrixView<const Scalar> x, const double* means, MatrixView<double> lower) {
  constexpr Index most_sums = Index{1} << 22, most_parts = 16;
  constexpr Index near = Index{1} << 15;  // doubles that the second cache holds beside others
  const Index size = x.cols * x.cols;
  const Index parts = larger(Index{1}, smaller(most_parts, most_sums / size));
  const Index stride =
      smaller(most_panel_rows, larger(panel_row_multiple, rounded_up(near / x.cols, panel_row_multiple)));
  std::vector<AlignedArray<double>> sums;
  for (Index part = 0; part < parts; ++part) sums.emplace_back(size, 0.0);
  parallel_for(parts, worker_count(operations(x.rows, x.cols, x.cols)), [&](Index part, int) {
    const AlignedArray<Scalar> data(stride * x.cols);
    const AlignedArray<double> centered(stride * x.cols);
    for (Index first = part * stride; first < x.rows; first += parts * stride) {
      const Index rows = smaller(stride, x.rows - first), padded = rounded_up(rows, panel_row_multiple);
      kernels<Scalar>().load_rows(x.middle_rows(first, rows), rows, data.data(), stride);
      kernels<Scalar>().center_panel({data.data(), stride, padded, x.cols}, rows, means, centered.data());
      kernels<Scalar>().add_products({centered.data(), stride, padded, x.cols},
                                     sums[array_size(part)].data());
    }
  });
  for (Index i = 0; i < x.cols; ++i) {
    for (Index j = 0; j <= i; ++j) {
      double sum = 0;
      for (Index part = 0; part < parts; ++part) sum += sums[array_size(part)][i * x.cols + j];
      lower(i, j) = sum;
    }
  }
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_COVARIANCE_HPP
