#ifndef THRUM_IO_CSV_HPP
#define THRUM_IO_CSV_HPP

#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace thrum {

/// How to read a table of numbers.
struct CsvOptions {
  /// Column that is kept apart from the values, by its name in the header; upper and lower case are the same.
  /// Empty: none.
  std::string ignored_column = "time";
  /// A value of larger magnitude is damage; the largest float, for instance, where the values become floats.
  double largest_magnitude = (std::numeric_limits<double>::max)();
};

/// A table of finite numbers, as read from a text file.
struct CsvTable {
  /// One name per column of `values`: from the header, or c0, c1, ... where that has none.
  std::vector<std::string> column_names;
  /// Rows of the file x its columns without the ignored one; at least 1 x 1.
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> values;
  /// The ignored column, one number per row; empty if there is none, or if it holds text, such as dates.
  Eigen::VectorXd ignored;
};

namespace detail {

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }

inline bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

inline char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// ASCII only, so that the locale does not matter.
inline bool same_but_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char left, char right) {
           return lower_case(left) == lower_case(right);
         });
}

/// Text of a file for a message: quoted, short, and without characters that could upset a terminal.
inline std::string shown(std::string_view text) {
  constexpr std::size_t longest = 40;
  constexpr char digits[] = "0123456789abcdef";
  if (text.empty()) return "nothing";
  std::string result = "'";
  for (const char c : text.substr(0, longest)) {
    if (is_control(c)) {
      const auto byte = static_cast<unsigned char>(c);
      result += {'\\', 'x', digits[byte / 16], digits[byte % 16]};
    } else {
      result += c;
    }
  }
  return result + (text.size() > longest ? "...'" : "'");
}

