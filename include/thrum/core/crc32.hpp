#ifndef THRUM_CORE_CRC32_HPP
#define THRUM_CORE_CRC32_HPP

#include <stdint.h>

#include "thrum/core/matrix_view.hpp"
#include "thrum/core/scalar.hpp"

namespace thrum {

/// CRC-32 (ISO-HDLC: polynomial 0x04c11db7 reflected, as zlib and Ethernet) over values, each taken as its
/// little-endian bytes (small integers as 32 bits), so that laptop and firmware agree whatever their padding
/// and byte order. Four bits a step with a table of 64 bytes: small, and quick enough for once a boot.
class Crc32 {
 public:
  constexpr void add_byte(uint8_t byte) {
    constexpr uint32_t table[16] = {0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu,
                                    0x76dc4190u, 0x6b6b51f4u, 0x4db26158u, 0x5005713cu,
                                    0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu,
                                    0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu};
    remainder_ ^= byte;
    remainder_ = table[remainder_ & 15u] ^ (remainder_ >> 4);
    remainder_ = table[remainder_ & 15u] ^ (remainder_ >> 4);
  }

  /// Not inlined: a model has many parts, and firmware little flash.
#if defined(__GNUC__)
  __attribute__((noinline))
#endif
  constexpr void
  add(uint32_t word) {
    for (int shift = 0; shift < 32; shift += 8) add_byte(static_cast<uint8_t>(word >> shift));
  }
  constexpr void add(uint64_t word) {
    add(static_cast<uint32_t>(word));
    add(static_cast<uint32_t>(word >> 32));
  }
  constexpr void add(int32_t value) { add(static_cast<uint32_t>(value)); }
  constexpr void add(uint16_t value) { add(uint32_t{value}); }
  constexpr void add(uint8_t value) { add(uint32_t{value}); }
  constexpr void add(int16_t value) { add(int32_t{value}); }
  constexpr void add(int8_t value) { add(int32_t{value}); }
  void add(float value) { add(bits_of(value)); }
  void add(double value) { add(bits_of(value)); }

  /// Adds `size` values; a null pointer adds nothing.
  template <typename Scalar>
  void add(const Scalar* values, Index size) {
    if (values == nullptr) return;
    for (Index i = 0; i < size; ++i) add(values[i]);
  }

  constexpr uint32_t value() const { return ~remainder_; }

 private:
  uint32_t remainder_ = 0xffffffffu;
};

}  // namespace thrum

#endif  // THRUM_CORE_CRC32_HPP
