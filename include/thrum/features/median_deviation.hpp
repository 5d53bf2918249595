#ifndef THRUM_FEATURES_MEDIAN_DEVIATION_HPP
#define THRUM_FEATURES_MEDIAN_DEVIATION_HPP

#include <stdint.h>

#include "thrum/algorithm/quantile.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

// The median absolute deviation of a window in three passes: values are counted in parts, which tells where
// the median lies, and then where the median of the deviations does; a pass for each gathers the few values
// there. Guesses only ever cost time: what was gathered is counted, and where it does not hold the middle
// values, select_neighbours finds them.

namespace thrum {

namespace detail {

/// An integer that orders as a value does whose magnitude is below 2, less than 2^31 from any other such.
[[gnu::always_inline]] inline int32_t signed_key(float y) {
  const int32_t bits = static_cast<int32_t>(bits_of(y));
  return bits ^ static_cast<int32_t>(static_cast<uint32_t>(bits >> 31) >> 1);
}
inline float value_of_signed_key(int32_t key) {
  return from_bits<float>(
      static_cast<uint32_t>(key ^ static_cast<int32_t>(static_cast<uint32_t>(key >> 31) >> 1)));
}

/// The key of a value that is looked for among transformed ones.
[[gnu::always_inline]] inline int32_t transformed_key(Unchanged, float y) { return signed_key(y); }
[[gnu::always_inline]] inline int32_t transformed_key(DistanceFrom<float> distance, float y) {
  return static_cast<int32_t>(bits_of(y - distance.center) & (UINT32_MAX >> 1));
}

/// Unchanged or DistanceFrom, told apart when the program runs: what is seldom called has its code once.
struct AnyTransform {
  float center;
  uint32_t mask;

