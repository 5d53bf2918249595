#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "firmware_under_test.hpp"

using thrum::Index;
using thrum::QuantisedClasses;

namespace {

/// Bits and numbers that are the same everywhere (SplitMix64; firmware has no generator).
struct Numbers {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  Index index(Index count) { return static_cast<Index>(next() % static_cast<std::uint64_t>(count)); }
};

/// A model of d features and k classes with every number at an end of its range, or anywhere within.
template <typename Stored>
struct Extreme {
  using Coordinate = thrum::QuantisedCoordinate<Stored>;
  Extreme(int d, int k, std::uint64_t seed, bool ends) : random{seed} {
    const Index limit = Index{1} << thrum::quantised_bits<Stored>(d);
    for (int f = 0; f < d; ++f) {
      const Index power = ends ? (random.index(2) == 0 ? 126 : -96) : random.index(30) - 1;
      scale.push_back(std::ldexp(1.0f, static_cast<int>(power)));
      const std::int64_t offset = ends ? (random.index(2) == 0 ? 1 : -1) * ((1 << 29) - (1 << 16) - 1)
                                       : random.index(1 << 20) - (1 << 19);
      offsets.push_back(static_cast<std::int32_t>(offset));
      factor.push_back(static_cast<std::int16_t>(ends ? 1 << 14 : 8192 + random.index(8193)));
    }
    centers.assign(static_cast<std::size_t>(thrum::integer_rows_size<Coordinate>(d, k)), Coordinate{0});
    for (Index j = 0; j < k; ++j) {
      std::uint32_t squares = 0;
      for (Index f = 0; f < d; ++f) {
        const Index entry = ends ? random.index(2) * (limit - 1) : random.index(limit);
        centers[static_cast<std::size_t>(j * thrum::integer_row_size(d) + f)] =
            static_cast<Coordinate>(entry);
        squares += static_cast<std::uint32_t>(entry * entry);
      }
      classes.push_back((squares + 1) / 2);
      classes.push_back(static_cast<std::uint32_t>(ends ? 65535 : 1 + random.index(65535)) << 16);
    }
    model.scale = scale.data();
    model.offset = offsets.data();
    model.factor = factor.data();
    model.centers = centers.data();
    model.classes = classes.data();
    model.unit = 1;
    model.features = d;
    model.clusters = k;
    scratch.resize(static_cast<std::size_t>(model.scratch_size()));
  }

