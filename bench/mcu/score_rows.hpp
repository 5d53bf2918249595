#ifndef THRUM_BENCH_MCU_SCORE_ROWS_HPP
#define THRUM_BENCH_MCU_SCORE_ROWS_HPP

#include <stdint.h>

#include "kernel.hpp"

// The rows that kernels of scores are measured on, for d features; included once, after d is known.

namespace {

float bench_row[d];
volatile float bench_result;

}  // namespace

const uint32_t bench_units = 1;

// The zero row, rows of noise, and two far away.
const int bench_inputs = 5;
void bench_prepare(int input) {
  BenchNoise noise;
  for (int i = 0; i < input * d; ++i) noise.next();
  for (float& value : bench_row) value = input == 0 ? 0.0f : input >= 3 ? 1e4f * noise.next() : noise.next();
  if (input == 4) bench_row[d - 1] = 1e30f;
}

#endif  // THRUM_BENCH_MCU_SCORE_ROWS_HPP
