#ifndef THRUM_DETECTION_SELF_TEST_HPP
#define THRUM_DETECTION_SELF_TEST_HPP

#include <stdint.h>

#include "thrum/core/crc32.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/model_settings.hpp"
#include "thrum/detection/verdict.hpp"

namespace thrum {

namespace detail {

/// Adds numbers of a model to a checksum, integers as 32 bits.
struct AddToChecksum {
  Crc32& crc;

  void operator()(float value) { crc.add(value); }
  void operator()(double value) { crc.add(value); }
  template <typename Integer>
  void operator()(Integer value) {
    crc.add(static_cast<uint32_t>(value));
  }
  template <typename Number>
  void operator()(const SettingName&, Number value) {
    (*this)(value);
  }
  void operator()(const SettingName&, const char (&unit)[8]) {
    for (const char letter : unit) crc.add_byte(static_cast<uint8_t>(letter));
  }
  template <typename Number>
  void operator()(const char*, const Number* values, Index size) {
    crc.add(values, size);
  }
};

}  // namespace detail

/// CRC-32 of everything in a model but the checksum itself, by value: the same on laptop and chip.
/// O(bytes); about 30 instructions a byte, hence at boot and not in a static_assert.
template <typename Scalar, typename Classes>
inline uint32_t checksum_of(const DetectorModel<Scalar, Classes>& model) {
  Crc32 crc;
  detail::AddToChecksum add{crc};
  add(model.schema);
  for_each_stage(model, add);
  for_each_setting(model, add);
  for_each_array(model, add);
  add(model.self_tests.tolerance);
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
