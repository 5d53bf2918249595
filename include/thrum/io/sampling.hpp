#ifndef THRUM_IO_SAMPLING_HPP
#define THRUM_IO_SAMPLING_HPP

#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"
#include "thrum/feature_extractor.hpp"
#include "thrum/features/spectrum.hpp"
#include "thrum/io/recording.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <locale>
#include <sstream>
#include <string>
#include <vector>

namespace thrum {

/// How evenly the frames of a recording follow each other.
struct SamplingReport {
  Eigen::Index frames = 0;
  double rate = 0;        ///< mean one in Hz: steps / time from the first stamp to the last
  double least_step = 0;  ///< seconds, as the following; negative when the clock runs backwards
  double p01_step = 0;    ///< one step of a hundred is shorter
  double median_step = 0;
  double p99_step = 0;  ///< one step of a hundred is longer
  double longest_step = 0;
  /// The clock never runs backwards, and of the steps at most one of a hundred is shorter than half the
  /// median and at most one longer than one and a half of it: a spectrum means what it says.
  bool regular = false;
};

namespace detail {

/// Type 7 as numpy's, of sorted values.
inline double quantile_of_sorted(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const std::size_t below = static_cast<std::size_t>(place);
  const std::size_t above = (std::min)(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

inline void require_times(const char* who, const Recording& recording) {
  require(recording.times.size() == recording.samples.rows() && recording.times.size() >= 2, who,
          ": recording ", recording.name, " has ", recording.times.size(),
          " times, expected one for each of its ", recording.samples.rows(), " frames, and two at least");
  for (Eigen::Index i = 0; i < recording.times.size(); ++i)
    require(is_finite(recording.times[i]), who, ": times(", i, ") of recording ", recording.name, " is ",
            recording.times[i], ", expected a finite number");
}

}  // namespace detail

/// Measures the steps of a recording's clock. O(n log n); allocates the steps. Throws std::invalid_argument
/// when the recording has no times, fewer than two, or one that is not finite.
inline SamplingReport sampling_report(const Recording& recording) {
  detail::require_times("thrum::sampling_report", recording);
  const Eigen::VectorXd& times = recording.times;
  std::vector<double> steps;
  for (Eigen::Index i = 1; i < times.size(); ++i) steps.push_back(times[i] - times[i - 1]);
  std::sort(steps.begin(), steps.end());

  SamplingReport report;
  report.frames = times.size();
  report.rate = detail::sampling_rate(times);
  report.least_step = steps.front();
  report.p01_step = detail::quantile_of_sorted(steps, 0.01);
  report.median_step = detail::quantile_of_sorted(steps, 0.5);
  report.p99_step = detail::quantile_of_sorted(steps, 0.99);
  report.longest_step = steps.back();
  report.regular = report.rate > 0 && report.p01_step >= 0.5 * report.median_step &&
                   report.p99_step <= 1.5 * report.median_step;
  return report;
}

/// The report as a sentence, the same in every locale: "6604 frames at 100 Hz on average; steps: median 3 ms,
/// p99 80 ms, longest 96 ms: irregular".
inline std::string to_string(const SamplingReport& report) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text.precision(4);
  text << report.frames << " frames at " << report.rate << " Hz on average; steps: median "
       << 1000 * report.median_step << " ms, p99 " << 1000 * report.p99_step << " ms, longest "
       << 1000 * report.longest_step << " ms: "
       << (report.least_step < 0 ? "the clock runs backwards"
           : report.regular      ? "regular"
                                 : "irregular");
  return text.str();
}

/// The recording at a regular rate: straight lines between its frames, read at the first stamp and every
/// 1 / rate seconds, as long as there are frames. Of frames with one stamp the last counts. rate: in Hz; 0:
/// the recording's mean rate, at which there are as many frames as were measured. (The rate of the median
/// step would be higher where frames come in bursts, and what is between the bursts made up.) What is above
/// half the rate folds back, and straight lines dampen what is near it: choose bands well below.
///
/// Throws std::invalid_argument when the recording has no times, the clock runs backwards or stands still, or
/// rate is negative, not finite or so high that there would be more than 2^31 frames. O(frames of both);
/// allocates the result.
inline Recording resample(const Recording& recording, double rate = 0) {
  constexpr const char* who = "thrum::resample";
  detail::require_times(who, recording);
  const Eigen::VectorXd& times = recording.times;
  const double mean_rate = detail::sampling_rate(times);
  detail::require(mean_rate > 0, who, ": recording ", recording.name,
                  " has times that run backwards or stand still, expected some that grow");
  detail::require(is_finite(rate) && rate >= 0, who, ": rate is ", rate, ", expected 0 or a positive number");
  if (rate == 0) rate = mean_rate;
  const double start = times[0], duration = times[times.size() - 1] - start;
  // A step that ends a rounding after the last stamp still counts.
  const double steps = std::floor(duration * rate * (1 + 1e-12));
  detail::require(steps < 2147483648.0, who, ": rate is ", rate,
                  ", expected one that makes at most 2^31 frames");

  Recording regular;
  regular.name = recording.name;
  regular.channel_names = recording.channel_names;
  regular.sampling_rate = rate;
  const Eigen::Index frames = static_cast<Eigen::Index>(steps) + 1;
  regular.samples.resize(frames, recording.samples.cols());
  regular.times.resize(frames);
  Eigen::Index before = 0;  // the last frame that is not after the time asked for, but never the very last
  for (Eigen::Index i = 0; i < frames; ++i) {
    const double time = start + static_cast<double>(i) / rate;
    while (before + 2 < times.size() && times[before + 1] <= time) ++before;
    const double gap = times[before + 1] - times[before];
    const double share = gap > 0 ? (std::min)((time - times[before]) / gap, 1.0) : 1.0;
    regular.times[i] = time;
    regular.samples.row(i) = (recording.samples.row(before).cast<double>() * (1 - share) +
                              recording.samples.row(before + 1).cast<double>() * share)
                                 .cast<float>();
  }
  return regular;
}

/// extract_windows(options, recording.samples), where the recording's clock has a say: with times that are
/// irregular there are no spectra, and none at another rate than the recording's. Throws
/// std::invalid_argument then, and as extract_windows does.
inline FeatureMatrix extract_windows(const FeatureOptions& options, const Recording& recording) {
  constexpr const char* who = "thrum::extract_windows";
  if (detail::has_transform(options) && recording.times.size() > 0) {
    const SamplingReport report = sampling_report(recording);
    detail::require(report.regular, who, ": recording ", recording.name, " has ", to_string(report),
                    ", expected regular steps where options ask for spectra: resample() it first, or switch "
                    "bands, envelope_bands and spectral_kurtosis_bands off");
    const double asked = static_cast<double>(options.sampling_rate);
    detail::require(std::fabs(asked - report.rate) <= 0.05 * report.rate, who, ": options.sampling_rate is ",
                    asked, ", expected about the ", report.rate, " Hz of recording ", recording.name);
  }
  return extract_windows(options, recording.samples);
}

}  // namespace thrum

#endif  // THRUM_IO_SAMPLING_HPP
