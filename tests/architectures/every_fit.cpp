// Every class of the firmware wing that learns, whole.
#include "thrum_firmware.hpp"

template class thrum::fixed::ScalerFit<float, 33>;
template class thrum::fixed::PCAFit<float, 33>;
template class thrum::fixed::KMeansFit<float, 33, 32, 256>;
