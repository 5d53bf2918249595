#ifndef THRUM_FEATURES_WINDOW_CHECK_HPP
#define THRUM_FEATURES_WINDOW_CHECK_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/features/options.hpp"
#include "thrum/features/statistics.hpp"
#include "thrum/features/window_stream.hpp"

namespace thrum {

/// Whether a window is to be scored, and if not, why.
struct WindowCondition {
  SensorFault fault = SensorFault::none;
  int channel = -1;   ///< the lowest with that fault; -1 without one, or when it is of all channels
  bool idle = false;  ///< the machine stands still, or runs up

  constexpr bool scored() const { return fault == SensorFault::none && !idle; }
};

namespace detail {

/// Looks at each sample of a channel once; in counts.
class ChannelProbe {
 public:
  /// ceiling: magnitude that counts as full scale; 0: none does.
  ChannelProbe(float first, float ceiling)
      : first_(first), ceiling_(ceiling), previous_(first), least_(first), greatest_(first) {}

  template <typename Sample>
  void take(VectorView<const Sample> samples) {
    for (Index i = 0; i < samples.size; ++i) take(static_cast<float>(samples[i]));
  }

  float range() const { return greatest_ - least_; }
  int longest_run() const { return longest_run_; }
  int clipped() const { return clipped_; }
  /// Root mean square about the mean, to 1e-5 of the distance of the first sample from the mean; infinite
  /// where it overflows.
  float level() const {
    const float count = static_cast<float>(count_);
    const float mean = (sum_ + partial_sum_) / count;
    const float variance = (squares_ + partial_squares_) / count - mean * mean;
    return is_finite(variance) ? square_root(larger(0.0f, variance)) : positive_infinity<float>();
  }

 private:
  void take(float value) {
    const bool at_ceiling = ceiling_ > 0.0f && absolute(value) >= ceiling_;
    clipped_ += at_ceiling ? 1 : 0;
    // Equal samples at full scale are clipped, not stuck.
    run_ = at_ceiling ? 0 : value == previous_ ? run_ + 1 : 1;
    longest_run_ = larger(longest_run_, run_);
    previous_ = value;
    least_ = smaller(least_, value);
    greatest_ = larger(greatest_, value);
    const float step = value - first_;
    partial_sum_ += step;
    partial_squares_ += step * step;
    if (++count_ % samples_per_partial_sum != 0) return;
    sum_ += partial_sum_;
    squares_ += partial_squares_;
    partial_sum_ = partial_squares_ = 0;
  }

  float first_, ceiling_, previous_, least_, greatest_;
  int run_ = 0, longest_run_ = 0, clipped_ = 0;
  Index count_ = 0;
  float sum_ = 0, squares_ = 0, partial_sum_ = 0, partial_squares_ = 0;  // of samples less the first
};

template <typename Sample>
inline ChannelProbe probed(const FeatureOptions& options, const WindowView<Sample>& window, int c) {
  const ChannelOptions& channel = options.channel[c];
  // A converter's last steps count as full scale: of 32768 counts, int16 has 32767 and 12 bits have 32752.
  constexpr float share = 0.999f;
  ChannelProbe probe(static_cast<float>(window.first(0, c)),
                     share * channel.full_scale * channel.counts_per_unit);
  probe.take(window.first.col(c));
  if (window.second.rows > 0) probe.take(window.second.col(c));
  return probe;
}

inline SensorFault fault_of(const FeatureOptions& options, const ChannelOptions& channel,
                            const ChannelProbe& probe) {
  const SensorOptions& sensors = options.sensors;
  if (channel.flat_range > 0.0f && probe.range() <= channel.flat_range * channel.counts_per_unit)
    return SensorFault::disconnected;
  if (sensors.stuck_frames > 0 && probe.longest_run() >= sensors.stuck_frames) return SensorFault::stuck;
  if (sensors.clipped_frames > 0 && probe.clipped() >= sensors.clipped_frames) return SensorFault::clipped;
  return SensorFault::none;
}

inline int channel_not_finite(const MatrixView<const int16_t>&) { return -1; }

/// The lowest channel with a sample that is NaN or infinite; -1 without one.
inline int channel_not_finite(const MatrixView<const float>& samples) {
  for (Index c = 0; c < samples.cols; ++c)
    for (Index i = 0; i < samples.rows; ++i)
      if (!is_finite(samples(i, c))) return static_cast<int>(c);
  return -1;
}

template <typename Sample>
inline int channel_not_finite(const WindowView<Sample>& window) {
  const int first = channel_not_finite(window.first), second = channel_not_finite(window.second);
  return first < 0 || (second >= 0 && second < first) ? second : first;
}

/// The condition of a window by itself.
template <typename Sample>
inline WindowCondition condition_of(const FeatureOptions& options, const WindowView<Sample>& window) {
  const int not_finite = channel_not_finite(window);
  if (not_finite >= 0) return {SensorFault::non_finite, not_finite, false};
  WindowCondition condition;
  bool moves = false, has_level = false;
  for (int c = 0; c < options.channels; ++c) {
    const ChannelOptions& channel = options.channel[c];
    const ChannelProbe probe = probed(options, window, c);
    const SensorFault fault = fault_of(options, channel, probe);
    if (fault != SensorFault::none) return {fault, c, false};
    if (!(channel.idle_level > 0.0f)) continue;
    has_level = true;
    const float level = probe.level();
    moves = moves || !is_finite(level) || level >= channel.idle_level * channel.counts_per_unit;
  }
  condition.idle = has_level && !moves;
  return condition;
}

}  // namespace detail

/// Tells windows that are to be scored from those of a faulty sensor or a machine at rest. A machine is at
/// rest when every channel with an idle_level is below it; the windows of the next run_up seconds are idle as
/// well. A fault goes before rest; of several faults that of the lowest channel is told, of one channel's
/// non_finite, disconnected, stuck, clipped in this order. All zero at start; four bytes; allocates nothing.
class WindowCheck {
 public:
  /// The condition of the next window of options.window frames; scored when !checks_windows(options).
  /// rate_off: the rate was measured, and is off. options must pass check(). Some 25 Cortex-M4F instructions
  /// a sample.
  template <typename Sample>
  WindowCondition update(const FeatureOptions& options, const WindowView<Sample>& window,
                         bool rate_off = false) {
    if (!checks_windows(options)) return {};
    WindowCondition condition = detail::condition_of(options, window);
    if (rate_off && condition.fault == SensorFault::none) condition = {SensorFault::rate_off, -1, false};
    if (condition.idle)
      run_up_left_ = run_up_windows(options);
    else if (run_up_left_ > 0) {
      --run_up_left_;
      condition.idle = condition.fault == SensorFault::none;
    }
    return condition;
  }

  /// Forgets that the machine stood still.
  void reset() { run_up_left_ = 0; }

 private:
  uint32_t run_up_left_ = 0;  // windows
};

}  // namespace thrum

#endif  // THRUM_FEATURES_WINDOW_CHECK_HPP
