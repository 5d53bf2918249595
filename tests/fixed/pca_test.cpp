#include "firmware_under_test.hpp"

#include <limits>

#include "catch.hpp"

using thrum::contiguous;
using thrum::row_major;
using thrum::Status;

namespace {

/// Three features, two components: directions (0.6, 0.8, 0) and (0, 0, 1), around (1, 2, 3).
template <typename Scalar>
struct Plane {
  Scalar mean[3] = {1, 2, 3};
  Scalar components[6] = {Scalar(0.6), Scalar(0.8), 0, 0, 0, 1};
  thrum::fixed::PCA<Scalar, 4, 3> pca;
  Status used = pca.use(contiguous<const Scalar>(mean, 3), row_major<const Scalar>(components, 2, 3));
};

}  // namespace

TEMPLATE_TEST_CASE("a fixed PCA at zero start is not fitted and writes nothing", "", float, double) {
  static const thrum::fixed::PCA<TestType, 3, 2> pca{};
  const TestType x[3] = {1, 2, 3};
  TestType out[3] = {7, 7, 7};
  CHECK(pca.features() == 0);
  CHECK(pca.components() == 0);
  CHECK(pca.transform(contiguous(x, 3), contiguous(out, 2)) == Status::not_fitted);
  CHECK(pca.inverse_transform(contiguous(x, 2), contiguous(out, 3)) == Status::not_fitted);
  CHECK(out[0] == 7);
}

TEMPLATE_TEST_CASE("a fixed PCA gives hand-computed coordinates and the way back", "", float, double) {
  const Plane<TestType> plane;
  REQUIRE(plane.used == Status::ok);
  CHECK(plane.pca.features() == 3);
  CHECK(plane.pca.components() == 2);
  const TestType x[3] = {6, 12, 1};
  TestType z[2] = {}, back[3] = {};
  REQUIRE(plane.pca.transform(contiguous(x, 3), contiguous(z, 2)) == Status::ok);
  // 0.6 and 0.8 carry a rounding each, and so does each of the two products and their sum.
  const double rounding = 4 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
  CHECK(static_cast<double>(z[0]) == Approx(11).epsilon(rounding).margin(0));
  CHECK(z[1] == -2);
  REQUIRE(plane.pca.inverse_transform(contiguous(z, 2), contiguous(back, 3)) == Status::ok);
  CHECK(static_cast<double>(back[0]) == Approx(7.6).epsilon(rounding).margin(0));
  CHECK(static_cast<double>(back[1]) == Approx(10.8).epsilon(rounding).margin(0));
  CHECK(back[2] == 1);
  // The mean is the origin, and a column-major basis is the same basis.
  REQUIRE(plane.pca.transform(contiguous(plane.mean, 3), contiguous(z, 2)) == Status::ok);
  CHECK(z[0] == 0);
  const TestType by_column[6] = {TestType(0.6), 0, TestType(0.8), 0, 0, 1};
  thrum::fixed::PCA<TestType, 3, 2> other;
  REQUIRE(other.use(contiguous(plane.mean, 3), {by_column, 2, 3, 1, 2}) == Status::ok);
  TestType other_z[2] = {};
  REQUIRE(plane.pca.transform(contiguous(x, 3), contiguous(z, 2)) == Status::ok);
  REQUIRE(other.transform(contiguous(x, 3), contiguous(other_z, 2)) == Status::ok);
  CHECK(other_z[0] == z[0]);
  CHECK(other_z[1] == z[1]);
}

