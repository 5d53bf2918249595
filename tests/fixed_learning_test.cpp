#include <cmath>
#include <cstring>
#include <limits>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/fixed/kmeans.hpp"
#include "thrum/fixed/learner.hpp"
#include "thrum/fixed/pca.hpp"
#include "thrum/fixed/scaler.hpp"
#include "thrum/kmeans.hpp"
#include "thrum/pca.hpp"
#include "thrum/scaler.hpp"

// What a device learns is what the laptop learns from the same samples.

using thrum::Index;
using thrum::Matrix;
using thrum::Status;

TEMPLATE_TEST_CASE("from the same first centres chip and laptop find the same ones bit for bit", "", float,
                   double) {
  static thrum::fixed::KMeansFit<TestType, 33, 8, 300> fit;
  for (const int features : {1, 3, 33}) {
    for (const int clusters : {1, 2, 8}) {
      for (const std::uint64_t seed : {1u, 2u, 3u}) {
        const Matrix<TestType> x = thrum_test::blobs<TestType>(seed, 280, features, 5);
        const Matrix<TestType> first = x.topRows(clusters);
        thrum::KMeansOptions options;
        options.clusters = clusters;
        options.tolerance = 0;
        thrum::KMeans<TestType> laptop(options);
        const thrum::FitReport report = laptop.fit_from(first, x);

        thrum::fixed::KMeans<TestType, 33, 8> chip;
        REQUIRE(fit.fit_from(thrum::view(first), thrum::view(x), {}, chip) == Status::ok);
        INFO(features << " features, " << clusters << " clusters, seed " << seed);
        CHECK(fit.report().iterations == report.iterations);
        CHECK(fit.report().stop == report.stop);
        bool same = true;
        for (Index j = 0; j < clusters; ++j)
          for (Index f = 0; f < features; ++f) {
            const TestType a = laptop.centers()(j, f), b = chip.centers()(j, f);
            same = same && std::memcmp(&a, &b, sizeof(a)) == 0;
          }
        CHECK(same);
        CHECK(fit.report().inertia == report.inertia);
      }
    }
  }
}

TEMPLATE_TEST_CASE("samples one by one or in parts give the scaler of the laptop to rounding", "", float,
                   double) {
  Matrix<TestType> x = thrum_test::blobs<TestType>(4, 500, 5, 3);
  x.col(1).setConstant(7);
  x.col(2) *= static_cast<TestType>(1e-30);
  x.col(3).array() += TestType(1000);
  thrum::Scaler<TestType> laptop;
  laptop.fit(x);

  thrum::fixed::ScalerFit<TestType, 6> fit, parts[5];
  thrum::fixed::Scaler<TestType, 6> chip, merged;
  CHECK(fit.finish(chip) == Status::not_fitted);
  for (Index i = 0; i < x.rows(); ++i) {
    REQUIRE(fit.partial_fit(thrum::view(x).row(i)) == Status::ok);
    REQUIRE(parts[i % 5].partial_fit(thrum::view(x).row(i)) == Status::ok);
  }
  for (int part = 1; part < 5; ++part) REQUIRE(parts[0].merge(parts[part]) == Status::ok);
  CHECK(fit.samples() == 500);
  CHECK(parts[0].samples() == 500);
  REQUIRE(fit.finish(chip) == Status::ok);
  REQUIRE(parts[0].finish(merged) == Status::ok);
  thrum::fixed::Scaler<TestType, 6> at_once;
  REQUIRE(parts[1].fit(thrum::view(x), at_once) == Status::ok);  // which forgets its own samples
  CHECK(parts[1].samples() == 500);
  for (const auto* found : {&chip, &merged, &at_once}) {
    for (Index f = 0; f < x.cols(); ++f) {
      // 500 updates of the mean in double round by 500 2^-53 of the largest value at most, then once to
      // Scalar.
      const double rounding = static_cast<double>(std::numeric_limits<TestType>::epsilon()) + 500 * 1.2e-16;
      const double largest = static_cast<double>(x.col(f).cwiseAbs().maxCoeff());
      const double deviation = 1 / static_cast<double>(laptop.factor()[f]);
      CHECK(std::abs(static_cast<double>(found->model().offset[f]) -
                     static_cast<double>(laptop.offset()[f])) <= rounding * largest);
      CHECK(std::abs(static_cast<double>(found->model().factor[f]) * deviation - 1) <=
            rounding * (1 + largest / deviation));
    }
    CHECK(found->model().factor[1] == 1);
  }

  for (Index f = 0; f < x.cols(); ++f) CHECK(at_once.model().factor[f] == chip.model().factor[f]);

  const Matrix<TestType> other = Matrix<TestType>::Zero(1, 6), wide = Matrix<TestType>::Zero(1, 7);
  CHECK(fit.partial_fit(thrum::view(other).row(0)) == Status::wrong_size);
  CHECK(fit.fit(thrum::view(wide), at_once) == Status::wrong_size);
  CHECK(fit.fit(thrum::view(x).middle_rows(0, 0), at_once) == Status::wrong_size);
  x(0, 0) = std::numeric_limits<TestType>::infinity();
  CHECK(fit.partial_fit(thrum::view(x).row(0)) == Status::non_finite);
  CHECK(fit.fit(thrum::view(x), at_once) == Status::non_finite);
  CHECK(at_once.model().factor[0] == chip.model().factor[0]);
  CHECK(fit.samples() == 500);
}

