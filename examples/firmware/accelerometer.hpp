#ifndef THRUM_EXAMPLES_FIRMWARE_ACCELEROMETER_HPP
#define THRUM_EXAMPLES_FIRMWARE_ACCELEROMETER_HPP

#include "thrum_firmware.hpp"

/// What learn.cpp and c_api/learn.c learn from: an accelerometer of three axes and +-4 g, 200 times a second,
/// 33 features; 120 windows of it, two classes.
inline constexpr thrum::LearningCapacity accelerometer = [] {
  thrum::LearningCapacity capacity{{}, 120, 2};
  thrum::FeatureOptions& signal = capacity.signal;
  signal.channels = 3;
  signal.window = 128;
  signal.hop = 16;
  signal.sampling_rate = 200;
  signal.bands = 4;
  signal.median_absolute_deviation = false;
  for (int axis = 0; axis < signal.channels; ++axis) signal.channel[axis] = {8192, 4, "g"};
  return capacity;
}();

#endif  // THRUM_EXAMPLES_FIRMWARE_ACCELEROMETER_HPP
