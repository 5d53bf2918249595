"""Measures thrum beside scikit-learn, numpy, OpenCV, FAISS, dlib and Armadillo: started by bench/peers.sh, which see."""

import argparse
import fnmatch
import json
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import report
from worker import System, Worker

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Shape:
    samples: int
    features: int
    clusters: int  # what is drawn; and what k-means looks for
    components: int = 0  # what PCA keeps


WORKLOADS = {
    "seg": Shape(1_000_000, 3, 8),
    "vib": Shape(1_000_000, 8, 32),
    "mid": Shape(200_000, 16, 8),
    "emb": Shape(100_000, 64, 64),
    "mnist-like": Shape(60_000, 784, 10),
    "ivf": Shape(100_000, 128, 1024),
    "pca-16": Shape(1_000_000, 16, 8, 16),
    "pca-64": Shape(100_000, 64, 8, 64),
    "pca-784": Shape(60_000, 784, 10, 50),
    "pca-4096": Shape(2_000, 4096, 10, 20),
    "windows": Shape(1_000_000, 33, 4, 12),
}

KMEANS_TASKS = ["kmeans20", "kmeans_fit", "seeding", "predict", "transform", "minibatch"]
PCA_TASKS = ["pca_fit", "pca_transform", "scaler_fit"]
SCORE_TASKS = ["score", "mahalanobis"]
TASKS = KMEANS_TASKS + PCA_TASKS + SCORE_TASKS
DRAWN = ["kmeans_fit", "seeding", "minibatch"]  # each round from another seed; what is found differs
SHORT = ["predict", "transform", "pca_transform", *SCORE_TASKS]  # so short that waking threads after a pause would be most of it: called twice a turn
KMEANS_WORKLOADS = [name for name, shape in WORKLOADS.items() if shape.components == 0]
SCORE_WORKLOADS = ["windows"]
PCA_WORKLOADS = [name for name in WORKLOADS if name not in KMEANS_WORKLOADS + SCORE_WORKLOADS]
CHEAP = KMEANS_WORKLOADS[:-1]  # all but ivf, which is there for kmeans20 alone


def workloads_of(task):
    if task in SCORE_TASKS:
        return SCORE_WORKLOADS
    if task in PCA_TASKS:
        return PCA_WORKLOADS
    return KMEANS_WORKLOADS if task == "kmeans20" else CHEAP


@dataclass(frozen=True)
class Contestant(System):
    tasks: list = ()
    workloads: list = ()

    def does(self, task, workload):
        return task in self.tasks and workload in self.workloads and workload in workloads_of(task)


def systems(build):
    """All that take part, in the order in which they take turns."""
    everywhere = KMEANS_WORKLOADS
    gnu, clang = build / "g++", build / "clang++"

    def thrum(name, program, **options):
        return Contestant(name, [str(program)], tasks=TASKS, workloads=list(WORKLOADS), **options)

    def peer(name, command, tasks, workloads, **options):
        return Contestant(name, command, tasks=tasks, workloads=workloads, **options)

    def python(algorithm):
        return [sys.executable, "-B", str(HERE / "sklearn_worker.py"), algorithm]

    return [
        peer("scikit-learn", python("lloyd"),
             ["seeding", "predict", "transform", "minibatch"] + PCA_TASKS + SCORE_TASKS, list(WORKLOADS)),
        peer("scikit-learn lloyd", python("lloyd"), ["kmeans20", "kmeans_fit"], everywhere),
        peer("scikit-learn elkan", python("elkan"), ["kmeans20", "kmeans_fit"], everywhere),
        peer("numpy", python("numpy"), PCA_TASKS + ["score"], PCA_WORKLOADS + SCORE_WORKLOADS),
        peer("OpenCV PCA", [str(gnu / "opencv_worker")], ["pca_fit", "pca_transform"], PCA_WORKLOADS[:-1]),
        peer("OpenCV", [str(gnu / "opencv_worker")], ["kmeans20", "kmeans_fit"], everywhere),
        peer("FAISS", [str(gnu / "faiss_worker")], ["kmeans20", "predict", "transform"], everywhere),
        peer("dlib", [str(gnu / "dlib_worker")], ["kmeans20"], CHEAP, threads=1),
        peer("Armadillo", [str(gnu / "armadillo_worker")], ["kmeans20"], everywhere),
        thrum("thrum", gnu / "thrum_worker"),
        thrum("thrum g++ native", gnu / "thrum_native_worker"),
        thrum("thrum clang", clang / "thrum_worker", settle=0.25),
        thrum("thrum clang native", clang / "thrum_native_worker", settle=0.25),
        thrum("thrum 1 thread", gnu / "thrum_worker", threads=1),
    ]


