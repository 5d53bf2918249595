#include "thrum/io/csv.hpp"

#include "catch.hpp"
#include "real_data.hpp"

#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <locale>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using thrum_test::contains;

/// A file that lives as long as the test. The process id keeps tests that run side by side apart.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() / ("thrum_csv_" + std::to_string(getpid()) + ".csv")) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

thrum::CsvTable read_text(const std::string& text, const thrum::CsvOptions& options = {}) {
  const TemporaryFile file(text);
  return thrum::read_csv(file.path(), options);
}

/// What `read_csv` says of a damaged text, without the folder; "" if it takes it.
std::string damage(const std::string& text, const thrum::CsvOptions& options = {}) {
  const TemporaryFile file(text);
  try {
    thrum::read_csv(file.path(), options);
  } catch (const std::runtime_error& error) {
    const std::string message = error.what();
    const std::string path = file.path().string();
    REQUIRE(message.substr(0, path.size()) == path);
    return message.substr(path.size() + 1);
  }
  return "";
}

Eigen::MatrixXd one_to_six() {
  Eigen::MatrixXd expected(2, 3);
  expected << 1, 2, 3, 4, 5, 6;
  return expected;
}

const std::vector<std::string> numbered = {"c0", "c1", "c2"};

}  // namespace

TEST_CASE("a table is the same with every separator") {
  for (const std::string text :
       {"1,2,3\n4,5,6\n", "1, 2, 3\n4 ,5 , 6\n", "1;2;3\n4;5;6\n", "1; 2; 3\n4; 5; 6\n", "1\t2\t3\n4\t5\t6\n",
        "1 2 3\n4 5 6\n", "   1    2 3\n 4 5     6  \n", " 1 2 3\n4\t5 6\n"}) {
    CAPTURE(text);
    const thrum::CsvTable table = read_text(text);
    CHECK(table.values == one_to_six());
    CHECK(table.column_names == numbered);
    CHECK(table.ignored.size() == 0);
  }
}

TEST_CASE("line ends, empty lines, comments and a byte order mark do not change a table") {
  for (const std::string text :
       {"1,2,3\r\n4,5,6\r\n", "1,2,3\n4,5,6", "1,2,3\r\n4,5,6",
        "\xEF\xBB\xBF"
        "1,2,3\n4,5,6\n",
        "# a; comment\n1,2,3\n% another, one\n  # and one\n4,5,6\n", "\n \t\n\r\n1,2,3\n\n\n4,5,6\n\n \r\n",
        "\xEF\xBB\xBF# comment\r\n\r\n1,2,3\r\n4,5,6\r\n#"}) {
    CAPTURE(text);
    const thrum::CsvTable table = read_text(text);
    CHECK(table.values == one_to_six());
    CHECK(table.column_names == numbered);
  }
}

TEST_CASE("a header names the columns") {
  for (const std::string text : {"x,y,z\n1,2,3\n4,5,6\n", "\xEF\xBB\xBFx, y ,z\r\n1,2,3\r\n4,5,6\r\n",
                                 "# units: g\nx;y;z\n1;2;3\n4;5;6\n", "x y  z\n1 2 3\n4 5 6\n",
                                 "\"x\",\"y\",\" z \"\n1,2,3\n4,5,6\n"}) {
    CAPTURE(text);
    const thrum::CsvTable table = read_text(text);
    CHECK(table.values == one_to_six());
    CHECK(table.column_names == std::vector<std::string>{"x", "y", "z"});
  }
  CHECK(read_text("x,,\"\"\n1,2,3\n").column_names == std::vector<std::string>{"x", "c1", "c2"});
}

TEST_CASE("the ignored column is found by name, whatever its case and place, and kept apart") {
  for (const std::string text : {"time,ax,ay\n.5,1,2\n.75,3,4\n", "ax,TIME,ay\n1,0.5,2\n3,75e-2,4\n",
                                 "ax;ay;\" Time \"\n1;2;+0.5\n3;4;0.75\n"}) {
    CAPTURE(text);
    const thrum::CsvTable table = read_text(text);
    CHECK(table.values == (Eigen::MatrixXd(2, 2) << 1, 2, 3, 4).finished());
    CHECK(table.ignored == Eigen::Vector2d(0.5, 0.75));
    CHECK(table.column_names == std::vector<std::string>{"ax", "ay"});
  }
}

