#!/usr/bin/env bash
# The lecture's rig, 8 accelerometers at 20 kHz and 16 bit, watched for a minute by one Cortex-M4F in QEMU: learns on a
# simulated rig, builds the firmware, damages a bearing while it watches, and prints when the alarm came, and the share of
# a processor of 168 MHz that it took. Installs what is missing; works from any directory.
#   examples/lecture_rig/run.sh [--seconds 60] [--fault-at 40] [--fault none|imbalance|inner_race|outer_race]
#       --help says what else. Model, samples, firmware and verdicts are left in build/lecture_rig.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

"$root/cmake/setup.sh" demo
mkdir -p "$root/build"
echo "building, see build/lecture_rig.log" >&2
if ! (cd "$root" && cmake --preset release && cmake --build --preset release --target thrum_lecture_rig) \
  >"$root/build/lecture_rig.log" 2>&1; then
  cat "$root/build/lecture_rig.log" >&2
  exit 1
fi
exec "$root/build/release/examples/lecture_rig/thrum_lecture_rig" --output "$root/build/lecture_rig" \
  --firmware "$root/examples/firmware/run.sh" "$@"
