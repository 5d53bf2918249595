#ifndef THRUM_IO_NPY_HPP
#define THRUM_IO_NPY_HPP

#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"
#include "thrum/huge_pages.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

namespace thrum {
namespace detail {

[[noreturn]] inline void damaged_npy(const std::filesystem::path& path, std::uint64_t byte,
                                     const std::string& what) {
  fail_file(path.string() + ": byte " + std::to_string(byte) + ": " + what);
}

constexpr std::string_view npy_magic{"\x93NUMPY", 6};

inline bool is_little_endian() {
  const std::uint16_t one = 1;
  unsigned char first = 0;
  std::memcpy(&first, &one, 1);
  return first == 1;
}

/// Bytes of a file for a message.
inline std::string shown_bytes(std::string_view bytes) {
  constexpr std::size_t longest = 40;
  constexpr char digits[] = "0123456789abcdef";
  if (bytes.empty()) return "nothing";
  std::string result = "'";
  for (const char c : bytes.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      result += c;
    } else {
      result += {'\\', 'x', digits[byte / 16], digits[byte % 16]};
    }
  }
  return result + (bytes.size() > longest ? "...'" : "'");
}

/// What the header of an npy file says.
struct NpyHeader {
  char kind = 'f';            ///< f float, i signed, u unsigned
  std::size_t item_size = 0;  ///< bytes: 1, 2, 4 or 8
  bool little_endian = true;
  bool fortran_order = false;
  std::uint64_t rows = 0;
  std::uint64_t cols = 1;
};

/// Reads the Python dictionary {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } and nothing else.
class NpyHeaderParser {
 public:
  NpyHeaderParser(const std::filesystem::path& path, std::string_view text, std::uint64_t offset)
      : path_(path), text_(text), offset_(offset) {}

  NpyHeader parse() {
    expect('{');
    bool seen[3] = {};
    while (!accept('}')) {
      read_entry(seen);
      if (accept(',')) continue;
      expect('}');
      break;
    }
    const std::size_t end = position_;
    skip_blanks();
    if (position_ != text_.size()) damage(position_, "expected the end of the header, found " + rest());
    constexpr const char* keys[3] = {"descr", "fortran_order", "shape"};
    for (std::size_t i = 0; i < 3; ++i) {
      if (!seen[i]) damage(end, std::string("expected the key '") + keys[i] + "', found none");
    }
    return header_;
  }

 private:
  [[noreturn]] void damage(std::size_t position, const std::string& what) const {
    damaged_npy(path_, offset_ + position, what);
  }

  std::string rest() const { return shown_bytes(text_.substr(position_, 20)); }

  void skip_blanks() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n')) ++position_;
  }

