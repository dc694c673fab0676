// Heads made to be read as something else: over a socket, byte by byte, on both hosts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../xtask/npm/run.mjs";
import { folder, hosts, logged } from "./hosts.mjs";

const lead = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").split("\n")[0];
const ORIGIN = "https://crm.example";

/** The answer to a request line and header lines of these bytes, a lead as its body. */
function exchange(url, line, ...headers) {
  const { hostname, port } = new URL(url);
  const lines = [line, `host: ${hostname}`, "connection: close", `content-length: ${Buffer.byteLength(lead)}`, ...headers];
  const bytes = lines.flatMap((part) => [Buffer.from(part), Buffer.from("\r\n")]);
  return new Promise((resolve, reject) => {
    const read = [];
    const socket = connect(Number(port), hostname, () => socket.write(Buffer.concat([...bytes, Buffer.from(`\r\n${lead}`)])));
    socket.on("data", (part) => read.push(part)).on("error", reject);
    socket.on("close", () => {
      const [head, body] = Buffer.concat(read).toString().split("\r\n\r\n");
      resolve({ status: Number(head.split(" ")[1]), head: head.toLowerCase(), body });
    });
  });
}

const POST = "POST /v1/score?reasons=0 HTTP/1.1";
const id = (...bytes) => Buffer.concat([Buffer.from("x-request-id: "), ...bytes.map((part) => Buffer.from(part))]);
const forged = ["origin", ORIGIN];
// U+010A and U+0A0A end in the byte of a line feed, U+0100 in that of a zero.
const values = [
  id("a\u010a", forged.join("\u010a")),
  id("a\u0a0a", forged.join("\u0a0a")),
  id("a", [0x8a], "origin", [0x8a], ORIGIN),
  id([0xff, 0xfe]),
  id("\u0100\u0100\u0100\u0113origin"),
  id("é"),
];

for (const host of hosts) {
  test(`a header's value forges no other (${host.name})`, async (t) => {
    const store = folder();
    const served = await host.start({ store: store.path, settings: { cors_origins: [ORIGIN] } });
    t.after(async () => {
      await served.stop("SIGKILL");
      store.remove();
    });
    const { url } = served;
    for (const value of values) {
      const answer = await exchange(url, POST, value);
      assert.equal(answer.status, 200, `${value}: ${answer.body}`);
      assert.doesNotMatch(answer.head, /access-control-allow-origin/, `${value}`);
    }
    const told = await exchange(url, POST, id("mine\tand yours, origin: x"), `origin: ${ORIGIN}`);
    assert.match(told.head, /access-control-allow-origin: https:\/\/crm\.example/);
    const behind = await exchange(url, POST, id([0xff]), `origin: ${ORIGIN}`);
    assert.match(behind.head, /access-control-allow-origin: https:\/\/crm\.example/, "what comes after a bad value is read");

    // A URL stays one, whatever it holds; a path that is escaped is the path.
    const paths = ["/v1/score%0Aorigin%0A" + ORIGIN, "/v1/score%0D%0Aorigin:%20x", "/v1/score%00", "/v1/score%C4%8Aorigin"];
    for (const path of paths) {
      const answer = await exchange(url, `POST ${path} HTTP/1.1`);
      assert.equal(answer.status, 404, path);
      assert.doesNotMatch(answer.head, /access-control-allow-origin/, path);
    }
    const raw = await exchange(url, `POST /v1/score\u010aorigin\u010a${ORIGIN} HTTP/1.1`);
    assert.ok([400, 404].includes(raw.status), `${raw.status}`);
    assert.doesNotMatch(raw.head, /access-control-allow-origin/);
    assert.equal((await exchange(url, "POST /v1/%73core?x=%0A HTTP/1.1", id("escaped"))).status, 200);

    assert.equal((await exchange(url, POST, id("first"), id("second"))).status, 200);
    const twice = await exchange(url, POST, "content-type: application/json", "content-type: text/plain");
    assert.equal(twice.status, 415);

    await served.stop();
    const names = logged(store.path, "SELECT client_request_id FROM prediction_logs ORDER BY timestamp_ms").map(([name]) => name);
    // What a client writes is what is logged; bytes that are not UTF-8 are U+FFFD, and a header that comes twice is one list.
    const sent = ["a\u010aorigin\u010ahttps://crm.example", "a\u0a0aorigin\u0a0ahttps://crm.example", "a\ufffdorigin\ufffdhttps://crm.example"];
    const logs = [...sent, "escaped", "first, second", "mine\tand yours, origin: x", "é", "\u0100\u0100\u0100\u0113origin", "\ufffd", "\ufffd\ufffd"];
    assert.deepEqual(names.sort(), logs.sort());
  });
}
