#ifndef THRUM_DETECTION_VERDICT_HPP
#define THRUM_DETECTION_VERDICT_HPP

#include <stdint.h>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/projection.hpp"
#include "thrum/algorithm/scaling.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/window_check.hpp"

namespace thrum {

/// What is said of one window.
struct Verdict {
  Status status = Status::not_fitted;  ///< why the state is unknown; overflow: finite, but off every scale
  State state = State::unknown;
  SensorFault fault = SensorFault::none;  ///< what is wrong with the sensor, when the state is sensor_fault
  float score = 0;                        ///< 1 is the threshold; alarm is strictly above
  float tail_probability = 0;             ///< share of normal windows that score at least so high
  int cluster = -1;                       ///< the working class j it was judged against
  int feature = -1;                       ///< on alarm, the feature it is put down to: see find_culprit()
  int channel = -1;  ///< on alarm, that feature's channel; -1 when the model was fitted on bare feature rows.
                     ///< Of a sensor fault, the lowest channel that has it; -1 when it is of all
  float share = 0;   ///< on alarm, that feature's share, in [0, 1]: see Culprit
};

/// The verdict on a window that is not to be scored: sensor_fault or idle, without score and class.
inline Verdict verdict_on(const WindowCondition& condition) {
  Verdict verdict;
  verdict.status = condition.fault == SensorFault::non_finite ? Status::non_finite : Status::ok;
  verdict.state = condition.idle ? State::idle : State::sensor_fault;
  verdict.fault = condition.fault;
  verdict.channel = condition.channel;
  return verdict;
}

namespace detail {

/// Classes whose nearest may be found by bounds.
template <typename Classes>
constexpr bool may_have_bias = false;
template <typename Scalar>
constexpr bool may_have_bias<AnomalyModel<Scalar>> = true;

/// The way of scoring that these classes do not take.
template <typename Classes>
constexpr uint32_t omitted_of(const Classes& classes) {
  if constexpr (may_have_bias<Classes>) return classes.bias == nullptr ? without_bounds : without_distances;
  return 0;
}

/// False for a bias that such classes cannot have.
template <typename Classes>
constexpr bool bias_fits(const Classes& classes) {
  if constexpr (may_have_bias<Classes>)
    return classes.bias == nullptr || (classes.parts == radius_part && bounds_pay(classes.clusters));
  return true;
}

}  // namespace detail

/// `allowed` for one model that is known when compiling.
template <typename Scalar, typename Classes>
constexpr uint32_t allowed_for(const DetectorModel<Scalar, Classes>& model) {
  return model.anomaly.parts | (model.scales() ? 0 : uint32_t{without_scaling}) |
         (model.projects() ? 0 : uint32_t{without_projection}) | detail::omitted_of(model.anomaly);
}

namespace detail {

template <uint32_t allowed, typename Scalar, typename Classes>
constexpr bool scales(const DetectorModel<Scalar, Classes>& model) {
  return (allowed & without_scaling) == 0 && model.scales();
}
template <uint32_t allowed, typename Scalar, typename Classes>
constexpr bool projects(const DetectorModel<Scalar, Classes>& model) {
  return (allowed & without_projection) == 0 && model.projects();
}

/// Classes in integers have a form of this that leaves no NaN, which a projection that overflows may end in.
template <typename Classes, typename Scalar>
inline void replace_nan(const Classes&, VectorView<Scalar>) {}

/// Takes a scaled row into the space of the components. Returns a view of scratch.
template <typename Scalar, typename Classes>
inline VectorView<const Scalar> project_row(const DetectorModel<Scalar, Classes>& model,
                                            VectorView<const Scalar> x, Scalar* scratch) {
  const auto z = contiguous(scratch + model.features, model.projection.components);
  project(model.projection, x, scratch, z);
  replace_nan(model.anomaly, z);
  return z;
}

/// Takes a feature row into the space of the centres. Returns a view of x or of scratch.
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
inline VectorView<const Scalar> to_cluster_space(const DetectorModel<Scalar, Classes>& model,
                                                 VectorView<const Scalar> x, Scalar* scratch) {
  if (scales<allowed>(model)) {
    scale(model.scaling, x, contiguous(scratch, model.features));
    x = contiguous<const Scalar>(scratch, model.features);
  }
  return projects<allowed>(model) ? project_row(model, x, scratch) : x;
}

/// Where to_cluster_space() and score_row() leave that.
template <uint32_t allowed, typename Scalar, typename Classes>
inline VectorView<const Scalar> scored_row(const DetectorModel<Scalar, Classes>& model,
                                           VectorView<const Scalar> x, const Scalar* scratch) {
  if (projects<allowed>(model)) return contiguous(scratch + model.features, model.projection.components);
  return scales<allowed>(model) ? contiguous(scratch, model.features) : x;
}

}  // namespace detail

/// Score of one feature row; status non_finite (score 0, no class) when it holds NaN or infinity; overflow
/// (infinite, no class) when a feature is the largest finite number, which stands for one that overflowed.
/// x: d values; scratch: model.scratch_size() values. O(d p) and what anomaly_score costs,
/// allocates nothing. Always inlined: of a model that is a constant, half the addresses are too.
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
[[gnu::always_inline]] inline Score<Scalar> score_row(const DetectorModel<Scalar, Classes>& model,
                                                      ConstVectorView<Scalar> x, Scalar* scratch) {
  VectorView<const Scalar> z = x;
  if (x.stride != 1) {
    for (Index f = 0; f < model.features; ++f) scratch[f] = x[f];
    z = contiguous<const Scalar>(scratch, model.features);
  }
  RowSummary<Scalar> row{true, 0};
  if (detail::scales<allowed>(model)) {
    row = scale_row(model.scaling, z.data, scratch);
    z = contiguous<const Scalar>(scratch, model.features);
  } else {
    row.on_scale = !any_off_scale(z.data, model.features, 1);
  }
  if (!row.on_scale) {
    for (Index f = 0; f < model.features; ++f)
      if (!is_finite(x[f])) return {Status::non_finite, Scalar(0), -1, 0};
    return {Status::overflow, positive_infinity<Scalar>(), -1, 0};
  }
  if (detail::projects<allowed>(model)) z = detail::project_row(model, z, scratch);
  if constexpr ((allowed & without_bounds) == 0 && detail::may_have_bias<Classes>) {
    if ((allowed & without_distances) != 0 || model.anomaly.bias != nullptr) {
      const bool as_scaled = detail::scales<allowed>(model) && !detail::projects<allowed>(model);
      const Scalar square = as_scaled ? row.square : detail::sum_of_squares(z.data, z.size);
      return anomaly_score_by_bounds(model.anomaly, z.data, square, model.anomaly_scratch(scratch));
    }
  }
  return anomaly_score<allowed>(model.anomaly, z, model.anomaly_scratch(scratch));
}

/// Calls visit(f, share) with each input feature's share of what a row was judged by (see for_each_slope):
/// the shares add up to it, and may be negative. Through PCA, difference and slope are carried back into
/// feature space, where their products add up to the same sum. x: d finite values; score: what score_row()
/// said of it, with a class; scratch: as score_row() left it, destroyed. O(d p) and what for_each_slope
/// costs.
template <uint32_t allowed = every_part, typename Scalar, typename Classes, typename Visit>
[[gnu::always_inline]] inline void for_each_share(const DetectorModel<Scalar, Classes>& model,
                                                  ConstVectorView<Scalar> x, const Score<Scalar>& score,
                                                  Scalar* scratch, Visit visit) {
  const auto z = detail::scored_row<allowed>(model, VectorView<const Scalar>(x), scratch);
  Scalar* const rest = model.anomaly_scratch(scratch);
  if (!detail::projects<allowed>(model)) {
    for_each_slope<allowed>(model.anomaly, z, score, rest,
                            [&](Index f, Scalar difference, Scalar slope) { visit(f, difference * slope); });
    return;
  }
  // The scaled row is of no use any more, nor are coordinates that were visited. Of a distance from a centre
  // the difference is the slope.
  constexpr bool of_centers = (allowed & Classes::possible_parts & ~(radius_part | soft_part)) == 0;
  const auto differences = contiguous(scratch + model.features, model.projection.components);
  const auto slopes = of_centers ? differences : contiguous(scratch, model.projection.components);
  for_each_slope<allowed>(model.anomaly, z, score, rest, [&](Index c, Scalar difference, Scalar slope) {
    differences[c] = difference;
    slopes[c] = slope;
  });
  for (Index f = 0; f < model.features; ++f) {
    const PointAndSlope<Scalar> at = back_projected(model.projection, differences.data, slopes.data, f);
    visit(f, at.point * at.slope);
  }
}

/// Calls visit(f, fall) with by how much the squared Mahalanobis distance of a row falls if input feature f
/// alone takes the value that suits the others best: (A y)_f^2 / A_ff, with y the difference from the centre.
/// In [0, squared distance]; 0 for a feature that the model does not look at. Of a fault in one feature only,
/// no other has a larger fall (Alcala and Qin, Automatica 45, 2009: reconstruction-based contribution).
/// Arguments: as for_each_share, of a row that was judged by an ellipsoid. O(d^2), through PCA to p
/// components O(d p^2).
template <uint32_t allowed = every_part, typename Scalar, typename Visit>
inline void for_each_fall(const DetectorModel<Scalar>& model, ConstVectorView<Scalar> x,
                          const Score<Scalar>& score, Scalar* scratch, Visit visit) {
  const auto z = detail::scored_row<allowed>(model, VectorView<const Scalar>(x), scratch);
  Scalar* const rest = model.anomaly_scratch(scratch);
  const EllipsoidsModel<Scalar>& ellipsoids = model.anomaly.ellipsoids;
  const Index j = detail::ellipsoid_of(model.anomaly, score);
  const auto fall = [](Scalar slope, Scalar curvature) {
    return curvature > Scalar(0) ? slope * (slope / curvature) : Scalar(0);
  };
  detail::with_form_of<allowed>(score.part, [&](auto of) {
    using OwnEllipsoid = Ellipsoid<decltype(of)::form, Scalar>;
    const OwnEllipsoid own(ellipsoids, j, z, rest);
    if (!detail::projects<allowed>(model)) {
      for (Index f = 0; f < model.features; ++f) visit(f, fall(own.slope(f), own.curvature(f)));
      return;
    }
    // In feature space A is B A B', with a row of the basis B for each feature.
    ProjectionModel<Scalar> unit_variance = model.projection;
    unit_variance.variance = nullptr;
    const auto slopes = contiguous(scratch, z.size), zeros = contiguous(scratch + model.features, z.size);
    for (Index c = 0; c < z.size; ++c) slopes[c] = own.slope(c);
    for (Index c = 0; c < z.size; ++c) zeros[c] = 0;
    for (Index f = 0; f < model.features; ++f) {
      const auto row = contiguous(model.projection.basis + f * z.size, z.size);
      const OwnEllipsoid along(ellipsoids, j, row, zeros.data, rest);
      visit(f, fall(back_projected(unit_variance, VectorView<const Scalar>(slopes), f),
                    along.squared_distance()));
    }
  });
}

namespace detail {

/// The feature farthest from its offset in units of its scale, the lowest of equals; without scaling, the
/// largest magnitude.
template <typename Scalar, typename Classes>
inline int farthest_feature(const DetectorModel<Scalar, Classes>& model, VectorView<const Scalar> x) {
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

/// The feature that an alarm is put down to.
struct Culprit {
  int feature;
  float
      share;  ///< its part of all features' positive parts in what they are compared by; 1 where it overflows
};

/// The feature that an alarm is put down to, the lowest of equals: with the largest share of what the row was
/// judged by; of a Mahalanobis distance, with the largest fall, since there the shares of a fault spread over
/// the features that vary with it. Where one overflows (through PCA, all do), the feature that is farthest
/// out; without a class (cluster -1), the first feature that overflowed. scratch: as score_row() left it,
/// destroyed.
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
[[gnu::always_inline]] inline Culprit find_culprit(const DetectorModel<Scalar, Classes>& model,
                                                   ConstVectorView<Scalar> x, const Score<Scalar>& score,
                                                   Scalar* scratch) {
  int culprit = 0;
  if (score.cluster < 0) {
    while (absolute(x[culprit]) < ScalarTraits<Scalar>::largest()) ++culprit;
    return {culprit, 1};
  }
  Scalar largest = 0, all = 0;
  bool overflowed = false;
  const auto take = [&](Index f, Scalar part) {
    overflowed = overflowed || !is_finite(part);
    if (part > Scalar(0)) all += part;
    if (!(part > largest)) return;
    largest = part;
    culprit = static_cast<int>(f);
  };
  bool by_fall = false;
  if constexpr ((allowed & Classes::possible_parts & ellipsoid_parts) != 0) {
    by_fall = (score.part & ellipsoid_parts) != 0;
    if (by_fall) for_each_fall<allowed>(model, x, score, scratch, take);
  }
  if (!by_fall) for_each_share<allowed>(model, x, score, scratch, take);
  if (overflowed) return {detail::farthest_feature(model, VectorView<const Scalar>(x)), 1};
  if (!is_finite(all)) return {culprit, 1};
  return {culprit, all > Scalar(0) ? static_cast<float>(largest / all) : 0.0f};
}

/// Each input feature's share of what a row was judged by, d values (see for_each_share). Where one overflows
/// the culprit has all, infinity, and the others 0; of a row that is not finite all have 0. Returns ok,
/// overflow or non_finite. x: d values; scratch: model.scratch_size() values. O(d p) and what anomaly_score
/// costs, twice; allocates nothing.
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
inline Status shares_of_row(const DetectorModel<Scalar, Classes>& model, ConstVectorView<Scalar> x,
                            Scalar* scratch, VectorView<Scalar> shares) {
  const Score<Scalar> score = score_row<allowed>(model, x, scratch);
  Status status = score.status;
  if (status == Status::ok)
    for_each_share<allowed>(model, x, score, scratch, [&](Index f, Scalar share) {
      shares[f] = share;
      if (!is_finite(share)) status = Status::overflow;
    });
  if (status == Status::ok) return status;
  for (Index f = 0; f < shares.size; ++f) shares[f] = 0;
  if (status == Status::overflow)
    shares[find_culprit<allowed>(model, x, score_row<allowed>(model, x, scratch), scratch).feature] =
        positive_infinity<Scalar>();
  return status;
}

/// The verdict on a feature row that scored so: unknown when it is not finite, alarm strictly above score 1,
/// else normal. x: d values; score: what score_row() said of it; scratch: as score_row() left it, destroyed.
/// On alarm O(d p) and what for_each_slope costs; allocates nothing. Always inlined, as all it calls: of a
/// model that is a constant, sizes are too, and what it has not is left out.
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
[[gnu::always_inline]] inline Verdict verdict_on(const DetectorModel<Scalar, Classes>& model,
                                                 ConstVectorView<Scalar> x, const Score<Scalar>& score,
                                                 Scalar* scratch) {
  Verdict verdict;
  verdict.status = score.status;
  if (score.status == Status::non_finite) return verdict;
  verdict.score = static_cast<float>(score.value);
  verdict.tail_probability = static_cast<float>(tail_probability(model.anomaly, score.value));
  verdict.cluster = score.cluster;
  const bool alarm = score.status == Status::overflow || verdict.score > 1.0f;
  verdict.state = alarm ? State::alarm : State::normal;
  if (!alarm) return verdict;
  const Culprit culprit = find_culprit<allowed>(model, x, score, scratch);
  verdict.feature = culprit.feature;
  verdict.share = culprit.share;
  if (model.has_signal) verdict.channel = feature_name(model.signal, verdict.feature).channel;
  return verdict;
}

/// The verdict on one feature row, by its score. x: d values; scratch: model.scratch_size() values; allowed:
/// see raw_score. O(d p) and what anomaly_score costs, on alarm twice; allocates nothing. Always inlined, see
/// score_row().
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
[[gnu::always_inline]] inline Verdict judge(const DetectorModel<Scalar, Classes>& model,
                                            ConstVectorView<Scalar> x, Scalar* scratch) {
  const Score<Scalar> score = score_row<allowed>(model, x, scratch);
  return verdict_on<allowed>(model, x, score, scratch);
}

}  // namespace thrum

#endif  // THRUM_DETECTION_VERDICT_HPP
