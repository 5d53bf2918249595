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

/// Weight, mean and sums of powers of deviations up to the fourth, for skewness and kurtosis; what `Moments`
/// is up to the second. Merged by the formulas of Pebay (Sandia report SAND2008-6212, equations 1.5 and 1.6;
/// 2008). All zero is the empty set.
template <typename Accumulator>
struct HigherMoments {
  Accumulator weight = 0;
  Accumulator mean = 0;
  Accumulator squares = 0;        ///< sum of w (x - mean)^2
  Accumulator cubes = 0;          ///< sum of w (x - mean)^3
  Accumulator fourth_powers = 0;  ///< sum of w (x - mean)^4

  /// Adds one value; weight >= 0 counts as so many repeats.
  void add(Accumulator value, Accumulator value_weight = 1) { merge({value_weight, value, 0, 0, 0}); }

  /// Adds another set, as if its values had been added here.
  void merge(const HigherMoments& other) {
    if (!(other.weight > 0)) return;
    const Accumulator total = weight + other.weight;
    const Accumulator share = other.weight / total, own_share = weight / total;
    const Accumulator step = other.mean - mean, square = step * step;
    const Accumulator both = weight * share;  // w1 w2 / (w1 + w2)
    fourth_powers += other.fourth_powers +
                     both * square * square * (own_share * own_share - own_share * share + share * share) +
                     6 * square * (own_share * own_share * other.squares + share * share * squares) +
                     4 * step * (own_share * other.cubes - share * cubes);
    cubes += other.cubes + both * square * step * (own_share - share) +
             3 * step * (own_share * other.squares - share * squares);
    squares += other.squares + both * square;
    mean += share * step;
    weight = total;
  }

  /// Variance over the sum of weights; 0 for the empty set.
  Accumulator variance() const { return weight > 0 ? squares / weight : Accumulator(0); }
  /// Third standardised moment, of the population; 0 where nothing varies.
  Accumulator skewness() const {
    return squares > 0 ? cubes / squares * square_root(weight / squares) : Accumulator(0);
  }
  /// Fourth standardised moment, of the population: 3 of a normal distribution; 0 where nothing varies.
  Accumulator kurtosis() const {
    return squares > 0 ? fourth_powers / squares * (weight / squares) : Accumulator(0);
  }
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
