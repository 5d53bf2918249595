#!/usr/bin/env bash
# documented.sh make|cmake THRUM PREFIX MODEL FOLDER: builds a firmware in FOLDER with the Makefile or CMakeLists.txt that
# docs/firmware.md shows, and runs it in QEMU. THRUM: the sources; PREFIX: where thrum is installed.
set -euo pipefail
kind="$1" thrum="$2" prefix="$3" model="$4" folder="$5"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

shown() {  # the one block of this language in the guide
  awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } /^```/ { inside = 0 } inside' "$thrum/docs/firmware.md"
}

rm -rf "$folder"
mkdir -p "$folder"
cp "$here/documented/"* "$folder"
cp "$model" "$folder/fan_model.hpp"
cd "$folder"
case "$kind" in
  make)
    shown make >Makefile
    make "THRUM=$thrum"
    image=watch.elf
    ;;
  cmake)
    shown cmake >CMakeLists.txt
    cmake -B build "-DCMAKE_TOOLCHAIN_FILE=$thrum/cmake/arm-none-eabi.cmake" "-DCMAKE_PREFIX_PATH=$prefix"
    cmake --build build
    image=build/watch
    ;;
esac
qemu-system-arm -machine mps2-an386 -kernel "$image" -nographic -monitor none -serial none \
  -semihosting-config enable=on,target=native </dev/null
echo "$image judged a window"
