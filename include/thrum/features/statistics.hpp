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
  [[gnu::always_inline]] constexpr float normalised(float sample_minus_first) const {
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

/// Writes `count` samples, `stride` apart, minus `first` to `shifted`, and adds them to `sum`. Wide: a type
/// that holds a Sample and that the processor compares at once.
template <typename Sample, typename Wide>
inline void shift_samples(const Sample* sample, Index count, Index stride, float first, float* shifted,
                          float& sum, Extremes<Wide>& extremes) {
  Wide least = extremes.least, greatest = extremes.greatest;
  float total = sum;
  for (float* const end = shifted + count; shifted != end; sample += stride) {
    const Wide value = *sample;
    const float difference = static_cast<float>(value) - first;
    least = smaller(value, least);
    greatest = larger(greatest, value);
    total += difference;
    *shifted++ = difference;
  }
  sum = total;
  extremes = {least, greatest};
}

}  // namespace detail

/// Reads one channel: its scale, and its samples minus the first into `shifted` (window frames). The scale is
/// not finite, or its peak is too great to be inverted, when the samples are too large for float arithmetic:
/// see is_usable.
template <typename Sample>
inline ChannelScale read_channel(const WindowView<Sample>& window, Index channel, float* shifted) {
  using Wide = decltype(Sample() + 0);
  const Sample first = window.first(0, channel);
  ChannelScale scale;
  scale.first = static_cast<float>(first);
  detail::Extremes<Wide> extremes{first, first};
  const VectorView<const Sample> before = window.first.col(channel), after = window.second.col(channel);
  float total = 0;
  for (Index begin = 0; begin < window.frames(); begin += samples_per_partial_sum) {
    const Index end = smaller(begin + samples_per_partial_sum, window.frames());
    const Index middle = larger(begin, smaller(end, before.size));  // where the window wraps
    float sum = 0;
    detail::shift_samples(&before[smaller(begin, before.size)], middle - begin, before.stride, scale.first,
                          shifted + begin, sum, extremes);
    detail::shift_samples(&after[larger(middle - before.size, Index{0})], end - middle, after.stride,
                          scale.first, shifted + middle, sum, extremes);
    total += sum;
  }
  scale.mean = total / static_cast<float>(window.frames());
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

namespace detail {

/// Bits of which the highest tells whether y is below 0; that of -0 does not, since 0 is added.
[[gnu::always_inline]] inline uint32_t sign_of(float y) { return bits_of(y + 0.0f); }

}  // namespace detail

/// Turns shifted samples into the normalised signal, in place, and sums its powers.
inline ChannelSums normalise(const ChannelScale& scale, float* signal, Index frames) {
  ChannelSums total;
  uint32_t crossings = 0;
  uint32_t before = detail::sign_of(scale.normalised(signal[0]));
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
      const uint32_t sign = detail::sign_of(y);
      crossings += (sign ^ before) >> 31;
      before = sign;
    }
    total.squares += squares;
    total.cubes += cubes;
    total.fourths += fourths;
  }
  total.crossings = static_cast<int32_t>(crossings);
  return total;
}

}  // namespace thrum

#endif  // THRUM_FEATURES_STATISTICS_HPP
