#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "firmware_under_test.hpp"

using thrum::Index;
using thrum::MatrixView;
using thrum::row_major;
using thrum::Status;
using thrum::StopReason;

namespace {

constexpr int features = 3, samples = 90, clusters = 3;

template <typename Scalar>
using Model = thrum::fixed::KMeans<Scalar, 4, 6>;
template <typename Scalar>
using Fit = thrum::fixed::KMeansFit<Scalar, 4, 6, 128>;

/// Three clouds, far apart; row i is of cloud i % 3.
template <typename Scalar>
std::vector<Scalar> clouds() {
  thrum::Random random(3);
  std::vector<Scalar> x;
  for (int i = 0; i < samples; ++i)
    for (int f = 0; f < features; ++f)
      x.push_back(static_cast<Scalar>(random.normal() + 20 * (i % 3 == f ? 1 : 0)));
  return x;
}

template <typename Scalar>
MatrixView<const Scalar> rows_of(const std::vector<Scalar>& x, Index cols = features) {
  return row_major(x.data(), static_cast<Index>(x.size()) / cols, cols);
}

template <typename Scalar>
bool same_centers(const Model<Scalar>& a, const Model<Scalar>& b) {
  if (a.clusters() != b.clusters() || a.features() != b.features()) return false;
  for (int j = 0; j < a.clusters(); ++j)
    for (int f = 0; f < a.features(); ++f) {
      const Scalar of_a = a.centers()(j, f), of_b = b.centers()(j, f);
      if (std::memcmp(&of_a, &of_b, sizeof(Scalar)) != 0) return false;
    }
  return true;
}

/// Distances as greedy k-means++ asks for them, all samples at once.
struct PlainSpace {
  MatrixView<const float> x;
  std::vector<float> closest;
  std::vector<Index> candidates;

  float left_by(Index center, Index i) const {
    return (std::min)(closest[thrum::array_size(i)], thrum::squared_distance(x.row(i), x.row(center)));
  }
  Index draw(thrum::Random& random) const {
    const auto share = [this](Index i) { return closest[thrum::array_size(i)]; };
    if (!std::isfinite(closest[0]))
      return static_cast<Index>(random.below(static_cast<std::uint32_t>(x.rows)));
    return random.weighted_index(x.rows, thrum::ordered_sum<float>(x.rows, share), share);
  }
  void evaluate(const Index* rows, Index count) { candidates.assign(rows, rows + count); }
  float potential(Index number) const {
    const Index center = candidates[thrum::array_size(number)];
    return thrum::ordered_sum<float>(x.rows, [&](Index i) { return left_by(center, i); });
  }
  void accept(Index number) {
    const Index center = candidates[thrum::array_size(number)];
    for (Index i = 0; i < x.rows; ++i) closest[thrum::array_size(i)] = left_by(center, i);
  }
};

}  // namespace

TEST_CASE("first centres that are found a sample at a time are those found at once") {
  constexpr Index n = 700;  // sums go by chunks of 256
  constexpr float infinite = std::numeric_limits<float>::infinity();
  static thrum::fixed::KMeansFit<float, 4, 30, 700, float> fit;
  thrum::Random random(8);
  std::vector<float> x;
  for (Index i = 0; i < n * features; ++i) x.push_back(static_cast<float>(std::exp(random.normal())));
  for (const int k : {1, 2, 3, 30}) {
    PlainSpace space{rows_of(x), std::vector<float>(n, infinite), {}};
    thrum::Random draws(5);
    std::vector<Index> candidates(thrum::array_size(thrum::seeding_trials(k)));
    std::vector<float> first;
    thrum::seed_plus_plus(space, draws, k, candidates.data(), [&](Index, Index row) {
      for (Index f = 0; f < features; ++f) first.push_back(rows_of(x)(row, f));
    });
    thrum::fixed::KMeansOptions options;
    options.clusters = k;
    options.seed = 5;
    thrum::fixed::KMeans<float, 4, 30> from_first, model;
    REQUIRE(fit.fit_from(rows_of(first), rows_of(x), options, from_first) == Status::ok);
    const int iterations = fit.report().iterations;
    REQUIRE(fit.fit(rows_of(x), options, model) == Status::ok);
    CHECK(fit.report().iterations == iterations);
    for (Index j = 0; j < k; ++j)
      for (Index f = 0; f < features; ++f) CHECK(model.centers()(j, f) == from_first.centers()(j, f));
  }
}

