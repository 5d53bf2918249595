#ifndef THRUM_HOST_TAILS_OF_FEATURES_HPP
#define THRUM_HOST_TAILS_OF_FEATURES_HPP

#include <algorithm>
#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/feature_tails.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/folds.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// The tails of every feature: a FeatureTailsModel that owns its tables.
template <typename Scalar>
class TailsOfFeatures {
 public:
  void prepare(MatrixView<const Scalar>, const std::vector<int>&, const ClassFolds&) {}

  /// x: n x d. O(d n log n).
  void fit(const MatrixInput<Scalar>& x, const std::vector<int>&) {
    const MatrixView<const Scalar> rows = x.view();
    tables_.resize(rows.cols * feature_tails_size);
    const Scalar least_spread = Scalar(1e-3) * typical_deviation(rows);
    std::vector<Scalar> sorted(array_size(rows.rows));
    for (Index f = 0; f < rows.cols; ++f) {
      for (Index i = 0; i < rows.rows; ++i) sorted[array_size(i)] = rows(i, f);
      std::sort(sorted.begin(), sorted.end());
      Scalar* const table = tables_.data() + f * feature_tails_size;
      const auto rising = [&](Index i) { return sorted[array_size(i)]; };
      const auto mirrored = [&](Index i) { return -sorted[array_size(rows.rows - 1 - i)]; };
      fill_tail_table(rows.rows, rising, least_spread, 0, table);
      fill_tail_table(rows.rows, mirrored, least_spread, 0, table + tail_table_size);
    }
  }

  Index count() const { return 1; }

  /// The summed surprise of a row.
  void measure(VectorView<const Scalar> x, Scalar*, VectorView<Scalar> value) const {
    value[0] = thrum::detail::summed_surprise(model(), x);
  }

  FeatureTailsModel<Scalar> model() const { return {tables_.data()}; }

  friend bool operator==(const TailsOfFeatures& a, const TailsOfFeatures& b) {
    return a.tables_.size() == b.tables_.size() && a.tables_ == b.tables_;
  }

 private:
  /// Root mean variance of the features; of rows that are all equal, the least radius.
  static Scalar typical_deviation(MatrixView<const Scalar> x) {
    double sum = 0;
    for (const Moments<double>& column : column_moments(x, {})) sum += column.variance();
    const double root = square_root(sum / static_cast<double>(x.cols));
    return larger(static_cast<Scalar>(root), least_radius<Scalar>());
  }

  Vector<Scalar> tables_;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_TAILS_OF_FEATURES_HPP
