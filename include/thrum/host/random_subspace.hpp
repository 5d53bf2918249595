#ifndef THRUM_HOST_RANDOM_SUBSPACE_HPP
#define THRUM_HOST_RANDOM_SUBSPACE_HPP

#include <Eigen/Core>
#include <utility>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/host/aligned_array.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/dense.hpp"
#include "thrum/host/kernels.hpp"
#include "thrum/host/leading_eigenvectors.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/products.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// The sum of products of deviations times given directions, without that matrix: X' (X W), in one pass over
/// x, n x d. mean: d; directions: d x l. Products are in Scalar. O(n d l); allocates 16 d x l.
template <typename Scalar>
inline Matrix<double> deviations_along(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                                       const Vector<double>& mean, const Matrix<double>& directions) {
  const Index d = x.cols, l = directions.cols(), stride = rounded_up(d, panel_row_multiple);
  const Vector<Scalar> center = mean.template cast<Scalar>();
  const Matrix<Scalar> along = directions.template cast<Scalar>();
  // What rounding the mean adds to every row of X W. Those of X W sum to 0, so that X' needs no such care.
  const Vector<double> shift = directions.transpose() * (center.template cast<double>() - mean);
  const Index parts = partial_sums(x.rows);
  std::vector<Matrix<double>> sums(array_size(parts), Matrix<double>::Zero(d, l));
  parallel_for(parts, worker_count(operations(x.rows, d, l)), [&](Index part, int) {
    const AlignedArray<Scalar> copied(rows_per_chunk * stride), centered(rows_per_chunk * stride);
    for (Index first = part * rows_per_chunk; first < x.rows; first += max_partial_sums * rows_per_chunk) {
      const Index count = smaller(rows_per_chunk, x.rows - first);
      MatrixView<const Scalar> rows = x.middle_rows(first, count);
      if (rows.col_stride != 1) {
        panel_kernels<Scalar>().load_rows(rows.transposed(), d, copied.data(), stride);
        rows = {copied.data(), count, d, stride, 1};
      }
      product_kernels<Scalar>().center_rows(rows, center.data(), centered.data(), stride);
      Matrix<Scalar> z = Matrix<Scalar>::Zero(count, l);
      add_products<Scalar, Scalar>({centered.data(), 1, stride, false}, factor(thrum::view(along)), d,
                                   thrum::view(z), false, 1);
      for (Index i = 0; i < count; ++i)
        z.row(i) = (z.row(i) + shift.transpose().template cast<Scalar>()) * weight_of(weights, first + i);
      add_products<Scalar, double>({centered.data(), stride, 1, false}, factor(thrum::view(z)), count,
                                   thrum::view(sums[array_size(part)]), false, 1);
    }
  });
  fold_partial_sums(parts, [&](Index into, Index from) { sums[array_size(into)] += sums[array_size(from)]; });
  return sums[0];
}

struct LeadingDirections {
  Vector<double> values;
  Matrix<double> directions;  ///< d x p, orthonormal
};

/// About the p leading eigenvectors of the sum of products of deviations, by a random subspace that is
/// multiplied with it seven times (Halko, Martinsson and Tropp, SIAM Review 53, 2011, algorithms 4.4 and
/// 5.3). A value that is r times the one of number p + 11 is found to about r^-14. From a fixed seed.
/// O(n d p).
template <typename Scalar>
inline LeadingDirections random_subspace(MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                                         const Vector<double>& mean, Index p) {
  constexpr Index oversampling = 10;
  constexpr int passes = 7;
  const Index l = smaller(p + oversampling, smaller(x.rows, x.cols));
  Random random(1);
  Matrix<double> directions(x.cols, l), products;
  for (double& entry : directions.reshaped()) entry = random.normal();
  for (int pass = 0; pass < passes; ++pass) {
    Matrix<double> rows = directions.transpose();
    orthonormalize(rows);
    directions = rows.transpose();
    products = deviations_along(x, weights, mean, directions);
    if (pass + 1 < passes) directions = products;
  }
  Matrix<double> inner = product(thrum::view(std::as_const(directions)).transposed(), products);
  inner = (0.5 * (inner + inner.transpose())).eval();
  const Eigenpairs found = all_eigenpairs(std::move(inner));
  return {found.values.head(p).cwiseMax(0.0), product(directions, found.vectors.leftCols(p))};
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_RANDOM_SUBSPACE_HPP
