#include "thrum/io/model_image.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "catch.hpp"
#include "generated_model/detectors.hpp"
#include "same_verdict.hpp"
#include "sample_data.hpp"
#include "thrum/firmware.hpp"
#include "thrum/quantised_detector.hpp"

// The same detector as a header: what the program write_models has written in this build.
#include "stream_model.hpp"

using thrum::AnomalyKind;
using thrum::Capacity;
using thrum::ClassNumbers;
using thrum::Detector;
using thrum::DetectorOptions;
using thrum::EllipsoidForm;
using thrum::FeatureOptions;
using thrum::Index;
using thrum::Status;
using thrum::Verdict;
using thrum_test::contains;
using thrum_test::noisy_frames;
using thrum_test::refusal;
using thrum_test::same_verdict;
using thrum_test::Samples;

namespace {

/// An image where firmware has it, at the start of a page of flash.
class Page {
 public:
  explicit Page(const std::vector<std::uint8_t>& image)
      : size_(image.size()), words_(image.size() / 8 + 512) {
    std::copy(image.begin(), image.end(), bytes());
  }
  std::uint8_t* bytes() { return reinterpret_cast<std::uint8_t*>(words_.data()); }
  std::size_t size() const { return size_; }
  /// More than the image: firmware need not know how long it is.
  std::size_t page_size() const { return words_.size() * 8; }

  void set_word(thrum::ImageHead word, std::uint32_t value) { put(word * 4, value); }
  /// Makes it whole again after a change.
  void renew_crc() {
    thrum::Crc32 crc;
    for (std::size_t i = 0; i + 4 < size_; ++i) crc.add_byte(bytes()[i]);
    put(size_ - 4, crc.value());
  }

 private:
  void put(std::size_t place, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) bytes()[place + i] = static_cast<std::uint8_t>(value >> 8 * i);
  }

  std::size_t size_;
  std::vector<std::uint64_t> words_;
};

/// The verdicts on all windows of a recording.
template <typename FixedDetector>
std::vector<Verdict> verdicts_of(FixedDetector& detector, const Samples& x) {
  std::vector<Verdict> verdicts;
  detector.push(x.data(), x.rows(), [&verdicts](const Verdict& verdict) { verdicts.push_back(verdict); });
  return verdicts;
}

bool same_verdicts(const std::vector<Verdict>& a, const std::vector<Verdict>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), same_verdict<Verdict>);
}

/// A small signal that every kind of scores is tried on.
constexpr FeatureOptions small_signal = [] {
  FeatureOptions options;
  options.channels = 2;
  options.window = 32;
  options.hop = 16;
  options.sampling_rate = 1000;
  options.bands = 2;
  return options;
}();

Detector<float> detector_of(const FeatureOptions& signal, AnomalyKind kind = AnomalyKind::radius,
                            EllipsoidForm form = EllipsoidForm::full, int components = 4) {
  DetectorOptions options;
  options.signal = signal;
  options.pca = std::nullopt;
  if (components > 0) options.pca = thrum::PCAOptions{components, 0, false};
  options.kmeans.clusters = 2;
  options.scorer.kind = kind;
  options.scorer.form = form;
  options.scorer.rank = 2;
  options.scorer.soft_centers = 12;
  Detector<float> detector(options);
  detector.fit(extract_windows(signal, noisy_frames(1, signal.hop * 400, signal.channels, 1)));
  return detector;
}

constexpr Capacity stream_capacity = thrum::capacity_of(stream_model);
constexpr Capacity small_capacity{small_signal, 4};
constexpr Capacity capacity_for_all{small_signal, 6, thrum::every_part};
constexpr Capacity q15_capacity{small_signal, 0, thrum::radius_part, ClassNumbers::q15};
constexpr Capacity int8_capacity{small_signal, 4, thrum::radius_part, ClassNumbers::int8};

