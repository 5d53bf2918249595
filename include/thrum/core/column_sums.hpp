#ifndef THRUM_CORE_COLUMN_SUMS_HPP
#define THRUM_CORE_COLUMN_SUMS_HPP

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

// The one inner loop of scoring: a sample against every column of a feature-major matrix (all columns'
// feature 0, then all columns' feature 1, ...). Lanes run across columns and each sum is taken in feature
// order, so the bits are the same with any vector width, on the laptop and on the chip.

namespace thrum {

/// Features summed before a sum is put aside. Long plain float sums lose digits (a million equal terms lose
/// four); two levels keep the error below (256 + d / 256) roundings. Up to 256 features nothing changes.
constexpr Index features_per_partial_sum = 256;

namespace detail {

/// Sums of four neighbouring columns, kept in registers.
template <typename Scalar>
struct FourSums {
  Scalar a = 0, b = 0, c = 0, d = 0;

  template <typename AddTerm>
  void add(VectorView<const Scalar> x, const Scalar* column, Index columns, Index begin, Index end,
           AddTerm add_term) {
    const Scalar* entry = column + begin * columns;
    for (Index f = begin; f < end; ++f, entry += columns) {
      const Scalar value = x[f];
      a = add_term(a, value, entry[0]);
      b = add_term(b, value, entry[1]);
      c = add_term(c, value, entry[2]);
      d = add_term(d, value, entry[3]);
    }
  }

  void add(const FourSums& other) {
    a += other.a;
    b += other.b;
    c += other.c;
    d += other.d;
  }
};

}  // namespace detail

/// Sum over features of terms of (x, column), in feature order. O(d).
template <typename Scalar, typename AddTerm>
inline Scalar column_sum(VectorView<const Scalar> x, ConstVectorView<Scalar> column, AddTerm add_term) {
  Scalar total = 0;
  for (Index begin = 0; begin < x.size; begin += features_per_partial_sum) {
    const Index end = smaller(begin + features_per_partial_sum, x.size);
    Scalar sum = 0;
    for (Index f = begin; f < end; ++f) sum = add_term(sum, x[f], column[f]);
    total += sum;
  }
  return total;
}

/// Calls visit(j, sum) for every column j in rising order, where the sum runs over features by
/// sum = add_term(sum, x[f], matrix[f * columns + j]).
/// x: d values; matrix: d x columns, contiguous. O(d columns), allocates nothing.
template <typename Scalar, typename AddTerm, typename Visit>
inline void for_each_column_sum(VectorView<const Scalar> x, const Scalar* matrix, Index columns,
                                AddTerm add_term, Visit visit) {
  Index j = 0;
  for (; j + 4 <= columns; j += 4) {
    detail::FourSums<Scalar> total;
    for (Index begin = 0; begin < x.size; begin += features_per_partial_sum) {
      detail::FourSums<Scalar> sums;
      sums.add(x, matrix + j, columns, begin, smaller(begin + features_per_partial_sum, x.size), add_term);
      total.add(sums);
    }
    visit(j, total.a);
    visit(j + 1, total.b);
    visit(j + 2, total.c);
    visit(j + 3, total.d);
  }
  for (; j < columns; ++j)
    visit(j, column_sum(x, VectorView<const Scalar>{matrix + j, x.size, columns}, add_term));
}

}  // namespace thrum

#endif  // THRUM_CORE_COLUMN_SUMS_HPP
