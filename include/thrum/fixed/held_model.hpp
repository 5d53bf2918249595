#ifndef THRUM_FIXED_HELD_MODEL_HPP
#define THRUM_FIXED_HELD_MODEL_HPP

#include <stddef.h>
#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/capacity.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/model_image.hpp"
#include "thrum/detection/self_test.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/features/extract.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/spectrum.hpp"

namespace thrum {
namespace fixed {

template <typename Type>
constexpr bool is_capacity = false;
template <>
inline constexpr bool is_capacity<const Capacity&> = true;

/// The base of detectors, where they have their model from: `source` is a model that write_firmware_header()
/// wrote, which costs no memory and of which each number is a constant to the compiler; or a Capacity.
template <const auto& source, bool at_run_time = is_capacity<decltype(source)>>
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

 private:
  static constexpr FeatureTable<feature_table_size(source.signal), Number> table{source.signal};
};

/// A model that comes at run time, as an image: all zero until then.
template <const auto& capacity>
class HeldModel<capacity, true> {
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
    if (status == Status::ok) status = self_test<allowed>(found.model, scratch);
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

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_HELD_MODEL_HPP
