// Watches a fan with the accelerometer that the board calls accel0, and prints a line a window. One thread
// samples, the main one judges.
//
// Replace fan_model.hpp by the model of your own machine: it wants the counts it learned in, here hundredths
// of a m/s2.

#include <zephyr/device.h>
#include <zephyr/drivers/sensor.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>
#include <thrum_firmware.hpp>

#include "fan_model.hpp"

namespace {

constexpr int axes = 3;
static_assert(fan_model.signal.channels == axes, "the model is of an accelerometer of three axes");
constexpr int frame_microseconds = static_cast<int>(1e6f / fan_model.signal.sampling_rate);
constexpr int hop_milliseconds = frame_microseconds * fan_model.signal.hop / 1000;

const struct device* const accelerometer = DEVICE_DT_GET(DT_ALIAS(accel0));
thrum::fixed::Detector<fan_model> detector;

constexpr size_t stack_bytes = 2048;
K_THREAD_STACK_DEFINE(sampler_stack, stack_bytes);
struct k_thread sampler;

int16_t counts_of(const struct sensor_value& value) {
  return static_cast<int16_t>(value.val1 * 100 + value.val2 / 10000);
}

bool read(int16_t* frame) {
  struct sensor_value values[axes];
  if (sensor_sample_fetch(accelerometer) != 0) return false;
  if (sensor_channel_get(accelerometer, SENSOR_CHAN_ACCEL_XYZ, values) != 0) return false;
  for (int axis = 0; axis < axes; ++axis) frame[axis] = counts_of(values[axis]);
  return true;
}

void sample(void*, void*, void*) {
  struct k_timer pace;
  k_timer_init(&pace, nullptr, nullptr);
  k_timer_start(&pace, K_USEC(frame_microseconds), K_USEC(frame_microseconds));
  for (;;) {
    const uint32_t frames = k_timer_status_sync(&pace);
    if (frames > 1) detector.gap(static_cast<thrum::Index>(frames - 1));  // the bus was too slow
    int16_t frame[axes];
    if (read(frame))
      detector.write(frame, 1);
    else
      detector.gap(1);
  }
}

void print(const thrum::Verdict& verdict) {
  printk("%s, class %d", thrum::to_string(verdict.state), verdict.cluster);
  if (verdict.state == thrum::State::alarm)
    printk(", %d %% of it %s on axis %d", static_cast<int>(100.0f * verdict.share),
           thrum::to_string(thrum::feature_name(fan_model.signal, verdict.feature).kind), verdict.channel);
  printk(", machine %s\n", thrum::to_string(detector.state()));
}

}  // namespace

int main() {
  if (!device_is_ready(accelerometer) || detector.self_test() != thrum::Status::ok) {
    printk("no accelerometer, or the self-test failed\n");
    return 0;
  }
  k_thread_create(&sampler, sampler_stack, stack_bytes, sample, nullptr, nullptr, nullptr, K_PRIO_COOP(7), 0,
                  K_NO_WAIT);
  for (;;) {
    while (detector.poll()) print(detector.verdict());
    k_sleep(K_MSEC(hop_milliseconds / 4));
  }
}
