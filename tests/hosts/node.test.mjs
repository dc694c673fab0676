// The built npm package in node: with WebAssembly, in one file, and without WebAssembly; the same bits by each door.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../xtask/npm/run.mjs";

const bundle = readFileSync(join(root, "worker/demo/demo.plumb"));
const leads = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n");
const now = Date.UTC(2026, 10, 16);
const bits = (x) => new BigUint64Array(new Float64Array([x]).buffer)[0].toString(16);

async function scored(door) {
  const { Model } = await import(join(root, `wasm/pkg/${door}.js`));
  const model = await Model.load(bundle);
  const scores = leads.map((lead) => model.score(lead, { now }));
  model.free();
  return scores;
}

test("each door gives the same bits and the same words", async () => {
  const [node, inline, plain] = [await scored("node"), await scored("inline"), await scored("js")];
  assert.equal(node.length, 50);
  for (const other of [inline, plain]) {
    assert.deepEqual(other.map((s) => [bits(s.margin), bits(s.probability)]), node.map((s) => [bits(s.margin), bits(s.probability)]));
    assert.deepEqual(other.map((s) => s.reasons.map((r) => r.text)), node.map((s) => s.reasons.map((r) => r.text)));
  }
});

test("a bundle with one bit turned is refused with a code", async () => {
  const { Model } = await import(join(root, "wasm/pkg/node.js"));
  const bad = Uint8Array.from(bundle);
  bad[bad.length - 100] ^= 1;
  await assert.rejects(Model.load(bad), (error) => /^BUNDLE_/.test(error.code));
});
