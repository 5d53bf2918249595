#include "thrum/io/firmware_header.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "generated_model/detectors.hpp"
#include "same_verdict.hpp"
#include "sample_data.hpp"
#include "thrum/firmware.hpp"

// What the program write_models has written in this build.
#include "automatic_model.hpp"
#include "diagonal_model.hpp"
#include "full_model.hpp"
#include "large_model.hpp"
#include "low_rank_model.hpp"
#include "residual_model.hpp"
#include "row_model.hpp"
#include "soft_model.hpp"
#include "stream_model.hpp"
#include "tails_model.hpp"
#include "whitened_model.hpp"

using thrum::Detector;
using thrum::DetectorModel;
using thrum::Index;
using thrum::Matrix;
using thrum::Status;
using thrum::Verdict;
using thrum_test::contains;
using thrum_test::refusal;
using thrum_test::same_verdict;
using thrum_test::Samples;

namespace {

bool same_bits(const float* a, const float* b, Index size) {
  if (a == nullptr || b == nullptr) return a == b;
  return std::memcmp(a, b, static_cast<std::size_t>(size) * sizeof(float)) == 0;
}

/// Whether the arrays that the compiler read from the header are those of the detector, bit for bit.
bool same_numbers(const DetectorModel<float>& a, const DetectorModel<float>& b) {
  const Index d = b.features, p = b.projection.components, k = b.anomaly.clusters;
  return a.features == d && a.has_signal == b.has_signal && (!b.has_signal || a.signal == b.signal) &&
         a.monitor == b.monitor && a.scaling.features == b.scaling.features &&
         a.projection.features == b.projection.features && a.projection.components == p &&
         a.anomaly.clusters == k && a.anomaly.features == b.anomaly.features &&
         same_bits(a.scaling.offset, b.scaling.offset, d) &&
         same_bits(a.scaling.factor, b.scaling.factor, d) &&
         same_bits(a.projection.mean, b.projection.mean, d) &&
         same_bits(a.projection.basis, b.projection.basis, d * p) &&
         same_bits(a.projection.variance, b.projection.variance, p) &&
         same_bits(a.anomaly.centers, b.anomaly.centers, b.anomaly.features * k) &&
         same_bits(a.anomaly.inverse_squared_radius, b.anomaly.inverse_squared_radius, k) &&
         same_bits(&a.anomaly.threshold, &b.anomaly.threshold, 1);
}

/// The rows that the fixed row detector judges otherwise than the laptop.
template <const auto& model>
Index disagreements(const Detector<float>& detector, const Matrix<float>& x) {
  thrum::fixed::RowDetector<model> chip;
  const std::vector<Verdict> verdicts = detector.verdicts(x);
  Index count = 0;
  for (Index i = 0; i < x.rows(); ++i)
    if (!same_verdict(chip.judge(x.row(i).data()), verdicts[static_cast<std::size_t>(i)])) ++count;
  return count;
}

/// A model header of one kind of scorer against the laptop: arrays, verdicts, checksum, self-test and memory.
template <const auto& model>
void check_kind(thrum::AnomalyKind kind, thrum::EllipsoidForm form = thrum::EllipsoidForm::full) {
  CAPTURE(static_cast<int>(kind), static_cast<int>(form));
  const Detector<float> detector = thrum_test::detector_of_kind(kind, form);
  std::vector<std::pair<const float*, Index>> arrays;
  const DetectorModel<float> own = detector.model();
  for_each_array(own,
                 [&](const char*, const float* values, Index size) { arrays.emplace_back(values, size); });
  std::size_t next = 0;
  for_each_array(model, [&](const char* name, const float* values, Index size) {
    const auto [expected, expected_size] = arrays[next++];
    if (std::string(name).find("self_test") == 0) return;
    CHECK(size == expected_size);
    CHECK(same_bits(values, expected, expected_size));
  });
  const Matrix<float> rows = 3 * thrum_test::noisy_rows(26, 400, 5);
  CHECK(disagreements<model>(detector, rows) == 0);
  Matrix<float> hostile = rows.topRows(3);
  hostile(0, 2) = std::numeric_limits<float>::quiet_NaN();
  hostile(1, 1) = std::numeric_limits<float>::max();
  hostile(2, 3) = -1e30f;
  CHECK(disagreements<model>(detector, hostile) == 0);
  thrum::fixed::RowDetector<model> chip;
  CHECK(chip.self_test() == Status::ok);
  CHECK(thrum::firmware_ram_bytes(model) == static_cast<Index>(sizeof(chip)));
  const std::vector<Verdict> verdicts = detector.verdicts(rows);
  for (const thrum::State state : {thrum::State::normal, thrum::State::alarm})
    CHECK(std::any_of(verdicts.begin(), verdicts.end(), [&](const Verdict& v) { return v.state == state; }));
}

/// All verdicts and features of a stream, and the states of the machine.
struct Watched {
  std::vector<Verdict> verdicts;
  std::vector<thrum::State> states;
  std::vector<float> features;
};

template <typename FixedDetector>
void poll_all(FixedDetector& chip, Watched& watched) {
  while (chip.poll()) {
    watched.verdicts.push_back(chip.verdict());
    watched.states.push_back(chip.state());
    watched.features.insert(watched.features.end(), chip.features(), chip.features() + stream_model.features);
  }
}

/// Blocks of 1 to `largest` frames; interleaved, planar, or by turns.
Watched watched_in_blocks(const Samples& x, Index largest, bool interleaved, bool planar) {
  static thrum::fixed::Detector<stream_model> chip;
  chip = {};
  Watched watched;
  thrum::Random random(9);
  for (Index begin = 0; begin < x.rows();) {
    const Index count = thrum::smaller(1 + random.index(largest), x.rows() - begin);
    if (interleaved && (!planar || random.index(2) == 0)) {
      REQUIRE(chip.write(x.row(begin).data(), count) == count);
    } else {
      const Eigen::Matrix<std::int16_t, Eigen::Dynamic, Eigen::Dynamic> block = x.middleRows(begin, count);
      const std::int16_t* const channels[2] = {block.col(0).data(), block.col(1).data()};
      REQUIRE(chip.write_planar(channels, count) == count);
    }
    begin += count;
    poll_all(chip, watched);
  }
  CHECK(chip.overruns() == 0);
  return watched;
}

std::string file_content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// A model with arrays of its own, so that a number can be changed.
struct Damaged {
  explicit Damaged(const DetectorModel<float>& intact) : model(intact) {
    const Index d = intact.features, p = intact.projection.components, k = intact.anomaly.clusters,
                n = intact.self_tests.count;
    own(model.scaling.offset, d);
    own(model.scaling.factor, d);
    own(model.projection.mean, d);
    own(model.projection.basis, d * p);
    own(model.projection.variance, p);
    own(model.anomaly.centers, intact.anomaly.features * k);
    own(model.anomaly.inverse_squared_radius, k);
    own(model.anomaly.bias, k);
    own(model.self_tests.rows, d * n);
    own(model.self_tests.scores, n);
  }

