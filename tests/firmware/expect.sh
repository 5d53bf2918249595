#!/usr/bin/env bash
# expect.sh STATUS PATTERN COMMAND...: runs the command, which must end with this exit status and say what matches the
# (grep) pattern.
set -euo pipefail
expected="$1" pattern="$2"
shift 2
status=0
output="$("$@" 2>&1)" || status=$?
head -n 20 <<<"$output"  # no pipe: whoever writes into it would fail once head has enough
if [ "$status" -ne "$expected" ]; then
  echo "FAILED: expected exit status $expected, got $status"
  exit 1
fi
if ! grep -q "$pattern" <<<"$output"; then
  echo "FAILED: expected '$pattern'"
  exit 1
fi
