#ifndef THRUM_ALGORITHM_SAMPLE_CLUSTERS_HPP
#define THRUM_ALGORITHM_SAMPLE_CLUSTERS_HPP

#include <stdint.h>

#include "thrum/algorithm/seeding.hpp"
#include "thrum/core/distance.hpp"
#include "thrum/core/exact_sum.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"

// K-means of a few samples in the caller's memory: the policies of Lloyd and of the seeding for a device.
// They are views, made anew for each step.

namespace thrum {

/// How the samples of a cluster are summed. In double exactly, on the grid of the laptop's sums, so that both
/// find the same centres from the same first ones, bit for bit.
template <typename Accumulator>
struct SampleSum {
  using Type = ExactSum;
  static double scale_for(double largest) { return FixedPointGrid::spanning(largest).scale; }
  static void add(Type& sum, double scale, double value) { FixedPointGrid{scale}.add(value, sum); }
  static double value(const Type& sum, double scale) { return FixedPointGrid{scale}.value(sum); }
};
/// In float as they come: for processors whose double is software.
template <>
struct SampleSum<float> {
  using Type = float;
  static float scale_for(float) { return 1; }
  static void add(Type& sum, float, float value) { sum += value; }
  static float value(Type sum, float) { return sum; }
};

/// What is kept of n samples and k clusters between steps. All zero at first.
template <typename Scalar, typename Accumulator>
struct SampleClusters {
  int16_t* labels = nullptr;                              ///< n
  Scalar* squared = nullptr;                              ///< n, distances to the own centre
  Accumulator* scale = nullptr;                           ///< d, of the grids that sums are on
  typename SampleSum<Accumulator>::Type* sums = nullptr;  ///< k x d
  int16_t* counts = nullptr;                              ///< k, samples
};

/// Which samples belong to which centre; see Lloyd. Sums follow the samples that change their cluster.
template <typename Scalar, typename Accumulator>
class SampleAssignment {
  using Sum = SampleSum<Accumulator>;

 public:
  /// x: n x d, at most 32767 samples, finite. centers: d x k, by feature, those that Lloyd moves.
  SampleAssignment(MatrixView<const Scalar> x, const SampleClusters<Scalar, Accumulator>& memory,
                   const Scalar* centers, Index clusters)
      : x_(x), memory_(memory), centers_(centers), clusters_(clusters) {}

  /// No sample has been looked at. O(d).
  void start() {
    for (Index f = 0; f < x_.cols; ++f) memory_.scale[f] = 0;
  }
  /// Looks at one sample, which has no label yet; whether it is finite. O(d).
  bool look_at(Index row) {
    memory_.labels[row] = -1;
    bool finite = true;
    for (Index f = 0; f < x_.cols; ++f) {
      const Scalar value = x_(row, f);
      finite = finite && is_finite(value);
      memory_.scale[f] = larger(memory_.scale[f], static_cast<Accumulator>(absolute(value)));
    }
    return finite;
  }
  /// When all have been looked at. False where squared distances may leave the range of a Scalar. O(d k).
  bool start_sums() {
    Accumulator largest = 0;
    for (Index f = 0; f < x_.cols; ++f) {
      largest = larger(largest, memory_.scale[f]);
      memory_.scale[f] = Sum::scale_for(memory_.scale[f]);
    }
    for (Index j = 0; j < clusters_; ++j) memory_.counts[j] = 0;
    for (Index i = 0; i < clusters_ * x_.cols; ++i) memory_.sums[i] = {};
    const Scalar widest = 2 * static_cast<Scalar>(largest);
    return is_finite(static_cast<Scalar>(x_.cols) * widest * widest);
  }

  /// Labels one sample; whether its label has changed. O(d k).
  bool assign(Index row) {
    const Nearest<Scalar> nearest = nearest_center_to(row);
    memory_.squared[row] = nearest.squared_distance;
    const int before = memory_.labels[row];
    if (before == nearest.cluster) return false;
    if (before >= 0) move(row, before, -1);
    move(row, nearest.cluster, 1);
    memory_.labels[row] = static_cast<int16_t>(nearest.cluster);
    return true;
  }

  Accumulator weight(Index cluster) const { return static_cast<Accumulator>(memory_.counts[cluster]); }
  Accumulator mean(Index cluster, Index feature) const {
    return Sum::value(memory_.sums[cluster * x_.cols + feature], memory_.scale[feature]) / weight(cluster);
  }
  Scalar value(Index row, Index feature) const { return x_(row, feature); }
  Accumulator inertia() const {
    return ordered_sum<Accumulator>(x_.rows, [this](Index i) { return memory_.squared[i]; });
  }
  Index farthest_row() const {
    Index farthest = -1;
    Scalar largest = 0;
    for (Index i = 0; i < x_.rows; ++i) {
      if (!(memory_.squared[i] > largest)) continue;
      largest = memory_.squared[i];
      farthest = i;
    }
    return farthest;
  }
  void exclude(Index row) { memory_.squared[row] = 0; }

