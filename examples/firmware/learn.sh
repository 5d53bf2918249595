#!/usr/bin/env bash
# The life of a device that learns its machine where it stands (learn.cpp), on a Cortex-M4F in QEMU, in three boots: it
# learns from the first of NORMAL, and watches; watches on, by what it saved; and meets what is FAULTY. Installs what is
# missing; works from any directory.
#   examples/firmware/learn.sh NORMAL FAULTY [COUNT]
#       folders of recordings of an accelerometer, x, y and z in g, 200 frames a second, a CSV for each second or so; COUNT
#       of the normal ones are those of the first boot, 200 unless told. For instance fan_0_low_0_weight and
#       fan_0_low_1_weight of github.com/ShawnHymel/tinyml-example-anomaly-detection, a ceiling fan without and with a coin
#       on a blade. Firmware, recordings, flash and what it said are left in build/learn.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  sed -n '5,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 64
fi
normal="$1" faulty="$2" count="${3:-200}" life="$root/build/learn" board=mps2-an386

"$root/cmake/setup.sh" demo
mkdir -p "$life"
echo "building, see build/learn/build.log" >&2
if ! (cd "$root" && cmake --preset release && cmake --build --preset release --target thrum_write_recordings) \
  >"$life/build.log" 2>&1; then
  cat "$life/build.log" >&2
  exit 1
fi
"$root/examples/firmware/run.sh" build --board "$board" "$life/firmware"
write() { "$root/build/release/examples/thrum_write_recordings" --counts 8192 "$@" >&2; }
write --count "$count" "$normal" "$life/first"
write --first "$count" "$normal" "$life/later"
write "$faulty" "$life/faulty"

rm -f "$life/flash"
for boot in first later faulty; do
  printf '\n== %s\n' "$boot"
  "$root/examples/firmware/run.sh" run --flash "$life/flash" "$board" "$life/firmware/$board.elf" "$life/$boot"
done | tee "$life/output"
