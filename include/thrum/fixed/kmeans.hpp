#ifndef THRUM_FIXED_KMEANS_HPP
#define THRUM_FIXED_KMEANS_HPP

#include "thrum/core/distance.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/status.hpp"
#include "thrum/fixed/storage.hpp"

namespace thrum {
namespace fixed {

/// thrum::KMeans with its own arrays: no heap, all zero at start (`not_fitted`).
template <typename Scalar, int max_features, int max_clusters>
class KMeans {
 public:
  /// Takes over fitted centres, k x d, finite, k <= max_clusters, d <= max_features.
  Status use(ConstMatrixView<Scalar> centers) {
    if (centers.rows < 1 || centers.rows > max_clusters || centers.cols < 1 || centers.cols > max_features)
      return Status::wrong_size;
    if (!detail::all_finite(centers)) return Status::non_finite;
    copy_by_feature(centers, centers_by_feature_);
    features_ = static_cast<int>(centers.cols);
    clusters_ = static_cast<int>(centers.rows);
    return Status::ok;
  }

  /// The nearest centre of one sample of d values, in [0, k); ties go to the lowest. overflow:
  /// the sample is too far from all of them to tell, and label is as it was.
  Status predict(ConstVectorView<Scalar> x, int& label) const {
    const Status status = detail::check(features_, x, clusters_, clusters_);
    if (status != Status::ok) return status;
    const Nearest<Scalar> nearest = nearest_center(x, centers_by_feature_, clusters_);
    if (!is_finite(nearest.squared_distance)) return Status::overflow;
    label = nearest.cluster;
    return Status::ok;
  }

  /// Euclidean distances of one sample to the k centres. overflow: a distance is not finite.
  Status transform(ConstVectorView<Scalar> x, VectorView<Scalar> distances) const {
    const Status status = detail::check(features_, x, distances.size, clusters_);
    if (status != Status::ok) return status;
    for_each_squared_distance(x, centers_by_feature_, clusters_,
                              [distances](Index j, Scalar squared) { distances[j] = square_root(squared); });
    return detail::checked_result(distances);
  }

  int features() const { return features_; }
  int clusters() const { return clusters_; }
  /// k x d.
  MatrixView<const Scalar> centers() const {
    return MatrixView<const Scalar>{centers_by_feature_, clusters_, features_, 1, clusters_};
  }

 private:
  Scalar centers_by_feature_[array_size(max_features * max_clusters)] = {};
  int features_ = 0;
  int clusters_ = 0;
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_KMEANS_HPP
