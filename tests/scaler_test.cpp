#include "thrum/scaler.hpp"

#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/algorithm/quantile.hpp"

using thrum::Index;
using thrum::Matrix;
using thrum::Scaler;
using thrum::ScalerKind;
using thrum::ScalerOptions;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

const ScalerKind kinds[] = {ScalerKind::standard, ScalerKind::min_max, ScalerKind::robust};

template <typename Scalar>
Scaler<Scalar> fitted(const thrum::MatrixInput<Scalar>& x, ScalerKind kind = ScalerKind::standard) {
  Scaler<Scalar> scaler(ScalerOptions{kind});
  scaler.fit(x);
  return scaler;
}

/// A few units in the last place, relative to `expected`.
template <typename Scalar>
auto about(double expected) {
  return Approx(expected).epsilon(4 * static_cast<double>(std::numeric_limits<Scalar>::epsilon()));
}

template <typename Scalar>
double mean_of(const Matrix<Scalar>& x, Index column) {
  return x.col(column).template cast<double>().mean();
}

template <typename Scalar>
double variance_of(const Matrix<Scalar>& x, Index column) {
  return (x.col(column).template cast<double>().array() - mean_of(x, column)).square().mean();
}

}  // namespace

TEMPLATE_TEST_CASE("a scaler is a regular value", "", float, double) {
  STATIC_REQUIRE(std::is_nothrow_move_constructible<Scaler<TestType>>::value);
  STATIC_REQUIRE(std::is_nothrow_move_assignable<Scaler<TestType>>::value);
  const Matrix<TestType> x = thrum_test::oracle_table<TestType>();
  const Scaler<TestType> scaler = fitted<TestType>(x);
  Scaler<TestType> copy = scaler;
  CHECK(copy == scaler);
  copy.fit(x * TestType(2));
  CHECK(copy != scaler);
  copy = scaler;
  CHECK(copy == scaler);
  const Scaler<TestType> moved = std::move(copy);
  CHECK(moved == scaler);
  CHECK(Scaler<TestType>() == Scaler<TestType>());
  CHECK(Scaler<TestType>() != scaler);
  CHECK(Scaler<TestType>() != Scaler<TestType>(ScalerOptions{ScalerKind::robust}));
  CHECK_FALSE(Scaler<TestType>().fitted());
  CHECK(scaler.fitted());
}

TEMPLATE_TEST_CASE("offsets and factors are those of the definitions", "", float, double) {
  // tests/oracle/algorithms.py
  struct Column {
    double mean, deviation, least, range, median, median_deviation;
  };
  const Column columns[] = {{0.3958333333333333, 1.8665318031638845, -2.0, 5.5, 0.25, 1.5},
                            {0.75, 1.4684175155588413, -2.0, 5.0, 0.75, 1.0},
                            {1.1041666666666667, 1.8341617446549134, -1.75, 5.25, 1.375, 1.625}};
  const Matrix<TestType> x = thrum_test::oracle_table<TestType>();
  const auto standard = fitted<TestType>(x), min_max = fitted<TestType>(x, ScalerKind::min_max),
             robust = fitted<TestType>(x, ScalerKind::robust);
  for (Index f = 0; f < 3; ++f) {
    const Column& expected = columns[f];
    CHECK(static_cast<double>(standard.offset()[f]) == about<TestType>(expected.mean));
    CHECK(static_cast<double>(standard.factor()[f]) == about<TestType>(1 / expected.deviation));
    CHECK(static_cast<double>(min_max.offset()[f]) == expected.least);
    CHECK(static_cast<double>(min_max.factor()[f]) == about<TestType>(1 / expected.range));
    CHECK(static_cast<double>(robust.offset()[f]) == expected.median);
    CHECK(static_cast<double>(robust.factor()[f]) ==
          about<TestType>(1 / (1.4826 * expected.median_deviation)));
  }
}

