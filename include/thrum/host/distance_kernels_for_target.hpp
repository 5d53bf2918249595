// The kernels of K-means for one instruction set, distances, the bounds that spare them, and seeding: a part
// of host/kernels_for_target.hpp, which includes it and whose vectors it uses.

#if !defined(THRUM_TARGET)
#include "thrum/host/kernels_for_target.hpp"
#else

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
namespace THRUM_TARGET {

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

/// The partial sums after the first. Not inlined: beside what its callers keep there would be no registers
/// left for its sums.
template <typename Scalar>
__attribute__((noinline)) inline void add_further_features(const Scalar* x, Index stride,
                                                           const Scalar* centers, Index features,
                                                           TileDistances<Scalar>& distances) {
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

/// x: the strip's first feature; centers: the tile.
template <typename Scalar>
THRUM_INLINE void tile_distances(const Scalar* x, Index stride, const Scalar* centers, Index features,
                                 TileDistances<Scalar>& distances) {
  add_features(x, stride, centers, smaller(features, features_per_partial_sum), distances);
  if (features <= features_per_partial_sum) return;
  TileDistances<Scalar> all = distances;  // which alone has to be in memory
  add_further_features(x, stride, centers, features, all);
  distances = all;
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
inline ClusteringKernels<Scalar> clustering_kernels() {
  return {relabel,
          move_rows<Scalar>,
          nearest<Scalar>,
          round_to_pairs<Scalar>,
          nearest_coarse_here(),
          coarse_is_fast,
          pairwise<Scalar>,
          distances<Scalar>,
          nearest_two<Scalar>,
          refine<Scalar>,
          drift_bounds<Scalar>,
          seeding_pass<Scalar>};
}

}  // namespace THRUM_TARGET
}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_TARGET
