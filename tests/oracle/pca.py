#!/usr/bin/env python3
"""Reference values for the tests of PCA: scikit-learn on the table of algorithms.py. The tests carry what it prints."""
import numpy as np
from algorithms import table
from sklearn.decomposition import PCA


def main():
    x = np.array([[float(entry) for entry in row] for row in table()])
    for p in (1, 2, 3):
        pca = PCA(p, svd_solver="full").fit(x)
        scores = pca.score_samples(x)
        print(f"{p} components: noise variance {float(pca.noise_variance_)!r}, mean log likelihood {float(pca.score(x))!r},",
              "of the first rows", [float(score) for score in scores[:3]])


if __name__ == "__main__":
    main()
