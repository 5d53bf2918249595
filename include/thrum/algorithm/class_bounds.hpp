#ifndef THRUM_ALGORITHM_CLASS_BOUNDS_HPP
#define THRUM_ALGORITHM_CLASS_BOUNDS_HPP

#include "thrum/core/column_sums.hpp"
#include "thrum/core/distance.hpp"
#include "thrum/core/four_floats.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

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
