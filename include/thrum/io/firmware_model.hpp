#ifndef THRUM_IO_FIRMWARE_MODEL_HPP
#define THRUM_IO_FIRMWARE_MODEL_HPP

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/class_bounds.hpp"
#include "thrum/algorithm/quantised.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/self_test.hpp"
#include "thrum/errors.hpp"
#include "thrum/input.hpp"
#include "thrum/quantised_detector.hpp"

namespace thrum {
namespace detail {

/// Rows whose scores exercise a model: for each class in turn, the centre plus a step along a random
/// direction, taken back to feature space. Steps are in radii of the widest class: next to a narrow one,
/// scores would hang on the last bits of the sums, which fused multiply-adds change.
inline Matrix<float> self_test_rows(const DetectorModel<float>& model, int count) {
  const AnomalyModel<float>& anomaly = model.anomaly;
  Matrix<float> rows(count, model.features);
  Vector<float> z(anomaly.features);
  Random random(model.checksum);
  float inverse_square = anomaly.inverse_squared_radius[0];
  for (int j = 1; j < anomaly.clusters; ++j)
    inverse_square = smaller(inverse_square, anomaly.inverse_squared_radius[j]);
  const float radius = 1 / square_root(inverse_square);
  for (int i = 0; i < count; ++i) {
    const int cluster = i % anomaly.clusters;
    for (float& step : z) step = static_cast<float>(random.normal());
    z *= radius * 2 * (static_cast<float>(i) + 0.5f) / static_cast<float>(count) / z.norm();
    for (int c = 0; c < anomaly.features; ++c) z[c] += anomaly.centers[c * anomaly.clusters + cluster];
    Vector<float> x(model.features);
    if (model.projects())
      unproject(model.projection, vector_view(z), vector_view(x));
    else
      std::copy_n(z.data(), z.size(), x.data());
    if (model.scales()) unscale(model.scaling, vector_view(x), vector_view(x));
    std::copy_n(x.data(), x.size(), rows.row(i).data());
  }
  return rows;
}

template <typename FittedDetector>
auto float_model(const FittedDetector& detector) {
  return detector.model();
}
template <typename Stored>
const DetectorModel<float>& float_model(const QuantisedDetector<Stored>& detector) {
  return detector.original().model();
}
template <typename FittedDetector>
float self_test_tolerance(const FittedDetector&) {
  return 1e-5f;
}
template <typename Stored>
float self_test_tolerance(const QuantisedDetector<Stored>& detector) {
  return larger(1e-5f, detector.build_tolerance());
}

/// The biases by which firmware finds the nearest class, where it does by bounds; else none.
inline std::vector<float> biases_of(const AnomalyModel<float>& anomaly) {
  std::vector<float> bias(static_cast<std::size_t>(anomaly.clusters));
  if (anomaly.parts != radius_part ||
      !class_biases(anomaly.centers, anomaly.features, anomaly.clusters, bias.data()))
    bias.clear();
  return bias;
}
template <typename Stored>
std::vector<float> biases_of(const QuantisedClasses<Stored>&) {
  return {};
}
inline void use_biases(AnomalyModel<float>& anomaly, const std::vector<float>& bias) {
  anomaly.bias = bias.empty() ? nullptr : bias.data();
}
template <typename Stored>
void use_biases(QuantisedClasses<Stored>&, const std::vector<float>&) {}

/// A fitted detector's model as firmware gets it, be it as header or as image: with biases, self-tests and
/// checksum.
template <typename FittedDetector>
class FirmwareModel {
  static_assert(std::is_convertible<decltype(float_model(std::declval<const FittedDetector&>())),
                                    DetectorModel<float>>::value,
                "firmware scores in float or integers: expected a Detector<float>, StoredDetector<float> or "
                "QuantisedDetector");

 public:
  FirmwareModel(const char* who, const FittedDetector& detector, int self_tests)
      : model_(fitted(who, detector).model()) {
    require(self_tests >= 8, who, ": self_tests is ", self_tests, ", expected at least 8");
    DetectorModel<float> tested = float_model(detector);
    tested.checksum = checksum_of(tested);  // seeds the rows: the same model, the same self-tests
    rows_ = self_test_rows(tested, self_tests);
    scores_ = detector.score(rows_);
    bias_ = biases_of(model_.anomaly);
    use_biases(model_.anomaly, bias_);
    model_.self_tests = {rows_.data(), scores_.data(), self_tests, self_test_tolerance(detector)};
    model_.checksum = checksum_of(model_);
  }
  FirmwareModel(const FirmwareModel&) = delete;
  FirmwareModel& operator=(const FirmwareModel&) = delete;

  /// Valid while this object and the detector live.
  const auto& model() const { return model_; }

 private:
  static const FittedDetector& fitted(const char* who, const FittedDetector& detector) {
    require(detector.fitted(), who, ": detector is not fitted");
    return detector;
  }

  std::decay_t<decltype(std::declval<const FittedDetector&>().model())> model_;
  Matrix<float> rows_;
  Vector<float> scores_;
  std::vector<float> bias_;
};

}  // namespace detail
}  // namespace thrum

#endif  // THRUM_IO_FIRMWARE_MODEL_HPP
