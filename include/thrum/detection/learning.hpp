#ifndef THRUM_DETECTION_LEARNING_HPP
#define THRUM_DETECTION_LEARNING_HPP

#include <stdint.h>

#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/monitor.hpp"
#include "thrum/features/options.hpp"

// What a device that learns beside its machine is asked for, and what it says of how far it is.

namespace thrum {

/// What a fixed::LearningDetector has room for: given to it in place of a model, so known when compiling.
struct LearningCapacity {
  FeatureOptions signal{};  ///< how feature rows come from samples
  int windows = 120;        ///< feature rows kept while collecting, 8 ... 32767
  int classes = 4;          ///< most ways of running well, 1 ... windows / 4

  constexpr bool valid() const {
    return what_is_wrong(signal) == nullptr && windows >= 8 && windows <= INT16_MAX && classes >= 1 &&
           classes <= windows / 4;
  }
};

/// How the class centres follow a machine that changes slowly, while it is watched.
struct DriftOptions {
  float time_constant = 1000;  ///< windows learned from until 63 % of a change is followed; 0: never; >= 10
  float limit = 0.4f;          ///< farthest from what was learned, as a share of the threshold; 0 ... 1

  constexpr bool valid() const {
    const bool never = !(time_constant > 0.0f) && !(time_constant < 0.0f);
    return (never || (time_constant >= 10.0f && time_constant <= 1e9f)) && limit >= 0.0f && limit <= 1.0f;
  }
};

/// What is to be learned. A plain aggregate.
struct LearningOptions {
  int classes = 2;       ///< k of k-means; further ones can be vouched for
  uint32_t windows = 0;  ///< to collect, at most 2^31 - 1; 0: as many as there is room for. Of more than
                         ///< that a random sample is kept; of fewer than the rate needs, those
  float false_alarm_rate = 0.01f;  ///< of single windows, in (0, 0.5]
  MonitorOptions monitor{5, 8, 2};
  DriftOptions drift{};
  uint32_t seed = 0;  ///< of which rows are kept, and of k-means
};

namespace detail {
/// All zero, for objects in .bss.
constexpr LearningOptions no_learning_options{0, 0, 0, {0, 0, 0, 0, 0, 0}, {0, 0}, 0};
}  // namespace detail

/// How far learning is.
enum class LearningState : uint8_t {
  not_started,  ///< neither learn() nor load() was called; the all-zero start-up value
  collecting,   ///< feature rows of windows
  learning,     ///< from these, in steps
  refused,      ///< they are not fit to learn from: see Obstacle
  watching,     ///< judges windows by what was learned
};

/// Why the latest window was not collected, or why learning was refused.
enum class Obstacle : uint8_t {
  none,
  idle,          ///< the machine stands still, or runs up: not collected
  sensor_fault,  ///< a sensor is faulty: not collected; the verdict says which and how
  unusable,      ///< a sample or input is not finite, or a feature overflowed: not collected
  drifting,      ///< refused: a feature moved in one direction all the time, or jumped
  unvaried,      ///< refused: there are fewer different windows than classes, or most features never changed
};

/// English words for a state of learning; static storage.
constexpr const char* to_string(LearningState state) {
  switch (state) {
    case LearningState::not_started: return "not started";
    case LearningState::collecting: return "collecting";
    case LearningState::learning: return "learning";
    case LearningState::refused: return "refused";
    case LearningState::watching: return "watching";
  }
  return "?";
}

/// English words for an obstacle; static storage.
constexpr const char* to_string(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::none: return "none";
    case Obstacle::idle: return "machine idle";
    case Obstacle::sensor_fault: return "sensor fault";
    case Obstacle::unusable: return "unusable window";
    case Obstacle::drifting: return "machine drifting";
    case Obstacle::unvaried: return "too little varied";
  }
  return "?";
}

/// Fewest windows whose distances tell a threshold of such a rate of false alarms: with fewer, even the
/// largest of them is passed more often by a further one (Vovk, Gammerman and Shafer, Algorithmic Learning in
/// a Random World, 2005: the rank ceil((1 - rate) (n + 1)) of n must exist).
constexpr uint32_t windows_for_rate(float rate) {
  const float windows = 1.0f / rate - 1.0f;
  const uint32_t whole = static_cast<uint32_t>(windows);
  return static_cast<float>(whole) < windows ? whole + 1 : whole;
}

/// Of windows that overlap by more than half one of so many is learned from: the others say the same again,
/// and would make a threshold of few independent windows look like one of many.
constexpr int windows_apart(const FeatureOptions& signal) {
  return (signal.window / 2 + signal.hop - 1) / signal.hop;
}

/// Status::ok; out_of_range when a number is outside what is said of it, and wrong_size when the capacity has
/// no room for so many classes or for the windows that the rate needs.
inline Status check(const LearningCapacity& capacity, const LearningOptions& options) {
  const float rate = options.false_alarm_rate;
  const bool finite = is_finite(rate) && is_finite(options.drift.time_constant) &&
                      is_finite(options.drift.limit) && is_finite(options.monitor.threshold);
  if (!finite || !(rate > 1e-6f && rate <= 0.5f) || options.classes < 1 || options.windows > INT32_MAX ||
      !options.drift.valid() || !options.monitor.valid())
    return Status::out_of_range;
  const uint32_t room = static_cast<uint32_t>(capacity.windows);
  if (options.classes > capacity.classes || windows_for_rate(rate) > room) return Status::wrong_size;
  return Status::ok;
}

/// How many windows are collected.
inline uint32_t windows_to_collect(const LearningCapacity& capacity, const LearningOptions& options) {
  const uint32_t asked = options.windows > 0 ? options.windows : static_cast<uint32_t>(capacity.windows);
  return larger(larger(asked, windows_for_rate(options.false_alarm_rate)), uint32_t{8});
}

}  // namespace thrum

#endif  // THRUM_DETECTION_LEARNING_HPP
