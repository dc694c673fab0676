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


class Code:
    """Runs of bytes, coded: of each a table of weights in half bytes, then all in one stream of 16-bit words."""

    def __init__(self):
        self.nibbles = [half for byte in tensors["code.table"].tolist() for half in (byte & 15, byte >> 4)]
        self.words = tensors["code.words"].view("<u2").tolist()
        self.table = self.word = 0
        self.state = self.next_word() << 16 | self.next_word()

    def next_word(self):
        self.word += 1
        return self.words[self.word - 1]

    def run(self, n):
        if n == 0:
            return []
        low, high = self.nibbles[self.table : self.table + 2]
        symbols = (high << 4 | low) + 1
        weights = [half if half < 2 else (2 + (half & 1)) << (half // 2 - 1) for half in self.nibbles[self.table + 2 :][:symbols]]
        self.table += 2 + symbols
        ends = [sum(weights[: i + 1]) * 4096 // sum(weights) for i in range(symbols)]
        slots = np.repeat(np.arange(symbols), np.diff([0] + ends)).tolist()
        found = []
        for _ in range(n):
            slot = self.state % 4096
            symbol = slots[slot]
            start = ends[symbol - 1] if symbol else 0
            self.state = (ends[symbol] - start) * (self.state // 4096) + slot - start
            if self.state < 1 << 16:
                self.state = self.state << 16 | self.next_word()
            found.append(symbol)
        return found

    def planes(self, n, limit):
        """n numbers below limit, a run per byte that they need, the lowest first."""
        numbers = np.zeros(n, np.int64)
        for plane in range(((max(limit, 1) - 1).bit_length() + 7) // 8):
            numbers |= np.array(self.run(n), np.int64) << (8 * plane)
        return numbers

    def finish(self):
        assert self.state == 1 << 16 and self.word == len(self.words) and (self.table + 1) // 2 == len(tensors["code.table"])


model = json.loads(metadata["model"])
columns = len(model["columns"])
assert model["kind"] == "trees" and model["arithmetic"] == "F32" and model["outputs"] == 1

counts = integers("cut.count").astype(int)
ends = np.cumsum(counts)
if "code.words" not in tensors:
    is_leaf = np.unpackbits(tensors["node.leaf"], bitorder="little")
    kind = tensors["split.kind"]
    column, cut = integers("split.column"), integers("split.cut")
    cuts, values, leaf_cover = floats("cut.value"), floats("leaf.value"), floats("cover.leaf")
    excess = integers("cover.excess")
else:
    code, n = Code(), integers("tree.output").size
    # Level by level, of all trees; a tree's next level has two nodes for each of its splits.
    levels, size = [], n
    while size:
        levels.append(code.run(size))
        size = 2 * levels[-1].count(0)
    is_leaf, taken = [], [0] * len(levels)
    for _ in range(n):
        size, level = 1, 0
        while size:
            flags = levels[level][taken[level] : taken[level] + size]
            taken[level] += size
            is_leaf += flags
            size, level = 2 * flags.count(0), level + 1
    splits, leaves = is_leaf.count(0), is_leaf.count(1)
    kind, column, cut = np.array(code.run(splits)), code.planes(splits, columns), np.zeros(splits, int)
    for c in range(columns):
        own = np.flatnonzero((column == c) & (kind & 2 == 0))
        cut[own] = code.planes(len(own), int(counts[c]))
    high = np.array(code.run(leaves), np.uint32)
    values = integers("leaf.value").astype(np.uint32) | high << np.uint32(24)
    values = (values >> np.uint32(1) | values << np.uint32(31)).view(np.float32)
    steps = integers("cut.value").astype(np.uint32)
    for plane in 2, 3:
        steps |= np.array(code.run(len(steps)), np.uint32) << np.uint32(8 * plane)
    places = np.concatenate([np.cumsum(part, dtype=np.uint32) for part in np.split(steps, ends[:-1])])
    cuts = np.where(places >> np.uint32(31), places & np.uint32(0x7FFFFFFF), ~places).astype(np.uint32).view(np.float32)
    least, dropped = integers("cover.scale").astype(int)
    leaf_cover = ((np.array(code.run(leaves), np.uint32) + np.uint32(least)) << np.uint32(dropped)).view(np.float32)
    excess = np.zeros(splits, int)
    code.finish()
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
