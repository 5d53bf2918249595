#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "../common/plot.hpp"
#include "thrum/algorithm/quantile.hpp"
#include "thrum/anomaly_scorer.hpp"
#include "thrum/io/csv.hpp"
#include "thrum/kmeans.hpp"
#include "thrum/pca.hpp"

// The lecture's handwritten digits: 2 to 9 are normal, 0 and 1 are anomalies never seen in training. As in
// its notebook, the normal digits that were learned are also the ones judged.

namespace {

using Images = thrum::Matrix<float>;

struct Digits {
  Images normal;     ///< 2 to 9, an image of 8 x 8 pixels a row
  Images anomalous;  ///< 0 and 1
};

Digits read_digits(const std::string& path) {
  const thrum::CsvTable table = thrum::read_csv(path);
  if (table.values.cols() != 65)
    throw std::runtime_error(path + ": expected 64 pixels and the digit in a row");
  std::vector<thrum::Index> normal, anomalous;
  for (thrum::Index i = 0; i < table.values.rows(); ++i)
    (table.values(i, 64) < 2 ? anomalous : normal).push_back(i);
  const Images pixels = table.values.leftCols(64).cast<float>();
  return {pixels(normal, Eigen::all), pixels(anomalous, Eigen::all)};
}

/// The notebook's rule: a digit is an anomaly when it is farther from its nearest centre than 99 % of the
/// members there, by numpy's percentile. (thrum divides each distance by the radius first, so that the
/// nearest centre need not be the class, and takes a radius that some member has.)
class NotebookRule {
 public:
  NotebookRule(const thrum::KMeans<float>& kmeans, const Images& normal) : kmeans_(kmeans) {
    const auto labels = kmeans.predict(normal);
    const auto distances = kmeans.transform(normal);
    for (thrum::Index j = 0; j < distances.cols(); ++j) {
      std::vector<float> own;
      for (thrum::Index i = 0; i < normal.rows(); ++i)
        if (labels[i] == j) own.push_back(distances(i, j));
      const auto count = static_cast<thrum::Index>(own.size());
      radii_.push_back(own.empty() ? 0 : thrum::quantile<float>(thrum::contiguous(own.data(), count), 0.99));
    }
  }

  int alarms(const Images& images) const {
    const auto labels = kmeans_.predict(images);
    const auto distances = kmeans_.transform(images);
    int count = 0;
    for (thrum::Index i = 0; i < images.rows(); ++i)
      count += distances(i, labels[i]) > radii_[static_cast<std::size_t>(labels[i])] ? 1 : 0;
    return count;
  }

 private:
  const thrum::KMeans<float>& kmeans_;
  std::vector<float> radii_;
};

plot::Point point(const Images& plane, thrum::Index i) {
  return {static_cast<double>(plane(i, 0)), static_cast<double>(plane(i, 1))};
}

/// The images, as points in the plane, whose score is above 1 (alarms) or not.
plot::Group select(const std::string& name, const Images& plane, const thrum::Vector<float>& scores,
                   bool alarms) {
  plot::Group group{name, {}, true};
  for (thrum::Index i = 0; i < plane.rows(); ++i)
    if ((scores[i] > 1) == alarms) group.points.push_back(point(plane, i));
  return group;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string data, output = "digits.png";
  thrum::KMeansOptions options;
  options.clusters = 8;
  options.restarts = 10;
  CLI::App app("Handwritten digits: learns 2 to 9 and looks for 0 and 1.");
  app.footer(
      "Data: optdigits.tes of 'Optical Recognition of Handwritten Digits' (1797 digits) from\n"
      "https://archive.ics.uci.edu/dataset/80");
  app.failure_message(CLI::FailureMessage::help);
  app.add_option("data", data, "path of optdigits.tes")->required()->check(CLI::ExistingFile);
  app.add_option("--output", output, "picture to write")->capture_default_str();
  app.add_option("--clusters", options.clusters, "k")->capture_default_str();
  app.add_option("--seed", options.seed, "of K-means")->capture_default_str();
  CLI11_PARSE(app, argc, argv)

  const Digits digits = read_digits(data);
  thrum::KMeans<float> kmeans(options);
  const auto labels = kmeans.fit_predict(digits.normal);
  thrum::AnomalyScorer<float> scorer;  // radius: 99 % of the members
  scorer.fit(digits.normal, kmeans.centers());

  thrum::PCA<float> pca(thrum::PCAOptions{2});
  pca.fit(digits.normal);
  const Images plane = pca.transform(digits.normal);
  plot::Scatter picture{"Digits: 2 to 9 are normal, 0 and 1 were never seen", "component 1", "component 2"};
  for (int j = 0; j < options.clusters; ++j) {
    picture.groups.push_back({"class " + std::to_string(j + 1)});
    for (thrum::Index i = 0; i < plane.rows(); ++i)
      if (labels[i] == j) picture.groups.back().points.push_back(point(plane, i));
  }
  const Images anomalous_plane = pca.transform(digits.anomalous);
  const auto scores = scorer.score(digits.anomalous);
  const plot::Group found = select("0 or 1, found", anomalous_plane, scores, true);
  const plot::Group missed = select("0 or 1, missed", anomalous_plane, scores, false);
  const plot::Group false_alarms = select("2 to 9, false alarm", plane, scorer.score(digits.normal), true);
  picture.groups.insert(picture.groups.end(), {found, missed, false_alarms});

  const NotebookRule notebook_rule(kmeans, digits.normal);
  const auto normals = digits.normal.rows(), anomalies = digits.anomalous.rows();
  const auto print = [&](const char* who, thrum::Index false_positives, thrum::Index false_negatives) {
    std::printf("%-28s  %4td of %td        %4td of %td\n", who, false_positives, normals, false_negatives,
                anomalies);
  };
  std::printf("K-means: %d classes, inertia %.6g\n", options.clusters, kmeans.inertia());
  std::printf("                              false positives     false negatives\n");
  std::printf("the lecture's notebook          18 of 1437         210 of 360\n");
  print("its rule, classes of thrum", notebook_rule.alarms(digits.normal),
        anomalies - notebook_rule.alarms(digits.anomalous));
  print("AnomalyScorer", thrum::Index(false_alarms.points.size()), thrum::Index(missed.points.size()));
  // At as many false positives as the notebook's: above the 18 largest scores of the n normal ones.
  scorer.calibrate(digits.normal, 19.0 / static_cast<double>(normals + 1));
  print("AnomalyScorer, 18 allowed", (scorer.score(digits.normal).array() > 1).count(),
        (scorer.score(digits.anomalous).array() <= 1).count());
  plot::draw(picture, output);
  std::printf("picture: %s\n", output.c_str());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "digits: %s\n", error.what());
  return 1;
}
