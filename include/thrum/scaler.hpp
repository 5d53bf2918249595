#ifndef THRUM_SCALER_HPP
#define THRUM_SCALER_HPP

#include <Eigen/Core>
#include <utility>
#include <vector>

#include "thrum/algorithm/moments.hpp"
#include "thrum/algorithm/quantile.hpp"
#include "thrum/algorithm/scaling.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/panels.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/input.hpp"

namespace thrum {

/// What a column is measured by.
enum class ScalerKind {
  standard,  ///< mean and standard deviation (over n, as scikit-learn)
  min_max,   ///< minimum and range: training data land in [0, 1]
  robust,    ///< median and 1.4826 times the median absolute deviation: outliers do not move it
};

struct ScalerOptions {
  ScalerKind kind = ScalerKind::standard;
  friend bool operator==(const ScalerOptions& a, const ScalerOptions& b) { return a.kind == b.kind; }
};

inline namespace THRUM_BUILD {

/// Brings every column to a common scale: (x - offset) * factor.
///
/// A constant column (all values equal) gets factor 1. A column that varies is never called constant, however
/// little: only where 1 / scale would overflow is the factor the largest finite number. A column whose median
/// absolute deviation is 0 although it varies takes its standard deviation.
template <typename Scalar>
class Scaler {
 public:
  explicit Scaler(ScalerOptions options = {}) : options_(options) {}

  /// Learns from x, n x d, finite, n >= 1. Throws std::invalid_argument otherwise, leaving the scaler as it
  /// was. O(n d); allocates O(d), and O(n) for a column of doubles near the ends of their range.
  void fit(const MatrixInput<Scalar>& x) {
    const MatrixView<const Scalar> data = x.view();
    const host::ColumnRanges ranges = host::require_training_data("thrum::Scaler::fit", data);
    std::vector<Moments<double>> columns(array_size(data.cols));
    if (options_.kind == ScalerKind::standard) columns = host::column_moments(data, {});
    Vector<Scalar> offset(data.cols), factor(data.cols);
    for (Index f = 0; f < data.cols; ++f) {
      const std::size_t i = array_size(f);
      const Measure measure = measured(data.col(f), ranges.least[i], ranges.largest[i], columns[i]);
      offset[f] = static_cast<Scalar>(measure.offset);
      factor[f] = factor_of(measure.scale);
    }
    offset_ = std::move(offset);
    factor_ = std::move(factor);
  }

  /// Scales x, n x d, into an n x d matrix. Throws on other columns, non-finite entries, or before fit.
  Matrix<Scalar> transform(const MatrixInput<Scalar>& x) const {
    Matrix<Scalar> scaled(x.view().rows, x.view().cols);
    transform(x, thrum::view(scaled));
    return scaled;
  }

  /// The same into a caller's n x d view; allocates nothing up to 256 features, a panel of samples a thread
  /// beyond.
  void transform(const MatrixInput<Scalar>& x, MatrixView<Scalar> scaled) const {
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

  /// Undoes transform, to rounding.
  Matrix<Scalar> inverse_transform(const MatrixInput<Scalar>& scaled) const {
    Matrix<Scalar> x(scaled.view().rows, scaled.view().cols);
    check("thrum::Scaler::inverse_transform", scaled.view(), thrum::view(x));
    for (Index i = 0; i < x.rows(); ++i) unscale(model(), scaled.view().row(i), thrum::view(x).row(i));
    return x;
  }

  const ScalerOptions& options() const { return options_; }
  bool fitted() const { return offset_.size() > 0; }
  /// d values in the units of x.
  const Vector<Scalar>& offset() const { return offset_; }
  /// d positive finite values in 1 / units of x.
  const Vector<Scalar>& factor() const { return factor_; }
  /// A view of the fitted scaler, valid while it lives unchanged.
  ScalingModel<Scalar> model() const {
    return {offset_.data(), factor_.data(), static_cast<int>(offset_.size())};
  }

  friend bool operator==(const Scaler& a, const Scaler& b) {
    return a.options_ == b.options_ && a.offset_.size() == b.offset_.size() && a.offset_ == b.offset_ &&
           a.factor_ == b.factor_;
  }
  friend bool operator!=(const Scaler& a, const Scaler& b) { return !(a == b); }

 private:
  struct Measure {
    double offset, scale;
  };

  /// plain: the column's moments; only those of kind standard are known.
  Measure measured(VectorView<const Scalar> column, double least, double largest,
                   const Moments<double>& plain) const {
    const double range = largest - least;
    if (options_.kind == ScalerKind::min_max) return {least, range};
    if (options_.kind == ScalerKind::standard) return standard(column, plain, range);
    const double center = static_cast<double>(median(column));
    const double deviation = 1.4826 * static_cast<double>(median_absolute_deviation(column));
    if (deviation > 0) return {center, deviation};
    return {center, standard(column, moments<double>(column), range).scale};
  }

  /// Squares of very small or very large doubles leave their range, so such a column is measured in units of
  /// its own range.
  static Measure standard(VectorView<const Scalar> column, const Moments<double>& plain, double range) {
    if (range == 0) return {static_cast<double>(column[0]), 0};
    if (range > 1e-140) return {plain.mean, square_root(plain.variance())};
    const Vector<double> in_ranges = Eigen::Map<const Vector<Scalar>, 0, Eigen::InnerStride<>>(
                                         column.data, column.size, Eigen::InnerStride<>(column.stride))
                                         .template cast<double>() /
                                     range;
    const double deviation = range * square_root(moments<double>(detail::vector_view(in_ranges)).variance());
    return {plain.mean,
            deviation > 0 ? deviation : range};  // one step of the least subnormal is variation too
  }

  static Scalar factor_of(double scale) {
    if (scale == 0) return Scalar(1);
    const double largest = static_cast<double>(ScalarTraits<Scalar>::largest());
    return static_cast<Scalar>(smaller(1.0 / scale, largest));
  }

  void check(const char* who, MatrixView<const Scalar> x, MatrixView<Scalar> result) const {
    detail::require(fitted(), who, ": not fitted");
    detail::require_columns(who, "x", x, offset_.size());
    detail::require_shape(who, "the result", result, x.rows, x.cols);
    if (!host::all_finite(x)) detail::require_finite(who, "x", x);
  }

  ScalerOptions options_;
  Vector<Scalar> offset_, factor_;
};

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_SCALER_HPP
