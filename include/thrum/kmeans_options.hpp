#ifndef THRUM_KMEANS_OPTIONS_HPP
#define THRUM_KMEANS_OPTIONS_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "thrum/algorithm/lloyd.hpp"

namespace thrum {

/// How the first centres are found.
enum class KMeansSeeding {
  plus_plus,  ///< greedy k-means++
  parallel,   ///< k-means||: for many clusters, a few passes over the data instead of one a cluster
  random,     ///< k different samples
};

/// How centres are found from the first ones. lloyd, coarse and bounds find the same labels and centres, bit
/// for bit.
enum class KMeansAlgorithm {
  automatic,   ///< the fastest of these three, by the sizes of the data and the memory limit
  lloyd,       ///< every distance in every iteration; no memory but labels
  coarse,      ///< samples rounded to 16 bits decide, in integers, all but close cases; for few features
  bounds,      ///< bounds on distances spare most of them (Hamerly 2010, Yinyang 2015)
  mini_batch,  ///< steps on random batches (Sculley 2010): for data so large that a rough answer will do
  bisecting,   ///< splits the cluster of the largest inertia in two until there are k, then as automatic
};

struct KMeansOptions {
  int clusters = 8;  ///< k >= 1, at most the number of samples
  KMeansSeeding seeding = KMeansSeeding::plus_plus;
  int restarts = 1;  ///< seedings tried, >= 1; the least inertia wins
  int max_iterations =
      300;  ///< >= 1, times the centres are re-computed; of mini_batch: passes' worth of batches
  double tolerance =
      1e-4;  ///< >= 0: sum of squared shifts of the centres <= tolerance * mean feature variance
  std::uint64_t seed = 0;  ///< of the random draws; the same seed gives the same centres everywhere
  KMeansAlgorithm algorithm = KMeansAlgorithm::automatic;
  std::int64_t batch_size = 4096;  ///< >= 1: samples in a batch of mini_batch
  /// Bytes that a fit may take beyond the data for what grows with the number of samples; 0: as many as the
  /// data, and 24 a sample up to 32 features. Chooses what `automatic`, `coarse` and `bounds` keep; below 4
  /// bytes a sample not even labels.
  std::size_t memory_limit = 0;
  bool record_history = false;  ///< keep inertia and shift of every iteration in FitReport::history
  double half_life =
      0;  ///< >= 0, of partial_fit: weight of samples after which the past counts half; 0: never

  friend bool operator==(const KMeansOptions& a, const KMeansOptions& b) {
    return a.clusters == b.clusters && a.seeding == b.seeding && a.restarts == b.restarts &&
           a.max_iterations == b.max_iterations && a.tolerance == b.tolerance && a.seed == b.seed &&
           a.algorithm == b.algorithm && a.batch_size == b.batch_size && a.memory_limit == b.memory_limit &&
           a.record_history == b.record_history && a.half_life == b.half_life;
  }
};

/// One iteration of a fit.
struct FitIteration {
  int iteration = 0;                                          ///< from 1
  double squared_shift = 0;                                   ///< sum of squared shifts of the centres
  double inertia = std::numeric_limits<double>::quiet_NaN();  ///< after it; only with record_history
};

/// How a K-means fit went.
struct FitReport : LloydReport {
  std::vector<FitIteration> history;  ///< of the start that won; empty without record_history
};

/// Is told of each iteration; returns false to end the fit, which then keeps the centres as they are.
using KMeansProgress = std::function<bool(const FitIteration&)>;

}  // namespace thrum

#endif  // THRUM_KMEANS_OPTIONS_HPP
