// No kernel: what an image holds without one.

#include "kernel.hpp"

const int bench_inputs = 1;
const uint32_t bench_units = 1;

void bench_prepare(int) {}
void bench_run() {}
