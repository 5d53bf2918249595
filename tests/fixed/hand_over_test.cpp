#include "firmware_under_test.hpp"

#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "catch.hpp"

using thrum::DetectorModel;
using thrum::FeatureOptions;
using thrum::Index;
using thrum::SampleClock;
using thrum::SensorFault;
using thrum::State;
using thrum::Status;
using thrum::Verdict;

namespace {

// Two channels at 1000 Hz, windows of eight frames, rms and peak to peak; two inputs behind them.

constexpr float center[6] = {4, 8, 4, 8, 50, 0};
constexpr float quarter = 0.25f;

constexpr DetectorModel<float> model_with_inputs = [] {
  DetectorModel<float> model;
  model.features = 6;
  model.has_signal = true;
  FeatureOptions& signal = model.signal;
  signal.channels = 2;
  signal.window = 8;
  signal.hop = 4;
  signal.sampling_rate = 1000;
  signal.bands = 0;
  signal.median_absolute_deviation = signal.crest_factor = signal.skewness = signal.kurtosis = false;
  signal.zero_crossings = signal.correlation = false;
  signal.inputs = 2;
  signal.sensors.rate_tolerance = 0.05f;
  model.monitor = {2, 3, 0};
  model.anomaly = {center, &quarter, 1, 6, 1};
  model.checksum = 12345;
  return model;
}();

constexpr DetectorModel<float> other_model = [] {
  DetectorModel<float> model = model_with_inputs;
  model.checksum = 12346;
  return model;
}();

using Detector = thrum::fixed::Detector<model_with_inputs>;

constexpr std::int16_t square[32] = {4, 4, -4, -4, 4, 4, -4, -4, 4, 4, -4, -4, 4, 4, -4, -4,
                                     4, 4, -4, -4, 4, 4, -4, -4, 4, 4, -4, -4, 4, 4, -4, -4};

}  // namespace

// ---- inputs

TEST_CASE("inputs stand behind the features and are judged with them") {
  Detector detector;
  CHECK(detector.set_input(0, 50) == Status::ok);
  detector.write(square, 8);
  REQUIRE(detector.poll());
  CHECK(detector.features()[4] == 50);
  CHECK(detector.features()[5] == 0);  // as at start
  CHECK(detector.verdict().state == State::normal);
  CHECK(detector.verdict().score == 0);
  CHECK(detector.set_input(1, -6) == Status::ok);
  detector.write(square, 4);
  REQUIRE(detector.poll());
  CHECK(detector.verdict().state == State::alarm);
  CHECK(detector.verdict().score == 3);
  CHECK(detector.verdict().feature == 5);
  CHECK(detector.verdict().channel == -1);
  CHECK(detector.verdict().share == 1);
  const thrum::FeatureName name = thrum::feature_name(model_with_inputs.signal, 5);
  CHECK(name.kind == thrum::FeatureKind::input);
  CHECK(name.detail == 1);
}

TEST_CASE("an input that does not exist is refused, and one that is not finite makes verdicts unknown") {
  Detector detector;
  for (const int i : {-1, 2, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()})
    CHECK(detector.set_input(i, 1) == Status::out_of_range);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    CHECK(detector.set_input(0, bad) == Status::ok);
    detector.write(square, 8);
    REQUIRE(detector.poll());
    CHECK(detector.verdict().state == State::unknown);
    CHECK(detector.verdict().status == Status::non_finite);
    CHECK(detector.set_input(0, 50) == Status::ok);
    detector.write(square, 4);
    REQUIRE(detector.poll());
    CHECK(detector.verdict().state == State::normal);
    detector.restart();
  }
}

TEST_CASE("the number of inputs has a range, and inputs alone are no signal") {
  FeatureOptions options = model_with_inputs.signal;
  CHECK(thrum::feature_count(options) == 6);
  CHECK(thrum::window_feature_count(options) == 4);
  for (const int wrong : {-1, 65}) {
    options.inputs = wrong;
    CHECK_THAT(thrum::what_is_wrong(options), thrum_test::contains("inputs"));
  }
  options.inputs = 64;
  CHECK(thrum::what_is_wrong(options) == nullptr);
  options.rms = options.peak_to_peak = false;
  CHECK_THAT(thrum::what_is_wrong(options), thrum_test::contains("no feature"));
}

// ---- time stamps

