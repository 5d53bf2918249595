#ifndef THRUM_IMPL_ANOMALY_SCORER_HPP
#define THRUM_IMPL_ANOMALY_SCORER_HPP

#include <utility>
#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/ellipsoids.hpp"
#include "thrum/algorithm/feature_tails.hpp"
#include "thrum/algorithm/tail_table.hpp"
#include "thrum/anomaly_scorer.hpp"
#include "thrum/calibration.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/class_ellipsoids.hpp"
#include "thrum/host/class_radii.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/density_of_clusters.hpp"
#include "thrum/host/folds.hpp"
#include "thrum/host/held_out_surprises.hpp"
#include "thrum/host/panels.hpp"
#include "thrum/host/row_loop.hpp"
#include "thrum/host/scored_panels.hpp"
#include "thrum/host/surprise_table.hpp"
#include "thrum/host/tails_of_features.hpp"
#include "thrum/input.hpp"

// The members of AnomalyScorer.

namespace thrum {
inline namespace THRUM_BUILD {

template <typename Scalar>
void AnomalyScorer<Scalar>::fit(const MatrixInput<Scalar>& x, const MatrixInput<Scalar>& centers,
                                const VectorInput<Scalar>& weights, Index missing) {
  constexpr const char* who = "thrum::AnomalyScorer::fit";
  check_fit(who, x.view(), centers.view(), weights.view());
  AnomalyScorer fitted(options_);
  fitted.take_centers(centers.view());
  const std::vector<int> labels = fitted.measure_radii(who, x.view(), weights.view());
  fitted.choose_parts(who, x.view());
  fitted.learn_surprises(x.view(), labels, weights.view(), missing);
  *this = std::move(fitted);
}

template <typename Scalar>
Calibration AnomalyScorer<Scalar>::calibrate(const MatrixInput<Scalar>& x, double false_alarm_rate) {
  const auto calibration = detail::conformal_threshold("thrum::AnomalyScorer::calibrate",
                                                       detail::vector_view(raw_scores(x)), false_alarm_rate);
  threshold_ = static_cast<Scalar>(calibration.threshold);
  return calibration;
}

template <typename Scalar>
void AnomalyScorer<Scalar>::set_threshold(double threshold) {
  detail::require(is_finite(threshold) && threshold > 0, "thrum::AnomalyScorer::set_threshold: threshold is ",
                  threshold, ", expected a positive finite number");
  threshold_ = static_cast<Scalar>(threshold);
}

template <typename Scalar>
Vector<Scalar> AnomalyScorer<Scalar>::score(const MatrixInput<Scalar>& x) const {
  Vector<Scalar> scores(x.view().rows);
  score(x, detail::vector_view(scores));
  return scores;
}

template <typename Scalar>
void AnomalyScorer<Scalar>::score(const MatrixInput<Scalar>& x, VectorView<Scalar> scores) const {
  constexpr const char* who = "thrum::AnomalyScorer::score";
  check(who, x.view());
  detail::require_size(who, "scores", scores, x.view().rows);
  for_each_score(x.view(), [&](Index i, const Score<Scalar>& score) { scores[i] = score.value; });
}

template <typename Scalar>
Vector<Scalar> AnomalyScorer<Scalar>::raw_scores(const MatrixInput<Scalar>& x) const {
  AnomalyScorer raw = *this;
  raw.threshold_ = 1;
  return raw.score(x);
}

template <typename Scalar>
Vector<Scalar> AnomalyScorer<Scalar>::tail_probabilities(const VectorInput<Scalar>& scores) const {
  Vector<Scalar> shares(scores.view().size);
  for (Index i = 0; i < shares.size(); ++i) shares[i] = tail_probability(model(), scores.view()[i]);
  return shares;
}

template <typename Scalar>
Vector<int> AnomalyScorer<Scalar>::classes(const MatrixInput<Scalar>& x) const {
  check("thrum::AnomalyScorer::classes", x.view());
  Vector<int> classes(x.view().rows);
  for_each_score(x.view(), [&](Index i, const Score<Scalar>& score) { classes[i] = score.cluster; });
  return classes;
}

template <typename Scalar>
Matrix<Scalar> AnomalyScorer<Scalar>::shares(const MatrixInput<Scalar>& x) const {
  check("thrum::AnomalyScorer::shares", x.view());
  const AnomalyModel<Scalar> fitted = model();
  Matrix<Scalar> shares(x.view().rows, x.view().cols);
  host::for_each_row<Scalar>(x.view().rows, 2 * host::operations_of_score(fitted), fitted.scratch_size(),
                             [&](Index i, Scalar* scratch) {
                               const Score<Scalar> score = anomaly_score(fitted, x.view().row(i), scratch);
                               shares_of_sample(fitted, x.view().row(i), score, scratch,
                                                thrum::view(shares).row(i));
                             });
  return shares;
}

template <typename Scalar>
AnomalyModel<Scalar> AnomalyScorer<Scalar>::model() const {
  AnomalyModel<Scalar> model;
  model.centers = centers_by_feature_.data();
  model.inverse_squared_radius = inverse_squared_radii_.data();
  model.threshold = threshold_;
  model.clusters = static_cast<int>(radii_.size());
  model.features = model.clusters == 0 ? 0 : static_cast<int>(centers_by_feature_.size()) / model.clusters;
  model.parts = parts_;
  if ((parts_ & ellipsoid_parts) != 0) {
    model.ellipsoid_count = static_cast<int>(ellipsoids_.count());
    model.ellipsoids = ellipsoids_.model();
    model.ellipsoid_tables = ellipsoid_tables_.data();
  }
  if ((parts_ & soft_part) != 0) {
    model.soft = soft_.model();
    model.soft_table = soft_table_.data();
  }
  if ((parts_ & tails_part) != 0) {
    model.tails = tails_.model();
    model.tails_table = tails_table_.data();
  }
  model.score_table = score_table_.data();
  return model;
}

template <typename Scalar>
void AnomalyScorer<Scalar>::check_fit(const char* who, MatrixView<const Scalar> x,
                                      MatrixView<const Scalar> centers,
                                      VectorView<const Scalar> weights) const {
  host::require_training_data(who, x);
  detail::require(centers.rows > 0, who, ": centers has no rows, expected at least one");
  detail::require_columns(who, "centers", centers, x.cols);
  detail::require_finite(who, "centers", centers);
  detail::require_weights(who, weights, x.rows);
  detail::require(weights.size == 0 || options_.kind == AnomalyKind::radius, who,
                  ": weights are given, which only AnomalyKind::radius takes");
  detail::require(options_.radius_quantile > 0 && options_.radius_quantile < 1, who, ": radius_quantile is ",
                  options_.radius_quantile, ", expected a number in (0, 1)");
  detail::require(options_.shrinkage_share > 0 && options_.shrinkage_share <= 1, who, ": shrinkage_share is ",
                  options_.shrinkage_share, ", expected a number in (0, 1]");
  detail::require(options_.soft_centers >= 1, who, ": soft_centers is ", options_.soft_centers,
                  ", expected at least 1");
  detail::require(options_.soft_subspaces >= 0 && options_.soft_subspaces <= most_subspaces, who,
                  ": soft_subspaces is ", options_.soft_subspaces, ", expected 1 to ", most_subspaces,
                  ", or 0 to choose");
  detail::require(options_.max_flash_bytes >= 0, who, ": max_flash_bytes is ", options_.max_flash_bytes,
                  ", expected a number of bytes, or 0 for no limit");
  const bool has_rank = options_.kind == AnomalyKind::residual || options_.form == EllipsoidForm::low_rank;
  detail::require(!has_rank || (options_.rank >= 0 && (options_.rank < x.cols || options_.rank == 0)), who,
                  ": rank is ", options_.rank, ", expected 1 to d - 1 = ", x.cols - 1, ", or 0 for d / 4");
  detail::require(!has_rank || options_.kind == AnomalyKind::radius || x.cols > 1, who,
                  ": x has 1 column, expected at least 2 to leave a direction out");
}

template <typename Scalar>
void AnomalyScorer<Scalar>::check(const char* who, MatrixView<const Scalar> x) const {
  detail::require(fitted(), who, ": not fitted");
  detail::require_columns(who, "x", x, model().features);
  if (!host::all_finite(x)) detail::require_finite(who, "x", x);
}

template <typename Scalar>
template <typename Visit>
void AnomalyScorer<Scalar>::for_each_score(MatrixView<const Scalar> x, Visit visit) const {
  const host::ScoringStages<Scalar> stages{{}, {}, model()};
  host::for_each_scored_row(stages, x,
                            [&](Index i, const Score<Scalar>& score, Scalar, Scalar*) { visit(i, score); });
}

template <typename Scalar>
void AnomalyScorer<Scalar>::take_centers(MatrixView<const Scalar> centers) {
  centers_by_feature_.resize(centers.rows * centers.cols);
  copy_by_feature(centers, centers_by_feature_.data());
  radii_.resize(centers.rows);
}

template <typename Scalar>
std::vector<int> AnomalyScorer<Scalar>::measure_radii(const char* who, MatrixView<const Scalar> x,
                                                      VectorView<const Scalar> weights) {
  std::vector<int> labels = host::measure_radii(who, x, weights, centers_by_feature_.data(),
                                                options_.radius_quantile, detail::vector_view(radii_));
  inverse_squared_radii_.resize(radii_.size());
  for (Index j = 0; j < radii_.size(); ++j) inverse_squared_radii_[j] = 1 / (radii_[j] * radii_[j]);
  return labels;
}

template <typename Scalar>
EllipsoidForm AnomalyScorer<Scalar>::form_of(uint32_t part) {
  return part == full_ellipsoid_part       ? EllipsoidForm::full
         : part == diagonal_ellipsoid_part ? EllipsoidForm::diagonal
                                           : EllipsoidForm::low_rank;
}

template <typename Scalar>
uint32_t AnomalyScorer<Scalar>::part_of(EllipsoidForm form) {
  return form == EllipsoidForm::full       ? full_ellipsoid_part
         : form == EllipsoidForm::diagonal ? diagonal_ellipsoid_part
                                           : low_rank_ellipsoid_part;
}

template <typename Scalar>
Index AnomalyScorer<Scalar>::flash_bytes(uint32_t part, MatrixView<const Scalar> x) const {
  const Index d = x.cols, k = radii_.size();
  const Index centers = smaller(Index{options_.soft_centers}, larger(Index{1}, x.rows / 3));
  Index numbers = tail_table_size;
  if (part == full_ellipsoid_part) numbers = k * (d + triangle_size(d) + tail_table_size);
  if (part == diagonal_ellipsoid_part) numbers = k * (2 * d + tail_table_size);
  if (part == low_rank_ellipsoid_part) numbers = k * (2 * d + d * rank_ + 1 + rank_ + tail_table_size);
  if (part == soft_part) numbers += centers * (d + 1);
  if (part == tails_part) numbers += d * feature_tails_size;
  return numbers * static_cast<Index>(sizeof(float));
}

template <typename Scalar>
void AnomalyScorer<Scalar>::choose_parts(const char* who, MatrixView<const Scalar> x) {
  rank_ = options_.rank > 0 ? options_.rank : larger(Index{1}, x.cols / 4);
  switch (options_.kind) {
    case AnomalyKind::radius: parts_ = radius_part; return;
    case AnomalyKind::soft: parts_ = soft_part; return;
    case AnomalyKind::tails: parts_ = tails_part; return;
    case AnomalyKind::residual: parts_ = low_rank_ellipsoid_part; return;
    case AnomalyKind::mahalanobis:
    case AnomalyKind::automatic: break;
  }
  std::vector<uint32_t> parts{choose_form(x)};
  if (options_.kind == AnomalyKind::automatic) parts.insert(parts.end(), {tails_part, soft_part});
  const Index most = options_.max_flash_bytes;
  Index bytes = 0, least = flash_bytes(parts[0], x);
  parts_ = 0;
  for (const uint32_t part : parts) {
    const Index own = flash_bytes(part, x);
    least = smaller(least, own);
    if (most > 0 && bytes + own > most) continue;
    bytes += own;
    parts_ |= part;
  }
  detail::require(parts_ != 0, who, ": max_flash_bytes is ", most, ", expected at least ", least);
}

template <typename Scalar>
uint32_t AnomalyScorer<Scalar>::choose_form(MatrixView<const Scalar> x) {
  const Index most = options_.max_flash_bytes;
  const auto has_room = [&](uint32_t part) { return most == 0 || flash_bytes(part, x) <= most; };
  uint32_t part = part_of(options_.form);
  if (has_room(part)) return part;
  if (part == full_ellipsoid_part && x.cols > 1) {
    part = low_rank_ellipsoid_part;
    rank_ = x.cols / 2;
  }
  if (part == low_rank_ellipsoid_part)
    while (rank_ > 1 && !has_room(part)) --rank_;
  return part;
}

template <typename Scalar>
void AnomalyScorer<Scalar>::learn_surprises(MatrixView<const Scalar> x, const std::vector<int>& labels,
                                            VectorView<const Scalar> weights, Index missing) {
  if (parts_ == radius_part) {
    Vector<Scalar> ratios(x.rows);
    for (Index i = 0; i < x.rows; ++i) ratios[i] = raw_score(model(), x.row(i), ratios.data()).value;
    score_table_ = host::surprise_table(detail::vector_view(std::as_const(ratios)), weights, missing);
    return;
  }
  host::HeldOutSurprises<Scalar> surprises(x, host::ClassFolds(labels, radii_.size()), missing);
  if ((parts_ & ellipsoid_parts) != 0) learn_ellipsoids(labels, surprises);
  if ((parts_ & soft_part) != 0) {
    soft_ = host::DensityOfClusters<Scalar>(options_.soft_centers, larger(1, options_.soft_subspaces));
    soft_table_ = surprises.learn(soft_, labels);
  }
  if ((parts_ & tails_part) != 0) tails_table_ = surprises.learn(tails_, labels);
  score_table_ = surprises.table_of_mean();
}

template <typename Scalar>
void AnomalyScorer<Scalar>::learn_ellipsoids(const std::vector<int>& labels,
                                             host::HeldOutSurprises<Scalar>& surprises) {
  const bool residual = options_.kind == AnomalyKind::residual;
  host::EllipsoidOptions options;
  options.form = form_of(parts_ & ellipsoid_parts);
  options.rank = rank_;
  options.shrinkage = options_.shrinkage;
  options.share = options_.shrinkage_share;
  if (residual && options_.residual == ResidualOf::error) options.weight_of_directions = 0;
  if (residual && options_.residual == ResidualOf::directions) options.weight_of_error = 0;
  ellipsoids_ = host::ClassEllipsoids<Scalar>(options, residual ? 1 : radii_.size());
  ellipsoid_tables_ = surprises.learn(ellipsoids_, residual ? std::vector<int>(labels.size(), 0) : labels);
}

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_IMPL_ANOMALY_SCORER_HPP
