#ifndef THRUM_HOST_STREAMED_ASSIGNMENT_HPP
#define THRUM_HOST_STREAMED_ASSIGNMENT_HPP

#include <stdint.h>

#include <algorithm>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/host/assignment.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/cluster_sums.hpp"
#include "thrum/host/labelling.hpp"
#include "thrum/host/row_blocks.hpp"
#include "thrum/row_source.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Which samples belong to which centre, found anew in a pass over all of them, so that no memory grows with
/// their number (see lloyd() in algorithm/lloyd.hpp, whose policy this is). Labels, sums and centres have the
/// same bits as those of Assignment.
template <typename Scalar>
class StreamedAssignment final : public AssignmentPolicy<Scalar> {
 public:
  /// The source and weights, n or none, must live as long as this.
  StreamedAssignment(RowSource<Scalar>& source, VectorView<const Scalar> weights, Index clusters,
                     const SampleGrid& grid)
      : source_(source),
        weights_(weights),
        grid_(grid),
        centers_(clusters, source.cols()),
        sums_(clusters, source.cols()) {
    for (int worker = 0; worker < worker_count(); ++worker) partial_.emplace_back(clusters, source.cols());
  }

  Index assign(MatrixView<const Scalar> centers) override {
    centers_.set(centers);
    const uint64_t before = labelling_;
    labelling_ = 0;
    sums_.clear();
    excluded_.clear();
    for_each_block(source_, [&](MatrixView<const Scalar> block, Index first) { add(block, first); });
    for (ClusterSums& partial : partial_) sums_.take(partial);
    const bool same = assigned_ && labelling_ == before;
    assigned_ = true;
    return same ? 0 : source_.rows();
  }

  double weight(Index cluster) const override { return sums_.weight(cluster, grid_); }
  double mean(Index cluster, Index feature) const override { return sums_.mean(cluster, feature, grid_); }
  Scalar value(Index row, Index feature) override { return source_.block(row, 1)(0, feature); }

  double inertia() override {
    double partial[max_partial_sums] = {};
    for_each_squared_distance([&](Index row, Scalar squared) {
      partial[partial_sum_of(row)] +=
          static_cast<double>(weight_of(weights_, row)) * static_cast<double>(squared);
    });
    fold_partial_sums(max_partial_sums, [&partial](Index i, Index j) { partial[i] += partial[j]; });
    return partial[0];
  }

  Index farthest_row() override {
    Index farthest = -1;
    Scalar largest = 0;
    for_each_squared_distance([&](Index row, Scalar squared) {
      if (!(squared > largest) || !(weight_of(weights_, row) > 0)) return;
      if (std::find(excluded_.begin(), excluded_.end(), row) != excluded_.end()) return;
      largest = squared;
      farthest = row;
    });
    return farthest;
  }
  void exclude(Index row) override { excluded_.push_back(row); }
  void restart() override { assigned_ = false; }

 private:
  /// Calls visit(row, squared distance to the nearest centre) for all rows in order.
  template <typename Visit>
  void for_each_squared_distance(Visit visit) {
    for_each_block(source_, [&](MatrixView<const Scalar> block, Index first) {
      squared_.resize(array_size(block.rows));
      find_nearest(block, centers_.packed(), {}, squared_.data());
      for (Index i = 0; i < block.rows; ++i) visit(first + i, squared_[array_size(i)]);
    });
  }

  void add(MatrixView<const Scalar> block, Index first) {
    labels_.resize(array_size(block.rows));
    find_nearest(block, centers_.packed(), contiguous(labels_.data(), block.rows),
                 static_cast<Scalar*>(nullptr));
    constexpr Index rows_per_task = 1024;
    std::vector<uint64_t> labelling(partial_.size(), 0);
    parallel_for((block.rows + rows_per_task - 1) / rows_per_task, static_cast<int>(partial_.size()),
                 [&](Index task, int worker) {
                   const Index begin = task * rows_per_task;
                   const Index rows = smaller(block.rows - begin, rows_per_task);
                   GatheredMoves moves(rows);
                   for (Index i = 0; i < rows; ++i) {
                     const int label = labels_[array_size(begin + i)];
                     moves.add(i, -1, label);
                     labelling[array_size(worker)] += mixed_bits(
                         mixed_bits(static_cast<uint64_t>(first + begin + i)) + static_cast<uint64_t>(label));
                   }
                   moves.apply(block.middle_rows(begin, rows), first + begin, weights_, grid_,
                               partial_[array_size(worker)]);
                 });
    for (const uint64_t part : labelling) labelling_ += part;
  }

  RowSource<Scalar>& source_;
  VectorView<const Scalar> weights_;
  SampleGrid grid_;
  CenterTable<Scalar> centers_;
  ClusterSums sums_;
  std::vector<ClusterSums> partial_;  ///< one a thread
  std::vector<int> labels_;           ///< of the present block
  std::vector<Scalar> squared_;       ///< of the present block
  std::vector<Index> excluded_;
  uint64_t labelling_ = 0;  ///< a number that tells labellings apart: no memory is left for the last one
  bool assigned_ = false;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_STREAMED_ASSIGNMENT_HPP
