#include "thrum/io/recording.hpp"

#include "catch.hpp"
#include "real_data.hpp"

#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using thrum_test::contains;

/// A folder that lives as long as the test. The process id keeps tests that run side by side apart.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(std::filesystem::temp_directory_path() / ("thrum_" + std::to_string(getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }

 private:
  std::filesystem::path path_;
};

using Names = std::vector<std::string>;

Names names_of(const std::vector<thrum::Condition>& conditions) {
  Names names;
  for (const thrum::Condition& condition : conditions) names.push_back(condition.name);
  return names;
}

Names names_of(const std::vector<thrum::Recording>& recordings) {
  Names names;
  for (const thrum::Recording& recording : recordings) names.push_back(recording.name);
  return names;
}

}  // namespace

TEST_CASE("each sub-folder is a condition with a recording per file, sorted by name") {
  const TemporaryFolder folder;
  folder.write("slow/0001.csv", "1,2\n3,4\n");
  folder.write("slow/0000.csv", "5,6\n");
  folder.write("fast/b.txt", "7 8\n");
  folder.write("fast/a.TSV", "9\t10\n");
  thrum::write_npy(folder.path() / "fast" / "c.npy", Eigen::RowVector2d(11, 12));

  CHECK(thrum::condition_names(folder.path()) == Names{"fast", "slow"});
  const std::vector<thrum::Condition> conditions = thrum::read_conditions(folder.path());
  REQUIRE(names_of(conditions) == Names{"fast", "slow"});
  REQUIRE(names_of(conditions[0].recordings) == Names{"a", "b", "c"});
  REQUIRE(names_of(conditions[1].recordings) == Names{"0000", "0001"});
  CHECK(conditions[0].recordings[0].samples == Eigen::RowVector2f(9, 10));
  CHECK(conditions[0].recordings[1].samples == Eigen::RowVector2f(7, 8));
  CHECK(conditions[0].recordings[2].samples == Eigen::RowVector2f(11, 12));
  CHECK(conditions[1].recordings[1].samples == (Eigen::MatrixXf(2, 2) << 1, 2, 3, 4).finished());
  CHECK(conditions[1].recordings[1].channel_names == Names{"c0", "c1"});
  CHECK(conditions[0].recordings[2].channel_names == Names{"c0", "c1"});
}

TEST_CASE("without sub-folders each file is a condition with one recording") {
  const TemporaryFolder folder;
  folder.write("worn.csv", "time,ax,ay\n0,1,2\n0.5,3,4\n");
  folder.write("base.csv", "time,ax,ay\n0,5,6\n");
  const std::vector<thrum::Condition> conditions = thrum::read_conditions(folder.path());
  REQUIRE(names_of(conditions) == Names{"base", "worn"});
  REQUIRE(names_of(conditions[1].recordings) == Names{"worn"});
  CHECK(conditions[1].recordings[0].samples == (Eigen::MatrixXf(2, 2) << 1, 2, 3, 4).finished());
  CHECK(conditions[1].recordings[0].channel_names == Names{"ax", "ay"});
}

TEST_CASE("files that are no recordings, and folders without any, are left alone") {
  const TemporaryFolder folder;
  for (const char* name : {"README.md", "readme.txt", "LICENSE", "Licence.txt", "plot.png", ".base.csv",
                           "a.csv.bak", "notes/plan.md", ".git/x.csv", "SHA256SUMS"}) {
    folder.write(name, "no numbers, here\nat all");
  }
  std::filesystem::create_directory(folder.path() / "empty.csv");
  folder.write("base.csv", "1\n");
  CHECK(thrum::condition_names(folder.path()) == Names{"base"});
  folder.write("sub/base.CSV", "2\n");
  folder.write("sub/README.txt", "x");
  folder.write("sub/deeper/other.csv", "3\n");
  const std::vector<thrum::Condition> conditions = thrum::read_conditions(folder.path());
  REQUIRE(names_of(conditions) == Names{"sub"});
  REQUIRE(conditions[0].recordings.size() == 1);
  CHECK(conditions[0].recordings[0].samples(0, 0) == 2.0f);
}

