#ifndef THRUM_MONITOR_CALIBRATION_HPP
#define THRUM_MONITOR_CALIBRATION_HPP

#include <algorithm>
#include <cmath>
#include <functional>
#include <ostream>
#include <vector>

#include "thrum/calibration.hpp"
#include "thrum/confidence.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/monitor.hpp"
#include "thrum/errors.hpp"
#include "thrum/series.hpp"

// What the operator sees are alarms of the Monitor, not of single windows: its threshold is calibrated on its
// own statistic, and its rate counts events.

namespace thrum {
namespace detail {

inline void require_monitor(const char* who, const MonitorOptions& options) {
  require(options.valid(), who,
          ": options are not valid, expected 1 <= votes <= window <= 32, 0 <= release < ",
          "votes, a positive finite threshold and durations from 0 to 65535");
}

/// Not NaN, which stands for an unknown verdict; infinite ones overflowed.
inline bool is_known(double score) {
  return is_finite(score) || bits_of(score) == bits_of(positive_infinity<double>());
}

/// The m-th largest of the last n scores after row `last` of a run; -infinity with fewer than m known ones.
inline double monitored(const Scores& scores, const MonitorOptions& options, const Run& run, Index last) {
  std::vector<double> latest;
  for (Index i = (std::max)(run.first, last + 1 - options.window); i <= last; ++i)
    if (is_known(scores[i])) latest.push_back(scores[i]);
  if (static_cast<Index>(latest.size()) < options.votes) return -positive_infinity<double>();
  const auto vote = latest.begin() + options.votes - 1;
  std::nth_element(latest.begin(), vote, latest.end(), std::greater<double>());
  return *vote;
}

}  // namespace detail

/// The largest value that the Monitor's statistic, the m-th largest of the last n scores, takes in each
/// stretch of n windows: stretches follow each other without overlap and do not cross the border of a block,
/// at whose start the Monitor knows nothing. What is left over at the end of a block is dropped. scores: in
/// the order of time; infinite ones (overflow) count as largest, NaN (unknown) for nothing. O(rows n).
inline Vector<double> monitor_statistics(const Scores& scores, const MonitorOptions& options,
                                         const Labels& blocks = {}) {
  constexpr const char* who = "thrum::monitor_statistics";
  detail::require_monitor(who, options);
  detail::require_labels(who, "blocks", blocks, scores.size());
  std::vector<double> maxima;
  for (const detail::Run& run : detail::runs_of(blocks, scores.size()))
    for (Index start = run.first; start + options.window <= run.end; start += options.window) {
      double largest = -positive_infinity<double>();
      for (Index i = start; i < start + options.window; ++i)
        largest = (std::max)(largest, detail::monitored(scores, options, run, i));
      maxima.push_back(largest);
    }
  return Eigen::Map<const Vector<double>>(maxima.data(), static_cast<Index>(maxima.size()));
}

/// The Monitor's threshold: with it, the Monitor goes into alarm within a further stretch of n windows with
/// probability at most `rate`, as far as stretches are exchangeable; alarm events, of which a stretch seldom
/// holds two, then come at about rate / n a window or less. A conformal rank over monitor_statistics. The
/// threshold is a float, rounded upwards, for MonitorOptions::threshold. Calibration::samples counts
/// stretches. Throws std::invalid_argument on fewer than 1 / rate - 1 stretches, saying how many are needed,
/// and on a threshold that is not positive. O(rows n).
inline Calibration monitor_threshold(const Scores& scores, const MonitorOptions& options, double rate,
                                     const Labels& blocks = {}) {
  constexpr const char* who = "thrum::monitor_threshold";
  const Vector<double> statistics = monitor_statistics(scores, options, blocks);
  const Index rank = detail::conformal_rank(who, "the series of stretches", statistics.size(), rate);
  const double exact = select(detail::vector_view(statistics), rank - 1);
  float threshold = static_cast<float>(exact);
  if (static_cast<double>(threshold) < exact)
    threshold = std::nextafter(threshold, positive_infinity<float>());
  detail::require(is_finite(threshold) && threshold > 0, who, ": the threshold is ", exact,
                  ", expected a positive finite number");
  const double used = static_cast<double>(threshold);
  return {rate, statistics.size(), used, detail::count_above(detail::vector_view(statistics), used), rate};
}

/// How often the Monitor goes into alarm on a series of scores: its events, however long each lasts. scores:
/// in the order of time, NaN where the verdict was unknown, infinite where it overflowed; at the start of a
/// block the Monitor starts anew. O(rows).
inline Index alarm_events(const Scores& scores, const MonitorOptions& options, const Labels& blocks = {}) {
  constexpr const char* who = "thrum::alarm_events";
  detail::require_monitor(who, options);
  detail::require_labels(who, "blocks", blocks, scores.size());
  Index events = 0;
  for (const detail::Run& run : detail::runs_of(blocks, scores.size())) {
    Monitor monitor;
    for (Index i = run.first; i < run.end; ++i) {
      const bool known = detail::is_known(scores[i]);
      const bool before = monitor.state() == State::alarm;
      const State state =
          monitor.update(options, known ? State::normal : State::unknown, static_cast<float>(scores[i]));
      events += state == State::alarm && !before ? 1 : 0;
    }
  }
  return events;
}

/// Alarm events over a time of watching, with an exact 95 % interval (poisson_interval).
struct EventRate {
  Index events = 0;
  double hours = 0;    ///< watched
  double per_day = 0;  ///< events a day
  double lower95 = 0;  ///< events a day
  double upper95 = 0;  ///< events a day; without any event the one-sided limit, 72 / hours
};

/// hours: > 0, of the series on which the events were counted.
inline EventRate event_rate(Index events, double hours) {
  constexpr const char* who = "thrum::event_rate";
  detail::require(is_finite(hours) && hours > 0, who, ": hours is ", hours,
                  ", expected a positive finite number");
  const Interval interval = poisson_interval(events);
  const double times = 24 / hours;
  return {events, hours, static_cast<double>(events) * times, interval.low * times, interval.high * times};
}

/// "< 3/T per hour (95 %)" where there were none, else events a day with their interval.
inline std::ostream& operator<<(std::ostream& out, const EventRate& rate) {
  if (rate.events == 0)
    return out << "none in " << rate.hours << " h: < " << rate.upper95 / 24 << " per hour (95 %)";
  return out << rate.events << " in " << rate.hours << " h: " << rate.per_day
             << " per day (95 %: " << rate.lower95 << " ... " << rate.upper95 << ')';
}

}  // namespace thrum

#endif  // THRUM_MONITOR_CALIBRATION_HPP
