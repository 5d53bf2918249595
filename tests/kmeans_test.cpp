#include "thrum/kmeans.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"

using thrum::FitReport;
using thrum::Index;
using thrum::KMeans;
using thrum::KMeansOptions;
using thrum::KMeansSeeding;
using thrum::Matrix;
using thrum::StopReason;
using thrum::Vector;
using thrum_test::blobs;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

template <typename Scalar>
constexpr double epsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());

KMeansOptions clusters(int count, double tolerance = 0) {
  KMeansOptions options;
  options.clusters = count;
  options.tolerance = tolerance;
  return options;
}

/// What belongs to given centres, in double and by the definitions.
struct Assignment {
  Vector<int> labels;
  Eigen::VectorXd counts;
  Eigen::MatrixXd means;
  double inertia;
};

template <typename Scalar>
Assignment assignment(const Matrix<Scalar>& x, const Matrix<Scalar>& centers, const Vector<Scalar>& weights) {
  const Eigen::MatrixXd points = x.template cast<double>(), middles = centers.template cast<double>();
  const Index k = middles.rows();
  Assignment found{Vector<int>(points.rows()), Eigen::VectorXd::Zero(k),
                   Eigen::MatrixXd::Zero(k, points.cols()), 0};
  for (Index i = 0; i < points.rows(); ++i) {
    Index nearest = 0;
    const double squared = (middles.rowwise() - points.row(i)).rowwise().squaredNorm().minCoeff(&nearest);
    const double weight = weights.size() == 0 ? 1.0 : static_cast<double>(weights[i]);
    found.labels[i] = static_cast<int>(nearest);
    found.counts[nearest] += weight;
    found.means.row(nearest) += weight * points.row(i);
    found.inertia += weight * squared;
  }
  for (Index j = 0; j < k; ++j) found.means.row(j) /= found.counts[j];
  return found;
}

/// What must hold after any fit: labels nearest, inertia and counts those of the returned centres. On blobs
/// no sample lies within rounding of two centres, so that the labels must agree exactly.
template <typename Scalar>
void check_laws(const KMeans<Scalar>& kmeans, const Matrix<Scalar>& x, const Vector<Scalar>& weights = {}) {
  const Assignment expected = assignment(x, kmeans.centers(), weights);
  CHECK(kmeans.predict(x) == expected.labels);
  CHECK(kmeans.counts() == expected.counts);  // sums of small whole numbers are exact
  // A squared distance in Scalar: two roundings a term and one an addition; all terms are positive. Then one
  // addition a sample, in double.
  const double slack =
      static_cast<double>(2 + x.cols()) * epsilon<Scalar> + static_cast<double>(x.rows()) * epsilon<double>;
  CHECK(std::fabs(kmeans.inertia() - expected.inertia) <= slack * expected.inertia);
}

/// The largest distance along an axis between a centre and the mean of its samples.
template <typename Scalar>
double distance_to_means(const KMeans<Scalar>& kmeans, const Matrix<Scalar>& x,
                         const Vector<Scalar>& weights = {}) {
  const Eigen::MatrixXd centers = kmeans.centers().template cast<double>();
  return (assignment(x, kmeans.centers(), weights).means - centers).cwiseAbs().maxCoeff();
}

template <typename Scalar>
Matrix<Scalar> column(std::initializer_list<double> values) {
  Matrix<Scalar> x(static_cast<Index>(values.size()), 1);
  Index i = 0;
  for (const double value : values) x(i++, 0) = static_cast<Scalar>(value);
  return x;
}

}  // namespace

// ---- a regular value

TEMPLATE_TEST_CASE("a k-means model is a regular value", "", float, double) {
  STATIC_REQUIRE(std::is_nothrow_move_constructible<KMeans<TestType>>::value);
  STATIC_REQUIRE(std::is_nothrow_move_assignable<KMeans<TestType>>::value);
  const Matrix<TestType> x = blobs<TestType>(81, 60, 2, 3);
  KMeans<TestType> kmeans(clusters(3));
  const KMeans<TestType> unfitted = kmeans;
  kmeans.fit(x);
  KMeans<TestType> copy = kmeans;
  CHECK(copy == kmeans);
  CHECK(copy != unfitted);
  copy.fit(x * TestType(2));
  CHECK(copy != kmeans);
  copy = kmeans;
  CHECK(copy == kmeans);
  const KMeans<TestType> moved = std::move(copy);
  CHECK(moved == kmeans);
  CHECK(moved.predict(x) == kmeans.predict(x));
  CHECK(KMeans<TestType>(clusters(3)) != KMeans<TestType>(clusters(4)));
  CHECK_FALSE(unfitted.fitted());
  CHECK(kmeans.fitted());
}

// ---- known answers

TEST_CASE("four numbers around +-1 in float have their known inertia") {
  const Matrix<float> x = column<float>({1.0001, 0.9999, -1.0001, -0.9999});
  KMeansOptions options = clusters(2);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    options.seed = seed;
    KMeans<float> kmeans(options);
    // The digits known are eight: half a unit of the last.
    CHECK(std::fabs(kmeans.fit(x).inertia - 4.0013276e-08) <= 0.5e-15);
    CHECK(std::fabs(kmeans.centers()(0, 0)) == 1.0f);
    CHECK(kmeans.centers()(1, 0) == -kmeans.centers()(0, 0));
  }
}

TEMPLATE_TEST_CASE("four weighted corners have their known centres and inertia", "", float, double) {
  Matrix<TestType> x(4, 2), first(2, 2), expected(2, 2);
  x << 0, 0, 0.5, 0, 0.5, 1, 1, 1;
  first << 0, 0, 1, 1;
  expected << 0.125, 0, 0.875, 1;
  Vector<TestType> weights(4);
  weights << 3, 1, 1, 3;
  KMeans<TestType> kmeans(clusters(2));
  const FitReport report = kmeans.fit_from(first, x, weights);
  CHECK(report.inertia == 0.375);
  CHECK(kmeans.inertia() == 0.375);
  CHECK(kmeans.centers() == expected);
  CHECK(kmeans.counts() == Eigen::Vector2d(4, 4));
  CHECK(report.stop == StopReason::centers_settled);
  CHECK(report.empty_clusters == 0);
  check_laws(kmeans, x, weights);
}

