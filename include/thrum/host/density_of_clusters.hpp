#ifndef THRUM_HOST_DENSITY_OF_CLUSTERS_HPP
#define THRUM_HOST_DENSITY_OF_CLUSTERS_HPP

#include <vector>

#include "thrum/algorithm/soft_clusters.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/folds.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// A density of many K-means clusters: a SoftClustersModel that owns its arrays.
template <typename Scalar>
class DensityOfClusters {
 public:
  DensityOfClusters() = default;
  /// centers: m, at most a third of the rows are taken.
  explicit DensityOfClusters(int centers) : centers_(centers) {}

  /// Before fit: the width under which rows that were held out are most likely. Two folds, at most 4096
  /// rows of each.
  void prepare(MatrixView<const Scalar> x, const std::vector<int>&, const ClassFolds& folds);

  /// x: n x d.
  void fit(const MatrixInput<Scalar>& x, const std::vector<int>&);

  Index count() const { return 1; }

  /// The negative log density of a row.
  void measure(VectorView<const Scalar> x, Scalar*, VectorView<Scalar> value) const;

  SoftClustersModel<Scalar> model() const {
    return {by_feature_.data(), log_weights_.data(), inverse_width_, static_cast<int>(log_weights_.size())};
  }

  friend bool operator==(const DensityOfClusters& a, const DensityOfClusters& b) {
    return a.inverse_width_ == b.inverse_width_ && a.log_weights_.size() == b.log_weights_.size() &&
           a.by_feature_.size() == b.by_feature_.size() && a.log_weights_ == b.log_weights_ &&
           a.by_feature_ == b.by_feature_;
  }

 private:
  /// Variances are no smaller than that of the least radius, so that this is a finite number.
  static Scalar inverse_width(double variance);

  /// Of all features together; of rows that are all equal, an ordinary number.
  static double total_variance(MatrixView<const Scalar> x);

  int centers_ = 0;
  Vector<Scalar> by_feature_, log_weights_;
  Scalar inverse_width_ = 1;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#if defined(THRUM_COMPILED)
namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
extern template class DensityOfClusters<float>;
extern template class DensityOfClusters<double>;
}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum
#else
#include "thrum/impl/density_of_clusters.hpp"
#endif

#endif  // THRUM_HOST_DENSITY_OF_CLUSTERS_HPP
