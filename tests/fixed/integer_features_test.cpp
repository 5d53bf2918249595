#include "firmware_under_test.hpp"

#include "catch.hpp"
#include "generator.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

using thrum::Arithmetic;
using thrum::FeatureKind;
using thrum::FeatureOptions;
using thrum::Index;
using thrum::Status;
using thrum_test::Generator;

namespace {

constexpr double pi = 3.14159265358979323846;

using Samples = std::vector<std::int16_t>;

std::int16_t count_of(double value) {
  return static_cast<std::int16_t>(std::lround(std::fmin(32767.0, std::fmax(-32768.0, value))));
}

template <typename Signal>
Samples samples_of(int frames, Signal signal) {
  Samples x;
  for (int i = 0; i < frames; ++i) x.push_back(count_of(signal(i)));
  return x;
}

Samples noise(std::uint64_t seed, int frames, double amplitude) {
  Generator random(seed);
  return samples_of(frames, [&](int) { return amplitude * random.normal(); });
}

FeatureOptions integer_options(int window) {
  FeatureOptions options;
  options.window = window;
  options.hop = window;
  options.sampling_rate = 1000;
  options.mean = true;
  options.bands = window < 64 ? 2 : 16;
  options.arithmetic = Arithmetic::integer;
  options.energy_floor = 1e-30f;
  return options;
}

/// Extracts from interleaved frames that lie in two pieces, `cut` frames in the first.
template <typename Number, typename Sample>
std::vector<float> extract_in(const FeatureOptions& options, const std::vector<Sample>& frames, Index cut,
                              Status expected) {
  std::vector<Number> table(static_cast<std::size_t>(thrum::feature_table_size(options)));
  thrum::fill_feature_table(options, table.data());
  std::vector<Number> scratch(static_cast<std::size_t>(thrum::feature_scratch_size(options)));
  std::vector<float> features(static_cast<std::size_t>(feature_count(options)), -77.0f);
  const Index rows = static_cast<Index>(frames.size()) / options.channels;
  const thrum::WindowView<Sample> window{
      thrum::row_major(frames.data(), cut, Index{options.channels}),
      thrum::row_major(frames.data() + cut * options.channels, rows - cut, Index{options.channels})};
  CHECK(thrum::extract_features(options, window, table.data(), scratch.data(), features.data()) == expected);
  return features;
}
std::vector<float> extract(const FeatureOptions& options, const Samples& frames, Index cut = -1) {
  const Index rows = static_cast<Index>(frames.size()) / options.channels;
  return extract_in<std::int32_t>(options, frames, cut < 0 ? rows : cut, Status::ok);
}

double feature(const FeatureOptions& options, const std::vector<float>& row, FeatureKind kind,
               int detail = 0) {
  for (int i = 0; i < feature_count(options); ++i) {
    const thrum::FeatureName name = feature_name(options, i);
    if (name.kind == kind && name.channel == 0 && name.detail == detail)
      return static_cast<double>(row[static_cast<std::size_t>(i)]);
  }
  FAIL("no such feature");
  return 0;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// What a channel's features are by their definitions, in double.
struct Oracle {
  explicit Oracle(const Samples& samples) : x(samples.begin(), samples.end()), frames(x.size()) {
    sum = 0;
    for (const double value : x) sum += value;
    mean = sum / static_cast<double>(frames);
    for (double& value : x) value -= mean;
    least = *std::min_element(x.begin(), x.end());
    greatest = *std::max_element(x.begin(), x.end());
    rms = std::sqrt(moment(2));
  }

  double moment(int power) const {
    double total = 0;
    for (const double value : x) total += std::pow(value, power);
    return total / static_cast<double>(frames);
  }
  int crossings() const {
    int count = 0;
    for (std::size_t i = 1; i < frames; ++i) count += (x[i] < 0) != (x[i - 1] < 0) ? 1 : 0;
    return count;
  }
  /// Mean square in each band.
  std::vector<double> energies(const FeatureOptions& options) const {
    const thrum::BandLayout layout = spectrum_bands(options);
    std::vector<double> energy;
    const double n = static_cast<double>(frames), size = static_cast<double>(layout.size);
    for (int band = 0; band < layout.bands; ++band) {
      double total = 0;
      for (Index k = layout.first_bin(band); k < layout.first_bin(band + 1); ++k) {
        std::complex<double> bin = 0;
        for (std::size_t i = 0; i < frames; ++i) {
          const double weight = 0.5 - 0.5 * std::cos(2 * pi * static_cast<double>(i) / n);
          const Index turn = static_cast<Index>(i) * k % layout.size;
          bin += x[i] * weight * std::polar(1.0, -2 * pi * static_cast<double>(turn) / size);
        }
        total += (2 * k == layout.size ? 1 : 2) * std::norm(bin);
      }
      energy.push_back(total * 8 / 3 / (n * size));
    }
    return energy;
  }

  std::vector<double> x;
  std::size_t frames;
  double sum, mean, least, greatest, rms;
};

/// By how many units in its last place a bin of the transform may be off, as a complex number: each stage of
/// radix 4 rounds four numbers down and turns them by cosines of 30 bits; two stages of other kinds, a window
/// and a mean are no worse.
double bin_error(Index size) {
  double stages = 4;
  for (Index count = size / 2; count > 2; count /= 4) ++stages;
  return 7 * stages;
}

void check_against_oracle(const FeatureOptions& options, const Samples& x) {
  const std::vector<float> row = extract(options, x);
  const Oracle oracle(x);
  const auto of = [&](FeatureKind kind, int detail = 0) { return feature(options, row, kind, detail); };
  const double range = oracle.greatest - oracle.least;
  const double rounding = 3e-7;  // five roundings to float
  CHECK(of(FeatureKind::mean) == Approx(oracle.mean).epsilon(rounding).margin(1e-9));
  CHECK(of(FeatureKind::rms) == Approx(oracle.rms).epsilon(rounding));
  CHECK(of(FeatureKind::peak_to_peak) == range);
  CHECK(of(FeatureKind::crest_factor) ==
        Approx(std::max(oracle.greatest, -oracle.least) / oracle.rms).epsilon(rounding));
  CHECK(of(FeatureKind::zero_crossings) ==
        Approx(oracle.crossings() * 1000.0 / (options.window - 1.0)).epsilon(rounding));

  // A deviation is off by less than 1, its square by less than 2^32: see docs/numerics.md.
  const int bits = thrum::deviation_bits(options.window);
  const double spread = range / oracle.rms;
  const double third = spread * spread * std::ldexp(1.0, 34 - 2 * bits) + spread * std::ldexp(4.0, 1 - bits);
  const double skewness = oracle.moment(3) / std::pow(oracle.rms, 3);
  const double kurtosis = oracle.moment(4) / std::pow(oracle.rms, 4);
  CHECK(of(FeatureKind::skewness) == Approx(skewness).epsilon(4 * rounding).margin(third + 1e-12));
  CHECK(of(FeatureKind::kurtosis) == Approx(kurtosis).epsilon(4 * rounding + 2 * third));

  const thrum::BandLayout layout = spectrum_bands(options);
  const std::vector<double> energies = oracle.energies(options);
  const int range_bits = thrum::bit_count(static_cast<std::uint64_t>(range));
  // Of one bin that has the power 1, in counts.
  const double unit =
      2.0 / 3 * static_cast<double>(layout.size) / options.window * std::ldexp(1.0, 2 * range_bits - 56);
  for (int band = 0; band < options.bands; ++band) {
    CAPTURE(band);
    const double bins = static_cast<double>(layout.first_bin(band + 1) - layout.first_bin(band));
    const double root = std::sqrt(energies[static_cast<std::size_t>(band)]);
    const double error = bin_error(layout.size) * std::sqrt(2 * bins * unit);
    const double found = std::exp(0.5 * of(FeatureKind::band_energy, band));
    CHECK(found == Approx(root).epsilon(3e-6).margin(error));
  }
}

/// Signals at all ends: of few counts and of full scale, even and lopsided, wide and narrow.
std::vector<Samples> signals(int n) {
  std::vector<Samples> all = {noise(1, n, 1000), noise(2, n, 0.5), noise(3, n, 1e5)};
  all.push_back(samples_of(n, [&](int i) { return 30000 * std::sin(2 * pi * 10.3 * i / n); }));
  all.push_back(samples_of(n, [&](int i) { return 12000 + 3 * std::sin(2 * pi * 2 * i / n); }));
  all.push_back(samples_of(n, [&](int i) { return i % 8 < 3 ? 32767 : -32768; }));
  all.push_back(samples_of(n, [&](int i) { return i % 2 == 0 ? 32767 : -32768; }));
  all.push_back(samples_of(n, [&](int i) { return i == n / 3 ? 32767 : -32768; }));
  all.push_back(samples_of(n, [&](int i) { return i == n / 2 ? 1 : 0; }));
  all.push_back(samples_of(n, [&](int i) { return i < n / 2 ? -32768 : -32767; }));
  all.push_back(samples_of(n, [&](int i) { return -32768 + 65535.0 * i / n; }));
  return all;
}

}  // namespace

// ---- options

TEST_CASE("integer arithmetic refuses features that it has not, with a sentence that names them") {
  FeatureOptions options = integer_options(256);
  CHECK(what_is_wrong(options) == nullptr);
  CHECK(check(options) == Status::ok);
  options.spectrum = thrum::SpectrumKind::sine_tapers;
  CHECK(std::string(what_is_wrong(options)) == "spectrum must be hann when arithmetic is integer");
  options.bands = 0;
  CHECK(what_is_wrong(options) == nullptr);
  options.envelope_bands = 2;
  CHECK(std::string(what_is_wrong(options)).find("envelope_bands") == 0);
  options = integer_options(256);
  options.spectral_kurtosis_bands = 2;
  CHECK(std::string(what_is_wrong(options)).find("envelope_bands and spectral_kurtosis_bands") == 0);
  options = integer_options(256);
  options.arithmetic = static_cast<Arithmetic>(2);
  CHECK(std::string(what_is_wrong(options)) == "arithmetic must be floating or integer");
}

TEST_CASE("options that differ in their arithmetic are not equal") {
  FeatureOptions options = integer_options(256), others = options;
  CHECK(options == others);
  others.arithmetic = Arithmetic::floating;
  CHECK(options != others);
}

TEST_CASE("a table and scratch of the other arithmetic are refused and nothing is written") {
  FeatureOptions options = integer_options(16);
  const Samples x = noise(1, 16, 100);
  options.arithmetic = Arithmetic::floating;
  std::vector<std::int32_t> integers(1000);
  std::vector<float> floats(1000), features(100, -77.0f);
  const thrum::WindowView<std::int16_t> window{thrum::row_major(x.data(), Index{16}, Index{1}),
                                               thrum::row_major(x.data(), Index{0}, Index{1})};
  CHECK(thrum::extract_features(options, window, integers.data(), integers.data(), features.data()) ==
        Status::out_of_range);
  options.arithmetic = Arithmetic::integer;
  CHECK(thrum::extract_features(options, window, floats.data(), floats.data(), features.data()) ==
        Status::out_of_range);
  CHECK(features[0] == -77.0f);
}

// ---- logarithm

TEST_CASE("the integer logarithm is too small by less than 1.01 of its last place") {
  Generator random(1);
  double worst = 0;
  const auto check_one = [&](std::uint64_t x) {
    const double exact = std::log2(static_cast<double>(x)) * (1 << 20);
    const double lack = exact - thrum::integer_log2(x);
    worst = std::max(worst, lack);
    CHECK(lack >= -1e-6);
  };
  for (std::uint64_t x = 1; x < 2000; ++x) check_one(x);
  for (int i = 0; i < 2000; ++i) check_one(static_cast<std::uint64_t>(std::exp2(53 * random.uniform())));
  for (int i = 0; i < 64; ++i) CHECK(thrum::integer_log2(std::uint64_t{1} << i) == i * (1 << 20));
  CHECK(worst < 1.01);
  CHECK(worst > 0.9);  // it is no better than it says
}

TEST_CASE("the integer logarithm of a float is that of its value, down to the least") {
  CHECK(thrum::integer_log2(1.0f) == 0);
  CHECK(thrum::integer_log2(0x1p-149f) == -149 * (1 << 20));
  CHECK(thrum::integer_log2(0x1p127f) == 127 * (1 << 20));
  for (const float x : {0.001f, 3.0f, 12345.67f, 1e-30f, 1e-40f, 3e38f})
    CHECK(thrum::integer_log2(x) ==
          Approx(std::log2(static_cast<double>(x)) * (1 << 20)).margin(1.01).epsilon(0));
}

TEST_CASE("the natural logarithm of an integer logarithm is the nearest that twenty binary digits allow") {
  for (const std::uint64_t x : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1000}, ~std::uint64_t{0}})
    CHECK(static_cast<double>(thrum::natural_log_of_log2(thrum::integer_log2(x))) ==
          Approx(std::log(static_cast<double>(x))).margin(2.5e-6).epsilon(6e-8));
}

