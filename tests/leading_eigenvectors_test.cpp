#include "thrum/host/leading_eigenvectors.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#if defined(_OPENMP)
#include <omp.h>
#endif

#include "catch.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/block_lanczos.hpp"
#include "thrum/host/packed_triangle.hpp"
#include "thrum/host/positive_definite.hpp"

namespace {

using thrum::Index;
using thrum::Matrix;
using thrum::Random;
using thrum::Vector;
using thrum::host::BlockLanczos;
using thrum::host::Eigenpairs;
using thrum::host::Tridiagonal;

/// A symmetric matrix with given eigenvalues, whose eigenvectors are random.
Matrix<double> with_eigenvalues(const Vector<double>& values, std::uint64_t seed) {
  Random random(seed);
  Eigen::MatrixXd x(values.size(), values.size());
  for (double& entry : x.reshaped()) entry = random.normal();
  const Eigen::MatrixXd q = Eigen::HouseholderQR<Eigen::MatrixXd>(x).householderQ();
  const Eigen::MatrixXd a = q * values.asDiagonal() * q.transpose();
  return (a + a.transpose()) / 2;
}

template <typename Value>
Vector<double> eigenvalues(Index size, Value value) {
  Vector<double> values(size);
  for (Index i = 0; i < size; ++i) values[i] = value(static_cast<double>(i));
  return values;
}

/// Residuals and orthonormality to rounding, and the eigenvalues that were put in.
void check_leading(const Eigenpairs& pairs, const Matrix<double>& a, const Vector<double>& values, Index p) {
  REQUIRE(pairs.values.size() == p);
  const double largest = values[0];
  CHECK((pairs.values - values.head(p)).cwiseAbs().maxCoeff() <= 1e-12 * largest);
  const Matrix<double> residuals = a * pairs.vectors - pairs.vectors * pairs.values.asDiagonal();
  CHECK(residuals.colwise().norm().maxCoeff() <= 1e-12 * largest);
  CHECK((pairs.vectors.transpose() * pairs.vectors - Matrix<double>::Identity(p, p)).cwiseAbs().maxCoeff() <=
        1e-13);
}

constexpr double tolerance = 1e-15;

}  // namespace

TEST_CASE("bisection finds the largest eigenvalues of a tridiagonal matrix, whatever its scale") {
  for (const double scale : {1e-150, 1.0, 1e120}) {
    for (const Index n : {Index{1}, Index{2}, Index{9}, Index{70}}) {
      const Vector<double> values = scale * eigenvalues(n, [](double i) { return 3 - std::floor(i / 3); });
      const Tridiagonal tridiagonal(with_eigenvalues(values, 1));
      const Index p = (n + 1) / 2;
      CHECK((tridiagonal.leading_eigenvalues(p) - values.head(p)).cwiseAbs().maxCoeff() <=
            1e-13 * values.cwiseAbs().maxCoeff());
    }
  }
}

TEST_CASE("bisection finds zeros, and the size of each set of equal eigenvalues") {
  const Tridiagonal zeros(Matrix<double>(Matrix<double>::Zero(20, 20)));
  CHECK(zeros.leading_eigenvalues(9).cwiseAbs().maxCoeff() <= 1e-15);
  const Tridiagonal identity(Matrix<double>(Matrix<double>::Identity(20, 20)));
  CHECK((identity.leading_eigenvalues(20).array() - 1).abs().maxCoeff() <= 1e-15);
}

TEST_CASE("block Lanczos finds leading eigenvectors whose eigenvalues fall apart") {
  const Vector<double> values = eigenvalues(520, [](double i) { return std::pow(0.96, i); });
  const Matrix<double> a = with_eigenvalues(values, 2);
  check_leading(BlockLanczos(a, 20).leading(tolerance), a, values, 20);
}

TEST_CASE("block Lanczos finds eigenvalues that nearly coincide") {
  const Vector<double> values = eigenvalues(
      520, [](double i) { return i < 20 ? 5 - std::floor(i / 5) - 1e-9 * i : std::pow(0.96, i); });
  const Matrix<double> a = with_eigenvalues(values, 3);
  check_leading(BlockLanczos(a, 20).leading(tolerance), a, values, 20);
}

TEST_CASE("an eigenvalue of more dimensions than a block of Lanczos is found whole or not at all") {
  for (const double dimensions : {9.0, 12.0, 40.0}) {
    const Vector<double> values =
        eigenvalues(520, [&](double i) { return i < dimensions ? 2.0 : std::pow(0.96, i); });
    const Matrix<double> a = with_eigenvalues(values, 4);
    const Eigenpairs pairs = BlockLanczos(a, 20).leading(tolerance);
    if (pairs.found()) check_leading(pairs, a, values, 20);
  }
}

