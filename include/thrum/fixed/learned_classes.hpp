#ifndef THRUM_FIXED_LEARNED_CLASSES_HPP
#define THRUM_FIXED_LEARNED_CLASSES_HPP

#include <stddef.h>
#include <stdint.h>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/diagonal_classes.hpp"
#include "thrum/algorithm/quantile_sketch.hpp"
#include "thrum/algorithm/scaling.hpp"
#include "thrum/algorithm/tail_table.hpp"
#include "thrum/core/elementary.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/detector_model.hpp"
#include "thrum/detection/learned_image.hpp"
#include "thrum/detection/learning.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/features/options.hpp"

namespace thrum {
namespace fixed {

/// What a Learner has learned: classes of feature rows, each with a mean and a variance of every feature, and
/// the distances of the rows that these were learned from. Judges rows by them, follows slow changes, and
/// goes to and from images. No heap; all zero at start, when it knows nothing; 4 x (4 k + 4) d bytes, and
/// about 2500.
template <const LearningCapacity& capacity>
class LearnedClasses {
 public:
  static constexpr int d = feature_count(capacity.signal);
  static constexpr int most_classes = capacity.classes;
  /// How far rows are from their class, in deviations: see QuantileSketch.
  using Distances = QuantileSketch<-2, 10>;
  static constexpr uint32_t parts =
      uint32_t{diagonal_ellipsoid_part} | without_projection | without_bounds | without_distances;

  // ---- what is known

  int classes() const { return classes_; }
  /// Samples that class j was learned from.
  float count(int j) const { return counts_[j]; }
  /// Of class j, d values each, in scaled units, see scaling(): the means as learned, the centres that have
  /// followed the machine since, and one over the deviations.
  const float* mean(int j) const { return means_ + j * d; }
  const float* center(int j) const { return centers_ + j * d; }
  const float* inverse_deviation(int j) const { return scales_ + j * d; }
  ScalingModel<float> scaling() const { return {offset_, factor_, d}; }
  const Distances& distances() const { return distances_; }
  /// The distance, in deviations, that is score 1.
  float threshold() const { return threshold_; }
  /// How far the centre of class j is from its mean, as a share of the threshold.
  float drift(int j) const { return excursion(j) / threshold_; }
  /// Windows judged since it was learned; stays at 2^32 - 1 once there.
  uint32_t windows_watched() const { return watched_; }
  const LearningOptions& options() const { return options_; }

  // ---- watching

  /// The verdict on a row of d values. scratch: d floats. O(d k).
  Verdict judge(const float* row, float* scratch) {
    bind();
    if (watched_ < UINT32_MAX) ++watched_;
    return thrum::judge<parts>(held_.model, contiguous<const float>(row, d), scratch);
  }

  /// Moves the centre of a class towards a row of it that is normal: by a share of 1 / time_constant of at
  /// most three deviations, and not farther from the mean than the limit. scratch: d floats. O(d).
  void follow(int j, const float* row, float* scratch) {
    const DriftOptions& drift = options_.drift;
    if (!(drift.time_constant > 0.0f)) return;
    to_scale(row, scratch);
    float *const center = centers_ + j * d, *const mean = means_ + j * d;
    for (Index f = 0; f < d; ++f) {
      const float most = 3 / scales_[j * d + f];
      center[f] += larger(-most, smaller(most, scratch[f] - center[f])) / drift.time_constant;
    }
    const float limit = drift.limit * threshold_, apart = excursion(j);
    if (!(apart > limit)) return;
    for (Index f = 0; f < d; ++f) center[f] = mean[f] + (center[f] - mean[f]) * (limit / apart);
  }

