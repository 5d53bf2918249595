#include "thrum/kmeans.hpp"

#include <benchmark/benchmark.h>

#include "counters.hpp"
#include "mixture.hpp"
#include "thrum/input.hpp"

namespace {

using thrum::Index;
using Algorithm = thrum::KMeansAlgorithm;
using Seeding = thrum::KMeansSeeding;

constexpr int iterations = 20;

thrum::KMeansOptions options_for(Index k, Algorithm algorithm) {
  thrum::KMeansOptions options;
  options.clusters = static_cast<int>(k);
  options.algorithm = algorithm;
  options.max_iterations = iterations;
  options.tolerance = 0;
  return options;
}

/// 20 iterations from given centres.
template <typename Scalar, Algorithm algorithm>
void kmeans_fit_from(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1), k = state.range(2);
  const auto& x = kept_mixture<Scalar>(n, d, k);
  thrum::KMeans<Scalar> kmeans(options_for(k, algorithm));
  for (auto _ : state) benchmark::DoNotOptimize(kmeans.fit_from(x.topRows(k), x).inertia);
  count_operations(state, kmeans_passes(iterations) * distance_operations(n, d, k));
  count_bytes(state, kmeans_passes(iterations) * matrix_bytes<Scalar>(n, d));
}

/// The algorithms that do not look at all samples in every iteration, seeding included.
template <typename Scalar, Algorithm algorithm>
void kmeans_fit(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1), k = state.range(2);
  const auto& x = kept_mixture<Scalar>(n, d, k);
  thrum::KMeans<Scalar> kmeans(options_for(k, algorithm));
  for (auto _ : state) benchmark::DoNotOptimize(kmeans.fit(x).inertia);
  count_samples(state, n);
}

template <typename Scalar, Seeding seeding>
void kmeans_seed_centers(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1), k = state.range(2);
  const auto& x = kept_mixture<Scalar>(n, d, k);
  thrum::KMeansOptions options = options_for(k, Algorithm::automatic);
  options.seeding = seeding;
  const thrum::KMeans<Scalar> kmeans(options);
  for (auto _ : state) benchmark::DoNotOptimize(kmeans.seed_centers(x).data());
  count_samples(state, n);
}

/// Pixels, sensor features, embeddings, pictures, and a codebook.
void workloads(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"n", "d", "k"})
      ->Args({100000, 3, 8})
      ->Args({100000, 8, 32})
      ->Args({20000, 64, 64})
      ->Args({6000, 784, 10})
      ->Args({5000, 128, 256})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

}  // namespace

BENCHMARK(kmeans_fit_from<float, Algorithm::automatic>)->Apply(workloads);
BENCHMARK(kmeans_fit_from<float, Algorithm::lloyd>)->Apply(workloads);
BENCHMARK(kmeans_fit_from<float, Algorithm::coarse>)->Apply(workloads);
BENCHMARK(kmeans_fit_from<float, Algorithm::bounds>)->Apply(workloads);
BENCHMARK(kmeans_fit_from<double, Algorithm::automatic>)->Apply(workloads);
BENCHMARK(kmeans_fit_from<double, Algorithm::lloyd>)->Apply(workloads);
BENCHMARK(kmeans_fit_from<double, Algorithm::bounds>)->Apply(workloads);
BENCHMARK(kmeans_fit<float, Algorithm::mini_batch>)->Apply(workloads);
BENCHMARK(kmeans_fit<float, Algorithm::bisecting>)->Apply(workloads);
BENCHMARK(kmeans_seed_centers<float, Seeding::plus_plus>)->Apply(workloads);
BENCHMARK(kmeans_seed_centers<double, Seeding::plus_plus>)->Apply(workloads);
BENCHMARK(kmeans_seed_centers<float, Seeding::parallel>)->Apply(workloads);
BENCHMARK(kmeans_seed_centers<float, Seeding::random>)->Apply(workloads);
