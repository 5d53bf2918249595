// Learns a machine where it stands, and watches it: boots knowing nothing, collects windows, learns from them
// in small steps, and writes what it learned into one of two pages of flash; after a reset it loads the
// newest whole page and watches on. Prints a line for each recording; learn.sh lets it live through three
// boots, the last with a coin on the fan's blade.
//
// Words on the command line, after the program's name: a file of recordings, as main.cpp takes it, and a file
// that stands for the flash: it is there before, and empty or as an earlier boot left it. Between recordings
// time has passed: after one in which the alarm was raised the device is reset, so that each alarm stands for
// itself.
//
// Exit status: 0, 2 when a file can't be used, 3 after a fault.

#include "thrum_firmware.hpp"
//
#include <stdint.h>
#include <string.h>

#include "accelerometer.hpp"
#include "instruction_counter.hpp"
#include "line.hpp"
#include "semihosting.hpp"
#include "startup.hpp"

namespace {

constexpr const thrum::LearningCapacity& capacity = accelerometer;
using Detector = thrum::fixed::LearningDetector<capacity>;
using Learner = thrum::fixed::Learner<capacity>;

constexpr uint32_t channels = static_cast<uint32_t>(capacity.signal.channels);
/// Frames for one write(): windows end anywhere in a block, and at most one in each.
constexpr uint32_t block_frames = 13;
static_assert(block_frames <= capacity.signal.hop, "there is always room for a block");

/// Windows that a detector of 24 KB has room for.
constexpr int windows_in_24_kb = Learner::windows_in(24 * 1024 - (sizeof(Detector) - sizeof(Learner)));

constexpr uint32_t page_bytes = 4096;
static_assert(page_bytes >= Learner::Classes::most_image_bytes(), "what is learned fits into a page");

enum ExitStatus { success = 0, unusable_file = 2 };

Detector detector;
InstructionCounter counter;
uint8_t flash[2 * page_bytes];  // what the file holds; a chip's flash is memory already
uint32_t flash_file;
int16_t block[block_frames * channels];
char command_line[1024];

/// Calls of one kind, and what they cost.
struct Cost {
  uint32_t calls = 0;
  uint64_t ticks = 0;
  uint32_t most_ticks = 0;

