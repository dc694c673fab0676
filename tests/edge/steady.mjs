// Requests at a fixed rate, whatever the service does, each over one of some kept-alive connections.
import { Agent, request } from "node:http";

const TICK_MS = 5;
export const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** Posts `body` to `path`; resolves to status, headers and body, with status 0 where no whole answer came. */
export function post(url, agent, path, body, more = {}) {
  const { hostname, port } = new URL(url);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...more };
  return new Promise((done) => {
    const none = { status: 0, headers: {}, text: "" };
    const sent = request({ hostname, port, agent, method: "POST", path, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part) => (text += part));
      answer.on("end", () => done(answer.complete ? { status: answer.statusCode, headers: answer.headers, text } : none)).on("error", () => done(none));
    });
    sent.on("error", () => done(none)).end(body);
  });
}

/**
 * Calls `send(agent, number)` so many times a second until `stop` is called, which resolves once every call has.
 *
 * @param {number} rate calls per second
 * @param {(agent: Agent, number: number) => Promise<unknown>} send makes one request; it may make several
 * @param {number} [connections] at most so many at a time
 */
export function steadily(rate, send, connections = 64) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const sent = [];
  const started = performance.now();
  let going = true;
  const loop = (async () => {
    while (going) {
      for (const due = ((performance.now() - started) * rate) / 1000; sent.length < due; ) sent.push(send(agent, sent.length));
      await wait(TICK_MS);
    }
  })();
  return {
    async stop() {
      going = false;
      await loop;
      await Promise.all(sent);
      agent.destroy();
      return sent.length;
    },
  };
}
