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

}  // namespace thrum_test

#endif  // THRUM_TESTS_GENERATED_MODEL_DETECTORS_HPP
