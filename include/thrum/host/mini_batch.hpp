#ifndef THRUM_HOST_MINI_BATCH_HPP
#define THRUM_HOST_MINI_BATCH_HPP

#include <algorithm>
#include <vector>

#include "thrum/algorithm/lloyd.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/labelling.hpp"
#include "thrum/host/seeding.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Centres that move towards batches of samples, each at a rate of 1 / samples seen (Sculley: Web-scale
/// k-means clustering, WWW 2010).
template <typename Scalar>
class RunningCenters {
 public:
  /// centers: k x d; counts: k, weight of the samples that each has seen. Both are read and written.
  RunningCenters(MatrixView<Scalar> centers, VectorView<double> counts)
      : centers_(centers), counts_(counts), packed_(packed_size(centers.rows, centers.cols)) {}

  /// Assigns the rows of a batch to the centres as they are, then moves each centre to the mean of all it has
  /// seen. keep: what the past still counts, in [0, 1]. Returns the sum of weight times squared distance,
  /// before the move.
  double learn(MatrixView<const Scalar> batch, VectorView<const Scalar> weights, double keep) {
    labels_.resize(array_size(batch.rows));
    squared_.resize(array_size(batch.rows));
    find_nearest(batch, pack_centers(MatrixView<const Scalar>(centers_), packed_.data()),
                 contiguous(labels_.data(), batch.rows), squared_.data());
    sums_.assign(array_size(centers_.rows * centers_.cols), 0.0);
    seen_.assign(array_size(centers_.rows), 0.0);
    double inertia = 0;
    for (Index i = 0; i < batch.rows; ++i) {
      const double weight = static_cast<double>(weight_of(weights, i));
      const Index label = labels_[array_size(i)];
      double* const sum = sums_.data() + label * centers_.cols;
      for (Index f = 0; f < centers_.cols; ++f)
        sum[f] += weight * (static_cast<double>(batch(i, f)) - static_cast<double>(centers_(label, f)));
      seen_[array_size(label)] += weight;
      inertia += weight * static_cast<double>(squared_[array_size(i)]);
    }
    squared_shift_ = 0;
    for (Index j = 0; j < centers_.rows; ++j) {
      counts_[j] = counts_[j] * keep + seen_[array_size(j)];
      if (!(seen_[array_size(j)] > 0)) continue;
      const double* const sum = sums_.data() + j * centers_.cols;
      const double count = counts_[j];
      const VectorView<Scalar> center = centers_.row(j);
      squared_shift_ += thrum::detail::move_center<double>(
          center, [&](Index f) { return static_cast<double>(center[f]) + sum[f] / count; });
    }
    return inertia;
  }

  /// Sum of squared shifts of the last batch.
  double squared_shift() const { return squared_shift_; }

  /// Gives centres that have seen less than a hundredth of what the busiest has to rows of the batch, no two
  /// to the same, as scikit-learn does: a start that no sample is near would never recover. At most half of
  /// the rows serve.
  void reassign_idle(MatrixView<const Scalar> batch, Random& random) {
    constexpr double idle_share = 0.01;
    double most = 0;
    for (Index j = 0; j < centers_.rows; ++j) most = larger(most, counts_[j]);
    std::vector<Index> idle;
    double least_kept = most;
    for (Index j = 0; j < centers_.rows; ++j) {
      if (counts_[j] < idle_share * most)
        idle.push_back(j);
      else
        least_kept = smaller(least_kept, counts_[j]);
    }
    std::stable_sort(idle.begin(), idle.end(), [this](Index a, Index b) { return counts_[a] < counts_[b]; });
    std::vector<Index> rows(array_size(batch.rows));
    for (Index i = 0; i < batch.rows; ++i) rows[array_size(i)] = i;
    const Index served = smaller(static_cast<Index>(idle.size()), batch.rows / 2);
    for (Index i = 0; i < served; ++i) {
      std::swap(rows[array_size(i)], rows[array_size(i + random.index(batch.rows - i))]);
      copy_row(batch, rows[array_size(i)], centers_, idle[array_size(i)]);
      counts_[idle[array_size(i)]] = least_kept;
    }
  }

