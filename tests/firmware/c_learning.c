/* In place of the firmware's program: what learning.h promises holds, on a signal made here. Prints the line
 * of each check that does not; exit status 0 when all hold. */

#include "learning.h"

#include <stdint.h>
#include <string.h>

#include "c_checks.h"

enum { CHANNELS = 3, HOP = 16, WINDOW = 128, WINDOWS = 120, IMAGE_BYTES = 4096 };

static thrum_detector first, second;
static unsigned char image[IMAGE_BYTES], other_image[IMAGE_BYTES], empty[IMAGE_BYTES];
static size_t image_bytes;
static uint32_t noise_state = 1;

static thrum_learning_state state_of(const thrum_detector* detector) {
  return thrum_detector_learning(detector).state;
}

/* A hop of uniform noise, up to 4 * gain counts; true when it completed a window. */
static bool feed(thrum_detector* detector, int gain) {
  int16_t frames[HOP * CHANNELS];
  int i;
  for (i = 0; i < HOP * CHANNELS; ++i) {
    noise_state = noise_state * 1664525u + 1013904223u;
    frames[i] = (int16_t)(((int32_t)(noise_state >> 21) - 1024) * gain / 256);
  }
  CHECK(thrum_detector_write(detector, frames, HOP) == HOP);
  return thrum_detector_poll(detector, THRUM_WHOLE_WINDOW);
}

/* Windows of nothing but this gain. */
static void feed_windows(thrum_detector* detector, int gain, int windows) {
  int i;
  for (i = 0; i < WINDOW / HOP - 1 + windows; ++i) feed(detector, gain);
}

static void finish_learning(thrum_detector* detector) {
  int steps = 0;
  while (state_of(detector) == THRUM_LEARNING_LEARNING && ++steps < 10000)
    thrum_detector_poll(detector, THRUM_WHOLE_WINDOW);
}

static thrum_learning_options options_of(int classes) {
  thrum_learning_options options = thrum_default_learning_options();
  options.classes = classes;
  return options;
}

static void check_start(void) {
  const thrum_learning learning = thrum_detector_learning(&first);
  CHECK(learning.state == THRUM_LEARNING_NOT_STARTED && learning.obstacle == THRUM_OBSTACLE_NONE);
  CHECK(learning.classes == 0 && learning.drifting_feature == -1);
  CHECK(!feed(&first, 256));
  CHECK(thrum_detector_relearn(&first) == THRUM_STATUS_NOT_FITTED);
  CHECK(thrum_detector_this_is_normal(&first) == THRUM_STATUS_NOT_FITTED);
  CHECK(thrum_detector_save(&first, image, IMAGE_BYTES, &image_bytes) == THRUM_STATUS_NOT_FITTED);
  CHECK(thrum_detector_load(&first, empty, IMAGE_BYTES) == THRUM_STATUS_CORRUPT_MODEL);
  CHECK(thrum_newest_image(empty, image, IMAGE_BYTES) == NULL);
}

static void check_options(void) {
  thrum_learning_options options = thrum_default_learning_options();
  CHECK(options.classes == 2 && options.windows == 0 && options.votes == 5 && options.vote_window == 8);
  CHECK(options.release == 2 && options.drift_time_constant > 0 && options.drift_limit > 0);
  options.false_alarm_rate = 0;
  CHECK(thrum_detector_learn(&first, &options) == THRUM_STATUS_OUT_OF_RANGE);
  options = options_of(3);
  CHECK(thrum_detector_learn(&first, &options) == THRUM_STATUS_WRONG_SIZE);
  options = options_of(1);
  options.votes = options.vote_window + 1;
  CHECK(thrum_detector_learn(&first, &options) == THRUM_STATUS_OUT_OF_RANGE);
  CHECK(state_of(&first) == THRUM_LEARNING_NOT_STARTED);
}

static void check_learning(void) {
  const thrum_learning_options options = options_of(1);
  thrum_learning learning;
  int hops = 0;
  CHECK(thrum_detector_learn(&first, &options) == THRUM_STATUS_OK);
  learning = thrum_detector_learning(&first);
  CHECK(learning.state == THRUM_LEARNING_COLLECTING && learning.windows_needed == WINDOWS);
  CHECK(learning.progress == 0 && learning.seconds_needed > 38 && learning.seconds_needed < 39);
  while (state_of(&first) == THRUM_LEARNING_COLLECTING && ++hops < 1000) feed(&first, 256);
  learning = thrum_detector_learning(&first);
  CHECK(learning.windows_collected == WINDOWS && learning.windows_needed == 0);
  CHECK(thrum_detector_verdict(&first).state == THRUM_STATE_UNKNOWN);
  finish_learning(&first);
  learning = thrum_detector_learning(&first);
  CHECK(learning.state == THRUM_LEARNING_WATCHING && learning.classes == 1 && learning.progress == 1);
  feed_windows(&first, 256, 8);
  CHECK(thrum_detector_state(&first) == THRUM_STATE_NORMAL);
}

