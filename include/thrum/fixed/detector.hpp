#ifndef THRUM_FIXED_DETECTOR_HPP
#define THRUM_FIXED_DETECTOR_HPP

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/monitor.hpp"
#include "thrum/detection/packed_verdict.hpp"
#include "thrum/detection/self_test.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/features/extract.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/sample_clock.hpp"
#include "thrum/features/spectrum.hpp"
#include "thrum/features/window_check.hpp"
#include "thrum/features/window_stream.hpp"
#include "thrum/fixed/held_model.hpp"
#include "thrum/version.hpp"

namespace thrum {
namespace fixed {

/// Judges single feature rows with a model in flash; its memory is the scratch for one row.
/// model: what write_firmware_header() wrote. All zero at start; no heap; one caller at a time.
template <const auto& model>
class RowDetector : private HeldModel<model> {
  using Held = HeldModel<model>;

 public:
  /// Checks the model in this very build: its checksum, then the scores of its self-test rows. At boot.
  Status self_test() { return Held::self_test(scratch_); }

  /// The verdict on one row of model.features values.
  Verdict judge(const float* row) { return Held::judge(row, scratch_); }

  /// Each feature's share of what the row was judged by, model.features values; see shares_of_row().
  Status shares(const float* row, float* shares) {
    return shares_of_row<Held::allowed>(model, contiguous<const float>(row, model.features), scratch_,
                                        contiguous(shares, model.features));
  }

 private:
  float scratch_[array_size(Held::row_scratch_size)] = {};
};

/// Watches a stream of samples: frames in, a verdict for every completed window. source: the model, as
/// write_firmware_header() wrote it; or a Capacity, for models that come at run time: see use(). (Of a
/// LearningCapacity, for one that is learned here, it is the base of LearningDetector.)
///
/// `write` belongs to the interrupt (or DMA callback), everything else to the main loop; one of each, without
/// locks. `slack` frames beyond a window may arrive while the main loop is at work; frames that find no room
/// are refused and counted. A window never bridges a gap: it is discarded and counted. All zero at start, so
/// that a static object lies in .bss; no heap; several instances are independent. Memory: (window + slack) x
/// channels samples, 2 x features + components + feature_scratch_size(signal) numbers; with a Capacity about
/// 700 bytes more. Sample: int16_t, or float for sensors that deliver it.
template <const auto& source, typename Sample = int16_t, int slack = HeldModel<source>::most.hop>
class Detector : private HeldModel<source> {
  using Held = HeldModel<source>;
  static_assert(Held::has_signal, "this model judges feature rows: use fixed::RowDetector");
  static_assert(slack >= 0, "slack is a number of frames");
  static_assert(is_sample<Sample>, "samples are int16_t or float");
  static_assert(Held::most.arithmetic != Arithmetic::integer || sizeof(Sample) == sizeof(int16_t),
                "this model's features are computed in integers: its samples are int16_t");

 public:
  /// Main loop: the model from now on, of an image that stays where it is, in flash: what write_model_image()
  /// wrote, from a multiple of 8 bytes on; bytes: how many may be read there. Only of a Capacity. When it is
  /// not ok, nothing changes: see open_image() and fits(), and self_test_failed of the image's own rows. The
  /// next verdict is by the new model, until which there is none; votes and run-up begin anew, and inputs are
  /// 0 until set. Frames that wait stay, unless it is the first model; until then no verdict comes. O(bytes),
  /// about 60 instructions each, and some 1.5 kB of stack.
  Status use(const void* image, size_t bytes) {
    static_assert(source_of<decltype(source)> == ModelSource::at_run_time,
                  "this detector has its model from elsewhere: give it a Capacity");
    const bool first = !Held::has_model();
    return begin_anew(Held::hold(image, bytes, row_scratch_), first);
  }

  /// Interrupt: takes `count` frames of interleaved samples. Returns how many were accepted. Two memcpy.
  Index write(const Sample* frames, Index count) { return stream_.write(buffer(), frames, count); }

  /// Interrupt: the same from one array for each channel.
  Index write_planar(const Sample* const* channels, Index count) {
    return stream_.write_planar(buffer(), channels, count);
  }

  /// Interrupt: both with the time of the first frame, in microseconds of any clock that
  /// wraps at 2^32. Frames that are missing by it leave a gap (see SampleClock), and a rate that is off is a
  /// fault of the sensor where the model has a rate_tolerance. Either all blocks have a time, or none.
  Index write(const Sample* frames, Index count, uint32_t microseconds) {
    stamp(count, microseconds);
    return write(frames, count);
  }
  Index write_planar(const Sample* const* channels, Index count, uint32_t microseconds) {
    stamp(count, microseconds);
    return write_planar(channels, count);
  }

