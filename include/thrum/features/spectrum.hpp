#ifndef THRUM_FEATURES_SPECTRUM_HPP
#define THRUM_FEATURES_SPECTRUM_HPP

#include <stddef.h>

#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/features/fft.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/statistics.hpp"

namespace thrum {

namespace detail {

constexpr bool has_sine_tapers(const FeatureOptions& options) {
  return options.bands > 0 && options.spectrum == SpectrumKind::sine_tapers;
}

/// Parts of the circle that tapers need: the window of Hann has the window's period, a sine taper twice that.
constexpr Index taper_circle_size(const FeatureOptions& options) {
  return has_sine_tapers(options) ? 2 * Index{options.window} : Index{options.window};
}

/// A window that is a power of two shares one circle between transform and tapers.
constexpr bool shares_circle(const FeatureOptions& options) {
  return transform_size(options) == options.window;
}
constexpr Index transform_circle_size(const FeatureOptions& options) {
  return shares_circle(options) ? taper_circle_size(options) : transform_size(options);
}

inline Circle<float> transform_circle(const FeatureOptions& options, const float* table) {
  return {table, transform_circle_size(options)};
}
inline Circle<float> taper_circle(const FeatureOptions& options, const float* table) {
  const Index before = shares_circle(options) ? 0 : cosine_table_size(transform_circle_size(options));
  return {table + before, taper_circle_size(options)};
}

/// |X|^2 over the bins from `first` to before `end` of a packed transform of `size` samples, bins other than
/// 0 and size/2 twice, since they stand for their mirror images too.
inline float band_power(const float* spectrum, Index size, Index first, Index end) {
  const bool with_last = end == size / 2 + 1;
  if (with_last) --end;
  float total = 0;
  for (Index begin = first; begin < end; begin += samples_per_partial_sum) {
    const Index stop = smaller(begin + samples_per_partial_sum, end);
    float sum = 0;
    for (Index k = begin; k < stop; ++k)
      sum += spectrum[2 * k] * spectrum[2 * k] + spectrum[2 * k + 1] * spectrum[2 * k + 1];
    total += sum;
  }
  total *= 2.0f;
  return with_last ? total + spectrum[1] * spectrum[1] : total;
}

/// Adds to each band's power that of a packed transform.
inline void add_band_powers(const BandLayout& layout, const float* spectrum, float* powers) {
  Index first = layout.first_bin(0);
  for (int band = 0; band < layout.bands; ++band) {
    const Index end = layout.first_bin(band + 1);
    powers[band] += band_power(spectrum, layout.size, first, end);
    first = end;
  }
}

/// Transforms the `frames` samples at the front of `work`, zeros behind them, and adds the power of each
/// band.
inline void add_padded_band_powers(const BandLayout& layout, Index frames, Circle<float> circle, float* work,
                                   float* powers) {
  for (Index i = frames; i < layout.size; ++i) work[i] = 0.0f;
  real_fourier_transform(work, layout.size, circle);
  add_band_powers(layout, work, powers);
}

/// Writes the log energies of all bands; all of them together are the variance, by Parseval's theorem: the
/// sum of |X|^2 over all bins is the size of the transform times the sum of (w y)^2, and w^2 is 3/8 on
/// average for Hann's window, 1/2 for each sine taper, which all weigh the same. amplitude: what y = 1 is in
/// units. signal: y, the front of feature_scratch_size(options) floats; destroyed.
inline void write_band_energies(const FeatureOptions& options, float amplitude, const float* table,
                                float* signal, float* energies) {
  const BandLayout layout = spectrum_bands(options);
  const Index frames = options.window;
  const Circle<float> circle = transform_circle(options, table);
  const Circle<float> taper = taper_circle(options, table);
  for (int band = 0; band < layout.bands; ++band) energies[band] = 0.0f;
  float per_power = 1.0f / (static_cast<float>(frames) * static_cast<float>(layout.size));
  if (has_sine_tapers(options)) {
    float* const work = signal + frames;
    for (int order = 1; order <= options.tapers; ++order) {
      apply_sine_taper(signal, frames, Index{order}, taper, work);
      add_padded_band_powers(layout, frames, circle, work, energies);
    }
    per_power *= 2.0f / static_cast<float>(options.tapers);
  } else {
    apply_hann_window(signal, frames, taper);
    add_padded_band_powers(layout, frames, circle, signal, energies);
    per_power *= 8.0f / 3.0f;
  }
  for (int band = 0; band < layout.bands; ++band) {
    const float energy = energies[band] * per_power * amplitude * amplitude;
    energies[band] =
        is_finite(energy) ? natural_log(larger(energy, options.energy_floor)) : positive_infinity<float>();
  }
}

}  // namespace detail

/// Floats of the table that extract_features takes, at least 1: cosines, which depend on the options alone.
constexpr Index feature_table_size(const FeatureOptions& options) {
  if (options.bands == 0) return 1;
  return cosine_table_size(detail::transform_circle_size(options)) +
         (detail::shares_circle(options) ? 0 : cosine_table_size(detail::taper_circle_size(options)));
}

/// Fills the table, feature_table_size(options) floats. options must pass check(). constexpr; at run time a
/// thousand instructions a float on a processor without double.
constexpr void fill_feature_table(const FeatureOptions& options, float* table) {
  if (options.bands == 0) return;
  const Index size = detail::transform_circle_size(options);
  fill_cosine_table(table, size);
  if (!detail::shares_circle(options))
    fill_cosine_table(table + cosine_table_size(size), detail::taper_circle_size(options));
}

/// The table as an object. As `static constexpr` it lies in flash. size: feature_table_size(options).
template <Index size>
struct FeatureTable {
  float value[static_cast<size_t>(size)] = {};
  constexpr explicit FeatureTable(const FeatureOptions& options) { fill_feature_table(options, value); }
};

/// Floats of scratch that extract_features takes: the signal of a channel and, where it is needed more than
/// once, a transform beside it.
constexpr Index feature_scratch_size(const FeatureOptions& options) {
  if (options.bands == 0) return options.window;
  return transform_size(options) + (detail::has_sine_tapers(options) ? options.window : 0);
}

}  // namespace thrum

#endif  // THRUM_FEATURES_SPECTRUM_HPP
