#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/detector.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/firmware.hpp"

// A non-finite input is never "normal", whatever the compiler is told: this file is also built with
// -ffast-math, by several compilers. There NaN must be made from its bits and told by its bits: neither
// arithmetic nor std::isnan means anything.

using thrum::contiguous;
using thrum::from_bits;
using thrum::Index;
using thrum::Matrix;
using thrum::row_major;
using thrum::Score;
using thrum::State;
using thrum::Status;
using thrum::Vector;
using thrum::Verdict;

namespace {

/// Infinities and NaNs: quiet, signalling, of either sign, with all bits set.
std::vector<std::uint32_t> hostile_bits(float) {
  return {0x7f800000u, 0xff800000u, 0x7fc00000u, 0xffc00000u,
          0x7f800001u, 0xff800001u, 0x7fffffffu, 0xffffffffu};
}
std::vector<std::uint64_t> hostile_bits(double) {
  return {0x7ff0000000000000u, 0xfff0000000000000u, 0x7ff8000000000000u, 0xfff8000000000000u,
          0x7ff0000000000001u, 0xfff0000000000001u, 0x7fffffffffffffffu, 0xffffffffffffffffu};
}

template <typename Scalar>
std::vector<Scalar> hostile() {
  std::vector<Scalar> values;
  for (const auto bits : hostile_bits(Scalar(0))) values.push_back(from_bits<Scalar>(bits));
  return values;
}

/// Finite numbers that overflow when squared.
template <typename Scalar>
std::vector<Scalar> enormous() {
  const Scalar largest = thrum::ScalarTraits<Scalar>::largest();
  return {largest, -largest, largest / 4, -largest / 4, thrum::square_root(largest) * 1000};
}

template <typename Scalar>
Matrix<Scalar> ordinary_rows(Index rows, Index cols) {
  thrum::Random random(1);
  Matrix<Scalar> x(rows, cols);
  for (Index i = 0; i < rows; ++i)
    for (Index f = 0; f < cols; ++f) x(i, f) = static_cast<Scalar>(random.normal() + (i % 2 == 0 ? 0 : 6));
  return x;
}

template <typename Call>
bool throws(Call call) {
  try {
    call();
  } catch (const std::invalid_argument&) {
    return true;
  }
  return false;
}

template <typename Scalar>
thrum::Detector<Scalar> fitted_detector(bool scales, bool projects, bool whitens) {
  thrum::DetectorOptions options;
  options.kmeans.clusters = 2;
  if (!scales) options.scaler = std::nullopt;
  options.pca = thrum::PCAOptions{3, 0, whitens};
  if (!projects) options.pca = std::nullopt;
  thrum::Detector<Scalar> detector(options);
  detector.fit(ordinary_rows<Scalar>(200, 5));
  return detector;
}

// ---- a model for the chip: every stage, four features of one channel

constexpr float offset[4] = {0, 0, 0, 0};
constexpr float factor[4] = {1, 1, 0.5f, 1};
constexpr float mean[4] = {0, 0, 1, 0};
constexpr float basis[12] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1};
constexpr float centers[6] = {0, 4, 0, 4, 0, 4};
constexpr float inverse_squared_radius[2] = {0.01f, 0.04f};

constexpr thrum::DetectorModel<float> model = [] {
  thrum::DetectorModel<float> made;
  made.features = 4;
  made.has_signal = true;
  made.signal.window = 8;
  made.signal.hop = 8;
  made.signal.bands = 0;
  made.signal.correlation = made.signal.skewness = made.signal.kurtosis = made.signal.zero_crossings = false;
  made.monitor = {1, 1, 0};
  made.scaling = {offset, factor, 4};
  made.projection = {mean, basis, nullptr, 4, 3};
  made.anomaly = {centers, inverse_squared_radius, 1, 3, 2};
  return made;
}();

constexpr thrum::DetectorModel<float> bare_model = [] {
  thrum::DetectorModel<float> made = model;
  made.scaling = {};
  made.projection = {};
  made.features = 3;
  made.has_signal = false;
  return made;
}();

