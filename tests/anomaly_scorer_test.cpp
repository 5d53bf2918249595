#include "thrum/anomaly_scorer.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/kmeans.hpp"

using thrum::AnomalyScorer;
using thrum::AnomalyScorerOptions;
using thrum::Calibration;
using thrum::Index;
using thrum::Matrix;
using thrum::Vector;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

/// A sum of d squares, its root and a division: each a rounding or two. d <= 8 here.
template <typename Scalar>
constexpr double rounding = 16 * static_cast<double>(std::numeric_limits<Scalar>::epsilon());

template <typename Scalar>
double distance(const Matrix<Scalar>& x, Index i, const Matrix<Scalar>& centers, Index j) {
  return (x.row(i).template cast<double>() - centers.row(j).template cast<double>()).norm();
}

/// The smallest value with at least q of all at or below it, by sorting.
double sorted_quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const double place = std::ceil(q * static_cast<double>(values.size()) - 1e-9);
  return values[static_cast<std::size_t>(std::max(place, 1.0)) - 1];
}

/// Radii by sorting the distances of each centre's members; without the floor.
template <typename Scalar>
std::vector<double> oracle_radii(const Matrix<Scalar>& x, const Matrix<Scalar>& centers, double q) {
  std::vector<double> all;
  std::vector<std::vector<double>> members(static_cast<std::size_t>(centers.rows()));
  for (Index i = 0; i < x.rows(); ++i) {
    Index nearest = 0;
    for (Index j = 1; j < centers.rows(); ++j)
      if (distance(x, i, centers, j) < distance(x, i, centers, nearest)) nearest = j;
    all.push_back(distance(x, i, centers, nearest));
    members[static_cast<std::size_t>(nearest)].push_back(all.back());
  }
  std::vector<double> radii;
  for (const std::vector<double>& own : members) {
    const bool enough = static_cast<double>(own.size()) * (1 - q) >= 1 - 1e-9;
    radii.push_back(sorted_quantile(enough ? own : all, q));
  }
  return radii;
}

template <typename Scalar>
Matrix<Scalar> some_centers(const Matrix<Scalar>& x, int clusters) {
  thrum::KMeansOptions options;
  options.clusters = clusters;
  thrum::KMeans<Scalar> kmeans(options);
  kmeans.fit(x);
  return kmeans.centers();
}

template <typename Scalar>
AnomalyScorer<Scalar> fitted_scorer(const Matrix<Scalar>& x, const Matrix<Scalar>& centers, double q) {
  AnomalyScorer<Scalar> scorer(AnomalyScorerOptions{q});
  scorer.fit(x, centers);
  return scorer;
}

/// One feature: class 0 at 0 with radius 1, class 1 at 10 with radius 4.
template <typename Scalar>
AnomalyScorer<Scalar> narrow_and_wide() {
  Matrix<Scalar> x(8, 1), centers(2, 1);
  x << -1, 1, -1, 1, 6, 14, 6, 14;
  centers << 0, 10;
  return fitted_scorer(x, centers, 0.5);
}

template <typename Derived>
Index above_one(const Eigen::DenseBase<Derived>& scores) {
  return static_cast<Index>((scores.derived().array() > 1).count());
}

}  // namespace

static_assert(std::is_nothrow_move_constructible<AnomalyScorer<float>>::value,
              "models move without throwing");
static_assert(std::is_nothrow_move_assignable<AnomalyScorer<double>>::value, "models move without throwing");

// ---- radii

TEMPLATE_TEST_CASE("a radius is the inverse-CDF quantile of the members' distances", "", float, double) {
  for (const std::uint64_t seed : {1u, 2u, 3u})
    for (const double q : {0.5, 0.9, 0.99}) {
      const Matrix<TestType> x = thrum_test::blobs<TestType>(seed, 500, 3, 4);
      const Matrix<TestType> centers = some_centers(x, 4);
      const AnomalyScorer<TestType> scorer = fitted_scorer(x, centers, q);
      const std::vector<double> expected = oracle_radii(x, centers, q);
      REQUIRE(scorer.radii().size() == 4);
      for (Index j = 0; j < 4; ++j)
        CHECK(static_cast<double>(scorer.radii()[j]) ==
              Approx(expected[static_cast<std::size_t>(j)]).epsilon(rounding<TestType>).margin(0));
    }
}

