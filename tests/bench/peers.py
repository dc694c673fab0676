"""The peers' side of `npm run bench`: compares its results with ours, then reads one request per line and answers with JSON.

    peers.py FOLDER OURS CACHE

FOLDER holds models and rows, OURS what the native side wrote, CACHE the peers' compiled models. A peer that cannot be had is
named with its reason, and its requests are answered with null. All peers use one thread; rows come in the order ours do.
"""

import ctypes
import json
import os
import subprocess
import sys
import time

import numpy as np

folder, ours, cache = sys.argv[1:]
COLUMNS, SECONDS = 30, 0.25
rows32 = np.fromfile(f"{folder}/leads20k30.f32le", dtype="<f4").reshape(-1, COLUMNS)
rows64 = rows32.astype(np.float64)
os.makedirs(cache, exist_ok=True)
missing = {}
requests = {}


def permutation(n):
    """The same as the native side's."""
    order, state = list(range(n)), 1
    for i in range(n - 1, 0, -1):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        j = (state >> 33) % (i + 1)
        order[i], order[j] = order[j], order[i]
    return np.array(order, dtype=np.int32)


order = permutation(len(rows32))


def our(name, end, width):
    return np.fromfile(f"{ours}/{name}.{end}.f64le", dtype="<f8").reshape(-1, width)


def agree(what, theirs, mine, tolerance):
    worst = float(np.max(np.abs(np.asarray(theirs, dtype=np.float64).reshape(mine.shape) - mine) / np.maximum(1, np.abs(mine))))
    if not worst <= tolerance:
        raise AssertionError(f"{what} differs from ours by {worst}, more than {tolerance}")


def slices(call, units):
    """Like the native side's: the fastest and the median slice of a round."""
    times, began = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - began < SECONDS:
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e6 / units)
    return told(times)


def told(times):
    times = sorted(times)
    return {"us": times[0], "median_us": times[len(times) // 2], "slices": len(times)}


def in_c(loop, *given):
    times = (ctypes.c_double * 100000)()
    count = loop(*given, 250, ctypes.c_double(SECONDS), times, len(times))
    return told(times[:count])


def pointer(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def c_loops():
    library = f"{cache}/loop.so"
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", "-o", library, os.path.join(os.path.dirname(__file__), "loop.c")], check=True)
    return ctypes.CDLL(library)


def xgboost():
    import xgboost as xgb

    booster = xgb.Booster(model_file=f"{folder}/xgb_300.ubj")
    booster.set_param({"nthread": 1})
    booster.feature_names = None  # The rows have none.
    agree("XGBoost's margin", booster.inplace_predict(rows32, predict_type="margin"), our("xgb_300", "margins", 1), 0.0)
    few = our("xgb_300", "contributions", COLUMNS + 1)
    matrix = xgb.DMatrix(rows32[: len(few)], nthread=1)
    agree("XGBoost's contributions", booster.predict(matrix, pred_contribs=True), few, 2e-5)
    booster.save_model(f"{cache}/xgb_300.json")
    # One row as the C API takes it: a description of where it lies, written before the clock starts.
    described = [
        json.dumps({"data": [rows32[i].ctypes.data, True], "shape": [1, COLUMNS], "typestr": "<f4", "version": 3}).encode() for i in order[:2000]
    ]
    texts = (ctypes.c_char_p * len(described))(*described)
    config = b'{"type":1,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"cache_id":0,"missing":NaN}'
    library = ctypes.CDLL(xgb.libpath.find_lib_path()[0])
    predict = ctypes.cast(library.XGBoosterPredictFromDense, ctypes.c_void_p)
    requests["xgboost one"] = lambda: in_c(loops.loop_xgboost, predict, booster.handle, texts, config, len(described))
    requests["xgboost batch"] = lambda: slices(lambda: booster.inplace_predict(rows32, predict_type="margin"), len(rows32))
    requests["xgboost explain"] = lambda: slices(lambda: booster.predict(matrix, pred_contribs=True), len(few))
    requests["xgboost load"] = lambda: slices(lambda: xgb.Booster(model_file=f"{cache}/xgb_300.json"), 1)


def tl2cgen():
    import tl2cgen
    import treelite
    import xgboost as xgb

    library = f"{cache}/xgb_300.tl2cgen.so"
    if not os.path.exists(library):
        # Treelite 4.1 reads JSON alone, and a base score that is a plain number.
        document = json.loads(xgb.Booster(model_file=f"{folder}/xgb_300.ubj").save_raw("json"))
        parameters = document["learner"]["learner_model_param"]
        parameters["base_score"] = parameters["base_score"].strip("[]")
        with open(f"{cache}/xgb_300.treelite.json", "w") as file:
            json.dump(document, file)
        model = treelite.frontend.load_xgboost_model(f"{cache}/xgb_300.treelite.json", allow_unknown_field=True)
        tl2cgen.export_lib(model, toolchain="gcc", libpath=library, params={"parallel_comp": 8}, nthread=1, verbose=False)
    predict = ctypes.CDLL(library).predict
    # A value, or −1 where it is missing.
    entries = np.where(np.isnan(rows32), np.int32(-1), rows32.view(np.int32))
    margins, out = np.zeros(len(rows32), dtype=np.float32), ctypes.c_float()
    for i, row in enumerate(entries):
        out.value = 0  # It adds to what stands there.
        predict(pointer(row), 1, ctypes.byref(out))
        margins[i] = out.value
    agree("tl2cgen's margin", margins, our("xgb_300", "margins", 1), 1e-5)
    predict = ctypes.cast(predict, ctypes.c_void_p)
    requests["tl2cgen one"] = lambda: in_c(loops.loop_tl2cgen, predict, pointer(entries), COLUMNS, pointer(order), len(order))


def lleaves():
    import lleaves

    model = lleaves.Model(model_file=f"{folder}/lgb_300.txt")
    model.compile(cache=f"{cache}/lgb_300.lleaves.o", raw_score=True)
    agree("lleaves' margin", model.predict(rows64, n_jobs=1), our("lgb_300", "margins", 1), 1e-12)
    predict = ctypes.cast(model._c_entry_func, ctypes.c_void_p)
    requests["lleaves one"] = lambda: in_c(loops.loop_lleaves, predict, pointer(rows64), COLUMNS, pointer(order), len(order))
    requests["lleaves batch"] = lambda: slices(lambda: model.predict(rows64, n_jobs=1), len(rows64))


loops = c_loops()
for prepare in (xgboost, tl2cgen, lleaves):
    try:
        prepare()
    except AssertionError:
        raise
    except Exception as error:
        missing[prepare.__name__] = f"{type(error).__name__}: {error}".splitlines()[0]
print(json.dumps({"ready": True, "missing": missing}), flush=True)
for line in sys.stdin:
    request = requests.get(line.strip())
    print(json.dumps(request() if request else None), flush=True)
