"""Reads a bundle of XGBoost trees with the safetensors package alone, as docs/FORMATS.md tells, and scores its golden leads.

Usage: read_bundle.py FILE.plumb; prints one JSON object of what was found. Fails when a golden lead's margin differs by a bit.
"""

import json
import sys

import numpy as np
import xxhash
from safetensors import safe_open

path = sys.argv[1]
with safe_open(path, framework="np") as file:
    metadata = file.metadata()
    tensors = {name: file.get_tensor(name) for name in file.keys()}

# The digest: XXH64 of all that follows its own digits, seeded with the header's length.
with open(path, "rb") as file:
    content = file.read()
_, _, rest = content.partition(metadata["digest"].encode())
assert xxhash.xxh64(rest, seed=int.from_bytes(content[:8], "little")).hexdigest() == metadata["digest"], "the digest"


def integers(name):
    planes = tensors[name]
    return sum(planes[p].astype(np.uint64) << np.uint64(8 * p) for p in range(len(planes)))


def floats(name):
    bits = integers(name)
    if len(tensors[name]) == 4:
        bits = bits.astype(np.uint32)
        return (bits >> np.uint32(1) | bits << np.uint32(31)).view(np.float32)
    return (bits >> np.uint64(1) | bits << np.uint64(63)).view(np.float64)


model = json.loads(metadata["model"])
columns = len(model["columns"])
assert model["kind"] == "trees" and model["arithmetic"] == "F32" and model["outputs"] == 1

is_leaf = np.unpackbits(tensors["node.leaf"], bitorder="little")
kind = tensors["split.kind"][0] if tensors["split.kind"].ndim == 2 else tensors["split.kind"]
column, cut = integers("split.column"), integers("split.cut")
ends = np.cumsum(integers("cut.count"))
cuts, values, leaf_cover = floats("cut.value"), floats("leaf.value"), floats("cover.leaf")
excess = integers("cover.excess")
assert leaf_cover.dtype == np.float32, "single precision"
weights = tensors.get("tree.weight", np.ones(integers("tree.output").size)).astype(np.float32)

trees, node, split, leaf = [], 0, 0, 0
for _ in weights:
    nodes, planted = [], 1
    while len(nodes) < planted:
        if is_leaf[node]:
            nodes.append({"value": values[leaf], "cover": leaf_cover[leaf]})
            leaf += 1
        else:
            test = int(kind[split])
            assert test & 3 == 0 and test >> 2 & 3 == 2, "x < threshold, NaN is missing"
            c = int(column[split])
            start = int(ends[c - 1]) if c else 0
            nodes.append({"column": c, "threshold": cuts[start + int(cut[split])], "left": planted, "default_left": test >> 4 & 1, "excess": int(excess[split])})
            planted += 2
            split += 1
        node += 1
    for at in reversed(nodes):
        if "left" in at:
            total = np.float32(nodes[at["left"]]["cover"] + nodes[at["left"] + 1]["cover"])
            signed = at["excess"] >> 1 ^ -(at["excess"] & 1)
            at["cover"] = np.uint32(int(total.view(np.uint32)) + signed).view(np.float32)
    trees.append(nodes)
assert split == kind.size and leaf == values.size, "every split and leaf belongs to a tree"

rows = tensors["golden.row"].reshape(-1, columns)
goldens = json.loads(metadata["goldens"])
for row, golden in zip(rows.astype(np.float32), goldens):
    margin = np.float32(tensors["base"][0])
    for nodes, weight in zip(trees, weights):
        at = nodes[0]
        while "left" in at:
            x = row[at["column"]]
            left = at["default_left"] if np.isnan(x) else x < at["threshold"]
            at = nodes[at["left"] + (0 if left else 1)]
        margin = np.float32(margin + np.float32(weight * at["value"]))
    found = np.float64(margin).view(np.uint64)
    assert f"{found:016x}" == golden["margins"][0], (f"{found:016x}", golden)

print(json.dumps({"trees": len(trees), "goldens": len(goldens), "name": json.loads(metadata["manifest"])["name"], "root_cover": float(trees[0][0]["cover"])}))
