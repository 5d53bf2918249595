#ifndef THRUM_FEATURES_SAMPLE_CLOCK_HPP
#define THRUM_FEATURES_SAMPLE_CLOCK_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/shared_word.hpp"
#include "thrum/features/options.hpp"

namespace thrum {

/// Tells by the time stamps of blocks whether frames are missing between them, and whether they come at the
/// rate they should. Belongs to the writer; rate_off() may be asked by the reader. All zero at start; 32
/// bytes.
///
/// Frames are missing where a block comes later than half as long again as the block before takes, and a
/// frame. What is less is a matter of the rate, which is measured over a window's frames at a time: those
/// that are lost unnoticed make it slow.
class SampleClock {
 public:
  /// The next block, of `frames` > 0, whose first one was taken at `microseconds` of any clock that wraps at
  /// 2^32. Returns how many frames are missing before it: 0 for none. options must pass check(). A pause of
  /// more than 71 minutes is taken for a shorter one. O(1), a few float operations.
  Index stamp(const FeatureOptions& options, uint32_t microseconds, Index frames) {
    const uint32_t elapsed = microseconds - stamp_;
    const Index before = static_cast<Index>(frames_);
    stamp_ = microseconds;
    frames_ = static_cast<uint32_t>(frames);
    if (before == 0) return 0;
    const float due = frames_in(options, static_cast<float>(elapsed));
    const float taken = static_cast<float>(before);
    if (due > 1.5f * taken + 1.0f) {
      measured_frames_ = 0;
      measured_time_ = 0;
      return static_cast<Index>(smaller(due - taken + 0.5f, 2e9f));
    }
    if (elapsed > UINT32_MAX - measured_time_) measure(options);
    measured_frames_ += static_cast<uint32_t>(before);
    measured_time_ += elapsed;
    if (measured_frames_ >= static_cast<uint32_t>(options.window)) measure(options);
    return 0;
  }

  /// The rate was off by more than options.sensors.rate_tolerance when it was last measured. Any side.
  bool rate_off() const { return load_shared(rate_off_) != 0; }

  /// The next block follows no other: something is known to be missing before it.
  void restart() {
    frames_ = 0;
    measured_frames_ = 0;
    measured_time_ = 0;
  }

 private:
  static float frames_in(const FeatureOptions& options, float microseconds) {
    return microseconds * 1e-6f * options.sampling_rate;
  }

  void measure(const FeatureOptions& options) {
    const float due = frames_in(options, static_cast<float>(measured_time_));
    const float taken = static_cast<float>(measured_frames_);
    // The measured rate is nominal x taken / due.
    const bool off = absolute(taken - due) > options.sensors.rate_tolerance * due;
    store_shared(rate_off_, off ? 1u : 0u);
    measured_frames_ = 0;
    measured_time_ = 0;
  }

  uint32_t measured_time_ = 0;  // microseconds, since the rate was last measured
  uint32_t measured_frames_ = 0;
  uint32_t stamp_ = 0;   // of the latest block
  uint32_t frames_ = 0;  // of it; 0: there is none
  uint32_t rate_off_ = 0;
};

}  // namespace thrum

#endif  // THRUM_FEATURES_SAMPLE_CLOCK_HPP
