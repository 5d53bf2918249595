#include "tones.hpp"

#include <algorithm>
#include <iomanip>
#include <iterator>
#include <ostream>

#include "protocols.hpp"
#include "results.hpp"
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

/// Of the splits: the shares of caught tones in the lowest band, since a fan turns slowly, and of false
/// alarms.
struct Caught {
  std::vector<double> low_tones, false_alarms;
};

Caught caught_tones(const FanRecordings& normal, const thrum::FeatureOptions& signal, int splits) {
  const Machine fan = ceiling_fan(normal, signal);
  const Rows rows = stacked(fan.normal);
  const std::vector<const thrum::Recording*> recordings = in_order_of_rows(normal);
  thrum::DetectorOptions options = chosen(kinds(0, 256), "mahalanobis").front().options;
  options.signal = signal;
  Caught caught;
  for (int number = 0; number < splits; ++number) {
    const Split split = split_stretches(fan.normal, number);
    thrum::Detector<float> detector(options);
    detector.fit_and_calibrate(picked(rows, split.learned.rows), asked, split.learned.folds);
    thrum::ToneSensitivity sensitivity(signal);
    for (const thrum::Index row : split.judged.rows)
      sensitivity.add(detector, recordings[thrum::array_size(row)]->samples.topRows(signal.window));
    caught.low_tones.push_back(sensitivity.caught_in(0));
    caught.false_alarms.push_back(sensitivity.false_alarms());
  }
  return caught;
}

void print_cell(const Caught& caught, std::ostream& out) {
  out << std::setw(6) << 100 * mean(caught.low_tones) << " % (" << 100 * mean(caught.false_alarms) << ") |"
      << std::flush;
}

}  // namespace

void print_caught_tones(const FanRecordings& recordings, int splits, std::ostream& out) {
  const FanRecordings normal = balanced(recordings);
  const std::vector<int> bands{16, 32, 48, 64};
  out << "| tapers |";
  for (const int count : bands) out << std::setw(8) << count << " bands |";
  out << "\n|---|---|---|---|---|\n" << std::fixed << std::setprecision(1);
  for (const int tapers : {3, 5, 8, 12, 16}) {
    out << "| " << std::setw(6) << tapers << " |";
    for (const int count : bands) {
      const auto signal = fan_signal(thrum::SpectrumKind::sine_tapers, count, tapers);
      print_cell(caught_tones(normal, signal, splits), out);
    }
    out << std::endl;
  }
}
