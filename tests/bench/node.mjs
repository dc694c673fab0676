// The JavaScript side of `npm run bench`: reads one request per line, measures for a moment, answers with JSON.
//
//     node.mjs FOLDER OURS ONNXRUNTIME
//
// Requests: `HOST one`, `HOST batch`, `HOST explain` of host `wasm` or `js` (the build without WebAssembly), `onnx one`, `onnx batch`.
// Results are compared before anything is timed. `onnx` is answered with null when onnxruntime-web is not installed at ONNXRUNTIME.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, ours, onnxruntime] = process.argv.slice(2).map((path) => resolve(path));
const COLUMNS = 30, BATCH = 1000, SLICE = 200, ROUND_MS = 250;
const raw = new Float32Array(new Uint8Array(readFileSync(join(folder, "leads20k30.f32le"))).buffer);
const rows = Float64Array.from(raw);
const margins = new Float64Array(new Uint8Array(readFileSync(join(ours, "xgb_300.margins.f64le"))).buffer);
const order = permutation(raw.length / COLUMNS);
const requests = new Map();
const missing = {};

/** The same as the native side's. */
function permutation(n) {
  const order = Array.from({ length: n }, (_, i) => i);
  let state = 1n;
  for (let i = n - 1; i > 0; i--) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    const j = Number((state >> 33n) % BigInt(i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Microseconds per unit of `work`, which does `units` of it: the fastest slice and the median one. */
async function slices(units, work) {
  const times = [];
  for (const began = performance.now(); times.length < 3 || performance.now() - began < ROUND_MS; ) {
    const start = performance.now();
    const waiting = work();
    if (waiting) await waiting;
    times.push(((performance.now() - start) * 1000) / units);
  }
  times.sort((a, b) => a - b);
  return { us: times[0], median_us: times[Math.floor(times.length / 2)], slices: times.length };
}

const at = (array, i, n = 1) => array.subarray(i * COLUMNS, (i + n) * COLUMNS);
/** The next row's number, in random order. */
let turn = 0;
const next = () => order[(turn = (turn + 1) % order.length)];

async function plumbline(name, entry) {
  const { Model } = await import(pathToFileURL(join(import.meta.dirname, "../../wasm/pkg", entry)));
  const model = await Model.load(readFileSync(join(ours, "xgb_300.plumb")));
  const batch = model.scoreBatch(at(rows, 0, BATCH), { output: "margin" });
  if (!batch.every((margin, i) => Object.is(margin, margins[i]))) throw new Error(`${name}: a margin differs from the native one`);
  const demo = await Model.load(readFileSync(join(import.meta.dirname, "../../worker/demo/demo.plumb")));
  const leads = readFileSync(join(import.meta.dirname, "../../worker/demo/leads.ndjson")).toString().trim().split("\n").map((l) => Buffer.from(l));
  requests.set(`${name} one`, () => slices(SLICE, () => { for (let i = 0; i < SLICE; i++) model.scoreRow(at(rows, next())); }));
  requests.set(`${name} batch`, () => slices(BATCH, () => { model.scoreBatch(at(rows, 1000 * (turn = (turn + 1) % 20), BATCH)); }));
  const demoLeads = (reasons) => () => slices(leads.length, () => { for (const lead of leads) demo.score(lead, { reasons, now: 0 }); });
  requests.set(`${name} lead`, demoLeads(0));
  requests.set(`${name} lead+reasons`, demoLeads(3));
}

async function onnx() {
  const at_ = join(onnxruntime, "node_modules/onnxruntime-web");
  if (!existsSync(at_)) throw new Error("onnxruntime-web is not installed");
  const ort = createRequire(join(at_, "package.json"))("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(join(folder, "xgb_300.onnx"), { executionProviders: ["wasm"] });
  const [input] = session.inputNames, output = session.outputNames.at(-1);
  const tensor = (i, n) => new ort.Tensor("float32", at(raw, i, n), [n, COLUMNS]);
  const run = (i, n) => session.run({ [input]: tensor(i, n) }, [output]);
  const { data, dims } = (await run(0, BATCH))[output];
  for (let i = 0; i < BATCH; i++) {
    const theirs = data[(i + 1) * dims[1] - 1], mine = 1 / (1 + Math.exp(-margins[i]));
    if (!(Math.abs(theirs - mine) < 1e-6)) throw new Error(`onnxruntime-web: row ${i} is ${theirs}, ours ${mine}`);
  }
  requests.set("onnx one", () => slices(50, async () => { for (let i = 0; i < 50; i++) await run(next(), 1); }));
  requests.set("onnx batch", () => slices(BATCH, () => run(1000 * (turn = (turn + 1) % 20), BATCH)));
}

await plumbline("wasm", "node.js");
await plumbline("js", "js.js");
await onnx().catch((error) => {
  if (/row/.test(error.message)) throw error;
  missing["onnxruntime-web"] = error.message;
});
console.log(JSON.stringify({ ready: true, missing }));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify((await requests.get(line.trim())?.()) ?? null));
}
