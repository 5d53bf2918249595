#ifndef THRUM_CORE_FOUR_FLOATS_HPP
#define THRUM_CORE_FOUR_FLOATS_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2) && defined(__GNUC__)
#define THRUM_FLOATS_BY_HELIUM
#include <arm_mve.h>
#endif

// Vectors of four floats where the processor has Helium. Lanes are numbers that plain C computes one after
// the other, each by the same operations in the same order: the same bits, but for subnormal numbers, which
// Helium takes for zero. A second form of a loop stands behind THRUM_FLOATS_BY_HELIUM.

#if defined(THRUM_FLOATS_BY_HELIUM)
namespace thrum {

namespace detail {

using Four = float32x4_t;

// By memcpy: GCC 12 moves stores of scalars past vld1q.
[[gnu::always_inline]] inline Four load_four(const float* from) {
  Four values;
  __builtin_memcpy(&values, __builtin_assume_aligned(from, 4), sizeof(values));
  return values;
}
[[gnu::always_inline]] inline void store_four(float* to, Four values) {
  __builtin_memcpy(__builtin_assume_aligned(to, 4), &values, sizeof(values));
}

struct FourLanes {
  float a, b, c, d;
};

/// The numbers of a vector; in the registers where they are, while GCC 12 would carry them through others.
[[gnu::always_inline]] inline FourLanes lanes_of(Four values) {
#if defined(__clang__)
  return {values[0], values[1], values[2], values[3]};
#else
  register Four all __asm__("q0") = values;
  register float a __asm__("s0");
  register float b __asm__("s1");
  register float c __asm__("s2");
  register float d __asm__("s3");
  __asm__("" : "=t"(a), "=t"(b), "=t"(c), "=t"(d) : "w"(all));
  return {a, b, c, d};
#endif
}

/// Where four numbers lie, in numbers from an address.
using Places = uint32x4_t;

/// Places so far apart, the first of them at `first`.
[[gnu::always_inline]] inline Places places_apart(Index first, Index distance) {
  const auto from = static_cast<uint32_t>(first), by = static_cast<uint32_t>(distance);
  return Places{from, from + by, from + 2 * by, from + 3 * by};
}

[[gnu::always_inline]] inline Four gathered(const float* from, Places places) {
  return vldrwq_gather_shifted_offset_f32(from, places);
}
[[gnu::always_inline]] inline void scatter(float* to, Places places, Four values) {
  vstrwq_scatter_shifted_offset_f32(to, places, values);
}

/// Keeps the compiler from moving plain loads and stores past gathered and scattered ones.
[[gnu::always_inline]] inline void finish_memory() { __asm__ volatile("" : : : "memory"); }

}  // namespace detail

}  // namespace thrum
#endif

#endif  // THRUM_CORE_FOUR_FLOATS_HPP
