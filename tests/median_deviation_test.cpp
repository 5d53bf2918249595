#include "thrum/features/median_deviation.hpp"

#include "catch.hpp"
#include "thrum/core/random.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

using thrum::Index;
using thrum::VectorView;

namespace {

std::uint32_t bits(float x) {
  std::uint32_t result;
  std::memcpy(&result, &x, sizeof(result));
  return result;
}

VectorView<const float> view(const std::vector<float>& x) {
  return {x.data(), static_cast<Index>(x.size()), 1};
}

/// Subtracts the mean and divides by the peak, as features do.
void normalise(std::vector<float>& x) {
  float mean = 0;
  for (const float value : x) mean += value / static_cast<float>(x.size());
  float peak = 0;
  for (float& value : x) peak = std::max(peak, std::abs(value -= mean));
  for (float& value : x) value = std::max(-1.0f, std::min(1.0f, value * (peak > 0 ? 1.0f / peak : 0.0f)));
}

/// Signals that are hard to find the middle of, each for another reason.
constexpr int signal_kinds = 12;
float sample(thrum::Random& random, int kind, Index i) {
  const float noise = static_cast<float>(random.normal());
  switch (kind) {
    case 0: return noise;
    case 1: return std::round(1000.0f * noise);
    case 2: return std::round(2.0f * noise);  // few steps of the converter
    case 3: return static_cast<float>(random.index(2));
    case 4: return i % 2 == 0 ? 12345.0f : -12345.0f;  // the middle lies between two values that all share
    case 5: return i % 97 == 5 ? 30000.0f : std::round(3.0f * noise);  // impacts, a thousand times as high
    case 6: return i % 97 == 5 ? 30000.0f : noise;
    case 7: return noise * noise * noise * noise * noise;
    case 8: return static_cast<float>(i % 512 * 64 - 16384);
    case 9: return static_cast<float>(i % 32);
    case 10: return i == 3 ? 1.0f : 0.0f;
    default: return std::ldexp(noise, static_cast<int>(random.index(60)) - 60);
  }
}

}  // namespace

TEST_CASE("the deviation of a normalised signal is the general one to the last bit") {
  thrum::Random random(7);
  int rounds = 0;
  for (const Index size : {1, 2, 3, 7, 8, 63, 64, 135, 136, 137, 200, 1000, 1023, 1024, 4096}) {
    for (int kind = 0; kind < signal_kinds; ++kind) {
      for (int repeat = 0; repeat < 8; ++repeat) {
        std::vector<float> x(static_cast<std::size_t>(size));
        for (Index i = 0; i < size; ++i) x[static_cast<std::size_t>(i)] = sample(random, kind, i);
        normalise(x);
        const float expected = thrum::median_absolute_deviation(view(x));
        INFO("size " << size << ", kind " << kind << ", repeat " << repeat);
        REQUIRE(bits(thrum::normalised_median_deviation(view(x))) == bits(expected));
        ++rounds;
      }
    }
  }
  CHECK(rounds == 15 * signal_kinds * 8);
}

TEST_CASE("the deviation of a normalised signal survives more values than its counts hold") {
  thrum::Random random(8);
  for (int kind = 0; kind < signal_kinds; ++kind) {
    std::vector<float> x(65536);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = sample(random, kind, static_cast<Index>(i));
    normalise(x);
    INFO("kind " << kind);
    CHECK(bits(thrum::normalised_median_deviation(view(x))) ==
          bits(thrum::median_absolute_deviation(view(x))));
  }
  const std::vector<float> equal(65536, 0.25f);
  CHECK(thrum::normalised_median_deviation(view(equal)) == 0.0f);
}

TEST_CASE("the deviation of a normalised signal does not depend on the order of its values") {
  thrum::Random random(9);
  std::vector<float> x(1024);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = sample(random, static_cast<int>(i % 4), static_cast<Index>(i));
  normalise(x);
  const float before = thrum::normalised_median_deviation(view(x));
  std::sort(x.begin(), x.end());
  CHECK(bits(thrum::normalised_median_deviation(view(x))) == bits(before));
  std::reverse(x.begin(), x.end());
  CHECK(bits(thrum::normalised_median_deviation(view(x))) == bits(before));
}

TEST_CASE("a key is moved to its rank among any others") {
  thrum::Random random(10);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::int32_t> key(static_cast<std::size_t>(1 + random.index(40)));
    const Index kinds = 1 + random.index(50);
    for (std::int32_t& value : key) value = static_cast<std::int32_t>(random.index(kinds)) - 20;
    std::vector<std::int32_t> sorted = key;
    std::sort(sorted.begin(), sorted.end());
    const Index count = static_cast<Index>(key.size());
    const Index rank = random.index(count);
    thrum::detail::move_to_rank(key.data(), count, rank);
    const auto wanted = key.begin() + rank;
    REQUIRE(*wanted == sorted[static_cast<std::size_t>(rank)]);
    REQUIRE(std::all_of(key.begin(), wanted, [&](std::int32_t value) { return value <= *wanted; }));
    REQUIRE(std::all_of(wanted, key.end(), [&](std::int32_t value) { return value >= *wanted; }));
  }
}
