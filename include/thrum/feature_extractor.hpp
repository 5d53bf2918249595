#ifndef THRUM_FEATURE_EXTRACTOR_HPP
#define THRUM_FEATURE_EXTRACTOR_HPP

#include <Eigen/Core>
#include <cstdint>
#include <locale>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/errors.hpp"
#include "thrum/features/extract.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/spectrum.hpp"
#include "thrum/features/window_check.hpp"
#include "thrum/features/window_stream.hpp"
#include "thrum/input.hpp"

namespace thrum {

/// Feature rows: a row for each window, a column for each feature.
using FeatureMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

namespace detail {

inline void require_recording(const FeatureOptions& options, Index frames, Index channels) {
  constexpr const char* who = "thrum::extract_windows";
  const char* wrong = what_is_wrong(options);
  require(wrong == nullptr && check(options) == Status::ok, who,
          ": options: ", wrong != nullptr ? wrong : "a number is not finite");
  require(channels == options.channels, who, ": recording has ", channels, " channels (columns), expected ",
          options.channels);
  require(frames >= options.window, who, ": recording has ", frames, " frames (rows), expected at least ",
          options.window, ", one window");
}

/// Calls visit(row, window) for each window of the recording, read where it lies.
template <typename Sample, typename Visit>
void for_each_window(const FeatureOptions& options, const MatrixView<const Sample>& recording, Visit visit) {
  require_recording(options, recording.rows, recording.cols);
  const Index windows = (recording.rows - options.window) / options.hop + 1;
  for (Index row = 0; row < windows; ++row)
    visit(row, WindowView<Sample>{recording.middle_rows(row * options.hop, options.window),
                                  recording.middle_rows(0, 0)});
}

/// Fills a row for each window of the recording: all but the inputs.
template <typename Number, typename Sample>
void extract_rows(const FeatureOptions& options, const MatrixView<const Sample>& recording,
                  FeatureMatrix& features) {
  std::vector<Number> table(static_cast<std::size_t>(feature_table_size(options)));
  fill_feature_table(options, table.data());
  std::vector<Number> scratch(static_cast<std::size_t>(feature_scratch_size(options)));
  for_each_window(options, recording, [&](Index row, const WindowView<Sample>& window) {
    const Status status =
        extract_features(options, window, table.data(), scratch.data(), features.row(row).data());
    if (status == Status::non_finite) features.row(row).setConstant(not_a_number<float>());
  });
}

/// Fills a row for each window of the recording.
template <typename Sample>
inline FeatureMatrix extract_from_view(const FeatureOptions& options,
                                       const MatrixView<const Sample>& recording,
                                       const FeatureMatrix& inputs) {
  require_recording(options, recording.rows, recording.cols);
  FeatureMatrix features((recording.rows - options.window) / options.hop + 1, feature_count(options));
  require(inputs.cols() == options.inputs && (options.inputs == 0 || inputs.rows() == features.rows()),
          "thrum::extract_windows: inputs is ", inputs.rows(), " x ", inputs.cols(), ", expected ",
          features.rows(), " x ", options.inputs, ", a row for each window");
  if (options.inputs > 0) features.rightCols(options.inputs) = inputs;
  if constexpr (std::is_same_v<Sample, std::int16_t>) {
    if (options.arithmetic == Arithmetic::integer) {
      extract_rows<std::int32_t>(options, recording, features);
      return features;
    }
  }
  require(options.arithmetic == Arithmetic::floating, "thrum::extract_windows",
          ": options.arithmetic is integer, which takes recordings of std::int16_t");
  extract_rows<float>(options, recording, features);
  return features;
}

/// Calls use(view) on the recording, a dense Eigen expression of float or int16, evaluated where it has no
/// memory of its own.
template <typename Derived, typename Use>
auto with_recording(const Eigen::DenseBase<Derived>& recording, Use use) {
  using Sample = typename Derived::Scalar;
  static_assert(
      std::is_same_v<Sample, float> || std::is_same_v<Sample, std::int16_t>,
      "a recording is a matrix of float or std::int16_t, frames x channels: cast<float>() converts others");
  if constexpr (has_data<Derived>) {
    return use(MatrixView<const Sample>(thrum::view(recording)));
  } else {
    const Eigen::Matrix<Sample, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> evaluated = recording;
    return use(MatrixView<const Sample>(thrum::view(evaluated)));
  }
}

/// A frequency as people write it: 1250, 62.5; the point is a point in every locale.
inline std::string hertz(float value) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << value;
  return text.str();
}

/// " 3 (1250-1875 Hz)".
inline std::string band_name(const BandLayout& layout, int band) {
  return " " + std::to_string(band) + " (" + hertz(layout.edge_hz(band)) + "-" +
         hertz(layout.edge_hz(band + 1)) + " Hz)";
}

}  // namespace detail

/// Windows in a recording of so many frames: the last frames that do not fill one are left out.
inline Index window_count(const FeatureOptions& options, Index frames) {
  return frames < options.window ? 0 : (frames - options.window) / options.hop + 1;
}

