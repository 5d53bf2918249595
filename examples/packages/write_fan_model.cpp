// Writes the header of the model that the examples of the packages watch with: an accelerometer of three axes
// on a fan with two speeds, 200 frames a second. The fan is made up: white noise that rings at another
// frequency for each speed and axis. A model of a real machine is learned from its recordings in the same
// way.
//   write_fan_model HEADER
#include <cstdint>
#include <cstdio>
#include <exception>

#include "thrum/core/random.hpp"
#include "thrum/detector.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/io/firmware_header.hpp"

namespace {

using Frames = Eigen::Matrix<std::int16_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr int axes = 3;
constexpr double counts_per_unit = 100;  // of 1 m/s2

thrum::FeatureOptions signal_options() {
  thrum::FeatureOptions signal;
  signal.channels = axes;
  signal.window = 128;
  signal.hop = 64;
  signal.sampling_rate = 200;
  signal.bands = 8;
  for (int axis = 0; axis < axes; ++axis)
    signal.channel[axis] = {static_cast<float>(counts_per_unit), 160, "m/s2"};
  return signal;
}

/// Frames x axes in counts: `speed` is 0 or 1.
Frames fan(std::uint64_t seed, thrum::Index frames, int speed) {
  constexpr double resonance[2][axes] = {{1.2, 0.9, 0.3}, {0.6, 0.1, -0.4}};
  constexpr double damping = 0.8;
  thrum::Random random(seed);
  Frames x(frames, axes);
  for (int axis = 0; axis < axes; ++axis) {
    const double gravity = axis == 2 ? 9.81 : 0;
    double last = 0;
    double before_last = 0;
    for (thrum::Index i = 0; i < frames; ++i) {
      const double now = resonance[speed][axis] * last - damping * before_last + 0.2 * random.normal();
      before_last = last;
      last = now;
      x(i, axis) = static_cast<std::int16_t>(counts_per_unit * (gravity + now));
    }
  }
  return x;
}

/// Feature rows of ten minutes at each speed.
thrum::FeatureMatrix windows_of_both_speeds(const thrum::FeatureOptions& signal, std::uint64_t seed) {
  constexpr thrum::Index frames = 200 * 600;
  const thrum::FeatureMatrix slow = thrum::extract_windows(signal, fan(seed, frames, 0));
  const thrum::FeatureMatrix fast = thrum::extract_windows(signal, fan(seed + 1, frames, 1));
  thrum::FeatureMatrix both(slow.rows() + fast.rows(), slow.cols());
  both << slow, fast;
  return both;
}

void write_fan_model(const char* path) {
  thrum::DetectorOptions options;
  options.signal = signal_options();
  options.pca = std::nullopt;  // so that every compiler learns the same bits
  options.kmeans.clusters = 2;
  thrum::Detector<float> detector(options);
  detector.fit(windows_of_both_speeds(*options.signal, 1));
  detector.calibrate(windows_of_both_speeds(*options.signal, 3), 0.01);
  thrum::write_firmware_header(path, "fan_model", detector);
}

}  // namespace

int main(int argc, char* argv[]) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_fan_model HEADER\n");
    return 2;
  }
  try {
    write_fan_model(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
