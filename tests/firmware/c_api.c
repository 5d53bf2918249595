/* In place of the firmware's program: what thrum.h promises holds, on a signal made here. Prints the line of
 * each check that does not; exit status 0 when all hold. */

#include "thrum.h"

#include <stdint.h>
#include <string.h>

#include "c_checks.h"

enum { MOST_SAMPLES = 4096 };

static thrum_detector first, second, retained;
static int16_t signal[MOST_SAMPLES], other_signal[MOST_SAMPLES];

/* Uniform noise of 11 bits, by a linear congruential generator. */
static void make_noise(int16_t* samples, int count, uint32_t seed) {
  int i;
  for (i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    samples[i] = (int16_t)((int32_t)(seed >> 21) - 1024);
  }
}

static bool all_zero(const thrum_detector* detector) {
  size_t i;
  for (i = 0; i < sizeof(detector->bytes); ++i)
    if (detector->bytes[i] != 0) return false;
  return true;
}

static bool same_bits(float a, float b) { return memcmp(&a, &b, sizeof(a)) == 0; }

/* The detector as at start, after `window` frames of these samples. */
static void watch(thrum_detector* detector, const int16_t* samples) {
  thrum_detector_init(detector);
  CHECK(thrum_detector_write(detector, samples, thrum_model_sizes.window) == thrum_model_sizes.window);
  CHECK(thrum_detector_poll(detector, THRUM_WHOLE_WINDOW));
  CHECK(!thrum_detector_poll(detector, THRUM_WHOLE_WINDOW));
}

static void check_start(void) {
  CHECK(all_zero(&first)); /* a static one is ready */
  CHECK(thrum_detector_verdict(&first).status == THRUM_STATUS_NOT_FITTED);
  CHECK(thrum_detector_state(&first) == THRUM_STATE_UNKNOWN);
  CHECK(thrum_detector_self_test(&first) == THRUM_STATUS_OK);
  memset(&second, 0xA5, sizeof(second));
  thrum_detector_init(&second);
  CHECK(all_zero(&second));
  CHECK(thrum_detector_set_input(&first, thrum_model_sizes.inputs, 1.0f) == THRUM_STATUS_OUT_OF_RANGE);
}

/* Two of the same frames, one of them in small blocks and step by step, say the same; of others, something
 * else. */
static void check_instances(void) {
  const int channels = thrum_model_sizes.channels;
  const size_t features = (size_t)thrum_model_sizes.features;
  thrum_verdict a, b;
  int done, steps = 1;
  thrum_detector_init(&second);
  watch(&first, signal);
  CHECK(!thrum_detector_poll(&second, THRUM_WHOLE_WINDOW));
  for (done = 0; done < thrum_model_sizes.window; ++done)
    CHECK(thrum_detector_write(&second, signal + done * channels, 1) == 1);
  while (!thrum_detector_poll(&second, 1) && steps < 1000) ++steps;
  CHECK(steps > 1 && steps <= thrum_model_sizes.steps_per_window);
  a = thrum_detector_verdict(&first);
  b = thrum_detector_verdict(&second);
  CHECK(a.status == THRUM_STATUS_OK && a.score > 0 && a.cluster >= 0);
  CHECK(a.state == b.state && a.cluster == b.cluster && same_bits(a.score, b.score));
  CHECK(memcmp(thrum_detector_features(&first), thrum_detector_features(&second), features * sizeof(float)) ==
        0);

  watch(&second, other_signal);
  b = thrum_detector_verdict(&second);
  CHECK(!same_bits(a.score, b.score));
  CHECK(same_bits(a.score, thrum_detector_verdict(&first).score));
}

/* The same frames from an array for each channel say the same. */
static void check_planar(void) {
  enum { MOST_CHANNELS = 8 };
  static int16_t planes[MOST_SAMPLES];
  const int16_t* plane[MOST_CHANNELS];
  const int channels = thrum_model_sizes.channels, window = thrum_model_sizes.window;
  int c, i;
  CHECK(channels <= MOST_CHANNELS);
  for (c = 0; c < channels; ++c) {
    plane[c] = planes + c * window;
    for (i = 0; i < window; ++i) planes[c * window + i] = signal[i * channels + c];
  }
  watch(&first, signal);
  thrum_detector_init(&second);
  CHECK(thrum_detector_write_planar(&second, plane, window) == window);
  CHECK(thrum_detector_poll(&second, THRUM_WHOLE_WINDOW));
  CHECK(same_bits(thrum_detector_verdict(&first).score, thrum_detector_verdict(&second).score));
}

