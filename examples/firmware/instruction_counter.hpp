#ifndef THRUM_EXAMPLES_FIRMWARE_INSTRUCTION_COUNTER_HPP
#define THRUM_EXAMPLES_FIRMWARE_INSTRUCTION_COUNTER_HPP

#include <stdint.h>

/// Counts instructions by SysTick, which every Cortex-M has. Under QEMU with `-icount shift=0` an instruction
/// takes one nanosecond of the board's time; how many that is a tick, a loop of known length tells.
/// Resolution: a tick, about 40 instructions. On a real board this counts clock cycles, divided by those of
/// an instruction in that loop.
class InstructionCounter {
 public:
  /// Starts SysTick, without interrupt, and measures how many instructions a tick is.
  void start() {
    reload() = ticks_mask;
    current() = 0;
    control() = 5;  // enabled, from the processor's clock
    const uint32_t before = now();
    uint32_t rounds = loop_rounds;
    __asm__ volatile("1: subs %0, %0, #1\n\tbne 1b" : "+r"(rounds) : : "cc");
    loop_ticks_ = ticks_between(before, now());
    if (loop_ticks_ == 0) loop_ticks_ = 1;
  }

  uint32_t now() const { return current(); }

  /// Valid for up to 2^24 ticks, some 500 million instructions: SysTick counts down.
  static uint32_t ticks_between(uint32_t before, uint32_t after) { return (before - after) & ticks_mask; }

  uint64_t instructions(uint64_t ticks) const { return ticks * (2 * loop_rounds) / loop_ticks_; }

 private:
  static constexpr uint32_t ticks_mask = 0xFFFFFF;
  static constexpr uint32_t loop_rounds = 1000000;

  static volatile uint32_t& at(uintptr_t address) { return *reinterpret_cast<volatile uint32_t*>(address); }
  static volatile uint32_t& control() { return at(0xE000E010u); }
  static volatile uint32_t& reload() { return at(0xE000E014u); }
  static volatile uint32_t& current() { return at(0xE000E018u); }

  uint32_t loop_ticks_ = 0;
};

#endif  // THRUM_EXAMPLES_FIRMWARE_INSTRUCTION_COUNTER_HPP