TEMPLATE_TEST_CASE("scaled columns have the mean and spread of their kind", "", float, double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(71, 500, 4, 3);
  const double epsilon = static_cast<double>(std::numeric_limits<TestType>::epsilon());
  const Matrix<TestType> standard = fitted<TestType>(x).transform(x);
  const Matrix<TestType> min_max = fitted<TestType>(x, ScalerKind::min_max).transform(x);
  const auto robust = fitted<TestType>(x, ScalerKind::robust);
  const Matrix<TestType> by_median = robust.transform(x);
  for (Index f = 0; f < 4; ++f) {
    // The offset is rounded to half an epsilon of up to 20, an entry to one epsilon of up to about 3.
    CHECK(std::fabs(mean_of(standard, f)) <= 20 * epsilon);
    CHECK(std::fabs(variance_of(standard, f) - 1) <= 20 * epsilon);
    CHECK(min_max.col(f).minCoeff() == 0);
    CHECK(std::fabs(static_cast<double>(min_max.col(f).maxCoeff()) - 1) <= 2 * epsilon);
    const thrum::Vector<TestType> column = by_median.col(f);
    CHECK(std::fabs(thrum::median(thrum::detail::vector_view(column))) <= TestType(20 * epsilon));
    CHECK(std::fabs(thrum::median_absolute_deviation(thrum::detail::vector_view(column)) * TestType(1.4826) -
                    1) <= TestType(20 * epsilon));
  }
}

TEMPLATE_TEST_CASE("inverse_transform undoes transform", "", float, double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(72, 200, 3, 2);
  const TestType scale = x.cwiseAbs().maxCoeff();
  for (const ScalerKind kind : kinds) {
    const auto scaler = fitted<TestType>(x, kind);
    const Matrix<TestType> back = scaler.inverse_transform(scaler.transform(x));
    // Four roundings, none on a number larger than twice the largest entry.
    CHECK((back - x).cwiseAbs().maxCoeff() <= 8 * std::numeric_limits<TestType>::epsilon() * scale);
  }
}

TEMPLATE_TEST_CASE("one-sided outliers move the standard factor, not the robust one", "", float, double) {
  thrum::Random random(73);
  Matrix<TestType> x = thrum_test::noise<TestType>(random, 101, 1);
  const auto robust = fitted<TestType>(x, ScalerKind::robust), standard = fitted<TestType>(x);
  Index largest = 0;
  x.col(0).maxCoeff(&largest);
  x(largest, 0) = TestType(1e6);
  CHECK(fitted<TestType>(x, ScalerKind::robust) == robust);
  CHECK(fitted<TestType>(x).factor()[0] < standard.factor()[0] / 1000);
}

TEMPLATE_TEST_CASE("a constant column is only moved to 0", "", float, double) {
  for (const ScalerKind kind : kinds) {
    for (const double constant : {0.0, 0.1, -3e7, 1e-30}) {
      const Matrix<TestType> x = Matrix<TestType>::Constant(700, 2, static_cast<TestType>(constant));
      const auto scaler = fitted<TestType>(x, kind);
      CHECK(scaler.factor() == thrum::Vector<TestType>::Ones(2));
      CHECK(scaler.offset()[0] == x(0, 0));
      CHECK(scaler.transform(x).isZero(0));
      CHECK(scaler.inverse_transform(scaler.transform(x)) == x);
    }
  }
}

TEMPLATE_TEST_CASE("one row is constant in every column", "", float, double) {
  Matrix<TestType> x(1, 3);
  x << 5, -7, 0;
  for (const ScalerKind kind : kinds) {
    CHECK(fitted<TestType>(x, kind).factor() == thrum::Vector<TestType>::Ones(3));
    CHECK(fitted<TestType>(x, kind).transform(x).isZero(0));
  }
}

