#include "host.h"

#include <stdint.h>

#include "line.hpp"
#include "semihosting.hpp"
#include "startup.hpp"

namespace {

static_assert(HOST_NO_FILE == semihosting::no_file);

Line line;

}  // namespace

extern "C" {

uint32_t host_open(const char* path) { return semihosting::open(path, semihosting::Mode::read); }

uint32_t host_open_to_change(const char* path) { return semihosting::open(path, semihosting::Mode::update); }
void host_close(uint32_t file) { semihosting::close(file); }

bool host_write_at(uint32_t file, uint32_t position, const void* data, uint32_t bytes) {
  return semihosting::seek(file, position) && semihosting::write(file, data, bytes);
}

uint32_t host_read(uint32_t file, void* data, uint32_t bytes) { return semihosting::read(file, data, bytes); }

void host_text(const char* text) { line.text(text); }
void host_column(uint32_t width) { line.column(width); }
void host_number(int64_t value) {
  if (value < 0) line.text("-");
  line.number(value < 0 ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value));
}
void host_hex(uint32_t value) { line.hex(value); }
void host_decimal(float value) { line.decimal(value); }
void host_end_line(void) {
  line.end();
  line = Line();
}

}  // extern "C"
