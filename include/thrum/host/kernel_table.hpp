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

/// Samples rounded to 16 bits, two features a word, the first in its lower half: pair p of row r, n pairs
/// each, is data[coarse_offset(n, r) + p * panel_row_multiple]. So those that are read together lie together.
struct CoarsePanel {
  const int32_t* data;
  Index rows;  ///< those that are asked for; there are a multiple of panel_row_multiple
  Index pairs;
};
constexpr Index coarse_offset(Index pairs, Index row) {
  return row / panel_row_multiple * panel_row_multiple * pairs + row % panel_row_multiple;
}

/// Centres to score such samples with, by tiles of four as packed ones: the score of a sample for centre j is
/// offsets[j] and the sum of the products of its values with the centre's. In place of its last bits the
/// kernels put j, so that the least score says whose it is. Of two scores more than `margin` apart the lower
/// one is that of the nearer centre.
struct CoarseCenters {
  /// Above all scores, and still no overflow when a margin is added.
  static constexpr int32_t unreachable = int32_t{3} << 29;

  const int32_t* pairs;    ///< pair p of centre j, n pairs each: pairs[(j / 4 * n + p) * 4 + j % 4]
  const int32_t* offsets;  ///< of whole tiles; `unreachable` beyond the last centre
  Index clusters;
  int32_t label_mask;  ///< the bits that labels take
  int32_t margin;

  Index tiles() const { return rounded_up(clusters, centers_per_tile) / centers_per_tile; }
};

/// What rows are centred by: a mean for each column, or one for each row; and what they are multiplied with.
struct RowMeans {
  const double* of_columns;  ///< or null
  const double* of_rows;     ///< or null
  const double* factors;     ///< one a row, or null for 1
};

/// Rows of a matrix that go from one cluster to another.
struct MovedRows {
  int* positions;
  int* from;  ///< -1: the row was in none
  int* to;
};

/// The two parts of k x d exact sums (core/exact_sum.hpp), each on its own, the sums of a cluster filled up
/// to a multiple of sum_multiple; what lies beyond d is nobody's.
struct SumParts {
  int64_t* high;
  int64_t* low;
  Index stride;  ///< from cluster to cluster
};
/// The most doubles in a vector.
constexpr Index sum_multiple = 8;

/// Products are summed over at most so many steps at once: a chunk of rows and one more.
constexpr Index most_product_steps = 257;

/// A multiple of the width of the tiles of products, whatever the instruction set.
constexpr Index tile_column_multiple = 96;

/// Rows of a result that one thread computes at a time, a multiple of those of a tile: those of the first
/// factor stay in the second cache.
constexpr Index product_block = 48;

/// A matrix that is multiplied: k x columns, summed over k. Column i starts at data[i * stride]. Or it is in
/// tiles as wide as those of the products, whose rows lie one after the other, most_product_steps of them: as
/// they are read.
template <typename Scalar>
struct Factor {
  const Scalar* data;
  Index step;    ///< from k to k + 1; of tiles, their width
  Index stride;  ///< from column to column
  bool tiled;

  const Scalar* column(Index i) const {
    return data + (tiled ? i / step * most_product_steps * step + i % step : i * stride);
  }
  Factor from(Index k) const { return {data + k * step, step, stride, tiled}; }
};

/// A matrix of products: entry (i, j) gains the sum over k of a(k, i) b(k, j), in the order of k, i from
/// first to last. The columns of b lie side by side. Of a lower matrix only entries with j <= i are wanted,
/// and of the others some are left out.
template <typename Scalar, typename Sum>
struct Products {
  Factor<Scalar> a, b;
  Index steps;              ///< k, at most most_product_steps
  Index first, last, cols;  ///< product_block rows at most
  Sum* sums;                ///< row after row
  Index sums_stride;
  bool lower;
};

/// Kernels of one instruction set.
template <typename Scalar>
struct KernelTable {
  /// Copies the first rows of x into a panel, which is filled up with copies of the last one. panel: d x
  /// stride.
  void (*load_rows)(MatrixView<const Scalar> x, Index rows, Scalar* panel, Index stride);

