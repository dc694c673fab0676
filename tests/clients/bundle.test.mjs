// A bundle in the hands of a data scientist: the safetensors package opens it, and its golden leads score in numpy.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { program } from "../../xtask/npm/native.mjs";
import { root } from "../../xtask/npm/run.mjs";

const run = promisify(execFile);

/** What tests/python/read_bundle.py finds in `file`. */
async function read(file) {
  const python = process.env.PLUMBLINE_PYTHON;
  assert.ok(python, "PLUMBLINE_PYTHON names no interpreter");
  const found = JSON.parse((await run(python, [join(root, "tests/python/read_bundle.py"), file])).stdout);
  assert.equal(found.goldens, 20);
  return found;
}

test("safetensors for Python reads the demo as docs/FORMATS.md tells", async () => {
  const found = await read(join(root, "worker/demo/demo.plumb"));
  assert.equal(found.name, "demo-leads");
  assert.ok(found.trees > 10 && found.root_cover > 0, JSON.stringify(found));
});

test("safetensors for Python reads a compact bundle, and finds the plain one's trees with covers near theirs", async () => {
  const folder = mkdtempSync(join(tmpdir(), "plumbline-bundle-"));
  try {
    const model = join(root, "tests/vectors/models/xgb_weighted/model.ubj");
    const [plain, compact] = await Promise.all(
      [[], ["--compact"]].map(async (flags, i) => {
        const out = join(folder, `${i}.plumb`);
        await run(program(), ["import", model, "-o", out, ...flags]);
        return read(out);
      }),
    );
    assert.equal(compact.trees, plain.trees);
    assert.ok(Math.abs(compact.root_cover / plain.root_cover - 1) < 0.125, `${compact.root_cover} is not near ${plain.root_cover}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
