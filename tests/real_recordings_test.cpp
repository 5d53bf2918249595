#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "real_data.hpp"
#include "thrum/core/random.hpp"
#include "thrum/detector.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/io/recording.hpp"
#include "thrum/quantised_detector.hpp"

// The goals on real machines, with nothing tuned but what the normal recordings suggest: all features,
// windows as long as the recordings of the fan allow (they have about 200 frames), and a class for each way
// of running.

using thrum::FeatureMatrix;
using thrum::Index;
using thrum::Vector;

namespace {

/// Feature rows of a condition, recording by recording.
using Recordings = std::vector<FeatureMatrix>;

FeatureMatrix stacked(const Recordings& parts, const std::vector<std::size_t>& chosen) {
  Index rows = 0;
  for (const std::size_t i : chosen) rows += parts[i].rows();
  FeatureMatrix all(rows, parts[0].cols());
  rows = 0;
  for (const std::size_t i : chosen) {
    all.middleRows(rows, parts[i].rows()) = parts[i];
    rows += parts[i].rows();
  }
  return all;
}

FeatureMatrix stacked(const Recordings& parts) {
  std::vector<std::size_t> all(parts.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return stacked(parts, all);
}

/// Area under the ROC curve: the chance that a fault scores above a normal, ties half.
double area_under_curve(const Vector<float>& normals, const Vector<float>& faults) {
  std::vector<float> sorted(normals.begin(), normals.end());
  std::sort(sorted.begin(), sorted.end());
  double wins = 0;
  for (const float score : faults) {
    const auto below = std::lower_bound(sorted.begin(), sorted.end(), score);
    const auto not_above = std::upper_bound(below, sorted.end(), score);
    wins += static_cast<double>(below - sorted.begin()) + 0.5 * static_cast<double>(not_above - below);
  }
  return wins / static_cast<double>(normals.size()) / static_cast<double>(faults.size());
}

/// Three channels, all default features, windows that overlap by half.
thrum::DetectorOptions with_windows(int window, float sampling_rate, int classes) {
  thrum::DetectorOptions options;
  thrum::FeatureOptions signal;
  signal.channels = 3;
  signal.window = window;
  signal.hop = window / 2;
  signal.sampling_rate = sampling_rate;
  options.signal = signal;
  options.kmeans.clusters = classes;
  return options;
}

/// 0 ... n - 1 in random order.
std::vector<std::size_t> shuffled(std::size_t n, std::uint64_t seed) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  thrum::Random random(seed);
  for (std::size_t i = n; i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.index(static_cast<Index>(i)))]);
  return order;
}

std::map<std::string, Recordings> fan_features(const thrum::FeatureOptions& signal) {
  std::map<std::string, Recordings> features;
  for (const thrum::Condition& condition : thrum::read_conditions(thrum_test::ceiling_fan_dir()))
    for (const thrum::Recording& recording : condition.recordings)
      features[condition.name].push_back(extract_windows(signal, recording.samples));
  return features;
}

/// Conditions of the drill press; a recording each, time and temperature left out.
std::map<std::string, FeatureMatrix> drill_features(const thrum::FeatureOptions& signal) {
  std::map<std::string, FeatureMatrix> features;
  for (const thrum::Condition& condition : thrum::read_conditions(thrum_test::data_dir() + "/drill_press")) {
    REQUIRE(condition.recordings.size() == 1);
    features[condition.name] = extract_windows(signal, condition.recordings[0].samples.leftCols(3));
  }
  return features;
}

}  // namespace

TEST_CASE("areas under the curve are counted with ties as half") {
  Vector<float> normals(4), faults(2);
  normals << 1, 2, 2, 5;
  faults << 2, 6;
  CHECK(area_under_curve(normals, faults) == (1 + 0.5 * 2 + 4) / 8);
  CHECK(area_under_curve(normals, normals) == 0.5);
}

