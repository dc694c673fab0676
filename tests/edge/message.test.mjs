// Messages: a recording receiver checks Slack's published limits and the webhook's signature, answers badly for a while, and sees each
// message again under its id, in order.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { startEdge } from "../../worker/start.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { faults, unchecked } from "../stores/schema.mjs";
import { folder, freePort } from "./hosts.mjs";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD_SECRET = "an-older-secret";
const CHALLENGER = readFileSync(join(root, "core/src/bundle/reference/by_column.plumb"));

/** A receiver that answers each path with the given statuses in turn, and then keeps repeating the last one. */
async function recorder(answers) {
  const seen = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    seen.push({ path: request.url, headers: request.headers, body, at: Date.now() });
    const of = request.url === "/slack" && !isOfRollout(body) ? [] : (answers[request.url] ?? []);
    const [status, headers] = (of.length > 1 ? of.shift() : of[0]) ?? [200, {}];
    response.writeHead(status, headers).end();
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { seen, url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** The id of a message to Slack. */
const idOf = (body) => JSON.parse(body).blocks.at(-1).elements?.at(-1)?.text ?? "";

/** Whether a message to Slack is about a rollout, and not the ledger's head or a review: each subject has an order of its own. */
const isOfRollout = (body) => !/anchor-|review\//.test(idOf(body));

/** Fails where `body` is not within what Slack publishes of Block Kit. */
function checkSlack(body) {
  assert.ok(typeof body.text === "string" && body.text.length > 0 && [...body.text].length <= 40_000);
  assert.ok(body.blocks.length <= 50);
  const within = (object, type, most) => {
    assert.equal(object.type, type);
    assert.ok([...object.text].length >= 1 && [...object.text].length <= most, object.text);
    assert.ok(!/[<>]|&(?!amp;|lt;|gt;)/.test(object.text), object.text);
  };
  for (const block of body.blocks) {
    if (block.type === "header") within(block.text, "plain_text", 150);
    else if (block.type === "section") {
      assert.ok(block.text !== undefined || block.fields !== undefined);
      if (block.text) within(block.text, "mrkdwn", 3000);
      assert.ok((block.fields ?? []).length <= 10);
      for (const field of block.fields ?? []) within(field, "mrkdwn", 2000);
    } else if (block.type === "context") {
      assert.ok(block.elements.length >= 1 && block.elements.length <= 10);
      for (const element of block.elements) within(element, "mrkdwn", 3000);
    } else {
      assert.equal(block.type, "actions");
      assert.ok(block.elements.length <= 25);
      for (const button of block.elements) {
        within(button.text, "plain_text", 75);
        assert.ok(button.url.length <= 3000);
      }
    }
  }
}

/** Whether one of the signatures in the header is that of the secret, by node's own HMAC. */
function isSigned({ headers, body }, key) {
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const expected = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
  return headers["webhook-signature"].split(" ").includes(expected);
}

const until = async (what, found, ms = 45_000) => {
  for (const began = Date.now(); ; ) {
    const value = await found();
    if (value) return value;
    assert.ok(Date.now() - began < ms, what);
    await new Promise((next) => setTimeout(next, 200));
  }
};

test("messages arrive in order, signed, within Slack's limits, and again under their id until they do", async (t) => {
  const receiver = await recorder({ "/slack": [[503, {}], [429, { "retry-after": "3" }], [200, {}]], "/gone": [[410, {}]] });
  const store = folder();
  process.env.TEST_SLACK = `${receiver.url}/slack`;
  process.env.TEST_HOOK = `${SECRET} ${OLD_SECRET}`;
  process.env.TEST_BEAT = `${receiver.url}/beat`;
  const notify = {
    slack: "TEST_SLACK",
    heartbeat: "TEST_BEAT",
    webhooks: ["/hook", "/gone"].map((path) => ({ url: `${receiver.url}${path}`, secret: "TEST_HOOK" })),
    allow_loopback: true,
  };
  const policy = { gates: { rules: { four_eyes: false } }, alerts: { notify } };
  const edge = await startEdge({ port: await freePort(), store: store.path, lifecycle: { is_local: true, policy }, quiet: true });
  t.after(async () => {
    await edge.stop();
    receiver.close();
    store.remove();
  });
  const as = { authorization: `Bearer ${edge.key}` };
  const post = async (path, body, headers) => {
    const answer = await fetch(`${edge.url}${path}`, { method: "POST", body, headers: { ...as, ...headers } });
    return { status: answer.status, json: await answer.json() };
  };
  const registered = await post("/v1/models", CHALLENGER, { "content-type": "application/octet-stream" });
  assert.equal(registered.status, 200, JSON.stringify(registered.json));
  const seen = await fetch(`${edge.url}/v1/rollout`);
  const tag = seen.headers.get("etag");
  await seen.arrayBuffer();
  const json = { "content-type": "application/json" };
  const body = JSON.stringify({ version: registered.json.version, acknowledge: true });
  const started = await post("/v1/rollout/start", body, { ...json, "if-match": tag });
  assert.equal(started.status, 200, JSON.stringify(started.json));
  await post("/v1/rollout/rollback", JSON.stringify({ reason: "A drill & <test>" }), json);

  const of = (path) => receiver.seen.filter((request) => request.path === path);
  // The webhook hears of the start and of the end, in order, each signed with both secrets.
  const type = (request) => JSON.parse(request.body).type;
  const heard = (what) => of("/hook").some((request) => type(request).startsWith(what));
  const hooks = await until("the webhook heard nothing", () => heard("rollout.") && heard("ledger.anchor") && of("/hook"));
  for (const request of hooks) {
    assert.ok(isSigned(request, Buffer.from(SECRET.slice(6), "base64")) && isSigned(request, Buffer.from(OLD_SECRET)));
    assert.ok(!isSigned(request, Buffer.from("another secret")));
    assert.ok(Math.abs(Number(request.headers["webhook-timestamp"]) * 1000 - request.at) < 300_000);
    assert.match(type(request), /^(rollout\.|ledger\.anchor$|review\.)/);
  }
  // Slack was down, then asked for patience, then took it: the same message, and no later one before it.
  const ofRollout = () => of("/slack").filter((request) => isOfRollout(request.body));
  const slack = await until("Slack never got its message", () => ofRollout().length >= 3 && ofRollout());
  const ids = slack.map((request) => idOf(request.body));
  assert.deepEqual(new Set(ids.slice(0, 3)).size, 1, JSON.stringify(ids));
  assert.ok(slack[2].at - slack[1].at >= 3000, "Retry-After is honoured");
  for (const request of of("/slack")) checkSlack(JSON.parse(request.body));
  // Who no longer wants messages gets each once, and that is shown.
  await until("the dead message is shown", async () => {
    const { undelivered } = await (await fetch(`${edge.url}/v1/alerts`)).json();
    return undelivered.some((message) => message.state === "dead" && message.answer.includes("410"));
  });
  assert.equal(new Set(of("/gone").map((request) => request.headers["webhook-id"])).size, of("/gone").length);
  // The service says each minute that it is alive.
  await until("no heartbeat came", () => of("/beat").length > 0);
});

test("scores that changed arrive signed, by their schema, while another receiver does not answer", { skip: unchecked }, async (t) => {
  const receiver = await recorder({});
  const silent = createServer(() => {});
  await new Promise((listening) => silent.listen(0, "127.0.0.1", listening));
  const store = folder();
  process.env.TEST_CRM = SECRET;
  process.env.TEST_SILENT = SECRET;
  const webhooks = [
    { url: `http://127.0.0.1:${silent.address().port}/`, secret: "TEST_SILENT" },
    { url: `${receiver.url}/scores`, secret: "TEST_CRM" },
  ];
  const policy = { writeback: { enabled: true, webhooks }, alerts: { notify: { allow_loopback: true } } };
  const edge = await startEdge({ port: await freePort(), store: store.path, lifecycle: { is_local: true, policy }, quiet: true });
  t.after(async () => {
    await edge.stop();
    receiver.close();
    silent.closeAllConnections();
    silent.close();
    store.remove();
  });
  const leads = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n").slice(0, 30);
  const answer = await fetch(`${edge.url}/v1/score?reasons=0`, { method: "POST", body: leads.join("\n"), headers: { "content-type": "application/x-ndjson" } });
  const shown = (await answer.text()).trim().split("\n").map((line) => JSON.parse(line)).filter(({ explores }) => !explores);
  assert.ok(shown.length > 20);
  const sent = () => receiver.seen.filter((request) => request.path === "/scores");
  const changes = () => sent().flatMap((request) => JSON.parse(request.body).data.changes);
  await until("the webhook brings the changes", () => changes().length >= shown.length);
  const ids = (list) => list.map(({ lead_id }) => lead_id).sort();
  assert.deepEqual(ids(changes()), ids(shown), "each once");
  assert.deepEqual(new Map(changes().map((change) => [change.lead_id, change.band])), new Map(changes().map(({ lead_id }) => [lead_id, shown.find((lead) => lead.lead_id === lead_id).band])));
  for (const request of sent()) assert.ok(isSigned(request, Buffer.from(SECRET.slice(6), "base64")));
  assert.equal(faults("commands/scores-changed", sent().map((request) => JSON.parse(request.body))), "");
});
