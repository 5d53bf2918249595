#ifndef THRUM_HOST_PANEL_TABLE_HPP
#define THRUM_HOST_PANEL_TABLE_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"

// What the vector kernels work on, and what they are called: here those that read samples, in other tables
// what clustering, products and scoring take besides, so that a program compiles what it uses. Lanes run
// across samples: a panel holds some samples feature after feature, so that each lane sums its own sample in
// feature order, whatever the vector's width.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Rows of a panel are filled up to a multiple of this with copies of its last row: two of the widest
/// vectors.
constexpr Index panel_row_multiple = 32;

/// The most scalars in a vector.
constexpr Index widest_vector = 16;

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

/// Multiply-adds that n x k distances over d features take.
constexpr double operations(Index rows, Index features, Index clusters) {
  return static_cast<double>(rows) * static_cast<double>(features) * static_cast<double>(clusters);
}

/// Kernels of one instruction set for samples and their columns.
template <typename Scalar>
struct PanelKernels {
  /// Copies the first rows of x into a panel, which is filled up with copies of the last one. panel: d x
  /// stride.
  void (*load_rows)(MatrixView<const Scalar> x, Index rows, Scalar* panel, Index stride);

  /// The same of x's rows picked[0 ... rows - 1], at most most_panel_rows.
  void (*load_picked)(MatrixView<const Scalar> x, const int* picked, Index rows, Scalar* panel, Index stride);

  /// Copies values that lie column after column, panel.row_stride being 1, into rows.
  void (*store_rows)(MatrixView<const Scalar> panel, MatrixView<Scalar> rows);

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
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_PANEL_TABLE_HPP
