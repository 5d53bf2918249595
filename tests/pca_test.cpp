#include "thrum/pca.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#if defined(_OPENMP)
#include <omp.h>
#endif

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/algorithm/projection.hpp"
#include "thrum/parallel_analysis.hpp"

using thrum::Index;
using thrum::Matrix;
using thrum::PCA;
using thrum::PCAOptions;
using thrum_test::contains;
using thrum_test::refusal;

namespace {

template <typename Scalar>
constexpr double epsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());

PCAOptions keep(int components, bool whiten = false) {
  PCAOptions options;
  options.components = components;
  options.whiten = whiten;
  return options;
}

PCAOptions keep_share(double share) {
  PCAOptions options;
  options.variance_share = share;
  return options;
}

template <typename Scalar>
PCA<Scalar> fitted(const thrum::MatrixInput<Scalar>& x, PCAOptions options = {}) {
  PCA<Scalar> pca(options);
  pca.fit(x);
  return pca;
}

/// n x d noise with standard deviations 2^0, 2^-1, ... along d random directions, around an offset.
template <typename Scalar>
Matrix<Scalar> tilted(std::uint64_t seed, Index rows, Index cols, double offset = 0) {
  thrum::Random random(seed);
  Matrix<double> x = thrum_test::noise<double>(random, rows, cols);
  for (Index f = 0; f < cols; ++f) x.col(f) *= std::ldexp(1.0, -static_cast<int>(f));
  const Matrix<double> rotation = thrum_test::noise<double>(random, cols, cols);
  return (x * rotation).array().template cast<Scalar>() + static_cast<Scalar>(offset);
}

/// Covariance over n - 1, in double.
template <typename Scalar>
Eigen::MatrixXd covariance(const Matrix<Scalar>& x) {
  Eigen::MatrixXd centered = x.template cast<double>();
  centered.rowwise() -= centered.colwise().mean().eval();
  return centered.transpose() * centered / static_cast<double>(x.rows() - 1);
}

template <typename Scalar>
double error_of_orthonormality(const PCA<Scalar>& pca) {
  const Eigen::MatrixXd components = pca.components().template cast<double>();
  const Index p = components.rows();
  return (components * components.transpose() - Eigen::MatrixXd::Identity(p, p)).cwiseAbs().maxCoeff();
}

/// The sign rule, from its definition.
template <typename Scalar>
bool signs_are_fixed(const PCA<Scalar>& pca) {
  for (Index c = 0; c < pca.components().rows(); ++c) {
    const auto direction = pca.components().row(c);
    const Scalar bound = direction.cwiseAbs().maxCoeff() * (1 - Scalar(1e-6));
    Index f = 0;
    while (std::fabs(direction[f]) < bound) ++f;
    if (direction[f] < 0) return false;
  }
  return true;
}

/// What must hold for the components of any data: unit directions, by falling variance, that diagonalise the
/// covariance; fixed signs.
template <typename Scalar>
void check_laws(const PCA<Scalar>& pca, const Matrix<Scalar>& x) {
  const Eigen::MatrixXd components = pca.components().template cast<double>();
  const Eigen::VectorXd& variances = pca.explained_variance();
  const Eigen::MatrixXd exact = covariance(x);
  const double d = static_cast<double>(x.cols());
  // Loadings are at most 1 and rounded to half an epsilon; a product of two directions has d terms.
  CHECK(error_of_orthonormality(pca) <= (d + 2) * epsilon<Scalar>);
  CHECK(signs_are_fixed(pca));
  for (Index c = 0; c + 1 < variances.size(); ++c) CHECK(variances[c] >= variances[c + 1]);
  const Eigen::MatrixXd residual =
      exact * components.transpose() - components.transpose() * variances.asDiagonal();
  // The solver's own error is a few d epsilon of a double; rounding the loadings adds theirs.
  CHECK(residual.cwiseAbs().maxCoeff() <= 4 * d * epsilon<Scalar> * exact.norm());
  CHECK(pca.explained_variance_ratio().sum() <= 1 + d * epsilon<double>);
}

}  // namespace

// ---- a regular value

TEMPLATE_TEST_CASE("a PCA is a regular value", "", float, double) {
  STATIC_REQUIRE(std::is_nothrow_move_constructible<PCA<TestType>>::value);
  STATIC_REQUIRE(std::is_nothrow_move_assignable<PCA<TestType>>::value);
  const Matrix<TestType> x = tilted<TestType>(101, 50, 4);
  const PCA<TestType> pca = fitted<TestType>(x, keep(2));
  PCA<TestType> copy = pca;
  CHECK(copy == pca);
  CHECK(copy.transform(x) == pca.transform(x));
  copy.fit(tilted<TestType>(102, 50, 4));
  CHECK(copy != pca);
  copy = pca;
  const PCA<TestType> moved = std::move(copy);
  CHECK(moved == pca);
  CHECK(moved.transform(x) == pca.transform(x));
  CHECK(PCA<TestType>() == PCA<TestType>());
  CHECK(PCA<TestType>(keep(2)) != PCA<TestType>(keep(3)));
  CHECK(PCA<TestType>(keep(2)) != pca);
  CHECK(pca.fitted());
  CHECK_FALSE(PCA<TestType>().fitted());
}

TEMPLATE_TEST_CASE("two PCA that differ only in what they left out are not equal", "", float, double) {
  Matrix<TestType> narrow = Matrix<TestType>::Zero(4, 2), wide = narrow;
  narrow.col(0) << 4, -4, 0, 0;
  narrow.col(1) << 0, 0, 1, -1;
  wide.col(0) << 4, -4, 0, 0;
  wide.col(1) << 0, 0, 2, -2;
  const PCA<TestType> first = fitted<TestType>(narrow, keep(1)), second = fitted<TestType>(wide, keep(1));
  CHECK(first.components() == second.components());
  CHECK(first.noise_variance() != second.noise_variance());
  CHECK(first != second);
}

// ---- known answers

