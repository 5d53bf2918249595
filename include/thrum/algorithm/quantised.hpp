#ifndef THRUM_ALGORITHM_QUANTISED_HPP
#define THRUM_ALGORITHM_QUANTISED_HPP

#include <stdint.h>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/tail_table.hpp"
#include "thrum/core/elementary.hpp"
#include "thrum/core/integer_dot.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"

// Scoring in integers: scaling, nearest class and radius. Nothing overflows for any input; the proof is in
// docs/numerics.md, section "Quantised models".

namespace thrum {

/// Most features of a quantised model.
constexpr Index most_quantised_features = 4096;

/// Bits b without the sign of a quantised coordinate, which is in [-2^b, 2^b): the most for which the squared
/// distance of two rows of d features is below 2^32, and that the type holds. Stored: int16_t or int8_t.
template <typename Stored>
constexpr int quantised_bits(Index features) {
  int bits = sizeof(Stored) == 1 ? 7 : 13;
  while (features > Index{1} << (30 - 2 * bits)) --bits;
  return bits;
}
static_assert(quantised_bits<int8_t>(most_quantised_features) == 7 &&
                  quantised_bits<int16_t>(most_quantised_features) == 9 && quantised_bits<int16_t>(64) == 12,
              "d (2^(b + 1))^2 <= 2^32");

/// By how many bits a squared distance can be shifted to the left and still is below 2^32.
constexpr int free_bits(Index features, int bits) {
  int room = 30 - 2 * bits;
  while (features > 1) {
    features = (features + 1) / 2;
    --room;
  }
  return room;
}

/// Sizes d and k as part of a type, as firmware has them: loops of known length are faster. 0: not known.
template <int static_features, int static_clusters>
struct QuantisedSizes {
  static_assert(static_features > 0 && static_features <= most_quantised_features && static_clusters > 0,
                "a quantised model has 1 ... 4096 features, or components, and a class");
  static constexpr int features = static_features;
  static constexpr int clusters = static_clusters;
};
template <>
struct QuantisedSizes<0, 0> {
  int features = 0;
  int clusters = 0;
};

/// k working classes in integers, each a centre and a radius: AnomalyModel's `radius` in little memory.
/// Stored: int16_t (called q15) or int8_t. Feature f of a row becomes, with e = 158 - exponent,
///   q15 = (trunc(x 2^e) - offset) factor / 2^14, q = q15 / 2^(15 - b), each rounded down,
/// where trunc saturates at 31 bits, the difference at 2^16, q15 at 2^15 and so q at 2^b.
template <typename Stored, int static_features = 0, int static_clusters = 0>
struct QuantisedClasses : QuantisedSizes<static_features, static_clusters> {
  static constexpr uint32_t parts = radius_part;
  static constexpr uint32_t possible_parts = radius_part;

  const int16_t* exponent = nullptr;  ///< d, in [32, 254]: see above
  const int32_t* offset = nullptr;    ///< d, magnitudes up to 2^30
  const int16_t* factor = nullptr;    ///< d, in [2^13, 2^14]
  const Stored* negated_centers =
      nullptr;                         ///< integer_rows_size(d, k), each in (-2^b, 2^b); aligned to 8 bytes
  const uint32_t* classes = nullptr;   ///< k x 2: half the squared length of the centre, rounded up, and
                                       ///< (narrowest radius / own)^2 in 2^-32, a multiple of 2^16, not 0
  const float* score_table = nullptr;  ///< tail_table_size, of raw scores
  float unit = 0;                      ///< score of a row at weighted squared distance 1
  float step = 0;                      ///< what 1 is in a coordinate, in units of the scaled or projected row
  float threshold = 1;                 ///< raw score that counts as 1

  /// Floats of scratch that a score needs: the row in integers, wherever 8 bytes begin.
  constexpr int scratch_size() const {
    return 1 + static_cast<int>(integer_input_size<Stored>(this->features) *
                                static_cast<Index>(sizeof(Stored)) / 4);
  }

