#ifndef THRUM_CLUSTERING_METRICS_HPP
#define THRUM_CLUSTERING_METRICS_HPP

#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "thrum/algorithm/moments.hpp"
#include "thrum/core/distance.hpp"
#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/ordered_sum.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/column_summary.hpp"
#include "thrum/input.hpp"

// How good a clustering is: by the samples alone (silhouette, Calinski-Harabasz, Davies-Bouldin), against
// another clustering (adjusted Rand index, normalized mutual information), and by how many clusters are worth
// having (elbow).
//
// Labels are any integers >= 0; those between them that no sample has are no clusters. What the clusters are
// called changes no bit of any result, nor does the storage order of x.

namespace thrum {

/// A vector of int, such as labels: a row or column of any Eigen expression of int, or a view. As
/// MatrixInput, it lives no longer than the call it is made for.
class IntegerInput {
 public:
  IntegerInput(VectorView<const int> x) : view_(x) {}
  IntegerInput(VectorView<int> x) : view_(x) {}

  template <typename Derived>
  IntegerInput(const Eigen::DenseBase<Derived>& x) {
    static_assert(std::is_same<typename Derived::Scalar, int>::value,
                  "labels and counts are int: convert them with x.cast<int>()");
    static_assert(Derived::IsVectorAtCompileTime, "expected a vector");
    if constexpr (detail::has_data<Derived>) {
      view_ = {x.derived().data(), x.size(), x.derived().innerStride()};
    } else {
      evaluated_ = x;
      view_ = {evaluated_.data(), evaluated_.size(), 1};
    }
  }

  IntegerInput(const IntegerInput&) = delete;
  IntegerInput& operator=(const IntegerInput&) = delete;

  VectorView<const int> view() const { return view_; }

