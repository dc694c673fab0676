// The store of a Durable Object, behind the shell's imports, keeps the contract that the native one keeps too; in real workerd.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { test } from "node:test";
import { root } from "../../xtask/npm/run.mjs";
import { folder, freePort, testModule } from "./hosts.mjs";

/** Serves the worker of `contract/` from folder `at`. */
async function serve(at) {
  const port = await freePort();
  const text = (value) => JSON.stringify(value);
  const file = (path) => text(relative(at, path));
  const modules = [
    `(name = "main.js", esModule = embed ${file(join(root, "tests/edge/contract/main.js"))})`,
    ...["instance.js", "store.js"].map((name) => `(name = "${name}", esModule = embed ${file(join(root, "worker/shell", name))})`),
    `(name = "edge.wasm", wasm = embed ${file(testModule())})`,
  ];
  mkdirSync(join(at, "rows"));
  writeFileSync(
    join(at, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "rows", disk = (path = ${text(join(at, "rows"))}, writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  compatibilityDate = "2026-10-01",
  bindings = [(name = "CHECKED", durableObjectNamespace = "Checked")],
  durableObjectNamespaces = [(className = "Checked", uniqueKey = "contract", enableSql = true)],
  durableObjectStorage = (localDisk = "rows"),
);
`,
  );
  const child = spawn(createRequire(import.meta.url).resolve("workerd/bin/workerd"), ["serve", join(at, "config.capnp")], { stdio: "inherit" });
  const ended = new Promise((done) => child.once("exit", done));
  const ask = async (query) => (await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: query })).json();
  const ready = async () => {
    while (child.exitCode === null && !(await ask("SELECT 1").then(() => true, () => false))) await new Promise((next) => setTimeout(next, 20));
  };
  await Promise.race([ready(), ended.then((code) => Promise.reject(new Error(`workerd ended with ${code}`)))]);
  return { ask, stop: () => (child.kill(), ended) };
}

test("the store of a Durable Object keeps the contract", async (t) => {
  const store = folder();
  const { ask, stop } = await serve(store.path);
  t.after(async () => {
    await stop();
    store.remove();
  });
  assert.equal(await ask(""), "");
  // What the contract saw through our imports, the store says too.
  assert.deepEqual(await ask("SELECT k FROM contract_rows ORDER BY k"), [[1], [2], [10], [1000], [20000], [20001]]);
  assert.deepEqual(await ask("SELECT name FROM plumbline_owner"), [["shard"]]);
});
