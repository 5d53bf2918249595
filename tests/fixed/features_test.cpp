#include "firmware_under_test.hpp"

#include "catch.hpp"
#include "generator.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cfloat>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using thrum::FeatureKind;
using thrum::FeatureOptions;
using thrum::Index;
using thrum::Status;
using thrum_test::Generator;

namespace {

constexpr double pi = 3.14159265358979323846;

/// Options for one channel that name the units 1 and the rate 1000 Hz.
FeatureOptions one_channel(int window = 256) {
  FeatureOptions options;
  options.window = window;
  options.hop = window / 2;
  options.sampling_rate = 1000;
  return options;
}

/// All kinds of features that there are.
FeatureOptions every_feature(int window = 256) {
  FeatureOptions options = one_channel(window);
  options.mean = true;
  options.envelope_bands = 4;
  options.spectral_kurtosis_bands = 4;
  options.spectral_kurtosis_block = 32;
  options.spectrum = thrum::SpectrumKind::sine_tapers;
  return options;
}

struct Extracted {
  Status status;
  std::vector<float> values;
};

/// Extracts from interleaved frames that lie in two pieces, `cut` frames in the first.
template <typename Sample>
Extracted extract(const FeatureOptions& options, const std::vector<Sample>& frames, Index cut = -1) {
  std::vector<float> table(static_cast<std::size_t>(thrum::feature_table_size(options)));
  thrum::fill_feature_table(options, table.data());
  std::vector<float> scratch(static_cast<std::size_t>(thrum::feature_scratch_size(options)));
  Extracted result{Status::not_fitted,
                   std::vector<float>(static_cast<std::size_t>(feature_count(options)), -77.0f)};
  const Index rows = static_cast<Index>(frames.size()) / options.channels;
  const Index first = cut < 0 ? rows : cut;
  const thrum::WindowView<Sample> window{
      thrum::row_major(frames.data(), first, Index{options.channels}),
      thrum::row_major(frames.data() + first * options.channels, rows - first, Index{options.channels})};
  result.status =
      thrum::extract_features(options, window, table.data(), scratch.data(), result.values.data());
  return result;
}

float feature(const FeatureOptions& options, const Extracted& row, FeatureKind kind, int channel = 0,
              int detail = 0) {
  for (int i = 0; i < feature_count(options); ++i) {
    const thrum::FeatureName name = feature_name(options, i);
    if (name.kind == kind && name.channel == channel && name.detail == detail)
      return row.values[static_cast<std::size_t>(i)];
  }
  FAIL("no such feature");
  return 0;
}

std::vector<float> sine(int size, double periods, double amplitude, double phase = 0.0) {
  std::vector<float> x;
  for (int i = 0; i < size; ++i)
    x.push_back(static_cast<float>(amplitude * std::sin(2 * pi * periods * i / size + phase)));
  return x;
}

std::vector<float> noise(std::uint64_t seed, Index size) {
  Generator random(seed);
  std::vector<float> x;
  for (Index i = 0; i < size; ++i) x.push_back(static_cast<float>(random.normal()));
  return x;
}

std::vector<std::int16_t> counts(std::uint64_t seed, Index size, int amplitude) {
  Generator random(seed);
  std::vector<std::int16_t> x;
  for (Index i = 0; i < size; ++i)
    x.push_back(static_cast<std::int16_t>(random.index(2 * amplitude + 1) - amplitude));
  return x;
}

/// True when both rows have the same bits.
bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

// ---- options

TEST_CASE("the default options are in order, and are so at compile time") {
  constexpr FeatureOptions options;
  static_assert(thrum::what_is_wrong(options) == nullptr);
  static_assert(thrum::feature_count(options) == 7 + 16);
  static_assert(thrum::feature_name(options, 0).kind == FeatureKind::rms);
  static_assert(thrum::feature_name(options, 22).detail == 15);
  CHECK(check(options) == Status::ok);
}

TEST_CASE("every switch adds one feature a channel, in the order of FeatureKind") {
  FeatureOptions options = every_feature();
  options.channels = 3;
  options.bands = 4;
  CHECK(feature_count(options) == 3 * (8 + 4 + 4 + 4) + 3);
  int previous = -1;
  for (int i = 0; i < 20; ++i) {
    const thrum::FeatureName name = feature_name(options, i);
    CHECK(name.channel == 0);
    CHECK(static_cast<int>(name.kind) * 100 + name.detail > previous);
    previous = static_cast<int>(name.kind) * 100 + name.detail;
  }
  CHECK(feature_name(options, 20).channel == 1);
  const int pairs[3][2] = {{0, 1}, {0, 2}, {1, 2}};
  for (int p = 0; p < 3; ++p) {
    CHECK(feature_name(options, 60 + p).kind == FeatureKind::correlation);
    CHECK(feature_name(options, 60 + p).channel == pairs[p][0]);
    CHECK(feature_name(options, 60 + p).detail == pairs[p][1]);
  }
  options.bands = options.envelope_bands = options.spectral_kurtosis_bands = 0;
  options.crest_factor = options.correlation = false;
  CHECK(feature_count(options) == 3 * 7);
}

TEST_CASE("correlations are named in order for any number of channels") {
  FeatureOptions options = one_channel();
  options.channels = thrum::max_channels;
  int i = options.channels * features_per_channel(options);
  for (int a = 0; a < options.channels; ++a)
    for (int b = a + 1; b < options.channels; ++b, ++i) {
      REQUIRE(feature_name(options, i).channel == a);
      REQUIRE(feature_name(options, i).detail == b);
    }
  CHECK(i == feature_count(options));
}

TEST_CASE("options are equal when all in them that counts is") {
  FeatureOptions a;
  a.channels = 3;
  FeatureOptions b = a;
  CHECK(a == b);
  b.channel[3].unit[0] = 'g';
  CHECK(a == b);
  b.channel[2].unit[0] = 'g';
  CHECK(a != b);
  b = a;
  b.channels = 2;
  CHECK(a != b);
  b = a;
  b.energy_floor = 1;
  CHECK(a != b);
  b = a;
  b.kurtosis = false;
  CHECK(a != b);
}

TEST_CASE("options that make no sense are refused with the reason") {
  const auto reason = [](auto change) {
    FeatureOptions options = one_channel();
    change(options);
    const char* wrong = thrum::what_is_wrong(options);
    CHECK((wrong == nullptr) == (check(options) == Status::ok));
    return std::string(wrong == nullptr ? "fine" : wrong);
  };
  using thrum_test::contains;
  CHECK_THAT(reason([](FeatureOptions&) {}), contains("fine"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.channels = 0; }), contains("channels"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.channels = 17; }), contains("channels"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.window = 300; }), contains("fine"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.spectrum = static_cast<thrum::SpectrumKind>(7); }),
             contains("spectrum"));
  for (const auto& [window, tapers] : {std::pair{256, 0}, {256, 17}, {8, 8}, {255, 5}})
    CHECK_THAT(reason([w = window, k = tapers](FeatureOptions& o) {
                 o.window = o.hop = w, o.tapers = k, o.bands = 2,
                 o.spectrum = thrum::SpectrumKind::sine_tapers;
               }),
               contains("tapers from 1 to 16"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.window = 4; }), contains("window"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.window = 131072; }), contains("window"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.hop = 0; }), contains("hop"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.hop = 257; }), contains("hop"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.sampling_rate = 0; }), contains("sampling_rate"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.bands = -1; }), contains("bands"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.bands = 2000000000; }), contains("bands"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.energy_floor = 0; }), contains("energy_floor"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.lowest_hz = -1; }), contains("lowest_hz"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.lowest_hz = 600; }), contains("lowest_hz"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.highest_hz = 501; }), contains("highest_hz"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.highest_hz = 30; }), contains("every band must hold a bin"));
  const auto envelope = [](int bands, float lowest, float highest, float limit) {
    return [=](FeatureOptions& o) {
      o.envelope_bands = bands, o.envelope_lowest_hz = lowest;
      o.envelope_highest_hz = highest, o.envelope_limit_hz = limit;
    };
  };
  CHECK_THAT(reason(envelope(8, 0, 0, 0)), contains("fine"));
  CHECK_THAT(reason(envelope(8, 250, 500, 249)), contains("fine"));
  CHECK_THAT(reason(envelope(-1, 0, 0, 0)), contains("envelope_bands"));
  CHECK_THAT(reason(envelope(65, 0, 0, 0)), contains("envelope_bands"));
  CHECK_THAT(reason(envelope(64, 0, 0, 0)), contains("every envelope band must hold a bin"));
  CHECK_THAT(reason(envelope(8, -1, 0, 0)), contains("envelope_lowest_hz"));
  CHECK_THAT(reason(envelope(8, 0, 501, 0)), contains("envelope_highest_hz"));
  CHECK_THAT(reason(envelope(8, 0, 200, 0)), contains("below envelope_highest_hz"));
  CHECK_THAT(reason(envelope(8, 300, 303, 0)), contains("two bins"));
  CHECK_THAT(reason(envelope(8, 300, 400, 101)), contains("envelope_limit_hz"));
  CHECK_THAT(reason(envelope(8, 1, 400, 300)), contains("half the sampling rate together"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.window = 300, o.bands = 0, o.envelope_bands = 8; }),
             contains("power of two"));
  const auto kurtosis = [](int bands, int block, float lowest, float highest) {
    return [=](FeatureOptions& o) {
      o.bands = 0, o.spectral_kurtosis_bands = bands, o.spectral_kurtosis_block = block;
      o.lowest_hz = lowest, o.highest_hz = highest;
    };
  };
  CHECK_THAT(reason(kurtosis(8, 64, 0, 0)), contains("fine"));
  CHECK_THAT(reason(kurtosis(31, 64, 0, 0)), contains("fine"));
  CHECK_THAT(reason(kurtosis(-1, 64, 0, 0)), contains("spectral_kurtosis_bands"));
  CHECK_THAT(reason(kurtosis(33, 64, 0, 0)), contains("spectral_kurtosis_bands"));
  CHECK_THAT(reason(kurtosis(32, 64, 0, 0)), contains("every band of spectral kurtosis"));
  CHECK_THAT(reason(kurtosis(8, 64, 0, 40)), contains("every band of spectral kurtosis"));
  CHECK_THAT(reason(kurtosis(1, 16, 495, 500)), contains("every band of spectral kurtosis"));
  for (const int block : {0, 8, 48, 256})
    CHECK_THAT(reason(kurtosis(8, block, 0, 0)), contains("spectral_kurtosis_block"));
  CHECK_THAT(reason(kurtosis(8, 64, -1, 0)), contains("lowest_hz"));
  CHECK_THAT(reason(kurtosis(8, 64, 0, 501)), contains("highest_hz"));
  CHECK_THAT(reason(kurtosis(8, 64, 400, 300)), contains("below highest_hz"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.channel[0].counts_per_unit = 0; }),
             contains("counts_per_unit"));
  CHECK_THAT(reason([](FeatureOptions& o) { o.channel[0].full_scale = -1; }), contains("full_scale"));
  CHECK_THAT(reason([](FeatureOptions& o) { std::memset(o.channel[0].unit, 'x', 8); }), contains("unit"));
  CHECK_THAT(reason([](FeatureOptions& o) {
               o.rms = o.median_absolute_deviation = o.peak_to_peak = o.crest_factor = false;
               o.skewness = o.kurtosis = o.zero_crossings = false;
               o.bands = 0;
             }),
             contains("no feature"));
  FeatureOptions options = one_channel();
  options.sampling_rate = std::numeric_limits<float>::quiet_NaN();
  CHECK(check(options) == Status::out_of_range);
  options = one_channel();
  options.channel[0].counts_per_unit = std::numeric_limits<float>::infinity();
  CHECK(check(options) == Status::out_of_range);
}