  bool accept(char c) {
    skip_blanks();
    if (position_ >= text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }

  void expect(char c) {
    if (!accept(c)) damage(position_, std::string("expected '") + c + "' in the header, found " + rest());
  }

  bool accept_word(std::string_view word) {
    skip_blanks();
    if (text_.substr(position_, word.size()) != word) return false;
    position_ += word.size();
    return true;
  }

  std::string_view read_quoted(const char* expected) {
    skip_blanks();
    const char quote = position_ < text_.size() ? text_[position_] : ' ';
    if (quote != '\'' && quote != '"') {
      damage(position_, std::string("expected ") + expected + ", found " + rest());
    }
    const std::size_t end = text_.find(quote, position_ + 1);
    if (end == std::string_view::npos) damage(position_, "expected a closing quote, found " + rest());
    const std::string_view result = text_.substr(position_ + 1, end - position_ - 1);
    position_ = end + 1;
    return result;
  }

  void read_entry(bool (&seen)[3]) {
    skip_blanks();
    const std::size_t start = position_;
    const std::string_view key = read_quoted("a key in the header");
    expect(':');
    const std::size_t which = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : 3;
    if (which == 3) {
      damage(start, "expected the key 'descr', 'fortran_order' or 'shape', found " + shown_bytes(key));
    }
    if (seen[which]) damage(start, "expected each key once, found another " + shown_bytes(key));
    seen[which] = true;
    if (which == 0) read_dtype();
    if (which == 1) read_order();
    if (which == 2) read_shape();
  }

  void read_dtype() {
    skip_blanks();
    const std::size_t start = position_;
    const std::string_view dtype = read_quoted("a plain dtype");
    if (dtype.size() != 3) refuse_dtype(start, dtype);
    const char order = dtype[0];
    header_.kind = dtype[1];
    header_.item_size = static_cast<std::size_t>(static_cast<unsigned char>(dtype[2] - '0'));
    header_.little_endian = order != '>';
    const std::size_t size = header_.item_size;
    const bool is_float = header_.kind == 'f' && (size == 4 || size == 8);
    const bool is_integer =
        (header_.kind == 'i' || header_.kind == 'u') && (size == 1 || size == 2 || size == 4 || size == 8);
    const bool ordered = order == '<' || order == '>' || (order == '|' && size == 1);
    if (!(is_float || is_integer) || !ordered) refuse_dtype(start, dtype);
  }

  [[noreturn]] void refuse_dtype(std::size_t start, std::string_view dtype) const {
    damage(start,
           "expected the dtype f4, f8, i1, i2, i4, i8, u1, u2, u4 or u8 behind < or > (bytes: |), found " +
               shown_bytes(dtype));
  }

  void read_order() {
    if (accept_word("True")) {
      header_.fortran_order = true;
    } else if (!accept_word("False")) {
      damage(position_, "expected True or False, found " + rest());
    }
  }

  void read_shape() {
    skip_blanks();
    const std::size_t start = position_;
    expect('(');
    std::size_t dimensions = 0;
    bool comma = false;
    while (!accept(')')) {
      if (dimensions > 0 && !comma) damage(position_, "expected ',' or ')' in the shape, found " + rest());
      const std::uint64_t size = read_size();
      if (dimensions == 0) header_.rows = size;
      if (dimensions == 1) header_.cols = size;
      ++dimensions;
      comma = accept(',');
    }
    if (dimensions == 1 && !comma) damage(start, "expected a shape such as (3,), found a bare number");
    if (dimensions != 1 && dimensions != 2) {
      damage(start, "expected a shape of 1 or 2 dimensions, found " + std::to_string(dimensions));
    }
  }

  std::uint64_t read_size() {
    constexpr auto largest = static_cast<std::uint64_t>((std::numeric_limits<Eigen::Index>::max)());
    skip_blanks();
    const std::size_t start = position_;
    std::uint64_t size = 0;
    while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
      const auto digit = static_cast<std::uint64_t>(text_[position_] - '0');
      if (size > (largest - digit) / 10) {
        damage(start, "expected a size of at most " + std::to_string(largest) + ", found a larger one");
      }
      size = size * 10 + digit;
      ++position_;
    }
    if (position_ == start) damage(start, "expected a size in the shape, found " + rest());
    return size;
  }

  const std::filesystem::path& path_;
  std::string_view text_;
  std::uint64_t offset_;
  std::size_t position_ = 0;
  NpyHeader header_;
};

/// A file that is read from its beginning, and whose size is known from the start.
class NpyFile {
 public:
  explicit NpyFile(const std::filesystem::path& path) : path_(path) {
    std::error_code ignored;
    const std::filesystem::file_status status = std::filesystem::status(path, ignored);
    if (!std::filesystem::exists(status)) fail_file(path.string() + ": expected a file, found none");
    if (!std::filesystem::is_regular_file(status)) {
      fail_file(path.string() + ": expected a regular file, found something else");
    }
    file_.open(path, std::ios::binary | std::ios::ate);
    const std::streamoff end = file_ ? static_cast<std::streamoff>(file_.tellg()) : -1;
    if (end < 0) {
      fail_file(path.string() + ": expected a readable file, found one that cannot be read");
    }
    size_ = static_cast<std::uint64_t>(end);
    file_.seekg(0);
  }