  /// A person vouches that a row, of d values, is normal. When it is no alarm it refines its class; otherwise
  /// it becomes one of its own, which varies as all others together do until more of it is vouched for.
  /// wrong_size when there is no room for that; non_finite, overflow. scratch: d floats. O(d k).
  [[gnu::cold, gnu::noinline]] Status vouch(const float* row, float* scratch) {
    bind();
    const Score<float> score = score_row<parts>(held_.model, contiguous<const float>(row, d), scratch);
    if (score.status != Status::ok) return score.status;
    int own = score.cluster;
    if (score.value > 1.0f) {
      if (classes_ == most_classes) return Status::wrong_size;
      own = add_class();
    }
    to_scale(row, scratch);
    float *const center = centers_ + own * d, *const mean = means_ + own * d;
    for (Index f = 0; f < d; ++f) center[f] -= mean[f];  // what it has drifted
    moments().add(own, contiguous<const float>(scratch, d));
    for (Index f = 0; f < d; ++f) center[f] += mean[f];
    update_model();
    return Status::ok;
  }

  /// What rows are judged by, as the data of a model.
  const DetectorModel<float>& model() const { return held_.model; }

  // ---- machines of a kind

  /// Adds what another machine of the kind has learned: each of its classes to one here, so that all of them
  /// together are as near as can be; those that are more than here to the nearest. Means become those over
  /// all machines; deviations those within a machine, since that is what one of them varies; distances those
  /// of all; what either has drifted is forgotten. So in whatever order machines are merged, but for rounding
  /// and the order of classes. not_fitted when either knows nothing. O(k^3 d).
  [[gnu::cold, gnu::noinline]] Status merge(const LearnedClasses& other) {
    if (classes_ == 0 || other.classes_ == 0) return Status::not_fitted;
    int own[array_size(most_classes)];
    match(other, own);
    for (int i = 0; i < other.classes_; ++i) add_class_of(other, i, own[i]);
    for (Index i = 0; i < classes_ * d; ++i) centers_[i] = means_[i];
    distances_.merge(other.distances_);
    find_model();
    return Status::ok;
  }

  // ---- images

  /// Bytes of the largest image.
  static constexpr size_t most_image_bytes() { return size_of_image(most_classes, Distances::bins); }

  /// Writes all this. image: `bytes` of memory; written: how many it took. not_fitted while nothing is known;
  /// wrong_size when there are too few bytes, see most_image_bytes(): then nothing is written. O(bytes), some
  /// 60 instructions each.
  [[gnu::cold, gnu::noinline]] Status save(void* image, size_t bytes, size_t& written) {
    if (classes_ == 0) return Status::not_fitted;
    const Bins bins = filled_bins();
    const size_t size = size_of_image(classes_, bins.count);
    if (size > bytes) return Status::wrong_size;
    thrum::detail::WordWriter writer(static_cast<uint8_t*>(image));
    const uint32_t head[learned_head_words] = {learned_magic,
                                               static_cast<uint32_t>(size),
                                               learned_schema,
                                               fingerprint_of(capacity.signal),
                                               ++sequence_,
                                               static_cast<uint32_t>(d),
                                               static_cast<uint32_t>(classes_),
                                               static_cast<uint32_t>(bins.first),
                                               static_cast<uint32_t>(bins.count)};
    for (const uint32_t word : head) writer(word);
    for_each_setting(options_, threshold_, watched_, writer);
    for_each_array(*this, classes_, writer);
    for (int i = 0; i < bins.count; ++i) writer(distances_.count_of(bins.first + i));
    writer.end();
    written = size;
    return Status::ok;
  }

