#ifndef THRUM_TESTS_FIRMWARE_FILES_HPP
#define THRUM_TESTS_FIRMWARE_FILES_HPP

#include <cstddef>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

/// The bytes of a file; throws when it cannot be read.
inline std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) throw std::runtime_error(path + ": cannot be written");
}

template <typename Value>
void append_bytes(std::string& bytes, const Value* values, std::ptrdiff_t count) {
  bytes.append(reinterpret_cast<const char*>(values), static_cast<std::size_t>(count) * sizeof(Value));
}

inline void require(bool condition, const std::string& message) {
  if (!condition) throw std::runtime_error(message);
}

#endif  // THRUM_TESTS_FIRMWARE_FILES_HPP