  void own(const float*& values, Index size) {
    if (values == nullptr) return;
    arrays.emplace_back(values, values + size);
    values = arrays.back().data();
  }

  DetectorModel<float> model;
  std::vector<std::vector<float>> arrays;  // moving one keeps its memory
};

/// Single bits of single numbers whose change leaves the checksum as it was.
int unnoticed_changes(const DetectorModel<float>& intact) {
  Damaged damaged(intact);
  int unnoticed = 0;
  for (std::vector<float>& values : damaged.arrays)
    for (float& value : values)
      for (const std::uint32_t bit : {0u, 22u, 31u}) {
        const float kept = value;
        value = thrum::from_bits<float>(thrum::bits_of(value) ^ (1u << bit));
        if (checksum_of(damaged.model) == intact.checksum) ++unnoticed;
        value = kept;
      }
  REQUIRE(checksum_of(damaged.model) == intact.checksum);
  return unnoticed;
}

template <typename Change>
bool noticed(Change change) {
  DetectorModel<float> model = stream_model;
  change(model);
  return checksum_of(model) != stream_model.checksum;
}

}  // namespace

// ---- laptop and firmware

TEST_CASE("a compiled model header holds the detector's numbers bit for bit") {
  CHECK(same_numbers(stream_model, thrum_test::stream_detector().model()));
  CHECK(same_numbers(row_model, thrum_test::row_detector().model()));
  CHECK(same_numbers(whitened_model, thrum_test::whitened_detector().model()));
  CHECK(same_numbers(large_model, thrum_test::large_detector().model()));
  CHECK_FALSE(same_numbers(stream_model, thrum_test::whitened_detector().model()));
  Damaged damaged(row_model);
  damaged.arrays[0][3] = std::nextafter(damaged.arrays[0][3], 100.0f);
  CHECK_FALSE(same_numbers(damaged.model, thrum_test::row_detector().model()));
}

