// Watches a machine: streams recordings through a detector whose model lies in flash, and prints a line a
// window.
//
// Words on the command line, after the program's name: the file of recordings, and optionally a file that
// takes the features of every window (float32, a row a window), or -. Built with THRUM_MODEL_AT_RUN_TIME, a
// third one: the file with the model's image, as it might have come over the air; the firmware then knows no
// more of the model than how large it may be. Recordings follow each other in their file,
// each as its number of frames (int32) and so many frames of int16, a sample for each channel; all
// little-endian. No window holds frames of two recordings.
//
// Exit status: 0, 1 when the self-test failed, 2 when a file can't be used, 3 after a fault.

#include "thrum_firmware.hpp"
//
#include THRUM_MODEL_HEADER

#include <stdint.h>

#include "instruction_counter.hpp"
#include "line.hpp"
#include "semihosting.hpp"
#include "startup.hpp"

namespace {

constexpr const auto& model = THRUM_MODEL_NAME;
constexpr uint32_t channels = static_cast<uint32_t>(model.signal.channels);

/// Frames for one write(): odd, so that windows end anywhere in a block; at most a hop, so that there is
/// always room.
constexpr uint32_t block_frames = static_cast<uint32_t>(thrum::smaller(61, model.signal.hop));

enum ExitStatus { success = 0, self_test_failed = 1, unusable_file = 2 };

#ifdef THRUM_MODEL_AT_RUN_TIME
constexpr thrum::Capacity source = thrum::capacity_of(model);
alignas(thrum::image_alignment) unsigned char page[THRUM_MODEL_AT_RUN_TIME];  // stands for one of flash
#else
constexpr const auto& source = model;
#endif
thrum::fixed::Detector<source> detector;
thrum::fixed::HealthIndex health;
InstructionCounter counter;
int16_t block[block_frames * channels];
char command_line[1024];

struct Tally {
  uint32_t windows = 0;
  uint32_t alarms = 0;
  uint32_t sensor_faults = 0;
  uint32_t idle = 0;
  uint64_t ticks = 0;
  uint32_t most_ticks = 0;
};
Tally tally;

int complain(const char* path, const char* what) {
  Line().text(path).text(": ").text(what).end();
  return unusable_file;
}

void print_culprit(Line& line, const thrum::Verdict& verdict) {
  const thrum::FeatureName name = thrum::feature_name(model.signal, verdict.feature);
  line.text("  culprit feature ").number(verdict.feature);
  line.text(" channel ").number(verdict.channel).text(" ").text(to_string(name.kind));
  if (thrum::has_bands(name.kind)) line.text(" ").number(name.detail);
  if (name.kind == thrum::FeatureKind::input) line.text(" ").number(name.detail);
  if (name.kind == thrum::FeatureKind::correlation) line.text(" with channel ").number(name.detail);
  line.text(" share ").decimal(verdict.share);
}

/// Which sensor, and what is wrong with it; or that the machine stands still.
void print_unscored_window(Line& line, const thrum::Verdict& verdict) {
  line.text(to_string(verdict.state));
  if (verdict.state == thrum::State::sensor_fault) line.text(": ").text(to_string(verdict.fault));
  if (verdict.channel >= 0) line.text(" channel ").number(verdict.channel);
  line.column(60).text("machine ").text(to_string(detector.state())).end();
}

void print_window(const thrum::Verdict& verdict) {
  Line line;
  line.text("window ").number(tally.windows).column(13);
  if (verdict.state == thrum::State::sensor_fault || verdict.state == thrum::State::idle)
    return print_unscored_window(line, verdict);
  line.text(to_string(verdict.state));
  line.column(21).text("class ").number(verdict.cluster);
  line.column(30).text("score ").decimal(verdict.score).text(" ").hex(thrum::bits_of(verdict.score));
  line.column(60).text("machine ").text(to_string(detector.state()));
  if (verdict.state == thrum::State::alarm) print_culprit(line, verdict);
  line.end();
}

/// poll(), with its instructions counted.
bool next_window() {
  const uint32_t before = counter.now();
  if (!detector.poll()) return false;
  const uint32_t ticks = InstructionCounter::ticks_between(before, counter.now());
  tally.ticks += ticks;
  tally.most_ticks = thrum::larger(tally.most_ticks, ticks);
  return true;
}

/// Reports all windows that are complete. Whether their features could be written.
bool report_windows(uint32_t features_file) {
  while (next_window()) {
    const thrum::Verdict& verdict = detector.verdict();
    print_window(verdict);
    ++tally.windows;
    if (verdict.state == thrum::State::alarm) ++tally.alarms;
    if (verdict.state == thrum::State::sensor_fault) ++tally.sensor_faults;
    if (verdict.state == thrum::State::idle) ++tally.idle;
    if (is_scored(verdict.state)) health.update(thrum::HealthOptions{}, verdict.tail_probability);
    if (features_file != semihosting::no_file &&
        !semihosting::write(features_file, detector.features(), model.features * sizeof(float)))
      return false;
  }
  return true;
}

int stream_recording(const char* path, uint32_t file, uint32_t frames, uint32_t features_file) {
  detector.restart();
  while (frames > 0) {
    const uint32_t count = thrum::smaller(frames, block_frames);
    const uint32_t bytes = count * channels * static_cast<uint32_t>(sizeof(int16_t));
    if (semihosting::read(file, block, bytes) != bytes) return complain(path, "ends within a recording");
    detector.write(block, static_cast<thrum::Index>(count));
    if (!report_windows(features_file)) return complain("features", "cannot be written");
    frames -= count;
  }
  return success;
}

int stream_file(const char* path, uint32_t file, uint32_t features_file) {
  for (uint32_t recording = 0;; ++recording) {
    uint32_t frames = 0;
    const uint32_t bytes = semihosting::read(file, &frames, sizeof(frames));
    if (bytes == 0) return success;
    if (bytes != sizeof(frames) || frames > INT32_MAX)
      return complain(path, "has no number of frames where one is due");
    Line().text("recording ").number(recording).text(" of ").number(frames).text(" frames").end();
    const int status = stream_recording(path, file, frames, features_file);
    if (status != success) return status;
  }
}

/// The mean tail probability, by how much it changes with each window, and the standard error of that.
void print_health() {
  const float trend = health.trend();
  Line().text("health ").decimal(health.value()).end();
  Line().text("health trend ").text(trend < 0 ? "-" : "").decimal(trend < 0 ? -trend : trend).end();
  Line().text("health trend error ").decimal(health.trend_error()).end();
}

void print_summary() {
  Line().text("windows ").number(tally.windows).end();
  Line().text("alarms ").number(tally.alarms).end();
  Line().text("sensor faults ").number(tally.sensor_faults).end();
  Line().text("idle ").number(tally.idle).end();
  Line().text("overruns ").number(detector.overruns()).end();
  Line().text("discarded windows ").number(detector.discarded_windows()).end();
  Line().text("detector bytes ").number(static_cast<uint32_t>(sizeof(detector))).end();
  Line().text("stack bytes ").number(stack_bytes_used()).end();
  print_health();
  if (tally.windows == 0) return;
  const uint64_t mean = counter.instructions(tally.ticks) / tally.windows;
  Line().text("instructions per window mean ").number(mean).end();
  Line().text("instructions per window max ").number(counter.instructions(tally.most_ticks)).end();
  const uint32_t samples = static_cast<uint32_t>(model.signal.hop) * channels;
  const uint64_t tenths = (mean * 10 + samples / 2) / samples;
  Line()
      .text("instructions per new sample and channel ")
      .fraction(tenths / 10, static_cast<uint32_t>(tenths % 10), 10)
      .end();
}

/// Ends the word that starts at `text` with a zero; returns the place of the next one, or of the end.
char* end_word(char* text) {
  while (*text != '\0' && *text != ' ') ++text;
  if (*text == ' ') *text++ = '\0';
  return text;
}

/// Whether the model is there and sound.
thrum::Status take_model([[maybe_unused]] const char* image_path) {
#ifdef THRUM_MODEL_AT_RUN_TIME
  const uint32_t file = semihosting::open(image_path, semihosting::Mode::read);
  if (file == semihosting::no_file) return thrum::Status::not_fitted;
  const uint32_t bytes = semihosting::read(file, page, sizeof(page));
  semihosting::close(file);
  return detector.use(page, bytes);
#else
  return detector.self_test();
#endif
}

}  // namespace

int firmware_main() {
  if (!semihosting::command_line(command_line, sizeof(command_line)))
    return complain("command line", "too long");
  char* const input_path = end_word(command_line);
  char* const features_path = end_word(input_path);
  char* const image_path = end_word(features_path);
  end_word(image_path);
  const thrum::Status status = take_model(image_path);
  Line().text("self-test: ").text(to_string(status)).end();
  if (status != thrum::Status::ok) return self_test_failed;
  if (*input_path == '\0') return complain("command line", "names no file of recordings");

  const uint32_t input = semihosting::open(input_path, semihosting::Mode::read);
  if (input == semihosting::no_file) return complain(input_path, "cannot be opened");
  uint32_t features = semihosting::no_file;
  if (*features_path != '\0' && *features_path != '-') {
    features = semihosting::open(features_path, semihosting::Mode::write);
    if (features == semihosting::no_file) return complain(features_path, "cannot be opened");
  }

  counter.start();
  const int result = stream_file(input_path, input, features);
  if (features != semihosting::no_file) semihosting::close(features);
  if (result == success) print_summary();
  return result;
}
