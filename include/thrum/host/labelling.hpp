#ifndef THRUM_HOST_LABELLING_HPP
#define THRUM_HOST_LABELLING_HPP

#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/panels.hpp"
#include "thrum/host/parallel.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Calls visit(row, nearest centre, squared distance) for every row of x, ties to the lowest centre; rows
/// come in any order and on several threads. Returns false when a value of x is not finite; then some rows
/// were not visited. O(n d k); allocates nothing up to 256 features, a panel a thread beyond.
template <typename Scalar, typename Visit>
inline bool for_each_nearest(MatrixView<const Scalar> x, PackedCenters<Scalar> centers, Visit visit) {
  return for_each_panel(x, worker_count(), [&](Panel<Scalar> panel, Index first, Index rows, int) {
    alignas(64) Scalar squared[most_panel_rows];
    alignas(64) int labels[most_panel_rows];
    kernels<Scalar>().nearest(panel, centers, squared, labels);
    for (Index i = 0; i < rows; ++i) visit(first + i, labels[i], squared[i]);
  });
}

/// Euclidean distances of every row of x to every centre. distances: n x k, written. Returns false when a
/// value of x is not finite; then some rows were not written. O(n d k); allocates as for_each_nearest.
template <typename Scalar>
inline bool distances_to_centers(MatrixView<const Scalar> x, PackedCenters<Scalar> centers,
                                 MatrixView<Scalar> distances) {
  constexpr Index at_once = 16;
  return for_each_panel(x, worker_count(), [&](Panel<Scalar> panel, Index first, Index rows, int) {
    alignas(64) Scalar result[array_size(at_once * most_panel_rows)];
    for (Index j = 0; j < centers.clusters; j += at_once) {
      const Index count = smaller(at_once, centers.clusters - j);
      kernels<Scalar>().distances(panel, {centers.data + j * centers.features, centers.features, count},
                                  result);
      const MatrixView<Scalar> columns{&distances(first, j), rows, count, distances.row_stride,
                                       distances.col_stride};
      kernels<Scalar>().store_rows({result, rows, count, 1, panel.stride}, columns);
    }
  });
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_LABELLING_HPP