TEST_CASE("another column can be ignored, or none") {
  const std::string text = "time,ax\n1,2\n3,4\n";
  thrum::CsvOptions options;
  options.ignored_column = "AX";
  CHECK(read_text(text, options).ignored == Eigen::Vector2d(2, 4));
  options.ignored_column = "";
  CHECK(read_text(text, options).values.cols() == 2);
  CHECK(read_text("x,,z\n1,2,3\n", options).values.cols() == 3);
}

TEST_CASE("a header with numbers for names is known by the ignored column") {
  const thrum::CsvTable table = read_text("time,0,1\n0.5,1,2\n");
  CHECK(table.column_names == std::vector<std::string>{"0", "1"});
  CHECK(table.values == Eigen::RowVector2d(1, 2));
  CHECK(damage("clock,0,1\n0.5,1,2\n") == "1:1: expected a number, found 'clock'");
}

TEST_CASE("an ignored column of dates is skipped, but not one that is half dates") {
  const thrum::CsvTable table = read_text("time,ax\n2026-01-01 12:00:00,1\n2026-01-01 12:00:01,2\n");
  CHECK(table.values == Eigen::Vector2d(1, 2));
  CHECK(table.ignored.size() == 0);
  CHECK(damage("time,ax\n0.5,1\n12:00,2\n") == "3:1: expected a number, found '12:00'");
  CHECK(damage("time,ax\nabc,1\n0.5,2\n") == "3:1: expected text as in the first row, found '0.5'");
  CHECK(damage("time,ax\nabc,1\n,2\n") == "3:1: expected text as in the first row, found nothing");
  CHECK(damage("time,ax\nnan,1\n0.5,2\n") == "2:1: expected a finite number, found 'nan'");
}

TEST_CASE("numbers are read to the last bit, in every usual spelling") {
  const thrum::CsvTable table =
      read_text("0.1,-0,+5,5.,.5,1e3\n4.9406564584124654e-324,1.7976931348623157e308,1E-3,-2e+2,007,+.5\n");
  Eigen::MatrixXd expected(2, 6);
  expected << 0.1, -0.0, 5, 5, 0.5, 1000, 4.9406564584124654e-324, 1.7976931348623157e308, 0.001, -200, 7,
      0.5;
  CHECK(table.values == expected);
  CHECK(thrum::bits_of(table.values(0, 1)) == thrum::bits_of(-0.0));
}

TEST_CASE("a locale with a decimal comma changes nothing") {
  struct DecimalComma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\1"; }
  };
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new DecimalComma));
  const thrum::CsvTable table = read_text("1.5;1000.25\n");
  const std::string message = damage(std::string(2000, '\n') + "1,x");
  std::locale::global(before);
  CHECK(table.values == Eigen::RowVector2d(1.5, 1000.25));
  CHECK(message == "2001:2: expected a number, found 'x'");
}

TEST_CASE("one column, one row and one number are tables too") {
  CHECK(read_text("1\n2\n3\n").values == Eigen::Vector3d(1, 2, 3));
  CHECK(read_text("x\n1\n").column_names == std::vector<std::string>{"x"});
  CHECK(read_text("1 2 3").values == Eigen::RowVector3d(1, 2, 3));
  CHECK(read_text("7").values(0, 0) == 7);
}

TEST_CASE("a field that is no number is named by line and column, with what was found") {
  CHECK(damage("1,2,3\n4,5,abc\n") == "2:3: expected a number, found 'abc'");
  CHECK(damage("# a comment\n\nx,y\r\n1,2\r\n3,4x\r\n") == "5:2: expected a number, found '4x'");
  CHECK(damage("1,abc,3\n") == "1:2: expected a number, found 'abc'");
  for (const std::string field : {"-", "+", "+-1", "--1", "1e", "0x10", "1_0", "1 2", "1.2.3", "\"1\"",
                                  "1\r2", "1 # why", "true", "1d3", "e5", "."}) {
    CHECK(damage("1,2\n3," + field + "\n") == "2:2: expected a number, found " + thrum::detail::shown(field));
  }
  CHECK(damage("1;2\n3;4,5\n") == "2:2: expected a number, found '4,5'");
  CHECK(damage("1,2\n3,\n") == "2:2: expected a number, found nothing");
  CHECK(damage("1,2\n,4\n") == "2:1: expected a number, found nothing");
  CHECK(damage(",,\n1,2,3\n") == "1:1: expected a number, found nothing");
}

