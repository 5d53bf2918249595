#ifndef THRUM_STORED_DETECTOR_HPP
#define THRUM_STORED_DETECTOR_HPP

#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/calibration.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/features/options.hpp"
#include "thrum/host/build.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {

/// A fitted detector that has done with learning: it judges, and can be written to a model file or a firmware
/// header. What read_model() returns. Copies share the numbers, which never change.
template <typename Scalar>
class StoredDetector {
 public:
  /// Not fitted.
  StoredDetector() = default;

  /// Takes a copy of a model, of its arrays too; of a Detector, `StoredDetector(detector.model(),
  /// detector.calibration())`. Checksum and self-tests are left out. O(numbers in the model).
  explicit StoredDetector(const DetectorModel<Scalar>& model,
                          const std::optional<Calibration>& calibration = std::nullopt)
      : model_(model), calibration_(calibration) {
    model_.checksum = 0;
    model_.self_tests = {};
    const FeatureOptions unused;  // g++ 12 fails on temporaries of this type here
    if (!model_.has_signal) model_.signal = unused;
    own_arrays();
  }

  /// As Detector::score.
  Vector<Scalar> score(const MatrixInput<Scalar>& x) const;

  /// As Detector::verdicts.
  std::vector<Verdict> verdicts(const MatrixInput<Scalar>& x) const;

  bool fitted() const { return model_.anomaly.clusters > 0; }
  /// What the last calibration before it was stored found, if any.
  const std::optional<Calibration>& calibration() const { return calibration_; }
  /// A view of the model, without checksum and self-tests; valid while this object or a copy of it lives.
  const DetectorModel<Scalar>& model() const { return model_; }

  /// Everything is equal, number for number.
  friend bool operator==(const StoredDetector& a, const StoredDetector& b) {
    return a.settings() == b.settings() && a.numbers() == b.numbers();
  }
  friend bool operator!=(const StoredDetector& a, const StoredDetector& b) { return !(a == b); }

 private:
  void check(const char* who, MatrixView<const Scalar> x) const;
  void own_arrays();

  std::vector<Scalar> numbers() const { return numbers_ ? *numbers_ : std::vector<Scalar>(); }

  /// All but the arrays.
  auto settings() const {
    const AnomalyModel<Scalar>& anomaly = model_.anomaly;
    const Calibration found = calibration_.value_or(Calibration{});
    return std::make_tuple(
        model_.features, model_.has_signal, model_.signal, model_.monitor, model_.scales(),
        model_.projection.components, model_.projection.variance != nullptr, anomaly.threshold,
        anomaly.features, anomaly.clusters, anomaly.parts, anomaly.ellipsoid_count, anomaly.ellipsoids.rank,
        anomaly.soft.count, anomaly.soft.inverse_width[0], anomaly.soft.inverse_width[1],
        anomaly.soft.inverse_width[2], calibration_.has_value(),
        std::make_tuple(found.asked, found.samples, found.threshold, found.alarms, found.bound));
  }

  std::shared_ptr<const std::vector<Scalar>> numbers_;
  DetectorModel<Scalar> model_{};
  std::optional<Calibration> calibration_;
};

}  // namespace THRUM_BUILD
}  // namespace thrum

#if defined(THRUM_COMPILED)
namespace thrum {
inline namespace THRUM_BUILD {
extern template class StoredDetector<float>;
extern template class StoredDetector<double>;
}  // namespace THRUM_BUILD
}  // namespace thrum
#else
#include "thrum/impl/stored_detector.hpp"
#endif

#endif  // THRUM_STORED_DETECTOR_HPP
