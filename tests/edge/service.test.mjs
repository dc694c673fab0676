// The service on real standalone workerd: each route, bad input, and a log that keeps what it promised.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startEdge } from "../../worker/start.mjs";
import { root } from "../../xtask/npm/run.mjs";

const leads = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n");
const store = mkdtempSync(join(tmpdir(), "plumbline-edge-"));
let edge;

before(async () => {
  edge = await startEdge({ port: 8811, store, log: "batched", quiet: true });
});
after(async () => {
  await edge.stop();
  rmSync(store, { recursive: true, force: true });
});

async function post(path, body, type = "application/json", headers = {}) {
  const answer = await fetch(edge.url + path, { method: "POST", body, headers: { ...(type && { "content-type": type }), ...headers } });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: () => JSON.parse(text) };
}

/** The value of a counter of /metrics. */
async function metric(url, name) {
  const text = await (await fetch(`${url}/metrics`)).text();
  assert.match(text, /# EOF\s*$/);
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
}

test("one lead gets a score, a band and three reasons in words", async () => {
  const answer = await post("/v1/score", leads[0]);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("plumbline-log"), "batched");
  const score = answer.json();
  assert.equal(score.lead_id, JSON.parse(leads[0]).lead_id);
  assert.equal(score.variant, "champion");
  assert.ok(score.probability > 0 && score.probability < 1);
  assert.equal(score.reasons.length, 3);
  for (const reason of score.reasons) assert.match(reason.text, /: [+−]\d+ points?/);
});

test("an array and NDJSON give the same scores as one by one", async () => {
  const many = leads.slice(0, 10);
  const single = [];
  for (const lead of many) single.push((await post("/v1/score", lead)).json().probability);
  const array = (await post("/v1/score", `[${many}]`)).json();
  const scores = Array.isArray(array) ? array : array.scores;
  assert.deepEqual(scores.map((s) => s.probability), single);
  const lines = (await post("/v1/score", many.join("\n"), "application/x-ndjson")).text.trim().split("\n");
  assert.deepEqual(lines.map((line) => JSON.parse(line).probability), single);
});

test("in a batch only the lead that is wrong fails, and it says where", async () => {
  const bad = JSON.stringify({ ...JSON.parse(leads[1]), budget: "much" });
  const answer = (await post("/v1/score", `[${leads[0]},${bad},${leads[2]}]`)).json();
  const scores = Array.isArray(answer) ? answer : answer.scores;
  assert.ok(scores[0].probability && scores[2].probability);
  assert.equal(scores[1].error.errors[0].field, "budget");
  assert.match(scores[1].error.code, /^[A-Z_]+$/);
});

test("MLflow's four shapes and CSV agree", async () => {
  const lead = JSON.parse(leads[0]);
  const columns = Object.keys(lead).filter((name) => !Array.isArray(lead[name]));
  const record = Object.fromEntries(columns.map((name) => [name, lead[name]]));
  const expected = (await post("/v1/score", JSON.stringify(record))).json().probability;
  const cell = (value) => (value === null ? "" : typeof value === "string" && /[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const bodies = [
    [JSON.stringify({ dataframe_records: [record] })],
    [JSON.stringify({ dataframe_split: { columns, data: [columns.map((name) => lead[name])] } })],
    [JSON.stringify({ instances: [record] })],
    [JSON.stringify({ inputs: Object.fromEntries(columns.map((name) => [name, [lead[name]]])) })],
    [`${columns}\n${columns.map((name) => cell(lead[name]))}\n`, "text/csv"],
  ];
  for (const [body, type] of bodies) {
    const answer = await post("/invocations", body, type);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json().predictions, [expected], body.slice(0, 40));
  }
  assert.equal((await post("/invocations", "{}", "application/json")).status, 400);
  assert.equal((await post("/invocations", "x", "application/xml")).status, 415);
});

test("the Open Inference Protocol answers metadata and inference", async () => {
  const name = (await (await fetch(`${edge.url}/v1/models`)).json()).models[0].name;
  for (const path of ["/v2", "/v2/health/live", "/v2/health/ready", `/v2/models/${name}`, `/v2/models/${name}/ready`]) {
    assert.equal((await fetch(edge.url + path)).status, 200, path);
  }
  const inputs = [
    { name: "pricing_visits", shape: [2], datatype: "FP64", data: [1, 7] },
    { name: "lead_source", shape: [2], datatype: "BYTES", data: ["referral", "referral"] },
  ];
  const answer = await post(`/v2/models/${name}/infer`, JSON.stringify({ id: "7", inputs }), undefined);
  assert.equal(answer.status, 200, answer.text);
  const { id, outputs } = answer.json();
  assert.equal(id, "7");
  assert.equal(outputs[0].data.length, 2);
  assert.match((await post(`/v2/models/${name}/infer`, "{", undefined)).json().error, /./);
});

test("what is wrong is refused with a code, and the service goes on", async () => {
  const rows = [
    ["{", 400],
    ["[".repeat(5000), 400],
    ['{"budget":1e999}', 422],
    ['{"budget":[{}]}', 422],
    [`[${Array(10_001).fill("{}")}]`, 413],
    [" ".repeat(17 * 1024 * 1024), 413],
  ];
  for (const [body, status] of rows) {
    const answer = await post("/v1/score", body);
    assert.ok(answer.status >= 400 && answer.status < 500, `${body.slice(0, 20)}: ${answer.status}, not ${status}`);
    assert.match(answer.json().code, /^[A-Z_]+$/);
  }
  assert.equal((await fetch(`${edge.url}/nowhere`)).status, 404);
  const wrong = await fetch(`${edge.url}/v1/score`);
  assert.equal(wrong.status, 405);
  assert.match(wrong.headers.get("allow"), /POST/);
  assert.equal((await post("/v1/score", leads[0])).status, 200);
});

test("the page comes under a strict policy", async () => {
  const answer = await fetch(`${edge.url}/`);
  assert.equal(answer.status, 200);
  const policy = answer.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'/);
});

test("durable predictions survive a kill, batched ones are all written before an orderly end", async () => {
  for (const [log, port, signal] of [["durable", 8812, "SIGKILL"], ["batched", 8813, "SIGTERM"]]) {
    const folder = mkdtempSync(join(tmpdir(), "plumbline-log-"));
    const first = await startEdge({ port, store: folder, log, quiet: true });
    const send = (lead) => fetch(`${first.url}/v1/score`, { method: "POST", body: lead, headers: { "content-type": "application/json" } });
    const answers = await Promise.all(leads.map(send));
    assert.ok(answers.every((a) => a.status === 200 && a.headers.get("plumbline-log") === log));
    if (log === "durable") assert.equal(await metric(first.url, "plumbline_log_rows_written_total"), leads.length);
    await first.stop(signal);
    // What lies on disk is read by SQLite itself.
    const { execFileSync } = await import("node:child_process");
    const script = `import glob,sqlite3,sys
print(sum(sqlite3.connect(f).execute("SELECT count(*) FROM prediction_logs").fetchone()[0] for f in glob.glob(sys.argv[1]+"/**/*.sqlite", recursive=True) if sqlite3.connect(f).execute("SELECT count(*) FROM sqlite_master WHERE name='prediction_logs'").fetchone()[0]))`;
    assert.equal(Number(execFileSync("python3", ["-c", script, folder], { encoding: "utf8" })), leads.length, log);
    rmSync(folder, { recursive: true, force: true });
  }
});
