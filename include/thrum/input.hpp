#ifndef THRUM_INPUT_HPP
#define THRUM_INPUT_HPP

#include <Eigen/Core>
#include <type_traits>

#include "thrum/core/matrix_view.hpp"

namespace thrum {

/// Results that are matrices: rows are samples, stored row after row.
template <typename Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Results that are vectors.
template <typename Scalar>
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

namespace detail {

template <typename Derived>
constexpr bool has_data = (Derived::Flags & Eigen::DirectAccessBit) != 0;

template <typename Scalar, typename Derived>
MatrixView<Scalar> view_of(Scalar* data, const Derived& x) {
  const Index inner = x.innerStride(), outer = x.outerStride();
  return {data, x.rows(), x.cols(), Derived::IsRowMajor ? outer : inner, Derived::IsRowMajor ? inner : outer};
}

}  // namespace detail

/// A view of any Eigen matrix, Map or Block that has data, in either storage order. Copies nothing.
template <typename Derived>
MatrixView<const typename Derived::Scalar> view(const Eigen::DenseBase<Derived>& x) {
  static_assert(detail::has_data<Derived>, "this expression has no data of its own: evaluate it first");
  return detail::view_of(x.derived().data(), x.derived());
}
template <typename Derived>
MatrixView<typename Derived::Scalar> view(Eigen::DenseBase<Derived>& x) {
  static_assert(detail::has_data<Derived>, "this expression has no data of its own: evaluate it first");
  return detail::view_of(x.derived().data(), x.derived());
}

/// A matrix argument: any dense Eigen expression of the right scalar, or a MatrixView. What has data is
/// viewed in place, whatever its storage order; any other expression is evaluated once. Lives no longer than
/// the call it is made for.
template <typename Scalar>
class MatrixInput {
  static_assert(std::is_same<Scalar, float>::value || std::is_same<Scalar, double>::value,
                "thrum works on float or double");

 public:
  MatrixInput(MatrixView<const Scalar> x) : view_(x) {}
  MatrixInput(MatrixView<Scalar> x) : view_(x) {}

  template <typename Derived>
  MatrixInput(const Eigen::DenseBase<Derived>& x) {
    static_assert(std::is_same<typename Derived::Scalar, Scalar>::value,
                  "the matrix and the model differ in scalar type: convert the matrix with x.cast<float>() "
                  "or x.cast<double>()");
    if constexpr (detail::has_data<Derived>) {
      view_ = detail::view_of<const Scalar>(x.derived().data(), x.derived());
    } else {
      evaluated_ = x;
      view_ = thrum::view(static_cast<const Matrix<Scalar>&>(evaluated_));
    }
  }

  MatrixInput(const MatrixInput&) = delete;
  MatrixInput& operator=(const MatrixInput&) = delete;

  MatrixView<const Scalar> view() const { return view_; }

 private:
  Matrix<Scalar> evaluated_;
  MatrixView<const Scalar> view_;
};

/// Lets `MatrixInput(x)` find the scalar of an Eigen expression by itself.
template <typename Derived>
MatrixInput(const Eigen::DenseBase<Derived>&) -> MatrixInput<typename Derived::Scalar>;

/// A vector argument, such as sample weights: as MatrixInput, a row or a column. Nothing means empty.
template <typename Scalar>
class VectorInput {
 public:
  VectorInput() : matrix_(MatrixView<const Scalar>{}) {}
  VectorInput(VectorView<const Scalar> x)
      : matrix_(MatrixView<const Scalar>{x.data, x.size, 1, x.stride, 0}) {}

  template <typename Derived>
  VectorInput(const Eigen::DenseBase<Derived>& x) : matrix_(x) {
    static_assert(Derived::IsVectorAtCompileTime, "expected a vector");
  }

  VectorView<const Scalar> view() const {
    const MatrixView<const Scalar> x = matrix_.view();
    return x.cols == 1 ? x.col(0) : VectorView<const Scalar>{x.data, x.rows == 0 ? 0 : x.cols, x.col_stride};
  }

 private:
  MatrixInput<Scalar> matrix_;
};

namespace detail {

template <typename Scalar>
VectorView<Scalar> vector_view(Vector<Scalar>& x) {
  return contiguous(x.data(), x.size());
}
template <typename Scalar>
VectorView<const Scalar> vector_view(const Vector<Scalar>& x) {
  return contiguous(x.data(), x.size());
}

}  // namespace detail

}  // namespace thrum

#endif  // THRUM_INPUT_HPP
