#include "thrum/tail_threshold.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/core/random.hpp"

using thrum::Index;
using thrum::TailFit;
using thrum::TailOptions;
using thrum::Vector;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

/// The score that a generalised Pareto distribution of scale 1 exceeds with probability p; shape -1 is
/// uniform, 0 exponential.
double pareto(double shape, double p) {
  return shape == 0 ? -std::log(p) : (std::pow(p, -shape) - 1) / shape;
}

Vector<double> pareto_scores(thrum::Random& random, double shape, Index n) {
  Vector<double> scores(n);
  for (double& score : scores) score = pareto(shape, 1 - random.uniform());
  return scores;
}

}  // namespace

TEST_CASE("nine in ten thresholds beyond the sample lie above the true one") {
  constexpr Index n = 500, samples = 60;
  for (const double shape : {-1.0, 0.0, 0.2, 0.5}) {
    const double rate = 0.5 / static_cast<double>(n), truth = pareto(shape, rate);
    thrum::Random random(1);
    Index covered = 0, below_estimate = 0;
    for (Index i = 0; i < samples; ++i) {
      const TailFit fit = thrum::tail_threshold(pareto_scores(random, shape, n), rate);
      covered += fit.threshold >= truth ? 1 : 0;
      below_estimate += fit.estimate >= truth ? 1 : 0;
      REQUIRE(fit.threshold > fit.estimate);
      REQUIRE(fit.estimate > fit.level);
    }
    CHECK(covered >= samples * 85 / 100);
    // The twin: the estimate itself would not do.
    if (shape >= 0) CHECK(below_estimate < samples * 85 / 100);
  }
}

TEST_CASE("from many scores the tail is found as it is") {
  constexpr Index n = 40000;
  for (const double shape : {0.0, 0.2, 0.5}) {
    thrum::Random random(2);
    const TailFit fit = thrum::tail_threshold(pareto_scores(random, shape, n), 1e-4);
    CHECK(fit.shape == Approx(shape).margin(3 * (1 + shape) / std::sqrt(fit.clusters)));
    // Over a level u the excess has scale 1 + shape u.
    CHECK(fit.scale == Approx(1 + shape * fit.level).epsilon(0.1));
    CHECK(fit.estimate == Approx(pareto(shape, 1e-4)).epsilon(0.25));
    CHECK(fit.threshold < 1.5 * pareto(shape, 1e-4));
    CHECK(fit.exceedances == n / 10);
    CHECK(fit.level == Approx(pareto(shape, 0.1)).epsilon(0.05));
  }
}

TEST_CASE("a likelihood in return levels is that of the density, at any shape") {
  const std::vector<double> excesses = {0.1, 0.5, 0.9, 2.5};
  const thrum::detail::ReturnLevelLikelihood likelihood(excesses, 50);
  for (const double shape : {1e-6, 0.1, 0.9}) {
    const double z = 7, sigma = likelihood.scale(z, shape);
    // The return level is passed once in 50.
    CHECK(std::pow(1 + shape * z / sigma, -1 / shape) == Approx(1.0 / 50).epsilon(1e-6));
    double expected = 4.0 / 3 * std::log(1 + 3 * shape) - std::log(1 + shape);
    for (const double y : excesses)
      expected += std::log(std::pow(1 + shape * y / sigma, -1 / shape - 1) / sigma);
    CHECK(likelihood(z, shape) == Approx(expected).epsilon(1e-7));
  }
  CHECK(likelihood(7, 0) == Approx(likelihood(7, 1e-8)).epsilon(1e-6));
  CHECK(likelihood.scale(7, 0) == Approx(7 / std::log(50.0)).epsilon(1e-12));
}

TEST_CASE("a tail threshold goes with place and scale of the scores, in float and double") {
  thrum::Random random(3);
  const Vector<double> scores = pareto_scores(random, 0.1, 500);
  const TailFit fit = thrum::tail_threshold(scores, 1e-3);
  const TailFit moved = thrum::tail_threshold((scores.array() * 1e-6 - 1e-3).matrix(), 1e-3);
  CHECK(moved.threshold == Approx(fit.threshold * 1e-6 - 1e-3).epsilon(1e-6));
  CHECK(moved.shape == Approx(fit.shape).margin(1e-3));
  CHECK(thrum::tail_threshold(scores.cast<float>(), 1e-3).threshold == Approx(fit.threshold).epsilon(1e-4));
}

