#ifndef THRUM_TESTS_STUB_ARDUINO_H
#define THRUM_TESTS_STUB_ARDUINO_H

// A stub, not Arduino's: declares what the example calls, so that it can be compiled without a core, and defines the
// macros of cores that a header could trip over.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HIGH 0x1
#define LOW 0x0
#define INPUT 0x0
#define OUTPUT 0x1
#define CHANGE 2
#define FALLING 3
#define RISING 4
#define DEFAULT 1
#define INTERNAL 3
#define EXTERNAL 0
#define PI 3.1415926535897932384626433832795
#define HALF_PI 1.5707963267948966192313216916398
#define TWO_PI 6.283185307179586476925286766559
#define EULER 2.718281828459045235360287471352
#define SERIAL 0x0
#define DISPLAY 0x1
#define DEC 10
#define HEX 16
#define OCT 8
#define BIN 2
#define B0 0
#define B1 1
#define B10 2
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define abs(x) ((x) > 0 ? (x) : -(x))
#define round(x) ((x) >= 0 ? (long)((x) + 0.5) : (long)((x)-0.5))
#define constrain(amt, low, high) ((amt) < (low) ? (low) : ((amt) > (high) ? (high) : (amt)))
#define radians(deg) ((deg)*0.017453292519943295)
#define degrees(rad) ((rad)*57.29577951308232)
#define sq(x) ((x) * (x))
#define interrupts() ((void)0)
#define noInterrupts() ((void)0)
#define lowByte(w) ((uint8_t)((w)&0xff))
#define highByte(w) ((uint8_t)((w) >> 8))
#define bit(b) (1UL << (b))
#define bitRead(value, bit) (((value) >> (bit)) & 0x01)
#define bitSet(value, bit) ((value) |= (1UL << (bit)))
#define bitClear(value, bit) ((value) &= ~(1UL << (bit)))
#define F(text) (text)

typedef bool boolean;
typedef uint8_t byte;
typedef uint16_t word;

enum { A0 = 14, A1, A2, A3 };

unsigned long micros();
void delay(unsigned long milliseconds);
int analogRead(int pin);
void analogReadResolution(int bits);

struct SerialStub {
  void begin(unsigned long baud);
  void print(const char* text);
  void print(int number);
  void print(double number);
  void println(const char* text);
};
extern SerialStub Serial;

void setup();
void loop();

#endif  // THRUM_TESTS_STUB_ARDUINO_H
