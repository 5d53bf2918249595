#!/usr/bin/env bash
# agree_on_kind.sh PARITY KIND_FOLDER BUILD_FOLDER BOARD: lets an image judge rows and compares with the laptop. Leaves
# what it said beside the image; prints the image's size.
set -euo pipefail
parity="$1" kind="$2" image="$3/$4"
run="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/../../examples/firmware/run.sh"
"$run" run "$4" "$image.elf" "$kind/rows" "$image.said"
"$parity" check-kind "$kind" "$image.said"
"$run" sizes "$image.elf"
