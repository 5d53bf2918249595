#ifndef THRUM_FEATURES_INTEGER_CHANNEL_HPP
#define THRUM_FEATURES_INTEGER_CHANNEL_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/features/correlation.hpp"
#include "thrum/features/integer_median.hpp"
#include "thrum/features/integer_spectrum.hpp"
#include "thrum/features/integer_statistics.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/window_stream.hpp"

// The features of a channel in integers. Floats come in at the end, made of whole sums, and are multiplied
// and divided only: no flag about fused multiply-adds matters, and all processors have the same bits.

namespace thrum {
namespace detail {

/// Writes the features of one channel. Arguments as write_channel; scratch: feature_scratch_size(options)
/// integers.
template <uint32_t allowed>
inline IntegerCorrelationTerm write_integer_channel(const FeatureOptions& options,
                                                    const WindowView<int16_t>& window, int channel,
                                                    const int32_t* table, int32_t* scratch, float* features) {
  const IntegerSums sums = sum_channel(window, channel);
  const float unit = 1.0f / options.channel[channel].counts_per_unit;
  const float frames = static_cast<float>(options.window);
  const float root = square_root(static_cast<float>(sums.variance()));
  const auto add = [&](bool wanted, float value) {
    if (wanted) *features++ = value;
  };
  add(options.mean, static_cast<float>(sums.sum) / frames * unit);
  if (sums.flat()) {
    const int zeros = features_per_channel(options) - options.mean - options.bands;
    for (int i = 0; i < zeros; ++i) *features++ = 0.0f;
    const float floor = natural_log_of_log2(integer_log2(options.energy_floor));
    for (int band = 0; band < options.bands; ++band) *features++ = floor;
    return {sums.sum, 0.0f};
  }
  add(options.rms, root / frames * unit);
  if constexpr ((allowed & median_feature) != 0)
    if (options.median_absolute_deviation)
      add(true, static_cast<float>(integer_median_deviation(window, channel, sums, scratch)) * 0.25f * unit);
  add(options.peak_to_peak, static_cast<float>(sums.range()) * unit);
  add(options.crest_factor, static_cast<float>(sums.peak()) / root);

  const IntegerDeviation deviation(sums);
  const IntegerMoments moments = write_deviations(window, channel, deviation, scratch);
  // In units of deviations: q^2 is d^4 / 2^64, q d is d^3 / 2^32.
  const float deviation_rms = root / frames * static_cast<float>(int32_t{1} << deviation.shift());
  const float square = deviation_rms * deviation_rms * 0x1p-32f;
  add(options.skewness, static_cast<float>(moments.cubes) / frames / (square * deviation_rms));
  add(options.kurtosis, static_cast<float>(moments.fourths) / frames / (square * square));
  add(options.zero_crossings,
      static_cast<float>(moments.crossings) / (frames - 1.0f) * options.sampling_rate);
  if constexpr ((allowed & hann_bands_feature) != 0)
    if (options.bands > 0)
      write_integer_band_energies(options, channel, sums.range_bits(), table, scratch, features);
  return {sums.sum, root};
}

}  // namespace detail
}  // namespace thrum

#endif  // THRUM_FEATURES_INTEGER_CHANNEL_HPP