TEMPLATE_TEST_CASE("a weight of N is N repeats of the row for the radii, and 0 is none", "", float, double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(4, 60, 2, 3);
  const Matrix<TestType> centers = some_centers(x, 3);
  Vector<TestType> weights(60);
  std::vector<Index> repeats;
  thrum::Random random(5);
  for (Index i = 0; i < 60; ++i) {
    weights[i] = static_cast<TestType>(random.index(5));
    repeats.insert(repeats.end(), static_cast<std::size_t>(weights[i]), i);
  }
  Matrix<TestType> repeated(static_cast<Index>(repeats.size()), 2);
  for (Index i = 0; i < repeated.rows(); ++i) repeated.row(i) = x.row(repeats[static_cast<std::size_t>(i)]);
  for (const double q : {0.5, 0.8, 0.95, 0.99}) {
    AnomalyScorer<TestType> weighted(AnomalyScorerOptions{q});
    weighted.fit(x, centers, weights);
    CHECK(weighted == fitted_scorer(repeated, centers, q));
  }
  CHECK(fitted_scorer(repeated, centers, 0.5) != fitted_scorer(x, centers, 0.5));
}

TEMPLATE_TEST_CASE("a cluster of fewer than 1 / (1 - q) members takes the pooled radius", "", float, double) {
  Matrix<TestType> centers(2, 1);
  centers << 0, 1000;
  // 30 members of class 0 at distances 1 ... 30; those of class 1 at distance 0.5. q = 0.9 asks for ten.
  const auto radius_with = [&centers](Index members) {
    Matrix<TestType> x(30 + members, 1);
    for (Index i = 0; i < 30; ++i) x(i, 0) = static_cast<TestType>(i + 1);
    x.bottomRows(members).setConstant(static_cast<TestType>(1000.5));
    return static_cast<double>(fitted_scorer(x, centers, 0.9).radii()[1]);
  };
  CHECK(radius_with(10) == 0.5);
  CHECK(radius_with(9) == 27);  // the 36th of all 39, nine of which are halves
}

TEMPLATE_TEST_CASE("a class without members takes the pooled radius", "", float, double) {
  Matrix<TestType> x(4, 1), centers(2, 1);
  x << 1, -1, 2, -2;
  centers << 0, 100;
  const AnomalyScorer<TestType> scorer = fitted_scorer(x, centers, 0.5);
  CHECK(static_cast<double>(scorer.radii()[0]) == 1);
  CHECK(static_cast<double>(scorer.radii()[1]) == 1);
}

TEMPLATE_TEST_CASE("members that are all on their centre leave a thousandth of the pooled radius", "", float,
                   double) {
  Matrix<TestType> x(40, 1), centers(2, 1);
  for (Index i = 0; i < 20; ++i) x(i, 0) = i % 2 == 0 ? 2 : -2;
  x.bottomRows(20).setConstant(50);
  centers << 0, 50;
  const AnomalyScorer<TestType> scorer = fitted_scorer(x, centers, 0.9);
  CHECK(static_cast<double>(scorer.radii()[0]) == 2);
  CHECK(static_cast<double>(scorer.radii()[1]) == Approx(2e-3).epsilon(rounding<TestType>).margin(0));
}