TEST_CASE("bands meet without gap or overlap and hold the bins between their edges") {
  for (const int bands : {1, 3, 7, 16, 50}) {
    FeatureOptions options = one_channel(1024);
    options.bands = bands;
    options.sampling_rate = 44100;
    options.lowest_hz = 100;
    options.highest_hz = 20000;
    REQUIRE(check(options) == Status::ok);
    for (int band = 0; band < bands; ++band) {
      const double low = 100 + band * 19900.0 / bands, high = 100 + (band + 1) * 19900.0 / bands;
      const thrum::BandLayout layout = spectrum_bands(options);
      for (Index k = layout.first_bin(band); k < layout.first_bin(band + 1); ++k) {
        const double hz = static_cast<double>(k) * 44100 / 1024;
        // 1/32 bin of slack, 1.35 Hz.
        REQUIRE(hz >= low - 1.4);
        REQUIRE(hz <= high + 1.4);
      }
    }
  }
  FeatureOptions all = one_channel(1024);
  CHECK(spectrum_bands(all).first_bin(0) == 1);
  CHECK(spectrum_bands(all).first_bin(1) == 32);
  CHECK(spectrum_bands(all).first_bin(16) == 513);
}

// ---- transform

TEMPLATE_TEST_CASE("the transform agrees with its definition", "", float, double) {
  for (Index n = 8; n <= 1024; n *= 2) {
    std::vector<TestType> table(static_cast<std::size_t>(thrum::cosine_table_size(n)));
    thrum::fill_cosine_table(table.data(), n);
    std::vector<TestType> x;
    for (const float value : noise(static_cast<std::uint64_t>(n), n))
      x.push_back(static_cast<TestType>(value));
    std::vector<TestType> z = x;
    thrum::real_fourier_transform(z.data(), n, thrum::Circle<TestType>{table.data(), n});
    double worst = 0, largest = 0;
    for (Index k = 0; k <= n / 2; ++k) {
      std::complex<double> exact = 0;
      for (Index i = 0; i < n; ++i)
        exact += static_cast<double>(x[static_cast<std::size_t>(i)]) *
                 std::polar(1.0, -2 * pi * static_cast<double>(k * i % n) / static_cast<double>(n));
      const std::size_t at = static_cast<std::size_t>(2 * k);
      const bool is_real = k == 0 || k == n / 2;
      const std::complex<double> got(static_cast<double>(is_real ? z[k == 0 ? 0 : 1] : z[at]),
                                     static_cast<double>(is_real ? TestType(0) : z[at + 1]));
      worst = std::max(worst, std::abs(got - exact));
      largest = std::max(largest, std::abs(exact));
    }
    // A rounding or two for each of log2(n) <= 10 stages; the double reference itself errs by about n
    // roundings.
    const double tolerance = sizeof(TestType) == 4 ? 4e-7 : 1e-13;
    REQUIRE(worst <= tolerance * largest);
    // A twin that fails: the next table entry for a twiddle would be seen.
    table[1] = table[2];
    std::vector<TestType> wrong = x;
    if (n >= 32) {
      thrum::real_fourier_transform(wrong.data(), n, thrum::Circle<TestType>{table.data(), n});
      REQUIRE(wrong != z);
    }
  }
}

TEST_CASE("the largest transform obeys Parseval's theorem") {
  const Index n = 65536;
  std::vector<float> table(static_cast<std::size_t>(thrum::cosine_table_size(n)));
  thrum::fill_cosine_table(table.data(), n);
  std::vector<float> x = noise(9, n);
  double before = 0, after = 0;
  for (const float value : x) before += static_cast<double>(value) * static_cast<double>(value);
  thrum::real_fourier_transform(x.data(), n, thrum::Circle<float>{table.data(), n});
  for (std::size_t i = 2; i < x.size(); ++i)
    after += 2 * static_cast<double>(x[i]) * static_cast<double>(x[i]);
  after += static_cast<double>(x[0]) * static_cast<double>(x[0]) +
           static_cast<double>(x[1]) * static_cast<double>(x[1]);
  CHECK(std::fabs(after / static_cast<double>(n) / before - 1) < 1e-6);
}

TEMPLATE_TEST_CASE("a finer table gives a transform and a window the same bits", "", float, double) {
  std::vector<TestType> own(33), finer(129);
  thrum::fill_cosine_table(own.data(), 64);
  thrum::fill_cosine_table(finer.data(), 256);
  std::vector<TestType> a;
  for (const float value : noise(5, 64)) a.push_back(static_cast<TestType>(value));
  std::vector<TestType> b = a;
  const auto transform = [](std::vector<TestType>& x, thrum::Circle<TestType> circle) {
    thrum::apply_hann_window(x.data(), 64, circle);
    thrum::real_fourier_transform(x.data(), 64, circle);
  };
  transform(a, {own.data(), 64});
  transform(b, {finer.data(), 256});
  CHECK(a == b);
}

TEMPLATE_TEST_CASE("the complex transform agrees with its definition", "", float, double) {
  for (Index n = 4; n <= 256; n *= 2) {
    std::vector<TestType> table(static_cast<std::size_t>(thrum::cosine_table_size(2 * n)));
    thrum::fill_cosine_table(table.data(), 2 * n);
    std::vector<std::complex<TestType>> z;
    const std::vector<float> values = noise(static_cast<std::uint64_t>(n), 2 * n);
    for (std::size_t i = 0; i < values.size(); i += 2)
      z.emplace_back(static_cast<TestType>(values[i]), static_cast<TestType>(values[i + 1]));
    const std::vector<std::complex<TestType>> before = z;
    thrum::complex_fourier_transform(reinterpret_cast<TestType*>(z.data()), n,
                                     thrum::Circle<TestType>{table.data(), 2 * n});
    for (Index k = 0; k < n; ++k) {
      std::complex<double> exact = 0;
      for (Index i = 0; i < n; ++i)
        exact += std::complex<double>(before[static_cast<std::size_t>(i)]) *
                 std::polar(1.0, -2 * pi * static_cast<double>(k * i % n) / static_cast<double>(n));
      // As of the real transform; |Z| is about 16 at most here.
      const double tolerance = sizeof(TestType) == 4 ? 1e-5 : 1e-11;
      REQUIRE(std::abs(std::complex<double>(z[static_cast<std::size_t>(k)]) - exact) <= tolerance);
    }
  }
}

