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

  /// Adds rows of x, each times its weight, to a cluster, or takes them away. O(d) a row.
  template <typename Scalar>
  void add(Index cluster, MatrixView<const Scalar> x, RowList rows, const SampleGrid& grid, bool away) {
    touched_ = true;
    if (rows.weights == nullptr) counts_[cluster] += away ? -rows.count : rows.count;
    for (Index i = 0; i < rows.count && rows.weights != nullptr; ++i)
      grid.weight().add(away ? -rows.weights[i] : rows.weights[i], weights_[cluster]);
    kernels<Scalar>().add_rows(x, rows, grid.scales(), away,
                               {high_.data() + cluster * stride_, low_.data() + cluster * stride_});
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

/// Rows that are to change their cluster, gathered so that sums follow them cluster by cluster.
class GatheredMoves {
 public:
  /// most: moves at a time.
  GatheredMoves(Index most, Index clusters)
      : rows_(most + 1),
        from_(most + 1),
        to_(most + 1),
        sorted_(most),
        ends_(clusters + 1),
        weights_(most),
        clusters_(clusters) {}

  /// from: -1 for a row that has none. Without a branch on the condition, which no processor can foresee.
  void add_if(bool wanted, Index row, int from, int to) {
    rows_[count_] = static_cast<int>(row);
    from_[count_] = from;
    to_[count_] = to;
    count_ += wanted ? 1 : 0;
    leaving_ |= wanted && from >= 0;
  }
  Index count() const { return count_; }
  const int* rows() const { return rows_.data(); }

  /// Moves them, as rows of x that are the rows from `first` on of all, and forgets them.
  template <typename Scalar>
  void apply(MatrixView<const Scalar> x, Index first, VectorView<const Scalar> weights,
             const SampleGrid& grid, ClusterSums& sums) {
    if (count_ == 0) return;
    add_by_cluster(to_.data(), x, first, weights, grid, false, sums);
    if (leaving_) add_by_cluster(from_.data(), x, first, weights, grid, true, sums);
    count_ = 0;
    leaving_ = false;
  }

 private:
  template <typename Scalar>
  void add_by_cluster(const int* cluster_of, MatrixView<const Scalar> x, Index first,
                      VectorView<const Scalar> weights, const SampleGrid& grid, bool away,
                      ClusterSums& sums) {
    sort_by_cluster(cluster_of);
    for (Index i = 0; i < count_ && weights.size > 0; ++i)
      weights_[i] = static_cast<double>(weights[first + sorted_[i]]);
    for (Index j = 0; j < clusters_; ++j) {
      const Index begin = ends_[j], count = ends_[j + 1] - begin;
      const double* const own_weights = weights.size > 0 ? weights_.data() + begin : nullptr;
      if (count > 0) sums.add(j, x, {sorted_.data() + begin, own_weights, count}, grid, away);
    }
  }

  /// By counting; those of cluster j are then sorted_[ends_[j] ... ends_[j + 1] - 1].
  void sort_by_cluster(const int* cluster_of) {
    for (Index j = 0; j <= clusters_; ++j) ends_[j] = 0;
    for (Index i = 0; i < count_; ++i) ++ends_[cluster_of[i] + 1];
    int begin = 0;
    for (Index j = 0; j <= clusters_; ++j) {
      const int size = ends_[j];
      ends_[j] = begin;
      begin += size;
    }
    for (Index i = 0; i < count_; ++i) sorted_[ends_[cluster_of[i] + 1]++] = rows_[i];
  }

  AlignedArray<int> rows_, from_, to_, sorted_, ends_;
  AlignedArray<double> weights_;
  Index clusters_;
  Index count_ = 0;
  bool leaving_ = false;  ///< whether any row leaves a cluster
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_CLUSTER_SUMS_HPP
