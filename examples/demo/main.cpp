// The main job: recordings of a machine that runs well in, a watching Cortex-M out.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "choice.hpp"
#include "evaluation.hpp"
#include "firmware.hpp"
#include "recordings.hpp"
#include "report.hpp"
#include "thrum/detector.hpp"
#include "thrum/io/firmware_header.hpp"
#include "thrum/quantised_detector.hpp"

namespace {

struct Arguments {
  demo::FolderOptions folder;
  int clusters = 0;
  double variance_share = 0;
  int window = 0;
  int hop = 0;
  thrum::AnomalyKind kind = thrum::AnomalyKind::mahalanobis;
  thrum::Index most_bytes = 65536;
  int tapers = 0;
  int bands = 0;
  std::string numbers = "float";
  double largest_change = thrum::QuantisationOptions{}.largest_change;
  double false_alarm_rate = 0.01;
  bool tones = false;
  bool choose = false;
  std::filesystem::path output = "build/demo";
  std::filesystem::path json;
  std::filesystem::path firmware_script;
};

void declare(CLI::App& app, Arguments& arguments) {
  app.add_option(
      "--data", arguments.folder.folder,
      "folder of recordings: a folder per condition with a CSV or .npy each, or a file per condition; "
      "without it, a simulated rig with 8 accelerometers");
  app.add_option("--normal", arguments.folder.normal,
                 "a condition in which the machine runs well; may be repeated. Every other condition is "
                 "judged as a fault")
      ->take_all();
  app.add_option("--rate", arguments.folder.sampling_rate,
                 "frames per second, where there is no column of time")
      ->check(CLI::PositiveNumber);
  app.add_option("--time-column", arguments.folder.time_column,
                 "column with the time in seconds, not a channel")
      ->capture_default_str();
  app.add_option("--unit", arguments.folder.unit, "name of the recordings' unit, such as g");
  app.add_option("--full-scale", arguments.folder.full_scale,
                 "largest value the sensor can say, in its unit: 32768 counts of the firmware's samples; by "
                 "default twice "
                 "what the normal recordings reach, or more")
      ->check(CLI::PositiveNumber);
  app.add_option("--clusters", arguments.clusters,
                 "working classes; by default one for each normal condition")
      ->check(CLI::PositiveNumber);
  app.add_option("--pca", arguments.variance_share,
                 "keep the components that hold this share of the variance, such as 0.95; by default no PCA: "
                 "it costs "
                 "flash, and faults like to hide in the small components")
      ->check(CLI::Range(1e-6, 1.0));
  app.add_option("--window", arguments.window,
                 "frames in a window; by default the power of two that is as long as the recordings allow")
      ->check(CLI::PositiveNumber);
  app.add_option("--hop", arguments.hop,
                 "frames from one window to the next; by default half a window or less")
      ->check(CLI::PositiveNumber);
  app.add_option("--kind", arguments.kind,
                 "what makes a window anomalous: radius, mahalanobis, soft, tails, residual or automatic; by "
                 "default mahalanobis, the covariance of each class. radius is the smallest and fastest, and "
                 "blind to how features go together")
      ->transform(CLI::CheckedTransformer(demo::kinds_by_name).description(""));
  app.add_option(
         "--score-bytes", arguments.most_bytes,
         "most flash that mahalanobis or automatic may take: a covariance that is too large is kept as "
         "its largest directions")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option(
         "--tapers", arguments.tapers,
         "spectra are the mean of so many by sine tapers, such as 5: steadier than that of one window")
      ->check(CLI::Range(1, 16));
  app.add_option("--bands", arguments.bands, "log energies in so many bands for each channel; by default 16")
      ->check(CLI::PositiveNumber);
  app.add_option("--quantise", arguments.numbers,
                 "what the chip computes scores in: float, q15 or int8; the latter with --kind radius, for a "
                 "chip without floating-point unit or with little flash")
      ->check(CLI::IsMember({"float", "q15", "int8"}))
      ->capture_default_str();
  app.add_option("--largest-change", arguments.largest_change,
                 "share of verdicts that --quantise may change at most; more is refused")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--false-alarm-rate", arguments.false_alarm_rate,
                 "asked for; 0.01 is one window in a hundred")
      ->capture_default_str()
      ->check(CLI::Range(1e-6, 0.5));
  app.add_flag(
      "--tones", arguments.tones,
      "also tell the smallest added tone that would be noticed, for each channel and frequency: what "
      "the detector is blind to, before there has been a fault");
  app.add_flag("--choose", arguments.choose,
               "try spectra and kinds of score, and take those that notice tones best, on normal recordings "
               "alone; takes some minutes")
      ->excludes("--bands")
      ->excludes("--tapers")
      ->excludes("--kind")
      ->excludes("--quantise");
  app.add_option("--output", arguments.output, "folder for model, pictures and firmware")
      ->capture_default_str()
      ->take_last();
  app.add_option("--json", arguments.json, "file that takes the figures as JSON");
  app.add_option("--firmware", arguments.firmware_script,
                 "examples/firmware/run.sh: builds the firmware and runs it in QEMU");
}

