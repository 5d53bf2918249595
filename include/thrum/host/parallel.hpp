#ifndef THRUM_HOST_PARALLEL_HPP
#define THRUM_HOST_PARALLEL_HPP

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/function_ref.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Threads that a parallel loop started here would have: what OpenMP says where the user's build has it,
/// else 1.
inline int worker_count() {
#if defined(_OPENMP)
  return omp_in_parallel() ? 1 : omp_get_max_threads();
#else
  return 1;
#endif
}

/// The same for a loop of so many multiply-adds in all: one thread where waking others would take longer.
inline int worker_count(double operations) { return operations < 1e6 ? 1 : worker_count(); }

/// Calls body(task, worker) for task = 0 ... tasks - 1, each once, in any order and on any thread; calls with
/// the same worker, in [0, workers), never overlap. The body must not throw. workers <= worker_count().
inline void parallel_for(Index tasks, int workers, FunctionRef<void(Index, int)> body) {
#if defined(_OPENMP)
  if (workers > 1 && tasks > 1) {
    // Handing out a task costs some runtimes as much as a small one takes.
    const Index at_once = larger(Index{1}, tasks / (Index{64} * workers));
#pragma omp parallel for schedule(dynamic, at_once) num_threads(workers)
    for (Index task = 0; task < tasks; ++task) body(task, omp_get_thread_num());
    return;
  }
#endif
  static_cast<void>(workers);
  for (Index task = 0; task < tasks; ++task) body(task, 0);
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_PARALLEL_HPP
