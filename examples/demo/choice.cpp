#include "choice.hpp"

#include <algorithm>
#include <cstddef>

#include "thrum/calibration.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/tone_sensitivity.hpp"

namespace demo {
namespace {

constexpr int parts = 5;  // the blocks of the last of five are judged, the others learned from

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

/// Tried besides mahalanobis, with which spectra are compared.
constexpr thrum::AnomalyKind other_kinds[] = {thrum::AnomalyKind::tails, thrum::AnomalyKind::automatic};

struct Blocks {
  std::vector<Block> learned, judged;
};

Blocks shared_out(const std::vector<Block>& normal) {
  Blocks blocks;
  for (std::size_t i = 0; i < normal.size(); ++i)
    (i % parts == parts - 1 ? blocks.judged : blocks.learned).push_back(normal[i]);
  return blocks;
}

/// The number of its block for each window.
std::vector<int> blocks_of_windows(const std::vector<Block>& blocks, const thrum::FeatureOptions& signal) {
  std::vector<int> numbers;
  for (std::size_t i = 0; i < blocks.size(); ++i)
    numbers.insert(numbers.end(), static_cast<std::size_t>(thrum::window_count(signal, blocks[i].frames)),
                   static_cast<int>(i));
  return numbers;
}

/// Learns and gets tones. learned: the windows of the learned blocks.
Trial tried(const Recordings& recordings, const thrum::DetectorOptions& options, const Blocks& blocks,
            const thrum::Matrix<float>& learned, double false_alarm_rate) {
  const thrum::FeatureOptions& signal = *options.signal;
  const auto folds = thrum::block_folds(blocks_of_windows(blocks.learned, signal), parts);
  thrum::Detector<float> detector(options);
  detector.fit_and_calibrate(learned, false_alarm_rate, folds);
  thrum::ToneSensitivity tones(signal);
  for (const Block& block : blocks.judged) tones.add(detector, frames_of(recordings, block));
  return {options, tones.tried() > 0 ? tones.caught() : 0.0, tones.false_alarms()};
}

const Trial& taken(const std::vector<Trial>& trials) {
  constexpr double nearly = 0.95;
  double most = 0;
  for (const Trial& trial : trials) most = std::max(most, trial.caught);
  return *std::find_if(trials.begin(), trials.end(),
                       [&](const Trial& trial) { return trial.caught >= nearly * most; });
}

}  // namespace

Choice choose_by_tones(const Recordings& recordings, const thrum::DetectorOptions& options,
                       const std::vector<Block>& normal, double false_alarm_rate) {
  const Blocks blocks = shared_out(normal);
  Choice choice;
  thrum::DetectorOptions candidate = options;
  candidate.scorer.kind = thrum::AnomalyKind::mahalanobis;
  for (const Spectrum& spectrum : spectra) {
    candidate.signal->spectrum = spectrum.kind;
    candidate.signal->tapers = spectrum.tapers;
    candidate.signal->bands = spectrum.bands;
    if (thrum::what_is_wrong(*candidate.signal) != nullptr) continue;  // too many bands for a short window
    const auto learned = features_of(recordings, *candidate.signal, blocks.learned);
    choice.spectra.push_back(tried(recordings, candidate, blocks, learned, false_alarm_rate));
  }
  choice.kinds.push_back(taken(choice.spectra));
  candidate = choice.kinds.front().options;
  const auto learned = features_of(recordings, *candidate.signal, blocks.learned);
  for (const thrum::AnomalyKind kind : other_kinds) {
    candidate.scorer.kind = kind;
    choice.kinds.push_back(tried(recordings, candidate, blocks, learned, false_alarm_rate));
  }
  choice.taken = taken(choice.kinds).options;
  return choice;
}

}  // namespace demo
