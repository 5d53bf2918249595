#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "../common/plot.hpp"
#include "fan.hpp"
#include "thrum/algorithm/quantile.hpp"
#include "thrum/firmware.hpp"
#include "thrum/pca.hpp"

// A fleet: devices of one kind learn each its own fan and hand in what they have learned, an image of a few
// KB. The laptop finds the odd ones, and merges the others into a start for further devices, which then need
// a tenth of the windows.

namespace {

using thrum::Index;
using thrum::LearningState;
using Table = thrum::Matrix<float>;

constexpr thrum::FeatureOptions signal_options() {
  thrum::FeatureOptions options;
  options.window = options.hop = fan::window;
  options.sampling_rate = static_cast<float>(fan::sampling_rate);
  options.channel[0].counts_per_unit = static_cast<float>(fan::counts_per_g);
  return options;
}
constexpr thrum::LearningCapacity capacity{signal_options(), 120, 2};

using Device = thrum::fixed::LearningDetector<capacity>;  // as in the firmware
using Learned = thrum::fixed::LearnedClasses<capacity>;
using Image = std::vector<std::uint8_t>;
constexpr int d = Learned::d, k = capacity.classes;

void expect_ok(thrum::Status status, const char* what) {
  if (status != thrum::Status::ok)
    throw std::runtime_error(std::string(what) + ": " + thrum::to_string(status));
}

// ---- one device

/// The fan runs until its device has collected what it needs, but no more than so many windows.
void collect(Device& device, fan::Fan& fan, int windows) {
  for (; windows > 0 && device.learner().state() == LearningState::collecting; --windows)
    device.push(fan.run().data(), fan::window);
  while (device.learner().state() == LearningState::learning) device.poll();
}

/// What a Device or Learned saves.
template <typename Saved>
Image image_of(Saved& saved) {
  Image image(Learned::most_image_bytes());
  std::size_t written = 0;
  expect_ok(saved.save(image.data(), image.size(), written), "save");
  image.resize(written);
  return image;
}

Learned learned_in(const Image& image) {
  Learned learned;
  expect_ok(learned.load(image.data(), image.size()), "load");
  return learned;
}

Image learn_alone(std::uint64_t seed, bool worn) {
  fan::Fan fan(seed);
  fan.wear(worn);
  const auto device = std::make_unique<Device>();
  expect_ok(device->learn({}), "learn");
  collect(*device, fan, capacity.windows);
  return image_of(*device);
}

// ---- the fleet

/// What the devices that `take` says have learned, as one.
template <typename Take>
Learned merged(const std::vector<Image>& images, Take take) {
  Learned all;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (!take(i)) continue;
    const Learned next = learned_in(images[i]);
    if (all.classes() == 0)
      all = next;
    else
      expect_ok(all.merge(next), "merge");
  }
  return all;
}

/// The mean of class j, in the features' own units.
std::vector<float> mean_of(const Learned& learned, int j) {
  const auto scaling = learned.scaling();
  std::vector<float> mean(d);
  for (int f = 0; f < d; ++f)
    mean[static_cast<std::size_t>(f)] = scaling.offset[f] + learned.mean(j)[f] / scaling.factor[f];
  return mean;
}

/// The class means of each device, a row of k d numbers: of each class of all devices the nearest.
Table profiles_of(const std::vector<Image>& images) {
  const Learned all = merged(images, [](std::size_t) { return true; });
  Table profiles(static_cast<Index>(images.size()), k * d);
  for (Index i = 0; i < profiles.rows(); ++i) {
    Learned device = learned_in(images[static_cast<std::size_t>(i)]);
    for (int j = 0; j < k; ++j) {
      float scratch[d];
      const std::vector<float> mean = mean_of(device, device.judge(mean_of(all, j).data(), scratch).cluster);
      profiles.block(i, j * d, 1, d) = Eigen::Map<const Eigen::RowVectorXf>(mean.data(), d);
    }
  }
  return profiles;
}

