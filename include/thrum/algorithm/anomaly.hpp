#ifndef THRUM_ALGORITHM_ANOMALY_HPP
#define THRUM_ALGORITHM_ANOMALY_HPP

#include <stdint.h>

#include "thrum/algorithm/class_bounds.hpp"
#include "thrum/algorithm/ellipsoids.hpp"
#include "thrum/algorithm/feature_tails.hpp"
#include "thrum/algorithm/soft_clusters.hpp"
#include "thrum/algorithm/tail_table.hpp"
#include "thrum/core/distance.hpp"
#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"

namespace thrum {

/// Radii lie between these two, so that 1 / radius^2 is an ordinary number: neither 0, for which every sample
/// would be normal, nor infinite.
template <typename Scalar>
constexpr Scalar least_radius() {
  return sizeof(Scalar) == sizeof(float) ? Scalar(1e-18) : Scalar(1e-150);
}
template <typename Scalar>
constexpr Scalar largest_radius() {
  return 1 / least_radius<Scalar>();
}

/// What a sample can be judged by: one of them, or several of which the mean surprise is taken. Bits, so that
/// a firmware whose model is a constant leaves out the code of the others.
enum AnomalyPart : uint32_t {
  radius_part = 1,              ///< distance to a class over its radius; never beside others
  full_ellipsoid_part = 2,      ///< Mahalanobis distance to a class; of the three at most one
  diagonal_ellipsoid_part = 4,  ///< the same, features taken as uncorrelated
  low_rank_ellipsoid_part = 8,  ///< the same, directions plus noise; reconstruction error and T^2
  soft_part = 16,               ///< densities of many small clusters
  tails_part = 32,              ///< tails of each feature
  every_part = 63,
};
/// Beside AnomalyPart in `allowed`, the parts whose code is in: what else is not.
enum OmittedCode : uint32_t {
  without_scaling = 64,
  without_projection = 128,
  without_bounds = 256,     ///< of a model without `bias`
  without_distances = 512,  ///< to all classes: of one with it, or with an ellipsoid for each class
};
constexpr uint32_t ellipsoid_parts = full_ellipsoid_part | diagonal_ellipsoid_part | low_rank_ellipsoid_part;

/// A fitted anomaly scorer: k working classes, each a centre and a radius, and what else `parts` asks for.
template <typename Scalar>
struct AnomalyModel {
  static constexpr uint32_t possible_parts = every_part;

  const Scalar* centers = nullptr;                 ///< d x k, feature-major
  const Scalar* inverse_squared_radius = nullptr;  ///< k
  Scalar threshold = 1;                            ///< what calibration found: the raw score that counts as 1
  int features = 0;
  int clusters = 0;
  uint32_t parts = radius_part;
  int ellipsoid_count = 0;  ///< k, or 1 for all classes together; 0 without ellipsoids
  EllipsoidsModel<Scalar> ellipsoids{};
  SoftClustersModel<Scalar> soft{};
  FeatureTailsModel<Scalar> tails{};
  const Scalar* ellipsoid_tables = nullptr;  ///< ellipsoid_count x tail_table_size, of distances
  const Scalar* soft_table = nullptr;        ///< tail_table_size, of summed negative log densities
  const Scalar* tails_table = nullptr;       ///< tail_table_size, of summed surprises of features
  const Scalar* score_table = nullptr;       ///< tail_table_size, of raw scores
  const Scalar* bias = nullptr;  ///< k, of class_biases(), for radius_part; or null: distances to all classes

  /// Scalars of scratch that a score needs.
  constexpr int scratch_size() const {
    return bias != nullptr                          ? clusters
           : (parts & full_ellipsoid_part) != 0     ? features
           : (parts & low_rank_ellipsoid_part) != 0 ? ellipsoids.rank
                                                    : 0;
  }

  /// Calls visit(name, value) for every number but `features`, which follows from the stages before, and
  /// `parts`, which must be known; visit(name, value, true) for one that may be left out where it is 0.
  template <typename Self, typename Visit>
  static void for_each_setting(Self& self, Visit visit) {
    visit("classes", self.clusters);
    visit("threshold", self.threshold);
    if ((self.parts & ellipsoid_parts) != 0) visit("ellipsoid_count", self.ellipsoid_count);
    if ((self.parts & low_rank_ellipsoid_part) != 0) visit("ellipsoid_rank", self.ellipsoids.rank);
    if ((self.parts & soft_part) == 0) return;
    visit("soft_count", self.soft.count);
    visit("soft_inverse_width", self.soft.inverse_width[0]);
    visit("soft_inverse_width_of_half", self.soft.inverse_width[1], true);
    visit("soft_inverse_width_of_quarter", self.soft.inverse_width[2], true);
  }