 private:
  Matrix<int> evaluated_;
  VectorView<const int> view_;
};

inline namespace THRUM_BUILD {
namespace host {

/// Rows by the group they are in. Groups are numbered in the order in which they first appear, so that
/// nothing depends on what they are called.
struct Grouping {
  Vector<Index> group;  ///< n: in [0, groups)
  Vector<Index> rows;   ///< n: all rows, group after group and rising within each
  Vector<Index> begin;  ///< groups + 1: where each group begins in `rows`

  Index groups() const { return begin.size() - 1; }
  Index size(Index g) const { return begin[g + 1] - begin[g]; }
};

/// Groups the rows of equal key(row), an integer. O(n log n), allocates O(n).
template <typename Key>
Grouping group_rows(Index rows, Key key) {
  Vector<Index> keys(rows);
  for (Index i = 0; i < rows; ++i) keys[i] = key(i);
  Index* const first = keys.data();
  std::sort(first, first + rows);
  Index* const last = std::unique(first, first + rows);

  Grouping result{Vector<Index>(rows), Vector<Index>(rows), {}};
  Vector<Index> number = Vector<Index>::Constant(last - first, -1);
  Index groups = 0;
  for (Index i = 0; i < rows; ++i) {
    Index& found = number[std::lower_bound(first, last, Index{key(i)}) - first];
    if (found < 0) found = groups++;
    result.group[i] = found;
  }

  result.begin.setZero(groups + 1);
  for (Index i = 0; i < rows; ++i) ++result.begin[result.group[i] + 1];
  for (Index g = 0; g < groups; ++g) result.begin[g + 1] += result.begin[g];
  Vector<Index> next = result.begin;
  for (Index i = 0; i < rows; ++i) result.rows[next[result.group[i]]++] = i;
  return result;
}

inline Grouping group_by_label(const char* who, const char* argument, VectorView<const int> labels) {
  for (Index i = 0; i < labels.size; ++i)
    thrum::detail::require(labels[i] >= 0, who, ": ", argument, "(", i, ") is ", labels[i],
                           ", expected a label >= 0");
  return group_rows(labels.size, [=](Index i) { return Index{labels[i]}; });
}

/// The clusters that labels make of x, where there are two or more.
template <typename Scalar>
Grouping clusters_of(const char* who, MatrixView<const Scalar> x, VectorView<const int> labels) {
  require_training_data(who, x);
  thrum::detail::require_size(who, "labels", labels, x.rows);
  Grouping clusters = group_by_label(who, "labels", labels);
  thrum::detail::require(clusters.groups() >= 2, who, ": labels name one cluster, expected at least 2");
  return clusters;
}

// ---- silhouette

/// Rows of x whose silhouettes are found together, so that each chunk of other rows is read from the cache.
constexpr Index silhouette_tile = 64;

/// Calls visit(chunk, begin, size) for chunks of at most 256 rows of a group, by their place in groups.rows.
template <typename Visit>
void for_each_chunk(const Grouping& groups, Index g, Visit visit) {
  for (Index begin = groups.begin[g], chunk = 0; begin < groups.begin[g + 1];
       begin += rows_per_chunk, ++chunk)
    visit(chunk, begin, smaller(rows_per_chunk, groups.begin[g + 1] - begin));
}

/// The rows of x group after group, each chunk feature after feature, as for_each_squared_distance reads
/// them.
template <typename Scalar>
Vector<Scalar> chunks_by_feature(MatrixView<const Scalar> x, const Grouping& groups) {
  Vector<Scalar> copy(x.rows * x.cols);
  for (Index g = 0; g < groups.groups(); ++g) {
    for_each_chunk(groups, g, [&](Index, Index begin, Index size) {
      Scalar* next = copy.data() + begin * x.cols;
      for (Index f = 0; f < x.cols; ++f)
        for (Index i = begin; i < begin + size; ++i) *next++ = x(groups.rows[i], f);
    });
  }
  return copy;
}

/// sums[t] = sum of the Euclidean distances from row t of the tile, at most 64 rows, to all rows of group g.
template <typename Scalar>
void sum_distances(MatrixView<const Scalar> tile, const Grouping& groups, Index g, const Scalar* chunks,
                   double* sums) {
  double partial[silhouette_tile][max_partial_sums] = {};
  for_each_chunk(groups, g, [&](Index chunk, Index begin, Index size) {
    for (Index t = 0; t < tile.rows; ++t) {
      double& sum = partial[t][chunk % max_partial_sums];
      for_each_squared_distance(tile.row(t), chunks + begin * tile.cols, size, [&sum](Index, Scalar squared) {
        sum += static_cast<double>(square_root(squared));
      });
    }
  });
  for (Index t = 0; t < tile.rows; ++t) {
    fold_partial_sums(max_partial_sums, [&](Index i, Index j) { partial[t][i] += partial[t][j]; });
    sums[t] = partial[t][0];
  }
}

/// Silhouettes of some rows of x against all of x. rows: positions in x.
template <typename Scalar>
Vector<double> silhouettes(MatrixView<const Scalar> x, const Grouping& clusters,
                           VectorView<const Index> rows) {
  const Vector<Scalar> chunks = chunks_by_feature(x, clusters);
  Vector<double> widths(rows.size);
  Matrix<Scalar> tile(silhouette_tile, x.cols);
  for (Index first = 0; first < rows.size; first += silhouette_tile) {
    const Index count = smaller(silhouette_tile, rows.size - first);
    for (Index t = 0; t < count; ++t)
      for (Index f = 0; f < x.cols; ++f) tile(t, f) = x(rows[first + t], f);

    double own[silhouette_tile] = {}, nearest[silhouette_tile] = {}, sums[silhouette_tile];
    for (double& distance : nearest) distance = ScalarTraits<double>::largest();
    for (Index g = 0; g < clusters.groups(); ++g) {
      const MatrixView<const Scalar> samples = view(static_cast<const Matrix<Scalar>&>(tile));
      sum_distances(samples.middle_rows(0, count), clusters, g, chunks.data(), sums);
      const double size = static_cast<double>(clusters.size(g));
      for (Index t = 0; t < count; ++t) {
        if (clusters.group[rows[first + t]] == g)
          own[t] = size > 1 ? sums[t] / (size - 1) : 0;
        else
          nearest[t] = smaller(nearest[t], sums[t] / size);
      }
    }
    for (Index t = 0; t < count; ++t) {
      const bool alone = clusters.size(clusters.group[rows[first + t]]) == 1;
      const double larger_of_both = larger(own[t], nearest[t]);
      widths[first + t] = alone || !(larger_of_both > 0) ? 0 : (nearest[t] - own[t]) / larger_of_both;
    }
  }
  return widths;
}

/// `count` of n rows in rising order, each such choice equally likely. Knuth, The Art of Computer Programming
/// 2, algorithm 3.4.2 S. O(n).
inline Vector<Index> draw_rows(Index rows, Index count, std::uint64_t seed) {
  Vector<Index> drawn(count);
  Random random(seed);
  for (Index i = 0, found = 0; found < count; ++i)
    if (random.index(rows - i) < count - found) drawn[found++] = i;
  return drawn;
}

inline Vector<Index> all_rows(Index rows) { return Vector<Index>::LinSpaced(rows, 0, rows - 1); }

// ---- means

/// Where the groups of some rows lie and how far they spread; in double.
struct GroupMeans {
  Matrix<double> mean;                ///< groups x d
  Vector<double> squared_deviations;  ///< groups: sum over rows and features of (x - mean)^2
};

/// O(n d); allocates O(n + groups d).
template <typename Scalar>
GroupMeans group_means(MatrixView<const Scalar> x, const Grouping& groups) {
  GroupMeans result{Matrix<double>(groups.groups(), x.cols), Vector<double>::Zero(groups.groups())};
  Vector<Scalar> column(x.rows);
  for (Index g = 0; g < groups.groups(); ++g) {
    for (Index f = 0; f < x.cols; ++f) {
      for (Index i = 0; i < groups.size(g); ++i) column[i] = x(groups.rows[groups.begin[g] + i], f);
      const Scalar* const values = column.data();
      const Moments<double> found = moments<double>(contiguous(values, groups.size(g)));
      result.mean(g, f) = found.mean;
      result.squared_deviations[g] += found.squared_deviations;
    }
  }
  return result;
}

// ---- pairs of labels

/// Two groupings of the same rows, and the groups that both make together.
struct Agreement {
  Grouping a, b, both;

  Index rows() const { return a.group.size(); }
  bool same() const { return both.groups() == a.groups() && both.groups() == b.groups(); }
};

inline Agreement compare(const char* who, VectorView<const int> a, VectorView<const int> b) {
  thrum::detail::require(a.size > 0, who, ": a is empty, expected at least one label");
  thrum::detail::require_size(who, "b", b, a.size);
  Agreement result{group_by_label(who, "a", a), group_by_label(who, "b", b), {}};
  const Index groups = result.b.groups();
  result.both = group_rows(
      a.size, [&result, groups](Index i) { return result.a.group[i] * groups + result.b.group[i]; });
  return result;
}

/// Pairs of so many rows; fits for fewer than 2^32.
constexpr std::int64_t pairs_of(std::int64_t rows) {
  return rows % 2 == 0 ? rows / 2 * (rows - 1) : (rows - 1) / 2 * rows;
}

/// Pairs of rows that share a group.
inline std::int64_t pairs_within(const Grouping& groups) {
  std::int64_t pairs = 0;
  for (Index g = 0; g < groups.groups(); ++g) pairs += pairs_of(groups.size(g));
  return pairs;
}

/// Entropy of the group of a random row, in natural units.
inline double entropy(const Grouping& groups) {
  const double rows = static_cast<double>(groups.group.size());
  return ordered_sum<double>(groups.groups(), [&](Index g) {
    const double size = static_cast<double>(groups.size(g));
    return size / rows * natural_log(rows / size);
  });
}

}  // namespace host

/// Which rows the silhouette is a mean over.
struct SilhouetteOptions {
  Index sample = 0;        ///< >= 0, rows drawn without replacement; 0, or as many as there are: all
  std::uint64_t seed = 0;  ///< of the draw; the same seed draws the same rows everywhere
};

/// The silhouette of each sample (Rousseeuw, Journal of Computational and Applied Mathematics 20, 1987): (b -
/// a) / max(a, b), where a is the mean Euclidean distance to the other samples of its cluster and b the least
/// mean distance to those of another cluster. From -1 (in the wrong cluster) over 0 (between two) to 1. A
/// sample alone in its cluster has 0, and so has one with a = b = 0.
///
/// x: n x d, float or double, finite; labels: n integers >= 0 that name at least two clusters; returns n
/// values. Throws std::invalid_argument on anything else. Distances in the scalar of x, their sums in double.
/// O(n^2 d); allocates a copy of x and O(n).
template <typename Samples>
Vector<double> silhouette_samples(const Samples& x, const IntegerInput& labels) {
  const MatrixInput input(x);
  const host::Grouping clusters = host::clusters_of("thrum::silhouette_samples", input.view(), labels.view());
  const Vector<Index> rows = host::all_rows(input.view().rows);
  return host::silhouettes(input.view(), clusters, detail::vector_view(rows));
}

/// The mean silhouette of all samples, or of some drawn at random: in [-1, 1], large is good.
///
/// With a sample of m rows, the distances from these to all n rows are taken. So each silhouette is exact,
/// and their mean is off by the luck of the draw alone: by less than 2 / sqrt(m) in 19 of 20 draws or more.
/// Distances among the drawn rows alone, as scikit-learn takes them, would let small clusters vanish or stand
/// alone.
///
/// Arguments and errors as silhouette_samples; throws on a negative sample, too. O(n^2 d), or O(m n d);
/// allocates a copy of x and O(n).
template <typename Samples>
double silhouette(const Samples& x, const IntegerInput& labels, SilhouetteOptions options = {}) {
  constexpr const char* who = "thrum::silhouette";
  const MatrixInput input(x);
  detail::require(options.sample >= 0, who, ": sample is ", options.sample,
                  ", expected a number of rows, or 0 for all");
  const host::Grouping clusters = host::clusters_of(who, input.view(), labels.view());
  const Index n = input.view().rows;
  const bool all = options.sample == 0 || options.sample >= n;
  const Vector<Index> rows = all ? host::all_rows(n) : host::draw_rows(n, options.sample, options.seed);
  const Vector<double> widths = host::silhouettes(input.view(), clusters, detail::vector_view(rows));
  return ordered_sum<double>(widths.size(), [&](Index i) { return widths[i]; }) /
         static_cast<double>(widths.size());
}

/// The variance ratio of Calinski and Harabasz (Communications in Statistics 3, 1974): B / (k - 1) over W /
/// (n - k), where W sums the squared distances of all samples to the mean of their cluster, and B those of
/// the clusters' means, by their sizes, to the mean of all. >= 0, large is good; infinite where each cluster
/// is a single point, 0 where all are the same one.
///
/// x: n x d, float or double, finite; labels: n integers >= 0 that name k clusters, 2 <= k < n. Throws
/// std::invalid_argument on anything else. In double, by deviations from means. O(n (d + log n)); allocates
/// O(n + k d).
template <typename Samples>
double calinski_harabasz(const Samples& x, const IntegerInput& labels) {
  constexpr const char* who = "thrum::calinski_harabasz";
  const MatrixInput input(x);
  const auto samples = input.view();
  const host::Grouping clusters = host::clusters_of(who, samples, labels.view());
  const Index k = clusters.groups();
  detail::require(k < samples.rows, who, ": labels name ", k,
                  " clusters, expected fewer than the number of rows, ", samples.rows);

  const host::GroupMeans means = host::group_means(samples, clusters);
  Vector<double> middle(samples.cols);
  for (Index f = 0; f < samples.cols; ++f) middle[f] = moments<double>(samples.col(f)).mean;
  const double within = ordered_sum<double>(k, [&](Index g) { return means.squared_deviations[g]; });
  const double between = ordered_sum<double>(k, [&](Index g) {
    return static_cast<double>(clusters.size(g)) *
           squared_distance(view(means.mean).row(g), detail::vector_view(middle));
  });
  if (!(within > 0)) return between > 0 ? positive_infinity<double>() : 0;
  return between / static_cast<double>(k - 1) / (within / static_cast<double>(samples.rows - k));
}

/// The index of Davies and Bouldin (IEEE Transactions on Pattern Analysis and Machine Intelligence 1, 1979):
/// the mean over all clusters i of the largest (s_i + s_j) / m_ij with another cluster j, where s is the mean
/// Euclidean distance to the cluster's mean and m_ij the distance between the two means. >= 0, small is good;
/// infinite where two clusters have the same mean.
///
/// x: n x d, float or double, finite; labels: n integers >= 0 that name k >= 2 clusters. Throws
/// std::invalid_argument on anything else. In double. O(n (d + log n) + k^2 d); allocates O(n + k d).
template <typename Samples>
double davies_bouldin(const Samples& x, const IntegerInput& labels) {
  const MatrixInput input(x);
  const auto samples = input.view();
  const host::Grouping clusters = host::clusters_of("thrum::davies_bouldin", samples, labels.view());
  const Index k = clusters.groups();
  const Matrix<double> means = host::group_means(samples, clusters).mean;

  Vector<double> spread(k), row(samples.cols);
  for (Index g = 0; g < k; ++g) {
    const double sum = ordered_sum<double>(clusters.size(g), [&](Index i) {
      const auto sample = samples.row(clusters.rows[clusters.begin[g] + i]);
      for (Index f = 0; f < samples.cols; ++f) row[f] = static_cast<double>(sample[f]);
      return square_root(squared_distance(view(means).row(g), detail::vector_view(row)));
    });
    spread[g] = sum / static_cast<double>(clusters.size(g));
  }

  bool apart = true;
  const double sum = ordered_sum<double>(k, [&](Index i) {
    double worst = 0;
    for (Index j = 0; j < k; ++j) {
      if (j == i) continue;
      const double distance = square_root(squared_distance(view(means).row(i), view(means).row(j)));
      if (distance > 0)
        worst = larger(worst, (spread[i] + spread[j]) / distance);
      else
        apart = false;
    }
    return worst;
  });
  return apart ? sum / static_cast<double>(k) : positive_infinity<double>();
}

/// The adjusted Rand index of two clusterings of the same samples (Hubert and Arabie, Journal of
/// Classification 2, 1985): of all pairs of samples, the share both agree on, less what chance would give. 1
/// for the same clusters by whatever names, about 0 for unrelated ones, at least -0.5.
///
/// a, b: n >= 1 integers >= 0 each, n < 2^32. Throws std::invalid_argument on anything else. Pairs are
/// counted exactly; the result is right to a few units of 1e-16. O(n log n); allocates O(n).
inline double adjusted_rand_index(const IntegerInput& a, const IntegerInput& b) {
  const host::Agreement agreement = host::compare("thrum::adjusted_rand_index", a.view(), b.view());
  if (agreement.same()) return 1;  // also where no pair is together, or none apart
  const std::int64_t pairs = host::pairs_of(agreement.rows());
  const std::int64_t in_a = host::pairs_within(agreement.a), in_b = host::pairs_within(agreement.b),
                     in_both = host::pairs_within(agreement.both);
  // Pairs that are together in both, in a alone, in b alone, in neither.
  const double both = static_cast<double>(in_both), only_a = static_cast<double>(in_a - in_both),
               only_b = static_cast<double>(in_b - in_both),
               neither = static_cast<double>((pairs - in_a) - (in_b - in_both));
  return 2 * (both * neither - only_a * only_b) /
         ((both + only_a) * (only_a + neither) + (both + only_b) * (only_b + neither));
}

/// The mutual information of two clusterings of the same samples over the arithmetic mean of their entropies
/// (Vinh, Epps and Bailey, Journal of Machine Learning Research 11, 2010; as scikit-learn has it): in [0, 1],
/// 1 for the same clusters by whatever names, 0 for clusterings that tell nothing of each other. Not adjusted
/// for chance: many small clusters raise it.
///
/// a, b: n >= 1 integers >= 0 each. Throws std::invalid_argument on anything else. O(n log n); allocates
/// O(n).
inline double normalized_mutual_information(const IntegerInput& a, const IntegerInput& b) {
  const host::Agreement agreement = host::compare("thrum::normalized_mutual_information", a.view(), b.view());
  if (agreement.same()) return 1;  // also where neither has any entropy
  const double rows = static_cast<double>(agreement.rows());
  const double information = ordered_sum<double>(agreement.both.groups(), [&](Index g) {
    const Index row = agreement.both.rows[agreement.both.begin[g]];
    const double size = static_cast<double>(agreement.both.size(g));
    const double size_in_a = static_cast<double>(agreement.a.size(agreement.a.group[row]));
    const double size_in_b = static_cast<double>(agreement.b.size(agreement.b.group[row]));
    return size / rows * natural_log(rows * size / (size_in_a * size_in_b));
  });
  const double entropies = host::entropy(agreement.a) + host::entropy(agreement.b);
  return larger(0.0, smaller(1.0, 2 * information / entropies));
}

/// The position of the elbow of an inertia curve: the point farthest below the chord from its first point to
/// its last (Kneedle: Satopaa, Albrecht, Irwin and Raghavan, ICDCS workshops 2011).
///
/// Distances are taken where both axes are logarithmic. There the inertia of data without clusters, which
/// falls as k^(-2 / d) (Zador, IEEE Transactions on Information Theory 28, 1982), is a straight line and not
/// taken for an elbow; and neither the units of x nor how far the curve goes on behind the elbow matter much.
/// An end of the curve is never the elbow: begin with one cluster. A slight bend counts as well, and the
/// local minima of K-means make some: ask the silhouette, too.
///
/// Returns nothing where there is no elbow: fewer than three points, a curve that does not fall, or one that
/// is nowhere below the chord by more than a millionth of the inertia. Behind an inertia of 0 nothing is left
/// to gain: the first that lies between the ends is the elbow.
///
/// clusters: m integers >= 1, rising; inertia: m finite numbers >= 0. Throws std::invalid_argument on
/// anything else. O(m); allocates nothing.
inline std::optional<Index> elbow(const IntegerInput& clusters, const VectorInput<double>& inertia) {
  constexpr const char* who = "thrum::elbow";
  constexpr double straight = 1e-6, smallest_normal = 2.2250738585072014e-308;
  const VectorView<const int> k = clusters.view();
  const VectorView<const double> y = inertia.view();
  detail::require_size(who, "inertia", y, k.size);
  for (Index i = 0; i < k.size; ++i) {
    const int before = i == 0 ? 0 : k[i - 1];
    detail::require(k[i] > before, who, ": clusters(", i, ") is ", k[i], ", expected more than ", before);
    detail::require(is_finite(y[i]) && y[i] >= 0, who, ": inertia(", i, ") is ", y[i],
                    ", expected a finite number >= 0");
  }

  const Index last = k.size - 1;
  for (Index i = 0; i < k.size; ++i)
    if (y[i] < smallest_normal) return i > 0 && i < last ? std::optional<Index>(i) : std::nullopt;
  if (last < 2 || y[last] >= y[0]) return std::nullopt;

  // The distance is proportional to the height of the chord above the point, however the axes are scaled.
  const auto right = [k](Index i) {
    return natural_log(static_cast<double>(k[i])) - natural_log(static_cast<double>(k[0]));
  };
  const auto down = [y](Index i) { return natural_log(y[0]) - natural_log(y[i]); };
  std::optional<Index> deepest;
  double depth = straight;
  for (Index i = 1; i < last; ++i) {
    const double below = down(i) - right(i) / right(last) * down(last);
    if (below > depth) {
      depth = below;
      deepest = i;
    }
  }
  return deepest;
}

}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_CLUSTERING_METRICS_HPP
