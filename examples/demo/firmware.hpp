#ifndef THRUM_EXAMPLES_DEMO_FIRMWARE_HPP
#define THRUM_EXAMPLES_DEMO_FIRMWARE_HPP

#include <filesystem>
#include <string>
#include <vector>

#include "evaluation.hpp"

// The same windows once more, judged by a Cortex-M4F in QEMU with the model in its flash.

namespace demo {

/// What the firmware said, and what it takes.
struct FirmwareResult {
  std::size_t windows = 0;          ///< judged by the laptop
  std::size_t agree = 0;            ///< same state and class from the firmware
  std::size_t same_score_bits = 0;  ///< of these, with the same score to the last bit
  std::size_t flash_bytes = 0;      ///< whole image: code, tables, model
  std::size_t ram_bytes = 0;        ///< all static data; the stack comes on top
  std::size_t detector_bytes = 0;   ///< of these, the detector
  std::size_t stack_bytes = 0;      ///< at its deepest
  std::size_t instructions_per_window = 0;
};

/// Builds firmware around the model header, streams the raw frames of all judged blocks through it and
/// compares. script: examples/firmware/run.sh; folder: for the image and what goes in and out of it. Throws
/// std::runtime_error when something can't be built or run, saying what.
FirmwareResult run_firmware(const std::filesystem::path& script, const std::filesystem::path& folder,
                            const std::filesystem::path& header, const std::string& model_name,
                            const Recordings& recordings, const std::vector<ConditionResult>& results);

}  // namespace demo

#endif  // THRUM_EXAMPLES_DEMO_FIRMWARE_HPP