TEMPLATE_TEST_CASE("six centres for five distinct points end with inertia 0 and one empty cluster", "", float,
                   double) {
  Matrix<TestType> x(6, 2), first(6, 2);
  x << 100, 100, 100, 102, 106, 100, 107, 101, 107, 101, 108, 100;
  first << 98, 104, 103, 100, 109, 102, 110, 100, 111, 100, 112, 100;
  for (const double tolerance : {0.0, 1e-4}) {
    KMeans<TestType> kmeans(clusters(6, tolerance));
    const FitReport report = kmeans.fit_from(first, x);
    CHECK(report.inertia == 0);
    CHECK(report.empty_clusters == 1);
    CHECK(report.refilled_clusters > 0);
    CHECK(report.iterations < 20);
    CHECK(report.converged());
    CHECK(kmeans.counts().sum() == 6);
    CHECK((kmeans.counts().array() == 0).count() == 1);
    for (Index i = 0; i < 6; ++i) CHECK(kmeans.centers().row(kmeans.predict(x)[i]) == x.row(i));
  }
}

TEMPLATE_TEST_CASE("a table is clustered as exact arithmetic does", "", float, double) {
  // tests/oracle/algorithms.py
  const Matrix<TestType> x = thrum_test::oracle_table<TestType>();
  KMeans<TestType> kmeans(clusters(3));
  CHECK(kmeans.fit_from(x.topRows(3), x).inertia == Approx(99.50062003968254).epsilon(5 * epsilon<TestType>));
  Vector<int> labels(24);
  labels << 0, 1, 2, 2, 0, 2, 0, 2, 1, 0, 0, 1, 2, 0, 2, 1, 1, 1, 0, 2, 1, 1, 0, 0;
  CHECK(kmeans.predict(x) == labels);
  Eigen::Matrix3d centers;
  centers << -1.0277777777777777, 0.3333333333333333, 2.9722222222222223, 2.65625, 0.875, -0.1875,
      -0.35714285714285715, 1.1428571428571428, 0.17857142857142858;
  // One rounding of numbers below 4; double on top of that is rounded by the oracle.
  CHECK((kmeans.centers().template cast<double>() - centers).cwiseAbs().maxCoeff() <= 2 * epsilon<TestType>);

  Vector<TestType> weights(24);
  for (int i = 0; i < 24; ++i) weights[i] = static_cast<TestType>(1 + i % 3);
  CHECK(kmeans.fit_from(x.topRows(3), x, weights).inertia ==
        Approx(198.47386642156863).epsilon(5 * epsilon<TestType>));
  labels << 0, 1, 2, 2, 0, 2, 0, 2, 1, 0, 0, 1, 0, 0, 2, 1, 1, 1, 0, 2, 2, 1, 0, 0;
  CHECK(kmeans.predict(x) == labels);
  centers << -0.796875, 0.546875, 2.96875, 2.783333333333333, 1.2, 0.0, -0.3382352941176471,
      0.9558823529411765, -0.45588235294117646;
  CHECK((kmeans.centers().template cast<double>() - centers).cwiseAbs().maxCoeff() <= 2 * epsilon<TestType>);
}

TEMPLATE_TEST_CASE("iris has its known inertias", "[real-data]", float, double) {
  const auto fit = [](const Matrix<double>& data, int count) {
    KMeansOptions options = clusters(count);
    options.restarts = 60;
    KMeans<TestType> kmeans(options);
    kmeans.fit(data.template cast<TestType>());
    return kmeans;
  };
  // A sum of positive terms, each right to six roundings: 150 samples do not add to the relative error. In
  // float the entries are rounded too, by 3e-7 of up to 8, against distances of about 0.7: 1e-6 of their
  // squares.
  const double slack = sizeof(TestType) == sizeof(float) ? 2e-6 : 1e-10;
  const double uci[] = {680.8244, 152.3687064773, 78.9408414261, 57.3178732143, 46.5355820513};
  const double fisher[] = {681.3706, 152.3479517604, 78.8514414261, 57.2284732143, 46.4461820513};
  for (int count = 1; count <= 5; ++count) {
    for (const bool by_fisher : {false, true}) {
      const double expected = (by_fisher ? fisher : uci)[count - 1];
      const double inertia = fit(by_fisher ? thrum_test::fisher_iris() : thrum_test::iris(), count).inertia();
      INFO(count);
      CHECK(inertia <= expected * (1 + slack));
      if (count <= 3) CHECK(inertia >= expected * (1 - slack));
    }
  }
  Eigen::VectorXd sizes = fit(thrum_test::fisher_iris(), 3).counts();
  std::sort(sizes.data(), sizes.data() + 3);
  CHECK(sizes == Eigen::Vector3d(38, 50, 62));
}

TEMPLATE_TEST_CASE("fifteen blobs in the plane are found", "[real-data]", float, double) {
  const Matrix<TestType> x =
      thrum_test::read_table(thrum_test::data_dir() + "/franti/s1.txt", 2).template cast<TestType>();
  KMeansOptions options = clusters(15, 1e-4);
  options.restarts = 10;
  KMeans<TestType> kmeans(options);
  // 8.947e12 belongs to the centroids of the labels the data were made with; K-means can only be below, but
  // for the three further digits it has not.
  CHECK(kmeans.fit(x).inertia <= 8.947e12 * (1 + 1e-3));
  CHECK(kmeans.report().empty_clusters == 0);
}

// ---- laws

