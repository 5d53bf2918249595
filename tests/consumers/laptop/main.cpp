#include <Eigen/Core>
#include <cstdio>

#include "thrum/thrum.hpp"

int main() {
  Eigen::MatrixXf x(4, 1);
  x << 0, 1, 10, 11;
  thrum::KMeans<float> kmeans{thrum::KMeansOptions{2}};
  const bool works = kmeans.fit(x).inertia == 1;
  std::printf("thrum %d on the laptop: %s\n", THRUM_VERSION, works ? "ok" : "wrong");
  return works ? 0 : 1;
}
