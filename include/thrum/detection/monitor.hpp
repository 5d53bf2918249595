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
  int window = 5;       ///< n: windows that are looked at; 1 ... 32
  int release = 1;      ///< the alarm is dropped once no more than so many are above; 0 ... votes - 1
  float threshold = 1;  ///< > 0, finite; 1: each window's own verdict. monitor_threshold() calibrates it

  constexpr bool valid() const {
    return window >= 1 && window <= 32 && votes >= 1 && votes <= window && release >= 0 && release < votes &&
           threshold > 0 && threshold <= ScalarTraits<float>::largest();
  }
  friend constexpr bool operator==(const MonitorOptions& a, const MonitorOptions& b) {
    return a.votes == b.votes && a.window == b.window && a.release == b.release && a.threshold == b.threshold;
  }
  friend constexpr bool operator!=(const MonitorOptions& a, const MonitorOptions& b) { return !(a == b); }
};

/// Turns the scores of single windows into a steady state: alarm when the m-th largest of the last n scores
/// is above the monitor's own threshold, with hysteresis. One odd window raises no alarm, and an alarm does
/// not flicker. The m-th largest is above the threshold just when m scores are, so one bit a score is all it
/// keeps. A window whose verdict is unknown votes for nothing; with fewer than m known ones among the last n,
/// and no alarm, the state is unknown. All zero at start, so that a static one lies in .bss; twelve bytes.
class Monitor {
 public:
  /// Takes verdict and score of the next window and returns the machine's state. A score that overflowed is
  /// infinite, which is above any threshold; that of an unknown verdict is not looked at. O(1). options must
  /// be valid().
  constexpr State update(const MonitorOptions& options, State verdict, float score) {
    const uint32_t mask = UINT32_MAX >> (32 - options.window);
    const bool known = verdict == State::normal || verdict == State::alarm;
    const bool above = known && score > options.threshold;
    above_ = (above_ << 1 | (above ? 1u : 0u)) & mask;
    known_ = (known_ << 1 | (known ? 1u : 0u)) & mask;
    const int votes = count(above_);
    const bool alarm = votes >= options.votes || (state_ == State::alarm && votes > options.release);
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

  uint32_t above_ = 0;  // the latest window is the lowest bit
  uint32_t known_ = 0;
  State state_ = State::unknown;
};

}  // namespace thrum

#endif  // THRUM_DETECTION_MONITOR_HPP
