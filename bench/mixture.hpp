#ifndef THRUM_BENCH_MIXTURE_HPP
#define THRUM_BENCH_MIXTURE_HPP

#include <tuple>

#include "thrum/core/random.hpp"
#include "thrum/input.hpp"

/// n x d samples of a mixture of Gaussians with unit noise, their centres at 1.2 N(0, 1).
template <typename Scalar>
thrum::Matrix<Scalar> gaussian_mixture(Eigen::Index n, Eigen::Index d, Eigen::Index components) {
  thrum::Random random(1);
  thrum::Matrix<Scalar> centers(components, d), x(n, d);
  for (Scalar& value : centers.reshaped()) value = static_cast<Scalar>(1.2 * random.normal());
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::Index component = random.index(components);
    for (Eigen::Index f = 0; f < d; ++f)
      x(i, f) = centers(component, f) + static_cast<Scalar>(random.normal());
  }
  return x;
}

/// The same, kept until another is asked for: a benchmark is started several times on the same data.
template <typename Scalar>
const thrum::Matrix<Scalar>& kept_mixture(Eigen::Index n, Eigen::Index d, Eigen::Index components) {
  static std::tuple<Eigen::Index, Eigen::Index, Eigen::Index> kept_shape;
  static thrum::Matrix<Scalar> kept;
  const auto shape = std::make_tuple(n, d, components);
  if (shape != kept_shape) kept = gaussian_mixture<Scalar>(n, d, components);
  kept_shape = shape;
  return kept;
}

#endif  // THRUM_BENCH_MIXTURE_HPP