TEMPLATE_TEST_CASE("labels, counts and inertia belong to the centres, and centres are means", "", float,
                   double) {
  for (const KMeansSeeding seeding : {KMeansSeeding::plus_plus, KMeansSeeding::random}) {
    for (const Index rows : {20, 300, 5000}) {
      const Matrix<TestType> x = blobs<TestType>(82, rows, 3, 4);
      Vector<TestType> weights(rows);
      for (Index i = 0; i < rows; ++i) weights[i] = static_cast<TestType>(i % 4);
      KMeansOptions options = clusters(5);
      options.seeding = seeding;
      KMeans<TestType> kmeans(options);
      const Vector<int> labels = kmeans.fit_predict(x);
      check_laws(kmeans, x);
      CHECK(labels == kmeans.predict(x));
      CHECK(kmeans.report().stop == StopReason::centers_settled);
      // Coordinates below 32: a centre is rounded once, and a plain sum of doubles as often as it has terms.
      const double slack = 32 * (epsilon<TestType> + static_cast<double>(rows) * epsilon<double>);
      CHECK(distance_to_means(kmeans, x) <= slack);
      kmeans.fit(x, weights);
      check_laws(kmeans, x, weights);
      CHECK(distance_to_means(kmeans, x, weights) <= slack);
    }
  }
}

TEMPLATE_TEST_CASE("an unfinished fit has labels and inertia of the centres it returns", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(83, 400, 2, 6);
  for (int iterations = 1; iterations <= 4; ++iterations) {
    KMeansOptions options = clusters(8);
    options.max_iterations = iterations;
    KMeans<TestType> kmeans(options);
    const Vector<int> labels = kmeans.fit_predict(x);
    CHECK(labels == kmeans.predict(x));
    check_laws(kmeans, x);
  }
}

TEMPLATE_TEST_CASE("inertia never rises from one iteration to the next", "", float, double) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const Matrix<TestType> x = blobs<TestType>(seed, 300, 2, 5);
    KMeansOptions options = clusters(7);
    options.seeding = KMeansSeeding::random;
    options.seed = seed;
    double last = std::numeric_limits<double>::infinity();
    for (options.max_iterations = 1; options.max_iterations <= 25; ++options.max_iterations) {
      KMeans<TestType> kmeans(options);
      const FitReport report = kmeans.fit(x);
      // Centres are rounded to half an epsilon of up to 32 in 2 features, which 300 samples feel squared; and
      // squared distances to 4 epsilon.
      const double slack = 300 * 2 * 16 * 16 * epsilon<TestType> * epsilon<TestType>;
      REQUIRE(report.inertia <= last * (1 + 4 * epsilon<TestType>)+slack);
      last = report.inertia;
      if (report.converged()) break;
    }
  }
}

TEMPLATE_TEST_CASE("inertia does not rise where empty clusters are refilled either", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(84, 200, 2, 4);
  Matrix<TestType> first = Matrix<TestType>::Constant(6, 2, TestType(1000));
  first.row(0).setConstant(5);
  KMeansOptions options = clusters(6);
  double last = std::numeric_limits<double>::infinity();
  int refilled = 0;
  for (options.max_iterations = 1; options.max_iterations <= 10; ++options.max_iterations) {
    KMeans<TestType> kmeans(options);
    const FitReport report = kmeans.fit_from(first, x);
    CHECK(report.inertia <= last * (1 + 4 * epsilon<TestType>));
    CHECK(report.refilled_clusters >= refilled);
    CHECK(report.empty_clusters == 0);
    last = report.inertia;
    refilled = report.refilled_clusters;
  }
  CHECK(refilled >= 5);
}

TEMPLATE_TEST_CASE("a shift that is exact shifts the centres and nothing else", "", float, double) {
  // Multiples of 1/16 below 32 plus 1024 are floats, and sums of 64 of them are exact in double.
  Matrix<TestType> x = blobs<TestType>(85, 128, 2, 4);
  x = (x * TestType(16)).array().round().matrix() / TestType(16);
  const Matrix<TestType> shifted = x.array() + TestType(1024);
  KMeans<TestType> kmeans(clusters(4)), moved(clusters(4));
  const FitReport report = kmeans.fit(x), other = moved.fit(shifted);
  CHECK(moved.predict(shifted) == kmeans.predict(x));
  CHECK(other.iterations == report.iterations);
  // One rounding of a centre near 1024.
  CHECK((moved.centers().array() - TestType(1024) - kmeans.centers().array()).abs().maxCoeff() <=
        TestType(1024 * epsilon<TestType>));
  CHECK(moved.inertia() == Approx(kmeans.inertia()).epsilon(128 * epsilon<TestType>));
}

TEMPLATE_TEST_CASE("a doubled scale doubles centres and distances, bit for bit", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(86, 150, 3, 4);
  KMeans<TestType> kmeans(clusters(5)), doubled(clusters(5));
  kmeans.fit(x);
  doubled.fit(x * TestType(2));
  CHECK(doubled.centers() == 2 * kmeans.centers());
  CHECK(doubled.inertia() == 4 * kmeans.inertia());
  CHECK(doubled.transform(x * TestType(2)) == 2 * kmeans.transform(x));
}

TEMPLATE_TEST_CASE("the order of the features does not matter beyond rounding", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(87, 200, 3, 4);
  Matrix<TestType> permuted(200, 3);
  permuted << x.col(2), x.col(0), x.col(1);
  KMeans<TestType> kmeans(clusters(4)), other(clusters(4));
  kmeans.fit_from(x.topRows(4), x);
  other.fit_from(permuted.topRows(4), permuted);
  CHECK(other.predict(permuted) == kmeans.predict(x));
  CHECK(other.centers().col(0) == kmeans.centers().col(2));
  CHECK(other.inertia() == Approx(kmeans.inertia()).epsilon(5 * epsilon<TestType>));
}

