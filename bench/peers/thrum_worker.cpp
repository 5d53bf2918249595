#include <algorithm>

#include "thrum/detector.hpp"
#include "thrum/kmeans.hpp"
#include "thrum/pca.hpp"
#include "thrum/scaler.hpp"
#include "worker.hpp"

namespace {

using worker::Result;
using worker::Workload;

thrum::KMeansOptions options_for(const Workload& workload, std::uint64_t seed) {
  thrum::KMeansOptions options;
  options.clusters = workload.clusters();
  options.seed = seed;
  return options;
}

double fit_20_iterations(const Workload& workload, std::uint64_t, Result& result) {
  thrum::KMeansOptions options = options_for(workload, 0);
  options.max_iterations = 20;
  options.tolerance = 0;
  thrum::KMeans<float> kmeans(options);
  const double taken = worker::seconds([&] { kmeans.fit_from(workload.centers, workload.x); });
  result.matrix = kmeans.centers();
  return taken;
}

double fit(const Workload& workload, const thrum::KMeansOptions& options, Result& result) {
  thrum::KMeans<float> kmeans(options);
  const double taken = worker::seconds([&] { kmeans.fit(workload.x); });
  result.matrix = kmeans.centers();
  return taken;
}

double fit_to_convergence(const Workload& workload, std::uint64_t seed, Result& result) {
  thrum::KMeansOptions options = options_for(workload, seed);
  options.max_iterations = 300;
  options.tolerance = 1e-4;
  return fit(workload, options, result);
}

double fit_mini_batches(const Workload& workload, std::uint64_t seed, Result& result) {
  thrum::KMeansOptions options = options_for(workload, seed);
  options.algorithm = thrum::KMeansAlgorithm::mini_batch;
  options.batch_size = 4096;
  return fit(workload, options, result);
}

double seed_centers(const Workload& workload, std::uint64_t seed, Result& result) {
  thrum::KMeans<float> kmeans(options_for(workload, seed));
  return worker::seconds([&] { result.matrix = kmeans.seed_centers(workload.x); });
}

thrum::KMeans<float> given_model(const Workload& workload) {
  thrum::KMeans<float> kmeans(options_for(workload, 0));
  kmeans.start_from(workload.centers);
  return kmeans;
}

double predict(const Workload& workload, std::uint64_t, Result& result) {
  const thrum::KMeans<float> kmeans = given_model(workload);
  worker::make_room(result.labels, workload.samples(), 1);
  const thrum::VectorView<int> labels{result.labels.data(), result.labels.size(), 1};
  return worker::seconds([&] { kmeans.predict(workload.x, labels); });
}

double transform(const Workload& workload, std::uint64_t, Result& result) {
  const thrum::KMeans<float> kmeans = given_model(workload);
  worker::make_room(result.matrix, workload.samples(), workload.clusters());
  return worker::seconds([&] { kmeans.transform(workload.x, thrum::view(result.matrix)); });
}

thrum::PCA<float> pca_for(const Workload& workload) {
  thrum::PCAOptions options;
  options.components = workload.components;
  return thrum::PCA<float>(options);
}

double fit_pca(const Workload& workload, std::uint64_t, Result& result) {
  thrum::PCA<float> pca = pca_for(workload);
  const double taken = worker::seconds([&] { pca.fit(workload.x); });
  result.matrix = pca.components();
  return taken;
}

double transform_by_pca(const Workload& workload, std::uint64_t, Result& result) {
  thrum::PCA<float> pca = pca_for(workload);
  pca.fit(workload.x.topRows(std::min(workload.samples(), Eigen::Index{1000})));
  worker::make_room(result.matrix, workload.samples(), workload.components);
  return worker::seconds([&] { pca.transform(workload.x, thrum::view(result.matrix)); });
}

double fit_scaler(const Workload& workload, std::uint64_t, Result& result) {
  thrum::Scaler<float> scaler;
  const double taken = worker::seconds([&] { scaler.fit(workload.x); });
  result.matrix = scaler.factor().cwiseInverse().transpose();
  return taken;
}

/// Learned from the first rows, calibrated by those that follow unless `rate` is 0.
thrum::Detector<float> detector_for(const Workload& workload, thrum::AnomalyKind kind, double rate) {
  const Eigen::Index learned = std::min(workload.samples() / 2, Eigen::Index{2000});
  thrum::DetectorOptions options;
  options.pca = thrum::PCAOptions{workload.components, 0, false};
  options.kmeans.clusters = workload.clusters();
  options.kmeans.restarts = 5;
  options.bad_share = 0;  // the others leave no row out
  options.scorer.kind = kind;
  thrum::Detector<float> detector(options);
  detector.fit(workload.x.topRows(learned));
  const Eigen::Index rest = std::min(workload.samples() - learned, Eigen::Index{10000});
  if (rate > 0) detector.calibrate(workload.x.middleRows(learned, rest), rate);
  return detector;
}

double score_by(const thrum::Detector<float>& detector, const Workload& workload, Result& result) {
  thrum::Vector<float> scores;
  const double taken = worker::seconds([&] { scores = detector.score(workload.x); });
  result.matrix = scores;
  return taken;
}

double score(const Workload& workload, std::uint64_t, Result& result) {
  static const thrum::Detector<float> detector = detector_for(workload, thrum::AnomalyKind::radius, 0);
  return score_by(detector, workload, result);
}

double score_by_covariances(const Workload& workload, std::uint64_t, Result& result) {
  static const thrum::Detector<float> detector =
      detector_for(workload, thrum::AnomalyKind::mahalanobis, 0.01);
  return score_by(detector, workload, result);
}

}  // namespace

int main(int, char** arguments) {
  return worker::serve(arguments, worker::compiler,
                       {{"kmeans20", fit_20_iterations},
                        {"kmeans_fit", fit_to_convergence},
                        {"minibatch", fit_mini_batches},
                        {"pca_fit", fit_pca},
                        {"pca_transform", transform_by_pca},
                        {"scaler_fit", fit_scaler},
                        {"score", score},
                        {"mahalanobis", score_by_covariances},
                        {"seeding", seed_centers},
                        {"predict", predict},
                        {"transform", transform}});
}
