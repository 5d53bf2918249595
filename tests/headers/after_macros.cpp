// As <windows.h> does.
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))

#include "thrum/firmware.hpp"

const void* after_macros();

const void* after_macros() {
  const char* (*const function)(thrum::Status) = thrum::to_string;
  return reinterpret_cast<const void*>(function);
}