TEST_CASE("a table in flash has the bits of one made at run time") {
  static constexpr FeatureOptions powers, tapers = [] {
    FeatureOptions options;
    options.window = options.hop = 200;
    options.spectrum = thrum::SpectrumKind::sine_tapers;
    return options;
  }();
  // A power of two has one circle for both; else transform (256 parts) and tapers (2 x 200) each have one.
  static_assert(thrum::feature_table_size(powers) == 513);
  static_assert(thrum::feature_table_size(tapers) == 129 + 201);
  static constexpr thrum::FeatureTable<thrum::feature_table_size(tapers)> flash{tapers};
  std::vector<float> made(330);
  thrum::fill_feature_table(tapers, made.data());
  CHECK(std::memcmp(flash.value, made.data(), sizeof(flash.value)) == 0);
}

TEST_CASE("the Hann window has a mean square of 3/8") {
  std::vector<float> table(33), window(64, 1.0f);
  thrum::fill_cosine_table(table.data(), 64);
  thrum::apply_hann_window(window.data(), 64, thrum::Circle<float>{table.data(), 64});
  double sum = 0;
  for (int i = 0; i < 64; ++i) {
    const double exact = 0.5 - 0.5 * std::cos(2 * pi * i / 64);
    CHECK(std::fabs(static_cast<double>(window[static_cast<std::size_t>(i)]) - exact) < 1e-7);
    sum += exact * exact;
  }
  CHECK(std::fabs(sum / 64 - 0.375) < 1e-12);
}

TEST_CASE("sine tapers are orthogonal, and their squares are half on average") {
  for (const Index n : {8, 50, 64}) {
    std::vector<float> table(static_cast<std::size_t>(thrum::cosine_table_size(2 * n)));
    thrum::fill_cosine_table(table.data(), 2 * n);
    const std::vector<float> ones(static_cast<std::size_t>(n), 1.0f);
    std::vector<std::vector<float>> tapers(5, ones);
    for (std::size_t k = 0; k < 5; ++k)
      thrum::apply_sine_taper(ones.data(), n, static_cast<Index>(k + 1),
                              thrum::Circle<float>{table.data(), 2 * n}, tapers[k].data());
    for (std::size_t a = 0; a < 5; ++a)
      for (std::size_t b = 0; b < 5; ++b) {
        double sum = 0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
          const double exact = std::sin(pi * static_cast<double>((a + 1) * i) / static_cast<double>(n));
          REQUIRE(std::fabs(static_cast<double>(tapers[a][i]) - exact) < 1e-7);
          sum += static_cast<double>(tapers[a][i]) * static_cast<double>(tapers[b][i]);
        }
        REQUIRE(std::fabs(sum / static_cast<double>(n) - (a == b ? 0.5 : 0.0)) < 1e-6);
      }
  }
}

// ---- known values

TEST_CASE("a sine has the statistics of a sine") {
  FeatureOptions options = one_channel(1024);
  const Extracted row = extract(options, sine(1024, 64, 3, 0.1));
  REQUIRE(row.status == Status::ok);
  CHECK(feature(options, row, FeatureKind::rms) == Approx(3 / std::sqrt(2.0)).epsilon(1e-5));
  // |sin| is above 1/sqrt(2) half of the time; 16 samples a period are few, hence the tolerance of a sample.
  CHECK(feature(options, row, FeatureKind::median_absolute_deviation) ==
        Approx(3 / std::sqrt(2.0)).epsilon(0.1));
  CHECK(feature(options, row, FeatureKind::peak_to_peak) == Approx(6).epsilon(0.02));
  CHECK(feature(options, row, FeatureKind::crest_factor) == Approx(std::sqrt(2.0)).epsilon(0.02));
  CHECK(std::fabs(feature(options, row, FeatureKind::skewness)) < 1e-5f);
  CHECK(feature(options, row, FeatureKind::kurtosis) == Approx(1.5).epsilon(1e-5));
  // 128 crossings in 1024 frames, counted over 1023 steps.
  CHECK(feature(options, row, FeatureKind::zero_crossings) == Approx(128 * 1000.0 / 1023).epsilon(0.01));
}

TEST_CASE("a square wave has crest factor and kurtosis 1, an impulse large ones") {
  FeatureOptions options = one_channel(256);
  std::vector<float> square(256), impulse(256, 0.0f);
  for (std::size_t i = 0; i < 256; ++i) square[i] = i % 8 < 4 ? 2.0f : -2.0f;
  Extracted row = extract(options, square);
  CHECK(feature(options, row, FeatureKind::rms) == 2.0f);
  CHECK(feature(options, row, FeatureKind::median_absolute_deviation) == 2.0f);
  CHECK(feature(options, row, FeatureKind::crest_factor) == 1.0f);
  CHECK(feature(options, row, FeatureKind::kurtosis) == 1.0f);
  CHECK(feature(options, row, FeatureKind::skewness) == 0.0f);
  CHECK(feature(options, row, FeatureKind::zero_crossings) == Approx(63 * 1000.0 / 255));

  // One sample of p = 1/256: variance p(1-p), skewness (1-2p)/sqrt(p(1-p)), kurtosis 1/(p(1-p)) - 3, crest
  // sqrt((1-p)/p).
  impulse[100] = 5;
  row = extract(options, impulse);
  const double p = 1 / 256.0, variance = p * (1 - p);
  CHECK(feature(options, row, FeatureKind::rms) == Approx(5 * std::sqrt(variance)).epsilon(1e-5));
  CHECK(feature(options, row, FeatureKind::crest_factor) == Approx(std::sqrt((1 - p) / p)).epsilon(1e-5));
  CHECK(feature(options, row, FeatureKind::skewness) ==
        Approx((1 - 2 * p) / std::sqrt(variance)).epsilon(1e-5));
  CHECK(feature(options, row, FeatureKind::kurtosis) == Approx(1 / variance - 3).epsilon(1e-5));
  CHECK(feature(options, row, FeatureKind::median_absolute_deviation) == 0.0f);
}

TEST_CASE("the moments agree with sums in double") {
  FeatureOptions options = one_channel(65536);
  options.mean = true;
  std::vector<float> x = noise(11, 65536);
  for (float& value : x) value = value * value + 3;
  const Extracted row = extract(options, x);
  double mean = 0, moment[5] = {};
  for (const float value : x) mean += static_cast<double>(value) / 65536;
  for (const float value : x)
    for (int power = 2; power <= 4; ++power)
      moment[power] += std::pow(static_cast<double>(value) - mean, power) / 65536;
  // Two-level sums of 65536 terms err by 7e-5 at most, see samples_per_partial_sum; the root halves it.
  CHECK(feature(options, row, FeatureKind::mean) == Approx(mean).epsilon(7e-5));
  CHECK(feature(options, row, FeatureKind::rms) == Approx(std::sqrt(moment[2])).epsilon(7e-5));
  CHECK(feature(options, row, FeatureKind::skewness) ==
        Approx(moment[3] / std::pow(moment[2], 1.5)).epsilon(3e-4));
  CHECK(feature(options, row, FeatureKind::kurtosis) ==
        Approx(moment[4] / std::pow(moment[2], 2)).epsilon(3e-4));
}

TEST_CASE("a pure tone lands in the band it belongs to, with the variance as its energy") {
  FeatureOptions options = one_channel(1024);
  for (int band = 0; band < 16; ++band) {
    const double bin = 32 * band + 13;
    const Extracted row = extract(options, sine(1024, bin, 4));
    for (int other = 0; other < 16; ++other) {
      const float log_energy = feature(options, row, FeatureKind::band_energy, 0, other);
      // Variance 8; the rest is rounding: (1e-7)^2 of it a bin, with margin.
      if (other == band) CHECK(log_energy == Approx(std::log(8.0)).epsilon(1e-4));
      if (other != band) CHECK(log_energy < std::log(8.0f) - 20);
    }
  }
}

