#include "../examples/rig/rig.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"

namespace {

using rig::Fault;
using Recording = std::vector<std::int16_t>;
using Signal = std::vector<double>;

constexpr std::size_t channels = rig::Options::channels;
constexpr double rate = rig::Options::sampling_rate;
constexpr std::size_t second = 20000;  // frames
constexpr std::size_t near_bearing = 2;
constexpr double pi = 3.14159265358979323846;

/// One channel of a recording, in g.
Signal channel(const Recording& recording, std::size_t c) {
  Signal x(recording.size() / channels);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = recording[i * channels + c] / rig::Options::counts_per_g;
  return x;
}

double mean(const Signal& x) {
  double sum = 0.0;
  for (double value : x) sum += value;
  return sum / static_cast<double>(x.size());
}

Signal centred(Signal x) {
  const double level = mean(x);
  for (double& value : x) value -= level;
  return x;
}

double rms(const Signal& x) {
  double sum = 0.0;
  for (double value : centred(x)) sum += value * value;
  return std::sqrt(sum / static_cast<double>(x.size()));
}

Signal difference(const Signal& a, const Signal& b) {
  Signal x(a.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = a[i] - b[i];
  return x;
}

/// Mean power of the line at `hz` over segments of `length` frames (Goertzel): amplitude^2 of a steady sine.
double line_power(const Signal& x, double hz, std::size_t length) {
  const double coefficient = 2.0 * std::cos(2.0 * pi * hz / rate);
  double sum = 0.0;
  std::size_t segments = 0;
  for (std::size_t first = 0; first + length <= x.size(); first += length, ++segments) {
    double last = 0.0, before = 0.0;
    for (std::size_t i = first; i < first + length; ++i) {
      const double now = x[i] + coefficient * last - before;
      before = last;
      last = now;
    }
    const double scale = 2.0 / static_cast<double>(length);
    sum += (last * last + before * before - coefficient * last * before) * scale * scale;
  }
  return sum / static_cast<double>(segments);
}

double line_amplitude(const Signal& x, double hz, std::size_t length) {
  return std::sqrt(line_power(x, hz, length));
}

/// Squared envelope of the band around the housing's resonance at 3400 Hz.
Signal envelope(const Signal& x) {
  rig::detail::Resonator band(3400.0, 0.05);
  Signal y = centred(x);
  for (double& value : y) {
    value = band.step(value);
    value *= value;
  }
  return centred(y);
}

struct Peak {
  double hz = 0.0;
  double over_median = 0.0;
};

/// Strongest line of the envelope spectrum between 70 and 250 Hz: above the turns of the shaft, where both
/// defects lie.
Peak envelope_peak(const Recording& recording, std::size_t c) {
  const Signal x = envelope(channel(recording, c));
  Peak peak;
  Signal powers;
  double strongest = 0.0;
  for (double hz = 70.0; hz <= 250.0; hz += 0.5) {
    powers.push_back(line_power(x, hz, second));
    if (powers.back() > strongest) {
      strongest = powers.back();
      peak.hz = hz;
    }
  }
  std::nth_element(powers.begin(), powers.begin() + static_cast<std::ptrdiff_t>(powers.size() / 2),
                   powers.end());
  peak.over_median = strongest / powers[powers.size() / 2];
  return peak;
}

double shaft_hz(int working_class) {
  return rig::working_conditions[static_cast<std::size_t>(working_class)].shaft_hz;
}

/// Setpoint (0.3 %) and wander (0.5 %) move a line; one-second segments resolve 1 Hz, half of it to either
/// side.
double line_tolerance(double hz) { return 0.008 * hz + 0.5; }

}  // namespace

TEST_CASE("the rig gives the same recording for the same seed and another for another seed", "[rig]") {
  const Recording once = rig::record(0, Fault::inner_race, 3000, 7);
  REQUIRE(once.size() == 3000 * channels);
  CHECK(once == rig::record(0, Fault::inner_race, 3000, 7));
  CHECK(once != rig::record(0, Fault::inner_race, 3000, 8));
}

TEST_CASE("a short recording of the rig is the beginning of a long one", "[rig]") {
  const Recording longer = rig::record(1, Fault::outer_race, 1000, 3);
  for (std::size_t frames : {std::size_t{0}, std::size_t{1}, std::size_t{64}, std::size_t{777}}) {
    const Recording shorter = rig::record(1, Fault::outer_race, frames, 3);
    REQUIRE(shorter.size() == frames * channels);
    CHECK(std::equal(shorter.begin(), shorter.end(), longer.begin()));
  }
}

TEST_CASE("the rig refuses a working class that it does not have", "[rig]") {
  CHECK_THROWS_AS(rig::record(-1, Fault::none, 1, 0), std::invalid_argument);
  CHECK_THROWS_AS(rig::record(2, Fault::none, 1, 0), std::invalid_argument);
}

TEST_CASE("the bearing's orders are those of a 6205 and sum to its number of balls", "[rig]") {
  const rig::Bearing bearing;
  // The Case Western Reserve bearing data center prints 3.5848 and 5.4152 for this bearing, from lengths in
  // inches.
  CHECK(std::fabs(bearing.outer_race_order() - 3.5848) < 5e-4);
  CHECK(std::fabs(bearing.inner_race_order() - 5.4152) < 5e-4);
  CHECK(std::fabs(bearing.outer_race_order() + bearing.inner_race_order() - 9.0) < 1e-12);
}

TEST_CASE("the envelope spectrum of a bearing defect peaks at its impact rate", "[rig]") {
  const rig::Bearing bearing;
  for (int working_class : {0, 1}) {
    const double bpfo = bearing.outer_race_order() * shaft_hz(working_class);
    const double bpfi = bearing.inner_race_order() * shaft_hz(working_class);
    const Peak outer =
        envelope_peak(rig::record(working_class, Fault::outer_race, 12 * second, 11), near_bearing);
    const Peak inner =
        envelope_peak(rig::record(working_class, Fault::inner_race, 12 * second, 12), near_bearing);
    CHECK(std::fabs(outer.hz - bpfo) <= line_tolerance(bpfo));
    CHECK(std::fabs(inner.hz - bpfi) <= line_tolerance(bpfi));
    CHECK(outer.over_median > 8.0);
    CHECK(inner.over_median > 8.0);
    // The twin: without a defect there is nothing to find. The mean of 12 exponential powers varies by 1 /
    // sqrt(12); the largest of 361 stays below mean + 6 of that, 2.8 medians.
    CHECK(envelope_peak(rig::record(working_class, Fault::none, 12 * second, 13), near_bearing).over_median <
          4.0);
  }
}

TEST_CASE("only the defect of the inner race is modulated by the turning shaft", "[rig]") {
  for (int working_class : {0, 1}) {
    const Recording healthy = rig::record(working_class, Fault::none, 8 * second, 21);
    double at_shaft[2];
    const Fault faults[2] = {Fault::inner_race, Fault::outer_race};
    for (int k = 0; k < 2; ++k) {
      const Recording faulty = rig::record(working_class, faults[k], 8 * second, 21);
      const Signal x = envelope(
          difference(channel(faulty, near_bearing), channel(healthy, near_bearing)));  // the impacts alone
      at_shaft[k] = line_amplitude(x, shaft_hz(working_class), second) / rms(x);
    }
    CHECK(at_shaft[0] > 3.0 * at_shaft[1]);
  }
}

TEST_CASE("an imbalance multiplies the line of the shaft and leaves the others alone", "[rig]") {
  const rig::Options options;
  for (int working_class : {0, 1}) {
    const Recording healthy = rig::record(working_class, Fault::none, 8 * second, 31);
    const Recording faulty = rig::record(working_class, Fault::imbalance, 8 * second, 31);
    const double hz = shaft_hz(working_class);
    for (std::size_t c = 0; c < channels; ++c) {
      const Signal before = centred(channel(healthy, c)), after = centred(channel(faulty, c));
      // Noise of 0.1 g in 8000 frames is a line of 0.1 sqrt(4 / 8000) = 2 mg beside one of 60 mg or more; it
      // adds in power, and averages over 20 segments: below 1 %. Leakage of the second harmonic adds as much
      // again.
      const double factor = line_amplitude(after, hz, 8000) / line_amplitude(before, hz, 8000);
      CHECK(std::fabs(factor / options.imbalance_factor - 1.0) < 0.03);
      CHECK(std::fabs(line_amplitude(after, 29.0 * hz, 500) / line_amplitude(before, 29.0 * hz, 500) - 1.0) <
            0.03);
    }
  }
}

TEST_CASE("a factor of one is no imbalance", "[rig]") {
  rig::Options options;
  options.imbalance_factor = 1.0;
  CHECK(rig::record(0, Fault::imbalance, 2000, 5, options) == rig::record(0, Fault::none, 2000, 5));
}

TEST_CASE("the channels on the damaged bearing's housing see the impacts strongest", "[rig]") {
  for (int working_class : {0, 1}) {
    const Recording healthy = rig::record(working_class, Fault::none, 2 * second, 41);
    for (Fault fault : {Fault::inner_race, Fault::outer_race}) {
      const Recording faulty = rig::record(working_class, fault, 2 * second, 41);
      double near_least = 1e9, far_most = 0.0;
      for (std::size_t c = 0; c < channels; ++c) {
        const double impacts = rms(difference(channel(faulty, c), channel(healthy, c)));
        CHECK(impacts > 0.0);
        if (c == 2 || c == 3) {
          near_least = (std::min)(near_least, impacts);
        } else {
          far_most = (std::max)(far_most, impacts);
        }
      }
      CHECK(near_least > 2.0 * far_most);
    }
  }
}

TEST_CASE("the rig never saturates at its defaults, and saturates instead of wrapping", "[rig]") {
  for (int working_class : {0, 1}) {
    for (Fault fault : {Fault::none, Fault::imbalance, Fault::inner_race, Fault::outer_race}) {
      const Recording recording = rig::record(working_class, fault, 10 * second, 51);
      const auto extremes = std::minmax_element(recording.begin(), recording.end());
      CHECK(*extremes.first > INT16_MIN);
      CHECK(*extremes.second < INT16_MAX);
    }
  }
  rig::Options options;
  options.outer_race_g = 1000.0;
  const Recording hammered = rig::record(0, Fault::outer_race, second / 2, 51, options);
  CHECK(*std::min_element(hammered.begin(), hammered.end()) == INT16_MIN);
  CHECK(*std::max_element(hammered.begin(), hammered.end()) == INT16_MAX);
}

TEST_CASE("the two working conditions differ in every channel, by more than recordings of one do", "[rig]") {
  for (std::size_t c = 0; c < channels; ++c) {
    double most_light = 0.0, least_heavy = 1e9, least_light = 1e9;
    for (std::uint64_t seed = 60; seed < 66; ++seed) {
      const double light = rms(channel(rig::record(0, Fault::none, 2 * second, seed), c));
      const double heavy = rms(channel(rig::record(1, Fault::none, 2 * second, seed + 100), c));
      most_light = (std::max)(most_light, light);
      least_light = (std::min)(least_light, light);
      least_heavy = (std::min)(least_heavy, heavy);
    }
    CHECK(least_heavy > 1.1 * most_light);
    CHECK(most_light > 1.02 * least_light);  // nor are recordings of one condition all alike
  }
}

TEST_CASE("the means of the rig's channels carry gravity and offset", "[rig]") {
  const Recording recording = rig::record(0, Fault::none, second, 71);
  for (std::size_t c = 0; c < channels; ++c) {
    const double expected = std::cos(rig::detail::tilt_degrees[c] * pi / 180.0) + rig::detail::offset_g[c];
    // Temperature moves the offset by at most 10 mg; a cut turn of 0.1 g at 25 Hz leaves at most 0.1 / (25
    // pi) = 1.3 mg in the mean of a second, noise of 0.3 g at low frequency less.
    CHECK(std::fabs(mean(channel(recording, c)) - expected) < 0.015);
  }
}

TEST_CASE("the rig's faults and their names belong together", "[rig]") {
  CHECK(std::string(rig::name(Fault::none)) == "normal");
  CHECK(std::string(rig::name(Fault::imbalance)) == "imbalance");
  CHECK(std::string(rig::name(Fault::inner_race)) == "inner_race");
  CHECK(std::string(rig::name(Fault::outer_race)) == "outer_race");
}
