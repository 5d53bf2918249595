/* Watches a machine, in C: streams the file `recordings` through a detector whose model lies in flash, and
 * prints a line a window, as ../main.cpp does, which says how recordings follow each other in their file.
 *
 * Exit status: 0, 1 when the self-test failed, 2 when the file can't be used, 3 after a fault. */

#include <stdint.h>
#include <string.h>

#include "host.h"
#include "thrum.h"

/* Samples for one write; frames are at most so many that there is always room. */
enum { BLOCK_SAMPLES = 192 };

enum { SUCCESS = 0, SELF_TEST_FAILED = 1, UNUSABLE_FILE = 2 };

static thrum_detector detector;
static int16_t block[BLOCK_SAMPLES];
static int32_t windows, windows_in_state[THRUM_STATE_IDLE + 1];

static void print(const char* text, int64_t value) {
  host_text(text);
  host_number(value);
}

static void print_line(const char* text, int64_t value) {
  print(text, value);
  host_end_line();
}

static int complain(const char* what) {
  host_text("recordings: ");
  host_text(what);
  host_end_line();
  return UNUSABLE_FILE;
}

static void print_culprit(const thrum_verdict* verdict) {
  const thrum_feature_name name = thrum_name_of_feature(verdict->feature);
  print("  culprit feature ", verdict->feature);
  print(" channel ", verdict->channel);
  host_text(" ");
  host_text(thrum_feature_kind_text(name.kind));
  switch (name.kind) {
    case THRUM_FEATURE_BAND_ENERGY:
    case THRUM_FEATURE_ENVELOPE_ENERGY:
    case THRUM_FEATURE_SPECTRAL_KURTOSIS:
    case THRUM_FEATURE_INPUT: print(" ", name.detail); break;
    case THRUM_FEATURE_CORRELATION: print(" with channel ", name.detail); break;
    default: break;
  }
  host_text(" share ");
  host_decimal(verdict->share);
}

/* Which sensor, and what is wrong with it; or that the machine stands still. */
static void print_unscored(const thrum_verdict* verdict) {
  host_text(thrum_state_text(verdict->state));
  if (verdict->state == THRUM_STATE_SENSOR_FAULT) {
    host_text(": ");
    host_text(thrum_fault_text(verdict->fault));
  }
  if (verdict->channel >= 0) print(" channel ", verdict->channel);
}

static void print_scored(const thrum_verdict* verdict) {
  uint32_t score_bits;
  memcpy(&score_bits, &verdict->score, sizeof(score_bits));
  host_text(thrum_state_text(verdict->state));
  host_column(21);
  print("class ", verdict->cluster);
  host_column(30);
  host_text("score ");
  host_decimal(verdict->score);
  host_text(" ");
  host_hex(score_bits);
}

static void report_window(void) {
  const thrum_verdict verdict = thrum_detector_verdict(&detector);
  const bool unscored = verdict.state == THRUM_STATE_SENSOR_FAULT || verdict.state == THRUM_STATE_IDLE;
  print("window ", windows++);
  host_column(13);
  if (unscored)
    print_unscored(&verdict);
  else
    print_scored(&verdict);
  host_column(60);
  host_text("machine ");
  host_text(thrum_state_text(thrum_detector_state(&detector)));
  if (verdict.state == THRUM_STATE_ALARM) print_culprit(&verdict);
  host_end_line();
  ++windows_in_state[verdict.state];
}

static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }

static int stream_recording(uint32_t file, int32_t frames) {
  const int32_t frame_bytes = thrum_model_sizes.channels * (int32_t)sizeof(int16_t);
  const int32_t block_frames = smaller((int32_t)sizeof(block) / frame_bytes, thrum_model_sizes.hop);
  thrum_detector_restart(&detector);
  while (frames > 0) {
    const int32_t count = smaller(frames, block_frames);
    const uint32_t bytes = (uint32_t)(count * frame_bytes);
    if (host_read(file, block, bytes) != bytes) return complain("ends within a recording");
    thrum_detector_write(&detector, block, count); /* an interrupt's work, in a firmware with a sensor */
    while (thrum_detector_poll(&detector, THRUM_WHOLE_WINDOW)) report_window();
    frames -= count;
  }
  return SUCCESS;
}

static int stream_file(uint32_t file) {
  int32_t recording, frames;
  for (recording = 0;; ++recording) {
    const uint32_t bytes = host_read(file, &frames, sizeof(frames));
    int status;
    if (bytes == 0) return SUCCESS;
    if (bytes != sizeof(frames) || frames < 0) return complain("has no number of frames where one is due");
    print("recording ", recording);
    print(" of ", frames);
    host_text(" frames");
    host_end_line();
    status = stream_recording(file, frames);
    if (status != SUCCESS) return status;
  }
}

static void print_summary(void) {
  const thrum_counters counters = thrum_detector_counters(&detector);
  print_line("windows ", windows);
  print_line("alarms ", windows_in_state[THRUM_STATE_ALARM]);
  print_line("sensor faults ", windows_in_state[THRUM_STATE_SENSOR_FAULT]);
  print_line("idle ", windows_in_state[THRUM_STATE_IDLE]);
  print_line("overruns ", counters.overruns);
  print_line("discarded windows ", counters.discarded_windows);
  print_line("detector bytes ", (int64_t)sizeof(detector.bytes));
}

int firmware_main(void) {
  const thrum_status status = thrum_detector_self_test(&detector);
  uint32_t file;
  int result;
  host_text("self-test: ");
  host_text(thrum_status_text(status));
  host_end_line();
  if (status != THRUM_STATUS_OK) return SELF_TEST_FAILED;

  file = host_open("recordings");
  if (file == HOST_NO_FILE) return complain("cannot be opened");
  result = stream_file(file);
  if (result == SUCCESS) print_summary();
  return result;
}
