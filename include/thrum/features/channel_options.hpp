#ifndef THRUM_FEATURES_CHANNEL_OPTIONS_HPP
#define THRUM_FEATURES_CHANNEL_OPTIONS_HPP

namespace thrum {

/// Most channels that one options struct describes.
constexpr int max_channels = 16;

/// What a channel's numbers mean. Travels with the model.
struct ChannelOptions {
  float counts_per_unit = 1;  ///< raw counts for one unit, e.g. 8192 for an accelerometer of +-4 g; not 0
  float full_scale = 0;       ///< largest magnitude the sensor can say, in units; 0: unknown
  char unit[8] = "";          ///< name of the unit, e.g. "g"; ends with a zero
  float flat_range = 0;  ///< units; a window that moves no further has no sensor behind it; 0: not checked
  float idle_level = 0;  ///< rms in units, below which the channel is at rest; 0: not checked
};

constexpr bool operator==(const ChannelOptions& a, const ChannelOptions& b) {
  for (int i = 0; i < 8; ++i)
    if (a.unit[i] != b.unit[i]) return false;
  return a.counts_per_unit == b.counts_per_unit && a.full_scale == b.full_scale &&
         a.flat_range == b.flat_range && a.idle_level == b.idle_level;
}
constexpr bool operator!=(const ChannelOptions& a, const ChannelOptions& b) { return !(a == b); }

/// Which faults of the sensors are looked for, beside those that ChannelOptions tells of, and how long the
/// machine runs up. Where nothing is looked for, here and there, nothing is computed, and firmware has no
/// code for it.
struct SensorOptions {
  int stuck_frames =
      0;  ///< so many equal frames in a row, and a channel is stuck; 0: not checked; or 2 to window
  int clipped_frames =
      0;  ///< so many frames of a window at full_scale, and a channel is clipped; 0: not checked
  float rate_tolerance =
      0;             ///< most by which the measured rate may be off, as a share; 0: not checked; below 0.5
  float run_up = 0;  ///< seconds after standing still that count as standing still
};

constexpr bool operator==(const SensorOptions& a, const SensorOptions& b) {
  return a.stuck_frames == b.stuck_frames && a.clipped_frames == b.clipped_frames &&
         a.rate_tolerance == b.rate_tolerance && a.run_up == b.run_up;
}
constexpr bool operator!=(const SensorOptions& a, const SensorOptions& b) { return !(a == b); }

}  // namespace thrum

#endif  // THRUM_FEATURES_CHANNEL_OPTIONS_HPP
