#include "thrum/calibration.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/core/random.hpp"

using thrum::Calibration;
using thrum::Index;
using thrum::Scores;
using thrum::Vector;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

/// 1 ... n in random order.
std::vector<double> shuffled(Index n, std::uint64_t seed) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1.0);
  thrum::Random random(seed);
  thrum::detail::shuffle(values, random);
  return values;
}

/// Least n for which floor((n + 1) / denominator * numerator) is at least one, in integers.
Index least_rows(Index numerator, Index denominator) {
  Index n = 0;
  while ((n + 1) * numerator < denominator) ++n;
  return n;
}

}  // namespace

TEST_CASE("the conformal rank is exact for every fraction and number of rows") {
  for (Index denominator = 2; denominator <= 60; ++denominator)
    for (Index numerator = 1; numerator < denominator; ++numerator) {
      const double rate = static_cast<double>(numerator) / static_cast<double>(denominator);
      const Index needed = least_rows(numerator, denominator);
      REQUIRE(thrum::detail::rows_needed(rate) == static_cast<double>(needed));
      for (const Index n : {needed, needed + 1, needed + 7, Index{997}, Index{59999}}) {
        // ceil((n + 1) (1 - numerator / denominator))
        const Index rank = ((n + 1) * (denominator - numerator) + denominator - 1) / denominator;
        REQUIRE(thrum::detail::conformal_rank("test", "x", n, rate) == rank);
      }
    }
}

TEST_CASE("a conformal threshold is the score of its rank, in float and double, from vector or view") {
  const std::vector<double> scores = shuffled(99, 1);
  const Calibration calibration = thrum::conformal_threshold(scores, 0.05);
  CHECK(calibration.threshold == 95);
  CHECK(calibration.alarms == 4);
  CHECK(calibration.samples == 99);
  CHECK(calibration.asked == 0.05);
  CHECK(calibration.bound == 0.05);
  const Vector<float> single = Eigen::Map<const Vector<double>>(scores.data(), 99).cast<float>();
  CHECK(thrum::conformal_threshold(single, 0.05).threshold == 95);
  CHECK(thrum::conformal_threshold(single.transpose(), 0.05).threshold == 95);
  CHECK(thrum::conformal_threshold(thrum::VectorView<const float>{single.data(), 50, 2}, 0.5).samples == 50);
  CHECK(thrum::conformal_threshold(-single, 0.05).threshold == -5);
}

TEST_CASE("one more exchangeable score is above a conformal threshold as often as the rank says") {
  // All n + 1 choices of the further score out of n + 1 different ones, with and without ties.
  for (const Index n : {1, 2, 3, 9, 19, 40})
    for (const double rate : {0.5, 0.34, 0.25, 0.1, 0.05, 0.025}) {
      if (static_cast<double>(n) < thrum::detail::rows_needed(rate)) continue;
      Index alarms = 0, alarms_with_ties = 0;
      for (Index left_out = 0; left_out <= n; ++left_out) {
        std::vector<double> rest, tied;
        for (Index i = 0; i <= n; ++i) {
          if (i == left_out) continue;
          rest.push_back(static_cast<double>(i));
          tied.push_back(static_cast<double>(i / 3));
        }
        alarms += static_cast<double>(left_out) > thrum::conformal_threshold(rest, rate).threshold;
        alarms_with_ties +=
            static_cast<double>(left_out / 3) > thrum::conformal_threshold(tied, rate).threshold;
      }
      REQUIRE(alarms == thrum::detail::allowed_alarms(n, rate));
      REQUIRE(alarms_with_ties <= alarms);
    }
}

