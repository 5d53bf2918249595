#ifndef THRUM_FEATURES_WINDOW_STREAM_HPP
#define THRUM_FEATURES_WINDOW_STREAM_HPP

#include <stdint.h>
#include <string.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"
#include "thrum/core/shared_word.hpp"

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
/// order, so the smallest Cortex-M will do. All-zero bits are the start-up state; 36 bytes; allocates
/// nothing.
///
/// Each call takes the same WindowBuffer. When there is no room, frames are refused and counted, never older
/// ones overwritten. No window bridges a gap, be it of refused frames or of those that gap() tells of: a
/// window that is complete before it is still to be had, those begun and not completed are discarded and
/// counted, and the next one starts behind it. Of several gaps that the reader finds at once only the last is
/// known, and all frames before that are discarded.
///
/// Positions run over [0, 2 capacity), so that a full ring and an empty one differ and nothing ever wraps at
/// 2^32; capacity must be below 2^30.
template <typename Sample>
class WindowStream {
 public:
  /// Writer: takes `frames` x channels interleaved samples. Returns the frames accepted: all, or as many as
  /// there is room for. Cost: two memcpy at most.
  Index write(const WindowBuffer<Sample>& buffer, const Sample* interleaved, Index frames) {
    const Index written = own(written_);
    const Index accepted = larger(smaller(frames, room(buffer)), Index{0});
    const size_t frame_bytes = static_cast<size_t>(buffer.channels) * sizeof(Sample);
    const Index start = in_ring(buffer, written);
    const Index straight = smaller(accepted, buffer.capacity - start);
    if (straight > 0)
      memcpy(buffer.samples + start * buffer.channels, interleaved,
             static_cast<size_t>(straight) * frame_bytes);
    if (accepted > straight)
      memcpy(buffer.samples, interleaved + straight * buffer.channels,
             static_cast<size_t>(accepted - straight) * frame_bytes);
    return finish(buffer, accepted, frames);
  }

  /// Writer: the same from one array of `frames` samples for each channel.
  Index write_planar(const WindowBuffer<Sample>& buffer, const Sample* const* channels, Index frames) {
    const Index accepted = larger(smaller(frames, room(buffer)), Index{0});
    Index place = in_ring(buffer, own(written_));
    for (Index i = 0; i < accepted; ++i) {
      for (Index c = 0; c < buffer.channels; ++c)
        buffer.samples[place * buffer.channels + c] = channels[c][i];
      if (++place == buffer.capacity) place = 0;
    }
    return finish(buffer, accepted, frames);
  }

  /// Writer: frames that write() would take now.
  Index room(const WindowBuffer<Sample>& buffer) const {
    return buffer.capacity - waiting(buffer, own(written_), load(read_));
  }

  /// Writer: so many frames are missing between those written and those to come; 0 or less when it is not
  /// known how many. O(1).
  void gap(Index frames) {
    add(missing_, frames);
    mark_gap(own(written_));
  }

  /// Frames refused because the reader was late. Any side. This count and the others stay at 2^32 - 1 once
  /// there.
  uint32_t overruns() const { return load_shared(overruns_); }
  /// Frames that gap() told of. Any side.
  uint32_t missing() const { return load_shared(missing_); }
  /// Windows that began, and were not completed because of a gap. Any side.
  uint32_t discarded() const { return load_shared(discarded_); }

  /// Reader: true when window() is complete. Leaves a gap behind when that is due. O(1).
  bool window_ready(const WindowBuffer<Sample>& buffer) {
    if (!no_gap_ahead()) {
      const Gap gap = gap_ahead(buffer);
      if (!gap.known) return false;  // it is to be tried again later
      if (gap.only_one && gap.frames_before >= buffer.window) return true;
      pass(buffer, gap);
    }
    return complete(buffer);
  }

  /// Reader: frames written and not yet left behind by advance().
  Index frames_waiting(const WindowBuffer<Sample>& buffer) const {
    return waiting(buffer, load(written_), own(read_));
  }

  /// Reader: the oldest window; requires window_ready(). Valid until advance().
  WindowView<Sample> window(const WindowBuffer<Sample>& buffer) const {
    const Index start = in_ring(buffer, own(read_));
    const Index straight = smaller(buffer.window, buffer.capacity - start);
    const Sample* samples = buffer.samples;
    return {row_major(samples + start * buffer.channels, straight, buffer.channels),
            row_major(samples, buffer.window - straight, buffer.channels)};
  }

  /// Reader: leaves the window; the next starts `hop` frames later. Requires window_ready().
  void advance(const WindowBuffer<Sample>& buffer) { store(read_, moved(buffer, own(read_), buffer.hop)); }