TEST_CASE("block Lanczos completes a basis where most of the matrix is nothing, or all of it is one") {
  const Vector<double> few = eigenvalues(520, [](double i) { return i < 15 ? 15 - i : 0.0; });
  const Matrix<double> a = with_eigenvalues(few, 5);
  check_leading(BlockLanczos(a, 20).leading(tolerance), a, few, 20);
  const Matrix<double> identity = Matrix<double>::Identity(520, 520);
  check_leading(BlockLanczos(identity, 20).leading(tolerance), identity, Vector<double>::Ones(520), 20);
}

TEST_CASE("block Lanczos gives up where eigenvalues are too dense, or the matrix is zero") {
  const Matrix<double> dense = with_eigenvalues(eigenvalues(520, [](double i) { return 2 - 1e-3 * i; }), 6);
  CHECK(!BlockLanczos(dense, 20).leading(tolerance).found());
  const Matrix<double> zero = Matrix<double>::Zero(520, 520);
  CHECK(!BlockLanczos(zero, 20).leading(tolerance).found());
  CHECK(!BlockLanczos(zero, 20).leading(1e-8).found());
}

#if defined(_OPENMP)
TEST_CASE("block Lanczos has the same bits on one thread and on several") {
  constexpr Index n = 1600;  // large enough for threads to share in everything
  Matrix<double> a(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) a(i, j) = std::pow(0.99, std::abs(i - j));
  const int threads = omp_get_max_threads();
  for (const double precision : {tolerance, 1e-8}) {
    omp_set_num_threads(1);
    const Eigenpairs alone = BlockLanczos(a, 20).leading(precision);
    omp_set_num_threads(3);
    const Eigenpairs together = BlockLanczos(a, 20).leading(precision);
    omp_set_num_threads(threads);
    REQUIRE(alone.found());
    CHECK(alone.values == together.values);
    CHECK(alone.vectors == together.vectors);
  }
}
#endif

TEMPLATE_TEST_CASE("a packed triangle takes rows where the symmetric matrix takes them, as by Eigen", "",
                   float, double) {
  for (const Index n : {Index{1}, Index{5}, Index{47}, Index{48}, Index{300}, Index{701}}) {
    const double scale = n == 300 ? 0x1p200 : 1.0;  // more than a float can hold
    Matrix<double> lower = Matrix<double>::Random(n, n).cast<TestType>().template cast<double>();
    const Matrix<double> x = Matrix<double>::Random(n % 2 == 0 ? 8 : 3, n);
    const Matrix<double> expected = x * Matrix<double>(lower.template selfadjointView<Eigen::Lower>());
    for (Index i = 0; i < n; ++i) lower.row(i).tail(n - i - 1).setConstant(std::nan(""));
    const Matrix<double> found = thrum::host::PackedTriangle<TestType>(scale * lower).times(x) / scale;
    CHECK((found - expected).cwiseAbs().maxCoeff() <= 1e-13);
  }
}

TEST_CASE(
    "leading eigenvectors to the tolerance of float are found and proven in float, whatever the scale") {
  const Vector<double> values = eigenvalues(520, [](double i) { return std::pow(0.9, i); });
  const Matrix<double> a = with_eigenvalues(values, 9);
  for (const double scale : {1e-60, 1.0, 1e60}) {
    const Matrix<double> scaled = scale * a;
    const Eigenpairs pairs = BlockLanczos(scaled, 10).leading(1e-8);
    REQUIRE(pairs.found());
    CHECK((pairs.values / scale - values.head(10)).cwiseAbs().maxCoeff() <= 1e-8);
    const Matrix<double> residuals = a * pairs.vectors - pairs.vectors * values.head(10).asDiagonal();
    CHECK(residuals.colwise().norm().maxCoeff() <= 1e-8);
  }
}

TEST_CASE("a matrix is positive definite if and only if its least eigenvalue is positive") {
  for (const Index n : {Index{1}, Index{127}, Index{128}, Index{129}, Index{300}}) {
    const Vector<double> values =
        eigenvalues(n, [&](double i) { return static_cast<double>(n) - i - 1 + 1e-8; });
    Matrix<double> a = with_eigenvalues(values, 8);
    Matrix<double> near = a;
    near.diagonal().array() += 1e-3 * static_cast<double>(n);
    CHECK(thrum::host::is_positive_definite(Matrix<float>(near.cast<float>())));
    near.diagonal().array() -= 2e-3 * static_cast<double>(n);
    CHECK(!thrum::host::is_positive_definite(Matrix<float>(near.cast<float>())));
    CHECK(thrum::host::is_positive_definite(Matrix<double>(a)));
    a.diagonal().array() -= 2e-8;
    CHECK(!thrum::host::is_positive_definite(Matrix<double>(a)));
    a(n - 1, n - 1) = std::numeric_limits<double>::quiet_NaN();
    CHECK(!thrum::host::is_positive_definite(std::move(a)));
  }
}
