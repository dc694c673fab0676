// What comes over a connection besides a well-made request, byte by byte, on both hosts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../xtask/npm/run.mjs";
import { folder, hosts, metric } from "./hosts.mjs";

const lead = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").split("\n")[0];
const head = (length) => `POST /v1/score?reasons=0 HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
const whole = head(Buffer.byteLength(lead)) + lead;

/** What the host answers to `bytes` on a connection that stays open, up to the end of the first answer's head; "" if nothing comes. */
function answer(url, bytes, ms = 3000) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let read = "";
    const end = () => resolve(read) || socket.destroy();
    socket.setTimeout(ms, end);
    socket.on("data", (part) => ((read += part), read.includes("\r\n\r\n") && end()));
    socket.on("close", end).on("error", (error) => (error.code === "ECONNRESET" || error.code === "EPIPE" ? end() : reject(error)));
  });
}

const status = (text) => Number(text.split(" ")[1]);

for (const host of hosts) {
  test(`an answer does not wait for what follows its request (${host.name})`, async (t) => {
    const store = folder();
    const served = await host.start({ store: store.path });
    t.after(async () => {
      await served.stop();
      store.remove();
    });
    for (const rest of ["", "\r\n", "POST /v1/sc", "GET /health/live HTTP/1.1\r\nho", whole]) {
      assert.equal(status(await answer(served.url, whole + rest)), 200, JSON.stringify(rest.slice(0, 20)));
    }
  });

  test(`a body announced to be too large is refused before it comes (${host.name})`, async (t) => {
    const store = folder();
    const served = await host.start({ store: store.path });
    t.after(async () => {
      await served.stop("SIGKILL");
      store.remove();
    });
    for (const length of [16_777_217, 99_999_999_999]) assert.equal(status(await answer(served.url, head(length))), 413, length);
    assert.equal(status(await answer(served.url, whole)), 200);
  });

  test(`a body that stalls ends with 408 (${host.name})`, async (t) => {
    const store = folder();
    const served = await host.start({ store: store.path, settings: { body_ms: 200 } });
    t.after(async () => {
      await served.stop("SIGKILL");
      store.remove();
    });
    for (const stalled of [head(1000) + lead.slice(0, 5), "POST /v1/score HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n4\r\n[{},\r\n"]) {
      assert.equal(status(await answer(served.url, stalled)), 408, stalled.slice(0, 40));
    }
    assert.equal(status(await answer(served.url, whole)), 200);
    assert.equal(await metric(served.url, 'plumbline_requests_total{status="4xx"}'.replace(/[{}]/g, "\\$&")), 2);
  });
}

/** Begins a request with a body of 2 MB, and breaks off by a reset. */
function breakOff(url) {
  const { hostname, port } = new URL(url);
  return new Promise((done) => {
    const socket = connect(Number(port), hostname, () => socket.write(head(2_097_152) + "[", () => setTimeout(() => socket.resetAndDestroy(), 100)));
    socket.on("error", () => {}).on("close", done);
  });
}

for (const host of hosts) {
  test(`uploads that break off leave room for others (${host.name})`, async (t) => {
    const store = folder();
    const served = await host.start({ store: store.path });
    t.after(async () => {
      await served.stop("SIGKILL");
      store.remove();
    });
    for (let i = 0; i < 4; i++) await Promise.all(Array.from({ length: 5 }, () => breakOff(served.url)));
    assert.equal(status(await answer(served.url, head(2_000_000) + " ".repeat(1_999_998) + "{}")), 200);
  });
}

test("the native host answers what is not HTTP", async (t) => {
  const store = folder();
  const served = await hosts[1].start({ store: store.path });
  t.after(async () => {
    await served.stop();
    store.remove();
  });
  const many = Array.from({ length: 300 }, (_, i) => `a${i}: b\r\n`).join("");
  const cases = [
    ["\x00\x01\x02\r\n\r\n", 400],
    ["G@T / HTTP/1.1\r\n\r\n", 400],
    ["GET / HTTP/9.1\r\n\r\n", 400],
    ["POST /v1/score HTTP/1.1\r\nhost: x\r\ncontent-length: ten\r\n\r\n", 400],
    [`GET /${"a".repeat(70_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 414],
    [`GET / HTTP/1.1\r\nhost: x\r\n${many}\r\n`, 431],
  ];
  for (const [bytes, expected] of cases) assert.equal(status(await answer(served.url, bytes)), expected, bytes.slice(0, 40));
});
