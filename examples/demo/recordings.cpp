#include "recordings.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "../rig/rig.hpp"
#include "thrum/io/recording.hpp"

namespace demo {
namespace {

using Samples = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void show_progress(std::size_t done, std::size_t total) {
  const std::size_t step = total / 10 + 1;  // ten lines at most: logs keep them all
  if (done % step == 0 || done == total)
    std::fprintf(stderr, "reading recordings: %zu of %zu\n", done, total);
}

std::size_t clipped(const Samples& samples, float full_scale) {
  return static_cast<std::size_t>((samples.array().abs() > full_scale).count());
}

void put_normal_first(std::vector<thrum::Condition>& conditions, const std::vector<std::string>& normal) {
  for (auto name = normal.rbegin(); name != normal.rend(); ++name) {
    if (std::count(normal.begin(), normal.end(), *name) > 1)
      throw std::invalid_argument("--normal " + *name + " is given more than once");
    const auto found =
        std::find_if(conditions.begin(), conditions.end(),
                     [&](const thrum::Condition& condition) { return condition.name == *name; });
    if (found == conditions.end()) {
      std::string names;
      for (const auto& condition : conditions) names += " " + condition.name;
      throw std::invalid_argument("--normal " + *name + ": no such condition, expected one of:" + names);
    }
    std::rotate(conditions.begin(), found, found + 1);
  }
}

/// The mean of the recordings' rates, which must be much the same: the bands of the spectrum stand on it.
double common_sampling_rate(const std::vector<thrum::Condition>& conditions) {
  std::vector<std::pair<double, std::string>> rates;
  double sum = 0;
  for (const auto& condition : conditions) {
    for (const auto& recording : condition.recordings) {
      if (!(recording.sampling_rate > 0)) continue;
      rates.emplace_back(recording.sampling_rate, condition.name + "/" + recording.name);
      sum += recording.sampling_rate;
    }
  }
  if (rates.empty())
    throw std::invalid_argument(
        "the recordings have no column of seconds named time: name it with --time-column, or say how fast "
        "they were taken with --rate HZ");
  const auto [slowest, fastest] = std::minmax_element(rates.begin(), rates.end());
  if (fastest->first > 1.05 * slowest->first)
    throw std::invalid_argument("the recordings differ in their sampling rate: " + slowest->second + " has " +
                                std::to_string(slowest->first) + " Hz, " + fastest->second + " has " +
                                std::to_string(fastest->first) + " Hz");
  return sum / static_cast<double>(rates.size());
}

float headroom(const std::vector<thrum::Condition>& conditions, std::size_t normals) {
  float largest = 0;
  for (std::size_t c = 0; c < normals; ++c)
    for (const auto& recording : conditions[c].recordings)
      largest = std::max(largest, recording.samples.cwiseAbs().maxCoeff());
  return largest > 0 ? std::exp2(std::ceil(std::log2(2 * largest))) : 1.0f;
}

Frames rig_frames(int working_class, rig::Fault fault, std::size_t frames, std::uint64_t seed) {
  const std::vector<std::int16_t> samples = rig::record(working_class, fault, frames, seed);
  return Eigen::Map<const Frames>(samples.data(), static_cast<Eigen::Index>(frames), rig::Options::channels);
}

}  // namespace

Recordings read_folder(const FolderOptions& options) {
  thrum::RecordingOptions reading;
  reading.progress = show_progress;
  reading.time_column = options.time_column;
  std::vector<thrum::Condition> conditions = thrum::read_conditions(options.folder, reading);
  put_normal_first(conditions, options.normal);

  Recordings recordings;
  recordings.unit = options.unit;
  recordings.sampling_rate =
      options.sampling_rate > 0 ? options.sampling_rate : common_sampling_rate(conditions);
  recordings.full_scale = options.full_scale > 0 ? static_cast<float>(options.full_scale)
                                                 : headroom(conditions, options.normal.size());
  recordings.counts_per_unit = 32768 / recordings.full_scale;
  for (std::size_t c = 0; c < conditions.size(); ++c) {
    Condition condition{conditions[c].name, c < options.normal.size(), {}};
    for (const auto& recording : conditions[c].recordings) {
      recordings.clipped_samples += clipped(recording.samples, recordings.full_scale);
      condition.recordings.push_back(
          recording_stream::quantised(recording.samples, recordings.counts_per_unit));
    }
    recordings.conditions.push_back(std::move(condition));
  }
  return recordings;
}

Recordings simulate_rig() {
  constexpr std::size_t frames =
      32768;  // 1.6 s each: many short runs, since no two runs of a machine are alike
  constexpr int normal_runs = 50, fault_runs = 5;
  const rig::Options rig;
  Recordings recordings;
  recordings.sampling_rate = static_cast<double>(rig.sampling_rate);
  recordings.counts_per_unit = static_cast<float>(rig.counts_per_g);
  recordings.full_scale = static_cast<float>(rig.full_scale_g);
  recordings.unit = "g";
  std::uint64_t seed = 1;
  for (const int working_class : {0, 1}) {
    Condition condition{"class_" + std::to_string(working_class + 1), true, {}};
    for (int run = 0; run < normal_runs; ++run)
      condition.recordings.push_back(rig_frames(working_class, rig::Fault::none, frames, seed++));
    recordings.conditions.push_back(std::move(condition));
  }
  for (const rig::Fault fault : {rig::Fault::imbalance, rig::Fault::inner_race, rig::Fault::outer_race}) {
    Condition condition{rig::name(fault), false, {}};
    for (const int working_class : {0, 1})
      for (int run = 0; run < fault_runs; ++run)
        condition.recordings.push_back(rig_frames(working_class, fault, frames, seed++));
    recordings.conditions.push_back(std::move(condition));
  }
  return recordings;
}

}  // namespace demo
