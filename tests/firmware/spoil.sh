#!/usr/bin/env bash
# spoil.sh PARITY MODEL_FOLDER IMAGE: the twin of agree.sh. What a firmware printed and wrote passes; with any one thing
# changed it does not.
set -euo pipefail
parity="$1" model="$2" image="$3"
spoiled="$(mktemp -d)"
trap 'rm -rf "$spoiled"' EXIT

"$parity" check "$model" "$image.output" "$image.features" exact

refused() {  # what was changed; the two files; exact or close
  if "$parity" check "$model" "$2" "$3" "$4" >/dev/null 2>"$spoiled/message"; then
    echo "FAILED: $1 was not noticed"
    exit 1
  fi
  echo "$1: $(cat "$spoiled/message")"
}

change_line() {  # what is changed; a sed command for window 7 and one for all lines; exact or close
  sed -e "/^window 7 /{$2}" "$image.output" >"$spoiled/output"
  if cmp -s "$image.output" "$spoiled/output"; then
    echo "FAILED: $1 was not changed"
    exit 1
  fi
  refused "$1" "$spoiled/output" "$image.features" "${3:-close}"
}

change_line "a class" 's/class [0-9]/class 9/'
change_line "a state" 's/  *normal  *class/ unknown class/'
change_line "the machine's state" 's/machine normal/machine alarm/'
change_line "the last bits of a score" 's/\(0x.......\)0/\17/;t;s/\(0x.......\)./\10/' exact
change_line "the first bits of a score" 's/0x3/0x4/'
change_line "a missing line" 'd'
sed -e 's/culprit feature [0-9]*/culprit feature 99/' "$image.output" >"$spoiled/output"
refused "a culprit" "$spoiled/output" "$image.features" close
sed -e 's/^overruns 0/overruns 1/' "$image.output" >"$spoiled/output"
refused "an overrun" "$spoiled/output" "$image.features" close
sed -e 's/^health trend error 0/health trend error 1/' "$image.output" >"$spoiled/output"
refused "the error of the trend of the health" "$spoiled/output" "$image.features" close

cp "$image.features" "$spoiled/features"
byte="$(od -An -tu1 -j4000 -N1 "$spoiled/features")"
printf "\\$(printf '%03o' $((byte ^ 1)))" | dd of="$spoiled/features" bs=1 seek=4000 conv=notrunc status=none
refused "the last bit of a feature" "$image.output" "$spoiled/features" exact
