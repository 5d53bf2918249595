#!/usr/bin/env bash
# Installs what thrum's scripts need and this system lacks.
#   cmake/setup.sh demo | tests | peers    with apt-get, as root or through sudo; without it, says what is missing
#   cmake/setup.sh --check SET             only says what is missing
# Exit status 1 if anything is still missing at the end.
set -euo pipefail

check_only=no
if [ "${1:-}" = --check ]; then
  check_only=yes
  shift
fi
wanted="${1:-}"
case "$wanted" in
  demo | tests | peers) ;;
  *) echo "usage: setup.sh [--check] demo|tests|peers" >&2; exit 2 ;;
esac

find_newest_clang() {  # that apt knows; else that is installed; else that of Debian 12
  newest_clang=""
  if command -v apt-cache >/dev/null; then
    newest_clang="$(apt-cache search --names-only '^clang-[0-9]+$' 2>/dev/null |
      sed -nE 's/^clang-([0-9]+) .*/\1/p' | sort -n | tail -n 1)"
  fi
  local number
  for number in {99..19}; do
    if [ -z "$newest_clang" ] && command -v "clang++-$number" >/dev/null; then newest_clang="$number"; fi
  done
  newest_clang="${newest_clang:-19}"
}

# Sets that need it; how to tell that it is there; Debian's package.
needs='
demo,tests,peers program cmake              cmake
demo,tests,peers program ninja              ninja-build
demo,tests,peers program g++                g++
tests,peers      program clang++            clang
tests            program clang++-NEWEST     clang-NEWEST
tests            links   -fsanitize=address libclang-rt-dev
tests,peers      links   -fopenmp           libomp-dev
demo,tests,peers header  eigen3/Eigen/Core  libeigen3-dev
tests            header  catch2/catch.hpp|catch2/catch_all.hpp catch2
demo,tests       header  benchmark/benchmark.h libbenchmark-dev
demo,tests       program qemu-system-arm    qemu-system-arm
demo,tests       program arm-none-eabi-g++  gcc-arm-none-eabi
demo,tests       arm     libc.a             libnewlib-arm-none-eabi
demo,tests       arm     libstdc++.a        libstdc++-arm-none-eabi-newlib
tests            program qemu-s390x         qemu-user
tests            program arm-linux-gnueabihf-g++ g++-arm-linux-gnueabihf
tests            program aarch64-linux-gnu-g++ g++-aarch64-linux-gnu
tests            program riscv64-linux-gnu-g++ g++-riscv64-linux-gnu
tests            program s390x-linux-gnu-g++ g++-s390x-linux-gnu
tests            program riscv64-unknown-elf-g++ gcc-riscv64-unknown-elf
tests            riscv   picolibc.specs     picolibc-riscv64-unknown-elf
demo,tests       program gnuplot            gnuplot-nox
tests            program make               make
tests            program python3            python3
demo,tests       header  CLI/CLI.hpp        libcli11-dev
demo,tests       header  nlohmann/json.hpp  nlohmann-json3-dev
demo,tests       header  png.h              libpng-dev
demo,tests       program xz                 xz-utils
tests,peers      python  sklearn            python3-sklearn
peers            header  opencv4/opencv2/core.hpp libopencv-dev
peers            header  faiss/Clustering.h libfaiss-dev
peers            header  dlib/clustering.h  libdlib-dev
peers            header  armadillo          libarmadillo-dev
peers            links   -lopenblas         libopenblas-dev
peers            links   -llapack           liblapack-dev
'

has_header() {  # one of the names between |
  local names name directory
  IFS='|' read -ra names <<<"$1"
  local -a directories
  IFS=: read -ra directories <<<"${CPATH:-}"
  for directory in ${directories[@]+"${directories[@]}"} /usr/include /usr/local/include /opt/homebrew/include; do
    for name in "${names[@]}"; do
      if [ -e "$directory/$name" ]; then return 0; fi
    done
  done
  return 1
}

has() {
  case "$1" in
    program) command -v "$2" >/dev/null ;;
    header) has_header "$2" ;;
    links) echo 'int main() { return 0; }' | clang++ -x c++ "$2" - -o /dev/null 2>/dev/null ;;
    python) /usr/bin/python3 -c "import $2" 2>/dev/null ;;  # the one that Debian's packages are for
    arm) [ -e "$(arm-none-eabi-g++ -print-file-name="$2" 2>/dev/null)" ] ;;
    riscv) [ -e "$(riscv64-unknown-elf-g++ -print-file-name="$2" 2>/dev/null)" ] ;;
  esac
}

find_missing() {
  find_newest_clang
  missing=()
  packages=()
  local sets kind name package
  while read -r sets kind name package; do
    if [[ ",$sets," == *",$wanted,"* ]] && ! has "$kind" "$name"; then
      missing+=("$(printf '%-28s (%s; Debian: %s)' "$name" "$kind" "$package")")
      packages+=("$package")
    fi
  done <<<"${needs//NEWEST/$newest_clang}"
}

say_missing() {
  printf 'thrum needs, and this system lacks:\n' >&2
  printf '  %s\n' "${missing[@]}" >&2
}

find_missing
if [ "${#missing[@]}" -eq 0 ]; then exit 0; fi
if [ "$check_only" = yes ] || ! command -v apt-get >/dev/null; then
  say_missing
  exit 1
fi

as_root=(env DEBIAN_FRONTEND=noninteractive)
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    say_missing
    echo "Run as root, or install sudo: apt-get install ${packages[*]}" >&2
    exit 1
  fi
  as_root=(sudo "${as_root[@]}")
fi
"${as_root[@]}" apt-get update

find_missing  # again: only now does apt know every clang
"${as_root[@]}" apt-get install -y --no-install-recommends "${packages[@]}"
find_missing
if [ "${#missing[@]}" -ne 0 ]; then
  say_missing
  exit 1
fi
