#ifndef THRUM_EXAMPLES_FIRMWARE_SEMIHOSTING_HPP
#define THRUM_EXAMPLES_FIRMWARE_SEMIHOSTING_HPP

#include <stdint.h>
#include <string.h>

/// Calls of the debugger or emulator that hosts a Cortex-M without operating system: console, files, exit.
/// Source: Arm, "Semihosting for AArch32 and AArch64".
namespace semihosting {

enum class Operation : uint32_t {
  open = 0x01,
  close = 0x02,
  write_text = 0x04,
  write = 0x05,
  read = 0x06,
  seek = 0x0A,
  command_line = 0x15,
  exit = 0x20,
};

inline uint32_t call(Operation operation, const void* argument) {
  register uint32_t result __asm__("r0") = static_cast<uint32_t>(operation);
  register const void* block __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xAB" : "+r"(result) : "r"(block) : "memory");
  return result;
}

/// How a file is opened: "rb", "r+b" or "wb" of C.
enum class Mode : uint32_t { read = 1, update = 3, write = 5 };

constexpr uint32_t no_file = UINT32_MAX;

/// The file's handle, or no_file.
inline uint32_t open(const char* path, Mode mode) {
  const struct {
    const char* path;
    Mode mode;
    uint32_t length;
  } block{path, mode, static_cast<uint32_t>(strlen(path))};
  return call(Operation::open, &block);
}

inline void close(uint32_t file) { call(Operation::close, &file); }

/// Bytes that were read: fewer than asked for at the end of the file, or on an error.
inline uint32_t read(uint32_t file, void* data, uint32_t bytes) {
  const struct {
    uint32_t file;
    void* data;
    uint32_t bytes;
  } block{file, data, bytes};
  const uint32_t left = call(Operation::read, &block);
  return left <= bytes ? bytes - left : 0;
}

/// The next byte that is read or written is that one. Whether it could be.
inline bool seek(uint32_t file, uint32_t position) {
  const struct {
    uint32_t file;
    uint32_t position;
  } block{file, position};
  return call(Operation::seek, &block) == 0;
}

/// Whether all bytes were written.
inline bool write(uint32_t file, const void* data, uint32_t bytes) {
  const struct {
    uint32_t file;
    const void* data;
    uint32_t bytes;
  } block{file, data, bytes};
  return call(Operation::write, &block) == 0;
}

/// Prints a text that ends with zero on the console.
inline void write_text(const char* text) { call(Operation::write_text, text); }

/// The words the program was started with, its own name first, one blank between two. Whether it fits.
inline bool command_line(char* text, uint32_t size) {
  struct {
    char* text;
    uint32_t size;
  } block{text, size};
  return call(Operation::command_line, &block) == 0;
}

/// Ends the program with an exit status for the host's shell.
[[noreturn]] inline void exit(int status) {
  constexpr uint32_t application_exit = 0x20026;
  const struct {
    uint32_t reason;
    uint32_t status;
  } block{application_exit, static_cast<uint32_t>(status)};
  for (;;) call(Operation::exit, &block);
}

}  // namespace semihosting

#endif  // THRUM_EXAMPLES_FIRMWARE_SEMIHOSTING_HPP