TEMPLATE_TEST_CASE("iris as Fisher has it has its known components", "[real-data]", float, double) {
  const Matrix<TestType> x = thrum_test::fisher_iris().template cast<TestType>();
  const PCA<TestType> pca = fitted<TestType>(x);
  const double variances[] = {4.2282417060, .2426707479, .0782095000, .0238350930};
  const double ratios[] = {.92461872, .05306648, .01710261, .00521218};
  const double singular_values[] = {25.09996044, 6.01314738, 3.41368064, 1.88452351};
  const double direction[] = {.36138659, -.08452251, .85667061, .35828920};
  // Half a unit of the last digit given; and in float, entries near 8 are rounded by 2.4e-7, each on its own,
  // which moves variances by less than the root of 2.4e-7^2 * 4.2 / 150 and directions by less than that over
  // .24.
  const double in_float = sizeof(TestType) == sizeof(float) ? 1e-6 : 0;
  for (Index c = 0; c < 4; ++c) {
    CHECK(std::fabs(pca.explained_variance()[c] - variances[c]) <= 0.51e-10 + in_float);
    CHECK(std::fabs(pca.explained_variance_ratio()[c] - ratios[c]) <= 0.51e-8 + in_float);
    CHECK(std::fabs(pca.singular_values()[c] - singular_values[c]) <= 0.51e-8 + 10 * in_float);
    CHECK(std::fabs(static_cast<double>(pca.components()(0, c)) - direction[c]) <= 0.51e-8 + in_float);
  }
  check_laws(pca, x);
}

TEMPLATE_TEST_CASE("iris as UCI has it has its known variances", "[real-data]", float, double) {
  const PCA<TestType> pca = fitted<TestType>(thrum_test::iris().template cast<TestType>());
  const double variances[] = {4.2248407683, .2422435716, .0785239081, .0236830271};
  const double in_float = sizeof(TestType) == sizeof(float) ? 1e-6 : 0;
  for (Index c = 0; c < 4; ++c)
    CHECK(std::fabs(pca.explained_variance()[c] - variances[c]) <= 0.51e-10 + in_float);
}

TEMPLATE_TEST_CASE("points on a slanted cross have its axes", "", float, double) {
  // Along (3, 4) / 5 by 10, along (-4, 3) / 5 by 5, around (100, -7): variances 200 / 3 and 50 / 3.
  Matrix<TestType> x(4, 2);
  x << 6, 8, -6, -8, -4, 3, 4, -3;
  x.rowwise() += Eigen::Matrix<TestType, 1, 2>(100, -7);
  const PCA<TestType> pca = fitted<TestType>(x);
  CHECK(pca.mean()[0] == 100);
  CHECK(pca.mean()[1] == -7);
  const double slack = 4 * epsilon<TestType>;
  CHECK(pca.explained_variance()[0] == Approx(200.0 / 3).epsilon(slack));
  CHECK(pca.explained_variance()[1] == Approx(50.0 / 3).epsilon(slack));
  CHECK(pca.singular_values()[0] == Approx(std::sqrt(200.0)).epsilon(slack));
  CHECK(pca.explained_variance_ratio()[0] == Approx(0.8).epsilon(slack));
  Eigen::Matrix2d directions;
  directions << 0.6, 0.8, 0.8, -0.6;  // the larger loading is positive
  CHECK((pca.components().template cast<double>() - directions).cwiseAbs().maxCoeff() <= slack);
  Matrix<TestType> z(4, 2);
  z << 10, 0, -10, 0, 0, -5, 0, 5;
  CHECK((pca.transform(x) - z).cwiseAbs().maxCoeff() <= TestType(10 * slack));
  CHECK(pca.noise_variance() == 0);
  CHECK(fitted<TestType>(x, keep(1)).noise_variance() == Approx(50.0 / 3).epsilon(slack));
}

TEMPLATE_TEST_CASE("of equal loadings the first is positive", "", float, double) {
  Matrix<TestType> x(2, 3);
  x << 1, -1, 1, -1, 1, -1;
  const PCA<TestType> pca = fitted<TestType>(x, keep(1));
  CHECK(pca.components()(0, 0) > 0);
  CHECK(pca.components()(0, 1) < 0);
  CHECK(fitted<TestType>(-x, keep(1)).components() == pca.components());
}

// ---- laws

TEMPLATE_TEST_CASE("components are unit directions that diagonalise the covariance", "", float, double) {
  for (const Index cols : {1, 2, 5, 20}) {
    for (const Index rows : {20, 257, 1000}) {
      const Matrix<TestType> x = tilted<TestType>(103, rows, cols, 3);
      check_laws(fitted<TestType>(x), x);
      check_laws(fitted<TestType>(x, keep(1)), x);
    }
  }
}

TEMPLATE_TEST_CASE("with fewer rows than columns the Gram side obeys the same laws", "", float, double) {
  for (const Index rows : {2, 3, 10, 19}) {
    const Matrix<TestType> x = tilted<TestType>(104, rows, 20, -2);
    const PCA<TestType> pca = fitted<TestType>(x);
    CHECK(pca.components().rows() == rows);
    check_laws(pca, x);
    // n points span n - 1 directions; the last is an axis to complete the basis.
    CHECK(pca.explained_variance()[rows - 1] <= 20 * epsilon<double> * pca.explained_variance()[0]);
    CHECK(pca.transform(x).allFinite());
  }
}

TEMPLATE_TEST_CASE("the Gram side gives what the covariance side gives", "", float, double) {
  // 12 rows of 15 columns go by the Gram matrix. Each row twice: the same mean, n = 24 >= d, so by the
  // covariance; and the sums of squares double, over 23 instead of 11.
  const Matrix<TestType> x = tilted<TestType>(105, 12, 15, 1);
  Matrix<TestType> twice(24, 15);
  twice << x, x;
  const PCA<TestType> gram = fitted<TestType>(x, keep(5)), by_covariance = fitted<TestType>(twice, keep(5));
  for (Index c = 0; c < 5; ++c) {
    // Variances of a double solver, relative to the first; directions by that over the gap to the neighbours.
    CHECK(by_covariance.explained_variance()[c] * 23 / 22 ==
          Approx(gram.explained_variance()[c]).margin(1e-13 * gram.explained_variance()[0]));
    CHECK((by_covariance.components() - gram.components()).row(c).cwiseAbs().maxCoeff() <=
          TestType(1e-10 + epsilon<TestType>));
  }
  CHECK((by_covariance.transform(x) - gram.transform(x)).cwiseAbs().maxCoeff() <=
        TestType((1e-10 + 20 * epsilon<TestType>)*static_cast<double>(x.cwiseAbs().maxCoeff())));
}

TEMPLATE_TEST_CASE("coordinates are uncorrelated, centred, and have the explained variances", "", float,
                   double) {
  const Matrix<TestType> x = tilted<TestType>(106, 400, 4, 5);
  const PCA<TestType> pca = fitted<TestType>(x);
  const Matrix<TestType> z = pca.transform(x);
  const Eigen::MatrixXd found = covariance(z), expected = pca.explained_variance().asDiagonal();
  const double scale = pca.explained_variance()[0];
  CHECK((found - expected).cwiseAbs().maxCoeff() <= 30 * epsilon<TestType> * scale);
  // Offset and mean are rounded to half an epsilon of 5 and some.
  CHECK(z.template cast<double>().colwise().mean().cwiseAbs().maxCoeff() <= 40 * epsilon<TestType>);
}

