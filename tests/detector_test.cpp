#include "thrum/detector.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"

using thrum::Detector;
using thrum::DetectorOptions;
using thrum::Index;
using thrum::Matrix;
using thrum::PCAOptions;
using thrum::ScalerKind;
using thrum::ScalerOptions;
using thrum::State;
using thrum::Status;
using thrum::Vector;
using thrum::Verdict;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

DetectorOptions with_stages(bool scaler, bool pca, int clusters) {
  DetectorOptions options;
  if (!scaler) options.scaler = std::nullopt;
  if (!pca) options.pca = std::nullopt;
  options.kmeans.clusters = clusters;
  return options;
}

template <typename Scalar>
Detector<Scalar> fitted_detector(const Matrix<Scalar>& x, const DetectorOptions& options) {
  Detector<Scalar> detector(options);
  detector.fit(x);
  return detector;
}

/// Two classes in six features of different sizes, two of which go together.
template <typename Scalar>
Matrix<Scalar> machine(std::uint64_t seed, Index rows) {
  thrum::Random random(seed);
  Matrix<Scalar> x = thrum_test::noise<Scalar>(random, rows, 6);
  for (Index i = 0; i < rows; ++i) {
    if (i % 2 == 1) x.row(i).array() += Scalar(8);
    x(i, 5) = x(i, 4) + x(i, 5) / 8;
  }
  for (Index f = 0; f < 6; ++f) x.col(f) *= static_cast<Scalar>(std::pow(10.0, static_cast<double>(f) - 2));
  return x;
}

}  // namespace

static_assert(std::is_nothrow_move_constructible<Detector<float>>::value, "models move without throwing");
static_assert(std::is_nothrow_move_assignable<Detector<double>>::value, "models move without throwing");
static_assert(std::is_copy_assignable<Detector<float>>::value, "models are values");

// ---- laws

TEMPLATE_TEST_CASE("a detector is its stages one after the other, bit for bit, with any of them left out", "",
                   float, double) {
  const Matrix<TestType> x = machine<TestType>(1, 400), further = 2 * machine<TestType>(2, 100);
  for (const bool scales : {false, true})
    for (const bool projects : {false, true})
      for (const int clusters : {1, 3})
        for (const bool whiten : {false, true}) {
          DetectorOptions options = with_stages(scales, projects, clusters);
          if (options.pca) *options.pca = PCAOptions{3, 0, whiten};
          options.scorer.soft_subspaces = 1;  // else the detector chooses
          const Detector<TestType> detector = fitted_detector(x, options);

          Matrix<TestType> rows = x, judged = further;
          if (scales) {
            thrum::Scaler<TestType> scaler(*options.scaler);
            scaler.fit(rows);
            rows = scaler.transform(x);
            judged = scaler.transform(further);
          }
          if (projects) {
            thrum::PCA<TestType> pca(*options.pca);
            pca.fit(rows);
            judged = pca.transform(judged).eval();
            rows = pca.transform(rows).eval();
          }
          thrum::KMeans<TestType> kmeans(options.kmeans);
          kmeans.fit(rows);
          thrum::AnomalyScorer<TestType> scorer(options.scorer);
          scorer.fit(rows, kmeans.centers());

          CHECK(detector.scaler().has_value() == scales);
          CHECK(detector.pca().has_value() == projects);
          CHECK(detector.model().scales() == scales);
          CHECK(detector.model().projects() == projects);
          CHECK(detector.to_cluster_space(further) == judged);
          CHECK(detector.kmeans() == kmeans);
          CHECK(detector.scorer() == scorer);
          const Vector<TestType> scores = detector.score(further);
          CHECK(scores == scorer.score(judged));
          const Vector<int> classes = scorer.classes(judged);
          const std::vector<Verdict> verdicts = detector.verdicts(further);
          for (Index i = 0; i < further.rows(); ++i) {
            const Verdict& verdict = verdicts[static_cast<std::size_t>(i)];
            REQUIRE(verdict.status == Status::ok);
            REQUIRE(verdict.score == static_cast<float>(scores[i]));
            REQUIRE(verdict.cluster == classes[i]);
            REQUIRE(verdict.state == (scores[i] > 1 ? State::alarm : State::normal));
            REQUIRE((verdict.feature >= 0) == (verdict.state == State::alarm));
            REQUIRE(verdict.channel == -1);
          }
        }
}

