// A host does not score over a store that it cannot use, says so where it is asked, and goes on once the store takes rows again.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../xtask/npm/run.mjs";
import { folder, hosts, metric } from "./hosts.mjs";

const lead = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").split("\n")[0];
const post = (url) => fetch(`${url}/v1/score?reasons=0`, { method: "POST", body: lead, headers: { "content-type": "application/json" } });

/** Runs SQL on the log's files of a host, running or not; the files. */
function sql(store, statement) {
  const script = `import glob, json, sqlite3, sys
found = []
for file in glob.glob(sys.argv[1] + "/**/*.sqlite", recursive=True):
    db = sqlite3.connect(file, timeout=5)
    if db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'prediction_batches'").fetchone()[0]:
        db.executescript(sys.argv[2])
        found.append(file)
print(json.dumps(found))`;
  const run = spawnSync("python3", ["-c", script, store, statement], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout);
}

for (const host of hosts) {
  for (const log of ["batched", "durable"]) {
    test(`a store of a newer version, a broken and a full one are refused at start (${host.name}, ${log})`, async (t) => {
      const store = folder();
      t.after(() => store.remove());
      const first = await host.start({ store: store.path, log });
      assert.equal((await post(first.url)).status, 200);
      await first.stop();
      const refused = () => assert.rejects(host.start({ store: store.path, log }), (error) => error instanceof Error);
      sql(store.path, "CREATE TRIGGER full BEFORE INSERT ON prediction_batches BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
      await refused();
      const files = sql(store.path, "DROP TRIGGER full; INSERT INTO plumbline_schema (version) VALUES (999)");
      assert.equal(files.length, 1);
      await refused();
      writeFileSync(files[0], "this is no database, whatever its name says ".repeat(200));
      await refused();
    });
  }
}

test("natively a store that stops taking rows is reported, counted as what clients got, and used again", async (t) => {
  for (const log of ["batched", "durable"]) {
    const store = folder();
    const served = await hosts[1].start({ store: store.path, log });
    t.after(async () => {
      await served.stop();
      store.remove();
    });
    const ready = async () => (await fetch(`${served.url}/health/ready`)).status;
    assert.equal((await post(served.url)).status, 200);
    sql(store.path, "CREATE TRIGGER full BEFORE INSERT ON prediction_batches BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    assert.equal((await post(served.url)).status, log === "durable" ? 503 : 200);
    while ((await metric(served.url, "plumbline_log_rows_failed_total")) === 0) await new Promise((next) => setTimeout(next, 10));
    assert.equal(await ready(), log === "durable" ? 503 : 200);
    assert.match(await (await fetch(`${served.url}/health/ready`)).text(), /"log":/);
    assert.equal(await metric(served.url, "plumbline_leads_scored_total"), log === "durable" ? 1 : 2);
    sql(store.path, "DROP TRIGGER full");
    const until = Date.now() + 5000;
    const whole = async () => (await (await fetch(`${served.url}/health/ready`)).text()) === '{"ready":true}';
    while (!(await whole())) assert.ok(Date.now() < until) || (await new Promise((next) => setTimeout(next, 50)));
    assert.equal((await post(served.url)).status, 200);
  }
});
