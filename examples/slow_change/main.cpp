#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "../common/plot.hpp"
#include "../rig/rig.hpp"
#include "thrum/firmware.hpp"

// What a device that learns beside its machine makes of slow changes: a window a minute of the lecture's rig,
// through warming, wear and a remount. Three devices that have learned the same watch together: one that
// follows the machine within the limit, one that never follows, and one that follows without limit.

namespace {

constexpr int channels = 3;  // of the rig's eight: near the bearing that wears
constexpr int first_channel = 2;
constexpr double minutes_per_hour = 60;

constexpr thrum::LearningCapacity capacity = [] {
  thrum::LearningCapacity of_device{{}, 300, 3};
  thrum::FeatureOptions& signal = of_device.signal;
  signal.channels = channels;
  signal.sampling_rate = static_cast<float>(rig::Options::sampling_rate);
  signal.bands = 8;
  signal.median_absolute_deviation = false;
  for (int c = 0; c < channels; ++c)
    signal.channel[c].counts_per_unit = static_cast<float>(rig::Options::counts_per_g);
  return of_device;
}();
using Device = thrum::fixed::LearningDetector<capacity>;
using Image = std::vector<std::uint8_t>;

/// What changes slowly.
struct Condition {
  double gain = 1;         ///< of the sensors, which warm up
  double offset = 0;       ///< of the sensors, g
  double wear_g = 0;       ///< peak of an impact of the bearing
  bool remounted = false;  ///< sensors in each other's places, upside down
};

/// The rig, which changes its way of running by chance, twice an hour in the mean.
class Machine {
 public:
  explicit Machine(std::uint64_t seed) : random_(seed), seed_(seed << 32) {}

  /// The next minute's window, frames x channels.
  std::vector<std::int16_t> next(const Condition& condition) {
    if (random_.uniform() < 2 / minutes_per_hour) mode_ = 1 - mode_;
    rig::Options options;
    options.outer_race_g = condition.wear_g;
    const rig::Fault fault = condition.wear_g > 0 ? rig::Fault::outer_race : rig::Fault::none;
    const auto frames = static_cast<std::size_t>(capacity.signal.window);
    const std::vector<std::int16_t> all = rig::record(mode_, fault, frames, ++seed_, options);
    std::vector<std::int16_t> window;
    for (std::size_t i = 0; i < frames; ++i)
      for (int c = 0; c < channels; ++c) {
        const int sensor = first_channel + (condition.remounted ? channels - 1 - c : c);
        const double g =
            all[i * rig::Options::channels + static_cast<std::size_t>(sensor)] / rig::Options::counts_per_g;
        const double sign = condition.remounted ? -1 : 1;
        window.push_back(rig::detail::quantise(sign * condition.gain * g + condition.offset));
      }
    return window;
  }

 private:
  thrum::Random random_;
  std::uint64_t seed_;
  int mode_ = 0;
};

void take(Device& device, const std::vector<std::int16_t>& window) {
  device.restart();
  device.push(window.data(), capacity.signal.window);
}

/// The image of a device that has learned the machine in some condition.
Image learn(Machine machine, const thrum::DriftOptions& drift, const Condition& condition) {
  const auto device = std::make_unique<Device>();
  thrum::LearningOptions options;
  options.drift = drift;
  device->learn(options);
  while (device->learner().state() != thrum::LearningState::watching) {
    if (device->learner().state() == thrum::LearningState::refused)
      throw std::runtime_error(std::string("refused: ") + to_string(device->learner().obstacle()));
    take(*device, machine.next(condition));
    while (device->learner().state() == thrum::LearningState::learning) device->poll();
  }
  Image image(thrum::fixed::LearnedClasses<capacity>::most_image_bytes());
  std::size_t written = 0;
  device->save(image.data(), image.size(), written);
  image.resize(written);
  return image;
}

/// A device that has learned, and what it says over time.
class Watcher {
 public:
  explicit Watcher(const Image& image) : device_(std::make_unique<Device>()) {
    device_->load(image.data(), image.size());
  }

  void take(const std::vector<std::int16_t>& window) {
    const bool before = device_->state() == thrum::State::alarm;
    ::take(*device_, window);
    scores_.push_back(static_cast<double>(device_->verdict().score));
    windows_above_ += device_->verdict().state == thrum::State::alarm ? 1 : 0;
    if (before || device_->state() != thrum::State::alarm) return;
    ++alarms_;
    if (first_alarm_ < 0) first_alarm_ = static_cast<double>(scores_.size()) / minutes_per_hour;
  }

