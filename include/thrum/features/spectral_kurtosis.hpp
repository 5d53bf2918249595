#ifndef THRUM_FEATURES_SPECTRAL_KURTOSIS_HPP
#define THRUM_FEATURES_SPECTRAL_KURTOSIS_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/features/fft.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/spectrum.hpp"

namespace thrum {

namespace detail {

/// Power of one frequency over all blocks.
struct PowerSums {
  float* powers;   ///< for each bin, sum of |X|^2
  float* squares;  ///< for each bin, sum of |X|^4
};

/// Transforms blocks that overlap by half, each under Hann's window, and sums their powers; returns how many
/// they are. block: layout.size floats.
inline Index sum_block_powers(Index frames, Index size, Circle<float> circle, const float* signal,
                              float* block, PowerSums sums) {
  for (Index k = 0; k < size / 2; ++k) sums.powers[k] = sums.squares[k] = 0.0f;
  Index blocks = 0;
  for (Index begin = 0; begin + size <= frames; begin += size / 2, ++blocks) {
    for (Index i = 0; i < size; ++i) block[i] = signal[begin + i];
    apply_hann_window(block, size, circle);
    real_fourier_transform(block, size, circle);
    const Spectrum spectrum{block, size};
    for (Index k = 1; k < size / 2; ++k) {
      const float power = spectrum.power(k);
      sums.powers[k] += power;
      sums.squares[k] += power * power;
    }
  }
  return blocks;
}

/// The spectral kurtosis of one frequency from M powers P: M / (M - 1) ((M + 1) sum P^2 / (sum P)^2 - 2).
/// 0 where there is nothing but what rounding leaves of a signal with a peak of 1.
inline float spectral_kurtosis(float powers, float squares, float blocks) {
  constexpr float least_power = 1e-16f;
  if (powers < least_power) return 0.0f;
  return blocks / (blocks - 1.0f) * ((blocks + 1.0f) * squares / (powers * powers) - 2.0f);
}

/// Writes the mean spectral kurtosis of the bins in each band. Whatever the spectrum, it is 0 for stationary
/// Gaussian noise, -1 for a steady tone, and up to the number of blocks M where impacts in few of them bring
/// most of the power. The estimator has no bias for independent blocks; these share half their frames, which
/// under Hann's window leaves their powers a correlation of 1/36. The bin of half the sampling rate, being
/// real, has another kurtosis and is left out. Source: Antoni, Mechanical Systems and Signal Processing 20,
/// 2006; the estimator: Vrabie, Granjon and Serviere, IEEE-EURASIP Workshop on Nonlinear Signal and Image
/// Processing, 2003.
/// signal: y, options.window floats; work: 2 options.spectral_kurtosis_block floats.
inline void write_spectral_kurtosis(const FeatureOptions& options, const float* table, const float* signal,
                                    float* work, float* kurtosis) {
  const BandLayout layout = spectral_kurtosis_bands(options);
  const Index half = layout.size / 2;
  const PowerSums sums{work + layout.size, work + layout.size + half};
  const Index blocks =
      sum_block_powers(options.window, layout.size, transform_circle(options, table), signal, work, sums);
  for (int band = 0; band < layout.bands; ++band) {
    const Index first = layout.first_bin(band), end = smaller(layout.first_bin(band + 1), half);
    float sum = 0;
    for (Index k = first; k < end; ++k)
      sum += spectral_kurtosis(sums.powers[k], sums.squares[k], static_cast<float>(blocks));
    kurtosis[band] = sum / static_cast<float>(end - first);
  }
}

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_FEATURES_SPECTRAL_KURTOSIS_HPP