  AnyTransform(Unchanged) : center(0.0f), mask(UINT32_MAX) {}
  AnyTransform(DistanceFrom<float> distance) : center(distance.center), mask(UINT32_MAX >> 1) {}
  float operator()(float y) const { return from_bits<float>(bits_of(y - center) & mask); }
};

/// Calls visit for each value until it says false; returns the place of the next. Four at a time, since a
/// pass takes few instructions.
template <typename Visit>
[[gnu::always_inline]] inline const float* visit_values(const float* value, const float* end, Visit visit) {
  for (const float* const fours_end = end - (end - value) % 4; value != fours_end; value += 4) {
    if (!visit(value[0])) return value + 1;
    if (!visit(value[1])) return value + 2;
    if (!visit(value[2])) return value + 3;
    if (!visit(value[3])) return value + 4;
  }
  while (value != end)
    if (!visit(*value++)) break;
  return value;
}

/// Calls visit for all values.
template <typename Visit>
[[gnu::always_inline]] inline void visit_all(VectorView<const float> y, Visit visit) {
  visit_values(y.data, y.data + y.size, [visit](float value) {
    visit(value);
    return true;
  });
}

/// Keys of the one or two values in the middle of a window.
struct MiddleKeys {
  int32_t lower;
  int32_t upper;
};

/// Ranks of the values in the middle; the same when their number is odd.
struct MiddleRanks {
  Index lower;
  Index upper;
  explicit MiddleRanks(Index count) : lower((count - 1) / 2), upper(count / 2) {}
};

/// Keys of values that lie in a range, as many as there is room for.
struct GatheredKeys {
  static constexpr Index room = 136;
  static constexpr Index few = 68;  ///< enough to see that values are all the same
  int32_t key[array_size(room)];
  Index count = 0;
  Index below = 0;  ///< values below the range
};

/// Moves the key of a rank to its place, those below it before it. Source: Hoare (Communications of the ACM
/// 4, 1961, Algorithm 65).
inline void move_to_rank(int32_t* key, Index count, Index rank) {
  int32_t* const wanted = key + rank;
  int32_t* left = key;
  int32_t* right = key + count - 1;
  while (left < right) {
    const int32_t pivot = *wanted;
    int32_t* up = left;
    int32_t* down = right;
    for (;;) {
      while (*up < pivot) ++up;
      while (pivot < *down) --down;
      if (up >= down) break;
      const int32_t moved = *up;
      *up++ = *down;
      *down-- = moved;
    }
    if (wanted <= down) right = down;
    if (wanted >= up) left = up;
  }
}

/// True when there are at most two different keys; puts them in `two`.
[[gnu::noinline]] inline bool are_of_two(const int32_t* key, Index count, MiddleKeys& two) {
  const int32_t first = key[0];
  int32_t other = first;
  for (const int32_t* const end = key + count; key != end; ++key) {
    if (*key == first || *key == other) continue;
    if (other != first) return false;
    other = *key;
  }
  two = {smaller(first, other), larger(first, other)};
  return true;
}

inline int32_t least_of(const int32_t* key, Index count) {
  int32_t least = key[0];
  for (Index i = 1; i < count; ++i) least = smaller(key[i], least);
  return least;
}

/// Gathers until there are `limit` keys; returns the place of the next value.
template <typename Transform>
inline const float* gather(const float* value, const float* end, Transform transform, int32_t low,
                           int32_t high, Index limit, GatheredKeys& gathered) {
  const uint32_t span = static_cast<uint32_t>(high - low);
  uint32_t below = 0;
  int32_t* next = gathered.key + gathered.count;
  const int32_t* const stop = gathered.key + limit;
  value = visit_values(value, end, [=, &below, &next](float visited) {
    const int32_t key = transformed_key(transform, visited);
    const uint32_t offset = static_cast<uint32_t>(key - low);
    below += offset >> 31;
    if (__builtin_expect(offset <= span, 0)) {
      *next++ = key;
      return next != stop;
    }
    return true;
  });
  gathered.count = next - gathered.key;
  gathered.below += static_cast<Index>(below);
  return value;
}

/// The keys in the middle of `count` values; false when they were not gathered.
[[gnu::noinline]] inline bool middle_of(GatheredKeys& gathered, Index count, MiddleKeys& middle) {
  const MiddleRanks rank(count);
  const Index lower = rank.lower - gathered.below, upper = rank.upper - gathered.below;
  if (lower < 0 || upper >= gathered.count) return false;
  move_to_rank(gathered.key, gathered.count, lower);
  middle = {gathered.key[lower], least_of(gathered.key + upper, gathered.count - upper)};
  return true;
}

/// Makes two keys that values have those in the middle; false when there are others. Many values share each:
/// either they are the middle, or one of them alone is.
template <typename Transform>
inline bool find_shared_middle(VectorView<const float> y, Transform transform, MiddleKeys& middle) {
  const MiddleRanks rank(y.size);
  for (;;) {
    uint32_t below_upper = 0, above_lower = 0;
    visit_all(y, [=, &below_upper, &above_lower](float value) {
      const int32_t key = transformed_key(transform, value);
      below_upper += static_cast<uint32_t>(key - middle.upper) >> 31;
      above_lower += static_cast<uint32_t>(middle.lower - key) >> 31;
    });
    const Index below = static_cast<Index>(below_upper), up_to = y.size - static_cast<Index>(above_lower);
    if (middle.lower == middle.upper) return below <= rank.lower && rank.upper < up_to;
    if (up_to == rank.upper && below == rank.upper) return true;
    if (up_to > rank.upper)
      middle.upper = middle.lower;
    else
      middle.lower = middle.upper;
  }
}

/// Keys from `low` to `high`, both included.
struct GuessedRange {
  int32_t low;
  int32_t high;
};

enum class Search : uint8_t { found, crowded, missed };

/// Looks for the keys in the middle from `low` to `high`.
template <typename Transform>
[[gnu::noinline]] inline Search find_middle(VectorView<const float> y, Transform transform,
                                            GuessedRange range, MiddleKeys& middle) {
  GatheredKeys gathered;
  const float* value = y.data;
  const float* const end = value + y.size;
  for (Index limit = GatheredKeys::few; limit <= GatheredKeys::room; limit += GatheredKeys::few) {
    value = gather(value, end, transform, range.low, range.high, limit, gathered);
    if (gathered.count < limit) return middle_of(gathered, y.size, middle) ? Search::found : Search::missed;
    if (are_of_two(gathered.key, limit, middle))  // of a quiet signal, one count may hold half a window
      return find_shared_middle(y, transform, middle) ? Search::found : Search::crowded;
  }
  return Search::crowded;
}

/// Cuts a range down to those of its 256 parts in which the middle is; false when it is elsewhere.
[[gnu::noinline]] inline bool narrow(VectorView<const float> y, AnyTransform transform, GuessedRange& range) {
  constexpr uint32_t parts = 256;
  uint16_t counts[parts] = {};
  const uint32_t span = static_cast<uint32_t>(range.high - range.low);
  int shift = 0;
  while ((span >> shift) >= parts) ++shift;
  const int32_t low = range.low;
  uint32_t below = 0;
  for (const float *value = y.data, *const end = value + y.size; value != end; ++value) {
    const uint32_t offset = static_cast<uint32_t>(signed_key(transform(*value)) - low);
    below += offset >> 31;
    if (offset <= span) ++counts[offset >> shift];
  }
  const MiddleRanks rank(y.size);
  Index up_to = static_cast<Index>(below);
  if (up_to > rank.lower) return false;
  uint32_t part = 0;
  for (; part < parts && up_to + counts[part] <= rank.lower; ++part) up_to += counts[part];
  const uint32_t first = part;
  for (; part < parts && up_to + counts[part] <= rank.upper; ++part) up_to += counts[part];
  range.high = range.low + static_cast<int32_t>(((part + 1) << shift) - 1);
  range.low += static_cast<int32_t>(first << shift);
  return part < parts;
}

/// As many as it takes to cut the range of all keys down to single ones.
constexpr int most_narrowings = 4;

/// From where to where something is guessed to lie.
struct Guess {
  float low;
  float high;
};

/// Out of line, so that its stack is not taken where guesses are right.
[[gnu::noinline]] inline float median_without_guess(VectorView<const float> y, AnyTransform transform) {
  return median(y, transform);
}

/// The median of transformed values, of which it is guessed where those in the middle lie.
template <typename Transform>
inline float median_near(VectorView<const float> y, Transform transform, Guess guess) {
  constexpr float slack = 1e-6f;  // what rounding may move a value across the edge of its part
  GuessedRange range{signed_key(guess.low - slack), signed_key(guess.high + slack)};
  MiddleKeys middle;
  Search search = find_middle(y, transform, range, middle);
  for (int left = most_narrowings; left > 0 && search == Search::crowded && narrow(y, transform, range);
       --left)
    search = find_middle(y, transform, range, middle);
  if (search != Search::found) return median_without_guess(y, transform);
  const float lower = value_of_signed_key(middle.lower), upper = value_of_signed_key(middle.upper);
  return y.size % 2 != 0 ? lower : 0.5f * lower + 0.5f * upper;
}

/// The least number from `first` to before `end` of which count_of, which rises, says more than `rank`; else
/// `end`. Looks at `first` first.
template <typename Count>
[[gnu::always_inline]] inline int first_above(Index rank, int first, int end, Count count_of) {
  for (int next = first; first < end; next = static_cast<int>(static_cast<unsigned>(first + end) / 2)) {
    if (count_of(next) > rank)
      end = next;
    else
      first = next + 1;
  }
  return first;
}

/// How many values of a normalised signal lie in equal parts of [-1, 1]. Exact up to 65535 values.
class PartCounts {
 public:
  explicit PartCounts(VectorView<const float> y) {
    visit_all(y, [this](float value) { ++up_to_[part_of(value)]; });
    uint32_t sum = 0;
    for (uint16_t& count : up_to_) count = static_cast<uint16_t>(sum += count);
  }