TEST_CASE("a model header of many classes holds the biases by which their distances are spared") {
  const thrum::AnomalyModel<float>& many = large_model.anomaly;
  std::vector<float> bias(48);
  REQUIRE(many.clusters == 48);
  REQUIRE(thrum::class_biases(many.centers, many.features, many.clusters, bias.data()));
  CHECK(same_bits(many.bias, bias.data(), 48));
  CHECK(row_model.anomaly.bias == nullptr);
  CHECK(full_model.anomaly.bias == nullptr);
}

TEST_CASE("rows get the same verdict from the firmware's model as on the laptop, bit for bit") {
  CHECK(disagreements<row_model>(thrum_test::row_detector(), 2 * thrum_test::noisy_rows(20, 500, 5)) == 0);
  CHECK(disagreements<whitened_model>(thrum_test::whitened_detector(),
                                      2 * thrum_test::noisy_rows(21, 500, 6)) == 0);
  CHECK(disagreements<large_model>(thrum_test::large_detector(), 2 * thrum_test::noisy_rows(22, 100, 96)) ==
        0);
  CHECK(disagreements<stream_model>(thrum_test::stream_detector(), 9 * thrum_test::noisy_rows(23, 100, 33)) ==
        0);
  // Another detector does disagree.
  Detector<float> other = thrum_test::row_detector();
  other.calibrate(thrum_test::noisy_rows(24, 30, 5), 0.1);
  CHECK(disagreements<row_model>(other, thrum_test::noisy_rows(20, 500, 5)) > 0);
  // And what has no score has none on either side.
  Matrix<float> hostile = thrum_test::noisy_rows(25, 6, 5);
  hostile(0, 2) = thrum::positive_infinity<float>();
  hostile(1, 4) = -thrum::positive_infinity<float>();
  hostile(2, 0) = std::numeric_limits<float>::quiet_NaN();
  hostile(3, 1) = std::numeric_limits<float>::max();
  hostile(4, 3) = -1e30f;
  CHECK(disagreements<row_model>(thrum_test::row_detector(), hostile) == 0);
}

TEST_CASE(
    "every kind of scorer gives the same verdicts from the firmware's model as on the laptop, bit for bit") {
  using thrum::AnomalyKind;
  using thrum::EllipsoidForm;
  check_kind<full_model>(AnomalyKind::mahalanobis);
  check_kind<diagonal_model>(AnomalyKind::mahalanobis, EllipsoidForm::diagonal);
  check_kind<low_rank_model>(AnomalyKind::mahalanobis, EllipsoidForm::low_rank);
  check_kind<soft_model>(AnomalyKind::soft);
  check_kind<tails_model>(AnomalyKind::tails);
  check_kind<residual_model>(AnomalyKind::residual);
  check_kind<automatic_model>(AnomalyKind::automatic);
  // Another kind does disagree.
  CHECK(disagreements<soft_model>(thrum_test::detector_of_kind(AnomalyKind::tails),
                                  thrum_test::noisy_rows(26, 400, 5)) > 0);
}