template <const auto& any_model>
void check_rows() {
  thrum::fixed::RowDetector<any_model> detector;
  float row[4] = {0, 0, 0, 0};
  CHECK(detector.judge(row).state == State::normal);
  for (int f = 0; f < any_model.features; ++f) {
    for (const float value : hostile<float>()) {
      row[f] = value;
      const Verdict verdict = detector.judge(row);
      CHECK(verdict.state == State::unknown);
      CHECK(verdict.status == Status::non_finite);
      CHECK(verdict.cluster == -1);
    }
    for (const float value : enormous<float>()) {
      row[f] = value;
      const Verdict verdict = detector.judge(row);
      CHECK(verdict.state == State::alarm);
      CHECK(verdict.status == Status::overflow);
      CHECK_FALSE(thrum::is_finite(verdict.score));
      CHECK(verdict.feature == f);
    }
    row[f] = 0;
  }
  for (const float value : enormous<float>()) {
    const float all[4] = {value, value, -value, value};
    CHECK(detector.judge(all).state == State::alarm);
  }
  CHECK(detector.judge(row).state == State::normal);
}

}  // namespace

// ---- the chip

TEST_CASE("a fixed row detector never takes a row that is not finite for normal, nor one off every scale") {
  check_rows<model>();
  check_rows<bare_model>();
}

TEST_CASE("a fixed detector never takes a window with a sample that is not finite for normal") {
  thrum::fixed::Detector<model, float> detector;
  float frames[8] = {1, -1, 1, -1, 1, -1, 1, -1};
  const auto judged = [&] {
    REQUIRE(detector.write(frames, 8) == 8);
    REQUIRE(detector.poll());
    return detector.verdict();
  };
  CHECK(judged().state == State::normal);
  for (int i = 0; i < 8; ++i) {
    const float kept = frames[i];
    for (const float value : hostile<float>()) {
      frames[i] = value;
      CHECK(judged().state == State::unknown);
      CHECK(detector.verdict().status == Status::non_finite);
      CHECK(detector.state() == State::unknown);
    }
    for (const float value : enormous<float>()) {
      frames[i] = value;
      CHECK(judged().state == State::alarm);
      CHECK(detector.verdict().status == Status::overflow);
      CHECK(detector.state() == State::alarm);
    }
    frames[i] = kept;
    CHECK(judged().state == State::normal);
  }
}

TEMPLATE_TEST_CASE("the fixed stages refuse samples that are not finite and leave their results", "", float,
                   double) {
  const TestType zeros[6] = {}, ones[3] = {1, 1, 1}, identity[6] = {1, 0, 0, 0, 1, 0};
  thrum::fixed::Scaler<TestType, 3> scaler;
  thrum::fixed::PCA<TestType, 3, 2> pca;
  thrum::fixed::KMeans<TestType, 3, 2> kmeans;
  thrum::fixed::AnomalyScorer<TestType, 3, 2> scorer;
  REQUIRE(scaler.use(contiguous(zeros, 3), contiguous(ones, 3)) == Status::ok);
  REQUIRE(pca.use(contiguous(zeros, 3), row_major(identity, 2, 3)) == Status::ok);
  REQUIRE(kmeans.use(row_major(identity, 2, 3)) == Status::ok);
  REQUIRE(scorer.use(row_major(identity, 2, 3), contiguous(ones, 2), TestType(1)) == Status::ok);
  for (int f = 0; f < 3; ++f)
    for (const TestType value : hostile<TestType>()) {
      TestType x[3] = {1, 1, 1};
      x[f] = value;
      TestType out[3] = {7, 7, 7};
      int label = 42;
      CHECK(scaler.transform(contiguous<const TestType>(x, 3), contiguous(out, 3)) == Status::non_finite);
      CHECK(scaler.inverse_transform(contiguous<const TestType>(x, 3), contiguous(out, 3)) ==
            Status::non_finite);
      CHECK(pca.transform(contiguous<const TestType>(x, 3), contiguous(out, 2)) == Status::non_finite);
      if (f < 2)
        CHECK(pca.inverse_transform(contiguous<const TestType>(x, 2), contiguous(out, 3)) ==
              Status::non_finite);
      CHECK(kmeans.predict(contiguous<const TestType>(x, 3), label) == Status::non_finite);
      CHECK(kmeans.transform(contiguous<const TestType>(x, 3), contiguous(out, 2)) == Status::non_finite);
      CHECK(scorer.shares(contiguous<const TestType>(x, 3), contiguous(out, 3)) == Status::non_finite);
      const Score<TestType> score = scorer.score(contiguous<const TestType>(x, 3));
      CHECK(score.status == Status::non_finite);
      CHECK(score.cluster == -1);
      CHECK(label == 42);
      for (const TestType untouched : out) CHECK(untouched == 7);
      // Nor do they take such numbers for a model.
      CHECK(scaler.use(contiguous<const TestType>(x, 3), contiguous(ones, 3)) == Status::non_finite);
      CHECK(scaler.use(contiguous(zeros, 3), contiguous<const TestType>(x, 3)) == Status::non_finite);
      CHECK(pca.use(contiguous<const TestType>(x, 3), row_major(identity, 2, 3)) == Status::non_finite);
      CHECK(pca.use(contiguous(zeros, 3), row_major<const TestType>(x, 1, 3)) == Status::non_finite);
      CHECK(kmeans.use(row_major<const TestType>(x, 1, 3)) == Status::non_finite);
      CHECK(scorer.use(row_major<const TestType>(x, 1, 3), contiguous(ones, 1), TestType(1)) ==
            Status::non_finite);
      CHECK(scorer.use(row_major(identity, 1, 3), contiguous(ones, 1), value) == Status::non_finite);
    }
}

