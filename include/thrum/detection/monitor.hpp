#ifndef THRUM_DETECTION_MONITOR_HPP
#define THRUM_DETECTION_MONITOR_HPP

#include <stdint.h>

#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"

namespace thrum {

/// How the scores of single windows become the state of the machine.
struct MonitorOptions {
  int votes =
      3;  ///< m: scores above the threshold among the last `window` that raise the alarm; 1 ... window
  int window = 5;            ///< n: windows that are looked at; 1 ... 32
  int release = 1;           ///< the alarm is dropped once no more than so many are above; 0 ... votes - 1
  float threshold = 1;       ///< > 0, finite; 1: each window's own verdict. monitor_threshold() calibrates it
  int minimum_duration = 0;  ///< windows that an alarm lasts at least; 0 ... 65535
  int cool_down = 0;         ///< windows after an alarm in which none is raised; 0 ... 65535

  constexpr bool valid() const {
    return window >= 1 && window <= 32 && votes >= 1 && votes <= window && release >= 0 && release < votes &&
           threshold > 0 && threshold <= ScalarTraits<float>::largest() && minimum_duration >= 0 &&
           minimum_duration <= UINT16_MAX && cool_down >= 0 && cool_down <= UINT16_MAX;
  }
  friend constexpr bool operator==(const MonitorOptions& a, const MonitorOptions& b) {
    return a.votes == b.votes && a.window == b.window && a.release == b.release &&
           a.threshold == b.threshold && a.minimum_duration == b.minimum_duration &&
           a.cool_down == b.cool_down;
  }
  friend constexpr bool operator!=(const MonitorOptions& a, const MonitorOptions& b) { return !(a == b); }
};

/// Turns the scores of single windows into a steady state: alarm when the m-th largest of the last n scores
/// is above the monitor's own threshold, with hysteresis. One odd window raises no alarm, and an alarm does
/// not flicker. The m-th largest is above the threshold just when m scores are, so one bit a score is all it
/// keeps. A window whose verdict is unknown or sensor_fault votes for nothing; with fewer than m known ones
/// among the last n, and no alarm, the state is that of the latest window: unknown or sensor_fault. An idle
/// window is as if it had not been, to votes and durations: an alarm outlasts it, any other state is idle
/// meanwhile. All zero at start, so that a static one lies in .bss; twelve bytes.
class Monitor {
 public:
  /// Takes verdict and score of the next window and returns the machine's state. A score that overflowed is
  /// infinite, which is above any threshold; that of a verdict without one is not looked at. O(1). options
  /// must be valid().
  constexpr State update(const MonitorOptions& options, State verdict, float score) {
    if (verdict == State::idle) return state_ = state_ == State::alarm ? State::alarm : State::idle;
    const uint32_t mask = UINT32_MAX >> (32 - options.window);
    const bool above = is_scored(verdict) && score > options.threshold;
    above_ = (above_ << 1 | (above ? 1u : 0u)) & mask;
    known_ = (known_ << 1 | (is_scored(verdict) ? 1u : 0u)) & mask;
    if (wait_ > 0) --wait_;
    const bool before = state_ == State::alarm;
    const int votes = count(above_);
    const bool alarm = before ? wait_ > 0 || votes > options.release : wait_ == 0 && votes >= options.votes;
    if (alarm != before) wait_ = static_cast<uint16_t>(alarm ? options.minimum_duration : options.cool_down);
    state_ = alarm ? State::alarm : calm(options, verdict);
    return state_;
  }

  constexpr State state() const { return state_; }

  /// Forgets everything, as at start.
  constexpr void reset() { *this = Monitor(); }

 private:
  static constexpr int count(uint32_t bits) {
    int ones = 0;
    for (; bits != 0; bits &= bits - 1) ++ones;
    return ones;
  }

  constexpr State calm(const MonitorOptions& options, State verdict) const {
    if (count(known_) >= options.votes) return State::normal;
    return verdict == State::sensor_fault ? State::sensor_fault : State::unknown;
  }

  uint32_t above_ = 0;  // the latest window is the lowest bit
  uint32_t known_ = 0;
  uint16_t wait_ = 0;  // windows for which an alarm stays, or none is raised
  State state_ = State::unknown;
};

}  // namespace thrum

#endif  // THRUM_DETECTION_MONITOR_HPP
