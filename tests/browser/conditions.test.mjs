// The entry points under the conditions of CRMs: a frame of another origin, a page without WebAssembly, Worker and eval, one file, and a
// sandbox that has `fetch` and nothing else. The service is the real edge. (`element.test.mjs`: strict policy with Trusted Types.)
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { startEdge } from "../../worker/start.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { folder, freePort } from "../edge/hosts.mjs";
import { launch } from "./board.mjs";
import { crm, publishedKey } from "./crm.mjs";

const ADMIN = "the-secret-of-this-host-0123456789abcdef";
const leads = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
let store, edge, browser, site, outside, key;

before(async () => {
  store = folder();
  [site, outside] = [await crm(), await crm()];
  process.env.PLUMBLINE_ADMIN = ADMIN;
  edge = await startEdge({ port: await freePort(), store: store.path, lifecycle: { is_local: true }, quiet: true });
  for (const each of [site, outside]) each.services.push(edge.url);
  key = await publishedKey(edge.url, ADMIN, site.origin);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await edge?.stop();
  site?.close();
  outside?.close();
  store?.remove();
});

const served = async (lead) =>
  (await fetch(`${edge.url}/v1/score?reasons=20`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(lead) })).json();

async function open(url, init) {
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (said) => ["error", "warning"].includes(said.type()) && complaints.push(said.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  if (init) await page.addInitScript(init);
  await page.goto(url);
  return { page, complaints };
}

test("a frame of another origin shows the leads of the page that embeds it, and of no other", async () => {
  site.script("/framed.js", `
    import "/pkg/element.js";
    import { answer } from "/pkg/frame.js";
    const card = document.querySelector("lead-score");
    window.scored = [];
    card.addEventListener("lead-scored", ({ detail }) => window.scored.push(detail.score.lead_id));
    window.stop = answer(card, { origins: ["${outside.origin}"] });`);
  const framed = site.page("/framed", `<lead-score service="${edge.url}" key="${key}" mode="local"></lead-score>`, { scripts: ["/framed.js"] });
  outside.script("/host.js", `
    import { frame, PlumblineError } from "/pkg/frame.js";
    const iframe = document.querySelector("iframe");
    window.card = frame(iframe, { origin: "${site.origin}", fits: true });
    window.frames_ = { frame, PlumblineError };`);
  // Pages of the right origins in other windows: one that says it is the frame, and one that says it is the host.
  site.script("/liar.js", `parent.postMessage({ plumbline: 1, type: "size", height: 4 }, "*");
    for (let id = 1; id < 20; id++) parent.postMessage({ plumbline: 1, type: "scored", id, lead_id: "lie" }, "*");`);
  outside.script("/rogue.js", `parent.frames[0].postMessage({ plumbline: 1, type: "lead", session: "rogue", id: 9, lead: '{"lead_id":"rogue"}' }, "*");`);
  const liar = site.page("/liar", "", { scripts: ["/liar.js"] });
  const rogue = outside.page("/rogue", "", { scripts: ["/rogue.js"] });
  const more = { directives: { "frame-src": `${site.origin} 'self'` }, scripts: ["/host.js"] };
  const { page, complaints } = await open(outside.page("/host", `<iframe src="${framed}" title="Score"></iframe>`, more));
  await page.waitForFunction(() => window.card);
  for (const lead of leads.slice(0, 5)) {
    const own = { ...lead, lead_id: `framed-${lead.lead_id}` };
    const [found, expected] = [await page.evaluate((lead) => window.card.score(lead), own), await served(own)];
    assert.equal(found.lead_id, own.lead_id);
    assert.equal(found.explores, expected.explores ?? false);
    if (found.explores) continue;
    assert.deepEqual([found.score, found.band, found.version, found.source], [expected.score, expected.band, expected.model.version, "page"]);
    assert.equal("reasons" in found, false);
  }
  const frame = page.frames().find((one) => one.url().startsWith(framed));
  // Each lead once, also the first, for which the host and the frame both waited.
  assert.deepEqual(await frame.evaluate(() => window.scored), leads.slice(0, 5).map((lead) => `framed-${lead.lead_id}`));
  // Its height is that of its page: nothing to scroll.
  await frame.waitForFunction(() => document.documentElement.scrollHeight <= innerHeight && innerHeight > 160);
  const code = (lead) => page.evaluate((lead) => window.card.score(lead).then(() => "scored", (error) => error.code), lead);
  assert.equal(await code({ lead_id: "bad", pricing_page_visits: "often" }), "LEAD_WRONG_TYPE");
  const superseded = page.evaluate(([first, second]) => {
    const codes = Promise.all([window.card.score(first).catch((error) => error.code), window.card.score(second).then((found) => found.lead_id)]);
    return codes;
  }, [leads[0], { ...leads[1], lead_id: "second" }]);
  assert.deepEqual(await superseded, ["FRAME_SUPERSEDED", "second"]);
  // A lead that cannot be sent as it is, but can be written as JSON; one that cannot; and none.
  const proxied = page.evaluate((lead) => window.card.score(new Proxy(lead, {})).then((found) => found.lead_id), { ...leads[2], lead_id: "proxied" });
  assert.equal(await proxied, "proxied");
  assert.equal(await page.evaluate(() => window.card.score({ lead_id: "odd", pricing_page_visits: () => 4 }).catch((error) => error.code)), "LEAD_WRONG_TYPE");
  assert.equal(await page.evaluate(() => window.card.score(null)), undefined);
  // A frame that is reloaded before its answer is asked again, and one that is reloaded after it shows its lead again.
  const again = page.evaluate((lead) => {
    document.querySelector("iframe").src += "?again";
    return window.card.score(lead).then((found) => found.lead_id);
  }, { ...leads[2], lead_id: "again" });
  assert.equal(await again, "again");
  await page.evaluate(() => (document.querySelector("iframe").src += "&twice"));
  const current = () => page.frames().find((one) => one.url().startsWith(framed));
  await page.waitForTimeout(50);
  await current().waitForFunction(() => window.scored?.[0] === "again");

  // Neither another page that embeds the frame, nor another window of the right origin, nor messages of another form reach the card.
  const shown = () => current().evaluate(() => document.querySelector("lead-score").lead?.lead_id);
  const lie = JSON.stringify(leads[3]);
  await current().evaluate((lead) => window.postMessage({ plumbline: 1, type: "lead", session: "s", id: 9, lead }, "*"), lie);
  await page.evaluate((lead) => {
    const { contentWindow } = document.querySelector("iframe");
    const own = { plumbline: 1, type: "lead", session: "s", id: 9, lead };
    for (const message of [{ ...own, plumbline: 2 }, { ...own, plumbline: undefined }, "lead", null, { ...own, id: "9" }, { ...own, lead: {} }]) contentWindow.postMessage(message, "*");
  }, lie);
  const waiting = page.evaluate(([liar, rogue]) => {
    for (const src of [liar, rogue]) document.body.append(Object.assign(document.createElement("iframe"), { src, title: "Other" }));
  }, [liar, rogue]);
  await waiting;
  // A message from the frame's window that is no answer to what was asked, and one from the page itself, settle nothing.
  await page.evaluate(() => window.postMessage({ plumbline: 1, type: "size", height: 4 }, "*"));
  await page.waitForTimeout(500);
  assert.equal(await shown(), "again");
  assert.notEqual(await page.evaluate(() => document.querySelector("iframe").style.height), "4px");
  assert.deepEqual(complaints, []);
  // A page that begins to listen when the frame has long been loaded is heard too.
  const late = await page.evaluate(async ([origin, lead]) => {
    window.card.close();
    if ((await window.card.score(lead).catch((error) => error.code)) !== "FRAME_CLOSED") return "closed";
    window.card = window.frames_.frame(document.querySelector("iframe"), { origin });
    return window.card.score(lead).then((found) => found.lead_id);
  }, [site.origin, { ...leads[1], lead_id: "late" }]);
  assert.equal(late, "late");
  await page.close();

  const stranger = await crm();
  try {
    stranger.script("/host.js", `
      const iframe = document.querySelector("iframe");
      window.heard = [];
      addEventListener("message", ({ data }) => window.heard.push(data));
      iframe.addEventListener("load", () => {
        iframe.contentWindow.postMessage({ plumbline: 1, type: "hello" }, "*");
        iframe.contentWindow.postMessage({ plumbline: 1, type: "lead", id: 1, lead: { lead_id: "stolen" } }, "*");
        setTimeout(() => (window.isOver = true), 300);
      });`);
    const { page } = await open(stranger.page("/host", `<iframe src="${framed}" title="Score"></iframe>`, more));
    await page.waitForFunction(() => window.isOver);
    assert.deepEqual(await page.evaluate(() => window.heard), []);
    const inner = page.frames().find((one) => one.url() === framed);
    assert.equal(await inner.evaluate(() => document.querySelector("lead-score").lead), undefined);
    await page.close();
  } finally {
    stranger.close();
  }
});

test("a frame is named by one origin, never by a pattern", async () => {
  const { frame, answer } = await import(join(root, "wasm/pkg/frame.js"));
  for (const origin of ["*", "null", "https://crm.example.com/path", "crm.example.com", ""]) {
    assert.throws(() => frame({}, { origin }), { code: "ORIGIN_INVALID" });
    assert.throws(() => answer({}, { origins: [origin] }), { code: "ORIGIN_INVALID" });
  }
});

test("a page without WebAssembly, Worker and eval scores by plain JavaScript, alone and in a list", async () => {
  const init = () => {
    for (const name of ["WebAssembly", "Worker", "SharedWorker", "eval"]) delete globalThis[name];
    // Nor by way of a function's constructor.
    for (const made of [function () {}, async function () {}, function* () {}]) Object.defineProperty(Object.getPrototypeOf(made), "constructor", { value: undefined });
    globalThis.Function = undefined;
  };
  const own = leads.map((lead) => ({ ...lead, lead_id: `plain-${lead.lead_id}` }));
  // Playwright needs eval: this page works alone, and says what it found on the console.
  site.script("/plain.js", `
    import { connect } from "/pkg/element.js";
    import "/pkg/list.js";
    const connection = connect({ service: "${edge.url}", key: "${key}", mode: "local", scorer: () => import("/pkg/js.js") });
    const leads = ${JSON.stringify(own)};
    const [card, list] = document.querySelectorAll("lead-score, lead-list");
    card.connection = list.connection = connection;
    const scores = [];
    for (const lead of leads) {
      const { score, source } = await connection.score(lead);
      scores.push([score.score, score.probability, score.margin, source]);
    }
    const heard = (on, type) => new Promise((done) => on.addEventListener(type, ({ detail }) => done(detail), { once: true }));
    const [listed, shown] = [heard(list, "lead-list-scored"), heard(card, "lead-scored")];
    list.leads = leads;
    card.lead = leads[0];
    const { by, rows } = await listed;
    const missing = [typeof WebAssembly, typeof Worker, typeof eval, typeof Function];
    console.log(JSON.stringify({ missing, scores, list: [by, rows.length], card: (await shown).score.score }));`);
  // No wasm-unsafe-eval: this page's policy is the strictest there is.
  const url = site.page("/plain", `<lead-score></lead-score><lead-list></lead-list>`, { scripts: ["/plain.js"], directives: { "script-src": "'self'", "worker-src": "'none'" } });
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (said) => ["error", "warning"].includes(said.type()) && complaints.push(said.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.addInitScript(init);
  const said = page.waitForEvent("console", { predicate: (message) => message.text().startsWith("{"), timeout: 10_000 });
  said.catch(() => console.error(complaints));
  await page.goto(url);
  const found = JSON.parse((await said).text());
  assert.deepEqual(found.missing, ["undefined", "undefined", "undefined", "undefined"]);
  for (const [place, lead] of own.entries()) {
    const { score, probability, margin } = await served(lead);
    assert.deepEqual(found.scores[place], [score, probability, margin, "page"]);
  }
  assert.deepEqual([found.list, found.card], [["page", own.length], found.scores[0][0]]);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("one file scores, on a page that may connect to nothing", async () => {
  const bundle = [...readFileSync(join(root, "worker/demo/demo.plumb"))];
  site.script("/inline.js", `import { Model } from "/pkg/inline.js"; window.Model = Model;`);
  const { page, complaints } = await open(site.page("/inline", "", { scripts: ["/inline.js"], directives: { "connect-src": "'none'" } }));
  await page.waitForFunction(() => window.Model);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  const lead = { ...leads[4], lead_id: "inline" };
  const found = await page.evaluate(async ([bundle, lead]) => (await window.Model.load(new Uint8Array(bundle))).score(lead, { reasons: 3 }), [bundle, lead]);
  const { Model } = await import(join(root, "wasm/pkg/node.js"));
  const expected = (await Model.load(new Uint8Array(bundle))).score(lead, { reasons: 3 });
  assert.deepEqual([found.probability, found.reasons], [expected.probability, expected.reasons]);
  assert.deepEqual([asked, complaints], [[], []]);
  await page.close();
});

test("a sandbox that has fetch and nothing else asks the service, a megabyte at a time", async () => {
  const { build } = createRequire(import.meta.url)("esbuild");
  const made = await build({ entryPoints: [join(root, "wasm/pkg/client.js")], bundle: true, format: "iife", globalName: "plumbline", write: false, logLevel: "silent" });
  const requests = [];
  const limited = async (url, options) => {
    requests.push([new URL(url).pathname, options.body.length]);
    assert.ok(Buffer.byteLength(options.body) <= 1_000_000);
    const response = await fetch(url, options);
    const body = Buffer.from(await response.arrayBuffer());
    if (body.length > 1_000_000) throw new TypeError("the answer is too large");
    return { status: response.status, text: async () => body.toString() };
  };
  // ECMAScript alone: no DOM, timers, URL, crypto, TextEncoder.
  const sandbox = createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  sandbox.limited = limited;
  runInContext(made.outputFiles[0].text, sandbox);
  for (const name of ["fetch", "document", "crypto", "URL", "setTimeout", "TextEncoder"]) assert.equal(runInContext(`typeof ${name}`, sandbox), "undefined");
  const run = (code, values) => {
    Object.assign(sandbox, values);
    return runInContext(`(async () => { ${code} })()`, sandbox);
  };
  await run(`client = new plumbline.Client({ service, fetch: limited, key: undefined });`, { service: edge.url });
  const lead = { ...leads[5], lead_id: "boxed" };
  const [found, expected] = [await run(`return client.score(lead, { reasons: 5 });`, { lead }), await served(lead)];
  assert.deepEqual([found.probability, found.variant, found.reasons.length], [expected.probability, expected.variant, 5]);
  const many = Array.from({ length: 450 }, (_, i) => ({ ...leads[i % leads.length], lead_id: `boxed-${i}` }));
  many[7] = { lead_id: "odd", pricing_page_visits: "often" };
  const scores = await run(`return client.scoreBatch(many);`, { many });
  assert.deepEqual([scores.length, scores[7].code, scores[449].lead_id], [450, "LEAD_WRONG_TYPE", "boxed-449"]);
  assert.equal(requests.filter(([path]) => path === "/v1/score").length, 4);
  await run(`return client.feedback({ lead_id: "boxed", kind: "thumb", rating: 1, rep: "kim" });`);
  const { feedback } = await (await fetch(`${edge.url}/v1/leads/boxed`)).json();
  assert.deepEqual(feedback.map(({ kind, rating, rep }) => [kind, rating, rep]), [["thumb", 1, "kim"]]);
  const code = (what) => run(`return ${what}.then(() => "fine", (error) => error.code);`);
  assert.equal(await code(`client.feedback({ lead_id: "boxed", kind: "thumb", rating: 7 })`), "EVENT_BAD_VALUE");
  assert.equal(await code(`client.score({ lead_id: "big", industry: "ä".repeat(600_000) })`), "TOO_LARGE");
  assert.equal(await code(`new plumbline.Client({ service: "http://127.0.0.1:9", fetch: limited }).score({})`), "SERVICE_UNREACHABLE");
});