TEMPLATE_TEST_CASE("rows that are all equal score 0, and any other row alarms", "", float, double) {
  const Matrix<TestType> x = Matrix<TestType>::Constant(50, 3, static_cast<TestType>(7.25));
  const AnomalyScorer<TestType> scorer = fitted_scorer<TestType>(x, x.topRows(1), 0.99);
  CHECK(scorer.radii()[0] > 0);
  CHECK(thrum::is_finite(1 / (scorer.radii()[0] * scorer.radii()[0])));
  CHECK(scorer.score(x).maxCoeff() == 0);
  Matrix<TestType> other = x.topRows(1);
  other(0, 1) = std::nextafter(other(0, 1), TestType(8));
  CHECK(scorer.score(other)[0] > 1);
  // Then no threshold can be told.
  AnomalyScorer<TestType> calibrated = scorer;
  CHECK_THAT(refusal([&] { calibrated.calibrate(x, 0.1); }), contains("threshold is 0"));
  CHECK(calibrated == scorer);
}

// ---- score, class, shares

TEMPLATE_TEST_CASE("the score is the least distance in radii, and its class need not be the nearest centre",
                   "", float, double) {
  const AnomalyScorer<TestType> scorer = narrow_and_wide<TestType>();
  REQUIRE(static_cast<double>(scorer.radii()[0]) == 1);
  REQUIRE(static_cast<double>(scorer.radii()[1]) == 4);
  Matrix<TestType> x(5, 1);
  x << 0, static_cast<TestType>(0.5), static_cast<TestType>(4.5), 10, 18;
  const Vector<TestType> scores = scorer.score(x);
  const Vector<int> classes = scorer.classes(x);
  // 4.5 is 4.5 from centre 0 and 5.5 from centre 1, but 4.5 radii from the one and 1.375 from the other.
  const double expected[] = {0, 0.5, 1.375, 0, 2};
  const int expected_classes[] = {0, 0, 1, 1, 1};
  for (Index i = 0; i < 5; ++i) {
    CHECK(static_cast<double>(scores[i]) == expected[i]);
    CHECK(classes[i] == expected_classes[i]);
  }
}

TEMPLATE_TEST_CASE("scores are those of an oracle in double over all classes", "", float, double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(6, 400, 5, 3);
  const Matrix<TestType> centers = some_centers(x, 3);
  const AnomalyScorer<TestType> scorer = fitted_scorer(x, centers, 0.9);
  const Vector<TestType> scores = scorer.score(x);
  const Vector<int> classes = scorer.classes(x);
  for (Index i = 0; i < x.rows(); ++i) {
    double least = std::numeric_limits<double>::max();
    for (Index j = 0; j < 3; ++j)
      least = std::min(least, distance(x, i, centers, j) / static_cast<double>(scorer.radii()[j]));
    REQUIRE(static_cast<double>(scores[i]) == Approx(least).epsilon(rounding<TestType>).margin(0));
    const double own = distance(x, i, centers, classes[i]) / static_cast<double>(scorer.radii()[classes[i]]);
    REQUIRE(own == Approx(least).epsilon(rounding<TestType>).margin(0));
  }
}

TEMPLATE_TEST_CASE("equal scores go to the lowest class", "", float, double) {
  Matrix<TestType> x(4, 1), centers(2, 1);
  x << -3, -1, 1, 3;
  centers << 2, -2;
  const Matrix<TestType> middle = Matrix<TestType>::Zero(1, 1);
  CHECK(fitted_scorer(x, centers, 0.5).classes(middle)[0] == 0);
  CHECK(fitted_scorer<TestType>(x, -centers, 0.5).classes(middle)[0] == 0);
}

TEMPLATE_TEST_CASE("shares are the squared differences to the class and add up to the squared distance", "",
                   float, double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(7, 200, 6, 3);
  const Matrix<TestType> centers = some_centers(x, 3);
  const AnomalyScorer<TestType> scorer = fitted_scorer(x, centers, 0.9);
  const Matrix<TestType> shares = scorer.shares(x);
  const Vector<int> classes = scorer.classes(x);
  REQUIRE(shares.rows() == x.rows());
  REQUIRE(shares.cols() == x.cols());
  CHECK(shares.minCoeff() >= 0);
  for (Index i = 0; i < x.rows(); ++i) {
    const double squared = std::pow(distance(x, i, centers, classes[i]), 2);
    REQUIRE(shares.row(i).template cast<double>().sum() ==
            Approx(squared).epsilon(rounding<TestType>).margin(0));
  }
  CHECK(scorer.shares(centers).isZero(0));
}

