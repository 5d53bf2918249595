#!/usr/bin/env bash
# Measures how well the kinds of anomaly score tell faults from normal operation on real data, beside scikit-learn's
# detectors; prints tables and goals, and writes build/detection.json. Installs what is missing.
#   bench/detection.sh [--data DIR]                        DIR: the data sets; else THRUM_DATA, else ../shared/data
#   bench/detection.sh --set digits --kind soft --splits 3
#   bench/detection.sh --set components                    soft on the digits by principal components and subspaces
#   bench/detection.sh --set tones                         chooses bands and tapers for the fan, without its faults
#   bench/detection.sh --help                              says what else
# Works from any directory.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
build="$root/build/detection"
data="${THRUM_DATA:-$root/../shared/data}"
if [ "${1:-}" = --data ]; then
  data="$2"
  shift 2
fi

"$root/cmake/setup.sh" peers
"$root/cmake/setup.sh" demo
mkdir -p "$build"
if [ ! -d "$build/ceiling_fan" ]; then tar -xJf "$data/ceiling_fan/ceiling_fan.tar.xz" -C "$build"; fi
if [[ "$*" != *"--set features"* && "$*" != *"--set tones"* ]] && [ ! -f "$build/adbench/peers.json" ]; then
  # The system's Python, for which Debian packages scikit-learn, whatever else is in PATH.
  /usr/bin/python3 -B "$root/bench/detection/prepare.py" "$data/adbench" "$build/adbench"
fi
echo "building, see build/detection/build.log" >&2
if ! (cd "$root" && cmake --preset release && cmake --build --preset release --target thrum_detection) \
  >"$build/build.log" 2>&1; then
  cat "$build/build.log" >&2
  exit 1
fi
exec "$root/build/release/bench/thrum_detection" --data "$data" --fan "$build/ceiling_fan" --prepared "$build/adbench" \
  --json "$root/build/detection.json" "$@"
