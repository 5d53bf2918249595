// Prints what each kind of feature costs on a Cortex-M, in instructions per sample of a channel: what
// extract_features takes with it beyond what it takes without. feature_cost.sh builds and runs it in QEMU.

#include "thrum_firmware.hpp"

#include <stdint.h>

#include "instruction_counter.hpp"
#include "line.hpp"
#include "startup.hpp"

namespace {

constexpr int window = FEATURE_COST_WINDOW;
constexpr int channels = 3;
constexpr thrum::Index table_floats = 2 * window + 2;
constexpr thrum::Index scratch_floats = 4 * window;

InstructionCounter counter;
int16_t samples[window * channels];
float table[table_floats];
float scratch[scratch_floats];
float features[1024];

/// The mean alone: what is left is reading and normalising the samples, which all features need.
thrum::FeatureOptions least() {
  thrum::FeatureOptions options;
  options.channels = channels;
  options.window = options.hop = window;
  options.sampling_rate = 20000;
  options.mean = true;
  options.rms = options.median_absolute_deviation = options.peak_to_peak = options.crest_factor = false;
  options.skewness = options.kurtosis = options.zero_crossings = options.correlation = false;
  options.bands = 0;
  return options;
}

void fill_samples() {
  uint32_t state = 1;
  for (int16_t& sample : samples) {
    state = state * 1664525u + 1013904223u;
    sample = static_cast<int16_t>(state >> 18);
  }
}

uint64_t instructions(const thrum::FeatureOptions& options) {
  if (thrum::feature_table_size(options) > table_floats ||
      thrum::feature_scratch_size(options) > scratch_floats || check(options) != thrum::Status::ok)
    return 0;
  thrum::fill_feature_table(options, table);
  const thrum::WindowView<int16_t> view{thrum::row_major(samples, window, channels),
                                        thrum::row_major(samples, 0, channels)};
  const uint32_t before = counter.now();
  thrum::extract_features(options, view, table, scratch, features);
  return counter.instructions(InstructionCounter::ticks_between(before, counter.now()));
}

/// A row of the table: the cost of what `change` switches on.
template <typename Change>
void print(const char* name, uint64_t shared, Change change) {
  thrum::FeatureOptions options = least();
  const int features_before = feature_count(options);
  change(options);
  const uint64_t cost = instructions(options);
  const uint64_t tenths =
      cost > shared ? (10 * (cost - shared) + window * channels / 2) / (window * channels) : 0;
  Line line;
  line.text("| ").text(name).column(42).text("| ").number((feature_count(options) - features_before));
  line.column(52).text("| ").fraction(tenths / 10, static_cast<uint32_t>(tenths % 10), 10).column(62);
  line.text("| ").number(static_cast<uint32_t>(feature_scratch_size(options)) * 4).column(72).text("| ");
  line.number(static_cast<uint32_t>(thrum::feature_table_size(options)) * 4).column(82).text("|").end();
}

}  // namespace

int firmware_main() {
  using Options = thrum::FeatureOptions;
  fill_samples();
  counter.start();
  Line().text("window ").number(window).text(", channels ").number(channels).end();
  Line()
      .text("| feature")
      .column(42)
      .text("| number")
      .column(52)
      .text("| instr.")
      .column(62)
      .text("| scratch")
      .column(72)
      .text("| table")
      .column(82)
      .text("|")
      .end();
  Line().text("|---|---|---|---|---|").end();
  print("signal, mean and moments (shared)", 0, [](Options&) {});
  const uint64_t shared = instructions(least());
  print("rms", shared, [](Options& o) { o.rms = true; });
  print("median absolute deviation", shared, [](Options& o) { o.median_absolute_deviation = true; });
  print("peak to peak", shared, [](Options& o) { o.peak_to_peak = true; });
  print("crest factor", shared, [](Options& o) { o.crest_factor = true; });
  print("skewness", shared, [](Options& o) { o.skewness = true; });
  print("kurtosis", shared, [](Options& o) { o.kurtosis = true; });
  print("zero crossings", shared, [](Options& o) { o.zero_crossings = true; });
  print("32 bands, Hann's window", shared, [](Options& o) { o.bands = 32; });
  print("32 bands, 5 sine tapers", shared,
        [](Options& o) { o.bands = 32, o.spectrum = thrum::SpectrumKind::sine_tapers; });
  print("16 envelope bands", shared, [](Options& o) { o.envelope_bands = 16; });
  print("8 bands of spectral kurtosis", shared, [](Options& o) { o.spectral_kurtosis_bands = 8; });
  print("correlation", shared, [](Options& o) { o.correlation = true; });
  return 0;
}
