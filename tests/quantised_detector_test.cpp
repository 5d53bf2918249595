#include "thrum/quantised_detector.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/detector.hpp"
#include "thrum/io/firmware_header.hpp"

using thrum::Detector;
using thrum::DetectorOptions;
using thrum::Index;
using thrum::Matrix;
using thrum::QuantisationOptions;
using thrum::QuantisedDetector;
using thrum::State;
using thrum::Vector;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

constexpr Index features = 7;
constexpr float infinity = std::numeric_limits<float>::infinity();

/// Rows about three centres, in units that differ by powers of ten from feature to feature.
Matrix<float> machine_rows(std::uint64_t seed, Index count, double size = 1) {
  thrum::Random random(seed);
  Matrix<float> rows(count, features);
  for (Index i = 0; i < count; ++i)
    for (Index f = 0; f < features; ++f) {
      const double unit = std::pow(10.0, static_cast<double>(f - 3));
      const double center = 20 + 6 * static_cast<double>(i % 3 * (f % 2 + 1));
      rows(i, f) = static_cast<float>(unit * (center + size * random.normal()));
    }
  return rows;
}

Detector<float> fitted(std::optional<thrum::PCAOptions> pca = std::nullopt) {
  DetectorOptions options;
  options.pca = pca;
  options.kmeans.clusters = 3;
  Detector<float> detector(options);
  detector.fit(machine_rows(1, 600));
  detector.calibrate(machine_rows(2, 400), 0.02);
  return detector;
}

/// No refusal for verdicts that change.
QuantisationOptions anything() {
  QuantisationOptions options;
  options.largest_change = 1;
  return options;
}

/// The score of a row that lies `steps` away from row 0 along feature f, in units of its range.
template <typename Stored>
float score_along(const QuantisedDetector<Stored>& small, Index f, double steps) {
  Matrix<float> row = machine_rows(1, 1, 0);
  row(0, f) += static_cast<float>(steps * std::pow(10.0, static_cast<double>(f - 3)));
  return small.score(row)[0];
}

}  // namespace

TEMPLATE_TEST_CASE("a quantised score is as near to the float one as its steps allow", "", std::int16_t,
                   std::int8_t) {
  const Detector<float> detector = fitted();
  const QuantisedDetector<TestType> small(detector, machine_rows(2, 400), {}, anything());
  const auto& classes = small.model().anomaly;
  double narrowest = std::numeric_limits<double>::infinity(), widest = 0;
  for (Index j = 0; j < 3; ++j) {
    const float inverse_square = detector.model().anomaly.inverse_squared_radius[j];
    const double radius = 1 / std::sqrt(static_cast<double>(inverse_square));
    narrowest = std::fmin(narrowest, radius);
    widest = std::fmax(widest, radius);
  }
  const double ratio = widest / narrowest;
  const double of_step =
      static_cast<double>(classes.step) / narrowest / static_cast<double>(classes.threshold);
  // Centre and row are each rounded to half a step, the row's truncation and offset take less than 1.5 of
  // 2^(16 - b) parts of one more; weights are rounded to 1/2 of 65535 / ratio^2, factors by 2^-14; a weighted
  // square by 1, of which `unit` is the root; 1e-5 for the float score itself.
  const int b = thrum::quantised_bits<TestType>(features);
  const double coordinates =
      std::sqrt(static_cast<double>(features)) * (1 + 1.5 * std::exp2(b - 16)) * of_step;
  const auto bound = [&](double score) {
    return coordinates + score * (ratio * ratio / 4 / 65535 + std::exp2(-14) + 1e-5) +
           static_cast<double>(classes.unit);
  };
  double largest = 0;
  for (const double size : {0.1, 1.0, 1.5}) {
    const Matrix<float> rows = machine_rows(3, 1000, size);
    const Vector<float> expected = detector.score(rows), scores = small.score(rows);
    for (Index i = 0; i < rows.rows(); ++i) {
      if (expected[i] >= 2) continue;  // may saturate
      const double error = std::abs(static_cast<double>(scores[i]) - static_cast<double>(expected[i]));
      largest = std::fmax(largest, error);
      REQUIRE(error <= bound(static_cast<double>(expected[i])));
    }
  }
  CHECK(largest > 0.02 * bound(1));  // the bound is no hundred times too wide
}

TEMPLATE_TEST_CASE("a quantised score never falls on the way out and saturates above 1", "", std::int16_t,
                   std::int8_t) {
  const QuantisedDetector<TestType> small(fitted(), machine_rows(2, 400), {}, anything());
  for (Index f = 0; f < features; ++f)
    for (const double sign : {-1.0, 1.0}) {
      // Beyond every centre distances grow.
      float before = 0;
      for (double steps = 40; steps < 1e30; steps *= 1.1) {
        const float score = score_along(small, f, sign * steps);
        REQUIRE(score >= before);
        before = score;
      }
      CHECK(before > 1.9f);
      CHECK(std::isfinite(before));
    }
}

TEMPLATE_TEST_CASE("any row with a saturated feature is an alarm", "", std::int16_t, std::int8_t) {
  const QuantisedDetector<TestType> small(fitted(), machine_rows(2, 400), {}, anything());
  Matrix<float> rows = machine_rows(4, 2 * features, 0.1);
  for (Index f = 0; f < features; ++f) {
    rows(2 * f, f) = 3e38f;
    rows(2 * f + 1, f) = -1e10f;
  }
  const std::vector<thrum::Verdict> verdicts = small.verdicts(rows);
  for (Index f = 0; f < features; ++f)
    for (const Index i : {2 * f, 2 * f + 1}) {
      CHECK(verdicts[static_cast<std::size_t>(i)].state == State::alarm);
      CHECK(verdicts[static_cast<std::size_t>(i)].feature == f);
    }
}

