// `node tests/load/kill.mjs [--rounds 10] [--rate 500]`: durable mode under kill -9. Each round starts a host on the same store, sends
// single leads at a fixed rate, kills it at a random moment, and in the end every lead whose answer came must be in the log, once.
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../../xtask/npm/run.mjs";
import { folder, hosts, logged } from "../edge/hosts.mjs";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "10" }, rate: { type: "string", default: "500" } } });
const lead = JSON.parse(readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").split("\n")[0]);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const TICK_MS = 10;

/** Sends one lead; resolves to whether it was acknowledged. */
function send(url, agent, id) {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ ...lead, lead_id: id });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((done) => {
    const sent = request({ hostname, port, agent, method: "POST", path: "/v1/score?reasons=0", headers }, (answer) => {
      answer.on("end", () => done(answer.complete && answer.statusCode === 200)).on("error", () => done(false)).resume();
    });
    sent.on("error", () => done(false)).end(body);
  });
}

/** One round; the ids that were acknowledged, and how many were sent. */
async function round(host, store, number) {
  const served = await host.start({ store, log: "durable" });
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const acknowledged = [];
  const sent = [];
  const started = performance.now();
  const until = 1000 + Math.random() * 1000;
  while (performance.now() - started < until) {
    const due = ((performance.now() - started) * Number(options.rate)) / 1000;
    while (sent.length < due) {
      const id = `${number}-${sent.length}`;
      sent.push(send(served.url, agent, id).then((is) => is && acknowledged.push(id)));
    }
    await wait(TICK_MS);
  }
  await served.stop("SIGKILL");
  await Promise.all(sent);
  agent.destroy();
  return { acknowledged, sent: sent.length, seconds: until / 1000 };
}

let lost = 0;
for (const host of hosts) {
  const store = folder();
  const acknowledged = [];
  let [sent, seconds] = [0, 0];
  for (let number = 0; number < Number(options.rounds); number++) {
    const done = await round(host, store.path, number);
    acknowledged.push(...done.acknowledged);
    [sent, seconds] = [sent + done.sent, seconds + done.seconds];
  }
  const stored = logged(store.path, "SELECT lead_id, count(*) FROM prediction_logs GROUP BY lead_id");
  const ids = new Set(stored.map(([id]) => id));
  const missing = acknowledged.filter((id) => !ids.has(id)).length;
  const twice = stored.filter(([, count]) => count > 1).length;
  lost += missing + twice;
  const rate = (sent / seconds).toFixed(0);
  console.log(`${host.name}: ${options.rounds} rounds at ${rate} req/s, ${sent} sent, ${acknowledged.length} acknowledged, ${missing} lost, ${twice} stored twice`);
  store.remove();
}
process.exit(lost > 0 ? 1 : 0);
