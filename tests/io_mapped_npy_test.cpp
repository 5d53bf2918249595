#include "thrum/io/mapped_npy.hpp"

#include "catch.hpp"

#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "thrum/input.hpp"
#include "thrum/kmeans.hpp"

template class thrum::MappedNpy<float>;
template class thrum::MappedNpy<double>;
template class thrum::MappedRows<float>;
template class thrum::MappedRows<double>;

namespace {

using thrum::Index;
using thrum::MappedNpy;
using thrum_test::contains;

/// A file that lives as long as the test. The process id keeps tests that run side by side apart.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes = "", const std::string& name = "")
      : path_(std::filesystem::temp_directory_path() /
              ("thrum_mapped_npy_" + std::to_string(getpid()) + name + ".npy")) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string header(const std::string& dtype, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + dtype + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

/// An npy file whose data begin at a multiple of 64 bytes, plus `shift`.
std::string npy(std::string text, const std::string& data, std::size_t shift = 0) {
  text.append((64 - (10 + text.size()) % 64) % 64 + shift, ' ');
  std::string bytes = "\x93NUMPY";
  bytes += {'\1', '\0', static_cast<char>(text.size() % 256), static_cast<char>(text.size() / 256)};
  return bytes + text + data;
}

/// The values row after row; of the transpose, column after column.
template <typename Scalar>
std::string bytes_of(const thrum::Matrix<Scalar>& values) {
  return {static_cast<const char*>(static_cast<const void*>(values.data())),
          static_cast<std::size_t>(values.size()) * sizeof(Scalar)};
}

template <typename Scalar>
thrum::Matrix<Scalar> one_to_six() {
  return (thrum::Matrix<Scalar>(2, 3) << 1, 2, 3, 4, 5, 6).finished();
}

template <typename Scalar>
std::string type() {
  return thrum::detail::npy_dtype<Scalar>();
}

/// What the view shows, copied.
template <typename Scalar>
thrum::Matrix<Scalar> copied(const MappedNpy<Scalar>& mapped) {
  thrum::Matrix<Scalar> matrix(mapped.rows(), mapped.cols());
  for (Index i = 0; i < mapped.rows(); ++i)
    for (Index j = 0; j < mapped.cols(); ++j) matrix(i, j) = mapped.view()(i, j);
  return matrix;
}

/// What opening damaged bytes says, without the path; "" if it takes them.
template <typename Scalar = double>
std::string damage(const std::string& bytes) {
  const TemporaryFile file(bytes);
  try {
    const MappedNpy<Scalar> mapped(file.path());
  } catch (const std::runtime_error& error) {
    const std::string message = error.what();
    const std::string path = file.path().string();
    REQUIRE(message.substr(0, path.size() + 2) == path + ": ");
    return message.substr(path.size() + 2);
  }
  return "";
}

/// KiB of files that this process holds in memory, on a disk or not; -1 where the system does not say.
long resident_file_kib() {
  std::ifstream status("/proc/self/status");
  long sum = -1;
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("RssFile:", 0) != 0 && line.rfind("RssShmem:", 0) != 0) continue;
    sum = thrum::larger(sum, 0L) + std::stol(line.substr(line.find(':') + 1));
  }
  return sum;
}

/// Sums the matrix by chunks of rows, released when done with if asked for, and returns by how many KiB the
/// resident part of files grew at most.
long growth_during_walk(const MappedNpy<float>& mapped, Index chunk, bool released, double& sum) {
  const long before = resident_file_kib();
  long most = 0;
  sum = 0;
  for (Index first = 0; first < mapped.rows(); first += chunk) {
    const Index count = thrum::smaller(chunk, mapped.rows() - first);
    const auto rows = mapped.view().middle_rows(first, count);
    for (Index i = 0; i < rows.rows; ++i)
      for (Index j = 0; j < rows.cols; ++j) sum += static_cast<double>(rows(i, j));
    most = thrum::larger(most, resident_file_kib() - before);
    if (released) mapped.release(first, count);
  }
  return most;
}

}  // namespace

