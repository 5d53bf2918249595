#ifndef THRUM_FIXED_LEARNER_HPP
#define THRUM_FIXED_LEARNER_HPP

#include <stddef.h>
#include <stdint.h>

#include "thrum/algorithm/diagonal_classes.hpp"
#include "thrum/algorithm/moments.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/learning.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/fixed/kmeans.hpp"
#include "thrum/fixed/learned_classes.hpp"

namespace thrum {
namespace fixed {

/// Learns how a machine runs well from its own feature rows, and then judges further ones: what a
/// LearningDetector has in the place of a model. Rows are collected (of many, a random
/// sample: Vitter's algorithm R, ACM Transactions on Mathematical Software 11, 1985), scaled and put into
/// classes by K-means; each class has a mean and a variance of every feature, and the threshold is the
/// conformal quantile of the rows' distances, each from the classes as they would be without it. While
/// watching, the centres follow what is normal, slowly and not far. No heap; all zero at start (not_started).
template <const LearningCapacity& capacity>
class Learner {
  static_assert(capacity.valid(), "the capacity's numbers are outside what is said of them");

 public:
  using Classes = LearnedClasses<capacity>;
  static constexpr int d = Classes::d;

  // ---- what is asked for

  /// Starts collecting; what was learned before is forgotten. See check(): when that is not ok, nothing
  /// changes. O(1).
  [[gnu::cold, gnu::noinline]] Status learn(const LearningOptions& options) {
    const Status status = check(capacity, options);
    if (status != Status::ok) return status;
    begin(options, windows_to_collect(capacity, options));
    learned_.classes_ = 0;
    return Status::ok;
  }

  /// The same with the options of before; not_fitted when there are none.
  Status relearn() {
    return state_ == LearningState::not_started ? Status::not_fitted : learn(learned_.options_);
  }

  /// Starts collecting a tenth of the windows, with what machines of the kind have learned for a start: see
  /// LearnedClasses::merge(). Classes, deviations and threshold are theirs; each mean is moved to where this
  /// machine's rows are. Errors of learn() and LearnedClasses::load(): then nothing changes. O(bytes).
  [[gnu::cold, gnu::noinline]] Status learn_from(const LearningOptions& options, const void* image,
                                                 size_t bytes) {
    Status status = check(capacity, options);
    if (status == Status::ok) status = learned_.load(image, bytes);
    if (status != Status::ok) return status;
    begin(options, larger((windows_to_collect(capacity, options) + 9) / 10, uint32_t{2}));
    return Status::ok;
  }

  /// Watches by what save() wrote; see LearnedClasses::load(). When it is not ok, nothing changes. O(bytes).
  Status load(const void* image, size_t bytes) {
    const Status status = learned_.load(image, bytes);
    if (status != Status::ok) return status;
    state_ = LearningState::watching;
    obstacle_ = Obstacle::none;
    has_alarm_ = false;
    return Status::ok;
  }

  /// Writes what was learned; see LearnedClasses::save(). not_fitted while not watching.
  Status save(void* image, size_t bytes, size_t& written) {
    if (state_ != LearningState::watching) return Status::not_fitted;
    return learned_.save(image, bytes, written);
  }

  /// A person vouches for a row; see LearnedClasses::vouch(). not_fitted while not watching.
  Status vouch(const float* row, float* scratch) {
    return state_ == LearningState::watching ? learned_.vouch(row, scratch) : Status::not_fitted;
  }

  /// The same for the latest row that was an alarm, while no one has for it; not_fitted when there is none
  /// since watching began.
  Status vouch_for_alarm(float* scratch) {
    if (!has_alarm_) return Status::not_fitted;
    const Status status = vouch(alarm(), scratch);
    has_alarm_ = status != Status::ok;
    return status;
  }

  // ---- what it is told

  /// The verdict on a row of d values: unknown until watching; meanwhile the row is collected. scratch: d
  /// floats. O(d k).
  Verdict take(const float* row, float* scratch) {
    if (state_ == LearningState::watching) return watch(row, scratch);
    Verdict verdict;
    if (state_ != LearningState::collecting) return verdict;
    if (!any_off_scale(row, d, 1)) {
      if (is_due()) collect(row);
      return verdict;
    }
    miss(Obstacle::unusable);
    verdict.status = Status::non_finite;
    return verdict;
  }

  /// A window had no row that could be used.
  void miss(Obstacle obstacle) {
    if (state_ == LearningState::collecting) obstacle_ = obstacle;
  }