thrum::FeatureOptions signal_options(const demo::Recordings& recordings) {
  const demo::Condition& first = recordings.conditions.front();
  const auto channels = static_cast<int>(first.recordings.front().cols());
  if (channels > thrum::max_channels)
    throw std::invalid_argument("the recordings have " + std::to_string(channels) +
                                " channels, expected at most " + std::to_string(thrum::max_channels));
  thrum::FeatureOptions signal;
  signal.channels = channels;
  signal.sampling_rate = static_cast<float>(recordings.sampling_rate);
  for (int c = 0; c < signal.channels; ++c) {
    thrum::ChannelOptions& channel = signal.channel[c];
    channel.counts_per_unit = recordings.counts_per_unit;
    channel.full_scale = recordings.full_scale;
    recordings.unit.copy(channel.unit, sizeof(channel.unit) - 1);
  }
  return signal;
}

/// Windows that some way of cutting leaves for calibration; 0 when recordings are too short for it.
Eigen::Index calibration_windows(const demo::Recordings& recordings, const thrum::FeatureOptions& signal) {
  Eigen::Index windows = 0;
  try {
    for (const demo::Block& block : demo::split_normals(recordings, signal, 0).calibrate)
      windows += (block.frames - signal.window) / signal.hop + 1;
  } catch (const std::invalid_argument&) {
    return 0;
  }
  return windows;
}

/// Whether more than one recording in twenty has no window.
bool too_long(const demo::Recordings& recordings, int window) {
  std::size_t all = 0, shorter = 0;
  for (const demo::Condition& condition : recordings.conditions) {
    for (const demo::Frames& frames : condition.recordings) {
      ++all;
      if (frames.rows() < window) ++shorter;
    }
  }
  return shorter * 20 > all;
}

/// Long windows tell more, but calibrating for a rate needs 1 / rate of them and some to spare: the longest
/// that leave enough, overlapping by half or, where recordings are scarce, by three quarters.
void choose_windows(const demo::Recordings& recordings, const Arguments& arguments,
                    thrum::FeatureOptions& signal) {
  const auto enough = static_cast<Eigen::Index>(1.5 / arguments.false_alarm_rate);
  for (signal.window = 1024; signal.window > 64; signal.window /= 2) {
    if (too_long(recordings, signal.window)) continue;
    for (signal.hop = signal.window / 2; signal.hop >= signal.window / 4; signal.hop /= 2)
      if (calibration_windows(recordings, signal) >= enough) return;
  }
  signal.hop = signal.window / 4;
}

thrum::DetectorOptions detector_options(const demo::Recordings& recordings, const Arguments& arguments) {
  thrum::FeatureOptions signal = signal_options(recordings);
  choose_windows(recordings, arguments, signal);
  if (arguments.window > 0) signal.window = arguments.window, signal.hop = std::max(1, arguments.window / 2);
  if (arguments.hop > 0) signal.hop = arguments.hop;

  if (arguments.bands > 0) signal.bands = arguments.bands;
  if (arguments.tapers > 0) {
    signal.spectrum = thrum::SpectrumKind::sine_tapers;
    signal.tapers = arguments.tapers;
  }

  const auto normals = std::count_if(recordings.conditions.begin(), recordings.conditions.end(),
                                     [](const demo::Condition& condition) { return condition.normal; });
  thrum::DetectorOptions options;
  options.signal = signal;
  options.pca.reset();
  if (arguments.variance_share > 0) options.pca = thrum::PCAOptions{0, arguments.variance_share, false};
  options.kmeans.clusters = arguments.clusters > 0 ? arguments.clusters : static_cast<int>(normals);
  options.kmeans.restarts = 10;
  options.scorer.kind = arguments.kind;
  options.scorer.max_flash_bytes = arguments.most_bytes;
  return options;
}

demo::Recordings read(const Arguments& arguments) {
  if (arguments.folder.folder.empty()) {
    if (!arguments.folder.normal.empty()) throw std::invalid_argument("--normal needs --data DIR");
    std::printf("No --data: a simulated rig, 8 accelerometers at 20 kHz and 16 bit, 320 KB/s\n");
    return demo::simulate_rig();
  }
  if (arguments.folder.normal.empty())
    throw std::invalid_argument(
        "--data needs at least one --normal NAME, a condition in which the machine runs well");
  return demo::read_folder(arguments.folder);
}

