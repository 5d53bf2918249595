#ifndef THRUM_ALGORITHM_TAIL_TABLE_HPP
#define THRUM_ALGORITHM_TAIL_TABLE_HPP

#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

// How rare a value is, from a dozen numbers. The surprise of a value is -log P(X >= value): exponentially
// distributed with mean 1 whatever the distribution of X, so that surprises of unlike things can be compared
// and added.

namespace thrum {

/// A table has knots where the upper tail holds 1, 1/2, 1/4, ... 2^-tail_levels of the values.
constexpr int tail_levels = 10;
/// Numbers in a table: the knots in rising order, then the surprise per unit beyond the last.
constexpr Index tail_table_size = tail_levels + 2;

/// -log P(X >= value) by a table: linear between knots, 0 below the first, and beyond the last as an
/// exponential tail. A value that many share counts with the probability of all of them. Infinite when value
/// is not finite: what overflowed on its way must not look normal. O(tail_levels).
template <typename Scalar>
inline Scalar surprise(const Scalar* table, Scalar value) {
  constexpr Scalar per_level = Scalar(detail::natural_log_of_2);
  if (!is_finite(value)) return positive_infinity<Scalar>();
  if (!(value > table[0])) return Scalar(0);
  int level = 0;
  while (level < tail_levels && value > table[level + 1]) ++level;
  const Scalar beyond = value - table[level];
  const Scalar at_knot = per_level * static_cast<Scalar>(level);
  if (level == tail_levels) return at_knot + beyond * table[tail_levels + 1];
  return at_knot + per_level * (beyond / (table[level + 1] - table[level]));
}

/// Learns a table from values in rising order, n >= 1, read by value_at(i), i in [0, n). Levels that so few
/// values cannot tell, and what lies beyond the last, follow the mean slope of the tail above the median.
/// least_spread > 0: the median and the last knot are taken to be at least so far apart, so that rounding of
/// a value that never varied is no surprise. missing: values above all of
/// these that were left out, such as those of bad samples. Ranks are found in an Accumulator. O(tail_levels).
template <typename Accumulator = double, typename Scalar, typename ValueAt>
inline void fill_tail_table(Index n, ValueAt value_at, Scalar least_spread, Index missing, Scalar* table) {
  int told = 0;
  Accumulator share = 1;  // of the values in the upper tail
  for (int level = 0; level <= tail_levels; ++level, share /= 2) {
    const Accumulator from_top = static_cast<Accumulator>(n + missing + 1) * share -
                                 static_cast<Accumulator>(missing);  // 1 is the largest value
    if (from_top < 1 && level > 1) break;
    const Accumulator last = static_cast<Accumulator>(n - 1);
    const Accumulator place = larger(Accumulator(0), smaller(static_cast<Accumulator>(n) - from_top, last));
    const Index below = static_cast<Index>(place);
    const Scalar low = value_at(below), high = value_at(smaller(below + 1, n - 1));
    table[level] = low + static_cast<Scalar>(place - static_cast<Accumulator>(below)) * (high - low);
    told = level;
  }
  const Scalar levels_told = static_cast<Scalar>(larger(1, told - 1));
  const Scalar step =
      larger((table[told] - table[1]) / levels_told, least_spread / static_cast<Scalar>(tail_levels - 1));
  for (int level = 2; level <= told; ++level) {
    const Scalar part = static_cast<Scalar>(level - 1) / static_cast<Scalar>(tail_levels - 1);
    table[level] = larger(table[level], table[1] + part * least_spread);
  }
  for (int level = told + 1; level <= tail_levels; ++level) table[level] = table[level - 1] + step;
  table[tail_levels + 1] = Scalar(detail::natural_log_of_2) / step;
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_TAIL_TABLE_HPP