TEMPLATE_TEST_CASE("all components give the data back, fewer leave the noise variance out", "", float,
                   double) {
  const Matrix<TestType> x = tilted<TestType>(107, 100, 5, 2);
  const double scale = static_cast<double>(x.cwiseAbs().maxCoeff());
  for (const bool whiten : {false, true}) {
    PCAOptions all;
    all.whiten = whiten;
    const PCA<TestType> pca = fitted<TestType>(x, all);
    const Matrix<TestType> back = pca.inverse_transform(pca.transform(x));
    // Two products of five terms; whitening divides and multiplies by up to the ratio of deviations, which is
    // alike in both directions and costs as many roundings again.
    CHECK(static_cast<double>((back - x).cwiseAbs().maxCoeff()) <= 30 * epsilon<TestType> * scale);

    const PCA<TestType> some = fitted<TestType>(x, keep(3, whiten));
    const Eigen::MatrixXd rest = (some.inverse_transform(some.transform(x)) - x).template cast<double>();
    // The squares of what is missing sum to the variances left out, of which there are two, times n - 1.
    CHECK(rest.squaredNorm() / 99 ==
          Approx(2 * some.noise_variance()).epsilon(1e-10).margin(100 * epsilon<TestType> * scale * scale));
    const Eigen::VectorXd& variances = pca.explained_variance();
    CHECK(some.noise_variance() == Approx((variances[3] + variances[4]) / 2).epsilon(1e-10));
  }
}

TEMPLATE_TEST_CASE("whitened coordinates have the identity for covariance", "", float, double) {
  const Matrix<TestType> x = tilted<TestType>(108, 300, 4);
  PCAOptions options;
  options.whiten = true;
  const PCA<TestType> pca = fitted<TestType>(x, options);
  const Eigen::VectorXd& variances = pca.explained_variance();
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(4, 4);
  // Roundings of entries as large as the first deviation, seen in units of the last.
  // And those of the covariance, of sums of up to 256 products in double, in units of the last variance.
  const double ratio = variances[0] / variances[3];
  const double slack = 30 * epsilon<TestType> * std::sqrt(ratio) + 16 * epsilon<double> * ratio;
  CHECK((covariance(pca.transform(x)) - identity).cwiseAbs().maxCoeff() <= slack);
  CHECK(error_of_orthonormality(pca) <= 6 * epsilon<TestType>);  // components stay unit directions
}

TEMPLATE_TEST_CASE("the check of whitening would see coordinates that are not", "", float, double) {
  const Matrix<TestType> x = tilted<TestType>(108, 300, 4);
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(4, 4);
  CHECK((covariance(fitted<TestType>(x).transform(x)) - identity).cwiseAbs().maxCoeff() > 0.1);
}

TEMPLATE_TEST_CASE("variance_share keeps the fewest components that reach it", "", float, double) {
  const Matrix<TestType> x = tilted<TestType>(109, 200, 6);
  const Eigen::VectorXd ratio = fitted<TestType>(x).explained_variance_ratio();
  double reached = 0;
  for (Index p = 1; p <= 6; ++p) {
    const double before = reached;
    reached += ratio[p - 1];
    const auto kept = [&](double share) {
      return fitted<TestType>(x, keep_share(share)).components().rows();
    };
    CHECK(kept((before + reached) / 2) == p);
    CHECK(kept(reached - 1e-12) == p);
    if (p < 6) CHECK(kept(reached + 1e-12) == p + 1);
  }
  CHECK(fitted<TestType>(x, keep_share(1)).components().rows() == 6);
  CHECK(fitted<TestType>(x, keep_share(1e-9)).components().rows() == 1);
  CHECK(fitted<TestType>(x).components().rows() == 6);
}

TEMPLATE_TEST_CASE("ratios, noise and components agree however many are kept", "", float, double) {
  const Matrix<TestType> x = tilted<TestType>(110, 150, 5);
  const PCA<TestType> all = fitted<TestType>(x);
  CHECK(all.explained_variance_ratio().sum() == Approx(1).epsilon(1e-14));
  for (int p = 1; p <= 5; ++p) {
    const PCA<TestType> some = fitted<TestType>(x, keep(p));
    CHECK(some.components() == all.components().topRows(p));
    CHECK(some.explained_variance() == all.explained_variance().head(p));
    CHECK(some.explained_variance_ratio() == all.explained_variance_ratio().head(p));
    CHECK(some.transform(x) == all.transform(x).leftCols(p));
    const Eigen::VectorXd squares = some.singular_values().cwiseAbs2() / 149;
    for (Index c = 0; c < p; ++c) CHECK(squares[c] == Approx(some.explained_variance()[c]).epsilon(1e-14));
  }
}

// ---- hostile data

TEMPLATE_TEST_CASE("a large common offset takes no digit from the components", "", float, double) {
  // Multiples of 1/16 below 8 on top of 1e6 are floats: shifting by it is exact.
  Matrix<TestType> x = tilted<TestType>(111, 256, 3);
  x = (x * TestType(16)).array().round().matrix() / TestType(16);
  REQUIRE(x.cwiseAbs().maxCoeff() < 32);
  const Matrix<TestType> shifted = x.array() + TestType(1000000);
  REQUIRE(Matrix<TestType>(shifted.array() - TestType(1000000)) == x);
  const PCA<TestType> pca = fitted<TestType>(x), moved = fitted<TestType>(shifted);
  for (Index c = 0; c < 3; ++c) {
    // A mean in double near 1e6 is off by 1e-10.
    CHECK(moved.explained_variance()[c] == Approx(pca.explained_variance()[c]).epsilon(1e-9));
    CHECK((moved.components() - pca.components()).row(c).cwiseAbs().maxCoeff() <=
          TestType(1e-8 + epsilon<TestType>));
  }
  // The stored mean is rounded to the scalar: half a unit of 1e6.
  CHECK((moved.transform(shifted) - pca.transform(x)).cwiseAbs().maxCoeff() <=
        TestType(1e-7 + 1e6 * epsilon<TestType>));
}

TEMPLATE_TEST_CASE("rows that are all equal have no variance, and any axes", "", float, double) {
  for (const Index cols : {3, 9}) {  // covariance side, Gram side
    for (const bool whiten : {false, true}) {
      const Matrix<TestType> x = Matrix<TestType>::Constant(5, cols, TestType(0.1));
      PCAOptions options;
      options.whiten = whiten;
      const PCA<TestType> pca = fitted<TestType>(x, options);
      CHECK(pca.explained_variance().isZero(0));
      CHECK(pca.explained_variance_ratio().isZero(0));
      CHECK(pca.singular_values().isZero(0));
      CHECK(pca.noise_variance() == 0);
      CHECK(error_of_orthonormality(pca) <= 10 * epsilon<TestType>);
      CHECK(pca.transform(x).isZero(0));
      CHECK(pca.inverse_transform(pca.transform(x)) == x);
      CHECK(fitted<TestType>(x, keep_share(0.9)).components().rows() == 1);
    }
  }
}

