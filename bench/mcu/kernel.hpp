#ifndef THRUM_BENCH_MCU_KERNEL_HPP
#define THRUM_BENCH_MCU_KERNEL_HPP

#include <stdint.h>

// What a kernel under measurement provides; main.cpp counts. An image holds one kernel. Data whose names
// begin with `bench_` are the benchmark's own (inputs, models): flash_bytes and ram_bytes leave them out.

/// Inputs among which the worst is looked for.
extern const int bench_inputs;
/// What a count is divided by: samples x channels, frames, or 1.
extern const uint32_t bench_units;

/// Before each run, not counted: makes input `input` ready.
void bench_prepare(int input);
/// Counted.
void bench_run();

/// Uniform in [-1, 1), the same on every board.
class BenchNoise {
 public:
  constexpr float next() {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<float>(static_cast<int32_t>(state_ >> 8) - (1 << 23)) * 0x1p-23f;
  }

 private:
  uint32_t state_ = 1;
};

#endif  // THRUM_BENCH_MCU_KERNEL_HPP
