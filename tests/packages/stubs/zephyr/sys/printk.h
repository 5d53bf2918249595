#ifndef THRUM_TESTS_STUB_ZEPHYR_PRINTK_H
#define THRUM_TESTS_STUB_ZEPHYR_PRINTK_H

// A stub, not Zephyr's: see ../kernel.h.

extern "C" void printk(const char* format, ...) __attribute__((format(printf, 1, 2)));

#endif  // THRUM_TESTS_STUB_ZEPHYR_PRINTK_H
