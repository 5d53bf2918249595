#!/usr/bin/env bash
# Builds the firmware around a model, and runs it in QEMU. Works from any directory.
#
#   run.sh build [--flags FLAGS] [--define NAME=VALUE] [--board BOARD] DIR [HEADER NAME]
#       builds DIR/BOARD.elf for each BOARD (mps2-an386, mps2-an500, mps3-an547; all of them when none is named; or
#       mps2-an385 and microbit, without FPU) around the model NAME in HEADER; without a model, the firmware that learns
#       its own, learn.cpp. FLAGS go to the compiler, for instance -ffp-contract=off: then scores are the laptop's to the
#       last bit. Definitions go to CMake.
#   run.sh run [--image IMAGE] BOARD ELF RECORDINGS [FEATURES]
#       streams a file of recordings (see main.cpp) through it: a line a window on the standard output, and the features
#       of each window in the file FEATURES. IMAGE: the model, where the firmware was built with --define
#       THRUM_MODEL_AT_RUN_TIME=BYTES, the room for it. Exit status: the firmware's.
#   run.sh run --flash FLASH BOARD ELF RECORDINGS
#       the same for a firmware that learns: a boot of it, with its flash in the file FLASH, which is made when there is
#       none.
#   run.sh sizes ELF
#       prints "flash_bytes N" and "ram_bytes N" (all static data; the stack comes on top).
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

usage() {
  sed -n '4,19s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 64
}

absolute() { printf '%s/%s\n' "$(cd "$(dirname "$1")" && pwd)" "$(basename "$1")"; }

require_file() {
  if [ ! -f "$1" ]; then
    echo "$1: there is no such file" >&2
    exit 66
  fi
}

build() {
  local flags="" boards="" definitions=()
  while [ "${1#--}" != "${1:-}" ]; do
    case "$1" in
      --flags) flags="$2" ;;
      --board) boards="${boards:+$boards;}$2" ;;
      --define) definitions+=("-D$2") ;;
      *) usage ;;
    esac
    shift 2
  done
  [ $# -eq 1 ] || [ $# -eq 3 ] || usage
  local header=""
  if [ $# -eq 3 ]; then
    require_file "$2"
    header="$(absolute "$2")"
  fi
  # The flags of the environment are meant for this computer's compiler. What CMake says matters only when it fails.
  local log
  mkdir -p "$1"
  log="$(absolute "$1")/build.log"
  if ! {
    env -u CXXFLAGS -u CFLAGS -u LDFLAGS cmake -S "$here/../.." -B "$1" --preset firmware \
      "-DCMAKE_CXX_FLAGS=-fno-exceptions -fno-rtti $flags" "-DTHRUM_MODEL_HEADER=$header" \
      "-DTHRUM_MODEL_NAME=${3:-}" ${boards:+"-DTHRUM_BOARDS=$boards"} ${definitions[@]+"${definitions[@]}"} &&
      cmake --build "$1"
  } >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
  fi
}

run() {
  local image="" flash=""
  if [ "${1:-}" = --image ] && [ $# -ge 2 ]; then
    require_file "$2"
    image="$(absolute "$2")"
    shift 2
  elif [ "${1:-}" = --flash ] && [ $# -eq 5 ]; then
    touch "$2"
    flash="$(absolute "$2")"
    shift 2
  fi
  [ $# -eq 3 ] || [ $# -eq 4 ] || usage
  local board="$1" elf recordings features="" status=0
  require_file "$2"
  require_file "$3"
  elf="$(absolute "$2")"
  recordings="$(absolute "$3")"
  if [ $# -eq 4 ]; then features="$(absolute "$4")"; fi
  # The firmware takes its command line apart at blanks: it sees short names in a folder of its own.
  run_folder="$(mktemp -d)"
  trap 'rm -rf "$run_folder"' EXIT
  ln -s "$recordings" "$run_folder/recordings"
  ln -s "$elf" "$run_folder/firmware.elf"
  local words="arg=firmware,arg=recordings"
  if [ -n "$features" ]; then words="$words,arg=features"; elif [ -n "$image" ]; then words="$words,arg=-"; fi
  if [ -n "$image" ]; then
    ln -s "$image" "$run_folder/image"
    words="$words,arg=image"
  fi
  if [ -n "$flash" ]; then
    ln -s "$flash" "$run_folder/flash"
    words="$words,arg=flash"
  fi
  # -icount shift=0: an instruction takes a nanosecond of the board's time, so that the firmware can count them.
  (cd "$run_folder" && exec qemu-system-arm -machine "$board" -kernel firmware.elf -icount shift=0 -nographic \
    -monitor none -serial none -chardev stdio,id=console \
    -semihosting-config "enable=on,target=native,chardev=console,$words" </dev/null) || status=$?
  if [ -n "$features" ] && [ -e "$run_folder/features" ]; then mv -f "$run_folder/features" "$features"; fi
  return "$status"
}

sizes() {
  [ $# -eq 1 ] || usage
  require_file "$1"
  arm-none-eabi-size "$1" | awk 'NR == 2 { print "flash_bytes " $1 + $2; print "ram_bytes " $2 + $3 }'
}

command="${1:-}"
[ $# -gt 0 ] && shift
case "$command" in
  build | run | sizes) "$command" "$@" ;;
  *) usage ;;
esac
