#ifndef THRUM_HOST_ROW_BLOCKS_HPP
#define THRUM_HOST_ROW_BLOCKS_HPP

#include <cstddef>
#include <vector>

#include "thrum/algorithm/moments.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/row_source.hpp"

// Passes over rows that need not fit into memory.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Rows of a block that a source hands out: a multiple of the chunks and panels in which sums over samples
/// go, about 8 MB.
inline Index rows_per_source_block(Index features, std::size_t scalar_size) {
  constexpr Index chunk = 4096;
  const Index fitting = (Index{1} << 23) / (features * static_cast<Index>(scalar_size));
  return larger(chunk, fitting / chunk * chunk);
}

/// Calls visit(block, first row) for all rows of a source, in order.
template <typename Scalar, typename Visit>
inline void for_each_block(RowSource<Scalar>& source, Visit visit) {
  const Index most = rows_per_source_block(source.cols(), sizeof(Scalar));
  for (Index first = 0; first < source.rows();) {
    const MatrixView<const Scalar> block = source.block(first, smaller(most, source.rows() - first));
    visit(block, first);
    first += block.rows;
  }
}

/// Ranges and moments of the columns of a source, in one pass; without `with_moments` these are of nothing.
/// weights: n or none. Refuses what `require_training_data` does, and blocks that are not as RowSource says.
template <typename Scalar>
inline ColumnSummary summarize_source(const char* who, RowSource<Scalar>& source,
                                      VectorView<const Scalar> weights, bool with_moments) {
  ColumnSummary columns;
  columns.moments.resize(array_size(source.cols()));
  for_each_block(source, [&](MatrixView<const Scalar> block, Index first) {
    thrum::detail::require_columns(who, "a block of the source", block, source.cols());
    thrum::detail::require_not_empty(who, block);
    const ColumnRanges found = column_ranges(block);
    if (!found.finite) thrum::detail::require_finite(who, "x", block, first);
    if (first == 0) columns.ranges = found;
    columns.ranges.widen(found);
    if (!with_moments) return;
    const VectorView<const Scalar> block_weights =
        weights.size == 0 ? weights : VectorView<const Scalar>{&weights[first], block.rows, weights.stride};
    const std::vector<Moments<double>> more = column_moments(block, block_weights);
    for (std::size_t f = 0; f < more.size(); ++f) columns.moments[f].merge(more[f]);
  });
  require_spreads<Scalar>(who, columns.ranges, source.rows());
  return columns;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_ROW_BLOCKS_HPP
