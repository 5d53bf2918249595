#ifndef THRUM_FEATURES_INTEGER_MEDIAN_HPP
#define THRUM_FEATURES_INTEGER_MEDIAN_HPP

#include <stdint.h>

#include "thrum/core/integer_log.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/features/integer_statistics.hpp"
#include "thrum/features/window_stream.hpp"

namespace thrum {

namespace detail {

/// Most parts that a pass cuts the range of keys into: 17 bits take two passes.
constexpr Index most_key_parts = 512;

/// Counters that medians of windows of so many frames take: no more than there are frames.
constexpr Index key_parts_for(Index frames) {
  Index parts = most_key_parts;
  while (parts > frames) parts /= 2;
  return parts;
}

/// Order statistics of keys of a channel's samples by counting how many fall into each of equal parts of the
/// range that is still in question. Key: from sample to a number in [0, greatest].
template <typename Key>
class KeyCounts {
 public:
  KeyCounts(const WindowView<int16_t>& window, Index channel, Key key, int32_t* counts)
      : window_(window), channel_(channel), key_(key), counts_(counts) {}

  /// The sum of the two in the middle, or twice the one.
  uint32_t twice_median(uint32_t greatest) {
    const Index frames = window_.frames();
    const Index middle = (frames - 1) / 2;
    narrow(greatest, middle);
    const bool next_is_equal = middle + 1 < below_ + inside_;
    return low_ + (frames % 2 == 1 || next_is_equal ? low_ : least_above(low_));
  }

 private:
  /// Makes low_ the key of that rank, and below_ and inside_ how many are less and how many equal.
  void narrow(uint32_t greatest, Index rank) {
    const int part_bits = bit_count(static_cast<uint64_t>(key_parts_for(window_.frames()))) - 1;
    low_ = 0;
    below_ = 0;
    for (uint32_t span = greatest;;) {
      const int shift = larger(bit_count(span) - part_bits, 0);
      count(span, shift);
      uint32_t part = 0;
      while (rank >= below_ + counts_[part]) below_ += counts_[part++];
      inside_ = counts_[part];
      low_ += part << shift;
      if (shift == 0) return;
      span = (uint32_t{1} << shift) - 1;
    }
  }

  /// The least key that is greater.
  uint32_t least_above(uint32_t bound) {
    uint32_t least = UINT32_MAX;
    const Key key = key_;
    for_each_sample(window_, channel_, [&](int32_t x) {
      const uint32_t value = key(x);
      if (value > bound) least = smaller(least, value);
    });
    return least;
  }

  /// Counts the keys from low_ to low_ + span by parts of 2^shift.
  void count(uint32_t span, int shift) {
    int32_t* const counts = counts_;
    const uint32_t low = low_;
    const Key key = key_;
    for (uint32_t part = 0; part <= span >> shift; ++part) counts[part] = 0;
    for_each_sample(window_, channel_, [&](int32_t x) {
      const uint32_t offset = key(x) - low;
      if (offset <= span) ++counts[offset >> shift];
    });
  }

  const WindowView<int16_t>& window_;
  Index channel_;
  Key key_;
  int32_t* counts_;
  uint32_t low_ = 0;  // least key of the range in question
  Index below_ = 0;   // keys below the part that was found
  Index inside_ = 0;  // and in it
};

}  // namespace detail

/// Four times the median absolute deviation from the median, exactly. counts: as many integers as the window
/// has frames, at most 512. O(frames); no recursion, allocates nothing.
inline uint32_t integer_median_deviation(const WindowView<int16_t>& window, Index channel,
                                         const IntegerSums& sums, int32_t* counts) {
  const int32_t least = sums.least;
  const auto above_least = [least](int32_t x) { return static_cast<uint32_t>(x - least); };
  const uint32_t range = static_cast<uint32_t>(sums.range());
  const uint32_t twice_median = detail::KeyCounts(window, channel, above_least, counts).twice_median(range);
  const int32_t center = 2 * least + static_cast<int32_t>(twice_median);
  const auto twice_distance = [center](int32_t x) {
    const int32_t difference = 2 * x - center;
    return static_cast<uint32_t>(difference < 0 ? -difference : difference);
  };
  return detail::KeyCounts(window, channel, twice_distance, counts).twice_median(2 * range);
}

}  // namespace thrum

#endif  // THRUM_FEATURES_INTEGER_MEDIAN_HPP