TEMPLATE_TEST_CASE("quantised verdicts on what is not finite are those of the float detector", "",
                   std::int16_t, std::int8_t) {
  const QuantisedDetector<TestType> small(fitted(), machine_rows(2, 400), {}, anything());
  Matrix<float> rows = machine_rows(4, 4, 0.1);
  rows(0, 2) = std::numeric_limits<float>::quiet_NaN();
  rows(1, 3) = -infinity;
  rows(2, 4) = std::numeric_limits<float>::max();
  const std::vector<thrum::Verdict> verdicts = small.verdicts(rows);
  CHECK(verdicts[0].state == State::unknown);
  CHECK(verdicts[1].state == State::unknown);
  CHECK(verdicts[2].state == State::alarm);
  CHECK(verdicts[2].feature == 4);
  CHECK(verdicts[3].state == State::normal);
  CHECK(std::isnan(small.score(rows)[0]));
}

TEST_CASE("a quantised detector behind a projection judges nearly as the float one") {
  const Detector<float> detector = fitted(thrum::PCAOptions{3, 0, false});
  const QuantisedDetector<std::int16_t> small(detector, machine_rows(2, 400));
  CHECK(small.loss().rows == 400);
  CHECK(small.loss().changed_share() <= 0.01);
  CHECK(small.loss().largest_score_error < 0.01);
  CHECK(small.build_tolerance() > 0);
  Matrix<float> far = machine_rows(4, 1, 0.1);
  far(0, 2) = -3e38f;  // overflows in the projection
  CHECK(small.verdicts(far)[0].state == State::alarm);
}

TEST_CASE("the loss of quantising is counted against labels and refused beyond what is asked") {
  const Detector<float> detector = fitted();
  Matrix<float> rows(400, features);
  rows << machine_rows(5, 200), machine_rows(6, 200, 1.6);
  std::vector<int> labels(400, 0);
  for (std::size_t i = 200; i < 400; ++i) labels[i] = 1;
  const QuantisedDetector<std::int8_t> small(detector, rows, labels, anything());
  const std::vector<thrum::Verdict> before = detector.verdicts(rows), after = small.verdicts(rows);
  Index changed = 0;
  for (std::size_t i = 0; i < 400; ++i) changed += before[i].state != after[i].state ? 1 : 0;
  CHECK(small.loss().changed == changed);
  REQUIRE(small.loss().auc_before.has_value());
  CHECK(*small.loss().auc_before > 0.8);
  CHECK(std::abs(*small.loss().auc_after - *small.loss().auc_before) < 0.02);
  CHECK_FALSE(QuantisedDetector<std::int8_t>(detector, rows, {}, anything()).loss().auc_before.has_value());

  REQUIRE(changed > 0);  // rows enough near the threshold
  QuantisationOptions none;
  none.largest_change = 0;
  const std::string text = refusal([&] { QuantisedDetector<std::int8_t>(detector, rows, {}, none); });
  CHECK_THAT(text, contains(std::to_string(changed) + " of 400 verdicts change"));
  none.largest_change = static_cast<double>(changed) / 400;
  CHECK_NOTHROW(QuantisedDetector<std::int8_t>(detector, rows, {}, none));
}

TEST_CASE("what has no form in integers is refused with its reason") {
  const Matrix<float> rows = machine_rows(2, 400);
  for (const thrum::AnomalyKind kind :
       {thrum::AnomalyKind::mahalanobis, thrum::AnomalyKind::soft, thrum::AnomalyKind::tails,
        thrum::AnomalyKind::residual, thrum::AnomalyKind::automatic}) {
    DetectorOptions options;
    options.scorer.kind = kind;
    options.pca = std::nullopt;
    options.kmeans.clusters = 2;
    Detector<float> detector(options);
    detector.fit(rows);
    CHECK_THAT(refusal([&] { QuantisedDetector<std::int16_t>(detector, rows); }), contains("kind `radius`"));
  }
  CHECK_THAT(refusal([&] { QuantisedDetector<std::int16_t>(Detector<float>(), rows); }),
             contains("not fitted"));
  CHECK_THAT(refusal([&] { QuantisedDetector<std::int16_t>(fitted(), rows.leftCols(3)); }),
             contains("columns"));
  Matrix<float> askew = machine_rows(1, 600);
  askew.col(3).array() += 1e6f;
  DetectorOptions options;
  options.pca = std::nullopt;
  options.kmeans.clusters = 3;
  Detector<float> detector(options);
  detector.fit(askew);
  CHECK_THAT(refusal([&] { QuantisedDetector<std::int16_t>(detector, askew); }), contains("feature 3"));
}

TEST_CASE("a quantised detector's header is in integers and says what was lost") {
  const Detector<float> detector = fitted();
  const QuantisedDetector<std::int8_t> small(detector, machine_rows(2, 400), {}, anything());
  const std::string text = thrum::firmware_header("small", small);
  CHECK_THAT(text, contains("thrum::DetectorModel<float, thrum::QuantisedClasses<int8_t, 7, 3>> small"));
  CHECK_THAT(text, contains("inline constexpr uint8_t quantised_centers[40]"));
  CHECK_THAT(text, contains("quantised   to int8_t: "));
  CHECK_THAT(text, !contains("inverse_squared_radius"));
  CHECK(thrum::model_flash_bytes(small.model()) < thrum::model_flash_bytes(detector.model()));
}
