#include "data.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "thrum/io/csv.hpp"
#include "thrum/io/npy.hpp"
#include "thrum/io/recording.hpp"

using thrum::Index;

Rows stacked(const std::vector<Condition>& conditions) {
  Index count = 0;
  for (const Condition& condition : conditions) count += condition.rows.rows();
  Rows all(count, conditions.at(0).rows.cols());
  count = 0;
  for (const Condition& condition : conditions) {
    all.middleRows(count, condition.rows.rows()) = condition.rows;
    count += condition.rows.rows();
  }
  return all;
}

Rows picked(const Rows& rows, const std::vector<Index>& which) { return rows(which, Eigen::all); }

namespace {

/// Windows one after the other are one stretch.
Condition one_stretch(const std::string& name, const Rows& rows) {
  return {name, rows, std::vector<int>(static_cast<std::size_t>(rows.rows()), 0)};
}

}  // namespace

Machine read_digits(const std::filesystem::path& data) {
  const Eigen::MatrixXd table = thrum::read_csv(data / "digits" / "optdigits.tes").values;
  std::vector<Index> normal, anomalous;
  for (Index i = 0; i < table.rows(); ++i) (table(i, 64) < 2 ? anomalous : normal).push_back(i);
  const Rows pixels = table.leftCols(64).cast<float>();
  return {"digits",
          {one_stretch("2-9", picked(pixels, normal))},
          {one_stretch("0-1", picked(pixels, anomalous))}};
}

thrum::FeatureOptions fan_signal(thrum::SpectrumKind spectrum, int bands, int tapers) {
  thrum::FeatureOptions signal;
  signal.channels = 3;
  signal.window = signal.hop = 200;
  signal.sampling_rate = 200;
  signal.spectrum = spectrum;
  signal.bands = bands;
  signal.tapers = tapers;
  return signal;
}

bool is_balanced(const thrum::Condition& condition) {
  return condition.name.find("_0_weight") != std::string::npos;
}

Machine ceiling_fan(const FanRecordings& recordings, const thrum::FeatureOptions& signal) {
  Machine machine{"ceiling fan", {}, {}};
  for (const thrum::Condition& condition : recordings) {
    const Index count = static_cast<Index>(condition.recordings.size());
    Condition rows{condition.name, Rows(count, thrum::feature_count(signal)), {}};
    for (Index i = 0; i < count; ++i) {
      const auto& samples = condition.recordings[static_cast<std::size_t>(i)].samples;
      rows.rows.row(i) = thrum::extract_windows(signal, samples.topRows(signal.window)).row(0);
    }
    rows.blocks.assign(static_cast<std::size_t>(count), 0);
    (is_balanced(condition) ? machine.normal : machine.faults).push_back(std::move(rows));
  }
  return machine;
}

Machine read_drill_press(const std::filesystem::path& data) {
  thrum::FeatureOptions signal;
  signal.channels = 3;
  signal.window = 100;
  signal.hop = 50;
  signal.sampling_rate = 100;
  signal.bands = 0;
  Machine machine{"drill press", {}, {}};
  for (const char* name : {"dry_run", "base", "imbalance1", "imbalance2"}) {
    const thrum::Recording recording =
        thrum::read_recording(data / "drill_press" / (std::string(name) + ".csv"));
    const Rows axes = recording.samples.leftCols(3);  // the fourth is their magnitude
    Condition rows = one_stretch(name, thrum::extract_windows(signal, axes));
    (machine.normal.size() < 2 ? machine.normal : machine.faults).push_back(std::move(rows));
  }
  return machine;
}

Machine read_pump(const std::filesystem::path& data) {
  const Eigen::MatrixXd features = thrum::read_csv(data / "vbl_va001" / "features.csv").values;
  const Eigen::MatrixXd labels = thrum::read_csv(data / "vbl_va001" / "labels.csv").values;
  const char* const names[] = {"normal", "misalignment", "unbalance", "bearing"};
  Machine machine{"pump", {}, {}};
  for (int label = 0; label < 4; ++label) {
    std::vector<Index> which;
    for (Index i = 0; i < features.rows(); ++i)
      if (static_cast<int>(labels(i, 0)) == label) which.push_back(i);
    Condition rows = one_stretch(names[label], picked(features.cast<float>(), which));
    (label == 0 ? machine.normal : machine.faults).push_back(std::move(rows));
  }
  return machine;
}

std::vector<Benchmark> read_benchmarks(const std::filesystem::path& prepared) {
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(prepared))
    if (entry.is_directory()) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  std::vector<Benchmark> benchmarks;
  for (const std::filesystem::path& folder : folders) {
    Benchmark benchmark;
    benchmark.name = folder.filename().string();
    benchmark.normal = thrum::read_npy<float>(folder / "normal.npy");
    benchmark.anomalous = thrum::read_npy<float>(folder / "anomalous.npy");
    const auto orders = thrum::read_npy<std::int64_t>(folder / "orders.npy");
    for (Index split = 0; split < orders.rows(); ++split) {
      benchmark.orders.emplace_back();
      for (Index i = 0; i < orders.cols(); ++i)
        benchmark.orders.back().push_back(static_cast<int>(orders(split, i)));
    }
    benchmarks.push_back(std::move(benchmark));
  }
  return benchmarks;
}
