// The kernels of products of matrices for one instruction set, and of the tiles that they read: a part of
// host/kernels_for_target.hpp, which includes it and whose vectors it uses.

#if !defined(THRUM_TARGET)
#include "thrum/host/kernels_for_target.hpp"
#else

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
namespace THRUM_TARGET {

/// Tiles of products, whose sums stay in registers: so many that no sum is waited for, and that leave room
/// for a row of the second factor.
template <Index rows_of_tile, Index vectors_of_row>
struct TileShape {
  static constexpr Index rows = rows_of_tile, vectors = vectors_of_row;
};
#if defined(__aarch64__) || THRUM_TARGET_BYTES == 64  // 32 registers
using WideTile = TileShape<8, 3>;
using NarrowTile = TileShape<12, 2>;
using SlimTile = TileShape<16, 1>;
#else
using WideTile = TileShape<4, 3>;
using NarrowTile = TileShape<6, 2>;
using SlimTile = TileShape<12, 1>;
#endif

/// Columns of a tile, whether all of them are wanted or not.
template <typename Scalar>
constexpr Index tile_columns = WideTile::vectors* Lanes<Scalar>::count;

/// Calls call(shape) with the narrowest for so many columns.
template <typename Scalar, typename Call>
THRUM_INLINE void with_tile_shape(Index cols, Call call) {
  if (cols > NarrowTile::vectors * Lanes<Scalar>::count)
    call(WideTile());
  else if (cols > SlimTile::vectors * Lanes<Scalar>::count)
    call(NarrowTile());
  else
    call(SlimTile());
}

/// Fetches meanwhile what is read next: the features that follow, or as many whole rows.
template <typename Scalar>
inline void center_rows(MatrixView<const Scalar> x, const Scalar* means, Scalar* centered, Index stride) {
  const Index ahead = x.cols < x.row_stride ? x.cols : x.rows * x.row_stride;
  for (Index r = 0; r < x.rows; ++r) {
    const Scalar* const from = x.data + r * x.row_stride;
    Scalar* const to = centered + r * stride;
    Index f = 0;
    for (; f + Lanes<Scalar>::count <= x.cols; f += Lanes<Scalar>::count) {
      Value<Scalar> values, mean;
      load(values, from + f);
      load(mean, means + f);
      __builtin_prefetch(from + f + ahead);
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

/// Adds the first rows and columns of a tile to sums, or puts them there.
template <typename Scalar, typename Shape>
THRUM_INLINE void add_tile(const TileProducts<Scalar, Shape>& tile, Index rows, Index cols, Scalar* sums,
                           Index stride, bool replaces) {
  constexpr Index width = Shape::vectors * Lanes<Scalar>::count;
  if (rows >= Shape::rows && cols >= width) {
    THRUM_UNROLL
    for (Index u = 0; u < Shape::rows; ++u) {
      Scalar* const row = sums + u * stride;
      THRUM_UNROLL
      for (Index v = 0; v < Shape::vectors; ++v) {
        if (replaces)
          store(row + v * Lanes<Scalar>::count, tile.of[u][v]);
        else
          add_vector(tile.of[u][v], row + v * Lanes<Scalar>::count);
      }
    }
    return;
  }
  Scalar values[array_size(Shape::rows)][array_size(width)];
  __builtin_memcpy(values, &tile, sizeof(values));
  for (Index u = 0; u < smaller(rows, Shape::rows); ++u)
    for (Index v = 0; v < smaller(cols, width); ++v)
      sums[u * stride + v] = replaces ? values[u][v] : sums[u * stride + v] + values[u][v];
}

/// Some columns of b one tile wide, filled up with zeros.
template <Index width, typename Scalar>
THRUM_INLINE void pack_columns(const Scalar* b, Index step, Index steps, Index cols, Scalar* packed) {
  for (Index k = 0; k < steps; ++k, b += step, packed += width) {
    if (cols >= width) {
      __builtin_memcpy(packed, b, sizeof(Scalar) * array_size(width));
    } else {
      for (Index v = 0; v < width; ++v) packed[v] = v < cols ? b[v] : Scalar(0);
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
template <typename Shape, typename Scalar, typename Sum>
THRUM_INLINE TileOfColumns<Scalar> columns_of(const Products<Scalar, Sum>& p, Index j, Index begin, Index end,
                                              Scalar* packed) {
  constexpr Index width = Shape::vectors * Lanes<Scalar>::count;
  const Scalar* const b = column_of(p.b, j) + begin * p.b.step;
  const Index cols = p.cols - j;
  const bool together = p.b.step == width, few = p.last - p.first <= 24;
  if (p.b.tiled || (cols >= width && (together || few))) return {b, p.b.step};
  pack_columns<width>(b, p.b.step, end - begin, cols, packed);
  return {packed, width};
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
  const Scalar* const first = column_of(p.a, i) + k * step;
  const Index stride = p.a.stride;
  if (i + Shape::rows <= p.last && !p.a.tiled) {
    multiply_tile([=](Index u, Index at) { return first[u * stride + at * step]; }, b, end - k, tile);
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
      with_tile_shape<Scalar>(p.cols - j, [&](auto shape) {
        using Shape = decltype(shape);
        const TileOfColumns<Scalar> b = columns_of<Shape>(p, j, k, end, packed);
        for (Index i = p.first; i < p.last; i += Shape::rows) {
          if (p.lower && j >= i + Shape::rows) continue;
          add_tile(multiply_rows<Shape>(p, i, k, end, b), p.last - i, p.cols - j,
                   p.sums + i * p.sums_stride + j, p.sums_stride, p.replaces && k == 0);
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
    const Index cols = smaller(width, p.cols - j);
    with_tile_shape<float>(cols, [&](auto shape) {
      using Shape = decltype(shape);
      const TileOfColumns<float> b = columns_of<Shape>(p, j, 0, p.steps, packed);
      const Index above = p.lower && j >= p.first + Shape::rows ? (j - p.first) / Shape::rows : 0;
      const Index first = p.first + above * Shape::rows;  // the tiles before lie above the diagonal
      for (Index i = first; i < p.last; ++i) {
        const double* const to = p.sums + i * p.sums_stride + j;
        for (Index v = 0; v < cols; v += doubles_per_line) __builtin_prefetch(to + v, 1);
      }
      for (Index k = 0; k < p.steps; k += short_sum) {
        const Index end = smaller(k + short_sum, p.steps);
        for (Index i = first; i < p.last; i += Shape::rows)
          add_tile(multiply_rows<Shape>(p, i, k, end, {b.data + k * b.step, b.step}), Shape::rows, width,
                   sums + (i - first) * width, width, k == 0);
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

template <typename Scalar>
inline void widen(const Scalar* values, Index count, double* wide) {
  constexpr Index ahead = 4096 / sizeof(Scalar);
  for (Index i = 0; i < count; i += Wide::count) {
    typename Lanes<Scalar>::Narrow narrow;
    load(narrow, values + i);
    __builtin_prefetch(values + i + ahead);
    store(wide + i, widened(narrow));
  }
}

/// Of some vectors of columns, that row stays in registers which the next rotation turns.
template <Index vectors>
THRUM_INLINE void rotate_columns(double* row, Index stride, const Rotation* rotations, Index count) {
  Wide::Value turned[array_size(vectors)];
  THRUM_UNROLL
  for (Index v = 0; v < vectors; ++v) load(turned[v], row + v * Wide::count);
  for (Index k = 0; k < count; ++k, row += stride) {
    const Wide::Value cosine = Wide::Value{} + rotations[k].cosine;
    const Wide::Value sine = Wide::Value{} + rotations[k].sine;
    THRUM_UNROLL
    for (Index v = 0; v < vectors; ++v) {
      Wide::Value next;
      load(next, row + stride + v * Wide::count);
      const Wide::Value here = cosine * turned[v] + sine * next;
      store(row + v * Wide::count, here);
      turned[v] = cosine * next - sine * turned[v];
    }
  }
  THRUM_UNROLL
  for (Index v = 0; v < vectors; ++v) store(row + v * Wide::count, turned[v]);
}

inline void rotate_rows(double* rows, Index stride, Index cols, const Rotation* rotations, Index count) {
  Index begin = 0;
  for (; begin + 6 * Wide::count <= cols; begin += 6 * Wide::count)
    rotate_columns<6>(rows + begin, stride, rotations, count);
  for (; begin + 2 * Wide::count <= cols; begin += 2 * Wide::count)
    rotate_columns<2>(rows + begin, stride, rotations, count);
  for (; begin < cols; begin += Wide::count) rotate_columns<1>(rows + begin, stride, rotations, count);
}

template <typename Scalar>
inline ProductKernels<Scalar> product_kernels() {
  return {center_rows<Scalar>,   deviations,           deviations,
          tile_columns<Scalar>,  add_products<Scalar>, add_wide_products,
          add_symmetric_product, widen<Scalar>,        rotate_rows};
}

}  // namespace THRUM_TARGET
}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_TARGET
