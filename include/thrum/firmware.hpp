#ifndef THRUM_FIRMWARE_HPP
#define THRUM_FIRMWARE_HPP

// The firmware wing, whole: judging feature rows and streams with fixed capacity, no heap and no Eigen.
// Also to be had as one file without any other: thrum_firmware.hpp.

#include "thrum/fixed/anomaly_scorer.hpp"
#include "thrum/fixed/detector.hpp"
#include "thrum/fixed/health_index.hpp"
#include "thrum/fixed/kmeans.hpp"
#include "thrum/fixed/learner.hpp"
#include "thrum/fixed/learning_detector.hpp"
#include "thrum/fixed/monitor.hpp"
#include "thrum/fixed/pca.hpp"
#include "thrum/fixed/scaler.hpp"
#include "thrum/version.hpp"

#endif  // THRUM_FIRMWARE_HPP
