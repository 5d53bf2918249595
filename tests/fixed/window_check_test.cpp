#include "firmware_under_test.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"

using thrum::FeatureOptions;
using thrum::Index;
using thrum::SensorFault;
using thrum::State;
using thrum::Status;
using thrum::WindowCheck;
using thrum::WindowCondition;

namespace {

/// Two channels of 64 frames; 100 counts are a unit.
FeatureOptions two_channels() {
  FeatureOptions options;
  options.channels = 2;
  options.window = 64;
  options.hop = 32;
  options.sampling_rate = 64;
  options.channel[0].counts_per_unit = options.channel[1].counts_per_unit = 100;
  return options;
}

/// A sine on the first channel and twice as much on the second, in counts.
template <typename Sample>
std::vector<Sample> sines(double amplitude, int frames = 64) {
  std::vector<Sample> samples;
  for (int i = 0; i < frames; ++i)
    for (const double times : {1.0, 2.0})
      samples.push_back(static_cast<Sample>(std::round(times * amplitude * std::sin(0.3 * i + 0.1))));
  return samples;
}

/// A window of frames in one piece, or cut in two behind `cut` frames as where a ring wraps.
template <typename Sample>
thrum::WindowView<Sample> window_of(const std::vector<Sample>& samples, Index cut = -1) {
  const Index frames = static_cast<Index>(samples.size()) / 2, first = cut < 0 ? frames : cut;
  return {thrum::row_major(samples.data(), first, 2),
          thrum::row_major(samples.data() + 2 * first, frames - first, 2)};
}

template <typename Sample>
WindowCondition condition(const FeatureOptions& options, const std::vector<Sample>& samples, Index cut = -1) {
  WindowCheck check;
  return check.update(options, window_of(samples, cut));
}

}  // namespace

TEMPLATE_TEST_CASE("without options for it no window is found faulty or idle", "", std::int16_t, float) {
  const FeatureOptions options = two_channels();
  CHECK_FALSE(thrum::checks_windows(options));
  CHECK(condition(options, std::vector<TestType>(128)).scored());
  CHECK(condition(options, std::vector<TestType>(128, 32767)).scored());
}

TEMPLATE_TEST_CASE("a channel that moves no further than its flat range is disconnected", "", std::int16_t,
                   float) {
  FeatureOptions options = two_channels();
  options.channel[1].flat_range = 0.05f;  // five counts
  std::vector<TestType> samples = sines<TestType>(1000);
  CHECK(condition(options, samples).scored());
  for (std::size_t i = 1; i < samples.size(); i += 2) samples[i] = static_cast<TestType>(20000 + i % 6);
  CHECK(condition(options, samples).fault == SensorFault::disconnected);  // 1, 3 and 5
  CHECK(condition(options, samples).channel == 1);
  samples[64 + 1] = 19999;
  CHECK(condition(options, samples).scored());  // six
  // The other channel is not looked at, however flat.
  samples = sines<TestType>(1000);
  for (std::size_t i = 0; i < samples.size(); i += 2) samples[i] = 7;
  CHECK(condition(options, samples).scored());
}

TEMPLATE_TEST_CASE("a channel with so many equal samples in a row is stuck, wherever the ring wraps", "",
                   std::int16_t, float) {
  FeatureOptions options = two_channels();
  options.sensors.stuck_frames = 10;
  for (const int run : {9, 10})
    for (const Index cut : {Index{1}, Index{20}, Index{25}, Index{63}, Index{-1}}) {
      std::vector<TestType> samples = sines<TestType>(1000);
      for (int i = 20; i < 20 + run; ++i) samples[static_cast<std::size_t>(2 * i)] = 12345;
      const WindowCondition found = condition(options, samples, cut);
      CHECK(found.scored() == (run < 10));
      if (run < 10) continue;
      CHECK(found.fault == SensorFault::stuck);
      CHECK(found.channel == 0);
    }
  // Where all samples are equal, the first is in the run as well.
  options.sensors.stuck_frames = 64;
  CHECK(condition(options, std::vector<TestType>(128, 3)).fault == SensorFault::stuck);
}