TEMPLATE_TEST_CASE("a fixed k-means learns clouds that are far apart, each centre their mean", "", float,
                   double) {
  const std::vector<TestType> x = clouds<TestType>();
  Model<TestType> model;
  Fit<TestType> fit;
  thrum::fixed::KMeansOptions options;
  options.clusters = clusters;
  REQUIRE(fit.fit(rows_of(x), options, model) == Status::ok);
  CHECK(fit.report().stop == StopReason::centers_settled);
  CHECK(fit.report().converged());
  CHECK(fit.report().empty_clusters == 0);
  double inertia = 0;
  for (int cloud = 0; cloud < 3; ++cloud) {
    const int label = fit.labels()[cloud];
    for (int f = 0; f < features; ++f) {
      double sum = 0;
      for (int i = cloud; i < samples; i += 3)
        sum += static_cast<double>(x[static_cast<std::size_t>(i * features + f)]);
      // The sum here rounds 30 times, to the precision of a double, the centre once, to its own.
      const double mean = sum / (samples / 3);
      const double rounding = static_cast<double>(std::numeric_limits<TestType>::epsilon()) * std::abs(mean);
      CHECK(std::abs(static_cast<double>(model.centers()(label, f)) - mean) <= rounding + 30 * 25 * 1.2e-16);
    }
    for (int i = cloud; i < samples; i += 3) {
      CHECK(fit.labels()[i] == label);
      int predicted = -1;
      CHECK(model.predict(rows_of(x).row(i), predicted) == Status::ok);
      CHECK(predicted == label);
      for (int f = 0; f < features; ++f)
        inertia += std::pow(
            static_cast<double>(rows_of(x)(i, f)) - static_cast<double>(model.centers()(label, f)), 2);
    }
  }
  CHECK(std::abs(fit.report().inertia - inertia) <= 1e-5 * inertia);
}

TEMPLATE_TEST_CASE("k-means in pieces of any size finds what it finds at once", "", float, double) {
  const std::vector<TestType> x = clouds<TestType>();
  thrum::fixed::KMeansOptions options;
  options.clusters = 5;
  options.seed = 9;
  Model<TestType> at_once;
  static Fit<TestType> fit, pieces;
  REQUIRE(fit.fit(rows_of(x), options, at_once) == Status::ok);
  for (const Index budget : {1, 7, 90, 1000}) {
    Model<TestType> model;
    REQUIRE(pieces.start_fit(rows_of(x), options) == Status::ok);
    CHECK(pieces.status() == Status::not_fitted);
    int steps = 1;
    while (!pieces.fit_step(rows_of(x), budget, model)) ++steps;
    CHECK(same_centers(model, at_once));
    CHECK(pieces.report().iterations == fit.report().iterations);
    CHECK(steps > (budget < 100 ? 5 : 0));
    CHECK(pieces.fit_step(rows_of(x), budget, model));  // done stays done
    CHECK(pieces.status() == Status::ok);
    if (budget > 1) continue;
    // A step is a sample that is checked, tried, accepted or assigned, or a centre that moves.
    const int k = options.clusters, iterations = pieces.report().iterations;
    CHECK(steps == samples * (1 + k + (k - 1) + iterations + 1) + iterations * k);
  }
}

TEST_CASE("k-means stops by each of its rules and says which") {
  const std::vector<float> x = clouds<float>();
  static Fit<float> fit;
  Model<float> model;
  thrum::fixed::KMeansOptions options;
  options.clusters = 6;
  options.max_iterations = 1;
  REQUIRE(fit.fit(rows_of(x), options, model) == Status::ok);
  CHECK(fit.report().stop == StopReason::iteration_limit);
  CHECK(fit.report().iterations == 1);
  options.max_iterations = 300;
  REQUIRE(fit.fit(rows_of(x), options, model) == Status::ok);
  CHECK(fit.report().stop == StopReason::centers_settled);
  CHECK(fit.report().iterations > 1);
}

