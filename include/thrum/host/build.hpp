#ifndef THRUM_HOST_BUILD_HPP
#define THRUM_HOST_BUILD_HPP

// What the flags of a translation unit change about the laptop wing is in the name of an inline namespace, so
// that objects with and without OpenMP or dispatch can be linked: each keeps the functions it was compiled
// with. Those that share matrices must have the same vector instructions (-march): they say how Eigen
// allocates. What thrum::compiled has not for these, the linker misses.

#if defined(__x86_64__) && defined(__GNUC__) && !defined(THRUM_NO_DISPATCH)
#define THRUM_DISPATCH 1
#define THRUM_BUILD_KERNELS dispatched
#else
#define THRUM_BUILD_KERNELS native
#endif

#if defined(__AVX512F__)
#define THRUM_BUILD_TARGET avx512
#elif defined(__AVX2__)
#define THRUM_BUILD_TARGET avx2
#elif defined(__AVX__)
#define THRUM_BUILD_TARGET avx
#else
#define THRUM_BUILD_TARGET baseline
#endif

#if defined(_OPENMP)
#define THRUM_BUILD_THREADS openmp
#else
#define THRUM_BUILD_THREADS serial
#endif

#define THRUM_JOIN_EXPANDED(a, b, c) a##_##b##_##c
#define THRUM_JOIN(a, b, c) THRUM_JOIN_EXPANDED(a, b, c)
#define THRUM_BUILD THRUM_JOIN(THRUM_BUILD_KERNELS, THRUM_BUILD_TARGET, THRUM_BUILD_THREADS)

#endif  // THRUM_HOST_BUILD_HPP
