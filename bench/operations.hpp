#ifndef THRUM_BENCH_OPERATIONS_HPP
#define THRUM_BENCH_OPERATIONS_HPP

#include "thrum/core/matrix_view.hpp"

// What counts as an operation, for all benchmarks. Operations are nominal: those of the plain formula,
// whatever an algorithm does or saves, so that a faster algorithm shows a higher rate. Units are powers of
// 1000.

/// n x m, as a double: products of sizes get large.
constexpr double count_of(thrum::Index n, thrum::Index m) {
  return static_cast<double>(n) * static_cast<double>(m);
}

/// Squared distances of n samples to k centres over d features: a subtraction, a multiplication and an
/// addition.
constexpr double distance_operations(thrum::Index n, thrum::Index d, thrum::Index k) {
  return 3 * count_of(n, d) * static_cast<double>(k);
}

/// K-means looks at all samples once an iteration, and once more for the labels of the last centres.
constexpr int kmeans_passes(int iterations) { return iterations + 1; }

/// Products of n rows of d numbers with p columns: a multiplication and an addition.
constexpr double product_operations(thrum::Index n, thrum::Index d, thrum::Index p) {
  return 2 * count_of(n, d) * static_cast<double>(p);
}

/// Covariance of d features or Gram matrix of n samples, whichever is smaller: half of a product.
constexpr double moment_operations(thrum::Index n, thrum::Index d) {
  return product_operations(n, d, n < d ? n : d) / 2;
}

/// Bytes of n x d numbers.
template <typename Scalar>
constexpr double matrix_bytes(thrum::Index n, thrum::Index d) {
  return sizeof(Scalar) * count_of(n, d);
}

#endif  // THRUM_BENCH_OPERATIONS_HPP
