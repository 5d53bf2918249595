#!/usr/bin/env python3
"""Writes a fitted scikit-learn pipeline as a model file of thrum, from where it goes into firmware.

    from from_sklearn import write_model
    write_model("fan.json", pipeline, rows)      # rows: what it was fitted on, n x d

    auto detector = thrum::read_model<float>("fan.json");                  // thrum/io/model_file.hpp
    thrum::write_firmware_header("fan_model.hpp", "fan_model", detector);

A pipeline is any of StandardScaler, MinMaxScaler and RobustScaler, then perhaps PCA, then one of

  KMeans             raw score: the distance to the nearest centre, transform(x).min(axis=1). Its threshold is
                     the 99 % quantile of those of `rows`.
  EllipticEnvelope   raw score: the Mahalanobis distance, the square root of mahalanobis(x). Its threshold is
                     its own, offset_: above score 1 is just where predict(x) is -1.
  GaussianMixture    with covariance_type "tied". Raw score: how far the log density, score_samples(x), is
                     below the largest that one component could reach. Threshold as for KMeans. Other
                     covariances have no equal in thrum.

thrum's score is the raw score over the threshold. Needs numpy and scikit-learn (Debian: python3-sklearn).
"""

import json
import math
import struct
import zlib

import numpy as np
from scipy import linalg
from sklearn import cluster, covariance, decomposition, mixture, preprocessing

TAIL_LEVELS = 10  # of a table of surprise: knots where 1, 1/2, 1/4, ... of normal values lie above


def write_model(path, pipeline, rows, threshold=None):
    """Writes `pipeline`, fitted on `rows` (n x d), as a model file. threshold: the raw score that counts as 1."""
    rows = np.asarray(rows, dtype=float)
    *transformers, last = [step for _, step in pipeline.steps if step not in (None, "passthrough")]
    document = {"thrum_model": 1, "features": rows.shape[1],
                "monitor": {"votes": 3, "window": 5, "release": 1, "threshold": 1.0}}
    for transformer in transformers:
        _add_transformer(document, transformer)
    if isinstance(last, cluster.KMeans):
        anomaly, own = _kmeans(last), None
    elif isinstance(last, covariance.EllipticEnvelope):
        anomaly, own = _elliptic_envelope(last), math.sqrt(-last.offset_)
    elif isinstance(last, mixture.GaussianMixture) and last.covariance_type == "tied":
        anomaly, own = _gaussian_mixture(last, document), None
    else:
        raise ValueError(f"{last}: expected KMeans, EllipticEnvelope, or GaussianMixture(covariance_type='tied')")
    raw = raw_scores(pipeline, rows)
    anomaly["threshold"] = float(next(value for value in (threshold, own, np.quantile(raw, 0.99)) if value is not None))
    anomaly["score_table"] = _table_of(raw)
    document["anomaly"] = anomaly
    document["checksum"] = checksum(document)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, allow_nan=False)


def raw_scores(pipeline, rows):
    """What thrum's scores of `rows` are, times the threshold, in scikit-learn's own numbers."""
    last = pipeline.steps[-1][1]
    z = pipeline[:-1].transform(rows) if len(pipeline.steps) > 1 else rows
    if isinstance(last, cluster.KMeans):
        return np.linalg.norm(z[:, None, :] - last.cluster_centers_, axis=2).min(axis=1)
    if isinstance(last, covariance.EllipticEnvelope):
        return np.sqrt(last.mahalanobis(z))
    peak = np.log(np.diag(last.precisions_cholesky_)).sum() - last.means_.shape[1] / 2 * math.log(2 * math.pi)
    return peak - last.score_samples(z)


def checksum(document):
    """CRC-32 of the content: every key and value in the order of keys, but for the checksum itself."""
    def content(value):
        if isinstance(value, dict):
            return b"".join(key.encode() + content(value[key]) for key in sorted(value))
        if isinstance(value, list):
            return b"".join(map(content, value))
        if isinstance(value, bool):
            return bytes([value])
        return value.encode() if isinstance(value, str) else struct.pack("<d", value)
    return zlib.crc32(content({key: value for key, value in document.items() if key != "checksum"}))