  /// Reader: drops the frames written so far; the next window starts after them. The counts stay.
  void drop_waiting() {
    const uint32_t marks = load_shared(gap_marks_);  // first: a gap that comes in between is found later
    store(read_, load(written_));
    gaps_passed_ = marks & ~1u;
  }

  /// Puts in order what a reset of the processor, in the middle of anything, left in memory that is retained:
  /// frames are dropped, counts stay. False, and nothing is changed, when no stream can have left it. Only
  /// while neither side is at work.
  bool recover(const WindowBuffer<Sample>& buffer) {
    if (load(written_) >= 2 * buffer.capacity) return false;
    gap_marks_ &= ~1u;
    drop_waiting();
    return true;
  }

  /// Forgets all frames and counts. Only while neither side is at work.
  void reset() { *this = WindowStream(); }

 private:
  static Index load(const uint32_t& position) { return static_cast<Index>(load_shared(position)); }
  /// The same of a word that no other side changes.
  static Index own(uint32_t position) { return static_cast<Index>(position); }
  static void store(uint32_t& position, Index value) { store_shared(position, static_cast<uint32_t>(value)); }
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

  /// One side's own counter, which the other may read.
  static void add(uint32_t& counter, Index events) {
    if (events <= 0) return;
    const uint32_t total = counter + static_cast<uint32_t>(smaller(events, Index{INT32_MAX}));
    store_shared(counter, total < counter ? UINT32_MAX : total);
  }

  // ---- writer

  /// Hands the accepted frames to the reader; the others leave a gap.
  Index finish(const WindowBuffer<Sample>& buffer, Index accepted, Index frames) {
    const Index now = moved(buffer, own(written_), accepted);
    if (accepted > 0) {
      store(written_, now);
      gap_is_last_ = 0;
    }
    if (frames > accepted) {
      add(overruns_, frames - accepted);
      mark_gap(now);
    }
    return accepted;
  }

  /// The mark is odd while its place changes, so that the reader never takes one place for another's. Gaps
  /// without frames between them are one.
  void mark_gap(Index place) {
    if (gap_is_last_ != 0) return;
    store_shared(gap_marks_, gap_marks_ + 1);
    store(gap_at_, place);
    store_shared(gap_marks_, gap_marks_ + 1);
    gap_is_last_ = 1;
  }

  // ---- reader

  bool no_gap_ahead() const { return load_shared(gap_marks_) == gaps_passed_; }

  /// A window without a gap. Marks are looked at after `written_`: frames behind a gap are written after its
  /// mark.
  bool complete(const WindowBuffer<Sample>& buffer) const {
    return frames_waiting(buffer) >= buffer.window && no_gap_ahead();
  }

  /// Where the last gap is, when that can be told: not while the writer is at it.
  struct Gap {
    bool known;
    bool only_one;
    uint32_t mark;
    Index frames_before;  ///< and after read_; -1: it is behind that
  };
  Gap gap_ahead(const WindowBuffer<Sample>& buffer) const {
    const uint32_t mark = load_shared(gap_marks_);
    const Index place = load(gap_at_);
    const bool known = mark % 2 == 0 && load_shared(gap_marks_) == mark;
    const Index before = waiting(buffer, place, own(read_));
    const bool ahead = before <= frames_waiting(buffer);
    return {known, mark - gaps_passed_ == 2, mark, ahead ? before : Index{-1}};
  }

  /// Drops the frames before the gap, and counts the windows that began there.
  void pass(const WindowBuffer<Sample>& buffer, const Gap& gap) {
    if (gap.frames_before > 0) {
      add(discarded_, (gap.frames_before + buffer.hop - 1) / buffer.hop);
      store(read_, moved(buffer, own(read_), gap.frames_before));
    }
    gaps_passed_ = gap.mark;
  }

  // changed by the writer only
  uint32_t written_ = 0;
  uint32_t overruns_ = 0;
  uint32_t missing_ = 0;
  uint32_t gap_at_ = 0;       ///< position of the latest gap
  uint32_t gap_marks_ = 0;    ///< two for each gap; compared for equality and by small differences only
  uint32_t gap_is_last_ = 0;  ///< nothing was written behind it yet
  // changed by the reader only
  uint32_t read_ = 0;
  uint32_t gaps_passed_ = 0;  ///< value of gap_marks_
  uint32_t discarded_ = 0;
};

}  // namespace thrum

#endif  // THRUM_FEATURES_WINDOW_STREAM_HPP
