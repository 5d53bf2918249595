#ifndef THRUM_HOST_PARALLEL_HPP
#define THRUM_HOST_PARALLEL_HPP

#if defined(_OPENMP)
#include <omp.h>

#include <atomic>
#if defined(__linux__) && defined(_GNU_SOURCE)
#include <sched.h>
#endif
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

#if defined(_OPENMP)
/// Sees to it that two threads that begin a loop together do not share a processor. A worker that slept is
/// often woken on the one that its caller runs on and then waits behind it, on virtual machines until the
/// caller has done all the work alone, while other processors idle.
class LoopStart {
 public:
  LoopStart() {
#if defined(__linux__) && defined(_GNU_SOURCE)
    callers_processor_ = sched_getcpu();
#endif
  }

  /// To be called by each thread first.
  void enter(int worker) {
#if defined(__linux__) && defined(_GNU_SOURCE)
    if (worker != 0) {
      arrived_.store(true, std::memory_order_relaxed);
      if (sched_getcpu() == callers_processor_) leave_processor();
    } else if (!arrived_.load(std::memory_order_relaxed)) {
      sched_yield();
    }
#else
    static_cast<void>(worker);
#endif
  }

 private:
#if defined(__linux__) && defined(_GNU_SOURCE)
  /// Moves this thread to another processor that it may run on, and then lets it run where it might before.
  void leave_processor() const {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return;
    cpu_set_t others = allowed;
    CPU_CLR(static_cast<unsigned>(callers_processor_), &others);
    if (CPU_COUNT(&others) == 0 || sched_setaffinity(0, sizeof(others), &others) != 0) return;
    sched_setaffinity(0, sizeof(allowed), &allowed);
  }

  int callers_processor_ = -1;
  std::atomic<bool> arrived_{false};
#endif
};
#endif

/// Calls body(task, worker) for task = 0 ... tasks - 1, each once, in any order and on any thread; calls with
/// the same worker, in [0, workers), never overlap. The body must not throw. workers <= worker_count().
inline void parallel_for(Index tasks, int workers, FunctionRef<void(Index, int)> body) {
#if defined(_OPENMP)
  if (workers > 1 && tasks > 1) {
    // Handing out a task costs some runtimes as much as a small one takes.
    const Index at_once = larger(Index{1}, tasks / (Index{64} * workers));
    LoopStart start;
#pragma omp parallel num_threads(workers)
    {
      start.enter(omp_get_thread_num());
#pragma omp for schedule(dynamic, at_once)
      for (Index task = 0; task < tasks; ++task) body(task, omp_get_thread_num());
    }
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
