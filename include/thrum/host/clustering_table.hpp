#ifndef THRUM_HOST_CLUSTERING_TABLE_HPP
#define THRUM_HOST_CLUSTERING_TABLE_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/panel_table.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Centres are packed by so many, the last ones filled up with infinity.
constexpr Index centers_per_tile = 4;

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

/// Kernels of K-means of one instruction set.
template <typename Scalar>
struct ClusteringKernels {
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

#endif  // THRUM_HOST_CLUSTERING_TABLE_HPP
