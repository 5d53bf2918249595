"""scikit-learn as a worker: the same protocol as in worker.hpp.

sklearn_worker.py ALGORITHM SAMPLES CENTERS LABELS, where ALGORITHM is what KMeans(algorithm=...) takes.
"""

import sys
import time

import numpy as np
import sklearn
from sklearn.cluster import KMeans, MiniBatchKMeans, kmeans_plusplus
from threadpoolctl import threadpool_info


def timed(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def fit(model, x):
    seconds, _ = timed(lambda: model.fit(x))
    return seconds, model.cluster_centers_


class Tasks:
    """Each takes a seed and returns seconds and what it found. The names are those of the protocol."""

    def __init__(self, algorithm, x, centers):
        self.algorithm, self.x, self.centers = algorithm, x, centers

    def kmeans20(self, _):
        model = self.model(init=self.centers, max_iter=20, tol=0)
        return fit(model, self.x)

    def kmeans_fit(self, seed):
        return fit(self.model(max_iter=300, tol=1e-4, random_state=seed), self.x)

    def minibatch(self, seed):
        return fit(MiniBatchKMeans(len(self.centers), batch_size=4096, n_init=1, random_state=seed), self.x)

    def seeding(self, seed):
        seconds, (centers, _) = timed(lambda: kmeans_plusplus(self.x, len(self.centers), random_state=seed))
        return seconds, centers

    def predict(self, _):
        model = self.given_model()
        return timed(lambda: model.predict(self.x))

    def transform(self, _):
        model = self.given_model()
        return timed(lambda: model.transform(self.x))

    def model(self, **options):
        return KMeans(len(self.centers), n_init=1, algorithm=self.algorithm, **options)

    def given_model(self):
        model = self.model(init=self.centers, max_iter=1).fit(self.centers)
        model.cluster_centers_ = self.centers
        return model


def describe():
    blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    kernels = "".join(f", {pool['internal_api']} {pool['version']} {pool.get('architecture')}" for pool in blas)
    return f"scikit-learn {sklearn.__version__}, numpy {np.__version__}{kernels}"


def main():
    algorithm, samples, centers, _ = sys.argv[1:]
    tasks = Tasks(algorithm, np.load(samples), np.load(centers))
    print(describe(), flush=True)
    for line in sys.stdin:
        task, seed, file = line.split()
        seconds, found = getattr(tasks, task)(int(seed))
        if file != "-":
            np.save(file, found)
        del found
        print(seconds, flush=True)


main()
