/* thrum for firmware in C, of a machine that is learned where it stands: thrum.h and the calls below.
 *
 * Compile learning.cpp, which includes thrum.cpp, in its place. There
 *
 *     THRUM_MODEL_HEADER     has a thrum::LearningCapacity in place of a model: the signal, and the room
 *     THRUM_MODEL_NAME       is its name
 *
 * and THRUM_DETECTOR_BYTES is what the compiler says when it is too little. All calls here are the main
 * loop's. thrum_detector_poll does a step of learning a call; before thrum_detector_learn or
 * thrum_detector_load no window is looked at. When a call that brings another model is ok, votes and run-up
 * begin anew, and inputs are 0 until set. */
#ifndef THRUM_EXAMPLES_FIRMWARE_C_API_LEARNING_H
#define THRUM_EXAMPLES_FIRMWARE_C_API_LEARNING_H

#include "thrum.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How far learning is. */
typedef enum thrum_learning_state {
  THRUM_LEARNING_NOT_STARTED, /* neither thrum_detector_learn nor thrum_detector_load was called */
  THRUM_LEARNING_COLLECTING,  /* features of windows */
  THRUM_LEARNING_LEARNING,    /* from these, in steps */
  THRUM_LEARNING_REFUSED,     /* they are not fit to learn from: see thrum_obstacle */
  THRUM_LEARNING_WATCHING     /* judges windows by what was learned */
} thrum_learning_state;

/* Why the latest window was not collected, or why learning was refused. */
typedef enum thrum_obstacle {
  THRUM_OBSTACLE_NONE,
  THRUM_OBSTACLE_IDLE,         /* the machine stands still, or runs up: not collected */
  THRUM_OBSTACLE_SENSOR_FAULT, /* not collected; the verdict says which */
  THRUM_OBSTACLE_UNUSABLE,     /* a sample or input is not finite, or a feature overflowed: not collected */
  THRUM_OBSTACLE_DRIFTING,     /* refused: a feature moved in one direction all the time, or jumped */
  THRUM_OBSTACLE_UNVARIED /* refused: fewer different windows than classes, or most features are constant */
} thrum_obstacle;

/* What is to be learned. */
typedef struct thrum_learning_options {
  int classes;             /* ways of running well to look for */
  uint32_t windows;        /* to collect; 0: as many as there is room for, of more a random sample is kept */
  float false_alarm_rate;  /* of single windows, in (0, 0.5] */
  int votes, vote_window;  /* so many windows of the latest so many that are above 1 raise the alarm */
  int release;             /* the alarm goes once no more than so many are */
  float monitor_threshold; /* of a window that is voted on; 1: its own verdict */
  int minimum_duration;    /* windows that an alarm lasts at least */
  int cool_down;           /* windows after an alarm in which none is raised */
  float drift_time_constant; /* windows until 63 % of a slow change is followed; 0: never */
  float drift_limit;         /* farthest from what was learned, as a share of the threshold; 0 ... 1 */
  uint32_t seed;             /* of which windows are kept, and of k-means */
} thrum_learning_options;

/* How far it is, and why not farther. */
typedef struct thrum_learning {
  thrum_learning_state state;
  thrum_obstacle obstacle;
  int drifting_feature; /* where that is the obstacle; else -1 */
  uint32_t windows_collected;
  uint32_t windows_needed; /* still, for the rate of false alarms that was asked for */
  float seconds_needed;    /* that these take */
  float progress;          /* of collecting, or of learning, in [0, 1]; 1 when watching */
  int classes;             /* ways of running well that are known */
} thrum_learning;

/* Bytes of the largest image. */
extern const size_t thrum_most_image_bytes;

/* What is asked for unless told otherwise. */
thrum_learning_options thrum_default_learning_options(void);

/* Learns from the windows that come from now on, and then watches. THRUM_STATUS_OUT_OF_RANGE for options that
 * make no sense, THRUM_STATUS_WRONG_SIZE when there is no room for so many classes or for the windows that
 * the rate needs: then nothing changes. */
thrum_status thrum_detector_learn(thrum_detector* detector, const thrum_learning_options* options);

/* The same with the options of before; THRUM_STATUS_NOT_FITTED when there are none. Images of before are of
 * no use any more: erase them. */
thrum_status thrum_detector_relearn(thrum_detector* detector);

/* Learns from a tenth of the windows, starting from what machines of the kind have learned. */
thrum_status thrum_detector_learn_from(thrum_detector* detector, const thrum_learning_options* options,
                                       const void* image, size_t bytes);

/* Writes what was learned into `bytes` of memory, thrum_most_image_bytes at most; written: how many it took.
 * THRUM_STATUS_NOT_FITTED while not watching; THRUM_STATUS_WRONG_SIZE: too few. */
thrum_status thrum_detector_save(thrum_detector* detector, void* image, size_t bytes, size_t* written);

/* Watches by what was saved. THRUM_STATUS_CORRUPT_MODEL, THRUM_STATUS_UNSUPPORTED and others for what is of
 * no use: then nothing changes. */
thrum_status thrum_detector_load(thrum_detector* detector, const void* image, size_t bytes);

/* Of two slots of flash, written in turn, the one with the latest image that thrum_detector_load takes over;
 * NULL when neither has one. */
const void* thrum_newest_image(const void* a, const void* b, size_t bytes);

/* A person vouches that the latest window is of a machine that runs well. THRUM_STATUS_NOT_FITTED when it has
 * no score, THRUM_STATUS_WRONG_SIZE when there is no room for one more class. */
thrum_status thrum_detector_this_is_normal(thrum_detector* detector);

/* The same of the latest window that was an alarm. THRUM_STATUS_NOT_FITTED when there is none since it
 * watches, or when somebody has vouched for it by this call. */
thrum_status thrum_detector_that_was_normal(thrum_detector* detector);

thrum_learning thrum_detector_learning(const thrum_detector* detector);

/* English words, in static storage. */
const char* thrum_learning_state_text(thrum_learning_state state);
const char* thrum_obstacle_text(thrum_obstacle obstacle);

#ifdef __cplusplus
}
#endif

#endif /* THRUM_EXAMPLES_FIRMWARE_C_API_LEARNING_H */
