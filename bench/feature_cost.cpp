// Prints what each kind of feature costs on a Cortex-M, in instructions per sample of a channel: what
// extract_features takes with it beyond what it takes without. feature_cost.sh builds and runs it in QEMU.

#include "thrum_firmware.hpp"

#include <stdint.h>

#include "feature_kinds.hpp"
#include "instruction_counter.hpp"
#include "line.hpp"
#include "startup.hpp"

namespace {

constexpr int window = FEATURE_COST_WINDOW;
constexpr int channels = 3;
constexpr int most_features = 1024;
constexpr thrum::Index table_floats = 2 * window + 2;
constexpr thrum::Index scratch_floats = 4 * window;

InstructionCounter counter;
int16_t samples[window * channels];
float table[table_floats];
float scratch[scratch_floats];
float features[most_features];

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

/// Of extract_features for one window; options must pass check().
uint64_t instructions(const thrum::FeatureOptions& options) {
  thrum::fill_feature_table(options, table);
  const thrum::WindowView<int16_t> view{thrum::row_major(samples, window, channels),
                                        thrum::row_major(samples, 0, channels)};
  const uint32_t before = counter.now();
  thrum::extract_features(options, view, table, scratch, features);
  return counter.instructions(InstructionCounter::ticks_between(before, counter.now()));
}

Line start_row(const char* feature) {
  Line line;
  line.text("| ").text(feature).column(38).text("| ");
  return line;
}

/// A row of the table: what the features that `change` switches on cost beyond `shared`.
template <typename Change>
void print(const char* name, uint64_t shared, Change change) {
  thrum::FeatureOptions options = least();
  const int count_before = feature_count(options);
  change(options);
  Line line = start_row(name);
  if (check(options) != thrum::Status::ok || thrum::feature_table_size(options) > table_floats ||
      thrum::feature_scratch_size(options) > scratch_floats || feature_count(options) > most_features) {
    line.text("not of this window").column(78).text("|").end();
    return;
  }
  const uint64_t all = instructions(options);
  const uint64_t cost = all > shared ? all - shared : 0;
  const uint64_t tenths = (10 * cost + window * channels / 2) / (window * channels);
  line.number(feature_count(options) - count_before).column(48);
  line.text("| ").fraction(tenths / 10, static_cast<uint32_t>(tenths % 10), 10).column(58);
  line.text("| ").number(static_cast<uint32_t>(feature_scratch_size(options)) * 4).column(68).text("| ");
  line.number(static_cast<uint32_t>(feature_table_size(options)) * 4).column(78).text("|").end();
}

}  // namespace

int firmware_main() {
  using Options = thrum::FeatureOptions;
  fill_samples();
  counter.start();
  Line().text("window ").number(window).text(", channels ").number(channels).end();
  start_row("feature")
      .text("number")
      .column(48)
      .text("| instr.")
      .column(58)
      .text("| scratch")
      .column(68)
      .text("| table")
      .column(78)
      .text("|")
      .end();
  Line().text("|---|---|---|---|---|").end();
  print("signal, mean and moments (shared)", 0, [](Options&) {});
  const uint64_t shared = instructions(least());
  for_each_feature_kind([shared](const char* name, auto set) {
    print(name, shared, [set](Options& options) { set(options, true); });
  });
  return 0;
}
