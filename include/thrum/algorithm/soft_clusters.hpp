#ifndef THRUM_ALGORITHM_SOFT_CLUSTERS_HPP
#define THRUM_ALGORITHM_SOFT_CLUSTERS_HPP

#include "thrum/core/distance.hpp"
#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"

namespace thrum {

/// Subspaces that densities are looked at in: all features, their first half, and their first quarter.
constexpr int most_subspaces = 3;

/// Features of a subspace, the first ones.
constexpr Index features_in_subspace(Index features, int subspace) { return features >> subspace; }

/// Densities of many equally wide, round hills: a centre each, weighted by the samples it stands for.
template <typename Scalar>
struct SoftClustersModel {
  const Scalar* centers = nullptr;            ///< d x m, feature-major
  const Scalar* log_weights = nullptr;        ///< m
  Scalar inverse_width[most_subspaces] = {};  ///< 1 / (2 sigma^2) in each subspace; 0: not looked at
  int count = 0;                              ///< m
};

/// What a density says of a sample.
template <typename Scalar>
struct Density {
  int nearest;          ///< the centre with the largest term
  Scalar negative_log;  ///< -log sum_j exp(log_weight_j - |x - c_j|^2 / (2 sigma^2))
};

/// The density at x in one subspace, up to a constant factor. Hills that would not change the last digit are
/// passed over. x: all d values. O(d m).
template <typename Scalar>
inline Density<Scalar> density_at(const SoftClustersModel<Scalar>& model, VectorView<const Scalar> x,
                                  int subspace = 0) {
  constexpr Scalar negligible = sizeof(Scalar) == sizeof(float) ? Scalar(-20) : Scalar(-42);
  int nearest = 0;
  Scalar largest = 0, sum = 0;
  x.size = features_in_subspace(x.size, subspace);
  for_each_squared_distance(x, model.centers, model.count,
                            [&, inverse_width = model.inverse_width[subspace]](Index j, Scalar squared) {
                              const Scalar exponent = model.log_weights[j] - squared * inverse_width;
                              const Scalar step = exponent - largest;
                              if (j > 0 && !(step > Scalar(0))) {
                                if (step > negligible) sum += exponential(step);
                                return;
                              }
                              sum = j > 0 && -step > negligible ? sum * exponential(-step) + Scalar(1)
                                                                : Scalar(1);
                              largest = exponent;
                              nearest = static_cast<int>(j);
                            });
  return {nearest, -(largest + natural_log(sum))};
}

/// The negative log densities at x, added up over the subspaces. O(d m).
template <typename Scalar>
inline Scalar negative_log_density(const SoftClustersModel<Scalar>& model, VectorView<const Scalar> x) {
  Scalar sum = density_at(model, x).negative_log;
  for (int subspace = 1; subspace < most_subspaces; ++subspace)
    if (model.inverse_width[subspace] > Scalar(0)) sum += density_at(model, x, subspace).negative_log;
  return sum;
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_SOFT_CLUSTERS_HPP
