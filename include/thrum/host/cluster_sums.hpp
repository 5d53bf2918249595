#ifndef THRUM_HOST_CLUSTER_SUMS_HPP
#define THRUM_HOST_CLUSTER_SUMS_HPP

#include <stdint.h>

#include <vector>

#include "thrum/core/exact_sum.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/clustering_table.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/panel_table.hpp"

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
    scales_.resize(array_size(rounded_up(static_cast<Index>(scales_.size()), sum_multiple)), 0.0);
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
      : stride_(rounded_up(features, sum_multiple)),
        clusters_(clusters),
        high_(clusters * stride_, 0),
        low_(clusters * stride_, 0),
        weights_(clusters, ExactSum{}),
        counts_(clusters, 0) {}

  /// Takes `count` rows of x, each times its weight, from one cluster to another. weights: one each, or null
  /// for 1. O(d) a row.
  template <typename Scalar>
  void move(MatrixView<const Scalar> x, MovedRows moved, Index count, const double* weights,
            const SampleGrid& grid) {
    touched_ = true;
    for (Index i = 0; i < count; ++i) {
      const int from = moved.from[i], to = moved.to[i];
      if (weights == nullptr) {
        ++counts_[to];
        if (from >= 0) --counts_[from];
      } else {
        grid.weight().add(weights[i], weights_[to]);
        if (from >= 0) grid.weight().add(-weights[i], weights_[from]);
      }
    }
    clustering_kernels<Scalar>().move_rows(x, moved, count, weights, grid.scales(),
                                           {high_.data(), low_.data(), stride_});
  }

  /// Adds another's sums and leaves it empty. O(k d), nothing when it is empty.
  void take(ClusterSums& other) {
    if (!other.touched_) return;
    touched_ = true;
    for (Index i = 0; i < clusters_ * stride_; ++i) high_[i] += other.high_[i];
    for (Index i = 0; i < clusters_ * stride_; ++i) low_[i] += other.low_[i];
    for (Index j = 0; j < clusters_; ++j) {
      weights_[j].high += other.weights_[j].high;
      weights_[j].low += other.weights_[j].low;
      counts_[j] += other.counts_[j];
    }
    other.clear();
  }

  void clear() {
    if (!touched_) return;
    for (Index i = 0; i < clusters_ * stride_; ++i) high_[i] = low_[i] = 0;
    for (Index j = 0; j < clusters_; ++j) weights_[j] = {};
    for (Index j = 0; j < clusters_; ++j) counts_[j] = 0;
    touched_ = false;
  }

  double weight(Index cluster, const SampleGrid& grid) const {
    return grid.weight().value(weights_[cluster]) + static_cast<double>(counts_[cluster]);
  }
  double mean(Index cluster, Index feature, const SampleGrid& grid) const {
    const Index i = cluster * stride_ + feature;
    return grid.feature(feature).value({high_[i], low_[i]}) / weight(cluster, grid);
  }

 private:
  Index stride_, clusters_;
  AlignedArray<int64_t> high_, low_;  ///< k x stride
  AlignedArray<ExactSum> weights_;    ///< k, of rows that have one
  AlignedArray<int64_t> counts_;      ///< k, of rows that weigh 1
  bool touched_ = false;
};

/// Rows that are to change their cluster, gathered so that sums follow many at once.
class GatheredMoves {
 public:
  /// most: moves at a time.
  explicit GatheredMoves(Index most)
      : positions_(most + widest_vector),
        from_(most + widest_vector),
        to_(most + widest_vector),
        weights_(most) {}

  /// from: -1 for a row that has none.
  void add(Index row, int from, int to) {
    positions_[count_] = static_cast<int>(row);
    from_[count_] = from;
    to_[count_] = to;
    ++count_;
  }

  /// Gives rows from `first` on the labels that were found (KernelTable::relabel) and adds those that had
  /// another; returns their number.
  template <typename Scalar>
  Index add_relabelled(const int* found, Index first, Index rows, int* labels) {
    const Index added = clustering_kernels<Scalar>().relabel(
        found, first, rows, labels, {positions_.data() + count_, from_.data() + count_, to_.data() + count_});
    count_ += added;
    return added;
  }
  Index count() const { return count_; }
  const int* positions() const { return positions_.data(); }

  /// Moves them, as rows of x that are the rows from `first` on of all, and forgets them.
  template <typename Scalar>
  void apply(MatrixView<const Scalar> x, Index first, VectorView<const Scalar> weights,
             const SampleGrid& grid, ClusterSums& sums) {
    if (count_ == 0) return;
    const bool weighted = weights.size > 0;
    for (Index i = 0; i < count_ && weighted; ++i)
      weights_[i] = static_cast<double>(weights[first + positions_[i]]);
    sums.move(x, {positions_.data(), from_.data(), to_.data()}, count_, weighted ? weights_.data() : nullptr,
              grid);
    count_ = 0;
  }

 private:
  AlignedArray<int> positions_, from_, to_;
  AlignedArray<double> weights_;
  Index count_ = 0;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_CLUSTER_SUMS_HPP
