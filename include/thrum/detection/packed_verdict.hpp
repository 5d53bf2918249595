#ifndef THRUM_DETECTION_PACKED_VERDICT_HPP
#define THRUM_DETECTION_PACKED_VERDICT_HPP

#include <stdint.h>

#include "thrum/core/scalar.hpp"
#include "thrum/core/status.hpp"
#include "thrum/detection/verdict.hpp"
#include "thrum/features/options.hpp"

namespace thrum {

/// Bytes of a packed verdict.
constexpr int packed_verdict_size = 16;

namespace detail {

inline void put_bytes(uint32_t value, int count, uint8_t* bytes) {
  for (int i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(value >> 8 * i);
}

inline uint32_t get_bytes(const uint8_t* bytes, int count) {
  uint32_t value = 0;
  for (int i = count - 1; i >= 0; --i) value = value << 8 | bytes[i];
  return value;
}

/// -1 and up as 0 and up; what is beyond `most` as that.
constexpr uint32_t one_more(int value, int most) {
  return static_cast<uint32_t>(larger(-1, smaller(value, most - 1)) + 1);
}

constexpr float share_steps = 65535;

}  // namespace detail

/// Packs a verdict for telemetry, 16 bytes, integers little-endian:
///
///     bytes 0-1     bits 0-2 state, 3-6 status, 7-9 fault, 10-14 channel + 1
///     bytes 2-3     class + 1
///     bytes 4-5     feature + 1
///     bytes 6-7     share x 65535, rounded
///     bytes 8-11    score, IEEE 754 binary32
///     bytes 12-15   tail probability, binary32
///
/// All but the share is exact for classes and features below 65535; larger ones become 65534. O(1).
inline void pack(const Verdict& verdict, uint8_t* bytes) {
  const uint32_t share =
      static_cast<uint32_t>(larger(0.0f, smaller(1.0f, verdict.share)) * detail::share_steps + 0.5f);
  const uint32_t flags = static_cast<uint32_t>(verdict.state) | static_cast<uint32_t>(verdict.status) << 3 |
                         static_cast<uint32_t>(verdict.fault) << 7 |
                         detail::one_more(verdict.channel, 31) << 10;
  detail::put_bytes(flags, 2, bytes);
  detail::put_bytes(detail::one_more(verdict.cluster, 65535), 2, bytes + 2);
  detail::put_bytes(detail::one_more(verdict.feature, 65535), 2, bytes + 4);
  detail::put_bytes(share, 2, bytes + 6);
  detail::put_bytes(bits_of(verdict.score), 4, bytes + 8);
  detail::put_bytes(bits_of(verdict.tail_probability), 4, bytes + 12);
}

/// The verdict that pack() made 16 bytes of. out_of_range, and `verdict` as it was, for bytes that no verdict
/// has: an unknown state, status or fault, a channel beyond max_channels, a negative score or one that is
/// NaN, a probability outside [0, 1]. O(1).
inline Status unpack(const uint8_t* bytes, Verdict& verdict) {
  const uint32_t flags = detail::get_bytes(bytes, 2);
  const uint32_t state = flags & 7u, status = flags >> 3 & 15u, fault = flags >> 7 & 7u;
  const int channel = static_cast<int>(flags >> 10) - 1;
  const uint32_t score = detail::get_bytes(bytes + 8, 4), tail = detail::get_bytes(bytes + 12, 4);
  constexpr uint32_t infinity = 0x7f800000u, one = 0x3f800000u;  // non-negative floats are in order of bits
  if (state > static_cast<uint32_t>(State::idle) || status > static_cast<uint32_t>(Status::unsupported) ||
      fault > static_cast<uint32_t>(SensorFault::rate_off) || channel >= max_channels || score > infinity ||
      tail > one)
    return Status::out_of_range;
  verdict.status = static_cast<Status>(status);
  verdict.state = static_cast<State>(state);
  verdict.fault = static_cast<SensorFault>(fault);
  verdict.score = from_bits<float>(score);
  verdict.tail_probability = from_bits<float>(tail);
  verdict.cluster = static_cast<int>(detail::get_bytes(bytes + 2, 2)) - 1;
  verdict.feature = static_cast<int>(detail::get_bytes(bytes + 4, 2)) - 1;
  verdict.channel = channel;
  verdict.share = static_cast<float>(detail::get_bytes(bytes + 6, 2)) / detail::share_steps;
  return Status::ok;
}

}  // namespace thrum

#endif  // THRUM_DETECTION_PACKED_VERDICT_HPP
