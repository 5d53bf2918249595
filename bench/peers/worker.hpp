#ifndef THRUM_BENCH_WORKER_HPP
#define THRUM_BENCH_WORKER_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>

#include "thrum/huge_pages.hpp"
#include "thrum/io/npy.hpp"

/// A worker is a process that serves one library on one workload, so that all of them can take turns:
///
///     worker SAMPLES CENTERS LABELS COMPONENTS    .npy files and a number; prints a line on what it is
///     < TASK SEED FILE                            runs the task; what it found goes to FILE, unless that is
///     - > SECONDS
///
/// until its input ends.
namespace worker {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

#if defined(__clang__)
constexpr const char* compiler = "clang++ " __clang_version__ " " WORKER_FLAGS;
#else
constexpr const char* compiler = "g++ " __VERSION__ " " WORKER_FLAGS;
#endif

struct Workload {
  Matrix x;                ///< n x d
  Matrix centers;          ///< k x d, given
  Eigen::VectorXi labels;  ///< n: the nearest given centre of each sample
  int components;          ///< that PCA keeps

  Eigen::Index samples() const { return x.rows(); }
  Eigen::Index features() const { return x.cols(); }
  int clusters() const { return static_cast<int>(centers.rows()); }
};

/// What a task finds. Kept from run to run: whoever writes into memory of the caller finds it ready.
struct Result {
  Matrix matrix;           ///< centres, k x d, distances, n x k, components, coordinates or deviations
  Eigen::VectorXi labels;  ///< n, or nothing
};

/// Room for a result, on huge pages, where the samples are and where NumPy has its arrays.
template <typename Values>
void make_room(Values& values, Eigen::Index rows, Eigen::Index cols) {
  if (values.rows() == rows && values.cols() == cols) return;
  values.resize(rows, cols);
  thrum::prefer_huge_pages(values.data(), static_cast<std::size_t>(values.size()) * sizeof(values(0, 0)));
}

/// Runs once and returns the seconds that count.
using Task = double (*)(const Workload& workload, std::uint64_t seed, Result& result);

template <typename Call>
double seconds(Call call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline Workload read_workload(char** arguments) {
  return {thrum::read_npy<float>(arguments[1]), thrum::read_npy<float>(arguments[2]),
          thrum::read_npy<int>(arguments[3]), std::stoi(arguments[4])};
}

inline void write_result(const std::string& file, const Result& result) {
  if (result.labels.size() > 0)
    thrum::write_npy(file, result.labels);
  else
    thrum::write_npy(file, result.matrix);
}

inline int serve(char** arguments, const std::string& description, const std::map<std::string, Task>& tasks) {
  const Workload workload = read_workload(arguments);
  std::cout << description << std::endl;
  std::map<std::string, Result> results;
  std::string task, file;
  std::uint64_t seed = 0;
  while (std::cin >> task >> seed >> file) {
    Result& result = results[task];
    const double taken = tasks.at(task)(workload, seed, result);
    if (file != "-") write_result(file, result);
    std::cout << taken << std::endl;
  }
  return 0;
}

}  // namespace worker

#endif  // THRUM_BENCH_WORKER_HPP