/// How far each value of a column is from the column's median, in its scaled median absolute deviation. A
/// mean and a standard deviation would not do, not even those of all others: a few devices that are odd in
/// one manner widen them for each other, and none seems odd.
Table robust_deviations(Table table) {
  for (Index column = 0; column < table.cols(); ++column) {
    const Eigen::VectorXf values = table.col(column);
    const auto view = thrum::contiguous<const float>(values.data(), values.size());
    const float scale = 1.4826f * thrum::median_absolute_deviation(view);
    table.col(column).array() -= thrum::median(view);
    table.col(column) /= (std::max)(scale, 1e-6f);
  }
  return table;
}

/// How odd each device is by its deviations: the largest of them tells, since features vary together, and a
/// sum of squares would count one cause many times. How large that is among devices that are alike depends on
/// how many features there are and on their tails, so the devices say it themselves: its logarithm, in robust
/// deviations.
Table oddness_of(const Table& deviations) {
  return robust_deviations(deviations.cwiseAbs().rowwise().maxCoeff().array().log());
}
constexpr float odd_beyond = 4;  // of 100 Gaussian numbers, one is beyond it in 300 fleets

void print_odd(Index device, float oddness, const Table& deviations) {
  Index at = 0;
  deviations.row(device).cwiseAbs().maxCoeff(&at);
  const auto feature = thrum::feature_name(capacity.signal, static_cast<int>(at % d));
  std::printf("  device %td: oddness %.1f, most by %s", device + 1, static_cast<double>(oddness),
              thrum::to_string(feature.kind));
  if (thrum::has_bands(feature.kind)) std::printf(" %d", feature.detail + 1);
  std::printf(", %+.0f deviations\n", static_cast<double>(deviations(device, at)));
}

void draw(const Table& deviations, const std::vector<bool>& odd, const std::string& output) {
  thrum::PCA<float> pca{thrum::PCAOptions{2}};
  pca.fit(deviations);
  const thrum::Matrix<double> plane = pca.transform(deviations).cast<double>();
  plot::Group alike{"devices that are alike", {}, false}, found{"odd ones", {}, true};
  for (std::size_t i = 0; i < odd.size(); ++i) {
    const Index row = static_cast<Index>(i);
    (odd[i] ? found : alike).points.push_back({plane(row, 0), plane(row, 1)});
  }
  plot::draw(plot::Scatter{"What " + std::to_string(odd.size()) + " devices of one kind have learned",
                           "first principal direction, deviations between devices",
                           "second",
                           {alike, found}},
             output);
}

// ---- a further device

struct Trial {
  unsigned needed = 0;  ///< windows, before it watches
  int false_alarms = 0, found = 0;
};
constexpr int normal_windows = 500, worn_windows = 100;

int count_alarms(Device& device, fan::Fan& fan, int windows) {
  int alarms = 0;
  for (int i = 0; i < windows; ++i) {
    device.push(fan.run().data(), fan::window);
    if (device.verdict().state == thrum::State::alarm) ++alarms;
  }
  return alarms;
}

/// A fan gets a device that `begin` readies for it, which collects; runs well for long; and wears.
template <typename Begin>
Trial try_device(std::uint64_t seed, int collected, Begin begin) {
  fan::Fan fan(seed);
  const auto device = std::make_unique<Device>();
  expect_ok(begin(*device), "a further device");
  collect(*device, fan, collected);
  Trial trial;
  trial.needed = device->learner().windows_needed();
  if (device->learner().state() != LearningState::watching) return trial;
  trial.false_alarms = count_alarms(*device, fan, normal_windows);
  fan.wear(true);
  trial.found = count_alarms(*device, fan, worn_windows);
  return trial;
}

/// A row of the table: the first of several further devices, and all of them.
template <typename Begin>
void print_trials(const char* name, const std::vector<std::uint64_t>& fans, int collected, Begin begin) {
  std::vector<double> false_alarms, found;
  std::printf("%-34s %7d", name, collected);
  for (const std::uint64_t fan : fans) {
    const Trial trial = try_device(fan, collected, begin);
    if (trial.needed > 0) return void(std::printf("   still collecting, %u more\n", trial.needed));
    false_alarms.push_back(100.0 * trial.false_alarms / normal_windows);
    found.push_back(100.0 * trial.found / worn_windows);
  }
  const auto mean = [](const std::vector<double>& x) {
    return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
  };
  std::printf(" %7.1f %% %7.1f %% %9.1f %% %7.1f %% %7.1f %%\n", false_alarms[0], found[0],
              mean(false_alarms), *std::max_element(false_alarms.begin(), false_alarms.end()), mean(found));
}

