#ifndef THRUM_CORE_COLUMN_SUMS_HPP
#define THRUM_CORE_COLUMN_SUMS_HPP

#include "thrum/core/four_floats.hpp"
#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

// The one inner loop of scoring: a sample against every column of a feature-major matrix (all columns'
// feature 0, then all columns' feature 1, ...). Lanes run across columns and each sum is taken in feature
// order, so the bits are the same with any vector width, on the laptop and on the chip. What is always
// inlined would under -Os be called for every term.

namespace thrum {

/// Features summed before a sum is put aside. Long plain float sums lose digits (a million equal terms lose
/// four); two levels keep the error below (256 + d / 256) roundings. Up to 256 features nothing changes.
constexpr Index features_per_partial_sum = 256;

namespace detail {

/// Keeps the compiler from beginning what follows before four sums are done.
template <typename Scalar>
[[gnu::always_inline]] inline void finish(Scalar&, Scalar&, Scalar&, Scalar&) {}

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && defined(__ARM_FP) && defined(__GNUC__) && \
    !defined(__clang__)
/// GCC would load all columns first, run out of registers and put the sums on the stack.
template <>
[[gnu::always_inline]] inline void finish(float& a, float& b, float& c, float& d) {
  __asm__ volatile("" : "+t"(a), "+t"(b), "+t"(c), "+t"(d) : : "memory");
}
#endif

/// Calls step() so many times, at least once. On processors without loops that cost nothing twice between two
/// branches: a branch back takes as long as three additions.
template <typename Step>
[[gnu::always_inline]] inline void repeat(Index count, Step step) {
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && !defined(__ARM_FEATURE_MVE)
  Index turns = (count + 1) >> 1;
  bool odd = (count & 1) != 0;
  do {
    if (!odd) step();
    step();
    odd = false;
  } while (--turns != 0);
#else
  do step();
  while (--count != 0);
#endif
}

/// Sums of so many neighbouring columns, a power of two, kept in registers.
template <typename Scalar, int lanes>
struct LaneSums {
  LaneSums<Scalar, lanes / 2> low, high;

  [[gnu::always_inline]] void load(const Scalar* sums) {
    low.load(sums);
    high.load(sums + lanes / 2);
  }
  template <typename AddTerm>
  [[gnu::always_inline]] void add(Scalar value, const Scalar* entries, AddTerm add_term) {
    low.add(value, entries, add_term);
    high.add(value, entries + lanes / 2, add_term);
  }
  [[gnu::always_inline]] void store(Scalar* sums) const {
    low.store(sums);
    high.store(sums + lanes / 2);
  }
};

template <typename Scalar>
struct LaneSums<Scalar, 4> {
  Scalar a = 0, b = 0, c = 0, d = 0;

  [[gnu::always_inline]] void load(const Scalar* sums) {
    a = sums[0];
    b = sums[1];
    c = sums[2];
    d = sums[3];
  }
  template <typename AddTerm>
  [[gnu::always_inline]] void add(Scalar value, const Scalar* entries, AddTerm add_term) {
    const Two<Scalar> first = load_two(entries), second = load_two(entries + 2);
    a = add_term(a, value, first.a);
    b = add_term(b, value, first.b);
    c = add_term(c, value, second.a);
    d = add_term(d, value, second.b);
    finish(a, b, c, d);
  }
  [[gnu::always_inline]] void store(Scalar* sums) const {
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
  }
};

#if defined(THRUM_FLOATS_BY_HELIUM)
/// Four sums in a vector.
template <>
struct LaneSums<float, 4> {
  Four sums = {};

