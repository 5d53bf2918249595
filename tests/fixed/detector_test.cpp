#include "firmware_under_test.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "same_verdict.hpp"

using thrum::DetectorModel;
using thrum::Index;
using thrum::State;
using thrum::Status;
using thrum::Verdict;
using thrum_test::same_verdict;

namespace {

// ---- a model of feature rows, with every stage: three features, two components, two classes

constexpr float offset[3] = {1, -2, 0};
constexpr float factor[3] = {2, 0.5f, 1};
constexpr float mean[3] = {0, 1, 0};
constexpr float basis[6] = {1, 0, 0,
                            0, 0, 1};       // feature after feature: the first component is the first feature
constexpr float centers[4] = {0, 8, 0, 0};  // (0, 0) and (8, 0)
constexpr float inverse_squared_radius[2] = {1, 0.0625f};
constexpr float self_test_rows[6] = {1, 0, 0, 3, 7, 0};
constexpr float self_test_scores[2] = {0, 0.5f};

constexpr DetectorModel<float> row_model = [] {
  DetectorModel<float> model;
  model.features = 3;
  model.scaling = {offset, factor, 3};
  model.projection = {mean, basis, nullptr, 3, 2};
  model.anomaly = {centers, inverse_squared_radius, 2, 2, 2};
  model.self_tests = {self_test_rows, self_test_scores, 2, 1e-5f};
  return model;
}();

/// The same with a table of raw scores: each half more is half as probable.
constexpr float halves[thrum::tail_table_size] = {0, 0.5f, 1, 1.5f, 2, 2.5f, 3, 3.5f, 4, 4.5f, 5, 1.3862944f};
constexpr DetectorModel<float> model_with_tails = [] {
  DetectorModel<float> model = row_model;
  model.anomaly.score_table = halves;
  return model;
}();

// ---- a model of a signal: rms and peak to peak of eight frames, one class around a square wave of 4

constexpr thrum::FeatureOptions square_wave = [] {
  thrum::FeatureOptions options;
  options.channels = 2;
  options.window = 8;
  options.hop = 4;
  options.bands = 0;
  options.median_absolute_deviation = options.crest_factor = options.skewness = options.kurtosis = false;
  options.zero_crossings = options.correlation = false;
  return options;
}();
constexpr float square_center[5] = {4, 8, 4, 8, 1};
constexpr float quarter = 0.25f;

constexpr DetectorModel<float> signal_model = [] {
  DetectorModel<float> model;
  model.features = 4;
  model.has_signal = true;
  model.signal = square_wave;
  model.monitor = {2, 3, 0};
  model.anomaly = {square_center, &quarter, 1, 4, 1};
  return model;
}();

/// The same with the correlation of the two, which looks at its sensors.
constexpr DetectorModel<float> model_with_every_step = [] {
  DetectorModel<float> model = signal_model;
  model.features = 5;
  model.signal.correlation = true;
  model.signal.sensors.stuck_frames = 8;
  model.anomaly.features = 5;
  return model;
}();

/// Interleaved frames of a square wave on both channels, the second with an amplitude of its own.
template <typename Sample>
void write_square(thrum::fixed::Detector<signal_model, Sample>& detector, float first, float second,
                  int frames) {
  for (int i = 0; i < frames; ++i) {
    const float sign = i % 2 == 0 ? 1.0f : -1.0f;
    const Sample frame[2] = {static_cast<Sample>(sign * first), static_cast<Sample>(sign * second)};
    CHECK(detector.write(frame, 1) == 1);
  }
}

template <typename Detector>
void check_zero(const Detector& detector) {
  static const unsigned char zero[sizeof(Detector)] = {};
  CHECK(std::memcmp(static_cast<const void*>(&detector), zero, sizeof(Detector)) == 0);
}

}  // namespace

// ---- rows