TEMPLATE_TEST_CASE("a share belongs to the class judged against, not to the nearest centre", "", float,
                   double) {
  Matrix<TestType> x(1, 1);
  x << static_cast<TestType>(4.5);
  CHECK(static_cast<double>(narrow_and_wide<TestType>().shares(x)(0, 0)) == 5.5 * 5.5);
}

TEMPLATE_TEST_CASE("units do not matter: scaling all by four scales the radii and leaves the scores", "",
                   float, double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(8, 100, 4, 2);
  const Matrix<TestType> centers = some_centers(x, 2);
  const AnomalyScorer<TestType> small = fitted_scorer(x, centers, 0.9);
  const AnomalyScorer<TestType> large = fitted_scorer<TestType>(4 * x, 4 * centers, 0.9);
  CHECK(large.radii() == 4 * small.radii());
  CHECK(large.score(4 * x) == small.score(x));
}

TEMPLATE_TEST_CASE("the order of the rows does not matter to the radii", "", float, double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(9, 101, 4, 2);
  const Matrix<TestType> centers = some_centers(x, 2);
  CHECK(fitted_scorer<TestType>(x.colwise().reverse(), centers, 0.9) == fitted_scorer(x, centers, 0.9));
}

TEMPLATE_TEST_CASE("storage order, blocks and expressions do not matter to the scorer", "", float, double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(10, 80, 4, 2);
  const Matrix<TestType> centers = some_centers(x, 2);
  const Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic> by_column = x, centers_by_column = centers;
  AnomalyScorer<TestType> scorer;
  scorer.fit(by_column, centers_by_column);
  CHECK(scorer == fitted_scorer(x, centers, 0.99));
  const Vector<TestType> scores = scorer.score(x);
  CHECK(scorer.score(by_column) == scores);
  CHECK(scorer.score(by_column.middleRows(3, 5)) == scores.segment(3, 5));
  CHECK(scorer.score(x + Matrix<TestType>::Zero(80, 4)) == scores);
  CHECK(scorer.score(x.row(7))[0] == scores[7]);
  CHECK(scorer.shares(by_column) == scorer.shares(x));
  Matrix<TestType> table = Matrix<TestType>::Zero(80, 2);
  scorer.score(x, thrum::view(table).col(1));
  CHECK(table.col(1) == scores);
  CHECK(table.col(0).isZero(0));
}

// ---- calibration

TEMPLATE_TEST_CASE("calibration puts the row of rank ceil((n + 1)(1 - rate)) exactly at 1", "", float,
                   double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(11, 300, 4, 3);
  const AnomalyScorer<TestType> scorer = fitted_scorer(x, some_centers(x, 3), 0.9);
  for (const double rate : {0.01, 0.05, 0.1, 0.5, 0.9})
    for (const Index n : {100, 199, 200, 257}) {
      const Matrix<TestType> held_out = thrum_test::blobs<TestType>(static_cast<std::uint64_t>(n), n, 4, 3);
      AnomalyScorer<TestType> calibrated = scorer;
      const Calibration calibration = calibrated.calibrate(held_out, rate);
      const Index rank = static_cast<Index>(std::ceil(static_cast<double>(n + 1) * (1 - rate) - 1e-9));
      Vector<TestType> before = scorer.score(held_out);
      std::sort(before.begin(), before.end());
      CHECK(calibrated.threshold() == before[rank - 1]);
      const Vector<TestType> after = calibrated.score(held_out);
      CHECK(above_one(after) == n - rank);  // no two scores are equal here
      CHECK((after.array() == 1).count() == 1);
      CHECK(calibration.alarms == n - rank);
      CHECK(calibration.samples == n);
      CHECK(calibration.asked == rate);
      CHECK(calibration.threshold == static_cast<double>(calibrated.threshold()));
    }
}