TEMPLATE_TEST_CASE("a weight of N is N repeats of the sample", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(88, 90, 2, 3);
  Vector<TestType> weights(90);
  Matrix<TestType> repeated(90 * 2, 2);
  Index next = 0;
  for (Index i = 0; i < 90; ++i) {
    weights[i] = static_cast<TestType>(1 + i % 3);
    for (Index copy = 0; copy < 1 + i % 3; ++copy) repeated.row(next++) = x.row(i);
  }
  REQUIRE(next == repeated.rows());
  KMeans<TestType> weighted(clusters(3)), plain(clusters(3));
  weighted.fit_from(x.topRows(3), x, weights);
  plain.fit_from(x.topRows(3), repeated);
  CHECK(weighted.predict(x) == plain.predict(x));
  CHECK(weighted.counts() == plain.counts());
  CHECK((weighted.centers() - plain.centers()).cwiseAbs().maxCoeff() <= TestType(32 * epsilon<TestType>));
  CHECK(weighted.inertia() == Approx(plain.inertia()).epsilon(5 * epsilon<TestType>));
}

TEMPLATE_TEST_CASE("samples of weight 0 are labelled but move nothing", "", float, double) {
  Matrix<TestType> x(5, 1);
  x << 0, 1, 10, 11, 1000;
  Vector<TestType> weights(5);
  weights << 1, 1, 1, 1, 0;
  for (const KMeansSeeding seeding : {KMeansSeeding::plus_plus, KMeansSeeding::random}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      KMeansOptions options = clusters(2);
      options.seeding = seeding;
      options.seed = seed;
      options.restarts = 3;
      KMeans<TestType> kmeans(options);
      CHECK(kmeans.fit(x, weights).inertia == 1);
      CHECK(kmeans.counts().sum() == 4);
      CHECK(kmeans.centers().maxCoeff() == TestType(10.5));
      CHECK(kmeans.predict(x)[4] == kmeans.predict(x)[3]);
    }
  }
}

TEMPLATE_TEST_CASE("equal weights of any size are no weights", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(89, 100, 2, 3);
  KMeans<TestType> plain(clusters(3)), weighted(clusters(3));
  plain.fit(x);
  // A power of two scales every sum exactly.
  const Vector<TestType> weights = Vector<TestType>::Constant(100, TestType(0.25));
  weighted.fit(x, weights);
  CHECK(weighted.centers() == plain.centers());
  CHECK(4 * weighted.inertia() == plain.inertia());
}

TEMPLATE_TEST_CASE("the same seed gives the same model, and restarts never a worse one", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(90, 200, 2, 8);
  KMeansOptions options = clusters(8);
  options.seeding = KMeansSeeding::random;
  KMeans<TestType> first(options), second(options);
  first.fit(x);
  second.fit(x);
  CHECK(first == second);
  second.fit(x);
  CHECK(first == second);  // a fit leaves no state behind that another would see
  bool differs = false;
  double last = first.inertia();
  for (int restarts = 2; restarts <= 10; ++restarts) {
    options.restarts = restarts;
    KMeans<TestType> best(options);
    CHECK(best.fit(x).inertia <= last);
    differs = differs || best.inertia() < last;
    last = best.inertia();
  }
  CHECK(differs);
}

TEMPLATE_TEST_CASE("a seeded fit has these bits with every compiler", "", float, double) {
  // Pinned: any change here changes what users' seeds give, so it belongs into the change log.
  const Matrix<TestType> x = thrum_test::oracle_table<TestType>() * TestType(1.1);
  KMeansOptions options = clusters(3);
  options.seed = 42;
  options.restarts = 2;
  KMeans<TestType> kmeans(options);
  kmeans.fit(x);
  const double in_float[] = {-0x1.13bbbcp+0, 0x1.777778p-1, 0x1.45999ap+1, 0x1.68cccep+0, 0x1.19999ap-3,
                             -0x1.226668p+0, 0x1.833334p+1, 0x1.3ccccep+1, 0x1.eccccep+0, 0x1.d5f580898p+6};
  const double in_double[] = {-0x1.13bbbbbbbbbbcp+0, 0x1.7777777777778p-1, 0x1.459999999999ap+1,
                              0x1.68ccccccccccdp+0,  0x1.199999999999ap-3, -0x1.2266666666667p+0,
                              0x1.8333333333334p+1,  0x1.3cccccccccccep+1, 0x1.ecccccccccccdp+0,
                              0x1.d5f57e4b17e4ep+6};
  const double* expected = sizeof(TestType) == sizeof(float) ? in_float : in_double;
  for (Index i = 0; i < 9; ++i) CHECK(static_cast<double>(kmeans.centers()(i)) == expected[i]);
  CHECK(kmeans.inertia() == expected[9]);
}

TEMPLATE_TEST_CASE("distances are Euclidean, in the units of the data", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(91, 50, 4, 3);
  KMeans<TestType> kmeans(clusters(3));
  const Vector<int> labels = kmeans.fit_predict(x);
  const Matrix<TestType> distances = kmeans.transform(x);
  REQUIRE(distances.rows() == 50);
  REQUIRE(distances.cols() == 3);
  for (Index i = 0; i < 50; ++i) {
    for (Index j = 0; j < 3; ++j) {
      const double expected =
          (x.row(i).template cast<double>() - kmeans.centers().row(j).template cast<double>()).norm();
      // Half the 6 roundings of the square, and one of the root.
      CHECK(static_cast<double>(distances(i, j)) == Approx(expected).epsilon(4 * epsilon<TestType>));
    }
    Index nearest = 0;
    distances.row(i).minCoeff(&nearest);
    CHECK(nearest == labels[i]);
  }
}

TEMPLATE_TEST_CASE("a sample halfway between centres goes to the lowest", "", float, double) {
  KMeans<TestType> kmeans(clusters(3));
  kmeans.fit_from(column<TestType>({2, 0, -2}), column<TestType>({2, 0, -2}));
  CHECK(kmeans.predict(column<TestType>({1, -1, 2, -2})) == Eigen::Vector4i(0, 1, 0, 2));
}

// ---- stop rules