 private:
  MatrixView<Scalar> centers_;
  VectorView<double> counts_;
  AlignedArray<Scalar> packed_;
  std::vector<int> labels_;
  std::vector<Scalar> squared_;
  std::vector<double> sums_, seen_;
  double squared_shift_ = 0;
};

/// Rows drawn with replacement, by weight.
template <typename Scalar>
class BatchSampler {
 public:
  BatchSampler(MatrixView<const Scalar> x, VectorView<const Scalar> weights) : x_(x) {
    double total = 0;
    for (Index i = 0; i < weights.size; ++i) cumulated_.push_back(total += static_cast<double>(weights[i]));
  }

  /// rows x d; valid until the next draw.
  MatrixView<const Scalar> draw(Index rows, Random& random) {
    values_.resize(array_size(rows * x_.cols));
    const MatrixView<Scalar> batch = row_major(values_.data(), rows, x_.cols);
    for (Index i = 0; i < rows; ++i) copy_row(x_, draw_row(random), batch, i);
    return batch;
  }

 private:
  Index draw_row(Random& random) const {
    if (cumulated_.empty()) return random.index(x_.rows);
    const double target = random.uniform() * cumulated_.back();
    return std::upper_bound(cumulated_.begin(), cumulated_.end() - 1, target) - cumulated_.begin();
  }

  MatrixView<const Scalar> x_;
  std::vector<double> cumulated_;
  std::vector<Scalar> values_;
};

/// Mini-batch K-means from given centres. Stops when the smoothed inertia of the batches has not fallen for
/// ten of them, when the smoothed squared shift of the centres is within its limit, or after max_iterations
/// passes' worth of batches; iterations of the report are batches. Reports neither inertia nor empty
/// clusters. O(batch_size d k) a batch.
template <typename Scalar, typename Observe>
inline LloydReport mini_batch(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                              LloydLimits limits, Index batch_size, Random& random,
                              MatrixView<Scalar> centers, Observe observe) {
  constexpr int patience = 10;
  const Index rows = smaller(batch_size, x.rows);
  const Index batches = (x.rows + rows - 1) / rows * limits.max_iterations;
  const double newest = smaller(1.0, 2.0 * static_cast<double>(rows) / static_cast<double>(x.rows + 1));
  std::vector<double> counts(array_size(centers.rows), 0.0);
  RunningCenters<Scalar> running(centers, contiguous(counts.data(), centers.rows));
  BatchSampler<Scalar> sampler(x, weights);
  LloydReport report;
  double inertia = 0, shift = 0, least = 0;
  int without_gain = 0;
  Index since_reassignment = 0;
  for (Index batch = 0; batch < batches; ++batch) {
    const MatrixView<const Scalar> drawn = sampler.draw(rows, random);
    const double found = running.learn(drawn, {}, 1);
    ++report.iterations;
    since_reassignment += rows;
    if (since_reassignment >= 10 * centers.rows) {
      running.reassign_idle(drawn, random);
      since_reassignment = 0;
    }
    const double share = batch <= 1 ? 1.0 : newest;  // the first batch still sees the seeds
    inertia += (found - inertia) * share;
    shift += (running.squared_shift() - shift) * share;
    if (!observe(report, running.squared_shift())) {
      report.stop = StopReason::cancelled;
      return report;
    }
    if (batch == 0) continue;
    without_gain = batch == 1 || inertia < least ? 0 : without_gain + 1;
    if (without_gain == 0) least = inertia;
    if (limits.squared_shift > 0 && shift <= limits.squared_shift)
      report.stop = StopReason::centers_settled;
    else if (without_gain >= patience)
      report.stop = StopReason::inertia_settled;
    if (report.converged()) break;
  }
  return report;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_MINI_BATCH_HPP