TEST_CASE("a fixed row detector gives hand-computed verdicts") {
  thrum::fixed::RowDetector<row_model> detector;
  // Scaled to (2 (x0 - 1), (x1 + 2) / 2, x2), of which the components are the first and the third.
  const struct {
    float x[3];
    float score;
    int cluster;
    State state;
    int feature;
  } rows[] = {{{1, 5, 0}, 0, 0, State::normal, -1},       //
              {{2, -9, 0}, 0.75f, 1, State::normal, -1},  // 2 from class 0, 6 from class 1: 1.5 radii of 4
              {{1, 0, 2}, 1, 0, State::normal, -1},       // the threshold itself is normal
              {{1, 0, 2.5f}, 1.0476909f, 1, State::alarm, 0},  // sqrt(64 + 6.25) / 4 / 2 from class 1
              {{1, 0, -20}, 2.692582f, 1, State::alarm, 2}};   // sqrt(64 + 400) / 4 / 2
  for (const auto& row : rows) {
    const Verdict verdict = detector.judge(row.x);
    CHECK(verdict.status == Status::ok);
    CHECK(verdict.score == Approx(row.score).epsilon(4 * 1.2e-7).margin(0));
    CHECK(verdict.cluster == row.cluster);
    CHECK(verdict.state == row.state);
    CHECK(verdict.feature == row.feature);
    CHECK(verdict.channel == -1);
    float shares[3];
    detector.shares(row.x, shares);
    const float expected = row.feature < 0 ? 0 : shares[row.feature] / (shares[0] + shares[1] + shares[2]);
    CHECK(verdict.share == expected);
  }
}

TEST_CASE("a fixed row detector gives hand-computed shares, and says where there are none") {
  thrum::fixed::RowDetector<row_model> detector;
  const float infinity = std::numeric_limits<float>::infinity();
  const struct {
    float x[3];
    Status status;
    float shares[3];
  } rows[] = {{{1, 0, -20}, Status::ok, {64, 0, 400}},  // (-8, -20) from the centre (8, 0) of class 1
              {{2, -9, 0}, Status::ok, {36, 0, 0}},
              {{1, NAN, -20}, Status::non_finite, {0, 0, 0}},
              {{-infinity, 0, 0}, Status::non_finite, {0, 0, 0}},
              {{1e20f, 0, 3e20f}, Status::overflow, {0, 0, infinity}},
              {{1, std::numeric_limits<float>::lowest(), 0}, Status::overflow, {0, infinity, 0}}};
  for (const auto& row : rows) {
    float shares[3] = {-1, -1, -1};
    CHECK(detector.shares(row.x, shares) == row.status);
    for (int f = 0; f < 3; ++f) CHECK(shares[f] == row.shares[f]);
  }
}

TEST_CASE("a health index follows the tail probabilities of a fixed detector's verdicts") {
  thrum::fixed::RowDetector<model_with_tails> detector;
  thrum::fixed::HealthIndex health;
  const float rows[4][3] = {{1, 5, 0}, {NAN, 0, 0}, {1, 0, 1}, {1, 0, 2}};  // scores 0, none, 1/2, 1
  for (const float* row : rows) {
    const Verdict verdict = detector.judge(row);
    if (verdict.state != State::unknown)
      CHECK(health.update(thrum::HealthOptions{}, verdict.tail_probability) == Status::ok);
  }
  // Tail probabilities 1, 1/4 and 1/16: each quarter of the threshold halves them. Weights 0.99^2, 0.99
  // and 1.
  CHECK(health.value() == Approx((0.9801 + 0.99 / 4 + 1.0 / 16) / 2.9701).epsilon(1e-5));
  CHECK(health.trend() < 0);
  CHECK(std::isfinite(health.trend_error()));
}

TEST_CASE("a fixed row detector never takes a row that is not finite for normal") {
  thrum::fixed::RowDetector<row_model> detector;
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity})
    for (int f = 0; f < 3; ++f) {
      float x[3] = {1, 0, 0};
      x[f] = bad;
      const Verdict verdict = detector.judge(x);
      CHECK(verdict.state == State::unknown);
      CHECK(verdict.status == Status::non_finite);
      CHECK(verdict.cluster == -1);
      CHECK(verdict.feature == -1);
    }
}

