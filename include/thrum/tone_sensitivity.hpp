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
#include "thrum/host/matrices.hpp"

namespace thrum {

/// Tones to put on top of a machine that runs well.
struct ToneOptions {
  /// RMS of a tone, as shares of what its channel has about its mean in the window: rising, > 0, to 1e6.
  std::vector<double> levels = {0.05, 0.1, 0.2, 0.4, 0.8};
  int bands = 8;             ///< >= 1: equal bands from 0 to half the sampling rate that results are told by
  int tones_per_window = 4;  ///< >= 1: of each level
  std::uint64_t seed = 0;
};

/// What a detector would notice, measured before there has been a fault: held-out recordings of normal
/// operation are judged once more with a tone added to one channel of a window, of random phase and frequency
/// (from one cycle in the window to one short of half the sampling rate): the simplest of what an imbalance
/// or a resonance adds. It tells the frequencies and channels to which a detector is blind, and compares
/// detectors, or choices of features, by normal recordings alone: all get the same tones, and of two with the
/// same rate of false alarms, the one that catches more is the better for such faults.
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
      detail::require(level > least && level <= 1e6, who, ": levels has ", level,
                      ", expected rising numbers above 0, to 1e6");
      least = level;
    }
    detail::require(least > 0, who, ": levels is empty");
    const Index cells = Index{signal.channels} * options.bands;
    tried_ = Counts::Zero(level_count(), cells);
    caught_ = tried_;
  }

  /// Adds tones to each window of a recording that the detector finds normal, and counts those that make it
  /// an alarm. detector: a calibrated Detector, StoredDetector or QuantisedDetector on the features that this
  /// was made for; recording: normal operation that it has not learned from, as for extract_windows. A
  /// channel that stands still has no level to add a share of: its tones are not counted. Samples stay in the
  /// range of their type, those of int16 are rounded; toned windows are scored even where sensors would be
  /// found clipped. Throws std::invalid_argument when the detector is not fitted or has other signal options,
  /// and as extract_windows does. Costs an extraction and a verdict for each level and tone; allocates a
  /// window for each.
  template <typename FittedDetector, typename Sample>
  void add(const FittedDetector& detector, MatrixView<const Sample> recording) {
    constexpr const char* who = "thrum::ToneSensitivity::add";
    const auto& model = detector.model();
    detail::require(detector.fitted(), who, ": detector is not fitted");
    detail::require(!model.has_signal || model.signal == signal_, who, ": detector has other signal options");
    const std::vector<WindowCondition> conditions = window_conditions(signal_, recording);
    const std::vector<Verdict> verdicts = detector.verdicts(extract_windows(signal_, recording));
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      // Drawn whatever the verdict, so that every detector gets the same tones.
      const std::vector<Tone> tones = random_tones();
      if (!conditions[i].scored() || verdicts[i].state == State::unknown) continue;
      ++windows_;
      if (verdicts[i].state == State::alarm)
        ++alarms_;
      else
        add_window(detector, recording.middle_rows(static_cast<Index>(i) * signal_.hop, signal_.window),
                   tones);
    }
  }
  template <typename FittedDetector, typename Derived>
  void add(const FittedDetector& detector, const Eigen::DenseBase<Derived>& recording) {
    detail::with_recording(recording, [&](auto view) { add(detector, view); });
  }

  const std::vector<double>& levels() const { return options_.levels; }
  int channels() const { return signal_.channels; }
  int bands() const { return options_.bands; }
  /// Lower edge of a band in Hz; of band bands(), half the sampling rate.
  double edge_hz(int band) const {
    return 0.5 * static_cast<double>(signal_.sampling_rate) * band / options_.bands;
  }

  /// Share of windows that are an alarm without a tone; NaN before any was judged.
  double false_alarms() const { return ratio(alarms_, windows_); }
  /// Tones that were added so far.
  Index tried() const { return tried_.sum(); }
  /// Of one level, on one channel, in one band of frequencies; all count from 0. Throws std::invalid_argument
  /// when there is no such, as the following do.
  Index tried(int level, int channel, int band) const { return tried_(row(level), cell(channel, band)); }
  /// Share of all tones that are caught; NaN where none were tried, as in the following.
  double caught() const { return ratio(caught_.sum(), tried_.sum()); }
  /// Of those of one level.
  double caught_at(int level) const {
    return ratio(caught_.row(row(level)).sum(), tried_.row(row(level)).sum());
  }
  /// Of those of one level, on one channel and in one band.
  double caught_at(int level, int channel, int band) const {
    return ratio(caught_(row(level), cell(channel, band)), tried_(row(level), cell(channel, band)));
  }
  /// Of those in one band, of all levels and on all channels.
  double caught_in(int band) const {
    Index caught = 0, tried = 0;
    for (int channel = 0; channel < channels(); ++channel) {
      caught += caught_.col(cell(channel, band)).sum();
      tried += tried_.col(cell(channel, band)).sum();
    }
    return ratio(caught, tried);
  }
  /// The smallest level from which on at least so large a share of tones is caught on a channel and in a
  /// band; nothing where no level reaches that or the largest was not tried.
  std::optional<double> smallest_caught(int channel, int band, double share = 0.9) const {
    std::optional<double> smallest;
    for (int level = level_count(); level-- > 0 && caught_at(level, channel, band) >= share;)
      smallest = options_.levels[static_cast<std::size_t>(level)];
    return smallest;
  }
  /// Share of the caught tones whose alarm names the channel that they are on; 0 of a detector without signal
  /// options, NaN before any is caught.
  double named() const { return ratio(named_, caught_.sum()); }

 private:
  using Counts = Eigen::Array<Index, Eigen::Dynamic, Eigen::Dynamic>;

  struct Tone {
    int channel, band;
    double cycles_a_frame, phase;  ///< phase in cycles
  };

  static double ratio(Index part, Index all) { return static_cast<double>(part) / static_cast<double>(all); }

  int level_count() const { return static_cast<int>(options_.levels.size()); }

  Index row(int level) const { return checked("level", level, level_count()); }
  Index cell(int channel, int band) const {
    return checked("channel", channel, channels()) * bands() + checked("band", band, bands());
  }
  static Index checked(const char* what, int index, int count) {
    detail::require(index >= 0 && index < count, "thrum::ToneSensitivity: ", what, " is ", index,
                    ", expected from 0 to ", count - 1);
    return index;
  }

  std::vector<Tone> random_tones() {
    std::vector<Tone> tones(static_cast<std::size_t>(options_.tones_per_window));
    for (Tone& tone : tones) {
      tone.channel = static_cast<int>(random_.index(signal_.channels));
      const double cycle = 1.0 / signal_.window;  // slower, or as near to half the rate, samples say little
      tone.cycles_a_frame = cycle + (0.5 - 2 * cycle) * random_.uniform();
      tone.band = static_cast<int>(2 * tone.cycles_a_frame * options_.bands);
      tone.phase = random_.uniform();
    }
    return tones;
  }

  /// Adds each tone at every level, so that levels compare.
  template <typename Sample, typename FittedDetector>
  void add_window(const FittedDetector& detector, MatrixView<const Sample> window,
                  const std::vector<Tone>& tones) {
    const Matrix<Sample> plain = host::copied(window);
    Matrix<Sample> toned = plain.replicate(static_cast<Index>(tones.size()) * level_count(), 1);
    std::vector<bool> moves;
    Index first = 0;
    for (const Tone& tone : tones) {
      const double rms = fluctuation(plain.col(tone.channel));
      moves.push_back(rms > 0);
      for (const double level : options_.levels) {
        put(tone, std::sqrt(2.0) * level * rms, toned.col(tone.channel).segment(first, window.rows));
        first += window.rows;
      }
    }
    FeatureOptions one_by_one = signal_;
    one_by_one.hop = signal_.window;
    const std::vector<Verdict> verdicts = detector.verdicts(extract_windows(one_by_one, toned));
    auto verdict = verdicts.begin();
    for (std::size_t t = 0; t < tones.size(); ++t)
      for (int level = 0; level < level_count(); ++level, ++verdict)
        if (moves[t]) count(level, tones[t], *verdict);
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
      const double in_range = std::clamp(sum, static_cast<double>(std::numeric_limits<Sample>::lowest()),
                                         static_cast<double>((std::numeric_limits<Sample>::max)()));
      samples[i] = static_cast<Sample>(std::is_integral_v<Sample> ? std::nearbyint(in_range) : in_range);
    }
  }

  void count(int level, const Tone& tone, const Verdict& verdict) {
    ++tried_(level, cell(tone.channel, tone.band));
    if (verdict.state != State::alarm) return;
    ++caught_(level, cell(tone.channel, tone.band));
    if (verdict.channel == tone.channel) ++named_;
  }

  FeatureOptions signal_;
  ToneOptions options_;
  Random random_;
  Counts tried_, caught_;  // levels x (channels x bands)
  Index named_ = 0, windows_ = 0, alarms_ = 0;
};

}  // namespace thrum

#endif  // THRUM_TONE_SENSITIVITY_HPP
