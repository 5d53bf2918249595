#ifndef THRUM_CORE_EXACT_SUM_HPP
#define THRUM_CORE_EXACT_SUM_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

// Sums over samples that do not depend on their order: numbers become integers of 62 bits on a grid that
// spans the largest of their column, and integers add without rounding. What was added can be taken away
// again, so that a sum follows a sample that changes its cluster, and threads, blocks and algorithms all find
// the same bits.

namespace thrum {

/// Sum of integers of 62 bits and a sign, in two parts that never carry, so that many sums can be added at
/// once: of term / 2^31, rounded down, and of the rest. Exact up to 2^32 terms. All zero is the empty sum.
struct ExactSum {
  int64_t high = 0;
  int64_t low = 0;

  static constexpr int low_bits = 31;
  static constexpr int64_t low_mask = (int64_t{1} << low_bits) - 1;

  void add(int64_t term) {
    high += term >> low_bits;
    low += term & low_mask;
  }

  /// Rounded to double.
  double value() const { return static_cast<double>(high) * 2147483648.0 + static_cast<double>(low); }
};

/// The grid on which numbers are added: `scale`, a power of two, takes them to less than 2^62. What lies
/// below 1 is cut off: less than 2^-61 of the largest.
struct FixedPointGrid {
  double scale = 1;

  /// For numbers of magnitude up to `largest`, finite.
  static FixedPointGrid spanning(double largest) {
    if (!(largest > 0)) return {};
    const int exponent = static_cast<int>(bits_of(largest) >> 52) - 1023;  // largest < 2^(exponent + 1)
    return {from_bits<double>(static_cast<uint64_t>(smaller(61 - exponent, 1023) + 1023) << 52)};
  }

  int64_t to_fixed(double value) const { return static_cast<int64_t>(value * scale); }
  double value(const ExactSum& sum) const { return sum.value() / scale; }
};

}  // namespace thrum

#endif  // THRUM_CORE_EXACT_SUM_HPP
