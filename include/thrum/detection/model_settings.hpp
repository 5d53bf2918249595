#ifndef THRUM_DETECTION_MODEL_SETTINGS_HPP
#define THRUM_DETECTION_MODEL_SETTINGS_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/features/options.hpp"

// What a model consists of, one by one: the only list of it. Checksums, files and images all go by it.

namespace thrum {

/// What a setting is called in files.
struct SettingName {
  const char* group;      ///< "monitor", "signal", "channel", "sensors", "projection" or "anomaly"
  const char* name;       ///< that of the member
  int channel = -1;       ///< of the group "channel"
  bool optional = false;  ///< is 0 where a file leaves it out
};

namespace detail {

template <typename Channel, typename Visit>
inline void for_each_channel_setting(Channel& channel, int c, Visit& visit) {
  visit(SettingName{"channel", "counts_per_unit", c}, channel.counts_per_unit);
  visit(SettingName{"channel", "full_scale", c}, channel.full_scale);
  visit(SettingName{"channel", "unit", c}, channel.unit);
  visit(SettingName{"channel", "flat_range", c, true}, channel.flat_range);
  visit(SettingName{"channel", "idle_level", c, true}, channel.idle_level);
}

template <typename Signal, typename Visit>
inline void for_each_signal_setting(Signal& signal, Visit& visit) {
  const auto at = [&visit](const char* name, auto& value) { visit(SettingName{"signal", name}, value); };
  at("channels", signal.channels);
  at("window", signal.window);
  at("hop", signal.hop);
  at("sampling_rate", signal.sampling_rate);
  at("mean", signal.mean);
  at("rms", signal.rms);
  at("median_absolute_deviation", signal.median_absolute_deviation);
  at("peak_to_peak", signal.peak_to_peak);
  at("crest_factor", signal.crest_factor);
  at("skewness", signal.skewness);
  at("kurtosis", signal.kurtosis);
  at("zero_crossings", signal.zero_crossings);
  at("correlation", signal.correlation);
  at("bands", signal.bands);
  at("lowest_hz", signal.lowest_hz);
  at("highest_hz", signal.highest_hz);
  at("energy_floor", signal.energy_floor);
  at("spectrum", signal.spectrum);
  at("tapers", signal.tapers);
  at("envelope_bands", signal.envelope_bands);
  at("envelope_lowest_hz", signal.envelope_lowest_hz);
  at("envelope_highest_hz", signal.envelope_highest_hz);
  at("envelope_limit_hz", signal.envelope_limit_hz);
  at("spectral_kurtosis_bands", signal.spectral_kurtosis_bands);
  at("spectral_kurtosis_block", signal.spectral_kurtosis_block);
  for (int c = 0; c < smaller(signal.channels, max_channels); ++c)
    for_each_channel_setting(signal.channel[c], c, visit);
  visit(SettingName{"sensors", "stuck_frames", -1, true}, signal.sensors.stuck_frames);
  visit(SettingName{"sensors", "clipped_frames", -1, true}, signal.sensors.clipped_frames);
  visit(SettingName{"sensors", "rate_tolerance", -1, true}, signal.sensors.rate_tolerance);
  visit(SettingName{"sensors", "run_up", -1, true}, signal.sensors.run_up);
  visit(SettingName{"signal", "inputs", -1, true}, signal.inputs);
  visit(SettingName{"signal", "arithmetic", -1, true}, signal.arithmetic);
}

}  // namespace detail

/// Calls visit(number) for what must be known of a model before its settings can be told, all of them int,
/// bool or uint32_t: its stages, the parts of its scores, and how many self-tests there are. Model: a
/// DetectorModel, const or not.
template <typename Model, typename Visit>
inline void for_each_stage(Model& model, Visit visit) {
  visit(model.features);
  visit(model.has_signal);
  visit(model.scaling.features);
  visit(model.projection.features);
  visit(model.anomaly.parts);
  visit(model.self_tests.count);
}

/// Calls visit(SettingName, value) for every number in a model but those of for_each_stage() and the arrays,
/// in a fixed order. Values are int, bool, Scalar, SpectrumKind, Arithmetic and char[8]. Model: as above.
template <typename Model, typename Visit>
inline void for_each_setting(Model& model, Visit visit) {
  visit(SettingName{"monitor", "votes"}, model.monitor.votes);
  visit(SettingName{"monitor", "window"}, model.monitor.window);
  visit(SettingName{"monitor", "release"}, model.monitor.release);
  visit(SettingName{"monitor", "threshold"}, model.monitor.threshold);
  visit(SettingName{"monitor", "minimum_duration", -1, true}, model.monitor.minimum_duration);
  visit(SettingName{"monitor", "cool_down", -1, true}, model.monitor.cool_down);
  if (model.has_signal) detail::for_each_signal_setting(model.signal, visit);
  if (model.projects()) visit(SettingName{"projection", "components"}, model.projection.components);
  model.anomaly.for_each_setting(model.anomaly,
                                 [&visit](const char* name, auto& value, bool optional = false) {
                                   visit(SettingName{"anomaly", name, -1, optional}, value);
                                 });
}

/// Calls visit(name, array, size) for every array of numbers in a model, in a fixed order; those it does not
/// have are null. Model: as above; of one that is not const, visit may set the pointer.
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

}  // namespace thrum

#endif  // THRUM_DETECTION_MODEL_SETTINGS_HPP
