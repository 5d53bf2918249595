#ifndef THRUM_HOST_PACKED_TRIANGLE_HPP
#define THRUM_HOST_PACKED_TRIANGLE_HPP

#include <Eigen/Core>
#include <cmath>
#include <type_traits>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/products.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// A symmetric matrix that is multiplied many times: as L + L', with half the diagonal in each. L lies in
/// square blocks, in the order in which they are read, once for both; rounded to float they are half as much
/// to read. Products are in double.
template <typename Stored>
class PackedTriangle {
 public:
  /// lower: n x n, of which the lower triangle is read; no entry much larger than those on the diagonal, as
  /// in every positive semi-definite matrix. O(n^2); allocates n^2 / 2.
  explicit PackedTriangle(const Matrix<double>& lower)
      : size_(lower.rows()),
        strips_(blocks_of_products(size_)),
        unit_(unit_of(lower)),
        entries_(strip_begin(strips_)) {
    parallel_for(strips_, worker_count(operations(size_, size_, 1)),
                 [&](Index strip, int) { pack(lower, strip); });
  }

  /// The matrix times each row of x, m x n, at most product_block of them. The same on any number of threads.
  /// O(n^2 m); allocates 7 n m.
  Matrix<double> times(const Matrix<double>& x) const {
    constexpr Index parts = 4;  // each by one thread alone, with sums of its own
    const Index m = x.rows(), padded = strips_ * side;
    Matrix<double> factors = Matrix<double>::Zero(padded, m);
    factors.topRows(size_) = unit_ * x.transpose();
    Matrix<double> down = Matrix<double>::Zero(padded, m);  // of which each strip has rows of its own
    std::vector<Matrix<double>> across(array_size(parts), Matrix<double>::Zero(m, padded));
    parallel_for(parts, worker_count(operations(size_, size_, m)), [&](Index part, int) {
      const Index end = blocks_of_products(triangle_part_begin(part + 1, parts, size_));
      for (Index strip = blocks_of_products(triangle_part_begin(part, parts, size_)); strip < end; ++strip)
        add_strip(strip, factors, down, across[array_size(part)]);
    });
    for (Index part = 1; part < parts; ++part) across[0] += across[array_size(part)];
    return (across[0] + down.transpose()).leftCols(size_);
  }

 private:
  static constexpr Index side = product_block;  // in double, a block stays in the first cache

  /// A power of two near the largest entry, so that what a float holds does not depend on the scale.
  static double unit_of(const Matrix<double>& lower) {
    const double largest = lower.diagonal().cwiseAbs().maxCoeff();
    return largest > 0 ? std::ldexp(1.0, std::ilogb(largest)) : 1.0;
  }

  /// Where a strip of blocks, from the first column to the diagonal, begins.
  static Index strip_begin(Index strip) { return strip * (strip + 1) / 2 * side * side; }
  Stored* block_at(Index strip, Index number) const {
    return entries_.data() + strip_begin(strip) + number * side * side;
  }

  void pack(const Matrix<double>& lower, Index strip) const {
    for (Index number = 0; number <= strip; ++number) {
      Stored* entry = block_at(strip, number);
      for (Index i = strip * side; i < (strip + 1) * side; ++i)
        for (Index j = number * side; j < (number + 1) * side; ++j, ++entry) {
          const bool counts = i < size_ && j <= i;
          *entry = counts ? static_cast<Stored>(lower(i, j) / unit_ / (i == j ? 2 : 1)) : Stored(0);
        }
    }
  }

  /// Adds what rows of L take x to, n x m, to `down`, and what those of L' do to `across`, m x n.
  void add_strip(Index strip, const Matrix<double>& x, Matrix<double>& down, Matrix<double>& across) const {
    const auto add = product_kernels<double>().add_products;
    const Index m = x.cols(), first = strip * side;
    const Factor<double> factors = factor(thrum::view(x));
    alignas(64) double scratch[side * side];
    for (Index number = 0; number <= strip; ++number) {
      const double* const block = in_double(block_at(strip, number), scratch);
      const Factor<double> transposed{block, 1, side, false}, plain{block, side, 1, false};
      const Index column = number * side;
      add({transposed, factors.from(column), side, 0, side, m, &down(first, 0), m, false});
      add({factors.from(first), plain, side, 0, m, side, &across(0, column), across.cols(), false});
    }
  }

  static const double* in_double(const Stored* block, double* scratch) {
    if constexpr (std::is_same<Stored, double>::value) {
      static_cast<void>(scratch);
      return block;
    } else {
      product_kernels<Stored>().widen(block, side * side, scratch);
      return scratch;
    }
  }

  Index size_, strips_;
  double unit_;
  AlignedArray<Stored> entries_;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_PACKED_TRIANGLE_HPP
