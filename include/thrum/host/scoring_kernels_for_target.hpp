// The kernels of scores for one instruction set: a part of host/kernels_for_target.hpp, which includes it and
// whose vectors it uses, as it does the strips of rows and their sums of host/stage_kernels_for_target.hpp.
// They do for two vectors of rows at a time what algorithm/ does for one row.

#if !defined(THRUM_TARGET)
#include "thrum/host/kernels_for_target.hpp"
#else

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
namespace THRUM_TARGET {

/// Infinite where the value is not finite, by its bits.
template <typename Scalar>
THRUM_INLINE void make_infinite(const Value<Scalar>& value, Value<Scalar>& result) {
  Value<Scalar> hidden = value;
  THRUM_HIDE(hidden);
  Scalar values[Lanes<Scalar>::count];
  store(values, hidden);
  result = not_finite(values) ? Value<Scalar>{} + positive_infinity<Scalar>() : result;
}

// ---- classes

struct AddSquaredDifference {
  template <typename Vector, typename Scalar>
  static THRUM_INLINE void add(Vector& sum, const Vector& x, Scalar entry) {
    const Vector difference = x - entry;
    sum = difference * difference + sum;
  }
};

/// The class of least distance / radius and the square of that. squared: k x strip, scratch.
template <typename Scalar>
inline void nearest_class(const AnomalyModel<Scalar>& model, Strip<Scalar> x, Scalar* squared,
                          Value<Scalar> (&best)[2], Integer<Scalar> (&label)[2]) {
  column_sums<AddSquaredDifference>(x, features_per_partial_sum, model.centers, model.clusters, squared,
                                    strip<Scalar>);
  THRUM_UNROLL
  for (int half = 0; half < 2; ++half) {
    const Scalar* from = squared + half * Lanes<Scalar>::count;
    load(best[half], from);
    best[half] *= model.inverse_squared_radius[0];
    label[half] = Integer<Scalar>{};
    for (int j = 1; j < model.clusters; ++j) {
      Value<Scalar> in_radii;
      load(in_radii, from + j * strip<Scalar>);
      in_radii *= model.inverse_squared_radius[j];
      label[half] = in_radii < best[half] ? Integer<Scalar>{} + j : label[half];
      best[half] = minimum(best[half], in_radii);
    }
  }
}

// ---- surprises

/// `surprise` by a table: knots are passed as long as the value lies above them.
template <typename Scalar>
THRUM_INLINE Value<Scalar> surprise_of(const Scalar* table, const Value<Scalar>& value) {
  constexpr Scalar per_level = Scalar(thrum::detail::natural_log_of_2);
  const Value<Scalar> zero = {}, one = zero + 1;
  const Integer<Scalar> told = value > zero + table[0];
  Integer<Scalar> above = told;
  Value<Scalar> low = zero + table[0], high = zero + table[1], level = zero;
  for (int knot = 1; knot <= tail_levels; ++knot) {
    above &= value > zero + table[knot];
    level += above ? one : zero;
    low = above ? zero + table[knot] : low;
    high = above ? zero + table[knot + 1] : high;
  }
  const Value<Scalar> beyond = value - low, at_knot = level * per_level;
  const Value<Scalar> between = at_knot + per_level * (beyond / (high - low));
  Value<Scalar> result = above ? at_knot + beyond * table[tail_levels + 1] : between;
  result = told ? result : zero;
  make_infinite<Scalar>(value, result);
  return result;
}

/// Squared Mahalanobis distances, as class Ellipsoid has them. differences: d x strip, scratch.
template <typename Scalar>
inline void full_distances(const EllipsoidsModel<Scalar>& model, Index cluster, Strip<Scalar> x,
                           Scalar* differences, Scalar*, Value<Scalar> (&squared)[2]) {
  const Scalar* const center = model.center + cluster * x.features;
  for (Index f = 0; f < x.features; ++f) {
    Value<Scalar> values[2];
    load_pair<Scalar>(values, x.data + f * x.stride);
    values[0] -= center[f];
    values[1] -= center[f];
    store_pair<Scalar>(differences + f * strip<Scalar>, values);
  }
  squared[0] = squared[1] = Value<Scalar>{};
  const Scalar* const factor = model.factor + cluster * triangle_size(x.features);
  for (Index first = 0; first < x.features; first += 4) {
    Value<Scalar> coordinates[4][2] = {};
    for (Index f = first; f < x.features; ++f) {
      const Scalar* const row = factor + triangle_size(f) + first;
      Value<Scalar> y[2];
      load_pair<Scalar>(y, differences + f * strip<Scalar>);
      THRUM_UNROLL
      for (Index c = 0; c < 4; ++c) {
        if (first + c > f) continue;
        AddProduct::add(coordinates[c][0], y[0], row[c]);
        AddProduct::add(coordinates[c][1], y[1], row[c]);
      }
    }
    THRUM_UNROLL
    for (Index c = 0; c < 4; ++c) {
      if (first + c >= x.features) continue;
      AddProduct::add(squared[0], coordinates[c][0], coordinates[c][0]);
      AddProduct::add(squared[1], coordinates[c][1], coordinates[c][1]);
    }
  }
}

template <typename Scalar>
inline void scaled_differences(const EllipsoidsModel<Scalar>& model, Index cluster, Strip<Scalar> x,
                               Scalar* scaled) {
  const Scalar *const center = model.center + cluster * x.features, *const scale =
                                                                        model.scale + cluster * x.features;
  for (Index f = 0; f < x.features; ++f) {
    Value<Scalar> values[2];
    load_pair<Scalar>(values, x.data + f * x.stride);
    values[0] = (values[0] - center[f]) * scale[f];
    values[1] = (values[1] - center[f]) * scale[f];
    store_pair<Scalar>(scaled + f * strip<Scalar>, values);
  }
}

template <typename Scalar>
inline void diagonal_distances(const EllipsoidsModel<Scalar>& model, Index cluster, Strip<Scalar> x,
                               Scalar* scaled, Scalar*, Value<Scalar> (&squared)[2]) {
  scaled_differences(model, cluster, x, scaled);
  squared[0] = squared[1] = Value<Scalar>{};
  for (Index f = 0; f < x.features; ++f) {
    Value<Scalar> y[2];
    load_pair<Scalar>(y, scaled + f * strip<Scalar>);
    AddProduct::add(squared[0], y[0], y[0]);
    AddProduct::add(squared[1], y[1], y[1]);
  }
}

/// coordinates: r x strip, scratch.
template <typename Scalar>
inline void low_rank_distances(const EllipsoidsModel<Scalar>& model, Index cluster, Strip<Scalar> x,
                               Scalar* scaled, Scalar* coordinates, Value<Scalar> (&squared)[2]) {
  scaled_differences(model, cluster, x, scaled);
  const Index rank = model.rank;
  const Scalar* const factor = model.factor + cluster * x.features * rank;
  const Scalar* const weight = model.weight + cluster * (1 + rank);
  column_sums<AddProduct, Scalar>({scaled, strip<Scalar>, x.features}, x.features, factor, rank, coordinates,
                                  strip<Scalar>);
  squared[0] = squared[1] = Value<Scalar>{};
  for (Index f = 0; f < x.features; ++f) {
    Value<Scalar> told[2] = {}, y[2], t[2];
    for (Index r = 0; r < rank; ++r) {
      load_pair<Scalar>(t, coordinates + r * strip<Scalar>);
      AddProduct::add(told[0], t[0], factor[f * rank + r]);
      AddProduct::add(told[1], t[1], factor[f * rank + r]);
    }
    load_pair<Scalar>(y, scaled + f * strip<Scalar>);
    const Value<Scalar> left_over[2] = {y[0] - told[0], y[1] - told[1]};
    AddProduct::add(squared[0], left_over[0], left_over[0]);
    AddProduct::add(squared[1], left_over[1], left_over[1]);
  }
  squared[0] *= weight[0];
  squared[1] *= weight[0];
  for (Index r = 0; r < rank; ++r) {
    Value<Scalar> t[2];
    load_pair<Scalar>(t, coordinates + r * strip<Scalar>);
    squared[0] = weight[1 + r] * t[0] * t[0] + squared[0];
    squared[1] = weight[1 + r] * t[1] * t[1] + squared[1];
  }
}

template <typename Scalar>
inline void least_surprise(const AnomalyModel<Scalar>& model, Strip<Scalar> x, Scalar* scratch,
                           Value<Scalar> (&least)[2], Integer<Scalar> (&label)[2]) {
  const auto distances = (model.parts & full_ellipsoid_part) != 0       ? full_distances<Scalar>
                         : (model.parts & diagonal_ellipsoid_part) != 0 ? diagonal_distances<Scalar>
                                                                        : low_rank_distances<Scalar>;
  for (int j = 0; j < model.ellipsoid_count; ++j) {
    Value<Scalar> squared[2];
    distances(model.ellipsoids, j, x, scratch, scratch + x.features * strip<Scalar>, squared);
    THRUM_UNROLL
    for (int half = 0; half < 2; ++half) {
      take_square_root(squared[half]);
      const Value<Scalar> own =
          surprise_of<Scalar>(model.ellipsoid_tables + j * tail_table_size, squared[half]);
      if (j == 0) least[half] = own;
      label[half] = own < least[half] ? Integer<Scalar>{} + j : label[half];
      least[half] = minimum(least[half], own);
    }
  }
}

/// The whole part of numbers that an int can hold, also as a number.
template <typename Scalar>
THRUM_INLINE void split_whole(const Value<Scalar>& x, Integer<Scalar>& integer, Value<Scalar>& number) {
  const auto whole = __builtin_convertvector(x, typename Lanes<Scalar>::Labels);
  integer = __builtin_convertvector(whole, Integer<Scalar>);
  number = __builtin_convertvector(whole, Value<Scalar>);
}

template <typename Scalar>
THRUM_INLINE Value<Scalar> exponential_of(const Value<Scalar>& negative) {
  using Traits = thrum::detail::LogarithmTraits<Scalar>;
  using Bits = decltype(Integer<Scalar>{}[0] + 0);
  constexpr thrum::detail::ExponentialSeries<Scalar> series;
  constexpr int bias = ScalarTraits<Scalar>::exponent_bias;
  constexpr Scalar least = Scalar(1 - bias) * Scalar(thrum::detail::natural_log_of_2);
  const Integer<Scalar> normal = negative > Value<Scalar>{} + least;
  const Value<Scalar> x = normal ? negative : Value<Scalar>{};
  Integer<Scalar> halvings;
  Value<Scalar> n;
  split_whole<Scalar>(Scalar(0.5) - x * Scalar(1.0 / thrum::detail::natural_log_of_2), halvings, n);
  const Value<Scalar> r = (x + n * Traits::ln2_high) + n * Traits::ln2_low;
  Value<Scalar> sum = Value<Scalar>{} + series.value[0];
  THRUM_UNROLL
  for (int i = 1; i < series.terms; ++i) sum = sum * r + series.value[i];
  sum = sum * r + Scalar(1);
  const Integer<Scalar> power = (static_cast<Bits>(bias) - halvings) << ScalarTraits<Scalar>::mantissa_bits;
  return normal ? sum * reinterpret_cast<Value<Scalar> >(power) : Value<Scalar>{};
}

/// Adds the negative log densities in one subspace to sums.
template <typename Scalar>
inline void add_negative_log_density(const SoftClustersModel<Scalar>& model, Strip<Scalar> x, int subspace,
                                     Scalar* squared, Value<Scalar> (&sums)[2]) {
  constexpr Scalar negligible = sizeof(Scalar) == sizeof(float) ? Scalar(-20) : Scalar(-42);
  x.features = features_in_subspace(x.features, subspace);
  column_sums<AddSquaredDifference>(x, features_per_partial_sum, model.centers, model.count, squared,
                                    strip<Scalar>);
  const Scalar inverse_width = model.inverse_width[subspace];
  const Value<Scalar> zero = {}, one = zero + 1, too_small = zero + negligible;
  for (int half = 0; half < 2; ++half) {
    const Scalar* from = squared + half * Lanes<Scalar>::count;
    Value<Scalar> distance, sum = one;
    load(distance, from);
    Value<Scalar> largest = model.log_weights[0] - distance * inverse_width;
    for (Index j = 1; j < model.count; ++j) {
      load(distance, from + j * strip<Scalar>);
      const Value<Scalar> exponent = model.log_weights[j] - distance * inverse_width;
      const Value<Scalar> step = exponent - largest;
      const Integer<Scalar> rises = step > zero;
      const Value<Scalar> down = rises ? -step : step;
      const Integer<Scalar> counts = down > too_small;
      if (!any(rises | counts)) continue;
      const Value<Scalar> share = counts ? exponential_of<Scalar>(down) : zero;
      sum = rises ? sum * share + one : sum + share;
      largest = rises ? exponent : largest;
    }
    Scalar logs[Lanes<Scalar>::count];
    store(logs, sum);
    for (Scalar& log : logs) log = natural_log(log);
    load(sum, logs);
    sums[half] += -(largest + sum);
  }
}

template <typename Scalar>
inline void negative_log_density(const SoftClustersModel<Scalar>& model, Strip<Scalar> x, Scalar* squared,
                                 Value<Scalar> (&sums)[2]) {
  sums[0] = sums[1] = Value<Scalar>{};
  for (int subspace = 0; subspace < most_subspaces; ++subspace)
    if (subspace == 0 || model.inverse_width[subspace] > 0)
      add_negative_log_density(model, x, subspace, squared, sums);
}

template <typename Scalar>
inline void summed_surprise(const FeatureTailsModel<Scalar>& model, Strip<Scalar> x,
                            Value<Scalar> (&sums)[2]) {
  sums[0] = sums[1] = Value<Scalar>{};
  for (Index f = 0; f < x.features; ++f) {
    const Scalar* const upper = model.tables + f * feature_tails_size;
    Value<Scalar> values[2];
    load_pair<Scalar>(values, x.data + f * x.stride);
    for (int half = 0; half < 2; ++half) {
      const Value<Scalar> rarer = maximum(surprise_of<Scalar>(upper, values[half]),
                                          surprise_of<Scalar>(upper + tail_table_size, -values[half]));
      sums[half] += maximum(Value<Scalar>{}, rarer - Scalar(thrum::detail::natural_log_of_2));
    }
  }
}

/// Gathers the surprises of the parts.
template <typename Scalar>
struct StripSurprises {
  Value<Scalar> sum[2] = {}, largest[2] = {};
  Integer<Scalar> part[2] = {};
  int count = 0;

