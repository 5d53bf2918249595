#include "thrum/feature_extractor.hpp"

#include "catch.hpp"
#include "real_data.hpp"
#include "sample_data.hpp"
#include "thrum/core/random.hpp"
#include "thrum/detector.hpp"
#include "thrum/io/recording.hpp"

#include <Eigen/Core>
#include <Eigen/Geometry>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

using thrum::FeatureMatrix;
using thrum::FeatureOptions;
using thrum::Index;
using thrum_test::refusal;

namespace {

template <typename Sample>
using Recording = Eigen::Matrix<Sample, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

FeatureOptions two_channels() {
  FeatureOptions options;
  options.channels = 2;
  options.window = 128;
  options.hop = 48;
  options.sampling_rate = 20000;
  options.mean = true;
  return options;
}

template <typename Sample>
Recording<Sample> recording(Index frames, Index channels) {
  thrum::Random random(7);
  Recording<Sample> x(frames, channels);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<Sample>(2000 * random.normal());
  return x;
}

bool same_bits(const FeatureMatrix& a, const FeatureMatrix& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(float)) == 0;
}

/// The same by the way the firmware goes: blocks through a ring.
template <typename Sample>
FeatureMatrix streamed(const FeatureOptions& options, const Recording<Sample>& x, Index block, Index slack) {
  const Index capacity = options.window + slack;
  std::vector<Sample> memory(static_cast<std::size_t>(capacity * options.channels));
  const thrum::WindowBuffer<Sample> buffer{memory.data(), capacity, options.channels, options.window,
                                           options.hop};
  thrum::WindowStream<Sample> stream;
  std::vector<float> table(static_cast<std::size_t>(thrum::feature_table_size(options)));
  thrum::fill_feature_table(options, table.data());
  std::vector<float> scratch(static_cast<std::size_t>(thrum::feature_scratch_size(options)));
  FeatureMatrix features(thrum::window_count(options, x.rows()), thrum::feature_count(options));
  Index row = 0;
  for (Index written = 0; written < x.rows();) {
    written += stream.write(buffer, x.row(written).data(),
                            std::min({block, x.rows() - written, stream.room(buffer)}));
    for (; stream.window_ready(buffer); stream.advance(buffer))
      CHECK(thrum::extract_features(options, stream.window(buffer), table.data(), scratch.data(),
                                    features.row(row++).data()) == thrum::Status::ok);
  }
  CHECK(row == features.rows());
  return features;
}

}  // namespace

TEMPLATE_TEST_CASE("features of a recording have the bits of the streamed ones", "", std::int16_t, float) {
  const FeatureOptions options = two_channels();
  const Recording<TestType> x = recording<TestType>(1000, 2);
  const FeatureMatrix features = thrum::extract_windows(options, x);
  CHECK(features.rows() == (1000 - 128) / 48 + 1);
  CHECK(features.cols() == thrum::feature_count(options));
  for (const Index block : {1, 7, 48, 500})
    CHECK(same_bits(features, streamed(options, x, block, block % 31)));
  // A twin that fails: one count more in one sample is seen.
  Recording<TestType> other = x;
  other(500, 1) = static_cast<TestType>(other(500, 1) + 1);
  CHECK_FALSE(same_bits(features, thrum::extract_windows(options, other)));
}

TEMPLATE_TEST_CASE("any storage order, block, map or expression gives the same bits", "", std::int16_t,
                   float) {
  const FeatureOptions options = two_channels();
  const Recording<TestType> x = recording<TestType>(500, 2);
  const FeatureMatrix features = thrum::extract_windows(options, x);
  const Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic> columns = x;
  CHECK(same_bits(features, thrum::extract_windows(options, columns)));
  CHECK(same_bits(features, thrum::extract_windows(options, columns.array())));
  Recording<TestType> wide = recording<TestType>(600, 5);
  wide.block(50, 2, 500, 2) = x;
  CHECK(same_bits(features, thrum::extract_windows(options, wide.block(50, 2, 500, 2))));
  CHECK(same_bits(features, thrum::extract_windows(options, wide.middleRows(50, 500).middleCols(2, 2))));
  const Eigen::Map<const Recording<TestType>> map(x.data(), 500, 2);
  CHECK(same_bits(features, thrum::extract_windows(options, map)));
  CHECK(same_bits(features, thrum::extract_windows(options, (x + x) / TestType(2))));
}