TEMPLATE_TEST_CASE("each stop rule fires where it should", "", float, double) {
  const Matrix<TestType> x = column<TestType>({0, 1, 2, 10, 11, 12});
  KMeans<TestType> kmeans(clusters(2));
  // {0} {1 2 10 11 12} from (0, 1): centres 0 7.2, then {0 1 2} {10 11 12}: 1 11, after which no label
  // changes.
  const FitReport settled = kmeans.fit_from(column<TestType>({0, 1}), x);
  CHECK(settled.stop == StopReason::centers_settled);
  CHECK(settled.converged());
  CHECK(settled.iterations == 2);
  CHECK(settled.inertia == 4);
  CHECK(kmeans.centers() == column<TestType>({1, 11}));

  KMeansOptions one = clusters(2);
  one.max_iterations = 1;
  KMeans<TestType> limited(one);
  const FitReport limit = limited.fit_from(column<TestType>({0, 1}), x);
  CHECK(limit.stop == StopReason::iteration_limit);
  CHECK_FALSE(limit.converged());
  CHECK(limit.iterations == 1);
  CHECK(limited.centers()(1, 0) == TestType(7.2));
  CHECK(limited.report().stop == limit.stop);

  KMeansOptions loose = clusters(2, 1e9);
  const FitReport tolerated = KMeans<TestType>(loose).fit_from(column<TestType>({0, 1}), x);
  CHECK(tolerated.stop == StopReason::centers_settled);
  CHECK(tolerated.iterations == 1);
}

TEST_CASE("labels that come back to an earlier iteration's end a fit: the inertia no longer falls") {
  // Steps of one unit in the last place, found by search: the means fall between numbers, and the centres
  // that they are rounded to take turns.
  const double step = std::numeric_limits<double>::epsilon();
  const Matrix<double> x = (1 + column<double>({0, 1, 4, 2, 2, 1, 3}).array() * step).matrix();
  const Matrix<double> first = (1 + column<double>({0, 1}).array() * step).matrix();
  KMeans<double> kmeans(clusters(2));
  const FitReport report = kmeans.fit_from(first, x);
  CHECK(report.stop == StopReason::inertia_settled);
  CHECK(report.converged());
  CHECK(report.iterations < 20);
}

TEMPLATE_TEST_CASE("the tolerance is relative to the mean variance of the features", "", float, double) {
  // Variances 25.7 and 0. From (0, 1) the squared shifts are 6.2^2, then 1 + 3.8^2 = 15.44, and no label
  // changes.
  Matrix<TestType> x = Matrix<TestType>::Constant(6, 2, TestType(7));
  x.col(0) << 0, 1, 2, 10, 11, 12;
  Matrix<TestType> first = Matrix<TestType>::Constant(2, 2, TestType(7));
  first.col(0) << 0, 1;
  const double mean_variance = (25 + 2.0 / 3) / 2;
  const auto iterations = [&](double tolerance) {
    KMeans<TestType> kmeans(clusters(2, tolerance));
    return kmeans.fit_from(first, x).iterations;
  };
  CHECK(iterations(15.5 / mean_variance) == 2);
  CHECK(iterations(38.3 / mean_variance) == 2);
  CHECK(iterations(38.5 / mean_variance) == 1);
}

// ---- few, equal and far samples

TEMPLATE_TEST_CASE("an empty cluster is refilled with the farthest sample, and counted", "", float, double) {
  const Matrix<TestType> x = column<TestType>({0, 1, 2, 30});
  KMeansOptions options = clusters(2);
  options.max_iterations = 1;
  KMeans<TestType> kmeans(options);
  const FitReport report = kmeans.fit_from(column<TestType>({1, 500}), x);
  CHECK(report.refilled_clusters == 1);
  CHECK(report.empty_clusters == 0);
  CHECK(kmeans.centers()(1, 0) == 30);
  CHECK(kmeans.centers()(0, 0) == TestType(8.25));
  options.max_iterations = 300;
  KMeans<TestType> finished(options);
  CHECK(finished.fit_from(column<TestType>({1, 500}), x).inertia == 2);
  CHECK(finished.report().refilled_clusters == 1);
  CHECK(finished.centers() == column<TestType>({1, 30}));

  // Of equally far samples the lowest, and each serves once.
  options = clusters(3);
  options.max_iterations = 1;
  KMeans<TestType> equal(options);
  CHECK(equal.fit_from(column<TestType>({0, 500, 600}), column<TestType>({1, 4, -4, 0})).refilled_clusters ==
        2);
  CHECK(equal.centers()(1, 0) == 4);
  CHECK(equal.centers()(2, 0) == -4);
}

TEMPLATE_TEST_CASE("random seeding takes different samples, and none of weight 0 while there are others", "",
                   float, double) {
  const Matrix<TestType> x = column<TestType>({0, 1, 2, 3, 4, 5, 6, 7});
  Vector<TestType> weights = Vector<TestType>::Ones(8);
  weights[3] = 0;
  const auto seeded = [&](std::uint64_t seed, Index count) {
    KMeansOptions options = clusters(static_cast<int>(count));
    options.seeding = KMeansSeeding::random;
    options.seed = seed;
    Matrix<TestType> centers = KMeans<TestType>(options).seed_centers(x, weights);
    std::sort(centers.data(), centers.data() + count);
    return centers;
  };
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    CHECK(seeded(seed, 7) == column<TestType>({0, 1, 2, 4, 5, 6, 7}));
    const Matrix<TestType> few = seeded(seed, 3);
    CHECK(few(0, 0) < few(1, 0));
    CHECK(few(1, 0) < few(2, 0));
  }
}

TEMPLATE_TEST_CASE("as many clusters as distinct samples leave no inertia", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(92, 12, 2, 3);
  for (const KMeansSeeding seeding : {KMeansSeeding::plus_plus, KMeansSeeding::random}) {
    KMeansOptions options = clusters(12);
    options.seeding = seeding;
    KMeans<TestType> kmeans(options);
    CHECK(kmeans.fit(x).inertia == 0);
    CHECK(kmeans.report().empty_clusters == 0);
    CHECK(kmeans.counts() == Eigen::VectorXd::Ones(12));
  }
}

