#include "thrum/io/model_file.hpp"

#include <unistd.h>

#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "generated_model/detectors.hpp"
#include "same_verdict.hpp"
#include "sample_data.hpp"
#include "thrum/detection/self_test.hpp"
#include "thrum/detector.hpp"
#include "thrum/io/firmware_header.hpp"

using thrum::AnomalyKind;
using thrum::Detector;
using thrum::DetectorModel;
using thrum::DetectorOptions;
using thrum::EllipsoidForm;
using thrum::Index;
using thrum::Matrix;
using thrum::read_model;
using thrum::StoredDetector;
using thrum::Vector;
using thrum::Verdict;
using thrum::write_model;
using thrum_test::blobs;
using thrum_test::contains;
using thrum_test::refusal;
using thrum_test::same_verdict;
using Json = nlohmann::ordered_json;

namespace {

/// A file of this test, removed at the end.
class File {
 public:
  explicit File(const std::string& name)
      : path(std::filesystem::temp_directory_path() / (name + std::to_string(getpid()) + ".json")) {}
  ~File() { std::filesystem::remove(path); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::string text() const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& text) const { std::ofstream(path, std::ios::binary) << text; }

  const std::filesystem::path path;
};

template <typename Scalar>
DetectorOptions small_options(AnomalyKind kind, EllipsoidForm form = EllipsoidForm::full) {
  DetectorOptions options;
  options.kmeans.clusters = 2;
  options.pca = std::nullopt;
  options.bad_share = 0;
  options.scorer.kind = kind;
  options.scorer.form = form;
  options.scorer.soft_centers = 8;
  options.scorer.soft_subspaces = 3;
  return options;
}

template <typename Scalar>
Detector<Scalar> fitted(const DetectorOptions& options) {
  Detector<Scalar> detector(options);
  detector.fit(blobs<Scalar>(5, 60, 4, 2));
  return detector;
}

template <typename Scalar>
StoredDetector<Scalar> stored(const Detector<Scalar>& detector) {
  return StoredDetector<Scalar>(detector.model(), detector.calibration());
}

template <typename Scalar>
bool same_bits(const Vector<Scalar>& a, const Vector<Scalar>& b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(Scalar)) == 0;
}

/// Writes and reads a detector; everything must be as it was.
template <typename Scalar>
void check_round_trip(const Detector<Scalar>& detector, const Matrix<Scalar>& rows) {
  const File file("round_trip");
  write_model(file.path, detector);
  const StoredDetector<Scalar> read = read_model<Scalar>(file.path);
  CHECK(read == stored(detector));
  CHECK(checksum_of(read.model()) == checksum_of(stored(detector).model()));
  CHECK(same_bits(read.score(rows), detector.score(rows)));
  const std::vector<Verdict> actual = read.verdicts(rows), expected = detector.verdicts(rows);
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) CHECK(same_verdict(actual[i], expected[i]));
  const std::string text = file.text();
  write_model(file.path, read);
  CHECK(file.text() == text);
}

/// Near the classes, far away, not finite, and off every scale.
template <typename Scalar>
Matrix<Scalar> varied_rows() {
  Matrix<Scalar> rows = blobs<Scalar>(6, 12, 4, 3);
  rows(3, 1) = std::numeric_limits<Scalar>::quiet_NaN();
  rows(4, 0) = std::numeric_limits<Scalar>::max();
  rows(5, 2) = Scalar(1e30);
  return rows;
}

/// What reading a file says; "accepted" when it does.
std::string complaint(const File& file) {
  try {
    read_model<double>(file.path);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "accepted";
}

/// A detector with every stage and part that a file may have, but a signal.
Detector<double> full_detector() {
  DetectorOptions options = small_options<double>(AnomalyKind::automatic, EllipsoidForm::low_rank);
  options.pca = thrum::PCAOptions{3, 0, true};
  Detector<double> detector = fitted<double>(options);
  detector.calibrate(blobs<double>(5, 60, 4, 2), 0.1);
  return detector;
}

void add_leaves(const Json& value, const std::string& pointer, std::vector<std::string>& leaves) {
  if (!value.is_structured()) leaves.push_back(pointer);
  if (!value.is_structured()) return;
  for (const auto& member : value.items()) add_leaves(member.value(), pointer + "/" + member.key(), leaves);
}

}  // namespace