TEST_CASE(
    "a stream gets the same verdicts, features and scores from the firmware as on the laptop, bit for bit") {
  // Quiet, as learned, too loud, at both rails: every state and both channels.
  Samples x(2000, 2);
  x << thrum_test::noisy_frames(30, 500, 2, 0.5), thrum_test::noisy_frames(31, 500, 2, 1),
      thrum_test::noisy_frames(32, 500, 2, 2), thrum_test::noisy_frames(33, 500, 2, 1000);
  x.middleRows(1200, 100).setConstant(5);
  const Detector<float> detector = thrum_test::stream_detector();
  const thrum::FeatureMatrix features = extract_windows(stream_model.signal, x);
  const std::vector<Verdict> verdicts = detector.verdicts(features);
  thrum::Monitor monitor;
  std::vector<thrum::State> states;
  for (const Verdict& verdict : verdicts)
    states.push_back(monitor.update(detector.options().monitor, verdict.state, verdict.score));

  const struct {
    Index largest;
    bool interleaved, planar;
  } ways[] = {{1, true, false}, {7, true, false}, {24, true, false}, {24, false, true}, {13, true, true}};
  for (const auto& way : ways) {
    const Watched watched = watched_in_blocks(x, way.largest, way.interleaved, way.planar);
    REQUIRE(watched.verdicts.size() == verdicts.size());
    REQUIRE(watched.features.size() == static_cast<std::size_t>(features.size()));
    CHECK(same_bits(watched.features.data(), features.data(), features.size()));
    CHECK(watched.states == states);
    int different = 0;
    for (std::size_t i = 0; i < verdicts.size(); ++i)
      if (!same_verdict(watched.verdicts[i], verdicts[i])) ++different;
    CHECK(different == 0);
  }
  int alarms[2] = {}, normals = 0;
  for (const Verdict& verdict : verdicts) {
    if (verdict.state == thrum::State::alarm) ++alarms[verdict.channel];
    if (verdict.state == thrum::State::normal) ++normals;
  }
  CHECK(alarms[0] > 0);
  CHECK(alarms[1] > 0);
  CHECK(normals > 0);
}

// ---- checksum and self-test

TEST_CASE("every generated model passes its self-test") {
  static thrum::fixed::Detector<stream_model> stream;
  static thrum::fixed::RowDetector<row_model> row;
  static thrum::fixed::RowDetector<whitened_model> whitened;
  static thrum::fixed::RowDetector<large_model> large;
  CHECK(stream.self_test() == Status::ok);
  CHECK(row.self_test() == Status::ok);
  CHECK(whitened.self_test() == Status::ok);
  CHECK(large.self_test() == Status::ok);
  CHECK(stream_model.self_tests.count == 11);
  CHECK(row_model.self_tests.count == 8);
}

TEST_CASE("the self-test rows of a model score below and above its radii") {
  const DetectorModel<float>& model = row_model;
  CHECK(*std::min_element(model.self_tests.scores, model.self_tests.scores + 8) < 0.5f);
  CHECK(*std::max_element(model.self_tests.scores, model.self_tests.scores + 8) > 1);
  const Eigen::Map<const Matrix<float>> rows(model.self_tests.rows, 8, 5);
  const thrum::Vector<float> scores = thrum_test::row_detector().score(rows);
  CHECK(same_bits(scores.data(), model.self_tests.scores, 8));
}

TEST_CASE("the checksum notices any single changed bit of any number of a model") {
  CHECK(unnoticed_changes(row_model) == 0);
  CHECK(unnoticed_changes(whitened_model) == 0);
  CHECK(unnoticed_changes(stream_model) == 0);
}

