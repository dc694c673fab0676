// kill -9 at random moments under load, and a database that goes away: every acknowledged durable prediction and outcome is stored exactly
// once; batched mode loses none but those of the stretches that the service itself names. On workerd, and natively on both stores.
// `PLUMBLINE_KILLS` rounds, ten unless it says otherwise; `PLUMBLINE_RATE` leads per second, 300.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startEdge } from "../../worker/start.mjs";
import { startPostgres } from "../../xtask/npm/postgres.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { folder, freePort, logged } from "../edge/hosts.mjs";
import { post, steadily } from "../edge/steady.mjs";
import { demo, kinds, serve, wait } from "./serve.mjs";

const ROUNDS = Number(process.env.PLUMBLINE_KILLS ?? 10);
const RATE = Number(process.env.PLUMBLINE_RATE ?? 300);
const lead = JSON.parse(readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").split("\n")[0]);
/** The time from which a kill may cost rows of batched mode is at most so long before it: 50 ms, and a write under way. */
const BATCHED_MS = 500;

/** Sends leads at a fixed rate, and an outcome of every fourth, until it is stopped; what was acknowledged, with the time. */
function load(at, round) {
  const acknowledged = { leads: [], outcomes: [], statuses: {} };
  const send = async (agent, number) => {
    const id = `${round}-${number}`;
    const scored = post(at.url, agent, "/v1/score?reasons=0", JSON.stringify({ ...lead, lead_id: id })).then(({ status }) => {
      acknowledged.statuses[status] = (acknowledged.statuses[status] ?? 0) + 1;
      if (status === 200) acknowledged.leads.push({ id, at: Date.now() });
    });
    if (number % 4 !== 3) return scored;
    const event = { lead_id: id, event_id: `e-${id}`, kind: "converted", occurred_at: Date.now() };
    const { status } = await post(at.url, agent, "/v1/outcomes", JSON.stringify(event));
    if (status === 200) acknowledged.outcomes.push(`e-${id}`);
    return scored;
  };
  const going = steadily(RATE, send);
  return { acknowledged, stop: () => going.stop().then(() => acknowledged) };
}

const rows = (text) => text.split("\n").filter(Boolean).map((line) => line.split("|"));

/** What is stored of leads and outcomes: how often each. */
function stored(place, name) {
  const leads = rows(place.sql(name, "log", "SELECT lead_id, count(*) FROM prediction_logs WHERE role <> 'shadow' AND role <> 'probe' GROUP BY lead_id"));
  const events = rows(place.sql(name, "log", "SELECT event_id, count(*) FROM outcome_events GROUP BY event_id"));
  return { leads: new Map(leads.map(([id, n]) => [id, Number(n)])), events: new Map(events.map(([id, n]) => [id, Number(n)])) };
}

/** The service at the edge, its stores in a folder each. */
const workerd = {
  name: "workerd",
  async start() {
    const at = folder();
    return {
      store: (name) => join(at.path, name),
      sql: (name, _, statement) => logged(join(at.path, name), statement).map((row) => row.join("|")).join("\n"),
      remove: at.remove,
    };
  },
  async serve(store, log) {
    const edge = await startEdge({ port: await freePort(), store, log, lifecycle: { is_local: true }, quiet: true });
    return { ...edge, get: async (path) => (await fetch(`${edge.url}${path}`)).json() };
  },
};
const native = kinds().map((kind) => ({ serve: (store, log) => serve(store, "--model", demo, "--log", log), ...kind }));

for (const kind of [workerd, ...native]) {
  describe(`kill -9 on ${kind.name}`, () => {
    let place;
    before(async () => (place = await kind.start()));
    after(() => place?.remove());

    for (const mode of ["durable", "batched"]) {
      test(`${mode}: ${ROUNDS} kills under load`, { timeout: 600_000 }, async () => {
        const name = `kill_${mode}`;
        const [leads, outcomes, kills] = [[], [], []];
        for (let round = 0; round < ROUNDS; round++) {
          const at = await kind.serve(place.store(name), mode);
          const loading = load(at, round);
          await wait(400 + Math.random() * 800);
          kills.push(Date.now());
          await at.stop("SIGKILL");
          const acknowledged = await loading.stop();
          leads.push(...acknowledged.leads);
          outcomes.push(...acknowledged.outcomes);
        }
        // What was cut off is put right by the next start, which says of which stretches rows may be missing.
        const at = await kind.serve(place.store(name), mode);
        assert.equal((await at.get("/v1/ledger/verify")).valid, true);
        const gaps = async () => {
          const { notes } = await at.get("/v1/notes?limit=1000");
          const found = notes.filter(({ kind }) => kind === "log_gap").map(({ about }) => about.split("/").map(Date.parse));
          return found.sort(([one], [other]) => one - other);
        };
        // At the edge the control object hears of it with its next tick.
        while (mode === "batched" && (await gaps()).length < ROUNDS) await wait(100);
        const named = await gaps();
        await at.stop();
        const found = stored(place, name);
        const missing = leads.filter(({ id }) => !found.leads.has(id));
        const twice = [...found.leads.values(), ...found.events.values()].filter((n) => n > 1).length;
        const lost = outcomes.filter((id) => !found.events.has(id)).length;
        const longest = Math.max(0, ...named.map(([from], n) => kills[n] - from));
        console.log(`${kind.name}, ${mode}: ${ROUNDS} kills at ${RATE} req/s, ${leads.length} leads and ${outcomes.length} outcomes acknowledged; lost: ${missing.length} leads, ${lost} outcomes; stored twice: ${twice}; longest stretch named: ${longest} ms`);
        assert.deepEqual([twice, lost], [0, 0]);
        const unnamed = missing.filter(({ at }) => !named.some(([from, until]) => from <= at && at <= until));
        assert.deepEqual(unnamed, [], "what is lost lies in a stretch that the service names");
        if (mode === "durable") assert.deepEqual([missing, named], [[], []]);
        else assert.ok(longest < BATCHED_MS, `${longest}`);
        assert.ok(leads.length > ROUNDS * 50, "there was load");
      });
    }

    if (kind.name !== "PostgreSQL") return;

    test("batched: rows beyond what is held while the database is away are lost and counted, the others are stored", { timeout: 240_000 }, async () => {
      const at = await serve(place.store("full"), "--model", demo, "--log", "batched");
      const metric = async (name) => Number(new RegExp(`^${name} (.*)$`, "m").exec((await at.call("GET", "/metrics")).body)?.[1]);
      const long = "x".repeat(230);
      const batch = (n) => Array.from({ length: 10_000 }, (_, i) => JSON.stringify({ ...lead, lead_id: `${n}-${i}-${long}` })).join("\n");
      place.postgres.stop("immediate");
      let answered = 0;
      while (!((await metric("plumbline_log_rows_failed_total")) > 0)) {
        assert.ok(answered < 1_000_000, "no row was counted as lost");
        assert.equal((await at.call("POST", "/v1/score?reasons=0", batch(answered))).status, 200);
        answered += 10_000;
      }
      assert.match(JSON.stringify(await at.get("/health/ready")), /rows are being lost/);
      place.postgres.start();
      while ((await metric("plumbline_log_rows_pending")) > 0) await wait(100);
      const lost = await metric("plumbline_log_rows_failed_total");
      await at.stop();
      const [[rows_stored, leads_stored]] = rows(place.sql("full", "log", "SELECT count(*), count(DISTINCT lead_id) FROM prediction_logs WHERE role <> 'probe' AND lead_id LIKE '%xxx'"));
      console.log(`PostgreSQL away, beyond what is held: ${answered} leads answered, ${rows_stored} stored, ${lost} counted as lost`);
      assert.deepEqual([Number(rows_stored) + lost, Number(leads_stored)], [answered, Number(rows_stored)]);
      assert.ok(Number(rows_stored) >= 30_000, "64 MB of rows, with the fields of their leads, are held");
    });

    for (const mode of ["durable", "batched"]) {
      test(`${mode}: the database goes away under load and comes back`, { timeout: 120_000 }, async () => {
        const name = `away_${mode}`;
        const at = await serve(place.store(name), "--model", demo, "--log", mode);
        const loading = load(at, "away");
        await wait(1000);
        place.postgres.stop("immediate");
        await wait(1500);
        const during = { ...loading.acknowledged.statuses };
        place.postgres.start();
        await wait(4000);
        const acknowledged = await loading.stop();
        await wait(1500);
        await at.stop();
        const found = stored(place, name);
        const missing = acknowledged.leads.filter(({ id }) => !found.leads.has(id)).length;
        const twice = [...found.leads.values(), ...found.events.values()].filter((n) => n > 1).length;
        const lost = acknowledged.outcomes.filter((id) => !found.events.has(id)).length;
        console.log(`PostgreSQL away, ${mode}: ${JSON.stringify(acknowledged.statuses)}; lost: ${missing} leads, ${lost} outcomes; stored twice: ${twice}`);
        assert.deepEqual({ missing, twice, lost }, { missing: 0, twice: 0, lost: 0 });
        if (mode === "durable") assert.ok(during[503] > 0, "an answer that cannot be kept is 503");
        else assert.equal(acknowledged.statuses[503] ?? 0, 0, "batched answers go on");
        const last = acknowledged.leads.at(-1);
        assert.ok(found.leads.has(last.id), "it goes on after the database came back");
      });

      test(`${mode}: the database fails over to its standby under load`, { timeout: 120_000 }, async () => {
        const primary = await startPostgres();
        let standby;
        try {
          standby = await primary.standby();
          const both = primary.url.replace(`:${primary.port}/`, `:${primary.port},127.0.0.1:${standby.port}/`);
          const at = await serve(`${both}&target_session_attrs=read-write`, "--model", demo, "--log", mode);
          const loading = load(at, "failover");
          await wait(1500);
          primary.stop("immediate");
          standby.promote();
          await wait(4000);
          const acknowledged = await loading.stop();
          await wait(1500);
          await at.stop();
          const found = stored({ sql: (name, _, statement) => standby.script(`SET search_path = ${name}; ${statement}`) }, "plumbline_log");
          const missing = acknowledged.leads.filter(({ id }) => !found.leads.has(id)).length;
          const twice = [...found.leads.values(), ...found.events.values()].filter((n) => n > 1).length;
          const lost = acknowledged.outcomes.filter((id) => !found.events.has(id)).length;
          console.log(`PostgreSQL failover, ${mode}: ${JSON.stringify(acknowledged.statuses)}; lost: ${missing} leads, ${lost} outcomes; stored twice: ${twice}`);
          assert.deepEqual({ missing, twice, lost }, { missing: 0, twice: 0, lost: 0 });
          assert.ok(found.leads.has(acknowledged.leads.at(-1).id), "it goes on with the standby");
          assert.ok(acknowledged.leads.length > 300, "there was load");
        } finally {
          primary.remove();
          standby?.remove();
        }
      });
    }
  });
}
