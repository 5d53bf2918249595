#include "thrum/core/distance.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "thrum/core/random.hpp"

using thrum::contiguous;
using thrum::Index;
using thrum::VectorView;

namespace {

template <typename Scalar>
VectorView<const Scalar> view(const std::vector<Scalar>& x) {
  return {x.data(), static_cast<Index>(x.size()), 1};
}

template <typename Scalar>
std::vector<Scalar> noise(thrum::Random& random, Index size) {
  std::vector<Scalar> x(thrum::array_size(size));
  for (Scalar& value : x) value = static_cast<Scalar>(random.normal());
  return x;
}

/// The definition: one sum, in feature order.
template <typename Scalar>
Scalar plain_sum(const std::vector<Scalar>& x, const std::vector<Scalar>& y) {
  Scalar sum = 0;
  for (std::size_t f = 0; f < x.size(); ++f) sum += (x[f] - y[f]) * (x[f] - y[f]);
  return sum;
}

}  // namespace

TEMPLATE_TEST_CASE("a squared distance is the sum of squared differences in feature order, bit for bit", "",
                   float, double) {
  CHECK(thrum::squared_distance(view(std::vector<TestType>{1, 2}), view(std::vector<TestType>{4, 6})) == 25);
  CHECK(thrum::squared_distance(VectorView<const TestType>{}, VectorView<const TestType>{}) == 0);
  thrum::Random random(31);
  for (Index features = 1; features <= 256; features += 17) {
    const std::vector<TestType> x = noise<TestType>(random, features), y = noise<TestType>(random, features);
    CHECK(thrum::squared_distance(view(x), view(y)) == plain_sum(x, y));
    CHECK(thrum::squared_distance(view(y), view(x)) == plain_sum(x, y));
    CHECK(thrum::squared_distance(view(x), view(x)) == 0);
  }
}

TEMPLATE_TEST_CASE("distances to many centres have the bits of distances one by one, in order", "", float,
                   double) {
  thrum::Random random(32);
  for (const Index features : {1, 3, 255, 256, 257, 600}) {
    for (Index clusters = 1; clusters <= 9; ++clusters) {
      const std::vector<TestType> x = noise<TestType>(random, features);
      const std::vector<TestType> centers = noise<TestType>(random, features * clusters);
      Index visited = 0;
      thrum::for_each_squared_distance(view(x), centers.data(), clusters, [&](Index j, TestType squared) {
        REQUIRE(j == visited++);
        const VectorView<const TestType> center{centers.data() + j, features, clusters};
        REQUIRE(squared == thrum::squared_distance(view(x), center));
      });
      REQUIRE(visited == clusters);
    }
  }
}

TEMPLATE_TEST_CASE("a sample may lie in memory with any stride, forwards or backwards", "", float, double) {
  const std::vector<TestType> memory{1, 9, 2, 9, 3}, centers{0, 1, 0, 1, 0, 1};
  const VectorView<const TestType> forwards{memory.data(), 3, 2}, backwards{memory.data() + 4, 3, -2};
  CHECK(thrum::squared_distance(forwards, VectorView<const TestType>{centers.data(), 3, 2}) == 14);
  CHECK(thrum::squared_distance(forwards, backwards) == 8);
  CHECK(thrum::nearest_center(backwards, centers.data(), 2).squared_distance == 5);
}

TEMPLATE_TEST_CASE("the nearest centre is the lowest of equals", "", float, double) {
  const std::vector<TestType> zero{0};
  // Distances 2 1 1 2 1 1: ties within a group of four, and between the groups.
  const std::vector<TestType> centers{2, -1, 1, 2, 1, -1};
  const auto nearest = thrum::nearest_center(view(zero), centers.data(), 6);
  CHECK(nearest.cluster == 1);
  CHECK(nearest.squared_distance == 1);
  const std::vector<TestType> all_equal(7, TestType(3));
  CHECK(thrum::nearest_center(view(zero), all_equal.data(), 7).cluster == 0);
}

TEMPLATE_TEST_CASE("the nearest centre is the one that a search finds", "", float, double) {
  thrum::Random random(33);
  for (int round = 0; round < 200; ++round) {
    const Index features = 1 + random.index(5), clusters = 1 + random.index(12);
    const std::vector<TestType> x = noise<TestType>(random, features);
    const std::vector<TestType> centers = noise<TestType>(random, features * clusters);
    const auto nearest = thrum::nearest_center(view(x), centers.data(), clusters);
    for (Index j = 0; j < clusters; ++j) {
      const VectorView<const TestType> center{centers.data() + j, features, clusters};
      const TestType squared = thrum::squared_distance(view(x), center);
      REQUIRE(
          (j < nearest.cluster ? squared > nearest.squared_distance : squared >= nearest.squared_distance));
    }
  }
}

TEMPLATE_TEST_CASE("a million features keep the digits of a squared distance", "", float, double) {
  const std::size_t features = 1000000;
  const std::vector<TestType> x(features, TestType(1.0)), y(features, TestType(1.1));
  const double difference = static_cast<double>(TestType(1.1)) - 1.0;
  const double expected = difference * difference * static_cast<double>(features);
  // Twice the 1e-5 that the distance, its square root, is to be right to.
  CHECK(std::fabs(static_cast<double>(thrum::squared_distance(view(x), view(y))) / expected - 1) <= 2e-5);
}

TEST_CASE("the check of a million features would see a plain float sum") {
  const std::size_t features = 1000000;
  const std::vector<float> x(features, 1.0f), y(features, 1.1f);
  const double difference = static_cast<double>(1.1f) - 1.0;
  const double expected = difference * difference * static_cast<double>(features);
  CHECK(std::fabs(static_cast<double>(plain_sum(x, y)) / expected - 1) > 2e-5);
}

TEMPLATE_TEST_CASE("a common offset takes nothing from a distance", "", float, double) {
  // 1e8 and 1e8 + 64 are floats; |x|^2 - 2xc + |c|^2 would lose every digit.
  const std::vector<TestType> x{100000000, 100000000}, y{100000064, 100000000};
  CHECK(thrum::squared_distance(view(x), view(y)) == 4096);
}

TEMPLATE_TEST_CASE("distances too small or too large for their type are 0 or infinite, and a centre is found",
                   "", float, double) {
  const TestType tiny = std::numeric_limits<TestType>::denorm_min();
  const TestType max = std::numeric_limits<TestType>::max();
  const std::vector<TestType> zero{0}, minus_zero{-TestType(0)};
  CHECK(thrum::squared_distance(view(zero), view(minus_zero)) == 0);
  const std::vector<TestType> small{tiny, -tiny}, large{max, -max};
  CHECK(thrum::nearest_center(view(zero), small.data(), 2).cluster == 0);
  CHECK(thrum::nearest_center(view(zero), small.data(), 2).squared_distance == 0);
  CHECK(thrum::nearest_center(view(zero), large.data(), 2).cluster == 0);
  CHECK_FALSE(thrum::is_finite(thrum::nearest_center(view(zero), large.data(), 2).squared_distance));
  const std::vector<TestType> one_in_reach{max, 1, -max};
  CHECK(thrum::nearest_center(view(zero), one_in_reach.data(), 3).cluster == 1);
}
