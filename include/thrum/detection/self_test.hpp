#ifndef THRUM_DETECTION_SELF_TEST_HPP
#define THRUM_DETECTION_SELF_TEST_HPP

#include <stdint.h>

#include "thrum/algorithm/quantised.hpp"
#include "thrum/core/crc32.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/features/options.hpp"

namespace thrum {

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
                       signal.bands,
                       static_cast<int>(signal.spectrum),
                       signal.tapers,
                       signal.envelope_bands,
                       signal.spectral_kurtosis_bands,
                       signal.spectral_kurtosis_block,
                       signal.sensors.stuck_frames,
                       signal.sensors.clipped_frames,
                       signal.inputs};
  add_words(crc, words, static_cast<int>(sizeof(words) / sizeof(words[0])));
  const float numbers[] = {signal.sampling_rate,      signal.lowest_hz,
                           signal.highest_hz,         signal.energy_floor,
                           signal.envelope_lowest_hz, signal.envelope_highest_hz,
                           signal.envelope_limit_hz,  signal.sensors.rate_tolerance,
                           signal.sensors.run_up};
  crc.add(numbers, static_cast<int>(sizeof(numbers) / sizeof(numbers[0])));
  for (int c = 0; c < signal.channels; ++c) {
    crc.add(signal.channel[c].counts_per_unit);
    crc.add(signal.channel[c].full_scale);
    crc.add(signal.channel[c].flat_range);
    crc.add(signal.channel[c].idle_level);
    for (const char letter : signal.channel[c].unit) crc.add_byte(static_cast<uint8_t>(letter));
  }
}

/// What only some kinds of scores have.
struct KindSizes {
  int ellipsoids, rank, soft;
};
template <typename Scalar>
constexpr KindSizes kind_sizes(const AnomalyModel<Scalar>& anomaly) {
  return {anomaly.ellipsoid_count, anomaly.ellipsoids.rank, anomaly.soft.count};
}
template <typename Stored, int d, int k>
constexpr KindSizes kind_sizes(const QuantisedClasses<Stored, d, k>&) {
  return {-static_cast<int>(sizeof(Stored)), 0, 0};
}

template <typename Scalar>
inline void add_kind_numbers(Crc32& crc, const AnomalyModel<Scalar>& anomaly) {
  crc.add(anomaly.soft.inverse_width);
}
template <typename Stored, int d, int k>
inline void add_kind_numbers(Crc32& crc, const QuantisedClasses<Stored, d, k>& classes) {
  crc.add(classes.unit);
  crc.add(classes.step);
}

}  // namespace detail

/// Calls visit(name, array, size) for every array of numbers in a model, in a fixed order; those it does not
/// have are null. Model: a DetectorModel, const or not; of one that is not, visit may set the pointer.
template <typename Model, typename Visit>
inline void for_each_array(Model& model, Visit visit) {
  const Index d = model.features, p = model.projection.components;
  visit("offset", model.scaling.offset, d);
  visit("factor", model.scaling.factor, d);
  visit("mean", model.projection.mean, d);
  visit("basis", model.projection.basis, d * p);
  visit("variance", model.projection.variance, p);
  model.anomaly.for_each_array(model.anomaly, visit);
  visit("self_test_rows", model.self_tests.rows, d * model.self_tests.count);
  visit("self_test_scores", model.self_tests.scores, static_cast<Index>(model.self_tests.count));
}

/// CRC-32 of everything in a model but the checksum itself, by value: the same on laptop and chip.
/// O(bytes); about 30 instructions a byte, hence at boot and not in a static_assert.
template <typename Scalar, typename Classes>
inline uint32_t checksum_of(const DetectorModel<Scalar, Classes>& model) {
  Crc32 crc;
  crc.add(model.schema);
  const detail::KindSizes kind = detail::kind_sizes(model.anomaly);
  const int sizes[] = {model.features,
                       model.has_signal,
                       model.scaling.features,
                       model.projection.features,
                       model.projection.components,
                       model.anomaly.features,
                       model.anomaly.clusters,
                       static_cast<int>(model.anomaly.parts),
                       kind.ellipsoids,
                       kind.rank,
                       kind.soft,
                       model.monitor.votes,
                       model.monitor.window,
                       model.monitor.release,
                       model.monitor.minimum_duration,
                       model.monitor.cool_down,
                       model.self_tests.count};
  detail::add_words(crc, sizes, static_cast<int>(sizeof(sizes) / sizeof(sizes[0])));
  if (model.has_signal) detail::add_signal(crc, model.signal);
  for_each_array(model, [&crc](const char*, const auto* values, Index size) { crc.add(values, size); });
  crc.add(model.monitor.threshold);
  crc.add(model.anomaly.threshold);
  detail::add_kind_numbers(crc, model.anomaly);
  crc.add(model.self_tests.tolerance);
  return crc.value();
}

/// Checks a model in the place and build where it is to run: corrupt_model when the checksum differs,
/// self_test_failed when a self-test row does not get its score, ok otherwise.
/// scratch: model.scratch_size() values. Allocates nothing.
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
inline Status self_test(const DetectorModel<Scalar, Classes>& model, Scalar* scratch) {
  if (model.schema != model_schema || checksum_of(model) != model.checksum) return Status::corrupt_model;
  for (Index i = 0; i < model.self_tests.count; ++i) {
    const auto row = contiguous(model.self_tests.rows + i * model.features, model.features);
    const Score<Scalar> score = score_row<allowed>(model, row, scratch);
    const Scalar expected = model.self_tests.scores[i];
    const Scalar tolerated = model.self_tests.tolerance * larger(Scalar(1), absolute(expected));
    if (score.status != Status::ok || !(absolute(score.value - expected) <= tolerated))
      return Status::self_test_failed;
  }
  return Status::ok;
}

}  // namespace thrum

#endif  // THRUM_DETECTION_SELF_TEST_HPP
