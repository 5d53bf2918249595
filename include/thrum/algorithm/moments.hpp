#ifndef THRUM_ALGORITHM_MOMENTS_HPP
#define THRUM_ALGORITHM_MOMENTS_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/weights.hpp"

namespace thrum {

/// Weight, mean and sum of squared deviations from the mean of a set of numbers, without cancellation:
/// Welford's update (Technometrics 4, 1962) and Chan, Golub and LeVeque's merge (COMPSTAT 1982).
/// All zero is the empty set.
template <typename Accumulator>
struct Moments {
  Accumulator weight = 0;
  Accumulator mean = 0;
  Accumulator squared_deviations = 0;

  /// Adds one value; weight >= 0 counts as so many repeats.
  void add(Accumulator value, Accumulator value_weight = 1) { merge({value_weight, value, Accumulator(0)}); }

  /// Adds another set, as if its values had been added here.
  void merge(const Moments& other) {
    if (!(other.weight > 0)) return;
    const Accumulator total = weight + other.weight;
    const Accumulator step = other.mean - mean;
    const Accumulator share = other.weight / total;
    mean += step * share;
    squared_deviations += other.squared_deviations + step * step * weight * share;
    weight = total;
  }

  /// Variance over the sum of weights; 0 for the empty set.
  Accumulator variance() const { return weight > 0 ? squared_deviations / weight : Accumulator(0); }
};

namespace detail {

/// Two passes over rows that fit the cache; the second takes the rounding error out of the mean.
template <typename Accumulator, typename Scalar>
inline Moments<Accumulator> chunk_moments(VectorView<const Scalar> x, ConstVectorView<Scalar> weights,
                                          Index begin, Index end) {
  const auto weight = [&](Index i) {
    return static_cast<Accumulator>(weight_of(VectorView<const Scalar>(weights), i));
  };
  const Accumulator shift = static_cast<Accumulator>(x[begin]);
  Accumulator total = 0, sum = 0;
  for (Index i = begin; i < end; ++i) {
    total += weight(i);
    sum += weight(i) * (static_cast<Accumulator>(x[i]) - shift);
  }
  if (!(total > 0)) return {};
  const Accumulator mean = shift + sum / total;
  Accumulator residual = 0, squares = 0;
  for (Index i = begin; i < end; ++i) {
    const Accumulator deviation = static_cast<Accumulator>(x[i]) - mean;
    residual += weight(i) * deviation;
    squares += weight(i) * (deviation * deviation);
  }
  return {total, mean + residual / total, squares - residual * (residual / total)};
}

}  // namespace detail

/// Moments of n values, by ordered chunks. weights: n values >= 0, or an empty view for all 1. O(n).
template <typename Accumulator, typename Scalar>
inline Moments<Accumulator> moments(VectorView<const Scalar> x, ConstVectorView<Scalar> weights = {}) {
  Moments<Accumulator> partial[max_partial_sums] = {};
  for (Index begin = 0; begin < x.size; begin += rows_per_chunk) {
    const Index end = smaller(begin + rows_per_chunk, x.size);
    partial[partial_sum_of(begin)].merge(detail::chunk_moments<Accumulator>(x, weights, begin, end));
  }
  fold_partial_sums(max_partial_sums, [&partial](Index i, Index j) { partial[i].merge(partial[j]); });
  return partial[0];
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_MOMENTS_HPP
