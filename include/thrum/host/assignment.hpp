#ifndef THRUM_HOST_ASSIGNMENT_HPP
#define THRUM_HOST_ASSIGNMENT_HPP

#include <stdint.h>

#include <cmath>
#include <cstddef>
#include <memory>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/cluster_sums.hpp"
#include "thrum/host/coarse_samples.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/panels.hpp"
#include "thrum/host/parallel.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Centres row after row, and packed.
template <typename Scalar>
class CenterTable {
 public:
  CenterTable(Index clusters, Index features)
      : rows_(clusters * features),
        packed_(packed_size(clusters, features)),
        clusters_(clusters),
        features_(features) {}

  void set(MatrixView<const Scalar> centers) {
    for (Index j = 0; j < clusters_; ++j)
      for (Index f = 0; f < features_; ++f) rows_[j * features_ + f] = centers(j, f);
    pack_centers(view(), packed_.data());
  }
  Index clusters() const { return clusters_; }
  MatrixView<const Scalar> view() const {
    return row_major<const Scalar>(rows_.data(), clusters_, features_);
  }
  PackedCenters<Scalar> packed() const { return {packed_.data(), features_, clusters_}; }

 private:
  AlignedArray<Scalar> rows_, packed_;
  Index clusters_, features_;
};

/// What lloyd() in algorithm/lloyd.hpp asks of an assignment, so that it is compiled once for all of them.
template <typename Scalar>
class AssignmentPolicy {
 public:
  virtual ~AssignmentPolicy() = default;
  virtual Index assign(MatrixView<const Scalar> centers) = 0;
  virtual double weight(Index cluster) const = 0;
  virtual double mean(Index cluster, Index feature) const = 0;
  virtual Index farthest_row() = 0;
  virtual void exclude(Index row) = 0;
  virtual Scalar value(Index row, Index feature) = 0;
  virtual double inertia() = 0;
  /// Starts anew: as if nothing had been assigned yet.
  virtual void restart() = 0;
};

/// What an assignment keeps to spare distances.
struct AssignmentPlan {
  Index groups = 0;           ///< of centres, with bounds of their own; 0: no bounds
  Index tiles_per_group = 0;  ///< of centres, by fours
  bool coarse = false;        ///< samples in 16 bits, to compute most distances in integers
};

/// Whether bounds spare more than they cost: they do not where a distance is a few instructions.
inline bool bounds_pay(Index features, Index clusters) { return clusters > 1 && features >= 12; }

/// Whether integers take less time than distances: not where samples are a few numbers and have few centres;
/// nor where bounds do and reading the samples takes longer than computing.
template <typename Scalar>
bool coarse_pays(Index features, Index clusters) {
  return clustering_kernels<Scalar>().coarse_is_fast && features >= 4 &&
         clusters >= (bounds_pay(features, clusters) ? 32 : 8);
}

/// Bytes a sample that may be kept beyond the data; memory_limit: bytes, as KMeansOptions has it.
inline std::size_t bytes_per_row(std::size_t scalar_size, Index rows, Index features,
                                 std::size_t memory_limit) {
  if (memory_limit > 0) return memory_limit / array_size(rows);
  return features <= 32 ? 24 : array_size(features) * scalar_size;
}

/// As many groups of centres as so many bytes a sample allow, at most one for every 64 centres.
inline AssignmentPlan plan_bounds(std::size_t scalar_size, Index clusters, std::size_t available) {
  const std::size_t fixed = sizeof(int) + scalar_size;
  if (available < fixed + scalar_size) return {};
  const Index affordable = static_cast<Index>((available - fixed) / scalar_size);
  const Index tiles = rounded_up(clusters, centers_per_tile) / centers_per_tile;
  const Index wanted = smaller(affordable, (clusters + 63) / 64);
  AssignmentPlan plan;
  plan.tiles_per_group = (tiles + wanted - 1) / wanted;
  plan.groups = (tiles + plan.tiles_per_group - 1) / plan.tiles_per_group;
  return plan;
}

/// Adds samples in 16 bits to a plan where they fit into so many bytes a sample.
inline AssignmentPlan plan_coarse(AssignmentPlan plan, std::size_t scalar_size, Index features,
                                  std::size_t available) {
  const std::size_t bounds = plan.groups > 0 ? array_size(1 + plan.groups) * scalar_size : 0;
  plan.coarse = available >= sizeof(int) + bounds + array_size((features + 1) / 2) * sizeof(int32_t);
  return plan;
}

