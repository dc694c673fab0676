// A version that only records, and panics or takes long, changes no answer: it scores after the answer, in real workerd. The module is the
// service's own, built so that models of two names misbehave; natively, cli/src/host/later.rs tests the same.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startEdge } from "../../worker/start.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { demo, folder, freePort, logged, metric, testModule, twin } from "./hosts.mjs";

const leads = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n");
/** Of these a version that takes long needs some at least; the thread that it holds is the only one there is. */
const LONG_MS = 100;
const TOGETHER = 16;
const ROUNDS = 2;
/** After a panic other versions rest for a while, and for longer after each further one. */
const REST_MS = 1100;

/** Answers to the leads, each with the time at which it came. */
async function ask(url, count) {
  const answers = [];
  for (const lead of leads.slice(0, count)) {
    const answer = await fetch(`${url}/v1/score`, { method: "POST", body: lead, headers: { "content-type": "application/json" } });
    const { request_id, timestamp_ms, ...score } = await answer.json();
    answers.push({ status: answer.status, score, at: performance.now() });
  }
  return answers;
}

const module = testModule();
for (const [version, count, log] of [["panics", 40, "batched"], ["panics", 40, "durable"], ["takes-long", 3, "batched"]]) {
  test(`a shadow that ${version.replace("-", " ")} changes no answer (log ${log})`, { timeout: 120_000 }, async (t) => {
    const store = folder();
    const other = twin(version, join(store.path, "other.plumb"));
    const start = async (name, settings) => startEdge({ port: await freePort(), store: join(store.path, name), models: [demo, other], log, module, settings, quiet: true });
    const plain = await start("plain", {});
    const [{ version: own }] = (await (await fetch(`${plain.url}/v1/models`)).json()).models;
    await plain.stop();
    const alone = await start("alone", { allocation: { experiment: "e", champion: own, exploration_bp: 0 } });
    const expected = await ask(alone.url, count);
    await alone.stop();
    const edge = await start("shadowed", { allocation: { experiment: "e", champion: own, exploration_bp: 0, shadow: [version] } });
    t.after(() => store.remove());
    const answers = await ask(edge.url, count);
    assert.deepEqual(answers.map(({ status, score }) => [status, score]), expected.map(({ status, score }) => [status, score]));
    if (version === "panics") {
      assert.ok((await metric(edge.url, "plumbline_shadow_requests_failed_total")) > 0);
      assert.equal(await metric(edge.url, 'plumbline_requests_total\\{status="5xx"\\}'), 0);
    }
    if (version === "panics") {
      // Some at once, whose rows are gathered while others' second scores panic.
      for (let round = 0; round < ROUNDS; round++) {
        const together = await Promise.all(Array.from({ length: TOGETHER }, () => ask(edge.url, 1)));
        assert.deepEqual(together.flat().filter(({ status }) => status !== 200), []);
        await new Promise((next) => setTimeout(next, REST_MS));
      }
    }
    const lost = await metric(edge.url, "plumbline_log_rows_failed_total");
    if (log === "durable") assert.equal(lost, 0);
    await edge.stop();
    const ended = performance.now();
    const rows = new Map(logged(join(store.path, "shadowed"), "SELECT role, count(*) FROM prediction_logs GROUP BY role"));
    const answered = count + (version === "panics" ? ROUNDS * TOGETHER : 0);
    assert.ok(rows.get("champion") + lost >= answered, "rows that went with an instance are counted");
    if (version === "takes-long") {
      assert.equal(rows.get("shadow"), count);
      // All of it happened after the first answer.
      assert.ok(ended - answers[0].at >= count * LONG_MS, `${ended - answers[0].at} ms after the first answer`);
    }
  });
}
