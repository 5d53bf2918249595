#ifndef THRUM_TESTS_KMEANS_BITS_MIXED_HPP
#define THRUM_TESTS_KMEANS_BITS_MIXED_HPP

#include <Eigen/Core>

// The same fit, compiled without threads and dispatch, and with both.
Eigen::MatrixXf plain_centers(const Eigen::MatrixXf& x);
Eigen::MatrixXf threaded_centers(const Eigen::MatrixXf& x);

#endif  // THRUM_TESTS_KMEANS_BITS_MIXED_HPP
