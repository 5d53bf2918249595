// How near K-means comes to what this machine can do: 20 iterations from given centres on the workloads that
// bench/peers.sh compares, float32, as Markdown.
//   thrum_roofline [WORKLOAD...]

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <exception>

#include "machine_peaks.hpp"
#include "mixture.hpp"
#include "operations.hpp"
#include "thrum/input.hpp"
#include "thrum/kmeans.hpp"

namespace {

using thrum::Index;
using Algorithm = thrum::KMeansAlgorithm;

constexpr int iterations = 20;

struct Workload {
  const char* name;
  Index samples, features, clusters;
};

constexpr Workload workloads[] = {
    {"seg", 1'000'000, 3, 8}, {"vib", 1'000'000, 8, 32},       {"mid", 200'000, 16, 8},
    {"emb", 100'000, 64, 64}, {"mnist-like", 60'000, 784, 10}, {"ivf", 100'000, 128, 1024},
};

struct Peaks {
  double operations, memory, cache;  ///< a second: floating-point operations, and bytes read from either
};

Peaks measure_peaks() {
  return {peaks::operations_per_second(), peaks::bytes_per_second_from_memory(),
          peaks::bytes_per_second_from_cache()};
}

void print_heading(const Peaks& peaks) {
  std::printf(
      "Peaks with %d threads and %s: %.0f GFLOP/s, %.1f GB/s from memory, %.0f GB/s from the first cache.\n",
      peaks::thread_count(), peaks::widest_loops().name, peaks.operations / 1e9, peaks.memory / 1e9,
      peaks.cache / 1e9);
  std::printf(R"(
Operations are nominal: 3 n d k in each of %d passes, whatever an algorithm does instead (products of matrices) or
leaves out since it can't change the result (bounds, coarse), and so may exceed the peak. Bytes are the samples once a pass.

| workload   | n x d, k             | algorithm |     ms | GFLOP/s | of peak |   GB/s | of peak |
|------------|----------------------|-----------|-------:|--------:|--------:|-------:|--------:|
)",
              kmeans_passes(iterations));
}

/// k different rows, drawn at random.
thrum::Matrix<float> random_rows(const thrum::Matrix<float>& x, Index k) {
  thrum::KMeansOptions options;
  options.clusters = static_cast<int>(k);
  options.seeding = thrum::KMeansSeeding::random;
  return thrum::KMeans<float>(options).seed_centers(x);
}

double fit_seconds(Algorithm algorithm, const thrum::Matrix<float>& centers, const thrum::Matrix<float>& x) {
  thrum::KMeansOptions options;
  options.clusters = static_cast<int>(centers.rows());
  options.algorithm = algorithm;
  options.max_iterations = iterations;
  options.tolerance = 0;
  thrum::KMeans<float> kmeans(options);
  return peaks::best_seconds(3, [&] { kmeans.fit_from(centers, x); });
}

void print_row(const Workload& workload, const char* algorithm, double seconds, const Peaks& peaks) {
  const double passes = kmeans_passes(iterations);
  const double operations =
      passes * distance_operations(workload.samples, workload.features, workload.clusters);
  const double bytes = passes * matrix_bytes<float>(workload.samples, workload.features);
  std::printf("| %-10s | %7td x %3td, %4td | %-9s | %6.0f | %7.0f | %5.0f %% | %6.1f | %5.0f %% |\n",
              workload.name, workload.samples, workload.features, workload.clusters, algorithm, 1e3 * seconds,
              operations / seconds / 1e9, 100 * operations / seconds / peaks.operations,
              bytes / seconds / 1e9, 100 * bytes / seconds / peaks.memory);
  std::fflush(stdout);
}

void print_rows(const Workload& workload, const Peaks& peaks) {
  const auto x = gaussian_mixture<float>(workload.samples, workload.features,
                                         thrum::larger(Index{2}, workload.clusters));
  const auto centers = random_rows(x, workload.clusters);
  print_row(workload, "automatic", fit_seconds(Algorithm::automatic, centers, x), peaks);
  print_row(workload, "lloyd", fit_seconds(Algorithm::lloyd, centers, x), peaks);
  print_row(workload, "coarse", fit_seconds(Algorithm::coarse, centers, x), peaks);
  print_row(workload, "bounds", fit_seconds(Algorithm::bounds, centers, x), peaks);
}

bool is_asked_for(const Workload& workload, int count, char** names) {
  const auto is_it = [&](const char* name) { return std::strcmp(name, workload.name) == 0; };
  return count == 0 || std::any_of(names, names + count, is_it);
}

}  // namespace

int main(int count, char** arguments) try {
  const Peaks peaks = measure_peaks();
  print_heading(peaks);
  for (const Workload& workload : workloads)
    if (is_asked_for(workload, count - 1, arguments + 1)) print_rows(workload, peaks);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
