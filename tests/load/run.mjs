// `npm run load`: throughput against the same runtime's echo, then latency at a fixed rate, for the edge and the native host.
//
// Builds what it needs. Takes some 140 seconds after that. Options: --seconds N (each measurement, default 4), --rounds N (pairs of
// ours and echo, default 3), --rate R (open loop, default 2000), --profile P (Cargo's, default release), --json (progress to stderr),
// --no-build (what is built is measured).
// `npm run load -- lifecycle`: what a rollout costs (lifecycle.mjs).
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, run } from "../../xtask/npm/run.mjs";
import { glue, prepare } from "../../xtask/npm/steps.mjs";
import { lifecycle } from "./lifecycle.mjs";
import { edge, edgeEcho, native, nativeEcho } from "./servers.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: "string", default: String(1 / 6) },
    only: { type: "string" },
    seconds: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    rate: { type: "string", default: "2000" },
    profile: { type: "string", default: "release" },
    "no-build": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
/**
 * Seconds before it counts, the same for ours and echo: V8 compiles what is used meanwhile, at the cost of the load generator. A fresh
 * process is still at it after 2 seconds (rounds used to rise by a third), and what serves for days is not told by its start.
 */
const [FRESH, WARM] = ["12", "2"];
const folder = join(root, "target", options.profile);
const bodies = join(root, "worker/demo/leads.ndjson");
const hosts = [
  { name: "edge (workerd), log batched", ours: () => edge("batched"), echo: edgeEcho, bar: 0.9 },
  { name: "native (hyper), log batched", ours: () => native("batched", folder), echo: () => nativeEcho(folder), bar: 0.6 },
];

/** Progress: on stdout for people, beside the JSON for programs. */
const say = (text) => (options.json ? console.error(text) : console.log(text));

async function make(name, command, args) {
  say(`• ${name}`);
  const code = await run(command, args, { quiet: true });
  if (code !== 0) process.exit(code);
}

const cargo = ["build", "--quiet", "--profile", options.profile];
if (!options["no-build"]) {
  await prepare();
  await make("Building the edge worker", "cargo", glue("worker"));
  await make("Building the native host", "cargo", [...cargo, "-p", "plumbline", "--bin", "plumbline", "--example", "echo"]);
  await make("Building the load generator", "cargo", [...cargo, "-p", "plumbline-tests", "--bin", "load", "--bin", "twin"]);
}

/** One measurement by the load generator. What servers print meanwhile is read: a full pipe would stop them. */
async function measure(server, extra, warmup = WARM, seconds = options.seconds) {
  const args = [server.url, "--bodies", bodies, "--seconds", seconds, "--warmup", warmup, "--pid", String(server.pid), "--json", ...extra];
  const child = spawn(join(folder, "load"), args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part) => (text += part));
  await new Promise((done) => child.once("close", done));
  if (!text) throw new Error("the load generator failed");
  return JSON.parse(text);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const line = (r) =>
  `${r.per_second.toFixed(0).padStart(7)} req/s  p50 ${r.p50_ms.toFixed(2)} ms  p99 ${r.p99_ms.toFixed(2)} ms  ` +
  `p99.9 ${r.p999_ms.toFixed(2)} ms  errors ${r.errors}  memory ${(r.memory_bytes / 1e6).toFixed(0)} MB`;
const report = [];

if (positionals[0] === "lifecycle") {
  report.push(...(await lifecycle({ folder, options, measure, line, median, say, fresh: FRESH, warm: WARM })));
  hosts.length = 0;
}
for (const host of hosts) {
  say(`\n${host.name}`);
  const ratios = [];
  const [ours, echo] = [await host.ours(), await host.echo()];
  for (let round = 0; round < Number(options.rounds); round++) {
    // Ours and echo in turn, so that a busy minute of the machine falls on both.
    const warmup = round === 0 ? FRESH : WARM;
    const mine = await measure(ours, [], warmup);
    const theirs = await measure(echo, [], warmup);
    ratios.push(mine.per_second / theirs.per_second);
    say(`  as fast as answered  ${line(mine)}`);
    say(`  echo                 ${line(theirs)}`);
    report.push({ host: host.name, mode: "closed", ours: mine, echo: theirs });
  }
  await echo.stop();
  const bare = await measure({ ...ours, url: `${ours.url}?reasons=0` }, []);
  say(`  without reasons      ${line(bare)}`);
  const open = await measure(ours, ["--rate", options.rate]);
  await ours.stop();
  say(`  ${options.rate} req/s due        ${line(open)}`);
  say(`  ratio to echo ${median(ratios).toFixed(2)} (bar ≥ ${host.bar}); at ${options.rate} req/s p99 ${open.p99_ms.toFixed(2)} ms (bar < 10), errors ${open.errors} (bar 0)`);
  report.push({ host: host.name, mode: "closed, reasons=0", ours: bare });
  report.push({ host: host.name, mode: "open", ours: open, ratio: median(ratios), bar: host.bar });
}
if (options.json) console.log(JSON.stringify({ bodies: readFileSync(bodies, "utf8").trim().split("\n").length, report }, null, 2));