/// Which samples belong to which centre, kept from one set of centres to the next (see lloyd() in
/// algorithm/lloyd.hpp, whose policy this is). Bounds on distances spare those that can't change a label
/// (Hamerly, SDM 2010, with one group of centres; Ding et al., Yinyang K-means, ICML 2015, with several):
/// they are widened by how far the centres have moved, and allow for rounding, so that the labels are those
/// that all distances would give, bit for bit. While centres move far, and where there are no bounds,
/// samples in 16 bits decide what they can. Sums follow the samples that change their cluster.
template <typename Scalar>
class Assignment final : public AssignmentPolicy<Scalar> {
 public:
  /// x: n x d, finite, and weights, n or none: must live as long as this.
  Assignment(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Index clusters,
             const ColumnRanges& ranges, const SampleGrid& grid, AssignmentPlan plan)
      : x_(x),
        weights_(weights),
        grid_(grid),
        plan_(plan),
        workers_(worker_count(operations(x.rows, x.cols, clusters))),
        centers_(clusters, x.cols),
        sums_(clusters, x.cols),
        labels_(rounded_up(x.rows, panel_row_multiple)) {
    if (plan.groups > 0) {
      const Index padded = rounded_up(x.rows, rows_per_block);
      bounds_ = AlignedArray<Scalar>(padded * (1 + plan.groups));
    }
    if (plan.coarse) coarse_.reset(new CoarseSamples<Scalar>(x, ranges, clusters));
    for (int worker = 0; worker < workers_; ++worker) scratch_.emplace_back(clusters, x.cols, plan);
  }

  Index assign(MatrixView<const Scalar> centers) override {
    if (fresh_) forget_labels();
    if (bounds_known_) measure_drift(centers);
    centers_.set(centers);
    distances_known_ = false;
    const bool coarsely =
        coarse_phase_ && coarse_->set_centers(centers_.view(), static_cast<double>(slack()), workers_);
    parallel_for((x_.rows + rows_per_block - 1) / rows_per_block, workers_, [&](Index block, int worker) {
      const Index first = block * rows_per_block, rows = smaller(rows_per_block, x_.rows - first);
      Scratch& scratch = scratch_[array_size(worker)];
      if (coarsely)
        assign_coarsely(block, first, rows, scratch);
      else if (plan_.groups > 0)
        assign_bounded(first, rows, scratch);
      else
        assign_all(first, rows, scratch);
    });
    fresh_ = false;
    bounds_known_ = !coarsely && plan_.groups > 0;
    const Index changed = gather_from_workers();
    coarse_phase_ = coarsely && coarse_goes_on(changed);
    return changed;
  }

  double weight(Index cluster) const override { return sums_.weight(cluster, grid_); }
  double mean(Index cluster, Index feature) const override { return sums_.mean(cluster, feature, grid_); }
  Scalar value(Index row, Index feature) override { return x_(row, feature); }
  /// Distances to centres that the last assignment has computed, about.
  Index distances_computed() const { return computed_; }

  double inertia() override {
    double partial[max_partial_sums] = {};
    const Index partials = partial_sums(x_.rows);
    parallel_for(partials, workers_, [&](Index number, int worker) {
      Scratch& scratch = scratch_[array_size(worker)];
      for (Index begin = number * rows_per_chunk; begin < x_.rows;
           begin += max_partial_sums * rows_per_chunk) {
        const Index end = smaller(begin + rows_per_chunk, x_.rows);
        for (Index first = begin; first < end; first += scratch.stride) {
          const Index rows = smaller(scratch.stride, end - first);
          compute_own(first, rows, scratch);
          add_squared_distances(scratch.squared.data(), first, rows, partial[number]);
        }
      }
    });
    fold_partial_sums(partials, [&partial](Index i, Index j) { partial[i] += partial[j]; });
    return partial[0];
  }

  Index farthest_row() override {
    if (!distances_known_) compute_distances();
    Index farthest = -1;
    Scalar largest = 0;
    for (Index i = 0; i < x_.rows; ++i) {
      if (squared_distances_[array_size(i)] > largest && weight_of(weights_, i) > 0) {
        largest = squared_distances_[array_size(i)];
        farthest = i;
      }
    }
    return farthest;
  }
  void exclude(Index row) override { squared_distances_[array_size(row)] = 0; }
  void restart() override {
    fresh_ = true;
    bounds_known_ = false;
    coarse_phase_ = plan_.coarse;
  }

 private:
  /// Rows whose bounds are looked at together: enough that those left undecided fill the lanes.
  static constexpr Index rows_per_block = CoarseSamples<Scalar>::rows_per_block;