inline std::string counted(std::size_t count, const char* noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

inline std::string read_text(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  if (!std::filesystem::exists(status)) fail_file(path.string() + ": expected a file, found none");
  if (std::filesystem::is_directory(status)) {
    fail_file(path.string() + ": expected a file, found a folder");
  }
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::vector<char> block(std::size_t{1} << 16);
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (!file.eof()) fail_file(path.string() + ": expected a readable file, found one that cannot be read");
  return text;
}

/// What a field of the file is, told without its neighbours.
enum class FieldKind { number, non_finite, out_of_range, nothing, text };

inline FieldKind parse_number(std::string_view field, double& value) {
  if (field.empty()) return FieldKind::nothing;
  const char* first = field.data();
  const char* const last = first + field.size();
  // from_chars knows no plus sign; "+-1" must stay text.
  if (*first == '+' && field.size() > 1 && field[1] != '-') ++first;
  const std::from_chars_result result = std::from_chars(first, last, value);
  if (result.ec == std::errc::invalid_argument || result.ptr != last) return FieldKind::text;
  if (result.ec == std::errc::result_out_of_range) return FieldKind::out_of_range;
  return is_finite(value) ? FieldKind::number : FieldKind::non_finite;
}

/// Goes through the text once, line by line. Lives only inside `read_csv`.
class CsvParser {
 public:
  CsvParser(const std::filesystem::path& path, std::string_view text, const CsvOptions& options)
      : path_(path), options_(options), text_(text) {}

  CsvTable parse() {
    skip_byte_order_mark();
    bool first = true;
    while (next_line()) {
      if (first) choose_separator();
      split();
      if (!first || !read_header()) read_row();
      first = false;
    }
    if (rows_ == 0) {
      damage(line_ == 0 ? 1 : line_, 1,
             first ? "expected numbers, found none" : "expected numbers below the header, found none");
    }
    return table();
  }

 private:
  [[noreturn]] void damage(std::size_t line, std::size_t column, const std::string& what) const {
    fail_file(path_.string() + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + what);
  }

  void skip_byte_order_mark() {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") text_.remove_prefix(3);
    if (text_.substr(0, 2) == "\xFF\xFE" || text_.substr(0, 2) == "\xFE\xFF") {
      damage(1, 1, "expected UTF-8 or ASCII text, found UTF-16");
    }
  }

  /// Moves on to the next line that is neither empty nor a comment.
  bool next_line() {
    while (position_ < text_.size()) {
      const std::size_t end = (std::min)(text_.find('\n', position_), text_.size());
      content_ = text_.substr(position_, end - position_);
      position_ = end + 1;
      ++line_;
      if (!content_.empty() && content_.back() == '\r') content_.remove_suffix(1);
      const std::string_view inside = trimmed(content_);
      if (!inside.empty() && inside.front() != '#' && inside.front() != '%') return true;
    }
    return false;
  }

  void choose_separator() {
    for (const char candidate : {';', ',', '\t'}) {
      if (trimmed(content_).find(candidate) == std::string_view::npos) continue;
      separator_ = candidate;
      return;
    }
    separator_ = ' ';
  }

  void split() {
    fields_.clear();
    if (separator_ == ' ') return split_at_blanks();
    std::size_t begin = 0;
    while (true) {
      const std::size_t end = (std::min)(content_.find(separator_, begin), content_.size());
      fields_.push_back(trimmed(content_.substr(begin, end - begin)));
      if (end == content_.size()) return;
      begin = end + 1;
    }
  }

  void split_at_blanks() {
    std::string_view rest = trimmed(content_);
    while (!rest.empty()) {
      const std::size_t length = (std::min)(rest.find_first_of(" \t"), rest.size());
      fields_.push_back(rest.substr(0, length));
      rest = trimmed(rest.substr(length));
    }
  }

  /// The first line is the header if no field of it is meant as a number, or if it names the ignored column.
  /// Else it is data, and false is returned.
  bool read_header() {
    columns_ = fields_.size();
    bool numbers = false;
    bool names = false;
    for (std::string_view& field : fields_) {
      double value = 0;
      const FieldKind kind = parse_number(field, value);
      names = names || kind == FieldKind::text;
      numbers = numbers || (kind != FieldKind::text && kind != FieldKind::nothing);
    }
    const std::size_t ignored = find_ignored_column();
    if (ignored == none_ && (numbers || !names)) {
      name_columns(false);
      return false;
    }
    ignored_ = ignored;
    if (ignored_ != none_ && columns_ == 1) {
      damage(line_, 1, "expected a column beside " + shown(fields_[0]) + ", found none");
    }
    name_columns(true);
    return true;
  }

  static std::string_view without_quotes(std::string_view name) {
    const bool quoted = name.size() >= 2 && name.front() == '"' && name.back() == '"';
    return quoted ? trimmed(name.substr(1, name.size() - 2)) : name;
  }

  std::size_t find_ignored_column() const {
    std::size_t found = none_;
    if (options_.ignored_column.empty()) return found;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (!same_but_case(without_quotes(fields_[i]), options_.ignored_column)) continue;
      if (found != none_) {
        damage(line_, i + 1, "expected one column " + shown(options_.ignored_column) + ", found a second");
      }
      found = i;
    }
    return found;
  }

  void name_columns(bool from_header) {
    for (std::size_t i = 0; i < columns_; ++i) {
      const std::string_view name = from_header ? without_quotes(fields_[i]) : std::string_view{};
      if (std::any_of(name.begin(), name.end(), is_control)) {
        damage(line_, i + 1, "expected a name in plain text, found " + shown(name));
      }
      if (i == ignored_) continue;
      names_.push_back(name.empty() ? "c" + std::to_string(names_.size()) : std::string(name));
    }
  }

  void read_row() {
    for (std::size_t i = 0; i < (std::min)(fields_.size(), columns_); ++i) {
      if (i == ignored_) {
        read_ignored(fields_[i], i + 1);
      } else {
        values_.push_back(read_number(fields_[i], i + 1, options_.largest_magnitude));
      }
    }
    if (fields_.size() != columns_) {
      const bool cut_off = fields_.size() < columns_ && position_ >= text_.size();
      damage(line_, (std::min)(fields_.size(), columns_) + 1,
             "expected " + counted(columns_, "column") + ", found " + std::to_string(fields_.size()) +
                 (cut_off ? " where the file ends" : ""));
    }
    ++rows_;
  }

  double read_number(std::string_view field, std::size_t column, double largest) const {
    double value = 0;
    switch (parse_number(field, value)) {
      case FieldKind::number: break;
      case FieldKind::non_finite: damage(line_, column, "expected a finite number, found " + shown(field));
      case FieldKind::out_of_range:
        damage(line_, column, "expected a number in the range of a double, found " + shown(field));
      case FieldKind::nothing:
      case FieldKind::text: damage(line_, column, "expected a number, found " + shown(field));
    }
    if (absolute(value) > largest) {
      char bound[32] = {};
      std::to_chars(bound, bound + sizeof(bound) - 1, largest);
      damage(line_, column,
             std::string("expected a magnitude of at most ") + bound + ", found " + shown(field));
    }
    return value;
  }

  /// Dates are fine in a column that is ignored anyway; numbers among dates, or dates among numbers, are not.
  void read_ignored(std::string_view field, std::size_t column) {
    double value = 0;
    const bool text = parse_number(field, value) == FieldKind::text;
    if (rows_ == 0) ignored_is_text_ = text;
    if (!ignored_is_text_) {
      ignored_values_.push_back(read_number(field, column, (std::numeric_limits<double>::max)()));
    } else if (!text) {
      damage(line_, column, "expected text as in the first row, found " + shown(field));
    }
  }

  CsvTable table() {
    CsvTable result;
    const auto rows = static_cast<Eigen::Index>(rows_);
    const auto columns = static_cast<Eigen::Index>(names_.size());
    result.values = Eigen::Map<const decltype(result.values)>(values_.data(), rows, columns);
    result.ignored = Eigen::Map<const Eigen::VectorXd>(ignored_values_.data(),
                                                       static_cast<Eigen::Index>(ignored_values_.size()));
    result.column_names = std::move(names_);
    return result;
  }

  static constexpr std::size_t none_ = static_cast<std::size_t>(-1);

  const std::filesystem::path& path_;
  const CsvOptions& options_;
  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t line_ = 0;
  std::string_view content_;
  std::vector<std::string_view> fields_;
  char separator_ = ',';
  std::size_t columns_ = 0;
  std::size_t rows_ = 0;
  std::size_t ignored_ = none_;
  bool ignored_is_text_ = false;
  std::vector<std::string> names_;
  std::vector<double> values_;
  std::vector<double> ignored_values_;
};

}  // namespace detail