TEMPLATE_TEST_CASE("directions without variance are whitened to 0, not to noise", "", float, double) {
  // The third column is the sum of the first two: rank 2.
  Matrix<TestType> x = tilted<TestType>(112, 60, 3);
  x.col(2) = x.col(0) + x.col(1);
  x = (x * TestType(64)).array().round().matrix();
  x.col(2) = x.col(0) + x.col(1);
  PCAOptions options;
  options.whiten = true;
  const PCA<TestType> pca = fitted<TestType>(x, options);
  const Matrix<TestType> z = pca.transform(x);
  CHECK(z.allFinite());
  CHECK(z.col(2).isZero(0));
  const Matrix<TestType> few = tilted<TestType>(113, 4, 8);
  const Matrix<TestType> whitened = fitted<TestType>(few, options).transform(few);
  CHECK(whitened.allFinite());
  CHECK(whitened.col(3).isZero(0));
}

TEMPLATE_TEST_CASE("many rows fewer than columns, with repeats, still complete a basis", "", float, double) {
  // Three distinct rows among eight: five null directions to be filled in.
  const Matrix<TestType> distinct = tilted<TestType>(114, 3, 12);
  Matrix<TestType> x(8, 12);
  for (Index i = 0; i < 8; ++i) x.row(i) = distinct.row(i % 3);
  const PCA<TestType> pca = fitted<TestType>(x);
  CHECK(pca.components().rows() == 8);
  check_laws(pca, x);
}

TEMPLATE_TEST_CASE("one column, two rows, a constant column, zeros of either sign and subnormals have a PCA",
                   "", float, double) {
  Matrix<TestType> one(3, 1);
  one << 1, 2, 3;
  CHECK(fitted<TestType>(one).components()(0, 0) == 1);
  CHECK(fitted<TestType>(one).explained_variance()[0] == Approx(1).epsilon(1e-14));
  Matrix<TestType> two(2, 2);
  two << 0, 0, 3, 4;
  CHECK(fitted<TestType>(two, keep(1)).explained_variance()[0] == Approx(12.5).epsilon(1e-14));
  Matrix<TestType> constant = tilted<TestType>(115, 30, 3);
  constant.col(1).setConstant(7);
  const PCA<TestType> pca = fitted<TestType>(constant, keep(2));
  CHECK(pca.components().col(1).isZero(0));
  Matrix<TestType> zeros(3, 2);
  zeros << 0, 1, -TestType(0), 2, 0, 3;
  CHECK(fitted<TestType>(zeros).explained_variance()[1] == 0);
  const TestType tiny = std::numeric_limits<TestType>::denorm_min();
  Matrix<TestType> small(3, 2);
  small << 0, tiny, 3 * tiny, -tiny, tiny, 0;
  const PCA<TestType> least = fitted<TestType>(small);
  CHECK(error_of_orthonormality(least) <= 4 * epsilon<TestType>);
  CHECK(least.transform(small).allFinite());
}

// ---- large matrices, of which some components are kept

namespace {

/// Largest distance of a unit direction from the space of others, which are orthonormal.
double distance_of_spaces(const Eigen::MatrixXd& directions, const Eigen::MatrixXd& others) {
  return (directions - directions * others.transpose() * others).rowwise().norm().maxCoeff();
}

/// 1e-5 in float, 1e-10 in double.
template <typename Scalar>
constexpr double accuracy = sizeof(Scalar) == sizeof(float) ? 1e-5 : 1e-10;

/// n x d: `strong` random directions with variances 4 to 1 over noise of variance 0.01.
template <typename Scalar>
Matrix<Scalar> few_strong(std::uint64_t seed, Index rows, Index cols, Index strong, double offset = 0) {
  thrum::Random random(seed);
  Matrix<double> z = thrum_test::noise<double>(random, rows, strong);
  for (Index c = 0; c < strong; ++c) z.col(c) *= 2 - static_cast<double>(c) / static_cast<double>(strong);
  const Matrix<double> directions = thrum_test::noise<double>(random, strong, cols);
  const Matrix<double> noise = thrum_test::noise<double>(random, rows, cols);
  return ((z * directions + 0.1 * noise).array() + offset).template cast<Scalar>();
}

/// The leading components against a dense solver on the covariance in double.
template <typename Scalar>
void check_against_dense(const PCA<Scalar>& pca, const Matrix<Scalar>& x) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> dense(covariance(x));
  const Index p = pca.components().rows();
  const Eigen::VectorXd values = dense.eigenvalues().reverse();
  const Eigen::MatrixXd directions = dense.eigenvectors().rowwise().reverse().leftCols(p).transpose();
  CHECK((pca.explained_variance() - values.head(p)).cwiseAbs().maxCoeff() <= accuracy<Scalar> * values[0]);
  CHECK(distance_of_spaces(pca.components().template cast<double>(), directions) <= accuracy<Scalar>);
  CHECK(error_of_orthonormality(pca) <= (sizeof(Scalar) == sizeof(float) ? 1e-5 : 1e-12));
  const Index most = (std::min)(x.rows(), x.cols());
  CHECK(std::fabs(pca.noise_variance() - values.segment(p, most - p).mean()) <= accuracy<Scalar> * values[0]);
  CHECK(signs_are_fixed(pca));
}

}  // namespace

TEMPLATE_TEST_CASE("few components of large matrices are those of a dense solver, wherever the data lie", "",
                   float, double) {
  for (const double offset : {0.0, 1e6}) {
    // Floats near 1e6 are rounded to 1/16: as so much noise. What is asked for is that of the rounded data.
    const Matrix<TestType> tall = few_strong<TestType>(120, 700, 150, 6, offset);
    check_against_dense(fitted<TestType>(tall, keep(6)), tall);
    const Matrix<TestType> narrow = few_strong<TestType>(121, 600, 70, 6, offset);
    check_against_dense(fitted<TestType>(narrow, keep(6)), narrow);
    const Matrix<TestType> wide = few_strong<TestType>(122, 140, 190, 6, offset);
    check_against_dense(fitted<TestType>(wide, keep(6)), wide);
    const Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic> by_columns = wide;
    CHECK(fitted<TestType>(by_columns, keep(6)) == fitted<TestType>(wide, keep(6)));
  }
}

