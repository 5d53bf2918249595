#ifndef THRUM_CHOOSE_CLUSTERS_HPP
#define THRUM_CHOOSE_CLUSTERS_HPP

#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/clustering_metrics.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
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

}  // namespace THRUM_BUILD

}  // namespace thrum

#endif  // THRUM_CHOOSE_CLUSTERS_HPP
