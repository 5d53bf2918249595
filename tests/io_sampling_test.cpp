#include "thrum/io/sampling.hpp"

#include "catch.hpp"
#include "real_data.hpp"
#include "thrum/core/random.hpp"

#include <Eigen/Core>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

using thrum::Recording;
using thrum_test::contains;

namespace {

/// The message of the exception that `call` throws.
template <typename Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "not refused";
}

/// Two channels: 3 t, and -t / 2 + 1, seen at these times.
Recording ramp(const Eigen::VectorXd& times) {
  Recording recording;
  recording.name = "ramp";
  recording.times = times;
  recording.samples.resize(times.size(), 2);
  recording.samples.col(0) = (3 * times).cast<float>();
  recording.samples.col(1) = (1 - times.array() / 2).cast<float>();
  recording.channel_names = {"x", "y"};
  return recording;
}

/// A step of 10 ms each, moved by up to `jitter` of it.
Eigen::VectorXd clock(Eigen::Index frames, double jitter) {
  thrum::Random random(8);
  Eigen::VectorXd times(frames);
  for (Eigen::Index i = 0; i < frames; ++i)
    times[i] = 0.01 * (static_cast<double>(i) + jitter * (random.uniform() - 0.5));
  return times;
}

thrum::FeatureOptions two_channels(float sampling_rate) {
  thrum::FeatureOptions options;
  options.channels = 2;
  options.window = options.hop = 64;
  options.sampling_rate = sampling_rate;
  return options;
}

}  // namespace

TEST_CASE("the steps of a clock are measured") {
  Eigen::VectorXd times(5);
  times << 1, 1.25, 1.5, 2.5, 2.75;
  const thrum::SamplingReport report = thrum::sampling_report(ramp(times));
  CHECK(report.frames == 5);
  CHECK(report.rate == 4 / 1.75);
  CHECK(report.least_step == 0.25);
  CHECK(report.median_step == 0.25);
  CHECK(report.longest_step == 1);
  // Type 7 of 0.25 0.25 0.25 1: 0.97 of the way from the third to the fourth.
  CHECK(report.p99_step == Approx(0.25 + 0.97 * 0.75));
  CHECK_FALSE(report.regular);
  CHECK(to_string(report) ==
        "5 frames at 2.286 Hz on average; steps: median 250 ms, p99 977.5 ms, longest 1000 ms: irregular");
}

TEST_CASE(
    "a little jitter and one gap are regular, much jitter, bursts and a clock that runs backwards are not") {
  CHECK(thrum::sampling_report(ramp(clock(1000, 0))).regular);
  CHECK(thrum::sampling_report(ramp(clock(1000, 0.4))).regular);
  CHECK_FALSE(thrum::sampling_report(ramp(clock(1000, 0.9))).regular);
  Eigen::VectorXd gap = clock(1000, 0.1);
  gap.tail(300).array() += 5;
  CHECK(thrum::sampling_report(ramp(gap)).regular);
  CHECK(thrum::sampling_report(ramp(gap)).longest_step > 5);
  Eigen::VectorXd bursts = clock(1000, 0);
  for (Eigen::Index i = 0; i < 1000; ++i)
    bursts[i] = 0.04 * static_cast<double>(i / 4) + 0.001 * static_cast<double>(i % 4);
  CHECK_FALSE(thrum::sampling_report(ramp(bursts)).regular);
  Eigen::VectorXd restart = clock(1000, 0);
  restart.tail(500).array() -= 3;
  CHECK_FALSE(thrum::sampling_report(ramp(restart)).regular);
  CHECK_THAT(to_string(thrum::sampling_report(ramp(restart))), contains("backwards"));
  CHECK_FALSE(thrum::sampling_report(ramp(Eigen::VectorXd::Constant(10, 3.0))).regular);
}

TEST_CASE("resampling reads straight lines off irregular frames") {
  Eigen::VectorXd times(6);
  times << 2, 2.25, 2.25, 3, 3.125, 4;
  const Recording regular = thrum::resample(ramp(times), 8);
  REQUIRE(regular.samples.rows() == 17);  // 2, 2.125, ..., 4
  CHECK(regular.sampling_rate == 8);
  CHECK(regular.name == "ramp");
  CHECK(regular.channel_names == ramp(times).channel_names);
  CHECK(thrum::sampling_report(regular).regular);
  for (Eigen::Index i = 0; i < 17; ++i) {
    const double time = 2 + static_cast<double>(i) / 8;
    CHECK(regular.times[i] == time);
    CHECK(static_cast<double>(regular.samples(i, 0)) == Approx(3 * time).epsilon(1e-6));
    CHECK(static_cast<double>(regular.samples(i, 1)) == Approx(1 - time / 2).margin(1e-6));
  }
}

