// Watches a fan with an analogue accelerometer of three axes, window after window, and prints a line for each.
//
// Replace fan_model.hpp by the model of your own machine, and counts_of() by what your sensor says: the model learned
// in counts of its own, and wants the same here.

#include <thrum_firmware.hpp>

#include "fan_model.hpp"

static thrum::fixed::Detector<fan_model> detector;

static const int channels = fan_model.signal.channels;
static const uint32_t frame_microseconds = static_cast<uint32_t>(1e6f / fan_model.signal.sampling_rate);
static uint32_t last_frame;  // when it was due, in microseconds

// Of an ADXL335 at 3.3 V with 10 bits: 512 at rest, 93 for each g, which is 981 counts of the model.
static int16_t counts_of(int reading) { return static_cast<int16_t>((reading - 512) * 981 / 93); }

static void print(const thrum::Verdict& verdict) {
  Serial.print(thrum::to_string(verdict.state));
  Serial.print(" score ");
  Serial.print(verdict.score);
  Serial.print(" class ");
  Serial.print(verdict.cluster);
  if (verdict.state == thrum::State::alarm) {
    Serial.print(" because of ");
    Serial.print(thrum::to_string(thrum::feature_name(fan_model.signal, verdict.feature).kind));
    Serial.print(" on axis ");
    Serial.print(verdict.channel);
  }
  Serial.print(", machine ");
  Serial.println(thrum::to_string(detector.state()));
}

void setup() {
  Serial.begin(115200);
  analogReadResolution(10);
  if (detector.self_test() != thrum::Status::ok) {
    for (;;) {
      Serial.println("the self-test failed");
      delay(1000);
    }
  }
  last_frame = micros();
}

void loop() {
  if (micros() - last_frame < frame_microseconds) return;
  last_frame += frame_microseconds;

  static const int pins[] = {A0, A1, A2};
  int16_t frame[channels];
  for (int i = 0; i < channels; ++i) frame[i] = counts_of(analogRead(pins[i]));
  detector.write(frame, 1);
  if (!detector.poll()) return;

  print(detector.verdict());
  // Judging and printing took longer than a frame: the next window begins afresh. To miss nothing, write() from the
  // interrupt of a timer and poll() here.
  detector.restart();
  last_frame = micros();
}
