#ifndef THRUM_BENCH_MACHINE_PEAKS_HPP
#define THRUM_BENCH_MACHINE_PEAKS_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#if defined(_OPENMP)
#include <omp.h>
#endif

// What this machine does at most, measured: multiply-adds of floats that stay in registers, and reading.

#define THRUM_BENCH_TARGET baseline
#define THRUM_BENCH_BYTES 16
#include "peak_loops.hpp"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define THRUM_BENCH_TARGET avx2
#define THRUM_BENCH_BYTES 32
#include "peak_loops.hpp"
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f")
#endif
#define THRUM_BENCH_TARGET avx512
#define THRUM_BENCH_BYTES 64
#include "peak_loops.hpp"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif  // __x86_64__

namespace peaks {

struct Loops {
  const char* name;
  float (*multiply_add)(long rounds);
  double operations_per_round;
  std::uint64_t (*sum)(const char* data, std::size_t bytes);
};

/// Those of the widest vectors that the processor has.
inline Loops widest_loops() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return {"AVX-512", avx512::multiply_add, avx512::operations_per_round, avx512::sum};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {"AVX2", avx2::multiply_add, avx2::operations_per_round, avx2::sum};
#endif
  return {"baseline", baseline::multiply_add, baseline::operations_per_round, baseline::sum};
}

inline int thread_count() {
#if defined(_OPENMP)
  return omp_get_max_threads();
#else
  return 1;
#endif
}

template <typename Call>
double seconds(Call call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The best of many times: others use the machine too.
template <typename Call>
double best_seconds(int times, Call call) {
  double best = seconds(call);
  for (int time = 1; time < times; ++time) best = (std::min)(best, seconds(call));
  return best;
}

/// Keeps the optimiser from leaving out what nobody uses.
template <typename Value>
void use(Value value) {
  asm volatile("" : : "m"(value));
}

/// Floating-point operations a second of all threads, in single precision: each at its best, all at work.
inline double operations_per_second() {
  const Loops loops = widest_loops();
  constexpr long rounds = 500'000;
  double sum = 0;
#if defined(_OPENMP)
#pragma omp parallel reduction(+ : sum)
#endif
  sum += rounds * loops.operations_per_round / best_seconds(100, [&] { use(loops.multiply_add(rounds)); });
  return sum;
}

/// Bytes a second that all threads read, each at its best from its own first cache.
inline double bytes_per_second_from_cache() {
  const Loops loops = widest_loops();
  constexpr std::size_t bytes = 12288;
  constexpr int times = 10'000;
  double sum = 0;
#if defined(_OPENMP)
#pragma omp parallel reduction(+ : sum)
#endif
  {
    const std::vector<char> data(bytes, 1);
    const double taken = best_seconds(50, [&] {
      for (int time = 0; time < times; ++time) use(loops.sum(data.data(), bytes));
    });
    sum += static_cast<double>(bytes) * times / taken;
  }
  return sum;
}

/// Bytes a second that all threads read together from memory, which they share.
inline double bytes_per_second_from_memory() {
  const Loops loops = widest_loops();
  constexpr std::size_t bytes = 512 << 20;
  const std::vector<char> data(bytes, 1);
  const std::size_t part = bytes / static_cast<std::size_t>(thread_count());
  const double taken = best_seconds(20, [&] {
#if defined(_OPENMP)
#pragma omp parallel
    use(loops.sum(data.data() + static_cast<std::size_t>(omp_get_thread_num()) * part, part));
#else
    use(loops.sum(data.data(), part));
#endif
  });
  return static_cast<double>(bytes) / taken;
}

}  // namespace peaks

#endif  // THRUM_BENCH_MACHINE_PEAKS_HPP
