// thrum.h on top of thrum::fixed::Detector, for one model. The only C++ that a firmware in C compiles; one
// that learns its model compiles learning.cpp.

#include "thrum.h"

#include "thrum_firmware.hpp"
//
#include THRUM_MODEL_HEADER

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace {

constexpr const auto& model = THRUM_MODEL_NAME;
using Detector = thrum::fixed::Detector<model>;

// A template, so that the compiler's message has both numbers.
template <size_t needed, size_t given>
struct Storage {
  static_assert(needed <= given, "THRUM_DETECTOR_BYTES is too small: Storage<needed, given>");
};
template struct Storage<sizeof(Detector), sizeof(thrum_detector)>;
static_assert(alignof(Detector) <= alignof(thrum_detector), "a detector needs a stricter alignment");

// ---- the values of C are those of C++, and C has all of them: the next one has no words

template <typename OfC, typename OfCpp>
constexpr bool same(OfC c, OfCpp cpp) {
  return static_cast<int>(c) == static_cast<int>(cpp);
}
template <typename Enum>
constexpr bool is_last(Enum value) {
  return to_string(static_cast<Enum>(static_cast<int>(value) + 1))[0] == '?';
}

using thrum::Status;
static_assert(same(THRUM_STATUS_NOT_FITTED, Status::not_fitted) && same(THRUM_STATUS_OK, Status::ok) &&
              same(THRUM_STATUS_WRONG_SIZE, Status::wrong_size) &&
              same(THRUM_STATUS_OUT_OF_RANGE, Status::out_of_range) &&
              same(THRUM_STATUS_NON_FINITE, Status::non_finite) &&
              same(THRUM_STATUS_OVERFLOW, Status::overflow) &&
              same(THRUM_STATUS_CORRUPT_MODEL, Status::corrupt_model) &&
              same(THRUM_STATUS_SELF_TEST_FAILED, Status::self_test_failed) &&
              same(THRUM_STATUS_UNSUPPORTED, Status::unsupported) && is_last(Status::unsupported));

using thrum::State;
static_assert(same(THRUM_STATE_UNKNOWN, State::unknown) && same(THRUM_STATE_NORMAL, State::normal) &&
              same(THRUM_STATE_ALARM, State::alarm) && same(THRUM_STATE_SENSOR_FAULT, State::sensor_fault) &&
              same(THRUM_STATE_IDLE, State::idle) && is_last(State::idle));

using thrum::SensorFault;
static_assert(same(THRUM_FAULT_NONE, SensorFault::none) &&
              same(THRUM_FAULT_NON_FINITE, SensorFault::non_finite) &&
              same(THRUM_FAULT_DISCONNECTED, SensorFault::disconnected) &&
              same(THRUM_FAULT_STUCK, SensorFault::stuck) &&
              same(THRUM_FAULT_CLIPPED, SensorFault::clipped) &&
              same(THRUM_FAULT_RATE_OFF, SensorFault::rate_off) && is_last(SensorFault::rate_off));

using thrum::FeatureKind;
static_assert(same(THRUM_FEATURE_MEAN, FeatureKind::mean) && same(THRUM_FEATURE_RMS, FeatureKind::rms) &&
              same(THRUM_FEATURE_MEDIAN_ABSOLUTE_DEVIATION, FeatureKind::median_absolute_deviation) &&
              same(THRUM_FEATURE_PEAK_TO_PEAK, FeatureKind::peak_to_peak) &&
              same(THRUM_FEATURE_CREST_FACTOR, FeatureKind::crest_factor) &&
              same(THRUM_FEATURE_SKEWNESS, FeatureKind::skewness) &&
              same(THRUM_FEATURE_KURTOSIS, FeatureKind::kurtosis) &&
              same(THRUM_FEATURE_ZERO_CROSSINGS, FeatureKind::zero_crossings) &&
              same(THRUM_FEATURE_BAND_ENERGY, FeatureKind::band_energy) &&
              same(THRUM_FEATURE_ENVELOPE_ENERGY, FeatureKind::envelope_energy) &&
              same(THRUM_FEATURE_SPECTRAL_KURTOSIS, FeatureKind::spectral_kurtosis) &&
              same(THRUM_FEATURE_CORRELATION, FeatureKind::correlation) &&
              same(THRUM_FEATURE_INPUT, FeatureKind::input) && is_last(FeatureKind::input));

static_assert(THRUM_PACKED_VERDICT_BYTES == thrum::packed_verdict_size);

// All zero is a detector at its start, so that none need be constructed.
Detector& of(thrum_detector* detector) { return *reinterpret_cast<Detector*>(detector->bytes); }
const Detector& of(const thrum_detector* detector) {
  return *reinterpret_cast<const Detector*>(detector->bytes);
}

}  // namespace