  /// Calls visit(name, array, size) for every array, in a fixed order; see for_each_array of DetectorModel.
  template <typename Self, typename Visit>
  static void for_each_array(Self& self, Visit visit) {
    const Index z = self.features, k = self.clusters, e = self.ellipsoid_count;
    const Index rank = self.ellipsoids.rank, m = self.soft.count;
    visit("centers", self.centers, z * k);
    visit("inverse_squared_radius", self.inverse_squared_radius, k);
    visit("ellipsoid_center", self.ellipsoids.center, e * z);
    visit("ellipsoid_scale", self.ellipsoids.scale, e * z);
    visit("ellipsoid_factor", self.ellipsoids.factor, e * (rank > 0 ? z * rank : triangle_size(z)));
    visit("ellipsoid_weight", self.ellipsoids.weight, e * (1 + rank));
    visit("soft_centers", self.soft.centers, z * m);
    visit("soft_log_weights", self.soft.log_weights, m);
    visit("tails", self.tails.tables, z * feature_tails_size);
    visit("ellipsoid_tables", self.ellipsoid_tables, e * tail_table_size);
    visit("soft_table", self.soft_table, tail_table_size);
    visit("tails_table", self.tails_table, tail_table_size);
    visit("score_table", self.score_table, tail_table_size);
    visit("bias", self.bias, k);
  }
};

/// The score of one sample.
template <typename Scalar>
struct Score {
  Status status = Status::not_fitted;  ///< ok; or overflow: finite input too far away for its type, an alarm
  Scalar value = 0;                    ///< >= 0; 1 is the threshold, above it is an alarm
  int cluster = -1;                    ///< the class it was judged against
  uint32_t part = 0;                   ///< the part that found it most surprising
};

namespace detail {

/// The class of least distance / radius, ties to the lowest, and that ratio's square. The nearest centre need
/// not be the nearest class. O(d k).
template <typename Scalar>
inline Nearest<Scalar> nearest_class(const AnomalyModel<Scalar>& model, VectorView<const Scalar> x) {
  Scalar least = positive_infinity<Scalar>();
  Index nearest = 0;
  for_each_squared_distance(x, model.centers, model.clusters,
                            [&, inverse = model.inverse_squared_radius](Index j, Scalar squared) {
                              const Scalar in_radii = squared * inverse[j];
                              const bool nearer = in_radii < least;
                              least = nearer ? in_radii : least;
                              nearest = nearer ? j : nearest;
                            });
  return {static_cast<int>(nearest), least};
}

/// A form of ellipsoids and the part it is, as a type.
template <EllipsoidForm form_of_part, uint32_t part_of_form>
struct FormOfPart {
  static constexpr EllipsoidForm form = form_of_part;
  static constexpr uint32_t part = part_of_form;
};

/// Calls use(FormOfPart) for the ellipsoids among `parts`, if any; without the code of those not allowed.
template <uint32_t allowed, typename Use>
inline void with_form_of(uint32_t parts, Use use) {
  if constexpr ((allowed & full_ellipsoid_part) != 0)
    if ((parts & full_ellipsoid_part) != 0) use(FormOfPart<EllipsoidForm::full, full_ellipsoid_part>{});
  if constexpr ((allowed & diagonal_ellipsoid_part) != 0)
    if ((parts & diagonal_ellipsoid_part) != 0)
      use(FormOfPart<EllipsoidForm::diagonal, diagonal_ellipsoid_part>{});
  if constexpr ((allowed & low_rank_ellipsoid_part) != 0)
    if ((parts & low_rank_ellipsoid_part) != 0)
      use(FormOfPart<EllipsoidForm::low_rank, low_rank_ellipsoid_part>{});
}

/// An ellipsoid and how surprising it is that the sample belongs to it.
template <typename Scalar>
struct LeastSurprise {
  int ellipsoid = 0;
  Scalar value = 0;
};

/// The ellipsoid of the class that a sample was judged against.
template <typename Scalar>
constexpr Index ellipsoid_of(const AnomalyModel<Scalar>& model, const Score<Scalar>& score) {
  return model.ellipsoid_count == model.clusters ? score.cluster : 0;
}

/// The least surprise over the ellipsoids. Each class has a table of its own, so that all of them have the
/// same rate of false alarms however their distances are distributed.
template <EllipsoidForm form, typename Scalar>
inline LeastSurprise<Scalar> least_surprise(const AnomalyModel<Scalar>& model, VectorView<const Scalar> x,
                                            Scalar* scratch) {
  LeastSurprise<Scalar> least;
  for (Index j = 0; j < model.ellipsoid_count; ++j) {
    const Ellipsoid<form, Scalar> ellipsoid(model.ellipsoids, j, x, scratch);
    const Scalar own =
        surprise(model.ellipsoid_tables + j * tail_table_size, square_root(ellipsoid.squared_distance()));
    if (j == 0 || own < least.value) least = {static_cast<int>(j), own};
  }
  return least;
}

/// Sum of the surprises of all features.
template <typename Scalar>
inline Scalar summed_surprise(const FeatureTailsModel<Scalar>& model, VectorView<const Scalar> x) {
  Scalar sum = 0;
  for (Index f = 0; f < x.size; ++f) sum += feature_surprise(model, f, x[f]);
  return sum;
}

/// Gathers the surprises of the parts.
template <typename Scalar>
struct Surprises {
  Scalar sum = 0, largest = 0;
  int count = 0;
  uint32_t most_surprised = 0;

