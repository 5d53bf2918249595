#include "thrum/core/crc32.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

using thrum::Crc32;

namespace {

std::uint32_t crc_of(const std::string& text) {
  Crc32 crc;
  for (const char character : text) crc.add_byte(static_cast<std::uint8_t>(character));
  return crc.value();
}

template <typename Value>
std::uint32_t crc_of_value(Value value) {
  Crc32 crc;
  crc.add(value);
  return crc.value();
}

}  // namespace

TEST_CASE("the checksum is the CRC-32 of zlib") {
  CHECK(crc_of("123456789") == 0xcbf43926u);  // the check value of the catalogue of CRC algorithms
  CHECK(crc_of("") == 0u);
  CHECK(crc_of("The quick brown fox jumps over the lazy dog") == 0x414fa339u);
}

TEST_CASE("values count as their little-endian bytes") {
  CHECK(crc_of_value(std::uint32_t{0x34333231u}) == crc_of("1234"));
  CHECK(crc_of_value(std::uint64_t{0x3837363534333231u}) == crc_of("12345678"));
  CHECK(crc_of_value(1.5f) == crc_of_value(std::uint32_t{0x3fc00000u}));
  CHECK(crc_of_value(1.5) == crc_of_value(std::uint64_t{0x3ff8000000000000u}));
  CHECK(crc_of_value(0.0f) != crc_of_value(-0.0f));
}

TEST_CASE("an array counts as its values one after the other, a null pointer as nothing") {
  const std::vector<float> values{1.0f, -2.5f, 3e-40f};
  Crc32 one_by_one, together;
  for (const float value : values) one_by_one.add(value);
  together.add(values.data(), 3);
  CHECK(together.value() == one_by_one.value());
  together.add(static_cast<const float*>(nullptr), 3);
  CHECK(together.value() == one_by_one.value());
}

TEST_CASE("every single flipped bit, and every swap of unlike neighbours, changes the checksum") {
  std::string text = "a model of a machine that runs well";
  const std::uint32_t intact = crc_of(text);
  for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
    std::string damaged = text;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    REQUIRE(crc_of(damaged) != intact);
  }
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    std::string swapped = text;
    std::swap(swapped[i], swapped[i + 1]);
    REQUIRE((crc_of(swapped) != intact) == (swapped != text));
  }
}
