#include "thrum/scaler.hpp"

#include <benchmark/benchmark.h>

#include "counters.hpp"
#include "mixture.hpp"
#include "thrum/input.hpp"

namespace {

using thrum::Index;
using Kind = thrum::ScalerKind;

template <typename Scalar, Kind kind>
void scaler_fit(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1);
  const auto& x = kept_mixture<Scalar>(n, d, 4);
  thrum::Scaler<Scalar> scaler(thrum::ScalerOptions{kind});
  for (auto _ : state) {
    scaler.fit(x);
    benchmark::ClobberMemory();
  }
  count_bytes(state, matrix_bytes<Scalar>(n, d));
}

template <typename Scalar>
void scaler_transform(benchmark::State& state) {
  const Index n = state.range(0), d = state.range(1);
  const auto& x = kept_mixture<Scalar>(n, d, 4);
  thrum::Scaler<Scalar> scaler;
  scaler.fit(x.topRows(1000));
  thrum::Matrix<Scalar> scaled(n, d);
  for (auto _ : state) {
    scaler.transform(x, thrum::view(scaled));
    benchmark::ClobberMemory();
  }
  count_bytes(state, 2 * matrix_bytes<Scalar>(n, d));
}

void tables(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"n", "d"})
      ->Args({100000, 3})
      ->Args({100000, 16})
      ->Args({6000, 784})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

}  // namespace

BENCHMARK(scaler_fit<float, Kind::standard>)->Apply(tables);
BENCHMARK(scaler_fit<double, Kind::standard>)->Apply(tables);
BENCHMARK(scaler_fit<float, Kind::min_max>)->Apply(tables);
BENCHMARK(scaler_fit<float, Kind::robust>)->Apply(tables);
BENCHMARK(scaler_fit<double, Kind::robust>)->Apply(tables);
BENCHMARK(scaler_transform<float>)->Apply(tables);
BENCHMARK(scaler_transform<double>)->Apply(tables);
