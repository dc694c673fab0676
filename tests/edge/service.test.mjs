// The service on both its hosts, standalone workerd and the native one: each route, and a log that keeps what it promised.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { root } from "../../xtask/npm/run.mjs";
import { demo, folder, hosts, logged, metric } from "./hosts.mjs";

const leads = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n");
/** What each host answered for the page. */
const pages = [];
let edge;

/** The status of a request for a path as it is written; `fetch` would tidy it up. */
function raw(url, path) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    get({ hostname, port, path }, (answer) => resolve(answer.resume().statusCode)).on("error", reject);
  });
}

async function post(path, body, type = "application/json", headers = {}) {
  const answer = await fetch(edge.url + path, { method: "POST", body, headers: { ...(type && { "content-type": type }), ...headers } });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: () => JSON.parse(text) };
}

for (const host of hosts) {
  describe(host.name, () => {
    const store = folder();
    before(async () => {
      edge = await host.start({ store: store.path });
    });
    after(async () => {
      await edge?.stop();
      store.remove();
    });

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

    test("each prediction is a row that SQL can ask for", async () => {
      const own = folder();
      const other = await host.start({ store: own.path });
      const headers = { "content-type": "application/json", "x-request-id": "mine" };
      const answer = await fetch(`${other.url}/v1/score`, { method: "POST", body: `[${leads[0]},{"budget":[{}]}]`, headers });
      const { request_id, scores } = await answer.json();
      await other.stop();
      const columns = "request_id, client_request_id, position, batch_size, lead_id, model || '/' || version, variant, status, code, probability";
      const rows = logged(own.path, `SELECT ${columns} FROM prediction_logs WHERE timestamp_ms > 1700000000000 ORDER BY position`);
      const { model, lead_id, probability } = scores[0];
      assert.deepEqual(rows, [
        [request_id, "mine", 0, 2, lead_id, `${model.name}/${model.version}`, "champion", 200, null, probability],
        [request_id, "mine", 1, 2, `${request_id}/1`, `${model.name}/${model.version}`, "champion", 422, scores[1].error.code, null],
      ]);
      own.remove();
    });

    test("batched predictions are all written before an orderly end", async () => {
      const own = folder();
      const other = await host.start({ store: own.path, log: "batched" });
      const send = (lead) => fetch(`${other.url}/v1/score`, { method: "POST", body: lead, headers: { "content-type": "application/json" } });
      const answers = await Promise.all(leads.map(send));
      assert.ok(answers.every((a) => a.status === 200 && a.headers.get("plumbline-log") === "batched"));
      await other.stop("SIGTERM");
      assert.deepEqual(logged(own.path, "SELECT count(*) FROM prediction_logs"), [[leads.length]]);
      own.remove();
    });

    test("the allocation of the settings says who answers, and the log remembers", async () => {
      const own = folder();
      const [{ version }] = (await (await fetch(`${edge.url}/v1/models`)).json()).models;
      const allocation = { experiment: "e", champion: version, exploration_bp: 5000 };
      const other = await host.start({ store: own.path, settings: { allocation } });
      const answer = await fetch(`${other.url}/v1/score`, { method: "POST", body: `[${leads}]`, headers: { "content-type": "application/json" } });
      const { scores } = await answer.json();
      await other.stop();
      assert.ok(scores.every((score) => score.variant === version));
      const told = scores.filter((score) => score.explores).map((score) => score.lead_id);
      assert.ok(told.length > 5 && told.length < leads.length - 5, `${told.length} of ${leads.length}`);
      const rows = logged(own.path, "SELECT lead_id, variant, role, explores FROM prediction_logs ORDER BY position");
      assert.deepEqual(rows, scores.map((score) => [score.lead_id, version, "champion", score.explores ? 1 : 0]));
      own.remove();
    });

    test("the suite of the settings refuses and flags leads, and the log remembers without their values", async () => {
      const own = folder();
      const expectation = (type, severity, kwargs) => ({ type: `expect_column_values_to_${type}`, severity, kwargs });
      const expectations = [
        expectation("be_between", "critical", { column: "employees", max_value: 1000 }),
        expectation("match_regex", "warning", { column: "email", regex: "^[^@\\s]+@[^@\\s]+\\.example$" }),
        expectation("be_unique", "critical", { column: "email" }),
      ];
      const other = await host.start({ store: own.path, settings: { suite: { name: "leads", expectations } } });
      const made = (more) => JSON.stringify({ ...JSON.parse(leads[0]), ...more });
      const body = `[${made({ employees: 10 })},${made({ employees: 1001 })},${made({ employees: 10, email: "nobody@nowhere.test" })}]`;
      const answer = await fetch(`${other.url}/v1/score`, { method: "POST", body, headers: { "content-type": "application/json" } });
      const { scores } = await answer.json();
      await other.stop();
      assert.deepEqual(scores.map((score) => [score.error?.code, score.flags?.length]), [[undefined, undefined], ["LEAD_QUALITY", undefined], [undefined, 1]]);
      assert.deepEqual(scores[2].flags[0].fields, ["email"]);
      const rows = logged(own.path, "SELECT status, code, flags FROM prediction_logs ORDER BY position");
      assert.deepEqual(rows.map(([status, code]) => [status, code]), [[200, null], [422, "LEAD_QUALITY"], [200, null]]);
      assert.deepEqual(JSON.parse(rows[2][2]), scores[2].flags);
      assert.ok(!rows[2][2].includes("nobody"), "the log holds no values of leads");
      own.remove();
    });

    test("durable predictions survive a kill, and those that come together are committed together", async () => {
      const own = folder();
      const other = await host.start({ store: own.path, log: "durable" });
      const acknowledged = [];
      const send = async (i) => {
        const lead = JSON.stringify({ ...JSON.parse(leads[i % leads.length]), lead_id: `D-${i}` });
        const answer = await fetch(`${other.url}/v1/score?reasons=0`, { method: "POST", body: lead, headers: { "content-type": "application/json" } });
        if (answer.status === 200 && answer.headers.get("plumbline-log") === "durable") acknowledged.push((await answer.json()).lead_id);
      };
      const many = 300;
      await Promise.all(Array.from({ length: many }, (_, i) => send(i)));
      assert.equal(acknowledged.length, many);
      assert.equal(await metric(other.url, "plumbline_log_rows_written_total"), many);
      const commits = await metric(other.url, "plumbline_log_commits_total");
      assert.ok(commits > 0 && commits < many, `${many} requests took ${commits} commits`);
      // Killed in the middle of more of them.
      const more = Promise.allSettled(Array.from({ length: many }, (_, i) => send(many + i)));
      while (acknowledged.length < many + 20) await new Promise((next) => setTimeout(next, 1));
      await other.stop("SIGKILL");
      await more;
      const stored = new Set(logged(own.path, "SELECT lead_id FROM prediction_logs").map(([id]) => id));
      assert.deepEqual(acknowledged.filter((id) => !stored.has(id)), []);
      own.remove();
    });

    test("the bundle of the model served is handed out byte for byte, and not twice", async () => {
      const { models } = await (await fetch(`${edge.url}/v1/models`)).json();
      const served = models.find((model) => model.default);
      const bytes = readFileSync(demo);
      assert.equal(served.digest, createHash("sha256").update(bytes).digest("hex"));
      const whole = await fetch(edge.url + served.bundle);
      assert.deepEqual([whole.status, whole.headers.get("content-type"), whole.headers.get("etag")], [200, "application/octet-stream", `"${served.digest}"`]);
      assert.ok(bytes.equals(Buffer.from(await whole.arrayBuffer())));
      const held = await fetch(edge.url + served.bundle, { headers: { "if-none-match": whole.headers.get("etag") }, cache: "no-store" });
      assert.deepEqual([held.status, (await held.arrayBuffer()).byteLength], [304, 0]);
      assert.equal((await fetch(`${edge.url}/v1/models/none/bundle`)).status, 404);
    });

    test("an answer carries the moment it is scored for", async () => {
      const before = Date.now();
      const [one, many] = [(await post("/v1/score", leads[0])).json(), (await post("/v1/score", `[${leads[0]}]`)).json()];
      for (const { timestamp_ms } of [one, many]) assert.ok(timestamp_ms >= before - 1 && timestamp_ms <= Date.now() + 1, `${timestamp_ms}`);
    });

    test("the built page is served under a strict policy, and nothing beside it", async () => {
      const found = {};
      for (const path of ["/", "/index.html", "/page.css", "/page.js", "/first.wasm", "/plumbline_web_bg.wasm", "/icon.svg", "/leads.ndjson"]) {
        const answer = await fetch(edge.url + path);
        assert.equal(answer.status, 200, path);
        const names = ["content-type", "content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy", "cache-control"];
        found[path] = names.map((name) => `${name}: ${answer.headers.get(name)}`);
        await answer.arrayBuffer();
      }
      assert.match(found["/"][1], /default-src 'none'/);
      assert.doesNotMatch(found["/"][1], /unsafe-inline|'unsafe-eval'/);
      pages.push(found);
      // Both hosts serve the same files under the same headers.
      assert.deepEqual(found, pages[0]);
      for (const path of ["/../package.json", "/%2e%2e/package.json", "/..%2fpackage.json", "/nothing.js", "/demo.plumb"]) {
        assert.equal(await raw(edge.url, path), 404, path);
      }
    });
  });
}
