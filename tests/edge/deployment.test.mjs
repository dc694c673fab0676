// Deployments at the edge: announced to a shard, heard of by the service, whose bundles it fetches; versions that do not answer score
// after the answer; a new deployment is served within a second.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { config } from "../../worker/config.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { demo, folder, freePort, logged, metric } from "./hosts.mjs";

/** A bundle of version 1, with the distributions of its training data. */
const CHALLENGER = join(root, "core/src/bundle/reference/by_column.plumb");
const CONTROL = `
import { DurableObject } from "cloudflare:workers";
import challenger from "challenger.plumb";
export class Control extends DurableObject {
  bundle() {
    return new Uint8Array(challenger);
  }
}
export default {
  async fetch(request, env) {
    return new Response(String(await env.LOG.get(env.LOG.idFromName("shard-0")).announce(await request.text())));
  },
};`;

/** The service with a control object beside it, which hands out the challenger and announces what it is sent. */
async function start(at, settings) {
  const [port, control] = [await freePort(), await freePort()];
  mkdirSync(join(at, "log"));
  writeFileSync(join(at, "control.js"), CONTROL);
  copyFileSync(CHALLENGER, join(at, "challenger.plumb"));
  const module = join(root, "worker/pkg/edge.wasm");
  const shell = join(root, "worker/shell");
  const plain = config({ at, shell, module, models: [demo], port, store: join(at, "log"), settings, flags: [] });
  const bound = `(name = "CONTROL", durableObjectNamespace = (className = "Control", serviceName = "control")), (name = "PLUMBLINE_SECRET", text = "s"),`;
  const text = plain
    .replace("services = [", `services = [(name = "control", worker = .control),`)
    .replace("sockets = [", `sockets = [(name = "control", address = "127.0.0.1:${control}", http = (), service = "control"),`)
    .replace("bindings = [", `bindings = [${bound}`);
  const worker = `
const control :Workerd.Worker = (
  modules = [(name = "control.js", esModule = embed "control.js"), (name = "challenger.plumb", data = embed "challenger.plumb")],
  compatibilityDate = "2026-01-01",
  bindings = [(name = "LOG", durableObjectNamespace = (className = "LogShard", serviceName = "main"))],
  durableObjectNamespaces = [(className = "Control", uniqueKey = "control", enableSql = true)],
  durableObjectStorage = (inMemory = void),
);`;
  writeFileSync(join(at, "config.capnp"), text + worker);
  const binary = createRequire(join(root, "worker/start.mjs")).resolve("workerd/bin/workerd");
  const child = spawn(binary, ["serve", join(at, "config.capnp")], { stdio: "ignore" });
  const ended = new Promise((done) => child.once("exit", done));
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/health/ready`).catch(() => undefined))?.ok) {
    assert.equal(child.exitCode, null, "workerd runs");
    await new Promise((next) => setTimeout(next, 20));
  }
  const announce = async (document) => (await fetch(`http://127.0.0.1:${control}`, { method: "POST", body: JSON.stringify(document) })).text();
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    while ((await metric(url, "plumbline_log_rows_pending")) > 0) await new Promise((next) => setTimeout(next, 20));
    child.kill("SIGTERM");
    await ended;
  };
  return { url, announce, stop };
}

const leads = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n");
const digest = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

test("a deployment is announced, fetched and served, and other versions score after the answer", async (t) => {
  const store = folder();
  const settings = { tallies: true, leads: { store: "scored", personal: ["email"] } };
  const edge = await start(store.path, settings);
  t.after(async () => {
    await edge.stop();
    store.remove();
  });
  const post = async (lead) => {
    const answer = await fetch(`${edge.url}/v1/score`, { method: "POST", body: lead, headers: { "content-type": "application/json" } });
    assert.equal(answer.status, 200);
    await answer.arrayBuffer();
    return answer.headers.get("plumbline-epoch");
  };
  const [{ version }] = (await (await fetch(`${edge.url}/v1/models`)).json()).models;
  const document = (epoch, more) => ({
    epoch,
    effective_ms: Date.now(),
    allocation: { experiment: "r", champion: version, exploration_bp: 0, ...more },
    models: [digest(demo), digest(CHALLENGER)],
  });
  /** How long answers of older deployments came after number `epoch` was announced; ends once newer ones have come for a while. */
  const follow = async (epoch) => {
    const began = performance.now();
    let [last, now] = [0, 0];
    while (now < last + 1000) {
      const found = await post(leads[0]);
      now = performance.now() - began;
      if (found !== `${epoch}`) last = now;
    }
    return last;
  };
  assert.equal(await post(leads[0]), null, "nobody has counted a deployment yet");
  assert.equal(await edge.announce(document(3, { shadow: ["1"] })), "true");
  assert.equal(await edge.announce(document(2, {})), "false", "an older one is not kept");
  assert.ok((await follow(3)) < 1000);
  await Promise.all(leads.map(post));
  await edge.announce(document(4, { arm: [{ variant: "1", share_bp: 5000, room_bp: 10_000 }], counterfactual: true }));
  assert.ok((await follow(4)) < 1000);
  await Promise.all(leads.map(post));
  await edge.announce(document(5, {}));
  assert.ok((await follow(5)) < 1000);
  assert.equal(await metric(edge.url, "plumbline_epoch"), 5);
  assert.equal(await metric(edge.url, "plumbline_stale"), 0);
  assert.equal(await metric(edge.url, "plumbline_shadow_requests_dropped_total"), 0);
  await edge.stop();
  const rows = (query) => logged(store.path, query);
  const roles = (epoch) => new Map(rows(`SELECT role || ' ' || version, count(*) FROM prediction_logs WHERE epoch = ${epoch} GROUP BY 1`));
  const shadowed = roles(3);
  assert.equal(shadowed.get("shadow 1"), shadowed.get(`champion ${version}`), "each lead is scored by both");
  const tested = roles(4);
  const answered = tested.get("challenger 1") + tested.get(`champion ${version}`);
  assert.ok(tested.get("challenger 1") > 5 && tested.get(`champion ${version}`) > 5, "half the leads are the challenger's");
  assert.equal(tested.get("shadow 1") + tested.get(`shadow ${version}`), answered, "each lead is scored by the version that did not answer");
  assert.deepEqual([...roles(5).keys()], [`champion ${version}`], "after the rollback nobody else scores");
  assert.deepEqual(rows("SELECT DISTINCT arm FROM prediction_logs WHERE epoch = 4 AND role <> 'shadow' ORDER BY arm"), [["A"], ["B"]]);
  const fields = rows("SELECT group_concat(fields, '') FROM batch_fields").flat().join("");
  assert.ok(fields.includes('"budget"') && !fields.includes("@"), "fields are kept, those that are personal hashed");
  assert.ok(rows("SELECT count(*) FROM batch_tallies").flat()[0] > 0);
  const [[report]] = rows("SELECT report FROM heartbeats ORDER BY at_ms DESC LIMIT 1");
  assert.ok(JSON.parse(report).epoch >= 3, report);
});
