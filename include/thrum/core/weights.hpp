#ifndef THRUM_CORE_WEIGHTS_HPP
#define THRUM_CORE_WEIGHTS_HPP

#include "thrum/core/matrix_view.hpp"

namespace thrum {

/// Weight of row i, where an empty view means that every row weighs 1.
template <typename Scalar>
constexpr Scalar weight_of(VectorView<const Scalar> weights, Index i) {
  return weights.size == 0 ? Scalar(1) : weights[i];
}

}  // namespace thrum

#endif  // THRUM_CORE_WEIGHTS_HPP
