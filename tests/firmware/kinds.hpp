#ifndef THRUM_TESTS_FIRMWARE_KINDS_HPP
#define THRUM_TESTS_FIRMWARE_KINDS_HPP

// The laptop's side of the firmware test of the kinds of anomaly score: part of parity.cpp, which has
// compiled all of thrum anyway.

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "files.hpp"
#include "thrum/thrum.hpp"
//
#include "said.hpp"

namespace kinds {

using thrum::AnomalyKind;
using thrum::EllipsoidForm;
using thrum::Index;
using thrum::Matrix;
using thrum::PCAOptions;

/// Three channels with three features each, and their three correlations.
inline thrum::FeatureOptions signal_options() {
  thrum::FeatureOptions options;
  options.channels = 3;
  options.median_absolute_deviation = options.peak_to_peak = options.crest_factor = false;
  options.skewness = false;
  options.bands = 0;
  return options;
}

inline const Index features = thrum::feature_count(signal_options());

/// Every kind, each with another choice of the stages before it.
inline thrum::DetectorOptions detector_options(const std::string& kind) {
  thrum::DetectorOptions options;
  options.signal = signal_options();
  options.kmeans.clusters = 2;
  options.pca = std::nullopt;
  options.scorer.soft_centers = 16;
  if (kind == "radius" || kind == "int8") {
    options.pca = PCAOptions{0, 0.9, false};
  } else if (kind == "q15") {
    options.kmeans.clusters = 7;
  } else if (kind == "full") {
    options.scorer.kind = AnomalyKind::mahalanobis;
  } else if (kind == "diagonal") {
    options.scorer.kind = AnomalyKind::mahalanobis;
    options.scorer.form = EllipsoidForm::diagonal;
    options.pca = PCAOptions{5, 0, true};
  } else if (kind == "low_rank") {
    options.scorer.kind = AnomalyKind::mahalanobis;
    options.scorer.form = EllipsoidForm::low_rank;
    options.scaler = std::nullopt;
  } else if (kind == "soft") {
    options.scorer.kind = AnomalyKind::soft;
    options.pca = PCAOptions{6, 0, false};
  } else if (kind == "tails") {
    options.scorer.kind = AnomalyKind::tails;
    options.scaler->kind = thrum::ScalerKind::robust;
  } else if (kind == "residual") {
    options.scorer.kind = AnomalyKind::residual;
    options.kmeans.clusters = 3;
  } else if (kind == "automatic") {
    options.scorer.kind = AnomalyKind::automatic;
    options.pca = PCAOptions{0, 0.95, false};
  } else {
    throw std::runtime_error(kind + " is no kind of score");
  }
  return options;
}

/// Rows of a machine at two speeds: features driven by what three hidden quantities do, and noise.
inline Matrix<float> healthy_rows(std::uint64_t seed, Index count) {
  thrum::Random random(seed);
  Matrix<float> rows(count, features);
  for (Index i = 0; i < count; ++i) {
    const double hidden[] = {random.normal(), random.normal(), random.normal()};
    for (Index f = 0; f < features; ++f) {
      const double driven = hidden[f % 3] + 0.5 * hidden[(f + f / 3) % 3];
      const double speed = i % 2 == 0 ? 0 : 5 * static_cast<double>(f % 4);
      rows(i, f) =
          static_cast<float>((1 + 0.1 * static_cast<double>(f)) * (driven + speed) + 0.4 * random.normal());
    }
  }
  return rows;
}

/// Healthy rows, each feature out by little and by much, and what is off every scale or no number at all.
inline Matrix<float> judged_rows() {
  using Limits = std::numeric_limits<float>;
  Matrix<float> rows = healthy_rows(3, 160);
  for (Index i = 40; i < 130; ++i) {
    constexpr float sizes[] = {3, -6, 20, -1000, 1e9f};
    rows(i, i % features) += sizes[i % 5];
  }
  for (Index i = 130; i < 140; ++i) rows.row(i) *= static_cast<float>(i - 125);
  const float extremes[] = {1e20f,
                            -1e30f,
                            1e37f,
                            Limits::max(),
                            Limits::lowest(),
                            Limits::infinity(),
                            -Limits::infinity(),
                            Limits::quiet_NaN(),
                            Limits::min(),
                            0};
  for (Index i = 0; i < 10; ++i) rows(145 + i, (5 * i + 2) % features) = extremes[i];
  rows.row(156).setZero();
  rows.row(157).setConstant(2e19f);
  rows(158, 1) = 1e30f, rows(158, 7) = -3e30f;
  return rows;
}

/// The judged rows, and thousands more for integers: of any size, of any bits, and next to powers of two.
inline Matrix<float> many_judged_rows() {
  const Matrix<float> judged = judged_rows();
  Matrix<float> rows(judged.rows() + 4000, features);
  rows << judged, healthy_rows(4, 4000);
  thrum::Random random(5), edges(6);
  for (Index i = judged.rows(); i < rows.rows(); ++i)
    for (Index f = 0; f < features; ++f) {
      if (i % 4 == 1) rows(i, f) *= std::exp2(static_cast<float>(random.index(60) - 30));
      const std::uint64_t bits = random.bits();
      if (i % 4 == 2 || (i % 4 == 3 && f == i / 4 % features))
        rows(i, f) = thrum::from_bits<float>(static_cast<std::uint32_t>(bits >> 32));
      if (i % 8 == 6) {  // next to a power of two
        const float power = std::exp2(static_cast<float>(edges.index(80) - 30));
        rows(i, f) = std::nextafter(power, edges.index(2) == 0 ? 0.0f : 1e38f);
        if (edges.index(2) == 0) rows(i, f) = -rows(i, f);
      }
    }
  return rows;
}

/// What a detector says of rows, words_of_row a row.
template <typename AnyDetector>
std::vector<std::uint32_t> words_on(const AnyDetector& detector, const Matrix<float>& rows) {
  const int width = said::words_of_row(static_cast<int>(features));
  std::vector<std::uint32_t> words(static_cast<std::size_t>(rows.rows() * width));
  const std::vector<thrum::Verdict> verdicts = detector.verdicts(rows);
  thrum::HealthIndex health;
  for (Index i = 0; i < rows.rows(); ++i) {
    Matrix<float> shares = Matrix<float>::Zero(1, features);
    if (rows.row(i).allFinite()) shares = detector.shares(rows.row(i));
    said::put(verdicts[static_cast<std::size_t>(i)], shares.data(), static_cast<int>(features), health,
              words.data() + i * width);
  }
  return words;
}

/// Each sort of verdict is there, so that agreement means something.
inline void require_variety(const std::vector<thrum::Verdict>& verdicts) {
  std::set<thrum::State> states;
  std::set<thrum::Status> statuses;
  std::set<int> culprits, channels, classes;
  for (const thrum::Verdict& verdict : verdicts) {
    states.insert(verdict.state);
    statuses.insert(verdict.status);
    culprits.insert(verdict.feature);
    channels.insert(verdict.channel);
    classes.insert(verdict.cluster);
  }
  require(states.size() == 3 && statuses.size() == 3, "not every state and status is there");
  require(culprits.size() >= 8 && channels.size() == 4 && classes.size() >= 3, "too few culprits or classes");
}

/// Writes model.hpp (the model `parity_model`), rows, and what the firmware must say of them, said.
template <typename AnyDetector>
void write(const AnyDetector& detector, const Matrix<float>& rows, const std::string& folder) {
  require_variety(detector.verdicts(rows));
  const std::vector<std::uint32_t> words = words_on(detector, rows);
  std::string row_bytes, word_bytes;
  append_bytes(row_bytes, rows.data(), rows.size());
  append_bytes(word_bytes, words.data(), static_cast<Index>(words.size()));
  write_text(folder + "/model.hpp", thrum::firmware_header("parity_model", detector));
  write_text(folder + "/rows", row_bytes);
  write_text(folder + "/said", word_bytes);
}

/// Trains a detector with a kind of score, or quantises one to q15 or int8, and writes its files.
inline void write(const std::string& kind, const std::string& folder) {
  thrum::Detector<float> detector(detector_options(kind));
  detector.fit(healthy_rows(1, 400));
  const Matrix<float> held_out = healthy_rows(2, 300);
  detector.calibrate(held_out, 0.02);
  if (kind == "q15")
    write(thrum::QuantisedDetector<std::int16_t>(detector, held_out), many_judged_rows(), folder);
  else if (kind == "int8")
    write(thrum::QuantisedDetector<std::int8_t>(detector, held_out), many_judged_rows(), folder);
  else
    write(detector, judged_rows(), folder);
}

inline std::vector<std::uint32_t> read_words(const std::string& path) {
  const std::string bytes = read_text(path);
  std::vector<std::uint32_t> words(bytes.size() / sizeof(std::uint32_t));
  std::memcpy(words.data(), bytes.data(), words.size() * sizeof(std::uint32_t));
  return words;
}

/// Compares what a firmware said with what it must say.
inline void check(const std::string& folder, const std::string& path) {
  const std::vector<std::uint32_t> expected = read_words(folder + "/said"), actual = read_words(path);
  require(actual.size() == expected.size(), "the firmware said " + std::to_string(actual.size()) +
                                                " words, the laptop " + std::to_string(expected.size()));
  const std::size_t width = static_cast<std::size_t>(said::words_of_row(static_cast<int>(features)));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::size_t word = i % width, verdict_words = said::words_of_verdict;
    const std::string what = word < verdict_words ? std::string(said::names[word])
                                                  : "share " + std::to_string(word - verdict_words);
    char bits[40];
    std::snprintf(bits, sizeof(bits), "0x%08x and 0x%08x", actual[i], expected[i]);
    require(actual[i] == expected[i],
            "row " + std::to_string(i / width) + ": firmware and laptop differ in " + what + ", " + bits);
  }
  std::printf("laptop and firmware agree on %zu words on %zu rows\n", expected.size(),
              expected.size() / width);
}

}  // namespace kinds

#endif  // THRUM_TESTS_FIRMWARE_KINDS_HPP
