#include "watch.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "../common/firmware_script.hpp"
#include "thrum/detection/packed_verdict.hpp"

namespace lecture_rig {
namespace {

using firmware_script::quoted;

constexpr const char* board = "mps2-an386";
constexpr double clock_hz = 168e6;

void write_samples(const std::filesystem::path& path, const std::vector<std::int16_t>& samples) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(samples.data()),
             static_cast<std::streamsize>(samples.size() * sizeof(std::int16_t)));
  if (!file.flush()) throw std::runtime_error(path.string() + ": cannot be written");
}

std::vector<thrum::Verdict> read_verdicts(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<thrum::Verdict> verdicts;
  std::uint8_t packet[thrum::packed_verdict_size];
  while (file.read(reinterpret_cast<char*>(packet), sizeof(packet))) {
    verdicts.emplace_back();
    if (thrum::unpack(packet, verdicts.back()) != thrum::Status::ok)
      throw std::runtime_error(path.string() + ": not a verdict");
  }
  if (verdicts.empty()) throw std::runtime_error(path.string() + ": no verdict");
  return verdicts;
}

/// Lines such as "window 1563 machine alarm".
std::map<std::size_t, std::string> read_states(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::map<std::size_t, std::string> states;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string window, machine, state;
    std::size_t number = 0;
    if (words >> window >> number >> machine && window == "window" && std::getline(words >> std::ws, state))
      states[number] = state;
  }
  return states;
}

/// What became known when: windows by the time of their last frame.
class Timeline {
 public:
  Timeline(const Schedule& schedule, const thrum::FeatureOptions& signal)
      : schedule_(schedule), signal_(signal) {}

  double seconds(std::size_t window) const {
    return static_cast<double>(end(window)) / static_cast<double>(signal_.sampling_rate);
  }

  /// Whether the window holds frames of the faulty machine.
  bool faulty(std::size_t window) const {
    return schedule_.fault != rig::Fault::none && end(window) > schedule_.first_faulty_frame();
  }

 private:
  std::size_t end(std::size_t window) const {
    return window * static_cast<std::size_t>(signal_.hop) + static_cast<std::size_t>(signal_.window);
  }

  const Schedule& schedule_;
  const thrum::FeatureOptions& signal_;
};

/// A line whenever the machine's state changes, or the class of a window that is normal.
void print_changes(const Watch& watch, const Timeline& timeline, const std::vector<std::string>& names) {
  std::string state = "unknown";
  int last_class = -1;
  for (std::size_t i = 0; i < watch.verdicts.size(); ++i) {
    const thrum::Verdict& verdict = watch.verdicts[i];
    const auto change = watch.states.find(i);
    const bool other_class = verdict.state == thrum::State::normal && verdict.cluster != last_class;
    if (change == watch.states.end() && !other_class) continue;
    if (change != watch.states.end()) state = change->second;
    last_class = verdict.state == thrum::State::normal ? verdict.cluster : last_class;
    std::printf("%10.3f s  machine %-8s class %d  score %5.2f", timeline.seconds(i), state.c_str(),
                verdict.cluster, static_cast<double>(verdict.score));
    if (verdict.state == thrum::State::alarm)
      std::printf("  %s", names[static_cast<std::size_t>(verdict.feature)].c_str());
    std::printf("\n");
  }
}

void print_classes(const Watch& watch, const Timeline& timeline) {
  std::map<int, std::size_t> normal;
  std::size_t healthy = 0, above = 0;
  for (std::size_t i = 0; i < watch.verdicts.size() && !timeline.faulty(i); ++i, ++healthy) {
    const thrum::Verdict& verdict = watch.verdicts[i];
    if (verdict.state == thrum::State::normal) ++normal[verdict.cluster];
    if (verdict.state == thrum::State::alarm) ++above;
  }
  std::printf("while it ran well    %zu windows:", healthy);
  for (const auto& [cluster, windows] : normal) std::printf(" %zu of class %d,", windows, cluster);
  std::printf(" %zu above the threshold\n", above);
}

struct Alarms {
  std::size_t false_ones = 0;                        ///< while the machine ran well
  std::optional<std::size_t> window = std::nullopt;  ///< the one that raised the alarm after the fault
};

Alarms find_alarms(const Watch& watch, const Timeline& timeline) {
  Alarms alarms;
  for (const auto& [window, state] : watch.states) {
    if (state != "alarm") continue;
    if (!timeline.faulty(window)) ++alarms.false_ones;
    if (timeline.faulty(window) && !alarms.window) alarms.window = window;
  }
  return alarms;
}

