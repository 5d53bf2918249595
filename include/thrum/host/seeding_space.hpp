#ifndef THRUM_HOST_SEEDING_SPACE_HPP
#define THRUM_HOST_SEEDING_SPACE_HPP

#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/panels.hpp"
#include "thrum/host/parallel.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Squared distances of all samples to the nearest centre so far, and what further centres would leave of
/// them (see seed_plus_plus() in algorithm/seeding.hpp, whose policy this is). Memory is read once for each
/// centre: the centre accepted last is applied in the pass that evaluates the next candidates. Draws go by
/// the sums of panels, then within one.
template <typename Scalar>
class SeedingSpace {
 public:
  /// x: n x d, finite, and weights, n or none: must live as long as this.
  SeedingSpace(MatrixView<const Scalar> x, VectorView<const Scalar> weights)
      : x_(x),
        stride_(panel_rows(x.cols)),
        panels_((x.rows + stride_ - 1) / stride_),
        workers_(worker_count(operations(x.rows, x.cols, 4))),
        closest_(panels_ * stride_),
        weights_(weights.size == 0 ? 0 : panels_ * stride_),
        panel_weights_(array_size(panels_)) {
    weighted_ = weights.size > 0;
    parallel_for(panels_, workers_, [&](Index panel, int) {
      const Index begin = panel * stride_;
      for (Index i = begin; i < begin + stride_; ++i) {
        closest_[i] = i < x.rows ? positive_infinity<Scalar>() : Scalar(0);
        if (weighted_) weights_[i] = i < x.rows ? weights[i] : Scalar(0);
      }
      double& sum = panel_weights_[array_size(panel)];
      for (Index i = begin; i < begin + rows_of(panel); ++i) sum += weight(i);
    });
    for (int worker = 0; worker < workers_; ++worker) memory_.emplace_back(stride_ * x.cols);
  }

  Index draw(Random& random) {
    const bool by_distance = total_ > 0;
    const std::vector<double>& sums = by_distance ? panel_potentials_ : panel_weights_;
    const double total = by_distance ? total_ : sum_of(sums);
    const Index panel = random.weighted_index(panels_, total, [&](Index i) { return sums[array_size(i)]; });
    const Index first = panel * stride_;
    if (!by_distance) {
      return first + random.weighted_index(rows_of(panel), sums[array_size(panel)],
                                           [&](Index i) { return weight(first + i); });
    }
    AlignedArray<Scalar> closest(stride_);
    for (Index i = 0; i < stride_; ++i) closest[i] = closest_[first + i];
    const AlignedArray<Scalar> center(packed_size(1, x_.cols));
    if (accepted_ >= 0) pass(panel, pack_rows({accepted_}, center), closest.data(), nullptr, 0);
    return first + random.weighted_index(rows_of(panel), sums[array_size(panel)], [&](Index i) {
      return static_cast<double>(closest[i]) * weight(first + i);
    });
  }

  void evaluate(const Index* rows, Index count) {
    rows_.assign(rows, rows + count);
    std::vector<Index> all = rows_;
    if (accepted_ >= 0) all.insert(all.begin(), accepted_);
    const AlignedArray<Scalar> packed(packed_size(static_cast<Index>(all.size()), x_.cols));
    const PackedCenters<Scalar> centers = pack_rows(all, packed);
    potentials_.assign(array_size(panels_ * count), 0.0);
    parallel_for(panels_, workers_, [&](Index panel, int worker) {
      pass(panel, centers, closest_.data() + panel * stride_, potentials_.data() + panel * count, worker);
    });
    accepted_ = -1;
  }

  double potential(Index number) const {
    const Index count = static_cast<Index>(rows_.size());
    return ordered_sum<double>(panels_,
                               [&](Index panel) { return potentials_[array_size(panel * count + number)]; });
  }

  void accept(Index number) {
    const Index count = static_cast<Index>(rows_.size());
    accepted_ = rows_[array_size(number)];
    panel_potentials_.resize(array_size(panels_));
    for (Index panel = 0; panel < panels_; ++panel)
      panel_potentials_[array_size(panel)] = potentials_[array_size(panel * count + number)];
    total_ = sum_of(panel_potentials_);
  }

 private:
  Index rows_of(Index panel) const { return smaller(stride_, x_.rows - panel * stride_); }
  double weight(Index row) const { return weighted_ ? static_cast<double>(weights_[row]) : 1.0; }

  double sum_of(const std::vector<double>& sums) const {
    return ordered_sum<double>(panels_, [&](Index panel) { return sums[array_size(panel)]; });
  }

  PackedCenters<Scalar> pack_rows(const std::vector<Index>& rows, const AlignedArray<Scalar>& packed) const {
    const Index count = static_cast<Index>(rows.size());
    AlignedArray<Scalar> gathered(count * x_.cols);
    for (Index i = 0; i < count; ++i)
      for (Index f = 0; f < x_.cols; ++f) gathered[i * x_.cols + f] = x_(rows[array_size(i)], f);
    return pack_centers(MatrixView<const Scalar>(row_major(gathered.data(), count, x_.cols)), packed.data());
  }

  /// centers: the accepted one, if there is one, and candidates.
  void pass(Index panel, PackedCenters<Scalar> centers, Scalar* closest, double* potentials, int worker) {
    const Index first = panel * stride_, rows = rows_of(panel);
    Scalar* const data = memory_[array_size(worker)].data();
    panel_kernels<Scalar>().load_rows(x_.middle_rows(first, rows), rows, data, stride_);
    clustering_kernels<Scalar>().seeding_pass(
        {data, stride_, rounded_up(rows, panel_row_multiple), x_.cols}, centers, accepted_ >= 0,
        weighted_ ? weights_.data() + first : nullptr, closest, potentials);
  }

  MatrixView<const Scalar> x_;
  Index stride_, panels_;
  int workers_;
  AlignedArray<Scalar>
      closest_;  ///< squared distances to all centres but the one accepted last; 0 beyond the last row
  AlignedArray<Scalar> weights_;
  bool weighted_ = false;
  Index accepted_ = -1;                                   ///< the row accepted last; -1: closest_ knows of it
  std::vector<Index> rows_;                               ///< the candidates
  std::vector<double> potentials_;                        ///< panels x candidates
  std::vector<double> panel_weights_, panel_potentials_;  ///< panels
  double total_ = 0;
  std::vector<AlignedArray<Scalar>> memory_;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_SEEDING_SPACE_HPP
