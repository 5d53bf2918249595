#ifndef THRUM_EXAMPLES_FIRMWARE_STARTUP_HPP
#define THRUM_EXAMPLES_FIRMWARE_STARTUP_HPP

#include <stdint.h>

extern "C" {

/// The program, in C++ or C: what startup.cpp calls once memory is set up. Returns the exit status.
int firmware_main();

extern uint32_t firmware_stack_begin[];
extern uint32_t firmware_stack_end[];
}

constexpr uint32_t stack_paint = 0x5AFE57ACu;

/// Marks the stack as never used, but for some words below the stack pointer that the loop itself may need.
inline void paint_stack() {
  uint32_t* top;
  __asm__ volatile("mov %0, sp" : "=r"(top));
  for (volatile uint32_t* word = firmware_stack_begin; word < top - 32; ++word) *word = stack_paint;
}

/// Bytes of stack used at the deepest point since paint_stack().
inline uint32_t stack_bytes_used() {
  const volatile uint32_t* word = firmware_stack_begin;
  while (word != firmware_stack_end && *word == stack_paint) ++word;
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(firmware_stack_end) -
                               reinterpret_cast<uintptr_t>(word));
}

#endif  // THRUM_EXAMPLES_FIRMWARE_STARTUP_HPP
