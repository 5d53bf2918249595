#ifndef THRUM_EXAMPLES_LECTURE_RIG_WATCH_HPP
#define THRUM_EXAMPLES_LECTURE_RIG_WATCH_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "schedule.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/features/options.hpp"

namespace lecture_rig {

/// What came out of the chip.
struct Watch {
  std::vector<thrum::Verdict> verdicts;        ///< unpacked, one for each window
  std::map<std::size_t, std::string> states;   ///< of the machine, by the window that changed it
  std::map<std::string, std::size_t> figures;  ///< instructions and sizes, by the firmware's words for them
};

/// Builds firmware.cpp around `model_name` in `header`, and lets a Cortex-M4F in QEMU watch the samples.
/// script: examples/firmware/run.sh; folder: for the image and what goes in and out of it. Throws
/// std::runtime_error when something can't be built, run or read, saying what.
Watch run_firmware(const std::filesystem::path& script, const std::filesystem::path& folder,
                   const std::filesystem::path& header, const std::string& model_name,
                   const std::vector<std::int16_t>& samples);

/// Prints what was seen and when, and what it took. feature_names: of all features, in order;
/// cycles_per_instruction: what the share of the processor is reckoned with.
void print_report(const Watch& watch, const Schedule& schedule, const thrum::FeatureOptions& signal,
                  const std::vector<std::string>& feature_names, double cycles_per_instruction);

}  // namespace lecture_rig

#endif  // THRUM_EXAMPLES_LECTURE_RIG_WATCH_HPP
