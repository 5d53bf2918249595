#ifndef THRUM_BENCH_FEATURE_KINDS_HPP
#define THRUM_BENCH_FEATURE_KINDS_HPP

#include "thrum/features/options.hpp"

/// Calls visit(name, set) for each kind of feature: set(options, on) switches it on or off. Those whose cost
/// feature_cost.cpp counts, and whose gain detection/main.cpp measures.
template <typename Visit>
void for_each_feature_kind(Visit visit) {
  using Options = thrum::FeatureOptions;
  visit("rms", [](Options& o, bool on) { o.rms = on; });
  visit("median absolute deviation", [](Options& o, bool on) { o.median_absolute_deviation = on; });
  visit("peak to peak", [](Options& o, bool on) { o.peak_to_peak = on; });
  visit("crest factor", [](Options& o, bool on) { o.crest_factor = on; });
  visit("skewness", [](Options& o, bool on) { o.skewness = on; });
  visit("kurtosis", [](Options& o, bool on) { o.kurtosis = on; });
  visit("zero crossings", [](Options& o, bool on) { o.zero_crossings = on; });
  visit("32 bands, Hann's window", [](Options& o, bool on) {
    o.bands = on ? 32 : 0;
    o.spectrum = thrum::SpectrumKind::hann;
  });
  visit("32 bands, 5 sine tapers", [](Options& o, bool on) {
    o.bands = on ? 32 : 0;
    o.spectrum = thrum::SpectrumKind::sine_tapers;
  });
  visit("16 envelope bands", [](Options& o, bool on) { o.envelope_bands = on ? 16 : 0; });
  visit("8 bands of spectral kurtosis", [](Options& o, bool on) { o.spectral_kurtosis_bands = on ? 8 : 0; });
  visit("correlation", [](Options& o, bool on) { o.correlation = on; });
}

#endif  // THRUM_BENCH_FEATURE_KINDS_HPP