TEMPLATE_TEST_CASE("rows of equal score at the threshold are not alarms", "", float, double) {
  AnomalyScorer<TestType> scorer = narrow_and_wide<TestType>();
  const Matrix<TestType> x = Matrix<TestType>::Constant(20, 1, static_cast<TestType>(-3));
  CHECK(scorer.calibrate(x, 0.1).alarms == 0);
  CHECK(scorer.score(x).minCoeff() == 1);
  CHECK(scorer.score(x).maxCoeff() == 1);
}

TEMPLATE_TEST_CASE("calibrating again forgets the calibration before, and so does fit", "", float, double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(12, 200, 4, 3);
  const Matrix<TestType> centers = some_centers(x, 3);
  const AnomalyScorer<TestType> fresh = fitted_scorer(x, centers, 0.99);
  AnomalyScorer<TestType> once = fresh, twice = fresh;
  once.calibrate(x, 0.05);
  twice.calibrate(x.topRows(50), 0.3);
  CHECK(once != twice);
  twice.calibrate(x, 0.05);
  CHECK(once == twice);
  twice.fit(x, centers);
  CHECK(twice == fresh);
}

TEMPLATE_TEST_CASE("calibration with too few rows says how many it needs", "", float, double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(13, 200, 2, 2);
  const AnomalyScorer<TestType> fresh = fitted_scorer(x, some_centers(x, 2), 0.9);
  AnomalyScorer<TestType> scorer = fresh;
  const auto calibrated = [&](Index rows, double rate) {
    return refusal([&] { scorer.calibrate(x.topRows(rows), rate); });
  };
  CHECK_THAT(calibrated(98, 0.01), contains("x has 98 rows, expected at least 99"));
  CHECK_THAT(calibrated(8, 0.1), contains("at least 9"));
  CHECK_THAT(calibrated(0, 0.5), contains("at least 1"));
  CHECK_THAT(calibrated(200, 0.001), contains("at least 999"));
  CHECK(scorer == fresh);
  CHECK(calibrated(99, 0.01) == "accepted");
  CHECK(calibrated(9, 0.1) == "accepted");
  CHECK(calibrated(1, 0.5) == "accepted");
}

namespace {

/// Mean false-alarm rate on fresh rows over many splits; with `promise` calibrated on `held_out` rows, else
/// the radii alone at the same quantile.
template <typename Scalar>
double mean_false_alarms(int splits, Index held_out, Index tested, double rate, bool promise) {
  double sum = 0;
  for (int split = 0; split < splits; ++split) {
    thrum::Random random(static_cast<std::uint64_t>(split));
    const Matrix<Scalar> training = thrum_test::noise<Scalar>(random, 60, 4);
    AnomalyScorer<Scalar> scorer = fitted_scorer(training, some_centers(training, 3), 1 - rate);
    if (promise) scorer.calibrate(thrum_test::noise<Scalar>(random, held_out, 4), rate);
    const Vector<Scalar> scores = scorer.score(thrum_test::noise<Scalar>(random, tested, 4));
    sum += static_cast<double>(above_one(scores)) / static_cast<double>(tested);
  }
  return sum / splits;
}

}  // namespace

TEMPLATE_TEST_CASE("a calibrated scorer keeps its promise of false alarms on average", "", float, double) {
  // A further row is above the rank-th of n with probability a = 1 - rank / (n + 1) exactly. Given the split,
  // the chance is Beta(n + 1 - rank, rank) distributed; with m rows tested, the variance of a split's rate is
  // at most a (1 - a) / (n + 2) + a (1 - a) / m. Four standard deviations of the mean over all splits: one in
  // 16000.
  const int splits = 400;
  const Index tested = 50;
  for (const Index n : {19, 25}) {
    const double rate = 0.1;
    const double rank = std::ceil(static_cast<double>(n + 1) * (1 - rate) - 1e-9);
    const double expected = 1 - rank / static_cast<double>(n + 1);
    const double variance = expected * (1 - expected) * (1.0 / static_cast<double>(n + 2) + 1.0 / tested);
    const double allowed = 4 * std::sqrt(variance / splits);
    const double mean = mean_false_alarms<TestType>(splits, n, tested, rate, true);
    CHECK(mean <= rate + allowed);
    CHECK(std::abs(mean - expected) <= allowed);
  }
  // The radii of the training rows promise nothing: the centres were fitted to these very rows.
  CHECK(mean_false_alarms<TestType>(100, 0, tested, 0.1, false) > 0.13);
}

