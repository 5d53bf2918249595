#ifndef THRUM_DETECTION_SELF_TEST_HPP
#define THRUM_DETECTION_SELF_TEST_HPP

#include <stdint.h>

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
                       signal.spectral_kurtosis_block};
  add_words(crc, words, static_cast<int>(sizeof(words) / sizeof(words[0])));
  const float numbers[] = {signal.sampling_rate,    signal.lowest_hz,          signal.highest_hz,
                           signal.energy_floor,     signal.envelope_lowest_hz, signal.envelope_highest_hz,
                           signal.envelope_limit_hz};
  crc.add(numbers, static_cast<int>(sizeof(numbers) / sizeof(numbers[0])));
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

#endif  // THRUM_DETECTION_SELF_TEST_HPP
