#ifndef THRUM_BENCH_COUNTERS_HPP
#define THRUM_BENCH_COUNTERS_HPP

#include <benchmark/benchmark.h>

#include "operations.hpp"

// Rates of wall-clock time that the benchmarks show beside times.

/// Shows `name`=.../s, where every run does `amount`.
inline void count(benchmark::State& state, const char* name, double amount) {
  state.counters[name] = benchmark::Counter(amount, benchmark::Counter::kIsIterationInvariantRate);
}

/// FLOP=.../s
inline void count_operations(benchmark::State& state, double operations) { count(state, "FLOP", operations); }
/// bytes=.../s, of what is read once and written once.
inline void count_bytes(benchmark::State& state, double bytes) { count(state, "bytes", bytes); }
/// samples=.../s
inline void count_samples(benchmark::State& state, thrum::Index samples) {
  count(state, "samples", static_cast<double>(samples));
}

#endif  // THRUM_BENCH_COUNTERS_HPP
