#include "thrum/choose_clusters.hpp"

#include <Eigen/Core>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "catch.hpp"
#include "sample_data.hpp"

using thrum::Index;
using thrum::inertia_curve;
using thrum::InertiaCurve;
using thrum::KMeans;
using thrum::KMeansOptions;
using thrum::Matrix;
using thrum_test::blobs;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

KMeansOptions restarts(int count) {
  KMeansOptions options;
  options.restarts = count;
  return options;
}

/// The number of clusters at the elbow; 0 if there is none.
template <typename Scalar>
int chosen(const InertiaCurve<Scalar>& curve) {
  return curve.elbow ? curve.clusters[*curve.elbow] : 0;
}

}  // namespace

TEMPLATE_TEST_CASE("an inertia curve holds the models that K-means makes alone, and their inertias", "",
                   float, double) {
  const Matrix<TestType> x = blobs<TestType>(61, 120, 3, 4);
  KMeansOptions options = restarts(2);
  options.seed = 5;
  const auto curve = inertia_curve(x, 2, 6, options);
  STATIC_REQUIRE(std::is_same<decltype(curve), const InertiaCurve<TestType>>::value);
  REQUIRE(curve.clusters.size() == 5);
  REQUIRE(curve.inertia.size() == 5);
  REQUIRE(curve.models.size() == 5);
  for (int i = 0; i < 5; ++i) {
    options.clusters = 2 + i;
    KMeans<TestType> alone(options);
    alone.fit(x);
    const KMeans<TestType>& model = curve.models[static_cast<std::size_t>(i)];
    CHECK(curve.clusters[i] == 2 + i);
    CHECK(model == alone);
    CHECK(curve.inertia[i] == alone.inertia());
    CHECK(model.options().clusters == 2 + i);
  }
  CHECK(curve.elbow == thrum::elbow(curve.clusters, curve.inertia));
}

TEMPLATE_TEST_CASE("the elbow of blobs is their number", "", float, double) {
  for (const int number : {2, 3, 5, 8}) {
    const Matrix<TestType> x = blobs<TestType>(60 + static_cast<std::uint64_t>(number), 400, 8, number);
    for (const int last : {12, 20}) {
      INFO(number);
      CHECK(chosen(inertia_curve(x, 1, last, restarts(3))) == number);
    }
  }
}

TEMPLATE_TEST_CASE("repeated points have their elbow where no inertia is left", "", float, double) {
  Matrix<TestType> x(40, 2);
  for (Index i = 0; i < 40; ++i) x.row(i) << TestType(i % 4 * 3), TestType(i % 4 % 2 * 5);
  const auto curve = inertia_curve(x, 1, 8);
  CHECK(chosen(curve) == 4);
  CHECK(curve.inertia[3] == 0);
  CHECK(curve.inertia[7] == 0);
  CHECK_FALSE(inertia_curve(Matrix<TestType>::Constant(40, 2, TestType(5)), 1, 8).elbow);
}

TEMPLATE_TEST_CASE("a curve may be one point, end with a cluster for each sample, and take any form", "",
                   float, double) {
  const Matrix<TestType> x = blobs<TestType>(62, 12, 2, 3);
  const Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic> by_columns = x;
  const auto point = inertia_curve(x, 3, 3);
  CHECK(point.clusters.size() == 1);
  CHECK_FALSE(point.elbow);
  const auto curve = inertia_curve(x, 1, 12);
  CHECK(curve.inertia[11] == 0);
  CHECK(inertia_curve(by_columns, 1, 12).inertia == curve.inertia);
  CHECK(inertia_curve(x * TestType(1), 1, 12).inertia == curve.inertia);
  CHECK(inertia_curve(thrum::view(by_columns), 1, 12).inertia == curve.inertia);
}

TEMPLATE_TEST_CASE("the elbow of iris is its species, that of fifteen blobs fifteen", "[real-data]", float,
                   double) {
  const Matrix<TestType> iris = thrum_test::iris().template cast<TestType>();
  for (const int last : {6, 10, 15}) CHECK(chosen(inertia_curve(iris, 1, last, restarts(10))) == 3);
  const Matrix<TestType> fifteen =
      thrum_test::read_table(thrum_test::data_dir() + "/franti/s1.txt", 2).template cast<TestType>();
  CHECK(chosen(inertia_curve(fifteen, 1, 20, restarts(3))) == 15);
}

TEMPLATE_TEST_CASE("curves that cannot be fitted are refused by name and value", "", float, double) {
  const Matrix<TestType> x = blobs<TestType>(63, 10, 2, 3);
  const auto refused = [](const Matrix<TestType>& data, int first, int last,
                          const KMeansOptions& options = {}) {
    return refusal([&] { inertia_curve(data, first, last, options); });
  };
  CHECK_THAT(refused(x, 0, 5), contains("thrum::inertia_curve: first is 0, expected at least 1"));
  CHECK_THAT(refused(x, 4, 3), contains("thrum::inertia_curve: last is 3, expected at least first, 4"));
  CHECK_THAT(refused(x, 1, 11),
             contains("thrum::inertia_curve: last is 11, expected at most the number of rows, 10"));
  CHECK_THAT(refused(Matrix<TestType>(0, 2), 1, 1), contains("expected at most the number of rows, 0"));
  CHECK_THAT(refused(x, 1, 3, restarts(0)), contains("restarts is 0, expected at least 1"));
  Matrix<TestType> bad = x;
  bad(7, 1) = std::numeric_limits<TestType>::quiet_NaN();
  CHECK_THAT(refused(bad, 1, 3), contains("x(7, 1) is nan, expected a finite number"));
  CHECK(refused(x, 1, 10) == "accepted");
}
