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
#include "thrum/stored_detector.hpp"

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
  CHECK(sensitivity.caught_at(0) < 0.02);
  CHECK(sensitivity.caught_at(1) > 0.99);
  CHECK(sensitivity.caught() == Approx((sensitivity.caught_at(0) + sensitivity.caught_at(1)) / 2));
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
    CHECK(sensitivity.caught_at(1, channel, 0) > 0.95);
    CHECK(sensitivity.caught_at(1, channel, 3) < 0.05);
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
      for (int level = 0; level < 5; ++level) {
        const double caught = once.caught_at(level, channel, band);
        const bool none = std::isnan(caught);
        CHECK((none ? std::isnan(again.caught_at(level, channel, band))
                    : again.caught_at(level, channel, band) == caught));
        CHECK((none ? std::isnan(pieces.caught_at(level, channel, band))
                    : pieces.caught_at(level, channel, band) == caught));
        if (!none && others.caught_at(level, channel, band) != caught) differ = true;
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
    for (int band = 0; band < 8; ++band) CHECK(std::isnan(sensitivity.caught_at(0, 1, band)));
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
  CHECK_THAT(refused([](auto&, ToneOptions& o) { o.levels = {std::nan("")}; }), contains("levels has"));
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
  CHECK_THAT(refusal([&] { sensitivity.add(Detector<float>(), noise(3, 1)); }), contains("not fitted"));
  CHECK_THROWS_AS(sensitivity.add(detector_of_noise(), Frames(Frames::Zero(window, 3))),
                  std::invalid_argument);
  CHECK_THAT(refusal([&] { sensitivity.caught_at(5); }), contains("level is 5, expected from 0 to 4"));
  CHECK_THAT(refusal([&] { sensitivity.caught_at(0, 2, 0); }), contains("channel is 2"));
  CHECK_THAT(refusal([&] { sensitivity.tried(0, 0, -1); }), contains("band is -1"));
  CHECK_THAT(refusal([&] { sensitivity.smallest_caught(0, 8); }), contains("band is 8"));
}

namespace {

/// Finds every window normal, and keeps the rows that it judges.
struct Witness {
  FeatureOptions signal;
  mutable std::vector<thrum::FeatureMatrix> judged = {};

