#ifndef THRUM_IO_RECORDING_HPP
#define THRUM_IO_RECORDING_HPP

#include "thrum/core/scalar.hpp"
#include "thrum/errors.hpp"
#include "thrum/io/csv.hpp"
#include "thrum/io/npy.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace thrum {

/// What the sensors of a machine said over a stretch of time.
struct Recording {
  std::string name;  ///< of the file, without folder and extension
  /// Frames x channels, in the units of the file; finite.
  Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> samples;
  double sampling_rate = 0;                ///< in Hz, the mean one; 0 = unknown
  Eigen::VectorXd times;                   ///< of the frames, in seconds; empty = unknown
  std::vector<std::string> channel_names;  ///< one per channel: from the header, else c0, c1, ...
};

/// Recordings of one way of running, such as "slow" or "bearing worn".
struct Condition {
  std::string name;
  std::vector<Recording> recordings;
};

/// Called after each file: how many are done, and of how many. May be empty; may throw to give up.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

/// How to read recordings.
struct RecordingOptions {
  /// Column with the time in seconds, not a channel: its name in the header (upper and lower case are the
  /// same), or its number, from 0, of digits alone. Empty: none.
  std::string time_column = "time";
  Progress progress = {};
};

namespace detail {

/// The files of a condition, before they are read.
struct ConditionFiles {
  std::string name;
  std::vector<std::filesystem::path> files;
};

inline std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return lower_case(c); });
  return text;
}

inline bool is_hidden(const std::filesystem::path& path) {
  return path.filename().string().substr(0, 1) == ".";
}

inline bool is_recording_file(const std::filesystem::directory_entry& entry) {
  constexpr std::array<std::string_view, 6> known = {".csv", ".tsv", ".txt", ".tes", ".dat", ".npy"};
  constexpr std::array<std::string_view, 3> prose = {"readme", "license", "licence"};
  if (!entry.is_regular_file() || is_hidden(entry.path())) return false;
  const std::string extension = lower_case(entry.path().extension().string());
  const std::string stem = lower_case(entry.path().stem().string());
  return std::find(known.begin(), known.end(), extension) != known.end() &&
         std::find(prose.begin(), prose.end(), stem) == prose.end();
}

/// Recording files right in a folder, by name. Two of one name would be told apart by nobody, and are most
/// likely the same data twice.
inline std::vector<std::filesystem::path> recording_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const std::filesystem::directory_entry& entry : std::filesystem::directory_iterator(folder)) {
    if (is_recording_file(entry)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end(), [](const std::filesystem::path& a, const std::filesystem::path& b) {
    return std::make_pair(a.stem().string(), a.string()) < std::make_pair(b.stem().string(), b.string());
  });
  for (std::size_t i = 1; i < files.size(); ++i) {
    if (files[i].stem() != files[i - 1].stem()) continue;
    fail_file(files[i].string() + ": expected a name of its own, found that of " + files[i - 1].string());
  }
  return files;
}

inline std::vector<ConditionFiles> subfolder_conditions(const std::filesystem::path& folder) {
  std::vector<ConditionFiles> conditions;
  for (const std::filesystem::directory_entry& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_directory() || is_hidden(entry.path())) continue;
    std::vector<std::filesystem::path> files = recording_files(entry.path());
    if (!files.empty()) conditions.push_back({entry.path().filename().string(), std::move(files)});
  }
  std::sort(conditions.begin(), conditions.end(),
            [](const ConditionFiles& a, const ConditionFiles& b) { return a.name < b.name; });
  return conditions;
}

inline std::vector<ConditionFiles> list_conditions(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) {
    fail_file(folder.string() + ": expected a folder of recordings, found " +
              (std::filesystem::exists(folder) ? "a file" : "none"));
  }
  std::vector<ConditionFiles> conditions = subfolder_conditions(folder);
  if (conditions.empty()) {
    for (std::filesystem::path& file : recording_files(folder)) {
      std::string name = file.stem().string();
      conditions.push_back({std::move(name), {std::move(file)}});
    }
  }
  if (conditions.empty()) {
    fail_file(folder.string() +
              ": expected recordings (.csv .tsv .txt .tes .dat .npy), or folders of them, found none");
  }
  return conditions;
}