/* A machine that runs up all the time. */
static void check_refusal(void) {
  const thrum_learning_options options = options_of(1);
  thrum_learning learning;
  int hops = 0;
  CHECK(thrum_detector_learn(&second, &options) == THRUM_STATUS_OK);
  while (state_of(&second) == THRUM_LEARNING_COLLECTING && ++hops < 1000) feed(&second, 256 + hops);
  finish_learning(&second);
  learning = thrum_detector_learning(&second);
  CHECK(learning.state == THRUM_LEARNING_REFUSED && learning.obstacle == THRUM_OBSTACLE_DRIFTING);
  CHECK(learning.drifting_feature >= 0);
  CHECK(thrum_detector_relearn(&second) == THRUM_STATUS_OK);
  CHECK(state_of(&second) == THRUM_LEARNING_COLLECTING);
}

static void check_images(void) {
  CHECK(thrum_most_image_bytes <= IMAGE_BYTES);
  CHECK(thrum_detector_save(&first, image, 100, &image_bytes) == THRUM_STATUS_WRONG_SIZE);
  CHECK(thrum_detector_save(&first, image, IMAGE_BYTES, &image_bytes) == THRUM_STATUS_OK);
  CHECK(image_bytes > 0 && image_bytes <= thrum_most_image_bytes);
  CHECK(thrum_newest_image(empty, image, IMAGE_BYTES) == image);
  CHECK(thrum_detector_save(&first, other_image, IMAGE_BYTES, &image_bytes) == THRUM_STATUS_OK);
  CHECK(thrum_newest_image(other_image, image, IMAGE_BYTES) == other_image);

  image[image_bytes / 2] ^= 1;
  CHECK(thrum_detector_load(&second, image, IMAGE_BYTES) == THRUM_STATUS_CORRUPT_MODEL);
  CHECK(state_of(&second) == THRUM_LEARNING_COLLECTING);
  image[image_bytes / 2] ^= 1;
  CHECK(thrum_detector_load(&second, image, IMAGE_BYTES) == THRUM_STATUS_OK);
  CHECK(state_of(&second) == THRUM_LEARNING_WATCHING);
}

/* Somebody comes when it runs as before again. */
static void check_vouching_late(void) {
  CHECK(thrum_detector_that_was_normal(&second) == THRUM_STATUS_NOT_FITTED);
  feed_windows(&second, 2048, 8);
  feed_windows(&second, 256, 8);
  CHECK(thrum_detector_state(&second) == THRUM_STATE_NORMAL);
  CHECK(thrum_detector_that_was_normal(&second) == THRUM_STATUS_OK);
  CHECK(thrum_detector_learning(&second).classes == 2);
}

/* A way of running well that came up later; there is room for one. */
static void check_vouching(void) {
  float alarming;
  feed_windows(&first, 2048, 8);
  CHECK(thrum_detector_state(&first) == THRUM_STATE_ALARM);
  alarming = thrum_detector_verdict(&first).score;
  CHECK(thrum_detector_this_is_normal(&first) == THRUM_STATUS_OK);
  CHECK(thrum_detector_learning(&first).classes == 2);
  feed_windows(&first, 2048, 8);
  CHECK(thrum_detector_verdict(&first).cluster == 1);
  CHECK(thrum_detector_verdict(&first).score < alarming / 2);
  feed_windows(&first, 8000, 8);
  CHECK(thrum_detector_verdict(&first).state == THRUM_STATE_ALARM);
  CHECK(thrum_detector_this_is_normal(&first) == THRUM_STATUS_WRONG_SIZE);
  CHECK(thrum_detector_that_was_normal(&first) == THRUM_STATUS_WRONG_SIZE);
}

static void check_another_start(void) {
  const thrum_learning_options options = options_of(1);
  CHECK(thrum_detector_learn_from(&first, &options, empty, IMAGE_BYTES) == THRUM_STATUS_CORRUPT_MODEL);
  CHECK(state_of(&first) == THRUM_LEARNING_WATCHING);
  CHECK(thrum_detector_learn_from(&first, &options, image, IMAGE_BYTES) == THRUM_STATUS_OK);
  CHECK(thrum_detector_learning(&first).windows_needed == WINDOWS / 10);
  CHECK(thrum_detector_this_is_normal(&first) == THRUM_STATUS_NOT_FITTED);
}

static void check_words(void) {
  CHECK(strcmp(thrum_learning_state_text(THRUM_LEARNING_WATCHING), "watching") == 0);
  CHECK(strcmp(thrum_obstacle_text(THRUM_OBSTACLE_DRIFTING), "machine drifting") == 0);
}

int firmware_main(void) {
  CHECK(thrum_model_sizes.channels == CHANNELS && thrum_model_sizes.hop == HOP);
  CHECK(thrum_model_sizes.window == WINDOW && thrum_model_sizes.features == 33);
  check_start();
  check_options();
  check_learning();
  check_refusal();
  check_images();
  check_vouching();
  check_vouching_late();
  check_another_start();
  check_words();
  return end_checks();
}
