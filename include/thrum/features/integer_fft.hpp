#ifndef THRUM_FEATURES_INTEGER_FFT_HPP
#define THRUM_FEATURES_INTEGER_FFT_HPP

#include <stdint.h>

#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/features/fft.hpp"

// The transform in integers of 32 bits, which every processor from the Cortex-M3 on multiplies to 64 bits at
// once: no intrinsics, the same bits everywhere. Each stage but the first divides by its radix, so that no
// number grows beyond twice what it was and nothing overflows: docs/numerics.md, section "Features in
// integers".

namespace thrum {

/// What 1 is in the integer cosine table: one less than 2^30, so that twice Hann's window fits too.
constexpr int32_t integer_cosine_one = (int32_t{1} << 30) - 1;

/// The cosine of k of `size` parts of the circle times integer_cosine_one, rounded to the nearest.
constexpr int32_t integer_cosine(Index k, Index size) {
  const double scaled = cosine_of_turn(k, size) * integer_cosine_one;
  return static_cast<int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/// As fill_cosine_table, times integer_cosine_one.
constexpr void fill_integer_cosine_table(int32_t* table, Index size) {
  for (Index k = 0; k <= size / 2; ++k) table[k] = integer_cosine(k, size);
}

/// Entries of the table for transforms of `size` real samples, a power of two of at least 8: the cosines,
/// then the turns of the last stage, in the order in which they are needed.
constexpr Index integer_transform_table_size(Index size) { return cosine_table_size(size) + 6 * (size / 8); }

/// Fills the table; the front is that of fill_integer_cosine_table. constexpr; at run time in double.
constexpr void fill_integer_transform_table(int32_t* table, Index size) {
  fill_integer_cosine_table(table, size);
  int32_t* turn = table + cosine_table_size(size);
  for (Index j = 0; j < size / 8; ++j) {
    const Index angles[] = {4 * j, 2 * j, 6 * j};
    for (const Index angle : angles) {
      *turn++ = integer_cosine(angle, size);
      *turn++ = integer_cosine(angle - size / 4, size);
    }
  }
}

namespace detail {

using IntegerComplex = Complex<int32_t>;

/// Upper half of a product of 64 bits.
[[gnu::always_inline]] inline int32_t upper_half(int64_t product) {
  return static_cast<int32_t>(product >> 32);
}

/// a / 2.
[[gnu::always_inline]] inline IntegerComplex halved(IntegerComplex a) { return {a.re >> 1, a.im >> 1}; }

/// a / 4.
[[gnu::always_inline]] inline IntegerComplex quartered(IntegerComplex a) { return {a.re >> 2, a.im >> 2}; }

/// a / 4, times the twiddle w.re - i w.im.
[[gnu::always_inline]] inline IntegerComplex quartered_turned(IntegerComplex a, IntegerComplex w) {
  return {upper_half(int64_t{a.re} * w.re + int64_t{a.im} * w.im),
          upper_half(int64_t{a.im} * w.re + int64_t{-a.re} * w.im)};
}

// A butterfly has more numbers than a Cortex-M has registers. GCC keeps most of them on the stack unless told
// what to do first, and that addresses had better be added up than be derived from one: 60 instructions a
// butterfly then, 87 else.

/// An address that the compiler knows nothing of.
template <typename Number>
[[gnu::always_inline]] inline Number* unknown_address(Number* address) {
#if defined(__GNUC__)
  __asm__("" : "+r"(address));
#endif
  return address;
}
/// A number that is computed before anything that stands behind it.
[[gnu::always_inline]] inline IntegerComplex computed_first(IntegerComplex z) {
#if defined(__GNUC__)
  __asm__ volatile("" : "+r"(z.re), "+r"(z.im) : : "memory");
#endif
  return z;
}

/// Joins one element each of four transforms, which lie `quarter` integers apart. taken(value, which): what
/// of the four to add up. Returns the end of the fourth.
template <typename Taken>
[[gnu::always_inline]] inline int32_t* join_integer_four(int32_t* at_a, Index quarter, Taken taken) {
  int32_t* const at_b = unknown_address(at_a + quarter);
  int32_t* const at_c = unknown_address(at_b + quarter);
  int32_t* const at_d = unknown_address(at_c + quarter);
  const IntegerComplex b = taken(load(at_b), 1), a = taken(load(at_a), 0);
  store(at_a, a + b);
  store(at_b, a - b);
  const IntegerComplex c = computed_first(taken(load(at_c), 2));
  const IntegerComplex d = computed_first(taken(load(at_d), 3));
  const IntegerComplex odd_sum = c + d, odd_difference = c - d;
  const IntegerComplex even_sum = load(at_a);
  store(at_a, even_sum + odd_sum);
  store(at_c, even_sum - odd_sum);
  const IntegerComplex even_difference = load(at_b);
  const IntegerComplex quarter_turned{odd_difference.im, -odd_difference.re};
  store(at_b, even_difference + quarter_turned);
  store(at_d, even_difference - quarter_turned);
  return at_d + quarter;
}

/// First stage when the count is a power of four: four neighbours become a transform of length four, halved.
inline void join_integer_fours(int32_t* z, Index count) {
  for (const int32_t* const end = z + 2 * count; z < end;)
    z = join_integer_four(z, 2, [](IntegerComplex value, int) { return halved(value); });
}

/// First stage when it is not: neighbours become transforms of length two.
inline void join_integer_pairs(int32_t* z, Index count) {
  for (int32_t* const end = z + 2 * count; z != end; z += 4) {
    const IntegerComplex a = load(z), b = load(z + 2);
    store(z, a + b);
    store(z + 2, a - b);
  }
}

/// One stage: transforms of length `quarter` become transforms four times as long, over 4. turns: of the last
/// stage.
inline void join_integer_quarters(int32_t* z, Index count, Index quarter, const int32_t* turns) {
  const int32_t* const end = z + 2 * count;
  for (int32_t* at = z; at < end;)
    at = join_integer_four(at, 2 * quarter, [](IntegerComplex value, int) { return quartered(value); });
  const Index stride = 6 * (count / 4 / quarter);
  for (const int32_t* const last = z + 2 * quarter; (z += 2) < last;) {
    const int32_t* const turn = unknown_address(turns += stride);
    int32_t* at = z;
    do {
      at = join_integer_four(at, 2 * quarter, [turn](IntegerComplex value, int which) {
        return which == 0 ? quartered(value) : quartered_turned(value, load(turn + 2 * (which - 1)));
      });
    } while (at < end);
  }
}

/// Makes the transform of `size` real samples, halved, from that of size / 2 complex ones.
inline void split_halved_real(int32_t* z, Index size, const int32_t* cosines) {
  const IntegerComplex first = load(z);
  store(z, IntegerComplex{(first.re + first.im) >> 1, (first.re - first.im) >> 1});
  const int32_t *cosine = cosines, *sine = cosines + size / 4;
  for (Index k = 2; k < size / 2; k += 2) {
    int32_t* const low = z + k;
    int32_t* const high = z + size - k;
    const IntegerComplex a = load(low), b = load(high);
    const IntegerComplex even = quartered({a.re + b.re, a.im - b.im});
    const IntegerComplex odd = quartered_turned({a.im + b.im, b.re - a.re}, {*++cosine, *--sine});
    store(low, even + odd);
    store(high, IntegerComplex{even.re - odd.re, odd.im - even.im});
  }
  store(z + size / 2, IntegerComplex{z[size / 2] >> 1, -(z[size / 2 + 1] >> 1)});
}

/// Discrete Fourier transform of `count` complex integers, times 2 / count, in place. turns: of a table for
/// 2 count real samples.
inline void integer_complex_transform(int32_t* z, Index count, const int32_t* turns) {
  reverse_bits_of_positions(z, count);
  Index quarter = count;
  while (quarter > 2) quarter /= 4;  // ends at 1 for powers of four, at 2 for the others
  if (quarter == 2) {
    join_integer_pairs(z, count);
  } else {
    join_integer_fours(z, count);
    quarter = 4;
  }
  for (; quarter < count; quarter *= 4) join_integer_quarters(z, count, quarter, turns);
}

}  // namespace detail

/// Discrete Fourier transform of real integers, in place: X[k] = 2 / size sum over n of x[n]
/// exp(-2 pi i k n / size). x: `size` integers of magnitudes up to 2^28 in; out: as
/// real_fourier_transform; size: a power of two from 8 to 65536; table: of
/// fill_integer_transform_table(size). Error: a few units in the last place, since each stage rounds down.
/// Allocates nothing, no recursion.
inline void integer_real_transform(int32_t* x, Index size, const int32_t* table) {
  detail::integer_complex_transform(x, size / 2, table + cosine_table_size(size));
  detail::split_halved_real(x, size, table);
}

}  // namespace thrum

#endif  // THRUM_FEATURES_INTEGER_FFT_HPP
