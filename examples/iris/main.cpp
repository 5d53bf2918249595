#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "../common/plot.hpp"
#include "thrum/io/csv.hpp"
#include "thrum/kmeans.hpp"
#include "thrum/parallel_analysis.hpp"
#include "thrum/pca.hpp"

// PCA of iris: four measurements of a flower, seen in the plane of the two components that vary most, in the
// colours of three K-means classes; and the scree, the variances in their order, on which one sees where
// chance begins.

namespace {

void draw_scree(const thrum::ParallelAnalysis& analysis, const std::string& output) {
  plot::Curves picture{"Scree of iris", "component"};
  picture.left.title = "variance";
  picture.right.push_back({"cumulated share"});
  double share = 0;
  for (thrum::Index c = 0; c < analysis.variances.size(); ++c) {
    const double number = static_cast<double>(c) + 1;
    share += analysis.variances[c] / analysis.variances.sum();
    picture.left.points.push_back({number, analysis.variances[c]});
    picture.right[0].points.push_back({number, share});
  }
  if (analysis.components > 0) {
    picture.left.marked = picture.right[0].marked = static_cast<std::size_t>(analysis.components - 1);
    picture.left.mark = picture.right[0].mark = "last above chance";
  }
  plot::draw(picture, output);
}

}  // namespace

int main(int argc, char** argv) try {
  std::string data, output = "iris.png", scree;
  thrum::KMeansOptions options;
  options.clusters = 3;
  options.restarts = 10;
  CLI::App app("PCA of iris in the plane, coloured by K-means.");
  app.footer(
      "Data: iris.data from https://archive.ics.uci.edu/dataset/53 without its last column, the class\n"
      "(cut -d, -f1-4 iris.data): 150 rows of four lengths in cm.");
  app.failure_message(CLI::FailureMessage::help);
  app.add_option("data", data, "text file, four numbers a row")->required()->check(CLI::ExistingFile);
  app.add_option("--output", output, "picture to write")->capture_default_str();
  app.add_option("--scree", scree, "picture of the variances to write, too");
  CLI11_PARSE(app, argc, argv)

  const thrum::Matrix<double> flowers = thrum::read_csv(data).values;
  if (flowers.cols() != 4) throw std::runtime_error(data + ": expected four columns");
  thrum::PCA<double> pca;
  pca.fit(flowers);
  thrum::KMeans<double> kmeans(options);
  const auto labels = kmeans.fit_predict(flowers);

  const auto ratio = pca.explained_variance_ratio();
  std::printf("explained variance ratio: %.8f %.8f %.8f %.8f\n", ratio[0], ratio[1], ratio[2], ratio[3]);
  std::printf("K-means: inertia %.10f, clusters of %.0f, %.0f and %.0f\n", kmeans.inertia(),
              kmeans.counts()[0], kmeans.counts()[1], kmeans.counts()[2]);

  const thrum::ParallelAnalysis analysis = thrum::parallel_analysis(flowers);
  std::printf("components that are more than chance: %d\n", analysis.components);
  if (!scree.empty()) draw_scree(analysis, scree);

  const auto axis = [&](int component) {
    char label[64];
    std::snprintf(label, sizeof label, "component %d (%.1f %% of the variance)", component + 1,
                  100 * ratio[component]);
    return std::string(label);
  };
  plot::Scatter picture{"Iris in the plane of its first two components", axis(0), axis(1)};
  const auto plane = pca.transform(flowers);
  const auto centers = pca.transform(kmeans.centers());
  plot::Group crosses{"centre", {}, true, "#222222"};
  for (int j = 0; j < options.clusters; ++j) {
    picture.groups.push_back({"cluster " + std::to_string(j + 1)});
    for (thrum::Index i = 0; i < plane.rows(); ++i)
      if (labels[i] == j) picture.groups.back().points.push_back({plane(i, 0), plane(i, 1)});
    crosses.points.push_back({centers(j, 0), centers(j, 1)});
  }
  picture.groups.push_back(crosses);
  plot::draw(picture, output);
  std::printf("picture: %s\n", output.c_str());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "iris: %s\n", error.what());
  return 1;
}