void compare(const Image& start, const std::vector<std::uint64_t>& fans) {
  constexpr int all = capacity.windows, tenth = all / 10;
  const thrum::LearningOptions asked;
  thrum::LearningOptions modest;  // what so few windows can promise
  modest.windows = tenth;
  modest.false_alarm_rate = 1.0f / (tenth + 1);
  std::printf("\n%-34s             device 101           mean of %zu such\n", "", fans.size());
  std::printf("%-34s windows  false al.  found   false al.  at most   found\n", "a further device learns");
  print_trials("alone", fans, all, [&](Device& device) { return device.learn(asked); });
  print_trials("alone", fans, tenth, [&](Device& device) { return device.learn(asked); });
  print_trials("alone, 1 false alarm in 13 allowed", fans, tenth,
               [&](Device& device) { return device.learn(modest); });
  print_trials("nothing: it has the fleet's start", fans, 0,
               [&](Device& device) { return device.load(start.data(), start.size()); });
  print_trials("from the fleet's start", fans, tenth,
               [&](Device& device) { return device.learn_from(asked, start.data(), start.size()); });
}

void print_numbers(const char* what, const std::vector<bool>& devices) {
  std::printf("%s:", what);
  for (std::size_t i = 0; i < devices.size(); ++i)
    if (devices[i]) std::printf(" %zu", i + 1);
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) try {
  std::string output = "fleet.png";
  int devices = 100, odd_devices = 3, further = 20;
  std::uint64_t seed = 1;
  CLI::App app("Devices learn each its own fan; the odd ones are found, the others start further devices.");
  app.add_option("--output", output, "picture to write; beside it the start, as .bin")->capture_default_str();
  app.add_option("--devices", devices, "of the fleet")->capture_default_str()->check(CLI::Range(10, 10000));
  app.add_option("--odd", odd_devices, "of these, whose bearing is worn while they learn")
      ->capture_default_str()
      ->check(CLI::Range(0, 5));
  app.add_option("--further", further, "devices to try the start on")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  app.add_option("--seed", seed, "of fans and noise")->capture_default_str();
  CLI11_PARSE(app, argc, argv)

  thrum::Random random(seed);
  std::vector<bool> worn(static_cast<std::size_t>(devices));
  while (std::count(worn.begin(), worn.end(), true) < odd_devices)
    worn[static_cast<std::size_t>(random.index(devices))] = true;
  std::vector<Image> images;
  for (const bool is_worn : worn) images.push_back(learn_alone(random.bits(), is_worn));
  std::printf("%d devices have learned from %d windows each\n", devices, capacity.windows);

  const Table deviations = robust_deviations(profiles_of(images));
  const Table oddness = oddness_of(deviations);
  std::vector<bool> odd;
  for (Index i = 0; i < oddness.rows(); ++i) odd.push_back(oddness(i, 0) > odd_beyond);
  print_numbers("worn while learning", worn);
  print_numbers("found to be odd", odd);
  for (Index i = 0; i < oddness.rows(); ++i)
    if (odd[static_cast<std::size_t>(i)]) print_odd(i, oddness(i, 0), deviations);

  Learned together = merged(images, [&](std::size_t i) { return !odd[i]; });
  const Image start = image_of(together);
  std::printf("start for further devices: %zu bytes, of %td devices\n", start.size(),
              std::count(odd.begin(), odd.end(), false));

  std::vector<std::uint64_t> fans;
  for (int i = 0; i < further; ++i) fans.push_back(random.bits());
  compare(start, fans);

  draw(deviations, odd, output);
  std::ofstream file(std::filesystem::path(output).replace_extension(".bin"), std::ios::binary);
  file.write(reinterpret_cast<const char*>(start.data()), static_cast<std::streamsize>(start.size()));
  if (!file.flush()) throw std::runtime_error("the start for further devices cannot be written");
  std::printf("picture: %s\n", output.c_str());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "fleet: %s\n", error.what());
  return 1;
}
