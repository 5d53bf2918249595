#include "hosted.hpp"

int main(int count, char** words) {
  if (count != 3 && count != 4) {
    fputs("usage: see hosted.hpp\n", stderr);
    return 64;
  }
  semihosting::words = words;
  return firmware_main();
}