TEST_CASE("rarer alarms take a higher threshold") {
  thrum::Random random(4);
  const Vector<double> scores = pareto_scores(random, 0, 1000);
  double before = 0;
  for (const double rate : {0.05, 0.01, 0.002, 0.001, 0.0005}) {
    const double threshold = thrum::tail_threshold(scores, rate).threshold;
    CHECK(threshold > before);
    before = threshold;
  }
}

TEST_CASE("clusters of exceedances count once, and end with a gap or a recording") {
  const thrum::Scores scores = {5, 6, 0, 7, 0, 0, 9, 0, 0, 0, 8, 1};
  const auto maxima = [&](const std::vector<thrum::detail::Run>& runs, Index gap) {
    return thrum::detail::cluster_maxima(scores, runs, 4, gap);
  };
  using Values = std::vector<double>;
  CHECK(maxima({{0, 12}}, 0) == Values{5, 6, 7, 9, 8});
  CHECK(maxima({{0, 12}}, 1) == Values{6, 7, 9, 8});
  CHECK(maxima({{0, 12}}, 2) == Values{7, 9, 8});
  CHECK(maxima({{0, 12}}, 3) == Values{9, 8});
  CHECK(maxima({{0, 12}}, 4) == Values{9});
  CHECK(maxima({{0, 1}, {1, 4}, {4, 12}}, 4) == Values{5, 7, 9});
}

TEST_CASE("scores that stay for a while are fitted once for each stay") {
  thrum::Random random(5);
  const Vector<double> independent = pareto_scores(random, 0, 1000);
  Vector<double> held(8000);
  for (Index i = 0; i < held.size(); ++i) held[i] = independent[i / 8];
  const TailFit once = thrum::tail_threshold(independent, 2e-3), eight = thrum::tail_threshold(held, 2e-3);
  CHECK(eight.exceedances == 8 * once.exceedances);
  CHECK(eight.n_effective < 1300);
  // Neighbouring stays above the level may join, so there are somewhat fewer clusters.
  CHECK(eight.clusters <= once.clusters);
  CHECK(eight.clusters > once.clusters / 2);
  CHECK(eight.threshold == Approx(once.threshold).epsilon(0.2));
}

TEST_CASE("a tail threshold is refused where nothing could be known, and says why") {
  thrum::Random random(6);
  const Vector<double> scores = pareto_scores(random, 0, 1000);
  const auto asked = [&](double rate, const TailOptions& options = {}) {
    return refusal([&] { thrum::tail_threshold(scores, rate, {}, options); });
  };
  CHECK(asked(0.001) == "accepted");
  CHECK_THAT(asked(0.00009),
             contains("expected at least 1 / (10 n_effective) = ") && contains("this rate needs 1111.1111"));
  CHECK_THAT(asked(0.1), contains("conformal_threshold serves"));
  CHECK_THAT(asked(0.001, {0.02, {}}),
             contains("clusters of scores above") && contains("expected at least 30"));
  CHECK_THAT(asked(0.001, {0.7, {}}), contains("share is 0.7"));
  CHECK_THAT(asked(0.001, {0.1, -1}), contains("gap is -1"));
  CHECK_THAT(asked(0), contains("false_alarm_rate is 0"));
  CHECK_THAT(refusal([] { thrum::tail_threshold(Vector<double>::Constant(500, 3), 0.01); }),
             contains("the tail has 0 clusters"));
  CHECK_THAT(refusal([] { thrum::tail_threshold({}, 0.01); }), contains("scores is empty"));
  CHECK_THAT(refusal([&] { thrum::tail_threshold(scores, 0.01, {1, 2}); }), contains("blocks has 2 entries"));
}
