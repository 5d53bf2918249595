#include "thrum/core/random.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

#include "catch.hpp"

using thrum::Index;
using thrum::Random;

namespace {

/// Sum over the cells of (count - expected)^2 / expected.
double chi_square(const std::vector<double>& counts, const std::vector<double>& expected) {
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i)
    sum += (counts[i] - expected[i]) * (counts[i] - expected[i]) / expected[i];
  return sum;
}

/// Bound for chi-square of `cells` cells: mean plus five standard deviations, which a good generator exceeds
/// less than once in ten thousand seeds; the seeds here are fixed.
double chi_square_bound(std::size_t cells) {
  const double freedom = static_cast<double>(cells - 1);
  return freedom + 5 * std::sqrt(2 * freedom);
}

std::vector<double> drawn_by_weight(const std::vector<double>& weights, int draws) {
  Random random(11);
  double total = 0;
  for (const double weight : weights) total += weight;
  std::vector<double> counts(weights.size(), 0.0);
  for (int i = 0; i < draws; ++i) {
    const Index drawn = random.weighted_index(static_cast<Index>(weights.size()), total, [&](Index position) {
      return weights[static_cast<std::size_t>(position)];
    });
    counts.at(static_cast<std::size_t>(drawn)) += 1;
  }
  return counts;
}

}  // namespace

TEST_CASE("the random bits are those of SplitMix64") {
  Random random(1234567);
  CHECK(random.bits() == 6457827717110365317u);
  CHECK(random.bits() == 3203168211198807973u);
  CHECK(random.bits() == 9817491932198370423u);
  CHECK(random.bits() == 4593380528125082431u);
  CHECK(random.bits() == 16408922859458223821u);
}

TEST_CASE("the same seed gives the same numbers, a copy goes on alike, another seed differs") {
  Random first(7), second(7), other(8);
  CHECK(first.bits() == second.bits());
  Random copy = first;
  CHECK(copy.normal() == first.normal());
  CHECK(other.bits() != second.bits());
}

TEST_CASE("uniform numbers are multiples of 2^-53 from 0 to below 1, spread evenly") {
  Random random(3);
  std::vector<double> counts(64, 0.0);
  for (int i = 0; i < 64000; ++i) {
    const double x = random.uniform();
    REQUIRE(x >= 0.0);
    REQUIRE(x < 1.0);
    REQUIRE(x * 9007199254740992.0 == std::floor(x * 9007199254740992.0));
    counts[static_cast<std::size_t>(x * 64)] += 1;
  }
  CHECK(chi_square(counts, std::vector<double>(64, 1000.0)) < chi_square_bound(64));
}

TEST_CASE("positions are drawn evenly and within their range") {
  Random random(4);
  CHECK(random.index(1) == 0);
  std::vector<double> counts(7, 0.0);
  for (int i = 0; i < 70000; ++i) counts.at(static_cast<std::size_t>(random.index(7))) += 1;
  CHECK(chi_square(counts, std::vector<double>(7, 10000.0)) < chi_square_bound(7));
  // Three quarters of the whole range: a plain remainder would favour the low third two to one.
  const Index huge = (Index{1} << 62) + (Index{1} << 61);
  int low = 0;
  for (int i = 0; i < 30000; ++i) low += random.index(huge) < huge / 2 ? 1 : 0;
  CHECK(std::abs(low - 15000) < 5 * std::sqrt(30000 * 0.25));
}

TEST_CASE("normal numbers are those of the polar method") {
  // From tests/oracle/algorithms.py with the C library's logarithm: a few units in the last place apart.
  const double expected[] = {-0.48024295503152287, 0.21006674945905973, 0.9421149164695647,
                             0.6368107141368122, -0.2517802528982963};
  Random random(1234567);
  for (const double value : expected) CHECK(std::fabs(random.normal() - value) <= 1e-15);
}

TEST_CASE("normal numbers have the moments of the normal distribution") {
  const int count = 200000;
  Random random(5);
  double sums[5] = {};
  int beyond = 0;
  for (int i = 0; i < count; ++i) {
    const double x = random.normal();
    double power = 1;
    for (double& sum : sums) sum += power, power *= x;
    beyond += std::fabs(x) > 1.959963984540054 ? 1 : 0;
  }
  const auto near = [](double value, double expected, double variance) {
    return std::fabs(value - expected) < 5 * std::sqrt(variance / count);
  };
  // The variance of the k-th power of a standard normal is (2k - 1)!! less the square of its mean.
  CHECK(near(sums[1] / count, 0, 1));
  CHECK(near(sums[2] / count, 1, 2));
  CHECK(near(sums[3] / count, 0, 15));
  CHECK(near(sums[4] / count, 3, 96));
  CHECK(near(static_cast<double>(beyond) / count, 0.05, 0.05 * 0.95));
}

TEST_CASE("positions are drawn by weight, and those of weight 0 never") {
  const std::vector<double> counts = drawn_by_weight({0, 1, 0, 0, 3, 6, 0}, 100000);
  CHECK(counts[0] + counts[2] + counts[3] + counts[6] == 0);
  CHECK(chi_square({counts[1], counts[4], counts[5]}, {10000, 30000, 60000}) < chi_square_bound(3));
}

TEST_CASE("a single weight is always drawn, wherever it stands and however small it is") {
  for (std::size_t position = 0; position < 5; ++position) {
    std::vector<double> weights(5, 0.0);
    weights[position] = 4.9e-324;
    CHECK(drawn_by_weight(weights, 100)[position] == 100);
  }
}

TEST_CASE("a total that is too large by rounding still draws a position of positive weight") {
  Random random(6);
  for (int i = 0; i < 1000; ++i) {
    const Index drawn =
        random.weighted_index(4, 100.0, [](Index position) { return position == 1 ? 1.0f : 0.0f; });
    REQUIRE(drawn == 1);
  }
}

TEST_CASE("the check of frequencies would see a die that is one part in ten off") {
  const std::vector<double> counts{11000, 9800, 9800, 9800, 9800, 9800};
  CHECK(chi_square(counts, std::vector<double>(6, 10000.0)) > chi_square_bound(6));
}
