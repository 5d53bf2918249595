#ifndef THRUM_FEATURES_SPECTRUM_HPP
#define THRUM_FEATURES_SPECTRUM_HPP

#include <stddef.h>
#include <stdint.h>

#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/features/fft.hpp"
#include "thrum/features/integer_table.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/statistics.hpp"

namespace thrum {

namespace detail {

constexpr bool has_transform(const FeatureOptions& options) {
  return options.bands > 0 || options.envelope_bands > 0 || options.spectral_kurtosis_bands > 0;
}
constexpr bool has_sine_tapers(const FeatureOptions& options) {
  return options.bands > 0 && options.spectrum == SpectrumKind::sine_tapers;
}

/// Parts of the circle that tapers need: the window of Hann has the window's period, a sine taper twice that.
constexpr Index taper_circle_size(const FeatureOptions& options) {
  return has_sine_tapers(options) ? 2 * Index{options.window} : Index{options.window};
}

/// A window that is a power of two is as long as its transform: one circle serves both.
constexpr bool is_unpadded(const FeatureOptions& options) {
  return transform_size(options) == options.window;
}

constexpr Index transform_circle_size(const FeatureOptions& options) {
  return is_unpadded(options) ? taper_circle_size(options) : transform_size(options);
}
constexpr bool has_own_taper_circle(const FeatureOptions& options) {
  return options.bands > 0 && !is_unpadded(options);
}

inline Circle<float> transform_circle(const FeatureOptions& options, const float* table) {
  return {table, transform_circle_size(options)};
}
inline Circle<float> taper_circle(const FeatureOptions& options, const float* table) {
  const Index before = is_unpadded(options) ? 0 : cosine_table_size(transform_circle_size(options));
  return {table + before, taper_circle_size(options)};
}

/// A packed transform of `size` real samples.
struct Spectrum {
  const float* packed;
  Index size;

  /// X[k] for |k| <= size.
  Complex<float> bin(Index k) const {
    const Index distance = k < 0 ? -k : k;
    const Index half = size / 2, mirrored = distance > half ? size - distance : distance;
    if (mirrored == 0) return {packed[0], 0.0f};
    if (mirrored == half) return {packed[1], 0.0f};
    const Complex<float> value = load(packed + 2 * mirrored);
    return {value.re, (k < 0) != (distance > half) ? -value.im : value.im};
  }
  /// |X[k]|^2 for 0 < k < size / 2.
  float power(Index k) const { return squared(load(packed + 2 * k)); }
  /// |X[size / 2]|^2.
  float last_power() const { return packed[1] * packed[1]; }

  static float squared(Complex<float> z) { return z.re * z.re + z.im * z.im; }
};

/// The spectra of a window by sine tapers, summed, times 4: read off its transform with as many zeros behind
/// it. sin a is the difference of exp(ia) and exp(-ia) over 2i, so taper k takes the difference of the
/// spectrum moved up and down by k bins of that longer transform.
struct TaperedSpectrum {
  Spectrum twice_as_long;
  Index tapers;

  float power(Index k) const {
    const Index center = 2 * k;
    if (center <= tapers || center + tapers >= twice_as_long.size / 2) return power_near_end(center);
    const float* low = twice_as_long.packed + 2 * center;
    const float* high = low;
    float sum = 0;
    for (Index order = 0; order < tapers; ++order) sum += Spectrum::squared(load(low -= 2) - load(high += 2));
    return sum;
  }
  float last_power() const { return power_near_end(twice_as_long.size / 2); }

