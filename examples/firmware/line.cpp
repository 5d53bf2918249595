#include "line.hpp"

#include <float.h>
#include <stdint.h>

#include "semihosting.hpp"

Line& Line::text(const char* text) {
  while (*text != '\0') character(*text++);
  return *this;
}

Line& Line::column(uint32_t width) {
  while (length_ < width && length_ < capacity_) character(' ');
  return *this;
}

Line& Line::number(uint64_t value) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) character(digits[--count]);
  return *this;
}

Line& Line::number(uint32_t value) { return number(static_cast<uint64_t>(value)); }

Line& Line::number(int value) {
  if (value >= 0) return number(static_cast<uint64_t>(value));
  return text("-").number(static_cast<uint64_t>(-static_cast<int64_t>(value)));
}

Line& Line::hex(uint32_t value) {
  text("0x");
  for (int shift = 28; shift >= 0; shift -= 4) character("0123456789abcdef"[value >> shift & 15u]);
  return *this;
}

Line& Line::decimal(float value) {
  if (!(value <= FLT_MAX)) return text(value > 0.0f ? "inf" : "nan");
  uint32_t exponent = 0;
  if (value >= 1e9f)
    for (; value >= 10.0f; value /= 10.0f) ++exponent;
  const uint32_t whole = static_cast<uint32_t>(value);
  const uint32_t millionths = static_cast<uint32_t>((value - static_cast<float>(whole)) * 1e6f + 0.5f);
  fraction(whole, millionths, 1000000);
  return exponent == 0 ? *this : text("e+").number(exponent);
}

Line& Line::fraction(uint64_t whole, uint32_t part, uint32_t parts) {
  number(whole + part / parts).text(".");
  for (uint32_t place = parts / 10; place != 0; place /= 10)
    character(static_cast<char>('0' + part / place % 10));
  return *this;
}

void Line::end() {
  text_[length_] = '\n';
  text_[length_ + 1] = '\0';
  semihosting::write_text(text_);
}

void Line::character(char character) {
  if (length_ < capacity_) text_[length_++] = character;
}
