#ifndef THRUM_DETECTION_MONITOR_HPP
#define THRUM_DETECTION_MONITOR_HPP

#include <stdint.h>

#include "thrum/core/status.hpp"

namespace thrum {

/// How verdicts on single windows become the state of the machine.
struct MonitorOptions {
  int votes = 3;    ///< alarms among the last `window` verdicts that raise the alarm; 1 ... window
  int window = 5;   ///< verdicts that are looked at; 1 ... 32
  int release = 1;  ///< the alarm is dropped once no more than so many are left; 0 ... votes - 1

  constexpr bool valid() const {
    return window >= 1 && window <= 32 && votes >= 1 && votes <= window && release >= 0 && release < votes;
  }
  friend constexpr bool operator==(const MonitorOptions& a, const MonitorOptions& b) {
    return a.votes == b.votes && a.window == b.window && a.release == b.release;
  }
  friend constexpr bool operator!=(const MonitorOptions& a, const MonitorOptions& b) { return !(a == b); }
};

/// Turns the verdicts on single windows into a steady state, by m-of-n voting with hysteresis: one odd window
/// raises no alarm, and an alarm does not flicker. A window whose verdict is unknown votes for nothing; with
/// fewer than `votes` known verdicts among the last `window`, and no alarm, the state is unknown.
/// All zero at start, so that a static one lies in .bss.
class Monitor {
 public:
  /// Takes the verdict on the next window and returns the machine's state. O(1). options must be valid().
  constexpr State update(const MonitorOptions& options, State verdict) {
    const uint32_t mask = UINT32_MAX >> (32 - options.window);
    alarms_ = (alarms_ << 1 | (verdict == State::alarm ? 1u : 0u)) & mask;
    known_ = (known_ << 1 | (verdict != State::unknown ? 1u : 0u)) & mask;
    const int alarms = count(alarms_);
    const bool alarm = alarms >= options.votes || (state_ == State::alarm && alarms > options.release);
    const State calm = count(known_) >= options.votes ? State::normal : State::unknown;
    state_ = alarm ? State::alarm : calm;
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

  uint32_t alarms_ = 0;  // the latest verdict is the lowest bit
  uint32_t known_ = 0;
  State state_ = State::unknown;
};

}  // namespace thrum

#endif  // THRUM_DETECTION_MONITOR_HPP