TEMPLATE_TEST_CASE("fewer distinct samples than clusters end with the rest of the clusters empty", "", float,
                   double) {
  const Matrix<TestType> x = column<TestType>({3, 3, 3, 8, 8, -1});
  for (const KMeansSeeding seeding : {KMeansSeeding::plus_plus, KMeansSeeding::random}) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      KMeansOptions options = clusters(5, 1e-4);
      options.seeding = seeding;
      options.seed = seed;
      KMeans<TestType> kmeans(options);
      const FitReport report = kmeans.fit(x);
      CHECK(report.inertia == 0);
      CHECK(report.empty_clusters == 2);
      CHECK(report.converged());
      CHECK(report.iterations < 20);
      CHECK((kmeans.counts().array() == 0).count() == 2);
      CHECK(kmeans.centers().allFinite());
    }
  }
}

TEMPLATE_TEST_CASE("samples that are all equal make one cluster", "", float, double) {
  const Matrix<TestType> x = Matrix<TestType>::Constant(300, 3, TestType(0.1));
  for (const KMeansSeeding seeding : {KMeansSeeding::plus_plus, KMeansSeeding::random}) {
    KMeansOptions options = clusters(4, 1e-4);
    options.seeding = seeding;
    KMeans<TestType> kmeans(options);
    const FitReport report = kmeans.fit(x);
    CHECK(report.empty_clusters == 3);
    CHECK(report.refilled_clusters == 0);
    CHECK(report.converged());
    // The mean of equal numbers may round: by one part in 2^52 of 0.1 here.
    CHECK(report.inertia <= 300 * 3 * 1e-34);
    CHECK(kmeans.predict(x) == Vector<int>::Constant(300, kmeans.predict(x)[0]));
  }
}

TEMPLATE_TEST_CASE("one row, one column and one cluster are clustered", "", float, double) {
  Matrix<TestType> row(1, 3);
  row << 4, -5, 6;
  KMeans<TestType> one(clusters(1));
  CHECK(one.fit(row).inertia == 0);
  CHECK(one.centers() == row);
  CHECK(one.transform(row)(0, 0) == 0);
  const Matrix<TestType> x = column<TestType>({1, 2, 6});
  CHECK(one.fit(x).inertia == 14);
  CHECK(one.centers()(0, 0) == 3);
  CHECK(one.counts()[0] == 3);
  CHECK(one.predict(Matrix<TestType>(0, 1)).size() == 0);
  CHECK(one.transform(Matrix<TestType>(0, 1)).rows() == 0);
}

TEMPLATE_TEST_CASE("minus zero is zero, and subnormal numbers are clustered without harm", "", float,
                   double) {
  KMeans<TestType> kmeans(clusters(2)), other(clusters(2));
  kmeans.fit(column<TestType>({0, 0, 5, 0}));
  other.fit(column<TestType>({-0.0, 0, 5, -0.0}));
  CHECK(other == kmeans);
  const TestType tiny = std::numeric_limits<TestType>::denorm_min();
  Matrix<TestType> x(4, 1);
  x << 0, tiny, -tiny, 3 * tiny;
  // Their squared distances are below the least number, so that they count as one point.
  const FitReport report = kmeans.fit(x);
  CHECK(report.inertia == 0);
  CHECK(report.converged());
  CHECK(kmeans.centers().allFinite());
  CHECK(kmeans.counts().sum() == 4);
}

TEMPLATE_TEST_CASE("a large common offset takes no digit from float clusters", "", float, double) {
  // Multiples of 64 above 1e8 are floats.
  const Matrix<TestType> x = column<TestType>({1e8, 1e8 + 64, 1e8 + 128, 1e8 + 6400, 1e8 + 6464, 1e8 + 6528});
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    KMeansOptions options = clusters(2);
    options.seed = seed;
    KMeans<TestType> kmeans(options);
    CHECK(kmeans.fit(x).inertia == 4 * 64 * 64);
    CHECK(kmeans.centers().minCoeff() == TestType(1e8 + 64));
    CHECK(kmeans.centers().maxCoeff() == TestType(1e8 + 6464));
  }
}

TEMPLATE_TEST_CASE("two points in a million dimensions keep their distance", "", float, double) {
  const Index features = 1000000;
  Matrix<TestType> x(2, features);
  x.row(0).setConstant(TestType(1.0));
  x.row(1).setConstant(TestType(1.1));
  KMeans<TestType> kmeans(clusters(2));
  CHECK(kmeans.fit(x).inertia == 0);
  const Vector<int> labels = kmeans.predict(x);
  CHECK(labels[0] != labels[1]);
  const double expected = 1000 * (static_cast<double>(TestType(1.1)) - 1);
  const Matrix<TestType> distances = kmeans.transform(x);
  CHECK(static_cast<double>(distances(0, labels[1])) == Approx(expected).epsilon(1e-5));
  CHECK(static_cast<double>(distances(1, labels[0])) == Approx(expected).epsilon(1e-5));
  KMeans<TestType> one(clusters(1));
  // The mean, 1.05, is rounded to 1.2e-7 / 2, which both points see: 1.2e-6 of their distance of .05, twice
  // in a square; the sum is right to 2e-5 as above.
  CHECK(one.fit(x).inertia == Approx(expected * expected / 2).epsilon(2e-5));
}

TEMPLATE_TEST_CASE("given centres that are far beyond the data are refilled", "", float, double) {
  const TestType far = std::numeric_limits<TestType>::max();
  const Matrix<TestType> x = column<TestType>({0, 1, 2, 10, 11, 12});
  Matrix<TestType> first(2, 1);
  first << far, -far;
  KMeans<TestType> kmeans(clusters(2));
  const FitReport report = kmeans.fit_from(first, x);
  CHECK(report.inertia == 4);
  CHECK(report.converged());
}

// ---- refusals