  std::uint64_t position() const { return position_; }
  std::uint64_t remaining() const { return size_ - position_; }
  const std::filesystem::path& path() const { return path_; }

  /// `count` bytes of `what`; damage if the file has fewer.
  void read(char* bytes, std::size_t count, const char* what) {
    if (remaining() < count) {
      damaged_npy(path_, position_,
                  "expected " + std::to_string(count) + " bytes of " + what + ", found " +
                      std::to_string(remaining()) + " where the file ends");
    }
    file_.read(bytes, static_cast<std::streamsize>(count));
    if (static_cast<std::uint64_t>(file_.gcount()) != count) {
      damaged_npy(path_, position_, std::string("expected ") + what + ", found a file that cannot be read");
    }
    position_ += count;
  }

 private:
  const std::filesystem::path& path_;
  std::ifstream file_;
  std::uint64_t size_ = 0;
  std::uint64_t position_ = 0;
};

inline NpyHeader read_npy_header(NpyFile& file) {
  // A plain dtype and two sizes need a fiftieth of this; a damaged length must not fetch gigabytes.
  constexpr std::size_t longest = 4096;
  std::array<char, 8> start{};
  file.read(start.data(), start.size(), "magic and version");
  const std::string_view magic(start.data(), npy_magic.size());
  if (magic != npy_magic) {
    damaged_npy(file.path(), 0, "expected the npy magic '\\x93NUMPY', found " + shown_bytes(magic));
  }
  const auto major = static_cast<unsigned char>(start[6]);
  const auto minor = static_cast<unsigned char>(start[7]);
  if (major < 1 || major > 3 || minor != 0) {
    damaged_npy(
        file.path(), 6,
        "expected npy version 1.0, 2.0 or 3.0, found " + std::to_string(major) + "." + std::to_string(minor));
  }
  std::array<char, 4> length_bytes{};
  const std::uint64_t length_at = file.position();
  file.read(length_bytes.data(), major == 1 ? 2 : 4, "header length");
  std::size_t length = 0;
  for (std::size_t i = 4; i-- > 0;) length = length * 256 + static_cast<unsigned char>(length_bytes[i]);
  if (length > longest) {
    damaged_npy(file.path(), length_at,
                "expected a header of at most " + std::to_string(longest) + " bytes, found " +
                    std::to_string(length));
  }
  const std::uint64_t offset = file.position();
  std::string text(length, '\0');
  file.read(text.data(), length, "header");
  return NpyHeaderParser(file.path(), text, offset).parse();
}

/// Damage unless the rest of the file is exactly what the header announces.
inline void check_npy_size(const NpyFile& file, const NpyHeader& header) {
  constexpr auto largest = static_cast<std::uint64_t>((std::numeric_limits<Eigen::Index>::max)());
  const std::string shape = std::to_string(header.rows) + " x " + std::to_string(header.cols);
  const bool overflow = header.rows != 0 && header.cols > largest / header.item_size / header.rows;
  if (overflow) {
    damaged_npy(file.path(), file.position(),
                "expected a shape that fits in memory, found " + shape + " of " +
                    std::to_string(header.item_size) + " bytes");
  }
  const std::uint64_t expected = header.rows * header.cols * header.item_size;
  if (file.remaining() == expected) return;
  damaged_npy(file.path(), file.position() + (std::min)(expected, file.remaining()),
              "expected " + std::to_string(expected) + " bytes of data for " + shape + ", found " +
                  std::to_string(file.remaining()) +
                  (file.remaining() < expected ? ": truncated" : ": trailing bytes"));
}

/// True if the value keeps its meaning as a Scalar: rounding is fine, overflow is not.
template <typename Scalar, typename Source>
bool fits(Source value) {
  if constexpr (std::is_same_v<Scalar, float> && std::is_same_v<Source, double>) {
    return !is_finite(value) || absolute(value) <= static_cast<double>(ScalarTraits<float>::largest());
  } else if constexpr (std::is_floating_point_v<Scalar>) {
    return true;
  } else if (value < 0) {
    return std::is_signed_v<Scalar> && static_cast<std::intmax_t>(value) >=
                                           static_cast<std::intmax_t>((std::numeric_limits<Scalar>::min)());
  } else {
    return static_cast<std::uintmax_t>(value) <=
           static_cast<std::uintmax_t>((std::numeric_limits<Scalar>::max)());
  }
}

