#ifndef THRUM_EXAMPLES_RIG_RIG_HPP
#define THRUM_EXAMPLES_RIG_RIG_HPP

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

// A test rig on paper: eight accelerometers on a gearbox housing, 20 kHz, 16 bit, 320 KB/s. It makes the
// recordings of the main demo, so that the demo needs no download and its faults are known exactly.
//
// Acceleration at sensor s, in g (all gains, phases and levels are in the tables below):
//
//   a_s(t) = T_s [ sum_h  A_h  c_sh cos(h theta + h phi_s)                        shaft harmonics, h = 1..3
//                + sum_m  M_m  g_s  cos(m z theta + m psi_s) (1 + beta cos theta) mesh, m = 1, 2, with
//                sidebands
//                + sum_k  v r_sk y_k(t)                                           structural modes
//                + sum_k  b_s i_k(t)                                              bearing impacts, when
//                damaged
//                + v n_s(t) ]                                                     broadband noise
//            + cos(tilt_s) + offset_s + e_s(t)                                    gravity, zero-g offset,
//            sensor noise
//
// Shaft. theta' = 2 pi f(t), f(t) = nominal (1 + setpoint + wander): the setpoint differs between recordings,
// the
//   wander is slow. An unbalanced mass m at radius r pulls with m r omega^2 (ISO 21940-11), so the 1x line
//   grows with the square of the speed; 2x and 3x (misalignment, looseness) grow with the load.
// Mesh. A z-tooth gear gives lines at z f and 2 z f, as large as the load, with sidebands at +- f (Randall,
//   "Vibration-based Condition Monitoring", 2011, sec. 2.2.2).
// Modes. y_k is white noise through a two-pole resonance (natural frequency f_k, damping ratio zeta_k),
// scaled to
//   RMS 1. The excitation v = sqrt(f / 25 Hz * load / 0.4) rises with the power that goes through the
//   machine. Rare knocks of the process (Poisson, exponential sizes) ring the two lowest modes: a healthy
//   machine has outliers too. The lowest mode is weakly damped and large, so that the RMS of a short window
//   says little.
// Bearing. n rolling elements of diameter d on a pitch circle D at contact angle alpha. A defect is struck
//       outer race  BPFO = n/2 f (1 - d/D cos alpha)   times a second,
//       inner race  BPFI = n/2 f (1 + d/D cos alpha)   times a second
//   (R. B. Randall and J. Antoni, "Rolling element bearing diagnostics - A tutorial", Mechanical Systems and
//   Signal Processing 25 (2011) 485-520, eq. 1 and 2). The cage slips: successive intervals are independent
//   with a standard deviation of 1.5 % of their mean, so the impacts are pseudo-cyclostationary and not
//   periodic (ibid., sec. 3). Each impact rings the housing as exp(-zeta omega t) sin(omega_d t) (McFadden
//   and Smith, "Model for the vibration produced by a single point defect in a rolling element bearing",
//   Journal of Sound and Vibration 96 (1984) 69-82). A defect in the outer race stays in the load zone: every
//   impact has the same expected size. One in the inner race turns with the shaft through the load zone of
//   Stribeck, q = (1 - (1 - cos phi) / (2 epsilon))^(3/2), here with epsilon = 1/2 (no clearance): amplitude
//   modulation at the shaft rate.
// Recording. Each has its own start angle, setpoint, load (+-10 %) and temperature (gain +-2 %, offset +-10
// mg, and
//   the 1x line +-15 % because a warm shaft bows). A detector needs several recordings to learn what is
//   normal.
//
// A fault adds to the healthy recording of the same seed and changes nothing else in it: their difference is
// the fault alone. Recordings that are to be independent therefore need different seeds.

namespace rig {

enum class Fault { none, imbalance, inner_race, outer_race };

/// English name of a fault, fit for a folder; static storage.
constexpr const char* name(Fault fault) {
  switch (fault) {
    case Fault::none: return "normal";
    case Fault::imbalance: return "imbalance";
    case Fault::inner_race: return "inner_race";
    case Fault::outer_race: return "outer_race";
  }
  return "?";
}

/// A steady state of the machine: speed of the shaft in Hz, load as a share of the rated one.
struct WorkingCondition {
  double shaft_hz;
  double load;
};

/// Class 1 and class 2 of the demo, in this order.
constexpr std::array<WorkingCondition, 2> working_conditions = {{{25.0, 0.4}, {33.0, 0.6}}};

/// Geometry of a rolling-element bearing; the default is a 6205 deep-groove ball bearing (lengths in mm).
struct Bearing {
  int elements = 9;
  double element_diameter = 7.94;
  double pitch_diameter = 39.04;
  double contact_angle = 0.0;  ///< radians

