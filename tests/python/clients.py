"""Real clients against a running service: mlflow's scoring client, tritonclient, an OpenAPI validator, Prometheus' parser.

Usage: clients.py URL LEADS.ndjson, where each lead was scored by URL before; prints one JSON object of what each client got.
"""

import json
import math
import sys
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import requests
import tritonclient.http as triton
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
from openapi_spec_validator import validate
from prometheus_client.openmetrics.parser import text_string_to_metric_families

url, path = sys.argv[1:]
with open(path) as file:
    leads = [json.loads(line) for line in file][:20]
for lead in leads:
    lead.pop("tags", None)
expected = [requests.post(f"{url}/v1/score?reasons=0", json=lead).json()["probability"] for lead in leads]
told = {}


def mlflow_client():
    """A pandas frame, sent as dataframe_split by mlflow itself."""
    host = urlsplit(url)
    client = ScoringServerClient(host.hostname, host.port)
    client.wait_server_ready(timeout=10)
    frame = pd.DataFrame(leads)
    assert list(client.invoke(frame).get_predictions()[0]) == expected
    return len(frame)


def triton_client(binary):
    """One tensor per field, numbers as FP64 with NaN for missing, the rest as BYTES."""
    client = triton.InferenceServerClient(urlsplit(url).netloc)
    model = requests.get(f"{url}/v1/models").json()["models"][0]["name"]
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(model)
    metadata = client.get_model_metadata(model)
    inputs = []
    for tensor in metadata["inputs"]:
        name, datatype = tensor["name"], tensor["datatype"]
        values = [lead.get(name) for lead in leads]
        if datatype == "FP64":
            array = np.array([math.nan if v is None else v for v in values], dtype=np.float64)
        elif datatype == "BOOL" and all(v is not None for v in values):
            array = np.array(values, dtype=bool)
        else:
            datatype = "BYTES"
            text = ["" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for v in values]
            array = np.array([t.encode() for t in text], dtype=object)
        given = triton.InferInput(name, [len(leads)], datatype)
        given.set_data_from_numpy(array, binary_data=binary)
        inputs.append(given)
    asked = [triton.InferRequestedOutput("probability", binary_data=raw) for raw in (False, True)]
    for outputs in (None, asked[:1], asked[1:]):
        result = client.infer(model, inputs, request_id="seven", outputs=outputs)
        assert result.get_response()["id"] == "seven"
        assert result.as_numpy("probability").tolist() == expected
    try:
        client.infer("nobody", inputs)
        raise AssertionError("an unknown model answered")
    except triton.InferenceServerException as error:
        assert "NO_SUCH_MODEL" in str(error)
    return len(inputs)


def open_api():
    """The description of the API, by a validator that is not ours."""
    document = requests.get(f"{url}/openapi.json").json()
    validate(document)
    return len(document["paths"])


def prometheus():
    """The metrics, by the parser of Prometheus' own client, which refuses what OpenMetrics forbids."""
    answer = requests.get(f"{url}/metrics", headers={"accept": "application/openmetrics-text"})
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    scored = families["plumbline_leads_scored"].samples if "plumbline_leads_scored" in families else []
    assert sum(sample.value for sample in scored) >= len(leads), sorted(families)
    return len(families)


told["mlflow"] = mlflow_client()
told["triton, JSON"] = triton_client(False)
told["triton, binary"] = triton_client(True)
told["openapi"] = open_api()
told["prometheus"] = prometheus()
print(json.dumps(told))
