// learning.h on top of thrum::fixed::LearningDetector, for one capacity. The only C++ that a firmware in C
// that learns compiles: all calls of a detector are its own too.

#include "learning.h"

#include "thrum.cpp"

namespace {

using LearningDetector = thrum::fixed::LearningDetector<model>;
static_assert(sizeof(LearningDetector) == sizeof(Detector),
              "a detector that learns has more calls, not more memory");

using thrum::LearningState;
static_assert(same(THRUM_LEARNING_NOT_STARTED, LearningState::not_started) &&
              same(THRUM_LEARNING_COLLECTING, LearningState::collecting) &&
              same(THRUM_LEARNING_LEARNING, LearningState::learning) &&
              same(THRUM_LEARNING_REFUSED, LearningState::refused) &&
              same(THRUM_LEARNING_WATCHING, LearningState::watching) && is_last(LearningState::watching));

using thrum::Obstacle;
static_assert(same(THRUM_OBSTACLE_NONE, Obstacle::none) && same(THRUM_OBSTACLE_IDLE, Obstacle::idle) &&
              same(THRUM_OBSTACLE_SENSOR_FAULT, Obstacle::sensor_fault) &&
              same(THRUM_OBSTACLE_UNUSABLE, Obstacle::unusable) &&
              same(THRUM_OBSTACLE_DRIFTING, Obstacle::drifting) &&
              same(THRUM_OBSTACLE_UNVARIED, Obstacle::unvaried) && is_last(Obstacle::unvaried));

LearningDetector& learning(thrum_detector* detector) {
  return *reinterpret_cast<LearningDetector*>(detector->bytes);
}

thrum::LearningOptions of(const thrum_learning_options& options) {
  return {options.classes,
          options.windows,
          options.false_alarm_rate,
          {options.votes, options.vote_window, options.release, options.monitor_threshold,
           options.minimum_duration, options.cool_down},
          {options.drift_time_constant, options.drift_limit},
          options.seed};
}

thrum_status in_c(Status status) { return static_cast<thrum_status>(status); }

}  // namespace

extern "C" {

const size_t thrum_most_image_bytes = thrum::fixed::LearnedClasses<model>::most_image_bytes();

thrum_learning_options thrum_default_learning_options(void) {
  const thrum::LearningOptions options;
  const thrum::MonitorOptions& monitor = options.monitor;
  return {options.classes,          options.windows,
          options.false_alarm_rate, monitor.votes,
          monitor.window,           monitor.release,
          monitor.threshold,        monitor.minimum_duration,
          monitor.cool_down,        options.drift.time_constant,
          options.drift.limit,      options.seed};
}

thrum_status thrum_detector_learn(thrum_detector* detector, const thrum_learning_options* options) {
  return in_c(learning(detector).learn(of(*options)));
}

thrum_status thrum_detector_relearn(thrum_detector* detector) { return in_c(learning(detector).relearn()); }

thrum_status thrum_detector_learn_from(thrum_detector* detector, const thrum_learning_options* options,
                                       const void* image, size_t bytes) {
  return in_c(learning(detector).learn_from(of(*options), image, bytes));
}

thrum_status thrum_detector_save(thrum_detector* detector, void* image, size_t bytes, size_t* written) {
  return in_c(learning(detector).save(image, bytes, *written));
}

thrum_status thrum_detector_load(thrum_detector* detector, const void* image, size_t bytes) {
  return in_c(learning(detector).load(image, bytes));
}

const void* thrum_newest_image(const void* a, const void* b, size_t bytes) {
  return LearningDetector::newest(a, b, bytes);
}

thrum_status thrum_detector_this_is_normal(thrum_detector* detector) {
  return in_c(learning(detector).this_is_normal());
}

thrum_status thrum_detector_that_was_normal(thrum_detector* detector) {
  return in_c(learning(detector).that_was_normal());
}

thrum_learning thrum_detector_learning(const thrum_detector* detector) {
  const auto& learner = reinterpret_cast<const LearningDetector*>(detector->bytes)->learner();
  return {static_cast<thrum_learning_state>(learner.state()),
          static_cast<thrum_obstacle>(learner.obstacle()),
          learner.drifting_feature(),
          learner.windows_collected(),
          learner.windows_needed(),
          learner.seconds_needed(),
          learner.progress(),
          learner.learned().classes()};
}

const char* thrum_learning_state_text(thrum_learning_state state) {
  return to_string(static_cast<LearningState>(state));
}
const char* thrum_obstacle_text(thrum_obstacle obstacle) {
  return to_string(static_cast<Obstacle>(obstacle));
}

}  // extern "C"
