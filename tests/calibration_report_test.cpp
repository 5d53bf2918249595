#include "thrum/calibration_report.hpp"

#include <cmath>
#include <limits>
#include <sstream>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/core/random.hpp"

using thrum::CalibrationReport;
using thrum::Index;
using thrum::MeasuredRate;
using thrum::Vector;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

Vector<double> independent(std::uint64_t seed, Index n) {
  thrum::Random random(seed);
  Vector<double> scores(n);
  for (double& score : scores) score = random.normal();
  return scores;
}

}  // namespace

TEST_CASE("on independent scores all three splits measure the rate asked for") {
  const Vector<double> scores = independent(1, 4000);
  const CalibrationReport report = thrum::calibration_report(scores, 0.05);
  CHECK(report.calibration.threshold == thrum::conformal_threshold(scores, 0.05).threshold);
  CHECK(report.n_effective > 3000);
  CHECK(report.drift.p_value > 0.01);
  for (const MeasuredRate& rate : {report.all.random, report.all.whole_block, report.all.time_ordered}) {
    CHECK(rate.interval.contains(0.05));
    CHECK(rate.rate() == Approx(0.05).margin(0.012));
  }
  CHECK(report.all.random.rows == 4000);
  CHECK(report.all.whole_block.rows == 4000);
  CHECK(report.all.time_ordered.rows == 2000);
  CHECK(report.classes.empty());
}

TEST_CASE("recordings that differ show in whole blocks what random folds hide") {
  // Ten recordings, each a step apart: the threshold of nine says little of the tenth.
  thrum::Random random(2);
  constexpr Index rows = 200;
  Vector<double> scores(10 * rows);
  Vector<int> blocks(scores.size());
  for (Index i = 0; i < scores.size(); ++i) {
    blocks[i] = static_cast<int>((7 * (i / rows)) % 10);
    scores[i] = 5 * blocks[i] + random.normal();
  }
  const CalibrationReport report = thrum::calibration_report(scores, 0.02, {}, blocks);
  CHECK(report.all.random.rate() == Approx(0.02).margin(0.005));
  CHECK(report.all.whole_block.rate() > 0.09);  // the highest recording lies above all others
  CHECK(report.n_effective < 25);
  // Honest about how little ten recordings say.
  CHECK(report.all.random.interval.high > 0.15);
}

TEST_CASE("drift shows in the later half and in its p-value") {
  Vector<double> scores = independent(3, 1000);
  for (Index i = 0; i < scores.size(); ++i) scores[i] += 4.0 * static_cast<double>(i) / 1000;
  const CalibrationReport report = thrum::calibration_report(scores, 0.05);
  CHECK(report.drift.p_value < 0.02);
  CHECK(report.drift.shift > 0.8);
  CHECK(report.all.time_ordered.rate() > 0.3);
  CHECK(report.all.random.rate() < 0.07);
}

TEST_CASE("classes are reported one by one and add up to all") {
  Vector<double> scores = independent(4, 2000);
  Vector<int> classes(2000);
  for (Index i = 0; i < 2000; ++i) {
    classes[i] = i < 300 ? 9 : i % 2 == 0 ? -1 : 4;
    if (classes[i] == 4) scores[i] *= 2;
  }
  const CalibrationReport report = thrum::calibration_report(scores, 0.05, classes);
  REQUIRE(report.classes.size() == 3);
  CHECK(report.classes[0].label == -1);
  CHECK(report.classes[1].label == 4);
  CHECK(report.classes[2].label == 9);
  for (const auto split :
       {&thrum::SplitRates::random, &thrum::SplitRates::whole_block, &thrum::SplitRates::time_ordered}) {
    Index rows = 0, alarms = 0;
    double worth = 0;
    for (const thrum::ClassRates& each : report.classes) {
      const MeasuredRate& rate = each.rates.*split;
      rows += rate.rows;
      alarms += rate.alarms;
      worth += rate.rows_effective;
      CHECK((rate.rows == 0 || rate.interval.contains(rate.rate())));
    }
    CHECK(rows == (report.all.*split).rows);
    CHECK(alarms == (report.all.*split).alarms);
    CHECK(worth == Approx((report.all.*split).rows_effective));
  }
  // The wide class takes nearly all of the alarms: what one rate over all rows hides.
  CHECK(report.classes[1].rates.random.rate() > 0.08);
  CHECK(report.classes[0].rates.random.interval.high < 0.03);
  // Class 9 was over before the later half began.
  CHECK(report.classes[2].rates.time_ordered.rows == 0);
  CHECK(report.classes[2].rates.time_ordered.interval.high == 1);
}

TEST_CASE("a report says in words what it found") {
  std::ostringstream text;
  text << thrum::calibration_report(independent(5, 400), 0.05, Vector<int>::Constant(400, 7));
  for (const char* part : {"asked 5 % false alarms; 400 rows worth", "random folds", "whole blocks",
                           "later half", "class 7", "drift:", "p-value"})
    CHECK_THAT(text.str(), contains(part));
}

TEST_CASE("a report from too few rows says how many it needs") {
  CHECK_THAT(refusal([] { thrum::calibration_report(independent(6, 37), 0.05); }),
             contains("scores has 37 rows, expected at least 38"));
  CHECK(refusal([] { thrum::calibration_report(independent(6, 38), 0.05); }) == "accepted");
  CHECK(refusal([] { thrum::calibration_report(independent(6, 20), 0.5); }) == "accepted");
  CHECK_THAT(refusal([] { thrum::calibration_report(independent(6, 19), 0.5); }), contains("at least 20"));
  CHECK_THAT(refusal([] {
               thrum::calibration_report(independent(6, 50), 0.1, {1, 2});
             }),
             contains("classes has 2 entries, expected 50"));
  CHECK_THAT(refusal([] {
               thrum::calibration_report(independent(6, 50), 0.1, {}, {1, 2});
             }),
             contains("blocks has 2 entries"));
  CHECK_THAT(refusal([] { thrum::calibration_report(independent(6, 50), 0.1, {}, Vector<int>::Zero(50)); }),
             contains("the number of blocks"));
  CHECK_THAT(refusal([] { thrum::calibration_report(independent(6, 50), 0); }),
             contains("false_alarm_rate is"));
  Vector<double> broken = independent(6, 50);
  broken[3] = std::numeric_limits<double>::infinity();
  CHECK_THAT(refusal([&] { thrum::calibration_report(broken, 0.1); }), contains("scores(3) is inf"));
}
