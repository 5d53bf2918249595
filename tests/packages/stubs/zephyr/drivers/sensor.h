#ifndef THRUM_TESTS_STUB_ZEPHYR_SENSOR_H
#define THRUM_TESTS_STUB_ZEPHYR_SENSOR_H

// A stub, not Zephyr's: see ../kernel.h.

#include <stdint.h>
#include <zephyr/device.h>

extern "C" {

struct sensor_value {
  int32_t val1;
  int32_t val2;
};
enum sensor_channel { SENSOR_CHAN_ACCEL_X, SENSOR_CHAN_ACCEL_Y, SENSOR_CHAN_ACCEL_Z, SENSOR_CHAN_ACCEL_XYZ };
int sensor_sample_fetch(const struct device* device);
int sensor_channel_get(const struct device* device, enum sensor_channel channel, struct sensor_value* value);
}

#endif  // THRUM_TESTS_STUB_ZEPHYR_SENSOR_H
