#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "real_data.hpp"
#include "thrum/clustering_metrics.hpp"
#include "thrum/core/random.hpp"
#include "thrum/detector.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/fixed/detector.hpp"
#include "thrum/io/firmware_header.hpp"
#include "thrum/io/model_file.hpp"
#include "thrum/io/model_image.hpp"
#include "thrum/io/recording.hpp"
#include "thrum/quantised_detector.hpp"

// What tests/fixed/integer_features_test.cpp says of features in integers, seen from the laptop: recordings,
// model files, headers, and what detectors make of them.

using thrum::Arithmetic;
using thrum::FeatureMatrix;
using thrum::Index;

namespace {

using Counts = Eigen::Matrix<std::int16_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr thrum::FeatureOptions integer_signal() {
  thrum::FeatureOptions options;
  options.channels = 3;
  options.window = 128;
  options.hop = 64;
  options.sampling_rate = 200;
  options.arithmetic = Arithmetic::integer;
  return options;
}

Counts noisy_counts(Index frames, std::uint64_t seed, double amplitude) {
  thrum::Random random(seed);
  Counts x(frames, 3);
  for (std::int16_t& count : x.reshaped()) count = static_cast<std::int16_t>(amplitude * random.normal());
  return x;
}

thrum::Detector<float> fitted_detector() {
  thrum::DetectorOptions options;
  options.signal = integer_signal();
  options.kmeans.clusters = 2;
  thrum::Detector<float> detector(options);
  detector.fit(thrum::extract_windows(*options.signal, noisy_counts(5000, 1, 900)));
  return detector;
}

constexpr int all_features = thrum::feature_count(integer_signal());

struct HandMade {
  float centers[all_features] = {};
  float inverse_squared_radius[1] = {1};
};
constexpr HandMade hand_made;

/// One class about zero.
constexpr thrum::DetectorModel<float> model_by_hand() {
  thrum::DetectorModel<float> model;
  model.features = all_features;
  model.has_signal = true;
  model.signal = integer_signal();
  model.anomaly.centers = hand_made.centers;
  model.anomaly.inverse_squared_radius = hand_made.inverse_squared_radius;
  model.anomaly.features = all_features;
  model.anomaly.clusters = 1;
  return model;
}
constexpr thrum::DetectorModel<float> integer_model = model_by_hand();

std::string text_of_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a recording of floats is refused when features are of integers") {
  const Counts x = noisy_counts(500, 2, 900);
  CHECK_THROWS_WITH(
      thrum::extract_windows(integer_signal(), x.cast<float>()),
      "thrum::extract_windows: options.arithmetic is integer, which takes recordings of std::int16_t");
  CHECK(thrum::extract_windows(integer_signal(), x).allFinite());
}

TEST_CASE("firmware takes the features of integers that the laptop takes, to the last bit and in its RAM") {
  static thrum::fixed::Detector<integer_model> detector;
  CHECK(thrum::firmware_ram_bytes(integer_model) == static_cast<Index>(sizeof(detector)));
  const Counts x = noisy_counts(1500, 3, 4000);
  const FeatureMatrix rows = thrum::extract_windows(integer_signal(), x);
  Index row = 0;
  for (Index frame = 0; frame < x.rows(); frame += 61) {
    detector.write(x.row(frame).data(), std::min(Index{61}, x.rows() - frame));
    detector.poll(2);  // begins a window that poll() ends
    while (detector.poll()) {
      REQUIRE(row < rows.rows());
      CHECK(std::memcmp(detector.features(), rows.row(row++).data(), sizeof(float) * all_features) == 0);
    }
  }
  CHECK(row == rows.rows());
}

TEST_CASE("a model file keeps the arithmetic of features, and names only those there are") {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "thrum_integer_features.json";
  const thrum::Detector<float> detector = fitted_detector();
  thrum::write_model(path.string(), detector);
  CHECK(thrum::read_model<float>(path.string()).model().signal == integer_signal());
  std::string text = text_of_file(path);
  const std::string word = "\"arithmetic\": \"integer\"";
  REQUIRE(text.find(word) != std::string::npos);
  text.replace(text.find(word), word.size(), "\"arithmetic\": \"fuzzy\"");
  std::ofstream(path) << text;
  CHECK_THROWS_WITH(thrum::read_model<float>(path.string()),
                    Catch::Matchers::Contains("is \"fuzzy\", expected \"floating\" or \"integer\""));
  std::filesystem::remove(path);
}

TEST_CASE("the arithmetic of features is in the firmware header and its checksum") {
  const thrum::Detector<float> detector = fitted_detector();
  CHECK_THAT(thrum::firmware_header("fan", detector), Catch::Matchers::Contains("thrum::Arithmetic(1)"));
  thrum::DetectorModel<float> model = detector.model();
  const std::uint32_t before = thrum::checksum_of(model);
  model.signal.arithmetic = Arithmetic::floating;
  CHECK(thrum::checksum_of(model) != before);
}

