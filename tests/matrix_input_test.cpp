#include <Eigen/Core>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "sample_data.hpp"
#include "thrum/input.hpp"
#include "thrum/kmeans.hpp"
#include "thrum/pca.hpp"
#include "thrum/scaler.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define THRUM_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define THRUM_COUNTS_ALLOCATIONS 0
#endif
#endif
#if !defined(THRUM_COUNTS_ALLOCATIONS)
#if defined(__GLIBC__)
#define THRUM_COUNTS_ALLOCATIONS 1
#else
#define THRUM_COUNTS_ALLOCATIONS 0
#endif
#endif

#if THRUM_COUNTS_ALLOCATIONS
// Stands before the C library's own for the whole program, Eigen and operator new included.
namespace {
long allocations = 0;
}
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* malloc(std::size_t size) noexcept {
  ++allocations;
  return __libc_malloc(size);
}
#endif

using thrum::Index;
using thrum::Matrix;
using thrum::MatrixInput;
using thrum::MatrixView;

namespace {

template <typename Scalar>
using ColumnMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;

/// Visits x in every form that a matrix argument may take.
template <typename Scalar, typename Visit>
void for_each_form(const Matrix<Scalar>& x, Visit visit) {
  using RowBlock = Eigen::Matrix<Scalar, 40, 12, Eigen::RowMajor>;
  using Strides = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  const Index n = x.rows(), d = x.cols();
  const ColumnMajor<Scalar> by_columns = x;
  visit(x);
  visit(by_columns);

  ColumnMajor<Scalar> larger_by_columns = ColumnMajor<Scalar>::Constant(n + 5, d + 3, Scalar(77));
  larger_by_columns.block(2, 1, n, d) = x;
  visit(larger_by_columns.block(2, 1, n, d));
  RowBlock larger_by_rows = RowBlock::Constant(Scalar(77));
  larger_by_rows.block(3, 2, n, d) = x;
  visit(larger_by_rows.block(3, 2, n, d));

  std::vector<Scalar> memory(thrum::array_size(3 * n * d), Scalar(77));
  Eigen::Map<Matrix<Scalar>, 0, Strides> apart(memory.data(), n, d, Strides(3 * d, 2));
  apart = x;
  visit(apart);
  visit(thrum::view(apart));
  visit(MatrixView<const Scalar>(thrum::view(apart)));
  visit(MatrixView<const Scalar>{by_columns.data(), n, d, 1, n});

  const Matrix<Scalar> upside_down = x.colwise().reverse();
  visit(MatrixView<const Scalar>{upside_down.data() + (n - 1) * d, n, d, -d, 1});
  visit(upside_down.colwise().reverse());  // has no data
  visit(x * Scalar(1));                    // has no data
  visit(Matrix<Scalar>(x));                // a temporary

  const ColumnMajor<Scalar> transposed = x.transpose();
  visit(transposed.transpose());
  visit(x.array());
  const Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic> array = x.array();
  visit(array);
  visit(Eigen::Ref<const Matrix<Scalar>>(x));
}

constexpr int forms = 16;

template <typename Scalar>
Matrix<Scalar> sample() {
  return thrum_test::blobs<Scalar>(41, 30, 4, 3);
}

/// Whether two matrices agree in shape and in every entry.
template <typename Left, typename Right>
bool equal(const Left& a, const Right& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() && a == b;
}

}  // namespace

TEMPLATE_TEST_CASE("every form of a matrix shows the same entries", "", float, double) {
  const Matrix<TestType> x = sample<TestType>();
  int visited = 0;
  for_each_form(x, [&](const auto& form) {
    const MatrixInput<TestType> input(form);
    const MatrixView<const TestType> view = input.view();
    REQUIRE(view.rows == x.rows());
    REQUIRE(view.cols == x.cols());
    for (Index i = 0; i < view.rows; ++i)
      for (Index f = 0; f < view.cols; ++f) REQUIRE(view(i, f) == x(i, f));
    ++visited;
  });
  CHECK(visited == forms);
}

