#ifndef THRUM_IMPL_KMEANS_HPP
#define THRUM_IMPL_KMEANS_HPP

#include <cmath>
#include <utility>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/clustering_table.hpp"
#include "thrum/host/kmeans_training.hpp"
#include "thrum/host/labelling.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/host/mini_batch.hpp"
#include "thrum/host/panels.hpp"
#include "thrum/huge_pages.hpp"
#include "thrum/input.hpp"
#include "thrum/kmeans.hpp"
#include "thrum/row_source.hpp"

// The members of KMeans.

namespace thrum {
inline namespace THRUM_BUILD {

template <typename Scalar>
FitReport KMeans<Scalar>::fit_from(const MatrixInput<Scalar>& centers, const MatrixInput<Scalar>& x,
                                   const VectorInput<Scalar>& weights, const KMeansProgress& progress) {
  const MatrixView<const Scalar> given = centers.view();
  return learn("thrum::KMeans::fit_from", x.view(), weights.view(), &given, progress);
}

template <typename Scalar>
Vector<int> KMeans<Scalar>::fit_predict(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights) {
  learn("thrum::KMeans::fit_predict", x.view(), weights.view(), nullptr, {});
  return predict(x);
}

template <typename Scalar>
FitReport KMeans<Scalar>::fit_from(const MatrixInput<Scalar>& centers, RowSource<Scalar>& source,
                                   const VectorInput<Scalar>& weights, const KMeansProgress& progress) {
  const MatrixView<const Scalar> given = centers.view();
  return learn("thrum::KMeans::fit_from", source, weights.view(), &given, progress);
}

template <typename Scalar>
Matrix<Scalar> KMeans<Scalar>::seed_centers(const MatrixInput<Scalar>& x,
                                            const VectorInput<Scalar>& weights) const {
  const host::KMeansTraining<Scalar> training("thrum::KMeans::seed_centers", options_);
  training.check_fit(x.view(), weights.view());
  Random random(options_.seed);
  Matrix<Scalar> centers(options_.clusters, x.view().cols);
  training.seed(x.view(), weights.view(), random, thrum::view(centers));
  return centers;
}

template <typename Scalar>
void KMeans<Scalar>::start_from(const MatrixInput<Scalar>& centers) {
  constexpr const char* who = "thrum::KMeans::start_from";
  host::KMeansTraining<Scalar>(who, options_).check_options();
  const MatrixView<const Scalar> given = centers.view();
  detail::require(given.cols > 0, who, ": centers have no columns, expected at least one");
  detail::require_shape(who, "centers", given, options_.clusters, given.cols);
  detail::require_finite(who, "centers", given);
  Matrix<Scalar> copy = host::copied(given);
  Vector<double> counts = Vector<double>::Zero(given.rows);
  centers_ = std::move(copy);
  counts_ = std::move(counts);
  report_ = {};
  begin_running();
}

template <typename Scalar>
void KMeans<Scalar>::partial_fit(const MatrixInput<Scalar>& x, const VectorInput<Scalar>& weights) {
  constexpr const char* who = "thrum::KMeans::partial_fit";
  const host::KMeansTraining<Scalar> training(who, options_);
  if (fitted()) {
    detail::require_columns(who, "x", x.view(), centers_.cols());
    training.check_data(x.view(), weights.view());
  } else {
    training.check_fit(x.view(), weights.view());
    start_from(seed_centers(x, weights));
  }
  double seen = weights.view().size == 0 ? static_cast<double>(x.view().rows) : 0.0;
  for (Index i = 0; i < weights.view().size; ++i) seen += static_cast<double>(weights.view()[i]);
  const double keep = options_.half_life > 0 ? std::exp2(-seen / options_.half_life) : 1.0;
  host::RunningCenters<Scalar> running(thrum::view(centers_), detail::vector_view(counts_));
  report_ = {};
  report_.inertia = running.learn(x.view(), weights.view(), keep);
  pack();
}

template <typename Scalar>
void KMeans<Scalar>::merge(const KMeans& other) {
  constexpr const char* who = "thrum::KMeans::merge";
  detail::require(fitted() && other.fitted(), who, ": not fitted");
  detail::require(start_centers_.rows() == other.start_centers_.rows() &&
                      start_centers_.cols() == other.start_centers_.cols() &&
                      start_centers_ == other.start_centers_ && start_counts_ == other.start_counts_,
                  who, ": the models started from different centres, expected the same");
  detail::require(options_.half_life == 0 && other.options_.half_life == 0, who,
                  ": half_life is set, expected 0: what has faded can't be added up");
  for (Index j = 0; j < centers_.rows(); ++j) {
    const double gained = other.counts_[j] - start_counts_[j], total = counts_[j] + gained;
    if (!(gained > 0)) continue;
    for (Index f = 0; f < centers_.cols(); ++f) {
      const double start = static_cast<double>(start_centers_(j, f));
      const double moved = (static_cast<double>(centers_(j, f)) - start) * counts_[j] +
                           (static_cast<double>(other.centers_(j, f)) - start) * other.counts_[j];
      centers_(j, f) = static_cast<Scalar>(start + moved / total);
    }
    counts_[j] = total;
  }
  report_ = {};
  pack();
}

template <typename Scalar>
Vector<int> KMeans<Scalar>::predict(const MatrixInput<Scalar>& x) const {
  constexpr const char* who = "thrum::KMeans::predict";
  check_shape(who, x.view());
  Vector<int> labels(x.view().rows);
  prefer_huge_pages(labels.data(), array_size(labels.size()) * sizeof(int));
  if (!host::find_nearest(x.view(), packed(), detail::vector_view(labels), static_cast<Scalar*>(nullptr)))
    detail::require_finite(who, "x", x.view());
  return labels;
}

template <typename Scalar>
void KMeans<Scalar>::predict(const MatrixInput<Scalar>& x, VectorView<int> labels) const {
  constexpr const char* who = "thrum::KMeans::predict";
  check_shape(who, x.view());
  detail::require_size(who, "labels", labels, x.view().rows);
  if (host::is_read_once(x.view(), 1)) {
    const Vector<int> found = predict(x);
    for (Index i = 0; i < labels.size; ++i) labels[i] = found[i];
    return;
  }
  if (!host::all_finite(x.view())) detail::require_finite(who, "x", x.view());
  host::find_nearest(x.view(), packed(), labels, static_cast<Scalar*>(nullptr));
}

template <typename Scalar>
Matrix<Scalar> KMeans<Scalar>::transform(const MatrixInput<Scalar>& x) const {
  constexpr const char* who = "thrum::KMeans::transform";
  check_shape(who, x.view());
  Matrix<Scalar> distances = host::uninitialized<Scalar>(x.view().rows, centers_.rows());
  if (!host::distances_to_centers(x.view(), packed(), thrum::view(distances)))
    detail::require_finite(who, "x", x.view());
  return distances;
}

template <typename Scalar>
void KMeans<Scalar>::transform(const MatrixInput<Scalar>& x, MatrixView<Scalar> distances) const {
  constexpr const char* who = "thrum::KMeans::transform";
  check_shape(who, x.view());
  detail::require_shape(who, "the result", distances, x.view().rows, centers_.rows());
  if (!host::all_finite(x.view())) detail::require_finite(who, "x", x.view());
  host::distances_to_centers(x.view(), packed(), distances);
}

template <typename Scalar>
FitReport KMeans<Scalar>::learn(const char* who, MatrixView<const Scalar> x, VectorView<const Scalar> weights,
                                const MatrixView<const Scalar>* given, const KMeansProgress& progress) {
  keep(host::KMeansTraining<Scalar>(who, options_).fit(x, weights, given, progress));
  return report_;
}

template <typename Scalar>
FitReport KMeans<Scalar>::learn(const char* who, RowSource<Scalar>& source, VectorView<const Scalar> weights,
                                const MatrixView<const Scalar>* given, const KMeansProgress& progress) {
  keep(host::KMeansTraining<Scalar>(who, options_).fit(source, weights, given, progress));
  return report_;
}

template <typename Scalar>
void KMeans<Scalar>::keep(host::KMeansRun<Scalar>&& run) {
  centers_ = std::move(run.centers);
  counts_ = std::move(run.counts);
  report_ = std::move(run.report);
  begin_running();
}

template <typename Scalar>
void KMeans<Scalar>::check_shape(const char* who, MatrixView<const Scalar> x) const {
  detail::require(fitted(), who, ": not fitted");
  detail::require_columns(who, "x", x, centers_.cols());
}

template <typename Scalar>
void KMeans<Scalar>::begin_running() {
  start_centers_ = centers_;
  start_counts_ = counts_;
  pack();
}

template <typename Scalar>
void KMeans<Scalar>::pack() {
  packed_.resize(host::packed_size(centers_.rows(), centers_.cols()));
  host::pack_centers(thrum::view(static_cast<const Matrix<Scalar>&>(centers_)), packed_.data());
}

template <typename Scalar>
host::PackedCenters<Scalar> KMeans<Scalar>::packed() const {
  return {packed_.data(), centers_.cols(), centers_.rows()};
}

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_IMPL_KMEANS_HPP
