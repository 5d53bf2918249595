#ifndef THRUM_FEATURES_EXTRACT_HPP
#define THRUM_FEATURES_EXTRACT_HPP

#include <stdint.h>

#include "thrum/algorithm/quantile.hpp"
#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/features/fft.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/statistics.hpp"
#include "thrum/features/window_stream.hpp"

namespace thrum {

namespace detail {

inline bool all_finite(const MatrixView<const int16_t>&) { return true; }

inline bool all_finite(const MatrixView<const float>& samples) {
  for (Index i = 0; i < samples.rows; ++i)
    for (Index c = 0; c < samples.cols; ++c)
      if (!is_finite(samples(i, c))) return false;
  return true;
}

/// Stands for a feature that is too large for its type: the row stays finite, and is an alarm.
constexpr float overflowed_feature = ScalarTraits<float>::largest();

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

/// Writes the log energies of all bands; returns the place after the last.
/// By Parseval the sum of |X|^2 over all bins is size times the sum of (w y)^2, and w^2 is 3/8 on average:
/// hence the factor that makes all bands together the variance. Destroys the signal. amplitude: what y = 1 is
/// in units.
inline float* write_bands(const FeatureOptions& options, float amplitude, const float* cosine_table,
                          float* signal, float* features) {
  const Index size = options.window;
  apply_hann_window(signal, size, cosine_table);
  real_fourier_transform(signal, size, cosine_table);
  const float frames = static_cast<float>(size);
  const float per_power = 8.0f / 3.0f / (frames * frames);
  Index first = band_edge(options, 0);
  for (int band = 0; band < options.bands; ++band) {
    const Index end = band_edge(options, band + 1);
    const float energy = band_power(signal, size, first, end) * per_power * amplitude * amplitude;
    *features++ =
        is_finite(energy) ? natural_log(larger(energy, options.energy_floor)) : positive_infinity<float>();
    first = end;
  }
  return features;
}

/// Writes one channel's features; returns the place after the last. Destroys the signal, which read_channel
/// wrote.
inline float* write_channel(const FeatureOptions& options, const ChannelScale& scale, const ChannelSums& sums,
                            int channel, const float* cosine_table, float* signal, float* features) {
  const float unit = 1.0f / options.channel[channel].counts_per_unit;
  const float frames = static_cast<float>(options.window);
  const float amplitude = scale.peak * unit;
  const bool flat = scale.flat();
  const float mean_square = flat ? 1.0f : sums.squares / frames;  // of the normalised signal
  const float root = square_root(mean_square);

  if (options.mean) *features++ = (scale.first + scale.mean) * unit;
  if (options.rms) *features++ = flat ? 0.0f : amplitude * root;
  if (options.median_absolute_deviation) {
    const VectorView<const float> y = contiguous<const float>(signal, options.window);
    *features++ = flat ? 0.0f : amplitude * median_absolute_deviation(y);
  }
  if (options.peak_to_peak) *features++ = flat ? 0.0f : scale.range * unit;
  if (options.crest_factor) *features++ = flat ? 0.0f : 1.0f / root;
  if (options.skewness) *features++ = flat ? 0.0f : sums.cubes / frames / (mean_square * root);
  if (options.kurtosis) *features++ = flat ? 0.0f : sums.fourths / frames / (mean_square * mean_square);
  if (options.zero_crossings)
    *features++ = static_cast<float>(sums.crossings) / (frames - 1.0f) * options.sampling_rate;
  if (options.bands > 0) features = write_bands(options, amplitude, cosine_table, signal, features);
  return features;
}

/// What a correlation needs to know of a channel: how to normalise it, and its sum of squares.
struct CorrelationTerm {
  float first;
  float mean;
  float inverse_peak;
  float squares;
};

/// Writes the correlations of all pairs. Frames are normalised a block at a time into `block` (`block_size`
/// floats, at least one frame), so that each sample is converted once however many pairs there are; the sums
/// grow where the correlations will stand.
template <typename Sample>
inline void write_correlations(const WindowView<Sample>& window, const CorrelationTerm* terms, float* block,
                               Index block_size, float* correlations) {
  const Index channels = window.channels();
  const Index pairs = channels * (channels - 1) / 2;
  const Index block_frames = smaller(block_size / channels, samples_per_partial_sum);
  for (Index p = 0; p < pairs; ++p) correlations[p] = 0.0f;

  for (Index begin = 0; begin < window.frames(); begin += block_frames) {
    const Index frames = smaller(block_frames, window.frames() - begin);
    for (Index i = 0; i < frames; ++i) {
      const VectorView<const Sample> frame = window.frame(begin + i);
      for (Index c = 0; c < channels; ++c) {
        const CorrelationTerm& term = terms[c];
        block[c * block_frames + i] =
            (static_cast<float>(frame[c]) - term.first - term.mean) * term.inverse_peak;
      }
    }
    float* sum = correlations;
    for (Index a = 0; a < channels; ++a) {
      for (Index b = a + 1; b < channels; ++b) {
        const float* const y_a = block + a * block_frames;
        const float* const y_b = block + b * block_frames;
        float products = 0;
        for (Index i = 0; i < frames; ++i) products += y_a[i] * y_b[i];
        *sum++ += products;
      }
    }
  }
  for (Index a = 0; a < channels; ++a) {
    for (Index b = a + 1; b < channels; ++b, ++correlations) {
      const float scale = square_root(terms[a].squares * terms[b].squares);
      const float correlation = scale > 0.0f ? *correlations / scale : 0.0f;
      *correlations = larger(-1.0f, smaller(1.0f, correlation));
    }
  }
}

}  // namespace detail

/// Extracts the features of one window: the same code, and the same bits, on laptop and chip.
/// window: options.window frames x options.channels, int16 or float, in counts; cosine_table:
/// fill_cosine_table(options.window), may be null without bands; scratch: options.window floats; features:
/// feature_count(options) floats out, in the order feature_name tells. `options` must pass check().
///
/// wrong_size: the window has another shape. non_finite: a sample is NaN or infinite (none of these write
/// anything). overflow: the samples are finite, but a feature is not; those that can't be told are the
/// largest finite number, which score_row() takes for what it is. All this holds under -ffast-math. Every
/// feature written is finite.
///
/// A flat channel has 0 for all but its mean and its bands, which are at the floor. Signals with a peak below
/// the smallest normal float count as flat. Means and moments are exact to a few 1e-6
/// (samples_per_partial_sum), and the same to the last bit when a constant is added to int16 samples, the
/// mean excepted.
/// Cost at 1024 frames, in Cortex-M4F instructions per sample: time features 40, bands 70, median absolute
/// deviation 95, correlations of 8 channels 40. About 1 kB of stack; allocates nothing.
template <typename Sample>
inline Status extract_features(const FeatureOptions& options, const WindowView<Sample>& window,
                               const float* cosine_table, float* scratch, float* features) {
  if (window.frames() != options.window || window.channels() != options.channels || window.first.rows < 1)
    return Status::wrong_size;
  if (!detail::all_finite(window.first) || !detail::all_finite(window.second)) return Status::non_finite;

  detail::CorrelationTerm terms[max_channels];
  bool usable = true;
  float* next = features;
  for (int c = 0; c < options.channels; ++c) {
    const ChannelScale scale = read_channel(window, c, scratch);
    if (is_usable(scale)) {
      const ChannelSums sums = normalise(scale, scratch, options.window);
      terms[c] = {scale.first, scale.mean, scale.inverse_peak, sums.squares};
      next = detail::write_channel(options, scale, sums, c, cosine_table, scratch, next);
    } else {
      usable = false;
      for (int i = 0; i < features_per_channel(options); ++i) *next++ = detail::overflowed_feature;
    }
  }
  const int count = feature_count(options);
  if (!usable) {
    while (next != features + count) *next++ = detail::overflowed_feature;
    return Status::overflow;
  }
  if (next != features + count) detail::write_correlations(window, terms, scratch, options.window, next);
  Status status = Status::ok;
  for (int i = 0; i < count; ++i) {
    if (is_finite(features[i])) continue;
    features[i] = detail::overflowed_feature;
    status = Status::overflow;
  }
  return status;
}

}  // namespace thrum

#endif  // THRUM_FEATURES_EXTRACT_HPP
