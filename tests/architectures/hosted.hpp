#ifndef THRUM_TESTS_ARCHITECTURES_HOSTED_HPP
#define THRUM_TESTS_ARCHITECTURES_HOSTED_HPP

// Lets the programs of examples/firmware and tests/firmware run on an operating system, in either byte order:
// in the place of semihosting.hpp, startup.hpp and instruction_counter.hpp, whose include guards it takes.
// Given to the compiler with -include.
//
//   PROGRAM RECORDINGS FEATURES [IMAGE]     the files that the programs call so; exit status: the program's
//   PROGRAM RECORDINGS FLASH                of learn.cpp

#define THRUM_EXAMPLES_FIRMWARE_SEMIHOSTING_HPP
#define THRUM_EXAMPLES_FIRMWARE_STARTUP_HPP
#define THRUM_EXAMPLES_FIRMWARE_INSTRUCTION_COUNTER_HPP

#include <stdint.h>
#include <stdio.h>
#include <string.h>

extern "C" int firmware_main();

namespace semihosting {

enum class Mode { read, update, write };

constexpr uint32_t no_file = UINT32_MAX;

constexpr const char* names[] = {"recordings", "features", "image"};
inline char** words = nullptr;
inline FILE* files[3] = {};

inline uint32_t open(const char* path, Mode mode) {
  for (uint32_t file = 0; file < 3 && words[1 + file] != nullptr; ++file) {
    if (strcmp(path, names[file]) != 0) continue;
    files[file] = fopen(words[1 + file], mode == Mode::read ? "rb" : mode == Mode::update ? "r+b" : "wb");
    return files[file] == nullptr ? no_file : file;
  }
  return no_file;
}

inline void close(uint32_t file) { fclose(files[file]); }

inline bool seek(uint32_t file, uint32_t position) {
  return fseek(files[file], static_cast<long>(position), SEEK_SET) == 0;
}

/// The files are little-endian: turns the bytes of each value round where this machine is not.
template <typename Value>
inline Value little_endian(Value value) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  unsigned char bytes[sizeof(Value)], turned[sizeof(Value)];
  memcpy(bytes, &value, sizeof(Value));
  for (size_t i = 0; i < sizeof(Value); ++i) turned[i] = bytes[sizeof(Value) - 1 - i];
  memcpy(&value, turned, sizeof(Value));
#endif
  return value;
}

template <typename Value>
inline uint32_t read(uint32_t file, Value* values, uint32_t bytes) {
  const uint32_t count = static_cast<uint32_t>(fread(values, 1, bytes, files[file]));
  for (uint32_t i = 0; i < count / sizeof(Value); ++i) values[i] = little_endian(values[i]);
  return count;
}

template <typename Value>
inline bool write(uint32_t file, const Value* values, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes / sizeof(Value); ++i) {
    const Value value = little_endian(values[i]);
    if (fwrite(&value, sizeof(Value), 1, files[file]) != 1) return false;
  }
  return true;
}

inline void write_text(const char* text) { fputs(text, stdout); }

inline bool command_line(char* text, uint32_t size) {
  constexpr char line[] = "firmware recordings features image";
  if (size < sizeof(line)) return false;
  memcpy(text, line, sizeof(line));
  return true;
}

}  // namespace semihosting

inline uint32_t stack_bytes_used() { return 0; }

/// Counts nothing.
class InstructionCounter {
 public:
  void start() {}
  uint32_t now() const { return 0; }
  static uint32_t ticks_between(uint32_t, uint32_t) { return 0; }
  uint64_t instructions(uint64_t) const { return 0; }
};

#endif  // THRUM_TESTS_ARCHITECTURES_HOSTED_HPP
