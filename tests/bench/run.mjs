// `npm run bench`: our figures, the peers', their ratio and the bar, all from one run on one machine.
//
// Options: --rounds N (default 9), --profile NAME (of cargo, default release), --no-build, --json.
//
// Method. Every side is a process of its own that measures for a quarter of a second when asked; ours and the peer are asked in
// turn, so that a busy moment of the machine falls on both. A round counts by its fastest slice, a figure is the median of its
// rounds, a ratio the median of the rounds' ratios. One thread each. Results are compared before anything is timed.
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { has, root, run } from "../../xtask/npm/run.mjs";
import { build } from "../../xtask/npm/steps.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    profile: { type: "string", default: "release" },
    "no-build": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const say = (text) => options.json || console.log(text);
const shared = process.env.PLUMBLINE_SHARED ?? join(root, "../shared");
const folder = join(shared, "bench");
if (!existsSync(join(folder, "xgb_300.ubj"))) {
  console.error(
    `npm run bench needs models and rows: ${folder} with xgb_300.ubj, xgb_300.onnx, lgb_300.txt and leads20k30.f32le ` +
      `(20,000 rows of 30 little-endian f32). Set PLUMBLINE_SHARED to the folder that holds bench/.`,
  );
  process.exit(69);
}
const own = join(root, ".plumbline");
const [ours, cache, venv, npm] = ["bench/ours", "bench/peers", "venv-bench", "npm-bench"].map((name) => join(own, name));
const missing = {};

/** Runs a shell script quietly; a failure is reported, and its figure is missing. */
async function prepare(what, script) {
  say(`• ${what}`);
  if ((await run("sh", ["-c", script], { quiet: options.json })) !== 0) missing[what] = "could not be installed";
}

if (!options["no-build"]) {
  await build();
  const cargo = ["build", "--quiet", "--profile", options.profile, "-p", "plumbline-tests", "--bin", "bench"];
  if ((await run("cargo", cargo)) !== 0) process.exit(1);
  const wanted = join(root, "tests/bench/requirements.txt");
  const stamp = join(venv, "installed");
  if (has("python3")) {
    const install = `python3 -m venv "${venv}" && "${venv}/bin/python" -m pip install -q -r "${wanted}" && cp "${wanted}" "${stamp}"`;
    await prepare("Python peers: XGBoost, tl2cgen, lleaves", `cmp -s "${wanted}" "${stamp}" || { ${install}; }`);
  } else {
    missing["Python peers"] = "python3 is not installed";
  }
  mkdirSync(npm, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(root, "tests/bench", file), join(npm, file));
  const installed = join(npm, "node_modules/.package-lock.json");
  const install = `cd "${npm}" && npm ci --no-workspaces --ignore-scripts --no-audit --no-fund --loglevel=error`;
  await prepare("onnxruntime-web", `test "${installed}" -nt "${join(npm, "package-lock.json")}" || { ${install} && touch "${installed}"; }`);
}

/** A process that answers a line of JSON to each line. */
async function side(name, command, args) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = [];
  child.on("error", () => waiting.splice(0).forEach((resolve) => resolve(undefined)));
  child.on("close", () => waiting.splice(0).forEach((resolve) => resolve(undefined)));
  createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("{") || line === "null" ? waiting.shift()?.(JSON.parse(line)) : undefined);
  const answer = () => new Promise((resolve) => (child.exitCode === null ? waiting.push(resolve) : resolve(undefined)));
  const ready = await answer();
  if (!ready) {
    child.stdin.destroy();
    return { name, failed: true, ask: async () => null, stop() {} };
  }
  Object.assign(missing, ready.missing);
  return {
    name,
    ask(request) {
      child.stdin.write(`${request}\n`);
      return answer();
    },
    stop: () => child.stdin.end(),
  };
}

const binary = join(root, "target", options.profile, "bench");
const unbuilt = [binary, join(root, "wasm/pkg/node.js"), join(root, "wasm/pkg/js.js")].filter((path) => !existsSync(path));
if (unbuilt.length > 0) {
  console.error(`npm run bench: there is no build to measure (${unbuilt.map((path) => relative(root, path)).join(", ")} missing): run it without --no-build first`);
  process.exit(66);
}
say("• Preparing: models compiled, results compared");
const native = await side("native", binary, [folder, ours]);
if (native.failed) process.exit(1);
const python = await side("peers", join(venv, "bin/python"), [join(root, "tests/bench/peers.py"), folder, ours, cache]);
if (python.failed) missing["Python peers"] ??= "their process ended, see above";
const node = await side("node", process.execPath, [join(root, "tests/bench/node.mjs"), folder, ours, npm]);
if (node.failed) process.exit(1);

