#ifndef THRUM_HOST_ROW_LOOP_HPP
#define THRUM_HOST_ROW_LOOP_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Calls body(i, scratch) for i = 0 ... rows - 1, each once, in any order and on any thread. scratch: so many
/// values that no other call uses meanwhile. The body must not throw. operations: multiply-adds of one call.
template <typename Scalar, typename Body>
inline void for_each_row(Index rows, double operations, Index scratch_size, Body body) {
  constexpr Index cache_line = 64 / static_cast<Index>(sizeof(Scalar));  // between the threads' scratch
  const int workers = worker_count(operations * static_cast<double>(rows));
  Matrix<Scalar> scratch(workers, scratch_size + cache_line);
  parallel_for(rows, workers, [&](Index i, int worker) { body(i, scratch.row(worker).data()); });
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_ROW_LOOP_HPP
