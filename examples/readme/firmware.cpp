// The README's firmware: what stands between the marks is quoted there. Compiled here for the laptop, where
// main() below stands in for the chip's.

// [readme]
#include "thrum_firmware.hpp"  // one file that depends on nothing

#include "machine.hpp"  // what the laptop learned, in flash

static thrum::fixed::Detector<machine> detector;  // sizes read off the model; in .bss, no heap

void report(const thrum::Verdict& verdict);

void on_dma_half(const int16_t* frames, thrum::Index count) {  // interrupt: a copy, no arithmetic
  detector.write(frames, count);
}

void watch() {               // main loop
  while (detector.poll()) {  // true once for every completed window
    const thrum::Verdict& verdict =
        detector.verdict();  // on that window; state() is voted upon by the last ones
    if (detector.state() == thrum::State::alarm && verdict.state == thrum::State::alarm) report(verdict);
  }
}
// [readme]

void report(const thrum::Verdict&) {}

int main() {
  const bool intact = detector.self_test() == thrum::Status::ok;
  const int16_t frame[8] = {};
  on_dma_half(frame, 1);
  watch();
  return intact && detector.state() == thrum::State::unknown ? 0 : 1;
}
