#ifndef THRUM_ALGORITHM_SEEDING_HPP
#define THRUM_ALGORITHM_SEEDING_HPP

#include "thrum/algorithm/kmeans_workspace.hpp"
#include "thrum/core/distance.hpp"
#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/weights.hpp"

namespace thrum {

namespace detail {

template <typename Scalar>
inline void copy_row(MatrixView<const Scalar> x, Index from, MatrixView<Scalar> centers, Index to) {
  for (Index f = 0; f < x.cols; ++f) centers(to, f) = x(from, f);
}

/// Draws a row with probability proportional to its weight times `importance(row)`, or, where nothing has any
/// importance, to its weight alone. A row of weight 0 is never drawn.
template <typename Scalar, typename Importance>
inline Index draw_row(VectorView<const Scalar> weights, Index rows, Random& random, Importance importance) {
  const auto share = [&](Index i) {
    return static_cast<double>(weight_of(weights, i)) * static_cast<double>(importance(i));
  };
  const double total = ordered_sum<double>(rows, share);
  if (total > 0) return random.weighted_index(rows, total, share);
  const auto weight = [&](Index i) { return static_cast<double>(weight_of(weights, i)); };
  return random.weighted_index(rows, ordered_sum<double>(rows, weight), weight);
}

/// Sum of squared distances that would be left with `candidate` as one more centre.
template <typename Accumulator, typename Scalar>
inline Accumulator potential_with(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                                  const Scalar* squared_distances, Index candidate) {
  return ordered_sum<Accumulator>(x.rows, [&](Index i) {
    const Scalar squared = squared_distance(x.row(i), x.row(candidate));
    return static_cast<Accumulator>(weight_of(weights, i)) *
           static_cast<Accumulator>(smaller(squared, squared_distances[i]));
  });
}

}  // namespace detail

/// Greedy k-means++ (Arthur and Vassilvitskii, SODA 2007, section 5; as scikit-learn): each further centre is
/// the best of 2 + floor(ln k) rows drawn with probability proportional to weight times squared distance to
/// the nearest centre so far. When no distance is left (fewer distinct rows than clusters), the remaining
/// centres repeat rows.
/// x: n x d; weights: n or empty; centers: k x d, written. Uses workspace.squared_distances. O(n d k log k).
template <typename Scalar, typename Accumulator>
inline void seed_plus_plus(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Random& random,
                           MatrixView<Scalar> centers, KMeansWorkspace<Scalar, Accumulator>& workspace) {
  Scalar* squared_distances = workspace.squared_distances;
  const auto any_row = [](Index) { return Scalar(1); };
  const auto by_distance = [=](Index i) { return squared_distances[i]; };
  const int trials = 2 + static_cast<int>(natural_log(static_cast<double>(centers.rows)));

  detail::copy_row(x, detail::draw_row(weights, x.rows, random, any_row), centers, 0);
  for (Index i = 0; i < x.rows; ++i)
    squared_distances[i] = squared_distance(x.row(i), VectorView<const Scalar>(centers.row(0)));

  for (Index j = 1; j < centers.rows; ++j) {
    Index best = detail::draw_row(weights, x.rows, random, by_distance);
    Accumulator least = detail::potential_with<Accumulator>(x, weights, squared_distances, best);
    for (int trial = 1; trial < trials; ++trial) {
      const Index candidate = detail::draw_row(weights, x.rows, random, by_distance);
      const Accumulator potential =
          detail::potential_with<Accumulator>(x, weights, squared_distances, candidate);
      if (potential < least) {
        least = potential;
        best = candidate;
      }
    }
    detail::copy_row(x, best, centers, j);
    for (Index i = 0; i < x.rows; ++i)
      squared_distances[i] = smaller(squared_distances[i], squared_distance(x.row(i), x.row(best)));
  }
}

/// Random seeding: k different rows, drawn by weight without replacement; fewer than k rows of positive
/// weight are repeated.
/// x: n x d; weights: n or empty; centers: k x d, written. Uses workspace.squared_distances. O(n k).
template <typename Scalar, typename Accumulator>
inline void seed_random(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Random& random,
                        MatrixView<Scalar> centers, KMeansWorkspace<Scalar, Accumulator>& workspace) {
  Scalar* available = workspace.squared_distances;
  for (Index i = 0; i < x.rows; ++i) available[i] = 1;
  for (Index j = 0; j < centers.rows; ++j) {
    const Index row = detail::draw_row(weights, x.rows, random, [=](Index i) { return available[i]; });
    detail::copy_row(x, row, centers, j);
    available[row] = 0;
  }
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_SEEDING_HPP
