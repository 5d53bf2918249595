#include "thrum/firmware.hpp"
//
#include "thrum_firmware.hpp"

const void* headers_first();

const void* headers_first() {
  const char* (*const function)(thrum::Status) = thrum::to_string;
  return reinterpret_cast<const void*>(function);
}
