#ifndef THRUM_CORE_RANDOM_HPP
#define THRUM_CORE_RANDOM_HPP

#include <stdint.h>

#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

namespace thrum {

/// Each bit of the result depends on all of z (the finaliser of SplitMix64).
constexpr uint64_t mixed_bits(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/// Random numbers that are the same on every platform: the distributions of <random> differ between
/// standard libraries, so both the integer generator and the draws are our own.
///
/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014): 8 bytes of
/// state, period 2^64, any seed is a good seed. Not for cryptography. Nothing allocates.
class Random {
 public:
  explicit constexpr Random(uint64_t seed = 0) : state_(seed) {}

  /// Uniform over all 64-bit integers.
  constexpr uint64_t bits() {
    state_ += 0x9e3779b97f4a7c15u;
    return mixed_bits(state_);
  }

  /// Uniform in [0, 1), a multiple of 2^-53, or of 2^-24 in float.
  template <typename Scalar = double>
  constexpr Scalar uniform() {
    constexpr int digits = ScalarTraits<Scalar>::mantissa_bits + 1;
    constexpr Scalar step = Scalar(1) / static_cast<Scalar>(uint64_t{1} << digits);
    const uint64_t draw = bits() >> (64 - digits);
    if (digits <= 32) return static_cast<Scalar>(static_cast<uint32_t>(draw)) * step;
    return static_cast<Scalar>(draw) * step;
  }

  /// Uniform over 0 ... size - 1, size >= 1. Without bias: draws beyond the last full multiple are repeated.
  constexpr Index index(Index size) {
    const uint64_t range = static_cast<uint64_t>(size);
    const uint64_t excess = (UINT64_MAX % range + 1) % range;
    uint64_t draw = bits();
    while (draw > UINT64_MAX - excess) draw = bits();
    return static_cast<Index>(draw % range);
  }

  /// Uniform over 0 ... size - 1, size >= 1, to within a share of size / 2^64, without a division (Lemire,
  /// ACM Transactions on Modeling and Computer Simulation 29, 2019).
  constexpr uint32_t below(uint32_t size) {
    const uint64_t draw = bits();
    const uint64_t low = (draw & UINT32_MAX) * size >> 32;
    return static_cast<uint32_t>(((draw >> 32) * size + low) >> 32);
  }

  /// Standard normal, by Marsaglia's polar method (SIAM Review 6, 1964) with our own logarithm.
  double normal() {
    for (;;) {
      const double u = 2.0 * uniform() - 1.0;
      const double v = 2.0 * uniform() - 1.0;
      const double s = u * u + v * v;
      if (s > 0.0 && s < 1.0) return u * square_root(-2.0 * natural_log(s) / s);
    }
  }

  /// Position drawn with probability weight(i) / `total`, where total is the sum of weight(0 ... size - 1);
  /// weights >= 0, total > 0. A position of weight 0 is never drawn. O(size).
  template <typename Accumulator, typename Weight>
  Index weighted_index(Index size, Accumulator total, Weight weight) {
    const Accumulator target = uniform<Accumulator>() * total;
    Accumulator passed = 0;
    Index drawn = 0;
    for (Index i = 0; i < size && passed <= target; ++i) {
      const Accumulator share = static_cast<Accumulator>(weight(i));
      if (!(share > 0)) continue;
      passed += share;
      drawn = i;  // also the answer when rounding leaves the sum short of the total
    }
    return drawn;
  }

 private:
  uint64_t state_;
};

}  // namespace thrum

#endif  // THRUM_CORE_RANDOM_HPP
