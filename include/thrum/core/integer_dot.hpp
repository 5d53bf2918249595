#ifndef THRUM_CORE_INTEGER_DOT_HPP
#define THRUM_CORE_INTEGER_DOT_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#include <arm_mve.h>
#endif
#if defined(__ARM_FEATURE_SIMD32)
#include <arm_acle.h>
#endif

// The one inner loop of scoring in integers: a row against several others, products summed. Integer sums are
// exact, so every form below has the same bits: Helium, two or four products at a time, and plain C.

namespace thrum {

/// Integers that a row of `features` takes: rows are filled up with zeros to whole steps of four.
constexpr Index integer_row_size(Index features) { return (features + 3) / 4 * 4; }

/// Integers that `rows` rows under each other take: behind the last one vector kernels read, but do not use,
/// up to 16 bytes.
template <typename Stored>
constexpr Index integer_rows_size(Index features, Index rows) {
  return rows * integer_row_size(features) + 16 / static_cast<Index>(sizeof(Stored));
}

/// Integers that the row on the other side takes: zeros up to whole vectors of 16 bytes.
template <typename Stored>
constexpr Index integer_input_size(Index features) {
  constexpr Index lanes = 16 / static_cast<Index>(sizeof(Stored));
  return (features + lanes - 1) / lanes * lanes;
}

namespace detail {

/// Neighbouring integers of a row, and how their products with those of another row are added to a sum.
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)

// Vectors by memcpy: GCC 12 moves stores of scalars past vld1q.
template <typename Stored>
struct IntegerBlock;
template <>
struct IntegerBlock<int16_t> {
  static constexpr Index size = 8;
  int16x8_t integers;
  explicit IntegerBlock(const int16_t* from) { __builtin_memcpy(&integers, from, sizeof(integers)); }
  int32_t add(int32_t sum, const int16_t* row) const {
    return vmladavaq_s16(sum, integers, IntegerBlock(row).integers);
  }
};
template <>
struct IntegerBlock<int8_t> {
  static constexpr Index size = 16;
  int8x16_t integers;
  explicit IntegerBlock(const int8_t* from) { __builtin_memcpy(&integers, from, sizeof(integers)); }
  int32_t add(int32_t sum, const int8_t* row) const {
    return vmladavaq_s8(sum, integers, IntegerBlock(row).integers);
  }
};

#elif defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_SIMD32)

template <typename Stored>
struct IntegerBlock;
template <>
struct IntegerBlock<int16_t> {
  static constexpr Index size = 4;
  int16x2_t first, second;
  explicit IntegerBlock(const int16_t* from) {
    uint64_t four;
    __builtin_memcpy(&four, __builtin_assume_aligned(from, 8), sizeof(four));
    // Two words at once, and not before the sums so far are done: else registers run out.
    __asm__ volatile("" : "+r"(four));
    first = static_cast<int16x2_t>(four);
    second = static_cast<int16x2_t>(four >> 32);
  }
  int32_t add(int32_t sum, const int16_t* row) const {
    const IntegerBlock other(row);
    return __smlad(second, other.second, __smlad(first, other.first, sum));
  }
};
template <>
struct IntegerBlock<int8_t> {
  static constexpr Index size = 4;
  int16x2_t even, odd;
  explicit IntegerBlock(const int8_t* from) {
    uint32_t four;
    __builtin_memcpy(&four, __builtin_assume_aligned(from, 4), sizeof(four));
    __asm__ volatile("" : "+r"(four));
    even = __sxtb16(static_cast<int8x4_t>(four));
    odd = __sxtb16(static_cast<int8x4_t>(four >> 8 | four << 24));
  }
  int32_t add(int32_t sum, const int8_t* row) const {
    const IntegerBlock other(row);
    return __smlad(odd, other.odd, __smlad(even, other.even, sum));
  }
};

#else

template <typename Stored>
struct IntegerBlock {
  static constexpr Index size = 1;
  int32_t integer;
  explicit IntegerBlock(const Stored* from) : integer(*from) {}
  int32_t add(int32_t sum, const Stored* row) const { return sum + integer * *row; }
};

#endif

}  // namespace detail

/// Dot product of two rows. x: integer_input_size(d), row: of integer_rows_size(d, k) integers. O(d).
template <typename Stored>
inline int32_t integer_dot(const Stored* x, const Stored* row, Index features) {
  using Block = detail::IntegerBlock<Stored>;
  int32_t sum = 0;
  for (Index f = 0; f < features; f += Block::size) sum = Block(x + f).add(sum, row + f);
  return sum;
}

/// Calls visit(j, start(j) + dot product of x with row j) for j = 0 ... count - 1.
/// x: integer_input_size(d), rows: integer_rows_size(d, count) integers, row after row, zeros behind the d
/// entries of each. No sum of start and products may leave int32, in any order. O(d count).
template <typename Stored, typename Start, typename Visit>
#if defined(__GNUC__)
__attribute__((always_inline))  // else loops whose lengths are known are compiled for any
#endif
inline void
for_each_integer_sum(const Stored* x, const Stored* rows, Index features, Index count, Start start,
                     Visit visit) {
  using Block = detail::IntegerBlock<Stored>;
  const Index size = integer_row_size(features);
  const Index in_fours = count / 4 * 4;
  for (Index j = 0; j < in_fours; j += 4, rows += 4 * size) {
    int32_t a = start(j), b = start(j + 1), c = start(j + 2), d = start(j + 3);
    const Stored* row = rows;
#pragma GCC unroll 16
    for (Index f = 0; f < features; f += Block::size, row += Block::size) {
      const Block block(x + f);
      a = block.add(a, row);
      b = block.add(b, row + size);
      c = block.add(c, row + 2 * size);
      d = block.add(d, row + 3 * size);
    }
    visit(j, a);
    visit(j + 1, b);
    visit(j + 2, c);
    visit(j + 3, d);
  }
  for (Index j = in_fours; j < count; ++j, rows += size) visit(j, start(j) + integer_dot(x, rows, features));
}

}  // namespace thrum

#endif  // THRUM_CORE_INTEGER_DOT_HPP
