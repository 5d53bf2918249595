#ifndef THRUM_HOST_CLASS_ELLIPSOIDS_HPP
#define THRUM_HOST_CLASS_ELLIPSOIDS_HPP

#include <Eigen/Core>
#include <vector>

#include "thrum/algorithm/ellipsoids.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/folds.hpp"
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

struct ClassShape;

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
  void prepare(MatrixView<const Scalar> x, const std::vector<int>& labels, const ClassFolds& folds);

  /// x: n x d; labels: the class of each row.
  void fit(const MatrixInput<Scalar>& x, const std::vector<int>& labels);

  Index count() const { return count_; }
  /// The shrinkage of the last fit, the mean over classes; 0 before.
  double share() const { return share_; }

  /// The distances of a row to all classes. scratch: d values.
  void measure(VectorView<const Scalar> x, Scalar* scratch, VectorView<Scalar> distances) const;

  /// Half the log determinant of each inverse covariance; of full ellipsoids.
  Vector<double> half_log_determinants() const;

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

  static Eigen::VectorXd standardised_coordinates(VectorView<const Scalar> x, const ClassShape& shape);

  /// Shapes of all classes. One of fewer rows than tell a deviation takes that of all rows about their
  /// own means.
  std::vector<ClassShape> shapes_of(const Matrix<Scalar>& x, const std::vector<int>& labels) const;

  /// A thousandth of what a feature deviates within classes; of a feature that never varies, of all features.
  static Eigen::VectorXd least_deviations(const Eigen::MatrixXd& about_means);

  /// Not so little that the factors of nearly collinear features have more digits than Scalar.
  double share_for(const ClassShape& shape) const;

  void take(Index j, const ClassShape& shape);

  void take_full(Index j, const ClassShape& shape, const Eigen::VectorXd& variances,
                 const Eigen::VectorXd& inverse_deviation);

  void take_low_rank(Index j, const ClassShape& shape, const Eigen::VectorXd& variances);

  Scalar squared_distance(VectorView<const Scalar> x, Index j, Scalar* scratch) const;

  EllipsoidOptions options_;
  Index count_ = 0, features_ = 0, rank_ = 0;
  double share_ = 0;
  Vector<Scalar> center_, scale_, factor_, weight_;
};

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#if defined(THRUM_COMPILED)
namespace thrum {
inline namespace THRUM_BUILD {
namespace host {
extern template class ClassEllipsoids<float>;
extern template class ClassEllipsoids<double>;
}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum
#else
#include "thrum/impl/class_ellipsoids.hpp"
#endif

#endif  // THRUM_HOST_CLASS_ELLIPSOIDS_HPP
