// Every class of the firmware wing that judges or learns, whole, around one model: members that nobody calls
// are not compiled otherwise.
#include "thrum_firmware.hpp"
//
#include THRUM_MODEL_HEADER

constexpr thrum::Capacity capacity = thrum::capacity_of(THRUM_MODEL_NAME);
constexpr thrum::LearningCapacity learning{capacity.signal, 40, 2};

template class thrum::fixed::Scaler<float, 33>;
template class thrum::fixed::PCA<float, 33, 12>;
template class thrum::fixed::KMeans<float, 33, 32>;
template class thrum::fixed::AnomalyScorer<float, 33, 32>;
template class thrum::fixed::RowDetector<THRUM_MODEL_NAME>;
template class thrum::fixed::Detector<capacity>;
template class thrum::fixed::Detector<capacity, float>;
template class thrum::fixed::LearningDetector<learning>;
template class thrum::fixed::Learner<learning>;
template class thrum::fixed::LearnedClasses<learning>;

// use() is for a capacity alone: of a model that is built in, what firmware calls.
thrum::fixed::Detector<THRUM_MODEL_NAME> detector;

thrum::State watch(const int16_t* frames, thrum::Index count);

thrum::State watch(const int16_t* frames, thrum::Index count) {
  if (detector.self_test() != thrum::Status::ok) return thrum::State::unknown;
  detector.push(frames, count);
  return detector.state();
}
