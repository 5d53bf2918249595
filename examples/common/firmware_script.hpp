#ifndef THRUM_EXAMPLES_COMMON_FIRMWARE_SCRIPT_HPP
#define THRUM_EXAMPLES_COMMON_FIRMWARE_SCRIPT_HPP

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

// Calls of examples/firmware/run.sh, and what the firmware printed.

namespace firmware_script {

/// A path as the shell takes it.
inline std::string quoted(const std::filesystem::path& path) {
  std::string text = "'";
  for (const char letter : path.string())
    text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return text + "'";
}

/// Runs a command line of the shell. Throws std::runtime_error when it does not end with 0.
inline void run(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

/// The number at the end of lines such as "instructions per window mean 1234567", by what stands before it.
inline std::map<std::string, std::size_t> read_figures(const std::vector<std::filesystem::path>& paths) {
  std::map<std::string, std::size_t> figures;
  for (const auto& path : paths) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const std::size_t blank = line.rfind(' ');
      if (blank == std::string::npos || line.find_first_not_of("0123456789", blank + 1) != std::string::npos)
        continue;
      figures[line.substr(0, blank)] = std::strtoul(line.c_str() + blank, nullptr, 10);
    }
  }
  return figures;
}

}  // namespace firmware_script

#endif  // THRUM_EXAMPLES_COMMON_FIRMWARE_SCRIPT_HPP