  THRUM_INLINE void add(uint32_t other, const Value<Scalar> (&values)[2]) {
    THRUM_UNROLL
    for (int half = 0; half < 2; ++half) {
      const Integer<Scalar> that = Integer<Scalar>{} + static_cast<int>(other);
      sum[half] += values[half];
      if (count == 0) {
        largest[half] = values[half];
        part[half] = that;
      } else {
        const Integer<Scalar> more = values[half] > largest[half];
        largest[half] = more ? values[half] : largest[half];
        part[half] = more ? that : part[half];
      }
    }
    ++count;
  }
};

template <typename Scalar>
inline void mean_surprise(const AnomalyModel<Scalar>& model, Strip<Scalar> x, Scalar* scratch,
                          Value<Scalar> (&mean)[2], Integer<Scalar> (&label)[2], Integer<Scalar> (&part)[2]) {
  StripSurprises<Scalar> surprises;
  Value<Scalar> values[2] = {};
  if ((model.parts & ellipsoid_parts) != 0) {
    label[0] = label[1] = Integer<Scalar>{};
    least_surprise(model, x, scratch, values, label);
    surprises.add(model.parts & ellipsoid_parts, values);
  }
  if ((model.parts & soft_part) != 0) {
    negative_log_density(model.soft, x, scratch, values);
    for (Value<Scalar>& value : values) value = surprise_of<Scalar>(model.soft_table, value);
    surprises.add(soft_part, values);
  }
  if ((model.parts & tails_part) != 0) {
    summed_surprise(model.tails, x, values);
    for (Value<Scalar>& value : values) value = surprise_of<Scalar>(model.tails_table, value);
    surprises.add(tails_part, values);
  }
  if ((model.parts & ellipsoid_parts) == 0 || model.ellipsoid_count != model.clusters)
    nearest_class(model, x, scratch, values, label);
  THRUM_UNROLL
  for (int half = 0; half < 2; ++half) {
    mean[half] = surprises.sum[half] / static_cast<Scalar>(surprises.count);
    part[half] = surprises.part[half];
  }
}

template <typename Scalar>
inline void scores(const AnomalyModel<Scalar>& model, Panel<Scalar> panel, Scalar* scratch,
                   PanelScores<Scalar> scores) {
  for (Index r = 0; r < panel.rows; r += strip<Scalar>) {
    const Strip<Scalar> x{panel.data + r, panel.stride, panel.features};
    Value<Scalar> raw[2] = {};
    Integer<Scalar> label[2] = {}, part[2] = {};
    if ((model.parts & radius_part) != 0) {
      nearest_class(model, x, scratch, raw, label);
      take_square_root(raw[0]);
      take_square_root(raw[1]);
      part[0] = part[1] = Integer<Scalar>{} + static_cast<int>(radius_part);
    } else {
      mean_surprise(model, x, scratch, raw, label, part);
    }
    THRUM_UNROLL
    for (int half = 0; half < 2; ++half) {
      const Index at = r + half * Lanes<Scalar>::count;
      const Value<Scalar> score = raw[half] / model.threshold;
      Value<Scalar> result = score;
      make_infinite<Scalar>(score, result);
      store(scores.values + at, result);
      store_labels<Scalar>(scores.classes + at, label[half]);
      store_labels<Scalar>(scores.parts + at, part[half]);
    }
  }
}

template <typename Scalar>
inline ScoringKernels<Scalar> scoring_kernels() {
  return {strip<Scalar>, standardize<Scalar>, project<Scalar>, scores<Scalar>};
}

}  // namespace THRUM_TARGET
}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_TARGET
