// The whole chain: 8 channels, 20 kHz, int16, windows of 1024 by hops of 512; all features of time but the
// median, 16 bands a channel, scaling, PCA to 16 components, 8 classes, verdict, monitor. A run is one hop:
// it comes in by blocks of 32 frames, as from DMA, and is polled for. BENCH_MEDIAN and BENCH_CORRELATION
// switch those features on; with BENCH_POLL a run is the poll alone; with BENCH_WRITE it is one block alone.

#include <stdint.h>

#include "kernel.hpp"
#include "thrum_firmware.hpp"

namespace {

constexpr int channels = 8;
constexpr int block_frames = 32;

constexpr thrum::FeatureOptions chain_options() {
  thrum::FeatureOptions options;
  options.channels = channels;
  options.window = 1024;
  options.hop = 512;
  options.sampling_rate = 20000;
  options.mean = true;
  options.median_absolute_deviation = false;
  options.correlation = false;
#ifdef BENCH_MEDIAN
  options.median_absolute_deviation = true;
#endif
#ifdef BENCH_CORRELATION
  options.correlation = true;
#endif
  return options;
}

constexpr int d = thrum::feature_count(chain_options());
constexpr int p = 16;
constexpr int k = 8;

struct ModelData {
  float offset[d] = {};
  float factor[d] = {};
  float mean[d] = {};
  float basis[d * p] = {};
  float centers[p * k] = {};
  float inverse_squared_radius[k] = {};
  constexpr ModelData() {
    BenchNoise noise;
    for (float& value : offset) value = noise.next();
    for (float& value : factor) value = 1.5f + noise.next();
    for (float& value : mean) value = 0.1f * noise.next();
    for (float& value : basis) value = 0.1f * noise.next();
    for (float& value : centers) value = noise.next();
    for (float& value : inverse_squared_radius) value = 1;
  }
};
constexpr ModelData bench_data;

constexpr thrum::DetectorModel<float> model_of_data() {
  thrum::DetectorModel<float> model;
  model.features = d;
  model.has_signal = true;
  model.signal = chain_options();
  model.scaling = {bench_data.offset, bench_data.factor, d};
  model.projection.mean = bench_data.mean;
  model.projection.basis = bench_data.basis;
  model.projection.features = d;
  model.projection.components = p;
  model.anomaly.centers = bench_data.centers;
  model.anomaly.inverse_squared_radius = bench_data.inverse_squared_radius;
  model.anomaly.features = p;
  model.anomaly.clusters = k;
  return model;
}
constexpr thrum::DetectorModel<float> bench_model = model_of_data();

thrum::fixed::Detector<bench_model> detector;
int16_t bench_block[block_frames * channels];

}  // namespace

// Noise, all of which is an alarm here; its loudest; a flat signal; ramps up and down, each sample of which
// is the largest or least so far; a sample that changes its sign with every frame.
const int bench_inputs = 6;

static int16_t bench_sample(int input, int frame, BenchNoise& noise) {
  switch (input) {
    case 0: return static_cast<int16_t>(1000.0f * noise.next());
    case 1: return static_cast<int16_t>(32767.0f * noise.next());
    case 2: return 7;
    case 3: return static_cast<int16_t>(frame * 64 - 16384);
    case 4: return static_cast<int16_t>(16384 - frame * 64);
    default: return static_cast<int16_t>(frame % 2 == 0 ? 12345 : -12345);
  }
}

static void bench_fill(int input, int first_frame) {
  BenchNoise noise;
  for (int i = 0; i < block_frames; ++i)
    for (int c = 0; c < channels; ++c)
      bench_block[i * channels + c] = bench_sample(input, (first_frame + i) % 512, noise);
}

#if defined(BENCH_WRITE)
const uint32_t bench_units = block_frames;

// Every block of a ring in turn, among them one that lies across its end; the ring of 1536 frames holds no
// whole number of blocks and a half.
static int bench_last_input = -1;
void bench_prepare(int input) {
  if (input != bench_last_input) {
    bench_fill(0, 0);
    detector.write(bench_block, input == 0 ? 0 : 10 + input);
    bench_last_input = input;
  }
  detector.restart();
}
void bench_run() { detector.write(bench_block, block_frames); }
#else

static void bench_write(int input, int frames) {
  for (int frame = 0; frame < frames; frame += block_frames) {
    bench_fill(input, frame);
    detector.write(bench_block, block_frames);
  }
}

#if defined(BENCH_POLL)
const uint32_t bench_units = 1;
void bench_prepare(int input) {
  detector.restart();
  bench_write(input, bench_model.signal.window);
}
void bench_run() { detector.poll(); }
#else
const uint32_t bench_units = channels * 512;
// All blocks of a hop are the same, but those that wait already: what write() does is of no matter to the
// rest.
void bench_prepare(int input) {
  detector.restart();
  bench_write(input, bench_model.signal.window - bench_model.signal.hop);
}
void bench_run() {
  for (int frame = 0; frame < bench_model.signal.hop; frame += block_frames)
    detector.write(bench_block, block_frames);
  detector.poll();
}
#endif
#endif