TEMPLATE_TEST_CASE("a column that varies a little is not called constant", "", float, double) {
  Matrix<TestType> x(4, 2);
  for (const double step : {1e-30, sizeof(TestType) == sizeof(double) ? 1e-200 : 1e-36}) {
    const TestType tiny = static_cast<TestType>(step);
    x << 0, tiny, tiny, 2 * tiny, 2 * tiny, 3 * tiny, 3 * tiny, 4 * tiny;
    for (const ScalerKind kind : kinds) {
      const auto scaler = fitted<TestType>(x, kind);
      const Matrix<TestType> scaled = scaler.transform(x);
      CHECK(scaler.factor()[0] > TestType(0.1) / tiny);
      CHECK(static_cast<double>(scaled(3, 0) - scaled(0, 0)) > 0.9);
      CHECK(scaled(2, 1) > scaled(1, 1));
    }
    // 0 1 2 3 has variance 5/4.
    CHECK(static_cast<double>(fitted<TestType>(x).factor()[0]) * static_cast<double>(tiny) ==
          about<TestType>(1 / std::sqrt(1.25)));
  }
}

TEMPLATE_TEST_CASE("variation in the last digit is variation", "", float, double) {
  const TestType next = std::nextafter(TestType(1), TestType(2));
  Matrix<TestType> x(2, 1);
  x << 1, next;
  CHECK(static_cast<double>(fitted<TestType>(x).factor()[0]) ==
        about<TestType>(2 / static_cast<double>(std::numeric_limits<TestType>::epsilon())));
}

TEMPLATE_TEST_CASE("subnormal variation gets the largest factor and stays finite", "", float, double) {
  const TestType least = std::numeric_limits<TestType>::denorm_min();
  Matrix<TestType> x(3, 1);
  x << 0, least, 0;
  for (const ScalerKind kind : kinds) {
    const auto scaler = fitted<TestType>(x, kind);
    CHECK(scaler.factor()[0] == std::numeric_limits<TestType>::max());
    CHECK(scaler.transform(x).allFinite());
    CHECK(scaler.transform(x)(1, 0) > 0);
  }
}

TEMPLATE_TEST_CASE("a column mostly of one value falls back from its median deviation to the standard one",
                   "", float, double) {
  Matrix<TestType> x(5, 1);
  x << 4, 4, 4, 4, 9;
  const auto robust = fitted<TestType>(x, ScalerKind::robust);
  CHECK(robust.offset()[0] == 4);
  CHECK(static_cast<double>(robust.factor()[0]) == about<TestType>(0.5));
}

TEMPLATE_TEST_CASE("a large common offset takes nothing from the factor", "", float, double) {
  // 1e8 + 0, 8, 16, 24 are floats; the variance of 0 8 16 24 is 80.
  Matrix<TestType> x(4, 1);
  x << 100000000, 100000008, 100000016, 100000024;
  const auto scaler = fitted<TestType>(x);
  CHECK(static_cast<double>(scaler.factor()[0]) == about<TestType>(1 / std::sqrt(80.0)));
  CHECK(static_cast<double>(scaler.offset()[0]) ==
        Approx(100000012.0).margin(sizeof(TestType) == sizeof(float) ? 4 : 0));
}

TEMPLATE_TEST_CASE("a zero's sign does not matter", "", float, double) {
  Matrix<TestType> plus(3, 1), minus(3, 1);
  plus << 0, 1, 0;
  minus << -TestType(0), 1, -TestType(0);
  for (const ScalerKind kind : kinds) CHECK(fitted<TestType>(minus, kind) == fitted<TestType>(plus, kind));
}

TEMPLATE_TEST_CASE("data a scaler cannot learn from are refused by name and place, and change nothing", "",
                   float, double) {
  const TestType infinity = std::numeric_limits<TestType>::infinity();
  const Matrix<TestType> good = thrum_test::oracle_table<TestType>();
  for (const ScalerKind kind : kinds) {
    Scaler<TestType> scaler = fitted<TestType>(good, kind);
    const Scaler<TestType> before = scaler;
    const auto refused = [&](const Matrix<TestType>& x) { return refusal([&] { scaler.fit(x); }); };
    Matrix<TestType> bad = good;
    bad(2, 1) = std::numeric_limits<TestType>::quiet_NaN();
    CHECK_THAT(refused(bad), contains("thrum::Scaler::fit: x(2, 1) is nan, expected a finite number"));
    bad(2, 1) = -infinity;
    CHECK_THAT(refused(bad), contains("thrum::Scaler::fit: x(2, 1) is -inf, expected a finite number"));
    CHECK_THAT(refused(Matrix<TestType>(0, 3)), contains("thrum::Scaler::fit: x is 0 x 3, expected"));
    CHECK_THAT(refused(Matrix<TestType>(3, 0)), contains("thrum::Scaler::fit: x is 3 x 0, expected"));
    CHECK_THAT(refused(Matrix<TestType>()), contains("thrum::Scaler::fit: x is 0 x 0, expected"));
    bad = good;
    bad(0, 2) = std::numeric_limits<TestType>::max();
    CHECK_THAT(refused(bad), contains("thrum::Scaler::fit: column 2 of x spans"));
    CHECK(scaler == before);
  }
}

