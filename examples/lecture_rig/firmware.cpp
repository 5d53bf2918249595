// Watches the lecture's rig: takes its samples as a converter delivers them, and sends a packed verdict of 16
// bytes for every window; on the console, a line whenever the state of the machine changes.
//
// Words on the command line, after the program's name: the file of samples (interleaved frames of int16,
// little-endian) and the file that takes the verdicts; run.sh gives them these names.
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
constexpr int block_frames = 32;  // 1.6 ms: half of a DMA buffer
constexpr uint32_t frame_bytes = static_cast<uint32_t>(model.signal.channels) * sizeof(int16_t);

thrum::fixed::Detector<model> detector;
InstructionCounter counter;
int16_t block[block_frames * model.signal.channels];
uint8_t packet[thrum::packed_verdict_size];

struct Tally {
  uint32_t windows = 0;
  uint64_t ticks = 0;  // of all windows
  uint32_t window_ticks = 0;
  uint32_t most_ticks = 0;
};
Tally tally;

/// What the chip has to do for so many frames: take them, judge the window that they complete, pack the
/// verdict. Counted; whether there was a window.
bool work(uint32_t frames) {
  const uint32_t before = counter.now();
  detector.write(block, static_cast<thrum::Index>(frames));
  const bool window = detector.poll();
  if (window) thrum::pack(detector.verdict(), packet);
  tally.window_ticks += InstructionCounter::ticks_between(before, counter.now());
  return window;
}

void count_window() {
  ++tally.windows;
  tally.ticks += tally.window_ticks;
  tally.most_ticks = thrum::larger(tally.most_ticks, tally.window_ticks);
  tally.window_ticks = 0;
}

/// Whether all verdicts could be written.
bool watch(uint32_t samples, uint32_t verdicts) {
  thrum::State state = detector.state();
  for (;;) {
    const uint32_t frames = semihosting::read(samples, block, sizeof(block)) / frame_bytes;
    if (frames == 0) return true;
    if (!work(frames)) continue;
    if (detector.state() != state) {
      state = detector.state();
      Line().text("window ").number(tally.windows).text(" machine ").text(to_string(state)).end();
    }
    count_window();
    if (!semihosting::write(verdicts, packet, sizeof(packet))) return false;
  }
}

void print_summary() {
  Line().text("overruns ").number(detector.overruns()).end();
  Line().text("stack bytes ").number(stack_bytes_used()).end();
  if (tally.windows == 0) return;
  Line()
      .text("instructions per window mean ")
      .number(counter.instructions(tally.ticks) / tally.windows)
      .end();
  Line().text("instructions per window max ").number(counter.instructions(tally.most_ticks)).end();
}

}  // namespace

int firmware_main() {
  const thrum::Status status = detector.self_test();
  Line().text("self-test: ").text(to_string(status)).end();
  if (status != thrum::Status::ok) return 1;

  const uint32_t samples = semihosting::open("recordings", semihosting::Mode::read);
  const uint32_t verdicts = semihosting::open("features", semihosting::Mode::write);
  if (samples == semihosting::no_file || verdicts == semihosting::no_file) return 2;
  counter.start();
  const bool written = watch(samples, verdicts);
  semihosting::close(verdicts);
  if (!written) return 2;
  print_summary();
  return 0;
}
