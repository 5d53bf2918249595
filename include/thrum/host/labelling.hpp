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

/// Nearest centre of each row of x, ties to the lowest, and the squared distance to it; either may be null.
/// Returns false when a value of x is not finite; then some rows were not written. O(n d k); allocates
/// nothing up to 256 features, a panel a thread beyond.
template <typename Scalar>
inline bool find_nearest(MatrixView<const Scalar> x, PackedCenters<Scalar> centers, VectorView<int> labels,
                         Scalar* squared) {
  const int workers = worker_count(operations(x.rows, x.cols, centers.clusters));
  return for_each_panel(x, workers, [&](Panel<Scalar> panel, Index first, Index rows, int) {
    alignas(64) Scalar found_squared[most_panel_rows];
    alignas(64) int found_labels[most_panel_rows];
    clustering_kernels<Scalar>().nearest(panel, centers, found_squared, found_labels);
    for (Index i = 0; i < rows && labels.data != nullptr; ++i) labels[first + i] = found_labels[i];
    for (Index i = 0; i < rows && squared != nullptr; ++i) squared[first + i] = found_squared[i];
  });
}

/// Euclidean distances of every row of x to every centre. distances: n x k, written. Returns false when a
/// value of x is not finite; then some rows were not written. O(n d k); allocates as find_nearest.
template <typename Scalar>
inline bool distances_to_centers(MatrixView<const Scalar> x, PackedCenters<Scalar> centers,
                                 MatrixView<Scalar> distances) {
  constexpr Index at_once = 16;
  const int workers = worker_count(operations(x.rows, x.cols, centers.clusters));
  return for_each_panel(x, workers, [&](Panel<Scalar> panel, Index first, Index rows, int) {
    alignas(64) Scalar result[array_size(at_once * most_panel_rows)];
    for (Index j = 0; j < centers.clusters; j += at_once) {
      const Index count = smaller(at_once, centers.clusters - j);
      clustering_kernels<Scalar>().distances(
          panel, {centers.data + j * centers.features, centers.features, count}, result);
      const MatrixView<Scalar> columns{&distances(first, j), rows, count, distances.row_stride,
                                       distances.col_stride};
      panel_kernels<Scalar>().store_rows({result, rows, count, 1, panel.stride}, columns);
    }
  });
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_LABELLING_HPP