namespace {

/// Log energies of the bands by the definition: a sum over all frames for each bin, in double.
std::vector<double> defined_band_energies(const FeatureOptions& options, const std::vector<float>& x) {
  const double frames = static_cast<double>(x.size()), size = static_cast<double>(transform_size(options));
  double mean = 0;
  for (const float value : x) mean += static_cast<double>(value) / frames;
  const bool hann = options.spectrum == thrum::SpectrumKind::hann;
  const int tapers = hann ? 1 : options.tapers;
  std::vector<double> energies(static_cast<std::size_t>(options.bands));
  for (std::size_t band = 0; band < energies.size(); ++band) {
    const thrum::BandLayout layout = spectrum_bands(options);
    const int number = static_cast<int>(band);
    for (Index k = layout.first_bin(number); k < layout.first_bin(number + 1); ++k)
      for (int order = 1; order <= tapers; ++order) {
        std::complex<double> bin = 0;
        for (std::size_t n = 0; n < x.size(); ++n) {
          const double at = static_cast<double>(n) / frames;
          const double weight = hann ? std::sqrt(8.0 / 3) * (0.5 - 0.5 * std::cos(2 * pi * at))
                                     : std::sqrt(2.0 / tapers) * std::sin(pi * order * at);
          bin += weight * (static_cast<double>(x[n]) - mean) *
                 std::polar(1.0, -2 * pi * static_cast<double>(k) * static_cast<double>(n) / size);
        }
        energies[band] += (2 * k == transform_size(options) ? 1 : 2) * std::norm(bin) / (frames * size);
      }
    energies[band] = std::log(std::max(energies[band], static_cast<double>(options.energy_floor)));
  }
  return energies;
}

}  // namespace

TEST_CASE("band energies agree with their definition, for any window, by Hann's window and sine tapers") {
  for (const int window : {16, 50, 64, 128, 200, 202, 256})
    for (const int tapers : {0, 1, 3, 5}) {
      FeatureOptions options = one_channel(window);
      options.bands = 4;
      if (tapers > 0) options.spectrum = thrum::SpectrumKind::sine_tapers, options.tapers = tapers;
      REQUIRE(check(options) == Status::ok);
      std::vector<float> x = noise(static_cast<std::uint64_t>(window), window);
      for (float& value : x) value = 3 * value + 5;
      const std::vector<double> exact = defined_band_energies(options, x);
      const Extracted row = extract(options, x);
      // Errors of the transform are 1e-6 of the window's energy, bands have a hundredth of it at least.
      for (int band = 0; band < 4; ++band)
        REQUIRE(feature(options, row, FeatureKind::band_energy, 0, band) ==
                Approx(exact[static_cast<std::size_t>(band)]).margin(1e-4));
    }
  FeatureOptions odd = one_channel(99);
  odd.bands = 4;
  const std::vector<float> x = noise(3, 99);
  CHECK(feature(odd, extract(odd, x), FeatureKind::band_energy, 0, 2) ==
        Approx(defined_band_energies(odd, x)[2]).margin(1e-4));
}

TEST_CASE("more tapers make the spectrum of noise steadier") {
  // The log energy of K independent eigenspectra scatters about sqrt(K) less: here 32 bands of 2 bins each.
  const auto scatter = [](thrum::SpectrumKind kind) {
    FeatureOptions options = one_channel(128);
    options.bands = 32;
    options.spectrum = kind;
    double sum = 0, squares = 0, count = 0;
    for (std::uint64_t seed = 40; seed < 60; ++seed) {
      const Extracted row = extract(options, noise(seed, 128));
      for (int band = 2; band < 30; ++band) {
        const double value = static_cast<double>(feature(options, row, FeatureKind::band_energy, 0, band));
        sum += value, squares += value * value, count += 1;
      }
    }
    return std::sqrt(squares / count - sum * sum / count / count);
  };
  CHECK(scatter(thrum::SpectrumKind::sine_tapers) < 0.6 * scatter(thrum::SpectrumKind::hann));
}

TEST_CASE("the energies of all bands add up to the variance") {
  FeatureOptions options = one_channel(4096);
  const Extracted row = extract(options, noise(12, 4096));
  double total = 0;
  for (int band = 0; band < 16; ++band)
    total += std::exp(static_cast<double>(feature(options, row, FeatureKind::band_energy, 0, band)));
  const double rms = static_cast<double>(feature(options, row, FeatureKind::rms));
  // The window weighs the samples unevenly: for noise the sum scatters by sqrt(35/18 * 2 / 4096) = 3 %; four
  // of it.
  CHECK(std::fabs(total / (rms * rms) - 1) < 0.12);
}

// ---- envelope

namespace {

/// Noise about a carrier in the upper half of the spectrum, its amplitude 1 + depth cos of so many periods.
std::vector<float> modulated(int size, double periods, double depth, double noise_level = 0.0) {
  Generator random(77);
  std::vector<float> x;
  for (int i = 0; i < size; ++i) {
    const double at = 2 * pi * i / size;
    x.push_back(static_cast<float>((1 + depth * std::cos(periods * at)) * std::sin(0.37 * size * at) +
                                   noise_level * random.normal()));
  }
  return x;
}

/// Log energies of the envelope's bands by the definition, at the full rate and in double: the bins of the
/// band alone transformed back, the square of the magnitude over its mean, minus 1, times Hann's window.
std::vector<double> defined_envelope_energies(const FeatureOptions& options, const std::vector<float>& x) {
  const std::size_t size = x.size();
  const double n = static_cast<double>(size);
  const auto turn = [&](std::size_t k, std::size_t i) {
    return std::polar(1.0, 2 * pi * static_cast<double>(k * i % size) / n);
  };
  double mean = 0, mean_square = 0;
  for (const float value : x) mean += static_cast<double>(value) / n;
  const auto bins = thrum::carrier_bins(options);
  std::vector<std::complex<double>> analytic(size);
  for (std::size_t k = static_cast<std::size_t>(bins.first);
       k < static_cast<std::size_t>(bins.first + bins.count); ++k) {
    std::complex<double> bin = 0;
    for (std::size_t i = 0; i < size; ++i) bin += (static_cast<double>(x[i]) - mean) * std::conj(turn(k, i));
    for (std::size_t i = 0; i < size; ++i) analytic[i] += bin * turn(k, i);
  }
  for (const std::complex<double>& value : analytic) mean_square += std::norm(value) / n;
  std::vector<double> energies;
  const thrum::BandLayout layout = envelope_bands(options);
  for (int band = 0; band < layout.bands; ++band) {
    double energy = 0;
    for (Index k = layout.first_bin(band); k < layout.first_bin(band + 1); ++k) {
      std::complex<double> bin = 0;
      for (std::size_t i = 0; i < size; ++i)
        bin += (0.5 - 0.5 * std::cos(2 * pi * static_cast<double>(i) / n)) *
               (std::norm(analytic[i]) / mean_square - 1) * turn(static_cast<std::size_t>(k), i);
      energy += 2 * std::norm(bin) * (8.0 / 3) / (n * n);
    }
    energies.push_back(std::log(std::max(energy, static_cast<double>(options.energy_floor))));
  }
  return energies;
}

}  // namespace

TEST_CASE("envelope energies agree with their definition, wherever the band lies and however narrow it is") {
  const float edges[][3] = {{0, 0, 0}, {300, 400, 100}, {100, 350, 240}, {20, 60, 40}, {1, 300, 199}};
  for (const auto& [lowest, highest, limit] : edges) {
    FeatureOptions options = one_channel(256);
    options.envelope_bands = 4;
    options.envelope_lowest_hz = lowest, options.envelope_highest_hz = highest;
    options.envelope_limit_hz = limit;
    REQUIRE(check(options) == Status::ok);
    std::vector<float> x = noise(61, 256);
    for (float& value : x) value += 7;
    const std::vector<double> exact = defined_envelope_energies(options, x);
    const Extracted row = extract(options, x);
    for (int band = 0; band < 4; ++band)
      REQUIRE(feature(options, row, FeatureKind::envelope_energy, 0, band) ==
              Approx(exact[static_cast<std::size_t>(band)]).margin(1e-4));
  }
}

TEST_CASE(
    "the frequency at which a carrier's amplitude swings stands out of the envelope, not of the spectrum") {
  FeatureOptions options = one_channel(1024);
  options.envelope_bands = 16;
  options.envelope_limit_hz = 160;  // a band is 10 Hz
  for (const double hz : {25.4, 75.2, 115.5}) {
    const Extracted row = extract(options, modulated(1024, std::round(hz * 1.024), 0.5, 0.05));
    const int expected = static_cast<int>(hz / 10);
    const float energy = feature(options, row, FeatureKind::envelope_energy, 0, expected);
    // 2 m^2 / (1 + m^2/2)^2 at m = 1/2; the noise adds to the mean a little.
    CHECK(energy == Approx(std::log(0.5 / (1.125 * 1.125))).margin(0.1));
    for (int band = 0; band < 16; ++band)
      if (band != expected) CHECK(feature(options, row, FeatureKind::envelope_energy, 0, band) < energy - 2);
    // A twin without modulation: nothing stands out.
    const Extracted steady = extract(options, modulated(1024, 1, 0.0, 0.05));
    CHECK(feature(options, steady, FeatureKind::envelope_energy, 0, expected) < energy - 3);
  }
}