/* As the layout says that stands at thrum::pack. */
static void check_packed(void) {
  uint8_t bytes[THRUM_PACKED_VERDICT_BYTES];
  const thrum_verdict verdict = thrum_detector_verdict(&first);
  thrum_detector_pack_verdict(&first, bytes);
  CHECK((bytes[0] & 7) == (int)verdict.state);
  CHECK((bytes[0] >> 3 & 15) == (int)verdict.status);
  CHECK(bytes[2] + 256 * bytes[3] == verdict.cluster + 1);
  CHECK(bytes[4] + 256 * bytes[5] == verdict.feature + 1);
  CHECK(memcmp(bytes + 8, &verdict.score, 4) == 0);
  CHECK(memcmp(bytes + 12, &verdict.tail_probability, 4) == 0);
}

static void check_counters(void) {
  const int window = thrum_model_sizes.window, room = window + thrum_model_sizes.hop;
  thrum_counters counters;
  thrum_detector_init(&first);
  CHECK(thrum_detector_write(&first, signal, room) == room);
  CHECK(thrum_detector_write(&first, signal, 5) == 0);
  CHECK(thrum_detector_counters(&first).overruns == 5);

  thrum_detector_init(&first);
  thrum_detector_write(&first, signal, window - 1);
  thrum_detector_gap(&first, 7);
  CHECK(!thrum_detector_poll(&first, THRUM_WHOLE_WINDOW));
  thrum_detector_write(&first, signal, window);
  CHECK(thrum_detector_poll(&first, THRUM_WHOLE_WINDOW));
  counters = thrum_detector_counters(&first);
  CHECK(counters.overruns == 0 && counters.missing_frames == 7 && counters.discarded_windows > 0);
  CHECK(thrum_detector_counters(&second).missing_frames == 0);

  thrum_detector_write(&first, signal, window - 1);
  thrum_detector_restart(&first);
  thrum_detector_write(&first, signal, window - 1);
  CHECK(!thrum_detector_poll(&first, THRUM_WHOLE_WINDOW));
}

/* Blocks of a hop, of which one never came. */
static void check_times(void) {
  const int hop = thrum_model_sizes.hop;
  uint32_t time = UINT32_MAX - 50000, block_time = 16000; /* 128 frames at 8000 Hz */
  int i;
  thrum_detector_init(&first);
  for (i = 0; i < 8; ++i, time += block_time) {
    if (i != 6) CHECK(thrum_detector_write_at(&first, signal, hop, time) == hop);
    while (thrum_detector_poll(&first, THRUM_WHOLE_WINDOW)) continue;
    if (i == 5) CHECK(thrum_detector_counters(&first).missing_frames == 0);
  }
  CHECK(thrum_detector_counters(&first).missing_frames == (uint32_t)hop);
}

/* Garbage is cleared; what this firmware left is gone on with, also from a copy. */
static void check_resume(void) {
  memset(&retained, 0x3C, sizeof(retained));
  CHECK(!thrum_detector_resume(&retained));
  CHECK(thrum_detector_verdict(&retained).status == THRUM_STATUS_NOT_FITTED);
  thrum_detector_gap(&retained, 3);
  CHECK(thrum_detector_resume(&retained));
  CHECK(thrum_detector_counters(&retained).missing_frames == 3);
  first = retained;
  CHECK(thrum_detector_counters(&first).missing_frames == 3);
}

static void check_words(void) {
  CHECK(thrum_name_of_feature(0).kind == THRUM_FEATURE_MEAN);
  CHECK(thrum_name_of_feature(thrum_model_sizes.features - 1).kind == THRUM_FEATURE_CORRELATION);
  CHECK(strcmp(thrum_state_text(THRUM_STATE_SENSOR_FAULT), "sensor fault") == 0);
  CHECK(strcmp(thrum_status_text(THRUM_STATUS_SELF_TEST_FAILED), "self-test failed") == 0);
  CHECK(strcmp(thrum_fault_text(THRUM_FAULT_RATE_OFF), "rate off") == 0);
  CHECK(strcmp(thrum_feature_kind_text(THRUM_FEATURE_RMS), "rms") == 0);
}

int firmware_main(void) {
  const int needed = (thrum_model_sizes.window + thrum_model_sizes.hop) * thrum_model_sizes.channels;
  CHECK(needed <= MOST_SAMPLES);
  make_noise(signal, MOST_SAMPLES, 1);
  make_noise(other_signal, MOST_SAMPLES, 2);
  check_start();
  check_instances();
  check_planar();
  check_packed();
  check_counters();
  check_times();
  check_resume();
  check_words();
  return end_checks();
}
