#ifndef THRUM_TONE_SENSITIVITY_HPP
#define THRUM_TONE_SENSITIVITY_HPP

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

#include "thrum/core/random.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/errors.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/features/options.hpp"

namespace thrum {

/// Tones to put on top of a machine that runs well.
struct ToneOptions {
  /// RMS of a tone, as shares of what its channel has about its mean in the window; rising, > 0 and finite.
  std::vector<double> levels = {0.05, 0.1, 0.2, 0.4, 0.8};
  int bands = 8;             ///< >= 1: equal bands from 0 to half the sampling rate that results are told by
  int tones_per_window = 4;  ///< >= 1: of each level
  std::uint64_t seed = 0;
};

/// What a detector would notice, measured before there has been a fault: held-out recordings of normal
/// operation are judged once more with a tone added to one channel of a window, of random phase and frequency
/// (from one cycle in the window to one short of half the sampling rate), as an imbalance, a mesh of gears or
/// a resonance would add. It tells the frequencies and channels to which a detector is blind, and compares
/// detectors, or choices of features, by normal recordings alone: the more tones they catch at the same rate
/// of false alarms, the better.
///
///     thrum::ToneSensitivity sensitivity(signal);
///     for (const auto& recording : held_out) sensitivity.add(detector, recording);
///     std::cout << sensitivity.caught() << " of all tones are caught\n";
class ToneSensitivity {
 public:
  /// signal: the features of the detectors. Throws std::invalid_argument when it does not pass check() or has
  /// inputs, which no tone changes, and for options out of range.
  explicit ToneSensitivity(const FeatureOptions& signal, const ToneOptions& options = {})
      : signal_(signal), options_(options), random_(options.seed) {
    constexpr const char* who = "thrum::ToneSensitivity";
    detail::require_recording(signal, signal.window, signal.channels);
    detail::require(signal.inputs == 0, who, ": signal has ", signal.inputs, " inputs, expected none");
    detail::require(options.bands >= 1, who, ": bands is ", options.bands, ", expected at least 1");
    detail::require(options.tones_per_window >= 1, who, ": tones_per_window is ", options.tones_per_window,
                    ", expected at least 1");
    double least = 0;
    for (const double level : options.levels) {
      detail::require(level > least && std::isfinite(level), who, ": levels has ", level,
                      ", expected rising finite numbers above 0");
      least = level;
    }
    detail::require(least > 0, who, ": levels is empty");
    const Index cells = Index{signal.channels} * options.bands;
    tried_ = Counts::Zero(levels(), cells);
    caught_ = Counts::Zero(levels(), cells);
  }

  /// Adds tones to each window of a recording that the detector finds normal, and counts those that make it
  /// an alarm. detector: a calibrated Detector, StoredDetector or QuantisedDetector on the features that this
  /// was made for; recording: normal operation that it has not learned from, as for extract_windows. A
  /// channel that stands still has no level to add a share of: its tones are not counted. Samples of int16
  /// are rounded and stay in range. Throws std::invalid_argument when the detector has other signal options,
  /// and as extract_windows does. Costs an extraction and a verdict for each level and tone; allocates those
  /// of a window.
  template <typename FittedDetector, typename Derived>
  void add(const FittedDetector& detector, const Eigen::DenseBase<Derived>& recording) {
    const auto& model = detector.model();
    detail::require(!model.has_signal || model.signal == signal_,
                    "thrum::ToneSensitivity::add: detector has other signal options");
    const std::vector<WindowCondition> conditions = window_conditions(signal_, recording);
    const std::vector<Verdict> verdicts = detector.verdicts(extract_windows(signal_, recording));
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      if (!conditions[i].scored() || verdicts[i].state != State::normal) continue;
      const Index first_frame = static_cast<Index>(i) * signal_.hop;
      add_window<typename Derived::Scalar>(detector, recording.middleRows(first_frame, signal_.window));
    }
  }

