// Every class template whole, without exceptions: members that nobody calls are not compiled otherwise.
#include "thrum/thrum.hpp"

template class thrum::Scaler<float>;
template class thrum::Scaler<double>;
template class thrum::PCA<float>;
template class thrum::PCA<double>;
template class thrum::KMeans<float>;
template class thrum::KMeans<double>;
template class thrum::AnomalyScorer<float>;
template class thrum::AnomalyScorer<double>;
template class thrum::Detector<float>;
template class thrum::Detector<double>;
template class thrum::StoredDetector<float>;
template class thrum::StoredDetector<double>;
template class thrum::Series<double>;
template class thrum::Series<int>;
