#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "catch.hpp"
#include "thrum/core/random.hpp"
#include "thrum/detector.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/io/firmware_header.hpp"
#include "thrum/io/model_file.hpp"

using thrum::FeatureOptions;
using thrum::Index;
using thrum::SensorFault;
using thrum::State;
using thrum::Verdict;
using thrum_test::contains;

namespace {

using Recording = Eigen::Matrix<std::int16_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr FeatureOptions watchful = [] {
  FeatureOptions options;
  options.channels = 2;
  options.window = 64;
  options.hop = 32;
  options.sampling_rate = 1000;
  options.bands = 4;
  for (int c = 0; c < 2; ++c) options.channel[c] = {1, 3000, "", 2, 20};
  options.sensors = {8, 3, 0, 0.064f};
  return options;
}();

/// Noise of 500 counts, with a stretch of each fault and of standstill.
Recording eventful(Index frames) {
  thrum::Random random(5);
  Recording x(frames, 2);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<std::int16_t>(500 * random.normal());
  if (frames < 4000) return x;
  x.block(400, 1, 20, 1).setConstant(123);                // stuck
  x.block(1000, 0, 200, 1).setConstant(-7);               // disconnected
  for (Index i = 1500; i < 1600; i += 4) x(i, 1) = 3000;  // clipped
  for (Index i = 2000; i < 2400; ++i)                     // at rest
    for (Index c = 0; c < 2; ++c) x(i, c) = static_cast<std::int16_t>(x(i, c) / 50);
  for (Index i = 3000; i < 3200; ++i) x(i, 0) = static_cast<std::int16_t>(x(i, 0) * 2);  // the machine's own
  return x;
}

/// Fitted on what a machine running well sounds like.
thrum::Detector<float> fitted_detector() {
  thrum::DetectorOptions options;
  options.signal = watchful;
  options.kmeans.clusters = 1;
  thrum::Detector<float> detector(options);
  const thrum::FeatureMatrix rows = thrum::extract_windows(watchful, eventful(3999));
  detector.fit(rows);
  return detector;
}

const thrum::Detector<float>& detector() {
  static const thrum::Detector<float> fitted = fitted_detector();
  return fitted;
}

}  // namespace

TEST_CASE("the laptop's conditions of a recording's windows are those of its faults and its standstill") {
  const Recording x = eventful(4000);
  const auto conditions = thrum::window_conditions(watchful, x);
  REQUIRE(static_cast<Index>(conditions.size()) == thrum::window_count(watchful, 4000));
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const Index first = 32 * static_cast<Index>(i), end = first + 64;
    const auto overlap = [&](Index from, Index to) {
      return std::max(Index{0}, std::min(end, to) - std::max(first, from));
    };
    SensorFault fault = SensorFault::none;
    if (overlap(400, 420) >= 8) fault = SensorFault::stuck;
    if (overlap(1000, 1200) >= 8)
      fault = overlap(1000, 1200) == 64 ? SensorFault::disconnected : SensorFault::stuck;
    if (overlap(1500, 1600) >= 12) fault = SensorFault::clipped;
    if (first + 64 > 1490 && first < 1610 && overlap(1500, 1600) < 12)
      continue;  // two or three at full scale
    CHECK(conditions[i].fault == fault);
    CHECK(conditions[i].channel == (fault == SensorFault::none                     ? -1
                                    : fault == SensorFault::clipped || first < 500 ? 1
                                                                                   : 0));
    if (overlap(2000, 2400) == 64) CHECK(conditions[i].idle);
    if (first < 1900 || first > 2400) CHECK_FALSE(conditions[i].idle);
    if (first > 2336 && first <= 2400) CHECK(conditions[i].idle);  // two windows of run-up
  }
}

TEST_CASE("rows to learn from are those of the windows that are scored") {
  const Recording x = eventful(4000);
  const auto conditions = thrum::window_conditions(watchful, x);
  const thrum::FeatureMatrix rows = thrum::extract_windows(watchful, x);
  const thrum::FeatureMatrix scored = thrum::scored_rows(rows, conditions);
  Index next = 0;
  for (Index i = 0; i < rows.rows(); ++i)
    if (conditions[static_cast<std::size_t>(i)].scored()) CHECK(scored.row(next++) == rows.row(i));
  CHECK(next == scored.rows());
  CHECK(next < rows.rows() - 20);
  CHECK_THROWS_WITH(thrum::scored_rows(rows.topRows(3), conditions), contains("expected 3"));
}

