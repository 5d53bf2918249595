"""scikit-learn as a worker: the same protocol as in worker.hpp.

sklearn_worker.py ALGORITHM SAMPLES CENTERS LABELS COMPONENTS, where ALGORITHM is what KMeans(algorithm=...) takes, or
numpy for PCA and scaling by numpy and scipy alone.
"""

import sys
import time

import numpy as np
import scipy.linalg
import sklearn
from sklearn.cluster import KMeans, MiniBatchKMeans, kmeans_plusplus
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
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

    def __init__(self, algorithm, x, centers, components):
        self.algorithm, self.x, self.centers, self.components = algorithm, x, centers, components
        self.given_pca = self.detector = self.mixture = None

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

    def pca_fit(self, _):
        model = PCA(self.components, svd_solver="full")
        seconds, _ = timed(lambda: model.fit(self.x))
        return seconds, model.components_

    def pca_transform(self, _):
        if self.given_pca is None:
            self.given_pca = PCA(self.components, svd_solver="full").fit(self.x[: max(1000, self.components)])
        return timed(lambda: self.given_pca.transform(self.x))

    def scaler_fit(self, _):
        model = StandardScaler()
        seconds, _ = timed(lambda: model.fit(self.x))
        return seconds, model.scale_[np.newaxis]

    def score(self, _):
        if self.detector is None:
            self.detector = self.fitted_pipeline(KMeans(len(self.centers), n_init=5, random_state=0))
            self.radii = self.radii_of_classes()
        return timed(lambda: (self.detector.transform(self.x) / self.radii).min(axis=1))

    def mahalanobis(self, _):
        if self.mixture is None:
            self.mixture = self.fitted_pipeline(GaussianMixture(len(self.centers), n_init=5, random_state=0))
            held_out = -self.mixture.score_samples(self.x[self.learned : self.learned + 10000])
            self.threshold = np.quantile(held_out, 0.99, method="inverted_cdf")
        seconds, scores = timed(lambda: -self.mixture.score_samples(self.x))
        return seconds, (scores > self.threshold) * np.float32(2)

    @property
    def learned(self):
        return min(len(self.x) // 2, 2000)

    def fitted_pipeline(self, last):
        first = [StandardScaler(), PCA(self.components, svd_solver="full")]
        return make_pipeline(*first, last).fit(self.x[: self.learned])

    def radii_of_classes(self):
        distances = self.detector.transform(self.x[: self.learned])
        nearest, least = distances.argmin(axis=1), distances.min(axis=1)
        members = [least[nearest == j] for j in range(len(self.centers))]
        return np.array([np.quantile(own, 0.99, method="inverted_cdf") for own in members], dtype=np.float32)

    def model(self, **options):
        return KMeans(len(self.centers), n_init=1, algorithm=self.algorithm, **options)

    def given_model(self):
        model = self.model(init=self.centers, max_iter=1).fit(self.centers)
        model.cluster_centers_ = self.centers
        return model


class NumpyTasks(Tasks):
    """What one writes who knows numpy."""

    def pca_fit(self, _):
        return timed(self.components_by_eigh)

    def pca_transform(self, _):
        if self.given_pca is None:
            self.given_pca = PCA(self.components, svd_solver="full").fit(self.x[: max(1000, self.components)])
        mean, basis = self.given_pca.mean_, self.given_pca.components_.T
        return timed(lambda: (self.x - mean) @ basis)

    def score(self, seed):
        if self.detector is None:
            super().score(seed)
        scaler, pca, kmeans = (stage for _, stage in self.detector.steps)
        offset, factor = scaler.mean_.astype(np.float32), (1 / scaler.scale_).astype(np.float32)
        basis, centers = pca.components_.T, kmeans.cluster_centers_
        centers = centers + pca.mean_ @ basis  # spares the rows to be centred again
        norms = (centers**2).sum(axis=1)

        def scores():
            z = (self.x - offset) * factor @ basis
            squares = (z**2).sum(axis=1)[:, np.newaxis] - 2 * z @ centers.T + norms
            return np.sqrt((np.maximum(squares, 0) / self.radii**2).min(axis=1))

        return timed(scores)

    def scaler_fit(self, _):
        seconds, (_, scale) = timed(lambda: (self.x.mean(axis=0, dtype=np.float64), self.x.std(axis=0, dtype=np.float64)))
        return seconds, scale[np.newaxis]

    def components_by_eigh(self):
        centered = self.x - self.x.mean(axis=0, dtype=np.float64).astype(np.float32)
        wide = len(self.x) < self.x.shape[1]
        products = centered @ centered.T if wide else centered.T @ centered
        kept = [len(products) - self.components, len(products) - 1]
        directions = scipy.linalg.eigh(products, subset_by_index=kept, check_finite=False, overwrite_a=True)[1]
        if wide:
            directions = centered.T @ directions
            directions /= np.linalg.norm(directions, axis=0)
        return directions.T[::-1]


def describe():
    blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    kernels = "".join(f", {pool['internal_api']} {pool['version']} {pool.get('architecture')}" for pool in blas)
    return f"scikit-learn {sklearn.__version__}, numpy {np.__version__}{kernels}"


def main():
    algorithm, samples, centers, _, components = sys.argv[1:]
    kind = NumpyTasks if algorithm == "numpy" else Tasks
    tasks = kind(algorithm, np.load(samples), np.load(centers), int(components))
    print(describe(), flush=True)
    for line in sys.stdin:
        task, seed, file = line.split()
        seconds, found = getattr(tasks, task)(int(seed))
        if file != "-":
            np.save(file, found)
        del found
        print(seconds, flush=True)


main()
