#include <cstdio>

// Each translation unit gives the address of the same inline function: the linker must have merged them.
const void* headers_first();
const void* single_header_first();
const void* single_header_alone();
const void* after_macros();
const void* after_macros_laptop();

int main() {
  const void* const first = headers_first();
  const void* const others[] = {single_header_first(), single_header_alone(), after_macros(),
                                after_macros_laptop()};
  for (const void* other : others) {
    if (other != first) {
      std::puts("two copies of one inline function");
      return 1;
    }
  }
  return 0;
}
