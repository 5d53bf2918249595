// The kernels that bring rows into panels, look at their ranges and sum their deviations, for one instruction
// set: a part of host/kernels_for_target.hpp, which includes it and whose vectors it uses.

#if !defined(THRUM_TARGET)
#include "thrum/host/kernels_for_target.hpp"
#else

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
namespace THRUM_TARGET {

// ---- panels

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define THRUM_SHUFFLE __builtin_shufflevector
#endif
#endif

/// Rows and panels are transposed by cells of 16 bytes, of which there are as many in a vector as it has room
/// for: shuffles stay within cells, whatever the width of the vectors.
template <typename Scalar>
struct Cells {
  static constexpr Index width = 16 / static_cast<Index>(sizeof(Scalar));
  static constexpr Index count = THRUM_TARGET_BYTES < 16 ? 1 : THRUM_TARGET_BYTES / 16;
  static constexpr Index rows = width * count;
  typedef Scalar Value __attribute__((vector_size(16 * count)));
};

#if defined(THRUM_SHUFFLE)

template <typename Vector>
using Positions = std::make_integer_sequence<int, static_cast<int>(sizeof(Vector) / sizeof(Vector{}[0]))>;

/// In every cell what the pattern takes from those of a and b, whose values it counts through.
template <int... pattern, typename Vector, int... lane>
THRUM_INLINE Vector shuffled_as(const Vector& a, const Vector& b, std::integer_sequence<int, lane...>) {
  constexpr int from[] = {pattern...}, width = static_cast<int>(sizeof...(pattern)),
                lanes = static_cast<int>(sizeof...(lane));
  return THRUM_SHUFFLE(
      a, b, (lane + from[lane % width] - lane % width + from[lane % width] / width * (lanes - width))...);
}
template <int... pattern, typename Vector>
THRUM_INLINE Vector shuffled(const Vector& a, const Vector& b) {
  return shuffled_as<pattern...>(a, b, Positions<Vector>{});
}

/// A vector of the cells at cell_at(0), cell_at(1), ..., and back. Loaded in assembly, as GCC 12
/// would go by more shuffles.
template <typename Vector, typename CellAt>
THRUM_INLINE void load_cells(Vector& vector, CellAt cell_at) {
#if THRUM_TARGET_BYTES >= 32
  using Cell = const decltype(cell_at(0)[0] + 0)[16 / sizeof(vector[0])];
  const auto cell = [&](Index i) -> Cell& { return reinterpret_cast<Cell&>(*cell_at(i)); };
  __asm__("vmovups %1, %x0" : "=v"(vector) : "m"(cell(0)));
#if THRUM_TARGET_BYTES == 32
  __asm__("vinsertf128 $1, %1, %0, %0" : "+v"(vector) : "m"(cell(1)));
#else
  __asm__("vinsertf32x4 $1, %1, %0, %0" : "+v"(vector) : "m"(cell(1)));
  __asm__("vinsertf32x4 $2, %1, %0, %0" : "+v"(vector) : "m"(cell(2)));
  __asm__("vinsertf32x4 $3, %1, %0, %0" : "+v"(vector) : "m"(cell(3)));
#endif
#else
  load(vector, cell_at(0));
#endif
}
template <int first, typename Vector, int... lane>
THRUM_INLINE auto lanes_from(const Vector& vector, std::integer_sequence<int, lane...>) {
  return THRUM_SHUFFLE(vector, vector, (first + lane)...);
}
template <Index count, typename Vector, typename CellAt>
THRUM_INLINE void store_cells(CellAt cell_at, const Vector& vector) {
  if constexpr (count == 1) {
    store(cell_at(0), vector);
  } else {
    constexpr int half = static_cast<int>(sizeof(vector) / sizeof(vector[0]) / 2);
    const std::make_integer_sequence<int, half> lanes;
    store_cells<count / 2>(cell_at, lanes_from<0>(vector, lanes));
    store_cells<count / 2>([&](Index i) { return cell_at(count / 2 + i); }, lanes_from<half>(vector, lanes));
  }
}

/// The cells of the same place in as many vectors as a cell is wide.
template <typename Vector>
THRUM_INLINE void transpose_cells(Vector (&v)[4]) {
  const Vector a = shuffled<0, 4, 1, 5>(v[0], v[2]), b = shuffled<2, 6, 3, 7>(v[0], v[2]);
  const Vector c = shuffled<0, 4, 1, 5>(v[1], v[3]), d = shuffled<2, 6, 3, 7>(v[1], v[3]);
  v[0] = shuffled<0, 4, 1, 5>(a, c);
  v[1] = shuffled<2, 6, 3, 7>(a, c);
  v[2] = shuffled<0, 4, 1, 5>(b, d);
  v[3] = shuffled<2, 6, 3, 7>(b, d);
}
template <typename Vector>
THRUM_INLINE void transpose_cells(Vector (&v)[2]) {
  const Vector a = v[0];
  v[0] = shuffled<0, 2>(a, v[1]);
  v[1] = shuffled<1, 3>(a, v[1]);
}

/// Cells whose columns are those of triples x y z that lie one after the other.
template <typename Vector>
THRUM_INLINE void transpose_triples(Vector& a, Vector& b, Vector& c) {
  if constexpr (sizeof(a[0]) == 4) {               // x0 y0 z0 x1, y1 z1 x2 y2, z2 x3 y3 z3
    const Vector bc = shuffled<2, 5, 3, 6>(b, c);  // x2 x3 y2 y3
    const Vector ab = shuffled<1, 4, 2, 5>(a, b);  // y0 y1 z0 z1
    a = shuffled<0, 3, 4, 5>(a, bc);
    b = shuffled<0, 1, 6, 7>(ab, bc);
    c = shuffled<2, 3, 4, 7>(ab, c);
  } else {  // x0 y0, z0 x1, y1 z1
    const Vector xy = a, zx = b;
    a = shuffled<0, 3>(xy, zx);
    b = shuffled<1, 2>(xy, c);
    c = shuffled<0, 3>(zx, c);
  }
}
#endif

/// Transposes Cells::rows rows of Cells::width values, row r of which starts at row_at(r); column c goes to
/// columns + c * stride.
template <typename Scalar, typename RowAt>
THRUM_INLINE void load_block(RowAt row_at, Scalar* columns, Index stride) {
  constexpr Index width = Cells<Scalar>::width;
#if defined(THRUM_SHUFFLE)
  typename Cells<Scalar>::Value cells[array_size(width)];
  THRUM_UNROLL
  for (Index c = 0; c < width; ++c) load_cells(cells[c], [&](Index i) { return row_at(i * width + c); });
  transpose_cells(cells);
  THRUM_UNROLL
  for (Index c = 0; c < width; ++c) store(columns + c * stride, cells[c]);
#else
  THRUM_UNROLL
  for (Index c = 0; c < width; ++c)
    for (Index r = 0; r < Cells<Scalar>::rows; ++r) columns[c * stride + r] = row_at(r)[c];
#endif
}

/// And back.
template <typename Scalar, typename RowAt>
THRUM_INLINE void store_block(const Scalar* columns, Index stride, RowAt row_at) {
  constexpr Index width = Cells<Scalar>::width;
#if defined(THRUM_SHUFFLE)
  typename Cells<Scalar>::Value cells[array_size(width)];
  THRUM_UNROLL
  for (Index c = 0; c < width; ++c) load(cells[c], columns + c * stride);
  transpose_cells(cells);
  THRUM_UNROLL
  for (Index c = 0; c < width; ++c)
    store_cells<Cells<Scalar>::count>([&](Index i) { return row_at(i * width + c); }, cells[c]);
#else
  THRUM_UNROLL
  for (Index c = 0; c < width; ++c)
    for (Index r = 0; r < Cells<Scalar>::rows; ++r) row_at(r)[c] = columns[c * stride + r];
#endif
}

/// load_block for rows of three values that lie one after the other.
template <typename Scalar>
THRUM_INLINE void load_triples(const Scalar* x, Scalar* columns, Index stride) {
#if defined(THRUM_SHUFFLE)
  constexpr Index width = Cells<Scalar>::width;
  typename Cells<Scalar>::Value cells[3];
  THRUM_UNROLL
  for (Index c = 0; c < 3; ++c) load_cells(cells[c], [&](Index i) { return x + (3 * i + c) * width; });
  transpose_triples(cells[0], cells[1], cells[2]);
  THRUM_UNROLL
  for (Index c = 0; c < 3; ++c) store(columns + c * stride, cells[c]);
#else
  for (Index f = 0; f < 3; ++f)
    for (Index r = 0; r < Cells<Scalar>::rows; ++r) columns[f * stride + r] = x[3 * r + f];
#endif
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
  constexpr Index ahead = 1024;
  Integer<Scalar> suspect = {};
  for (Index f = 0; f < panel.features; ++f) {
    for (Index r = 0; r < panel.rows; r += Lanes<Scalar>::count) {
      __builtin_prefetch(panel.data + f * panel.stride + r + ahead);
      suspect |= not_finite(panel.data + f * panel.stride + r);
    }
  }
  return !any(suspect);
}

/// Fills the panel up with copies of its last row.
template <typename Scalar>
inline void fill_up(Scalar* panel, Index stride, Index rows, Index features) {
  for (Index r = rows; r < rounded_up(rows, panel_row_multiple); ++r)
    for (Index f = 0; f < features; ++f) panel[f * stride + r] = panel[f * stride + rows - 1];
}

/// Rows of contiguous features, at least as many as a cell is wide, into the panel, block of columns by block
/// of columns, so that of each row a cache line is read at a time. rows_at(r, f)(i): where row r + i has
/// feature f; rows: a multiple of Cells::rows.
template <typename Scalar, typename RowsAt>
THRUM_INLINE void load_by_blocks(RowsAt rows_at, Index rows, Index features, Scalar* panel, Index stride) {
  using Block = Cells<Scalar>;
  for (Index next = 0; next < features; next += Block::width) {
    const Index f = smaller(next, features - Block::width);  // the last block may overlap the one before
    for (Index r = 0; r < rows; r += Block::rows) load_block(rows_at(r, f), panel + f * stride + r, stride);
  }
}

/// Rows that start anywhere.
template <typename Scalar>
inline void load_listed(const Scalar* const* starts, Index rows, Index features, Scalar* panel,
                        Index stride) {
  const auto rows_at = [=](Index r, Index f) {
    constexpr Index line = 64 / static_cast<Index>(sizeof(Scalar));
    if (f % line == 0 && f + 2 * line < features)
      for (Index i = 0; i < Cells<Scalar>::rows; ++i) __builtin_prefetch(starts[r + i] + f + 2 * line);
    return [=](Index i) { return starts[r + i] + f; };
  };
  load_by_blocks(rows_at, rows, features, panel, stride);
}

/// Where the rows of a block start that follow each other. Pointers that the optimiser does not see through
/// keep it from finding each row an address of its own, for which it has no registers.
template <typename Scalar>
struct RowsInSequence {
  static constexpr Index width = Cells<Scalar>::width;
  const Scalar* groups[array_size(Cells<Scalar>::count)];
  Index stride;