  /// Takes over what save() wrote. corrupt_model: it is no image, or not whole, or a bit of it has changed;
  /// unsupported: it is of another version, or of other features; wrong_size: it has more classes, or its
  /// options ask for more windows, than there is room for; out_of_range: its numbers are none that save()
  /// writes. Then nothing changes. O(bytes), some 60 instructions each.
  [[gnu::cold, gnu::noinline]] Status load(const void* image, size_t bytes) {
    const Status status = can_load(image, bytes);
    if (status != Status::ok) return status;
    const uint8_t* const begin = static_cast<const uint8_t*>(image);
    sequence_ = head(begin, learned_sequence_word);
    classes_ = static_cast<int>(head(begin, learned_classes_word));
    thrum::detail::ImageWords reader(begin + learned_head_words * 4);
    for_each_setting(options_, threshold_, watched_, reader);
    for_each_array(*this, classes_, reader);
    distances_ = Distances();
    const int first = static_cast<int>(head(begin, learned_first_bin_word));
    const int count = static_cast<int>(head(begin, learned_bins_word));
    for (int i = 0; i < count; ++i) {
      uint32_t times = 0;
      reader(times);
      distances_.set_count(first + i, times);
    }
    moments().pool(least_deviation);
    update_model();
    return Status::ok;
  }
  /// Of two slots of so many bytes, the one with the latest image that load() takes over; null when there is
  /// none in either. Sequence numbers may wrap. O(bytes).
  static const void* newest(const void* a, const void* b, size_t bytes) {
    const bool has_a = can_load(a, bytes) == Status::ok, has_b = can_load(b, bytes) == Status::ok;
    if (!has_a || !has_b) return has_a ? a : has_b ? b : nullptr;
    return sequence_of(a) - sequence_of(b) <= UINT32_MAX / 2 ? a : b;
  }
  /// Whether load() would take it over.
  [[gnu::cold, gnu::noinline]] static Status can_load(const void* image, size_t bytes) {
    if (!is_whole_learned_image(image, bytes)) return Status::corrupt_model;
    const uint8_t* const begin = static_cast<const uint8_t*>(image);
    if (head(begin, learned_schema_word) != learned_schema ||
        head(begin, learned_fingerprint_word) != fingerprint_of(capacity.signal) ||
        head(begin, learned_features_word) != static_cast<uint32_t>(d))
      return Status::unsupported;
    const uint32_t classes = head(begin, learned_classes_word), bins = head(begin, learned_bins_word),
                   first = head(begin, learned_first_bin_word);
    if (classes < 1 || classes > static_cast<uint32_t>(most_classes)) return Status::wrong_size;
    if (bins > static_cast<uint32_t>(Distances::bins) ||
        first > static_cast<uint32_t>(Distances::bins) - bins ||
        head(begin, learned_size_word) != size_of_image(static_cast<int>(classes), static_cast<int>(bins)))
      return Status::out_of_range;
    return has_good_numbers(begin + learned_head_words * 4, static_cast<int>(classes));
  }

 private:
  template <const LearningCapacity&>
  friend class Learner;

  static constexpr float least_deviation = 1e-3f;  ///< within classes, of that of all rows together

  DiagonalClasses<float> moments() { return {counts_, means_, squares_, pooled_, classes_, d}; }

  void to_scale(const float* row, float* scaled) const {
    scale(scaling(), contiguous<const float>(row, d), contiguous(scaled, d));
  }

  /// The distance of a centre from the mean, in deviations.
  float excursion(int j) const {
    float sum = 0;
    for (Index i = j * d; i < (j + 1) * d; ++i) {
      const float apart = (centers_[i] - means_[i]) * scales_[i];
      sum = apart * apart + sum;
    }
    return square_root(sum);
  }

  // ---- merging

  /// Of a machine's class, the mean of a feature as scaled here.
  float mean_of(const LearnedClasses& other, int i, Index f) const {
    return (other.offset_[f] - offset_[f]) * factor_[f] + other.means_[i * d + f] * ratio_to(other, f);
  }
  float ratio_to(const LearnedClasses& other, Index f) const { return factor_[f] / other.factor_[f]; }

  /// Squared distance of a machine's class i to class j here, in deviations of all classes.
  float squared_distance(const LearnedClasses& other, int i, int j) const {
    float sum = 0;
    for (Index f = 0; f < d; ++f) {
      const float apart = mean_of(other, i, f) - means_[j * d + f];
      sum = apart * apart / pooled_[f] + sum;
    }
    return sum;
  }