 private:
  float power_near_end(Index center) const {
    float sum = 0;
    for (Index order = 1; order <= tapers; ++order)
      sum += Spectrum::squared(twice_as_long.bin(center - order) - twice_as_long.bin(center + order));
    return sum;
  }
};

/// Sum of the powers of the bins from `first` to before `end`.
template <typename AnySpectrum>
inline float power_of_bins(const AnySpectrum& spectrum, Index first, Index end) {
  float total = 0;
  for (Index begin = first; begin < end; begin += samples_per_partial_sum) {
    const Index stop = smaller(begin + samples_per_partial_sum, end);
    float sum = 0;
    for (Index k = begin; k < stop; ++k) sum += spectrum.power(k);
    total += sum;
  }
  return total;
}

/// Adds to the power of each band that of its bins: bins other than the last twice, since they stand for
/// their mirror images too.
template <typename AnySpectrum>
inline void add_band_powers(const BandLayout& layout, const AnySpectrum& spectrum, float* powers) {
  const Index last = layout.size / 2;
  Index first = layout.first_bin(0);
  for (int band = 0; band < layout.bands; ++band) {
    const Index end = layout.first_bin(band + 1);
    powers[band] += 2.0f * power_of_bins(spectrum, first, smaller(end, last));
    if (end > last) powers[band] += spectrum.last_power();
    first = end;
  }
}

// Always inlined from here on: of options that are a constant, sizes are too, and what none of them asks for
// is left out.

/// The transform of `size` samples, of which those from `frames` on are zero, in place.
[[gnu::always_inline]] inline Spectrum padded_spectrum(float* x, Index frames, Index size,
                                                       Circle<float> circle) {
  for (Index i = frames; i < size; ++i) x[i] = 0.0f;
  real_fourier_transform(x, size, circle);
  return {x, size};
}

/// Adds the powers of the bands by Hann's window. signal: layout.size floats, destroyed.
[[gnu::always_inline]] inline void add_hann_powers(const FeatureOptions& options, const BandLayout& layout,
                                                   const float* table, float* signal, float* powers) {
  apply_hann_window(signal, Index{options.window}, taper_circle(options, table));
  const Circle<float> circle = transform_circle(options, table);
  add_band_powers(layout, padded_spectrum(signal, options.window, layout.size, circle), powers);
}

/// Adds the powers of the bands by all sine tapers, times 4. A window that is a power of two takes one
/// transform of twice its length, any other a transform for each taper. signal: options.window and as many
/// floats as either needs behind them; destroyed.
inline void add_sine_taper_powers(const FeatureOptions& options, const BandLayout& layout, const float* table,
                                  float* signal, float* powers) {
  const Index frames = options.window;
  const Circle<float> circle = transform_circle(options, table);
  if (is_unpadded(options)) {
    const Spectrum spectrum = padded_spectrum(signal, frames, 2 * frames, circle);
    return add_band_powers(layout, TaperedSpectrum{spectrum, options.tapers}, powers);
  }
  float* const tapered = signal + frames;
  for (int order = 1; order <= options.tapers; ++order) {
    apply_sine_taper(signal, frames, Index{order}, taper_circle(options, table), tapered);
    add_band_powers(layout, padded_spectrum(tapered, frames, layout.size, circle), powers);
  }
  for (int band = 0; band < layout.bands; ++band) powers[band] *= 4.0f;
}

inline float log_energy(float energy, float floor) {
  return is_finite(energy) ? natural_log(larger(energy, floor)) : positive_infinity<float>();
}

/// Writes the log energies of all bands; all of them together are the variance, by Parseval's theorem: the
/// sum of |X|^2 over all bins is the size of the transform times the sum of (w y)^2, and w^2 is 3/8 on
/// average for Hann's window, 1/2 for each sine taper, which all weigh the same. amplitude: what y = 1 is in
/// units. signal: y, the front of feature_scratch_size(options) floats; destroyed. allowed: see
/// extract_features.
template <uint32_t allowed>
[[gnu::always_inline]] inline void write_band_energies(const FeatureOptions& options, float amplitude,
                                                       const float* table, float* signal, float* energies) {
  const BandLayout layout = spectrum_bands(options);
  for (int band = 0; band < layout.bands; ++band) energies[band] = 0.0f;
  float per_power = 1.0f / (static_cast<float>(options.window) * static_cast<float>(layout.size));
  if constexpr ((allowed & sine_taper_bands_feature) != 0) {
    if (has_sine_tapers(options)) {
      add_sine_taper_powers(options, layout, table, signal, energies);
      per_power *= 0.5f / static_cast<float>(options.tapers);
    }
  }
  if constexpr ((allowed & hann_bands_feature) != 0) {
    if (!has_sine_tapers(options)) {
      add_hann_powers(options, layout, table, signal, energies);
      per_power *= 8.0f / 3.0f;
    }
  }
  for (int band = 0; band < layout.bands; ++band)
    energies[band] = log_energy(energies[band] * per_power * amplitude * amplitude, options.energy_floor);
}

}  // namespace detail

/// Numbers of the table that extract_features takes, at least 1: cosines, which depend on the options alone.
constexpr Index feature_table_size(const FeatureOptions& options) {
  if (options.arithmetic == Arithmetic::integer)
    return larger(detail::integer_table_layout(options).size, Index{1});
  if (!detail::has_transform(options)) return 1;
  return cosine_table_size(detail::transform_circle_size(options)) +
         (detail::has_own_taper_circle(options) ? cosine_table_size(detail::taper_circle_size(options)) : 0);
}

/// Fills the table, feature_table_size(options) numbers of options.arithmetic. options must pass check().
/// constexpr; at run time a thousand instructions a number on a processor without double.
constexpr void fill_feature_table(const FeatureOptions& options, float* table) {
  if (!detail::has_transform(options)) return;
  const Index size = detail::transform_circle_size(options);
  fill_cosine_table(table, size);
  if (detail::has_own_taper_circle(options))
    fill_cosine_table(table + cosine_table_size(size), detail::taper_circle_size(options));
}

constexpr void fill_feature_table(const FeatureOptions& options, int32_t* table) {
  detail::fill_integer_table(options, table);
}

/// The table as an object. As `static constexpr` it lies in flash. size: feature_table_size(options). Number:
/// float, or int32_t when options.arithmetic is integer.
template <Index size, typename Number = float>
struct FeatureTable {
  Number value[static_cast<size_t>(size)] = {};
  constexpr explicit FeatureTable(const FeatureOptions& options) { fill_feature_table(options, value); }
};

/// Numbers of scratch that extract_features takes: the signal of a channel and, where it is needed more than
/// once, a transform beside it; a frame of all channels at least.
constexpr Index feature_scratch_size(const FeatureOptions& options) {
  const Index frames = options.window, transform = transform_size(options);
  Index beside = 0;
  if (options.spectral_kurtosis_bands > 0) beside = 2 * Index{options.spectral_kurtosis_block};
  if (detail::has_sine_tapers(options) || options.envelope_bands > 0) beside = larger(beside, transform);
  return larger(Index{options.channels}, larger(frames + beside, options.bands > 0 ? transform : frames));
}

}  // namespace thrum

#endif  // THRUM_FEATURES_SPECTRUM_HPP