TEST_CASE("a tone below the band whose envelope is taken does not disturb it") {
  FeatureOptions options = one_channel(1024);
  options.envelope_bands = 8;
  std::vector<float> x = modulated(1024, 20, 0.5, 0.1);
  const Extracted alone = extract(options, x);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] += static_cast<float>(4 * std::sin(2 * pi * 31 * static_cast<double>(i) / 1024));
  const Extracted with_tone = extract(options, x);
  for (int band = 0; band < 8; ++band)
    CHECK(feature(options, with_tone, FeatureKind::envelope_energy, 0, band) ==
          Approx(feature(options, alone, FeatureKind::envelope_energy, 0, band)).margin(1e-3));
}

TEST_CASE("the envelope energies of white noise do not depend on its loudness and are 1 at most") {
  FeatureOptions options = one_channel(1024);
  options.envelope_bands = 8;
  double total = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<float> x = noise(seed, 1024);
    const Extracted quiet = extract(options, x);
    for (float& value : x) value *= 4096.0f;
    const Extracted loud = extract(options, x);
    for (int band = 0; band < 8; ++band) {
      const float energy = feature(options, quiet, FeatureKind::envelope_energy, 0, band);
      CHECK(energy == feature(options, loud, FeatureKind::envelope_energy, 0, band));
      total += std::exp(static_cast<double>(energy)) / 20;
    }
  }
  // The squared envelope of a band of B bins has variance 1 over 2 B lags, of triangular weight: the half of
  // them next to 0 has 3/4.
  CHECK(total == Approx(0.75).margin(0.1));
}

// ---- spectral kurtosis

namespace {

FeatureOptions with_spectral_kurtosis(int window, int block, int bands) {
  FeatureOptions options = one_channel(window);
  options.spectral_kurtosis_bands = bands;
  options.spectral_kurtosis_block = block;
  return options;
}

/// Mean spectral kurtosis of the bins of each band by the definition, in double.
std::vector<double> defined_spectral_kurtosis(const FeatureOptions& options, const std::vector<float>& x) {
  const std::size_t size = static_cast<std::size_t>(options.spectral_kurtosis_block);
  const thrum::BandLayout layout = spectral_kurtosis_bands(options);
  double mean = 0;
  for (const float value : x) mean += static_cast<double>(value) / static_cast<double>(x.size());
  std::vector<double> result;
  for (int band = 0; band < layout.bands; ++band) {
    double sum = 0, bins = 0;
    for (Index k = layout.first_bin(band); k < layout.first_bin(band + 1) && 2 * k < layout.size; ++k) {
      double powers = 0, squares = 0, m = 0;
      for (std::size_t begin = 0; begin + size <= x.size(); begin += size / 2, m += 1) {
        std::complex<double> bin = 0;
        for (std::size_t i = 0; i < size; ++i) {
          const double turn = 2 * pi * static_cast<double>(i) / static_cast<double>(size);
          bin += (0.5 - 0.5 * std::cos(turn)) * (static_cast<double>(x[begin + i]) - mean) *
                 std::polar(1.0, -turn * static_cast<double>(k));
        }
        powers += std::norm(bin);
        squares += std::norm(bin) * std::norm(bin);
      }
      sum += m / (m - 1) * ((m + 1) * squares / (powers * powers) - 2);
      bins += 1;
    }
    result.push_back(sum / bins);
  }
  return result;
}

}  // namespace

TEST_CASE("spectral kurtosis agrees with its definition, for any window") {
  for (const auto& [window, block, bands] :
       {std::array{256, 64, 8}, {200, 32, 4}, {1024, 16, 1}, {99, 16, 7}, {128, 64, 31}}) {
    const FeatureOptions options = with_spectral_kurtosis(window, block, bands);
    REQUIRE(check(options) == Status::ok);
    std::vector<float> x = noise(71, window);
    for (float& value : x) value = 5 * value + 100;
    const std::vector<double> exact = defined_spectral_kurtosis(options, x);
    const Extracted row = extract(options, x);
    for (int band = 0; band < bands; ++band)
      REQUIRE(feature(options, row, FeatureKind::spectral_kurtosis, 0, band) ==
              Approx(exact[static_cast<std::size_t>(band)]).margin(1e-3));
  }
}

TEST_CASE("spectral kurtosis is 0 for noise, -1 for a tone and large for impacts") {
  const FeatureOptions options = with_spectral_kurtosis(1024, 64, 8);
  const auto kurtosis = [&](const std::vector<float>& x, int band) {
    return static_cast<double>(
        feature(options, extract(options, x), FeatureKind::spectral_kurtosis, 0, band));
  };
  double mean = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed)
    for (int band = 0; band < 8; ++band) mean += kurtosis(noise(seed, 1024), band) / 400;
  // One bin scatters by 2 / sqrt(31 blocks) = 0.36; 31 bins of 50 windows, neighbours alike, by 0.015. Hann's
  // window makes the outermost bins a little less than complex Gaussian.
  CHECK(std::fabs(mean) < 0.06);

  // 14.5 / 64 of the rate is in band 3, which has bins 12 to 15: the tone leaks into all of them.
  std::vector<float> tone = sine(1024, 14.5 * 16, 1);
  const std::vector<float> quiet = noise(3, 1024);
  for (std::size_t i = 0; i < tone.size(); ++i) tone[i] += 1e-4f * quiet[i];
  CHECK(kurtosis(tone, 3) == Approx(-1).margin(0.02));

  std::vector<float> impacts = quiet;
  impacts[300] += 40;
  impacts[800] -= 40;
  for (int band = 0; band < 8; ++band) CHECK(kurtosis(impacts, band) > 3);
}

TEST_CASE("silence has energies at the floor and zeros elsewhere") {
  FeatureOptions options = every_feature();
  options.channels = 2;
  const std::vector<float> flat(512, 9.81f);
  const Extracted row = extract(options, flat);
  CHECK(row.status == Status::ok);
  for (int i = 0; i < feature_count(options); ++i) {
    const thrum::FeatureName name = feature_name(options, i);
    const bool energy = name.kind == FeatureKind::band_energy || name.kind == FeatureKind::envelope_energy;
    const float expected = name.kind == FeatureKind::mean ? 9.81f
                           : energy                       ? thrum::natural_log(1e-12f)
                                                          : 0.0f;
    CHECK(row.values[static_cast<std::size_t>(i)] == expected);
  }
}

TEST_CASE("correlation is that of the signals, whatever their scale and offset") {
  FeatureOptions options = one_channel(512);
  options.channels = 3;
  const std::vector<float> a = noise(13, 512), b = noise(14, 512);
  std::vector<float> frames;
  for (std::size_t i = 0; i < 512; ++i) {
    frames.push_back(a[i]);
    frames.push_back(-3e4f * a[i] + 7e4f);
    frames.push_back(0.6f * a[i] + 0.8f * b[i]);
  }
  double aa = 0, ac = 0, cc = 0, mean_a = 0, mean_c = 0;
  for (std::size_t i = 0; i < 512; ++i) {
    mean_a += static_cast<double>(frames[3 * i]) / 512;
    mean_c += static_cast<double>(frames[3 * i + 2]) / 512;
  }
  for (std::size_t i = 0; i < 512; ++i) {
    const double x = static_cast<double>(frames[3 * i]) - mean_a,
                 y = static_cast<double>(frames[3 * i + 2]) - mean_c;
    aa += x * x;
    ac += x * y;
    cc += y * y;
  }
  const Extracted row = extract(options, frames);
  CHECK(feature(options, row, FeatureKind::correlation, 0, 1) == Approx(-1).epsilon(1e-6));
  CHECK(feature(options, row, FeatureKind::correlation, 0, 1) >= -1.0f);
  CHECK(feature(options, row, FeatureKind::correlation, 0, 2) ==
        Approx(ac / std::sqrt(aa * cc)).epsilon(1e-5));
  CHECK(feature(options, row, FeatureKind::correlation, 1, 2) ==
        Approx(-ac / std::sqrt(aa * cc)).epsilon(1e-5));
}