TEST_CASE("resampling at the mean rate makes as many frames, and leaves a regular recording as it is") {
  const Recording jittered = ramp(clock(1000, 0.8));
  CHECK(thrum::resample(jittered).samples.rows() == 1000);
  CHECK(thrum::sampling_report(thrum::resample(jittered)).regular);
  const Recording even = ramp(Eigen::VectorXd::LinSpaced(65, 0, 16));
  CHECK(thrum::resample(even).samples == even.samples);
  CHECK(thrum::resample(even, 4).samples == even.samples);
  CHECK(thrum::resample(even, 2).samples.rows() == 33);
}

TEST_CASE("of frames with one stamp the last counts, also at the end") {
  Eigen::VectorXd times(5);
  times << 0, 1, 1, 2, 2;
  Recording recording = ramp(times);
  recording.samples.col(0) << 0, 5, 7, 8, 9;
  const Recording regular = thrum::resample(recording, 1);
  CHECK(regular.samples.col(0) == Eigen::Vector3f(0, 7, 9));
}

TEST_CASE("recordings without a clock that grows are refused, and rates that make no sense") {
  Recording recording = ramp(clock(10, 0));
  for (const double rate :
       {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    CHECK_THAT(refusal([&] { thrum::resample(recording, rate); }), contains("rate is"));
  CHECK_THAT(refusal([&] { thrum::resample(recording, 1e12); }), contains("2^31"));
  recording.times[4] = 0;
  CHECK_THAT(refusal([&] { thrum::resample(recording); }), contains("backwards"));
  recording.times.setConstant(1);
  CHECK_THAT(refusal([&] { thrum::resample(recording); }), contains("stand still"));
  recording.times[3] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THAT(refusal([&] { thrum::resample(recording); }), contains("times(3)"));
  CHECK_THAT(refusal([&] { thrum::sampling_report(recording); }), contains("times(3)"));
  recording.times.resize(0);
  CHECK_THAT(refusal([&] { thrum::resample(recording); }), contains("0 times"));
  CHECK_THAT(refusal([&] { thrum::sampling_report(ramp(Eigen::VectorXd::Zero(1))); }),
             contains("two at least"));
}

TEST_CASE("spectra of irregular frames are refused with what to do, other features are not") {
  Recording recording = ramp(clock(1000, 0.95));
  thrum::FeatureOptions options = two_channels(100);
  const std::string message = refusal([&] { thrum::extract_windows(options, recording); });
  CHECK_THAT(message, contains("ramp"));
  CHECK_THAT(message, contains("irregular"));
  CHECK_THAT(message, contains("resample()"));
  CHECK(thrum::extract_windows(options, thrum::resample(recording)).rows() == 15);
  options.bands = 0;
  CHECK(thrum::extract_windows(options, recording) == thrum::extract_windows(options, recording.samples));
  options.spectral_kurtosis_bands = 2;
  options.spectral_kurtosis_block = 16;
  CHECK_THAT(refusal([&] { thrum::extract_windows(options, recording); }), contains("irregular"));
  recording.times.resize(0);  // nothing is known
  CHECK(thrum::extract_windows(options, recording).rows() == 15);
}

TEST_CASE("spectra at another rate than the recording's are refused") {
  const Recording recording = ramp(clock(1000, 0.1));
  CHECK(thrum::extract_windows(two_channels(104), recording).rows() == 15);
  CHECK_THAT(refusal([&] { thrum::extract_windows(two_channels(200), recording); }),
             contains("expected about the "));
}

TEST_CASE("the drill press is sampled irregularly, and said to be", "[real-data]") {
  for (const thrum::Condition& condition : thrum::read_conditions(thrum_test::data_dir() + "/drill_press")) {
    const Recording& recording = condition.recordings[0];
    const thrum::SamplingReport report = thrum::sampling_report(recording);
    INFO(condition.name << ": " << to_string(report));
    CHECK(report.frames == recording.samples.rows());
    CHECK_FALSE(report.regular);
    CHECK(report.rate == Approx(100).epsilon(0.05));
    CHECK(report.p99_step > 10 * report.median_step);
    const Recording regular = thrum::resample(recording);
    CHECK(regular.samples.rows() == Approx(static_cast<double>(recording.samples.rows())).margin(1));
    CHECK(thrum::sampling_report(regular).regular);
    CHECK(regular.samples.maxCoeff() <= recording.samples.maxCoeff());
  }
}