  /// The same of x's rows picked[0 ... rows - 1], at most most_panel_rows.
  void (*load_picked)(MatrixView<const Scalar> x, const int* picked, Index rows, Scalar* panel, Index stride);

  /// Whether no value is infinite or NaN, by the bits.
  bool (*all_finite)(Panel<Scalar> panel);

  /// Widens ranges of the features, d each, by the rows of a panel.
  void (*widen_ranges)(Panel<Scalar> panel, Scalar* least, Scalar* largest);

  /// The same by rows of contiguous features, widest_vector of them at least; returns whether no value is
  /// infinite or NaN. ahead: how many values from these those lie that are fetched meanwhile, anywhere.
  bool (*widen_ranges_by_rows)(MatrixView<const Scalar> x, Index ahead, Scalar* least, Scalar* largest);

  /// Adds the deviations of the columns of x from `centers`, times their rows' weights, to sums, and their
  /// squares to `squares`, if that is not null; row after row, d sums each.
  void (*add_deviations)(MatrixView<const Scalar> x, const double* weights, const double* centers,
                         double* sums, double* squares);

  /// Gives rows from `first` on the labels that were found, and lists those that had another: returns their
  /// number. found, labels: `rows`, filled up to a multiple of panel_row_multiple; moved: room for as many
  /// and widest_vector more.
  Index (*relabel)(const int* found, Index first, Index rows, int* labels, MovedRows moved);

  /// Takes `count` rows of x, times their weights, from the sums of their former clusters to those of the
  /// latter, on a grid of `scales`, one a feature and filled up as the sums are. weights: one each, or null
  /// for 1.
  void (*move_rows)(MatrixView<const Scalar> x, MovedRows moved, Index count, const double* weights,
                    const double* scales, SumParts sums);

  /// Nearest centre of each row, ties to the lowest. squared, labels: panel.rows values.
  void (*nearest)(Panel<Scalar> panel, PackedCenters<Scalar> centers, Scalar* squared, int* labels);

  /// Rounds values to 16 bits, as steps from the middle of their feature: (x - middle) * scale, of magnitude
  /// below 2^15. pairs: those of a CoarsePanel, of panel.rows rows. Returns the largest sum of the magnitudes
  /// of a row.
  int32_t (*round_to_pairs)(Panel<Scalar> panel, const Scalar* middles, const Scalar* scales, int32_t* pairs);

  /// Centre of the lowest score for each row, and the rows whose second lowest is within the margin: writes
  /// their positions, rising, and returns their number. labels: rows filled up.
  Index (*nearest_coarse)(CoarsePanel panel, CoarseCenters centers, int* labels, int* undecided);

  /// Whether those are faster than `nearest` here.
  bool coarse_is_fast;

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

  /// Rows of contiguous values less the means, in Scalar: values and means are d, centered is stride apart.
  void (*center_rows)(MatrixView<const Scalar> x, const Scalar* means, Scalar* centered, Index stride);

  /// Deviations of rows of contiguous values, in double: x less its row's or its column's mean, times the
  /// row's factor; rounded to the type of `tiles`, which are those of a Factor.
  void (*deviations)(MatrixView<const Scalar> x, RowMeans means, Scalar* tiles);
  void (*wide_deviations)(MatrixView<const Scalar> x, RowMeans means, double* tiles);

  /// Width of the tiles of products in Scalar; a divisor of tile_column_multiple.
  Index tile_columns;

  /// Products in Scalar. Those summed in double go by short sums in Scalar.
  void (*add_products)(Products<Scalar, Scalar> products);
  void (*add_wide_products)(Products<Scalar, double> products);

  /// A symmetric matrix times a vector, the part of some rows of its lower triangle (row after row): adds
  /// lower(i, j) v[j] to y[i] and, for j < i, lower(i, j) v[i] to y[j]; i from first to last, j <= i.
  void (*add_symmetric_product)(const double* lower, Index stride, Index first, Index last, const double* v,
                                double* y);

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
