#include "firmware.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "../common/firmware_script.hpp"
#include "../common/recording_stream.hpp"

namespace demo {
namespace {

using firmware_script::quoted;
using firmware_script::read_figures;
using firmware_script::run;

constexpr const char* board = "mps2-an386";

void write_stream(const std::filesystem::path& path, const Recordings& recordings,
                  const std::vector<ConditionResult>& results) {
  std::ofstream file(path, std::ios::binary);
  for (const ConditionResult& result : results) {
    for (const Block& block : result.blocks) recording_stream::write(file, frames_of(recordings, block));
  }
  if (!file.flush()) throw std::runtime_error(path.string() + ": cannot be written");
}

/// "window 17   alarm   class 2  score 1.234567 0x3f9e0651  machine normal ..."
struct WindowLine {
  std::string state;
  int cluster = 0;
  std::uint32_t score_bits = 0;
};

bool parse_window(const std::string& line, WindowLine& window) {
  std::istringstream words(line);
  std::string word, number, decimal, hex;
  if (!(words >> word >> number >> window.state) || word != "window") return false;
  if (!(words >> word >> window.cluster >> word >> decimal >> hex)) return false;
  window.score_bits = static_cast<std::uint32_t>(std::stoul(hex, nullptr, 16));
  return true;
}

std::uint32_t bits_of_score(const thrum::Verdict& verdict) {
  std::uint32_t bits;
  std::memcpy(&bits, &verdict.score, sizeof(bits));
  return bits;
}

void compare(const std::filesystem::path& output, const std::vector<ConditionResult>& results,
             FirmwareResult& firmware) {
  std::ifstream file(output);
  std::string line;
  WindowLine window;
  for (const ConditionResult& result : results) {
    for (const thrum::Verdict& verdict : result.verdicts) {
      ++firmware.windows;
      bool found = false;
      while (!found && std::getline(file, line)) found = parse_window(line, window);
      if (!found || window.state != to_string(verdict.state) || window.cluster != verdict.cluster) continue;
      ++firmware.agree;
      firmware.same_score_bits += window.score_bits == bits_of_score(verdict) ? 1u : 0u;
    }
  }
}

}  // namespace

FirmwareResult run_firmware(const std::filesystem::path& script, const std::filesystem::path& folder,
                            const std::filesystem::path& header, const std::string& model_name,
                            const Recordings& recordings, const std::vector<ConditionResult>& results) {
  const auto stream = folder / "windows.i16", output = folder / "firmware.txt", sizes = folder / "sizes.txt";
  const auto image_folder = folder / "firmware";
  const auto image = image_folder / (std::string(board) + ".elf");
  std::filesystem::create_directories(image_folder);
  write_stream(stream, recordings, results);
  std::fprintf(stderr, "building the firmware\n");
  run("bash " + quoted(script) + " build --flags -ffp-contract=off --board " + board + " " +
      quoted(image_folder) + " " + quoted(header) + " " + model_name);
  std::fprintf(stderr, "running it in QEMU\n");
  run("bash " + quoted(script) + " run " + board + " " + quoted(image) + " " + quoted(stream) + " > " +
      quoted(output));
  run("bash " + quoted(script) + " sizes " + quoted(image) + " > " + quoted(sizes));

  auto figures = read_figures({output, sizes});
  FirmwareResult firmware;
  firmware.flash_bytes = figures["flash_bytes"];
  firmware.ram_bytes = figures["ram_bytes"];
  firmware.detector_bytes = figures["detector bytes"];
  firmware.stack_bytes = figures["stack bytes"];
  firmware.instructions_per_window = figures["instructions per window mean"];
  compare(output, results, firmware);
  if (figures["windows"] != firmware.windows)
    throw std::runtime_error("the firmware judged " + std::to_string(figures["windows"]) +
                             " windows, the laptop " + std::to_string(firmware.windows));
  return firmware;
}

}  // namespace demo
