#include "thrum/core/ordered_sum.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "thrum/core/random.hpp"

using thrum::Index;

namespace {

const Index sizes[] = {0, 1, 2, 255, 256, 257, 512, 1000, 4095, 4096, 4097, 10000};

template <typename Scalar>
std::vector<Scalar> uneven_terms(Index size) {
  thrum::Random random(21);
  std::vector<Scalar> terms(thrum::array_size(size));
  for (Scalar& term : terms) term = static_cast<Scalar>(random.normal() * std::exp(8 * random.normal()));
  return terms;
}

template <typename Scalar>
Scalar sum_of(const std::vector<Scalar>& terms) {
  return thrum::ordered_sum<Scalar>(static_cast<Index>(terms.size()),
                                    [&](Index i) { return terms[thrum::array_size(i)]; });
}

/// The same sum as a machine of many threads would make it: the partial sums last to first, each on its own.
template <typename Scalar>
Scalar sum_by_another_schedule(const std::vector<Scalar>& terms) {
  const Index rows = static_cast<Index>(terms.size());
  const Index count = thrum::partial_sums(rows);
  std::vector<Scalar> partial(thrum::array_size(count), Scalar(0));
  for (Index number = count - 1; number >= 0; --number)
    for (Index i = 0; i < rows; ++i)
      if (thrum::partial_sum_of(i) == number)
        partial[thrum::array_size(number)] += terms[thrum::array_size(i)];
  thrum::fold_partial_sums(
      count, [&](Index i, Index j) { partial[thrum::array_size(i)] += partial[thrum::array_size(j)]; });
  return partial[0];
}

}  // namespace

TEMPLATE_TEST_CASE("the bits of an ordered sum do not depend on who adds which part when", "", float,
                   double) {
  for (const Index size : sizes) {
    const std::vector<TestType> terms = uneven_terms<TestType>(size);
    CHECK(sum_of(terms) == sum_by_another_schedule(terms));
  }
}

TEMPLATE_TEST_CASE("an ordered sum that is taken a term at a time has the same bits", "", float, double) {
  for (const Index size : sizes) {
    const std::vector<TestType> terms = uneven_terms<TestType>(size);
    thrum::OrderedSum<TestType, 10000> sum;
    for (Index i = 0; i < size; ++i) sum.add(i, terms[thrum::array_size(i)]);
    CHECK(sum.fold() == sum_of(terms));
  }
  thrum::OrderedSum<TestType, 256> of_one_chunk;
  for (Index i = 0; i < 256; ++i) of_one_chunk.add(i, TestType(1));
  CHECK(of_one_chunk.fold() == 256);
}

TEMPLATE_TEST_CASE("the check of the order would see a sum taken from the other end", "", float, double) {
  const std::vector<TestType> terms = uneven_terms<TestType>(10000);
  CHECK(sum_of(terms) != sum_of(std::vector<TestType>(terms.rbegin(), terms.rend())));
}

TEMPLATE_TEST_CASE("an ordered sum of whole numbers is exact", "", float, double) {
  for (const Index size : sizes) {
    const auto sum = thrum::ordered_sum<TestType>(size, [](Index i) { return i % 7; });
    const Index rest = size % 7;
    CHECK(sum == static_cast<TestType>(size / 7 * 21 + rest * (rest - 1) / 2));
  }
}

TEST_CASE("every partial sum is folded in exactly once") {
  for (Index count = 1; count <= thrum::max_partial_sums; ++count) {
    std::vector<int> parts(thrum::array_size(count), 1);
    thrum::fold_partial_sums(count, [&](Index i, Index j) {
      parts.at(thrum::array_size(i)) += parts.at(thrum::array_size(j));
      parts.at(thrum::array_size(j)) = 0;
    });
    CHECK(parts[0] == count);
  }
}

TEST_CASE("rows go to the partial sums by chunks of 256, in turn") {
  CHECK(thrum::partial_sums(0) == 1);
  CHECK(thrum::partial_sums(256) == 1);
  CHECK(thrum::partial_sums(257) == 2);
  CHECK(thrum::partial_sums(1000000) == 16);
  CHECK(thrum::partial_sum_of(255) == 0);
  CHECK(thrum::partial_sum_of(256) == 1);
  CHECK(thrum::partial_sum_of(4095) == 15);
  CHECK(thrum::partial_sum_of(4096) == 0);
}
