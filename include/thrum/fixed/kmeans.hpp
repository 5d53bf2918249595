#ifndef THRUM_FIXED_KMEANS_HPP
#define THRUM_FIXED_KMEANS_HPP

#include <stdint.h>

#include "thrum/algorithm/lloyd.hpp"
#include "thrum/algorithm/sample_clusters.hpp"
#include "thrum/algorithm/seeding.hpp"
#include "thrum/core/distance.hpp"
#include "thrum/core/exact_sum.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/fixed/storage.hpp"

namespace thrum {
namespace fixed {

/// How a fixed::KMeans learns; names and meaning as in thrum::KMeansOptions.
struct KMeansOptions {
  int clusters = 1;
  int max_iterations = 300;
  uint64_t seed = 0;
};

/// thrum::KMeans with its own arrays: no heap, all zero at start (`not_fitted`).
template <typename Scalar, int max_features, int max_clusters>
class KMeans {
 public:
  /// Takes over fitted centres, k x d, finite, k <= max_clusters, d <= max_features.
  Status use(ConstMatrixView<Scalar> centers) {
    if (!fits(centers.rows, centers.cols)) return Status::wrong_size;
    if (!detail::all_finite(centers)) return Status::non_finite;
    copy_by_feature(centers, centers_by_feature_);
    resize(centers.rows, centers.cols);
    for (float& count : counts_) count = 1;
    return Status::ok;
  }

  /// Moves the nearest centre towards one more sample of d values: to the mean of all it has been given,
  /// those it was learned from included; a centre that was taken over counts as one. From the 2^24th on it
  /// stands still. overflow, non_finite: all stays as it was. O(d k).
  Status partial_fit(ConstVectorView<Scalar> x) {
    int label = 0;
    const Status status = predict(x, label);
    if (status != Status::ok) return status;
    counts_[label] += 1;
    const Scalar rate = 1 / static_cast<Scalar>(counts_[label]);
    for (Index f = 0; f < features_; ++f) {
      Scalar& center = centers_by_feature_[f * clusters_ + label];
      center += (x[f] - center) * rate;
    }
    return Status::ok;
  }

  /// The nearest centre of one sample of d values, in [0, k); ties go to the lowest. overflow:
  /// the sample is too far from all of them to tell, and label is as it was.
  Status predict(ConstVectorView<Scalar> x, int& label) const {
    const Status status = detail::check(features_, x, clusters_, clusters_);
    if (status != Status::ok) return status;
    const Nearest<Scalar> nearest = nearest_center(x, centers_by_feature_, clusters_);
    if (!is_finite(nearest.squared_distance)) return Status::overflow;
    label = nearest.cluster;
    return Status::ok;
  }

  /// Euclidean distances of one sample to the k centres. overflow: a distance is not finite.
  Status transform(ConstVectorView<Scalar> x, VectorView<Scalar> distances) const {
    const Status status = detail::check(features_, x, distances.size, clusters_);
    if (status != Status::ok) return status;
    for_each_squared_distance(x, centers_by_feature_, clusters_,
                              [distances](Index j, Scalar squared) { distances[j] = square_root(squared); });
    return detail::checked_result(distances);
  }

  int features() const { return features_; }
  int clusters() const { return clusters_; }
  /// k x d.
  MatrixView<const Scalar> centers() const {
    return MatrixView<const Scalar>{centers_by_feature_, clusters_, features_, 1, clusters_};
  }

 private:
  template <typename, int, int, int, typename>
  friend class KMeansFit;

  static bool fits(Index clusters, Index features) {
    return clusters >= 1 && clusters <= max_clusters && features >= 1 && features <= max_features;
  }
  void resize(Index clusters, Index features) {
    features_ = static_cast<int>(features);
    clusters_ = static_cast<int>(clusters);
  }

