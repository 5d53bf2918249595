#include <Eigen/Core>
#include <cstdio>

#include "thrum/detector.hpp"

thrum::Detector<float> learned(const Eigen::MatrixXf& normal);

int main() {
  Eigen::MatrixXf normal(40, 2);
  for (Eigen::Index i = 0; i < normal.rows(); ++i)
    normal.row(i) << static_cast<float>(i % 5), static_cast<float>(i % 8);
  const Eigen::RowVector2f fault(100, -100);
  const thrum::Detector<float> detector = learned(normal);
  const bool works = detector.score(normal).maxCoeff() < detector.score(fault)[0];
  std::puts(works ? "thrum::compiled: ok" : "thrum::compiled: wrong");
  return works ? 0 : 1;
}
