#include "thrum/monitor_calibration.hpp"

#include <cmath>
#include <limits>
#include <sstream>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/core/random.hpp"

using thrum::Index;
using thrum::MonitorOptions;
using thrum::Scores;
using thrum::Vector;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

/// Positive scores, each like the one before; blocks of 200.
Vector<double> correlated(thrum::Random& random, Index n) {
  Vector<double> scores(n);
  double state = random.normal();
  for (double& score : scores) {
    score = std::exp(0.3 * state);
    state = 0.8 * state + 0.6 * random.normal();
  }
  return scores;
}

MonitorOptions with_threshold(MonitorOptions options, double threshold) {
  options.threshold = static_cast<float>(threshold);
  return options;
}

}  // namespace

TEST_CASE("the monitor's statistic is the largest m-th largest of each stretch of n windows") {
  const Scores scores = {1, 5, 4, 2, 9, 3, 8, 7};
  // Second largest of the last three: -, 1, 4, 4, 4, 3, 8, 7.
  CHECK(thrum::monitor_statistics(scores, {2, 3, 1}) == Eigen::Vector2d(4, 4));
  // After the border the monitor starts anew: -, 1, 4 | -, 2, 3 | ...
  const Vector<double> apart = thrum::monitor_statistics(scores, {2, 3, 1}, {0, 0, 0, 1, 1, 1, 2, 2});
  CHECK(apart == Eigen::Vector2d(4, 3));
  CHECK(thrum::monitor_statistics(scores, {1, 1, 0}) ==
        Eigen::Map<const Vector<double>>(scores.values().data(), 8));
  CHECK(thrum::monitor_statistics({1, not_known, 3, 2}, {2, 2, 1}) == Eigen::Vector2d(-infinity, 2));
  CHECK(thrum::monitor_statistics({1, infinity, infinity, 2}, {2, 4, 1}) ==
        Vector<double>::Constant(1, infinity));
}

TEST_CASE("a stretch holds an alarm just when its statistic is above the threshold") {
  thrum::Random random(1);
  for (int round = 0; round < 100; ++round) {
    MonitorOptions options;
    options.window = 1 + static_cast<int>(random.index(8));
    options.votes = 1 + static_cast<int>(random.index(options.window));
    options.release = options.votes - 1;
    options.threshold = 1.25f;
    const Vector<float> scores = correlated(random, 80).cast<float>();
    const Vector<double> statistics = thrum::monitor_statistics(scores, options);
    thrum::Monitor monitor;
    for (Index stretch = 0; stretch < statistics.size(); ++stretch) {
      bool alarm = false;
      for (Index i = stretch * options.window; i < (stretch + 1) * options.window; ++i)
        alarm |= monitor.update(options, thrum::State::normal, scores[i]) == thrum::State::alarm;
      REQUIRE(alarm == (statistics[stretch] > 1.25));
    }
  }
}

TEST_CASE("a calibrated monitor keeps its rate of stretches with an alarm, on correlated scores") {
  const MonitorOptions options{3, 5, 1};
  thrum::Random random(2);
  constexpr int rounds = 60;
  constexpr double rate = 0.1;
  double measured = 0, per_window = 0, by_vote = 0;
  for (int round = 0; round < rounds; ++round) {
    const Vector<double> normal = correlated(random, 1000), further = correlated(random, 1000);
    const thrum::Calibration calibration = thrum::monitor_threshold(normal, options, rate);
    CHECK(calibration.samples == 200);
    CHECK(calibration.alarms <= 20);
    const Vector<double> statistics = thrum::monitor_statistics(further, options);
    measured += static_cast<double>((statistics.array() > calibration.threshold).count()) / 200 / rounds;
    const auto events = [&](double threshold) {
      return static_cast<double>(thrum::alarm_events(further, with_threshold(options, threshold))) / 1000 /
             rounds;
    };
    per_window += events(calibration.threshold);
    // The twin: a threshold for single windows, voted upon.
    by_vote += events(thrum::conformal_threshold(normal, rate / 5).threshold);
  }
  CHECK(measured == Approx(rate).margin(0.015));
  CHECK(per_window <= rate / options.window);
  CHECK(by_vote < 0.5 * per_window);
}

