#include "firmware_under_test.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "catch.hpp"

using thrum::HealthOptions;
using thrum::Status;
using thrum::fixed::HealthIndex;

namespace {

/// Uniform in [0, 1), by Knuth's linear congruential generator.
class Uniform {
 public:
  explicit Uniform(std::uint64_t seed) : state_(seed) {}
  double operator()() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state_ >> 11) / 9007199254740992.0;
  }

 private:
  std::uint64_t state_;
};

struct Line {
  double mean, slope, error;
};

/// Weighted least squares by its normal equations, in double; values: the latest last.
Line weighted_line(const std::vector<float>& values, double time_constant) {
  double w0 = 0, w1 = 0, w2 = 0, y0 = 0, y1 = 0;
  const auto weight = [&](double age) { return std::pow(1 - 1 / time_constant, age); };
  const auto age = [&](std::size_t i) { return static_cast<double>(values.size() - 1 - i); };
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double w = weight(age(i)), t = -age(i), y = static_cast<double>(values[i]);
    w0 += w, w1 += w * t, w2 += w * t * t, y0 += w * y, y1 += w * t * y;
  }
  const double slope = (w0 * y1 - w1 * y0) / (w0 * w2 - w1 * w1), start = (y0 - slope * w1) / w0;
  // Residual variance over its expectation, then the sandwich of the slope.
  double residual = 0, freedom = 0, meat = 0;
  const double spread = w2 - w1 * w1 / w0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double w = weight(age(i)), t = -age(i), centred = t - w1 / w0;
    const double r = static_cast<double>(values[i]) - start - slope * t;
    residual += w * r * r;
    freedom += w * (1 - w * (1 / w0 + centred * centred / spread));
    meat += w * w * centred * centred;
  }
  return {y0 / w0, slope, std::sqrt(residual / freedom * meat) / spread};
}

}  // namespace

TEST_CASE("a health index is all zero at start, says one half, and is 36 bytes") {
  static const HealthIndex index{};
  const unsigned char zero[sizeof(index)] = {};
  CHECK(sizeof(index) == 36);
  CHECK(std::memcmp(static_cast<const void*>(&index), zero, sizeof(index)) == 0);
  CHECK(index.value() == 0.5f);
  CHECK(index.trend() == 0);
  CHECK(index.trend_error() == std::numeric_limits<float>::infinity());
}

TEST_CASE("a health index is the weighted mean and the weighted least-squares line") {
  for (const float time_constant : {4.0f, 30.0f, 500.0f}) {
    const HealthOptions options{time_constant};
    Uniform random(1);
    HealthIndex index;
    std::vector<float> values;
    for (int i = 0; i < 3000; ++i) {
      values.push_back(static_cast<float>(random() * std::exp(-i / 1000.0)));
      REQUIRE(index.update(options, values.back()) == Status::ok);
      if (values.size() < 3 || (values.size() > 20 && values.size() % 500 != 0)) continue;
      const Line line = weighted_line(values, static_cast<double>(time_constant));
      // Sums over t updates lose at most about sqrt(t) roundings of 6e-8.
      CHECK(index.value() == Approx(line.mean).epsilon(1e-5));
      CHECK(index.trend() == Approx(line.slope).margin(1e-3 * line.error + 1e-9));
      CHECK(index.trend_error() == Approx(line.error).epsilon(2e-3));
    }
  }
}

TEST_CASE("the error of a trend is right on a healthy machine, and a trend shows through it") {
  const HealthOptions options{50};
  Uniform random(2);
  int beyond = 0, found = 0;
  for (int round = 0; round < 400; ++round) {
    HealthIndex healthy, wearing;
    for (int i = 0; i < 300; ++i) {
      const float p = static_cast<float>(random());
      healthy.update(options, p);
      wearing.update(options, p * (1 - static_cast<float>(i) / 300));
    }
    beyond += std::fabs(healthy.trend()) > 1.96f * healthy.trend_error() ? 1 : 0;
    found += wearing.trend() < 0 && wearing.value() < 0.35f ? 1 : 0;
  }
  // 5 % of 400, and three standard deviations.
  CHECK(beyond >= 7);
  CHECK(beyond <= 33);
  CHECK(found > 370);
}

TEST_CASE("a steady health index has no trend and no error") {
  HealthIndex index;
  for (int i = 0; i < 1000; ++i) index.update({20}, 0.125f);
  CHECK(index.value() == 0.125f);
  CHECK(index.trend() == 0);
  CHECK(index.trend_error() == 0);
  // A straight line has its slope and no error but that of rounding.
  HealthIndex falling;
  for (int i = 0; i < 512; ++i) falling.update({100}, 1 - static_cast<float>(i) / 1024);
  CHECK(falling.trend() == Approx(-1.0 / 1024).epsilon(1e-4));
  CHECK(falling.trend_error() < 1e-6f);
  falling.reset();
  CHECK(falling.value() == 0.5f);
}

TEST_CASE("a long health index neither drifts nor overflows") {
  HealthIndex index;
  Uniform random(3);
  int refused = 0;
  for (int i = 0; i < 1200000; ++i)
    refused += index.update({100000}, static_cast<float>(random())) == Status::ok ? 0 : 1;
  CHECK(refused == 0);
  CHECK(index.value() == Approx(0.5).margin(0.004));
  CHECK(std::fabs(index.trend()) < 5 * index.trend_error());
  // Independent values of standard deviation 0.2887: 0.2887 / sqrt(4 t^3).
  CHECK(static_cast<double>(index.trend_error()) * std::sqrt(4e15) == Approx(0.2887).epsilon(0.02));
}

TEST_CASE("a health index refuses what is no probability and keeps what it knew") {
  HealthIndex index;
  for (int i = 0; i < 10; ++i) index.update({10}, 0.25f);
  HealthIndex before = index;
  for (const float wrong :
       {-0.1f, 1.1f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
    CHECK(index.update({10}, wrong) == Status::out_of_range);
  for (const float time : {0.0f, 3.9f, 2e5f, std::numeric_limits<float>::quiet_NaN()})
    CHECK(index.update({time}, 0.5f) == Status::out_of_range);
  CHECK(std::memcmp(static_cast<const void*>(&index), static_cast<const void*>(&before), sizeof(index)) == 0);
  CHECK(HealthOptions{} == HealthOptions{100});
  CHECK(HealthOptions{} != HealthOptions{10});
}
