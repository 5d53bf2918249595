// thrum for firmware in one file, with no dependency. Generated from include/thrum/firmware.hpp by the CMake
// target `single_header`: change the headers there, not this file.
//
// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The thrum authors

#include <float.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef THRUM_CORE_MATRIX_VIEW_HPP
#define THRUM_CORE_MATRIX_VIEW_HPP

namespace thrum {

/// Sizes and positions. Signed, so that differences and downward loops are safe; n * d may exceed 2^31.
using Index = ptrdiff_t;

/// A vector somebody else owns: `size` elements, `stride` elements apart.
template <typename Scalar>
struct VectorView {
  Scalar* data = nullptr;
  Index size = 0;
  Index stride = 1;

  constexpr Scalar& operator[](Index i) const { return data[i * stride]; }
  constexpr operator VectorView<const Scalar>() const { return {data, size, stride}; }
};

/// A matrix somebody else owns. Rows are samples, columns are features; strides are in elements, so that
/// row-major, column-major, blocks and single rows are all the same to an algorithm.
template <typename Scalar>
struct MatrixView {
  Scalar* data = nullptr;
  Index rows = 0;
  Index cols = 0;
  Index row_stride = 0;
  Index col_stride = 1;

  constexpr Scalar& operator()(Index row, Index col) const {
    return data[row * row_stride + col * col_stride];
  }
  constexpr VectorView<Scalar> row(Index i) const { return {data + i * row_stride, cols, col_stride}; }
  constexpr VectorView<Scalar> col(Index j) const { return {data + j * col_stride, rows, row_stride}; }
  constexpr MatrixView transposed() const { return {data, cols, rows, col_stride, row_stride}; }
  constexpr MatrixView middle_rows(Index first, Index count) const {
    return {data + first * row_stride, count, cols, row_stride, col_stride};
  }
  constexpr operator MatrixView<const Scalar>() const { return {data, rows, cols, row_stride, col_stride}; }
};

/// View of a contiguous row-major array.
template <typename Scalar>
constexpr MatrixView<Scalar> row_major(Scalar* data, Index rows, Index cols) {
  return {data, rows, cols, cols, 1};
}

/// View of a contiguous array.
template <typename Scalar>
constexpr VectorView<Scalar> contiguous(Scalar* data, Index size) {
  return {data, size, 1};
}

/// Copies a k x d matrix feature after feature, as the inner loops read it (core/column_sums.hpp).
/// by_feature: d x k, written. O(d k).
template <typename Scalar>
inline void copy_by_feature(MatrixView<const Scalar> from, Scalar* by_feature) {
  for (Index f = 0; f < from.cols; ++f)
    for (Index j = 0; j < from.rows; ++j) by_feature[f * from.rows + j] = from(j, f);
}

/// A size as C++ declares arrays with it.
constexpr size_t array_size(Index size) { return static_cast<size_t>(size); }

/// Keeps a parameter out of template argument deduction, so that views of mutable data convert to const ones.
template <typename Type>
struct Identity {
  using type = Type;
};
template <typename Scalar>
using ConstMatrixView = MatrixView<const typename Identity<Scalar>::type>;
template <typename Scalar>
using ConstVectorView = VectorView<const typename Identity<Scalar>::type>;

}  // namespace thrum

#endif  // THRUM_CORE_MATRIX_VIEW_HPP

#ifndef THRUM_CORE_FOUR_FLOATS_HPP
#define THRUM_CORE_FOUR_FLOATS_HPP

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

#ifndef THRUM_CORE_SCALAR_HPP
#define THRUM_CORE_SCALAR_HPP

// Numbers by their bits. <cmath>, <limits> and <type_traits> are not for firmware; and std::isfinite is
// `true` by decree under -ffast-math, where NaN must still never pass for a normal machine.

namespace thrum {

/// What thrum needs to know of a scalar type; only float and double have it.
template <typename Scalar>
struct ScalarTraits;

template <>
struct ScalarTraits<float> {
  using Bits = uint32_t;
  using SignedBits = int32_t;
  static constexpr int mantissa_bits = 23;
  static constexpr int exponent_bias = 127;
  static constexpr float largest() { return FLT_MAX; }
  static constexpr float smallest() { return FLT_MIN; }  ///< normal
  static constexpr float epsilon() { return FLT_EPSILON; }
};

template <>
struct ScalarTraits<double> {
  using Bits = uint64_t;
  using SignedBits = int64_t;
  static constexpr int mantissa_bits = 52;
  static constexpr int exponent_bias = 1023;
  static constexpr double largest() { return DBL_MAX; }
  static constexpr double smallest() { return DBL_MIN; }
  static constexpr double epsilon() { return DBL_EPSILON; }
};

/// The bits of x (by the builtin, which is inlined under -ffreestanding too), hidden from the optimiser:
/// newer compilers see through a plain memcpy and fold tests on the bits away under -ffast-math.
template <typename Scalar>
[[gnu::always_inline]] inline typename ScalarTraits<Scalar>::Bits bits_of(Scalar x) {
  typename ScalarTraits<Scalar>::Bits bits;
  __builtin_memcpy(&bits, &x, sizeof(bits));
#if defined(__GNUC__)
  __asm__("" : "+r"(bits));
#endif
  return bits;
}

/// The bits of x as an integer: in the order of x from 0 on, and below that for negative x.
template <typename Scalar>
[[gnu::always_inline]] inline typename ScalarTraits<Scalar>::SignedBits order_of(Scalar x) {
  return static_cast<typename ScalarTraits<Scalar>::SignedBits>(bits_of(x));
}

template <typename Scalar>
inline Scalar from_bits(typename ScalarTraits<Scalar>::Bits bits) {
  Scalar x;
  __builtin_memcpy(&x, &bits, sizeof(x));
  return x;
}

/// True unless x is NaN or infinite, under any compiler flag.
template <typename Scalar>
inline bool is_finite(Scalar x) {
  using Bits = typename ScalarTraits<Scalar>::Bits;
  constexpr Bits exponent = (Bits{2} * ScalarTraits<Scalar>::exponent_bias + 1)
                            << ScalarTraits<Scalar>::mantissa_bits;
  return (bits_of(x) & exponent) != exponent;
}

/// Looks for a value that is the largest finite number of its type, or infinite, or NaN. Without a branch a
/// value: what is left from its magnitude, as an integer, to the largest but one has the sign bit set.
template <typename Scalar>
class OffScaleTest {
 public:
  [[gnu::always_inline]] void add(Scalar x) { passed_ |= last - (bits_of(x) & ~sign); }
  bool found() const { return (passed_ & sign) != 0; }

 private:
  using Bits = typename ScalarTraits<Scalar>::Bits;
  static constexpr Bits sign = Bits{1} << (8 * sizeof(Bits) - 1);
  static constexpr Bits last = sign - (Bits{1} << ScalarTraits<Scalar>::mantissa_bits) - 2;

  Bits passed_ = 0;
};

/// True if one of n values is off scale, see OffScaleTest.
template <typename Scalar>
inline bool any_off_scale(const Scalar* x, ptrdiff_t n, ptrdiff_t stride) {
  OffScaleTest<Scalar> test;
  for (const Scalar* const end = x + n * stride; x != end; x += stride) test.add(*x);
  return test.found();
}

namespace detail {

/// A value from bits that the optimiser can't see: under -ffast-math newer compilers put any other number in
/// the place of an infinity or NaN they know of.
template <typename Scalar>
inline Scalar from_hidden_bits(typename ScalarTraits<Scalar>::Bits bits) {
#if defined(__GNUC__)
  __asm__("" : "+r"(bits));
#endif
  return from_bits<Scalar>(bits);
}

template <typename Scalar>
struct Two {
  Scalar a, b;
};

/// Two neighbouring numbers.
template <typename Scalar>
[[gnu::always_inline]] inline Two<Scalar> load_two(const Scalar* at) {
  return {at[0], at[1]};
}

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && defined(__ARM_FP) && defined(__GNUC__) && \
    !defined(__clang__)
/// By one instruction; else a third of all instructions of a score would be loads. GCC joins loads of two
/// floats only if told that they are a double. Their address need not be one of a double: the processor asks
/// for that of a word.
template <>
[[gnu::always_inline]] inline Two<float> load_two(const float* at) {
  typedef double __attribute__((may_alias)) Bits;
  const Bits both = *reinterpret_cast<const Bits*>(at);
  Two<float> two;
  __builtin_memcpy(&two, &both, sizeof(two));
  return two;
}
#endif

}  // namespace detail

/// Positive infinity, under any compiler flag.
template <typename Scalar>
inline Scalar positive_infinity() {
  using Traits = ScalarTraits<Scalar>;
  using Bits = typename Traits::Bits;
  return detail::from_hidden_bits<Scalar>((Bits{2} * Traits::exponent_bias + 1) << Traits::mantissa_bits);
}

/// A quiet NaN, under any compiler flag.
template <typename Scalar>
inline Scalar not_a_number() {
  using Traits = ScalarTraits<Scalar>;
  using Bits = typename Traits::Bits;
  return detail::from_hidden_bits<Scalar>((Bits{4} * Traits::exponent_bias + 3)
                                          << (Traits::mantissa_bits - 1));
}

inline float square_root(float x) { return __builtin_sqrtf(x); }
inline double square_root(double x) { return __builtin_sqrt(x); }

template <typename Scalar>
constexpr Scalar absolute(Scalar x) {
  return x < Scalar(0) ? -x : x;
}

template <typename Type>
constexpr Type smaller(Type a, Type b) {
  return b < a ? b : a;
}

template <typename Type>
constexpr Type larger(Type a, Type b) {
  return a < b ? b : a;
}

}  // namespace thrum

#endif  // THRUM_CORE_SCALAR_HPP

#ifndef THRUM_CORE_COLUMN_SUMS_HPP
#define THRUM_CORE_COLUMN_SUMS_HPP

// The one inner loop of scoring: a sample against every column of a feature-major matrix (all columns'
// feature 0, then all columns' feature 1, ...). Lanes run across columns and each sum is taken in feature
// order, so the bits are the same with any vector width, on the laptop and on the chip. What is always
// inlined would under -Os be called for every term.

namespace thrum {

/// Features summed before a sum is put aside. Long plain float sums lose digits (a million equal terms lose
/// four); two levels keep the error below (256 + d / 256) roundings. Up to 256 features nothing changes.
constexpr Index features_per_partial_sum = 256;

namespace detail {

/// Keeps the compiler from beginning what follows before four sums are done.
template <typename Scalar>
[[gnu::always_inline]] inline void finish(Scalar&, Scalar&, Scalar&, Scalar&) {}

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && defined(__ARM_FP) && defined(__GNUC__) && \
    !defined(__clang__)
/// GCC would load all columns first, run out of registers and put the sums on the stack.
template <>
[[gnu::always_inline]] inline void finish(float& a, float& b, float& c, float& d) {
  __asm__ volatile("" : "+t"(a), "+t"(b), "+t"(c), "+t"(d) : : "memory");
}
#endif

/// Calls step() so many times, at least once. On processors without loops that cost nothing twice between two
/// branches: a branch back takes as long as three additions.
template <typename Step>
[[gnu::always_inline]] inline void repeat(Index count, Step step) {
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && !defined(__ARM_FEATURE_MVE)
  Index turns = (count + 1) >> 1;
  bool odd = (count & 1) != 0;
  do {
    if (!odd) step();
    step();
    odd = false;
  } while (--turns != 0);
#else
  do step();
  while (--count != 0);
#endif
}

/// Sums of so many neighbouring columns, a power of two, kept in registers.
template <typename Scalar, int lanes>
struct LaneSums {
  LaneSums<Scalar, lanes / 2> low, high;

  [[gnu::always_inline]] void load(const Scalar* sums) {
    low.load(sums);
    high.load(sums + lanes / 2);
  }
  template <typename AddTerm>
  [[gnu::always_inline]] void add(Scalar value, const Scalar* entries, AddTerm add_term) {
    low.add(value, entries, add_term);
    high.add(value, entries + lanes / 2, add_term);
  }
  [[gnu::always_inline]] void store(Scalar* sums) const {
    low.store(sums);
    high.store(sums + lanes / 2);
  }
};

template <typename Scalar>
struct LaneSums<Scalar, 4> {
  Scalar a = 0, b = 0, c = 0, d = 0;

  [[gnu::always_inline]] void load(const Scalar* sums) {
    a = sums[0];
    b = sums[1];
    c = sums[2];
    d = sums[3];
  }
  template <typename AddTerm>
  [[gnu::always_inline]] void add(Scalar value, const Scalar* entries, AddTerm add_term) {
    const Two<Scalar> first = load_two(entries), second = load_two(entries + 2);
    a = add_term(a, value, first.a);
    b = add_term(b, value, first.b);
    c = add_term(c, value, second.a);
    d = add_term(d, value, second.b);
    finish(a, b, c, d);
  }
  [[gnu::always_inline]] void store(Scalar* sums) const {
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
  }
};

#if defined(THRUM_FLOATS_BY_HELIUM)
/// Four sums in a vector.
template <>
struct LaneSums<float, 4> {
  Four sums = {};

  void load(const float* from) { sums = load_four(from); }
  template <typename AddTerm>
  [[gnu::always_inline]] void add(float value, const float* entries, AddTerm add_term) {
    sums = add_term(sums, value, load_four(entries));
  }
  void store(float* results) const { store_four(results, sums); }
};
#endif

/// Writes the sums over `features` values, at least one, `stride` apart, of `lanes` neighbouring columns. A
/// function of its own, so that nothing else competes for its registers, and all who sum share its code.
template <int lanes, typename Scalar, typename AddTerm>
[[gnu::noinline]] void sum_lanes(const Scalar* value, Index stride, Index features, const Scalar* entries,
                                 Index columns, AddTerm add_term, Scalar* results) {
  LaneSums<Scalar, lanes> sums;
  const Scalar* const end = value + features * stride;
  do {
    sums.add(*value, entries, add_term);
    value += stride;
    entries += columns;
  } while (value != end);
  sums.store(results);
}

}  // namespace detail

/// Sum over features of terms of (x, column), in feature order. add_term: takes a sum, a value and an entry;
/// with Helium also four sums in a vector, a value and four entries. O(d).
template <typename Scalar, typename AddTerm>
inline Scalar column_sum(VectorView<const Scalar> x, ConstVectorView<Scalar> column, AddTerm add_term) {
  Scalar total = 0;
  for (Index begin = 0; begin < x.size; begin += features_per_partial_sum) {
    const Index end = smaller(begin + features_per_partial_sum, x.size);
    Scalar sum = 0;
    for (Index f = begin; f < end; ++f) sum = add_term(sum, x[f], column[f]);
    total += sum;
  }
  return total;
}

namespace detail {

/// Columns that are summed together where there are so many.
constexpr int most_lanes = 16;

/// Writes the sums of so many neighbouring columns, whose first feature is at `entries`.
template <int lanes, typename Scalar, typename AddTerm>
[[gnu::always_inline]] inline void sum_neighbours(VectorView<const Scalar> x, const Scalar* entries,
                                                  Index columns, AddTerm add_term, Scalar* results) {
  sum_lanes<lanes>(x.data, x.stride, smaller(features_per_partial_sum, x.size), entries, columns, add_term,
                   results);
  for (Index begin = features_per_partial_sum; begin < x.size; begin += features_per_partial_sum) {
    Scalar part[array_size(lanes)];
    sum_lanes<lanes>(&x[begin], x.stride, smaller(features_per_partial_sum, x.size - begin),
                     entries + begin * columns, columns, add_term, part);
    for (int i = 0; i < lanes; ++i) results[i] += part[i];
  }
}

/// Writes the sums of the next columns, from column j on; returns how many: 16, 4 or 1. results: most_lanes
/// numbers. Inlined: where the columns are a constant, code of other numbers of lanes is left out.
template <typename Scalar, typename AddTerm>
[[gnu::always_inline]] inline int next_column_sums(VectorView<const Scalar> x, const Scalar* matrix,
                                                   Index columns, Index j, AddTerm add_term,
                                                   Scalar* results) {
  if (j < columns / most_lanes * most_lanes) {
    sum_neighbours<most_lanes>(x, matrix + j, columns, add_term, results);
    return most_lanes;
  }
  if (j < columns / 4 * 4) {
    sum_neighbours<4>(x, matrix + j, columns, add_term, results);
    return 4;
  }
  *results = column_sum(x, VectorView<const Scalar>{matrix + j, x.size, columns}, add_term);
  return 1;
}

}  // namespace detail

/// Writes to `sums`, one for each column, what for_each_column_sum says. O(d columns), allocates nothing.
template <typename Scalar, typename AddTerm>
[[gnu::always_inline]] inline void sum_columns(VectorView<const Scalar> x, const Scalar* matrix,
                                               Index columns, AddTerm add_term, Scalar* sums) {
  for (Index j = 0; j < columns;) j += detail::next_column_sums(x, matrix, columns, j, add_term, sums + j);
}

/// Calls visit(j, sum) for every column j in rising order, where the sum runs over features by
/// sum = add_term(sum, x[f], matrix[f * columns + j]).
/// x: d values, at least one; matrix: d x columns, contiguous. O(d columns), allocates nothing.
template <typename Scalar, typename AddTerm, typename Visit>
inline void for_each_column_sum(VectorView<const Scalar> x, const Scalar* matrix, Index columns,
                                AddTerm add_term, Visit visit) {
  Scalar sums[array_size(detail::most_lanes)];
  for (Index j = 0; j < columns;) {
    const Index end = j + detail::next_column_sums(x, matrix, columns, j, add_term, sums);
    for (const Scalar* sum = sums; j < end; ++j, ++sum) visit(j, *sum);
  }
}

}  // namespace thrum

#endif  // THRUM_CORE_COLUMN_SUMS_HPP

#ifndef THRUM_CORE_DISTANCE_HPP
#define THRUM_CORE_DISTANCE_HPP

namespace thrum {

namespace detail {

/// Adds (value - center)^2 to a running sum.
struct AddSquaredDifference {
  template <typename Sum, typename Value>
  [[gnu::always_inline]] constexpr Sum operator()(Sum sum, Value value, Sum center) const {
    const Sum difference = value - center;
    return difference * difference + sum;
  }
};

}  // namespace detail

/// Squared Euclidean distance between two samples of d features, summed in feature order. O(d).
template <typename Scalar>
inline Scalar squared_distance(VectorView<const Scalar> x, ConstVectorView<Scalar> y) {
  return column_sum(x, y, detail::AddSquaredDifference{});
}

/// The same of contiguous x.
template <typename Scalar>
inline Scalar squared_distance(const Scalar* x, ConstVectorView<Scalar> y) {
  return squared_distance(contiguous(x, y.size), y);
}

#if defined(THRUM_FLOATS_BY_HELIUM)
/// Four differences at a time; their squares are added one after the other.
[[gnu::always_inline]] inline float squared_distance(const float* x, VectorView<const float> y) {
  const detail::AddSquaredDifference add{};
  const detail::Places places = detail::places_apart(0, y.stride);
  float total = 0;
  for (Index left = y.size; left > 0;) {
    Index count = smaller(left, features_per_partial_sum);
    left -= count;
    float sum = 0;
    for (; count >= 4; count -= 4, x += 4, y.data += 4 * y.stride) {
      const detail::Four four = detail::load_four(x) - detail::gathered(y.data, places);
      const detail::FourLanes difference = detail::lanes_of(four);
      sum = difference.a * difference.a + sum;
      sum = difference.b * difference.b + sum;
      sum = difference.c * difference.c + sum;
      sum = difference.d * difference.d + sum;
    }
    for (; count > 0; --count, ++x, y.data += y.stride) sum = add(sum, *x, *y.data);
    total += sum;
  }
  return total;
}
#endif

/// Calls visit(j, squared distance from x to centre j) for j = 0 ... clusters - 1.
/// x: d values; centers: d x k, feature-major and contiguous. O(d k), allocates nothing.
template <typename Scalar, typename Visit>
inline void for_each_squared_distance(VectorView<const Scalar> x, const Scalar* centers, Index clusters,
                                      Visit visit) {
  for_each_column_sum(x, centers, clusters, detail::AddSquaredDifference{}, visit);
}

/// A centre and the squared distance to it.
template <typename Scalar>
struct Nearest {
  int cluster;
  Scalar squared_distance;
};

/// The nearest of k >= 1 centres (d x k, feature-major); ties go to the lowest index. O(d k).
template <typename Scalar>
inline Nearest<Scalar> nearest_center(VectorView<const Scalar> x, const Scalar* centers, Index clusters) {
  Nearest<Scalar> nearest{0, Scalar(0)};
  for_each_squared_distance(x, centers, clusters, [&nearest](Index j, Scalar squared) {
    if (j == 0 || squared < nearest.squared_distance) nearest = {static_cast<int>(j), squared};
  });
  return nearest;
}

}  // namespace thrum

#endif  // THRUM_CORE_DISTANCE_HPP

#ifndef THRUM_ALGORITHM_CLASS_BOUNDS_HPP
#define THRUM_ALGORITHM_CLASS_BOUNDS_HPP

// The nearest class without the distances to all. |x|^2 / 2 + |c|^2 / 2 - x.c takes one multiply-add for a
// feature and class, where a distance takes two operations; less all that rounding may do to both it is below
// half the distance. A class whose bound is above the least distance is not looked at. docs/numerics.md has
// the proof that this changes nothing but the time.

namespace thrum {

namespace detail {

/// |x|^2 / 2 or |c|^2 / 2, less the share of it that rounding may amount to.
template <typename Scalar>
constexpr Scalar half_square(Scalar square, Index features) {
  return square *
         (Scalar(0.5) - static_cast<Scalar>(3 * features + 8) * (ScalarTraits<Scalar>::epsilon() / 2));
}

/// Halves of squares up to this overflow nowhere.
template <typename Scalar>
constexpr Scalar largest_half_square() {
  return ScalarTraits<Scalar>::largest() / 32;
}

/// Features up to which the share is proven.
constexpr Index most_bounded_features = 1 << 20;

/// Adds a product, rounded once or twice: it serves bounds only.
struct AddProductFast {
  template <typename Number>
  [[gnu::always_inline]] Number operator()(Number sum, Number value, Number entry) const {
    return value * entry + sum;
  }
#if defined(THRUM_FLOATS_BY_HELIUM)
  [[gnu::always_inline]] Four operator()(Four sum, float value, Four entry) const {
    return vfmaq_n_f32(sum, entry, value);
  }
#endif
};

/// Makes bounds of sums, from half the square of the sample and weights.
struct SubtractAndWeigh {
  template <typename Sum, typename Value>
  [[gnu::always_inline]] Sum operator()(Sum sum, Value value, Sum weight) const {
    return (value - sum) * weight;
  }
};

/// Writes the bounds of all classes, k >= most_lanes. Inlined: of a model that is a constant, sizes are too.
template <typename Model, typename Scalar>
[[gnu::always_inline]] inline void bound_classes(const Model& model, const Scalar* x, Scalar half_square_of_x,
                                                 Scalar* bounds) {
  const Index classes = model.clusters;
  for (Index j = 0; j < classes; j += most_lanes) {
    const Index first = smaller(j, classes - most_lanes);  // the last ones may be done twice
    const Scalar *value = x, *centers = model.centers + first;
    LaneSums<Scalar, most_lanes> sums;
    sums.load(model.bias + first);
    repeat(
        model.features, [&]() __attribute__((always_inline)) {
          sums.add(*value++, centers, AddProductFast{});
          centers += classes;
        });
    sums.add(half_square_of_x, model.inverse_squared_radius + first, SubtractAndWeigh{});
    sums.store(bounds + first);
  }
}

/// The squared distance of x from centre j over the squared radius, to the bit of for_each_squared_distance.
template <typename Model, typename Scalar>
inline Scalar squared_radii(const Model& model, const Scalar* x, Index j) {
  const Scalar weight = model.inverse_squared_radius[j];
  const ConstVectorView<Scalar> center{model.centers + j, model.features, model.clusters};
  return squared_distance(x, center) * weight;
}

/// The class of the least bound, and the least bound of the others, by order_of().
template <typename Scalar>
struct LeastBounds {
  Index least;
  typename ScalarTraits<Scalar>::SignedBits second;
};

template <typename Scalar>
inline LeastBounds<Scalar> least_bounds(const Scalar* bounds, Index classes) {
  auto least = order_of(positive_infinity<Scalar>()), second = least;
  const Scalar *next = bounds, *after = bounds + 1;
  do {
    const auto order = order_of(*next++);
    if (order < least) {
      second = least;
      least = order;
      after = next;
    } else if (order < second) {
      second = order;
    }
  } while (next != bounds + classes);
  return {after - bounds - 1, second};
}

#if defined(THRUM_FLOATS_BY_HELIUM)
/// Four at a time; the last four may overlap the ones before, which at worst finds the least one twice.
inline LeastBounds<float> least_bounds(const float* bounds, Index classes) {
  const Index last = classes - 4;
  int32x4_t least = vreinterpretq_s32_f32(load_four(bounds)), second = vdupq_n_s32(INT32_MAX);
  int32x4_t place = vdupq_n_s32(0);
  const auto take = [&](Index j) __attribute__((always_inline)) {
    const int32x4_t order = vreinterpretq_s32_f32(load_four(bounds + j));
    place = vdupq_m_n_s32(place, static_cast<int32_t>(j), vcmpgtq_s32(least, order));
    second = vminq_s32(second, vmaxq_s32(least, order));
    least = vminq_s32(least, order);
  };
  for (Index j = 4; j < last; j += 4) take(j);
  take(last);
  const auto lowest_of = [](int32x4_t orders) { return vminvq_s32(INT32_MAX, orders); };
  const int32_t lowest = lowest_of(least);
  const mve_pred16_t found = vcmpeqq_n_s32(least, lowest);  // four bits a lane
  const bool only_one = found >> __builtin_ctz(found) == 0xf;
  const int32x4_t others = vpselq_s32(second, least, found);
  const int32x4_t classes_of_lanes = place + int32x4_t{0, 1, 2, 3};
  return {lowest_of(vpselq_s32(classes_of_lanes, vdupq_n_s32(INT32_MAX), found)),
          only_one ? lowest_of(others) : lowest};
}
#endif

/// A class whose bound is above this is farther away than `nearest`.
template <typename Scalar>
inline Scalar largest_bound(const Nearest<Scalar>& nearest) {
  return nearest.squared_distance / 2 + ScalarTraits<Scalar>::smallest();
}

/// The nearest class, by the distances of those whose bounds are not above that of `nearest`.
template <typename Model, typename Scalar>
inline Nearest<Scalar> nearest_of_possible(const Model& model, const Scalar* x, const Scalar* bounds,
                                           Nearest<Scalar> nearest) {
  for (Index j = 0; j < model.clusters; ++j) {
    if (bounds[j] > largest_bound(nearest)) continue;
    const Scalar squared = squared_radii(model, x, j);
    if (squared < nearest.squared_distance || (squared == nearest.squared_distance && j < nearest.cluster))
      nearest = {static_cast<int>(j), squared};
  }
  return nearest;
}

/// True if a coordinate is far beyond all that class_biases() takes, so that every distance is infinite.
template <typename Scalar>
inline bool is_far_out(const Scalar* x, Index features) {
  using Traits = ScalarTraits<Scalar>;
  using Bits = typename Traits::Bits;
  const auto far = from_bits<Scalar>(Bits{Traits::exponent_bias / 2 * 3 + 4} << Traits::mantissa_bits);
  for (Index f = 0; f < features; ++f)
    if (absolute(x[f]) > far) return true;
  return false;
}

/// Sum of squares, in any order: it serves bounds only.
template <typename Scalar>
inline Scalar sum_of_squares(const Scalar* x, Index count) {
  Scalar sum = 0;
  for (const Scalar* const end = x + count; x != end; ++x) sum = *x * *x + sum;
  return sum;
}

/// False for fewer than 16 classes, or 1 to 7 beyond a multiple of 16: bounds come by 16.
constexpr bool bounds_pay(Index classes) {
  const Index left_over = classes % most_lanes;
  return classes >= most_lanes && (left_over == 0 || 2 * left_over >= most_lanes);
}

}  // namespace detail

/// Writes the biases of nearest_class_by_bounds(), k values: -|c_j|^2 / 2 and a little more. centers: d x k,
/// feature-major, finite. False, and nothing of use, where bounds do not pay (fewer than 16 classes, or 1 to
/// 7 beyond a multiple of 16), would overflow (centres beyond 1e18, in double 1e153) or are not proven (more
/// than 2^20 features). O(d k).
template <typename Scalar>
constexpr bool class_biases(const Scalar* centers, Index features, Index classes, Scalar* bias) {
  if (!detail::bounds_pay(classes) || features > detail::most_bounded_features) return false;
  const Scalar underflow = static_cast<Scalar>(features) * (32 * ScalarTraits<Scalar>::smallest());
  for (Index j = 0; j < classes; ++j) {
    Scalar square = 0;
    for (Index f = 0; f < features; ++f) square += centers[f * classes + j] * centers[f * classes + j];
    if (!(square <= detail::largest_half_square<Scalar>())) return false;
    bias[j] = underflow - detail::half_square(square, features);
  }
  return true;
}

/// The class of least distance / radius, ties to the lowest, and that ratio's square: to the bit what the
/// distances to all classes give. Model: an AnomalyModel with `bias`. x: d contiguous values;
/// half_square_of_x: detail::half_square() of the sum of their squares; bounds: k values of scratch. O(d k);
/// where many classes are equally near as far as bounds can tell, three to four times all distances.
template <typename Model, typename Scalar>
[[gnu::always_inline]] inline Nearest<Scalar> nearest_class_by_bounds(const Model& model, const Scalar* x,
                                                                      Scalar half_square_of_x,
                                                                      Scalar* bounds) {
  Nearest<Scalar> nearest{0, positive_infinity<Scalar>()};
  if (bits_of(half_square_of_x) > bits_of(detail::largest_half_square<Scalar>())) {  // bounds overflow
    if (detail::is_far_out(x, model.features)) return nearest;
    for (Index j = 0; j < model.clusters; ++j) bounds[j] = 0;
  } else {
    detail::bound_classes(model, x, half_square_of_x, bounds);
    const auto bound = detail::least_bounds(bounds, model.clusters);
    nearest = {static_cast<int>(bound.least), detail::squared_radii(model, x, bound.least)};
    if (bound.second > order_of(detail::largest_bound(nearest))) return nearest;
  }
  return detail::nearest_of_possible(model, x, bounds, nearest);
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_CLASS_BOUNDS_HPP

#ifndef THRUM_ALGORITHM_ELLIPSOIDS_HPP
#define THRUM_ALGORITHM_ELLIPSOIDS_HPP

namespace thrum {

/// Working classes with a covariance each: the squared Mahalanobis distance to class j is
/// (x - center)' A (x - center), where A is the inverse of the covariance, held in one of three forms.
/// `full`: A = F F', F lower triangular. `diagonal`: A = diag(scale)^2. `low_rank`: y = scale (x - center) is
/// split into coordinates t = U'y along r directions and what is left of it, each with a weight of its own.
template <typename Scalar>
struct EllipsoidsModel {
  const Scalar* center = nullptr;  ///< k x d
  const Scalar* scale = nullptr;   ///< k x d, 1 / units of x; null when full
  const Scalar* factor = nullptr;  ///< full: k x d (d + 1) / 2, F row after row; low_rank: k x d x r, U
  const Scalar* weight = nullptr;  ///< low_rank: k x (1 + r), of what is left and of each coordinate
  int rank = 0;                    ///< r
};

/// Numbers in F.
constexpr Index triangle_size(Index features) { return features * (features + 1) / 2; }

/// How the inverse covariances are held.
enum class EllipsoidForm { full, diagonal, low_rank };

/// One class of an EllipsoidsModel and the sample it is asked about. `coordinates`: scratch of d values when
/// full, r when low_rank. Sums run in feature order.
template <EllipsoidForm form, typename Scalar>
class Ellipsoid {
 public:
  Ellipsoid(const EllipsoidsModel<Scalar>& model, Index cluster, VectorView<const Scalar> x,
            Scalar* coordinates)
      : Ellipsoid(model, cluster, x, model.center + cluster * x.size, coordinates) {}

  /// The same about another centre of d values: with zeros, squared_distance() is x' A x.
  Ellipsoid(const EllipsoidsModel<Scalar>& model, Index cluster, VectorView<const Scalar> x,
            const Scalar* center, Scalar* coordinates)
      : x_(x),
        center_(center),
        scale_(form == EllipsoidForm::full ? nullptr : model.scale + cluster * x.size),
        t_(coordinates),
        rank_(form == EllipsoidForm::full ? x.size : model.rank) {
    if (form == EllipsoidForm::full) factor_ = model.factor + cluster * triangle_size(x.size);
    if (form == EllipsoidForm::low_rank) {
      factor_ = model.factor + cluster * x.size * rank_;
      weight_ = model.weight + cluster * (1 + rank_);
    }
    if (form != EllipsoidForm::diagonal) find_coordinates();
  }

  /// (x - center)' A (x - center).
  Scalar squared_distance() const {
    Scalar sum = 0;
    if (form == EllipsoidForm::full) {
      for (Index r = 0; r < rank_; ++r) sum = t_[r] * t_[r] + sum;
      return sum;
    }
    for (Index f = 0; f < x_.size; ++f) {
      const Scalar rest = form == EllipsoidForm::diagonal ? scaled(f) : left_over(f);
      sum = rest * rest + sum;
    }
    if (form == EllipsoidForm::diagonal) return sum;
    sum *= weight_[0];
    for (Index r = 0; r < rank_; ++r) sum = weight_[1 + r] * t_[r] * t_[r] + sum;
    return sum;
  }

  Scalar difference(Index feature) const { return x_[feature] - center_[feature]; }

  /// Entry `feature` of A (x - center): times the difference, the feature's share of the squared distance.
  Scalar slope(Index feature) const {
    if (form == EllipsoidForm::diagonal) return scaled(feature) * scale_[feature];
    Scalar sum = 0;
    if (form == EllipsoidForm::full) {
      const Scalar* row = factor_ + triangle_size(feature);
      for (Index r = 0; r <= feature; ++r) sum = row[r] * t_[r] + sum;
      return sum;
    }
    const Scalar* row = factor_ + feature * rank_;
    for (Index r = 0; r < rank_; ++r) sum = row[r] * (weight_[1 + r] * t_[r]) + sum;
    return scale_[feature] * (weight_[0] * left_over(feature) + sum);
  }

  /// Entry (feature, feature) of A.
  Scalar curvature(Index feature) const {
    if (form == EllipsoidForm::diagonal) return scale_[feature] * scale_[feature];
    const Scalar* row = factor_ + (form == EllipsoidForm::full ? triangle_size(feature) : feature * rank_);
    Scalar squares = 0, sum = 0;
    for (Index r = 0; r < (form == EllipsoidForm::full ? feature + 1 : rank_); ++r) {
      const Scalar square = row[r] * row[r];
      squares += square;
      if (form == EllipsoidForm::low_rank) sum = weight_[1 + r] * square + sum;
    }
    if (form == EllipsoidForm::full) return squares;
    return scale_[feature] * scale_[feature] * (weight_[0] * (1 - squares) + sum);
  }

 private:
  Scalar scaled(Index f) const { return difference(f) * scale_[f]; }

  /// What the directions do not tell of a feature. Found by subtraction here, not of squares, which cancel.
  Scalar left_over(Index f) const {
    Scalar told = 0;
    for (Index r = 0; r < rank_; ++r) told = factor_[f * rank_ + r] * t_[r] + told;
    return scaled(f) - told;
  }

  void find_coordinates() {
    for (Index r = 0; r < rank_; ++r) t_[r] = 0;
    const Scalar* row = factor_;
    for (Index f = 0; f < x_.size; ++f) {
      const Scalar y = form == EllipsoidForm::full ? difference(f) : scaled(f);
      const Index count = form == EllipsoidForm::full ? f + 1 : rank_;
      for (Index r = 0; r < count; ++r) t_[r] = row[r] * y + t_[r];
      row += count;
    }
  }

  VectorView<const Scalar> x_;
  const Scalar* center_;
  const Scalar* scale_;
  const Scalar* factor_ = nullptr;
  const Scalar* weight_ = nullptr;
  Scalar* t_;
  Index rank_;
};

}  // namespace thrum

#endif  // THRUM_ALGORITHM_ELLIPSOIDS_HPP

#ifndef THRUM_CORE_ELEMENTARY_HPP
#define THRUM_CORE_ELEMENTARY_HPP

// Elementary functions of our own: those of the C libraries differ in the last bits between glibc, newlib and
// the rest, and laptop and chip are to agree to the last bit.

namespace thrum {

namespace detail {

constexpr double natural_log_of_2 = 0.6931471805599453;

/// What natural_log needs of a scalar type. The series 2 s (s^2/3 + s^4/5 + ...) is cut where what is left
/// out is below a tenth of a rounding; |s| <= 0.1716, so each term wins 1.5 digits. ln 2 is split so that the
/// high part times any exponent is exact.
template <typename Scalar>
struct LogarithmTraits;

template <>
struct LogarithmTraits<float> {
  static constexpr int terms = 4;
  static constexpr uint32_t one = 0x3f800000u;
  static constexpr uint32_t square_root_of_half = 0x3f3504f3u;
  static constexpr float ln2_high = 0x1.62ep-1f;
  static constexpr float ln2_low = 0x1.0bfbe8p-15f;
  /// 2 / (2 i + 3): the series in s^2.
  static constexpr float coefficient(int i) { return 2.0f / static_cast<float>(2 * i + 3); }
};

template <>
struct LogarithmTraits<double> {
  static constexpr int terms = 10;
  static constexpr uint64_t one = 0x3ff0000000000000u;
  static constexpr uint64_t square_root_of_half = 0x3fe6a09e667f3bcdu;
  static constexpr double ln2_high = 0x1.62e42feep-1;
  static constexpr double ln2_low = 0x1.a39ef35793c76p-33;
  static constexpr double coefficient(int i) { return 2.0 / static_cast<double>(2 * i + 3); }
};

/// The coefficients, highest power first, as Horner's rule takes them: in flash, no division at run time.
template <typename Scalar>
struct LogarithmSeries {
  Scalar value[LogarithmTraits<Scalar>::terms] = {};
  constexpr LogarithmSeries() {
    constexpr int terms = LogarithmTraits<Scalar>::terms;
    for (int i = 0; i < terms; ++i) value[i] = LogarithmTraits<Scalar>::coefficient(terms - 1 - i);
  }
};

}  // namespace detail

/// Natural logarithm of a positive, finite, normal x; float or double, the same bits on every platform.
/// Error below 1 ulp. Zero, negative, subnormal and infinite x and NaN give a meaningless number: the caller
/// excludes them (energies have a floor). No branch, one division, no table but the series; allocates
/// nothing. Method: x = 2^e m with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh s = 2 s + s (2 s^2/3 + 2 s^4/5
/// + ...), s = (m - 1) / (m + 1); the leading 2 s is taken apart as f - f^2/2 + s f^2/2, f = m - 1, which
/// loses nothing near x = 1.
template <typename Scalar>
inline Scalar natural_log(Scalar x) {
  using Traits = detail::LogarithmTraits<Scalar>;
  using Bits = typename ScalarTraits<Scalar>::Bits;
  constexpr int mantissa_bits = ScalarTraits<Scalar>::mantissa_bits;
  constexpr detail::LogarithmSeries<Scalar> series;

  const Bits bits = bits_of(x);
  const int exponent =
      static_cast<int>((bits + (Traits::one - Traits::square_root_of_half)) >> mantissa_bits) -
      ScalarTraits<Scalar>::exponent_bias;
  const Scalar m = from_bits<Scalar>(bits - (static_cast<Bits>(exponent) << mantissa_bits));
  const Scalar e = static_cast<Scalar>(exponent);

  const Scalar f = m - Scalar(1);
  const Scalar s = f / (m + Scalar(1));
  const Scalar s2 = s * s;
  const Scalar half_square = Scalar(0.5) * f * f;
  Scalar rest = series.value[0];
  for (int i = 1; i < Traits::terms; ++i) rest = rest * s2 + series.value[i];
  rest = rest * s2;
  const Scalar low = s * (half_square + rest) + e * Traits::ln2_low;
  return e * Traits::ln2_high - ((half_square - low) - f);
}

namespace detail {

/// 1 / i! from the highest i to 1, as Horner's rule takes them; what is left out is below a tenth of a
/// rounding for |x| <= ln 2 / 2.
template <typename Scalar>
struct ExponentialSeries {
  static constexpr int terms = sizeof(Scalar) == sizeof(float) ? 7 : 13;
  Scalar value[array_size(terms)] = {};
  constexpr ExponentialSeries() {
    double factorial = 1;
    for (int i = 1; i <= terms; ++i) {
      factorial *= static_cast<double>(i);
      value[terms - i] = static_cast<Scalar>(1.0 / factorial);
    }
  }
};

}  // namespace detail

/// e^x for x <= 0; float or double, the same bits on every platform. Error below 1.25 ulp; 0 where the result
/// would be subnormal (x below -87, double -708). Positive x and NaN give a meaningless number. No division,
/// one branch, no table but the series; allocates nothing. Method: x = r - n ln 2 with |r| <= ln 2 / 2, and
/// the series of e^r.
template <typename Scalar>
inline Scalar exponential(Scalar x) {
  using Traits = detail::LogarithmTraits<Scalar>;
  using Bits = typename ScalarTraits<Scalar>::Bits;
  constexpr detail::ExponentialSeries<Scalar> series;
  constexpr int bias = ScalarTraits<Scalar>::exponent_bias;
  constexpr Scalar halvings_per_unit = Scalar(1.0 / detail::natural_log_of_2);
  if (!(x > Scalar(1 - bias) * Scalar(detail::natural_log_of_2))) return Scalar(0);
  const int halvings = static_cast<int>(Scalar(0.5) - x * halvings_per_unit);
  const Scalar n = static_cast<Scalar>(halvings);
  const Scalar r = (x + n * Traits::ln2_high) + n * Traits::ln2_low;
  Scalar sum = series.value[0];
  for (int i = 1; i < series.terms; ++i) sum = sum * r + series.value[i];
  sum = sum * r + Scalar(1);
  return sum * from_bits<Scalar>(static_cast<Bits>(bias - halvings) << ScalarTraits<Scalar>::mantissa_bits);
}

namespace detail {

constexpr double pi = 3.141592653589793;

/// cos x for |x| <= pi/4, by its series up to x^16; error below 1e-16.
constexpr double cosine_near_zero(double x) {
  const double x2 = x * x;
  double sum = 1.0;
  for (int i = 16; i >= 2; i -= 2) sum = 1.0 - x2 / static_cast<double>(i * (i - 1)) * sum;
  return sum;
}

/// sin x for |x| <= pi/4, by its series up to x^17; error below 1e-16.
constexpr double sine_near_zero(double x) {
  const double x2 = x * x;
  double sum = 1.0;
  for (int i = 16; i >= 2; i -= 2) sum = 1.0 - x2 / static_cast<double>(i * (i + 1)) * sum;
  return x * sum;
}

}  // namespace detail

/// cos(2 pi numerator / denominator), error below 4e-16; exact at multiples of a quarter turn.
/// The angle is brought into one octant in integers, so that any number of turns costs no digit and the
/// symmetries of the circle hold exactly. denominator >= 1, both below 2^60 in magnitude. constexpr, and at
/// run time on the chip for building tables (soft double, about a thousand instructions). Allocates nothing.
constexpr double cosine_of_turn(Index numerator, Index denominator) {
  const int64_t eighth = denominator;
  int64_t angle = static_cast<int64_t>(numerator) % eighth;
  if (angle < 0) angle = -angle;
  angle *= 8;
  if (angle > 4 * eighth) angle = 8 * eighth - angle;
  const bool negative = angle > 2 * eighth;
  if (negative) angle = 4 * eighth - angle;
  const bool steep = angle > eighth;
  if (steep) angle = 2 * eighth - angle;
  const double x = static_cast<double>(angle) / static_cast<double>(eighth) * (0.25 * detail::pi);
  const double magnitude = steep ? detail::sine_near_zero(x) : detail::cosine_near_zero(x);
  return negative ? -magnitude : magnitude;
}

}  // namespace thrum

#endif  // THRUM_CORE_ELEMENTARY_HPP

#ifndef THRUM_ALGORITHM_TAIL_TABLE_HPP
#define THRUM_ALGORITHM_TAIL_TABLE_HPP

// How rare a value is, from a dozen numbers. The surprise of a value is -log P(X >= value): exponentially
// distributed with mean 1 whatever the distribution of X, so that surprises of unlike things can be compared
// and added.

namespace thrum {

/// A table has knots where the upper tail holds 1, 1/2, 1/4, ... 2^-tail_levels of the values.
constexpr int tail_levels = 10;
/// Numbers in a table: the knots in rising order, then the surprise per unit beyond the last.
constexpr Index tail_table_size = tail_levels + 2;

/// -log P(X >= value) by a table: linear between knots, 0 below the first, and beyond the last as an
/// exponential tail. A value that many share counts with the probability of all of them. Infinite when value
/// is not finite: what overflowed on its way must not look normal. O(tail_levels).
template <typename Scalar>
inline Scalar surprise(const Scalar* table, Scalar value) {
  constexpr Scalar per_level = Scalar(detail::natural_log_of_2);
  if (!is_finite(value)) return positive_infinity<Scalar>();
  if (!(value > table[0])) return Scalar(0);
  int level = 0;
  while (level < tail_levels && value > table[level + 1]) ++level;
  const Scalar beyond = value - table[level];
  const Scalar at_knot = per_level * static_cast<Scalar>(level);
  if (level == tail_levels) return at_knot + beyond * table[tail_levels + 1];
  return at_knot + per_level * (beyond / (table[level + 1] - table[level]));
}

/// Learns a table from values in rising order, n >= 1, read by value_at(i), i in [0, n). Levels that so few
/// values cannot tell, and what lies beyond the last, follow the mean slope of the tail above the median.
/// least_spread > 0: the median and the last knot are taken to be at least so far apart, so that rounding of
/// a value that never varied is no surprise. missing: values above all of
/// these that were left out, such as those of bad samples. Ranks are found in an Accumulator. O(tail_levels).
template <typename Accumulator = double, typename Scalar, typename ValueAt>
inline void fill_tail_table(Index n, ValueAt value_at, Scalar least_spread, Index missing, Scalar* table) {
  int told = 0;
  Accumulator share = 1;  // of the values in the upper tail
  for (int level = 0; level <= tail_levels; ++level, share /= 2) {
    const Accumulator from_top = static_cast<Accumulator>(n + missing + 1) * share -
                                 static_cast<Accumulator>(missing);  // 1 is the largest value
    if (from_top < 1 && level > 1) break;
    const Accumulator last = static_cast<Accumulator>(n - 1);
    const Accumulator place = larger(Accumulator(0), smaller(static_cast<Accumulator>(n) - from_top, last));
    const Index below = static_cast<Index>(place);
    const Scalar low = value_at(below), high = value_at(smaller(below + 1, n - 1));
    table[level] = low + static_cast<Scalar>(place - static_cast<Accumulator>(below)) * (high - low);
    told = level;
  }
  const Scalar levels_told = static_cast<Scalar>(larger(1, told - 1));
  const Scalar step =
      larger((table[told] - table[1]) / levels_told, least_spread / static_cast<Scalar>(tail_levels - 1));
  for (int level = 2; level <= told; ++level) {
    const Scalar part = static_cast<Scalar>(level - 1) / static_cast<Scalar>(tail_levels - 1);
    table[level] = larger(table[level], table[1] + part * least_spread);
  }
  for (int level = told + 1; level <= tail_levels; ++level) table[level] = table[level - 1] + step;
  table[tail_levels + 1] = Scalar(detail::natural_log_of_2) / step;
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_TAIL_TABLE_HPP

#ifndef THRUM_ALGORITHM_FEATURE_TAILS_HPP
#define THRUM_ALGORITHM_FEATURE_TAILS_HPP

namespace thrum {

/// The tails of each feature, as if features were independent (after Li et al., ECOD, IEEE TKDE 35, 2023).
template <typename Scalar>
struct FeatureTailsModel {
  const Scalar* tables = nullptr;  ///< d x 2 x tail_table_size: of x, and of -x
};

/// Numbers for one feature.
constexpr Index feature_tails_size = 2 * tail_table_size;

/// The two-sided surprise of one feature, -log min(1, 2 min(P(X >= x), P(X <= x))) >= 0.
template <typename Scalar>
inline Scalar feature_surprise(const FeatureTailsModel<Scalar>& model, Index feature, Scalar x) {
  const Scalar* upper = model.tables + feature * feature_tails_size;
  const Scalar rarer = larger(surprise(upper, x), surprise(upper + tail_table_size, -x));
  return larger(Scalar(0), rarer - Scalar(detail::natural_log_of_2));
}

/// The median of a feature.
template <typename Scalar>
inline Scalar feature_median(const FeatureTailsModel<Scalar>& model, Index feature) {
  return model.tables[feature * feature_tails_size + 1];
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_FEATURE_TAILS_HPP

#ifndef THRUM_ALGORITHM_SOFT_CLUSTERS_HPP
#define THRUM_ALGORITHM_SOFT_CLUSTERS_HPP

namespace thrum {

/// Subspaces that densities are looked at in: all features, their first half, and their first quarter.
constexpr int most_subspaces = 3;

/// Features of a subspace, the first ones.
constexpr Index features_in_subspace(Index features, int subspace) { return features >> subspace; }

/// Densities of many equally wide, round hills: a centre each, weighted by the samples it stands for.
template <typename Scalar>
struct SoftClustersModel {
  const Scalar* centers = nullptr;            ///< d x m, feature-major
  const Scalar* log_weights = nullptr;        ///< m
  Scalar inverse_width[most_subspaces] = {};  ///< 1 / (2 sigma^2) in each subspace; 0: not looked at
  int count = 0;                              ///< m
};

/// What a density says of a sample.
template <typename Scalar>
struct Density {
  int nearest;          ///< the centre with the largest term
  Scalar negative_log;  ///< -log sum_j exp(log_weight_j - |x - c_j|^2 / (2 sigma^2))
};

/// The density at x in one subspace, up to a constant factor. Hills that would not change the last digit are
/// passed over. x: all d values. O(d m).
template <typename Scalar>
inline Density<Scalar> density_at(const SoftClustersModel<Scalar>& model, VectorView<const Scalar> x,
                                  int subspace = 0) {
  constexpr Scalar negligible = sizeof(Scalar) == sizeof(float) ? Scalar(-20) : Scalar(-42);
  int nearest = 0;
  Scalar largest = 0, sum = 0;
  x.size = features_in_subspace(x.size, subspace);
  for_each_squared_distance(x, model.centers, model.count,
                            [&, inverse_width = model.inverse_width[subspace]](Index j, Scalar squared) {
                              const Scalar exponent = model.log_weights[j] - squared * inverse_width;
                              const Scalar step = exponent - largest;
                              if (j > 0 && !(step > Scalar(0))) {
                                if (step > negligible) sum += exponential(step);
                                return;
                              }
                              sum = j > 0 && -step > negligible ? sum * exponential(-step) + Scalar(1)
                                                                : Scalar(1);
                              largest = exponent;
                              nearest = static_cast<int>(j);
                            });
  return {nearest, -(largest + natural_log(sum))};
}

/// The negative log densities at x, added up over the subspaces. O(d m).
template <typename Scalar>
inline Scalar negative_log_density(const SoftClustersModel<Scalar>& model, VectorView<const Scalar> x) {
  Scalar sum = density_at(model, x).negative_log;
  for (int subspace = 1; subspace < most_subspaces; ++subspace)
    if (model.inverse_width[subspace] > Scalar(0)) sum += density_at(model, x, subspace).negative_log;
  return sum;
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_SOFT_CLUSTERS_HPP

#ifndef THRUM_CORE_STATUS_HPP
#define THRUM_CORE_STATUS_HPP

namespace thrum {

/// How a call went. Says nothing about the machine that is watched: that is `State`.
enum class Status : uint8_t {
  not_fitted,        ///< no model or no window yet; the all-zero start-up value, so that it may lie in .bss
  ok,                ///< the call did what it says
  wrong_size,        ///< the sizes of two arguments, or of an argument and the capacity, do not match
  out_of_range,      ///< a number is outside what the call accepts
  non_finite,        ///< an input is NaN or infinite; nothing was computed from it
  overflow,          ///< the input is finite, but a result is too large for its type
  corrupt_model,     ///< the model's checksum does not match: flash is damaged
  self_test_failed,  ///< the model is intact, but this build scores its test vectors differently
  unsupported,  ///< the model is intact, but for another device or version, or this build has no code for it
};

/// What is known of the machine.
enum class State : uint8_t {
  unknown,       ///< not to be told: input not finite, not fitted, or too few windows yet
  normal,        ///< as learned
  alarm,         ///< anomalous: score above 1
  sensor_fault,  ///< the samples are not the machine's: see SensorFault
  idle,          ///< the machine stands still, or runs up: not scored
};

/// True for the states of a window that has a score.
constexpr bool is_scored(State state) { return state == State::normal || state == State::alarm; }

/// What is wrong with a sensor.
enum class SensorFault : uint8_t {
  none,
  non_finite,    ///< a sample is NaN or infinite
  disconnected,  ///< a whole window moves less than the sensor's own noise
  stuck,         ///< the same sample too often in a row
  clipped,       ///< too many samples at full scale
  rate_off,      ///< frames come faster or slower than they should
};

/// English word for a status; static storage.
constexpr const char* to_string(Status status) {
  switch (status) {
    case Status::not_fitted: return "not fitted";
    case Status::ok: return "ok";
    case Status::wrong_size: return "wrong size";
    case Status::out_of_range: return "out of range";
    case Status::non_finite: return "non-finite input";
    case Status::overflow: return "overflow";
    case Status::corrupt_model: return "corrupt model";
    case Status::self_test_failed: return "self-test failed";
    case Status::unsupported: return "unsupported";
  }
  return "?";
}

/// English word for a state; static storage.
constexpr const char* to_string(State state) {
  switch (state) {
    case State::unknown: return "unknown";
    case State::normal: return "normal";
    case State::alarm: return "alarm";
    case State::sensor_fault: return "sensor fault";
    case State::idle: return "idle";
  }
  return "?";
}

/// English words for a fault of a sensor; static storage.
constexpr const char* to_string(SensorFault fault) {
  switch (fault) {
    case SensorFault::none: return "none";
    case SensorFault::non_finite: return "non-finite";
    case SensorFault::disconnected: return "disconnected";
    case SensorFault::stuck: return "stuck";
    case SensorFault::clipped: return "clipped";
    case SensorFault::rate_off: return "rate off";
  }
  return "?";
}

}  // namespace thrum

#endif  // THRUM_CORE_STATUS_HPP

#ifndef THRUM_ALGORITHM_ANOMALY_HPP
#define THRUM_ALGORITHM_ANOMALY_HPP

namespace thrum {

/// Radii lie between these two, so that 1 / radius^2 is an ordinary number: neither 0, for which every sample
/// would be normal, nor infinite.
template <typename Scalar>
constexpr Scalar least_radius() {
  return sizeof(Scalar) == sizeof(float) ? Scalar(1e-18) : Scalar(1e-150);
}
template <typename Scalar>
constexpr Scalar largest_radius() {
  return 1 / least_radius<Scalar>();
}

/// What a sample can be judged by: one of them, or several of which the mean surprise is taken. Bits, so that
/// a firmware whose model is a constant leaves out the code of the others.
enum AnomalyPart : uint32_t {
  radius_part = 1,              ///< distance to a class over its radius; never beside others
  full_ellipsoid_part = 2,      ///< Mahalanobis distance to a class; of the three at most one
  diagonal_ellipsoid_part = 4,  ///< the same, features taken as uncorrelated
  low_rank_ellipsoid_part = 8,  ///< the same, directions plus noise; reconstruction error and T^2
  soft_part = 16,               ///< densities of many small clusters
  tails_part = 32,              ///< tails of each feature
  every_part = 63,
};
/// Beside AnomalyPart in `allowed`, the parts whose code is in: what else is not.
enum OmittedCode : uint32_t {
  without_scaling = 64,
  without_projection = 128,
  without_bounds = 256,     ///< of a model without `bias`
  without_distances = 512,  ///< to all classes: of one with it, or with an ellipsoid for each class
};
constexpr uint32_t ellipsoid_parts = full_ellipsoid_part | diagonal_ellipsoid_part | low_rank_ellipsoid_part;

/// A fitted anomaly scorer: k working classes, each a centre and a radius, and what else `parts` asks for.
template <typename Scalar>
struct AnomalyModel {
  static constexpr uint32_t possible_parts = every_part;

  const Scalar* centers = nullptr;                 ///< d x k, feature-major
  const Scalar* inverse_squared_radius = nullptr;  ///< k
  Scalar threshold = 1;                            ///< what calibration found: the raw score that counts as 1
  int features = 0;
  int clusters = 0;
  uint32_t parts = radius_part;
  int ellipsoid_count = 0;  ///< k, or 1 for all classes together; 0 without ellipsoids
  EllipsoidsModel<Scalar> ellipsoids{};
  SoftClustersModel<Scalar> soft{};
  FeatureTailsModel<Scalar> tails{};
  const Scalar* ellipsoid_tables = nullptr;  ///< ellipsoid_count x tail_table_size, of distances
  const Scalar* soft_table = nullptr;        ///< tail_table_size, of summed negative log densities
  const Scalar* tails_table = nullptr;       ///< tail_table_size, of summed surprises of features
  const Scalar* score_table = nullptr;       ///< tail_table_size, of raw scores
  const Scalar* bias = nullptr;  ///< k, of class_biases(), for radius_part; or null: distances to all classes

  /// Scalars of scratch that a score needs.
  constexpr int scratch_size() const {
    return bias != nullptr                          ? clusters
           : (parts & full_ellipsoid_part) != 0     ? features
           : (parts & low_rank_ellipsoid_part) != 0 ? ellipsoids.rank
                                                    : 0;
  }

  /// Calls visit(name, value) for every number but `features`, which follows from the stages before, and
  /// `parts`, which must be known; visit(name, value, true) for one that may be left out where it is 0.
  template <typename Self, typename Visit>
  static void for_each_setting(Self& self, Visit visit) {
    visit("classes", self.clusters);
    visit("threshold", self.threshold);
    if ((self.parts & ellipsoid_parts) != 0) visit("ellipsoid_count", self.ellipsoid_count);
    if ((self.parts & low_rank_ellipsoid_part) != 0) visit("ellipsoid_rank", self.ellipsoids.rank);
    if ((self.parts & soft_part) == 0) return;
    visit("soft_count", self.soft.count);
    visit("soft_inverse_width", self.soft.inverse_width[0]);
    visit("soft_inverse_width_of_half", self.soft.inverse_width[1], true);
    visit("soft_inverse_width_of_quarter", self.soft.inverse_width[2], true);
  }

  /// Calls visit(name, array, size) for every array, in a fixed order; see for_each_array of DetectorModel.
  template <typename Self, typename Visit>
  static void for_each_array(Self& self, Visit visit) {
    const Index z = self.features, k = self.clusters, e = self.ellipsoid_count;
    const Index rank = self.ellipsoids.rank, m = self.soft.count;
    visit("centers", self.centers, z * k);
    visit("inverse_squared_radius", self.inverse_squared_radius, k);
    visit("ellipsoid_center", self.ellipsoids.center, e * z);
    visit("ellipsoid_scale", self.ellipsoids.scale, e * z);
    visit("ellipsoid_factor", self.ellipsoids.factor, e * (rank > 0 ? z * rank : triangle_size(z)));
    visit("ellipsoid_weight", self.ellipsoids.weight, e * (1 + rank));
    visit("soft_centers", self.soft.centers, z * m);
    visit("soft_log_weights", self.soft.log_weights, m);
    visit("tails", self.tails.tables, z * feature_tails_size);
    visit("ellipsoid_tables", self.ellipsoid_tables, e * tail_table_size);
    visit("soft_table", self.soft_table, tail_table_size);
    visit("tails_table", self.tails_table, tail_table_size);
    visit("score_table", self.score_table, tail_table_size);
    visit("bias", self.bias, k);
  }
};

/// The score of one sample.
template <typename Scalar>
struct Score {
  Status status = Status::not_fitted;  ///< ok; or overflow: finite input too far away for its type, an alarm
  Scalar value = 0;                    ///< >= 0; 1 is the threshold, above it is an alarm
  int cluster = -1;                    ///< the class it was judged against
  uint32_t part = 0;                   ///< the part that found it most surprising
};

namespace detail {

/// The class of least distance / radius, ties to the lowest, and that ratio's square. The nearest centre need
/// not be the nearest class. O(d k).
template <typename Scalar>
inline Nearest<Scalar> nearest_class(const AnomalyModel<Scalar>& model, VectorView<const Scalar> x) {
  Scalar least = positive_infinity<Scalar>();
  Index nearest = 0;
  for_each_squared_distance(x, model.centers, model.clusters,
                            [&, inverse = model.inverse_squared_radius](Index j, Scalar squared) {
                              const Scalar in_radii = squared * inverse[j];
                              const bool nearer = in_radii < least;
                              least = nearer ? in_radii : least;
                              nearest = nearer ? j : nearest;
                            });
  return {static_cast<int>(nearest), least};
}

/// A form of ellipsoids and the part it is, as a type.
template <EllipsoidForm form_of_part, uint32_t part_of_form>
struct FormOfPart {
  static constexpr EllipsoidForm form = form_of_part;
  static constexpr uint32_t part = part_of_form;
};

/// Calls use(FormOfPart) for the ellipsoids among `parts`, if any; without the code of those not allowed.
template <uint32_t allowed, typename Use>
inline void with_form_of(uint32_t parts, Use use) {
  if constexpr ((allowed & full_ellipsoid_part) != 0)
    if ((parts & full_ellipsoid_part) != 0) use(FormOfPart<EllipsoidForm::full, full_ellipsoid_part>{});
  if constexpr ((allowed & diagonal_ellipsoid_part) != 0)
    if ((parts & diagonal_ellipsoid_part) != 0)
      use(FormOfPart<EllipsoidForm::diagonal, diagonal_ellipsoid_part>{});
  if constexpr ((allowed & low_rank_ellipsoid_part) != 0)
    if ((parts & low_rank_ellipsoid_part) != 0)
      use(FormOfPart<EllipsoidForm::low_rank, low_rank_ellipsoid_part>{});
}

/// An ellipsoid and how surprising it is that the sample belongs to it.
template <typename Scalar>
struct LeastSurprise {
  int ellipsoid = 0;
  Scalar value = 0;
};

/// The ellipsoid of the class that a sample was judged against.
template <typename Scalar>
constexpr Index ellipsoid_of(const AnomalyModel<Scalar>& model, const Score<Scalar>& score) {
  return model.ellipsoid_count == model.clusters ? score.cluster : 0;
}

/// The least surprise over the ellipsoids. Each class has a table of its own, so that all of them have the
/// same rate of false alarms however their distances are distributed.
template <EllipsoidForm form, typename Scalar>
inline LeastSurprise<Scalar> least_surprise(const AnomalyModel<Scalar>& model, VectorView<const Scalar> x,
                                            Scalar* scratch) {
  LeastSurprise<Scalar> least;
  for (Index j = 0; j < model.ellipsoid_count; ++j) {
    const Ellipsoid<form, Scalar> ellipsoid(model.ellipsoids, j, x, scratch);
    const Scalar own =
        surprise(model.ellipsoid_tables + j * tail_table_size, square_root(ellipsoid.squared_distance()));
    if (j == 0 || own < least.value) least = {static_cast<int>(j), own};
  }
  return least;
}

/// Sum of the surprises of all features.
template <typename Scalar>
inline Scalar summed_surprise(const FeatureTailsModel<Scalar>& model, VectorView<const Scalar> x) {
  Scalar sum = 0;
  for (Index f = 0; f < x.size; ++f) sum += feature_surprise(model, f, x[f]);
  return sum;
}

/// Gathers the surprises of the parts.
template <typename Scalar>
struct Surprises {
  Scalar sum = 0, largest = 0;
  int count = 0;
  uint32_t most_surprised = 0;

  void add(uint32_t part, Scalar value) {
    sum += value;
    if (count++ > 0 && !(value > largest)) return;
    largest = value;
    most_surprised = part;
  }
};

}  // namespace detail

/// The score before it is divided by the threshold. radius_part alone: the least distance / radius over the
/// classes. Otherwise the mean surprise of the parts, each -log of the share of normal samples that are at
/// least as far out. x: d finite values; scratch: model.scratch_size() values. `allowed`: parts that the
/// model may have; the code of others is left out. Allocates nothing.
template <uint32_t allowed = every_part, typename Scalar>
inline Score<Scalar> raw_score(const AnomalyModel<Scalar>& model, ConstVectorView<Scalar> x,
                               Scalar* scratch) {
  const VectorView<const Scalar> sample = x;
  if ((allowed & model.parts & radius_part) != 0) {
    const Nearest<Scalar> nearest = detail::nearest_class(model, sample);
    return {Status::ok, square_root(nearest.squared_distance), nearest.cluster, radius_part};
  }
  if constexpr ((allowed & every_part) == radius_part) return {};
  detail::Surprises<Scalar> surprises;
  detail::LeastSurprise<Scalar> least;
  detail::with_form_of<allowed>(model.parts, [&](auto of) {
    least = detail::least_surprise<decltype(of)::form>(model, sample, scratch);
    surprises.add(decltype(of)::part, least.value);
  });
  if constexpr ((allowed & soft_part) != 0)
    if ((model.parts & soft_part) != 0)
      surprises.add(soft_part, surprise(model.soft_table, negative_log_density(model.soft, sample)));
  if constexpr ((allowed & tails_part) != 0)
    if ((model.parts & tails_part) != 0)
      surprises.add(tails_part, surprise(model.tails_table, detail::summed_surprise(model.tails, sample)));
  if constexpr ((allowed & without_distances) != 0)
    return {Status::ok, surprises.sum / static_cast<Scalar>(surprises.count), least.ellipsoid,
            surprises.most_surprised};
  const bool of_class =
      (allowed & model.parts & ellipsoid_parts) != 0 && model.ellipsoid_count == model.clusters;
  const int cluster = of_class ? least.ellipsoid : detail::nearest_class(model, sample).cluster;
  return {Status::ok, surprises.sum / static_cast<Scalar>(surprises.count), cluster,
          surprises.most_surprised};
}

namespace detail {

/// The score that a raw one is, by the threshold.
template <typename Scalar>
inline Score<Scalar> over_threshold(const Score<Scalar>& raw, Scalar threshold) {
  const Scalar value = raw.value / threshold;
  if (is_finite(value)) return {Status::ok, value, raw.cluster, raw.part};
  return {Status::overflow, positive_infinity<Scalar>(), raw.cluster, raw.part};
}

}  // namespace detail

/// The score of one sample, raw_score() over the threshold.
template <uint32_t allowed = every_part, typename Scalar>
inline Score<Scalar> anomaly_score(const AnomalyModel<Scalar>& model, ConstVectorView<Scalar> x,
                                   Scalar* scratch) {
  return detail::over_threshold(raw_score<allowed>(model, x, scratch), model.threshold);
}

/// The same to the last bit, of a model with `bias`: by nearest_class_by_bounds(). x: d contiguous values;
/// square: the sum of their squares, in any order; scratch: model.scratch_size() values.
template <typename Scalar>
[[gnu::always_inline]] inline Score<Scalar> anomaly_score_by_bounds(const AnomalyModel<Scalar>& model,
                                                                    const Scalar* x, Scalar square,
                                                                    Scalar* scratch) {
  const Nearest<Scalar> nearest =
      nearest_class_by_bounds(model, x, detail::half_square(square, model.features), scratch);
  const Score<Scalar> raw{Status::ok, square_root(nearest.squared_distance), nearest.cluster, radius_part};
  return detail::over_threshold(raw, model.threshold);
}

/// The share of normal samples that score at least so high, in (0, 1]; 0 for an infinite score, and for a
/// model without a table of scores, as one that was not fitted but written down.
template <typename Scalar>
[[gnu::always_inline]] inline Scalar tail_probability(const AnomalyModel<Scalar>& model, Scalar score) {
  if (!is_finite(score) || model.score_table == nullptr) return Scalar(0);
  return exponential(-surprise(model.score_table, score * model.threshold));
}

/// Calls visit(f, difference, slope) for every feature in order, where difference is that of x from the
/// centre that it was judged against, and the products difference x slope add up to what the part
/// `score.part` judged by: the squared (Mahalanobis) distance, or the sum of the features' surprises.
/// Products may be negative for ellipsoids; for `soft`, the distance is that in all features to the centre
/// with the largest term. Entries of x may be overwritten once visited. scratch: model.scratch_size() values.
template <uint32_t allowed = every_part, typename Scalar, typename Visit>
inline void for_each_slope(const AnomalyModel<Scalar>& model, ConstVectorView<Scalar> x,
                           const Score<Scalar>& score, Scalar* scratch, Visit visit) {
  const VectorView<const Scalar> sample = x;
  const uint32_t part = allowed & score.part;
  const auto by_center = [&](const Scalar* centers, Index count, Index j) {
    for (Index f = 0; f < sample.size; ++f) {
      const Scalar difference = sample[f] - centers[f * count + j];
      visit(f, difference, difference);
    }
  };
  if ((part & radius_part) != 0) by_center(model.centers, model.clusters, score.cluster);
  if constexpr ((allowed & soft_part) != 0)
    if ((part & soft_part) != 0)
      by_center(model.soft.centers, model.soft.count, density_at(model.soft, sample).nearest);
  if constexpr ((allowed & tails_part) != 0) {
    for (Index f = 0; (part & tails_part) != 0 && f < sample.size; ++f) {
      const Scalar difference = sample[f] - feature_median(model.tails, f);
      const Scalar own = feature_surprise(model.tails, f, sample[f]);
      visit(f, difference, own > Scalar(0) ? own / difference : Scalar(0));
    }
  }
  detail::with_form_of<allowed>(part, [&](auto of) {
    const Index j = detail::ellipsoid_of(model, score);
    const Ellipsoid<decltype(of)::form, Scalar> ellipsoid(model.ellipsoids, j, sample, scratch);
    for (Index f = 0; f < sample.size; ++f) {
      const Scalar slope = ellipsoid.slope(f);
      visit(f, ellipsoid.difference(f), slope);
    }
  });
}

/// Each feature's share of what a sample was judged by, d values that add up to it (see for_each_slope).
/// Where one overflows, the feature farthest from the centre has all, infinity, and the others 0; returns
/// overflow then, else ok. x: d finite values; score: what anomaly_score() said of it; scratch:
/// model.scratch_size() values.
template <uint32_t allowed = every_part, typename Scalar>
inline Status shares_of_sample(const AnomalyModel<Scalar>& model, ConstVectorView<Scalar> x,
                               const Score<Scalar>& score, Scalar* scratch, VectorView<Scalar> shares) {
  Status status = Status::ok;
  Index farthest = 0;
  Scalar largest = 0;
  for_each_slope<allowed>(model, x, score, scratch, [&](Index f, Scalar difference, Scalar slope) {
    shares[f] = difference * slope;
    if (!is_finite(shares[f])) status = Status::overflow;
    if (!(absolute(difference) > largest)) return;
    largest = absolute(difference);
    farthest = f;
  });
  if (status == Status::ok) return status;
  for (Index f = 0; f < shares.size; ++f) shares[f] = 0;
  shares[farthest] = positive_infinity<Scalar>();
  return status;
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_ANOMALY_HPP

#ifndef THRUM_FIXED_STORAGE_HPP
#define THRUM_FIXED_STORAGE_HPP

// What the classes with own arrays share: checks that give a Status, and copies into them.

namespace thrum {
namespace fixed {
namespace detail {

template <typename Scalar>
inline bool all_finite(VectorView<const Scalar> x) {
  for (Index i = 0; i < x.size; ++i)
    if (!is_finite(x[i])) return false;
  return true;
}

template <typename Scalar>
inline bool all_finite(MatrixView<const Scalar> x) {
  for (Index i = 0; i < x.rows; ++i)
    if (!all_finite(x.row(i))) return false;
  return true;
}

/// What every call on one sample asks: fitted, of the right sizes, finite.
template <typename Scalar>
inline Status check(int expected, VectorView<const Scalar> x, Index result_size, Index expected_result) {
  if (expected == 0) return Status::not_fitted;
  if (x.size != expected || result_size != expected_result) return Status::wrong_size;
  return all_finite(x) ? Status::ok : Status::non_finite;
}
template <typename Scalar>
inline Status check(int expected, VectorView<const Scalar> x, Index result_size) {
  return check(expected, x, result_size, expected);
}

/// ok, or overflow when finite input led to a result that is not.
template <typename Scalar>
inline Status checked_result(VectorView<Scalar> result) {
  return all_finite(VectorView<const Scalar>(result)) ? Status::ok : Status::overflow;
}

template <typename Scalar>
inline void copy(VectorView<const Scalar> from, Scalar* to) {
  for (Index i = 0; i < from.size; ++i) to[i] = from[i];
}

}  // namespace detail
}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_STORAGE_HPP

#ifndef THRUM_FIXED_ANOMALY_SCORER_HPP
#define THRUM_FIXED_ANOMALY_SCORER_HPP

namespace thrum {
namespace fixed {

/// thrum::AnomalyScorer with its own arrays: no heap, all zero at start (`not_fitted`).
template <typename Scalar, int max_features, int max_clusters>
class AnomalyScorer {
 public:
  /// Takes over a fitted scorer: centres k x d, k radii from least_radius to largest_radius and the
  /// threshold > 0, all finite.
  Status use(ConstMatrixView<Scalar> centers, ConstVectorView<Scalar> radii, Scalar threshold) {
    if (centers.rows < 1 || centers.rows > max_clusters || centers.cols < 1 || centers.cols > max_features ||
        radii.size != centers.rows)
      return Status::wrong_size;
    if (!detail::all_finite(centers) || !detail::all_finite(radii) || !is_finite(threshold))
      return Status::non_finite;
    for (Index j = 0; j < radii.size; ++j)
      if (!(radii[j] >= least_radius<Scalar>() && radii[j] <= largest_radius<Scalar>()))
        return Status::out_of_range;
    if (!(threshold > Scalar(0))) return Status::out_of_range;
    copy_by_feature(centers, centers_by_feature_);
    for (Index j = 0; j < radii.size; ++j) inverse_squared_radii_[j] = 1 / (radii[j] * radii[j]);
    threshold_ = threshold;
    features_ = static_cast<int>(centers.cols);
    clusters_ = static_cast<int>(centers.rows);
    return Status::ok;
  }

  /// Score and class of one sample of d values; its status says why there is none.
  Score<Scalar> score(ConstVectorView<Scalar> x) const {
    const Status status = detail::check(features_, x, clusters_, clusters_);
    return status == Status::ok ? anomaly_score<radius_part>(model(), x, no_scratch)
                                : Score<Scalar>{status, Scalar(0), -1, 0};
  }

  /// Each feature's share of the squared distance to the centre of the sample's class: d values.
  /// overflow: one is too large for its type; the feature farthest from the centre then has all, infinity.
  Status shares(ConstVectorView<Scalar> x, VectorView<Scalar> shares) const {
    const Status status = detail::check(features_, x, shares.size);
    if (status != Status::ok) return status;
    const Score<Scalar> score = anomaly_score<radius_part>(model(), x, no_scratch);
    return shares_of_sample<radius_part>(model(), x, score, no_scratch, shares);
  }

  AnomalyModel<Scalar> model() const {
    AnomalyModel<Scalar> model;
    model.centers = centers_by_feature_;
    model.inverse_squared_radius = inverse_squared_radii_;
    model.threshold = threshold_;
    model.features = features_;
    model.clusters = clusters_;
    return model;
  }

 private:
  static constexpr Scalar* no_scratch = nullptr;  // a radius needs none

  Scalar centers_by_feature_[array_size(max_features * max_clusters)] = {};
  Scalar inverse_squared_radii_[array_size(max_clusters)] = {};
  Scalar threshold_ = 0;
  int features_ = 0;
  int clusters_ = 0;
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_ANOMALY_SCORER_HPP

#ifndef THRUM_DETECTION_MONITOR_HPP
#define THRUM_DETECTION_MONITOR_HPP

namespace thrum {

/// How the scores of single windows become the state of the machine.
struct MonitorOptions {
  int votes =
      3;  ///< m: scores above the threshold among the last `window` that raise the alarm; 1 ... window
  int window = 5;            ///< n: windows that are looked at; 1 ... 32
  int release = 1;           ///< the alarm is dropped once no more than so many are above; 0 ... votes - 1
  float threshold = 1;       ///< > 0, finite; 1: each window's own verdict. monitor_threshold() calibrates it
  int minimum_duration = 0;  ///< windows that an alarm lasts at least; 0 ... 65535
  int cool_down = 0;         ///< windows after an alarm in which none is raised; 0 ... 65535

  constexpr bool valid() const {
    return window >= 1 && window <= 32 && votes >= 1 && votes <= window && release >= 0 && release < votes &&
           threshold > 0 && threshold <= ScalarTraits<float>::largest() && minimum_duration >= 0 &&
           minimum_duration <= UINT16_MAX && cool_down >= 0 && cool_down <= UINT16_MAX;
  }
  friend constexpr bool operator==(const MonitorOptions& a, const MonitorOptions& b) {
    return a.votes == b.votes && a.window == b.window && a.release == b.release &&
           a.threshold == b.threshold && a.minimum_duration == b.minimum_duration &&
           a.cool_down == b.cool_down;
  }
  friend constexpr bool operator!=(const MonitorOptions& a, const MonitorOptions& b) { return !(a == b); }
};

/// Turns the scores of single windows into a steady state: alarm when the m-th largest of the last n scores
/// is above the monitor's own threshold, with hysteresis. One odd window raises no alarm, and an alarm does
/// not flicker. The m-th largest is above the threshold just when m scores are, so one bit a score is all it
/// keeps. A window whose verdict is unknown or sensor_fault votes for nothing; with fewer than m known ones
/// among the last n, and no alarm, the state is that of the latest window: unknown or sensor_fault. An idle
/// window is as if it had not been, to votes and durations: an alarm outlasts it, any other state is idle
/// meanwhile. All zero at start, so that a static one lies in .bss; twelve bytes.
class Monitor {
 public:
  /// Takes verdict and score of the next window and returns the machine's state. A score that overflowed is
  /// infinite, which is above any threshold; that of a verdict without one is not looked at. O(1). options
  /// must be valid().
  constexpr State update(const MonitorOptions& options, State verdict, float score) {
    if (verdict == State::idle) return state_ = state_ == State::alarm ? State::alarm : State::idle;
    const uint32_t mask = UINT32_MAX >> (32 - options.window);
    const bool above = is_scored(verdict) && score > options.threshold;
    above_ = (above_ << 1 | (above ? 1u : 0u)) & mask;
    known_ = (known_ << 1 | (is_scored(verdict) ? 1u : 0u)) & mask;
    if (wait_ > 0) --wait_;
    const bool before = state_ == State::alarm;
    const int votes = count(above_);
    const bool alarm = before ? wait_ > 0 || votes > options.release : wait_ == 0 && votes >= options.votes;
    if (alarm != before) wait_ = static_cast<uint16_t>(alarm ? options.minimum_duration : options.cool_down);
    state_ = alarm ? State::alarm : calm(options, verdict);
    return state_;
  }

  constexpr State state() const { return state_; }

  /// Forgets everything, as at start.
  constexpr void reset() { *this = Monitor(); }

 private:
  static constexpr int count(uint32_t bits) {
    int ones = 0;
    for (; bits != 0; bits &= bits - 1) ++ones;
    return ones;
  }

  constexpr State calm(const MonitorOptions& options, State verdict) const {
    if (count(known_) >= options.votes) return State::normal;
    return verdict == State::sensor_fault ? State::sensor_fault : State::unknown;
  }

  uint32_t above_ = 0;  // the latest window is the lowest bit
  uint32_t known_ = 0;
  uint16_t wait_ = 0;  // windows for which an alarm stays, or none is raised
  State state_ = State::unknown;
};

}  // namespace thrum

#endif  // THRUM_DETECTION_MONITOR_HPP

#ifndef THRUM_ALGORITHM_PROJECTION_HPP
#define THRUM_ALGORITHM_PROJECTION_HPP

namespace thrum {

/// A fitted PCA: z = basis' (x - mean). With whitening, column c of the basis is a unit vector divided by
/// the standard deviation along it.
template <typename Scalar>
struct ProjectionModel {
  const Scalar* mean = nullptr;      ///< d
  const Scalar* basis = nullptr;     ///< d x p, feature-major
  const Scalar* variance = nullptr;  ///< p, along each component, when whitening; null otherwise
  int features = 0;
  int components = 0;
};

namespace detail {

struct AddProduct {
  template <typename Sum, typename Value>
  [[gnu::always_inline]] constexpr Sum operator()(Sum sum, Value a, Sum b) const {
    return a * b + sum;
  }
};

}  // namespace detail

/// Projects one sample. x: d values; centered: d values of scratch, may be x's own storage; z: p values,
/// apart from both. O(d p).
template <typename Scalar>
inline void project(const ProjectionModel<Scalar>& model, ConstVectorView<Scalar> x, Scalar* centered,
                    VectorView<Scalar> z) {
  for (Index f = 0; f < model.features; ++f) centered[f] = x[f] - model.mean[f];
  const auto difference = contiguous<const Scalar>(centered, model.features);
  if (z.stride == 1) {  // without a detour
    sum_columns(difference, model.basis, model.components, detail::AddProduct{}, z.data);
    return;
  }
  for_each_column_sum(difference, model.basis, model.components, detail::AddProduct{},
                      [z](Index c, Scalar sum) { z[c] = sum; });
}

/// Feature f of the point in input space that projects onto z, less the mean. O(p).
template <typename Scalar>
inline Scalar back_projected(const ProjectionModel<Scalar>& model, ConstVectorView<Scalar> z, Index feature) {
  const Scalar* row = model.basis + feature * model.components;
  Scalar sum = 0;
  for (Index c = 0; c < model.components; ++c) {
    const Scalar loading = model.variance == nullptr ? row[c] : row[c] * model.variance[c];
    sum = loading * z[c] + sum;
  }
  return sum;
}

/// A point of the p-dimensional plane and a slope along it.
template <typename Scalar>
struct PointAndSlope {
  Scalar point = 0, slope = 0;
};

/// Feature f of the point in input space that projects onto z, less the mean, and the derivative by it of a
/// function whose derivatives by z are `slopes`; in one go. z, slopes: p values, contiguous. O(p).
template <typename Scalar>
inline PointAndSlope<Scalar> back_projected(const ProjectionModel<Scalar>& model, const Scalar* z,
                                            const Scalar* slopes, Index feature) {
  const Scalar* row = model.basis + feature * model.components;
  PointAndSlope<Scalar> at;
  for (Index c = 0; c < model.components; ++c) {
    at.point = row[c] * z[c] + at.point;
    at.slope = row[c] * slopes[c] + at.slope;
  }
  if (model.variance != nullptr) at.point = back_projected(model, contiguous(z, model.components), feature);
  return at;
}

/// The point of the p-dimensional plane that projects onto z. z: p values; x: d values. O(d p).
template <typename Scalar>
inline void unproject(const ProjectionModel<Scalar>& model, ConstVectorView<Scalar> z, VectorView<Scalar> x) {
  for (Index f = 0; f < model.features; ++f) x[f] = back_projected(model, z, f) + model.mean[f];
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_PROJECTION_HPP

#ifndef THRUM_ALGORITHM_SCALING_HPP
#define THRUM_ALGORITHM_SCALING_HPP

namespace thrum {

/// A fitted scaler: feature f becomes (x - offset[f]) * factor[f].
template <typename Scalar>
struct ScalingModel {
  const Scalar* offset = nullptr;  ///< d, units of x
  const Scalar* factor = nullptr;  ///< d, 1 / units of x; positive and finite
  int features = 0;
};

/// Scales one sample. x and scaled: d values, may be the same. O(d).
template <typename Scalar>
inline void scale(const ScalingModel<Scalar>& model, ConstVectorView<Scalar> x, VectorView<Scalar> scaled) {
  for (Index f = 0; f < model.features; ++f) scaled[f] = (x[f] - model.offset[f]) * model.factor[f];
}

/// What is to be known of a row before it is scored.
template <typename Scalar>
struct RowSummary {
  bool on_scale;
  Scalar square;  ///< sum of the squares of what it became, in any order
};

/// The same of contiguous values, and a summary of the row. Two at a time: half the loads and branches.
template <typename Scalar>
inline RowSummary<Scalar> scale_row(const ScalingModel<Scalar>& model, const Scalar* x, Scalar* scaled) {
  const Scalar *offset = model.offset, *factor = model.factor, *const last = x + model.features / 2 * 2;
  OffScaleTest<Scalar> test;
  Scalar even = 0, odd = 0;
  for (; x != last; x += 2, offset += 2, factor += 2, scaled += 2) {
    const detail::Two<Scalar> value = detail::load_two(x), from = detail::load_two(offset),
                              by = detail::load_two(factor);
    test.add(value.a);
    test.add(value.b);
    const Scalar a = (value.a - from.a) * by.a, b = (value.b - from.b) * by.b;
    even = a * a + even;
    odd = b * b + odd;
    scaled[0] = a;
    scaled[1] = b;
  }
  if (model.features % 2 != 0) {
    test.add(*x);
    *scaled = (*x - *offset) * *factor;
    even = *scaled * *scaled + even;
  }
  return {!test.found(), even + odd};
}

#if defined(THRUM_FLOATS_BY_HELIUM)
/// Four at a time.
inline RowSummary<float> scale_row(const ScalingModel<float>& model, const float* x, float* scaled) {
  using detail::Four;
  const float *offset = model.offset, *factor = model.factor;
  uint32x4_t largest = vdupq_n_u32(0);  // twice the bits: without the sign
  Four squares{};
  uint32_t left = static_cast<uint32_t>(model.features);
  for (; left >= 4; left -= 4, x += 4, offset += 4, factor += 4, scaled += 4) {
    const Four value = detail::load_four(x);
    largest = vmaxq_u32(largest, vreinterpretq_u32_f32(value) << 1);
    const Four result = (value - detail::load_four(offset)) * detail::load_four(factor);
    squares = vfmaq_f32(squares, result, result);
    detail::store_four(scaled, result);
  }
  OffScaleTest<float> test;
  test.add(from_bits<float>(vmaxvq_u32(0, largest) >> 1));
  const detail::FourLanes square_of = detail::lanes_of(squares);
  float square = (square_of.a + square_of.b) + (square_of.c + square_of.d);
  for (; left != 0; --left) {
    test.add(*x);
    *scaled = (*x++ - *offset++) * *factor++;
    square = *scaled * *scaled + square;
    ++scaled;
  }
  return {!test.found(), square};
}
#endif

/// Undoes `scale`. O(d).
template <typename Scalar>
inline void unscale(const ScalingModel<Scalar>& model, ConstVectorView<Scalar> scaled, VectorView<Scalar> x) {
  for (Index f = 0; f < model.features; ++f) x[f] = scaled[f] / model.factor[f] + model.offset[f];
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_SCALING_HPP

#ifndef THRUM_FEATURES_CHANNEL_OPTIONS_HPP
#define THRUM_FEATURES_CHANNEL_OPTIONS_HPP

namespace thrum {

/// Most channels that one options struct describes.
constexpr int max_channels = 16;

/// What a channel's numbers mean. Travels with the model.
struct ChannelOptions {
  float counts_per_unit = 1;  ///< raw counts for one unit, e.g. 8192 for an accelerometer of +-4 g; not 0
  float full_scale = 0;       ///< largest magnitude the sensor can say, in units; 0: unknown
  char unit[8] = "";          ///< name of the unit, e.g. "g"; ends with a zero
  float flat_range = 0;  ///< units; a window that moves no further has no sensor behind it; 0: not checked
  float idle_level = 0;  ///< rms in units, below which the channel is at rest; 0: not checked
};

constexpr bool operator==(const ChannelOptions& a, const ChannelOptions& b) {
  for (int i = 0; i < 8; ++i)
    if (a.unit[i] != b.unit[i]) return false;
  return a.counts_per_unit == b.counts_per_unit && a.full_scale == b.full_scale &&
         a.flat_range == b.flat_range && a.idle_level == b.idle_level;
}
constexpr bool operator!=(const ChannelOptions& a, const ChannelOptions& b) { return !(a == b); }

/// Which faults of the sensors are looked for, beside those that ChannelOptions tells of, and how long the
/// machine runs up. Where nothing is looked for, here and there, nothing is computed, and firmware has no
/// code for it.
struct SensorOptions {
  int stuck_frames =
      0;  ///< so many equal frames in a row, and a channel is stuck; 0: not checked; or 2 to window
  int clipped_frames =
      0;  ///< so many frames of a window at full_scale, and a channel is clipped; 0: not checked
  float rate_tolerance =
      0;             ///< most by which the measured rate may be off, as a share; 0: not checked; below 0.5
  float run_up = 0;  ///< seconds after standing still that count as standing still
};

constexpr bool operator==(const SensorOptions& a, const SensorOptions& b) {
  return a.stuck_frames == b.stuck_frames && a.clipped_frames == b.clipped_frames &&
         a.rate_tolerance == b.rate_tolerance && a.run_up == b.run_up;
}
constexpr bool operator!=(const SensorOptions& a, const SensorOptions& b) { return !(a == b); }

}  // namespace thrum

#endif  // THRUM_FEATURES_CHANNEL_OPTIONS_HPP

#ifndef THRUM_FEATURES_OPTIONS_HPP
#define THRUM_FEATURES_OPTIONS_HPP

namespace thrum {

/// How the spectrum of a window is estimated.
enum class SpectrumKind : uint8_t {
  hann,         ///< one transform of the window times Hann's: the cheapest, and the most scattered
  sine_tapers,  ///< mean of several, each of the window times another sine taper: steadier, as coarse as they
                ///< are many
};

/// What features are computed in.
enum class Arithmetic : uint8_t {
  floating,  ///< float: every feature, of samples of any type
  integer,   ///< integers, of int16 samples: for processors without floating-point unit, and with the same
             ///< bits whatever compiler and flags; no sine tapers, envelope or spectral kurtosis
};

/// Which features are taken of which windows of which signal. A plain aggregate: the laptop learns with it,
/// the model header carries it, the firmware extracts with it.
struct FeatureOptions {
  int channels = 1;
  int window = 1024;        ///< frames, from 8 to 65536; spectra are cheapest of powers of two
  int hop = 512;            ///< frames from one window to the next, 1 to window
  float sampling_rate = 1;  ///< frames per second

  bool mean = false;  ///< all else is of the signal minus its window mean, so that a tilt is no fault
  bool rms = true;
  bool median_absolute_deviation = true;
  bool peak_to_peak = true;
  bool crest_factor = true;
  bool skewness = true;
  bool kurtosis = true;
  bool zero_crossings = true;
  bool correlation = true;  ///< one for each pair of channels

  int bands = 16;               ///< log energies in so many equal bands; 0: none
  float lowest_hz = 0;          ///< lower edge of the first band; the bin of 0 Hz is in no band
  float highest_hz = 0;         ///< upper edge of the last band; 0: half the sampling rate
  float energy_floor = 1e-12f;  ///< least energy of a band: silence is not minus infinity
  SpectrumKind spectrum = SpectrumKind::hann;
  int tapers = 5;  ///< sine tapers, 1 to 16

  int envelope_bands = 0;         ///< log energies of the envelope's spectrum in so many equal bands; 0: none
  float envelope_lowest_hz = 0;   ///< lower edge of the band whose envelope it is; 0: a quarter of the rate
  float envelope_highest_hz = 0;  ///< its upper edge; 0: half the sampling rate
  float envelope_limit_hz = 0;  ///< upper edge of the last envelope band; 0: half as far as the band is wide

  int spectral_kurtosis_bands = 0;   ///< mean spectral kurtosis in so many equal bands; 0: none
  int spectral_kurtosis_block = 64;  ///< frames of its short transforms; a power of two, window / 256 to / 2

  ChannelOptions channel[max_channels] = {};
  SensorOptions sensors{};
  int inputs = 0;  ///< numbers from elsewhere, such as speed, load or temperature, behind the features; to 64

  Arithmetic arithmetic = Arithmetic::floating;  ///< int16_t samples only, when it is integer
};

/// What channels are left over for does not count.
constexpr bool operator==(const FeatureOptions& a, const FeatureOptions& b) {
  for (int i = 0; i < max_channels && i < a.channels; ++i)
    if (a.channel[i] != b.channel[i]) return false;
  return a.channels == b.channels && a.window == b.window && a.hop == b.hop &&
         a.sampling_rate == b.sampling_rate && a.mean == b.mean && a.rms == b.rms &&
         a.median_absolute_deviation == b.median_absolute_deviation && a.peak_to_peak == b.peak_to_peak &&
         a.crest_factor == b.crest_factor && a.skewness == b.skewness && a.kurtosis == b.kurtosis &&
         a.zero_crossings == b.zero_crossings && a.correlation == b.correlation && a.bands == b.bands &&
         a.lowest_hz == b.lowest_hz && a.highest_hz == b.highest_hz && a.energy_floor == b.energy_floor &&
         a.spectrum == b.spectrum && a.tapers == b.tapers && a.envelope_bands == b.envelope_bands &&
         a.envelope_lowest_hz == b.envelope_lowest_hz && a.envelope_highest_hz == b.envelope_highest_hz &&
         a.envelope_limit_hz == b.envelope_limit_hz &&
         a.spectral_kurtosis_bands == b.spectral_kurtosis_bands &&
         a.spectral_kurtosis_block == b.spectral_kurtosis_block && a.sensors == b.sensors &&
         a.inputs == b.inputs && a.arithmetic == b.arithmetic;
}
constexpr bool operator!=(const FeatureOptions& a, const FeatureOptions& b) { return !(a == b); }

/// True when windows are looked at for faults of sensors or standstill before they are scored.
constexpr bool checks_windows(const FeatureOptions& options) {
  const SensorOptions& sensors = options.sensors;
  bool any = sensors.stuck_frames > 0 || sensors.clipped_frames > 0 || sensors.rate_tolerance > 0.0f;
  for (int c = 0; c < options.channels; ++c)
    any = any || options.channel[c].flat_range > 0.0f || options.channel[c].idle_level > 0.0f;
  return any;
}

/// Windows after one of standstill that are idle too.
constexpr uint32_t run_up_windows(const FeatureOptions& options) {
  const float windows = options.sensors.run_up * options.sampling_rate / static_cast<float>(options.hop);
  const uint32_t whole = static_cast<uint32_t>(windows);
  return static_cast<float>(whole) < windows ? whole + 1 : whole;
}

/// What one feature is. The order is the order of a channel's features in a row.
enum class FeatureKind : uint8_t {
  mean,                       ///< of the window, in units
  rms,                        ///< root mean square of the signal minus its mean, in units
  median_absolute_deviation,  ///< from the median, without the factor 1.4826, in units
  peak_to_peak,               ///< largest minus least value, in units
  crest_factor,               ///< largest magnitude / rms; 0 when flat
  skewness,                   ///< third moment / rms^3; 0 when flat
  kurtosis,                   ///< fourth moment / rms^4: 3 for Gaussian noise, 1.5 for a sine; 0 when flat
  zero_crossings,             ///< changes of sign a second
  band_energy,                ///< natural log of the energy in a band of the spectrum, unit^2
  envelope_energy,            ///< natural log of the energy in a band of the envelope's spectrum, no unit
  spectral_kurtosis,          ///< of a band: 0 for stationary noise, -1 for a tone, large for impacts
  correlation,                ///< Pearson's, of two channels; 0 when either is flat
  input,                      ///< a number from elsewhere, in a unit of its own
};

/// English words for a kind of feature; static storage.
constexpr const char* to_string(FeatureKind kind) {
  switch (kind) {
    case FeatureKind::mean: return "mean";
    case FeatureKind::rms: return "rms";
    case FeatureKind::median_absolute_deviation: return "median absolute deviation";
    case FeatureKind::peak_to_peak: return "peak to peak";
    case FeatureKind::crest_factor: return "crest factor";
    case FeatureKind::skewness: return "skewness";
    case FeatureKind::kurtosis: return "kurtosis";
    case FeatureKind::zero_crossings: return "zero crossings";
    case FeatureKind::band_energy: return "band";
    case FeatureKind::envelope_energy: return "envelope band";
    case FeatureKind::spectral_kurtosis: return "spectral kurtosis";
    case FeatureKind::correlation: return "correlation";
    case FeatureKind::input: return "input";
  }
  return "?";
}

/// True when a channel has a feature of this kind for each of several bands.
constexpr bool has_bands(FeatureKind kind) {
  return kind == FeatureKind::band_energy || kind == FeatureKind::envelope_energy ||
         kind == FeatureKind::spectral_kurtosis;
}

/// What the feature at some place in a row is.
struct FeatureName {
  FeatureKind kind;
  int channel;  ///< -1 of an input
  int detail;   ///< the band, from 0; the other channel of a correlation; the number of an input; else 0
};

/// How many features of this kind each channel has; of correlations and inputs, how many there are in all.
constexpr int feature_count(const FeatureOptions& options, FeatureKind kind) {
  switch (kind) {
    case FeatureKind::mean: return options.mean;
    case FeatureKind::rms: return options.rms;
    case FeatureKind::median_absolute_deviation: return options.median_absolute_deviation;
    case FeatureKind::peak_to_peak: return options.peak_to_peak;
    case FeatureKind::crest_factor: return options.crest_factor;
    case FeatureKind::skewness: return options.skewness;
    case FeatureKind::kurtosis: return options.kurtosis;
    case FeatureKind::zero_crossings: return options.zero_crossings;
    case FeatureKind::band_energy: return options.bands;
    case FeatureKind::envelope_energy: return options.envelope_bands;
    case FeatureKind::spectral_kurtosis: return options.spectral_kurtosis_bands;
    case FeatureKind::correlation:
      return options.correlation ? options.channels * (options.channels - 1) / 2 : 0;
    case FeatureKind::input: return options.inputs;
  }
  return 0;
}

/// Features that take code of their own. Bits, so that a firmware whose options are a constant leaves out the
/// code of the others.
enum FeaturePart : uint32_t {
  median_feature = 1,
  hann_bands_feature = 2,
  sine_taper_bands_feature = 4,
  envelope_feature = 8,
  spectral_kurtosis_feature = 16,
  correlation_feature = 32,
  every_feature = 63,
};

/// Those that the options switch on.
constexpr uint32_t feature_parts(const FeatureOptions& options) {
  const uint32_t bands =
      options.spectrum == SpectrumKind::hann ? hann_bands_feature : sine_taper_bands_feature;
  return (options.median_absolute_deviation ? uint32_t{median_feature} : 0) |
         (options.bands > 0 ? bands : 0) | (options.envelope_bands > 0 ? uint32_t{envelope_feature} : 0) |
         (options.spectral_kurtosis_bands > 0 ? uint32_t{spectral_kurtosis_feature} : 0) |
         (feature_count(options, FeatureKind::correlation) > 0 ? uint32_t{correlation_feature} : 0);
}

/// Features of one channel, correlations not included.
constexpr int features_per_channel(const FeatureOptions& options) {
  int count = 0;
  for (int kind = 0; kind < static_cast<int>(FeatureKind::correlation); ++kind)
    count += feature_count(options, static_cast<FeatureKind>(kind));
  return count;
}

/// Features that are taken of a window: those of a row but the inputs.
constexpr int window_feature_count(const FeatureOptions& options) {
  return options.channels * features_per_channel(options) + feature_count(options, FeatureKind::correlation);
}

/// Features in a row: channel after channel in the order of FeatureKind, bands from low to high, then the
/// correlations (0,1), (0,2), ..., (1,2), ..., then the inputs.
constexpr int feature_count(const FeatureOptions& options) {
  return window_feature_count(options) + options.inputs;
}

/// What the feature at place `index` in [0, feature_count) is. O(number of kinds and channels).
constexpr FeatureName feature_name(const FeatureOptions& options, int index) {
  const int per_channel = features_per_channel(options);
  if (index >= window_feature_count(options))
    return {FeatureKind::input, -1, index - window_feature_count(options)};
  if (index < options.channels * per_channel) {
    int place = index % per_channel;
    int kind = 0;
    while (place >= feature_count(options, static_cast<FeatureKind>(kind)))
      place -= feature_count(options, static_cast<FeatureKind>(kind++));
    return {static_cast<FeatureKind>(kind), index / per_channel, place};
  }
  int first = 0;
  int pair = index - options.channels * per_channel;
  while (first + 2 < options.channels && pair >= options.channels - 1 - first)
    pair -= options.channels - 1 - first++;
  return {FeatureKind::correlation, first, first + 1 + pair};
}

/// Samples of the transform of a window: the next power of two. What is beyond the window is zero.
constexpr Index transform_size(const FeatureOptions& options) {
  Index size = 8;
  while (size < options.window) size *= 2;
  return size;
}

/// Equal bands of frequencies, and the bins of a transform that lie in them. Bin k is k sampling_rate /
/// size Hz and belongs to the band whose lower edge it is; the upper edge of the last band belongs to it. Bin
/// 0 belongs to none.
struct BandLayout {
  int bands = 0;
  float lowest_hz = 0;   ///< lower edge of the first
  float highest_hz = 0;  ///< upper edge of the last
  float sampling_rate = 1;
  Index size = 0;  ///< of the transform

  /// Lower edge of a band in Hz; of band `bands`, the upper edge of the last.
  constexpr float edge_hz(int band) const {
    return lowest_hz + static_cast<float>(band) / static_cast<float>(bands) * (highest_hz - lowest_hz);
  }

  /// First bin of a band; of band `bands`, one past the last bin of the last. An edge up to 1/32 bin above a
  /// bin counts as that bin, so that a rounding does not matter.
  constexpr Index first_bin(int band) const {
    const float bin = edge_hz(band) / sampling_rate * static_cast<float>(size);
    constexpr float slack = 1.0f / 32.0f;
    const Index last = size / 2;
    if (!(bin < static_cast<float>(last) + slack)) return band < bands ? last : last + 1;
    if (band == bands) return static_cast<Index>(bin + slack) + 1;
    const Index below = static_cast<Index>(bin);  // bin >= 0: this rounds down
    const Index first = bin - static_cast<float>(below) > slack ? below + 1 : below;
    return first > 0 ? first : 1;
  }

  /// Every band holds a bin.
  constexpr bool filled() const {
    for (int band = 0; band < bands; ++band)
      if (first_bin(band) >= first_bin(band + 1)) return false;
    return true;
  }
};

/// The bands of the spectrum.
constexpr BandLayout spectrum_bands(const FeatureOptions& options) {
  return {options.bands, options.lowest_hz,
          options.highest_hz > 0.0f ? options.highest_hz : 0.5f * options.sampling_rate,
          options.sampling_rate, transform_size(options)};
}

/// The bands of the spectral kurtosis: of the same range.
constexpr BandLayout spectral_kurtosis_bands(const FeatureOptions& options) {
  BandLayout layout = spectrum_bands(options);
  layout.bands = options.spectral_kurtosis_bands;
  layout.size = options.spectral_kurtosis_block;
  return layout;
}

/// The band of the signal whose envelope is looked at, as one band of its spectrum.
constexpr BandLayout carrier_band(const FeatureOptions& options) {
  return {1, options.envelope_lowest_hz > 0.0f ? options.envelope_lowest_hz : 0.25f * options.sampling_rate,
          options.envelope_highest_hz > 0.0f ? options.envelope_highest_hz : 0.5f * options.sampling_rate,
          options.sampling_rate, transform_size(options)};
}

/// The bins of the carrier's band: the first, and how many. That of half the sampling rate is none of them.
struct CarrierBins {
  Index first;
  Index count;
};
constexpr CarrierBins carrier_bins(const FeatureOptions& options) {
  const BandLayout carrier = carrier_band(options);
  const Index first = carrier.first_bin(0);
  return {first, smaller(carrier.first_bin(1), carrier.size / 2) - first};
}

/// The bands of the envelope's spectrum. The envelope of a narrow band needs few samples: what `size` and
/// `sampling_rate` say. It has as many frequencies as the band has bins, and none may
/// fold back onto those up to the limit, nor onto the next one, which a Hann window mixes in.
constexpr BandLayout envelope_bands(const FeatureOptions& options) {
  const BandLayout carrier = carrier_band(options);
  const float limit = options.envelope_limit_hz > 0.0f ? options.envelope_limit_hz
                                                       : 0.5f * (carrier.highest_hz - carrier.lowest_hz);
  BandLayout layout{options.envelope_bands, 0.0f, limit, options.sampling_rate, carrier.size};
  const Index needed = carrier_bins(options).count + layout.first_bin(layout.bands);
  Index size = 8;
  while (size < needed) size *= 2;
  layout.sampling_rate *= static_cast<float>(size) / static_cast<float>(carrier.size);
  layout.size = size;
  return layout;
}

/// The bands that features of a kind are of: has_bands(kind).
constexpr BandLayout band_layout(const FeatureOptions& options, FeatureKind kind) {
  if (kind == FeatureKind::envelope_energy) return envelope_bands(options);
  if (kind == FeatureKind::spectral_kurtosis) return spectral_kurtosis_bands(options);
  return spectrum_bands(options);
}

namespace detail {

constexpr bool is_power_of_two(int n) { return n > 0 && (n & (n - 1)) == 0; }
constexpr bool is_positive(float x) { return x > 0.0f && x <= FLT_MAX; }

/// A place for the upper edge of bands: 0, which stands for a default, or up to half the sampling rate.
constexpr bool is_upper_edge(float hz, float sampling_rate) {
  return hz >= 0.0f && hz <= 0.5f * sampling_rate;
}

constexpr const char* what_is_wrong_with_range(const FeatureOptions& options) {
  if (options.bands == 0 && options.spectral_kurtosis_bands == 0) return nullptr;
  if (!(options.lowest_hz >= 0.0f)) return "lowest_hz must not be negative";
  if (!is_upper_edge(options.highest_hz, options.sampling_rate))
    return "highest_hz must be 0 or at most half the sampling rate";
  const BandLayout layout = spectrum_bands(options);
  return layout.lowest_hz < layout.highest_hz ? nullptr : "lowest_hz must be below highest_hz";
}

constexpr const char* what_is_wrong_with_bands(const FeatureOptions& options) {
  if (options.bands == 0) return nullptr;
  if (options.bands < 0 || options.bands > transform_size(options) / 2)
    return "bands must be from 0 to half the window's next power of two";
  if (!spectrum_bands(options).filled())
    return "every band must hold a bin: use fewer bands, a wider range or a longer window";
  if (options.spectrum != SpectrumKind::hann && options.spectrum != SpectrumKind::sine_tapers)
    return "spectrum must be hann or sine_tapers";
  if (options.spectrum == SpectrumKind::sine_tapers &&
      (options.tapers < 1 || options.tapers > 16 || options.tapers >= options.window ||
       options.window % 2 != 0))
    return "sine_tapers need an even window and tapers from 1 to 16, fewer than frames";
  return nullptr;
}

constexpr const char* what_is_wrong_with_spectral_kurtosis(const FeatureOptions& options) {
  if (options.spectral_kurtosis_bands == 0) return nullptr;
  const int block = options.spectral_kurtosis_block;
  if (!is_power_of_two(block) || block < 16 || block < options.window / 256 || block > options.window / 2)
    return "spectral_kurtosis_block must be a power of two of at least 16, from window / 256 to window / 2";
  if (options.spectral_kurtosis_bands < 0 || options.spectral_kurtosis_bands > block / 2)
    return "spectral_kurtosis_bands must be from 0 to spectral_kurtosis_block / 2";
  const BandLayout layout = spectral_kurtosis_bands(options);
  if (!layout.filled() || layout.first_bin(layout.bands - 1) >= layout.size / 2)
    return "every band of spectral kurtosis must hold a bin: use fewer, a wider range or a longer block";
  return nullptr;
}

constexpr const char* what_is_wrong_with_envelope(const FeatureOptions& options) {
  if (options.envelope_bands == 0) return nullptr;
  if (!is_power_of_two(options.window)) return "window must be a power of two when envelope_bands are on";
  if (options.envelope_bands < 0 || options.envelope_bands > options.window / 4)
    return "envelope_bands must be from 0 to window / 4";
  if (!is_upper_edge(options.envelope_lowest_hz, options.sampling_rate) ||
      !is_upper_edge(options.envelope_highest_hz, options.sampling_rate))
    return "envelope_lowest_hz and envelope_highest_hz must be from 0 to half the sampling rate";
  const BandLayout carrier = carrier_band(options);
  const float width = carrier.highest_hz - carrier.lowest_hz;
  if (!(width > 0.0f) || carrier_bins(options).count < 2)
    return "envelope_lowest_hz must be below envelope_highest_hz, by two bins at least";
  if (!(options.envelope_limit_hz >= 0.0f && options.envelope_limit_hz <= width))
    return "envelope_limit_hz must be from 0 to envelope_highest_hz - envelope_lowest_hz";
  const BandLayout layout = envelope_bands(options);
  if (layout.size > options.window / 2)
    return "envelope_highest_hz - envelope_lowest_hz and envelope_limit_hz must be less than half the "
           "sampling "
           "rate together";
  if (!layout.filled())
    return "every envelope band must hold a bin: use fewer, a higher limit or a longer window";
  return nullptr;
}

constexpr const char* what_is_wrong_with_channel(const ChannelOptions& channel) {
  if (!is_positive(channel.counts_per_unit)) return "counts_per_unit must be positive";
  if (!(channel.full_scale >= 0.0f && channel.full_scale <= FLT_MAX))
    return "full_scale must not be negative";
  if (channel.unit[7] != '\0') return "unit must have at most 7 characters";
  if (!(channel.flat_range >= 0.0f && channel.flat_range <= FLT_MAX))
    return "flat_range must not be negative";
  if (!(channel.idle_level >= 0.0f && channel.idle_level <= FLT_MAX))
    return "idle_level must not be negative";
  return nullptr;
}

constexpr const char* what_is_wrong_with_sensors(const FeatureOptions& options) {
  const SensorOptions& sensors = options.sensors;
  if (sensors.stuck_frames < 0 || sensors.stuck_frames == 1 || sensors.stuck_frames > options.window)
    return "stuck_frames must be 0 or from 2 to window";
  if (sensors.clipped_frames < 0 || sensors.clipped_frames > options.window)
    return "clipped_frames must be from 0 to window";
  bool full_scale_known = sensors.clipped_frames == 0;
  for (int c = 0; c < options.channels; ++c)
    full_scale_known = full_scale_known || options.channel[c].full_scale > 0.0f;
  if (!full_scale_known) return "clipped_frames needs the full_scale of a channel";
  if (!(sensors.rate_tolerance >= 0.0f && sensors.rate_tolerance < 0.5f))
    return "rate_tolerance must be from 0 to below 0.5";
  // So that the windows of it can be counted.
  if (!(sensors.run_up >= 0.0f && sensors.run_up * options.sampling_rate <= 1e9f))
    return "run_up must be from 0 to 1e9 frames";
  return nullptr;
}

constexpr const char* what_is_wrong_with_arithmetic(const FeatureOptions& options) {
  if (options.arithmetic == Arithmetic::floating) return nullptr;
  if (options.arithmetic != Arithmetic::integer) return "arithmetic must be floating or integer";
  if (options.bands > 0 && options.spectrum != SpectrumKind::hann)
    return "spectrum must be hann when arithmetic is integer";
  if (options.envelope_bands > 0 || options.spectral_kurtosis_bands > 0)
    return "envelope_bands and spectral_kurtosis_bands must be 0 when arithmetic is integer";
  return nullptr;
}

}  // namespace detail

/// What is wrong with the options, as a sentence in static storage; nullptr when nothing is. constexpr, for
/// static_assert.
constexpr const char* what_is_wrong(const FeatureOptions& options) {
  if (options.channels < 1 || options.channels > max_channels) return "channels must be from 1 to 16";
  if (options.window < 8 || options.window > 65536) return "window must be from 8 to 65536 frames";
  if (options.hop < 1 || options.hop > options.window) return "hop must be from 1 to window";
  if (!detail::is_positive(options.sampling_rate)) return "sampling_rate must be positive";
  if (!(options.energy_floor >= FLT_MIN && options.energy_floor <= FLT_MAX))
    return "energy_floor must be positive, at least 1.2e-38";
  if (const char* wrong = detail::what_is_wrong_with_range(options)) return wrong;
  if (const char* wrong = detail::what_is_wrong_with_bands(options)) return wrong;
  if (const char* wrong = detail::what_is_wrong_with_envelope(options)) return wrong;
  if (const char* wrong = detail::what_is_wrong_with_spectral_kurtosis(options)) return wrong;
  if (const char* wrong = detail::what_is_wrong_with_arithmetic(options)) return wrong;
  for (int c = 0; c < options.channels; ++c)
    if (const char* wrong = detail::what_is_wrong_with_channel(options.channel[c])) return wrong;
  if (const char* wrong = detail::what_is_wrong_with_sensors(options)) return wrong;
  if (options.correlation && options.window < options.channels)
    return "window must have at least as many frames as there are channels when correlation is on";
  if (window_feature_count(options) < 1) return "no feature is switched on";
  if (options.inputs < 0 || options.inputs > 64) return "inputs must be from 0 to 64";
  return nullptr;
}

/// Status::ok, or Status::out_of_range when something is wrong (what_is_wrong says what; a number that is not
/// finite is found under any compiler flag).
inline Status check(const FeatureOptions& options) {
  bool finite = is_finite(options.sampling_rate) && is_finite(options.lowest_hz) &&
                is_finite(options.highest_hz) && is_finite(options.energy_floor) &&
                is_finite(options.envelope_lowest_hz) && is_finite(options.envelope_highest_hz) &&
                is_finite(options.envelope_limit_hz) && is_finite(options.sensors.rate_tolerance) &&
                is_finite(options.sensors.run_up);
  for (const ChannelOptions& channel : options.channel)
    finite = finite && is_finite(channel.counts_per_unit) && is_finite(channel.full_scale) &&
             is_finite(channel.flat_range) && is_finite(channel.idle_level);
  return finite && what_is_wrong(options) == nullptr ? Status::ok : Status::out_of_range;
}

}  // namespace thrum

#endif  // THRUM_FEATURES_OPTIONS_HPP

#ifndef THRUM_DETECTION_DETECTOR_MODEL_HPP
#define THRUM_DETECTION_DETECTOR_MODEL_HPP

namespace thrum {

/// Version of the model's layout; a header written for another one does not compile.
constexpr uint32_t model_schema = 5;

/// Feature rows with the scores they must get, for a check on the device itself.
template <typename Scalar>
struct SelfTests {
  const Scalar* rows = nullptr;    ///< count x d
  const Scalar* scores = nullptr;  ///< count
  int count = 0;
  Scalar tolerance = 0;  ///< |score - expected| <= tolerance * max(1, |expected|)
};

/// A fitted detector as plain data that somebody else owns: Eigen matrices on the laptop, constexpr arrays in
/// flash. A stage that is not used has no features and null pointers. Classes: how the last stage scores,
/// AnomalyModel or QuantisedClasses (whose scaling is its own: `scaling` serves a projection only).
template <typename Scalar, typename Classes = AnomalyModel<Scalar>>
struct DetectorModel {
  uint32_t schema = model_schema;
  uint32_t checksum = 0;  ///< `checksum_of` the model
  int features = 0;       ///< d, of a feature row
  bool has_signal = false;
  FeatureOptions signal{};  ///< how feature rows come from windows, when has_signal
  MonitorOptions monitor{};
  ScalingModel<Scalar> scaling{};
  ProjectionModel<Scalar> projection{};
  Classes anomaly{};
  SelfTests<Scalar> self_tests{};

  constexpr bool scales() const { return scaling.features > 0; }
  constexpr bool projects() const { return projection.features > 0; }
  /// Scalars of scratch that scoring one row needs.
  constexpr int scratch_size() const { return features + projection.components + anomaly.scratch_size(); }
  /// The part of that scratch which is the scorer's.
  constexpr Scalar* anomaly_scratch(Scalar* scratch) const {
    return scratch + features + projection.components;
  }
};

}  // namespace thrum

#endif  // THRUM_DETECTION_DETECTOR_MODEL_HPP

#ifndef THRUM_CORE_SHARED_WORD_HPP
#define THRUM_CORE_SHARED_WORD_HPP

namespace thrum {

// A word that one side writes and the other reads, an interrupt and the main loop: plain loads and stores, in
// the order of the program. clang knows no atomic access on a Cortex-M0 and would call a library; that has a
// single core, where it is enough that the compiler keeps the order.
#if defined(__clang__) && __GCC_ATOMIC_INT_LOCK_FREE != 2

inline uint32_t load_shared(const uint32_t& word) {
  const uint32_t value = *static_cast<const volatile uint32_t*>(&word);
  __atomic_signal_fence(__ATOMIC_ACQ_REL);
  return value;
}

inline void store_shared(uint32_t& word, uint32_t value) {
  __atomic_signal_fence(__ATOMIC_ACQ_REL);
  *static_cast<volatile uint32_t*>(&word) = value;
}

#else

/// The word; what was written before it was stored is seen by what is read after it was loaded.
inline uint32_t load_shared(const uint32_t& word) { return __atomic_load_n(&word, __ATOMIC_ACQUIRE); }

/// Stores the word, after all that was written before.
inline void store_shared(uint32_t& word, uint32_t value) { __atomic_store_n(&word, value, __ATOMIC_RELEASE); }

#endif

}  // namespace thrum

#endif  // THRUM_CORE_SHARED_WORD_HPP

#ifndef THRUM_FEATURES_WINDOW_STREAM_HPP
#define THRUM_FEATURES_WINDOW_STREAM_HPP

namespace thrum {

/// Types that a sensor's samples may have.
template <typename Type>
constexpr bool is_sample = false;
template <>
inline constexpr bool is_sample<int16_t> = true;
template <>
inline constexpr bool is_sample<float> = true;

/// A window of frames x channels in one piece, or in two when it wraps round the end of a ring.
template <typename Sample>
struct WindowView {
  MatrixView<const Sample> first;
  MatrixView<const Sample> second;  ///< follows `first`; may have no rows

  constexpr Index frames() const { return first.rows + second.rows; }
  constexpr Index channels() const { return first.cols; }
  /// All channels of frame i in [0, frames()).
  constexpr VectorView<const Sample> frame(Index i) const {
    return i < first.rows ? first.row(i) : second.row(i - first.rows);
  }
};

/// Memory and shape of a stream: what WindowStream needs besides its own positions. The stream keeps no
/// pointer to it, so that an object that holds both can be all zero at start-up (.bss), moved and copied.
template <typename Sample>
struct WindowBuffer {
  Sample* samples =
      nullptr;         ///< capacity x channels, frame after frame; its content at the start is of no matter
  Index capacity = 0;  ///< frames, at least `window`; what is beyond is slack while the reader works
  Index channels = 1;
  Index window = 0;  ///< frames
  Index hop = 0;     ///< frames, 1 to window
};

/// Cuts a stream of frames, which come in blocks of any size, into overlapping windows: one writer (an
/// interrupt) and one reader (the main loop), without locks. Only whole words are loaded and stored, in
/// order, so the smallest Cortex-M will do. All-zero bits are the start-up state; 36 bytes; allocates
/// nothing.
///
/// Each call takes the same WindowBuffer. When there is no room, frames are refused and counted, never older
/// ones overwritten. No window bridges a gap, be it of refused frames or of those that gap() tells of: a
/// window that is complete before it is still to be had, those begun and not completed are discarded and
/// counted, and the next one starts behind it. Of several gaps that the reader finds at once only the last is
/// known, and all frames before that are discarded.
///
/// Positions run over [0, 2 capacity), so that a full ring and an empty one differ and nothing ever wraps at
/// 2^32; capacity must be below 2^30.
template <typename Sample>
class WindowStream {
 public:
  /// Writer: takes `frames` x channels interleaved samples. Returns the frames accepted: all, or as many as
  /// there is room for. Cost: two memcpy at most.
  Index write(const WindowBuffer<Sample>& buffer, const Sample* interleaved, Index frames) {
    const Index written = own(written_);
    const Index accepted = larger(smaller(frames, room(buffer)), Index{0});
    const size_t frame_bytes = static_cast<size_t>(buffer.channels) * sizeof(Sample);
    const Index start = in_ring(buffer, written);
    const Index straight = smaller(accepted, buffer.capacity - start);
    if (straight > 0)
      memcpy(buffer.samples + start * buffer.channels, interleaved,
             static_cast<size_t>(straight) * frame_bytes);
    if (accepted > straight)
      memcpy(buffer.samples, interleaved + straight * buffer.channels,
             static_cast<size_t>(accepted - straight) * frame_bytes);
    return finish(buffer, accepted, frames);
  }

  /// Writer: the same from one array of `frames` samples for each channel.
  Index write_planar(const WindowBuffer<Sample>& buffer, const Sample* const* channels, Index frames) {
    const Index accepted = larger(smaller(frames, room(buffer)), Index{0});
    Index place = in_ring(buffer, own(written_));
    for (Index i = 0; i < accepted; ++i) {
      for (Index c = 0; c < buffer.channels; ++c)
        buffer.samples[place * buffer.channels + c] = channels[c][i];
      if (++place == buffer.capacity) place = 0;
    }
    return finish(buffer, accepted, frames);
  }

  /// Writer: frames that write() would take now.
  Index room(const WindowBuffer<Sample>& buffer) const {
    return buffer.capacity - waiting(buffer, own(written_), load(read_));
  }

  /// Writer: so many frames are missing between those written and those to come; 0 or less when it is not
  /// known how many. O(1).
  void gap(Index frames) {
    add(missing_, frames);
    mark_gap(own(written_));
  }

  /// Frames refused because the reader was late. Any side. This count and the others stay at 2^32 - 1 once
  /// there.
  uint32_t overruns() const { return load_shared(overruns_); }
  /// Frames that gap() told of. Any side.
  uint32_t missing() const { return load_shared(missing_); }
  /// Windows that began, and were not completed because of a gap. Any side.
  uint32_t discarded() const { return load_shared(discarded_); }

  /// Reader: true when window() is complete. Leaves a gap behind when that is due. O(1).
  bool window_ready(const WindowBuffer<Sample>& buffer) {
    if (!no_gap_ahead()) {
      const Gap gap = gap_ahead(buffer);
      if (!gap.known) return false;  // it is to be tried again later
      if (gap.only_one && gap.frames_before >= buffer.window) return true;
      pass(buffer, gap);
    }
    return complete(buffer);
  }

  /// Reader: frames written and not yet left behind by advance().
  Index frames_waiting(const WindowBuffer<Sample>& buffer) const {
    return waiting(buffer, load(written_), own(read_));
  }

  /// Reader: the oldest window; requires window_ready(). Valid until advance().
  WindowView<Sample> window(const WindowBuffer<Sample>& buffer) const {
    const Index start = in_ring(buffer, own(read_));
    const Index straight = smaller(buffer.window, buffer.capacity - start);
    const Sample* samples = buffer.samples;
    return {row_major(samples + start * buffer.channels, straight, buffer.channels),
            row_major(samples, buffer.window - straight, buffer.channels)};
  }

  /// Reader: leaves the window; the next starts `hop` frames later. Requires window_ready().
  void advance(const WindowBuffer<Sample>& buffer) { store(read_, moved(buffer, own(read_), buffer.hop)); }

  /// Reader: drops the frames written so far; the next window starts after them. The counts stay.
  void drop_waiting() {
    const uint32_t marks = load_shared(gap_marks_);  // first: a gap that comes in between is found later
    store(read_, load(written_));
    gaps_passed_ = marks & ~1u;
  }

  /// Puts in order what a reset of the processor, in the middle of anything, left in memory that is retained:
  /// frames are dropped, counts stay. False, and nothing is changed, when no stream can have left it. Only
  /// while neither side is at work.
  bool recover(const WindowBuffer<Sample>& buffer) {
    if (load(written_) >= 2 * buffer.capacity) return false;
    gap_marks_ &= ~1u;
    drop_waiting();
    return true;
  }

  /// Forgets all frames and counts. Only while neither side is at work.
  void reset() { *this = WindowStream(); }

 private:
  static Index load(const uint32_t& position) { return static_cast<Index>(load_shared(position)); }
  /// The same of a word that no other side changes.
  static Index own(uint32_t position) { return static_cast<Index>(position); }
  static void store(uint32_t& position, Index value) { store_shared(position, static_cast<uint32_t>(value)); }
  static Index in_ring(const WindowBuffer<Sample>& buffer, Index position) {
    return position < buffer.capacity ? position : position - buffer.capacity;
  }
  static Index moved(const WindowBuffer<Sample>& buffer, Index position, Index frames) {
    position += frames;
    return position < 2 * buffer.capacity ? position : position - 2 * buffer.capacity;
  }
  static Index waiting(const WindowBuffer<Sample>& buffer, Index written, Index read) {
    return written >= read ? written - read : written - read + 2 * buffer.capacity;
  }

  /// One side's own counter, which the other may read.
  static void add(uint32_t& counter, Index events) {
    if (events <= 0) return;
    const uint32_t total = counter + static_cast<uint32_t>(smaller(events, Index{INT32_MAX}));
    store_shared(counter, total < counter ? UINT32_MAX : total);
  }

  // ---- writer

  /// Hands the accepted frames to the reader; the others leave a gap.
  Index finish(const WindowBuffer<Sample>& buffer, Index accepted, Index frames) {
    const Index now = moved(buffer, own(written_), accepted);
    if (accepted > 0) {
      store(written_, now);
      gap_is_last_ = 0;
    }
    if (frames > accepted) {
      add(overruns_, frames - accepted);
      mark_gap(now);
    }
    return accepted;
  }

  /// The mark is odd while its place changes, so that the reader never takes one place for another's. Gaps
  /// without frames between them are one.
  void mark_gap(Index place) {
    if (gap_is_last_ != 0) return;
    store_shared(gap_marks_, gap_marks_ + 1);
    store(gap_at_, place);
    store_shared(gap_marks_, gap_marks_ + 1);
    gap_is_last_ = 1;
  }

  // ---- reader

  bool no_gap_ahead() const { return load_shared(gap_marks_) == gaps_passed_; }

  /// A window without a gap. Marks are looked at after `written_`: frames behind a gap are written after its
  /// mark.
  bool complete(const WindowBuffer<Sample>& buffer) const {
    return frames_waiting(buffer) >= buffer.window && no_gap_ahead();
  }

  /// Where the last gap is, when that can be told: not while the writer is at it.
  struct Gap {
    bool known;
    bool only_one;
    uint32_t mark;
    Index frames_before;  ///< and after read_; -1: it is behind that
  };
  Gap gap_ahead(const WindowBuffer<Sample>& buffer) const {
    const uint32_t mark = load_shared(gap_marks_);
    const Index place = load(gap_at_);
    const bool known = mark % 2 == 0 && load_shared(gap_marks_) == mark;
    const Index before = waiting(buffer, place, own(read_));
    const bool ahead = before <= frames_waiting(buffer);
    return {known, mark - gaps_passed_ == 2, mark, ahead ? before : Index{-1}};
  }

  /// Drops the frames before the gap, and counts the windows that began there.
  void pass(const WindowBuffer<Sample>& buffer, const Gap& gap) {
    if (gap.frames_before > 0) {
      add(discarded_, (gap.frames_before + buffer.hop - 1) / buffer.hop);
      store(read_, moved(buffer, own(read_), gap.frames_before));
    }
    gaps_passed_ = gap.mark;
  }

  // changed by the writer only
  uint32_t written_ = 0;
  uint32_t overruns_ = 0;
  uint32_t missing_ = 0;
  uint32_t gap_at_ = 0;       ///< position of the latest gap
  uint32_t gap_marks_ = 0;    ///< two for each gap; compared for equality and by small differences only
  uint32_t gap_is_last_ = 0;  ///< nothing was written behind it yet
  // changed by the reader only
  uint32_t read_ = 0;
  uint32_t gaps_passed_ = 0;  ///< value of gap_marks_
  uint32_t discarded_ = 0;
};

}  // namespace thrum

#endif  // THRUM_FEATURES_WINDOW_STREAM_HPP

#ifndef THRUM_FEATURES_STATISTICS_HPP
#define THRUM_FEATURES_STATISTICS_HPP

#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_SIMD32) && !defined(__clang__) && \
    !defined(THRUM_FLOATS_BY_HELIUM)
#define THRUM_SAMPLES_BY_PAIRS
#include <arm_acle.h>
#endif

namespace thrum {

/// Terms added before a sum is put aside. With two levels the relative error of a sum of N terms of one sign
/// stays below (64 + N / 64) roundings: 5e-6 at 1024, 7e-5 at 65536, and is commonly a tenth of that.
constexpr Index samples_per_partial_sum = 64;

/// Where a channel's samples lie and how far they reach, in counts. What turns sample x into the normalised
/// signal y in [-1, 1] that all features are computed from: y = ((x - first) - mean) * inverse_peak.
/// Subtracting the first sample is exact for int16 (and for floats of like size), so an added constant
/// changes no feature; dividing by the peak keeps powers of y from overflow and underflow at any amplitude.
struct ChannelScale {
  float first = 0;         ///< the first sample
  float mean = 0;          ///< of the samples minus the first
  float peak = 0;          ///< largest |x - mean of x|
  float inverse_peak = 0;  ///< 1 / peak; 0 when flat
  float range = 0;         ///< largest minus least sample
  int32_t sum = 0;         ///< of the samples when they are int16; exact, up to 65536 of them

  /// No movement: all samples equal, or apart by less than the smallest normal float.
  constexpr bool flat() const { return inverse_peak == 0.0f; }
  [[gnu::always_inline]] constexpr float normalised(float sample_minus_first) const {
    return (sample_minus_first - mean) * inverse_peak;
  }
};

/// Sums over the normalised signal.
struct ChannelSums {
  float squares = 0;
  float cubes = 0;
  float fourths = 0;
  int32_t crossings = 0;  ///< neighbours of different sign
};

namespace detail {

/// Sum of `count` values in order, in partial sums.
inline float ordered_sum_of(const float* values, Index count) {
  float total = 0;
  for (Index begin = 0; begin < count; begin += samples_per_partial_sum) {
    const Index end = smaller(begin + samples_per_partial_sum, count);
    float sum = 0;
    for (Index i = begin; i < end; ++i) sum += values[i];
    total += sum;
  }
  return total;
}

/// Reads a channel's samples: writes them minus the first, and keeps the least, the greatest and the sum.
template <typename Sample>
struct ChannelReader;

template <>
struct ChannelReader<float> {
  float first;
  float least = first;
  float greatest = first;
  float sum = 0;  ///< of samples minus the first since block_sum()

  explicit ChannelReader(float first_sample) : first(first_sample) {}

  void read(const float* sample, Index count, Index stride, float* shifted) {
    ChannelReader seen = *this;
    for (float* const end = shifted + count; shifted != end; sample += stride) {
      const float difference = *sample - first + 0.0f;  // never -0
      seen.least = smaller(*sample, seen.least);
      seen.greatest = larger(seen.greatest, *sample);
      seen.sum += difference;
      *shifted++ = difference;
    }
    *this = seen;
  }
  float block_sum(Index) {
    const float block = sum;
    sum = 0;
    return block;
  }
  int32_t exact_sum() const { return 0; }
};

/// In integers: the sums of blocks are exact as floats too.
template <>
struct ChannelReader<int16_t> {
  int32_t first;
  int32_t least = first;
  int32_t greatest = first;
  int32_t sum = 0;         ///< of samples since block_sum()
  int32_t sum_before = 0;  ///< of all before

  explicit ChannelReader(int16_t first_sample) : first(first_sample) {}

  void read(const int16_t* sample, Index count, Index stride, float* shifted) {
#if defined(THRUM_FLOATS_BY_HELIUM)
    const Index together = count / 4 * 4;
    read_fours(sample, together, stride, shifted);
#elif defined(THRUM_SAMPLES_BY_PAIRS)
    const Index together = count & ~Index{1};
    read_pairs(sample, together, stride, shifted);
#else
    const Index together = 0;
#endif
    sample += together * stride;
    shifted += together;
#if defined(THRUM_SAMPLES_BY_PAIRS)
    if (together != count) *shifted = take(*sample);
#else
    ChannelReader seen = *this;
    for (float* const end = shifted + (count - together); shifted != end; sample += stride)
      *shifted++ = seen.take(*sample);
    *this = seen;
#endif
  }
  float block_sum(Index count) {
    const int32_t block = sum;
    sum_before += block;
    sum = 0;
    return static_cast<float>(block - static_cast<int32_t>(count) * first);
  }
  int32_t exact_sum() const { return sum_before; }

 private:
  /// Returns it minus the first.
  [[gnu::always_inline]] float take(int32_t value) {
    least = smaller(value, least);
    greatest = larger(greatest, value);
    sum += value;
    return static_cast<float>(value - first);
  }

#if defined(THRUM_FLOATS_BY_HELIUM)
  /// Four samples at a time. A multiple of four.
  void read_fours(const int16_t* sample, Index count, Index stride, float* shifted) {
    int32x4_t lows = vdupq_n_s32(least), highs = vdupq_n_s32(greatest);
    int32_t four_sum = sum;
    const Places places = places_apart(0, stride);
    for (float* const end = shifted + count; shifted != end; shifted += 4, sample += 4 * stride) {
      const int32x4_t values = vldrhq_gather_shifted_offset_s32(sample, places);
      lows = vminq_s32(lows, values);
      highs = vmaxq_s32(highs, values);
      four_sum = vaddvaq_s32(four_sum, values);
      store_four(shifted, vcvtq_f32_s32(values - vdupq_n_s32(first)));
    }
    least = vminvq_s32(least, lows);
    greatest = vmaxvq_s32(greatest, highs);
    sum = four_sum;
  }
#elif defined(THRUM_SAMPLES_BY_PAIRS)
  [[gnu::always_inline]] static int16x2_t pair_of(int32_t low, int32_t high) {
    return static_cast<int16x2_t>(static_cast<uint16_t>(low) | static_cast<uint32_t>(high) << 16);
  }

  /// Of each half a's where the difference before was not negative, else b's.
  [[gnu::always_inline]] static int16x2_t selected(int16x2_t a, int16x2_t b) {
    return static_cast<int16x2_t>(__sel(static_cast<uint8x4_t>(a), static_cast<uint8x4_t>(b)));
  }

  /// Two samples at a time. An even count. A function of its own, so that nothing else competes for its
  /// registers.
  [[gnu::noinline]] void read_pairs(const int16_t* sample, Index count, Index stride, float* shifted) {
    int16x2_t lows = pair_of(least, least), highs = pair_of(greatest, greatest);
    int32_t pair_sum = sum;
    for (float* const end = shifted + count; shifted != end; shifted += 2, sample += 2 * stride) {
      const int32_t a = sample[0], b = sample[stride];
      const int16x2_t pair = pair_of(a, b);
      __ssub16(pair, highs);
      highs = selected(pair, highs);
      __ssub16(pair, lows);
      lows = selected(lows, pair);
      pair_sum = __smlad(pair, pair_of(1, 1), pair_sum);
      shifted[0] = static_cast<float>(a - first);
      shifted[1] = static_cast<float>(b - first);
    }
    least = smaller(int32_t{static_cast<int16_t>(lows)}, lows >> 16);
    greatest = larger(int32_t{static_cast<int16_t>(highs)}, highs >> 16);
    sum = pair_sum;
  }
#endif
};

}  // namespace detail

/// Reads one channel: its scale, and its samples minus the first into `shifted` (window frames). The scale is
/// not finite, or its peak is too great to be inverted, when the samples are too large for float arithmetic:
/// see is_usable.
template <typename Sample>
[[gnu::always_inline]] inline ChannelScale read_channel(const WindowView<Sample>& window, Index channel,
                                                        float* shifted) {
  const VectorView<const Sample> before = window.first.col(channel), after = window.second.col(channel);
  const Index frames = window.frames();
  detail::ChannelReader<Sample> reader(before[0]);
  float total = 0;
  for (Index begin = 0, i = 0; i < frames;) {
    const bool wrapped = i >= before.size;
    const Index block_end = smaller(begin + samples_per_partial_sum, frames);
    const Index end = wrapped ? block_end : smaller(block_end, before.size);
    const VectorView<const Sample>& piece = wrapped ? after : before;
    reader.read(&piece[wrapped ? i - before.size : i], end - i, piece.stride, shifted + i);
    i = end;
    if (i < block_end) continue;
    total += reader.block_sum(i - begin);
    begin = i;
  }
  ChannelScale scale;
  scale.first = static_cast<float>(reader.first);
  scale.mean = total / static_cast<float>(window.frames());
  const float least = static_cast<float>(reader.least) - scale.first;
  const float greatest = static_cast<float>(reader.greatest) - scale.first;
  scale.range = greatest - least;
  scale.peak = larger(greatest - scale.mean, scale.mean - least);
  if (scale.range >= FLT_MIN) scale.inverse_peak = 1.0f / scale.peak;
  scale.sum = reader.exact_sum();
  return scale;
}

/// True when no arithmetic on the channel overflowed, under any compiler flag. Where subnormals are flushed
/// to zero, the inverse of a great peak is 0 as that of a flat channel is: hence the look at the range.
inline bool is_usable(const ChannelScale& scale) {
  return is_finite(scale.mean) && is_finite(scale.range) && is_finite(scale.peak) &&
         is_finite(scale.inverse_peak) && (scale.range < FLT_MIN || scale.inverse_peak >= FLT_MIN);
}

namespace detail {

/// What normalise() adds up of a block, and the sign of the value before.
struct MomentSums {
  float squares = 0, cubes = 0, fourths = 0;
  uint32_t crossings = 0;
  uint32_t before;  ///< its highest bit is the sign

  [[gnu::always_inline]] void add(float y) {
    const float square = y * y;
    squares += square;
    cubes += square * y;
    fourths += square * square;
    const uint32_t sign = bits_of(y);
    crossings += (sign ^ before) >> 31;
    before = sign;
  }
};

#if defined(THRUM_FLOATS_BY_HELIUM)
/// Adds a lane after the other.
[[gnu::always_inline]] inline void add_in_order(float& total, Four sums) {
  const FourLanes lanes = lanes_of(sums);
  total += lanes.a;
  total += lanes.b;
  total += lanes.c;
  total += lanes.d;
}

/// normalise() of four blocks of samples_per_partial_sum, each in a lane. Returns the crossings within
/// blocks.
inline uint32_t normalise_four_blocks(const ChannelScale& scale, float* signal, ChannelSums& total) {
  const Places places = places_apart(0, samples_per_partial_sum);
  const auto normalised =
      [ mean = scale.mean, factor = scale.inverse_peak ](Four shifted) __attribute__((always_inline)) {
    return vmulq_n_f32(vsubq_n_f32(shifted, mean), factor);
  };
  Four squares{}, cubes{}, fourths{};
  uint32_t crossings = 0;
  finish_memory();
  uint32x4_t before = vreinterpretq_u32_f32(normalised(gathered(signal, places)));
  for (float* const end = signal + samples_per_partial_sum; signal != end; ++signal) {
    const Four y = normalised(gathered(signal, places)), square = y * y;
    scatter(signal, places, y);
    squares += square;
    cubes += square * y;
    fourths += square * square;
    const uint32x4_t signs = vreinterpretq_u32_f32(y);
    crossings = vaddvaq_u32(crossings, (signs ^ before) >> 31);
    before = signs;
  }
  finish_memory();
  add_in_order(total.squares, squares);
  add_in_order(total.cubes, cubes);
  add_in_order(total.fourths, fourths);
  return crossings;
}
#endif

}  // namespace detail

/// Turns shifted samples into the normalised signal, in place, and sums its powers.
inline ChannelSums normalise(const ChannelScale& scale, float* signal, Index frames) {
  ChannelSums total;
  detail::MomentSums sums;
  Index begin = 0;
#if defined(THRUM_FLOATS_BY_HELIUM)
  for (; begin + 4 * samples_per_partial_sum <= frames; begin += 4 * samples_per_partial_sum)
    sums.crossings += detail::normalise_four_blocks(scale, signal + begin, total);
  for (Index i = samples_per_partial_sum; i < begin; i += samples_per_partial_sum)
    sums.crossings += (bits_of(signal[i]) ^ bits_of(signal[i - 1])) >> 31;
#endif
  sums.before = bits_of(begin > 0 ? signal[begin - 1] : scale.normalised(signal[0]));
  for (; begin < frames; begin += samples_per_partial_sum) {
    const Index end = smaller(begin + samples_per_partial_sum, frames);
    sums.squares = sums.cubes = sums.fourths = 0;
    Index i = begin;
    for (; i + 1 < end; i += 2) {
      sums.add(signal[i] = scale.normalised(signal[i]));
      sums.add(signal[i + 1] = scale.normalised(signal[i + 1]));
    }
    if ((end & 1) != 0) sums.add(signal[i] = scale.normalised(signal[i]));  // blocks begin at even ones
    total.squares += sums.squares;
    total.cubes += sums.cubes;
    total.fourths += sums.fourths;
  }
  total.crossings = scale.flat() ? 0 : static_cast<int32_t>(sums.crossings);  // 0 may have either sign then
  return total;
}

}  // namespace thrum

#endif  // THRUM_FEATURES_STATISTICS_HPP

#ifndef THRUM_FEATURES_WINDOW_CHECK_HPP
#define THRUM_FEATURES_WINDOW_CHECK_HPP

namespace thrum {

/// Whether a window is to be scored, and if not, why.
struct WindowCondition {
  SensorFault fault = SensorFault::none;
  int channel = -1;   ///< the lowest with that fault; -1 without one, or when it is of all channels
  bool idle = false;  ///< the machine stands still, or runs up

  constexpr bool scored() const { return fault == SensorFault::none && !idle; }
};

namespace detail {

/// Looks at each sample of a channel once; in counts.
class ChannelProbe {
 public:
  /// ceiling: magnitude that counts as full scale; 0: none does.
  ChannelProbe(float first, float ceiling)
      : first_(first), ceiling_(ceiling), previous_(first), least_(first), greatest_(first) {}

  template <typename Sample>
  void take(VectorView<const Sample> samples) {
    for (Index i = 0; i < samples.size; ++i) take(static_cast<float>(samples[i]));
  }

  float range() const { return greatest_ - least_; }
  int longest_run() const { return longest_run_; }
  int clipped() const { return clipped_; }
  /// Root mean square about the mean, to 1e-5 of the distance of the first sample from the mean; infinite
  /// where it overflows.
  float level() const {
    const float count = static_cast<float>(count_);
    const float mean = (sum_ + partial_sum_) / count;
    const float variance = (squares_ + partial_squares_) / count - mean * mean;
    return is_finite(variance) ? square_root(larger(0.0f, variance)) : positive_infinity<float>();
  }

 private:
  void take(float value) {
    const bool at_ceiling = ceiling_ > 0.0f && absolute(value) >= ceiling_;
    clipped_ += at_ceiling ? 1 : 0;
    // Equal samples at full scale are clipped, not stuck.
    run_ = at_ceiling ? 0 : value == previous_ ? run_ + 1 : 1;
    longest_run_ = larger(longest_run_, run_);
    previous_ = value;
    least_ = smaller(least_, value);
    greatest_ = larger(greatest_, value);
    const float step = value - first_;
    partial_sum_ += step;
    partial_squares_ += step * step;
    if (++count_ % samples_per_partial_sum != 0) return;
    sum_ += partial_sum_;
    squares_ += partial_squares_;
    partial_sum_ = partial_squares_ = 0;
  }

  float first_, ceiling_, previous_, least_, greatest_;
  int run_ = 0, longest_run_ = 0, clipped_ = 0;
  Index count_ = 0;
  float sum_ = 0, squares_ = 0, partial_sum_ = 0, partial_squares_ = 0;  // of samples less the first
};

template <typename Sample>
inline ChannelProbe probed(const FeatureOptions& options, const WindowView<Sample>& window, int c) {
  const ChannelOptions& channel = options.channel[c];
  // A converter's last steps count as full scale: of 32768 counts, int16 has 32767 and 12 bits have 32752.
  constexpr float share = 0.999f;
  ChannelProbe probe(static_cast<float>(window.first(0, c)),
                     share * channel.full_scale * channel.counts_per_unit);
  probe.take(window.first.col(c));
  if (window.second.rows > 0) probe.take(window.second.col(c));
  return probe;
}

inline SensorFault fault_of(const FeatureOptions& options, const ChannelOptions& channel,
                            const ChannelProbe& probe) {
  const SensorOptions& sensors = options.sensors;
  if (channel.flat_range > 0.0f && probe.range() <= channel.flat_range * channel.counts_per_unit)
    return SensorFault::disconnected;
  if (sensors.stuck_frames > 0 && probe.longest_run() >= sensors.stuck_frames) return SensorFault::stuck;
  if (sensors.clipped_frames > 0 && probe.clipped() >= sensors.clipped_frames) return SensorFault::clipped;
  return SensorFault::none;
}

inline int channel_not_finite(const MatrixView<const int16_t>&) { return -1; }

/// The lowest channel with a sample that is NaN or infinite; -1 without one.
inline int channel_not_finite(const MatrixView<const float>& samples) {
  for (Index c = 0; c < samples.cols; ++c)
    for (Index i = 0; i < samples.rows; ++i)
      if (!is_finite(samples(i, c))) return static_cast<int>(c);
  return -1;
}

template <typename Sample>
inline int channel_not_finite(const WindowView<Sample>& window) {
  const int first = channel_not_finite(window.first), second = channel_not_finite(window.second);
  return first < 0 || (second >= 0 && second < first) ? second : first;
}

/// The condition of a window by itself.
template <typename Sample>
inline WindowCondition condition_of(const FeatureOptions& options, const WindowView<Sample>& window) {
  const int not_finite = channel_not_finite(window);
  if (not_finite >= 0) return {SensorFault::non_finite, not_finite, false};
  WindowCondition condition;
  bool moves = false, has_level = false;
  for (int c = 0; c < options.channels; ++c) {
    const ChannelOptions& channel = options.channel[c];
    const ChannelProbe probe = probed(options, window, c);
    const SensorFault fault = fault_of(options, channel, probe);
    if (fault != SensorFault::none) return {fault, c, false};
    if (!(channel.idle_level > 0.0f)) continue;
    has_level = true;
    const float level = probe.level();
    moves = moves || !is_finite(level) || level >= channel.idle_level * channel.counts_per_unit;
  }
  condition.idle = has_level && !moves;
  return condition;
}

}  // namespace detail

/// Tells windows that are to be scored from those of a faulty sensor or a machine at rest. A machine is at
/// rest when every channel with an idle_level is below it; the windows of the next run_up seconds are idle as
/// well. A fault goes before rest; of several faults that of the lowest channel is told, of one channel's
/// non_finite, disconnected, stuck, clipped in this order. All zero at start; four bytes; allocates nothing.
class WindowCheck {
 public:
  /// The condition of the next window of options.window frames; scored when !checks_windows(options).
  /// rate_off: the rate was measured, and is off. options must pass check(). Some 25 Cortex-M4F instructions
  /// a sample.
  template <typename Sample>
  WindowCondition update(const FeatureOptions& options, const WindowView<Sample>& window,
                         bool rate_off = false) {
    if (!checks_windows(options)) return {};
    WindowCondition condition = detail::condition_of(options, window);
    if (rate_off && condition.fault == SensorFault::none) condition = {SensorFault::rate_off, -1, false};
    if (condition.idle)
      run_up_left_ = run_up_windows(options);
    else if (run_up_left_ > 0) {
      --run_up_left_;
      condition.idle = condition.fault == SensorFault::none;
    }
    return condition;
  }

  /// Forgets that the machine stood still.
  void reset() { run_up_left_ = 0; }

 private:
  uint32_t run_up_left_ = 0;  // windows
};

}  // namespace thrum

#endif  // THRUM_FEATURES_WINDOW_CHECK_HPP

#ifndef THRUM_DETECTION_VERDICT_HPP
#define THRUM_DETECTION_VERDICT_HPP

namespace thrum {

/// What is said of one window.
struct Verdict {
  Status status = Status::not_fitted;  ///< why the state is unknown; overflow: finite, but off every scale
  State state = State::unknown;
  SensorFault fault = SensorFault::none;  ///< what is wrong with the sensor, when the state is sensor_fault
  float score = 0;                        ///< 1 is the threshold; alarm is strictly above
  float tail_probability = 0;             ///< share of normal windows that score at least so high
  int cluster = -1;                       ///< the working class j it was judged against
  int feature = -1;                       ///< on alarm, the feature it is put down to: see find_culprit()
  int channel = -1;  ///< on alarm, that feature's channel; -1 when the model was fitted on bare feature rows.
                     ///< Of a sensor fault, the lowest channel that has it; -1 when it is of all
  float share = 0;   ///< on alarm, that feature's share, in [0, 1]: see Culprit
};

/// The verdict on a window that is not to be scored: sensor_fault or idle, without score and class.
inline Verdict verdict_on(const WindowCondition& condition) {
  Verdict verdict;
  verdict.status = condition.fault == SensorFault::non_finite ? Status::non_finite : Status::ok;
  verdict.state = condition.idle ? State::idle : State::sensor_fault;
  verdict.fault = condition.fault;
  verdict.channel = condition.channel;
  return verdict;
}

namespace detail {

/// Classes whose nearest may be found by bounds.
template <typename Classes>
constexpr bool may_have_bias = false;
template <typename Scalar>
constexpr bool may_have_bias<AnomalyModel<Scalar>> = true;

/// The way of scoring that these classes do not take.
template <typename Classes>
constexpr uint32_t omitted_of(const Classes& classes) {
  if constexpr (may_have_bias<Classes>) return classes.bias == nullptr ? without_bounds : without_distances;
  return 0;
}

/// False for a bias that such classes cannot have.
template <typename Classes>
constexpr bool bias_fits(const Classes& classes) {
  if constexpr (may_have_bias<Classes>)
    return classes.bias == nullptr || (classes.parts == radius_part && bounds_pay(classes.clusters));
  return true;
}

}  // namespace detail

/// `allowed` for one model that is known when compiling.
template <typename Scalar, typename Classes>
constexpr uint32_t allowed_for(const DetectorModel<Scalar, Classes>& model) {
  return model.anomaly.parts | (model.scales() ? 0 : uint32_t{without_scaling}) |
         (model.projects() ? 0 : uint32_t{without_projection}) | detail::omitted_of(model.anomaly);
}

namespace detail {

template <uint32_t allowed, typename Scalar, typename Classes>
constexpr bool scales(const DetectorModel<Scalar, Classes>& model) {
  return (allowed & without_scaling) == 0 && model.scales();
}
template <uint32_t allowed, typename Scalar, typename Classes>
constexpr bool projects(const DetectorModel<Scalar, Classes>& model) {
  return (allowed & without_projection) == 0 && model.projects();
}

/// Classes in integers have a form of this that leaves no NaN, which a projection that overflows may end in.
template <typename Classes, typename Scalar>
inline void replace_nan(const Classes&, VectorView<Scalar>) {}

/// Takes a scaled row into the space of the components. Returns a view of scratch.
template <typename Scalar, typename Classes>
inline VectorView<const Scalar> project_row(const DetectorModel<Scalar, Classes>& model,
                                            VectorView<const Scalar> x, Scalar* scratch) {
  const auto z = contiguous(scratch + model.features, model.projection.components);
  project(model.projection, x, scratch, z);
  replace_nan(model.anomaly, z);
  return z;
}

/// Takes a feature row into the space of the centres. Returns a view of x or of scratch.
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
inline VectorView<const Scalar> to_cluster_space(const DetectorModel<Scalar, Classes>& model,
                                                 VectorView<const Scalar> x, Scalar* scratch) {
  if (scales<allowed>(model)) {
    scale(model.scaling, x, contiguous(scratch, model.features));
    x = contiguous<const Scalar>(scratch, model.features);
  }
  return projects<allowed>(model) ? project_row(model, x, scratch) : x;
}

/// Where to_cluster_space() and score_row() leave that.
template <uint32_t allowed, typename Scalar, typename Classes>
inline VectorView<const Scalar> scored_row(const DetectorModel<Scalar, Classes>& model,
                                           VectorView<const Scalar> x, const Scalar* scratch) {
  if (projects<allowed>(model)) return contiguous(scratch + model.features, model.projection.components);
  return scales<allowed>(model) ? contiguous(scratch, model.features) : x;
}

}  // namespace detail

/// Score of one feature row; status non_finite (score 0, no class) when it holds NaN or infinity; overflow
/// (infinite, no class) when a feature is the largest finite number, which stands for one that overflowed.
/// x: d values; scratch: model.scratch_size() values. O(d p) and what anomaly_score costs,
/// allocates nothing. Always inlined: of a model that is a constant, half the addresses are too.
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
[[gnu::always_inline]] inline Score<Scalar> score_row(const DetectorModel<Scalar, Classes>& model,
                                                      ConstVectorView<Scalar> x, Scalar* scratch) {
  VectorView<const Scalar> z = x;
  if (x.stride != 1) {
    for (Index f = 0; f < model.features; ++f) scratch[f] = x[f];
    z = contiguous<const Scalar>(scratch, model.features);
  }
  RowSummary<Scalar> row{true, 0};
  if (detail::scales<allowed>(model)) {
    row = scale_row(model.scaling, z.data, scratch);
    z = contiguous<const Scalar>(scratch, model.features);
  } else {
    row.on_scale = !any_off_scale(z.data, model.features, 1);
  }
  if (!row.on_scale) {
    for (Index f = 0; f < model.features; ++f)
      if (!is_finite(x[f])) return {Status::non_finite, Scalar(0), -1, 0};
    return {Status::overflow, positive_infinity<Scalar>(), -1, 0};
  }
  if (detail::projects<allowed>(model)) z = detail::project_row(model, z, scratch);
  if constexpr ((allowed & without_bounds) == 0 && detail::may_have_bias<Classes>) {
    if ((allowed & without_distances) != 0 || model.anomaly.bias != nullptr) {
      const bool as_scaled = detail::scales<allowed>(model) && !detail::projects<allowed>(model);
      const Scalar square = as_scaled ? row.square : detail::sum_of_squares(z.data, z.size);
      return anomaly_score_by_bounds(model.anomaly, z.data, square, model.anomaly_scratch(scratch));
    }
  }
  return anomaly_score<allowed>(model.anomaly, z, model.anomaly_scratch(scratch));
}

/// Calls visit(f, share) with each input feature's share of what a row was judged by (see for_each_slope):
/// the shares add up to it, and may be negative. Through PCA, difference and slope are carried back into
/// feature space, where their products add up to the same sum. x: d finite values; score: what score_row()
/// said of it, with a class; scratch: as score_row() left it, destroyed. O(d p) and what for_each_slope
/// costs.
template <uint32_t allowed = every_part, typename Scalar, typename Classes, typename Visit>
[[gnu::always_inline]] inline void for_each_share(const DetectorModel<Scalar, Classes>& model,
                                                  ConstVectorView<Scalar> x, const Score<Scalar>& score,
                                                  Scalar* scratch, Visit visit) {
  const auto z = detail::scored_row<allowed>(model, VectorView<const Scalar>(x), scratch);
  Scalar* const rest = model.anomaly_scratch(scratch);
  if (!detail::projects<allowed>(model)) {
    for_each_slope<allowed>(model.anomaly, z, score, rest,
                            [&](Index f, Scalar difference, Scalar slope) { visit(f, difference * slope); });
    return;
  }
  // The scaled row is of no use any more, nor are coordinates that were visited. Of a distance from a centre
  // the difference is the slope.
  constexpr bool of_centers = (allowed & Classes::possible_parts & ~(radius_part | soft_part)) == 0;
  const auto differences = contiguous(scratch + model.features, model.projection.components);
  const auto slopes = of_centers ? differences : contiguous(scratch, model.projection.components);
  for_each_slope<allowed>(model.anomaly, z, score, rest, [&](Index c, Scalar difference, Scalar slope) {
    differences[c] = difference;
    slopes[c] = slope;
  });
  for (Index f = 0; f < model.features; ++f) {
    const PointAndSlope<Scalar> at = back_projected(model.projection, differences.data, slopes.data, f);
    visit(f, at.point * at.slope);
  }
}

/// Calls visit(f, fall) with by how much the squared Mahalanobis distance of a row falls if input feature f
/// alone takes the value that suits the others best: (A y)_f^2 / A_ff, with y the difference from the centre.
/// In [0, squared distance]; 0 for a feature that the model does not look at. Of a fault in one feature only,
/// no other has a larger fall (Alcala and Qin, Automatica 45, 2009: reconstruction-based contribution).
/// Arguments: as for_each_share, of a row that was judged by an ellipsoid. O(d^2), through PCA to p
/// components O(d p^2).
template <uint32_t allowed = every_part, typename Scalar, typename Visit>
inline void for_each_fall(const DetectorModel<Scalar>& model, ConstVectorView<Scalar> x,
                          const Score<Scalar>& score, Scalar* scratch, Visit visit) {
  const auto z = detail::scored_row<allowed>(model, VectorView<const Scalar>(x), scratch);
  Scalar* const rest = model.anomaly_scratch(scratch);
  const EllipsoidsModel<Scalar>& ellipsoids = model.anomaly.ellipsoids;
  const Index j = detail::ellipsoid_of(model.anomaly, score);
  const auto fall = [](Scalar slope, Scalar curvature) {
    return curvature > Scalar(0) ? slope * (slope / curvature) : Scalar(0);
  };
  detail::with_form_of<allowed>(score.part, [&](auto of) {
    using OwnEllipsoid = Ellipsoid<decltype(of)::form, Scalar>;
    const OwnEllipsoid own(ellipsoids, j, z, rest);
    if (!detail::projects<allowed>(model)) {
      for (Index f = 0; f < model.features; ++f) visit(f, fall(own.slope(f), own.curvature(f)));
      return;
    }
    // In feature space A is B A B', with a row of the basis B for each feature.
    ProjectionModel<Scalar> unit_variance = model.projection;
    unit_variance.variance = nullptr;
    const auto slopes = contiguous(scratch, z.size), zeros = contiguous(scratch + model.features, z.size);
    for (Index c = 0; c < z.size; ++c) slopes[c] = own.slope(c);
    for (Index c = 0; c < z.size; ++c) zeros[c] = 0;
    for (Index f = 0; f < model.features; ++f) {
      const auto row = contiguous(model.projection.basis + f * z.size, z.size);
      const OwnEllipsoid along(ellipsoids, j, row, zeros.data, rest);
      visit(f, fall(back_projected(unit_variance, VectorView<const Scalar>(slopes), f),
                    along.squared_distance()));
    }
  });
}

namespace detail {

/// The feature farthest from its offset in units of its scale, the lowest of equals; without scaling, the
/// largest magnitude.
template <typename Scalar, typename Classes>
inline int farthest_feature(const DetectorModel<Scalar, Classes>& model, VectorView<const Scalar> x) {
  int farthest = 0;
  Scalar largest = 0;
  for (Index f = 0; f < model.features; ++f) {
    const ScalingModel<Scalar>& scaling = model.scaling;
    const Scalar magnitude = absolute(model.scales() ? (x[f] - scaling.offset[f]) * scaling.factor[f] : x[f]);
    if (!is_finite(magnitude)) return static_cast<int>(f);
    if (!(magnitude > largest)) continue;
    largest = magnitude;
    farthest = static_cast<int>(f);
  }
  return farthest;
}

}  // namespace detail

/// The feature that an alarm is put down to.
struct Culprit {
  int feature;
  float
      share;  ///< its part of all features' positive parts in what they are compared by; 1 where it overflows
};

/// The feature that an alarm is put down to, the lowest of equals: with the largest share of what the row was
/// judged by; of a Mahalanobis distance, with the largest fall, since there the shares of a fault spread over
/// the features that vary with it. Where one overflows (through PCA, all do), the feature that is farthest
/// out; without a class (cluster -1), the first feature that overflowed. scratch: as score_row() left it,
/// destroyed.
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
[[gnu::always_inline]] inline Culprit find_culprit(const DetectorModel<Scalar, Classes>& model,
                                                   ConstVectorView<Scalar> x, const Score<Scalar>& score,
                                                   Scalar* scratch) {
  int culprit = 0;
  if (score.cluster < 0) {
    while (absolute(x[culprit]) < ScalarTraits<Scalar>::largest()) ++culprit;
    return {culprit, 1};
  }
  Scalar largest = 0, all = 0;
  bool overflowed = false;
  const auto take = [&](Index f, Scalar part) {
    overflowed = overflowed || !is_finite(part);
    if (part > Scalar(0)) all += part;
    if (!(part > largest)) return;
    largest = part;
    culprit = static_cast<int>(f);
  };
  bool by_fall = false;
  if constexpr ((allowed & Classes::possible_parts & ellipsoid_parts) != 0) {
    by_fall = (score.part & ellipsoid_parts) != 0;
    if (by_fall) for_each_fall<allowed>(model, x, score, scratch, take);
  }
  if (!by_fall) for_each_share<allowed>(model, x, score, scratch, take);
  if (overflowed) return {detail::farthest_feature(model, VectorView<const Scalar>(x)), 1};
  if (!is_finite(all)) return {culprit, 1};
  return {culprit, all > Scalar(0) ? static_cast<float>(largest / all) : 0.0f};
}

/// Each input feature's share of what a row was judged by, d values (see for_each_share). Where one overflows
/// the culprit has all, infinity, and the others 0; of a row that is not finite all have 0. Returns ok,
/// overflow or non_finite. x: d values; scratch: model.scratch_size() values. O(d p) and what anomaly_score
/// costs, twice; allocates nothing.
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
inline Status shares_of_row(const DetectorModel<Scalar, Classes>& model, ConstVectorView<Scalar> x,
                            Scalar* scratch, VectorView<Scalar> shares) {
  const Score<Scalar> score = score_row<allowed>(model, x, scratch);
  Status status = score.status;
  if (status == Status::ok)
    for_each_share<allowed>(model, x, score, scratch, [&](Index f, Scalar share) {
      shares[f] = share;
      if (!is_finite(share)) status = Status::overflow;
    });
  if (status == Status::ok) return status;
  for (Index f = 0; f < shares.size; ++f) shares[f] = 0;
  if (status == Status::overflow)
    shares[find_culprit<allowed>(model, x, score_row<allowed>(model, x, scratch), scratch).feature] =
        positive_infinity<Scalar>();
  return status;
}

/// The verdict on a feature row that scored so: unknown when it is not finite, alarm strictly above score 1,
/// else normal. x: d values; score: what score_row() said of it; scratch: as score_row() left it, destroyed.
/// On alarm O(d p) and what for_each_slope costs; allocates nothing. Always inlined, as all it calls: of a
/// model that is a constant, sizes are too, and what it has not is left out.
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
[[gnu::always_inline]] inline Verdict verdict_on(const DetectorModel<Scalar, Classes>& model,
                                                 ConstVectorView<Scalar> x, const Score<Scalar>& score,
                                                 Scalar* scratch) {
  Verdict verdict;
  verdict.status = score.status;
  if (score.status == Status::non_finite) return verdict;
  verdict.score = static_cast<float>(score.value);
  verdict.tail_probability = static_cast<float>(tail_probability(model.anomaly, score.value));
  verdict.cluster = score.cluster;
  const bool alarm = score.status == Status::overflow || verdict.score > 1.0f;
  verdict.state = alarm ? State::alarm : State::normal;
  if (!alarm) return verdict;
  const Culprit culprit = find_culprit<allowed>(model, x, score, scratch);
  verdict.feature = culprit.feature;
  verdict.share = culprit.share;
  if (model.has_signal) verdict.channel = feature_name(model.signal, verdict.feature).channel;
  return verdict;
}

/// The verdict on one feature row, by its score. x: d values; scratch: model.scratch_size() values; allowed:
/// see raw_score. O(d p) and what anomaly_score costs, on alarm twice; allocates nothing. Always inlined, see
/// score_row().
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
[[gnu::always_inline]] inline Verdict judge(const DetectorModel<Scalar, Classes>& model,
                                            ConstVectorView<Scalar> x, Scalar* scratch) {
  const Score<Scalar> score = score_row<allowed>(model, x, scratch);
  return verdict_on<allowed>(model, x, score, scratch);
}

}  // namespace thrum

#endif  // THRUM_DETECTION_VERDICT_HPP

#ifndef THRUM_DETECTION_PACKED_VERDICT_HPP
#define THRUM_DETECTION_PACKED_VERDICT_HPP

namespace thrum {

/// Bytes of a packed verdict.
constexpr int packed_verdict_size = 16;

namespace detail {

inline void put_bytes(uint32_t value, int count, uint8_t* bytes) {
  for (int i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(value >> 8 * i);
}

inline uint32_t get_bytes(const uint8_t* bytes, int count) {
  uint32_t value = 0;
  for (int i = count - 1; i >= 0; --i) value = value << 8 | bytes[i];
  return value;
}

/// -1 and up as 0 and up; what is beyond `most` as that.
constexpr uint32_t one_more(int value, int most) {
  return static_cast<uint32_t>(larger(-1, smaller(value, most - 1)) + 1);
}

constexpr float share_steps = 65535;

}  // namespace detail

/// Packs a verdict for telemetry, 16 bytes, integers little-endian:
///
///     bytes 0-1     bits 0-2 state, 3-6 status, 7-9 fault, 10-14 channel + 1
///     bytes 2-3     class + 1
///     bytes 4-5     feature + 1
///     bytes 6-7     share x 65535, rounded
///     bytes 8-11    score, IEEE 754 binary32
///     bytes 12-15   tail probability, binary32
///
/// All but the share is exact for classes and features below 65535; larger ones become 65534. O(1).
inline void pack(const Verdict& verdict, uint8_t* bytes) {
  const uint32_t share =
      static_cast<uint32_t>(larger(0.0f, smaller(1.0f, verdict.share)) * detail::share_steps + 0.5f);
  const uint32_t flags = static_cast<uint32_t>(verdict.state) | static_cast<uint32_t>(verdict.status) << 3 |
                         static_cast<uint32_t>(verdict.fault) << 7 |
                         detail::one_more(verdict.channel, 31) << 10;
  detail::put_bytes(flags, 2, bytes);
  detail::put_bytes(detail::one_more(verdict.cluster, 65535), 2, bytes + 2);
  detail::put_bytes(detail::one_more(verdict.feature, 65535), 2, bytes + 4);
  detail::put_bytes(share, 2, bytes + 6);
  detail::put_bytes(bits_of(verdict.score), 4, bytes + 8);
  detail::put_bytes(bits_of(verdict.tail_probability), 4, bytes + 12);
}

/// The verdict that pack() made 16 bytes of. out_of_range, and `verdict` as it was, for bytes that no verdict
/// has: an unknown state, status or fault, a channel beyond max_channels, a negative score or one that is
/// NaN, a probability outside [0, 1]. O(1).
inline Status unpack(const uint8_t* bytes, Verdict& verdict) {
  const uint32_t flags = detail::get_bytes(bytes, 2);
  const uint32_t state = flags & 7u, status = flags >> 3 & 15u, fault = flags >> 7 & 7u;
  const int channel = static_cast<int>(flags >> 10) - 1;
  const uint32_t score = detail::get_bytes(bytes + 8, 4), tail = detail::get_bytes(bytes + 12, 4);
  constexpr uint32_t infinity = 0x7f800000u, one = 0x3f800000u;  // non-negative floats are in order of bits
  if (state > static_cast<uint32_t>(State::idle) || status > static_cast<uint32_t>(Status::unsupported) ||
      fault > static_cast<uint32_t>(SensorFault::rate_off) || channel >= max_channels || score > infinity ||
      tail > one)
    return Status::out_of_range;
  verdict.status = static_cast<Status>(status);
  verdict.state = static_cast<State>(state);
  verdict.fault = static_cast<SensorFault>(fault);
  verdict.score = from_bits<float>(score);
  verdict.tail_probability = from_bits<float>(tail);
  verdict.cluster = static_cast<int>(detail::get_bytes(bytes + 2, 2)) - 1;
  verdict.feature = static_cast<int>(detail::get_bytes(bytes + 4, 2)) - 1;
  verdict.channel = channel;
  verdict.share = static_cast<float>(detail::get_bytes(bytes + 6, 2)) / detail::share_steps;
  return Status::ok;
}

}  // namespace thrum

#endif  // THRUM_DETECTION_PACKED_VERDICT_HPP

#ifndef THRUM_CORE_CRC32_HPP
#define THRUM_CORE_CRC32_HPP

namespace thrum {

/// CRC-32 (ISO-HDLC: polynomial 0x04c11db7 reflected, as zlib and Ethernet) over values, each taken as its
/// little-endian bytes (small integers as 32 bits), so that laptop and firmware agree whatever their padding
/// and byte order. Four bits a step with a table of 64 bytes: small, and quick enough for once a boot.
class Crc32 {
 public:
  constexpr void add_byte(uint8_t byte) {
    constexpr uint32_t table[16] = {0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu,
                                    0x76dc4190u, 0x6b6b51f4u, 0x4db26158u, 0x5005713cu,
                                    0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu,
                                    0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu};
    remainder_ ^= byte;
    remainder_ = table[remainder_ & 15u] ^ (remainder_ >> 4);
    remainder_ = table[remainder_ & 15u] ^ (remainder_ >> 4);
  }

  /// Not inlined: a model has many parts, and firmware little flash.
#if defined(__GNUC__)
  __attribute__((noinline))
#endif
  constexpr void
  add(uint32_t word) {
    for (int shift = 0; shift < 32; shift += 8) add_byte(static_cast<uint8_t>(word >> shift));
  }
  constexpr void add(uint64_t word) {
    add(static_cast<uint32_t>(word));
    add(static_cast<uint32_t>(word >> 32));
  }
  constexpr void add(int32_t value) { add(static_cast<uint32_t>(value)); }
  constexpr void add(uint16_t value) { add(uint32_t{value}); }
  constexpr void add(uint8_t value) { add(uint32_t{value}); }
  constexpr void add(int16_t value) { add(int32_t{value}); }
  constexpr void add(int8_t value) { add(int32_t{value}); }
  void add(float value) { add(bits_of(value)); }
  void add(double value) { add(bits_of(value)); }

  /// Adds `size` values; a null pointer adds nothing.
  template <typename Scalar>
  void add(const Scalar* values, Index size) {
    if (values == nullptr) return;
    for (Index i = 0; i < size; ++i) add(values[i]);
  }

  constexpr uint32_t value() const { return ~remainder_; }

 private:
  uint32_t remainder_ = 0xffffffffu;
};

}  // namespace thrum

#endif  // THRUM_CORE_CRC32_HPP

#ifndef THRUM_DETECTION_MODEL_SETTINGS_HPP
#define THRUM_DETECTION_MODEL_SETTINGS_HPP

// What a model consists of, one by one: the only list of it. Checksums, files and images all go by it.

namespace thrum {

/// What a setting is called in files.
struct SettingName {
  const char* group;      ///< "monitor", "signal", "channel", "sensors", "projection" or "anomaly"
  const char* name;       ///< that of the member
  int channel = -1;       ///< of the group "channel"
  bool optional = false;  ///< is 0 where a file leaves it out
};

namespace detail {

template <typename Channel, typename Visit>
inline void for_each_channel_setting(Channel& channel, int c, Visit& visit) {
  visit(SettingName{"channel", "counts_per_unit", c}, channel.counts_per_unit);
  visit(SettingName{"channel", "full_scale", c}, channel.full_scale);
  visit(SettingName{"channel", "unit", c}, channel.unit);
  visit(SettingName{"channel", "flat_range", c, true}, channel.flat_range);
  visit(SettingName{"channel", "idle_level", c, true}, channel.idle_level);
}

template <typename Signal, typename Visit>
inline void for_each_signal_setting(Signal& signal, Visit& visit) {
  const auto at = [&visit](const char* name, auto& value) { visit(SettingName{"signal", name}, value); };
  at("channels", signal.channels);
  at("window", signal.window);
  at("hop", signal.hop);
  at("sampling_rate", signal.sampling_rate);
  at("mean", signal.mean);
  at("rms", signal.rms);
  at("median_absolute_deviation", signal.median_absolute_deviation);
  at("peak_to_peak", signal.peak_to_peak);
  at("crest_factor", signal.crest_factor);
  at("skewness", signal.skewness);
  at("kurtosis", signal.kurtosis);
  at("zero_crossings", signal.zero_crossings);
  at("correlation", signal.correlation);
  at("bands", signal.bands);
  at("lowest_hz", signal.lowest_hz);
  at("highest_hz", signal.highest_hz);
  at("energy_floor", signal.energy_floor);
  at("spectrum", signal.spectrum);
  at("tapers", signal.tapers);
  at("envelope_bands", signal.envelope_bands);
  at("envelope_lowest_hz", signal.envelope_lowest_hz);
  at("envelope_highest_hz", signal.envelope_highest_hz);
  at("envelope_limit_hz", signal.envelope_limit_hz);
  at("spectral_kurtosis_bands", signal.spectral_kurtosis_bands);
  at("spectral_kurtosis_block", signal.spectral_kurtosis_block);
  for (int c = 0; c < smaller(signal.channels, max_channels); ++c)
    for_each_channel_setting(signal.channel[c], c, visit);
  visit(SettingName{"sensors", "stuck_frames", -1, true}, signal.sensors.stuck_frames);
  visit(SettingName{"sensors", "clipped_frames", -1, true}, signal.sensors.clipped_frames);
  visit(SettingName{"sensors", "rate_tolerance", -1, true}, signal.sensors.rate_tolerance);
  visit(SettingName{"sensors", "run_up", -1, true}, signal.sensors.run_up);
  visit(SettingName{"signal", "inputs", -1, true}, signal.inputs);
  visit(SettingName{"signal", "arithmetic", -1, true}, signal.arithmetic);
}

}  // namespace detail

/// Calls visit(number) for what must be known of a model before its settings can be told, all of them int,
/// bool or uint32_t: its stages, the parts of its scores, and how many self-tests there are. Model: a
/// DetectorModel, const or not.
template <typename Model, typename Visit>
inline void for_each_stage(Model& model, Visit visit) {
  visit(model.features);
  visit(model.has_signal);
  visit(model.scaling.features);
  visit(model.projection.features);
  visit(model.anomaly.parts);
  visit(model.self_tests.count);
}

/// Calls visit(SettingName, value) for every number in a model but those of for_each_stage() and the arrays,
/// in a fixed order. Values are int, bool, Scalar, SpectrumKind, Arithmetic and char[8]. Model: as above.
template <typename Model, typename Visit>
inline void for_each_setting(Model& model, Visit visit) {
  visit(SettingName{"monitor", "votes"}, model.monitor.votes);
  visit(SettingName{"monitor", "window"}, model.monitor.window);
  visit(SettingName{"monitor", "release"}, model.monitor.release);
  visit(SettingName{"monitor", "threshold"}, model.monitor.threshold);
  visit(SettingName{"monitor", "minimum_duration", -1, true}, model.monitor.minimum_duration);
  visit(SettingName{"monitor", "cool_down", -1, true}, model.monitor.cool_down);
  if (model.has_signal) detail::for_each_signal_setting(model.signal, visit);
  if (model.projects()) visit(SettingName{"projection", "components"}, model.projection.components);
  model.anomaly.for_each_setting(model.anomaly,
                                 [&visit](const char* name, auto& value, bool optional = false) {
                                   visit(SettingName{"anomaly", name, -1, optional}, value);
                                 });
}

/// Calls visit(name, array, size) for every array of numbers in a model, in a fixed order; those it does not
/// have are null. Model: as above; of one that is not const, visit may set the pointer.
template <typename Model, typename Visit>
inline void for_each_array(Model& model, Visit visit) {
  const Index d = model.features, p = model.projection.components;
  visit("offset", model.scaling.offset, d);
  visit("factor", model.scaling.factor, d);
  visit("mean", model.projection.mean, d);
  visit("basis", model.projection.basis, d * p);
  visit("variance", model.projection.variance, p);
  model.anomaly.for_each_array(model.anomaly, visit);
  visit("self_test_rows", model.self_tests.rows, d * model.self_tests.count);
  visit("self_test_scores", model.self_tests.scores, static_cast<Index>(model.self_tests.count));
}

}  // namespace thrum

#endif  // THRUM_DETECTION_MODEL_SETTINGS_HPP

#ifndef THRUM_DETECTION_SELF_TEST_HPP
#define THRUM_DETECTION_SELF_TEST_HPP

namespace thrum {

namespace detail {

/// Adds numbers of a model to a checksum, integers as 32 bits.
struct AddToChecksum {
  Crc32& crc;

  void operator()(float value) { crc.add(value); }
  void operator()(double value) { crc.add(value); }
  template <typename Integer>
  void operator()(Integer value) {
    crc.add(static_cast<uint32_t>(value));
  }
  template <typename Number>
  void operator()(const SettingName&, Number value) {
    (*this)(value);
  }
  void operator()(const SettingName&, const char (&unit)[8]) {
    for (const char letter : unit) crc.add_byte(static_cast<uint8_t>(letter));
  }
  template <typename Number>
  void operator()(const char*, const Number* values, Index size) {
    crc.add(values, size);
  }
};

}  // namespace detail

/// CRC-32 of everything in a model but the checksum itself, by value: the same on laptop and chip.
/// O(bytes); about 30 instructions a byte, hence at boot and not in a static_assert.
template <typename Scalar, typename Classes>
inline uint32_t checksum_of(const DetectorModel<Scalar, Classes>& model) {
  Crc32 crc;
  detail::AddToChecksum add{crc};
  add(model.schema);
  for_each_stage(model, add);
  for_each_setting(model, add);
  for_each_array(model, add);
  add(model.self_tests.tolerance);
  return crc.value();
}

/// Checks a model in the place and build where it is to run: corrupt_model when the checksum differs,
/// self_test_failed when a self-test row does not get its score, ok otherwise.
/// scratch: model.scratch_size() values. Allocates nothing.
template <uint32_t allowed = every_part, typename Scalar, typename Classes>
inline Status self_test(const DetectorModel<Scalar, Classes>& model, Scalar* scratch) {
  if (model.schema != model_schema || checksum_of(model) != model.checksum) return Status::corrupt_model;
  for (Index i = 0; i < model.self_tests.count; ++i) {
    const auto row = contiguous(model.self_tests.rows + i * model.features, model.features);
    const Score<Scalar> score = score_row<allowed>(model, row, scratch);
    const Scalar expected = model.self_tests.scores[i];
    const Scalar tolerated = model.self_tests.tolerance * larger(Scalar(1), absolute(expected));
    if (score.status != Status::ok || !(absolute(score.value - expected) <= tolerated))
      return Status::self_test_failed;
  }
  return Status::ok;
}

}  // namespace thrum

#endif  // THRUM_DETECTION_SELF_TEST_HPP

#ifndef THRUM_FEATURES_CORRELATION_HPP
#define THRUM_FEATURES_CORRELATION_HPP

#if defined(__ARM_FEATURE_SIMD32)
#include <arm_acle.h>
#endif

// Correlations of all pairs of channels. Those of int16 samples are taken from sums of products that are
// exact integers, so every form below has the same bits; those of float samples from the normalised signals.

namespace thrum {

namespace detail {

/// What a correlation needs to know of a channel: how to normalise it, its sum of squares then, and the sum
/// of its samples when those are int16.
struct CorrelationTerm {
  float first;
  float mean;
  float inverse_peak;
  float squares;
  int32_t sum;
};

/// The same where features are computed in integers.
struct IntegerCorrelationTerm {
  int32_t sum;
  float root;  ///< of frames^2 times the variance
};

inline float correlation_of(float covariance, float scale) {
  return scale > 0.0f ? larger(-1.0f, smaller(1.0f, covariance / scale)) : 0.0f;
}

/// Pearson's correlation, from the sum of products of two normalised signals.
inline float correlation_of(float products, const CorrelationTerm& a, const CorrelationTerm& b) {
  return correlation_of(products, square_root(a.squares * b.squares));
}

/// The same from frames^2 times the covariance of int16 samples.
inline float correlation_of(int64_t covariance, float frames, const CorrelationTerm& a,
                            const CorrelationTerm& b) {
  return correlation_of(static_cast<float>(covariance) * a.inverse_peak * b.inverse_peak / frames, a, b);
}
inline float correlation_of(int64_t covariance, float, const IntegerCorrelationTerm& a,
                            const IntegerCorrelationTerm& b) {
  return correlation_of(static_cast<float>(covariance), a.root * b.root);
}

/// The place of a pair of channels, a < b, among all pairs.
constexpr Index pair_place(Index a, Index b, Index channels) {
  return a * (2 * channels - a - 1) / 2 + b - a - 1;
}

// ---- float samples

/// Writes the correlations of all pairs. Frames are normalised a block at a time into `block` (`block_size`
/// floats, at least one frame), so that each sample is converted once however many pairs there are; the sums
/// grow where the correlations will stand.
template <int>
inline void write_correlations(const WindowView<float>& window, const CorrelationTerm* terms, float* block,
                               Index block_size, float* correlations) {
  const Index channels = window.channels();
  const Index pairs = channels * (channels - 1) / 2;
  const Index block_frames = smaller(block_size / channels, samples_per_partial_sum);
  for (Index p = 0; p < pairs; ++p) correlations[p] = 0.0f;

  for (Index begin = 0; begin < window.frames(); begin += block_frames) {
    const Index frames = smaller(block_frames, window.frames() - begin);
    for (Index i = 0; i < frames; ++i) {
      const VectorView<const float> frame = window.frame(begin + i);
      for (Index c = 0; c < channels; ++c)
        block[c * block_frames + i] = (frame[c] - terms[c].first - terms[c].mean) * terms[c].inverse_peak;
    }
    float* sum = correlations;
    for (Index a = 0; a < channels; ++a) {
      for (Index b = a + 1; b < channels; ++b) {
        const float* const y_a = block + a * block_frames;
        const float* const y_b = block + b * block_frames;
        float products = 0;
        for (Index i = 0; i < frames; ++i) products += y_a[i] * y_b[i];
        *sum++ += products;
      }
    }
  }
  for (Index a = 0; a < channels; ++a)
    for (Index b = a + 1; b < channels; ++b, ++correlations)
      *correlations = correlation_of(*correlations, terms[a], terms[b]);
}

// ---- int16 samples

#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_SIMD32)

/// Samples of two channels in one frame.
typedef int16x2_t SamplePair;

[[gnu::always_inline]] inline SamplePair pair_of(int16_t first, int16_t second) {
  return static_cast<uint16_t>(first) | second * 65536;
}
[[gnu::always_inline]] inline SamplePair neighbours_at(const int16_t* first) {
  SamplePair pair;
  __builtin_memcpy(&pair, first, sizeof(pair));
  return pair;
}

/// Sums of the products of two neighbouring channels with each other, and of two others.
struct InnerProducts {
  int64_t twice_a = 0, twice_b = 0;
  [[gnu::always_inline]] void add(SamplePair a, SamplePair b) {
    twice_a = __smlaldx(a, a, twice_a);
    twice_b = __smlaldx(b, b, twice_b);
  }
  int64_t product(int which) const { return (which == 0 ? twice_a : twice_b) / 2; }
};

/// Sums of the products of two channels with two others, by sum and difference: two products an instruction.
struct OuterProducts {
  int64_t sum = 0, difference = 0, crossed_sum = 0, crossed_difference = 0;

  [[gnu::always_inline]] void add(SamplePair a, SamplePair b) {
    sum = __smlald(a, b, sum);
    difference = __smlsld(a, b, difference);
    crossed_sum = __smlaldx(a, b, crossed_sum);
    crossed_difference = __smlsldx(a, b, crossed_difference);
  }
  int64_t product(int of_a, int of_b) const {
    if (of_a == of_b) return (of_a == 0 ? sum + difference : sum - difference) / 2;
    return (of_a == 0 ? crossed_sum + crossed_difference : crossed_sum - crossed_difference) / 2;
  }
};

#else

struct SamplePair {
  int32_t first, second;
};

[[gnu::always_inline]] inline SamplePair pair_of(int16_t first, int16_t second) { return {first, second}; }
[[gnu::always_inline]] inline SamplePair neighbours_at(const int16_t* first) { return {first[0], first[1]}; }

struct InnerProducts {
  int64_t sum[2] = {};
  [[gnu::always_inline]] void add(SamplePair a, SamplePair b) {
    sum[0] += a.first * a.second;
    sum[1] += b.first * b.second;
  }
  int64_t product(int which) const { return sum[which]; }
};

struct OuterProducts {
  int64_t sum[2][2] = {};
  [[gnu::always_inline]] void add(SamplePair a, SamplePair b) {
    sum[0][0] += a.first * b.first;
    sum[0][1] += a.first * b.second;
    sum[1][0] += a.second * b.first;
    sum[1][1] += a.second * b.second;
  }
  int64_t product(int of_a, int of_b) const { return sum[of_a][of_b]; }
};

#endif

/// Where samples lie in a piece of a window. packed: channels that lie next to each other, frame after frame;
/// 0 when that is known only as the program runs.
template <int packed>
struct FrameLayout {
  Index row_stride, col_stride;
  explicit FrameLayout(const MatrixView<const int16_t>& piece)
      : row_stride(packed > 0 ? packed : piece.row_stride), col_stride(packed > 0 ? 1 : piece.col_stride) {}

  [[gnu::always_inline]] SamplePair pair_at(const int16_t* sample) const {
    return packed > 0 ? neighbours_at(sample) : pair_of(sample[0], sample[col_stride]);
  }
};

/// Adds what `sums` says of four frames' samples from `a` on, and from `b` on.
template <int packed, typename Sums>
[[gnu::always_inline]] inline void add_four(FrameLayout<packed> layout, const int16_t* a, const int16_t* b,
                                            Sums& sums) {
  const Index stride = layout.row_stride;
  sums.add(layout.pair_at(a), layout.pair_at(b));
  sums.add(layout.pair_at(a + stride), layout.pair_at(b + stride));
  sums.add(layout.pair_at(a + 2 * stride), layout.pair_at(b + 2 * stride));
  sums.add(layout.pair_at(a + 3 * stride), layout.pair_at(b + 3 * stride));
}

/// The same of all frames of a piece of a window.
template <int packed, typename Sums>
[[gnu::noinline]] void add_products(const MatrixView<const int16_t>& piece, Index first_a, Index first_b,
                                    Sums& sums) {
  Sums local = sums;
  const FrameLayout<packed> layout(piece);
  const Index stride = layout.row_stride;
  const int16_t* a = piece.data + first_a * layout.col_stride;
  const int16_t* b = piece.data + first_b * layout.col_stride;
  for (const int16_t* const end = a + piece.rows / 8 * 8 * stride; a != end;
       a += 8 * stride, b += 8 * stride) {
    add_four(layout, a, b, local);
    add_four(layout, a + 4 * stride, b + 4 * stride, local);
  }
  for (Index left = piece.rows % 8; left > 0; --left, a += stride, b += stride)
    local.add(layout.pair_at(a), layout.pair_at(b));
  sums = local;
}

/// Writes the correlations of all pairs of channels, two channels with two others at a time.
template <int packed, typename Term>
class Int16Correlations {
 public:
  Int16Correlations(const WindowView<int16_t>& window, const Term* terms, float* correlations)
      : window_(window), terms_(terms), correlations_(correlations) {}

  void write() const {
    const Index channels = window_.channels();
    for (Index a = 0; a < channels; a += 4) write_inner(two_from(a), two_from(a + 2));
    for (Index a = 0; a < channels; a += 2)
      for (Index b = a + 2; b < channels; b += 2) write_outer(two_from(a), two_from(b));
  }

 private:
  /// Two neighbours from a channel on; the last two from there on where only one would be left.
  Index two_from(Index channel) const { return smaller(channel, window_.channels() - 2); }

  void write_inner(Index a, Index b) const {
    const auto products = sums<InnerProducts>(a, b);
    write_one(a, a + 1, products.product(0));
    write_one(b, b + 1, products.product(1));
  }

  void write_outer(Index a, Index b) const {
    const auto products = sums<OuterProducts>(a, b);
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j)
        if (a + i < b + j) write_one(a + i, b + j, products.product(i, j));
  }

  template <typename Sums>
  Sums sums(Index a, Index b) const {
    Sums result;
    add_products<packed>(window_.first, a, b, result);
    add_products<packed>(window_.second, a, b, result);
    return result;
  }

  /// n sum(xy) - sum(x) sum(y) is exact, and below 2^62.
  void write_one(Index a, Index b, int64_t products) const {
    const Term& x = terms_[a];
    const Term& y = terms_[b];
    const int64_t covariance = window_.frames() * products - int64_t{x.sum} * y.sum;
    const float frames = static_cast<float>(window_.frames());
    correlations_[pair_place(a, b, window_.channels())] = correlation_of(covariance, frames, x, y);
  }

  const WindowView<int16_t>& window_;
  const Term* terms_;
  float* correlations_;
};

/// Writes the correlations of all pairs. expected_channels: code for windows of just so many, one frame after
/// the other, is faster.
template <int expected_channels, typename Term, typename Number>
inline void write_correlations(const WindowView<int16_t>& window, const Term* terms, Number*, Index,
                               float* correlations) {
  if (window.first.row_stride == expected_channels && window.first.col_stride == 1)
    Int16Correlations<expected_channels, Term>(window, terms, correlations).write();
  else
    Int16Correlations<0, Term>(window, terms, correlations).write();
}

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_FEATURES_CORRELATION_HPP

#ifndef THRUM_FEATURES_BUTTERFLIES_HPP
#define THRUM_FEATURES_BUTTERFLIES_HPP

// The loops that transforms consist of (fft.hpp), in plain C++.

namespace thrum {

/// Entries of the table for a circle of `size` parts.
constexpr Index cosine_table_size(Index size) { return size / 2 + 1; }

/// Fills table[k] = cos(2 pi k / size) for k = 0 ... size / 2. One table serves transforms (cosine and sine),
/// Hann windows and sine tapers of every length that `size` is a multiple of. constexpr; at run time O(size)
/// in double.
template <typename Scalar>
constexpr void fill_cosine_table(Scalar* table, Index size) {
  const Index computed = size % 4 == 0 ? size / 4 : size / 2;  // the rest is the mirror image of that
  for (Index k = 0; k <= computed; ++k) table[k] = static_cast<Scalar>(cosine_of_turn(k, size));
  for (Index k = computed + 1; k <= size / 2; ++k) table[k] = -table[size / 2 - k];
}

/// Cosines of a circle that is cut into `size` equal parts: a table of fill_cosine_table(size).
template <typename Scalar>
struct Circle {
  const Scalar* cosines;
  Index size;

  /// cos(2 pi k / size) for |k| <= size.
  Scalar cosine(Index k) const {
    if (k < 0) k = -k;
    return cosines[k <= size / 2 ? k : size - k];
  }
  /// sin(2 pi k / size) for 0 <= k <= size; size: a multiple of 4.
  Scalar sine(Index k) const { return cosine(k - size / 4); }
};

namespace detail {

// Sizes, powers of two, are halved by shifts: to divide a number with a sign takes two instructions more.

template <typename Scalar>
struct Complex {
  Scalar re;
  Scalar im;
};

template <typename Scalar>
[[gnu::always_inline]] inline Complex<Scalar> operator+(Complex<Scalar> a, Complex<Scalar> b) {
  return {a.re + b.re, a.im + b.im};
}
template <typename Scalar>
[[gnu::always_inline]] inline Complex<Scalar> operator-(Complex<Scalar> a, Complex<Scalar> b) {
  return {a.re - b.re, a.im - b.im};
}

/// a times the twiddle w.re - i w.im.
template <typename Scalar>
[[gnu::always_inline]] inline Complex<Scalar> turned(Complex<Scalar> a, Complex<Scalar> w) {
  return {a.re * w.re + a.im * w.im, a.im * w.re - a.re * w.im};
}

template <typename Scalar>
[[gnu::always_inline]] inline Complex<Scalar> load(const Scalar* at) {
  const Two<Scalar> two = load_two(at);
  return {two.a, two.b};
}
template <typename Scalar>
[[gnu::always_inline]] inline void store(Scalar* at, Complex<Scalar> value) {
  at[0] = value.re;
  at[1] = value.im;
}

/// Cosine and sine of k parts of the circle, 0 <= k < 3/4 of them.
template <typename Scalar>
[[gnu::always_inline]] inline Complex<Scalar> twiddle(Circle<Scalar> circle, Index k) {
  const Index from_quarter = k - (circle.size >> 2);
  return {circle.cosines[k <= circle.size >> 1 ? k : circle.size - k],
          circle.cosines[from_quarter < 0 ? -from_quarter : from_quarter]};
}

template <typename Scalar>
[[gnu::always_inline]] inline void swap_complex(Scalar* a, Scalar* b) {
  const Complex<Scalar> kept = load(a);
  store(a, load(b));
  store(b, kept);
}

/// Puts `count` complex numbers (a power of two, at least 4) into bit-reversed order. The even positions of
/// the lower half change places among themselves, and so do the odd ones of the upper half, which are as far
/// apart; each odd one of the lower half changes with an even one of the upper half.
template <typename Scalar>
inline void reverse_bits_of_positions(Scalar* z, Index count) {
  const Index half = count >> 1;
  Scalar* const upper = z + 2 * half;
  Index reversed = 0, i = 0;
  do {
    if (i < reversed) {
      swap_complex(z + 2 * i, z + 2 * reversed);
      swap_complex(upper + 2 * i + 2, upper + 2 * reversed + 2);
    }
    swap_complex(z + 2 * i + 2, upper + 2 * reversed);
    Index bit = half >> 1;
    for (; (reversed & bit) != 0; bit >>= 1) reversed ^= bit;
    reversed |= bit;
    i += 2;
  } while (i < half);
}

/// First stage when the count is not a power of four: neighbours become transforms of length two.
template <typename Scalar>
inline void join_pairs(Scalar* z, Index count) {
  Scalar* const end = z + 2 * count;
  do {
    const Complex<Scalar> a = load(z), b = load(z + 2);
    store(z, a + b);
    store(z + 2, a - b);
    z += 4;
  } while (z != end);
}

/// Joins one element each of four transforms of length `quarter`, b, c, d turned already. In bit-reversed
/// order the four are those of the samples 0, 2, 1, 3 modulo 4.
template <typename Scalar>
[[gnu::always_inline]] inline void join_four(Scalar* at, Index quarter, Complex<Scalar> b, Complex<Scalar> c,
                                             Complex<Scalar> d) {
  const Complex<Scalar> a = load(at);
  const Complex<Scalar> even_sum = a + b, even_difference = a - b;
  const Complex<Scalar> odd_sum = c + d, odd_difference = c - d;
  const Complex<Scalar> quarter_turned{odd_difference.im, -odd_difference.re};
  store(at, even_sum + odd_sum);
  store(at + 2 * quarter, even_difference + quarter_turned);
  store(at + 4 * quarter, even_sum - odd_sum);
  store(at + 6 * quarter, even_difference - quarter_turned);
}

/// GCC would keep a running address for each use of an index, more than there are registers.
[[gnu::always_inline]] inline void keep_in_one_register(Index& index) {
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && defined(__GNUC__) && !defined(__clang__)
  __asm__("" : "+r"(index));
#else
  static_cast<void>(index);
#endif
}

/// One stage: transforms of length `quarter` become transforms four times as long.
template <typename Scalar>
inline void join_quarters(Scalar* z, Index count, Index quarter, Circle<Scalar> circle) {
  const Index step = circle.size / (4 * quarter);
  Scalar* const end = z + 2 * count;
  const Index b = 2 * quarter, c = 4 * quarter, d = 6 * quarter;
  const Index quarter_turn = circle.size >> 2;
  for (Scalar* at = z; at < end; at += 8 * quarter)
    join_four(at, quarter, load(at + b), load(at + c), load(at + d));
  Index angle = 0;
  for (Index j = 1; j < quarter; ++j) {
    angle += step;  // less than a quarter of a turn
    keep_in_one_register(angle);
    const Complex<Scalar> once{circle.cosines[angle], circle.cosines[quarter_turn - angle]};
    const Complex<Scalar> twice{circle.cosines[2 * angle],
                                circle.cosines[absolute(quarter_turn - 2 * angle)]};
    const Complex<Scalar> thrice = twiddle(circle, 3 * angle);
    for (Scalar* at = z + 2 * j; at < end; at += 8 * quarter)
      join_four(at, quarter, turned(load(at + b), twice), turned(load(at + c), once),
                turned(load(at + d), thrice));
  }
}

/// Makes bins k and count - k of a transform of real samples, at `low` and `high`, from those of the
/// transform of `count` complex numbers. turn: cosine and sine of k of 2 count parts of the circle.
template <typename Scalar>
[[gnu::always_inline]] inline void split_bins(Scalar* low, Scalar* high, Complex<Scalar> turn) {
  const Complex<Scalar> a = load(low), b = load(high);
  const Complex<Scalar> even{Scalar(0.5) * (a.re + b.re), Scalar(0.5) * (a.im - b.im)};
  const Complex<Scalar> odd{Scalar(0.5) * (a.im + b.im), Scalar(0.5) * (b.re - a.re)};
  const Complex<Scalar> odd_turned = turned(odd, turn);
  store(low, even + odd_turned);
  store(high, Complex<Scalar>{even.re - odd_turned.re, odd_turned.im - even.im});
}

/// The same of bin k and of those up to the ones in the middle, of a transform of `size` real samples.
template <typename Scalar>
inline void split_bins_from(Index k, Scalar* z, Index size, Circle<Scalar> circle) {
  const Index step = circle.size / size;
  const Scalar* cosine = circle.cosines + k * step;  // of less than a quarter of a turn
  const Scalar* sine = circle.cosines + (circle.size >> 2) - k * step;
  for (Index place = 2 * k; place < size >> 1; place += 2) {
    split_bins(z + place, z + size - place, {*cosine, *sine});
    cosine += step;
    sine -= step;
  }
}

/// Hann's window for the samples from n on to before the middle one, and their mirror images.
template <typename Scalar>
inline void apply_hann_pairs(Scalar* x, Index n, Index size, Circle<Scalar> circle) {
  const Index step = circle.size / size;
  for (; 2 * n < size; ++n) {
    const Scalar weight = Scalar(0.5) - Scalar(0.5) * circle.cosines[n * step];
    x[n] *= weight;
    x[size - n] *= weight;
  }
}

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_FEATURES_BUTTERFLIES_HPP

#ifndef THRUM_FEATURES_BUTTERFLIES_BY_HELIUM_HPP
#define THRUM_FEATURES_BUTTERFLIES_BY_HELIUM_HPP

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

#ifndef THRUM_FEATURES_FFT_HPP
#define THRUM_FEATURES_FFT_HPP

namespace thrum {

namespace detail {

/// Makes the transform of `size` real samples from that of size / 2 complex ones (even samples, odd samples).
template <typename Scalar>
inline void split_real(Scalar* z, Index size, Circle<Scalar> circle) {
  const Scalar mean = z[0] + z[1];
  z[1] = z[0] - z[1];
  z[0] = mean;
  split_bins_from(Index{1}, z, size, circle);
  z[(size >> 1) + 1] = -z[(size >> 1) + 1];
}

}  // namespace detail

/// Discrete Fourier transform of complex numbers, in place: Z[k] = sum over n of z[n] exp(-2 pi i k n /
/// count). z: `count` pairs of real and imaginary part; count: a power of two, at least 4; circle: of a
/// multiple of `count` parts, at least 8. Cost and error as of real_fourier_transform of twice as many
/// samples; allocates nothing, no recursion. Source: radix 4 by Cooley and Tukey (Mathematics of Computation
/// 19, 1965), decimated in time.
template <typename Scalar>
inline void complex_fourier_transform(Scalar* z, Index count, Circle<Scalar> circle) {
  detail::reverse_bits_of_positions(z, count);
  Index quarter = 1;
  if ((count & 0x55555555) == 0) {  // no power of four
    detail::join_pairs(z, count);
    quarter = 2;
  }
  for (; quarter < count; quarter *= 4) detail::join_quarters(z, count, quarter, circle);
}

/// Discrete Fourier transform of real samples, in place: X[k] = sum over n of x[n] exp(-2 pi i k n / size).
/// x: `size` samples in; out: X[0], X[size/2] (both real), then real and imaginary part of X[1] ...
/// X[size/2-1]. size: a power of two from 8 to 65536; circle: of a multiple of `size` parts. Error about 1e-7
/// log2(size) of the largest |X| in float. About 49 Cortex-M4F instructions per sample at 1024; allocates
/// nothing, no recursion. By complex_fourier_transform of half as many numbers.
template <typename Scalar>
inline void real_fourier_transform(Scalar* x, Index size, Circle<Scalar> circle) {
  complex_fourier_transform(x, size >> 1, circle);
  detail::split_real(x, size, circle);
}

/// Multiplies x by the periodic Hann window 1/2 - 1/2 cos(2 pi n / size); the mean of its square is 3/8.
/// x: `size` samples, in place; circle: of a multiple of `size` parts.
template <typename Scalar>
inline void apply_hann_window(Scalar* x, Index size, Circle<Scalar> circle) {
  x[0] = Scalar(0);
  detail::apply_hann_pairs(x, Index{1}, size, circle);
}

/// Writes x times the sine taper sin(pi order n / size). The mean of its square is 1/2, and tapers of
/// different order are orthogonal. They are those of Riedel and Sidorenko (IEEE Transactions on Signal
/// Processing 43, 1995) for the samples 1 ... size - 1: as with the periodic Hann window, sample 0 has no
/// weight. x: `size` samples; tapered: as many out; order: from 1 to below size, which is even; circle: of a
/// multiple of 2 size parts.
template <typename Scalar>
inline void apply_sine_taper(const Scalar* x, Index size, Index order, Circle<Scalar> circle,
                             Scalar* tapered) {
  const Index step = order * (circle.size / (2 * size));
  Index angle = 0;
  for (Index n = 0; n < size; ++n) {
    tapered[n] = x[n] * circle.sine(angle);
    angle += step;
    if (angle >= circle.size) angle -= circle.size;
  }
}

}  // namespace thrum

#endif  // THRUM_FEATURES_FFT_HPP

#ifndef THRUM_FEATURES_INTEGER_FFT_HPP
#define THRUM_FEATURES_INTEGER_FFT_HPP

// The transform in integers of 32 bits, which every processor from the Cortex-M3 on multiplies to 64 bits at
// once: no intrinsics, the same bits everywhere. Each stage but the first divides by its radix, so that no
// number grows beyond twice what it was and nothing overflows: docs/numerics.md, section "Features in
// integers".

namespace thrum {

/// What 1 is in the integer cosine table: one less than 2^30, so that twice Hann's window fits too.
constexpr int32_t integer_cosine_one = (int32_t{1} << 30) - 1;

/// The cosine of k of `size` parts of the circle times integer_cosine_one, rounded to the nearest.
constexpr int32_t integer_cosine(Index k, Index size) {
  const double scaled = cosine_of_turn(k, size) * integer_cosine_one;
  return static_cast<int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/// As fill_cosine_table, times integer_cosine_one.
constexpr void fill_integer_cosine_table(int32_t* table, Index size) {
  for (Index k = 0; k <= size / 2; ++k) table[k] = integer_cosine(k, size);
}

/// Entries of the table for transforms of `size` real samples, a power of two of at least 8: the cosines,
/// then the turns of the last stage, in the order in which they are needed.
constexpr Index integer_transform_table_size(Index size) { return cosine_table_size(size) + 6 * (size / 8); }

/// Fills the table; the front is that of fill_integer_cosine_table. constexpr; at run time in double.
constexpr void fill_integer_transform_table(int32_t* table, Index size) {
  fill_integer_cosine_table(table, size);
  int32_t* turn = table + cosine_table_size(size);
  for (Index j = 0; j < size / 8; ++j) {
    const Index angles[] = {4 * j, 2 * j, 6 * j};
    for (const Index angle : angles) {
      *turn++ = integer_cosine(angle, size);
      *turn++ = integer_cosine(angle - size / 4, size);
    }
  }
}

namespace detail {

using IntegerComplex = Complex<int32_t>;

/// Upper half of a product of 64 bits.
[[gnu::always_inline]] inline int32_t upper_half(int64_t product) {
  return static_cast<int32_t>(product >> 32);
}

/// a / 2.
[[gnu::always_inline]] inline IntegerComplex halved(IntegerComplex a) { return {a.re >> 1, a.im >> 1}; }

/// a / 4.
[[gnu::always_inline]] inline IntegerComplex quartered(IntegerComplex a) { return {a.re >> 2, a.im >> 2}; }

/// a / 4, times the twiddle w.re - i w.im.
[[gnu::always_inline]] inline IntegerComplex quartered_turned(IntegerComplex a, IntegerComplex w) {
  return {upper_half(int64_t{a.re} * w.re + int64_t{a.im} * w.im),
          upper_half(int64_t{a.im} * w.re + int64_t{-a.re} * w.im)};
}

// A butterfly has more numbers than a Cortex-M has registers. GCC keeps most of them on the stack unless told
// what to do first, and that addresses had better be added up than be derived from one: 60 instructions a
// butterfly then, 87 else.

/// An address that the compiler knows nothing of.
template <typename Number>
[[gnu::always_inline]] inline Number* unknown_address(Number* address) {
#if defined(__GNUC__)
  __asm__("" : "+r"(address));
#endif
  return address;
}
/// A number that is computed before anything that stands behind it.
[[gnu::always_inline]] inline IntegerComplex computed_first(IntegerComplex z) {
#if defined(__GNUC__)
  __asm__ volatile("" : "+r"(z.re), "+r"(z.im) : : "memory");
#endif
  return z;
}

/// Joins one element each of four transforms, which lie `quarter` integers apart. taken(value, which): what
/// of the four to add up. Returns the end of the fourth.
template <typename Taken>
[[gnu::always_inline]] inline int32_t* join_integer_four(int32_t* at_a, Index quarter, Taken taken) {
  int32_t* const at_b = unknown_address(at_a + quarter);
  int32_t* const at_c = unknown_address(at_b + quarter);
  int32_t* const at_d = unknown_address(at_c + quarter);
  const IntegerComplex b = taken(load(at_b), 1), a = taken(load(at_a), 0);
  store(at_a, a + b);
  store(at_b, a - b);
  const IntegerComplex c = computed_first(taken(load(at_c), 2));
  const IntegerComplex d = computed_first(taken(load(at_d), 3));
  const IntegerComplex odd_sum = c + d, odd_difference = c - d;
  const IntegerComplex even_sum = load(at_a);
  store(at_a, even_sum + odd_sum);
  store(at_c, even_sum - odd_sum);
  const IntegerComplex even_difference = load(at_b);
  const IntegerComplex quarter_turned{odd_difference.im, -odd_difference.re};
  store(at_b, even_difference + quarter_turned);
  store(at_d, even_difference - quarter_turned);
  return at_d + quarter;
}

/// First stage when the count is a power of four: four neighbours become a transform of length four, halved.
inline void join_integer_fours(int32_t* z, Index count) {
  for (const int32_t* const end = z + 2 * count; z < end;)
    z = join_integer_four(z, 2, [](IntegerComplex value, int) { return halved(value); });
}

/// First stage when it is not: neighbours become transforms of length two.
inline void join_integer_pairs(int32_t* z, Index count) {
  for (int32_t* const end = z + 2 * count; z != end; z += 4) {
    const IntegerComplex a = load(z), b = load(z + 2);
    store(z, a + b);
    store(z + 2, a - b);
  }
}

/// One stage: transforms of length `quarter` become transforms four times as long, over 4. turns: of the last
/// stage.
inline void join_integer_quarters(int32_t* z, Index count, Index quarter, const int32_t* turns) {
  const int32_t* const end = z + 2 * count;
  for (int32_t* at = z; at < end;)
    at = join_integer_four(at, 2 * quarter, [](IntegerComplex value, int) { return quartered(value); });
  const Index stride = 6 * (count / 4 / quarter);
  for (const int32_t* const last = z + 2 * quarter; (z += 2) < last;) {
    const int32_t* const turn = unknown_address(turns += stride);
    int32_t* at = z;
    do {
      at = join_integer_four(at, 2 * quarter, [turn](IntegerComplex value, int which) {
        return which == 0 ? quartered(value) : quartered_turned(value, load(turn + 2 * (which - 1)));
      });
    } while (at < end);
  }
}

/// Makes the transform of `size` real samples, halved, from that of size / 2 complex ones.
inline void split_halved_real(int32_t* z, Index size, const int32_t* cosines) {
  const IntegerComplex first = load(z);
  store(z, IntegerComplex{(first.re + first.im) >> 1, (first.re - first.im) >> 1});
  const int32_t *cosine = cosines, *sine = cosines + size / 4;
  for (Index k = 2; k < size / 2; k += 2) {
    int32_t* const low = z + k;
    int32_t* const high = z + size - k;
    const IntegerComplex a = load(low), b = load(high);
    const IntegerComplex even = quartered({a.re + b.re, a.im - b.im});
    const IntegerComplex odd = quartered_turned({a.im + b.im, b.re - a.re}, {*++cosine, *--sine});
    store(low, even + odd);
    store(high, IntegerComplex{even.re - odd.re, odd.im - even.im});
  }
  store(z + size / 2, IntegerComplex{z[size / 2] >> 1, -(z[size / 2 + 1] >> 1)});
}

/// Discrete Fourier transform of `count` complex integers, times 2 / count, in place. turns: of a table for
/// 2 count real samples.
inline void integer_complex_transform(int32_t* z, Index count, const int32_t* turns) {
  reverse_bits_of_positions(z, count);
  Index quarter = count;
  while (quarter > 2) quarter /= 4;  // ends at 1 for powers of four, at 2 for the others
  if (quarter == 2) {
    join_integer_pairs(z, count);
  } else {
    join_integer_fours(z, count);
    quarter = 4;
  }
  for (; quarter < count; quarter *= 4) join_integer_quarters(z, count, quarter, turns);
}

}  // namespace detail

/// Discrete Fourier transform of real integers, in place: X[k] = 2 / size sum over n of x[n]
/// exp(-2 pi i k n / size). x: `size` integers of magnitudes up to 2^28 in; out: as
/// real_fourier_transform; size: a power of two from 8 to 65536; table: of
/// fill_integer_transform_table(size). Error: a few units in the last place, since each stage rounds down.
/// Allocates nothing, no recursion.
inline void integer_real_transform(int32_t* x, Index size, const int32_t* table) {
  detail::integer_complex_transform(x, size / 2, table + cosine_table_size(size));
  detail::split_halved_real(x, size, table);
}

}  // namespace thrum

#endif  // THRUM_FEATURES_INTEGER_FFT_HPP

#ifndef THRUM_FEATURES_INTEGER_TABLE_HPP
#define THRUM_FEATURES_INTEGER_TABLE_HPP

namespace thrum {
namespace detail {

/// Where things stand in the table of features in integers: the table of the transform first, whose cosines
/// serve Hann's window of the same length too; any other length has cosines of its own; last the first bin of
/// each band and the end of the last.
struct IntegerTableLayout {
  Index window_cosines = 0;
  Index edges = 0;
  Index size = 0;
};

constexpr IntegerTableLayout integer_table_layout(const FeatureOptions& options) {
  if (options.bands == 0) return {};
  const Index transform = transform_size(options);
  const Index end = integer_transform_table_size(transform);
  if (transform == options.window) return {0, end, end + options.bands + 1};
  const Index edges = end + cosine_table_size(options.window);
  return {end, edges, edges + options.bands + 1};
}

constexpr void fill_integer_table(const FeatureOptions& options, int32_t* table) {
  if (options.bands == 0) return;
  const IntegerTableLayout layout = integer_table_layout(options);
  fill_integer_transform_table(table, transform_size(options));
  if (layout.window_cosines > 0) fill_integer_cosine_table(table + layout.window_cosines, options.window);
  const BandLayout bands = spectrum_bands(options);
  for (int band = 0; band <= bands.bands; ++band)
    table[layout.edges + band] = static_cast<int32_t>(bands.first_bin(band));
}

}  // namespace detail
}  // namespace thrum

#endif  // THRUM_FEATURES_INTEGER_TABLE_HPP

#ifndef THRUM_FEATURES_SPECTRUM_HPP
#define THRUM_FEATURES_SPECTRUM_HPP

namespace thrum {

namespace detail {

constexpr bool has_transform(const FeatureOptions& options) {
  return options.bands > 0 || options.envelope_bands > 0 || options.spectral_kurtosis_bands > 0;
}
constexpr bool has_sine_tapers(const FeatureOptions& options) {
  return options.bands > 0 && options.spectrum == SpectrumKind::sine_tapers;
}

/// Parts of the circle that tapers need: the window of Hann has the window's period, a sine taper twice that.
constexpr Index taper_circle_size(const FeatureOptions& options) {
  return has_sine_tapers(options) ? 2 * Index{options.window} : Index{options.window};
}

/// A window that is a power of two is as long as its transform: one circle serves both.
constexpr bool is_unpadded(const FeatureOptions& options) {
  return transform_size(options) == options.window;
}

constexpr Index transform_circle_size(const FeatureOptions& options) {
  return is_unpadded(options) ? taper_circle_size(options) : transform_size(options);
}
constexpr bool has_own_taper_circle(const FeatureOptions& options) {
  return options.bands > 0 && !is_unpadded(options);
}

inline Circle<float> transform_circle(const FeatureOptions& options, const float* table) {
  return {table, transform_circle_size(options)};
}
inline Circle<float> taper_circle(const FeatureOptions& options, const float* table) {
  const Index before = is_unpadded(options) ? 0 : cosine_table_size(transform_circle_size(options));
  return {table + before, taper_circle_size(options)};
}

/// A packed transform of `size` real samples.
struct Spectrum {
  const float* packed;
  Index size;

  /// X[k] for |k| <= size.
  Complex<float> bin(Index k) const {
    const Index distance = k < 0 ? -k : k;
    const Index half = size / 2, mirrored = distance > half ? size - distance : distance;
    if (mirrored == 0) return {packed[0], 0.0f};
    if (mirrored == half) return {packed[1], 0.0f};
    const Complex<float> value = load(packed + 2 * mirrored);
    return {value.re, (k < 0) != (distance > half) ? -value.im : value.im};
  }
  /// |X[k]|^2 for 0 < k < size / 2.
  float power(Index k) const { return squared(load(packed + 2 * k)); }
  /// |X[size / 2]|^2.
  float last_power() const { return packed[1] * packed[1]; }

  static float squared(Complex<float> z) { return z.re * z.re + z.im * z.im; }
};

/// The spectra of a window by sine tapers, summed, times 4: read off its transform with as many zeros behind
/// it. sin a is the difference of exp(ia) and exp(-ia) over 2i, so taper k takes the difference of the
/// spectrum moved up and down by k bins of that longer transform.
struct TaperedSpectrum {
  Spectrum twice_as_long;
  Index tapers;

  float power(Index k) const {
    const Index center = 2 * k;
    if (center <= tapers || center + tapers >= twice_as_long.size / 2) return power_near_end(center);
    const float* low = twice_as_long.packed + 2 * center;
    const float* high = low;
    float sum = 0;
    for (Index order = 0; order < tapers; ++order) sum += Spectrum::squared(load(low -= 2) - load(high += 2));
    return sum;
  }
  float last_power() const { return power_near_end(twice_as_long.size / 2); }

 private:
  float power_near_end(Index center) const {
    float sum = 0;
    for (Index order = 1; order <= tapers; ++order)
      sum += Spectrum::squared(twice_as_long.bin(center - order) - twice_as_long.bin(center + order));
    return sum;
  }
};

/// Sum of the powers of the bins from `first` to before `end`.
template <typename AnySpectrum>
inline float power_of_bins(const AnySpectrum& spectrum, Index first, Index end) {
  float total = 0;
  for (Index begin = first; begin < end; begin += samples_per_partial_sum) {
    const Index stop = smaller(begin + samples_per_partial_sum, end);
    float sum = 0;
    for (Index k = begin; k < stop; ++k) sum += spectrum.power(k);
    total += sum;
  }
  return total;
}

/// Adds to the power of each band that of its bins: bins other than the last twice, since they stand for
/// their mirror images too.
template <typename AnySpectrum>
inline void add_band_powers(const BandLayout& layout, const AnySpectrum& spectrum, float* powers) {
  const Index last = layout.size / 2;
  Index first = layout.first_bin(0);
  for (int band = 0; band < layout.bands; ++band) {
    const Index end = layout.first_bin(band + 1);
    powers[band] += 2.0f * power_of_bins(spectrum, first, smaller(end, last));
    if (end > last) powers[band] += spectrum.last_power();
    first = end;
  }
}

// Always inlined from here on: of options that are a constant, sizes are too, and what none of them asks for
// is left out.

/// The transform of `size` samples, of which those from `frames` on are zero, in place.
[[gnu::always_inline]] inline Spectrum padded_spectrum(float* x, Index frames, Index size,
                                                       Circle<float> circle) {
  for (Index i = frames; i < size; ++i) x[i] = 0.0f;
  real_fourier_transform(x, size, circle);
  return {x, size};
}

/// Adds the powers of the bands by Hann's window. signal: layout.size floats, destroyed.
[[gnu::always_inline]] inline void add_hann_powers(const FeatureOptions& options, const BandLayout& layout,
                                                   const float* table, float* signal, float* powers) {
  apply_hann_window(signal, Index{options.window}, taper_circle(options, table));
  const Circle<float> circle = transform_circle(options, table);
  add_band_powers(layout, padded_spectrum(signal, options.window, layout.size, circle), powers);
}

/// Adds the powers of the bands by all sine tapers, times 4. A window that is a power of two takes one
/// transform of twice its length, any other a transform for each taper. signal: options.window and as many
/// floats as either needs behind them; destroyed.
inline void add_sine_taper_powers(const FeatureOptions& options, const BandLayout& layout, const float* table,
                                  float* signal, float* powers) {
  const Index frames = options.window;
  const Circle<float> circle = transform_circle(options, table);
  if (is_unpadded(options)) {
    const Spectrum spectrum = padded_spectrum(signal, frames, 2 * frames, circle);
    return add_band_powers(layout, TaperedSpectrum{spectrum, options.tapers}, powers);
  }
  float* const tapered = signal + frames;
  for (int order = 1; order <= options.tapers; ++order) {
    apply_sine_taper(signal, frames, Index{order}, taper_circle(options, table), tapered);
    add_band_powers(layout, padded_spectrum(tapered, frames, layout.size, circle), powers);
  }
  for (int band = 0; band < layout.bands; ++band) powers[band] *= 4.0f;
}

inline float log_energy(float energy, float floor) {
  return is_finite(energy) ? natural_log(larger(energy, floor)) : positive_infinity<float>();
}

/// Writes the log energies of all bands; all of them together are the variance, by Parseval's theorem: the
/// sum of |X|^2 over all bins is the size of the transform times the sum of (w y)^2, and w^2 is 3/8 on
/// average for Hann's window, 1/2 for each sine taper, which all weigh the same. amplitude: what y = 1 is in
/// units. signal: y, the front of feature_scratch_size(options) floats; destroyed. allowed: see
/// extract_features.
template <uint32_t allowed>
[[gnu::always_inline]] inline void write_band_energies(const FeatureOptions& options, float amplitude,
                                                       const float* table, float* signal, float* energies) {
  const BandLayout layout = spectrum_bands(options);
  for (int band = 0; band < layout.bands; ++band) energies[band] = 0.0f;
  float per_power = 1.0f / (static_cast<float>(options.window) * static_cast<float>(layout.size));
  if constexpr ((allowed & sine_taper_bands_feature) != 0) {
    if (has_sine_tapers(options)) {
      add_sine_taper_powers(options, layout, table, signal, energies);
      per_power *= 0.5f / static_cast<float>(options.tapers);
    }
  }
  if constexpr ((allowed & hann_bands_feature) != 0) {
    if (!has_sine_tapers(options)) {
      add_hann_powers(options, layout, table, signal, energies);
      per_power *= 8.0f / 3.0f;
    }
  }
  for (int band = 0; band < layout.bands; ++band)
    energies[band] = log_energy(energies[band] * per_power * amplitude * amplitude, options.energy_floor);
}

}  // namespace detail

/// Numbers of the table that extract_features takes, at least 1: cosines, which depend on the options alone.
constexpr Index feature_table_size(const FeatureOptions& options) {
  if (options.arithmetic == Arithmetic::integer)
    return larger(detail::integer_table_layout(options).size, Index{1});
  if (!detail::has_transform(options)) return 1;
  return cosine_table_size(detail::transform_circle_size(options)) +
         (detail::has_own_taper_circle(options) ? cosine_table_size(detail::taper_circle_size(options)) : 0);
}

/// Fills the table, feature_table_size(options) numbers of options.arithmetic. options must pass check().
/// constexpr; at run time a thousand instructions a number on a processor without double.
constexpr void fill_feature_table(const FeatureOptions& options, float* table) {
  if (!detail::has_transform(options)) return;
  const Index size = detail::transform_circle_size(options);
  fill_cosine_table(table, size);
  if (detail::has_own_taper_circle(options))
    fill_cosine_table(table + cosine_table_size(size), detail::taper_circle_size(options));
}

constexpr void fill_feature_table(const FeatureOptions& options, int32_t* table) {
  detail::fill_integer_table(options, table);
}

/// The table as an object. As `static constexpr` it lies in flash. size: feature_table_size(options). Number:
/// float, or int32_t when options.arithmetic is integer.
template <Index size, typename Number = float>
struct FeatureTable {
  Number value[static_cast<size_t>(size)] = {};
  constexpr explicit FeatureTable(const FeatureOptions& options) { fill_feature_table(options, value); }
};

/// Numbers of scratch that extract_features takes: the signal of a channel and, where it is needed more than
/// once, a transform beside it; a frame of all channels at least.
constexpr Index feature_scratch_size(const FeatureOptions& options) {
  const Index frames = options.window, transform = transform_size(options);
  Index beside = 0;
  if (options.spectral_kurtosis_bands > 0) beside = 2 * Index{options.spectral_kurtosis_block};
  if (detail::has_sine_tapers(options) || options.envelope_bands > 0) beside = larger(beside, transform);
  return larger(Index{options.channels}, larger(frames + beside, options.bands > 0 ? transform : frames));
}

}  // namespace thrum

#endif  // THRUM_FEATURES_SPECTRUM_HPP

#ifndef THRUM_FEATURES_ENVELOPE_HPP
#define THRUM_FEATURES_ENVELOPE_HPP

namespace thrum {

namespace detail {

/// Leaves the bins of the carrier's band at the front of a packed transform, with zeros behind them up to
/// `size` complex numbers.
inline void keep_carrier(CarrierBins bins, Index size, float* spectrum) {
  const float* from = spectrum + 2 * bins.first;
  for (Index i = 0; i < 2 * bins.count; ++i) spectrum[i] = from[i];
  for (Index i = 2 * bins.count; i < 2 * size; ++i) spectrum[i] = 0.0f;
}

/// Writes the squared envelope of the carrier's band, layout.size samples, to the front of `work`; signal: y,
/// options.window floats; work: as many.
inline void write_squared_envelope(const FeatureOptions& options, const BandLayout& layout,
                                   Circle<float> circle, const float* signal, float* work) {
  for (Index i = 0; i < options.window; ++i) work[i] = signal[i];
  real_fourier_transform(work, Index{options.window}, circle);
  keep_carrier(carrier_bins(options), layout.size, work);
  complex_fourier_transform(work, layout.size, circle);  // backwards in time, which no energy notices
  for (Index i = 0; i < layout.size; ++i) work[i] = Spectrum::squared(load(work + 2 * i));
}

/// Divides the samples by their mean and subtracts 1; all 0 when they are too small for that.
inline void make_relative(float* x, Index size) {
  const float mean = ordered_sum_of(x, size) / static_cast<float>(size);
  const float factor = mean >= FLT_MIN ? 1.0f / mean : 0.0f;
  const float offset = mean >= FLT_MIN ? 1.0f : 0.0f;
  for (Index i = 0; i < size; ++i) x[i] = x[i] * factor - offset;
}

/// Writes the log energies of the envelope's bands. The envelope is the magnitude of the analytic signal of
/// the carrier's band: its bins alone, transformed back. They may be moved down to 0 Hz first, which turns
/// phases but no magnitude; then few samples carry them. Squared, it has no frequency above the width of the
/// band, so that nothing folds back onto those below the limit. Energies are of the squared envelope over its
/// mean, minus 1, under Hann's window: no unit, and no gain changes them. For a carrier times 1 + m cos, the
/// energy at the frequency of the cosine is 2 m^2 / (1 + m^2 / 2)^2, for Gaussian noise all of them are at
/// most 1. Source: Randall, Antoni and Chobsaard, Mechanical Systems and Signal Processing 15, 2001. signal:
/// y, options.window floats; work: as many.
inline void write_envelope_energies(const FeatureOptions& options, const float* table, const float* signal,
                                    float* work, float* energies) {
  const BandLayout layout = envelope_bands(options);
  const Circle<float> circle = transform_circle(options, table);
  write_squared_envelope(options, layout, circle, signal, work);
  make_relative(work, layout.size);
  apply_hann_window(work, layout.size, circle);
  real_fourier_transform(work, layout.size, circle);
  for (int band = 0; band < layout.bands; ++band) energies[band] = 0.0f;
  add_band_powers(layout, Spectrum{work, layout.size}, energies);
  const float size = static_cast<float>(layout.size);
  for (int band = 0; band < layout.bands; ++band)
    energies[band] = log_energy(energies[band] * (8.0f / 3.0f) / (size * size), options.energy_floor);
}

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_FEATURES_ENVELOPE_HPP

#ifndef THRUM_CORE_INTEGER_LOG_HPP
#define THRUM_CORE_INTEGER_LOG_HPP

// Logarithms in fixed point, for processors without floating-point unit.

namespace thrum {

/// Binary digits behind the point of integer_log2.
constexpr int log2_fraction_bits = 20;

/// Bits of x without leading zeros; 0 of 0.
constexpr int bit_count(uint64_t x) {
  int bits = 0;
  for (int step = 32; step > 0; step /= 2) {
    if (x >> step == 0) continue;
    x >>= step;
    bits += step;
  }
  return bits + static_cast<int>(x);
}

/// log2 x of x > 0, times 2^20, too small by less than 1.01: digit by digit, a square for each. About 7
/// Cortex-M4 instructions a digit; no table, no division.
constexpr int32_t integer_log2(uint64_t x) {
  const int exponent = bit_count(x) - 1;
  uint32_t mantissa = static_cast<uint32_t>(exponent > 31 ? x >> (exponent - 31) : x << (31 - exponent));
  int32_t log = exponent;
  for (int digit = 0; digit < log2_fraction_bits; ++digit) {
    const uint32_t square = static_cast<uint32_t>(uint64_t{mantissa} * mantissa >> 32);  // in [2^30, 2^32)
    const uint32_t carry = square >> 31;
    mantissa = square << (1 - carry);
    log = 2 * log + static_cast<int32_t>(carry);
  }
  return log;
}

/// The same of a positive finite float.
inline int32_t integer_log2(float x) {
  constexpr int mantissa_bits = ScalarTraits<float>::mantissa_bits;
  const uint32_t bits = bits_of(x);
  const uint32_t stored = bits >> mantissa_bits;
  const uint32_t hidden = stored == 0 ? 0 : uint32_t{1} << mantissa_bits;
  const int exponent = (stored == 0 ? 1 : static_cast<int>(stored)) - ScalarTraits<float>::exponent_bias;
  const uint32_t mantissa = (bits & ((uint32_t{1} << mantissa_bits) - 1)) | hidden;
  return integer_log2(uint64_t{mantissa}) + (exponent - mantissa_bits) * (1 << log2_fraction_bits);
}

/// The natural logarithm of what has this integer_log2, rounded to the nearest float or its neighbour.
inline float natural_log_of_log2(int32_t log2) {
  constexpr int64_t ln2 = 0x58b90bfc;  // times 2^31
  const int32_t log = static_cast<int32_t>((log2 * ln2) >> 31);
  return static_cast<float>(log) * (1.0f / (1 << log2_fraction_bits));
}

}  // namespace thrum

#endif  // THRUM_CORE_INTEGER_LOG_HPP

#ifndef THRUM_FEATURES_INTEGER_STATISTICS_HPP
#define THRUM_FEATURES_INTEGER_STATISTICS_HPP

// Statistics of int16 samples in integers. Nothing overflows, whatever the samples: docs/numerics.md, section
// "Features in integers", has the proofs.

namespace thrum {

/// Calls visit(sample) for each sample of a channel, in order.
template <typename Visit>
[[gnu::always_inline]] inline void for_each_sample(const WindowView<int16_t>& window, Index channel,
                                                   Visit visit) {
  const MatrixView<const int16_t> pieces[] = {window.first, window.second};
  for (const MatrixView<const int16_t>& piece : pieces) {
    const VectorView<const int16_t> samples = piece.col(channel);
    const int16_t* sample = samples.data;
#pragma GCC unroll 4
    for (Index left = samples.size; left > 0; --left, sample += samples.stride) visit(int32_t{*sample});
  }
}

/// What the samples of a channel come to, exactly.
struct IntegerSums {
  int32_t frames = 0;
  int32_t sum = 0;
  int32_t least = 0;
  int32_t greatest = 0;
  int64_t squares = 0;

  constexpr int32_t range() const { return greatest - least; }
  constexpr int range_bits() const { return bit_count(static_cast<uint32_t>(range())); }
  constexpr bool flat() const { return greatest == least; }
  /// frames^2 times the variance.
  constexpr int64_t variance() const { return frames * squares - int64_t{sum} * sum; }
  /// frames times the largest distance from the mean.
  constexpr uint32_t peak() const {
    const int64_t above = int64_t{frames} * greatest - sum, below = sum - int64_t{frames} * least;
    return static_cast<uint32_t>(larger(above, below));
  }
};

/// The sums of a channel. window: 8 to 65536 frames. O(frames).
inline IntegerSums sum_channel(const WindowView<int16_t>& window, Index channel) {
  const int32_t first = window.first(0, channel);
  int32_t sum = 0, least = first, greatest = first;
  int64_t squares = 0;
  for_each_sample(window, channel, [&](int32_t x) {
    sum += x;
    squares += int64_t{x} * x;
    least = smaller(least, x);
    greatest = larger(greatest, x);
  });
  return {static_cast<int32_t>(window.frames()), sum, least, greatest, squares};
}

/// Deviations stay below two to this power: so many bits that the sum of their third powers, less 32 bits, is
/// below 2^63.
constexpr int deviation_bits(Index frames) {
  const int bits = (95 - bit_count(static_cast<uint64_t>(frames - 1))) / 3;
  return smaller(bits, 28);
}
static_assert(deviation_bits(1024) == 28 && deviation_bits(2048) == 28 && deviation_bits(65536) == 26,
              "3 bits - 32 + log2 frames <= 63, hence 4 bits - 64 + log2 frames <= 63 too");

/// The block exponent of a channel: sample x has the deviation d = x 2^shift - mean 2^shift, the latter
/// rounded up, so that d < 0 exactly where x is below the mean. |d| < 2^deviation_bits.
class IntegerDeviation {
 public:
  /// sums: not flat.
  explicit IntegerDeviation(const IntegerSums& sums)
      : shift_(deviation_bits(sums.frames) - sums.range_bits()) {
    const uint32_t frames = static_cast<uint32_t>(sums.frames);
    const uint32_t above_least = static_cast<uint32_t>(sums.sum) - frames * static_cast<uint32_t>(sums.least);
    // 2^shift times the mean above the least, by divisions of 32 bits: what is left of one is below 2^16.
    uint32_t mean = above_least / frames, rest = above_least % frames;
    for (int left = shift_, step = 0; left > 0; left -= step) {
      step = smaller(left, 16);
      mean = (mean << step) + (rest << step) / frames;
      rest = (rest << step) % frames;
    }
    offset_ = (static_cast<uint32_t>(sums.least) << shift_) + mean + (rest > 0 ? 1 : 0);
  }

  int shift() const { return shift_; }
  /// Modulo 2^32, which the result does not leave.
  [[gnu::always_inline]] int32_t of(int32_t x) const {
    return static_cast<int32_t>((static_cast<uint32_t>(x) << shift_) - offset_);
  }

 private:
  int shift_;
  uint32_t offset_ = 0;
};

/// Sums over deviations d, with q = d^2 / 2^32 rounded down.
struct IntegerMoments {
  int64_t cubes = 0;      ///< of q d
  int64_t fourths = 0;    ///< of q^2
  int32_t crossings = 0;  ///< neighbours on different sides of the mean
};

/// Writes the deviations of a channel, one for each frame, and sums their powers.
inline IntegerMoments write_deviations(const WindowView<int16_t>& window, Index channel,
                                       IntegerDeviation deviation, int32_t* deviations) {
  int64_t cubes = 0, fourths = 0;
  uint32_t crossings = 0;
  int32_t before = deviation.of(window.first(0, channel));
  for_each_sample(window, channel, [&](int32_t x) {
    const int32_t d = deviation.of(x);
    *deviations++ = d;
    const int32_t q = static_cast<int32_t>((int64_t{d} * d) >> 32);
    cubes += int64_t{q} * d;
    fourths += int64_t{q} * q;
    crossings += static_cast<uint32_t>(d ^ before) >> 31;
    before = d;
  });
  return {cubes, fourths, static_cast<int32_t>(crossings)};
}

}  // namespace thrum

#endif  // THRUM_FEATURES_INTEGER_STATISTICS_HPP

#ifndef THRUM_FEATURES_INTEGER_MEDIAN_HPP
#define THRUM_FEATURES_INTEGER_MEDIAN_HPP

namespace thrum {

namespace detail {

/// Most parts that a pass cuts the range of keys into: 17 bits take two passes.
constexpr Index most_key_parts = 512;

/// Counters that medians of windows of so many frames take: no more than there are frames.
constexpr Index key_parts_for(Index frames) {
  Index parts = most_key_parts;
  while (parts > frames) parts /= 2;
  return parts;
}

/// Order statistics of keys of a channel's samples by counting how many fall into each of equal parts of the
/// range that is still in question. Key: from sample to a number in [0, greatest].
template <typename Key>
class KeyCounts {
 public:
  KeyCounts(const WindowView<int16_t>& window, Index channel, Key key, int32_t* counts)
      : window_(window), channel_(channel), key_(key), counts_(counts) {}

  /// The sum of the two in the middle, or twice the one.
  uint32_t twice_median(uint32_t greatest) {
    const Index frames = window_.frames();
    const Index middle = (frames - 1) / 2;
    narrow(greatest, middle);
    const bool next_is_equal = middle + 1 < below_ + inside_;
    return low_ + (frames % 2 == 1 || next_is_equal ? low_ : least_above(low_));
  }

 private:
  /// Makes low_ the key of that rank, and below_ and inside_ how many are less and how many equal.
  void narrow(uint32_t greatest, Index rank) {
    const int part_bits = bit_count(static_cast<uint64_t>(key_parts_for(window_.frames()))) - 1;
    low_ = 0;
    below_ = 0;
    for (uint32_t span = greatest;;) {
      const int shift = larger(bit_count(span) - part_bits, 0);
      count(span, shift);
      uint32_t part = 0;
      while (rank >= below_ + counts_[part]) below_ += counts_[part++];
      inside_ = counts_[part];
      low_ += part << shift;
      if (shift == 0) return;
      span = (uint32_t{1} << shift) - 1;
    }
  }

  /// The least key that is greater.
  uint32_t least_above(uint32_t bound) {
    uint32_t least = UINT32_MAX;
    const Key key = key_;
    for_each_sample(window_, channel_, [&](int32_t x) {
      const uint32_t value = key(x);
      if (value > bound) least = smaller(least, value);
    });
    return least;
  }

  /// Counts the keys from low_ to low_ + span by parts of 2^shift.
  void count(uint32_t span, int shift) {
    int32_t* const counts = counts_;
    const uint32_t low = low_;
    const Key key = key_;
    for (uint32_t part = 0; part <= span >> shift; ++part) counts[part] = 0;
    for_each_sample(window_, channel_, [&](int32_t x) {
      const uint32_t offset = key(x) - low;
      if (offset <= span) ++counts[offset >> shift];
    });
  }

  const WindowView<int16_t>& window_;
  Index channel_;
  Key key_;
  int32_t* counts_;
  uint32_t low_ = 0;  // least key of the range in question
  Index below_ = 0;   // keys below the part that was found
  Index inside_ = 0;  // and in it
};

}  // namespace detail

/// Four times the median absolute deviation from the median, exactly. counts: as many integers as the window
/// has frames, at most 512. O(frames); no recursion, allocates nothing.
inline uint32_t integer_median_deviation(const WindowView<int16_t>& window, Index channel,
                                         const IntegerSums& sums, int32_t* counts) {
  const int32_t least = sums.least;
  const auto above_least = [least](int32_t x) { return static_cast<uint32_t>(x - least); };
  const uint32_t range = static_cast<uint32_t>(sums.range());
  const uint32_t twice_median = detail::KeyCounts(window, channel, above_least, counts).twice_median(range);
  const int32_t center = 2 * least + static_cast<int32_t>(twice_median);
  const auto twice_distance = [center](int32_t x) {
    const int32_t difference = 2 * x - center;
    return static_cast<uint32_t>(difference < 0 ? -difference : difference);
  };
  return detail::KeyCounts(window, channel, twice_distance, counts).twice_median(2 * range);
}

}  // namespace thrum

#endif  // THRUM_FEATURES_INTEGER_MEDIAN_HPP

#ifndef THRUM_FEATURES_INTEGER_SPECTRUM_HPP
#define THRUM_FEATURES_INTEGER_SPECTRUM_HPP

namespace thrum {

namespace detail {

/// Bits of what is transformed: as many as integer_real_transform takes.
constexpr int signal_bits = 28;

/// Multiplies x by the periodic Hann window, and by a power of two that makes of deviations what may be
/// transformed. x: `size` deviations, in place; cosines: of fill_integer_cosine_table(size).
inline void apply_integer_hann_window(int32_t* x, Index size, const int32_t* cosines) {
  // Of a product of 64 bits the upper half is taken, of which the weight, up to 2^31, is a half.
  const int32_t scale = int32_t{1} << (signal_bits + 1 - deviation_bits(size));
  x[0] = 0;
  for (Index n = 1; 2 * n < size; ++n) {
    const int32_t weight = integer_cosine_one - cosines[n];
    x[n] = upper_half(int64_t{x[n] * scale} * weight);
    x[size - n] = upper_half(int64_t{x[size - n] * scale} * weight);
  }
  if (size % 2 == 0) x[size / 2] = (x[size / 2] * scale) >> 1;
}

/// Sum of the powers of the bins from `first` to before `end`.
inline uint64_t integer_power_of_bins(const int32_t* packed, Index first, Index end) {
  int64_t sum = 0;
  const int32_t* bin = packed + 2 * first;
#pragma GCC unroll 4
  for (Index left = end - first; left > 0; --left, bin += 2) {
    sum += int64_t{bin[0]} * bin[0];
    sum += int64_t{bin[1]} * bin[1];
  }
  return static_cast<uint64_t>(sum);
}

/// As integer_log2, the mean square in units that a band of power 1 stands for: the transform has been
/// multiplied by 2 / size, the signal by 2^(signal_bits - range_bits), and the mean of Hann's square is 3/8.
inline int32_t integer_log2_per_power(const FeatureOptions& options, int channel, int range_bits) {
  const int size_bits = bit_count(static_cast<uint64_t>(transform_size(options))) - 1;
  const int exponent = 1 + size_bits + 2 * (range_bits - signal_bits);
  return exponent * (1 << log2_fraction_bits) -
         integer_log2(static_cast<uint64_t>(3 * Index{options.window})) -
         2 * integer_log2(options.channel[channel].counts_per_unit);
}

/// Writes the log energies of all bands, as write_band_energies. signal: deviations, the front of
/// feature_scratch_size(options) integers; destroyed. range_bits: of the channel's range.
inline void write_integer_band_energies(const FeatureOptions& options, int channel, int range_bits,
                                        const int32_t* table, int32_t* signal, float* energies) {
  const Index size = transform_size(options), last = size / 2;
  const IntegerTableLayout layout = integer_table_layout(options);
  const int32_t* const edges = table + layout.edges;
  apply_integer_hann_window(signal, options.window, table + layout.window_cosines);
  for (Index i = options.window; i < size; ++i) signal[i] = 0;
  integer_real_transform(signal, size, table);

  const int32_t per_power = integer_log2_per_power(options, channel, range_bits);
  const float floor = natural_log_of_log2(integer_log2(options.energy_floor));
  for (int band = 0; band < options.bands; ++band) {
    const Index first = edges[band], end = edges[band + 1];
    // Bins other than the last twice, since they stand for their mirror images too.
    uint64_t power = 2 * integer_power_of_bins(signal, first, smaller(end, last));
    if (end > last) power += static_cast<uint64_t>(int64_t{signal[1]} * signal[1]);
    const float energy = power > 0 ? natural_log_of_log2(integer_log2(power) + per_power) : floor;
    energies[band] = larger(energy, floor);
  }
}

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_FEATURES_INTEGER_SPECTRUM_HPP

#ifndef THRUM_FEATURES_INTEGER_CHANNEL_HPP
#define THRUM_FEATURES_INTEGER_CHANNEL_HPP

// The features of a channel in integers. Floats come in at the end, made of whole sums, and are multiplied
// and divided only: no flag about fused multiply-adds matters, and all processors have the same bits.

namespace thrum {
namespace detail {

/// Writes the features of one channel. Arguments as write_channel; scratch: feature_scratch_size(options)
/// integers.
template <uint32_t allowed>
inline IntegerCorrelationTerm write_integer_channel(const FeatureOptions& options,
                                                    const WindowView<int16_t>& window, int channel,
                                                    const int32_t* table, int32_t* scratch, float* features) {
  const IntegerSums sums = sum_channel(window, channel);
  const float unit = 1.0f / options.channel[channel].counts_per_unit;
  const float frames = static_cast<float>(options.window);
  const float root = square_root(static_cast<float>(sums.variance()));
  const auto add = [&](bool wanted, float value) {
    if (wanted) *features++ = value;
  };
  add(options.mean, static_cast<float>(sums.sum) / frames * unit);
  if (sums.flat()) {
    const int zeros = features_per_channel(options) - options.mean - options.bands;
    for (int i = 0; i < zeros; ++i) *features++ = 0.0f;
    const float floor = natural_log_of_log2(integer_log2(options.energy_floor));
    for (int band = 0; band < options.bands; ++band) *features++ = floor;
    return {sums.sum, 0.0f};
  }
  add(options.rms, root / frames * unit);
  if constexpr ((allowed & median_feature) != 0)
    if (options.median_absolute_deviation)
      add(true, static_cast<float>(integer_median_deviation(window, channel, sums, scratch)) * 0.25f * unit);
  add(options.peak_to_peak, static_cast<float>(sums.range()) * unit);
  add(options.crest_factor, static_cast<float>(sums.peak()) / root);

  const IntegerDeviation deviation(sums);
  const IntegerMoments moments = write_deviations(window, channel, deviation, scratch);
  // In units of deviations: q^2 is d^4 / 2^64, q d is d^3 / 2^32.
  const float deviation_rms = root / frames * static_cast<float>(int32_t{1} << deviation.shift());
  const float square = deviation_rms * deviation_rms * 0x1p-32f;
  add(options.skewness, static_cast<float>(moments.cubes) / frames / (square * deviation_rms));
  add(options.kurtosis, static_cast<float>(moments.fourths) / frames / (square * square));
  add(options.zero_crossings,
      static_cast<float>(moments.crossings) / (frames - 1.0f) * options.sampling_rate);
  if constexpr ((allowed & hann_bands_feature) != 0)
    if (options.bands > 0)
      write_integer_band_energies(options, channel, sums.range_bits(), table, scratch, features);
  return {sums.sum, root};
}

}  // namespace detail
}  // namespace thrum

#endif  // THRUM_FEATURES_INTEGER_CHANNEL_HPP

#ifndef THRUM_ALGORITHM_QUANTILE_HPP
#define THRUM_ALGORITHM_QUANTILE_HPP

// Order statistics without sorting, scratch memory or bad luck. Floating-point numbers order like the
// integers made of their bits (negative ones flipped), so the wanted one is found by radix: count how many
// keys fall into each of 64 equal parts of the range still in question, keep the part that holds it, go on.
// Every pass cuts the range by 64 whatever the data, so a float takes at most 7 passes and a double 12,
// usually 3 or 4; nothing is moved or stored.

namespace thrum {

/// The k-th smallest value and the one after it (the same when there is none after it).
template <typename Scalar>
struct Neighbours {
  Scalar lower;
  Scalar upper;
};

namespace detail {

/// An unsigned integer that orders as x does, -0 just before +0.
template <typename Scalar>
inline typename ScalarTraits<Scalar>::Bits order_key(Scalar x) {
  using Bits = typename ScalarTraits<Scalar>::Bits;
  constexpr Bits sign = Bits{1} << (8 * sizeof(Bits) - 1);
  const Bits bits = bits_of(x);
  return bits ^ ((Bits{0} - (bits >> (8 * sizeof(Bits) - 1))) | sign);
}

/// The inverse of order_key.
template <typename Scalar>
inline Scalar value_of_key(typename ScalarTraits<Scalar>::Bits key) {
  using Bits = typename ScalarTraits<Scalar>::Bits;
  constexpr Bits sign = Bits{1} << (8 * sizeof(Bits) - 1);
  return from_bits<Scalar>((key & sign) != 0 ? key & ~sign : ~key);
}

constexpr int key_parts = 64;

/// Keys from `low` to `low + span`, both included.
template <typename Bits>
struct KeyRange {
  Bits low;
  Bits span;

  /// How far to shift a key's distance from `low` right, so that it numbers one of key_parts parts.
  constexpr int shift() const {
    int shift = 0;
    while ((span >> shift) >= key_parts) ++shift;
    return shift;
  }
  constexpr KeyRange part(int number, int shift) const {
    const Bits offset = static_cast<Bits>(number) << shift;
    return {low + offset, smaller((Bits{1} << shift) - 1, span - offset)};
  }
  constexpr bool contains(Bits key) const { return key - low <= span; }
};

/// All keys there are. (Looking for the least and greatest first would cost the pass that it saves.)
template <typename Scalar>
constexpr KeyRange<typename ScalarTraits<Scalar>::Bits> all_keys() {
  using Bits = typename ScalarTraits<Scalar>::Bits;
  return {Bits{0}, static_cast<Bits>(~Bits{0})};
}

/// A range of keys that holds the wanted one, how many keys are below it and how many in it.
template <typename Bits>
struct Candidates {
  KeyRange<Bits> range;
  Index below;
  Index inside;
};

/// One pass: the part of the range of `from` that holds the k-th smallest key.
template <typename Scalar, typename Bits, typename Transform>
inline Candidates<Bits> narrowed(VectorView<const Scalar> x, Transform transform, Index k,
                                 const Candidates<Bits>& from) {
  Index counts[key_parts] = {};
  const KeyRange<Bits> range = from.range;
  const int shift = range.shift();
  const Scalar* value = x.data;
  for (Index i = 0; i < x.size; ++i, value += x.stride) {
    const Bits offset = order_key(transform(*value)) - range.low;
    if (offset <= range.span) ++counts[offset >> shift];
  }
  Index below = from.below;
  int part = 0;
  while (part + 1 < key_parts && k >= below + counts[part]) below += counts[part++];
  return {range.part(part, shift), below, counts[part]};
}

/// At most so many candidates are gathered on the stack and put in order there.
constexpr Index gathered_candidates = 64;

/// The last pass: the k-th smallest of few candidates, or of many equal ones, and its successor.
template <typename Scalar, typename Bits, typename Transform>
inline Neighbours<Scalar> among(VectorView<const Scalar> x, Transform transform, Index k,
                                const Candidates<Bits>& candidates) {
  const KeyRange<Bits> range = candidates.range;
  const bool all_equal = range.span == 0;
  Bits sorted[gathered_candidates] = {};
  Bits beyond = static_cast<Bits>(~Bits{0});
  Index count = 0;
  const Scalar* value = x.data;
  for (Index i = 0; i < x.size; ++i, value += x.stride) {
    const Bits key = order_key(transform(*value));
    if (!range.contains(key)) {
      if (key > range.low && key < beyond) beyond = key;
    } else if (!all_equal && count < gathered_candidates) {
      Index place = count++;
      for (; place > 0 && sorted[place - 1] > key; --place) sorted[place] = sorted[place - 1];
      sorted[place] = key;
    }
  }
  const Index position = k - candidates.below;
  const Bits lower = all_equal ? range.low : sorted[position];
  Bits upper = lower;
  if (position + 1 >= candidates.inside) {
    if (candidates.below + candidates.inside < x.size) upper = beyond;
  } else if (!all_equal) {
    upper = sorted[position + 1];
  }
  return {value_of_key<Scalar>(lower), value_of_key<Scalar>(upper)};
}

struct Unchanged {
  template <typename Scalar>
  Scalar operator()(Scalar x) const {
    return x;
  }
};

template <typename Scalar>
struct DistanceFrom {
  Scalar center;
  Scalar operator()(Scalar x) const {
    using Bits = typename ScalarTraits<Scalar>::Bits;
    return from_bits<Scalar>(bits_of(x - center) & (static_cast<Bits>(~Bits{0}) >> 1));
  }
};

/// q * total with what rounding may have added taken off again: 0.07 of 100 is 7, not 7.000000000000001.
constexpr double share_of(double q, double total) { return q * total * (1.0 - 1e-10); }

}  // namespace detail

/// The k-th smallest (0-based) of transform(x[i]) and its successor. x: n >= 1 finite values, any stride; k
/// is taken into [0, n-1]. transform: a pure function of one value, called up to 7 n times (float; double 12
/// n). O(n); 600 (firmware) or 1100 bytes of stack; allocates and changes nothing.
template <typename Scalar, typename Transform>
inline Neighbours<Scalar> select_neighbours(VectorView<const Scalar> x, Index k, Transform transform) {
  using Bits = typename ScalarTraits<Scalar>::Bits;
  k = smaller(larger(k, Index{0}), x.size - 1);
  detail::Candidates<Bits> candidates{detail::all_keys<Scalar>(), 0, x.size};
  while (candidates.inside > detail::gathered_candidates && candidates.range.span != 0)
    candidates = detail::narrowed(x, transform, k, candidates);
  return detail::among(x, transform, k, candidates);
}

/// The k-th smallest of x, 0-based: k = 0 is the minimum. See select_neighbours.
template <typename Scalar>
inline Scalar select(VectorView<const Scalar> x, Index k) {
  return select_neighbours(x, k, detail::Unchanged{}).lower;
}

/// Quantile of type 7 (Hyndman and Fan, The American Statistician 50, 1996; numpy's default): between the two
/// order statistics around (n - 1) q, linearly. x: n >= 1 finite values; q is taken into [0, 1]. The result
/// lies between those two and does not overflow. Cost: select_neighbours.
template <typename Scalar>
inline Scalar quantile(VectorView<const Scalar> x, double q) {
  const double place = larger(0.0, smaller(1.0, q)) * static_cast<double>(x.size - 1);
  const Index k = static_cast<Index>(place);
  const Neighbours<Scalar> at = select_neighbours(x, k, detail::Unchanged{});
  // Half the difference twice, since the whole one may overflow.
  const Scalar half = Scalar(0.5) * at.upper - Scalar(0.5) * at.lower;
  const Scalar step = static_cast<Scalar>(place - static_cast<double>(k)) * half;
  return smaller(at.lower + step + step, at.upper);
}

/// The median of transform(x[i]): the middle value, or half way between the two middle ones.
/// No double in it, so it serves the firmware's features. Cost: select_neighbours.
template <typename Scalar, typename Transform>
inline Scalar median(VectorView<const Scalar> x, Transform transform) {
  const Neighbours<Scalar> middle = select_neighbours(x, (x.size - 1) / 2, transform);
  if (x.size % 2 != 0) return middle.lower;
  return Scalar(0.5) * middle.lower + Scalar(0.5) * middle.upper;
}

/// The median of x: n >= 1 finite values.
template <typename Scalar>
inline Scalar median(VectorView<const Scalar> x) {
  return median(x, detail::Unchanged{});
}

/// Median of |x - median of x|, without the factor 1.4826 that makes it estimate a standard deviation.
/// x: n >= 1 finite values; infinite when a deviation overflows. Cost: twice select_neighbours.
template <typename Scalar>
inline Scalar median_absolute_deviation(VectorView<const Scalar> x) {
  return median(x, detail::DistanceFrom<Scalar>{median(x)});
}

namespace detail {

/// One pass of the weighted search: the part of `range` in which the weight passes `target`; adds the weight
/// below that part to `below`.
template <typename Scalar, typename Bits>
inline KeyRange<Bits> narrowed(VectorView<const Scalar> x, VectorView<const Scalar> weights, double target,
                               const KeyRange<Bits>& range, double& below) {
  double sums[key_parts] = {};
  const int shift = range.shift();
  for (Index i = 0; i < x.size; ++i) {
    const Bits offset = order_key(x[i]) - range.low;
    const double weight = static_cast<double>(weights[i]);
    if (offset <= range.span && weight > 0.0) sums[offset >> shift] += weight;
  }
  // The last part that weighs anything serves when rounding keeps the sum below the target.
  int chosen = 0;
  double below_chosen = below;
  double passed = below;
  for (int part = 0; part < key_parts; ++part) {
    if (!(sums[part] > 0.0)) continue;
    chosen = part;
    below_chosen = passed;
    passed += sums[part];
    if (passed >= target) break;
  }
  below = below_chosen;
  return range.part(chosen, shift);
}

}  // namespace detail

/// Inverse of the weighted distribution function: the smallest x[i] of positive weight such that the weights
/// of all values up to it sum to at least q of the total. A weight N counts as N repeats; an empty `weights`
/// view is all ones. So q = 0.99 of 100 values is the 99th smallest; q = 0 is the least, q = 1 the greatest.
/// x: n >= 1 finite values; weights: empty, or n values >= 0 with a positive sum (all zero gives the least
/// x); q is taken into [0, 1]; sums are in double, and shares are equal up to 1e-10 of themselves. At most 7
/// (float) or 12 (double) passes; half a kilobyte of stack; allocates and changes nothing.
template <typename Scalar>
inline Scalar weighted_quantile(VectorView<const Scalar> x, ConstVectorView<Scalar> weights, double q) {
  q = larger(0.0, smaller(1.0, q));
  if (weights.size == 0) {
    const double target = detail::share_of(q, static_cast<double>(x.size));
    const Index k = static_cast<Index>(target);
    return select(x, target > static_cast<double>(k) ? k : k - 1);
  }
  double total = 0.0;
  for (Index i = 0; i < x.size; ++i) {
    const double weight = static_cast<double>(weights[i]);
    if (weight > 0.0) total += weight;
  }
  if (!(total > 0.0)) return select(x, 0);
  const double target = detail::share_of(q, total);
  double below = 0.0;
  auto range = detail::all_keys<Scalar>();
  while (range.span != 0) range = detail::narrowed(x, weights, target, range, below);
  return detail::value_of_key<Scalar>(range.low);
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_QUANTILE_HPP

#ifndef THRUM_FEATURES_MEDIAN_DEVIATION_HPP
#define THRUM_FEATURES_MEDIAN_DEVIATION_HPP

// The median absolute deviation of a window in three passes: values are counted in parts, which tells where
// the median lies, and then where the median of the deviations does; a pass for each gathers the few values
// there. Guesses only ever cost time: what was gathered is counted, and where it does not hold the middle
// values, select_neighbours finds them.

namespace thrum {

namespace detail {

/// An integer that orders as a value does whose magnitude is below 2, less than 2^31 from any other such.
[[gnu::always_inline]] inline int32_t signed_key(float y) {
  const int32_t bits = static_cast<int32_t>(bits_of(y));
  return bits ^ static_cast<int32_t>(static_cast<uint32_t>(bits >> 31) >> 1);
}
inline float value_of_signed_key(int32_t key) {
  return from_bits<float>(
      static_cast<uint32_t>(key ^ static_cast<int32_t>(static_cast<uint32_t>(key >> 31) >> 1)));
}

/// The key of a value that is looked for among transformed ones.
[[gnu::always_inline]] inline int32_t transformed_key(Unchanged, float y) { return signed_key(y); }
[[gnu::always_inline]] inline int32_t transformed_key(DistanceFrom<float> distance, float y) {
  return static_cast<int32_t>(bits_of(y - distance.center) & (UINT32_MAX >> 1));
}

/// Unchanged or DistanceFrom, told apart when the program runs: what is seldom called has its code once.
struct AnyTransform {
  float center;
  uint32_t mask;

  AnyTransform(Unchanged) : center(0.0f), mask(UINT32_MAX) {}
  AnyTransform(DistanceFrom<float> distance) : center(distance.center), mask(UINT32_MAX >> 1) {}
  float operator()(float y) const { return from_bits<float>(bits_of(y - center) & mask); }
};

/// Calls visit for each value until it says false; returns the place of the next. Four at a time, since a
/// pass takes few instructions.
template <typename Visit>
[[gnu::always_inline]] inline const float* visit_values(const float* value, const float* end, Visit visit) {
  for (const float* const fours_end = end - (end - value) % 4; value != fours_end; value += 4) {
    if (!visit(value[0])) return value + 1;
    if (!visit(value[1])) return value + 2;
    if (!visit(value[2])) return value + 3;
    if (!visit(value[3])) return value + 4;
  }
  while (value != end)
    if (!visit(*value++)) break;
  return value;
}

/// Calls visit for all values.
template <typename Visit>
[[gnu::always_inline]] inline void visit_all(VectorView<const float> y, Visit visit) {
  visit_values(y.data, y.data + y.size, [visit](float value) {
    visit(value);
    return true;
  });
}

/// Keys of the one or two values in the middle of a window.
struct MiddleKeys {
  int32_t lower;
  int32_t upper;
};

/// Ranks of the values in the middle; the same when their number is odd.
struct MiddleRanks {
  Index lower;
  Index upper;
  explicit MiddleRanks(Index count) : lower((count - 1) / 2), upper(count / 2) {}
};

/// Keys of values that lie in a range, as many as there is room for.
struct GatheredKeys {
  static constexpr Index room = 136;
  static constexpr Index few = 68;  ///< enough to see that values are all the same
  int32_t key[array_size(room)];
  Index count = 0;
  Index below = 0;  ///< values below the range
};

/// Moves the key of a rank to its place, those below it before it. Source: Hoare (Communications of the ACM
/// 4, 1961, Algorithm 65).
inline void move_to_rank(int32_t* key, Index count, Index rank) {
  int32_t* const wanted = key + rank;
  int32_t* left = key;
  int32_t* right = key + count - 1;
  while (left < right) {
    const int32_t pivot = *wanted;
    int32_t* up = left;
    int32_t* down = right;
    for (;;) {
      while (*up < pivot) ++up;
      while (pivot < *down) --down;
      if (up >= down) break;
      const int32_t moved = *up;
      *up++ = *down;
      *down-- = moved;
    }
    if (wanted <= down) right = down;
    if (wanted >= up) left = up;
  }
}

/// True when there are at most two different keys; puts them in `two`.
[[gnu::noinline]] inline bool are_of_two(const int32_t* key, Index count, MiddleKeys& two) {
  const int32_t first = key[0];
  int32_t other = first;
  for (const int32_t* const end = key + count; key != end; ++key) {
    if (*key == first || *key == other) continue;
    if (other != first) return false;
    other = *key;
  }
  two = {smaller(first, other), larger(first, other)};
  return true;
}

inline int32_t least_of(const int32_t* key, Index count) {
  int32_t least = key[0];
  for (Index i = 1; i < count; ++i) least = smaller(key[i], least);
  return least;
}

/// Gathers until there are `limit` keys; returns the place of the next value.
template <typename Transform>
inline const float* gather(const float* value, const float* end, Transform transform, int32_t low,
                           int32_t high, Index limit, GatheredKeys& gathered) {
  const uint32_t span = static_cast<uint32_t>(high - low);
  uint32_t below = 0;
  int32_t* next = gathered.key + gathered.count;
  const int32_t* const stop = gathered.key + limit;
  value = visit_values(value, end, [=, &below, &next](float visited) {
    const int32_t key = transformed_key(transform, visited);
    const uint32_t offset = static_cast<uint32_t>(key - low);
    below += offset >> 31;
    if (__builtin_expect(offset <= span, 0)) {
      *next++ = key;
      return next != stop;
    }
    return true;
  });
  gathered.count = next - gathered.key;
  gathered.below += static_cast<Index>(below);
  return value;
}

/// The keys in the middle of `count` values; false when they were not gathered.
[[gnu::noinline]] inline bool middle_of(GatheredKeys& gathered, Index count, MiddleKeys& middle) {
  const MiddleRanks rank(count);
  const Index lower = rank.lower - gathered.below, upper = rank.upper - gathered.below;
  if (lower < 0 || upper >= gathered.count) return false;
  move_to_rank(gathered.key, gathered.count, lower);
  middle = {gathered.key[lower], least_of(gathered.key + upper, gathered.count - upper)};
  return true;
}

/// Makes two keys that values have those in the middle; false when there are others. Many values share each:
/// either they are the middle, or one of them alone is.
template <typename Transform>
inline bool find_shared_middle(VectorView<const float> y, Transform transform, MiddleKeys& middle) {
  const MiddleRanks rank(y.size);
  for (;;) {
    uint32_t below_upper = 0, above_lower = 0;
    visit_all(y, [=, &below_upper, &above_lower](float value) {
      const int32_t key = transformed_key(transform, value);
      below_upper += static_cast<uint32_t>(key - middle.upper) >> 31;
      above_lower += static_cast<uint32_t>(middle.lower - key) >> 31;
    });
    const Index below = static_cast<Index>(below_upper), up_to = y.size - static_cast<Index>(above_lower);
    if (middle.lower == middle.upper) return below <= rank.lower && rank.upper < up_to;
    if (up_to == rank.upper && below == rank.upper) return true;
    if (up_to > rank.upper)
      middle.upper = middle.lower;
    else
      middle.lower = middle.upper;
  }
}

/// Keys from `low` to `high`, both included.
struct GuessedRange {
  int32_t low;
  int32_t high;
};

enum class Search : uint8_t { found, crowded, missed };

/// Looks for the keys in the middle from `low` to `high`.
template <typename Transform>
[[gnu::noinline]] inline Search find_middle(VectorView<const float> y, Transform transform,
                                            GuessedRange range, MiddleKeys& middle) {
  GatheredKeys gathered;
  const float* value = y.data;
  const float* const end = value + y.size;
  for (Index limit = GatheredKeys::few; limit <= GatheredKeys::room; limit += GatheredKeys::few) {
    value = gather(value, end, transform, range.low, range.high, limit, gathered);
    if (gathered.count < limit) return middle_of(gathered, y.size, middle) ? Search::found : Search::missed;
    if (are_of_two(gathered.key, limit, middle))  // of a quiet signal, one count may hold half a window
      return find_shared_middle(y, transform, middle) ? Search::found : Search::crowded;
  }
  return Search::crowded;
}

/// Cuts a range down to those of its 256 parts in which the middle is; false when it is elsewhere.
[[gnu::noinline]] inline bool narrow(VectorView<const float> y, AnyTransform transform, GuessedRange& range) {
  constexpr uint32_t parts = 256;
  uint16_t counts[parts] = {};
  const uint32_t span = static_cast<uint32_t>(range.high - range.low);
  int shift = 0;
  while ((span >> shift) >= parts) ++shift;
  const int32_t low = range.low;
  uint32_t below = 0;
  for (const float *value = y.data, *const end = value + y.size; value != end; ++value) {
    const uint32_t offset = static_cast<uint32_t>(signed_key(transform(*value)) - low);
    below += offset >> 31;
    if (offset <= span) ++counts[offset >> shift];
  }
  const MiddleRanks rank(y.size);
  Index up_to = static_cast<Index>(below);
  if (up_to > rank.lower) return false;
  uint32_t part = 0;
  for (; part < parts && up_to + counts[part] <= rank.lower; ++part) up_to += counts[part];
  const uint32_t first = part;
  for (; part < parts && up_to + counts[part] <= rank.upper; ++part) up_to += counts[part];
  range.high = range.low + static_cast<int32_t>(((part + 1) << shift) - 1);
  range.low += static_cast<int32_t>(first << shift);
  return part < parts;
}

/// As many as it takes to cut the range of all keys down to single ones.
constexpr int most_narrowings = 4;

/// From where to where something is guessed to lie.
struct Guess {
  float low;
  float high;
};

/// Out of line, so that its stack is not taken where guesses are right.
[[gnu::noinline]] inline float median_without_guess(VectorView<const float> y, AnyTransform transform) {
  return median(y, transform);
}

/// The median of transformed values, of which it is guessed where those in the middle lie.
template <typename Transform>
inline float median_near(VectorView<const float> y, Transform transform, Guess guess) {
  constexpr float slack = 1e-6f;  // what rounding may move a value across the edge of its part
  GuessedRange range{signed_key(guess.low - slack), signed_key(guess.high + slack)};
  MiddleKeys middle;
  Search search = find_middle(y, transform, range, middle);
  for (int left = most_narrowings; left > 0 && search == Search::crowded && narrow(y, transform, range);
       --left)
    search = find_middle(y, transform, range, middle);
  if (search != Search::found) return median_without_guess(y, transform);
  const float lower = value_of_signed_key(middle.lower), upper = value_of_signed_key(middle.upper);
  return y.size % 2 != 0 ? lower : 0.5f * lower + 0.5f * upper;
}

/// The least number from `first` to before `end` of which count_of, which rises, says more than `rank`; else
/// `end`. Looks at `first` first.
template <typename Count>
[[gnu::always_inline]] inline int first_above(Index rank, int first, int end, Count count_of) {
  for (int next = first; first < end; next = static_cast<int>(static_cast<unsigned>(first + end) / 2)) {
    if (count_of(next) > rank)
      end = next;
    else
      first = next + 1;
  }
  return first;
}

/// How many values of a normalised signal lie in equal parts of [-1, 1]. Exact up to 65535 values.
class PartCounts {
 public:
  explicit PartCounts(VectorView<const float> y) {
    visit_all(y, [this](float value) { ++up_to_[part_of(value)]; });
    uint32_t sum = 0;
    for (uint16_t& count : up_to_) count = static_cast<uint16_t>(sum += count);
  }

  /// Where the values of these ranks lie.
  Guess values(MiddleRanks rank) const {
    const auto up_to = [this](int part) { return Index{up_to_[part]}; };
    const int first = first_above(rank.lower, 0, parts, up_to);
    return {low_edge(first), low_edge(first_above(rank.upper, first, parts, up_to) + 1)};
  }

  /// Where the distances of these ranks from `center` lie. Parts are taken in rising distance: that of the
  /// center, and then one on its left and one on its right in turn.
  Guess distances(MiddleRanks rank, float center) const {
    const int part = part_of(center);
    const float beyond_edge = (center - low_edge(part)) * (1.0f / width);  // in parts
    const int left_first = beyond_edge < 0.5f, right_first = 1 - left_first;
    const float to_edge = left_first != 0 ? beyond_edge : 1.0f - beyond_edge;
    const auto within = [=](int steps) {
      const int first = part - (steps + left_first) / 2, last = part + (steps + right_first) / 2;
      return Index{up_to_[smaller(last, parts - 1)]} - (first > 0 ? Index{up_to_[first - 1]} : 0);
    };
    const auto to_part = [to_edge](int steps) {
      return width * (static_cast<float>(steps / 2) + (steps % 2 != 0 ? to_edge : -to_edge));
    };
    const int first = first_above(rank.lower, 0, 2 * parts, within);
    return {larger(0.0f, to_part(first)), to_part(first_above(rank.upper, first, 2 * parts, within)) + width};
  }

 private:
  static constexpr int parts = 130;  // 128; one below -1, where only rounding leads; one from 1 on
  static constexpr float width = 2.0f / 128.0f;

  /// By the bits of a sum from 4 to 8, where floats are equally far apart.
  [[gnu::always_inline]] static int part_of(float y) {
    return static_cast<int>(bits_of(y + (5.0f + width)) / 32768 % 256);
  }
  static float low_edge(int part) { return width * static_cast<float>(part - 1) - 1.0f; }

  uint16_t up_to_[parts] = {};
};

}  // namespace detail

/// Median of |y - median of y|, without the factor 1.4826: the same to the last bit as
/// median_absolute_deviation(). y: n >= 1 values of a normalised signal, in [-1, 1], contiguous; above 65535
/// of them guesses may fail. Cost at 1024: 27 to 33 Cortex-M4F instructions a value, in three passes, or
/// five where values are often equal; up to 106 where impacts stand far above the rest; at most 53 passes.
/// 1.2 kB of stack; allocates nothing.
inline float normalised_median_deviation(VectorView<const float> y) {
  const detail::PartCounts counts(y);
  const detail::MiddleRanks rank(y.size);
  const float center = detail::median_near(y, detail::Unchanged{}, counts.values(rank));
  return detail::median_near(y, detail::DistanceFrom<float>{center}, counts.distances(rank, center));
}

}  // namespace thrum

#endif  // THRUM_FEATURES_MEDIAN_DEVIATION_HPP

#ifndef THRUM_FEATURES_SPECTRAL_KURTOSIS_HPP
#define THRUM_FEATURES_SPECTRAL_KURTOSIS_HPP

namespace thrum {

namespace detail {

/// Power of one frequency over all blocks.
struct PowerSums {
  float* powers;   ///< for each bin, sum of |X|^2
  float* squares;  ///< for each bin, sum of |X|^4
};

/// Transforms blocks that overlap by half, each under Hann's window, and sums their powers; returns how many
/// they are. block: layout.size floats.
inline Index sum_block_powers(Index frames, Index size, Circle<float> circle, const float* signal,
                              float* block, PowerSums sums) {
  for (Index k = 0; k < size / 2; ++k) sums.powers[k] = sums.squares[k] = 0.0f;
  Index blocks = 0;
  for (Index begin = 0; begin + size <= frames; begin += size / 2, ++blocks) {
    for (Index i = 0; i < size; ++i) block[i] = signal[begin + i];
    apply_hann_window(block, size, circle);
    real_fourier_transform(block, size, circle);
    const Spectrum spectrum{block, size};
    for (Index k = 1; k < size / 2; ++k) {
      const float power = spectrum.power(k);
      sums.powers[k] += power;
      sums.squares[k] += power * power;
    }
  }
  return blocks;
}

/// The spectral kurtosis of one frequency from M powers P: M / (M - 1) ((M + 1) sum P^2 / (sum P)^2 - 2).
/// 0 where there is nothing but what rounding leaves of a signal with a peak of 1.
inline float spectral_kurtosis(float powers, float squares, float blocks) {
  constexpr float least_power = 1e-16f;
  if (powers < least_power) return 0.0f;
  return blocks / (blocks - 1.0f) * ((blocks + 1.0f) * squares / (powers * powers) - 2.0f);
}

/// Writes the mean spectral kurtosis of the bins in each band. Whatever the spectrum, it is 0 for stationary
/// Gaussian noise, -1 for a steady tone, and up to the number of blocks M where impacts in few of them bring
/// most of the power. The estimator has no bias for independent blocks; these share half their frames, which
/// under Hann's window leaves their powers a correlation of 1/36. The bin of half the sampling rate, being
/// real, has another kurtosis and is left out. Source: Antoni, Mechanical Systems and Signal Processing 20,
/// 2006; the estimator: Vrabie, Granjon and Serviere, IEEE-EURASIP Workshop on Nonlinear Signal and Image
/// Processing, 2003.
/// signal: y, options.window floats; work: 2 options.spectral_kurtosis_block floats.
inline void write_spectral_kurtosis(const FeatureOptions& options, const float* table, const float* signal,
                                    float* work, float* kurtosis) {
  const BandLayout layout = spectral_kurtosis_bands(options);
  const Index half = layout.size / 2;
  const PowerSums sums{work + layout.size, work + layout.size + half};
  const Index blocks =
      sum_block_powers(options.window, layout.size, transform_circle(options, table), signal, work, sums);
  for (int band = 0; band < layout.bands; ++band) {
    const Index first = layout.first_bin(band), end = smaller(layout.first_bin(band + 1), half);
    float sum = 0;
    for (Index k = first; k < end; ++k)
      sum += spectral_kurtosis(sums.powers[k], sums.squares[k], static_cast<float>(blocks));
    kurtosis[band] = sum / static_cast<float>(end - first);
  }
}

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_FEATURES_SPECTRAL_KURTOSIS_HPP

#ifndef THRUM_FEATURES_EXTRACT_HPP
#define THRUM_FEATURES_EXTRACT_HPP

namespace thrum {

namespace detail {

inline bool all_finite(const MatrixView<const int16_t>&) { return true; }

inline bool all_finite(const MatrixView<const float>& samples) {
  for (Index i = 0; i < samples.rows; ++i)
    for (Index c = 0; c < samples.cols; ++c)
      if (!is_finite(samples(i, c))) return false;
  return true;
}

/// Stands for a feature that is too large for its type: the row stays finite, and is an alarm.
constexpr float overflowed_feature = ScalarTraits<float>::largest();

/// Writes one channel's features; returns the place after the last. signal: what read_channel wrote, the
/// front of feature_scratch_size(options) floats; destroyed. allowed: see extract_features.
template <uint32_t allowed>
inline float* write_channel(const FeatureOptions& options, const ChannelScale& scale, const ChannelSums& sums,
                            int channel, const float* table, float* signal, float* features) {
  const float unit = 1.0f / options.channel[channel].counts_per_unit;
  const float frames = static_cast<float>(options.window);
  const float amplitude = scale.peak * unit;
  const bool flat = scale.flat();
  const float mean_square = flat ? 1.0f : sums.squares / frames;  // of the normalised signal
  const float root = square_root(mean_square);

  if (options.mean) *features++ = (scale.first + scale.mean) * unit;
  if (options.rms) *features++ = flat ? 0.0f : amplitude * root;
  if constexpr ((allowed & median_feature) != 0) {
    if (options.median_absolute_deviation) {
      const VectorView<const float> y = contiguous<const float>(signal, options.window);
      *features++ = flat ? 0.0f : amplitude * normalised_median_deviation(y);
    }
  }
  if (options.peak_to_peak) *features++ = flat ? 0.0f : scale.range * unit;
  if (options.crest_factor) *features++ = flat ? 0.0f : 1.0f / root;
  if (options.skewness) *features++ = flat ? 0.0f : sums.cubes / frames / (mean_square * root);
  if (options.kurtosis) *features++ = flat ? 0.0f : sums.fourths / frames / (mean_square * mean_square);
  if (options.zero_crossings)
    *features++ = static_cast<float>(sums.crossings) / (frames - 1.0f) * options.sampling_rate;
  float* const bands = features;
  float* const envelope = bands + options.bands;
  float* const kurtosis = envelope + options.envelope_bands;
  float* const work = signal + options.window;
  if constexpr ((allowed & spectral_kurtosis_feature) != 0)
    if (options.spectral_kurtosis_bands > 0) write_spectral_kurtosis(options, table, signal, work, kurtosis);
  if constexpr ((allowed & envelope_feature) != 0)
    if (options.envelope_bands > 0) write_envelope_energies(options, table, signal, work, envelope);
  if constexpr ((allowed & (hann_bands_feature | sine_taper_bands_feature)) != 0)
    if (options.bands > 0)
      write_band_energies<allowed>(options, amplitude, table, signal, bands);  // destroys the signal
  return kurtosis + options.spectral_kurtosis_bands;
}

/// What goes with the numbers that features are computed in.
template <typename Number>
struct ArithmeticOf;
template <>
struct ArithmeticOf<float> {
  static constexpr Arithmetic arithmetic = Arithmetic::floating;
  using Term = CorrelationTerm;
};
template <>
struct ArithmeticOf<int32_t> {
  static constexpr Arithmetic arithmetic = Arithmetic::integer;
  using Term = IntegerCorrelationTerm;
};

/// The numbers that go with an arithmetic.
template <Arithmetic>
struct NumberOf {
  using Type = float;
};
template <>
struct NumberOf<Arithmetic::integer> {
  using Type = int32_t;
};

}  // namespace detail

/// What table and scratch of extract_features consist of: float or int32_t.
template <Arithmetic arithmetic>
using FeatureNumber = typename detail::NumberOf<arithmetic>::Type;

/// Extracts the features of one window a step at a time: what extract_features() does at once. A step is the
/// features of one channel, or all correlations. Inlined, so that of options that are a constant sizes are
/// too. allowed: see extract_features; most_channels: room, at least options.channels when correlation is on;
/// Number: float, or int32_t when options.arithmetic is integer. All zero at start; 8 bytes and 20, of
/// integers 8, for each of most_channels.
template <uint32_t allowed = every_feature, int most_channels = max_channels, typename Number = float>
class Extraction {
 public:
  /// Steps for a window.
  static constexpr int steps(const FeatureOptions& options) {
    return options.channels + (feature_count(options, FeatureKind::correlation) > 0 ? 1 : 0);
  }

  /// Does the next step; true when it was the last one, so that status() and all features are there, and the
  /// next step begins anew. Arguments as for extract_features(), the same for each step of a window.
  template <typename Sample>
  [[gnu::always_inline]] bool step(const FeatureOptions& options, const WindowView<Sample>& window,
                                   const Number* table, Number* scratch, float* features) {
    if (done_ == 0) status_ = status_of(options, window);
    if (status_ != Status::ok && status_ != Status::overflow) return true;
    if (done_ < options.channels)
      add_channel(options, window, table, scratch, features + done_ * features_per_channel(options));
    else if constexpr ((allowed & correlation_feature) != 0)
      add_correlations(options, window, scratch, features);
    if (++done_ < steps(options)) return false;
    done_ = 0;
    replace_overflowed(features, window_feature_count(options));
    return true;
  }

  /// Of the window whose last step was done: see extract_features().
  Status status() const { return status_; }

  /// The next step begins a window.
  void reset() { done_ = 0; }

 private:
  template <typename Sample>
  static Status status_of(const FeatureOptions& options, const WindowView<Sample>& window) {
    if (window.frames() != options.window || window.channels() != options.channels || window.first.rows < 1)
      return Status::wrong_size;
    if (options.arithmetic != detail::ArithmeticOf<Number>::arithmetic) return Status::out_of_range;
    return detail::all_finite(window.first) && detail::all_finite(window.second) ? Status::ok
                                                                                 : Status::non_finite;
  }

  template <typename Sample>
  [[gnu::always_inline]] void add_channel(const FeatureOptions& options, const WindowView<Sample>& window,
                                          const float* table, float* scratch, float* features) {
    const ChannelScale scale = read_channel(window, done_, scratch);
    if (sizeof(Sample) != sizeof(int16_t) && !is_usable(scale)) {  // integers do not overflow
      status_ = Status::overflow;
      for (int i = 0; i < features_per_channel(options); ++i) features[i] = detail::overflowed_feature;
      return;
    }
    const ChannelSums sums = normalise(scale, scratch, options.window);
    if ((allowed & correlation_feature) != 0 && done_ < most_channels)
      terms_[done_] = {scale.first, scale.mean, scale.inverse_peak, sums.squares, scale.sum};
    detail::write_channel<allowed>(options, scale, sums, done_, table, scratch, features);
  }

  void add_channel(const FeatureOptions& options, const WindowView<int16_t>& window, const int32_t* table,
                   int32_t* scratch, float* features) {
    const detail::IntegerCorrelationTerm term =
        detail::write_integer_channel<allowed>(options, window, done_, table, scratch, features);
    if ((allowed & correlation_feature) != 0 && done_ < most_channels) terms_[done_] = term;
  }

  /// Where a channel overflowed, so do the correlations.
  template <typename Sample>
  void add_correlations(const FeatureOptions& options, const WindowView<Sample>& window, Number* scratch,
                        float* features) {
    const int first = options.channels * features_per_channel(options);
    if (status_ == Status::ok)
      detail::write_correlations<most_channels>(window, terms_, scratch, feature_scratch_size(options),
                                                features + first);
    else
      for (int i = first; i < window_feature_count(options); ++i) features[i] = detail::overflowed_feature;
  }

  void replace_overflowed(float* features, int count) {
    for (int i = 0; i < count; ++i) {
      if (is_finite(features[i])) continue;
      features[i] = detail::overflowed_feature;
      status_ = Status::overflow;
    }
  }

  int done_ = 0;  // steps of this window
  Status status_ = Status::not_fitted;
  typename detail::ArithmeticOf<Number>::Term terms_[array_size(most_channels)] = {};
};

/// Extracts the features of one window: the same code, and the same bits, on laptop and chip.
/// window: options.window frames x options.channels, int16 or float, in counts; table: of
/// fill_feature_table(options); scratch: feature_scratch_size(options) Numbers; features:
/// window_feature_count(options) floats out, in the order feature_name tells; inputs are left to the caller.
/// `options` must pass check(); `allowed`: features that they may switch on, the code of others is left out
/// (feature_parts). Number: float, or int32_t when options.arithmetic is integer, and Sample int16_t then;
/// out_of_range when it is the other one.
///
/// wrong_size: the window has another shape. non_finite: a sample is NaN or infinite (none of these write
/// anything). overflow: the samples are finite, but a feature is not; those that can't be told are the
/// largest finite number, which score_row() takes for what it is. All this holds under -ffast-math. Every
/// feature written is finite.
///
/// A flat channel has 0 for all but its mean and its band energies, of spectrum and envelope, which are at
/// the floor. Signals with a peak below the smallest normal float count as flat. Means and moments are exact
/// to a few 1e-6 (samples_per_partial_sum), and all features but the mean the same to the last bit when a
/// constant is added to int16 samples. Cost at 1024 frames, in Cortex-M4F instructions per sample: time
/// features 27, median absolute deviation 27, bands 57, with sine tapers 132 (360 when the window is no
/// power of two), envelope 121, spectral kurtosis 96, correlations of 8 int16 channels 7;
/// bench/feature_cost.sh prints them. In integers, with or without floating-point unit: time features 24,
/// median absolute deviation 67, bands 60; exact but for what docs/numerics.md says of moments and bands. 1.3
/// kB of stack; allocates nothing.
template <uint32_t allowed = every_feature, typename Sample, typename Number>
inline Status extract_features(const FeatureOptions& options, const WindowView<Sample>& window,
                               const Number* table, Number* scratch, float* features) {
  Extraction<allowed, max_channels, Number> extraction;
  while (!extraction.step(options, window, table, scratch, features)) {
  }
  return extraction.status();
}

}  // namespace thrum

#endif  // THRUM_FEATURES_EXTRACT_HPP

#ifndef THRUM_FEATURES_SAMPLE_CLOCK_HPP
#define THRUM_FEATURES_SAMPLE_CLOCK_HPP

namespace thrum {

/// Tells by the time stamps of blocks whether frames are missing between them, and whether they come at the
/// rate they should. Belongs to the writer; rate_off() may be asked by the reader. All zero at start; 32
/// bytes.
///
/// Frames are missing where a block comes later than half as long again as the block before takes, and a
/// frame. What is less is a matter of the rate, which is measured over a window's frames at a time: those
/// that are lost unnoticed make it slow.
class SampleClock {
 public:
  /// The next block, of `frames` > 0, whose first one was taken at `microseconds` of any clock that wraps at
  /// 2^32. Returns how many frames are missing before it: 0 for none. options must pass check(). A pause of
  /// more than 71 minutes is taken for a shorter one. O(1), a few float operations.
  Index stamp(const FeatureOptions& options, uint32_t microseconds, Index frames) {
    const uint32_t elapsed = microseconds - stamp_;
    const Index before = static_cast<Index>(frames_);
    stamp_ = microseconds;
    frames_ = static_cast<uint32_t>(frames);
    if (before == 0) return 0;
    const float due = frames_in(options, static_cast<float>(elapsed));
    const float taken = static_cast<float>(before);
    if (due > 1.5f * taken + 1.0f) {
      measured_frames_ = 0;
      measured_time_ = 0;
      return static_cast<Index>(smaller(due - taken + 0.5f, 2e9f));
    }
    if (elapsed > UINT32_MAX - measured_time_) measure(options);
    measured_frames_ += static_cast<uint32_t>(before);
    measured_time_ += elapsed;
    if (measured_frames_ >= static_cast<uint32_t>(options.window)) measure(options);
    return 0;
  }

  /// The rate was off by more than options.sensors.rate_tolerance when it was last measured. Any side.
  bool rate_off() const { return load_shared(rate_off_) != 0; }

  /// The next block follows no other: something is known to be missing before it.
  void restart() {
    frames_ = 0;
    measured_frames_ = 0;
    measured_time_ = 0;
  }

 private:
  static float frames_in(const FeatureOptions& options, float microseconds) {
    return microseconds * 1e-6f * options.sampling_rate;
  }

  void measure(const FeatureOptions& options) {
    const float due = frames_in(options, static_cast<float>(measured_time_));
    const float taken = static_cast<float>(measured_frames_);
    // The measured rate is nominal x taken / due.
    const bool off = absolute(taken - due) > options.sensors.rate_tolerance * due;
    store_shared(rate_off_, off ? 1u : 0u);
    measured_frames_ = 0;
    measured_time_ = 0;
  }

  uint32_t measured_time_ = 0;  // microseconds, since the rate was last measured
  uint32_t measured_frames_ = 0;
  uint32_t stamp_ = 0;   // of the latest block
  uint32_t frames_ = 0;  // of it; 0: there is none
  uint32_t rate_off_ = 0;
};

}  // namespace thrum

#endif  // THRUM_FEATURES_SAMPLE_CLOCK_HPP

#ifndef THRUM_CORE_INTEGER_DOT_HPP
#define THRUM_CORE_INTEGER_DOT_HPP

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#define THRUM_INTEGERS_BY_HELIUM
#include <arm_mve.h>
#elif defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_SIMD32)
#define THRUM_INTEGERS_BY_PAIRS
#include <arm_acle.h>
#elif defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1
#define THRUM_FEW_REGISTERS
#endif

// The one inner loop of scoring in integers: a row against several others, products summed. All numbers are
// non-negative and below 2^14, and sums are modulo 2^32, so that every form below has the same bits: Helium,
// two products at a time, and plain C. Coordinate: uint16_t or uint8_t.

namespace thrum {

/// Integers that a row of `features` takes: rows are filled up with zeros to whole steps of four.
constexpr Index integer_row_size(Index features) { return (features + 3) / 4 * 4; }

/// Integers that `rows` rows under each other take: behind the last one vector kernels read, but do not use,
/// up to 16 bytes.
template <typename Coordinate>
constexpr Index integer_rows_size(Index features, Index rows) {
  return rows * integer_row_size(features) + 16 / static_cast<Index>(sizeof(Coordinate));
}

/// Integers of 16 bits that the row on the other side takes: zeros up to whole vectors of 16 bytes.
constexpr Index integer_input_size(Index features) { return (features + 7) / 8 * 8; }

namespace detail {

template <typename Coordinate>
struct InputOf {
#if defined(THRUM_INTEGERS_BY_HELIUM)
  using Stored = Coordinate;
#elif defined(THRUM_INTEGERS_BY_PAIRS)
  using Stored = int16_t;
#else
  using Stored = uint16_t;
#endif
#if defined(__GNUC__)
  using Type __attribute__((__may_alias__)) = Stored;  // it may lie in scratch, where floats were
#else
  using Type = Stored;
#endif
};

}  // namespace detail

/// What the row on the other side consists of: see put_integer().
template <typename Coordinate>
using DotInput = typename detail::InputOf<Coordinate>::Type;

/// Makes `value` coordinate f of the row on the other side, the way the inner loop takes it.
template <typename Coordinate>
inline void put_integer(DotInput<Coordinate>* x, Index f, int32_t value) {
#if defined(THRUM_INTEGERS_BY_PAIRS)
  // Negative, for products can only be added; of four bytes, pairs are made of the even ones and the odd
  // ones.
  if (sizeof(Coordinate) == 1) f = (f & ~Index{3}) | (f << 1 & 2) | (f >> 1 & 1);
  value = -value;
#endif
  x[f] = static_cast<typename detail::InputOf<Coordinate>::Stored>(value);
}

namespace detail {

/// Neighbouring integers of the row on the other side, and how to take their products with those of a row off
/// a sum; always inline, for -Os would call a function for each.
template <typename Coordinate>
struct IntegerBlock;

#if defined(THRUM_INTEGERS_BY_HELIUM)

// By memcpy: GCC 12 moves stores of scalars past vld1q. As words, whose loads reach farther from a pointer.
inline uint32x4_t load_words(const void* from) {
  uint32x4_t words;
  __builtin_memcpy(&words, __builtin_assume_aligned(from, 4), sizeof(words));
  return words;
}
/// Not before the sums so far are done: else registers run out.
inline uint32x4_t load_words_in_turn(const void* from) {
  uint32x4_t words = load_words(from);
  __asm__ volatile("" : "+w"(words));
  return words;
}

template <>
struct IntegerBlock<uint16_t> {
  static constexpr Index size = 8;
  uint16x8_t integers;
  [[gnu::always_inline]] explicit IntegerBlock(uint32x4_t words) : integers(vreinterpretq_u16_u32(words)) {}
  [[gnu::always_inline]] uint32_t products(const uint16_t* row) const {
    return vmladavq_u16(integers, IntegerBlock(load_words_in_turn(row)).integers);
  }
  [[gnu::always_inline]] uint32_t add_products(uint32_t sum, const uint16_t* row) const {
    return vmladavaq_u16(sum, integers, IntegerBlock(load_words_in_turn(row)).integers);
  }
};
template <>
struct IntegerBlock<uint8_t> {
  static constexpr Index size = 16;
  uint8x16_t integers;
  [[gnu::always_inline]] explicit IntegerBlock(uint32x4_t words) : integers(vreinterpretq_u8_u32(words)) {}
  [[gnu::always_inline]] uint32_t products(const uint8_t* row) const {
    return vmladavq_u8(integers, IntegerBlock(load_words_in_turn(row)).integers);
  }
  [[gnu::always_inline]] uint32_t add_products(uint32_t sum, const uint8_t* row) const {
    return vmladavaq_u8(sum, integers, IntegerBlock(load_words_in_turn(row)).integers);
  }
};

/// An integer of each of four rows, by their offsets.
inline uint32x4_t gathered(const uint16_t* from, uint32x4_t offsets) {
  return vldrhq_gather_shifted_offset_u32(from, offsets);
}
inline uint32x4_t gathered(const uint8_t* from, uint32x4_t offsets) {
  return vldrbq_gather_offset_u32(from, offsets);
}

#elif defined(THRUM_INTEGERS_BY_PAIRS)

/// Two pairs, by one load.
struct IntegerPairs {
  int16x2_t first, second;
  [[gnu::always_inline]] explicit IntegerPairs(const void* from) {
    uint64_t four;
    __builtin_memcpy(&four, __builtin_assume_aligned(from, 8), sizeof(four));
    // Two words at once, and not before the sums so far are done: else registers run out.
    __asm__ volatile("" : "+r"(four));
    first = static_cast<int16x2_t>(four);
    second = static_cast<int16x2_t>(four >> 32);
  }
  [[gnu::always_inline]] int32_t add_products(int32_t sum, int16x2_t other_first,
                                              int16x2_t other_second) const {
    return __smlad(second, other_second, __smlad(first, other_first, sum));
  }
};

template <>
struct IntegerBlock<uint16_t> {
  static constexpr Index size = 4;
  IntegerPairs negative;
  [[gnu::always_inline]] explicit IntegerBlock(const void* from) : negative(from) {}
  [[gnu::always_inline]] uint32_t subtract_products(uint32_t sum, const uint16_t* row) const {
    const IntegerPairs other(row);
    return static_cast<uint32_t>(negative.add_products(static_cast<int32_t>(sum), other.first, other.second));
  }
};
template <>
struct IntegerBlock<uint8_t> {
  static constexpr Index size = 4;
  IntegerPairs negative;
  [[gnu::always_inline]] explicit IntegerBlock(const void* from) : negative(from) {}
  [[gnu::always_inline]] uint32_t subtract_products(uint32_t sum, const uint8_t* row) const {
    uint32_t four;
    __builtin_memcpy(&four, __builtin_assume_aligned(row, 4), sizeof(four));
    __asm__ volatile("" : "+r"(four));
    uint32_t bytes = 0x00ff00ff;
    __asm__("" : "+r"(bytes));  // in a register, for of AND with a constant and with a shift there is but one
    return static_cast<uint32_t>(negative.add_products(static_cast<int32_t>(sum),
                                                       static_cast<int16x2_t>(four & 0x00ff00ff),
                                                       static_cast<int16x2_t>(four >> 8 & bytes)));
  }
};

#else

template <typename Coordinate>
struct IntegerBlock {
  static constexpr Index size = 1;
  uint32_t integer;
  [[gnu::always_inline]] explicit IntegerBlock(const DotInput<Coordinate>* from) : integer(*from) {}
  [[gnu::always_inline]] uint32_t subtract_products(uint32_t sum, const Coordinate* row) const {
    return sum - integer * *row;
  }
};

#endif

/// How many coordinates of a row are taken in blocks: with Helium, a single one behind them is taken on its
/// own.
template <typename Coordinate>
constexpr Index integers_in_blocks(Index features) {
#if defined(THRUM_INTEGERS_BY_HELIUM)
  if (features > 1 && features % IntegerBlock<Coordinate>::size == 1) return features - 1;
#endif
  return features;
}

}  // namespace detail

/// Integers of the row on the other side that are read: those behind the d coordinates must be 0.
template <typename Coordinate>
constexpr Index integer_input_read(Index features) {
  constexpr Index step = detail::IntegerBlock<Coordinate>::size;
  const Index in_blocks = (detail::integers_in_blocks<Coordinate>(features) + step - 1) / step * step;
  return in_blocks < features ? features : in_blocks;
}

#if defined(THRUM_INTEGERS_BY_HELIUM)

/// Dot product of two rows. x: integer_input_size(d), row: of integer_rows_size(d, k) integers. O(d).
template <typename Coordinate>
inline uint32_t integer_dot(const DotInput<Coordinate>* x, const Coordinate* row, Index features) {
  using Block = detail::IntegerBlock<Coordinate>;
  const Index in_blocks = detail::integers_in_blocks<Coordinate>(features);
  uint32_t sum = in_blocks < features ? uint32_t{x[in_blocks]} * row[in_blocks] : 0;
  for (Index f = 0; f < in_blocks; f += Block::size)
    sum = Block(detail::load_words(x + f)).add_products(sum, row + f);
  return sum;
}

/// Dot products of x with four rows under each other. Arguments: as integer_dot. O(d).
template <typename Coordinate>
[[gnu::always_inline]] inline uint32x4_t four_integer_dots(const DotInput<Coordinate>* x,
                                                           const Coordinate* rows, Index features) {
  using Block = detail::IntegerBlock<Coordinate>;
  const Index size = integer_row_size(features), in_blocks = detail::integers_in_blocks<Coordinate>(features);
  const Index last = (in_blocks - 1) / Block::size * Block::size;
  const DotInput<Coordinate>* hidden = x;
  __asm__ volatile("" : "+r"(hidden));  // else all of x is loaded once, for which there are too few registers
  const auto block_at = [&](Index f) {
    return Block(f < 2 * Block::size ? detail::load_words(x + f) : detail::load_words_in_turn(hidden + f));
  };
  uint32x4_t behind = vdupq_n_u32(0);
  if (in_blocks < features) {
    const auto step = static_cast<uint32_t>(size);
    behind = detail::gathered(rows + in_blocks, uint32x4_t{0, step, 2 * step, 3 * step});
  }
  // From the end to the beginning, so that the pointer moves on with the last load.
  const Block last_block = block_at(last);
  uint32_t d = last_block.products(rows + last + 3 * size), c = last_block.products(rows + last + 2 * size),
           b = last_block.products(rows + last + size), a = last_block.products(rows + last);
#pragma GCC unroll 16
  for (Index f = last - Block::size; f >= 0; f -= Block::size) {
    const Block block = block_at(f);
    d = block.add_products(d, rows + f + 3 * size);
    c = block.add_products(c, rows + f + 2 * size);
    b = block.add_products(b, rows + f + size);
    a = block.add_products(a, rows + f);
  }
  uint32x4_t dots = vdupq_n_u32(a);
  dots = vsetq_lane_u32(b, dots, 1);
  dots = vsetq_lane_u32(c, dots, 2);
  dots = vsetq_lane_u32(d, dots, 3);
  return in_blocks < features ? vmlaq_n_u32(dots, behind, x[in_blocks]) : dots;
}

#else

namespace detail {

#if defined(THRUM_FEW_REGISTERS)
/// Products of x with two rows, taken off two sums.
template <typename Coordinate>
struct RowPair {
  const DotInput<Coordinate>* x;
  const Coordinate* row_a;
  const Coordinate* row_b;
  Index left;
  uint32_t a, b;

  [[gnu::always_inline]] void subtract(Index f) {
    const uint32_t integer = x[f];
    a -= integer * row_a[f];
    b -= integer * row_b[f];
    __asm__ volatile("" : "+l"(a), "+l"(b));  // else many products wait in memory to be added
  }
  template <Index block>
  [[gnu::always_inline]] void subtract_blocks() {
    for (; left >= block; left -= block, x += block, row_a += block, row_b += block) {
#pragma GCC unroll 16
      for (Index i = 0; i < block; ++i) subtract(i);
      __asm__ volatile("" : "+l"(left));  // the one counter
    }
  }
};

/// 0 less the dot products of x with two rows, that with b in the upper 32 bits. Not inline: with the loops
/// around it, registers run out.
template <typename Coordinate>
[[gnu::noinline]] inline uint64_t minus_two_dots(const DotInput<Coordinate>* x, const Coordinate* a,
                                                 const Coordinate* b, Index features) {
  RowPair<Coordinate> pair{x, a, b, features, 0, 0};
  pair.template subtract_blocks<16>();
  pair.template subtract_blocks<4>();
  pair.template subtract_blocks<1>();
  return uint64_t{pair.b} << 32 | pair.a;
}

/// Sums start(j + i) less the dot product of x with row i, of two rows.
struct RowSums {
  static constexpr Index count = 2;
  uint32_t sums[count];
  template <typename Coordinate, typename Start>
  RowSums(Start start, Index j, const DotInput<Coordinate>* x, const Coordinate* row, Index features) {
    const uint64_t dots = minus_two_dots(x, row, row + integer_row_size(features), features);
    sums[0] = start(j) + static_cast<uint32_t>(dots);
    sums[1] = start(j + 1) + static_cast<uint32_t>(dots >> 32);
  }
};
#else
/// Sums start(j + i) less the dot product of x with row i, of four rows.
struct RowSums {
  static constexpr Index count = 4;
  uint32_t sums[count];
  template <typename Coordinate, typename Start>
  RowSums(Start start, Index j, const DotInput<Coordinate>* x, const Coordinate* row, Index features) {
    using Block = IntegerBlock<Coordinate>;
    const Index size = integer_row_size(features);
    uint32_t a = start(j), b = start(j + 1), c = start(j + 2), d = start(j + 3);
#pragma GCC unroll 16
    for (Index f = 0; f < features; f += Block::size, row += Block::size) {
      const Block block(x + f);
      a = block.subtract_products(a, row);
      b = block.subtract_products(b, row + size);
      c = block.subtract_products(c, row + 2 * size);
      d = block.subtract_products(d, row + 3 * size);
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
  }
};
#endif

}  // namespace detail

/// Calls visit(j, start(j) - dot product of x with row j) for j = 0 ... count - 1, modulo 2^32.
/// x: integer_input_size(d) as put_integer() has them, rows: integer_rows_size(d, count) integers, row after
/// row, zeros behind the d entries of each. O(d count).
template <typename Coordinate, typename Start, typename Visit>
#if defined(__GNUC__)
__attribute__((always_inline))  // else loops whose lengths are known are compiled for any
#endif
inline void
for_each_integer_difference(const DotInput<Coordinate>* x, const Coordinate* rows, Index features,
                            Index count, Start start, Visit visit) {
  using Block = detail::IntegerBlock<Coordinate>;
  using Sums = detail::RowSums;
  const Index size = integer_row_size(features), together = count / Sums::count * Sums::count;
  for (Index j = 0; j < together; j += Sums::count, rows += Sums::count * size) {
    const Sums rows_sums(start, j, x, rows, features);
#pragma GCC unroll 4
    for (Index i = 0; i < Sums::count; ++i) visit(j + i, rows_sums.sums[i]);
  }
  for (Index j = together; j < count; ++j, rows += size) {
    uint32_t sum = start(j);
    for (Index f = 0; f < features; f += Block::size) sum = Block(x + f).subtract_products(sum, rows + f);
    visit(j, sum);
  }
}

#endif

}  // namespace thrum

#endif  // THRUM_CORE_INTEGER_DOT_HPP

#ifndef THRUM_ALGORITHM_QUANTISED_HPP
#define THRUM_ALGORITHM_QUANTISED_HPP

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

#ifndef THRUM_DETECTION_CAPACITY_HPP
#define THRUM_DETECTION_CAPACITY_HPP

namespace thrum {

/// What the classes of a model are made of.
enum class ClassNumbers : uint8_t {
  float32,  ///< AnomalyModel<float>
  q15,      ///< QuantisedClasses<int16_t>
  int8,     ///< QuantisedClasses<int8_t>
};

constexpr ClassNumbers numbers_of(const AnomalyModel<float>&) { return ClassNumbers::float32; }
template <typename Stored, int d, int k>
constexpr ClassNumbers numbers_of(const QuantisedClasses<Stored, d, k>&) {
  return sizeof(Stored) == 1 ? ClassNumbers::int8 : ClassNumbers::q15;
}

/// The last stage of a model with such numbers, of any size.
template <ClassNumbers numbers>
struct ClassesOf {
  using Type = AnomalyModel<float>;
};
template <>
struct ClassesOf<ClassNumbers::q15> {
  using Type = QuantisedClasses<int16_t>;
};
template <>
struct ClassesOf<ClassNumbers::int8> {
  using Type = QuantisedClasses<int8_t>;
};

namespace detail {

/// Floats of scratch for classes of so many features. (No member of Capacity: clang 14 finds no templates
/// among members where it needs constants.)
template <typename Classes>
constexpr int class_scratch_size(Classes classes, int features) {
  classes.features = features;
  return classes.scratch_size();
}

}  // namespace detail

/// The models that a fixed::Detector has room and code for, when it is to get them at run time.
struct Capacity {
  FeatureOptions signal{};       ///< the device's channels, sampling rate and arithmetic, the longest window,
                                 ///< and every feature and check that a model may ask for
  int components = 0;            ///< most components of a projection; 0: no code for any
  uint32_t parts = radius_part;  ///< every AnomalyPart that a model may have
  ClassNumbers numbers = ClassNumbers::float32;
  int clusters = 8;  ///< most classes; from 16 on the nearest may be found by bounds, see class_biases()

  /// Whether there is code for that.
  constexpr bool has_bounds() const {
    return clusters >= thrum::detail::most_lanes && numbers == ClassNumbers::float32 &&
           (parts & radius_part) != 0;
  }

  /// Floats of scratch that scoring a row needs, with a projection or without.
  constexpr int row_scratch_size() const {
    const int features = feature_count(signal);
    return features + larger(class_scratch_size(features), components + class_scratch_size(components));
  }

 private:
  constexpr int class_scratch_size(int features) const {
    if (numbers == ClassNumbers::q15)
      return thrum::detail::class_scratch_size(QuantisedClasses<int16_t>{}, features);
    if (numbers == ClassNumbers::int8)
      return thrum::detail::class_scratch_size(QuantisedClasses<int8_t>{}, features);
    AnomalyModel<float> any;
    any.parts = parts;
    any.ellipsoids.rank = features;
    return larger(thrum::detail::class_scratch_size(any, features), has_bounds() ? clusters : 0);
  }
};

/// Room and code for just such models as one.
template <typename Classes>
constexpr Capacity capacity_of(const DetectorModel<float, Classes>& model) {
  return {model.signal, model.projection.components, model.anomaly.parts, numbers_of(model.anomaly),
          model.anomaly.clusters};
}

/// As allowed_for() a model: the parts and stages whose code is in.
constexpr uint32_t allowed_for(const Capacity& capacity) {
  const bool never_scales = capacity.components == 0 && capacity.numbers != ClassNumbers::float32;
  return capacity.parts | (capacity.has_bounds() ? 0 : uint32_t{without_bounds}) |
         (never_scales ? uint32_t{without_scaling} : 0) |
         (capacity.components == 0 ? uint32_t{without_projection} : 0);
}

/// Whether a model fits: ok; unsupported when it is for another number of channels or sampling rate or
/// arithmetic, or the capacity has no code for a stage, part, feature or check of it; wrong_size when it is
/// too large.
template <typename Classes>
constexpr Status fits(const Capacity& capacity, const DetectorModel<float, Classes>& model) {
  const FeatureOptions &signal = model.signal, &most = capacity.signal;
  const bool same_device = model.has_signal && signal.channels == most.channels &&
                           !(signal.sampling_rate < most.sampling_rate) &&
                           !(signal.sampling_rate > most.sampling_rate);
  const bool has_code =
      numbers_of(model.anomaly) == capacity.numbers && signal.arithmetic == most.arithmetic &&
      (model.anomaly.parts & ~capacity.parts) == 0 && (feature_parts(signal) & ~feature_parts(most)) == 0 &&
      (capacity.components > 0 || !model.projects()) && (checks_windows(most) || !checks_windows(signal));
  if (!same_device || !has_code) return Status::unsupported;
  const bool small = signal.window <= most.window && model.features <= feature_count(most) &&
                     model.projection.components <= capacity.components &&
                     model.anomaly.clusters <= capacity.clusters &&
                     feature_scratch_size(signal) <= feature_scratch_size(most) &&
                     model.scratch_size() <= capacity.row_scratch_size();
  return small ? Status::ok : Status::wrong_size;
}

}  // namespace thrum

#endif  // THRUM_DETECTION_CAPACITY_HPP

#ifndef THRUM_DETECTION_LEARNING_HPP
#define THRUM_DETECTION_LEARNING_HPP

// What a device that learns beside its machine is asked for, and what it says of how far it is.

namespace thrum {

/// What a fixed::LearningDetector has room for: given to it in place of a model, so known when compiling.
struct LearningCapacity {
  FeatureOptions signal{};  ///< how feature rows come from samples
  int windows = 120;        ///< feature rows kept while collecting, 8 ... 32767
  int classes = 4;          ///< most ways of running well, 1 ... windows / 4

  constexpr bool valid() const {
    return what_is_wrong(signal) == nullptr && windows >= 8 && windows <= INT16_MAX && classes >= 1 &&
           classes <= windows / 4;
  }
};

/// How the class centres follow a machine that changes slowly, while it is watched.
struct DriftOptions {
  float time_constant = 1000;  ///< windows learned from until 63 % of a change is followed; 0: never; >= 10
  float limit = 0.4f;          ///< farthest from what was learned, as a share of the threshold; 0 ... 1

  constexpr bool valid() const {
    const bool never = !(time_constant > 0.0f) && !(time_constant < 0.0f);
    return (never || (time_constant >= 10.0f && time_constant <= 1e9f)) && limit >= 0.0f && limit <= 1.0f;
  }
};

/// What is to be learned. A plain aggregate.
struct LearningOptions {
  int classes = 2;       ///< k of k-means; further ones can be vouched for
  uint32_t windows = 0;  ///< to collect, at most 2^31 - 1; 0: as many as there is room for. Of more than
                         ///< that a random sample is kept; of fewer than the rate needs, those
  float false_alarm_rate = 0.01f;  ///< of single windows, in (0, 0.5]
  MonitorOptions monitor{5, 8, 2};
  DriftOptions drift{};
  uint32_t seed = 0;  ///< of which rows are kept, and of k-means
};

namespace detail {
/// All zero, for objects in .bss.
constexpr LearningOptions no_learning_options{0, 0, 0, {0, 0, 0, 0, 0, 0}, {0, 0}, 0};
}  // namespace detail

/// How far learning is.
enum class LearningState : uint8_t {
  not_started,  ///< neither learn() nor load() was called; the all-zero start-up value
  collecting,   ///< feature rows of windows
  learning,     ///< from these, in steps
  refused,      ///< they are not fit to learn from: see Obstacle
  watching,     ///< judges windows by what was learned
};

/// Why the latest window was not collected, or why learning was refused.
enum class Obstacle : uint8_t {
  none,
  idle,          ///< the machine stands still, or runs up: not collected
  sensor_fault,  ///< a sensor is faulty: not collected; the verdict says which and how
  unusable,      ///< a sample or input is not finite, or a feature overflowed: not collected
  drifting,      ///< refused: a feature moved in one direction all the time, or jumped
  unvaried,      ///< refused: there are fewer different windows than classes, or most features never changed
};

/// English words for a state of learning; static storage.
constexpr const char* to_string(LearningState state) {
  switch (state) {
    case LearningState::not_started: return "not started";
    case LearningState::collecting: return "collecting";
    case LearningState::learning: return "learning";
    case LearningState::refused: return "refused";
    case LearningState::watching: return "watching";
  }
  return "?";
}

/// English words for an obstacle; static storage.
constexpr const char* to_string(Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::none: return "none";
    case Obstacle::idle: return "machine idle";
    case Obstacle::sensor_fault: return "sensor fault";
    case Obstacle::unusable: return "unusable window";
    case Obstacle::drifting: return "machine drifting";
    case Obstacle::unvaried: return "too little varied";
  }
  return "?";
}

/// Fewest windows whose distances tell a threshold of such a rate of false alarms: with fewer, even the
/// largest of them is passed more often by a further one (Vovk, Gammerman and Shafer, Algorithmic Learning in
/// a Random World, 2005: the rank ceil((1 - rate) (n + 1)) of n must exist).
constexpr uint32_t windows_for_rate(float rate) {
  const float windows = 1.0f / rate - 1.0f;
  const uint32_t whole = static_cast<uint32_t>(windows);
  return static_cast<float>(whole) < windows ? whole + 1 : whole;
}

/// Of windows that overlap by more than half one of so many is learned from: the others say the same again,
/// and would make a threshold of few independent windows look like one of many.
constexpr int windows_apart(const FeatureOptions& signal) {
  return (signal.window / 2 + signal.hop - 1) / signal.hop;
}

/// Status::ok; out_of_range when a number is outside what is said of it, and wrong_size when the capacity has
/// no room for so many classes or for the windows that the rate needs.
inline Status check(const LearningCapacity& capacity, const LearningOptions& options) {
  const float rate = options.false_alarm_rate;
  const bool finite = is_finite(rate) && is_finite(options.drift.time_constant) &&
                      is_finite(options.drift.limit) && is_finite(options.monitor.threshold);
  if (!finite || !(rate > 1e-6f && rate <= 0.5f) || options.classes < 1 || options.windows > INT32_MAX ||
      !options.drift.valid() || !options.monitor.valid())
    return Status::out_of_range;
  const uint32_t room = static_cast<uint32_t>(capacity.windows);
  if (options.classes > capacity.classes || windows_for_rate(rate) > room) return Status::wrong_size;
  return Status::ok;
}

/// How many windows are collected.
inline uint32_t windows_to_collect(const LearningCapacity& capacity, const LearningOptions& options) {
  const uint32_t asked = options.windows > 0 ? options.windows : static_cast<uint32_t>(capacity.windows);
  return larger(larger(asked, windows_for_rate(options.false_alarm_rate)), uint32_t{8});
}

}  // namespace thrum

#endif  // THRUM_DETECTION_LEARNING_HPP

#ifndef THRUM_DETECTION_MODEL_IMAGE_HPP
#define THRUM_DETECTION_MODEL_IMAGE_HPP

// A model as bytes that are used where they lie, in flash. Little-endian words of 32 bits:
//
//   magic  size  schema  numbers  fingerprint  arrays  tolerance     the head, see ImageHead
//   stages and settings, a word each, units two                      for_each_stage, for_each_setting
//   arrays, each from a multiple of 8 bytes on                       for_each_array; those of the head's bits
//   the table that features are extracted with                       fill_feature_table, likewise
//   padding to a multiple of 8 bytes, the last 4 of which are        a CRC-32 of all bytes before
//
// Integers of the arrays have their own size.

namespace thrum {

/// Where words stand in an image.
enum ImageHead : uint32_t {
  image_magic_word,
  image_size_word,         ///< bytes of the whole image
  image_schema_word,       ///< model_schema
  image_numbers_word,      ///< ClassNumbers
  image_fingerprint_word,  ///< checksum of the model: that of a header written of it
  image_arrays_word,       ///< a bit for each array that there is, in order
  image_tolerance_word,    ///< of the self-tests, a float
  image_head_words,
};

constexpr uint32_t image_magic = 0x6d726874;  ///< "thrm"
constexpr size_t image_alignment = 8;         ///< bytes

namespace detail {

constexpr size_t aligned_in_image(size_t place) {
  return (place + image_alignment - 1) / image_alignment * image_alignment;
}

inline uint32_t image_word(const uint8_t* at) {
  return uint32_t{at[0]} | uint32_t{at[1]} << 8 | uint32_t{at[2]} << 16 | uint32_t{at[3]} << 24;
}

/// Reads words one after the other.
class ImageWords {
 public:
  explicit ImageWords(const uint8_t* at) : at_(at) {}

  uint32_t next() {
    at_ += 4;
    return image_word(at_ - 4);
  }

  // ---- a stage or setting, by type

  void operator()(int& value) { value = static_cast<int>(next()); }
  void operator()(uint32_t& value) { value = next(); }
  void operator()(const uint32_t&) { next(); }  // what the type of the model says already
  void operator()(bool& value) { value = next() != 0; }
  void operator()(float& value) { value = from_bits<float>(next()); }
  void operator()(SpectrumKind& kind) { kind = static_cast<SpectrumKind>(next()); }
  void operator()(Arithmetic& arithmetic) { arithmetic = static_cast<Arithmetic>(next()); }
  void operator()(char (&unit)[8]) {
    for (int i = 0; i < 8; ++i) unit[i] = static_cast<char>(at_[i]);
    at_ += 8;
  }
  template <typename Value>
  void operator()(const SettingName&, Value& value) {
    (*this)(value);
  }
  void operator()(float* values, Index size) {
    for (Index i = 0; i < size; ++i) (*this)(values[i]);
  }

  const uint8_t* at() const { return at_; }

 private:
  const uint8_t* at_;
};

/// Whether an image is whole: head, size and CRC. bytes: how many there are, of which the first `size` are
/// looked at. magic: its first word, of the kind of image; the second is its size. O(size).
inline bool is_whole_image(const uint8_t* image, size_t bytes, uint32_t magic) {
  if (bytes < (image_head_words + 1) * 4 || image_word(image) != magic) return false;
  const size_t size = image_word(image + image_size_word * 4);
  if (size < (image_head_words + 1) * 4 || size > bytes) return false;
  Crc32 crc;
  for (size_t i = 0; i + 4 < size; ++i) crc.add_byte(image[i]);
  return image_word(image + size - 4) == crc.value();
}

}  // namespace detail

/// A model and the table that its features are extracted with, which lie in an image. Number: what the table
/// consists of, which is for the caller to compare with the model's arithmetic.
template <typename Classes, typename Number = float>
struct ModelInImage {
  DetectorModel<float, Classes> model{};
  const Number* feature_table = nullptr;
};

/// Reads an image and points into it. image: as write_model_image() wrote it, from a multiple of 8 bytes on;
/// bytes: how many may be read there, at least its size. `found` is complete when the result is ok.
/// corrupt_model: it is no image, or not whole, or a bit of it has changed. unsupported: it was written for
/// another schema or other numbers, or this processor is big-endian. out_of_range: it lies at an odd place.
/// The CRC tells an accident, not a forger: let the loader check a signature where that matters. O(bytes),
/// about 30 instructions each; allocates nothing.
template <typename Classes, typename Number>
inline Status open_image(const void* image, size_t bytes, ModelInImage<Classes, Number>& found) {
  const uint8_t* const begin = static_cast<const uint8_t*>(image);
  if (begin == nullptr || !detail::is_whole_image(begin, bytes, image_magic)) return Status::corrupt_model;
  DetectorModel<float, Classes>& model = found.model;
  const auto head = [begin](ImageHead word) { return detail::image_word(begin + word * 4); };
  if (head(image_schema_word) != model_schema ||
      head(image_numbers_word) != static_cast<uint32_t>(numbers_of(model.anomaly)))
    return Status::unsupported;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return Status::unsupported;
#endif
  if (reinterpret_cast<uintptr_t>(begin) % image_alignment != 0) return Status::out_of_range;

  model.checksum = head(image_fingerprint_word);
  model.self_tests.tolerance = from_bits<float>(head(image_tolerance_word));
  detail::ImageWords words(begin + image_head_words * 4);
  for_each_stage(model, [&words](auto& value) { words(value); });
  for_each_setting(model, [&words](const SettingName&, auto& value) { words(value); });
  model.anomaly.features = model.projects() ? model.projection.components : model.features;

  size_t place = static_cast<size_t>(words.at() - begin);
  uint32_t present = head(image_arrays_word);
  const auto take = [&](const char*, auto& values, Index size) {
    if ((present & 1u) != 0) {
      place = detail::aligned_in_image(place);
      values = reinterpret_cast<decltype(values + 0)>(begin + place);
      place += static_cast<size_t>(size) * sizeof(*values);
    }
    present >>= 1;
  };
  for_each_array(model, take);
  take("", found.feature_table, model.has_signal ? feature_table_size(model.signal) : 0);
  return detail::aligned_in_image(place + 4) == head(image_size_word) ? Status::ok : Status::corrupt_model;
}

}  // namespace thrum

#endif  // THRUM_DETECTION_MODEL_IMAGE_HPP

#ifndef THRUM_ALGORITHM_DIAGONAL_CLASSES_HPP
#define THRUM_ALGORITHM_DIAGONAL_CLASSES_HPP

namespace thrum {

/// Classes of samples, each with the mean and the variance of every feature, in memory of the caller: what is
/// learned where there are too few samples for more. Distances to them are in deviations: the root of the sum
/// over features of ((x - mean) / deviation)^2.
template <typename Scalar>
struct DiagonalClasses {
  Scalar* counts = nullptr;   ///< k, samples of each
  Scalar* means = nullptr;    ///< k x d
  Scalar* squares = nullptr;  ///< k x d, sums of squared deviations from the mean
  Scalar* pooled = nullptr;   ///< d, variances within classes, of all together
  int classes = 0;
  int features = 0;

  /// A class is thought to have so many samples more, which vary as those of all classes together: the
  /// variances of few samples are too often too small.
  static constexpr Scalar prior_samples = 32;

  /// Adds a sample to a class (Welford, Technometrics 4, 1962). O(d).
  void add(int j, ConstVectorView<Scalar> x) const {
    counts[j] += 1;
    for (Index f = 0; f < features; ++f) {
      Scalar& mean = means[j * features + f];
      const Scalar difference = x[f] - mean;
      mean += difference / counts[j];
      squares[j * features + f] += difference * (x[f] - mean);
    }
  }

  /// Finds `pooled` by squares and counts. least_deviation: for features that vary less. O(d k).
  void pool(Scalar least_deviation) const {
    Scalar freedom = 0;
    for (int j = 0; j < classes; ++j) freedom += larger(counts[j] - 1, Scalar(0));
    for (Index f = 0; f < features; ++f) {
      Scalar sum = 0;
      for (int j = 0; j < classes; ++j) sum += squares[j * features + f];
      pooled[f] = larger(sum / larger(freedom, Scalar(1)), least_deviation * least_deviation);
    }
  }

  /// Variance of feature f in class j, drawn towards the pooled one. O(1).
  Scalar variance(int j, Index f) const {
    return variance_of(squares[j * features + f], counts[j], pooled[f]);
  }

  /// Squared distance of a sample to class j. O(d).
  Scalar squared_distance(int j, ConstVectorView<Scalar> x) const {
    Scalar sum = 0;
    for (Index f = 0; f < features; ++f) {
      const Scalar difference = x[f] - means[j * features + f];
      sum = difference * difference / variance(j, f) + sum;
    }
    return sum;
  }

  /// The nearest class; ties go to the lowest. O(d k).
  int nearest(ConstVectorView<Scalar> x) const {
    int nearest = 0;
    Scalar least = squared_distance(0, x);
    for (int j = 1; j < classes; ++j) {
      const Scalar squared = squared_distance(j, x);
      if (!(squared < least)) continue;
      least = squared;
      nearest = j;
    }
    return nearest;
  }

  /// The same of a sample of class j, had the class been without it (but for `pooled`): so it is as far out
  /// as a further sample would be. Infinite where it is the only one. Means and squares without one sample
  /// follow from those with it (Chan, Golub and LeVeque, COMPSTAT 1982). O(d).
  Scalar squared_distance_without(int j, ConstVectorView<Scalar> x) const {
    const Scalar others = counts[j] - 1;
    if (!(others > 0)) return positive_infinity<Scalar>();
    const Scalar grown = counts[j] / others;
    Scalar sum = 0;
    for (Index f = 0; f < features; ++f) {
      const Scalar difference = x[f] - means[j * features + f];
      const Scalar left = larger(squares[j * features + f] - grown * difference * difference, Scalar(0));
      const Scalar apart = grown * difference;
      sum = apart * apart / variance_of(left, others, pooled[f]) + sum;
    }
    return sum;
  }

  /// The distance to the nearest class of a sample that class `own` was learned from, as that of a further
  /// sample. O(d k).
  Scalar distance_of_further(int own, ConstVectorView<Scalar> x) const {
    Scalar least = squared_distance_without(own, x);
    for (int j = 0; j < classes; ++j)
      if (j != own) least = smaller(least, squared_distance(j, x));
    return square_root(least);
  }

 private:
  static Scalar variance_of(Scalar sum, Scalar count, Scalar typical) {
    return (sum + prior_samples * typical) / (count + prior_samples);
  }
};

/// Share of the variance of n samples of a feature, mean 0 and variance 1, that a straight line over time
/// tells: 1 of a steady drift, 3/4 of a jump half way, about 1 / n of independent samples. With times less
/// their mean, products: the sum of samples times time; squares: that of squared times, > 0.
template <typename Scalar>
constexpr Scalar share_of_trend(Scalar products, Scalar squares, Index n) {
  return products / squares * products / static_cast<Scalar>(n);
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_DIAGONAL_CLASSES_HPP

#ifndef THRUM_CORE_ORDERED_SUM_HPP
#define THRUM_CORE_ORDERED_SUM_HPP

// Sums over samples, in an order that depends on nothing but their number: rows go by chunks of 256 into 16
// partial sums in turn, and these are added in a fixed tree. Whoever computes which partial sum, on however
// many threads, the result has the same bits.

namespace thrum {

constexpr Index rows_per_chunk = 256;
constexpr Index max_partial_sums = 16;

/// Number of partial sums that n rows fill.
constexpr Index partial_sums(Index rows) {
  return smaller(max_partial_sums, larger(Index{1}, (rows + rows_per_chunk - 1) / rows_per_chunk));
}

/// The partial sum that a row belongs to.
constexpr Index partial_sum_of(Index row) { return row / rows_per_chunk % max_partial_sums; }

/// Adds partial results pairwise in a fixed tree: combine(i, j) folds number j into number i; the result is
/// left in number 0.
template <typename Combine>
inline void fold_partial_sums(Index count, Combine combine) {
  for (Index width = max_partial_sums / 2; width > 0; width /= 2)
    for (Index i = 0; i < width && i + width < count; ++i) combine(i, i + width);
}

/// Sum of term(row) over all rows. O(n), allocates nothing.
template <typename Accumulator, typename Term>
inline Accumulator ordered_sum(Index rows, Term term) {
  Accumulator partial[max_partial_sums] = {};
  for (Index begin = 0; begin < rows; begin += rows_per_chunk) {
    Accumulator& sum = partial[partial_sum_of(begin)];
    const Index end = smaller(begin + rows_per_chunk, rows);
    for (Index row = begin; row < end; ++row) sum += static_cast<Accumulator>(term(row));
  }
  fold_partial_sums(max_partial_sums, [&partial](Index i, Index j) { partial[i] += partial[j]; });
  return partial[0];
}

/// The same sum of up to most_rows rows, a term at a time, between other work. All zero at start.
template <typename Accumulator, Index most_rows>
class OrderedSum {
 public:
  /// Adds the term of a row; rows come in rising order.
  void add(Index row, Accumulator term) { partial_[partial_sum_of(row)] += term; }

  /// Of all so far; then it is of no use any more until it is made anew.
  Accumulator fold() {
    fold_partial_sums(count, [this](Index i, Index j) { partial_[i] += partial_[j]; });
    return partial_[0];
  }

 private:
  static constexpr Index count = partial_sums(most_rows);
  Accumulator partial_[array_size(count)] = {};
};

}  // namespace thrum

#endif  // THRUM_CORE_ORDERED_SUM_HPP

#ifndef THRUM_CORE_WEIGHTS_HPP
#define THRUM_CORE_WEIGHTS_HPP

namespace thrum {

/// Weight of row i, where an empty view means that every row weighs 1.
template <typename Scalar>
constexpr Scalar weight_of(VectorView<const Scalar> weights, Index i) {
  return weights.size == 0 ? Scalar(1) : weights[i];
}

}  // namespace thrum

#endif  // THRUM_CORE_WEIGHTS_HPP

#ifndef THRUM_ALGORITHM_MOMENTS_HPP
#define THRUM_ALGORITHM_MOMENTS_HPP

namespace thrum {

/// Weight, mean and sum of squared deviations from the mean of a set of numbers, without cancellation:
/// Welford's update (Technometrics 4, 1962) and Chan, Golub and LeVeque's merge (COMPSTAT 1982).
/// All zero is the empty set.
template <typename Accumulator>
struct Moments {
  Accumulator weight = 0;
  Accumulator mean = 0;
  Accumulator squared_deviations = 0;

  /// Adds one value; weight >= 0 counts as so many repeats.
  void add(Accumulator value, Accumulator value_weight = 1) { merge({value_weight, value, Accumulator(0)}); }

  /// Adds another set, as if its values had been added here.
  void merge(const Moments& other) {
    if (!(other.weight > 0)) return;
    const Accumulator total = weight + other.weight;
    const Accumulator step = other.mean - mean;
    const Accumulator share = other.weight / total;
    mean += step * share;
    squared_deviations += other.squared_deviations + step * step * weight * share;
    weight = total;
  }

  /// Variance over the sum of weights; 0 for the empty set.
  Accumulator variance() const { return weight > 0 ? squared_deviations / weight : Accumulator(0); }
};

/// Weight, mean and sums of powers of deviations up to the fourth, for skewness and kurtosis; what `Moments`
/// is up to the second. Merged by the formulas of Pebay (Sandia report SAND2008-6212, equations 1.5 and 1.6;
/// 2008). All zero is the empty set.
template <typename Accumulator>
struct HigherMoments {
  Accumulator weight = 0;
  Accumulator mean = 0;
  Accumulator squares = 0;        ///< sum of w (x - mean)^2
  Accumulator cubes = 0;          ///< sum of w (x - mean)^3
  Accumulator fourth_powers = 0;  ///< sum of w (x - mean)^4

  /// Adds one value; weight >= 0 counts as so many repeats.
  void add(Accumulator value, Accumulator value_weight = 1) { merge({value_weight, value, 0, 0, 0}); }

  /// Adds another set, as if its values had been added here.
  void merge(const HigherMoments& other) {
    if (!(other.weight > 0)) return;
    const Accumulator total = weight + other.weight;
    const Accumulator share = other.weight / total, own_share = weight / total;
    const Accumulator step = other.mean - mean, square = step * step;
    const Accumulator both = weight * share;  // w1 w2 / (w1 + w2)
    fourth_powers += other.fourth_powers +
                     both * square * square * (own_share * own_share - own_share * share + share * share) +
                     6 * square * (own_share * own_share * other.squares + share * share * squares) +
                     4 * step * (own_share * other.cubes - share * cubes);
    cubes += other.cubes + both * square * step * (own_share - share) +
             3 * step * (own_share * other.squares - share * squares);
    squares += other.squares + both * square;
    mean += share * step;
    weight = total;
  }

  /// Variance over the sum of weights; 0 for the empty set.
  Accumulator variance() const { return weight > 0 ? squares / weight : Accumulator(0); }
  /// Third standardised moment, of the population; 0 where nothing varies.
  Accumulator skewness() const {
    return squares > 0 ? cubes / squares * square_root(weight / squares) : Accumulator(0);
  }
  /// Fourth standardised moment, of the population: 3 of a normal distribution; 0 where nothing varies.
  Accumulator kurtosis() const {
    return squares > 0 ? fourth_powers / squares * (weight / squares) : Accumulator(0);
  }
};

namespace detail {

/// Two passes over rows that fit the cache; the second takes the rounding error out of the mean.
template <typename Accumulator, typename Scalar>
inline Moments<Accumulator> chunk_moments(VectorView<const Scalar> x, ConstVectorView<Scalar> weights,
                                          Index begin, Index end) {
  const auto weight = [&](Index i) {
    return static_cast<Accumulator>(weight_of(VectorView<const Scalar>(weights), i));
  };
  const Accumulator shift = static_cast<Accumulator>(x[begin]);
  Accumulator total = 0, sum = 0;
  for (Index i = begin; i < end; ++i) {
    total += weight(i);
    sum += weight(i) * (static_cast<Accumulator>(x[i]) - shift);
  }
  if (!(total > 0)) return {};
  const Accumulator mean = shift + sum / total;
  Accumulator residual = 0, squares = 0;
  for (Index i = begin; i < end; ++i) {
    const Accumulator deviation = static_cast<Accumulator>(x[i]) - mean;
    residual += weight(i) * deviation;
    squares += weight(i) * (deviation * deviation);
  }
  return {total, mean + residual / total, squares - residual * (residual / total)};
}

}  // namespace detail

/// Moments of n values, by ordered chunks. weights: n values >= 0, or an empty view for all 1. O(n).
template <typename Accumulator, typename Scalar>
inline Moments<Accumulator> moments(VectorView<const Scalar> x, ConstVectorView<Scalar> weights = {}) {
  Moments<Accumulator> partial[max_partial_sums] = {};
  for (Index begin = 0; begin < x.size; begin += rows_per_chunk) {
    const Index end = smaller(begin + rows_per_chunk, x.size);
    partial[partial_sum_of(begin)].merge(detail::chunk_moments<Accumulator>(x, weights, begin, end));
  }
  fold_partial_sums(max_partial_sums, [&partial](Index i, Index j) { partial[i].merge(partial[j]); });
  return partial[0];
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_MOMENTS_HPP

#ifndef THRUM_CORE_RANDOM_HPP
#define THRUM_CORE_RANDOM_HPP

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

#ifndef THRUM_ALGORITHM_LLOYD_HPP
#define THRUM_ALGORITHM_LLOYD_HPP

namespace thrum {

/// Which of the stop rules ended K-means.
enum class StopReason : uint8_t {
  centers_settled,  ///< the squared shifts of the centres sum to no more than the tolerance, or no label
                    ///< changes
  inertia_settled,  ///< the sum of squared distances no longer falls: the centres are those of an earlier
                    ///< iteration
  iteration_limit,  ///< the maximum of iterations is reached; not converged
  cancelled,        ///< the caller's progress function said so; not converged
};

/// English words for a stop reason; static storage.
constexpr const char* to_string(StopReason reason) {
  switch (reason) {
    case StopReason::centers_settled: return "centers settled";
    case StopReason::inertia_settled: return "inertia settled";
    case StopReason::iteration_limit: return "iteration limit";
    case StopReason::cancelled: return "cancelled";
  }
  return "?";
}

/// How K-means went. Labels and inertia belong to the centres that are returned.
struct LloydReport {
  StopReason stop = StopReason::iteration_limit;
  int iterations = 0;         ///< times the centres were re-computed
  double inertia = 0;         ///< sum over samples of weight times squared distance to the own centre
  int refilled_clusters = 0;  ///< times an empty cluster was given the farthest sample as its centre
  int empty_clusters = 0;     ///< clusters without a sample at the end: fewer distinct rows than clusters, or
                              ///< the iteration limit came first
  bool converged() const {
    return stop == StopReason::centers_settled || stop == StopReason::inertia_settled;
  }
};

/// When Lloyd's algorithm stops.
struct LloydLimits {
  int max_iterations = 300;
  double squared_shift = 0;  ///< sum over centres of squared shifts, in squared units of x
};

namespace detail {

/// Tells whether a sequence in which each element follows from the one before has come back to an earlier
/// element, by remembering one of them (Brent, BIT 20, 1980): after at most three times as many steps as it
/// takes to enter a cycle and to run through it once.
class CycleDetector {
 public:
  bool repeats(uint64_t element) {
    if (steps_ > 0 && element == remembered_) return true;
    ++steps_;
    if ((steps_ & (steps_ - 1)) == 0) remembered_ = element;  // after 1, 2, 4, 8 ... steps
    return false;
  }

 private:
  uint64_t remembered_ = 0;
  uint64_t steps_ = 0;
};

/// Moves a centre to `target(f)` and returns the squared shift.
template <typename Accumulator, typename Scalar, typename Target>
inline Accumulator move_center(VectorView<Scalar> center, Target target) {
  Accumulator squared_shift = 0;
  for (Index f = 0; f < center.size; ++f) {
    const Scalar moved = static_cast<Scalar>(target(f));
    const Accumulator shift = static_cast<Accumulator>(moved) - static_cast<Accumulator>(center[f]);
    squared_shift += shift * shift;
    center[f] = moved;
  }
  return squared_shift;
}

/// Re-computes centre j as the weighted mean of its samples; an empty cluster is refilled with the sample
/// farthest from its centre (each sample serves once), or stays where it is when no distance is left.
/// Returns the squared shift and adds a refill to `refilled`.
template <typename Accumulator, typename Scalar, typename Assignment>
inline Accumulator update_center(Assignment& assignment, MatrixView<Scalar> centers, Index j, int& refilled) {
  if (assignment.weight(j) > 0)
    return move_center<Accumulator>(centers.row(j), [&](Index f) { return assignment.mean(j, f); });
  const Index row = assignment.farthest_row();
  if (row < 0) return 0;
  assignment.exclude(row);
  ++refilled;
  return move_center<Accumulator>(centers.row(j), [&](Index f) { return assignment.value(row, f); });
}

/// A number that tells centres apart, by their bits.
template <typename Scalar>
inline uint64_t fingerprint(MatrixView<const Scalar> centers) {
  uint64_t mixed = 0;
  for (Index j = 0; j < centers.rows; ++j)
    for (Index f = 0; f < centers.cols; ++f) mixed = mixed_bits(mixed + 1 + bits_of(centers(j, f)));
  return mixed;
}

template <typename Assignment>
inline int empty_clusters(const Assignment& assignment, Index clusters) {
  int empty = 0;
  for (Index j = 0; j < clusters; ++j) empty += assignment.weight(j) > 0 ? 0 : 1;
  return empty;
}

}  // namespace detail

/// Lloyd's K-means (IEEE Transactions on Information Theory 28, 1982) from given centres: assign, re-compute,
/// until the centres no longer move, the sum of squared distances no longer falls, or the maximum of
/// iterations is reached. It does not settle while an empty cluster could be refilled.
///
/// Goes a step at a time, so that whoever has other things to do can leave it in between: after each
/// assignment of all samples take() says whether it is over; if not, update() moves one centre a call, and
/// the next assignment is due when it says so. How samples find their centres is the assignment's business:
///   weight(j), mean(j,f) of the samples of cluster j, over all samples
///   farthest_row()       the sample of positive weight farthest from its own centre, the lowest of equals;
///                        -1 when every sample sits on its centre
///   exclude(row)         from being the farthest, until the next assignment
///   value(row, f)        of a sample
///   inertia()            of the last assignment
/// Labels, and with them the next centres, follow from the centres: when these come back to earlier ones, the
/// sum no longer falls. Shifts are summed in an Accumulator.
template <typename Accumulator = double>
class Lloyd {
 public:
  /// All zero; to be made anew before use.
  constexpr Lloyd() : report_{StopReason{}, 0, 0, 0, 0} {}
  explicit Lloyd(LloydLimits limits)
      : max_iterations_(limits.max_iterations),
        settled_shift_(static_cast<Accumulator>(limits.squared_shift)),
        report_{} {}

  /// Every sample has the label of its nearest centre, ties to the lowest; `changed` of them did not have it
  /// before. centers: k x d, those they were assigned to. observe(report, squared_shift) is told of each
  /// iteration and may return false to end it. True when it is over.
  template <typename Scalar, typename Assignment, typename Observe>
  bool take(Assignment& assignment, Index changed, MatrixView<Scalar> centers, Observe observe) {
    if (updated_ && iteration_was_last(assignment, changed, centers, observe)) return true;
    updated_ = true;
    next_ = 0;
    squared_shift_ = 0;
    return report_.iterations >= max_iterations_;
  }

  /// Re-computes the next centre; true when it was the last one.
  template <typename Scalar, typename Assignment>
  bool update(Assignment& assignment, MatrixView<Scalar> centers) {
    squared_shift_ +=
        detail::update_center<Accumulator>(assignment, centers, next_, report_.refilled_clusters);
    return ++next_ == centers.rows;
  }

  /// When it is over, all but the inertia. clusters: k.
  template <typename Assignment>
  LloydReport report(const Assignment& assignment, Index clusters) {
    report_.empty_clusters = detail::empty_clusters(assignment, clusters);
    return report_;
  }

 private:
  template <typename Scalar, typename Assignment, typename Observe>
  bool iteration_was_last(Assignment& assignment, Index changed, MatrixView<Scalar> centers,
                          Observe observe) {
    ++report_.iterations;
    const bool repeated = cycle_.repeats(detail::fingerprint<Scalar>(centers));
    if (!observe(report_, squared_shift_)) {
      report_.stop = StopReason::cancelled;
      return true;
    }
    const bool settled = squared_shift_ <= settled_shift_ || changed == 0;
    if (!settled && !repeated) return false;
    if (detail::empty_clusters(assignment, centers.rows) > 0 && assignment.farthest_row() >= 0) return false;
    report_.stop = settled ? StopReason::centers_settled : StopReason::inertia_settled;
    return true;
  }

  int max_iterations_ = 0;
  Accumulator settled_shift_ = 0;
  LloydReport report_;
  detail::CycleDetector cycle_{};
  Accumulator squared_shift_ = 0;  // of the centres that were updated since the last assignment
  Index next_ = 0;
  bool updated_ = false;  // the centres are not those given any more
};

/// The same in one go. assignment: what Lloyd asks, and
///   assign(centers)      labels every sample, and returns how many labels have changed since the last time
/// centers: k x d, read and written.
template <typename Scalar, typename Assignment, typename Observe>
inline LloydReport lloyd(Assignment& assignment, LloydLimits limits, MatrixView<Scalar> centers,
                         Observe observe) {
  Lloyd<> run(limits);
  while (!run.take(assignment, assignment.assign(centers), centers, observe)) {
    while (!run.update(assignment, centers)) {
    }
  }
  LloydReport report = run.report(assignment, centers.rows);
  report.inertia = assignment.inertia();
  return report;
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_LLOYD_HPP

#ifndef THRUM_ALGORITHM_SEEDING_HPP
#define THRUM_ALGORITHM_SEEDING_HPP

namespace thrum {

/// Rows that greedy k-means++ tries for each of k centres: 2 + floor(ln k).
constexpr Index seeding_trials(Index clusters) {
  constexpr Index least[] = {3, 8, 21, 55, 149, 404, 1097, 2981, 8104, 22027, 59875, 162755, 442414};  // e^m
  Index trials = 2;
  for (const Index next : least) trials += clusters >= next ? 1 : 0;
  return trials;
}

/// Draws the rows that are tried as centre j of `clusters`, seeding_trials(clusters) at most; returns how
/// many. See seed_plus_plus().
template <typename Space>
inline Index draw_candidates(Space& space, Random& random, Index j, Index clusters, Index* candidates) {
  const Index trials = j == 0 ? 1 : seeding_trials(clusters);
  for (Index i = 0; i < trials; ++i) candidates[i] = space.draw(random);
  return trials;
}

/// The number of the candidate that leaves least; ties go to the lowest. See seed_plus_plus().
template <typename Space>
inline Index best_candidate(const Space& space, Index trials) {
  Index best = 0;
  for (Index i = 1; i < trials; ++i)
    if (space.potential(i) < space.potential(best)) best = i;
  return best;
}

/// First centres by greedy k-means++ (Arthur and Vassilvitskii, SODA 2007, section 5; as scikit-learn): each
/// is the best of 2 + floor(ln k) rows drawn with probability proportional to weight times squared distance
/// to the nearest centre so far; the first is drawn by weight alone. Where no distance is left (fewer
/// distinct rows than clusters), centres repeat rows. choose(j, row) is told which row becomes centre
/// j = 0 ... clusters - 1. (Whoever has other things to do evaluates and accepts in pieces, between
/// draw_candidates() and best_candidate(): see SampleSpace.)
///
/// candidates: seeding_trials(clusters) positions of scratch. How distances are kept is the space's business:
///   draw(random)           a row, as said above; by weight alone where nothing has a distance; never of
///                          weight 0
///   evaluate(rows, count)  finds what sum of weight times squared distance each of the rows would leave as
///                          one more centre
///   potential(i)           that sum for number i of them
///   accept(i)              makes number i of them a centre
template <typename Space, typename Choose>
inline void seed_plus_plus(Space& space, Random& random, Index clusters, Index* candidates, Choose choose) {
  for (Index j = 0; j < clusters; ++j) {
    const Index trials = draw_candidates(space, random, j, clusters, candidates);
    space.evaluate(candidates, trials);
    const Index best = best_candidate(space, trials);
    space.accept(best);
    choose(j, candidates[best]);
  }
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_SEEDING_HPP

#ifndef THRUM_CORE_EXACT_SUM_HPP
#define THRUM_CORE_EXACT_SUM_HPP

// Sums over samples that do not depend on their order: numbers become integers of 62 bits on a grid that
// spans the largest of their column, and integers add without rounding. What was added can be taken away
// again, so that a sum follows a sample that changes its cluster, and threads, blocks and algorithms all find
// the same bits.

namespace thrum {

/// Sum of integers of 62 bits and a sign, in two parts that never carry, so that many sums can be added at
/// once: of term / 2^31, rounded to an integer, and of the rest. Exact up to 2^31 terms. All zero is the
/// empty sum.
struct ExactSum {
  int64_t high = 0;
  int64_t low = 0;

  static constexpr double low_range = 2147483648.0;  // 2^31
  /// Added to a number below 2^51, rounds it to an integer, which is then the low bits of the sum.
  static constexpr double integer_shift = 6755399441055744.0;  // 1.5 * 2^52

  /// term: below 2^62, rounded to the nearest integer.
  void add(double term) {
    const int64_t whole = nearest_integer(term * (1 / low_range));
    high += whole;
    low += nearest_integer(term - static_cast<double>(whole) * low_range);
  }

  /// Rounded to double.
  double value() const { return static_cast<double>(high) * low_range + static_cast<double>(low); }

 private:
  static int64_t nearest_integer(double x) {
    return static_cast<int64_t>(bits_of(x + integer_shift) - bits_of(integer_shift));
  }
};

/// The grid on which numbers are added: `scale`, a power of two, takes them to less than 2^62. They are
/// rounded by at most 2^-62 of the largest.
struct FixedPointGrid {
  double scale = 1;

  /// For numbers of magnitude up to `largest`, finite.
  static FixedPointGrid spanning(double largest) {
    if (!(largest > 0)) return {};
    const int exponent = static_cast<int>(bits_of(largest) >> 52) - 1023;  // largest < 2^(exponent + 1)
    return {from_bits<double>(static_cast<uint64_t>(smaller(61 - exponent, 1023) + 1023) << 52)};
  }

  void add(double value, ExactSum& sum) const { sum.add(value * scale); }
  double value(const ExactSum& sum) const { return sum.value() / scale; }
};

}  // namespace thrum

#endif  // THRUM_CORE_EXACT_SUM_HPP

#ifndef THRUM_ALGORITHM_SAMPLE_CLUSTERS_HPP
#define THRUM_ALGORITHM_SAMPLE_CLUSTERS_HPP

// K-means of a few samples in the caller's memory: the policies of Lloyd and of the seeding for a device.
// They are views, made anew for each step.

namespace thrum {

/// How the samples of a cluster are summed. In double exactly, on the grid of the laptop's sums, so that both
/// find the same centres from the same first ones, bit for bit.
template <typename Accumulator>
struct SampleSum {
  using Type = ExactSum;
  static double scale_for(double largest) { return FixedPointGrid::spanning(largest).scale; }
  static void add(Type& sum, double scale, double value) { FixedPointGrid{scale}.add(value, sum); }
  static double value(const Type& sum, double scale) { return FixedPointGrid{scale}.value(sum); }
};
/// In float as they come: for processors whose double is software.
template <>
struct SampleSum<float> {
  using Type = float;
  static float scale_for(float) { return 1; }
  static void add(Type& sum, float, float value) { sum += value; }
  static float value(Type sum, float) { return sum; }
};

/// What is kept of n samples and k clusters between steps. All zero at first.
template <typename Scalar, typename Accumulator>
struct SampleClusters {
  int16_t* labels = nullptr;                              ///< n
  Scalar* squared = nullptr;                              ///< n, distances to the own centre
  Accumulator* scale = nullptr;                           ///< d, of the grids that sums are on
  typename SampleSum<Accumulator>::Type* sums = nullptr;  ///< k x d
  int16_t* counts = nullptr;                              ///< k, samples
};

/// Which samples belong to which centre; see Lloyd. Sums follow the samples that change their cluster.
template <typename Scalar, typename Accumulator>
class SampleAssignment {
  using Sum = SampleSum<Accumulator>;

 public:
  /// x: n x d, at most 32767 samples, finite. centers: d x k, by feature, those that Lloyd moves.
  SampleAssignment(MatrixView<const Scalar> x, const SampleClusters<Scalar, Accumulator>& memory,
                   const Scalar* centers, Index clusters)
      : x_(x), memory_(memory), centers_(centers), clusters_(clusters) {}

  /// No sample has been looked at. O(d).
  void start() {
    for (Index f = 0; f < x_.cols; ++f) memory_.scale[f] = 0;
  }
  /// Looks at one sample, which has no label yet; whether it is finite. O(d).
  bool look_at(Index row) {
    memory_.labels[row] = -1;
    bool finite = true;
    for (Index f = 0; f < x_.cols; ++f) {
      const Scalar value = x_(row, f);
      finite = finite && is_finite(value);
      memory_.scale[f] = larger(memory_.scale[f], static_cast<Accumulator>(absolute(value)));
    }
    return finite;
  }
  /// When all have been looked at. False where squared distances may leave the range of a Scalar. O(d k).
  bool start_sums() {
    Accumulator largest = 0;
    for (Index f = 0; f < x_.cols; ++f) {
      largest = larger(largest, memory_.scale[f]);
      memory_.scale[f] = Sum::scale_for(memory_.scale[f]);
    }
    for (Index j = 0; j < clusters_; ++j) memory_.counts[j] = 0;
    for (Index i = 0; i < clusters_ * x_.cols; ++i) memory_.sums[i] = {};
    const Scalar widest = 2 * static_cast<Scalar>(largest);
    return is_finite(static_cast<Scalar>(x_.cols) * widest * widest);
  }

  /// Labels one sample; whether its label has changed. O(d k).
  bool assign(Index row) {
    const Nearest<Scalar> nearest = nearest_center_to(row);
    memory_.squared[row] = nearest.squared_distance;
    const int before = memory_.labels[row];
    if (before == nearest.cluster) return false;
    if (before >= 0) move(row, before, -1);
    move(row, nearest.cluster, 1);
    memory_.labels[row] = static_cast<int16_t>(nearest.cluster);
    return true;
  }

  Accumulator weight(Index cluster) const { return static_cast<Accumulator>(memory_.counts[cluster]); }
  Accumulator mean(Index cluster, Index feature) const {
    return Sum::value(memory_.sums[cluster * x_.cols + feature], memory_.scale[feature]) / weight(cluster);
  }
  Scalar value(Index row, Index feature) const { return x_(row, feature); }
  Accumulator inertia() const {
    return ordered_sum<Accumulator>(x_.rows, [this](Index i) { return memory_.squared[i]; });
  }
  Index farthest_row() const {
    Index farthest = -1;
    Scalar largest = 0;
    for (Index i = 0; i < x_.rows; ++i) {
      if (!(memory_.squared[i] > largest)) continue;
      largest = memory_.squared[i];
      farthest = i;
    }
    return farthest;
  }
  void exclude(Index row) { memory_.squared[row] = 0; }

 private:
  /// That of nearest_center(), a centre at a time: less code, and no slower for few.
  Nearest<Scalar> nearest_center_to(Index row) const {
    Nearest<Scalar> nearest{0, positive_infinity<Scalar>()};
    for (Index j = 0; j < clusters_; ++j) {
      const VectorView<const Scalar> center{centers_ + j, x_.cols, clusters_};
      const Scalar squared = squared_distance(x_.row(row), center);
      if (squared < nearest.squared_distance) nearest = {static_cast<int>(j), squared};
    }
    return nearest;
  }

  /// Adds a sample to a cluster, or takes it away. O(d).
  void move(Index row, Index cluster, int times) {
    memory_.counts[cluster] = static_cast<int16_t>(memory_.counts[cluster] + times);
    auto* const sums = memory_.sums + cluster * x_.cols;
    for (Index f = 0; f < x_.cols; ++f)
      Sum::add(sums[f], memory_.scale[f], static_cast<Accumulator>(times > 0 ? x_(row, f) : -x_(row, f)));
  }

  MatrixView<const Scalar> x_;
  SampleClusters<Scalar, Accumulator> memory_;
  const Scalar* centers_;
  Index clusters_;
};

/// What is kept of the rows that are tried as the next first centre, between steps. All zero at first.
template <typename Accumulator, Index most_clusters, Index most_samples>
struct SampleCandidates {
  static constexpr Index most = seeding_trials(most_clusters);
  Index rows[array_size(most)] = {};
  OrderedSum<Accumulator, most_samples> left[array_size(most)] = {};  ///< of the squared distances, by each
  Accumulator potentials[array_size(most)] = {};                      ///< those sums, when they are complete
  Index count = 0;
  Accumulator potential = 0;  ///< of the centres so far; 0 where there is none
};

/// Squared distances of samples to the nearest first centre so far, for greedy k-means++ (see
/// seed_plus_plus()) a sample at a time: begin(), evaluate() each sample, choose(), accept() each sample.
template <typename Scalar, typename Accumulator, Index most_clusters, Index most_samples>
class SampleSpace {
 public:
  using Candidates = SampleCandidates<Accumulator, most_clusters, most_samples>;

  /// x: n x d; closest: n, infinite at first, which it keeps from one centre to the next.
  SampleSpace(MatrixView<const Scalar> x, Scalar* closest, Candidates& candidates)
      : x_(x), closest_(closest), candidates_(candidates) {}

  /// Draws the rows to try as centre j of `clusters`. O(n ln k).
  [[gnu::cold, gnu::noinline]] void begin(Random& random, Index j, Index clusters) {
    candidates_.count = draw_candidates(*this, random, j, clusters, candidates_.rows);
    for (auto& sum : candidates_.left) sum = {};
  }
  /// O(d ln k). Samples come in rising order.
  void evaluate(Index i) {
    for (Index number = 0; number < candidates_.count; ++number)
      candidates_.left[number].add(i, static_cast<Accumulator>(left_by(candidates_.rows[number], i)));
  }
  /// The row that becomes the centre. O(ln k).
  [[gnu::cold, gnu::noinline]] Index choose() {
    for (Index number = 0; number < candidates_.count; ++number)
      candidates_.potentials[number] = candidates_.left[number].fold();
    const Index best = best_candidate(*this, candidates_.count);
    candidates_.potential = potential(best);
    candidates_.rows[0] = candidates_.rows[best];
    return candidates_.rows[0];
  }
  /// O(d).
  void accept(Index i) { closest_[i] = left_by(candidates_.rows[0], i); }

  // ---- for draw_candidates() and best_candidate()

  Index draw(Random& random) const {
    const auto share = [this](Index i) { return closest_[i]; };
    return candidates_.potential > 0 ? random.weighted_index(x_.rows, candidates_.potential, share)
                                     : static_cast<Index>(random.below(static_cast<uint32_t>(x_.rows)));
  }
  Accumulator potential(Index number) const { return candidates_.potentials[number]; }

 private:
  /// What a further centre leaves of sample i's squared distance.
  Scalar left_by(Index center, Index i) const {
    return smaller(closest_[i], squared_distance(x_.row(i), x_.row(center)));
  }

  MatrixView<const Scalar> x_;
  Scalar* closest_;
  Candidates& candidates_;
};

}  // namespace thrum

#endif  // THRUM_ALGORITHM_SAMPLE_CLUSTERS_HPP

#ifndef THRUM_FIXED_KMEANS_HPP
#define THRUM_FIXED_KMEANS_HPP

namespace thrum {
namespace fixed {

/// How a fixed::KMeans learns; names and meaning as in thrum::KMeansOptions.
struct KMeansOptions {
  int clusters = 1;
  int max_iterations = 300;
  uint64_t seed = 0;
};

/// thrum::KMeans with its own arrays: no heap, all zero at start (`not_fitted`).
template <typename Scalar, int max_features, int max_clusters>
class KMeans {
 public:
  /// Takes over fitted centres, k x d, finite, k <= max_clusters, d <= max_features.
  Status use(ConstMatrixView<Scalar> centers) {
    if (!fits(centers.rows, centers.cols)) return Status::wrong_size;
    if (!detail::all_finite(centers)) return Status::non_finite;
    copy_by_feature(centers, centers_by_feature_);
    resize(centers.rows, centers.cols);
    for (float& count : counts_) count = 1;
    return Status::ok;
  }

  /// Moves the nearest centre towards one more sample of d values: to the mean of all it has been given,
  /// those it was learned from included; a centre that was taken over counts as one. From the 2^24th on it
  /// stands still. overflow, non_finite: all stays as it was. O(d k).
  Status partial_fit(ConstVectorView<Scalar> x) {
    int label = 0;
    const Status status = predict(x, label);
    if (status != Status::ok) return status;
    counts_[label] += 1;
    const Scalar rate = 1 / static_cast<Scalar>(counts_[label]);
    for (Index f = 0; f < features_; ++f) {
      Scalar& center = centers_by_feature_[f * clusters_ + label];
      center += (x[f] - center) * rate;
    }
    return Status::ok;
  }

  /// The nearest centre of one sample of d values, in [0, k); ties go to the lowest. overflow:
  /// the sample is too far from all of them to tell, and label is as it was.
  Status predict(ConstVectorView<Scalar> x, int& label) const {
    const Status status = detail::check(features_, x, clusters_, clusters_);
    if (status != Status::ok) return status;
    const Nearest<Scalar> nearest = nearest_center(x, centers_by_feature_, clusters_);
    if (!is_finite(nearest.squared_distance)) return Status::overflow;
    label = nearest.cluster;
    return Status::ok;
  }

  /// Euclidean distances of one sample to the k centres. overflow: a distance is not finite.
  Status transform(ConstVectorView<Scalar> x, VectorView<Scalar> distances) const {
    const Status status = detail::check(features_, x, distances.size, clusters_);
    if (status != Status::ok) return status;
    for_each_squared_distance(x, centers_by_feature_, clusters_,
                              [distances](Index j, Scalar squared) { distances[j] = square_root(squared); });
    return detail::checked_result(distances);
  }

  int features() const { return features_; }
  int clusters() const { return clusters_; }
  /// k x d.
  MatrixView<const Scalar> centers() const {
    return MatrixView<const Scalar>{centers_by_feature_, clusters_, features_, 1, clusters_};
  }

 private:
  template <typename, int, int, int, typename>
  friend class KMeansFit;

  static bool fits(Index clusters, Index features) {
    return clusters >= 1 && clusters <= max_clusters && features >= 1 && features <= max_features;
  }
  void resize(Index clusters, Index features) {
    features_ = static_cast<int>(features);
    clusters_ = static_cast<int>(clusters);
  }

  Scalar centers_by_feature_[array_size(max_features * max_clusters)] = {};
  float counts_[array_size(max_clusters)] = {};  // samples that each has been given
  int features_ = 0;
  int clusters_ = 0;
};

/// Learns the centres of a fixed::KMeans from up to max_samples samples: greedy k-means++, then Lloyd's
/// iteration until no label changes, the sum of squared distances no longer falls, or the iterations run out.
/// At once by fit(), or in pieces between other work by start_fit() and fit_step(). From the same first
/// centres it finds those of thrum::KMeans with tolerance 0, bit for bit; with float for the Accumulator to
/// rounding, and without the software that double takes on a Cortex-M4F. No heap; all zero at start; memory:
/// for each sample 2 bytes and a Scalar, for each cluster 16 bytes a feature, and 8 a feature; in float 4
/// and 4. It is of no use any more when the centres are learned.
template <typename Scalar, int max_features, int max_clusters, int max_samples, typename Accumulator = double>
class KMeansFit {
  static_assert(max_samples > 0 && max_samples <= INT16_MAX, "samples are 1 ... 32767");
  using Model = KMeans<Scalar, max_features, max_clusters>;

 public:
  /// Learns from x, n x d. wrong_size: more or fewer samples, features or clusters than there is room for, or
  /// fewer samples than clusters; out_of_range: no iteration; non_finite; overflow: squared distances of
  /// samples may leave the range of a Scalar. Then the model stays as it was. O(n d k) an iteration.
  Status fit(ConstMatrixView<Scalar> x, const KMeansOptions& options, Model& model) {
    const Status status = start_fit(x, options);
    if (status != Status::ok) return status;
    while (!fit_step(x, max_samples, model)) {
    }
    return status_;
  }
  /// The same from given first centres, k x d.
  Status fit_from(ConstMatrixView<Scalar> centers, ConstMatrixView<Scalar> x, KMeansOptions options,
                  Model& model) {
    options.clusters = static_cast<int>(centers.rows);
    if (centers.cols != x.cols) return Status::wrong_size;
    if (!detail::all_finite(centers)) return Status::non_finite;
    const Status status = start_fit(x, options);
    if (status != Status::ok) return status;
    while (stage_ == Stage::checking) check_next(x, model);
    if (stage_ == Stage::done) return status_;
    model.use(centers);
    begin_assignment();
    while (!fit_step(x, max_samples, model)) {
    }
    return status_;
  }

  /// Begins to learn in pieces; arguments and errors as of fit(), but for those that its samples decide,
  /// which status() tells. O(d).
  Status start_fit(ConstMatrixView<Scalar> x, const KMeansOptions& options) {
    if (x.rows > max_samples || x.rows < options.clusters || !Model::fits(options.clusters, x.cols))
      return Status::wrong_size;
    if (options.max_iterations < 1) return Status::out_of_range;
    random_ = Random(options.seed);
    lloyd_ = Lloyd<Accumulator>({options.max_iterations, 0});
    clusters_ = options.clusters;
    status_ = Status::not_fitted;
    begin(Stage::checking);
    return Status::ok;
  }

  /// Goes on, with the x of start_fit(), by at most `samples` >= 1: one that is looked at, O(d), that first
  /// centres are tried on, O(d ln k), or that is assigned, O(d k); a new place of a centre, O(d), counts as
  /// one too. Whenever all samples are through, O(n ln k + d k) more, a few instructions a sample. True when
  /// it is done, for better or worse: see status(). Until then the model is of no use.
  [[gnu::cold, gnu::noinline]] bool fit_step(ConstMatrixView<Scalar> x, Index samples, Model& model) {
    for (; samples > 0 && stage_ != Stage::done; --samples) {
      switch (stage_) {
        case Stage::checking: check_next(x, model); break;
        case Stage::trying: try_next(x, model); break;
        case Stage::accepting: accept_next(x); break;
        case Stage::assigning: assign_next(x, model); break;
        case Stage::updating: update_next(x, model); break;
        case Stage::done: break;
      }
    }
    return stage_ == Stage::done;
  }

  /// What fit() returns; not_fitted until it is done.
  Status status() const { return status_; }
  /// How it went, once it is done.
  LloydReport report() const {
    LloydReport report = report_;
    report.inertia = static_cast<double>(inertia_);
    return report;
  }
  int empty_clusters() const { return report_.empty_clusters; }
  /// The label of each sample, n.
  const int16_t* labels() const { return labels_; }

 private:
  enum class Stage : uint8_t { done, checking, trying, accepting, assigning, updating };
  using Space = SampleSpace<Scalar, Accumulator, max_clusters, max_samples>;

  SampleAssignment<Scalar, Accumulator> assignment(MatrixView<const Scalar> x, const Model& model) {
    return {x, {labels_, squared_, scale_, sums_, counts_}, model.centers_by_feature_, clusters_};
  }
  Space space(MatrixView<const Scalar> x) { return {x, squared_, candidates_}; }
  static MatrixView<Scalar> centers(Model& model) {
    return {model.centers_by_feature_, model.clusters_, model.features_, 1, model.clusters_};
  }

  void begin(Stage stage) {
    next_ = 0;
    stage_ = stage;
  }
  void end(Status status) {
    status_ = status;
    stage_ = Stage::done;
  }

  void begin_assignment() {
    changed_ = 0;
    begin(Stage::assigning);
  }

  void begin_center(MatrixView<const Scalar> x) {
    space(x).begin(random_, center_, clusters_);
    begin(Stage::trying);
  }

  [[gnu::cold, gnu::noinline]] void check_next(MatrixView<const Scalar> x, Model& model) {
    auto policy = assignment(x, model);
    if (next_ == 0) policy.start();
    if (!policy.look_at(next_)) return end(Status::non_finite);
    squared_[next_] = positive_infinity<Scalar>();
    if (++next_ < x.rows) return;
    if (!policy.start_sums()) return end(Status::overflow);
    model.resize(clusters_, x.cols);
    candidates_.potential = 0;
    center_ = 0;
    begin_center(x);
  }

  [[gnu::cold, gnu::noinline]] void try_next(MatrixView<const Scalar> x, Model& model) {
    space(x).evaluate(next_);
    if (++next_ < x.rows) return;
    const Index row = space(x).choose();
    for (Index f = 0; f < x.cols; ++f) centers(model)(center_, f) = x(row, f);
    if (center_ + 1 < clusters_)
      begin(Stage::accepting);
    else
      begin_assignment();
  }

  [[gnu::cold, gnu::noinline]] void accept_next(MatrixView<const Scalar> x) {
    space(x).accept(next_);
    if (++next_ < x.rows) return;
    ++center_;
    begin_center(x);
  }

  [[gnu::cold, gnu::noinline]] void assign_next(MatrixView<const Scalar> x, Model& model) {
    auto policy = assignment(x, model);
    if (policy.assign(next_)) ++changed_;
    if (++next_ < x.rows) return;
    stage_ = Stage::updating;
    if (!lloyd_.take(policy, changed_, centers(model), [](const LloydReport&, Accumulator) { return true; }))
      return;
    end(Status::ok);
    report_ = lloyd_.report(policy, clusters_);
    inertia_ = policy.inertia();
    // All there is room for: GCC 12 writes a conversion on a condition that its assembler does not know
    // (M55).
    for (Index j = 0; j < max_clusters; ++j) model.counts_[j] = static_cast<float>(counts_[j]);
  }

  void update_next(MatrixView<const Scalar> x, Model& model) {
    auto policy = assignment(x, model);
    if (lloyd_.update(policy, centers(model))) begin_assignment();
  }

  Random random_{};
  Lloyd<Accumulator> lloyd_{};
  LloydReport report_{StopReason{}, 0, 0, 0, 0};
  Accumulator inertia_ = 0;
  Status status_ = Status::not_fitted;
  Stage stage_ = Stage::done;
  int clusters_ = 0;
  Index next_ = 0;     // sample of the stage
  Index center_ = 0;   // that is looked for
  Index changed_ = 0;  // labels, of those assigned
  typename Space::Candidates candidates_{};
  int16_t labels_[array_size(max_samples)] = {};
  Scalar squared_[array_size(max_samples)] = {};
  Accumulator scale_[array_size(max_features)] = {};
  typename SampleSum<Accumulator>::Type sums_[array_size(max_features * max_clusters)] = {};
  int16_t counts_[array_size(max_clusters)] = {};
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_KMEANS_HPP

#ifndef THRUM_ALGORITHM_QUANTILE_SKETCH_HPP
#define THRUM_ALGORITHM_QUANTILE_SKETCH_HPP

namespace thrum {

/// Quantiles of any number of positive values in fixed memory: how many there are in each of `octaves` x 32
/// bins from 2^least_octave on, 32 of equal width for each power of two, so that a value's bin stands in its
/// bits. What is below the first bin counts in it, what is beyond the last in that. All zero is the empty
/// set; 128 x octaves bytes. The same bits on every machine, and in whatever order values come. Source: the
/// bins of Tene's HdrHistogram; a stated relative error and merging as of DDSketch (Masson, Rim and Lee,
/// Proceedings of the VLDB Endowment 12, 2019).
template <int least_octave = -6, int octaves = 16>
class QuantileSketch {
  static_assert(octaves > 0 && least_octave >= -126 && least_octave + octaves <= 128,
                "octaves must be those of ordinary floats");

 public:
  /// By how much a quantile may exceed that of the values themselves, as a share, within the bins.
  static constexpr float relative_error = 1.0f / 32;
  static constexpr int bins = 32 * octaves;

  /// Adds a value. non_finite, or out_of_range when it is negative: nothing is added. O(1).
  Status add(float value, uint32_t times = 1) {
    if (!is_finite(value)) return Status::non_finite;
    if (value < 0.0f) return Status::out_of_range;
    add_to(counts_[bin_of(value)], times);
    return Status::ok;
  }

  /// Adds the values of another sketch. O(bins).
  void merge(const QuantileSketch& other) {
    for (int bin = 0; bin < bins; ++bin) add_to(counts_[bin], other.counts_[bin]);
  }

  /// Values added so far; those of a bin stay at 2^32 - 1 once there. O(bins).
  uint64_t count() const {
    uint64_t sum = 0;
    for (const uint32_t own : counts_) sum += own;
    return sum;
  }

  /// The least upper edge of a bin that a share q in [0, 1] of the values, and at least one of them, lie
  /// below: at least the inverse-CDF quantile of the values, and at most relative_error above it. 0 of none.
  /// O(bins).
  float quantile(double q) const {
    const uint64_t all = count();
    if (all == 0) return 0.0f;
    // Less by what rounds off, so that 0.9 of ten values is nine of them.
    const double share = q * static_cast<double>(all) * (1 - 1e-12);
    uint64_t wanted = share > 0 ? static_cast<uint64_t>(share) : 0;
    if (static_cast<double>(wanted) < share || wanted == 0) ++wanted;
    return at_rank(wanted);
  }

  /// The same of the rank-th smallest value, 1 ... count(). O(bins).
  float at_rank(uint64_t rank) const {
    uint64_t below = 0;
    int bin = -1;
    while (below < rank) below += counts_[++bin];
    return upper_edge(bin);
  }

  /// How many values each bin has, and the edge it ends at: for who wants to store or draw it.
  uint32_t count_of(int bin) const { return counts_[bin]; }
  void set_count(int bin, uint32_t count) { counts_[bin] = count; }
  static float upper_edge(int bin) {
    return from_bits<float>(static_cast<uint32_t>(first + bin + 1) << shift);
  }

  friend bool operator==(const QuantileSketch& a, const QuantileSketch& b) {
    for (int bin = 0; bin < bins; ++bin)
      if (a.counts_[bin] != b.counts_[bin]) return false;
    return true;
  }
  friend bool operator!=(const QuantileSketch& a, const QuantileSketch& b) { return !(a == b); }

 private:
  static constexpr int shift = ScalarTraits<float>::mantissa_bits - 5;
  static constexpr int first = (ScalarTraits<float>::exponent_bias + least_octave) * 32;

  static int bin_of(float value) {
    const uint32_t magnitude = bits_of(value) & 0x7fffffffu;  // -0 is 0
    const int bin = static_cast<int>(magnitude >> shift) - first;
    return smaller(larger(bin, 0), bins - 1);
  }
  static void add_to(uint32_t& count, uint32_t more) {
    count = more > UINT32_MAX - count ? UINT32_MAX : count + more;
  }

  uint32_t counts_[array_size(bins)] = {};
};

}  // namespace thrum

#endif  // THRUM_ALGORITHM_QUANTILE_SKETCH_HPP

#ifndef THRUM_DETECTION_LEARNED_IMAGE_HPP
#define THRUM_DETECTION_LEARNED_IMAGE_HPP

// What a device has learned, as bytes: little-endian words of 32 bits, the head, numbers, and last a CRC-32
// of all bytes before. Two slots of flash, written in turn, survive a power cut at any byte: the one that was
// cut off has no valid CRC.

namespace thrum {

/// Version of the image's layout.
constexpr uint32_t learned_schema = 1;
constexpr uint32_t learned_magic = 0x6c726874;  ///< "thrl"

/// Where words stand in the image of what was learned.
enum LearnedHead : uint32_t {
  learned_magic_word,
  learned_size_word,         ///< bytes of the whole image
  learned_schema_word,       ///< learned_schema
  learned_fingerprint_word,  ///< fingerprint_of(signal): rows of other features mean something else
  learned_sequence_word,     ///< one more with each image that a device writes
  learned_features_word,     ///< d
  learned_classes_word,      ///< k
  learned_first_bin_word,    ///< of the sketch, those before it are empty
  learned_bins_word,         ///< of the sketch, so many follow
  learned_head_words,
};

/// CRC-32 of everything that says how feature rows come from samples. O(1), some 10,000 instructions.
inline uint32_t fingerprint_of(const FeatureOptions& signal) {
  Crc32 crc;
  detail::AddToChecksum add{crc};
  detail::for_each_signal_setting(signal, add);
  return crc.value();
}

/// Of an image of what was learned, whole: its sequence number.
inline uint32_t sequence_of(const void* image) {
  return detail::image_word(static_cast<const uint8_t*>(image) + learned_sequence_word * 4);
}

/// Whether an image of what was learned is whole. bytes: how many may be read there. O(size), about 30
/// instructions a byte.
inline bool is_whole_learned_image(const void* image, size_t bytes) {
  return image != nullptr && detail::is_whole_image(static_cast<const uint8_t*>(image), bytes, learned_magic);
}

namespace detail {

/// Puts words into memory one after the other, and adds them to a CRC.
class WordWriter {
 public:
  explicit WordWriter(uint8_t* at) : at_(at) {}

  void word(uint32_t word) {
    crc_.add(word);
    for (int i = 0; i < 4; ++i) *at_++ = static_cast<uint8_t>(word >> 8 * i);
  }
  void operator()(int value) { word(static_cast<uint32_t>(value)); }
  void operator()(uint32_t value) { word(value); }
  void operator()(float value) { word(bits_of(value)); }
  void operator()(const float* values, Index size) {
    for (Index i = 0; i < size; ++i) (*this)(values[i]);
  }
  void end() { word(crc_.value()); }

 private:
  uint8_t* at_;
  Crc32 crc_;
};

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_DETECTION_LEARNED_IMAGE_HPP

#ifndef THRUM_FIXED_LEARNED_CLASSES_HPP
#define THRUM_FIXED_LEARNED_CLASSES_HPP

namespace thrum {
namespace fixed {

/// What a Learner has learned: classes of feature rows, each with a mean and a variance of every feature, and
/// the distances of the rows that these were learned from. Judges rows by them, follows slow changes, and
/// goes to and from images. No heap; all zero at start, when it knows nothing; 4 x (4 k + 4) d bytes, and
/// about 2500.
template <const LearningCapacity& capacity>
class LearnedClasses {
 public:
  static constexpr int d = feature_count(capacity.signal);
  static constexpr int most_classes = capacity.classes;
  /// How far rows are from their class, in deviations: see QuantileSketch.
  using Distances = QuantileSketch<-2, 10>;
  static constexpr uint32_t parts =
      uint32_t{diagonal_ellipsoid_part} | without_projection | without_bounds | without_distances;

  // ---- what is known

  int classes() const { return classes_; }
  /// Samples that class j was learned from.
  float count(int j) const { return counts_[j]; }
  /// Of class j, d values each, in scaled units, see scaling(): the means as learned, the centres that have
  /// followed the machine since, and one over the deviations.
  const float* mean(int j) const { return means_ + j * d; }
  const float* center(int j) const { return centers_ + j * d; }
  const float* inverse_deviation(int j) const { return scales_ + j * d; }
  ScalingModel<float> scaling() const { return {offset_, factor_, d}; }
  const Distances& distances() const { return distances_; }
  /// The distance, in deviations, that is score 1.
  float threshold() const { return threshold_; }
  /// How far the centre of class j is from its mean, as a share of the threshold.
  float drift(int j) const { return excursion(j) / threshold_; }
  /// Windows judged since it was learned; stays at 2^32 - 1 once there.
  uint32_t windows_watched() const { return watched_; }
  const LearningOptions& options() const { return options_; }

  // ---- watching

  /// The verdict on a row of d values. scratch: d floats. O(d k).
  Verdict judge(const float* row, float* scratch) {
    bind();
    if (watched_ < UINT32_MAX) ++watched_;
    return thrum::judge<parts>(held_.model, contiguous<const float>(row, d), scratch);
  }

  /// Moves the centre of a class towards a row of it that is normal: by a share of 1 / time_constant of at
  /// most three deviations, and not farther from the mean than the limit. scratch: d floats. O(d).
  void follow(int j, const float* row, float* scratch) {
    const DriftOptions& drift = options_.drift;
    if (!(drift.time_constant > 0.0f)) return;
    to_scale(row, scratch);
    float *const center = centers_ + j * d, *const mean = means_ + j * d;
    for (Index f = 0; f < d; ++f) {
      const float most = 3 / scales_[j * d + f];
      center[f] += larger(-most, smaller(most, scratch[f] - center[f])) / drift.time_constant;
    }
    const float limit = drift.limit * threshold_, apart = excursion(j);
    if (!(apart > limit)) return;
    for (Index f = 0; f < d; ++f) center[f] = mean[f] + (center[f] - mean[f]) * (limit / apart);
  }

  /// A person vouches that a row, of d values, is normal. When it is no alarm it refines its class; otherwise
  /// it becomes one of its own, which varies as all others together do until more of it is vouched for.
  /// wrong_size when there is no room for that; non_finite, overflow. scratch: d floats. O(d k).
  [[gnu::cold, gnu::noinline]] Status vouch(const float* row, float* scratch) {
    bind();
    const Score<float> score = score_row<parts>(held_.model, contiguous<const float>(row, d), scratch);
    if (score.status != Status::ok) return score.status;
    int own = score.cluster;
    if (score.value > 1.0f) {
      if (classes_ == most_classes) return Status::wrong_size;
      own = add_class();
    }
    to_scale(row, scratch);
    float *const center = centers_ + own * d, *const mean = means_ + own * d;
    for (Index f = 0; f < d; ++f) center[f] -= mean[f];  // what it has drifted
    moments().add(own, contiguous<const float>(scratch, d));
    for (Index f = 0; f < d; ++f) center[f] += mean[f];
    update_model();
    return Status::ok;
  }

  /// What rows are judged by, as the data of a model.
  const DetectorModel<float>& model() const { return held_.model; }

  // ---- machines of a kind

  /// Adds what another machine of the kind has learned: each of its classes to one here, so that all of them
  /// together are as near as can be; those that are more than here to the nearest. Means become those over
  /// all machines; deviations those within a machine, since that is what one of them varies; distances those
  /// of all; what either has drifted is forgotten. So in whatever order machines are merged, but for rounding
  /// and the order of classes. not_fitted when either knows nothing. O(k^3 d).
  [[gnu::cold, gnu::noinline]] Status merge(const LearnedClasses& other) {
    if (classes_ == 0 || other.classes_ == 0) return Status::not_fitted;
    int own[array_size(most_classes)];
    match(other, own);
    for (int i = 0; i < other.classes_; ++i) add_class_of(other, i, own[i]);
    for (Index i = 0; i < classes_ * d; ++i) centers_[i] = means_[i];
    distances_.merge(other.distances_);
    find_model();
    return Status::ok;
  }

  // ---- images

  /// Bytes of the largest image.
  static constexpr size_t most_image_bytes() { return size_of_image(most_classes, Distances::bins); }

  /// Writes all this. image: `bytes` of memory; written: how many it took. not_fitted while nothing is known;
  /// wrong_size when there are too few bytes, see most_image_bytes(): then nothing is written. O(bytes), some
  /// 60 instructions each.
  [[gnu::cold, gnu::noinline]] Status save(void* image, size_t bytes, size_t& written) {
    if (classes_ == 0) return Status::not_fitted;
    const Bins bins = filled_bins();
    const size_t size = size_of_image(classes_, bins.count);
    if (size > bytes) return Status::wrong_size;
    thrum::detail::WordWriter writer(static_cast<uint8_t*>(image));
    const uint32_t head[learned_head_words] = {learned_magic,
                                               static_cast<uint32_t>(size),
                                               learned_schema,
                                               fingerprint_of(capacity.signal),
                                               ++sequence_,
                                               static_cast<uint32_t>(d),
                                               static_cast<uint32_t>(classes_),
                                               static_cast<uint32_t>(bins.first),
                                               static_cast<uint32_t>(bins.count)};
    for (const uint32_t word : head) writer(word);
    for_each_setting(options_, threshold_, watched_, writer);
    for_each_array(*this, classes_, writer);
    for (int i = 0; i < bins.count; ++i) writer(distances_.count_of(bins.first + i));
    writer.end();
    written = size;
    return Status::ok;
  }

  /// Takes over what save() wrote. corrupt_model: it is no image, or not whole, or a bit of it has changed;
  /// unsupported: it is of another version, or of other features; wrong_size: it has more classes, or its
  /// options ask for more windows, than there is room for; out_of_range: its numbers are none that save()
  /// writes. Then nothing changes. O(bytes), some 60 instructions each.
  [[gnu::cold, gnu::noinline]] Status load(const void* image, size_t bytes) {
    const Status status = can_load(image, bytes);
    if (status != Status::ok) return status;
    const uint8_t* const begin = static_cast<const uint8_t*>(image);
    sequence_ = head(begin, learned_sequence_word);
    classes_ = static_cast<int>(head(begin, learned_classes_word));
    thrum::detail::ImageWords reader(begin + learned_head_words * 4);
    for_each_setting(options_, threshold_, watched_, reader);
    for_each_array(*this, classes_, reader);
    distances_ = Distances();
    const int first = static_cast<int>(head(begin, learned_first_bin_word));
    const int count = static_cast<int>(head(begin, learned_bins_word));
    for (int i = 0; i < count; ++i) {
      uint32_t times = 0;
      reader(times);
      distances_.set_count(first + i, times);
    }
    moments().pool(least_deviation);
    update_model();
    return Status::ok;
  }
  /// Of two slots of so many bytes, the one with the latest image that load() takes over; null when there is
  /// none in either. Sequence numbers may wrap. O(bytes).
  static const void* newest(const void* a, const void* b, size_t bytes) {
    const bool has_a = can_load(a, bytes) == Status::ok, has_b = can_load(b, bytes) == Status::ok;
    if (!has_a || !has_b) return has_a ? a : has_b ? b : nullptr;
    return sequence_of(a) - sequence_of(b) <= UINT32_MAX / 2 ? a : b;
  }
  /// Whether load() would take it over.
  [[gnu::cold, gnu::noinline]] static Status can_load(const void* image, size_t bytes) {
    if (!is_whole_learned_image(image, bytes)) return Status::corrupt_model;
    const uint8_t* const begin = static_cast<const uint8_t*>(image);
    if (head(begin, learned_schema_word) != learned_schema ||
        head(begin, learned_fingerprint_word) != fingerprint_of(capacity.signal) ||
        head(begin, learned_features_word) != static_cast<uint32_t>(d))
      return Status::unsupported;
    const uint32_t classes = head(begin, learned_classes_word), bins = head(begin, learned_bins_word),
                   first = head(begin, learned_first_bin_word);
    if (classes < 1 || classes > static_cast<uint32_t>(most_classes)) return Status::wrong_size;
    if (bins > static_cast<uint32_t>(Distances::bins) ||
        first > static_cast<uint32_t>(Distances::bins) - bins ||
        head(begin, learned_size_word) != size_of_image(static_cast<int>(classes), static_cast<int>(bins)))
      return Status::out_of_range;
    return has_good_numbers(begin + learned_head_words * 4, static_cast<int>(classes));
  }

 private:
  template <const LearningCapacity&>
  friend class Learner;

  static constexpr float least_deviation = 1e-3f;  ///< within classes, of that of all rows together

  DiagonalClasses<float> moments() { return {counts_, means_, squares_, pooled_, classes_, d}; }

  void to_scale(const float* row, float* scaled) const {
    scale(scaling(), contiguous<const float>(row, d), contiguous(scaled, d));
  }

  /// The distance of a centre from the mean, in deviations.
  float excursion(int j) const {
    float sum = 0;
    for (Index i = j * d; i < (j + 1) * d; ++i) {
      const float apart = (centers_[i] - means_[i]) * scales_[i];
      sum = apart * apart + sum;
    }
    return square_root(sum);
  }

  // ---- merging

  /// Of a machine's class, the mean of a feature as scaled here.
  float mean_of(const LearnedClasses& other, int i, Index f) const {
    return (other.offset_[f] - offset_[f]) * factor_[f] + other.means_[i * d + f] * ratio_to(other, f);
  }
  float ratio_to(const LearnedClasses& other, Index f) const { return factor_[f] / other.factor_[f]; }

  /// Squared distance of a machine's class i to class j here, in deviations of all classes.
  float squared_distance(const LearnedClasses& other, int i, int j) const {
    float sum = 0;
    for (Index f = 0; f < d; ++f) {
      const float apart = mean_of(other, i, f) - means_[j * d + f];
      sum = apart * apart / pooled_[f] + sum;
    }
    return sum;
  }

  /// For each class of another machine the one here that it belongs to. Not the nearest one: of a machine
  /// that is mounted otherwise, all may be nearest to the same. The least sum of squared distances does not
  /// depend on what all classes are moved by; it is found by swapping pairs.
  void match(const LearnedClasses& other, int* own) const {
    const int places =
        larger(classes_, other.classes_);  // of which some here, or some of the other, are empty
    const auto cost = [&](int i, int j) {
      return i < other.classes_ && j < classes_ ? squared_distance(other, i, j) : 0.0f;
    };
    for (int i = 0; i < places; ++i) own[i] = i;
    bool swapped = true;
    for (int round = 0; swapped && round < places; ++round) {
      swapped = false;
      for (int a = 0; a < places; ++a)
        for (int b = a + 1; b < places; ++b) {
          if (!(cost(a, own[b]) + cost(b, own[a]) < cost(a, own[a]) + cost(b, own[b]))) continue;
          const int of_a = own[a];
          own[a] = own[b];
          own[b] = of_a;
          swapped = true;
        }
    }
    for (int i = 0; i < other.classes_; ++i)
      if (own[i] >= classes_) own[i] = nearest(other, i);
  }

  int nearest(const LearnedClasses& other, int i) const {
    int nearest = 0;
    for (int j = 1; j < classes_; ++j)
      if (squared_distance(other, i, j) < squared_distance(other, i, nearest)) nearest = j;
    return nearest;
  }

  void add_class_of(const LearnedClasses& other, int i, int own) {
    counts_[own] += other.counts_[i];
    const float share = other.counts_[i] / counts_[own];
    for (Index f = 0; f < d; ++f) {
      const float ratio = ratio_to(other, f);
      means_[own * d + f] += (mean_of(other, i, f) - means_[own * d + f]) * share;
      squares_[own * d + f] += other.squares_[i * d + f] * ratio * ratio;
    }
  }

  /// An empty one; its number.
  int add_class() {
    const int own = classes_++;
    counts_[own] = 0;
    for (Index i = own * d; i < (own + 1) * d; ++i) means_[i] = squares_[i] = centers_[i] = 0;
    return own;
  }

  // ---- from what is known to what is judged by

  /// The conformal quantile of the distances: the rank ceil((1 - rate) (n + 1)) of n.
  void find_threshold() {
    const uint32_t n = known_distances();
    const uint32_t left_out = static_cast<uint32_t>(options_.false_alarm_rate * static_cast<float>(n + 1));
    threshold_ = distances_.at_rank(larger(smaller(n + 1 - left_out, n), uint32_t{1}));
  }
  uint32_t known_distances() const {
    return static_cast<uint32_t>(smaller(distances_.count(), uint64_t{INT32_MAX}));
  }

  /// All that follows from classes and distances. O(d k + bins).
  void find_model() {
    moments().pool(least_deviation);
    find_threshold();
    update_model();
  }

  /// Deviations and tables. O(d k + bins).
  [[gnu::cold, gnu::noinline]] void update_model() {
    const DiagonalClasses<float> all = moments();
    for (int j = 0; j < classes_; ++j)
      for (Index f = 0; f < d; ++f) scales_[j * d + f] = 1 / square_root(all.variance(j, f));
    fill_tail_table<float>(
        static_cast<Index>(known_distances()),
        [this](Index i) { return distances_.at_rank(static_cast<uint64_t>(i) + 1); },
        Distances::relative_error, 0, table_);
    // Scores are surprises already, of the same samples.
    constexpr float per_level = static_cast<float>(thrum::detail::natural_log_of_2);
    for (int level = 0; level <= tail_levels; ++level)
      score_table_[level] = per_level * static_cast<float>(level);
    score_table_[tail_levels + 1] = 1;
    for (int j = 1; j < classes_; ++j)
      for (Index i = 0; i < tail_table_size; ++i) table_[j * tail_table_size + i] = table_[i];
    use_options();
    bind();
  }

  /// How features come from samples and verdicts become a state, for who asks before there are classes.
  void use_options() {
    held_.model = DetectorModel<float>();
    held_.model.checksum = fingerprint_of(capacity.signal);
    held_.model.features = d;
    held_.model.has_signal = true;
    held_.model.signal = capacity.signal;
    held_.model.monitor = options_.monitor;
  }

  /// Lends the arrays to the model: they move with the object.
  void bind() {
    DetectorModel<float>& model = held_.model;
    model.scaling = scaling();
    model.anomaly.features = d;
    model.anomaly.clusters = model.anomaly.ellipsoid_count = classes_;
    model.anomaly.parts = diagonal_ellipsoid_part;
    model.anomaly.ellipsoids.center = centers_;
    model.anomaly.ellipsoids.scale = scales_;
    model.anomaly.ellipsoid_tables = table_;
    model.anomaly.score_table = score_table_;
    model.anomaly.threshold = surprise(table_, threshold_);
  }

  // ---- images: the only list of what is in one

  static constexpr size_t setting_words = 14;
  static constexpr int array_numbers(int classes) { return 2 * d + classes * (1 + 3 * d); }

  static constexpr size_t size_of_image(int classes, int bins) {
    return 4 * (learned_head_words + setting_words + array_size(array_numbers(classes) + bins) + 1);
  }
  static uint32_t head(const uint8_t* image, LearnedHead word) {
    return thrum::detail::image_word(image + word * 4);
  }

  /// Those of the sketch that are not empty lie among these.
  struct Bins {
    int first, count;
  };
  Bins filled_bins() const {
    int first = 0, end = Distances::bins;
    while (first < end && distances_.count_of(first) == 0) ++first;
    while (end > first && distances_.count_of(end - 1) == 0) --end;
    return {first, end - first};
  }

  /// Whether the numbers of an image are finite, and those positive that must be.
  static Status has_good_numbers(const uint8_t* numbers, int classes) {
    LearningOptions options;
    float threshold = 0;
    uint32_t watched = 0;
    thrum::detail::ImageWords reader(numbers);
    for_each_setting(options, threshold, watched, reader);
    const Status status = check(capacity, options);
    if (status != Status::ok) return status;
    bool good = is_finite(threshold) && threshold > 0.0f;
    const int positive = 2 * d + classes;  // the factors and the counts are
    for (int i = 0; i < array_numbers(classes); ++i) {
      float value = 0;
      reader(value);
      good = good && is_finite(value) && (i < d || i >= positive || value > 0.0f);
    }
    return good ? Status::ok : Status::out_of_range;
  }

  template <typename Options, typename Number, typename Count, typename Visit>
  static void for_each_setting(Options& options, Number& threshold, Count& watched, Visit& visit) {
    visit(options.classes);
    visit(options.windows);
    visit(options.false_alarm_rate);
    visit(options.monitor.votes);
    visit(options.monitor.window);
    visit(options.monitor.release);
    visit(options.monitor.threshold);
    visit(options.monitor.minimum_duration);
    visit(options.monitor.cool_down);
    visit(options.drift.time_constant);
    visit(options.drift.limit);
    visit(options.seed);
    visit(threshold);
    visit(watched);
  }
  template <typename Self, typename Visit>
  static void for_each_array(Self& self, int classes, Visit& visit) {
    visit(self.offset_, Index{d});
    visit(self.factor_, Index{d});
    visit(self.counts_, Index{classes});
    visit(self.means_, Index{classes} * d);
    visit(self.squares_, Index{classes} * d);
    visit(self.centers_, Index{classes} * d);
  }

  /// All zero at start, unlike a model.
  union ZeroOrModel {
    char nothing;
    DetectorModel<float> model;
    constexpr ZeroOrModel() : nothing(0) {}
  };

  ZeroOrModel held_{};
  LearningOptions options_ = thrum::detail::no_learning_options;
  int classes_ = 0;
  float threshold_ = 0;
  uint32_t watched_ = 0;
  uint32_t sequence_ = 0;  // of the latest image
  float offset_[array_size(d)] = {};
  float factor_[array_size(d)] = {};
  float pooled_[array_size(d)] = {};
  float counts_[array_size(most_classes)] = {};
  float means_[array_size(most_classes * d)] = {};
  float squares_[array_size(most_classes * d)] = {};
  float centers_[array_size(most_classes * d)] = {};
  float scales_[array_size(most_classes * d)] = {};
  float table_[array_size(most_classes * tail_table_size)] = {};
  float score_table_[array_size(tail_table_size)] = {};
  Distances distances_{};
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_LEARNED_CLASSES_HPP

#ifndef THRUM_FIXED_LEARNER_HPP
#define THRUM_FIXED_LEARNER_HPP

namespace thrum {
namespace fixed {

/// Learns how a machine runs well from its own feature rows, and then judges further ones: what a
/// LearningDetector has in the place of a model. Rows are collected (of many, a random
/// sample: Vitter's algorithm R, ACM Transactions on Mathematical Software 11, 1985), scaled and put into
/// classes by K-means; each class has a mean and a variance of every feature, and the threshold is the
/// conformal quantile of the rows' distances, each from the classes as they would be without it. While
/// watching, the centres follow what is normal, slowly and not far. No heap; all zero at start (not_started).
template <const LearningCapacity& capacity>
class Learner {
  static_assert(capacity.valid(), "the capacity's numbers are outside what is said of them");

 public:
  using Classes = LearnedClasses<capacity>;
  static constexpr int d = Classes::d;

  // ---- what is asked for

  /// Starts collecting; what was learned before is forgotten. See check(): when that is not ok, nothing
  /// changes. O(1).
  [[gnu::cold, gnu::noinline]] Status learn(const LearningOptions& options) {
    const Status status = check(capacity, options);
    if (status != Status::ok) return status;
    begin(options, windows_to_collect(capacity, options));
    learned_.classes_ = 0;
    return Status::ok;
  }

  /// The same with the options of before; not_fitted when there are none.
  Status relearn() {
    return state_ == LearningState::not_started ? Status::not_fitted : learn(learned_.options_);
  }

  /// Starts collecting a tenth of the windows, with what machines of the kind have learned for a start: see
  /// LearnedClasses::merge(). Classes, deviations and threshold are theirs; each mean is moved to where this
  /// machine's rows are. Errors of learn() and LearnedClasses::load(): then nothing changes. O(bytes).
  [[gnu::cold, gnu::noinline]] Status learn_from(const LearningOptions& options, const void* image,
                                                 size_t bytes) {
    Status status = check(capacity, options);
    if (status == Status::ok) status = learned_.load(image, bytes);
    if (status != Status::ok) return status;
    begin(options, larger((windows_to_collect(capacity, options) + 9) / 10, uint32_t{2}));
    return Status::ok;
  }

  /// Watches by what save() wrote; see LearnedClasses::load(). When it is not ok, nothing changes. O(bytes).
  Status load(const void* image, size_t bytes) {
    const Status status = learned_.load(image, bytes);
    if (status != Status::ok) return status;
    state_ = LearningState::watching;
    obstacle_ = Obstacle::none;
    has_alarm_ = false;
    return Status::ok;
  }

  /// Writes what was learned; see LearnedClasses::save(). not_fitted while not watching.
  Status save(void* image, size_t bytes, size_t& written) {
    if (state_ != LearningState::watching) return Status::not_fitted;
    return learned_.save(image, bytes, written);
  }

  /// A person vouches for a row; see LearnedClasses::vouch(). not_fitted while not watching.
  Status vouch(const float* row, float* scratch) {
    return state_ == LearningState::watching ? learned_.vouch(row, scratch) : Status::not_fitted;
  }

  /// The same for the latest row that was an alarm, while no one has for it; not_fitted when there is none
  /// since watching began.
  Status vouch_for_alarm(float* scratch) {
    if (!has_alarm_) return Status::not_fitted;
    const Status status = vouch(alarm(), scratch);
    has_alarm_ = status != Status::ok;
    return status;
  }

  // ---- what it is told

  /// The verdict on a row of d values: unknown until watching; meanwhile the row is collected. scratch: d
  /// floats. O(d k).
  Verdict take(const float* row, float* scratch) {
    if (state_ == LearningState::watching) return watch(row, scratch);
    Verdict verdict;
    if (state_ != LearningState::collecting) return verdict;
    if (!any_off_scale(row, d, 1)) {
      if (is_due()) collect(row);
      return verdict;
    }
    miss(Obstacle::unusable);
    verdict.status = Status::non_finite;
    return verdict;
  }

  /// A window had no row that could be used.
  void miss(Obstacle obstacle) {
    if (state_ == LearningState::collecting) obstacle_ = obstacle;
  }

  /// Goes on with learning, where it is at that, by 8 rows or fewer: at most 40,000 instructions of a
  /// Cortex-M4F, 120,000 of a Cortex-M3, for two classes of 33 features, of 120 rows as of 480. True while
  /// there is more to do.
  [[gnu::cold, gnu::noinline]] bool step() {
    if (state_ != LearningState::learning) return false;
    switch (stage_) {
      case Stage::spreading: find_spread(); break;
      case Stage::scaling: scale_rows(); break;
      case Stage::clustering: cluster(); break;
      case Stage::gathering: gather(); break;
      case Stage::measuring: measure(); break;
      case Stage::finishing: finish(); break;
      case Stage::moving: move(); break;
      case Stage::moved: finish_moving(); break;
    }
    return state_ == LearningState::learning;
  }

  // ---- what it says

  LearningState state() const { return state_; }
  /// Why the latest window was not collected, or why learning was refused.
  Obstacle obstacle() const { return obstacle_; }
  /// The feature that drifted, where that is why; else -1.
  int drifting_feature() const { return obstacle_ == Obstacle::drifting ? drifting_feature_ : -1; }
  /// Windows collected so far, and how many are still needed for the asked number and rate of false alarms.
  uint32_t windows_collected() const { return collected_; }
  uint32_t windows_needed() const {
    return state_ == LearningState::collecting ? to_collect_ - collected_ : 0;
  }
  /// The time that these take, s.
  float seconds_needed() const {
    constexpr int frames = windows_apart(capacity.signal) * capacity.signal.hop;
    return static_cast<float>(windows_needed()) * static_cast<float>(frames) / capacity.signal.sampling_rate;
  }
  /// Of collecting, or of learning, in [0, 1]; 1 when watching, else 0.
  float progress() const {
    if (state_ == LearningState::collecting)
      return static_cast<float>(collected_) / static_cast<float>(to_collect_);
    if (state_ == LearningState::learning) return static_cast<float>(stage_) / 8;
    return state_ == LearningState::watching ? 1.0f : 0.0f;
  }
  const Classes& learned() const { return learned_; }

  /// Windows that so many bytes of memory are enough for, all else as it is; 0 when for none.
  static constexpr int windows_in(size_t bytes) {
    const size_t rest = sizeof(Learner) - array_size(capacity.windows) * bytes_per_window;
    return bytes < rest ? 0 : static_cast<int>((bytes - rest) / bytes_per_window);
  }
  static constexpr size_t bytes_per_window = 4 * array_size(d) + sizeof(uint32_t) + 4 + sizeof(int16_t);

 private:
  enum class Stage : uint8_t {
    spreading,
    scaling,
    clustering,
    gathering,
    measuring,
    finishing,
    moving,
    moved
  };

  static constexpr Index rows_per_step = 8;
  static constexpr Index distances_per_step = 2;  // of rows from all classes, in deviations: divisions

  void begin(const LearningOptions& options, uint32_t windows) {
    learned_.options_ = options;
    learned_.use_options();
    learned_.watched_ = 0;
    state_ = LearningState::collecting;
    obstacle_ = Obstacle::none;
    has_alarm_ = false;
    random_ = Random(options.seed);
    to_collect_ = windows;
    collected_ = skipped_ = 0;
  }

  // ---- collecting

  /// Whether it is the turn of a window to be learned from.
  bool is_due() {
    if (skipped_ > 0) {
      --skipped_;
      return false;
    }
    skipped_ = static_cast<uint32_t>(windows_apart(capacity.signal)) - 1;
    return true;
  }

  Index rows() const {
    return static_cast<Index>(smaller(collected_, static_cast<uint32_t>(capacity.windows)));
  }

  void collect(const float* row) {
    obstacle_ = Obstacle::none;
    constexpr uint32_t room = capacity.windows;
    const Index place = static_cast<Index>(collected_ < room ? collected_ : random_.below(collected_ + 1));
    if (place < capacity.windows) {
      for (Index f = 0; f < d; ++f) rows_[place * d + f] = row[f];
      times_[place] = collected_;
    }
    if (++collected_ < to_collect_) return;
    state_ = LearningState::learning;
    if (learned_.classes_ > 0)
      start_moving();
    else
      start_spread();
  }

  // ---- learning

  MatrixView<const float> collected_rows() const { return row_major<const float>(rows_, rows(), d); }
  ConstVectorView<float> row(Index i) const { return contiguous<const float>(rows_ + i * d, d); }

  void refuse(Obstacle obstacle) {
    state_ = LearningState::refused;
    obstacle_ = obstacle;
  }

  void begin_stage(Stage stage) {
    stage_ = stage;
    next_ = 0;
  }

  /// Takes so many further rows; whether all of the stage have been.
  template <typename Take>
  bool take_rows(Take take, Index count = rows_per_step) {
    for (const Index end = smaller(next_ + count, rows()); next_ < end; ++next_) take(next_);
    return next_ == rows();
  }

  /// What the features' spread is, and the mean time of the rows. (Means and sums of squares are where
  /// offsets and factors will be.)
  void start_spread() {
    for (Index f = 0; f < d; ++f) learned_.offset_[f] = learned_.factor_[f] = 0;
    mean_time_ = 0;
    begin_stage(Stage::spreading);
  }
  Moments<float> spread_of(Index f, Index n) const {
    return {static_cast<float>(n), learned_.offset_[f], learned_.factor_[f]};
  }
  void find_spread() {
    const auto take = [this](Index i) {
      for (Index f = 0; f < d; ++f) {
        Moments<float> all = spread_of(f, i);
        all.add(rows_[i * d + f]);
        learned_.offset_[f] = all.mean;
        learned_.factor_[f] = all.squared_deviations;
      }
      mean_time_ += static_cast<float>(times_[i]) / static_cast<float>(rows());
    };
    if (take_rows(take)) start_scaling();
  }

  /// (Products with time are where variances within classes will be.)
  void start_scaling() {
    constant_features_ = 0;
    squared_times_ = 0;
    for (Index f = 0; f < d; ++f) {
      learned_.factor_[f] = factor_for(spread_of(f, rows()));
      learned_.pooled_[f] = 0;
    }
    begin_stage(Stage::scaling);
  }
  float factor_for(const Moments<float>& all) {
    const float magnitude = absolute(all.mean), deviation = square_root(all.variance());
    const bool constant = !(deviation > 1e-6f * magnitude) || !(deviation > ScalarTraits<float>::smallest());
    if (constant) ++constant_features_;
    // What never varied is thought to vary by a thousandth.
    const float scale = !constant ? deviation : magnitude > 0.0f ? 1e-3f * magnitude : 1e-3f;
    return smaller(1 / scale, 1e30f);
  }
  void scale_rows() {
    const auto take = [this](Index i) {
      const float time = static_cast<float>(times_[i]) - mean_time_;
      for (Index f = 0; f < d; ++f) {
        float& value = rows_[i * d + f];
        value = (value - learned_.offset_[f]) * learned_.factor_[f];
        learned_.pooled_[f] += value * time;
      }
      squared_times_ += time * time;
    };
    if (take_rows(take)) start_clusters();
  }

  /// Of the feature that follows a line most. (One that never varied has a variance of next to none.)
  float largest_trend() {
    float largest = 0;
    for (Index f = 0; f < d; ++f) {
      const float trend = share_of_trend(learned_.pooled_[f], squared_times_, rows());
      if (!(trend > largest)) continue;
      largest = trend;
      drifting_feature_ = static_cast<int>(f);
    }
    return largest;
  }

  /// Few independent samples may seem to follow a line: of 33 features, one has a trend above 20 / n once in
  /// 4000 times.
  void start_clusters() {
    const float n = static_cast<float>(rows());
    if (2 * constant_features_ > d) return refuse(Obstacle::unvaried);
    if (largest_trend() > larger(0.5f, 20 / n)) return refuse(Obstacle::drifting);
    const KMeansOptions options{learned_.options_.classes, 100, learned_.options_.seed};
    if (fit_.start_fit(collected_rows(), options) != Status::ok) return refuse(Obstacle::unusable);
    begin_stage(Stage::clustering);
  }

  void cluster() {
    if (!fit_.fit_step(collected_rows(), rows_per_step, kmeans_)) return;
    if (fit_.status() != Status::ok) return refuse(Obstacle::unusable);
    if (fit_.empty_clusters() > 0) return refuse(Obstacle::unvaried);
    learned_.classes_ = 0;
    while (learned_.classes_ < kmeans_.clusters()) learned_.add_class();
    begin_stage(Stage::gathering);
  }

  void gather() {
    if (!take_rows([this](Index i) { learned_.moments().add(fit_.labels()[i], row(i)); })) return;
    learned_.moments().pool(Classes::least_deviation);
    learned_.distances_ = typename Classes::Distances();
    begin_stage(Stage::measuring);
  }

  void measure() {
    const auto take = [this](Index i) {
      learned_.distances_.add(learned_.moments().distance_of_further(fit_.labels()[i], row(i)));
    };
    if (take_rows(take, distances_per_step)) begin_stage(Stage::finishing);
  }

  void finish() {
    for (Index i = 0; i < learned_.classes_ * d; ++i) learned_.centers_[i] = learned_.means_[i];
    learned_.find_model();
    state_ = LearningState::watching;
  }

  // ---- learning from others: their classes, moved to where this machine's rows are
  //
  // By Lloyd's iteration from their means on, since a machine that is far from them has rows that are nearer
  // to the mean of another class than to that of their own. The class moved least decides by how much the
  // threshold is raised.

  void start_moving() {
    for (Index i = 0; i < learned_.classes_ * d; ++i) learned_.centers_[i] = learned_.means_[i];
    rounds_ = 0;
    start_round();
  }

  void start_round() {
    begin_stage(Stage::moving);
    for (int j = 0; j < learned_.classes_; ++j) found_[j] = 0;
    for (Index i = 0; i < learned_.classes_ * d; ++i) moves()[i] = 0;
  }

  /// Sums over the rows of each class, k x d. (Where deviations will be, once all is known.)
  float* moves() { return learned_.scales_; }

  void move() {
    DiagonalClasses<float> moved = learned_.moments();
    moved.means = learned_.centers_;
    const auto take = [&](Index i) {
      if (rounds_ == 0) learned_.to_scale(rows_ + i * d, rows_ + i * d);
      const int own = moved.nearest(row(i));
      found_[own] += 1;
      for (Index f = 0; f < d; ++f) moves()[own * d + f] += rows_[i * d + f] - learned_.means_[own * d + f];
    };
    if (!take_rows(take, distances_per_step)) return;
    constexpr int most_rounds = 20;
    if (move_centers() && ++rounds_ < most_rounds) return start_round();
    begin_stage(Stage::moved);
  }

  /// A class that had no row moves as the others do together. Whether any moved to elsewhere than before.
  bool move_centers() {
    bool any = false;
    for (Index f = 0; f < d; ++f) {
      float all = 0;
      for (int j = 0; j < learned_.classes_; ++j) all += moves()[j * d + f];
      for (int j = 0; j < learned_.classes_; ++j) {
        const Index at = j * d + f;
        const float move = found_[j] > 0 ? moves()[at] / found_[j] : all / static_cast<float>(rows());
        const float center = learned_.means_[at] + move;
        any = any || center < learned_.centers_[at] || center > learned_.centers_[at];
        learned_.centers_[at] = center;
      }
    }
    return any;
  }

  /// The threshold allows for means of few rows.
  void finish_moving() {
    float fewest = static_cast<float>(rows());
    for (int j = 0; j < learned_.classes_; ++j)
      if (found_[j] > 0) fewest = smaller(fewest, found_[j]);
    for (Index i = 0; i < learned_.classes_ * d; ++i) learned_.means_[i] = learned_.centers_[i];
    learned_.find_threshold();
    learned_.threshold_ *= square_root(1 + 1 / fewest);
    learned_.update_model();
    state_ = LearningState::watching;
  }

  // ---- watching

  Verdict watch(const float* row, float* scratch) {
    const Verdict verdict = learned_.judge(row, scratch);
    if (verdict.state == State::normal && is_due()) learned_.follow(verdict.cluster, row, scratch);
    if (verdict.state == State::alarm) {
      for (Index f = 0; f < d; ++f) alarm()[f] = row[f];
      has_alarm_ = true;
    }
    return verdict;
  }

  /// The latest row that was one. (Where the first of those collected was, which is of no use any more.)
  float* alarm() { return rows_; }

  LearningState state_ = LearningState::not_started;
  Obstacle obstacle_ = Obstacle::none;
  Stage stage_ = Stage::spreading;
  bool has_alarm_ = false;
  uint32_t to_collect_ = 0, collected_ = 0;
  uint32_t skipped_ = 0;  // windows until the next one's turn
  Index next_ = 0;        // row of the stage
  int constant_features_ = 0, drifting_feature_ = 0;
  int rounds_ = 0;                           // of moving
  float mean_time_ = 0, squared_times_ = 0;  // of the rows; times less their mean
  Random random_{};
  Classes learned_{};
  KMeans<float, d, capacity.classes> kmeans_{};
  KMeansFit<float, d, capacity.classes, capacity.windows, float> fit_{};
  float found_[array_size(capacity.classes)] = {};     // rows of each class that moves
  uint32_t times_[array_size(capacity.windows)] = {};  // windows before it
  float rows_[array_size(capacity.windows * d)] = {};
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_LEARNER_HPP

#ifndef THRUM_FIXED_HELD_MODEL_HPP
#define THRUM_FIXED_HELD_MODEL_HPP

namespace thrum {
namespace fixed {

/// Where a detector has its model from.
enum class ModelSource : uint8_t { in_flash, at_run_time, learned };

template <typename Type>
constexpr ModelSource source_of = ModelSource::in_flash;
template <>
inline constexpr ModelSource source_of<const Capacity&> = ModelSource::at_run_time;
template <>
inline constexpr ModelSource source_of<const LearningCapacity&> = ModelSource::learned;

namespace detail {

/// What a held model says of a row. Never inlined: so what finding the score takes of the stack is free again
/// when the verdict is made of it, whose search for a culprit goes deepest.
template <typename Held>
[[gnu::noinline]] Score<float> score_of(const Held& held, const float* row, float* scratch) {
  return score_row<Held::allowed>(held.model(), contiguous<const float>(row, held.model().features), scratch);
}
template <typename Held>
Verdict judge(const Held& held, const float* row, float* scratch) {
  const Score<float> score = score_of(held, row, scratch);
  return verdict_on<Held::allowed>(held.model(), contiguous<const float>(row, held.model().features), score,
                                   scratch);
}

}  // namespace detail

/// The base of detectors, where they have their model from: `source` is a model that write_firmware_header()
/// wrote, which costs no memory and of which each number is a constant to the compiler; or a Capacity; or a
/// LearningCapacity.
template <const auto& source, ModelSource = source_of<decltype(source)>>
class HeldModel {
  static_assert(source.schema == model_schema,
                "this model was written for another version of thrum: write its header again");
  static_assert(source.features > 0 && source.anomaly.clusters > 0, "this model was never fitted");
  static_assert((!source.scales() || source.scaling.features == source.features) &&
                    (!source.projects() || source.projection.features == source.features) &&
                    source.anomaly.features ==
                        (source.projects() ? source.projection.components : source.features),
                "the sizes of this model's stages do not fit each other: write its header again");
  static_assert(thrum::detail::bias_fits(source.anomaly),
                "this model's bias is not for it: write its header again");
  static_assert(!source.has_signal || what_is_wrong(source.signal) == nullptr,
                "the model's signal options are not valid");
  static_assert(!source.has_signal || source.features == feature_count(source.signal),
                "the model's features are not those of its signal options: write its header again");
  static_assert(source.monitor.valid(), "the model's monitor options are not valid");

 public:
  static constexpr bool has_signal = source.has_signal;
  static constexpr const FeatureOptions& most = source.signal;
  static constexpr uint32_t allowed = allowed_for(source);
  static constexpr int row_scratch_size = source.scratch_size();
  using Number = FeatureNumber<source.signal.arithmetic>;  ///< what features are computed in
  static constexpr uint32_t identity = source.checksum;

  static constexpr bool has_model() { return true; }
  static constexpr const auto& model() { return source; }
  static constexpr const Number* feature_table() { return table.value; }
  static constexpr bool recover() { return true; }

  Status self_test(float* scratch) const { return thrum::self_test<allowed>(source, scratch); }
  Verdict judge(const float* row, float* scratch) { return detail::judge(*this, row, scratch); }
  static void miss(const Verdict&) {}

 private:
  static constexpr FeatureTable<feature_table_size(source.signal), Number> table{source.signal};
};

/// A model that comes at run time, as an image: all zero until then.
template <const auto& capacity>
class HeldModel<capacity, ModelSource::at_run_time> {
  static_assert(what_is_wrong(capacity.signal) == nullptr, "the capacity's signal options are not valid");
  static_assert(capacity.components >= 0 && capacity.components <= feature_count(capacity.signal),
                "the capacity's components are more than its features");
  static_assert(capacity.parts != 0 && (capacity.parts & ~every_part) == 0 &&
                    (capacity.numbers == ClassNumbers::float32 || capacity.parts == radius_part),
                "the capacity's parts are none that a model can have");

  using Held =
      ModelInImage<typename ClassesOf<capacity.numbers>::Type, FeatureNumber<capacity.signal.arithmetic>>;

 public:
  using Number = FeatureNumber<capacity.signal.arithmetic>;  ///< what features are computed in
  static constexpr bool has_signal = true;
  static constexpr const FeatureOptions& most = capacity.signal;
  static constexpr uint32_t allowed = allowed_for(capacity);
  static constexpr int row_scratch_size = capacity.row_scratch_size();
  static constexpr uint32_t identity =
      uint32_t{capacity.parts} << 8 | static_cast<uint32_t>(capacity.numbers);

  bool has_model() const { return image_ != nullptr; }
  const auto& model() const { return held_.of_image.model; }
  const Number* feature_table() const { return held_.of_image.feature_table; }

  /// Takes the model of an image, if that can be; else nothing changes. scratch: row_scratch_size floats.
  Status hold(const void* image, size_t bytes, float* scratch) {
    Held found;
    Status status = open_image(image, bytes, found);
    if (status == Status::ok) status = fits(capacity, found.model);
    if (status == Status::ok) status = thrum::self_test<allowed>(found.model, scratch);
    if (status != Status::ok) return status;
    held_.of_image = found;
    image_ = image;
    bytes_ = bytes;
    return Status::ok;
  }

  /// Whether the model, if any, still lies where it did; of an object that was in retained memory.
  bool recover() {
    Held found;
    return image_ == nullptr || (open_image(image_, bytes_, found) == Status::ok &&
                                 found.model.checksum == held_.of_image.model.checksum);
  }

  Status self_test(float* scratch) const { return thrum::self_test<allowed>(model(), scratch); }
  Verdict judge(const float* row, float* scratch) { return detail::judge(*this, row, scratch); }
  static void miss(const Verdict&) {}

 private:
  /// All zero at start, unlike a model.
  union ZeroOrHeld {
    char nothing;
    Held of_image;
    constexpr ZeroOrHeld() : nothing(0) {}
  };

  const void* image_ = nullptr;
  size_t bytes_ = 0;
  ZeroOrHeld held_{};
};

/// A model that is learned where it is used: see Learner.
template <const auto& capacity>
class HeldModel<capacity, ModelSource::learned> {
 public:
  static constexpr bool has_signal = true;
  static constexpr const FeatureOptions& most = capacity.signal;
  static constexpr int row_scratch_size = feature_count(capacity.signal);
  using Number = FeatureNumber<capacity.signal.arithmetic>;  ///< what features are computed in
  static constexpr uint32_t identity =
      static_cast<uint32_t>(capacity.windows) << 16 | static_cast<uint32_t>(capacity.classes);

  /// From when on windows are looked at.
  bool has_model() const { return learner.state() != LearningState::not_started; }
  const auto& model() const { return learner.learned().model(); }
  static constexpr const Number* feature_table() { return table.value; }
  static constexpr bool recover() { return true; }

  Status self_test(float*) const {
    return learner.state() == LearningState::watching ? Status::ok : Status::not_fitted;
  }
  Verdict judge(const float* row, float* scratch) { return learner.take(row, scratch); }
  void miss(const Verdict& verdict) {
    learner.miss(verdict.state == State::idle           ? Obstacle::idle
                 : verdict.state == State::sensor_fault ? Obstacle::sensor_fault
                                                        : Obstacle::unusable);
  }

  Learner<capacity> learner;

 private:
  static constexpr FeatureTable<feature_table_size(capacity.signal), Number> table{capacity.signal};
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_HELD_MODEL_HPP

#ifndef THRUM_VERSION_HPP
#define THRUM_VERSION_HPP

#if __cplusplus < 201703L && !defined(_MSVC_LANG)
#error "thrum needs C++17: -std=c++17 or newer"
#endif

/// Version of thrum as one number: major * 10000 + minor * 100 + patch.
#define THRUM_VERSION 100

#endif  // THRUM_VERSION_HPP

#ifndef THRUM_FIXED_DETECTOR_HPP
#define THRUM_FIXED_DETECTOR_HPP

namespace thrum {
namespace fixed {

/// Judges single feature rows with a model in flash; its memory is the scratch for one row.
/// model: what write_firmware_header() wrote. All zero at start; no heap; one caller at a time.
template <const auto& model>
class RowDetector : private HeldModel<model> {
  using Held = HeldModel<model>;

 public:
  /// Checks the model in this very build: its checksum, then the scores of its self-test rows. At boot.
  Status self_test() { return Held::self_test(scratch_); }

  /// The verdict on one row of model.features values.
  Verdict judge(const float* row) { return Held::judge(row, scratch_); }

  /// Each feature's share of what the row was judged by, model.features values; see shares_of_row().
  Status shares(const float* row, float* shares) {
    return shares_of_row<Held::allowed>(model, contiguous<const float>(row, model.features), scratch_,
                                        contiguous(shares, model.features));
  }

 private:
  float scratch_[array_size(Held::row_scratch_size)] = {};
};

/// Watches a stream of samples: frames in, a verdict for every completed window. source: the model, as
/// write_firmware_header() wrote it; or a Capacity, for models that come at run time: see use(). (Of a
/// LearningCapacity, for one that is learned here, it is the base of LearningDetector.)
///
/// `write` belongs to the interrupt (or DMA callback), everything else to the main loop; one of each, without
/// locks. `slack` frames beyond a window may arrive while the main loop is at work; frames that find no room
/// are refused and counted. A window never bridges a gap: it is discarded and counted. All zero at start, so
/// that a static object lies in .bss; no heap; several instances are independent. Memory: (window + slack) x
/// channels samples, 2 x features + components + feature_scratch_size(signal) numbers; with a Capacity about
/// 700 bytes more. Sample: int16_t, or float for sensors that deliver it.
template <const auto& source, typename Sample = int16_t, int slack = HeldModel<source>::most.hop>
class Detector : private HeldModel<source> {
  using Held = HeldModel<source>;
  static_assert(Held::has_signal, "this model judges feature rows: use fixed::RowDetector");
  static_assert(slack >= 0, "slack is a number of frames");
  static_assert(is_sample<Sample>, "samples are int16_t or float");
  static_assert(Held::most.arithmetic != Arithmetic::integer || sizeof(Sample) == sizeof(int16_t),
                "this model's features are computed in integers: its samples are int16_t");

 public:
  /// Main loop: the model from now on, of an image that stays where it is, in flash: what write_model_image()
  /// wrote, from a multiple of 8 bytes on; bytes: how many may be read there. Only of a Capacity. When it is
  /// not ok, nothing changes: see open_image() and fits(), and self_test_failed of the image's own rows. The
  /// next verdict is by the new model, until which there is none; votes and run-up begin anew, and inputs are
  /// 0 until set. Frames that wait stay, unless it is the first model; until then no verdict comes. O(bytes),
  /// about 60 instructions each, and some 1.5 kB of stack.
  Status use(const void* image, size_t bytes) {
    static_assert(source_of<decltype(source)> == ModelSource::at_run_time,
                  "this detector has its model from elsewhere: give it a Capacity");
    const bool first = !Held::has_model();
    return begin_anew(Held::hold(image, bytes, row_scratch_), first);
  }

  /// Interrupt: takes `count` frames of interleaved samples. Returns how many were accepted. Two memcpy.
  Index write(const Sample* frames, Index count) { return stream_.write(buffer(), frames, count); }

  /// Interrupt: the same from one array for each channel.
  Index write_planar(const Sample* const* channels, Index count) {
    return stream_.write_planar(buffer(), channels, count);
  }

  /// Interrupt: both with the time of the first frame, in microseconds of any clock that
  /// wraps at 2^32. Frames that are missing by it leave a gap (see SampleClock), and a rate that is off is a
  /// fault of the sensor where the model has a rate_tolerance. Either all blocks have a time, or none.
  Index write(const Sample* frames, Index count, uint32_t microseconds) {
    stamp(count, microseconds);
    return write(frames, count);
  }
  Index write_planar(const Sample* const* channels, Index count, uint32_t microseconds) {
    stamp(count, microseconds);
    return write_planar(channels, count);
  }

  /// Interrupt: so many frames are missing before the next ones (a lost transfer, a sensor that was reset); 0
  /// when it is not known how many.
  void gap(Index frames) {
    clock_.restart();
    stream_.gap(frames);
  }

  /// Main loop: the value of input i from now on, 0 at start, for windows that are judged from now on. NaN or
  /// infinity makes them unknown. out_of_range when the model has no such input.
  Status set_input(int i, float value) {
    if (!Held::has_model() || i < 0 || i >= signal().inputs) return Status::out_of_range;
    features_[window_feature_count(signal()) + i] = value;
    return Status::ok;
  }

  /// Steps that a window takes at most: looking for faults of sensors where the model does, the features of
  /// one channel, all correlations, and the verdict are one each.
  static constexpr int steps_per_window =
      (checks_windows(Held::most) ? 1 : 0) + Extraction<>::steps(Held::most) + 1;

  /// Main loop: true once for every completed window, whose verdict is then to be had. Does all its work.
  bool poll() { return poll(steps_per_window); }

  /// Main loop: the same with at most `budget` steps a call; a window that takes more is gone on with by the
  /// next call. No step costs more than the features of a channel, or all correlations.
  bool poll(int budget) {
    if (!Held::has_model()) return false;
    if constexpr (source_of<decltype(source)> == ModelSource::learned) Held::learner.step();
    for (; budget > 0; --budget) {
      if (stage_ == Stage::waiting && !stream_.window_ready(buffer())) return false;
      if (step()) return true;
    }
    return false;
  }

  /// One thread only: write and poll. Takes all frames (none while there is no model) and calls
  /// visit(verdict) for each window that they complete. Returns how many those are.
  template <typename Visit>
  int push(const Sample* frames, Index count, Visit visit) {
    int windows = 0;
    while (Held::has_model() && count > 0) {
      const Index taken = write(frames, smaller(count, stream_.room(buffer())));
      frames += taken * Held::most.channels;
      count -= taken;
      for (; poll(); ++windows) visit(verdict());
    }
    return windows;
  }
  /// The same; the verdict is that on the last of them.
  int push(const Sample* frames, Index count) {
    return push(frames, count, [](const Verdict&) {});
  }

  /// Main loop: starts a new recording. Frames that wait for their window are dropped, so that none holds
  /// frames from before and after; the machine's state, the latest verdict and the counts stay.
  void restart() {
    stream_.drop_waiting();
    begin_window();
  }

  /// At boot, of an object in memory that a reset does not clear, before anything else: true when this
  /// firmware left it there, so that state, votes and counts go on (the frames that waited are dropped, as by
  /// restart()); otherwise the object is made all zero, as at start. "This firmware" is one with this model
  /// and layout; of a Capacity, whose image is still there and whole. No checksum guards the content: use it
  /// where memory is retained, not where it may decay.
  bool resume() {
    const bool ours = owner_ == owner() && Held::recover() && stream_.recover(buffer());
    if (!ours) memset(static_cast<void*>(this), 0, sizeof(*this));
    owner_ = owner();
    clock_.restart();
    restart();
    return ours;
  }

  /// The verdict on the latest window; before the first one its status is not_fitted and the rest 0.
  const Verdict& verdict() const { return verdict_; }

  /// The state of the machine: the scores of the latest windows, voted upon.
  State state() const { return monitor_.state(); }

  /// How features come from windows; of a Capacity, only when a model is there.
  const FeatureOptions& signal() const { return Held::model().signal; }

  /// The model's checksum, which its header and its image have in common; 0 while there is none.
  uint32_t fingerprint() const { return Held::has_model() ? Held::model().checksum : 0; }

  /// The features of the latest window that was scored, as many as the model has; with poll(budget) partly of
  /// the next one already, unless it has just been true.
  const float* features() const { return features_; }

  /// Frames refused since start, because the main loop was late. This count and the next two stay at
  /// 2^32 - 1 once there.
  uint32_t overruns() const { return stream_.overruns(); }
  /// Frames that gap() told of since start.
  uint32_t missing_frames() const { return stream_.missing(); }
  /// Windows that began, and were not completed because of a gap or refused frames: all that began before the
  /// last of several gaps that came between two calls of poll().
  uint32_t discarded_windows() const { return stream_.discarded(); }

  /// Checks the model in this very build: its checksum, then the scores of its self-test rows. At boot.
  Status self_test() { return Held::has_model() ? Held::self_test(row_scratch_) : Status::not_fitted; }

 protected:
  // for LearningDetector

  /// What a new model means to all else, when it could be taken.
  Status begin_anew(Status status, bool first) {
    if (status != Status::ok) return status;
    monitor_.reset();
    check_ = WindowCheck();
    for (float& feature : features_) feature = 0;
    verdict_ = no_verdict;
    if (first) stream_.drop_waiting();
    begin_window();
    return Status::ok;
  }

  Held& held() { return *this; }
  const Held& held() const { return *this; }
  float* row_scratch() { return row_scratch_; }

 private:
  /// The writer looks at capacity and channels only, which no other model changes; with times of blocks at
  /// rate and window too, so that a block that comes in the midst of use() may be told a gap it has not.
  WindowBuffer<Sample> buffer() {
    return {samples_, Held::most.window + slack, Held::most.channels, signal().window, signal().hop};
  }

  void begin_window() {
    extraction_.reset();
    stage_ = Stage::waiting;
  }

  void stamp(Index count, uint32_t microseconds) {
    if (count <= 0 || !Held::has_model()) return;
    const Index missing = clock_.stamp(signal(), microseconds, count);
    if (missing > 0) stream_.gap(missing);
  }

  /// What tells this firmware's objects from others', not 0.
  static constexpr uint32_t owner() {
    const uint32_t parts[] = {Held::identity,   model_schema,   THRUM_VERSION,
                              sizeof(Detector), sizeof(Sample), static_cast<uint32_t>(slack)};
    uint32_t mixed = 2166136261u;
    for (const uint32_t part : parts) mixed = (mixed ^ part) * 16777619u;
    return mixed | 1u;
  }

  enum class Stage : uint8_t { waiting, extracting, judging };

  /// All zero, so that the object lies in .bss and not in flash.
  static constexpr Verdict no_verdict{
      Status::not_fitted, State::unknown, SensorFault::none, 0, 0, 0, 0, 0, 0};

  /// The next step of the window; true when its verdict is there.
  bool step() {
    if (stage_ == Stage::judging) return complete(judged(extraction_.status()));
    if constexpr (checks_windows(Held::most)) {
      if (stage_ == Stage::waiting) {
        const bool rate_off = signal().sensors.rate_tolerance > 0.0f && clock_.rate_off();
        const WindowCondition condition = check_.update(signal(), stream_.window(buffer()), rate_off);
        if (!condition.scored()) {
          const Verdict verdict = verdict_on(condition);
          Held::miss(verdict);
          return complete(verdict);
        }
        stage_ = Stage::extracting;
        return false;
      }
    }
    stage_ = extract() ? Stage::judging : Stage::extracting;
    return false;
  }

  /// (Never inlined, nor is judged(): the stack of neither is to lie below that of the other.)
  [[gnu::noinline]] bool extract() {
    return extraction_.step(signal(), stream_.window(buffer()), Held::feature_table(), scratch_, features_);
  }

  bool complete(const Verdict& verdict) {
    verdict_ = verdict;
    monitor_.update(Held::model().monitor, verdict.state, verdict.score);
    stream_.advance(buffer());
    stage_ = Stage::waiting;
    return true;
  }

  [[gnu::noinline]] Verdict judged(Status features_status) {
    if (features_status == Status::ok || features_status == Status::overflow)
      return Held::judge(features_, row_scratch_);
    Verdict verdict;
    verdict.status = features_status;
    Held::miss(verdict);
    return verdict;
  }

  uint32_t owner_ = 0;  // owner(), once resume() was called
  SampleClock clock_{};
  WindowStream<Sample> stream_{};
  Monitor monitor_{};
  WindowCheck check_{};
  using Number = typename Held::Number;
  Extraction<feature_parts(Held::most), Held::most.correlation ? Held::most.channels : 1, Number>
      extraction_{};
  Stage stage_ = Stage::waiting;
  Verdict verdict_ = no_verdict;
  float row_scratch_[array_size(Held::row_scratch_size)] = {};
  float features_[array_size(feature_count(Held::most))] = {};
  Number scratch_[array_size(feature_scratch_size(Held::most))] = {};
  Sample samples_[array_size((Held::most.window + slack) * Held::most.channels)] = {};
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_DETECTOR_HPP

#ifndef THRUM_DETECTION_HEALTH_INDEX_HPP
#define THRUM_DETECTION_HEALTH_INDEX_HPP

namespace thrum {

/// How much of the past the health index looks at.
struct HealthOptions {
  float time_constant = 100;  ///< in updates: the weight of one falls by 1 - 1 / time_constant with each that
                              ///< follows; 4 ... 100,000

  constexpr bool valid() const { return time_constant >= 4 && time_constant <= 100000; }
  friend constexpr bool operator==(const HealthOptions& a, const HealthOptions& b) {
    return a.time_constant == b.time_constant;
  }
  friend constexpr bool operator!=(const HealthOptions& a, const HealthOptions& b) { return !(a == b); }
};

/// Health over time, beside the alarm: the exponentially weighted mean of tail probabilities, and their
/// trend. The tail probability of a score is how probable one at least as large is on the machine running
/// well: uniform in [0, 1] there, so the index stays near 0.5; it sinks towards 0 as the machine wears, long
/// before a single window alarms. All zero at start, so that a static one lies in .bss; 36 bytes, no heap.
class HealthIndex {
 public:
  /// Takes the tail probability of the next window, in [0, 1]; leave out windows whose verdict is unknown.
  /// out_of_range, and nothing is changed, on any other number (NaN too) and on options that are not valid.
  /// O(1).
  ///
  /// Weighted means and sums of products about them, updated as in West, Communications of the ACM 22, 1979:
  /// nothing cancels, so float serves.
  Status update(const HealthOptions& options, float tail_probability) {
    const bool usable = is_finite(tail_probability) && tail_probability >= 0 && tail_probability <= 1;
    if (!usable || !options.valid()) return Status::out_of_range;
    const float decay = 1 - 1 / options.time_constant;
    const float age = age_ + 1, before = decay * weight_;
    weight_ = before + 1;
    const float share = before / weight_;  // of the past in the new means
    const float difference = tail_probability - mean_;
    ages_ = decay * ages_ + share * age * age;
    products_ = decay * products_ - share * age * difference;
    squares_ = decay * squares_ + share * difference * difference;
    age_ = share * age;
    mean_ += difference / weight_;
    const float decay_of_squares = decay * decay;
    second_ = decay_of_squares * (second_ + 2 * first_ + zeroth_);
    first_ = decay_of_squares * (first_ + zeroth_);
    zeroth_ = decay_of_squares * zeroth_ + 1;
    return Status::ok;
  }

  /// The weighted mean, in [0, 1]: near 0.5 on a healthy machine; 0.5 before the first update. Its standard
  /// deviation there is 0.29 / sqrt(2 time_constant) for independent windows.
  float value() const { return weight_ > 0 ? mean_ : 0.5f; }

  /// Change of the tail probability from one update to the next: the slope of the weighted least-squares
  /// line. Negative: the machine gets worse. 0 before the second update.
  float trend() const { return ages_ > 0 ? -products_ / ages_ : 0; }

  /// Standard error of the trend, from the scatter about the line; infinite before the third update, when
  /// there is none. For independent windows: where neighbours overlap or are alike, the true one is larger by
  /// up to the root of n / n_effective.
  float trend_error() const {
    if (!(weight_ > 2)) return positive_infinity<float>();
    // Variance of a slope is sum of w^2 (a - mean a)^2 over (sum of w (a - mean a)^2)^2 times that of one
    // value.
    const float leverage = second_ - 2 * age_ * first_ + age_ * age_ * zeroth_;
    const float freedom = weight_ - zeroth_ / weight_ - leverage / ages_;
    const float scatter = larger(0.0f, squares_ - products_ / ages_ * products_);
    return square_root(scatter / freedom) * square_root(leverage) / ages_;
  }

  /// Forgets everything, as at start.
  void reset() { *this = HealthIndex(); }

 private:
  float weight_ = 0;    // sum of weights w
  float mean_ = 0;      // of tail probabilities p
  float age_ = 0;       // mean age a: updates ago
  float ages_ = 0;      // sum of w (a - mean a)^2
  float products_ = 0;  // sum of w (a - mean a) (p - mean p)
  float squares_ = 0;   // sum of w (p - mean p)^2
  float zeroth_ = 0;    // sums of w^2, w^2 a, w^2 a^2
  float first_ = 0;
  float second_ = 0;
};

}  // namespace thrum

#endif  // THRUM_DETECTION_HEALTH_INDEX_HPP

#ifndef THRUM_FIXED_HEALTH_INDEX_HPP
#define THRUM_FIXED_HEALTH_INDEX_HPP

namespace thrum {
namespace fixed {

/// The health index is 36 bytes on either wing.
using HealthIndex = thrum::HealthIndex;

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_HEALTH_INDEX_HPP

#ifndef THRUM_FIXED_LEARNING_DETECTOR_HPP
#define THRUM_FIXED_LEARNING_DETECTOR_HPP

namespace thrum {
namespace fixed {

/// A Detector that learns its machine where it stands. All calls here are the main loop's; when one that
/// brings another model is ok, votes and run-up begin anew, and inputs are 0 until set. Until learn() or
/// load() no window is looked at. Memory: that of a Detector and a Learner.
template <const LearningCapacity& capacity, typename Sample = int16_t, int slack = capacity.signal.hop>
class LearningDetector : public Detector<capacity, Sample, slack> {
  using Base = Detector<capacity, Sample, slack>;

 public:
  /// Learns from the windows that come from now on, and then watches; poll() does a step of it a call. See
  /// Learner::learn().
  Status learn(const LearningOptions& options = LearningOptions()) {
    const bool first = is_first();
    return Base::begin_anew(own().learn(options), first);
  }
  /// The same with the options of before, for a machine that was mended or mounted anew; not_fitted when
  /// there are none. Images of before are of no use any more: erase them.
  Status relearn() { return Base::begin_anew(own().relearn(), false); }
  /// Learns from a tenth of the windows, starting from what machines of the kind have learned. See
  /// Learner::learn_from().
  Status learn_from(const LearningOptions& options, const void* image, size_t bytes) {
    const bool first = is_first();
    return Base::begin_anew(own().learn_from(options, image, bytes), first);
  }

  /// Writes what was learned into `bytes` of memory; written: how many it took. See LearnedClasses::save().
  Status save(void* image, size_t bytes, size_t& written) { return own().save(image, bytes, written); }
  /// Watches by what was saved; when it is not ok, nothing changes. See LearnedClasses::load().
  Status load(const void* image, size_t bytes) {
    const bool first = is_first();
    return Base::begin_anew(own().load(image, bytes), first);
  }
  /// Of two slots of flash, written in turn, the one with the latest image that load() takes over; null when
  /// neither has one. A loss of power while one is written leaves the other. See LearnedClasses::newest().
  static const void* newest(const void* a, const void* b, size_t bytes) {
    return LearnedClasses<capacity>::newest(a, b, bytes);
  }

  /// A person vouches that the latest window is of a machine that runs well: it is normal from now on. See
  /// LearnedClasses::vouch(). not_fitted when that window has no score: of a faulty sensor, or idle, or
  /// before the first one. (With poll(budget), only right after it was true.)
  Status this_is_normal() {
    return is_scored(Base::verdict().state) ? own().vouch(Base::features(), Base::row_scratch())
                                            : Status::not_fitted;
  }

  /// The same of the latest window that was an alarm, for who comes when the machine runs as before again.
  /// not_fitted when there is none since it watches, or when somebody has vouched for it by this call.
  Status that_was_normal() { return own().vouch_for_alarm(Base::row_scratch()); }

  /// How far learning is, and what was learned.
  const Learner<capacity>& learner() const { return Base::held().learner; }

 private:
  Learner<capacity>& own() { return Base::held().learner; }
  bool is_first() const { return !Base::held().has_model(); }
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_LEARNING_DETECTOR_HPP

#ifndef THRUM_FIXED_MONITOR_HPP
#define THRUM_FIXED_MONITOR_HPP

namespace thrum {
namespace fixed {

/// The monitor is twelve bytes on either wing.
using Monitor = thrum::Monitor;

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_MONITOR_HPP

#ifndef THRUM_ALGORITHM_SYMMETRIC_EIGEN_HPP
#define THRUM_ALGORITHM_SYMMETRIC_EIGEN_HPP

namespace thrum {

namespace detail {

/// One Jacobi rotation that makes a(p, q) zero (Golub and Van Loan, Matrix Computations, section 8.5).
template <typename Scalar>
inline void jacobi_rotate(MatrixView<Scalar> a, MatrixView<Scalar> vectors, Index p, Index q) {
  const Scalar tau = (a(q, q) - a(p, p)) / (2 * a(p, q));
  const Scalar root = square_root(1 + tau * tau);
  const Scalar tangent = tau >= 0 ? 1 / (tau + root) : 1 / (tau - root);
  const Scalar cosine = 1 / square_root(1 + tangent * tangent);
  const Scalar sine = tangent * cosine;
  const auto rotate = [cosine, sine](Scalar& first, Scalar& second) {
    const Scalar old = first;
    first = cosine * old - sine * second;
    second = sine * old + cosine * second;
  };
  for (Index i = 0; i < a.rows; ++i) rotate(a(i, p), a(i, q));
  for (Index i = 0; i < a.rows; ++i) rotate(a(p, i), a(q, i));
  for (Index i = 0; i < a.rows; ++i) rotate(vectors(i, p), vectors(i, q));
  a(p, q) = a(q, p) = 0;
}

}  // namespace detail

/// Puts eigenvalues, the diagonal of a, into falling order, and the columns of vectors with them. O(d^2).
template <typename Scalar>
inline void sort_eigenvectors(MatrixView<Scalar> a, MatrixView<Scalar> vectors) {
  const auto swap = [](Scalar& x, Scalar& y) {
    const Scalar old = x;
    x = y;
    y = old;
  };
  for (Index first = 0; first + 1 < a.rows; ++first) {
    Index best = first;
    for (Index i = first + 1; i < a.rows; ++i)
      if (a(i, i) > a(best, best)) best = i;
    if (best == first) continue;
    swap(a(first, first), a(best, best));
    for (Index i = 0; i < a.rows; ++i) swap(vectors(i, first), vectors(i, best));
  }
}

/// Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations, one at a time, so that
/// whoever has other things to do can leave it in between. All zero at start. About 8 sweeps of d^2 / 2
/// rotations, O(d) each.
class JacobiSweeps {
 public:
  /// Goes on until one more entry is zero. a: d x d, finite, symmetric; at the end its diagonal holds the
  /// eigenvalues, the rest is spoilt. vectors: d x d, the identity at first, at the end column j belongs to
  /// eigenvalue j. True when that is the end: every off-diagonal entry is below epsilon times the geometric
  /// mean of its diagonal entries (which keeps the small eigenvalues of positive matrices accurate), or 30
  /// sweeps are done.
  template <typename Scalar>
  bool step(MatrixView<Scalar> a, MatrixView<Scalar> vectors) {
    for (;;) {
      if (row_ + 1 >= a.rows) {
        ++sweeps_;
        if (!rotated_ || sweeps_ == 30) return true;
        rotated_ = false;
        row_ = beyond_diagonal_ = 0;
      }
      const Index p = row_, q = row_ + 1 + beyond_diagonal_;
      if (q + 1 < a.rows)
        ++beyond_diagonal_;
      else
        ++row_, beyond_diagonal_ = 0;
      const Scalar scale = square_root(absolute(a(p, p))) * square_root(absolute(a(q, q)));
      if (a(p, q) == 0 || absolute(a(p, q)) <= ScalarTraits<Scalar>::epsilon() * scale) continue;
      detail::jacobi_rotate(a, vectors, p, q);
      rotated_ = true;
      return false;
    }
  }

  int sweeps() const { return sweeps_; }

 private:
  Index row_ = 0, beyond_diagonal_ = 0;  // of the next entry
  int sweeps_ = 0;
  bool rotated_ = false;  // in this sweep
};

/// Makes a matrix the identity.
template <typename Scalar>
inline void set_identity(MatrixView<Scalar> a) {
  for (Index i = 0; i < a.rows; ++i)
    for (Index j = 0; j < a.cols; ++j) a(i, j) = i == j ? Scalar(1) : Scalar(0);
}

/// The same in one go, without a heap; eigenvalues largest first. Arguments as of JacobiSweeps::step;
/// vectors may hold anything. Returns the sweeps taken. O(d^3) a sweep.
template <typename Scalar>
inline int symmetric_eigen(MatrixView<Scalar> a, MatrixView<Scalar> vectors) {
  set_identity(vectors);
  JacobiSweeps sweeps;
  while (!sweeps.step(a, vectors)) {
  }
  sort_eigenvectors(a, vectors);
  return sweeps.sweeps();
}

/// Flips a direction (d values) such that the first of its entries within 1e-6 of the largest magnitude is
/// positive: eigenvectors have no sign of their own, and equal loadings must not depend on rounding.
template <typename Scalar>
inline void fix_sign(VectorView<Scalar> direction) {
  Scalar largest = 0;
  for (Index i = 0; i < direction.size; ++i) largest = larger(largest, absolute(direction[i]));
  const Scalar near_largest = largest * (Scalar(1) - Scalar(1e-6));
  Index first = 0;
  while (first < direction.size && absolute(direction[first]) < near_largest) ++first;
  if (first == direction.size || direction[first] >= 0) return;
  for (Index i = 0; i < direction.size; ++i) direction[i] = -direction[i];
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_SYMMETRIC_EIGEN_HPP

#ifndef THRUM_FIXED_PCA_HPP
#define THRUM_FIXED_PCA_HPP

namespace thrum {
namespace fixed {

/// thrum::PCA with its own arrays: no heap, all zero at start (`not_fitted`).
template <typename Scalar, int max_features, int max_components>
class PCA {
 public:
  /// Takes over a fitted PCA: d means and p x d directions, finite, d <= max_features, p <= max_components.
  Status use(ConstVectorView<Scalar> mean, ConstMatrixView<Scalar> components) {
    if (mean.size != components.cols || mean.size < 1 || mean.size > max_features || components.rows < 1 ||
        components.rows > max_components)
      return Status::wrong_size;
    if (!detail::all_finite(mean) || !detail::all_finite(components)) return Status::non_finite;
    detail::copy(mean, mean_);
    copy_by_feature(components, basis_);
    features_ = static_cast<int>(components.cols);
    components_ = static_cast<int>(components.rows);
    whitens_ = false;
    return Status::ok;
  }

  /// Takes over a fitted PCA as it is, whitening included: what thrum::PCA::model() gives.
  Status use(const ProjectionModel<Scalar>& model) {
    const auto basis = row_major(model.basis, model.features, model.components);
    const auto variance = contiguous(model.variance, model.variance == nullptr ? 0 : model.components);
    if (!detail::all_finite(variance)) return Status::non_finite;
    const Status status = use(contiguous(model.mean, model.features), basis.transposed());
    if (status != Status::ok) return status;
    detail::copy(variance, variance_);
    whitens_ = variance.size > 0;
    return Status::ok;
  }

  /// Coordinates along the components: d values in, p values out. overflow: a result is not finite.
  Status transform(ConstVectorView<Scalar> x, VectorView<Scalar> z) const {
    const Status status = detail::check(features_, x, z.size, components_);
    if (status != Status::ok) return status;
    Scalar centered[array_size(max_features)];
    project(model(), x, centered, z);
    return detail::checked_result(z);
  }

  /// The point in the plane of the components: p values in, d values out.
  Status inverse_transform(ConstVectorView<Scalar> z, VectorView<Scalar> x) const {
    const Status status = detail::check(components_, z, x.size, features_);
    if (status != Status::ok) return status;
    unproject(model(), z, x);
    return detail::checked_result(x);
  }

  int features() const { return features_; }
  int components() const { return components_; }
  ProjectionModel<Scalar> model() const {
    return {mean_, basis_, whitens_ ? variance_ : nullptr, features_, components_};
  }

 private:
  Scalar mean_[array_size(max_features)] = {};
  Scalar basis_[array_size(max_features * max_components)] = {};
  Scalar variance_[array_size(max_components)] = {};
  int features_ = 0;
  int components_ = 0;
  bool whitens_ = false;
};

/// How many components a PCAFit keeps; names and meaning as in thrum::PCAOptions.
struct PCAOptions {
  int components = 0;         ///< a count; 0: not asked
  double variance_share = 0;  ///< in (0, 1]: the fewest whose variances reach that share; 0: not asked
};

/// Learns a fixed::PCA: at once by fit(), or from samples that come one by one, their moments by
/// partial_fit(), then the eigenvectors of the covariance by Jacobi rotations, at once by finish() or in
/// pieces by start_fit() and fit_step(). No heap; all zero at start; memory: 4 d^2 bytes, and 2 d^2 Scalars.
/// Parts merge.
template <typename Scalar, int max_features>
class PCAFit {
 public:
  /// Learns from x, n x d, n >= 2, and nothing before it. wrong_size, non_finite: then all stays as it was;
  /// overflow, and errors of finish(). O(n d^2 + d^3).
  template <int max_components>
  Status fit(ConstMatrixView<Scalar> x, const PCAOptions& options,
             PCA<Scalar, max_features, max_components>& pca) {
    if (x.rows < 2 || x.cols < 1 || x.cols > max_features) return Status::wrong_size;
    if (!detail::all_finite(x)) return Status::non_finite;
    forget();
    for (Index i = 0; i < x.rows; ++i) partial_fit(x.row(i));
    return finish(options, pca);
  }

  /// Adds a sample of d <= max_features values, as many as those before. wrong_size, non_finite: nothing is
  /// added. O(d^2) in double.
  Status partial_fit(ConstVectorView<Scalar> x) {
    if (x.size < 1 || x.size > max_features || (features_ > 0 && x.size != features_))
      return Status::wrong_size;
    if (!detail::all_finite(x)) return Status::non_finite;
    features_ = static_cast<int>(x.size);
    double mean[array_size(max_features)];
    for (Index f = 0; f < features_; ++f) mean[f] = static_cast<double>(x[f]);
    join(1, mean, nullptr);
    return Status::ok;
  }

  /// Adds the samples that another one was given. wrong_size when those are of other features. O(d^2).
  Status merge(const PCAFit& other) {
    if (other.features_ == 0) return Status::ok;
    if (features_ > 0 && features_ != other.features_) return Status::wrong_size;
    features_ = other.features_;
    join(other.samples_, other.mean_, other.products_);
    return Status::ok;
  }

  /// Begins to find the components of the samples so far. not_fitted: fewer than two; overflow: a variance is
  /// too large for a Scalar. O(d^2).
  Status start_fit() {
    if (samples_ < 2) return Status::not_fitted;
    for (Index i = 0; i < features_; ++i)
      for (Index j = 0; j <= i; ++j)
        covariance()(i, j) = covariance()(j, i) =
            static_cast<Scalar>(products_[place(i, j)] / (samples_ - 1));
    for (Index f = 0; f < features_; ++f)
      if (!is_finite(covariance()(f, f))) return Status::overflow;
    set_identity(vectors());
    sweeps_ = JacobiSweeps();
    return Status::ok;
  }

  /// Goes on by at most so many rotations, O(d) each; true when the components are found.
  bool fit_step(int rotations) {
    for (; rotations > 0; --rotations)
      if (sweeps_.step(covariance(), vectors())) return true;
    return false;
  }

  /// Gives the PCA what was found; start_fit() is called, and fit_step() until it is done, unless that has
  /// been done. out_of_range: options ask for both or neither, or for more than d; wrong_size: for more than
  /// there is room for. Variances are over n - 1; each direction's first loading within 1e-6 of its largest
  /// magnitude is positive. Those of thrum::PCA from the same samples, to rounding.
  template <int max_components>
  Status finish(const PCAOptions& options, PCA<Scalar, max_features, max_components>& pca) {
    if ((options.components > 0) == (options.variance_share > 0) || options.components < 0 ||
        options.components > features_ || !(options.variance_share >= 0 && options.variance_share <= 1))
      return Status::out_of_range;
    if (sweeps_.sweeps() == 0) {
      const Status status = start_fit();
      if (status != Status::ok) return status;
      while (!fit_step(1)) {
      }
    }
    sort_eigenvectors(covariance(), vectors());
    for (Index c = 0; c < features_; ++c) fix_sign(vectors().col(c));
    const int components = options.components > 0 ? options.components : reaching(options.variance_share);
    if (components > max_components) return Status::wrong_size;
    Scalar mean[array_size(max_features)];
    for (Index f = 0; f < features_; ++f) mean[f] = static_cast<Scalar>(mean_[f]);
    return pca.use(contiguous<const Scalar>(mean, features_),
                   vectors().transposed().middle_rows(0, components));
  }

  /// Samples so far.
  double samples() const { return samples_; }
  int features() const { return features_; }
  /// Variance along component c in [0, d), largest first; after finish().
  Scalar variance(int c) const { return covariance_[c * features_ + c]; }

 private:
  void forget() {
    samples_ = 0;
    for (double& mean : mean_) mean = 0;
    for (double& product : products_) product = 0;
    features_ = 0;
  }

  static Index place(Index i, Index j) { return i * (i + 1) / 2 + j; }

  MatrixView<Scalar> covariance() { return row_major(covariance_, features_, features_); }
  MatrixView<Scalar> vectors() { return row_major(vectors_, features_, features_); }

  /// Joins other samples' moments (Chan, Golub and LeVeque, COMPSTAT 1982); products: null when all are 0.
  void join(double more, const double* mean, const double* products) {
    const double share = more / (samples_ + more), both = samples_ * share;
    double step[array_size(max_features)];
    for (Index f = 0; f < features_; ++f) step[f] = mean[f] - mean_[f];
    for (Index i = 0; i < features_; ++i)
      for (Index j = 0; j <= i; ++j)
        products_[place(i, j)] +=
            both * step[i] * step[j] + (products == nullptr ? 0.0 : products[place(i, j)]);
    for (Index f = 0; f < features_; ++f) mean_[f] += share * step[f];
    samples_ += more;
    sweeps_ = JacobiSweeps();
  }

  int reaching(double share) {
    double all = 0, so_far = 0;
    for (int c = 0; c < features_; ++c) all += larger(0.0, static_cast<double>(variance(c)));
    int components = 0;
    do so_far += larger(0.0, static_cast<double>(variance(components++)));
    while (components < features_ && so_far < share * all);
    return components;
  }

  double samples_ = 0;
  double mean_[array_size(max_features)] = {};
  double products_[array_size(max_features * (max_features + 1) / 2)] = {};  // of deviations, lower triangle
  Scalar covariance_[array_size(max_features * max_features)] = {};
  Scalar vectors_[array_size(max_features * max_features)] = {};
  JacobiSweeps sweeps_{};
  int features_ = 0;
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_PCA_HPP

#ifndef THRUM_ALGORITHM_COLUMN_SPREAD_HPP
#define THRUM_ALGORITHM_COLUMN_SPREAD_HPP

namespace thrum {

/// Offset and scale of a column, in its units; scale 0 where all values are equal.
struct OffsetAndScale {
  double offset;
  double scale;
};

/// What a scaler knows of a column of samples: its range, and its moments in some unit. All zero is nothing
/// at all; of_value() and merge() make anything else of it.
struct ColumnSpread {
  double least = 0, largest = 0;
  double unit = 0;  ///< what the moments are in: 1, or the range, where that is so small that squares vanish
  Moments<double> moments{};

  static ColumnSpread of_value(double value) { return {value, value, 1, {1, value, 0}}; }

  /// Squares of very small doubles leave their range, so such a column is measured in units of its own range.
  static double unit_of(double range) { return range > 0 && range <= 1e-140 ? range : 1.0; }

  /// Adds another column's samples; both have some.
  void merge(const ColumnSpread& other) {
    least = smaller(least, other.least);
    largest = larger(largest, other.largest);
    const double joined = unit_of(largest - least) < 1 ? larger(unit, other.unit) : 1.0;
    moments = in(joined);
    moments.merge(other.in(joined));
    unit = joined;
  }

  /// Mean and standard deviation, over the sum of weights.
  OffsetAndScale standard() const {
    const double range = largest - least;
    if (range == 0) return {least, 0};
    const double deviation = unit * square_root(moments.variance());
    return {moments.mean * unit,
            deviation > 0 ? deviation : range};  // one step of the least subnormal is variation too
  }

  friend bool operator==(const ColumnSpread& a, const ColumnSpread& b) {
    return a.least == b.least && a.largest == b.largest && a.unit == b.unit &&
           a.moments.weight == b.moments.weight && a.moments.mean == b.moments.mean &&
           a.moments.squared_deviations == b.moments.squared_deviations;
  }

 private:
  /// The moments in another unit.
  Moments<double> in(double other) const {
    const double ratio = unit / other;
    return {moments.weight, moments.mean * ratio, moments.squared_deviations * ratio * ratio};
  }
};

/// The factor that takes a column of some scale to 1; 1 for a constant one, and never infinite.
template <typename Scalar>
inline Scalar factor_of_scale(double scale) {
  if (scale == 0) return Scalar(1);
  const double largest = static_cast<double>(ScalarTraits<Scalar>::largest());
  return static_cast<Scalar>(smaller(1.0 / scale, largest));
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_COLUMN_SPREAD_HPP

#ifndef THRUM_FIXED_SCALER_HPP
#define THRUM_FIXED_SCALER_HPP

namespace thrum {
namespace fixed {

/// thrum::Scaler with its own arrays: no heap, all zero at start (`not_fitted`).
template <typename Scalar, int max_features>
class Scaler {
 public:
  /// Takes over a fitted scaler of d <= max_features features: d offsets, and d factors > 0, all finite.
  Status use(ConstVectorView<Scalar> offset, ConstVectorView<Scalar> factor) {
    if (offset.size != factor.size || offset.size < 1 || offset.size > max_features)
      return Status::wrong_size;
    if (!detail::all_finite(offset) || !detail::all_finite(factor)) return Status::non_finite;
    for (Index f = 0; f < factor.size; ++f)
      if (!(factor[f] > Scalar(0))) return Status::out_of_range;
    detail::copy(offset, offset_);
    detail::copy(factor, factor_);
    features_ = static_cast<int>(offset.size);
    return Status::ok;
  }

  /// Scales one sample of d values; x and scaled may be the same. overflow: a result is not finite.
  Status transform(ConstVectorView<Scalar> x, VectorView<Scalar> scaled) const {
    const Status status = detail::check(features_, x, scaled.size);
    if (status != Status::ok) return status;
    scale(model(), x, scaled);
    return detail::checked_result(scaled);
  }

  /// Undoes transform, to rounding.
  Status inverse_transform(ConstVectorView<Scalar> scaled, VectorView<Scalar> x) const {
    const Status status = detail::check(features_, scaled, x.size);
    if (status != Status::ok) return status;
    unscale(model(), scaled, x);
    return detail::checked_result(x);
  }

  int features() const { return features_; }
  ScalingModel<Scalar> model() const { return {offset_, factor_, features_}; }

 private:
  Scalar offset_[array_size(max_features)] = {};
  Scalar factor_[array_size(max_features)] = {};
  int features_ = 0;
};

/// Learns a fixed::Scaler of the standard kind: at once by fit(), or in pieces between other work, each of
/// them a sample, by partial_fit(), and at last finish(). No heap; all zero at start; 48 bytes a feature.
/// Parts merge.
template <typename Scalar, int max_features>
class ScalerFit {
 public:
  /// Learns from x, n x d, n >= 1, and nothing before it. wrong_size, non_finite: then all stays as it was.
  /// O(n d).
  Status fit(ConstMatrixView<Scalar> x, Scaler<Scalar, max_features>& scaler) {
    if (x.rows < 1 || x.cols < 1 || x.cols > max_features) return Status::wrong_size;
    if (!detail::all_finite(x)) return Status::non_finite;
    forget();
    for (Index i = 0; i < x.rows; ++i) partial_fit(x.row(i));
    return finish(scaler);
  }

  /// Adds a sample of d <= max_features values, as many as those before. wrong_size, non_finite: nothing is
  /// added. O(d), some 1000 instructions a feature on a Cortex-M4F, whose double is software.
  Status partial_fit(ConstVectorView<Scalar> x) {
    if (x.size < 1 || x.size > max_features || (features_ > 0 && x.size != features_))
      return Status::wrong_size;
    if (!detail::all_finite(x)) return Status::non_finite;
    for (Index f = 0; f < x.size; ++f) add(columns_[f], ColumnSpread::of_value(static_cast<double>(x[f])));
    features_ = static_cast<int>(x.size);
    return Status::ok;
  }

  /// Adds the samples that another one was given. wrong_size when those are of other features. O(d).
  Status merge(const ScalerFit& other) {
    if (other.features_ == 0) return Status::ok;
    if (features_ > 0 && features_ != other.features_) return Status::wrong_size;
    features_ = other.features_;
    for (Index f = 0; f < features_; ++f) add(columns_[f], other.columns_[f]);
    return Status::ok;
  }

  /// Gives the scaler what was learned so far: that of thrum::Scaler from the same samples, to rounding.
  /// not_fitted before the first one. O(d).
  Status finish(Scaler<Scalar, max_features>& scaler) const {
    if (features_ == 0) return Status::not_fitted;
    Scalar offset[array_size(max_features)], factor[array_size(max_features)];
    for (Index f = 0; f < features_; ++f) {
      const OffsetAndScale measure = columns_[f].standard();
      offset[f] = static_cast<Scalar>(measure.offset);
      factor[f] = factor_of_scale<Scalar>(measure.scale);
    }
    return scaler.use(contiguous<const Scalar>(offset, features_),
                      contiguous<const Scalar>(factor, features_));
  }

  /// Samples so far.
  double samples() const { return columns_[0].moments.weight; }
  int features() const { return features_; }
  /// What is known of feature f.
  const ColumnSpread& column(int f) const { return columns_[f]; }

 private:
  void forget() {
    for (ColumnSpread& column : columns_) column = {};
    features_ = 0;
  }

  static void add(ColumnSpread& column, const ColumnSpread& more) {
    if (column.moments.weight > 0)
      column.merge(more);
    else
      column = more;
  }

  ColumnSpread columns_[array_size(max_features)] = {};
  int features_ = 0;
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_SCALER_HPP

#ifndef THRUM_FIRMWARE_HPP
#define THRUM_FIRMWARE_HPP

// The firmware wing, whole: judging feature rows and streams with fixed capacity, no heap and no Eigen.
// Also to be had as one file without any other: thrum_firmware.hpp.

#endif  // THRUM_FIRMWARE_HPP
