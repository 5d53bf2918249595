#ifndef THRUM_HOST_CLASS_ELLIPSOIDS_HPP
#define THRUM_HOST_CLASS_ELLIPSOIDS_HPP

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/dense.hpp"
#include "thrum/host/folds.hpp"
#include "thrum/host/leading_eigenvectors.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/panels.hpp"
#include "thrum/host/parallel.hpp"
#include "thrum/host/positive_definite.hpp"
#include "thrum/host/product_moments.hpp"
#include "thrum/input.hpp"

namespace thrum {

/// How far correlations are drawn towards none before the covariance of a class is inverted.
enum class Shrinkage {
  held_out,     ///< the share under which rows that were held out are most likely
  ledoit_wolf,  ///< Ledoit and Wolf, Journal of Multivariate Analysis 88, 2004
  oas,          ///< Chen, Wiesel, Eldar and Hero, IEEE Trans. Signal Processing 58, 2010
  fixed,        ///< shrinkage_share; as any of these at least 16 roundings of the scalar type
};

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

/// What is asked of the ellipsoids.
struct EllipsoidOptions {
  EllipsoidForm form = EllipsoidForm::full;
  Index rank = 0;  ///< low_rank: directions of each class, 1 to d - 1
  Shrinkage shrinkage = Shrinkage::held_out;
  double share = 0.1;               ///< of Shrinkage::fixed
  double weight_of_error = 1;       ///< low_rank: of what the directions leave over
  double weight_of_directions = 1;  ///< low_rank: of the coordinates along them
};

/// Ellipsoids around classes of rows: an EllipsoidsModel that owns its arrays.
template <typename Scalar>
class ClassEllipsoids {
 public:
  ClassEllipsoids() = default;
  ClassEllipsoids(const EllipsoidOptions& options, Index classes) : options_(options), count_(classes) {}

