#ifndef THRUM_FEATURES_WINDOW_STREAM_HPP
#define THRUM_FEATURES_WINDOW_STREAM_HPP

#include <stdint.h>
#include <string.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

namespace thrum {

/// Types that a sensor's samples may have.
template <typename Type>
constexpr bool is_sample = false;
template <>
inline constexpr bool is_sample<int16_t> = true;
template <>
inline constexpr bool is_sample<float> = true;

/// A window of frames x channels in one piece, or in two when it wraps round the end of a ring.
template <typename Sample>
struct WindowView {
  MatrixView<const Sample> first;
  MatrixView<const Sample> second;  ///< follows `first`; may have no rows

  constexpr Index frames() const { return first.rows + second.rows; }
  constexpr Index channels() const { return first.cols; }
  /// All channels of frame i in [0, frames()).
  constexpr VectorView<const Sample> frame(Index i) const {
    return i < first.rows ? first.row(i) : second.row(i - first.rows);
  }
};

/// Memory and shape of a stream: what WindowStream needs besides its own positions. The stream keeps no
/// pointer to it, so that an object that holds both can be all zero at start-up (.bss), moved and copied.
template <typename Sample>
struct WindowBuffer {
  Sample* samples =
      nullptr;         ///< capacity x channels, frame after frame; its content at the start is of no matter
  Index capacity = 0;  ///< frames, at least `window`; what is beyond is slack while the reader works
  Index channels = 1;
  Index window = 0;  ///< frames
  Index hop = 0;     ///< frames, 1 to window
};

/// Cuts a stream of frames, which come in blocks of any size, into overlapping windows: one writer (an
/// interrupt) and one reader (the main loop), without locks. Only whole words are loaded and stored, in
/// order, so the smallest Cortex-M will do. All-zero bits are the start-up state; 12 bytes; allocates
/// nothing.
///
/// Each call takes the same WindowBuffer. When there is no room, frames are refused and counted, never older
/// ones overwritten; after that the data are what was accepted, so a window may bridge a gap: compare
/// overruns().
///
/// Positions run over [0, 2 capacity), so that a full ring and an empty one differ and nothing ever wraps at
/// 2^32; capacity must be below 2^30.
template <typename Sample>
class WindowStream {
 public:
  /// Writer: takes `frames` x channels interleaved samples. Returns the frames accepted: all, or as many as
  /// there is room for. Cost: two memcpy at most.
  Index write(const WindowBuffer<Sample>& buffer, const Sample* interleaved, Index frames) {
    const Index written = load(written_);
    const Index accepted = accept(buffer, written, frames);
    if (accepted == 0) return 0;
    const size_t frame_bytes = static_cast<size_t>(buffer.channels) * sizeof(Sample);
    const Index start = in_ring(buffer, written);
    const Index straight = smaller(accepted, buffer.capacity - start);
    memcpy(buffer.samples + start * buffer.channels, interleaved,
           static_cast<size_t>(straight) * frame_bytes);
    if (accepted > straight)
      memcpy(buffer.samples, interleaved + straight * buffer.channels,
             static_cast<size_t>(accepted - straight) * frame_bytes);
    store(written_, moved(buffer, written, accepted));
    return accepted;
  }

  /// Writer: the same from one array of `frames` samples for each channel.
  Index write_planar(const WindowBuffer<Sample>& buffer, const Sample* const* channels, Index frames) {
    const Index written = load(written_);
    const Index accepted = accept(buffer, written, frames);
    Index place = in_ring(buffer, written);
    for (Index i = 0; i < accepted; ++i) {
      for (Index c = 0; c < buffer.channels; ++c)
        buffer.samples[place * buffer.channels + c] = channels[c][i];
      if (++place == buffer.capacity) place = 0;
    }
    store(written_, moved(buffer, written, accepted));
    return accepted;
  }

  /// Frames refused because the reader was late; stays at 2^32 - 1 once there. Any side.
  uint32_t overruns() const { return __atomic_load_n(&overruns_, __ATOMIC_RELAXED); }

  /// Reader: true when window() is complete.
  bool window_ready(const WindowBuffer<Sample>& buffer) const {
    return frames_waiting(buffer) >= buffer.window;
  }

  /// Reader: frames written and not yet left behind by advance().
  Index frames_waiting(const WindowBuffer<Sample>& buffer) const {
    return waiting(buffer, load(written_), load(read_));
  }

  /// Reader: the oldest window; requires window_ready(). Valid until advance().
  WindowView<Sample> window(const WindowBuffer<Sample>& buffer) const {
    const Index start = in_ring(buffer, load(read_));
    const Index straight = smaller(buffer.window, buffer.capacity - start);
    const Sample* samples = buffer.samples;
    return {row_major(samples + start * buffer.channels, straight, buffer.channels),
            row_major(samples, buffer.window - straight, buffer.channels)};
  }

  /// Reader: leaves the window; the next starts `hop` frames later. Requires window_ready().
  void advance(const WindowBuffer<Sample>& buffer) { store(read_, moved(buffer, load(read_), buffer.hop)); }

  /// Reader: drops the frames written so far; the next window starts after them. The count of overruns stays.
  void drop_waiting() { store(read_, load(written_)); }

  /// Forgets all frames and overruns. Only while neither side is at work.
  void reset() { *this = WindowStream(); }

 private:
  static Index load(const uint32_t& position) {
    return static_cast<Index>(__atomic_load_n(&position, __ATOMIC_ACQUIRE));
  }
  static void store(uint32_t& position, Index value) {
    __atomic_store_n(&position, static_cast<uint32_t>(value), __ATOMIC_RELEASE);
  }
  static Index in_ring(const WindowBuffer<Sample>& buffer, Index position) {
    return position < buffer.capacity ? position : position - buffer.capacity;
  }
  static Index moved(const WindowBuffer<Sample>& buffer, Index position, Index frames) {
    position += frames;
    return position < 2 * buffer.capacity ? position : position - 2 * buffer.capacity;
  }
  static Index waiting(const WindowBuffer<Sample>& buffer, Index written, Index read) {
    return written >= read ? written - read : written - read + 2 * buffer.capacity;
  }

  Index accept(const WindowBuffer<Sample>& buffer, Index written, Index frames) {
    const Index room = buffer.capacity - waiting(buffer, written, load(read_));
    const Index accepted = larger(smaller(frames, room), Index{0});
    if (frames > accepted) count_refused(static_cast<uint64_t>(frames - accepted));
    return accepted;
  }
  void count_refused(uint64_t frames) {
    const uint64_t total = overruns() + frames;
    __atomic_store_n(&overruns_, static_cast<uint32_t>(smaller(total, uint64_t{UINT32_MAX})),
                     __ATOMIC_RELAXED);
  }

  uint32_t written_ = 0;   ///< changed by the writer only
  uint32_t overruns_ = 0;  ///< changed by the writer only
  uint32_t read_ = 0;      ///< changed by the reader only
};

}  // namespace thrum

#endif  // THRUM_FEATURES_WINDOW_STREAM_HPP