  /// Where the values of these ranks lie.
  Guess values(MiddleRanks rank) const {
    const auto up_to = [this](int part) { return Index{up_to_[part]}; };
    const int first = first_above(rank.lower, 0, parts, up_to);
    return {low_edge(first), low_edge(first_above(rank.upper, first, parts, up_to) + 1)};
  }

  /// Where the distances of these ranks from `center` lie. Parts are taken in rising distance: that of the
  /// center, and then one on its left and one on its right in turn.
  Guess distances(MiddleRanks rank, float center) const {
    const int part = part_of(center);
    const float beyond_edge = (center - low_edge(part)) * (1.0f / width);  // in parts
    const int left_first = beyond_edge < 0.5f, right_first = 1 - left_first;
    const float to_edge = left_first != 0 ? beyond_edge : 1.0f - beyond_edge;
    const auto within = [=](int steps) {
      const int first = part - (steps + left_first) / 2, last = part + (steps + right_first) / 2;
      return Index{up_to_[smaller(last, parts - 1)]} - (first > 0 ? Index{up_to_[first - 1]} : 0);
    };
    const auto to_part = [to_edge](int steps) {
      return width * (static_cast<float>(steps / 2) + (steps % 2 != 0 ? to_edge : -to_edge));
    };
    const int first = first_above(rank.lower, 0, 2 * parts, within);
    return {larger(0.0f, to_part(first)), to_part(first_above(rank.upper, first, 2 * parts, within)) + width};
  }

 private:
  static constexpr int parts = 130;  // 128; one below -1, where only rounding leads; one from 1 on
  static constexpr float width = 2.0f / 128.0f;

  /// By the bits of a sum from 4 to 8, where floats are equally far apart.
  [[gnu::always_inline]] static int part_of(float y) {
    return static_cast<int>(bits_of(y + (5.0f + width)) / 32768 % 256);
  }
  static float low_edge(int part) { return width * static_cast<float>(part - 1) - 1.0f; }

  uint16_t up_to_[parts] = {};
};

}  // namespace detail

/// Median of |y - median of y|, without the factor 1.4826: the same to the last bit as
/// median_absolute_deviation(). y: n >= 1 values of a normalised signal, in [-1, 1], contiguous; above 65535
/// of them guesses may fail. Cost at 1024: 27 to 33 Cortex-M4F instructions a value, in three passes, or
/// five where values are often equal; up to 106 where impacts stand far above the rest; at most 53 passes.
/// 1.2 kB of stack; allocates nothing.
inline float normalised_median_deviation(VectorView<const float> y) {
  const detail::PartCounts counts(y);
  const detail::MiddleRanks rank(y.size);
  const float center = detail::median_near(y, detail::Unchanged{}, counts.values(rank));
  return detail::median_near(y, detail::DistanceFrom<float>{center}, counts.distances(rank, center));
}

}  // namespace thrum

#endif  // THRUM_FEATURES_MEDIAN_DEVIATION_HPP
