#ifndef THRUM_HOST_ROW_SAMPLE_HPP
#define THRUM_HOST_ROW_SAMPLE_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/random.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/weights.hpp"
#include "thrum/host/build.hpp"
#include "thrum/host/row_blocks.hpp"
#include "thrum/host/seeding.hpp"
#include "thrum/input.hpp"
#include "thrum/row_source.hpp"

namespace thrum {
inline namespace THRUM_BUILD {
namespace host {

/// Some rows of a source, in its order.
template <typename Scalar>
struct RowSample {
  Matrix<Scalar> rows;
  Vector<Scalar> weights;  ///< one for each row, or none
};

/// At most `most` rows of those that weigh anything, drawn without replacement, all equally likely; weights:
/// n or none. One pass; allocates the sample.
template <typename Scalar>
inline RowSample<Scalar> sample_rows(RowSource<Scalar>& source, VectorView<const Scalar> weights, Index most,
                                     Random& random) {
  Index left = 0;  // rows that weigh anything, not seen yet
  for (Index i = 0; i < source.rows(); ++i) left += weight_of(weights, i) > 0 ? 1 : 0;
  const Index wanted = smaller(left, most);
  RowSample<Scalar> sample{Matrix<Scalar>(wanted, source.cols()),
                           Vector<Scalar>(weights.size == 0 ? 0 : wanted)};
  Index taken = 0;
  // Each row in turn with the probability that makes every choice of `wanted` rows equally likely
  // (Knuth, 3.4.2 S).
  for_each_block(source, [&](MatrixView<const Scalar> block, Index first) {
    for (Index i = 0; i < block.rows && taken < wanted; ++i) {
      const Scalar weight = weight_of(weights, first + i);
      if (!(weight > 0) || random.index(left--) >= wanted - taken) continue;
      if (weights.size > 0) sample.weights[taken] = weight;
      copy_row(block, i, thrum::view(sample.rows), taken++);
    }
  });
  return sample;
}

}  // namespace host
}  // namespace THRUM_BUILD
}  // namespace thrum

#endif  // THRUM_HOST_ROW_SAMPLE_HPP
