#ifndef THRUM_FEATURES_STATISTICS_HPP
#define THRUM_FEATURES_STATISTICS_HPP

#include <float.h>
#include <stdint.h>

#include "thrum/core/four_floats.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/features/window_stream.hpp"
#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_SIMD32) && !defined(__clang__) && \
    !defined(THRUM_FLOATS_BY_HELIUM)
#define THRUM_SAMPLES_BY_PAIRS
#include <arm_acle.h>
#endif

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
  int32_t sum = 0;         ///< of the samples when they are int16; exact, up to 65536 of them

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

/// Reads a channel's samples: writes them minus the first, and keeps the least, the greatest and the sum.
template <typename Sample>
struct ChannelReader;

template <>
struct ChannelReader<float> {
  float first;
  float least = first;
  float greatest = first;
  float sum = 0;  ///< of samples minus the first since block_sum()

  explicit ChannelReader(float first_sample) : first(first_sample) {}

  void read(const float* sample, Index count, Index stride, float* shifted) {
    ChannelReader seen = *this;
    for (float* const end = shifted + count; shifted != end; sample += stride) {
      const float difference = *sample - first + 0.0f;  // never -0
      seen.least = smaller(*sample, seen.least);
      seen.greatest = larger(seen.greatest, *sample);
      seen.sum += difference;
      *shifted++ = difference;
    }
    *this = seen;
  }
  float block_sum(Index) {
    const float block = sum;
    sum = 0;
    return block;
  }
  int32_t exact_sum() const { return 0; }
};

/// In integers: the sums of blocks are exact as floats too.
template <>
struct ChannelReader<int16_t> {
  int32_t first;
  int32_t least = first;
  int32_t greatest = first;
  int32_t sum = 0;         ///< of samples since block_sum()
  int32_t sum_before = 0;  ///< of all before

  explicit ChannelReader(int16_t first_sample) : first(first_sample) {}

  void read(const int16_t* sample, Index count, Index stride, float* shifted) {
#if defined(THRUM_FLOATS_BY_HELIUM)
    const Index together = count / 4 * 4;
    read_fours(sample, together, stride, shifted);
#elif defined(THRUM_SAMPLES_BY_PAIRS)
    const Index together = count & ~Index{1};
    read_pairs(sample, together, stride, shifted);
#else
    const Index together = 0;
#endif
    sample += together * stride;
    shifted += together;
#if defined(THRUM_SAMPLES_BY_PAIRS)
    if (together != count) *shifted = take(*sample);
#else
    ChannelReader seen = *this;
    for (float* const end = shifted + (count - together); shifted != end; sample += stride)
      *shifted++ = seen.take(*sample);
    *this = seen;
#endif
  }
  float block_sum(Index count) {
    const int32_t block = sum;
    sum_before += block;
    sum = 0;
    return static_cast<float>(block - static_cast<int32_t>(count) * first);
  }
  int32_t exact_sum() const { return sum_before; }

 private:
  /// Returns it minus the first.
  [[gnu::always_inline]] float take(int32_t value) {
    least = smaller(value, least);
    greatest = larger(greatest, value);
    sum += value;
    return static_cast<float>(value - first);
  }

#if defined(THRUM_FLOATS_BY_HELIUM)
  /// Four samples at a time. A multiple of four.
  void read_fours(const int16_t* sample, Index count, Index stride, float* shifted) {
    int32x4_t lows = vdupq_n_s32(least), highs = vdupq_n_s32(greatest);
    int32_t four_sum = sum;
    const Places places = places_apart(0, stride);
    for (float* const end = shifted + count; shifted != end; shifted += 4, sample += 4 * stride) {
      const int32x4_t values = vldrhq_gather_shifted_offset_s32(sample, places);
      lows = vminq_s32(lows, values);
      highs = vmaxq_s32(highs, values);
      four_sum = vaddvaq_s32(four_sum, values);
      store_four(shifted, vcvtq_f32_s32(values - vdupq_n_s32(first)));
    }
    least = vminvq_s32(least, lows);
    greatest = vmaxvq_s32(greatest, highs);
    sum = four_sum;
  }
#elif defined(THRUM_SAMPLES_BY_PAIRS)
  [[gnu::always_inline]] static int16x2_t pair_of(int32_t low, int32_t high) {
    return static_cast<int16x2_t>(static_cast<uint16_t>(low) | static_cast<uint32_t>(high) << 16);
  }