TEMPLATE_TEST_CASE("samples one by one or in parts give the components of the laptop to rounding", "", float,
                   double) {
  constexpr Index features = 6;
  Matrix<TestType> x = thrum_test::blobs<TestType>(5, 400, features, 1);
  for (Index f = 0; f < features; ++f) x.col(f) *= static_cast<TestType>(1 << f);  // variances that differ
  thrum::PCA<TestType> laptop;
  laptop.fit(x);

  static thrum::fixed::PCAFit<TestType, 8> fit, parts[3];
  thrum::fixed::PCA<TestType, 8, 6> chip, merged;
  CHECK(fit.finish({2, 0}, chip) == Status::out_of_range);
  for (Index i = 0; i < x.rows(); ++i) {
    REQUIRE(fit.partial_fit(thrum::view(x).row(i)) == Status::ok);
    REQUIRE(parts[i % 3].partial_fit(thrum::view(x).row(i)) == Status::ok);
  }
  REQUIRE(parts[0].merge(parts[1]) == Status::ok);
  REQUIRE(parts[0].merge(parts[2]) == Status::ok);
  CHECK(fit.samples() == 400);
  CHECK(parts[0].samples() == 400);
  REQUIRE(fit.start_fit() == Status::ok);
  int steps = 1;
  while (!fit.fit_step(2)) ++steps;
  CHECK(steps > 5);
  REQUIRE(fit.finish({6, 0}, chip) == Status::ok);
  REQUIRE(parts[0].finish({6, 0}, merged) == Status::ok);
  thrum::fixed::PCA<TestType, 8, 6> at_once;
  REQUIRE(parts[1].fit(thrum::view(x), {6, 0}, at_once) == Status::ok);  // which forgets its own samples
  CHECK(parts[1].samples() == 400);
  // Rotations round a few dozen times; neighbouring variances are a factor of 4 apart, so directions move by
  // no more than that.
  const double largest = static_cast<double>(laptop.explained_variance()[0]);
  const double tolerance = 100 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
  for (const auto* found : {&chip, &merged, &at_once}) {
    REQUIRE(found->components() == 6);
    for (Index c = 0; c < 6; ++c) {
      for (Index f = 0; f < features; ++f)
        CHECK(std::abs(static_cast<double>(found->model().basis[f * 6 + c]) -
                       static_cast<double>(laptop.components()(c, f))) <= tolerance);
      const double variance = static_cast<double>(laptop.explained_variance()[c]);
      CHECK(std::abs(static_cast<double>(fit.variance(static_cast<int>(c))) - variance) <=
            tolerance * largest);
    }
    for (Index f = 0; f < features; ++f)
      CHECK(std::abs(static_cast<double>(found->model().mean[f]) - static_cast<double>(laptop.mean()[f])) <=
            tolerance * static_cast<double>(x.col(f).cwiseAbs().maxCoeff()));
  }

  thrum::PCAOptions most;
  most.variance_share = 0.9;
  thrum::PCA<TestType> by_share(most);
  by_share.fit(x);
  REQUIRE(fit.finish({0, 0.9}, chip) == Status::ok);
  CHECK(chip.components() == by_share.components().rows());
  REQUIRE(fit.finish({0, 1e-9}, chip) == Status::ok);
  CHECK(chip.components() == 1);
}

