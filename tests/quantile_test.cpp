#include "thrum/algorithm/quantile.hpp"

#include "catch.hpp"
#include "thrum/core/random.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>
#include <vector>

using thrum::Index;
using thrum::VectorView;

namespace {

template <typename Scalar>
VectorView<const Scalar> view(const std::vector<Scalar>& x) {
  return {x.data(), static_cast<Index>(x.size()), 1};
}

/// Data that make selection hard: many ties, ordinary, over all magnitudes, all equal, subnormal.
template <typename Scalar>
std::vector<Scalar> hard_data(thrum::Random& random, int kind, Index size) {
  std::vector<Scalar> x(static_cast<std::size_t>(size));
  for (Scalar& value : x) {
    switch (kind) {
      case 0: value = static_cast<Scalar>(random.index(5)) - 2; break;
      case 1: value = static_cast<Scalar>(random.normal()); break;
      case 2:
        value = static_cast<Scalar>(random.normal() * std::pow(10.0, 70 * random.uniform() - 35));
        break;
      case 3: value = Scalar(-7.25); break;
      default: value = static_cast<Scalar>(static_cast<double>(random.index(1000)) * 1e-44 - 5e-42);
    }
  }
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("selection finds what sorting finds, with its successor", "", float, double) {
  thrum::Random random(2);
  for (int round = 0; round < 1000; ++round) {
    const std::vector<TestType> x = hard_data<TestType>(random, round % 5, 1 + random.index(300));
    std::vector<TestType> sorted = x;
    std::sort(sorted.begin(), sorted.end());
    const Index last = static_cast<Index>(x.size()) - 1;
    const Index k = random.index(last + 1);
    const auto found = thrum::select_neighbours(view(x), k, thrum::detail::Unchanged{});
    REQUIRE(found.lower == sorted[static_cast<std::size_t>(k)]);
    REQUIRE(found.upper == sorted[static_cast<std::size_t>(std::min(k + 1, last))]);
    REQUIRE(thrum::select(view(x), k) == found.lower);
  }
}

TEMPLATE_TEST_CASE("selection works where the data lie, whatever their stride", "", float, double) {
  const std::vector<TestType> x{5, -1, 3, -1, 4, -1, 1, -1, 2, -1};
  CHECK(thrum::median(VectorView<const TestType>{x.data(), 5, 2}) == 3);
  CHECK(thrum::median(VectorView<const TestType>{x.data() + 8, 5, -2}) == 3);
  CHECK(x == std::vector<TestType>{5, -1, 3, -1, 4, -1, 1, -1, 2, -1});
}

TEMPLATE_TEST_CASE("the largest and the least numbers, zeros and subnormals keep their order", "", float,
                   double) {
  const TestType max = thrum::ScalarTraits<TestType>::largest();
  const TestType tiny = std::numeric_limits<TestType>::denorm_min();
  const std::vector<TestType> x{max, -tiny, 1, -max, tiny, 0, -1};
  const std::vector<TestType> sorted{-max, -1, -tiny, 0, tiny, 1, max};
  for (Index k = 0; k < 7; ++k) CHECK(thrum::select(view(x), k) == sorted[static_cast<std::size_t>(k)]);
}

TEMPLATE_TEST_CASE("a position beyond the data is the nearest end", "", float, double) {
  const std::vector<TestType> x{3, 1, 2};
  CHECK(thrum::select(view(x), -5) == 1);
  CHECK(thrum::select(view(x), 50) == 3);
  CHECK(thrum::quantile(view(x), -1.0) == 1);
  CHECK(thrum::quantile(view(x), 2.0) == 3);
  CHECK(thrum::weighted_quantile(view(x), {}, 2.0) == 3);
}

TEMPLATE_TEST_CASE("values that break the contract end, and in bounds", "", float, double) {
  const TestType nan = std::numeric_limits<TestType>::quiet_NaN();
  const TestType infinity = std::numeric_limits<TestType>::infinity();
  std::vector<TestType> x(100, nan);
  for (std::size_t i = 0; i < x.size(); i += 3) x[i] = i % 2 == 0 ? infinity : -infinity;
  (void)thrum::median(view(x));
  (void)thrum::median_absolute_deviation(view(x));
  (void)thrum::weighted_quantile(view(x), VectorView<const TestType>(view(x)), 0.5);
  SUCCEED();
}

TEMPLATE_TEST_CASE("quantiles are those of numpy", "", float, double) {
  const std::vector<TestType> x{15, 20, 35, 40, 50};
  CHECK(thrum::quantile(view(x), 0.0) == 15);
  CHECK(thrum::quantile(view(x), 0.25) == 20);
  CHECK(thrum::quantile(view(x), 0.5) == 35);
  CHECK(thrum::quantile(view(x), 1.0) == 50);
  // (n - 1) q = 1.6: 20 + 0.6 * 15, but for the rounding of 0.6.
  CHECK(std::fabs(thrum::quantile(view(x), 0.4) - 29) < 100 * thrum::ScalarTraits<TestType>::epsilon());
  const std::vector<TestType> even{4, 1, 3, 2};
  CHECK(thrum::quantile(view(even), 0.5) == TestType(2.5));
  CHECK(thrum::median(view(even)) == TestType(2.5));
  const std::vector<TestType> one{7};
  CHECK(thrum::quantile(view(one), 0.3) == 7);
  CHECK(thrum::median(view(one)) == 7);
}

TEMPLATE_TEST_CASE("a quantile between huge values of unlike sign does not overflow", "", float, double) {
  const TestType max = thrum::ScalarTraits<TestType>::largest();
  const std::vector<TestType> x{-max, max};
  CHECK(thrum::quantile(view(x), 0.5) == 0);
  CHECK(thrum::median(view(x)) == 0);
  // One rounding of the largest term.
  CHECK(std::fabs(thrum::quantile(view(x), 0.75) - max / 2) <=
        max * thrum::ScalarTraits<TestType>::epsilon());
}

TEMPLATE_TEST_CASE("a quantile rises with q, stays among its neighbours and reverses with the sign", "",
                   float, double) {
  thrum::Random random(3);
  for (int round = 0; round < 100; ++round) {
    const std::vector<TestType> x = hard_data<TestType>(random, round % 2, 1 + random.index(60));
    std::vector<TestType> negative = x;
    for (TestType& value : negative) value = -value;
    TestType last = thrum::quantile(view(x), 0.0);
    CHECK(last == *std::min_element(x.begin(), x.end()));
    for (int step = 1; step <= 20; ++step) {
      const TestType next = thrum::quantile(view(x), step / 20.0);
      REQUIRE(next >= last);
      last = next;
    }
    CHECK(last == *std::max_element(x.begin(), x.end()));
    CHECK(thrum::median(view(negative)) == -thrum::median(view(x)));
  }
}

TEMPLATE_TEST_CASE("the median absolute deviation is the median of the absolute deviations", "", float,
                   double) {
  const std::vector<TestType> x{1, 1, 2, 2, 4, 6, 9};
  CHECK(thrum::median_absolute_deviation(view(x)) == 1);
  thrum::Random random(4);
  for (int round = 0; round < 300; ++round) {
    const std::vector<TestType> data = hard_data<TestType>(random, round % 5, 1 + random.index(200));
    const TestType middle = thrum::median(view(data));
    std::vector<TestType> deviations;
    for (const TestType value : data) deviations.push_back(std::fabs(value - middle));
    REQUIRE(thrum::median_absolute_deviation(view(data)) == thrum::median(view(deviations)));
  }
}

TEMPLATE_TEST_CASE("a quantile without weights is the smallest value that reaches its share", "", float,
                   double) {
  std::vector<TestType> x;
  for (int i = 100; i >= 1; --i) x.push_back(static_cast<TestType>(i));
  CHECK(thrum::weighted_quantile(view(x), {}, 0.99) == 99);
  CHECK(thrum::weighted_quantile(view(x), {}, 0.991) == 100);
  CHECK(thrum::weighted_quantile(view(x), {}, 0.0) == 1);
  CHECK(thrum::weighted_quantile(view(x), {}, 1.0) == 100);
  // q n is not exact in binary: 0.07 * 100 is above 7, 0.29 * 100 is below 29.
  for (int percent = 1; percent <= 100; ++percent)
    CHECK(thrum::weighted_quantile(view(x), {}, percent / 100.0) == static_cast<TestType>(percent));
}

TEMPLATE_TEST_CASE("a weight of N is the same as N repeats", "", float, double) {
  thrum::Random random(5);
  for (int round = 0; round < 500; ++round) {
    const std::vector<TestType> x = hard_data<TestType>(random, round % 5, 1 + random.index(50));
    std::vector<TestType> weights, repeated;
    for (const TestType value : x) {
      const Index weight = random.index(4);
      weights.push_back(static_cast<TestType>(weight));
      repeated.insert(repeated.end(), static_cast<std::size_t>(weight), value);
    }
    if (repeated.empty()) continue;
    const double q = round % 3 == 0 ? static_cast<double>(random.index(11)) / 10.0 : random.uniform();
    REQUIRE(thrum::weighted_quantile(view(x), view(weights), q) ==
            thrum::weighted_quantile(view(repeated), {}, q));
  }
}

TEMPLATE_TEST_CASE("the scale of the weights does not matter, and weightless values never come", "", float,
                   double) {
  const std::vector<TestType> x{1, 2, 3, 4};
  for (const double scale : {1e-30, 0.1, 1.0, 3e30}) {
    const TestType w = static_cast<TestType>(scale);
    const std::vector<TestType> weights{0, w, w, 0};
    CHECK(thrum::weighted_quantile(view(x), view(weights), 0.0) == 2);
    CHECK(thrum::weighted_quantile(view(x), view(weights), 0.5) == 2);
    CHECK(thrum::weighted_quantile(view(x), view(weights), 0.51) == 3);
    CHECK(thrum::weighted_quantile(view(x), view(weights), 1.0) == 3);
  }
  const std::vector<TestType> nothing{0, 0, 0, 0};
  CHECK(thrum::weighted_quantile(view(x), view(nothing), 0.5) == 1);
}
