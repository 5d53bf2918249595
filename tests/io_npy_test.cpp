#include "thrum/io/npy.hpp"

#include "catch.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using thrum_test::contains;

/// A file that lives as long as the test. The process id keeps tests that run side by side apart.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes = "")
      : path_(std::filesystem::temp_directory_path() / ("thrum_npy_" + std::to_string(getpid()) + ".npy")) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }

  const std::filesystem::path& path() const { return path_; }
  std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

 private:
  std::filesystem::path path_;
};

template <typename Scalar>
auto read_bytes(const std::string& bytes) {
  const TemporaryFile file(bytes);
  return thrum::read_npy<Scalar>(file.path());
}

/// What `read_npy` says of damaged bytes, without the path; "" if it takes them.
template <typename Scalar = double>
std::string damage(const std::string& bytes) {
  const TemporaryFile file(bytes);
  try {
    thrum::read_npy<Scalar>(file.path());
  } catch (const std::runtime_error& error) {
    const std::string message = error.what();
    const std::string path = file.path().string();
    REQUIRE(message.substr(0, path.size() + 2) == path + ": ");
    return message.substr(path.size() + 2);
  }
  return "";
}

/// An npy file put together by hand, so that reader and writer are not only tested against each other.
std::string npy(const std::string& header, const std::string& data, char major = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += {major, '\0', static_cast<char>(header.size() % 256), static_cast<char>(header.size() / 256)};
  if (major > 1) bytes += {'\0', '\0'};
  return bytes + header + data;
}

std::string header(const std::string& dtype, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + dtype + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

/// Bytes of the values, in the given order.
template <typename Scalar>
std::string data(std::initializer_list<int> values, bool little_endian = true) {
  std::string bytes;
  for (const int value : values) {
    const auto scalar = static_cast<Scalar>(value);
    std::string item(sizeof(Scalar), '\0');
    std::memcpy(item.data(), &scalar, sizeof(Scalar));
    if (little_endian != thrum::detail::is_little_endian()) std::reverse(item.begin(), item.end());
    bytes += item;
  }
  return bytes;
}

template <typename Scalar>
std::string dtype() {
  const char kind = std::is_floating_point_v<Scalar> ? 'f' : std::is_signed_v<Scalar> ? 'i' : 'u';
  return kind + std::to_string(sizeof(Scalar));
}

const std::string two_doubles = data<double>({1, 2});

Eigen::MatrixXd one_to_six() { return (Eigen::MatrixXd(2, 3) << 1, 2, 3, 4, 5, 6).finished(); }

}  // namespace

TEMPLATE_TEST_CASE("every dtype is read in both byte orders and both storage orders", "", float, double,
                   std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t,
                   std::uint32_t, std::uint64_t) {
  const std::string type = dtype<TestType>();
  for (const bool little : {true, false}) {
    const std::string order = little ? "<" : ">";
    const std::string by_rows = data<TestType>({1, 2, 3, 4, 5, 6}, little);
    const std::string by_columns = data<TestType>({1, 4, 2, 5, 3, 6}, little);
    CHECK(read_bytes<double>(npy(header(order + type, "(2, 3)"), by_rows)) == one_to_six());
    CHECK(read_bytes<double>(npy(header(order + type, "(2, 3)", "True"), by_columns)) == one_to_six());
    CHECK(read_bytes<float>(npy(header(order + type, "(2, 3)"), by_rows)) == one_to_six().cast<float>());
    CHECK(read_bytes<double>(npy(header(order + type, "(6,)"), by_rows)).rows() == 6);
    CHECK(read_bytes<double>(npy(header(order + type, "(6,)"), by_rows)).cols() == 1);
  }
}

