#include <benchmark/benchmark.h>

#include <cstdint>

#include "counters.hpp"
#include "thrum/core/random.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/input.hpp"

namespace {

using thrum::Index;

thrum::Matrix<std::int16_t> noise(Index frames, Index channels) {
  thrum::Random random(1);
  thrum::Matrix<std::int16_t> samples(frames, channels);
  for (std::int16_t& sample : samples.reshaped()) sample = static_cast<std::int16_t>(1000 * random.normal());
  return samples;
}

/// All default features of 8 channels in windows that overlap by half; samples are those of one channel.
void extract_windows(benchmark::State& state, thrum::SpectrumKind spectrum) {
  thrum::FeatureOptions signal;
  signal.channels = 8;
  signal.sampling_rate = 20000;
  signal.window = static_cast<int>(state.range(0));
  signal.hop = signal.window / 2;
  signal.bands = static_cast<int>(state.range(1));
  signal.spectrum = spectrum;
  const auto frames = noise(65536, signal.channels);
  while (state.KeepRunning()) benchmark::DoNotOptimize(thrum::extract_windows(signal, frames).data());
  count_samples(state, frames.size());
}

}  // namespace

BENCHMARK_CAPTURE(extract_windows, hann, thrum::SpectrumKind::hann)
    ->ArgNames({"window", "bands"})
    ->ArgsProduct({{256, 1024, 4096}, {0, 16}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(extract_windows, sine_tapers, thrum::SpectrumKind::sine_tapers)
    ->ArgNames({"window", "bands"})
    ->ArgsProduct({{256, 1000, 1024, 4096}, {16}})
    ->Unit(benchmark::kMillisecond);
