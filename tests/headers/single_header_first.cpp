#include "thrum_firmware.hpp"
//
#include "thrum/firmware.hpp"

const void* single_header_first();

const void* single_header_first() {
  const char* (*const function)(thrum::Status) = thrum::to_string;
  return reinterpret_cast<const void*>(function);
}