TEST_CASE("the three format versions and every spelling of the header are read") {
  const std::string bytes = data<double>({1, 2, 3, 4, 5, 6});
  for (const std::string& text :
       {header("<f8", "(2, 3)"), header("<f8", "(2,3,)"), header("<f8", "( 2 , 3 )"),
        std::string("{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"<f8\"}"),
        header("<f8", "(2, 3)") + std::string(2000, ' ') + "\n"}) {
    CAPTURE(text);
    for (const char major : {'\1', '\2', '\3'}) {
      CHECK(read_bytes<double>(npy(text, bytes, major)) == one_to_six());
    }
  }
  CHECK(read_bytes<double>(npy(header("|i1", "(2,)"), "\x01\xff")) == Eigen::Vector2d(1, -1));
  CHECK(read_bytes<double>(npy(header("|u1", "(2,)"), "\x01\xff")) == Eigen::Vector2d(1, 255));
}

TEST_CASE("an array without elements keeps its shape") {
  CHECK(read_bytes<float>(npy(header("<f4", "(0,)"), "")).cols() == 1);
  CHECK(read_bytes<float>(npy(header("<f4", "(0, 3)"), "")).cols() == 3);
  CHECK(read_bytes<float>(npy(header("<f4", "(3, 0)", "True"), "")).rows() == 3);
}

TEMPLATE_TEST_CASE("what is written is read back to the bit", "", float, double, std::int8_t, std::int16_t,
                   std::int32_t, std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t) {
  using Limits = std::numeric_limits<TestType>;
  Eigen::Matrix<TestType, 2, 3> matrix;
  matrix << (Limits::min)(), (Limits::max)(), Limits::lowest(), 0, 1, 127;
  const TemporaryFile file;
  thrum::write_npy(file.path(), matrix);
  CHECK(thrum::read_npy<TestType>(file.path()) == matrix);
}

TEST_CASE("NaN, infinities, minus zero and subnormals survive writing and reading") {
  using Limits = std::numeric_limits<double>;
  Eigen::RowVectorXd row(5);
  row << Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), -0.0, Limits::denorm_min();
  const TemporaryFile file;
  thrum::write_npy(file.path(), row);
  const auto back = thrum::read_npy<double>(file.path());
  REQUIRE(back.cols() == 5);
  for (Eigen::Index i = 0; i < 5; ++i) CHECK(thrum::bits_of(back(0, i)) == thrum::bits_of(row(i)));
  const auto as_float = thrum::read_npy<float>(file.path());
  CHECK_FALSE(thrum::is_finite(as_float(0, 0)));
  CHECK_FALSE(thrum::is_finite(as_float(0, 1)));
}

TEST_CASE("any dense expression is written") {
  const Eigen::MatrixXd columns = one_to_six();
  const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = columns;
  const Eigen::MatrixXd square = (Eigen::MatrixXd(2, 2) << 2, 0, 0, 4).finished();
  const TemporaryFile file;
  const auto back = [&file](const auto& expression) {
    thrum::write_npy(file.path(), expression);
    return thrum::read_npy<double>(file.path());
  };
  CHECK(back(columns) == columns);
  CHECK(back(rows) == columns);
  CHECK(back(columns.transpose()) == columns.transpose());
  CHECK(back(columns.block(0, 1, 2, 2)) == columns.block(0, 1, 2, 2));
  CHECK(back(columns.row(1)) == columns.row(1));
  CHECK(back(columns.col(1)) == columns.col(1));
  CHECK(back(2 * columns + columns) == 3 * columns);
  CHECK(back(square * columns) == square * columns);
  CHECK(back(columns.array() * 2) == 2 * columns);
  CHECK(back(columns.cast<int>()) == columns);
  CHECK(back(Eigen::Map<const Eigen::VectorXd, 0, Eigen::InnerStride<2>>(columns.data(), 3)) ==
        columns.row(0).transpose());
  CHECK(back(Eigen::MatrixXd(0, 4)).cols() == 4);
  CHECK(back(Eigen::VectorXd()).rows() == 0);
}