TEST_CASE("a finite row off every scale is an alarm on the chip too") {
  thrum::fixed::RowDetector<row_model> detector;
  for (const float far : {std::numeric_limits<float>::max(), -1e30f})
    for (const int f : {0, 2}) {
      float x[3] = {1, 0, 0};
      x[f] = far;
      const Verdict verdict = detector.judge(x);
      CHECK(verdict.state == State::alarm);
      CHECK(verdict.status == Status::overflow);
      CHECK(verdict.score == std::numeric_limits<float>::infinity());
      CHECK(verdict.feature == f);
      CHECK(verdict.share == 1);
    }
}

TEST_CASE("minus zero and subnormal features are judged as zero is") {
  thrum::fixed::RowDetector<row_model> detector;
  const float zero[3] = {0, 0, 0};
  const float minus_zero[3] = {-0.0f, -0.0f, -0.0f};
  const float least = std::numeric_limits<float>::denorm_min();
  const float tiny[3] = {least, -least, least};
  const float expected = detector.judge(zero).score;
  CHECK(expected == 1);
  CHECK(detector.judge(minus_zero).score == expected);
  CHECK(detector.judge(tiny).score == expected);
}

TEST_CASE("a self-test tells an intact model from a damaged one, and a build that scores otherwise") {
  DetectorModel<float> model = row_model;
  float scratch[5];
  CHECK(model.scratch_size() == 5);
  model.checksum = ~checksum_of(model);
  CHECK(self_test(model, scratch) == Status::corrupt_model);
  model.checksum = checksum_of(model);
  CHECK(self_test(model, scratch) == Status::ok);
  const float wrong_scores[2] = {0, 0.5001f};
  model.self_tests.scores = wrong_scores;
  CHECK(self_test(model, scratch) == Status::corrupt_model);
  model.checksum = checksum_of(model);
  CHECK(self_test(model, scratch) == Status::self_test_failed);
  model.self_tests.tolerance = 1e-3f;
  model.checksum = checksum_of(model);
  CHECK(self_test(model, scratch) == Status::ok);
  model.schema += 1;
  model.checksum = checksum_of(model);
  CHECK(self_test(model, scratch) == Status::corrupt_model);
  // A row that is not finite has no score: never ok.
  const float wrong_rows[6] = {1, 0, 0, std::numeric_limits<float>::quiet_NaN(), 7, 0};
  model = row_model;
  model.self_tests.rows = wrong_rows;
  model.checksum = checksum_of(model);
  CHECK(self_test(model, scratch) == Status::self_test_failed);
}

// ---- streams

TEST_CASE("a fixed detector at zero start knows nothing and has nothing to say") {
  static thrum::fixed::Detector<signal_model> detector;
  check_zero(detector);
  CHECK(detector.verdict().status == Status::not_fitted);
  CHECK(detector.verdict().state == State::unknown);
  CHECK(detector.state() == State::unknown);
  CHECK(detector.overruns() == 0);
  CHECK_FALSE(detector.poll());
  CHECK(detector.self_test() == Status::corrupt_model);  // nobody gave this model a checksum
}