TEMPLATE_TEST_CASE("few components of a matrix large enough for Lanczos are the first of many, found without",
                   "", float, double) {
  for (const double offset : {0.0, 1e6}) {
    const Matrix<TestType> wide = few_strong<TestType>(125, 1030, 1040, 6, offset);
    const PCA<TestType> few = fitted<TestType>(wide, keep(6)), many = fitted<TestType>(wide, keep(30));
    const double largest = many.explained_variance()[0];
    CHECK((few.explained_variance() - many.explained_variance().head(6)).cwiseAbs().maxCoeff() <=
          accuracy<TestType> * largest);
    CHECK(distance_of_spaces(few.components().template cast<double>(),
                             many.components().topRows(6).template cast<double>()) <= accuracy<TestType>);
    CHECK(error_of_orthonormality(few) <= (sizeof(TestType) == sizeof(float) ? 1e-5 : 1e-12));
    CHECK(std::fabs(few.explained_variance_ratio()[0] - many.explained_variance_ratio()[0]) <=
          accuracy<TestType>);
  }
}

TEMPLATE_TEST_CASE("components of many samples of few features are those of a dense solver", "", float,
                   double) {
  for (const double offset : {0.0, 1e6}) {  // floats are multiplied in float: 2e8 products
    const Matrix<TestType> x = few_strong<TestType>(126, 50000, 64, 6, offset);
    check_against_dense(fitted<TestType>(x, keep(6)), x);
  }
}

TEMPLATE_TEST_CASE("large matrices summed in parts have one PCA on any number of threads", "", float,
                   double) {
  const Matrix<TestType> x = few_strong<TestType>(127, 64 * 256 + 100, 130, 6);
  const PCA<TestType> pca = fitted<TestType>(x, keep(6));
  check_against_dense(pca, x);
#if defined(_OPENMP)
  const int threads = omp_get_max_threads();
  for (const int other : {1, 2, 3}) {
    omp_set_num_threads(other);
    CHECK(fitted<TestType>(x, keep(6)) == pca);
  }
  omp_set_num_threads(threads);
#endif
}

TEMPLATE_TEST_CASE("variance_share of a large matrix keeps the fewest components that reach it", "", float,
                   double) {
  const Matrix<TestType> x = few_strong<TestType>(123, 500, 80, 5);
  const Eigen::VectorXd ratio = fitted<TestType>(x).explained_variance_ratio();
  CHECK(fitted<TestType>(x, keep_share(ratio.head(3).sum() - 1e-6)).components().rows() == 3);
  CHECK(fitted<TestType>(x, keep_share(ratio.head(3).sum() + 1e-6)).components().rows() == 4);
}

TEMPLATE_TEST_CASE("equal variances, none and columns without any leave large matrices with components", "",
                   float, double) {
  const Index d = 130;
  Matrix<TestType> equal = Matrix<TestType>::Zero(2 * d, d);  // every axis has the same variance
  for (Index f = 0; f < d; ++f) equal(2 * f, f) = 1, equal(2 * f + 1, f) = -1;
  const PCA<TestType> isotropic = fitted<TestType>(equal, keep(7));
  check_laws(isotropic, equal);
  for (const double variance : isotropic.explained_variance())
    CHECK(variance == Approx(2.0 / (2 * static_cast<double>(d) - 1)).epsilon(1e-5));

  Matrix<TestType> constant = few_strong<TestType>(124, 300, d, 3);
  constant.middleCols(20, 90).setConstant(TestType(0.3));
  check_laws(fitted<TestType>(constant, keep(10)), constant);
  CHECK(fitted<TestType>(constant, keep(3)).components().middleCols(20, 90).cwiseAbs().maxCoeff() <=
        TestType(accuracy<TestType>));

  const Matrix<TestType> all_equal = Matrix<TestType>::Constant(d, d, TestType(0.1));
  const PCA<TestType> nothing = fitted<TestType>(all_equal, keep(4));
  CHECK(nothing.explained_variance().isZero(0));
  CHECK(error_of_orthonormality(nothing) <= 10 * epsilon<TestType>);
}

TEMPLATE_TEST_CASE("transform gives the bits of project, whatever the shape and storage order", "", float,
                   double) {
  for (const Index cols : {1, 3, 16, 50, 257, 600}) {
    for (const int components : {1, 2, 7, 20}) {
      if (components > cols) continue;
      const Index rows = components == 2 ? 61 : 200;  // many rows meet the components in another layout
      const Matrix<TestType> x = few_strong<TestType>(125, rows, cols, 3, 2);
      const PCA<TestType> pca = fitted<TestType>(x, keep(components, true));
      Matrix<TestType> one_by_one(x.rows(), components);
      thrum::Vector<TestType> centered(cols);
      for (Index i = 0; i < x.rows(); ++i)
        thrum::project<TestType>(pca.model(), thrum::view(x).row(i), centered.data(),
                                 thrum::view(one_by_one).row(i));
      // Compilers that fuse multiply-adds in one of the two and not in the other round apart.
      const TestType slack = 4 * std::numeric_limits<TestType>::epsilon() * static_cast<TestType>(cols) *
                             (std::max)(TestType(1), one_by_one.cwiseAbs().maxCoeff());
      CHECK((pca.transform(x) - one_by_one).cwiseAbs().maxCoeff() <= slack);
#if !defined(__FMA__) && !defined(__AVX512F__) && defined(THRUM_NO_DISPATCH)
      CHECK(pca.transform(x) == one_by_one);
#endif
      const Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic> by_columns = x;
      Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic> z(x.rows(), components);
      pca.transform(by_columns, thrum::view(z));
      CHECK(z == pca.transform(x));
      CHECK(pca.transform(x.row(60)) == pca.transform(x).row(60));
    }
  }
}

// ---- weights, and samples that come bit by bit

namespace {

PCAOptions by(thrum::PCASolver solver, int components) {
  PCAOptions options = keep(components);
  options.solver = solver;
  return options;
}

/// Variances and means relative to the data's scale, and the space of the components.
template <typename Scalar>
void check_equal(const PCA<Scalar>& a, const PCA<Scalar>& b, double slack) {
  const double scale = a.explained_variance()[0];
  CHECK((a.explained_variance() - b.explained_variance()).cwiseAbs().maxCoeff() <= slack * scale);
  CHECK((a.explained_variance_ratio() - b.explained_variance_ratio()).cwiseAbs().maxCoeff() <= slack);
  CHECK(std::fabs(a.noise_variance() - b.noise_variance()) <= slack * scale);
  CHECK((a.singular_values() - b.singular_values()).cwiseAbs().maxCoeff() <= slack * a.singular_values()[0]);
  CHECK(static_cast<double>((a.mean() - b.mean()).cwiseAbs().maxCoeff()) <=
        (slack + epsilon<Scalar>)*(1 + static_cast<double>(a.mean().cwiseAbs().maxCoeff())));
  CHECK(distance_of_spaces(a.components().template cast<double>(), b.components().template cast<double>()) <=
        10 * slack + 20 * epsilon<Scalar>);
}

constexpr thrum::PCASolver solvers[] = {thrum::PCASolver::covariance, thrum::PCASolver::gram,
                                        thrum::PCASolver::randomized};

}  // namespace

