#!/usr/bin/env bash
# unused_kinds.sh COMPILER INCLUDE MODELS: a firmware has the code of its own kind of scorer and of no other. Compiled
# without optimisation, so that all that the templates asked for is there under its name.
set -euo pipefail
compiler="$1" include="$2" models="$3"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

functions() {  # which of the scorers' functions a firmware with this model has
  printf '#include "thrum/firmware.hpp"\n#include "%s.hpp"\nthrum::Verdict judge(const float* x) {\n%s\n}\n' "$1" \
    "  static thrum::fixed::RowDetector<$1> detector; return detector.judge(x);" >"$folder/$1.cpp"
  "$compiler" -std=c++17 -O0 "-I$include" "-I$models" -c "$folder/$1.cpp" -o "$folder/$1.o"
  nm -C "$folder/$1.o" | grep -oE 'nearest_class|density_at|feature_surprise|Ellipsoid<\(thrum::EllipsoidForm\)[0-9]' |
    sed 's/(thrum::EllipsoidForm)//' | sort -u | tr '\n' ' '
}

expect() {  # model; its functions
  local found
  found="$(functions "$1")"
  echo "$1: $found"
  [ "$found" = "$2 " ] || { echo "FAILED: expected $2"; exit 1; }
}

expect row_model "nearest_class"
expect full_model "Ellipsoid<0 nearest_class"
expect diagonal_model "Ellipsoid<1 nearest_class"
expect low_rank_model "Ellipsoid<2 nearest_class"
expect soft_model "density_at nearest_class"
expect tails_model "feature_surprise nearest_class"
expect automatic_model "Ellipsoid<0 density_at feature_surprise nearest_class"