TEMPLATE_TEST_CASE("A detector of every kind comes back from its model file to the bit", "", float, double) {
  const AnomalyKind kinds[] = {AnomalyKind::radius, AnomalyKind::mahalanobis, AnomalyKind::soft,
                               AnomalyKind::tails,  AnomalyKind::residual,    AnomalyKind::automatic};
  for (const AnomalyKind kind : kinds)
    for (const EllipsoidForm form : {EllipsoidForm::full, EllipsoidForm::diagonal, EllipsoidForm::low_rank})
      check_round_trip(fitted<TestType>(small_options<TestType>(kind, form)), varied_rows<TestType>());
}

TEMPLATE_TEST_CASE("A model file keeps each way of scaling and projecting", "", float, double) {
  using Scaler = std::optional<thrum::ScalerOptions>;
  using PCA = std::optional<thrum::PCAOptions>;
  for (const Scaler& scaler : {Scaler(), Scaler(thrum::ScalerOptions{thrum::ScalerKind::min_max})})
    for (const PCA& pca : {PCA(), PCA(thrum::PCAOptions{2, 0, false}), PCA(thrum::PCAOptions{3, 0, true})}) {
      DetectorOptions options = small_options<TestType>(AnomalyKind::radius);
      options.scaler = scaler;
      options.pca = pca;
      options.monitor = {2, 7, 0, 1.1f};
      Detector<TestType> detector = fitted<TestType>(options);
      check_round_trip(detector, varied_rows<TestType>());
      detector.calibrate(blobs<TestType>(7, 40, 4, 2), 0.1);
      check_round_trip(detector, varied_rows<TestType>());
    }
}

TEST_CASE("A detector of signals comes back with its signal, and makes the same firmware header") {
  const Detector<float> detector = thrum_test::stream_detector();
  const Matrix<float> rows =
      extract_windows(*detector.options().signal, thrum_test::noisy_frames(3, 24 * 20, 2, 1.5));
  check_round_trip(detector, rows);

  const File file("signal");
  write_model(file.path, detector);
  const StoredDetector<float> read = read_model<float>(file.path);
  CHECK(read.model().signal == *detector.options().signal);
  CHECK(thrum::firmware_header("fan", read) == thrum::firmware_header("fan", detector));
  CHECK(Json::parse(file.text())["feature_names"] == thrum::feature_names(*detector.options().signal));
}

TEMPLATE_TEST_CASE("Numbers at the ends of their type survive a model file", "", float, double) {
  using Limits = std::numeric_limits<TestType>;
  Vector<TestType> centers(8);
  centers << Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min(), TestType(-0.0),
      TestType(0.1), 1 + Limits::epsilon(), TestType(1) / 3;
  const Detector<TestType> detector = fitted<TestType>(small_options<TestType>(AnomalyKind::radius));
  DetectorModel<TestType> model = detector.model();
  model.anomaly.centers = centers.data();
  const File file("extremes");
  write_model(file.path, StoredDetector<TestType>(model));
  const StoredDetector<TestType> read = read_model<TestType>(file.path);
  CHECK(std::memcmp(read.model().anomaly.centers, centers.data(), sizeof(TestType) * 8) == 0);
}

TEST_CASE("A model without a table of scores comes back without one") {
  const Detector<float> detector = fitted<float>(small_options<float>(AnomalyKind::radius));
  DetectorModel<float> model = detector.model();
  model.anomaly.score_table = nullptr;
  const File file("no_table");
  write_model(file.path, StoredDetector<float>(model));
  CHECK(read_model<float>(file.path) == StoredDetector<float>(model));
  CHECK(read_model<float>(file.path).model().anomaly.score_table == nullptr);
}