/// Quiet at first, then twice as loud.
Samples recording(int channels, Index frames) {
  Samples x(2 * frames, channels);
  x << noisy_frames(7, frames, channels, 1), noisy_frames(8, frames, channels, 2);
  return x;
}

}  // namespace

TEST_CASE("an image and a header of one detector have one fingerprint and give the same verdicts") {
  Page page(thrum::model_image(thrum_test::stream_detector(), 11));
  thrum::fixed::Detector<stream_capacity> from_image;
  thrum::fixed::Detector<stream_model> from_header;
  REQUIRE(from_image.use(page.bytes(), page.page_size()) == Status::ok);
  CHECK(from_image.fingerprint() == stream_model.checksum);
  CHECK(from_image.fingerprint() == from_header.fingerprint());
  CHECK(from_image.self_test() == Status::ok);
  CHECK(from_image.signal() == stream_model.signal);

  const Samples x = recording(2, 3000);
  const std::vector<Verdict> verdicts = verdicts_of(from_image, x);
  CHECK(verdicts.size() > 200);
  CHECK(std::count_if(verdicts.begin(), verdicts.end(),
                      [](const Verdict& verdict) { return verdict.state == thrum::State::alarm; }) > 50);
  CHECK(same_verdicts(verdicts, verdicts_of(from_header, x)));
  CHECK(from_image.state() == from_header.state());
}

TEST_CASE("every kind of scores works from an image as from its detector") {
  const struct {
    AnomalyKind kind;
    EllipsoidForm form;
  } kinds[] = {{AnomalyKind::radius, EllipsoidForm::full},
               {AnomalyKind::mahalanobis, EllipsoidForm::full},
               {AnomalyKind::mahalanobis, EllipsoidForm::diagonal},
               {AnomalyKind::mahalanobis, EllipsoidForm::low_rank},
               {AnomalyKind::soft, EllipsoidForm::full},
               {AnomalyKind::tails, EllipsoidForm::full},
               {AnomalyKind::residual, EllipsoidForm::full},
               {AnomalyKind::automatic, EllipsoidForm::full}};
  const Samples x = recording(2, 800);
  thrum::fixed::Detector<capacity_for_all> chip;
  for (const auto& one : kinds) {
    for (const int components : {0, 6}) {
      const Detector<float> detector = detector_of(small_signal, one.kind, one.form, components);
      Page page(thrum::model_image(detector));
      REQUIRE(chip.use(page.bytes(), page.size()) == Status::ok);
      chip.restart();
      CHECK(same_verdicts(verdicts_of(chip, x), detector.verdicts(extract_windows(small_signal, x))));
    }
  }
}

TEST_CASE("a model of many classes works from an image as from its detector") {
  static constexpr Capacity capacity{small_signal, 4, thrum::radius_part, ClassNumbers::float32, 32};
  DetectorOptions options;
  options.signal = small_signal;
  options.pca = thrum::PCAOptions{4, 0, false};
  options.kmeans.clusters = 32;
  Detector<float> detector(options);
  detector.fit(extract_windows(small_signal, noisy_frames(1, small_signal.hop * 900, 2, 1)));
  Page page(thrum::model_image(detector));
  thrum::fixed::Detector<capacity> chip;
  REQUIRE(chip.use(page.bytes(), page.size()) == Status::ok);
  const Samples x = recording(2, 800);
  CHECK(same_verdicts(verdicts_of(chip, x), detector.verdicts(extract_windows(small_signal, x))));
  thrum::fixed::Detector<small_capacity> small;
  CHECK(small.use(page.bytes(), page.size()) == Status::wrong_size);
}

