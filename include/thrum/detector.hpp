#ifndef THRUM_DETECTOR_HPP
#define THRUM_DETECTOR_HPP

#include <optional>
#include <vector>

#include "thrum/anomaly_scorer.hpp"
#include "thrum/calibration.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/monitor.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/features/options.hpp"
#include "thrum/host/build.hpp"
#include "thrum/input.hpp"
#include "thrum/kmeans.hpp"
#include "thrum/pca.hpp"
#include "thrum/scaler.hpp"
#include "thrum/series.hpp"

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
  int most_clusters = 0;    ///< > 0: kmeans.clusters is found among 1 ... so many (clusters_by_likelihood)
  double bad_share = 0.05;  ///< in [0, 0.5): most of the training rows that may be left out as bad

  friend bool operator==(const DetectorOptions& a, const DetectorOptions& b) {
    return a.scaler == b.scaler && a.pca == b.pca && a.kmeans == b.kmeans && a.scorer == b.scorer &&
           a.signal == b.signal && a.monitor == b.monitor && a.most_clusters == b.most_clusters &&
           a.bad_share == b.bad_share;
  }
};

inline namespace THRUM_BUILD {  // as KMeans, which is part of it

/// Learns feature rows of a machine running well and judges further ones: Scaler -> PCA -> KMeans ->
/// AnomalyScorer. Built with -ffp-contract=off, scores on the laptop and on the chip have the same bits.
template <typename Scalar>
class Detector {
 public:
  explicit Detector(const DetectorOptions& options = {}) : options_(options) {}

  /// Fits all stages on x, n x d, the feature rows of normal operation, and forgets the calibration. Rows
  /// that the others do not account for (expected among n normal ones: a twentieth of a row), at most
  /// bad_share of all, are left out: see trimmed(). Returns how K-means went. Throws std::invalid_argument as
  /// the stages do, and stays as it was. Costs two fits of the stages, three where rows are left out, one
  /// with bad_share 0.
  FitReport fit(const MatrixInput<Scalar>& x);

  /// Raw scores of the rows of x, each by stages that were fitted, with these options, on the other folds:
  /// what further normal rows would score, in units of AnomalyScorer::raw_scores. x: as for fit; folds: the
  /// fold of each row, n labels, or nothing for five stretches of consecutive rows. Rows of one recording, or
  /// that overlap, belong into one fold (block_folds); a way of running that is in one fold only is strange
  /// to the others. Costs a fit for each fold.
  Vector<Scalar> held_out_scores(const MatrixInput<Scalar>& x, Labels folds = {}) const;

  /// Fits on all of x, and sets the threshold by held_out_scores, so that no row is only there to calibrate
  /// (cross_conformal_threshold).
  Calibration fit_and_calibrate(const MatrixInput<Scalar>& x, double false_alarm_rate,
                                const Labels& folds = {});

  /// Takes over a threshold for raw scores, such as conformal_threshold or tail_threshold find on
  /// held_out_scores. The detector must be fitted.
  void set_threshold(const Calibration& calibration);

  /// Sets the monitor's threshold such that it raises an alarm within `window` further windows with
  /// probability at most `rate` (monitor_threshold). raw_scores: of normal rows not used in fit, in the order
  /// of time, such as held_out_scores; blocks: the recording of each. The detector must be fitted.
  Calibration calibrate_monitor(const Scores& raw_scores, double rate, const Labels& blocks = {});

  /// Sets the threshold such that at most `false_alarm_rate` of further normal rows are alarms. x: normal
  /// rows not used in fit, n + 1 >= 1 / rate of them; else throws, saying how many are needed. The promise
  /// holds on average for rows drawn like these; windows that overlap or drift are worth fewer.
  Calibration calibrate(const MatrixInput<Scalar>& x, double false_alarm_rate);

  /// Scores of x, n x d: 1 is the threshold, alarm is strictly above; NaN for a row that is not finite (its
  /// verdict is unknown), infinity for a finite one off every scale. O(n (d p + p k)); allocates n and up to
  /// 256 rows a thread.
  Vector<Scalar> score(const MatrixInput<Scalar>& x) const;

  /// The verdict on each row of x, n x d: normal with its class, alarm with class and culprit, or unknown.
  std::vector<Verdict> verdicts(const MatrixInput<Scalar>& x) const;

  /// Each input feature's share of what the row was judged by, n x d, through PCA and scaling: a row adds up
  /// to it (see AnomalyScorer::shares). x finite; of a row off every scale the culprit has all, infinity.
  Matrix<Scalar> shares(const MatrixInput<Scalar>& x) const;

  /// The rows of x where the classes live: scaled and projected, n x p (n x d without PCA).
  Matrix<Scalar> to_cluster_space(const MatrixInput<Scalar>& x) const;

  bool fitted() const { return scorer_.fitted(); }
  const DetectorOptions& options() const { return options_; }
  const std::optional<Scaler<Scalar>>& scaler() const { return scaler_; }
  const std::optional<PCA<Scalar>>& pca() const { return pca_; }
  const KMeans<Scalar>& kmeans() const { return kmeans_; }
  const AnomalyScorer<Scalar>& scorer() const { return scorer_; }
  /// The rows of the last fit that were left out as bad, rising.
  const std::vector<Index>& trimmed() const { return trimmed_; }
  /// What the last calibration found; nothing when there was none since fit.
  const std::optional<Calibration>& calibration() const { return calibration_; }

  /// A view of the fitted detector, without checksum and self-tests; valid while this object lives unchanged.
  DetectorModel<Scalar> model() const;

  friend bool operator==(const Detector& a, const Detector& b) {
    return a.options_ == b.options_ && a.features_ == b.features_ && a.scaler_ == b.scaler_ &&
           a.pca_ == b.pca_ && a.kmeans_ == b.kmeans_ && a.scorer_ == b.scorer_;
  }
  friend bool operator!=(const Detector& a, const Detector& b) { return !(a == b); }

 private:
  void check_options(const char* who, MatrixView<const Scalar> x) const;
  FitReport fit_stages(const MatrixInput<Scalar>& x, Index missing);

  /// Rows that do not belong: the stages are fitted once more on those that score least under this detector,
  /// a core that bad ones cannot have bent, and a row is bad where that core expects a twentieth of such a
  /// row among n. At most bad_share of all, the strangest.
  std::vector<Index> bad_rows(MatrixView<const Scalar> x) const;

  /// The rows of the `count` largest scores, in order.
  std::vector<Index> strangest_rows(MatrixView<const Scalar> x, Index count) const;

  static Matrix<Scalar> without(MatrixView<const Scalar> x, const std::vector<Index>& rows);
  void check(const char* who, MatrixView<const Scalar> x) const;

  static constexpr int five_folds = 5;

  DetectorOptions options_;
  Index features_ = 0;
  std::optional<Scaler<Scalar>> scaler_;
  std::optional<PCA<Scalar>> pca_;
  KMeans<Scalar> kmeans_;
  AnomalyScorer<Scalar> scorer_;
  std::vector<Index> trimmed_;
  std::optional<Calibration> calibration_;
};

}  // namespace THRUM_BUILD
}  // namespace thrum

#if defined(THRUM_COMPILED)
namespace thrum {
inline namespace THRUM_BUILD {
extern template class Detector<float>;
extern template class Detector<double>;
}  // namespace THRUM_BUILD
}  // namespace thrum
#else
#include "thrum/impl/detector.hpp"
#include "thrum/kmeans_options.hpp"
#endif

#endif  // THRUM_DETECTOR_HPP
