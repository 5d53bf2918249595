#ifndef THRUM_FIXED_HELD_MODEL_HPP
#define THRUM_FIXED_HELD_MODEL_HPP

#include <stddef.h>
#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/capacity.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/learning.hpp"
#include "thrum/detection/model_image.hpp"
#include "thrum/detection/self_test.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/features/extract.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/spectrum.hpp"
#include "thrum/fixed/learner.hpp"

namespace thrum {
namespace fixed {

/// Where a detector has its model from.
enum class ModelSource : uint8_t { in_flash, at_run_time, learned };

template <typename Type>
constexpr ModelSource source_of = ModelSource::in_flash;
template <>
inline constexpr ModelSource source_of<const Capacity&> = ModelSource::at_run_time;
template <>
inline constexpr ModelSource source_of<const LearningCapacity&> = ModelSource::learned;

namespace detail {

/// What a held model says of a row. Never inlined: so what finding the score takes of the stack is free again
/// when the verdict is made of it, whose search for a culprit goes deepest.
template <typename Held>
[[gnu::noinline]] Score<float> score_of(const Held& held, const float* row, float* scratch) {
  return score_row<Held::allowed>(held.model(), contiguous<const float>(row, held.model().features), scratch);
}
template <typename Held>
Verdict judge(const Held& held, const float* row, float* scratch) {
  const Score<float> score = score_of(held, row, scratch);
  return verdict_on<Held::allowed>(held.model(), contiguous<const float>(row, held.model().features), score,
                                   scratch);
}

}  // namespace detail

/// The base of detectors, where they have their model from: `source` is a model that write_firmware_header()
/// wrote, which costs no memory and of which each number is a constant to the compiler; or a Capacity; or a
/// LearningCapacity.
template <const auto& source, ModelSource = source_of<decltype(source)>>
class HeldModel {
  static_assert(source.schema == model_schema,
                "this model was written for another version of thrum: write its header again");
  static_assert(source.features > 0 && source.anomaly.clusters > 0, "this model was never fitted");
  static_assert((!source.scales() || source.scaling.features == source.features) &&
                    (!source.projects() || source.projection.features == source.features) &&
                    source.anomaly.features ==
                        (source.projects() ? source.projection.components : source.features),
                "the sizes of this model's stages do not fit each other: write its header again");
  static_assert(thrum::detail::bias_fits(source.anomaly),
                "this model's bias is not for it: write its header again");
  static_assert(!source.has_signal || what_is_wrong(source.signal) == nullptr,
                "the model's signal options are not valid");
  static_assert(!source.has_signal || source.features == feature_count(source.signal),
                "the model's features are not those of its signal options: write its header again");
  static_assert(source.monitor.valid(), "the model's monitor options are not valid");

 public:
  static constexpr bool has_signal = source.has_signal;
  static constexpr const FeatureOptions& most = source.signal;
  static constexpr uint32_t allowed = allowed_for(source);
  static constexpr int row_scratch_size = source.scratch_size();
  using Number = FeatureNumber<source.signal.arithmetic>;  ///< what features are computed in
  static constexpr uint32_t identity = source.checksum;

  static constexpr bool has_model() { return true; }
  static constexpr const auto& model() { return source; }
  static constexpr const Number* feature_table() { return table.value; }
  static constexpr bool recover() { return true; }

  Status self_test(float* scratch) const { return thrum::self_test<allowed>(source, scratch); }
  Verdict judge(const float* row, float* scratch) { return detail::judge(*this, row, scratch); }
  static void miss(const Verdict&) {}

 private:
  static constexpr FeatureTable<feature_table_size(source.signal), Number> table{source.signal};
};

/// A model that comes at run time, as an image: all zero until then.
template <const auto& capacity>
class HeldModel<capacity, ModelSource::at_run_time> {
  static_assert(what_is_wrong(capacity.signal) == nullptr, "the capacity's signal options are not valid");
  static_assert(capacity.components >= 0 && capacity.components <= feature_count(capacity.signal),
                "the capacity's components are more than its features");
  static_assert(capacity.parts != 0 && (capacity.parts & ~every_part) == 0 &&
                    (capacity.numbers == ClassNumbers::float32 || capacity.parts == radius_part),
                "the capacity's parts are none that a model can have");

