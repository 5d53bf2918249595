#ifndef THRUM_TESTS_STUB_ZEPHYR_KERNEL_H
#define THRUM_TESTS_STUB_ZEPHYR_KERNEL_H

// A stub, not Zephyr's: declares what the sample calls, so that it can be compiled without Zephyr.

#include <stddef.h>
#include <stdint.h>

extern "C" {

typedef struct {
  int64_t ticks;
} k_timeout_t;
#define K_NO_WAIT (k_timeout_t{0})
#define K_USEC(t) (k_timeout_t{(t)})
#define K_MSEC(t) (k_timeout_t{1000 * (t)})
#define K_PRIO_COOP(x) (-(16 - (x)))

typedef unsigned char k_thread_stack_t;
#define K_THREAD_STACK_DEFINE(name, size) k_thread_stack_t name[size]

struct k_thread {
  int stub;
};
typedef struct k_thread* k_tid_t;
typedef void (*k_thread_entry_t)(void*, void*, void*);
k_tid_t k_thread_create(struct k_thread* thread, k_thread_stack_t* stack, size_t stack_size, k_thread_entry_t entry,
                        void* first, void* second, void* third, int priority, uint32_t options, k_timeout_t delay);

struct k_timer {
  int stub;
};
typedef void (*k_timer_expiry_t)(struct k_timer*);
void k_timer_init(struct k_timer* timer, k_timer_expiry_t expired, k_timer_expiry_t stopped);
void k_timer_start(struct k_timer* timer, k_timeout_t first, k_timeout_t period);
uint32_t k_timer_status_sync(struct k_timer* timer);

int32_t k_sleep(k_timeout_t timeout);
}

#define MIN(a, b) (((a) < (b)) ? (a) : (b))
#define MAX(a, b) (((a) > (b)) ? (a) : (b))
#define CLAMP(value, low, high) (((value) <= (low)) ? (low) : MIN(value, high))
#define BIT(n) (1UL << (n))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif  // THRUM_TESTS_STUB_ZEPHYR_KERNEL_H
