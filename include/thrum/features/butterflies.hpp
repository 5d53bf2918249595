#ifndef THRUM_FEATURES_BUTTERFLIES_HPP
#define THRUM_FEATURES_BUTTERFLIES_HPP

#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

// The loops that transforms consist of (fft.hpp), in plain C++.

namespace thrum {

/// Entries of the table for a circle of `size` parts.
constexpr Index cosine_table_size(Index size) { return size / 2 + 1; }

/// Fills table[k] = cos(2 pi k / size) for k = 0 ... size / 2. One table serves transforms (cosine and sine),
/// Hann windows and sine tapers of every length that `size` is a multiple of. constexpr; at run time O(size)
/// in double.
template <typename Scalar>
constexpr void fill_cosine_table(Scalar* table, Index size) {
  const Index computed = size % 4 == 0 ? size / 4 : size / 2;  // the rest is the mirror image of that
  for (Index k = 0; k <= computed; ++k) table[k] = static_cast<Scalar>(cosine_of_turn(k, size));
  for (Index k = computed + 1; k <= size / 2; ++k) table[k] = -table[size / 2 - k];
}

/// Cosines of a circle that is cut into `size` equal parts: a table of fill_cosine_table(size).
template <typename Scalar>
struct Circle {
  const Scalar* cosines;
  Index size;