  using Held =
      ModelInImage<typename ClassesOf<capacity.numbers>::Type, FeatureNumber<capacity.signal.arithmetic>>;

 public:
  using Number = FeatureNumber<capacity.signal.arithmetic>;  ///< what features are computed in
  static constexpr bool has_signal = true;
  static constexpr const FeatureOptions& most = capacity.signal;
  static constexpr uint32_t allowed = allowed_for(capacity);
  static constexpr int row_scratch_size = capacity.row_scratch_size();
  static constexpr uint32_t identity =
      uint32_t{capacity.parts} << 8 | static_cast<uint32_t>(capacity.numbers);

  bool has_model() const { return image_ != nullptr; }
  const auto& model() const { return held_.of_image.model; }
  const Number* feature_table() const { return held_.of_image.feature_table; }

  /// Takes the model of an image, if that can be; else nothing changes. scratch: row_scratch_size floats.
  Status hold(const void* image, size_t bytes, float* scratch) {
    Held found;
    Status status = open_image(image, bytes, found);
    if (status == Status::ok) status = fits(capacity, found.model);
    if (status == Status::ok) status = thrum::self_test<allowed>(found.model, scratch);
    if (status != Status::ok) return status;
    held_.of_image = found;
    image_ = image;
    bytes_ = bytes;
    return Status::ok;
  }

  /// Whether the model, if any, still lies where it did; of an object that was in retained memory.
  bool recover() {
    Held found;
    return image_ == nullptr || (open_image(image_, bytes_, found) == Status::ok &&
                                 found.model.checksum == held_.of_image.model.checksum);
  }

  Status self_test(float* scratch) const { return thrum::self_test<allowed>(model(), scratch); }
  Verdict judge(const float* row, float* scratch) { return detail::judge(*this, row, scratch); }
  static void miss(const Verdict&) {}

 private:
  /// All zero at start, unlike a model.
  union ZeroOrHeld {
    char nothing;
    Held of_image;
    constexpr ZeroOrHeld() : nothing(0) {}
  };

  const void* image_ = nullptr;
  size_t bytes_ = 0;
  ZeroOrHeld held_{};
};

/// A model that is learned where it is used: see Learner.
template <const auto& capacity>
class HeldModel<capacity, ModelSource::learned> {
 public:
  static constexpr bool has_signal = true;
  static constexpr const FeatureOptions& most = capacity.signal;
  static constexpr int row_scratch_size = feature_count(capacity.signal);
  using Number = FeatureNumber<capacity.signal.arithmetic>;  ///< what features are computed in
  static constexpr uint32_t identity =
      static_cast<uint32_t>(capacity.windows) << 16 | static_cast<uint32_t>(capacity.classes);

  /// From when on windows are looked at.
  bool has_model() const { return learner.state() != LearningState::not_started; }
  const auto& model() const { return learner.learned().model(); }
  static constexpr const Number* feature_table() { return table.value; }
  static constexpr bool recover() { return true; }

  Status self_test(float*) const {
    return learner.state() == LearningState::watching ? Status::ok : Status::not_fitted;
  }
  Verdict judge(const float* row, float* scratch) { return learner.take(row, scratch); }
  void miss(const Verdict& verdict) {
    learner.miss(verdict.state == State::idle           ? Obstacle::idle
                 : verdict.state == State::sensor_fault ? Obstacle::sensor_fault
                                                        : Obstacle::unusable);
  }

  Learner<capacity> learner;

 private:
  static constexpr FeatureTable<feature_table_size(capacity.signal), Number> table{capacity.signal};
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_HELD_MODEL_HPP
