#ifndef THRUM_FEATURES_OPTIONS_HPP
#define THRUM_FEATURES_OPTIONS_HPP

#include <float.h>
#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/features/channel_options.hpp"

namespace thrum {

/// How the spectrum of a window is estimated.
enum class SpectrumKind : uint8_t {
  hann,         ///< one transform of the window times Hann's: the cheapest, and the most scattered
  sine_tapers,  ///< mean of several, each of the window times another sine taper: steadier, as coarse as they
                ///< are many
};

/// What features are computed in.
enum class Arithmetic : uint8_t {
  floating,  ///< float: every feature, of samples of any type
  integer,   ///< integers, of int16 samples: for processors without floating-point unit, and with the same
             ///< bits whatever compiler and flags; no sine tapers, envelope or spectral kurtosis
};

/// Which features are taken of which windows of which signal. A plain aggregate: the laptop learns with it,
/// the model header carries it, the firmware extracts with it.
struct FeatureOptions {
  int channels = 1;
  int window = 1024;        ///< frames, from 8 to 65536; spectra are cheapest of powers of two
  int hop = 512;            ///< frames from one window to the next, 1 to window
  float sampling_rate = 1;  ///< frames per second

  bool mean = false;  ///< all else is of the signal minus its window mean, so that a tilt is no fault
  bool rms = true;
  bool median_absolute_deviation = true;
  bool peak_to_peak = true;
  bool crest_factor = true;
  bool skewness = true;
  bool kurtosis = true;
  bool zero_crossings = true;
  bool correlation = true;  ///< one for each pair of channels

  int bands = 16;               ///< log energies in so many equal bands; 0: none
  float lowest_hz = 0;          ///< lower edge of the first band; the bin of 0 Hz is in no band
  float highest_hz = 0;         ///< upper edge of the last band; 0: half the sampling rate
  float energy_floor = 1e-12f;  ///< least energy of a band: silence is not minus infinity
  SpectrumKind spectrum = SpectrumKind::hann;
  int tapers = 5;  ///< sine tapers, 1 to 16

  int envelope_bands = 0;         ///< log energies of the envelope's spectrum in so many equal bands; 0: none
  float envelope_lowest_hz = 0;   ///< lower edge of the band whose envelope it is; 0: a quarter of the rate
  float envelope_highest_hz = 0;  ///< its upper edge; 0: half the sampling rate
  float envelope_limit_hz = 0;  ///< upper edge of the last envelope band; 0: half as far as the band is wide

  int spectral_kurtosis_bands = 0;   ///< mean spectral kurtosis in so many equal bands; 0: none
  int spectral_kurtosis_block = 64;  ///< frames of its short transforms; a power of two, window / 256 to / 2

  ChannelOptions channel[max_channels] = {};
  SensorOptions sensors{};
  int inputs = 0;  ///< numbers from elsewhere, such as speed, load or temperature, behind the features; to 64

