#!/usr/bin/env bash
# Installs what is missing, builds thrum with clang++, with sanitizers and with g++, and runs the tests of each; those
# of clang++ and g++ build the firmware too and run it in QEMU. Works from any directory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cmake/setup.sh tests
jobs="$(nproc)"

build() {
  printf '\n== %s: build\n' "$1"
  cmake --preset "$1"
  cmake --build --preset "$1" -j "$jobs"
}

run_tests() {
  printf '\n== %s: test\n' "$1"
  rm -f "build/$1/tests.xml"
  ctest --preset "$1" -j "$jobs" --output-junit "$PWD/build/$1/tests.xml"
}

for preset in clang sanitizers; do
  build "$preset"
  run_tests "$preset"
done
build dev
run_tests dev
