#ifndef THRUM_CORE_SCALAR_HPP
#define THRUM_CORE_SCALAR_HPP

#include <float.h>
#include <stddef.h>
#include <stdint.h>

// Numbers by their bits. <cmath>, <limits> and <type_traits> are not for firmware; and std::isfinite is
// `true` by decree under -ffast-math, where NaN must still never pass for a normal machine.

namespace thrum {

/// What thrum needs to know of a scalar type; only float and double have it.
template <typename Scalar>
struct ScalarTraits;

template <>
struct ScalarTraits<float> {
  using Bits = uint32_t;
  using SignedBits = int32_t;
  static constexpr int mantissa_bits = 23;
  static constexpr int exponent_bias = 127;
  static constexpr float largest() { return FLT_MAX; }
  static constexpr float smallest() { return FLT_MIN; }  ///< normal
  static constexpr float epsilon() { return FLT_EPSILON; }
};

template <>
struct ScalarTraits<double> {
  using Bits = uint64_t;
  using SignedBits = int64_t;
  static constexpr int mantissa_bits = 52;
  static constexpr int exponent_bias = 1023;
  static constexpr double largest() { return DBL_MAX; }
  static constexpr double smallest() { return DBL_MIN; }
  static constexpr double epsilon() { return DBL_EPSILON; }
};

/// The bits of x (by the builtin, which is inlined under -ffreestanding too), hidden from the optimiser:
/// newer compilers see through a plain memcpy and fold tests on the bits away under -ffast-math.
template <typename Scalar>
[[gnu::always_inline]] inline typename ScalarTraits<Scalar>::Bits bits_of(Scalar x) {
  typename ScalarTraits<Scalar>::Bits bits;
  __builtin_memcpy(&bits, &x, sizeof(bits));
#if defined(__GNUC__)
  __asm__("" : "+r"(bits));
#endif
  return bits;
}

/// The bits of x as an integer: in the order of x from 0 on, and below that for negative x.
template <typename Scalar>
[[gnu::always_inline]] inline typename ScalarTraits<Scalar>::SignedBits order_of(Scalar x) {
  return static_cast<typename ScalarTraits<Scalar>::SignedBits>(bits_of(x));
}

template <typename Scalar>
inline Scalar from_bits(typename ScalarTraits<Scalar>::Bits bits) {
  Scalar x;
  __builtin_memcpy(&x, &bits, sizeof(x));
  return x;
}

/// True unless x is NaN or infinite, under any compiler flag.
template <typename Scalar>
inline bool is_finite(Scalar x) {
  using Bits = typename ScalarTraits<Scalar>::Bits;
  constexpr Bits exponent = (Bits{2} * ScalarTraits<Scalar>::exponent_bias + 1)
                            << ScalarTraits<Scalar>::mantissa_bits;
  return (bits_of(x) & exponent) != exponent;
}

/// Looks for a value that is the largest finite number of its type, or infinite, or NaN. Without a branch a
/// value: what is left from its magnitude, as an integer, to the largest but one has the sign bit set.
template <typename Scalar>
class OffScaleTest {
 public:
  [[gnu::always_inline]] void add(Scalar x) { passed_ |= last - (bits_of(x) & ~sign); }
  bool found() const { return (passed_ & sign) != 0; }

 private:
  using Bits = typename ScalarTraits<Scalar>::Bits;
  static constexpr Bits sign = Bits{1} << (8 * sizeof(Bits) - 1);
  static constexpr Bits last = sign - (Bits{1} << ScalarTraits<Scalar>::mantissa_bits) - 2;

  Bits passed_ = 0;
};

/// True if one of n values is off scale, see OffScaleTest.
template <typename Scalar>
inline bool any_off_scale(const Scalar* x, ptrdiff_t n, ptrdiff_t stride) {
  OffScaleTest<Scalar> test;
  for (const Scalar* const end = x + n * stride; x != end; x += stride) test.add(*x);
  return test.found();
}

namespace detail {

/// A value from bits that the optimiser can't see: under -ffast-math newer compilers put any other number in
/// the place of an infinity or NaN they know of.
template <typename Scalar>
inline Scalar from_hidden_bits(typename ScalarTraits<Scalar>::Bits bits) {
#if defined(__GNUC__)
  __asm__("" : "+r"(bits));
#endif
  return from_bits<Scalar>(bits);
}

template <typename Scalar>
struct Two {
  Scalar a, b;
};

/// Two neighbouring numbers.
template <typename Scalar>
[[gnu::always_inline]] inline Two<Scalar> load_two(const Scalar* at) {
  return {at[0], at[1]};
}

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && defined(__ARM_FP) && defined(__GNUC__) && \
    !defined(__clang__)
/// By one instruction; else a third of all instructions of a score would be loads. GCC joins loads of two
/// floats only if told that they are a double. Their address need not be one of a double: the processor asks
/// for that of a word.
template <>
[[gnu::always_inline]] inline Two<float> load_two(const float* at) {
  typedef double __attribute__((may_alias)) Bits;
  const Bits both = *reinterpret_cast<const Bits*>(at);
  Two<float> two;
  __builtin_memcpy(&two, &both, sizeof(two));
  return two;
}
#endif

}  // namespace detail

/// Positive infinity, under any compiler flag.
template <typename Scalar>
inline Scalar positive_infinity() {
  using Traits = ScalarTraits<Scalar>;
  using Bits = typename Traits::Bits;
  return detail::from_hidden_bits<Scalar>((Bits{2} * Traits::exponent_bias + 1) << Traits::mantissa_bits);
}

/// A quiet NaN, under any compiler flag.
template <typename Scalar>
inline Scalar not_a_number() {
  using Traits = ScalarTraits<Scalar>;
  using Bits = typename Traits::Bits;
  return detail::from_hidden_bits<Scalar>((Bits{4} * Traits::exponent_bias + 3)
                                          << (Traits::mantissa_bits - 1));
}

inline float square_root(float x) { return __builtin_sqrtf(x); }
inline double square_root(double x) { return __builtin_sqrt(x); }

template <typename Scalar>
constexpr Scalar absolute(Scalar x) {
  return x < Scalar(0) ? -x : x;
}

template <typename Type>
constexpr Type smaller(Type a, Type b) {
  return b < a ? b : a;
}

template <typename Type>
constexpr Type larger(Type a, Type b) {
  return a < b ? b : a;
}

}  // namespace thrum

#endif  // THRUM_CORE_SCALAR_HPP