  /// Of each half a's where the difference before was not negative, else b's.
  [[gnu::always_inline]] static int16x2_t selected(int16x2_t a, int16x2_t b) {
    return static_cast<int16x2_t>(__sel(static_cast<uint8x4_t>(a), static_cast<uint8x4_t>(b)));
  }

  /// Two samples at a time. An even count. A function of its own, so that nothing else competes for its
  /// registers.
  [[gnu::noinline]] void read_pairs(const int16_t* sample, Index count, Index stride, float* shifted) {
    int16x2_t lows = pair_of(least, least), highs = pair_of(greatest, greatest);
    int32_t pair_sum = sum;
    for (float* const end = shifted + count; shifted != end; shifted += 2, sample += 2 * stride) {
      const int32_t a = sample[0], b = sample[stride];
      const int16x2_t pair = pair_of(a, b);
      __ssub16(pair, highs);
      highs = selected(pair, highs);
      __ssub16(pair, lows);
      lows = selected(lows, pair);
      pair_sum = __smlad(pair, pair_of(1, 1), pair_sum);
      shifted[0] = static_cast<float>(a - first);
      shifted[1] = static_cast<float>(b - first);
    }
    least = smaller(int32_t{static_cast<int16_t>(lows)}, lows >> 16);
    greatest = larger(int32_t{static_cast<int16_t>(highs)}, highs >> 16);
    sum = pair_sum;
  }
#endif
};

}  // namespace detail

/// Reads one channel: its scale, and its samples minus the first into `shifted` (window frames). The scale is
/// not finite, or its peak is too great to be inverted, when the samples are too large for float arithmetic:
/// see is_usable.
template <typename Sample>
[[gnu::always_inline]] inline ChannelScale read_channel(const WindowView<Sample>& window, Index channel,
                                                        float* shifted) {
  const VectorView<const Sample> before = window.first.col(channel), after = window.second.col(channel);
  const Index frames = window.frames();
  detail::ChannelReader<Sample> reader(before[0]);
  float total = 0;
  for (Index begin = 0, i = 0; i < frames;) {
    const bool wrapped = i >= before.size;
    const Index block_end = smaller(begin + samples_per_partial_sum, frames);
    const Index end = wrapped ? block_end : smaller(block_end, before.size);
    const VectorView<const Sample>& piece = wrapped ? after : before;
    reader.read(&piece[wrapped ? i - before.size : i], end - i, piece.stride, shifted + i);
    i = end;
    if (i < block_end) continue;
    total += reader.block_sum(i - begin);
    begin = i;
  }
  ChannelScale scale;
  scale.first = static_cast<float>(reader.first);
  scale.mean = total / static_cast<float>(window.frames());
  const float least = static_cast<float>(reader.least) - scale.first;
  const float greatest = static_cast<float>(reader.greatest) - scale.first;
  scale.range = greatest - least;
  scale.peak = larger(greatest - scale.mean, scale.mean - least);
  if (scale.range >= FLT_MIN) scale.inverse_peak = 1.0f / scale.peak;
  scale.sum = reader.exact_sum();
  return scale;
}

/// True when no arithmetic on the channel overflowed, under any compiler flag. Where subnormals are flushed
/// to zero, the inverse of a great peak is 0 as that of a flat channel is: hence the look at the range.
inline bool is_usable(const ChannelScale& scale) {
  return is_finite(scale.mean) && is_finite(scale.range) && is_finite(scale.peak) &&
         is_finite(scale.inverse_peak) && (scale.range < FLT_MIN || scale.inverse_peak >= FLT_MIN);
}