  Numbers random;
  std::vector<float> scale, scratch;
  std::vector<std::int32_t> offsets;
  std::vector<std::int16_t> factor;
  std::vector<Coordinate> centers;
  std::vector<std::uint32_t> classes;
  QuantisedClasses<Stored> model{};
};

/// A row of floats: of any bits that are no NaN, and all at the ends for every second one.
std::vector<float> row_of_bits(Numbers& random, int d, bool ends) {
  std::vector<float> row(static_cast<std::size_t>(d));
  for (float& x : row) {
    do {
      x = thrum::from_bits<float>(static_cast<std::uint32_t>(random.next() >> 32));
    } while (!(x == x));
    if (ends)
      x = random.index(2) == 0 ? std::numeric_limits<float>::max() : std::numeric_limits<float>::lowest();
  }
  return row;
}

/// A coordinate by the definition, in 64 bits, where nothing can overflow.
template <typename Stored>
std::int64_t coordinate(const QuantisedClasses<Stored>& model, Index f, float x) {
  const int b = thrum::quantised_bits<Stored>(model.features);
  const double most = 1e12;  // beyond every range
  const double scaled = static_cast<double>(x) * static_cast<double>(model.scale[f]);
  const auto whole = static_cast<std::int64_t>(std::fmax(-most, std::fmin(most, scaled)));
  const std::int64_t product = (whole - model.offset[f]) * model.factor[f];
  const std::int64_t entry = (product >> (30 - b)) + (std::int64_t{1} << (b - 1));
  return std::max<std::int64_t>(0, std::min<std::int64_t>((std::int64_t{1} << b) - 1, entry));
}

/// A coordinate as a floating-point unit makes it: a product, a conversion that saturates, a difference that
/// does.
template <typename Stored>
std::int64_t coordinate_of_product(const QuantisedClasses<Stored>& model, Index f, float x) {
  const auto saturated = [](double value) {
    return static_cast<std::int64_t>(std::fmax(-2147483648.0, std::fmin(2147483647.0, value)));
  };
  const float scaled = x * model.scale[f];
  const std::int64_t whole = saturated(static_cast<double>(scaled));
  const std::int64_t difference = saturated(static_cast<double>(whole - model.offset[f]));
  const std::int64_t sum = (difference * model.factor[f] >> 16) + (1 << 13);
  const std::int64_t entry = std::max<std::int64_t>(0, std::min<std::int64_t>((1 << 14) - 1, sum));
  return entry >> (14 - thrum::quantised_bits<Stored>(model.features));
}

/// Floats at which rounding, saturation or a flag might make a difference, of either sign.
std::vector<float> edges() {
  using Limits = std::numeric_limits<float>;
  std::vector<float> all = {0, Limits::denorm_min(), Limits::max(), Limits::infinity()};
  for (int power = -149; power < 128; ++power) {
    const float x = std::ldexp(1.0f, power);
    all.insert(all.end(), {std::nextafterf(x, 0), x, std::nextafterf(x, Limits::max())});
  }
  const std::size_t count = all.size();
  for (std::size_t i = 0; i < count; ++i) all.push_back(-all[i]);
  return all;
}

template <typename Stored>
void check_against_definition(int d, int k, std::uint64_t seed, bool ends) {
  CAPTURE(sizeof(Stored), d, k, seed, ends);
  Extreme<Stored> extreme(d, k, seed, ends);
  const int room = thrum::free_bits(d, thrum::quantised_bits<Stored>(d));
  for (int repeat = 0; repeat < 8; ++repeat) {
    const std::vector<float> row = row_of_bits(extreme.random, d, repeat % 2 == 1);
    const auto score = thrum::anomaly_score(extreme.model, thrum::contiguous<const float>(row.data(), d),
                                            extreme.scratch.data());
    int cluster = 0;
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (int j = 0; j < k; ++j) {
      std::int64_t row_square = 0;
      for (int f = 0; f < d; ++f) {
        const std::int64_t x = coordinate(extreme.model, f, row[static_cast<std::size_t>(f)]);
        row_square += x * x;
      }
      std::int64_t half = (row_square + 1) / 2 + extreme.classes[2 * static_cast<std::size_t>(j)];
      for (int f = 0; f < d; ++f)
        half -= coordinate(extreme.model, f, row[static_cast<std::size_t>(f)]) *
                extreme.centers[static_cast<std::size_t>(j * thrum::integer_row_size(d) + f)];
      // Sums on the way are modulo 2^32, but the last one is the number itself: that is what the proof says.
      REQUIRE((half >= 0 && half < std::int64_t{1} << (31 - room)));
      const std::uint64_t weighted = (static_cast<std::uint64_t>(half) << room) *
                                         (extreme.classes[2 * static_cast<std::size_t>(j) + 1] >> 16) >>
                                     16;
      if (weighted < least) {
        least = weighted;
        cluster = j;
      }
    }
    REQUIRE(score.cluster == cluster);
    REQUIRE(score.value == std::sqrt(static_cast<float>(static_cast<std::uint32_t>(least))));
  }
}

}  // namespace

TEMPLATE_TEST_CASE("integer scores are what their definition gives in 64 bits, at the ends of every range",
                   "", std::int16_t, std::int8_t) {
  for (const bool ends : {true, false})
    for (const int d : {1, 2, 3, 4, 15, 16, 17, 33, 63, 64, 65, 255, 256, 257, 1024, 4096})
      for (const int k : {1, 3, 4, 9}) check_against_definition<TestType>(d, k, 11, ends);
}

TEMPLATE_TEST_CASE("of equally near quantised classes the lowest is taken", "", std::int16_t, std::int8_t) {
  constexpr int d = 5, k = 9;
  Extreme<TestType> extreme(d, k, 12, false);
  const auto cluster = [&extreme](const std::vector<float>& row) {
    return thrum::anomaly_score(extreme.model, thrum::contiguous<const float>(row.data(), d),
                                extreme.scratch.data())
        .cluster;
  };
  // Classes 3 to 8 are one and the same, and no other is as near to any row.
  for (int j = 3; j < k; ++j) {
    std::copy_n(extreme.centers.begin() + 3 * thrum::integer_row_size(d), d,
                extreme.centers.begin() + j * thrum::integer_row_size(d));
    extreme.classes[2 * static_cast<std::size_t>(j)] = extreme.classes[6];
    extreme.classes[2 * static_cast<std::size_t>(j) + 1] = 1u << 16;
  }
  for (int j = 0; j < 3; ++j) extreme.classes[2 * static_cast<std::size_t>(j) + 1] = 65535u << 16;
  for (int repeat = 0; repeat < 50; ++repeat)
    CHECK(cluster(row_of_bits(extreme.random, d, repeat % 2 == 1)) == 3);
  extreme.classes[2 * 3 + 1] = 65535u << 16;
  CHECK(cluster(row_of_bits(extreme.random, d, true)) == 4);
}

