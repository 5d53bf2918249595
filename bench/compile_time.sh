#!/usr/bin/env bash
# How long a compiler takes, at -O2, for a program that includes thrum/kmeans.hpp and fits a model of floats, and for one
# that includes Eigen/Core and multiplies two matrices: median of five turns, g++ and clang++, one after the other.
#   bench/compile_time.sh
# Exit status 1 if the ratio is above 1.5. Works from any directory.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
turns=5
goal=1.5

for folder in ${EIGEN_INCLUDE_DIR:-} /usr/include/eigen3 /usr/local/include/eigen3 /opt/homebrew/include/eigen3; do
  if [ -e "$folder/Eigen/Core" ]; then
    eigen="$folder"
    break
  fi
done
if [ -z "${eigen:-}" ]; then
  echo "Eigen was not found; say where its headers are with EIGEN_INCLUDE_DIR" >&2
  exit 1
fi

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cat >"$folder/thrum.cpp" <<'CODE'
#include <thrum/kmeans.hpp>

void fit(thrum::KMeans<float>& kmeans, const Eigen::MatrixXf& x) { kmeans.fit(x); }
CODE
cat >"$folder/eigen.cpp" <<'CODE'
#include <Eigen/Core>

void multiply(Eigen::MatrixXf& product, const Eigen::MatrixXf& a, const Eigen::MatrixXf& b) { product = a * b; }
CODE

compile() {  # compiler, program; prints seconds of processor time, which other programs disturb least
  local TIMEFORMAT='%U %S'
  { time "$1" -std=c++17 -O2 -c "$folder/$2.cpp" -o "$folder/$2.o" -I"$root/include" -isystem "$eigen" 2>&3; } 3>&2 2>&1 |
    awk '{ print $1 + $2 }'
}

median() { sort -n "$1" | sed -n "$(((turns + 1) / 2))p"; }

status=0
for compiler in g++ clang++; do
  for ((turn = 0; turn < turns; ++turn)); do
    for program in thrum eigen; do compile "$compiler" "$program" >>"$folder/$compiler.$program"; done
  done
  awk -v compiler="$compiler" -v thrum="$(median "$folder/$compiler.thrum")" -v eigen="$(median "$folder/$compiler.eigen")" \
    -v goal="$goal" 'BEGIN {
      printf "%-8s thrum %.2f s, Eigen %.2f s: %.2f times (goal: at most %s)\n", compiler, thrum, eigen, thrum / eigen, goal
      exit thrum / eigen > goal }' || status=1
done
exit "$status"
