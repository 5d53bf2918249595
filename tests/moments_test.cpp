#include "thrum/algorithm/moments.hpp"

#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/core/random.hpp"
#include "thrum/scaler.hpp"

using thrum::Index;
using thrum::Moments;
using thrum::VectorView;

namespace {

template <typename Scalar>
VectorView<const Scalar> view(const std::vector<Scalar>& x) {
  return {x.data(), static_cast<Index>(x.size()), 1};
}

template <typename Scalar>
std::vector<Scalar> noise(std::uint64_t seed, std::size_t size, double offset) {
  thrum::Random random(seed);
  std::vector<Scalar> x(size);
  for (Scalar& value : x) value = static_cast<Scalar>(offset + random.normal());
  return x;
}

/// Mean and sum of squared deviations in extended precision, two passes.
template <typename Scalar>
Moments<double> reference(const std::vector<Scalar>& x, const std::vector<Scalar>& weights) {
  long double total = 0, mean = 0, squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    total += static_cast<long double>(weights[i]);
    mean += static_cast<long double>(weights[i]) * static_cast<long double>(x[i]);
  }
  mean /= total;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const long double deviation = static_cast<long double>(x[i]) - mean;
    squares += static_cast<long double>(weights[i]) * deviation * deviation;
  }
  return {static_cast<double>(total), static_cast<double>(mean), static_cast<double>(squares)};
}

/// A file of NIST's Statistical Reference Datasets, univariate.
struct Certified {
  double mean, deviation;
  std::vector<double> data;
};

Certified certified(const std::string& name) {
  std::ifstream file(thrum_test::data_dir() + "/nist_strd/" + name + ".dat");
  const auto skip_to = [&file](const std::string& text) {
    for (std::string line; std::getline(file, line);)
      if (line.find(text) != std::string::npos) return line;
    throw std::runtime_error("not found: " + text);
  };
  const auto last_number = [](const std::string& line) {
    return std::stod(line.substr(line.find_last_of(' ', line.find_last_not_of(' ')) + 1));
  };
  Certified set;
  skip_to("Certified Values");
  set.mean = last_number(skip_to("Sample Mean"));
  set.deviation = last_number(skip_to("Standard Deviation"));
  const double count = last_number(skip_to("Number of Observations:"));
  skip_to("Data:");
  skip_to("---");
  for (double value; file >> value;) set.data.push_back(value);
  REQUIRE(static_cast<double>(set.data.size()) == count);
  return set;
}

/// Number of right digits: NIST's log relative error, at most 15, what a double holds.
double right_digits(double value, double expected) {
  const double error = std::fabs(value / expected - 1);
  return error < 1e-15 ? 15 : -std::log10(error);
}

const char* const nist_names[] = {"Lew",     "Lottery", "Mavro",   "Michelso",
                                  "NumAcc1", "NumAcc2", "NumAcc3", "NumAcc4"};

/// NumAcc4's values, such as 10000000.1, are not doubles: rounding them alone costs the deviation its ninth
/// digit.
double asked_digits(const std::string& name) { return name == "NumAcc4" ? 8.2 : 9; }

}  // namespace

TEST_CASE("moments have NIST's certified digits", "[real-data]") {
  for (const std::string name : nist_names) {
    const Certified set = certified(name);
    const Moments<double> found = thrum::moments<double>(view(set.data));
    const double freedom = static_cast<double>(set.data.size() - 1);
    INFO(name);
    CHECK(right_digits(found.mean, set.mean) >= 14);
    CHECK(right_digits(std::sqrt(found.squared_deviations / freedom), set.deviation) >= asked_digits(name));
  }
}

TEST_CASE("Scaler has NIST's certified digits", "[real-data]") {
  for (const std::string name : nist_names) {
    const Certified set = certified(name);
    const Index n = static_cast<Index>(set.data.size());
    thrum::Scaler<double> scaler;
    scaler.fit(Eigen::Map<const Eigen::VectorXd>(set.data.data(), n));
    const double to_sample = std::sqrt(static_cast<double>(n) / static_cast<double>(n - 1));
    INFO(name);
    CHECK(right_digits(scaler.offset()[0], set.mean) >= 14);
    CHECK(right_digits(to_sample / scaler.factor()[0], set.deviation) >= asked_digits(name));
  }
}

TEST_CASE("the check of NIST's digits would see the formula that cancels", "[real-data]") {
  const Certified set = certified("NumAcc3");
  double sum = 0, squares = 0;
  for (const double value : set.data) sum += value, squares += value * value;
  const double count = static_cast<double>(set.data.size());
  CHECK(right_digits(std::sqrt((squares - sum * sum / count) / (count - 1)), set.deviation) < 9);
}

