#ifndef THRUM_CHOOSE_CLUSTERS_HPP
#define THRUM_CHOOSE_CLUSTERS_HPP

#include <cmath>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/clustering_metrics.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/class_ellipsoids.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/host/matrices.hpp"
#include "thrum/input.hpp"
#include "thrum/kmeans.hpp"

namespace thrum {

inline namespace THRUM_BUILD {

/// K-means with one number of clusters after the other, and which of them the elbow of the inertia speaks
/// for.
template <typename Scalar>
struct InertiaCurve {
  Vector<int> clusters;                ///< m, rising by 1
  Vector<double> inertia;              ///< m, in squared units of x
  std::vector<KMeans<Scalar>> models;  ///< m, fitted
  std::optional<Index> elbow;          ///< a position in the three; nothing where the curve has no elbow
};

/// Fits K-means with first, first + 1, ... last clusters; options.clusters does not apply. Each model is what
/// KMeans alone makes of x with these options. Its minima are local, so that the inertia need not fall at
/// every step; more restarts make that rarer. `elbow` says how the elbow is found.
///
/// x: n x d, float or double, finite; 1 <= first <= last <= n. Throws std::invalid_argument on anything else,
/// and whatever KMeans::fit throws. Returns InertiaCurve<Scalar>, where Scalar is that of x. Cost and memory
/// are those of the fits, one after the other; keeps O(d last^2) numbers.
template <typename Samples>
auto inertia_curve(const Samples& x, int first, int last, KMeansOptions options = {}) {
  constexpr const char* who = "thrum::inertia_curve";
  const MatrixInput input(x);
  const auto samples = input.view();
  using Scalar = std::remove_const_t<std::remove_pointer_t<decltype(samples.data)>>;
  detail::require(first >= 1, who, ": first is ", first, ", expected at least 1");
  detail::require(last >= first, who, ": last is ", last, ", expected at least first, ", first);
  detail::require(last <= samples.rows, who, ": last is ", last, ", expected at most the number of rows, ",
                  samples.rows);

  const Index count = Index{last} - first + 1;
  InertiaCurve<Scalar> curve{Vector<int>(count), Vector<double>(count), {}, {}};
  for (Index i = 0; i < count; ++i) {
    options.clusters = first + static_cast<int>(i);
    KMeans<Scalar> model(options);
    curve.clusters[i] = options.clusters;
    curve.inertia[i] = model.fit(samples).inertia;
    curve.models.push_back(std::move(model));
  }
  curve.elbow = elbow(curve.clusters, curve.inertia);
  return curve;
}

namespace host {

/// Seedings tried, at least, where clusters are counted: one alone may end in a local minimum for the right
/// number, and the next larger one would win.
constexpr int restarts_to_count = 5;

/// Log densities of rows under a mixture of Gaussians: a K-means cluster of `training` each, with the
/// covariance of its members.
template <typename Scalar>
Vector<double> mixture_log_densities(const Matrix<Scalar>& training, const Matrix<Scalar>& rows,
                                     const KMeansOptions& options) {
  KMeans<Scalar> kmeans(options);
  kmeans.fit(training);
  const Vector<int> found = kmeans.predict(training);
  const std::vector<int> labels(found.data(), found.data() + found.size());
  EllipsoidOptions shape;
  shape.shrinkage = Shrinkage::fixed;
  shape.share = 0.05;
  ClassEllipsoids<Scalar> ellipsoids(shape, options.clusters);
  ellipsoids.fit(training, labels);

  Vector<double> constants = Vector<double>::Zero(options.clusters);
  for (const int label : labels) constants[label] += 1.0 / static_cast<double>(labels.size());
  constants = constants.array().log().matrix() + ellipsoids.half_log_determinants();
  Vector<double> densities(rows.rows());
  Vector<Scalar> scratch(rows.cols()), distances(options.clusters);
  for (Index i = 0; i < rows.rows(); ++i) {
    ellipsoids.measure(thrum::view(rows).row(i), scratch.data(), thrum::detail::vector_view(distances));
    const Vector<double> terms = constants - 0.5 * distances.template cast<double>().cwiseAbs2();
    const double largest = terms.maxCoeff();
    densities[i] = largest + std::log((terms.array() - largest).exp().sum());
  }
  return densities;
}

}  // namespace host

/// The number of clusters under which rows that were held out are likely, each cluster taken as a Gaussian
/// with a covariance of its own: the fewest whose mean log density is within one standard error of the best
/// (Breiman et al., Classification and Regression Trees, 1984, section 3.4.3). Unlike an elbow it can say 1.
/// Every fifth stretch of eight rows is held out, so order rows by time, or not at all. x: n x d, finite;
/// 1 <= most <= n / 2. Throws std::invalid_argument on anything else. `most` K-means of at least five
/// restarts, and O(n d^2) each.
template <typename Samples>
int clusters_by_likelihood(const Samples& x, int most, KMeansOptions options = {}) {
  constexpr const char* who = "thrum::clusters_by_likelihood";
  const MatrixInput input(x);
  const auto samples = input.view();
  using Scalar = std::remove_const_t<std::remove_pointer_t<decltype(samples.data)>>;
  host::require_training_data(who, samples);
  detail::require(most >= 1 && most <= samples.rows / 2, who, ": most is ", most,
                  ", expected 1 to n / 2 = ", samples.rows / 2);
  std::vector<Index> learned, held_out;
  for (Index i = 0; i < samples.rows; ++i) (i / 8 % 5 == 4 ? held_out : learned).push_back(i);
  if (held_out.empty()) return 1;
  const Matrix<Scalar> training = host::rows_of(samples, learned), rows = host::rows_of(samples, held_out);

  std::vector<Vector<double>> densities;
  std::size_t best = 0;
  options.restarts = larger(options.restarts, host::restarts_to_count);
  for (options.clusters = 1; options.clusters <= most; ++options.clusters) {
    densities.push_back(host::mixture_log_densities<Scalar>(training, rows, options));
    if (densities.back().mean() > densities[best].mean()) best = densities.size() - 1;
  }
  for (std::size_t fewer = 0; fewer < best; ++fewer) {
    const Vector<double> lost = densities[best] - densities[fewer];
    const double n = static_cast<double>(lost.size());
    const double squares = (lost.array() - lost.mean()).square().sum();
    if (lost.mean() <= std::sqrt(squares / (n * (n - 1)))) return static_cast<int>(fewer) + 1;
  }
  return static_cast<int>(best) + 1;
}

}  // namespace THRUM_BUILD

}  // namespace thrum

#endif  // THRUM_CHOOSE_CLUSTERS_HPP