  /// Impacts per turn of the shaft on a defect in the outer race: BPFO / f, here 3.585.
  double outer_race_order() const { return 0.5 * elements * (1.0 - ratio()); }
  /// Impacts per turn of the shaft on a defect in the inner race: BPFI / f, here 5.415.
  double inner_race_order() const { return 0.5 * elements * (1.0 + ratio()); }

 private:
  double ratio() const { return element_diameter / pitch_diameter * std::cos(contact_angle); }
};

/// What may be varied. The default severities are small: over windows of 1024 frames, k-means distances of
/// the full features (RMS, kurtosis, crest factor, 16 band energies per channel) reach an AUC of about .99
/// for each fault, those of the RMS alone .90 (imbalance), .77 (inner race) and .79 (outer race).
struct Options {
  static constexpr std::size_t channels = 8;
  static constexpr double sampling_rate = 20000.0;                ///< frames per second
  static constexpr double counts_per_g = 2048.0;                  ///< int16 at +-16 g full scale
  static constexpr double full_scale_g = 32768.0 / counts_per_g;  ///< beyond it a sample saturates

  Bearing bearing;
  double slip = 0.015;          ///< standard deviation of the impact intervals over their mean
  double speed_wander = 0.005;  ///< greatest deviation within a recording, relative
  double load_drift = 0.03;     ///< greatest deviation within a recording, relative
  double load_spread = 0.10;    ///< greatest deviation between recordings, relative

  double imbalance_factor = 2.8;  ///< the 1x line of an imbalance over that of the healthy machine; >= 0
  double inner_race_g =
      1.1;  ///< peak of an impact in the middle of the load zone, at gain 1 and excitation 1
  double outer_race_g = 0.85;  ///< peak of an impact, at gain 1 and excitation 1
};

namespace detail {

constexpr double pi = 3.14159265358979323846;
constexpr std::size_t sensors = Options::channels;
using PerSensor = std::array<double, sensors>;

// The machine. Sensors 3 and 4 sit on the housing of the bearing that gets damaged.
constexpr std::size_t shaft_harmonics = 3;
constexpr std::array<double, shaft_harmonics> shaft_level_g = {0.09, 0.05, 0.03};
constexpr double thermal_bow = 0.15;  // greatest deviation of the 1x line between recordings, relative
constexpr PerSensor shaft_gain = {0.8, 1.0, 1.1, 0.9, 0.7, 0.9, 1.2, 0.8};
constexpr PerSensor shaft_phase = {0.0, 1.6, 0.2, 1.7, 3.1, 4.6, 3.3, 4.9};

constexpr double teeth = 29.0;
constexpr std::array<double, 2> mesh_level_g = {0.40, 0.16};  // at rated load
constexpr double mesh_modulation = 0.3;
constexpr PerSensor mesh_gain = {0.5, 0.6, 0.7, 0.6, 1.0, 1.2, 0.8, 1.1};
constexpr PerSensor mesh_phase = {0.3, 2.1, 4.0, 5.2, 1.1, 0.4, 2.9, 3.7};

struct Mode {
  double frequency_hz;
  double damping;
  double level_g;
  PerSensor shape;
};
constexpr std::size_t mode_count = 4;
constexpr std::array<Mode, mode_count> modes = {{
    {830.0, 0.012, 0.20, {1.0, 0.7, -0.5, -0.8, 1.1, 0.6, -0.9, 0.5}},
    {1950.0, 0.030, 0.14, {0.6, -1.0, 0.8, 0.7, -0.5, 1.1, 0.7, -0.8}},
    {3400.0, 0.030, 0.11, {0.5, 0.7, 1.0, -0.9, 0.6, -0.5, 0.8, 0.6}},
    {6200.0, 0.025, 0.08, {0.7, 0.6, -0.9, 1.0, 0.5, 0.8, -0.6, 0.9}},
}};
constexpr double broadband_g = 0.10;     // per sensor, at excitation 1
constexpr double sensor_noise_g = 0.02;  // per sensor
constexpr double knocks_per_second = 0.3;
constexpr double knock_g = 0.3;  // mean size

constexpr std::array<double, 2> impact_share = {1.0, 0.5};  // how much of an impact rings modes 3 and 4
constexpr PerSensor bearing_gain = {0.12, 0.30, 1.0, 0.85, 0.35, 0.15, 0.10, 0.08};
constexpr double impact_spread = 0.15;  // standard deviation of the impact sizes over their mean

constexpr PerSensor tilt_degrees = {0.0, 90.0, 12.0, 84.0, 45.0, 120.0, 5.0, 180.0};
constexpr PerSensor offset_g = {0.02, -0.03, 0.01, 0.04, -0.02, 0.00, -0.05, 0.03};

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). Not the library's generator: recordings stay what they
/// are when the library changes.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) : state_(seed) {
    state_ = next() + stream * 0xD1B54A32D192ED03u;
    state_ = next();
  }

  /// In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// In [-1, 1).
  double symmetric() { return 2.0 * uniform() - 1.0; }
  /// Mean 1, positive.
  double exponential() { return -std::log(1.0 - uniform()); }

  /// Mean 0, standard deviation 1; Marsaglia's polar method.
  double normal() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    double x, y, square;
    do {
      x = symmetric();
      y = symmetric();
      square = x * x + y * y;
    } while (square >= 1.0 || square == 0.0);
    const double scale = std::sqrt(-2.0 * std::log(square) / square);
    spare_ = y * scale;
    has_spare_ = true;
    return x * scale;
  }

 private:
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
  double spare_ = 0.0;
  bool has_spare_ = false;
};

