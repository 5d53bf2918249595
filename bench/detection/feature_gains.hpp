#ifndef THRUM_BENCH_DETECTION_FEATURE_GAINS_HPP
#define THRUM_BENCH_DETECTION_FEATURE_GAINS_HPP

#include <iosfwd>

#include "data.hpp"

/// Prints a table: what each kind of feature gains on the ceiling fan, judged by `mahalanobis` in stretches
/// held out: the AUC of that kind alone, and by how much AUC and the caught share of the hardest fault rise
/// when it joins all the others (the default features with 32 bands by five sine tapers).
void print_feature_gains(const FanRecordings& recordings, int splits, std::ostream& out);

#endif  // THRUM_BENCH_DETECTION_FEATURE_GAINS_HPP
