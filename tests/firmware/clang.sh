#!/usr/bin/env bash
# clang.sh CLANG DIR [HEADER NAME]: builds DIR/mps2-an386.elf as run.sh does, but with clang; Arm's GCC links.
set -euo pipefail
clang="$1" build="$2" program=learn definitions=()
if [ $# -eq 4 ]; then
  program=main
  definitions=("-DTHRUM_MODEL_HEADER=\"$3\"" "-DTHRUM_MODEL_NAME=$4")
fi
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
firmware="$root/examples/firmware"
libc="$(arm-none-eabi-g++ -E -x c - <<<'#include <string.h>' | sed -nE 's/^# [0-9]+ "(.*)\/string\.h".*/\1/p' | head -n 1)"
mkdir -p "$build"

for part in "$program" startup line; do
  "$clang" --target=arm-none-eabi -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -std=c++17 -O2 \
    -ffp-contract=off -fno-exceptions -fno-rtti -ffunction-sections -fdata-sections -fno-math-errno -Wall -Wextra \
    -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wdouble-promotion -Werror "-I$root/include" "-I$firmware" \
    -isystem "$libc" ${definitions[@]+"${definitions[@]}"} -c "$firmware/$part.cpp" \
    -o "$build/$part.o"
done
arm-none-eabi-g++ -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -nostartfiles --specs=nano.specs -Wl,--gc-sections \
  "-L$firmware" "-T$firmware/mps2-an386.ld" "$build"/{"$program",startup,line}.o -o "$build/mps2-an386.elf"