TEMPLATE_TEST_CASE("a mapped array is the one that was written, to the bit", "", float, double) {
  using Limits = std::numeric_limits<TestType>;
  thrum::Matrix<TestType> x(3, 2);
  x << Limits::lowest(), (Limits::max)(), Limits::denorm_min(), TestType(-0.0), Limits::infinity(), 1;
  const TemporaryFile file;
  thrum::write_npy(file.path(), x);
  const MappedNpy<TestType> mapped(file.path());
  REQUIRE(mapped.rows() == 3);
  REQUIRE(mapped.cols() == 2);
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < 2; ++j) CHECK(thrum::bits_of(mapped.view()(i, j)) == thrum::bits_of(x(i, j)));
}

TEMPLATE_TEST_CASE("both storage orders are viewed in place", "", float, double) {
  const auto x = one_to_six<TestType>();
  const std::string by_rows = npy(header(type<TestType>(), "(2, 3)"), bytes_of<TestType>(x));
  const std::string by_columns =
      npy(header(type<TestType>(), "(2, 3)", "True"), bytes_of<TestType>(x.transpose()));
  const TemporaryFile rows_file(by_rows, "_rows"), columns_file(by_columns, "_columns");
  const MappedNpy<TestType> rows(rows_file.path()), columns(columns_file.path());
  CHECK(copied(rows) == x);
  CHECK(copied(columns) == x);
  CHECK(rows.view().row_stride == 3);
  CHECK(columns.view().col_stride == 2);
}

TEST_CASE("a 1-D array is a column, and arrays without elements keep their shape, as with read_npy") {
  const auto shape = [](const std::string& text, const std::string& data) {
    const TemporaryFile file(npy(text, data));
    const MappedNpy<float> mapped(file.path());
    const auto read = thrum::read_npy<float>(file.path());
    CHECK(copied(mapped) == read);
    mapped.release(0, mapped.rows());
    return std::pair<Index, Index>(mapped.rows(), mapped.cols());
  };
  CHECK(shape(header(type<float>(), "(3,)"), bytes_of<float>(Eigen::Vector3f(1, 2, 3))) ==
        std::pair<Index, Index>(3, 1));
  CHECK(shape(header(type<float>(), "(1, 3)", "True"), bytes_of<float>(Eigen::Vector3f(1, 2, 3))) ==
        std::pair<Index, Index>(1, 3));
  CHECK(shape(header(type<float>(), "(0,)"), "") == std::pair<Index, Index>(0, 1));
  CHECK(shape(header(type<float>(), "(0, 3)"), "") == std::pair<Index, Index>(0, 3));
  CHECK(shape(header(type<float>(), "(3, 0)", "True"), "") == std::pair<Index, Index>(3, 0));
}

TEST_CASE("a view of a file is an argument like any matrix") {
  thrum::Matrix<float> x(40, 3);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i * i % 17);
  const TemporaryFile rows_file("", "_rows");
  thrum::write_npy(rows_file.path(), x);
  const TemporaryFile columns_file(
      npy(header(type<float>(), "(40, 3)", "True"), bytes_of<float>(x.transpose())), "_columns");
  thrum::KMeans<float> in_memory(thrum::KMeansOptions{3}), by_rows = in_memory, by_columns = in_memory;
  in_memory.fit(x);
  by_rows.fit(MappedNpy<float>(rows_file.path()).view());
  by_columns.fit(MappedNpy<float>(columns_file.path()).view());
  CHECK(by_rows == in_memory);
  CHECK(by_columns == in_memory);
}

TEST_CASE("a file as a source of rows gives what the matrix gives") {
  thrum::Matrix<float> x(40, 3);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i * i % 17);
  const TemporaryFile file;
  thrum::write_npy(file.path(), x);
  thrum::MappedRows<float> source(file.path());
  REQUIRE(source.rows() == 40);
  REQUIRE(source.cols() == 3);
  const auto matches = [&](Index first, Index most, Index count) {
    const thrum::MatrixView<const float> block = source.block(first, most);
    CHECK(block.rows == count);
    for (Index i = 0; i < block.rows; ++i)
      for (Index j = 0; j < block.cols; ++j) CHECK(block(i, j) == x(first + i, j));
  };
  for (int pass = 0; pass < 2; ++pass) {
    matches(0, 16, 16);
    matches(16, 16, 16);
    matches(32, 16, 8);
  }
  thrum::KMeans<float> in_memory(thrum::KMeansOptions{3}), from_file = in_memory;
  in_memory.fit_from(x.topRows(3), x);
  from_file.fit_from(x.topRows(3), source);
  CHECK(from_file == in_memory);
}

