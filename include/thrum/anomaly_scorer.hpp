#ifndef THRUM_ANOMALY_SCORER_HPP
#define THRUM_ANOMALY_SCORER_HPP

#include <cstdint>
#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/ellipsoids.hpp"
#include "thrum/calibration.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/class_ellipsoids.hpp"
#include "thrum/host/density_of_clusters.hpp"
#include "thrum/host/tails_of_features.hpp"
#include "thrum/input.hpp"

namespace thrum {

/// What makes a sample anomalous.
enum class AnomalyKind {
  radius,       ///< distance to the nearest class over its radius: cheap, and blind to correlations
  mahalanobis,  ///< distance in units of each class's own covariance: machines with distinct ways of running
  soft,         ///< low densities of many small clusters: data on curved surfaces
  tails,        ///< rare values of single features: skewed and discrete features
  residual,     ///< distance from, and along, the directions in which all samples vary
  automatic,    ///< mean surprise of mahalanobis, soft and tails, as far as max_flash_bytes allows
};

/// What `residual` looks at.
enum class ResidualOf {
  error,       ///< what the directions leave over (squared prediction error, Q)
  directions,  ///< coordinates along the directions in units of their deviations (Hotelling's T^2)
  both,        ///< their sum, error in units of its mean variance
};

struct AnomalyScorerOptions {
  double radius_quantile = 0.99;  ///< in (0, 1): share of a cluster's members that lie within its radius
  AnomalyKind kind = AnomalyKind::radius;
  EllipsoidForm form = EllipsoidForm::full;   ///< of mahalanobis
  Index rank = 0;                             ///< of low_rank and residual: 1 to d - 1; 0: d / 4, at least 1
  Shrinkage shrinkage = Shrinkage::held_out;  ///< of mahalanobis and residual
  double shrinkage_share = 0.1;               ///< in (0, 1], of Shrinkage::fixed
  ResidualOf residual = ResidualOf::both;
  int soft_centers = 256;  ///< of soft, >= 1; at most a third of the samples are taken
  /// Of soft, 1 to 3: its density is looked at in all features, in their first half, and in their first
  /// quarter. Of principal components, the first vary most, and no number of them is best. Scores take
  /// up to 2.5 times as long in 3 as in 1. 0: 3 in a Detector with PCA, else 1.
  int soft_subspaces = 0;
  /// Of mahalanobis and automatic: what their arrays may take as floats; 0: no limit. A covariance that is
  /// too large is kept as low_rank with as many directions as fit; automatic then takes tails and soft where
  /// room is left, as without covariances hardly a tone in a spectrum is noticed.
  Index max_flash_bytes = 0;