  /// Goes on with learning, where it is at that, by 8 rows or fewer: at most 40,000 instructions of a
  /// Cortex-M4F, 120,000 of a Cortex-M3, for two classes of 33 features, of 120 rows as of 480. True while
  /// there is more to do.
  [[gnu::cold, gnu::noinline]] bool step() {
    if (state_ != LearningState::learning) return false;
    switch (stage_) {
      case Stage::spreading: find_spread(); break;
      case Stage::scaling: scale_rows(); break;
      case Stage::clustering: cluster(); break;
      case Stage::gathering: gather(); break;
      case Stage::measuring: measure(); break;
      case Stage::finishing: finish(); break;
      case Stage::moving: move(); break;
      case Stage::moved: finish_moving(); break;
    }
    return state_ == LearningState::learning;
  }

  // ---- what it says

  LearningState state() const { return state_; }
  /// Why the latest window was not collected, or why learning was refused.
  Obstacle obstacle() const { return obstacle_; }
  /// The feature that drifted, where that is why; else -1.
  int drifting_feature() const { return obstacle_ == Obstacle::drifting ? drifting_feature_ : -1; }
  /// Windows collected so far, and how many are still needed for the asked number and rate of false alarms.
  uint32_t windows_collected() const { return collected_; }
  uint32_t windows_needed() const {
    return state_ == LearningState::collecting ? to_collect_ - collected_ : 0;
  }
  /// The time that these take, s.
  float seconds_needed() const {
    constexpr int frames = windows_apart(capacity.signal) * capacity.signal.hop;
    return static_cast<float>(windows_needed()) * static_cast<float>(frames) / capacity.signal.sampling_rate;
  }
  /// Of collecting, or of learning, in [0, 1]; 1 when watching, else 0.
  float progress() const {
    if (state_ == LearningState::collecting)
      return static_cast<float>(collected_) / static_cast<float>(to_collect_);
    if (state_ == LearningState::learning) return static_cast<float>(stage_) / 8;
    return state_ == LearningState::watching ? 1.0f : 0.0f;
  }
  const Classes& learned() const { return learned_; }

  /// Windows that so many bytes of memory are enough for, all else as it is; 0 when for none.
  static constexpr int windows_in(size_t bytes) {
    const size_t rest = sizeof(Learner) - array_size(capacity.windows) * bytes_per_window;
    return bytes < rest ? 0 : static_cast<int>((bytes - rest) / bytes_per_window);
  }
  static constexpr size_t bytes_per_window = 4 * array_size(d) + sizeof(uint32_t) + 4 + sizeof(int16_t);

 private:
  enum class Stage : uint8_t {
    spreading,
    scaling,
    clustering,
    gathering,
    measuring,
    finishing,
    moving,
    moved
  };

  static constexpr Index rows_per_step = 8;
  static constexpr Index distances_per_step = 2;  // of rows from all classes, in deviations: divisions

  void begin(const LearningOptions& options, uint32_t windows) {
    learned_.options_ = options;
    learned_.use_options();
    learned_.watched_ = 0;
    state_ = LearningState::collecting;
    obstacle_ = Obstacle::none;
    has_alarm_ = false;
    random_ = Random(options.seed);
    to_collect_ = windows;
    collected_ = skipped_ = 0;
  }

  // ---- collecting

  /// Whether it is the turn of a window to be learned from.
  bool is_due() {
    if (skipped_ > 0) {
      --skipped_;
      return false;
    }
    skipped_ = static_cast<uint32_t>(windows_apart(capacity.signal)) - 1;
    return true;
  }

  Index rows() const {
    return static_cast<Index>(smaller(collected_, static_cast<uint32_t>(capacity.windows)));
  }

  void collect(const float* row) {
    obstacle_ = Obstacle::none;
    constexpr uint32_t room = capacity.windows;
    const Index place = static_cast<Index>(collected_ < room ? collected_ : random_.below(collected_ + 1));
    if (place < capacity.windows) {
      for (Index f = 0; f < d; ++f) rows_[place * d + f] = row[f];
      times_[place] = collected_;
    }
    if (++collected_ < to_collect_) return;
    state_ = LearningState::learning;
    if (learned_.classes_ > 0)
      start_moving();
    else
      start_spread();
  }

  // ---- learning

  MatrixView<const float> collected_rows() const { return row_major<const float>(rows_, rows(), d); }
  ConstVectorView<float> row(Index i) const { return contiguous<const float>(rows_ + i * d, d); }

  void refuse(Obstacle obstacle) {
    state_ = LearningState::refused;
    obstacle_ = obstacle;
  }

  void begin_stage(Stage stage) {
    stage_ = stage;
    next_ = 0;
  }