TEMPLATE_TEST_CASE("the fixed stages tell overflow of finite samples", "", float, double) {
  const TestType zeros[6] = {}, twos[3] = {5, 5, 5}, diagonal[2] = {5, -5};
  thrum::fixed::Scaler<TestType, 3> scaler;
  thrum::fixed::PCA<TestType, 2, 1> pca;
  thrum::fixed::KMeans<TestType, 2, 2> kmeans;
  thrum::fixed::AnomalyScorer<TestType, 2, 2> scorer;
  REQUIRE(scaler.use(contiguous(zeros, 2), contiguous(twos, 2)) == Status::ok);
  REQUIRE(pca.use(contiguous(zeros, 2), row_major(diagonal, 1, 2)) == Status::ok);
  REQUIRE(kmeans.use(row_major(zeros, 2, 2)) == Status::ok);
  REQUIRE(scorer.use(row_major(zeros, 2, 2), contiguous(twos, 2), TestType(1)) == Status::ok);
  const TestType largest = thrum::ScalarTraits<TestType>::largest();
  const TestType x[2] = {largest, largest};
  TestType out[2] = {};
  int label = 42;
  CHECK(scaler.transform(contiguous(x, 2), contiguous(out, 2)) == Status::overflow);
  CHECK(pca.transform(contiguous(x, 2), contiguous(out, 1)) == Status::overflow);
  CHECK(kmeans.predict(contiguous(x, 2), label) == Status::overflow);
  CHECK(kmeans.transform(contiguous(x, 2), contiguous(out, 2)) == Status::overflow);
  CHECK(scorer.shares(contiguous(x, 2), contiguous(out, 2)) == Status::overflow);
  const Score<TestType> score = scorer.score(contiguous(x, 2));
  CHECK(score.status == Status::overflow);
  CHECK_FALSE(thrum::is_finite(score.value));
}

// ---- the laptop

TEMPLATE_TEST_CASE("a detector never takes a row that is not finite for normal, nor one off every scale", "",
                   float, double) {
  for (const bool scales : {false, true})
    for (const bool projects : {false, true})
      for (const bool whitens : {false, true}) {
        const auto detector = fitted_detector<TestType>(scales, projects, whitens);
        Matrix<TestType> rows = ordinary_rows<TestType>(3, 5);
        const std::vector<Verdict> untouched = detector.verdicts(rows);
        CHECK(untouched[1].status == Status::ok);
        for (Index f = 0; f < 5; ++f) {
          const TestType kept = rows(1, f);
          for (const TestType value : hostile<TestType>()) {
            rows(1, f) = value;
            const std::vector<Verdict> verdicts = detector.verdicts(rows);
            CHECK(verdicts[1].state == State::unknown);
            CHECK(verdicts[1].status == Status::non_finite);
            CHECK(verdicts[0].status == Status::ok);
            CHECK(verdicts[2].score == untouched[2].score);
            const Vector<TestType> scores = detector.score(rows);
            CHECK_FALSE(thrum::is_finite(scores[1]));
            CHECK(thrum::bits_of(scores[1]) != thrum::bits_of(thrum::positive_infinity<TestType>()));  // NaN
            CHECK(thrum::is_finite(scores[0]));
            CHECK(throws([&] { detector.shares(rows); }));
            CHECK(throws([&] { detector.to_cluster_space(rows); }));
          }
          for (const TestType value : enormous<TestType>()) {
            rows(1, f) = value;
            const Verdict verdict = detector.verdicts(rows)[1];
            CHECK(verdict.state == State::alarm);
            // A double beyond the square root of its range may still be a finite score after whitening's
            // small factors; what is not must say so.
            CHECK(verdict.status ==
                  (thrum::is_finite(detector.score(rows)[1]) ? Status::ok : Status::overflow));
          }
          rows(1, f) = kept;
        }
        for (const TestType value : enormous<TestType>()) {
          rows.row(1).setConstant(value);
          CHECK(detector.verdicts(rows)[1].state == State::alarm);
        }
      }
}

