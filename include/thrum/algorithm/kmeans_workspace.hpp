#ifndef THRUM_ALGORITHM_KMEANS_WORKSPACE_HPP
#define THRUM_ALGORITHM_KMEANS_WORKSPACE_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"

namespace thrum {

/// What K-means needs beside data and centres; the caller owns it, nothing in it need be initialised.
template <typename Scalar, typename Accumulator>
struct KMeansWorkspace {
  int* labels = nullptr;                   ///< n: cluster of each sample
  Scalar* squared_distances = nullptr;     ///< n: of each sample to its centre
  Scalar* centers_by_feature = nullptr;    ///< d x k: the centres, transposed for `nearest_center`
  Accumulator* cluster_sums = nullptr;     ///< partial_sums(n) x k x d
  Accumulator* cluster_weights = nullptr;  ///< partial_sums(n) x k; the first k end as the clusters' weights
};

}  // namespace thrum

#endif  // THRUM_ALGORITHM_KMEANS_WORKSPACE_HPP
