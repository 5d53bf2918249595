#!/usr/bin/env bash
# cmake/setup.sh where there is no apt-get: it names what is missing and fails, and is content where nothing is.
set -euo pipefail
setup="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/cmake/setup.sh"
tools="$(mktemp -d)"
trap 'rm -rf "$tools"' EXIT

fail() {
  printf 'FAILED: %s\n--- it printed:\n%s\n' "$1" "$output"
  exit 1
}

# A system that has nothing but a shell: every program of the set is missing.
ln -s "$(command -v bash)" "$tools/bash"
status=0
output="$(PATH="$tools" bash "$setup" tests </dev/null 2>&1)" || status=$?
[ "$status" -eq 1 ] || fail "expected exit status 1, got $status"
for name in cmake ninja g++ clang++ arm-none-eabi-g++ qemu-system-arm s390x-linux-gnu-g++ picolibc.specs; do
  grep -qE "^  $(printf '%s' "$name" | sed 's/+/\\+/g') " <<<"$output" || fail "'$name' is not named as missing"
done
output="$(PATH="$tools" bash "$setup" demo </dev/null 2>&1)" || true
grep -q '^  gnuplot ' <<<"$output" || fail "gnuplot is not named as missing"
if grep -q 'clang' <<<"$output"; then fail "clang is asked for, which the demo does without"; fi

# The same without apt-get but with everything else of this system: nothing to say. Only where this system has it all.
if bash "$setup" --check tests >/dev/null 2>&1; then
  IFS=: read -ra directories <<<"$PATH"
  for directory in "${directories[@]}"; do
    ln -s -t "$tools" "$directory"/* 2>/dev/null || true  # a name that an earlier folder has stays
  done
  rm -f "$tools/apt-get" "$tools/apt-cache"
  status=0
  output="$(PATH="$tools" bash "$setup" tests </dev/null 2>&1)" || status=$?
  [ "$status" -eq 0 ] && [ -z "$output" ] || fail "expected silence where nothing is missing, got exit status $status"

  # One thing less, and it is the one that is named.
  rm "$tools/qemu-system-arm"
  status=0
  output="$(PATH="$tools" bash "$setup" tests </dev/null 2>&1)" || status=$?
  [ "$status" -eq 1 ] || fail "expected exit status 1 without qemu-system-arm, got $status"
  [ "$(grep -c '^  ' <<<"$output")" -eq 1 ] || fail "expected one line, for qemu-system-arm"
fi
echo "setup names what is missing"