/// The detector with its classes in integers. Prints what that changes, on windows for calibration and of
/// faults.
template <typename Stored>
thrum::QuantisedDetector<Stored> quantised(const Arguments& arguments, const demo::Recordings& recordings,
                                           const thrum::Detector<float>& detector, const demo::Split& split) {
  const thrum::FeatureOptions& signal = *detector.options().signal;
  const auto normal = demo::features_of(recordings, signal, split.calibrate);
  const auto faulty = demo::features_of(recordings, signal, demo::fault_blocks(recordings, signal));
  thrum::Matrix<float> rows(normal.rows() + faulty.rows(), normal.cols());
  rows << normal, faulty;
  std::vector<int> labels(static_cast<std::size_t>(rows.rows()), 0);
  std::fill(labels.begin() + normal.rows(), labels.end(), 1);
  thrum::QuantisationOptions options;
  options.largest_change = arguments.largest_change;
  thrum::QuantisedDetector<Stored> result(detector, rows, labels, options);
  const thrum::QuantisationLoss& loss = result.loss();
  std::printf("quantised            %td of %td verdicts changed, scores by up to %.2g", loss.changed,
              loss.rows, loss.largest_score_error);
  if (loss.auc_before && loss.auc_after)
    std::printf(", AUC from %.4f to %.4f", *loss.auc_before, *loss.auc_after);
  std::printf("\n\n");
  return result;
}

/// Judges what was held out as the chip does, writes its model, runs it there, and reports.
template <typename OnChip>
void put_on_chip(const Arguments& arguments, const demo::Recordings& recordings,
                 const thrum::Detector<float>& detector, const OnChip& on_chip,
                 const std::vector<demo::Block>& held_out, const std::optional<demo::Choice>& choice) {
  const auto results = demo::evaluate(
      recordings, *detector.options().signal,
      [&on_chip](const thrum::Matrix<float>& rows) { return on_chip.verdicts(rows); },
      detector.options().kmeans.clusters, held_out);
  std::filesystem::create_directories(arguments.output);
  const auto header = arguments.output / "machine_model.hpp";
  thrum::FirmwareHeaderOptions header_options;
  header_options.measured_false_alarm_rate = demo::measured_false_alarms(results);
  thrum::write_firmware_header(header.string(), "machine_model", on_chip, header_options);

  demo::Report report{recordings,   detector,     results, arguments.false_alarm_rate,
                      std::nullopt, std::nullopt, choice};
  if (arguments.tones)
    report.tones = demo::caught_tones(recordings, *detector.options().signal, on_chip, held_out);
  if (!arguments.firmware_script.empty())
    report.firmware = demo::run_firmware(arguments.firmware_script, arguments.output, header, "machine_model",
                                         recordings, results);
  demo::print_report(report);
  std::printf("model                %td bytes in %s\n", thrum::model_flash_bytes(on_chip.model()),
              header.string().c_str());
  demo::draw_pictures(report, arguments.output);
  std::printf("pictures             plane.png, scores.png and distributions.png beside it\n");
  if (!arguments.json.empty()) demo::write_json(report, arguments.json);
}

void learn_and_show(const Arguments& arguments) {
  const demo::Recordings recordings = read(arguments);
  thrum::DetectorOptions options = detector_options(recordings, arguments);
  const demo::Split split = demo::split_normals(recordings, *options.signal, 0);
  std::optional<demo::Choice> choice;
  if (arguments.choose) {
    choice = demo::choose_by_tones(recordings, options, split.train, arguments.false_alarm_rate);
    demo::print_choice(*choice);
    options = choice->taken;
  }
  const thrum::FeatureOptions& signal = *options.signal;

  thrum::Detector<float> detector(options);
  const auto train = demo::features_of(recordings, signal, split.train);
  const thrum::FitReport fit = detector.fit(train);
  const thrum::Calibration calibration =
      detector.calibrate(demo::features_of(recordings, signal, split.calibrate), arguments.false_alarm_rate);
  std::printf(
      "%d channels at %g Hz, windows of %d frames every %d; %td windows of %td features to learn from,\n"
      "%td to calibrate with; K-means: %s after %d iterations\n",
      signal.channels, static_cast<double>(signal.sampling_rate), signal.window, signal.hop, train.rows(),
      train.cols(), calibration.samples, to_string(fit.stop), fit.iterations);

  std::printf("full scale %g %s: the firmware's samples have %g counts for one\n\n",
              static_cast<double>(recordings.full_scale), recordings.unit.c_str(),
              static_cast<double>(recordings.counts_per_unit));
  if (recordings.clipped_samples > 0)
    std::printf("%zu samples are beyond full scale and clipped\n\n", recordings.clipped_samples);
  const auto put = [&](const auto& on_chip) {
    put_on_chip(arguments, recordings, detector, on_chip, split.test, choice);
  };
  if (arguments.numbers == "float")
    put(detector);
  else if (arguments.numbers == "q15")
    put(quantised<std::int16_t>(arguments, recordings, detector, split));
  else
    put(quantised<std::int8_t>(arguments, recordings, detector, split));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Learns from recordings of a machine that runs well, and builds firmware that watches it."};
  Arguments arguments;
  declare(app, arguments);
  CLI11_PARSE(app, argc, argv);
  try {
    learn_and_show(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
