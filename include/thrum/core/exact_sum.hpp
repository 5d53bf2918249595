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

/// Sum of up to 2^64 integers of 63 bits, in two's complement modulo 2^128. All zero is the empty sum.
struct ExactSum {
  uint64_t low = 0;
  uint64_t high = 0;

  void add(int64_t term) { add({static_cast<uint64_t>(term), static_cast<uint64_t>(term >> 63)}); }
  void subtract(int64_t term) { add(-term); }
  void add(const ExactSum& other) {
    low += other.low;
    high += other.high + (low < other.low ? 1u : 0u);
  }

  /// Rounded to double.
  double value() const {
    if (high >> 63 == 0) return magnitude(high, low);
    return -magnitude(~high + (low == 0 ? 1u : 0u), ~low + 1u);
  }

 private:
  static double magnitude(uint64_t high, uint64_t low) {
    return static_cast<double>(high) * 18446744073709551616.0 + static_cast<double>(low);
  }
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
