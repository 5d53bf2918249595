// Every sort of check of catch.hpp, first one that holds, then one that does not: 8 checks of 14 fail.
#include "catch.hpp"

#include <stdexcept>

TEST_CASE("a check fails and the test goes on") {
  CHECK(1 + 1 == 2);
  CHECK(1 + 1 == 3);
  CHECK_FALSE(1 + 1 == 3);
  CHECK_FALSE(1 + 1 == 2);
  CHECK_THAT("abc", thrum_test::contains("bc"));
  CHECK_THAT("abc", thrum_test::contains("ca"));
}

TEST_CASE("a required check ends the test") {
  REQUIRE(1 + 1 == 2);
  REQUIRE(1 + 1 == 3);
  CHECK(false);
}

TEMPLATE_TEST_CASE("a test of several types fails for one of them", "", char, double) {
  CHECK(sizeof(TestType) == 1);
}

TEST_CASE("numbers are apart") {
  CHECK(1.01 == Approx(1).epsilon(0.02));
  CHECK(1.03 == Approx(1).epsilon(0.02));
}

TEST_CASE("a test says that it failed") { FAIL("what was said"); }

TEST_CASE("an exception ends a test") { throw std::runtime_error("what was thrown"); }