TEMPLATE_TEST_CASE("a fixed detector judges every window, with hand-computed features", "", std::int16_t,
                   float) {
  thrum::fixed::Detector<signal_model, TestType> detector;
  write_square(detector, 4, 4, 7);
  CHECK_FALSE(detector.poll());
  write_square(detector, -4, -4, 1);  // the eighth frame is a negative one
  REQUIRE(detector.poll());
  CHECK_FALSE(detector.poll());
  const float expected[4] = {4, 8, 4, 8};
  for (int f = 0; f < 4; ++f) CHECK(detector.features()[f] == expected[f]);
  CHECK(detector.verdict().status == Status::ok);
  CHECK(detector.verdict().state == State::normal);
  CHECK(detector.verdict().score == 0);
  CHECK(detector.verdict().cluster == 0);
  CHECK(detector.state() == State::unknown);  // one of two votes

  // Half a window later, four old frames and four of 12 on channel 1: peak to peak 24, sixteen off.
  write_square(detector, 4, 12, 4);
  REQUIRE(detector.poll());
  CHECK(detector.verdict().state == State::alarm);
  CHECK(detector.features()[3] == 24);
  CHECK(detector.verdict().feature == 3);
  CHECK(detector.verdict().channel == 1);
  CHECK(detector.state() == State::normal);
  write_square(detector, 4, 12, 4);
  REQUIRE(detector.poll());
  CHECK(detector.verdict().score == Approx(std::sqrt(64.0 + 256.0) / 2).epsilon(1e-6));
  CHECK(detector.state() == State::alarm);
}

TEST_CASE("interleaved and planar frames are the same to a fixed detector, and two are independent") {
  thrum::fixed::Detector<signal_model> interleaved, planar;
  static thrum::fixed::Detector<signal_model> idle;  // static: its padding is zero as well
  std::int16_t frames[16], first[8], second[8];
  for (int i = 0; i < 8; ++i) {
    frames[2 * i] = first[i] = static_cast<std::int16_t>(3 * i * i - 20);
    frames[2 * i + 1] = second[i] = static_cast<std::int16_t>(100 - 7 * i);
  }
  const std::int16_t* const channels[2] = {first, second};
  CHECK(interleaved.write(frames, 8) == 8);
  CHECK(planar.write_planar(channels, 8) == 8);
  REQUIRE(interleaved.poll());
  REQUIRE(planar.poll());
  CHECK_FALSE(idle.poll());
  check_zero(idle);
  CHECK(std::memcmp(interleaved.features(), planar.features(), 4 * sizeof(float)) == 0);
  CHECK(interleaved.verdict().score == planar.verdict().score);
}

TEST_CASE("frames without room are refused and counted, and no window bridges the gap") {
  thrum::fixed::Detector<signal_model, std::int16_t, 2> detector;  // room for ten frames
  const std::int16_t frames[24] = {};
  CHECK(detector.write(frames, 12) == 10);
  CHECK(detector.overruns() == 2);
  CHECK(detector.write(frames, 1) == 0);
  CHECK(detector.overruns() == 3);
  CHECK(detector.write(frames, 0) == 0);
  REQUIRE(detector.poll());
  CHECK_FALSE(detector.poll());
  CHECK(detector.discarded_windows() == 2);  // of those that began with the fourth and the eighth frame
  CHECK(detector.write(frames, 12) == 10);
}

TEST_CASE("a window with a gap is discarded and counted by a fixed detector") {
  thrum::fixed::Detector<signal_model> detector;
  write_square(detector, 4, 4, 6);
  detector.gap(3);
  write_square(detector, 100, 4, 5);
  CHECK_FALSE(detector.poll());  // eleven frames, but not eight in a row
  write_square(detector, -100, 4, 2);
  CHECK_FALSE(detector.poll());
  write_square(detector, 100, 4, 1);
  REQUIRE(detector.poll());
  CHECK(detector.features()[1] == 200);  // no frame of before
  CHECK_FALSE(detector.poll());
  CHECK(detector.discarded_windows() == 2);
  CHECK(detector.missing_frames() == 3);
  CHECK(detector.overruns() == 0);
}

