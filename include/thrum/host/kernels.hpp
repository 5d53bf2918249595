#ifndef THRUM_HOST_KERNELS_HPP
#define THRUM_HOST_KERNELS_HPP

#include <stdint.h>

#include <utility>

#include "thrum/core/column_sums.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/clustering_table.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/product_table.hpp"
#include "thrum/host/scoring_table.hpp"

// The kernels, compiled once for each instruction set, and the choice among them when the program runs. With
// THRUM_NO_DISPATCH there is one set, for what the translation unit is compiled for.

#define THRUM_TARGET compiled_for
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define THRUM_TARGET_BYTES 64
#elif defined(__AVX2__)
#define THRUM_TARGET_BYTES 32
#elif defined(__SSE2__) || defined(__ARM_NEON)
#define THRUM_TARGET_BYTES 16
#else
#define THRUM_TARGET_BYTES 4
#endif
#include "thrum/host/kernels_for_target.hpp"

#if defined(THRUM_DISPATCH)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define THRUM_TARGET avx2
#define THRUM_TARGET_BYTES 32
#include "thrum/host/kernels_for_target.hpp"
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), \
                             apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")
#endif
#define THRUM_TARGET avx512
#define THRUM_TARGET_BYTES 64
#include "thrum/host/kernels_for_target.hpp"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // THRUM_DISPATCH

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

#if defined(THRUM_DISPATCH)
inline bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
inline bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif

// The kernels for the processor that the program runs on.
#if defined(THRUM_DISPATCH)
#define THRUM_CHOSEN(kernels)               \
  (has_avx512() ? avx512::kernels<Scalar>() \
   : has_avx2() ? avx2::kernels<Scalar>()   \
                : compiled_for::kernels<Scalar>())
#else
#define THRUM_CHOSEN(kernels) compiled_for::kernels<Scalar>()
#endif

template <typename Scalar>
const PanelKernels<Scalar>& panel_kernels() {
  static const PanelKernels<Scalar> table = THRUM_CHOSEN(panel_kernels);
  return table;
}

template <typename Scalar>
const ClusteringKernels<Scalar>& clustering_kernels() {
  static const ClusteringKernels<Scalar> table = THRUM_CHOSEN(clustering_kernels);
  return table;
}

template <typename Scalar>
const ProductKernels<Scalar>& product_kernels() {
  static const ProductKernels<Scalar> table = THRUM_CHOSEN(product_kernels);
  return table;
}

template <typename Scalar>
const ScoringKernels<Scalar>& scoring_kernels() {
  static const ScoringKernels<Scalar> table = THRUM_CHOSEN(scoring_kernels);
  return table;
}

#undef THRUM_CHOSEN

#if defined(THRUM_COMPILED)
extern template const PanelKernels<float>& panel_kernels<float>();
extern template const PanelKernels<double>& panel_kernels<double>();
extern template const ClusteringKernels<float>& clustering_kernels<float>();
extern template const ClusteringKernels<double>& clustering_kernels<double>();
extern template const ProductKernels<float>& product_kernels<float>();
extern template const ProductKernels<double>& product_kernels<double>();
extern template const ScoringKernels<float>& scoring_kernels<float>();
extern template const ScoringKernels<double>& scoring_kernels<double>();
#endif

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_KERNELS_HPP
