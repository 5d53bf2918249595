#ifndef THRUM_HOST_KERNEL_TABLE_HPP
#define THRUM_HOST_KERNEL_TABLE_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"

// What the vector kernels work on, and what they are called. Lanes run across samples: a panel holds some
// samples feature after feature, so that each lane sums its own sample in feature order, whatever the
// vector's width.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Rows of a panel are filled up to a multiple of this with copies of its last row: two of the widest
/// vectors.
constexpr Index panel_row_multiple = 32;

/// The most scalars in a vector.
constexpr Index widest_vector = 16;

/// Centres are packed by so many, the last ones filled up with infinity.
constexpr Index centers_per_tile = 4;

constexpr Index rounded_up(Index size, Index multiple) { return (size + multiple - 1) / multiple * multiple; }

constexpr Index most_panel_rows = 256;

/// So many that a panel of up to 256 features stays in the first cache.
constexpr Index panel_rows(Index features) {
  return smaller(Index{256},
                 larger(panel_row_multiple, 8192 / features / panel_row_multiple * panel_row_multiple));
}

/// Samples feature after feature: value f of row r is data[f * stride + r].
template <typename Scalar>
struct Panel {
  const Scalar* data;
  Index stride;
  Index rows;  ///< those to be computed, at most stride
  Index features;
};

/// Centres by tiles of four: value f of centre j is data[(j / 4 * features + f) * 4 + j % 4].
template <typename Scalar>
struct PackedCenters {
  const Scalar* data;
  Index features;
  Index clusters;

  Index tiles() const { return rounded_up(clusters, centers_per_tile) / centers_per_tile; }
};

/// Bounds on the distances of some rows to the centres, which are taken in groups of tiles (Ding et al.:
/// Yinyang K-means, ICML 2015; with one group, Hamerly, SDM 2010).
template <typename Scalar>
struct PanelBounds {
  Scalar* upper;  ///< stride: on the distance to the own centre; read and written
  Scalar* lower;  ///< groups x stride: on the least distance to the other centres of a group
  Index stride;
  Index groups;
  Index tiles_per_group;
  Scalar slack;  ///< relative error of a computed squared distance, at most
};

/// Some rows of a matrix.
struct RowList {
  const int* positions;
  const double* weights;  ///< one each, or null for 1
  Index count;
};

/// The two parts of d exact sums (core/exact_sum.hpp), each on its own, filled up to a multiple of
/// sum_multiple; what lies beyond d is nobody's.
struct SumParts {
  int64_t* high;
  int64_t* low;
};
/// The most doubles in a vector.
constexpr Index sum_multiple = 8;

/// Kernels of one instruction set.
template <typename Scalar>
struct KernelTable {
  /// Copies the first rows of x into a panel, which is filled up with copies of the last one. panel: d x
  /// stride.
  void (*load_rows)(MatrixView<const Scalar> x, Index rows, Scalar* panel, Index stride);

  /// The same of x's rows picked[0 ... rows - 1].
  void (*load_picked)(MatrixView<const Scalar> x, const int* picked, Index rows, Scalar* panel, Index stride);

  /// Whether no value is infinite or NaN, by the bits.
  bool (*all_finite)(Panel<Scalar> panel);

  /// Widens ranges of the features, d each, by the rows of a panel.
  void (*widen_ranges)(Panel<Scalar> panel, Scalar* least, Scalar* largest);

  /// The same by rows of contiguous features, widest_vector of them at least; returns whether no value is
  /// infinite or NaN.
  bool (*widen_ranges_by_rows)(MatrixView<const Scalar> x, Scalar* least, Scalar* largest);

  /// Adds the deviations of the columns of x from `centers`, times their rows' weights, to sums, and their
  /// squares to `squares`, if that is not null; row after row, d sums each.
  void (*add_deviations)(MatrixView<const Scalar> x, const double* weights, const double* centers,
                         double* sums, double* squares);

  /// Adds rows of x, times their weights, to sums, or takes them away, on a grid of `scales`, one a feature
  /// and filled up as the sums are.
  void (*add_rows)(MatrixView<const Scalar> x, RowList rows, const double* scales, bool away, SumParts sums);