  /// Interrupt: so many frames are missing before the next ones (a lost transfer, a sensor that was reset); 0
  /// when it is not known how many.
  void gap(Index frames) {
    clock_.restart();
    stream_.gap(frames);
  }

  /// Main loop: the value of input i from now on, 0 at start, for windows that are judged from now on. NaN or
  /// infinity makes them unknown. out_of_range when the model has no such input.
  Status set_input(int i, float value) {
    if (!Held::has_model() || i < 0 || i >= signal().inputs) return Status::out_of_range;
    features_[window_feature_count(signal()) + i] = value;
    return Status::ok;
  }

  /// Steps that a window takes at most: looking for faults of sensors where the model does, the features of
  /// one channel, all correlations, and the verdict are one each.
  static constexpr int steps_per_window =
      (checks_windows(Held::most) ? 1 : 0) + Extraction<>::steps(Held::most) + 1;

  /// Main loop: true once for every completed window, whose verdict is then to be had. Does all its work.
  bool poll() { return poll(steps_per_window); }

  /// Main loop: the same with at most `budget` steps a call; a window that takes more is gone on with by the
  /// next call. No step costs more than the features of a channel, or all correlations.
  bool poll(int budget) {
    if (!Held::has_model()) return false;
    if constexpr (source_of<decltype(source)> == ModelSource::learned) Held::learner.step();
    for (; budget > 0; --budget) {
      if (stage_ == Stage::waiting && !stream_.window_ready(buffer())) return false;
      if (step()) return true;
    }
    return false;
  }

  /// One thread only: write and poll. Takes all frames (none while there is no model) and calls
  /// visit(verdict) for each window that they complete. Returns how many those are.
  template <typename Visit>
  int push(const Sample* frames, Index count, Visit visit) {
    int windows = 0;
    while (Held::has_model() && count > 0) {
      const Index taken = write(frames, smaller(count, stream_.room(buffer())));
      frames += taken * Held::most.channels;
      count -= taken;
      for (; poll(); ++windows) visit(verdict());
    }
    return windows;
  }
  /// The same; the verdict is that on the last of them.
  int push(const Sample* frames, Index count) {
    return push(frames, count, [](const Verdict&) {});
  }

  /// Main loop: starts a new recording. Frames that wait for their window are dropped, so that none holds
  /// frames from before and after; the machine's state, the latest verdict and the counts stay.
  void restart() {
    stream_.drop_waiting();
    begin_window();
  }

  /// At boot, of an object in memory that a reset does not clear, before anything else: true when this
  /// firmware left it there, so that state, votes and counts go on (the frames that waited are dropped, as by
  /// restart()); otherwise the object is made all zero, as at start. "This firmware" is one with this model
  /// and layout; of a Capacity, whose image is still there and whole. No checksum guards the content: use it
  /// where memory is retained, not where it may decay.
  bool resume() {
    const bool ours = owner_ == owner() && Held::recover() && stream_.recover(buffer());
    if (!ours) memset(static_cast<void*>(this), 0, sizeof(*this));
    owner_ = owner();
    clock_.restart();
    restart();
    return ours;
  }

  /// The verdict on the latest window; before the first one its status is not_fitted and the rest 0.
  const Verdict& verdict() const { return verdict_; }

  /// The state of the machine: the scores of the latest windows, voted upon.
  State state() const { return monitor_.state(); }

  /// How features come from windows; of a Capacity, only when a model is there.
  const FeatureOptions& signal() const { return Held::model().signal; }

  /// The model's checksum, which its header and its image have in common; 0 while there is none.
  uint32_t fingerprint() const { return Held::has_model() ? Held::model().checksum : 0; }

  /// The features of the latest window that was scored, as many as the model has; with poll(budget) partly of
  /// the next one already, unless it has just been true.
  const float* features() const { return features_; }

  /// Frames refused since start, because the main loop was late. This count and the next two stay at
  /// 2^32 - 1 once there.
  uint32_t overruns() const { return stream_.overruns(); }
  /// Frames that gap() told of since start.
  uint32_t missing_frames() const { return stream_.missing(); }
  /// Windows that began, and were not completed because of a gap or refused frames: all that began before the
  /// last of several gaps that came between two calls of poll().
  uint32_t discarded_windows() const { return stream_.discarded(); }

