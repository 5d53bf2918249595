#include "thrum/core/elementary.hpp"

#include "catch.hpp"
#include "thrum/core/random.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>

namespace {

constexpr long double two_pi = 6.28318530717958647692528676655900577L;

/// Error of `got` in units of the last place of `expected`, which is exact.
template <typename Scalar>
double error_in_ulp(Scalar got, long double expected) {
  const Scalar magnitude = static_cast<Scalar>(std::fabs(expected));
  const Scalar ulp = std::nextafter(magnitude, std::numeric_limits<Scalar>::max()) - magnitude;
  return static_cast<double>(std::fabs(static_cast<long double>(got) - expected) /
                             static_cast<long double>(ulp));
}

/// A number whose logarithm is uniform in +-range / 2.
template <typename Scalar>
Scalar positive_number(thrum::Random& random, double range) {
  return static_cast<Scalar>(std::exp((random.uniform() - 0.5) * range));
}

template <typename Scalar>
double worst_error_of_log(double range) {
  thrum::Random random(1);
  double worst = 0;
  for (int i = 0; i < 100000; ++i) {
    const Scalar x = positive_number<Scalar>(random, i % 2 == 0 ? range : 1.0);
    worst = std::max(worst, error_in_ulp(thrum::natural_log(x), std::log(static_cast<long double>(x))));
  }
  return worst;
}

}  // namespace

TEST_CASE("the natural logarithm is off by less than one unit in the last place") {
  CHECK(worst_error_of_log<float>(170) < 1.0);
  CHECK(worst_error_of_log<double>(1400) < 1.0);
}

TEST_CASE("the check of the logarithm would see an error in the eighth digit") {
  const float x = 3.0f;
  const float wrong = thrum::natural_log(x) * (1.0f + 4 * FLT_EPSILON);
  CHECK(error_in_ulp(wrong, std::log(static_cast<long double>(x))) > 1.0);
}

TEST_CASE("the logarithm is exact where it can be") {
  CHECK(thrum::natural_log(1.0f) == 0.0f);
  CHECK(thrum::natural_log(1.0) == 0.0);
  // Near 1 the logarithm is x - 1 - (x - 1)^2 / 2: no digit is lost to cancellation.
  CHECK(error_in_ulp(thrum::natural_log(1.0f + FLT_EPSILON),
                     std::log1p(static_cast<long double>(FLT_EPSILON))) < 1);
  CHECK(error_in_ulp(thrum::natural_log(1.0 - DBL_EPSILON),
                     std::log1p(-static_cast<long double>(DBL_EPSILON))) < 1);
}

TEST_CASE("the logarithm covers all normal numbers and rises") {
  CHECK(error_in_ulp(thrum::natural_log(FLT_MIN), std::log(static_cast<long double>(FLT_MIN))) < 1);
  CHECK(error_in_ulp(thrum::natural_log(FLT_MAX), std::log(static_cast<long double>(FLT_MAX))) < 1);
  CHECK(error_in_ulp(thrum::natural_log(DBL_MIN), std::log(static_cast<long double>(DBL_MIN))) < 1);
  CHECK(error_in_ulp(thrum::natural_log(DBL_MAX), std::log(static_cast<long double>(DBL_MAX))) < 1);
  // Across sqrt(2), where the exponent changes.
  float x = 1.41420f;
  float last = thrum::natural_log(x);
  for (int i = 0; i < 400; ++i) {
    x = std::nextafter(x, 2.0f);
    const float next = thrum::natural_log(x);
    REQUIRE(next >= last);
    last = next;
  }
}

TEST_CASE("the logarithm of what it does not cover is a number or not, but never a trap") {
  for (const float x : {0.0f, -1.0f, 1e-40f, HUGE_VALF}) (void)thrum::natural_log(x);
  for (const double x : {0.0, -1.0, 1e-310, HUGE_VAL}) (void)thrum::natural_log(x);
  SUCCEED();
}

