"""Makes the project's own reference vectors: small models of real XGBoost and LightGBM, with inputs and the peer's answers.

    python make.py            # every model but the old ones; needs requirements.txt
    python make.py old        # models in the formats of XGBoost 1.7; needs requirements-old.txt

`make.sh` makes both environments and runs both. Written is `models/<name>/`: the model file(s), inputs.csv (row_kind and the
columns), expected.csv (margins and predictions as the shortest decimals), shap.csv where the peer explains such a model, and
meta.json. All data is drawn here from a fixed seed, one thread trains, so the same packages give the same files.
"""

import csv
import json
import math
import os
import shutil
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["visits", "minutes", "discount", "age", "source", "city"]
QUANTITIES = 4
CODES = {4: 4, 5: 24}
PLACES = [f"place {chr(97 + i)}" for i in range(24)]
SOURCES = ["Web", "Referral, paid", 'The "Ad"', "Ünïcode"]
ROWS = 600


def data(seed=7, missing=0.12):
    """Leads: four quantities (some missing), a category of 4 codes and one of 24; labels that depend on all of them."""
    draw = np.random.Generator(np.random.PCG64(seed))
    visits = draw.poisson(3.0, ROWS).astype(float)
    minutes = np.round(draw.lognormal(1.0, 1.0, ROWS), 3)
    discount = np.round(draw.normal(0.0, 1.0, ROWS), 4) * (draw.random(ROWS) > 0.3)
    age = draw.integers(18, 80, ROWS) + 0.5
    source = draw.integers(0, CODES[4], ROWS).astype(float)
    city = draw.integers(0, CODES[5], ROWS).astype(float)
    pull = np.sin(np.arange(CODES[5]) * 1.7)[city.astype(int)]
    margin = 0.5 * visits - 2 + 0.4 * np.log(minutes) + discount * (source == 2) + pull - (age > 60) * 0.8
    matrix = np.stack([visits, minutes, discount, age, source, city], axis=1)
    holes = draw.random((ROWS, 6)) < missing
    holes[:, 3] = False
    matrix = np.where(holes, np.nan, matrix)
    noise = draw.normal(0.0, 1.0, ROWS)
    return {
        "matrix": matrix,
        "binary": (draw.random(ROWS) < 1 / (1 + np.exp(-margin))).astype(float),
        "classes": np.clip(np.round(margin / 1.5 + 1 + noise / 2), 0, 2),
        "amount": np.round(margin * 3 + noise, 3),
        "count": draw.poisson(np.exp(np.clip(margin / 2, -3, 3))).astype(float),
        "share": np.round(1 / (1 + np.exp(-margin - noise)), 4),
        "pair": np.round(np.stack([margin, noise - margin], axis=1), 3),
        "grade": np.clip(np.round(margin / 2 + 1), 0, 3),
        "group": np.full(ROWS // 20, 20),
    }


def inputs(matrix, cuts, categorical, single):
    """Rows of every kind that readers get wrong. `cuts` are (column, threshold); `single`: the peer rounds to f32."""
    draw = np.random.Generator(np.random.PCG64(11))
    rows = [("real", row) for row in matrix[:18]]
    for row in matrix[100:108].copy():
        row[draw.integers(0, 6, 3)] = np.nan
        rows.append(("nan_some", row))
    rows += [("nan_all", np.full(6, np.nan)), ("zeros_all", np.zeros(6)), ("negzero_all", np.full(6, -0.0))]
    wide = [3e38, -3e38, 1e30, -1e-45, 16777217.0] if single else [math.inf, -math.inf, 1e308, -5e-324, 2.0**53]
    tiny = [1e-36, -1e-36, 9.999999e-36, 1e-35, 1.0000001e-35, -1e-35, 5e-324, -0.0]
    for i, x in enumerate(wide + tiny):
        row = matrix[200 + i].copy()
        row[[i % QUANTITIES, (i + 1) % QUANTITIES]] = x
        rows.append(("extreme" if i < len(wide) else "zeroish", row))
    if categorical:
        for i, x in enumerate([99.0, 4.7, -1.0, -0.5, 24.0, 31.0, 32.0, 3.999999]):
            row = matrix[230 + i].copy()
            row[4 + i % 2] = x
            rows.append(("cat_unseen", row))
    seen = sorted(set(cuts))
    picked = [seen[i] for i in draw.permutation(len(seen))[:7]]
    for i, (column, cut) in enumerate(picked):
        near = [("thr_eq", cut), ("thr_f64_up", np.nextafter(cut, math.inf)), ("thr_f64_dn", np.nextafter(cut, -math.inf))]
        if single:
            step = np.spacing(np.float32(cut)).astype(float)
            near += [("thr_f32_up", float(np.nextafter(np.float32(cut), np.float32(math.inf))))]
            near += [("thr_f32_dn", float(np.nextafter(np.float32(cut), np.float32(-math.inf))))]
            near += [("thr_quarter_ulp_below", cut - abs(step) / 4), ("thr_quarter_ulp_above", cut + abs(step) / 4)]
        else:
            near += [("thr_f32cast", float(np.float32(cut)))]
        for kind, x in near:
            row = matrix[300 + i].copy()
            row[column] = x
            rows.append((kind, row))
    return rows


def write(name, meta, rows, margins, predictions, shap):
    folder = os.path.join(HERE, "models", name)

    def table(file, header, lines):
        with open(os.path.join(folder, file), "w", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(lines)

    def number(x):
        return "NaN" if math.isnan(x) else repr(float(x))

    table("inputs.csv", ["row_kind"] + NAMES, ([kind] + [number(x) for x in row] for kind, row in rows))
    outputs = margins.shape[1]
    header = [f"margin{k}" for k in range(outputs)] + [f"prob{k}" for k in range(predictions.shape[1])]
    table("expected.csv", header, ([number(x) for x in [*m, *p]] for m, p in zip(margins, predictions)))
    if shap is not None:
        places = NAMES_OF_SHAP if outputs == 1 else [f"k{k}_{n}" for k in range(outputs) for n in NAMES_OF_SHAP]
        table("shap.csv", ["row"] + places, ([str(i)] + [number(x) for x in values] for i, values in shap))
    with open(os.path.join(folder, "meta.json"), "w") as out:
        json.dump({**meta, "features": NAMES, "numpy": np.__version__}, out, indent=1)
        out.write("\n")


NAMES_OF_SHAP = [f"f{i}" for i in range(6)] + ["bias"]


def fresh(name):
    folder = os.path.join(HERE, "models", name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


def explained(rows):
    """A few rows of every kind."""
    seen = {}
    for i, (kind, _) in enumerate(rows):
        seen.setdefault(kind, []).append(i)
    return sorted(i for kind, places in seen.items() for i in places[: 6 if kind == "real" else 2])


# ---- XGBoost --------------------------------------------------------------------------------------------------------


def xgboost_model(name, params, label, rounds=5, categorical=False, texts=False, keep=None, huge=False, **more):
    import xgboost

    folder = fresh(name)
    d = data()
    if huge:
        # The cut above a column's largest value is twice as far out: beyond what f32 holds.
        d["matrix"][:, 2] = np.where((d[label] == 1) & (np.arange(ROWS) % 4 > 0), 3.3e38, np.nan)
    types = ["q"] * 4 + (["c"] * 2 if categorical else ["q"] * 2)

    def matrix(values, **kw):
        if texts:
            return xgboost.DMatrix(frame(values), enable_categorical=True, nthread=1, **kw)
        return xgboost.DMatrix(values, feature_names=NAMES, feature_types=types, nthread=1, **kw)

    train = matrix(d["matrix"], label=d[label], **more)
    if params["objective"].startswith("rank:"):
        train.set_group(d["group"])
    params = {"seed": 5, "nthread": 1, "eta": 0.4, "max_depth": 3, **params}
    booster = xgboost.train(params, train, rounds)
    if keep:
        booster.set_attr(**keep)
    for ending in ("json", "ubj"):
        booster.save_model(os.path.join(folder, f"model.{ending}"))
    with open(os.path.join(folder, "model.json")) as file:
        cuts = list(xgboost_cuts(json.load(file)))
    rows = inputs(d["matrix"], cuts, categorical, True)
    if texts:
        rows = [(kind, known(row)) for kind, row in rows]
    asked = matrix(np.stack([row for _, row in rows]))
    margins = booster.predict(asked, output_margin=True).reshape(len(rows), -1)
    predictions = booster.predict(asked).reshape(len(rows), -1)
    shap = None
    if params.get("multi_strategy") != "multi_output_tree":
        some = explained(rows)
        values = booster.predict(matrix(np.stack([rows[i][1] for i in some])), pred_contribs=True)
        shap = list(zip(some, values.reshape(len(some), -1)))
    meta = {"peer": "xgboost", "version": xgboost.__version__, "params": params, "rounds": rounds, "feature_types": types}
    if texts:
        meta["categories"] = {"source": SOURCES, "city": PLACES}
    write(name, meta, rows, margins, predictions, shap)


def xgboost_cuts(document):
    booster = document["learner"]["gradient_booster"]
    booster = booster.get("gbtree", booster)
    for tree in booster["model"].get("trees", []):
        kinds = tree.get("split_type") or [0] * len(tree["left_children"])
        for left, column, cut, kind in zip(tree["left_children"], tree["split_indices"], tree["split_conditions"], kinds):
            if left >= 0 and kind == 0:
                yield column, float(np.float32(cut))


def frame(values):
    """A data frame whose categories have texts."""
    import pandas

    table = pandas.DataFrame(values, columns=NAMES)
    for name, texts in [("source", SOURCES), ("city", PLACES)]:
        codes = table[name].to_numpy()
        codes = np.where(np.isnan(codes), -1, codes).astype(int)
        table[name] = pandas.Categorical.from_codes(codes, categories=texts)
    return table


def known(row):
    """A data frame holds known codes only."""
    row = row.copy()
    for column, size in CODES.items():
        code = row[column]
        row[column] = math.trunc(code) if 0 <= code < size else math.nan
    return row


def xgboost_all():
    logistic = {"objective": "binary:logistic"}
    xgboost_model("xgb_binary", logistic, "binary")
    xgboost_model("xgb_cat_partition", {**logistic, "max_cat_to_onehot": 1}, "binary", categorical=True)
    xgboost_model("xgb_cat_onehot", {**logistic, "max_cat_to_onehot": 64, "max_depth": 4}, "binary", categorical=True)
    xgboost_model("xgb_cat_texts", {**logistic, "max_cat_to_onehot": 2}, "binary", categorical=True, texts=True)
    xgboost_model("xgb_dart", {**logistic, "booster": "dart", "rate_drop": 0.4, "one_drop": 1}, "binary", rounds=8)
    xgboost_model("xgb_gblinear", {**logistic, "booster": "gblinear", "updater": "coord_descent"}, "binary", rounds=12)
    linear = {"objective": "multi:softprob", "num_class": 3, "booster": "gblinear", "updater": "coord_descent"}
    xgboost_model("xgb_gblinear_softprob", linear, "classes", rounds=12)
    xgboost_model("xgb_softprob", {"objective": "multi:softprob", "num_class": 3}, "classes", rounds=3)
    xgboost_model("xgb_squarederror", {"objective": "reg:squarederror"}, "amount")
    xgboost_model("xgb_poisson", {"objective": "count:poisson"}, "count")
    xgboost_model("xgb_tweedie", {"objective": "reg:tweedie", "tweedie_variance_power": 1.3}, "count")
    xgboost_model("xgb_hinge", {"objective": "binary:hinge"}, "binary")
    xgboost_model("xgb_logitraw", {"objective": "binary:logitraw", "base_score": 0.3}, "binary")
    xgboost_model("xgb_reg_logistic", {"objective": "reg:logistic"}, "share")
    xgboost_model("xgb_quantile", {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]}, "amount", rounds=2)
    xgboost_model("xgb_base_score", {**logistic, "base_score": 0.123456789}, "binary", rounds=3)
    forest = {**logistic, "num_parallel_tree": 4, "subsample": 0.7, "colsample_bynode": 0.6, "eta": 1.0}
    xgboost_model("xgb_forest", forest, "binary", rounds=1)
    xgboost_model("xgb_boosted_forest", {"objective": "multi:softprob", "num_class": 3, "num_parallel_tree": 2}, "classes", rounds=2)
    several = {"objective": "reg:squarederror", "tree_method": "hist"}
    xgboost_model("xgb_multi_output_tree", {**several, "multi_strategy": "multi_output_tree"}, "pair")
    xgboost_model("xgb_targets", several, "pair", rounds=3)
    xgboost_model("xgb_monotone", {**logistic, "monotone_constraints": "(1,1,0,-1,0,0)"}, "binary")
    xgboost_model("xgb_weighted", {**logistic, "scale_pos_weight": 3.5}, "binary")
    xgboost_model("xgb_pairwise", {"objective": "rank:pairwise"}, "grade")
    leaves = {**logistic, "grow_policy": "lossguide", "max_leaves": 12, "max_depth": 0, "tree_method": "hist"}
    xgboost_model("xgb_lossguide", leaves, "binary", rounds=4)
    xgboost_model("xgb_best_iteration", logistic, "binary", keep={"best_iteration": "2", "best_score": "0.5"})
    pruned = {**logistic, "gamma": 2.5, "tree_method": "exact", "max_depth": 5}
    xgboost_model("xgb_pruned", pruned, "binary")
    xgboost_model("xgb_infinity", logistic, "binary", huge=True)
    xgboost_model("xgb_stumpless", {**logistic, "gamma": 1e9}, "binary", rounds=2)


def xgboost_old():
    """Before 2.0 base_score is 0.5 unless given, before 3.1 it is one number without brackets."""
    logistic = {"objective": "binary:logistic"}
    xgboost_model("xgb17_binary", logistic, "binary")
    xgboost_model("xgb17_base_score", {**logistic, "base_score": 0.2}, "binary", rounds=3)
    xgboost_model("xgb17_cat", {**logistic, "tree_method": "hist", "max_cat_to_onehot": 2}, "binary", categorical=True)
    xgboost_model("xgb17_dart", {**logistic, "booster": "dart", "rate_drop": 0.4, "one_drop": 1}, "binary", rounds=8)
    xgboost_model("xgb17_softprob", {"objective": "multi:softprob", "num_class": 3}, "classes", rounds=3)
    xgboost_model("xgb17_gblinear", {**logistic, "booster": "gblinear", "updater": "coord_descent"}, "binary", rounds=12)
    xgboost_model("xgb17_poisson", {"objective": "count:poisson"}, "count")
    xgboost_model("xgb17_pruned", {**logistic, "gamma": 2.5, "tree_method": "exact", "max_depth": 5}, "binary")


# ---- LightGBM -------------------------------------------------------------------------------------------------------


def lightgbm_model(name, params, label, rounds=5, categorical=False, texts=False, missing=0.12, **more):
    import lightgbm

    folder = fresh(name)
    d = data(missing=missing)
    params = {
        "num_leaves": 7, "learning_rate": 0.3, "min_data_in_leaf": 8, "seed": 5, "num_threads": 1, "verbose": -1,
        "deterministic": True, "force_row_wise": True, **params,
    }  # fmt: skip
    values = frame(d["matrix"]) if texts else d["matrix"]
    options = {} if texts else {"feature_name": NAMES, "categorical_feature": [4, 5] if categorical else []}
    booster = lightgbm.train(params, lightgbm.Dataset(values, d[label], **options, **more), rounds)
    booster.save_model(os.path.join(folder, "model.txt"))
    with open(os.path.join(folder, "model.txt")) as file:
        cuts = list(lightgbm_cuts(file.read()))
    rows = inputs(d["matrix"], cuts, categorical, False)
    if texts:
        rows = [(kind, known(row)) for kind, row in rows]

    def asked(values):
        return frame(values) if texts else values

    matrix = np.stack([row for _, row in rows])
    margins = booster.predict(asked(matrix), raw_score=True).reshape(len(rows), -1)
    predictions = booster.predict(asked(matrix)).reshape(len(rows), -1)
    shap = None
    if not params.get("linear_tree"):
        some = explained(rows)
        shap = list(zip(some, booster.predict(asked(matrix[some]), pred_contrib=True).reshape(len(some), -1)))
    meta = {"peer": "lightgbm", "version": lightgbm.__version__, "params": params, "rounds": rounds}
    if texts:
        meta["categories"] = {"source": SOURCES, "city": PLACES}
    write(name, meta, rows, margins, predictions, shap)


def lightgbm_cuts(text):
    lists = {}
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key in ("split_feature", "threshold", "decision_type"):
            lists[key] = value.split()
        elif key == "left_child":
            for column, cut, kind in zip(lists["split_feature"], lists["threshold"], lists["decision_type"]):
                if int(kind) & 1 == 0:
                    yield int(column), float(cut)


def lightgbm_all():
    binary = {"objective": "binary"}
    lightgbm_model("lgb_binary", binary, "binary")
    lightgbm_model("lgb_sigmoid", {**binary, "sigmoid": 2.5}, "binary")
    lightgbm_model("lgb_no_average", {**binary, "boost_from_average": False}, "binary")
    lightgbm_model("lgb_multiclass", {"objective": "multiclass", "num_class": 3}, "classes", rounds=3)
    lightgbm_model("lgb_multiclassova", {"objective": "multiclassova", "num_class": 3, "sigmoid": 0.7}, "classes", rounds=3)
    lightgbm_model("lgb_l1", {"objective": "regression_l1"}, "amount")
    lightgbm_model("lgb_sqrt", {"objective": "regression", "reg_sqrt": True}, "amount")
    lightgbm_model("lgb_huber", {"objective": "huber"}, "amount")
    lightgbm_model("lgb_quantile", {"objective": "quantile", "alpha": 0.8}, "amount")
    lightgbm_model("lgb_poisson", {"objective": "poisson"}, "count")
    lightgbm_model("lgb_cross_entropy", {"objective": "cross_entropy"}, "share")
    lightgbm_model("lgb_cross_entropy_lambda", {"objective": "cross_entropy_lambda"}, "share")
    bagged = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6, "feature_fraction": 0.8}
    lightgbm_model("lgb_rf", {**binary, **bagged}, "binary", rounds=8)
    lightgbm_model("lgb_rf_multiclass", {"objective": "multiclass", "num_class": 3, **bagged}, "classes", rounds=4)
    lightgbm_model("lgb_rf_regression", {"objective": "regression", **bagged}, "amount", rounds=6)
    lightgbm_model("lgb_dart", {**binary, "boosting": "dart", "drop_rate": 0.5, "skip_drop": 0.2}, "binary", rounds=8)
    lightgbm_model("lgb_linear_tree", {"objective": "regression", "linear_tree": True, "boosting": "gbdt"}, "amount")
    lightgbm_model("lgb_linear_tree_binary", {**binary, "linear_tree": True, "linear_lambda": 0.1}, "binary")
    sets = {"min_data_per_group": 5, "cat_smooth": 1.0, "max_cat_to_onehot": 1, "cat_l2": 1.0}
    lightgbm_model("lgb_cat", {**binary, **sets}, "binary", categorical=True)
    lightgbm_model("lgb_cat_onehot", {**binary, **sets, "max_cat_to_onehot": 64}, "binary", categorical=True)
    lightgbm_model("lgb_cat_texts", {**binary, **sets}, "binary", categorical=True, texts=True)
    lightgbm_model("lgb_zero_as_missing", {**binary, "zero_as_missing": True}, "binary")
    lightgbm_model("lgb_no_missing", {**binary, "use_missing": False}, "binary")
    lightgbm_model("lgb_trained_whole", binary, "binary", missing=0.0)
    lightgbm_model("lgb_lambdarank", {"objective": "lambdarank"}, "grade", group=np.full(ROWS // 20, 20))
    lightgbm_model("lgb_goss_monotone", {**binary, "data_sample_strategy": "goss", "monotone_constraints": [1, 1, 0, -1, 0, 0]}, "binary")
    lightgbm_model("lgb_stump", {**binary, "min_data_in_leaf": 400}, "binary", rounds=2)


if __name__ == "__main__":
    if sys.argv[1:] == ["old"]:
        xgboost_old()
    else:
        xgboost_all()
        lightgbm_all()
    sizes = {}
    for folder, _, files in os.walk(os.path.join(HERE, "models")):
        for file in files:
            sizes[folder] = sizes.get(folder, 0) + os.path.getsize(os.path.join(folder, file))
    print(f"{len(sizes)} models, {sum(sizes.values())} bytes")
