// Bodies and paths made to hurt, over HTTP, on both hosts: each is refused with a code in the words of its route, and the service goes on.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { describe, test } from "node:test";
import { root } from "../../xtask/npm/run.mjs";
import { folder, hosts } from "./hosts.mjs";

const lead = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").split("\n")[0];
const JSON_TYPE = "application/json";

/** One exchange, as written: `parts` are sent as chunks when there are several. */
function ask(url, method, path, headers, ...parts) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const length = parts.length === 1 ? { "content-length": Buffer.byteLength(parts[0]) } : parts.length > 1 ? { "transfer-encoding": "chunked" } : {};
    const sent = request({ hostname, port, method, path, headers: { ...length, ...headers }, agent: false }, (answer) => {
      const read = [];
      answer.on("data", (part) => read.push(part));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(read).toString() }));
      answer.on("error", reject);
    });
    // A host that refuses a body early may close before it has read it.
    sent.on("error", reject);
    for (const part of parts) sent.write(part);
    sent.end();
  });
}

const large = " ".repeat(16 * 1024 * 1024 + 1);
const many = `[${Array(10_001).fill("{}")}]`;
const invalid = Buffer.from([...Buffer.from('{"industry":"'), 0xff, 0xfe, ...Buffer.from('"}')]);

/** Path, content type, body, status, code; the code is null where only the kind of error counts. */
const bodies = [
  ["/v1/score", JSON_TYPE, "", 400, "LEAD_BODY_EMPTY"],
  ["/v1/score", JSON_TYPE, lead.slice(0, 60), 400, "LEAD_MALFORMED"],
  ["/v1/score", JSON_TYPE, "[".repeat(200_000), 400, "LEAD_MALFORMED"],
  ["/v1/score", JSON_TYPE, `${'{"x":'.repeat(200_000)}1${"}".repeat(200_000)}`, 400, "LEAD_TOO_DEEP"],
  ["/v1/score", JSON_TYPE, '{"industry":'.repeat(100_000), 400, null],
  ["/v1/score", JSON_TYPE, large, 413, "BODY_TOO_LARGE"],
  ["/v1/score", JSON_TYPE, many, 413, "BATCH_TOO_LARGE"],
  ["/v1/score", JSON_TYPE, invalid, 400, null],
  ["/v1/score", "application/xml", lead, 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["/v1/score?reasons=-1", JSON_TYPE, lead, 400, "BAD_PARAMETER"],
  ["/v1/score?reasons=99999999999999999999", JSON_TYPE, lead, 400, "BAD_PARAMETER"],
  ["/invocations", JSON_TYPE, "{", 400, "BAD_REQUEST"],
  ["/invocations", JSON_TYPE, "{}", 400, "BAD_REQUEST"],
  ["/invocations", JSON_TYPE, '{"instances":[],"inputs":[]}', 400, "BAD_REQUEST"],
  ["/invocations", JSON_TYPE, `{"instances":${"[".repeat(100_000)}`, 400, "BAD_REQUEST"],
  ["/invocations", JSON_TYPE, large, 413, "BODY_TOO_LARGE"],
  ["/invocations", JSON_TYPE, `{"instances":${many}}`, 413, "BATCH_TOO_LARGE"],
  ["/invocations", "text/plain", "x", 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["/v2/models/demo-leads/infer", JSON_TYPE, "{", 400, null],
  ["/v2/models/demo-leads/infer", JSON_TYPE, large, 413, "BODY_TOO_LARGE"],
  ["/v2/models/nobody/infer", JSON_TYPE, "{}", 404, "NO_SUCH_MODEL"],
];

/** The code of an answer, in the words of the route it came from. */
function code(path, { headers, text }) {
  const body = JSON.parse(text);
  if (path.startsWith("/invocations")) return assert.match(body.message, /./), body.error_code;
  if (path.startsWith("/v2/")) return /^([A-Z_]+): ./.exec(body.error)?.[1];
  assert.equal(headers["content-type"], "application/problem+json");
  assert.deepEqual([body.type, typeof body.title, typeof body.detail], [`urn:plumbline:problem:${body.code}`, "string", "string"]);
  return body.code;
}

for (const host of hosts) {
  describe(host.name, () => {
    test("what is wrong is refused with a code, and the service goes on", async () => {
      const store = folder();
      const served = await host.start({ store: store.path });
      const well = async () => {
        const answer = await ask(served.url, "POST", "/v1/score?reasons=0", { "content-type": JSON_TYPE }, lead);
        assert.equal(answer.status, 200, answer.text);
      };
      for (const [path, type, body, status, expected] of bodies) {
        const shown = `${path} ${body.subarray ? "bytes" : body.slice(0, 30)}`;
        const answer = await ask(served.url, "POST", path, { "content-type": type }, body);
        assert.equal(answer.status, status, `${shown}: ${answer.text.slice(0, 200)}`);
        const found = code(path, answer);
        assert.match(found, /^[A-Z_]+$/, shown);
        if (expected) assert.equal(found, expected, shown);
        await well();
      }

      // Binary tensors whose sizes do not add up.
      const tensors = (size) => JSON.stringify({ inputs: [{ name: "employees", shape: [2], datatype: "FP64", parameters: { binary_data_size: size } }] });
      for (const [head, size, bytes] of [[9999, 16, 16], ["x", 16, 16], [-1, 16, 16], [null, 16, 8], [null, 17, 17], [null, 1e15, 16], [null, -1, 16]]) {
        const json = tensors(size);
        const headers = { "inference-header-content-length": head ?? json.length };
        const answer = await ask(served.url, "POST", "/v2/models/demo-leads/infer", headers, Buffer.concat([Buffer.from(json), Buffer.alloc(bytes)]));
        assert.equal(answer.status, 400, `${head} ${size} ${bytes}: ${answer.text}`);
        assert.match(JSON.parse(answer.text).error, /^[A-Z_]+: ./);
        await well();
      }

      // One bad line of many costs that line; a body in chunks is a body.
      const lines = await ask(served.url, "POST", "/v1/score", { "content-type": "application/x-ndjson" }, `${lead}\n{oops\n${lead}`);
      const codes = lines.text.trim().split("\n").map((line) => JSON.parse(line).error?.code);
      assert.deepEqual(codes, [undefined, "LEAD_MALFORMED", undefined]);
      const chunked = await ask(served.url, "POST", "/v1/score", { "content-type": JSON_TYPE }, lead.slice(0, 9), lead.slice(9));
      assert.equal(chunked.status, 200, chunked.text);

      // Methods and paths.
      const targets = [
        ["HEAD", "/health/live", 200],
        ["HEAD", "/v1/score", 405],
        ["DELETE", "/v1/score", 405],
        ["OPTIONS", "/v1/score", 204],
        ["GET", "/v1/score/", 404],
        ["GET", "/v1//score", 404],
        ["GET", "/%00", 404],
        ["GET", "/..%2f..%2fetc/passwd", 404],
        ["GET", "/v1/score%", 404],
        ["GET", `/${"a".repeat(6000)}`, 404],
      ];
      for (const [method, path, status] of targets) {
        const answer = await ask(served.url, method, path, {});
        assert.equal(answer.status, status, `${method} ${path.slice(0, 40)}`);
        if (method === "HEAD" || status === 204) assert.equal(answer.text, "");
        if (status === 405 || status === 204) assert.match(answer.headers.allow, /POST/);
        await well();
      }
      await served.stop();
      store.remove();
    });
  });
}
