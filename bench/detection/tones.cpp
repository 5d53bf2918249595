#include "tones.hpp"

#include <algorithm>
#include <iomanip>
#include <iterator>
#include <ostream>

#include "protocols.hpp"
#include "thrum/tone_sensitivity.hpp"

namespace {

FanRecordings balanced(const FanRecordings& recordings) {
  FanRecordings normal;
  std::copy_if(recordings.begin(), recordings.end(), std::back_inserter(normal), is_balanced);
  return normal;
}

std::vector<const thrum::Recording*> in_order_of_rows(const FanRecordings& normal) {
  std::vector<const thrum::Recording*> all;
  for (const thrum::Condition& condition : normal)
    for (const thrum::Recording& recording : condition.recordings) all.push_back(&recording);
  return all;
}

/// Mean over levels and channels of the share that is caught in the lowest band: a fan turns slowly.
double caught_of_low_tones(const thrum::ToneSensitivity& sensitivity) {
  double sum = 0;
  const auto levels = static_cast<thrum::Index>(sensitivity.tone_levels().size());
  for (thrum::Index level = 0; level < levels; ++level)
    for (int channel = 0; channel < sensitivity.channels(); ++channel)
      sum += sensitivity.caught(level, channel, 0);
  return sum / static_cast<double>(levels * sensitivity.channels());
}

double caught_tones(const FanRecordings& normal, const thrum::FeatureOptions& signal, int splits) {
  const Machine fan = ceiling_fan(normal, signal);
  const Rows rows = stacked(fan.normal);
  const std::vector<const thrum::Recording*> recordings = in_order_of_rows(normal);
  thrum::DetectorOptions options = chosen(kinds(0, 256), "mahalanobis").front().options;
  options.signal = signal;
  thrum::ToneSensitivity sensitivity(signal);
  for (int number = 0; number < splits; ++number) {
    const Split split = split_stretches(fan.normal, number);
    thrum::Detector<float> detector(options);
    detector.fit_and_calibrate(picked(rows, split.learned.rows), asked, split.learned.folds);
    for (const thrum::Index row : split.judged.rows)
      sensitivity.add(detector, recordings[thrum::array_size(row)]->samples.topRows(signal.window));
  }
  return caught_of_low_tones(sensitivity);
}

}  // namespace

void print_caught_tones(const FanRecordings& recordings, int splits, std::ostream& out) {
  const FanRecordings normal = balanced(recordings);
  const std::vector<int> bands{16, 32, 48, 64};
  out << "| tapers |";
  for (const int count : bands) out << std::setw(3) << count << " bands |";
  out << "\n|---|---|---|---|---|\n" << std::fixed << std::setprecision(1);
  for (const int tapers : {3, 5, 8, 12, 16}) {
    out << "| " << std::setw(6) << tapers << " |";
    for (const int count : bands) {
      const auto signal = fan_signal(thrum::SpectrumKind::sine_tapers, count, tapers);
      out << std::setw(7) << 100 * caught_tones(normal, signal, splits) << " % |" << std::flush;
    }
    out << std::endl;
  }
}
