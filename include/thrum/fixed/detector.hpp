#ifndef THRUM_FIXED_DETECTOR_HPP
#define THRUM_FIXED_DETECTOR_HPP

#include <stdint.h>
#include <string.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/detector_model.hpp"
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
#include "thrum/version.hpp"

namespace thrum {
namespace fixed {

/// Judges single feature rows with a model in flash; its memory is the scratch for one row.
/// model: what write_firmware_header() wrote. All zero at start; no heap; one caller at a time.
template <const auto& model>
class RowDetector {
  static_assert(model.schema == model_schema,
                "this model was written for another version of thrum: write its header again");
  static_assert(model.features > 0 && model.anomaly.clusters > 0, "this model was never fitted");
  static_assert((!model.scales() || model.scaling.features == model.features) &&
                    (!model.projects() || model.projection.features == model.features) &&
                    model.anomaly.features ==
                        (model.projects() ? model.projection.components : model.features),
                "the sizes of this model's stages do not fit each other: write its header again");
  static_assert(thrum::detail::bias_fits(model.anomaly),
                "this model's bias is not for it: write its header again");

 public:
  /// Checks the model in this very build: its checksum, then the scores of its self-test rows. At boot.
  Status self_test() { return thrum::self_test<allowed>(model, scratch_); }

  /// The verdict on one row of model.features values. (Never inlined: its stack is not to lie below that of
  /// extracting features.)
  [[gnu::noinline]] Verdict judge(const float* row) {
    return thrum::judge<allowed>(model, contiguous<const float>(row, model.features), scratch_);
  }

  /// Each feature's share of what the row was judged by, model.features values; see shares_of_row().
  Status shares(const float* row, float* shares) {
    return shares_of_row<allowed>(model, contiguous<const float>(row, model.features), scratch_,
                                  contiguous(shares, model.features));
  }

 private:
  static constexpr uint32_t allowed = allowed_for(model);

  float scratch_[array_size(model.scratch_size())] = {};
};

/// Watches a stream of samples with a model in flash: frames in, a verdict for every completed window.
///
/// `write` belongs to the interrupt (or DMA callback), everything else to the main loop; one of each, without
/// locks. `slack` frames beyond a window may arrive while the main loop is at work; frames that find no room
/// are refused and counted. A window never bridges a gap: it is discarded and counted. All zero at start, so
/// that a static object lies in .bss; no heap; several instances are independent. Memory: (window + slack) x
/// channels samples, 2 x features + components + feature_scratch_size(model.signal) floats. Sample: int16_t,
/// or float for sensors that deliver it.
template <const auto& model, typename Sample = int16_t, int slack = model.signal.hop>
class Detector {
  static_assert(model.has_signal, "this model judges feature rows: use fixed::RowDetector");
  static_assert(what_is_wrong(model.signal) == nullptr, "the model's signal options are not valid");
  static_assert(model.features == feature_count(model.signal),
                "the model's features are not those of its signal options: write its header again");
  static_assert(model.monitor.valid(), "the model's monitor options are not valid");
  static_assert(slack >= 0, "slack is a number of frames");
  static_assert(is_sample<Sample>, "samples are int16_t or float");

 public:
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
    if (i < 0 || i >= model.signal.inputs) return Status::out_of_range;
    features_[window_feature_count(model.signal) + i] = value;
    return Status::ok;
  }

  /// Steps that a window takes at most: looking for faults of sensors where the model does, the features of
  /// one channel, all correlations, and the verdict are one each.
  static constexpr int steps_per_window =
      (checks_windows(model.signal) ? 1 : 0) + Extraction<>::steps(model.signal) + 1;

  /// Main loop: true once for every completed window, whose verdict is then to be had. Does all its work.
  bool poll() { return poll(steps_per_window); }

  /// Main loop: the same with at most `budget` steps a call; a window that takes more is gone on with by the
  /// next call. No step costs more than the features of a channel, or all correlations.
  bool poll(int budget) {
    for (; budget > 0; --budget) {
      if (stage_ == Stage::waiting && !stream_.window_ready(buffer())) return false;
      if (step()) return true;
    }
    return false;
  }