TEST_CASE("NaN and infinities are damage wherever they stand") {
  for (const std::string field : {"nan", "NaN", "-nan", "inf", "-INF", "+inf", "Infinity", "nan(1)"}) {
    const std::string what = "expected a finite number, found '" + field + "'";
    CHECK(damage("1,2\n3," + field + "\n") == "2:2: " + what);
    CHECK(damage(field + "," + field + "\n1,2\n") == "1:1: " + what);
    CHECK(damage("time,x\n1,2\n" + field + ",2\n") == "3:1: " + what);
  }
}

TEST_CASE("a number out of range is damage") {
  CHECK(damage("1\n1e400\n") == "2:1: expected a number in the range of a double, found '1e400'");
  CHECK(damage("1\n-1e999999999999\n") ==
        "2:1: expected a number in the range of a double, found '-1e999999999999'");
  thrum::CsvOptions options;
  options.largest_magnitude = 100;
  CHECK(damage("100\n-100\n", options) == "");
  CHECK_THAT(damage("100\n-100.5\n", options), contains("2:1: expected a magnitude of at most"));
  CHECK_THAT(damage("100\n-100.5\n", options), contains("found '-100.5'"));
  CHECK(damage("time,x\n1000,1\n", options) == "");
}

TEST_CASE("a line with a wrong number of columns is damage") {
  CHECK(damage("1,2,3\n4,5\n6,7,8\n") == "2:3: expected 3 columns, found 2");
  CHECK(damage("1,2,3\n4,5,6,7\n") == "2:4: expected 3 columns, found 4");
  CHECK(damage("1\n2 3\n") == "2:2: expected 1 column, found 2");
  CHECK(damage("x,y\n1,2,3\n") == "2:3: expected 2 columns, found 3");
  CHECK(damage("1,2\n3,4,\n") == "2:3: expected 2 columns, found 3");
  CHECK(damage("time,x\n1\n2,3\n") == "2:2: expected 2 columns, found 1");
}

TEST_CASE("a file cut off anywhere in its last line is damage, unless a whole number is all it lost") {
  const std::string whole = "x,y,z\n1.5,2.5,3.5\n4.5,5.5,6.5";
  CHECK(damage(whole) == "");
  const std::size_t last_line = whole.rfind('\n') + 1;
  const std::size_t last_field = whole.rfind(',') + 1;
  for (std::size_t length = last_line + 1; length <= last_field; ++length) {
    CAPTURE(length);
    CHECK_THAT(damage(whole.substr(0, length)), contains("3:"));
  }
  CHECK(damage("1,2,3\n4,5") == "2:3: expected 3 columns, found 2 where the file ends");
}

TEST_CASE("a file without numbers is damage") {
  CHECK(damage("") == "1:1: expected numbers, found none");
  CHECK(damage("\xEF\xBB\xBF") == "1:1: expected numbers, found none");
  CHECK(damage("\n\n# 1,2,3\n") == "3:1: expected numbers, found none");
  CHECK(damage("x,y\n") == "1:1: expected numbers below the header, found none");
  CHECK(damage("time\n1\n2\n") == "1:1: expected a column beside 'time', found none");
  CHECK(damage("time,x,Time\n1,2,3\n") == "1:3: expected one column 'time', found a second");
}

TEST_CASE("what is no text is damage, and is shown without its control characters") {
  using namespace std::string_literals;
  CHECK(damage("\xFF\xFE"
               "1\0,\0"s) == "1:1: expected UTF-8 or ASCII text, found UTF-16");
  CHECK(damage("x\0,\0y\0\n\0"s) == "1:1: expected a name in plain text, found 'x\\x00'");
  CHECK(damage("1,2\n3,\x1b[31m\n") == "2:2: expected a number, found '\\x1b[31m'");
  CHECK(damage("1,2\n3,4\0\n"s) == "2:2: expected a number, found '4\\x00'");
  CHECK(damage("1\n" + std::string(1000, 'x')) ==
        "2:1: expected a number, found '" + std::string(40, 'x') + "...'");
}

