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
/// once: of term / 2^31, rounded to an integer, and of the rest. Exact up to 2^31 terms. All zero is the
/// empty sum.
struct ExactSum {
  int64_t high = 0;
  int64_t low = 0;

  static constexpr double low_range = 2147483648.0;  // 2^31
  /// Added to a number below 2^51, rounds it to an integer, which is then the low bits of the sum.
  static constexpr double integer_shift = 6755399441055744.0;  // 1.5 * 2^52

  /// term: below 2^62, rounded to the nearest integer.
  void add(double term) {
    const int64_t whole = nearest_integer(term * (1 / low_range));
    high += whole;
    low += nearest_integer(term - static_cast<double>(whole) * low_range);
  }

  /// Rounded to double.
  double value() const { return static_cast<double>(high) * low_range + static_cast<double>(low); }

 private:
  static int64_t nearest_integer(double x) {
    return static_cast<int64_t>(bits_of(x + integer_shift) - bits_of(integer_shift));
  }
};

/// The grid on which numbers are added: `scale`, a power of two, takes them to less than 2^62. They are
/// rounded by at most 2^-62 of the largest.
struct FixedPointGrid {
  double scale = 1;

  /// For numbers of magnitude up to `largest`, finite.
  static FixedPointGrid spanning(double largest) {
    if (!(largest > 0)) return {};
    const int exponent = static_cast<int>(bits_of(largest) >> 52) - 1023;  // largest < 2^(exponent + 1)
    return {from_bits<double>(static_cast<uint64_t>(smaller(61 - exponent, 1023) + 1023) << 52)};
  }

  void add(double value, ExactSum& sum) const { sum.add(value * scale); }
  double value(const ExactSum& sum) const { return sum.value() / scale; }
};

}  // namespace thrum

#endif  // THRUM_CORE_EXACT_SUM_HPP
