#ifndef THRUM_HOST_CLUSTER_SUMS_HPP
#define THRUM_HOST_CLUSTER_SUMS_HPP

#include <stdint.h>

#include <vector>

#include "thrum/core/exact_sum.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"

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
      features_.push_back(FixedPointGrid::spanning(largest * largest_weight));
    }
  }

  const FixedPointGrid* features() const { return features_.data(); }
  const FixedPointGrid& weight() const { return weight_; }

 private:
  std::vector<FixedPointGrid> features_;
  FixedPointGrid weight_;
};

/// Sums and weights of the samples of k clusters, exact on a grid: they do not depend on the order in which
/// samples come and go.
class ClusterSums {
 public:
  ClusterSums() = default;
  ClusterSums(Index clusters, Index features)
      : features_(features),
        sums_(clusters * features, ExactSum{}),
        weights_(clusters, ExactSum{}),
        clusters_(clusters) {}

  /// Moves a sample from one cluster to another; `from` may be -1, none. O(d).
  template <typename Scalar>
  void move(VectorView<const Scalar> x, Scalar weight, const SampleGrid& grid, int from, int to) {
    touched_ = true;
    const double factor = static_cast<double>(weight);
    const FixedPointGrid* const feature = grid.features();
    ExactSum* const gaining = sums_.data() + to * features_;
    weights_[to].add(grid.weight().to_fixed(factor));
    if (from < 0) {
      for (Index f = 0, features = features_; f < features; ++f)
        gaining[f].add(feature[f].to_fixed(static_cast<double>(x[f]) * factor));
      return;
    }
    ExactSum* const losing = sums_.data() + from * features_;
    weights_[from].subtract(grid.weight().to_fixed(factor));
    for (Index f = 0, features = features_; f < features; ++f) {
      const int64_t term = feature[f].to_fixed(static_cast<double>(x[f]) * factor);
      gaining[f].add(term);
      losing[f].subtract(term);
    }
  }

  /// Adds another's sums and leaves it empty. O(k d), nothing when it is empty.
  void take(ClusterSums& other) {
    if (!other.touched_) return;
    touched_ = true;
    for (Index i = 0; i < clusters_ * features_; ++i) sums_[i].add(other.sums_[i]);
    for (Index j = 0; j < clusters_; ++j) weights_[j].add(other.weights_[j]);
    other.clear();
  }

  void clear() {
    if (!touched_) return;
    for (Index i = 0; i < clusters_ * features_; ++i) sums_[i] = {};
    for (Index j = 0; j < clusters_; ++j) weights_[j] = {};
    touched_ = false;
  }

  double weight(Index cluster, const SampleGrid& grid) const {
    return grid.weight().value(weights_[cluster]);
  }
  double mean(Index cluster, Index feature, const SampleGrid& grid) const {
    return grid.features()[feature].value(sums_[cluster * features_ + feature]) / weight(cluster, grid);
  }

 private:
  Index features_ = 0;
  AlignedArray<ExactSum> sums_;     ///< k x d
  AlignedArray<ExactSum> weights_;  ///< k
  Index clusters_ = 0;
  bool touched_ = false;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_CLUSTER_SUMS_HPP