TEST_CASE("a monitor's threshold is a float that no rounding puts below its rank") {
  Vector<double> scores(19);
  for (Index i = 0; i < 19; ++i) scores[i] = 1 + static_cast<double>(i) / 3;
  const thrum::Calibration calibration = thrum::monitor_threshold(scores, {1, 1, 0}, 0.1);
  CHECK(calibration.threshold == static_cast<double>(static_cast<float>(calibration.threshold)));
  CHECK(calibration.threshold >= scores[17]);
  CHECK(calibration.threshold == Approx(scores[17]).epsilon(1e-6));
  CHECK(calibration.alarms == 1);
  CHECK(thrum::alarm_events(scores, with_threshold({1, 1, 0}, calibration.threshold)) == 1);
}

TEST_CASE("a monitor's threshold from too few stretches says how many it needs") {
  const auto asked = [](Index rows, double rate, const thrum::Labels& blocks = {}) {
    const Vector<double> scores = Vector<double>::LinSpaced(rows, 1, 2);
    return refusal([&] { thrum::monitor_threshold(scores, {3, 5, 1}, rate, blocks); });
  };
  CHECK_THAT(asked(94, 0.05), contains("stretches has 18 rows, expected at least 19"));
  CHECK(asked(95, 0.05) == "accepted");
  // Blocks of four rows hold no stretch of five.
  Vector<int> blocks(100);
  for (int i = 0; i < 100; ++i) blocks[i] = i / 4;
  CHECK_THAT(asked(100, 0.05, blocks), contains("stretches has 0 rows"));
  CHECK_THAT(asked(100, 0.05, {1}), contains("blocks has 1 entries"));
  CHECK_THAT(refusal([] {
               thrum::monitor_threshold({1, 2, 3}, {3, 2, 1}, 0.5);
             }),
             contains("options are not valid"));
  CHECK_THAT(refusal([] {
               thrum::monitor_threshold({0, 0, 0}, {1, 1, 0}, 0.5);
             }),
             contains("the threshold is 0"));
}

TEST_CASE("alarm events are counted once each, and by block") {
  const MonitorOptions options{2, 3, 0};
  CHECK(thrum::alarm_events({2, 2, 2, 2, 0, 0, 0, 2, 2, 0}, options) == 2);
  // Two above, but on two sides of a border.
  CHECK(thrum::alarm_events({0, 2, 2, 0, 0}, options) == 1);
  CHECK(thrum::alarm_events({0, 2, 2, 0, 0}, options, {0, 0, 1, 1, 1}) == 0);
  // An alarm that ends with its block is over; the next one is another.
  CHECK(thrum::alarm_events({2, 2, 2, 2}, options, {0, 0, 1, 1}) == 2);
  CHECK(thrum::alarm_events({2, not_known, infinity, not_known, not_known}, options) == 1);
  CHECK(thrum::alarm_events({-infinity, not_known, not_known}, {1, 1, 0}) == 0);
  CHECK(thrum::alarm_events({}, options) == 0);
  CHECK_THAT(refusal([] { thrum::alarm_events({1.0}, {0, 1, 0}); }), contains("options are not valid"));
}

TEST_CASE("no event in T hours is reported as less than 3 / T an hour") {
  std::ostringstream none, some;
  none << thrum::event_rate(0, 100);
  CHECK(none.str() == "none in 100 h: < 0.0299573 per hour (95 %)");
  some << thrum::event_rate(5, 48);
  CHECK(some.str() == "5 in 48 h: 2.5 per day (95 %: 0.811743 ... 5.83417)");
  CHECK(thrum::event_rate(0, 12).per_day == 0);
  CHECK(thrum::event_rate(0, 12).upper95 == Approx(2 * 2.995732).epsilon(1e-6));
  for (const double hours : {0.0, -1.0, not_known, infinity})
    CHECK_THAT(refusal([&] { thrum::event_rate(1, hours); }), contains("hours is"));
  CHECK_THAT(refusal([] { thrum::event_rate(-1, 1); }), contains("events is -1"));
}