TEMPLATE_TEST_CASE("a fixed PCA refuses what it can't use and stays as it was", "", float, double) {
  Plane<TestType> plane;
  auto& pca = plane.pca;
  const TestType many[25] = {};
  CHECK(pca.use(contiguous(many, 5), row_major(many, 2, 5)) == Status::wrong_size);
  CHECK(pca.use(contiguous(many, 3), row_major(many, 2, 4)) == Status::wrong_size);
  CHECK(pca.use(contiguous(many, 4), row_major(many, 4, 4)) == Status::wrong_size);
  CHECK(pca.use(contiguous(many, 4), row_major(many, 0, 4)) == Status::wrong_size);
  CHECK(pca.use(contiguous(many, 0), row_major(many, 1, 0)) == Status::wrong_size);
  TestType z[3] = {7, 7, 7};
  for (const TestType bad :
       {std::numeric_limits<TestType>::quiet_NaN(), -std::numeric_limits<TestType>::infinity()}) {
    const TestType wrong[3] = {0, 0, bad};
    CHECK(pca.use(contiguous(wrong, 3), row_major(many, 1, 3)) == Status::non_finite);
    CHECK(pca.use(contiguous(many, 3), row_major(wrong, 1, 3)) == Status::non_finite);
    CHECK(pca.transform(contiguous(wrong, 3), contiguous(z, 2)) == Status::non_finite);
    CHECK(pca.inverse_transform(contiguous(wrong + 1, 2), contiguous(z, 3)) == Status::non_finite);
  }
  CHECK(pca.transform(contiguous(many, 2), contiguous(z, 2)) == Status::wrong_size);
  CHECK(pca.transform(contiguous(many, 3), contiguous(z, 3)) == Status::wrong_size);
  CHECK(pca.inverse_transform(contiguous(many, 3), contiguous(z, 3)) == Status::wrong_size);
  CHECK(z[0] == 7);
  CHECK(pca.features() == 3);
  REQUIRE(pca.transform(contiguous(plane.mean, 3), contiguous(z, 2)) == Status::ok);
  CHECK(z[0] == 0);
}

TEMPLATE_TEST_CASE("a fixed PCA tells overflow from a result, and never gives a silent NaN", "", float,
                   double) {
  const TestType mean[2] = {-1, -1}, component[2] = {4, -4};
  thrum::fixed::PCA<TestType, 2, 1> pca;
  REQUIRE(pca.use(contiguous(mean, 2), row_major(component, 1, 2)) == Status::ok);
  const TestType largest = std::numeric_limits<TestType>::max();
  const TestType both[2] = {largest, largest}, one[2] = {largest, 0}, fine[2] = {largest / 8, largest / 8};
  TestType z[1] = {};
  CHECK(pca.transform(contiguous(both, 2), contiguous(z, 1)) == Status::overflow);  // infinity - infinity
  CHECK(pca.transform(contiguous(one, 2), contiguous(z, 1)) == Status::overflow);
  CHECK(pca.transform(contiguous(fine, 2), contiguous(z, 1)) == Status::ok);
  TestType x[2] = {};
  CHECK(pca.inverse_transform(contiguous(one, 1), contiguous(x, 2)) == Status::overflow);
}

TEMPLATE_TEST_CASE("fixed PCAs take minus zero and subnormals, and two are independent", "", float, double) {
  const TestType zero[1] = {0}, unit[1] = {1}, two[1] = {2};
  thrum::fixed::PCA<TestType, 1, 1> one, other;
  REQUIRE(one.use(contiguous(zero, 1), row_major(unit, 1, 1)) == Status::ok);
  TestType z[1] = {9};
  CHECK(other.transform(contiguous(unit, 1), contiguous(z, 1)) == Status::not_fitted);
  REQUIRE(other.use(contiguous(unit, 1), row_major(two, 1, 1)) == Status::ok);
  for (const TestType value : {-TestType(0), std::numeric_limits<TestType>::denorm_min()}) {
    const TestType x[1] = {value};
    CHECK(one.transform(contiguous(x, 1), contiguous(z, 1)) == Status::ok);
    CHECK(z[0] == value);
  }
  CHECK(other.transform(contiguous(zero, 1), contiguous(z, 1)) == Status::ok);
  CHECK(z[0] == -2);
}

TEMPLATE_TEST_CASE("a fixed PCA whitens as the fitted one does", "", float, double) {
  const TestType mean[2] = {1, 2}, basis[2] = {TestType(0.5), 0}, variance[1] = {4};
  thrum::fixed::PCA<TestType, 2, 1> pca;
  REQUIRE(pca.use(thrum::ProjectionModel<TestType>{mean, basis, variance, 2, 1}) == Status::ok);
  const TestType x[2] = {7, 2};
  TestType z[1] = {}, back[2] = {};
  REQUIRE(pca.transform(contiguous(x, 2), contiguous(z, 1)) == Status::ok);
  CHECK(z[0] == 3);  // six units along the first axis, of standard deviation two
  REQUIRE(pca.inverse_transform(contiguous(z, 1), contiguous(back, 2)) == Status::ok);
  CHECK(back[0] == 7);
  CHECK(back[1] == 2);
}
