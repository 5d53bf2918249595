// Scores of a feature row: 33 features, 32 classes, scaling, nearest and radius included. With
// BENCH_OBVIOUS, the loop one would write; with BENCH_JUDGE, verdict and monitor too, as firmware calls them.

#include <math.h>
#include <stdint.h>

#include "kernel.hpp"
#include "thrum_firmware.hpp"

#ifndef BENCH_FEATURES
#define BENCH_FEATURES 33
#define BENCH_CLUSTERS 32
#endif

namespace {

constexpr int d = BENCH_FEATURES;
constexpr int k = BENCH_CLUSTERS;

struct ModelData {
  float offset[d] = {};
  float factor[d] = {};
  float centers[d * k] = {};  // feature-major
  float inverse_squared_radius[k] = {};
  float bias[k] = {};
  bool has_bias = false;
  constexpr ModelData() {
    BenchNoise noise;
    for (float& value : offset) value = noise.next();
    for (float& value : factor) value = 1.5f + noise.next();
    // Each centre is nearer to the zero row than the one before: every one is the nearest so far.
    for (int f = 0; f < d; ++f)
      for (int j = 0; j < k; ++j)
        centers[f * k + j] = -offset[f] * factor[f] + static_cast<float>(k - j) + 0.01f * noise.next();
    for (float& value : inverse_squared_radius) value = 1.0f + 0.001f * noise.next();
    has_bias = thrum::class_biases(centers, d, k, bias);
  }
};
constexpr ModelData bench_data;

constexpr thrum::DetectorModel<float> model_of_data() {
  thrum::DetectorModel<float> model;
  model.features = d;
  model.scaling = {bench_data.offset, bench_data.factor, d};
  model.anomaly.centers = bench_data.centers;
  model.anomaly.inverse_squared_radius = bench_data.inverse_squared_radius;
  model.anomaly.bias = bench_data.has_bias ? bench_data.bias : nullptr;
  model.anomaly.threshold = 1000;
  model.anomaly.features = d;
  model.anomaly.clusters = k;
  return model;
}
constexpr thrum::DetectorModel<float> bench_model = model_of_data();

}  // namespace

#include "score_rows.hpp"

#if defined(BENCH_OBVIOUS)
void bench_run() {
  float scaled[d];
  for (int f = 0; f < d; ++f) scaled[f] = (bench_row[f] - bench_data.offset[f]) * bench_data.factor[f];
  float best = INFINITY;
  for (int j = 0; j < k; ++j) {
    float sum = 0;
    for (int f = 0; f < d; ++f) {
      const float difference = scaled[f] - bench_data.centers[f * k + j];
      sum += difference * difference;
    }
    sum *= bench_data.inverse_squared_radius[j];
    if (sum < best) best = sum;
  }
  bench_result = sqrtf(best) / 1000.0f;
}
#elif defined(BENCH_JUDGE)
static thrum::fixed::RowDetector<bench_model> detector;
static thrum::Monitor monitor;

void bench_run() {
  const thrum::Verdict verdict = detector.judge(bench_row);
  monitor.update(bench_model.monitor, verdict.state, verdict.score);
  bench_result = verdict.score;
}
#else
static float scratch[bench_model.scratch_size()];

void bench_run() {
  const thrum::VectorView<const float> row = thrum::contiguous<const float>(bench_row, d);
  bench_result = thrum::score_row<thrum::allowed_for(bench_model)>(bench_model, row, scratch).value;
}
#endif
