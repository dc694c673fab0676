// `npm test`: builds, runs every suite, and reports by name what could not run and what would install it. Only where `CI` is set does
// it install system packages itself. What needs few cores runs side by side: one suite's waiting is another's time, and the link-time
// optimisation of the edge module, which keeps one core busy for minutes, leaves the other to the lints and to the test programs.
// Exit code 0: every suite ran and passed; what single tests lacked (an instruction set, shared data) is listed. 1: something failed. 69:
// nothing failed, but a suite could not run.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { has, root, run } from "./run.mjs";
import { binaries } from "./postgres.mjs";
import { build, glue, prepare } from "./steps.mjs";

await prepare();

/** A suite that takes longer has stopped making progress. */
const LIMIT_MS = 30 * 60_000;

const outcomes = [];
/** What a suite that ran could not run, as it reported: `not run: …` on a line of its own. */
const lacks = new Set();

/** Runs one suite unless `lacking` names what it needs and the machine has not; its output is shown when it ends, in one piece. */
async function suite(name, lacking, command, args, env) {
  const place = outcomes.push({ name, outcome: "not run", note: lacking }) - 1;
  if (lacking) {
    console.log(`\n■ ${name}: not run, ${lacking}`);
    return;
  }
  console.log(`\n■ ${name}`);
  const started = performance.now();
  let output = "";
  const code = await run(command, args, { env, limit_ms: LIMIT_MS, isShown: false, heard: (chunk) => (output += chunk) });
  for (const [, what] of output.matchAll(/^(?:# )?not run: (.+)$/gm)) lacks.add(`${name}: ${what}`);
  const note = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const outcome = code === 0 ? "passed" : "failed";
  outcomes[place] = { name, outcome, note };
  console.log(`\n■ ${name}: ${outcome} in ${note}\n${output}`);
}

/** The node tests of one folder. */
function nodeTests(folder) {
  const at = join(root, "tests", folder);
  return existsSync(at) ? readdirSync(at).filter((f) => f.endsWith(".test.mjs")).sort().map((f) => join(at, f)) : [];
}

async function nodeSuite(name, folder, lacking, env) {
  const files = nodeTests(folder);
  if (files.length === 0) return;
  // One file at a time: each starts servers or browsers, and another suite runs beside this one.
  return suite(name, lacking, "node", ["--test", "--test-concurrency=1", ...files], env);
}

/** The program that holds the unit tests of the library `name`, as `cargo` with `args` builds it; `undefined` when it does not. */
function testProgram(args, name) {
  const cargo = spawnSync("cargo", [...args, "--no-run", "--message-format=json"], { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
  const messages = cargo.stdout.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  return messages.find(({ executable, target }) => executable && target.name === name && target.kind.includes("lib"))?.executable;
}

/** What a Debian package brings: on a CI machine it is installed; elsewhere the line that installs it is printed. */
async function debian(name, found) {
  if (found() || !has("apt-get")) return found();
  const line = `apt-get update -q && apt-get install -y -q ${name}`;
  if (process.env.CI && process.getuid?.() === 0) await run("sh", ["-c", line], { quiet: true });
  else console.log(`• ${name} is not installed; some tests need it. To install it: ${process.getuid?.() === 0 ? line : line.replaceAll("apt-get", "sudo apt-get")}`);
  return found();
}

/** Chromium's command. */
const chromium = () => debian("chromium", () => process.env.CHROMIUM ?? ["chromium", "chromium-browser", "google-chrome"].find(has));

/** PostgreSQL's server, for the store on it and for assignments recomputed in SQL. */
const postgres = () => debian("postgresql", binaries);

/** Java, for Spark. */
const java = () => debian("default-jre-headless", () => has("java"));

/** The pinned Python packages of real clients and peers, in a folder of the project's own. */
async function python() {
  const venv = join(root, ".plumbline/venv-tests");
  const interpreter = join(venv, "bin/python");
  const requirements = join(root, "tests/python/requirements.txt");
  if (!has("python3") || !existsSync(requirements)) return undefined;
  const stamp = join(venv, "installed");
  const script = `test -e "${stamp}" -a "${stamp}" -nt "${requirements}" || { python3 -m venv "${venv}" && "${interpreter}" -m pip install -q -r "${requirements}" && touch "${stamp}"; }`;
  console.log("• Python clients for the tests");
  return (await run("sh", ["-c", script], { quiet: true })) === 0 ? interpreter : undefined;
}

/** What is lacking to run a program in a root of its own, as another user. */
function spaces() {
  const may = process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "true"]).status === 0;
  return may ? undefined : "a root of its own needs the user root and unshare of util-linux";
}

/** Debian's packages in turn, as one lock guards them, and Python's beside them. */
async function tools() {
  const packages = async () => [await chromium(), await postgres(), await java()];
  const [[browser, server], interpreter] = await Promise.all([packages(), python()]);
  return { browser, lacking: server ? undefined : "PostgreSQL is not installed", interpreter };
}

const native = ["test", "--workspace", "--profile", "quick", "--no-fail-fast"];

/** After the page, which is a part of the command. */
const programs = { name: "test programs", seconds: 300, command: "cargo", args: [...native, "--quiet", "--no-run"] };
const lints = suite("format, lints and the fence", undefined, "node", ["xtask/npm/check.mjs"]);
const [{ browser, lacking, interpreter }] = await Promise.all([tools(), build([programs]), lints]);
const env = { ...(browser && { CHROMIUM: browser }), ...(interpreter && { PLUMBLINE_PYTHON: interpreter }) };
// What follows runs the programs that this built.
env.PLUMBLINE_BUILT = join(root, "target/quick");
const rules = testProgram(native, "plumbline_worker");
const without = browser ? undefined : "Chromium is not installed";

/** The suites, the longest first. Each keeps about one core busy, so two run at a time: who is done takes the next. */
const waiting = [
  () => nodeSuite("edge: the service in workerd", "edge", undefined, env),
  () => nodeSuite("browser: the dashboard in Chromium", "browser", without, env),
  () => suite("native", undefined, "cargo", native, { ...env, RUST_TEST_THREADS: "1" }),
  () => nodeSuite("stores: races, kills, exports, on SQLite and PostgreSQL", "stores", lacking, env),
  () => nodeSuite("hosts: node, workerd, Chromium, plain JS", "hosts", without, env),
  () => nodeSuite("edge: real clients", "clients", interpreter ? undefined : "Python 3 with the client packages is not installed", env),
  () => suite("analysis, in wasm under node", undefined, "cargo", glue("wasm-test"), env),
  () => suite("native: the service's rules on PostgreSQL", rules ? lacking : "they do not build", "node", ["xtask/npm/postgres.mjs", rules], env),
  () => suite("conformance", undefined, join(env.PLUMBLINE_BUILT, "conformance"), [], env),
  () => nodeSuite("container: the image's steps without an engine", "container", spaces(), env),
];

async function row() {
  for (let next = waiting.shift(); next; next = waiting.shift()) await next();
}
await Promise.all([row(), row()]);

const width = Math.max(...outcomes.map((o) => o.name.length));
console.log("\nSuite".padEnd(width + 3) + "Outcome");
for (const { name, outcome, note } of outcomes) console.log(`${name.padEnd(width + 2)}${outcome.padEnd(9)} ${note}`);
for (const what of lacks) console.log(`not run: ${what}`);
const count = (outcome) => outcomes.filter((o) => o.outcome === outcome).length;
console.log(`\n${count("passed")} passed, ${count("failed")} failed, ${count("not run")} skipped`);
process.exit(count("failed") > 0 ? 1 : count("not run") > 0 ? 69 : 0);