 private:
  /// That of nearest_center(), a centre at a time: less code, and no slower for few.
  Nearest<Scalar> nearest_center_to(Index row) const {
    Nearest<Scalar> nearest{0, positive_infinity<Scalar>()};
    for (Index j = 0; j < clusters_; ++j) {
      const VectorView<const Scalar> center{centers_ + j, x_.cols, clusters_};
      const Scalar squared = squared_distance(x_.row(row), center);
      if (squared < nearest.squared_distance) nearest = {static_cast<int>(j), squared};
    }
    return nearest;
  }

  /// Adds a sample to a cluster, or takes it away. O(d).
  void move(Index row, Index cluster, int times) {
    memory_.counts[cluster] = static_cast<int16_t>(memory_.counts[cluster] + times);
    auto* const sums = memory_.sums + cluster * x_.cols;
    for (Index f = 0; f < x_.cols; ++f)
      Sum::add(sums[f], memory_.scale[f], static_cast<Accumulator>(times > 0 ? x_(row, f) : -x_(row, f)));
  }

  MatrixView<const Scalar> x_;
  SampleClusters<Scalar, Accumulator> memory_;
  const Scalar* centers_;
  Index clusters_;
};

/// What is kept of the rows that are tried as the next first centre, between steps. All zero at first.
template <typename Accumulator, Index most_clusters, Index most_samples>
struct SampleCandidates {
  static constexpr Index most = seeding_trials(most_clusters);
  Index rows[array_size(most)] = {};
  OrderedSum<Accumulator, most_samples> left[array_size(most)] = {};  ///< of the squared distances, by each
  Accumulator potentials[array_size(most)] = {};                      ///< those sums, when they are complete
  Index count = 0;
  Accumulator potential = 0;  ///< of the centres so far; 0 where there is none
};

/// Squared distances of samples to the nearest first centre so far, for greedy k-means++ (see
/// seed_plus_plus()) a sample at a time: begin(), evaluate() each sample, choose(), accept() each sample.
template <typename Scalar, typename Accumulator, Index most_clusters, Index most_samples>
class SampleSpace {
 public:
  using Candidates = SampleCandidates<Accumulator, most_clusters, most_samples>;

  /// x: n x d; closest: n, infinite at first, which it keeps from one centre to the next.
  SampleSpace(MatrixView<const Scalar> x, Scalar* closest, Candidates& candidates)
      : x_(x), closest_(closest), candidates_(candidates) {}

  /// Draws the rows to try as centre j of `clusters`. O(n ln k).
  [[gnu::cold, gnu::noinline]] void begin(Random& random, Index j, Index clusters) {
    candidates_.count = draw_candidates(*this, random, j, clusters, candidates_.rows);
    for (auto& sum : candidates_.left) sum = {};
  }
  /// O(d ln k). Samples come in rising order.
  void evaluate(Index i) {
    for (Index number = 0; number < candidates_.count; ++number)
      candidates_.left[number].add(i, static_cast<Accumulator>(left_by(candidates_.rows[number], i)));
  }
  /// The row that becomes the centre. O(ln k).
  [[gnu::cold, gnu::noinline]] Index choose() {
    for (Index number = 0; number < candidates_.count; ++number)
      candidates_.potentials[number] = candidates_.left[number].fold();
    const Index best = best_candidate(*this, candidates_.count);
    candidates_.potential = potential(best);
    candidates_.rows[0] = candidates_.rows[best];
    return candidates_.rows[0];
  }
  /// O(d).
  void accept(Index i) { closest_[i] = left_by(candidates_.rows[0], i); }

  // ---- for draw_candidates() and best_candidate()

  Index draw(Random& random) const {
    const auto share = [this](Index i) { return closest_[i]; };
    return candidates_.potential > 0 ? random.weighted_index(x_.rows, candidates_.potential, share)
                                     : static_cast<Index>(random.below(static_cast<uint32_t>(x_.rows)));
  }
  Accumulator potential(Index number) const { return candidates_.potentials[number]; }

 private:
  /// What a further centre leaves of sample i's squared distance.
  Scalar left_by(Index center, Index i) const {
    return smaller(closest_[i], squared_distance(x_.row(i), x_.row(center)));
  }

  MatrixView<const Scalar> x_;
  Scalar* closest_;
  Candidates& candidates_;
};

}  // namespace thrum

#endif  // THRUM_ALGORITHM_SAMPLE_CLUSTERS_HPP
