#include "thrum/anomaly_scorer.hpp"

// Instantiated with no other header of thrum's to help it.
template class thrum::AnomalyScorer<float>;
