#!/usr/bin/env python3
"""Time `plumbline quality` and Great Expectations on the same table and suite: 20 expectations, a million rows.

    python3 -m venv target/venv-quality && target/venv-quality/bin/pip install great_expectations==1.24.1
    cargo build --profile quick -p plumbline
    target/venv-quality/bin/python tests/bench/quality.py [ROWS]

Prints ours, the peer and the ratio; both have to find the same. The peer is timed without reading the file, and with it.
"""

import json
import logging
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
BINARY = os.environ.get("PLUMBLINE", os.path.join(ROOT, "target", "quick", "plumbline"))
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


def ours(path, suite_path):
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        run = subprocess.run([BINARY, "quality", "--suite", suite_path, path, "--json"], capture_output=True, check=False)
        seconds.append(time.perf_counter() - started)
    if run.returncode not in (0, 1):
        sys.exit(run.stderr.decode())
    return min(seconds), [one["success"] for one in json.loads(run.stdout)["results"]]


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        table, suite_path = os.path.join(folder, "leads.csv"), os.path.join(folder, "suite.json")
        write_table(table, rows)
        document = suite(rows)
        with open(suite_path, "w") as out:
            json.dump(document, out)
        seconds, found = ours(table, suite_path)
        read, judged, theirs = peer(table, document)
    if found != theirs:
        sys.exit(f"the results differ: ours {found}, theirs {theirs}")
    print(f"quality/{len(found)} expectations/{rows} rows, {sum(found)} met by both")
    print(f"  ours, CSV to result               {seconds:8.2f} s")
    print(f"  Great Expectations {gx.__version__}, judging  {judged:8.2f} s   ratio {judged / seconds:6.1f}")
    print(f"  with pandas' reading of the CSV   {read + judged:8.2f} s   ratio {(read + judged) / seconds:6.1f}")


if __name__ == "__main__":
    main()
