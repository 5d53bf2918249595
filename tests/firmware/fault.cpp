// In place of the firmware's program: calls what is not code, as a stray function pointer does.

#include <stdint.h>

#include "startup.hpp"

int firmware_main() {
  const volatile uintptr_t nowhere = 0xF0000001u;
  reinterpret_cast<int (*)()>(nowhere)();
  return 0;
}
