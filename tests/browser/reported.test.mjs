// What a page scored reaches the service's log: with variant, epoch and side of the test, the scores of the shadows beside it, once each. Rules
// on fields decide in the page as they do at the service. The service is the real edge; the log is read when it has stopped.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startEdge } from "../../worker/start.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { demo, folder, freePort, logged, twin } from "../edge/hosts.mjs";
import { launch } from "./board.mjs";
import { crm, publishedKey } from "./crm.mjs";

const samples = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
const EPOCH = 7;
let browser, site;

before(async () => {
  [site, browser] = [await crm(), await launch()];
});

after(async () => {
  await browser?.close();
  site?.close();
});

/** An edge that serves the demo's model and two twins by an allocation, where `id` names the lead's id if it is not `lead_id`, and a page with its deployment, which a service without a lifecycle does not announce. */
async function serve(t, allocation, id) {
  const store = folder();
  const models = [id ? twin("champion", join(store.path, "champion.plumb"), id) : demo, ...["challenger", "shadow"].map((version) => twin(version, join(store.path, `${version}.plumb`), id))];
  const start = async (settings) => startEdge({ port: await freePort(), store: join(store.path, "store"), models, settings: { cors_origins: [site.origin], ...settings }, quiet: true });
  const plain = await start({});
  const { models: listed } = await (await fetch(`${plain.url}/v1/models`)).json();
  await plain.stop();
  const whole = { experiment: "reported", champion: listed[0].version, exploration_bp: 0, ...allocation };
  const edge = await start({ allocation: whole });
  site.services.push(edge.url);
  const body = JSON.stringify({ epoch: EPOCH, effective_ms: 0, allocation: whole, models: listed.map(({ digest }) => digest) });
  const context = await browser.newContext();
  await context.route(`${edge.url}/v1/deployment`, (route) => route.fulfill({ body, headers: { "content-type": "application/json", "access-control-allow-origin": site.origin } }));
  t.after(async () => {
    await context.close();
    await edge.stop();
    store.remove();
  });
  return { edge, context };
}

async function score(edge, leads) {
  const answer = await fetch(`${edge.url}/v1/score`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(leads) });
  return (await answer.json()).scores;
}

async function open(context, edge, at) {
  const page = await context.newPage();
  await page.goto(site.page(at, `<lead-score service="${edge.url}" mode="local" rep="kim"></lead-score>`));
  await page.waitForFunction(() => window.element);
  return page;
}

const show = (page, lead) =>
  page.evaluate((lead) => {
    const element = document.querySelector("lead-score");
    return new Promise((resolve, reject) => {
      element.addEventListener("lead-scored", ({ detail }) => resolve([detail.source, detail.variant]), { once: true });
      element.addEventListener("lead-failed", ({ detail }) => reject(new Error(`${detail.code}: ${detail.message}`)), { once: true });
      element.lead = lead;
    });
  }, lead);

/** Waits until `found` resolves to true. */
async function until(found, what) {
  for (const began = Date.now(); !(await found()); ) {
    assert.ok(Date.now() - began < 15_000, what);
    await new Promise((next) => setTimeout(next, 50));
  }
}