TEST_CASE("the logarithm has the bits it always had") {
  // The values that the firmware gives too: a change here breaks the agreement of laptop and chip.
  CHECK(thrum::bits_of(thrum::natural_log(2.0f)) == 0x3f317218u);
  CHECK(thrum::bits_of(thrum::natural_log(10.0f)) == 0x40135d8eu);
  CHECK(thrum::bits_of(thrum::natural_log(1e-12f)) == 0xc1dd0c55u);
}

template <typename Scalar>
double worst_error_of_exponential(double lowest) {
  thrum::Random random(2);
  double worst = 0;
  for (int i = 0; i < 100000; ++i) {
    const Scalar x = static_cast<Scalar>(random.uniform() * (i % 2 == 0 ? lowest : -1.0));
    worst = std::max(worst, error_in_ulp(thrum::exponential(x), std::exp(static_cast<long double>(x))));
  }
  return worst;
}

TEST_CASE("the exponential is off by less than one and a quarter units in the last place") {
  CHECK(worst_error_of_exponential<float>(-87) < 1.25);
  CHECK(worst_error_of_exponential<double>(-708) < 1.25);
  const float wrong = thrum::exponential(-3.0f) * (1.0f + 2 * FLT_EPSILON);
  CHECK(error_in_ulp(wrong, std::exp(-3.0L)) > 1.25);  // the check would see it
}

TEST_CASE("the exponential has the bits it always had") {
  CHECK(thrum::bits_of(thrum::exponential(-0.1f)) == 0x3f67a36du);
  CHECK(thrum::bits_of(thrum::exponential(-1.0f)) == 0x3ebc5ab2u);
  CHECK(thrum::bits_of(thrum::exponential(-10.0f)) == 0x383e6bceu);
}

TEST_CASE("the exponential is exact at 0, rises, and ends at 0") {
  CHECK(thrum::exponential(0.0f) == 1.0f);
  CHECK(thrum::exponential(0.0) == 1.0);
  for (const float x : {-87.4f, -1000.0f, -FLT_MAX, -HUGE_VALF}) CHECK(thrum::exponential(x) == 0.0f);
  for (const double x : {-708.5, -1e6, -DBL_MAX, -HUGE_VAL}) CHECK(thrum::exponential(x) == 0.0);
  // Across -ln 2 / 2, where the number of halvings changes.
  float x = -0.34660f, last = thrum::exponential(x);
  for (int i = 0; i < 1000; ++i) {
    x = std::nextafter(x, 0.0f);
    const float next = thrum::exponential(x);
    REQUIRE(next >= last * (1 - FLT_EPSILON));
    last = next;
  }
}

TEST_CASE("the cosine of a turn is right to 4e-16, for any number of turns") {
  double worst = 0;
  for (const thrum::Index denominator : {1, 3, 7, 8, 1000, 1024, 65536})
    for (thrum::Index k = -denominator; k <= 2 * denominator; ++k) {
      const long double exact =
          std::cos(two_pi * static_cast<long double>(k) / static_cast<long double>(denominator));
      const double got = thrum::cosine_of_turn(k, denominator);
      worst = std::max(worst, std::fabs(static_cast<double>(static_cast<long double>(got) - exact)));
    }
  CHECK(worst < 4e-16);
  CHECK(thrum::cosine_of_turn(1024 * 1000003 + 17, 1024) == thrum::cosine_of_turn(17, 1024));
}

TEST_CASE("the circle's symmetries hold to the last bit") {
  static_assert(thrum::cosine_of_turn(0, 5) == 1.0);
  static_assert(thrum::cosine_of_turn(1, 4) == 0.0);
  static_assert(thrum::cosine_of_turn(1, 2) == -1.0);
  static_assert(thrum::cosine_of_turn(3, 4) == 0.0);
  const thrum::Index n = 1024;
  for (thrum::Index k = 0; k < n; ++k) {
    REQUIRE(thrum::cosine_of_turn(k, n) == thrum::cosine_of_turn(-k, n));
    REQUIRE(thrum::cosine_of_turn(k, n) == -thrum::cosine_of_turn(n / 2 - k, n));
    REQUIRE(thrum::cosine_of_turn(k, n) == thrum::cosine_of_turn(3 * k, 3 * n));
  }
}
