// The lifecycle at the edge: a store without anything gets its first model and key, keeps outcomes, reports, and follows commands.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startEdge } from "../../worker/start.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { folder, freePort } from "./hosts.mjs";

/** A model of version 1, with the distributions of its training data. */
const CHALLENGER = readFileSync(join(root, "core/src/bundle/reference/by_column.plumb"));
const leads = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n");

/** One person alone may start and approve. */
const lifecycle = { is_local: true, policy: { gates: { rules: { four_eyes: false } }, writeback: { enabled: true } } };

test("an empty store has a champion and a key, keeps outcomes, counts them, and follows commands", async (t) => {
  const store = folder();
  let edge = await startEdge({ port: await freePort(), store: store.path, lifecycle, quiet: true });
  t.after(async () => {
    await edge.stop();
    store.remove();
  });
  const { key } = edge;
  assert.ok(key.length >= 32);
  const ask = async (path, { method = "GET", body, ...headers } = {}) => {
    const answer = await fetch(`${edge.url}${path}`, { method, body, headers });
    const text = await answer.text();
    return { status: answer.status, tag: answer.headers.get("etag"), epoch: answer.headers.get("plumbline-epoch"), json: text ? JSON.parse(text) : undefined };
  };
  const as = { authorization: `Bearer ${key}` };
  const post = (path, body, headers) => ask(path, { method: "POST", body, ...headers });

  const first = await ask("/v1/report");
  assert.equal(first.status, 200, JSON.stringify(first.json));
  const [{ version }] = (await ask("/v1/models")).json.models;
  assert.equal((await ask("/v1/rollout")).json.champion, version);
  assert.equal((await ask("/v1/report", { "if-none-match": first.tag })).status, 304);
  assert.equal((await ask("/v1/keys", as)).status, 403);
  assert.equal((await ask("/v1/report", { authorization: "Bearer nobody" })).status, 401);
  assert.deepEqual((await ask("/v1/me")).json.scopes, ["score", "ingest", "read"]);

  // Leads are scored under deployment 1 and their outcomes stored, each at the shard of its lead, answered in its place.
  const shown = [];
  for (const lead of leads.slice(0, 40)) {
    const scored = await post("/v1/score", lead, { "content-type": "application/json" });
    assert.equal(scored.status, 200);
    if (!scored.json.explores) shown.push(JSON.parse(lead).lead_id);
  }
  const ids = leads.slice(0, 40).map((lead) => JSON.parse(lead).lead_id);
  const outcome = (lead_id, more) => JSON.stringify({ lead_id, event_id: "1", kind: "converted", occurred_at: new Date(Date.now() - 1000).toISOString(), ...more });
  const lines = [...ids.map((id) => outcome(id)), outcome(ids[0], { kind: "vanished" })];
  const stored = await post("/v1/outcomes", lines.join("\n"));
  assert.equal(stored.status, 200, JSON.stringify(stored.json));
  assert.deepEqual([stored.json.accepted, stored.json.rejected, stored.json.events.length], [40, 1, 41]);
  assert.equal(stored.json.events[40].status, 422);
  assert.ok(stored.json.events.slice(0, 40).every((event) => event.status < 300), JSON.stringify(stored.json));
  assert.equal((await post("/v1/outcomes", "")).status, 400);

  // What the shards counted arrives by itself.
  const counted = async () => (await ask("/v1/report")).json;
  const began = Date.now();
  const digest = (await counted()).digest;
  while ((await counted()).digest === digest) {
    assert.ok(Date.now() - began < 30_000, "the report never heard of the leads");
    await new Promise((next) => setTimeout(next, 250));
  }

  // A page reports a score of its own twice: it is a row of the log once, with its source, and no score of the lead.
  const score = { variant: "page", role: "champion", epoch: 1, probability: 0.75, shadows: [{ version: "2", variant: "s", probability: 0.5 }] };
  const seen = JSON.stringify({ event_id: "page-1", lead_id: "of-page", version, occurred_at: Date.now(), score });
  const codes = [];
  for (let n = 0; n < 2; n++) codes.push((await post("/v1/exposures", seen)).json.events[0].code);
  assert.deepEqual(codes, ["ORPHAN", "DUPLICATE"]);

  // First scores are changes, but for hidden ones, which a CRM follows by a cursor; open leads are scored again by hand, and that changes nothing.
  const changed = new Map();
  for (let cursor = ""; changed.size < shown.length; ) {
    assert.ok(Date.now() - began < 30_000, `only ${changed.size} changes were recorded`);
    const page = (await ask(`/v1/changes?limit=16&after=${cursor}`)).json;
    page.changes.forEach((change) => changed.set(change.lead_id, change));
    ({ cursor } = page);
    if (!page.more) await new Promise((next) => setTimeout(next, 250));
  }
  assert.deepEqual([...changed.keys()].sort(), shown.sort());
  assert.equal((await post("/v1/rescore", "")).status, 403);
  assert.equal((await post("/v1/rescore", "", as)).status, 200);
  let rescored = {};
  while (rescored.state !== "done") {
    assert.ok(Date.now() - began < 60_000, JSON.stringify(rescored));
    await new Promise((next) => setTimeout(next, 250));
    rescored = (await ask("/v1/rescore")).json;
  }
  assert.deepEqual([rescored.leads, rescored.closed], [40, 40], "all have an outcome");

  // A follower has every row of every shard once.
  const { parts } = (await ask("/v1/export", as)).json;
  const pages = [];
  const followed = { prediction_logs: new Set(), outcome_events: new Set(), ledger: new Set() };
  for (const part of parts) {
    for (let [after, more] = ["", true]; more; ) {
      const page = (await ask(`/v1/export?part=${part}&after=${after}`, as)).json;
      for (const { table, row } of page.rows) {
        if (table === "prediction_batches") row.predictions.forEach((cells) => {
          followed.prediction_logs.add(cells[5]);
          if (cells[23] === "page") pages.push([cells[5], cells[7], cells[9], cells[19], cells[13]]);
        });
        else if (table === "outcome_events") followed.outcome_events.add(row.lead_id);
        else if (table === "ledger") followed.ledger.add(row.seq);
      }
      ({ cursor: after, more } = page);
    }
  }
  assert.ok(parts.length >= 2 && parts[0] === "control", parts.join());
  for (const id of ids) assert.ok(followed.prediction_logs.has(id) && followed.outcome_events.has(id), id);
  assert.ok(followed.ledger.has(1));
  assert.deepEqual(pages, [["of-page", version, "champion", 1, 0.75], ["of-page", "2", "shadow", 1, 0.5]]);

  // A command needs a key and the revision that was seen.
  const registered = await post("/v1/models", CHALLENGER, as);
  assert.equal(registered.status, 200, JSON.stringify(registered.json));
  // A bundle may be larger than any other body; what arrives whole is looked at, what is larger still is not.
  const large = await post("/v1/models", Buffer.alloc(3 << 20), as);
  assert.equal(large.status, 422, JSON.stringify(large.json));
  const huge = await post("/v1/models", Buffer.alloc((16 << 20) + 1), as);
  assert.deepEqual([huge.status, huge.json.code], [413, "BUNDLE_TOO_LARGE"]);
  const { tag } = await ask("/v1/rollout");
  assert.equal((await post("/v1/rollout/approve", "{}", { "if-match": tag })).status, 403);
  const nothing = await post("/v1/rollout/approve", "{}", { ...as, "if-match": tag });
  assert.equal(nothing.status, 409, JSON.stringify(nothing.json));
  const start = await post("/v1/rollout/start", JSON.stringify({ version: registered.json.version, acknowledge: true }), { ...as, "if-match": tag });
  assert.equal(start.status, 200, JSON.stringify(start.json));
  assert.equal(start.json.stage, "shadow");
  let epoch;
  for (const began = Date.now(); Date.now() - began < 3000 && epoch !== `${start.json.epoch}`; ) {
    ({ epoch } = await post("/v1/score", leads[0], { "content-type": "application/json" }));
  }
  assert.equal(epoch, `${start.json.epoch}`, "the deployment of the start is served");
  assert.equal((await ask("/v1/ledger/verify")).json.valid, true);

  // The lifecycle is in the metrics, and each version has scored a lead of its own.
  const metrics = await (await fetch(`${edge.url}/metrics`)).text();
  assert.match(metrics, /^plumbline_rollout_stage\{stage="shadow"\} 1$/m);
  const uptime = async () => (await counted()).measures.find(({ id }) => id === "uptime").estimate.value;
  const since = Date.now();
  while ((await uptime()) !== 1) {
    assert.ok(Date.now() - since < 30_000, "the versions were never probed");
    await new Promise((next) => setTimeout(next, 250));
  }

  // A store that has a champion goes on with it.
  await edge.stop();
  edge = await startEdge({ port: await freePort(), store: store.path, lifecycle, quiet: true });
  assert.equal(edge.key, undefined);
  assert.equal((await ask("/v1/rollout")).json.stage, "shadow");
  const stopped = await post("/v1/rollout/rollback", JSON.stringify({ reason: "A drill" }), as);
  assert.equal(stopped.json.stage, "idle", JSON.stringify(stopped.json));
});

