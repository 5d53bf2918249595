#ifndef THRUM_FEATURES_EXTRACT_HPP
#define THRUM_FEATURES_EXTRACT_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/features/correlation.hpp"
#include "thrum/features/envelope.hpp"
#include "thrum/features/integer_channel.hpp"
#include "thrum/features/median_deviation.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/spectral_kurtosis.hpp"
#include "thrum/features/spectrum.hpp"
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

/// Writes one channel's features; returns the place after the last. signal: what read_channel wrote, the
/// front of feature_scratch_size(options) floats; destroyed. allowed: see extract_features.
template <uint32_t allowed>
inline float* write_channel(const FeatureOptions& options, const ChannelScale& scale, const ChannelSums& sums,
                            int channel, const float* table, float* signal, float* features) {
  const float unit = 1.0f / options.channel[channel].counts_per_unit;
  const float frames = static_cast<float>(options.window);
  const float amplitude = scale.peak * unit;
  const bool flat = scale.flat();
  const float mean_square = flat ? 1.0f : sums.squares / frames;  // of the normalised signal
  const float root = square_root(mean_square);

  if (options.mean) *features++ = (scale.first + scale.mean) * unit;
  if (options.rms) *features++ = flat ? 0.0f : amplitude * root;
  if constexpr ((allowed & median_feature) != 0) {
    if (options.median_absolute_deviation) {
      const VectorView<const float> y = contiguous<const float>(signal, options.window);
      *features++ = flat ? 0.0f : amplitude * normalised_median_deviation(y);
    }
  }
  if (options.peak_to_peak) *features++ = flat ? 0.0f : scale.range * unit;
  if (options.crest_factor) *features++ = flat ? 0.0f : 1.0f / root;
  if (options.skewness) *features++ = flat ? 0.0f : sums.cubes / frames / (mean_square * root);
  if (options.kurtosis) *features++ = flat ? 0.0f : sums.fourths / frames / (mean_square * mean_square);
  if (options.zero_crossings)
    *features++ = static_cast<float>(sums.crossings) / (frames - 1.0f) * options.sampling_rate;
  float* const bands = features;
  float* const envelope = bands + options.bands;
  float* const kurtosis = envelope + options.envelope_bands;
  float* const work = signal + options.window;
  if constexpr ((allowed & spectral_kurtosis_feature) != 0)
    if (options.spectral_kurtosis_bands > 0) write_spectral_kurtosis(options, table, signal, work, kurtosis);
  if constexpr ((allowed & envelope_feature) != 0)
    if (options.envelope_bands > 0) write_envelope_energies(options, table, signal, work, envelope);
  if constexpr ((allowed & (hann_bands_feature | sine_taper_bands_feature)) != 0)
    if (options.bands > 0)
      write_band_energies<allowed>(options, amplitude, table, signal, bands);  // destroys the signal
  return kurtosis + options.spectral_kurtosis_bands;
}

/// What goes with the numbers that features are computed in.
template <typename Number>
struct ArithmeticOf;
template <>
struct ArithmeticOf<float> {
  static constexpr Arithmetic arithmetic = Arithmetic::floating;
  using Term = CorrelationTerm;
};
template <>
struct ArithmeticOf<int32_t> {
  static constexpr Arithmetic arithmetic = Arithmetic::integer;
  using Term = IntegerCorrelationTerm;
};

/// The numbers that go with an arithmetic.
template <Arithmetic>
struct NumberOf {
  using Type = float;
};
template <>
struct NumberOf<Arithmetic::integer> {
  using Type = int32_t;
};

}  // namespace detail

/// What table and scratch of extract_features consist of: float or int32_t.
template <Arithmetic arithmetic>
using FeatureNumber = typename detail::NumberOf<arithmetic>::Type;

/// Extracts the features of one window a step at a time: what extract_features() does at once. A step is the
/// features of one channel, or all correlations. Inlined, so that of options that are a constant sizes are
/// too. allowed: see extract_features; most_channels: room, at least options.channels when correlation is on;
/// Number: float, or int32_t when options.arithmetic is integer. All zero at start; 8 bytes and 20, of
/// integers 8, for each of most_channels.
template <uint32_t allowed = every_feature, int most_channels = max_channels, typename Number = float>
class Extraction {
 public:
  /// Steps for a window.
  static constexpr int steps(const FeatureOptions& options) {
    return options.channels + (feature_count(options, FeatureKind::correlation) > 0 ? 1 : 0);
  }

  /// Does the next step; true when it was the last one, so that status() and all features are there, and the
  /// next step begins anew. Arguments as for extract_features(), the same for each step of a window.
  template <typename Sample>
  [[gnu::always_inline]] bool step(const FeatureOptions& options, const WindowView<Sample>& window,
                                   const Number* table, Number* scratch, float* features) {
    if (done_ == 0) status_ = status_of(options, window);
    if (status_ != Status::ok && status_ != Status::overflow) return true;
    if (done_ < options.channels)
      add_channel(options, window, table, scratch, features + done_ * features_per_channel(options));
    else if constexpr ((allowed & correlation_feature) != 0)
      add_correlations(options, window, scratch, features);
    if (++done_ < steps(options)) return false;
    done_ = 0;
    replace_overflowed(features, window_feature_count(options));
    return true;
  }