// ---- transform

TEST_CASE("the integer transform is that of the definition, twice over its size") {
  for (const int size : {8, 16, 32, 64, 256, 512, 2048}) {
    CAPTURE(size);
    std::vector<std::int32_t> table(static_cast<std::size_t>(thrum::integer_transform_table_size(size)));
    thrum::fill_integer_transform_table(table.data(), size);
    Generator random(static_cast<std::uint64_t>(size));
    std::vector<std::int32_t> x;
    for (int i = 0; i < size; ++i)
      x.push_back(static_cast<std::int32_t>((random.uniform() - 0.5) * (1 << 28)));
    std::vector<std::int32_t> packed = x;
    thrum::integer_real_transform(packed.data(), size, table.data());
    double worst = 0;
    for (int k = 0; k <= size / 2; ++k) {
      std::complex<double> exact = 0;
      for (int i = 0; i < size; ++i)
        exact += static_cast<double>(x[static_cast<std::size_t>(i)]) *
                 std::polar(2.0 / size, -2 * pi * (i * k % size) / size);
      const std::size_t at = 2 * static_cast<std::size_t>(k);
      std::complex<double> found(packed[0], 0);
      if (k == size / 2) found = {static_cast<double>(packed[1]), 0};
      if (k > 0 && k < size / 2)
        found = {static_cast<double>(packed[at]), static_cast<double>(packed[at + 1])};
      worst = std::max(worst, std::abs(found - exact));
    }
    CHECK(worst < bin_error(size));
  }
}

