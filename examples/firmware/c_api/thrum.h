/* thrum for firmware in C: watches a machine with the model that thrum.cpp was compiled with.
 *
 * Compile this header's users as C99 or newer and thrum.cpp as C++17, for the same processor and with the
 * same definition of
 *
 *     THRUM_DETECTOR_BYTES   memory of a detector: "RAM" in the first lines of the model's header, or more
 *
 * and, for thrum.cpp alone,
 *
 *     THRUM_MODEL_HEADER     what thrum::write_firmware_header wrote, in quotes
 *     THRUM_MODEL_NAME       the name of the model in it
 *
 * Too few bytes do not compile, and the message says how many are needed. Nothing takes memory from a heap or
 * needs the C++ library. Pointers must be valid; they are not checked. */
#ifndef THRUM_EXAMPLES_FIRMWARE_C_API_THRUM_H
#define THRUM_EXAMPLES_FIRMWARE_C_API_THRUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef THRUM_DETECTOR_BYTES
#error "define THRUM_DETECTOR_BYTES: the bytes of RAM that the first lines of the model's header say"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* How a call went. */
typedef enum thrum_status {
  THRUM_STATUS_NOT_FITTED,       /* there was no window yet */
  THRUM_STATUS_OK,               /* the call did what it says */
  THRUM_STATUS_WRONG_SIZE,       /* sizes do not match */
  THRUM_STATUS_OUT_OF_RANGE,     /* a number is outside what the call accepts */
  THRUM_STATUS_NON_FINITE,       /* an input is NaN or infinite; nothing was computed from it */
  THRUM_STATUS_OVERFLOW,         /* the input is finite, but a result is too large */
  THRUM_STATUS_CORRUPT_MODEL,    /* the flash does not hold what the model's header held */
  THRUM_STATUS_SELF_TEST_FAILED, /* the model is intact, but this build scores it differently */
  THRUM_STATUS_UNSUPPORTED       /* the model is intact, but for another device or version */
} thrum_status;

/* What is known of the machine. */
typedef enum thrum_state {
  THRUM_STATE_UNKNOWN,      /* not to be told */
  THRUM_STATE_NORMAL,       /* as learned */
  THRUM_STATE_ALARM,        /* anomalous: score above 1 */
  THRUM_STATE_SENSOR_FAULT, /* the samples are not the machine's: see thrum_fault */
  THRUM_STATE_IDLE          /* the machine stands still, or runs up */
} thrum_state;

/* What is wrong with a sensor. */
typedef enum thrum_fault {
  THRUM_FAULT_NONE,
  THRUM_FAULT_NON_FINITE,   /* a sample is NaN or infinite */
  THRUM_FAULT_DISCONNECTED, /* a whole window moves less than the sensor's own noise */
  THRUM_FAULT_STUCK,        /* the same sample too often in a row */
  THRUM_FAULT_CLIPPED,      /* too many samples at full scale */
  THRUM_FAULT_RATE_OFF      /* frames come faster or slower than they should */
} thrum_fault;

/* What a feature is; see the guide's table. */
typedef enum thrum_feature_kind {
  THRUM_FEATURE_MEAN,
  THRUM_FEATURE_RMS,
  THRUM_FEATURE_MEDIAN_ABSOLUTE_DEVIATION,
  THRUM_FEATURE_PEAK_TO_PEAK,
  THRUM_FEATURE_CREST_FACTOR,
  THRUM_FEATURE_SKEWNESS,
  THRUM_FEATURE_KURTOSIS,
  THRUM_FEATURE_ZERO_CROSSINGS,
  THRUM_FEATURE_BAND_ENERGY,
  THRUM_FEATURE_ENVELOPE_ENERGY,
  THRUM_FEATURE_SPECTRAL_KURTOSIS,
  THRUM_FEATURE_CORRELATION,
  THRUM_FEATURE_INPUT
} thrum_feature_kind;

/* What is said of one window. */
typedef struct thrum_verdict {
  thrum_status status; /* why the state is unknown */
  thrum_state state;
  thrum_fault fault;      /* when the state is a sensor's fault */
  float score;            /* 1 is the threshold; alarm is strictly above */
  float tail_probability; /* share of normal windows that score at least so high */
  int cluster;            /* the way of running well it was judged against; -1: none */
  int feature;            /* on alarm, the feature it is put down to; else -1 */
  int channel;            /* on alarm, that feature's channel; of a fault, the sensor's; else -1 */
  float share;            /* on alarm, that feature's part in what was found, in [0, 1] */
} thrum_verdict;

/* What the feature at some place among the features is. */
typedef struct thrum_feature_name {
  thrum_feature_kind kind;
  int channel; /* -1 of an input */
  int detail;  /* the band; the other channel of a correlation; the number of an input; else 0 */
} thrum_feature_name;

