#ifndef THRUM_EXAMPLES_FLEET_FAN_HPP
#define THRUM_EXAMPLES_FLEET_FAN_HPP

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "thrum/core/random.hpp"

// Fans of one kind on paper, each with an accelerometer on its housing: no two are built and mounted alike.
//
//   a(t) = gain [ imbalance u cos(theta) + blades u cos(5 theta) + mount(u n) + housing(u n) + bearing(i) ] +
//   e(t)
//
// u is the square of the speed, n white noise of the air, i the impacts of a worn bearing on its outer race,
// each of which rings the housing; mount, housing and bearing are resonances, e is the sensor's noise.

namespace fan {

constexpr double pi = 3.14159265358979323846;
constexpr double sampling_rate = 4000;                 ///< Hz
constexpr int window = 512;                            ///< samples
constexpr double counts_per_g = 4096;                  ///< int16
constexpr std::array<double, 2> speeds_hz = {22, 30};  ///< the two ways of running well
constexpr int windows_each = 4;                        ///< at one speed, then it changes
constexpr double impacts_per_turn = 3.585;             ///< of a 6205 bearing

/// What differs from one machine of the kind to the next.
struct Build {
  double gain;        ///< of sensor and mounting, 10 %
  double imbalance;   ///< g at full speed, 20 %
  double mount_hz;    ///< resonance of the mounting, 6 %
  double housing_hz;  ///< resonance of the housing, 2 %

  explicit Build(thrum::Random& random)
      : gain(std::exp(0.10 * random.normal())),
        imbalance(0.20 * std::exp(0.20 * random.normal())),
        mount_hz(310 * std::exp(0.06 * random.normal())),
        housing_hz(890 * std::exp(0.02 * random.normal())) {}
};

/// A two-pole resonance, scaled so that white noise of variance 1 comes out with about that variance.
class Resonance {
 public:
  Resonance(double frequency_hz, double damping) {
    const double angle = 2 * pi * frequency_hz / sampling_rate, radius = std::exp(-damping * angle);
    feedback_ = 2 * radius * std::cos(angle);
    decay_ = radius * radius;
    input_ = std::sqrt(2 * (1 - decay_)) * std::sin(angle);
  }
  double step(double force) {
    const double y = feedback_ * last_ - decay_ * before_ + input_ * force;
    before_ = last_;
    return last_ = y;
  }

 private:
  double feedback_, decay_, input_, last_ = 0, before_ = 0;
};

/// One machine, running: it changes its speed every few windows.
class Fan {
 public:
  using Window = std::array<std::int16_t, window>;

  explicit Fan(std::uint64_t seed)
      : random_(seed),
        build_(random_),
        mount_(build_.mount_hz, 0.03),
        housing_(build_.housing_hz, 0.02),
        windows_(static_cast<int>(random_.index(2 * windows_each))) {}

  /// From now on its bearing is worn, or it is not.
  void wear(bool worn) { impact_ = worn ? 0.5 : 0; }

  /// The next samples, in counts.
  const Window& run() {
    const std::size_t setting = static_cast<std::size_t>(windows_++ / windows_each) % speeds_hz.size();
    const double hz = speeds_hz[setting] * (1 + 0.004 * random_.normal());  // the mains, the air
    const double u = std::pow(hz / speeds_hz.back(), 2) * (1 + 0.03 * random_.normal());
    for (std::int16_t& sample : samples_) {
      turns_ += hz / sampling_rate;
      sample = counts(build_.gain * vibration(u) + 0.01 * random_.normal());
    }
    return samples_;
  }

 private:
  double vibration(double u) {
    const double theta = 2 * pi * turns_, air = u * random_.normal();
    return build_.imbalance * u * std::cos(theta) + 0.05 * u * std::cos(5 * theta) + 0.15 * mount_.step(air) +
           0.10 * housing_.step(air) + 0.04 * air + bearing_.step(impact(u));
  }

  double impact(double u) {
    if (turns_ < next_impact_) return 0;
    next_impact_ = turns_ + (1 + 0.015 * random_.normal()) / impacts_per_turn;  // the cage slips
    return impact_ * u * (1 + 0.15 * random_.normal());
  }

  static std::int16_t counts(double g) {
    return static_cast<std::int16_t>(std::lround(std::fmax(-32768, std::fmin(32767, g * counts_per_g))));
  }

  thrum::Random random_;
  Build build_;
  Resonance mount_, housing_, bearing_{1570, 0.03};
  double impact_ = 0;  // g
  double turns_ = 0, next_impact_ = 0;
  int windows_;
  Window samples_{};
};

}  // namespace fan

#endif  // THRUM_EXAMPLES_FLEET_FAN_HPP