TEMPLATE_TEST_CASE("Scaler gives the same bits for every form of a matrix", "", float, double) {
  thrum::Scaler<TestType> expected;
  expected.fit(sample<TestType>());
  const Matrix<TestType> scaled = expected.transform(sample<TestType>());
  for_each_form(sample<TestType>(), [&](const auto& form) {
    thrum::Scaler<TestType> scaler;
    scaler.fit(form);
    CHECK(scaler == expected);
    CHECK(equal(scaler.transform(form), scaled));
  });
}

TEMPLATE_TEST_CASE("PCA gives the same bits for every form of a matrix", "", float, double) {
  thrum::PCA<TestType> expected;
  expected.fit(sample<TestType>());
  const Matrix<TestType> z = expected.transform(sample<TestType>());
  for_each_form(sample<TestType>(), [&](const auto& form) {
    thrum::PCA<TestType> pca;
    pca.fit(form);
    CHECK(pca == expected);
    CHECK(equal(pca.transform(form), z));
  });
}

TEMPLATE_TEST_CASE("KMeans gives the same bits for every form of a matrix", "", float, double) {
  thrum::KMeansOptions options;
  options.clusters = 5;
  options.restarts = 2;
  thrum::KMeans<TestType> expected(options);
  const thrum::Vector<int> labels = expected.fit_predict(sample<TestType>());
  const Matrix<TestType> distances = expected.transform(sample<TestType>());
  for_each_form(sample<TestType>(), [&](const auto& form) {
    thrum::KMeans<TestType> kmeans(options);
    kmeans.fit(form);
    CHECK(kmeans == expected);
    CHECK(equal(kmeans.predict(form), labels));
    CHECK(equal(kmeans.transform(form), distances));
  });
}

TEMPLATE_TEST_CASE("what has data is viewed where it lies, and only the rest is evaluated", "", float,
                   double) {
  Matrix<TestType> rows = sample<TestType>();
  const ColumnMajor<TestType> columns = rows;
  CHECK(MatrixInput<TestType>(rows).view().data == rows.data());
  CHECK(MatrixInput<TestType>(columns).view().data == columns.data());
  CHECK(MatrixInput<TestType>(columns.block(1, 1, 2, 2)).view().data == &columns(1, 1));
  CHECK(MatrixInput<TestType>(rows + rows).view().data != rows.data());
  CHECK(MatrixInput<TestType>(rows + rows).view().rows == 30);
  thrum::view(rows)(2, 1) = 5;
  CHECK(rows(2, 1) == 5);
}

TEMPLATE_TEST_CASE("a row is one sample, a column is one feature", "", float, double) {
  const Matrix<TestType> x = sample<TestType>();
  const ColumnMajor<TestType> by_columns = x;
  const Eigen::Matrix<TestType, 1, 4> fixed_row = x.row(3);
  const auto is_row = [&](const MatrixInput<TestType>& input) {
    const auto view = input.view();
    return view.rows == 1 && view.cols == 4 && view(0, 0) == x(3, 0) && view(0, 3) == x(3, 3);
  };
  CHECK(is_row(x.row(3)));
  CHECK(is_row(by_columns.row(3)));
  CHECK(is_row(fixed_row));
  CHECK(is_row(x.row(3).eval().transpose().eval().transpose()));
  const auto is_column = [&](const MatrixInput<TestType>& input) {
    const auto view = input.view();
    return view.rows == 30 && view.cols == 1 && view(0, 0) == x(0, 2) && view(29, 0) == x(29, 2);
  };
  CHECK(is_column(x.col(2)));
  CHECK(is_column(by_columns.col(2)));
  CHECK(is_column(thrum::Vector<TestType>(x.col(2))));
  CHECK(is_column(x.col(2) * TestType(1)));
}

TEMPLATE_TEST_CASE("a vector argument is a row, a column, a diagonal, an expression or nothing", "", float,
                   double) {
  using Input = thrum::VectorInput<TestType>;
  const Matrix<TestType> x = sample<TestType>();
  const auto is = [](const Input& input, const auto& expected) {
    const auto view = input.view();
    bool same = view.size == expected.size();
    for (Index i = 0; same && i < view.size; ++i) same = view[i] == expected(i);
    return same;
  };
  const thrum::Vector<TestType> column = x.col(1);
  const Eigen::Matrix<TestType, 1, Eigen::Dynamic> row = x.row(1);
  CHECK(is(column, column));
  CHECK(is(row, row));
  CHECK(is(x.col(1), column));
  CHECK(is(x.row(1), row));
  CHECK(is(x.col(1) * TestType(2), column * TestType(2)));
  CHECK(is(x.row(1) * TestType(2), row * TestType(2)));
  CHECK(is(x.diagonal(), x.diagonal()));
  CHECK(is(row.head(1), row.head(1)));
  CHECK(is(x.col(1).array(), column));
  CHECK(Input().view().size == 0);
  CHECK(Input(thrum::Vector<TestType>()).view().size == 0);
  CHECK(Input(Eigen::Matrix<TestType, 1, Eigen::Dynamic>()).view().size == 0);
}