  /// For each class of another machine the one here that it belongs to. Not the nearest one: of a machine
  /// that is mounted otherwise, all may be nearest to the same. The least sum of squared distances does not
  /// depend on what all classes are moved by; it is found by swapping pairs.
  void match(const LearnedClasses& other, int* own) const {
    const int places =
        larger(classes_, other.classes_);  // of which some here, or some of the other, are empty
    const auto cost = [&](int i, int j) {
      return i < other.classes_ && j < classes_ ? squared_distance(other, i, j) : 0.0f;
    };
    for (int i = 0; i < places; ++i) own[i] = i;
    bool swapped = true;
    for (int round = 0; swapped && round < places; ++round) {
      swapped = false;
      for (int a = 0; a < places; ++a)
        for (int b = a + 1; b < places; ++b) {
          if (!(cost(a, own[b]) + cost(b, own[a]) < cost(a, own[a]) + cost(b, own[b]))) continue;
          const int of_a = own[a];
          own[a] = own[b];
          own[b] = of_a;
          swapped = true;
        }
    }
    for (int i = 0; i < other.classes_; ++i)
      if (own[i] >= classes_) own[i] = nearest(other, i);
  }

  int nearest(const LearnedClasses& other, int i) const {
    int nearest = 0;
    for (int j = 1; j < classes_; ++j)
      if (squared_distance(other, i, j) < squared_distance(other, i, nearest)) nearest = j;
    return nearest;
  }

  void add_class_of(const LearnedClasses& other, int i, int own) {
    counts_[own] += other.counts_[i];
    const float share = other.counts_[i] / counts_[own];
    for (Index f = 0; f < d; ++f) {
      const float ratio = ratio_to(other, f);
      means_[own * d + f] += (mean_of(other, i, f) - means_[own * d + f]) * share;
      squares_[own * d + f] += other.squares_[i * d + f] * ratio * ratio;
    }
  }

  /// An empty one; its number.
  int add_class() {
    const int own = classes_++;
    counts_[own] = 0;
    for (Index i = own * d; i < (own + 1) * d; ++i) means_[i] = squares_[i] = centers_[i] = 0;
    return own;
  }

  // ---- from what is known to what is judged by

  /// The conformal quantile of the distances: the rank ceil((1 - rate) (n + 1)) of n.
  void find_threshold() {
    const uint32_t n = known_distances();
    const uint32_t left_out = static_cast<uint32_t>(options_.false_alarm_rate * static_cast<float>(n + 1));
    threshold_ = distances_.at_rank(larger(smaller(n + 1 - left_out, n), uint32_t{1}));
  }
  uint32_t known_distances() const {
    return static_cast<uint32_t>(smaller(distances_.count(), uint64_t{INT32_MAX}));
  }

  /// All that follows from classes and distances. O(d k + bins).
  void find_model() {
    moments().pool(least_deviation);
    find_threshold();
    update_model();
  }

  /// Deviations and tables. O(d k + bins).
  [[gnu::cold, gnu::noinline]] void update_model() {
    const DiagonalClasses<float> all = moments();
    for (int j = 0; j < classes_; ++j)
      for (Index f = 0; f < d; ++f) scales_[j * d + f] = 1 / square_root(all.variance(j, f));
    fill_tail_table<float>(
        static_cast<Index>(known_distances()),
        [this](Index i) { return distances_.at_rank(static_cast<uint64_t>(i) + 1); },
        Distances::relative_error, 0, table_);
    // Scores are surprises already, of the same samples.
    constexpr float per_level = static_cast<float>(thrum::detail::natural_log_of_2);
    for (int level = 0; level <= tail_levels; ++level)
      score_table_[level] = per_level * static_cast<float>(level);
    score_table_[tail_levels + 1] = 1;
    for (int j = 1; j < classes_; ++j)
      for (Index i = 0; i < tail_table_size; ++i) table_[j * tail_table_size + i] = table_[i];
    use_options();
    bind();
  }

  /// How features come from samples and verdicts become a state, for who asks before there are classes.
  void use_options() {
    held_.model = DetectorModel<float>();
    held_.model.checksum = fingerprint_of(capacity.signal);
    held_.model.features = d;
    held_.model.has_signal = true;
    held_.model.signal = capacity.signal;
    held_.model.monitor = options_.monitor;
  }