TEST_CASE("A model file written in double can be read as float, rounded") {
  const Detector<double> detector = fitted<double>(small_options<double>(AnomalyKind::mahalanobis));
  const File file("rounded");
  write_model(file.path, detector);
  const StoredDetector<float> read = read_model<float>(file.path);
  const Matrix<double> rows = blobs<double>(6, 12, 4, 3);
  const Vector<float> scores = read.score(rows.cast<float>());
  CHECK(scores.cast<double>().isApprox(detector.score(rows), 1e-5));
  CHECK(read.model().anomaly.centers[1] == static_cast<float>(detector.model().anomaly.centers[1]));

  Json document = Json::parse(file.text());
  document["anomaly"]["centers"][0] = 1e39;
  file.write(document.dump());
  CHECK_THROWS_WITH(read_model<float>(file.path),
                    contains("/anomaly/centers/0 is 1e+39, expected a magnitude"));
}

TEST_CASE("A model file may be formatted anew, and its members may change places") {
  const File file("formatted");
  const Detector<double> detector = full_detector();
  write_model(file.path, detector);
  file.write(nlohmann::json::parse(file.text()).dump(3));  // sorts the keys
  CHECK(read_model<double>(file.path) == stored(detector));
}

TEST_CASE("Reading a damaged model file names the file and the place") {
  const File file("damaged");
  write_model(file.path, full_detector());
  const Json whole = Json::parse(file.text());
  CHECK(complaint(file) == "accepted");

  const auto after = [&](const std::string& pointer, const Json& value) {
    Json document = whole;
    document[Json::json_pointer(pointer)] = value;
    file.write(document.dump());
    const std::string said = complaint(file);
    const std::string start = file.path.string() + ": ";
    return said.compare(0, start.size(), start) == 0 ? said.substr(start.size()) : said;
  };
  const Json eleven(std::vector<double>(11, 1.0));
  CHECK(after("/thrum_model", 2) == "/thrum_model is 2, expected 1, the version that this thrum reads");
  CHECK(after("/thrum_model", "1") == "/thrum_model is \"1\", expected an integer from 0 to 2147483647");
  CHECK(after("/features", 0) == "/features is 0, expected an integer from 1 to 1000000");
  CHECK(after("/features", 2.5) == "/features is 2.5, expected an integer from 1 to 1000000");
  CHECK(after("/features", UINT64_MAX) ==
        "/features is 18446744073709551615, expected an integer from 1 to 1000000");
  CHECK(after("/features", 5) == "/scaling/offset has 4 numbers, expected 5");
  CHECK(after("/monitor/votes", 6) ==
        "/monitor is not valid, expected 1 <= votes <= window <= 32, release < votes, a positive "
        "threshold and durations of at most 65535");
  CHECK(after("/scaling", 1) == "/scaling/offset is missing");
  CHECK(after("/scaling/factor/2", 0) == "/scaling/factor/2 is 0, expected a positive number");
  CHECK(after("/projection/components", 5) == "/projection/components is 5, expected an integer from 1 to 4");
  CHECK(after("/projection/mean/1", "x") == "/projection/mean/1 is \"x\", expected a number");
  CHECK(after("/projection/variance", eleven) == "/projection/variance has 11 numbers, expected 3");
  CHECK_THAT(after("/anomaly/parts", {"radius", "soft"}),
             contains("/anomaly/parts is [\"radius\",\"soft\"]"));
  CHECK_THAT(after("/anomaly/parts", {"soft", "soft"}), contains("/anomaly/parts is"));
  CHECK_THAT(after("/anomaly/parts", {"soft", "hard"}), contains("/anomaly/parts is"));
  CHECK_THAT(after("/anomaly/parts", {"full_ellipsoid", "low_rank_ellipsoid"}),
             contains("/anomaly/parts is"));
  CHECK_THAT(after("/anomaly/parts", "soft"), contains("/anomaly/parts is \"soft\", expected [\"radius\"]"));
  CHECK_THAT(after("/anomaly/parts", Json::array()), contains("/anomaly/parts is []"));
  CHECK(after("/anomaly/classes", 0) == "/anomaly/classes is 0, expected an integer from 1 to 1000000");
  CHECK(after("/anomaly/threshold", -1.5) == "/anomaly/threshold is -1.5, expected a positive number");
  CHECK(after("/anomaly/centers", eleven) == "/anomaly/centers has 11 numbers, expected 6");
  CHECK(after("/anomaly/centers", Json::object()) == "/anomaly/centers is an object, expected 6 numbers");
  CHECK(after("/anomaly/centers/1", nullptr) == "/anomaly/centers/1 is null, expected a number");
  CHECK(after("/anomaly/ellipsoid_count", 3) ==
        "/anomaly/ellipsoid_count is 3, expected 1, or 2, one for each class");
  CHECK(after("/anomaly/ellipsoid_rank", 4) ==
        "/anomaly/ellipsoid_rank is 4, expected an integer from 1 to 3");
  CHECK(after("/anomaly/soft_count", 0) == "/anomaly/soft_count is 0, expected an integer from 1 to 1000000");
  CHECK(after("/anomaly/soft_inverse_width", 0) ==
        "/anomaly/soft_inverse_width is 0, expected a positive number");
  CHECK(after("/anomaly/soft_inverse_width_of_half", -1) ==
        "/anomaly/soft_inverse_width_of_half is -1, expected a positive number, or 0");
  CHECK(after("/anomaly/soft_inverse_width_of_quarter", 2) ==
        "/anomaly/soft_inverse_width_of_quarter is 2, expected 0 for 3 features");
  CHECK_THAT(after("/anomaly/score_table/3", -1),
             contains("/anomaly/score_table/3 is -1, expected at least"));
  CHECK(after("/anomaly/score_table/11", 0) == "/anomaly/score_table/11 is 0, expected a positive number");
  CHECK(after("/calibration/samples", 0.5) ==
        "/calibration/samples is 0.5, expected an integer from 0 to 9223372036854775807");
  CHECK(after("/checksum", 7) == "/checksum is 7, expected " + whole["checksum"].dump() +
                                     ": the file is damaged, or was changed by hand");
  CHECK_THAT(after("/note", "mine"), contains("/checksum is"));
  Json deep = 1;
  for (int i = 0; i < 100; ++i) deep = Json::array({deep});
  CHECK(after("/note", deep) == "is nested deeper than any model file");
}