// ---- hostile input

TEMPLATE_TEST_CASE("a scorer says what is wrong with its arguments and stays as it was", "", float, double) {
  const TestType bad[] = {std::numeric_limits<TestType>::quiet_NaN(),
                          std::numeric_limits<TestType>::infinity(),
                          -std::numeric_limits<TestType>::infinity()};
  const Matrix<TestType> x = thrum_test::blobs<TestType>(14, 40, 3, 2);
  const Matrix<TestType> centers = some_centers(x, 2);
  const AnomalyScorer<TestType> fresh = fitted_scorer(x, centers, 0.9);
  AnomalyScorer<TestType> scorer = fresh;

  for (const TestType value : bad) {
    Matrix<TestType> broken = x, broken_centers = centers;
    broken(17, 2) = value;
    broken_centers(1, 0) = value;
    CHECK_THAT(refusal([&] { scorer.fit(broken, centers); }), contains("x(17, 2)"));
    CHECK_THAT(refusal([&] { scorer.fit(x, broken_centers); }), contains("centers(1, 0)"));
    CHECK_THAT(refusal([&] { scorer.calibrate(broken, 0.1); }), contains("x(17, 2)"));
    CHECK_THAT(refusal([&] { scorer.score(broken); }), contains("x(17, 2)"));
    CHECK_THAT(refusal([&] { scorer.classes(broken); }), contains("x(17, 2)"));
    CHECK_THAT(refusal([&] { scorer.shares(broken); }), contains("x(17, 2)"));
    Vector<TestType> weights = Vector<TestType>::Ones(40);
    weights[5] = value;
    CHECK_THAT(refusal([&] { scorer.fit(x, centers, weights); }), contains("weights(5)"));
  }
  for (const double rate : {0.0, 1.0, -0.1, 2.0, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THAT(refusal([&] { scorer.calibrate(x, rate); }), contains("false_alarm_rate is"));
  for (const double q : {0.0, 1.0, -0.5, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    AnomalyScorer<TestType> odd(AnomalyScorerOptions{q});
    CHECK_THAT(refusal([&] { odd.fit(x, centers); }), contains("radius_quantile is"));
    CHECK_FALSE(odd.fitted());
  }
  const Vector<TestType> negative = Vector<TestType>::Constant(40, -1), zero = Vector<TestType>::Zero(40);
  CHECK_THAT(refusal([&] { scorer.fit(x, centers, negative); }), contains("weights(0) is -1"));
  CHECK_THAT(refusal([&] { scorer.fit(x, centers, zero); }), contains("weights are all 0"));
  CHECK_THAT(refusal([&] { scorer.fit(x, centers, zero.head(39)); }), contains("39"));
  CHECK_THAT(refusal([&] { scorer.fit(x, centers.leftCols(2)); }),
             contains("centers has 2 columns, expected 3"));
  CHECK_THAT(refusal([&] { scorer.fit(x, centers.topRows(0)); }), contains("centers has no rows"));
  CHECK_THAT(refusal([&] { scorer.fit(x.topRows(0), centers); }), contains("0 x 3"));
  CHECK_THAT(refusal([&] { scorer.fit(x.leftCols(0), centers); }), contains("40 x 0"));
  CHECK_THAT(refusal([&] { scorer.score(x.leftCols(2)); }), contains("x has 2 columns, expected 3"));
  CHECK_THAT(refusal([&] { scorer.shares(x.leftCols(2)); }), contains("x has 2 columns, expected 3"));
  Vector<TestType> scores = Vector<TestType>::Constant(40, 5);
  CHECK_THAT(refusal([&] {
               scorer.score(x, thrum::VectorView<TestType>{scores.data(), 39, 1});
             }),
             contains("39"));
  CHECK(scores == Vector<TestType>::Constant(40, 5));
  CHECK(scorer == fresh);

  AnomalyScorer<TestType> unfitted;
  CHECK_THAT(refusal([&] { unfitted.score(x); }), contains("not fitted"));
  CHECK_THAT(refusal([&] { unfitted.calibrate(x, 0.1); }), contains("not fitted"));
  CHECK_FALSE(unfitted.fitted());
  CHECK(unfitted.model().clusters == 0);
}

TEMPLATE_TEST_CASE("a finite row off every scale scores infinity, not NaN and not a number", "", float,
                   double) {
  const AnomalyScorer<TestType> scorer = narrow_and_wide<TestType>();
  Matrix<TestType> x(2, 1);
  x << std::numeric_limits<TestType>::max(), -std::numeric_limits<TestType>::max();
  const Vector<TestType> scores = scorer.score(x);
  CHECK(std::isinf(scores[0]));
  CHECK(std::isinf(scores[1]));
}

TEMPLATE_TEST_CASE("centres so far that no radius can be told are refused", "", float, double) {
  const TestType largest = std::numeric_limits<TestType>::max();
  const Matrix<TestType> x = thrum_test::blobs<TestType>(15, 40, 2, 2);
  AnomalyScorer<TestType> scorer;
  for (const TestType far : {largest, largest / 4, std::sqrt(largest) * 2}) {
    CHECK_THAT(refusal([&] { scorer.fit(x, Matrix<TestType>::Constant(1, 2, far)); }), contains("radius"));
    CHECK_FALSE(scorer.fitted());
  }
  // A far one beside a near one has no members and does no harm.
  Matrix<TestType> centers(2, 2);
  centers << 0, 0, largest, largest;
  scorer.fit(x, centers);
  CHECK(scorer.score(x).maxCoeff() <= 1);
  CHECK(scorer.classes(x).maxCoeff() == 0);
}

TEMPLATE_TEST_CASE("minus zero and subnormal rows score as zero does", "", float, double) {
  const AnomalyScorer<TestType> scorer = narrow_and_wide<TestType>();
  Matrix<TestType> x(4, 1);
  x << 0, -TestType(0), std::numeric_limits<TestType>::denorm_min(),
      -std::numeric_limits<TestType>::denorm_min();
  const Vector<TestType> scores = scorer.score(x);
  for (Index i = 0; i < 4; ++i) CHECK(scores[i] == 0);
  CHECK_FALSE(std::signbit(scores[1]));
}

TEMPLATE_TEST_CASE("one row and one column is enough for a scorer", "", float, double) {
  Matrix<TestType> x(1, 1), centers(1, 1);
  x << 3;
  centers << 1;
  const AnomalyScorer<TestType> scorer = fitted_scorer(x, centers, 0.99);
  CHECK(static_cast<double>(scorer.radii()[0]) == 2);
  CHECK(static_cast<double>(scorer.score(x)[0]) == 1);
}

TEMPLATE_TEST_CASE("a large common offset costs the scorer no more digits than the data have", "", float,
                   double) {
  // Multiples of 8 around 1e8 are exact in float; so are their differences.
  Matrix<TestType> x(4, 1), centers(1, 1);
  x << TestType(1e8) - 16, TestType(1e8) - 8, TestType(1e8) + 8, TestType(1e8) + 16;
  centers << TestType(1e8);
  const AnomalyScorer<TestType> scorer = fitted_scorer(x, centers, 0.5);
  CHECK(static_cast<double>(scorer.radii()[0]) == 8);
  CHECK(static_cast<double>(scorer.score(x)[3]) == 2);
}
