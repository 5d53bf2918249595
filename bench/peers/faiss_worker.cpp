#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>
#include <faiss/utils/distances.h>

#include <cstdint>
#include <limits>

#include "worker.hpp"

namespace {

using worker::Matrix;
using worker::Result;
using worker::Workload;

double fit_20_iterations(const Workload& workload, std::uint64_t, Result& result) {
  faiss::ClusteringParameters parameters;
  parameters.niter = 20;
  parameters.min_points_per_centroid = 1;                                // no warning
  parameters.max_points_per_centroid = std::numeric_limits<int>::max();  // no subsampling
  const int d = static_cast<int>(workload.features()), k = workload.clusters();
  faiss::Clustering clustering(d, k, parameters);
  clustering.centroids.assign(workload.centers.data(), workload.centers.data() + workload.centers.size());
  faiss::IndexFlatL2 index(d);
  const double taken =
      worker::seconds([&] { clustering.train(workload.samples(), workload.x.data(), index); });
  result.matrix = Eigen::Map<const Matrix>(clustering.centroids.data(), k, d);
  return taken;
}

double predict(const Workload& workload, std::uint64_t, Result& result) {
  using Labels = Eigen::Matrix<std::int64_t, Eigen::Dynamic, 1>;
  faiss::IndexFlatL2 index(static_cast<int>(workload.features()));
  index.add(workload.clusters(), workload.centers.data());
  static Eigen::VectorXf distances;  // kept, like the result
  static Labels labels;
  worker::make_room(distances, workload.samples(), 1);
  worker::make_room(labels, workload.samples(), 1);
  const double taken = worker::seconds(
      [&] { index.search(workload.samples(), workload.x.data(), 1, distances.data(), labels.data()); });
  result.labels = labels.cast<int>();
  return taken;
}

/// FAISS gives the squares; their roots are ours.
double transform(const Workload& workload, std::uint64_t, Result& result) {
  const Eigen::Index n = workload.samples(), k = workload.clusters();
  worker::make_room(result.matrix, n, k);
  return worker::seconds([&] {
    faiss::pairwise_L2sqr(workload.features(), n, workload.x.data(), k, workload.centers.data(),
                          result.matrix.data());
#pragma omp parallel for
    for (Eigen::Index i = 0; i < n; ++i) result.matrix.row(i) = result.matrix.row(i).cwiseMax(0).cwiseSqrt();
  });
}

}  // namespace

int main(int, char** arguments) {
  const std::string version = "FAISS " + std::to_string(FAISS_VERSION_MAJOR) + "." +
                              std::to_string(FAISS_VERSION_MINOR) + "." + std::to_string(FAISS_VERSION_PATCH);
  return worker::serve(arguments, version,
                       {{"kmeans20", fit_20_iterations}, {"predict", predict}, {"transform", transform}});
}
