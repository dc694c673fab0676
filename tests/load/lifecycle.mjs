// `npm run load -- lifecycle`: what the lifecycle costs the service under load, at the edge and natively. A rollout is under way: each lead is
// scored by both models, logged, and counted in windows.
//
// First throughput with and without a lifecycle, the same build and model, in alternating rounds; then latency and memory at a fixed
// rate. Every lead is new, unlike those of the plain load test. Options besides its own: --minutes M (of the fixed rate, default 1/6),
// --only edge|native. Bars: ratio ≥ 0.8, p99 < 10 ms, no error, memory flat.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { startEdge } from "../../worker/start.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { native } from "./servers.mjs";

const leads = join(root, "worker/demo/leads.ndjson");
const COPIES = 40;

/** A command that must succeed; what it printed. */
function output(command, ...args) {
  const done = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (done.status !== 0) throw new Error(`${command} ${args[0]}: ${done.stderr}`);
  return done.stdout;
}

/** The demo's model with distributions of its fields, as windows need them, and its twin of another version. */
function models(folder, at) {
  const lines = readFileSync(leads, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const names = [...new Set(lines.flatMap(Object.keys))];
  const cell = (value) => (value === undefined || value === null ? "" : `"${Array.isArray(value) ? value.join(";") : value}"`);
  const rows = Array.from({ length: COPIES }, (_, copy) => lines.map((lead, n) => [...names.map((name) => cell(lead[name])), (n + copy) % 3 === 0 ? 1 : 0]));
  const table = join(at, "train.csv");
  writeFileSync(table, [[...names, "bought"], ...rows.flat()].map((row) => `${row.join(",")}\n`).join(""));
  const [champion, challenger] = ["champion.plumb", "challenger.plumb"].map((name) => join(at, name));
  output(join(folder, "plumbline"), "baseline", join(root, "worker/demo/demo.plumb"), table, "--outcome", "bought", "-o", champion);
  output(join(folder, "twin"), champion, "twin", challenger);
  return { champion, challenger };
}

/** Starts the rollout of `challenger` at a service, and resolves once it is served. */
async function begin({ url, key }, challenger) {
  const call = async (path, body, headers = {}) => {
    const answer = await fetch(`${url}${path}`, { method: body ? "POST" : "GET", body, headers: { authorization: `Bearer ${key}`, ...headers } });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${text}`);
    return { tag: answer.headers.get("etag"), epoch: answer.headers.get("plumbline-epoch"), json: JSON.parse(text) };
  };
  const { version } = (await call("/v1/models", readFileSync(challenger), { "content-type": "application/octet-stream" })).json;
  const { tag } = await call("/v1/rollout");
  const start = (await call("/v1/rollout/start", JSON.stringify({ version, acknowledge: true }), { "if-match": tag })).json;
  const lead = readFileSync(leads, "utf8").split("\n")[0];
  while ((await call("/v1/score", lead, { "content-type": "application/json" })).epoch !== `${start.epoch}`) await new Promise((next) => setTimeout(next, 100));
}

const policy = { gates: { rules: { four_eyes: false } } };

/** The hosts, each with a lifecycle and without. */
function hosts(folder) {
  const edge = async (port, bundles, lifecycle) => {
    const store = mkdtempSync(join(tmpdir(), "plumbline-load-"));
    const server = await startEdge({ port, store, models: [bundles.champion], lifecycle, quiet: true });
    if (lifecycle) await begin(server, bundles.challenger);
    return { ...server, stop: () => server.stop().then(() => rmSync(store, { recursive: true, force: true })) };
  };
  const kept = async (bundles) => {
    const at = mkdtempSync(join(tmpdir(), "plumbline-load-"));
    const settings = join(at, "plumbline.toml");
    writeFileSync(settings, "[gates.rules]\nfour_eyes = false\n");
    const args = ["serve", "--store", join(at, "store"), "--model", bundles.champion, "--listen", "127.0.0.1:8793", "--settings", settings];
    const child = spawn(join(folder, "plumbline"), args, { stdio: ["ignore", "pipe", "inherit"] });
    const key = await new Promise((done) => {
      let said = "";
      child.stdout.on("data", (text) => (said += text).match(/PLUMBLINE_KEY=(\S+)/) && done(RegExp.$1));
    });
    const server = { url: "http://127.0.0.1:8793", key, pid: child.pid };
    await begin(server, bundles.challenger);
    const stop = () =>
      new Promise((done) => child.once("exit", done) && child.kill("SIGTERM")).then(() => rmSync(at, { recursive: true, force: true }));
    return { ...server, stop };
  };
  const plain = (bundles) => native("batched", folder, { port: 8792, model: bundles.champion });
  return [
    { name: "edge", title: "edge (workerd)", with: (b) => edge(8795, b, { is_local: true, policy }), without: (b) => edge(8794, b) },
    { name: "native", title: "native (hyper)", with: kept, without: plain },
  ];
}

/** Measures every host; `measure(server, extra, warmup)` is one run of the load generator. */
export async function lifecycle({ folder, options, measure, line, median, say, fresh, warm }) {
  const at = mkdtempSync(join(tmpdir(), "plumbline-load-models-"));
  const report = [];
  try {
    const bundles = models(folder, at);
    for (const host of hosts(folder).filter(({ name }) => !options.only || options.only === name)) {
      say(`\n${host.title}, log batched, a rollout in shadow; load average ${loadavg()[0].toFixed(1)}`);
      const [on, off] = [await host.with(bundles), await host.without(bundles)];
      const score = (server) => ({ ...server, url: server.url.endsWith("/v1/score") ? server.url : `${server.url}/v1/score` });
      const ratios = [];
      for (let round = 0; round < Number(options.rounds); round++) {
        const warmup = round === 0 ? fresh : warm;
        const ours = await measure(score(on), ["--fresh"], warmup);
        const without = await measure(score(off), ["--fresh"], warmup);
        ratios.push(ours.per_second / without.per_second);
        say(`  with a lifecycle     ${line(ours)}`);
        say(`  without              ${line(without)}`);
        report.push({ host: host.title, mode: "closed", ours, without });
      }
      await off.stop();
      await caught(on);
      const seconds = String(Number(options.minutes) * 60);
      const open = await measure(score(on), ["--fresh", "--rate", options.rate], warm, seconds);
      const [start, middle, end] = open.memory_bytes_over_time.map((bytes) => (bytes / 1e6).toFixed(0));
      const dropped = await counter(on, "plumbline_shadow_requests_dropped_total");
      const failed = await counter(on, "plumbline_log_rows_failed_total");
      await on.stop();
      say(`  ${options.rate} req/s for ${seconds} s  ${line(open)}`);
      say(`  memory at the start ${start} MB, in the middle ${middle} MB, at the end ${end} MB; requests the other model did not score ${dropped}; log rows lost ${failed}`);
      say(`  ratio ${median(ratios).toFixed(2)} (bar ≥ 0.8); at ${options.rate} req/s p99 ${open.p99_ms.toFixed(2)} ms (bar < 10), errors ${open.errors} (bar 0); load average ${loadavg()[0].toFixed(1)}`);
      report.push({ host: host.title, mode: "open", ours: open, ratio: median(ratios), dropped, failed });
    }
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
  return report;
}

/** Resolves once the service has worked through what the rounds before left: an answer of the lifecycle waits for its turn. */
async function caught({ url }) {
  await (await fetch(`${url}/v1/report`)).arrayBuffer();
}

async function counter({ url }, name) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
}