/// The channel that most windows of the faulty machine name.
void print_channel(const Watch& watch, const Timeline& timeline) {
  std::map<int, std::size_t> named;
  std::size_t alarms = 0, faulty = 0;
  for (std::size_t i = 0; i < watch.verdicts.size(); ++i) {
    if (!timeline.faulty(i)) continue;
    ++faulty;
    if (watch.verdicts[i].state != thrum::State::alarm) continue;
    ++alarms;
    ++named[watch.verdicts[i].channel];
  }
  const auto most = std::max_element(named.begin(), named.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  std::printf("after the fault      %zu windows: %zu above the threshold, of which %zu name channel %d\n",
              faulty, alarms, most->second, most->first);
}

void print_alarm(const Watch& watch, const Schedule& schedule, const Timeline& timeline) {
  const Alarms alarms = find_alarms(watch, timeline);
  if (!alarms.window) {
    std::printf("alarm                none after a fault, %zu false ones\n", alarms.false_ones);
    return;
  }
  std::printf("alarm                %.3f s after the fault, on channel %d, with %zu false ones before\n",
              timeline.seconds(*alarms.window) - schedule.fault_at, watch.verdicts[*alarms.window].channel,
              alarms.false_ones);
  print_channel(watch, timeline);
}

/// What goes in and out, and what that takes of a processor.
void print_cost(const Watch& watch, const thrum::FeatureOptions& signal, double cycles_per_instruction) {
  const auto figure = [&](const char* name) {
    const auto found = watch.figures.find(name);
    if (found == watch.figures.end())
      throw std::runtime_error(std::string("the firmware printed no ") + name);
    return static_cast<double>(found->second);
  };
  const double windows_per_second =
      static_cast<double>(signal.sampling_rate) / static_cast<double>(signal.hop);
  const double in = static_cast<double>(signal.sampling_rate) * signal.channels * sizeof(std::int16_t);
  const double out = windows_per_second * thrum::packed_verdict_size;
  std::printf("data                 %.0f bytes a second in, %.0f out: %d for each of %.1f verdicts\n", in,
              out, thrum::packed_verdict_size, windows_per_second);

  const double mean = figure("instructions per window mean"), most = figure("instructions per window max");
  std::printf("instructions         %.0f a window, %.0f at most; %.1f for a sample of a channel\n", mean,
              most, mean / (static_cast<double>(signal.hop) * signal.channels));
  const double share = 100 * windows_per_second * cycles_per_instruction / clock_hz;
  std::printf(
      "processor            %.1f %% of %.0f MHz, %.1f %% in the worst window, at %.2f cycles an "
      "instruction\n",
      share * mean, clock_hz / 1e6, share * most, cycles_per_instruction);
  std::printf("memory               %.0f bytes of flash, %.0f of RAM, %.0f of stack; %.0f frames lost\n",
              figure("flash_bytes"), figure("ram_bytes"), figure("stack bytes"), figure("overruns"));
}

}  // namespace

Watch run_firmware(const std::filesystem::path& script, const std::filesystem::path& folder,
                   const std::filesystem::path& header, const std::string& model_name,
                   const std::vector<std::int16_t>& samples) {
  const auto input = folder / "samples.i16", verdicts = folder / "verdicts", console = folder / "console.txt";
  const auto sizes = folder / "sizes.txt", image_folder = folder / "firmware";
  const auto image = image_folder / (std::string(board) + ".elf");
  const auto program =
      std::filesystem::absolute(script).parent_path().parent_path() / "lecture_rig" / "firmware.cpp";
  std::filesystem::create_directories(image_folder);
  write_samples(input, samples);
  const std::string run_script = "bash " + quoted(script);
  std::fprintf(stderr, "building the firmware\n");
  firmware_script::run(run_script + " build --flags -ffp-contract=off --board " + board +
                       " --define THRUM_FIRMWARE_SOURCES=" + quoted(program) + " " + quoted(image_folder) +
                       " " + quoted(header) + " " + model_name);
  std::fprintf(stderr, "running it in QEMU\n");
  firmware_script::run(run_script + " run " + board + " " + quoted(image) + " " + quoted(input) + " " +
                       quoted(verdicts) + " > " + quoted(console));
  firmware_script::run(run_script + " sizes " + quoted(image) + " > " + quoted(sizes));
  return {read_verdicts(verdicts), read_states(console), firmware_script::read_figures({console, sizes})};
}

void print_report(const Watch& watch, const Schedule& schedule, const thrum::FeatureOptions& signal,
                  const std::vector<std::string>& feature_names, double cycles_per_instruction) {
  const Timeline timeline(schedule, signal);
  std::printf("%g s watched: slow, from %g s on fast, from %g s on with fault: %s\n\n", schedule.seconds,
              schedule.fault_at / 2, schedule.fault_at,
              schedule.fault == rig::Fault::none ? "none" : rig::name(schedule.fault));
  print_changes(watch, timeline, feature_names);
  std::printf("\n");
  print_classes(watch, timeline);
  print_alarm(watch, schedule, timeline);
  print_cost(watch, signal, cycles_per_instruction);
}

}  // namespace lecture_rig
