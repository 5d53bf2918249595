#!/usr/bin/env bash
# The firmware in C says what the one in C++ says.
#
#   c_agrees.sh run CPP_OUTPUT MODEL_FOLDER BUILD_FOLDER BOARD
#       runs the image in C and compares what it prints, which it leaves beside the image, with what the one in C++ did.
#   c_agrees.sh spoil CPP_OUTPUT C_OUTPUT
#       the twin: with any one thing changed in what was printed, they do not agree.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

# What both print: all but stack, health and instructions, which the program in C does not look at.
agree() {  # output in C++; output in C
  if ! grep -q '^window 0 ' "$2"; then
    echo "FAILED: $2 says of no window what it is"
    return 1
  fi
  diff <(grep -Ev '^(stack|health|instructions) ' "$1") "$2"
}

run() {
  local image="$3/$4"
  if ! "$here/../../examples/firmware/run.sh" run "$4" "$image.elf" "$2/recordings" >"$image.output"; then
    cat "$image.output"
    exit 1
  fi
  agree "$1" "$image.output"
  echo "C and C++ agree on $(grep -c '^window ' "$image.output") windows"
}

refused() {  # what is changed; a sed command that changes it; output in C++; output in C
  sed -E -e "$2" "$4" >"$spoiled"
  if cmp -s "$4" "$spoiled"; then
    echo "FAILED: $1 was not changed"
    exit 1
  fi
  if agree "$3" "$spoiled" >/dev/null; then
    echo "FAILED: $1 was not noticed"
    exit 1
  fi
  echo "$1 is noticed"
}

spoil() {
  spoiled="$(mktemp)"
  trap 'rm -f "$spoiled"' EXIT
  agree "$1" "$2"
  refused "a state" '/^window 7 /s/normal  /unknown /' "$@"
  refused "the last bit of a score" '/^window 7 /s/(0x.{7})./\1z/' "$@"
  refused "the machine's state" '/^window 7 /s/machine normal/machine alarm/' "$@"
  refused "a culprit" 's/culprit feature [0-9]+/culprit feature 99/' "$@"
  refused "a missing window" '/^window 7 /d' "$@"
  refused "a count" 's/^overruns 0/overruns 1/' "$@"
  refused "that there is no window" '/^window /d' "$@"
}

case "$#:${1:-}" in
  5:run | 3:spoil) "$@" ;;
  *)
    sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 64
    ;;
esac
