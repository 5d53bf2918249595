// The kernels that bring rows into panels, look at their ranges and sum them, for one instruction set: a part
// of host/kernels_for_target.hpp, which includes it and whose vectors it uses.

#if !defined(THRUM_TARGET)
#include "thrum/host/kernels_for_target.hpp"
#else

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
namespace THRUM_TARGET {

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

/// So many of the first rows of x have a vector of features from f on in memory, those of the next row
/// included.
template <typename Scalar>
THRUM_INLINE Index rows_with_vector_at(const MatrixView<const Scalar>& x, Index f) {
  const bool within_row = f + Wide::count <= x.cols, next_row_follows = x.row_stride == x.cols;
  if (x.col_stride != 1 || !(within_row || next_row_follows)) return 0;
  return x.rows - (f + Wide::count - 1) / x.cols;
}

/// Some vectors of features of a row from f on. Beyond the last one there may be anything: that goes to the
/// part of the sums that is nobody's.
template <Index vectors, typename Scalar>
THRUM_INLINE void load_features(const MatrixView<const Scalar>& x, Index row, Index f, bool in_memory,
                                typename Lanes<Scalar>::Narrow (&values)[array_size(vectors)]) {
  Scalar copied[array_size(vectors * Wide::count)];
  const Scalar* from = x.data + row * x.row_stride + f;
  if (!in_memory) {
    for (Index i = 0; i < vectors * Wide::count; ++i) copied[i] = f + i < x.cols ? x(row, f + i) : 0;
    from = copied;
  }
  THRUM_UNROLL
  for (Index v = 0; v < vectors; ++v) load(values[v], from + v * Wide::count);
}

template <Index vectors>
THRUM_INLINE void add_to(int64_t* sums, const Wide::Integer (&terms)[array_size(vectors)], bool away) {
  THRUM_UNROLL
  for (Index v = 0; v < vectors; ++v) {
    Wide::Integer sum;
    load(sum, sums + v * Wide::count);
    store(sums + v * Wide::count, away ? sum - terms[v] : sum + terms[v]);
  }
}

/// Some vectors of features from f on. Sums stay in memory: rows of one cluster seldom follow each other, and
/// to sort them by cluster takes longer than to read and write the sums.
template <Index vectors, typename Scalar>
THRUM_INLINE void move_features(const MatrixView<const Scalar>& x, const MovedRows& moved, Index count,
                                Index f, const double* weights, const double* scales, const SumParts& sums) {
  const Index in_memory = rows_with_vector_at(x, f + (vectors - 1) * Wide::count);
  Wide::Value scale[array_size(vectors)];
  THRUM_UNROLL
  for (Index v = 0; v < vectors; ++v) load(scale[v], scales + f + v * Wide::count);
  for (Index i = 0; i < count; ++i) {
    typename Lanes<Scalar>::Narrow values[array_size(vectors)];
    load_features<vectors>(x, moved.positions[i], f, moved.positions[i] < in_memory, values);
    Wide::Integer high[array_size(vectors)], low[array_size(vectors)];
    THRUM_UNROLL
    for (Index v = 0; v < vectors; ++v) {
      Wide::Value terms = widened(values[v]);
      if (weights != nullptr) terms *= weights[i];
      split_terms(terms * scale[v], high[v], low[v]);
    }
    const Index entered = moved.to[i] * sums.stride + f;
    add_to<vectors>(sums.high + entered, high, false);
    add_to<vectors>(sums.low + entered, low, false);
    if (moved.from[i] < 0) continue;
    const Index left = moved.from[i] * sums.stride + f;
    add_to<vectors>(sums.high + left, high, true);
    add_to<vectors>(sums.low + left, low, true);
  }
}

template <typename Scalar>
inline void move_rows(MatrixView<const Scalar> x, MovedRows moved, Index count, const double* weights,
                      const double* scales, SumParts sums) {
  constexpr Index vectors = 4;
  Index f = 0;
  for (; f + vectors * Wide::count <= x.cols; f += vectors * Wide::count)
    move_features<vectors>(x, moved, count, f, weights, scales, sums);
  for (; f < x.cols; f += Wide::count) move_features<1>(x, moved, count, f, weights, scales, sums);
}

}  // namespace THRUM_TARGET
}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_TARGET
