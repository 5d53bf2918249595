#ifndef THRUM_ALGORITHM_FEATURE_TAILS_HPP
#define THRUM_ALGORITHM_FEATURE_TAILS_HPP

#include "thrum/algorithm/tail_table.hpp"
#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

namespace thrum {

/// The tails of each feature, as if features were independent (after Li et al., ECOD, IEEE TKDE 35, 2023).
template <typename Scalar>
struct FeatureTailsModel {
  const Scalar* tables = nullptr;  ///< d x 2 x tail_table_size: of x, and of -x
};

/// Numbers for one feature.
constexpr Index feature_tails_size = 2 * tail_table_size;

/// The two-sided surprise of one feature, -log min(1, 2 min(P(X >= x), P(X <= x))) >= 0.
template <typename Scalar>
inline Scalar feature_surprise(const FeatureTailsModel<Scalar>& model, Index feature, Scalar x) {
  const Scalar* upper = model.tables + feature * feature_tails_size;
  const Scalar rarer = larger(surprise(upper, x), surprise(upper + tail_table_size, -x));
  return larger(Scalar(0), rarer - Scalar(detail::natural_log_of_2));
}

/// The median of a feature.
template <typename Scalar>
inline Scalar feature_median(const FeatureTailsModel<Scalar>& model, Index feature) {
  return model.tables[feature * feature_tails_size + 1];
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_FEATURE_TAILS_HPP