test("the demo's history is played into an empty store, and whoever has the key approves the next stage", async (t) => {
  const store = folder();
  const edge = await startEdge({ port: await freePort(), store: store.path, lifecycle: { is_local: true, is_demo: true }, quiet: true });
  t.after(async () => {
    await edge.stop();
    store.remove();
  });
  const report = await (await fetch(`${edge.url}/v1/report`)).json();
  assert.equal(report.rollout.stage, "canary", JSON.stringify(report.verdict));
  assert.deepEqual(report.rollout.missing, ["approval:ml_lead"]);
  assert.equal((await (await fetch(`${edge.url}/v1/ledger/verify`)).json()).valid, true);

  // Outcomes of leads that have matured change the report within 20 s.
  const auc = ({ measures }) => measures.find(({ id }) => id === "auc").estimate.value;
  const events = Array.from({ length: 500 }, (_, n) => ({ lead_id: `L${`${12_500 + n}`.padStart(7, "0")}`, event_id: "late", kind: "converted", occurred_at: report.rollout.stages[1].from }));
  const stored = await fetch(`${edge.url}/v1/outcomes`, { method: "POST", headers: { "content-type": "application/x-ndjson" }, body: events.map((event) => JSON.stringify(event)).join("\n") });
  assert.equal((await stored.json()).events.length, 500);
  const sent = Date.now();
  while (auc(await (await fetch(`${edge.url}/v1/report`)).json()) === auc(report)) {
    assert.ok(Date.now() - sent < 20_000, "outcomes did not change the report");
    await new Promise((next) => setTimeout(next, 250));
  }
  const approve = async (headers) => {
    const seen = await fetch(`${edge.url}/v1/rollout`);
    await seen.arrayBuffer();
    const body = JSON.stringify({ comment: "Go" });
    return fetch(`${edge.url}/v1/rollout/approve`, { method: "POST", body, headers: { "if-match": seen.headers.get("etag"), ...headers } });
  };
  assert.equal((await approve({})).status, 403, "a caller without a key reads and ingests");
  const approved = await approve({ authorization: `Bearer ${edge.key}` });
  const state = await approved.json();
  assert.deepEqual([approved.status, state.stage], [200, "ab_test"], JSON.stringify(state));
  // The deployment of the approval is served, by models that came with the history.
  const score = async () => {
    const answer = await fetch(`${edge.url}/v1/score`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(Array.from({ length: 40 }, (_, n) => ({ lead_id: `new-${n}` }))),
    });
    const text = await answer.text();
    return [answer.headers.get("plumbline-epoch"), text];
  };
  let [epoch, text] = await score();
  for (const began = Date.now(); epoch !== `${state.epoch}` && Date.now() - began < 5000; ) [epoch, text] = await score();
  assert.equal(epoch, `${state.epoch}`);
  assert.ok(text.includes(state.champion) && text.includes(state.rollout.challenger), text);
});