/// Frames per second of a clock that never runs backwards, from its first to its last stamp: sensors that
/// deliver in bursts stamp most frames too close together, so single steps say little. 0 if there is none.
inline double sampling_rate(const Eigen::VectorXd& time) {
  for (Eigen::Index i = 1; i < time.size(); ++i)
    if (!(time[i] >= time[i - 1])) return 0;
  if (time.size() < 2) return 0;
  const double rate = static_cast<double>(time.size() - 1) / (time[time.size() - 1] - time[0]);
  return is_finite(rate) ? rate : 0;
}

inline std::vector<std::string> numbered_channels(Eigen::Index count) {
  std::vector<std::string> names;
  for (Eigen::Index i = 0; i < count; ++i) names.push_back("c" + std::to_string(i));
  return names;
}

inline Recording read_npy_recording(const std::filesystem::path& path) {
  Recording recording;
  recording.samples = read_npy<float>(path);
  const auto& samples = recording.samples;
  if (samples.size() == 0) {
    fail_file(path.string() + ": expected samples, found " + std::to_string(samples.rows()) + " x " +
              std::to_string(samples.cols()));
  }
  for (Eigen::Index i = 0; i < samples.rows(); ++i) {
    for (Eigen::Index j = 0; j < samples.cols(); ++j) {
      if (is_finite(samples(i, j))) continue;
      fail_file(path.string() + ": frame " + std::to_string(i) + ", channel " + std::to_string(j) +
                " (from 0): expected a finite number, found " + shown_value(samples(i, j)));
    }
  }
  recording.channel_names = numbered_channels(samples.cols());
  return recording;
}

/// Number of a column that is named by digits alone; -1 if it is not.
inline Eigen::Index column_number(const std::string& text) {
  constexpr std::size_t most_digits = 9;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > most_digits || !std::all_of(text.begin(), text.end(), is_digit))
    return -1;
  return static_cast<Eigen::Index>(std::stol(text));
}

/// Takes a column out of the values and makes it the ignored one.
inline void set_apart(const std::filesystem::path& path, CsvTable& table, Eigen::Index column) {
  const Eigen::Index columns = table.values.cols();
  if (column >= columns || columns == 1) {
    fail_file(path.string() + ": expected a column " + std::to_string(column) +
              " (from 0) of time and one beside it, found " + counted(table.column_names.size(), "column"));
  }
  const bool named = table.column_names != numbered_channels(columns);
  table.ignored = table.values.col(column);
  decltype(table.values) rest(table.values.rows(), columns - 1);
  rest << table.values.leftCols(column), table.values.rightCols(columns - 1 - column);
  table.values = std::move(rest);
  table.column_names.erase(table.column_names.begin() + column);
  if (!named) table.column_names = numbered_channels(columns - 1);
}

inline Recording read_csv_recording(const std::filesystem::path& path, const std::string& time_column) {
  const Eigen::Index number = column_number(time_column);
  CsvOptions options;
  options.ignored_column = number < 0 ? time_column : "";
  options.largest_magnitude = static_cast<double>((std::numeric_limits<float>::max)());
  CsvTable table = read_csv(path, options);
  if (number >= 0) set_apart(path, table, number);
  Recording recording;
  recording.samples = table.values.cast<float>();
  recording.sampling_rate = sampling_rate(table.ignored);
  recording.times = std::move(table.ignored);
  recording.channel_names = std::move(table.column_names);
  return recording;
}

/// Throws unless both files can have come from the same sensors.
inline void check_same_channels(const std::filesystem::path& path, const Recording& recording,
                                const std::filesystem::path& first_path, const Recording& first) {
  if (recording.samples.cols() != first.samples.cols()) {
    fail_file(path.string() + ": expected " + counted(first.channel_names.size(), "channel") + " as in " +
              first_path.string() + ", found " + std::to_string(recording.channel_names.size()));
  }
  const std::vector<std::string> unnamed = numbered_channels(first.samples.cols());
  if (recording.channel_names == unnamed || first.channel_names == unnamed) return;
  for (std::size_t i = 0; i < unnamed.size(); ++i) {
    if (recording.channel_names[i] == first.channel_names[i]) continue;
    fail_file(path.string() + ": expected channel " + shown(first.channel_names[i]) + " as in " +
              first_path.string() + ", found " + shown(recording.channel_names[i]));
  }
}

}  // namespace detail