TEMPLATE_TEST_CASE("every fit, predict and transform throws on what is not finite", "", float, double) {
  const Matrix<TestType> good = ordinary_rows<TestType>(20, 3);
  thrum::Scaler<TestType> scaler;
  thrum::PCA<TestType> pca;
  thrum::KMeans<TestType> kmeans(thrum::KMeansOptions{2});
  thrum::AnomalyScorer<TestType> scorer;
  auto detector = thrum::Detector<TestType>();
  scaler.fit(good);
  pca.fit(good);
  kmeans.fit(good);
  scorer.fit(good, kmeans.centers());
  detector.fit(good);
  for (const Index row : {0, 7, 19})
    for (Index f = 0; f < 3; ++f)
      for (const TestType value : hostile<TestType>()) {
        Matrix<TestType> x = good;
        x(row, f) = value;
        Vector<TestType> weights = Vector<TestType>::Ones(20);
        weights[row] = value;
        CHECK(throws([&] { scaler.fit(x); }));
        CHECK(throws([&] { scaler.transform(x); }));
        CHECK(throws([&] { scaler.inverse_transform(x); }));
        CHECK(throws([&] { pca.fit(x); }));
        CHECK(throws([&] { pca.transform(x); }));
        CHECK(throws([&] { pca.inverse_transform(x); }));
        CHECK(throws([&] { kmeans.fit(x); }));
        CHECK(throws([&] { kmeans.fit(good, weights); }));
        CHECK(throws([&] { kmeans.fit_predict(x); }));
        CHECK(throws([&] { kmeans.fit_from(x.middleRows(row == 19 ? 18 : row, 2), good); }));
        CHECK(throws([&] { kmeans.predict(x); }));
        CHECK(throws([&] { kmeans.transform(x); }));
        CHECK(throws([&] { scorer.fit(x, kmeans.centers()); }));
        CHECK(throws([&] { scorer.fit(good, x.row(row)); }));
        CHECK(throws([&] { scorer.fit(good, kmeans.centers(), weights); }));
        CHECK(throws([&] { scorer.score(x); }));
        CHECK(throws([&] { scorer.classes(x); }));
        CHECK(throws([&] { scorer.shares(x); }));
        CHECK(throws([&] { scorer.calibrate(x, 0.2); }));
        CHECK(throws([&] { detector.fit(x); }));
        CHECK(throws([&] { detector.calibrate(x, 0.2); }));
      }
  CHECK_FALSE(throws([&] { detector.calibrate(good, 0.2); }));
  CHECK_FALSE(throws([&] { kmeans.predict(good); }));
}

TEST_CASE("a recording with a sample that is not finite makes a window that is unknown") {
  thrum::FeatureOptions signal;
  signal.window = 16;
  signal.hop = 16;
  signal.bands = 2;
  thrum::DetectorOptions options;
  options.signal = signal;
  options.kmeans.clusters = 1;
  thrum::Detector<float> detector(options);
  Matrix<float> recording = ordinary_rows<float>(16 * 60, 1);
  detector.fit(extract_windows(signal, recording));
  for (const float value : hostile<float>()) {
    recording(16 * 5 + 3, 0) = value;
    const std::vector<Verdict> verdicts = detector.verdicts(extract_windows(signal, recording));
    CHECK(verdicts[4].status == Status::ok);
    CHECK(verdicts[5].state == State::unknown);
    CHECK(verdicts[5].status == Status::non_finite);
    CHECK(verdicts[6].status == Status::ok);
  }
  for (const float value : enormous<float>()) {
    recording(16 * 5 + 3, 0) = value;
    CHECK(detector.verdicts(extract_windows(signal, recording))[5].state == State::alarm);
  }
}
