#ifndef THRUM_EXAMPLES_DEMO_RECORDINGS_HPP
#define THRUM_EXAMPLES_DEMO_RECORDINGS_HPP

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "../common/recording_stream.hpp"

// Where the demo's signals come from: the user's folder, or a simulated rig when there is none.

namespace demo {

using recording_stream::Frames;

/// One way the machine ran, and all that was recorded of it.
struct Condition {
  std::string name;
  bool normal = false;
  std::vector<Frames> recordings;
};

struct Recordings {
  std::vector<Condition> conditions;  ///< the normal ones first
  double sampling_rate = 0;           ///< Hz
  float counts_per_unit = 1;
  float full_scale = 0;             ///< units
  std::size_t clipped_samples = 0;  ///< that were beyond full scale
  std::string unit;
};

/// What the command line says about a folder of recordings.
struct FolderOptions {
  std::string folder;
  std::vector<std::string> normal;
  double sampling_rate = 0;  ///< Hz; 0: from the time column
  double full_scale = 0;     ///< units; 0: the power of two above twice the largest normal sample
  std::string unit;
  std::string time_column = "time";  ///< in seconds
};

/// Reads a folder (see thrum::read_conditions) and quantises it to 16 bit, with progress on standard error.
/// Throws std::invalid_argument for a normal condition that is not there or an unknown sampling rate.
Recordings read_folder(const FolderOptions& options);

/// The embedded default: 8 accelerometers at 20 kHz on a simulated rig (examples/rig), two working conditions
/// and three faults.
Recordings simulate_rig();

}  // namespace demo

#endif  // THRUM_EXAMPLES_DEMO_RECORDINGS_HPP