  /// Of the window whose last step was done: see extract_features().
  Status status() const { return status_; }

  /// The next step begins a window.
  void reset() { done_ = 0; }

 private:
  template <typename Sample>
  static Status status_of(const FeatureOptions& options, const WindowView<Sample>& window) {
    if (window.frames() != options.window || window.channels() != options.channels || window.first.rows < 1)
      return Status::wrong_size;
    if (options.arithmetic != detail::ArithmeticOf<Number>::arithmetic) return Status::out_of_range;
    return detail::all_finite(window.first) && detail::all_finite(window.second) ? Status::ok
                                                                                 : Status::non_finite;
  }

  template <typename Sample>
  [[gnu::always_inline]] void add_channel(const FeatureOptions& options, const WindowView<Sample>& window,
                                          const float* table, float* scratch, float* features) {
    const ChannelScale scale = read_channel(window, done_, scratch);
    if (sizeof(Sample) != sizeof(int16_t) && !is_usable(scale)) {  // integers do not overflow
      status_ = Status::overflow;
      for (int i = 0; i < features_per_channel(options); ++i) features[i] = detail::overflowed_feature;
      return;
    }
    const ChannelSums sums = normalise(scale, scratch, options.window);
    if ((allowed & correlation_feature) != 0 && done_ < most_channels)
      terms_[done_] = {scale.first, scale.mean, scale.inverse_peak, sums.squares, scale.sum};
    detail::write_channel<allowed>(options, scale, sums, done_, table, scratch, features);
  }

  void add_channel(const FeatureOptions& options, const WindowView<int16_t>& window, const int32_t* table,
                   int32_t* scratch, float* features) {
    const detail::IntegerCorrelationTerm term =
        detail::write_integer_channel<allowed>(options, window, done_, table, scratch, features);
    if ((allowed & correlation_feature) != 0 && done_ < most_channels) terms_[done_] = term;
  }

  /// Where a channel overflowed, so do the correlations.
  template <typename Sample>
  void add_correlations(const FeatureOptions& options, const WindowView<Sample>& window, Number* scratch,
                        float* features) {
    const int first = options.channels * features_per_channel(options);
    if (status_ == Status::ok)
      detail::write_correlations<most_channels>(window, terms_, scratch, feature_scratch_size(options),
                                                features + first);
    else
      for (int i = first; i < window_feature_count(options); ++i) features[i] = detail::overflowed_feature;
  }

  void replace_overflowed(float* features, int count) {
    for (int i = 0; i < count; ++i) {
      if (is_finite(features[i])) continue;
      features[i] = detail::overflowed_feature;
      status_ = Status::overflow;
    }
  }

  int done_ = 0;  // steps of this window
  Status status_ = Status::not_fitted;
  typename detail::ArithmeticOf<Number>::Term terms_[array_size(most_channels)] = {};
};

/// Extracts the features of one window: the same code, and the same bits, on laptop and chip.
/// window: options.window frames x options.channels, int16 or float, in counts; table: of
/// fill_feature_table(options); scratch: feature_scratch_size(options) Numbers; features:
/// window_feature_count(options) floats out, in the order feature_name tells; inputs are left to the caller.
/// `options` must pass check(); `allowed`: features that they may switch on, the code of others is left out
/// (feature_parts). Number: float, or int32_t when options.arithmetic is integer, and Sample int16_t then;
/// out_of_range when it is the other one.
///
/// wrong_size: the window has another shape. non_finite: a sample is NaN or infinite (none of these write
/// anything). overflow: the samples are finite, but a feature is not; those that can't be told are the
/// largest finite number, which score_row() takes for what it is. All this holds under -ffast-math. Every
/// feature written is finite.
///
/// A flat channel has 0 for all but its mean and its band energies, of spectrum and envelope, which are at
/// the floor. Signals with a peak below the smallest normal float count as flat. Means and moments are exact
/// to a few 1e-6 (samples_per_partial_sum), and all features but the mean the same to the last bit when a
/// constant is added to int16 samples. Cost at 1024 frames, in Cortex-M4F instructions per sample: time
/// features 27, median absolute deviation 27, bands 57, with sine tapers 132 (360 when the window is no
/// power of two), envelope 121, spectral kurtosis 96, correlations of 8 int16 channels 7;
/// bench/feature_cost.sh prints them. In integers, with or without floating-point unit: time features 24,
/// median absolute deviation 67, bands 60; exact but for what docs/numerics.md says of moments and bands. 1.3
/// kB of stack; allocates nothing.
template <uint32_t allowed = every_feature, typename Sample, typename Number>
inline Status extract_features(const FeatureOptions& options, const WindowView<Sample>& window,
                               const Number* table, Number* scratch, float* features) {
  Extraction<allowed, max_channels, Number> extraction;
  while (!extraction.step(options, window, table, scratch, features)) {
  }
  return extraction.status();
}

}  // namespace thrum

#endif  // THRUM_FEATURES_EXTRACT_HPP
