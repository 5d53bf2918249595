#ifndef THRUM_IMPL_CLASS_ELLIPSOIDS_HPP
#define THRUM_IMPL_CLASS_ELLIPSOIDS_HPP

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/ellipsoids.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/class_ellipsoids.hpp"
#include "thrum/host/class_shape.hpp"
#include "thrum/host/dense.hpp"
#include "thrum/host/folds.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/positive_definite.hpp"
#include "thrum/input.hpp"

// The members of host::ClassEllipsoids.

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

template <typename Scalar>
void ClassEllipsoids<Scalar>::prepare(MatrixView<const Scalar> x, const std::vector<int>& labels,
                                      const ClassFolds& folds) {
  if (options_.shrinkage != Shrinkage::held_out || options_.form == EllipsoidForm::diagonal) return;
  constexpr double shares[] = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1};
  constexpr std::size_t count = sizeof(shares) / sizeof(shares[0]);
  constexpr double least = 1e-12;  // a row may lie on the mean
  Eigen::VectorXd losses = Eigen::VectorXd::Zero(count);
  for (int fold = 0; fold < ClassFolds::count; ++fold) {
    const std::vector<Index> rest = folds.outside(fold), held_out = folds.inside(fold);
    if (rest.empty()) continue;
    const std::vector<ClassShape> shapes = shapes_of(rows_of(x, rest), labels_of(labels, rest));
    std::vector<Eigen::MatrixXd> weights;       // of squared coordinates, a row for each share
    std::vector<Eigen::VectorXd> determinants;  // their logs
    for (const ClassShape& shape : shapes) {
      weights.emplace_back(count, x.cols);
      determinants.emplace_back(count);
      for (std::size_t i = 0; i < count; ++i) {
        const Index row = static_cast<Index>(i);
        weights.back().row(row) = shape.shrunk(shares[i]).cwiseInverse().transpose();
        determinants.back()[row] = -weights.back().row(row).array().log().sum();
      }
    }
    for (const Index row : held_out) {
      const std::size_t j = array_size(labels[array_size(row)]);
      const Eigen::VectorXd squared =
          weights[j] * standardised_coordinates(x.row(row), shapes[j]).cwiseAbs2();
      losses += determinants[j] + static_cast<double>(x.cols) * (squared.array() + least).log().matrix();
    }
  }
  Index best = 0;
  losses.minCoeff(&best);
  options_.share = shares[best];
}

template <typename Scalar>
void ClassEllipsoids<Scalar>::fit(const MatrixInput<Scalar>& x, const std::vector<int>& labels) {
  features_ = x.view().cols;
  rank_ = options_.form == EllipsoidForm::low_rank ? options_.rank : 0;
  center_.resize(count_ * features_);
  if (options_.form != EllipsoidForm::full) scale_.resize(count_ * features_);
  if (options_.form == EllipsoidForm::full) factor_.resize(count_ * triangle_size(features_));
  if (options_.form == EllipsoidForm::low_rank) {
    factor_.resize(count_ * features_ * rank_);
    weight_.resize(count_ * (1 + rank_));
  }
  const std::vector<ClassShape> shapes = shapes_of(copied(x.view()), labels);
  share_ = 0;
  for (Index j = 0; j < count_; ++j) {
    take(j, shapes[array_size(j)]);
    share_ += share_for(shapes[array_size(j)]) / static_cast<double>(count_);
  }
}

template <typename Scalar>
void ClassEllipsoids<Scalar>::measure(VectorView<const Scalar> x, Scalar* scratch,
                                      VectorView<Scalar> distances) const {
  for (Index j = 0; j < count_; ++j) distances[j] = square_root(squared_distance(x, j, scratch));
}

template <typename Scalar>
Vector<double> ClassEllipsoids<Scalar>::half_log_determinants() const {
  Vector<double> halves = Vector<double>::Zero(count_);
  for (Index j = 0; j < count_; ++j)
    for (Index f = 0; f < features_; ++f)
      halves[j] +=
          std::log(static_cast<double>(factor_[j * triangle_size(features_) + triangle_size(f) + f]));
  return halves;
}

template <typename Scalar>
Eigen::VectorXd ClassEllipsoids<Scalar>::standardised_coordinates(VectorView<const Scalar> x,
                                                                  const ClassShape& shape) {
  Eigen::VectorXd z(x.size);
  for (Index f = 0; f < x.size; ++f) z[f] = (static_cast<double>(x[f]) - shape.mean[f]) / shape.deviation[f];
  return shape.directions.transpose() * z;
}

