#include "thrum/algorithm/quantile_sketch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "thrum/core/random.hpp"

using thrum::QuantileSketch;
using thrum::Status;

namespace {

/// Scores as they come: the square root of a sum of squares.
std::vector<float> scores(std::uint64_t seed, std::size_t count) {
  thrum::Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) {
    double sum = 0;
    for (int f = 0; f < 4; ++f) sum += std::pow(random.normal(), 2);
    value = static_cast<float>(std::sqrt(sum));
  }
  return values;
}

QuantileSketch<> sketch_of(const std::vector<float>& values) {
  QuantileSketch<> sketch;
  for (const float value : values) REQUIRE(sketch.add(value) == Status::ok);
  return sketch;
}

/// The least value that a share q of all are not above.
float inverse_cdf(std::vector<float> values, double q) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size()) - 1e-9));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

TEST_CASE("a quantile of the sketch is at most its stated error above that of the values and never below") {
  for (const std::size_t count : {1u, 2u, 10u, 120u, 5000u}) {
    const std::vector<float> values = scores(count, count);
    const QuantileSketch<> sketch = sketch_of(values);
    REQUIRE(sketch.count() == count);
    for (const double q : {0.0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 0.999, 1.0}) {
      const float exact = inverse_cdf(values, q);
      INFO(count << " values, quantile " << q);
      CHECK(sketch.quantile(q) >= exact);
      CHECK(sketch.quantile(q) <= exact * (1 + QuantileSketch<>::relative_error));
    }
  }
}

TEST_CASE("a share that is whole in decimals takes just so many values") {
  QuantileSketch<> sketch;
  for (int i = 0; i < 9; ++i) sketch.add(1);
  sketch.add(100);
  CHECK(sketch.quantile(0.9) < 2);
  CHECK(sketch.quantile(0.91) > 99);
}

TEST_CASE("sketches of parts merge into the sketch of all in any order") {
  const std::vector<float> values = scores(3, 1000);
  const QuantileSketch<> whole = sketch_of(values);
  QuantileSketch<> forwards, backwards;
  for (std::size_t part = 0; part < 10; ++part) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(100 * part);
    forwards.merge(sketch_of({begin, begin + 100}));
    const auto end = values.end() - static_cast<std::ptrdiff_t>(100 * part);
    backwards.merge(sketch_of({end - 100, end}));
  }
  CHECK(forwards == whole);
  CHECK(backwards == whole);
  forwards.add(1);
  CHECK(forwards != whole);
}

TEST_CASE("values beyond the bins count in the outer ones") {
  QuantileSketch<0, 2> sketch;  // from 1 to 4
  for (const float value : {0.0f, 1e-40f, 0.5f}) CHECK(sketch.add(value) == Status::ok);
  CHECK(sketch.count_of(0) == 3);
  CHECK(sketch.quantile(1) == 1 + 1.0f / 32);
  CHECK(sketch.add(1e30f) == Status::ok);
  CHECK(sketch.count_of(decltype(sketch)::bins - 1) == 1);
  CHECK(sketch.quantile(1) == 4);
}

TEST_CASE("every bin ends where the next one begins") {
  using Sketch = QuantileSketch<-2, 3>;
  for (int bin = 0; bin + 1 < Sketch::bins; ++bin) {
    Sketch sketch;
    sketch.add(Sketch::upper_edge(bin));
    sketch.add(std::nextafter(Sketch::upper_edge(bin), 0.0f));
    CHECK(sketch.count_of(bin) == 1);
    CHECK(sketch.count_of(bin + 1) == 1);
  }
}

TEST_CASE("what is no distance is refused and nothing of it counts") {
  QuantileSketch<> sketch;
  CHECK(sketch.quantile(0.5) == 0);
  CHECK(sketch.add(std::numeric_limits<float>::quiet_NaN()) == Status::non_finite);
  CHECK(sketch.add(std::numeric_limits<float>::infinity()) == Status::non_finite);
  CHECK(sketch.add(-1) == Status::out_of_range);
  CHECK(sketch.count() == 0);
  CHECK(sketch.add(-0.0f) == Status::ok);
  CHECK(sketch.quantile(1) < 1);
}

TEST_CASE("counts stay at their largest") {
  QuantileSketch<> sketch, other;
  sketch.add(1, UINT32_MAX - 1);
  sketch.add(1);
  sketch.add(1);
  CHECK(sketch.count() == UINT32_MAX);
  other.add(1, 7);
  sketch.merge(other);
  CHECK(sketch.count() == UINT32_MAX);
  other.add(8, UINT32_MAX);
  sketch.merge(other);
  CHECK(sketch.count() == 2 * std::uint64_t{UINT32_MAX});
  CHECK(sketch.quantile(0.5) < 2);
  CHECK(sketch.quantile(0.51) > 7);
}
