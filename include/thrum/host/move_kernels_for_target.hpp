// The kernels that find the samples whose cluster changes and let sums follow them, for one instruction set:
// a part of host/kernels_for_target.hpp, which includes it and whose vectors it uses.

#if !defined(THRUM_TARGET)
#include "thrum/host/kernels_for_target.hpp"
#else

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
namespace THRUM_TARGET {

// ---- labels, without a branch on each, which no processor can foresee

#if defined(__x86_64__) && THRUM_TARGET_BYTES == 64
/// Stores the lanes whose bit is set side by side, and anything after them.
THRUM_INLINE void store_picked(int* to, const Lanes<float>::Integer& vector, uint16_t picked) {
  Lanes<float>::Integer packed;
  __asm__("vpcompressd %1, %0 %{%2%}%{z%}" : "=v"(packed) : "v"(vector), "Yk"(picked));
  store(to, packed);  // all of it: storing only the picked ones is slow on some processors
}

inline Index relabel(const int* found, Index first, Index rows, int* labels, MovedRows moved) {
  constexpr int lanes = Lanes<float>::count;
  Lanes<float>::Integer position;
  for (int lane = 0; lane < lanes; ++lane) position[lane] = static_cast<int>(first) + lane;
  Index count = 0;
  for (Index r = 0; r < rows; r += lanes, position += lanes) {
    Lanes<float>::Integer before, after;
    load(before, labels + r);
    load(after, found + r);
    store(labels + r, after);
    uint16_t differ;
    __asm__("vpcmpneqd %2, %1, %0" : "=Yk"(differ) : "v"(before), "v"(after));
    store_picked(moved.positions + count, position, differ);
    store_picked(moved.from + count, before, differ);
    store_picked(moved.to + count, after, differ);
    count += __builtin_popcount(differ);
  }
  while (count > 0 && moved.positions[count - 1] >= first + rows) --count;  // rows filled up with
  return count;
}

#else
/// Which of panel_row_multiple labels differ: bit i for those at i.
THRUM_INLINE uint32_t differing_labels(const int* a, const int* b) {
  uint32_t differing = 0;
#if defined(__x86_64__) && THRUM_TARGET_BYTES >= 16
  for (Index i = 0; i < panel_row_multiple; i += Lanes<float>::count) {
    Lanes<float>::Integer x, y;
    load(x, a + i);
    load(y, b + i);
    const Lanes<float>::Integer differ = x != y;
    uint32_t bits;
#if THRUM_TARGET_BYTES == 32
    __asm__("vmovmskps %1, %0" : "=r"(bits) : "x"(differ));
#else
    __asm__("movmskps %1, %0" : "=r"(bits) : "x"(differ));
#endif
    differing |= bits << i;
  }
#else
  for (Index i = 0; i < panel_row_multiple; ++i) differing |= uint32_t{a[i] != b[i]} << i;
#endif
  return differing;
}

inline Index relabel(const int* found, Index first, Index rows, int* labels, MovedRows moved) {
  static_assert(panel_row_multiple == 32, "a bit for each");
  Index count = 0;
  for (Index begin = 0; begin < rows; begin += panel_row_multiple) {
    uint32_t differing = differing_labels(labels + begin, found + begin);
    if (rows - begin < panel_row_multiple) differing &= (uint32_t{1} << (rows - begin)) - 1;
    for (; differing != 0; differing &= differing - 1, ++count) {
      const Index r = begin + __builtin_ctz(differing);
      moved.positions[count] = static_cast<int>(first + r);
      moved.from[count] = labels[r];
      moved.to[count] = labels[r] = found[r];
    }
  }
  return count;
}
#endif

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

/// Some vectors of features from f on. Sums stay in memory: rows of one cluster seldom follow each other.
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
