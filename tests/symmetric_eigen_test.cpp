#include "thrum/algorithm/symmetric_eigen.hpp"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/core/random.hpp"
#include "thrum/input.hpp"

using thrum::Index;
using thrum::Matrix;

namespace {

/// Forty-odd rotations act on an entry, each with a few roundings: 1e-5 in float, 1e-12 in double leave room.
template <typename Scalar>
constexpr double tolerance = sizeof(Scalar) == sizeof(float) ? 1e-5 : 1e-12;

template <typename Scalar>
struct Decomposition {
  thrum::Vector<Scalar> values;
  Matrix<Scalar> vectors;
  int sweeps;
};

template <typename Scalar>
Decomposition<Scalar> decompose(Matrix<Scalar> a) {
  Matrix<Scalar> vectors(a.rows(), a.cols());
  const int sweeps = thrum::symmetric_eigen(thrum::view(a), thrum::view(vectors));
  return {a.diagonal(), vectors, sweeps};
}

/// n x n, symmetric, indefinite.
template <typename Scalar>
Matrix<Scalar> symmetric(thrum::Random& random, Index size) {
  const Matrix<Scalar> half = thrum_test::noise<Scalar>(random, size, size);
  return half + half.transpose();
}

/// The laws of a decomposition: A V = V L, V'V = 1, falling eigenvalues. Errors relative to the norm of A.
template <typename Scalar>
void check_laws(const Matrix<Scalar>& a, const Decomposition<Scalar>& found) {
  const Eigen::MatrixXd exact = a.template cast<double>(), vectors = found.vectors.template cast<double>();
  const Eigen::VectorXd values = found.values.template cast<double>();
  const Eigen::MatrixXd residual = exact * vectors - vectors * values.asDiagonal();
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(a.rows(), a.cols());
  CHECK(residual.norm() <= tolerance<Scalar> * exact.norm());
  CHECK((vectors.transpose() * vectors - identity).norm() <= tolerance<Scalar> * identity.norm());
  for (Index i = 0; i + 1 < values.size(); ++i) CHECK(values[i] >= values[i + 1]);
  CHECK(found.sweeps <= 30);
}

}  // namespace

TEMPLATE_TEST_CASE("eigenvalues and eigenvectors obey their laws and agree with Eigen's solver", "", float,
                   double) {
  thrum::Random random(61);
  for (const Index size : {1, 2, 3, 5, 8, 13, 27}) {
    const Matrix<TestType> a = symmetric<TestType>(random, size);
    const auto found = decompose(a);
    check_laws(a, found);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(a.template cast<double>());
    const Eigen::VectorXd expected = solver.eigenvalues().reverse();
    CHECK((found.values.template cast<double>() - expected).norm() <= tolerance<TestType> * expected.norm());
  }
}

TEMPLATE_TEST_CASE("the check of the laws would see eigenvectors that are out of order", "", float, double) {
  thrum::Random random(62);
  const Matrix<TestType> a = symmetric<TestType>(random, 5);
  auto found = decompose(a);
  found.vectors.col(0).swap(found.vectors.col(1));
  const Matrix<TestType> residual = a * found.vectors - found.vectors * found.values.asDiagonal();
  CHECK(static_cast<double>(residual.norm()) > tolerance<TestType> * static_cast<double>(a.norm()));
}

TEMPLATE_TEST_CASE("a known matrix has its known eigenvalues", "", float, double) {
  // The second difference matrix: 2 - 2 cos(pi j / (n + 1)).
  const int size = 9;
  Matrix<TestType> a = Matrix<TestType>::Zero(size, size);
  a.diagonal().setConstant(2);
  a.diagonal(1).setConstant(-1);
  a.diagonal(-1).setConstant(-1);
  const auto found = decompose(a);
  check_laws(a, found);
  for (int j = 1; j <= size; ++j) {
    const double expected = 2 - 2 * std::cos(3.14159265358979323846 * (size + 1 - j) / (size + 1));
    CHECK(std::fabs(static_cast<double>(found.values[j - 1]) - expected) <= 4 * tolerance<TestType>);
  }
}

TEMPLATE_TEST_CASE("eigenvalues multiply with the matrix and shift with the diagonal", "", float, double) {
  thrum::Random random(63);
  const Matrix<TestType> a = symmetric<TestType>(random, 6);
  const auto plain = decompose(a);
  const auto doubled = decompose<TestType>(2 * a);
  CHECK(doubled.values == 2 * plain.values);  // doubling is exact
  CHECK(doubled.vectors == plain.vectors);
  const auto shifted = decompose<TestType>(a + 3 * Matrix<TestType>::Identity(6, 6));
  const Eigen::VectorXd difference = (shifted.values - plain.values).template cast<double>();
  CHECK((difference.array() - 3).matrix().norm() <= tolerance<TestType> * static_cast<double>(a.norm()));
}

TEMPLATE_TEST_CASE("matrices that are diagonal already come back sorted, exactly", "", float, double) {
  const Matrix<TestType> zero = Matrix<TestType>::Zero(4, 4), identity = Matrix<TestType>::Identity(4, 4);
  CHECK(decompose(zero).values.isZero(0));
  CHECK(decompose(zero).vectors == identity);
  CHECK(decompose(identity).values == thrum::Vector<TestType>::Ones(4));
  CHECK(decompose(identity).vectors == identity);
  Matrix<TestType> a = zero;
  a.diagonal() << 1, -5, 7, 0;
  const auto found = decompose(a);
  check_laws(a, found);
  CHECK(found.values[0] == 7);
  CHECK(found.values[3] == -5);
  CHECK(found.vectors.col(0) == identity.col(2));
}

