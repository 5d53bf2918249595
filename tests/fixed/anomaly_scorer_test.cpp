#include "firmware_under_test.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"

using thrum::contiguous;
using thrum::row_major;
using thrum::Score;
using thrum::Status;

namespace {

/// Class 0 at (0, 0) with radius 1, class 1 at (10, 0) with radius 4; scores are halved by the threshold.
template <typename Scalar>
struct TwoClasses {
  Scalar centers[4] = {0, 0, 10, 0};
  Scalar radii[2] = {1, 4};
  thrum::fixed::AnomalyScorer<Scalar, 3, 3> scorer;
  Status used =
      scorer.use(row_major<const Scalar>(centers, 2, 2), contiguous<const Scalar>(radii, 2), Scalar(2));
};

}  // namespace

TEMPLATE_TEST_CASE("a fixed scorer at zero start is not fitted and has no class", "", float, double) {
  static const thrum::fixed::AnomalyScorer<TestType, 2, 2> scorer{};
  const TestType x[2] = {1, 2};
  TestType shares[2] = {7, 7};
  const Score<TestType> score = scorer.score(contiguous(x, 2));
  CHECK(score.status == Status::not_fitted);
  CHECK(score.cluster == -1);
  CHECK(score.value == 0);
  CHECK(scorer.shares(contiguous(x, 2), contiguous(shares, 2)) == Status::not_fitted);
  CHECK(shares[0] == 7);
}

TEMPLATE_TEST_CASE("a fixed scorer gives hand-computed scores, and a class that need not be the nearest", "",
                   float, double) {
  const TwoClasses<TestType> two;
  REQUIRE(two.used == Status::ok);
  const struct {
    TestType x[2];
    TestType score;
    int cluster;
  } rows[] = {{{0, 0}, 0, 0},
              {{3, 4}, TestType(1.0077822185373186), 1},  // 5 radii from class 0, sqrt(65) / 4 from class 1
              {{TestType(4.5), 0}, TestType(0.6875), 1},  // nearer to class 0
              {{10, 8}, 1, 1},
              {{0, -2}, 1, 0},
              {{2, 0}, 1, 0}};  // 2 radii from either: the lowest
  for (const auto& row : rows) {
    const Score<TestType> score = two.scorer.score(contiguous(row.x, 2));
    CHECK(score.status == Status::ok);
    CHECK(static_cast<double>(score.value) ==
          Approx(static_cast<double>(row.score))
              .epsilon(2 * static_cast<double>(std::numeric_limits<TestType>::epsilon()))
              .margin(0));
    CHECK(score.cluster == row.cluster);
  }
  TestType shares[2] = {};
  REQUIRE(two.scorer.shares(contiguous(rows[1].x, 2), contiguous(shares, 2)) == Status::ok);
  CHECK(shares[0] == 49);
  CHECK(shares[1] == 16);
}

TEMPLATE_TEST_CASE("a fixed scorer refuses what it can't use and stays as it was", "", float, double) {
  TwoClasses<TestType> two;
  auto& scorer = two.scorer;
  const TestType many[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const TestType one = 1;
  CHECK(scorer.use(row_major(many, 4, 2), contiguous(many, 4), one) == Status::wrong_size);
  CHECK(scorer.use(row_major(many, 2, 4), contiguous(many, 2), one) == Status::wrong_size);
  CHECK(scorer.use(row_major(many, 2, 2), contiguous(many, 3), one) == Status::wrong_size);
  CHECK(scorer.use(row_major(many, 0, 2), contiguous(many, 0), one) == Status::wrong_size);
  CHECK(scorer.use(row_major(many, 2, 0), contiguous(many, 2), one) == Status::wrong_size);
  const TestType infinity = std::numeric_limits<TestType>::infinity();
  for (const TestType bad : {std::numeric_limits<TestType>::quiet_NaN(), infinity, -infinity}) {
    const TestType wrong[2] = {1, bad};
    TestType shares[2] = {7, 7};
    CHECK(scorer.use(row_major(wrong, 1, 2), contiguous(many, 1), one) == Status::non_finite);
    CHECK(scorer.use(row_major(many, 2, 2), contiguous(wrong, 2), one) == Status::non_finite);
    CHECK(scorer.use(row_major(many, 2, 2), contiguous(many, 2), bad) == Status::non_finite);
    const Score<TestType> score = scorer.score(contiguous(wrong, 2));
    CHECK(score.status == Status::non_finite);
    CHECK(score.cluster == -1);
    CHECK(scorer.shares(contiguous(wrong, 2), contiguous(shares, 2)) == Status::non_finite);
    CHECK(shares[0] == 7);
  }
  // With a radius whose square overflows, or whose inverse square does, all would score 0 or infinity.
  const TestType smallest = std::numeric_limits<TestType>::min(),
                 largest = std::numeric_limits<TestType>::max();
  for (const TestType bad :
       {TestType(0), -TestType(0), TestType(-1), smallest, largest, std::sqrt(largest) * 2}) {
    const TestType radii[2] = {1, bad};
    CHECK(scorer.use(row_major(many, 2, 2), contiguous(radii, 2), one) == Status::out_of_range);
  }
  for (const TestType bad : {TestType(0), TestType(-1)})
    CHECK(scorer.use(row_major(many, 2, 2), contiguous(many, 2), bad) == Status::out_of_range);
  const TestType x[3] = {10, 8, 0};
  CHECK(scorer.score(contiguous(x, 3)).status == Status::wrong_size);
  CHECK(scorer.score(contiguous(x, 1)).status == Status::wrong_size);
  TestType shares[3] = {};
  CHECK(scorer.shares(contiguous(x, 2), contiguous(shares, 3)) == Status::wrong_size);
  CHECK(scorer.score(contiguous(x, 2)).value == 1);
}

TEMPLATE_TEST_CASE("a fixed scorer says overflow for a finite sample off every scale", "", float, double) {
  const TwoClasses<TestType> two;
  const TestType far[2] = {std::numeric_limits<TestType>::max(), 0};
  const Score<TestType> score = two.scorer.score(contiguous(far, 2));
  CHECK(score.status == Status::overflow);
  CHECK(score.value == std::numeric_limits<TestType>::infinity());
  TestType shares[2] = {};
  CHECK(two.scorer.shares(contiguous(far, 2), contiguous(shares, 2)) == Status::overflow);
  CHECK(shares[0] == std::numeric_limits<TestType>::infinity());
  CHECK(shares[1] == 0);
}

TEMPLATE_TEST_CASE("fixed scorers take minus zero and subnormals, and two are independent", "", float,
                   double) {
  const TestType center[1] = {0}, radius[1] = {2};
  thrum::fixed::AnomalyScorer<TestType, 1, 1> one, other;
  REQUIRE(one.use(row_major(center, 1, 1), contiguous(radius, 1), TestType(1)) == Status::ok);
  CHECK(other.score(contiguous(center, 1)).status == Status::not_fitted);
  REQUIRE(other.use(row_major(radius, 1, 1), contiguous(radius, 1), TestType(1)) == Status::ok);
  for (const TestType value : {-TestType(0), std::numeric_limits<TestType>::denorm_min()}) {
    const TestType x[1] = {value};
    CHECK(one.score(contiguous(x, 1)).value == 0);
    CHECK(one.score(contiguous(x, 1)).status == Status::ok);
    CHECK(other.score(contiguous(x, 1)).value == 1);
  }
}
