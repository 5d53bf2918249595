#include "thrum/algorithm/tail_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "thrum/algorithm/feature_tails.hpp"
#include "thrum/core/random.hpp"

using thrum::Index;

namespace {

template <typename Scalar>
struct Table {
  Scalar numbers[thrum::tail_table_size];
  double surprise(Scalar value) const { return static_cast<double>(thrum::surprise(numbers, value)); }
};

template <typename Scalar>
Table<Scalar> table_of(std::vector<Scalar> values, Index missing = 0, Scalar least_spread = Scalar(1e-3)) {
  std::sort(values.begin(), values.end());
  Table<Scalar> table;
  const auto value_at = [&values](Index i) { return values.at(static_cast<std::size_t>(i)); };
  thrum::fill_tail_table(static_cast<Index>(values.size()), value_at, least_spread, missing, table.numbers);
  return table;
}

/// -log of a uniform number, or that number itself.
template <typename Scalar>
std::vector<Scalar> draws(Index count, bool exponential) {
  thrum::Random random(3);
  std::vector<Scalar> values;
  for (Index i = 0; i < count; ++i) {
    const double uniform = 1 - random.uniform();
    values.push_back(static_cast<Scalar>(exponential ? -std::log(uniform) : uniform));
  }
  return values;
}

}  // namespace

TEMPLATE_TEST_CASE("the surprise of an exponential variable is the variable itself, far beyond the data too",
                   "[tail]", float, double) {
  // 1024 of 100000 values lie beyond the last knot but 3; the relative error there is 1 / sqrt(n 2^-10) = 10
  // %.
  const Table<TestType> table = table_of(draws<TestType>(100000, true));
  for (const double x : {0.1, 0.7, 2.0, 5.0, 9.0, 20.0}) {
    const double error = table.surprise(static_cast<TestType>(x)) - x;
    CHECK(std::fabs(error) < 0.03 + 0.05 * x);
  }
}

TEMPLATE_TEST_CASE("the surprise of a uniform variable is -log of its upper tail", "[tail]", float, double) {
  const Table<TestType> table = table_of(draws<TestType>(100000, false));
  for (const double x : {0.1, 0.5, 0.75, 0.9, 0.99}) {
    // Between knots the table is linear where the logarithm is not: by at most 0.06 within a factor of two.
    const double exact = -std::log(1 - x);
    CHECK(std::fabs(table.surprise(static_cast<TestType>(x)) - exact) < 0.11);
  }
}

TEMPLATE_TEST_CASE("surprise never falls as the value rises", "[tail]", float, double) {
  for (const Index count : {1, 2, 3, 7, 100, 5000}) {
    const Table<TestType> table = table_of(draws<TestType>(count, true));
    double last = 0;
    for (int step = -100; step < 2000; ++step) {
      const double next = table.surprise(static_cast<TestType>(step) / 100);
      REQUIRE(next >= last);
      last = next;
    }
    CHECK(last > 0);
  }
}

TEMPLATE_TEST_CASE("a value that many share has the probability of all of them", "[tail]", float, double) {
  std::vector<TestType> values(700, 0);
  values.resize(1000, 1);  // 30 % are 1
  const Table<TestType> table = table_of(values);
  CHECK(table.surprise(0) == 0);
  const double surprise = table.surprise(1);
  CHECK(surprise >= -std::log(0.5));
  CHECK(surprise <= -std::log(0.25) + 1e-5);  // the next knot
  CHECK(table.surprise(2) > 5);
}

TEMPLATE_TEST_CASE("one value, and values that are all equal, are no surprise, what differs is", "[tail]",
                   float, double) {
  for (const Index count : {1, 5, 3000}) {
    const Table<TestType> table = table_of(std::vector<TestType>(static_cast<std::size_t>(count), 7));
    CHECK(table.surprise(TestType(6.9)) == 0);
    CHECK(table.surprise(7) == 0);
    CHECK(table.surprise(TestType(7.00001)) < 1);  // log 2 at the median, and a tenth of a level
    CHECK(table.surprise(TestType(7.1)) > 50);
  }
}

TEMPLATE_TEST_CASE("values that were left out above make the largest that stayed less of a surprise",
                   "[tail]", float, double) {
  std::vector<TestType> values = draws<TestType>(2000, true);
  std::sort(values.begin(), values.end());
  const Table<TestType> whole = table_of(values);
  values.resize(1900);
  const Table<TestType> cut = table_of(values), made_up = table_of(values, 100);
  // At the last value that stayed, 101 of 2000 are as large.
  const double exact = -std::log(101.0 / 2001);
  CHECK(std::fabs(made_up.surprise(values.back()) - exact) < 0.2);
  CHECK(std::fabs(whole.surprise(values.back()) - exact) < 0.2);
  CHECK(cut.surprise(values.back()) > exact + 2);  // the twin: a tail taken to end there
}

TEMPLATE_TEST_CASE("what is not finite has an infinite surprise", "[tail]", float, double) {
  using Limits = std::numeric_limits<TestType>;
  const Table<TestType> table = table_of(draws<TestType>(100, true));
  for (const TestType value : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()})
    CHECK(table.surprise(value) == std::numeric_limits<double>::infinity());
  CHECK(table.surprise(Limits::max()) > 1e30);
}

TEMPLATE_TEST_CASE("the surprise of a feature looks at both of its sides", "[tail]", float, double) {
  std::vector<TestType> values = draws<TestType>(4001, true), mirrored;
  for (const TestType value : values) mirrored.push_back(-value);
  std::vector<TestType> tables;
  for (const Table<TestType>& table : {table_of(values), table_of(mirrored)})
    tables.insert(tables.end(), table.numbers, table.numbers + thrum::tail_table_size);
  const thrum::FeatureTailsModel<TestType> model{tables.data()};
  const TestType median = feature_median(model, 0);
  CHECK(std::fabs(static_cast<double>(median) - std::log(2.0)) < 0.05);
  CHECK(feature_surprise(model, 0, median) < TestType(1e-6));
  CHECK(feature_surprise(model, 0, TestType(6)) > TestType(4.5));  // P(X >= 6) = 0.0025, twice that
  CHECK(feature_surprise(model, 0, TestType(0.01)) > 3);           // P(X <= 0.01) = 0.01
  CHECK(feature_surprise(model, 0, TestType(-1)) > 5);
}