TEMPLATE_TEST_CASE("samples a scaler cannot scale are refused by name and place, and the output stays", "",
                   float, double) {
  const Matrix<TestType> good = thrum_test::oracle_table<TestType>();
  const Scaler<TestType> scaler = fitted<TestType>(good);
  const Scaler<TestType> empty;
  Matrix<TestType> bad = good;
  bad(23, 0) = std::numeric_limits<TestType>::infinity();
  Matrix<TestType> output = Matrix<TestType>::Constant(24, 3, TestType(77));
  const auto refused = [&](const Matrix<TestType>& x) {
    return refusal([&] { scaler.transform(x, thrum::view(output)); });
  };
  CHECK_THAT(refused(bad), contains("thrum::Scaler::transform: x(23, 0) is inf, expected a finite number"));
  CHECK_THAT(refused(good.leftCols(2)), contains("thrum::Scaler::transform: x has 2 columns, expected 3"));
  CHECK_THAT(refused(good.topRows(2)),
             contains("thrum::Scaler::transform: the result is 24 x 3, expected 2 x 3"));
  CHECK((output.array() == TestType(77)).all());
  CHECK_THAT(refusal([&] { scaler.inverse_transform(bad); }),
             contains("thrum::Scaler::inverse_transform: x(23, 0) is inf"));
  CHECK_THAT(refusal([&] { scaler.inverse_transform(good.leftCols(1)); }),
             contains("thrum::Scaler::inverse_transform: x has 1 columns, expected 3"));
  CHECK_THAT(refusal([&] { empty.transform(good); }), contains("thrum::Scaler::transform: not fitted"));
  CHECK_THAT(refusal([&] { empty.inverse_transform(good); }),
             contains("thrum::Scaler::inverse_transform: not fitted"));
}

TEMPLATE_TEST_CASE(
    "samples that come bit by bit give the scaler of all, in any cut and either order of merging", "", float,
    double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(74, 600, 3, 2).array() + TestType(100);
  for (const ScalerKind kind : {ScalerKind::standard, ScalerKind::min_max}) {
    const auto all = fitted<TestType>(x, kind);
    for (const Index cut : {1, 256, 599}) {
      Scaler<TestType> running(ScalerOptions{kind}), rest = running;
      running.partial_fit(x.topRows(cut));
      rest.fit(x.bottomRows(600 - cut));
      Scaler<TestType> forwards = running, backwards = rest, empty(ScalerOptions{kind});
      forwards.merge(rest);
      backwards.merge(running);
      empty.merge(forwards);
      empty.merge(Scaler<TestType>(ScalerOptions{kind}));
      running.partial_fit(x.bottomRows(600 - cut));
      CHECK(running == forwards);
      CHECK(empty == forwards);
      for (const auto& found : {running, backwards}) {
        for (Index f = 0; f < 3; ++f) {
          CHECK(static_cast<double>(found.offset()[f]) ==
                about<TestType>(static_cast<double>(all.offset()[f])));
          CHECK(static_cast<double>(found.factor()[f]) ==
                about<TestType>(static_cast<double>(all.factor()[f])));
        }
      }
      if (kind == ScalerKind::min_max) CHECK(running == all);
    }
  }
}

