#ifndef THRUM_FIXED_ANOMALY_SCORER_HPP
#define THRUM_FIXED_ANOMALY_SCORER_HPP

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/status.hpp"
#include "thrum/fixed/storage.hpp"

namespace thrum {
namespace fixed {

/// thrum::AnomalyScorer with its own arrays: no heap, all zero at start (`not_fitted`).
template <typename Scalar, int max_features, int max_clusters>
class AnomalyScorer {
 public:
  /// Takes over a fitted scorer: centres k x d, k radii from least_radius to largest_radius and the
  /// threshold > 0, all finite.
  Status use(ConstMatrixView<Scalar> centers, ConstVectorView<Scalar> radii, Scalar threshold) {
    if (centers.rows < 1 || centers.rows > max_clusters || centers.cols < 1 || centers.cols > max_features ||
        radii.size != centers.rows)
      return Status::wrong_size;
    if (!detail::all_finite(centers) || !detail::all_finite(radii) || !is_finite(threshold))
      return Status::non_finite;
    for (Index j = 0; j < radii.size; ++j)
      if (!(radii[j] >= least_radius<Scalar>() && radii[j] <= largest_radius<Scalar>()))
        return Status::out_of_range;
    if (!(threshold > Scalar(0))) return Status::out_of_range;
    copy_by_feature(centers, centers_by_feature_);
    for (Index j = 0; j < radii.size; ++j) inverse_squared_radii_[j] = 1 / (radii[j] * radii[j]);
    threshold_ = threshold;
    features_ = static_cast<int>(centers.cols);
    clusters_ = static_cast<int>(centers.rows);
    return Status::ok;
  }

  /// Score and class of one sample of d values; its status says why there is none.
  Score<Scalar> score(ConstVectorView<Scalar> x) const {
    const Status status = detail::check(features_, x, clusters_, clusters_);
    return status == Status::ok ? anomaly_score<radius_part>(model(), x, no_scratch)
                                : Score<Scalar>{status, Scalar(0), -1, 0};
  }

  /// Each feature's share of the squared distance to the centre of the sample's class: d values.
  /// overflow: one is too large for its type; the feature farthest from the centre then has all, infinity.
  Status shares(ConstVectorView<Scalar> x, VectorView<Scalar> shares) const {
    const Status status = detail::check(features_, x, shares.size);
    if (status != Status::ok) return status;
    const Score<Scalar> score = anomaly_score<radius_part>(model(), x, no_scratch);
    return shares_of_sample<radius_part>(model(), x, score, no_scratch, shares);
  }

  AnomalyModel<Scalar> model() const {
    AnomalyModel<Scalar> model;
    model.centers = centers_by_feature_;
    model.inverse_squared_radius = inverse_squared_radii_;
    model.threshold = threshold_;
    model.features = features_;
    model.clusters = clusters_;
    return model;
  }

 private:
  static constexpr Scalar* no_scratch = nullptr;  // a radius needs none

  Scalar centers_by_feature_[array_size(max_features * max_clusters)] = {};
  Scalar inverse_squared_radii_[array_size(max_clusters)] = {};
  Scalar threshold_ = 0;
  int features_ = 0;
  int clusters_ = 0;
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_ANOMALY_SCORER_HPP
