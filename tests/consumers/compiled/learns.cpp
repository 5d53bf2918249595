#include <Eigen/Core>

#include "thrum/detector.hpp"

thrum::Detector<float> learned(const Eigen::MatrixXf& normal) {
  thrum::Detector<float> detector;
  detector.fit(normal);
  return detector;
}
