// Learning beside the machine: 120 rows of 33 features (3 channels), two classes, on the way from the last
// row collected to watching. A run is all of it; with BENCH_STEP one step of it, each an input; with
// BENCH_COLLECT a row collected, with BENCH_WATCH one that is judged and followed. With BENCH_PARTIAL_FIT it
// is a row that moves the nearest of 32 centres.

#include <stdint.h>
#include <string.h>

#include "kernel.hpp"
#include "thrum_firmware.hpp"

namespace {

constexpr thrum::FeatureOptions signal_options() {
  thrum::FeatureOptions options;
  options.channels = 3;
  options.window = 128;
  options.hop = 64;
  options.sampling_rate = 200;
  options.bands = 4;
  options.median_absolute_deviation = false;
  return options;
}

constexpr thrum::LearningCapacity bench_capacity{signal_options(), 120, 2};
constexpr int d = thrum::feature_count(signal_options());

thrum::fixed::Learner<bench_capacity> learner;
float bench_row[d];

/// Rows about two or more places, which are the farther apart the lower the input.
void bench_next_row(int input, int number, BenchNoise& noise) {
  const int places = 2 + 3 * input;
  for (int f = 0; f < d; ++f)
    bench_row[f] = static_cast<float>((number * 7 + f) % places) * 4.0f / static_cast<float>(1 + input) +
                   noise.next() * noise.next();
}

[[maybe_unused]] void bench_collect(int input, int rows) {
  thrum::LearningOptions options;
  learner.learn(options);
  BenchNoise noise;
  float scratch[d];
  for (int i = 0; i < rows; ++i) {
    bench_next_row(input, i, noise);
    learner.take(bench_row, scratch);
  }
}

}  // namespace

const uint32_t bench_units = 1;
[[maybe_unused]] static float scratch[d];

#if defined(BENCH_STEP)
const int bench_inputs = 600;

static unsigned char bench_before[sizeof(learner)];  // as it was before the step

void bench_prepare(int input) {
  static int bench_taken = -1;
  if (bench_taken < 0)
    bench_collect(3, bench_capacity.windows);
  else
    memcpy(static_cast<void*>(&learner), bench_before, sizeof(learner));
  for (; bench_taken < input; ++bench_taken)
    if (bench_taken >= 0) learner.step();
  memcpy(bench_before, &learner, sizeof(learner));
}
void bench_run() { learner.step(); }
#elif defined(BENCH_COLLECT)
const int bench_inputs = 2;
void bench_prepare(int input) { bench_collect(0, input == 0 ? 0 : bench_capacity.windows - 1); }
void bench_run() { learner.take(bench_row, scratch); }
#elif defined(BENCH_WATCH)
const int bench_inputs = 2;
void bench_prepare(int input) {
  if (learner.state() != thrum::LearningState::watching) bench_collect(0, bench_capacity.windows);
  while (learner.step()) {
  }
  BenchNoise noise;
  bench_next_row(0, input, noise);
}
void bench_run() { learner.take(bench_row, scratch); }
#elif defined(BENCH_PARTIAL_FIT)
const int bench_inputs = 2;
static thrum::fixed::KMeans<float, d, 32> kmeans;
void bench_prepare(int input) {
  static float bench_centers[32 * d];
  BenchNoise noise;
  for (float& value : bench_centers) value = noise.next();
  kmeans.use(thrum::row_major<const float>(bench_centers, 32, d));
  bench_next_row(input, 0, noise);
}
void bench_run() { kmeans.partial_fit(thrum::contiguous<const float>(bench_row, d)); }
#else
const int bench_inputs = 6;
void bench_prepare(int input) { bench_collect(input, bench_capacity.windows); }
void bench_run() {
  while (learner.step()) {
  }
}
#endif