TEMPLATE_TEST_CASE("a weight of N in PCA is the same as N repeats", "", float, double) {
  for (const thrum::PCASolver solver : solvers) {
    const Matrix<TestType> x = few_strong<TestType>(126, 40, 30, 3, 1);
    thrum::Vector<TestType> weights(40);
    Matrix<TestType> repeated(0, 30);
    for (Index i = 0; i < 40; ++i) {
      weights[i] = static_cast<TestType>(i % 4);
      for (Index k = 0; k < i % 4; ++k) {
        repeated.conservativeResize(repeated.rows() + 1, 30);
        repeated.row(repeated.rows() - 1) = x.row(i);
      }
    }
    PCA<TestType> weighted(by(solver, 3));
    weighted.fit(x, weights);
    // The random subspace is another for each; it converges to the square of its directions' errors.
    const double slack = solver == thrum::PCASolver::randomized ? accuracy<TestType> : 1e-11;
    PCA<TestType> plain = fitted<TestType>(repeated, by(solver, 3));
    CHECK((weighted.explained_variance() - plain.explained_variance()).norm() <=
          slack * plain.explained_variance()[0]);
    CHECK((weighted.singular_values() - plain.singular_values()).norm() <=
          slack * plain.singular_values()[0]);
    CHECK(distance_of_spaces(weighted.components().template cast<double>(),
                             plain.components().template cast<double>()) <=
          10 * slack + 20 * epsilon<TestType>);
  }
}

TEMPLATE_TEST_CASE("all solvers find the same leading components, on either side", "", float, double) {
  for (const Index rows : {300, 50}) {
    const Matrix<TestType> x = few_strong<TestType>(127, rows, 90, 4, 100);
    const PCA<TestType> exact = fitted<TestType>(x, keep(4));
    for (const thrum::PCASolver solver : solvers) {
      const PCA<TestType> found = fitted<TestType>(x, by(solver, 4));
      check_equal(found, exact, accuracy<TestType>);
      CHECK(signs_are_fixed(found));
      CHECK(error_of_orthonormality(found) <= 20 * epsilon<TestType>);
    }
    CHECK(fitted<TestType>(x, by(thrum::PCASolver::randomized, 4)) ==
          fitted<TestType>(x, by(thrum::PCASolver::randomized, 4)));
  }
}

TEMPLATE_TEST_CASE("a randomized PCA is close where variances fall slowly", "", float, double) {
  thrum::Random random(128);
  const Matrix<TestType> x = thrum_test::noise<TestType>(random, 400, 80);  // the worst of all
  const PCA<TestType> exact = fitted<TestType>(x, keep(5));
  const PCA<TestType> found = fitted<TestType>(x, by(thrum::PCASolver::randomized, 5));
  for (Index c = 0; c < 5; ++c) {
    CHECK(found.explained_variance()[c] <= exact.explained_variance()[c] * (1 + 1e-5));
    CHECK(found.explained_variance()[c] >= 0.9 * exact.explained_variance()[c]);
  }
  CHECK(found.explained_variance()[4] < exact.explained_variance()[4] * (1 - 1e-6));  // and only close
}

TEMPLATE_TEST_CASE("samples that come bit by bit give the PCA of all, in any cut and either order of merging",
                   "", float, double) {
  for (const Index cols : {5, 140}) {
    const Matrix<TestType> x = few_strong<TestType>(129, 600, cols, 3, 50);
    const PCA<TestType> all = fitted<TestType>(x, keep(2));
    // Of floats, products are rounded on their own: 140 columns are enough for that.
    const double slack = sizeof(TestType) == sizeof(float) && cols >= 128 ? 1e-6 : 1e-10;
    for (const Index cut : {2, 257, 598}) {
      PCA<TestType> running(keep(2));
      running.partial_fit(x.topRows(cut));
      PCA<TestType> rest(keep(2));
      rest.partial_fit(x.bottomRows(600 - cut));
      PCA<TestType> forwards = running, backwards = rest;
      forwards.merge(rest);
      backwards.merge(running);
      running.partial_fit(x.bottomRows(600 - cut));
      CHECK(running == forwards);
      check_equal(running, all, slack);
      check_equal(backwards, all, slack);
    }
    PCA<TestType> weighted(keep(2));
    weighted.partial_fit(x, thrum::Vector<TestType>::Constant(600, TestType(2)));
    PCA<TestType> twice(keep(2));
    twice.partial_fit(x);
    twice.partial_fit(x);
    check_equal(weighted, twice, slack);
  }
}

TEMPLATE_TEST_CASE("more samples are refused where there are no moments, other columns or too few rows", "",
                   float, double) {
  const Matrix<TestType> x = few_strong<TestType>(130, 20, 4, 2);
  PCA<TestType> by_fit = fitted<TestType>(x, keep(2)), running(keep(2));
  const PCA<TestType> before = by_fit;
  CHECK_THAT(refusal([&] { by_fit.partial_fit(x); }),
             contains("thrum::PCA::partial_fit: fitted by fit, which keeps no moments"));
  CHECK_THAT(refusal([&] { running.partial_fit(x.topRows(1)); }), contains("components is 2, expected 1 to"));
  CHECK_FALSE(running.fitted());
  running.partial_fit(x);
  CHECK_THAT(refusal([&] { running.merge(by_fit); }), contains("thrum::PCA::merge: a model has no moments"));
  CHECK_THAT(refusal([&] { by_fit.merge(running); }), contains("thrum::PCA::merge: a model has no moments"));
  CHECK_THAT(refusal([&] { running.partial_fit(x.leftCols(3)); }),
             contains("thrum::PCA::partial_fit: x has 3 columns, expected 4"));
  PCA<TestType> narrow(keep(2));
  narrow.partial_fit(x.leftCols(3));
  CHECK_THAT(refusal([&] { running.merge(narrow); }), contains("other has 3 features, expected 4"));
  Matrix<TestType> bad = x;
  bad(7, 1) = std::numeric_limits<TestType>::quiet_NaN();
  const PCA<TestType> good = running;
  CHECK_THAT(refusal([&] { running.partial_fit(bad); }),
             contains("thrum::PCA::partial_fit: x(7, 1) is nan, expected a finite number"));
  CHECK(running == good);
  CHECK(by_fit == before);
}

