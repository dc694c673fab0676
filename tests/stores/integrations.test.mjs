// The recipes of docs/INTEGRATIONS.md, as they are printed there: a CRM in PostgreSQL, a receiver of webhooks, and messages to Slack. The
// service's store is in PostgreSQL, too; on SQLite the same is tested by the tests of the service.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { program } from "../../xtask/npm/native.mjs";
import { startPostgres } from "../../xtask/npm/postgres.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { faults, unchecked } from "./schema.mjs";
import { command, demo, serve, settings, wait } from "./serve.mjs";

const recipes = [...readFileSync(join(root, "docs/INTEGRATIONS.md"), "utf8").matchAll(/<!-- run: (\w+) -->\n```\w+\n([\s\S]*?)```/g)];
const recipe = (name) => recipes.filter(([, of]) => of === name).map(([, , text]) => text);
const missing = ["jq", "curl", "psql"].filter((tool) => spawnSync("which", [tool]).status !== 0);
const skip = missing.length > 0 && `not run: ${missing.join(", ")} missing; apt-get install ${missing.join(" ")}`;

const SECRET = `whsec_${Buffer.from("a secret of the tests, 32 bytes.").toString("base64")}`;
const folder = mkdtempSync(join(tmpdir(), "plumbline-integrations-"));
let receiver;
let received = [];
/** A receiver that takes connections and never answers, and how many it took. */
const silent = createServer(() => (taken += 1));
let taken = 0;
/** A receiver that keeps what it is sent, as it came; while it is gone, it wants no messages. */
const recorder = createServer(async (request, response) => {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  if (!isGone) recorded.push({ headers: request.headers, body });
  response.writeHead(isGone ? 410 : 204).end();
});
const recorded = [];
let isGone = false;
let file;
let at;
let postgres;
let environment;

