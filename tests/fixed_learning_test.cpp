#include <cmath>
#include <cstring>
#include <limits>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/fixed/kmeans.hpp"
#include "thrum/fixed/scaler.hpp"
#include "thrum/kmeans.hpp"
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
  for (const auto* found : {&chip, &merged}) {
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

  const Matrix<TestType> other = Matrix<TestType>::Zero(1, 6);
  CHECK(fit.partial_fit(thrum::view(other).row(0)) == Status::wrong_size);
  x(0, 0) = std::numeric_limits<TestType>::infinity();
  CHECK(fit.partial_fit(thrum::view(x).row(0)) == Status::non_finite);
  CHECK(fit.samples() == 500);
}
