/* Learns a machine where it stands, and watches it, in C: what ../learn.cpp does, whose life it shares, but
 * for the figures. Streams the file `recordings` through a detector; the file `flash` is two pages of flash,
 * written in turn. After a recording in which the alarm was raised the device is reset.
 *
 * Exit status: 0, 2 when a file can't be used, 3 after a fault. */

#include "learning.h"

#include <stdint.h>
#include <string.h>

#include "host.h"

enum { CHANNELS = 3, BLOCK_FRAMES = 13, PAGE_BYTES = 4096 };

enum { SUCCESS = 0, UNUSABLE_FILE = 2 };

static thrum_detector detector;
static uint8_t flash[2 * PAGE_BYTES]; /* what the file holds; a chip's flash is memory already */
static uint32_t flash_file;
static int16_t block[BLOCK_FRAMES * CHANNELS];

/* What a recording showed. */
typedef struct shown {
  int32_t windows, above_threshold;
  float largest_score;
  bool alarm;
} shown;

static int complain(const char* path, const char* what) {
  host_text(path);
  host_text(": ");
  host_text(what);
  host_end_line();
  return UNUSABLE_FILE;
}

static void print(const char* text, int64_t value) {
  host_text(text);
  host_number(value);
}

static thrum_learning_state state(void) { return thrum_detector_learning(&detector).state; }

/* ---- flash */

static const void* newest_page(void) { return thrum_newest_image(flash, flash + PAGE_BYTES, PAGE_BYTES); }

/* Over the older page: while that is written, the newer one is whole. */
static bool save(void) {
  const uint32_t place = newest_page() == flash ? PAGE_BYTES : 0;
  size_t written = 0;
  memset(flash + place, 0xFF, PAGE_BYTES); /* erased */
  if (thrum_detector_save(&detector, flash + place, PAGE_BYTES, &written) != THRUM_STATUS_OK) return false;
  print("saves     ", (int64_t)written);
  print(" bytes, into the page at ", place);
  host_end_line();
  return host_write_at(flash_file, place, flash + place, PAGE_BYTES);
}

/* What a reset does: votes begin anew. Watches by the newest page, or learns when there is none. */
static void boot(void) {
  const thrum_learning_options options = thrum_default_learning_options();
  if (thrum_detector_load(&detector, newest_page(), PAGE_BYTES) != THRUM_STATUS_OK)
    thrum_detector_learn(&detector, &options);
}

/* ---- what is printed */

static void print_progress(const thrum_learning* learning) {
  const uint32_t tenths = (uint32_t)(10 * learning->seconds_needed + 0.5f);
  print(", ", (int32_t)(100 * learning->progress));
  print(" %: needs ", learning->windows_needed);
  print(" more windows, ", tenths / 10);
  print(".", tenths % 10);
  host_text(" s");
  if (learning->obstacle == THRUM_OBSTACLE_NONE) return;
  host_text("; ");
  host_text(thrum_obstacle_text(learning->obstacle));
}

static void print_state(void) {
  const thrum_learning learning = thrum_detector_learning(&detector);
  host_text(thrum_learning_state_text(learning.state));
  if (learning.state == THRUM_LEARNING_COLLECTING) print_progress(&learning);
}

static void print_recording(int32_t recording, const shown* of) {
  print("recording ", recording);
  host_column(15);
  print_state();
  if (of->windows > 0) {
    print(", ", of->above_threshold);
    print(" of ", of->windows);
    host_text(" windows above the threshold, largest score ");
    host_decimal(of->largest_score);
    host_text(of->alarm ? ", alarm: reset" : "");
  }
  host_end_line();
}

/* ---- the life */

/* All steps at once, between two blocks; a main loop goes on as ever. Whether what was learned was saved. */
static bool learn(void) {
  thrum_learning learning;
  while (state() == THRUM_LEARNING_LEARNING) thrum_detector_poll(&detector, THRUM_WHOLE_WINDOW);
  learning = thrum_detector_learning(&detector);
  if (learning.state == THRUM_LEARNING_WATCHING) {
    print("learned   ", learning.windows_collected);
    print(" windows, classes: ", learning.classes);
    host_end_line();
    return save();
  }
  host_text("refused   ");
  host_text(thrum_obstacle_text(learning.obstacle));
  host_end_line();
  thrum_detector_relearn(&detector);
  return true;
}

static void note_window(shown* of) {
  const thrum_verdict verdict = thrum_detector_verdict(&detector);
  if (verdict.state != THRUM_STATE_NORMAL && verdict.state != THRUM_STATE_ALARM) return;
  ++of->windows;
  if (verdict.state == THRUM_STATE_ALARM) ++of->above_threshold;
  if (verdict.score > of->largest_score) of->largest_score = verdict.score;
  if (thrum_detector_state(&detector) == THRUM_STATE_ALARM) of->alarm = true;
}

static int take_recording(uint32_t file, int32_t recording, int32_t frames) {
  shown of = {0, 0, 0, false};
  thrum_detector_restart(&detector);
  while (frames > 0) {
    const int32_t count = frames < BLOCK_FRAMES ? frames : BLOCK_FRAMES;
    const uint32_t bytes = (uint32_t)count * CHANNELS * (uint32_t)sizeof(int16_t);
    if (host_read(file, block, bytes) != bytes) return complain("recordings", "ends within a recording");
    thrum_detector_write(&detector, block, count); /* an interrupt's work, in a firmware with a sensor */
    while (thrum_detector_poll(&detector, THRUM_WHOLE_WINDOW)) note_window(&of);
    if (state() == THRUM_LEARNING_LEARNING && !learn()) return complain("flash", "cannot be written");
    frames -= count;
  }
  print_recording(recording, &of);
  if (of.alarm) boot();
  return SUCCESS;
}

static int take_recordings(uint32_t file) {
  int32_t recording, frames;
  for (recording = 0;; ++recording) {
    const uint32_t bytes = host_read(file, &frames, sizeof(frames));
    int status;
    if (bytes == 0) return SUCCESS;
    if (bytes != sizeof(frames) || frames < 0)
      return complain("recordings", "has no number of frames where one is due");
    status = take_recording(file, recording, frames);
    if (status != SUCCESS) return status;
  }
}

int firmware_main(void) {
  const uint32_t recordings = host_open("recordings");
  int status;
  if (recordings == HOST_NO_FILE) return complain("recordings", "cannot be opened");
  flash_file = host_open_to_change("flash");
  if (flash_file == HOST_NO_FILE) return complain("flash", "cannot be opened");
  host_read(flash_file, flash, sizeof(flash));

  boot();
  host_text("boot      ");
  print_state();
  host_end_line();
  status = take_recordings(recordings);
  if (status != SUCCESS) return status;
  /* Its centres have followed the machine. */
  if (state() == THRUM_LEARNING_WATCHING && !save()) return complain("flash", "cannot be written");
  host_close(flash_file);
  return SUCCESS;
}
