#include <stdio.h>

#include "thrum/firmware.hpp"

bool single_header_works();

int main() {
  float values[] = {1, 2, 3, 4};
  const bool works = thrum::row_major(values, 2, 2)(1, 0) == 3.0f && single_header_works();
  printf("thrum %d in firmware: %s\n", THRUM_VERSION, works ? "ok" : "wrong");
  return works ? 0 : 1;
}
