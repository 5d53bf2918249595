#ifndef THRUM_EXAMPLES_FIRMWARE_LINE_HPP
#define THRUM_EXAMPLES_FIRMWARE_LINE_HPP

#include <stdint.h>

/// One line of console output, put together piece by piece and printed by end(). printf would bring the heap
/// in, and double. What is beyond 160 characters is lost.
class Line {
 public:
  Line& text(const char* text);

  /// Fills up with blanks to so many characters.
  Line& column(uint32_t width);

  Line& number(uint64_t value);
  Line& number(uint32_t value);
  Line& number(int value);

  /// As 0x and eight digits.
  Line& hex(uint32_t value);

  /// A float >= 0 with six decimals; from 1e9 on as 1.234567e+12. For the eye: its last digits may be
  /// rounded.
  Line& decimal(float value);

  /// whole + part / parts, parts a power of ten.
  Line& fraction(uint64_t whole, uint32_t part, uint32_t parts);

  void end();

 private:
  void character(char character);

  static constexpr uint32_t capacity_ = 160;
  char text_[capacity_ + 2] = {};  // and the end of the line, and of the text
  uint32_t length_ = 0;
};

#endif  // THRUM_EXAMPLES_FIRMWARE_LINE_HPP
