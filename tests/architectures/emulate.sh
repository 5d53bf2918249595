#!/usr/bin/env bash
# emulate.sh EMULATOR PROGRAM [PARITY stream|image|rows|writes MODEL_FOLDER]: runs a program of programs/ on a processor
# that is not this computer's, and compares with the laptop what it says of recordings (image: with a model that it gets
# then) or feature rows, or the image it writes. Leaves that beside the program.
set -euo pipefail
emulator="$1" program="$2" parity="${3:-}" what="${4:-}" model="${5:-}"
if ! command -v "$emulator" >/dev/null; then
  echo "$emulator was not found; cmake/setup.sh tests installs it"
  exit 1
fi
case "$what" in
  "") "$emulator" "$program" ;;
  stream | image)
    words=("$model/recordings" "$program.features")
    if [ "$what" = image ]; then words+=("$model/model.image"); fi
    if ! "$emulator" "$program" "${words[@]}" >"$program.output"; then
      cat "$program.output"
      exit 1
    fi
    "$parity" check "$model" "$program.output" "$program.features" hosted
    ;;
  rows)
    "$emulator" "$program" "$model/rows" "$program.said"
    "$parity" check-kind "$model" "$program.said"
    ;;
  writes)
    "$emulator" "$program" >"$program.image"
    cmp "$program.image" "$model/model.image"
    ;;
  *) exit 64 ;;
esac
