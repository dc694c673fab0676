// The native service on a store of either kind, for tests: a folder of SQLite, or a schema of a PostgreSQL that the tests start.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startPostgres } from "../../xtask/npm/postgres.mjs";
import { program } from "../../xtask/npm/native.mjs";
import { root } from "../../xtask/npm/run.mjs";

export const wait = (ms) => new Promise((done) => setTimeout(done, ms));
export const demo = join(root, "worker/demo/demo.plumb");

/** What a command printed and its exit code. */
export function command(...args) {
  const done = spawnSync(program(), args, { encoding: "utf8", maxBuffer: 1 << 28, timeout: 120_000 });
  // A service that starts although it must not would never end.
  if (done.error) throw done.error;
  return { code: done.status, text: done.stdout + done.stderr };
}

/** The kinds of store: each `open`s one with a name, which can be asked in SQL when no service runs. */
export function kinds() {
  return [
    {
      name: "SQLite",
      async start() {
        const folder = mkdtempSync(join(tmpdir(), "plumbline-stores-"));
        return {
          store: (name) => join(folder, name),
          /** Rows of a query on the log or the control object of a store, joined by `|`. */
          sql(name, owner, statement) {
            const script = "import sqlite3, sys\nd = sqlite3.connect(sys.argv[1])\nfor r in d.execute(sys.argv[2]): print('|'.join('' if c is None else str(c) for c in r))\nd.commit()";
            const file = join(folder, name, owner === "log" ? "log.sqlite" : "control.sqlite");
            const asked = spawnSync("python3", ["-c", script, file, statement], { encoding: "utf8", maxBuffer: 1 << 28 });
            assert.equal(asked.status, 0, asked.stderr);
            return asked.stdout.trim();
          },
          remove: () => rmSync(folder, { recursive: true, force: true }),
        };
      },
    },
    {
      name: "PostgreSQL",
      async start() {
        const postgres = await startPostgres();
        return {
          postgres,
          store: (name) => `${postgres.url}&schema=${name}`,
          sql: (name, owner, statement) => postgres.script(`SET search_path = ${name}${owner === "log" ? "_log" : ""}; ${statement}`),
          remove: () => postgres.remove(),
        };
      },
    },
  ];
}

/** A running service: its address, the key it printed where it made one, and what stops it. */
export async function serve(store, ...args) {
  const given = ["serve", "--store", store, "--listen", "127.0.0.1:0", "--threads", "2", ...args];
  const child = spawn(program(), given, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  const ended = new Promise((done) => child.once("exit", done));
  const lines = [];
  const reader = createInterface({ input: child.stdout });
  const first = new Promise((done) => reader.on("line", (line) => lines.push(line) && done()));
  await Promise.race([first, ended.then((code) => Promise.reject(new Error(`plumbline serve ended with ${code}: ${said}`)))]);
  await wait(50);
  const url = lines[0].replace("listening on ", "");
  const key = lines.find((line) => line.startsWith("key that"))?.split(" ").at(-1);
  const call = async (method, path, body, headers = {}) => {
    const type = { "content-type": typeof body === "string" ? "application/x-ndjson" : "application/json" };
    const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(`${url}${path}`, { method, body: text, headers: { ...(text === undefined ? {} : type), ...headers } });
    const received = await answer.text();
    let json;
    try {
      json = JSON.parse(received);
    } catch {
      json = received;
    }
    return { status: answer.status, etag: answer.headers.get("etag"), body: json };
  };
  return {
    url,
    key,
    pid: child.pid,
    said: () => said,
    call,
    get: async (path, headers) => (await call("GET", path, undefined, headers)).body,
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      return ended;
    },
  };
}

/** A settings file that says `text`. */
export function settings(text) {
  const folder = mkdtempSync(join(tmpdir(), "plumbline-settings-"));
  const file = join(folder, "plumbline.toml");
  writeFileSync(file, text);
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
