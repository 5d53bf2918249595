#ifndef THRUM_FEATURES_FFT_HPP
#define THRUM_FEATURES_FFT_HPP

#include <stddef.h>

#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

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
  const Index from_quarter = k - circle.size / 4;
  return {circle.cosines[k <= circle.size / 2 ? k : circle.size - k],
          circle.cosines[from_quarter < 0 ? -from_quarter : from_quarter]};
}

/// Puts `count` complex numbers (a power of two, at least 4) into bit-reversed order.
template <typename Scalar>
inline void reverse_bits_of_positions(Scalar* z, Index count) {
  const auto swap = [z](Index a, Index b) {
    const Complex<Scalar> kept = load(z + 2 * a);
    store(z + 2 * a, load(z + 2 * b));
    store(z + 2 * b, kept);
  };
  const Index half = count / 2;
  Index reversed =
      0;  // of i; both are even and in the first half, as are their counterparts odd and in the other
  for (Index i = 0; i < half; i += 2) {
    swap(i + 1, reversed + half);
    if (i < reversed) {
      swap(i, reversed);
      swap(i + half + 1, reversed + half + 1);
    }
    Index bit = half / 2;
    for (; (reversed & bit) != 0; bit /= 2) reversed ^= bit;
    reversed |= bit;
  }
}

/// First stage when the count is not a power of four: neighbours become transforms of length two.
template <typename Scalar>
inline void join_pairs(Scalar* z, Index count) {
  for (Scalar* const end = z + 2 * count; z != end; z += 4) {
    const Complex<Scalar> a = load(z), b = load(z + 2);
    store(z, a + b);
    store(z + 2, a - b);
  }
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

/// One stage: transforms of length `quarter` become transforms four times as long.
template <typename Scalar>
inline void join_quarters(Scalar* z, Index count, Index quarter, Circle<Scalar> circle) {
  const Index step = circle.size / (4 * quarter);
  Scalar* const end = z + 2 * count;
  const Index b = 2 * quarter, c = 4 * quarter, d = 6 * quarter;
  const Index quarter_turn = circle.size / 4;
  for (Scalar* at = z; at < end; at += 8 * quarter)
    join_four(at, quarter, load(at + b), load(at + c), load(at + d));
  for (Index j = 1; j < quarter; ++j) {
    const Index angle = j * step;  // less than a quarter of a turn
    const Complex<Scalar> once{circle.cosines[angle], circle.cosines[quarter_turn - angle]};
    const Complex<Scalar> twice{circle.cosines[2 * angle],
                                circle.cosines[absolute(quarter_turn - 2 * angle)]};
    const Complex<Scalar> thrice = twiddle(circle, 3 * angle);
    for (Scalar* at = z + 2 * j; at < end; at += 8 * quarter)
      join_four(at, quarter, turned(load(at + b), twice), turned(load(at + c), once),
                turned(load(at + d), thrice));
  }
}

/// Makes the transform of `size` real samples from that of size / 2 complex ones (even samples, odd samples).
template <typename Scalar>
inline void split_real(Scalar* z, Index size, Circle<Scalar> circle) {
  const Index step = circle.size / size;
  const Scalar mean = z[0] + z[1];
  z[1] = z[0] - z[1];
  z[0] = mean;
  for (Index k = 2; k < size / 2; k += 2) {
    Scalar* const low = z + k;
    Scalar* const high = z + size - k;
    const Complex<Scalar> a = load(low), b = load(high);
    const Complex<Scalar> even{Scalar(0.5) * (a.re + b.re), Scalar(0.5) * (a.im - b.im)};
    const Complex<Scalar> odd{Scalar(0.5) * (a.im + b.im), Scalar(0.5) * (b.re - a.re)};
    const Complex<Scalar> odd_turned = turned(odd, twiddle(circle, k / 2 * step));
    store(low, even + odd_turned);
    store(high, Complex<Scalar>{even.re - odd_turned.re, odd_turned.im - even.im});
  }
  z[size / 2 + 1] = -z[size / 2 + 1];
}

}  // namespace detail

/// Discrete Fourier transform of complex numbers, in place: Z[k] = sum over n of z[n] exp(-2 pi i k n /
/// count). z: `count` pairs of real and imaginary part; count: a power of two, at least 4; circle: of a
/// multiple of `count` parts, at least 8. Cost and error as of real_fourier_transform of twice as many
/// samples; allocates nothing, no recursion. Source: radix 4 by Cooley and Tukey (Mathematics of Computation
/// 19, 1965), decimated in time.
template <typename Scalar>
inline void complex_fourier_transform(Scalar* z, Index count, Circle<Scalar> circle) {
  detail::reverse_bits_of_positions(z, count);
  Index quarter = 1;
  Index stages = count;
  while (stages > 2) stages /= 4;  // ends at 1 for powers of four, at 2 for the others
  if (stages == 2) {
    detail::join_pairs(z, count);
    quarter = 2;
  }
  for (; quarter < count; quarter *= 4) detail::join_quarters(z, count, quarter, circle);
}

/// Discrete Fourier transform of real samples, in place: X[k] = sum over n of x[n] exp(-2 pi i k n / size).
/// x: `size` samples in; out: X[0], X[size/2] (both real), then real and imaginary part of X[1] ...
/// X[size/2-1]. size: a power of two from 8 to 65536; circle: of a multiple of `size` parts. Error about 1e-7
/// log2(size) of the largest |X| in float. About 55 Cortex-M4F instructions per sample at 1024; allocates
/// nothing, no recursion. By complex_fourier_transform of half as many numbers.
template <typename Scalar>
inline void real_fourier_transform(Scalar* x, Index size, Circle<Scalar> circle) {
  complex_fourier_transform(x, size / 2, circle);
  detail::split_real(x, size, circle);
}

/// Multiplies x by the periodic Hann window 1/2 - 1/2 cos(2 pi n / size); the mean of its square is 3/8.
/// x: `size` samples, in place; circle: of a multiple of `size` parts.
template <typename Scalar>
inline void apply_hann_window(Scalar* x, Index size, Circle<Scalar> circle) {
  const Index step = circle.size / size;
  x[0] = Scalar(0);
  for (Index n = 1; 2 * n < size; ++n) {
    const Scalar weight = Scalar(0.5) - Scalar(0.5) * circle.cosines[n * step];
    x[n] *= weight;
    x[size - n] *= weight;
  }
}

/// Writes x times the sine taper sin(pi order n / size). The mean of its square is 1/2, and tapers of
/// different order are orthogonal. They are those of Riedel and Sidorenko (IEEE Transactions on Signal
/// Processing 43, 1995) for the samples 1 ... size - 1: as with the periodic Hann window, sample 0 has no
/// weight. x: `size` samples; tapered: as many out; order: from 1 to below size, which is even; circle: of a
/// multiple of 2 size parts.
template <typename Scalar>
inline void apply_sine_taper(const Scalar* x, Index size, Index order, Circle<Scalar> circle,
                             Scalar* tapered) {
  const Index step = order * (circle.size / (2 * size));
  Index angle = 0;
  for (Index n = 0; n < size; ++n) {
    tapered[n] = x[n] * circle.sine(angle);
    angle += step;
    if (angle >= circle.size) angle -= circle.size;
  }
}

}  // namespace thrum

#endif  // THRUM_FEATURES_FFT_HPP
