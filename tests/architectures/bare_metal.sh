#!/usr/bin/env bash
# bare_metal.sh COMPILER SOURCE OBJECT float|double FLAGS...: compiles a source as firmware without an operating system
# does, every warning an error, and looks at what it leaves to the linker: memory is copied and set, roots taken, floats
# and integers computed where the processor can't; no heap, no exceptions, and, with float, no double.
set -euo pipefail
compiler="$1" source="$2" object="$3" widest="$4"
shift 4
"$compiler" --specs=picolibc.specs -std=c++17 -fno-exceptions -fno-rtti -fno-math-errno -Wall -Wextra -Wpedantic \
  -Wconversion -Wsign-conversion -Wshadow -Wdouble-promotion -Werror "$@" -c "$source" -o "$object"
needed="$("${compiler%g++}nm" -u -C "$object" | sed 's/^ *U //')"
printf 'it needs: %s\n' "${needed//$'\n'/ }"
floats='(add|sub|mul|div|eq|ne|lt|le|gt|ge)sf[23]|fix(uns)?sf[sd]i|float(un)?[sd]isf'
integers='u?(div|mod)[sd]i3|mul[sd]i3'
if [ "$widest" = double ]; then
  floats="$floats|${floats//sf/df}|extendsfdf2|truncdfsf2"
  needed="$(sed 's/^sqrt$/sqrtf/' <<<"$needed")"
fi
if grep -vxE "mem(cpy|set|move)|sqrtf|__($floats|$integers)" <<<"$needed"; then
  echo "$source: must not need the above"
  exit 1
fi
