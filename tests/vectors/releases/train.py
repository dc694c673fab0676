"""Trains models with the release of XGBoost or LightGBM that is installed here, and writes each with inputs and the library's margins.

    python train.py FOLDER        # run by compare.py in an environment per release

Written is FOLDER/<name>/: the model file(s), inputs.csv and margins.csv (shortest decimals). A configuration that a release does not
know is left out and counted. Needs numpy and the library, nothing else, so that releases of many years run it.
"""

import json
import math
import os
import shutil
import sys
import warnings

import numpy as np

warnings.filterwarnings("ignore")
ROWS, COLUMNS = 400, 6
NAMES = ["visits", "minutes", "discount", "age", "source", "city"]
CODES = {4: 5, 5: 40}


def data(seed):
    draw = np.random.RandomState(seed)
    matrix = np.stack(
        [
            draw.poisson(3.0, ROWS).astype(float),
            np.round(draw.lognormal(1.0, 1.0, ROWS), 3),
            np.round(draw.normal(0.0, 1.0, ROWS), 4),
            draw.randint(18, 80, ROWS) + 0.5,
            draw.randint(0, CODES[4], ROWS).astype(float),
            draw.randint(0, CODES[5], ROWS).astype(float),
        ],
        axis=1,
    )
    margin = 0.5 * matrix[:, 0] - 2 + 0.4 * np.log(matrix[:, 1] + 0.1) + np.sin(matrix[:, 5] * 1.7) - (matrix[:, 3] > 60)
    holes = draw.rand(ROWS, COLUMNS) < 0.1
    holes[:, 3] = False
    matrix[holes] = np.nan
    noise = draw.normal(0.0, 1.0, ROWS)
    labels = {
        "binary": (draw.rand(ROWS) < 1 / (1 + np.exp(-margin))).astype(float),
        "classes": np.clip(np.round(margin / 1.5 + 1 + noise / 2), 0, 2),
        "amount": np.round(margin * 3 + noise, 3),
        "positive": np.round(np.exp(np.clip(margin / 2, -3, 3)) + 0.1, 3),
        "count": draw.poisson(np.exp(np.clip(margin / 2, -3, 3))).astype(float),
        "share": np.round(1 / (1 + np.exp(-margin - noise)), 4),
        "grade": np.clip(np.round(margin / 2 + 1), 0, 3),
    }
    asked = np.concatenate([matrix[:60], np.full((1, COLUMNS), np.nan), np.zeros((1, COLUMNS)), -np.zeros((1, COLUMNS))])
    wide = matrix[60:68].copy()
    for i, x in enumerate([3e38, -3e38, 1e30, 1e-36, -1e-36, 1e-35, 5e-324, 16777217.0]):
        wide[i, i % 4] = x
    return matrix, labels, np.concatenate([asked, wide])


def write(folder, asked, margins):
    def table(file, header, rows):
        with open(os.path.join(folder, file), "w") as out:
            out.write(",".join(header) + "\n")
            for row in rows:
                out.write(",".join("NaN" if math.isnan(x) else repr(float(x)) for x in row) + "\n")

    margins = np.asarray(margins).reshape(len(asked), -1)
    table("inputs.csv", NAMES, asked)
    table("margins.csv", ["margin%d" % k for k in range(margins.shape[1])], margins)


