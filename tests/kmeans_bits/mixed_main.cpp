#include <cstdio>

#include "mixed.hpp"

int main() {
  const Eigen::MatrixXf x = Eigen::MatrixXf::Random(20000, 6);
  const bool same = plain_centers(x) == threaded_centers(x);
  std::puts(same ? "the same centres" : "other centres");
  return same ? 0 : 1;
}