  friend bool operator==(const AnomalyScorerOptions& a, const AnomalyScorerOptions& b) {
    return a.radius_quantile == b.radius_quantile && a.kind == b.kind && a.form == b.form &&
           a.rank == b.rank && a.shrinkage == b.shrinkage && a.shrinkage_share == b.shrinkage_share &&
           a.residual == b.residual && a.soft_centers == b.soft_centers &&
           a.soft_subspaces == b.soft_subspaces && a.max_flash_bytes == b.max_flash_bytes;
  }
};

inline namespace THRUM_BUILD {
namespace host {
template <typename Scalar>
class HeldOutSurprises;
}  // namespace host

/// How unlike the normal operation of a machine a sample is. Its ways of running well are classes, the
/// clusters of a K-means. 1 is the threshold.
///
/// `radius` scores the least distance / radius over the classes. Radius: inverse-CDF quantile of the members'
/// distances; a cluster with fewer than 1 / (1 - quantile) members takes that of all samples, and none is
/// less than a thousandth of it: where all samples of a class are equal, rounding must not look like a fault.
/// A radius beyond 1e18 (double: 1e150) is refused.
///
/// All other kinds score a surprise, -log of the share of normal samples that are as far out, learned from
/// rows that each part had not seen (five folds of consecutive rows in each class). `mahalanobis` has a
/// covariance for each class, standardised before correlations are shrunk, and a table of surprise for each,
/// so that all classes have the same rate of false alarms. `automatic` takes the mean of three surprises.
template <typename Scalar>
class AnomalyScorer {
 public:
  explicit AnomalyScorer(AnomalyScorerOptions options = {}) : options_(options) {}

  /// Learns from x, n x d, and centers, k x d, both finite; weights as in KMeans::fit, for `radius` alone.
  /// Forgets the calibration. missing: samples farther out than any of x that were left out of it as bad, so
  /// that tails are not taken to end where x does. Throws std::invalid_argument on anything else, and where
  /// max_flash_bytes allows no part.
  /// radius: O(n d k), allocates O(n + k d). mahalanobis, residual: 6 times O(n d^2 + k d^3). soft: eight
  /// K-means of soft_centers. tails: 6 times O(d n log n).
  void fit(const MatrixInput<Scalar>& x, const MatrixInput<Scalar>& centers,
           const VectorInput<Scalar>& weights = {}, Index missing = 0);

  /// Moves the threshold such that at most `false_alarm_rate` of further normal samples score above 1. x: n
  /// rows of normal samples not used in fit, n + 1 >= 1 / rate; else throws, saying how many are needed.
  Calibration calibrate(const MatrixInput<Scalar>& x, double false_alarm_rate);

  /// The threshold itself, > 0, finite: a raw score.
  void set_threshold(double threshold);

  /// Scores of x, n x d, finite: n values >= 0, 1 is the threshold; infinite when finite input is too far
  /// away for its type.
  Vector<Scalar> score(const MatrixInput<Scalar>& x) const;

  /// The same into a caller's n values; allocates up to 256 rows a thread.
  void score(const MatrixInput<Scalar>& x, VectorView<Scalar> scores) const;

  /// The same before the threshold divides them: radii for `radius`, surprises otherwise.
  Vector<Scalar> raw_scores(const MatrixInput<Scalar>& x) const;

  /// The share of normal samples that score at least so high: n values in [0, 1] for n scores.
  Vector<Scalar> tail_probabilities(const VectorInput<Scalar>& scores) const;

  /// The working class each row of x is judged against: n values in [0, k).
  Vector<int> classes(const MatrixInput<Scalar>& x) const;

  /// Each feature's share of what the row was judged by, n x d. A row adds up to the squared distance to the
  /// centre of its class (radius, soft), the squared Mahalanobis distance (shares may be negative), or the
  /// features' surprises; of `automatic`, of the part that was most surprised. Where a share is too large for
  /// its type, the feature farthest from the centre has all, infinity.
  Matrix<Scalar> shares(const MatrixInput<Scalar>& x) const;

  const AnomalyScorerOptions& options() const { return options_; }
  bool fitted() const { return radii_.size() > 0; }
  /// k: radius of each class, in units of x.
  const Vector<Scalar>& radii() const { return radii_; }
  /// The raw score that counts as 1: what scores are divided by.
  Scalar threshold() const { return threshold_; }
  /// How far correlations were drawn towards none, in (0, 1], as Shrinkage found it; of ledoit_wolf and oas,
  /// which find one for each class, their mean. 1 for diagonal ellipsoids, 0 without any.
  double shrinkage_share() const { return ellipsoids_.share(); }
  /// A view of the fitted scorer, valid while this object lives unchanged.
  AnomalyModel<Scalar> model() const;

  friend bool operator==(const AnomalyScorer& a, const AnomalyScorer& b) {
    return a.options_ == b.options_ && a.threshold_ == b.threshold_ && same(a.radii_, b.radii_) &&
           same(a.centers_by_feature_, b.centers_by_feature_) && a.parts_ == b.parts_ &&
           a.ellipsoids_ == b.ellipsoids_ && a.soft_ == b.soft_ && a.tails_ == b.tails_ &&
           same(a.ellipsoid_tables_, b.ellipsoid_tables_) && same(a.soft_table_, b.soft_table_) &&
           same(a.tails_table_, b.tails_table_) && same(a.score_table_, b.score_table_);
  }
  friend bool operator!=(const AnomalyScorer& a, const AnomalyScorer& b) { return !(a == b); }

 private:
  static bool same(const Vector<Scalar>& a, const Vector<Scalar>& b) {
    return a.size() == b.size() && a == b;
  }

  void check_fit(const char* who, MatrixView<const Scalar> x, MatrixView<const Scalar> centers,
                 VectorView<const Scalar> weights) const;
  void check(const char* who, MatrixView<const Scalar> x) const;

  template <typename Visit>
  void for_each_score(MatrixView<const Scalar> x, Visit visit) const;

  void take_centers(MatrixView<const Scalar> centers);

  /// Returns the nearest centre of each row.
  std::vector<int> measure_radii(const char* who, MatrixView<const Scalar> x,
                                 VectorView<const Scalar> weights);

  // ---- the kinds that score a surprise

  static EllipsoidForm form_of(uint32_t part);
  static uint32_t part_of(EllipsoidForm form);

  /// Bytes of a part's arrays, as floats.
  Index flash_bytes(uint32_t part, MatrixView<const Scalar> x) const;

  /// Of `mahalanobis` and `automatic`, leaves out what there is no room for.
  void choose_parts(const char* who, MatrixView<const Scalar> x);

  /// The form of the covariances that has room, with as many directions as have, or else the least.
  uint32_t choose_form(MatrixView<const Scalar> x);

  void learn_surprises(MatrixView<const Scalar> x, const std::vector<int>& labels,
                       VectorView<const Scalar> weights, Index missing);
  void learn_ellipsoids(const std::vector<int>& labels, host::HeldOutSurprises<Scalar>& surprises);

  AnomalyScorerOptions options_;
  Vector<Scalar> centers_by_feature_, radii_, inverse_squared_radii_;
  Scalar threshold_ = 1;
  std::uint32_t parts_ = radius_part;
  Index rank_ = 0;  ///< directions of low-rank ellipsoids
  host::ClassEllipsoids<Scalar> ellipsoids_;
  host::DensityOfClusters<Scalar> soft_;
  host::TailsOfFeatures<Scalar> tails_;
  Vector<Scalar> ellipsoid_tables_, soft_table_, tails_table_, score_table_;
};

}  // namespace THRUM_BUILD
}  // namespace thrum

#if defined(THRUM_COMPILED)
namespace thrum {
inline namespace THRUM_BUILD {
extern template class AnomalyScorer<float>;
extern template class AnomalyScorer<double>;
}  // namespace THRUM_BUILD
}  // namespace thrum
#else
#include "thrum/impl/anomaly_scorer.hpp"
#endif

#endif  // THRUM_ANOMALY_SCORER_HPP