TEST_CASE("the integer transform keeps to its range for the inputs that add up most") {
  // All of x in phase with one bin, at the ends of the range that is allowed: whatever overflowed would not
  // obey Parseval's theorem.
  for (const int size : {8, 16, 64, 128, 1024}) {
    CAPTURE(size);
    std::vector<std::int32_t> table(static_cast<std::size_t>(thrum::integer_transform_table_size(size)));
    thrum::fill_integer_transform_table(table.data(), size);
    for (int k = 0; k <= size / 2; k += std::max(1, size / 64)) {
      for (const double phase : {0.1, pi / 4, 2.0}) {
        std::vector<std::int32_t> x;
        for (int i = 0; i < size; ++i)
          x.push_back(std::cos(2 * pi * (i * k % size) / size + phase) < 0 ? -(1 << 28) : 1 << 28);
        thrum::integer_real_transform(x.data(), size, table.data());
        double total = 0;
        for (std::size_t i = 2; i < x.size(); ++i) total += 2.0 * x[i] * x[i];
        total += static_cast<double>(x[0]) * x[0] + static_cast<double>(x[1]) * x[1];
        CHECK(total == Approx(std::ldexp(1.0, 58)).epsilon(1e-5));
      }
    }
  }
}

// ---- features

TEST_CASE("integer features are those of the definitions, for signals at all ends") {
  for (const int window : {8, 9, 64, 100, 256, 1000, 1024}) {
    const FeatureOptions options = integer_options(window);
    int number = 0;
    for (const Samples& x : signals(window)) {
      CAPTURE(window, number);
      check_against_oracle(options, x);
      ++number;
    }
  }
}

