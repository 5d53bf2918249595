#ifndef THRUM_FEATURES_STATISTICS_HPP
#define THRUM_FEATURES_STATISTICS_HPP

#include <float.h>
#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/features/window_stream.hpp"

namespace thrum {

/// Terms added before a sum is put aside. With two levels the relative error of a sum of N terms of one sign
/// stays below (64 + N / 64) roundings: 5e-6 at 1024, 7e-5 at 65536, and is commonly a tenth of that.
constexpr Index samples_per_partial_sum = 64;

/// Where a channel's samples lie and how far they reach, in counts. What turns sample x into the normalised
/// signal y in [-1, 1] that all features are computed from: y = ((x - first) - mean) * inverse_peak.
/// Subtracting the first sample is exact for int16 (and for floats of like size), so an added constant
/// changes no feature; dividing by the peak keeps powers of y from overflow and underflow at any amplitude.
struct ChannelScale {
  float first = 0;         ///< the first sample
  float mean = 0;          ///< of the samples minus the first
  float peak = 0;          ///< largest |x - mean of x|
  float inverse_peak = 0;  ///< 1 / peak; 0 when flat
  float range = 0;         ///< largest minus least sample

  /// No movement: all samples equal, or apart by less than the smallest normal float.
  constexpr bool flat() const { return inverse_peak == 0.0f; }
  constexpr float normalised(float sample_minus_first) const {
    return (sample_minus_first - mean) * inverse_peak;
  }
};

/// Sums over the normalised signal.
struct ChannelSums {
  float squares = 0;
  float cubes = 0;
  float fourths = 0;
  int32_t crossings = 0;  ///< neighbours of different sign
};

namespace detail {

/// Sum of `count` values in order, in partial sums.
inline float ordered_sum_of(const float* values, Index count) {
  float total = 0;
  for (Index begin = 0; begin < count; begin += samples_per_partial_sum) {
    const Index end = smaller(begin + samples_per_partial_sum, count);
    float sum = 0;
    for (Index i = begin; i < end; ++i) sum += values[i];
    total += sum;
  }
  return total;
}

/// Least and greatest sample seen.
template <typename Sample>
struct Extremes {
  Sample least;
  Sample greatest;
};

/// Writes samples minus `first` to `out`.
template <typename Sample>
inline void copy_minus_first(VectorView<const Sample> samples, float first, float* out,
                             Extremes<Sample>& extremes) {
  Sample least = extremes.least, greatest = extremes.greatest;
  const Sample* sample = samples.data;
  for (Index i = 0; i < samples.size; ++i, sample += samples.stride) {
    const Sample value = *sample;
    least = smaller(value, least);
    greatest = larger(greatest, value);
    out[i] = static_cast<float>(value) - first;
  }
  extremes = {least, greatest};
}

}  // namespace detail

/// Reads one channel: its scale, and its samples minus the first into `shifted` (window frames). The scale is
/// not finite, or its peak is too great to be inverted, when the samples are too large for float arithmetic:
/// see is_usable.
template <typename Sample>
inline ChannelScale read_channel(const WindowView<Sample>& window, Index channel, float* shifted) {
  const Sample first = window.first(0, channel);
  ChannelScale scale;
  scale.first = static_cast<float>(first);
  detail::Extremes<Sample> extremes{first, first};
  detail::copy_minus_first(window.first.col(channel), scale.first, shifted, extremes);
  if (window.second.rows > 0)
    detail::copy_minus_first(window.second.col(channel), scale.first, shifted + window.first.rows, extremes);
  scale.mean = detail::ordered_sum_of(shifted, window.frames()) / static_cast<float>(window.frames());
  const float least = static_cast<float>(extremes.least) - scale.first;
  const float greatest = static_cast<float>(extremes.greatest) - scale.first;
  scale.range = greatest - least;
  scale.peak = larger(greatest - scale.mean, scale.mean - least);
  if (scale.range >= FLT_MIN) scale.inverse_peak = 1.0f / scale.peak;
  return scale;
}

/// True when no arithmetic on the channel overflowed, under any compiler flag. Where subnormals are flushed
/// to zero, the inverse of a great peak is 0 as that of a flat channel is: hence the look at the range.
inline bool is_usable(const ChannelScale& scale) {
  return is_finite(scale.mean) && is_finite(scale.range) && is_finite(scale.peak) &&
         is_finite(scale.inverse_peak) && (scale.range < FLT_MIN || scale.inverse_peak >= FLT_MIN);
}

/// Turns shifted samples into the normalised signal, in place, and sums its powers.
inline ChannelSums normalise(const ChannelScale& scale, float* signal, Index frames) {
  ChannelSums total;
  bool was_negative = scale.normalised(signal[0]) < 0.0f;
  for (Index begin = 0; begin < frames; begin += samples_per_partial_sum) {
    const Index end = smaller(begin + samples_per_partial_sum, frames);
    float squares = 0, cubes = 0, fourths = 0;
    for (Index i = begin; i < end; ++i) {
      const float y = scale.normalised(signal[i]);
      signal[i] = y;
      const float square = y * y;
      squares += square;
      cubes += square * y;
      fourths += square * square;
      const bool negative = y < 0.0f;
      total.crossings += negative != was_negative ? 1 : 0;
      was_negative = negative;
    }
    total.squares += squares;
    total.cubes += cubes;
    total.fourths += fourths;
  }
  return total;
}

}  // namespace thrum

#endif  // THRUM_FEATURES_STATISTICS_HPP
