#!/usr/bin/env bash
# symbols.sh ELF [double]: nothing is linked that takes memory from a heap, throws, knows types at run time or prints
# with the C library; nor, with `double`, anything that computes in double by library calls.
set -euo pipefail
names="$(arm-none-eabi-nm --demangle "$1" | sed -E 's/^[0-9a-f ]* [A-Za-z] //')"
if ! grep -q '^reset$' <<<"$names"; then
  echo "$1: not even reset() is there"
  exit 2
fi
forbidden='^(_?(malloc|free|calloc|realloc|sbrk)(_r)?$|operator (new|delete)|__cxa_|_Unwind_|typeinfo |vtable |.*printf)'
[ "${2:-}" = double ] && forbidden="$forbidden|^__(aeabi_(d(add|sub|rsub|mul|div|cmp|2)|f2d|i2d|ui2d|l2d|ul2d)|.*df[23]$)"
if grep -E "$forbidden" <<<"$names"; then
  echo "$1: the symbols above must not be linked"
  exit 1
fi