template <typename Source>
std::string shown_value(Source value) {
  std::array<char, 32> text{};  // the shortest form of a double has at most 24 characters
  const std::to_chars_result end = std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), end.ptr);
}

template <typename Source, typename Matrix>
void read_npy_items(NpyFile& file, const NpyHeader& header, Matrix& matrix) {
  using Scalar = typename Matrix::Scalar;
  constexpr std::size_t block = 8192;
  std::vector<char> bytes(block * sizeof(Source));
  const bool swapped = header.little_endian != is_little_endian();
  const Eigen::Index total = matrix.size();
  for (Eigen::Index done = 0; done < total;) {
    const std::uint64_t offset = file.position();
    const auto count = (std::min)(total - done, static_cast<Eigen::Index>(block));
    file.read(bytes.data(), static_cast<std::size_t>(count) * sizeof(Source), "data");
    for (Eigen::Index i = 0; i < count; ++i, ++done) {
      char* const item = bytes.data() + static_cast<std::size_t>(i) * sizeof(Source);
      if (swapped) std::reverse(item, item + sizeof(Source));
      Source value;
      std::memcpy(&value, item, sizeof(Source));
      if (!fits<Scalar>(value)) {
        damaged_npy(file.path(), offset + static_cast<std::uint64_t>(i) * sizeof(Source),
                    "expected a value in the range of the scalar asked for, found " + shown_value(value));
      }
      if (header.fortran_order) {
        matrix(done % matrix.rows(), done / matrix.rows()) = static_cast<Scalar>(value);
      } else {
        matrix.data()[done] = static_cast<Scalar>(value);
      }
    }
  }
}

template <typename Matrix>
void read_npy_floats(NpyFile& file, const NpyHeader& header, Matrix& matrix) {
  if constexpr (std::is_floating_point_v<typename Matrix::Scalar>) {
    if (header.item_size == 4) return read_npy_items<float>(file, header, matrix);
    return read_npy_items<double>(file, header, matrix);
  }
}

template <typename Matrix>
void read_npy_data(NpyFile& file, const NpyHeader& header, Matrix& matrix) {
  if (header.kind == 'f') return read_npy_floats(file, header, matrix);
  const bool is_signed = header.kind == 'i';
  switch (header.item_size) {
    case 1:
      return is_signed ? read_npy_items<std::int8_t>(file, header, matrix)
                       : read_npy_items<std::uint8_t>(file, header, matrix);
    case 2:
      return is_signed ? read_npy_items<std::int16_t>(file, header, matrix)
                       : read_npy_items<std::uint16_t>(file, header, matrix);
    case 4:
      return is_signed ? read_npy_items<std::int32_t>(file, header, matrix)
                       : read_npy_items<std::uint32_t>(file, header, matrix);
    default:
      return is_signed ? read_npy_items<std::int64_t>(file, header, matrix)
                       : read_npy_items<std::uint64_t>(file, header, matrix);
  }
}

/// float and double, and integers of 1 to 8 bytes.
template <typename Scalar>
constexpr bool is_npy_scalar = (std::is_same_v<Scalar, float> || std::is_same_v<Scalar, double> ||
                                std::is_integral_v<Scalar>)&&!std::is_same_v<Scalar, bool> &&
                               sizeof(Scalar) <= 8;

template <typename Scalar>
std::string npy_dtype() {
  const char order = sizeof(Scalar) == 1 ? '|' : is_little_endian() ? '<' : '>';
  const char kind = std::is_floating_point_v<Scalar> ? 'f' : std::is_signed_v<Scalar> ? 'i' : 'u';
  return std::string{order, kind} + std::to_string(sizeof(Scalar));
}

