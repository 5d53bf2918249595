#ifndef THRUM_IMPL_TAILS_OF_FEATURES_HPP
#define THRUM_IMPL_TAILS_OF_FEATURES_HPP

#include <algorithm>
#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/feature_tails.hpp"
#include "thrum/algorithm/moments.hpp"
#include "thrum/algorithm/tail_table.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/tails_of_features.hpp"
#include "thrum/input.hpp"

// The members of host::TailsOfFeatures.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

template <typename Scalar>
void TailsOfFeatures<Scalar>::fit(const MatrixInput<Scalar>& x, const std::vector<int>&) {
  const MatrixView<const Scalar> rows = x.view();
  tables_.resize(rows.cols * feature_tails_size);
  const std::vector<Scalar> spreads = least_spreads(rows);
  parallel_for(rows.cols, worker_count(operations(rows.rows, rows.cols, 16)), [&](Index f, int) {
    std::vector<Scalar> sorted(array_size(rows.rows));
    for (Index i = 0; i < rows.rows; ++i) sorted[array_size(i)] = rows(i, f);
    std::sort(sorted.begin(), sorted.end());
    Scalar* const table = tables_.data() + f * feature_tails_size;
    const auto rising = [&](Index i) { return sorted[array_size(i)]; };
    const auto mirrored = [&](Index i) { return -sorted[array_size(rows.rows - 1 - i)]; };
    fill_tail_table(rows.rows, rising, spreads[array_size(f)], 0, table);
    fill_tail_table(rows.rows, mirrored, spreads[array_size(f)], 0, table + tail_table_size);
  });
}

template <typename Scalar>
void TailsOfFeatures<Scalar>::measure(VectorView<const Scalar> x, Scalar*, VectorView<Scalar> value) const {
  value[0] = thrum::detail::summed_surprise(model(), x);
}

template <typename Scalar>
std::vector<Scalar> TailsOfFeatures<Scalar>::least_spreads(MatrixView<const Scalar> x) {
  const std::vector<Moments<double>> columns = column_moments(x, {});
  double sum = 0;
  for (const Moments<double>& column : columns) sum += column.variance();
  const double typical = sum / static_cast<double>(x.cols);
  std::vector<Scalar> spreads;
  for (const Moments<double>& column : columns) {
    const double deviation = square_root(column.variance() > 0 ? column.variance() : typical);
    spreads.push_back(larger(static_cast<Scalar>(1e-3 * deviation), least_radius<Scalar>()));
  }
  return spreads;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_IMPL_TAILS_OF_FEATURES_HPP
