#!/usr/bin/env bash
# What the kernels cost on Cortex-M0 to M55: builds each for boards that QEMU knows, runs it there, prints every goal
# beside what was reached and beside the obvious loop under the same flags, and writes build/mcu.json. A list of
#   {"board", "kernel", "optimisation", "instructions", "cycles_estimate", "flash_bytes", "ram_bytes", "stack_bytes",
#    "code_bytes", "table_bytes"}
# instructions: of the worst of several inputs, counted by SysTick under -icount shift=0. cycles_estimate: an execution
# trace weighed by Arm's timings, see mcu/cycles.py; null for processors that Arm publishes none of. flash_bytes: code
# and tables, model and input not counted, from the link map less that of an image without the kernel. stack_bytes: of
# the worst call chain, see mcu/stack_depth.py. Takes some minutes; works from any directory.
#   bench/mcu.sh [--board BOARD]... [--kernel KERNEL]... [--fast] [--pictures] [--output FILE]
#       --fast: -O2 only; --pictures: draws build/mcu_scores.png and build/mcu_sizes.png too
# Kernels are listed in mcu/kernels.txt, goals in mcu/goals.txt. Needs what `cmake/setup.sh tests` installs.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
exec python3 -B "$here/mcu/mcu.py" "$@"
