#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "../common/plot.hpp"
#include "thrum/choose_clusters.hpp"
#include "thrum/clustering_metrics.hpp"
#include "thrum/io/csv.hpp"

// How many clusters? The elbow of the inertia and three indices of how well the clusters are apart, over k.

namespace {

/// A metric over k = 2 ... last.
struct Metric {
  const char* name;
  bool large_is_good;
  std::vector<double> values{};

  std::size_t best() const {
    const auto found = large_is_good ? std::max_element(values.begin(), values.end())
                                     : std::min_element(values.begin(), values.end());
    return static_cast<std::size_t>(found - values.begin());
  }
  int best_k() const { return static_cast<int>(best()) + 2; }

  plot::Curve curve() const {
    plot::Curve curve{std::string(name) + (large_is_good ? ": large is good" : ": small is good")};
    for (std::size_t i = 0; i < values.size(); ++i)
      curve.points.push_back({static_cast<double>(i + 2), values[i]});
    curve.marked = best();
    curve.mark = "k = " + std::to_string(best_k());
    return curve;
  }
};

}  // namespace

int main(int argc, char** argv) try {
  std::string data, output = "choose_k.png";
  int last = 25;
  thrum::KMeansOptions options;
  options.restarts = 10;
  thrum::SilhouetteOptions sampling{1000};
  CLI::App app(
      "How many clusters a table has: elbow, silhouette, Davies-Bouldin and Calinski-Harabasz over k.");
  app.footer(
      "Data: any table of numbers, a sample a row; s1.txt, 5000 points in 15 clusters, is from\n"
      "https://cs.joensuu.fi/sipu/datasets");
  app.failure_message(CLI::FailureMessage::help);
  app.add_option("data", data, "text file, the same count of numbers in each row")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--output", output, "picture to write")->capture_default_str();
  app.add_option("--last", last, "largest k tried")->capture_default_str()->check(CLI::Range(3, 1000));
  app.add_option("--restarts", options.restarts, "of K-means for each k")->capture_default_str();
  app.add_option("--sample", sampling.sample, "rows whose silhouettes are taken; 0: all")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of K-means and of that sample")->capture_default_str();
  CLI11_PARSE(app, argc, argv)
  sampling.seed = options.seed;

  const thrum::Matrix<double> samples = thrum::read_csv(data).values;
  if (samples.rows() <= last)
    throw std::runtime_error(data + ": expected more rows than clusters, " + std::to_string(last));
  const auto curve = thrum::inertia_curve(samples, 1, last, options);

  Metric silhouette{"silhouette", true}, davies_bouldin{"Davies-Bouldin", false},
      calinski_harabasz{"Calinski-Harabasz", true};
  std::printf("  k       inertia  silhouette  Davies-Bouldin  Calinski-Harabasz\n%3d  %12.6g\n", 1,
              curve.inertia[0]);
  for (int k = 2; k <= last; ++k) {
    const auto labels = curve.models[static_cast<std::size_t>(k - 1)].predict(samples);
    silhouette.values.push_back(thrum::silhouette(samples, labels, sampling));
    davies_bouldin.values.push_back(thrum::davies_bouldin(samples, labels));
    calinski_harabasz.values.push_back(thrum::calinski_harabasz(samples, labels));
    std::printf("%3d  %12.6g  %10.4f  %14.4f  %17.1f\n", k, curve.inertia[k - 1], silhouette.values.back(),
                davies_bouldin.values.back(), calinski_harabasz.values.back());
  }
  const std::string elbow = curve.elbow ? std::to_string(curve.clusters[*curve.elbow]) : "none";
  std::printf("elbow: %s, silhouette: %d, Davies-Bouldin: %d, Calinski-Harabasz: %d\n", elbow.c_str(),
              silhouette.best_k(), davies_bouldin.best_k(), calinski_harabasz.best_k());

  plot::Curve inertia{"inertia, both axes logarithmic"};
  for (int k = 1; k <= last; ++k) inertia.points.push_back({static_cast<double>(k), curve.inertia[k - 1]});
  inertia.logarithmic = true;
  if (curve.elbow) inertia.marked = static_cast<std::size_t>(*curve.elbow);
  inertia.mark = curve.elbow ? "elbow: k = " + elbow : "no elbow";
  plot::draw(plot::Curves{"How many clusters in " + std::filesystem::path(data).filename().string() + "?",
                          "clusters k",
                          inertia,
                          {silhouette.curve(), davies_bouldin.curve(), calinski_harabasz.curve()}},
             output);
  std::printf("picture: %s\n", output.c_str());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "choose_k: %s\n", error.what());
  return 1;
}
