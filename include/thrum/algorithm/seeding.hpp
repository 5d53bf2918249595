#ifndef THRUM_ALGORITHM_SEEDING_HPP
#define THRUM_ALGORITHM_SEEDING_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"

namespace thrum {

/// Rows that greedy k-means++ tries for each of k centres: 2 + floor(ln k).
constexpr Index seeding_trials(Index clusters) {
  constexpr Index least[] = {3, 8, 21, 55, 149, 404, 1097, 2981, 8104, 22027, 59875, 162755, 442414};  // e^m
  Index trials = 2;
  for (const Index next : least) trials += clusters >= next ? 1 : 0;
  return trials;
}

/// Draws the rows that are tried as centre j of `clusters`, seeding_trials(clusters) at most; returns how
/// many. See seed_plus_plus().
template <typename Space>
inline Index draw_candidates(Space& space, Random& random, Index j, Index clusters, Index* candidates) {
  const Index trials = j == 0 ? 1 : seeding_trials(clusters);
  for (Index i = 0; i < trials; ++i) candidates[i] = space.draw(random);
  return trials;
}

/// The number of the candidate that leaves least; ties go to the lowest. See seed_plus_plus().
template <typename Space>
inline Index best_candidate(const Space& space, Index trials) {
  Index best = 0;
  for (Index i = 1; i < trials; ++i)
    if (space.potential(i) < space.potential(best)) best = i;
  return best;
}

/// First centres by greedy k-means++ (Arthur and Vassilvitskii, SODA 2007, section 5; as scikit-learn): each
/// is the best of 2 + floor(ln k) rows drawn with probability proportional to weight times squared distance
/// to the nearest centre so far; the first is drawn by weight alone. Where no distance is left (fewer
/// distinct rows than clusters), centres repeat rows. choose(j, row) is told which row becomes centre
/// j = 0 ... clusters - 1. (Whoever has other things to do evaluates and accepts in pieces, between
/// draw_candidates() and best_candidate(): see SampleSpace.)
///
/// candidates: seeding_trials(clusters) positions of scratch. How distances are kept is the space's business:
///   draw(random)           a row, as said above; by weight alone where nothing has a distance; never of
///                          weight 0
///   evaluate(rows, count)  finds what sum of weight times squared distance each of the rows would leave as
///                          one more centre
///   potential(i)           that sum for number i of them
///   accept(i)              makes number i of them a centre
template <typename Space, typename Choose>
inline void seed_plus_plus(Space& space, Random& random, Index clusters, Index* candidates, Choose choose) {
  for (Index j = 0; j < clusters; ++j) {
    const Index trials = draw_candidates(space, random, j, clusters, candidates);
    space.evaluate(candidates, trials);
    const Index best = best_candidate(space, trials);
    space.accept(best);
    choose(j, candidates[best]);
  }
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_SEEDING_HPP