TEMPLATE_TEST_CASE("data that k-means cannot learn from are refused by name and place, and change nothing",
                   "", float, double) {
  const TestType infinity = std::numeric_limits<TestType>::infinity();
  const Matrix<TestType> good = blobs<TestType>(93, 20, 3, 2);
  KMeans<TestType> kmeans(clusters(2));
  kmeans.fit(good);
  const KMeans<TestType> before = kmeans;
  const auto refused = [&](const Matrix<TestType>& x) {
    const std::string from = refusal([&] { kmeans.fit_from(good.topRows(2), x); });
    const std::string labels = refusal([&] { kmeans.fit_predict(x); });
    CHECK_THAT(from, contains("thrum::KMeans::fit_from: "));
    CHECK_THAT(labels, contains("thrum::KMeans::fit_predict: "));
    CHECK(kmeans == before);
    return refusal([&] { kmeans.fit(x); });
  };
  Matrix<TestType> bad = good;
  bad(4, 2) = std::numeric_limits<TestType>::quiet_NaN();
  CHECK_THAT(refused(bad), contains("thrum::KMeans::fit: x(4, 2) is nan, expected a finite number"));
  bad(4, 2) = infinity;
  CHECK_THAT(refused(bad), contains("thrum::KMeans::fit: x(4, 2) is inf, expected a finite number"));
  bad(4, 2) = -infinity;
  CHECK_THAT(refused(bad), contains("thrum::KMeans::fit: x(4, 2) is -inf, expected a finite number"));
  bad(4, 2) = std::numeric_limits<TestType>::max();
  CHECK_THAT(refused(bad), contains("thrum::KMeans::fit: column 2 of x spans"));
  CHECK_THAT(refused(Matrix<TestType>(0, 3)),
             contains("thrum::KMeans::fit: x is 0 x 3, expected at least one"));
  CHECK_THAT(refused(Matrix<TestType>(5, 0)),
             contains("thrum::KMeans::fit: x is 5 x 0, expected at least one"));
  CHECK_THAT(refused(Matrix<TestType>()), contains("thrum::KMeans::fit: x is 0 x 0, expected at least one"));
  CHECK_THAT(refused(good.topRows(1)), contains("clusters is 2, expected at most the number of rows, 1"));
  CHECK(kmeans == before);
}

TEMPLATE_TEST_CASE("options out of range are refused by name and value, and the model stays unfitted", "",
                   float, double) {
  const Matrix<TestType> x = blobs<TestType>(94, 20, 3, 2);
  const auto refused = [&](KMeansOptions options) {
    KMeans<TestType> kmeans(options);
    std::string message = refusal([&] { kmeans.fit(x); });
    CHECK(kmeans.fitted() == (message == "accepted"));
    return message;
  };
  CHECK_THAT(refused(clusters(0)), contains("clusters is 0, expected at least 1"));
  CHECK_THAT(refused(clusters(-3)), contains("clusters is -3, expected at least 1"));
  CHECK_THAT(refused(clusters(21)), contains("clusters is 21, expected at most the number of rows, 20"));
  KMeansOptions options = clusters(2);
  options.restarts = 0;
  CHECK_THAT(refused(options), contains("restarts is 0, expected at least 1"));
  options = clusters(2);
  options.max_iterations = 0;
  CHECK_THAT(refused(options), contains("max_iterations is 0, expected at least 1"));
  CHECK_THAT(refused(clusters(2, -1e-9)), contains("tolerance is -1e-09, expected a finite number >= 0"));
  CHECK_THAT(refused(clusters(2, std::numeric_limits<double>::quiet_NaN())), contains("tolerance is nan"));
  CHECK_THAT(refused(clusters(2, std::numeric_limits<double>::infinity())), contains("tolerance is inf"));
  CHECK(refused(clusters(20)) == "accepted");
}

TEMPLATE_TEST_CASE("weights that are none are refused by name and place, and change nothing", "", float,
                   double) {
  const Matrix<TestType> x = blobs<TestType>(95, 20, 3, 2);
  KMeans<TestType> kmeans(clusters(2));
  kmeans.fit(x);
  const KMeans<TestType> before = kmeans;
  const auto refused = [&](const Vector<TestType>& weights) {
    std::string message = refusal([&] { kmeans.fit(x, weights); });
    CHECK(refusal([&] { kmeans.fit_from(x.topRows(2), x, weights); }) != "accepted");
    CHECK(refusal([&] { kmeans.fit_predict(x, weights); }) != "accepted");
    CHECK(kmeans == before);
    return message;
  };
  Vector<TestType> weights = Vector<TestType>::Ones(20);
  weights[7] = TestType(-0.5);
  CHECK_THAT(refused(weights), contains("weights(7) is -0.5, expected a finite number >= 0"));
  weights[7] = std::numeric_limits<TestType>::quiet_NaN();
  CHECK_THAT(refused(weights), contains("weights(7) is nan, expected a finite number >= 0"));
  weights[7] = std::numeric_limits<TestType>::infinity();
  CHECK_THAT(refused(weights), contains("weights(7) is inf, expected a finite number >= 0"));
  CHECK_THAT(refused(Vector<TestType>::Zero(20)), contains("weights are all 0, expected a positive sum"));
  CHECK_THAT(refused(Vector<TestType>::Ones(19)), contains("weights has 19 entries, expected 20"));
  CHECK_THAT(refused(Vector<TestType>::Ones(21)), contains("weights has 21 entries, expected 20"));
}

TEMPLATE_TEST_CASE("given centres of another shape are refused, and none are not a wish for seeding", "",
                   float, double) {
  const Matrix<TestType> x = blobs<TestType>(96, 20, 3, 2);
  KMeans<TestType> kmeans(clusters(2));
  kmeans.fit(x);
  const KMeans<TestType> before = kmeans;
  const auto refused = [&](const Matrix<TestType>& centers) {
    return refusal([&] { kmeans.fit_from(centers, x); });
  };
  CHECK_THAT(refused(x.topRows(3)), contains("centers is 3 x 3, expected 2 x 3"));
  CHECK_THAT(refused(x.topLeftCorner(2, 2)), contains("centers is 2 x 2, expected 2 x 3"));
  CHECK_THAT(refused(Matrix<TestType>()), contains("centers is 0 x 0, expected 2 x 3"));
  Matrix<TestType> bad = x.topRows(2);
  bad(1, 0) = std::numeric_limits<TestType>::quiet_NaN();
  CHECK_THAT(refused(bad), contains("centers(1, 0) is nan, expected a finite number"));
  CHECK(kmeans == before);
}