TEST_CASE("a mapping moves, leaves nothing behind, and is not copied") {
  static_assert(!std::is_copy_constructible_v<MappedNpy<float>> &&
                !std::is_copy_assignable_v<MappedNpy<float>>);
  static_assert(std::is_nothrow_move_constructible_v<MappedNpy<float>> &&
                std::is_nothrow_move_assignable_v<MappedNpy<float>>);
  const TemporaryFile file, other_file("", "_other");
  thrum::write_npy(file.path(), one_to_six<float>());
  thrum::write_npy(other_file.path(), Eigen::Vector2f(7, 8));
  MappedNpy<float> first(file.path());
  const float* const data = first.view().data;

  MappedNpy<float> second(std::move(first));
  CHECK(second.view().data == data);
  CHECK(copied(second) == one_to_six<float>());
  CHECK(first.rows() == 0);  // NOLINT: what is left is part of the promise
  CHECK(first.cols() == 0);
  CHECK(first.view().data == nullptr);
  first.release(0, 0);

  first = MappedNpy<float>(other_file.path());
  CHECK(copied(first) == Eigen::Vector2f(7, 8));
  first = std::move(second);
  CHECK(copied(first) == one_to_six<float>());
  CHECK(second.rows() == 0);  // NOLINT
  MappedNpy<float>& itself = first;
  first = std::move(itself);
  CHECK(copied(first) == one_to_six<float>());
}

TEST_CASE("a mapping outlives the name of its file") {
  auto file = std::make_unique<TemporaryFile>();
  thrum::write_npy(file->path(), one_to_six<double>());
  const MappedNpy<double> mapped(file->path());
  file.reset();
  CHECK(copied(mapped) == one_to_six<double>());
}

TEST_CASE("another dtype or byte order is refused by name") {
  const std::string here = type<double>(), items(16, '\0');
  const char foreign_order = here[0] == '<' ? '>' : '<';
  REQUIRE(damage(npy(header(here, "(2,)"), items)).empty());
  const auto message = [&](const std::string& found) {
    return "expected the dtype " + here + ", which needs no conversion, found " + found +
           "; read_npy converts";
  };
  const std::string foreign = std::string(1, foreign_order) + "f8", narrow = type<float>();
  CHECK(damage(npy(header(foreign, "(2,)"), items)) == message(foreign));
  CHECK(damage(npy(header(narrow, "(4,)"), items)) == message(narrow));
  CHECK(damage(npy(header("<i8", "(2,)"), items)) == message("<i8"));
  CHECK(damage(npy(header("<u2", "(8,)"), items)) == message("<u2"));
  CHECK(damage(npy(header("|i1", "(16,)"), items)) == message("|i1"));
  CHECK_THAT(damage<float>(npy(header(here, "(2,)"), items)),
             contains("expected the dtype " + narrow) && contains("found " + here));
}

TEST_CASE("data that are not aligned are refused where they begin") {
  const std::string items(16, '\0');
  for (const std::size_t shift : {1u, 2u, 3u, 4u, 6u, 7u}) {
    const std::string bytes = npy(header(type<double>(), "(2,)"), items, shift);
    CAPTURE(shift);
    if (shift % alignof(double) == 0) {
      CHECK(damage(bytes).empty());
    } else {
      CHECK(damage(bytes) ==
            "byte " + std::to_string(bytes.size() - 16) + ": expected data that begin at a multiple of " +
                std::to_string(alignof(double)) + " bytes, found them here; read_npy takes them");
    }
    CHECK((damage<float>(npy(header(type<float>(), "(4,)"), items, shift)).empty()) == (shift % 4 == 0));
  }
}