# ---- transformers: (x - offset) factor, then basis' (x - mean)


def _add_transformer(document, step):
    d = document["features"]
    if "projection" in document or ("scaling" in document and not isinstance(step, decomposition.PCA)):
        raise ValueError(f"{step}: expected at most one scaler, then at most one PCA")
    if isinstance(step, decomposition.PCA):
        document["projection"] = _pca(step)
        return
    zeros, ones = np.zeros(d), np.ones(d)
    if isinstance(step, preprocessing.StandardScaler):
        offset = step.mean_ if step.with_mean else zeros
        factor = 1 / step.scale_ if step.with_std else ones
    elif isinstance(step, preprocessing.RobustScaler):
        offset = step.center_ if step.with_centering else zeros
        factor = 1 / step.scale_ if step.with_scaling else ones
    elif isinstance(step, preprocessing.MinMaxScaler) and not step.clip:
        offset, factor = step.data_min_ - step.feature_range[0] / step.scale_, step.scale_
    else:
        raise ValueError(f"{step}: expected StandardScaler, MinMaxScaler (not clipping), RobustScaler or PCA")
    document["scaling"] = {"offset": offset.tolist(), "factor": factor.tolist()}


def _pca(step):
    mean = step.mean_ if step.mean_ is not None else np.zeros(step.components_.shape[1])
    projection = {"components": int(step.n_components_), "mean": mean.tolist()}
    basis = step.components_.T
    if step.whiten:
        basis = basis / np.sqrt(step.explained_variance_)
        projection["variance"] = step.explained_variance_.tolist()
    projection["basis"] = basis.ravel().tolist()
    return projection


# ---- what scores


def _anomaly(part, centers, radius=1.0):
    """centers: k x d; stored feature by feature. radius: of a class, for the self-tests of the firmware."""
    return {"parts": [part], "classes": len(centers), "centers": centers.T.ravel().tolist(),
            "inverse_squared_radius": [1 / radius**2] * len(centers)}


def _kmeans(model):
    return _anomaly("radius", model.cluster_centers_)


def _elliptic_envelope(model):
    factor = np.linalg.cholesky(model.precision_)
    center = model.location_
    spread = math.sqrt(np.trace(model.covariance_) / len(center))
    return {**_anomaly("full_ellipsoid", center[None, :], spread), "ellipsoid_count": 1,
            "ellipsoid_center": center.tolist(), "ellipsoid_factor": factor[np.tril_indices(len(center))].tolist(),
            "ellipsoid_tables": _identity_table()}


def _gaussian_mixture(model, document):
    """All components have one covariance: where that is whitened, they are round and equally wide."""
    whiten = model.precisions_cholesky_
    projection = document.setdefault("projection", {"components": len(whiten), "mean": [0.0] * len(whiten),
                                                    "basis": np.eye(len(whiten)).ravel().tolist()})
    basis = np.reshape(projection["basis"], (-1, projection["components"]))
    projection["basis"] = (basis @ whiten).ravel().tolist()
    projection.pop("variance", None)
    centers = model.means_ @ whiten
    return {**_anomaly("soft", centers), "soft_count": len(centers), "soft_inverse_width": 0.5,
            "soft_centers": centers.T.ravel().tolist(), "soft_log_weights": np.log(model.weights_).tolist(),
            "soft_table": _identity_table()}


# ---- tables of surprise: knots in rising order, then the surprise per unit beyond the last


def _identity_table():
    """The surprise of a value >= 0 is the value."""
    return [math.log(2) * level for level in range(TAIL_LEVELS + 1)] + [1.0]


def _table_of(values):
    """Of measured values; beyond what so many can tell, the mean slope above the median goes on."""
    told = max(1, min(TAIL_LEVELS, int(math.log2(len(values) + 1))))
    knots = list(np.quantile(values, 1 - 0.5 ** np.arange(told + 1)))
    step = max((knots[told] - knots[1]) / max(1, told - 1), 1e-3 * abs(knots[told]) / TAIL_LEVELS, 1e-18)
    while len(knots) <= TAIL_LEVELS:
        knots.append(knots[-1] + step)
    return [float(knot) for knot in knots] + [math.log(2) / step]