TEMPLATE_TEST_CASE("a channel with so many samples at full scale is clipped, at either end", "", std::int16_t,
                   float) {
  FeatureOptions options = two_channels();
  options.channel[1].full_scale = 20;  // 2000 counts; the first channel's is not known
  options.sensors.clipped_frames = 3;
  std::vector<TestType> samples = sines<TestType>(900);
  samples[0] = 32767;
  CHECK(condition(options, samples).scored());
  samples[11] = samples[41] = -2000;
  CHECK(condition(options, samples).scored());
  samples[81] = 1999;  // the last steps of a converter count
  CHECK(condition(options, samples).fault == SensorFault::clipped);
  CHECK(condition(options, samples).channel == 1);
  samples[81] = 1990;
  CHECK(condition(options, samples).scored());
  // int16 has no 32768.
  options.channel[1].full_scale = 327.68f;
  samples[11] = samples[41] = samples[81] = 32767;
  CHECK(condition(options, samples).fault == SensorFault::clipped);
}

TEST_CASE("equal samples at full scale are clipped and not stuck") {
  FeatureOptions options = two_channels();
  options.channel[0].full_scale = options.channel[1].full_scale = 20;
  options.sensors.stuck_frames = 4;
  std::vector<std::int16_t> samples = sines<std::int16_t>(900);
  for (std::size_t i = 20; i < 40; ++i) samples[i] = 2000;
  CHECK(condition(options, samples).scored());
  options.sensors.clipped_frames = 10;
  CHECK(condition(options, samples).fault == SensorFault::clipped);
}

TEST_CASE("a sample that is not finite is a fault of its channel where windows are looked at") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity})
    for (const std::size_t place : {0u, 1u, 76u, 127u})
      for (const Index cut : {Index{-1}, Index{30}}) {
        FeatureOptions options = two_channels();
        std::vector<float> samples = sines<float>(1000);
        samples[place] = bad;
        CHECK(condition(options, samples, cut).scored());  // it is the verdict that is unknown then
        options.channel[0].idle_level = 1;
        CHECK(condition(options, samples, cut).fault == SensorFault::non_finite);
        CHECK(condition(options, samples, cut).channel == static_cast<int>(place % 2));
      }
}

TEMPLATE_TEST_CASE("a machine is idle when every channel with a floor is below it", "", std::int16_t, float) {
  FeatureOptions options = two_channels();
  options.channel[0].idle_level = 1;  // 100 counts rms
  CHECK(condition(options, sines<TestType>(130)).idle);
  CHECK_FALSE(condition(options, sines<TestType>(150)).idle);
  options.channel[1].idle_level = 1;
  CHECK_FALSE(condition(options, sines<TestType>(130)).idle);  // twice as much there
  CHECK(condition(options, sines<TestType>(65)).idle);
  // A level is about the mean: a sensor that sits askew is no machine that moves.
  std::vector<TestType> askew = sines<TestType>(65);
  for (TestType& sample : askew) sample = static_cast<TestType>(sample + 20000);
  CHECK(condition(options, askew).idle);
  CHECK(condition(options, std::vector<TestType>(128)).idle);
}

TEST_CASE("the level that is held against the floor is the root mean square about the mean") {
  // Just on either side of it, on samples far from zero and with the ring wrapping anywhere.
  std::vector<std::int16_t> samples = sines<std::int16_t>(700);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < samples.size(); i += 2)
    sum += samples[i] = static_cast<std::int16_t>(samples[i] + 30000);
  for (std::size_t i = 0; i < samples.size(); i += 2) squares += std::pow(samples[i] - sum / 64, 2);
  const double level = std::sqrt(squares / 64) / 100;
  FeatureOptions options = two_channels();
  for (const Index cut : {Index{1}, Index{17}, Index{-1}}) {
    options.channel[0].idle_level = static_cast<float>(level * (1 + 1e-5));
    CHECK(condition(options, samples, cut).idle);
    options.channel[0].idle_level = static_cast<float>(level * (1 - 1e-5));
    CHECK_FALSE(condition(options, samples, cut).idle);
  }
}

TEST_CASE("samples whose level overflows are no machine at rest") {
  FeatureOptions options = two_channels();
  options.channel[0].idle_level = 1;
  std::vector<float> samples = sines<float>(1);
  samples[10] = std::numeric_limits<float>::max();
  CHECK(condition(options, samples).scored());
  for (std::size_t i = 0; i < samples.size(); i += 4) samples[i] = -std::numeric_limits<float>::max();
  CHECK(condition(options, samples).scored());
}

