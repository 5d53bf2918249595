// Every class of the firmware wing whole, around one model: members that nobody calls are not compiled
// otherwise.
#include "thrum_firmware.hpp"
//
#include THRUM_MODEL_HEADER

template class thrum::fixed::Scaler<float, 33>;
template class thrum::fixed::PCA<float, 33, 12>;
template class thrum::fixed::KMeans<float, 33, 32>;
template class thrum::fixed::AnomalyScorer<float, 33, 32>;
template class thrum::fixed::RowDetector<THRUM_MODEL_NAME>;
template class thrum::fixed::Detector<THRUM_MODEL_NAME>;
template class thrum::fixed::Detector<THRUM_MODEL_NAME, float>;
