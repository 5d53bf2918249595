#ifndef THRUM_ANOMALY_SCORER_HPP
#define THRUM_ANOMALY_SCORER_HPP

#include <Eigen/Core>
#include <utility>
#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/quantile.hpp"
#include "thrum/calibration.hpp"
#include "thrum/core/distance.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/input.hpp"

namespace thrum {

struct AnomalyScorerOptions {
  double radius_quantile = 0.99;  ///< in (0, 1): share of a cluster's members that lie within its radius

  friend bool operator==(const AnomalyScorerOptions& a, const AnomalyScorerOptions& b) {
    return a.radius_quantile == b.radius_quantile;
  }
};

inline namespace THRUM_BUILD {

/// The anomaly score of a clustering: each cluster is a working class with a radius, and a sample scores the
/// least distance / radius over the classes. 1 is the threshold.
///
/// Radius: inverse-CDF quantile of the members' distances; a cluster with fewer than 1 / (1 - quantile)
/// members takes that of all samples, and none is less than a thousandth of
/// it: where all samples of a class are equal, rounding must not look like a fault. A radius beyond 1e18
/// (double: 1e150) is refused.
template <typename Scalar>
class AnomalyScorer {
 public:
  explicit AnomalyScorer(AnomalyScorerOptions options = {}) : options_(options) {}

  /// Learns the radii of centers, k x d, from x, n x d, both finite; weights as in KMeans::fit. Forgets the
  /// calibration. Throws std::invalid_argument on anything else. O(n d k); allocates O(n + k d).
  void fit(const MatrixInput<Scalar>& x, const MatrixInput<Scalar>& centers,
           const VectorInput<Scalar>& weights = {}) {
    constexpr const char* who = "thrum::AnomalyScorer::fit";
    check_fit(who, x.view(), centers.view(), weights.view());
    AnomalyScorer fitted(options_);
    fitted.take_centers(centers.view());
    fitted.measure_radii(who, x.view(), weights.view());
    *this = std::move(fitted);
  }

  /// Moves the threshold such that at most `false_alarm_rate` of further normal samples score above 1. x: n
  /// rows of normal samples not used in fit, n + 1 >= 1 / rate; else throws, saying how many are needed.
  Calibration calibrate(const MatrixInput<Scalar>& x, double false_alarm_rate) {
    AnomalyScorer in_radii = *this;
    in_radii.threshold_ = 1;
    const Vector<Scalar> scores = in_radii.score(x);
    const auto calibration = detail::conformal_threshold("thrum::AnomalyScorer::calibrate",
                                                         detail::vector_view(scores), false_alarm_rate);
    threshold_ = static_cast<Scalar>(calibration.threshold);
    return calibration;
  }

  /// Scores of x, n x d, finite: n values >= 0, 1 is the threshold; infinite when finite input is too far
  /// away for its type. O(n d k).
  Vector<Scalar> score(const MatrixInput<Scalar>& x) const {
    Vector<Scalar> scores(x.view().rows);
    score(x, detail::vector_view(scores));
    return scores;
  }

  /// The same into a caller's n values; allocates nothing.
  void score(const MatrixInput<Scalar>& x, VectorView<Scalar> scores) const {
    constexpr const char* who = "thrum::AnomalyScorer::score";
    check(who, x.view());
    detail::require(scores.size == x.view().rows, who, ": scores has ", scores.size, " entries, expected ",
                    x.view().rows);
    for (Index i = 0; i < scores.size; ++i) scores[i] = anomaly_score(model(), x.view().row(i)).value;
  }

  /// The working class each row of x is judged against: n values in [0, k).
  Vector<int> classes(const MatrixInput<Scalar>& x) const {
    check("thrum::AnomalyScorer::classes", x.view());
    Vector<int> classes(x.view().rows);
    for (Index i = 0; i < classes.size(); ++i) classes[i] = anomaly_score(model(), x.view().row(i)).cluster;
    return classes;
  }

  /// Each feature's share of the squared distance to the centre of the row's class: n x d, a row adds up to
  /// that distance.
  Matrix<Scalar> shares(const MatrixInput<Scalar>& x) const {
    check("thrum::AnomalyScorer::shares", x.view());
    Matrix<Scalar> shares(x.view().rows, x.view().cols);
    for (Index i = 0; i < shares.rows(); ++i) {
      const int cluster = anomaly_score(model(), x.view().row(i)).cluster;
      for (Index f = 0; f < shares.cols(); ++f)
        shares(i, f) = squared_distance_share(model(), x.view().row(i), cluster, f);
    }
    return shares;
  }

  const AnomalyScorerOptions& options() const { return options_; }
  bool fitted() const { return radii_.size() > 0; }
  /// k: radius of each class, in units of x.
  const Vector<Scalar>& radii() const { return radii_; }
  /// In radii: what scores are divided by.
  Scalar threshold() const { return threshold_; }
  /// A view of the fitted scorer, valid while this object lives unchanged.
  AnomalyModel<Scalar> model() const {
    const int clusters = static_cast<int>(radii_.size());
    return {centers_by_feature_.data(), inverse_squared_radii_.data(), threshold_,
            clusters == 0 ? 0 : static_cast<int>(centers_by_feature_.size()) / clusters, clusters};
  }

  friend bool operator==(const AnomalyScorer& a, const AnomalyScorer& b) {
    return a.options_ == b.options_ && a.threshold_ == b.threshold_ && a.radii_.size() == b.radii_.size() &&
           a.centers_by_feature_.size() == b.centers_by_feature_.size() && a.radii_ == b.radii_ &&
           a.centers_by_feature_ == b.centers_by_feature_;
  }
  friend bool operator!=(const AnomalyScorer& a, const AnomalyScorer& b) { return !(a == b); }

 private:
  void check_fit(const char* who, MatrixView<const Scalar> x, MatrixView<const Scalar> centers,
                 VectorView<const Scalar> weights) const {
    host::require_training_data(who, x);
    detail::require(centers.rows > 0, who, ": centers has no rows, expected at least one");
    detail::require_columns(who, "centers", centers, x.cols);
    detail::require_finite(who, "centers", centers);
    detail::require_weights(who, weights, x.rows);
    detail::require(options_.radius_quantile > 0 && options_.radius_quantile < 1, who,
                    ": radius_quantile is ", options_.radius_quantile, ", expected a number in (0, 1)");
  }

  void check(const char* who, MatrixView<const Scalar> x) const {
    detail::require(fitted(), who, ": not fitted");
    detail::require_columns(who, "x", x, model().features);
    detail::require_finite(who, "x", x);
  }

  void take_centers(MatrixView<const Scalar> centers) {
    centers_by_feature_.resize(centers.rows * centers.cols);
    copy_by_feature(centers, centers_by_feature_.data());
    radii_.resize(centers.rows);
  }

  /// Distances and weights of some samples.
  struct Members {
    std::vector<Scalar> distances, weights;

    Scalar radius(double quantile) const {
      const auto size = static_cast<Index>(distances.size());
      return weighted_quantile(contiguous(distances.data(), size), contiguous(weights.data(), size),
                               quantile);
    }
    bool enough_for(double quantile) const {
      double weight = 0;
      for (const Scalar w : weights) weight += static_cast<double>(w);
      return weight * (1 - quantile) >= 1 - 1e-9;
    }
  };

  void measure_radii(const char* who, MatrixView<const Scalar> x, VectorView<const Scalar> weights) {
    Members all;
    std::vector<Members> members(static_cast<std::size_t>(radii_.size()));
    for (Index i = 0; i < x.rows; ++i) {
      if (!(weight_of(weights, i) > 0)) continue;
      const auto nearest = nearest_center(x.row(i), centers_by_feature_.data(), radii_.size());
      for (Members* group : {&all, &members[static_cast<std::size_t>(nearest.cluster)]}) {
        group->distances.push_back(square_root(nearest.squared_distance));
        group->weights.push_back(weight_of(weights, i));
      }
    }
    const double quantile = options_.radius_quantile;
    const Scalar pooled = all.radius(quantile);
    inverse_squared_radii_.resize(radii_.size());
    for (Index j = 0; j < radii_.size(); ++j) {
      const Members& own = members[static_cast<std::size_t>(j)];
      const Scalar radius = own.enough_for(quantile) ? own.radius(quantile) : pooled;
      radii_[j] = larger(larger(radius, pooled * Scalar(1e-3)), least_radius<Scalar>());
      detail::require(radii_[j] <= largest_radius<Scalar>(), who, ": the radius of class ", j, " is ",
                      radii_[j], ", expected at most ", largest_radius<Scalar>(),
                      "; scale x and centers first");
      inverse_squared_radii_[j] = 1 / (radii_[j] * radii_[j]);
    }
  }

  AnomalyScorerOptions options_;
  Vector<Scalar> centers_by_feature_, radii_, inverse_squared_radii_;
  Scalar threshold_ = 1;
};

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_ANOMALY_SCORER_HPP
