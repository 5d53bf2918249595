#!/usr/bin/env bash
# emulate.sh EMULATOR PROGRAM [PARITY stream|rows MODEL_FOLDER]: runs a program of programs/ on a processor that is not
# this computer's, and compares what it says with the laptop, if it judges. Leaves that beside the program.
set -euo pipefail
emulator="$1" program="$2" parity="${3:-}" what="${4:-}" model="${5:-}"
if ! command -v "$emulator" >/dev/null; then
  echo "$emulator was not found; cmake/setup.sh tests installs it"
  exit 1
fi
case "$what" in
  "") "$emulator" "$program" ;;
  stream)
    if ! "$emulator" "$program" "$model/recordings" "$program.features" >"$program.output"; then
      cat "$program.output"
      exit 1
    fi
    "$parity" check "$model" "$program.output" "$program.features" hosted
    ;;
  rows)
    "$emulator" "$program" "$model/rows" "$program.said"
    "$parity" check-kind "$model" "$program.said"
    ;;
  *) exit 64 ;;
esac