/// A point on the circle; products turn it. (std::complex checks every product for NaN, at a price.)
struct Phasor {
  double cosine = 1.0;
  double sine = 0.0;

  static Phasor at(double angle) { return {std::cos(angle), std::sin(angle)}; }
  Phasor operator*(const Phasor& b) const {
    return {cosine * b.cosine - sine * b.sine, cosine * b.sine + sine * b.cosine};
  }
};

/// A two-pole resonance whose impulse response is exp(-zeta omega t) sin(omega_d t), one sample late.
class Resonator {
 public:
  Resonator(double frequency_hz, double damping) {
    const double omega = 2.0 * pi * frequency_hz / Options::sampling_rate;
    radius_ = std::exp(-damping * omega);
    angle_ = omega * std::sqrt(1.0 - damping * damping);
    feedback_ = 2.0 * radius_ * std::cos(angle_);
    input_ = radius_ * std::sin(angle_);
  }

  double step(double force) {
    const double y = feedback_ * last_ - radius_ * radius_ * before_ + input_ * force;
    before_ = last_;
    last_ = y;
    return y;
  }

  /// RMS of the answer to white noise of standard deviation 1: the square root of sum_n r^2n sin^2(n angle).
  double noise_gain() const {
    const double q = radius_ * radius_;
    const double c = std::cos(2.0 * angle_);
    return std::sqrt(0.5 * (1.0 / (1.0 - q) - (1.0 - q * c) / (1.0 - 2.0 * q * c + q * q)));
  }

 private:
  double radius_, angle_, feedback_, input_;
  double last_ = 0.0, before_ = 0.0;
};

/// A slow smooth deviation within [-1, 1]: two incommensurate sines with periods of some seconds.
class Wander {
 public:
  explicit Wander(Random& random) : first_(random.uniform()), second_(random.uniform()) {}
  double at(double seconds) const {
    return 0.6 * std::sin(2.0 * pi * (0.09 * seconds + first_)) +
           0.4 * std::sin(2.0 * pi * (0.31 * seconds + second_));
  }

 private:
  double first_, second_;
};

/// Impacts of the rolling elements on one defect, as forces that make its housing ring.
class Defect {
 public:
  Defect(Fault fault, const Options& options, std::uint64_t seed)
      : turning_(fault == Fault::inner_race),
        active_(fault == Fault::inner_race || fault == Fault::outer_race),
        size_(turning_ ? options.inner_race_g : options.outer_race_g),
        slip_(options.slip),
        interval_(2.0 * pi /
                  (turning_ ? options.bearing.inner_race_order() : options.bearing.outer_race_order())),
        random_(seed, 2),
        next_(0.0),
        place_(2.0 * pi * random_.uniform()),
        modes_{Resonator(modes[2].frequency_hz, modes[2].damping),
               Resonator(modes[3].frequency_hz, modes[3].damping)} {}

