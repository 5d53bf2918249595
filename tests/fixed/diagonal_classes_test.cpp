#include <cmath>
#include <vector>

#include "catch.hpp"
#include "firmware_under_test.hpp"
#include "generator.hpp"

using thrum::contiguous;
using thrum::Index;

namespace {

constexpr int d = 3;

/// Classes with memory of their own.
template <typename Scalar>
struct Classes {
  explicit Classes(std::size_t number) : counts(number), means(number * d), squares(number * d), pooled(d) {}
  thrum::DiagonalClasses<Scalar> view() {
    return {counts.data(), means.data(), squares.data(), pooled.data(), static_cast<int>(counts.size()), d};
  }
  std::vector<Scalar> counts, means, squares, pooled;
};

template <typename Scalar>
using Rows = std::vector<std::vector<Scalar>>;

/// Row i is of class i % 2.
template <typename Scalar>
Rows<Scalar> two_clouds(int rows) {
  thrum_test::Generator random(3);
  Rows<Scalar> x;
  for (int i = 0; i < rows; ++i) {
    x.emplace_back();
    for (int f = 0; f < d; ++f)
      x.back().push_back(static_cast<Scalar>(0.2 * (f + 1) * random.normal() + (i % 2 == 0 ? 1 : -1)));
  }
  return x;
}

template <typename Scalar>
thrum::ConstVectorView<Scalar> view(const std::vector<Scalar>& row) {
  return contiguous<const Scalar>(row.data(), d);
}

}  // namespace

TEMPLATE_TEST_CASE("a row is as far from its class as from the class that was made without it", "", float,
                   double) {
  const Rows<TestType> x = two_clouds<TestType>(41);
  Classes<TestType> all(2);
  for (std::size_t i = 0; i < x.size(); ++i) all.view().add(static_cast<int>(i % 2), view(x[i]));
  all.view().pool(TestType(1e-3));
  for (std::size_t out = 0; out < x.size(); ++out) {
    Classes<TestType> rest(2);
    for (std::size_t i = 0; i < x.size(); ++i)
      if (i != out) rest.view().add(static_cast<int>(i % 2), view(x[i]));
    rest.pooled = all.pooled;
    const int own = static_cast<int>(out % 2);
    const double found = static_cast<double>(all.view().squared_distance_without(own, view(x[out])));
    CHECK(found ==
          Approx(static_cast<double>(rest.view().squared_distance(own, view(x[out])))).epsilon(1e-4));
    CHECK(found > static_cast<double>(all.view().squared_distance(own, view(x[out]))));
    CHECK(all.view().distance_of_further(own, view(x[out])) <= std::sqrt(static_cast<TestType>(found)));
    CHECK(all.view().nearest(view(x[out])) == own);
  }
}

TEST_CASE("variances of few samples are drawn to the pooled one, those of many are their own") {
  Classes<double> classes(2);
  thrum_test::Generator random(4);
  for (int i = 0; i < 4000; ++i) {
    std::vector<double> row;
    for (int f = 0; f < d; ++f) row.push_back(random.normal());
    classes.view().add(0, view(row));
  }
  const std::vector<double> lonely{9, 9, 9};
  classes.view().add(1, view(lonely));
  classes.view().pool(1e-3);
  for (Index f = 0; f < d; ++f) {
    CHECK(classes.pooled[static_cast<std::size_t>(f)] == Approx(1).epsilon(0.1));
    CHECK(classes.view().variance(0, f) == Approx(1).epsilon(0.1));
    CHECK(classes.view().variance(1, f) == Approx(32.0 / 33).epsilon(0.1));
  }
  // The only one of its class is as far out as the next class is.
  CHECK_FALSE(thrum::is_finite(classes.view().squared_distance_without(1, view(lonely))));
  CHECK(classes.view().distance_of_further(1, view(lonely)) == Approx(9 * std::sqrt(3.0)).epsilon(0.1));
}

TEST_CASE("what never varies within classes has the least deviation") {
  Classes<float> classes(1);
  const std::vector<float> row{1, 2, 3};
  for (int i = 0; i < 5; ++i) classes.view().add(0, view(row));
  classes.view().pool(0.5f);
  for (Index f = 0; f < d; ++f) CHECK(classes.pooled[static_cast<std::size_t>(f)] == 0.25f);
}

TEST_CASE("the share of a trend is 1 of a line, three quarters of a jump and next to none of noise") {
  constexpr Index n = 1000;
  std::vector<double> line, jump, noise;
  thrum_test::Generator random(5);
  for (Index i = 0; i < n; ++i) {
    line.push_back((static_cast<double>(i) - 499.5) / std::sqrt(83333.25));
    jump.push_back(i < n / 2 ? -1 : 1);
    noise.push_back(random.normal());
  }
  const auto share = [](const std::vector<double>& x) {
    double products = 0, squares = 0;
    for (Index i = 0; i < n; ++i) {
      const double time = 7 * (static_cast<double>(i) - 499.5);
      products += x[static_cast<std::size_t>(i)] * time;
      squares += time * time;
    }
    return thrum::share_of_trend(products, squares, n);
  };
  CHECK(share(line) == Approx(1).epsilon(1e-9));
  CHECK(share(jump) == Approx(0.75).epsilon(1e-3));
  CHECK(share(noise) < 0.02);
}
