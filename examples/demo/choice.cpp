#include "choice.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "thrum/anomaly_scorer.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/features/options.hpp"
#include "thrum/input.hpp"
#include "thrum/tone_sensitivity.hpp"

namespace demo {
namespace {

struct Spectrum {
  thrum::SpectrumKind kind;
  int tapers, bands;
};

/// From the cheapest on. Hann's window takes no tapers.
constexpr Spectrum spectra[] = {
    {thrum::SpectrumKind::hann, 5, 16},         {thrum::SpectrumKind::hann, 5, 32},
    {thrum::SpectrumKind::sine_tapers, 5, 16},  {thrum::SpectrumKind::sine_tapers, 5, 32},
    {thrum::SpectrumKind::sine_tapers, 12, 32}, {thrum::SpectrumKind::sine_tapers, 12, 64},
};

/// Normal blocks that detectors learn from, with the fold of each of their windows, and that they judge.
struct Blocks {
  std::vector<Block> learned, judged;
  std::vector<int> folds;
};

/// Of five blocks of a condition the third is judged, and the others are in a fold each.
Blocks shared_out(const std::vector<Block>& normal, const thrum::FeatureOptions& signal) {
  Blocks blocks;
  std::map<std::size_t, int> dealt;  // so many of each condition
  for (const Block& block : normal) {
    const int part = dealt[block.condition]++ % 5;
    if (part == 2) {
      blocks.judged.push_back(block);
      continue;
    }
    blocks.learned.push_back(block);
    blocks.folds.insert(blocks.folds.end(),
                        static_cast<std::size_t>(thrum::window_count(signal, block.frames)), part);
  }
  if (blocks.judged.empty())
    throw std::invalid_argument("no normal condition has three parts to choose by, expected more recordings");
  return blocks;
}

Trial tried(const Recordings& recordings, const thrum::DetectorOptions& options, const Blocks& blocks,
            double false_alarm_rate) {
  const thrum::FeatureOptions& signal = *options.signal;
  thrum::Detector<float> detector(options);
  detector.fit_and_calibrate(features_of(recordings, signal, blocks.learned), false_alarm_rate, blocks.folds);
  thrum::ToneSensitivity tones(signal);
  for (const Block& block : blocks.judged) tones.add(detector, frames_of(recordings, block));
  return {options, tones.tried() > 0 ? tones.caught() : 0.0, tones.false_alarms()};
}

/// Tries those of some detectors that can be learned: not every spectrum suits every window, nor every class
/// the room in flash.
std::vector<Trial> tried_where_possible(const Recordings& recordings,
                                        const std::vector<thrum::DetectorOptions>& candidates,
                                        const Blocks& blocks, double false_alarm_rate, std::string& refusal) {
  std::vector<Trial> trials;
  for (const thrum::DetectorOptions& candidate : candidates) {
    try {
      trials.push_back(tried(recordings, candidate, blocks, false_alarm_rate));
    } catch (const std::invalid_argument& error) {
      refusal = error.what();
    }
  }
  return trials;
}

/// The first that catches nearly as much as the best; trials: at least one.
const Trial& first_of_the_best(const std::vector<Trial>& trials) {
  constexpr double nearly = 0.95;
  double most = 0;
  for (const Trial& trial : trials) most = std::max(most, trial.caught);
  return *std::find_if(trials.begin(), trials.end(),
                       [&](const Trial& trial) { return trial.caught >= nearly * most; });
}

}  // namespace

const std::map<std::string, thrum::AnomalyKind> kinds_by_name{
    {"radius", thrum::AnomalyKind::radius},     {"mahalanobis", thrum::AnomalyKind::mahalanobis},
    {"soft", thrum::AnomalyKind::soft},         {"tails", thrum::AnomalyKind::tails},
    {"residual", thrum::AnomalyKind::residual}, {"automatic", thrum::AnomalyKind::automatic}};

Choice choose_by_tones(const Recordings& recordings, const thrum::DetectorOptions& options,
                       const std::vector<Block>& normal, double false_alarm_rate) {
  const Blocks blocks = shared_out(normal, *options.signal);
  std::vector<thrum::DetectorOptions> candidates;
  for (const Spectrum& spectrum : spectra) {
    candidates.push_back(options);
    thrum::FeatureOptions& signal = *candidates.back().signal;
    signal.spectrum = spectrum.kind;
    signal.tapers = spectrum.tapers;
    signal.bands = spectrum.bands;
  }
  std::string refusal;
  std::vector<Trial> trials = tried_where_possible(recordings, candidates, blocks, false_alarm_rate, refusal);
  if (trials.empty()) throw std::invalid_argument("nothing to choose from: " + refusal);
  const Trial best = first_of_the_best(trials);
  if (!(best.caught > 0)) throw std::invalid_argument("nothing to choose by: no tone is noticed");

  candidates.clear();
  for (const thrum::AnomalyKind kind : {thrum::AnomalyKind::tails, thrum::AnomalyKind::automatic}) {
    candidates.push_back(best.options);
    candidates.back().scorer.kind = kind;
  }
  std::vector<Trial> kinds{best};
  for (const Trial& trial : tried_where_possible(recordings, candidates, blocks, false_alarm_rate, refusal)) {
    kinds.push_back(trial);
    trials.push_back(trial);
  }
  return {trials, first_of_the_best(kinds).options};
}

}  // namespace demo
