#include "firmware_under_test.hpp"

#include <limits>

#include "catch.hpp"

using thrum::contiguous;
using thrum::row_major;
using thrum::Status;

TEMPLATE_TEST_CASE("a fixed k-means at zero start is not fitted and writes nothing", "", float, double) {
  static const thrum::fixed::KMeans<TestType, 2, 2> kmeans{};
  const TestType x[2] = {1, 2};
  TestType distances[2] = {7, 7};
  int label = 42;
  CHECK(kmeans.features() == 0);
  CHECK(kmeans.clusters() == 0);
  CHECK(kmeans.predict(contiguous(x, 2), label) == Status::not_fitted);
  CHECK(kmeans.transform(contiguous(x, 2), contiguous(distances, 2)) == Status::not_fitted);
  CHECK(label == 42);
  CHECK(distances[0] == 7);
}

TEMPLATE_TEST_CASE("a fixed k-means gives hand-computed labels and distances, ties to the lowest", "", float,
                   double) {
  const TestType centers[6] = {0, 0, 6, 8, 0, 16};
  thrum::fixed::KMeans<TestType, 3, 5> kmeans;
  REQUIRE(kmeans.use(row_major(centers, 3, 2)) == Status::ok);
  CHECK(kmeans.features() == 2);
  CHECK(kmeans.clusters() == 3);
  for (int j = 0; j < 3; ++j)
    for (int f = 0; f < 2; ++f) CHECK(kmeans.centers()(j, f) == centers[2 * j + f]);
  TestType distances[3] = {};
  const TestType x[2] = {0, 0}, tie_of_all[2] = {TestType(-7) / 3, 8}, near_last[2] = {0, 15};
  REQUIRE(kmeans.transform(contiguous(x, 2), contiguous(distances, 3)) == Status::ok);
  CHECK(distances[0] == 0);
  CHECK(distances[1] == 10);
  CHECK(distances[2] == 16);
  int label = -1;
  REQUIRE(kmeans.predict(contiguous(near_last, 2), label) == Status::ok);
  CHECK(label == 2);
  REQUIRE(kmeans.predict(contiguous(tie_of_all, 2), label) == Status::ok);
  CHECK(label == 0);  // as near to 2
  const TestType between[2] = {3, 4};
  REQUIRE(kmeans.predict(contiguous(between, 2), label) == Status::ok);
  CHECK(label == 0);  // as near to 1
  // Centres feature after feature are the same centres.
  const TestType by_column[6] = {0, 6, 0, 0, 8, 16};
  thrum::fixed::KMeans<TestType, 2, 3> other;
  REQUIRE(other.use({by_column, 3, 2, 1, 3}) == Status::ok);
  CHECK(other.centers()(1, 1) == 8);
}

TEMPLATE_TEST_CASE("a fixed k-means refuses what it can't use and stays as it was", "", float, double) {
  const TestType centers[16] = {1, 2, 3, 4};
  thrum::fixed::KMeans<TestType, 3, 3> kmeans;
  REQUIRE(kmeans.use(row_major(centers, 2, 2)) == Status::ok);
  CHECK(kmeans.use(row_major(centers, 4, 2)) == Status::wrong_size);
  CHECK(kmeans.use(row_major(centers, 2, 4)) == Status::wrong_size);
  CHECK(kmeans.use(row_major(centers, 0, 2)) == Status::wrong_size);
  CHECK(kmeans.use(row_major(centers, 2, 0)) == Status::wrong_size);
  TestType distances[3] = {7, 7, 7};
  int label = 42;
  for (const TestType bad :
       {std::numeric_limits<TestType>::quiet_NaN(), std::numeric_limits<TestType>::infinity()}) {
    const TestType wrong[2] = {0, bad};
    CHECK(kmeans.use(row_major(wrong, 1, 2)) == Status::non_finite);
    CHECK(kmeans.predict(contiguous(wrong, 2), label) == Status::non_finite);
    CHECK(kmeans.transform(contiguous(wrong, 2), contiguous(distances, 2)) == Status::non_finite);
  }
  CHECK(kmeans.predict(contiguous(centers, 3), label) == Status::wrong_size);
  CHECK(kmeans.transform(contiguous(centers, 2), contiguous(distances, 3)) == Status::wrong_size);
  CHECK(kmeans.transform(contiguous(centers, 1), contiguous(distances, 2)) == Status::wrong_size);
  CHECK(label == 42);
  CHECK(distances[0] == 7);
  CHECK(kmeans.clusters() == 2);
  CHECK(kmeans.predict(contiguous(centers + 2, 2), label) == Status::ok);
  CHECK(label == 1);
}

TEMPLATE_TEST_CASE("a fixed k-means tells overflow from a result", "", float, double) {
  const TestType largest = std::numeric_limits<TestType>::max();
  const TestType centers[2] = {0, 1}, far[1] = {largest};
  thrum::fixed::KMeans<TestType, 1, 2> kmeans;
  REQUIRE(kmeans.use(row_major(centers, 2, 1)) == Status::ok);
  int label = 42;
  TestType distances[2] = {};
  CHECK(kmeans.predict(contiguous(far, 1), label) == Status::overflow);
  CHECK(label == 42);
  CHECK(kmeans.transform(contiguous(far, 1), contiguous(distances, 2)) == Status::overflow);
  // One centre out of reach does not hide the other.
  const TestType wide[2] = {largest, 1};
  REQUIRE(kmeans.use(row_major(wide, 2, 1)) == Status::ok);
  CHECK(kmeans.predict(contiguous(centers, 1), label) == Status::ok);
  CHECK(label == 1);
}

TEMPLATE_TEST_CASE("fixed k-means take minus zero and subnormals, and two are independent", "", float,
                   double) {
  const TestType first[2] = {-1, 1}, second[2] = {1, -1},
                 tiny[1] = {-std::numeric_limits<TestType>::denorm_min()}, minus_zero[1] = {-TestType(0)};
  thrum::fixed::KMeans<TestType, 1, 2> one, two;
  int label = 42;
  REQUIRE(one.use(row_major(first, 2, 1)) == Status::ok);
  CHECK(two.predict(contiguous(tiny, 1), label) == Status::not_fitted);
  REQUIRE(two.use(row_major(second, 2, 1)) == Status::ok);
  for (const auto* kmeans : {&one, &two}) {
    CHECK(kmeans->predict(contiguous(minus_zero, 1), label) == Status::ok);
    CHECK(label == 0);
    // The difference to either centre rounds to 1: a tie.
    CHECK(kmeans->predict(contiguous(tiny, 1), label) == Status::ok);
    CHECK(label == 0);
  }
}
