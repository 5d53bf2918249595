#!/usr/bin/env bash
# The main job: recordings of a machine that runs well in, a watching Cortex-M out. Installs what is missing.
#   examples/demo.sh                                           on a simulated rig
#   examples/demo.sh --data DIR --normal NAME [--normal NAME]  on your recordings; --help says what else
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

"$root/cmake/setup.sh" demo
mkdir -p "$root/build"
echo "building the demo, see build/demo.log" >&2
if ! (cd "$root" && cmake --preset release && cmake --build --preset release --target thrum_demo -j "$(nproc)") \
  >"$root/build/demo.log" 2>&1; then
  cat "$root/build/demo.log" >&2
  exit 1
fi
exec "$root/build/release/examples/demo/thrum_demo" --output "$root/build/demo" \
  --firmware "$root/examples/firmware/run.sh" "$@"