  /// What one thread works in; on cache lines of its own, so that threads do not wait for each other's.
  struct alignas(128) Scratch {
    Scratch(Index clusters, Index features, AssignmentPlan plan)
        : stride(panel_rows(features)),
          sums(clusters, features),
          panel(stride * features),
          owns(stride * features),
          squared(stride),
          upper(stride),
          lower(stride * larger(Index{1}, plan.groups)),
          runner_up(stride),
          labels(larger(stride, rows_per_block)),
          found(stride),
          undecided(rows_per_block + 1),
          moves(rows_per_block) {}

    Index stride;
    ClusterSums sums;
    AlignedArray<Scalar> panel, owns, squared, upper, lower, runner_up;
    AlignedArray<int> labels, found, undecided;
    GatheredMoves moves;
    Index changed = 0, computed = 0;
  };

  void forget_labels() {
    for (Index i = 0; i < rounded_up(x_.rows, panel_row_multiple); ++i) labels_[i] = i < x_.rows ? -1 : 0;
    sums_.clear();
  }

  /// Gives row `first` + i another label; sums follow when the moves are applied.
  void relabel(Index first, Index i, int label, Scratch& scratch) {
    scratch.moves.add(i, labels_[first + i], label);
    labels_[first + i] = label;
    ++scratch.changed;
  }

  /// Adds squared distances of some rows, times their weights, to a sum.
  void add_squared_distances(const Scalar* squared, Index first, Index rows, double& sum) const {
    double local = sum;  // in a register
    if (weights_.size == 0)
      for (Index i = 0; i < rows; ++i) local += static_cast<double>(squared[i]);
    else
      for (Index i = 0; i < rows; ++i)
        local += static_cast<double>(weights_[first + i]) * static_cast<double>(squared[i]);
    sum = local;
  }

  /// Lets sums follow the labels of a block's rows; when `enough` of them are gathered for it to pay, and
  /// their values are not yet far away.
  void apply_moves(Index first, Index rows, bool enough, Scratch& scratch) {
    constexpr Index near = Index{1} << 17;  // bytes
    const Index bytes = scratch.moves.count() * x_.cols * static_cast<Index>(sizeof(Scalar));
    if (enough || bytes > near)
      scratch.moves.apply(x_.middle_rows(first, rows), first, weights_, grid_, scratch.sums);
  }

  /// Gives rows `first` + begin and following the labels in scratch.
  void relabel_all(Index first, Index begin, Index count, Scratch& scratch) {
    scratch.changed += scratch.moves.template add_relabelled<Scalar>(scratch.labels.data(), begin, count,
                                                                     labels_.data() + first + begin);
  }

  /// Every distance of some rows.
  void assign_all(Index first, Index rows, Scratch& scratch) {
    const Index stride = scratch.stride;
    for (Index begin = 0; begin < rows; begin += stride) {
      const Index count = smaller(stride, rows - begin);
      panel_kernels<Scalar>().load_rows(x_.middle_rows(first + begin, count), count, scratch.panel.data(),
                                        stride);
      clustering_kernels<Scalar>().nearest(panel_of(scratch, count), centers_.packed(),
                                           scratch.squared.data(), scratch.labels.data());
      relabel_all(first, begin, count, scratch);
      apply_moves(first, rows, begin + count == rows, scratch);
    }
    scratch.computed += rows * centers_.clusters();
  }

  /// In integers, and where these leave it open by every distance.
  void assign_coarsely(Index block, Index first, Index rows, Scratch& scratch) {
    const Index undecided = coarse_->nearest(block, scratch.labels.data(), scratch.undecided.data());
    fetch(first, scratch.undecided.data(), undecided);
    for (Index begin = 0; begin < undecided; begin += scratch.stride) {
      const Index count = smaller(scratch.stride, undecided - begin);
      const int* const picked = scratch.undecided.data() + begin;
      panel_kernels<Scalar>().load_picked(x_.middle_rows(first, rows), picked, count, scratch.panel.data(),
                                          scratch.stride);
      clustering_kernels<Scalar>().nearest(panel_of(scratch, count), centers_.packed(),
                                           scratch.squared.data(), scratch.found.data());
      for (Index i = 0; i < count; ++i) scratch.labels[picked[i]] = scratch.found[i];
    }
    relabel_all(first, 0, rows, scratch);
    fetch(first, scratch.moves.positions(), scratch.moves.count());
    apply_moves(first, rows, true, scratch);
    scratch.computed += undecided * centers_.clusters();
  }

  /// Rows into the cache, all of them at once.
  void fetch(Index first, const int* positions, Index count) const {
    for (Index i = 0; i < count; ++i) __builtin_prefetch(&x_(first + positions[i], 0));
    __asm__ volatile("");  // else g++ 12 finds that this function does nothing, and leaves it out
  }

