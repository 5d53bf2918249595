#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <opencv2/core.hpp>

#include "worker.hpp"

namespace {

using worker::Result;
using worker::Workload;

/// A view; OpenCV has no matrix that is read-only.
cv::Mat samples(const Workload& workload) {
  return {static_cast<int>(workload.samples()), static_cast<int>(workload.features()), CV_32F,
          const_cast<float*>(workload.x.data())};
}

double run_kmeans(const Workload& workload, int iterations, double epsilon, int flags, cv::Mat labels,
                  Result& result) {
  const cv::Mat x = samples(workload);
  cv::setNumThreads(std::atoi(std::getenv("OMP_NUM_THREADS")));
  result.matrix.resize(workload.clusters(), workload.features());
  cv::Mat centers(workload.clusters(), x.cols, CV_32F, result.matrix.data());
  const cv::TermCriteria stop(cv::TermCriteria::COUNT + cv::TermCriteria::EPS, iterations, epsilon);
  return worker::seconds([&] { cv::kmeans(x, workload.clusters(), labels, stop, 1, flags, centers); });
}

/// cv::kmeans takes no first centres but first labels: those of the given centres.
double fit_20_iterations(const Workload& workload, std::uint64_t, Result& result) {
  Eigen::VectorXi labels = workload.labels;
  const cv::Mat given(static_cast<int>(labels.size()), 1, CV_32S, labels.data());
  return run_kmeans(workload, 20, 0.0, cv::KMEANS_USE_INITIAL_LABELS, given, result);
}

double mean_feature_variance(const worker::Matrix& x) {
  double sum = 0;
  for (Eigen::Index f = 0; f < x.cols(); ++f) {
    const Eigen::VectorXd column = x.col(f).cast<double>();
    sum += (column.array() - column.mean()).square().mean();
  }
  return sum / static_cast<double>(x.cols());
}

/// cv::kmeans bounds the largest shift of a centre, not the sum of their squares, and stops after 100
/// iterations at the latest. With the bound that others have for the sum it stops no later than they do.
double fit_to_convergence(const Workload& workload, std::uint64_t seed, Result& result) {
  const double epsilon = std::sqrt(1e-4 * mean_feature_variance(workload.x));
  cv::theRNG().state = seed + 1;  // of 0 its generator makes nothing but 0
  return run_kmeans(workload, 300, epsilon, cv::KMEANS_PP_CENTERS, cv::Mat(), result);
}

cv::PCA fitted_pca(const cv::Mat& x, int components) {
  return {x, cv::Mat(), cv::PCA::DATA_AS_ROW, components};
}

double fit_pca(const Workload& workload, std::uint64_t, Result& result) {
  cv::setNumThreads(std::atoi(std::getenv("OMP_NUM_THREADS")));
  cv::PCA pca;
  const double taken = worker::seconds([&] { pca = fitted_pca(samples(workload), workload.components); });
  result.matrix = Eigen::Map<const worker::Matrix>(pca.eigenvectors.ptr<float>(), workload.components,
                                                   workload.features());
  return taken;
}

double transform_by_pca(const Workload& workload, std::uint64_t, Result& result) {
  cv::setNumThreads(std::atoi(std::getenv("OMP_NUM_THREADS")));
  const cv::Mat x = samples(workload);
  static const cv::PCA pca = fitted_pca(x.rowRange(0, std::min(x.rows, 1000)), workload.components);
  worker::make_room(result.matrix, workload.samples(), workload.components);
  cv::Mat z(x.rows, workload.components, CV_32F, result.matrix.data());
  return worker::seconds([&] { pca.project(x, z); });
}

}  // namespace

int main(int, char** arguments) {
  return worker::serve(arguments, "OpenCV " CV_VERSION,
                       {{"kmeans20", fit_20_iterations},
                        {"kmeans_fit", fit_to_convergence},
                        {"pca_fit", fit_pca},
                        {"pca_transform", transform_by_pca}});
}
