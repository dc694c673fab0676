"""Accuracy and speed of the trainer beside XGBoost and LightGBM, from one run, one thread each.

  cargo build --profile quick -p plumbline-tests --bin trainer
  python tests/bench/train.py target/quick/trainer [--leads Leads.csv] [--bank bank-full.csv] [--rows 200000] [--only NAME]

Accuracy: mean of 5 x 2 splits (five random halvings, each half trained on once), 300 trees of depth 6, learning rate 0.1, 256 bins. Needs
xgboost, lightgbm, numpy, pandas and scikit-learn. The peers get categories as categories and as ordinal codes; the better of each counts. Ours, calibrated, is compared in log loss, because that is
what a bundle holds; `raw` is the model alone. ECE has ten equally wide bins; its bias by chance is the sum of sqrt(2 n r (1 - r) / pi) / N.
Speed (alone with `--repeats 0`): one model on all rows of the synthetic table, the fastest of `--runs`, ours and the peer in turn.
"""
import argparse, json, subprocess, tempfile, time
from pathlib import Path

import lightgbm
import numpy as np
import pandas
import xgboost
from sklearn.metrics import log_loss, roc_auc_score

TREES, DEPTH, RATE = 300, 6, 0.1
LATE = {"Prospect ID", "Lead Number", "Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"}


def table(path, outcome, positive, drop):
    frame = pandas.read_csv(path, dtype=str, keep_default_na=False)
    names, columns, categorical = [], [], []
    for name in frame.columns:
        values = frame[name]
        if name == outcome or drop(name) or values.nunique() < 2:
            continue
        given = values.where(values != "")
        numbers = pandas.to_numeric(given, errors="coerce")
        is_number = numbers.notna().sum() == given.notna().sum()
        codes = pandas.Categorical(given).codes.astype(float)
        columns.append(numbers.to_numpy(float) if is_number else np.where(codes < 0, np.nan, codes))
        names.append(name)
        categorical.append(not is_number)
    return np.array(columns), (frame[outcome] == positive).to_numpy(), names, categorical


def synthetic(rows):
    """30 numbers and 10 categories of up to 200 values; interactions, bends, and a tenth missing in 12 columns."""
    draw = np.random.default_rng(7)
    x = draw.normal(size=(30, rows))
    sizes = [4, 7, 12, 20, 40, 80, 150, 6, 3, 200]
    c = np.array([draw.integers(0, size, rows) for size in sizes]).astype(float)
    effects = [draw.normal(size=size) * 0.5 for size in sizes]
    s = -2 + 0.8 * x[0] + 0.5 * x[1] * x[2] + 0.6 * np.sin(2 * x[3]) + 0.5 * (x[4] > 0.5) * x[5] - 0.4 * np.abs(x[6]) + 0.3 * x[7] * (x[8] > 0)
    s += sum(effect[column.astype(int)] for effect, column in zip(effects, c)) + 0.1 * x[9:18].sum(axis=0)
    y = draw.random(rows) < 1 / (1 + np.exp(-s))
    x[10], x[11], x[12] = np.round(x[10] * 3), np.exp(x[11]), np.round(np.exp(x[12] * 2))
    for column in [*range(0, 12, 2), *range(20, 26)]:
        x[column, draw.random(rows) < 0.1] = np.nan
    return np.vstack([x, c]), y, [f"x{n}" for n in range(40)], [False] * 30 + [True] * 10


def written(folder, x, y, names, categorical, splits, settings):
    head = {"rows": len(y), "columns": [{"name": n, "categorical": bool(c)} for n, c in zip(names, categorical)], "splits": len(splits), "settings": settings}
    file = Path(folder) / "table"
    with file.open("wb") as out:
        out.write(json.dumps(head).encode() + b"\n" + np.ascontiguousarray(x, "<f8").tobytes() + y.astype("u1").tobytes())
        for split in splits:
            out.write(split.astype("u1").tobytes())
    return file


def xgb(x, y, categorical, as_codes):
    kinds = None if as_codes else ["c" if c else "q" for c in categorical]
    began = time.perf_counter()
    data = xgboost.QuantileDMatrix(x.T, label=y, feature_types=kinds, enable_categorical=True, max_bin=256, nthread=1)
    model = xgboost.train({"objective": "binary:logistic", "tree_method": "hist", "max_depth": DEPTH, "eta": RATE, "max_bin": 256, "nthread": 1}, data, TREES)
    took = time.perf_counter() - began
    return took, lambda t: model.predict(xgboost.DMatrix(t.T, feature_types=kinds, enable_categorical=True, nthread=1))


def lgb(x, y, categorical, as_codes):
    began = time.perf_counter()
    named = [] if as_codes else [n for n, c in enumerate(categorical) if c]
    data = lightgbm.Dataset(x.T, y, categorical_feature=named, params={"max_bin": 255, "verbose": -1, "num_threads": 1})
    model = lightgbm.train({"objective": "binary", "learning_rate": RATE, "num_leaves": 64, "max_depth": DEPTH, "num_threads": 1, "verbose": -1}, data, TREES)
    took = time.perf_counter() - began
    return took, lambda t: model.predict(t.T, num_threads=1)


