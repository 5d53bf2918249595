#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "thrum/core/random.hpp"
#include "thrum/io/mapped_npy.hpp"
#include "thrum/kmeans.hpp"

// K-means of rows that need not fit into memory: a .npy file is mapped, read in passes, and let go of block
// by block.

namespace {

/// Memory of this process that is no file's, in bytes: what the system says; 0 where it says nothing.
std::size_t own_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kilobytes = 0;
    if (word == "RssAnon:" && status >> kilobytes) return 1024 * kilobytes;
  }
  return 0;
}

/// Writes rows x 8 floats of a mixture of 16 Gaussians, some rows at a time.
void write_mixture(const std::filesystem::path& path, thrum::Index rows) {
  constexpr thrum::Index cols = 8, components = 16, rows_at_once = 65536;
  std::ofstream file(path, std::ios::binary);
  std::string header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", 8), }";
  header.resize(117, ' ');
  file << std::string("\x93NUMPY\x01\x00\x76\x00", 10) << header << '\n';
  thrum::Random random(1);
  std::vector<float> noise(1 << 16), values;
  for (float& value : noise) value = static_cast<float>(random.normal());
  for (thrum::Index first = 0; first < rows; first += rows_at_once) {
    values.clear();
    for (thrum::Index i = first; i < std::min(rows, first + rows_at_once); ++i)
      for (thrum::Index f = 0; f < cols; ++f)
        values.push_back(noise[random.bits() >> 48] + static_cast<float>(3 * (i % components >> f % 4 & 1)));
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(float)));
  }
  if (!file.flush()) throw std::runtime_error(path.string() + ": can't be written");
}

void run(const std::filesystem::path& path, int clusters, int iterations) {
  thrum::MappedRows<float> rows(path);
  thrum::KMeansOptions options;
  options.clusters = clusters;
  options.max_iterations = iterations;
  thrum::KMeans<float> kmeans(options);
  std::size_t most = 0;
  const thrum::FitReport report = kmeans.fit(rows, {}, [&](const thrum::FitIteration& iteration) {
    most = std::max(most, own_memory());
    std::printf("iteration %d: squared shift %.3g\n", iteration.iteration, iteration.squared_shift);
    return true;
  });
  std::printf("%td x %td, %d clusters: inertia %.6g after %d iterations (%s)\n", rows.rows(), rows.cols(),
              clusters, report.inertia, report.iterations, thrum::to_string(report.stop));
  if (most > 0)
    std::printf("memory beyond the file: %.1f MB, %s 64 MB\n", 1e-6 * static_cast<double>(most),
                most < 64000000 ? "below" : "above");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("K-means of a .npy file of floats that need not fit into memory");
  std::string path;
  thrum::Index rows_to_make = 0;
  int clusters = 16, iterations = 20;
  app.add_option("file", path, "rows x columns of float32")->required();
  app.add_option("--make", rows_to_make, "first write the file: so many rows of 8 columns");
  app.add_option("--clusters", clusters)->capture_default_str();
  app.add_option("--iterations", iterations)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    if (rows_to_make > 0) write_mixture(path, rows_to_make);
    run(path, clusters, iterations);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
