// A panic poisons a wasm instance: the shell drops it, instantiates again, answers 500 with a code; what comes next is served.
//
// The panic is a real one: the service's own module, whose memory may not grow beyond a few megabytes, is sent a body that needs more.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../xtask/npm/run.mjs";
import { folder, hosts, metric } from "./hosts.mjs";

const PAGE = 65536;
const MEMORY_SECTION = 5;

/** `number` as LEB128. */
function leb(number) {
  const bytes = [];
  for (; number >= 128; number >>>= 7) bytes.push((number & 127) | 128);
  return [...bytes, number];
}

/** The module with its memory limited to `pages`. */
function limited(module, pages) {
  let at = 8;
  const read = () => {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++];
      number |= (byte & 127) << shift;
      if (byte < 128) return number >>> 0;
    }
  };
  while (at < module.length) {
    const start = at;
    const kind = module[at++];
    const length = read();
    const content = at;
    if (kind === MEMORY_SECTION) {
      assert.equal(read(), 1, "one memory");
      assert.equal(read(), 0, "without a limit so far");
      const section = [1, 1, ...leb(read()), ...leb(pages)];
      return Buffer.concat([module.subarray(0, start), Buffer.from([kind, ...leb(section.length), ...section]), module.subarray(content + length)]);
    }
    at = content + length;
  }
  throw new Error("the module has no memory");
}

for (const log of ["batched", "durable"]) {
  test(`a panic costs one answer, not the service (log ${log})`, async () => {
    const store = folder();
    const module = join(store.path, "small.wasm");
    writeFileSync(module, limited(readFileSync(join(root, "worker/pkg/edge.wasm")), (8 << 20) / PAGE));
    // The body that makes it panic is one that the settings allow.
    const edge = await hosts[0].start({ store: store.path, log, module, settings: { limits: { body_bytes: 16 << 20 } } });
    const lead = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").split("\n")[0];
    const post = (body) => fetch(`${edge.url}/v1/score`, { method: "POST", body, headers: { "content-type": "application/json" } });
    const before = await (await post(lead)).json();
    const counts = (...names) => Promise.all(names.map((name) => metric(edge.url, `plumbline_${name}`)));
    for (let panics = 1; panics <= 3; panics++) {
      const answer = await post(`{"x":"${"y".repeat(12 << 20)}"}`);
      assert.equal(answer.status, 500);
      assert.equal(answer.headers.get("content-type"), "application/problem+json");
      assert.equal((await answer.json()).code, "INTERNAL");
      const next = await post(lead);
      assert.equal(next.status, 200);
      const { probability, reasons } = await next.json();
      assert.deepEqual({ probability, reasons }, { probability: before.probability, reasons: before.reasons });
      // Counters go on, and a row is waiting, stored or lost.
      const [replaced, failed, scored] = await counts("panics_total", 'requests_total\\{status="5xx"\\}', "leads_scored_total");
      assert.deepEqual([replaced, failed, scored], [panics, panics, 1 + panics]);
      const rows = await counts("log_rows_pending", "log_rows_written_total", "log_rows_failed_total");
      assert.equal(rows[0] + rows[1] + rows[2], 1 + panics, rows.join());
    }
    await edge.stop();
    store.remove();
  });
}
