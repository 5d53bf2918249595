#ifndef THRUM_ALGORITHM_SCALING_HPP
#define THRUM_ALGORITHM_SCALING_HPP

#include "thrum/core/four_floats.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

namespace thrum {

/// A fitted scaler: feature f becomes (x - offset[f]) * factor[f].
template <typename Scalar>
struct ScalingModel {
  const Scalar* offset = nullptr;  ///< d, units of x
  const Scalar* factor = nullptr;  ///< d, 1 / units of x; positive and finite
  int features = 0;
};

/// Scales one sample. x and scaled: d values, may be the same. O(d).
template <typename Scalar>
inline void scale(const ScalingModel<Scalar>& model, ConstVectorView<Scalar> x, VectorView<Scalar> scaled) {
  for (Index f = 0; f < model.features; ++f) scaled[f] = (x[f] - model.offset[f]) * model.factor[f];
}

/// What is to be known of a row before it is scored.
template <typename Scalar>
struct RowSummary {
  bool on_scale;
  Scalar square;  ///< sum of the squares of what it became, in any order
};

/// The same of contiguous values, and a summary of the row. Two at a time: half the loads and branches.
template <typename Scalar>
inline RowSummary<Scalar> scale_row(const ScalingModel<Scalar>& model, const Scalar* x, Scalar* scaled) {
  const Scalar *offset = model.offset, *factor = model.factor, *const last = x + model.features / 2 * 2;
  OffScaleTest<Scalar> test;
  Scalar even = 0, odd = 0;
  for (; x != last; x += 2, offset += 2, factor += 2, scaled += 2) {
    const detail::Two<Scalar> value = detail::load_two(x), from = detail::load_two(offset),
                              by = detail::load_two(factor);
    test.add(value.a);
    test.add(value.b);
    const Scalar a = (value.a - from.a) * by.a, b = (value.b - from.b) * by.b;
    even = a * a + even;
    odd = b * b + odd;
    scaled[0] = a;
    scaled[1] = b;
  }
  if (model.features % 2 != 0) {
    test.add(*x);
    *scaled = (*x - *offset) * *factor;
    even = *scaled * *scaled + even;
  }
  return {!test.found(), even + odd};
}

#if defined(THRUM_FLOATS_BY_HELIUM)
/// Four at a time.
inline RowSummary<float> scale_row(const ScalingModel<float>& model, const float* x, float* scaled) {
  using detail::Four;
  const float *offset = model.offset, *factor = model.factor;
  uint32x4_t largest = vdupq_n_u32(0);  // twice the bits: without the sign
  Four squares{};
  uint32_t left = static_cast<uint32_t>(model.features);
  for (; left >= 4; left -= 4, x += 4, offset += 4, factor += 4, scaled += 4) {
    const Four value = detail::load_four(x);
    largest = vmaxq_u32(largest, vreinterpretq_u32_f32(value) << 1);
    const Four result = (value - detail::load_four(offset)) * detail::load_four(factor);
    squares = vfmaq_f32(squares, result, result);
    detail::store_four(scaled, result);
  }
  OffScaleTest<float> test;
  test.add(from_bits<float>(vmaxvq_u32(0, largest) >> 1));
  const detail::FourLanes square_of = detail::lanes_of(squares);
  float square = (square_of.a + square_of.b) + (square_of.c + square_of.d);
  for (; left != 0; --left) {
    test.add(*x);
    *scaled = (*x++ - *offset++) * *factor++;
    square = *scaled * *scaled + square;
    ++scaled;
  }
  return {!test.found(), square};
}
#endif

/// Undoes `scale`. O(d).
template <typename Scalar>
inline void unscale(const ScalingModel<Scalar>& model, ConstVectorView<Scalar> scaled, VectorView<Scalar> x) {
  for (Index f = 0; f < model.features; ++f) x[f] = scaled[f] / model.factor[f] + model.offset[f];
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_SCALING_HPP