  void load(const float* from) { sums = load_four(from); }
  template <typename AddTerm>
  [[gnu::always_inline]] void add(float value, const float* entries, AddTerm add_term) {
    sums = add_term(sums, value, load_four(entries));
  }
  void store(float* results) const { store_four(results, sums); }
};
#endif

/// Writes the sums over `features` values, at least one, `stride` apart, of `lanes` neighbouring columns. A
/// function of its own, so that nothing else competes for its registers, and all who sum share its code.
template <int lanes, typename Scalar, typename AddTerm>
[[gnu::noinline]] void sum_lanes(const Scalar* value, Index stride, Index features, const Scalar* entries,
                                 Index columns, AddTerm add_term, Scalar* results) {
  LaneSums<Scalar, lanes> sums;
  const Scalar* const end = value + features * stride;
  do {
    sums.add(*value, entries, add_term);
    value += stride;
    entries += columns;
  } while (value != end);
  sums.store(results);
}

}  // namespace detail

/// Sum over features of terms of (x, column), in feature order. add_term: takes a sum, a value and an entry;
/// with Helium also four sums in a vector, a value and four entries. O(d).
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

namespace detail {

/// Columns that are summed together where there are so many.
constexpr int most_lanes = 16;

/// Writes the sums of so many neighbouring columns, whose first feature is at `entries`.
template <int lanes, typename Scalar, typename AddTerm>
[[gnu::always_inline]] inline void sum_neighbours(VectorView<const Scalar> x, const Scalar* entries,
                                                  Index columns, AddTerm add_term, Scalar* results) {
  sum_lanes<lanes>(x.data, x.stride, smaller(features_per_partial_sum, x.size), entries, columns, add_term,
                   results);
  for (Index begin = features_per_partial_sum; begin < x.size; begin += features_per_partial_sum) {
    Scalar part[array_size(lanes)];
    sum_lanes<lanes>(&x[begin], x.stride, smaller(features_per_partial_sum, x.size - begin),
                     entries + begin * columns, columns, add_term, part);
    for (int i = 0; i < lanes; ++i) results[i] += part[i];
  }
}

/// Writes the sums of the next columns, from column j on; returns how many: 16, 4 or 1. results: most_lanes
/// numbers. Inlined: where the columns are a constant, code of other numbers of lanes is left out.
template <typename Scalar, typename AddTerm>
[[gnu::always_inline]] inline int next_column_sums(VectorView<const Scalar> x, const Scalar* matrix,
                                                   Index columns, Index j, AddTerm add_term,
                                                   Scalar* results) {
  if (j < columns / most_lanes * most_lanes) {
    sum_neighbours<most_lanes>(x, matrix + j, columns, add_term, results);
    return most_lanes;
  }
  if (j < columns / 4 * 4) {
    sum_neighbours<4>(x, matrix + j, columns, add_term, results);
    return 4;
  }
  *results = column_sum(x, VectorView<const Scalar>{matrix + j, x.size, columns}, add_term);
  return 1;
}

}  // namespace detail

/// Writes to `sums`, one for each column, what for_each_column_sum says. O(d columns), allocates nothing.
template <typename Scalar, typename AddTerm>
[[gnu::always_inline]] inline void sum_columns(VectorView<const Scalar> x, const Scalar* matrix,
                                               Index columns, AddTerm add_term, Scalar* sums) {
  for (Index j = 0; j < columns;) j += detail::next_column_sums(x, matrix, columns, j, add_term, sums + j);
}

/// Calls visit(j, sum) for every column j in rising order, where the sum runs over features by
/// sum = add_term(sum, x[f], matrix[f * columns + j]).
/// x: d values, at least one; matrix: d x columns, contiguous. O(d columns), allocates nothing.
template <typename Scalar, typename AddTerm, typename Visit>
inline void for_each_column_sum(VectorView<const Scalar> x, const Scalar* matrix, Index columns,
                                AddTerm add_term, Visit visit) {
  Scalar sums[array_size(detail::most_lanes)];
  for (Index j = 0; j < columns;) {
    const Index end = j + detail::next_column_sums(x, matrix, columns, j, add_term, sums);
    for (const Scalar* sum = sums; j < end; ++j, ++sum) visit(j, *sum);
  }
}

}  // namespace thrum

#endif  // THRUM_CORE_COLUMN_SUMS_HPP