TEST_CASE("a folder without recordings, a missing one and a file are refused by name") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(thrum::read_conditions(folder.path()),
                    contains(folder.path().string() + ": expected recordings") && contains("found none"));
  CHECK_THROWS_WITH(thrum::read_conditions(folder.path() / "x"),
                    folder.file("x") + ": expected a folder of recordings, found none");
  folder.write("x", "1\n");
  CHECK_THROWS_WITH(thrum::read_conditions(folder.path() / "x"),
                    folder.file("x") + ": expected a folder of recordings, found a file");
  CHECK_THROWS_AS(thrum::condition_names(folder.path() / "x"), std::runtime_error);
}

TEST_CASE("two recordings or conditions of one name are refused, both named") {
  const TemporaryFolder folder;
  folder.write("base.csv", "1\n");
  folder.write("base.txt", "1\n");
  CHECK_THROWS_WITH(
      thrum::read_conditions(folder.path()),
      folder.file("base.txt") + ": expected a name of its own, found that of " + folder.file("base.csv"));
  folder.write("sub/0.csv", "1\n");
  CHECK(thrum::condition_names(folder.path()) == Names{"sub"});
  folder.write("sub/0.tes", "1\n");
  CHECK_THROWS_WITH(thrum::condition_names(folder.path()), contains("0.tes") && contains("0.csv"));
}

TEST_CASE("recordings with different channels are refused, both files named") {
  const TemporaryFolder folder;
  folder.write("a/0.csv", "1,2\n");
  folder.write("b/0.csv", "1,2\n");
  CHECK(thrum::read_conditions(folder.path()).size() == 2);
  folder.write("b/1.csv", "1,2,3\n");
  CHECK_THROWS_WITH(
      thrum::read_conditions(folder.path()),
      folder.file("b/1.csv") + ": expected 2 channels as in " + folder.file("a/0.csv") + ", found 3");
  thrum::write_npy(folder.path() / "b" / "1.npy", Eigen::RowVector3f(1, 2, 3));
  std::filesystem::remove(folder.path() / "b" / "1.csv");
  CHECK_THROWS_WITH(thrum::read_conditions(folder.path()), contains("1.npy") && contains("0.csv"));
}

TEST_CASE("headers that name other channels, or the same in another order, are refused") {
  const TemporaryFolder folder;
  folder.write("a.csv", "ax,ay\n1,2\n");
  folder.write("b.csv", "time,ax,ay\n0,1,2\n");
  folder.write("c.csv", "1,2\n");
  CHECK(thrum::read_conditions(folder.path()).size() == 3);
  folder.write("d.csv", "ay,ax\n1,2\n");
  CHECK_THROWS_WITH(
      thrum::read_conditions(folder.path()),
      folder.file("d.csv") + ": expected channel 'ax' as in " + folder.file("a.csv") + ", found 'ay'");
}

TEST_CASE("the sampling rate is the mean one of a clock that never runs backwards") {
  const TemporaryFolder folder;
  const auto rate = [&folder](const std::string& text) {
    folder.write("x.csv", text);
    return thrum::read_recording(folder.path() / "x.csv").sampling_rate;
  };
  // Halves and quarters are exact in binary, and so are their differences and reciprocals.
  CHECK(rate("time,x\n0,1\n0.25,1\n0.5,1\n0.75,1\n") == 4);
  CHECK(rate("time,x\n10,1\n10.25,1\n10.25,1\n10.25,1\n11,1\n") == 4);  // frames in bursts
  CHECK(rate("time,x\n0,1\n0.25,1\n0.5,1\n0,1\n0.25,1\n") == 0);        // a restart
  CHECK(rate("Time,x\n0,1\n0.5,1\n") == 2);
  CHECK(rate("time,x\n0,1\n") == 0);
  CHECK(rate("time,x\n1,1\n1,1\n0,1\n") == 0);
  CHECK(rate("time,x\n0,1\n5e-324,1\n") == 0);  // the reciprocal overflows
  CHECK(rate("time,x\n12:00,1\n12:01,1\n") == 0);
  CHECK(rate("clock,x\n0,1\n0.25,1\n") == 0);
}