  bool active() const { return active_; }

  void start(double shaft_angle) { next_ = shaft_angle + interval_ * random_.uniform(); }

  /// The ringing, in g at gain 1; `shaft_angle` grows without wrapping.
  double step(double shaft_angle, double excitation) {
    double force = 0.0;
    while (shaft_angle >= next_) {
      force += excitation * size_ * load_zone(next_) * (1.0 + impact_spread * random_.normal());
      next_ += interval_ * std::fmax(0.1, 1.0 + slip_ * random_.normal());
    }
    return modes_[0].step(impact_share[0] * force) + modes_[1].step(impact_share[1] * force);
  }

 private:
  double load_zone(double shaft_angle) const {
    if (!turning_) return 1.0;
    const double share = 0.5 * (1.0 + std::cos(shaft_angle + place_));
    return share * std::sqrt(share);
  }

  bool turning_, active_;
  double size_, slip_, interval_;
  Random random_;
  double next_, place_;
  std::array<Resonator, 2> modes_;
};

/// The modes of the structure under white noise and knocks, in g at shape 1 and excitation 1.
class Structure {
 public:
  explicit Structure(std::uint64_t seed)
      : noise_(seed, 3),
        knocks_(seed, 4),
        next_knock_(Options::sampling_rate / knocks_per_second * knocks_.exponential()),
        resonators_{Resonator(modes[0].frequency_hz, modes[0].damping),
                    Resonator(modes[1].frequency_hz, modes[1].damping),
                    Resonator(modes[2].frequency_hz, modes[2].damping),
                    Resonator(modes[3].frequency_hz, modes[3].damping)} {
    for (std::size_t k = 0; k < mode_count; ++k) force_[k] = modes[k].level_g / resonators_[k].noise_gain();
  }

  std::array<double, mode_count> step() {
    const double knock = strike();
    std::array<double, mode_count> answer;
    for (std::size_t k = 0; k < mode_count; ++k) {
      answer[k] = resonators_[k].step(force_[k] * noise_.normal() + (k < 2 ? knock : 0.0));
    }
    return answer;
  }

 private:
  double strike() {
    next_knock_ -= 1.0;
    if (next_knock_ > 0.0) return 0.0;
    next_knock_ += Options::sampling_rate / knocks_per_second * knocks_.exponential();
    return knock_g * knocks_.exponential();
  }

  Random noise_, knocks_;
  double next_knock_;
  std::array<Resonator, mode_count> resonators_;
  std::array<double, mode_count> force_{};
};

/// The sensors with what is fixed during one recording: temperature, gravity, offset.
struct Mounting {
  PerSensor gain, level_g;

  explicit Mounting(Random& random) {
    const double warmth = random.symmetric();
    for (std::size_t s = 0; s < sensors; ++s) {
      gain[s] = 1.0 + 0.02 * warmth + 0.005 * random.symmetric();
      level_g[s] = std::cos(tilt_degrees[s] * pi / 180.0) + offset_g[s] + 0.01 * random.symmetric();
    }
  }
};

/// Rounds to the nearest count and saturates, as the converter does.
inline std::int16_t quantise(double acceleration_g) {
  const double counts = std::floor(acceleration_g * Options::counts_per_g + 0.5);
  return static_cast<std::int16_t>(std::fmin(32767.0, std::fmax(-32768.0, counts)));
}

}  // namespace detail

