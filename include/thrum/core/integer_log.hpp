#ifndef THRUM_CORE_INTEGER_LOG_HPP
#define THRUM_CORE_INTEGER_LOG_HPP

#include <stdint.h>

#include "thrum/core/scalar.hpp"

// Logarithms in fixed point, for processors without floating-point unit.

namespace thrum {

/// Binary digits behind the point of integer_log2.
constexpr int log2_fraction_bits = 20;

/// Bits of x without leading zeros; 0 of 0.
constexpr int bit_count(uint64_t x) {
  int bits = 0;
  for (int step = 32; step > 0; step /= 2) {
    if (x >> step == 0) continue;
    x >>= step;
    bits += step;
  }
  return bits + static_cast<int>(x);
}

/// log2 x of x > 0, times 2^20, too small by less than 1.01: digit by digit, a square for each. About 7
/// Cortex-M4 instructions a digit; no table, no division.
constexpr int32_t integer_log2(uint64_t x) {
  const int exponent = bit_count(x) - 1;
  uint32_t mantissa = static_cast<uint32_t>(exponent > 31 ? x >> (exponent - 31) : x << (31 - exponent));
  int32_t log = exponent;
  for (int digit = 0; digit < log2_fraction_bits; ++digit) {
    const uint32_t square = static_cast<uint32_t>(uint64_t{mantissa} * mantissa >> 32);  // in [2^30, 2^32)
    const uint32_t carry = square >> 31;
    mantissa = square << (1 - carry);
    log = 2 * log + static_cast<int32_t>(carry);
  }
  return log;
}

/// The same of a positive finite float.
inline int32_t integer_log2(float x) {
  constexpr int mantissa_bits = ScalarTraits<float>::mantissa_bits;
  const uint32_t bits = bits_of(x);
  const uint32_t stored = bits >> mantissa_bits;
  const uint32_t hidden = stored == 0 ? 0 : uint32_t{1} << mantissa_bits;
  const int exponent = (stored == 0 ? 1 : static_cast<int>(stored)) - ScalarTraits<float>::exponent_bias;
  const uint32_t mantissa = (bits & ((uint32_t{1} << mantissa_bits) - 1)) | hidden;
  return integer_log2(uint64_t{mantissa}) + (exponent - mantissa_bits) * (1 << log2_fraction_bits);
}

/// The natural logarithm of what has this integer_log2, rounded to the nearest float or its neighbour.
inline float natural_log_of_log2(int32_t log2) {
  constexpr int64_t ln2 = 0x58b90bfc;  // times 2^31
  const int32_t log = static_cast<int32_t>((log2 * ln2) >> 31);
  return static_cast<float>(log) * (1.0f / (1 << log2_fraction_bits));
}

}  // namespace thrum

#endif  // THRUM_CORE_INTEGER_LOG_HPP