TEST_CASE("another column of time can be named") {
  const TemporaryFolder folder;
  folder.write("x.csv", "time,clock,x\n9,0,1\n8,0.5,1\n");
  thrum::RecordingOptions options;
  options.time_column = "Clock";
  const thrum::Recording recording = thrum::read_recording(folder.path() / "x.csv", options);
  CHECK(recording.sampling_rate == 2);
  CHECK(recording.channel_names == Names{"time", "x"});
  CHECK(recording.name == "x");
  options.time_column = "";
  CHECK(thrum::read_conditions(folder.path(), options)[0].recordings[0].samples.cols() == 3);
}

TEST_CASE("a column of time can be told by its number, where no header names it") {
  const TemporaryFolder folder;
  folder.write("x.csv", "1,0,2\n3,0.5,4\n5,2.5,6\n");
  folder.write("named.csv", "x,t,y\n1,0,2\n3,0.5,4\n");
  thrum::RecordingOptions options;
  options.time_column = "1";
  const thrum::Recording recording = thrum::read_recording(folder.path() / "x.csv", options);
  CHECK(recording.times == Eigen::Vector3d(0, 0.5, 2.5));
  CHECK(recording.sampling_rate == 0.8);
  CHECK(recording.channel_names == Names{"c0", "c1"});
  CHECK(recording.samples.col(0) == Eigen::Vector3f(1, 3, 5));
  CHECK(recording.samples.col(1) == Eigen::Vector3f(2, 4, 6));
  CHECK(thrum::read_recording(folder.path() / "named.csv", options).channel_names == Names{"x", "y"});

  const auto message = [&](const char* column, const char* file) {
    options.time_column = column;
    try {
      thrum::read_recording(folder.path() / file, options);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("not refused");
  };
  CHECK_THAT(message("3", "x.csv"), contains("expected a column 3"));
  folder.write("one.csv", "1\n2\n");
  CHECK_THAT(message("0", "one.csv"), contains("one beside it"));
  // A name of digits with more in it is a name.
  options.time_column = "1s";
  CHECK(thrum::read_recording(folder.path() / "x.csv", options).samples.cols() == 3);
}

TEST_CASE("stamps are kept, those of frames in bursts too") {
  const TemporaryFolder folder;
  folder.write("x.csv", "time,x\n10,1\n10.25,2\n10.25,3\n11,4\n");
  folder.write("y.csv", "x\n1\n2\n");
  CHECK(thrum::read_recording(folder.path() / "x.csv").times == Eigen::Vector4d(10, 10.25, 10.25, 11));
  CHECK(thrum::read_recording(folder.path() / "y.csv").times.size() == 0);
}

TEST_CASE("some conditions are read by name, in the order asked for") {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b", "c"}) folder.write(std::string(name) + "/0.csv", "1,2\n");
  folder.write("c/0.csv", "this is damaged\nbut, not asked for\n");
  CHECK(names_of(thrum::read_named_conditions(folder.path(), {"b", "a"})) == Names{"b", "a"});
  CHECK_THROWS_AS(thrum::read_named_conditions(folder.path(), {"c"}), std::runtime_error);
}

TEST_CASE("a name that is not there, given twice, or not given at all, is refused before anything is read") {
  const TemporaryFolder folder;
  folder.write("a/0.csv", "damaged");
  folder.write("b/0.csv", "damaged");
  CHECK_THROWS_AS(thrum::read_named_conditions(folder.path(), {"z"}), std::invalid_argument);
  CHECK_THROWS_WITH(thrum::read_named_conditions(folder.path(), {"a", "A"}),
                    "names: expected some of a b, found 'A'");
  CHECK_THROWS_WITH(thrum::read_named_conditions(folder.path(), {"a", "a"}),
                    "names: expected each condition once, found 'a' twice");
  CHECK_THROWS_WITH(thrum::read_named_conditions(folder.path(), Names{}),
                    "names: expected at least one of a b, found none");
}

TEST_CASE("progress is told after each file, of those that are read") {
  const TemporaryFolder folder;
  for (const char* name : {"a/0.csv", "a/1.csv", "b/0.csv"}) folder.write(name, "1\n");
  std::vector<std::pair<std::size_t, std::size_t>> calls;
  thrum::RecordingOptions options;
  options.progress = [&calls](std::size_t done, std::size_t total) { calls.emplace_back(done, total); };
  thrum::read_conditions(folder.path(), options);
  CHECK(calls == std::vector<std::pair<std::size_t, std::size_t>>{{1, 3}, {2, 3}, {3, 3}});
  calls.clear();
  thrum::read_named_conditions(folder.path(), {"a"}, options);
  CHECK(calls == std::vector<std::pair<std::size_t, std::size_t>>{{1, 2}, {2, 2}});

  options.progress = [](std::size_t done, std::size_t) {
    if (done == 2) throw std::logic_error("enough");
  };
  CHECK_THROWS_AS(thrum::read_conditions(folder.path(), options), std::logic_error);
}

TEST_CASE("one damaged file among many is named, and nothing is returned") {
  const TemporaryFolder folder;
  folder.write("fan/0000.csv", "1,2\n3,4\n");
  folder.write("fan/0001.csv", "5,6\n7,8\n");
  std::vector<thrum::Condition> conditions = thrum::read_conditions(folder.path());
  REQUIRE(conditions[0].recordings.size() == 2);

  const std::vector<std::pair<std::string, std::string>> cases = {
      {"1,2\n3,abc\n", ":2:2: expected a number, found 'abc'"},
      {"1,2\n3", ":2:2: expected 2 columns, found 1 where the file ends"},
      {"1,2\nnan,4\n", ":2:1: expected a finite number, found 'nan'"},
      {"1,2\n3,-inf\n", ":2:2: expected a finite number, found '-inf'"},
      {"", ":1:1: expected numbers, found none"},
  };
  for (const auto& [text, message] : cases) {
    folder.write("fan/0001.csv", text);
    CHECK_THROWS_WITH(conditions = thrum::read_conditions(folder.path()),
                      folder.file("fan/0001.csv") + message);
    CHECK(conditions[0].recordings[1].samples(1, 1) == 8.0f);
  }
}

TEST_CASE("a number that no float can hold is damage") {
  const TemporaryFolder folder;
  folder.write("x.csv", "3.4028234e38,1e-60\n");
  const thrum::Recording recording = thrum::read_recording(folder.path() / "x.csv");
  CHECK(recording.samples == Eigen::RowVector2f(3.4028234e38f, 0.0f));
  folder.write("x.csv", "1,2\n3,-3.5e38\n");
  CHECK_THROWS_WITH(
      thrum::read_recording(folder.path() / "x.csv"),
      contains("x.csv:2:2: expected a magnitude of at most 3.40") && contains("found '-3.5e38'"));
}

TEST_CASE("an array with NaN or infinity, without samples, or damaged, is refused") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "X.NPY";
  Eigen::MatrixXd samples = Eigen::MatrixXd::Ones(3, 2);
  thrum::write_npy(path, samples);
  CHECK(thrum::read_recording(path).samples == samples.cast<float>());
  CHECK(thrum::read_recording(path).sampling_rate == 0);
  for (const double value :
       {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
    samples(2, 1) = value;
    thrum::write_npy(path, samples);
    CHECK_THROWS_WITH(thrum::read_recording(path),
                      contains("X.NPY: frame 2, channel 1 (from 0): expected a finite number, found"));
  }
  samples(2, 1) = 1e39;
  thrum::write_npy(path, samples);
  CHECK_THROWS_WITH(thrum::read_recording(path), contains("X.NPY: byte 168: ") && contains("found 1e+39"));
  thrum::write_npy(path, Eigen::MatrixXd(0, 2));
  CHECK_THROWS_WITH(thrum::read_recording(path), contains("X.NPY: expected samples, found 0 x 2"));
  folder.write("X.NPY", "1,2\n3,4\n");
  CHECK_THROWS_WITH(thrum::read_recording(path), contains("X.NPY: byte 0: "));
  CHECK_THROWS_WITH(thrum::read_recording(folder.path() / "y.npy"),
                    contains("y.npy: expected a file, found none"));
}

TEST_CASE("the drill press is read as four conditions with named channels", "[real-data]") {
  const std::vector<thrum::Condition> conditions =
      thrum::read_conditions(std::filesystem::path(thrum_test::data_dir()) / "drill_press");
  REQUIRE(names_of(conditions) == Names{"base", "dry_run", "imbalance1", "imbalance2"});
  const std::vector<Eigen::Index> frames = {10802, 6604, 9229, 9193};
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    REQUIRE(conditions[i].recordings.size() == 1);
    const thrum::Recording& recording = conditions[i].recordings[0];
    CHECK(recording.samples.rows() == frames[i]);
    CHECK(recording.channel_names == Names{"ax", "ay", "az", "aT"});
    CHECK(recording.sampling_rate > 0);
  }
  CHECK(conditions[1].recordings[0].samples(0, 0) == -0.3246f);
}

