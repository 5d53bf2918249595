#ifndef THRUM_CORE_MATRIX_VIEW_HPP
#define THRUM_CORE_MATRIX_VIEW_HPP

#include <stddef.h>

namespace thrum {

/// Sizes and positions. Signed, so that differences and downward loops are safe; n * d may exceed 2^31.
using Index = ptrdiff_t;

/// A vector somebody else owns: `size` elements, `stride` elements apart.
template <typename Scalar>
struct VectorView {
  Scalar* data = nullptr;
  Index size = 0;
  Index stride = 1;

  constexpr Scalar& operator[](Index i) const { return data[i * stride]; }
  constexpr operator VectorView<const Scalar>() const { return {data, size, stride}; }
};

/// A matrix somebody else owns. Rows are samples, columns are features; strides are in elements, so that
/// row-major, column-major, blocks and single rows are all the same to an algorithm.
template <typename Scalar>
struct MatrixView {
  Scalar* data = nullptr;
  Index rows = 0;
  Index cols = 0;
  Index row_stride = 0;
  Index col_stride = 1;

  constexpr Scalar& operator()(Index row, Index col) const {
    return data[row * row_stride + col * col_stride];
  }
  constexpr VectorView<Scalar> row(Index i) const { return {data + i * row_stride, cols, col_stride}; }
  constexpr VectorView<Scalar> col(Index j) const { return {data + j * col_stride, rows, row_stride}; }
  constexpr MatrixView transposed() const { return {data, cols, rows, col_stride, row_stride}; }
  constexpr MatrixView middle_rows(Index first, Index count) const {
    return {data + first * row_stride, count, cols, row_stride, col_stride};
  }
  constexpr operator MatrixView<const Scalar>() const { return {data, rows, cols, row_stride, col_stride}; }
};

/// View of a contiguous row-major array.
template <typename Scalar>
constexpr MatrixView<Scalar> row_major(Scalar* data, Index rows, Index cols) {
  return {data, rows, cols, cols, 1};
}

/// View of a contiguous array.
template <typename Scalar>
constexpr VectorView<Scalar> contiguous(Scalar* data, Index size) {
  return {data, size, 1};
}

/// Copies a k x d matrix feature after feature, as the inner loops read it (core/column_sums.hpp).
/// by_feature: d x k, written. O(d k).
template <typename Scalar>
inline void copy_by_feature(MatrixView<const Scalar> from, Scalar* by_feature) {
  for (Index f = 0; f < from.cols; ++f)
    for (Index j = 0; j < from.rows; ++j) by_feature[f * from.rows + j] = from(j, f);
}

/// A size as C++ declares arrays with it.
constexpr size_t array_size(Index size) { return static_cast<size_t>(size); }

/// Keeps a parameter out of template argument deduction, so that views of mutable data convert to const ones.
template <typename Type>
struct Identity {
  using type = Type;
};
template <typename Scalar>
using ConstMatrixView = MatrixView<const typename Identity<Scalar>::type>;
template <typename Scalar>
using ConstVectorView = VectorView<const typename Identity<Scalar>::type>;

}  // namespace thrum

#endif  // THRUM_CORE_MATRIX_VIEW_HPP
