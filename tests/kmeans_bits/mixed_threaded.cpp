#include "mixed.hpp"
#include "thrum/kmeans.hpp"

Eigen::MatrixXf threaded_centers(const Eigen::MatrixXf& x) {
  thrum::KMeans<float> kmeans;
  kmeans.fit(x);
  return kmeans.centers();
}