TEMPLATE_TEST_CASE("a matrix without rows or columns keeps its shape", "", float, double) {
  const auto has_shape = [](const MatrixInput<TestType>& input, Index rows, Index cols) {
    return input.view().rows == rows && input.view().cols == cols;
  };
  CHECK(has_shape(Matrix<TestType>(0, 3), 0, 3));
  CHECK(has_shape(ColumnMajor<TestType>(3, 0), 3, 0));
  CHECK(has_shape(Matrix<TestType>(), 0, 0));
  CHECK(has_shape(Matrix<TestType>(0, 3) * TestType(2), 0, 3));
}

TEMPLATE_TEST_CASE("only matrices of the model's own scalar are lent, and never copied", "", float, double) {
  STATIC_REQUIRE(std::is_convertible<Matrix<TestType>, MatrixInput<TestType>>::value);
  STATIC_REQUIRE(std::is_convertible<MatrixView<TestType>, MatrixInput<TestType>>::value);
  STATIC_REQUIRE_FALSE(std::is_convertible<std::vector<TestType>, MatrixInput<TestType>>::value);
  STATIC_REQUIRE_FALSE(std::is_convertible<MatrixView<int>, MatrixInput<TestType>>::value);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible<MatrixInput<TestType>>::value);
}

TEMPLATE_TEST_CASE("results go into a caller's view of either order and touch nothing around it", "", float,
                   double) {
  const Matrix<TestType> x = sample<TestType>();
  thrum::Scaler<TestType> scaler;
  scaler.fit(x);
  thrum::KMeans<TestType> kmeans{thrum::KMeansOptions{3}};
  kmeans.fit(x);
  thrum::PCA<TestType> pca;
  pca.fit(x);
  const auto check = [&](auto frame) {
    frame.setConstant(TestType(77));
    const auto outside = [&frame](Index cols) {
      frame.block(1, 2, 30, cols).setConstant(TestType(77));
      return (frame.array() == TestType(77)).all();
    };
    auto four = frame.block(1, 2, 30, 4);
    scaler.transform(x, thrum::view(four));
    CHECK(equal(four, scaler.transform(x)));
    CHECK(outside(4));
    pca.transform(x, thrum::view(four));
    CHECK(equal(four, pca.transform(x)));
    CHECK(outside(4));
    auto three = frame.block(1, 2, 30, 3);
    kmeans.transform(x, thrum::view(three));
    CHECK(equal(three, kmeans.transform(x)));
    CHECK(outside(3));
  };
  check(Matrix<TestType>(33, 8));
  check(ColumnMajor<TestType>(33, 8));
}

#if THRUM_COUNTS_ALLOCATIONS
TEMPLATE_TEST_CASE("results that go into a caller's view allocate nothing", "", float, double) {
  const Matrix<TestType> x = sample<TestType>();
  thrum::Scaler<TestType> scaler;
  scaler.fit(x);
  thrum::KMeans<TestType> kmeans{thrum::KMeansOptions{3}};
  kmeans.fit(x);
  Matrix<TestType> scaled(30, 4), distances(30, 3);
  thrum::Vector<int> labels(30);

  const long before = allocations;
  scaler.transform(x, thrum::view(scaled));
  kmeans.transform(x, thrum::view(distances));
  kmeans.predict(x, {labels.data(), 30, 1});
  const long after = allocations;
  CHECK(after == before);
  // The count is one that counts.
  const Matrix<TestType> returned = scaler.transform(x);
  const long counted = allocations;
  CHECK(counted > after);
  CHECK(equal(returned, scaled));
}
#endif
