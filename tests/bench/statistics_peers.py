"""Times the peers of `cargo run --release -p plumbline-tests --bin statistics`: one JSON line per peer that can be imported.

Usage: statistics_peers.py FOLDER. The folder holds little-endian doubles that our side wrote, so that both time the same numbers.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
folder = Path(sys.argv[1])


def read(name):
    return np.fromfile(folder / f"{name}.f64le", dtype="<f8")


def measure(name, package, prepare, rounds):
    try:
        version, call, value = prepare()
    except Exception as error:  # a peer that is not installed is told, not hidden
        print(json.dumps({"name": name, "missing": f"{package}: {error}"[:200]}), flush=True)
        return
    times, found = [], None
    for _ in range(rounds):
        start = time.perf_counter()
        found = call()
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps({"name": name, "peer": f"{package} {version}", "ms": min(times), "value": value(found)}), flush=True)


def auc():
    import sklearn
    from sklearn.metrics import roc_auc_score

    scores, converted = read("scores"), read("converted") == 1
    return sklearn.__version__, lambda: roc_auc_score(converted, scores), float


def ks():
    import scipy
    from scipy.stats import ks_2samp

    a, b = read("ks_reference"), read("ks_current")
    return scipy.__version__, lambda: ks_2samp(a, b, method="asymp"), lambda found: float(found.statistic)


def drift():
    import evidently
    import pandas
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    def table(name):
        values = read(name).reshape(30, -1).T
        return pandas.DataFrame(values, columns=[f"f{i}" for i in range(30)])

    definition = DataDefinition(numerical_columns=[f"f{i}" for i in range(30)])
    reference = Dataset.from_pandas(table("drift_reference"), data_definition=definition)
    current = Dataset.from_pandas(table("drift_current"), data_definition=definition)

    def call():
        return Report([DataDriftPreset()]).run(current, reference).dict()

    return evidently.__version__, call, lambda found: float(found["metrics"][1]["value"])


def cbpe():
    import nannyml
    import pandas

    def table(name):
        p = read(f"cbpe_{name}")
        return pandas.DataFrame({"p": p, "c": (p >= 0.5).astype(int), "y": read(f"cbpe_{name}_converted").astype(int)})

    estimator = nannyml.CBPE(
        y_pred_proba="p", y_pred="c", y_true="y", problem_type="classification_binary",
        metrics=["roc_auc", "f1", "precision", "recall", "accuracy"], chunk_size=100_000,
    )
    estimator.fit(table("reference"))
    analysis = table("analysis")

    def value(found):
        frame = found.filter(period="analysis").to_df()
        return float(frame[("roc_auc", "value")].iloc[-1])

    return nannyml.__version__, lambda: estimator.estimate(analysis), value


measure("auc/exact/1e6", "scikit-learn", auc, 5)
measure("ks/two samples/1e6", "scipy", ks, 5)
measure("drift/report/100k x 30", "evidently", drift, 2)
measure("cbpe/estimate/100k", "nannyml", cbpe, 5)