TEMPLATE_TEST_CASE("a detector's shares add up to the squared distance in the space of its classes", "",
                   float, double) {
  const Matrix<TestType> x = machine<TestType>(3, 300), further = 2 * machine<TestType>(4, 50);
  for (const bool scales : {false, true})
    for (const bool projects : {false, true})
      for (const bool whiten : {false, true}) {
        DetectorOptions options = with_stages(scales, projects, 2);
        if (options.pca) *options.pca = PCAOptions{4, 0, whiten};
        const Detector<TestType> detector = fitted_detector(x, options);
        const Matrix<TestType> shares = detector.shares(further), z = detector.to_cluster_space(further);
        const std::vector<Verdict> verdicts = detector.verdicts(further);
        REQUIRE(shares.rows() == further.rows());
        REQUIRE(shares.cols() == further.cols());
        for (Index i = 0; i < further.rows(); ++i) {
          const int cluster = verdicts[static_cast<std::size_t>(i)].cluster;
          const double squared =
              (z.row(i) - detector.kmeans().centers().row(cluster)).template cast<double>().squaredNorm();
          const double sum = shares.row(i).template cast<double>().sum();
          // The basis is orthonormal to a rounding of each entry, and a share is a product of two sums of p =
          // 4 terms; with whitening, terms of either sign that may be larger than the sum cancel.
          const double scale = shares.row(i).template cast<double>().cwiseAbs().sum();
          const double rounding = static_cast<double>(std::numeric_limits<TestType>::epsilon());
          REQUIRE(std::abs(sum - squared) <= 64 * rounding * std::max(scale, squared));
          if (!whiten) REQUIRE(shares.row(i).minCoeff() >= 0);
        }
      }
}

TEMPLATE_TEST_CASE("the culprit of an alarm is the feature that was pushed, with PCA and without", "", float,
                   double) {
  thrum::Random random(5);
  const Matrix<TestType> x = thrum_test::noise<TestType>(random, 500, 6);
  for (const bool scales : {false, true})
    for (const int components : {0, 5, 6}) {
      DetectorOptions options = with_stages(scales, components > 0, 2);
      if (options.pca) *options.pca = PCAOptions{components, 0, false};
      const Detector<TestType> detector = fitted_detector(x, options);
      for (Index f = 0; f < 6; ++f)
        for (const TestType push : {TestType(-60), TestType(60)}) {
          Matrix<TestType> pushed = x.row(7);
          pushed(0, f) += push;
          const Verdict verdict = detector.verdicts(pushed)[0];
          CHECK(verdict.state == State::alarm);
          // One direction of six is left out with five components. It is the feature's own only by chance:
          // then most of the push is not seen at all.
          CHECK(verdict.feature == f);
          Index largest = -1;
          detector.shares(pushed).row(0).maxCoeff(&largest);
          CHECK(largest == f);
        }
    }
}

TEMPLATE_TEST_CASE("units of the features do not matter to a detector that scales", "", float, double) {
  const Matrix<TestType> x = machine<TestType>(6, 200);
  Matrix<TestType> other_units = x;
  other_units.col(1) *= TestType(1024);  // a power of two rounds nothing
  other_units.col(3) /= TestType(64);
  CHECK(fitted_detector(x, with_stages(true, true, 2)).score(x) ==
        fitted_detector(other_units, with_stages(true, true, 2)).score(other_units));
}

