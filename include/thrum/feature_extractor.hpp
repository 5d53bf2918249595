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
#include "thrum/errors.hpp"
#include "thrum/features/extract.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/spectrum.hpp"
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

/// Fills a row for each window of the recording, read where it lies.
template <typename Sample>
inline FeatureMatrix extract_from_view(const FeatureOptions& options,
                                       const MatrixView<const Sample>& recording) {
  require_recording(options, recording.rows, recording.cols);
  std::vector<float> table(static_cast<std::size_t>(feature_table_size(options)));
  fill_feature_table(options, table.data());
  std::vector<float> scratch(static_cast<std::size_t>(feature_scratch_size(options)));

  FeatureMatrix features((recording.rows - options.window) / options.hop + 1, feature_count(options));
  for (Index row = 0; row < features.rows(); ++row) {
    const WindowView<Sample> window{recording.middle_rows(row * options.hop, options.window),
                                    recording.middle_rows(0, 0)};
    const Status status =
        extract_features(options, window, table.data(), scratch.data(), features.row(row).data());
    if (status == Status::non_finite) features.row(row).setConstant(not_a_number<float>());
  }
  return features;
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
/// evaluated once). Returns window_count(options, frames) x feature_count(options).
///
/// A window with a NaN or infinite sample has a row of NaN, so that its verdict is `unknown`; a feature
/// that overflows is the largest finite number, so that its window is an alarm. Throws std::invalid_argument
/// when options do not pass check(), the channels differ, or the recording is shorter than one window. Cost:
/// a few microseconds per channel and 1024 frames; allocates the result, a table and a window.
template <typename Sample>
FeatureMatrix extract_windows(const FeatureOptions& options, MatrixView<const Sample> recording) {
  return detail::extract_from_view<Sample>(options, recording);
}
template <typename Derived>
FeatureMatrix extract_windows(const FeatureOptions& options, const Eigen::DenseBase<Derived>& recording) {
  using Sample = typename Derived::Scalar;
  static_assert(
      std::is_same_v<Sample, float> || std::is_same_v<Sample, std::int16_t>,
      "a recording is a matrix of float or std::int16_t, frames x channels: cast<float>() converts others");
  if constexpr (detail::has_data<Derived>) {
    return extract_windows(options, thrum::view(recording));
  } else {
    const Eigen::Matrix<Sample, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> evaluated = recording;
    return extract_windows(options, thrum::view(evaluated));
  }
}

/// A name for each feature, in the order of the columns: "ch2 kurtosis", "ch0 band 3 (1250-1875 Hz)",
/// "ch1 envelope band 0 (0-125 Hz)", "ch0-ch1 correlation". options must pass check(), otherwise
/// std::invalid_argument.
inline std::vector<std::string> feature_names(const FeatureOptions& options) {
  detail::require_recording(options, options.window, options.channels);
  std::vector<std::string> names;
  for (int i = 0; i < feature_count(options); ++i) {
    const FeatureName name = feature_name(options, i);
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