TEST_CASE("quantised models work from an image as from their detector") {
  const Samples x = recording(2, 800);
  const thrum::FeatureMatrix rows = extract_windows(small_signal, x);
  thrum::QuantisationOptions loose;
  loose.largest_change = 1;
  const thrum::QuantisedDetector<std::int16_t> q15(
      detector_of(small_signal, AnomalyKind::radius, EllipsoidForm::full, 0), rows, {}, loose);
  Page q15_page(thrum::model_image(q15));
  thrum::fixed::Detector<q15_capacity> q15_chip;
  REQUIRE(q15_chip.use(q15_page.bytes(), q15_page.size()) == Status::ok);
  CHECK(same_verdicts(verdicts_of(q15_chip, x), q15.verdicts(rows)));

  const thrum::QuantisedDetector<std::int8_t> int8(detector_of(small_signal), rows, {}, loose);
  Page int8_page(thrum::model_image(int8));
  thrum::fixed::Detector<int8_capacity> int8_chip;
  REQUIRE(int8_chip.use(int8_page.bytes(), int8_page.size()) == Status::ok);
  CHECK(same_verdicts(verdicts_of(int8_chip, x), int8.verdicts(rows)));

  CHECK(int8_chip.use(q15_page.bytes(), q15_page.size()) == Status::unsupported);
  CHECK(q15_chip.use(int8_page.bytes(), int8_page.size()) == Status::unsupported);
}

TEST_CASE("every truncation and every flipped bit of an image is refused and the old model stays") {
  Page good(thrum::model_image(detector_of(small_signal)));
  thrum::fixed::Detector<small_capacity> chip, untouched;
  REQUIRE(chip.use(good.bytes(), good.size()) == Status::ok);
  REQUIRE(untouched.use(good.bytes(), good.size()) == Status::ok);

  Page bad = good;
  std::size_t taken = 0;
  for (std::size_t bytes = 0; bytes < good.size(); ++bytes)
    if (chip.use(bad.bytes(), bytes) != Status::corrupt_model) ++taken;
  CHECK(taken == 0);
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    const auto flip = static_cast<std::uint8_t>(1u << bit % 8);
    bad.bytes()[bit / 8] ^= flip;
    if (chip.use(bad.bytes(), bit % 2 == 0 ? bad.size() : bad.page_size()) != Status::corrupt_model) ++taken;
    bad.bytes()[bit / 8] ^= flip;
  }
  CHECK(taken == 0);
  CHECK(chip.use(bad.bytes(), bad.size()) == Status::ok);
  CHECK(chip.use(nullptr, 4096) == Status::corrupt_model);
  REQUIRE(chip.use(good.bytes(), good.size()) == Status::ok);
  const Samples x = recording(2, 400);
  CHECK(same_verdicts(verdicts_of(chip, x), verdicts_of(untouched, x)));
}

TEST_CASE("an image for another device or version or at an odd place is refused with what is wrong") {
  Page good(thrum::model_image(detector_of(small_signal)));
  thrum::fixed::Detector<small_capacity> chip;
  REQUIRE(chip.use(good.bytes(), good.size()) == Status::ok);
  const std::uint32_t fingerprint = chip.fingerprint();
  const auto said_of = [&chip](const Detector<float>& detector) {
    Page page(thrum::model_image(detector));
    return chip.use(page.bytes(), page.size());
  };

  FeatureOptions signal = small_signal;
  signal.channels = 1;
  CHECK(said_of(detector_of(signal)) == Status::unsupported);
  signal = small_signal;
  signal.sampling_rate = 2000;
  CHECK(said_of(detector_of(signal)) == Status::unsupported);
  signal = small_signal;
  signal.envelope_bands = 1;
  CHECK(said_of(detector_of(signal)) == Status::unsupported);
  signal = small_signal;
  signal.sensors.stuck_frames = 4;
  CHECK(said_of(detector_of(signal)) == Status::unsupported);
  CHECK(said_of(detector_of(small_signal, AnomalyKind::tails)) == Status::unsupported);

  signal = small_signal;
  signal.window = 64;
  CHECK(said_of(detector_of(signal)) == Status::wrong_size);
  signal = small_signal;
  signal.bands = 3;
  CHECK(said_of(detector_of(signal)) == Status::wrong_size);
  CHECK(said_of(detector_of(small_signal, AnomalyKind::radius, EllipsoidForm::full, 5)) ==
        Status::wrong_size);

  Page other = good;
  other.set_word(thrum::image_schema_word, thrum::model_schema + 1);
  other.renew_crc();
  CHECK(chip.use(other.bytes(), other.size()) == Status::unsupported);
  other = good;
  other.set_word(thrum::image_fingerprint_word, fingerprint + 1);
  other.renew_crc();
  CHECK(chip.use(other.bytes(), other.size()) == Status::corrupt_model);
  other = good;
  std::memmove(other.bytes() + 4, other.bytes(), other.size());
  CHECK(chip.use(other.bytes() + 4, other.size()) == Status::out_of_range);
  CHECK(chip.fingerprint() == fingerprint);
}

