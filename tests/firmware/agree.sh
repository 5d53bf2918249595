#!/usr/bin/env bash
# agree.sh PARITY MODEL_FOLDER BUILD_FOLDER BOARD exact|close: runs an image and compares it with the laptop. Leaves
# what it printed and its features beside the image.
set -euo pipefail
parity="$1" model="$2" image="$3/$4"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
if ! "$here/../../examples/firmware/run.sh" run "$4" "$image.elf" "$model/recordings" "$image.features" \
  >"$image.output"; then
  cat "$image.output"
  exit 1
fi
grep '^instructions' "$image.output"
"$parity" check "$model" "$image.output" "$image.features" "$5"
