#ifndef THRUM_FEATURES_BUTTERFLIES_BY_HELIUM_HPP
#define THRUM_FEATURES_BUTTERFLIES_BY_HELIUM_HPP

#include <stdint.h>

#include "thrum/core/four_floats.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/features/butterflies.hpp"

// The loops of butterflies.hpp for processors with Helium, to the same bits: overloads for float, which are
// found before the templates. A vector holds two complex numbers.

#if defined(THRUM_FLOATS_BY_HELIUM)
namespace thrum {

namespace detail {

/// Where the numbers a and b lie when b lies so far behind a.
[[gnu::always_inline]] inline Places pair_apart(Index distance) {
  const auto second = static_cast<uint32_t>(distance);
  return Places{0, 1, second, second + 1};
}

/// Of both, for predicated instructions. Hidden from GCC 12, which takes such constants for others.
[[gnu::always_inline]] inline mve_pred16_t imaginary_lanes() {
  mve_pred16_t lanes = 0xf0f0;
  __asm__("" : "+r"(lanes));
  return lanes;
}
/// The second of both.
[[gnu::always_inline]] inline mve_pred16_t second_number() {
  mve_pred16_t lanes = 0xff00;
  __asm__("" : "+r"(lanes));
  return lanes;
}

/// As turned(Complex, Complex), of both.
[[gnu::always_inline]] inline Four turned(Four a, Four w) {
  Four result = vcmulq_f32(w, a) + vcmulq_rot270_f32(w, a);
  __asm__ volatile("" : "+w"(result));  // before the next one: else registers run out
  return result;
}

/// Joins b, c, d, turned already, with a, and hands the four results to put(place, result).
template <typename Put>
[[gnu::always_inline]] inline void join_four(Four a, Four b, Four c, Four d, Put put) {
  const Four even_sum = a + b, even_difference = a - b;
  const Four odd_sum = c + d, odd_difference = c - d;
  put(0, even_sum + odd_sum);
  put(1, vcaddq_rot270_f32(even_difference, odd_difference));
  put(2, even_sum - odd_sum);
  put(3, vcaddq_rot90_f32(even_difference, odd_difference));
}

/// All positions change places with their reversed ones, four at a time; of each two, one may.
inline void reverse_bits_of_positions(float* z, Index count) {
  const int32_t bits = 31 - __builtin_clz(static_cast<uint32_t>(count));
  Places positions{0, 1, 2, 3};
  finish_memory();
  for (Index left = count; left != 0; left -= 4) {
    const Places reversed = vbrsrq_n_u32(positions, bits);
    const mve_pred16_t swapped = vcmphiq_u32(reversed, positions);
    const Places here = positions << 1, there = reversed << 1;
    const Four re = gathered(z, here), im = gathered(z + 1, here);
    const Four other_re = gathered(z, there), other_im = gathered(z + 1, there);
    vstrwq_scatter_shifted_offset_p_f32(z, here, other_re, swapped);
    vstrwq_scatter_shifted_offset_p_f32(z + 1, here, other_im, swapped);
    vstrwq_scatter_shifted_offset_p_f32(z, there, re, swapped);
    vstrwq_scatter_shifted_offset_p_f32(z + 1, there, im, swapped);
    positions += 4;
  }
  finish_memory();
}

inline void join_pairs(float* z, Index count) {
  const Places places = pair_apart(4);
  finish_memory();
  for (float* const end = z + 2 * count; z != end; z += 8) {
    const Four a = gathered(z, places), b = gathered(z + 2, places);
    scatter(z, places, a + b);
    scatter(z + 2, places, a - b);
  }
  finish_memory();
}

/// The first stage when the count is a power of four, at least 16: neighbours become transforms of length
/// four.
inline void join_single_numbers(float* z, Index count) {
  const Places places = pair_apart(8);
  finish_memory();
  for (float* const end = z + 2 * count; z != end; z += 16)
    join_four(
        gathered(z, places), gathered(z + 2, places), gathered(z + 4, places),
        gathered(z + 6, places), [&](Index place, Four value) __attribute__((always_inline)) {
          scatter(z + 2 * place, places, value);
        });
  finish_memory();
}

/// Circle::cosine of four k that are at most half the circle.
[[gnu::always_inline]] inline Four near_cosines(Circle<float> circle, int32x4_t k) {
  return gathered(circle.cosines, vreinterpretq_u32_s32(vabsq_s32(k)));
}

/// One stage for elements j and j + 1 of all transforms. `at`: element j of the first. angles: of cosine and
/// sine of j and j + 1, from 0 on; Turned: how to turn, see below.
template <typename Turned>
[[gnu::always_inline]] inline void join_quarters_at(float* at, const float* end, Index quarter,
                                                    Circle<float> circle, int32x4_t angles, Turned turn) {
  const int32_t back = -static_cast<int32_t>(circle.size / 4);
  const int32x4_t sine{0, back, 0, back};
  const int32x4_t double_angles = sine + angles + angles, triple_angles = double_angles + angles;
  const Four once = near_cosines(circle, sine + angles), twice = near_cosines(circle, double_angles);
  const Four thrice =
      near_cosines(circle, vminq_s32(triple_angles, vdupq_n_s32(circle.size) - triple_angles));
  for (; at < end; at += 8 * quarter)
    join_four(
        load_four(at), turn(load_four(at + 2 * quarter), twice), turn(load_four(at + 4 * quarter), once),
        turn(load_four(at + 6 * quarter), thrice),
        [&](Index place, Four value)
            __attribute__((always_inline)) { store_four(at + 2 * quarter * place, value); });
}

inline void join_quarters(float* z, Index count, Index quarter, Circle<float> circle) {
  if (quarter == 1 && count > 4) return join_single_numbers(z, count);
  if (quarter == 1) return join_quarters<float>(z, count, quarter, circle);
  const int32_t step = static_cast<int32_t>(circle.size / (4 * quarter));
  const float* const end = z + 2 * count;
  int32x4_t angles{0, 0, step, step};
  join_quarters_at(
      z, end, quarter, circle,
      angles, [second = second_number()](Four a, Four w) __attribute__((always_inline)) {
        return vpselq_f32(turned(a, w), a, second);  // element 0 is not turned
      });
  for (Index j = 2; j < quarter; j += 2) {
    angles = angles + vdupq_n_s32(2 * step);
    join_quarters_at(
        z + 2 * j, end, quarter, circle, angles,
        [](Four a, Four w) __attribute__((always_inline)) { return turned(a, w); });
  }
}

/// Two bins and their mirror images at a time, but the first: their number is odd.
inline void split_bins_from(Index k, float* z, Index size, Circle<float> circle) {
  const auto step = static_cast<int32_t>(circle.size / size), from = static_cast<int32_t>(k) * step;
  const auto quarter_turn = static_cast<int32_t>(circle.size / 4);
  float *low = z + 2 * k, *high = z + size - 2 * k;
  split_bins(low, high, {circle.cosines[from], circle.cosines[quarter_turn - from]});
  const int32x4_t change{step, -step, step, -step};
  int32x4_t angles = int32x4_t{from, quarter_turn - from, from + step, quarter_turn - from - step} + change;
  const Places mirrored{2, 3, 0, 1};
  const mve_pred16_t imaginary = imaginary_lanes();
  finish_memory();
  while ((low += 2) < (high -= 2)) {
    high -= 2;
    const Four a = load_four(low), swapped_b = vrev64q_f32(gathered(high, mirrored));
    const Four even = vcaddq_rot270_f32(a, swapped_b) * 0.5f, odd = vcaddq_rot270_f32(swapped_b, a) * 0.5f;
    const Four odd_turned = turned(odd, gathered(circle.cosines, vreinterpretq_u32_s32(angles)));
    store_four(low, even + odd_turned);
    scatter(high, mirrored, vsubq_m_f32(even - odd_turned, odd_turned, even, imaginary));
    angles = angles + change + change;
    low += 2;
  }
  finish_memory();
}

inline void apply_hann_pairs(float* x, Index n, Index size, Circle<float> circle) {
  const Index step = circle.size / size;
  const Places by_step = places_apart(0, step), mirrored{3, 2, 1, 0};
  const float* cosines = circle.cosines + n * step;
  finish_memory();
  for (; 2 * (n + 3) < size; n += 4, cosines += 4 * step) {
    const Four weights = 0.5f - gathered(cosines, by_step) * 0.5f;
    float* const image = x + size - n - 3;
    store_four(x + n, load_four(x + n) * weights);
    scatter(image, mirrored, gathered(image, mirrored) * weights);
  }
  finish_memory();
  apply_hann_pairs<float>(x, n, size, circle);
}

}  // namespace detail

}  // namespace thrum
#endif

#endif  // THRUM_FEATURES_BUTTERFLIES_BY_HELIUM_HPP
