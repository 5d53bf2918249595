"""Measures how the time of K-means grows: started by bench/growth.sh, which see. The programs are those of
bench/peers, whose protocol stands in bench/peers/worker.hpp."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from peers.worker import System, Worker

PEERS = Path(__file__).resolve().parent / "peers"
POWERS = [2**i for i in range(1, 11)]
PANELS = {  # what grows, and (n, d, k) for each of its values
    "samples": [(int(n), 16, 16) for n in (1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6)],
    "features": [(20_000, d, 16) for d in POWERS],
    "clusters": [(20_000, 16, k) for k in POWERS],
}
COLUMN = {"samples": 0, "features": 1, "clusters": 2}
ROUNDS = 20
ENOUGH = 0.4  # seconds that a system has run: it takes no further turn


def systems(build):
    sklearn = [sys.executable, "-B", str(PEERS / "sklearn_worker.py")]
    commands = {
        "thrum": [str(build / "thrum_worker")],
        "scikit-learn lloyd": sklearn + ["lloyd"],
        "scikit-learn elkan": sklearn + ["elkan"],
        "FAISS": [str(build / "faiss_worker")],
        "OpenCV": [str(build / "opencv_worker")],
    }
    return [System(name, command, threads=os.cpu_count()) for name, command in commands.items()]


def nearest(x, centers):
    labels = [(centers**2).sum(axis=1) - 2 * rows @ centers.T for rows in np.array_split(x, len(x) // 8192 + 1)]
    return np.concatenate([part.argmin(axis=1) for part in labels]).astype(np.int32)


def write_data(folder, n, d, k):
    """A mixture of Gaussians, first centres out of it, and the labels that these give."""
    random = np.random.default_rng(1)
    means = 1.2 * random.standard_normal((max(2, k), d), dtype=np.float32)
    x = random.standard_normal((n, d), dtype=np.float32) + means[random.integers(len(means), size=n)]
    centers = x[random.choice(n, size=k, replace=False)]
    files = [folder / f"{name}.npy" for name in ("samples", "centers", "labels")]
    for file, array in zip(files, (x, centers, nearest(x, centers))):
        np.save(file, array)
    return files


def measure(chosen, files):
    """The best time of each system. All take turns: the machine drifts, and must not do so between two of them."""
    workers = [Worker(system, files) for system in chosen]
    runs = [[] for _ in workers]
    for _ in range(ROUNDS):
        for worker, seconds in zip(workers, runs):
            if sum(seconds) < ENOUGH:
                seconds.append(worker.run("kmeans20"))
    for worker in workers:
        worker.stop()
    return [min(seconds) for seconds in runs]


def quicker(shapes):
    return [shape for shape in shapes if np.prod(shape) <= 3e6]


def write_panel(output, what, shapes, chosen, folder):
    """A block that gnuplot can address: a line of names, then size and milliseconds."""
    print(f'"{what}"', *(f'"{system.name}"' for system in chosen), file=output)
    for shape in shapes:
        seconds = measure(chosen, write_data(folder, *shape))
        row = [str(shape[COLUMN[what]]), *(f"{1000 * taken:.3f}" for taken in seconds)]
        print(*row, file=output, flush=True)
        print(f"{what:9}", *(f"{value:>10}" for value in row), file=sys.stderr)
    print("\n", file=output)


def main():
    parser = argparse.ArgumentParser(prog="bench/growth.sh")
    parser.add_argument("build", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("output", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, options.output.open("w") as output:
        for what, shapes in PANELS.items():
            wanted = quicker(shapes) if options.quick else shapes
            write_panel(output, what, wanted, systems(options.build), Path(folder))


main()