namespace {

constexpr thrum::Capacity capacity_for(Arithmetic arithmetic) {
  thrum::Capacity capacity;
  capacity.signal = integer_signal();
  capacity.signal.arithmetic = arithmetic;
  capacity.components = all_features;
  return capacity;
}
constexpr thrum::Capacity integer_capacity = capacity_for(Arithmetic::integer);
constexpr thrum::Capacity float_capacity = capacity_for(Arithmetic::floating);

}  // namespace

TEST_CASE("an image with features of integers is for a capacity of integers") {
  const thrum::Detector<float> detector = fitted_detector();
  const std::vector<std::uint8_t> bytes = thrum::model_image(detector);
  std::vector<std::uint64_t> image((bytes.size() + 7) / 8);
  std::memcpy(image.data(), bytes.data(), bytes.size());

  static thrum::fixed::Detector<float_capacity> of_floats;
  CHECK(of_floats.use(image.data(), bytes.size()) == thrum::Status::unsupported);
  static thrum::fixed::Detector<integer_capacity> of_integers;
  REQUIRE(of_integers.use(image.data(), bytes.size()) == thrum::Status::ok);
  const Counts x = noisy_counts(600, 4, 900);
  const std::vector<thrum::Verdict> verdicts = thrum::judge_windows(detector, x);
  std::size_t row = 0;
  const auto compare = [&](const thrum::Verdict& verdict) {
    REQUIRE(row < verdicts.size());
    CHECK(thrum::bits_of(verdict.score) == thrum::bits_of(verdicts[row].score));
    CHECK(verdict.feature == verdicts[row++].feature);
  };
  of_integers.push(x.data(), x.rows(), compare);
  CHECK(row == verdicts.size());
}

namespace {

/// Feature rows of the fan's recordings, which are in g, as counts of a sensor with 8192 for one g.
using FanRows = std::map<std::string, std::vector<FeatureMatrix>>;

FanRows fan_rows(Arithmetic arithmetic) {
  thrum::FeatureOptions signal = integer_signal();
  signal.arithmetic = arithmetic;
  for (thrum::ChannelOptions& channel : signal.channel) channel.counts_per_unit = 8192;
  FanRows rows;
  for (const thrum::Condition& condition : thrum::read_conditions(thrum_test::ceiling_fan_dir())) {
    for (const thrum::Recording& recording : condition.recordings) {
      const Counts counts = (recording.samples * 8192).array().round().cast<std::int16_t>();
      rows[condition.name].push_back(extract_windows(signal, counts));
    }
  }
  return rows;
}

FeatureMatrix stacked_rows(const std::vector<FeatureMatrix>& parts, const std::vector<std::size_t>& chosen) {
  Index count = 0;
  for (const std::size_t i : chosen) count += parts[i].rows();
  FeatureMatrix all(count, parts[0].cols());
  count = 0;
  for (const std::size_t i : chosen) {
    all.middleRows(count, parts[i].rows()) = parts[i];
    count += parts[i].rows();
  }
  return all;
}

/// The least area under the ROC curve of low speed against any other condition, over three splits of low
/// speed.
double least_fan_area(const FanRows& rows) {
  const std::vector<FeatureMatrix>& normal = rows.at("fan_0_low_0_weight");
  std::vector<std::size_t> order(normal.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  thrum::Random random(5);
  double least = 1;
  for (int split = 0; split < 3; ++split) {
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[static_cast<std::size_t>(random.index(static_cast<Index>(i)))]);
    const auto middle = order.begin() + static_cast<std::ptrdiff_t>(order.size() * 7 / 10);
    thrum::DetectorOptions options;
    options.kmeans.clusters = 1;
    thrum::Detector<float> detector(options);
    detector.fit(stacked_rows(normal, {order.begin(), middle}));
    const FeatureMatrix held_out = stacked_rows(normal, {middle, order.end()});
    for (const auto& [name, parts] : rows) {
      if (name == "fan_0_low_0_weight") continue;
      std::vector<std::size_t> every(parts.size());
      std::iota(every.begin(), every.end(), std::size_t{0});
      const FeatureMatrix faults = stacked_rows(parts, every);
      FeatureMatrix tried(held_out.rows() + faults.rows(), faults.cols());
      tried << held_out, faults;
      std::vector<int> labels(static_cast<std::size_t>(tried.rows()), 1);
      std::fill_n(labels.begin(), held_out.rows(), 0);
      least = std::min(least, thrum::detail::area_under_roc(detector.score(tried), labels).value());
    }
  }
  return least;
}

}  // namespace

TEST_CASE("ceiling fan: features of integers tell conditions as well as those of floats", "[real-data]") {
  const double floats = least_fan_area(fan_rows(Arithmetic::floating));
  const double integers = least_fan_area(fan_rows(Arithmetic::integer));
  CAPTURE(floats, integers);
  CHECK(integers >= 0.999);
  CHECK(integers >= floats - 1e-4);
}
