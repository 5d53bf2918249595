// From reset to firmware_main(), and what happens when it goes wrong. No C library takes part: there is
// nothing to set up but the floating-point unit and the memory.

#include "startup.hpp"

#include <stdint.h>

#include "line.hpp"
#include "semihosting.hpp"

extern "C" {

extern uint32_t firmware_data_in_flash[];
extern uint32_t firmware_data_begin[];
extern uint32_t firmware_data_end[];
extern uint32_t firmware_bss_begin[];
extern uint32_t firmware_bss_end[];

/// Of its own, so that the compiler can't use a floating-point register before reset() has enabled them.
[[noreturn, gnu::noinline]] void start() {
  const uint32_t* from = firmware_data_in_flash;
  for (uint32_t* to = firmware_data_begin; to != firmware_data_end; ++to) *to = *from++;
  for (uint32_t* to = firmware_bss_begin; to != firmware_bss_end; ++to) *to = 0;
  paint_stack();
  semihosting::exit(firmware_main());
}

[[noreturn, gnu::used]] void reset() {
  volatile uint32_t& coprocessor_access = *reinterpret_cast<volatile uint32_t*>(0xE000ED88u);
  coprocessor_access = coprocessor_access | 0xFu << 20;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
  start();
}

/// frame: r0 to r3, r12, lr, pc and psr as the processor put them on the stack.
[[noreturn, gnu::used]] void report_fault(const uint32_t* frame) {
  Line().text("hard fault at pc ").hex(frame[6]).text(", called from ").hex(frame[5]).end();
  semihosting::exit(3);
}

/// By a register: a Cortex-M0 branches 2 KB far at most.
[[gnu::naked, gnu::used]] void fault() {
  __asm__ volatile("mrs r0, msp\n\tldr r1, =report_fault\n\tbx r1\n\t.pool");
}

}  // extern "C"

namespace {

using Handler = void (*)();

/// Where a Cortex-M finds its stack and its handlers. No interrupt is in use.
struct Vectors {
  uint32_t* stack;
  Handler handlers[15];
};

[[gnu::used, gnu::section(".vectors")]] const Vectors vectors = {
    firmware_stack_end,
    {reset, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault,
     fault}};

}  // namespace
