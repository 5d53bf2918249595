#!/usr/bin/env bash
# spoil_kind.sh PARITY KIND_FOLDER SAID: the twin of agree_on_kind.sh. What a firmware said passes; with the last bit of
# any one word of a row changed, or words missing, it does not.
set -euo pipefail
parity="$1" kind="$2" said="$3"
spoiled="$(mktemp)"
trap 'rm -f "$spoiled"' EXIT

"$parity" check-kind "$kind" "$said"

refused() {  # what was changed, in $spoiled
  if "$parity" check-kind "$kind" "$spoiled" >/dev/null 2>"$spoiled.message"; then
    echo "FAILED: $1 was not noticed"
    exit 1
  fi
  echo "$1: $(cat "$spoiled.message")"
  rm -f "$spoiled.message"
}

row=$((4 * (10 + 12)))  # bytes of a row's words: verdict and health, shares
for word in $(seq 0 21); do
  cp "$said" "$spoiled"
  place=$((50 * row + 4 * word))
  byte="$(od -An -tu1 -j$place -N1 "$spoiled")"
  printf "\\$(printf '%03o' $((byte ^ 1)))" | dd of="$spoiled" bs=1 seek=$place conv=notrunc status=none
  refused "word $word"
done
head -c $((10 * row)) "$said" >"$spoiled"
refused "missing rows"