  /// Checks the model in this very build: its checksum, then the scores of its self-test rows. At boot.
  Status self_test() { return Held::has_model() ? Held::self_test(row_scratch_) : Status::not_fitted; }

 protected:
  // for LearningDetector

  /// What a new model means to all else, when it could be taken.
  Status begin_anew(Status status, bool first) {
    if (status != Status::ok) return status;
    monitor_.reset();
    check_ = WindowCheck();
    for (float& feature : features_) feature = 0;
    verdict_ = no_verdict;
    if (first) stream_.drop_waiting();
    begin_window();
    return Status::ok;
  }

  Held& held() { return *this; }
  const Held& held() const { return *this; }
  float* row_scratch() { return row_scratch_; }

 private:
  /// The writer looks at capacity and channels only, which no other model changes; with times of blocks at
  /// rate and window too, so that a block that comes in the midst of use() may be told a gap it has not.
  WindowBuffer<Sample> buffer() {
    return {samples_, Held::most.window + slack, Held::most.channels, signal().window, signal().hop};
  }

  void begin_window() {
    extraction_.reset();
    stage_ = Stage::waiting;
  }

  void stamp(Index count, uint32_t microseconds) {
    if (count <= 0 || !Held::has_model()) return;
    const Index missing = clock_.stamp(signal(), microseconds, count);
    if (missing > 0) stream_.gap(missing);
  }

  /// What tells this firmware's objects from others', not 0.
  static constexpr uint32_t owner() {
    const uint32_t parts[] = {Held::identity,   model_schema,   THRUM_VERSION,
                              sizeof(Detector), sizeof(Sample), static_cast<uint32_t>(slack)};
    uint32_t mixed = 2166136261u;
    for (const uint32_t part : parts) mixed = (mixed ^ part) * 16777619u;
    return mixed | 1u;
  }

  enum class Stage : uint8_t { waiting, extracting, judging };

  /// All zero, so that the object lies in .bss and not in flash.
  static constexpr Verdict no_verdict{
      Status::not_fitted, State::unknown, SensorFault::none, 0, 0, 0, 0, 0, 0};

  /// The next step of the window; true when its verdict is there.
  bool step() {
    if (stage_ == Stage::judging) return complete(judged(extraction_.status()));
    if constexpr (checks_windows(Held::most)) {
      if (stage_ == Stage::waiting) {
        const bool rate_off = signal().sensors.rate_tolerance > 0.0f && clock_.rate_off();
        const WindowCondition condition = check_.update(signal(), stream_.window(buffer()), rate_off);
        if (!condition.scored()) {
          const Verdict verdict = verdict_on(condition);
          Held::miss(verdict);
          return complete(verdict);
        }
        stage_ = Stage::extracting;
        return false;
      }
    }
    stage_ = extract() ? Stage::judging : Stage::extracting;
    return false;
  }

  /// (Never inlined, nor is judged(): the stack of neither is to lie below that of the other.)
  [[gnu::noinline]] bool extract() {
    return extraction_.step(signal(), stream_.window(buffer()), Held::feature_table(), scratch_, features_);
  }

  bool complete(const Verdict& verdict) {
    verdict_ = verdict;
    monitor_.update(Held::model().monitor, verdict.state, verdict.score);
    stream_.advance(buffer());
    stage_ = Stage::waiting;
    return true;
  }

  [[gnu::noinline]] Verdict judged(Status features_status) {
    if (features_status == Status::ok || features_status == Status::overflow)
      return Held::judge(features_, row_scratch_);
    Verdict verdict;
    verdict.status = features_status;
    Held::miss(verdict);
    return verdict;
  }

  uint32_t owner_ = 0;  // owner(), once resume() was called
  SampleClock clock_{};
  WindowStream<Sample> stream_{};
  Monitor monitor_{};
  WindowCheck check_{};
  using Number = typename Held::Number;
  Extraction<feature_parts(Held::most), Held::most.correlation ? Held::most.channels : 1, Number>
      extraction_{};
  Stage stage_ = Stage::waiting;
  Verdict verdict_ = no_verdict;
  float row_scratch_[array_size(Held::row_scratch_size)] = {};
  float features_[array_size(feature_count(Held::most))] = {};
  Number scratch_[array_size(feature_scratch_size(Held::most))] = {};
  Sample samples_[array_size((Held::most.window + slack) * Held::most.channels)] = {};
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_DETECTOR_HPP