  /// Before fit, with Shrinkage::held_out: finds the share of least mean log determinant + d log squared
  /// distance over all folds and classes. That is the likelihood of directions alone (Tyler, Annals of
  /// Statistics 15, 1987): how far out rows are is what the tables tell, and a Gaussian's would let a few
  /// far ones decide.
  void prepare(MatrixView<const Scalar> x, const std::vector<int>& labels, const ClassFolds& folds) {
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

  /// x: n x d; labels: the class of each row.
  void fit(const MatrixInput<Scalar>& x, const std::vector<int>& labels) {
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

  Index count() const { return count_; }
  /// The shrinkage of the last fit, the mean over classes; 0 before.
  double share() const { return share_; }

  /// The distances of a row to all classes. scratch: d values.
  void measure(VectorView<const Scalar> x, Scalar* scratch, VectorView<Scalar> distances) const {
    for (Index j = 0; j < count_; ++j) distances[j] = square_root(squared_distance(x, j, scratch));
  }

  /// Half the log determinant of each inverse covariance; of full ellipsoids.
  Vector<double> half_log_determinants() const {
    Vector<double> halves = Vector<double>::Zero(count_);
    for (Index j = 0; j < count_; ++j)
      for (Index f = 0; f < features_; ++f)
        halves[j] +=
            std::log(static_cast<double>(factor_[j * triangle_size(features_) + triangle_size(f) + f]));
    return halves;
  }

  EllipsoidsModel<Scalar> model() const {
    return {center_.data(), null_if_empty(scale_), null_if_empty(factor_), null_if_empty(weight_),
            static_cast<int>(rank_)};
  }

  friend bool operator==(const ClassEllipsoids& a, const ClassEllipsoids& b) {
    return a.count_ == b.count_ && a.rank_ == b.rank_ && same(a.center_, b.center_) &&
           same(a.scale_, b.scale_) && same(a.factor_, b.factor_) && same(a.weight_, b.weight_);
  }

 private:
  static bool same(const Vector<Scalar>& a, const Vector<Scalar>& b) {
    return a.size() == b.size() && a == b;
  }
  static const Scalar* null_if_empty(const Vector<Scalar>& x) { return x.size() == 0 ? nullptr : x.data(); }

  static Eigen::VectorXd standardised_coordinates(VectorView<const Scalar> x, const ClassShape& shape) {
    Eigen::VectorXd z(x.size);
    for (Index f = 0; f < x.size; ++f)
      z[f] = (static_cast<double>(x[f]) - shape.mean[f]) / shape.deviation[f];
    return shape.directions.transpose() * z;
  }

  /// Shapes of all classes. One of fewer rows than tell a deviation takes that of all rows about their
  /// own means.
  std::vector<ClassShape> shapes_of(const Matrix<Scalar>& x, const std::vector<int>& labels) const {
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

  /// A thousandth of what a feature deviates within classes; of a feature that never varies, of all features.
  static Eigen::VectorXd least_deviations(const Eigen::MatrixXd& about_means) {
    const double n = static_cast<double>(about_means.rows());
    const Eigen::VectorXd own = (about_means.colwise().squaredNorm() / n).cwiseSqrt().transpose();
    const double typical = std::sqrt(own.squaredNorm() / static_cast<double>(own.size()));
    const double fallback = typical > 0 ? typical : static_cast<double>(least_radius<Scalar>());
    return 1e-3 * (own.array() > 0).select(own.array(), fallback).matrix();
  }

  /// Not so little that the factors of nearly collinear features have more digits than Scalar.
  double share_for(const ClassShape& shape) const {
    if (options_.form == EllipsoidForm::diagonal) return 1;
    const double share = options_.shrinkage == Shrinkage::ledoit_wolf ? shape.ledoit_wolf
                         : options_.shrinkage == Shrinkage::oas       ? shape.oas
                                                                      : options_.share;
    return larger(share, 16 * static_cast<double>(ScalarTraits<Scalar>::epsilon()));
  }

  void take(Index j, const ClassShape& shape) {
    const Index d = features_;
    center_.segment(j * d, d) = shape.mean.template cast<Scalar>();
    const Eigen::VectorXd inverse_deviation = shape.deviation.cwiseInverse();
    if (options_.form != EllipsoidForm::full)
      scale_.segment(j * d, d) = inverse_deviation.template cast<Scalar>();
    const Eigen::VectorXd variances = shape.shrunk(share_for(shape));
    if (options_.form == EllipsoidForm::full) take_full(j, shape, variances, inverse_deviation);
    if (options_.form == EllipsoidForm::low_rank) take_low_rank(j, shape, variances);
  }

  void take_full(Index j, const ClassShape& shape, const Eigen::VectorXd& variances,
                 const Eigen::VectorXd& inverse_deviation) {
    const Matrix<double> scaled = shape.directions * variances.cwiseSqrt().cwiseInverse().asDiagonal();
    Matrix<double> lower = product(scaled, scaled.transpose());  // the inverse of the correlations
    detail::factorize(thrum::view(lower));
    Scalar* next = factor_.data() + j * triangle_size(features_);
    for (Index f = 0; f < features_; ++f)
      for (Index r = 0; r <= f; ++r) *next++ = static_cast<Scalar>(inverse_deviation[f] * lower(f, r));
  }

  void take_low_rank(Index j, const ClassShape& shape, const Eigen::VectorXd& variances) {
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

  Scalar squared_distance(VectorView<const Scalar> x, Index j, Scalar* scratch) const {
    switch (options_.form) {
      case EllipsoidForm::full:
        return Ellipsoid<EllipsoidForm::full, Scalar>(model(), j, x, scratch).squared_distance();
      case EllipsoidForm::diagonal:
        return Ellipsoid<EllipsoidForm::diagonal, Scalar>(model(), j, x, scratch).squared_distance();
      case EllipsoidForm::low_rank: break;
    }
    return Ellipsoid<EllipsoidForm::low_rank, Scalar>(model(), j, x, scratch).squared_distance();
  }

  EllipsoidOptions options_;
  Index count_ = 0, features_ = 0, rank_ = 0;
  double share_ = 0;
  Vector<Scalar> center_, scale_, factor_, weight_;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_CLASS_ELLIPSOIDS_HPP