TEST_CASE("a fault goes before rest, the lowest channel's before the others'") {
  FeatureOptions options = two_channels();
  options.channel[0].idle_level = options.channel[1].idle_level = 10;
  options.channel[1].flat_range = 1;
  options.sensors.stuck_frames = 64;
  std::vector<std::int16_t> samples(128);
  WindowCondition found = condition(options, samples);
  CHECK(found.fault == SensorFault::stuck);
  CHECK(found.channel == 0);
  CHECK_FALSE(found.idle);
  for (std::size_t i = 0; i < samples.size(); i += 2) samples[i] = static_cast<std::int16_t>(i);
  found = condition(options, samples);
  CHECK(found.fault == SensorFault::disconnected);
  CHECK(found.channel == 1);
}

TEST_CASE("the run-up after standing still is idle for its seconds, and no longer") {
  FeatureOptions options = two_channels();
  options.channel[0].idle_level = 1;
  options.sensors.run_up = 2.25f;  // four and a half hops of half a second
  CHECK(thrum::run_up_windows(options) == 5);
  const std::vector<std::int16_t> running = sines<std::int16_t>(1000), still(128);
  WindowCheck check;
  const auto idle = [&](const std::vector<std::int16_t>& samples) {
    return check.update(options, window_of(samples)).idle;
  };
  CHECK_FALSE(idle(running));  // nothing is masked before the machine stood still
  for (int round = 0; round < 2; ++round) {
    CHECK(idle(still));
    CHECK(idle(still));
    for (int i = 0; i < 5; ++i) CHECK(idle(running));
    CHECK_FALSE(idle(running));
    CHECK_FALSE(idle(running));
  }
  CHECK(idle(still));
  CHECK(idle(running));
  CHECK(idle(still));  // begins anew
  for (int i = 0; i < 5; ++i) CHECK(idle(running));
  CHECK_FALSE(idle(running));
  CHECK(idle(still));
  check.reset();
  CHECK_FALSE(idle(running));
  // Faults are told during the run-up, and it goes on meanwhile.
  options.sensors.stuck_frames = 64;
  CHECK(check.update(options, window_of(std::vector<std::int16_t>(128))).fault == SensorFault::stuck);
  std::vector<std::int16_t> nearly_still(128);
  nearly_still[20] = nearly_still[21] = 1;
  CHECK(idle(nearly_still));
  CHECK(check.update(options, window_of(still)).fault == SensorFault::stuck);
  for (int i = 0; i < 4; ++i) CHECK(idle(running));
  CHECK_FALSE(idle(running));
}

TEST_CASE("the number of windows of a run-up is rounded up and has no limit within its range") {
  FeatureOptions options = two_channels();
  const auto windows = [&](float seconds) {
    options.sensors.run_up = seconds;
    return thrum::run_up_windows(options);
  };
  CHECK(windows(0) == 0);
  CHECK(windows(0.5f) == 1);
  CHECK(windows(0.501f) == 2);
  options.hop = 1;
  CHECK(windows(1e9f / 64) == 1000000000);
  CHECK(thrum::check(options) == Status::ok);
}

TEST_CASE("options about sensors outside their ranges are refused and named") {
  using thrum_test::contains;
  const auto reason = [](auto change) {
    FeatureOptions options = two_channels();
    change(options);
    const char* wrong = thrum::what_is_wrong(options);
    CHECK((thrum::check(options) == Status::ok) == (wrong == nullptr));
    return std::string(wrong == nullptr ? "nothing" : wrong);
  };
  const float nan = thrum::not_a_number<float>(), infinity = thrum::positive_infinity<float>();
  CHECK(reason([](FeatureOptions& o) { o.sensors.stuck_frames = 2; }) == "nothing");
  for (const int frames : {-1, 1, 65})
    CHECK_THAT(reason([=](FeatureOptions& o) { o.sensors.stuck_frames = frames; }), contains("stuck_frames"));
  for (const int frames : {-1, 1, 65})  // 1: no channel has a full scale
    CHECK_THAT(reason([=](FeatureOptions& o) { o.sensors.clipped_frames = frames; }),
               contains("clipped_frames"));
  CHECK(reason([](FeatureOptions& o) {
          o.sensors.clipped_frames = 1;
          o.channel[1].full_scale = 1;
        }) == "nothing");
  for (const float bad : {-1.0f, 0.5f, nan, infinity})
    CHECK_THAT(reason([=](FeatureOptions& o) { o.sensors.rate_tolerance = bad; }),
               contains("rate_tolerance"));
  for (const float bad : {-1.0f, 1e8f, nan, infinity})
    CHECK_THAT(reason([=](FeatureOptions& o) { o.sensors.run_up = bad; }), contains("run_up"));
  for (const float bad : {-1.0f, nan, infinity}) {
    CHECK_THAT(reason([=](FeatureOptions& o) { o.channel[1].flat_range = bad; }), contains("flat_range"));
    CHECK_THAT(reason([=](FeatureOptions& o) { o.channel[0].idle_level = bad; }), contains("idle_level"));
  }
}

