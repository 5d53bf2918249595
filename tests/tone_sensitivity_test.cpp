#include "thrum/tone_sensitivity.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/core/random.hpp"
#include "thrum/detector.hpp"

using thrum::Detector;
using thrum::FeatureOptions;
using thrum::Index;
using thrum::ToneOptions;
using thrum::ToneSensitivity;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

using Frames = thrum::Matrix<float>;

constexpr int channels = 2, window = 64;

FeatureOptions spectrum() {
  FeatureOptions signal;
  signal.channels = channels;
  signal.window = signal.hop = window;
  signal.sampling_rate = 1000;
  signal.bands = 8;
  return signal;
}

/// White noise, of another size on each channel.
Frames noise(std::uint64_t seed, Index windows) {
  thrum::Random random(seed);
  Frames frames(windows * window, channels);
  for (Index i = 0; i < frames.rows(); ++i)
    for (Index c = 0; c < channels; ++c)
      frames(i, c) = static_cast<float>(random.normal() * (c == 0 ? 1000 : 100) + 5);
  return frames;
}

Detector<float> learned(const FeatureOptions& signal, const Frames& normal, const Frames& calibrating) {
  thrum::DetectorOptions options;
  options.signal = signal;
  options.pca.reset();
  options.kmeans.clusters = 1;
  options.scorer.kind = thrum::AnomalyKind::mahalanobis;
  Detector<float> detector(options);
  detector.fit(thrum::extract_windows(signal, normal));
  detector.calibrate(thrum::extract_windows(signal, calibrating), 0.01);
  return detector;
}

const Detector<float>& detector_of_noise() {
  static const Detector<float> detector = learned(spectrum(), noise(1, 600), noise(2, 400));
  return detector;
}

ToneOptions levels(std::vector<double> values) {
  ToneOptions options;
  options.levels = std::move(values);
  return options;
}

}  // namespace

TEST_CASE("ToneSensitivity: loud tones are caught, faint ones are not, whatever the channel's size") {
  ToneSensitivity sensitivity(spectrum(), levels({0.01, 3}));
  CHECK(std::isnan(sensitivity.caught()));
  CHECK(std::isnan(sensitivity.named()));
  sensitivity.add(detector_of_noise(), noise(3, 200));
  CHECK(sensitivity.tried() > 190 * 2 * 4);
  CHECK(sensitivity.tried() <= 200 * 2 * 4);
  CHECK(sensitivity.caught(0) < 0.02);
  CHECK(sensitivity.caught(1) > 0.99);
  CHECK(sensitivity.caught() == Approx((sensitivity.caught(0) + sensitivity.caught(1)) / 2));
  CHECK(sensitivity.named() > 0.95);
  for (int channel = 0; channel < channels; ++channel)
    for (int band = 0; band < 8; ++band) CHECK(sensitivity.smallest_caught(channel, band) == 3);
}

TEST_CASE("ToneSensitivity: tells the channel and the frequencies to which a detector is blind") {
  FeatureOptions low = spectrum();
  low.rms = low.median_absolute_deviation = low.peak_to_peak = low.crest_factor = low.skewness = false;
  low.kurtosis = low.zero_crossings = low.correlation = false;
  low.bands = 4;
  low.highest_hz = 250;
  ToneOptions options = levels({1, 2});
  options.bands = 4;
  ToneSensitivity sensitivity(low, options);
  sensitivity.add(learned(low, noise(1, 600), noise(2, 400)), noise(3, 200));
  CHECK(sensitivity.edge_hz(0) == 0);
  CHECK(sensitivity.edge_hz(2) == 250);
  CHECK(sensitivity.edge_hz(4) == 500);
  for (int channel = 0; channel < channels; ++channel) {
    CHECK(sensitivity.caught(1, channel, 0) > 0.95);
    CHECK(sensitivity.caught(1, channel, 3) < 0.05);
    CHECK(sensitivity.smallest_caught(channel, 0).has_value());
    CHECK_FALSE(sensitivity.smallest_caught(channel, 3).has_value());
  }
}

TEST_CASE("ToneSensitivity: recordings in counts and in floats catch the same tones") {
  const Frames whole = noise(3, 50).array().round().matrix();
  ToneSensitivity floats(spectrum()), counts(spectrum());
  floats.add(detector_of_noise(), whole);
  counts.add(detector_of_noise(), whole.cast<std::int16_t>());
  CHECK(counts.tried() == floats.tried());
  CHECK(counts.caught() == Approx(floats.caught()).margin(0.01));
}