TEST_CASE("Reading a model file with a damaged signal says what is wrong with it") {
  const File file("damaged_signal");
  write_model(file.path, thrum_test::stream_detector());
  const Json whole = Json::parse(file.text());
  CHECK(complaint(file) == "accepted");
  const auto after = [&](const std::string& pointer, const Json& value) {
    Json document = whole;
    document[Json::json_pointer(pointer)] = value;
    file.write(document.dump());
    return complaint(file);
  };
  CHECK_THAT(after("/signal/mean", 1), contains("/signal/mean is 1, expected true or false"));
  CHECK_THAT(after("/signal/mean", false), contains("/features is "));
  CHECK_THAT(after("/signal/hop", 65), contains("/signal is not valid: hop must be from 1 to window"));
  CHECK_THAT(after("/signal/channels", 3), contains("/signal/channel/2/counts_per_unit is missing"));
  CHECK_THAT(after("/signal/channels", 1000000000), contains("/signal/channel/2/counts_per_unit is missing"));
  CHECK_THAT(after("/signal/spectrum", "welch"),
             contains("/signal/spectrum is \"welch\", expected \"hann\" or \"sine_tapers\""));
  CHECK_THAT(after("/signal/channel/0/unit", "12345678"),
             contains("/signal/channel/0/unit has 8 bytes, expected at most 7"));
  CHECK_THAT(after("/signal/sampling_rate", 1e39),
             contains("/signal/sampling_rate is 1e+39, expected a magn"));
}