// ---- in the detector

namespace {

constexpr float center[4] = {4, 8, 4, 8};
constexpr float quarter = 0.25f;

/// As the one of detector_test.cpp, rms and peak to peak around a square wave of 4, that looks at its
/// sensors.
constexpr thrum::DetectorModel<float> watchful_model = [] {
  thrum::DetectorModel<float> model;
  model.features = 4;
  model.has_signal = true;
  FeatureOptions& signal = model.signal;
  signal.channels = 2;
  signal.window = signal.hop = 8;
  signal.sampling_rate = 8;
  signal.bands = 0;
  signal.median_absolute_deviation = signal.crest_factor = signal.skewness = signal.kurtosis = false;
  signal.zero_crossings = signal.correlation = false;
  signal.sensors = {4, 2, 0, 1};
  for (int c = 0; c < 2; ++c) signal.channel[c] = {1, 100, "", 0.5f, 2};
  model.monitor = {1, 2, 0};
  model.anomaly = {center, &quarter, 1, 4, 1};
  return model;
}();

/// The verdict on the window that a square wave of these amplitudes fills.
template <typename Sample>
thrum::Verdict verdict_on_square(thrum::fixed::Detector<watchful_model, Sample>& detector, float first,
                                 float second) {
  for (int i = 0; i < 8; ++i) {
    const float sign = i % 2 == 0 ? 1.0f : -1.0f;
    const Sample frame[2] = {static_cast<Sample>(sign * first), static_cast<Sample>(sign * second)};
    CHECK(detector.write(frame, 1) == 1);
  }
  REQUIRE(detector.poll());
  return detector.verdict();
}

}  // namespace

TEMPLATE_TEST_CASE("a fixed detector tells sensor faults and rest from the machine's own states", "",
                   std::int16_t, float) {
  thrum::fixed::Detector<watchful_model, TestType> detector;
  thrum::Verdict verdict = verdict_on_square(detector, 4, 4);
  CHECK(verdict.state == State::normal);
  CHECK(verdict.fault == SensorFault::none);
  verdict = verdict_on_square(detector, 4, 0);
  CHECK(verdict.state == State::sensor_fault);
  CHECK(verdict.status == Status::ok);
  CHECK(verdict.fault == SensorFault::disconnected);
  CHECK(verdict.channel == 1);
  CHECK(verdict.feature == -1);
  CHECK(verdict.cluster == -1);
  CHECK(verdict.score == 0);
  CHECK(detector.features()[2] == 4);  // of the window before
  verdict = verdict_on_square(detector, 100, 4);
  CHECK(verdict.fault == SensorFault::clipped);
  CHECK(verdict.channel == 0);
  CHECK(verdict_on_square(detector, 1, 1).state == State::idle);
  CHECK(verdict_on_square(detector, 40, 4).state == State::idle);  // run-up, one window long
  CHECK(verdict_on_square(detector, 40, 4).state == State::alarm);
}

TEST_CASE("a fixed detector calls a sample that is not finite a sensor fault where it looks at sensors") {
  thrum::fixed::Detector<watchful_model, float> detector;
  const thrum::Verdict verdict = verdict_on_square(detector, 4, std::numeric_limits<float>::infinity());
  CHECK(verdict.state == State::sensor_fault);
  CHECK(verdict.status == Status::non_finite);
  CHECK(verdict.fault == SensorFault::non_finite);
  CHECK(verdict.channel == 1);
}

TEST_CASE("states and faults have words of their own") {
  std::vector<std::string> words;
  for (int i = 0; i < 5; ++i) words.push_back(to_string(static_cast<State>(i)));
  for (int i = 0; i < 6; ++i) words.push_back(to_string(static_cast<SensorFault>(i)));
  for (std::size_t i = 0; i < words.size(); ++i) {
    CHECK(words[i] != "?");
    for (std::size_t j = 0; j < i; ++j) CHECK(words[i] != words[j]);
  }
}