TEMPLATE_TEST_CASE("weights that are no frequencies are refused", "", float, double) {
  const Matrix<TestType> x = few_strong<TestType>(131, 5, 3, 2);
  PCA<TestType> pca(keep(1));
  const auto refused = [&](const thrum::Vector<TestType>& weights) {
    return refusal([&] { pca.fit(x, weights); });
  };
  CHECK_THAT(refused(thrum::Vector<TestType>::Ones(4)), contains("weights has 4 entries, expected 5"));
  CHECK_THAT(refused(-thrum::Vector<TestType>::Ones(5)), contains("weights(0) is -1"));
  CHECK_THAT(refused(thrum::Vector<TestType>::Constant(5, TestType(0.125))),
             contains("weights sum to 0.625, expected more than 1"));
  CHECK_THAT(refusal([&] { PCA<TestType>(by(thrum::PCASolver::randomized, 0)).fit(x); }),
             contains("components is 0, expected a count for the randomized solver"));
  CHECK_FALSE(pca.fitted());
}

// ---- probabilistic PCA

TEMPLATE_TEST_CASE("score_samples are those of scikit-learn", "", float, double) {
  // tests/oracle/pca.py
  const double first[3][3] = {{-5.492441209789684, -5.582739099388383, -5.159613466122993},
                              {-5.482429648878952, -5.546468398285663, -5.0831210809970795},
                              {-5.482429648878952, -5.546468398285663, -5.0831210809970795}};
  const Matrix<TestType> x = thrum_test::oracle_table<TestType>();
  for (int p = 1; p <= 3; ++p) {
    const Eigen::VectorXd scores = fitted<TestType>(x, keep(p)).score_samples(x);
    for (Index i = 0; i < 3; ++i)
      CHECK(scores[i] == Approx(first[p - 1][i]).epsilon(sizeof(TestType) == sizeof(float) ? 1e-5 : 1e-12));
  }
}

TEMPLATE_TEST_CASE("score_samples is the logarithm of a normal density", "", float, double) {
  const Matrix<TestType> x = few_strong<TestType>(132, 60, 6, 2, 3);
  for (const int p : {1, 2, 6}) {
    const PCA<TestType> pca = fitted<TestType>(x, keep(p));
    const Eigen::MatrixXd w = pca.components().template cast<double>();
    const double noise = p == 6 ? 0 : pca.noise_variance();
    const Eigen::MatrixXd model =
        noise * Eigen::MatrixXd::Identity(6, 6) +
        w.transpose() * (pca.explained_variance().array() - noise).matrix().asDiagonal() * w;
    const Eigen::LLT<Eigen::MatrixXd> factors(model);
    const Eigen::MatrixXd lower = factors.matrixL();
    const Eigen::VectorXd scores = pca.score_samples(x);
    for (const Index i : {0, 59}) {
      const Eigen::VectorXd deviation = (x.row(i).transpose() - pca.mean()).template cast<double>();
      const double expected =
          -0.5 * (6 * std::log(2 * 3.14159265358979323846) + 2 * lower.diagonal().array().log().sum() +
                  deviation.dot(factors.solve(deviation)));
      // Loadings of float are unit and orthogonal to 1e-7; deviations count in units of the noise.
      CHECK(scores[i] == Approx(expected).epsilon(sizeof(TestType) == sizeof(float) ? 1e-3 : 1e-11));
    }
  }
  Matrix<TestType> flat = x;
  flat.col(5) = flat.col(4);
  flat.col(3).setZero();
  flat.col(2).setZero();
  flat.col(1).setZero();
  flat.col(0).setZero();
  CHECK_THAT(refusal([&] { fitted<TestType>(flat, keep(2)).score_samples(flat); }),
             contains("thrum::PCA::score_samples: noise_variance is"));
  CHECK_THAT(refusal([&] { PCA<TestType>().score_samples(x); }), contains("not fitted"));
}

// ---- how many components

TEMPLATE_TEST_CASE("parallel analysis finds the components that are more than chance", "", float, double) {
  thrum::ParallelAnalysisOptions options;
  options.permutations = 30;
  // In columns of unlike scales chance is as large as the largest column.
  Matrix<TestType> strong = few_strong<TestType>(133, 200, 12, 2);
  for (Index f = 0; f < 12; ++f) strong.col(f) /= strong.col(f).norm();
  const thrum::ParallelAnalysis found = thrum::parallel_analysis(strong, options);
  CHECK(found.components == 2);
  CHECK(found.variances == fitted<TestType>(strong).explained_variance());
  for (Index c = 0; c + 1 < 12; ++c) CHECK(found.thresholds[c] >= found.thresholds[c + 1]);
  thrum::Random random(134);
  const Matrix<TestType> noise = thrum_test::noise<TestType>(random, 200, 12);
  CHECK(thrum::parallel_analysis(noise, options).components <= 1);  // in one of twenty draws there is one
  // Permuting a single column changes nothing, and nothing exceeds itself.
  CHECK(thrum::parallel_analysis(noise.leftCols(1), options).components <= 1);
}

TEMPLATE_TEST_CASE("parallel analysis refuses what makes no quantile", "", float, double) {
  const Matrix<TestType> x = few_strong<TestType>(135, 10, 3, 2);
  thrum::ParallelAnalysisOptions options;
  options.permutations = 0;
  CHECK_THAT(refusal([&] { thrum::parallel_analysis(x, options); }),
             contains("thrum::parallel_analysis: permutations is 0, expected at least 1"));
  options.permutations = 5;
  options.quantile = 1;
  CHECK_THAT(refusal([&] { thrum::parallel_analysis(x, options); }),
             contains("thrum::parallel_analysis: quantile is 1, expected a number in (0, 1)"));
}

// ---- refusals

