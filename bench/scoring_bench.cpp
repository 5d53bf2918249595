#include <benchmark/benchmark.h>

#include "counters.hpp"
#include "mixture.hpp"
#include "thrum/anomaly_scorer.hpp"
#include "thrum/detector.hpp"
#include "thrum/input.hpp"

namespace {

using thrum::Index;

/// The whole chain: scaled, projected to 95 % of the variance, scored against k classes.
template <typename Scalar>
void detector_score(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1), k = state.range(2);
  const auto& x = kept_mixture<Scalar>(n, d, k);
  thrum::DetectorOptions options;
  options.kmeans.clusters = static_cast<int>(k);
  thrum::Detector<Scalar> detector(options);
  detector.fit(x.topRows(2000));
  for (auto _ : state) benchmark::DoNotOptimize(detector.score(x).data());
  count_samples(state, n);
}

/// The chain of the lecture, projected to 12 components, with each kind of score.
template <thrum::AnomalyKind kind, int soft_subspaces = 0>
void detector_score_of_kind(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1), k = state.range(2);
  const auto& x = kept_mixture<float>(n, d, k);
  thrum::DetectorOptions options;
  options.pca = thrum::PCAOptions{12, 0, false};
  options.kmeans.clusters = static_cast<int>(k);
  options.scorer.kind = kind;
  options.scorer.soft_subspaces = soft_subspaces;
  thrum::Detector<float> detector(options);
  detector.fit(x.topRows(2000));
  for (auto _ : state) benchmark::DoNotOptimize(detector.score(x).data());
  count_samples(state, n);
}

/// The last stage alone.
template <typename Scalar>
void scorer_score(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1), k = state.range(2);
  const auto& x = kept_mixture<Scalar>(n, d, k);
  thrum::AnomalyScorer<Scalar> scorer;
  scorer.fit(x.topRows(2000), x.topRows(k));
  thrum::Vector<Scalar> scores(n);
  for (auto _ : state) {
    scorer.score(x, thrum::contiguous(scores.data(), n));
    benchmark::ClobberMemory();
  }
  count_operations(state, distance_operations(n, d, k));
  count_samples(state, n);
}

template <typename Scalar>
void scorer_fit(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1), k = state.range(2);
  const auto& x = kept_mixture<Scalar>(n, d, k);
  thrum::AnomalyScorer<Scalar> scorer;
  for (auto _ : state) {
    scorer.fit(x, x.topRows(k));
    benchmark::ClobberMemory();
  }
  count_samples(state, n);
}

void machines(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"n", "d", "k"})
      ->Args({20000, 33, 1})
      ->Args({20000, 33, 32})
      ->Args({20000, 212, 4})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

void one_machine(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"n", "d", "k"})->Args({20000, 33, 4})->Unit(benchmark::kMillisecond)->UseRealTime();
}

}  // namespace

BENCHMARK(detector_score<float>)->Apply(machines);
BENCHMARK(detector_score<double>)->Apply(machines);
BENCHMARK(detector_score_of_kind<thrum::AnomalyKind::radius>)->Apply(one_machine);
BENCHMARK(detector_score_of_kind<thrum::AnomalyKind::mahalanobis>)->Apply(one_machine);
BENCHMARK(detector_score_of_kind<thrum::AnomalyKind::soft>)->Apply(one_machine);
BENCHMARK(detector_score_of_kind<thrum::AnomalyKind::soft, 1>)->Apply(one_machine);
BENCHMARK(detector_score_of_kind<thrum::AnomalyKind::tails>)->Apply(one_machine);
BENCHMARK(detector_score_of_kind<thrum::AnomalyKind::residual>)->Apply(one_machine);
BENCHMARK(detector_score_of_kind<thrum::AnomalyKind::automatic>)->Apply(one_machine);
BENCHMARK(scorer_score<float>)->Apply(machines);
BENCHMARK(scorer_score<double>)->Apply(machines);
BENCHMARK(scorer_fit<float>)->Apply(machines);