TEST_CASE("clusters without samples get the farthest one, or stay empty where rows are too few") {
  const std::vector<float> x{0, 0, 0, 10, 10, 11};
  const float first[3] = {0, 10, 1000};
  static Fit<float> fit;
  Model<float> model;
  REQUIRE(fit.fit_from(row_major(first, 3, 1), rows_of(x, 1), {}, model) == Status::ok);
  CHECK(fit.report().refilled_clusters == 1);
  CHECK(fit.report().inertia == 0);
  CHECK(model.centers()(2, 0) == 11);

  const std::vector<float> same{5, 5, 5, 5};
  thrum::fixed::KMeansOptions options;
  options.clusters = 3;
  REQUIRE(fit.fit(rows_of(same, 1), options, model) == Status::ok);
  CHECK(fit.report().empty_clusters == 2);
  CHECK(model.centers()(0, 0) == 5);
}

TEST_CASE("what k-means cannot learn from is refused and the model stays") {
  std::vector<float> x = clouds<float>();
  static Fit<float> fit;
  Model<float> model;
  thrum::fixed::KMeansOptions options;
  options.clusters = 2;
  REQUIRE(fit.fit(rows_of(x), options, model) == Status::ok);
  const Model<float> before = model;
  options.clusters = 7;
  CHECK(fit.fit(rows_of(x), options, model) == Status::wrong_size);
  options.clusters = 0;
  CHECK(fit.fit(rows_of(x), options, model) == Status::wrong_size);
  options.clusters = 2;
  CHECK(fit.fit(rows_of(x, 5), options, model) == Status::wrong_size);
  CHECK(fit.fit(row_major(x.data(), 1, 3), options, model) == Status::wrong_size);
  CHECK(fit.fit(row_major(x.data(), 129, 2), options, model) == Status::wrong_size);
  options.max_iterations = 0;
  CHECK(fit.fit(rows_of(x), options, model) == Status::out_of_range);
  options.max_iterations = 10;
  x[17] = std::numeric_limits<float>::quiet_NaN();
  CHECK(fit.fit(rows_of(x), options, model) == Status::non_finite);
  REQUIRE(fit.start_fit(rows_of(x), options) == Status::ok);
  CHECK_FALSE(fit.fit_step(rows_of(x), 5, model));
  CHECK(fit.fit_step(rows_of(x), 1, model));  // its sixth sample is the bad one
  CHECK(fit.status() == Status::non_finite);
  x[17] = 1e19f;
  CHECK(fit.fit(rows_of(x), options, model) == Status::overflow);
  const float given[2] = {1, std::numeric_limits<float>::infinity()};
  CHECK(fit.fit_from(row_major(given, 1, 2), rows_of(x), options, model) == Status::wrong_size);
  CHECK(fit.fit_from(row_major(given, 2, 1), row_major(x.data(), 10, 1), options, model) ==
        Status::non_finite);
  CHECK(same_centers(model, before));
}

TEST_CASE("further samples move the nearest centre to the mean of all it has been given") {
  const std::vector<float> x{0, 2, 100, 102};
  static Fit<float> fit;
  Model<float> model;
  const float first[2] = {0, 100};
  REQUIRE(fit.fit_from(row_major(first, 2, 1), rows_of(x, 1), {}, model) == Status::ok);
  const float more = 7, not_a_number = std::numeric_limits<float>::quiet_NaN();
  CHECK(model.partial_fit(thrum::contiguous(&more, 1)) == Status::ok);
  CHECK(model.centers()(0, 0) == 3);
  CHECK(model.centers()(1, 0) == 101);
  CHECK(model.partial_fit(thrum::contiguous(&not_a_number, 1)) == Status::non_finite);
  CHECK(model.centers()(0, 0) == 3);

  REQUIRE(model.use(row_major(first, 2, 1)) == Status::ok);
  CHECK(model.partial_fit(thrum::contiguous(&more, 1)) == Status::ok);
  CHECK(model.centers()(0, 0) == 3.5f);
  Model<float> none;
  CHECK(none.partial_fit(thrum::contiguous(&more, 1)) == Status::not_fitted);
}

TEST_CASE("learning begins all zero") {
  static Fit<float> fit;
  static const unsigned char zero[sizeof(fit)] = {};
  CHECK(std::memcmp(static_cast<const void*>(&fit), zero, sizeof(fit)) == 0);
}
