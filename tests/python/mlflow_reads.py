"""MLflow's own client reads what plumbline wrote.

Usage: mlflow_reads.py URL. Each line of standard input is a JSON list [EXPERIMENT, MODEL, FOLDER]; for each it prints one line, a JSON object of
what the client finds. The bundles of versions and aliases are downloaded into FOLDER, unless it is empty.
"""

import hashlib
import json
import sys
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.models import get_model_info

mlflow.set_tracking_uri(sys.argv[1])
client = mlflow.MlflowClient()


def files(run_id, path=""):
    """All files of a run, by path."""
    listed = []
    for entry in client.list_artifacts(run_id, path):
        listed += files(run_id, entry.path) if entry.is_dir else [entry.path]
    return sorted(listed)


def downloaded(uri, folder):
    """SHA-256 of the bundle of a version, as MLflow downloads it."""
    folder.mkdir(parents=True, exist_ok=True)
    at = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(folder)))
    return hashlib.sha256((at / "model.plumb").read_bytes()).hexdigest()


def run_found(run, whole):
    """A run."""
    data = {"id": run.info.run_id, "name": run.info.run_name, "status": run.info.status}
    if not whole:
        return data
    return data | {
        "params": run.data.params,
        "metrics": run.data.metrics,
        "tags": run.data.tags,
        "files": files(run.info.run_id),
        "points": max((len(client.get_metric_history(run.info.run_id, key)) for key in run.data.metrics), default=0),
    }


def version_found(version, folder):
    """A version, and what MLflow knows of the model in it."""
    found = {"version": version.version, "status": version.status, "run_id": version.run_id, "tags": version.tags}
    if not folder:
        return found
    info = get_model_info(f"models:/{version.name}/{version.version}")
    return found | {
        "downloaded": downloaded(f"models:/{version.name}/{version.version}", Path(folder) / f"v{version.version}"),
        "flavors": sorted(info.flavors),
        "inputs": [column.name for column in info.signature.inputs],
    }


for line in sys.stdin:
    experiment, model, folder = json.loads(line)
    found = client.get_experiment_by_name(experiment)
    runs = client.search_runs([found.experiment_id]) if found else []
    try:
        aliases = client.get_registered_model(model).aliases
    except MlflowException:
        aliases = {}
    versions = sorted(client.search_model_versions(f"name = '{model}'"), key=lambda version: int(version.version))
    answer = {
        "runs": [run_found(run, folder) for run in runs],
        "versions": [version_found(version, folder) for version in versions],
        "aliases": aliases,
        "by_alias": {alias: downloaded(f"models:/{model}@{alias}", Path(folder) / f"at-{alias}") for alias in aliases} if folder else {},
    }
    print(json.dumps(answer), flush=True)