  /// Alarms of the machine's state, by votes of windows.
  double alarms_per_hour() const {
    return alarms_ / (static_cast<double>(scores_.size()) / minutes_per_hour);
  }
  double share_above() const { return windows_above_ / static_cast<double>(scores_.size()); }
  double first_alarm() const { return first_alarm_; }  ///< h; -1: none
  float drift() const {
    float largest = 0;
    for (int j = 0; j < device_->learner().learned().classes(); ++j)
      largest = (std::max)(largest, device_->learner().learned().drift(j));
    return largest;
  }
  const std::vector<double>& scores() const { return scores_; }

 private:
  std::unique_ptr<Device> device_;
  std::vector<double> scores_;
  int alarms_ = 0, windows_above_ = 0;
  double first_alarm_ = -1;
};

/// A change over time, from what was learned on.
struct Scenario {
  const char *name, *section;  ///< in the table, and in the picture
  bool fault;
  double hours;
  Condition learned;
  Condition (*at)(double hour);
};

constexpr Condition mounted_anew{1, 0, 0, true};
const Scenario scenarios[] = {
    {"as learned", "as learned", false, 100, {}, [](double) { return Condition{}; }},
    {"warming: 6 % gain, 0.1 g in 8 h",
     "warming",
     false,
     100,
     {},
     [](double hour) {
       const double warmth = (std::min)(1.0, hour / 8);
       return Condition{1 + 0.06 * warmth, 0.1 * warmth, 0, false};
     }},
    {"wear: 5 mg an hour",
     "wear",
     true,
     200,
     {},
     [](double hour) {
       return Condition{1, 0, 0.005 * hour, false};
     }},
    {"mounted anew", "mounted anew", true, 50, {}, [](double) { return mounted_anew; }},
    {"mounted and learned anew", "learned anew", false, 100, mounted_anew,
     [](double) { return mounted_anew; }},
};

/// How far a device follows its machine.
struct Follower {
  const char* name;
  thrum::DriftOptions drift;
};
const Follower followers[] = {{"within the limit", {}}, {"never", {0, 0}}, {"without limit", {1000, 1}}};

void print_row(const char* change, const char* follower, const Watcher& watcher) {
  std::printf("%-32s %-17s %6.2f %% %10.3f ", change, follower, 100 * watcher.share_above(),
              watcher.alarms_per_hour());
  if (watcher.first_alarm() < 0)
    std::printf("%12s ", "-");
  else
    std::printf("%10.1f h ", watcher.first_alarm());
  std::printf("%6.2f\n", static_cast<double>(watcher.drift()));
}

}  // namespace

int main(int argc, char** argv) try {
  std::string output = "slow_change.png";
  std::uint64_t seed = 1;
  CLI::App app("What a device that learns beside its machine makes of warming, wear and a remount.");
  app.add_option("--output", output, "picture to write")->capture_default_str();
  app.add_option("--seed", seed, "of the rig")->capture_default_str();
  CLI11_PARSE(app, argc, argv)

  std::printf("learned from %d windows of %d features, one a minute; watched by votes, %d of %d windows\n\n",
              capacity.windows, thrum::feature_count(capacity.signal), thrum::LearningOptions{}.monitor.votes,
              thrum::LearningOptions{}.monitor.window);
  std::printf("%-32s %-17s %8s %10s %12s %6s\n", "change", "follows", "above 1", "alarms/h", "first alarm",
              "drift");
  plot::Series picture{"Scores of a device that follows its machine within the limit", "hours", "score"};
  picture.step = 1 / minutes_per_hour;
  picture.logarithmic = true;
  for (const Scenario& scenario : scenarios) {
    Machine machine(seed + 1);
    std::vector<Watcher> watchers;
    for (const Follower& follower : followers)
      watchers.emplace_back(learn(Machine(seed), follower.drift, scenario.learned));
    for (int minute = 0; minute < scenario.hours * minutes_per_hour; ++minute) {
      const std::vector<std::int16_t> window = machine.next(scenario.at(minute / minutes_per_hour));
      for (Watcher& watcher : watchers) watcher.take(window);
    }
    for (std::size_t i = 0; i < watchers.size(); ++i)
      print_row(i == 0 ? scenario.name : "", followers[i].name, watchers[i]);
    const std::size_t begin = picture.values.size();
    picture.values.insert(picture.values.end(), watchers[0].scores().begin(), watchers[0].scores().end());
    picture.sections.push_back({scenario.section, begin, picture.values.size(), scenario.fault});
  }
  plot::draw(picture, output);
  std::printf("\npicture: %s\n", output.c_str());
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
