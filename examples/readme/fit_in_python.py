# The README's model from scikit-learn: what stands between the marks is quoted there.
#   fit_in_python.py FOLDER    with the folder of from_sklearn.py in PYTHONPATH
import os
import sys

import numpy as np

os.chdir(sys.argv[1])
normal = np.random.RandomState(1).normal(size=(600, 8)) @ np.random.RandomState(2).normal(size=(8, 8))

# [readme]
from sklearn.covariance import EllipticEnvelope
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from from_sklearn import write_model  # examples/from_sklearn.py

pipeline = make_pipeline(StandardScaler(), EllipticEnvelope(contamination=0.01)).fit(normal)  # rows x features
write_model("pump.json", pipeline, normal)
# [readme]

rows = np.vstack([normal[:4], 3 * normal[:4]])
np.save("pump_rows.npy", rows)
np.save("pump_alarms.npy", (pipeline.predict(rows) == -1).astype(float))
