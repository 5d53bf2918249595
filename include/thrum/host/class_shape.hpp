#ifndef THRUM_HOST_CLASS_SHAPE_HPP
#define THRUM_HOST_CLASS_SHAPE_HPP

#include <Eigen/Core>
#include <cmath>
#include <utility>

#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/leading_eigenvectors.hpp"
#include "thrum/host/panel_table.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/product_moments.hpp"
#include "thrum/host/products_of_samples.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Mean, standard deviations and correlations of some rows, the last as eigenvalues and directions.
struct ClassShape {
  Eigen::VectorXd mean, deviation, variances;  ///< d each; variances of the standardised rows, rising
  Matrix<double> directions;                   ///< d x d, a column for each variance
  double ledoit_wolf = 1, oas = 1;             ///< shares these rules propose

  Eigen::VectorXd shrunk(double share) const { return ((1 - share) * variances.array() + share).matrix(); }
};

namespace detail {

/// Both rules look at standardised rows z, n x d, with correlations S, and shrink towards the identity.
inline void propose_shares(const Eigen::MatrixXd& z, const Matrix<double>& correlations, ClassShape& shape) {
  const double n = static_cast<double>(z.rows()), d = static_cast<double>(z.cols());
  const double squares = correlations.squaredNorm();
  const double distance = squares - 2 * correlations.trace() + d;
  if (!(distance > 0)) return;
  const double noise = (z.rowwise().squaredNorm().squaredNorm() / n - squares) / n;
  shape.ledoit_wolf = std::fmin(1, std::fmax(0, noise) / distance);
  const double trace = correlations.trace();
  const double spread = (n + 1 - 2 / d) * (squares - trace * trace / d);
  if (spread > 0) shape.oas = std::fmin(1, ((1 - 2 / d) * squares + trace * trace) / spread);
}

}  // namespace detail

/// The shape of rows, n x d, n >= 1. least_deviation: d, what a deviation is at least, > 0. O(n d^2 + d^3).
inline ClassShape shape_of(const Eigen::MatrixXd& rows, const Eigen::VectorXd& least_deviation) {
  ClassShape shape;
  shape.mean = rows.colwise().mean();
  Eigen::MatrixXd z = rows.rowwise() - shape.mean.transpose();
  const double n = static_cast<double>(rows.rows());
  shape.deviation = (z.colwise().squaredNorm() / n).cwiseSqrt().transpose().cwiseMax(least_deviation);
  z.array().rowwise() /= shape.deviation.transpose().array();
  const int workers = worker_count(operations(z.rows(), z.cols(), z.cols()));
  const ProductMoments moments =
      detail::product_moments_in<double, double>({thrum::view(std::as_const(z)), {}, nullptr}, workers);
  const Matrix<double> correlations = Matrix<double>(moments.products.selfadjointView<Eigen::Lower>()) / n;
  const Eigenpairs pairs = all_eigenpairs(Matrix<double>(correlations));
  shape.variances = pairs.values.reverse().cwiseMax(0);
  shape.directions = pairs.vectors.rowwise().reverse();
  detail::propose_shares(z, correlations, shape);
  return shape;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_CLASS_SHAPE_HPP
