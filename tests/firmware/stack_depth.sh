#!/usr/bin/env bash
# stack_depth.sh SCRIPT: bench/mcu/stack_depth.py adds up a chain of known frames, and refuses what has no known depth:
# recursion, frames of a size told at run time, calls through pointers.
set -euo pipefail
script="$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >program.cpp <<'END'
extern "C" {
volatile int sink;
void use(volatile char* bytes) { bytes[0] = 1; }
[[gnu::noinline]] void small() { volatile char bytes[8]; bytes[0] = 1; sink = bytes[0]; }
[[gnu::noinline]] void large() { volatile char bytes[1000]; bytes[0] = 1; sink = bytes[0]; }
[[gnu::noinline]] void chain() { volatile char bytes[100]; bytes[0] = 1; small(); large(); sink = bytes[0]; }
[[gnu::noinline]] int recursive(int n) { if (n == sink) return 1; return n * recursive(n - 1) + sink; }
[[gnu::noinline]] void dynamic(int n) { use(static_cast<volatile char*>(__builtin_alloca(static_cast<unsigned>(n)))); }
[[gnu::noinline]] void pointer(void (*function)()) { function(); sink = 1; }
[[gnu::noinline]] int library(int a, int b) { return a / (b + sink) + sink; }
int main() { chain(); recursive(sink); dynamic(sink); pointer(small); return library(sink, 3); }
}
END
# Of a Cortex-M0, a division is a library function, of which GCC says nothing.
arm-none-eabi-g++ -mcpu=cortex-m0 -mthumb -O1 -fno-exceptions -fno-optimize-sibling-calls -fcallgraph-info=su,da -c program.cpp -o program.o
arm-none-eabi-g++ -mcpu=cortex-m0 -mthumb -nostartfiles --specs=nosys.specs -Wl,-e,main program.o -o program.elf

fail() { printf 'FAILED: %s\n--- it printed:\n%s\n' "$1" "$output"; exit 1; }

output="$("$script" chain program.elf program.ci)"
bytes="$(awk '/^stack_bytes/ { print $2 }' <<<"$output")"
{ [ "$bytes" -ge 1100 ] && [ "$bytes" -le 1160 ]; } || fail "expected 1100 bytes and a few registers"
grep -q 'chain -> large' <<<"$output" || fail "expected the chain through the larger frame"

output="$("$script" library program.elf program.ci)"
grep -q 'library -> __aeabi_idiv' <<<"$output" || fail "expected a library function in the chain"

for case in 'recursive recursion: recursive -> recursive' 'dynamic dynamic: its stack is dynamic' \
  'pointer pointer: a call through a pointer'; do
  if output="$("$script" "${case%% *}" program.elf program.ci 2>&1)"; then fail "${case%% *} was not refused"; fi
  grep -q "${case#* }" <<<"$output" || fail "expected '${case#* }'"
done
