#!/usr/bin/env bash
# How the time of K-means grows with samples, features and clusters: thrum beside scikit-learn, FAISS and OpenCV, 20
# iterations from the same given centres. Draws build/growth.png and leaves the figures in build/growth.txt. Installs
# what is missing. Takes about five minutes. Works from any directory.
#   bench/growth.sh [--quick]     --quick: a hundredth of the largest sizes, to try things
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
build="$root/build/peers/g++"  # shared with bench/peers.sh

"$root/cmake/setup.sh" peers

mkdir -p "$build"
echo "building the programs, see build/peers/growth.log" >&2
if ! {
  cmake -S "$root/bench/peers" -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=g++ -DCMAKE_CXX_FLAGS= -DCMAKE_BUILD_TYPE= &&
    cmake --build "$build" --target thrum_worker faiss_worker opencv_worker
} >"$root/build/peers/growth.log" 2>&1; then
  cat "$root/build/peers/growth.log" >&2
  exit 1
fi

source "$root/bench/peers/openblas.sh"

# The system's Python, for which Debian packages scikit-learn, whatever else is in PATH.
/usr/bin/python3 -B "$root/bench/growth.py" "$build" "$root/build/growth.txt" "$@"
gnuplot -c "$root/bench/growth.gp" "$root/build/growth.txt" "$root/build/growth.png"
echo "build/growth.png"
