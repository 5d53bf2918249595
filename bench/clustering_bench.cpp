#include <benchmark/benchmark.h>

#include "mixture.hpp"
#include "thrum/kmeans.hpp"
#include "thrum/pca.hpp"
#include "thrum/scaler.hpp"

namespace {

/// Multiply-adds, subtractions and additions of n x k distances over d features.
double distance_operations(const benchmark::State& state) {
  return 3.0 * static_cast<double>(state.range(0)) * static_cast<double>(state.range(1)) *
         static_cast<double>(state.range(2));
}

template <typename Scalar>
void kmeans_20_iterations(benchmark::State& state) {
  const auto x = gaussian_mixture<Scalar>(state.range(0), state.range(1), state.range(2));
  thrum::KMeansOptions options{static_cast<int>(state.range(2))};
  options.max_iterations = 20;
  options.tolerance = 0;
  thrum::KMeans<Scalar> kmeans(options);
  for (auto _ : state) benchmark::DoNotOptimize(kmeans.fit_from(x.topRows(state.range(2)), x).inertia);
  state.counters["FLOP/s"] =
      benchmark::Counter(21 * distance_operations(state), benchmark::Counter::kIsIterationInvariantRate);
}

template <typename Scalar>
void kmeans_predict(benchmark::State& state) {
  const auto x = gaussian_mixture<Scalar>(state.range(0), state.range(1), state.range(2));
  thrum::KMeansOptions options{static_cast<int>(state.range(2))};
  options.max_iterations = 1;
  thrum::KMeans<Scalar> kmeans(options);
  kmeans.fit_from(x.topRows(state.range(2)), x);
  for (auto _ : state) benchmark::DoNotOptimize(kmeans.predict(x).data());
  state.counters["FLOP/s"] =
      benchmark::Counter(distance_operations(state), benchmark::Counter::kIsIterationInvariantRate);
}

template <typename Scalar>
void pca_fit(benchmark::State& state) {
  const auto x = gaussian_mixture<Scalar>(state.range(0), state.range(1), 4);
  thrum::PCAOptions options;
  options.components = static_cast<int>(state.range(2));
  thrum::PCA<Scalar> pca(options);
  for (auto _ : state) pca.fit(x);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <typename Scalar>
void scaler_fit(benchmark::State& state) {
  const auto x = gaussian_mixture<Scalar>(state.range(0), state.range(1), 4);
  thrum::Scaler<Scalar> scaler;
  for (auto _ : state) scaler.fit(x);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// Pixels, sensor features, and embeddings: n, d, k.
void workloads(benchmark::internal::Benchmark* benchmark) {
  benchmark->Args({100000, 3, 8})
      ->Args({100000, 8, 32})
      ->Args({20000, 64, 64})
      ->Unit(benchmark::kMillisecond);
}

}  // namespace

BENCHMARK(kmeans_20_iterations<float>)->Apply(workloads);
BENCHMARK(kmeans_20_iterations<double>)->Apply(workloads);
BENCHMARK(kmeans_predict<float>)->Apply(workloads);
BENCHMARK(kmeans_predict<double>)->Apply(workloads);
BENCHMARK(pca_fit<float>)
    ->Args({100000, 16, 4})
    ->Args({10000, 64, 8})
    ->Args({200, 1000, 20})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(scaler_fit<float>)->Args({100000, 16})->Unit(benchmark::kMillisecond);
