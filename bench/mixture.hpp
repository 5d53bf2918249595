#ifndef THRUM_BENCH_MIXTURE_HPP
#define THRUM_BENCH_MIXTURE_HPP

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

#endif  // THRUM_BENCH_MIXTURE_HPP
