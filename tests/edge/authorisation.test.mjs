// Who may do what: every route × every kind of caller, made from the table of routes as openapi.json shows it, through the real services.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { startEdge } from "../../worker/start.mjs";
import { program } from "../../xtask/npm/native.mjs";
import { demo, folder, freePort } from "./hosts.mjs";

const ADMIN = "the-secret-of-this-host-0123456789abcdef";
const SCOPES = ["score", "ingest", "read", "operate", "approve"];
/** What a caller of the same machine may do without a key. */
const LOCAL = ["score", "ingest", "read"];
const CRM = "https://crm.example";
const EVIL = "https://evil.example";

async function workerd(store) {
  process.env.PLUMBLINE_ADMIN = ADMIN;
  return startEdge({ port: await freePort(), store, lifecycle: { is_local: true }, module: process.env.PLUMBLINE_EDGE_WASM, quiet: true });
}

async function native(store) {
  const args = ["serve", "--model", demo, "--listen", "127.0.0.1:0", "--store", join(store, "store"), "--json"];
  const child = spawn(program(), args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, PLUMBLINE_ADMIN: ADMIN } });
  const ended = new Promise((done) => child.once("exit", done));
  const first = new Promise((done) => createInterface({ input: child.stdout }).once("line", done));
  const line = await Promise.race([first, ended.then((code) => Promise.reject(new Error(`plumbline serve ended with ${code}`)))]);
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return { url: JSON.parse(line).listening, stop };
}

