#ifndef THRUM_BENCH_DETECTION_TONES_HPP
#define THRUM_BENCH_DETECTION_TONES_HPP

#include <iosfwd>

#include "data.hpp"

/// Prints a table: for numbers of sine tapers and of bands, the share of tones that `mahalanobis` catches
/// when they are added to recordings of the balanced fan in stretches held out. Looks at no fault.
void print_caught_tones(const FanRecordings& recordings, int splits, std::ostream& out);

#endif  // THRUM_BENCH_DETECTION_TONES_HPP
