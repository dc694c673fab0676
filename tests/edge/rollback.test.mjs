// A rollback under load: from one second after it was decided, every answer is the champion's, under the new deployment, and no request
// fails. On both hosts; natively also where another process decides, and for the kill switch before it. `PLUMBLINE_RATE` requests per
// second (200 unless it says otherwise), for `PLUMBLINE_SECONDS` before and after each decision (1).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { startEdge } from "../../worker/start.mjs";
import { program } from "../../xtask/npm/native.mjs";
import { serve } from "../stores/serve.mjs";
import { folder, freePort } from "./hosts.mjs";
import { post, steadily, wait } from "./steady.mjs";

const RATE = Number(process.env.PLUMBLINE_RATE ?? 200);
const SECONDS = Number(process.env.PLUMBLINE_SECONDS ?? 1);
const LATEST_MS = 1000;
const SILENCE_MS = 1500;

const clock = () => performance.timeOrigin + performance.now();

/** Services in whose store the demo's canary waits for its approval: address, key, and what stops them. */
const workerd = {
  name: "workerd",
  async start(store) {
    const edge = await startEdge({ port: await freePort(), store, lifecycle: { is_local: true, is_demo: true }, quiet: true });
    // The history is played before the first answer of the lifecycle.
    await (await fetch(`${edge.url}/v1/rollout`)).arrayBuffer();
    return edge;
  },
};
/** A store with the history, which is played once. */
let played;
const native = {
  name: "plumbline serve",
  async start(store) {
    if (!played) {
      played = folder();
      const first = await serve(played.path, "--demo");
      played.key = first.key;
      await first.stop();
    }
    cpSync(played.path, store, { recursive: true });
    return { ...(await serve(store)), key: played.key };
  },
};
after(() => played?.remove());

/** Runs the native command beside the service; resolves once it has ended well. */
async function run(...args) {
  const child = spawn(program(), args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  const code = await new Promise((done) => child.once("exit", done));
  assert.equal(code, 0, said);
}

/** Sends leads, each new, at the rate; notes when each answer came, its deployment and the model it is by. */
function pressure(url) {
  const answers = [];
  const load = steadily(RATE, async (agent, number) => {
    const body = JSON.stringify({ lead_id: `p-${clock()}-${number}`, visits_30d: number % 40, intent_score: number % 90, lead_source: "Partner" });
    const { status, headers, text } = await post(url, agent, "/v1/score", body);
    const version = /"version":"([^"]*)"/.exec(text)?.[1];
    answers.push({ at: clock(), status, epoch: Number(headers["plumbline-epoch"]), version, text: status === 200 ? undefined : text });
  });
  return { answers, stop: () => load.stop() };
}

/** What became of the answers round a decision at `decided`: none may fail, and none that `isOld` may come later than a second after it. */
function judge(name, answers, decided, isOld) {
  const failed = answers.filter(({ status }) => status !== 200);
  const old = answers.filter(isOld);
  const late = old.filter(({ at }) => at > decided + LATEST_MS);
  const delay = Math.max(0, ...old.map(({ at }) => at - decided));
  console.log(`${name}: ${answers.length} requests at ${RATE}/s, ${failed.length} failed; last old answer ${delay.toFixed(0)} ms after the decision, ${late.length} later than ${LATEST_MS} ms`);
  assert.deepEqual(failed.slice(0, 3), []);
  assert.deepEqual(late.slice(0, 3), []);
  const since = answers.filter(({ at }) => at > decided + LATEST_MS);
  assert.ok(since.length > (RATE * SECONDS) / 2, "there was load afterwards");
}

for (const [host, way] of [[workerd, "command"], [native, "command"], [native, "store"]]) {
  const name = `${host.name}, ${way === "store" ? "decided by another process" : "decided by a command"}`;
  test(`${name}: the champion answers all within a second, and nothing fails`, { timeout: 180_000 }, async (t) => {
    const store = folder();
    const at = await host.start(store.path);
    t.after(async () => {
      await at.stop();
      store.remove();
    });
    const ask = async (path, body, headers = {}) => {
      const given = { authorization: `Bearer ${at.key}`, ...headers };
      const answer = await fetch(`${at.url}${path}`, { method: body ? "POST" : "GET", body: body && JSON.stringify(body), headers: given });
      const json = await answer.json();
      assert.ok(answer.ok, JSON.stringify(json));
      return { json, tag: answer.headers.get("etag") };
    };
    const score = async () => {
      const answer = await fetch(`${at.url}/v1/score`, { method: "POST", headers: { "content-type": "application/json" }, body: '{"lead_id":"s"}' });
      await answer.arrayBuffer();
      return Number(answer.headers.get("plumbline-epoch"));
    };

    // A service that hears nothing for a while learns of an advance before its next answer.
    await score();
    await wait(SILENCE_MS);
    const { json: tested } = await ask("/v1/rollout/approve", { comment: "Go" }, { "if-match": (await ask("/v1/rollout")).tag });
    assert.equal(tested.stage, "ab_test");
    await wait(LATEST_MS);
    assert.equal(await score(), tested.epoch, "the first answer after a silence is of the newest deployment");
    const isChallengers = ({ version }) => version === tested.rollout.challenger;

    const { answers, stop } = pressure(at.url);
    await wait(SECONDS * 1000);
    if (host === native) {
      await run("kill", "--store", store.path, "--reason", "a drill");
      const killed = statSync(join(store.path, "killed")).mtimeMs;
      await wait(LATEST_MS + SECONDS * 1000);
      judge(`${name}, kill switch`, answers.slice(), killed, ({ at, version }) => at > killed && version !== tested.champion);
      await run("kill", "--store", store.path, "--undo");
      await wait(LATEST_MS);
    }
    const before = answers.length;
    await wait(SECONDS * 1000);
    assert.ok(answers.slice(before).some(isChallengers), "the challenger answers before the rollback");
    if (way === "command") await ask("/v1/rollout/rollback", { reason: "a drill" });
    else await run("rollout", "rollback", "--store", store.path, "--reason", "a drill");
    await wait(LATEST_MS + SECONDS * 1000);
    await stop();
    const { json: state } = await ask("/v1/rollout");
    const { json: deployment } = await ask("/v1/deployment");
    assert.deepEqual([state.stage, deployment.epoch], ["idle", state.epoch]);
    const decided = deployment.effective_ms;
    judge(name, answers, decided, ({ at, epoch }) => at > decided && epoch !== state.epoch);
    assert.ok(answers.filter(({ at }) => at > decided + LATEST_MS).every(({ version }) => version === tested.champion), "the champion answers all");
  });
}
