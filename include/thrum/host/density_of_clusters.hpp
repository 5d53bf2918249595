#ifndef THRUM_HOST_DENSITY_OF_CLUSTERS_HPP
#define THRUM_HOST_DENSITY_OF_CLUSTERS_HPP

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <vector>

#include "thrum/algorithm/soft_clusters.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/folds.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Densities of many K-means clusters: a SoftClustersModel that owns its arrays.
template <typename Scalar>
class DensityOfClusters {
 public:
  DensityOfClusters() = default;
  /// centers: m, at most a third of the rows are taken; subspaces: 1 to most_subspaces, as many as have
  /// features are looked at.
  DensityOfClusters(int centers, int subspaces) : centers_(centers), subspaces_(subspaces) {}

  /// Before fit: the width in each subspace under which rows that were held out are most likely. Two folds,
  /// at most 4096 rows of each.
  void prepare(MatrixView<const Scalar> x, const std::vector<int>&, const ClassFolds& folds);

  /// x: n x d.
  void fit(const MatrixInput<Scalar>& x, const std::vector<int>&);

  Index count() const { return 1; }

  /// The summed negative log densities of a row.
  void measure(VectorView<const Scalar> x, Scalar*, VectorView<Scalar> value) const;

  SoftClustersModel<Scalar> model() const {
    SoftClustersModel<Scalar> model{
        by_feature_.data(), log_weights_.data(), {}, static_cast<int>(log_weights_.size())};
    std::copy(inverse_widths_.begin(), inverse_widths_.end(), model.inverse_width);
    return model;
  }

  friend bool operator==(const DensityOfClusters& a, const DensityOfClusters& b) {
    return a.inverse_widths_ == b.inverse_widths_ && a.log_weights_.size() == b.log_weights_.size() &&
           a.by_feature_.size() == b.by_feature_.size() && a.log_weights_ == b.log_weights_ &&
           a.by_feature_ == b.by_feature_;
  }

 private:
  /// Variances of hills, a column for each subspace that has features: from that of all its features
  /// together down to a thousandth; of rows that are all equal, ordinary numbers.
  Eigen::MatrixXd variances_to_try(MatrixView<const Scalar> x) const;

  /// Negative log likelihoods of the rows in one subspace, with hills of each variance.
  Eigen::VectorXd losses(MatrixView<const Scalar> x, const std::vector<Index>& held_out, int subspace,
                         const Eigen::VectorXd& variances) const;

  /// Variances are no smaller than that of the least radius, so that this is a finite number.
  static Scalar inverse_width(double variance);

  int centers_ = 0, subspaces_ = 1;
  Vector<Scalar> by_feature_, log_weights_;
  std::array<Scalar, most_subspaces> inverse_widths_{1};
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