TEMPLATE_TEST_CASE("storage order, blocks and expressions do not matter to a detector", "", float, double) {
  const Matrix<TestType> x = machine<TestType>(7, 150);
  const Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic> by_column = x;
  Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic> larger(200, 9);
  larger.setConstant(77);
  larger.block(20, 2, 150, 6) = x;
  const DetectorOptions options = with_stages(true, true, 3);
  const Detector<TestType> detector = fitted_detector(x, options);
  Detector<TestType> from_columns(options), from_block(options), from_expression(options), from_view(options);
  from_columns.fit(by_column);
  from_block.fit(larger.block(20, 2, 150, 6));
  from_expression.fit(x + Matrix<TestType>::Zero(150, 6));
  from_view.fit(thrum::MatrixView<const TestType>{by_column.data(), 150, 6, 1, 150});
  for (const Detector<TestType>* other : {&from_columns, &from_block, &from_expression, &from_view})
    CHECK(*other == detector);
  CHECK(detector.score(by_column) == detector.score(x));
  CHECK(detector.score(larger.block(20, 2, 150, 6)) == detector.score(x));
  CHECK(detector.shares(by_column) == detector.shares(x));
  CHECK(detector.to_cluster_space(by_column) == detector.to_cluster_space(x));
  CHECK(detector.verdicts(by_column.row(149))[0].score == detector.verdicts(x)[149].score);
}

// ---- calibration

TEMPLATE_TEST_CASE("a calibrated detector alarms strictly above 1 and keeps what was asked", "", float,
                   double) {
  Detector<TestType> detector = fitted_detector(machine<TestType>(8, 300), with_stages(true, true, 2));
  CHECK_FALSE(detector.calibration().has_value());
  const Matrix<TestType> held_out = machine<TestType>(9, 199);
  const Vector<TestType> in_radii = detector.score(held_out);
  const thrum::Calibration calibration = detector.calibrate(held_out, 0.05);
  // ceil(200 * 0.95) = 190: nine of 199 are above.
  CHECK(calibration.alarms == 9);
  CHECK(calibration.samples == 199);
  REQUIRE(detector.calibration().has_value());
  CHECK(detector.calibration()->threshold == calibration.threshold);
  const Vector<TestType> scores = detector.score(held_out);
  const std::vector<Verdict> verdicts = detector.verdicts(held_out);
  Index at_threshold = -1;
  for (Index i = 0; i < 199; ++i) {
    if (scores[i] == 1) at_threshold = i;
    CHECK(verdicts[static_cast<std::size_t>(i)].state == (scores[i] > 1 ? State::alarm : State::normal));
    CHECK(scores[i] == in_radii[i] / static_cast<TestType>(calibration.threshold));
  }
  REQUIRE(at_threshold >= 0);
  CHECK(verdicts[static_cast<std::size_t>(at_threshold)].state == State::normal);
  CHECK((scores.array() > 1).count() == 9);
}

TEMPLATE_TEST_CASE("calibrating again, or fitting again, forgets the calibration before", "", float, double) {
  const Matrix<TestType> x = machine<TestType>(10, 300), held_out = machine<TestType>(11, 100);
  const Detector<TestType> fresh = fitted_detector(x, with_stages(true, true, 2));
  Detector<TestType> once = fresh, twice = fresh;
  once.calibrate(held_out, 0.05);
  CHECK(once != fresh);
  twice.calibrate(held_out, 0.5);
  twice.calibrate(held_out, 0.05);
  CHECK(once == twice);
  twice.fit(x);
  CHECK(twice == fresh);
  CHECK_FALSE(twice.calibration().has_value());
}

