// The lecture's rig, 8 accelerometers at 20 kHz and 16 bit, watched by one Cortex-M4F: learns how it runs
// slowly and fast, and lets the firmware watch a minute of it, in which a bearing gets damaged.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "../rig/rig.hpp"
#include "schedule.hpp"
#include "thrum/detector.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/io/firmware_header.hpp"
#include "watch.hpp"

namespace {

constexpr int learning_runs = 40, calibration_runs = 20;  // of each way of running
constexpr std::size_t run_frames = 32768;                 // 1.6 s
constexpr std::uint64_t first_learning_seed = 1, first_calibration_seed = 1001, watched_seed = 2001;
constexpr double false_alarm_rate = 0.001;

/// All features of time but the median, which would take more than all others together, and 16 bands.
thrum::FeatureOptions signal_options() {
  thrum::FeatureOptions signal;
  signal.channels = rig::Options::channels;
  signal.sampling_rate = static_cast<float>(rig::Options::sampling_rate);
  signal.median_absolute_deviation = false;
  signal.correlation = false;
  for (int c = 0; c < signal.channels; ++c)
    signal.channel[c] = {static_cast<float>(rig::Options::counts_per_g),
                         static_cast<float>(rig::Options::full_scale_g), "g"};
  return signal;
}

/// Windows of so many runs of the healthy machine, no two alike.
thrum::FeatureMatrix record_features(const thrum::FeatureOptions& signal, int working_class,
                                     std::uint64_t first_seed, int runs) {
  const thrum::Index windows = thrum::window_count(signal, run_frames);
  thrum::FeatureMatrix features(runs * windows, thrum::feature_count(signal));
  for (int run = 0; run < runs; ++run) {
    const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(2 * run + working_class);
    const auto samples = rig::record(working_class, rig::Fault::none, run_frames, seed);
    features.middleRows(run * windows, windows) = thrum::extract_windows(
        signal, Eigen::Map<const thrum::Matrix<std::int16_t>>(samples.data(), run_frames, signal.channels));
  }
  return features;
}

/// Both ways of running, one below the other.
thrum::FeatureMatrix record_both(const thrum::FeatureOptions& signal, std::uint64_t first_seed, int runs) {
  const auto slow = record_features(signal, 0, first_seed, runs);
  const auto fast = record_features(signal, 1, first_seed, runs);
  thrum::FeatureMatrix both(slow.rows() + fast.rows(), slow.cols());
  both << slow, fast;
  return both;
}

/// The class that most of the rows belong to.
int usual_class(const thrum::Detector<float>& detector, const thrum::FeatureMatrix& rows) {
  std::map<int, int> votes;
  for (const thrum::Verdict& verdict : detector.verdicts(rows)) ++votes[verdict.cluster];
  return std::max_element(votes.begin(), votes.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

/// Learns and calibrates, and says on what.
thrum::Detector<float> learn(const thrum::FeatureOptions& signal) {
  thrum::DetectorOptions options;
  options.signal = signal;
  options.pca.reset();
  options.kmeans.clusters = 2;
  options.kmeans.restarts = 10;
  options.scorer.kind = thrum::AnomalyKind::mahalanobis;
  options.scorer.max_flash_bytes = 65536;
  thrum::Detector<float> detector(options);
  const auto rows = record_both(signal, first_learning_seed, learning_runs);
  const auto held_out = record_both(signal, first_calibration_seed, calibration_runs);
  detector.fit(rows);
  detector.calibrate(held_out, false_alarm_rate);
  std::printf(
      "%d channels at %.0f Hz, windows of %d frames every %d, %td features; %td windows to learn from,\n"
      "%td to calibrate with, for %g %% of false alarms\n",
      signal.channels, static_cast<double>(signal.sampling_rate), signal.window, signal.hop, rows.cols(),
      rows.rows(), held_out.rows(), 100 * false_alarm_rate);
  const auto& [slow, fast] = rig::working_conditions;
  const Eigen::Index half = held_out.rows() / 2;
  std::printf("slow, %g Hz at a load of %g, is class %d; ", slow.shaft_hz, slow.load,
              usual_class(detector, held_out.topRows(half)));
  std::printf("fast, %g Hz at a load of %g, is class %d\n", fast.shaft_hz, fast.load,
              usual_class(detector, held_out.bottomRows(half)));
  return detector;
}

struct Arguments {
  lecture_rig::Schedule schedule;
  double cycles_per_instruction = 1;
  std::filesystem::path output = "build/lecture_rig";
  std::filesystem::path firmware_script;
};

void declare(CLI::App& app, Arguments& arguments) {
  app.add_option("--seconds", arguments.schedule.seconds, "how long it is watched")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0));
  app.add_option("--fault-at", arguments.schedule.fault_at,
                 "seconds until the fault sets in; from half of them on the machine runs fast")
      ->capture_default_str();
  std::map<std::string, rig::Fault> faults;
  for (const rig::Fault fault :
       {rig::Fault::none, rig::Fault::imbalance, rig::Fault::inner_race, rig::Fault::outer_race})
    faults[fault == rig::Fault::none ? "none" : rig::name(fault)] = fault;
  app.add_option("--fault", arguments.schedule.fault,
                 "none, imbalance, inner_race or outer_race; by default outer_race")
      ->transform(CLI::CheckedTransformer(faults).description(""));
  app.add_option("--cycles-per-instruction", arguments.cycles_per_instruction,
                 "for the share of the processor; bench/mcu.sh estimates it")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 10.0));
  app.add_option("--output", arguments.output, "folder for model, samples, firmware and verdicts")
      ->capture_default_str()
      ->take_last();
  app.add_option("--firmware", arguments.firmware_script,
                 "examples/firmware/run.sh: builds the firmware and runs it in QEMU")
      ->required();
}

void learn_and_watch(const Arguments& arguments) {
  const lecture_rig::Schedule& schedule = arguments.schedule;
  if (!(schedule.fault_at > 0 && schedule.fault_at < schedule.seconds))
    throw std::invalid_argument("--fault-at is " + std::to_string(schedule.fault_at) +
                                ", expected seconds between 0 and --seconds");
  const thrum::FeatureOptions signal = signal_options();
  const thrum::Detector<float> detector = learn(signal);
  std::filesystem::create_directories(arguments.output);
  const auto header = arguments.output / "rig_model.hpp";
  thrum::write_firmware_header(header.string(), "rig_model", detector);
  const lecture_rig::Watch watch =
      lecture_rig::run_firmware(arguments.firmware_script, arguments.output, header, "rig_model",
                                lecture_rig::record(schedule, watched_seed));
  lecture_rig::print_report(watch, schedule, signal, thrum::feature_names(signal),
                            arguments.cycles_per_instruction);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{
      "Watches the lecture's rig with a Cortex-M4F in QEMU: slow, fast, and with a damaged bearing."};
  declare(app, arguments);
  CLI11_PARSE(app, argc, argv);
  try {
    learn_and_watch(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
