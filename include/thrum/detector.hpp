#ifndef THRUM_DETECTOR_HPP
#define THRUM_DETECTOR_HPP

#include <Eigen/Core>
#include <optional>
#include <utility>
#include <vector>

#include "thrum/anomaly_scorer.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/input.hpp"
#include "thrum/kmeans.hpp"
#include "thrum/pca.hpp"
#include "thrum/scaler.hpp"

namespace thrum {

/// The stages of a detector; one that is std::nullopt is left out. K-means with one cluster is none.
struct DetectorOptions {
  std::optional<ScalerOptions> scaler = ScalerOptions{};
  std::optional<PCAOptions> pca = PCAOptions{0, 0.95, false};
  KMeansOptions kmeans{};
  AnomalyScorerOptions scorer{};
  std::optional<FeatureOptions> signal =
      std::nullopt;  ///< how rows come from windows; travels with the model
  MonitorOptions monitor{};

  friend bool operator==(const DetectorOptions& a, const DetectorOptions& b) {
    return a.scaler == b.scaler && a.pca == b.pca && a.kmeans == b.kmeans && a.scorer == b.scorer &&
           a.signal == b.signal && a.monitor == b.monitor;
  }
};

inline namespace THRUM_BUILD {  // as KMeans, which is part of it

/// Learns feature rows of a machine running well and judges further ones: Scaler -> PCA -> KMeans ->
/// AnomalyScorer. Scores on the laptop and on the chip come from the same code.
template <typename Scalar>
class Detector {
 public:
  explicit Detector(const DetectorOptions& options = {}) : options_(options) {}

  /// Fits all stages on x, n x d, the feature rows of normal operation, and forgets the calibration. Returns
  /// how K-means went. Throws std::invalid_argument as the stages do, and stays as it was.
  FitReport fit(const MatrixInput<Scalar>& x) {
    constexpr const char* who = "thrum::Detector::fit";
    check_options(who, x.view());
    Detector fitted(options_);
    fitted.features_ = x.view().cols;
    Matrix<Scalar> rows = Eigen::Map<const Matrix<Scalar>, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>(
        x.view().data, x.view().rows, x.view().cols, {x.view().row_stride, x.view().col_stride});
    if (options_.scaler) {
      fitted.scaler_ = Scaler<Scalar>(*options_.scaler);
      fitted.scaler_->fit(rows);
      fitted.scaler_->transform(rows, thrum::view(rows));
    }
    if (options_.pca) {
      fitted.pca_ = PCA<Scalar>(*options_.pca);
      fitted.pca_->fit(rows);
      rows = fitted.pca_->transform(rows);
    }
    fitted.kmeans_ = KMeans<Scalar>(options_.kmeans);
    fitted.scorer_ = AnomalyScorer<Scalar>(options_.scorer);
    const FitReport report = fitted.kmeans_.fit(rows);
    fitted.scorer_.fit(rows, fitted.kmeans_.centers());
    *this = std::move(fitted);
    return report;
  }

  /// Sets the threshold such that at most `false_alarm_rate` of further normal rows are alarms. x: normal
  /// rows not used in fit, n + 1 >= 1 / rate of them; else throws, saying how many are needed. The promise
  /// holds on average for rows drawn like these; windows that overlap or drift are worth fewer.
  Calibration calibrate(const MatrixInput<Scalar>& x, double false_alarm_rate) {
    constexpr const char* who = "thrum::Detector::calibrate";
    check(who, x.view());
    detail::require_finite(who, "x", x.view());
    const Calibration calibration = scorer_.calibrate(to_cluster_space(x), false_alarm_rate);
    calibration_ = calibration;
    return calibration;
  }

  /// Scores of x, n x d: 1 is the threshold, alarm is strictly above; NaN for a row that is not finite (its
  /// verdict is unknown), infinity for a finite one off every scale. O(n (d p + p k)); allocates d + p + n.
  Vector<Scalar> score(const MatrixInput<Scalar>& x) const {
    check("thrum::Detector::score", x.view());
    Vector<Scalar> scratch(model().scratch_size()), scores(x.view().rows);
    for (Index i = 0; i < scores.size(); ++i) {
      const Score<Scalar> score = score_row(model(), x.view().row(i), scratch.data());
      scores[i] = score.status == Status::non_finite ? not_a_number<Scalar>() : score.value;
    }
    return scores;
  }

  /// The verdict on each row of x, n x d: normal with its class, alarm with class and culprit, or unknown.
  std::vector<Verdict> verdicts(const MatrixInput<Scalar>& x) const {
    std::vector<Verdict> verdicts(static_cast<std::size_t>(x.view().rows));
    if (!fitted()) return verdicts;
    check("thrum::Detector::verdicts", x.view());
    Vector<Scalar> scratch(model().scratch_size());
    for (Index i = 0; i < x.view().rows; ++i)
      verdicts[static_cast<std::size_t>(i)] = judge(model(), x.view().row(i), scratch.data());
    return verdicts;
  }

  /// Each input feature's share of the squared distance to the centre of the row's class, n x d, through PCA
  /// and scaling: a row adds up to that distance. x finite; of a row off every scale the culprit has all,
  /// infinity.
  Matrix<Scalar> shares(const MatrixInput<Scalar>& x) const {
    constexpr const char* who = "thrum::Detector::shares";
    check(who, x.view());
    detail::require_finite(who, "x", x.view());
    Matrix<Scalar> shares(x.view().rows, x.view().cols);
    Vector<Scalar> scratch(model().scratch_size());
    for (Index i = 0; i < shares.rows(); ++i) {
      const auto row = x.view().row(i);
      const Score<Scalar> score = score_row(model(), row, scratch.data());
      if (score.status == Status::ok) {
        for_each_share(model(), row, score.cluster, scratch.data(),
                       [&](Index f, Scalar share) { shares(i, f) = share; });
      } else {
        shares.row(i).setZero();
        shares(i, culprit_feature(model(), row, score.cluster, scratch.data())) = positive_infinity<Scalar>();
      }
    }
    return shares;
  }

  /// The rows of x where the classes live: scaled and projected, n x p (n x d without PCA).
  Matrix<Scalar> to_cluster_space(const MatrixInput<Scalar>& x) const {
    constexpr const char* who = "thrum::Detector::to_cluster_space";
    check(who, x.view());
    detail::require_finite(who, "x", x.view());
    Matrix<Scalar> rows(x.view().rows, model().anomaly.features);
    Vector<Scalar> scratch(model().scratch_size());
    for (Index i = 0; i < rows.rows(); ++i) {
      const auto row = detail::to_cluster_space(model(), x.view().row(i), scratch.data());
      for (Index c = 0; c < rows.cols(); ++c) rows(i, c) = row[c];
    }
    return rows;
  }

  bool fitted() const { return scorer_.fitted(); }
  const DetectorOptions& options() const { return options_; }
  const std::optional<Scaler<Scalar>>& scaler() const { return scaler_; }
  const std::optional<PCA<Scalar>>& pca() const { return pca_; }
  const KMeans<Scalar>& kmeans() const { return kmeans_; }
  const AnomalyScorer<Scalar>& scorer() const { return scorer_; }
  /// What the last calibration found; nothing when there was none since fit.
  const std::optional<Calibration>& calibration() const { return calibration_; }

  /// A view of the fitted detector, without checksum and self-tests; valid while this object lives unchanged.
  DetectorModel<Scalar> model() const {
    DetectorModel<Scalar> model;
    model.features = static_cast<int>(features_);
    model.has_signal = options_.signal.has_value();
    if (options_.signal) model.signal = *options_.signal;
    model.monitor = options_.monitor;
    if (scaler_) model.scaling = scaler_->model();
    if (pca_) model.projection = pca_->model();
    model.anomaly = scorer_.model();
    return model;
  }

  friend bool operator==(const Detector& a, const Detector& b) {
    return a.options_ == b.options_ && a.features_ == b.features_ && a.scaler_ == b.scaler_ &&
           a.pca_ == b.pca_ && a.kmeans_ == b.kmeans_ && a.scorer_ == b.scorer_;
  }
  friend bool operator!=(const Detector& a, const Detector& b) { return !(a == b); }

 private:
  void check_options(const char* who, MatrixView<const Scalar> x) const {
    host::require_training_data(who, x);
    detail::require(options_.monitor.valid(), who,
                    ": monitor is not valid, expected 1 <= votes <= window <= 32, 0 <= release < votes and a "
                    "positive finite threshold");
    if (!options_.signal) return;
    const char* wrong = what_is_wrong(*options_.signal);
    detail::require(wrong == nullptr, who, ": signal: ", wrong == nullptr ? "" : wrong);
    detail::require_columns(who, "x", x, feature_count(*options_.signal));
  }

  void check(const char* who, MatrixView<const Scalar> x) const {
    detail::require(fitted(), who, ": not fitted");
    detail::require_columns(who, "x", x, features_);
  }

  DetectorOptions options_;
  Index features_ = 0;
  std::optional<Scaler<Scalar>> scaler_;
  std::optional<PCA<Scalar>> pca_;
  KMeans<Scalar> kmeans_;
  AnomalyScorer<Scalar> scorer_;
  std::optional<Calibration> calibration_;
};

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_DETECTOR_HPP