TEST_CASE("any bytes make a table or are refused") {
  // Every prefix and every single changed byte of a file with all the features of one.
  const std::string whole = "\xEF\xBB\xBF# c\r\ntime, \"a\" ,b\r\n1e-3,-.5,+2\r\n\r\n2e-3,0.25,1e5";
  REQUIRE(damage(whole) == "");
  std::size_t refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    refused += damage(whole.substr(0, i)).empty() ? 0u : 1u;
    for (const char byte : {'\0', '\n', '\r', ',', ';', '\t', ' ', '#', '"', '-', '9', 'n', '\xff'}) {
      std::string changed = whole;
      changed[i] = byte;
      refused += damage(changed).empty() ? 0u : 1u;
    }
  }
  CHECK(refused > whole.size());
}

TEST_CASE("a missing file and a folder are refused by name") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  CHECK_THROWS_WITH(thrum::read_csv(folder), folder.string() + ": expected a file, found a folder");
  const std::filesystem::path missing = folder / "thrum_no_such_folder" / "x.csv";
  CHECK_THROWS_WITH(thrum::read_csv(missing), missing.string() + ": expected a file, found none");
  CHECK_THROWS_AS(thrum::read_csv(missing), std::runtime_error);
}

TEST_CASE("a damaged file leaves the table that was to be replaced as it was") {
  thrum::CsvTable table = read_text("time,x,y\n9,1,2\n");
  CHECK_THROWS_AS(table = read_text("a,b\n1,2\n3,4\n5,?\n"), std::runtime_error);
  CHECK(table.values == Eigen::RowVector2d(1, 2));
  CHECK(table.ignored(0) == 9);
  CHECK(table.column_names == std::vector<std::string>{"x", "y"});
}

TEST_CASE("a long file is read whole, and its last line counted right") {
  std::string text = "time,x\n";
  for (int i = 0; i < 40000; ++i) text += std::to_string(i) + "," + std::to_string(-i) + "\n";
  const thrum::CsvTable table = read_text(text);
  REQUIRE(table.values.rows() == 40000);
  CHECK(table.values.col(0) == -table.ignored);
  CHECK(table.ignored(39999) == 39999);
  CHECK(damage(text + "1") == "40002:2: expected 2 columns, found 1 where the file ends");
}

TEST_CASE("real tables are read: iris, digits, pump, blobs, drill press", "[real-data]") {
  const std::filesystem::path data = thrum_test::data_dir();

  const thrum::CsvTable iris = thrum::read_csv(data / "iris" / "iris.txt");  // blanks, CRLF, no last line end
  REQUIRE(iris.values.rows() == 150);
  REQUIRE(iris.values.cols() == 4);
  CHECK(iris.values.row(0) == Eigen::RowVector4d(5.1, 3.5, 1.4, 0.2));
  // Known sum of squares, printed with four decimals.
  const Eigen::RowVectorXd mean = iris.values.colwise().mean();
  CHECK((iris.values.rowwise() - mean).squaredNorm() == Approx(680.8244).margin(5e-5).epsilon(0));

  const thrum::CsvTable digits = thrum::read_csv(data / "digits" / "optdigits.tes");  // comment line
  CHECK(digits.values.rows() == 1797);
  CHECK(digits.values.cols() == 65);
  CHECK(digits.values.col(64).maxCoeff() == 9);
  CHECK(digits.values.maxCoeff() == 16);
  CHECK(digits.values.minCoeff() == 0);

  const thrum::CsvTable pump = thrum::read_csv(data / "vbl_va001" / "features.csv");  // 17 digits, no header
  CHECK(pump.values.rows() == 4000);
  CHECK(pump.values.cols() == 27);
  CHECK(pump.values(0, 0) == 0.00021056763292005138);

  const thrum::CsvTable blobs = thrum::read_csv(data / "franti" / "s1.txt");  // columns aligned by blanks
  CHECK(blobs.values.rows() == 5000);
  CHECK(blobs.values.row(0) == Eigen::RowVector2d(664159, 550946));

  const thrum::CsvTable drill = thrum::read_csv(data / "drill_press" / "dry_run.csv");  // header, time
  CHECK(drill.values.rows() == 6604);
  CHECK(drill.column_names == std::vector<std::string>{"ax", "ay", "az", "aT"});
  CHECK(drill.ignored.size() == 6604);
  CHECK(drill.ignored(6603) == 66.033);
}
