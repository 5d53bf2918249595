#ifndef THRUM_TESTS_STUB_ZEPHYR_DEVICE_H
#define THRUM_TESTS_STUB_ZEPHYR_DEVICE_H

// A stub, not Zephyr's: see kernel.h.

extern "C" {

struct device {
  const char* name;
};
extern const struct device stub_device;
#define DT_ALIAS(name) DT_N_ALIAS_##name
#define DEVICE_DT_GET(node) (&stub_device)
bool device_is_ready(const struct device* device);
}

#endif  // THRUM_TESTS_STUB_ZEPHYR_DEVICE_H
