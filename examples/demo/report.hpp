#ifndef THRUM_EXAMPLES_DEMO_REPORT_HPP
#define THRUM_EXAMPLES_DEMO_REPORT_HPP

#include <filesystem>
#include <optional>
#include <vector>

#include "choice.hpp"
#include "evaluation.hpp"
#include "firmware.hpp"
#include "thrum/detector.hpp"
#include "thrum/tone_sensitivity.hpp"

// What the demo shows for it: a table, pictures, and the same for machines.

namespace demo {

/// Everything that was found out.
struct Report {
  const Recordings& recordings;
  const thrum::Detector<float>& detector;
  const std::vector<ConditionResult>& results;
  double false_alarm_asked = 0;
  std::optional<FirmwareResult> firmware;
  std::optional<thrum::ToneSensitivity> tones;
  std::optional<Choice> choice;
};

/// A line for each detector that was tried, on standard output.
void print_choice(const Choice& choice);

/// A row for each condition, the false-alarm rates, sizes and agreement, on standard output.
void print_report(const Report& report);

/// Draws plane.png (windows along the first two components, classes as circles) and scores.png (scores over
/// time).
void draw_pictures(const Report& report, const std::filesystem::path& folder);

/// Writes the figures as JSON.
void write_json(const Report& report, const std::filesystem::path& path);

}  // namespace demo

#endif  // THRUM_EXAMPLES_DEMO_REPORT_HPP