TEMPLATE_TEST_CASE("samples that k-means cannot label are refused by name and place, and the output stays",
                   "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(97, 20, 3, 2);
  KMeans<TestType> fitted(clusters(2));
  fitted.fit(x);
  const KMeans<TestType>& kmeans = fitted;
  const KMeans<TestType> unfitted;
  Matrix<TestType> bad = x, distances = Matrix<TestType>::Constant(20, 2, TestType(77));
  Vector<int> labels = Vector<int>::Constant(20, 77);
  bad(19, 1) = std::numeric_limits<TestType>::infinity();
  const auto predicted = [&](const Matrix<TestType>& samples) {
    return refusal([&] { kmeans.predict(samples, {labels.data(), labels.size(), 1}); });
  };
  const auto transformed = [&](const Matrix<TestType>& samples) {
    return refusal([&] { kmeans.transform(samples, thrum::view(distances)); });
  };
  CHECK_THAT(predicted(bad), contains("thrum::KMeans::predict: x(19, 1) is inf, expected a finite number"));
  CHECK_THAT(transformed(bad),
             contains("thrum::KMeans::transform: x(19, 1) is inf, expected a finite number"));
  CHECK_THAT(predicted(x.leftCols(2)), contains("thrum::KMeans::predict: x has 2 columns, expected 3"));
  CHECK_THAT(transformed(x.leftCols(2)), contains("thrum::KMeans::transform: x has 2 columns, expected 3"));
  CHECK_THAT(predicted(x.topRows(4)), contains("thrum::KMeans::predict: labels has 20 entries, expected 4"));
  CHECK_THAT(transformed(x.topRows(4)), contains("the result is 20 x 2, expected 4 x 2"));
  CHECK((labels.array() == 77).all());
  CHECK((distances.array() == TestType(77)).all());
  CHECK_THAT(refusal([&] { unfitted.predict(x); }), contains("thrum::KMeans::predict: not fitted"));
  CHECK_THAT(refusal([&] { unfitted.transform(x); }), contains("thrum::KMeans::transform: not fitted"));
}

TEMPLATE_TEST_CASE("labels of rows of many features go where the caller says, or not at all", "", float,
                   double) {
  constexpr Index rows = 4000;  // of 300 features: more than a million values
  Matrix<TestType> x = blobs<TestType>(61, rows, 300, 3);
  KMeans<TestType> kmeans(clusters(3));
  kmeans.fit(x.topRows(100));
  const Vector<int> expected = kmeans.predict(x);
  Vector<int> labels = Vector<int>::Constant(2 * rows, 77);
  const thrum::VectorView<int> every_second{labels.data(), rows, 2};
  kmeans.predict(x, every_second);
  Index right = 0;
  for (Index i = 0; i < rows; ++i) right += labels[2 * i] == expected[i] && labels[2 * i + 1] == 77;
  CHECK(right == rows);
  labels.setConstant(77);
  x(rows - 1, 299) = std::numeric_limits<TestType>::quiet_NaN();
  CHECK_THAT(refusal([&] { kmeans.predict(x, every_second); }), contains("x(3999, 299) is nan"));
  CHECK((labels.array() == 77).all());
}

TEST_CASE("weights and offsets whose sums overflow are refused or summed, never a silent NaN") {
  KMeans<double> kmeans(clusters(1));
  const Matrix<double> x = column<double>({1, 2, 3});
  const Vector<double> heavy = Vector<double>::Constant(3, 1e308);
  const auto is_sound = [&](const Matrix<double>& data, const Vector<double>& weights) {
    if (refusal([&] { kmeans.fit(data, weights); }) != "accepted") return true;
    return kmeans.centers().allFinite() && std::isfinite(kmeans.inertia()) && kmeans.counts().allFinite();
  };
  CHECK(is_sound(x, heavy));
  CHECK(is_sound(column<double>({1.5e308, 1.5e308, 1.5e308}), {}));
  CHECK(is_sound(x * 1e150, Vector<double>::Constant(3, 1e200)));
}

TEMPLATE_TEST_CASE("a row of weight 0 is never a first centre, also when no distance is left", "", float,
                   double) {
  thrum::Matrix<TestType> x(4, 1);
  x << 1000, 5, 5, 5;
  thrum::Vector<TestType> weights(4);
  weights << 0, 1, 1, 1;
  for (const auto seeding : {thrum::KMeansSeeding::plus_plus, thrum::KMeansSeeding::random}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      thrum::KMeansOptions options{2};
      options.seeding = seeding;
      options.seed = seed;
      thrum::KMeans<TestType> kmeans(options);
      kmeans.fit(x, weights);
      CHECK(kmeans.centers().maxCoeff() == 5);
    }
  }
}

TEMPLATE_TEST_CASE("K-means does not settle while an empty cluster could be refilled", "", float, double) {
  thrum::Random random(3);
  for (int trial = 0; trial < 2000; ++trial) {
    thrum::Matrix<TestType> x(12, 1), centers(5, 1);
    for (TestType& value : x.reshaped()) value = static_cast<TestType>(random.normal());
    for (TestType& value : centers.reshaped()) value = static_cast<TestType>(3 * random.normal());
    thrum::KMeansOptions options{5};
    options.tolerance = 0.05;
    thrum::KMeans<TestType> kmeans(options);
    const thrum::FitReport report = kmeans.fit_from(centers, x);
    CHECK(report.converged());
    CHECK(report.empty_clusters == 0);
  }
}
