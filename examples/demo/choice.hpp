#ifndef THRUM_EXAMPLES_DEMO_CHOICE_HPP
#define THRUM_EXAMPLES_DEMO_CHOICE_HPP

#include <vector>

#include "evaluation.hpp"
#include "recordings.hpp"
#include "thrum/detector.hpp"

// Which spectrum and which score suit a machine, found without a single fault.

namespace demo {

/// A detector that was tried, and what it notices.
struct Trial {
  thrum::DetectorOptions options;
  double caught = 0;        ///< share of the tones added to windows that were held out
  double false_alarms = 0;  ///< share of these windows that are alarms as they are
};

struct Choice {
  std::vector<Trial> spectra;    ///< with mahalanobis, from the cheapest spectrum on
  std::vector<Trial> kinds;      ///< on the spectrum that was taken: mahalanobis and others
  thrum::DetectorOptions taken;  ///< of each list the first that catches nearly as much as the best
};

/// Tries spectra, then kinds of score. Each detector learns from four fifths of some normal blocks, with a
/// cross-conformal threshold, and gets the same tones on the rest. options: all that is not chosen; its
/// signal must be set.
Choice choose_by_tones(const Recordings& recordings, const thrum::DetectorOptions& options,
                       const std::vector<Block>& normal, double false_alarm_rate);

}  // namespace demo

#endif  // THRUM_EXAMPLES_DEMO_CHOICE_HPP