TEMPLATE_TEST_CASE("a detector says how many rows a calibration needs", "", float, double) {
  const Detector<TestType> fresh = fitted_detector(machine<TestType>(12, 200), with_stages(true, true, 2));
  Detector<TestType> detector = fresh;
  const Matrix<TestType> x = machine<TestType>(13, 100);
  CHECK_THAT(refusal([&] { detector.calibrate(x.topRows(98), 0.01); }),
             contains("x has 98 rows, expected at least 99"));
  CHECK_THAT(refusal([&] { detector.calibrate(x.topRows(0), 0.01); }), contains("at least 99"));
  for (const double rate : {0.0, 1.0, -1.0, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THAT(refusal([&] { detector.calibrate(x, rate); }), contains("false_alarm_rate is"));
  CHECK(detector == fresh);
  CHECK_FALSE(detector.calibration().has_value());
  CHECK(refusal([&] { detector.calibrate(x.topRows(99), 0.01); }) == "accepted");
}

// ---- values

TEMPLATE_TEST_CASE("detectors are values: copies are equal and go their own way, moves carry all over", "",
                   float, double) {
  const Matrix<TestType> x = machine<TestType>(14, 200), other = 3 * machine<TestType>(15, 200);
  Detector<TestType> detector = fitted_detector(x, with_stages(true, true, 2));
  const Vector<TestType> scores = detector.score(x);
  Detector<TestType> copy = detector;
  CHECK(copy == detector);
  copy.fit(other);
  CHECK(copy != detector);
  CHECK(detector.score(x) == scores);
  copy = detector;
  Detector<TestType> moved = std::move(copy);
  CHECK(moved == detector);
  CHECK(moved.score(x) == scores);
  CHECK_FALSE(copy.fitted());  // NOLINT(bugprone-use-after-move): it must not pass for fitted
  CHECK(copy.verdicts(x)[0].state == State::unknown);
  copy = moved;
  CHECK(copy == detector);
  CHECK(Detector<TestType>() == Detector<TestType>());
  CHECK(Detector<TestType>() != detector);
  DetectorOptions options = with_stages(true, true, 2);
  options.monitor.votes = 2;
  CHECK(fitted_detector(x, options) != detector);
}

TEMPLATE_TEST_CASE("fitting the same rows twice gives the same detector", "", float, double) {
  const Matrix<TestType> x = machine<TestType>(16, 200);
  CHECK(fitted_detector(x, DetectorOptions{}) == fitted_detector(x, DetectorOptions{}));
}

// ---- hostile input

TEMPLATE_TEST_CASE("a detector that was never fitted knows nothing", "", float, double) {
  Detector<TestType> detector;
  const Matrix<TestType> x = machine<TestType>(17, 3);
  CHECK_FALSE(detector.fitted());
  const std::vector<Verdict> verdicts = detector.verdicts(x);
  REQUIRE(verdicts.size() == 3);
  for (const Verdict& verdict : verdicts) {
    CHECK(verdict.status == Status::not_fitted);
    CHECK(verdict.state == State::unknown);
    CHECK(verdict.cluster == -1);
  }
  CHECK_THAT(refusal([&] { detector.score(x); }), contains("not fitted"));
  CHECK_THAT(refusal([&] { detector.shares(x); }), contains("not fitted"));
  CHECK_THAT(refusal([&] { detector.to_cluster_space(x); }), contains("not fitted"));
  CHECK_THAT(refusal([&] { detector.calibrate(x, 0.5); }), contains("not fitted"));
}

TEMPLATE_TEST_CASE("a row that is not finite is unknown and disturbs no other", "", float, double) {
  const TestType bad[] = {std::numeric_limits<TestType>::quiet_NaN(),
                          std::numeric_limits<TestType>::infinity(),
                          -std::numeric_limits<TestType>::infinity()};
  const Matrix<TestType> x = machine<TestType>(18, 200);
  for (const bool scales : {false, true})
    for (const bool projects : {false, true}) {
      const Detector<TestType> fresh = fitted_detector(x, with_stages(scales, projects, 2));
      Detector<TestType> detector = fresh;
      const Vector<TestType> scores = detector.score(x);
      for (const TestType value : bad)
        for (Index f = 0; f < 6; ++f) {
          Matrix<TestType> rows = x.topRows(5);
          rows(2, f) = value;
          const Vector<TestType> with_bad = detector.score(rows);
          const std::vector<Verdict> verdicts = detector.verdicts(rows);
          for (Index i = 0; i < 5; ++i) {
            const Verdict& verdict = verdicts[static_cast<std::size_t>(i)];
            if (i == 2) {
              CHECK(std::isnan(with_bad[i]));
              CHECK(verdict.state == State::unknown);
              CHECK(verdict.status == Status::non_finite);
              CHECK(verdict.feature == -1);
            } else {
              CHECK(with_bad[i] == scores[i]);
              CHECK(verdict.status == Status::ok);
            }
          }
          const std::string place = "x(2, " + std::to_string(f) + ")";
          CHECK_THAT(refusal([&] { detector.fit(rows); }), contains(place));
          CHECK_THAT(refusal([&] { detector.calibrate(rows, 0.5); }), contains(place));
          CHECK_THAT(refusal([&] { detector.shares(rows); }), contains(place));
          CHECK_THAT(refusal([&] { detector.to_cluster_space(rows); }), contains(place));
        }
      CHECK(detector == fresh);
    }
}

TEMPLATE_TEST_CASE("a finite row off every scale is an alarm that says overflow and names the feature", "",
                   float, double) {
  const Matrix<TestType> x = machine<TestType>(19, 200);
  for (const bool scales : {false, true})
    for (const bool projects : {false, true}) {
      const Detector<TestType> detector = fitted_detector(x, with_stages(scales, projects, 2));
      for (const TestType sign : {TestType(1), TestType(-1)})
        for (Index f = 0; f < 6; ++f) {
          // The largest number of all stands for a feature that itself overflowed: no class is the nearest.
          const TestType largest = std::numeric_limits<TestType>::max();
          for (const TestType magnitude : {largest, largest / 4}) {
            Matrix<TestType> row = x.topRows(1);
            row(0, f) = sign * magnitude;
            const Verdict verdict = detector.verdicts(row)[0];
            CHECK(verdict.state == State::alarm);
            CHECK(verdict.status == Status::overflow);
            CHECK(std::isinf(verdict.score));
            CHECK(std::isinf(detector.score(row)[0]));
            CHECK((verdict.cluster == -1) == (magnitude == largest));
            CHECK(verdict.feature == f);
            const Matrix<TestType> shares = detector.shares(row);
            CHECK(std::isinf(shares(0, f)));
            CHECK((shares.array() == 0).count() == 5);
          }
        }
      Matrix<TestType> all = Matrix<TestType>::Constant(1, 6, std::numeric_limits<TestType>::max());
      CHECK(detector.verdicts(all)[0].state == State::alarm);
    }
}

TEMPLATE_TEST_CASE("a detector says what is wrong with its options and stays as it was", "", float, double) {
  const Matrix<TestType> x = machine<TestType>(20, 50);
  const auto fitting = [&x](const DetectorOptions& options) {
    Detector<TestType> detector(options);
    const std::string message = refusal([&] { detector.fit(x); });
    CHECK_FALSE(detector.fitted());
    return message;
  };
  DetectorOptions options = with_stages(true, true, 2);
  options.monitor.votes = 6;
  CHECK_THAT(fitting(options), contains("monitor is not valid"));
  options = with_stages(true, true, 51);
  CHECK_THAT(fitting(options), contains("clusters is 51, expected at most the number of rows, 50"));
  options = with_stages(true, true, 0);
  CHECK_THAT(fitting(options), contains("clusters is 0"));
  options = with_stages(true, true, 2);
  options.pca->variance_share = 1.5;
  CHECK_THAT(fitting(options), contains("variance_share is 1.5"));
  options.pca = PCAOptions{7, 0, false};
  CHECK_THAT(fitting(options), contains("components is 7"));
  options = with_stages(true, true, 2);
  options.scorer.radius_quantile = 1;
  CHECK_THAT(fitting(options), contains("radius_quantile is 1"));
  options = with_stages(true, true, 2);
  options.signal = thrum::FeatureOptions{};
  CHECK_THAT(fitting(options), contains("x has 6 columns, expected 23"));
  options.signal->window = 4;
  CHECK_THAT(fitting(options), contains("window must be from 8"));

  const Detector<TestType> fresh = fitted_detector(x, with_stages(true, true, 2));
  Detector<TestType> detector = fresh;
  CHECK_THAT(refusal([&] { detector.fit(x.topRows(0)); }), contains("0 x 6"));
  CHECK_THAT(refusal([&] { detector.fit(x.topRows(1)); }), contains("expected at least 2"));
  CHECK_THAT(refusal([&] { detector.score(x.leftCols(5)); }), contains("x has 5 columns, expected 6"));
  CHECK_THAT(refusal([&] { detector.verdicts(x.leftCols(5)); }), contains("x has 5 columns, expected 6"));
  CHECK_THAT(refusal([&] { detector.shares(x.leftCols(5)); }), contains("x has 5 columns, expected 6"));
  CHECK_THAT(refusal([&] { detector.calibrate(x.leftCols(5), 0.5); }),
             contains("x has 5 columns, expected 6"));
  CHECK(detector == fresh);
  CHECK(detector.score(x.topRows(0)).size() == 0);
  CHECK(detector.verdicts(x.topRows(0)).empty());
}

TEMPLATE_TEST_CASE("an alarm of a detector with a signal names the channel", "", float, double) {
  DetectorOptions options = with_stages(true, false, 1);
  thrum::FeatureOptions signal;
  signal.channels = 3;
  signal.bands = 0;
  signal.correlation = false;
  options.signal = signal;
  const Index per_channel = thrum::features_per_channel(signal);
  REQUIRE(per_channel == 7);
  thrum::Random random(21);
  const Matrix<TestType> x = thrum_test::noise<TestType>(random, 100, 21);
  const Detector<TestType> detector = fitted_detector(x, options);
  for (Index f = 0; f < 21; ++f) {
    Matrix<TestType> row = x.topRows(1);
    row(0, f) += 100;
    const Verdict verdict = detector.verdicts(row)[0];
    CHECK(verdict.feature == f);
    CHECK(verdict.channel == f / per_channel);
  }
}

TEMPLATE_TEST_CASE("rows that are all equal, a constant column and one column make a detector that judges",
                   "", float, double) {
  const Matrix<TestType> equal = Matrix<TestType>::Constant(20, 3, static_cast<TestType>(0.1));
  for (const bool scales : {false, true})
    for (const bool projects : {false, true}) {
      const Detector<TestType> detector = fitted_detector(equal, with_stages(scales, projects, 1));
      CHECK(detector.verdicts(equal)[0].state == State::normal);
      Matrix<TestType> other = equal.topRows(1);
      other(0, 1) += 1;
      // PCA of rows without variance keeps one direction, which may be blind to any one column.
      if (!projects) CHECK(detector.verdicts(other)[0].state == State::alarm);

      Matrix<TestType> constant_column = machine<TestType>(22, 100);
      constant_column.col(2).setConstant(5);
      const Detector<TestType> second = fitted_detector(constant_column, with_stages(scales, projects, 2));
      CHECK(second.verdicts(constant_column)[0].status == Status::ok);

      const Detector<TestType> third =
          fitted_detector<TestType>(constant_column.leftCols(1), with_stages(scales, projects, 2));
      CHECK(third.verdicts(Matrix<TestType>::Constant(1, 1, 1000))[0].state == State::alarm);
    }
}

TEMPLATE_TEST_CASE("fewer rows than features make a detector", "", float, double) {
  const Matrix<TestType> x = machine<TestType>(23, 4);
  const Detector<TestType> detector = fitted_detector(x, with_stages(true, true, 1));
  CHECK(detector.model().projection.components <= 3);
  // A radius is the 0.99 quantile of the distances: of four, the greatest. So all rows are within 1.
  CHECK(detector.score(x).maxCoeff() <= 1);
}

TEMPLATE_TEST_CASE("minus zero and subnormal values are ordinary input", "", float, double) {
  Matrix<TestType> x = machine<TestType>(24, 100);
  x.row(0).setZero();
  const Detector<TestType> detector = fitted_detector(x, with_stages(true, true, 2));
  Matrix<TestType> tiny(3, 6);
  tiny.row(0).setZero();
  tiny.row(1).setConstant(-TestType(0));
  tiny.row(2).setConstant(std::numeric_limits<TestType>::denorm_min());
  const Vector<TestType> scores = detector.score(tiny);
  CHECK(scores[0] == scores[1]);
  CHECK(scores[0] == scores[2]);
}