TEMPLATE_TEST_CASE("moments agree with two passes in extended precision", "", float, double) {
  for (const std::size_t size : {1u, 2u, 255u, 256u, 257u, 5000u}) {
    for (const double offset : {0.0, 1e3, 1e8}) {
      const std::vector<TestType> x = noise<TestType>(51, size, offset);
      const Moments<double> expected = reference(x, std::vector<TestType>(size, TestType(1)));
      const Moments<double> found = thrum::moments<double>(view(x));
      // At most 256 additions in a row and 16 merges: 300 roundings of 1.1e-16 on the spread, and one or two
      // on the offset. Two chunks' means are each off by that much, and no farther apart than an eighth of
      // the spread; the square of their distance is taken as many times as there are values.
      const double spread = std::sqrt(expected.squared_deviations / static_cast<double>(size));
      CHECK(found.weight == expected.weight);
      const double rounding = 2.3e-16 * std::fabs(expected.mean);
      CHECK(std::fabs(found.mean - expected.mean) <= 3.4e-14 * spread + rounding);
      CHECK(std::fabs(found.squared_deviations - expected.squared_deviations) <=
            1e-13 * expected.squared_deviations + static_cast<double>(size) * 2 * spread / 8 * rounding);
    }
  }
}

TEMPLATE_TEST_CASE("merged moments are those of all values, in any cut and either order", "", float, double) {
  const std::vector<TestType> x = noise<TestType>(52, 1000, 100);
  const Moments<double> expected = reference(x, std::vector<TestType>(1000, TestType(1)));
  for (const std::size_t cut : {0u, 1u, 500u, 999u, 1000u}) {
    Moments<double> first, second;
    for (std::size_t i = 0; i < cut; ++i) first.add(static_cast<double>(x[i]));
    for (std::size_t i = cut; i < 1000; ++i) second.add(static_cast<double>(x[i]));
    Moments<double> forwards = first, backwards = second;
    forwards.merge(second);
    backwards.merge(first);
    for (const Moments<double>& merged : {forwards, backwards}) {
      // A thousand updates, each with a few roundings of 1.1e-16.
      CHECK(merged.weight == 1000);
      CHECK(merged.mean == Approx(expected.mean).epsilon(5e-13));
      CHECK(merged.squared_deviations == Approx(expected.squared_deviations).epsilon(5e-13));
    }
  }
}

TEMPLATE_TEST_CASE("a weight of N in moments is the same as N repeats", "", float, double) {
  const std::vector<TestType> x = noise<TestType>(53, 600, -7);
  std::vector<TestType> weights, repeated;
  for (std::size_t i = 0; i < x.size(); ++i) {
    weights.push_back(static_cast<TestType>(i % 4));
    repeated.insert(repeated.end(), i % 4, x[i]);
  }
  const Moments<double> weighted = thrum::moments<double>(view(x), view(weights));
  const Moments<double> plain = thrum::moments<double>(view(repeated));
  // Two orders of summation, 300 roundings of 1.1e-16 each.
  CHECK(weighted.weight == plain.weight);
  CHECK(weighted.mean == Approx(plain.mean).epsilon(1e-13));
  CHECK(weighted.squared_deviations == Approx(plain.squared_deviations).epsilon(1e-13));
  CHECK(weighted.variance() == Approx(plain.variance()).epsilon(1e-13));
}

TEMPLATE_TEST_CASE("a constant has its own mean and no variance, exactly", "", float, double) {
  for (const double constant : {0.1, 1e8 + 8, -3e-30}) {
    const std::vector<TestType> x(5001, static_cast<TestType>(constant));
    const Moments<double> found = thrum::moments<double>(view(x));
    CHECK(found.mean == static_cast<double>(x[0]));
    CHECK(found.squared_deviations == 0);
  }
}

TEMPLATE_TEST_CASE("nothing, and weights of 0, leave moments empty", "", float, double) {
  const std::vector<TestType> x{5, 6}, none{0, 0}, first_only{2, 0};
  CHECK(thrum::moments<double>(VectorView<const TestType>{}).weight == 0);
  CHECK(thrum::moments<double>(VectorView<const TestType>{}).variance() == 0);
  CHECK(thrum::moments<double>(view(x), view(none)).weight == 0);
  CHECK(thrum::moments<double>(view(x), view(none)).mean == 0);
  CHECK(thrum::moments<double>(view(x), view(first_only)).mean == 5);
  CHECK(thrum::moments<double>(view(x), view(first_only)).squared_deviations == 0);
  Moments<double> moments;
  moments.add(3, 0);
  CHECK(moments.mean == 0);
  moments.add(3, 2);
  CHECK(moments.mean == 3);
}