TEST_CASE("integer features of the longest window do not overflow") {
  FeatureOptions options = integer_options(65536);
  for (const int half_period : {1, 4, 1024, 32768}) {
    CAPTURE(half_period);
    const Samples x = samples_of(65536, [&](int i) { return i / half_period % 2 == 0 ? 32767 : -32768; });
    const std::vector<float> row = extract(options, x);
    const Oracle oracle(x);
    CHECK(feature(options, row, FeatureKind::rms) == Approx(oracle.rms).epsilon(3e-7));
    CHECK(feature(options, row, FeatureKind::median_absolute_deviation) == 32767.5);
    const double kurtosis = oracle.moment(4) / std::pow(oracle.rms, 4);
    CHECK(feature(options, row, FeatureKind::kurtosis) == Approx(kurtosis).epsilon(2e-6));
    double energy = 0;
    for (int band = 0; band < 16; ++band)
      energy += std::exp(feature(options, row, FeatureKind::band_energy, band));
    // By Parseval's theorem, but for what Hann's window makes of a period that is not short beside it.
    if (half_period < 32768) CHECK(energy == Approx(oracle.moment(2)).epsilon(1e-4));
  }
}

TEST_CASE("integer crossings are of the exact mean, however near to it samples are") {
  // The mean is 1 / 65536: all zeros are below it, and by less than a deviation can tell.
  FeatureOptions options = integer_options(65536);
  options.bands = 0;
  Samples x(65536, 0);
  x[100] = x[200] = 16384;
  x[300] = -32767;
  const std::vector<float> row = extract(options, x);
  CHECK(feature(options, row, FeatureKind::zero_crossings) == Approx(4 * 1000.0 / 65535).epsilon(3e-7));
}