TEST_CASE("as many channels as there may be give the same bits in any storage order") {
  FeatureOptions options = two_channels();
  options.channels = thrum::max_channels;
  const Recording<std::int16_t> x = recording<std::int16_t>(500, thrum::max_channels);
  const Eigen::Matrix<std::int16_t, Eigen::Dynamic, Eigen::Dynamic> columns = x;
  CHECK(same_bits(thrum::extract_windows(options, x), thrum::extract_windows(options, columns)));
}

TEST_CASE("a single channel may be a vector, or a column of something larger") {
  FeatureOptions options = two_channels();
  options.channels = 1;
  const Recording<float> x = recording<float>(500, 3);
  const Eigen::VectorXf column = x.col(1);
  const FeatureMatrix features = thrum::extract_windows(options, column);
  CHECK(features.rows() == 8);
  CHECK(same_bits(features, thrum::extract_windows(options, x.col(1))));
  CHECK(same_bits(features, thrum::extract_windows(options, x.middleCols(1, 1))));
  const Eigen::RowVectorXf row = column;
  CHECK(same_bits(features, thrum::extract_windows(options, row.transpose())));
}

TEST_CASE("a recording shorter than a window is refused with both lengths") {
  const std::string message =
      refusal([] { thrum::extract_windows(two_channels(), recording<float>(127, 2)); });
  CHECK_THAT(message, thrum_test::contains("127"));
  CHECK_THAT(message, thrum_test::contains("128"));
  CHECK(thrum::extract_windows(two_channels(), recording<float>(128, 2)).rows() == 1);
  CHECK(thrum::window_count(two_channels(), 127) == 0);
  CHECK_THAT(refusal([] { thrum::extract_windows(two_channels(), Recording<float>(0, 2)); }),
             thrum_test::contains("0 frames"));
}

TEST_CASE("wrong channels and wrong options are refused with the reason") {
  CHECK_THAT(refusal([] { thrum::extract_windows(two_channels(), recording<float>(500, 3)); }),
             thrum_test::contains("3 channels"));
  FeatureOptions options = two_channels();
  options.hop = 0;
  CHECK_THAT(refusal([&] { thrum::extract_windows(options, recording<float>(500, 2)); }),
             thrum_test::contains("hop"));
  CHECK_THAT(refusal([&] { thrum::feature_names(options); }), thrum_test::contains("hop"));
  options = two_channels();
  options.sampling_rate = std::numeric_limits<float>::quiet_NaN();
  CHECK_THAT(refusal([&] { thrum::extract_windows(options, recording<float>(500, 2)); }),
             thrum_test::contains("sampling_rate") || thrum_test::contains("not finite"));
}

TEST_CASE("windows with a bad sample have a row of NaN, and only they") {
  const FeatureOptions options = two_channels();
  Recording<float> x = recording<float>(500, 2);
  const FeatureMatrix good = thrum::extract_windows(options, x);
  x(10, 1) = std::numeric_limits<float>::quiet_NaN();
  const FeatureMatrix features = thrum::extract_windows(options, x);
  CHECK(features.row(0).array().isNaN().all());
  CHECK(same_bits(features.bottomRows(7), good.bottomRows(7)));
}

TEST_CASE("a feature that overflows is the largest finite number") {
  const FeatureOptions options = two_channels();
  Recording<float> x = recording<float>(500, 2);
  x(460, 0) = 3e38f;  // rows of 128 frames, 48 apart: only in the last, from 336 to 463
  x(461, 0) = -3e38f;
  const FeatureMatrix features = thrum::extract_windows(options, x);
  REQUIRE(features.rows() == 8);
  CHECK(features.topRows(7).maxCoeff() < 1e6f);
  CHECK(features.allFinite());
  CHECK(features.row(7).maxCoeff() == std::numeric_limits<float>::max());
}

TEST_CASE("features have names that say channel, kind and band in Hz") {
  FeatureOptions options = two_channels();
  options.bands = 8;
  const std::vector<std::string> names = thrum::feature_names(options);
  REQUIRE(static_cast<int>(names.size()) == thrum::feature_count(options));
  CHECK(names[0] == "ch0 mean");
  CHECK(names[6] == "ch0 kurtosis");
  CHECK(names[9] == "ch0 band 1 (1250-2500 Hz)");
  CHECK(names[16] == "ch1 mean");
  CHECK(names.back() == "ch0-ch1 correlation");
  options.envelope_bands = 2;
  options.envelope_limit_hz = 500;
  options.spectral_kurtosis_bands = 4;
  CHECK(thrum::feature_names(options)[19] == "ch0 spectral kurtosis 1 (2500-5000 Hz)");
  CHECK(thrum::feature_names(options)[17] == "ch0 envelope band 1 (250-500 Hz)");
}

