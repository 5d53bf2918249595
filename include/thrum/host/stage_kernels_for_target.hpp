// The kernels of the stages before a score, scaling and projection, for one instruction set: a part of
// host/kernels_for_target.hpp, which includes it and whose vectors it uses. They do for two vectors of rows
// at a time what algorithm/ does for one row.

#if !defined(THRUM_TARGET)
#include "thrum/host/kernels_for_target.hpp"
#else

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
namespace THRUM_TARGET {

/// A strip of rows, two vectors wide, feature after feature.
template <typename Scalar>
struct Strip {
  const Scalar* data;
  Index stride;
  Index features;
};

template <typename Scalar>
THRUM_INLINE void load_pair(Value<Scalar> (&pair)[2], const Scalar* from) {
  load(pair[0], from);
  load(pair[1], from + Lanes<Scalar>::count);
}
template <typename Scalar>
THRUM_INLINE void store_pair(Scalar* to, const Value<Scalar> (&pair)[2]) {
  store(to, pair[0]);
  store(to + Lanes<Scalar>::count, pair[1]);
}

template <bool scales, bool centers, typename Scalar>
THRUM_INLINE void standardize_strip(const ScalingModel<Scalar>& scaling, const Scalar* mean,
                                    const Strip<Scalar>& x, Scalar* standardized, Scalar* largest) {
  using Bits = decltype(Integer<Scalar>{}[0] + 0);
  const Integer<Scalar> magnitude =
      Integer<Scalar>{} + static_cast<Bits>(~typename ScalarTraits<Scalar>::Bits{0} >> 1);
  Integer<Scalar> most[2] = {};
  for (Index f = 0; f < x.features; ++f) {
    THRUM_UNROLL
    for (Index half = 0; half < 2; ++half) {
      const Index at = f * x.stride + half * Lanes<Scalar>::count;
      Integer<Scalar> bits;
      Value<Scalar> value;
      load(bits, x.data + at);
      load(value, x.data + at);
      most[half] = maximum(most[half], bits & magnitude);
      if (scales) value = (value - scaling.offset[f]) * scaling.factor[f];
      if (centers) value -= mean[f];
      if (scales || centers) store(standardized + at, value);
    }
  }
  store(largest, most[0]);
  store(largest + Lanes<Scalar>::count, most[1]);
}

template <typename Scalar>
inline void standardize(const ScalingModel<Scalar>& scaling, const ProjectionModel<Scalar>& projection,
                        Panel<Scalar> panel, Scalar* standardized, Scalar* largest) {
  for (Index r = 0; r < panel.rows; r += strip<Scalar>) {
    const Strip<Scalar> x{panel.data + r, panel.stride, panel.features};
    if (scaling.features > 0 && projection.features > 0)
      standardize_strip<true, true>(scaling, projection.mean, x, standardized + r, largest + r);
    else if (scaling.features > 0)
      standardize_strip<true, false>(scaling, projection.mean, x, standardized + r, largest + r);
    else if (projection.features > 0)
      standardize_strip<false, true>(scaling, projection.mean, x, standardized + r, largest + r);
    else
      standardize_strip<false, false>(scaling, projection.mean, x, standardized + r, largest + r);
  }
}

struct AddProduct {
  template <typename Vector, typename Scalar>
  static THRUM_INLINE void add(Vector& sum, const Vector& x, Scalar entry) {
    sum = x * entry + sum;
  }
};

/// Sums of some columns.
template <Index count, typename Scalar>
struct StripSums {
  Value<Scalar> of[array_size(count)][2];
};

template <typename Term, Index count, typename Scalar>
THRUM_INLINE void sum_features(const Strip<Scalar>& x, Index begin, Index end, const Scalar* matrix,
                               Index columns, StripSums<count, Scalar>& sums) {
  THRUM_UNROLL
  for (Index c = 0; c < count; ++c) sums.of[c][0] = sums.of[c][1] = Value<Scalar>{};
  const Scalar* entry = matrix + begin * columns;
  for (Index f = begin; f < end; ++f, entry += columns) {
    Value<Scalar> values[2];
    load_pair<Scalar>(values, x.data + f * x.stride);
    THRUM_UNROLL
    for (Index c = 0; c < count; ++c) {
      Term::add(sums.of[c][0], values[0], entry[c]);
      Term::add(sums.of[c][1], values[1], entry[c]);
    }
  }
}

template <Index count, typename Term, typename Scalar>
THRUM_INLINE void some_column_sums(const Strip<Scalar>& x, Index at_once, const Scalar* matrix, Index columns,
                                   Scalar* result, Index stride) {
  StripSums<count, Scalar> total;
  sum_features<Term>(x, 0, smaller(x.features, at_once), matrix, columns, total);
  for (Index begin = at_once; begin < x.features; begin += at_once) {
    StripSums<count, Scalar> more;
    sum_features<Term>(x, begin, smaller(begin + at_once, x.features), matrix, columns, more);
    THRUM_UNROLL
    for (Index c = 0; c < count; ++c) {
      total.of[c][0] += more.of[c][0];
      total.of[c][1] += more.of[c][1];
    }
  }
  THRUM_UNROLL
  for (Index c = 0; c < count; ++c) store_pair<Scalar>(result + c * stride, total.of[c]);
}

/// for_each_column_sum of a strip: result: columns x stride. The last four columns may overlap those before.
/// at_once: terms of a partial sum.
template <typename Term, typename Scalar>
inline void column_sums(Strip<Scalar> x, Index at_once, const Scalar* matrix, Index columns, Scalar* result,
                        Index stride) {
  if (columns < 4) {
    for (Index j = 0; j < columns; ++j)
      some_column_sums<1, Term>(x, at_once, matrix + j, columns, result + j * stride, stride);
    return;
  }
  for (Index at = 0; at < columns; at += 4) {
    const Index j = smaller(at, columns - 4);
    some_column_sums<4, Term>(x, at_once, matrix + j, columns, result + j * stride, stride);
  }
}

template <typename Scalar>
inline void project(const ProjectionModel<Scalar>& model, Panel<Scalar> panel, Scalar* projected) {
  for (Index r = 0; r < panel.rows; r += strip<Scalar>)
    column_sums<AddProduct, Scalar>({panel.data + r, panel.stride, panel.features}, features_per_partial_sum,
                                    model.basis, model.components, projected + r, panel.stride);
}

}  // namespace THRUM_TARGET
}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_TARGET
