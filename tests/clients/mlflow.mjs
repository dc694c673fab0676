// MLflow's own tracking server on SQLite, and a proxy in front of it that asks for a token and fails on demand.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A port of this machine that is free now. */
async function free() {
  const server = http.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Starts `mlflow server` of the interpreter `python`; its address, and what stops it. */
export async function startMlflow(python) {
  const folder = mkdtempSync(join(tmpdir(), "plumbline-mlflow-"));
  const port = await free();
  const given = ["--backend-store-uri", `sqlite:///${folder}/mlflow.db`, "--artifacts-destination", join(folder, "artifacts")];
  const env = { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false", MLFLOW_DISABLE_TELEMETRY: "true", DO_NOT_TRACK: "true" };
  const args = ["-m", "mlflow", "server", ...given, "--host", "127.0.0.1", "--port", `${port}`, "--workers", "1"];
  // A group of its own: the server has workers, which end with it.
  const child = spawn(python, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const ended = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 600) {
      await stop();
      throw new Error(`mlflow server does not start: ${said}`);
    }
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) break;
    await new Promise((done) => setTimeout(done, 200));
  }
  return { url, stop };
}

/**
 * A proxy in front of `url`. `state.token`: the bearer token that is asked for. `state.fault(request, n)` says what happens to the n-th request:
 * `"503"` or another status, `"drop"` (no answer, and the server does not see it), `"lost"` (the server sees it, its answer is lost), `"half"`
 * (half of the answer), or a function that is called once the server has answered.
 */
export async function startProxy(url) {
  const state = { token: undefined, fault: undefined, requests: [] };
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    state.requests.push(`${request.method} ${request.url.split("?")[0]}`);
    if (state.token && request.headers.authorization !== `Bearer ${state.token}`) return response.writeHead(401).end("who are you?");
    const fault = state.fault?.(request, state.requests.length);
    if (fault === "drop") return request.socket.destroy();
    if (/^\d+$/.test(fault ?? "")) return response.writeHead(Number(fault), { "retry-after": "0" }).end("not now");
    const headers = { ...request.headers, host: new URL(url).host };
    const asked = http.request(`${url}${request.url}`, { method: request.method, headers }, async (answer) => {
      const parts = [];
      for await (const part of answer) parts.push(part);
      const body = Buffer.concat(parts);
      if (typeof fault === "function") fault();
      if (fault === "lost") return request.socket.destroy();
      const whole = { ...answer.headers, "content-length": `${body.length}` };
      delete whole["transfer-encoding"];
      response.writeHead(answer.statusCode, whole);
      if (fault === "half") {
        response.write(body.subarray(0, Math.floor(body.length / 2)), () => request.socket.destroy());
        return;
      }
      response.end(body);
    });
    asked.on("error", () => request.socket.destroy());
    asked.end(Buffer.concat(chunks));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${server.address().port}`, state, stop };
}
