#ifndef THRUM_FEATURES_FFT_HPP
#define THRUM_FEATURES_FFT_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/features/butterflies.hpp"
#include "thrum/features/butterflies_by_helium.hpp"

namespace thrum {

namespace detail {

/// Makes the transform of `size` real samples from that of size / 2 complex ones (even samples, odd samples).
template <typename Scalar>
inline void split_real(Scalar* z, Index size, Circle<Scalar> circle) {
  const Scalar mean = z[0] + z[1];
  z[1] = z[0] - z[1];
  z[0] = mean;
  split_bins_from(Index{1}, z, size, circle);
  z[(size >> 1) + 1] = -z[(size >> 1) + 1];
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
  if ((count & 0x55555555) == 0) {  // no power of four
    detail::join_pairs(z, count);
    quarter = 2;
  }
  for (; quarter < count; quarter *= 4) detail::join_quarters(z, count, quarter, circle);
}

/// Discrete Fourier transform of real samples, in place: X[k] = sum over n of x[n] exp(-2 pi i k n / size).
/// x: `size` samples in; out: X[0], X[size/2] (both real), then real and imaginary part of X[1] ...
/// X[size/2-1]. size: a power of two from 8 to 65536; circle: of a multiple of `size` parts. Error about 1e-7
/// log2(size) of the largest |X| in float. About 49 Cortex-M4F instructions per sample at 1024; allocates
/// nothing, no recursion. By complex_fourier_transform of half as many numbers.
template <typename Scalar>
inline void real_fourier_transform(Scalar* x, Index size, Circle<Scalar> circle) {
  complex_fourier_transform(x, size >> 1, circle);
  detail::split_real(x, size, circle);
}

/// Multiplies x by the periodic Hann window 1/2 - 1/2 cos(2 pi n / size); the mean of its square is 3/8.
/// x: `size` samples, in place; circle: of a multiple of `size` parts.
template <typename Scalar>
inline void apply_hann_window(Scalar* x, Index size, Circle<Scalar> circle) {
  x[0] = Scalar(0);
  detail::apply_hann_pairs(x, Index{1}, size, circle);
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
