#ifndef THRUM_HOST_COLUMN_SUMMARY_HPP
#define THRUM_HOST_COLUMN_SUMMARY_HPP

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "thrum/algorithm/moments.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/panels.hpp"
#include "thrum/host/parallel.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// The least and largest value of each column.
struct ColumnRanges {
  std::vector<double> least, largest;
  bool finite = true;  ///< all values are; otherwise the ranges mean nothing

  void widen(const ColumnRanges& other) {
    finite = finite && other.finite;
    for (std::size_t f = 0; f < least.size(); ++f) {
      least[f] = smaller(least[f], other.least[f]);
      largest[f] = larger(largest[f], other.largest[f]);
    }
  }
};

/// Whether ranges can be taken row by row, as the rows lie in memory.
template <typename Scalar>
inline bool ranges_by_rows(MatrixView<const Scalar> x) {
  return x.col_stride == 1 && x.cols >= widest_vector;
}

/// Ranges of columns as several workers find them, each in some of the rows.
template <typename Scalar>
class RangesOfWorkers {
 public:
  /// first: d values that lie within the ranges.
  RangesOfWorkers(int workers, VectorView<const Scalar> first) : least_(array_size(workers)) {
    for (Index f = 0; f < first.size; ++f) least_[0].push_back(first[f]);
    for (std::vector<Scalar>& least : least_) least = least_[0];
    largest_ = least_;
  }

  /// x: rows of contiguous features, as `ranges_by_rows` says; next: how many rows from these those lie that
  /// are read next; first: the feature that column 0 is.
  void widen_by_rows(MatrixView<const Scalar> x, Index next, int worker, Index first = 0) {
    constexpr Index most_values = 4096, least_rows = 8, values_ahead = 1024;
    const bool jumps = next != x.rows, few = x.rows * x.cols <= most_values;  // both stay in the first cache
    const Index ahead = jumps && few ? next : larger(least_rows, values_ahead / x.cols);
    const std::size_t w = array_size(worker);
    if (!panel_kernels<Scalar>().widen_ranges_by_rows(x, ahead * x.row_stride, least_[w].data() + first,
                                                      largest_[w].data() + first))
      finite_.store(false, std::memory_order_relaxed);
  }

  void widen(Panel<Scalar> panel, int worker) {
    const std::size_t w = array_size(worker);
    panel_kernels<Scalar>().widen_ranges(panel, least_[w].data(), largest_[w].data());
  }

  ColumnRanges joined() const {
    ColumnRanges ranges;
    ranges.least.assign(least_[0].begin(), least_[0].end());
    ranges.largest.assign(largest_[0].begin(), largest_[0].end());
    ranges.finite = finite_.load();
    for (std::size_t worker = 1; worker < least_.size(); ++worker) {
      for (std::size_t f = 0; f < ranges.least.size(); ++f) {
        ranges.least[f] = smaller(ranges.least[f], static_cast<double>(least_[worker][f]));
        ranges.largest[f] = larger(ranges.largest[f], static_cast<double>(largest_[worker][f]));
      }
    }
    return ranges;
  }

 private:
  std::vector<std::vector<Scalar>> least_, largest_;
  std::atomic<bool> finite_{true};
};

/// Ranges of the columns of x, n >= 1. O(n d).
template <typename Scalar>
inline ColumnRanges column_ranges(MatrixView<const Scalar> x) {
  const int workers = worker_count(operations(x.rows, x.cols, 4));
  RangesOfWorkers<Scalar> ranges(workers, x.row(0));
  bool finite = true;
  if (ranges_by_rows(x)) {
    const Index stride = panel_rows(x.cols);
    parallel_for((x.rows + stride - 1) / stride, workers, [&](Index number, int worker) {
      const Index first = number * stride, rows = smaller(stride, x.rows - first);
      ranges.widen_by_rows(x.middle_rows(first, rows), rows, worker);
    });
  } else {
    finite = for_each_panel(
        x, workers, [&](Panel<Scalar> panel, Index, Index, int worker) { ranges.widen(panel, worker); });
  }
  ColumnRanges joined = ranges.joined();
  joined.finite = joined.finite && finite;
  return joined;
}

/// Refuses columns whose spread is such that squared distances would not fit the type.
template <typename Scalar>
inline void require_spreads(const char* who, const ColumnRanges& ranges, Index rows) {
  const Index cols = static_cast<Index>(ranges.least.size());
  for (Index f = 0; f < cols; ++f)
    thrum::detail::require_spread(who, f, static_cast<Scalar>(ranges.least[array_size(f)]),
                                  static_cast<Scalar>(ranges.largest[array_size(f)]), rows, cols);
}

/// What every `fit` asks of data whose ranges are known: that all is finite, and of a spread whose squared
/// distances fit the type.
template <typename Scalar>
inline void require_finite_spreads(const char* who, MatrixView<const Scalar> x, const ColumnRanges& ranges) {
  if (!ranges.finite) thrum::detail::require_finite(who, "x", x);
  require_spreads<Scalar>(who, ranges, x.rows);
}