inline std::string npy_start(const std::string& dtype, const std::string& shape) {
  constexpr std::size_t alignment = 64;
  std::string header = "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  const std::size_t before = npy_magic.size() + 4;  // magic, version, length
  header.append(alignment - 1 - (before + header.size()) % alignment, ' ');
  header += '\n';
  std::string start(npy_magic);
  start += {'\x01', '\x00', static_cast<char>(header.size() % 256), static_cast<char>(header.size() / 256)};
  return start + header;
}

}  // namespace detail

/// Reads a NumPy array: npy format 1.0, 2.0 or 3.0, little or big endian, C or Fortran order, dtype f4, f8,
/// i1, i2, i4, i8, u1, u2, u4 or u8. A 1-D array of n becomes n x 1. `Scalar` is float, double or an integer
/// type; values are rounded to it (no warning), but a finite value outside its range is refused, and so are
/// floats for an integer type. NaN and infinities are read as they are.
///
/// Throws std::runtime_error when the file is missing, unreadable, damaged (magic, version, header, dtype,
/// shape, truncated data, trailing bytes) or of another kind. The message reads "fan.npy: byte 128: expected
/// 48 bytes of data for 3 x 4, found 40: truncated"; bytes count from 0. Sizes are checked before memory is
/// asked for, so a forged shape cannot exhaust it.
///
/// Cost: one pass. Allocates the result, on huge pages if it is large, and a block of at most 64 KiB.
template <typename Scalar>
Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> read_npy(
    const std::filesystem::path& path) {
  static_assert(detail::is_npy_scalar<Scalar>, "read_npy knows float, double and integers of 1 to 8 bytes");
  detail::NpyFile file(path);
  const detail::NpyHeader header = detail::read_npy_header(file);
  if (header.kind == 'f' && !std::is_floating_point_v<Scalar>) {
    detail::fail_file(path.string() + ": expected an array of integers, found one of floats");
  }
  detail::check_npy_size(file, header);
  Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> matrix(
      static_cast<Eigen::Index>(header.rows), static_cast<Eigen::Index>(header.cols));
  prefer_huge_pages(matrix.data(), static_cast<std::size_t>(matrix.size()) * sizeof(Scalar));
  detail::read_npy_data(file, header, matrix);
  return matrix;
}

/// Writes a dense Eigen expression of float, double or integers as a NumPy array: npy format 1.0, C order,
/// the header padded to 64 bytes. A column vector becomes a 1-D array, anything else a 2-D one; every bit is
/// kept.
///
/// Throws std::runtime_error when the file cannot be written; what is there then is not to be used.
///
/// Cost: one pass. Allocates one row; an expression that is not stored is evaluated once.
template <typename Derived>
void write_npy(const std::filesystem::path& path, const Eigen::DenseBase<Derived>& expression) {
  using Scalar = typename Derived::Scalar;
  static_assert(detail::is_npy_scalar<Scalar>, "write_npy knows float, double and integers of 1 to 8 bytes");
  const auto& matrix = expression.derived().eval();
  const std::string rows = std::to_string(matrix.rows());
  const std::string shape =
      Derived::ColsAtCompileTime == 1 ? rows + "," : rows + ", " + std::to_string(matrix.cols());
  const std::string start = detail::npy_start(detail::npy_dtype<Scalar>(), shape);

  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(start.data(), static_cast<std::streamsize>(start.size()));
  std::vector<char> bytes(static_cast<std::size_t>(matrix.cols()) * sizeof(Scalar));
  for (Eigen::Index i = 0; i < matrix.rows() && file; ++i) {
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) {
      const Scalar value = matrix(i, j);
      std::memcpy(bytes.data() + static_cast<std::size_t>(j) * sizeof(Scalar), &value, sizeof(Scalar));
    }
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  file.close();
  if (!file) detail::fail_file(path.string() + ": expected a file that can be written, found none");
}

}  // namespace thrum

#endif  // THRUM_IO_NPY_HPP
