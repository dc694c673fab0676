// Clients that others wrote, against the service on real workerd. PLUMBLINE_PYTHON is an interpreter with tests/python/requirements.txt.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { startEdge } from "../../worker/start.mjs";
import { root } from "../../xtask/npm/run.mjs";

const store = mkdtempSync(join(tmpdir(), "plumbline-clients-"));
let edge;

before(async () => {
  edge = await startEdge({ port: 8821, store, quiet: true });
});
after(async () => {
  await edge?.stop();
  rmSync(store, { recursive: true, force: true });
});

test("mlflow, tritonclient, an OpenAPI validator and Prometheus' parser find what they expect", async () => {
  const python = process.env.PLUMBLINE_PYTHON;
  assert.ok(python, "PLUMBLINE_PYTHON names no interpreter");
  const args = [join(root, "tests/python/clients.py"), edge.url, join(root, "worker/demo/leads.ndjson")];
  const { stdout } = await promisify(execFile)(python, args, { env: { ...process.env, NO_PROXY: "127.0.0.1" } });
  const counts = JSON.parse(stdout.trim().split("\n").at(-1));
  assert.deepEqual(Object.keys(counts), ["mlflow", "triton, JSON", "triton, binary", "openapi", "prometheus"]);
  for (const [client, count] of Object.entries(counts)) assert.ok(count > 1, `${client} saw ${count}`);
});
