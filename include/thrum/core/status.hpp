#ifndef THRUM_CORE_STATUS_HPP
#define THRUM_CORE_STATUS_HPP

#include <stdint.h>

namespace thrum {

/// How a call went. Says nothing about the machine that is watched: that is `State`.
enum class Status : uint8_t {
  not_fitted,        ///< no model or no window yet; the all-zero start-up value, so that it may lie in .bss
  ok,                ///< the call did what it says
  wrong_size,        ///< the sizes of two arguments, or of an argument and the capacity, do not match
  out_of_range,      ///< a number is outside what the call accepts
  non_finite,        ///< an input is NaN or infinite; nothing was computed from it
  overflow,          ///< the input is finite, but a result is too large for its type
  corrupt_model,     ///< the model's checksum does not match: flash is damaged
  self_test_failed,  ///< the model is intact, but this build scores its test vectors differently
  unsupported,  ///< the model is intact, but for another device or version, or this build has no code for it
};

/// What is known of the machine.
enum class State : uint8_t {
  unknown,       ///< not to be told: input not finite, not fitted, or too few windows yet
  normal,        ///< as learned
  alarm,         ///< anomalous: score above 1
  sensor_fault,  ///< the samples are not the machine's: see SensorFault
  idle,          ///< the machine stands still, or runs up: not scored
};

/// True for the states of a window that has a score.
constexpr bool is_scored(State state) { return state == State::normal || state == State::alarm; }

/// What is wrong with a sensor.
enum class SensorFault : uint8_t {
  none,
  non_finite,    ///< a sample is NaN or infinite
  disconnected,  ///< a whole window moves less than the sensor's own noise
  stuck,         ///< the same sample too often in a row
  clipped,       ///< too many samples at full scale
  rate_off,      ///< frames come faster or slower than they should
};

/// English word for a status; static storage.
constexpr const char* to_string(Status status) {
  switch (status) {
    case Status::not_fitted: return "not fitted";
    case Status::ok: return "ok";
    case Status::wrong_size: return "wrong size";
    case Status::out_of_range: return "out of range";
    case Status::non_finite: return "non-finite input";
    case Status::overflow: return "overflow";
    case Status::corrupt_model: return "corrupt model";
    case Status::self_test_failed: return "self-test failed";
    case Status::unsupported: return "unsupported";
  }
  return "?";
}

/// English word for a state; static storage.
constexpr const char* to_string(State state) {
  switch (state) {
    case State::unknown: return "unknown";
    case State::normal: return "normal";
    case State::alarm: return "alarm";
    case State::sensor_fault: return "sensor fault";
    case State::idle: return "idle";
  }
  return "?";
}

/// English words for a fault of a sensor; static storage.
constexpr const char* to_string(SensorFault fault) {
  switch (fault) {
    case SensorFault::none: return "none";
    case SensorFault::non_finite: return "non-finite";
    case SensorFault::disconnected: return "disconnected";
    case SensorFault::stuck: return "stuck";
    case SensorFault::clipped: return "clipped";
    case SensorFault::rate_off: return "rate off";
  }
  return "?";
}

}  // namespace thrum

#endif  // THRUM_CORE_STATUS_HPP