  /// Takes so many further rows; whether all of the stage have been.
  template <typename Take>
  bool take_rows(Take take, Index count = rows_per_step) {
    for (const Index end = smaller(next_ + count, rows()); next_ < end; ++next_) take(next_);
    return next_ == rows();
  }

  /// What the features' spread is, and the mean time of the rows. (Means and sums of squares are where
  /// offsets and factors will be.)
  void start_spread() {
    for (Index f = 0; f < d; ++f) learned_.offset_[f] = learned_.factor_[f] = 0;
    mean_time_ = 0;
    begin_stage(Stage::spreading);
  }
  Moments<float> spread_of(Index f, Index n) const {
    return {static_cast<float>(n), learned_.offset_[f], learned_.factor_[f]};
  }
  void find_spread() {
    const auto take = [this](Index i) {
      for (Index f = 0; f < d; ++f) {
        Moments<float> all = spread_of(f, i);
        all.add(rows_[i * d + f]);
        learned_.offset_[f] = all.mean;
        learned_.factor_[f] = all.squared_deviations;
      }
      mean_time_ += static_cast<float>(times_[i]) / static_cast<float>(rows());
    };
    if (take_rows(take)) start_scaling();
  }

  /// (Products with time are where variances within classes will be.)
  void start_scaling() {
    constant_features_ = 0;
    squared_times_ = 0;
    for (Index f = 0; f < d; ++f) {
      learned_.factor_[f] = factor_for(spread_of(f, rows()));
      learned_.pooled_[f] = 0;
    }
    begin_stage(Stage::scaling);
  }
  float factor_for(const Moments<float>& all) {
    const float magnitude = absolute(all.mean), deviation = square_root(all.variance());
    const bool constant = !(deviation > 1e-6f * magnitude) || !(deviation > ScalarTraits<float>::smallest());
    if (constant) ++constant_features_;
    // What never varied is thought to vary by a thousandth.
    const float scale = !constant ? deviation : magnitude > 0.0f ? 1e-3f * magnitude : 1e-3f;
    return smaller(1 / scale, 1e30f);
  }
  void scale_rows() {
    const auto take = [this](Index i) {
      const float time = static_cast<float>(times_[i]) - mean_time_;
      for (Index f = 0; f < d; ++f) {
        float& value = rows_[i * d + f];
        value = (value - learned_.offset_[f]) * learned_.factor_[f];
        learned_.pooled_[f] += value * time;
      }
      squared_times_ += time * time;
    };
    if (take_rows(take)) start_clusters();
  }

  /// Of the feature that follows a line most. (One that never varied has a variance of next to none.)
  float largest_trend() {
    float largest = 0;
    for (Index f = 0; f < d; ++f) {
      const float trend = share_of_trend(learned_.pooled_[f], squared_times_, rows());
      if (!(trend > largest)) continue;
      largest = trend;
      drifting_feature_ = static_cast<int>(f);
    }
    return largest;
  }

  /// Few independent samples may seem to follow a line: of 33 features, one has a trend above 20 / n once in
  /// 4000 times.
  void start_clusters() {
    const float n = static_cast<float>(rows());
    if (2 * constant_features_ > d) return refuse(Obstacle::unvaried);
    if (largest_trend() > larger(0.5f, 20 / n)) return refuse(Obstacle::drifting);
    const KMeansOptions options{learned_.options_.classes, 100, learned_.options_.seed};
    if (fit_.start_fit(collected_rows(), options) != Status::ok) return refuse(Obstacle::unusable);
    begin_stage(Stage::clustering);
  }

  void cluster() {
    if (!fit_.fit_step(collected_rows(), rows_per_step, kmeans_)) return;
    if (fit_.status() != Status::ok) return refuse(Obstacle::unusable);
    if (fit_.empty_clusters() > 0) return refuse(Obstacle::unvaried);
    learned_.classes_ = 0;
    while (learned_.classes_ < kmeans_.clusters()) learned_.add_class();
    begin_stage(Stage::gathering);
  }

  void gather() {
    if (!take_rows([this](Index i) { learned_.moments().add(fit_.labels()[i], row(i)); })) return;
    learned_.moments().pool(Classes::least_deviation);
    learned_.distances_ = typename Classes::Distances();
    begin_stage(Stage::measuring);
  }

  void measure() {
    const auto take = [this](Index i) {
      learned_.distances_.add(learned_.moments().distance_of_further(fit_.labels()[i], row(i)));
    };
    if (take_rows(take, distances_per_step)) begin_stage(Stage::finishing);
  }

