#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "catch.hpp"
#include "generated_model/detectors.hpp"
#include "thrum/detector.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/firmware.hpp"
#include "thrum/io/firmware_header.hpp"
#include "thrum/io/model_file.hpp"

// What the program write_models has written in this build.
#include "watchful_model.hpp"

using thrum::FeatureOptions;
using thrum::Index;
using thrum::SensorFault;
using thrum::State;
using thrum::Verdict;
using thrum_test::contains;
using thrum_test::eventful;
using thrum_test::inputs_for;
using thrum_test::Samples;
using thrum_test::watchful;

namespace {

const thrum::Detector<float>& detector() {
  static const thrum::Detector<float> fitted = thrum_test::watchful_detector();
  return fitted;
}

}  // namespace

TEST_CASE("the laptop's conditions of a recording's windows are those of its faults and its standstill") {
  const Samples x = eventful(4000);
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
  const Samples x = eventful(4000);
  const auto conditions = thrum::window_conditions(watchful, x);
  const thrum::FeatureMatrix rows = thrum::extract_windows(watchful, x, inputs_for(x));
  const thrum::FeatureMatrix scored = thrum::scored_rows(rows, conditions);
  Index next = 0;
  for (Index i = 0; i < rows.rows(); ++i)
    if (conditions[static_cast<std::size_t>(i)].scored()) CHECK(scored.row(next++) == rows.row(i));
  CHECK(next == scored.rows());
  CHECK(next < rows.rows() - 20);
  CHECK_THROWS_WITH(thrum::scored_rows(rows.topRows(3), conditions), contains("expected 3"));
}

TEST_CASE("the laptop's verdicts on a recording tell faults and rest, and score the others as before") {
  const Samples x = eventful(4000);
  const std::vector<Verdict> verdicts = thrum::judge_windows(detector(), x, inputs_for(x));
  const std::vector<Verdict> by_rows =
      detector().verdicts(thrum::extract_windows(watchful, x, inputs_for(x)));
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
  const Samples x = eventful(4000);
  const Eigen::MatrixXf as_float = x.cast<float>();
  const std::vector<Verdict> verdicts = thrum::judge_windows(detector(), x, inputs_for(x));
  for (const std::vector<Verdict>& other :
       {thrum::judge_windows(detector(), as_float, inputs_for(x)),
        thrum::judge_windows(detector(), x.cast<float>(), inputs_for(x)),
        thrum::judge_windows(detector(), as_float.middleRows(0, 4000), inputs_for(x))}) {
    REQUIRE(other.size() == verdicts.size());
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      CHECK(other[i].state == verdicts[i].state);
      CHECK(other[i].fault == verdicts[i].fault);
      // Correlations of int16 samples are of exact sums, those of floats of rounded ones.
      CHECK(other[i].score == Approx(verdicts[i].score).epsilon(1e-6));
    }
  }
}

TEST_CASE("options about sensors travel with the model file, and files without them are read as before") {
  const auto path = std::filesystem::temp_directory_path() / "thrum_judge_windows_test.json";
  thrum::write_model(path, detector());
  CHECK(thrum::read_model<float>(path).model().signal == watchful);
  CHECK(thrum::read_model<float>(path).model().monitor == detector().options().monitor);
  thrum::DetectorOptions options = detector().options();
  for (int c = 0; c < 2; ++c) options.signal->channel[c] = thrum::ChannelOptions{1, 3000, ""};
  options.signal->sensors = thrum::SensorOptions{};
  options.signal->inputs = 0;
  options.monitor = thrum::MonitorOptions{};
  thrum::Detector<float> plain(options);
  plain.fit(thrum::extract_windows(*options.signal, eventful(3999)));
  thrum::write_model(path, plain);
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const char* word : {"sensors", "flat_range", "idle_level", "inputs", "cool_down"})
    CHECK(text.find(word) == std::string::npos);
  CHECK(thrum::read_model<float>(path).model().signal == *options.signal);
  std::filesystem::remove(path);
}