  Arithmetic arithmetic = Arithmetic::floating;  ///< int16_t samples only, when it is integer
};

/// What channels are left over for does not count.
constexpr bool operator==(const FeatureOptions& a, const FeatureOptions& b) {
  for (int i = 0; i < max_channels && i < a.channels; ++i)
    if (a.channel[i] != b.channel[i]) return false;
  return a.channels == b.channels && a.window == b.window && a.hop == b.hop &&
         a.sampling_rate == b.sampling_rate && a.mean == b.mean && a.rms == b.rms &&
         a.median_absolute_deviation == b.median_absolute_deviation && a.peak_to_peak == b.peak_to_peak &&
         a.crest_factor == b.crest_factor && a.skewness == b.skewness && a.kurtosis == b.kurtosis &&
         a.zero_crossings == b.zero_crossings && a.correlation == b.correlation && a.bands == b.bands &&
         a.lowest_hz == b.lowest_hz && a.highest_hz == b.highest_hz && a.energy_floor == b.energy_floor &&
         a.spectrum == b.spectrum && a.tapers == b.tapers && a.envelope_bands == b.envelope_bands &&
         a.envelope_lowest_hz == b.envelope_lowest_hz && a.envelope_highest_hz == b.envelope_highest_hz &&
         a.envelope_limit_hz == b.envelope_limit_hz &&
         a.spectral_kurtosis_bands == b.spectral_kurtosis_bands &&
         a.spectral_kurtosis_block == b.spectral_kurtosis_block && a.sensors == b.sensors &&
         a.inputs == b.inputs && a.arithmetic == b.arithmetic;
}
constexpr bool operator!=(const FeatureOptions& a, const FeatureOptions& b) { return !(a == b); }

/// True when windows are looked at for faults of sensors or standstill before they are scored.
constexpr bool checks_windows(const FeatureOptions& options) {
  const SensorOptions& sensors = options.sensors;
  bool any = sensors.stuck_frames > 0 || sensors.clipped_frames > 0 || sensors.rate_tolerance > 0.0f;
  for (int c = 0; c < options.channels; ++c)
    any = any || options.channel[c].flat_range > 0.0f || options.channel[c].idle_level > 0.0f;
  return any;
}

/// Windows after one of standstill that are idle too.
constexpr uint32_t run_up_windows(const FeatureOptions& options) {
  const float windows = options.sensors.run_up * options.sampling_rate / static_cast<float>(options.hop);
  const uint32_t whole = static_cast<uint32_t>(windows);
  return static_cast<float>(whole) < windows ? whole + 1 : whole;
}

/// What one feature is. The order is the order of a channel's features in a row.
enum class FeatureKind : uint8_t {
  mean,                       ///< of the window, in units
  rms,                        ///< root mean square of the signal minus its mean, in units
  median_absolute_deviation,  ///< from the median, without the factor 1.4826, in units
  peak_to_peak,               ///< largest minus least value, in units
  crest_factor,               ///< largest magnitude / rms; 0 when flat
  skewness,                   ///< third moment / rms^3; 0 when flat
  kurtosis,                   ///< fourth moment / rms^4: 3 for Gaussian noise, 1.5 for a sine; 0 when flat
  zero_crossings,             ///< changes of sign a second
  band_energy,                ///< natural log of the energy in a band of the spectrum, unit^2
  envelope_energy,            ///< natural log of the energy in a band of the envelope's spectrum, no unit
  spectral_kurtosis,          ///< of a band: 0 for stationary noise, -1 for a tone, large for impacts
  correlation,                ///< Pearson's, of two channels; 0 when either is flat
  input,                      ///< a number from elsewhere, in a unit of its own
};

/// English words for a kind of feature; static storage.
constexpr const char* to_string(FeatureKind kind) {
  switch (kind) {
    case FeatureKind::mean: return "mean";
    case FeatureKind::rms: return "rms";
    case FeatureKind::median_absolute_deviation: return "median absolute deviation";
    case FeatureKind::peak_to_peak: return "peak to peak";
    case FeatureKind::crest_factor: return "crest factor";
    case FeatureKind::skewness: return "skewness";
    case FeatureKind::kurtosis: return "kurtosis";
    case FeatureKind::zero_crossings: return "zero crossings";
    case FeatureKind::band_energy: return "band";
    case FeatureKind::envelope_energy: return "envelope band";
    case FeatureKind::spectral_kurtosis: return "spectral kurtosis";
    case FeatureKind::correlation: return "correlation";
    case FeatureKind::input: return "input";
  }
  return "?";
}

/// True when a channel has a feature of this kind for each of several bands.
constexpr bool has_bands(FeatureKind kind) {
  return kind == FeatureKind::band_energy || kind == FeatureKind::envelope_energy ||
         kind == FeatureKind::spectral_kurtosis;
}

/// What the feature at some place in a row is.
struct FeatureName {
  FeatureKind kind;
  int channel;  ///< -1 of an input
  int detail;   ///< the band, from 0; the other channel of a correlation; the number of an input; else 0
};

/// How many features of this kind each channel has; of correlations and inputs, how many there are in all.
constexpr int feature_count(const FeatureOptions& options, FeatureKind kind) {
  switch (kind) {
    case FeatureKind::mean: return options.mean;
    case FeatureKind::rms: return options.rms;
    case FeatureKind::median_absolute_deviation: return options.median_absolute_deviation;
    case FeatureKind::peak_to_peak: return options.peak_to_peak;
    case FeatureKind::crest_factor: return options.crest_factor;
    case FeatureKind::skewness: return options.skewness;
    case FeatureKind::kurtosis: return options.kurtosis;
    case FeatureKind::zero_crossings: return options.zero_crossings;
    case FeatureKind::band_energy: return options.bands;
    case FeatureKind::envelope_energy: return options.envelope_bands;
    case FeatureKind::spectral_kurtosis: return options.spectral_kurtosis_bands;
    case FeatureKind::correlation:
      return options.correlation ? options.channels * (options.channels - 1) / 2 : 0;
    case FeatureKind::input: return options.inputs;
  }
  return 0;
}

/// Features that take code of their own. Bits, so that a firmware whose options are a constant leaves out the
/// code of the others.
enum FeaturePart : uint32_t {
  median_feature = 1,
  hann_bands_feature = 2,
  sine_taper_bands_feature = 4,
  envelope_feature = 8,
  spectral_kurtosis_feature = 16,
  correlation_feature = 32,
  every_feature = 63,
};

/// Those that the options switch on.
constexpr uint32_t feature_parts(const FeatureOptions& options) {
  const uint32_t bands =
      options.spectrum == SpectrumKind::hann ? hann_bands_feature : sine_taper_bands_feature;
  return (options.median_absolute_deviation ? uint32_t{median_feature} : 0) |
         (options.bands > 0 ? bands : 0) | (options.envelope_bands > 0 ? uint32_t{envelope_feature} : 0) |
         (options.spectral_kurtosis_bands > 0 ? uint32_t{spectral_kurtosis_feature} : 0) |
         (feature_count(options, FeatureKind::correlation) > 0 ? uint32_t{correlation_feature} : 0);
}

/// Features of one channel, correlations not included.
constexpr int features_per_channel(const FeatureOptions& options) {
  int count = 0;
  for (int kind = 0; kind < static_cast<int>(FeatureKind::correlation); ++kind)
    count += feature_count(options, static_cast<FeatureKind>(kind));
  return count;
}

/// Features that are taken of a window: those of a row but the inputs.
constexpr int window_feature_count(const FeatureOptions& options) {
  return options.channels * features_per_channel(options) + feature_count(options, FeatureKind::correlation);
}

/// Features in a row: channel after channel in the order of FeatureKind, bands from low to high, then the
/// correlations (0,1), (0,2), ..., (1,2), ..., then the inputs.
constexpr int feature_count(const FeatureOptions& options) {
  return window_feature_count(options) + options.inputs;
}

/// What the feature at place `index` in [0, feature_count) is. O(number of kinds and channels).
constexpr FeatureName feature_name(const FeatureOptions& options, int index) {
  const int per_channel = features_per_channel(options);
  if (index >= window_feature_count(options))
    return {FeatureKind::input, -1, index - window_feature_count(options)};
  if (index < options.channels * per_channel) {
    int place = index % per_channel;
    int kind = 0;
    while (place >= feature_count(options, static_cast<FeatureKind>(kind)))
      place -= feature_count(options, static_cast<FeatureKind>(kind++));
    return {static_cast<FeatureKind>(kind), index / per_channel, place};
  }
  int first = 0;
  int pair = index - options.channels * per_channel;
  while (first + 2 < options.channels && pair >= options.channels - 1 - first)
    pair -= options.channels - 1 - first++;
  return {FeatureKind::correlation, first, first + 1 + pair};
}

/// Samples of the transform of a window: the next power of two. What is beyond the window is zero.
constexpr Index transform_size(const FeatureOptions& options) {
  Index size = 8;
  while (size < options.window) size *= 2;
  return size;
}

/// Equal bands of frequencies, and the bins of a transform that lie in them. Bin k is k sampling_rate /
/// size Hz and belongs to the band whose lower edge it is; the upper edge of the last band belongs to it. Bin
/// 0 belongs to none.
struct BandLayout {
  int bands = 0;
  float lowest_hz = 0;   ///< lower edge of the first
  float highest_hz = 0;  ///< upper edge of the last
  float sampling_rate = 1;
  Index size = 0;  ///< of the transform