  /// Lends the arrays to the model: they move with the object.
  void bind() {
    DetectorModel<float>& model = held_.model;
    model.scaling = scaling();
    model.anomaly.features = d;
    model.anomaly.clusters = model.anomaly.ellipsoid_count = classes_;
    model.anomaly.parts = diagonal_ellipsoid_part;
    model.anomaly.ellipsoids.center = centers_;
    model.anomaly.ellipsoids.scale = scales_;
    model.anomaly.ellipsoid_tables = table_;
    model.anomaly.score_table = score_table_;
    model.anomaly.threshold = surprise(table_, threshold_);
  }

  // ---- images: the only list of what is in one

  static constexpr size_t setting_words = 14;
  static constexpr int array_numbers(int classes) { return 2 * d + classes * (1 + 3 * d); }

  static constexpr size_t size_of_image(int classes, int bins) {
    return 4 * (learned_head_words + setting_words + array_size(array_numbers(classes) + bins) + 1);
  }
  static uint32_t head(const uint8_t* image, LearnedHead word) {
    return thrum::detail::image_word(image + word * 4);
  }

  /// Those of the sketch that are not empty lie among these.
  struct Bins {
    int first, count;
  };
  Bins filled_bins() const {
    int first = 0, end = Distances::bins;
    while (first < end && distances_.count_of(first) == 0) ++first;
    while (end > first && distances_.count_of(end - 1) == 0) --end;
    return {first, end - first};
  }

  /// Whether the numbers of an image are finite, and those positive that must be.
  static Status has_good_numbers(const uint8_t* numbers, int classes) {
    LearningOptions options;
    float threshold = 0;
    uint32_t watched = 0;
    thrum::detail::ImageWords reader(numbers);
    for_each_setting(options, threshold, watched, reader);
    const Status status = check(capacity, options);
    if (status != Status::ok) return status;
    bool good = is_finite(threshold) && threshold > 0.0f;
    const int positive = 2 * d + classes;  // the factors and the counts are
    for (int i = 0; i < array_numbers(classes); ++i) {
      float value = 0;
      reader(value);
      good = good && is_finite(value) && (i < d || i >= positive || value > 0.0f);
    }
    return good ? Status::ok : Status::out_of_range;
  }

  template <typename Options, typename Number, typename Count, typename Visit>
  static void for_each_setting(Options& options, Number& threshold, Count& watched, Visit& visit) {
    visit(options.classes);
    visit(options.windows);
    visit(options.false_alarm_rate);
    visit(options.monitor.votes);
    visit(options.monitor.window);
    visit(options.monitor.release);
    visit(options.monitor.threshold);
    visit(options.monitor.minimum_duration);
    visit(options.monitor.cool_down);
    visit(options.drift.time_constant);
    visit(options.drift.limit);
    visit(options.seed);
    visit(threshold);
    visit(watched);
  }
  template <typename Self, typename Visit>
  static void for_each_array(Self& self, int classes, Visit& visit) {
    visit(self.offset_, Index{d});
    visit(self.factor_, Index{d});
    visit(self.counts_, Index{classes});
    visit(self.means_, Index{classes} * d);
    visit(self.squares_, Index{classes} * d);
    visit(self.centers_, Index{classes} * d);
  }

  /// All zero at start, unlike a model.
  union ZeroOrModel {
    char nothing;
    DetectorModel<float> model;
    constexpr ZeroOrModel() : nothing(0) {}
  };

  ZeroOrModel held_{};
  LearningOptions options_ = thrum::detail::no_learning_options;
  int classes_ = 0;
  float threshold_ = 0;
  uint32_t watched_ = 0;
  uint32_t sequence_ = 0;  // of the latest image
  float offset_[array_size(d)] = {};
  float factor_[array_size(d)] = {};
  float pooled_[array_size(d)] = {};
  float counts_[array_size(most_classes)] = {};
  float means_[array_size(most_classes * d)] = {};
  float squares_[array_size(most_classes * d)] = {};
  float centers_[array_size(most_classes * d)] = {};
  float scales_[array_size(most_classes * d)] = {};
  float table_[array_size(most_classes * tail_table_size)] = {};
  float score_table_[array_size(tail_table_size)] = {};
  Distances distances_{};
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_LEARNED_CLASSES_HPP