TEST_CASE("blocks in time leave no gap, whatever their size and wherever the clock wraps") {
  for (const std::uint32_t start : {0u, 5u, UINT32_MAX - 3000u}) {
    SampleClock clock;
    std::uint32_t now = start;
    std::uint32_t random = 3;
    for (int block = 0; block < 200; ++block) {
      random = random * 1664525u + 1013904223u;
      const std::uint32_t frames = 1 + (random >> 28), jitter = random >> 22 & 255u;
      CHECK(clock.stamp(model_with_inputs.signal, now + jitter, static_cast<Index>(frames)) == 0);
      now += frames * 1000;
      if (block > 20) CHECK_FALSE(clock.rate_off());
      // A window of eight frames: jitter of a quarter of a frame is below 5 % of it.
    }
  }
}

TEST_CASE("a block that comes late has as many frames missing before it as would have filled the time") {
  for (const Index frames : {1, 8, 100}) {
    SampleClock clock;
    std::uint32_t now = UINT32_MAX - 5000;
    CHECK(clock.stamp(model_with_inputs.signal, now, frames) == 0);  // the first follows nothing
    for (const Index missing : {Index{2} + frames, Index{1000}, Index{3}, Index{0}}) {
      const Index seen = 2 * missing > frames + 2 ? missing : 0;
      now += static_cast<std::uint32_t>(frames + missing) * 1000;
      CHECK(clock.stamp(model_with_inputs.signal, now, frames) == seen);
    }
    // A clock that runs backwards is one that is late by nearly all of its range.
    CHECK(clock.stamp(model_with_inputs.signal, now - 1000, frames) > 4000000);
    clock.restart();
    CHECK(clock.stamp(model_with_inputs.signal, now + 50000000, frames) == 0);
  }
}

TEST_CASE("a rate is off beyond its tolerance, either way, and told until it is right again") {
  SampleClock clock;
  std::uint32_t now = 77;
  const auto off_after = [&](std::uint32_t microseconds_a_frame) {
    for (int block = 0; block < 6; ++block) {
      CHECK(clock.stamp(model_with_inputs.signal, now, 4) == 0);
      now += 4 * microseconds_a_frame;
    }
    return clock.rate_off();
  };
  CHECK_FALSE(off_after(1000));
  CHECK_FALSE(off_after(1045));
  CHECK(off_after(1060));
  CHECK_FALSE(off_after(960));
  CHECK(off_after(940));
  CHECK(off_after(0));  // a clock that stands still
  CHECK_FALSE(off_after(1000));
  CHECK(sizeof(SampleClock) == 20);
}

TEST_CASE("the rate of frames that take minutes each is measured before the time of a window overflows") {
  FeatureOptions options = model_with_inputs.signal;
  options.sampling_rate = 1.0f / 600;  // windows of 80 minutes
  const auto off_after = [&](std::uint32_t seconds_a_frame) {
    SampleClock clock;
    for (std::uint32_t frame = 0; frame < 30; ++frame)
      CHECK(clock.stamp(options, frame * seconds_a_frame * 1000000u, 1) == 0);
    return clock.rate_off();
  };
  CHECK_FALSE(off_after(600));
  CHECK_FALSE(off_after(580));
  CHECK(off_after(560));
  CHECK(off_after(640));
}

TEST_CASE("time stamps make gaps and sensor faults of a fixed detector's windows") {
  Detector detector;
  detector.set_input(0, 50);
  std::uint32_t now = UINT32_MAX - 20000;
  const auto write = [&](std::uint32_t microseconds_a_frame) {
    CHECK(detector.write(square, 4, now) == 4);
    now += 4 * microseconds_a_frame;
  };
  write(1000);
  write(1000);
  REQUIRE(detector.poll());
  CHECK(detector.verdict().state == State::normal);
  write(1000);
  now += 9000;  // nine frames are lost
  REQUIRE(detector.poll());
  write(1000);
  CHECK_FALSE(detector.poll());
  CHECK(detector.missing_frames() == 9);
  CHECK(detector.discarded_windows() == 1);
  write(1000);
  REQUIRE(detector.poll());
  CHECK(detector.verdict().state == State::normal);
  for (int block = 0; block < 4; ++block) {
    write(1200);
    detector.poll();
  }
  CHECK(detector.verdict().state == State::sensor_fault);
  CHECK(detector.verdict().fault == SensorFault::rate_off);
  CHECK(detector.verdict().channel == -1);
  CHECK(detector.discarded_windows() == 1);
  for (int block = 0; block < 4; ++block) {
    write(1000);
    detector.poll();
  }
  CHECK(detector.verdict().state == State::normal);
  // What gap() tells is not counted once more.
  detector.gap(30);
  now += 30000;
  write(1000);
  CHECK(detector.missing_frames() == 39);
  CHECK(detector.write(square, 0, now) == 0);
  CHECK(detector.write(square, -1, now) == 0);
}