def ece(p, y):
    error = bias = 0.0
    place = np.minimum((p * 10).astype(int), 9)
    for b in range(10):
        inside = place == b
        n = inside.sum()
        if n:
            r = y[inside].mean()
            error += abs(p[inside].sum() - y[inside].sum())
            bias += np.sqrt(2 * n * r * (1 - r) / np.pi)
    return error / len(y), bias / len(y)


def main():
    given = argparse.ArgumentParser()
    given.add_argument("program")
    given.add_argument("--leads")
    given.add_argument("--bank")
    given.add_argument("--rows", type=int, default=200_000)
    given.add_argument("--repeats", type=int, default=5)
    given.add_argument("--runs", type=int, default=3)
    given.add_argument("--only")
    given.add_argument("--settings", default="{}", help="JSON: hyperparameters of ours beside the common ones")
    given = given.parse_args()
    settings = {"trees": TREES, "depth": DEPTH, "learning_rate": RATE, **json.loads(given.settings)}
    sets = {}
    if given.leads:
        sets["leads"] = lambda: table(given.leads, "Converted", "1", lambda n: n in LATE or n.startswith("Asymmetrique"))
    if given.bank:
        sets["bank"] = lambda: table(given.bank, "y", "yes", lambda n: False)
    sets["synthetic"] = lambda: synthetic(given.rows)
    peers = {"XGBoost": (xgb, False), "XGBoost codes": (xgb, True), "LightGBM": (lgb, False), "LightGBM codes": (lgb, True)}
    for name, load in sets.items():
        if given.only not in (None, name):
            continue
        x, y, names, categorical = load()
        draw, splits = np.random.default_rng(11), []
        for _ in range(given.repeats):
            half = draw.permutation(len(y)) < len(y) // 2
            splits += [half, ~half]
        with tempfile.TemporaryDirectory() as folder:
            file, scores = written(folder, x, y, names, categorical, splits, settings), Path(folder) / "scores"
            if splits:
                subprocess.run([given.program, file, scores], check=True)
                ours = np.fromfile(scores, "<f8").reshape(len(splits), 2, len(y))
                figures = {"ours": [], "ours raw": [], **{peer: [] for peer in peers}}
                errors = []
                for split, (margins, calibrated) in zip(splits, ours):
                    t = y[split]
                    figures["ours raw"].append((roc_auc_score(t, margins[split]), log_loss(t, 1 / (1 + np.exp(-margins[split])))))
                    figures["ours"].append((roc_auc_score(t, calibrated[split]), log_loss(t, calibrated[split])))
                    errors.append(ece(calibrated[split], t))
                    for peer, (fit, as_codes) in peers.items():
                        _, predict = fit(x[:, ~split], y[~split], categorical, as_codes)
                        p = predict(x[:, split])
                        figures[peer].append((roc_auc_score(t, p), log_loss(t, p)))
                print(f"{name}: {len(y)} rows, {len(names)} columns ({sum(categorical)} categorical), {y.mean():.3f} convert, {len(splits)} splits", flush=True)
                means = {who: np.mean(values, axis=0) for who, values in figures.items()}
                for who, (auc, loss) in means.items():
                    print(f"  {who:15} AUC {auc:.4f}  log loss {loss:.4f}")
                error, bias = np.mean(errors, axis=0)
                best_auc, best_loss = max(means[p][0] for p in peers), min(means[p][1] for p in peers)
                print(f"  AUC {means['ours'][0] - best_auc:+.4f} of the better peer (bar: -0.002); log loss {means['ours'][1] - best_loss:+.4f} (bar: 0)")
                print(f"  calibrated ECE {error:.4f}, bias by chance {bias:.4f}: {error - bias:.4f} (bar: 0.02)", flush=True)
            if name == "synthetic":
                file = written(folder, x, y, names, categorical, [], settings)
                times = {"ours": [], **{peer: [] for peer in peers}}
                for _ in range(given.runs):
                    said = json.loads(subprocess.run([given.program, file, scores, "--time"], check=True, capture_output=True, text=True).stdout)
                    times["ours"].append(said["fit_s"])
                    for peer, (fit, as_codes) in peers.items():
                        times[peer].append(fit(x, y, categorical, as_codes)[0])
                best = {who: min(seconds) for who, seconds in times.items()}
                print("  fit on all rows, s: " + ", ".join(f"{who} {seconds:.2f}" for who, seconds in best.items()) + f"; longest step {said['longest_step_ms']} ms")
                print(f"  of XGBoost: {best['ours'] / best['XGBoost codes']:.2f} (codes), {best['ours'] / best['XGBoost']:.2f} (categories) (bar: 0.45); of LightGBM: {best['ours'] / best['LightGBM']:.2f}", flush=True)


main()