TEST_CASE("the laptop's verdicts on a recording tell faults and rest, and score the others as before") {
  const Recording x = eventful(4000);
  const std::vector<Verdict> verdicts = thrum::judge_windows(detector(), x);
  const std::vector<Verdict> by_rows = detector().verdicts(thrum::extract_windows(watchful, x));
  const auto conditions = thrum::window_conditions(watchful, x);
  REQUIRE(verdicts.size() == by_rows.size());
  int alarms = 0;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (conditions[i].scored()) {
      CHECK(verdicts[i].state == by_rows[i].state);
      CHECK(verdicts[i].score == by_rows[i].score);
      alarms += verdicts[i].state == State::alarm ? 1 : 0;
    } else {
      CHECK(verdicts[i].state == (conditions[i].idle ? State::idle : State::sensor_fault));
      CHECK(verdicts[i].fault == conditions[i].fault);
      CHECK(verdicts[i].channel == conditions[i].channel);
      CHECK(verdicts[i].score == 0);
    }
  }
  CHECK(alarms > 0);
  // Without the options nothing is told, and nothing else changes.
  CHECK_THROWS_WITH(thrum::judge_windows(thrum::Detector<float>(), x), contains("not fitted"));
}

TEST_CASE("a recording is judged alike as a matrix, block or expression, of int16 or float") {
  const Recording x = eventful(4000);
  const Eigen::MatrixXf as_float = x.cast<float>();
  const std::vector<Verdict> verdicts = thrum::judge_windows(detector(), x);
  for (const std::vector<Verdict>& other :
       {thrum::judge_windows(detector(), as_float), thrum::judge_windows(detector(), x.cast<float>()),
        thrum::judge_windows(detector(), as_float.middleRows(0, 4000))}) {
    REQUIRE(other.size() == verdicts.size());
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      CHECK(other[i].state == verdicts[i].state);
      CHECK(other[i].fault == verdicts[i].fault);
      CHECK(other[i].score == verdicts[i].score);
    }
  }
}

TEST_CASE("options about sensors travel with the model file, and files without them are read as before") {
  const auto path = std::filesystem::temp_directory_path() / "thrum_judge_windows_test.json";
  thrum::write_model(path, detector());
  CHECK(thrum::read_model<float>(path).model().signal == watchful);
  thrum::DetectorOptions options = detector().options();
  for (int c = 0; c < 2; ++c) options.signal->channel[c] = thrum::ChannelOptions{1, 3000, ""};
  options.signal->sensors = thrum::SensorOptions{};
  thrum::Detector<float> plain(options);
  plain.fit(thrum::extract_windows(*options.signal, eventful(3999)));
  thrum::write_model(path, plain);
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const char* word : {"sensors", "flat_range", "idle_level"})
    CHECK(text.find(word) == std::string::npos);
  CHECK(thrum::read_model<float>(path).model().signal == *options.signal);
  std::filesystem::remove(path);
}

TEST_CASE("options about sensors are in the firmware header and its checksum") {
  const std::string text = thrum::firmware_header("fan", detector());
  CHECK_THAT(text, contains("{8, 3, 0x0p+0f, "));
  const std::uint32_t before = thrum::checksum_of(detector().model());
  for (int change = 0; change < 6; ++change) {
    thrum::DetectorModel<float> model = detector().model();
    if (change == 0) ++model.signal.sensors.stuck_frames;
    if (change == 1) ++model.signal.sensors.clipped_frames;
    if (change == 2) model.signal.sensors.rate_tolerance = 0.1f;
    if (change == 3) model.signal.sensors.run_up *= 2;
    if (change == 4) model.signal.channel[1].flat_range *= 2;
    if (change == 5) model.signal.channel[1].idle_level *= 2;
    CHECK(thrum::checksum_of(model) != before);
  }
}
