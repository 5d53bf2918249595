#!/usr/bin/env bash
# from_image.sh HEADER_OUTPUT MODEL_FOLDER BUILD_FOLDER BOARD: a firmware that gets its model at run time says what the
# one says that was built around its header, and refuses an image that was cut off or has one bit changed.
set -euo pipefail
from_header="$1" recordings="$2/recordings" image="$2/model.image" elf="$3/$4.elf" board="$4"
run="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/../../examples/firmware/run.sh"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

"$run" run --image "$image" "$board" "$elf" "$recordings" >"$folder/output" || { cat "$folder/output"; exit 1; }
said() { grep -Ev '^(stack|detector|instructions) ' "$1"; }  # all but what it costs
diff <(said "$from_header") <(said "$folder/output")
echo "$(grep -c '^window ' "$folder/output") windows: the same from an image of $(wc -c <"$image") bytes"
grep '^stack' "$folder/output"

refused() {  # the changed image; what was changed
  local status=0
  "$run" run --image "$1" "$board" "$elf" "$recordings" >"$folder/said" || status=$?
  if [ "$status" -ne 1 ] || ! grep -qx 'self-test: corrupt model' "$folder/said"; then
    echo "FAILED: $2 was not refused"
    cat "$folder/said"
    exit 1
  fi
  echo "$2 is refused"
}
head -c 1000 "$image" >"$folder/cut"
refused "$folder/cut" "an image that was cut off"
cp "$image" "$folder/flipped"
byte="$(od -An -tu1 -j900 -N1 "$image")"
printf "\\$(printf '%03o' $((byte ^ 1)))" | dd of="$folder/flipped" bs=1 seek=900 conv=notrunc status=none
refused "$folder/flipped" "an image with one bit changed"
