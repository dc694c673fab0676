// Times the drift report of `plumbline/analysis` for `cargo run --release -p plumbline-tests --bin statistics`: one line of JSON.
// Usage: statistics_node.mjs FOLDER, which holds the doubles that the peers time too.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { driftReport } from "../../wasm/pkg/analysis-node.js";

const [folder] = process.argv.slice(2);
const COLUMNS = 30;
const table = (name) => {
  const bytes = readFileSync(join(folder, `${name}.f64le`));
  const doubles = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const rows = doubles.length / COLUMNS;
  return Array.from({ length: COLUMNS }, (_, i) => doubles.subarray(i * rows, (i + 1) * rows));
};
const [reference, current] = [table("drift_reference"), table("drift_current")];
const features = reference.map((values, i) => ({ name: `f${i}`, reference: values, current: current[i] }));

let best = Infinity;
let report;
for (let round = 0; round < 8; round++) {
  const start = performance.now();
  report = driftReport(features);
  // The first rounds warm the engine up.
  if (round >= 3) best = Math.min(best, performance.now() - start);
}
console.log(JSON.stringify({ ms: best, value: report.features[0].wasserstein }));
