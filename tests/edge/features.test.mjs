// Training, batch, workerd and the npm package, with WebAssembly and without, make the same bits of the same leads.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { program } from "../../xtask/npm/native.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { demo, folder, hosts } from "./hosts.mjs";

const leads = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
// Each lead is seen at a moment of its own, to which days are counted.
const at = (n) => Date.UTC(2026, 10, 16) + n * 7_654_321;

/** SHA-256 of the rows that the npm package makes of the leads, by `door`. */
async function digest(door, seen) {
  const { Model } = await import(join(root, `wasm/pkg/${door}.js`));
  const model = await Model.load(readFileSync(demo));
  const sum = createHash("sha256");
  for (const [n, lead] of seen.entries()) {
    const row = model.features(lead, { now: at(n) });
    assert.equal(row.length, model.card.columns.length);
    // All NaNs are one.
    sum.update(Buffer.from(Float64Array.from(row, (x) => (Number.isNaN(x) ? NaN : x)).buffer));
  }
  model.free();
  return sum.digest("hex");
}

test("training, batch, workerd and the npm package make the same features", { timeout: 120_000 }, async (t) => {
  const at_work = folder();
  const host = await hosts[0].start({ store: join(at_work.path, "store") });
  t.after(async () => {
    await host.stop();
    at_work.remove();
  });
  const data = join(at_work.path, "leads.ndjson");
  writeFileSync(data, leads.map((lead, n) => `${JSON.stringify({ ...lead, seen_at: at(n), converted: n % 3 === 0 })}\n`).join(""));
  const found = spawnSync(program(), ["check", "features", demo, data, "--time", "seen_at", "--url", host.url, "--json"], { encoding: "utf8" });
  assert.equal(found.status, 0, found.stdout + found.stderr);
  const { ways, leads: compared } = JSON.parse(found.stdout);
  assert.deepEqual([compared, ways.map((way) => way.id)], [50, ["training", "batch", "json", "service"]]);
  for (const door of ["node", "inline", "js"]) assert.equal(await digest(door, leads), ways[0].sha256, door);
  // Another lead has other features: the comparison can fail.
  assert.notEqual(await digest("node", leads.with(7, { ...leads[7], pages_viewed: 1234 })), ways[0].sha256);
});
