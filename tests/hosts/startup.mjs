// `npm run startup`: from nothing to the first score in a fresh node process, by the packed package, and how quickly it scores once
// warm. Medians; the machine's load is printed because they mean nothing without it.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { program } from "../../xtask/npm/native.mjs";
import { project as install, root } from "./package.mjs";

const RUNS = 15;
const shared = process.env.PLUMBLINE_SHARED ?? join(root, "../shared");
const project = install();
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** In the project: times of one fresh process, in ms. The bundle's bytes are there before the clock starts, as a host's are. */
const SCRIPT = `
import { readFileSync } from "node:fs";
const [, , entry, file, warm] = process.argv;
const bundle = readFileSync(file);
const times = [performance.now()];
const { Model } = await import(entry);
times.push(performance.now());
const model = await Model.load(bundle);
times.push(performance.now());
const width = model.card.columns.length;
const rows = new Float64Array(1000 * width).map((_, i) => ((i * 7919) % 1000) / 100 - 5);
model.scoreRow(rows.subarray(0, width));
times.push(performance.now());
const us = { row: 0, batch: 0 };
if (warm) {
  const timed = (calls, call) => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) call(i);
    return ((performance.now() - start) * 1000) / calls;
  };
  const one = (i) => model.scoreRow(rows.subarray((i % 1000) * width, (i % 1000 + 1) * width));
  timed(20_000, one);
  us.row = Math.min(...Array.from({ length: 9 }, () => timed(2_000, one)));
  us.batch = Math.min(...Array.from({ length: 9 }, () => timed(4, () => model.scoreBatch(rows)))) / 1000;
}
console.log(JSON.stringify({ ms: times.slice(1).map((t, i) => t - times[i]), us }));
`;
const run = (...args) => JSON.parse(execFileSync(process.execPath, ["startup.mjs", ...args], { cwd: project.folder, encoding: "utf8" }));

try {
  project.write("startup.mjs", SCRIPT);
  project.copy(join(root, "worker/demo/demo.plumb"), "demo.plumb");
  const models = ["demo.plumb"];
  const peers = join(shared, "bench/xgb_300.ubj");
  if (existsSync(peers)) {
    const out = join(project.folder, "xgb_300.plumb");
    execFileSync(program(), ["import", peers, "-o", out], { stdio: ["ignore", "ignore", "inherit"] });
    models.push("xgb_300.plumb");
  } else {
    console.log(`without xgb_300: there is no ${peers}`);
  }
  console.log(`node ${process.versions.node}, load average ${loadavg().map((x) => x.toFixed(1)).join(" ")}, medians of ${RUNS} processes`);
  const row = (...cells) => console.log(cells.map((cell, i) => (i < 2 ? String(cell).padEnd(16) : String(cell).padStart(9))).join(" "));
  row("entry", "model", "import", "load", "score", "total ms", "µs/row", "in 1,000");
  for (const entry of ["plumbline", "plumbline/inline", "plumbline/js"]) {
    for (const model of models) {
      const runs = Array.from({ length: RUNS }, () => run(entry, model).ms);
      const parts = [0, 1, 2].map((i) => median(runs.map((ms) => ms[i])));
      const total = median(runs.map((ms) => ms[0] + ms[1] + ms[2]));
      const { us } = run(entry, model, "warm");
      row(entry, model, ...[...parts, total, us.row, us.batch].map((x) => x.toFixed(2)));
    }
  }
  for (const model of models) {
    const bytes = readFileSync(join(project.folder, model));
    const { gzipSync } = await import("node:zlib");
    console.log(`${model}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzip`);
  }
} finally {
  project.remove();
}
