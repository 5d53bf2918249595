#ifndef THRUM_ALGORITHM_QUANTILE_SKETCH_HPP
#define THRUM_ALGORITHM_QUANTILE_SKETCH_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"

namespace thrum {

/// Quantiles of any number of positive values in fixed memory: how many there are in each of `octaves` x 32
/// bins from 2^least_octave on, 32 of equal width for each power of two, so that a value's bin stands in its
/// bits. What is below the first bin counts in it, what is beyond the last in that. All zero is the empty
/// set; 128 x octaves bytes. The same bits on every machine, and in whatever order values come. Source: the
/// bins of Tene's HdrHistogram; a stated relative error and merging as of DDSketch (Masson, Rim and Lee,
/// Proceedings of the VLDB Endowment 12, 2019).
template <int least_octave = -6, int octaves = 16>
class QuantileSketch {
  static_assert(octaves > 0 && least_octave >= -126 && least_octave + octaves <= 128,
                "octaves must be those of ordinary floats");

 public:
  /// By how much a quantile may exceed that of the values themselves, as a share, within the bins.
  static constexpr float relative_error = 1.0f / 32;
  static constexpr int bins = 32 * octaves;

  /// Adds a value. non_finite, or out_of_range when it is negative: nothing is added. O(1).
  Status add(float value, uint32_t times = 1) {
    if (!is_finite(value)) return Status::non_finite;
    if (value < 0.0f) return Status::out_of_range;
    add_to(counts_[bin_of(value)], times);
    return Status::ok;
  }

  /// Adds the values of another sketch. O(bins).
  void merge(const QuantileSketch& other) {
    for (int bin = 0; bin < bins; ++bin) add_to(counts_[bin], other.counts_[bin]);
  }

  /// Values added so far; those of a bin stay at 2^32 - 1 once there. O(bins).
  uint64_t count() const {
    uint64_t sum = 0;
    for (const uint32_t own : counts_) sum += own;
    return sum;
  }

  /// The least upper edge of a bin that a share q in [0, 1] of the values, and at least one of them, lie
  /// below: at least the inverse-CDF quantile of the values, and at most relative_error above it. 0 of none.
  /// O(bins).
  float quantile(double q) const {
    const uint64_t all = count();
    if (all == 0) return 0.0f;
    // Less by what rounds off, so that 0.9 of ten values is nine of them.
    const double share = q * static_cast<double>(all) * (1 - 1e-12);
    uint64_t wanted = share > 0 ? static_cast<uint64_t>(share) : 0;
    if (static_cast<double>(wanted) < share || wanted == 0) ++wanted;
    return at_rank(wanted);
  }

  /// The same of the rank-th smallest value, 1 ... count(). O(bins).
  float at_rank(uint64_t rank) const {
    uint64_t below = 0;
    int bin = -1;
    while (below < rank) below += counts_[++bin];
    return upper_edge(bin);
  }

  /// How many values each bin has, and the edge it ends at: for who wants to store or draw it.
  uint32_t count_of(int bin) const { return counts_[bin]; }
  void set_count(int bin, uint32_t count) { counts_[bin] = count; }
  static float upper_edge(int bin) {
    return from_bits<float>(static_cast<uint32_t>(first + bin + 1) << shift);
  }

  friend bool operator==(const QuantileSketch& a, const QuantileSketch& b) {
    for (int bin = 0; bin < bins; ++bin)
      if (a.counts_[bin] != b.counts_[bin]) return false;
    return true;
  }
  friend bool operator!=(const QuantileSketch& a, const QuantileSketch& b) { return !(a == b); }

 private:
  static constexpr int shift = ScalarTraits<float>::mantissa_bits - 5;
  static constexpr int first = (ScalarTraits<float>::exponent_bias + least_octave) * 32;

  static int bin_of(float value) {
    const uint32_t magnitude = bits_of(value) & 0x7fffffffu;  // -0 is 0
    const int bin = static_cast<int>(magnitude >> shift) - first;
    return smaller(larger(bin, 0), bins - 1);
  }
  static void add_to(uint32_t& count, uint32_t more) {
    count = more > UINT32_MAX - count ? UINT32_MAX : count + more;
  }

  uint32_t counts_[array_size(bins)] = {};
};

}  // namespace thrum

#endif  // THRUM_ALGORITHM_QUANTILE_SKETCH_HPP