  /// Not when integers leave many rows open, nor when centres move so little that bounds spare more.
  bool coarse_goes_on(Index changed) const {
    constexpr Index most_open = 4, settled = 100;  // one in so many rows
    return computed_ < x_.rows / most_open * centers_.clusters() &&
           (plan_.groups == 0 || changed > x_.rows / settled);
  }

  /// Sums, and how many labels have changed.
  Index gather_from_workers() {
    Index changed = 0;
    computed_ = 0;
    for (Scratch& scratch : scratch_) {
      sums_.take(scratch.sums);
      changed += scratch.changed;
      computed_ += scratch.computed;
      scratch.changed = scratch.computed = 0;
    }
    return changed;
  }

  void assign_bounded(Index first, Index rows, Scratch& scratch) {
    Scalar* const upper = bounds_.data() + first * (1 + plan_.groups);
    const PanelBounds<Scalar> bounds{upper,        upper + rows_per_block, rows_per_block,
                                     plan_.groups, plan_.tiles_per_group,  slack()};
    Index undecided = rows;
    if (!bounds_known_)
      for (Index i = 0; i < rows; ++i) scratch.undecided[i] = static_cast<int>(i);
    else
      undecided = clustering_kernels<Scalar>().drift_bounds(
          bounds, rows, labels_.data() + first, drift_.data(), group_drift_.data(), scratch.undecided.data());
    const Index stride = scratch.stride;
    for (Index begin = 0; begin < undecided; begin += stride) {
      const Index count = smaller(stride, undecided - begin);
      const int* picked = scratch.undecided.data() + begin;
      panel_kernels<Scalar>().load_picked(x_.middle_rows(first, rows), picked, count, scratch.panel.data(),
                                          stride);
      if (plan_.groups == 1)
        decide_in_one_group(bounds, first, picked, count, scratch);
      else
        decide_by_groups(bounds, first, picked, count, scratch);
      apply_moves(first, rows, begin + count == undecided, scratch);
    }
  }

  void decide_in_one_group(const PanelBounds<Scalar>& bounds, Index first, const int* picked, Index count,
                           Scratch& scratch) {
    const PanelBounds<Scalar> found{scratch.upper.data(),  scratch.lower.data(), scratch.stride, 1,
                                    plan_.tiles_per_group, bounds.slack};
    clustering_kernels<Scalar>().nearest_two(panel_of(scratch, count), centers_.packed(), found,
                                             scratch.labels.data());
    for (Index i = 0; i < count; ++i) {
      bounds.upper[picked[i]] = scratch.upper[i];
      bounds.lower[picked[i]] = scratch.lower[i];
      if (scratch.labels[i] != labels_[first + picked[i]])
        relabel(first, picked[i], scratch.labels[i], scratch);
    }
    scratch.computed += count * centers_.clusters();
  }

  void decide_by_groups(const PanelBounds<Scalar>& bounds, Index first, const int* picked, Index count,
                        Scratch& scratch) {
    const Index stride = scratch.stride;
    const Index padded = rounded_up(count, panel_row_multiple);
    for (Index i = 0; i < padded; ++i) scratch.labels[i] = labels_[first + picked[smaller(i, count - 1)]];
    if (fresh_)
      for (Index i = 0; i < padded; ++i) scratch.squared[i] = positive_infinity<Scalar>();
    else
      compare_with_own(scratch.labels.data(), padded, scratch);
    for (Index group = 0; group < plan_.groups; ++group) {
      const Scalar* from = bounds.lower + group * bounds.stride;
      Scalar* to = scratch.lower.data() + group * stride;
      if (!bounds_known_)
        for (Index i = 0; i < padded; ++i) to[i] = 0;
      else
        for (Index i = 0; i < padded; ++i) to[i] = from[picked[smaller(i, count - 1)]];
    }
    const PanelBounds<Scalar> found{scratch.upper.data(), scratch.lower.data(),  stride,
                                    plan_.groups,         plan_.tiles_per_group, bounds.slack};
    const Index groups_computed = clustering_kernels<Scalar>().refine(
        panel_of(scratch, count), centers_.packed(), found, scratch.squared.data(), scratch.labels.data(),
        scratch.runner_up.data());
    scratch.computed += groups_computed * panel_row_multiple * plan_.tiles_per_group * centers_per_tile;
    for (Index i = 0; i < count; ++i) {
      const int before = labels_[first + picked[i]], label = scratch.labels[i];
      if (before == label) continue;
      scratch.lower[group_of(label) * stride + i] = scratch.runner_up[i];
      if (before >= 0) {
        Scalar& bound = scratch.lower[group_of(before) * stride + i];
        bound = smaller(bound, square_root(scratch.squared[i]) * (1 - bounds.slack));
      }
      relabel(first, picked[i], label, scratch);
    }
    for (Index i = 0; i < count; ++i) bounds.upper[picked[i]] = scratch.upper[i];
    for (Index group = 0; group < plan_.groups; ++group)
      for (Index i = 0; i < count; ++i)
        bounds.lower[group * bounds.stride + picked[i]] = scratch.lower[group * stride + i];
  }