extern "C" {

const thrum_sizes thrum_model_sizes = {model.signal.channels,
                                       static_cast<int>(model.signal.window),
                                       static_cast<int>(model.signal.hop),
                                       thrum::feature_count(model.signal),
                                       model.signal.inputs,
                                       Detector::steps_per_window};

void thrum_detector_init(thrum_detector* detector) { memset(detector, 0, sizeof(*detector)); }

bool thrum_detector_resume(thrum_detector* detector) { return of(detector).resume(); }

thrum_status thrum_detector_self_test(thrum_detector* detector) {
  return static_cast<thrum_status>(of(detector).self_test());
}

ptrdiff_t thrum_detector_write(thrum_detector* detector, const int16_t* frames, ptrdiff_t count) {
  return of(detector).write(frames, count);
}

ptrdiff_t thrum_detector_write_planar(thrum_detector* detector, const int16_t* const* channels,
                                      ptrdiff_t count) {
  return of(detector).write_planar(channels, count);
}

ptrdiff_t thrum_detector_write_at(thrum_detector* detector, const int16_t* frames, ptrdiff_t count,
                                  uint32_t microseconds) {
  return of(detector).write(frames, count, microseconds);
}

void thrum_detector_gap(thrum_detector* detector, ptrdiff_t frames) { of(detector).gap(frames); }

thrum_status thrum_detector_set_input(thrum_detector* detector, int i, float value) {
  return static_cast<thrum_status>(of(detector).set_input(i, value));
}

bool thrum_detector_poll(thrum_detector* detector, int budget) { return of(detector).poll(budget); }

void thrum_detector_restart(thrum_detector* detector) { of(detector).restart(); }

thrum_verdict thrum_detector_verdict(const thrum_detector* detector) {
  const thrum::Verdict& verdict = of(detector).verdict();
  return {static_cast<thrum_status>(verdict.status),
          static_cast<thrum_state>(verdict.state),
          static_cast<thrum_fault>(verdict.fault),
          verdict.score,
          verdict.tail_probability,
          verdict.cluster,
          verdict.feature,
          verdict.channel,
          verdict.share};
}

void thrum_detector_pack_verdict(const thrum_detector* detector, uint8_t* bytes) {
  thrum::pack(of(detector).verdict(), bytes);
}

thrum_state thrum_detector_state(const thrum_detector* detector) {
  return static_cast<thrum_state>(of(detector).state());
}

const float* thrum_detector_features(const thrum_detector* detector) { return of(detector).features(); }

thrum_counters thrum_detector_counters(const thrum_detector* detector) {
  return {of(detector).overruns(), of(detector).missing_frames(), of(detector).discarded_windows()};
}

thrum_feature_name thrum_name_of_feature(int i) {
  const thrum::FeatureName name = thrum::feature_name(model.signal, i);
  return {static_cast<thrum_feature_kind>(name.kind), name.channel, name.detail};
}

const char* thrum_status_text(thrum_status status) { return to_string(static_cast<Status>(status)); }
const char* thrum_state_text(thrum_state state) { return to_string(static_cast<State>(state)); }
const char* thrum_fault_text(thrum_fault fault) { return to_string(static_cast<SensorFault>(fault)); }
const char* thrum_feature_kind_text(thrum_feature_kind kind) {
  return to_string(static_cast<FeatureKind>(kind));
}

}  // extern "C"
