// The servers under load, each started as its users start it, each with the echo it is measured against.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEdge } from "../../worker/start.mjs";
import { root } from "../../xtask/npm/run.mjs";

/** Starts a process and waits until its address answers anything at all. */
async function started(command, args, url) {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  let ended = false;
  child.on("exit", () => (ended = true));
  for (let tries = 0; tries < 200; tries++) {
    if (ended) throw new Error(`${command} ${args.join(" ")} ended at once`);
    try {
      await (await fetch(url)).arrayBuffer();
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const stop = () =>
    new Promise((resolve) => {
      child.on("exit", resolve);
      child.kill("SIGTERM");
    });
  return { pid: child.pid, stop };
}

/** The edge worker with its prediction log, on a store of its own. */
export async function edge(log) {
  const store = mkdtempSync(join(tmpdir(), "plumbline-load-"));
  const server = await startEdge({ port: 8796, store, log, quiet: true });
  return { url: `${server.url}/v1/score`, pid: server.pid, stop: () => server.stop().then(() => rmSync(store, { recursive: true, force: true })) };
}

/** The same runtime, echoing. */
export async function edgeEcho() {
  const url = "http://127.0.0.1:8797/";
  const server = await started("node_modules/.bin/workerd", ["serve", "tests/load/echo.capnp"], url);
  return { url, ...server };
}

/** The native host with its prediction log. */
export async function native(log, target, { port = 8798, model = "worker/demo/demo.plumb" } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "plumbline-load-"));
  const args = ["serve", "--model", model, "--listen", `127.0.0.1:${port}`, "--db", join(folder, "log.db"), "--log", log];
  const server = await started(join(target, "plumbline"), args, `http://127.0.0.1:${port}/health/ready`);
  return { url: `http://127.0.0.1:${port}/v1/score`, pid: server.pid, stop: () => server.stop().then(() => rmSync(folder, { recursive: true, force: true })) };
}

/** Plain hyper, echoing. */
export async function nativeEcho(target) {
  const server = await started(join(target, "examples/echo"), ["127.0.0.1:8799"], "http://127.0.0.1:8799/");
  return { url: "http://127.0.0.1:8799/", ...server };
}
