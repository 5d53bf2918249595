#ifndef THRUM_EXAMPLES_DEMO_EVALUATION_HPP
#define THRUM_EXAMPLES_DEMO_EVALUATION_HPP

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "recordings.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/features/options.hpp"
#include "thrum/input.hpp"
#include "thrum/tone_sensitivity.hpp"

// Learning from the normal conditions, and judging what was held out.

namespace demo {

/// Some frames of one recording.
struct Block {
  std::size_t condition = 0;
  std::size_t recording = 0;
  Eigen::Index first_frame = 0;
  Eigen::Index frames = 0;
};

/// Normal recordings shared out so that no frame serves twice.
struct Split {
  std::vector<Block> train, calibrate, test;
};

/// Shares out the normal conditions 60 : 20 : 20, each by whole recordings when it has at least 10 (drawn by
/// `seed`), else by contiguous blocks, five and more of every recording. Recordings shorter than a window are
/// left out.
Split split_normals(const Recordings& recordings, const thrum::FeatureOptions& signal, std::uint64_t seed);

/// All recordings of the conditions that are not normal.
std::vector<Block> fault_blocks(const Recordings& recordings, const thrum::FeatureOptions& signal);

/// The frames of a block, where they lie.
Eigen::Block<const Frames> frames_of(const Recordings& recordings, const Block& block);

/// Feature rows of all windows of some blocks, one block after the other.
thrum::Matrix<float> features_of(const Recordings& recordings, const thrum::FeatureOptions& signal,
                                 const std::vector<Block>& blocks);

/// How one condition was judged.
struct ConditionResult {
  std::string name;
  bool normal = false;
  thrum::Matrix<float> features;         ///< a row for each window
  std::vector<thrum::Verdict> verdicts;  ///< one for each window
  std::vector<Block> blocks;             ///< where the windows are
  double auc = 0;  ///< of its scores against those of all held-out normals; near 0.5 for a normal one
  std::vector<double> class_shares;  ///< of its windows, for each working class

  std::size_t alarms() const;
};

/// The verdicts of a detector on feature rows.
using Judge = std::function<std::vector<thrum::Verdict>(const thrum::Matrix<float>&)>;

/// Judges the held-out part of the normal conditions and all of the others. classes: how many `judge` knows.
std::vector<ConditionResult> evaluate(const Recordings& recordings, const thrum::FeatureOptions& signal,
                                      const Judge& judge, int classes, const std::vector<Block>& held_out);

/// Which tones, added to held-out normal windows, a detector notices.
template <typename FittedDetector>
thrum::ToneSensitivity caught_tones(const Recordings& recordings, const thrum::FeatureOptions& signal,
                                    const FittedDetector& detector, const std::vector<Block>& held_out) {
  thrum::ToneOptions options;
  options.levels = {0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4, 0.56, 0.8, 1.1, 1.6};
  thrum::ToneSensitivity sensitivity(signal, options);
  for (const Block& block : held_out) sensitivity.add(detector, frames_of(recordings, block));
  return sensitivity;
}

/// Share of held-out normal windows that are alarms.
double measured_false_alarms(const std::vector<ConditionResult>& results);

/// Area under the ROC curve: the chance that an anomalous score is above a normal one, ties counting half.
double area_under_curve(std::vector<float> normal, std::vector<float> anomalous);

}  // namespace demo

#endif  // THRUM_EXAMPLES_DEMO_EVALUATION_HPP