namespace detail {

/// What normalise() adds up of a block, and the sign of the value before.
struct MomentSums {
  float squares = 0, cubes = 0, fourths = 0;
  uint32_t crossings = 0;
  uint32_t before;  ///< its highest bit is the sign

  [[gnu::always_inline]] void add(float y) {
    const float square = y * y;
    squares += square;
    cubes += square * y;
    fourths += square * square;
    const uint32_t sign = bits_of(y);
    crossings += (sign ^ before) >> 31;
    before = sign;
  }
};

#if defined(THRUM_FLOATS_BY_HELIUM)
/// Adds a lane after the other.
[[gnu::always_inline]] inline void add_in_order(float& total, Four sums) {
  const FourLanes lanes = lanes_of(sums);
  total += lanes.a;
  total += lanes.b;
  total += lanes.c;
  total += lanes.d;
}

/// normalise() of four blocks of samples_per_partial_sum, each in a lane. Returns the crossings within
/// blocks.
inline uint32_t normalise_four_blocks(const ChannelScale& scale, float* signal, ChannelSums& total) {
  const Places places = places_apart(0, samples_per_partial_sum);
  const auto normalised =
      [ mean = scale.mean, factor = scale.inverse_peak ](Four shifted) __attribute__((always_inline)) {
    return vmulq_n_f32(vsubq_n_f32(shifted, mean), factor);
  };
  Four squares{}, cubes{}, fourths{};
  uint32_t crossings = 0;
  finish_memory();
  uint32x4_t before = vreinterpretq_u32_f32(normalised(gathered(signal, places)));
  for (float* const end = signal + samples_per_partial_sum; signal != end; ++signal) {
    const Four y = normalised(gathered(signal, places)), square = y * y;
    scatter(signal, places, y);
    squares += square;
    cubes += square * y;
    fourths += square * square;
    const uint32x4_t signs = vreinterpretq_u32_f32(y);
    crossings = vaddvaq_u32(crossings, (signs ^ before) >> 31);
    before = signs;
  }
  finish_memory();
  add_in_order(total.squares, squares);
  add_in_order(total.cubes, cubes);
  add_in_order(total.fourths, fourths);
  return crossings;
}
#endif

}  // namespace detail

/// Turns shifted samples into the normalised signal, in place, and sums its powers.
inline ChannelSums normalise(const ChannelScale& scale, float* signal, Index frames) {
  ChannelSums total;
  detail::MomentSums sums;
  Index begin = 0;
#if defined(THRUM_FLOATS_BY_HELIUM)
  for (; begin + 4 * samples_per_partial_sum <= frames; begin += 4 * samples_per_partial_sum)
    sums.crossings += detail::normalise_four_blocks(scale, signal + begin, total);
  for (Index i = samples_per_partial_sum; i < begin; i += samples_per_partial_sum)
    sums.crossings += (bits_of(signal[i]) ^ bits_of(signal[i - 1])) >> 31;
#endif
  sums.before = bits_of(begin > 0 ? signal[begin - 1] : scale.normalised(signal[0]));
  for (; begin < frames; begin += samples_per_partial_sum) {
    const Index end = smaller(begin + samples_per_partial_sum, frames);
    sums.squares = sums.cubes = sums.fourths = 0;
    Index i = begin;
    for (; i + 1 < end; i += 2) {
      sums.add(signal[i] = scale.normalised(signal[i]));
      sums.add(signal[i + 1] = scale.normalised(signal[i + 1]));
    }
    if ((end & 1) != 0) sums.add(signal[i] = scale.normalised(signal[i]));  // blocks begin at even ones
    total.squares += sums.squares;
    total.cubes += sums.cubes;
    total.fourths += sums.fourths;
  }
  total.crossings = scale.flat() ? 0 : static_cast<int32_t>(sums.crossings);  // 0 may have either sign then
  return total;
}

}  // namespace thrum

#endif  // THRUM_FEATURES_STATISTICS_HPP
