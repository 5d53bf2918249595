// The learning page's firmware: what stands between the marks is quoted there. Compiled here for the laptop,
// where main() below stands in for the chip's.

#include <stddef.h>
#include <stdint.h>

bool button_pressed();
bool service_done();
void print(const char* what, float number);
void write_flash(int slot, const void* image, size_t bytes);
void erase_flash();
const void* flash_slot(int slot);
constexpr size_t flash_slot_bytes = 4096;

// [readme]
#include "thrum_firmware.hpp"  // one file that depends on nothing

constexpr thrum::LearningCapacity fan = [] {
  thrum::LearningCapacity room{{}, 120, 3};  // windows kept while learning, ways of running well
  room.signal.channels = 3;
  room.signal.window = 128;
  room.signal.hop = 64;
  room.signal.sampling_rate = 200;
  room.signal.bands = 4;
  return room;
}();
static thrum::fixed::LearningDetector<fan> detector;

void on_dma_half(const int16_t* frames, thrum::Index count) { detector.write(frames, count); }

void boot() {
  const void* saved = detector.newest(flash_slot(0), flash_slot(1), flash_slot_bytes);
  if (detector.load(saved, flash_slot_bytes) == thrum::Status::ok) return;  // it has learned before
  thrum::LearningOptions options;
  options.false_alarm_rate = 0.01f;  // of single windows; 5 of 8 raise the alarm
  detector.learn(options);
}

void save() {  // over the older of two slots: a cut of power leaves the other
  const void* newest = detector.newest(flash_slot(0), flash_slot(1), flash_slot_bytes);
  const int slot = newest == flash_slot(0) ? 1 : 0;
  static uint8_t image[flash_slot_bytes];
  size_t bytes = 0;
  if (detector.save(image, sizeof(image), bytes) == thrum::Status::ok) write_flash(slot, image, bytes);
}

void watch() {  // main loop, whenever there is time
  const thrum::LearningState before = detector.learner().state();
  while (detector.poll())
    if (before == thrum::LearningState::collecting)
      print("seconds left", detector.learner().seconds_needed());
  const thrum::LearningState now = detector.learner().state();
  if (now != before && now == thrum::LearningState::watching) save();
  if (now != before && now == thrum::LearningState::refused)
    print(to_string(detector.learner().obstacle()), 0);
  if (detector.state() == thrum::State::alarm) print("alarm", detector.verdict().score);
  // Somebody has looked: that was no fault.
  if (button_pressed() && detector.that_was_normal() == thrum::Status::ok) save();
  // Mended, or mounted anew: what was saved is of no use any more.
  if (service_done() && detector.relearn() == thrum::Status::ok) erase_flash();
}
// [readme]

bool button_pressed() { return false; }
bool service_done() { return false; }
void print(const char*, float) {}
void write_flash(int, const void*, size_t) {}
void erase_flash() {}
const void* flash_slot(int) { return nullptr; }

int main() {
  boot();
  const int16_t frames[3 * 64] = {};
  on_dma_half(frames, 64);
  watch();
  return 0;
}
