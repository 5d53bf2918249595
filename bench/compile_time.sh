#!/usr/bin/env bash
# How long g++ and clang++ take at -O2, in seconds of processor time, for a program that includes thrum/kmeans.hpp and
# fits a model of floats beside one that includes Eigen/Core and multiplies two matrices, with thrum::thrum and with
# thrum::compiled: medians of five turns. And, once each, for a program that fits a Detector, and for the library of
# thrum::compiled itself.
#   bench/compile_time.sh
# Exit status 1 if the ratio of thrum::compiled to Eigen is above 1.5. Takes about four minutes. Works from any directory.
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
cat >"$folder/kmeans.cpp" <<'CODE'
#include <thrum/kmeans.hpp>

void fit(thrum::KMeans<float>& kmeans, const Eigen::MatrixXf& x) { kmeans.fit(x); }
CODE
cat >"$folder/detector.cpp" <<'CODE'
#include <thrum/detector.hpp>

void fit(thrum::Detector<float>& detector, const Eigen::MatrixXf& x) { detector.fit(x); }
CODE
cat >"$folder/eigen.cpp" <<'CODE'
#include <Eigen/Core>

void multiply(Eigen::MatrixXf& product, const Eigen::MatrixXf& a, const Eigen::MatrixXf& b) { product = a * b; }
CODE
echo '#include <thrum/compiled.hpp>' >"$folder/library.cpp"

seconds() {  # compiler, program, flags; of processor time, which other programs disturb least
  local TIMEFORMAT='%U %S' compiler="$1" program="$2"
  shift 2
  { time "$compiler" -std=c++17 -O2 "$@" -c "$folder/$program.cpp" -o "$folder/$program.o" -I"$root/include" \
    -isystem "$eigen" 2>&3; } 3>&2 2>&1 | awk '{ printf "%.2f\n", $1 + $2 }'
}

median() { sort -n "$1" | sed -n "$(((turns + 1) / 2))p"; }

report() { printf '%-8s %-25s %6.2f s\n' "$compiler" "$1" "$2"; }

status=0
for compiler in g++ clang++; do
  times="$folder/$compiler"
  for ((turn = 0; turn < turns; ++turn)); do
    seconds "$compiler" eigen >>"$times.eigen"
    seconds "$compiler" kmeans >>"$times.thrum"
    seconds "$compiler" kmeans -DTHRUM_COMPILED >>"$times.compiled"
  done
  for kind in thrum compiled; do
    awk -v compiler="$compiler" -v kind="$kind" -v thrum="$(median "$times.$kind")" -v eigen="$(median "$times.eigen")" \
      -v goal="$goal" 'BEGIN {
        printf "%-8s %-25s %6.2f s, Eigen %.2f s: %.2f times (goal: at most %s)\n", compiler, "KMeans, thrum::" kind,
               thrum, eigen, thrum / eigen, goal
        exit thrum / eigen > goal }' || [ "$kind" = thrum ] || status=1
  done
  report "Detector, thrum::thrum" "$(seconds "$compiler" detector)"
  report "Detector, thrum::compiled" "$(seconds "$compiler" detector -DTHRUM_COMPILED)"
  report "thrum::compiled itself" "$(seconds "$compiler" library -DTHRUM_COMPILED)"
done
exit "$status"