  /// cos(2 pi k / size) for |k| <= size.
  Scalar cosine(Index k) const {
    if (k < 0) k = -k;
    return cosines[k <= size / 2 ? k : size - k];
  }
  /// sin(2 pi k / size) for 0 <= k <= size; size: a multiple of 4.
  Scalar sine(Index k) const { return cosine(k - size / 4); }
};

namespace detail {

// Sizes, powers of two, are halved by shifts: to divide a number with a sign takes two instructions more.

template <typename Scalar>
struct Complex {
  Scalar re;
  Scalar im;
};

template <typename Scalar>
[[gnu::always_inline]] inline Complex<Scalar> operator+(Complex<Scalar> a, Complex<Scalar> b) {
  return {a.re + b.re, a.im + b.im};
}
template <typename Scalar>
[[gnu::always_inline]] inline Complex<Scalar> operator-(Complex<Scalar> a, Complex<Scalar> b) {
  return {a.re - b.re, a.im - b.im};
}

/// a times the twiddle w.re - i w.im.
template <typename Scalar>
[[gnu::always_inline]] inline Complex<Scalar> turned(Complex<Scalar> a, Complex<Scalar> w) {
  return {a.re * w.re + a.im * w.im, a.im * w.re - a.re * w.im};
}

template <typename Scalar>
[[gnu::always_inline]] inline Complex<Scalar> load(const Scalar* at) {
  const Two<Scalar> two = load_two(at);
  return {two.a, two.b};
}
template <typename Scalar>
[[gnu::always_inline]] inline void store(Scalar* at, Complex<Scalar> value) {
  at[0] = value.re;
  at[1] = value.im;
}

/// Cosine and sine of k parts of the circle, 0 <= k < 3/4 of them.
template <typename Scalar>
[[gnu::always_inline]] inline Complex<Scalar> twiddle(Circle<Scalar> circle, Index k) {
  const Index from_quarter = k - (circle.size >> 2);
  return {circle.cosines[k <= circle.size >> 1 ? k : circle.size - k],
          circle.cosines[from_quarter < 0 ? -from_quarter : from_quarter]};
}

template <typename Scalar>
[[gnu::always_inline]] inline void swap_complex(Scalar* a, Scalar* b) {
  const Complex<Scalar> kept = load(a);
  store(a, load(b));
  store(b, kept);
}

/// Puts `count` complex numbers (a power of two, at least 4) into bit-reversed order. The even positions of
/// the lower half change places among themselves, and so do the odd ones of the upper half, which are as far
/// apart; each odd one of the lower half changes with an even one of the upper half.
template <typename Scalar>
inline void reverse_bits_of_positions(Scalar* z, Index count) {
  const Index half = count >> 1;
  Scalar* const upper = z + 2 * half;
  Index reversed = 0, i = 0;
  do {
    if (i < reversed) {
      swap_complex(z + 2 * i, z + 2 * reversed);
      swap_complex(upper + 2 * i + 2, upper + 2 * reversed + 2);
    }
    swap_complex(z + 2 * i + 2, upper + 2 * reversed);
    Index bit = half >> 1;
    for (; (reversed & bit) != 0; bit >>= 1) reversed ^= bit;
    reversed |= bit;
    i += 2;
  } while (i < half);
}

/// First stage when the count is not a power of four: neighbours become transforms of length two.
template <typename Scalar>
inline void join_pairs(Scalar* z, Index count) {
  Scalar* const end = z + 2 * count;
  do {
    const Complex<Scalar> a = load(z), b = load(z + 2);
    store(z, a + b);
    store(z + 2, a - b);
    z += 4;
  } while (z != end);
}

/// Joins one element each of four transforms of length `quarter`, b, c, d turned already. In bit-reversed
/// order the four are those of the samples 0, 2, 1, 3 modulo 4.
template <typename Scalar>
[[gnu::always_inline]] inline void join_four(Scalar* at, Index quarter, Complex<Scalar> b, Complex<Scalar> c,
                                             Complex<Scalar> d) {
  const Complex<Scalar> a = load(at);
  const Complex<Scalar> even_sum = a + b, even_difference = a - b;
  const Complex<Scalar> odd_sum = c + d, odd_difference = c - d;
  const Complex<Scalar> quarter_turned{odd_difference.im, -odd_difference.re};
  store(at, even_sum + odd_sum);
  store(at + 2 * quarter, even_difference + quarter_turned);
  store(at + 4 * quarter, even_sum - odd_sum);
  store(at + 6 * quarter, even_difference - quarter_turned);
}

/// GCC would keep a running address for each use of an index, more than there are registers.
[[gnu::always_inline]] inline void keep_in_one_register(Index& index) {
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && defined(__GNUC__) && !defined(__clang__)
  __asm__("" : "+r"(index));
#else
  static_cast<void>(index);
#endif
}

/// One stage: transforms of length `quarter` become transforms four times as long.
template <typename Scalar>
inline void join_quarters(Scalar* z, Index count, Index quarter, Circle<Scalar> circle) {
  const Index step = circle.size / (4 * quarter);
  Scalar* const end = z + 2 * count;
  const Index b = 2 * quarter, c = 4 * quarter, d = 6 * quarter;
  const Index quarter_turn = circle.size >> 2;
  for (Scalar* at = z; at < end; at += 8 * quarter)
    join_four(at, quarter, load(at + b), load(at + c), load(at + d));
  Index angle = 0;
  for (Index j = 1; j < quarter; ++j) {
    angle += step;  // less than a quarter of a turn
    keep_in_one_register(angle);
    const Complex<Scalar> once{circle.cosines[angle], circle.cosines[quarter_turn - angle]};
    const Complex<Scalar> twice{circle.cosines[2 * angle],
                                circle.cosines[absolute(quarter_turn - 2 * angle)]};
    const Complex<Scalar> thrice = twiddle(circle, 3 * angle);
    for (Scalar* at = z + 2 * j; at < end; at += 8 * quarter)
      join_four(at, quarter, turned(load(at + b), twice), turned(load(at + c), once),
                turned(load(at + d), thrice));
  }
}

/// Makes bins k and count - k of a transform of real samples, at `low` and `high`, from those of the
/// transform of `count` complex numbers. turn: cosine and sine of k of 2 count parts of the circle.
template <typename Scalar>
[[gnu::always_inline]] inline void split_bins(Scalar* low, Scalar* high, Complex<Scalar> turn) {
  const Complex<Scalar> a = load(low), b = load(high);
  const Complex<Scalar> even{Scalar(0.5) * (a.re + b.re), Scalar(0.5) * (a.im - b.im)};
  const Complex<Scalar> odd{Scalar(0.5) * (a.im + b.im), Scalar(0.5) * (b.re - a.re)};
  const Complex<Scalar> odd_turned = turned(odd, turn);
  store(low, even + odd_turned);
  store(high, Complex<Scalar>{even.re - odd_turned.re, odd_turned.im - even.im});
}

/// The same of bin k and of those up to the ones in the middle, of a transform of `size` real samples.
template <typename Scalar>
inline void split_bins_from(Index k, Scalar* z, Index size, Circle<Scalar> circle) {
  const Index step = circle.size / size;
  const Scalar* cosine = circle.cosines + k * step;  // of less than a quarter of a turn
  const Scalar* sine = circle.cosines + (circle.size >> 2) - k * step;
  for (Index place = 2 * k; place < size >> 1; place += 2) {
    split_bins(z + place, z + size - place, {*cosine, *sine});
    cosine += step;
    sine -= step;
  }
}

/// Hann's window for the samples from n on to before the middle one, and their mirror images.
template <typename Scalar>
inline void apply_hann_pairs(Scalar* x, Index n, Index size, Circle<Scalar> circle) {
  const Index step = circle.size / size;
  for (; 2 * n < size; ++n) {
    const Scalar weight = Scalar(0.5) - Scalar(0.5) * circle.cosines[n * step];
    x[n] *= weight;
    x[size - n] *= weight;
  }
}

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_FEATURES_BUTTERFLIES_HPP
