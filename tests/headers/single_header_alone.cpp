#include "thrum_firmware.hpp"

const void* single_header_alone();

const void* single_header_alone() {
  const char* (*const function)(thrum::Status) = thrum::to_string;
  return reinterpret_cast<const void*>(function);
}