def chunks(x, rows=8192):
    return (x[first : first + rows].astype(np.float64) for first in range(0, len(x), rows))


def nearest(x, centers):
    """Label and squared distance of every sample, in double whatever x is."""
    centers = centers.astype(np.float64)
    labels, squares = [], []
    for rows in chunks(x):
        distances = (centers**2).sum(axis=1) - 2 * rows @ centers.T
        best = distances.argmin(axis=1)
        labels.append(best)
        squares.append(((rows - centers[best]) ** 2).sum(axis=1))
    return np.concatenate(labels), np.concatenate(squares)


class Data:
    """A workload: its files, and the one judge of what the systems find in it."""

    def __init__(self, name, scale, folder):
        shape = WORKLOADS[name]
        d, k = shape.features, shape.clusters
        n = max(2 * k, int(shape.samples * scale))
        random = np.random.default_rng(1)
        means = 1.2 * random.standard_normal((max(2, k), d), dtype=np.float32)
        self.x = random.standard_normal((n, d), dtype=np.float32)
        self.x += means[random.integers(len(means), size=n)]
        self.centers = self.x[random.choice(n, size=k, replace=False)]
        self.labels = nearest(self.x, self.centers)[0].astype(np.int32)
        self.components = min(shape.components, n)
        self.covariance = None
        self.inertias = {}
        self.result = folder / "result.npy"
        self.files = [folder / f"{name}-{part}.npy" for part in ("samples", "centers", "labels")]
        for file, array in zip(self.files, (self.x, self.centers, self.labels)):
            np.save(file, array)

    def captured(self, components):
        """Sum of the variances, over n - 1, along unit directions."""
        if self.covariance is None:
            centered = self.x - self.x.mean(axis=0, dtype=np.float64)
            self.covariance = centered.T @ centered / (len(self.x) - 1)
        components = components.astype(np.float64)
        return float(np.sum((components @ self.covariance) * components))

    def inertia(self, task):
        """Of what lies in the result file: labels, distances or centres; of PCA and Scaler the variance found; of
        scores the sum of squares, or the share above 1."""
        found = np.load(self.result)
        if task == "pca_fit":
            return self.captured(found)
        if task == "pca_transform":
            return float(sum(np.square(rows).sum() for rows in chunks(found)) / (len(found) - 1))
        if task in ["scaler_fit", "score"]:
            return float(np.square(found, dtype=np.float64).sum())
        if task == "mahalanobis":  # scores have other units in each system
            return float(np.mean(found.astype(np.float64) > 1))
        if task == "predict":
            squares = ((rows - own) ** 2 for rows, own in zip(chunks(self.x), chunks(self.centers[found])))
            return float(sum(chunk.sum() for chunk in squares))
        if task == "transform":
            return float((found.min(axis=1).astype(np.float64) ** 2).sum())
        key = found.tobytes()  # several builds of one library find the same
        if key not in self.inertias:
            self.inertias[key] = float(nearest(self.x, found)[1].sum())
        return self.inertias[key]