  /// Squared distances of the rows in the panel to centres.
  void compare_with_own(const int* labels, Index rows, Scratch& scratch) {
    panel_kernels<Scalar>().load_picked(centers_.view(), labels, rows, scratch.owns.data(), scratch.stride);
    clustering_kernels<Scalar>().pairwise(panel_of(scratch, rows), scratch.owns.data(),
                                          scratch.squared.data());
  }

  /// Squared distances of some rows to the centres they are labelled with, which are their nearest.
  void compute_own(Index first, Index rows, Scratch& scratch) {
    constexpr Index quickly_searched = 16;  // clusters: gathering each row's own centre takes longer
    panel_kernels<Scalar>().load_rows(x_.middle_rows(first, rows), rows, scratch.panel.data(),
                                      scratch.stride);
    if (centers_.clusters() <= quickly_searched)
      clustering_kernels<Scalar>().nearest(panel_of(scratch, rows), centers_.packed(), scratch.squared.data(),
                                           scratch.labels.data());
    else
      compare_with_own(labels_.data() + first, rows, scratch);
  }

  Panel<Scalar> panel_of(const Scratch& scratch, Index rows) const {
    return {scratch.panel.data(), scratch.stride, rounded_up(rows, panel_row_multiple), x_.cols};
  }

  Index group_of(int label) const { return label / (plan_.tiles_per_group * centers_per_tile); }

  /// Relative error of a computed squared distance, at most: two roundings a term, one an addition, and as
  /// much again.
  Scalar slack() const {
    const Index additions = smaller(x_.cols, features_per_partial_sum) + x_.cols / features_per_partial_sum;
    return static_cast<Scalar>(additions + 4) * ScalarTraits<Scalar>::epsilon();
  }

  /// How far each centre has moved, rounded up.
  void measure_drift(MatrixView<const Scalar> centers) {
    drift_.assign(array_size(centers_.clusters()), 0);
    group_drift_.assign(array_size(plan_.groups), 0);
    for (Index j = 0; j < centers_.clusters(); ++j) {
      double squared = 0;
      for (Index f = 0; f < x_.cols; ++f) {
        const double shift = static_cast<double>(centers(j, f)) - static_cast<double>(centers_.view()(j, f));
        squared += shift * shift;
      }
      const Scalar moved =
          static_cast<Scalar>(std::sqrt(squared)) * (1 + 4 * ScalarTraits<Scalar>::epsilon());
      drift_[array_size(j)] = moved;
      Scalar& most = group_drift_[array_size(group_of(static_cast<int>(j)))];
      most = larger(most, moved);
    }
  }

  void compute_distances() {
    squared_distances_.resize(array_size(x_.rows));
    const Index stride = scratch_[0].stride;
    parallel_for((x_.rows + stride - 1) / stride, workers_, [&](Index number, int worker) {
      const Index first = number * stride, rows = smaller(stride, x_.rows - first);
      Scratch& scratch = scratch_[array_size(worker)];
      compute_own(first, rows, scratch);
      for (Index i = 0; i < rows; ++i) squared_distances_[array_size(first + i)] = scratch.squared[i];
    });
    distances_known_ = true;
  }

  MatrixView<const Scalar> x_;
  VectorView<const Scalar> weights_;
  SampleGrid grid_;
  AssignmentPlan plan_;
  int workers_;
  CenterTable<Scalar> centers_;
  ClusterSums sums_;
  AlignedArray<int> labels_;
  AlignedArray<Scalar> bounds_;  ///< by blocks of rows: upper ones, then lower ones group by group
  std::unique_ptr<CoarseSamples<Scalar>> coarse_;
  std::vector<Scalar> drift_, group_drift_;
  std::vector<Scalar> squared_distances_;
  std::vector<Scratch> scratch_;
  Index computed_ = 0;
  bool fresh_ = true, bounds_known_ = false, distances_known_ = false;
  bool coarse_phase_ = plan_.coarse;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_ASSIGNMENT_HPP