test("a page's scores and those of its shadows are in the service's log, once, after no network, a reload and lost answers", async (t) => {
  const ADMIN = "the-secret-of-this-host-0123456789abcdef";
  process.env.PLUMBLINE_ADMIN = ADMIN;
  const store = folder();
  const at = join(store.path, "store");
  const edge = await startEdge({ port: await freePort(), store: at, lifecycle: { is_local: true }, quiet: true });
  const key = await publishedKey(edge.url, ADMIN, site.origin);
  site.services.push(edge.url);
  const context = await browser.newContext();
  t.after(async () => {
    await context.close();
    await edge.stop();
    store.remove();
  });
  // A deployment with a test and a shadow: the service has one model, and its log takes what pages report.
  const { version: champion } = (await (await fetch(`${edge.url}/v1/models`)).json()).models[0];
  const bundles = new Map([champion, "challenger", "shadow"].map((version) => [version, readFileSync(version === champion ? demo : twin(version, join(store.path, `${version}.plumb`)))]));
  const allocation = { experiment: "reported", champion, exploration_bp: 0, arm: [{ variant: "challenger", share_bp: 5000, room_bp: 10_000 }], shadow: ["shadow"] };
  const models = [...bundles.values()].map((bytes) => createHash("sha256").update(bytes).digest("hex"));
  const headers = { "access-control-allow-origin": site.origin };
  await context.route(`${edge.url}/v1/deployment`, (route) => (route.request().method() === "OPTIONS" ? route.continue() : route.fulfill({ json: { epoch: EPOCH, effective_ms: 0, allocation, models }, headers })));
  await context.route(`${edge.url}/v1/models/*/bundle`, (route) => (route.request().method() === "OPTIONS" ? route.continue() : route.fulfill({ body: bundles.get(decodeURIComponent(route.request().url().split("/").at(-2))), headers })));
  let lost = 3;
  await context.route(`${edge.url}/v1/exposures`, async (route) => {
    if (route.request().method() !== "POST" || lost >= 1) return route.continue();
    lost++;
    await route.fetch();
    return route.fulfill({ status: 500, headers, body: "" });
  });

  const open = async (path) => {
    const page = await context.newPage();
    await page.goto(site.page(path, `<lead-score service="${edge.url}" key="${key}" mode="local" rep="kim"></lead-score>`));
    await page.waitForFunction(() => window.element);
    return page;
  };
  const waiting = (page) => page.evaluate(([service, key]) => window.element.connect({ service, key, mode: "local", rep: "kim" }).waiting(), [edge.url, key]);
  const page = await open("/reported");
  const leads = samples.slice(0, 8).map((lead, i) => ({ ...lead, lead_id: `reported-${i}` }));
  const sent = page.waitForResponse((response) => response.url().endsWith("/v1/exposures") && response.request().method() === "POST");
  await show(page, leads[0]);
  await sent;
  await until(async () => (await waiting(page)) === 0, "the first is sent");
  await context.setOffline(true);
  for (const [place, lead] of leads.entries()) {
    if (place === 0) continue;
    await show(page, lead);
    // A person sees it once it is drawn.
    await until(async () => (await waiting(page)) === place, `${lead.lead_id} is kept`);
  }
  lost = 0;
  await context.setOffline(false);
  await page.reload();
  const other = await open("/reported-2");
  await until(async () => lost === 1 && (await waiting(other)) === 0, "the queue is empty");
  await edge.stop();

  const { Model } = await import(join(root, "wasm/pkg/node.js"));
  const { assign } = await import(join(root, "wasm/pkg/experiment-node.js"));
  const [scorer, drawn] = [await Model.load(bundles.get(champion)), assign(allocation, leads.map(({ lead_id }) => lead_id))];
  const expected = leads.flatMap((lead, place) => {
    const { variant, role } = drawn[place];
    // Twins score alike.
    const probability = scorer.score(lead, { reasons: 0 }).probability;
    return [[lead.lead_id, role, variant, variant, EPOCH, probability, role === "challenger" ? "B" : "A"], [lead.lead_id, "shadow", "shadow", "shadow", EPOCH, probability, null]];
  });
  const rows = logged(at, "SELECT lead_id, role, variant, version, epoch, probability, CASE role WHEN 'shadow' THEN NULL ELSE arm END FROM prediction_logs WHERE source = 'page' ORDER BY lead_id, role");
  assert.deepEqual(rows, expected);
  assert.ok(drawn.some(({ role }) => role === "challenger") && drawn.some(({ role }) => role === "champion"));
});

