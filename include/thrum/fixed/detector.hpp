#ifndef THRUM_FIXED_DETECTOR_HPP
#define THRUM_FIXED_DETECTOR_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/monitor.hpp"
#include "thrum/detection/self_test.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/features/extract.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/spectrum.hpp"
#include "thrum/features/window_stream.hpp"

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
/// are refused and counted. All zero at start, so that a static object lies in .bss; no heap; several
/// instances are independent. Memory: (window + slack) x channels samples, 2 x features + components +
/// feature_scratch_size(model.signal) floats. Sample: int16_t, or float for sensors that deliver it.
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

  /// Main loop: true once for every completed window, whose verdict is then to be had.
  bool poll() {
    if (!stream_.window_ready(buffer())) return false;
    const Status status = extract_features<feature_parts(model.signal)>(
        model.signal, stream_.window(buffer()), table.value, scratch_, features_);
    stream_.advance(buffer());
    verdict_ = judged(status);
    monitor_.update(model.monitor, verdict_.state, verdict_.score);
    return true;
  }

  /// Main loop: starts a new recording. Frames that wait for their window are dropped, so that none holds
  /// frames from before and after; the machine's state, the latest verdict and the overruns stay.
  void restart() { stream_.drop_waiting(); }

  /// The verdict on the latest window; before the first one its status is not_fitted and the rest 0.
  const Verdict& verdict() const { return verdict_; }

  /// The state of the machine: the scores of the latest windows, voted upon.
  State state() const { return monitor_.state(); }

  /// The latest window's features, model.features values.
  const float* features() const { return features_; }

  /// Frames refused since start, because the main loop was late.
  uint32_t overruns() const { return stream_.overruns(); }

  /// Checks the model in this very build: its checksum, then the scores of its self-test rows. At boot.
  Status self_test() { return rows_.self_test(); }

 private:
  WindowBuffer<Sample> buffer() {
    return {samples_, model.signal.window + slack, model.signal.channels, model.signal.window,
            model.signal.hop};
  }

  Verdict judged(Status features_status) {
    if (features_status == Status::ok || features_status == Status::overflow) return rows_.judge(features_);
    Verdict verdict;
    verdict.status = features_status;
    return verdict;
  }

  static constexpr FeatureTable<feature_table_size(model.signal)> table{model.signal};

  WindowStream<Sample> stream_{};
  Monitor monitor_{};
  Verdict verdict_{Status::not_fitted, State::unknown, 0, 0, 0, 0, 0};  // all zero: .bss, not flash
  RowDetector<model> rows_{};
  float features_[array_size(model.features)] = {};
  float scratch_[array_size(feature_scratch_size(model.signal))] = {};
  Sample samples_[array_size((model.signal.window + slack) * model.signal.channels)] = {};
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_DETECTOR_HPP
