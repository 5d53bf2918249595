#ifndef THRUM_HOST_CLUSTER_SUMS_HPP
#define THRUM_HOST_CLUSTER_SUMS_HPP

#include <stdint.h>

#include <vector>

#include "thrum/core/exact_sum.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/kernel_table.hpp"
#include "thrum/host/kernels.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// The grids on which samples and their weights are added, one for each feature.
class SampleGrid {
 public:
  SampleGrid() = default;

  /// largest_weight: of all samples; 1 when they have none.
  SampleGrid(const ColumnRanges& ranges, double largest_weight)
      : weight_(FixedPointGrid::spanning(largest_weight)) {
    for (std::size_t f = 0; f < ranges.least.size(); ++f) {
      const double largest = larger(absolute(ranges.least[f]), absolute(ranges.largest[f]));
      scales_.push_back(FixedPointGrid::spanning(largest * largest_weight).scale);
    }
  }

  const double* scales() const { return scales_.data(); }
  FixedPointGrid feature(Index f) const { return {scales_[array_size(f)]}; }
  const FixedPointGrid& weight() const { return weight_; }

 private:
  std::vector<double> scales_;
  FixedPointGrid weight_;
};

/// Sums and weights of the samples of k clusters, exact on a grid: they do not depend on the order in which
/// samples come and go.
class ClusterSums {
 public:
  ClusterSums(Index clusters, Index features)
      : features_(features),
        high_(clusters * features, 0),
        low_(clusters * features, 0),
        weights_(clusters, ExactSum{}),
        clusters_(clusters) {}

  /// Moves a sample of d features, one after the other, from one cluster to another; `from` may be -1, none.
  /// O(d).
  template <typename Scalar>
  void move(const Scalar* x, Scalar weight, const SampleGrid& grid, int from, int to) {
    touched_ = true;
    const double factor = static_cast<double>(weight);
    const int64_t fixed_weight = grid.weight().to_fixed(factor);
    weights_[to].add(fixed_weight);
    if (from >= 0) weights_[from].add(-fixed_weight);
    kernels<Scalar>().move_row(x, factor, grid.scales(), features_, from < 0 ? SumParts{} : parts(from),
                               parts(to));
  }

  /// Adds another's sums and leaves it empty. O(k d), nothing when it is empty.
  void take(ClusterSums& other) {
    if (!other.touched_) return;
    touched_ = true;
    for (Index i = 0; i < clusters_ * features_; ++i) high_[i] += other.high_[i];
    for (Index i = 0; i < clusters_ * features_; ++i) low_[i] += other.low_[i];
    for (Index j = 0; j < clusters_; ++j) {
      weights_[j].high += other.weights_[j].high;
      weights_[j].low += other.weights_[j].low;
    }
    other.clear();
  }

  void clear() {
    if (!touched_) return;
    for (Index i = 0; i < clusters_ * features_; ++i) high_[i] = low_[i] = 0;
    for (Index j = 0; j < clusters_; ++j) weights_[j] = {};
    touched_ = false;
  }

  double weight(Index cluster, const SampleGrid& grid) const {
    return grid.weight().value(weights_[cluster]);
  }
  double mean(Index cluster, Index feature, const SampleGrid& grid) const {
    const Index i = cluster * features_ + feature;
    return grid.feature(feature).value({high_[i], low_[i]}) / weight(cluster, grid);
  }

 private:
  SumParts parts(Index cluster) const {
    return {high_.data() + cluster * features_, low_.data() + cluster * features_};
  }

  Index features_;
  AlignedArray<int64_t> high_, low_;  ///< k x d
  AlignedArray<ExactSum> weights_;    ///< k
  Index clusters_;
  bool touched_ = false;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_CLUSTER_SUMS_HPP
