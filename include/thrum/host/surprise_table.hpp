#ifndef THRUM_HOST_SURPRISE_TABLE_HPP
#define THRUM_HOST_SURPRISE_TABLE_HPP

#include <algorithm>
#include <cstddef>
#include <vector>

#include "thrum/algorithm/anomaly.hpp"
#include "thrum/algorithm/tail_table.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/host/build.hpp"
#include "thrum/input.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// What fill_tail_table learns from values in any order, n >= 1. weights: one for each, with a positive sum,
/// or none. Values that never vary get a spread of a thousandth of themselves. O(n log n).
template <typename Scalar>
inline Vector<Scalar> surprise_table(VectorView<const Scalar> values, VectorView<const Scalar> weights,
                                     Index missing) {
  std::vector<Index> order;
  for (Index i = 0; i < values.size; ++i)
    if (weight_of(weights, i) > 0) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](Index a, Index b) { return values[a] < values[b]; });
  std::vector<double> passed;  // weight up to and with each value
  for (const Index i : order)
    passed.push_back((passed.empty() ? 0 : passed.back()) + static_cast<double>(weight_of(weights, i)));
  const auto value_at = [&](Index place) {
    const auto found = std::upper_bound(passed.begin(), passed.end() - 1, static_cast<double>(place));
    return values[order[static_cast<std::size_t>(found - passed.begin())]];
  };
  const Index count = larger(Index{1}, static_cast<Index>(passed.back() + 1e-9));
  const Scalar magnitude = larger(absolute(values[order.front()]), absolute(values[order.back()]));
  const Scalar least_spread = larger(Scalar(1e-3) * magnitude, least_radius<Scalar>());
  Vector<Scalar> table(tail_table_size);
  fill_tail_table(count, value_at, least_spread, missing, table.data());
  return table;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_SURPRISE_TABLE_HPP
