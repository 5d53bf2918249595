#ifndef THRUM_DETECTION_CAPACITY_HPP
#define THRUM_DETECTION_CAPACITY_HPP

#include <stdint.h>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/quantised.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/features/extract.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/spectrum.hpp"

namespace thrum {

/// What the classes of a model are made of.
enum class ClassNumbers : uint8_t {
  float32,  ///< AnomalyModel<float>
  q15,      ///< QuantisedClasses<int16_t>
  int8,     ///< QuantisedClasses<int8_t>
};

constexpr ClassNumbers numbers_of(const AnomalyModel<float>&) { return ClassNumbers::float32; }
template <typename Stored, int d, int k>
constexpr ClassNumbers numbers_of(const QuantisedClasses<Stored, d, k>&) {
  return sizeof(Stored) == 1 ? ClassNumbers::int8 : ClassNumbers::q15;
}

/// The last stage of a model with such numbers, of any size.
template <ClassNumbers numbers>
struct ClassesOf {
  using Type = AnomalyModel<float>;
};
template <>
struct ClassesOf<ClassNumbers::q15> {
  using Type = QuantisedClasses<int16_t>;
};
template <>
struct ClassesOf<ClassNumbers::int8> {
  using Type = QuantisedClasses<int8_t>;
};

namespace detail {

/// Floats of scratch for classes of so many features. (No member of Capacity: clang 14 finds no templates
/// among members where it needs constants.)
template <typename Classes>
constexpr int class_scratch_size(Classes classes, int features) {
  classes.features = features;
  return classes.scratch_size();
}

}  // namespace detail

/// The models that a fixed::Detector has room and code for, when it is to get them at run time.
struct Capacity {
  FeatureOptions signal{};       ///< the device's channels, sampling rate and arithmetic, the longest window,
                                 ///< and every feature and check that a model may ask for
  int components = 0;            ///< most components of a projection; 0: no code for any
  uint32_t parts = radius_part;  ///< every AnomalyPart that a model may have
  ClassNumbers numbers = ClassNumbers::float32;
  int clusters = 8;  ///< most classes; from 16 on the nearest may be found by bounds, see class_biases()

  /// Whether there is code for that.
  constexpr bool has_bounds() const {
    return clusters >= thrum::detail::most_lanes && numbers == ClassNumbers::float32 &&
           (parts & radius_part) != 0;
  }

  /// Floats of scratch that scoring a row needs, with a projection or without.
  constexpr int row_scratch_size() const {
    const int features = feature_count(signal);
    return features + larger(class_scratch_size(features), components + class_scratch_size(components));
  }

 private:
  constexpr int class_scratch_size(int features) const {
    if (numbers == ClassNumbers::q15)
      return thrum::detail::class_scratch_size(QuantisedClasses<int16_t>{}, features);
    if (numbers == ClassNumbers::int8)
      return thrum::detail::class_scratch_size(QuantisedClasses<int8_t>{}, features);
    AnomalyModel<float> any;
    any.parts = parts;
    any.ellipsoids.rank = features;
    return larger(thrum::detail::class_scratch_size(any, features), has_bounds() ? clusters : 0);
  }
};

/// Room and code for just such models as one.
template <typename Classes>
constexpr Capacity capacity_of(const DetectorModel<float, Classes>& model) {
  return {model.signal, model.projection.components, model.anomaly.parts, numbers_of(model.anomaly),
          model.anomaly.clusters};
}

/// As allowed_for() a model: the parts and stages whose code is in.
constexpr uint32_t allowed_for(const Capacity& capacity) {
  const bool never_scales = capacity.components == 0 && capacity.numbers != ClassNumbers::float32;
  return capacity.parts | (capacity.has_bounds() ? 0 : uint32_t{without_bounds}) |
         (never_scales ? uint32_t{without_scaling} : 0) |
         (capacity.components == 0 ? uint32_t{without_projection} : 0);
}

/// Whether a model fits: ok; unsupported when it is for another number of channels or sampling rate or
/// arithmetic, or the capacity has no code for a stage, part, feature or check of it; wrong_size when it is
/// too large.
template <typename Classes>
constexpr Status fits(const Capacity& capacity, const DetectorModel<float, Classes>& model) {
  const FeatureOptions &signal = model.signal, &most = capacity.signal;
  const bool same_device = model.has_signal && signal.channels == most.channels &&
                           !(signal.sampling_rate < most.sampling_rate) &&
                           !(signal.sampling_rate > most.sampling_rate);
  const bool has_code =
      numbers_of(model.anomaly) == capacity.numbers && signal.arithmetic == most.arithmetic &&
      (model.anomaly.parts & ~capacity.parts) == 0 && (feature_parts(signal) & ~feature_parts(most)) == 0 &&
      (capacity.components > 0 || !model.projects()) && (checks_windows(most) || !checks_windows(signal));
  if (!same_device || !has_code) return Status::unsupported;
  const bool small = signal.window <= most.window && model.features <= feature_count(most) &&
                     model.projection.components <= capacity.components &&
                     model.anomaly.clusters <= capacity.clusters &&
                     feature_scratch_size(signal) <= feature_scratch_size(most) &&
                     model.scratch_size() <= capacity.row_scratch_size();
  return small ? Status::ok : Status::wrong_size;
}

}  // namespace thrum

#endif  // THRUM_DETECTION_CAPACITY_HPP
