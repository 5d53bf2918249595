#ifndef THRUM_SCALER_HPP
#define THRUM_SCALER_HPP

#include <vector>

#include "thrum/algorithm/column_spread.hpp"
#include "thrum/algorithm/scaling.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"
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

  /// Learns from x, n x d, finite, n >= 1. weights: n numbers >= 0 with a positive sum that count repeats, or
  /// nothing for all 1; the robust kind takes none. Throws std::invalid_argument otherwise, leaving the
  /// scaler as it was. O(n d); allocates O(d), and O(n) for a column of doubles near the ends of their range.
  void fit(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights = {});

  /// Learns from more samples: the result is that of one `fit` to all samples so far, to rounding, however
  /// they were cut; with or without a `fit` before. The robust kind refuses: medians cannot be joined.
  void partial_fit(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights = {});

  /// Adds what another scaler of the same kind has learned from other samples, as if they had been learned
  /// here. Either may be empty. The robust kind refuses.
  void merge(const Scaler& other);

  /// Scales x, n x d, into an n x d matrix. Throws on other columns, non-finite entries, or before fit.
  Matrix<Scalar> transform(const MatrixInput<Scalar>& x) const;

  /// The same into a caller's n x d view; allocates nothing up to 256 features, a panel of samples a thread
  /// beyond.
  void transform(const MatrixInput<Scalar>& x, MatrixView<Scalar> scaled) const;

  /// Undoes transform, to rounding.
  Matrix<Scalar> inverse_transform(const MatrixInput<Scalar>& scaled) const;

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
           a.factor_ == b.factor_ && a.summary_ == b.summary_;
  }
  friend bool operator!=(const Scaler& a, const Scaler& b) { return !(a == b); }

 private:
  void require_mergeable(const char* who) const;
  std::vector<ColumnSpread> summarized(const char* who, MatrixView<const Scalar> x,
                                       VectorView<const Scalar> weights) const;

  /// A sample of weight 0 is not there.
  static void take_weighted_range(VectorView<const Scalar> x, VectorView<const Scalar> weights,
                                  ColumnSpread& column);

  static void measure_in_ranges(VectorView<const Scalar> x, VectorView<const Scalar> weights,
                                ColumnSpread& column);
  void join(const std::vector<ColumnSpread>& more);
  void keep(std::vector<ColumnSpread>&& columns);
  void keep(const std::vector<OffsetAndScale>& measures);
  void fit_robust(const char* who, MatrixView<const Scalar> x, VectorView<const Scalar> weights);
  static OffsetAndScale robust(VectorView<const Scalar> x, double least, double largest);
  void check(const char* who, MatrixView<const Scalar> x, MatrixView<Scalar> result) const;

  ScalerOptions options_;
  Vector<Scalar> offset_, factor_;
  std::vector<ColumnSpread> summary_;  // of no robust kind
};

}  // namespace THRUM_BUILD
}  // namespace thrum

#if defined(THRUM_COMPILED)
namespace thrum {
inline namespace THRUM_BUILD {
extern template class Scaler<float>;
extern template class Scaler<double>;
}  // namespace THRUM_BUILD
}  // namespace thrum
#else
#include "thrum/impl/scaler.hpp"
#endif

#endif  // THRUM_SCALER_HPP
