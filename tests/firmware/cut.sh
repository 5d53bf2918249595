#!/usr/bin/env bash
# cut.sh BYTES RECORDINGS BUILD_FOLDER BOARD: lets the firmware read the first bytes of a file of recordings.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cut_off="$(mktemp)"
trap 'rm -f "$cut_off"' EXIT
head -c "$1" "$2" >"$cut_off"
"$here/../../examples/firmware/run.sh" run "$4" "$3/$4.elf" "$cut_off"
