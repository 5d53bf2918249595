#ifndef THRUM_EXAMPLES_DEMO_CHOICE_HPP
#define THRUM_EXAMPLES_DEMO_CHOICE_HPP

#include <map>
#include <string>
#include <vector>

#include "evaluation.hpp"
#include "recordings.hpp"
#include "thrum/anomaly_scorer.hpp"
#include "thrum/detector.hpp"

// Which spectrum and which score suit a machine, found without a single fault.

namespace demo {

/// Kinds of score, by their names on the command line.
extern const std::map<std::string, thrum::AnomalyKind> kinds_by_name;

/// A detector that was tried, and what it notices.
struct Trial {
  thrum::DetectorOptions options;
  double caught = 0;        ///< share of the tones added to windows that were held out
  double false_alarms = 0;  ///< share of these windows that are alarms as they are
};

struct Choice {
  std::vector<Trial>
      trials;  ///< spectra from the cheapest on, then other kinds of score on the one of them taken
  thrum::DetectorOptions taken;  ///< of each the first that catches at least 95 % of what the best does
};

/// Tries spectra, then kinds of score. Each detector learns from four fifths of some normal blocks, with a
/// cross-conformal threshold, and gets the same tones on the rest. Measured false alarms differ by chance and
/// do not count. options: all that is not chosen, signal included. What can't be learned is left out; throws
/// std::invalid_argument where nothing is left, or nothing is noticed.
Choice choose_by_tones(const Recordings& recordings, const thrum::DetectorOptions& options,
                       const std::vector<Block>& normal, double false_alarm_rate);

}  // namespace demo

#endif  // THRUM_EXAMPLES_DEMO_CHOICE_HPP