/// Reads a table of numbers from a text file: UTF-8 or ASCII, with or without byte order mark; lines end in
/// LF or CRLF, the last one also without. Independent of the locale.
///
/// The first line that is neither empty nor a comment (first character # or %) decides the layout. Its
/// separator is the first of `;` `,` and tab that occurs in it, else runs of blanks; blanks around a field do
/// not count, quotes do not protect a separator. It is the header if none of its fields is a number or if it
/// names the ignored column; names may be quoted. Names in a comment are not read.
///
/// Numbers have a decimal point and perhaps an exponent. The ignored column is one of numbers, or one of text
/// such as dates, which is skipped.
///
/// Throws std::runtime_error when the file is missing, unreadable or damaged: a field that is no finite
/// number within range, a line with too few or too many fields (a last line that was cut off, for instance),
/// or no numbers at all. The message reads "fan/0003.csv:17:3: expected a number, found 'abc'": line and
/// field of the line, both from 1. (A file cut off inside its last number cannot be told from a whole one.)
///
/// Cost: one pass; memory for the text, and twice that for the values.
inline CsvTable read_csv(const std::filesystem::path& path, const CsvOptions& options = {}) {
  const std::string text = detail::read_text(path);
  return detail::CsvParser(path, text, options).parse();
}

}  // namespace thrum

#endif  // THRUM_IO_CSV_HPP