TEST_CASE("a smaller model than the capacity is taken, with its own window, hop and features") {
  FeatureOptions signal = small_signal;
  signal.window = 16;
  signal.hop = 5;
  signal.bands = 0;
  signal.correlation = signal.kurtosis = false;
  const Detector<float> detector = detector_of(signal, AnomalyKind::radius, EllipsoidForm::full, 0);
  Page page(thrum::model_image(detector));
  thrum::fixed::Detector<small_capacity> chip;
  REQUIRE(chip.use(page.bytes(), page.size()) == Status::ok);
  const Samples x = recording(2, 500);
  CHECK(same_verdicts(verdicts_of(chip, x), detector.verdicts(extract_windows(signal, x))));
}

TEST_CASE("a new model judges the window that is at work and the frames that wait") {
  const Detector<float> first = detector_of(small_signal);
  const Detector<float> second = detector_of(small_signal, AnomalyKind::radius, EllipsoidForm::full, 2);
  Page first_page(thrum::model_image(first)), second_page(thrum::model_image(second));
  const Samples x = recording(2, 400);
  const thrum::FeatureMatrix rows = extract_windows(small_signal, x);
  const std::vector<Verdict> by_first = first.verdicts(rows), by_second = second.verdicts(rows);
  for (int steps = 0; steps < thrum::fixed::Detector<small_capacity>::steps_per_window; ++steps) {
    thrum::fixed::Detector<small_capacity> chip;
    REQUIRE(chip.use(first_page.bytes(), first_page.size()) == Status::ok);
    REQUIRE(chip.write(x.data(), 48) == 48);  // two windows
    REQUIRE(chip.poll());
    CHECK(same_verdict(chip.verdict(), by_first[0]));
    CHECK_FALSE(chip.poll(steps));
    REQUIRE(chip.use(second_page.bytes(), second_page.size()) == Status::ok);
    CHECK(chip.verdict().status == Status::not_fitted);  // none of the new model yet
    CHECK(chip.state() == thrum::State::unknown);
    REQUIRE(chip.poll());
    CHECK(same_verdict(chip.verdict(), by_second[1]));
    CHECK_FALSE(same_verdict(by_first[1], by_second[1]));
    CHECK_FALSE(chip.poll());
  }
}

TEST_CASE("a detector without a model says so and takes frames only for the one to come") {
  static thrum::fixed::Detector<small_capacity> chip;
  static const unsigned char zero[sizeof(chip)] = {};
  CHECK(std::memcmp(static_cast<const void*>(&chip), zero, sizeof(chip)) == 0);
  const Samples x = recording(2, 100);
  CHECK(chip.push(x.data(), x.rows()) == 0);
  CHECK(chip.write(x.data(), 100) == small_signal.window + small_signal.hop);
  CHECK(chip.write(x.data(), 1, 1000u) == 0);
  CHECK_FALSE(chip.poll());
  CHECK_FALSE(chip.poll(1));
  CHECK(chip.verdict().status == Status::not_fitted);
  CHECK(chip.verdict().state == thrum::State::unknown);
  CHECK(chip.state() == thrum::State::unknown);
  CHECK(chip.set_input(0, 1) == Status::out_of_range);
  CHECK(chip.self_test() == Status::not_fitted);
  CHECK(chip.fingerprint() == 0);

  Page page(thrum::model_image(detector_of(small_signal)));
  REQUIRE(chip.use(page.bytes(), page.size()) == Status::ok);
  CHECK_FALSE(chip.poll());  // what came before is gone
  CHECK(chip.push(x.data(), small_signal.window) == 1);
}