/// Reads one recording: `.npy` (any layout of `read_npy`, frames x channels, no time) or else a text file as
/// `read_csv` knows it. With a column of time that never runs backwards, the sampling rate is the mean one
/// from the first stamp to the last; how even its
/// steps are, sampling_report() says.
///
/// Throws std::runtime_error when the file is missing or damaged; NaN, infinity, a value too large for a
/// float and an array without samples are damage. Cost: one pass; allocates the result and, for text, four
/// times it.
inline Recording read_recording(const std::filesystem::path& path, const RecordingOptions& options = {}) {
  const bool is_npy = detail::lower_case(path.extension().string()) == ".npy";
  Recording recording =
      is_npy ? detail::read_npy_recording(path) : detail::read_csv_recording(path, options.time_column);
  recording.name = path.stem().string();
  return recording;
}

namespace detail {

inline std::vector<Condition> read_files(const std::vector<ConditionFiles>& listed,
                                         const RecordingOptions& options) {
  std::size_t total = 0;
  for (const ConditionFiles& files : listed) total += files.files.size();
  std::size_t done = 0;
  std::vector<Condition> conditions;
  for (const ConditionFiles& files : listed) {
    conditions.push_back({files.name, {}});
    for (const std::filesystem::path& path : files.files) {
      Recording recording = read_recording(path, options);
      if (done > 0) {
        check_same_channels(path, recording, listed.front().files.front(),
                            conditions.front().recordings.front());
      }
      conditions.back().recordings.push_back(std::move(recording));
      ++done;
      if (options.progress) options.progress(done, total);
    }
  }
  return conditions;
}

}  // namespace detail

/// Names of the conditions in a folder, sorted byte by byte, without reading them.
///
/// Each sub-folder with recordings in it is a condition, and each recording right in that sub-folder belongs
/// to it. If there is no such sub-folder, each recording right in the folder is a condition of its own, named
/// like the file without extension; beside such sub-folders, files are left alone.
///
/// Recordings are files that end in .csv .tsv .txt .tes .dat or .npy, in any case. Everything else is left
/// alone, also what is hidden (starts with a dot) or called README, LICENSE or LICENCE.
///
/// Throws std::runtime_error when the folder is missing, holds no recording, or holds two of one name.
inline std::vector<std::string> condition_names(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const detail::ConditionFiles& condition : detail::list_conditions(folder)) {
    names.push_back(condition.name);
  }
  return names;
}

/// Reads all conditions of a folder, laid out as `condition_names` says, sorted by name, and the recordings
/// in each sorted by name.
///
/// Throws std::runtime_error on the first file that is damaged (as `read_recording`) or does not have
/// the channels of the first file read (another number, or other names in another header); the message names
/// the file, and both in the latter case. Nothing is returned then.
inline std::vector<Condition> read_conditions(const std::filesystem::path& folder,
                                              const RecordingOptions& options = {}) {
  return detail::read_files(detail::list_conditions(folder), options);
}

/// Reads some conditions of a folder, in the order of `names`; otherwise as `read_conditions`.
///
/// Throws std::invalid_argument when no name is given, when one is given twice, or when there is no condition
/// of that name: the message lists those there are. No file is read then.
inline std::vector<Condition> read_named_conditions(const std::filesystem::path& folder,
                                                    const std::vector<std::string>& names,
                                                    const RecordingOptions& options = {}) {
  const std::vector<detail::ConditionFiles> listed = detail::list_conditions(folder);
  std::string known;
  for (const detail::ConditionFiles& condition : listed) known += " " + condition.name;
  if (names.empty()) detail::fail("names: expected at least one of" + known + ", found none");
  std::vector<detail::ConditionFiles> chosen;
  for (const std::string& name : names) {
    const auto has_name = [&name](const detail::ConditionFiles& condition) { return condition.name == name; };
    const auto found = std::find_if(listed.begin(), listed.end(), has_name);
    if (found == listed.end()) {
      detail::fail("names: expected some of" + known + ", found '" + name + "'");
    }
    if (std::any_of(chosen.begin(), chosen.end(), has_name)) {
      detail::fail("names: expected each condition once, found '" + name + "' twice");
    }
    chosen.push_back(*found);
  }
  return detail::read_files(chosen, options);
}

}  // namespace thrum

#endif  // THRUM_IO_RECORDING_HPP