TEST_CASE("a written file has the layout of the format, aligned to 64 bytes") {
  const TemporaryFile file;
  thrum::write_npy(file.path(), one_to_six().cast<float>());
  const std::string bytes = file.bytes();
  REQUIRE(bytes.size() == 128 + 24);
  const std::string order = thrum::detail::is_little_endian() ? "<" : ">";
  const std::string text = "{'descr': '" + order + "f4', 'fortran_order': False, 'shape': (2, 3), }";
  CHECK(bytes.substr(0, 10) == std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  CHECK(bytes.substr(10, 118) == text + std::string(117 - text.size(), ' ') + "\n");
  CHECK(bytes.substr(128) == data<float>({1, 2, 3, 4, 5, 6}, thrum::detail::is_little_endian()));
  for (Eigen::Index n : {0, 9, 10, 99, 100, 1000, 100000}) {
    thrum::write_npy(file.path(), Eigen::VectorXf(Eigen::VectorXf::Zero(n)));
    CHECK(file.bytes().size() % 64 == static_cast<std::size_t>(4 * n) % 64);
  }
}

TEST_CASE("a column vector is written as a 1-D array, a row vector as a 2-D one") {
  const TemporaryFile file;
  thrum::write_npy(file.path(), Eigen::Vector3i(1, 2, 3));
  CHECK_THAT(file.bytes(), contains("'shape': (3,)"));
  thrum::write_npy(file.path(), Eigen::RowVector3i(1, 2, 3));
  CHECK_THAT(file.bytes(), contains("'shape': (1, 3)"));
}

TEST_CASE("an array of several blocks keeps its order") {
  const Eigen::Index n = 30000;  // elements; a block has 8192
  const Eigen::VectorXi line = Eigen::VectorXi::LinSpaced(n, 0, static_cast<int>(n) - 1);
  const TemporaryFile file;
  thrum::write_npy(file.path(), line);
  CHECK(thrum::read_npy<int>(file.path()) == line);

  std::string bytes = file.bytes();
  const std::string shape = "'fortran_order': False, 'shape': (30000,), }";
  const std::string columns = "'fortran_order': True, 'shape': (3,10000),} ";
  REQUIRE(shape.size() == columns.size());
  bytes.replace(bytes.find(shape), shape.size(), columns);
  CHECK(read_bytes<int>(bytes) == line.reshaped(3, 10000));
}

TEST_CASE("a value outside the range of the scalar asked for is refused, rounding is not") {
  const std::string big = npy(header("<i8", "(2,)"), data<std::int64_t>({7, 300}));
  const std::size_t start = big.size() - 16;
  CHECK(read_bytes<std::int16_t>(big)(1, 0) == 300);
  CHECK(damage<std::uint8_t>(big) ==
        "byte " + std::to_string(start + 8) +
            ": expected a value in the range of the scalar asked for, found 300");
  const std::string negative = npy(header("|i1", "(1,)"), "\x80");
  CHECK(read_bytes<std::int8_t>(negative)(0, 0) == -128);
  CHECK_THAT(damage<std::uint64_t>(negative), contains("found -128"));
  CHECK_THAT(damage<std::int64_t>(npy(header("<u8", "(1,)"), std::string(8, '\xff'))),
             contains("found 18446744073709551615"));

  const TemporaryFile file;
  thrum::write_npy(file.path(), Eigen::RowVector2d(3.4028234663852886e38, 0.1));
  CHECK(thrum::read_npy<float>(file.path()) == Eigen::RowVector2f(3.4028235e38f, 0.1f));
  thrum::write_npy(file.path(), Eigen::RowVector2d(0, -3.5e38));
  CHECK_THROWS_WITH(thrum::read_npy<float>(file.path()), contains("byte 136") && contains("found -3.5e+38"));
  CHECK(damage<int>(npy(header("<f8", "(2,)"), two_doubles)) ==
        "expected an array of integers, found one of floats");
}

TEST_CASE("a damaged start of the file is refused") {
  CHECK(damage("") == "byte 0: expected 8 bytes of magic and version, found 0 where the file ends");
  CHECK(damage("\x93NUM") == "byte 0: expected 8 bytes of magic and version, found 4 where the file ends");
  CHECK(damage("PK\x03\x04 zip file") ==
        "byte 0: expected the npy magic '\\x93NUMPY', found 'PK\\x03\\x04 z'");
  CHECK(damage(npy(header("<f8", "(2,)"), two_doubles, '\0')) ==
        "byte 6: expected npy version 1.0, 2.0 or 3.0, found 0.0");
  CHECK(damage(npy(header("<f8", "(2,)"), two_doubles, '\4')) ==
        "byte 6: expected npy version 1.0, 2.0 or 3.0, found 4.0");
  CHECK(damage(std::string("\x93NUMPY\x01\x00\x10", 9)) ==
        "byte 8: expected 2 bytes of header length, found 1 where the file ends");
  CHECK(damage(std::string("\x93NUMPY\x01\x00\x10\x00{", 11)) ==
        "byte 10: expected 16 bytes of header, found 1 where the file ends");
  CHECK(damage(std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff{", 13)) ==
        "byte 8: expected a header of at most 4096 bytes, found 4294967295");
}

TEST_CASE("a damaged header is refused at its byte") {
  const auto message = [](const std::string& text) { return damage(npy(text, two_doubles)); };
  REQUIRE(message(header("<f8", "(2,)")) == "");
  CHECK(message("") == "byte 10: expected '{' in the header, found nothing");
  CHECK(message("{") == "byte 11: expected a key in the header, found nothing");
  CHECK(message("{'descr': '<f8'") == "byte 25: expected '}' in the header, found nothing");
  CHECK(message("{'descr") == "byte 11: expected a closing quote, found ''descr'");
  CHECK(message("{'descr' '<f8'}") == "byte 19: expected ':' in the header, found ''<f8'}'");
  CHECK(message("{'descr': '<f8', 'fortran_order': False}") ==
        "byte 50: expected the key 'shape', found none");
  CHECK(message("{}") == "byte 12: expected the key 'descr', found none");
  CHECK(message("{'descr': '<f8', 'descr': '<f8'}") ==
        "byte 27: expected each key once, found another 'descr'");
  CHECK_THAT(message("{'colour': 3}"),
             contains("byte 11: expected the key 'descr', 'fortran_order' or 'shape', found 'colour'"));
  CHECK(message(header("<f8", "(2,)") + "x") == "byte 68: expected the end of the header, found 'x'");
  CHECK_THAT(message(header("<f8", "(2,)", "false")),
             contains("byte 44: expected True or False, found 'false"));
}

TEST_CASE("a dtype other than a plain number is refused") {
  for (const std::string type : {"<f2", "<c8", "|b1", "|S8", "<U4", "|O", "<M8[ns]", "f8", "=f8", "|f8",
                                 "<f1", "<i3", "<i16", "<u0", "", "<x4", "\xff\xff\xff"}) {
    CAPTURE(type);
    CHECK_THAT(damage(npy(header(type, "(2,)"), two_doubles)),
               contains("byte 20: expected the dtype f4, f8"));
  }
  CHECK_THAT(damage(npy("{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (2,), }", two_doubles)),
             contains("byte 20: expected a plain dtype, found '[('x'"));
}

TEST_CASE("a shape that is not 1-D or 2-D, or no shape at all, is refused") {
  const auto message = [](const std::string& shape) {
    return damage(npy(header("<f8", shape), two_doubles));
  };
  CHECK(message("()") == "byte 60: expected a shape of 1 or 2 dimensions, found 0");
  CHECK(message("(1, 1, 2)") == "byte 60: expected a shape of 1 or 2 dimensions, found 3");
  CHECK(message("(2)") == "byte 60: expected a shape such as (3,), found a bare number");
  CHECK_THAT(message("2"), contains("byte 60: expected '(' in the header"));
  CHECK_THAT(message("(-2,)"), contains("byte 61: expected a size in the shape, found '-2,)"));
  CHECK_THAT(message("(2L,)"), contains("byte 62: expected ',' or ')' in the shape"));
  CHECK_THAT(message("(1 2)"), contains("expected ',' or ')' in the shape"));
  CHECK_THAT(message("(,)"), contains("expected a size in the shape"));
  CHECK_THAT(message("(2.0,)"), contains("expected ',' or ')' in the shape"));
  CHECK_THAT(message("(2,"), contains("expected a size in the shape"));
}

TEST_CASE("a shape whose product overflows is refused before anything is allocated") {
  const auto message = [](const std::string& shape) {
    return damage(npy(header("<f8", shape), two_doubles));
  };
  const std::string fits = "expected a shape that fits in memory";
  CHECK_THAT(message("(4294967296, 4294967296)"), contains(fits));  // product 2^64 wraps to 0
  CHECK_THAT(message("(2305843009213693952, 1)"), contains(fits));  // times 8 bytes wraps to 0
  CHECK_THAT(message("(9223372036854775807, 2)"), contains(fits));
  CHECK_THAT(message("(9223372036854775808,)"), contains("expected a size of at most 9223372036854775807"));
  CHECK_THAT(message("(99999999999999999999999999,)"), contains("expected a size of at most"));
  CHECK_THAT(message("(1000000000, 1000000000)"), contains("found 16: truncated"));
}

TEST_CASE("truncated and trailing data are refused at the byte where they part from the header") {
  const std::string text = header("<f8", "(2,)");
  const std::size_t start = 10 + text.size();
  for (std::size_t length = 0; length < 16; ++length) {
    CHECK(damage(npy(text, two_doubles.substr(0, length))) ==
          "byte " + std::to_string(start + length) + ": expected 16 bytes of data for 2 x 1, found " +
              std::to_string(length) + ": truncated");
  }
  CHECK(damage(npy(text, two_doubles)) == "");
  CHECK(damage(npy(text, two_doubles + "!")) ==
        "byte " + std::to_string(start + 16) +
            ": expected 16 bytes of data for 2 x 1, found 17: trailing bytes");
  CHECK_THAT(damage(npy(header("<f8", "(0, 9223372036854775807)"), two_doubles)), contains("trailing bytes"));
}

TEST_CASE("any bytes make an array or are refused") {
  // Every single changed byte of the head, and every prefix, of a whole file.
  const std::string whole = npy(header("<f4", "(2, 2)"), two_doubles);
  REQUIRE(damage(whole) == "");
  std::size_t refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CHECK(damage(whole.substr(0, i)) != "");
    for (const char byte : {'\0', '\1', '\x7f', '\xff', ' ', '\'', '"', '(', ')', ',', '9', '{', '}'}) {
      std::string changed = whole;
      changed[i] = byte;
      refused += damage(changed).empty() ? 0u : 1u;
    }
  }
  CHECK(refused > whole.size());
}

TEST_CASE("a missing file, a folder and a place that cannot be written are refused by name") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  const std::filesystem::path missing = folder / "thrum_no_such_folder" / "x.npy";
  CHECK_THROWS_WITH(thrum::read_npy<float>(missing), missing.string() + ": expected a file, found none");
  CHECK_THROWS_WITH(thrum::read_npy<float>(folder), contains("expected a regular file"));
  CHECK_THROWS_WITH(thrum::write_npy(missing, Eigen::Vector3d(1, 2, 3)),
                    missing.string() + ": expected a file that can be written, found none");
  CHECK_THROWS_AS(thrum::write_npy(folder, Eigen::Vector3d(1, 2, 3)), std::runtime_error);
}

TEST_CASE("a damaged array leaves the matrix that was to be replaced as it was") {
  auto matrix = read_bytes<double>(npy(header("<f8", "(2,)"), two_doubles));
  CHECK_THROWS_AS(matrix = read_bytes<double>(npy(header("<f8", "(3,)"), two_doubles)), std::runtime_error);
  CHECK(matrix == Eigen::Vector2d(1, 2));
}