template <typename Scalar>
std::vector<ClassShape> ClassEllipsoids<Scalar>::shapes_of(const Matrix<Scalar>& x,
                                                           const std::vector<int>& labels) const {
  constexpr Index fewest = 8;
  std::vector<std::vector<Index>> members(array_size(count_));
  for (std::size_t i = 0; i < labels.size(); ++i)
    members[array_size(labels[i])].push_back(static_cast<Index>(i));
  Eigen::MatrixXd about_means = x.template cast<double>();
  for (const auto& rows : members) {
    if (rows.empty()) continue;
    const Eigen::RowVectorXd mean = about_means(rows, Eigen::all).colwise().mean();
    for (const Index row : rows) about_means.row(row) -= mean;
  }
  const Eigen::VectorXd least = least_deviations(about_means);
  ClassShape pooled;
  std::vector<ClassShape> shapes;
  for (const auto& rows : members) {
    if (static_cast<Index>(rows.size()) >= fewest) {
      shapes.push_back(shape_of(x(rows, Eigen::all).template cast<double>(), least));
      continue;
    }
    if (pooled.mean.size() == 0) pooled = shape_of(about_means, least);
    shapes.push_back(pooled);
    shapes.back().mean =
        rows.empty()
            ? Eigen::VectorXd(x.template cast<double>().colwise().mean().transpose())
            : Eigen::VectorXd(x(rows, Eigen::all).template cast<double>().colwise().mean().transpose());
  }
  return shapes;
}

template <typename Scalar>
Eigen::VectorXd ClassEllipsoids<Scalar>::least_deviations(const Eigen::MatrixXd& about_means) {
  const double n = static_cast<double>(about_means.rows());
  const Eigen::VectorXd own = (about_means.colwise().squaredNorm() / n).cwiseSqrt().transpose();
  const double typical = std::sqrt(own.squaredNorm() / static_cast<double>(own.size()));
  const double fallback = typical > 0 ? typical : static_cast<double>(least_radius<Scalar>());
  return 1e-3 * (own.array() > 0).select(own.array(), fallback).matrix();
}

template <typename Scalar>
double ClassEllipsoids<Scalar>::share_for(const ClassShape& shape) const {
  if (options_.form == EllipsoidForm::diagonal) return 1;
  const double share = options_.shrinkage == Shrinkage::ledoit_wolf ? shape.ledoit_wolf
                       : options_.shrinkage == Shrinkage::oas       ? shape.oas
                                                                    : options_.share;
  return larger(share, 16 * static_cast<double>(ScalarTraits<Scalar>::epsilon()));
}

template <typename Scalar>
void ClassEllipsoids<Scalar>::take(Index j, const ClassShape& shape) {
  const Index d = features_;
  center_.segment(j * d, d) = shape.mean.template cast<Scalar>();
  const Eigen::VectorXd inverse_deviation = shape.deviation.cwiseInverse();
  if (options_.form != EllipsoidForm::full)
    scale_.segment(j * d, d) = inverse_deviation.template cast<Scalar>();
  const Eigen::VectorXd variances = shape.shrunk(share_for(shape));
  if (options_.form == EllipsoidForm::full) take_full(j, shape, variances, inverse_deviation);
  if (options_.form == EllipsoidForm::low_rank) take_low_rank(j, shape, variances);
}

template <typename Scalar>
void ClassEllipsoids<Scalar>::take_full(Index j, const ClassShape& shape, const Eigen::VectorXd& variances,
                                        const Eigen::VectorXd& inverse_deviation) {
  const Matrix<double> scaled = shape.directions * variances.cwiseSqrt().cwiseInverse().asDiagonal();
  Matrix<double> lower = product(scaled, scaled.transpose());  // the inverse of the correlations
  detail::factorize(thrum::view(lower));
  Scalar* next = factor_.data() + j * triangle_size(features_);
  for (Index f = 0; f < features_; ++f)
    for (Index r = 0; r <= f; ++r) *next++ = static_cast<Scalar>(inverse_deviation[f] * lower(f, r));
}

template <typename Scalar>
void ClassEllipsoids<Scalar>::take_low_rank(Index j, const ClassShape& shape,
                                            const Eigen::VectorXd& variances) {
  const Index left = features_ - rank_;
  Scalar* const weight = weight_.data() + j * (1 + rank_);
  weight[0] = static_cast<Scalar>(options_.weight_of_error / variances.head(left).mean());
  for (Index r = 0; r < rank_; ++r) {
    const Index c = features_ - 1 - r;
    weight[1 + r] = static_cast<Scalar>(options_.weight_of_directions / variances[c]);
    for (Index f = 0; f < features_; ++f)
      factor_[(j * features_ + f) * rank_ + r] = static_cast<Scalar>(shape.directions(f, c));
  }
}

template <typename Scalar>
Scalar ClassEllipsoids<Scalar>::squared_distance(VectorView<const Scalar> x, Index j, Scalar* scratch) const {
  switch (options_.form) {
    case EllipsoidForm::full:
      return Ellipsoid<EllipsoidForm::full, Scalar>(model(), j, x, scratch).squared_distance();
    case EllipsoidForm::diagonal:
      return Ellipsoid<EllipsoidForm::diagonal, Scalar>(model(), j, x, scratch).squared_distance();
    case EllipsoidForm::low_rank: break;
  }
  return Ellipsoid<EllipsoidForm::low_rank, Scalar>(model(), j, x, scratch).squared_distance();
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_IMPL_CLASS_ELLIPSOIDS_HPP
