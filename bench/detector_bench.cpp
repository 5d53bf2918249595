#include <benchmark/benchmark.h>

#include <cstdint>

#include "mixture.hpp"
#include "thrum/detector.hpp"
#include "thrum/feature_extractor.hpp"

namespace {

/// The whole chain of stages on rows of 33 features, 32 classes.
void detector_score(benchmark::State& state) {
  const auto x = gaussian_mixture<float>(state.range(0), 33, 32);
  thrum::DetectorOptions options;
  options.kmeans.clusters = 32;
  thrum::Detector<float> detector(options);
  detector.fit(x.topRows(2000));
  for (auto _ : state) benchmark::DoNotOptimize(detector.score(x).data());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// All default features of 8 channels, windows of 1024 frames every 512; items are samples of one channel.
void extract_features(benchmark::State& state) {
  thrum::FeatureOptions signal;
  signal.channels = 8;
  signal.sampling_rate = 20000;
  thrum::Random random(1);
  thrum::Matrix<std::int16_t> frames(state.range(0), signal.channels);
  for (std::int16_t& sample : frames.reshaped()) sample = static_cast<std::int16_t>(1000 * random.normal());
  for (auto _ : state) benchmark::DoNotOptimize(thrum::extract_windows(signal, frames).data());
  state.SetItemsProcessed(state.iterations() * frames.size());
}

}  // namespace

BENCHMARK(detector_score)->Arg(100000)->Unit(benchmark::kMillisecond);
BENCHMARK(extract_features)->Arg(65536)->Unit(benchmark::kMillisecond);
