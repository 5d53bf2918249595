#!/usr/bin/env bash
# Prints what each kind of feature costs on a Cortex-M4F: how many features it is for 3 channels; instructions per sample
# of a channel, beyond those that all features share; bytes of scratch (RAM) and of table (flash) when it is the only one.
# QEMU counts the instructions. Needs arm-none-eabi-g++, qemu-system-arm.
#   bench/feature_cost.sh [WINDOW [FLAGS]]        1024 frames and -O2, unless told
#   bench/feature_cost.sh --gain [DIR]            beside it what each gains on the ceiling fan, in its windows of 200:
#                                                 see bench/detection/feature_gains.hpp; DIR: the data sets. Minutes.
# Works from any directory.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
if [ "${1:-}" = --gain ]; then
  gains="$("$root/bench/detection.sh" ${2:+--data "$2"} --set features)"
  # Joins the two tables by their first column.
  "${BASH_SOURCE[0]}" 200 | awk -F'|' -v OFS='|' '
    { name = $2; gsub(/^ +| +$/, "", name) }
    NR == FNR { more[name] = $3 OFS $4 OFS $5 OFS; next }
    name in more { print $0 more[name]; next }
    /^\|/ { print $0 (/---/ ? "---|---|---|" : "         |         |         |"); next }
    { print }' <(printf '%s\n' "$gains") -
  exit
fi
window="${1:-1024}"
flags="${2:--O2}"
board=mps2-an386
firmware="$root/examples/firmware"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

# shellcheck disable=SC2086  # flags are several words
arm-none-eabi-g++ -std=c++17 $flags -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -fno-exceptions -fno-rtti -fno-math-errno \
  -ffunction-sections -fdata-sections -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow \
  -Wdouble-promotion -Werror "-DFEATURE_COST_WINDOW=$window" "-I$root/include" "-I$root/bench" "-I$firmware" \
  "$firmware/startup.cpp" "$firmware/line.cpp" "$root/bench/feature_cost.cpp" -o "$folder/firmware.elf" \
  -nostartfiles --specs=nano.specs -Wl,--gc-sections,--fatal-warnings "-L$firmware" "-T$firmware/$board.ld"
# -icount shift=0: an instruction takes a nanosecond of the board's time, so that the firmware can count them.
qemu-system-arm -machine "$board" -kernel "$folder/firmware.elf" -icount shift=0 -nographic -monitor none -serial none \
  -chardev stdio,id=console -semihosting-config "enable=on,target=native,chardev=console,arg=firmware" </dev/null
