#include <armadillo>
#include <string>

#include "worker.hpp"

namespace {

using worker::Result;
using worker::Workload;

/// Armadillo's columns are samples: the same memory as rows that lie one after the other.
arma::fmat transposed_view(const worker::Matrix& rows) {
  constexpr bool copy = false, fixed_size = true;
  return {const_cast<float*>(rows.data()), arma::uword(rows.cols()), arma::uword(rows.rows()), copy,
          fixed_size};
}

double fit_20_iterations(const Workload& workload, std::uint64_t, Result& result) {
  const arma::fmat x = transposed_view(workload.x);
  arma::fmat means = arma::fmat(workload.centers.data(), x.n_rows, arma::uword(workload.clusters()));
  const double taken =
      worker::seconds([&] { arma::kmeans(means, x, means.n_cols, arma::keep_existing, 20, false); });
  result.matrix = Eigen::Map<const worker::Matrix>(means.memptr(), workload.clusters(), workload.features());
  return taken;
}

}  // namespace

int main(int, char** arguments) {
  const std::string version =
      "Armadillo " + std::to_string(ARMA_VERSION_MAJOR) + "." + std::to_string(ARMA_VERSION_MINOR) + ", ";
  return worker::serve(arguments, version + worker::compiler, {{"kmeans20", fit_20_iterations}});
}