TEMPLATE_TEST_CASE("parts of tiny and of ordinary spread are joined without a loss", "", float, double) {
  const double step = sizeof(TestType) == sizeof(double) ? 1e-200 : 1e-36;
  const TestType tiny = static_cast<TestType>(step);
  Matrix<TestType> first(2, 1), second(2, 1), ordinary(2, 1);
  first << 0, tiny;
  second << 2 * tiny, 3 * tiny;
  ordinary << -1, 1;
  Scaler<TestType> scaler;
  scaler.partial_fit(first);
  scaler.partial_fit(second);
  // 0 1 2 3 has variance 5/4.
  CHECK(static_cast<double>(scaler.factor()[0]) * static_cast<double>(tiny) ==
        about<TestType>(1 / std::sqrt(1.25)));
  scaler.partial_fit(ordinary);  // 0 0 0 0 -1 1 to rounding
  CHECK(static_cast<double>(scaler.factor()[0]) == about<TestType>(std::sqrt(3.0)));
}

TEMPLATE_TEST_CASE("a weight of N in a scaler is the same as N repeats", "", float, double) {
  const Matrix<TestType> x = thrum_test::blobs<TestType>(75, 50, 3, 2);
  thrum::Vector<TestType> weights(50);
  Matrix<TestType> repeated(0, 3);
  for (Index i = 0; i < 50; ++i) {
    weights[i] = static_cast<TestType>(i % 3);
    for (Index k = 0; k < i % 3; ++k) {
      repeated.conservativeResize(repeated.rows() + 1, 3);
      repeated.row(repeated.rows() - 1) = x.row(i);
    }
  }
  for (const ScalerKind kind : {ScalerKind::standard, ScalerKind::min_max}) {
    Scaler<TestType> weighted(ScalerOptions{kind});
    weighted.fit(x, weights);
    const auto plain = fitted<TestType>(repeated, kind);
    for (Index f = 0; f < 3; ++f) {
      CHECK(static_cast<double>(weighted.offset()[f]) ==
            about<TestType>(static_cast<double>(plain.offset()[f])));
      CHECK(static_cast<double>(weighted.factor()[f]) ==
            about<TestType>(static_cast<double>(plain.factor()[f])));
    }
  }
}

TEMPLATE_TEST_CASE("what a scaler cannot join is refused and changes nothing", "", float, double) {
  const Matrix<TestType> x = thrum_test::oracle_table<TestType>();
  auto robust = fitted<TestType>(x, ScalerKind::robust), standard = fitted<TestType>(x);
  const auto before = standard;
  CHECK_THAT(refusal([&] { robust.partial_fit(x); }),
             contains("thrum::Scaler::partial_fit: kind is robust, expected standard or min_max"));
  CHECK_THAT(refusal([&] { robust.merge(robust); }), contains("thrum::Scaler::merge: kind is robust"));
  CHECK_THAT(refusal([&] { robust.fit(x, thrum::Vector<TestType>::Ones(24)); }),
             contains("thrum::Scaler::fit: weights has 24 entries, expected none"));
  CHECK_THAT(refusal([&] { standard.merge(fitted<TestType>(x, ScalerKind::min_max)); }),
             contains("other is of another kind"));
  CHECK_THAT(refusal([&] { standard.merge(fitted<TestType>(x.leftCols(2))); }),
             contains("other has 2 features, expected 3"));
  CHECK_THAT(refusal([&] { standard.partial_fit(x.leftCols(2)); }),
             contains("thrum::Scaler::partial_fit: x has 2 columns, expected 3"));
  CHECK_THAT(refusal([&] { standard.partial_fit(x, thrum::Vector<TestType>::Zero(24)); }),
             contains("weights are all 0"));
  Matrix<TestType> bad = x;
  bad(3, 1) = std::numeric_limits<TestType>::quiet_NaN();
  CHECK_THAT(refusal([&] { standard.partial_fit(bad); }),
             contains("thrum::Scaler::partial_fit: x(3, 1) is nan"));
  CHECK(standard == before);
}

TEMPLATE_TEST_CASE("no samples are scaled to no samples", "", float, double) {
  const Scaler<TestType> scaler = fitted<TestType>(thrum_test::oracle_table<TestType>());
  CHECK(scaler.transform(Matrix<TestType>(0, 3)).rows() == 0);
  CHECK(scaler.transform(Matrix<TestType>(0, 3)).cols() == 3);
}
