#ifndef THRUM_HOST_TAILS_OF_FEATURES_HPP
#define THRUM_HOST_TAILS_OF_FEATURES_HPP

#include <vector>

#include "thrum/algorithm/feature_tails.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"
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
  void fit(const MatrixInput<Scalar>& x, const std::vector<int>&);

  Index count() const { return 1; }

  /// The summed surprise of a row.
  void measure(VectorView<const Scalar> x, Scalar*, VectorView<Scalar> value) const;

  FeatureTailsModel<Scalar> model() const { return {tables_.data()}; }

  friend bool operator==(const TailsOfFeatures& a, const TailsOfFeatures& b) {
    return a.tables_.size() == b.tables_.size() && a.tables_ == b.tables_;
  }

 private:
  /// A thousandth of each feature's deviation; of a feature that never varies, of all features'.
  static std::vector<Scalar> least_spreads(MatrixView<const Scalar> x);

  Vector<Scalar> tables_;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#if defined(THRUM_COMPILED)
namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
extern template class TailsOfFeatures<float>;
extern template class TailsOfFeatures<double>;
}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum
#else
#include "thrum/impl/tails_of_features.hpp"
#endif

#endif  // THRUM_HOST_TAILS_OF_FEATURES_HPP