TEST_CASE("ceiling fan: every other condition is told from low speed, and false alarms are as few as asked",
          "[real-data]") {
  const thrum::DetectorOptions options = with_windows(128, 200, 1);
  std::map<std::string, Recordings> features = fan_features(*options.signal);
  const Recordings normal = std::move(features.at("fan_0_low_0_weight"));
  features.erase("fan_0_low_0_weight");
  REQUIRE(features.size() == 6);
  REQUIRE(normal.size() > 500);

  const int splits = 20;
  double false_alarms = 0;
  std::map<std::string, double> least_area;
  for (int split = 0; split < splits; ++split) {
    // By recording: windows of one recording overlap, so they must not be on both sides.
    const std::vector<std::size_t> order = shuffled(normal.size(), static_cast<std::uint64_t>(split));
    const auto at = [&](std::size_t percent) {
      return order.begin() + static_cast<std::ptrdiff_t>(order.size() * percent / 100);
    };
    thrum::Detector<float> detector(options);
    detector.fit(stacked(normal, {order.begin(), at(60)}));
    detector.calibrate(stacked(normal, {at(60), at(80)}), 0.01);
    const Vector<float> held_out = detector.score(stacked(normal, {at(80), order.end()}));
    false_alarms +=
        static_cast<double>((held_out.array() > 1).count()) / static_cast<double>(held_out.size()) / splits;
    for (const auto& [name, recordings] : features) {
      const double area = area_under_curve(held_out, detector.score(stacked(recordings)));
      const auto found = least_area.emplace(name, area).first;
      found->second = std::min(found->second, area);
    }
  }
  for (const auto& [name, area] : least_area) {
    INFO(name);
    CHECK(area >= 0.999);
  }
  INFO("false alarms " << false_alarms);
  CHECK(false_alarms <= 0.012);
  CHECK(false_alarms > 0);  // a detector that never alarms would pass, too
}

TEST_CASE("drill press: both imbalances are told from a dry run and from the base", "[real-data]") {
  const thrum::DetectorOptions options = with_windows(128, 100, 2);
  const std::map<std::string, FeatureMatrix> features = drill_features(*options.signal);
  // Contiguous blocks of each normal recording: the first 60 %, and the last 20 %.
  Recordings training, held_out;
  for (const char* name : {"dry_run", "base"}) {
    const FeatureMatrix& rows = features.at(name);
    training.push_back(rows.topRows(rows.rows() * 6 / 10));
    held_out.push_back(rows.bottomRows(rows.rows() * 2 / 10));
  }
  thrum::Detector<float> detector(options);
  detector.fit(stacked(training));
  const Vector<float> normals = detector.score(stacked(held_out));
  for (const char* name : {"imbalance1", "imbalance2"}) {
    INFO(name);
    CHECK(area_under_curve(normals, detector.score(features.at(name))) >= 0.99);
  }
  // Normal blocks are not told from one another as the faults are.
  CHECK(area_under_curve(detector.score(stacked(training)), normals) < 0.9);
}

TEST_CASE("drill press: quantised classes give the verdicts of floats", "[real-data]") {
  thrum::DetectorOptions options = with_windows(128, 100, 2);
  options.pca = std::nullopt;
  const std::map<std::string, FeatureMatrix> features = drill_features(*options.signal);
  Recordings training, tried;
  std::vector<int> faulty;
  for (const auto& [name, rows] : features) {
    const bool normal = name == "dry_run" || name == "base";
    if (normal) training.push_back(rows.topRows(rows.rows() * 6 / 10));
    tried.push_back(normal ? FeatureMatrix(rows.bottomRows(rows.rows() * 2 / 10)) : rows);
    faulty.insert(faulty.end(), static_cast<std::size_t>(tried.back().rows()), normal ? 0 : 1);
  }
  thrum::Detector<float> detector(options);
  detector.fit_and_calibrate(stacked(training), 0.05);
  const auto check = [&](const auto& small, double area_lost) {
    const thrum::QuantisationLoss& loss = small.loss();
    CAPTURE(loss.rows, loss.changed, loss.largest_score_error, *loss.auc_before, *loss.auc_after);
    CHECK(loss.changed_share() <= 0.01);
    CHECK(*loss.auc_after >= *loss.auc_before - area_lost);
  };
  check(thrum::QuantisedDetector<std::int16_t>(detector, stacked(tried), faulty), 1e-4);
  check(thrum::QuantisedDetector<std::int8_t>(detector, stacked(tried), faulty), 0.005);
}