TEST_CASE(
    "a fixed detector's window with a sample that is not finite is unknown, and the next ones are not") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity})
    for (int place = 0; place < 16; ++place) {
      thrum::fixed::Detector<signal_model, float> detector;
      float frames[16];
      for (int i = 0; i < 16; ++i) frames[i] = i % 4 < 2 ? 4.0f : -4.0f;
      frames[place] = bad;
      detector.write(frames, 8);
      REQUIRE(detector.poll());
      CHECK(detector.verdict().state == State::unknown);
      CHECK(detector.verdict().status == Status::non_finite);
      CHECK(detector.verdict().feature == -1);
      CHECK(detector.state() == State::unknown);
      write_square(detector, 4, 4, 4);
      REQUIRE(detector.poll());
      CHECK(detector.verdict().status == (place < 8 ? Status::ok : Status::non_finite));
      write_square(detector, 4, 4, 4);
      REQUIRE(detector.poll());
      CHECK(detector.verdict().state == State::normal);
    }
}

TEST_CASE("finite samples too large for their features are an alarm") {
  thrum::fixed::Detector<signal_model, float> detector;
  write_square(detector, 4, std::numeric_limits<float>::max(), 8);
  REQUIRE(detector.poll());
  CHECK(detector.verdict().state == State::alarm);
  CHECK(detector.verdict().status == Status::overflow);
  CHECK(detector.verdict().score == std::numeric_limits<float>::infinity());
  CHECK(detector.verdict().channel == 1);
}

TEST_CASE("a restart drops the frames that wait and nothing else") {
  thrum::fixed::Detector<signal_model> detector;
  write_square(detector, 4, 4, 8);
  REQUIRE(detector.poll());
  write_square(detector, 100, 100, 3);
  detector.restart();
  CHECK(detector.verdict().state == State::normal);
  write_square(detector, 4, 4, 7);
  CHECK_FALSE(detector.poll());
  write_square(detector, -4, -4, 1);
  REQUIRE(detector.poll());
  CHECK(detector.verdict().score == 0);
  CHECK(detector.state() == State::normal);
}

// ---- work in steps

namespace {

/// Frames of noise, and of both channels stuck in some places; 2 x frames samples.
std::vector<std::int16_t> noise(int frames) {
  std::vector<std::int16_t> samples;
  std::uint32_t random = 7;
  for (int i = 0; i < 2 * frames; ++i) {
    random = random * 1664525u + 1013904223u;
    samples.push_back(static_cast<std::int16_t>(i % 160 < 40 ? 9 : static_cast<int>(random >> 28) - 8));
  }
  return samples;
}

}  // namespace

TEST_CASE("each step of a window is the check, the features of a channel, the correlations or the verdict") {
  using Detector = thrum::fixed::Detector<model_with_every_step>;
  STATIC_REQUIRE(Detector::steps_per_window == 5);
  STATIC_REQUIRE(thrum::fixed::Detector<signal_model>::steps_per_window == 3);
  Detector detector;
  const std::int16_t frames[16] = {4, -6, -4, 6, 4, -6, -4, 6, 4, -6, -4, 6, 4, -6, -4, 6};
  REQUIRE(detector.write(frames, 8) == 8);
  const float whole[5] = {4, 8, 6, 12, -1};
  const int written_after[5] = {0, 2, 4, 5, 5};  // features, of five
  for (int call = 0; call < 5; ++call) {
    CHECK_FALSE(detector.poll(0));
    CHECK_FALSE(detector.poll(-1));
    CHECK(detector.verdict().status == Status::not_fitted);
    CHECK(detector.poll(1) == (call == 4));
    for (int f = 0; f < 5; ++f) CHECK(detector.features()[f] == (f < written_after[call] ? whole[f] : 0));
  }
  CHECK(detector.verdict().status == Status::ok);
  CHECK_FALSE(detector.poll(1));
}

