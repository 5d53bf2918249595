#ifndef THRUM_CORE_ORDERED_SUM_HPP
#define THRUM_CORE_ORDERED_SUM_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

// Sums over samples, in an order that depends on nothing but their number: rows go by chunks of 256 into 16
// partial sums in turn, and these are added in a fixed tree. Whoever computes which partial sum, on however
// many threads, the result has the same bits.

namespace thrum {

constexpr Index rows_per_chunk = 256;
constexpr Index max_partial_sums = 16;

/// Number of partial sums that n rows fill.
constexpr Index partial_sums(Index rows) {
  return smaller(max_partial_sums, larger(Index{1}, (rows + rows_per_chunk - 1) / rows_per_chunk));
}

/// The partial sum that a row belongs to.
constexpr Index partial_sum_of(Index row) { return row / rows_per_chunk % max_partial_sums; }

/// Adds partial results pairwise in a fixed tree: combine(i, j) folds number j into number i; the result is
/// left in number 0.
template <typename Combine>
inline void fold_partial_sums(Index count, Combine combine) {
  for (Index width = max_partial_sums / 2; width > 0; width /= 2)
    for (Index i = 0; i < width && i + width < count; ++i) combine(i, i + width);
}

/// Sum of term(row) over all rows. O(n), allocates nothing.
template <typename Accumulator, typename Term>
inline Accumulator ordered_sum(Index rows, Term term) {
  Accumulator partial[max_partial_sums] = {};
  for (Index begin = 0; begin < rows; begin += rows_per_chunk) {
    Accumulator& sum = partial[partial_sum_of(begin)];
    const Index end = smaller(begin + rows_per_chunk, rows);
    for (Index row = begin; row < end; ++row) sum += static_cast<Accumulator>(term(row));
  }
  fold_partial_sums(max_partial_sums, [&partial](Index i, Index j) { partial[i] += partial[j]; });
  return partial[0];
}

/// The same sum of up to most_rows rows, a term at a time, between other work. All zero at start.
template <typename Accumulator, Index most_rows>
class OrderedSum {
 public:
  /// Adds the term of a row; rows come in rising order.
  void add(Index row, Accumulator term) { partial_[partial_sum_of(row)] += term; }

  /// Of all so far; then it is of no use any more until it is made anew.
  Accumulator fold() {
    fold_partial_sums(count, [this](Index i, Index j) { partial_[i] += partial_[j]; });
    return partial_[0];
  }

 private:
  static constexpr Index count = partial_sums(most_rows);
  Accumulator partial_[array_size(count)] = {};
};

}  // namespace thrum

#endif  // THRUM_CORE_ORDERED_SUM_HPP
