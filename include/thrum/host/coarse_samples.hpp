#ifndef THRUM_HOST_COARSE_SAMPLES_HPP
#define THRUM_HOST_COARSE_SAMPLES_HPP

#include <stdint.h>

#include <cmath>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/parallel.hpp"

// Which centre is nearest can mostly be told from samples rounded to 16 bits, in integers, two features an
// instruction: by the score |c - m|^2 / 2 - (x - m).(c - o), which is half the squared distance to c but for
// what all centres have in common (m: middle of the samples, o: of the centres). Scores are integers on a
// grid of their own; docs/numerics.md derives how far apart two must be for the computed distances to be in
// the same order.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// What a feature is rounded to: steps of 1 / scale from its middle.
template <typename Scalar>
class CoarseGrid {
 public:
  /// The ranges of the features: all values lie within.
  explicit CoarseGrid(const ColumnRanges& ranges)
      : ranges_(ranges), most_steps_(steps(static_cast<Index>(ranges.least.size()))) {
    for (Index f = 0; f < features(); ++f) {
      const double least = ranges_.least[array_size(f)], largest = ranges_.largest[array_size(f)];
      const Scalar middle = static_cast<Scalar>(least + (largest - least) / 2);
      const double half = larger(largest - static_cast<double>(middle), static_cast<double>(middle) - least);
      fits_ = fits_ && (half == 0 || half > smallest_half());
      middles_.push_back(middle);
      scales_.push_back(half > smallest_half() ? static_cast<Scalar>(most_steps_ / half) : 0);
    }
  }

  Index features() const { return static_cast<Index>(ranges_.least.size()); }
  const ColumnRanges& ranges() const { return ranges_; }
  const Scalar* middles() const { return middles_.data(); }
  const Scalar* scales() const { return scales_.data(); }
  double middle(Index f) const { return static_cast<double>(middles_[array_size(f)]); }
  double step(Index f) const {
    const double scale = static_cast<double>(scales_[array_size(f)]);
    return scale > 0 ? 1 / scale : 0;
  }
  /// Whether no feature is so narrow that its scale would overflow.
  bool fits() const { return fits_; }

 private:
  /// Steps on either side of the middle: so many that roundings of samples and of centres err alike, when the
  /// steps of a row are a third of the most and its products stay below 2^29.
  static double steps(Index features) {
    return smaller(32766.0, 3 * std::floor(std::sqrt(536870912.0 / static_cast<double>(features))));
  }
  static double smallest_half() { return sizeof(Scalar) == sizeof(float) ? 0x1p-100 : 0x1p-900; }

  ColumnRanges ranges_;
  double most_steps_;
  std::vector<Scalar> middles_, scales_;
  bool fits_ = true;
};

/// Centres as integers, and the margin that goes with them.
template <typename Scalar>
class CoarseCenterTable {
 public:
  CoarseCenterTable(Index clusters, Index features)
      : pairs_per_row_((features + 1) / 2),
        clusters_(clusters),
        pairs_(rounded_up(clusters, centers_per_tile) * pairs_per_row_, 0),
        offsets_(rounded_up(clusters, centers_per_tile), CoarseCenters::unreachable) {}

  /// centers: k x d, finite; most_steps: sum of the magnitudes of a row's steps, at most; slack: relative
  /// error of a computed squared distance, at most. False when such integers can't tell these centres apart.
  bool set(MatrixView<const Scalar> centers, const CoarseGrid<Scalar>& grid, double most_steps,
           double slack) {
    const Spread spread = spread_of(centers, grid);
    if (!(spread.largest_factor > 0)) return false;
    if (!(spread.largest_squared < static_cast<double>(ScalarTraits<Scalar>::largest()) / 4)) return false;
    const double distance_error = slack * spread.largest_squared;
    if (!(distance_error > underflow())) return false;

    std::vector<double> half_squares(array_size(clusters_));
    for (Index j = 0; j < clusters_; ++j) half_squares[array_size(j)] = half_square(centers, grid, j);
    double least = half_squares[0], most = half_squares[0];
    for (const double square : half_squares) {
      least = smaller(least, square);
      most = larger(most, square);
    }

    const double half_range = (most - least) / 2;
    double unit =
        smaller(32767 / spread.largest_factor, largest_product / (most_steps * spread.largest_factor));
    if (half_range > 0) unit = smaller(unit, largest_product / half_range);
    const double margin =
        4 + label_mask() + most_steps + unit * (0.51 * spread.steps + 1.01 * distance_error);
    if (!(margin < largest_product)) return false;
    margin_ = static_cast<int32_t>(margin);

    for (Index j = 0; j < clusters_; ++j) {
      offsets_[j] = rounded(unit * (half_squares[array_size(j)] - least - half_range));
      int32_t* const pairs =
          pairs_.data() + j / centers_per_tile * centers_per_tile * pairs_per_row_ + j % centers_per_tile;
      for (Index f = 0; f < centers.cols; f += 2) {
        const auto factor = [&](Index i) {
          return i < centers.cols
                     ? rounded(-unit * grid.step(i) *
                               (static_cast<double>(centers(j, i)) - spread.middles[array_size(i)]))
                     : 0;
        };
        const uint32_t first = static_cast<uint32_t>(factor(f)),
                       second = static_cast<uint32_t>(factor(f + 1));
        pairs[f / 2 * centers_per_tile] = static_cast<int32_t>((second << 16) | (first & 0xffffu));
      }
    }
    return true;
  }