TEST_CASE("correlations of int16 samples are exact to rounding for any number of channels") {
  for (const int channels : {2, 3, 4, 5, 7, 8, 16}) {
    FeatureOptions options = one_channel(131);  // no whole number of eights
    options.bands = 0;
    options.channels = channels;
    std::vector<std::int16_t> frames;
    const std::vector<std::int16_t> noise_of = counts(19, Index{131} * channels, 3000);
    for (std::size_t i = 0; i < noise_of.size(); ++i) {
      const int c = static_cast<int>(i) % channels;
      const int shared = c > 0 ? noise_of[i - static_cast<std::size_t>(c)] * (c % 3) : 0;
      // Offsets near the ends of the range: plain sums of float products would lose most digits.
      frames.push_back(static_cast<std::int16_t>(noise_of[i] + shared + (c % 2 == 0 ? 23000 : -23000)));
    }
    const Extracted row = extract(options, frames);
    const auto at = [&](int i, int c) {
      return static_cast<double>(frames[static_cast<std::size_t>(i * channels + c)]);
    };
    for (int a = 0; a < channels; ++a) {
      for (int b = a + 1; b < channels; ++b) {
        double mean_a = 0, mean_b = 0, aa = 0, ab = 0, bb = 0;
        for (int i = 0; i < 131; ++i) {
          mean_a += at(i, a) / 131;
          mean_b += at(i, b) / 131;
        }
        for (int i = 0; i < 131; ++i) {
          aa += (at(i, a) - mean_a) * (at(i, a) - mean_a);
          ab += (at(i, a) - mean_a) * (at(i, b) - mean_b);
          bb += (at(i, b) - mean_b) * (at(i, b) - mean_b);
        }
        const double found = static_cast<double>(feature(options, row, FeatureKind::correlation, a, b));
        CHECK(std::abs(found - ab / std::sqrt(aa * bb)) < 2e-6);
      }
    }
  }
}

TEST_CASE("correlations of int16 samples survive the largest sums") {
  FeatureOptions options = one_channel(65536);
  options.bands = 0;
  options.median_absolute_deviation = false;
  options.channels = 2;
  std::vector<std::int16_t> frames;
  for (int i = 0; i < 65536; ++i) {
    frames.push_back(i < 5 ? std::int16_t{32767} : std::int16_t{-32768});
    frames.push_back(i < 5 ? std::int16_t{-32768} : std::int16_t{-32767});
  }
  const Extracted row = extract(options, frames);
  // Sums of squares are of floats, see samples_per_partial_sum.
  CHECK(feature(options, row, FeatureKind::correlation, 0, 1) == Approx(-1).epsilon(7e-5));
}

TEST_CASE("correlations need no window longer than a frame is wide") {
  FeatureOptions options = one_channel(8);
  options.bands = 0;
  options.channels = 16;
  const std::vector<std::int16_t> x = counts(20, 8 * 16, 1000);
  const Extracted exact = extract(options, x),
                  rounded = extract(options, std::vector<float>(x.begin(), x.end()));
  for (int a = 0; a < 15; ++a)
    CHECK(std::abs(feature(options, exact, FeatureKind::correlation, a, a + 1) -
                   feature(options, rounded, FeatureKind::correlation, a, a + 1)) < 2e-6f);
}

// ---- laws

TEST_CASE("a constant added to int16 samples changes nothing but the mean") {
  FeatureOptions options = every_feature();
  options.channels = 2;
  options.mean = false;
  const std::vector<std::int16_t> still = counts(15, 512, 3000);
  std::vector<std::int16_t> tilted = still;
  for (std::size_t i = 0; i < tilted.size(); ++i)
    tilted[i] = static_cast<std::int16_t>(tilted[i] + (i % 2 == 0 ? 8192 : -20000));
  CHECK(same_bits(extract(options, still).values, extract(options, tilted).values));

  options.mean = true;
  const Extracted a = extract(options, still), b = extract(options, tilted);
  CHECK(feature(options, b, FeatureKind::mean, 0) - feature(options, a, FeatureKind::mean, 0) ==
        Approx(8192).epsilon(1e-6));
}

TEST_CASE("a constant added to float samples changes features by its rounding only") {
  FeatureOptions options = every_feature();
  options.mean = false;
  const std::vector<float> x = noise(16, 256);
  std::vector<float> tilted = x;
  for (float& value : tilted) value += 9.81f;
  const Extracted a = extract(options, x), b = extract(options, tilted);
  // Samples near 10 are rounded to 1e-6 (half of 2^-19 a rounding); no feature of unit noise is steeper
  // than 20.
  for (std::size_t i = 0; i < a.values.size(); ++i) CHECK(std::fabs(a.values[i] - b.values[i]) < 2e-5f);
}

TEST_CASE("a gain that is a power of two scales lengths exactly and leaves shapes alone") {
  FeatureOptions options = every_feature();
  const std::vector<float> x = noise(17, 256);
  std::vector<float> loud = x;
  for (float& value : loud) value *= 1024.0f;
  const Extracted a = extract(options, x), b = extract(options, loud);
  for (int i = 0; i < feature_count(options); ++i) {
    const FeatureKind kind = feature_name(options, i).kind;
    const float before = a.values[static_cast<std::size_t>(i)], after = b.values[static_cast<std::size_t>(i)];
    const bool length = kind == FeatureKind::mean || kind == FeatureKind::rms ||
                        kind == FeatureKind::median_absolute_deviation || kind == FeatureKind::peak_to_peak;
    if (length) CHECK(after == 1024.0f * before);
    if (kind == FeatureKind::band_energy) CHECK(after == Approx(before + 20 * std::log(2.0f)).margin(1e-5));
    if (!length && kind != FeatureKind::band_energy) CHECK(after == before);
  }
  // The same as counts per unit.
  options.channel[0].counts_per_unit = 1024;
  CHECK(same_bits(extract(options, loud).values, a.values));
}

TEST_CASE("int16 and float samples of the same value give the same bits but for correlations") {
  FeatureOptions options = every_feature();
  options.channels = 3;
  const std::vector<std::int16_t> x = counts(18, 768, 32767);
  const std::vector<float> as_floats(x.begin(), x.end());
  const Extracted exact = extract(options, x), rounded = extract(options, as_floats);
  for (int a = 0; a < 3; ++a)
    for (int b = a + 1; b < 3; ++b)
      CHECK(std::abs(feature(options, exact, FeatureKind::correlation, a, b) -
                     feature(options, rounded, FeatureKind::correlation, a, b)) < 2e-6f);
  options.correlation = false;
  CHECK(same_bits(extract(options, x).values, extract(options, as_floats).values));
}

TEST_CASE("where the ring wraps does not matter") {
  FeatureOptions options = every_feature();
  options.channels = 2;
  const std::vector<std::int16_t> x = counts(19, 512, 30000);
  const Extracted whole = extract(options, x);
  for (const Index cut : {1, 2, 63, 64, 100, 255})
    CHECK(same_bits(extract(options, x, cut).values, whole.values));
}

TEST_CASE("each switch leaves the other features alone") {
  FeatureOptions all = one_channel(256);
  all.mean = true;
  const std::vector<float> x = noise(20, 256);
  const Extracted row = extract(all, x);
  FeatureOptions none = all;
  none.mean = none.rms = none.median_absolute_deviation = none.peak_to_peak = none.crest_factor = false;
  none.skewness = none.kurtosis = none.zero_crossings = none.correlation = false;
  none.bands = 0;
  bool FeatureOptions::*switches[] = {&FeatureOptions::mean,
                                      &FeatureOptions::rms,
                                      &FeatureOptions::median_absolute_deviation,
                                      &FeatureOptions::peak_to_peak,
                                      &FeatureOptions::crest_factor,
                                      &FeatureOptions::skewness,
                                      &FeatureOptions::kurtosis,
                                      &FeatureOptions::zero_crossings};
  for (std::size_t i = 0; i < 8; ++i) {
    FeatureOptions one = none;
    one.*switches[i] = true;
    const Extracted only = extract(one, x);
    REQUIRE(only.status == Status::ok);
    CHECK(same_bits(only.values, {row.values[i]}));
  }
  // The spectral ones share scratch.
  const auto alone = [&](FeatureKind kind, auto change) {
    for (const thrum::SpectrumKind spectrum : {thrum::SpectrumKind::hann, thrum::SpectrumKind::sine_tapers}) {
      FeatureOptions together = every_feature(), one = none;
      together.spectrum = one.spectrum = spectrum;
      change(one);
      const Extracted only = extract(one, x), among_all = extract(together, x);
      for (int i = 0; i < feature_count(one); ++i)
        REQUIRE(only.values[static_cast<std::size_t>(i)] == feature(together, among_all, kind, 0, i));
    }
  };
  alone(FeatureKind::band_energy, [](FeatureOptions& o) { o.bands = 16; });
  alone(FeatureKind::envelope_energy, [](FeatureOptions& o) { o.envelope_bands = 4; });
  alone(FeatureKind::spectral_kurtosis,
        [](FeatureOptions& o) { o.spectral_kurtosis_bands = 4, o.spectral_kurtosis_block = 32; });
}

// ---- hostile input