def xgboost(into):
    import xgboost

    def train(name, params, label, rounds=6, seed=1, category=False, start=0, end=0, early=False):
        matrix, labels, asked = data(seed)
        types = ["q"] * 4 + (["c", "c"] if category else ["q", "q"])

        def dmatrix(values, **more):
            options = {"feature_types": types, "enable_categorical": True} if category else {}
            return xgboost.DMatrix(values, feature_names=NAMES, nthread=1, **dict(options, **more))

        if category:
            asked = asked[:60]
        train = dmatrix(matrix, label=labels[label])
        if params["objective"].startswith("rank:"):
            train.set_group([20] * (ROWS // 20))
        if params["objective"] == "survival:aft":
            train.set_float_info("label_lower_bound", labels[label])
            train.set_float_info("label_upper_bound", labels[label] + 1)
        options = {"seed": seed, "nthread": 1, "eta": 0.4, "max_depth": 3, "verbosity": 0}
        if early:
            held = dmatrix(matrix[:100], label=1 - labels[label][:100])
            booster = xgboost.train(
                dict(options, **params), train, rounds, evals=[(held, "held")], early_stopping_rounds=50, verbose_eval=False
            )
        else:
            booster = xgboost.train(dict(options, **params), train, rounds)
        if end:
            margins = booster.predict(dmatrix(asked), output_margin=True, iteration_range=(start, end))
        else:
            # Before 1.4 predict itself stopped at the best round when it was asked for nothing.
            all_trees = {"ntree_limit": 0} if tuple(map(int, xgboost.__version__.split(".")[:2])) < (1, 4) else {}
            margins = booster.predict(dmatrix(asked), output_margin=True, **all_trees)
        folder = os.path.join(into, name)
        os.makedirs(folder)
        booster.save_model(os.path.join(folder, "model.json"))
        if tuple(map(int, xgboost.__version__.split(".")[:2])) >= (1, 6):
            booster.save_model(os.path.join(folder, "model.ubj"))
        with open(os.path.join(folder, "rounds"), "w") as out:
            out.write("%d..%d" % (start, end) if end else "all")
        write(folder, asked, margins)

    logistic = {"objective": "binary:logistic"}
    base = np.random.RandomState(int("".join(filter(str.isdigit, xgboost.__version__))) % 2**31)
    cases = [
        ("binary", logistic, "binary", {}),
        ("binary_deep", dict(logistic, max_depth=7), "binary", {"rounds": 12, "seed": 2}),
        ("exact", dict(logistic, tree_method="exact"), "binary", {"seed": 3}),
        ("hist_lossguide", dict(logistic, tree_method="hist", grow_policy="lossguide", max_leaves=9, max_depth=0), "binary", {}),
        ("approx", dict(logistic, tree_method="approx"), "binary", {"seed": 4}),
        ("dart", dict(logistic, booster="dart", rate_drop=0.4, one_drop=1), "binary", {"rounds": 10}),
        ("dart_forest", dict(logistic, booster="dart", rate_drop=0.3, normalize_type="forest"), "binary", {"rounds": 10}),
        ("gblinear", dict(logistic, booster="gblinear", updater="coord_descent"), "binary", {"rounds": 15}),
        ("forest", dict(logistic, num_parallel_tree=4, subsample=0.7, colsample_bynode=0.6), "binary", {"rounds": 2}),
        ("softprob", {"objective": "multi:softprob", "num_class": 3}, "classes", {"rounds": 4}),
        ("softmax_forest", {"objective": "multi:softmax", "num_class": 3, "num_parallel_tree": 2}, "classes", {"rounds": 3}),
        ("squarederror", {"objective": "reg:squarederror"}, "amount", {}),
        ("squaredlogerror", {"objective": "reg:squaredlogerror"}, "positive", {}),
        ("pseudohuber", {"objective": "reg:pseudohubererror"}, "amount", {}),
        ("absoluteerror", {"objective": "reg:absoluteerror"}, "amount", {}),
        ("poisson", {"objective": "count:poisson"}, "count", {}),
        ("gamma", {"objective": "reg:gamma"}, "positive", {}),
        ("tweedie", {"objective": "reg:tweedie"}, "count", {}),
        ("cox", {"objective": "survival:cox"}, "positive", {}),
        ("aft", {"objective": "survival:aft"}, "positive", {}),
        ("hinge", {"objective": "binary:hinge"}, "binary", {}),
        ("logitraw", {"objective": "binary:logitraw"}, "binary", {}),
        ("reg_logistic", {"objective": "reg:logistic"}, "share", {}),
        ("pairwise", {"objective": "rank:pairwise"}, "grade", {}),
        ("ndcg", {"objective": "rank:ndcg"}, "grade", {}),
        ("category", dict(logistic, tree_method="hist", max_cat_to_onehot=2), "binary", {"category": True}),
        ("category_onehot", dict(logistic, tree_method="hist", max_cat_to_onehot=64), "binary", {"category": True}),
        ("rounds", logistic, "binary", {"rounds": 9, "start": 2, "end": 6}),
        ("rounds_classes", {"objective": "multi:softprob", "num_class": 3, "num_parallel_tree": 2}, "classes", {"start": 1, "end": 3}),
        ("early", logistic, "binary", {"rounds": 20, "early": True}),
        ("early_forest", dict(logistic, num_parallel_tree=3, subsample=0.6), "binary", {"rounds": 8, "early": True}),
    ]
    for i in range(4):
        p = float(np.round(base.uniform(0.01, 0.99), 4))
        cases.append(("base_%d" % i, dict(logistic, base_score=p), "binary", {"rounds": 3, "seed": 20 + i}))
    cases.append(("base_logitraw", {"objective": "binary:logitraw", "base_score": 0.3}, "binary", {"rounds": 3}))
    cases.append(("base_poisson", {"objective": "count:poisson", "base_score": 0.37}, "count", {"rounds": 3}))
    return [(name, lambda name=name, p=p, l=l, o=o: train(name, p, l, **o)) for name, p, l, o in cases]


def lightgbm(into):
    import lightgbm

    def train(name, params, label, rounds=6, seed=1, category=False, start=0, end=0):
        matrix, labels, asked = data(seed)
        options = {
            "num_leaves": 9, "learning_rate": 0.3, "min_data_in_leaf": 8, "seed": seed, "num_threads": 1, "verbose": -1,
            "min_data_per_group": 5, "cat_smooth": 1.0,
        }  # fmt: skip
        more = {"group": [20] * (ROWS // 20)} if params["objective"] in ("lambdarank", "rank_xendcg") else {}
        codes = [4, 5] if category else []
        if category:
            asked = asked[:60]
        table = lightgbm.Dataset(matrix, labels[label], feature_name=NAMES, categorical_feature=codes, free_raw_data=False, **more)
        booster = lightgbm.train(dict(options, **params), table, rounds)
        folder = os.path.join(into, name)
        os.makedirs(folder)
        file = os.path.join(folder, "model.txt")
        booster.save_model(file)
        limit = {"num_iteration": end - start} if end else {}
        if start:
            if int(lightgbm.__version__.split(".")[0]) < 3:
                raise ValueError("start_iteration came with 3.0; earlier releases ignore it")
            limit["start_iteration"] = start
        margins = lightgbm.Booster(model_file=file).predict(asked, raw_score=True, **limit)
        with open(os.path.join(folder, "rounds"), "w") as out:
            out.write("%d..%d" % (start, end) if end else "all")
        write(folder, asked, margins)

    binary = {"objective": "binary"}
    bagged = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6, "feature_fraction": 0.8}
    cases = [
        ("binary", binary, "binary", {}),
        ("binary_deep", dict(binary, num_leaves=40), "binary", {"rounds": 15, "seed": 2}),
        ("sigmoid", dict(binary, sigmoid=2.5), "binary", {}),
        ("no_average", dict(binary, boost_from_average=False), "binary", {"seed": 3}),
        ("category", binary, "binary", {"category": True}),
        ("category_onehot", dict(binary, max_cat_to_onehot=64), "binary", {"category": True}),
        ("zero_as_missing", dict(binary, zero_as_missing=True), "binary", {}),
        ("no_missing", dict(binary, use_missing=False), "binary", {}),
        ("dart", dict(binary, boosting="dart", drop_rate=0.5, skip_drop=0.2), "binary", {"rounds": 10}),
        ("goss", dict(binary, boosting="goss"), "binary", {}),
        ("rf", dict(binary, **bagged), "binary", {"rounds": 8}),
        ("rf_regression", dict({"objective": "regression"}, **bagged), "amount", {"rounds": 8}),
        ("multiclass", {"objective": "multiclass", "num_class": 3}, "classes", {"rounds": 4}),
        ("multiclassova", {"objective": "multiclassova", "num_class": 3}, "classes", {"rounds": 4}),
        ("regression", {"objective": "regression"}, "amount", {}),
        ("sqrt", {"objective": "regression", "reg_sqrt": True}, "amount", {}),
        ("regression_l1", {"objective": "regression_l1"}, "amount", {}),
        ("huber", {"objective": "huber"}, "amount", {}),
        ("fair", {"objective": "fair"}, "amount", {}),
        ("quantile", {"objective": "quantile", "alpha": 0.8}, "amount", {}),
        ("mape", {"objective": "mape"}, "positive", {}),
        ("poisson", {"objective": "poisson"}, "count", {}),
        ("gamma", {"objective": "gamma"}, "positive", {}),
        ("tweedie", {"objective": "tweedie"}, "count", {}),
        ("xentropy", {"objective": "xentropy"}, "share", {}),
        ("xentlambda", {"objective": "xentlambda"}, "share", {}),
        ("lambdarank", {"objective": "lambdarank"}, "grade", {}),
        ("xendcg", {"objective": "rank_xendcg"}, "grade", {}),
        ("linear_tree", {"objective": "regression", "linear_tree": True}, "amount", {}),
        ("rounds", binary, "binary", {"rounds": 9, "end": 4}),
        ("rounds_from", {"objective": "multiclass", "num_class": 3}, "classes", {"rounds": 6, "start": 2, "end": 5}),
    ]
    return [(name, lambda name=name, p=p, l=l, o=o: train(name, p, l, **o)) for name, p, l, o in cases]


if __name__ == "__main__":
    into, peer = sys.argv[1], sys.argv[2]
    unknown = {}
    for name, train in (xgboost if peer == "xgboost" else lightgbm)(into):
        try:
            train()
        except Exception as error:  # Whatever a release answers to what it does not know.
            shutil.rmtree(os.path.join(into, name), ignore_errors=True)
            unknown[name] = str(error).strip().splitlines()[0][:100] if str(error).strip() else type(error).__name__
    with open(os.path.join(into, "unknown.json"), "w") as out:
        json.dump(unknown, out, indent=1)