  void add(uint32_t part, Scalar value) {
    sum += value;
    if (count++ > 0 && !(value > largest)) return;
    largest = value;
    most_surprised = part;
  }
};

}  // namespace detail

/// The score before it is divided by the threshold. radius_part alone: the least distance / radius over the
/// classes. Otherwise the mean surprise of the parts, each -log of the share of normal samples that are at
/// least as far out. x: d finite values; scratch: model.scratch_size() values. `allowed`: parts that the
/// model may have; the code of others is left out. Allocates nothing.
template <uint32_t allowed = every_part, typename Scalar>
inline Score<Scalar> raw_score(const AnomalyModel<Scalar>& model, ConstVectorView<Scalar> x,
                               Scalar* scratch) {
  const VectorView<const Scalar> sample = x;
  if ((allowed & model.parts & radius_part) != 0) {
    const Nearest<Scalar> nearest = detail::nearest_class(model, sample);
    return {Status::ok, square_root(nearest.squared_distance), nearest.cluster, radius_part};
  }
  if constexpr ((allowed & every_part) == radius_part) return {};
  detail::Surprises<Scalar> surprises;
  detail::LeastSurprise<Scalar> least;
  detail::with_form_of<allowed>(model.parts, [&](auto of) {
    least = detail::least_surprise<decltype(of)::form>(model, sample, scratch);
    surprises.add(decltype(of)::part, least.value);
  });
  if constexpr ((allowed & soft_part) != 0)
    if ((model.parts & soft_part) != 0)
      surprises.add(soft_part, surprise(model.soft_table, negative_log_density(model.soft, sample)));
  if constexpr ((allowed & tails_part) != 0)
    if ((model.parts & tails_part) != 0)
      surprises.add(tails_part, surprise(model.tails_table, detail::summed_surprise(model.tails, sample)));
  if constexpr ((allowed & without_distances) != 0)
    return {Status::ok, surprises.sum / static_cast<Scalar>(surprises.count), least.ellipsoid,
            surprises.most_surprised};
  const bool of_class =
      (allowed & model.parts & ellipsoid_parts) != 0 && model.ellipsoid_count == model.clusters;
  const int cluster = of_class ? least.ellipsoid : detail::nearest_class(model, sample).cluster;
  return {Status::ok, surprises.sum / static_cast<Scalar>(surprises.count), cluster,
          surprises.most_surprised};
}

namespace detail {

/// The score that a raw one is, by the threshold.
template <typename Scalar>
inline Score<Scalar> over_threshold(const Score<Scalar>& raw, Scalar threshold) {
  const Scalar value = raw.value / threshold;
  if (is_finite(value)) return {Status::ok, value, raw.cluster, raw.part};
  return {Status::overflow, positive_infinity<Scalar>(), raw.cluster, raw.part};
}

}  // namespace detail

/// The score of one sample, raw_score() over the threshold.
template <uint32_t allowed = every_part, typename Scalar>
inline Score<Scalar> anomaly_score(const AnomalyModel<Scalar>& model, ConstVectorView<Scalar> x,
                                   Scalar* scratch) {
  return detail::over_threshold(raw_score<allowed>(model, x, scratch), model.threshold);
}

/// The same to the last bit, of a model with `bias`: by nearest_class_by_bounds(). x: d contiguous values;
/// square: the sum of their squares, in any order; scratch: model.scratch_size() values.
template <typename Scalar>
[[gnu::always_inline]] inline Score<Scalar> anomaly_score_by_bounds(const AnomalyModel<Scalar>& model,
                                                                    const Scalar* x, Scalar square,
                                                                    Scalar* scratch) {
  const Nearest<Scalar> nearest =
      nearest_class_by_bounds(model, x, detail::half_square(square, model.features), scratch);
  const Score<Scalar> raw{Status::ok, square_root(nearest.squared_distance), nearest.cluster, radius_part};
  return detail::over_threshold(raw, model.threshold);
}

/// The share of normal samples that score at least so high, in (0, 1]; 0 for an infinite score, and for a
/// model without a table of scores, as one that was not fitted but written down.
template <typename Scalar>
[[gnu::always_inline]] inline Scalar tail_probability(const AnomalyModel<Scalar>& model, Scalar score) {
  if (!is_finite(score) || model.score_table == nullptr) return Scalar(0);
  return exponential(-surprise(model.score_table, score * model.threshold));
}

/// Calls visit(f, difference, slope) for every feature in order, where difference is that of x from the
/// centre that it was judged against, and the products difference x slope add up to what the part
/// `score.part` judged by: the squared (Mahalanobis) distance, or the sum of the features' surprises.
/// Products may be negative for ellipsoids; for `soft`, the distance is that in all features to the centre
/// with the largest term. Entries of x may be overwritten once visited. scratch: model.scratch_size() values.
template <uint32_t allowed = every_part, typename Scalar, typename Visit>
inline void for_each_slope(const AnomalyModel<Scalar>& model, ConstVectorView<Scalar> x,
                           const Score<Scalar>& score, Scalar* scratch, Visit visit) {
  const VectorView<const Scalar> sample = x;
  const uint32_t part = allowed & score.part;
  const auto by_center = [&](const Scalar* centers, Index count, Index j) {
    for (Index f = 0; f < sample.size; ++f) {
      const Scalar difference = sample[f] - centers[f * count + j];
      visit(f, difference, difference);
    }
  };
  if ((part & radius_part) != 0) by_center(model.centers, model.clusters, score.cluster);
  if constexpr ((allowed & soft_part) != 0)
    if ((part & soft_part) != 0)
      by_center(model.soft.centers, model.soft.count, density_at(model.soft, sample).nearest);
  if constexpr ((allowed & tails_part) != 0) {
    for (Index f = 0; (part & tails_part) != 0 && f < sample.size; ++f) {
      const Scalar difference = sample[f] - feature_median(model.tails, f);
      const Scalar own = feature_surprise(model.tails, f, sample[f]);
      visit(f, difference, own > Scalar(0) ? own / difference : Scalar(0));
    }
  }
  detail::with_form_of<allowed>(part, [&](auto of) {
    const Index j = detail::ellipsoid_of(model, score);
    const Ellipsoid<decltype(of)::form, Scalar> ellipsoid(model.ellipsoids, j, sample, scratch);
    for (Index f = 0; f < sample.size; ++f) {
      const Scalar slope = ellipsoid.slope(f);
      visit(f, ellipsoid.difference(f), slope);
    }
  });
}

/// Each feature's share of what a sample was judged by, d values that add up to it (see for_each_slope).
/// Where one overflows, the feature farthest from the centre has all, infinity, and the others 0; returns
/// overflow then, else ok. x: d finite values; score: what anomaly_score() said of it; scratch:
/// model.scratch_size() values.
template <uint32_t allowed = every_part, typename Scalar>
inline Status shares_of_sample(const AnomalyModel<Scalar>& model, ConstVectorView<Scalar> x,
                               const Score<Scalar>& score, Scalar* scratch, VectorView<Scalar> shares) {
  Status status = Status::ok;
  Index farthest = 0;
  Scalar largest = 0;
  for_each_slope<allowed>(model, x, score, scratch, [&](Index f, Scalar difference, Scalar slope) {
    shares[f] = difference * slope;
    if (!is_finite(shares[f])) status = Status::overflow;
    if (!(absolute(difference) > largest)) return;
    largest = absolute(difference);
    farthest = f;
  });
  if (status == Status::ok) return status;
  for (Index f = 0; f < shares.size; ++f) shares[f] = 0;
  shares[farthest] = positive_infinity<Scalar>();
  return status;
}

}  // namespace thrum

#endif  // THRUM_ALGORITHM_ANOMALY_HPP
