#ifndef THRUM_FEATURES_INTEGER_SPECTRUM_HPP
#define THRUM_FEATURES_INTEGER_SPECTRUM_HPP

#include <stdint.h>

#include "thrum/core/integer_log.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/features/integer_fft.hpp"
#include "thrum/features/integer_statistics.hpp"
#include "thrum/features/integer_table.hpp"
#include "thrum/features/options.hpp"

namespace thrum {

namespace detail {

/// Bits of what is transformed: as many as integer_real_transform takes.
constexpr int signal_bits = 28;

/// Multiplies x by the periodic Hann window, and by a power of two that makes of deviations what may be
/// transformed. x: `size` deviations, in place; cosines: of fill_integer_cosine_table(size).
inline void apply_integer_hann_window(int32_t* x, Index size, const int32_t* cosines) {
  // Of a product of 64 bits the upper half is taken, of which the weight, up to 2^31, is a half.
  const int32_t scale = int32_t{1} << (signal_bits + 1 - deviation_bits(size));
  x[0] = 0;
  for (Index n = 1; 2 * n < size; ++n) {
    const int32_t weight = integer_cosine_one - cosines[n];
    x[n] = upper_half(int64_t{x[n] * scale} * weight);
    x[size - n] = upper_half(int64_t{x[size - n] * scale} * weight);
  }
  if (size % 2 == 0) x[size / 2] = (x[size / 2] * scale) >> 1;
}

/// Sum of the powers of the bins from `first` to before `end`.
inline uint64_t integer_power_of_bins(const int32_t* packed, Index first, Index end) {
  int64_t sum = 0;
  const int32_t* bin = packed + 2 * first;
#pragma GCC unroll 4
  for (Index left = end - first; left > 0; --left, bin += 2) {
    sum += int64_t{bin[0]} * bin[0];
    sum += int64_t{bin[1]} * bin[1];
  }
  return static_cast<uint64_t>(sum);
}

/// As integer_log2, the mean square in units that a band of power 1 stands for: the transform has been
/// multiplied by 2 / size, the signal by 2^(signal_bits - range_bits), and the mean of Hann's square is 3/8.
inline int32_t integer_log2_per_power(const FeatureOptions& options, int channel, int range_bits) {
  const int size_bits = bit_count(static_cast<uint64_t>(transform_size(options))) - 1;
  const int exponent = 1 + size_bits + 2 * (range_bits - signal_bits);
  return exponent * (1 << log2_fraction_bits) -
         integer_log2(static_cast<uint64_t>(3 * Index{options.window})) -
         2 * integer_log2(options.channel[channel].counts_per_unit);
}

/// Writes the log energies of all bands, as write_band_energies. signal: deviations, the front of
/// feature_scratch_size(options) integers; destroyed. range_bits: of the channel's range.
inline void write_integer_band_energies(const FeatureOptions& options, int channel, int range_bits,
                                        const int32_t* table, int32_t* signal, float* energies) {
  const Index size = transform_size(options), last = size / 2;
  const IntegerTableLayout layout = integer_table_layout(options);
  const int32_t* const edges = table + layout.edges;
  apply_integer_hann_window(signal, options.window, table + layout.window_cosines);
  for (Index i = options.window; i < size; ++i) signal[i] = 0;
  integer_real_transform(signal, size, table);

  const int32_t per_power = integer_log2_per_power(options, channel, range_bits);
  const float floor = natural_log_of_log2(integer_log2(options.energy_floor));
  for (int band = 0; band < options.bands; ++band) {
    const Index first = edges[band], end = edges[band + 1];
    // Bins other than the last twice, since they stand for their mirror images too.
    uint64_t power = 2 * integer_power_of_bins(signal, first, smaller(end, last));
    if (end > last) power += static_cast<uint64_t>(int64_t{signal[1]} * signal[1]);
    const float energy = power > 0 ? natural_log_of_log2(integer_log2(power) + per_power) : floor;
    energies[band] = larger(energy, floor);
  }
}

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_FEATURES_INTEGER_SPECTRUM_HPP