TEST_CASE("ToneSensitivity: counts of several recordings add up, and the seed decides the tones") {
  const Frames recording = noise(3, 40);
  ToneSensitivity once(spectrum()), again(spectrum()), pieces(spectrum());
  once.add(detector_of_noise(), recording);
  again.add(detector_of_noise(), recording);
  pieces.add(detector_of_noise(), recording.topRows(16 * window));
  pieces.add(detector_of_noise(), recording.bottomRows(24 * window));
  ToneOptions other;
  other.seed = 1;
  ToneSensitivity others(spectrum(), other);
  others.add(detector_of_noise(), recording);
  bool differ = false;
  for (int channel = 0; channel < channels; ++channel)
    for (int band = 0; band < 8; ++band)
      for (Index level = 0; level < 5; ++level) {
        const double caught = once.caught(level, channel, band);
        const bool none = std::isnan(caught);
        CHECK((none ? std::isnan(again.caught(level, channel, band))
                    : again.caught(level, channel, band) == caught));
        CHECK((none ? std::isnan(pieces.caught(level, channel, band))
                    : pieces.caught(level, channel, band) == caught));
        if (!none && others.caught(level, channel, band) != caught) differ = true;
      }
  CHECK(differ);
}

TEST_CASE("ToneSensitivity: tones go only where the machine runs well and the channel moves") {
  SECTION("windows that are an alarm already") {
    ToneSensitivity sensitivity(spectrum());
    sensitivity.add(detector_of_noise(), Frames(noise(3, 20) * 10));
    CHECK(sensitivity.tried() == 0);
  }
  SECTION("a machine at rest") {
    FeatureOptions signal = spectrum();
    for (int c = 0; c < channels; ++c) signal.channel[c].idle_level = 20000;
    ToneSensitivity sensitivity(signal);
    sensitivity.add(learned(signal, noise(1, 600), noise(2, 400)), noise(3, 20));
    CHECK(sensitivity.tried() == 0);
  }
  SECTION("a channel that stands still") {
    Frames normal = noise(1, 600), calibrating = noise(2, 400), recording = noise(3, 50);
    for (Frames* frames : {&normal, &calibrating, &recording}) frames->col(1).setConstant(5);
    ToneSensitivity sensitivity(spectrum());
    sensitivity.add(learned(spectrum(), normal, calibrating), recording);
    CHECK(sensitivity.tried() > 0);
    for (int band = 0; band < 8; ++band) CHECK(std::isnan(sensitivity.caught(0, 1, band)));
  }
}

TEST_CASE("ToneSensitivity: refuses options that make no sense") {
  const auto refused = [](auto change) {
    FeatureOptions signal = spectrum();
    ToneOptions options;
    change(signal, options);
    return refusal([&] { ToneSensitivity(signal, options); });
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK_THAT(refused([](auto&, ToneOptions& o) { o.levels.clear(); }), contains("levels is empty"));
  CHECK_THAT(refused([](auto&, ToneOptions& o) { o.levels = {0.0}; }), contains("levels has 0"));
  CHECK_THAT(refused([](auto&, ToneOptions& o) { o.levels = {0.2, 0.1}; }), contains("levels has 0.1"));
  CHECK_THAT(refused([](auto&, ToneOptions& o) { o.levels = {infinity}; }), contains("levels has inf"));
  CHECK_THAT(refused([](auto&, ToneOptions& o) { o.bands = 0; }), contains("bands is 0"));
  CHECK_THAT(refused([](auto&, ToneOptions& o) { o.tones_per_window = 0; }),
             contains("tones_per_window is 0"));
  CHECK_THAT(refused([](FeatureOptions& s, auto&) { s.inputs = 1; }), contains("1 inputs"));
  CHECK_THAT(refused([](FeatureOptions& s, auto&) { s.window = 0; }), contains("options"));
  FeatureOptions faster = spectrum();
  faster.sampling_rate = 2000;
  CHECK_THAT(refusal([&] { ToneSensitivity(faster).add(detector_of_noise(), noise(3, 1)); }),
             contains("other signal options"));
  ToneSensitivity sensitivity(spectrum());
  CHECK_THROWS_AS(sensitivity.add(detector_of_noise(), Frames(Frames::Zero(window, 3))),
                  std::invalid_argument);
}
