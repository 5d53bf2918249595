// The laptop's side of the firmware test.
//
//   parity write pca|plain|whitened|integer FOLDER
//       trains a detector on synthetic recordings and writes model.hpp (the model `parity_model`),
//       corrupt_model.hpp (the same with one number changed), recordings, and what the firmware must say of
//       them: features, verdicts.
//   parity check FOLDER OUTPUT FEATURES exact|close|hosted
//       compares what the firmware printed and wrote: state, class, culprit and the machine's state on every
//       window; features and scores to the last bit, or to 1e-5 max(1, |expected|) where multiply-adds are
//       fused; hosted: to the last bit, of a program whose size and instructions are not those of a board.
//   parity write-life FOLDER
//       writes recordings of three boots of a device that learns: first, later, faulty (see life.sh).
//   parity write-kind KIND FOLDER
//       trains a detector with a kind of anomaly score (see kinds.hpp) on synthetic feature rows and writes
//       model.hpp, rows, and what the firmware must say of them, said.
//   parity check-kind FOLDER SAID
//       compares what the firmware said with that: verdicts, tail probabilities, health and shares, to the
//       last bit.

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "files.hpp"
#include "kinds.hpp"
#include "thrum/thrum.hpp"

namespace {

using thrum::FeatureMatrix;
using thrum::Index;
using Recording = Eigen::Matrix<std::int16_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr int channels = 3;
constexpr double sampling_rate = 8000;

/// Default features, in integers with `integer`; or with `whitened` all that there are.
thrum::FeatureOptions signal_options(const std::string& variant) {
  thrum::FeatureOptions options;
  options.channels = channels;
  options.window = 256;
  options.hop = 128;
  options.sampling_rate = static_cast<float>(sampling_rate);
  options.mean = true;
  options.bands = 8;
  if (variant == "whitened") {
    options.spectrum = thrum::SpectrumKind::sine_tapers;
    options.envelope_bands = 4;
    options.spectral_kurtosis_bands = 4;
    options.spectral_kurtosis_block = 32;
  }
  if (variant == "integer") options.arithmetic = thrum::Arithmetic::integer;
  for (int c = 0; c < channels; ++c)
    options.channel[c] = {4096.0f / static_cast<float>(c + 1), 8.0f * static_cast<float>(c + 1), "g"};
  return options;
}

thrum::DetectorOptions detector_options(const std::string& variant) {
  thrum::DetectorOptions options;
  options.signal = signal_options(variant);
  options.kmeans.clusters = 3;
  if (variant == "plain" || variant == "integer")
    options.pca = std::nullopt;
  else
    options.pca = thrum::PCAOptions{0, 0.9, variant == "whitened"};
  if (variant == "plain") options.scaler->kind = thrum::ScalerKind::robust;
  return options;
}

std::int16_t to_counts(double value) {
  return static_cast<std::int16_t>(std::lround(std::fmin(32767.0, std::fmax(-32768.0, value))));
}

/// A machine at one of three speeds: tones and noise, the channels related. `amplitude` 1 is healthy.
Recording machine(int speed, Index frames, std::uint64_t seed, double amplitude = 1, double knocks = 0) {
  constexpr double turn = 6.283185307179586;
  thrum::Random random(seed);
  Recording recording(frames, channels);
  double ringing = 0;
  for (Index i = 0; i < frames; ++i) {
    const double time = static_cast<double>(i) / sampling_rate;
    const double shaft = 1500 * (speed + 1) * std::sin(turn * (110 + 90 * speed) * time);
    const double gear = 600 * std::sin(turn * (700 + 650 * speed) * time + 0.4);
    ringing = random.uniform() < knocks ? 9000.0 : -0.86 * ringing;
    for (int c = 0; c < channels; ++c) {
      const double noise = 250 * (c + 1) * random.normal();
      recording(i, c) = to_counts(200 * c + amplitude * (shaft * (1 - 0.3 * c) + gear * c) + noise + ringing);
    }
  }
  return recording;
}

Recording noise(Index frames, std::uint64_t seed, double amplitude) {
  thrum::Random random(seed);
  Recording recording(frames, channels);
  for (std::int16_t& sample : recording.reshaped()) sample = to_counts(amplitude * random.normal());
  return recording;
}

void append_recording(std::string& bytes, const Recording& recording) {
  const std::int32_t count = static_cast<std::int32_t>(recording.rows());
  append_bytes(bytes, &count, 1);
  append_bytes(bytes, recording.data(), recording.size());
}

/// Normal at each speed, anomalous, clipped, flat, and recordings of awkward lengths, among them none at all.
std::vector<Recording> recordings() {
  std::vector<Recording> all = {machine(0, 2500, 50), machine(1, 2500, 51), machine(2, 2500, 52)};
  all.push_back(machine(1, 1500, 60, 1.6));
  all.push_back(machine(0, 1500, 61, 1, 0.004));
  all.push_back(machine(2, 1000, 62, 25));  // clipped
  all.push_back(machine(0, 255, 63));       // no window
  all.emplace_back(0, channels);
  all.push_back(machine(0, 256, 64));                // one window
  all.emplace_back(Recording::Zero(600, channels));  // flat
  all.push_back(machine(1, 900, 65));                // one channel flat
  all.back().col(1).setConstant(-1234);
  all.push_back(noise(900, 66, 1e5));  // full scale
  all.push_back(noise(900, 67, 0.4));  // the last bit
  all.push_back(machine(1, 1200, 68));
  return all;
}

/// Feature rows of recordings of the healthy machine at each speed.
FeatureMatrix healthy_rows(const thrum::FeatureOptions& signal, std::uint64_t seed) {
  std::vector<FeatureMatrix> parts;
  Index count = 0;
  for (int speed = 0; speed < 3; ++speed) {
    parts.push_back(
        thrum::extract_windows(signal, machine(speed, 10000, seed + static_cast<unsigned>(speed))));
    count += parts.back().rows();
  }
  FeatureMatrix rows(count, parts[0].cols());
  Index filled = 0;
  for (const FeatureMatrix& part : parts) {
    rows.middleRows(filled, part.rows()) = part;
    filled += part.rows();
  }
  return rows;
}

std::uint32_t bits(float value) {
  std::uint32_t result;
  std::memcpy(&result, &value, sizeof(result));
  return result;
}

/// What is said of a window, by either side.
struct Said {
  std::string state;
  int cluster;
  float score;
  int feature;
  int channel;
  std::string machine;
};

/// The header with the first coordinate of the first centre changed.
std::string with_one_number_changed(std::string header) {
  const std::size_t number = header.find("0x", header.find(" centers["));
  return header.insert(number + 2, "1");
}

/// Writes the model, and what it says of the recordings.
template <typename FittedDetector>
void write_judged(const FittedDetector& detector, const thrum::FeatureOptions& signal,
                  const std::string& folder) {
  const auto model = detector.model();
  write_text(folder + "/model.hpp", thrum::firmware_header("parity_model", detector));
  thrum::write_model_image(folder + "/model.image", detector);

  std::string frames, features;
  std::ostringstream verdicts, health_lines;
  thrum::Monitor monitor;
  thrum::HealthIndex health;
  for (const Recording& recording : recordings()) {
    append_recording(frames, recording);
    if (recording.rows() < signal.window) continue;
    const FeatureMatrix rows = thrum::extract_windows(signal, recording);
    append_bytes(features, rows.data(), rows.size());
    for (const thrum::Verdict& verdict : detector.verdicts(rows)) {
      const thrum::State machine = monitor.update(model.monitor, verdict.state, verdict.score);
      health.update(thrum::HealthOptions{}, verdict.tail_probability);
      verdicts << to_string(verdict.state) << ' ' << verdict.cluster << ' ' << bits(verdict.score) << ' '
               << verdict.feature << ' ' << verdict.channel << ' ' << to_string(machine) << '\n';
    }
  }
  write_text(folder + "/recordings", frames);
  write_text(folder + "/features", features);
  write_text(folder + "/verdicts", verdicts.str());
  health_lines << health.value() << ' ' << health.trend() << ' ' << health.trend_error();
  write_text(folder + "/health", health_lines.str());
  write_text(folder + "/ram_bytes", std::to_string(thrum::firmware_ram_bytes(model)));
}

void write(const std::string& variant, const std::string& folder) {
  thrum::Detector<float> detector(detector_options(variant));
  const thrum::FeatureOptions signal = signal_options(variant);
  detector.fit(healthy_rows(signal, 10));
  const FeatureMatrix held_out = healthy_rows(signal, 30);
  detector.calibrate(held_out, 0.02);
  if (variant == "integer")
    return write_judged(thrum::QuantisedDetector<std::int16_t>(detector, held_out), signal, folder);
  write_judged(detector, signal, folder);
  write_text(folder + "/corrupt_model.hpp", with_one_number_changed(read_text(folder + "/model.hpp")));
}

/// A healthy machine that changes between two speeds, and one that shakes more.
void write_life(const std::string& folder) {
  std::string first, later, faulty;
  for (int i = 0; i < 40; ++i) {
    append_recording(first, machine(i % 2, 500, 100 + static_cast<unsigned>(i)));
    append_recording(later, machine(i % 2, 500, 200 + static_cast<unsigned>(i)));
    append_recording(faulty, machine(i % 2, 500, 300 + static_cast<unsigned>(i), 1.6));
  }
  write_text(folder + "/first", first);
  write_text(folder + "/later", later);
  write_text(folder + "/faulty", faulty);
}

float from_bits(std::uint32_t pattern) { return thrum::from_bits<float>(pattern); }

std::vector<Said> read_expected(const std::string& path) {
  std::istringstream text(read_text(path));
  std::vector<Said> all;
  Said said;
  std::uint32_t pattern = 0;
  while (text >> said.state >> said.cluster >> pattern >> said.feature >> said.channel >> said.machine) {
    said.score = from_bits(pattern);
    all.push_back(said);
  }
  return all;
}

/// The firmware's lines on windows; `summary` takes the lines at the end, "alarms" -> 12.
std::vector<Said> read_printed(const std::string& path, std::map<std::string, double>& summary) {
  std::istringstream text(read_text(path));
  std::vector<Said> all;
  std::string line;
  while (std::getline(text, line)) {
    unsigned long number = 0;
    char state[16], machine[16];
    Said said{"", -1, 0, -1, -1, ""};
    unsigned pattern = 0;
    const int fields = std::sscanf(
        line.c_str(), "window %lu %15s class %d score %*s %x machine %15s culprit feature %d channel %d",
        &number, state, &said.cluster, &pattern, machine, &said.feature, &said.channel);
    if (fields < 5) {
      const std::size_t blank = line.rfind(' ');
      if (blank != std::string::npos) summary[line.substr(0, blank)] = std::atof(line.c_str() + blank);
      continue;
    }
    if (number != all.size()) throw std::runtime_error(path + ": windows are missing before: " + line);
    said.state = state;
    said.machine = machine;
    said.score = from_bits(pattern);
    all.push_back(said);
  }
  return all;
}

bool agree(float actual, float expected, bool exact) {
  if (exact) return bits(actual) == bits(expected);
  return std::fabs(actual - expected) <= 1e-5f * std::fmax(1.0f, std::fabs(expected));
}

void check_verdicts(const std::vector<Said>& printed, const std::vector<Said>& expected, bool exact) {
  require(printed.size() == expected.size(), "the firmware judged " + std::to_string(printed.size()) +
                                                 " windows, the laptop " + std::to_string(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Said &a = printed[i], &b = expected[i];
    const bool same = a.state == b.state && a.cluster == b.cluster && a.feature == b.feature &&
                      a.channel == b.channel && a.machine == b.machine && agree(a.score, b.score, exact);
    std::ostringstream message;
    message.precision(9);
    message << "window " << i << ": firmware " << a.state << ' ' << a.cluster << ' ' << a.score << ' '
            << a.feature << ' ' << a.channel << ' ' << a.machine << ", laptop " << b.state << ' ' << b.cluster
            << ' ' << b.score << ' ' << b.feature << ' ' << b.channel << ' ' << b.machine;
    require(same, message.str());
  }
}

void check_features(const std::string& actual, const std::string& expected, std::size_t windows, bool exact) {
  require(actual.size() == expected.size(), "the files of features differ in size");
  const std::size_t count = expected.size() / sizeof(float) / windows;
  double worst = 0;
  for (std::size_t i = 0; i < expected.size() / sizeof(float); ++i) {
    float a, b;
    std::memcpy(&a, actual.data() + i * sizeof(float), sizeof(float));
    std::memcpy(&b, expected.data() + i * sizeof(float), sizeof(float));
    worst = std::fmax(worst, static_cast<double>(std::fabs(a - b) / std::fmax(1.0f, std::fabs(b))));
    std::ostringstream message;
    message.precision(9);
    message << "window " << i / count << " feature " << i % count << ": firmware " << a << ", laptop " << b;
    require(agree(a, b, exact), message.str());
  }
  std::printf("largest difference of a feature: %g\n", worst);
}

/// Each kind of window is there, so that agreement means something.
void check_variety(const std::vector<Said>& expected) {
  std::map<std::string, int> seen;
  for (const Said& said : expected) {
    ++seen[said.state];
    ++seen["machine " + said.machine];
    if (said.state == "normal") ++seen["class " + std::to_string(said.cluster)];
  }
  for (const char* kind : {"normal", "alarm", "machine unknown", "machine normal", "machine alarm", "class 0",
                           "class 1", "class 2"})
    require(seen[kind] > 0, std::string("no window is: ") + kind);
}

/// Printed with six decimals; kinds.hpp compares the bits.
void check_health(const std::map<std::string, double>& summary, const std::string& expected) {
  std::istringstream numbers(expected);
  for (const char* name : {"health", "health trend", "health trend error"}) {
    double number = 0;
    numbers >> number;
    require(summary.count(name) == 1, std::string("nothing is said of: ") + name);
    require(std::fabs(summary.at(name) - number) <= 1e-5, std::string("not the laptop's: ") + name);
  }
}

void check_cost(std::map<std::string, double>& summary, const std::string& ram_bytes) {
  require(summary["detector bytes"] == std::stod(ram_bytes),
          "firmware_ram_bytes() is not the size of the detector");
  require(summary["instructions per window mean"] > 1000 &&
              summary["instructions per window max"] >= summary["instructions per window mean"],
          "instructions were not counted");
}

void check(const std::string& folder, const std::string& output, const std::string& features,
           const std::string& how) {
  const bool exact = how != "close";
  std::map<std::string, double> summary;
  const std::vector<Said> expected = read_expected(folder + "/verdicts");
  check_variety(expected);
  check_features(read_text(features), read_text(folder + "/features"), expected.size(), exact);
  check_verdicts(read_printed(output, summary), expected, exact);
  check_health(summary, read_text(folder + "/health"));
  require(summary["windows"] == static_cast<double>(expected.size()),
          "the summary's count of windows is wrong");
  require(summary.count("overruns") == 1 && summary["overruns"] == 0, "frames were lost");
  if (how != "hosted") check_cost(summary, read_text(folder + "/ram_bytes"));
  std::printf("laptop and firmware agree on %zu of %zu windows\n", expected.size(), expected.size());
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> word(words, words + count);
  try {
    if (count == 4 && word[1] == "write") {
      write(word[2], word[3]);
      return 0;
    }
    if (count == 3 && word[1] == "write-life") {
      write_life(word[2]);
      return 0;
    }
    if (count == 4 && word[1] == "write-kind") {
      kinds::write(word[2], word[3]);
      return 0;
    }
    if (count == 4 && word[1] == "check-kind") {
      kinds::check(word[2], word[3]);
      return 0;
    }
    if (count == 6 && word[1] == "check") {
      check(word[2], word[3], word[4], word[5]);
      return 0;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::fputs("usage: see parity.cpp\n", stderr);
  return 64;
}