TEST_CASE("after a reset a detector goes on only with an image that is still whole") {
  Page page(thrum::model_image(detector_of(small_signal)));
  const Samples x = recording(2, 200);
  thrum::fixed::Detector<small_capacity> chip;
  CHECK_FALSE(chip.resume());
  REQUIRE(chip.use(page.bytes(), page.size()) == Status::ok);
  chip.push(x.data(), x.rows());
  REQUIRE(chip.state() != thrum::State::unknown);
  const thrum::State state = chip.state();
  CHECK(chip.resume());
  CHECK(chip.state() == state);
  CHECK(chip.fingerprint() != 0);

  page.bytes()[100] ^= 1;
  CHECK_FALSE(chip.resume());
  CHECK(chip.fingerprint() == 0);
  CHECK(chip.state() == thrum::State::unknown);
}

TEST_CASE("inputs are 0 again with a new model") {
  FeatureOptions signal = small_signal;
  signal.inputs = 1;
  static constexpr Capacity capacity = [] {
    Capacity with_input{small_signal, 4};
    with_input.signal.inputs = 1;
    return with_input;
  }();
  DetectorOptions options;
  options.signal = signal;
  options.pca = std::nullopt;
  options.kmeans.clusters = 1;
  Detector<float> detector(options);
  const Samples x = noisy_frames(1, signal.hop * 200, 2, 1);
  thrum::FeatureMatrix inputs(thrum::window_count(signal, x.rows()), 1);
  for (Index i = 0; i < inputs.rows(); ++i) inputs(i, 0) = static_cast<float>(i % 3);
  detector.fit(extract_windows(signal, x, inputs));
  Page page(thrum::model_image(detector));
  thrum::fixed::Detector<capacity> chip;
  const auto input = [&] { return chip.features()[thrum::window_feature_count(signal)]; };
  REQUIRE(chip.use(page.bytes(), page.size()) == Status::ok);
  CHECK(chip.set_input(0, 2) == Status::ok);
  chip.push(x.data(), signal.window);
  CHECK(input() == 2);
  REQUIRE(chip.use(page.bytes(), page.size()) == Status::ok);
  CHECK(input() == 0);
}

TEST_CASE("image files hold the image and bare rows or unfitted detectors are refused") {
  const std::string folder = (std::filesystem::temp_directory_path() / std::to_string(getpid())).string();
  std::filesystem::create_directory(folder);
  const Detector<float> detector = detector_of(small_signal);
  thrum::write_model_image(folder + "/model.img", detector);
  std::ifstream file(folder + "/model.img", std::ios::binary);
  const std::vector<char> read{std::istreambuf_iterator<char>(file), {}};
  const std::vector<std::uint8_t> image = thrum::model_image(detector);
  CHECK(std::equal(read.begin(), read.end(), image.begin(), image.end(),
                   [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }));
  CHECK(image.size() % 8 == 0);
  CHECK(thrum::model_image(detector) == image);
  std::filesystem::remove_all(folder);

  CHECK_THROWS_AS(thrum::write_model_image(folder + "/none/model.img", detector), std::runtime_error);
  CHECK_THAT(refusal([] { thrum::model_image(thrum_test::row_detector()); }), contains("bare feature rows"));
  CHECK_THAT(refusal([] { thrum::model_image(Detector<float>()); }), contains("not fitted"));
  CHECK_THAT(refusal([&] { thrum::model_image(detector, 7); }), contains("self_tests is 7"));
}