TEST_CASE("noise of the last bit beside a tone of full scale keeps its energy") {
  const int n = 1024;
  const FeatureOptions options = integer_options(n);
  Generator random(4);
  // A tone of 1 count, 90 dB below the other, dithered: rounding to counts is noise. That of the transform is
  // at least 25 dB lower.
  const Samples x = samples_of(n, [&](int i) {
    return 32000 * std::sin(2 * pi * 40 * i / n) + std::sin(2 * pi * 400 * i / n) + random.uniform() -
           random.uniform();
  });
  const std::vector<float> row = extract(options, x);
  const std::vector<double> energies = Oracle(x).energies(options);
  for (int band = 0; band < 16; ++band)
    CHECK(feature(options, row, FeatureKind::band_energy, band) ==
          Approx(std::log(energies[static_cast<std::size_t>(band)])).margin(0.04).epsilon(0));
}

TEST_CASE("integer medians are those of sorted samples") {
  for (const int window : {8, 9, 15, 100, 511, 1024, 3000}) {
    FeatureOptions options = integer_options(window);
    options.bands = 0;
    for (const Samples& x : signals(window)) {
      std::vector<double> sorted(x.begin(), x.end());
      const auto median = [&] {
        std::sort(sorted.begin(), sorted.end());
        return (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;
      };
      const double center = median();
      for (double& value : sorted) value = std::abs(value - center);
      CHECK(feature(options, extract(options, x), FeatureKind::median_absolute_deviation) == median());
    }
  }
}

TEST_CASE("integer correlations are Pearson's") {
  FeatureOptions options = integer_options(500);
  options.channels = 3;
  Generator random(8);
  Samples frames;
  for (int i = 0; i < 500; ++i) {
    const double common = 20000 * random.normal();
    frames.push_back(count_of(common));
    frames.push_back(count_of(-0.5 * common + 3000 * random.normal()));
    frames.push_back(1234);
  }
  const std::vector<float> row = extract(options, frames);
  Samples a, b;
  for (std::size_t i = 0; i < frames.size(); i += 3) {
    a.push_back(frames[i]);
    b.push_back(frames[i + 1]);
  }
  const Oracle x(a), y(b);
  double products = 0;
  for (std::size_t i = 0; i < x.frames; ++i) products += x.x[i] * y.x[i];
  CHECK(feature(options, row, FeatureKind::correlation, 1) ==
        Approx(products / static_cast<double>(x.frames) / (x.rms * y.rms)).epsilon(3e-7));
  CHECK(feature(options, row, FeatureKind::correlation, 2) == 0);
  CHECK(feature(options, row, FeatureKind::correlation, 1) < -0.5);
}

TEST_CASE("a flat channel has zeros, its mean, and bands at the floor") {
  FeatureOptions options = integer_options(64);
  options.energy_floor = 1e-6f;
  const std::vector<float> row = extract(options, Samples(64, -32768));
  CHECK(row[0] == -32768.0f);
  for (int i = 1; i < 8; ++i) CHECK(row[static_cast<std::size_t>(i)] == 0.0f);
  for (int band = 0; band < 16; ++band)
    CHECK(feature(options, row, FeatureKind::band_energy, band) == Approx(std::log(1e-6)).margin(3e-6));
}

TEST_CASE("no band of integer features is below the floor") {
  FeatureOptions options = integer_options(64);
  options.energy_floor = 1e6f;
  const std::vector<float> row =
      extract(options, samples_of(64, [](int i) { return i % 2 == 0 ? 9000 : -9000; }));
  CHECK(feature(options, row, FeatureKind::band_energy, 0) == Approx(std::log(1e6)).margin(3e-6));
  CHECK(feature(options, row, FeatureKind::band_energy, 15) > std::log(1e6) + 1);
}

TEST_CASE("integer features do not depend on where a window lies in the ring") {
  FeatureOptions options = integer_options(128);
  options.channels = 2;
  const Samples frames = noise(5, 256, 5000);
  const std::vector<float> whole = extract(options, frames);
  for (const Index cut : {1, 2, 63, 127}) CHECK(same_bits(extract(options, frames, cut), whole));
}

TEST_CASE("a constant added to the samples changes no integer feature but the mean") {
  const FeatureOptions options = integer_options(256);
  const Samples x = noise(6, 256, 500);
  Samples moved = x;
  for (std::int16_t& value : moved) value = static_cast<std::int16_t>(value + 20000);
  std::vector<float> a = extract(options, x), b = extract(options, moved);
  CHECK(a[0] != b[0]);
  a[0] = b[0];
  CHECK(same_bits(a, b));
}

TEST_CASE("twice the samples have twice the level, the same shape, and bands up by four") {
  const FeatureOptions options = integer_options(256);
  const Samples x = noise(7, 256, 500);
  Samples twice = x;
  for (std::int16_t& value : twice) value = static_cast<std::int16_t>(2 * value);
  const std::vector<float> a = extract(options, x), b = extract(options, twice);
  for (const FeatureKind kind : {FeatureKind::mean, FeatureKind::rms, FeatureKind::median_absolute_deviation})
    CHECK(feature(options, b, kind) == 2 * feature(options, a, kind));
  for (const FeatureKind kind : {FeatureKind::crest_factor, FeatureKind::skewness, FeatureKind::kurtosis})
    CHECK(feature(options, b, kind) == feature(options, a, kind));
  for (int band = 0; band < 16; ++band)
    CHECK(feature(options, b, FeatureKind::band_energy, band) ==
          Approx(feature(options, a, FeatureKind::band_energy, band) + std::log(4.0)).epsilon(1e-6));
}

TEST_CASE("integer features are in the units of the channel") {
  FeatureOptions options = integer_options(256);
  const Samples x = noise(9, 256, 500);
  const std::vector<float> counts = extract(options, x);
  options.channel[0].counts_per_unit = 8192;
  const std::vector<float> units = extract(options, x);
  CHECK(feature(options, units, FeatureKind::rms) * 8192 == feature(options, counts, FeatureKind::rms));
  CHECK(feature(options, units, FeatureKind::kurtosis) == feature(options, counts, FeatureKind::kurtosis));
  CHECK(feature(options, units, FeatureKind::band_energy, 3) ==
        Approx(feature(options, counts, FeatureKind::band_energy, 3) - 26 * std::log(2.0)).margin(2e-6));
}

TEST_CASE("integer and float features are the same but for rounding") {
  for (const int window : {200, 256, 1024}) {
    FeatureOptions options = integer_options(window);
    options.channels = 2;
    options.channel[1].counts_per_unit = 100;
    for (const double amplitude : {5.0, 300.0, 8000.0}) {
      const Samples frames = noise(10, 2 * window, amplitude);
      options.arithmetic = Arithmetic::integer;
      const std::vector<float> integers = extract(options, frames);
      options.arithmetic = Arithmetic::floating;
      const std::vector<float> floats = extract_in<float>(options, frames, window, Status::ok);
      for (std::size_t i = 0; i < floats.size(); ++i) {
        CAPTURE(window, amplitude, i);
        CHECK(static_cast<double>(integers[i]) ==
              Approx(static_cast<double>(floats[i])).epsilon(2e-5).margin(2e-5));
      }
    }
  }
}
