#include "thrum/stored_detector.hpp"

#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/detector.hpp"

using thrum::Detector;
using thrum::DetectorModel;
using thrum::StoredDetector;
using thrum_test::blobs;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

template <typename Scalar>
Detector<Scalar> fitted(int clusters = 2) {
  thrum::DetectorOptions options;
  options.kmeans.clusters = clusters;
  Detector<Scalar> detector(options);
  detector.fit(blobs<Scalar>(1, 60, 4, 2));
  return detector;
}

}  // namespace

static_assert(std::is_nothrow_move_constructible<StoredDetector<float>>::value, "");
static_assert(std::is_nothrow_move_assignable<StoredDetector<double>>::value, "");

TEMPLATE_TEST_CASE("A stored detector judges as its detector did, when that is gone", "", float, double) {
  const auto rows = blobs<TestType>(2, 20, 4, 3);
  std::optional<Detector<TestType>> detector = fitted<TestType>();
  const auto expected = detector->score(rows);
  StoredDetector<TestType> stored(detector->model());
  detector.reset();
  CHECK(stored.score(rows) == expected);

  const StoredDetector<TestType> copy = stored;
  const StoredDetector<TestType> moved = std::move(stored);
  stored = StoredDetector<TestType>();
  CHECK(copy.score(rows) == expected);
  CHECK(moved.score(rows) == expected);
  CHECK(moved.verdicts(rows).size() == 20);
  CHECK_FALSE(stored.fitted());
}

TEST_CASE("Stored detectors are equal when all their numbers and settings are") {
  const Detector<double> detector = fitted<double>();
  const StoredDetector<double> stored(detector.model());
  CHECK(stored == StoredDetector<double>(fitted<double>().model()));
  CHECK(StoredDetector<double>() == StoredDetector<double>());
  CHECK(stored != StoredDetector<double>());
  CHECK(stored != StoredDetector<double>(fitted<double>(3).model()));
  CHECK(stored != StoredDetector<double>(detector.model(), thrum::Calibration{}));

  DetectorModel<double> other = detector.model();
  other.anomaly.threshold = 2;
  CHECK(stored != StoredDetector<double>(other));
  other = detector.model();
  other.monitor.window = 6;
  CHECK(stored != StoredDetector<double>(other));
  const double radii[] = {1, 2};
  other = detector.model();
  other.anomaly.inverse_squared_radius = radii;
  CHECK(stored != StoredDetector<double>(other));
}

TEST_CASE("What a model does not use is not part of a stored detector") {
  const Detector<float> detector = fitted<float>();
  DetectorModel<float> model = detector.model();
  model.checksum = 5;
  model.signal.window = 77;  // has_signal is false
  const float number = 1;
  model.self_tests = {&number, &number, 1, 1};
  const StoredDetector<float> stored(model);
  CHECK(stored == StoredDetector<float>(detector.model()));
  CHECK(stored.model().self_tests.count == 0);
  CHECK(stored.model().checksum == 0);
}

TEST_CASE("A stored detector refuses rows it was not made for") {
  const StoredDetector<float> none, stored(fitted<float>().model());
  const auto rows = blobs<float>(2, 3, 5, 1);
  CHECK_THAT(refusal([&] { none.score(rows); }), contains("thrum::StoredDetector::score: not fitted"));
  CHECK_THAT(refusal([&] { stored.score(rows); }), contains("x has 5 columns, expected 4"));
  CHECK_THAT(refusal([&] { stored.verdicts(rows); }), contains("x has 5 columns, expected 4"));
  REQUIRE(none.verdicts(rows).size() == 3);
  CHECK(none.verdicts(rows)[2].state == thrum::State::unknown);
}
