// In place of the firmware's program: holds every loop that has a form for Helium against the plain one.
// Built with -ffp-contract=off they have the same bits.

#include <stddef.h>
#include <stdint.h>

#include "line.hpp"
#include "startup.hpp"
#include "thrum_firmware.hpp"

namespace {

using thrum::Index;
using namespace thrum::detail;

#if !defined(THRUM_FLOATS_BY_HELIUM)
#error "this processor has no Helium: nothing would be compared"
#endif

constexpr Index circle_size = 2048;
constexpr Index most = 2048;
float table[thrum::cosine_table_size(circle_size)];
float by_helium[most], plain[most], first_input[most], second_input[most], third_input[most];
int16_t samples[most];
int checks = 0, failures = 0;

class Noise {
 public:
  float next() {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<float>(static_cast<int32_t>(state_ >> 8) - (1 << 23)) * 0x1p-23f;
  }

 private:
  uint32_t state_ = 1;
};
Noise noise;

void check(const char* what, Index size, bool holds) {
  ++checks;
  if (holds) return;
  ++failures;
  Line().text(what).text(" of ").number(static_cast<int>(size)).text(" differs").end();
}

bool same(float a, float b) { return thrum::bits_of(a) == thrum::bits_of(b); }

bool same_arrays(Index count) {
  for (Index i = 0; i < count; ++i)
    if (!same(by_helium[i], plain[i])) return false;
  return true;
}

void fill(float* values, Index count) {
  for (Index i = 0; i < count; ++i) values[i] = noise.next();
}

/// Applies both forms to the same numbers.
template <typename ByHelium, typename Plain>
void compare(const char* what, Index size, Index count, ByHelium first, Plain second) {
  fill(by_helium, count);
  for (Index i = 0; i < count; ++i) plain[i] = by_helium[i];
  first(by_helium);
  second(plain);
  check(what, size, same_arrays(count));
}

void check_transforms() {
  const thrum::Circle<float> circle{table, circle_size};
  for (Index count = 4; count <= most / 2; count *= 2) {
    compare(
        "bit reversal", count, 2 * count, [&](float* z) { reverse_bits_of_positions(z, count); },
        [&](float* z) { reverse_bits_of_positions<float>(z, count); });
    compare(
        "joining pairs", count, 2 * count, [&](float* z) { join_pairs(z, count); },
        [&](float* z) { join_pairs<float>(z, count); });
    for (Index quarter = 1; 4 * quarter <= count; quarter *= 2)
      compare(
          "joining quarters", quarter, 2 * count, [&](float* z) { join_quarters(z, count, quarter, circle); },
          [&](float* z) { join_quarters<float>(z, count, quarter, circle); });
  }
  for (Index size = 8; size <= most; size *= 2) {
    compare(
        "splitting bins", size, size, [&](float* z) { split_bins_from(Index{1}, z, size, circle); },
        [&](float* z) { split_bins_from<float>(Index{1}, z, size, circle); });
    compare(
        "Hann's window", size, size, [&](float* x) { apply_hann_pairs(x, Index{1}, size, circle); },
        [&](float* x) { apply_hann_pairs<float>(x, Index{1}, size, circle); });
  }
}

/// Whole blocks against a sample at a time, for which there is but the plain form.
void check_reading(Index count, Index stride) {
  ChannelReader<int16_t> whole(samples[0]), single(samples[0]);
  whole.read(samples, count, stride, by_helium);
  for (Index i = 0; i < count; ++i) single.read(samples + i * stride, 1, stride, plain + i);
  check("reading", count,
        same_arrays(count) && whole.sum == single.sum && whole.least == single.least &&
            whole.greatest == single.greatest);
}

/// What normalise() says in its simplest form.
thrum::ChannelSums normalised_simply(const thrum::ChannelScale& scale, float* signal, Index frames) {
  thrum::ChannelSums total;
  for (Index begin = 0; begin < frames; begin += thrum::samples_per_partial_sum) {
    float squares = 0, cubes = 0, fourths = 0;
    for (Index i = begin; i < frames && i < begin + thrum::samples_per_partial_sum; ++i) {
      const float y = signal[i] = scale.normalised(signal[i]), square = y * y;
      squares += square;
      cubes += square * y;
      fourths += square * square;
      if (i > 0 && (y < 0.0f) != (signal[i - 1] < 0.0f)) ++total.crossings;
    }
    total.squares += squares;
    total.cubes += cubes;
    total.fourths += fourths;
  }
  return total;
}

void check_normalising(Index frames) {
  thrum::ChannelScale scale;
  scale.mean = 0.01f;
  scale.inverse_peak = 0.98f;
  thrum::ChannelSums sums, expected;
  compare(
      "normalising", frames, frames, [&](float* signal) { sums = thrum::normalise(scale, signal, frames); },
      [&](float* signal) { expected = normalised_simply(scale, signal, frames); });
  check("sums of powers", frames,
        same(sums.squares, expected.squares) && same(sums.cubes, expected.cubes) &&
            same(sums.fourths, expected.fourths) && sums.crossings == expected.crossings);
}

void check_scaling(Index features) {
  const thrum::ScalingModel<float> model{second_input, third_input, static_cast<int>(features)};
  fill(first_input, features);
  fill(second_input, features);
  fill(third_input, features);
  const auto row = thrum::scale_row(model, first_input, by_helium);
  const auto expected = thrum::scale_row<float>(model, first_input, plain);
  const float error = thrum::absolute(row.square - expected.square);
  check("scaling", features,
        same_arrays(features) && row.on_scale && expected.on_scale && error <= 1e-5f * expected.square);
  const float off_scale[] = {thrum::positive_infinity<float>(), thrum::not_a_number<float>(),
                             -thrum::ScalarTraits<float>::largest()};
  for (Index f = 0; f < features; ++f) {
    const float kept = first_input[f];
    first_input[f] = off_scale[f % 3];
    check("what is off scale", features, !thrum::scale_row(model, first_input, by_helium).on_scale);
    first_input[f] = kept;
  }
}

void check_distance(Index features, Index classes) {
  fill(first_input, features);
  fill(second_input, features * classes);
  const thrum::VectorView<const float> column{second_input + classes / 2, features, classes};
  check("a distance", features,
        same(thrum::squared_distance(first_input, column),
             thrum::squared_distance(thrum::contiguous<const float>(first_input, features), column)));
}

/// The least bound is found, and the second is not missed.
void check_least(Index classes) {
  fill(first_input, classes);
  for (Index j = 0; j < classes; ++j) {
    const float kept = first_input[j];
    first_input[j] = 1.0f / 1024.0f * thrum::absolute(kept);
    for (Index i = 0; i < classes; ++i)
      if (i != j) first_input[i] = 1.0f + thrum::absolute(first_input[i]);
    const auto found = least_bounds(first_input, classes);
    const auto expected = least_bounds<float>(first_input, classes);
    const bool twice = classes % 4 != 0 && j >= classes - 4;
    check("the least bound", classes,
          found.least == expected.least && (found.second == expected.second || twice) &&
              found.second <= expected.second);
    first_input[j] = kept;
  }
  for (Index j = 0; j < classes; ++j) first_input[j] = 2.0f;
  check("equal bounds", classes, least_bounds(first_input, classes).second == thrum::order_of(2.0f));
}

/// Calls check(size) for each of the sizes.
template <size_t count, typename Check>
void for_each_of(const int (&sizes)[count], Check check) {
  for (const int size : sizes) check(Index{size});
}

}  // namespace

int firmware_main() {
  thrum::fill_cosine_table(table, circle_size);
  check_transforms();
  for (int16_t& sample : samples) sample = static_cast<int16_t>(32767.0f * noise.next());
  for_each_of({1, 3, 8}, [](Index stride) {
    for (Index count = 1; count <= 64; ++count) check_reading(count, stride);
  });
  for_each_of({8, 63, 64, 255, 256, 257, 300, 512, 1000, 1024, 2048}, check_normalising);
  for_each_of({1, 2, 3, 4, 5, 7, 8, 33, 64}, check_scaling);
  for_each_of({1, 3, 4, 33, 255, 256, 257, 300, 515}, [](Index features) {
    check_distance(features, 1);
    check_distance(features, 3);
  });
  for_each_of({16, 24, 27, 32, 45}, check_least);
  Line line;
  line.number(checks - failures).text(" of ").number(checks);
  line.text(failures == 0 ? " checks hold, all of them" : " checks hold").end();
  return failures == 0 ? 0 : 1;
}