TEMPLATE_TEST_CASE("moments do not depend on where and how far apart the values lie", "", float, double) {
  const std::vector<TestType> x = noise<TestType>(54, 700, 3);
  std::vector<TestType> apart;
  for (const TestType value : x) apart.insert(apart.end(), {value, TestType(99), TestType(99)});
  const auto close = thrum::moments<double>(view(x));
  const auto far = thrum::moments<double>(VectorView<const TestType>{apart.data(), 700, 3});
  CHECK(far.mean == close.mean);
  CHECK(far.squared_deviations == close.squared_deviations);
}

namespace {

/// Powers of deviations in extended precision, two passes.
template <typename Scalar>
thrum::HigherMoments<double> higher_reference(const std::vector<Scalar>& x) {
  long double mean = 0, squares = 0, cubes = 0, fourth_powers = 0;
  for (const Scalar value : x) mean += static_cast<long double>(value);
  mean /= static_cast<long double>(x.size());
  for (const Scalar value : x) {
    const long double deviation = static_cast<long double>(value) - mean;
    squares += deviation * deviation;
    cubes += deviation * deviation * deviation;
    fourth_powers += deviation * deviation * deviation * deviation;
  }
  return {static_cast<double>(x.size()), static_cast<double>(mean), static_cast<double>(squares),
          static_cast<double>(cubes), static_cast<double>(fourth_powers)};
}

}  // namespace

TEMPLATE_TEST_CASE("merged higher moments are those of all values, in any cut and either order", "", float,
                   double) {
  std::vector<TestType> x = noise<TestType>(55, 1000, 0);
  for (TestType& value : x) value = value * value + TestType(10);  // skewed
  const thrum::HigherMoments<double> expected = higher_reference(x);
  const double spread = std::sqrt(expected.variance()), count = 1000;
  for (const std::size_t cut : {0u, 1u, 500u, 999u, 1000u}) {
    thrum::HigherMoments<double> first, second;
    for (std::size_t i = 0; i < cut; ++i) first.add(static_cast<double>(x[i]));
    for (std::size_t i = cut; i < 1000; ++i) second.add(static_cast<double>(x[i]));
    thrum::HigherMoments<double> forwards = first, backwards = second;
    forwards.merge(second);
    backwards.merge(first);
    for (const thrum::HigherMoments<double>& merged : {forwards, backwards}) {
      // A thousand updates, each with some roundings of 1.1e-16 on sums of powers of the spread.
      CHECK(merged.weight == 1000);
      CHECK(merged.mean == Approx(expected.mean).epsilon(1e-12));
      CHECK(merged.squares == Approx(expected.squares).epsilon(1e-12));
      CHECK(merged.cubes == Approx(expected.cubes).margin(1e-11 * count * std::pow(spread, 3)));
      CHECK(merged.fourth_powers == Approx(expected.fourth_powers).epsilon(1e-11));
      CHECK(merged.skewness() == Approx(expected.skewness()).epsilon(1e-10));
      CHECK(merged.kurtosis() == Approx(expected.kurtosis()).epsilon(1e-10));
    }
  }
}

TEST_CASE("skewness and kurtosis are those of the definitions") {
  thrum::HigherMoments<double> moments;
  CHECK(moments.kurtosis() == 0);
  moments.add(7, 3);
  CHECK(moments.skewness() == 0);
  CHECK(moments.kurtosis() == 0);
  // 0 0 0 4: mean 1, squares 12, cubes 27 - 3 = 24, fourth powers 81 + 3 = 84.
  thrum::HigherMoments<double> skewed;
  skewed.add(0, 3);
  skewed.add(4);
  CHECK(skewed.mean == 1);
  CHECK(skewed.variance() == 3);
  CHECK(skewed.skewness() == Approx(6 / std::pow(3.0, 1.5)).epsilon(1e-15));
  CHECK(skewed.kurtosis() == Approx(21.0 / 9).epsilon(1e-15));
  // Two equal values apart: the least kurtosis there is.
  thrum::HigherMoments<double> two;
  two.add(-1);
  two.add(1);
  CHECK(two.skewness() == 0);
  CHECK(two.kurtosis() == 1);
}