before(async () => {
  writeFileSync(join(folder, "receiver.mjs"), recipe("webhook")[0]);
  receiver = spawn(process.execPath, [join(folder, "receiver.mjs")], { env: { ...process.env, CRM_SECRET: SECRET, PORT: "0" }, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: receiver.stdout });
  const [first] = await new Promise((done) => lines.once("line", (line) => done([line])));
  lines.on("line", (line) => received.push(JSON.parse(line)));
  const port = first.split(" ").at(-1);
  for (const server of [silent, recorder]) await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const to = (server, secret) => `{ url = "http://127.0.0.1:${server.address().port}/", secret = "${secret}" }`;
  const hooks = `[${to(silent, "SILENT_SECRET")}, ${to(recorder, "RECORDER_SECRET")}, { url = "http://127.0.0.1:${port}/scores", secret = "CRM_SECRET" }]`;
  file = settings(`[writeback]\nenabled = true\nwebhooks = ${hooks}\n[alerts.notify]\nallow_loopback = true\n`);
  process.env.CRM_SECRET = SECRET;
  process.env.SILENT_SECRET = process.env.RECORDER_SECRET = SECRET;
  postgres = await startPostgres();
  at = await serve(`${postgres.url}&schema=service`, "--model", demo, "--log", "durable", "--settings", file.file);
  const path = `${dirname(program())}:${process.env.PATH}`;
  environment = { ...process.env, PATH: path, PLUMBLINE_URL: at.url, PLUMBLINE_KEY: at.key };
});
after(async () => {
  await at?.stop();
  receiver?.kill();
  silent.closeAllConnections();
  silent.close();
  recorder.close();
  postgres?.remove();
  file?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** What a recipe prints, run as it stands in a folder of the test. */
function bash(script, more = {}) {
  const done = spawnSync("bash", ["-euo", "pipefail", "-c", script], { cwd: folder, env: { ...environment, ...more }, encoding: "utf8", timeout: 60_000 });
  assert.equal(done.status, 0, `${script}\n${done.stdout}${done.stderr}`);
  return done.stdout;
}

/** Waits until `is` holds. */
async function until(is, what) {
  for (let n = 0; n < 150; n++) {
    if (await is()) return;
    await wait(100);
  }
  assert.fail(`not within 15 s: ${what}`);
}

const changes = async () => (await at.get("/v1/changes", { authorization: `Bearer ${at.key}` })).changes;

test("a CRM in PostgreSQL is scored, follows changes and reports outcomes", { skip, timeout: 120_000 }, async () => {
  postgres.script(
    "CREATE TABLE leads (id text PRIMARY KEY, lead_source text, pricing_page_visits int, created_at timestamptz DEFAULT now(), won_at timestamptz, " +
      "score numeric, band text, scored_at timestamptz)",
  );
  postgres.script("INSERT INTO leads (id, lead_source, pricing_page_visits) SELECT 'L-' || n, 'Referral', n % 9 FROM generate_series(1, 40) AS n");
  const [leads, back, outcomes] = recipe("postgres");
  const crm = { CRM: postgres.url };
  bash(leads, crm);
  const scored = readFileSync(join(folder, "scored.ndjson"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const shown = scored.filter(({ explores }) => !explores).length;
  assert.ok(shown > 30 && scored.length === 40);
  // The scores of leads that are explored are hidden: they are neither written nor listed as changes.
  assert.equal(postgres.script("SELECT count(*) FROM leads WHERE score BETWEEN 0 AND 1 AND band <> ''"), `${shown}`);
  assert.equal(postgres.script("SELECT count(*) FROM leads WHERE scored_at IS NOT NULL"), "40");
  await until(async () => (await changes()).length === shown, "the service records the changes");
  // The CRM lost its scores: the changes bring them again, and a second run brings nothing.
  postgres.script("UPDATE leads SET score = NULL, band = NULL");
  // A run that does not reach the CRM loses nothing.
  const away = spawnSync("bash", ["-euo", "pipefail", "-c", back], { cwd: folder, env: { ...environment, CRM: "postgresql://127.0.0.1:1/none" }, encoding: "utf8", timeout: 60_000 });
  assert.notEqual(away.status, 0);
  bash(back, crm);
  assert.equal(postgres.script("SELECT count(*) FROM leads WHERE score BETWEEN 0 AND 1 AND band <> ''"), `${shown}`);
  postgres.script("UPDATE leads SET score = 7 WHERE id = 'L-1'");
  bash(back, crm);
  assert.equal(postgres.script("SELECT score FROM leads WHERE id = 'L-1'"), "7");
  postgres.script("UPDATE leads SET won_at = now() WHERE id IN ('L-1', 'L-2')");
  for (const [n, code] of [[0, "ACCEPTED"], [1, "DUPLICATE"]]) {
    const answered = JSON.parse(bash(outcomes, crm)).events.map((event) => event.code);
    assert.deepEqual(answered, [code, code], `run ${n}`);
  }
});

test("the receiver takes each change once, and nothing that is not signed", { timeout: 60_000 }, async () => {
  const leads = Array.from({ length: 25 }, (_, n) => ({ lead_id: `W-${n}`, lead_source: "Referral", pricing_page_visits: n % 9 }));
  assert.equal((await at.call("POST", "/v1/score?reasons=0", leads)).status, 200);
  const own = () => received.filter(({ lead_id }) => lead_id.startsWith("W-"));
  const sent = Date.now();
  await until(() => own().length >= 25, "the webhook brings the changes");
  // The service waits ten seconds for the other receiver, which does not answer, and for that one alone.
  assert.ok(taken > 0 && Date.now() - sent < 8_000, `${taken} connections, ${Date.now() - sent} ms`);
  await wait(2500);
  assert.equal(new Set(own().map(({ lead_id }) => lead_id)).size, 25);
  assert.equal(own().length, 25);
  const url = readFileSync(file.file, "utf8").match(/http:[^"]+scores/)[0];
  const forged = await fetch(url, { method: "POST", body: "{}", headers: { "webhook-id": "x", "webhook-timestamp": `${Math.floor(Date.now() / 1000)}`, "webhook-signature": "v1,AAAA" } });
  assert.equal(forged.status, 401);
});

test("messages that a receiver gave up are sent again under their ids, without changes that newer ones followed", { timeout: 60_000 }, async () => {
  const to = "scores:RECORDER_SECRET";
  const of = (visits) => (n) => ({ lead_id: `G-${n}`, lead_source: "Referral", pricing_page_visits: visits });
  const ids = Array.from({ length: 12 }, (_, n) => n);
  const own = () => recorded.flatMap(({ headers, body }) => JSON.parse(body).data.changes.map((change) => ({ ...change, message: headers["webhook-id"] }))).filter(({ lead_id }) => lead_id.startsWith("G-"));
  const messages = (...args) => {
    const done = command("messages", ...args, "--url", at.url, "--key", at.key, "--json");
    assert.equal(done.code, 0, done.text);
    return JSON.parse(done.text.slice(done.text.indexOf("{")));
  };
  isGone = true;
  const { scores } = (await at.call("POST", "/v1/score?reasons=0", ids.map(of(0)))).body;
  const shown = ids.filter((n) => !scores[n].explores).map((n) => `G-${n}`);
  assert.ok(shown.length > 8);
  const givenUp = () => messages("list", "--to", to);
  await until(async () => (await changes()).some(({ lead_id }) => lead_id === shown.at(-1)) && givenUp().receivers[0].given_up > 0 && givenUp().receivers[0].waiting === 0, "the messages are given up");
  const listed = givenUp().messages;
  assert.ok(listed.every(({ can_resend, tries, answer }) => can_resend && tries === 1 && /410/.test(answer)), JSON.stringify(listed));
  // It is back, and gets a newer score of one lead.
  isGone = false;
  assert.equal((await at.call("POST", "/v1/score?reasons=0", [of(8)(shown[1].slice(2))])).status, 200);
  await until(() => own().length === 1, "the newer score arrives");
  const { resent, left, not_kept } = messages("resend", "--to", to);
  assert.deepEqual([resent, left, not_kept], [listed.length, 0, 0]);
  assert.equal(messages("resend", "--to", to).resent, 0);
  await until(() => own().length >= shown.length, "the messages arrive");
  await wait(500);
  assert.deepEqual(own().map(({ lead_id }) => lead_id).sort(), [...shown].sort(), "each lead once");
  assert.equal(own()[0].lead_id, shown[1]);
  const again = new Set(own().slice(1).map(({ message }) => message));
  assert.deepEqual([...again].sort(), listed.map(({ id }) => id).sort());
  const unknown = command("messages", "resend", "--to", "scores:OTHER", "--url", at.url, "--key", at.key);
  assert.equal(unknown.code, 8);
  assert.match(unknown.text, /NO_SUCH_RECEIVER.*scores:RECORDER_SECRET/s);
});

test("a lead that has become hot is a message", { skip, timeout: 60_000 }, async () => {
  const messages = [];
  const slack = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    messages.push(JSON.parse(body).text);
    response.end("ok");
  });
  await new Promise((done) => slack.listen(0, "127.0.0.1", done));
  try {
    const hot = (await changes()).filter(({ band, previous }) => band === "hot" && previous?.band !== "hot").length;
    assert.ok(hot > 0, "the demo's leads are hot at times");
    // The script waits for its curl, which needs this process: it runs beside it.
    const run = spawn("bash", ["-euo", "pipefail", "-c", recipe("slack")[0]], { cwd: folder, env: { ...environment, SLACK_URL: `http://127.0.0.1:${slack.address().port}/` }, stdio: "ignore" });
    assert.equal(await new Promise((done) => run.once("exit", done)), 0);
    assert.equal(messages.length, hot);
    assert.match(messages[0], /^Lead .+ is hot: \d+ %$/);
  } finally {
    slack.close();
  }
});

test("the files of imports have the columns of their CRM and one row a lead", async () => {
  for (const [template, head] of [
    ["salesforce", "Id,Plumbline_Score__c,Plumbline_Band__c,Plumbline_Model__c,Plumbline_Scored_At__c"],
    ["hubspot", "Record ID,plumbline_score,plumbline_band,plumbline_model,plumbline_scored_at"],
    ["dynamics", "leadid,plb_score,plb_band,plb_model,plb_scoredat"],
  ]) {
    const path = join(folder, `${template}.csv`);
    const done = command("changes", "--url", at.url, "--key", at.key, "--template", template, "-o", path);
    assert.equal(done.code, 0, done.text);
    const [first, ...rows] = readFileSync(path, "utf8").trimEnd().split("\r\n");
    assert.equal(first, head);
    assert.equal(rows.length, new Set((await changes()).map(({ lead_id }) => lead_id)).size);
    assert.match(rows[0], /^[^,]+,\d+\.\d,\w+,[^,]+,\d{4}-\d\d-\d\dT/);
  }
});

test("open leads are scored again by hand, and leads without fields are counted", async () => {
  const done = command("rescore", "--wait", "--url", at.url, "--key", at.key, "--json");
  assert.equal(done.code, 0, done.text);
  const state = JSON.parse(done.text.slice(done.text.indexOf("{")));
  assert.equal(state.state, "done");
  assert.equal(state.share, 1);
  assert.equal(state.rescored + state.closed + state.without_fields + state.outdated + state.rejected + state.hidden, state.leads);
  assert.ok(state.rescored > 0, JSON.stringify(state));
});

// promotion.test.mjs has a model that the lifecycle itself promotes, on SQLite. Here, on PostgreSQL, the store says that another model served all
// leads until now, and what it had reported of each lead: the service finds its own model in its place, as after a promotion.
test("a model that begins to serve all leads scores open leads again, and the CRM gets signed changes by their schema", { skip: unchecked, timeout: 60_000 }, async () => {
  const before = new Map((await changes()).map((change) => [change.lead_id, change]));
  const old = "UPDATE service_log.current_scores SET version = 'before', probability = 0.001, band = 'none'";
  postgres.script(`BEGIN; ${old}; UPDATE service.meta SET value = 'before' WHERE key = 'rescoring serves'; COMMIT`);
  let state = {};
  await until(async () => {
    state = await at.get("/v1/rescore", { authorization: `Bearer ${at.key}` });
    return state.by === "promotion" && state.state === "done";
  }, "the service scores open leads again");
  assert.ok(state.changed > 20, JSON.stringify(state));
  const bodies = () => recorded.map(({ body }) => JSON.parse(body));
  const own = () => bodies().flatMap(({ data }) => data.changes).filter(({ previous }) => previous?.version === "before");
  await until(() => own().length >= state.changed, "the webhook brings the changes");
  assert.equal(own().length, state.changed);
  assert.equal(new Set(own().map(({ lead_id }) => lead_id)).size, state.changed);
  for (const change of own()) {
    const was = before.get(change.lead_id);
    assert.deepEqual([change.reason, change.version, change.band, change.probability], ["rescored", state.version, was.band, was.probability], change.lead_id);
    assert.deepEqual(change.previous, { version: "before", probability: 0.001, band: "none" });
  }
  for (const { headers, body } of recorded) {
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
    assert.equal(headers["webhook-signature"], `v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
  }
  assert.equal(faults("commands/scores-changed", bodies()), "");
  assert.notEqual(faults("commands/scores-changed", [{ ...bodies()[0], data: { changes: [{}] } }]), "", "the schema rejects what is wrong");
});
