#ifndef THRUM_CORE_INTEGER_DOT_HPP
#define THRUM_CORE_INTEGER_DOT_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#define THRUM_INTEGERS_BY_HELIUM
#include <arm_mve.h>
#elif defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_SIMD32)
#define THRUM_INTEGERS_BY_PAIRS
#include <arm_acle.h>
#elif defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1
#define THRUM_FEW_REGISTERS
#endif

// The one inner loop of scoring in integers: a row against several others, products summed. All numbers are
// non-negative and below 2^14, and sums are modulo 2^32, so that every form below has the same bits: Helium,
// two products at a time, and plain C. Coordinate: uint16_t or uint8_t.

namespace thrum {

/// Integers that a row of `features` takes: rows are filled up with zeros to whole steps of four.
constexpr Index integer_row_size(Index features) { return (features + 3) / 4 * 4; }

/// Integers that `rows` rows under each other take: behind the last one vector kernels read, but do not use,
/// up to 16 bytes.
template <typename Coordinate>
constexpr Index integer_rows_size(Index features, Index rows) {
  return rows * integer_row_size(features) + 16 / static_cast<Index>(sizeof(Coordinate));
}

/// Integers of 16 bits that the row on the other side takes: zeros up to whole vectors of 16 bytes.
constexpr Index integer_input_size(Index features) { return (features + 7) / 8 * 8; }

namespace detail {

template <typename Coordinate>
struct InputOf {
#if defined(THRUM_INTEGERS_BY_HELIUM)
  using Stored = Coordinate;
#elif defined(THRUM_INTEGERS_BY_PAIRS)
  using Stored = int16_t;
#else
  using Stored = uint16_t;
#endif
#if defined(__GNUC__)
  using Type __attribute__((__may_alias__)) = Stored;  // it may lie in scratch, where floats were
#else
  using Type = Stored;
#endif
};

}  // namespace detail

/// What the row on the other side consists of: see put_integer().
template <typename Coordinate>
using DotInput = typename detail::InputOf<Coordinate>::Type;

/// Makes `value` coordinate f of the row on the other side, the way the inner loop takes it.
template <typename Coordinate>
inline void put_integer(DotInput<Coordinate>* x, Index f, int32_t value) {
#if defined(THRUM_INTEGERS_BY_PAIRS)
  // Negative, for products can only be added; of four bytes, pairs are made of the even ones and the odd
  // ones.
  if (sizeof(Coordinate) == 1) f = (f & ~Index{3}) | (f << 1 & 2) | (f >> 1 & 1);
  value = -value;
#endif
  x[f] = static_cast<typename detail::InputOf<Coordinate>::Stored>(value);
}

namespace detail {

/// Neighbouring integers of the row on the other side, and how to take their products with those of a row off
/// a sum; always inline, for -Os would call a function for each.
template <typename Coordinate>
struct IntegerBlock;

#if defined(THRUM_INTEGERS_BY_HELIUM)

// By memcpy: GCC 12 moves stores of scalars past vld1q. As words, whose loads reach farther from a pointer.
inline uint32x4_t load_words(const void* from) {
  uint32x4_t words;
  __builtin_memcpy(&words, __builtin_assume_aligned(from, 4), sizeof(words));
  return words;
}
/// Not before the sums so far are done: else registers run out.
inline uint32x4_t load_words_in_turn(const void* from) {
  uint32x4_t words = load_words(from);
  __asm__ volatile("" : "+w"(words));
  return words;
}

template <>
struct IntegerBlock<uint16_t> {
  static constexpr Index size = 8;
  uint16x8_t integers;
  [[gnu::always_inline]] explicit IntegerBlock(uint32x4_t words) : integers(vreinterpretq_u16_u32(words)) {}
  [[gnu::always_inline]] uint32_t products(const uint16_t* row) const {
    return vmladavq_u16(integers, IntegerBlock(load_words_in_turn(row)).integers);
  }
  [[gnu::always_inline]] uint32_t add_products(uint32_t sum, const uint16_t* row) const {
    return vmladavaq_u16(sum, integers, IntegerBlock(load_words_in_turn(row)).integers);
  }
};
template <>
struct IntegerBlock<uint8_t> {
  static constexpr Index size = 16;
  uint8x16_t integers;
  [[gnu::always_inline]] explicit IntegerBlock(uint32x4_t words) : integers(vreinterpretq_u8_u32(words)) {}
  [[gnu::always_inline]] uint32_t products(const uint8_t* row) const {
    return vmladavq_u8(integers, IntegerBlock(load_words_in_turn(row)).integers);
  }
  [[gnu::always_inline]] uint32_t add_products(uint32_t sum, const uint8_t* row) const {
    return vmladavaq_u8(sum, integers, IntegerBlock(load_words_in_turn(row)).integers);
  }
};

/// An integer of each of four rows, by their offsets.
inline uint32x4_t gathered(const uint16_t* from, uint32x4_t offsets) {
  return vldrhq_gather_shifted_offset_u32(from, offsets);
}
inline uint32x4_t gathered(const uint8_t* from, uint32x4_t offsets) {
  return vldrbq_gather_offset_u32(from, offsets);
}

#elif defined(THRUM_INTEGERS_BY_PAIRS)

/// Two pairs, by one load.
struct IntegerPairs {
  int16x2_t first, second;
  [[gnu::always_inline]] explicit IntegerPairs(const void* from) {
    uint64_t four;
    __builtin_memcpy(&four, __builtin_assume_aligned(from, 8), sizeof(four));
    // Two words at once, and not before the sums so far are done: else registers run out.
    __asm__ volatile("" : "+r"(four));
    first = static_cast<int16x2_t>(four);
    second = static_cast<int16x2_t>(four >> 32);
  }
  [[gnu::always_inline]] int32_t add_products(int32_t sum, int16x2_t other_first,
                                              int16x2_t other_second) const {
    return __smlad(second, other_second, __smlad(first, other_first, sum));
  }
};

template <>
struct IntegerBlock<uint16_t> {
  static constexpr Index size = 4;
  IntegerPairs negative;
  [[gnu::always_inline]] explicit IntegerBlock(const void* from) : negative(from) {}
  [[gnu::always_inline]] uint32_t subtract_products(uint32_t sum, const uint16_t* row) const {
    const IntegerPairs other(row);
    return static_cast<uint32_t>(negative.add_products(static_cast<int32_t>(sum), other.first, other.second));
  }
};
template <>
struct IntegerBlock<uint8_t> {
  static constexpr Index size = 4;
  IntegerPairs negative;
  [[gnu::always_inline]] explicit IntegerBlock(const void* from) : negative(from) {}
  [[gnu::always_inline]] uint32_t subtract_products(uint32_t sum, const uint8_t* row) const {
    uint32_t four;
    __builtin_memcpy(&four, __builtin_assume_aligned(row, 4), sizeof(four));
    __asm__ volatile("" : "+r"(four));
    uint32_t bytes = 0x00ff00ff;
    __asm__("" : "+r"(bytes));  // in a register, for of AND with a constant and with a shift there is but one
    return static_cast<uint32_t>(negative.add_products(static_cast<int32_t>(sum),
                                                       static_cast<int16x2_t>(four & 0x00ff00ff),
                                                       static_cast<int16x2_t>(four >> 8 & bytes)));
  }
};

#else

template <typename Coordinate>
struct IntegerBlock {
  static constexpr Index size = 1;
  uint32_t integer;
  [[gnu::always_inline]] explicit IntegerBlock(const DotInput<Coordinate>* from) : integer(*from) {}
  [[gnu::always_inline]] uint32_t subtract_products(uint32_t sum, const Coordinate* row) const {
    return sum - integer * *row;
  }
};

#endif

/// How many coordinates of a row are taken in blocks: with Helium, a single one behind them is taken on its
/// own.
template <typename Coordinate>
constexpr Index integers_in_blocks(Index features) {
#if defined(THRUM_INTEGERS_BY_HELIUM)
  if (features > 1 && features % IntegerBlock<Coordinate>::size == 1) return features - 1;
#endif
  return features;
}

}  // namespace detail

/// Integers of the row on the other side that are read: those behind the d coordinates must be 0.
template <typename Coordinate>
constexpr Index integer_input_read(Index features) {
  constexpr Index step = detail::IntegerBlock<Coordinate>::size;
  const Index in_blocks = (detail::integers_in_blocks<Coordinate>(features) + step - 1) / step * step;
  return in_blocks < features ? features : in_blocks;
}

#if defined(THRUM_INTEGERS_BY_HELIUM)

/// Dot product of two rows. x: integer_input_size(d), row: of integer_rows_size(d, k) integers. O(d).
template <typename Coordinate>
inline uint32_t integer_dot(const DotInput<Coordinate>* x, const Coordinate* row, Index features) {
  using Block = detail::IntegerBlock<Coordinate>;
  const Index in_blocks = detail::integers_in_blocks<Coordinate>(features);
  uint32_t sum = in_blocks < features ? uint32_t{x[in_blocks]} * row[in_blocks] : 0;
  for (Index f = 0; f < in_blocks; f += Block::size)
    sum = Block(detail::load_words(x + f)).add_products(sum, row + f);
  return sum;
}

/// Dot products of x with four rows under each other. Arguments: as integer_dot. O(d).
template <typename Coordinate>
[[gnu::always_inline]] inline uint32x4_t four_integer_dots(const DotInput<Coordinate>* x,
                                                           const Coordinate* rows, Index features) {
  using Block = detail::IntegerBlock<Coordinate>;
  const Index size = integer_row_size(features), in_blocks = detail::integers_in_blocks<Coordinate>(features);
  const Index last = (in_blocks - 1) / Block::size * Block::size;
  const DotInput<Coordinate>* hidden = x;
  __asm__ volatile("" : "+r"(hidden));  // else all of x is loaded once, for which there are too few registers
  const auto block_at = [&](Index f) {
    return Block(f < 2 * Block::size ? detail::load_words(x + f) : detail::load_words_in_turn(hidden + f));
  };
  uint32x4_t behind = vdupq_n_u32(0);
  if (in_blocks < features) {
    const auto step = static_cast<uint32_t>(size);
    behind = detail::gathered(rows + in_blocks, uint32x4_t{0, step, 2 * step, 3 * step});
  }
  // From the end to the beginning, so that the pointer moves on with the last load.
  const Block last_block = block_at(last);
  uint32_t d = last_block.products(rows + last + 3 * size), c = last_block.products(rows + last + 2 * size),
           b = last_block.products(rows + last + size), a = last_block.products(rows + last);
#pragma GCC unroll 16
  for (Index f = last - Block::size; f >= 0; f -= Block::size) {
    const Block block = block_at(f);
    d = block.add_products(d, rows + f + 3 * size);
    c = block.add_products(c, rows + f + 2 * size);
    b = block.add_products(b, rows + f + size);
    a = block.add_products(a, rows + f);
  }
  uint32x4_t dots = vdupq_n_u32(a);
  dots = vsetq_lane_u32(b, dots, 1);
  dots = vsetq_lane_u32(c, dots, 2);
  dots = vsetq_lane_u32(d, dots, 3);
  return in_blocks < features ? vmlaq_n_u32(dots, behind, x[in_blocks]) : dots;
}

#else

namespace detail {

#if defined(THRUM_FEW_REGISTERS)
/// Products of x with two rows, taken off two sums.
template <typename Coordinate>
struct RowPair {
  const DotInput<Coordinate>* x;
  const Coordinate* row_a;
  const Coordinate* row_b;
  Index left;
  uint32_t a, b;

