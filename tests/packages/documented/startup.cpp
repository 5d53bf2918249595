// The least that a Cortex-M4F needs before main() in QEMU, whose memory is zero at start: nothing for a real
// chip. What main() returns becomes QEMU's exit status, by semihosting.
#include <stdint.h>

int main();

extern "C" {
extern uint32_t stack_end[];

[[noreturn, gnu::noinline]] void run() {
  const uint32_t exit_block[2] = {0x20026, static_cast<uint32_t>(main())};
  register uint32_t operation __asm__("r0") = 0x20;
  register const uint32_t* argument __asm__("r1") = exit_block;
  __asm__ volatile("bkpt 0xab" ::"r"(operation), "r"(argument) : "memory");
  for (;;) {
  }
}

[[noreturn]] void reset() {
  *reinterpret_cast<volatile uint32_t*>(0xE000ED88u) |= 0xFu << 20;  // the floating-point unit
  __asm__ volatile("dsb\n\tisb" ::: "memory");
  run();
}
}

[[gnu::used, gnu::section(".vectors")]] static void (*const vectors[2])() = {
    reinterpret_cast<void (*)()>(stack_end), reset};
