"""Unpacks the sets of ADBench and judges them by scikit-learn's detectors: started by bench/detection.sh, which see.

For each set: normal.npy and anomalous.npy, and orders.npy, the order of the normal rows in each split, of which the first
half is learned. peers.json: the AUC of each detector with its defaults, on rows as they are and standardised, for each
set and split.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

SPLITS = 5
PEERS = {
    "EllipticEnvelope": lambda: EllipticEnvelope(random_state=0),
    "IsolationForest": lambda: IsolationForest(random_state=0),
    "LocalOutlierFactor": lambda: LocalOutlierFactor(novelty=True),
    "OneClassSVM": lambda: OneClassSVM(),
    "GaussianMixture": lambda: GaussianMixture(1, random_state=0),
}


def judged(name, learned, rows, labels):
    return roc_auc_score(labels, -PEERS[name]().fit(learned).score_samples(rows))


def main(source, target):
    warnings.filterwarnings("ignore")
    rows = []
    for path in sorted(Path(source).glob("*.npz")):
        name = path.stem.split("_", 1)[1].lower()
        archive = np.load(path)
        x, y = archive["X"].astype(np.float32), archive["y"]
        normal, anomalous = x[y == 0], x[y == 1]
        folder = Path(target) / name
        folder.mkdir(parents=True, exist_ok=True)
        random = np.random.RandomState(1)
        orders = np.array([random.permutation(len(normal)) for _ in range(SPLITS)])
        np.save(folder / "normal.npy", normal)
        np.save(folder / "anomalous.npy", anomalous)
        np.save(folder / "orders.npy", orders)
        for split, order in enumerate(orders):
            half = len(normal) // 2
            learned, held_out = normal[order[:half]], normal[order[half:]]
            judged_rows = np.vstack([held_out, anomalous])
            labels = np.r_[np.zeros(len(held_out)), np.ones(len(anomalous))]
            scaler = StandardScaler().fit(learned)
            for peer in PEERS:
                rows.append({
                    "data": name, "split": split, "peer": peer,
                    "raw": judged(peer, learned, judged_rows, labels),
                    "standardised": judged(peer, scaler.transform(learned), scaler.transform(judged_rows), labels),
                })
        print(f"prepared {name}", file=sys.stderr)
    Path(target, "peers.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
