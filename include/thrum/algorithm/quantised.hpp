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

#if defined(__ARM_FP) && (__ARM_FP & 4) && defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_QBIT)
#define THRUM_SATURATING_FLOATS
#include <arm_acle.h>
#endif

// Scoring in integers: scaling, nearest class and radius. Nothing overflows for any input; the proof is in
// docs/numerics.md, section "Quantised models".

namespace thrum {

/// Most features of a quantised model.
constexpr Index most_quantised_features = 4096;

namespace detail {

template <typename Stored>
struct CoordinateOf;
template <>
struct CoordinateOf<int16_t> {
  using Type = uint16_t;
};
template <>
struct CoordinateOf<int8_t> {
  using Type = uint8_t;
};

}  // namespace detail

/// What the coordinates of a model in int16_t (q15) or int8_t are stored as: only their differences count,
/// and what has no sign is cheaper to take apart.
template <typename Stored>
using QuantisedCoordinate = typename detail::CoordinateOf<Stored>::Type;

/// Bits b of a quantised coordinate, which is in [0, 2^b): the most for which the squared distance of two
/// rows of d features is below 2^32, at most 14 of int16_t and 8 of int8_t.
template <typename Stored>
constexpr int quantised_bits(Index features) {
  int bits = sizeof(Stored) == 1 ? 8 : 14;
  while (features > Index{1} << (32 - 2 * bits)) --bits;
  return bits;
}
static_assert(quantised_bits<int8_t>(most_quantised_features) == 8 &&
                  quantised_bits<int16_t>(most_quantised_features) == 10 && quantised_bits<int16_t>(64) == 13,
              "d 2^(2 b) <= 2^32");

/// By how many bits half a squared distance can be shifted to the left and still is below 2^31.
constexpr int free_bits(Index features, int bits) {
  int room = 32 - 2 * bits;
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
/// Stored: int16_t (called q15) or int8_t. Feature f of a row becomes
///   q = (trunc(x scale) - offset) factor / 2^(30 - b) + 2^(b - 1),
/// rounded down and saturated to [0, 2^b).
template <typename Stored, int static_features = 0, int static_clusters = 0>
struct QuantisedClasses : QuantisedSizes<static_features, static_clusters> {
  static constexpr uint32_t parts = radius_part;
  static constexpr uint32_t possible_parts = radius_part;

  const float* scale = nullptr;     ///< d, powers of two in [2^-96, 2^126]
  const int32_t* offset = nullptr;  ///< d, magnitudes below 2^29 - 2^16
  const int16_t* factor = nullptr;  ///< d, in [2^13, 2^14]
  const QuantisedCoordinate<Stored>* centers =
      nullptr;                         ///< integer_rows_size(d, k), in [0, 2^b), k rows; aligned to 8 bytes
  const uint32_t* classes = nullptr;   ///< k x 2: half the squared length of the centre, rounded up, and
                                       ///< (narrowest radius / own)^2 in 2^-32, a multiple of 2^16, not 0
  const float* score_table = nullptr;  ///< tail_table_size, of raw scores
  float unit = 0;                      ///< score of a row at weighted squared distance 1
  float step = 0;                      ///< what 1 is in a coordinate, in units of the scaled or projected row
  float threshold = 1;                 ///< raw score that counts as 1

  /// Floats of scratch that a score needs: the row in integers, wherever 8 bytes begin.
  constexpr int scratch_size() const { return 1 + static_cast<int>(integer_input_size(this->features) / 2); }

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
    visit("quantised_scale", self.scale, z);
    visit("quantised_offset", self.offset, z);
    visit("quantised_factor", self.factor, z);
    visit("quantised_centers", self.centers, integer_rows_size<QuantisedCoordinate<Stored>>(z, k));
    visit("classes", self.classes, 2 * k);
    visit("score_table", self.score_table, Index{tail_table_size});
  }
};

namespace detail {

/// A row in integers, as the inner loop takes it.
template <typename Stored>
using QuantisedRow = DotInput<QuantisedCoordinate<Stored>>;

/// Where in scratch it lies: from the first whole 8 bytes.
template <typename Stored>
inline QuantisedRow<Stored>* quantised_row_in(float* scratch) {
  return reinterpret_cast<QuantisedRow<Stored>*>((reinterpret_cast<uintptr_t>(scratch) + 7) & ~uintptr_t{7});
}

/// The nearest number in [0, 2^bits).
template <int bits>
inline int32_t saturated(int32_t value) {
#if defined(__ARM_FEATURE_SAT)  // the macro of arm_acle.h warns of a conversion
  return static_cast<int32_t>(__builtin_arm_usat(value, bits));
#else
  if (__builtin_expect(static_cast<uint32_t>(value) >> bits == 0, 1)) return value;
  return value < 0 ? 0 : (int32_t{1} << bits) - 1;
#endif
}

/// x scale towards zero; from 2^30 on, infinity included, a number in [2^29, 2^30) with its sign. By the bits
/// of both: without float arithmetic no flag and no subnormal changes the result.
inline int32_t scaled_integer(uint32_t bits, uint32_t scale_bits) {
  const int32_t shift = saturated<5>(283 - static_cast<int32_t>(((bits & 0x7fffffffu) + scale_bits) >> 23));
  const auto magnitude = static_cast<int32_t>((bits << 8 | 0x80000000u) >> 2 >> shift);
  const int32_t sign = -static_cast<int32_t>(bits >> 31);
  return (magnitude ^ sign) - sign;
}

/// The upper b of so many bits: value / 2^(width - b), rounded down and saturated to [0, 2^b).
template <int width, typename Stored, int d, int k>
inline int32_t upper_bits(const QuantisedClasses<Stored, d, k>& model, int32_t value) {
  if constexpr (d > 0) {
    constexpr int bits = quantised_bits<Stored>(d);
    return saturated<bits>(value >> (width - bits));
  } else {
    return saturated<14>(value >> (width - 14)) >> (14 - quantised_bits<Stored>(model.features));
  }
}

/// The same of value + 2^29, which takes fewer instructions where constants are short.
template <typename Stored, int d, int k>
inline int32_t upper_bits_from_middle(const QuantisedClasses<Stored, d, k>& model, int32_t value) {
  if constexpr (d > 0) {
    constexpr int bits = quantised_bits<Stored>(d);
    return saturated<bits>((value >> (30 - bits)) + (1 << (bits - 1)));
  } else {
    return saturated<14>((value >> 16) + (1 << 13)) >> (14 - quantised_bits<Stored>(model.features));
  }
}

/// Feature f of a row in integers. x: no NaN.
template <typename Stored, int d, int k>
inline int32_t quantised(const QuantisedClasses<Stored, d, k>& model, Index f, float x) {
#if defined(THRUM_SATURATING_FLOATS)
  // The product is exact, too small for a 1, or too large for anything but saturation: as by the bits.
  float scaled = x * model.scale[f];
  __asm__("" : "+t"(scaled));  // VCVT saturates; what the compiler makes of a number it knows need not
  const int32_t difference = __qsub(static_cast<int32_t>(scaled), model.offset[f]);
  return upper_bits<14>(model, __smlawb(difference, model.factor[f], 1 << 13));
#else
  const int32_t difference = scaled_integer(bits_of(x), bits_of(model.scale[f])) - model.offset[f];
#if defined(__ARM_FEATURE_SAT)
  const auto near = static_cast<int32_t>(__builtin_arm_ssat(difference, 17));
  return upper_bits<30>(model, near * model.factor[f] + (1 << 29));
#else
  if (__builtin_expect(difference >> 16 != difference >> 31, 0))
    return difference < 0 ? 0 : (1 << quantised_bits<Stored>(model.features)) - 1;
  return upper_bits_from_middle(model, difference * model.factor[f]);
#endif
#endif
}

#if defined(THRUM_INTEGERS_BY_HELIUM) && (__ARM_FEATURE_MVE & 2)

inline void store_narrow(uint16_t* to, uint32x4_t values) { vstrhq_u32(to, values); }
inline void store_narrow(uint8_t* to, uint32x4_t values) { vstrbq_u32(to, values); }

/// The first `count` features, a multiple of 4, of a contiguous row in integers, as quantised(). Returns the
/// sum of their squares.
template <typename Stored, int d, int k>
inline uint32_t quantise_fours(const QuantisedClasses<Stored, d, k>& model, const float* x, Index count,
                               QuantisedRow<Stored>* row) {
  const int bits = quantised_bits<Stored>(model.features);
  const float* scale = model.scale;
  const int32_t* offset = model.offset;
  const int16_t* factor = model.factor;
  uint32_t squared = 0;
#pragma GCC unroll 2
  for (Index f = 0; f < count; f += 4, x += 4, scale += 4, offset += 4, factor += 4, row += 4) {
    float32x4_t values, scales;
    int32x4_t offsets;
    __builtin_memcpy(&values, x, sizeof(values));
    __builtin_memcpy(&scales, scale, sizeof(scales));
    __builtin_memcpy(&offsets, offset, sizeof(offsets));
    const int32x4_t difference = vqsubq_s32(vcvtq_s32_f32(values * scales), offsets);
    // 2^13 and the upper bits of a product, saturated to 14 bits without a sign, of which `bits` are kept.
    const int32x4_t product = vmulhq_s32(difference, vldrhq_s32(factor) << 16) + (1 << 13);
    const uint32x4_t entries = vqshluq_n_s32(product, 18) >> (32 - bits);
    store_narrow(row, entries);
    squared = vmladavaq_u32(squared, entries, entries);
  }
  return squared;
}

#endif

}  // namespace detail

/// Puts the largest number in the place of NaN, which has no integer.
template <typename Stored, int d, int k>
inline void replace_nan(const QuantisedClasses<Stored, d, k>&, VectorView<float> x) {
  for (Index f = 0; f < x.size; ++f)
    if ((bits_of(x[f]) & 0x7fffffffu) > 0x7f800000u) x[f] = ScalarTraits<float>::largest();
}

/// Takes a row of d floats, none of them NaN, into integers, zeros behind them. row: integer_input_size(d).
/// Returns its squared length. O(d).
template <typename Stored, int d, int k>
inline uint32_t quantise(const QuantisedClasses<Stored, d, k>& model, ConstVectorView<float> x,
                         detail::QuantisedRow<Stored>* row) {
  using Coordinate = QuantisedCoordinate<Stored>;
  uint32_t squared = 0;
  const auto take = [&](Index f, Index i) {
    int32_t entry = detail::quantised(model, f + i, x[f + i]);
#if defined(THRUM_FEW_REGISTERS)
    __asm__("" : "+l"(entry));  // else what is stored and what is squared are registers of their own
#endif
    put_integer<Coordinate>(row + f, i, entry);
    squared += static_cast<uint32_t>(entry * entry);
  };
#if defined(THRUM_FEW_REGISTERS)
  const Index in_fours = 0;
#else
  const Index in_fours = model.features / 4 * 4;
#endif
  for (Index f = model.features; f < integer_input_read<Coordinate>(model.features); ++f)
    put_integer<Coordinate>(row, f, 0);
#if defined(THRUM_INTEGERS_BY_HELIUM) && (__ARM_FEATURE_MVE & 2)
  if (x.stride == 1)
    squared = detail::quantise_fours(model, x.data, in_fours, row);
  else
    for (Index f = 0; f < in_fours; ++f) take(f, 0);
#else
  for (Index f = 0; f < in_fours; f += 4) {
    take(f, 0);
    take(f, 1);
    take(f, 2);
    take(f, 3);
  }
#endif
  for (Index i = 0; i < model.features - in_fours; ++i) take(in_fours, i);
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
                                    const QuantisedRow<Stored>* row, uint32_t squared_length) {
  const int room = free_bits(model.features, quantised_bits<Stored>(model.features));
  const uint32_t half_length = (squared_length + 1) / 2;
  int cluster = 0;
  uint32_t least = UINT32_MAX;
  // |x - c|^2 / 2 = |x|^2 / 2 + |c|^2 / 2 - x c, halves rounded up: exact in integers.
  const auto start = [&](Index j) { return half_length + model.classes[2 * j]; };
  const auto take = [&](Index j, uint32_t half_squared) {
    const uint32_t distance = weighted(half_squared << room, model.classes[2 * j + 1]);
    if (distance >= least) return;
    least = distance;
    cluster = static_cast<int>(j);
  };
#if defined(THRUM_INTEGERS_BY_HELIUM)
  const Index size = integer_row_size(model.features), in_fours = model.clusters / 4 * 4;
  const auto* rows = model.centers;
  if (in_fours > 0) {
    uint32x4_t leasts = vdupq_n_u32(UINT32_MAX), fours = leasts;  // every distance is less
    const uint32_t* classes = model.classes;
    for (Index j = 0; j < in_fours; j += 4, rows += 4 * size, classes += 8) {
      const uint32x4_t dots = four_integer_dots(row, rows, model.features);
      __asm__ volatile("" : "+r"(classes));  // not loaded before, else registers run out
      const uint32x4x2_t numbers = vld2q_u32(classes);
      const uint32x4_t half_squared = vaddq_n_u32(numbers.val[0] - dots, half_length);
      const uint32x4_t distances = vmulhq_u32(half_squared << room, numbers.val[1]);
      fours = distances < leasts ? vdupq_n_u32(static_cast<uint32_t>(j)) : fours;
      leasts = vminq_u32(leasts, distances);
    }
    least = vminvq_u32(UINT32_MAX, leasts);
    const uint32x4_t clusters = fours + uint32x4_t{0, 1, 2, 3};
    cluster = static_cast<int>(vminvq_u32(UINT32_MAX, leasts == least ? clusters : vdupq_n_u32(UINT32_MAX)));
  }
  for (Index j = in_fours; j < model.clusters; ++j, rows += size)
    take(j, start(j) - integer_dot(row, rows, model.features));
#else
  for_each_integer_difference(row, model.centers, model.features, model.clusters, start, take);
#endif
  return {cluster, least};
}

}  // namespace detail

/// The score of one sample: the least distance / radius over the classes, over the threshold. x: d values,
/// infinite ones saturate, none is NaN; scratch: model.scratch_size() floats. Never overflows. O(d k).
template <uint32_t allowed = every_part, typename Stored, int d, int k>
inline Score<float> anomaly_score(const QuantisedClasses<Stored, d, k>& model, ConstVectorView<float> x,
                                  float* scratch) {
  auto* const row = detail::quantised_row_in<Stored>(scratch);
  const uint32_t squared_length = quantise(model, x, row);
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
                           const Score<float>& score, float*, Visit visit) {
  const auto* const center = model.centers + score.cluster * integer_row_size(model.features);
  for (Index f = 0; f < model.features; ++f) {
    const float difference =
        static_cast<float>(detail::quantised(model, f, x[f]) - int32_t{center[f]}) * model.step;
    visit(f, difference, difference);
  }
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_QUANTISED_HPP