  void add(uint32_t before) {
    const uint32_t passed = InstructionCounter::ticks_between(before, counter.now());
    ++calls;
    ticks += passed;
    most_ticks = thrum::larger(most_ticks, passed);
  }
};
Cost step_cost, window_cost, save_cost, load_cost;

struct Tally {
  uint32_t windows = 0;
  uint32_t above_threshold = 0;
  uint32_t recordings = 0;
  uint32_t in_alarm = 0;
};
Tally watched;  // since this boot

/// What a recording showed.
struct Shown {
  uint32_t windows = 0;
  uint32_t above_threshold = 0;
  float largest_score = 0;
  bool alarm = false;
};

int complain(const char* path, const char* what) {
  Line().text(path).text(": ").text(what).end();
  return unusable_file;
}

thrum::LearningState state() { return detector.learner().state(); }

// ---- flash: two pages, written in turn

/// The page with the newest image; null when there is none in either.
const void* newest_page() { return detector.newest(flash, flash + page_bytes, page_bytes); }

/// Says what is in a page: nothing to load when power failed while it was written, or another firmware wrote
/// it.
void look_at_page(const uint8_t* page) {
  Line line;
  line.text("flash     page at ").number(static_cast<uint32_t>(page - flash)).text(": ");
  const thrum::Status status = Learner::Classes::can_load(page, page_bytes);
  if (status == thrum::Status::ok) return line.text("image ").number(thrum::sequence_of(page)).end();
  line.text("nothing to load (").text(to_string(status)).text(")").end();
}

/// Writes what was learned over the older page: while that goes on, the newer one is whole.
bool save() {
  const uint32_t place = newest_page() == flash ? page_bytes : 0;
  uint8_t* const page = flash + place;
  memset(page, 0xFF, page_bytes);  // erased
  size_t written = 0;
  const uint32_t before = counter.now();
  if (detector.save(page, page_bytes, written) != thrum::Status::ok) return false;
  save_cost.add(before);
  Line line;
  line.text("saves     image ").number(thrum::sequence_of(page)).text(", ").number(uint64_t{written});
  line.text(" bytes, into the page at ").number(place).end();
  return semihosting::seek(flash_file, place) && semihosting::write(flash_file, page, page_bytes);
}

/// What a reset does: votes begin anew. Watches by the newest page, or learns when there is none.
void boot() {
  const uint32_t before = counter.now();
  if (detector.load(newest_page(), page_bytes) == thrum::Status::ok)
    load_cost.add(before);
  else
    detector.learn(thrum::LearningOptions{});
}

// ---- what is printed

void print_capacity() {
  Line line;
  line.text("room      ")
      .number(capacity.windows)
      .text(" windows of ")
      .number(Learner::d)
      .text(" features, ");
  line.number(capacity.classes).text(" classes; of 24 KB: ").number(windows_in_24_kb).text(" windows").end();
}

void print_progress(Line& line) {
  const Learner& learner = detector.learner();
  line.text(", ").number(static_cast<uint32_t>(100 * learner.progress())).text(" %: needs ");
  line.number(learner.windows_needed()).text(" more windows, ");
  const uint32_t tenths = static_cast<uint32_t>(10 * learner.seconds_needed() + 0.5f);
  line.fraction(tenths / 10, tenths % 10, 10).text(" s");
  if (learner.obstacle() != thrum::Obstacle::none) line.text("; ").text(to_string(learner.obstacle()));
}

void print_boot() {
  Line line;
  line.text("boot      ").text(to_string(state()));
  if (state() == thrum::LearningState::collecting) print_progress(line);
  if (state() == thrum::LearningState::watching)
    line.text(", by image ").number(thrum::sequence_of(newest_page()));
  line.end();
}

void print_recording(uint32_t recording, const Shown& shown) {
  Line line;
  line.text("recording ").number(recording).column(15).text(to_string(state()));
  if (state() == thrum::LearningState::collecting) print_progress(line);
  if (shown.windows > 0) {
    line.text(", ").number(shown.above_threshold).text(" of ").number(shown.windows);
    line.text(" windows above the threshold, largest score ").decimal(shown.largest_score);
    line.text(shown.alarm ? ", alarm: reset" : "");
  }
  line.end();
}

void print_learning(float progress) {
  const uint32_t percent = static_cast<uint32_t>(100 * progress);
  Line().text("learning  ").number(percent).text(" % after ").number(step_cost.calls).text(" steps").end();
}

void print_learned() {
  const Learner::Classes& learned = detector.learner().learned();
  Line line;
  line.text("learned   ").number(detector.learner().windows_collected()).text(" windows, classes of");
  for (int j = 0; j < learned.classes(); ++j) line.text(" ").number(static_cast<uint32_t>(learned.count(j)));
  line.text(", threshold ").decimal(learned.threshold()).text(" deviations").end();
}

void print_refused() {
  Line line;
  line.text("refused   ").text(to_string(detector.learner().obstacle()));
  const int feature = detector.learner().drifting_feature();
  if (feature >= 0) {
    const thrum::FeatureName name = thrum::feature_name(capacity.signal, feature);
    line.text(", channel ").number(name.channel).text(" ").text(to_string(name.kind));
  }
  line.text(": collects anew").end();
}

void print_cost(const char* what, const Cost& cost) {
  if (cost.calls == 0) return;
  Line().text(what).text("s ").number(cost.calls).end();
  Line().text("instructions of ").text(what).text("s ").number(counter.instructions(cost.ticks)).end();
  Line line;
  line.text("instructions of a ").text(what).text(" at most ");
  line.number(counter.instructions(cost.most_ticks)).end();
}

void print_summary() {
  const Learner::Classes& learned = detector.learner().learned();
  for (int j = 0; j < learned.classes(); ++j)
    Line().text("drift of class ").number(j).text(" ").decimal(learned.drift(j)).end();
  Line().text("recordings watched ").number(watched.recordings).end();
  Line().text("recordings in alarm ").number(watched.in_alarm).end();
  Line().text("windows watched ").number(watched.windows).end();
  Line().text("windows above the threshold ").number(watched.above_threshold).end();
  print_cost("learning step", step_cost);
  print_cost("window", window_cost);
  print_cost("save", save_cost);
  print_cost("load", load_cost);
  Line().text("detector bytes ").number(static_cast<uint32_t>(sizeof(detector))).end();
  Line().text("stack bytes ").number(stack_bytes_used()).end();
}

// ---- the life

/// poll(), with its instructions counted.
bool next_window() {
  const uint32_t before = counter.now();
  if (!detector.poll()) return false;
  window_cost.add(before);
  return true;
}

/// All steps at once, so that they can be counted: no window waits, so each poll() is one step and no more.
/// Elsewhere the main loop goes on as ever. Whether what was learned could be saved.
bool learn() {
  for (float shown = -1; state() == thrum::LearningState::learning;) {
    const float progress = detector.learner().progress();
    if (progress > shown) print_learning(progress);
    shown = progress;
    const uint32_t before = counter.now();
    detector.poll();
    step_cost.add(before);
  }
  if (state() == thrum::LearningState::watching) {
    print_learned();
    return save();
  }
  print_refused();
  detector.relearn();
  return true;
}

void note(const thrum::Verdict& verdict, Shown& shown) {
  if (!is_scored(verdict.state)) return;
  ++shown.windows;
  if (verdict.state == thrum::State::alarm) ++shown.above_threshold;
  shown.largest_score = thrum::larger(shown.largest_score, verdict.score);
  if (detector.state() == thrum::State::alarm) shown.alarm = true;
}

void end_recording(uint32_t recording, const Shown& shown) {
  print_recording(recording, shown);
  if (shown.windows == 0) return;
  ++watched.recordings;
  watched.windows += shown.windows;
  watched.above_threshold += shown.above_threshold;
  if (!shown.alarm) return;
  ++watched.in_alarm;
  boot();
}

int take_recording(const char* path, uint32_t file, uint32_t recording, uint32_t frames) {
  Shown shown;
  detector.restart();
  while (frames > 0) {
    const uint32_t count = thrum::smaller(frames, block_frames);
    const uint32_t bytes = count * channels * static_cast<uint32_t>(sizeof(int16_t));
    if (semihosting::read(file, block, bytes) != bytes) return complain(path, "ends within a recording");
    detector.write(block, static_cast<thrum::Index>(count));
    while (next_window()) note(detector.verdict(), shown);
    if (state() == thrum::LearningState::learning && !learn()) return complain("flash", "cannot be written");
    frames -= count;
  }
  end_recording(recording, shown);
  return success;
}

int take_recordings(const char* path, uint32_t file) {
  for (uint32_t recording = 0;; ++recording) {
    uint32_t frames = 0;
    const uint32_t bytes = semihosting::read(file, &frames, sizeof(frames));
    if (bytes == 0) return success;
    if (bytes != sizeof(frames) || frames > INT32_MAX)
      return complain(path, "has no number of frames where one is due");
    const int status = take_recording(path, file, recording, frames);
    if (status != success) return status;
  }
}

/// Ends the word that starts at `text` with a zero; returns the place of the next one, or of the end.
char* end_word(char* text) {
  while (*text != '\0' && *text != ' ') ++text;
  if (*text == ' ') *text++ = '\0';
  return text;
}

}  // namespace

int firmware_main() {
  if (!semihosting::command_line(command_line, sizeof(command_line)))
    return complain("command line", "too long");
  char* const input_path = end_word(command_line);
  char* const flash_path = end_word(input_path);
  end_word(flash_path);
  if (*flash_path == '\0') return complain("command line", "names no file of recordings and of flash");
  const uint32_t input = semihosting::open(input_path, semihosting::Mode::read);
  if (input == semihosting::no_file) return complain(input_path, "cannot be opened");
  flash_file = semihosting::open(flash_path, semihosting::Mode::update);
  if (flash_file == semihosting::no_file) return complain(flash_path, "cannot be opened");
  semihosting::read(flash_file, flash, sizeof(flash));

  counter.start();
  print_capacity();
  look_at_page(flash);
  look_at_page(flash + page_bytes);
  boot();
  print_boot();
  const int status = take_recordings(input_path, input);
  if (status != success) return status;
  // Its centres have followed the machine.
  if (state() == thrum::LearningState::watching && !save()) return complain(flash_path, "cannot be written");
  semihosting::close(flash_file);
  print_summary();
  return success;
}
