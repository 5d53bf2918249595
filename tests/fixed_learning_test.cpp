#include <cstring>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/fixed/kmeans.hpp"
#include "thrum/kmeans.hpp"

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
