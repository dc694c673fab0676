// Lighthouse on a running service, desktop and mobile: `node tests/browser/lighthouse.mjs URL`. It is fetched when this runs, so that no
// build waits for it. Exit code 1 where a score is below its bar.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LIGHTHOUSE = "lighthouse@13.5.0";
const BARS = { performance: 0.95, accessibility: 1, "best-practices": 0.95 };
const METRICS = { "first-contentful-paint": "FCP", interactive: "interactive", "total-blocking-time": "blocking", "cumulative-layout-shift": "shift" };

const url = process.argv[2] ?? "http://127.0.0.1:8787/";
const folder = mkdtempSync(join(tmpdir(), "plumbline-lighthouse-"));
const chrome = process.env.CHROMIUM?.startsWith("/") ? process.env.CHROMIUM : "/usr/bin/chromium";
let isBelow = false;
for (const form of ["desktop", "mobile"]) {
  const file = join(folder, `${form}.json`);
  const flags = ["--quiet", "--output=json", `--output-path=${file}`, `--only-categories=${Object.keys(BARS)}`, "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"];
  if (form === "desktop") flags.push("--preset=desktop");
  const run = spawnSync("npx", ["--yes", LIGHTHOUSE, url, ...flags], { encoding: "utf8", env: { ...process.env, CHROME_PATH: chrome } });
  if (run.status !== 0) throw new Error(`lighthouse ended with ${run.status}: ${run.stderr.slice(-2_000)}`);
  const { categories, audits } = JSON.parse(readFileSync(file, "utf8"));
  const scores = Object.keys(BARS).map((name) => [name, categories[name].score]);
  const metrics = Object.entries(METRICS).filter(([id]) => audits[id]).map(([id, name]) => `${name} ${audits[id].displayValue}`);
  console.log(`${form}: ${scores.map(([name, score]) => `${name} ${Math.round(100 * score)}`).join(", ")}; ${metrics.join(", ")}`);
  for (const [name, score] of scores.filter(([name, score]) => score < BARS[name])) {
    isBelow = true;
    const lost = categories[name].auditRefs.map(({ id }) => audits[id]).filter((audit) => audit.score !== null && audit.score < 1);
    console.log(`  below its bar: ${name}\n${lost.map((audit) => `    ${audit.title}: ${audit.displayValue ?? ""}`).join("\n")}`);
  }
}
rmSync(folder, { recursive: true, force: true });
process.exit(isBelow ? 1 : 0);
