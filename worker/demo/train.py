"""Trains the demo's model: rows of `plumbline features` in, an XGBoost model and its declaration out.

    python train.py ROWS.csv SCHEMA.toml MODEL.ubj DECLARATION.toml

Needs xgboost==3.2.0 and numpy, nothing else. The split is by time: the oldest 70 % of the leads train, the next 15 % choose the
number of trees and fit the calibration, the newest 15 % only judge. The declaration is the schema with [calibration] and
[provenance] added. The same rows give the same model: one thread, fixed seed.
"""

import csv
import hashlib
import math
import subprocess
import sys

import numpy
import xgboost

assert xgboost.__version__ == "3.2.0", f"xgboost 3.2.0 is pinned, this is {xgboost.__version__}"

PARAMETERS = {
    "objective": "binary:logistic",
    "max_depth": 4,
    "eta": 0.08,
    "min_child_weight": 8,
    "subsample": 0.8,
    "colsample_bytree": 0.6,
    "lambda": 2.0,
    "seed": 20261116,
    "nthread": 1,
    "tree_method": "hist",
    "eval_metric": "logloss",
}
ROUNDS = 400


def auc(label, score):
    """Area under the ROC curve by ranks, ties counted half."""
    order = numpy.argsort(score, kind="stable")
    _, inverse, counts = numpy.unique(score[order], return_inverse=True, return_counts=True)
    ends = numpy.cumsum(counts)
    rank = (ends - (counts - 1) / 2)[inverse]
    positive = label[order] == 1
    n1, n0 = positive.sum(), (~positive).sum()
    return float((rank[positive].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def log_loss(label, p):
    return float(-numpy.mean(numpy.where(label == 1, numpy.log(p), numpy.log1p(-p))))


def calibration_error(label, p, bins=10):
    """Mean distance of predicted and observed rate over bins of equal count."""
    parts = zip(numpy.array_split(label[numpy.argsort(p)], bins), numpy.array_split(numpy.sort(p), bins))
    return float(sum(len(y) * abs(y.mean() - q.mean()) for y, q in parts) / len(p))


def platt(margin, label):
    """slope, intercept of 1 / (1 + exp(slope * margin + intercept)), by Newton's method on Platt's smoothed targets."""
    n1, n0 = (label == 1).sum(), (label == 0).sum()
    target = numpy.where(label == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    slope, intercept = -1.0, 0.0
    for _ in range(50):
        p = 1 / (1 + numpy.exp(slope * margin + intercept))
        residual, weight = target - p, p * (1 - p)
        gradient = numpy.array([(residual * margin).sum(), residual.sum()])
        cross = (weight * margin).sum()
        hessian = numpy.array([[(weight * margin * margin).sum(), cross], [cross, weight.sum()]])
        step = numpy.linalg.solve(hessian, gradient)
        slope, intercept = slope - step[0], intercept - step[1]
        if abs(step).max() < 1e-12:
            break
    return float(slope), float(intercept)


def main(rows, schema, model_file, declaration):
    with open(rows, newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        table = list(reader)
    times = [row[0] for row in table]
    assert header[:2] == ["scored_at", "converted"] and times == sorted(times), "rows must be in order of time"
    label = numpy.array([int(row[1]) for row in table])
    matrix = numpy.array([[float(cell) for cell in row[2:]] for row in table], dtype=numpy.float32)
    names = header[2:]
    a, b = int(0.70 * len(table)), int(0.85 * len(table))
    data = [xgboost.DMatrix(matrix[s], label[s], feature_names=names, nthread=1) for s in (slice(a), slice(a, b), slice(b, None))]
    booster = xgboost.train(
        PARAMETERS, data[0], ROUNDS, evals=[(data[1], "validation")], early_stopping_rounds=25, verbose_eval=False
    )
    booster = booster[: booster.best_iteration + 1]
    slope, intercept = platt(booster.predict(data[1], output_margin=True).astype(float), label[a:b])
    probability = 1 / (1 + numpy.exp(slope * booster.predict(data[2], output_margin=True).astype(float) + intercept))
    test = label[b:]
    metrics = {
        "auc": auc(test, probability),
        "log_loss": log_loss(test, probability),
        "brier": float(numpy.mean((probability - test) ** 2)),
        "calibration_error": calibration_error(test, probability),
        "conversion_rate": float(test.mean()),
    }
    booster.save_model(model_file)
    with open(rows, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    git = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    lines = [
        open(schema).read().rstrip(),
        "",
        "# Written by train.py.",
        "[calibration.sigmoid]",
        f"slope = {slope!r}",
        f"intercept = {intercept!r}",
        "",
        "[provenance]",
        'snapshot_uri = "xtask demo-data, plumbline features"',
        'table_version = "1"',
        f'snapshot_sha256 = "{digest}"',
        f"rows = {a}",
        f'window = "{times[0][:10]}/{times[a - 1][:10]}"',
        f'code_revision = "{git.stdout.strip()}"',
        "[provenance.hyperparameters]",
        *(f'{name} = "{value}"' for name, value in sorted({**PARAMETERS, "trees": booster.num_boosted_rounds()}.items())),
        "[provenance.baseline]",
        *(f"{name} = {round(value, 6)!r}" for name, value in metrics.items()),
    ]
    with open(declaration, "w") as file:
        file.write("\n".join(lines) + "\n")
    assert all(math.isfinite(value) for value in metrics.values())
    print(f"{len(table)} rows, {len(names)} columns, {booster.num_boosted_rounds()} trees")
    print("held out (newest 15 %): " + ", ".join(f"{name} {value:.4f}" for name, value in metrics.items()))


if __name__ == "__main__":
    main(*sys.argv[1:])