  /// Nearest centre of each row, ties to the lowest. squared, labels: panel.rows values.
  void (*nearest)(Panel<Scalar> panel, PackedCenters<Scalar> centers, Scalar* squared, int* labels);

  /// Squared distance of each row of the panel to the same row of another.
  void (*pairwise)(Panel<Scalar> panel, const Scalar* other, Scalar* squared);

  /// Euclidean distances to all centres: of row r to centre j at result[j * panel.stride + r]; room for whole
  /// tiles.
  void (*distances)(Panel<Scalar> panel, PackedCenters<Scalar> centers, Scalar* result);

  /// Copies values that lie column after column, panel.row_stride being 1, into rows.
  void (*store_rows)(MatrixView<const Scalar> panel, MatrixView<Scalar> rows);

  /// Nearest centre of each row with bounds on its distance and on that to all others; for one group of
  /// tiles. bounds.upper, bounds.lower, labels: panel.rows values, written.
  void (*nearest_two)(Panel<Scalar> panel, PackedCenters<Scalar> centers, PanelBounds<Scalar> bounds,
                      int* labels);

  /// Nearest centre of rows whose own one is known, leaving out the groups that the bounds rule out; the
  /// bounds are tightened. own_squared: squared distance to the own centre; labels: own centre (-1: none, and
  /// own_squared is infinite), on return the nearest. Where the label has changed, runner_up is a lower bound
  /// on the distance to the centres of the nearest one's group but itself and the former own one. Returns how
  /// many groups were computed, counted once for each strip of rows.
  Index (*refine)(Panel<Scalar> panel, PackedCenters<Scalar> centers, PanelBounds<Scalar> bounds,
                  const Scalar* own_squared, int* labels, Scalar* runner_up);

  /// Moves bounds along with the centres and picks the rows that they leave undecided: writes their
  /// positions, rising, and returns their number. labels: own centres; drift: how far each centre has moved;
  /// group_drift: the farthest of each group; rows <= bounds.stride.
  Index (*drift_bounds)(PanelBounds<Scalar> bounds, Index rows, const int* labels, const Scalar* drift,
                        const Scalar* group_drift, int* undecided);

  /// A panel's first rows less d means, and zeros beyond. centered: of the panel's shape, written.
  void (*center_panel)(Panel<Scalar> panel, Index rows, const double* means, double* centered);

  /// Adds the sums over a panel's rows of the products of features i and j <= i to sums[i * d + j].
  void (*add_products)(Panel<double> panel, double* sums);

  /// Greedy k-means++: for each of some candidates the sum of min(closest, squared distance) times weight. If
  /// `accepted`, the first of `centers` is not a candidate but a new centre, and closest is brought down to
  /// its distance first. A row whose closest is 0 adds nothing: so are panels filled up. weights: panel.rows
  /// values, or null for 1; potentials: one a candidate, written.
  void (*seeding_pass)(Panel<Scalar> panel, PackedCenters<Scalar> centers, bool accepted,
                       const Scalar* weights, Scalar* closest, double* potentials);
};

/// Size of k packed centres of d features.
constexpr Index packed_size(Index clusters, Index features) {
  return rounded_up(clusters, centers_per_tile) * features;
}

/// Multiply-adds that n x k distances over d features take.
constexpr double operations(Index rows, Index features, Index clusters) {
  return static_cast<double>(rows) * static_cast<double>(features) * static_cast<double>(clusters);
}

/// Packs centres, k x d. packed: packed_size(k, d) values.
template <typename Scalar>
inline PackedCenters<Scalar> pack_centers(MatrixView<const Scalar> centers, Scalar* packed) {
  for (Index j = 0; j < rounded_up(centers.rows, centers_per_tile); ++j) {
    Scalar* to = packed + j / centers_per_tile * centers_per_tile * centers.cols + j % centers_per_tile;
    for (Index f = 0; f < centers.cols; ++f)
      to[f * centers_per_tile] = j < centers.rows ? centers(j, f) : positive_infinity<Scalar>();
  }
  return {packed, centers.cols, centers.rows};
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_KERNEL_TABLE_HPP
