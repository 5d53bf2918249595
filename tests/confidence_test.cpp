#include "thrum/confidence.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "sample_data.hpp"

using thrum::Index;
using thrum::Interval;
using thrum_test::contains;
using thrum_test::refusal;

// Values of tests/oracle/intervals.py.
TEST_CASE("the interval of a share is that of Clopper and Pearson") {
  struct Case {
    double successes, trials, confidence;
    Interval expected;
  };
  for (const Case& one : {Case{0, 10, 0.95, {0, 0.30849710781876083}},
                          Case{1, 10, 0.95, {0.0025285785444617843, 0.44501611702819543}},
                          Case{5, 100, 0.95, {0.016431879182052158, 0.11283491110546276}},
                          Case{3, 1000, 0.99, {0.00033814452906649327, 0.010933777420405242}},
                          Case{50, 100, 0.9, {0.41362171463091174, 0.5863782853690882}}}) {
    const Interval interval = thrum::binomial_interval(one.successes, one.trials, one.confidence);
    CHECK(interval.low == Approx(one.expected.low).epsilon(1e-11).margin(0));
    CHECK(interval.high == Approx(one.expected.high).epsilon(1e-11));
    const Interval mirrored =
        thrum::binomial_interval(one.trials - one.successes, one.trials, one.confidence);
    CHECK(mirrored.low == Approx(1 - interval.high).epsilon(1e-11));
    CHECK(mirrored.high == Approx(1 - interval.low).epsilon(1e-11));
  }
}

TEST_CASE("the interval of a share covers the true one as often as it says, for every share") {
  constexpr int trials = 30;
  Interval intervals[trials + 1];
  for (int k = 0; k <= trials; ++k) intervals[k] = thrum::binomial_interval(k, trials, 0.9);
  for (double share = 0.005; share < 1; share += 0.005) {
    double covered = 0, probability = std::pow(1 - share, trials);
    for (int k = 0; k <= trials; ++k) {
      if (intervals[k].contains(share)) covered += probability;
      probability *= share / (1 - share) * (trials - k) / (k + 1);
    }
    REQUIRE(covered >= 0.9 - 1e-9);
  }
}

TEST_CASE("the interval of a count is Garwood's, and three for none at 95 percent") {
  const Interval one = thrum::poisson_interval(1), five = thrum::poisson_interval(5);
  CHECK(one.low == Approx(0.025317807984289876).epsilon(1e-11));
  CHECK(one.high == Approx(5.571643390938899).epsilon(1e-11));
  CHECK(five.low == Approx(1.6234863901184204).epsilon(1e-11));
  CHECK(five.high == Approx(11.668332079322669).epsilon(1e-11));
  const Interval forty = thrum::poisson_interval(40, 0.99);
  CHECK(forty.low == Approx(25.585965945222583).epsilon(1e-11));
  CHECK(forty.high == Approx(59.36306720681707).epsilon(1e-11));
  CHECK(thrum::poisson_interval(0).low == 0);
  CHECK(thrum::poisson_interval(0).high == Approx(2.995732273553991).epsilon(1e-14));
  // Far from any table: about k + 1.96 sqrt(k), and two more.
  CHECK(thrum::poisson_interval(10000).high == Approx(10000 + 1.96 * std::sqrt(10000.0)).epsilon(3e-4));
}

TEST_CASE("the incomplete beta function is a sum of binomial probabilities, small and large") {
  for (const double x : {1e-6, 0.01, 0.3, 0.5, 0.77, 0.999}) {
    CHECK(thrum::detail::incomplete_beta(1, 1, x) == Approx(x).epsilon(1e-13));
    CHECK(thrum::detail::incomplete_beta(2.5, 1, x) == Approx(std::pow(x, 2.5)).epsilon(1e-12));
    for (const double a : {0.5, 3.0, 40.0, 3e5})
      for (const double b : {0.5, 7.0, 1e5})
        CHECK(thrum::detail::incomplete_beta(a, b, x) ==
              Approx(1 - thrum::detail::incomplete_beta(b, a, 1 - x)).margin(1e-12));
  }
  // The median of a symmetric one, and the normal limit.
  CHECK(thrum::detail::incomplete_beta(1e6, 1e6, 0.5) == Approx(0.5).epsilon(1e-8));
  CHECK(thrum::detail::incomplete_beta(1e6, 1e6, 0.5 + 0.5 / std::sqrt(2e6)) ==
        Approx(0.5 * std::erfc(-1 / std::sqrt(2.0))).epsilon(1e-6));
}

TEST_CASE("Student's p-value agrees with its closed forms and with the normal one in the limit") {
  for (const double t : {0.0, 0.3, 1.0, 2.5, -4.0}) {
    const double size = std::fabs(t);
    CHECK(thrum::detail::student_p_value(t, 1) == Approx(1 - 2 / std::acos(-1.0) * std::atan(size)));
    CHECK(thrum::detail::student_p_value(t, 2) == Approx(1 - size / std::sqrt(t * t + 2)));
    CHECK(thrum::detail::student_p_value(t, 1e7) == Approx(std::erfc(size / std::sqrt(2.0))).epsilon(1e-5));
  }
}

TEST_CASE("intervals refuse what is no share, no count and no confidence") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THAT(refusal([] { thrum::binomial_interval(3, 2); }), contains("successes is 3, expected 0 ... 2"));
  CHECK_THAT(refusal([] { thrum::binomial_interval(0, 0); }), contains("trials is 0"));
  CHECK_THAT(refusal([&] { thrum::binomial_interval(nan, 2); }), contains("successes is"));
  CHECK_THAT(refusal([] { thrum::binomial_interval(1, 2, 1); }), contains("confidence is 1"));
  CHECK_THAT(refusal([] { thrum::poisson_interval(-1); }), contains("events is -1"));
  CHECK_THAT(refusal([&] { thrum::poisson_interval(1, nan); }), contains("confidence is"));
}