  /// Lower edge of a band in Hz; of band `bands`, the upper edge of the last.
  constexpr float edge_hz(int band) const {
    return lowest_hz + static_cast<float>(band) / static_cast<float>(bands) * (highest_hz - lowest_hz);
  }

  /// First bin of a band; of band `bands`, one past the last bin of the last. An edge up to 1/32 bin above a
  /// bin counts as that bin, so that a rounding does not matter.
  constexpr Index first_bin(int band) const {
    const float bin = edge_hz(band) / sampling_rate * static_cast<float>(size);
    constexpr float slack = 1.0f / 32.0f;
    const Index last = size / 2;
    if (!(bin < static_cast<float>(last) + slack)) return band < bands ? last : last + 1;
    if (band == bands) return static_cast<Index>(bin + slack) + 1;
    const Index below = static_cast<Index>(bin);  // bin >= 0: this rounds down
    const Index first = bin - static_cast<float>(below) > slack ? below + 1 : below;
    return first > 0 ? first : 1;
  }

  /// Every band holds a bin.
  constexpr bool filled() const {
    for (int band = 0; band < bands; ++band)
      if (first_bin(band) >= first_bin(band + 1)) return false;
    return true;
  }
};

/// The bands of the spectrum.
constexpr BandLayout spectrum_bands(const FeatureOptions& options) {
  return {options.bands, options.lowest_hz,
          options.highest_hz > 0.0f ? options.highest_hz : 0.5f * options.sampling_rate,
          options.sampling_rate, transform_size(options)};
}

/// The bands of the spectral kurtosis: of the same range.
constexpr BandLayout spectral_kurtosis_bands(const FeatureOptions& options) {
  BandLayout layout = spectrum_bands(options);
  layout.bands = options.spectral_kurtosis_bands;
  layout.size = options.spectral_kurtosis_block;
  return layout;
}

/// The band of the signal whose envelope is looked at, as one band of its spectrum.
constexpr BandLayout carrier_band(const FeatureOptions& options) {
  return {1, options.envelope_lowest_hz > 0.0f ? options.envelope_lowest_hz : 0.25f * options.sampling_rate,
          options.envelope_highest_hz > 0.0f ? options.envelope_highest_hz : 0.5f * options.sampling_rate,
          options.sampling_rate, transform_size(options)};
}

/// The bins of the carrier's band: the first, and how many. That of half the sampling rate is none of them.
struct CarrierBins {
  Index first;
  Index count;
};
constexpr CarrierBins carrier_bins(const FeatureOptions& options) {
  const BandLayout carrier = carrier_band(options);
  const Index first = carrier.first_bin(0);
  return {first, smaller(carrier.first_bin(1), carrier.size / 2) - first};
}

/// The bands of the envelope's spectrum. The envelope of a narrow band needs few samples: what `size` and
/// `sampling_rate` say. It has as many frequencies as the band has bins, and none may
/// fold back onto those up to the limit, nor onto the next one, which a Hann window mixes in.
constexpr BandLayout envelope_bands(const FeatureOptions& options) {
  const BandLayout carrier = carrier_band(options);
  const float limit = options.envelope_limit_hz > 0.0f ? options.envelope_limit_hz
                                                       : 0.5f * (carrier.highest_hz - carrier.lowest_hz);
  BandLayout layout{options.envelope_bands, 0.0f, limit, options.sampling_rate, carrier.size};
  const Index needed = carrier_bins(options).count + layout.first_bin(layout.bands);
  Index size = 8;
  while (size < needed) size *= 2;
  layout.sampling_rate *= static_cast<float>(size) / static_cast<float>(carrier.size);
  layout.size = size;
  return layout;
}

/// The bands that features of a kind are of: has_bands(kind).
constexpr BandLayout band_layout(const FeatureOptions& options, FeatureKind kind) {
  if (kind == FeatureKind::envelope_energy) return envelope_bands(options);
  if (kind == FeatureKind::spectral_kurtosis) return spectral_kurtosis_bands(options);
  return spectrum_bands(options);
}

namespace detail {

constexpr bool is_power_of_two(int n) { return n > 0 && (n & (n - 1)) == 0; }
constexpr bool is_positive(float x) { return x > 0.0f && x <= FLT_MAX; }

/// A place for the upper edge of bands: 0, which stands for a default, or up to half the sampling rate.
constexpr bool is_upper_edge(float hz, float sampling_rate) {
  return hz >= 0.0f && hz <= 0.5f * sampling_rate;
}

constexpr const char* what_is_wrong_with_range(const FeatureOptions& options) {
  if (options.bands == 0 && options.spectral_kurtosis_bands == 0) return nullptr;
  if (!(options.lowest_hz >= 0.0f)) return "lowest_hz must not be negative";
  if (!is_upper_edge(options.highest_hz, options.sampling_rate))
    return "highest_hz must be 0 or at most half the sampling rate";
  const BandLayout layout = spectrum_bands(options);
  return layout.lowest_hz < layout.highest_hz ? nullptr : "lowest_hz must be below highest_hz";
}

constexpr const char* what_is_wrong_with_bands(const FeatureOptions& options) {
  if (options.bands == 0) return nullptr;
  if (options.bands < 0 || options.bands > transform_size(options) / 2)
    return "bands must be from 0 to half the window's next power of two";
  if (!spectrum_bands(options).filled())
    return "every band must hold a bin: use fewer bands, a wider range or a longer window";
  if (options.spectrum != SpectrumKind::hann && options.spectrum != SpectrumKind::sine_tapers)
    return "spectrum must be hann or sine_tapers";
  if (options.spectrum == SpectrumKind::sine_tapers &&
      (options.tapers < 1 || options.tapers > 16 || options.tapers >= options.window ||
       options.window % 2 != 0))
    return "sine_tapers need an even window and tapers from 1 to 16, fewer than frames";
  return nullptr;
}

constexpr const char* what_is_wrong_with_spectral_kurtosis(const FeatureOptions& options) {
  if (options.spectral_kurtosis_bands == 0) return nullptr;
  const int block = options.spectral_kurtosis_block;
  if (!is_power_of_two(block) || block < 16 || block < options.window / 256 || block > options.window / 2)
    return "spectral_kurtosis_block must be a power of two of at least 16, from window / 256 to window / 2";
  if (options.spectral_kurtosis_bands < 0 || options.spectral_kurtosis_bands > block / 2)
    return "spectral_kurtosis_bands must be from 0 to spectral_kurtosis_block / 2";
  const BandLayout layout = spectral_kurtosis_bands(options);
  if (!layout.filled() || layout.first_bin(layout.bands - 1) >= layout.size / 2)
    return "every band of spectral kurtosis must hold a bin: use fewer, a wider range or a longer block";
  return nullptr;
}

constexpr const char* what_is_wrong_with_envelope(const FeatureOptions& options) {
  if (options.envelope_bands == 0) return nullptr;
  if (!is_power_of_two(options.window)) return "window must be a power of two when envelope_bands are on";
  if (options.envelope_bands < 0 || options.envelope_bands > options.window / 4)
    return "envelope_bands must be from 0 to window / 4";
  if (!is_upper_edge(options.envelope_lowest_hz, options.sampling_rate) ||
      !is_upper_edge(options.envelope_highest_hz, options.sampling_rate))
    return "envelope_lowest_hz and envelope_highest_hz must be from 0 to half the sampling rate";
  const BandLayout carrier = carrier_band(options);
  const float width = carrier.highest_hz - carrier.lowest_hz;
  if (!(width > 0.0f) || carrier_bins(options).count < 2)
    return "envelope_lowest_hz must be below envelope_highest_hz, by two bins at least";
  if (!(options.envelope_limit_hz >= 0.0f && options.envelope_limit_hz <= width))
    return "envelope_limit_hz must be from 0 to envelope_highest_hz - envelope_lowest_hz";
  const BandLayout layout = envelope_bands(options);
  if (layout.size > options.window / 2)
    return "envelope_highest_hz - envelope_lowest_hz and envelope_limit_hz must be less than half the "
           "sampling "
           "rate together";
  if (!layout.filled())
    return "every envelope band must hold a bin: use fewer, a higher limit or a longer window";
  return nullptr;
}

constexpr const char* what_is_wrong_with_channel(const ChannelOptions& channel) {
  if (!is_positive(channel.counts_per_unit)) return "counts_per_unit must be positive";
  if (!(channel.full_scale >= 0.0f && channel.full_scale <= FLT_MAX))
    return "full_scale must not be negative";
  if (channel.unit[7] != '\0') return "unit must have at most 7 characters";
  if (!(channel.flat_range >= 0.0f && channel.flat_range <= FLT_MAX))
    return "flat_range must not be negative";
  if (!(channel.idle_level >= 0.0f && channel.idle_level <= FLT_MAX))
    return "idle_level must not be negative";
  return nullptr;
}

constexpr const char* what_is_wrong_with_sensors(const FeatureOptions& options) {
  const SensorOptions& sensors = options.sensors;
  if (sensors.stuck_frames < 0 || sensors.stuck_frames == 1 || sensors.stuck_frames > options.window)
    return "stuck_frames must be 0 or from 2 to window";
  if (sensors.clipped_frames < 0 || sensors.clipped_frames > options.window)
    return "clipped_frames must be from 0 to window";
  bool full_scale_known = sensors.clipped_frames == 0;
  for (int c = 0; c < options.channels; ++c)
    full_scale_known = full_scale_known || options.channel[c].full_scale > 0.0f;
  if (!full_scale_known) return "clipped_frames needs the full_scale of a channel";
  if (!(sensors.rate_tolerance >= 0.0f && sensors.rate_tolerance < 0.5f))
    return "rate_tolerance must be from 0 to below 0.5";
  // So that the windows of it can be counted.
  if (!(sensors.run_up >= 0.0f && sensors.run_up * options.sampling_rate <= 1e9f))
    return "run_up must be from 0 to 1e9 frames";
  return nullptr;
}

constexpr const char* what_is_wrong_with_arithmetic(const FeatureOptions& options) {
  if (options.arithmetic == Arithmetic::floating) return nullptr;
  if (options.arithmetic != Arithmetic::integer) return "arithmetic must be floating or integer";
  if (options.bands > 0 && options.spectrum != SpectrumKind::hann)
    return "spectrum must be hann when arithmetic is integer";
  if (options.envelope_bands > 0 || options.spectral_kurtosis_bands > 0)
    return "envelope_bands and spectral_kurtosis_bands must be 0 when arithmetic is integer";
  return nullptr;
}

}  // namespace detail

/// What is wrong with the options, as a sentence in static storage; nullptr when nothing is. constexpr, for
/// static_assert.
constexpr const char* what_is_wrong(const FeatureOptions& options) {
  if (options.channels < 1 || options.channels > max_channels) return "channels must be from 1 to 16";
  if (options.window < 8 || options.window > 65536) return "window must be from 8 to 65536 frames";
  if (options.hop < 1 || options.hop > options.window) return "hop must be from 1 to window";
  if (!detail::is_positive(options.sampling_rate)) return "sampling_rate must be positive";
  if (!(options.energy_floor >= FLT_MIN && options.energy_floor <= FLT_MAX))
    return "energy_floor must be positive, at least 1.2e-38";
  if (const char* wrong = detail::what_is_wrong_with_range(options)) return wrong;
  if (const char* wrong = detail::what_is_wrong_with_bands(options)) return wrong;
  if (const char* wrong = detail::what_is_wrong_with_envelope(options)) return wrong;
  if (const char* wrong = detail::what_is_wrong_with_spectral_kurtosis(options)) return wrong;
  if (const char* wrong = detail::what_is_wrong_with_arithmetic(options)) return wrong;
  for (int c = 0; c < options.channels; ++c)
    if (const char* wrong = detail::what_is_wrong_with_channel(options.channel[c])) return wrong;
  if (const char* wrong = detail::what_is_wrong_with_sensors(options)) return wrong;
  if (options.correlation && options.window < options.channels)
    return "window must have at least as many frames as there are channels when correlation is on";
  if (window_feature_count(options) < 1) return "no feature is switched on";
  if (options.inputs < 0 || options.inputs > 64) return "inputs must be from 0 to 64";
  return nullptr;
}

/// Status::ok, or Status::out_of_range when something is wrong (what_is_wrong says what; a number that is not
/// finite is found under any compiler flag).
inline Status check(const FeatureOptions& options) {
  bool finite = is_finite(options.sampling_rate) && is_finite(options.lowest_hz) &&
                is_finite(options.highest_hz) && is_finite(options.energy_floor) &&
                is_finite(options.envelope_lowest_hz) && is_finite(options.envelope_highest_hz) &&
                is_finite(options.envelope_limit_hz) && is_finite(options.sensors.rate_tolerance) &&
                is_finite(options.sensors.run_up);
  for (const ChannelOptions& channel : options.channel)
    finite = finite && is_finite(channel.counts_per_unit) && is_finite(channel.full_scale) &&
             is_finite(channel.flat_range) && is_finite(channel.idle_level);
  return finite && what_is_wrong(options) == nullptr ? Status::ok : Status::out_of_range;
}

}  // namespace thrum

#endif  // THRUM_FEATURES_OPTIONS_HPP