/** A fresh process's time to the first score, in microseconds: 0 from the imported package, 1 with the import. */
function fresh(which, ...args) {
  const ran = spawnSync(process.execPath, [join(root, "tests/bench/start.mjs"), ...args], { encoding: "utf8" });
  return ran.status === 0 ? { us: 1000 * JSON.parse(ran.stdout.trim().split("\n").at(-1))[which] } : null;
}
const start = (which) => ({ ours: async () => fresh(which, "plumbline", join(ours, "xgb_300.plumb")), peer: "onnxruntime-web", theirs: async () => fresh(which, "onnx", folder, npm) });

const RATIO = (bar) => ({ ratio: bar });
const timed = [
  { work: "one lead, native, xgb_300", ours: () => native.ask("one xgb_300"), peer: "tl2cgen, compiled C", theirs: () => python.ask("tl2cgen one"), bar: RATIO(0.2) },
  { work: "one lead, native, xgb_300", ours: () => native.ask("one xgb_300"), peer: "XGBoost, C API", theirs: () => python.ask("xgboost one"), bar: RATIO(0.02) },
  { work: "one lead, native, lgb_300", ours: () => native.ask("one lgb_300"), peer: "lleaves, LLVM", theirs: () => python.ask("lleaves one"), bar: RATIO(0.7) },
  { work: "20,000 rows, native, xgb_300, per row", ours: () => native.ask("batch xgb_300"), peer: "XGBoost", theirs: () => python.ask("xgboost batch"), bar: RATIO(0.2) },
  { work: "20,000 rows, native, lgb_300, per row", ours: () => native.ask("batch lgb_300"), peer: "lleaves, LLVM", theirs: () => python.ask("lleaves batch"), bar: RATIO(1) },
  { work: "one lead, wasm, xgb_300, Float64Array", ours: () => node.ask("wasm one"), peer: "onnxruntime-web", theirs: () => node.ask("onnx one"), bar: RATIO(0.07) },
  { work: "1,000 rows, wasm, xgb_300, per row", ours: () => node.ask("wasm batch"), peer: "onnxruntime-web", theirs: () => node.ask("onnx batch"), bar: RATIO(0.2) },
  { work: "TreeSHAP, native, xgb_300, per row", ours: () => native.ask("explain xgb_300"), peer: "XGBoost, pred_contribs", theirs: () => python.ask("xgboost explain"), bar: RATIO(0.1) },
  { work: "load and verify, native, xgb_300, compact", ours: () => native.ask("load-compact xgb_300"), bar: { us: 3000 } },
  { work: "load and verify, native, xgb_300", ours: () => native.ask("load xgb_300"), peer: "XGBoost, JSON", theirs: () => python.ask("xgboost load"), bar: { us: 3000 } },
  { work: "instantiate, load, first score, fresh node process", ...start(0), bar: { us: 8000 } },
  { work: "the same with the import of the package", ...start(1) },
  { work: "one lead, ./js (no wasm), xgb_300", ours: () => node.ask("js one"), peer: "our wasm", theirs: () => node.ask("wasm one"), bar: RATIO(3) },
  { work: "1,000 rows, ./js, xgb_300, per row", ours: () => node.ask("js batch"), peer: "our wasm", theirs: () => node.ask("wasm batch") },
  { work: "demo lead, wasm, JSON to JSON", ours: () => node.ask("wasm lead") },
  { work: "demo lead with 3 reasons, wasm", ours: () => node.ask("wasm lead+reasons"), peer: "without reasons", theirs: () => node.ask("wasm lead") },
  { work: "demo lead with 3 reasons, ./js", ours: () => node.ask("js lead+reasons"), peer: "our wasm", theirs: () => node.ask("wasm lead+reasons") },
  { work: "TreeSHAP, native, demo model, per row", ours: () => native.ask("explain demo") },
];

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const table = [];
for (const { work, peer, bar = {}, ...row } of timed) {
  say(`  ${work}${peer ? `, against ${peer}` : ""}`);
  const rounds = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    rounds.push({ ours: (await row.ours())?.us, theirs: (await row.theirs?.())?.us });
  }
  const both = rounds.every((r) => r.ours > 0 && r.theirs > 0);
  const figure = median(rounds.map((r) => r.ours));
  const ratio = both ? median(rounds.map((r) => r.ours / r.theirs)) : undefined;
  const met = bar.us ? figure <= bar.us : bar.ratio && both ? ratio <= bar.ratio : undefined;
  table.push({ work, unit: "µs", ours: figure, peer, theirs: both ? median(rounds.map((r) => r.theirs)) : undefined, ratio, bar, met });
}
for (const each of [native, python, node]) each.stop();

