#ifndef THRUM_HOST_COARSE_SAMPLES_HPP
#define THRUM_HOST_COARSE_SAMPLES_HPP

#include <stdint.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/panels.hpp"

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
    const double distance_error = slack * spread.largest_squared;
    if (!(spread.largest_squared < static_cast<double>(ScalarTraits<Scalar>::largest()) / 4)) return false;
    if (!(distance_error > underflow()) || !(spread.largest_factor > 0)) return false;
    const double unit = finest_unit(spread, most_steps);
    const double margin =
        4 + 2 * label_mask() + most_steps + unit * (0.51 * spread.steps + 1.01 * distance_error);
    if (!(margin < largest_sum)) return false;
    margin_ = static_cast<int32_t>(margin);
    pack(centers, grid, spread, unit);
    return true;
  }

  CoarseCenters view() const { return {pairs_.data(), offsets_.data(), clusters_, label_mask(), margin_}; }

 private:
  static constexpr double largest_sum = 536870912.0;  // 2^29

  /// How far centres spread.
  struct Spread {
    std::vector<double> middles;       ///< d
    double steps = 0;                  ///< range times the grid's step, summed over features
    double largest_factor = 0;         ///< half of the largest of these terms
    double largest_squared = 0;        ///< of the distances between samples and centres
    std::vector<double> half_squares;  ///< k, of the distances from the middle of the samples
    double middle_half_square = 0, half_range = 0;
  };

  static Spread spread_of(MatrixView<const Scalar> centers, const CoarseGrid<Scalar>& grid) {
    Spread spread;
    spread.half_squares.assign(array_size(centers.rows), 0.0);
    for (Index f = 0; f < centers.cols; ++f) {
      double least = static_cast<double>(centers(0, f)), largest = least;
      for (Index j = 0; j < centers.rows; ++j) {
        const double value = static_cast<double>(centers(j, f)), deviation = value - grid.middle(f);
        least = smaller(least, value);
        largest = larger(largest, value);
        spread.half_squares[array_size(j)] += deviation * deviation / 2;
      }
      const double steps = grid.step(f) * (largest - least);
      spread.middles.push_back(least + (largest - least) / 2);
      spread.steps += steps;
      spread.largest_factor = larger(spread.largest_factor, steps / 2);
      const double away =
          larger(grid.ranges().largest[array_size(f)] - least, largest - grid.ranges().least[array_size(f)]);
      spread.largest_squared += away * away;
    }
    const auto ends = std::minmax_element(spread.half_squares.begin(), spread.half_squares.end());
    spread.half_range = (*ends.second - *ends.first) / 2;
    spread.middle_half_square = *ends.first + spread.half_range;
    return spread;
  }

  /// How many of a score's integers are 1: as large as 16 bits and sums allow.
  static double finest_unit(const Spread& spread, double most_steps) {
    const double unit =
        smaller(32767 / spread.largest_factor, largest_sum / (most_steps * spread.largest_factor));
    return spread.half_range > 0 ? smaller(unit, largest_sum / spread.half_range) : unit;
  }

  void pack(MatrixView<const Scalar> centers, const CoarseGrid<Scalar>& grid, const Spread& spread,
            double unit) {
    const auto factor = [&](Index j, Index f) {
      if (f >= centers.cols) return int32_t{0};
      return rounded(-unit * grid.step(f) *
                     (static_cast<double>(centers(j, f)) - spread.middles[array_size(f)]));
    };
    for (Index j = 0; j < clusters_; ++j) {
      offsets_[j] = rounded(unit * (spread.half_squares[array_size(j)] - spread.middle_half_square));
      int32_t* const tile = pairs_.data() + j / centers_per_tile * centers_per_tile * pairs_per_row_;
      for (Index p = 0; p < pairs_per_row_; ++p) {
        const auto first = static_cast<uint32_t>(factor(j, 2 * p));
        const auto second = static_cast<uint32_t>(factor(j, 2 * p + 1));
        tile[p * centers_per_tile + j % centers_per_tile] =
            static_cast<int32_t>((second << 16) | (first & 0xffffu));
      }
    }
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
    const Index first = block * rows_per_block, rows = smaller(rows_per_block, x_.rows - first);
    const int32_t* const pairs = pairs_.data() + coarse_offset(pairs_per_row_, first);
    return clustering_kernels<Scalar>().nearest_coarse({pairs, rows, pairs_per_row_}, centers_.view(), labels,
                                                       undecided);
  }

 private:
  void round_rows(int workers) {
    std::vector<int32_t> most(array_size(workers), 0);
    for_each_panel(x_, workers, [&](Panel<Scalar> panel, Index first, Index, int worker) {
      const int32_t steps = clustering_kernels<Scalar>().round_to_pairs(
          panel, grid_.middles(), grid_.scales(), pairs_.data() + coarse_offset(pairs_per_row_, first));
      most[array_size(worker)] = larger(most[array_size(worker)], steps);
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