TEMPLATE_TEST_CASE("a matrix of rank one has one eigenvalue, and the rest vanish", "", float, double) {
  thrum::Random random(64);
  for (const Index size : {2, 7, 20}) {
    const Matrix<TestType> column = thrum_test::noise<TestType>(random, size, 1);
    const Matrix<TestType> a = column * column.transpose();
    const auto found = decompose(a);
    check_laws(a, found);
    const double norm = static_cast<double>(a.norm());
    CHECK(std::fabs(static_cast<double>(found.values[0]) / norm - 1) <= tolerance<TestType>);
    CHECK(static_cast<double>(found.values.tail(size - 1).cwiseAbs().maxCoeff()) <=
          tolerance<TestType> * norm);
  }
}

TEMPLATE_TEST_CASE("the least eigenvalue of a graded positive matrix has its digits too", "", float, double) {
  // D B D with D from 1e3 down to 1e-6: diagonal entries from 1e6 to 1e-12. Its inverse is made of the
  // inverse of the well-conditioned B, so Eigen's solver gives the least eigenvalue as the inverse's largest.
  const double scales[] = {1e3, 1e1, 1e-1, 1e-3, 1e-6};
  Eigen::MatrixXd b = Eigen::MatrixXd::Constant(5, 5, 0.25);
  b.diagonal().setOnes();
  Matrix<TestType> a(5, 5);
  Eigen::MatrixXd inverse = b.inverse();
  for (int i = 0; i < 5; ++i) {
    for (int j = 0; j < 5; ++j) {
      a(i, j) = static_cast<TestType>(scales[i] * b(i, j) * scales[j]);
      inverse(i, j) /= scales[i] * scales[j];
    }
  }
  const auto found = decompose(a);
  check_laws(a, found);
  const double least = 1 / Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(inverse).eigenvalues()[4];
  // Condition of B below 3, so the entries' roundings and the rotations' cost a few dozen epsilon.
  CHECK(std::fabs(static_cast<double>(found.values[4]) / least - 1) <= tolerance<TestType>);
}

TEMPLATE_TEST_CASE("very large, very small and single entries are decomposed without overflow", "", float,
                   double) {
  const TestType large = std::sqrt(std::numeric_limits<TestType>::max()) / 16;
  for (const TestType scale : {large, 1 / large}) {
    Matrix<TestType> a(2, 2);
    a << 2 * scale, scale, scale, 2 * scale;
    const auto found = decompose(a);
    CHECK(std::fabs(static_cast<double>(found.values[0] / scale) - 3) <= 3 * tolerance<TestType>);
    CHECK(std::fabs(static_cast<double>(found.values[1] / scale) - 1) <= 3 * tolerance<TestType>);
  }
  const Matrix<TestType> one = Matrix<TestType>::Constant(1, 1, TestType(-4));
  CHECK(decompose(one).values[0] == -4);
  CHECK(decompose(one).vectors(0, 0) == 1);
  CHECK(decompose(one).sweeps == 1);
}

TEMPLATE_TEST_CASE("the matrices may lie in memory with any strides", "", float, double) {
  thrum::Random random(65);
  const Matrix<TestType> a = symmetric<TestType>(random, 4);
  const auto expected = decompose(a);
  Matrix<TestType> frame = Matrix<TestType>::Constant(9, 11, TestType(77)), vectors_frame = frame;
  auto block = frame.block(2, 3, 4, 4);
  block = a;
  auto vectors = vectors_frame.block(1, 1, 4, 4);
  CHECK(thrum::symmetric_eigen(thrum::view(block), thrum::view(vectors)) == expected.sweeps);
  CHECK(vectors == expected.vectors);
  block.setConstant(TestType(77));
  vectors.setConstant(TestType(77));
  CHECK((frame.array() == TestType(77)).all());
  CHECK((vectors_frame.array() == TestType(77)).all());
}

TEMPLATE_TEST_CASE("the first of the largest loadings is made positive", "", float, double) {
  const auto fixed = [](std::vector<TestType> direction) {
    thrum::fix_sign(thrum::contiguous(direction.data(), static_cast<Index>(direction.size())));
    return direction;
  };
  using Direction = std::vector<TestType>;
  CHECK(fixed({1, -2, 1}) == Direction{-1, 2, -1});
  CHECK(fixed({-1, 2, 1}) == Direction{-1, 2, 1});
  CHECK(fixed({-3, 3}) == Direction{3, -3});
  CHECK(fixed({}) == Direction{});
  CHECK(fixed({0, 0}) == Direction{0, 0});
  // Larger only in the seventh digit is not larger: the first decides, whatever rounding does.
  const TestType near = TestType(1) - TestType(5e-7), apart = TestType(1) - TestType(5e-6);
  CHECK(fixed({-near, 1}) == Direction{near, -1});
  CHECK(fixed({-apart, 1}) == Direction{-apart, 1});
}