TEMPLATE_TEST_CASE("data a PCA cannot learn from are refused by name and place, and change nothing", "",
                   float, double) {
  const Matrix<TestType> good = tilted<TestType>(116, 20, 3);
  PCA<TestType> pca = fitted<TestType>(good);
  const PCA<TestType> before = pca;
  const auto refused = [&](const Matrix<TestType>& x) { return refusal([&] { pca.fit(x); }); };
  Matrix<TestType> bad = good;
  bad(4, 2) = std::numeric_limits<TestType>::quiet_NaN();
  CHECK_THAT(refused(bad), contains("thrum::PCA::fit: x(4, 2) is nan, expected a finite number"));
  bad(4, 2) = -std::numeric_limits<TestType>::infinity();
  CHECK_THAT(refused(bad), contains("thrum::PCA::fit: x(4, 2) is -inf, expected a finite number"));
  bad(4, 2) = std::numeric_limits<TestType>::max();
  CHECK_THAT(refused(bad), contains("thrum::PCA::fit: column 2 of x spans"));
  CHECK_THAT(refused(Matrix<TestType>(0, 3)),
             contains("thrum::PCA::fit: x is 0 x 3, expected at least one row"));
  CHECK_THAT(refused(Matrix<TestType>(3, 0)),
             contains("thrum::PCA::fit: x is 3 x 0, expected at least one row"));
  CHECK_THAT(refused(Matrix<TestType>()), contains("thrum::PCA::fit: x is 0 x 0, expected at least one row"));
  CHECK_THAT(refused(good.topRows(1)), contains("thrum::PCA::fit: x has 1 row, expected at least 2"));
  CHECK(pca == before);
}

TEMPLATE_TEST_CASE("options a PCA cannot grant are refused by name and value", "", float, double) {
  const Matrix<TestType> x = tilted<TestType>(117, 6, 4);
  const auto refused = [&](const PCAOptions& options, Index rows = 6) {
    PCA<TestType> pca(options);
    std::string message = refusal([&] { pca.fit(x.topRows(rows)); });
    CHECK(pca.fitted() == (message == "accepted"));
    return message;
  };
  CHECK_THAT(refused(keep(5)), contains("components is 5, expected 1 to min(n, d) = 4"));
  CHECK_THAT(refused(keep(4), 3), contains("components is 4, expected 1 to min(n, d) = 3"));
  CHECK_THAT(refused(keep(-1)), contains("components is -1, expected 1 to min(n, d) = 4"));
  CHECK_THAT(refused(keep_share(1.5)), contains("variance_share is 1.5, expected a number in (0, 1]"));
  CHECK_THAT(refused(keep_share(-0.1)), contains("variance_share is -0.1, expected a number in (0, 1]"));
  CHECK_THAT(refused(keep_share(std::numeric_limits<double>::quiet_NaN())),
             contains("variance_share is nan"));
  PCAOptions both = keep(2);
  both.variance_share = 0.5;
  CHECK_THAT(refused(both), contains("components and variance_share are both set, expected one of them"));
  CHECK(refused(keep(4)) == "accepted");
}

TEMPLATE_TEST_CASE("few coordinates of many features go where the caller says, or not at all", "", float,
                   double) {
  constexpr Index rows = 4000;  // of 300 features: more than a million values
  thrum::Random random(7);
  Matrix<TestType> x = thrum_test::noise<TestType>(random, rows, 300);
  const PCA<TestType> pca = fitted<TestType>(x.topRows(320), keep(3));
  const Matrix<TestType> some = pca.transform(x.bottomRows(20));
  Matrix<TestType> z(4, rows);
  const auto refused = [&] { return refusal([&] { pca.transform(x, thrum::view(z).transposed()); }); };

  z.setConstant(TestType(77));
  CHECK_THAT(refused(), contains("the result is 4000 x 4, expected 4000 x 3"));
  z.resize(3, rows);
  CHECK(refused() == "accepted");
  CHECK(z.rightCols(20) == some.transpose());
  CHECK(z.transpose() == pca.transform(x));

  const TestType largest = std::numeric_limits<TestType>::max();
  x.row(5).setConstant(largest);  // finite, as its coordinates may not be
  CHECK(refused() == "accepted");

  z.setConstant(TestType(77));
  for (const TestType bad :
       {std::numeric_limits<TestType>::quiet_NaN(), -std::numeric_limits<TestType>::infinity()}) {
    x(rows - 1, 299) = bad;
    CHECK_THAT(refused(), contains("thrum::PCA::transform: x(3999, 299) is "));
    CHECK_THAT(refusal([&] { pca.transform(x); }), contains("thrum::PCA::transform: x(3999, 299) is "));
  }
  CHECK((z.array() == TestType(77)).all());
}

TEMPLATE_TEST_CASE("samples a PCA cannot project are refused by name and place, and the output stays", "",
                   float, double) {
  const Matrix<TestType> x = tilted<TestType>(118, 20, 3);
  const PCA<TestType> pca = fitted<TestType>(x, keep(2));
  const PCA<TestType> unfitted;
  Matrix<TestType> bad = x, z = Matrix<TestType>::Constant(20, 2, TestType(77));
  bad(19, 1) = std::numeric_limits<TestType>::infinity();
  const auto refused = [&](const Matrix<TestType>& samples) {
    return refusal([&] { pca.transform(samples, thrum::view(z)); });
  };
  CHECK_THAT(refused(bad), contains("thrum::PCA::transform: x(19, 1) is inf, expected a finite number"));
  CHECK_THAT(refused(x.leftCols(2)), contains("thrum::PCA::transform: x has 2 columns, expected 3"));
  CHECK_THAT(refused(x.topRows(4)), contains("thrum::PCA::transform: the result is 20 x 2, expected 4 x 2"));
  CHECK((z.array() == TestType(77)).all());
  CHECK_THAT(refusal([&] { pca.inverse_transform(x); }),
             contains("thrum::PCA::inverse_transform: z has 3 columns, expected 2"));
  CHECK_THAT(refusal([&] { pca.inverse_transform(bad.leftCols(2)); }),
             contains("thrum::PCA::inverse_transform: z(19, 1) is inf"));
  CHECK_THAT(refusal([&] { unfitted.transform(x); }), contains("thrum::PCA::transform: not fitted"));
  CHECK_THAT(refusal([&] { unfitted.inverse_transform(x); }),
             contains("thrum::PCA::inverse_transform: not fitted"));
  CHECK(pca.transform(Matrix<TestType>(0, 3)).rows() == 0);
}

TEMPLATE_TEST_CASE("all of the variance is in as many components as the data have dimensions", "", float,
                   double) {
  thrum::Random random(5);
  for (int trial = 0; trial < 50; ++trial) {
    thrum::Matrix<TestType> plane(100, 2), directions(2, 6);
    for (TestType& value : plane.reshaped()) value = static_cast<TestType>(random.normal());
    directions.setZero();  // exact: each column is a multiple of one of the two
    for (Eigen::Index f = 0; f < 6; ++f) directions(f % 2, f) = static_cast<TestType>(1 + f / 2);
    thrum::PCAOptions options;
    options.variance_share = 1;
    thrum::PCA<TestType> pca(options);
    pca.fit(plane * directions);
    CHECK(pca.components().rows() == 2);
  }
}
