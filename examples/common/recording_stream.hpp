#ifndef THRUM_EXAMPLES_COMMON_RECORDING_STREAM_HPP
#define THRUM_EXAMPLES_COMMON_RECORDING_STREAM_HPP

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ostream>

// Recordings as the firmware of examples/firmware takes them.

namespace recording_stream {

/// Frames x channels in counts, as a sensor's interface delivers them to the microcontroller.
using Frames = Eigen::Matrix<std::int16_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// In 16 bit. A sensor saturates; it does not wrap.
template <typename Samples>
Frames quantised(const Samples& samples, float counts_per_unit) {
  return samples.unaryExpr([=](float value) {
    return static_cast<std::int16_t>(std::clamp(std::round(value * counts_per_unit), -32768.0f, 32767.0f));
  });
}

/// The number of frames (int32), then the frames.
inline void write(std::ostream& file, const Frames& frames) {
  const auto count = static_cast<std::int32_t>(frames.rows());
  file.write(reinterpret_cast<const char*>(&count), sizeof(count));
  file.write(reinterpret_cast<const char*>(frames.data()),
             static_cast<std::streamsize>(sizeof(std::int16_t)) * frames.size());
}

}  // namespace recording_stream

#endif  // THRUM_EXAMPLES_COMMON_RECORDING_STREAM_HPP
