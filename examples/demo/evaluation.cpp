#include "evaluation.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "thrum/core/random.hpp"
#include "thrum/feature_extractor.hpp"

namespace demo {
namespace {

constexpr std::size_t recordings_for_whole_ones = 10;
constexpr int parts = 5;  // of five parts, three train, one calibrates, one tests

std::vector<Block>& part(Split& split, std::size_t number, std::size_t count) {
  const std::size_t fifth = number * parts / count;
  return fifth < 3 ? split.train : fifth == 3 ? split.calibrate : split.test;
}

std::vector<std::size_t> shuffled(std::size_t count, thrum::Random& random) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = count; i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.index(static_cast<thrum::Index>(i)))]);
  return order;
}

/// Blocks take turns, so that a drift over the recording reaches all three parts.
void split_recording(Split& split, const Recordings& recordings, std::size_t condition, std::size_t recording,
                     const thrum::FeatureOptions& signal) {
  constexpr Eigen::Index windows_per_block = 6;
  const Eigen::Index frames = recordings.conditions[condition].recordings[recording].rows();
  const Eigen::Index least = signal.window + (windows_per_block - 1) * signal.hop;
  const Eigen::Index rounds = std::max<Eigen::Index>(1, frames / (least * parts));
  const Eigen::Index blocks = rounds * parts;
  const Eigen::Index size = frames / blocks;
  if (size < signal.window)
    throw std::invalid_argument("condition " + recordings.conditions[condition].name +
                                " is too short to be shared out: a recording has " + std::to_string(frames) +
                                " frames, expected at least " + std::to_string(parts * signal.window));
  for (Eigen::Index b = 0; b < blocks; ++b) {
    part(split, static_cast<std::size_t>(b % parts), parts).push_back({condition, recording, b * size, size});
  }
}

std::vector<float> scores_of(const std::vector<thrum::Verdict>& verdicts) {
  std::vector<float> scores;
  for (const thrum::Verdict& verdict : verdicts)
    if (is_scored(verdict.state)) scores.push_back(verdict.score);
  return scores;
}

std::vector<double> class_shares(const std::vector<thrum::Verdict>& verdicts, int classes) {
  std::vector<double> shares(static_cast<std::size_t>(classes), 0.0);
  for (const thrum::Verdict& verdict : verdicts)
    if (verdict.cluster >= 0)
      shares[static_cast<std::size_t>(verdict.cluster)] += 1.0 / static_cast<double>(verdicts.size());
  return shares;
}

}  // namespace

Split split_normals(const Recordings& recordings, const thrum::FeatureOptions& signal, std::uint64_t seed) {
  Split split;
  thrum::Random random(seed);
  for (std::size_t c = 0; c < recordings.conditions.size(); ++c) {
    const Condition& condition = recordings.conditions[c];
    const std::size_t count = condition.recordings.size();
    if (!condition.normal) continue;
    if (count < recordings_for_whole_ones) {
      for (std::size_t r = 0; r < count; ++r) split_recording(split, recordings, c, r, signal);
      continue;
    }
    const std::vector<std::size_t> order = shuffled(count, random);
    for (std::size_t i = 0; i < count; ++i) {
      const Eigen::Index frames = condition.recordings[order[i]].rows();
      if (frames >= signal.window) part(split, i, count).push_back({c, order[i], 0, frames});
    }
  }
  return split;
}

std::vector<Block> fault_blocks(const Recordings& recordings, const thrum::FeatureOptions& signal) {
  std::vector<Block> blocks;
  for (std::size_t c = 0; c < recordings.conditions.size(); ++c) {
    const Condition& condition = recordings.conditions[c];
    if (condition.normal) continue;
    const std::size_t before = blocks.size();
    for (std::size_t r = 0; r < condition.recordings.size(); ++r)
      if (condition.recordings[r].rows() >= signal.window)
        blocks.push_back({c, r, 0, condition.recordings[r].rows()});
    if (blocks.size() == before)
      throw std::invalid_argument("condition " + condition.name + " has no recording as long as a window, " +
                                  std::to_string(signal.window) +
                                  " frames: choose a shorter one with --window");
  }
  return blocks;
}

Eigen::Block<const Frames> frames_of(const Recordings& recordings, const Block& block) {
  const Frames& frames = recordings.conditions[block.condition].recordings[block.recording];
  return frames.block(block.first_frame, 0, block.frames, frames.cols());
}

thrum::Matrix<float> features_of(const Recordings& recordings, const thrum::FeatureOptions& signal,
                                 const std::vector<Block>& blocks) {
  Eigen::Index windows = 0;
  for (const Block& block : blocks) windows += thrum::window_count(signal, block.frames);
  thrum::Matrix<float> features(windows, thrum::feature_count(signal));
  Eigen::Index row = 0;
  for (const Block& block : blocks) {
    const auto rows = thrum::extract_windows(signal, frames_of(recordings, block));
    features.middleRows(row, rows.rows()) = rows;
    row += rows.rows();
  }
  return features;
}

std::size_t ConditionResult::alarms() const {
  return static_cast<std::size_t>(
      std::count_if(verdicts.begin(), verdicts.end(),
                    [](const thrum::Verdict& verdict) { return verdict.state == thrum::State::alarm; }));
}

std::vector<ConditionResult> evaluate(const Recordings& recordings, const thrum::FeatureOptions& signal,
                                      const Judge& judge, int classes, const std::vector<Block>& held_out) {
  std::vector<Block> blocks = held_out;
  const std::vector<Block> faults = fault_blocks(recordings, signal);
  blocks.insert(blocks.end(), faults.begin(), faults.end());

  std::vector<ConditionResult> results;
  std::vector<float> normal_scores;
  for (std::size_t c = 0; c < recordings.conditions.size(); ++c) {
    ConditionResult result;
    result.name = recordings.conditions[c].name;
    result.normal = recordings.conditions[c].normal;
    std::copy_if(blocks.begin(), blocks.end(), std::back_inserter(result.blocks),
                 [c](const Block& block) { return block.condition == c; });
    if (result.blocks.empty()) continue;
    result.features = features_of(recordings, signal, result.blocks);
    result.verdicts = judge(result.features);
    result.class_shares = class_shares(result.verdicts, classes);
    if (result.normal) {
      const std::vector<float> scores = scores_of(result.verdicts);
      normal_scores.insert(normal_scores.end(), scores.begin(), scores.end());
    }
    results.push_back(std::move(result));
  }
  for (ConditionResult& result : results)
    result.auc = area_under_curve(normal_scores, scores_of(result.verdicts));
  return results;
}

double measured_false_alarms(const std::vector<ConditionResult>& results) {
  std::size_t alarms = 0, windows = 0;
  for (const ConditionResult& result : results) {
    if (!result.normal) continue;
    alarms += result.alarms();
    windows += result.verdicts.size();
  }
  return windows == 0 ? 0.0 : static_cast<double>(alarms) / static_cast<double>(windows);
}

double area_under_curve(std::vector<float> normal, std::vector<float> anomalous) {
  if (normal.empty() || anomalous.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(normal.begin(), normal.end());
  double sum = 0;
  for (const float score : anomalous) {
    const auto [first, last] = std::equal_range(normal.begin(), normal.end(), score);
    sum += static_cast<double>((first - normal.begin()) + (last - normal.begin())) / 2;
  }
  return sum / (static_cast<double>(normal.size()) * static_cast<double>(anomalous.size()));
}

}  // namespace demo
