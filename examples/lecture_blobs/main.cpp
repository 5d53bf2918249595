#include <CLI/CLI.hpp>
#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>

#include "../common/plot.hpp"
#include "thrum/anomaly_scorer.hpp"
#include "thrum/core/random.hpp"
#include "thrum/kmeans.hpp"

// The lecture in one picture: K-means finds three working classes, each gets a circle that holds 99 % of its
// members, and what lies in no circle is an anomaly.

namespace {

using Points = thrum::Matrix<double>;

struct Blob {
  double x, y, spread;
};
constexpr std::array<Blob, 3> blobs = {{{-4.0, 2.5, 0.9}, {4.5, 3.5, 0.6}, {0.5, -4.0, 1.2}}};

Points make_blobs(thrum::Index points_each, thrum::Random& random) {
  Points points(points_each * static_cast<thrum::Index>(blobs.size()), 2);
  thrum::Index row = 0;
  for (const Blob& blob : blobs)
    for (thrum::Index i = 0; i < points_each; ++i, ++row) {
      points(row, 0) = blob.x + blob.spread * random.normal();
      points(row, 1) = blob.y + blob.spread * random.normal();
    }
  return points;
}

Points make_anomalies(thrum::Index count, thrum::Random& random) {
  Points points(count, 2);
  for (thrum::Index i = 0; i < count; ++i) {
    points(i, 0) = -11.0 + 22.0 * random.uniform();
    points(i, 1) = -8.5 + 15.5 * random.uniform();
  }
  return points;
}

/// The points whose score is above 1 (alarms) or not.
plot::Group select(const std::string& name, const Points& points, const thrum::AnomalyScorer<double>& scorer,
                   bool alarms) {
  plot::Group group{name, {}, true};
  const auto scores = scorer.score(points);
  for (thrum::Index i = 0; i < points.rows(); ++i)
    if ((scores[i] > 1) == alarms) group.points.push_back({points(i, 0), points(i, 1)});
  return group;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string output = "lecture_blobs.png";
  std::uint64_t seed = 4;
  CLI::App app("Three blobs, K-means, the circle of 99 % around each class, and what lies outside.");
  app.add_option("--output", output, "picture to write")->capture_default_str();
  app.add_option("--seed", seed, "of the random points")->capture_default_str();
  CLI11_PARSE(app, argc, argv)

  thrum::Random random(seed);
  const Points normal = make_blobs(300, random);
  const Points anomalies = make_anomalies(60, random);

  thrum::KMeansOptions options;
  options.clusters = 3;
  options.restarts = 5;
  thrum::KMeans<double> kmeans(options);
  const auto labels = kmeans.fit_predict(normal);
  thrum::AnomalyScorer<double> scorer;  // radius: 99 % of the members
  scorer.fit(normal, kmeans.centers());

  plot::Scatter picture{"Three working classes, and what belongs to none", "feature 1", "feature 2"};
  picture.circles_name = "circle of 99 %";
  std::printf("class  points  centre            radius\n");
  for (int j = 0; j < options.clusters; ++j) {
    const auto name = "class " + std::to_string(j + 1);
    const auto ink = plot::colour(static_cast<std::size_t>(j));
    const plot::Point centre{kmeans.centers()(j, 0), kmeans.centers()(j, 1)};
    picture.groups.push_back({name, {}, false, ink});
    for (thrum::Index i = 0; i < normal.rows(); ++i)
      if (labels[i] == j) picture.groups.back().points.push_back({normal(i, 0), normal(i, 1)});
    picture.circles.push_back({centre, scorer.radii()[j], ink});
    std::printf("%5d  %6.0f  (%6.3f, %6.3f)  %6.3f\n", j + 1, kmeans.counts()[j], centre.x, centre.y,
                scorer.radii()[j]);
  }
  const plot::Group found = select("anomaly found", anomalies, scorer, true);
  const plot::Group missed = select("anomaly missed", anomalies, scorer, false);
  const plot::Group false_alarms = select("false alarm", normal, scorer, true);
  std::printf("anomalies: %zu of %td found, %zu missed inside a circle\n", found.points.size(),
              anomalies.rows(), missed.points.size());
  std::printf("false alarms: %zu of %td normal points\n", false_alarms.points.size(), normal.rows());

  picture.groups.insert(picture.groups.end(), {found, missed, false_alarms});
  plot::draw(picture, output);
  std::printf("picture: %s\n", output.c_str());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "lecture_blobs: %s\n", error.what());
  return 1;
}
