#ifndef THRUM_BENCH_DETECTION_DATA_HPP
#define THRUM_BENCH_DETECTION_DATA_HPP

#include <filesystem>
#include <string>
#include <vector>

#include "thrum/feature_extractor.hpp"
#include "thrum/input.hpp"
#include "thrum/io/recording.hpp"

using Rows = thrum::Matrix<float>;

/// Feature rows of one way of running, or of one fault, in the order of time.
struct Condition {
  std::string name;
  Rows rows;
  std::vector<int> blocks;  ///< the stretch without a gap that each row belongs to
};

/// What a machine does when it runs well, and its faults.
struct Machine {
  std::string name;
  std::vector<Condition> normal, faults;
};

/// Rows one above the other.
Rows stacked(const std::vector<Condition>& conditions);

/// Some of the rows, in the order of `which`.
Rows picked(const Rows& rows, const std::vector<thrum::Index>& which);

/// Digits 2 to 9 and 0 to 1, 64 pixels.
Machine read_digits(const std::filesystem::path& data);

/// Recordings of a ceiling fan, three axes, by condition.
using FanRecordings = std::vector<thrum::Condition>;

/// A row for each recording, of the features that `signal` says.
Machine ceiling_fan(const FanRecordings& recordings, const thrum::FeatureOptions& signal);

/// Whether there is no coin on the fan's blade.
bool is_balanced(const thrum::Condition& condition);

/// Features of a whole recording of the fan. tapers: of sine_tapers.
thrum::FeatureOptions fan_signal(thrum::SpectrumKind spectrum, int bands, int tapers = 5);

/// Windows of 100 frames from a drill press, whose clock is too uneven for spectra.
Machine read_drill_press(const std::filesystem::path& data);

/// The pump's 27 features.
Machine read_pump(const std::filesystem::path& data);

/// A set of ADBench that prepare.py has unpacked: x and y, and an order of the rows for each split.
struct Benchmark {
  std::string name;
  Rows normal, anomalous;
  std::vector<std::vector<int>> orders;  ///< of the normal rows, for each split; the first half is learned
};
std::vector<Benchmark> read_benchmarks(const std::filesystem::path& prepared);

#endif  // THRUM_BENCH_DETECTION_DATA_HPP