TEST_CASE("the checksum notices every changed size, option and unit") {
  using Model = DetectorModel<float>;
  CHECK_FALSE(noticed([](Model&) {}));
  CHECK_FALSE(noticed([](Model& model) { model.checksum ^= 1; }));  // all but itself
  CHECK(noticed([](Model& model) { model.schema ^= 1; }));
  CHECK(noticed([](Model& model) { model.has_signal = false; }));
  CHECK(noticed([](Model& model) { model.features -= 1; }));
  CHECK(noticed([](Model& model) { model.scaling.features = 0; }));
  CHECK(noticed([](Model& model) { model.projection.features = 0; }));
  CHECK(noticed([](Model& model) { model.projection.components -= 1; }));
  CHECK(noticed([](Model& model) { model.anomaly.clusters -= 1; }));
  CHECK(noticed([](Model& model) { model.anomaly.features -= 1; }));
  CHECK(noticed([](Model& model) { model.anomaly.threshold += 1; }));
  CHECK(noticed([](Model& model) { model.self_tests.count -= 1; }));
  CHECK(noticed([](Model& model) { model.self_tests.tolerance *= 2; }));
  for (int thrum::MonitorOptions::*member :
       {&thrum::MonitorOptions::votes, &thrum::MonitorOptions::window, &thrum::MonitorOptions::release,
        &thrum::MonitorOptions::minimum_duration, &thrum::MonitorOptions::cool_down})
    CHECK(noticed([member](Model& model) { ++(model.monitor.*member); }));
  CHECK(noticed([](Model& model) { model.monitor.threshold += 1; }));
  using Signal = thrum::FeatureOptions;
  for (int Signal::*member : {&Signal::window, &Signal::hop, &Signal::bands})
    CHECK(noticed([member](Model& model) { ++(model.signal.*member); }));
  CHECK(noticed([](Model& model) { --model.signal.channels; }));
  for (float Signal::*member :
       {&Signal::sampling_rate, &Signal::lowest_hz, &Signal::highest_hz, &Signal::energy_floor})
    CHECK(noticed([member](Model& model) { model.signal.*member += 1; }));
  for (bool Signal::*member : {&Signal::mean, &Signal::rms, &Signal::median_absolute_deviation,
                               &Signal::peak_to_peak, &Signal::crest_factor, &Signal::skewness,
                               &Signal::kurtosis, &Signal::zero_crossings, &Signal::correlation})
    CHECK(noticed([member](Model& model) { model.signal.*member = !(model.signal.*member); }));
  for (const int channel : {0, 1}) {
    CHECK(noticed([channel](Model& model) { model.signal.channel[channel].counts_per_unit *= 2; }));
    CHECK(noticed([channel](Model& model) { model.signal.channel[channel].full_scale += 1; }));
    CHECK(noticed([channel](Model& model) { model.signal.channel[channel].unit[2] = 'x'; }));
  }
}

TEST_CASE("a self-test tells a damaged model from a build that scores otherwise") {
  std::vector<float> scratch(static_cast<std::size_t>(stream_model.scratch_size()));
  Damaged damaged(stream_model);
  CHECK(self_test(damaged.model, scratch.data()) == Status::ok);
  float& score = damaged.arrays.back()[10];
  score += 1e-3f;
  CHECK(self_test(damaged.model, scratch.data()) == Status::corrupt_model);
  damaged.model.checksum = checksum_of(damaged.model);
  CHECK(self_test(damaged.model, scratch.data()) == Status::self_test_failed);
  // Within the tolerance of 1e-5 is what other multiply-adds may give.
  score = stream_model.self_tests.scores[10] * (1 + 5e-6f);
  damaged.model.checksum = checksum_of(damaged.model);
  CHECK(self_test(damaged.model, scratch.data()) == Status::ok);
}

// ---- sizes

TEST_CASE("the RAM that a model header tells is what the fixed detectors take") {
  // Nothing in them is a pointer or wider than 32 bits, so this machine lays them out as a Cortex-M does.
  CHECK(thrum::firmware_ram_bytes(stream_model) ==
        static_cast<Index>(sizeof(thrum::fixed::Detector<stream_model>)));
  CHECK(thrum::firmware_ram_bytes(row_model) ==
        static_cast<Index>(sizeof(thrum::fixed::RowDetector<row_model>)));
  CHECK(thrum::firmware_ram_bytes(whitened_model) ==
        static_cast<Index>(sizeof(thrum::fixed::RowDetector<whitened_model>)));
}

TEST_CASE("the flash that a model header tells is what its arrays take") {
  namespace stream = stream_model_data;
  namespace white = whitened_model_data;
  CHECK(thrum::model_flash_bytes(stream_model) ==
        static_cast<Index>(sizeof(stream::offset) + sizeof(stream::factor) + sizeof(stream::mean) +
                           sizeof(stream::basis) + sizeof(stream::centers) +
                           sizeof(stream::inverse_squared_radius) + sizeof(stream::self_test_rows) +
                           sizeof(stream::self_test_scores) + sizeof(stream::score_table) + sizeof(float)));
  CHECK(thrum::model_flash_bytes(whitened_model) ==
        static_cast<Index>(sizeof(white::offset) + sizeof(white::factor) + sizeof(white::mean) +
                           sizeof(white::basis) + sizeof(white::variance) + sizeof(white::centers) +
                           sizeof(white::inverse_squared_radius) + sizeof(white::self_test_rows) +
                           sizeof(white::self_test_scores) + sizeof(white::score_table) + sizeof(float)));
}

