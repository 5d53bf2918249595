#include <Eigen/Core>
#include <cstdio>

#include "thrum/thrum.hpp"

int main() {
  const Eigen::MatrixXf x = Eigen::MatrixXf::Identity(2, 2);
  const bool works = thrum::view(x).rows == 2;
  std::printf("thrum %d on the laptop: %s\n", THRUM_VERSION, works ? "ok" : "wrong");
  return works ? 0 : 1;
}