  struct Model {
    bool has_signal;
    FeatureOptions signal;
  };
  Model model() const { return {true, signal}; }
  bool fitted() const { return true; }
  std::vector<thrum::Verdict> verdicts(const thrum::FeatureMatrix& rows) const {
    judged.push_back(rows);
    thrum::Verdict normal;
    normal.state = thrum::State::normal;
    return std::vector<thrum::Verdict>(static_cast<std::size_t>(rows.rows()), normal);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("ToneSensitivity: a tone of some level has that share of the window's RMS", "", float,
                   std::int16_t) {
  FeatureOptions signal = spectrum();
  signal.channels = 1;
  signal.hop = window / 2;
  signal.median_absolute_deviation = signal.peak_to_peak = signal.crest_factor = false;
  signal.skewness = signal.kurtosis = signal.zero_crossings = signal.correlation = false;
  signal.bands = 0;
  REQUIRE(thrum::feature_count(signal) == 1);
  // Every window turns its own way at one cycle in four frames, about 100.
  Eigen::Matrix<TestType, Eigen::Dynamic, 1> recording(4 * window);
  for (Index i = 0; i < recording.size(); ++i)
    recording[i] = static_cast<TestType>(100 + (1 + i / (window / 2)) * ((i / 2) % 2 == 0 ? 1000 : -1000));
  ToneOptions options = levels({0.5, 2});
  options.tones_per_window = 40;
  ToneSensitivity sensitivity(signal, options);
  const Witness witness{signal};
  sensitivity.add(witness, recording);
  CHECK(sensitivity.tried() == 7 * 2 * 40);
  REQUIRE(witness.judged.size() == 1 + 7);
  const thrum::FeatureMatrix& plain = witness.judged[0];
  for (Index i = 0; i < 7; ++i) {
    const thrum::FeatureMatrix& toned = witness.judged[static_cast<std::size_t>(i) + 1];
    for (Index level = 0; level < 2; ++level) {
      double square = 0;  // sums of signal and tone, whose product averages to zero over phases
      for (Index tone = 0; tone < 40; ++tone) {
        const double rms = static_cast<double>(toned(2 * tone + level, 0)) / static_cast<double>(plain(i, 0));
        square += rms * rms / 40;
      }
      CHECK(square == Approx(1 + (level == 0 ? 0.25 : 4)).epsilon(0.05));
    }
  }
}

TEST_CASE("ToneSensitivity: tones keep samples in the range of their type") {
  FeatureOptions signal = spectrum();
  signal.channels = 1;
  const Witness witness{signal};
  ToneSensitivity counts(signal, levels({1e6})), floats(signal, levels({1e6}));
  Eigen::Matrix<std::int16_t, Eigen::Dynamic, 1> loud(window);
  for (Index i = 0; i < window; ++i) loud[i] = i % 2 == 0 ? 32767 : -32768;
  counts.add(witness, loud);
  floats.add(witness, loud.cast<float>() * 1e33f);
  CHECK(counts.tried() == 4);
  CHECK(floats.tried() == 4);
  for (const thrum::FeatureMatrix& rows : witness.judged) CHECK(rows.allFinite());
}

TEST_CASE("ToneSensitivity: two detectors get the same tones, whatever each finds normal") {
  struct Moody : Witness {
    std::vector<thrum::Verdict> verdicts(const thrum::FeatureMatrix& rows) const {
      std::vector<thrum::Verdict> all = Witness::verdicts(rows);
      if (judged.size() == 1) all[0].state = thrum::State::alarm;
      return all;
    }
  };
  const Frames recording = noise(3, 3);
  const Witness calm{spectrum()};
  const Moody moody{{spectrum()}};
  ToneSensitivity of_calm(spectrum()), of_moody(spectrum());
  of_calm.add(calm, recording);
  of_moody.add(moody, recording);
  CHECK(of_calm.false_alarms() == 0);
  CHECK(of_moody.false_alarms() == Approx(1.0 / 3));
  REQUIRE(calm.judged.size() == 4);
  REQUIRE(moody.judged.size() == 3);
  CHECK(moody.judged[1] == calm.judged[2]);
  CHECK(moody.judged[2] == calm.judged[3]);
}

TEST_CASE("ToneSensitivity: any storage order, an expression once, windows with NaN left out") {
  Frames recording = noise(3, 10);
  Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor> columns = recording;
  ToneSensitivity rows(spectrum()), by_columns(spectrum()), random(spectrum()), with_nan(spectrum());
  rows.add(detector_of_noise(), recording);
  by_columns.add(detector_of_noise(), columns);
  CHECK(by_columns.tried() == rows.tried());
  CHECK(by_columns.caught() == rows.caught());
  const Witness witness{spectrum()};
  random.add(witness, Frames::Random(2 * window, channels));
  CHECK(random.tried() == 2 * 4 * 5);
  recording(0, 0) = std::numeric_limits<float>::quiet_NaN();
  with_nan.add(detector_of_noise(), recording);
  CHECK(with_nan.tried() <= 9 * 4 * 5);
  CHECK(with_nan.tried() > 0);
}

TEST_CASE("ToneSensitivity: names no channel without signal options, and takes a stored detector") {
  thrum::DetectorOptions options;
  options.pca.reset();
  options.kmeans.clusters = 1;
  Detector<float> bare(options);
  bare.fit(thrum::extract_windows(spectrum(), noise(1, 600)));
  bare.calibrate(thrum::extract_windows(spectrum(), noise(2, 400)), 0.01);
  ToneSensitivity nameless(spectrum(), levels({3}));
  nameless.add(bare, noise(3, 20));
  CHECK(nameless.caught() > 0.5);
  CHECK(nameless.named() == 0);

  ToneSensitivity own(spectrum()), stored(spectrum());
  own.add(detector_of_noise(), noise(3, 20));
  stored.add(thrum::StoredDetector<float>(detector_of_noise().model()), noise(3, 20));
  CHECK(stored.tried() == own.tried());
  CHECK(stored.caught() == own.caught());
}
