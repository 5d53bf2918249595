// The whole chain: 8 channels, 20 kHz, int16, windows of 1024 by hops of 512; all features of time but the
// median, 16 bands a channel, scaling, PCA to 16 components, 8 classes, verdict, monitor. A run is one hop:
// it comes in by blocks of 32 frames, as from DMA, and is polled for. BENCH_MEDIAN and BENCH_CORRELATION
// switch those features on; BENCH_INTEGER takes features and classes in integers, without scaling and PCA
// unless BENCH_PROJECTION asks for both, which stay float; with BENCH_POLL a run is the poll alone, with
// BENCH_POLL_STEP one step of it, each an input; with BENCH_WRITE it is one block alone.

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
#ifdef BENCH_INTEGER
  options.arithmetic = thrum::Arithmetic::integer;
#endif
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

#if defined(BENCH_INTEGER)
#if defined(BENCH_PROJECTION)
constexpr bool projects = true;
#else
constexpr bool projects = false;
#endif
constexpr int z = projects ? p : d;  // what classes are of
using Classes = thrum::QuantisedClasses<int16_t, z, k>;
using Coordinate = thrum::QuantisedCoordinate<int16_t>;

struct ClassData {
  float scale[z] = {};
  int32_t offset[z] = {};
  int16_t factor[z] = {};
  alignas(8) Coordinate centers[thrum::integer_rows_size<Coordinate>(z, k)] = {};
  uint32_t classes[2 * k] = {};
  constexpr ClassData() {
    BenchNoise noise;
    for (float& value : scale) value = 0x1p13f;  // rows reach from -8 to 8
    for (int16_t& value : factor) value = static_cast<int16_t>(12000 + 4000 * noise.next());
    constexpr int range = 1 << thrum::quantised_bits<int16_t>(z);
    for (int j = 0; j < k; ++j) {
      uint32_t squares = 0;
      for (int f = 0; f < z; ++f) {
        const int entry = static_cast<int>((0.5f + 0.4f * noise.next()) * range);
        centers[j * thrum::integer_row_size(z) + f] = static_cast<Coordinate>(entry);
        squares += static_cast<uint32_t>(entry * entry);
      }
      classes[2 * j] = (squares + 1) / 2;
      classes[2 * j + 1] = uint32_t{65000} << 16;
    }
  }
};
constexpr ClassData bench_classes;

constexpr Classes classes_of_data() {
  Classes classes;
  classes.scale = bench_classes.scale;
  classes.offset = bench_classes.offset;
  classes.factor = bench_classes.factor;
  classes.centers = bench_classes.centers;
  classes.classes = bench_classes.classes;
  classes.unit = 1;
  classes.step = 0.01f;
  return classes;
}
#else
constexpr bool projects = true;
using Classes = thrum::AnomalyModel<float>;

constexpr Classes classes_of_data() {
  Classes classes;
  classes.centers = bench_data.centers;
  classes.inverse_squared_radius = bench_data.inverse_squared_radius;
  classes.features = p;
  classes.clusters = k;
  return classes;
}
#endif

constexpr thrum::DetectorModel<float, Classes> model_of_data() {
  thrum::DetectorModel<float, Classes> model;
  model.features = d;
  model.has_signal = true;
  model.signal = chain_options();
  if (projects) {
    model.scaling = {bench_data.offset, bench_data.factor, d};
    model.projection.mean = bench_data.mean;
    model.projection.basis = bench_data.basis;
    model.projection.features = d;
    model.projection.components = p;
  }
  model.anomaly = classes_of_data();
  return model;
}
constexpr thrum::DetectorModel<float, Classes> bench_model = model_of_data();

thrum::fixed::Detector<bench_model> detector;
int16_t bench_block[block_frames * channels];

}  // namespace

// Noise, all of which is an alarm here; its loudest; a flat signal; ramps up and down, each sample of which
// is the largest or least so far; a sample that changes its sign with every frame.
#if defined(BENCH_POLL_STEP)
const int bench_inputs = decltype(detector)::steps_per_window;
#else
const int bench_inputs = 6;
#endif

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

#if defined(BENCH_POLL_STEP)
const uint32_t bench_units = 1;
void bench_prepare(int input) {
  detector.restart();
  bench_write(0, bench_model.signal.window);
  detector.poll(input);
}
void bench_run() { detector.poll(1); }
#elif defined(BENCH_POLL)
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
