#ifndef THRUM_FEATURES_INTEGER_TABLE_HPP
#define THRUM_FEATURES_INTEGER_TABLE_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/features/fft.hpp"
#include "thrum/features/integer_fft.hpp"
#include "thrum/features/options.hpp"

namespace thrum {
namespace detail {

/// Where things stand in the table of features in integers: the table of the transform first, whose cosines
/// serve Hann's window of the same length too; any other length has cosines of its own; last the first bin of
/// each band and the end of the last.
struct IntegerTableLayout {
  Index window_cosines = 0;
  Index edges = 0;
  Index size = 0;
};

constexpr IntegerTableLayout integer_table_layout(const FeatureOptions& options) {
  if (options.bands == 0) return {};
  const Index transform = transform_size(options);
  const Index end = integer_transform_table_size(transform);
  if (transform == options.window) return {0, end, end + options.bands + 1};
  const Index edges = end + cosine_table_size(options.window);
  return {end, edges, edges + options.bands + 1};
}

constexpr void fill_integer_table(const FeatureOptions& options, int32_t* table) {
  if (options.bands == 0) return;
  const IntegerTableLayout layout = integer_table_layout(options);
  fill_integer_transform_table(table, transform_size(options));
  if (layout.window_cosines > 0) fill_integer_cosine_table(table + layout.window_cosines, options.window);
  const BandLayout bands = spectrum_bands(options);
  for (int band = 0; band <= bands.bands; ++band)
    table[layout.edges + band] = static_cast<int32_t>(bands.first_bin(band));
}

}  // namespace detail
}  // namespace thrum

#endif  // THRUM_FEATURES_INTEGER_TABLE_HPP