  void finish() {
    for (Index i = 0; i < learned_.classes_ * d; ++i) learned_.centers_[i] = learned_.means_[i];
    learned_.find_model();
    state_ = LearningState::watching;
  }

  // ---- learning from others: their classes, moved to where this machine's rows are
  //
  // By Lloyd's iteration from their means on, since a machine that is far from them has rows that are nearer
  // to the mean of another class than to that of their own. The class moved least decides by how much the
  // threshold is raised.

  void start_moving() {
    for (Index i = 0; i < learned_.classes_ * d; ++i) learned_.centers_[i] = learned_.means_[i];
    rounds_ = 0;
    start_round();
  }

  void start_round() {
    begin_stage(Stage::moving);
    for (int j = 0; j < learned_.classes_; ++j) found_[j] = 0;
    for (Index i = 0; i < learned_.classes_ * d; ++i) moves()[i] = 0;
  }

  /// Sums over the rows of each class, k x d. (Where deviations will be, once all is known.)
  float* moves() { return learned_.scales_; }

  void move() {
    DiagonalClasses<float> moved = learned_.moments();
    moved.means = learned_.centers_;
    const auto take = [&](Index i) {
      if (rounds_ == 0) learned_.to_scale(rows_ + i * d, rows_ + i * d);
      const int own = moved.nearest(row(i));
      found_[own] += 1;
      for (Index f = 0; f < d; ++f) moves()[own * d + f] += rows_[i * d + f] - learned_.means_[own * d + f];
    };
    if (!take_rows(take, distances_per_step)) return;
    constexpr int most_rounds = 20;
    if (move_centers() && ++rounds_ < most_rounds) return start_round();
    begin_stage(Stage::moved);
  }

  /// A class that had no row moves as the others do together. Whether any moved to elsewhere than before.
  bool move_centers() {
    bool any = false;
    for (Index f = 0; f < d; ++f) {
      float all = 0;
      for (int j = 0; j < learned_.classes_; ++j) all += moves()[j * d + f];
      for (int j = 0; j < learned_.classes_; ++j) {
        const Index at = j * d + f;
        const float move = found_[j] > 0 ? moves()[at] / found_[j] : all / static_cast<float>(rows());
        const float center = learned_.means_[at] + move;
        any = any || center < learned_.centers_[at] || center > learned_.centers_[at];
        learned_.centers_[at] = center;
      }
    }
    return any;
  }

  /// The threshold allows for means of few rows.
  void finish_moving() {
    float fewest = static_cast<float>(rows());
    for (int j = 0; j < learned_.classes_; ++j)
      if (found_[j] > 0) fewest = smaller(fewest, found_[j]);
    for (Index i = 0; i < learned_.classes_ * d; ++i) learned_.means_[i] = learned_.centers_[i];
    learned_.find_threshold();
    learned_.threshold_ *= square_root(1 + 1 / fewest);
    learned_.update_model();
    state_ = LearningState::watching;
  }

  // ---- watching

  Verdict watch(const float* row, float* scratch) {
    const Verdict verdict = learned_.judge(row, scratch);
    if (verdict.state == State::normal && is_due()) learned_.follow(verdict.cluster, row, scratch);
    if (verdict.state == State::alarm) {
      for (Index f = 0; f < d; ++f) alarm()[f] = row[f];
      has_alarm_ = true;
    }
    return verdict;
  }

  /// The latest row that was one. (Where the first of those collected was, which is of no use any more.)
  float* alarm() { return rows_; }

  LearningState state_ = LearningState::not_started;
  Obstacle obstacle_ = Obstacle::none;
  Stage stage_ = Stage::spreading;
  bool has_alarm_ = false;
  uint32_t to_collect_ = 0, collected_ = 0;
  uint32_t skipped_ = 0;  // windows until the next one's turn
  Index next_ = 0;        // row of the stage
  int constant_features_ = 0, drifting_feature_ = 0;
  int rounds_ = 0;                           // of moving
  float mean_time_ = 0, squared_times_ = 0;  // of the rows; times less their mean
  Random random_{};
  Classes learned_{};
  KMeans<float, d, capacity.classes> kmeans_{};
  KMeansFit<float, d, capacity.classes, capacity.windows, float> fit_{};
  float found_[array_size(capacity.classes)] = {};     // rows of each class that moves
  uint32_t times_[array_size(capacity.windows)] = {};  // windows before it
  float rows_[array_size(capacity.windows * d)] = {};
};

}  // namespace fixed
}  // namespace thrum

#endif  // THRUM_FIXED_LEARNER_HPP