  /// One thread only: write and poll. Takes all frames and calls visit(verdict) for each window that they
  /// complete. Returns how many those are.
  template <typename Visit>
  int push(const Sample* frames, Index count, Visit visit) {
    int windows = 0;
    while (count > 0) {
      const Index taken = write(frames, smaller(count, stream_.room(buffer())));
      frames += taken * model.signal.channels;
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
    extraction_.reset();
    stage_ = Stage::waiting;
  }

  /// At boot, of an object in memory that a reset does not clear, before anything else: true when this
  /// firmware left it there, so that state, votes and counts go on (the frames that waited are dropped, as by
  /// restart()); otherwise the object is made all zero, as at start. "This firmware" is one with this model
  /// and layout. No checksum guards the content: use it where memory is retained, not where it may decay.
  bool resume() {
    const bool ours = owner_ == owner() && stream_.recover(buffer());
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

  /// The features of the latest window that was scored, model.features values; with poll(budget) partly of
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
  Status self_test() { return rows_.self_test(); }

 private:
  WindowBuffer<Sample> buffer() {
    return {samples_, model.signal.window + slack, model.signal.channels, model.signal.window,
            model.signal.hop};
  }

  void stamp(Index count, uint32_t microseconds) {
    if (count <= 0) return;
    const Index missing = clock_.stamp(model.signal, microseconds, count);
    if (missing > 0) stream_.gap(missing);
  }

  /// What tells this firmware's objects from others', not 0.
  static constexpr uint32_t owner() {
    const uint32_t parts[] = {model.checksum,   model_schema,   THRUM_VERSION,
                              sizeof(Detector), sizeof(Sample), static_cast<uint32_t>(slack)};
    uint32_t mixed = 2166136261u;
    for (const uint32_t part : parts) mixed = (mixed ^ part) * 16777619u;
    return mixed | 1u;
  }

  enum class Stage : uint8_t { waiting, extracting, judging };

  /// The next step of the window; true when its verdict is there.
  bool step() {
    const WindowView<Sample> window = stream_.window(buffer());
    if (stage_ == Stage::judging) return complete(judged(extraction_.status()));
    if constexpr (checks_windows(model.signal)) {
      if (stage_ == Stage::waiting) {
        const bool rate_off = model.signal.sensors.rate_tolerance > 0.0f && clock_.rate_off();
        const WindowCondition condition = check_.update(model.signal, window, rate_off);
        if (!condition.scored()) return complete(verdict_on(condition));
        stage_ = Stage::extracting;
        return false;
      }
    }
    const bool extracted = extraction_.step(model.signal, window, table.value, scratch_, features_);
    stage_ = extracted ? Stage::judging : Stage::extracting;
    return false;
  }

  bool complete(const Verdict& verdict) {
    verdict_ = verdict;
    monitor_.update(model.monitor, verdict.state, verdict.score);
    stream_.advance(buffer());
    stage_ = Stage::waiting;
    return true;
  }

  Verdict judged(Status features_status) {
    if (features_status == Status::ok || features_status == Status::overflow) return rows_.judge(features_);
    Verdict verdict;
    verdict.status = features_status;
    return verdict;
  }

  static constexpr FeatureTable<feature_table_size(model.signal)> table{model.signal};

  uint32_t owner_ = 0;  // owner(), once resume() was called
  SampleClock clock_{};
  WindowStream<Sample> stream_{};
  Monitor monitor_{};
  WindowCheck check_{};
  Extraction<feature_parts(model.signal), model.signal.correlation ? model.signal.channels : 1> extraction_{};
  Stage stage_ = Stage::waiting;
  Verdict verdict_{
      Status::not_fitted, State::unknown, SensorFault::none, 0, 0, 0, 0, 0, 0};  // all zero: .bss, not flash
  RowDetector<model> rows_{};
  float features_[array_size(model.features)] = {};
  float scratch_[array_size(feature_scratch_size(model.signal))] = {};
  Sample samples_[array_size((model.signal.window + slack) * model.signal.channels)] = {};
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_DETECTOR_HPP
