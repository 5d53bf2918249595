#ifndef THRUM_FIXED_LEARNING_DETECTOR_HPP
#define THRUM_FIXED_LEARNING_DETECTOR_HPP

#include <stddef.h>
#include <stdint.h>

#include "thrum/core/status.hpp"
#include "thrum/detection/learning.hpp"
#include "thrum/fixed/detector.hpp"
#include "thrum/fixed/learner.hpp"

namespace thrum {
namespace fixed {

/// A Detector that learns its machine where it stands. All calls here are the main loop's; when one that
/// brings another model is ok, votes and run-up begin anew, and inputs are 0 until set. Until learn() or
/// load() no window is looked at. Memory: that of a Detector and a Learner.
template <const LearningCapacity& capacity, typename Sample = int16_t, int slack = capacity.signal.hop>
class LearningDetector : public Detector<capacity, Sample, slack> {
  using Base = Detector<capacity, Sample, slack>;

 public:
  /// Learns from the windows that come from now on, and then watches; poll() does a step of it a call. See
  /// Learner::learn().
  Status learn(const LearningOptions& options = LearningOptions()) {
    const bool first = is_first();
    return Base::begin_anew(own().learn(options), first);
  }
  /// The same with the options of before, for a machine that was mended or mounted anew; not_fitted when
  /// there are none. Images of before are of no use any more: erase them.
  Status relearn() { return Base::begin_anew(own().relearn(), false); }
  /// Learns from a tenth of the windows, starting from what machines of the kind have learned. See
  /// Learner::learn_from().
  Status learn_from(const LearningOptions& options, const void* image, size_t bytes) {
    const bool first = is_first();
    return Base::begin_anew(own().learn_from(options, image, bytes), first);
  }

  /// Writes what was learned into `bytes` of memory; written: how many it took. See LearnedClasses::save().
  Status save(void* image, size_t bytes, size_t& written) { return own().save(image, bytes, written); }
  /// Watches by what was saved; when it is not ok, nothing changes. See LearnedClasses::load().
  Status load(const void* image, size_t bytes) {
    const bool first = is_first();
    return Base::begin_anew(own().load(image, bytes), first);
  }
  /// Of two slots of flash, written in turn, the one with the latest image that load() takes over; null when
  /// neither has one. A loss of power while one is written leaves the other. See LearnedClasses::newest().
  static const void* newest(const void* a, const void* b, size_t bytes) {
    return LearnedClasses<capacity>::newest(a, b, bytes);
  }

  /// A person vouches that the latest window is of a machine that runs well: it is normal from now on. See
  /// LearnedClasses::vouch(). not_fitted when that window has no score: of a faulty sensor, or idle, or
  /// before the first one. (With poll(budget), only right after it was true.)
  Status this_is_normal() {
    return is_scored(Base::verdict().state) ? own().vouch(Base::features(), Base::row_scratch())
                                            : Status::not_fitted;
  }

  /// The same of the latest window that was an alarm, for who comes when the machine runs as before again.
  /// not_fitted when there is none since it watches, or when somebody has vouched for it by this call.
  Status that_was_normal() { return own().vouch_for_alarm(Base::row_scratch()); }

  /// How far learning is, and what was learned.
  const Learner<capacity>& learner() const { return Base::held().learner; }

 private:
  Learner<capacity>& own() { return Base::held().learner; }
  bool is_first() const { return !Base::held().has_model(); }
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_LEARNING_DETECTOR_HPP