  /// As AnomalyModel::for_each_setting.
  template <typename Self, typename Visit>
  static void for_each_setting(Self& self, Visit visit) {
    visit("classes", self.clusters);
    visit("threshold", self.threshold);
    visit("unit", self.unit);
    visit("step", self.step);
  }

  /// As AnomalyModel::for_each_array; arrays are of several types.
  template <typename Self, typename Visit>
  static void for_each_array(Self& self, Visit visit) {
    const Index z = self.features, k = self.clusters;
    visit("exponent", self.exponent, z);
    visit("quantised_offset", self.offset, z);
    visit("quantised_factor", self.factor, z);
    visit("negated_centers", self.negated_centers, integer_rows_size<Stored>(z, k));
    visit("classes", self.classes, 2 * k);
    visit("score_table", self.score_table, Index{tail_table_size});
  }
};

namespace detail {

/// Integers that lie where scratch has floats.
template <typename Stored>
struct ScratchIntegers {
#if defined(__GNUC__)
  using Type __attribute__((__may_alias__)) = Stored;
#else
  using Type = Stored;
#endif
  /// The first whole 8 bytes.
  static Type* in(float* scratch) {
    return reinterpret_cast<Type*>((reinterpret_cast<uintptr_t>(scratch) + 7) & ~uintptr_t{7});
  }
};

/// What scaled_integer() says of numbers that are no ordinary case.
constexpr int32_t extreme_integer(uint32_t bits, int shift) {
  constexpr int32_t most = (int32_t{1} << 30) - 1;
  if (shift > 31) return 0;
  return bits >> 31 == 0 || (bits & 0x7fffffffu) > 0x7f800000u ? most : -most;
}

/// x 2^e towards zero; from 2^30 on, infinity included, 2^30 - 1 with its sign, and so NaN without. From the
/// bits of a float, exponent = 158 - e: without float arithmetic no flag and no subnormal changes the result.
constexpr int32_t scaled_integer(uint32_t bits, int exponent) {
  const int shift = exponent - static_cast<int>(bits >> 23 & 255u);
  if (__builtin_expect(static_cast<unsigned>(shift - 2) > 29, 0)) return extreme_integer(bits, shift);
  const auto magnitude = static_cast<int32_t>((bits << 8 | 0x80000000u) >> shift);
  const int32_t sign = -static_cast<int32_t>(bits >> 31);
  return (magnitude ^ sign) - sign;
}

/// The nearest number of so many bits, one of them the sign.
template <int bits>
inline int32_t saturated(int32_t value) {
#if defined(__ARM_FEATURE_SAT)  // the macro of arm_acle.h warns of a conversion
  return static_cast<int32_t>(__builtin_arm_ssat(value, bits));
#else
  constexpr int32_t beyond = int32_t{1} << (bits - 1);
  return value < -beyond ? -beyond : value >= beyond ? beyond - 1 : value;
#endif
}

/// Feature f of a row in integers.
template <typename Stored, int d, int k>
inline int32_t quantised(const QuantisedClasses<Stored, d, k>& model, Index f, uint32_t bits) {
  const int32_t difference = saturated<17>(scaled_integer(bits, model.exponent[f]) - model.offset[f]);
  return saturated<16>(difference * model.factor[f] >> 14) >> (15 - quantised_bits<Stored>(model.features));
}

}  // namespace detail

/// Takes a row of d floats into integers, zeros behind them. row: integer_input_size(d). Returns its squared
/// length. O(d).
template <typename Stored, int d, int k>
inline int32_t quantise(const QuantisedClasses<Stored, d, k>& model, ConstVectorView<float> x,
                        typename detail::ScratchIntegers<Stored>::Type* row) {
  int32_t squared = 0;
  for (Index f = 0; f < model.features; ++f) {
    const int32_t entry = detail::quantised(model, f, bits_of(x[f]));
    row[f] = static_cast<Stored>(entry);
    squared += entry * entry;
  }
  for (Index f = model.features; f < integer_input_size<Stored>(model.features); ++f) row[f] = 0;
  return squared;
}

namespace detail {

/// A class and the row's squared distance to it, weighted: in [0, 2^32).
struct NearestInteger {
  int cluster;
  uint32_t distance;
};

/// floor(distance weight / 2^32), of a weight that is a multiple of 2^16; by products of 32 bits, none of
/// which overflows, for a Cortex-M0 has no other.
constexpr uint32_t weighted_by_halves(uint32_t distance, uint32_t weight) {
  return (distance >> 16) * (weight >> 16) + (((distance & 0xffffu) * (weight >> 16)) >> 16);
}

/// The same where a product of 64 bits is one instruction.
constexpr uint32_t weighted(uint32_t distance, uint32_t weight) {
#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1
  return weighted_by_halves(distance, weight);
#else
  return static_cast<uint32_t>(uint64_t{distance} * weight >> 32);
#endif
}

/// The class of least weighted squared distance, ties to the lowest. row: what quantise() wrote, and its
/// squared length. O(d k).
template <typename Stored, int d, int k>
inline NearestInteger nearest_class(const QuantisedClasses<Stored, d, k>& model,
                                    const typename ScratchIntegers<Stored>::Type* row,
                                    int32_t squared_length) {
  const int room = free_bits(model.features, quantised_bits<Stored>(model.features));
  const int32_t half_length = (squared_length + 1) / 2;
  int cluster = 0;
  uint32_t least = UINT32_MAX;
  // |x - c|^2 / 2 = |x|^2 / 2 + |c|^2 / 2 - x c, halves rounded up: exact in integers.
  const auto start = [&](Index j) { return half_length + static_cast<int32_t>(model.classes[2 * j]); };
  const auto take = [&](Index j, int32_t half_squared) {
    const uint32_t distance = weighted(static_cast<uint32_t>(half_squared) << room, model.classes[2 * j + 1]);
    if (distance >= least) return;
    least = distance;
    cluster = static_cast<int>(j);
  };
  for_each_integer_sum(row, model.negated_centers, model.features, model.clusters, start, take);
  return {cluster, least};
}

}  // namespace detail

/// The score of one sample: the least distance / radius over the classes, over the threshold. x: d values,
/// infinite ones saturate; scratch: model.scratch_size() floats. Never overflows. O(d k).
template <uint32_t allowed = every_part, typename Stored, int d, int k>
inline Score<float> anomaly_score(const QuantisedClasses<Stored, d, k>& model, ConstVectorView<float> x,
                                  float* scratch) {
  auto* const row = detail::ScratchIntegers<Stored>::in(scratch);
  const int32_t squared_length = quantise(model, x, row);
  const detail::NearestInteger nearest = detail::nearest_class(model, row, squared_length);
  const float score = square_root(static_cast<float>(nearest.distance)) * model.unit;
  return {Status::ok, score, nearest.cluster, radius_part};
}

/// As tail_probability of an AnomalyModel.
template <typename Stored, int d, int k>
inline float tail_probability(const QuantisedClasses<Stored, d, k>& model, float score) {
  if (!is_finite(score) || model.score_table == nullptr) return 0;
  return exponential(-surprise(model.score_table, score * model.threshold));
}

/// As for_each_slope of an AnomalyModel: differences from the centre of the sample's class, in scaled units.
template <uint32_t allowed = every_part, typename Stored, int d, int k, typename Visit>
inline void for_each_slope(const QuantisedClasses<Stored, d, k>& model, ConstVectorView<float> x,
                           const Score<float>& score, float* scratch, Visit visit) {
  auto* const row = detail::ScratchIntegers<Stored>::in(scratch);
  quantise(model, x, row);
  const Stored* const negated = model.negated_centers + score.cluster * integer_row_size(model.features);
  for (Index f = 0; f < model.features; ++f) {
    const float difference = static_cast<float>(int32_t{row[f]} + int32_t{negated[f]}) * model.step;
    visit(f, difference, difference);
  }
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_QUANTISED_HPP