for (const [name, start] of [["workerd", workerd], ["plumbline serve", native]]) {
  test(`every route admits the callers of its scope and no others (${name})`, { timeout: 300_000 }, async (t) => {
    const store = folder();
    const host = await start(store.path);
    t.after(async () => {
      await host.stop();
      store.remove();
    });
    const ask = async (method, path, headers = {}, body) => {
      const given = method === "POST" ? { "content-type": "application/json", ...headers } : headers;
      const answer = await fetch(`${host.url}${path}`, { method, headers: given, body: method === "POST" ? (body ?? "{}") : undefined });
      const text = await answer.text();
      let json;
      try {
        json = JSON.parse(text);
      } catch {
        json = {};
      }
      // The protocols of others have codes of their own shape.
      const code = json.code ?? json.error_code ?? `${json.errorDetails ?? json.error ?? ""}`.split(":")[0];
      return { status: answer.status, code, json, retry: answer.headers.get("retry-after"), origin: answer.headers.get("access-control-allow-origin") };
    };
    const bearer = (secret) => ({ authorization: `Bearer ${secret}` });
    const make = async (wanted) => {
      const made = await ask("POST", "/v1/keys", bearer(ADMIN), JSON.stringify(wanted));
      assert.equal(made.status, 200, JSON.stringify(made.json));
      return made.json;
    };

    const callers = [
      { name: "no key", headers: {}, scopes: LOCAL },
      { name: "the host's secret", headers: bearer(ADMIN), scopes: ["admin"], isHost: true },
      { name: "an unknown key", headers: bearer("pl_nobody"), refused: "UNAUTHENTICATED" },
      { name: "another scheme", headers: { authorization: "Basic abc" }, refused: "UNAUTHENTICATED" },
    ];
    for (const scope of SCOPES) {
      const { secret } = await make({ name: `has ${scope}`, role: "ml_lead", scopes: [scope] });
      callers.push({ name: `scope ${scope}`, headers: bearer(secret), scopes: [scope] });
    }
    const gone = await make({ name: "gone", role: "ml_lead", scopes: SCOPES });
    assert.equal((await ask("DELETE", `/v1/keys/${gone.key.id}`, bearer(ADMIN))).status, 200);
    callers.push({ name: "a revoked key", headers: bearer(gone.secret), refused: "UNAUTHENTICATED" });
    const all = await make({ name: "all", role: "ml_lead", scopes: SCOPES });
    callers.push({ name: "all scopes from a foreign page", headers: { ...bearer(all.secret), origin: EVIL }, scopes: SCOPES, isForeign: true });
    const page = await make({ name: "page", scopes: ["score", "ingest"], origins: [CRM], per_minute: 100_000 });
    callers.push({ name: "a published key", headers: { ...bearer(page.secret), origin: CRM }, scopes: ["score", "ingest"], isPublished: true });
    callers.push({ name: "a published key elsewhere", headers: { ...bearer(page.secret), origin: EVIL }, scopes: [], isPublished: true, refused: "ORIGIN_NOT_ALLOWED" });
    callers.push({ name: "a published key without a page", headers: bearer(page.secret), scopes: [], isPublished: true, refused: "ORIGIN_NOT_ALLOWED" });

    // Instances of the service learn of keys within seconds.
    const began = Date.now();
    while ((await ask("GET", "/metrics", bearer(all.secret))).status !== 200) {
      assert.ok(Date.now() - began < 15_000, "the keys were never known");
      await new Promise((next) => setTimeout(next, 200));
    }

    const { paths } = (await ask("GET", "/openapi.json", bearer(all.secret))).json;
    const rows = [];
    for (const [path, item] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(item)) {
        if (method === "parameters") continue;
        const scope = operation["x-plumbline-scope"];
        const isKept = operation.tags.some((tag) => ["Lifecycle", "Events", "Administration"].includes(tag));
        rows.push({ method: method.toUpperCase(), path, scope, isPublishable: operation["x-plumbline-publishable"] === true, isKept, changes: isKept && method !== "get" });
      }
    }
    assert.ok(rows.length > 55, `${rows.length} routes`);
    let cells = 0;
    for (const { method, path, scope, isPublishable, isKept, changes } of rows) {
      for (const caller of callers) {
        let expected = "admitted";
        if (scope === undefined) expected = "admitted";
        else if (caller.isPublished && !isPublishable) expected = "SCOPE_MISSING";
        else if (caller.refused) expected = caller.refused;
        else if (!caller.scopes.includes(scope)) expected = "SCOPE_MISSING";
        else if (caller.isForeign && changes) expected = "FOREIGN_ORIGIN";
        const found = await ask(method, path.replaceAll(/\{\w+\}/g, "none"), caller.headers);
        const said = ["UNAUTHENTICATED", "SCOPE_MISSING", "ORIGIN_NOT_ALLOWED", "FOREIGN_ORIGIN", "RATE_LIMITED"].includes(found.code) ? found.code : "admitted";
        // At workerd, instances that score do not know the host's secret, which would not do there.
        if (caller.isHost && !isKept && said === "UNAUTHENTICATED") expected = said;
        assert.equal(said, expected, `${method} ${path} by ${caller.name}: ${found.status} ${JSON.stringify(found.json)}`);
        if (expected !== "admitted") assert.equal(found.status, expected === "UNAUTHENTICATED" ? 401 : 403, `${method} ${path} by ${caller.name}`);
        else assert.ok(![401, 429].includes(found.status), `${method} ${path} by ${caller.name}: ${found.status}`);
        cells++;
      }
    }
    t.diagnostic(`${rows.length} routes × ${callers.length} callers: ${cells} requests`);

    // A page that is named by a key may ask across origins; its rate has an end.
    assert.equal((await ask("POST", "/v1/score", { ...bearer(page.secret), origin: CRM }, '{"lead_id":"a"}')).origin, CRM);
    const slow = await make({ name: "slow page", scopes: ["score"], origins: [CRM], per_minute: 6 });
    const asked = () => ask("POST", "/v1/score", { ...bearer(slow.secret), origin: CRM }, '{"lead_id":"a"}');
    let last = await asked();
    for (const since = Date.now(); last.status !== 429 && Date.now() - since < 15_000; ) last = await asked();
    assert.deepEqual([last.status, last.code], [429, "RATE_LIMITED"]);
    assert.ok(Number(last.retry) >= 1 && Number(last.retry) <= 10, `retry-after ${last.retry}`);
  });
}