TEST_CASE("one sample that is not finite is reported and nothing is written") {
  FeatureOptions options = every_feature();
  options.channels = 2;
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()})
    for (const std::size_t place : {0u, 301u, 511u}) {
      std::vector<float> x = noise(21, 512);
      x[place] = bad;
      const Extracted row = extract(options, x, 200);
      CHECK(row.status == Status::non_finite);
      for (const float value : row.values) REQUIRE(value == -77.0f);
    }
  CHECK(extract(options, noise(21, 512), 200).status == Status::ok);
}

TEST_CASE("finite samples that are too large are an overflow, never a silent number") {
  FeatureOptions options = one_channel(256);
  std::vector<float> x = noise(22, 256);
  x[100] = FLT_MAX;
  x[200] = -FLT_MAX;
  CHECK(extract(options, x).status == Status::overflow);
  // Energies are squares, so 1e20 is too large for them, but not for the others.
  for (float& value : x) value = value > 0 ? 1e20f : -1e20f;
  CHECK(extract(options, x).status == Status::overflow);
  options.bands = 0;
  const Extracted row = extract(options, x);
  CHECK(row.status == Status::ok);
  CHECK(feature(options, row, FeatureKind::kurtosis) == Approx(1).epsilon(0.1));
  // The unit may overflow too.
  options.channel[0].counts_per_unit = 1e-30f;
  CHECK(extract(options, x).status == Status::overflow);
}

TEST_CASE("amplitudes from the least to the largest normal number keep their shape") {
  FeatureOptions options = one_channel(256);
  options.bands = 0;
  const std::vector<float> x = noise(23, 256);
  const Extracted expected = extract(options, x);
  for (const float gain : {0x1p-120f, 0x1p-60f, 0x1p60f, 0x1p110f}) {
    std::vector<float> scaled = x;
    for (float& value : scaled) value *= gain;
    const Extracted row = extract(options, scaled);
    REQUIRE(row.status == Status::ok);
    for (const FeatureKind kind : {FeatureKind::crest_factor, FeatureKind::skewness, FeatureKind::kurtosis})
      CHECK(feature(options, row, kind) == Approx(feature(options, expected, kind)).epsilon(1e-5));
  }
}

TEST_CASE("subnormal wiggles count as flat") {
  FeatureOptions options = one_channel(256);
  std::vector<float> x(256, 0.0f);
  for (std::size_t i = 0; i < 256; i += 2) x[i] = 1e-40f;
  const Extracted row = extract(options, x);
  CHECK(row.status == Status::ok);
  CHECK(feature(options, row, FeatureKind::rms) == 0.0f);
  CHECK(feature(options, row, FeatureKind::kurtosis) == 0.0f);
}

TEST_CASE("a clipped channel at both rails is ordinary input") {
  FeatureOptions options = one_channel(256);
  std::vector<std::int16_t> x(256);
  for (std::size_t i = 0; i < 256; ++i) x[i] = i % 2 == 0 ? INT16_MAX : INT16_MIN;
  const Extracted row = extract(options, x);
  CHECK(row.status == Status::ok);
  CHECK(feature(options, row, FeatureKind::peak_to_peak) == 65535.0f);
  CHECK(feature(options, row, FeatureKind::rms) == 32767.5f);
}

TEST_CASE("a window of another shape is refused") {
  FeatureOptions options = one_channel(256);
  CHECK(extract(options, noise(24, 255)).status == Status::wrong_size);
  CHECK(extract(options, noise(24, 257)).status == Status::wrong_size);
  CHECK(extract(options, noise(24, 256), 0).status == Status::wrong_size);
  CHECK(extract(options, std::vector<float>()).status == Status::wrong_size);
}

TEST_CASE("the smallest window and the most channels work") {
  FeatureOptions options = one_channel(16);
  options.bands = 2;
  options.channels = 16;
  REQUIRE(check(options) == Status::ok);
  CHECK(extract(options, noise(25, 256)).status == Status::ok);
  options.window = 8;
  options.hop = 8;
  CHECK(check(options) == Status::out_of_range);
  options.correlation = false;
  REQUIRE(check(options) == Status::ok);
  CHECK(extract(options, noise(25, 128)).status == Status::ok);
}

// ---- stream

namespace {

/// A stream with memory of its own.
template <typename Sample>
struct Ring {
  std::vector<Sample> memory;
  thrum::WindowBuffer<Sample> buffer;
  thrum::WindowStream<Sample> stream;

  Ring(Index capacity, Index channels, Index window, Index hop)
      : memory(static_cast<std::size_t>(capacity * channels)),
        buffer{memory.data(), capacity, channels, window, hop} {}
};

/// The frames of a window in order, both pieces.
template <typename Sample>
std::vector<Sample> frames_of(const thrum::WindowView<Sample>& window) {
  std::vector<Sample> frames;
  for (Index i = 0; i < window.frames(); ++i)
    for (Index c = 0; c < window.channels(); ++c) frames.push_back(window.frame(i)[c]);
  return frames;
}

}  // namespace

TEMPLATE_TEST_CASE("blocks of any size, interleaved or planar, make the windows of the whole", "",
                   std::int16_t, float) {
  const Index channels = 3, total = 1000;
  std::vector<TestType> frames;
  for (Index i = 0; i < total * channels; ++i) frames.push_back(static_cast<TestType>(i));
  Generator random(30);
  for (int round = 0; round < 60; ++round) {
    const Index window = 1 + random.index(50), hop = 1 + random.index(window),
                capacity = window + random.index(30);
    Ring<TestType> ring(capacity, channels, window, hop);
    Index written = 0, start = 0;
    while (written < total) {
      const Index block =
          thrum::smaller(random.index(60), thrum::smaller(total - written, ring.stream.room(ring.buffer)));
      Index accepted = 0;
      if (random.index(2) == 0) {
        accepted = ring.stream.write(ring.buffer, frames.data() + written * channels, block);
      } else {
        std::vector<TestType> planar[3];
        for (Index c = 0; c < channels; ++c)
          for (Index i = 0; i < block; ++i)
            planar[c].push_back(frames[static_cast<std::size_t>((written + i) * channels + c)]);
        const TestType* pointers[3] = {planar[0].data(), planar[1].data(), planar[2].data()};
        accepted = ring.stream.write_planar(ring.buffer, pointers, block);
      }
      REQUIRE(accepted == block);
      written += accepted;
      while (ring.stream.window_ready(ring.buffer)) {
        const std::vector<TestType> expected(frames.begin() + start * channels,
                                             frames.begin() + (start + window) * channels);
        REQUIRE(frames_of(ring.stream.window(ring.buffer)) == expected);
        ring.stream.advance(ring.buffer);
        start += hop;
      }
    }
    CHECK(start == (total >= window ? (total - window) / hop + 1 : 0) * hop);
  }
}