TEST_CASE("the ceiling fan is read as seven conditions with a recording per file", "[real-data]") {
  std::size_t files = 0;
  thrum::RecordingOptions options;
  options.progress = [&files](std::size_t, std::size_t total) { files = total; };
  const std::vector<thrum::Condition> conditions =
      thrum::read_conditions(thrum_test::ceiling_fan_dir(), options);
  CHECK(files == 4089);
  REQUIRE(names_of(conditions) == Names{"fan_0_high_0_weight", "fan_0_high_1_weight", "fan_0_low_0_weight",
                                        "fan_0_low_1_weight", "fan_0_med_0_weight", "fan_0_med_1_weight",
                                        "fan_0_off_0_weight"});
  for (const thrum::Condition& condition : conditions) {
    CHECK(condition.recordings.size() >= 578);
    for (const thrum::Recording& recording : condition.recordings) {
      REQUIRE(recording.samples.rows() == 200);
      REQUIRE(recording.samples.cols() == 3);
    }
  }
  const thrum::Recording& first = conditions[6].recordings[0];
  CHECK(first.name == "0000");
  CHECK(first.samples.row(0) == Eigen::RowVector3f(-0.004395f, 0.208984f, 0.971191f));
  // Standing still, the sensor feels gravity and nothing else: 1 g to the accuracy of an uncalibrated MSA301.
  CHECK(std::abs(first.samples.colwise().mean().norm() - 1.0f) < 0.05f);
}

TEST_CASE("iris, digits and blobs are folders with one condition", "[real-data]") {
  const std::filesystem::path data = thrum_test::data_dir();
  CHECK(thrum::condition_names(data / "iris") == Names{"iris"});
  CHECK(thrum::condition_names(data / "digits") == Names{"optdigits"});
  CHECK(thrum::read_conditions(data / "franti")[0].recordings[0].samples.rows() == 5000);
}

TEST_CASE("features and labels in one folder are not mistaken for one machine", "[real-data]") {
  const std::filesystem::path folder = std::filesystem::path(thrum_test::data_dir()) / "vbl_va001";
  CHECK_THROWS_WITH(thrum::read_conditions(folder), contains("features.csv") && contains("labels.csv"));
  CHECK(thrum::read_named_conditions(folder, {"features"})[0].recordings[0].samples.cols() == 27);
}
