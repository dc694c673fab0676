"""Runs SQL statements, then queries, in a local Spark on tables of Delta Lake; prints the rows of each query as JSON.

Arguments: the folder of the tables, the statements (texts end with `;`), the queries as a JSON list. Spark's own reader of Delta Lake is a
Java library that is not on PyPI, so Spark is handed the files that Python's `deltalake` lists.
"""

import datetime
import json
import os
import sys
import tempfile

from deltalake import DeltaTable
from pyspark.sql import SparkSession

lake, statements, queries = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
folder = tempfile.mkdtemp(prefix="plumbline-spark-")
spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", "1")
    .config("spark.sql.warehouse.dir", os.path.join(folder, "warehouse"))
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
spark.sql("CREATE DATABASE lake")
for name in sorted(os.listdir(lake)):
    if name.startswith("_"):
        continue
    spark.read.parquet(*DeltaTable(os.path.join(lake, name)).file_uris()).write.saveAsTable(f"lake.{name}")
for statement in statements.split(";"):
    if statement.strip():
        spark.sql(statement)


def cell(value):
    """A cell as JSON has it; times in UTC."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime.datetime) else value


print(json.dumps([[[cell(value) for value in row] for row in spark.sql(query).collect()] for query in queries]))
sys.stdout.flush()
spark.stop()
