// `npm run fuzz -- TARGET[,TARGET…] [SECONDS]`: fuzzes the named parsers side by side, one core each, from a fresh clone.
// `npm run fuzz -- all 60` takes all in turn; `npm run fuzz -- totals` prints what was run here so far.
//
// Needs a nightly toolchain of Rust. Corpora grow in target/fuzz/corpus and are kept from run to run. An input that breaks a
// target lands in target/fuzz/artifacts: mend the parser, then copy the input to tests/fuzz/regressions/TARGET/.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, step } from "../../xtask/npm/run.mjs";

const work = join(root, "target/fuzz");
const ledger = join(work, "totals.json");
const targets = readdirSync(join(root, "tests/fuzz/fuzz_targets")).map((file) => file.replace(/\.rs$/, "")).sort();
/** Longer inputs say nothing new and take the time of others. */
const longest = { bundle: 32768, import_xgboost_json: 16384, import_xgboost_ubj: 16384, import_lightgbm: 16384, number: 64 };

const [names = "", seconds = "60"] = process.argv.slice(2);
if (names === "totals") {
  table();
  process.exit(0);
}
const chosen = names === "all" ? targets : names.split(",");
if (!chosen.every((name) => targets.includes(name)) || !(Number(seconds) > 0)) {
  console.error(`usage: npm run fuzz -- TARGET[,TARGET…]|all [SECONDS]\ntargets: ${targets.join(", ")}`);
  process.exit(2);
}
const host = /host: (\S+)/.exec(spawnSync("rustc", ["+nightly", "-vV"], { encoding: "utf8" }).stdout ?? "")?.[1];
if (!host) {
  console.error("Fuzzing needs a nightly toolchain: rustup toolchain install nightly");
  process.exit(69);
}
await step("Seeds", "cargo", ["run", "--quiet", "--profile", "quick", "-p", "plumbline-tests", "--bin", "seeds", "--", join(work, "seeds")]);
const coverage = ["level=4", "inline-8bit-counters", "pc-table", "trace-compares"].map((f) => `-Cllvm-args=-sanitizer-coverage-${f}`);
const flags = ["-Cpasses=sancov-module", ...coverage, "-Zsanitizer=address", "--cfg", "fuzzing"].join(" ");
await step(
  "Fuzzers",
  "cargo",
  ["+nightly", "build", "--quiet", "--release", "--locked", "--manifest-path", "tests/fuzz/Cargo.toml", "--target", host, "--target-dir", work],
  { env: { RUSTFLAGS: flags } },
);
let failed = 0;
if (names === "all") for (const name of chosen) failed += await fuzz(name);
else failed = (await Promise.all(chosen.map(fuzz))).reduce((a, b) => a + b, 0);
table();
process.exit(failed > 0 ? 1 : 0);

/** Fuzzes one target; resolves to 1 when an input broke it. */
function fuzz(name) {
  const [corpus, artifacts] = ["corpus", "artifacts"].map((kind) => join(work, kind, name));
  const regressions = join(root, "tests/fuzz/regressions", name);
  for (const folder of [corpus, artifacts]) mkdirSync(folder, { recursive: true });
  const folders = [corpus, join(work, "seeds", name), ...(existsSync(regressions) ? [regressions] : [])];
  const limits = ["-rss_limit_mb=1024", "-malloc_limit_mb=256", "-timeout=10", `-max_len=${longest[name] ?? 4096}`];
  const options = [`-max_total_time=${seconds}`, "-print_final_stats=1", "-use_value_profile=1", `-artifact_prefix=${artifacts}/`];
  // Files the readers unpack to lie in memory where there is such a folder.
  const env = { ...process.env, TMPDIR: existsSync("/dev/shm") ? "/dev/shm" : process.env.TMPDIR ?? "/tmp" };
  const child = spawn(join(work, host, "release", name), [...folders, ...limits, ...options], { cwd: work, env });
  let said = "";
  child.stderr.on("data", (chunk) => (said = (said + chunk).slice(-200_000)));
  return new Promise((resolve) => {
    child.on("close", (code) => {
      const number = (pattern) => Number([...said.matchAll(pattern)].at(-1)?.[1] ?? 0);
      const run = {
        seconds: number(/^Done \d+ runs in (\d+) second/gm) || number(/in (\d+) second/g),
        executions: number(/stat::number_of_executed_units:\s+(\d+)/g),
        coverage: number(/cov: (\d+)/g),
        features: number(/ft: (\d+)/g),
        peak_mb: number(/stat::peak_rss_mb:\s+(\d+)/g),
        broke: code === 0 ? 0 : 1,
      };
      if (code !== 0) console.error(`✗ ${name} ended with ${code}\n${said.slice(-6000)}`);
      record(name, run);
      resolve(run.broke);
    });
  });
}

function totals() {
  return existsSync(ledger) ? JSON.parse(readFileSync(ledger, "utf8")) : {};
}

function record(name, run) {
  const all = totals();
  const sum = all[name] ?? { runs: 0, seconds: 0, executions: 0, coverage: 0, features: 0, peak_mb: 0, broke: 0 };
  sum.runs += 1;
  for (const key of ["seconds", "executions", "broke"]) sum[key] += run[key];
  for (const key of ["coverage", "features", "peak_mb"]) sum[key] = Math.max(sum[key], run[key]);
  writeFileSync(ledger, JSON.stringify({ ...all, [name]: sum }, null, 1) + "\n");
}

function table() {
  const columns = ["runs", "seconds", "executions", "coverage", "features", "peak_mb", "broke"];
  console.log("target".padEnd(22) + columns.map((c) => c.padStart(12)).join(""));
  for (const [name, sum] of Object.entries(totals()).sort()) console.log(name.padEnd(22) + columns.map((c) => String(sum[c]).padStart(12)).join(""));
}