// ---- tilt

namespace {

constexpr float counts_per_g = 2048;

/// Every kind of feature but the mean, of an accelerometer with three axes.
FeatureOptions accelerometer(int window) {
  FeatureOptions options;
  options.channels = 3;
  options.window = options.hop = window;
  options.sampling_rate = 200;
  options.bands = 32;
  options.spectrum = thrum::SpectrumKind::sine_tapers;
  options.spectral_kurtosis_bands = 4;
  options.spectral_kurtosis_block = 32;
  for (int c = 0; c < 3; ++c) options.channel[c] = {counts_per_g, 4, "g"};
  return options;
}

Recording<std::int16_t> in_counts(const Eigen::MatrixXf& g) {
  return (g * counts_per_g).array().round().matrix().cast<std::int16_t>();
}

/// What the sensor says when it is turned by 3 degrees about an axis in its x-y plane: gravity, which is the
/// mean, turns; the machine shakes the sensor as before.
Recording<std::int16_t> tilted(const Recording<std::int16_t>& x) {
  const Eigen::Vector3f gravity = x.cast<float>().colwise().mean().transpose();
  const Eigen::AngleAxisf turn(3 * 3.14159265f / 180, Eigen::Vector3f(0.6f, 0.8f, 0));
  const Eigen::Vector3f shift = turn * gravity - gravity;
  Recording<std::int16_t> result = x;
  for (Index c = 0; c < 3; ++c) result.col(c).array() += static_cast<std::int16_t>(std::lround(shift[c]));
  return result;
}

/// 3 degrees of gravity are 107 counts: seen by no feature but the mean, and by no verdict.
void check_tilt(const FeatureOptions& options, const std::vector<Recording<std::int16_t>>& recordings) {
  std::vector<FeatureMatrix> rows;
  Index count = 0;
  for (const Recording<std::int16_t>& x : recordings) {
    rows.push_back(thrum::extract_windows(options, x));
    count += rows.back().rows();
    REQUIRE((tilted(x) - x).cwiseAbs().maxCoeff() > 80);
    REQUIRE(same_bits(rows.back(), thrum::extract_windows(options, tilted(x))));
  }
  FeatureMatrix all(count, rows[0].cols());
  for (Index begin = 0, i = 0; begin < count; begin += rows[static_cast<std::size_t>(i++)].rows())
    all.middleRows(begin, rows[static_cast<std::size_t>(i)].rows()) = rows[static_cast<std::size_t>(i)];
  thrum::DetectorOptions detection;
  detection.signal = options;
  thrum::Detector<float> detector(detection);
  detector.fit(all);
  const thrum::Vector<float> scores = detector.score(all);
  const thrum::Vector<float> turned = detector.score(thrum::extract_windows(options, tilted(recordings[0])));
  CHECK(turned == scores.head(turned.size()));

  // A twin that fails: the mean does see it.
  FeatureOptions with_mean = options;
  with_mean.mean = true;
  CHECK_FALSE(same_bits(thrum::extract_windows(with_mean, recordings[0]),
                        thrum::extract_windows(with_mean, tilted(recordings[0]))));
}

}  // namespace

TEST_CASE("an accelerometer tilted by 3 degrees changes no feature and no verdict") {
  thrum::Random random(5);
  std::vector<Recording<std::int16_t>> recordings;
  for (int r = 0; r < 20; ++r) {
    Eigen::MatrixXf g(600, 3);
    for (float& value : g.reshaped()) value = static_cast<float>(0.05 * random.normal());
    g.col(2).array() += 1.0f;
    recordings.push_back(in_counts(g));
  }
  FeatureOptions options = accelerometer(128);
  options.envelope_bands = 4;
  check_tilt(options, recordings);
}

TEST_CASE("the ceiling fan's sensor tilted by 3 degrees changes no feature and no verdict", "[real-data]") {
  std::vector<Recording<std::int16_t>> recordings;
  for (const thrum::Condition& condition :
       thrum::read_named_conditions(thrum_test::ceiling_fan_dir(), {"fan_0_low_0_weight"}))
    for (const thrum::Recording& recording : condition.recordings)
      recordings.push_back(in_counts(recording.samples));
  check_tilt(accelerometer(200), recordings);
}