TEST_CASE("frames for which there is no room are refused and counted, and the old ones stay") {
  Ring<std::int16_t> ring(10, 1, 8, 8);
  const std::vector<std::int16_t> x{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  CHECK(ring.stream.write(ring.buffer, x.data(), 13) == 10);
  CHECK(ring.stream.overruns() == 3);
  CHECK(ring.stream.write(ring.buffer, x.data(), 2) == 0);
  CHECK(ring.stream.overruns() == 5);
  REQUIRE(ring.stream.window_ready(ring.buffer));
  CHECK(frames_of(ring.stream.window(ring.buffer)) == std::vector<std::int16_t>(x.begin(), x.begin() + 8));
  ring.stream.advance(ring.buffer);
  CHECK_FALSE(ring.stream.window_ready(ring.buffer));
  CHECK(ring.stream.write(ring.buffer, x.data(), 8) == 8);
  REQUIRE(ring.stream.window_ready(ring.buffer));  // the two before the gap are gone
  CHECK(frames_of(ring.stream.window(ring.buffer)) == std::vector<std::int16_t>(x.begin(), x.begin() + 8));
  ring.stream.reset();
  CHECK(ring.stream.overruns() == 0);
  CHECK(ring.stream.frames_waiting(ring.buffer) == 0);
}

TEST_CASE("a stream of zero bits is a fresh stream, and overruns stay at their largest value") {
  thrum::WindowStream<std::int16_t> stream, zero;
  std::memset(static_cast<void*>(&zero), 0, sizeof(zero));
  CHECK(std::memcmp(static_cast<void*>(&stream), static_cast<void*>(&zero), sizeof(zero)) == 0);
  CHECK(sizeof(stream) == 36);

  std::int16_t sample = 0;
  const thrum::WindowBuffer<std::int16_t> buffer{&sample, 1, 1, 1, 1};
  const std::vector<std::int16_t> block(1000);
  CHECK(stream.write(buffer, block.data(), 1) == 1);
  // The second word counts the refused frames: two short of the end.
  const std::uint32_t almost = UINT32_MAX - 1;
  std::memcpy(reinterpret_cast<char*>(&stream) + 4, &almost, 4);
  REQUIRE(stream.overruns() == almost);
  CHECK(stream.write(buffer, block.data(), 1000) == 0);
  CHECK(stream.overruns() == UINT32_MAX);
  CHECK(stream.write(buffer, block.data(), 1000) == 0);
  CHECK(stream.overruns() == UINT32_MAX);
}

TEST_CASE("no window bridges a gap, and those begun before it are discarded and counted") {
  Ring<std::int16_t> ring(20, 1, 8, 4);
  std::vector<std::int16_t> x(40);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::int16_t>(i);
  const auto window = [&] { return frames_of(ring.stream.window(ring.buffer)); };
  const auto frames = [&](int first) {
    return std::vector<std::int16_t>(x.begin() + first, x.begin() + first + 8);
  };
  CHECK(ring.stream.write(ring.buffer, x.data(), 10) == 10);
  ring.stream.gap(7);
  CHECK(ring.stream.write(ring.buffer, x.data() + 17, 9) == 9);
  REQUIRE(ring.stream.window_ready(ring.buffer));  // complete before the gap
  CHECK(window() == frames(0));
  ring.stream.advance(ring.buffer);
  REQUIRE(ring.stream.window_ready(ring.buffer));
  CHECK(window() == frames(17));
  CHECK(ring.stream.discarded() == 2);  // of those that began at 4 and at 8
  CHECK(ring.stream.missing() == 7);
  CHECK(ring.stream.overruns() == 0);
  ring.stream.advance(ring.buffer);
  CHECK_FALSE(ring.stream.window_ready(ring.buffer));
  CHECK(ring.stream.write(ring.buffer, x.data() + 26, 3) == 3);
  REQUIRE(ring.stream.window_ready(ring.buffer));
  CHECK(window() == frames(21));
}

TEST_CASE("gaps without frames between them are one, and one before the first frame spoils nothing") {
  Ring<float> ring(12, 1, 8, 8);
  const std::vector<float> x(30);
  ring.stream.gap(0);
  ring.stream.gap(-5);
  CHECK_FALSE(ring.stream.window_ready(ring.buffer));
  CHECK(ring.stream.write(ring.buffer, x.data(), 13) == 12);
  for (int i = 0; i < 3; ++i) CHECK(ring.stream.write(ring.buffer, x.data(), 1) == 0);
  ring.stream.gap(2);
  CHECK(ring.stream.window_ready(ring.buffer));  // the one behind the first gap and before the others
  ring.stream.advance(ring.buffer);
  CHECK_FALSE(ring.stream.window_ready(ring.buffer));
  CHECK(ring.stream.discarded() == 1);
  CHECK(ring.stream.overruns() == 4);
  CHECK(ring.stream.missing() == 2);
}

TEST_CASE("whatever the order of writes, gaps and reads, every window is of consecutive frames") {
  Generator random(31);
  for (int round = 0; round < 200; ++round) {
    const Index window = 1 + random.index(20), hop = 1 + random.index(window),
                capacity = window + random.index(30);
    Ring<float> ring(capacity, 1, window, hop);
    float now = 0;  // of a clock that counts frames, lost ones too
    std::uint32_t lost = 0, refused = 0;
    Index windows = 0;
    bool bridged = false;
    for (int step = 0; step < 400; ++step) {
      const Index choice = random.index(8);
      if (choice == 0) {
        const Index missing = 1 + random.index(5);
        ring.stream.gap(missing);
        lost += static_cast<std::uint32_t>(missing);
        now += static_cast<float>(missing);
      } else if (choice < 5) {
        std::vector<float> block(static_cast<std::size_t>(random.index(12)));
        for (float& frame : block) frame = now++;
        const Index count = static_cast<Index>(block.size());
        refused += static_cast<std::uint32_t>(count - ring.stream.write(ring.buffer, block.data(), count));
      } else if (choice == 5 && random.index(10) == 0) {
        ring.stream.drop_waiting();
      } else if (ring.stream.window_ready(ring.buffer)) {
        const std::vector<float> frames = frames_of(ring.stream.window(ring.buffer));
        for (std::size_t i = 1; i < frames.size(); ++i)
          bridged = bridged || frames[i] != frames[0] + static_cast<float>(i);
        ring.stream.advance(ring.buffer);
        ++windows;
      }
    }
    CHECK_FALSE(bridged);
    CHECK(windows > 0);
    CHECK(ring.stream.missing() == lost);
    CHECK(ring.stream.overruns() == refused);
  }
}

TEST_CASE("every window of a stream with gaps is judged or counted as discarded, where the reader keeps up") {
  Generator random(32);
  Ring<std::int16_t> ring(64, 1, 16, 4);
  const std::vector<std::int16_t> x(64);
  Index begun = 0, windows = 0;
  for (int stretch = 0; stretch < 100; ++stretch) {
    const Index frames = 1 + random.index(60);
    REQUIRE(ring.stream.write(ring.buffer, x.data(), frames) == frames);
    ring.stream.gap(1);
    begun += (frames + 3) / 4;
    for (; ring.stream.window_ready(ring.buffer); ring.stream.advance(ring.buffer)) ++windows;
  }
  CHECK(windows + static_cast<Index>(ring.stream.discarded()) == begun);
}

TEST_CASE("no window bridges a gap while writer and reader are at work at the same time") {
  Ring<float> ring(8, 1, 2, 2);  // small: the reader then often looks just when a gap comes
  std::atomic<bool> done{false};
  std::thread writer([&] {
    Generator random(33);
    float now = 0;
    for (int block = 0; block < 4000; ++block) {
      float frames[4];
      // Mostly waits for the reader, so that it is at work too; without that all would be refused.
      while (random.index(20) != 0 && ring.stream.room(ring.buffer) < 4) std::this_thread::yield();
      const Index count = 1 + random.index(4);  // in all less than the 2^24 that a float counts to
      for (Index i = 0; i < count; ++i) frames[i] = now++;
      ring.stream.write(ring.buffer, frames, count);
      if (random.index(4) != 0) continue;
      ring.stream.gap(1);
      ++now;
    }
    done = true;
  });
  Index windows = 0, bridged = 0;
  bool more = true;
  while (more) {
    more = !done;  // first: what is written before is looked at once more
    while (ring.stream.window_ready(ring.buffer)) {
      const std::vector<float> frames = frames_of(ring.stream.window(ring.buffer));
      for (std::size_t i = 1; i < frames.size(); ++i)
        bridged += frames[i] != frames[0] + static_cast<float>(i) ? 1 : 0;
      ring.stream.advance(ring.buffer);
      ++windows;
    }
  }
  writer.join();
  CHECK(windows > 0);
  CHECK(bridged == 0);
  CHECK(ring.stream.missing() > 0);
}

TEST_CASE("counts of missing frames and discarded windows stay at their largest value, and marks may wrap") {
  Ring<std::int16_t> ring(8, 1, 4, 4);
  const std::vector<std::int16_t> x(8);
  ring.stream.gap((std::numeric_limits<std::int32_t>::max)());  // the most that an Index of 32 bits holds
  ring.stream.gap((std::numeric_limits<std::int32_t>::max)());
  CHECK(ring.stream.missing() == UINT32_MAX - 1);
  ring.stream.gap(1);
  ring.stream.gap(1);
  CHECK(ring.stream.missing() == UINT32_MAX);
  // The words in the order of their declaration: marks are the fifth, what the reader passed and discarded
  // are the last two. Marks two short of their end are those of 2^31 - 1 gaps.
  const std::uint32_t almost = UINT32_MAX - 1;
  char* const words = reinterpret_cast<char*>(&ring.stream);
  std::memcpy(words + 4 * 4, &almost, 4);
  std::memcpy(words + 7 * 4, &almost, 4);
  std::memcpy(words + 8 * 4, &almost, 4);
  REQUIRE(ring.stream.discarded() == almost);
  for (int gap = 0; gap < 3; ++gap) {
    CHECK(ring.stream.write(ring.buffer, x.data(), 5) == 5);
    ring.stream.gap(1);
    CHECK(ring.stream.window_ready(ring.buffer));  // before the gap
    ring.stream.advance(ring.buffer);
    CHECK_FALSE(ring.stream.window_ready(ring.buffer));  // and none across
    CHECK(ring.stream.discarded() == UINT32_MAX);
  }
}

TEST_CASE("a block of no frames changes nothing") {
  Ring<float> ring(8, 2, 4, 2);
  const float sample = 1;
  const float* const planar[] = {&sample, &sample};
  CHECK(ring.stream.write(ring.buffer, &sample, 0) == 0);
  CHECK(ring.stream.write_planar(ring.buffer, planar, 0) == 0);
  CHECK(ring.stream.write(ring.buffer, &sample, -3) == 0);
  CHECK(ring.stream.frames_waiting(ring.buffer) == 0);
  CHECK(ring.stream.overruns() == 0);
}
