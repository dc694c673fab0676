// A bundle in the hands of a data scientist: the safetensors package opens it, and its golden leads score in numpy.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { root } from "../../xtask/npm/run.mjs";

test("safetensors for Python reads the demo as docs/FORMATS.md tells", async () => {
  const python = process.env.PLUMBLINE_PYTHON;
  assert.ok(python, "PLUMBLINE_PYTHON names no interpreter");
  const args = [join(root, "tests/python/read_bundle.py"), join(root, "worker/demo/demo.plumb")];
  const found = JSON.parse((await promisify(execFile)(python, args)).stdout);
  assert.equal(found.goldens, 20);
  assert.equal(found.name, "demo-leads");
  assert.ok(found.trees > 10 && found.root_cover > 0, JSON.stringify(found));
});
