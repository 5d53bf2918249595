#ifndef THRUM_ALGORITHM_ELLIPSOIDS_HPP
#define THRUM_ALGORITHM_ELLIPSOIDS_HPP

#include "thrum/core/matrix_view.hpp"

namespace thrum {

/// Working classes with a covariance each: the squared Mahalanobis distance to class j is
/// (x - center)' A (x - center), where A is the inverse of the covariance, held in one of three forms.
/// `full`: A = F F', F lower triangular. `diagonal`: A = diag(scale)^2. `low_rank`: y = scale (x - center) is
/// split into coordinates t = U'y along r directions and what is left of it, each with a weight of its own.
template <typename Scalar>
struct EllipsoidsModel {
  const Scalar* center = nullptr;  ///< k x d
  const Scalar* scale = nullptr;   ///< k x d, 1 / units of x; null when full
  const Scalar* factor = nullptr;  ///< full: k x d (d + 1) / 2, F row after row; low_rank: k x d x r, U
  const Scalar* weight = nullptr;  ///< low_rank: k x (1 + r), of what is left and of each coordinate
  int rank = 0;                    ///< r
};

/// Numbers in F.
constexpr Index triangle_size(Index features) { return features * (features + 1) / 2; }

/// How the inverse covariances are held.
enum class EllipsoidForm { full, diagonal, low_rank };

/// One class of an EllipsoidsModel and the sample it is asked about. `coordinates`: scratch of d values when
/// full, r when low_rank. Sums run in feature order.
template <EllipsoidForm form, typename Scalar>
class Ellipsoid {
 public:
  Ellipsoid(const EllipsoidsModel<Scalar>& model, Index cluster, VectorView<const Scalar> x,
            Scalar* coordinates)
      : Ellipsoid(model, cluster, x, model.center + cluster * x.size, coordinates) {}

  /// The same about another centre of d values: with zeros, squared_distance() is x' A x.
  Ellipsoid(const EllipsoidsModel<Scalar>& model, Index cluster, VectorView<const Scalar> x,
            const Scalar* center, Scalar* coordinates)
      : x_(x),
        center_(center),
        scale_(form == EllipsoidForm::full ? nullptr : model.scale + cluster * x.size),
        t_(coordinates),
        rank_(form == EllipsoidForm::full ? x.size : model.rank) {
    if (form == EllipsoidForm::full) factor_ = model.factor + cluster * triangle_size(x.size);
    if (form == EllipsoidForm::low_rank) {
      factor_ = model.factor + cluster * x.size * rank_;
      weight_ = model.weight + cluster * (1 + rank_);
    }
    if (form != EllipsoidForm::diagonal) find_coordinates();
  }

  /// (x - center)' A (x - center).
  Scalar squared_distance() const {
    Scalar sum = 0;
    if (form == EllipsoidForm::full) {
      for (Index r = 0; r < rank_; ++r) sum = t_[r] * t_[r] + sum;
      return sum;
    }
    for (Index f = 0; f < x_.size; ++f) {
      const Scalar rest = form == EllipsoidForm::diagonal ? scaled(f) : left_over(f);
      sum = rest * rest + sum;
    }
    if (form == EllipsoidForm::diagonal) return sum;
    sum *= weight_[0];
    for (Index r = 0; r < rank_; ++r) sum = weight_[1 + r] * t_[r] * t_[r] + sum;
    return sum;
  }

  Scalar difference(Index feature) const { return x_[feature] - center_[feature]; }

  /// Entry `feature` of A (x - center): times the difference, the feature's share of the squared distance.
  Scalar slope(Index feature) const {
    if (form == EllipsoidForm::diagonal) return scaled(feature) * scale_[feature];
    Scalar sum = 0;
    if (form == EllipsoidForm::full) {
      const Scalar* row = factor_ + triangle_size(feature);
      for (Index r = 0; r <= feature; ++r) sum = row[r] * t_[r] + sum;
      return sum;
    }
    const Scalar* row = factor_ + feature * rank_;
    for (Index r = 0; r < rank_; ++r) sum = row[r] * (weight_[1 + r] * t_[r]) + sum;
    return scale_[feature] * (weight_[0] * left_over(feature) + sum);
  }

  /// Entry (feature, feature) of A.
  Scalar curvature(Index feature) const {
    if (form == EllipsoidForm::diagonal) return scale_[feature] * scale_[feature];
    const Scalar* row = factor_ + (form == EllipsoidForm::full ? triangle_size(feature) : feature * rank_);
    Scalar squares = 0, sum = 0;
    for (Index r = 0; r < (form == EllipsoidForm::full ? feature + 1 : rank_); ++r) {
      const Scalar square = row[r] * row[r];
      squares += square;
      if (form == EllipsoidForm::low_rank) sum = weight_[1 + r] * square + sum;
    }
    if (form == EllipsoidForm::full) return squares;
    return scale_[feature] * scale_[feature] * (weight_[0] * (1 - squares) + sum);
  }

 private:
  Scalar scaled(Index f) const { return difference(f) * scale_[f]; }

  /// What the directions do not tell of a feature. Found by subtraction here, not of squares, which cancel.
  Scalar left_over(Index f) const {
    Scalar told = 0;
    for (Index r = 0; r < rank_; ++r) told = factor_[f * rank_ + r] * t_[r] + told;
    return scaled(f) - told;
  }

  void find_coordinates() {
    for (Index r = 0; r < rank_; ++r) t_[r] = 0;
    const Scalar* row = factor_;
    for (Index f = 0; f < x_.size; ++f) {
      const Scalar y = form == EllipsoidForm::full ? difference(f) : scaled(f);
      const Index count = form == EllipsoidForm::full ? f + 1 : rank_;
      for (Index r = 0; r < count; ++r) t_[r] = row[r] * y + t_[r];
      row += count;
    }
  }

  VectorView<const Scalar> x_;
  const Scalar* center_;
  const Scalar* scale_;
  const Scalar* factor_ = nullptr;
  const Scalar* weight_ = nullptr;
  Scalar* t_;
  Index rank_;
};

}  // namespace thrum

#endif  // THRUM_ALGORITHM_ELLIPSOIDS_HPP