  [[gnu::always_inline]] void subtract(Index f) {
    const uint32_t integer = x[f];
    a -= integer * row_a[f];
    b -= integer * row_b[f];
    __asm__ volatile("" : "+l"(a), "+l"(b));  // else many products wait in memory to be added
  }
  template <Index block>
  [[gnu::always_inline]] void subtract_blocks() {
    for (; left >= block; left -= block, x += block, row_a += block, row_b += block) {
#pragma GCC unroll 16
      for (Index i = 0; i < block; ++i) subtract(i);
      __asm__ volatile("" : "+l"(left));  // the one counter
    }
  }
};

/// 0 less the dot products of x with two rows, that with b in the upper 32 bits. Not inline: with the loops
/// around it, registers run out.
template <typename Coordinate>
[[gnu::noinline]] inline uint64_t minus_two_dots(const DotInput<Coordinate>* x, const Coordinate* a,
                                                 const Coordinate* b, Index features) {
  RowPair<Coordinate> pair{x, a, b, features, 0, 0};
  pair.template subtract_blocks<16>();
  pair.template subtract_blocks<4>();
  pair.template subtract_blocks<1>();
  return uint64_t{pair.b} << 32 | pair.a;
}

/// Sums start(j + i) less the dot product of x with row i, of two rows.
struct RowSums {
  static constexpr Index count = 2;
  uint32_t sums[count];
  template <typename Coordinate, typename Start>
  RowSums(Start start, Index j, const DotInput<Coordinate>* x, const Coordinate* row, Index features) {
    const uint64_t dots = minus_two_dots(x, row, row + integer_row_size(features), features);
    sums[0] = start(j) + static_cast<uint32_t>(dots);
    sums[1] = start(j + 1) + static_cast<uint32_t>(dots >> 32);
  }
};
#else
/// Sums start(j + i) less the dot product of x with row i, of four rows.
struct RowSums {
  static constexpr Index count = 4;
  uint32_t sums[count];
  template <typename Coordinate, typename Start>
  RowSums(Start start, Index j, const DotInput<Coordinate>* x, const Coordinate* row, Index features) {
    using Block = IntegerBlock<Coordinate>;
    const Index size = integer_row_size(features);
    uint32_t a = start(j), b = start(j + 1), c = start(j + 2), d = start(j + 3);
#pragma GCC unroll 16
    for (Index f = 0; f < features; f += Block::size, row += Block::size) {
      const Block block(x + f);
      a = block.subtract_products(a, row);
      b = block.subtract_products(b, row + size);
      c = block.subtract_products(c, row + 2 * size);
      d = block.subtract_products(d, row + 3 * size);
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
  }
};
#endif

}  // namespace detail

/// Calls visit(j, start(j) - dot product of x with row j) for j = 0 ... count - 1, modulo 2^32.
/// x: integer_input_size(d) as put_integer() has them, rows: integer_rows_size(d, count) integers, row after
/// row, zeros behind the d entries of each. O(d count).
template <typename Coordinate, typename Start, typename Visit>
#if defined(__GNUC__)
__attribute__((always_inline))  // else loops whose lengths are known are compiled for any
#endif
inline void
for_each_integer_difference(const DotInput<Coordinate>* x, const Coordinate* rows, Index features,
                            Index count, Start start, Visit visit) {
  using Block = detail::IntegerBlock<Coordinate>;
  using Sums = detail::RowSums;
  const Index size = integer_row_size(features), together = count / Sums::count * Sums::count;
  for (Index j = 0; j < together; j += Sums::count, rows += Sums::count * size) {
    const Sums rows_sums(start, j, x, rows, features);
#pragma GCC unroll 4
    for (Index i = 0; i < Sums::count; ++i) visit(j + i, rows_sums.sums[i]);
  }
  for (Index j = together; j < count; ++j, rows += size) {
    uint32_t sum = start(j);
    for (Index f = 0; f < features; f += Block::size) sum = Block(x + f).subtract_products(sum, rows + f);
    visit(j, sum);
  }
}

#endif

}  // namespace thrum

#endif  // THRUM_CORE_INTEGER_DOT_HPP