TEST_CASE("a device refuses components it has not learned or has no room for") {
  static thrum::fixed::PCAFit<float, 3> fit, other;
  thrum::fixed::PCA<float, 3, 1> pca;
  const float x[3] = {1, 2, 3}, bad[3] = {1, std::numeric_limits<float>::quiet_NaN(), 3};
  const auto row = thrum::contiguous(x, 3);
  CHECK(fit.start_fit() == Status::not_fitted);
  REQUIRE(fit.partial_fit(row) == Status::ok);
  CHECK(fit.finish({1, 0}, pca) == Status::not_fitted);
  CHECK(fit.partial_fit(thrum::contiguous(bad, 3)) == Status::non_finite);
  CHECK(fit.partial_fit(thrum::contiguous(x, 2)) == Status::wrong_size);
  REQUIRE(fit.partial_fit(row) == Status::ok);
  CHECK(fit.finish({0, 0}, pca) == Status::out_of_range);
  CHECK(fit.finish({1, 0.5}, pca) == Status::out_of_range);
  CHECK(fit.finish({4, 0}, pca) == Status::out_of_range);
  CHECK(fit.finish({0, 1.5}, pca) == Status::out_of_range);
  CHECK(fit.finish({2, 0}, pca) == Status::wrong_size);
  CHECK(fit.fit(thrum::row_major(x, 1, 3), {1, 0}, pca) == Status::wrong_size);
  CHECK(fit.fit(thrum::row_major(bad, 3, 1), {1, 0}, pca) == Status::non_finite);
  CHECK(fit.samples() == 2);
  CHECK(pca.components() == 0);
  REQUIRE(fit.finish({1, 0}, pca) == Status::ok);  // nothing varies: any direction will do
  CHECK(fit.variance(0) == 0);
  REQUIRE(other.partial_fit(thrum::contiguous(x, 2)) == Status::ok);
  CHECK(fit.merge(other) == Status::wrong_size);
}

namespace {

constexpr thrum::LearningCapacity parity_capacity = [] {
  thrum::LearningCapacity capacity{{}, 200, 3};
  capacity.signal.bands = 0;  // seven features
  return capacity;
}();

}  // namespace

TEST_CASE("a learner finds the scales, classes and deviations of the laptop to rounding") {
  using Learner = thrum::fixed::Learner<parity_capacity>;
  constexpr Index d = Learner::d, n = 200;
  Matrix<float> x = thrum_test::blobs<float>(17, n, d, 3);
  for (Index f = 0; f < d; ++f) x.col(f) *= std::pow(10.0f, static_cast<float>(f - 3));

  static Learner learner;
  thrum::LearningOptions options;
  options.classes = 3;
  REQUIRE(learner.learn(options) == Status::ok);
  float scratch[d];
  for (Index i = 0; i < n; ++i) learner.take(thrum::Vector<float>(x.row(i)).data(), scratch);
  while (learner.step()) {
  }
  REQUIRE(learner.state() == thrum::LearningState::watching);

  thrum::Scaler<float> scaler;
  scaler.fit(x);
  const Matrix<float> z = scaler.transform(x);
  const auto& learned = learner.learned();
  // 200 steps of Welford in float round the mean by 200 2^-24 of the largest value at most, the deviation by
  // as much of itself and of how far the mean is off.
  constexpr double rounding = 200 * 6e-8;
  for (Index f = 0; f < d; ++f) {
    const double largest = static_cast<double>(x.col(f).cwiseAbs().maxCoeff());
    const double factor = static_cast<double>(scaler.factor()[f]);
    CHECK(std::abs(static_cast<double>(learned.scaling().offset[f] - scaler.offset()[f])) <=
          rounding * largest);
    CHECK(std::abs(static_cast<double>(learned.scaling().factor[f]) / factor - 1) <=
          rounding * (1 + largest * factor));
  }

  thrum::KMeansOptions of_kmeans;
  of_kmeans.clusters = 3;
  of_kmeans.restarts = 10;
  thrum::KMeans<float> kmeans(of_kmeans);
  kmeans.fit(z);
  const Eigen::VectorXi labels = kmeans.predict(z);
  constexpr double prior = static_cast<double>(thrum::DiagonalClasses<float>::prior_samples);
  Eigen::MatrixXd squares = Eigen::MatrixXd::Zero(3, d);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(3);
  for (Index i = 0; i < n; ++i) {
    const Eigen::RowVectorXd apart = (z.row(i) - kmeans.centers().row(labels[i])).cast<double>();
    squares.row(labels[i]) += apart.cwiseAbs2();
    counts[labels[i]] += 1;
  }
  const Eigen::RowVectorXd pooled = squares.colwise().sum() / static_cast<double>(n - 3);
  int alike = 0;
  for (int j = 0; j < 3; ++j) {
    for (int own = 0; own < 3; ++own) {
      bool same = std::abs(static_cast<double>(learned.count(own)) - counts[j]) < 0.5;
      for (Index f = 0; f < d; ++f) {
        const double mean = static_cast<double>(learned.mean(own)[f]);
        const double deviation = 1 / static_cast<double>(learned.inverse_deviation(own)[f]);
        const double expected = std::sqrt((squares(j, f) + prior * pooled[f]) / (counts[j] + prior));
        // Scaled values are a few units, and off by what scaling is.
        same = same && std::abs(mean - static_cast<double>(kmeans.centers()(j, f))) <= 1e-4 &&
               std::abs(deviation / expected - 1) <= 1e-4 / expected;
      }
      alike += same ? 1 : 0;
    }
  }
  CHECK(alike == 3);
}