/// Cuts a recording into windows and extracts their features: bit for bit what the firmware makes of the same
/// frames. recording: frames x channels in counts, float or int16; any dense Eigen matrix, block, map or
/// expression of either storage order, read where it lies (an expression without memory of its own is
/// evaluated once). inputs: a row of options.inputs numbers for each window, which becomes the last columns
/// of its features; NaN makes the verdict unknown. Returns window_count(options, frames) x
/// feature_count(options).
///
/// A window with a NaN or infinite sample has a row of NaN, so that its verdict is `unknown`; a feature
/// that overflows is the largest finite number, so that its window is an alarm. Throws std::invalid_argument
/// when options do not pass check(), their arithmetic is
/// integer and the samples are float, the channels differ, or the recording is shorter than one window. Cost:
/// a few microseconds per channel and 1024 frames; allocates the result, a table and a window.
template <typename Sample>
FeatureMatrix extract_windows(const FeatureOptions& options, MatrixView<const Sample> recording,
                              const FeatureMatrix& inputs = {}) {
  return detail::extract_from_view<Sample>(options, recording, inputs);
}
template <typename Derived>
FeatureMatrix extract_windows(const FeatureOptions& options, const Eigen::DenseBase<Derived>& recording,
                              const FeatureMatrix& inputs = {}) {
  return detail::with_recording(recording, [&](auto view) { return extract_windows(options, view, inputs); });
}

/// The condition of each window of a recording: whether it is to be scored, and if not, which sensor is at
/// fault or whether the machine stands still; what the firmware says of the same frames. recording: as for
/// extract_windows. Everything is scored where options look for nothing (checks_windows).
template <typename Sample>
std::vector<WindowCondition> window_conditions(const FeatureOptions& options,
                                               MatrixView<const Sample> recording) {
  std::vector<WindowCondition> conditions;
  WindowCheck check;
  detail::for_each_window(options, recording, [&](Index, const WindowView<Sample>& window) {
    conditions.push_back(check.update(options, window));
  });
  return conditions;
}
template <typename Derived>
std::vector<WindowCondition> window_conditions(const FeatureOptions& options,
                                               const Eigen::DenseBase<Derived>& recording) {
  return detail::with_recording(recording, [&](auto view) { return window_conditions(options, view); });
}

/// The rows of the windows that are to be scored, in order: those to learn from. features: of
/// extract_windows; conditions: of window_conditions on the same recording. Throws std::invalid_argument
/// when their numbers differ.
inline FeatureMatrix scored_rows(const FeatureMatrix& features,
                                 const std::vector<WindowCondition>& conditions) {
  detail::require(static_cast<std::size_t>(features.rows()) == conditions.size(),
                  "thrum::scored_rows: conditions has ", conditions.size(), " windows, expected ",
                  features.rows(), ", the rows of features");
  std::vector<Index> rows;
  for (Index i = 0; i < features.rows(); ++i)
    if (conditions[static_cast<std::size_t>(i)].scored()) rows.push_back(i);
  return features(rows, Eigen::all);
}

/// The verdict on each window of a recording by a fitted detector with signal options, as the firmware gives
/// it: those of faulty sensors and of a machine at rest are not scored. detector: a Detector or
/// StoredDetector; recording, inputs: as for extract_windows. Throws std::invalid_argument as extract_windows
/// does, and without signal options.
template <typename FittedDetector, typename Derived>
std::vector<Verdict> judge_windows(const FittedDetector& detector, const Eigen::DenseBase<Derived>& recording,
                                   const FeatureMatrix& inputs = {}) {
  const auto& model = detector.model();
  detail::require(detector.fitted() && model.has_signal,
                  "thrum::judge_windows: detector is not fitted, or has no signal options");
  std::vector<Verdict> verdicts = detector.verdicts(extract_windows(model.signal, recording, inputs));
  const std::vector<WindowCondition> conditions = window_conditions(model.signal, recording);
  for (std::size_t i = 0; i < conditions.size(); ++i)
    if (!conditions[i].scored()) verdicts[i] = verdict_on(conditions[i]);
  return verdicts;
}

/// A name for each feature, in the order of the columns: "ch2 kurtosis", "ch0 band 3 (1250-1875 Hz)",
/// "ch1 envelope band 0 (0-125 Hz)", "ch0-ch1 correlation". options must pass check(), otherwise
/// std::invalid_argument.
inline std::vector<std::string> feature_names(const FeatureOptions& options) {
  detail::require_recording(options, options.window, options.channels);
  std::vector<std::string> names;
  for (int i = 0; i < feature_count(options); ++i) {
    const FeatureName name = feature_name(options, i);
    if (name.kind == FeatureKind::input) {
      names.push_back("input " + std::to_string(name.detail));
      continue;
    }
    std::string text = "ch" + std::to_string(name.channel);
    if (name.kind == FeatureKind::correlation) text += "-ch" + std::to_string(name.detail);
    text += std::string(" ") + to_string(name.kind);
    if (has_bands(name.kind)) text += detail::band_name(band_layout(options, name.kind), name.detail);
    names.push_back(text);
  }
  return names;
}

}  // namespace thrum

#endif  // THRUM_FEATURE_EXTRACTOR_HPP
