// A user's program, for the build files that docs/firmware.md shows: runs the model's self-test and judges a
// window of silence. Exit status: 0 when both went as they should.
#include <thrum_firmware.hpp>

#include "fan_model.hpp"

static thrum::fixed::Detector<fan_model> detector;

int main() {
  if (detector.self_test() != thrum::Status::ok) return 1;
  static const int16_t silence[fan_model.signal.window * fan_model.signal.channels] = {};
  const int windows = detector.push(silence, fan_model.signal.window);
  return windows == 1 && detector.verdict().state == thrum::State::alarm ? 0 : 2;
}
