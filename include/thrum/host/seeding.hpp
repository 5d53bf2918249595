#ifndef THRUM_HOST_SEEDING_HPP
#define THRUM_HOST_SEEDING_HPP

#include <algorithm>
#include <utility>
#include <vector>

#include "thrum/algorithm/seeding.hpp"
#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/labelling.hpp"
#include "thrum/host/seeding_space.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

template <typename Scalar>
inline void copy_row(MatrixView<const Scalar> x, Index from, MatrixView<Scalar> centers, Index to) {
  for (Index f = 0; f < x.cols; ++f) centers(to, f) = x(from, f);
}

/// Greedy k-means++ over x, n x d, into centers, k x d. Allocates O(n).
template <typename Scalar>
inline void seed_plus_plus(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Random& random,
                           MatrixView<Scalar> centers) {
  SeedingSpace<Scalar> space(x, weights);
  std::vector<Index> candidates(array_size(seeding_trials(centers.rows)));
  thrum::seed_plus_plus(space, random, centers.rows, candidates.data(),
                        [&](Index j, Index row) { copy_row(x, row, centers, j); });
}

/// Random seeding: k different rows, drawn by weight without replacement (Efraimidis and Spirakis,
/// Information Processing Letters 97, 2006: the k least of -log(u) / w); where fewer have a weight, they are
/// repeated. O(n log k), allocates O(n).
template <typename Scalar>
inline void seed_random(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Random& random,
                        MatrixView<Scalar> centers) {
  std::vector<std::pair<double, Index>> keys;
  for (Index i = 0; i < x.rows; ++i) {
    const double key = -natural_log(1.0 - random.uniform());
    const double weight = static_cast<double>(weight_of(weights, i));
    if (weight > 0) keys.emplace_back(key / weight, i);
  }
  const Index drawn = smaller(centers.rows, static_cast<Index>(keys.size()));
  std::partial_sort(keys.begin(), keys.begin() + drawn, keys.end());
  for (Index j = 0; j < centers.rows; ++j) copy_row(x, keys[array_size(j % drawn)].second, centers, j);
}

/// k-means|| (Bahmani et al., VLDB 2012): five rounds that each draw about k rows at once, with probability
/// proportional to weight times squared distance to what was drawn before; then greedy k-means++ among these,
/// each with the weight of the rows it is nearest to. Reads x six times instead of k times. O(n d k),
/// allocates O(n + k d).
template <typename Scalar>
inline void seed_parallel(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Random& random,
                          MatrixView<Scalar> centers) {
  constexpr int rounds = 5;
  const double wanted = static_cast<double>(centers.rows);
  const auto weight = [&](Index i) { return static_cast<double>(weight_of(weights, i)); };
  AlignedArray<Scalar> values, packed;
  const auto gather = [&](const std::vector<Index>& rows) {
    const Index count = static_cast<Index>(rows.size());
    values = AlignedArray<Scalar>(count * x.cols);
    packed = AlignedArray<Scalar>(packed_size(count, x.cols));
    for (Index i = 0; i < count; ++i)
      copy_row(x, rows[array_size(i)], row_major(values.data(), count, x.cols), i);
    return pack_centers(row_major<const Scalar>(values.data(), count, x.cols), packed.data());
  };

  AlignedArray<Scalar> closest(x.rows, positive_infinity<Scalar>()), squared(x.rows);
  std::vector<Index> fresh{random.weighted_index(x.rows, ordered_sum<double>(x.rows, weight), weight)}, drawn;
  for (int round = 0; round < rounds || static_cast<Index>(drawn.size()) < centers.rows; ++round) {
    drawn.insert(drawn.end(), fresh.begin(), fresh.end());
    if (!fresh.empty()) {
      find_nearest(x, gather(fresh), {}, squared.data());
      for (Index i = 0; i < x.rows; ++i) closest[i] = smaller(closest[i], squared[i]);
    }
    fresh.clear();
    const auto share = [&](Index i) { return weight(i) * static_cast<double>(closest[i]); };
    const double potential = ordered_sum<double>(x.rows, share);
    if (!(potential > 0)) break;
    for (Index i = 0; i < x.rows; ++i)
      if (random.uniform() * potential < wanted * share(i)) fresh.push_back(i);
  }
  drawn.insert(drawn.end(), fresh.begin(), fresh.end());

  std::vector<int> owner(array_size(x.rows));
  find_nearest(x, gather(drawn), contiguous(owner.data(), x.rows), static_cast<Scalar*>(nullptr));
  std::vector<double> members(drawn.size(), 0.0);
  for (Index i = 0; i < x.rows; ++i) members[array_size(owner[array_size(i)])] += weight(i);
  const std::vector<Scalar> drawn_weights(members.begin(), members.end());
  seed_plus_plus(row_major<const Scalar>(values.data(), static_cast<Index>(drawn.size()), x.cols),
                 contiguous<const Scalar>(drawn_weights.data(), static_cast<Index>(drawn.size())), random,
                 centers);
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_SEEDING_HPP
