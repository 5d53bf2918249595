#ifndef THRUM_HOST_PANELS_HPP
#define THRUM_HOST_PANELS_HPP

#include <atomic>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/function_ref.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/parallel.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Values that a panel of up to 256 features has at most: it lies on the stack.
constexpr Index values_on_stack = 8192;

/// Calls visit(panel, first_row, rows, worker) for all rows of x, panel by panel, on `workers` threads; the
/// panel is filled up to panel.rows >= rows. Returns false when a value of x is not finite; then some panels
/// were not visited, that one among them. O(n d); allocates nothing up to 256 features, a panel a thread
/// beyond.
template <typename Scalar>
inline bool for_each_panel(
    MatrixView<const Scalar> x, int workers,
    FunctionRef<void(Panel<typename Identity<Scalar>::type>, Index, Index, int)> visit) {
  const Index stride = panel_rows(x.cols);
  const bool on_stack = stride * x.cols <= values_on_stack;
  std::vector<AlignedArray<Scalar>> memory;
  for (int worker = 0; worker < workers && !on_stack; ++worker) memory.emplace_back(stride * x.cols);
  std::atomic<bool> finite{true};
  parallel_for((x.rows + stride - 1) / stride, workers, [&](Index number, int worker) {
    if (!finite.load(std::memory_order_relaxed)) return;
    alignas(64) Scalar local[values_on_stack];
    Scalar* const data = on_stack ? local : memory[array_size(worker)].data();
    const Index first = number * stride, rows = smaller(stride, x.rows - first);
    panel_kernels<Scalar>().load_rows(x.middle_rows(first, rows), rows, data, stride);
    const Panel<Scalar> panel{data, stride, rounded_up(rows, panel_row_multiple), x.cols};
    if (panel_kernels<Scalar>().all_finite(panel))
      visit(panel, first, rows, worker);
    else
      finite.store(false, std::memory_order_relaxed);
  });
  return finite.load();
}

/// Whether all values of x are finite. O(n d); where they lie one after the other, at the speed of memory.
template <typename Scalar>
inline bool all_finite(MatrixView<const Scalar> x) {
  const int workers = worker_count(operations(x.rows, x.cols, 1));
  const bool by_rows = x.col_stride == 1 && x.row_stride == x.cols;
  const bool by_columns = x.row_stride == 1 && x.col_stride == x.rows;
  if (!by_rows && !by_columns) return for_each_panel(x, workers, [](Panel<Scalar>, Index, Index, int) {});
  const Index values = x.rows * x.cols, whole = values / values_on_stack * values_on_stack;
  std::atomic<bool> finite{true};
  parallel_for(whole / values_on_stack, workers, [&](Index number, int) {
    const Scalar* const data = x.data + number * values_on_stack;
    if (!panel_kernels<Scalar>().all_finite({data, values_on_stack, values_on_stack, 1}))
      finite.store(false, std::memory_order_relaxed);
  });
  const MatrixView<const Scalar> rest{x.data + whole, values - whole, 1, 1, 1};
  return finite.load() && for_each_panel(rest, 1, [](Panel<Scalar>, Index, Index, int) {});
}

/// Whether a reading of x, only to find out whether all is finite before results are written, takes longer
/// than results in memory of their own, to be copied when that has turned out: where x leaves the caches
/// before it is read again, and the results of a row are few beside it.
template <typename Scalar>
constexpr bool is_read_once(MatrixView<const Scalar> x, Index results) {
  constexpr Index most_cached = 1 << 20, values_per_result = 12;
  return x.rows * x.cols > most_cached && x.cols >= values_per_result * results;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_PANELS_HPP