/// The same, and at least one row and one column. Returns the ranges of the columns. O(n d).
template <typename Scalar>
inline ColumnRanges require_training_data(const char* who, MatrixView<const Scalar> x) {
  thrum::detail::require_not_empty(who, x);
  const ColumnRanges ranges = column_ranges(x);
  require_finite_spreads(who, x, ranges);
  return ranges;
}

namespace detail {

/// thrum::detail::chunk_moments of all columns at once, row after row: the same bits, two passes over memory.
template <typename Scalar>
class ChunkMoments {
 public:
  explicit ChunkMoments(Index features)
      : centers_(array_size(features)), sums_(array_size(features)), squares_(array_size(features)) {}

  /// Merges those of rows of x, which are the rows from `first` on of all, into columns, d.
  void merge(MatrixView<const Scalar> x, VectorView<const Scalar> weights, Index first,
             Moments<double>* columns) {
    double total = 0;
    weights_.resize(array_size(x.rows));
    for (Index row = 0; row < x.rows; ++row) {
      weights_[array_size(row)] = static_cast<double>(weight_of(weights, first + row));
      total += weights_[array_size(row)];
    }
    if (!(total > 0)) return;
    for (Index f = 0; f < x.cols; ++f) centers_[array_size(f)] = static_cast<double>(x(0, f));
    add_deviations(x, nullptr);
    for (std::size_t f = 0; f < sums_.size(); ++f) centers_[f] += sums_[f] / total;
    std::fill(squares_.begin(), squares_.end(), 0.0);
    add_deviations(x, squares_.data());
    for (std::size_t f = 0; f < sums_.size(); ++f) {
      const double left = sums_[f];
      columns[f].merge({total, centers_[f] + left / total, squares_[f] - left * (left / total)});
    }
  }

 private:
  void add_deviations(MatrixView<const Scalar> x, double* squares) {
    std::fill(sums_.begin(), sums_.end(), 0.0);
    panel_kernels<Scalar>().add_deviations(x, weights_.data(), centers_.data(), sums_.data(), squares);
  }

  std::vector<double> weights_, centers_, sums_, squares_;
};

}  // namespace detail

namespace detail {

/// Moments of all columns, by chunks of rows and so many features that these stay in the second cache.
/// ranges: to be widened on the way, or null.
template <typename Scalar>
inline std::vector<Moments<double>> column_moments(MatrixView<const Scalar> x,
                                                   VectorView<const Scalar> weights,
                                                   RangesOfWorkers<Scalar>* ranges, int workers) {
  constexpr Index features_at_once = 128;
  const Index partials = partial_sums(x.rows);
  std::vector<Moments<double>> columns(array_size(partials * x.cols));
  parallel_for(partials, workers, [&](Index partial, int worker) {
    for (Index f = 0, features = 0; f < x.cols; f += features) {
      features = x.cols - f < 2 * features_at_once ? x.cols - f : features_at_once;
      ChunkMoments<Scalar> chunk(features);
      for (Index begin = partial * rows_per_chunk; begin < x.rows;
           begin += max_partial_sums * rows_per_chunk) {
        const MatrixView<const Scalar> part{&x(begin, f), smaller(rows_per_chunk, x.rows - begin), features,
                                            x.row_stride, x.col_stride};
        if (ranges != nullptr) ranges->widen_by_rows(part, max_partial_sums * rows_per_chunk, worker, f);
        chunk.merge(part, weights, begin, columns.data() + partial * x.cols + f);
      }
    }
  });
  fold_partial_sums(partials, [&](Index into, Index from) {
    for (Index f = 0; f < x.cols; ++f)
      columns[array_size(into * x.cols + f)].merge(columns[array_size(from * x.cols + f)]);
  });
  columns.resize(array_size(x.cols));
  return columns;
}

}  // namespace detail

/// Moments of all columns of x, n x d; each with the bits of thrum::moments of that column. O(n d).
template <typename Scalar>
inline std::vector<Moments<double>> column_moments(MatrixView<const Scalar> x,
                                                   VectorView<const Scalar> weights) {
  return detail::column_moments<Scalar>(x, weights, nullptr, worker_count(operations(x.rows, x.cols, 4)));
}

struct ColumnSummary {
  ColumnRanges ranges;
  std::vector<Moments<double>> moments;
};

/// The same, and the ranges, in one pass over memory where rows are contiguous. Refuses what
/// `require_training_data` does.
template <typename Scalar>
inline ColumnSummary summarize_columns(const char* who, MatrixView<const Scalar> x,
                                       VectorView<const Scalar> weights) {
  if (!ranges_by_rows(x)) {
    ColumnRanges ranges = require_training_data(who, x);
    return {std::move(ranges), column_moments(x, weights)};
  }
  const int workers = worker_count(operations(x.rows, x.cols, 4));
  RangesOfWorkers<Scalar> ranges(workers, x.row(0));
  std::vector<Moments<double>> moments = detail::column_moments(x, weights, &ranges, workers);
  const ColumnRanges joined = ranges.joined();
  require_finite_spreads(who, x, joined);
  return {joined, std::move(moments)};
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_COLUMN_SUMMARY_HPP
