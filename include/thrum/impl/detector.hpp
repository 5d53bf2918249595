#ifndef THRUM_IMPL_DETECTOR_HPP
#define THRUM_IMPL_DETECTOR_HPP

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "thrum/algorithm/tail_table.hpp"
#include "thrum/calibration.hpp"
#include "thrum/choose_clusters.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/detector.hpp"
#include "thrum/errors.hpp"
#include "thrum/features/options.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/judge_rows.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/panels.hpp"
#include "thrum/input.hpp"
#include "thrum/monitor_calibration.hpp"
#include "thrum/series.hpp"

// The members of Detector.

namespace thrum {
inline namespace THRUM_BUILD {

template <typename Scalar>
FitReport Detector<Scalar>::fit(const MatrixInput<Scalar>& x) {
  check_options("thrum::Detector::fit", x.view());
  Detector fitted(options_);
  const FitReport report = fitted.fit_stages(x, 0);
  std::vector<Index> bad = fitted.bad_rows(x.view());
  if (bad.empty()) {
    *this = std::move(fitted);
    return report;
  }
  Detector trimmed(options_);  // not `fitted` anew: g++ 12 takes what that moves for uninitialised
  const FitReport trimmed_report = trimmed.fit_stages(without(x.view(), bad), 0);
  trimmed.trimmed_ = std::move(bad);
  *this = std::move(trimmed);
  return trimmed_report;
}

template <typename Scalar>
Vector<Scalar> Detector<Scalar>::held_out_scores(const MatrixInput<Scalar>& x, Labels folds) const {
  constexpr const char* who = "thrum::Detector::held_out_scores";
  const MatrixView<const Scalar> rows = x.view();
  check_options(who, rows);
  detail::require_labels(who, "folds", folds, rows.rows);
  if (folds.empty()) folds = contiguous_folds(rows.rows, five_folds);
  const std::set<int> names(folds.values().begin(), folds.values().end());
  detail::require(names.size() >= 2, who, ": folds has one label only, expected at least two");
  Vector<Scalar> scores(rows.rows);
  for (const int fold : names) {
    std::vector<Index> rest, held_out;
    for (Index i = 0; i < scores.size(); ++i) (folds[i] == fold ? held_out : rest).push_back(i);
    Detector unseeing(options_);
    unseeing.fit(host::rows_of(rows, rest));
    scores(held_out) = unseeing.score(host::rows_of(rows, held_out));
  }
  return scores;
}

template <typename Scalar>
Calibration Detector<Scalar>::fit_and_calibrate(const MatrixInput<Scalar>& x, double false_alarm_rate,
                                                const Labels& folds) {
  const Vector<Scalar> scores = held_out_scores(x, folds);
  const std::set<int> names(folds.values().begin(), folds.values().end());
  const Calibration calibration = cross_conformal_threshold(
      scores, false_alarm_rate, folds.empty() ? five_folds : static_cast<int>(names.size()));
  Detector fitted(options_);
  fitted.fit(x);
  fitted.set_threshold(calibration);
  *this = std::move(fitted);
  return calibration;
}

template <typename Scalar>
void Detector<Scalar>::set_threshold(const Calibration& calibration) {
  detail::require(fitted(), "thrum::Detector::set_threshold: not fitted");
  scorer_.set_threshold(calibration.threshold);
  calibration_ = calibration;
}

template <typename Scalar>
Calibration Detector<Scalar>::calibrate_monitor(const Scores& raw_scores, double rate, const Labels& blocks) {
  constexpr const char* who = "thrum::Detector::calibrate_monitor";
  detail::require(fitted(), who, ": not fitted");
  std::vector<double> scores = raw_scores.values();
  for (double& score : scores) score /= static_cast<double>(scorer_.threshold());
  const Calibration calibration = monitor_threshold(scores, options_.monitor, rate, blocks);
  options_.monitor.threshold = static_cast<float>(calibration.threshold);
  return calibration;
}

template <typename Scalar>
Calibration Detector<Scalar>::calibrate(const MatrixInput<Scalar>& x, double false_alarm_rate) {
  constexpr const char* who = "thrum::Detector::calibrate";
  check(who, x.view());
  detail::require_finite(who, "x", x.view());
  const Calibration calibration = scorer_.calibrate(to_cluster_space(x), false_alarm_rate);
  calibration_ = calibration;
  return calibration;
}

template <typename Scalar>
Vector<Scalar> Detector<Scalar>::score(const MatrixInput<Scalar>& x) const {
  check("thrum::Detector::score", x.view());
  return host::scores_of_rows(model(), x.view());
}

template <typename Scalar>
std::vector<Verdict> Detector<Scalar>::verdicts(const MatrixInput<Scalar>& x) const {
  if (!fitted()) return std::vector<Verdict>(array_size(x.view().rows));
  check("thrum::Detector::verdicts", x.view());
  return host::verdicts_on_rows(model(), x.view());
}

template <typename Scalar>
Matrix<Scalar> Detector<Scalar>::shares(const MatrixInput<Scalar>& x) const {
  constexpr const char* who = "thrum::Detector::shares";
  check(who, x.view());
  detail::require_finite(who, "x", x.view());
  Matrix<Scalar> shares(x.view().rows, x.view().cols);
  const DetectorModel<Scalar> fitted = model();
  host::for_each_judged_row(fitted, x.view(), [&](Index i, Scalar* scratch) {
    shares_of_row(fitted, x.view().row(i), scratch, thrum::view(shares).row(i));
  });
  return shares;
}

template <typename Scalar>
Matrix<Scalar> Detector<Scalar>::to_cluster_space(const MatrixInput<Scalar>& x) const {
  constexpr const char* who = "thrum::Detector::to_cluster_space";
  check(who, x.view());
  if (!host::all_finite(x.view())) detail::require_finite(who, "x", x.view());
  return host::rows_in_cluster_space(model(), x.view());
}

template <typename Scalar>
DetectorModel<Scalar> Detector<Scalar>::model() const {
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

template <typename Scalar>
void Detector<Scalar>::check_options(const char* who, MatrixView<const Scalar> x) const {
  host::require_training_data(who, x);
  detail::require(options_.monitor.valid(), who,
                  ": monitor is not valid, expected 1 <= votes <= window <= 32, 0 <= release < votes, a "
                  "positive finite threshold and durations from 0 to 65535");
  detail::require(options_.bad_share >= 0 && options_.bad_share < 0.5, who, ": bad_share is ",
                  options_.bad_share, ", expected a number in [0, 0.5)");
  detail::require(options_.most_clusters >= 0, who, ": most_clusters is ", options_.most_clusters,
                  ", expected at least 1, or 0 for kmeans.clusters");
  if (!options_.signal) return;
  const char* wrong = what_is_wrong(*options_.signal);
  detail::require(wrong == nullptr, who, ": signal: ", wrong == nullptr ? "" : wrong);
  detail::require_columns(who, "x", x, feature_count(*options_.signal));
}

template <typename Scalar>
FitReport Detector<Scalar>::fit_stages(const MatrixInput<Scalar>& x, Index missing) {
  features_ = x.view().cols;
  Matrix<Scalar> rows = host::copied(x.view());
  if (options_.scaler) {
    scaler_ = Scaler<Scalar>(*options_.scaler);
    scaler_->fit(rows);
    scaler_->transform(rows, thrum::view(rows));
  }
  if (options_.pca) {
    pca_ = PCA<Scalar>(*options_.pca);
    pca_->fit(rows);
    rows = pca_->transform(rows);
  }
  KMeansOptions kmeans = options_.kmeans;
  if (options_.most_clusters > 0) {
    const Index most = smaller(Index{options_.most_clusters}, larger(Index{1}, rows.rows() / 2));
    kmeans.restarts = larger(kmeans.restarts, host::restarts_to_count);
    kmeans.clusters = rows.rows() < 2 ? 1 : clusters_by_likelihood(rows, static_cast<int>(most), kmeans);
  }
  kmeans_ = KMeans<Scalar>(kmeans);
  AnomalyScorerOptions scorer = options_.scorer;
  if (scorer.soft_subspaces == 0 && options_.pca) scorer.soft_subspaces = most_subspaces;
  scorer_ = AnomalyScorer<Scalar>(scorer);
  const FitReport report = kmeans_.fit(rows);
  scorer_.fit(rows, kmeans_.centers(), {}, missing);
  return report;
}

template <typename Scalar>
std::vector<Index> Detector<Scalar>::bad_rows(MatrixView<const Scalar> x) const {
  const Index most = static_cast<Index>(options_.bad_share * static_cast<double>(x.rows));
  const Index stays = x.rows - most;
  const int components = options_.pca ? options_.pca->components : 0;
  if (most == 0 || stays < larger(options_.kmeans.clusters, larger(components, 2))) return {};
  Detector core(options_);
  core.fit_stages(without(x, strangest_rows(x, most)), most);
  const double limit = std::log(20.0 * static_cast<double>(x.rows));
  const Vector<Scalar> raw = core.score(x);
  const Scalar* table = core.model().anomaly.score_table;
  std::vector<Index> bad;
  for (const Index i : core.strangest_rows(x, most))
    if (!(static_cast<double>(surprise(table, raw[i])) <= limit)) bad.push_back(i);
  return bad;
}

template <typename Scalar>
std::vector<Index> Detector<Scalar>::strangest_rows(MatrixView<const Scalar> x, Index count) const {
  const Vector<Scalar> scores = score(x);
  std::vector<Index> rows(array_size(x.rows));
  std::iota(rows.begin(), rows.end(), Index{0});
  std::stable_sort(rows.begin(), rows.end(), [&](Index a, Index b) { return scores[a] > scores[b]; });
  rows.resize(array_size(count));
  std::sort(rows.begin(), rows.end());
  return rows;
}

template <typename Scalar>
Matrix<Scalar> Detector<Scalar>::without(MatrixView<const Scalar> x, const std::vector<Index>& rows) {
  std::vector<Index> rest;
  for (Index i = 0; i < x.rows; ++i)
    if (!std::binary_search(rows.begin(), rows.end(), i)) rest.push_back(i);
  return host::rows_of(x, rest);
}

template <typename Scalar>
void Detector<Scalar>::check(const char* who, MatrixView<const Scalar> x) const {
  detail::require(fitted(), who, ": not fitted");
  detail::require_columns(who, "x", x, features_);
}

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_IMPL_DETECTOR_HPP
