#include "thrum/core/distance.hpp"

#include <benchmark/benchmark.h>

#include "counters.hpp"
#include "mixture.hpp"
#include "thrum/input.hpp"
#include "thrum/kmeans.hpp"

namespace {

using thrum::Index;

/// One distance; the samples take turns, so that all of them stay in the cache but none in registers.
template <typename Scalar>
void squared_distance(benchmark::State& state) {
  constexpr Index n = 64;
  const Index d = state.range(0);
  const auto& x = kept_mixture<Scalar>(n, d, 2);
  const auto rows = thrum::view(x);
  Index i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(thrum::squared_distance(rows.row(i), rows.row(n - 1 - i)));
    i = (i + 1) % n;
  }
  count_operations(state, distance_operations(1, d, 1));
}

/// One sample after another, as firmware does it.
template <typename Scalar>
void nearest_center(benchmark::State& state) {
  constexpr Index n = 64;
  const Index d = state.range(0), k = state.range(1);
  const auto& x = kept_mixture<Scalar>(n + k, d, k);
  const thrum::Matrix<Scalar> by_feature = x.bottomRows(k).transpose();
  const auto rows = thrum::view(x);
  Index i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(thrum::nearest_center(rows.row(i), by_feature.data(), k));
    i = (i + 1) % n;
  }
  count_operations(state, distance_operations(1, d, k));
}

/// A model whose centres are the first k rows of x: each is the mean of itself.
template <typename Scalar>
thrum::KMeans<Scalar> model_of_first_rows(const thrum::Matrix<Scalar>& x, Index k) {
  thrum::KMeans<Scalar> kmeans{thrum::KMeansOptions{static_cast<int>(k)}};
  kmeans.fit_from(x.topRows(k), x.topRows(k));
  return kmeans;
}

template <typename Scalar>
void kmeans_predict(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1), k = state.range(2);
  const auto& x = kept_mixture<Scalar>(n, d, k);
  const auto kmeans = model_of_first_rows(x, k);
  thrum::Vector<int> labels(n);
  for (auto _ : state) {
    kmeans.predict(x, thrum::contiguous(labels.data(), n));
    benchmark::ClobberMemory();
  }
  count_operations(state, distance_operations(n, d, k));
  count_bytes(state, matrix_bytes<Scalar>(n, d) + matrix_bytes<int>(n, 1));
}

template <typename Scalar>
void kmeans_transform(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1), k = state.range(2);
  const auto& x = kept_mixture<Scalar>(n, d, k);
  const auto kmeans = model_of_first_rows(x, k);
  thrum::Matrix<Scalar> distances(n, k);
  for (auto _ : state) {
    kmeans.transform(x, thrum::view(distances));
    benchmark::ClobberMemory();
  }
  count_operations(state, distance_operations(n, d, k));
  count_bytes(state, matrix_bytes<Scalar>(n, d) + matrix_bytes<Scalar>(n, k));
}

void lengths(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("d")->Arg(3)->Arg(8)->Arg(64)->Arg(784);
}

void models(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"d", "k"})->Args({3, 8})->Args({33, 32})->Args({64, 64})->Args({784, 10});
}

void workloads(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"n", "d", "k"})
      ->Args({100000, 3, 8})
      ->Args({100000, 8, 32})
      ->Args({100000, 16, 8})
      ->Args({20000, 64, 64})
      ->Args({6000, 784, 10})
      ->Args({2000, 128, 1024})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

}  // namespace

BENCHMARK(squared_distance<float>)->Apply(lengths);
BENCHMARK(squared_distance<double>)->Apply(lengths);
BENCHMARK(nearest_center<float>)->Apply(models);
BENCHMARK(nearest_center<double>)->Apply(models);
BENCHMARK(kmeans_predict<float>)->Apply(workloads);
BENCHMARK(kmeans_predict<double>)->Apply(workloads);
BENCHMARK(kmeans_transform<float>)->Apply(workloads);
BENCHMARK(kmeans_transform<double>)->Apply(workloads);