  THRUM_INLINE RowsInSequence(const Scalar* first, Index row_stride) : stride(row_stride) {
    THRUM_UNROLL
    for (Index group = 0; group < Cells<Scalar>::count; ++group) {
      groups[group] = first + group * width * stride;
      __asm__("" : "+r"(groups[group]));
    }
  }
  THRUM_INLINE const Scalar* operator()(Index i) const { return groups[i / width] + i % width * stride; }
};

/// Rows one after the other.
template <typename Scalar>
inline void load_sequence(MatrixView<const Scalar> x, Index rows, Scalar* panel, Index stride) {
  constexpr Index line = 64 / static_cast<Index>(sizeof(Scalar)), width = Cells<Scalar>::width;
  const auto rows_at = [=](Index r, Index f) {
    const Scalar* const ahead = x.data + rows * x.row_stride + f * rows + r * width;
    THRUM_UNROLL
    for (Index i = 0; i < Cells<Scalar>::rows * width; i += line) __builtin_prefetch(ahead + i, 0, 2);
    return RowsInSequence<Scalar>(x.data + r * x.row_stride + f, x.row_stride);
  };
  load_by_blocks(rows_at, rows, x.cols, panel, stride);
}

template <typename Scalar>
inline void load_rows(MatrixView<const Scalar> x, Index rows, Scalar* panel, Index stride) {
  const bool by_rows = x.col_stride == 1, triples = by_rows && x.cols == 3 && x.row_stride == 3;
  Index r = 0;
  if (by_rows && x.cols >= Cells<Scalar>::width && !triples) {
    const Index whole = rows / panel_row_multiple * panel_row_multiple;
    load_sequence(x, whole, panel, stride);
    if (whole == rows) return;
    const Scalar* starts[array_size(panel_row_multiple)];
    for (Index i = 0; i < panel_row_multiple; ++i)
      starts[i] = x.data + smaller(whole + i, rows - 1) * x.row_stride;
    return load_listed(starts, panel_row_multiple, x.cols, panel + whole, stride);
  }
  if (x.row_stride == 1) {
    for (Index f = 0; f < x.cols; ++f)
      __builtin_memcpy(panel + f * stride, x.data + f * x.col_stride,
                       static_cast<size_t>(rows) * sizeof(Scalar));
    r = rows;
  } else if (triples) {
    constexpr Index at_once = Cells<Scalar>::rows, line = 64 / static_cast<Index>(sizeof(Scalar));
    for (; r + at_once <= rows; r += at_once) {
      THRUM_UNROLL
      for (Index i = 0; i < 3 * at_once; i += line) __builtin_prefetch(x.data + 3 * (r + rows) + i);
      load_triples(x.data + 3 * r, panel + r, stride);
    }
  }
  for (; r < rows; ++r)
    for (Index f = 0; f < x.cols; ++f) panel[f * stride + r] = x(r, f);
  fill_up(panel, stride, rows, x.cols);
}

template <typename Scalar>
inline void load_picked(MatrixView<const Scalar> x, const int* picked, Index rows, Scalar* panel,
                        Index stride) {
  if (x.col_stride == 1 && x.cols >= Cells<Scalar>::width) {
    const Scalar* starts[array_size(most_panel_rows)];
    const Index padded = rounded_up(rows, panel_row_multiple);
    for (Index r = 0; r < padded; ++r) {
      starts[r] = x.data + picked[smaller(r, rows - 1)] * x.row_stride;
      __builtin_prefetch(starts[r]);
    }
    return load_listed(starts, padded, x.cols, panel, stride);
  }
  for (Index r = 0; r < rows; ++r)
    for (Index f = 0; f < x.cols; ++f) panel[f * stride + r] = x(picked[r], f);
  fill_up(panel, stride, rows, x.cols);
}

/// A panel back into rows.
template <typename Scalar>
inline void store_rows(MatrixView<const Scalar> panel, MatrixView<Scalar> rows) {
  using Block = Cells<Scalar>;
  Index r = 0;
  if (rows.col_stride == 1 && rows.cols >= Block::width) {
    for (; r + Block::rows <= rows.rows; r += Block::rows) {
      for (Index next = 0; next < rows.cols; next += Block::width) {
        const Index f = smaller(next, rows.cols - Block::width);  // the last one may overlap
        store_block(&panel(r, f), panel.col_stride, [&](Index i) { return &rows(r + i, f); });
      }
    }
  }
  for (; r < rows.rows; ++r)
    for (Index f = 0; f < rows.cols; ++f) rows(r, f) = panel(r, f);
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

/// Some rows of a vector of features. Pairs meet first: the results before them are waited for half as often.
template <Index rows, typename Scalar>
THRUM_INLINE void widen_ranges_by(const Scalar* x, Index stride, Index ahead, Scalar* least, Scalar* largest,
                                  Integer<Scalar>& suspect) {
  Value<Scalar> low, high, values[array_size(rows)];
  load(low, least);
  load(high, largest);
  THRUM_UNROLL
  for (Index r = 0; r < rows; ++r, x += stride) {
    __builtin_prefetch(x + ahead);
    load(values[r], x);
    suspect |= not_finite(x);
    if (r % 2 == 0 && r + 1 < rows) continue;
    const Value<Scalar>& other = values[r - r % 2];
    low = minimum(low, minimum(other, values[r]));
    high = maximum(high, maximum(other, values[r]));
  }
  store(least, low);
  store(largest, high);
}

/// Lanes across features; the last, incomplete vector overlaps the one before.
template <typename Scalar>
inline bool widen_ranges_by_rows(MatrixView<const Scalar> x, Index ahead, Scalar* least, Scalar* largest) {
  constexpr Index rows_at_once = 8;
  Integer<Scalar> suspect = {};
  for (Index begin = 0; begin < x.rows; begin += rows_at_once) {
    for (Index at = 0; at < x.cols; at += Lanes<Scalar>::count) {
      const Index f = smaller(at, x.cols - Lanes<Scalar>::count);
      const auto widen = [&](auto rows, Index r) {
        widen_ranges_by<decltype(rows)::value>(&x(r, f), x.row_stride, ahead, least + f, largest + f,
                                               suspect);
      };
      if (begin + rows_at_once <= x.rows) {
        widen(std::integral_constant<Index, rows_at_once>(), begin);
      } else {
        for (Index r = begin; r < x.rows; ++r) widen(std::integral_constant<Index, 1>(), r);
      }
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

template <typename Scalar>
inline PanelKernels<Scalar> panel_kernels() {
  return {load_rows<Scalar>,    load_picked<Scalar>,          store_rows<Scalar>,    all_finite<Scalar>,
          widen_ranges<Scalar>, widen_ranges_by_rows<Scalar>, add_deviations<Scalar>};
}

}  // namespace THRUM_TARGET
}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_TARGET