TEST_CASE("options about sensors are in the firmware header and its checksum") {
  const std::string text = thrum::firmware_header("fan", detector());
  CHECK_THAT(text, contains("{8, 3, 0x"));
  const std::uint32_t before = thrum::checksum_of(detector().model());
  for (int change = 0; change < 7; ++change) {
    thrum::DetectorModel<float> model = detector().model();
    if (change == 0) ++model.signal.sensors.stuck_frames;
    if (change == 1) ++model.signal.sensors.clipped_frames;
    if (change == 2) model.signal.sensors.rate_tolerance = 0.1f;
    if (change == 3) model.signal.sensors.run_up *= 2;
    if (change == 4) model.signal.channel[1].flat_range *= 2;
    if (change == 5) model.signal.channel[1].idle_level *= 2;
    if (change == 6) model.signal.inputs += 1;
    CHECK(thrum::checksum_of(model) != before);
  }
}

TEST_CASE("the firmware says of a recording what the laptop says, fault by fault and bit by bit") {
  static thrum::fixed::Detector<watchful_model> at_once;
  static thrum::fixed::Detector<watchful_model> in_steps;
  CHECK(at_once.self_test() == thrum::Status::ok);
  CHECK(thrum::firmware_ram_bytes(watchful_model) == static_cast<Index>(sizeof(at_once)));
  CHECK(watchful_model.signal == watchful);
  CHECK(watchful_model.monitor == detector().options().monitor);
  const Samples x = eventful(4000);
  const thrum::FeatureMatrix inputs = inputs_for(x);
  const std::vector<Verdict> verdicts = thrum::judge_windows(detector(), x, inputs);
  thrum::Monitor monitor;
  Index row = 0;
  const auto same = [&](const Verdict& verdict) {
    std::uint8_t expected[thrum::packed_verdict_size], found[thrum::packed_verdict_size];
    pack(verdicts[static_cast<std::size_t>(row)], expected);
    pack(verdict, found);
    return std::equal(std::begin(expected), std::end(expected), std::begin(found));
  };
  for (Index i = 0; i < x.rows(); ++i) {
    if (row < inputs.rows()) {
      CHECK(at_once.set_input(0, inputs(row, 0)) == thrum::Status::ok);
      CHECK(in_steps.set_input(0, inputs(row, 0)) == thrum::Status::ok);
    }
    const std::int16_t* const planar[2] = {&x(i, 0), &x(i, 1)};
    REQUIRE(at_once.write(x.row(i).data(), 1, static_cast<std::uint32_t>(i) * 1000) == 1);
    REQUIRE(in_steps.write_planar(planar, 1) == 1);
    if (!at_once.poll()) continue;
    while (!in_steps.poll(1)) {
    }
    CHECK(same(at_once.verdict()));
    CHECK(same(in_steps.verdict()));
    const Verdict& expected = verdicts[static_cast<std::size_t>(row)];
    CHECK(at_once.state() == monitor.update(detector().options().monitor, expected.state, expected.score));
    ++row;
  }
  CHECK(row == static_cast<Index>(verdicts.size()));
}

TEST_CASE("inputs are the last columns of feature rows, and their number is checked") {
  const Samples x = eventful(4000);
  const thrum::FeatureMatrix inputs = inputs_for(x), rows = thrum::extract_windows(watchful, x, inputs);
  CHECK(rows.cols() == thrum::feature_count(watchful));
  CHECK(rows.rightCols(1) == inputs);
  FeatureOptions without = watchful;
  without.inputs = 0;
  CHECK(thrum::extract_windows(without, x) == rows.leftCols(rows.cols() - 1));
  CHECK(thrum::feature_names(watchful).back() == "input 0");
  CHECK_THROWS_WITH(thrum::extract_windows(watchful, x), contains("expected 124 x 1"));
  CHECK_THROWS_WITH(thrum::extract_windows(watchful, x, inputs.topRows(3)), contains("inputs is 3 x 1"));
  CHECK_THROWS_WITH(thrum::extract_windows(without, x, inputs), contains("expected 124 x 0"));
  thrum::FeatureMatrix broken = inputs;
  broken(5, 0) = thrum::not_a_number<float>();
  CHECK(thrum::judge_windows(detector(), x, broken)[5].state == State::unknown);
}
