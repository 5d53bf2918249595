#ifndef THRUM_HOST_TRIDIAGONAL_QR_HPP
#define THRUM_HOST_TRIDIAGONAL_QR_HPP

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Eigenvalues, largest first, and their unit eigenvectors, a column each; or nothing.
struct Eigenpairs {
  Vector<double> values;
  Matrix<double> vectors;

  bool found() const { return values.size() > 0; }
};

/// All eigenvalues of a symmetric tridiagonal matrix, by implicit QR steps with Wilkinson's shift (Golub and
/// Van Loan, Matrix Computations, section 8.3); NaN, all of them, where an entry is not finite. Rotations of
/// eigenvectors are collected over many steps and then turn a strip of columns after the other: a strip stays
/// in the cache, and threads share in them. Works in place: to be asked once.
class TridiagonalQr {
 public:
  /// Both n long, the largest entry about 1; off_diagonal[i] lies between i - 1 and i, that of 0 is not used.
  TridiagonalQr(const Vector<double>& diagonal, const Vector<double>& off_diagonal)
      : diagonal_(diagonal), off_diagonal_(off_diagonal) {}

  /// Largest first. O(n^2).
  Vector<double> eigenvalues() {
    diagonalise([&](const Sweep&) { rotations_.clear(); });
    std::sort(diagonal_.begin(), diagonal_.end(), std::greater<double>());
    return diagonal_;
  }

  /// O(n^3).
  Eigenpairs eigenpairs() {
    const Index n = diagonal_.size();
    Matrix<double> rows = Matrix<double>::Identity(n, padded(n));  // an eigenvector each
    diagonalise([&](const Sweep& sweep) {
      sweeps_.push_back(sweep);
      if (array_size(batch) < rotations_.size()) turn(rows);
    });
    turn(rows);
    return sorted(rows);
  }

 private:
  static constexpr Index batch = 8192;  // rotations, 128 KB, which the second cache holds
  static constexpr Index strip = 48;    // columns that are turned by all of them

  /// Rotations of rows begin and begin + 1, then of the next two, and so on; they stand from `rotations`.
  struct Sweep {
    Index begin, count;
    std::size_t rotations;
  };

  /// An odd multiple of what kernels turn at once: rows a power of two apart would meet in the same places of
  /// the cache.
  static Index padded(Index cols) { return (cols + 7) / 16 * 16 + 8; }

  /// Calls after_sweep(sweep) after each step, whose rotations were appended to rotations_.
  template <typename AfterSweep>
  void diagonalise(AfterSweep after_sweep) {
    Index end = diagonal_.size() - 1;
    for (Index steps = all_finite() ? 30 * diagonal_.size() : 0; steps > 0; --steps) {  // two a row are usual
      while (end > 0 && negligible(end)) --end;
      if (end == 0) return;
      Index begin = end - 1;
      while (begin > 0 && !negligible(begin)) --begin;
      off_diagonal_[begin] = 0;  // the step turns its row too, and must not make it count again
      after_sweep(sweep(begin, end));
    }
    diagonal_.setConstant(std::numeric_limits<double>::quiet_NaN());
  }

  bool all_finite() const {
    bool all = true;
    for (Index i = 0; i < diagonal_.size(); ++i)
      all = all && is_finite(diagonal_[i]) && (i == 0 || is_finite(off_diagonal_[i]));
    return all;
  }

  bool negligible(Index i) const {
    constexpr double epsilon = ScalarTraits<double>::epsilon();
    return absolute(off_diagonal_[i]) <=
           epsilon * (absolute(diagonal_[i - 1]) + absolute(diagonal_[i]) + epsilon);
  }

  /// One QR step on rows begin ... end: the first rotation is that of the shifted matrix, the others chase
  /// what it leaves beside the diagonals off the end.
  Sweep sweep(Index begin, Index end) {
    const std::size_t first = rotations_.size();
    double along = diagonal_[begin] - shift(end), away = off_diagonal_[begin + 1];
    for (Index k = begin; k < end; ++k) {
      const Rotation turn = rotation(along, away);
      rotations_.push_back(turn);
      if (k > begin) off_diagonal_[k] = turn.cosine * along + turn.sine * away;
      const double between = off_diagonal_[k + 1], difference = diagonal_[k + 1] - diagonal_[k];
      const double moved = turn.sine * difference + 2 * turn.cosine * between;
      diagonal_[k] += turn.sine * moved;
      diagonal_[k + 1] -= turn.sine * moved;
      along = off_diagonal_[k + 1] = turn.cosine * moved - between;
      if (k + 1 == end) break;
      away = turn.sine * off_diagonal_[k + 2];
      off_diagonal_[k + 2] *= turn.cosine;
    }
    return {begin, end - begin, first};
  }

  /// The eigenvalue of the last two rows up to `end` that is nearer to the last.
  double shift(Index end) const {
    const double half = (diagonal_[end - 1] - diagonal_[end]) / 2, between = off_diagonal_[end];
    const double root = square_root(half * half + between * between);
    return diagonal_[end] - between / (half + (half < 0 ? -root : root)) * between;
  }

  /// The one that turns (along, away) onto the first axis.
  static Rotation rotation(double along, double away) {
    const double length = square_root(along * along + away * away);
    if (length < 1e-140) return {1, 0};  // squares lose digits; what is left out is nothing beside 1
    return {along / length, away / length};
  }

  /// Turns the rows by all rotations that were collected.
  void turn(Matrix<double>& rows) {
    const Index n = rows.rows(), cols = rows.cols(), count = static_cast<Index>(rotations_.size());
    parallel_for((cols + strip - 1) / strip, worker_count(operations(count, 4, n)), [&](Index number, int) {
      const Index begin = number * strip, width = smaller(Index{strip}, cols - begin);
      for (const Sweep& sweep : sweeps_)
        product_kernels<double>().rotate_rows(&rows(sweep.begin, begin), cols, width,
                                              rotations_.data() + sweep.rotations, sweep.count);
    });
    rotations_.clear();
    sweeps_.clear();
  }

  Eigenpairs sorted(const Matrix<double>& rows) const {
    const Index n = rows.rows();
    std::vector<Index> order(array_size(n));
    std::iota(order.begin(), order.end(), Index{0});
    std::sort(order.begin(), order.end(), [&](Index a, Index b) { return diagonal_[a] > diagonal_[b]; });
    Eigenpairs pairs{Vector<double>(n), Matrix<double>(n, n)};
    for (Index i = 0; i < n; ++i) {
      const Index from = order[array_size(i)];
      pairs.values[i] = diagonal_[from];
      pairs.vectors.col(i) = rows.row(from).head(n).transpose();
    }
    return pairs;
  }

  Vector<double> diagonal_, off_diagonal_;
  std::vector<Rotation> rotations_;
  std::vector<Sweep> sweeps_;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_TRIDIAGONAL_QR_HPP
