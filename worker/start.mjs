// Starts standalone workerd with the service on it, for `npm start` and for the tests.
import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { config } from "./config.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/**
 * A request's objects are freed by a full collection only, and V8's own defaults save that up for a stall of some 80 ms. So the heap
 * is small, each collection a full one, due after some hundred requests, and done without waiting for helping threads, which on few
 * cores are late. The shell's few functions are compiled at once, in some ten milliseconds: handed to the one thread that also
 * compiles the service, they were interpreted for seconds.
 */
const FLAGS = [
  "--max-heap-size=32",
  "--max-semi-space-size=1",
  "--gc-global",
  "--minor-gc-task-trigger=20",
  "--single-threaded-gc",
  "--no-concurrent-recompilation",
];

/**
 * Starts the edge and resolves once it answers.
 *
 * @param {object} options
 * @param {number} [options.port] port on 127.0.0.1
 * @param {string} [options.store] folder of the log shards; made when absent
 * @param {"batched" | "durable"} [options.log] when predictions are stored
 * @param {object} [options.settings] further settings of the service
 * @param {string[]} [options.models] bundles to serve, the first answering when none is named
 * @param {string} [options.module] the service's wasm; the built one when absent
 * @param {{is_local?: boolean, is_demo?: boolean, policy?: object}} [options.lifecycle] on which terms a lifecycle runs; none without it
 * @param {boolean} [options.quiet] keep workerd's own output to yourself
 * @param {(percent: number) => void} [options.played] hears how much of the demo's history has been played
 * @returns {Promise<{url: string, pid: number, exampleLead: string, key?: string, stop: (signal?: string) => Promise<void>}>}
 */
export async function startEdge({ port = 8787, store, log = "batched", settings = {}, models, module = join(here, "pkg/edge.wasm"), quiet = false, lifecycle, played } = {}) {
  const bundles = (models ?? [join(here, "demo/demo.plumb")]).map((path) => resolve(path));
  for (const path of [module, ...bundles]) {
    if (!existsSync(path)) throw new Error(`${path} is missing: run npm run build`);
  }
  const at = resolve(store ?? join(here, "../.plumbline/store"));
  const rows = join(at, "log");
  mkdirSync(rows, { recursive: true });
  const page = join(here, "../web/dist");
  const assets = existsSync(page) ? page : undefined;
  const file = join(at, "config.capnp");
  writeFileSync(file, config({ at, shell: join(here, "shell"), module, models: bundles, port, store: rows, assets, settings: { ...settings, log }, flags: FLAGS, lifecycle }));
  // The first key of an empty store: only the process and the caller of this function get it.
  const key = lifecycle && !existsSync(join(rows, "plumbline-control")) ? randomBytes(24).toString("hex") : undefined;

  // Who answers before rows are stored leaves this until all are: where it is found, the service was killed, and the store notes it.
  const running = join(at, "running");
  const cut = existsSync(running) ? readFileSync(running, "utf8") : "";
  if (log === "batched") writeFileSync(running, randomUUID());
  else rmSync(running, { force: true });

  const binary = createRequire(import.meta.url).resolve("workerd/bin/workerd");
  const child = spawn(binary, ["serve", file], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, PLUMBLINE_KEY: key ?? "", PLUMBLINE_CUT: cut, PLUMBLINE_ADMIN: process.env.PLUMBLINE_ADMIN ?? "" } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      said = (said + chunk).slice(-4096);
      const percent = /^history (\d+) %\s*$/m.exec(chunk)?.[1];
      if (percent !== undefined) played?.(Number(percent));
      else if (!quiet) process.stderr.write(chunk);
    });
  }
  const ended = new Promise((done) => child.once("exit", done));
  const url = `http://127.0.0.1:${port}`;
  const opened = ready(url, child).catch((error) => {
    child.kill();
    // It answered no one.
    if (cut) writeFileSync(running, cut);
    else rmSync(running, { force: true });
    throw error;
  });
  await Promise.race([opened, ended.then((code) => Promise.reject(new Error(`workerd exited with code ${code}: ${said}`)))]);
  // Batched rows wait some milliseconds for company; asked to end politely, let them be stored first.
  const stop = async (signal = "SIGTERM") => {
    const isSettled = signal === "SIGTERM" && (await settled(url, child));
    child.kill(signal);
    await ended;
    if (isSettled) rmSync(running, { force: true });
  };
  return { url, pid: child.pid, exampleLead: lifecycle?.is_demo ? COMPANY_LEAD : example(), key, stop };
}

/** Resolves once the service answers; rejects where it cannot use its store. */
async function ready(url, child) {
  while (child.exitCode === null) {
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer?.ok) return;
    const { code, detail } = (await answer?.json().catch(() => undefined)) ?? {};
    if (code === "STORE_UNAVAILABLE") throw new Error(`${code}: ${detail}`);
    await new Promise((next) => setTimeout(next, 20));
  }
}

/** Resolves to true once no log row is waiting, to false where the service no longer answers. */
async function settled(url, child) {
  while (child.exitCode === null && child.signalCode === null) {
    const text = await fetch(`${url}/metrics`).then((answer) => answer.text(), () => "");
    if (!/^plumbline_log_rows_pending [1-9]/m.test(text)) return text !== "";
    await new Promise((next) => setTimeout(next, 5));
  }
  return false;
}

/** A lead that the models of the simulated company score, on one line. */
const COMPANY_LEAD = JSON.stringify({ lead_id: "L-1", lead_source: "Partner", visits_30d: 31, emails_opened: 15, company_size: 300, intent_score: 80 });

/** A lead that the demo model scores, on one line. */
function example() {
  const file = join(here, "demo/leads.ndjson");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n", 1)[0] : "{}";
}