TEST_CASE("a conformal threshold from too few scores says how many it needs") {
  const auto asked = [](Index n, double rate) {
    return refusal([&] { thrum::conformal_threshold(shuffled(n, 2), rate); });
  };
  CHECK_THAT(asked(98, 0.01), contains("scores has 98 rows, expected at least 99"));
  CHECK(asked(99, 0.01) == "accepted");
  CHECK_THAT(asked(0, 0.5), contains("at least 1 "));
  CHECK(asked(1, 0.5) == "accepted");
  CHECK_THAT(asked(10, 1e-300), contains("expected at least 1e+300"));
  for (const double rate : {0.0, 1.0, -0.1, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THAT(asked(10, rate), contains("false_alarm_rate is"));
}

TEST_CASE("infinite scores count as the largest, NaN is refused") {
  std::vector<double> scores = shuffled(19, 3);
  scores[4] = std::numeric_limits<double>::infinity();
  CHECK(thrum::conformal_threshold(scores, 0.1).alarms == 1);
  CHECK_THAT(refusal([&] { thrum::conformal_threshold(scores, 0.05); }), contains("threshold is inf"));
  scores[7] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THAT(refusal([&] { thrum::conformal_threshold(scores, 0.1); }), contains("scores(7) is"));
  scores[7] = -std::numeric_limits<double>::infinity();
  CHECK_THAT(refusal([&] { thrum::conformal_threshold(scores, 0.1); }), contains("scores(7) is"));
}

TEST_CASE("a cross-conformal threshold has the same rank and states what is proven") {
  const std::vector<double> scores = shuffled(99, 4);
  const Calibration cross = thrum::cross_conformal_threshold(scores, 0.05, 3);
  CHECK(cross.threshold == thrum::conformal_threshold(scores, 0.05).threshold);
  // min(2 * 2/3 / 34, (1 - 3/99) / 4)
  CHECK(cross.bound == Approx(0.1 + 2.0 * 2 / 3 / 34).epsilon(1e-12));
  // One row a fold: no excess over twice the rate.
  CHECK(thrum::cross_conformal_threshold(scores, 0.05, 99).bound == 0.1);
  CHECK(thrum::cross_conformal_threshold(scores, 0.9, 5).bound == 1);
  for (const int folds : {1, 0, -3, 100})
    CHECK_THAT(refusal([&] { thrum::cross_conformal_threshold(scores, 0.05, folds); }),
               contains("expected 2 ... 99"));
}

TEST_CASE("a cross-conformal threshold with a refitted model gives about the rate asked for") {
  // The model: the mean of the rows. Score: distance from it. The rate is known from the normal distribution.
  thrum::Random random(5);
  double outside = 0;
  constexpr int rounds = 200, n = 100;
  for (int round = 0; round < rounds; ++round) {
    Vector<double> x(n);
    for (double& value : x) value = random.normal();
    const Vector<int> fold = thrum::random_folds(n, 5, static_cast<std::uint64_t>(round));
    Vector<double> scores(n);
    for (int i = 0; i < n; ++i) {
      const auto others = (fold.array() != fold[i]).cast<double>();
      scores[i] = std::abs(x[i] - (x.array() * others).sum() / others.sum());
    }
    const double threshold = thrum::cross_conformal_threshold(scores, 0.1).threshold;
    for (const double side : {threshold - x.mean(), threshold + x.mean()})
      outside += 0.5 * std::erfc(side / std::sqrt(2.0)) / rounds;
  }
  // One threshold's rate has a standard deviation of 0.03; the mean of 200, of 0.0021.
  CHECK(outside > 0.1 - 0.01);
  CHECK(outside < 0.1 + 0.01);
}

TEST_CASE("a tail probability is the share of scores at least as large, the further one included") {
  const Scores sorted = {1, 2, 2, 4};
  CHECK(thrum::tail_probability(sorted, 0.5) == 1);
  CHECK(thrum::tail_probability(sorted, 2) == 0.8);
  CHECK(thrum::tail_probability(sorted, 3) == 0.4);
  CHECK(thrum::tail_probability(sorted, 9) == 0.2);
  CHECK(thrum::tail_probability(Scores{}, 9) == 1);
}

TEST_CASE("contiguous folds are in order of time and differ by at most one row") {
  for (const Index n : {2, 5, 11, 100, 103})
    for (int count = 2; count <= std::min<Index>(n, 7); ++count) {
      const Vector<int> folds = thrum::contiguous_folds(n, count);
      REQUIRE(std::is_sorted(folds.begin(), folds.end()));
      REQUIRE(folds[n - 1] == count - 1);
      for (int f = 0; f < count; ++f) {
        const Index rows = (folds.array() == f).count();
        REQUIRE((rows == n / count || rows == (n + count - 1) / count));
      }
    }
}

TEST_CASE("random folds differ by at most one row, and are the seed's") {
  const Vector<int> folds = thrum::random_folds(103, 5, 6);
  for (int f = 0; f < 5; ++f) CHECK((folds.array() == f).count() == (f < 3 ? 21 : 20));
  CHECK(folds == thrum::random_folds(103, 5, 6));
  CHECK(folds != thrum::random_folds(103, 5, 7));
  CHECK_FALSE(std::is_sorted(folds.begin(), folds.end()));
}

TEST_CASE("folds of blocks keep every block whole and are even") {
  thrum::Random random(8);
  Vector<int> blocks(400);
  for (int& block : blocks) block = static_cast<int>(random.index(37)) - 10;
  const Vector<int> folds = thrum::block_folds(blocks, 5, 9);
  std::set<std::pair<int, int>> pairs;
  for (Index i = 0; i < 400; ++i) pairs.insert({blocks[i], folds[i]});
  CHECK(pairs.size() == std::set<int>(blocks.begin(), blocks.end()).size());
  for (int f = 0; f < 5; ++f) CHECK(std::abs((folds.array() == f).count() - 80) < 15);
}

TEST_CASE("folds refuse a count without a meaning") {
  CHECK_THAT(refusal([] { thrum::random_folds(4, 5); }), contains("count is 5, expected 2 ... 4"));
  CHECK_THAT(refusal([] { thrum::contiguous_folds(4, 1); }), contains("count is 1"));
  CHECK_THAT(refusal([] { thrum::block_folds({1, 1, 2, 2}, 3); }), contains("the number of blocks"));
}
