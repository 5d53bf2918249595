#ifndef THRUM_FEATURES_ENVELOPE_HPP
#define THRUM_FEATURES_ENVELOPE_HPP

#include <float.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/features/fft.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/spectrum.hpp"
#include "thrum/features/statistics.hpp"

namespace thrum {

namespace detail {

/// Leaves the bins of the carrier's band at the front of a packed transform, with zeros behind them up to
/// `size` complex numbers.
inline void keep_carrier(CarrierBins bins, Index size, float* spectrum) {
  const float* from = spectrum + 2 * bins.first;
  for (Index i = 0; i < 2 * bins.count; ++i) spectrum[i] = from[i];
  for (Index i = 2 * bins.count; i < 2 * size; ++i) spectrum[i] = 0.0f;
}

/// Writes the squared envelope of the carrier's band, layout.size samples, to the front of `work`; signal: y,
/// options.window floats; work: as many.
inline void write_squared_envelope(const FeatureOptions& options, const BandLayout& layout,
                                   Circle<float> circle, const float* signal, float* work) {
  for (Index i = 0; i < options.window; ++i) work[i] = signal[i];
  real_fourier_transform(work, Index{options.window}, circle);
  keep_carrier(carrier_bins(options), layout.size, work);
  complex_fourier_transform(work, layout.size, circle);  // backwards in time, which no energy notices
  for (Index i = 0; i < layout.size; ++i) work[i] = Spectrum::squared(load(work + 2 * i));
}

/// Divides the samples by their mean and subtracts 1; all 0 when they are too small for that.
inline void make_relative(float* x, Index size) {
  const float mean = ordered_sum_of(x, size) / static_cast<float>(size);
  const float factor = mean >= FLT_MIN ? 1.0f / mean : 0.0f;
  const float offset = mean >= FLT_MIN ? 1.0f : 0.0f;
  for (Index i = 0; i < size; ++i) x[i] = x[i] * factor - offset;
}

/// Writes the log energies of the envelope's bands. The envelope is the magnitude of the analytic signal of
/// the carrier's band: its bins alone, transformed back. They may be moved down to 0 Hz first, which turns
/// phases but no magnitude; then few samples carry them. Squared, it has no frequency above the width of the
/// band, so that nothing folds back onto those below the limit. Energies are of the squared envelope over its
/// mean, minus 1, under Hann's window: no unit, and no gain changes them. For a carrier times 1 + m cos, the
/// energy at the frequency of the cosine is 2 m^2 / (1 + m^2 / 2)^2, for Gaussian noise all of them are at
/// most 1. Source: Randall, Antoni and Chobsaard, Mechanical Systems and Signal Processing 15, 2001. signal:
/// y, options.window floats; work: as many.
inline void write_envelope_energies(const FeatureOptions& options, const float* table, const float* signal,
                                    float* work, float* energies) {
  const BandLayout layout = envelope_bands(options);
  const Circle<float> circle = transform_circle(options, table);
  write_squared_envelope(options, layout, circle, signal, work);
  make_relative(work, layout.size);
  apply_hann_window(work, layout.size, circle);
  real_fourier_transform(work, layout.size, circle);
  for (int band = 0; band < layout.bands; ++band) energies[band] = 0.0f;
  add_band_powers(layout, Spectrum{work, layout.size}, energies);
  const float size = static_cast<float>(layout.size);
  for (int band = 0; band < layout.bands; ++band)
    energies[band] = log_energy(energies[band] * (8.0f / 3.0f) / (size * size), options.energy_floor);
}

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_FEATURES_ENVELOPE_HPP