// ---- retained memory

TEST_CASE("a copy of a detector's bytes goes on as the detector does") {
  STATIC_REQUIRE(std::is_trivially_copyable<Detector>::value);
  std::uint32_t random = 11;
  for (int steps = 0; steps < 12; ++steps) {
    Detector detector;
    detector.set_input(0, 50);
    detector.write(square, 8);
    detector.poll();
    detector.write(square, 3);
    if (steps % 3 == 0) detector.gap(1);
    detector.write(square, 7);
    detector.poll(steps % 4);
    alignas(Detector) unsigned char bytes[sizeof(Detector)];
    std::memcpy(bytes, static_cast<void*>(&detector), sizeof(Detector));
    Detector copy;
    std::memcpy(static_cast<void*>(&copy), bytes, sizeof(Detector));
    for (int i = 0; i < 40; ++i) {
      random = random * 1664525u + 1013904223u;
      const std::int16_t frame[2] = {static_cast<std::int16_t>(random >> 27), square[i % 32]};
      CHECK(detector.write(frame, 1) == copy.write(frame, 1));
      CHECK(detector.poll(1) == copy.poll(1));
    }
    CHECK(std::memcmp(static_cast<void*>(&detector), static_cast<void*>(&copy), sizeof(Detector)) == 0);
    CHECK(detector.verdict().status == Status::ok);
  }
}

TEST_CASE("a detector that a reset left in memory goes on with its state, and not with its frames") {
  Detector detector;
  CHECK_FALSE(detector.resume());  // all zero: there was none
  detector.set_input(0, 50);
  detector.write(square, 12);
  CHECK(detector.write(square, 3) == 0);
  while (detector.poll()) {
  }
  CHECK(detector.state() == State::normal);
  detector.write(square, 2);
  CHECK_FALSE(detector.poll(1));
  for (int times = 0; times < 2; ++times) {
    CHECK(detector.resume());
    CHECK(detector.state() == State::normal);
    CHECK(detector.verdict().state == State::normal);
    CHECK(detector.overruns() == 3);
    detector.write(square, 7);
    CHECK_FALSE(detector.poll());
    detector.write(square + 2, 1);
    REQUIRE(detector.poll());
    CHECK(detector.verdict().score == 0);
  }
}

TEST_CASE("what another firmware or nothing left in memory becomes a fresh detector") {
  static thrum::fixed::Detector<other_model> other;
  static Detector detector;
  other.resume();
  other.write(square, 5);
  REQUIRE(sizeof(other) == sizeof(detector));
  std::memcpy(static_cast<void*>(&detector), static_cast<void*>(&other), sizeof(detector));
  CHECK_FALSE(detector.resume());
  CHECK(detector.resume());  // it is this firmware's now
  for (const int byte : {0x00, 0x55, 0xff}) {
    std::memset(static_cast<void*>(&detector), byte, sizeof(detector));
    CHECK_FALSE(detector.resume());
    CHECK(detector.verdict().status == Status::not_fitted);
    CHECK(detector.state() == State::unknown);
    CHECK(detector.overruns() == 0);
    CHECK(detector.write(square, 12) == 12);
    CHECK(detector.poll());
  }
}

TEST_CASE("a stream whose writer or reader was cut off anywhere is put in order, or known to be none") {
  std::vector<std::int16_t> memory(10);
  const thrum::WindowBuffer<std::int16_t> buffer{memory.data(), 10, 1, 8, 4};
  thrum::WindowStream<std::int16_t> stream;
  stream.write(buffer, square, 7);
  std::uint32_t words[9];
  STATIC_REQUIRE(sizeof(words) == sizeof(stream));
  std::memcpy(words, static_cast<void*>(&stream), sizeof(words));
  words[4] = 1;  // in the middle of marking a gap
  std::memcpy(static_cast<void*>(&stream), words, sizeof(words));
  CHECK(stream.recover(buffer));
  stream.write(buffer, square, 7);
  CHECK_FALSE(stream.window_ready(buffer));
  stream.write(buffer, square, 1);
  CHECK(stream.window_ready(buffer));
  words[0] = 20;  // a position beyond all
  std::memcpy(static_cast<void*>(&stream), words, sizeof(words));
  CHECK_FALSE(stream.recover(buffer));
}
