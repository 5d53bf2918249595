// The vector kernels for one instruction set. Has no include guard: host/kernels.hpp includes it once for
// each target, with THRUM_TARGET set to the name of a namespace and THRUM_TARGET_BYTES to the width of a
// vector. Nothing else is included from here when it is included from there, since all of this file is
// compiled for the target.

#include <stdint.h>

#include "thrum/core/column_sums.hpp"
#include "thrum/core/exact_sum.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/kernel_table.hpp"
#include "thrum/host/scoring_table.hpp"

#if !defined(THRUM_TARGET)
#define THRUM_TARGET alone
#define THRUM_TARGET_BYTES 16
#endif

#define THRUM_INLINE __attribute__((always_inline)) inline
#define THRUM_UNROLL _Pragma("GCC unroll 6")

/// Keeps the optimiser, which under -ffast-math takes x + c - c for x, from knowing a vector.
#if defined(__SSE2__) && THRUM_TARGET_BYTES == 64
#define THRUM_HIDE(vector) __asm__("" : "+v"(vector))
#elif defined(__SSE2__)
#define THRUM_HIDE(vector) __asm__("" : "+x"(vector))
#elif defined(__aarch64__)
#define THRUM_HIDE(vector) __asm__("" : "+w"(vector))
#else
#define THRUM_HIDE(vector) __asm__("" : "+m"(vector))
#endif

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
namespace THRUM_TARGET {

/// Doubles, and integers as wide.
struct Wide {
  static constexpr Index bytes = THRUM_TARGET_BYTES < 8 ? 8 : THRUM_TARGET_BYTES;
  static constexpr Index count = bytes / 8;
  typedef double Value __attribute__((vector_size(bytes)));
  typedef int64_t Integer __attribute__((vector_size(bytes)));
};

template <typename Scalar>
struct Lanes;

template <>
struct Lanes<float> {
  typedef float Value __attribute__((vector_size(THRUM_TARGET_BYTES)));
  typedef int32_t Integer __attribute__((vector_size(THRUM_TARGET_BYTES)));
  typedef Integer Labels;
  static constexpr Index count = THRUM_TARGET_BYTES / 4;
  /// As many as there are doubles in `Wide`, to be converted to them.
  typedef float Narrow __attribute__((vector_size(Wide::count * 4)));
};

template <>
struct Lanes<double> {
  static constexpr Index bytes = THRUM_TARGET_BYTES < 8 ? 8 : THRUM_TARGET_BYTES;
  typedef double Value __attribute__((vector_size(bytes)));
  typedef int64_t Integer __attribute__((vector_size(bytes)));
  typedef int32_t Labels __attribute__((vector_size(bytes / 2)));
  static constexpr Index count = bytes / 8;
  typedef Value Narrow;
};

template <typename Scalar>
using Value = typename Lanes<Scalar>::Value;
template <typename Scalar>
using Integer = typename Lanes<Scalar>::Integer;

/// A vector from and to memory of any alignment.
template <typename Vector, typename Scalar>
THRUM_INLINE void load(Vector& vector, const Scalar* from) {
  __builtin_memcpy(&vector, from, sizeof(vector));
}
template <typename Vector, typename Scalar>
THRUM_INLINE void store(Scalar* to, const Vector& vector) {
  __builtin_memcpy(to, &vector, sizeof(vector));
}

/// Labels are int in memory and as wide as the scalars in vectors.
template <typename Scalar>
THRUM_INLINE void load_labels(Integer<Scalar>& vector, const int* from) {
  typename Lanes<Scalar>::Labels labels;
  load(labels, from);
  vector = __builtin_convertvector(labels, Integer<Scalar>);
}
template <typename Scalar>
THRUM_INLINE void store_labels(int* to, const Integer<Scalar>& vector) {
  const auto labels = __builtin_convertvector(vector, typename Lanes<Scalar>::Labels);
  store(to, labels);
}

template <typename Vector>
THRUM_INLINE Vector minimum(const Vector& a, const Vector& b) {
  return b < a ? b : a;
}
template <typename Vector>
THRUM_INLINE Vector maximum(const Vector& a, const Vector& b) {
  return a < b ? b : a;
}

template <typename Vector>
THRUM_INLINE bool any(const Vector& mask) {
  int64_t words[(sizeof(mask) + 7) / 8] = {};
  __builtin_memcpy(words, &mask, sizeof(mask));
  int64_t all = 0;
  for (const int64_t word : words) all |= word;
  return all != 0;
}

/// Square roots of all lanes. In assembly on x86, as there is no builtin that both compilers have; a root is
/// exact to rounding either way.
template <typename Vector>
THRUM_INLINE void take_square_root(Vector& x) {
#if defined(__x86_64__) && THRUM_TARGET_BYTES >= 16
  constexpr bool is_float = sizeof(x[0]) == sizeof(float);
#if THRUM_TARGET_BYTES > 16
  if (is_float) __asm__("vsqrtps %1, %0" : "=v"(x) : "v"(x));
  if (!is_float) __asm__("vsqrtpd %1, %0" : "=v"(x) : "v"(x));
#else
  if (is_float) __asm__("sqrtps %1, %0" : "=x"(x) : "x"(x));
  if (!is_float) __asm__("sqrtpd %1, %0" : "=x"(x) : "x"(x));
#endif
#else
  for (Index lane = 0; lane < static_cast<Index>(sizeof(x) / sizeof(x[0])); ++lane)
    x[lane] = square_root(x[lane]);
#endif
}

/// As many doubles, exactly; and back, rounded. In assembly where GCC 12 would go by pairs through memory.
THRUM_INLINE Wide::Value widened(const Lanes<double>::Narrow& values) { return values; }
THRUM_INLINE Wide::Value widened(const Lanes<float>::Narrow& values) {
#if defined(__x86_64__) && !defined(__clang__) && THRUM_TARGET_BYTES >= 32
  Wide::Value wide;
  __asm__("vcvtps2pd %1, %0" : "=v"(wide) : "v"(values));
  return wide;
#else
  return __builtin_convertvector(values, Wide::Value);
#endif
}
THRUM_INLINE void narrow_to(Lanes<double>::Narrow& narrowed, const Wide::Value& values) { narrowed = values; }
THRUM_INLINE void narrow_to(Lanes<float>::Narrow& narrowed, const Wide::Value& values) {
#if defined(__x86_64__) && !defined(__clang__) && THRUM_TARGET_BYTES >= 32
  __asm__("vcvtpd2ps %1, %0" : "=v"(narrowed) : "v"(values));
#else
  narrowed = __builtin_convertvector(values, Lanes<float>::Narrow);
#endif
}

// ---- panels

template <typename Scalar>
struct Four {
  typedef Scalar Value __attribute__((vector_size(4 * sizeof(Scalar))));
};

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define THRUM_SHUFFLE __builtin_shufflevector
#endif
#endif

/// Transposes 4 x 4 values: row r starts at rows[r], column c goes to columns + c * stride.
template <typename Scalar>
THRUM_INLINE void transpose_block(const Scalar* const (&rows)[4], Scalar* columns, Index stride) {
#if defined(THRUM_SHUFFLE)
  typename Four<Scalar>::Value a, b, c, d;
  load(a, rows[0]);
  load(b, rows[1]);
  load(c, rows[2]);
  load(d, rows[3]);
  const auto ab_low = THRUM_SHUFFLE(a, b, 0, 4, 1, 5), ab_high = THRUM_SHUFFLE(a, b, 2, 6, 3, 7);
  const auto cd_low = THRUM_SHUFFLE(c, d, 0, 4, 1, 5), cd_high = THRUM_SHUFFLE(c, d, 2, 6, 3, 7);
  store(columns, THRUM_SHUFFLE(ab_low, cd_low, 0, 1, 4, 5));
  store(columns + stride, THRUM_SHUFFLE(ab_low, cd_low, 2, 3, 6, 7));
  store(columns + 2 * stride, THRUM_SHUFFLE(ab_high, cd_high, 0, 1, 4, 5));
  store(columns + 3 * stride, THRUM_SHUFFLE(ab_high, cd_high, 2, 3, 6, 7));
#else
  THRUM_UNROLL
  for (Index c = 0; c < 4; ++c)
    for (Index r = 0; r < 4; ++r) columns[c * stride + r] = rows[r][c];
#endif
}

/// Transposes 4 x 3 values that lie one after the other.
template <typename Scalar>
THRUM_INLINE void transpose_triples(const Scalar* x, Scalar* columns, Index stride) {
#if defined(THRUM_SHUFFLE)
  typename Four<Scalar>::Value a, b, c;  // x0 y0 z0 x1, y1 z1 x2 y2, z2 x3 y3 z3
  load(a, x);
  load(b, x + 4);
  load(c, x + 8);
  const auto bc = THRUM_SHUFFLE(b, c, 2, 5, 3, 6),
             ab = THRUM_SHUFFLE(a, b, 1, 4, 2, 5);  // x2 x3 y2 y3, y0 y1 z0 z1
  store(columns, THRUM_SHUFFLE(a, bc, 0, 3, 4, 5));
  store(columns + stride, THRUM_SHUFFLE(ab, bc, 0, 1, 6, 7));
  store(columns + 2 * stride, THRUM_SHUFFLE(ab, c, 2, 3, 4, 7));
#else
  for (Index f = 0; f < 3; ++f)
    for (Index r = 0; r < 4; ++r) columns[f * stride + r] = x[3 * r + f];
#endif
}

/// Four rows of contiguous features into the panel; the last, incomplete block of columns overlaps the one
/// before.
template <typename Scalar>
THRUM_INLINE void load_four_rows(const Scalar* const (&rows)[4], Index features, Scalar* panel,
                                 Index stride) {
  if (features < 4) {
    for (Index f = 0; f < features; ++f) {
      THRUM_UNROLL
      for (Index r = 0; r < 4; ++r) panel[f * stride + r] = rows[r][f];
    }
    return;
  }
  Index f = 0;
  for (; f + 4 <= features; f += 4) {
    const Scalar* const at[4] = {rows[0] + f, rows[1] + f, rows[2] + f, rows[3] + f};
    transpose_block(at, panel + f * stride, stride);
  }
  if (f == features) return;
  f = features - 4;
  const Scalar* const at[4] = {rows[0] + f, rows[1] + f, rows[2] + f, rows[3] + f};
  transpose_block(at, panel + f * stride, stride);
}

/// Lanes whose exponent has all bits set: those of infinities and NaN have.
template <typename Scalar>
THRUM_INLINE Integer<Scalar> not_finite(const Scalar* values) {
  using Traits = ScalarTraits<Scalar>;
  constexpr auto exponent = static_cast<typename Traits::Bits>(2 * Traits::exponent_bias + 1)
                            << Traits::mantissa_bits;
  const Integer<Scalar> all_set =
      Integer<Scalar>{} + static_cast<decltype(Integer<Scalar>{}[0] + 0)>(exponent);
  Integer<Scalar> bits;
  load(bits, values);
  return (bits & all_set) == all_set;
}

template <typename Scalar>
inline bool all_finite(Panel<Scalar> panel) {
  Integer<Scalar> suspect = {};
  for (Index f = 0; f < panel.features; ++f)
    for (Index r = 0; r < panel.rows; r += Lanes<Scalar>::count)
      suspect |= not_finite(panel.data + f * panel.stride + r);
  return !any(suspect);
}

/// Fills the panel up with copies of its last row.
template <typename Scalar>
inline void fill_up(Scalar* panel, Index stride, Index rows, Index features) {
  for (Index r = rows; r < rounded_up(rows, panel_row_multiple); ++r)
    for (Index f = 0; f < features; ++f) panel[f * stride + r] = panel[f * stride + rows - 1];
}

/// Rows of contiguous features into the panel, as many as are a multiple of four; returns how many. Goes by
/// cache lines of the rows, so that a panel of many features is written line by line too. row_at(r): where
/// row r starts.
template <typename Scalar, typename RowAt>
THRUM_INLINE Index load_by_fours(RowAt row_at, bool in_sequence, Index rows, Index features, Scalar* panel,
                                 Index stride) {
  constexpr Index line = 64 / static_cast<Index>(sizeof(Scalar));
  const Index whole = rows / 4 * 4;
  for (Index begin = 0; begin < features; begin += line) {
    const Index count = smaller(line, features - begin);
    for (Index r = 0; r < whole; r += 4) {
      const Scalar* const four[4] = {row_at(r) + begin, row_at(r + 1) + begin, row_at(r + 2) + begin,
                                     row_at(r + 3) + begin};
      if (in_sequence) {  // the rows that follow, in the order of memory
        const Scalar* const ahead = row_at(rows) + begin * rows + r * count;
        for (Index i = 0; i < 4 * count; i += line) __builtin_prefetch(ahead + i, 0, 2);
      } else if (begin + 2 * line < features) {
        THRUM_UNROLL
        for (Index i = 0; i < 4; ++i) __builtin_prefetch(four[i] + 2 * line);
      }
      load_four_rows(four, count, panel + begin * stride + r, stride);
    }
  }
  return whole;
}

template <typename Scalar>
inline void load_rows(MatrixView<const Scalar> x, Index rows, Scalar* panel, Index stride) {
  Index r = 0;
  if (x.row_stride == 1) {
    for (Index f = 0; f < x.cols; ++f)
      __builtin_memcpy(panel + f * stride, x.data + f * x.col_stride,
                       static_cast<size_t>(rows) * sizeof(Scalar));
    r = rows;
  } else if (x.col_stride == 1 && x.cols == 3 && x.row_stride == 3) {
    for (; r + 4 <= rows; r += 4) {
      __builtin_prefetch(x.data + 3 * (r + rows));
      transpose_triples(x.data + 3 * r, panel + r, stride);
    }
  } else if (x.col_stride == 1) {
    r = load_by_fours([&](Index i) { return x.data + i * x.row_stride; }, true, rows, x.cols, panel, stride);
  }
  for (; r < rows; ++r)
    for (Index f = 0; f < x.cols; ++f) panel[f * stride + r] = x(r, f);
  fill_up(panel, stride, rows, x.cols);
}

template <typename Scalar>
inline void load_picked(MatrixView<const Scalar> x, const int* picked, Index rows, Scalar* panel,
                        Index stride) {
  Index r = 0;
  if (x.col_stride == 1)
    r = load_by_fours([&](Index i) { return x.data + picked[i] * x.row_stride; }, false, rows, x.cols, panel,
                      stride);
  for (; r < rows; ++r)
    for (Index f = 0; f < x.cols; ++f) panel[f * stride + r] = x(picked[r], f);
  fill_up(panel, stride, rows, x.cols);
}

template <typename Scalar>
inline void widen_ranges(Panel<Scalar> panel, Scalar* least, Scalar* largest) {
  for (Index f = 0; f < panel.features; ++f) {
    Value<Scalar> low, high, x;
    load(low, panel.data + f * panel.stride);
    high = low;
    for (Index r = Lanes<Scalar>::count; r < panel.rows; r += Lanes<Scalar>::count) {
      load(x, panel.data + f * panel.stride + r);
      low = minimum(low, x);
      high = maximum(high, x);
    }
    for (Index lane = 0; lane < Lanes<Scalar>::count; ++lane) {
      least[f] = smaller(least[f], low[lane]);
      largest[f] = larger(largest[f], high[lane]);
    }
  }
}

/// Lanes across features; the last, incomplete vector overlaps the one before.
template <typename Scalar>
inline bool widen_ranges_by_rows(MatrixView<const Scalar> x, Scalar* least, Scalar* largest) {
  constexpr Index rows_at_once = 8;
  Integer<Scalar> suspect = {};
  for (Index begin = 0; begin < x.rows; begin += rows_at_once) {
    const Index end = smaller(begin + rows_at_once, x.rows);
    for (Index at = 0; at < x.cols; at += Lanes<Scalar>::count) {
      const Index f = smaller(at, x.cols - Lanes<Scalar>::count);
      Value<Scalar> low, high, values;
      load(low, least + f);
      load(high, largest + f);
      for (Index r = begin; r < end; ++r) {
        load(values, &x(r, f));
        suspect |= not_finite(&x(r, f));
        low = minimum(low, values);
        high = maximum(high, values);
      }
      store(least + f, low);
      store(largest + f, high);
    }
  }
  return !any(suspect);
}

/// `vectors` times Wide::count contiguous features from f on.
template <Index vectors, bool squared, typename Scalar>
THRUM_INLINE void add_deviations_of(const MatrixView<const Scalar>& x, Index begin, Index end, Index f,
                                    const double* weights, const double* centers, double* sums,
                                    double* squares) {
  Wide::Value center[array_size(vectors)], sum[array_size(vectors)], square[array_size(vectors)];
  THRUM_UNROLL
  for (Index v = 0; v < vectors; ++v) {
    load(center[v], centers + f + v * Wide::count);
    load(sum[v], sums + f + v * Wide::count);
    if (squared) load(square[v], squares + f + v * Wide::count);
  }
  for (Index r = begin; r < end; ++r) {
    const Scalar* const row = &x(r, f);
    THRUM_UNROLL
    for (Index v = 0; v < vectors; ++v) {
      typename Lanes<Scalar>::Narrow values;
      load(values, row + v * Wide::count);
      const Wide::Value deviation = widened(values) - center[v];
      sum[v] += weights[r] * deviation;
      if (squared) square[v] += weights[r] * (deviation * deviation);
    }
  }
  THRUM_UNROLL
  for (Index v = 0; v < vectors; ++v) {
    store(sums + f + v * Wide::count, sum[v]);
    if (squared) store(squares + f + v * Wide::count, square[v]);
  }
}

template <bool squared, typename Scalar>
THRUM_INLINE void add_deviations_by(const MatrixView<const Scalar>& x, const double* weights,
                                    const double* centers, double* sums, double* squares) {
  constexpr Index rows_at_once = 16, vectors = 4;
  const Index whole = x.col_stride == 1 ? x.cols / Wide::count * Wide::count : 0;
  for (Index begin = 0; begin < x.rows; begin += rows_at_once) {
    const Index end = smaller(begin + rows_at_once, x.rows);
    Index f = 0;
    for (; f + vectors * Wide::count <= whole; f += vectors * Wide::count)
      add_deviations_of<vectors, squared>(x, begin, end, f, weights, centers, sums, squares);
    for (; f < whole; f += Wide::count)
      add_deviations_of<1, squared>(x, begin, end, f, weights, centers, sums, squares);
  }
  for (Index f = whole; f < x.cols; ++f) {
    double sum = sums[f], square = squared ? squares[f] : 0;
    for (Index r = 0; r < x.rows; ++r) {
      const double deviation = static_cast<double>(x(r, f)) - centers[f];
      sum += weights[r] * deviation;
      if (squared) square += weights[r] * (deviation * deviation);
    }
    sums[f] = sum;
    if (squared) squares[f] = square;
  }
}

template <typename Scalar>
inline void add_deviations(MatrixView<const Scalar> x, const double* weights, const double* centers,
                           double* sums, double* squares) {
  if (squares == nullptr)
    add_deviations_by<false>(x, weights, centers, sums, squares);
  else
    add_deviations_by<true>(x, weights, centers, sums, squares);
}

// ---- exact sums: lanes across features, each of which has a sum of its own

/// Rounds numbers below 2^51 to integers, also as integers.
THRUM_INLINE void round_to_integers(Wide::Value& numbers, Wide::Integer& integers) {
  constexpr double shift = ExactSum::integer_shift;
  numbers += shift;
  THRUM_HIDE(numbers);
  const Wide::Value shifted = Wide::Value{} + shift;
  integers = reinterpret_cast<Wide::Integer>(numbers) - reinterpret_cast<Wide::Integer>(shifted);
  numbers -= shift;
}

/// The two parts of terms, as ExactSum::add has them.
THRUM_INLINE void split_terms(const Wide::Value& terms, Wide::Integer& high, Wide::Integer& low) {
  Wide::Value whole = terms * (1 / ExactSum::low_range);
  round_to_integers(whole, high);
  Wide::Value rest = terms - whole * ExactSum::low_range;
  round_to_integers(rest, low);
}

/// Wide::count features of a row from f on, when fewer may be left. Beyond the last one there may be
/// anything: that goes to the part of the sums that is nobody's.
template <typename Scalar>
THRUM_INLINE void load_last(const MatrixView<const Scalar>& x, Index row, Index f,
                            typename Lanes<Scalar>::Narrow& values) {
  const bool next_row_follows = x.row_stride == x.cols && row * x.cols + f + Wide::count <= x.rows * x.cols;
  if (x.col_stride == 1 && next_row_follows) {
    load(values, &x(row, f));
  } else {
    Scalar copied[Wide::count] = {};
    for (Index i = 0; i < smaller(x.cols - f, Wide::count); ++i) copied[i] = x(row, f + i);
    load(values, copied);
  }
}

THRUM_INLINE void change_sums(int64_t* sums, const Wide::Integer& change, bool away) {
  Wide::Integer before;
  load(before, sums);
  store(sums, away ? before - change : before + change);
}

/// Some vectors of features from f on; within x.cols, if `whole`.
template <Index vectors, bool whole, typename Scalar>
THRUM_INLINE void add_features_of_rows(const MatrixView<const Scalar>& x, const RowList& rows, Index f,
                                       const double* scales, bool away, const SumParts& sums) {
  Wide::Value scale[array_size(vectors)];
  Wide::Integer high[array_size(vectors)] = {}, low[array_size(vectors)] = {};
  THRUM_UNROLL
  for (Index v = 0; v < vectors; ++v) load(scale[v], scales + f + v * Wide::count);
  for (Index i = 0; i < rows.count; ++i) {
    THRUM_UNROLL
    for (Index v = 0; v < vectors; ++v) {
      typename Lanes<Scalar>::Narrow values;
      if (whole)
        load(values, &x(rows.positions[i], f + v * Wide::count));
      else
        load_last(x, rows.positions[i], f, values);
      Wide::Value terms = widened(values);
      if (rows.weights != nullptr) terms *= rows.weights[i];
      Wide::Integer high_term, low_term;
      split_terms(terms * scale[v], high_term, low_term);
      high[v] += high_term;
      low[v] += low_term;
    }
  }
  THRUM_UNROLL
  for (Index v = 0; v < vectors; ++v) {
    change_sums(sums.high + f + v * Wide::count, high[v], away);
    change_sums(sums.low + f + v * Wide::count, low[v], away);
  }
}

template <typename Scalar>
inline void add_rows(MatrixView<const Scalar> x, RowList rows, const double* scales, bool away,
                     SumParts sums) {
  const Index whole = x.col_stride == 1 ? x.cols : 0;
  Index f = 0;
  for (; f + 2 * Wide::count <= whole; f += 2 * Wide::count)
    add_features_of_rows<2, true>(x, rows, f, scales, away, sums);
  for (; f + Wide::count <= whole; f += Wide::count)
    add_features_of_rows<1, true>(x, rows, f, scales, away, sums);
  for (; f < x.cols; f += Wide::count) add_features_of_rows<1, false>(x, rows, f, scales, away, sums);
}

// ---- distances of a strip of rows, two vectors wide, to a tile of four centres

template <typename Scalar>
struct TileDistances {
  Value<Scalar> of[centers_per_tile][2];
};

template <typename Scalar>
THRUM_INLINE void add_features(const Scalar* x, Index stride, const Scalar* centers, Index features,
                               TileDistances<Scalar>& sums) {
  THRUM_UNROLL
  for (Index c = 0; c < centers_per_tile; ++c) sums.of[c][0] = sums.of[c][1] = Value<Scalar>{};
  for (Index f = 0; f < features; ++f, x += stride, centers += centers_per_tile) {
    Value<Scalar> x0, x1;
    load(x0, x);
    load(x1, x + Lanes<Scalar>::count);
    THRUM_UNROLL
    for (Index c = 0; c < centers_per_tile; ++c) {
      const Value<Scalar> difference0 = x0 - centers[c], difference1 = x1 - centers[c];
      sums.of[c][0] = difference0 * difference0 + sums.of[c][0];
      sums.of[c][1] = difference1 * difference1 + sums.of[c][1];
    }
  }
}

/// x: the strip's first feature; centers: the tile.
template <typename Scalar>
THRUM_INLINE void tile_distances(const Scalar* x, Index stride, const Scalar* centers, Index features,
                                 TileDistances<Scalar>& distances) {
  add_features(x, stride, centers, smaller(features, features_per_partial_sum), distances);
  for (Index begin = features_per_partial_sum; begin < features; begin += features_per_partial_sum) {
    TileDistances<Scalar> more;
    add_features(x + begin * stride, stride, centers + begin * centers_per_tile,
                 smaller(features - begin, features_per_partial_sum), more);
    THRUM_UNROLL
    for (Index c = 0; c < centers_per_tile; ++c) {
      distances.of[c][0] += more.of[c][0];
      distances.of[c][1] += more.of[c][1];
    }
  }
}

template <typename Scalar>
constexpr Index strip = 2 * Lanes<Scalar>::count;

template <typename Scalar>
inline void nearest(Panel<Scalar> panel, PackedCenters<Scalar> centers, Scalar* squared, int* labels) {
  const Index tile_size = centers_per_tile * panel.features;
  for (Index r = 0; r < panel.rows; r += strip<Scalar>) {
    Value<Scalar> best[2];
    best[0] = best[1] = Value<Scalar>{} + positive_infinity<Scalar>();
    Integer<Scalar> label[2] = {};
    for (Index tile = 0; tile < centers.tiles(); ++tile) {
      TileDistances<Scalar> distances;
      tile_distances(panel.data + r, panel.stride, centers.data + tile * tile_size, panel.features,
                     distances);
      Integer<Scalar> j = Integer<Scalar>{} + static_cast<int>(tile * centers_per_tile);
      THRUM_UNROLL
      for (Index c = 0; c < centers_per_tile; ++c, j += 1) {
        THRUM_UNROLL
        for (int half = 0; half < 2; ++half) {
          label[half] = distances.of[c][half] < best[half] ? j : label[half];
          best[half] = minimum(best[half], distances.of[c][half]);
        }
      }
    }
    THRUM_UNROLL
    for (int half = 0; half < 2; ++half) {
      store(squared + r + half * Lanes<Scalar>::count, best[half]);
      store_labels<Scalar>(labels + r + half * Lanes<Scalar>::count, label[half]);
    }
  }
}

template <typename Scalar>
inline void pairwise(Panel<Scalar> panel, const Scalar* other, Scalar* squared) {
  for (Index r = 0; r < panel.rows; r += Lanes<Scalar>::count) {
    Value<Scalar> total = {};
    for (Index begin = 0; begin < panel.features; begin += features_per_partial_sum) {
      Value<Scalar> sum = {};
      for (Index f = begin; f < smaller(begin + features_per_partial_sum, panel.features); ++f) {
        Value<Scalar> a, b;
        load(a, panel.data + f * panel.stride + r);
        load(b, other + f * panel.stride + r);
        const Value<Scalar> difference = a - b;
        sum = difference * difference + sum;
      }
      total += sum;
    }
    store(squared + r, total);
  }
}

template <typename Scalar>
inline void distances(Panel<Scalar> panel, PackedCenters<Scalar> centers, Scalar* result) {
  const Index tile_size = centers_per_tile * panel.features;
  for (Index r = 0; r < panel.rows; r += strip<Scalar>) {
    for (Index tile = 0; tile < centers.tiles(); ++tile) {
      TileDistances<Scalar> found;
      tile_distances(panel.data + r, panel.stride, centers.data + tile * tile_size, panel.features, found);
      THRUM_UNROLL
      for (Index c = 0; c < centers_per_tile; ++c) {
        THRUM_UNROLL
        for (int half = 0; half < 2; ++half) {
          take_square_root(found.of[c][half]);
          store(result + (tile * centers_per_tile + c) * panel.stride + r + half * Lanes<Scalar>::count,
                found.of[c][half]);
        }
      }
    }
  }
}

/// A panel back into rows.
template <typename Scalar>
inline void store_rows(MatrixView<const Scalar> panel, MatrixView<Scalar> rows) {
  Index r = 0;
  if (rows.col_stride == 1 && rows.cols >= 4) {
    const auto block = [&](Index f) {
      const Scalar* const columns[4] = {&panel(r, f), &panel(r, f + 1), &panel(r, f + 2), &panel(r, f + 3)};
      transpose_block(columns, &rows(r, f), rows.row_stride);
    };
    for (; r + 4 <= rows.rows; r += 4) {
      Index f = 0;
      for (; f + 4 <= rows.cols; f += 4) block(f);
      if (f < rows.cols) block(rows.cols - 4);
    }
  }
  for (; r < rows.rows; ++r)
    for (Index f = 0; f < rows.cols; ++f) rows(r, f) = panel(r, f);
}

// ---- bounds

/// Distances are bounded from below by a computed squared distance less its error; infinite ones, which a
/// centre may come back from, by the largest distance whose square is finite.
template <typename Scalar>
THRUM_INLINE Value<Scalar> lower_bound_of(Value<Scalar> squared, Scalar slack) {
  take_square_root(squared);
  const Value<Scalar> limit = Value<Scalar>{} + square_root(ScalarTraits<Scalar>::largest());
  return minimum(squared, limit) * (1 - slack);
}
template <typename Scalar>
THRUM_INLINE Value<Scalar> upper_bound_of(Value<Scalar> squared, Scalar slack) {
  take_square_root(squared);
  return squared * (1 + slack);
}

/// A lower bound above this decides that the computed distances are in the same order. What underflow does to
/// them is far below `least`.
template <typename Scalar>
THRUM_INLINE Value<Scalar> deciding_bound(const Value<Scalar>& upper, Scalar slack) {
  constexpr Scalar least = sizeof(Scalar) == sizeof(float) ? Scalar(0x1p-60) : Scalar(0x1p-500);
  return upper * (1 + 2 * slack) + least;
}

template <typename Scalar>
THRUM_INLINE void find_two_nearest(const Scalar* x, Index stride, PackedCenters<Scalar> centers,
                                   Index first_tile, Index last_tile, const Integer<Scalar> (&own)[2],
                                   Value<Scalar> (&best)[2], Integer<Scalar> (&label)[2],
                                   Value<Scalar> (&second)[2]) {
  const Value<Scalar> infinite = Value<Scalar>{} + positive_infinity<Scalar>();
  best[0] = best[1] = second[0] = second[1] = infinite;
  const Index tile_size = centers_per_tile * centers.features;
  for (Index tile = first_tile; tile < last_tile; ++tile) {
    TileDistances<Scalar> distances;
    tile_distances(x, stride, centers.data + tile * tile_size, centers.features, distances);
    Integer<Scalar> j = Integer<Scalar>{} + static_cast<int>(tile * centers_per_tile);
    THRUM_UNROLL
    for (Index c = 0; c < centers_per_tile; ++c, j += 1) {
      THRUM_UNROLL
      for (int half = 0; half < 2; ++half) {
        const Value<Scalar> squared = j == own[half] ? infinite : distances.of[c][half];
        second[half] = minimum(second[half], maximum(best[half], squared));
        label[half] = squared < best[half] ? j : label[half];
        best[half] = minimum(best[half], squared);
      }
    }
  }
}

/// One group of all tiles: the own centre needs no distance of its own.
template <typename Scalar>
inline void nearest_two(Panel<Scalar> panel, PackedCenters<Scalar> centers, PanelBounds<Scalar> bounds,
                        int* labels) {
  Integer<Scalar> nobody[2];
  nobody[0] = nobody[1] = Integer<Scalar>{} - 1;
  for (Index r = 0; r < panel.rows; r += strip<Scalar>) {
    Value<Scalar> best[2], second[2];
    Integer<Scalar> label[2] = {};
    find_two_nearest(panel.data + r, panel.stride, centers, 0, centers.tiles(), nobody, best, label, second);
    THRUM_UNROLL
    for (int half = 0; half < 2; ++half) {
      const Index at = r + half * Lanes<Scalar>::count;
      store_labels<Scalar>(labels + at, label[half]);
      store(bounds.upper + at, upper_bound_of<Scalar>(best[half], bounds.slack));
      store(bounds.lower + at, lower_bound_of<Scalar>(second[half], bounds.slack));
    }
  }
}

template <typename Scalar>
inline Index refine(Panel<Scalar> panel, PackedCenters<Scalar> centers, PanelBounds<Scalar> bounds,
                    const Scalar* own_squared, int* labels, Scalar* runner_up) {
  Index groups_computed = 0;
  for (Index r = 0; r < panel.rows; r += strip<Scalar>) {
    Value<Scalar> best[2], undecided_below[2], runner[2] = {};
    Integer<Scalar> own[2], label[2];
    THRUM_UNROLL
    for (int half = 0; half < 2; ++half) {
      const Index at = r + half * Lanes<Scalar>::count;
      load(best[half], own_squared + at);
      load_labels<Scalar>(own[half], labels + at);
      label[half] = own[half];
      undecided_below[half] =
          deciding_bound<Scalar>(upper_bound_of<Scalar>(best[half], bounds.slack), bounds.slack);
    }
    for (Index group = 0; group < bounds.groups; ++group) {
      Scalar* lower = bounds.lower + group * bounds.stride + r;
      Value<Scalar> lower0, lower1;
      load(lower0, lower);
      load(lower1, lower + Lanes<Scalar>::count);
      if (!any((lower0 <= undecided_below[0]) | (lower1 <= undecided_below[1]))) continue;
      ++groups_computed;
      Value<Scalar> nearest_other[2], second[2];
      Integer<Scalar> other[2] = {};
      const Index first_tile = group * bounds.tiles_per_group;
      find_two_nearest(panel.data + r, panel.stride, centers, first_tile,
                       smaller(first_tile + bounds.tiles_per_group, centers.tiles()), own, nearest_other,
                       other, second);
      THRUM_UNROLL
      for (int half = 0; half < 2; ++half) {
        store(lower + half * Lanes<Scalar>::count, lower_bound_of<Scalar>(nearest_other[half], bounds.slack));
        const Integer<Scalar> nearer = (nearest_other[half] < best[half]) |
                                       ((nearest_other[half] == best[half]) & (other[half] < label[half]));
        if (!any(nearer)) continue;
        runner[half] = nearer ? second[half] : runner[half];
        label[half] = nearer ? other[half] : label[half];
        best[half] = nearer ? nearest_other[half] : best[half];
        undecided_below[half] =
            deciding_bound<Scalar>(upper_bound_of<Scalar>(best[half], bounds.slack), bounds.slack);
      }
    }
    THRUM_UNROLL
    for (int half = 0; half < 2; ++half) {
      const Index at = r + half * Lanes<Scalar>::count;
      store(bounds.upper + at, upper_bound_of<Scalar>(best[half], bounds.slack));
      store(runner_up + at, lower_bound_of<Scalar>(runner[half], bounds.slack));
      store_labels<Scalar>(labels + at, label[half]);
    }
  }
  return groups_computed;
}

template <typename Scalar>
inline Index drift_bounds(PanelBounds<Scalar> bounds, Index rows, const int* labels, const Scalar* drift,
                          const Scalar* group_drift, int* undecided) {
  constexpr Scalar rounding = 2 * ScalarTraits<Scalar>::epsilon();
  Index count = 0;
  for (Index r = 0; r < rows; r += strip<Scalar>) {
    Scalar own_drift[strip<Scalar>];
    for (Index lane = 0; lane < strip<Scalar>; ++lane) own_drift[lane] = drift[labels[r + lane]];
    Scalar gap[strip<Scalar>];
    for (Index at = 0; at < strip<Scalar>; at += Lanes<Scalar>::count) {
      Value<Scalar> upper, moved;
      load(upper, bounds.upper + r + at);
      load(moved, own_drift + at);
      upper = (upper + moved) * (1 + rounding);
      store(bounds.upper + r + at, upper);
      Value<Scalar> least = Value<Scalar>{} + ScalarTraits<Scalar>::largest();
      for (Index group = 0; group < bounds.groups; ++group) {
        Scalar* const place = bounds.lower + group * bounds.stride + r + at;
        Value<Scalar> lower;
        load(lower, place);
        lower = maximum(lower - group_drift[group], Value<Scalar>{}) * (1 - rounding);
        store(place, lower);
        least = minimum(least, lower);
      }
      store(gap + at, least - deciding_bound<Scalar>(upper, bounds.slack));
    }
    const Index lanes = smaller(strip<Scalar>, rows - r);
    for (Index lane = 0; lane < lanes; ++lane) {
      undecided[count] = static_cast<int>(r + lane);
      count += gap[lane] > 0 ? 0 : 1;
    }
  }
  return count;
}

// ---- products

/// Tiles of products, whose sums stay in registers: of many columns with the fewest loads a multiplication,
/// of few without waiting for sums.
template <Index rows_of_tile, Index vectors_of_row>
struct TileShape {
  static constexpr Index rows = rows_of_tile, vectors = vectors_of_row;
};
using WideTile = TileShape<4, 3>;
using NarrowTile = TileShape<6, 2>;

/// Columns of a tile, whether all of them are wanted or not.
template <typename Scalar>
constexpr Index tile_columns = WideTile::vectors* Lanes<Scalar>::count;

/// Calls call(shape) with that for so many columns.
template <typename Scalar, typename Call>
THRUM_INLINE void with_tile_shape(Index cols, Call call) {
  if (cols > NarrowTile::vectors * Lanes<Scalar>::count)
    call(WideTile());
  else
    call(NarrowTile());
}

template <typename Scalar>
inline void center_rows(MatrixView<const Scalar> x, const Scalar* means, Scalar* centered, Index stride) {
  for (Index r = 0; r < x.rows; ++r) {
    const Scalar* const from = x.data + r * x.row_stride;
    Scalar* const to = centered + r * stride;
    Index f = 0;
    for (; f + Lanes<Scalar>::count <= x.cols; f += Lanes<Scalar>::count) {
      Value<Scalar> values, mean;
      load(values, from + f);
      load(mean, means + f);
      store(to + f, values - mean);
    }
    for (; f < x.cols; ++f) to[f] = from[f] - means[f];
  }
}

template <typename Scalar, typename Result>
THRUM_INLINE void deviations_by_doubles(const MatrixView<const Scalar>& x, const RowMeans& means,
                                        Result* tiles) {
  constexpr Index tile = tile_columns<Result>;
  for (Index begin = 0; begin < x.cols; begin += tile, tiles += most_product_steps * tile) {
    const Index cols = smaller(tile, x.cols - begin);
    const double* const of_columns = means.of_columns == nullptr ? nullptr : means.of_columns + begin;
    for (Index r = 0; r < x.rows; ++r) {
      const Scalar* const from = x.data + r * x.row_stride + begin;
      Result* const to = tiles + r * tile;
      const double factor = means.factors == nullptr ? 1.0 : means.factors[r];
      const double row_mean = means.of_rows == nullptr ? 0.0 : means.of_rows[r];
      Index f = 0;
      for (; f + Wide::count <= cols; f += Wide::count) {
        typename Lanes<Scalar>::Narrow values;
        Wide::Value mean = Wide::Value{} + row_mean;
        load(values, from + f);
        if (of_columns != nullptr) load(mean, of_columns + f);
        const Wide::Value deviation = (widened(values) - mean) * factor;
        typename Lanes<Result>::Narrow rounded;
        narrow_to(rounded, deviation);
        store(to + f, rounded);
      }
      for (; f < cols; ++f) {
        const double mean = of_columns == nullptr ? row_mean : of_columns[f];
        to[f] = static_cast<Result>((static_cast<double>(from[f]) - mean) * factor);
      }
    }
  }
}

template <typename Scalar>
inline void deviations(MatrixView<const Scalar> x, RowMeans means, double* tiles) {
  deviations_by_doubles(x, means, tiles);
}

/// Some vectors of columns of a tile, in float, less a mean in two parts: a value near a large mean loses
/// nothing to the first, and what is left is small beside neither.
template <Index vectors>
THRUM_INLINE void deviations_of_columns(const MatrixView<const float>& x, const double* means, float* tile) {
  constexpr Index lanes = Lanes<float>::count, columns = vectors * lanes;
  alignas(64) float mean[array_size(columns)], rest[array_size(columns)];
  for (Index f = 0; f < columns; ++f) {
    mean[f] = static_cast<float>(means[f]);
    rest[f] = static_cast<float>(means[f] - static_cast<double>(mean[f]));
  }
  constexpr size_t size = array_size(vectors);
  Value<float> high[size], low[size], values[size];
  THRUM_UNROLL
  for (Index v = 0; v < vectors; ++v) {
    load(high[v], mean + v * lanes);
    load(low[v], rest + v * lanes);
  }
  const float* from = x.data;
  for (Index r = 0; r < x.rows; ++r, from += x.row_stride, tile += tile_columns<float>) {
    THRUM_UNROLL
    for (Index v = 0; v < vectors; ++v) {
      load(values[v], from + v * lanes);
      store(tile + v * lanes, (values[v] - high[v]) - low[v]);
    }
  }
}

inline void deviations(MatrixView<const float> x, RowMeans means, float* tiles) {
  constexpr Index tile = tile_columns<float>, lanes = Lanes<float>::count;
  Index done = 0;
  const auto pass = [&](Index columns) {
    done += columns;
    x.data += columns;
    means.of_columns += columns;
    tiles += columns == tile ? most_product_steps * tile : columns;
  };
  if (means.of_columns != nullptr && means.factors == nullptr) {
    for (; done + tile <= x.cols; pass(tile))
      deviations_of_columns<WideTile::vectors>(x, means.of_columns, tiles);
    for (; done + lanes <= x.cols; pass(lanes)) deviations_of_columns<1>(x, means.of_columns, tiles);
  }
  x.cols -= done;
  deviations_by_doubles<float>(x, means, tiles);
}

template <typename Scalar, typename Shape>
struct TileProducts {
  Value<Scalar> of[array_size(Shape::rows)][array_size(Shape::vectors)];
};

/// Some steps of columns of the second factor, one tile wide.
template <typename Scalar>
struct TileOfColumns {
  const Scalar* data;
  Index step;
};

/// of_row(u, k): entry k of the factor of row u.
template <typename Scalar, typename Shape, typename OfRow>
THRUM_INLINE void multiply_tile(OfRow of_row, TileOfColumns<Scalar> b, Index steps,
                                TileProducts<Scalar, Shape>& sums) {
  sums = {};
  for (Index k = 0; k < steps; ++k, b.data += b.step) {
    Value<Scalar> row[array_size(Shape::vectors)];
    THRUM_UNROLL
    for (Index v = 0; v < Shape::vectors; ++v) load(row[v], b.data + v * Lanes<Scalar>::count);
    THRUM_UNROLL
    for (Index u = 0; u < Shape::rows; ++u) {
      const Scalar x = of_row(u, k);
      THRUM_UNROLL
      for (Index v = 0; v < Shape::vectors; ++v) sums.of[u][v] = x * row[v] + sums.of[u][v];
    }
  }
}

/// Adds a vector to as many sums.
THRUM_INLINE void add_vector(const Value<double>& vector, double* sums) {
  Value<double> before;
  load(before, sums);
  store(sums, before + vector);
}
THRUM_INLINE void add_vector(const Value<float>& vector, float* sums) {
  Value<float> before;
  load(before, sums);
  store(sums, before + vector);
}
THRUM_INLINE void add_vector(const Value<float>& vector, double* sums) {
  float values[Lanes<float>::count];
  store(values, vector);
  THRUM_UNROLL
  for (Index at = 0; at < Lanes<float>::count; at += Wide::count) {
    Lanes<float>::Narrow narrow;
    load(narrow, values + at);
    add_vector(widened(narrow), sums + at);
  }
}

THRUM_INLINE void add_row(const float* row, Index cols, double* sums) {
  Index v = 0;
  for (; v + Lanes<float>::count <= cols; v += Lanes<float>::count) {
    Value<float> values;
    load(values, row + v);
    add_vector(values, sums + v);
  }
  for (; v < cols; ++v) sums[v] += static_cast<double>(row[v]);
}

/// Adds the first rows and columns of a tile to sums.
template <typename Scalar, typename Shape>
THRUM_INLINE void add_tile(const TileProducts<Scalar, Shape>& tile, Index rows, Index cols, Scalar* sums,
                           Index stride) {
  constexpr Index width = Shape::vectors * Lanes<Scalar>::count;
  if (rows >= Shape::rows && cols >= width) {
    THRUM_UNROLL
    for (Index u = 0; u < Shape::rows; ++u) {
      THRUM_UNROLL
      for (Index v = 0; v < Shape::vectors; ++v)
        add_vector(tile.of[u][v], sums + u * stride + v * Lanes<Scalar>::count);
    }
    return;
  }
  Scalar values[array_size(Shape::rows)][array_size(width)];
  __builtin_memcpy(values, &tile, sizeof(values));
  for (Index u = 0; u < smaller(rows, Shape::rows); ++u)
    for (Index v = 0; v < smaller(cols, width); ++v) sums[u * stride + v] += values[u][v];
}

/// Some columns of b one tile wide, filled up with zeros.
template <typename Scalar>
THRUM_INLINE void pack_columns(const Scalar* b, Index step, Index steps, Index cols, Scalar* packed) {
  for (Index k = 0; k < steps; ++k, b += step, packed += tile_columns<Scalar>) {
    if (cols >= tile_columns<Scalar>) {
      __builtin_memcpy(packed, b, sizeof(Scalar) * array_size(tile_columns<Scalar>));
    } else {
      for (Index v = 0; v < tile_columns<Scalar>; ++v) packed[v] = v < cols ? b[v] : Scalar(0);
    }
  }
}

/// Factor::column, where the width of tiles is known.
template <typename Scalar>
THRUM_INLINE const Scalar* column_of(const Factor<Scalar>& factor, Index i) {
  constexpr size_t width = static_cast<size_t>(tile_columns<Scalar>);
  if (!factor.tiled) return factor.data + i * factor.stride;
  const size_t at = static_cast<size_t>(i);
  return factor.data + at / width * (array_size(most_product_steps) * width) + at % width;
}

/// Where some steps of a tile of b lie: where they are, or, where its columns lie apart and many tiles of a
/// meet them, together in `packed`.
template <typename Scalar, typename Sum>
THRUM_INLINE TileOfColumns<Scalar> columns_of(const Products<Scalar, Sum>& p, Index j, Index begin, Index end,
                                              Scalar* packed) {
  const Scalar* const b = column_of(p.b, j) + begin * p.b.step;
  const Index cols = p.cols - j;
  if (p.b.tiled || (cols >= tile_columns<Scalar> && p.last - p.first <= 6 * WideTile::rows))
    return {b, p.b.step};
  pack_columns(b, p.b.step, end - begin, cols, packed);
  return {packed, tile_columns<Scalar>};
}

/// Steps k to end of rows of the result from i on, a tile of them.
template <typename Shape, typename Scalar, typename Sum>
THRUM_INLINE TileProducts<Scalar, Shape> multiply_rows(const Products<Scalar, Sum>& p, Index i, Index k,
                                                       Index end, TileOfColumns<Scalar> b) {
  TileProducts<Scalar, Shape> tile;
  const Index step = p.a.step;
  if (tile_columns<Scalar> % Shape::rows == 0 && p.a.tiled) {  // side by side, and some more than there are
    const Scalar* const a = column_of(p.a, i) + k * tile_columns<Scalar>;
    multiply_tile([a](Index u, Index at) { return a[at * tile_columns<Scalar> + u]; }, b, end - k, tile);
    return tile;
  }
  const Scalar* a[array_size(Shape::rows)];
  THRUM_UNROLL
  for (Index u = 0; u < Shape::rows; ++u) a[u] = column_of(p.a, smaller(i + u, p.last - 1)) + k * step;
  multiply_tile([&a, step](Index u, Index at) { return a[u][at * step]; }, b, end - k, tile);
  return tile;
}

/// By so many steps that both factors of a tile stay in the first cache, or, where b is not in tiles, in the
/// order of `project`.
template <typename Scalar>
inline void add_products(Products<Scalar, Scalar> p) {
  const Index near = p.a.tiled ? 128 : features_per_partial_sum;
  alignas(64) Scalar packed[features_per_partial_sum * tile_columns<Scalar>];
  for (Index k = 0; k < p.steps; k += near) {
    const Index end = smaller(k + near, p.steps);
    for (Index j = 0; j < p.cols; j += tile_columns<Scalar>) {
      const TileOfColumns<Scalar> b = columns_of(p, j, k, end, packed);
      with_tile_shape<Scalar>(p.cols - j, [&](auto shape) {
        using Shape = decltype(shape);
        for (Index i = p.first; i < p.last; i += Shape::rows) {
          if (p.lower && j >= i + Shape::rows) continue;
          add_tile(multiply_rows<Shape>(p, i, k, end, b), p.last - i, p.cols - j,
                   p.sums + i * p.sums_stride + j, p.sums_stride);
        }
      });
    }
  }
}

/// Short sums in float, and sums of those, for which the rows of a meet a tile of columns in the first cache;
/// they go to the result in double, which lies farther away, at the end.
inline void add_wide_products(Products<float, double> p) {
  constexpr Index short_sum = 64, width = tile_columns<float>, doubles_per_line = 8;
  alignas(64) float packed[most_product_steps * width];
  alignas(64) float sums[product_block * width];
  for (Index j = 0; j < p.cols; j += width) {
    const TileOfColumns<float> b = columns_of(p, j, 0, p.steps, packed);
    const Index cols = smaller(width, p.cols - j);
    with_tile_shape<float>(cols, [&](auto shape) {
      using Shape = decltype(shape);
      const Index above = p.lower && j >= p.first + Shape::rows ? (j - p.first) / Shape::rows : 0;
      const Index first = p.first + above * Shape::rows;  // the tiles before lie above the diagonal
      for (Index i = first; i < p.last; ++i) {
        const double* const to = p.sums + i * p.sums_stride + j;
        for (Index v = 0; v < cols; v += doubles_per_line) __builtin_prefetch(to + v, 1);
      }
      __builtin_memset(sums, 0, sizeof(sums));
      for (Index k = 0; k < p.steps; k += short_sum) {
        const Index end = smaller(k + short_sum, p.steps);
        for (Index i = first; i < p.last; i += Shape::rows)
          add_tile(multiply_rows<Shape>(p, i, k, end, {b.data + k * b.step, b.step}), Shape::rows, width,
                   sums + (i - first) * width, width);
      }
      for (Index i = first; i < p.last; ++i)
        add_row(sums + (i - first) * width, cols, p.sums + i * p.sums_stride + j);
    });
  }
}
inline void add_wide_products(Products<double, double> p) { add_products(p); }

/// Four rows meet a vector of columns at once; lanes run across columns.
template <Index count>
THRUM_INLINE void add_symmetric_rows(const double* row, Index stride, Index first, const double* v,
                                     double* y) {
  Wide::Value sums[array_size(count)] = {};
  Index j = 0;
  for (; j + Wide::count <= first; j += Wide::count) {
    Wide::Value values, other, result;
    load(other, v + j);
    load(result, y + j);
    THRUM_UNROLL
    for (Index u = 0; u < count; ++u) {
      load(values, row + u * stride + j);
      sums[u] = values * other + sums[u];
      result = values * v[first + u] + result;
    }
    store(y + j, result);
  }
  for (Index u = 0; u < count; ++u) {
    double sum = 0;
    for (Index lane = 0; lane < Wide::count; ++lane) sum += sums[u][lane];
    for (Index i = j; i < first + u; ++i) {
      sum = row[u * stride + i] * v[i] + sum;
      y[i] = row[u * stride + i] * v[first + u] + y[i];
    }
    y[first + u] += row[u * stride + first + u] * v[first + u] + sum;
  }
}

inline void add_symmetric_product(const double* lower, Index stride, Index first, Index last, const double* v,
                                  double* y) {
  Index i = first;
  for (; i + 4 <= last; i += 4) add_symmetric_rows<4>(lower + i * stride, stride, i, v, y);
  for (; i < last; ++i) add_symmetric_rows<1>(lower + i * stride, stride, i, v, y);
}

// ---- seeding

/// Adds min(closest, distance) times weight into 16 sums, row r into sum r % 16.
template <typename Scalar>
THRUM_INLINE void add_potential(const Value<Scalar>& squared, const Scalar* weights, double* sums) {
  Scalar values[Lanes<Scalar>::count];
  store(values, squared);
  for (Index at = 0; at < Lanes<Scalar>::count; at += Wide::count) {
    typename Lanes<Scalar>::Narrow narrow;
    load(narrow, values + at);
    Wide::Value term = widened(narrow);
    if (weights != nullptr) {
      load(narrow, weights + at);
      term *= widened(narrow);
    }
    Wide::Value sum;
    load(sum, sums + at);
    store(sums + at, sum + term);
  }
}

template <typename Scalar>
inline void seeding_pass(Panel<Scalar> panel, PackedCenters<Scalar> centers, bool accepted,
                         const Scalar* weights, Scalar* closest, double* potentials) {
  constexpr Index lanes = 16;
  for (Index tile = 0; tile < centers.tiles(); ++tile) {
    double sums[centers_per_tile][lanes] = {};
    for (Index r = 0; r < panel.rows; r += strip<Scalar>) {
      TileDistances<Scalar> found;
      tile_distances(panel.data + r, panel.stride, centers.data + tile * centers_per_tile * panel.features,
                     panel.features, found);
      THRUM_UNROLL
      for (Index half = 0; half < 2; ++half) {
        const Index at = r + half * Lanes<Scalar>::count;
        Value<Scalar> least;
        load(least, closest + at);
        if (accepted && tile == 0) {
          least = minimum(least, found.of[0][half]);
          store(closest + at, least);
        }
        THRUM_UNROLL
        for (Index c = 0; c < centers_per_tile; ++c)
          add_potential<Scalar>(minimum(least, found.of[c][half]),
                                weights == nullptr ? nullptr : weights + at, sums[c] + at % lanes);
      }
    }
    const Index first = tile * centers_per_tile, count = smaller(centers_per_tile, centers.clusters - first);
    for (Index c = accepted && tile == 0 ? 1 : 0; c < count; ++c) {
      for (Index width = lanes / 2; width > 0; width /= 2)
        for (Index lane = 0; lane < width; ++lane) sums[c][lane] += sums[c][lane + width];
      potentials[first + c - (accepted ? 1 : 0)] = sums[c][0];
    }
  }
}

template <typename Scalar>
inline KernelTable<Scalar> kernel_table() {
  return {load_rows<Scalar>,
          load_picked<Scalar>,
          all_finite<Scalar>,
          widen_ranges<Scalar>,
          widen_ranges_by_rows<Scalar>,
          add_deviations<Scalar>,
          add_rows<Scalar>,
          nearest<Scalar>,
          pairwise<Scalar>,
          distances<Scalar>,
          store_rows<Scalar>,
          nearest_two<Scalar>,
          refine<Scalar>,
          drift_bounds<Scalar>,
          center_rows<Scalar>,
          deviations,
          deviations,
          tile_columns<Scalar>,
          add_products<Scalar>,
          add_wide_products,
          add_symmetric_product,
          seeding_pass<Scalar>};
}

}  // namespace THRUM_TARGET
}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#include "thrum/host/scoring_kernels_for_target.hpp"

#undef THRUM_SHUFFLE
#undef THRUM_UNROLL
#undef THRUM_HIDE
#undef THRUM_INLINE
#undef THRUM_TARGET
#undef THRUM_TARGET_BYTES
