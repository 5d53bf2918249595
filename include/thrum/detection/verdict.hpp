#ifndef THRUM_DETECTION_VERDICT_HPP
#define THRUM_DETECTION_VERDICT_HPP

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/projection.hpp"
#include "thrum/algorithm/scaling.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/features/options.hpp"

namespace thrum {

/// What is said of one window.
struct Verdict {
  Status status = Status::not_fitted;  ///< why the state is unknown; overflow: finite, but off every scale
  State state = State::unknown;
  float score = 0;   ///< 1 is the threshold; alarm is strictly above
  int cluster = -1;  ///< the working class j it was judged against
  int feature = -1;  ///< on alarm, the feature with the largest share of the squared distance
  int channel = -1;  ///< on alarm, that feature's channel; -1 when the model was fitted on bare feature rows
};

namespace detail {

/// Takes a feature row into the space of the centres. Returns a view of x or of scratch.
template <typename Scalar>
inline VectorView<const Scalar> to_cluster_space(const DetectorModel<Scalar>& model,
                                                 VectorView<const Scalar> x, Scalar* scratch) {
  if (model.scales()) {
    scale(model.scaling, x, contiguous(scratch, model.features));
    x = contiguous<const Scalar>(scratch, model.features);
  }
  if (model.projects()) {
    const auto z = contiguous(scratch + model.features, model.projection.components);
    project(model.projection, x, scratch, z);
    x = z;
  }
  return x;
}

/// In cluster space, replaces z by its difference from the centre of a class.
template <typename Scalar>
inline VectorView<const Scalar> difference_from_center(const AnomalyModel<Scalar>& model,
                                                       VectorView<const Scalar> z, int cluster,
                                                       Scalar* scratch) {
  for (Index c = 0; c < model.features; ++c) scratch[c] = z[c] - model.centers[c * model.clusters + cluster];
  return contiguous<const Scalar>(scratch, model.features);
}

}  // namespace detail

/// Score of one feature row; status non_finite (score 0, no class) when it holds NaN or infinity; overflow
/// (infinite, no class) when a feature is the largest finite number, which stands for one that overflowed.
/// x: d values; scratch: model.scratch_size() values. O(d p + p k), allocates nothing.
template <typename Scalar>
inline Score<Scalar> score_row(const DetectorModel<Scalar>& model, ConstVectorView<Scalar> x,
                               Scalar* scratch) {
  bool overflowed = false;
  for (Index f = 0; f < model.features; ++f) {
    if (!is_finite(x[f])) return {Status::non_finite, Scalar(0), -1};
    overflowed = overflowed || absolute(x[f]) >= ScalarTraits<Scalar>::largest();
  }
  if (overflowed) return {Status::overflow, positive_infinity<Scalar>(), -1};
  return anomaly_score(model.anomaly, detail::to_cluster_space(model, VectorView<const Scalar>(x), scratch));
}

/// Calls visit(f, share) with each input feature's share of the squared distance to the centre of a class;
/// the shares add up to that distance. Through PCA, the difference z - c is carried back into feature space,
/// where its squares add up to the same sum; with whitening each share is a product that may be negative. x:
/// d finite values; scratch: model.scratch_size() values. O(d p).
template <typename Scalar, typename Visit>
inline void for_each_share(const DetectorModel<Scalar>& model, ConstVectorView<Scalar> x, int cluster,
                           Scalar* scratch, Visit visit) {
  const auto z = detail::to_cluster_space(model, VectorView<const Scalar>(x), scratch);
  if (!model.projects()) {
    for (Index f = 0; f < model.features; ++f) visit(f, squared_distance_share(model.anomaly, z, cluster, f));
    return;
  }
  const auto difference = detail::difference_from_center(model.anomaly, z, cluster, scratch + model.features);
  ProjectionModel<Scalar> unit_variance = model.projection;
  unit_variance.variance = nullptr;
  for (Index f = 0; f < model.features; ++f) {
    visit(f, back_projected(model.projection, difference, f) * back_projected(unit_variance, difference, f));
  }
}

namespace detail {

/// The feature farthest from its offset in units of its scale, the lowest of equals; without scaling, the
/// largest magnitude.
template <typename Scalar>
inline int farthest_feature(const DetectorModel<Scalar>& model, VectorView<const Scalar> x) {
  int farthest = 0;
  Scalar largest = 0;
  for (Index f = 0; f < model.features; ++f) {
    const ScalingModel<Scalar>& scaling = model.scaling;
    const Scalar magnitude = absolute(model.scales() ? (x[f] - scaling.offset[f]) * scaling.factor[f] : x[f]);
    if (!is_finite(magnitude)) return static_cast<int>(f);
    if (!(magnitude > largest)) continue;
    largest = magnitude;
    farthest = static_cast<int>(f);
  }
  return farthest;
}

}  // namespace detail

/// The feature with the largest share, the lowest of equals. Where a share overflows (through PCA, all do),
/// the feature that is farthest out; without a class (cluster -1), the first feature that overflowed.
template <typename Scalar>
inline int culprit_feature(const DetectorModel<Scalar>& model, ConstVectorView<Scalar> x, int cluster,
                           Scalar* scratch) {
  int culprit = 0;
  if (cluster < 0) {
    while (absolute(x[culprit]) < ScalarTraits<Scalar>::largest()) ++culprit;
    return culprit;
  }
  Scalar largest = 0;
  bool overflowed = false;
  for_each_share(model, x, cluster, scratch, [&](Index f, Scalar share) {
    overflowed = overflowed || !is_finite(share);
    if (!(share > largest)) return;
    largest = share;
    culprit = static_cast<int>(f);
  });
  return overflowed ? detail::farthest_feature(model, VectorView<const Scalar>(x)) : culprit;
}

/// The verdict on one feature row: unknown when it is not finite, alarm strictly above score 1, else normal.
/// x: d values; scratch: model.scratch_size() values. O(d p + p k), allocates nothing.
template <typename Scalar>
inline Verdict judge(const DetectorModel<Scalar>& model, ConstVectorView<Scalar> x, Scalar* scratch) {
  const Score<Scalar> score = score_row(model, x, scratch);
  Verdict verdict;
  verdict.status = score.status;
  if (score.status == Status::non_finite) return verdict;
  verdict.score = static_cast<float>(score.value);
  verdict.cluster = score.cluster;
  const bool alarm = score.status == Status::overflow || verdict.score > 1.0f;
  verdict.state = alarm ? State::alarm : State::normal;
  if (!alarm) return verdict;
  verdict.feature = culprit_feature(model, x, score.cluster, scratch);
  if (model.has_signal) verdict.channel = feature_name(model.signal, verdict.feature).channel;
  return verdict;
}

}  // namespace thrum

#endif  // THRUM_DETECTION_VERDICT_HPP
