#ifndef THRUM_ALGORITHM_QUANTILE_HPP
#define THRUM_ALGORITHM_QUANTILE_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

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
