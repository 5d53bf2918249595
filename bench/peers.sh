#!/usr/bin/env bash
# Measures thrum's K-means, PCA, Scaler and Detector beside scikit-learn, numpy, OpenCV, FAISS, dlib and Armadillo as Debian
# has them, in one run, and prints tables of times and goals; build/peers.json has every figure. Installs what is missing.
# Takes about 25 minutes.
#   bench/peers.sh
#   bench/peers.sh --task kmeans20 --workload seg --system 'thrum*' --scale 0.1 --rounds 2
#   bench/peers.sh --task 'pca*' --task scaler_fit
#   bench/peers.sh --help                                        says what else
# Works from any directory.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
build="$root/build/peers"

"$root/cmake/setup.sh" peers

build_with() {  # flags of the environment would hide what a plain build does
  cmake -S "$root/bench/peers" -B "$build/$1" -G Ninja -DCMAKE_CXX_COMPILER="$1" -DCMAKE_CXX_FLAGS= -DCMAKE_BUILD_TYPE=
  cmake --build "$build/$1"
}
mkdir -p "$build"
echo "building the programs, see build/peers/build.log" >&2
if ! { build_with g++ && build_with clang++; } >"$build/build.log" 2>&1; then
  cat "$build/build.log" >&2
  exit 1
fi

source "$root/bench/peers/openblas.sh"

# The system's Python, for which Debian packages scikit-learn, whatever else is in PATH.
exec /usr/bin/python3 -B "$root/bench/peers/compare.py" --build "$build" "$@"