/// A recording of the rig: frames x 8 samples of int16, interleaved, 2048 counts per g, 20000 frames per
/// second.
///
/// `working_class` is 0 or 1, an index into `working_conditions`; `fault` is what is wrong with the machine;
/// equal arguments give equal bits with the same compiler, flags and C library. Throws std::invalid_argument
/// for another class. Takes about 0.4 us a frame; allocates the result only.
inline std::vector<std::int16_t> record(int working_class, Fault fault, std::size_t frames,
                                        std::uint64_t seed, const Options& options = {}) {
  using namespace detail;
  if (working_class < 0 || working_class > 1) {
    throw std::invalid_argument("rig::record: working_class is " + std::to_string(working_class) +
                                ", expected 0 or 1");
  }
  const WorkingCondition& condition = working_conditions[static_cast<std::size_t>(working_class)];

  Random random(seed, 1);
  Random sensor_noise(seed, 5);
  const Mounting mounting(random);
  const Wander speed_wander(random), load_wander(random);
  const double setpoint = condition.shaft_hz * (1.0 + 0.003 * random.symmetric());
  const double mean_load = condition.load * (1.0 + options.load_spread * random.symmetric());
  const double bow = 1.0 + thermal_bow * random.symmetric();
  double shaft_angle = 2.0 * pi * random.uniform();
  Structure structure(seed);
  Defect defect(fault, options, seed);
  defect.start(shaft_angle);

  std::array<std::array<Phasor, sensors>, shaft_harmonics> shaft_path;
  std::array<std::array<Phasor, sensors>, 2> mesh_path;
  for (std::size_t s = 0; s < sensors; ++s) {
    for (std::size_t h = 0; h < shaft_harmonics; ++h) {
      const Phasor turn = Phasor::at(static_cast<double>(h + 1) * shaft_phase[s]);
      shaft_path[h][s] = {shaft_gain[s] * turn.cosine, shaft_gain[s] * turn.sine};
    }
    for (std::size_t m = 0; m < 2; ++m) {
      const Phasor turn = Phasor::at(static_cast<double>(m + 1) * mesh_phase[s]);
      mesh_path[m][s] = {mesh_gain[s] * turn.cosine, mesh_gain[s] * turn.sine};
    }
  }

  // Speed and load are so slow that 3.2 ms of them are constant; setting the phasors afresh stops their
  // drift.
  constexpr std::size_t block = 64;
  std::vector<std::int16_t> samples(frames * sensors);
  std::int16_t* out = samples.data();
  for (std::size_t first = 0; first < frames; first += block) {
    const double seconds = static_cast<double>(first) / Options::sampling_rate;
    const double shaft_hz = setpoint * (1.0 + options.speed_wander * speed_wander.at(seconds));
    const double load = mean_load * (1.0 + options.load_drift * load_wander.at(seconds));
    const double speed = shaft_hz / working_conditions[0].shaft_hz;
    const double excitation = std::sqrt(speed * load / working_conditions[0].load);
    const double imbalance = fault == Fault::imbalance ? options.imbalance_factor : 1.0;
    const std::array<double, shaft_harmonics> shaft_g = {shaft_level_g[0] * speed * speed * bow * imbalance,
                                                         shaft_level_g[1] * load, shaft_level_g[2] * load};
    const double noise_g = broadband_g * excitation;

    const double turn = 2.0 * pi * shaft_hz / Options::sampling_rate;
    const Phasor shaft_turn = Phasor::at(turn), mesh_turn = Phasor::at(teeth * turn);
    Phasor shaft = Phasor::at(shaft_angle), mesh = Phasor::at(teeth * shaft_angle);
    const std::size_t count = frames - first < block ? frames - first : block;
    for (std::size_t i = 0; i < count; ++i) {
      const Phasor shaft2 = shaft * shaft, shaft3 = shaft2 * shaft, mesh2 = mesh * mesh;
      const double sidebands = load * (1.0 + mesh_modulation * shaft.cosine);
      const double ringing =
          defect.active() ? defect.step(shaft_angle + static_cast<double>(i) * turn, excitation) : 0.0;
      const std::array<double, mode_count> answer = structure.step();
      for (std::size_t s = 0; s < sensors; ++s) {
        double g = shaft_g[0] * (shaft_path[0][s] * shaft).cosine +
                   shaft_g[1] * (shaft_path[1][s] * shaft2).cosine +
                   shaft_g[2] * (shaft_path[2][s] * shaft3).cosine;
        g += sidebands * (mesh_level_g[0] * (mesh_path[0][s] * mesh).cosine +
                          mesh_level_g[1] * (mesh_path[1][s] * mesh2).cosine);
        double modal = 0.0;
        for (std::size_t k = 0; k < mode_count; ++k) modal += modes[k].shape[s] * answer[k];
        g += excitation * modal + bearing_gain[s] * ringing + noise_g * sensor_noise.normal();
        *out++ =
            quantise(mounting.gain[s] * g + mounting.level_g[s] + sensor_noise_g * sensor_noise.normal());
      }
      shaft = shaft * shaft_turn;
      mesh = mesh * mesh_turn;
    }
    shaft_angle += static_cast<double>(count) * turn;
  }
  return samples;
}

}  // namespace rig

#endif  // THRUM_EXAMPLES_RIG_RIG_HPP
