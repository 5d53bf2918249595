#ifndef THRUM_TESTS_GENERATED_MODEL_DETECTORS_HPP
#define THRUM_TESTS_GENERATED_MODEL_DETECTORS_HPP

#include <cstdint>
#include <cstring>
#include <optional>

#include "thrum/core/random.hpp"
#include "thrum/detector.hpp"
#include "thrum/feature_extractor.hpp"

// Detectors that both the program which writes model headers and the test that includes them make for
// themselves: the same code with the same flags, hence the same bits.

namespace thrum_test {

using Samples = Eigen::Matrix<std::int16_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Frames x channels of noise; channels are louder one after the other, and `loudness` multiplies all.
inline Samples noisy_frames(std::uint64_t seed, thrum::Index frames, int channels, double loudness) {
  thrum::Random random(seed);
  Samples x(frames, channels);
  for (thrum::Index i = 0; i < frames; ++i)
    for (int c = 0; c < channels; ++c) {
      const double value = loudness * 300 * (c + 1) * random.normal();
      x(i, c) = static_cast<std::int16_t>(value > 32767 ? 32767 : value < -32768 ? -32768 : value);
    }
  return x;
}

inline thrum::Matrix<float> noisy_rows(std::uint64_t seed, thrum::Index rows, thrum::Index cols) {
  thrum::Random random(seed);
  thrum::Matrix<float> x(rows, cols);
  for (thrum::Index i = 0; i < rows; ++i)
    for (thrum::Index f = 0; f < cols; ++f)
      x(i, f) = static_cast<float>(random.normal() + (i % 2 == 0 ? 0 : 5));
  return x;
}

/// Every stage, from a stream of two channels in an odd unit.
inline thrum::Detector<float> stream_detector() {
  thrum::FeatureOptions signal;
  signal.channels = 2;
  signal.window = 64;
  signal.hop = 24;
  signal.sampling_rate = 1000;
  signal.bands = 8;
  signal.mean = true;
  signal.channel[0] = {512, 8, "\xc2\xb5m"};
  signal.channel[1] = {0.1f, 0, "a\n\\"};
  thrum::DetectorOptions options;
  options.signal = signal;
  options.kmeans.clusters = 3;
  options.monitor = {2, 4, 1, 1.25f};
  thrum::Detector<float> detector(options);
  detector.fit(extract_windows(signal, noisy_frames(1, 24 * 300, 2, 1)));
  detector.calibrate(extract_windows(signal, noisy_frames(2, 24 * 120, 2, 1)), 0.05);
  return detector;
}

/// Nothing but classes, not calibrated.
inline thrum::Detector<float> row_detector() {
  thrum::DetectorOptions options;
  options.scaler = std::nullopt;
  options.pca = std::nullopt;
  options.kmeans.clusters = 2;
  thrum::Detector<float> detector(options);
  detector.fit(noisy_rows(3, 200, 5));
  return detector;
}

/// Minima and ranges, whitened components.
inline thrum::Detector<float> whitened_detector() {
  thrum::DetectorOptions options;
  options.scaler = thrum::ScalerOptions{thrum::ScalerKind::min_max};
  options.pca = thrum::PCAOptions{4, 0, true};
  options.kmeans.clusters = 2;
  thrum::Detector<float> detector(options);
  detector.fit(noisy_rows(4, 200, 6));
  return detector;
}

/// Many features and many classes.
inline thrum::Detector<float> large_detector() {
  thrum::DetectorOptions options;
  options.pca = std::nullopt;
  options.kmeans.clusters = 48;
  thrum::Detector<float> detector(options);
  detector.fit(noisy_rows(5, 400, 96));
  return detector;
}

/// One of each kind of scorer, and each form of ellipsoid: every stage before it, two classes.
inline thrum::Detector<float> detector_of_kind(thrum::AnomalyKind kind,
                                               thrum::EllipsoidForm form = thrum::EllipsoidForm::full) {
  thrum::DetectorOptions options;
  options.pca = thrum::PCAOptions{4, 0, false};
  options.kmeans.clusters = 2;
  options.scorer.kind = kind;
  options.scorer.form = form;
  options.scorer.rank = 2;
  options.scorer.soft_centers = 12;
  thrum::Detector<float> detector(options);
  detector.fit(noisy_rows(6, 200, 5));
  return detector;
}

/// Looks for every fault of sensors and for standstill; one input.
inline constexpr thrum::FeatureOptions watchful = [] {
  thrum::FeatureOptions options;
  options.channels = 2;
  options.window = 64;
  options.hop = 32;
  options.sampling_rate = 1000;
  options.bands = 4;
  for (int c = 0; c < 2; ++c) options.channel[c] = {1, 3000, "", 2, 20};
  options.sensors = {8, 3, 0.02f, 0.064f};
  options.inputs = 1;
  return options;
}();

/// Noise of 500 counts, with a stretch of each fault and of standstill.
inline Samples eventful(thrum::Index frames) {
  thrum::Random random(5);
  Samples x(frames, 2);
  for (thrum::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<std::int16_t>(500 * random.normal());
  if (frames < 4000) return x;
  x.block(400, 1, 20, 1).setConstant(123);                       // stuck
  x.block(1000, 0, 200, 1).setConstant(-7);                      // disconnected
  for (thrum::Index i = 1500; i < 1600; i += 4) x(i, 1) = 3000;  // clipped
  for (thrum::Index i = 2000; i < 2400; ++i)                     // at rest
    for (thrum::Index c = 0; c < 2; ++c) x(i, c) = static_cast<std::int16_t>(x(i, c) / 50);
  for (thrum::Index i = 3000; i < 3200; ++i)
    x(i, 0) = static_cast<std::int16_t>(x(i, 0) * 2);  // the machine's own
  return x;
}

/// The input for each window: a speed that rises and falls.
inline thrum::FeatureMatrix inputs_for(const Samples& x) {
  thrum::FeatureMatrix inputs(thrum::window_count(watchful, x.rows()), 1);
  for (thrum::Index i = 0; i < inputs.rows(); ++i) inputs(i, 0) = static_cast<float>(100 + i % 20);
  return inputs;
}

/// Fitted on what a machine running well sounds like.
inline thrum::Detector<float> watchful_detector() {
  thrum::DetectorOptions options;
  options.signal = watchful;
  options.kmeans.clusters = 1;
  options.monitor = {2, 4, 0, 1, 3, 2};
  thrum::Detector<float> detector(options);
  const Samples x = eventful(3999);
  detector.fit(thrum::extract_windows(watchful, x, inputs_for(x)));
  return detector;
}

}  // namespace thrum_test

#endif  // THRUM_TESTS_GENERATED_MODEL_DETECTORS_HPP
