#ifndef THRUM_CORE_ELEMENTARY_HPP
#define THRUM_CORE_ELEMENTARY_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

// Elementary functions of our own: those of the C libraries differ in the last bits between glibc, newlib and
// the rest, and laptop and chip are to agree to the last bit.

namespace thrum {

namespace detail {

constexpr double natural_log_of_2 = 0.6931471805599453;

/// What natural_log needs of a scalar type. The series 2 s (s^2/3 + s^4/5 + ...) is cut where what is left
/// out is below a tenth of a rounding; |s| <= 0.1716, so each term wins 1.5 digits. ln 2 is split so that the
/// high part times any exponent is exact.
template <typename Scalar>
struct LogarithmTraits;

template <>
struct LogarithmTraits<float> {
  static constexpr int terms = 4;
  static constexpr uint32_t one = 0x3f800000u;
  static constexpr uint32_t square_root_of_half = 0x3f3504f3u;
  static constexpr float ln2_high = 0x1.62ep-1f;
  static constexpr float ln2_low = 0x1.0bfbe8p-15f;
  /// 2 / (2 i + 3): the series in s^2.
  static constexpr float coefficient(int i) { return 2.0f / static_cast<float>(2 * i + 3); }
};

template <>
struct LogarithmTraits<double> {
  static constexpr int terms = 10;
  static constexpr uint64_t one = 0x3ff0000000000000u;
  static constexpr uint64_t square_root_of_half = 0x3fe6a09e667f3bcdu;
  static constexpr double ln2_high = 0x1.62e42feep-1;
  static constexpr double ln2_low = 0x1.a39ef35793c76p-33;
  static constexpr double coefficient(int i) { return 2.0 / static_cast<double>(2 * i + 3); }
};

/// The coefficients, highest power first, as Horner's rule takes them: in flash, no division at run time.
template <typename Scalar>
struct LogarithmSeries {
  Scalar value[LogarithmTraits<Scalar>::terms] = {};
  constexpr LogarithmSeries() {
    constexpr int terms = LogarithmTraits<Scalar>::terms;
    for (int i = 0; i < terms; ++i) value[i] = LogarithmTraits<Scalar>::coefficient(terms - 1 - i);
  }
};

}  // namespace detail

/// Natural logarithm of a positive, finite, normal x; float or double, the same bits on every platform.
/// Error below 1 ulp. Zero, negative, subnormal and infinite x and NaN give a meaningless number: the caller
/// excludes them (energies have a floor). No branch, one division, no table but the series; allocates
/// nothing. Method: x = 2^e m with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh s = 2 s + s (2 s^2/3 + 2 s^4/5
/// + ...), s = (m - 1) / (m + 1); the leading 2 s is taken apart as f - f^2/2 + s f^2/2, f = m - 1, which
/// loses nothing near x = 1.
template <typename Scalar>
inline Scalar natural_log(Scalar x) {
  using Traits = detail::LogarithmTraits<Scalar>;
  using Bits = typename ScalarTraits<Scalar>::Bits;
  constexpr int mantissa_bits = ScalarTraits<Scalar>::mantissa_bits;
  constexpr detail::LogarithmSeries<Scalar> series;

  const Bits bits = bits_of(x);
  const int exponent =
      static_cast<int>((bits + (Traits::one - Traits::square_root_of_half)) >> mantissa_bits) -
      ScalarTraits<Scalar>::exponent_bias;
  const Scalar m = from_bits<Scalar>(bits - (static_cast<Bits>(exponent) << mantissa_bits));
  const Scalar e = static_cast<Scalar>(exponent);

  const Scalar f = m - Scalar(1);
  const Scalar s = f / (m + Scalar(1));
  const Scalar s2 = s * s;
  const Scalar half_square = Scalar(0.5) * f * f;
  Scalar rest = series.value[0];
  for (int i = 1; i < Traits::terms; ++i) rest = rest * s2 + series.value[i];
  rest = rest * s2;
  const Scalar low = s * (half_square + rest) + e * Traits::ln2_low;
  return e * Traits::ln2_high - ((half_square - low) - f);
}

namespace detail {

/// 1 / i! from the highest i to 1, as Horner's rule takes them; what is left out is below a tenth of a
/// rounding for |x| <= ln 2 / 2.
template <typename Scalar>
struct ExponentialSeries {
  static constexpr int terms = sizeof(Scalar) == sizeof(float) ? 7 : 13;
  Scalar value[array_size(terms)] = {};
  constexpr ExponentialSeries() {
    double factorial = 1;
    for (int i = 1; i <= terms; ++i) {
      factorial *= static_cast<double>(i);
      value[terms - i] = static_cast<Scalar>(1.0 / factorial);
    }
  }
};

}  // namespace detail

/// e^x for x <= 0; float or double, the same bits on every platform. Error below 1.25 ulp; 0 where the result
/// would be subnormal (x below -87, double -708). Positive x and NaN give a meaningless number. No division,
/// one branch, no table but the series; allocates nothing. Method: x = r - n ln 2 with |r| <= ln 2 / 2, and
/// the series of e^r.
template <typename Scalar>
inline Scalar exponential(Scalar x) {
  using Traits = detail::LogarithmTraits<Scalar>;
  using Bits = typename ScalarTraits<Scalar>::Bits;
  constexpr detail::ExponentialSeries<Scalar> series;
  constexpr int bias = ScalarTraits<Scalar>::exponent_bias;
  constexpr Scalar halvings_per_unit = Scalar(1.0 / detail::natural_log_of_2);
  if (!(x > Scalar(1 - bias) * Scalar(detail::natural_log_of_2))) return Scalar(0);
  const int halvings = static_cast<int>(Scalar(0.5) - x * halvings_per_unit);
  const Scalar n = static_cast<Scalar>(halvings);
  const Scalar r = (x + n * Traits::ln2_high) + n * Traits::ln2_low;
  Scalar sum = series.value[0];
  for (int i = 1; i < series.terms; ++i) sum = sum * r + series.value[i];
  sum = sum * r + Scalar(1);
  return sum * from_bits<Scalar>(static_cast<Bits>(bias - halvings) << ScalarTraits<Scalar>::mantissa_bits);
}

namespace detail {

constexpr double pi = 3.141592653589793;

/// cos x for |x| <= pi/4, by its series up to x^16; error below 1e-16.
constexpr double cosine_near_zero(double x) {
  const double x2 = x * x;
  double sum = 1.0;
  for (int i = 16; i >= 2; i -= 2) sum = 1.0 - x2 / static_cast<double>(i * (i - 1)) * sum;
  return sum;
}

/// sin x for |x| <= pi/4, by its series up to x^17; error below 1e-16.
constexpr double sine_near_zero(double x) {
  const double x2 = x * x;
  double sum = 1.0;
  for (int i = 16; i >= 2; i -= 2) sum = 1.0 - x2 / static_cast<double>(i * (i + 1)) * sum;
  return x * sum;
}

}  // namespace detail

/// cos(2 pi numerator / denominator), error below 4e-16; exact at multiples of a quarter turn.
/// The angle is brought into one octant in integers, so that any number of turns costs no digit and the
/// symmetries of the circle hold exactly. denominator >= 1, both below 2^60 in magnitude. constexpr, and at
/// run time on the chip for building tables (soft double, about a thousand instructions). Allocates nothing.
constexpr double cosine_of_turn(Index numerator, Index denominator) {
  const int64_t eighth = denominator;
  int64_t angle = static_cast<int64_t>(numerator) % eighth;
  if (angle < 0) angle = -angle;
  angle *= 8;
  if (angle > 4 * eighth) angle = 8 * eighth - angle;
  const bool negative = angle > 2 * eighth;
  if (negative) angle = 4 * eighth - angle;
  const bool steep = angle > eighth;
  if (steep) angle = 2 * eighth - angle;
  const double x = static_cast<double>(angle) / static_cast<double>(eighth) * (0.25 * detail::pi);
  const double magnitude = steep ? detail::sine_near_zero(x) : detail::cosine_near_zero(x);
  return negative ? -magnitude : magnitude;
}

}  // namespace thrum

#endif  // THRUM_CORE_ELEMENTARY_HPP