TEST_CASE("the widest distance that integers can have is below two to the thirty-second and nearly that") {
  // All coordinates at one end, all of a centre at the other.
  for (const int d : {16, 64, 256, 1024, 4096}) {
    const int b = thrum::quantised_bits<std::int16_t>(d);
    const std::uint64_t widest = (std::uint64_t{1} << b) - 1;
    CHECK(static_cast<std::uint64_t>(d) * widest * widest < std::uint64_t{1} << 32);
    CHECK(static_cast<std::uint64_t>(d) * (widest + 1) * (widest + 1) == std::uint64_t{1} << 32);
    // One bit more would overflow.
    CHECK(static_cast<std::uint64_t>(d) * (2 * widest + 1) * (2 * widest + 1) > std::uint64_t{1} << 32);
  }
}

TEST_CASE("an integer of a float is its value towards zero, of any bits") {
  Numbers random{3};
  for (int i = 0; i < 100000; ++i) {
    const float x = thrum::from_bits<float>(static_cast<std::uint32_t>(random.next() >> 32));
    const float scale = std::ldexp(1.0f, static_cast<int>(random.index(223)) - 96);
    if (!(x == x)) continue;
    const double scaled = std::trunc(static_cast<double>(x) * static_cast<double>(scale));
    const std::int32_t integer = thrum::detail::scaled_integer(thrum::bits_of(x), thrum::bits_of(scale));
    if (std::abs(scaled) < 1 << 30) {
      REQUIRE(integer == static_cast<std::int32_t>(scaled));
    } else {
      REQUIRE((integer < 0) == (scaled < 0));
      REQUIRE((std::abs(integer) >= 1 << 29 && std::abs(integer) < 1 << 30));
    }
  }
}

TEMPLATE_TEST_CASE("a coordinate is its definition by bits and by a product at every edge", "", std::int16_t,
                   std::int8_t) {
  for (const bool ends : {true, false}) {
    const Extreme<TestType> extreme(33, 1, 13, ends);
    for (const float x : edges())
      for (Index f = 0; f < 33; ++f) {
        CAPTURE(x, f, ends);
        const std::int64_t expected = coordinate(extreme.model, f, x);
        REQUIRE(thrum::detail::quantised(extreme.model, f, x) == expected);
        REQUIRE(coordinate_of_product(extreme.model, f, x) == expected);
      }
  }
}

TEMPLATE_TEST_CASE("a coordinate is its definition for every difference from the offset", "", std::int16_t,
                   std::int8_t) {
  Extreme<TestType> extreme(16, 1, 15, false);
  int wrong = 0;
  for (Index f = 0; f < 16; ++f) {
    const auto i = static_cast<std::size_t>(f);
    extreme.scale[i] = 1;
    extreme.factor[i] = static_cast<std::int16_t>(extreme.factor[i] | 1);  // products end on all there is
    for (int difference = -66000; difference < 66000; ++difference) {
      const auto x = static_cast<float>(extreme.offsets[i] + difference);  // exact: below 2^24
      const std::int64_t expected = coordinate(extreme.model, f, x);
      wrong += thrum::detail::quantised(extreme.model, f, x) != expected;
      wrong += coordinate_of_product(extreme.model, f, x) != expected;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("of sizes that the type knows coordinates are the same") {
  Extreme<std::int16_t> extreme(33, 5, 14, false);
  thrum::QuantisedClasses<std::int16_t, 33, 5> known;
  known.scale = extreme.model.scale;
  known.offset = extreme.model.offset;
  known.factor = extreme.model.factor;
  known.centers = extreme.model.centers;
  known.classes = extreme.model.classes;
  known.unit = 1;
  for (int repeat = 0; repeat < 50; ++repeat) {
    const std::vector<float> row = row_of_bits(extreme.random, 33, repeat % 2 == 1);
    const auto x = thrum::contiguous<const float>(row.data(), 33);
    const auto expected = thrum::anomaly_score(extreme.model, x, extreme.scratch.data());
    const auto score = thrum::anomaly_score(known, x, extreme.scratch.data());
    REQUIRE(
        (score.cluster == expected.cluster && thrum::bits_of(score.value) == thrum::bits_of(expected.value)));
  }
}

TEST_CASE("products of 32 bits alone weigh a distance as one of 64 bits does") {
  Numbers random{4};
  for (int i = 0; i < 100000; ++i) {
    const auto distance = static_cast<std::uint32_t>(random.next() >> (32 + random.index(32)));
    const auto weight = static_cast<std::uint32_t>(1 + random.index(65535)) << 16;
    REQUIRE(thrum::detail::weighted_by_halves(distance, weight) ==
            static_cast<std::uint32_t>(std::uint64_t{distance} * weight >> 32));
  }
  CHECK(thrum::detail::weighted_by_halves(UINT32_MAX, 0xffff0000u) == 0xfffeffffu);
}