def processor_times():
    """Ticks that all processors have spent: idle, and altogether."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return np.array([ticks[3] + ticks[4], sum(ticks)])


def share_of_others(pause=0.1):
    """How much of the machine is taken while everyone here waits: by other processes, or by other machines."""
    before = processor_times()
    time.sleep(pause)
    idle, total = processor_times() - before
    return 1 - idle / total


def outclassed(seconds):
    """Peers that take long, and three times as long as the best of them: one run of each must do."""
    peers = {name: runs[0] for name, runs in seconds.items() if not report.is_thrum(name)}
    return {name for name, run in peers.items() if run > 1 and run > 3 * min(peers.values())}


def take_turns(task, data, workers, rounds):
    """Every system once, then every system again: the machine drifts, and must not do so between two of them."""
    seconds = {worker.system.name: [] for worker in workers}
    inertias = {worker.system.name: [] for worker in workers}
    others = []
    for seed in range(rounds):
        others.append(share_of_others())
        slow = outclassed(seconds) if seed > 0 else set()
        for worker in workers:
            name = worker.system.name
            if name in slow:
                continue
            judged = seed == 0 or task in DRAWN
            if task in SHORT:
                worker.run(task, seed, "-")
            seconds[name].append(worker.run(task, seed, data.result if judged else "-"))
            if judged:
                inertias[name].append(data.inertia(task))
    return seconds, inertias, statistics.mean(others)


def measure(task, workload, data, workers, rounds):
    workers = [worker for worker in workers if worker.system.does(task, workload)]
    seconds, inertias, others = take_turns(task, data, workers, rounds)
    for worker in workers:
        name = worker.system.name
        yield {
            "task": task,
            "workload": workload,
            "system": name,
            "seconds": statistics.median(seconds[name]),
            "inertia": statistics.median(inertias[name]),
            "threads": worker.system.threads,
            "flags": worker.flags,
            "runs": seconds[name],
            "inertias": inertias[name],
            "others": others,
        }


def measure_workload(workload, tasks, chosen, options):
    chosen = [system for system in chosen if any(system.does(task, workload) for task in tasks)]
    if not chosen:
        return
    data = Data(workload, options.scale, options.build)
    workers = [Worker(system, data.files, data.components) for system in chosen]
    for task in tasks:
        for row in measure(task, workload, data, workers, options.rounds):
            print("{task:11} {workload:11} {system:19}".format(**row), end="", file=sys.stderr)
            print("{:11.2f} ms {inertia:.8g}".format(1000 * row["seconds"], **row), file=sys.stderr, flush=True)
            yield row
    for worker in workers:
        worker.stop()


def matching(names, patterns):
    return [name for name in names if any(fnmatch.fnmatch(name, pattern) for pattern in patterns or ["*"])]


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/peers.sh", description="Measures thrum's K-means, PCA and scores beside others.")
    parser.add_argument("--task", action="append", help=f"one of {', '.join(TASKS)}, or a pattern; again for more")
    parser.add_argument("--workload", action="append", help=f"one of {', '.join(WORKLOADS)}, or a pattern")
    parser.add_argument("--system", action="append", help="such as FAISS, or a pattern such as 'thrum*'")
    parser.add_argument("--rounds", type=int, default=5, help="turns that each system takes (5)")
    parser.add_argument("--scale", type=float, default=1.0, help="times the samples of each workload (1)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="JSON (build/peers.json)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="the tables once more, as Markdown")
    parser.add_argument("--build", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.output = options.output or options.build.parent / "peers.json"
    return options


def main():
    options = parse_arguments()
    tasks = matching(TASKS, options.task)
    everyone = systems(options.build)
    names = matching([system.name for system in everyone], options.system)
    chosen = [system for system in everyone if system.name in names]
    rows = []
    for workload in matching(WORKLOADS, options.workload):
        rows += measure_workload(workload, tasks, chosen, options)
        options.output.write_text(json.dumps(rows, indent=1) + "\n")  # what is there when someone interrupts
    if not rows:
        sys.exit("no system does such a task on such a workload: see --help")
    print(report.as_text(rows))
    if options.markdown:
        options.markdown.write_text(report.as_markdown(rows, options.scale))


main()
