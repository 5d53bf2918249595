#ifndef THRUM_DETECTION_DETECTOR_MODEL_HPP
#define THRUM_DETECTION_DETECTOR_MODEL_HPP

#include <stdint.h>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/projection.hpp"
#include "thrum/algorithm/scaling.hpp"
#include "thrum/detection/monitor.hpp"
#include "thrum/features/options.hpp"

namespace thrum {

/// Version of the model's layout; a header written for another one does not compile.
constexpr uint32_t model_schema = 5;

/// Feature rows with the scores they must get, for a check on the device itself.
template <typename Scalar>
struct SelfTests {
  const Scalar* rows = nullptr;    ///< count x d
  const Scalar* scores = nullptr;  ///< count
  int count = 0;
  Scalar tolerance = 0;  ///< |score - expected| <= tolerance * max(1, |expected|)
};

/// A fitted detector as plain data that somebody else owns: Eigen matrices on the laptop, constexpr arrays in
/// flash. A stage that is not used has no features and null pointers. Classes: how the last stage scores,
/// AnomalyModel or QuantisedClasses (whose scaling is its own: `scaling` serves a projection only).
template <typename Scalar, typename Classes = AnomalyModel<Scalar>>
struct DetectorModel {
  uint32_t schema = model_schema;
  uint32_t checksum = 0;  ///< `checksum_of` the model
  int features = 0;       ///< d, of a feature row
  bool has_signal = false;
  FeatureOptions signal{};  ///< how feature rows come from windows, when has_signal
  MonitorOptions monitor{};
  ScalingModel<Scalar> scaling{};
  ProjectionModel<Scalar> projection{};
  Classes anomaly{};
  SelfTests<Scalar> self_tests{};

  constexpr bool scales() const { return scaling.features > 0; }
  constexpr bool projects() const { return projection.features > 0; }
  /// Scalars of scratch that scoring one row needs.
  constexpr int scratch_size() const { return features + projection.components + anomaly.scratch_size(); }
  /// The part of that scratch which is the scorer's.
  constexpr Scalar* anomaly_scratch(Scalar* scratch) const {
    return scratch + features + projection.components;
  }
};

}  // namespace thrum

#endif  // THRUM_DETECTION_DETECTOR_MODEL_HPP