  CoarseCenters view() const { return {pairs_.data(), offsets_.data(), clusters_, label_mask(), margin_}; }

 private:
  static constexpr double largest_product = 536870912.0;  // 2^29

  /// How far centres spread.
  struct Spread {
    std::vector<double> middles;
    double steps = 0;            ///< times the step of a feature, summed
    double largest_factor = 0;   ///< half of the largest of these terms
    double largest_squared = 0;  ///< of the distances between samples and centres
  };

  static Spread spread_of(MatrixView<const Scalar> centers, const CoarseGrid<Scalar>& grid) {
    Spread spread;
    for (Index f = 0; f < centers.cols; ++f) {
      double least = static_cast<double>(centers(0, f)), largest = least;
      for (Index j = 1; j < centers.rows; ++j) {
        least = smaller(least, static_cast<double>(centers(j, f)));
        largest = larger(largest, static_cast<double>(centers(j, f)));
      }
      const double steps = grid.step(f) * (largest - least);
      spread.middles.push_back(least + (largest - least) / 2);
      spread.steps += steps;
      spread.largest_factor = larger(spread.largest_factor, steps / 2);
      const double away =
          larger(grid.ranges().largest[array_size(f)] - least, largest - grid.ranges().least[array_size(f)]);
      spread.largest_squared += away * away;
    }
    return spread;
  }

  static double half_square(MatrixView<const Scalar> centers, const CoarseGrid<Scalar>& grid, Index j) {
    double squared = 0;
    for (Index f = 0; f < centers.cols; ++f) {
      const double deviation = static_cast<double>(centers(j, f)) - grid.middle(f);
      squared += deviation * deviation;
    }
    return squared / 2;
  }

  int32_t label_mask() const {
    int32_t mask = centers_per_tile - 1;
    while (mask < clusters_ - 1) mask = 2 * mask + 1;
    return mask;
  }
  static int32_t rounded(double x) { return static_cast<int32_t>(std::nearbyint(x)); }
  /// What underflow does to a squared distance is far below.
  static double underflow() { return sizeof(Scalar) == sizeof(float) ? 0x1p-100 : 0x1p-1000; }

  Index pairs_per_row_, clusters_;
  AlignedArray<int32_t> pairs_, offsets_;
  int32_t margin_ = 0;
};

/// Samples in 16 bits, and which centres are nearest to them.
template <typename Scalar>
class CoarseSamples {
 public:
  /// Rows that are looked at together.
  static constexpr Index rows_per_block = 1024;

  /// x: n x d, finite, with its ranges; must live as long as this. Allocates 4 bytes for two features of a
  /// row.
  CoarseSamples(MatrixView<const Scalar> x, const ColumnRanges& ranges, Index clusters)
      : x_(x),
        grid_(ranges),
        centers_(clusters, x.cols),
        pairs_per_row_((x.cols + 1) / 2),
        pairs_(rounded_up(x.rows, rows_per_block) * pairs_per_row_) {}

  /// Says which centres are meant from now on, as CoarseCenterTable::set has it.
  bool set_centers(MatrixView<const Scalar> centers, double slack, int workers) {
    if (!grid_.fits()) return false;
    if (!rounded_) round_rows(workers);
    return centers_.set(centers, grid_, most_steps_, slack);
  }

  /// Labels of the rows of a block, filled up, and which of them are open; returns how many.
  Index nearest(Index block, int* labels, int* undecided) const {
    const Index rows = smaller(rows_per_block, x_.rows - block * rows_per_block);
    return kernels<Scalar>().nearest_coarse({pairs_of(block), rows, pairs_per_row_}, centers_.view(), labels,
                                            undecided);
  }

 private:
  int32_t* pairs_of(Index block) const { return pairs_.data() + block * rows_per_block * pairs_per_row_; }

  void round_rows(int workers) {
    const Index stride = panel_rows(x_.cols);
    std::vector<AlignedArray<Scalar>> panels;
    for (int worker = 0; worker < workers; ++worker) panels.emplace_back(stride * x_.cols);
    std::vector<int32_t> most(array_size(workers), 0);
    parallel_for((x_.rows + rows_per_block - 1) / rows_per_block, workers, [&](Index block, int worker) {
      const Index first = block * rows_per_block, rows = smaller(rows_per_block, x_.rows - first);
      Scalar* const panel = panels[array_size(worker)].data();
      for (Index begin = 0; begin < rows; begin += stride) {
        const Index count = smaller(stride, rows - begin);
        kernels<Scalar>().load_rows(x_.middle_rows(first + begin, count), count, panel, stride);
        const int32_t steps = kernels<Scalar>().round_to_pairs(
            {panel, stride, rounded_up(count, panel_row_multiple), x_.cols}, grid_.middles(), grid_.scales(),
            pairs_of(block) + coarse_offset(pairs_per_row_, begin));
        most[array_size(worker)] = larger(most[array_size(worker)], steps);
      }
    });
    for (const int32_t steps : most) most_steps_ = larger(most_steps_, static_cast<double>(steps));
    rounded_ = true;
  }

  MatrixView<const Scalar> x_;
  CoarseGrid<Scalar> grid_;
  CoarseCenterTable<Scalar> centers_;
  Index pairs_per_row_;
  AlignedArray<int32_t> pairs_;  ///< as in CoarsePanel
  double most_steps_ = 1;        ///< sum of the magnitudes of a row's steps
  bool rounded_ = false;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_COARSE_SAMPLES_HPP
