// The kernels of K-means in integers for one instruction set: a part of host/kernels_for_target.hpp, which
// includes it and whose vectors it uses.

#if !defined(THRUM_TARGET)
#include "thrum/host/kernels_for_target.hpp"
#else

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
namespace THRUM_TARGET {

/// As many pairs of 16-bit integers as there are floats in a vector.
using Pairs = Integer<float>;

/// Whether the processor has an instruction for products of pairs.
#if defined(__x86_64__) && THRUM_TARGET_BYTES >= 16
constexpr bool coarse_is_fast = true;
#else
constexpr bool coarse_is_fast = false;
#endif

/// Adds the products of both parts of pairs. fused: whether the processor does so in one instruction.
template <bool fused>
THRUM_INLINE void add_products_of_pairs(const Pairs& a, const Pairs& b, Pairs& sums) {
#if defined(__x86_64__) && THRUM_TARGET_BYTES == 64
  if (fused) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sums) : "v"(a), "v"(b));
    return;
  }
#endif
#if defined(__x86_64__) && THRUM_TARGET_BYTES > 16
  Pairs products;
  __asm__("vpmaddwd %2, %1, %0" : "=v"(products) : "v"(a), "v"(b));
  sums += products;
#elif defined(__x86_64__) && THRUM_TARGET_BYTES == 16
  Pairs products = a;
  __asm__("pmaddwd %1, %0" : "+x"(products) : "x"(b));
  sums += products;
#else
  sums += ((a << 16) >> 16) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);
#endif
}

/// How many steps values lie from the middle, rounded.
template <typename Scalar>
THRUM_INLINE typename Lanes<Scalar>::Labels rounded_steps(const Scalar* x, Scalar middle, Scalar scale) {
  using Bits = Integer<Scalar>;
  constexpr Scalar shift = static_cast<Scalar>(3) / (2 * ScalarTraits<Scalar>::epsilon());
  const Value<Scalar> zero = Value<Scalar>{} + shift;
  Value<Scalar> steps;
  load(steps, x);
  steps -= middle;
  THRUM_HIDE(steps);
  steps = steps * scale + shift;
  THRUM_HIDE(steps);
  return __builtin_convertvector(reinterpret_cast<Bits>(steps) - reinterpret_cast<Bits>(zero),
                                 typename Lanes<Scalar>::Labels);
}

template <typename Scalar>
inline int32_t round_to_pairs(Panel<Scalar> panel, const Scalar* middles, const Scalar* scales,
                              int32_t* pairs) {
  using Steps = typename Lanes<Scalar>::Labels;
  const Index pairs_per_row = (panel.features + 1) / 2;
  Steps most = {};
  for (Index r = 0; r < panel.rows; r += Lanes<Scalar>::count) {
    int32_t* to = pairs + coarse_offset(pairs_per_row, r);
    Steps sum = {};
    for (Index f = 0; f < panel.features; f += 2, to += panel_row_multiple) {
      const Scalar* const x = panel.data + f * panel.stride + r;
      const Steps first = rounded_steps(x, middles[f], scales[f]);
      Steps second = {};
      if (f + 1 < panel.features) second = rounded_steps(x + panel.stride, middles[f + 1], scales[f + 1]);
      sum += maximum(first, -first) + maximum(second, -second);
      store(to, (second << 16) | (first & 0xffff));
    }
    most = maximum(most, sum);
  }
  int32_t largest = 0;
  for (Index lane = 0; lane < Lanes<Scalar>::count; ++lane) largest = larger(largest, most[lane]);
  return largest;
}

/// Scores of two vectors of rows for a tile of four centres.
struct TileScores {
  Pairs of[centers_per_tile][2];
};

