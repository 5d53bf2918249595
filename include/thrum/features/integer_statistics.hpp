#ifndef THRUM_FEATURES_INTEGER_STATISTICS_HPP
#define THRUM_FEATURES_INTEGER_STATISTICS_HPP

#include <stdint.h>

#include "thrum/core/integer_log.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/features/window_stream.hpp"

// Statistics of int16 samples in integers. Nothing overflows, whatever the samples: docs/numerics.md, section
// "Features in integers", has the proofs.

namespace thrum {

/// Calls visit(sample) for each sample of a channel, in order.
template <typename Visit>
[[gnu::always_inline]] inline void for_each_sample(const WindowView<int16_t>& window, Index channel,
                                                   Visit visit) {
  const MatrixView<const int16_t> pieces[] = {window.first, window.second};
  for (const MatrixView<const int16_t>& piece : pieces) {
    const VectorView<const int16_t> samples = piece.col(channel);
    const int16_t* sample = samples.data;
#pragma GCC unroll 4
    for (Index left = samples.size; left > 0; --left, sample += samples.stride) visit(int32_t{*sample});
  }
}

/// What the samples of a channel come to, exactly.
struct IntegerSums {
  int32_t frames = 0;
  int32_t sum = 0;
  int32_t least = 0;
  int32_t greatest = 0;
  int64_t squares = 0;

  constexpr int32_t range() const { return greatest - least; }
  constexpr int range_bits() const { return bit_count(static_cast<uint32_t>(range())); }
  constexpr bool flat() const { return greatest == least; }
  /// frames^2 times the variance.
  constexpr int64_t variance() const { return frames * squares - int64_t{sum} * sum; }
  /// frames times the largest distance from the mean.
  constexpr uint32_t peak() const {
    const int64_t above = int64_t{frames} * greatest - sum, below = sum - int64_t{frames} * least;
    return static_cast<uint32_t>(larger(above, below));
  }
};

/// The sums of a channel. window: 8 to 65536 frames. O(frames).
inline IntegerSums sum_channel(const WindowView<int16_t>& window, Index channel) {
  const int32_t first = window.first(0, channel);
  int32_t sum = 0, least = first, greatest = first;
  int64_t squares = 0;
  for_each_sample(window, channel, [&](int32_t x) {
    sum += x;
    squares += int64_t{x} * x;
    least = smaller(least, x);
    greatest = larger(greatest, x);
  });
  return {static_cast<int32_t>(window.frames()), sum, least, greatest, squares};
}

/// Deviations stay below two to this power: so many bits that the sum of their third powers, less 32 bits, is
/// below 2^63.
constexpr int deviation_bits(Index frames) {
  const int bits = (95 - bit_count(static_cast<uint64_t>(frames - 1))) / 3;
  return smaller(bits, 28);
}
static_assert(deviation_bits(1024) == 28 && deviation_bits(2048) == 28 && deviation_bits(65536) == 26,
              "3 bits - 32 + log2 frames <= 63, hence 4 bits - 64 + log2 frames <= 63 too");

/// The block exponent of a channel: sample x has the deviation d = x 2^shift - mean 2^shift, the latter
/// rounded up, so that d < 0 exactly where x is below the mean. |d| < 2^deviation_bits.
class IntegerDeviation {
 public:
  /// sums: not flat.
  explicit IntegerDeviation(const IntegerSums& sums)
      : shift_(deviation_bits(sums.frames) - sums.range_bits()) {
    const uint32_t frames = static_cast<uint32_t>(sums.frames);
    const uint32_t above_least = static_cast<uint32_t>(sums.sum) - frames * static_cast<uint32_t>(sums.least);
    // 2^shift times the mean above the least, by divisions of 32 bits: what is left of one is below 2^16.
    uint32_t mean = above_least / frames, rest = above_least % frames;
    for (int left = shift_, step = 0; left > 0; left -= step) {
      step = smaller(left, 16);
      mean = (mean << step) + (rest << step) / frames;
      rest = (rest << step) % frames;
    }
    offset_ = (static_cast<uint32_t>(sums.least) << shift_) + mean + (rest > 0 ? 1 : 0);
  }

  int shift() const { return shift_; }
  /// Modulo 2^32, which the result does not leave.
  [[gnu::always_inline]] int32_t of(int32_t x) const {
    return static_cast<int32_t>((static_cast<uint32_t>(x) << shift_) - offset_);
  }

 private:
  int shift_;
  uint32_t offset_ = 0;
};

/// Sums over deviations d, with q = d^2 / 2^32 rounded down.
struct IntegerMoments {
  int64_t cubes = 0;      ///< of q d
  int64_t fourths = 0;    ///< of q^2
  int32_t crossings = 0;  ///< neighbours on different sides of the mean
};

/// Writes the deviations of a channel, one for each frame, and sums their powers.
inline IntegerMoments write_deviations(const WindowView<int16_t>& window, Index channel,
                                       IntegerDeviation deviation, int32_t* deviations) {
  int64_t cubes = 0, fourths = 0;
  uint32_t crossings = 0;
  int32_t before = deviation.of(window.first(0, channel));
  for_each_sample(window, channel, [&](int32_t x) {
    const int32_t d = deviation.of(x);
    *deviations++ = d;
    const int32_t q = static_cast<int32_t>((int64_t{d} * d) >> 32);
    cubes += int64_t{q} * d;
    fourths += int64_t{q} * q;
    crossings += static_cast<uint32_t>(d ^ before) >> 31;
    before = d;
  });
  return {cubes, fourths, static_cast<int32_t>(crossings)};
}

}  // namespace thrum

#endif  // THRUM_FEATURES_INTEGER_STATISTICS_HPP
