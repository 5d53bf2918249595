#include "thrum/score_series.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/core/random.hpp"

using thrum::Index;
using thrum::Vector;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

/// x(t) = r x(t - 1) + noise, from its stationary distribution; variance 1.
Vector<double> autoregressive(thrum::Random& random, Index n, double r) {
  Vector<double> x(n);
  double state = random.normal();
  for (double& value : x) {
    value = state;
    state = r * state + std::sqrt(1 - r * r) * random.normal();
  }
  return x;
}

/// Distance of the empirical distribution of p-values from the uniform one (Kolmogorov and Smirnov).
double distance_from_uniform(std::vector<double> p_values) {
  std::sort(p_values.begin(), p_values.end());
  double distance = 0;
  const double n = static_cast<double>(p_values.size());
  for (std::size_t i = 0; i < p_values.size(); ++i)
    distance = std::max(
        {distance, static_cast<double>(i + 1) / n - p_values[i], p_values[i] - static_cast<double>(i) / n});
  return distance;
}

}  // namespace

TEST_CASE("an autoregressive series is worth n (1 - r) / (1 + r) independent scores") {
  thrum::Random random(1);
  for (const double r : {0.0, 0.3, 0.6, 0.9, 0.98}) {
    const Index n = 40000;
    double mean = 0;
    constexpr int rounds = 5;
    for (int round = 0; round < rounds; ++round)
      mean += thrum::effective_sample_size(autoregressive(random, n, r)) / rounds;
    CHECK(mean == Approx(static_cast<double>(n) * (1 - r) / (1 + r)).epsilon(0.1));
  }
}

TEST_CASE("a series correlated over thousands of rows is measured over batches") {
  thrum::Random random(2);
  const double r = 1 - 1.0 / 1000;
  const Index n = 400000;
  const double expected = static_cast<double>(n) * (1 - r) / (1 + r);  // 200
  const double measured = thrum::effective_sample_size(autoregressive(random, n, r));
  CHECK(measured > 0.6 * expected);
  CHECK(measured < 1.7 * expected);
}

TEST_CASE("the effective sample size stays in 1 ... n, and forgets scale and place") {
  thrum::Random random(3);
  const Vector<double> x = autoregressive(random, 1000, 0.5);
  const double size = thrum::effective_sample_size(x);
  CHECK(thrum::effective_sample_size(x * 8) == Approx(size).epsilon(1e-12));
  CHECK(thrum::effective_sample_size((x.array() + 1000).matrix()) == Approx(size).epsilon(1e-6));
  CHECK(thrum::effective_sample_size(x.cast<float>()) == Approx(size).epsilon(1e-4));
  CHECK(thrum::effective_sample_size(Vector<double>::Constant(50, 3)) == 50);
  CHECK(thrum::effective_sample_size({7.0}) == 1);
  Vector<double> alternating(100), ramp(100000);
  for (Index i = 0; i < 100; ++i) alternating[i] = i % 2 == 0 ? 1 : -1;
  for (Index i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<double>(i);
  CHECK(thrum::effective_sample_size(alternating) == 100);
  CHECK(thrum::effective_sample_size(ramp) < 3);
}

TEST_CASE("scores that differ from recording to recording are worth as many as there are recordings") {
  thrum::Random random(4);
  constexpr Index recordings = 40, rows = 100, rounds = 10;
  double mean = 0;
  for (Index round = 0; round < rounds; ++round) {
    Vector<double> x(recordings * rows);
    for (Index start = 0; start < x.size(); start += rows) {
      const double offset = 10 * random.normal();
      for (Index i = start; i < start + rows; ++i) x[i] = offset + random.normal();
    }
    mean += thrum::effective_sample_size(x) / rounds;
  }
  CHECK(mean == Approx(recordings).epsilon(0.2));
}

TEST_CASE("without drift its p-value is uniform, with independent and with correlated scores") {
  thrum::Random random(5);
  for (const double r : {0.0, 0.7}) {
    std::vector<double> p_values;
    for (int round = 0; round < 300; ++round)
      p_values.push_back(thrum::drift_test(autoregressive(random, 600, r)).p_value);
    // 1.63 / sqrt(300) is the 1 % limit for exactly uniform ones.
    CHECK(distance_from_uniform(p_values) < 0.094);
    CHECK(std::count_if(p_values.begin(), p_values.end(), [](double p) { return p < 0.05; }) <= 30);
  }
}

TEST_CASE("a test that took neighbours for independent would see drift everywhere") {
  // The twin of the uniform p-values: the deviation of the rank sum as it is for independent scores.
  thrum::Random random(6);
  int found = 0;
  const double deviation = std::sqrt(601.0 / (12 * 300 * 300));
  for (int round = 0; round < 100; ++round) {
    const double shift = thrum::drift_test(autoregressive(random, 600, 0.7)).shift;
    found += std::abs(shift - 0.5) > 1.96 * deviation ? 1 : 0;
  }
  CHECK(found > 25);
}

TEST_CASE("a trend and a step are found, and their direction is told") {
  thrum::Random random(7);
  Vector<double> x = autoregressive(random, 600, 0.5);
  for (Index i = 0; i < x.size(); ++i) x[i] += 3.0 * static_cast<double>(i) / 600;
  const thrum::Drift up = thrum::drift_test(x), down = thrum::drift_test(-x);
  CHECK(up.p_value < 1e-4);
  CHECK(up.shift > 0.7);
  CHECK(down.p_value == Approx(up.p_value).epsilon(1e-9));
  CHECK(down.shift == Approx(1 - up.shift).epsilon(1e-12));
  // Ranks only: any increasing function of the scores gives the same.
  CHECK(thrum::drift_test(x.array().exp().matrix()).p_value == up.p_value);
}

TEST_CASE("the shift is the share of pairs in which the later score is larger, ties count half") {
  CHECK(thrum::drift_test({1.0, 2, 2, 3}).shift == 0.875);  // 1 < 2, 1 < 3, 2 = 2, 2 < 3
  CHECK(thrum::drift_test({5.0, 5, 5, 5}).shift == 0.5);
  CHECK(thrum::drift_test({5.0, 5, 5, 5}).p_value == 1);
  CHECK(thrum::drift_test({1.0, 2, 3, 4, 5}).shift == 1);
}

TEST_CASE("series refuse scores that are none and labels that do not fit") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THAT(refusal([] { thrum::effective_sample_size({}); }), contains("scores is empty"));
  CHECK_THAT(refusal([&] { thrum::effective_sample_size({1, nan}); }), contains("scores(1) is"));
  CHECK_THAT(refusal([] {
               thrum::drift_test({1.0, 2.0, 3.0});
             }),
             contains("has 3 rows, expected at least 4"));
  CHECK_THAT(refusal([&] { thrum::drift_test({1, nan, 2, 3}); }), contains("scores(1) is"));
}
