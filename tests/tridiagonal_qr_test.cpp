#include "thrum/host/tridiagonal_qr.hpp"

#include <Eigen/Eigenvalues>
#include <cmath>
#include <cstdint>
#include <vector>
#if defined(_OPENMP)
#include <omp.h>
#endif

#include "catch.hpp"
#include "thrum/core/random.hpp"

namespace {

using thrum::Index;
using thrum::Matrix;
using thrum::Random;
using thrum::Vector;
using thrum::host::Eigenpairs;
using thrum::host::TridiagonalQr;

struct Diagonals {
  Vector<double> diagonal, off_diagonal;  ///< of which the first is not used

  Index size() const { return diagonal.size(); }
  Matrix<double> matrix() const {
    Matrix<double> a = diagonal.asDiagonal();
    for (Index i = 1; i < size(); ++i) a(i, i - 1) = a(i - 1, i) = off_diagonal[i];
    return a;
  }
};

Diagonals random_diagonals(Index size) {
  Random random(static_cast<std::uint64_t>(size));
  Diagonals made{Vector<double>(size), Vector<double>(size)};
  for (double& entry : made.diagonal) entry = random.uniform() - 0.5;
  for (double& entry : made.off_diagonal) entry = random.uniform() - 0.5;
  return made;
}

template <typename Entry>
Diagonals diagonals(Index size, Entry entry) {
  Diagonals made{Vector<double>(size), Vector<double>(size)};
  for (Index i = 0; i < size; ++i) {
    made.diagonal[i] = entry(static_cast<double>(i), static_cast<double>(i));
    made.off_diagonal[i] = entry(static_cast<double>(i), static_cast<double>(i) - 1);
  }
  return made;
}

/// The eigenvalues of a dense solver, and vectors that belong to them and are orthonormal.
void check_eigenpairs(const Diagonals& given) {
  const Index n = given.size();
  const Matrix<double> a = given.matrix();
  const Eigenpairs found = TridiagonalQr(given.diagonal, given.off_diagonal).eigenpairs();
  const Eigen::VectorXd rising = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(a).eigenvalues();
  const double rounding = 1e-15 * static_cast<double>(n + 10);
  CHECK((found.values.reverse() - rising).cwiseAbs().maxCoeff() <= rounding);
  CHECK((a * found.vectors - found.vectors * found.values.asDiagonal()).cwiseAbs().maxCoeff() <= rounding);
  CHECK((found.vectors.transpose() * found.vectors - Matrix<double>::Identity(n, n)).cwiseAbs().maxCoeff() <=
        rounding);
  CHECK(TridiagonalQr(given.diagonal, given.off_diagonal).eigenvalues() == found.values);
}

}  // namespace

TEST_CASE("implicit QR finds the eigenpairs of random tridiagonal matrices, of any width of vectors") {
  for (Index n = 1; n <= 27; ++n) check_eigenpairs(random_diagonals(n));
  for (const Index n : {Index{48}, Index{64}, Index{131}}) check_eigenpairs(random_diagonals(n));
}

TEST_CASE("implicit QR finds eigenvalues that coincide, nearly coincide or are all zero") {
  check_eigenpairs(diagonals(30, [](double, double) { return 0.0; }));
  check_eigenpairs(diagonals(30, [](double i, double j) { return i == j ? 1.0 : 0.0; }));
  check_eigenpairs(diagonals(30, [](double i, double j) { return i == j ? 0.0 : 1.0; }));
  // Wilkinson's: two and two of its largest agree to rounding though no entry beside the diagonal is small.
  check_eigenpairs(diagonals(21, [](double i, double j) { return i == j ? std::abs(i - 10) / 10 : 0.1; }));
  check_eigenpairs(diagonals(40, [](double i, double j) { return i == j ? 0.5 : 1e-9; }));
}

TEST_CASE("implicit QR takes blocks apart, and rows that rise or fall over many orders of magnitude") {
  check_eigenpairs(
      diagonals(40, [](double i, double j) { return i != j && std::fmod(i, 7) == 0 ? 0.0 : 0.7; }));
  check_eigenpairs(diagonals(40, [](double i, double j) { return std::pow(10.0, -(i + j) / 2); }));
  check_eigenpairs(diagonals(40, [](double i, double j) { return std::pow(10.0, (i + j) / 2 - 39); }));
  check_eigenpairs(diagonals(40, [](double i, double j) { return i == j ? 1.0 : std::pow(0.1, 10 * i); }));
  check_eigenpairs(diagonals(9, [](double i, double j) { return i == j ? 0.0 : std::pow(1e-40, i); }));
}

TEST_CASE("implicit QR finds nothing but NaN where an entry is not finite, and ends") {
  for (const double entry : {std::nan(""), HUGE_VAL}) {
    for (const Index at : {Index{0}, Index{7}, Index{19}}) {
      Diagonals given = random_diagonals(20);
      given.diagonal[at] = entry;
      CHECK(TridiagonalQr(given.diagonal, given.off_diagonal).eigenvalues().array().isNaN().all());
      CHECK(TridiagonalQr(given.diagonal, given.off_diagonal).eigenpairs().values.array().isNaN().all());
    }
  }
}

namespace {

/// The kernel of an instruction set against rotations of one value at a time.
void check_rotations(const thrum::host::ProductKernels<double>& kernels) {
  constexpr Index rows = 9, stride = 60;
  for (const Index cols : {Index{8}, Index{24}, Index{40}, Index{48}}) {
    Matrix<double> x = Matrix<double>::Random(rows, stride), expected = x;
    std::vector<thrum::host::Rotation> rotations;
    for (Index k = 0; k + 1 < rows; ++k) {
      const double angle = static_cast<double>(k + 1), cosine = std::cos(angle), sine = std::sin(angle);
      rotations.push_back({cosine, sine});
      for (Index f = 0; f < cols; ++f) {
        const double first = expected(k, f), second = expected(k + 1, f);
        expected(k, f) = cosine * first + sine * second;
        expected(k + 1, f) = cosine * second - sine * first;
      }
    }
    kernels.rotate_rows(x.data(), stride, cols, rotations.data(), rows - 1);
    CHECK(x == expected);
  }
}

}  // namespace

TEST_CASE("every instruction set rotates rows to the bits of plain loops, and none beside its columns") {
  check_rotations(thrum::host::compiled_for::product_kernels<double>());
#if defined(THRUM_DISPATCH)
  if (thrum::host::has_avx2()) check_rotations(thrum::host::avx2::product_kernels<double>());
  if (thrum::host::has_avx512()) check_rotations(thrum::host::avx512::product_kernels<double>());
#endif
}

#if defined(_OPENMP)
TEST_CASE("implicit QR has the same bits on one thread and on several") {
  const Diagonals given = random_diagonals(230);
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const Eigenpairs alone = TridiagonalQr(given.diagonal, given.off_diagonal).eigenpairs();
  omp_set_num_threads(3);
  const Eigenpairs together = TridiagonalQr(given.diagonal, given.off_diagonal).eigenpairs();
  omp_set_num_threads(threads);
  CHECK(alone.values == together.values);
  CHECK(alone.vectors == together.vectors);
}
#endif
