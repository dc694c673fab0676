#!/usr/bin/env python3
"""Time our judging and Great Expectations' on the same table and suite: 20 expectations, a million rows.

    python3 -m venv target/venv-quality && target/venv-quality/bin/pip install great_expectations==1.24.1
    cargo build --release -p plumbline -p plumbline-tests --bins
    target/venv-quality/bin/python tests/bench/quality.py [ROWS]

Two ratios from one run, like with like: judging a table in memory (our typed batches, their data frame), and from the CSV to the
result (`plumbline quality`, `pandas.read_csv` and judging). Sides take turns, three times; a figure is the fastest. What is found is
compared first. Timings never gate a test.
"""

import json
import logging
import math
import os
import random
import subprocess
import sys
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import great_expectations as gx
import pandas as pd

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FOLDER = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "release")
ROUNDS = 3
COLUMN = "expect_column_values_to_"


def write_table(path, rows):
    draw = random.Random(1)
    with open(path, "w") as out:
        out.write("lead_id,email,source,visits,minutes,score,country,created,converted\n")
        for i in range(rows):
            visits = draw.randrange(30) if draw.random() > 0.002 else ""
            country = draw.choice(["US", "IN", "DE"]) if draw.random() > 0.1 else ""
            source = draw.choice(["google", "direct", "referral", "organic"])
            out.write(
                f"{i + 1},user{i}@example.com,{source},{visits},{draw.expovariate(1 / 17):.2f},{draw.random():.4f},{country},"
                f"2026-{1 + i % 12:02d}-{1 + i % 28:02d} {i % 24:02d}:00:00,{int(draw.random() < 0.4)}\n"
            )


def suite(rows):
    def one(kind, column=None, **kwargs):
        return {"type": kind, "kwargs": ({"column": column} if column else {}) | kwargs}

    email = r"^[^@\s]+@[^@\s]+\.[a-z]+$"
    expectations = [
        one("expect_table_row_count_to_be_between", min_value=1, max_value=rows),
        one("expect_column_to_exist", "score"),
        one(COLUMN + "be_unique", "lead_id"),
        one(COLUMN + "not_be_null", "visits", mostly=0.99),
        one(COLUMN + "be_between", "visits", min_value=0, max_value=25),
        one(COLUMN + "be_between", "score", min_value=0, max_value=1),
        one(COLUMN + "be_in_set", "source", value_set=["google", "direct", "referral"]),
        one(COLUMN + "not_be_in_set", "source", value_set=["bing"]),
        one(COLUMN + "match_regex", "email", regex=email),
        one("expect_column_value_lengths_to_be_between", "email", min_value=10, max_value=30),
        one("expect_column_mean_to_be_between", "minutes", min_value=10, max_value=25),
        one("expect_column_median_to_be_between", "minutes", min_value=1, max_value=50),
        one("expect_column_stdev_to_be_between", "minutes", min_value=5, max_value=20),
        one("expect_column_max_to_be_between", "score", min_value=0, max_value=1),
        one("expect_column_sum_to_be_between", "converted", min_value=1, max_value=rows),
        one("expect_column_unique_value_count_to_be_between", "country", min_value=3, max_value=3),
        one("expect_column_distinct_values_to_be_in_set", "converted", value_set=[0, 1]),
        one("expect_column_quantile_values_to_be_between", "minutes", quantile_ranges={"quantiles": [0.5], "value_ranges": [[5, 20]]}),
        one("expect_column_pair_values_a_to_be_greater_than_b", column_A="minutes", column_B="visits", or_equal=True),
        one(COLUMN + "be_of_type", "minutes", type_="float64"),
    ]
    return {"name": "bench", "expectations": expectations, "meta": {"great_expectations_version": gx.__version__}}


def peer(path, document):
    started = time.perf_counter()
    frame = pd.read_csv(path)
    read = time.perf_counter() - started
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("bench").add_dataframe_asset("leads")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
    expectations = gx.ExpectationSuite(name="bench", expectations=document["expectations"])
    started = time.perf_counter()
    result = batch.validate(expectations, result_format="SUMMARY")
    return read, time.perf_counter() - started, [one.success for one in result.results]


def command(path, suite_path):
    started = time.perf_counter()
    run = subprocess.run(
        [os.path.join(FOLDER, "plumbline"), "quality", "--suite", suite_path, path, "--json"], capture_output=True, check=False
    )
    seconds = time.perf_counter() - started
    if run.returncode not in (0, 1):
        sys.exit(run.stderr.decode())
    return seconds, [one["success"] for one in json.loads(run.stdout)["results"]]


def in_memory(path, suite_path):
    run = subprocess.run([os.path.join(FOLDER, "quality"), suite_path, path, "3"], capture_output=True, check=False)
    if run.returncode != 0:
        sys.exit(run.stderr.decode())
    told = json.loads(run.stdout)
    return told["seconds"], told["success"]


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    best = {"judged": math.inf, "whole": math.inf, "their read": math.inf, "their judged": math.inf}
    with tempfile.TemporaryDirectory() as folder:
        table, suite_path = os.path.join(folder, "leads.csv"), os.path.join(folder, "suite.json")
        write_table(table, rows)
        document = suite(rows)
        with open(suite_path, "w") as out:
            json.dump(document, out)
        for _ in range(ROUNDS):
            read, judged, theirs = peer(table, document)
            whole, found = command(table, suite_path)
            ours, found_too = in_memory(table, suite_path)
            if found != theirs or found_too != theirs:
                sys.exit(f"the results differ: ours {found} and {found_too}, theirs {theirs}")
            for name, seconds in zip(best, (ours, whole, read, judged)):
                best[name] = min(best[name], seconds)
    theirs_whole = best["their read"] + best["their judged"]
    print(f"quality/{len(found)} expectations/{rows} rows, {sum(found)} met by both; Great Expectations {gx.__version__}")
    print(f"  {'':<24}{'ours':>10}{'theirs':>10}{'ratio':>8}   bar")
    for name, ours, theirs in (
        ("evaluation, in memory", best["judged"], best["their judged"]),
        ("CSV to result", best["whole"], theirs_whole),
    ):
        print(f"  {name:<24}{ours:>8.3f} s{theirs:>8.3f} s{theirs / ours:>7.1f}x   >= 10x")


if __name__ == "__main__":
    main()