TEST_CASE("what read_npy says of a damaged file, a mapping says too") {
  const std::string text = header(type<double>(), "(2,)"), items(16, '\0');
  const std::string whole = npy(text, items);
  REQUIRE(damage(whole).empty());
  const auto as_read = [](const std::string& bytes) {
    const TemporaryFile file(bytes);
    CHECK_THROWS_WITH(thrum::read_npy<double>(file.path()), file.path().string() + ": " + damage(bytes));
    return damage(bytes);
  };
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_FALSE(as_read(whole.substr(0, length)).empty());
  CHECK_THAT(as_read(whole.substr(0, whole.size() - 1)), contains("found 15: truncated"));
  CHECK_THAT(as_read(whole + "!"), contains("trailing bytes"));
  CHECK_THAT(as_read("PK\x03\x04 zip file"), contains("expected the npy magic"));
  CHECK_THAT(as_read(npy(header("<f2", "(2,)"), items)), contains("expected the dtype f4, f8"));
  CHECK_THAT(as_read(npy(header("<f8", "(1, 1, 2)"), items)), contains("1 or 2 dimensions, found 3"));
  CHECK_THAT(as_read(npy(header("<f8", "(4294967296, 4294967296)"), items)), contains("fits in memory"));
  CHECK_THAT(as_read(npy(header("<f8", "(1000000000, 1000000000)"), items)), contains("truncated"));
}

TEST_CASE("a missing file and a folder are refused by name, not mapped") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  const std::filesystem::path missing = folder / "thrum_no_such_folder" / "x.npy";
  CHECK_THROWS_WITH(MappedNpy<float>(missing), missing.string() + ": expected a file, found none");
  CHECK_THROWS_WITH(MappedNpy<float>(folder), contains("expected a regular file"));
}

TEST_CASE("releasing rows that are not there is refused, and released rows can be read again") {
  for (const bool fortran : {false, true}) {
    CAPTURE(fortran);
    const auto x = one_to_six<float>();
    const TemporaryFile file(npy(header(type<float>(), "(2, 3)", fortran ? "True" : "False"),
                                 fortran ? bytes_of<float>(x.transpose()) : bytes_of<float>(x)));
    const MappedNpy<float> mapped(file.path());
    CHECK_THROWS_WITH(mapped.release(-1, 1),
                      "thrum::MappedNpy::release: first_row is -1 and count 1, "
                      "expected rows out of 2");
    CHECK_THROWS_AS(mapped.release(0, -1), std::invalid_argument);
    CHECK_THROWS_AS(mapped.release(1, 2), std::invalid_argument);
    CHECK_THROWS_AS(mapped.release(3, 0), std::invalid_argument);
    CHECK_THROWS_AS(mapped.release(1, (std::numeric_limits<Index>::max)()), std::invalid_argument);
    mapped.release(2, 0);
    mapped.release(0, 2);
    CHECK(copied(mapped) == x);
  }
}

TEST_CASE("a walk that releases its rows stays small, one that does not holds the file") {
  if (resident_file_kib() < 0) return;       // not Linux
  constexpr Index rows = 1 << 22, cols = 2;  // 32 MiB
  const thrum::Matrix<float> ones = thrum::Matrix<float>::Ones(rows, cols);
  for (const bool fortran : {false, true}) {
    CAPTURE(fortran);
    const TemporaryFile file(
        npy(header(type<float>(), "(4194304, 2)", fortran ? "True" : "False"), bytes_of<float>(ones)));
    const MappedNpy<float> mapped(file.path());
    for (const Index chunk : {10000, 300000}) {
      // What `release` promises, and 1 MiB for code that comes in meanwhile.
      const Index bound = chunk * cols * 4 / 1024 + (fortran ? 4096 * cols : 4096) + 1024;
      double sum = 0;
      CHECK(growth_during_walk(mapped, chunk, true, sum) < bound);
      CHECK(sum == static_cast<double>(rows * cols));
    }
  }
  const TemporaryFile file(npy(header(type<float>(), "(4194304, 2)"), bytes_of<float>(ones)));
  thrum::MappedRows<float> source(file.path());
  const long before = resident_file_kib();
  float product = 1;
  for (Index first = 0; first < rows; first += 10000) {
    const auto block = source.block(first, 10000);
    for (Index i = 0; i < block.rows; ++i) product *= block(i, 0) * block(i, 1);
    REQUIRE(resident_file_kib() - before < 80 + 4096 + 1024);
  }
  CHECK(product == 1.0F);

  double sum = 0;
  CHECK(growth_during_walk(MappedNpy<float>(file.path()), 10000, false, sum) > 31000);
  CHECK(sum == static_cast<double>(rows * cols));
}
