#include "thrum/pca.hpp"

#include <benchmark/benchmark.h>

#include "counters.hpp"
#include "mixture.hpp"
#include "thrum/input.hpp"

namespace {

using thrum::Index;

/// p: components, 0 for all.
template <typename Scalar>
thrum::PCA<Scalar> pca_of(Index p) {
  thrum::PCAOptions options;
  options.components = static_cast<int>(p);
  return thrum::PCA<Scalar>(options);
}

/// By the covariance where n > d, by the Gram matrix where d > n; operations are those of that matrix alone.
template <typename Scalar>
void pca_fit(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1), p = state.range(2);
  const auto& x = kept_mixture<Scalar>(n, d, 4);
  auto pca = pca_of<Scalar>(p);
  for (auto _ : state) {
    pca.fit(x);
    benchmark::ClobberMemory();
  }
  count_operations(state, moment_operations(n, d));
  count_samples(state, n);
}

template <typename Scalar>
void pca_transform(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1), p = state.range(2);
  const auto& x = kept_mixture<Scalar>(n, d, 4);
  auto pca = pca_of<Scalar>(p);
  pca.fit(x.topRows(thrum::smaller(n, Index{1000})));
  thrum::Matrix<Scalar> z(n, p);
  for (auto _ : state) {
    pca.transform(x, thrum::view(z));
    benchmark::ClobberMemory();
  }
  count_operations(state, product_operations(n, d, p));
  count_bytes(state, matrix_bytes<Scalar>(n, d) + matrix_bytes<Scalar>(n, p));
}

void timed(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"n", "d", "p"})->Unit(benchmark::kMillisecond)->UseRealTime();
}

void tables(benchmark::internal::Benchmark* benchmark) {
  timed(benchmark);
  benchmark->Args({100000, 16, 4})->Args({20000, 64, 8})->Args({2000, 256, 20});
}

void tables_wide_ones_and_all_components(benchmark::internal::Benchmark* benchmark) {
  tables(benchmark);
  benchmark->Args({100, 4096, 20})->Args({300, 1000, 20});
  benchmark->Args({20000, 64, 0})->Args({2000, 256, 0})->Args({2000, 784, 0});
}

}  // namespace

BENCHMARK(pca_fit<float>)->Apply(tables_wide_ones_and_all_components);
BENCHMARK(pca_fit<double>)->Apply(tables_wide_ones_and_all_components);
BENCHMARK(pca_transform<float>)->Apply(tables);
BENCHMARK(pca_transform<double>)->Apply(tables);