  const std::vector<double>& tone_levels() const { return options_.levels; }
  int channels() const { return signal_.channels; }
  int bands() const { return options_.bands; }
  /// Tones that were added so far.
  Index tried() const { return tried_.sum(); }
  /// Share of all tones that are caught; NaN before there are any.
  double caught() const { return share(caught_.sum(), tried_.sum()); }
  /// Of those of one level, 0 to tone_levels().size() - 1.
  double caught(Index level) const { return share(caught_.row(level).sum(), tried_.row(level).sum()); }
  /// Of those on one channel whose frequency is in one band, 0 to bands() - 1, too.
  double caught(Index level, int channel, int band) const {
    return share(caught_(level, cell(channel, band)), tried_(level, cell(channel, band)));
  }
  /// Share of the caught tones whose alarm names the channel that they are on; 0 of a detector without signal
  /// options, NaN before any is caught.
  double named() const { return share(named_, caught_.sum()); }
  /// The smallest level from which on at least so large a share of tones is caught on a channel and in a
  /// band; nothing where that is not reached by any.
  std::optional<double> smallest_caught(int channel, int band, double share = 0.9) const {
    std::optional<double> smallest;
    for (Index level = levels(); level-- > 0 && caught(level, channel, band) >= share;)
      smallest = options_.levels[array_size(level)];
    return smallest;
  }
  /// Lower edge of a band in Hz; of band bands(), half the sampling rate.
  double edge_hz(int band) const {
    return 0.5 * static_cast<double>(signal_.sampling_rate) * band / options_.bands;
  }

 private:
  using Counts = Eigen::Array<Index, Eigen::Dynamic, Eigen::Dynamic>;
  template <typename Sample>
  using Frames = Eigen::Matrix<Sample, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  static double share(Index part, Index all) { return static_cast<double>(part) / static_cast<double>(all); }

  Index levels() const { return static_cast<Index>(options_.levels.size()); }
  Index cell(int channel, int band) const { return Index{channel} * options_.bands + band; }

  /// The same tones are added at every level, so that levels compare.
  template <typename Sample, typename FittedDetector>
  void add_window(const FittedDetector& detector, const Frames<Sample>& window) {
    const Index copies = levels() * options_.tones_per_window;
    Frames<Sample> toned = window.replicate(copies, 1);
    std::vector<Index> cells;
    for (Index copy = 0; copy < copies; copy += levels()) {
      const Tone tone = random_tone();
      const double rms = fluctuation(window.col(tone.channel));
      cells.push_back(rms > 0 ? cell(tone.channel, tone.band) : -1);
      for (Index level = 0; level < levels(); ++level)
        put(tone, std::sqrt(2.0) * rms * options_.levels[array_size(level)],
            toned.col(tone.channel).segment((copy + level) * window.rows(), window.rows()));
    }
    FeatureOptions one_by_one = signal_;
    one_by_one.hop = signal_.window;
    const std::vector<Verdict> verdicts = detector.verdicts(extract_windows(one_by_one, toned));
    for (Index copy = 0; copy < copies; ++copy)
      count(copy % levels(), cells[array_size(copy / levels())], verdicts[array_size(copy)]);
  }

  struct Tone {
    int channel, band;
    double cycles_a_frame, phase;  ///< phase in cycles
  };

  Tone random_tone() {
    Tone tone{};
    tone.channel = static_cast<int>(random_.index(signal_.channels));
    const double cycle = 1.0 / signal_.window;  // slower, or as near to half the rate, samples say little
    tone.cycles_a_frame = cycle + (0.5 - 2 * cycle) * random_.uniform();
    tone.band = static_cast<int>(2 * tone.cycles_a_frame * options_.bands);
    tone.phase = random_.uniform();
    return tone;
  }

  template <typename Column>
  static double fluctuation(const Column& samples) {
    const Eigen::ArrayXd values = samples.template cast<double>().array();
    return std::sqrt((values - values.mean()).square().mean());
  }

  template <typename Column>
  static void put(const Tone& tone, double amplitude, Column samples) {
    using Sample = typename Column::Scalar;
    constexpr double full_circle = 6.283185307179586;
    for (Index i = 0; i < samples.size(); ++i) {
      const double turn = tone.cycles_a_frame * static_cast<double>(i) + tone.phase;
      const double sum = static_cast<double>(samples[i]) + amplitude * std::sin(full_circle * turn);
      if constexpr (std::is_same_v<Sample, std::int16_t>)
        samples[i] = static_cast<Sample>(std::clamp(std::nearbyint(sum), -32768.0, 32767.0));
      else
        samples[i] = static_cast<Sample>(sum);
    }
  }

  void count(Index level, Index cell, const Verdict& verdict) {
    if (cell < 0) return;
    ++tried_(level, cell);
    if (verdict.state != State::alarm) return;
    ++caught_(level, cell);
    if (verdict.channel == cell / options_.bands) ++named_;
  }

  FeatureOptions signal_;
  ToneOptions options_;
  Random random_;
  Counts tried_, caught_;  // levels x (channels x bands)
  Index named_ = 0;
};

}  // namespace thrum

#endif  // THRUM_TONE_SENSITIVITY_HPP
