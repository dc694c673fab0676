// Delta Lake by Python's `deltalake`: what `plumbline export --to delta:…` wrote is read, and tables that it wrote are trained on.
// PLUMBLINE_PYTHON is an interpreter with tests/python/requirements.txt.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { program } from "../../xtask/npm/native.mjs";
import { command, demo, serve, settings, wait } from "../stores/serve.mjs";

const folder = mkdtempSync(join(tmpdir(), "plumbline-delta-"));
const lake = join(folder, "lake");
let at;
before(async () => {
  assert.ok(process.env.PLUMBLINE_PYTHON, "PLUMBLINE_PYTHON names no interpreter");
  at = await serve(join(folder, "store"), "--model", demo, "--log", "durable");
});
after(async () => {
  await at?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What `script` prints, whose argument is a folder. Its process ends at once: threads of Arrow that still run would abort it now and then. */
const python = (script, ...args) => {
  const whole = `import json, os, sys\nfrom deltalake import DeltaTable, write_deltalake\n${script}\nsys.stdout.flush()\nos._exit(0)`;
  return JSON.parse(execFileSync(process.env.PLUMBLINE_PYTHON, ["-c", whole, ...args], { encoding: "utf8" }));
};

const READS = `
out = {}
for name in ("prediction_logs", "ledger", "models", "outcome_events"):
    t = DeltaTable(sys.argv[1] + "/" + name)
    rows = t.to_pyarrow_table().to_pylist()
    out[name] = {"rows": len(rows), "version": t.version(), "writer": t.protocol().min_writer_version, "first": rows[0]}
leads = DeltaTable(sys.argv[1] + "/prediction_logs").to_pyarrow_table(columns=["lead_id"]).column("lead_id").to_pylist()
out["leads"] = [len(leads), len(set(leads))]
print(json.dumps(out))`;

const args = () => ["export", "--url", at.url, "--key", at.key, "--to", `delta:${lake}`];

test("an export that is killed and repeated has every row once", { timeout: 120_000 }, async () => {
  let sent = 0;
  for (let n = 0; n < 6; n++) {
    const follower = spawn(program(), [...args(), "--every", "1"], { stdio: "ignore" });
    for (let i = 0; i < 4; i++) {
      const leads = Array.from({ length: 10 }, () => ({ lead_id: `x-${sent++}`, visits_30d: i }));
      assert.equal((await at.call("POST", "/v1/score?reasons=0", leads)).status, 200);
      await wait(60 + 40 * n);
    }
    const event = { lead_id: `x-${sent - 1}`, event_id: `e-${n}`, kind: "converted", occurred_at: Date.now() };
    assert.equal((await at.call("POST", "/v1/outcomes", event)).status, 200);
    follower.kill("SIGKILL");
  }
  const once = () => command(...args(), "--once");
  assert.equal(once().code, 0);
  const read = python(READS, lake);
  assert.deepEqual(read.leads, [sent, sent]);
  assert.equal(read.outcome_events.rows, 6);
  assert.ok(read.ledger.rows > 0 && read.models.rows > 0 && read.prediction_logs.writer === 2, JSON.stringify(read));
  assert.ok(read.prediction_logs.first.probability > 0 && read.prediction_logs.first.shard === 0, JSON.stringify(read.prediction_logs.first));
  // What is there is not appended again.
  assert.equal(once().code, 0);
  const again = python(READS, lake);
  assert.deepEqual([again.leads, again.prediction_logs.version], [read.leads, read.prediction_logs.version]);
});

const COLUMN = `
t = DeltaTable(sys.argv[1] + "/prediction_logs")
t.alter.set_table_properties({"delta.checkpointInterval": "4"})
print(json.dumps(t.version()))`;

const CHECKPOINT = `
import re
table = sys.argv[1] + "/prediction_logs"
log = table + "/_delta_log/"
last = json.load(open(log + "_last_checkpoint"))["version"]
whole = sorted(map(str, DeltaTable(table).to_pyarrow_table().to_pylist()))
for name in os.listdir(log):
    if re.fullmatch("[0-9]{20}.json", name) and int(name[:20]) <= last:
        os.remove(log + name)
t = DeltaTable(table)
again = sorted(map(str, t.to_pyarrow_table().to_pylist()))
print(json.dumps({"last": last, "version": t.version(), "same": whole == again, "rows": len(again), "at": DeltaTable(table, version=last).version(),
    "writers": t.transaction_version("plumbline/" + sys.argv[2] + "/0")}))`;

test("checkpoints stand for the commits before them", { timeout: 120_000 }, async () => {
  const from = python(COLUMN, lake);
  for (let n = 0; n < 6; n++) {
    assert.equal((await at.call("POST", "/v1/score?reasons=0", { lead_id: `c-${n}`, visits_30d: n })).status, 200);
    assert.equal(command(...args(), "--once").code, 0);
  }
  const { source } = await at.get("/v1/export", { authorization: `Bearer ${at.key}` });
  const read = python(CHECKPOINT, lake, source);
  assert.ok(read.last > from && read.last % 4 === 0 && read.at === read.last && read.version >= from + 6, JSON.stringify(read));
  assert.ok(read.same && read.writers > 0, JSON.stringify(read));
  // The export goes on from it.
  assert.equal((await at.call("POST", "/v1/score?reasons=0", { lead_id: "c-6", visits_30d: 1 })).status, 200);
  assert.equal(command(...args(), "--once").code, 0);
  assert.deepEqual(python(READS, lake).leads, [read.rows + 1, read.rows + 1]);
});

const HOLDING = `
import glob
import pyarrow.parquet as pq
lead, now, files = sys.argv[2], {}, []
for name in sorted(os.listdir(sys.argv[1])):
    if name.startswith("_"):
        continue
    t = DeltaTable(sys.argv[1] + "/" + name)
    if sys.argv[3] == "vacuum":
        t.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    rows = t.to_pyarrow_table().to_pylist()
    if any(lead in str(row) for row in rows):
        now[name] = len(rows)
    for file in glob.glob(sys.argv[1] + "/" + name + "/**/*.parquet", recursive=True):
        if any(lead in str(row) for row in pq.read_table(file).to_pylist()):
            files.append(name)
own = [name for name in os.listdir(sys.argv[1] + "/_plumbline") if lead in open(sys.argv[1] + "/_plumbline/" + name).read()]
print(json.dumps({"now": sorted(now), "files": sorted(set(files)), "own": own}))`;

test("an erased lead goes from the tables with the next round, and from the disk with VACUUM", { timeout: 120_000 }, async () => {
  const lead = "to-be-erased";
  const say = async (path, body) => assert.equal((await at.call("POST", path, body)).status, 200, path);
  await say("/v1/score?reasons=0", [{ lead_id: lead, visits_30d: 3 }, { lead_id: "stays", visits_30d: 3 }]);
  await say("/v1/outcomes", { lead_id: lead, event_id: "erase-1", kind: "converted", occurred_at: Date.now() });
  await say("/v1/feedback", { lead_id: lead, event_id: "erase-2", kind: "satisfaction", occurred_at: Date.now(), rating: 8 });
  // The digest makes scores and fields of the rows.
  const all = ["lead_features", "lead_scores", "outcome_events", "prediction_logs", "sales_feedback"];
  for (let n = 0; ; n++) {
    assert.equal(command(...args(), "--once").code, 0);
    const { now } = python(HOLDING, lake, lead, "");
    if (all.every((name) => now.includes(name))) break;
    assert.ok(n < 40, `only in ${now}`);
    await wait(500);
  }
  const before = python(READS, lake);
  const erased = await at.call("DELETE", `/v1/leads/${lead}`, undefined, { authorization: `Bearer ${at.key}` });
  assert.equal(erased.status, 200, JSON.stringify(erased.body));
  assert.equal(command(...args(), "--once").code, 0);
  assert.deepEqual(python(HOLDING, lake, lead, ""), { now: [], files: all, own: [] });
  const after = python(READS, lake);
  assert.equal(after.prediction_logs.rows, before.prediction_logs.rows, "the prediction itself stays, without the lead's id");
  assert.equal(after.outcome_events.rows, before.outcome_events.rows - 1);
  assert.deepEqual(python(HOLDING, lake, lead, "vacuum"), { now: [], files: [], own: [] });
  // A round in which nothing was erased writes nothing.
  const vacuumed = python(READS, lake);
  assert.equal(command(...args(), "--once").code, 0);
  assert.deepEqual(python(READS, lake), vacuumed);
});

const SCORES = `
out = {}
for name in ("score_changes", "current_scores"):
    rows = DeltaTable(sys.argv[1] + "/" + name).to_pyarrow_table().to_pylist()
    out[name] = [{key: row[key] for key in ("lead_id", "version", "probability", "band", "at_ms")} for row in rows]
print(json.dumps(out))`;

test("score changes and the scores that a CRM shows are tables of the lake, each change once", { timeout: 120_000 }, async (t) => {
  // A service and a lake of their own: the others record no changes.
  const file = settings("[writeback]\nenabled = true\n");
  const own = join(folder, "scores-lake");
  const at = await serve(join(folder, "scores"), "--model", demo, "--log", "durable", "--settings", file.file);
  t.after(async () => {
    await at.stop();
    file.remove();
  });
  const once = () => command("export", "--url", at.url, "--key", at.key, "--to", `delta:${own}`, "--once");
  const headers = { authorization: `Bearer ${at.key}` };
  const changes = async () => (await at.get("/v1/changes?limit=1000", headers)).changes;
  const score = (leads) => at.call("POST", "/v1/score?reasons=0", leads, headers);
  const leads = Array.from({ length: 30 }, (_, n) => ({ lead_id: `c-${n}`, pricing_page_visits: n % 9 }));
  const recorded = async (count) => {
    for (let n = 0; n < 100 && (await changes()).length < count; n++) await wait(100);
    return changes();
  };
  const { body } = await score(leads);
  const shown = body.scores.filter(({ explores }) => !explores);
  const first = await recorded(shown.length);
  assert.equal(once().code, 0);
  // A lead that is scored again with other fields is a second change, and still one current score.
  const moved = { ...shown.map(({ lead_id }) => ({ lead_id }))[0], pricing_page_visits: 40, lead_source: "Referral" };
  assert.equal((await score([moved])).status, 200);
  const all = await recorded(first.length + 1);
  assert.equal(all.length, first.length + 1, "its score moved");
  assert.equal(once().code, 0);
  const read = python(SCORES, own);
  const plain = ({ lead_id, version, probability, band }) => JSON.stringify([lead_id, version, probability, band]);
  assert.deepEqual(read.score_changes.map(plain).sort(), all.map(plain).sort());
  // A lake is appended to, in no order of rows: of a lead the row of the newest time holds.
  const newest = new Map(read.current_scores.sort((a, b) => a.at_ms - b.at_ms).map((row) => [row.lead_id, row]));
  const expected = new Map(all.map((change) => [change.lead_id, change]));
  assert.deepEqual([...newest.values()].map(plain).sort(), [...expected.values()].map(plain).sort());
  // It comes with each of its changes, and once in the order of leads.
  assert.ok(read.current_scores.length <= all.length + shown.length, `${read.current_scores.length} rows`);
});

const WRITES = `
import pyarrow as pa
from random import Random
def rows(first, last):
    draw, out = Random(first), []
    for n in range(first, last):
        visits = draw.randrange(20)
        out.append({"lead_id": f"L{n}", "visits": visits, "region": ["North", "South & East"][n % 2], "when": f"2026-0{1 + n * 8 // last}-1{n % 9}", "won": draw.random() < 0.1 + visits / 25})
    return pa.Table.from_pylist(out)
write_deltalake(sys.argv[1], rows(0, 600), partition_by=["region"])
write_deltalake(sys.argv[1], rows(600, 900), mode="append")
t = DeltaTable(sys.argv[1])
t.create_checkpoint()
t.delete("lead_id = 'L7'")
print(json.dumps(t.version()))`;

test("a table is trained on at a version, whatever was written since", { timeout: 120_000 }, () => {
  const table = join(folder, "crm");
  assert.equal(python(WRITES, table), 2);
  const train = (...more) => command("train", table, "--outcome", "won", "--time", "when", "-o", join(folder, "m.plumb"), ...more);
  for (const [version, rows, ...more] of [["0", 600, "--table-version", "0"], ["1", 900, "--table-version", "1"], ["2", 899]]) {
    const done = train(...more);
    assert.equal(done.code, 0, done.text);
    const { name, provenance, fields } = JSON.parse(command("inspect", join(folder, "m.plumb"), "--json").text);
    assert.deepEqual([provenance.table_version, provenance.rows, provenance.snapshot_uri], [version, rows, "delta:crm"]);
    assert.match(provenance.snapshot_sha256, /^[0-9a-f]{64}$/);
    assert.ok(JSON.stringify({ name, fields }).includes("region") || done.text.includes("region"), "the partition is a field");
  }
  const done = train("--table-version", "9");
  assert.equal(done.code, 5, done.text);
  assert.match(done.text, /DELTA_VERSION_MISSING/);
});