  Scalar centers_by_feature_[array_size(max_features * max_clusters)] = {};
  float counts_[array_size(max_clusters)] = {};  // samples that each has been given
  int features_ = 0;
  int clusters_ = 0;
};

/// Learns the centres of a fixed::KMeans from up to max_samples samples: greedy k-means++, then Lloyd's
/// iteration until no label changes, the sum of squared distances no longer falls, or the iterations run out.
/// At once by fit(), or in pieces between other work by start_fit() and fit_step(). From the same first
/// centres it finds those of thrum::KMeans with tolerance 0, bit for bit; with float for the Accumulator to
/// rounding, and without the software that double takes on a Cortex-M4F. No heap; all zero at start; memory:
/// for each sample 2 bytes and a Scalar, for each cluster 16 bytes a feature, and 8 a feature; in float 4
/// and 4. It is of no use any more when the centres are learned.
template <typename Scalar, int max_features, int max_clusters, int max_samples, typename Accumulator = double>
class KMeansFit {
  static_assert(max_samples > 0 && max_samples <= INT16_MAX, "samples are 1 ... 32767");
  using Model = KMeans<Scalar, max_features, max_clusters>;

 public:
  /// Learns from x, n x d. wrong_size: more or fewer samples, features or clusters than there is room for, or
  /// fewer samples than clusters; out_of_range: no iteration; non_finite; overflow: squared distances of
  /// samples may leave the range of a Scalar. Then the model stays as it was. O(n d k) an iteration.
  Status fit(ConstMatrixView<Scalar> x, const KMeansOptions& options, Model& model) {
    const Status status = start_fit(x, options);
    if (status != Status::ok) return status;
    while (!fit_step(x, max_samples, model)) {
    }
    return status_;
  }
  /// The same from given first centres, k x d.
  Status fit_from(ConstMatrixView<Scalar> centers, ConstMatrixView<Scalar> x, KMeansOptions options,
                  Model& model) {
    options.clusters = static_cast<int>(centers.rows);
    if (centers.cols != x.cols) return Status::wrong_size;
    if (!detail::all_finite(centers)) return Status::non_finite;
    const Status status = start_fit(x, options);
    if (status != Status::ok) return status;
    while (stage_ == Stage::checking) check_next(x, model);
    if (stage_ == Stage::done) return status_;
    model.use(centers);
    begin_assignment();
    while (!fit_step(x, max_samples, model)) {
    }
    return status_;
  }

  /// Begins to learn in pieces; arguments and errors as of fit(), but for those that its samples decide,
  /// which status() tells. O(d).
  Status start_fit(ConstMatrixView<Scalar> x, const KMeansOptions& options) {
    if (x.rows > max_samples || x.rows < options.clusters || !Model::fits(options.clusters, x.cols))
      return Status::wrong_size;
    if (options.max_iterations < 1) return Status::out_of_range;
    random_ = Random(options.seed);
    lloyd_ = Lloyd<Accumulator>({options.max_iterations, 0});
    clusters_ = options.clusters;
    status_ = Status::not_fitted;
    begin(Stage::checking);
    return Status::ok;
  }

  /// Goes on, with the x of start_fit(), by at most `samples` >= 1: one that is looked at, O(d), that first
  /// centres are tried on, O(d ln k), or that is assigned, O(d k); a new place of a centre, O(d), counts as
  /// one too. Whenever all samples are through, O(n ln k + d k) more, a few instructions a sample. True when
  /// it is done, for better or worse: see status(). Until then the model is of no use.
  [[gnu::cold, gnu::noinline]] bool fit_step(ConstMatrixView<Scalar> x, Index samples, Model& model) {
    for (; samples > 0 && stage_ != Stage::done; --samples) {
      switch (stage_) {
        case Stage::checking: check_next(x, model); break;
        case Stage::trying: try_next(x, model); break;
        case Stage::accepting: accept_next(x); break;
        case Stage::assigning: assign_next(x, model); break;
        case Stage::updating: update_next(x, model); break;
        case Stage::done: break;
      }
    }
    return stage_ == Stage::done;
  }

  /// What fit() returns; not_fitted until it is done.
  Status status() const { return status_; }
  /// How it went, once it is done.
  LloydReport report() const {
    LloydReport report = report_;
    report.inertia = static_cast<double>(inertia_);
    return report;
  }
  int empty_clusters() const { return report_.empty_clusters; }
  /// The label of each sample, n.
  const int16_t* labels() const { return labels_; }

