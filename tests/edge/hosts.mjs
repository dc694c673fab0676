// The two hosts of the service, started alike: standalone workerd and the native `plumbline serve`.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startEdge } from "../../worker/start.mjs";
import { program } from "../../xtask/npm/native.mjs";
import { root } from "../../xtask/npm/run.mjs";

export const demo = join(root, "worker/demo/demo.plumb");

/** A folder that is gone when `remove` is called. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "plumbline-edge-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A port nobody listens on. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function workerd({ store, log = "batched", settings, module }) {
  return startEdge({ port: await freePort(), store, log, settings, module, quiet: true });
}

/** A value as TOML writes it on one line. */
function toml(value) {
  if (Array.isArray(value)) return `[${value.map(toml)}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  return `{ ${Object.entries(value).map(([key, inner]) => `${key} = ${toml(inner)}`)} }`;
}

async function native({ store, log = "batched", settings = {} }) {
  const file = join(store, "settings.toml");
  writeFileSync(file, Object.entries(settings).map(([key, value]) => `${key} = ${toml(value)}\n`).join(""));
  const args = ["serve", "--model", demo, "--listen", "127.0.0.1:0", "--db", join(store, "log.sqlite"), "--log", log, "--json"];
  const page = join(root, "web/dist");
  if (existsSync(page)) args.push("--page", page);
  const child = spawn(program(), [...args, "--settings", file], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((done) => child.once("exit", done));
  const first = new Promise((done) => createInterface({ input: child.stdout }).once("line", done));
  const line = await Promise.race([first, ended.then((code) => Promise.reject(new Error(`plumbline serve ended with ${code}`)))]);
  const stop = async (signal = "SIGTERM") => {
    child.kill(signal);
    await ended;
  };
  return { url: JSON.parse(line).listening, pid: child.pid, stop };
}

export const hosts = [
  { name: "workerd", start: workerd },
  { name: "plumbline serve", start: native },
];

/** The service's module for tests: with the contract of its store in it, and models that misbehave. */
export function testModule() {
  const args = ["rustc", "--quiet", "-p", "plumbline-worker", "--features", "contract,faults", "--target", "wasm32-unknown-unknown", "--profile", "cheap", "--lib", "--crate-type", "cdylib"];
  const cargo = spawnSync("cargo", args, { cwd: root, stdio: "inherit" });
  if (cargo.status !== 0) throw new Error("the module for tests does not build");
  return join(root, "target/wasm32-unknown-unknown/cheap/plumbline_worker.wasm");
}

/** The demo's model under another version, at `path`. */
export function twin(version, path, id) {
  const made = spawnSync(program("twin", "plumbline-tests"), [demo, version, path, ...(id ? ["--id", id] : [])], { cwd: root, stdio: "inherit" });
  if (made.status !== 0) throw new Error("the twin of the demo's model is not written");
  return path;
}

/** The value of a counter of /metrics. */
export async function metric(url, name) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
}

/** What `query` finds in the prediction log of a stopped host, read from its files by SQLite itself: rows of all shards. */
export function logged(store, query) {
  const script = `import glob, json, sqlite3, sys
rows = []
for file in glob.glob(sys.argv[1] + "/**/*.sqlite", recursive=True):
    db = sqlite3.connect(file)
    if db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'prediction_logs'").fetchone()[0]:
        rows += db.execute(sys.argv[2]).fetchall()
print(json.dumps(rows))`;
  const read = spawnSync("python3", ["-c", script, store, query], { encoding: "utf8", maxBuffer: 1 << 28 });
  if (read.status !== 0) throw new Error(read.stderr);
  return JSON.parse(read.stdout);
}