const gzip = (bytes) => gzipSync(bytes, { level: 9 });
const sizes = [
  { work: "xgb_300 as a compact bundle, gzip", file: join(ours, "xgb_300.compact.plumb"), pack: gzip, peer: "UBJ, gzip", theirs: join(folder, "xgb_300.ubj"), bar: 90_000 },
  { work: "xgb_300 as a bundle, gzip", file: join(ours, "xgb_300.plumb"), pack: gzip, peer: "UBJ, gzip", theirs: join(folder, "xgb_300.ubj"), bar: 90_000 },
  { work: "scorer wasm, brotli", file: join(root, "wasm/pkg/plumbline.wasm"), pack: brotliCompressSync, peer: "onnxruntime-web", theirs: join(npm, "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm"), bar: 60_000 },
  { work: "./js, brotli", file: join(root, "wasm/pkg/js.js"), pack: brotliCompressSync, bar: 70_000 },
];
for (const { work, file, pack, peer, theirs, bar } of sizes) {
  const bytes = (path) => (path && existsSync(path) ? pack(readFileSync(path)).length : undefined);
  const [mine, others] = [bytes(file), bytes(theirs)];
  table.push({ work, unit: "bytes", ours: mine, peer, theirs: others, ratio: others && mine / others, bar: { bytes: bar }, met: mine <= bar });
}

const git = spawnSync("git", ["rev-parse", "--short=12", "HEAD"], { cwd: root, encoding: "utf8" }).stdout?.trim();
const machine = { cpu: cpus()[0].model, cores: cpus().length, node: process.version, rust: spawnSync("rustc", ["--version"], { encoding: "utf8" }).stdout?.trim(), commit: git, profile: options.profile };
const held = table.filter((row) => row.met !== undefined);
const met = held.filter((row) => row.met).length;
if (options.json) {
  console.log(JSON.stringify({ machine, rounds: Number(options.rounds), table, missing, met, bars: held.length }, null, 2));
} else {
  const number = (x, unit) => (x === undefined ? "" : unit === "bytes" ? x.toLocaleString("en") + " B" : x >= 1000 ? (x / 1000).toFixed(2) + " ms" : x.toFixed(2) + " µs");
  const limit = ({ ratio, us, bytes }) => (ratio ? `≤ ${ratio} ×` : us ? `≤ ${us / 1000} ms` : bytes ? `≤ ${bytes / 1000} KB` : "");
  console.log(`\n${machine.cpu}, ${machine.cores} cores; node ${machine.node}; ${machine.rust}; profile ${machine.profile}; commit ${git}; ${options.rounds} rounds\n`);
  console.log("| work | ours | peer | theirs | ratio | bar | |\n|---|---:|---|---:|---:|---:|---|");
  for (const row of table) {
    const ratio = row.ratio === undefined ? "" : row.ratio.toPrecision(2);
    const verdict = row.met === undefined ? (row.bar.ratio ? "no peer" : "") : row.met ? "met" : "**missed**";
    console.log(`| ${row.work} | ${number(row.ours, row.unit)} | ${row.peer ?? ""} | ${number(row.theirs, row.unit)} | ${ratio} | ${limit(row.bar)} | ${verdict} |`);
  }
  console.log(`\n${met} of ${held.length} bars met.`);
  for (const [what, why] of Object.entries(missing)) console.log(`Not compared: ${what}: ${why}`);
}