test("an id of another name draws, names rows and is reported as it is at the service", async (t) => {
  const { edge, context } = await serve(t, { arm: [{ variant: "challenger", share_bp: 5000, room_bp: 10_000 }], exploration_bp: 2000 }, "contact");
  const leads = samples.slice(0, 40).map(({ lead_id, ...lead }, i) => ({ ...lead, contact: `contact-${i}` }));
  const expected = (await score(edge, leads)).map(({ lead_id, variant, explores = false }) => [lead_id, variant, explores]);
  assert.ok(["challenger", "champion"].every((name) => expected.some(([, variant]) => variant === name)) && expected.some(([, , explores]) => explores));
  assert.deepEqual(expected.map(([id]) => id), leads.map(({ contact }) => contact));
  const page = await open(context, edge, "/renamed");
  const drawn = await page.evaluate(async ([service, leads]) => {
    const connection = window.element.connect({ service, mode: "local" });
    const found = [];
    for (const lead of leads) found.push(await connection.score(lead).then(({ score, variant, explores }) => [score.lead_id, variant, explores]));
    return found;
  }, [edge.url, leads]);
  assert.deepEqual(drawn, expected);
  for (const [by, attribute] of [["worker", ""], ["page", "no-worker"]]) {
    const table = await context.newPage();
    const directives = { "trusted-types": "plumbline" };
    await table.goto(site.page(`/renamed-${by}`, `<lead-list service="${edge.url}" mode="local" ${attribute}></lead-list>`, { scripts: ["/list.js"], directives }));
    await table.waitForFunction(() => window.list);
    const listed = await table.evaluate((leads) => {
      const list = document.querySelector("lead-list");
      return new Promise((done, failed) => {
        list.addEventListener("lead-list-scored", ({ detail }) => done([detail.by, detail.rows.map(({ lead_id, variant, explores }) => [lead_id, variant, explores])]), { once: true });
        list.addEventListener("lead-failed", ({ detail }) => failed(new Error(detail.message)), { once: true });
        list.leads = leads;
      });
    }, leads.slice(0, 30));
    assert.equal(listed[0], by);
    assert.deepEqual(listed[1].sort(), expected.slice(0, 30).sort());
  }
  // So has what a rep says.
  const [seen, next] = leads.filter((_, i) => !expected[i][2]);
  const events = (request) => (request.url() === `${edge.url}/v1/exposures` && request.method() === "POST" ? request.postData().trim().split("\n").map((line) => JSON.parse(line)) : []);
  const isOfSeen = (request) => events(request).some((event) => event.lead_id === seen.contact);
  // Whichever page of the browser sends it: the queue is one.
  const exposure = context.waitForEvent("request", isOfSeen);
  await show(page, seen);
  // On the wire the id has the name that the service reads it by.
  for (const event of events(await exposure)) {
    const drawnAs = expected.find(([id]) => id === event.lead_id);
    assert.deepEqual([event.score.variant, false, "contact" in event], [...(drawnAs ?? []).slice(1), false], JSON.stringify(event));
  }
  const said = page.evaluate(() => new Promise((done) => document.querySelector("lead-score").addEventListener("lead-feedback", ({ detail }) => done(detail.lead_id), { once: true })));
  const thumb = page.locator("lead-score").getByRole("button", { name: "Yes, helpful" });
  await thumb.click();
  assert.equal(await said, seen.contact);
  // Another lead has no thumb yet.
  await show(page, next);
  assert.equal(await thumb.getAttribute("aria-pressed"), "false");
});

test("that a score was seen is stored before the shadows are loaded", async (t) => {
  const { edge, context } = await serve(t, { shadow: ["shadow"] });
  // The shadow's bundle never comes.
  let asked = 0;
  await context.route(`${edge.url}/v1/models/shadow/bundle`, () => void asked++);
  const page = await open(context, edge, "/unshadowed");
  await show(page, { ...samples[0], lead_id: "unshadowed" });
  await until(async () => asked === 1, "the shadow's bundle is asked for");
  const rows = await page.evaluate(() => new Promise((done) => {
    indexedDB.open("plumbline-element-1").onsuccess = ({ target: { result } }) => {
      result.transaction("events").objectStore("events").getAll().onsuccess = ({ target }) => done(target.result.map(({ route, fields }) => [route, fields.lead_id, fields.score.shadows]));
    };
  }));
  assert.deepEqual(rows, [["exposures", "unshadowed", []]]);
});

test("rules on fields decide in the page as they do at the service", async (t) => {
  const rule = [{ field: "pricing_page_visits", at_least: 3 }, { field: "industry", not_in: ["Retail"] }];
  const { edge, context } = await serve(t, { arm: [{ variant: "challenger", share_bp: 5000, room_bp: 10_000 }], rule });
  const page = await open(context, edge, "/ruled");
  // A category in another spelling and missing values are read by the champion's schema; a number as a text is rejected on both sides.
  const leads = Array.from({ length: 300 }, (_, i) => {
    const lead = { ...samples[i % samples.length], lead_id: `ruled-${i}`, pricing_page_visits: [0, 2, "3", 4, "7", 30, null][i % 7] };
    if (i % 5 === 0) lead.industry = ["Retail", "retail", " Retail", null, "Alchemy"][(i / 5) % 5];
    return lead;
  });
  const expected = await score(edge, leads);
  const found = await page.evaluate(async ([service, leads]) => {
    const connection = window.element.connect({ service, mode: "local", rep: "kim" });
    const found = [];
    for (const lead of leads) {
      try {
        const { variant, explores, score } = await connection.score(lead);
        found.push([lead.lead_id, variant, explores, score.model.version, score.probability]);
      } catch (error) {
        found.push([lead.lead_id, error.code]);
      }
    }
    return found;
  }, [edge.url, leads]);
  assert.deepEqual(found, expected.map((answer, i) => (answer.error ? [leads[i].lead_id, answer.error.code] : [answer.lead_id, answer.variant, answer.explores ?? false, answer.model.version, answer.probability])));
  const challengers = found.filter(([, variant]) => variant === "challenger").length;
  // Half of all would be without the rules.
  assert.ok(challengers > 20 && challengers < 110, `${challengers} of 300`);
});
