// workerd as a host: the real runtime, from npm.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { root } from "./package.mjs";

/** A port nobody listens on. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Serves the project's `worker.js`, which may import `plumbline/workers`; `close()` ends it. */
export async function serve(project) {
  const port = await freePort();
  const shell = project.entry("./workers");
  project.write(
    "config.capnp",
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  compatibilityDate = "2026-10-01",
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "lines.mjs", esModule = embed "lines.mjs"),
    (name = "plumbline/workers", esModule = embed "${shell}"),
    (name = "plumbline/plumbline.wasm", wasm = embed "${shell.replace("workers.js", "plumbline.wasm")}"),
  ],
);`,
  );
  project.copy(new URL("lines.mjs", import.meta.url).pathname, "lines.mjs");
  const child = spawn(join(root, "node_modules/.bin/workerd"), ["serve", "config.capnp", "--control-fd=3"], {
    cwd: project.folder,
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  await new Promise((resolve, reject) => {
    child.stdio[3].once("data", resolve);
    child.once("exit", (code) => reject(new Error(`workerd ended with ${code}`)));
  });
  return { address: `http://127.0.0.1:${port}`, close: () => child.kill() };
}

/** Scores `cases` by `./workers`. */
export async function score(project, cases) {
  project.write(
    "worker.js",
    `import { Model } from "plumbline/workers";
import { score } from "lines.mjs";
export default {
  async fetch(request) {
    return Response.json(await score(Model, await request.json()));
  },
};`,
  );
  const server = await serve(project);
  try {
    const response = await fetch(server.address, { method: "POST", body: JSON.stringify(cases) });
    if (!response.ok) throw new Error(`workerd answered ${response.status}: ${await response.text()}`);
    return await response.json();
  } finally {
    server.close();
  }
}