template <bool fused>
THRUM_INLINE void tile_scores(const CoarsePanel& panel, Index r, const CoarseCenters& centers, Index tile,
                              TileScores& scores) {
  const int32_t* const offsets = centers.offsets + tile * centers_per_tile;
  THRUM_UNROLL
  for (Index c = 0; c < centers_per_tile; ++c) scores.of[c][0] = scores.of[c][1] = Pairs{} + offsets[c];
  const int32_t* x = panel.data + coarse_offset(panel.pairs, r);
  const int32_t* factors = centers.pairs + tile * centers_per_tile * panel.pairs;
  for (Index p = 0; p < panel.pairs; ++p, x += panel_row_multiple, factors += centers_per_tile) {
    Pairs x0, x1;
    load(x0, x);
    load(x1, x + Lanes<float>::count);
    THRUM_UNROLL
    for (Index c = 0; c < centers_per_tile; ++c) {
      const Pairs factor = Pairs{} + factors[c];
      add_products_of_pairs<fused>(x0, factor, scores.of[c][0]);
      add_products_of_pairs<fused>(x1, factor, scores.of[c][1]);
    }
  }
}

/// Lets the lowest and second lowest score follow those of a tile, with labels in place of their last bits.
/// Whose the second is, no one asks: a tile's gets its label in part.
THRUM_INLINE void merge_tile(const TileScores& scores, int half, int32_t without_label,
                             const Pairs& first_label, Pairs& best, Pairs& second) {
  static_assert(centers_per_tile == 4, "two pairs");
  Pairs of[centers_per_tile];
  THRUM_UNROLL
  for (int c = 0; c < centers_per_tile; ++c) of[c] = (scores.of[c][half] & without_label) | c;
  const Pairs low[2] = {minimum(of[0], of[1]), minimum(of[2], of[3])};
  const Pairs high[2] = {maximum(of[0], of[1]), maximum(of[2], of[3])};
  const Pairs lowest = minimum(low[0], low[1]) | first_label;
  const Pairs next = minimum(maximum(low[0], low[1]), minimum(high[0], high[1]));
  second = minimum(minimum(second, next), maximum(best, lowest));
  best = minimum(best, lowest);
}

template <bool fused>
inline Index nearest_coarse(CoarsePanel panel, CoarseCenters centers, int* labels, int* undecided) {
  constexpr Index lanes = Lanes<float>::count;
  Index count = 0;
  for (Index r = 0; r < panel.rows; r += 2 * lanes) {
    Pairs best[2], second[2];
    best[0] = best[1] = second[0] = second[1] = Pairs{} + CoarseCenters::unreachable;
    for (Index tile = 0; tile < centers.tiles(); ++tile) {
      TileScores scores;
      tile_scores<fused>(panel, r, centers, tile, scores);
      const Pairs first_label = Pairs{} + static_cast<int>(tile * centers_per_tile);
      THRUM_UNROLL
      for (int half = 0; half < 2; ++half)
        merge_tile(scores, half, ~centers.label_mask, first_label, best[half], second[half]);
    }
    Pairs close[2];
    THRUM_UNROLL
    for (int half = 0; half < 2; ++half) {
      const Pairs label = best[half] & centers.label_mask;
      store(labels + r + half * lanes, label);
      close[half] = second[half] <= best[half] + centers.margin;
    }
    if (!any(close[0] | close[1])) continue;
    int32_t is_close[2 * lanes];
    store(is_close, close[0]);
    store(is_close + lanes, close[1]);
    for (Index lane = 0; lane < smaller(2 * lanes, panel.rows - r); ++lane) {
      undecided[count] = static_cast<int>(r + lane);
      count += is_close[lane] != 0 ? 1 : 0;
    }
  }
  return count;
}

/// The same by the instructions of this processor.
inline auto nearest_coarse_here() {
#if defined(__x86_64__) && THRUM_TARGET_BYTES == 64
  if (__builtin_cpu_supports("avx512vnni")) return nearest_coarse<true>;
#endif
  return nearest_coarse<false>;
}

}  // namespace THRUM_TARGET
}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_TARGET
