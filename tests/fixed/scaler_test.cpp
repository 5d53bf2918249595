#include "firmware_under_test.hpp"

#include <cfloat>
#include <cmath>
#include <limits>

#include "catch.hpp"

using thrum::contiguous;
using thrum::Status;

TEMPLATE_TEST_CASE("a fixed scaler at zero start is not fitted and writes nothing", "", float, double) {
  static const thrum::fixed::Scaler<TestType, 3> scaler{};
  const TestType x[3] = {1, 2, 3};
  TestType out[3] = {7, 7, 7};
  CHECK(scaler.features() == 0);
  CHECK(scaler.transform(contiguous(x, 3), contiguous(out, 3)) == Status::not_fitted);
  CHECK(scaler.inverse_transform(contiguous(x, 3), contiguous(out, 3)) == Status::not_fitted);
  CHECK(scaler.transform(contiguous(x, 0), contiguous(out, 0)) == Status::not_fitted);
  CHECK(out[0] == 7);
}

TEMPLATE_TEST_CASE("a fixed scaler gives hand-computed values, in place too, and undoes them", "", float,
                   double) {
  thrum::fixed::Scaler<TestType, 4> scaler;
  const TestType offset[3] = {1, -2, 0}, factor[3] = {2, TestType(0.5), 4};
  REQUIRE(scaler.use(contiguous(offset, 3), contiguous(factor, 3)) == Status::ok);
  CHECK(scaler.features() == 3);
  TestType x[3] = {3, 4, TestType(-0.25)};
  TestType out[3] = {};
  REQUIRE(scaler.transform(contiguous(x, 3), contiguous(out, 3)) == Status::ok);
  CHECK(out[0] == 4);
  CHECK(out[1] == 3);
  CHECK(out[2] == -1);
  REQUIRE(scaler.transform(contiguous(x, 3), contiguous(x, 3)) == Status::ok);
  CHECK(x[1] == 3);
  REQUIRE(scaler.inverse_transform(contiguous(x, 3), contiguous(x, 3)) == Status::ok);
  CHECK(x[0] == 3);
  CHECK(x[1] == 4);
  CHECK(x[2] == TestType(-0.25));
  // Strided in and out: every other value of a row.
  const TestType wide[6] = {3, 99, 4, 99, TestType(-0.25), 99};
  TestType wide_out[6] = {};
  REQUIRE(scaler.transform({wide, 3, 2}, {wide_out, 3, 2}) == Status::ok);
  CHECK(wide_out[4] == -1);
  CHECK(wide_out[1] == 0);
}

TEMPLATE_TEST_CASE("a fixed scaler refuses what it can't use and stays as it was", "", float, double) {
  thrum::fixed::Scaler<TestType, 3> scaler;
  const TestType offset[4] = {1, 1, 1, 1}, factor[4] = {2, 2, 2, 2};
  REQUIRE(scaler.use(contiguous(offset, 2), contiguous(factor, 2)) == Status::ok);
  CHECK(scaler.use(contiguous(offset, 4), contiguous(factor, 4)) == Status::wrong_size);
  CHECK(scaler.use(contiguous(offset, 2), contiguous(factor, 3)) == Status::wrong_size);
  CHECK(scaler.use(contiguous(offset, 0), contiguous(factor, 0)) == Status::wrong_size);
  for (const TestType bad : {TestType(0), -TestType(0), TestType(-1)}) {
    const TestType wrong[3] = {2, bad, 2};
    CHECK(scaler.use(contiguous(offset, 3), contiguous(wrong, 3)) == Status::out_of_range);
  }
  for (const TestType bad :
       {std::numeric_limits<TestType>::quiet_NaN(), std::numeric_limits<TestType>::infinity()}) {
    const TestType wrong[3] = {2, 2, bad};
    CHECK(scaler.use(contiguous(offset, 3), contiguous(wrong, 3)) == Status::non_finite);
    CHECK(scaler.use(contiguous(wrong, 3), contiguous(factor, 3)) == Status::non_finite);
    TestType out[2] = {7, 7};
    const TestType x[2] = {1, bad};
    CHECK(scaler.transform(contiguous(x, 2), contiguous(out, 2)) == Status::non_finite);
    CHECK(scaler.inverse_transform(contiguous(x, 2), contiguous(out, 2)) == Status::non_finite);
    CHECK(out[0] == 7);
  }
  CHECK(scaler.features() == 2);
  TestType out[3] = {};
  CHECK(scaler.transform(contiguous(offset, 3), contiguous(out, 2)) == Status::wrong_size);
  CHECK(scaler.transform(contiguous(offset, 2), contiguous(out, 3)) == Status::wrong_size);
  CHECK(scaler.transform(contiguous(factor, 2), contiguous(out, 2)) == Status::ok);
  CHECK(out[0] == 2);
}

TEMPLATE_TEST_CASE("a fixed scaler tells overflow from a result", "", float, double) {
  thrum::fixed::Scaler<TestType, 1> scaler;
  const TestType offset[1] = {-1}, factor[1] = {2};
  REQUIRE(scaler.use(contiguous(offset, 1), contiguous(factor, 1)) == Status::ok);
  TestType out[1] = {};
  const TestType largest[1] = {std::numeric_limits<TestType>::max()};
  CHECK(scaler.transform(contiguous(largest, 1), contiguous(out, 1)) == Status::overflow);
  const TestType half[1] = {std::numeric_limits<TestType>::max() / 4};
  CHECK(scaler.transform(contiguous(half, 1), contiguous(out, 1)) == Status::ok);
}

TEMPLATE_TEST_CASE("fixed scalers take minus zero and subnormals, and two are independent", "", float,
                   double) {
  thrum::fixed::Scaler<TestType, 1> one, two;
  const TestType zero[1] = {0}, unit[1] = {1}, offset[1] = {5};
  REQUIRE(one.use(contiguous(zero, 1), contiguous(unit, 1)) == Status::ok);
  TestType out[1] = {9};
  const TestType minus_zero[1] = {-TestType(0)}, tiny[1] = {std::numeric_limits<TestType>::denorm_min()};
  CHECK(two.transform(contiguous(zero, 1), contiguous(out, 1)) == Status::not_fitted);
  REQUIRE(two.use(contiguous(offset, 1), contiguous(unit, 1)) == Status::ok);
  CHECK(one.transform(contiguous(minus_zero, 1), contiguous(out, 1)) == Status::ok);
  CHECK(out[0] == 0);
  CHECK(one.transform(contiguous(tiny, 1), contiguous(out, 1)) == Status::ok);
  CHECK(out[0] == tiny[0]);
  CHECK(two.transform(contiguous(zero, 1), contiguous(out, 1)) == Status::ok);
  CHECK(out[0] == -5);
}
