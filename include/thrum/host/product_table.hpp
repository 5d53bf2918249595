#ifndef THRUM_HOST_PRODUCT_TABLE_HPP
#define THRUM_HOST_PRODUCT_TABLE_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// What rows are centred by: a mean for each column, or one for each row; and what they are multiplied with.
struct RowMeans {
  const double* of_columns;  ///< or null
  const double* of_rows;     ///< or null
  const double* factors;     ///< one a row, or null for 1
};

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
  bool replaces = false;  ///< what was there, which need not be set; only of products in Scalar
};

/// Turns x and y into cosine x + sine y and cosine y - sine x.
struct Rotation {
  double cosine, sine;
};

/// Kernels of products of matrices of one instruction set, and of what they multiply.
template <typename Scalar>
struct ProductKernels {
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

  /// Values in double, a multiple of 16 of them; fetches what follows meanwhile.
  void (*widen)(const Scalar* values, Index count, double* wide);

  /// Turns rows 0 and 1 by the first rotation, rows 1 and 2 by the next, and so on. rows: count + 1 of them,
  /// `stride` apart; cols: a multiple of 8.
  void (*rotate_rows)(double* rows, Index stride, Index cols, const Rotation* rotations, Index count);
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_PRODUCT_TABLE_HPP