 private:
  enum class Stage : uint8_t { done, checking, trying, accepting, assigning, updating };
  using Space = SampleSpace<Scalar, Accumulator, max_clusters, max_samples>;

  SampleAssignment<Scalar, Accumulator> assignment(MatrixView<const Scalar> x, const Model& model) {
    return {x, {labels_, squared_, scale_, sums_, counts_}, model.centers_by_feature_, clusters_};
  }
  Space space(MatrixView<const Scalar> x) { return {x, squared_, candidates_}; }
  static MatrixView<Scalar> centers(Model& model) {
    return {model.centers_by_feature_, model.clusters_, model.features_, 1, model.clusters_};
  }

  void begin(Stage stage) {
    next_ = 0;
    stage_ = stage;
  }
  void end(Status status) {
    status_ = status;
    stage_ = Stage::done;
  }

  void begin_assignment() {
    changed_ = 0;
    begin(Stage::assigning);
  }

  void begin_center(MatrixView<const Scalar> x) {
    space(x).begin(random_, center_, clusters_);
    begin(Stage::trying);
  }

  [[gnu::cold, gnu::noinline]] void check_next(MatrixView<const Scalar> x, Model& model) {
    auto policy = assignment(x, model);
    if (next_ == 0) policy.start();
    if (!policy.look_at(next_)) return end(Status::non_finite);
    squared_[next_] = positive_infinity<Scalar>();
    if (++next_ < x.rows) return;
    if (!policy.start_sums()) return end(Status::overflow);
    model.resize(clusters_, x.cols);
    candidates_.potential = 0;
    center_ = 0;
    begin_center(x);
  }

  [[gnu::cold, gnu::noinline]] void try_next(MatrixView<const Scalar> x, Model& model) {
    space(x).evaluate(next_);
    if (++next_ < x.rows) return;
    const Index row = space(x).choose();
    for (Index f = 0; f < x.cols; ++f) centers(model)(center_, f) = x(row, f);
    if (center_ + 1 < clusters_)
      begin(Stage::accepting);
    else
      begin_assignment();
  }

  [[gnu::cold, gnu::noinline]] void accept_next(MatrixView<const Scalar> x) {
    space(x).accept(next_);
    if (++next_ < x.rows) return;
    ++center_;
    begin_center(x);
  }

  [[gnu::cold, gnu::noinline]] void assign_next(MatrixView<const Scalar> x, Model& model) {
    auto policy = assignment(x, model);
    if (policy.assign(next_)) ++changed_;
    if (++next_ < x.rows) return;
    stage_ = Stage::updating;
    if (!lloyd_.take(policy, changed_, centers(model), [](const LloydReport&, Accumulator) { return true; }))
      return;
    end(Status::ok);
    report_ = lloyd_.report(policy, clusters_);
    inertia_ = policy.inertia();
    // All there is room for: GCC 12 writes a conversion on a condition that its assembler does not know
    // (M55).
    for (Index j = 0; j < max_clusters; ++j) model.counts_[j] = static_cast<float>(counts_[j]);
  }

  void update_next(MatrixView<const Scalar> x, Model& model) {
    auto policy = assignment(x, model);
    if (lloyd_.update(policy, centers(model))) begin_assignment();
  }

  Random random_{};
  Lloyd<Accumulator> lloyd_{};
  LloydReport report_{StopReason{}, 0, 0, 0, 0};
  Accumulator inertia_ = 0;
  Status status_ = Status::not_fitted;
  Stage stage_ = Stage::done;
  int clusters_ = 0;
  Index next_ = 0;     // sample of the stage
  Index center_ = 0;   // that is looked for
  Index changed_ = 0;  // labels, of those assigned
  typename Space::Candidates candidates_{};
  int16_t labels_[array_size(max_samples)] = {};
  Scalar squared_[array_size(max_samples)] = {};
  Accumulator scale_[array_size(max_features)] = {};
  typename SampleSum<Accumulator>::Type sums_[array_size(max_features * max_clusters)] = {};
  int16_t counts_[array_size(max_clusters)] = {};
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_KMEANS_HPP