/* Counts since start. They stay at 2^32 - 1 once there. */
typedef struct thrum_counters {
  uint32_t overruns;          /* frames refused because the main loop was late */
  uint32_t missing_frames;    /* frames that thrum_detector_gap told of */
  uint32_t discarded_windows; /* windows that began and could not be completed */
} thrum_counters;

/* What the model asks for. */
typedef struct thrum_sizes {
  int channels; /* samples of a frame */
  int window;   /* frames of a window */
  int hop;      /* frames from one window to the next */
  int features;
  int inputs;           /* of them, what thrum_detector_set_input sets */
  int steps_per_window; /* steps of thrum_detector_poll that a window takes at most */
} thrum_sizes;

extern const thrum_sizes thrum_model_sizes;

/* A detector, in memory of the caller's. A static one is ready, all zero; any other is made so by
 * thrum_detector_init(). It holds no pointer, so that it may be copied; several are independent. What is in
 * it is not for the caller. */
typedef union thrum_detector {
  uint64_t alignment;
  unsigned char bytes[THRUM_DETECTOR_BYTES];
} thrum_detector;

/* Steps for thrum_detector_poll: all that a window takes. */
#define THRUM_WHOLE_WINDOW INT32_MAX

/* Bytes of a packed verdict. */
#define THRUM_PACKED_VERDICT_BYTES 16

/* ---- at boot */

/* All zero, as at start. */
void thrum_detector_init(thrum_detector* detector);

/* In place of that, in memory that a reset does not clear: true when this firmware left the detector there,
 * so that state, votes and counts go on; else it is made all zero. */
bool thrum_detector_resume(thrum_detector* detector);

/* Checks the model in this very build: its checksum, then rows with known scores. */
thrum_status thrum_detector_self_test(thrum_detector* detector);

/* ---- interrupt: one caller, which may interrupt the main loop's calls */

/* Takes `count` frames, interleaved: count x channels samples. Returns how many found room; the others are
 * counted as overruns. Room for frames that come while the main loop is busy: one hop. */
ptrdiff_t thrum_detector_write(thrum_detector* detector, const int16_t* frames, ptrdiff_t count);

/* The same from one array for each channel. */
ptrdiff_t thrum_detector_write_planar(thrum_detector* detector, const int16_t* const* channels,
                                      ptrdiff_t count);

/* thrum_detector_write with the time of the first frame, microseconds of a clock that wraps at 2^32; missing
 * frames are noticed by it. Either all blocks have a time, or none. */
ptrdiff_t thrum_detector_write_at(thrum_detector* detector, const int16_t* frames, ptrdiff_t count,
                                  uint32_t microseconds);

/* So many frames are missing before the next ones; 0 when it is not known how many. */
void thrum_detector_gap(thrum_detector* detector, ptrdiff_t frames);

/* ---- main loop: one caller */

/* The value of input i from now on. THRUM_STATUS_OUT_OF_RANGE when the model has no such input. */
thrum_status thrum_detector_set_input(thrum_detector* detector, int i, float value);

/* True once for every completed window. Does at most `budget` steps, each no longer than the features of a
 * channel or all correlations; a window that takes more is gone on with by the next call. */
bool thrum_detector_poll(thrum_detector* detector, int budget);

/* Starts a new recording: no window then holds frames from before and after. */
void thrum_detector_restart(thrum_detector* detector);

/* The verdict on the latest window; before the first one its status is THRUM_STATUS_NOT_FITTED. */
thrum_verdict thrum_detector_verdict(const thrum_detector* detector);

/* The same for telemetry: THRUM_PACKED_VERDICT_BYTES bytes, which thrum::unpack takes apart. */
void thrum_detector_pack_verdict(const thrum_detector* detector, uint8_t* bytes);

/* The state of the machine: the latest windows, voted upon. */
thrum_state thrum_detector_state(const thrum_detector* detector);

/* The features of the latest window that was scored, thrum_model_sizes.features values. */
const float* thrum_detector_features(const thrum_detector* detector);

thrum_counters thrum_detector_counters(const thrum_detector* detector);

/* ---- words */

/* What feature `i` in [0, features) is. */
thrum_feature_name thrum_name_of_feature(int i);

/* English words, in static storage. */
const char* thrum_status_text(thrum_status status);
const char* thrum_state_text(thrum_state state);
const char* thrum_fault_text(thrum_fault fault);
const char* thrum_feature_kind_text(thrum_feature_kind kind);

#ifdef __cplusplus
}
#endif

#endif /* THRUM_EXAMPLES_FIRMWARE_C_API_THRUM_H */