TEST_CASE("Each member of a model file that is missing or changed is noticed") {
  const File file("members");
  write_model(file.path, full_detector());
  const Json whole = Json::parse(file.text());
  std::vector<std::string> leaves;
  add_leaves(whole, "", leaves);
  REQUIRE(leaves.size() > 100);
  for (const std::string& leaf : leaves) {
    const std::size_t slash = leaf.rfind('/');
    const Json::json_pointer parent(leaf.substr(0, slash));
    Json without = whole;
    if (without[parent].is_array())
      without[parent].erase(std::stoul(leaf.substr(slash + 1)));
    else
      without[parent].erase(leaf.substr(slash + 1));
    file.write(without.dump());
    CHECK_THAT(complaint(file), contains(file.path.string() + ": /"));

    Json changed = whole;
    Json& value = changed[Json::json_pointer(leaf)];
    if (value.is_number_float())
      value = std::nextafter(value.get<double>(), DBL_MAX);
    else if (value.is_number())
      value = value.get<int64_t>() + 1;
    else
      value = value.get<std::string>() + "x";
    file.write(changed.dump());
    CHECK_THAT(complaint(file), contains(file.path.string() + ": /"));
  }
  file.write(whole.dump());
  CHECK(complaint(file) == "accepted");
}

TEST_CASE("A model file that is cut off, empty or no JSON is refused") {
  const File file("cut");
  write_model(file.path, full_detector());
  const std::string text = file.text();
  for (std::size_t size = 0; size + 2 < text.size(); size += 97) {
    file.write(text.substr(0, size));
    CHECK_THAT(complaint(file),
               contains(file.path.string() + ": [json.exception.parse_error.101] parse error"));
  }
  for (const char* other : {"1", "[]", "null", "\"thrum\"", "{}"}) {
    file.write(other);
    CHECK(complaint(file) == file.path.string() + ": /thrum_model is missing");
  }
  std::string overflowing = text;
  file.write(overflowing.replace(overflowing.find("\"threshold\": ") + 13, 1, "1e999"));
  CHECK_THAT(complaint(file), contains("number overflow"));
  std::filesystem::remove(file.path);
  CHECK(complaint(file) == file.path.string() + ": cannot be opened");
}

TEST_CASE("Writing a model file refuses what it could not keep") {
  const File file("refused");
  CHECK_THAT(refusal([&] { write_model(file.path, Detector<double>()); }),
             contains("detector is not fitted"));
  CHECK_THAT(refusal([&] { write_model(file.path, StoredDetector<float>()); }), contains("not fitted"));

  const Detector<float> detector = thrum_test::stream_detector();
  DetectorModel<float> model = detector.model();
  model.signal.channel[1].unit[0] = '\xff';
  CHECK(refusal([&] { write_model(file.path, StoredDetector<float>(model)); }) ==
        "thrum::write_model: /signal/channel/1/unit is not UTF-8, which JSON asks for");
  model = detector.model();
  const float bad[] = {1, std::numeric_limits<float>::infinity(), 1};
  model.anomaly.inverse_squared_radius = bad;
  CHECK_THAT(refusal([&] { write_model(file.path, StoredDetector<float>(model)); }),
             contains("/anomaly/inverse_squared_radius is inf, expected a finite number"));
  CHECK_FALSE(std::filesystem::exists(file.path));

  const std::string missing = (file.path / "no_folder" / "model.json").string();
  CHECK_THROWS_WITH(write_model(missing, detector), contains(missing + ": cannot be written"));
}