TEST_CASE("with any budget a window takes no more calls than its steps, and has the same verdict") {
  const std::vector<std::int16_t> samples = noise(400);
  for (int budget = 1; budget <= 6; ++budget) {
    thrum::fixed::Detector<model_with_every_step> at_once, in_steps;
    const int calls_allowed = (at_once.steps_per_window + budget - 1) / budget;
    int scored = 0, faults = 0, most_calls = 0;
    for (int i = 0; i < 400; i += 4) {
      at_once.write(samples.data() + 2 * i, 4);
      in_steps.write(samples.data() + 2 * i, 4);
      if (!at_once.poll()) continue;
      int calls = 1;
      while (!in_steps.poll(budget) && calls < 100) ++calls;
      most_calls = thrum::larger(most_calls, calls);
      CHECK(same_verdict(in_steps.verdict(), at_once.verdict()));
      CHECK(in_steps.state() == at_once.state());
      if (is_scored(at_once.verdict().state)) {
        ++scored;
        CHECK(calls == calls_allowed);
        CHECK(std::memcmp(in_steps.features(), at_once.features(), 5 * sizeof(float)) == 0);
      } else {
        ++faults;
        CHECK(calls == 1);
      }
    }
    CHECK(scored > 20);
    CHECK(faults > 5);
    CHECK(most_calls == calls_allowed);
  }
}

TEST_CASE("a window that is being worked on stays as it is while frames and gaps come in") {
  thrum::fixed::Detector<model_with_every_step> detector, undisturbed;
  const std::vector<std::int16_t> samples = noise(60);
  const std::int16_t* const frames = samples.data() + 40 * 2;
  detector.write(frames, 8);
  undisturbed.write(frames, 8);
  REQUIRE(undisturbed.poll());
  CHECK_FALSE(detector.poll(2));
  CHECK(detector.write(samples.data(), 50) == 4);  // no more room
  detector.gap(5);
  CHECK_FALSE(detector.poll(2));
  REQUIRE(detector.poll(1));
  CHECK(same_verdict(detector.verdict(), undisturbed.verdict()));
  // The next window was complete before the gap.
  CHECK(detector.poll());
  CHECK_FALSE(detector.poll());
}

TEST_CASE("a restart in the middle of a window begins anew") {
  thrum::fixed::Detector<model_with_every_step> detector;
  const std::vector<std::int16_t> samples = noise(60);
  for (int steps = 0; steps < 5; ++steps) {
    detector.write(samples.data(), 8);
    CHECK_FALSE(detector.poll(steps));
    detector.restart();
    CHECK_FALSE(detector.poll());
    thrum::fixed::Detector<model_with_every_step> fresh;
    detector.write(samples.data() + 80, 8);
    fresh.write(samples.data() + 80, 8);
    REQUIRE(detector.poll());
    REQUIRE(fresh.poll());
    CHECK(same_verdict(detector.verdict(), fresh.verdict()));
  }
}

TEST_CASE("pushed frames are judged as written and polled ones, in blocks of any size and without overrun") {
  const std::vector<std::int16_t> samples = noise(500);
  std::vector<Verdict> expected;
  thrum::fixed::Detector<model_with_every_step, std::int16_t, 500> written;
  written.write(samples.data(), 500);
  while (written.poll()) expected.push_back(written.verdict());
  REQUIRE(expected.size() == 124);
  for (const int block : {1, 3, 8, 77, 500}) {
    thrum::fixed::Detector<model_with_every_step, std::int16_t, 0> pushed;
    std::size_t next = 0;
    bool same = true;
    for (int i = 0; i < 500; i += block) {
      const std::size_t before = next;
      const int windows =
          pushed.push(samples.data() + 2 * i, thrum::smaller(block, 500 - i), [&](const Verdict& verdict) {
            same = same && next < expected.size() && same_verdict(verdict, expected[next]);
            ++next;
          });
      CHECK(static_cast<std::size_t>(windows) == next - before);
    }
    CHECK(same);
    CHECK(next == expected.size());
    CHECK(pushed.overruns() == 0);
    CHECK(pushed.discarded_windows() == 0);
  }
  thrum::fixed::Detector<model_with_every_step> latest;
  CHECK(latest.push(samples.data(), 20) == 4);
  CHECK(same_verdict(latest.verdict(), expected[3]));
  CHECK(latest.push(samples.data(), 0) == 0);
  CHECK(latest.push(samples.data(), -4) == 0);
}
