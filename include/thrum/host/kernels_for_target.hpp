// The vector kernels for one instruction set. Has no include guard: host/kernels.hpp includes it once for
// each target, with THRUM_TARGET set to the name of a namespace and THRUM_TARGET_BYTES to the width of a
// vector. Nothing else is included from here when it is included from there, since all of this file is
// compiled for the target.

#include <stdint.h>

#include <utility>

#include "thrum/core/column_sums.hpp"
#include "thrum/core/exact_sum.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/clustering_table.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/product_table.hpp"
#include "thrum/host/scoring_table.hpp"

#if !defined(THRUM_TARGET)
#define THRUM_TARGET alone
#define THRUM_TARGET_BYTES 16
#endif

#define THRUM_INLINE __attribute__((always_inline)) inline
#define THRUM_UNROLL _Pragma("GCC unroll 16")

/// Keeps the optimiser, which under -ffast-math takes x + c - c for x, from knowing a vector.
#if defined(__SSE2__) && THRUM_TARGET_BYTES == 64
#define THRUM_HIDE(vector) __asm__("" : "+v"(vector))
#elif defined(__SSE2__)
#define THRUM_HIDE(vector) __asm__("" : "+x"(vector))
#elif defined(__aarch64__)
#define THRUM_HIDE(vector) __asm__("" : "+w"(vector))
#else
#define THRUM_HIDE(vector) __asm__("" : "+m"(vector))
#endif

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
namespace THRUM_TARGET {

/// Doubles, and integers as wide.
struct Wide {
  static constexpr Index bytes = THRUM_TARGET_BYTES < 8 ? 8 : THRUM_TARGET_BYTES;
  static constexpr Index count = bytes / 8;
  typedef double Value __attribute__((vector_size(bytes)));
  typedef int64_t Integer __attribute__((vector_size(bytes)));
};

template <typename Scalar>
struct Lanes;

template <>
struct Lanes<float> {
  typedef float Value __attribute__((vector_size(THRUM_TARGET_BYTES)));
  typedef int32_t Integer __attribute__((vector_size(THRUM_TARGET_BYTES)));
  typedef Integer Labels;
  static constexpr Index count = THRUM_TARGET_BYTES / 4;
  /// As many as there are doubles in `Wide`, to be converted to them.
  typedef float Narrow __attribute__((vector_size(Wide::count * 4)));
};

template <>
struct Lanes<double> {
  static constexpr Index bytes = THRUM_TARGET_BYTES < 8 ? 8 : THRUM_TARGET_BYTES;
  typedef double Value __attribute__((vector_size(bytes)));
  typedef int64_t Integer __attribute__((vector_size(bytes)));
  typedef int32_t Labels __attribute__((vector_size(bytes / 2)));
  static constexpr Index count = bytes / 8;
  typedef Value Narrow;
};

template <typename Scalar>
using Value = typename Lanes<Scalar>::Value;
template <typename Scalar>
using Integer = typename Lanes<Scalar>::Integer;

/// A vector from and to memory of any alignment.
template <typename Vector, typename Scalar>
THRUM_INLINE void load(Vector& vector, const Scalar* from) {
  __builtin_memcpy(&vector, from, sizeof(vector));
}
template <typename Vector, typename Scalar>
THRUM_INLINE void store(Scalar* to, const Vector& vector) {
  __builtin_memcpy(to, &vector, sizeof(vector));
}

/// Labels are int in memory and as wide as the scalars in vectors.
template <typename Scalar>
THRUM_INLINE void load_labels(Integer<Scalar>& vector, const int* from) {
  typename Lanes<Scalar>::Labels labels;
  load(labels, from);
  vector = __builtin_convertvector(labels, Integer<Scalar>);
}
template <typename Scalar>
THRUM_INLINE void store_labels(int* to, const Integer<Scalar>& vector) {
  const auto labels = __builtin_convertvector(vector, typename Lanes<Scalar>::Labels);
  store(to, labels);
}

template <typename Vector>
THRUM_INLINE Vector minimum(const Vector& a, const Vector& b) {
  return b < a ? b : a;
}
template <typename Vector>
THRUM_INLINE Vector maximum(const Vector& a, const Vector& b) {
  return a < b ? b : a;
}

template <typename Vector>
THRUM_INLINE bool any(const Vector& mask) {
  int64_t words[(sizeof(mask) + 7) / 8] = {};
  __builtin_memcpy(words, &mask, sizeof(mask));
  int64_t all = 0;
  for (const int64_t word : words) all |= word;
  return all != 0;
}

/// Square roots of all lanes. In assembly on x86, as there is no builtin that both compilers have; a root is
/// exact to rounding either way.
template <typename Vector>
THRUM_INLINE void take_square_root(Vector& x) {
#if defined(__x86_64__) && THRUM_TARGET_BYTES >= 16
  constexpr bool is_float = sizeof(x[0]) == sizeof(float);
#if THRUM_TARGET_BYTES > 16
  if (is_float) __asm__("vsqrtps %1, %0" : "=v"(x) : "v"(x));
  if (!is_float) __asm__("vsqrtpd %1, %0" : "=v"(x) : "v"(x));
#else
  if (is_float) __asm__("sqrtps %1, %0" : "=x"(x) : "x"(x));
  if (!is_float) __asm__("sqrtpd %1, %0" : "=x"(x) : "x"(x));
#endif
#else
  for (Index lane = 0; lane < static_cast<Index>(sizeof(x) / sizeof(x[0])); ++lane)
    x[lane] = square_root(x[lane]);
#endif
}

/// As many doubles, exactly; and back, rounded. In assembly where GCC 12 would go by pairs through memory.
THRUM_INLINE Wide::Value widened(const Lanes<double>::Narrow& values) { return values; }
THRUM_INLINE Wide::Value widened(const Lanes<float>::Narrow& values) {
#if defined(__x86_64__) && !defined(__clang__) && THRUM_TARGET_BYTES >= 32
  Wide::Value wide;
  __asm__("vcvtps2pd %1, %0" : "=v"(wide) : "v"(values));
  return wide;
#else
  return __builtin_convertvector(values, Wide::Value);
#endif
}
THRUM_INLINE void narrow_to(Lanes<double>::Narrow& narrowed, const Wide::Value& values) { narrowed = values; }
THRUM_INLINE void narrow_to(Lanes<float>::Narrow& narrowed, const Wide::Value& values) {
#if defined(__x86_64__) && !defined(__clang__) && THRUM_TARGET_BYTES >= 32
  __asm__("vcvtpd2ps %1, %0" : "=v"(narrowed) : "v"(values));
#else
  narrowed = __builtin_convertvector(values, Lanes<float>::Narrow);
#endif
}

}  // namespace THRUM_TARGET
}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#include "thrum/host/panel_kernels_for_target.hpp"

#include "thrum/host/coarse_kernels_for_target.hpp"
#include "thrum/host/move_kernels_for_target.hpp"

// These transpose as panels do.
#include "thrum/host/distance_kernels_for_target.hpp"
#include "thrum/host/product_kernels_for_target.hpp"

// These work in strips of rows as wide as those of distances, scores with the sums of stages.
#include "thrum/host/stage_kernels_for_target.hpp"

#include "thrum/host/scoring_kernels_for_target.hpp"

#undef THRUM_SHUFFLE
#undef THRUM_UNROLL
#undef THRUM_HIDE
#undef THRUM_INLINE
#undef THRUM_TARGET
#undef THRUM_TARGET_BYTES
