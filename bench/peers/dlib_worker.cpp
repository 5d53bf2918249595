#include <dlib/clustering.h>
#include <dlib/revision.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "worker.hpp"

namespace {

using worker::Matrix;
using worker::Result;
using worker::Workload;

/// Samples as dlib wants them: a column vector each, of a size that the compiler knows.
template <long d>
std::vector<dlib::matrix<float, d, 1>> columns(const Matrix& rows) {
  std::vector<dlib::matrix<float, d, 1>> result(static_cast<std::size_t>(rows.rows()));
  for (std::size_t i = 0; i < result.size(); ++i)
    for (long f = 0; f < d; ++f) result[i](f) = rows(static_cast<Eigen::Index>(i), f);
  return result;
}

template <long d>
double fit_20_iterations_of(const Workload& workload, Result& result) {
  const auto x = columns<d>(workload.x);
  auto centers = columns<d>(workload.centers);
  const double taken = worker::seconds([&] { dlib::find_clusters_using_kmeans(x, centers, 20); });
  result.matrix.resize(workload.clusters(), d);
  for (Eigen::Index j = 0; j < result.matrix.rows(); ++j)
    for (long f = 0; f < d; ++f) result.matrix(j, f) = centers[static_cast<std::size_t>(j)](f);
  return taken;
}

double fit_20_iterations(const Workload& workload, std::uint64_t, Result& result) {
  switch (workload.features()) {
    case 3: return fit_20_iterations_of<3>(workload, result);
    case 8: return fit_20_iterations_of<8>(workload, result);
    case 16: return fit_20_iterations_of<16>(workload, result);
    case 64: return fit_20_iterations_of<64>(workload, result);
    case 784: return fit_20_iterations_of<784>(workload, result);
    default: throw std::invalid_argument("dlib_worker: not compiled for this number of features");
  }
}

}  // namespace

int main(int, char** arguments) {
  const std::string version =
      "dlib " + std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION) + ", ";
  return worker::serve(arguments, version + worker::compiler, {{"kmeans20", fit_20_iterations}});
}
