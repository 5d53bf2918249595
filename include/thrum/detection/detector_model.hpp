#ifndef THRUM_DETECTION_DETECTOR_MODEL_HPP
#define THRUM_DETECTION_DETECTOR_MODEL_HPP

#include <stdint.h>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/projection.hpp"
#include "thrum/algorithm/scaling.hpp"
#include "thrum/core/crc32.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/monitor.hpp"
#include "thrum/features/options.hpp"

namespace thrum {

/// Version of the model's layout; a header written for another one does not compile.
constexpr uint32_t model_schema = 1;

/// Feature rows with the scores they must get, for a check on the device itself.
template <typename Scalar>
struct SelfTests {
  const Scalar* rows = nullptr;    ///< count x d
  const Scalar* scores = nullptr;  ///< count
  int count = 0;
  Scalar tolerance = 0;  ///< |score - expected| <= tolerance * max(1, |expected|)
};

/// A fitted detector as plain data that somebody else owns: Eigen matrices on the laptop, constexpr arrays in
/// flash. A stage that is not used has no features and null pointers.
template <typename Scalar>
struct DetectorModel {
  uint32_t schema = model_schema;
  uint32_t checksum = 0;  ///< `checksum_of` the model
  int features = 0;       ///< d, of a feature row
  bool has_signal = false;
  FeatureOptions signal{};  ///< how feature rows come from windows, when has_signal
  MonitorOptions monitor{};
  ScalingModel<Scalar> scaling{};
  ProjectionModel<Scalar> projection{};
  AnomalyModel<Scalar> anomaly{};
  SelfTests<Scalar> self_tests{};

  constexpr bool scales() const { return scaling.features > 0; }
  constexpr bool projects() const { return projection.features > 0; }
  /// Scalars of scratch that scoring one row needs.
  constexpr int scratch_size() const { return features + projection.components; }
};

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
  if (overflowed) return {Status::overflow, infinity<Scalar>(), -1};
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
  const bool alarm = score.status == Status::overflow || score.value > Scalar(1);
  verdict.state = alarm ? State::alarm : State::normal;
  if (!alarm) return verdict;
  verdict.feature = culprit_feature(model, x, score.cluster, scratch);
  if (model.has_signal) verdict.channel = feature_name(model.signal, verdict.feature).channel;
  return verdict;
}

namespace detail {

inline void add_words(Crc32& crc, const int* words, int count) {
  for (int i = 0; i < count; ++i) crc.add(static_cast<uint32_t>(words[i]));
}

inline void add_signal(Crc32& crc, const FeatureOptions& signal) {
  const int words[] = {signal.channels,
                       signal.window,
                       signal.hop,
                       signal.mean,
                       signal.rms,
                       signal.median_absolute_deviation,
                       signal.peak_to_peak,
                       signal.crest_factor,
                       signal.skewness,
                       signal.kurtosis,
                       signal.zero_crossings,
                       signal.correlation,
                       signal.bands};
  add_words(crc, words, static_cast<int>(sizeof(words) / sizeof(words[0])));
  const float numbers[] = {signal.sampling_rate, signal.lowest_hz, signal.highest_hz, signal.energy_floor};
  crc.add(numbers, 4);
  for (int c = 0; c < signal.channels; ++c) {
    crc.add(signal.channel[c].counts_per_unit);
    crc.add(signal.channel[c].full_scale);
    for (const char letter : signal.channel[c].unit) crc.add_byte(static_cast<uint8_t>(letter));
  }
}

}  // namespace detail

/// CRC-32 of everything in a model but the checksum itself, by value: the same on laptop and chip.
/// O(bytes); about 30 instructions a byte, hence at boot and not in a static_assert.
template <typename Scalar>
inline uint32_t checksum_of(const DetectorModel<Scalar>& model) {
  const Index d = model.features;
  const Index p = model.projection.components;
  const Index k = model.anomaly.clusters;
  Crc32 crc;
  crc.add(model.schema);
  const int sizes[] = {model.features,
                       model.has_signal,
                       model.scaling.features,
                       model.projection.features,
                       model.projection.components,
                       model.anomaly.features,
                       model.anomaly.clusters,
                       model.monitor.votes,
                       model.monitor.window,
                       model.monitor.release,
                       model.self_tests.count};
  detail::add_words(crc, sizes, static_cast<int>(sizeof(sizes) / sizeof(sizes[0])));
  if (model.has_signal) detail::add_signal(crc, model.signal);
  crc.add(model.scaling.offset, d);
  crc.add(model.scaling.factor, d);
  crc.add(model.projection.mean, d);
  crc.add(model.projection.basis, d * p);
  crc.add(model.projection.variance, p);
  crc.add(model.anomaly.centers, model.anomaly.features * k);
  crc.add(model.anomaly.inverse_squared_radius, k);
  crc.add(model.anomaly.threshold);
  crc.add(model.self_tests.rows, d * model.self_tests.count);
  crc.add(model.self_tests.scores, model.self_tests.count);
  crc.add(model.self_tests.tolerance);
  return crc.value();
}

/// Checks a model in the place and build where it is to run: corrupt_model when the checksum differs,
/// self_test_failed when a self-test row does not get its score, ok otherwise.
/// scratch: model.scratch_size() values. Allocates nothing.
template <typename Scalar>
inline Status self_test(const DetectorModel<Scalar>& model, Scalar* scratch) {
  if (model.schema != model_schema || checksum_of(model) != model.checksum) return Status::corrupt_model;
  for (Index i = 0; i < model.self_tests.count; ++i) {
    const auto row = contiguous(model.self_tests.rows + i * model.features, model.features);
    const Score<Scalar> score = score_row(model, row, scratch);
    const Scalar expected = model.self_tests.scores[i];
    const Scalar allowed = model.self_tests.tolerance * larger(Scalar(1), absolute(expected));
    if (score.status != Status::ok || !(absolute(score.value - expected) <= allowed))
      return Status::self_test_failed;
  }
  return Status::ok;
}

}  // namespace thrum

#endif  // THRUM_DETECTION_DETECTOR_MODEL_HPP
