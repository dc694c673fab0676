// What hostile bodies take is given back: a host's memory returns to at most twice what it was, and counters and rows survive where an
// instance had to be replaced for it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../xtask/npm/run.mjs";
import { folder, hosts, logged, metric } from "./hosts.mjs";

const lead = JSON.parse(readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").split("\n")[0]);
const MB = 1 << 20;

/** An array of `count` leads that is `bytes` long. */
function leads(count, bytes) {
  const one = JSON.stringify({ ...lead, note: "" });
  return `[${Array(count).fill(one.replace('"note":""', `"note":"${"x".repeat(Math.max(0, bytes / count - one.length - 1))}"`))}]`;
}

const bodies = [
  ["/v1/score?reasons=1000", leads(10_000, 15.9 * MB)],
  ["/v1/score?reasons=1000", leads(1_000, 1.9 * MB)],
  ["/invocations", `{"params":{"reasons":1000},"dataframe_records":${leads(1_000, 1.9 * MB)}}`],
  ["/v1/score?reasons=1000", `[${Array(10_000).fill("{}")}]`],
  ["/v1/score", `{"x":"${"y".repeat(15.9 * MB)}"}`],
  ["/v1/score", `[${Array(2 * MB).fill("1")}]`],
];

const settled = async (is, ms) => {
  for (const until = Date.now() + ms; !is() && Date.now() < until; ) await new Promise((next) => setTimeout(next, 50));
  return is();
};

for (const host of hosts) {
  test(`what hostile bodies take is given back (${host.name})`, async (t) => {
    const store = folder();
    const served = await host.start({ store: store.path });
    t.after(async () => {
      await served.stop("SIGKILL");
      store.remove();
    });
    const post = async (path, body) => (await fetch(served.url + path, { method: "POST", body, headers: { "content-type": "application/json" } })).text();
    const usual = async (count) => {
      for (let i = 0; i < count; i++) await post("/v1/score", JSON.stringify(lead));
    };
    const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${served.pid}/status`, "utf8"))[1]) / 1024;
    await usual(30);
    const before = resident();
    for (const [path, body] of bodies) for (let i = 0; i < 3; i++) await post(path, body);
    await usual(30);
    const isBack = () => resident() <= 2 * before;
    assert.ok(await settled(isBack, 10_000), `${before.toFixed(0)} MB before, ${resident().toFixed(0)} MB after`);
    const scored = await metric(served.url, "plumbline_leads_scored_total");
    assert.ok(scored >= 60 + 6_000, `${scored} leads`);
    await served.stop();
    assert.deepEqual(logged(store.path, "SELECT count(*) FROM prediction_logs"), [[scored]]);
  });
}