// ---- text

TEST_CASE("a model header is the same text every time, in any locale") {
  struct German : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const Detector<float> detector = thrum_test::stream_detector();
  const std::string text = thrum::firmware_header("fan", detector);
  CHECK(thrum::firmware_header("fan", detector) == text);
  CHECK(thrum::firmware_header("fan", thrum_test::stream_detector()) == text);
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new German));
  std::ostringstream shows_it_works;
  shows_it_works << 1234567 << ' ' << 0.5;
  const std::string in_german = thrum::firmware_header("fan", detector);
  std::locale::global(before);
  CHECK(shows_it_works.str() == "1.234.567 0,5");
  CHECK(in_german == text);
  CHECK(text.find('\r') == std::string::npos);
}

TEST_CASE("a model header says what the model is") {
  const Detector<float> detector = thrum_test::stream_detector();
  thrum::FirmwareHeaderOptions options;
  options.measured_false_alarm_rate = 0.034;
  const std::string text = thrum::firmware_header("fan", detector, options);
  for (const char* part :
       {"// fan: what a machine is like", "2 channels at 1000 Hz, windows of 64 every 24 frames",
        "classes     3", "asked 5 %, measured 3.4 %", "RAM         ", "flash       "})
    CHECK_THAT(text, contains(part));
  CHECK_THAT(thrum::firmware_header("rows", thrum_test::row_detector()), contains("not calibrated"));
}

TEST_CASE("an odd unit can't reach out of the comment of a model header") {
  thrum::DetectorOptions options;
  thrum::FeatureOptions signal;
  signal.bands = 0;
  signal.channel[0] = {1, 0, "g\n#x\\"};
  options.signal = signal;
  options.kmeans.clusters = 1;
  Detector<float> detector(options);
  detector.fit(thrum_test::noisy_rows(40, 50, 7));
  std::istringstream text(thrum::firmware_header("fan", detector));
  std::string line;
  while (std::getline(text, line) && !line.empty()) {
    CHECK(line.substr(0, 2) == "//");
    CHECK(line.back() != '\\');
  }
}

TEST_CASE("a model header is written to a file as it is, or the file is named") {
  const auto folder = std::filesystem::temp_directory_path() / ("thrum_model_" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  const Detector<float> detector = thrum_test::row_detector();
  thrum::write_firmware_header((folder / "rows.hpp").string(), "rows", detector);
  CHECK(file_content(folder / "rows.hpp") == thrum::firmware_header("rows", detector));
  const std::string missing = (folder / "missing" / "rows.hpp").string();
  CHECK_THROWS_WITH(thrum::write_firmware_header(missing, "rows", detector), contains(missing));
  std::filesystem::remove_all(folder);
}

TEST_CASE("a model header is refused for a bad name, no model, or too few self-tests") {
  const Detector<float> detector = thrum_test::row_detector();
  const auto named = [&detector](const std::string& name) {
    return refusal([&] { thrum::firmware_header(name, detector); });
  };
  for (const char* name : {"", "1fan", "my fan", "fan-model", "fan.model", "f\xc3\xa4n", "fan\n", "a;int b",
                           "_Fan", "_fan", "a__b"})
    CHECK_THAT(named(name), contains("expected letters"));
  CHECK(named(std::string("fan\0model", 9)) != "accepted");
  for (const char* name : {"fan", "fan_model", "Fan2", "f", "classy", "model_"})
    CHECK(named(name) == "accepted");
  CHECK_THAT(refusal([] { thrum::firmware_header("fan", Detector<float>()); }), contains("not fitted"));
  for (const int count : {7, 0, -1}) {
    thrum::FirmwareHeaderOptions options;
    options.self_tests = count;
    CHECK_THAT(refusal([&] { thrum::firmware_header("fan", detector, options); }), contains("at least 8"));
  }
}
