#ifndef THRUM_IMPL_SCALER_HPP
#define THRUM_IMPL_SCALER_HPP

#include <cstddef>
#include <utility>
#include <vector>

#include "thrum/algorithm/column_spread.hpp"
#include "thrum/algorithm/moments.hpp"
#include "thrum/algorithm/quantile.hpp"
#include "thrum/algorithm/scaling.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/panels.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/input.hpp"
#include "thrum/scaler.hpp"

// The members of Scaler.

namespace thrum {
inline namespace THRUM_BUILD {

template <typename Scalar>
void Scaler<Scalar>::fit(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights) {
  constexpr const char* who = "thrum::Scaler::fit";
  if (options_.kind == ScalerKind::robust)
    fit_robust(who, x.view(), weights.view());
  else
    keep(summarized(who, x.view(), weights.view()));
}

template <typename Scalar>
void Scaler<Scalar>::partial_fit(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights) {
  constexpr const char* who = "thrum::Scaler::partial_fit";
  require_mergeable(who);
  if (fitted()) detail::require_columns(who, "x", x.view(), offset_.size());
  join(summarized(who, x.view(), weights.view()));
}

template <typename Scalar>
void Scaler<Scalar>::merge(const Scaler& other) {
  constexpr const char* who = "thrum::Scaler::merge";
  require_mergeable(who);
  detail::require(options_ == other.options_, who, ": other is of another kind, expected the same");
  if (!other.fitted()) return;
  detail::require(!fitted() || offset_.size() == other.offset_.size(), who, ": other has ",
                  other.offset_.size(), " features, expected ", offset_.size());
  join(other.summary_);
}

template <typename Scalar>
Matrix<Scalar> Scaler<Scalar>::transform(const MatrixInput<Scalar>& x) const {
  Matrix<Scalar> scaled(x.view().rows, x.view().cols);
  transform(x, thrum::view(scaled));
  return scaled;
}

template <typename Scalar>
void Scaler<Scalar>::transform(const MatrixInput<Scalar>& x, MatrixView<Scalar> scaled) const {
  check("thrum::Scaler::transform", x.view(), scaled);
  const MatrixView<const Scalar> rows = x.view();
  const ScalingModel<Scalar> fitted = model();
  constexpr Index at_once = 256;
  const int workers = host::worker_count(host::operations(rows.rows, rows.cols, 1));
  host::parallel_for((rows.rows + at_once - 1) / at_once, workers, [&](Index block, int) {
    const Index end = smaller(rows.rows, (block + 1) * at_once);
    for (Index i = block * at_once; i < end; ++i) scale(fitted, rows.row(i), scaled.row(i));
  });
}

template <typename Scalar>
Matrix<Scalar> Scaler<Scalar>::inverse_transform(const MatrixInput<Scalar>& scaled) const {
  Matrix<Scalar> x(scaled.view().rows, scaled.view().cols);
  check("thrum::Scaler::inverse_transform", scaled.view(), thrum::view(x));
  for (Index i = 0; i < x.rows(); ++i) unscale(model(), scaled.view().row(i), thrum::view(x).row(i));
  return x;
}

template <typename Scalar>
void Scaler<Scalar>::require_mergeable(const char* who) const {
  detail::require(options_.kind != ScalerKind::robust, who,
                  ": kind is robust, expected standard or min_max: medians of parts cannot be joined");
}

template <typename Scalar>
std::vector<ColumnSpread> Scaler<Scalar>::summarized(const char* who, MatrixView<const Scalar> x,
                                                     VectorView<const Scalar> weights) const {
  detail::require_not_empty(who, x);
  detail::require_weights(who, weights, x.rows);
  const host::ColumnSummary summary =
      options_.kind == ScalerKind::standard
          ? host::summarize_columns(who, x, weights)
          : host::ColumnSummary{host::require_training_data(who, x),
                                std::vector<Moments<double>>(array_size(x.cols))};
  std::vector<ColumnSpread> columns(array_size(x.cols));
  for (Index f = 0; f < x.cols; ++f) {
    const std::size_t i = array_size(f);
    columns[i] = {summary.ranges.least[i], summary.ranges.largest[i], 1.0, summary.moments[i]};
    if (weights.size > 0) take_weighted_range(x.col(f), weights, columns[i]);
    if (options_.kind == ScalerKind::standard) measure_in_ranges(x.col(f), weights, columns[i]);
  }
  return columns;
}

template <typename Scalar>
void Scaler<Scalar>::take_weighted_range(VectorView<const Scalar> x, VectorView<const Scalar> weights,
                                         ColumnSpread& column) {
  Index first = 0;
  while (!(weights[first] > 0)) ++first;
  column.least = column.largest = static_cast<double>(x[first]);
  for (Index i = first; i < x.size; ++i) {
    if (!(weights[i] > 0)) continue;
    column.least = smaller(column.least, static_cast<double>(x[i]));
    column.largest = larger(column.largest, static_cast<double>(x[i]));
  }
}

template <typename Scalar>
void Scaler<Scalar>::measure_in_ranges(VectorView<const Scalar> x, VectorView<const Scalar> weights,
                                       ColumnSpread& column) {
  column.unit = ColumnSpread::unit_of(column.largest - column.least);
  if (column.unit == 1) return;
  Vector<double> in_units(x.size), as_double(weights.size);
  for (Index i = 0; i < x.size; ++i) in_units[i] = static_cast<double>(x[i]) / column.unit;
  for (Index i = 0; i < weights.size; ++i) as_double[i] = static_cast<double>(weights[i]);
  column.moments = moments<double>(detail::vector_view(static_cast<const Vector<double>&>(in_units)),
                                   detail::vector_view(static_cast<const Vector<double>&>(as_double)));
}

template <typename Scalar>
void Scaler<Scalar>::join(const std::vector<ColumnSpread>& more) {
  std::vector<ColumnSpread> columns = summary_.empty() ? more : summary_;
  for (std::size_t f = 0; f < columns.size() && !summary_.empty(); ++f) columns[f].merge(more[f]);
  keep(std::move(columns));
}

template <typename Scalar>
void Scaler<Scalar>::keep(std::vector<ColumnSpread>&& columns) {
  std::vector<OffsetAndScale> measures;
  for (const ColumnSpread& column : columns)
    measures.push_back(options_.kind == ScalerKind::min_max
                           ? OffsetAndScale{column.least, column.largest - column.least}
                           : column.standard());
  keep(measures);
  summary_ = std::move(columns);
}

template <typename Scalar>
void Scaler<Scalar>::keep(const std::vector<OffsetAndScale>& measures) {
  const Index d = static_cast<Index>(measures.size());
  Vector<Scalar> offset(d), factor(d);
  for (Index f = 0; f < d; ++f) {
    offset[f] = static_cast<Scalar>(measures[array_size(f)].offset);
    factor[f] = factor_of_scale<Scalar>(measures[array_size(f)].scale);
  }
  offset_ = std::move(offset);
  factor_ = std::move(factor);
}

template <typename Scalar>
void Scaler<Scalar>::fit_robust(const char* who, MatrixView<const Scalar> x,
                                VectorView<const Scalar> weights) {
  detail::require(weights.size == 0, who, ": weights has ", weights.size,
                  " entries, expected none: the robust kind takes no weights");
  const host::ColumnRanges ranges = host::require_training_data(who, x);
  std::vector<OffsetAndScale> measures;
  for (Index f = 0; f < x.cols; ++f)
    measures.push_back(robust(x.col(f), ranges.least[array_size(f)], ranges.largest[array_size(f)]));
  keep(measures);
}

template <typename Scalar>
OffsetAndScale Scaler<Scalar>::robust(VectorView<const Scalar> x, double least, double largest) {
  const double center = static_cast<double>(median(x));
  const double deviation = 1.4826 * static_cast<double>(median_absolute_deviation(x));
  if (deviation > 0) return {center, deviation};
  ColumnSpread column{least, largest, 1.0, moments<double>(x)};
  measure_in_ranges(x, {}, column);
  return {center, column.standard().scale};
}

template <typename Scalar>
void Scaler<Scalar>::check(const char* who, MatrixView<const Scalar> x, MatrixView<Scalar> result) const {
  detail::require(fitted(), who, ": not fitted");
  detail::require_columns(who, "x", x, offset_.size());
  detail::require_shape(who, "the result", result, x.rows, x.cols);
  if (!host::all_finite(x)) detail::require_finite(who, "x", x);
}

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_IMPL_SCALER_HPP
