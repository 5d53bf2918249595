#!/usr/bin/env python3
"""make_models.py FOLDER: fits pipelines of scikit-learn on fixed data. Leaves of each, as NAME.json the model,
NAME_rows.npy rows to be scored, NAME_scores.npy what scikit-learn says of them over the threshold."""

import json
import pathlib
import sys

import numpy as np
from sklearn.cluster import KMeans
from sklearn.covariance import EllipticEnvelope
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples"))
import from_sklearn

PIPELINES = {
    "standard_pca_kmeans": make_pipeline(StandardScaler(), PCA(3), KMeans(3, n_init=5, random_state=0)),
    "min_max_kmeans": make_pipeline(MinMaxScaler((-1, 2)), KMeans(4, n_init=5, random_state=0)),
    "robust_envelope": make_pipeline(RobustScaler(), EllipticEnvelope(contamination=0.05, random_state=0)),
    "whitened_envelope": make_pipeline(StandardScaler(with_std=False), PCA(4, whiten=True),
                                       EllipticEnvelope(contamination=0.01, random_state=0)),
    "standard_mixture": make_pipeline(StandardScaler(), GaussianMixture(3, covariance_type="tied", random_state=0)),
    "whitened_mixture": make_pipeline(PCA(3, whiten=True), GaussianMixture(2, covariance_type="tied", random_state=0)),
    "kmeans": make_pipeline("passthrough", KMeans(2, n_init=5, random_state=0)),
}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.RandomState(1)
    mixing = random.normal(size=(5, 5))
    centers = random.uniform(-8, 8, size=(3, 5))
    normal = centers[np.arange(600) % 3] + random.normal(size=(600, 5)) @ mixing + 20
    strange = normal[:40] + 15 * random.normal(size=(40, 5))
    rows = np.vstack([normal[:80], strange]).astype(np.float32).astype(float)  # exact in float
    for name, pipeline in PIPELINES.items():
        pipeline.fit(normal)
        from_sklearn.write_model(folder / f"{name}.json", pipeline, normal)
        threshold = json.loads((folder / f"{name}.json").read_text())["anomaly"]["threshold"]
        scores = from_sklearn.raw_scores(pipeline, rows) / threshold
        if isinstance(pipeline[-1], EllipticEnvelope):
            assert ((scores > 1) == (pipeline.predict(rows) == -1)).all(), "score 1 is not scikit-learn's own threshold"
        if isinstance(pipeline[-1], KMeans):
            np.testing.assert_allclose(scores * threshold, pipeline.transform(rows).min(axis=1), rtol=1e-9)
        assert (scores > 1).any() and (scores < 1).any()
        np.save(folder / f"{name}_rows.npy", rows)
        np.save(folder / f"{name}_scores.npy", scores)
    for unknown in (make_pipeline(GaussianMixture(2)), make_pipeline(PCA(2), StandardScaler(), KMeans(2, n_init=1)),
                    make_pipeline(MinMaxScaler(clip=True), KMeans(2, n_init=1))):
        try:
            from_sklearn.write_model(folder / "unknown.json", unknown.fit(normal), normal)
        except ValueError:
            continue
        raise AssertionError(f"{unknown} was accepted")


main(pathlib.Path(sys.argv[1]))
