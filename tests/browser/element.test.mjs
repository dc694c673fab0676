// `<lead-score>` in Chromium, on a page of another origin under a strict policy, with the real edge as its service.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { startEdge } from "../../worker/start.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { folder, freePort } from "../edge/hosts.mjs";
import { axe, isKnown404, tooWide } from "./board.mjs";
import { stage, strike } from "./crm.mjs";

const leads = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
let store, edge, browser, site, key;

before(async () => ({ store, edge, browser, site, key } = await stage()));

after(() => strike({ store, edge, browser, site }));

/** A page with one element, and what its console and its policy complained about. */
async function open({ mode = "auto", lang = "en", attributes = "", context, init } = {}) {
  const url = site.page(`/${mode}-${lang}`, `<lead-score service="${edge.url}" key="${key}" mode="${mode}" rep="kim" ${attributes}></lead-score>`, { lang });
  const page = await (context ?? browser).newPage();
  const complaints = [];
  page.on("console", (said) => ["error", "warning"].includes(said.type()) && complaints.push(said.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  if (init) await page.addInitScript(init);
  await page.goto(url);
  await page.waitForFunction(() => customElements.get("lead-score"));
  return { page, complaints, card: page.locator("lead-score") };
}

/** Shows `lead` and resolves to what the element says of it. */
const show = (page, lead) =>
  page.evaluate((lead) => {
    const element = document.querySelector("lead-score");
    return new Promise((resolve, reject) => {
      element.addEventListener("lead-scored", ({ detail }) => resolve({ ...detail, confirmed: undefined }), { once: true });
      element.addEventListener("lead-failed", ({ detail }) => reject(new Error(`${detail.code}: ${detail.message}`)), { once: true });
      element.lead = lead;
    });
  }, lead);

/** The service's own score of a lead. */
const served = async (lead) =>
  (await fetch(`${edge.url}/v1/score?reasons=20`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(lead) })).json();

/** What the service stores about a lead. */
const stored = async (id) => (await fetch(`${edge.url}/v1/leads/${id}`)).json();

/** Waits until `found` is true. */
async function until(found, what) {
  for (const began = Date.now(); !(await found()); ) {
    assert.ok(Date.now() - began < 15_000, what);
    await new Promise((next) => setTimeout(next, 50));
  }
}

const numbers = (locator) => locator.evaluateAll((found) => found.map((one) => Number(one.dataset.points)));
const total = (list) => list.reduce((sum, points) => sum + points, 0);

test("each mode shows the service's score, and reasons and others add up to it", async () => {
  for (const mode of ["local", "edge", "auto"]) {
    const { page, complaints, card } = await open({ mode });
    const asked = [];
    page.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    for (const lead of leads.slice(0, 12)) {
      const own = { ...lead, lead_id: `${mode}-${lead.lead_id}` };
      const [shown, expected] = [await show(page, own), await served(own)];
      assert.equal(shown.source, mode === "edge" ? "service" : "page");
      assert.equal(shown.explores, expected.explores ?? false, "the same leads are withheld");
      assert.deepEqual([shown.score.score, shown.score.probability, shown.variant], [expected.score, expected.probability, expected.variant]);
      if (shown.explores) continue;
      assert.equal(await card.locator(".score").textContent(), `${expected.score}`);
      assert.equal(await card.locator(".band").textContent(), expected.band);
      const listed = await numbers(card.locator(".reasons li"));
      assert.deepEqual([listed.length, total(listed)], [5, expected.score], `${listed}`);
      const table = await numbers(card.locator("td.number[data-points]"));
      assert.equal(total(table.slice(0, -1)), table.at(-1));
      assert.equal(table.at(-1), expected.score);
    }
    assert.equal(asked.includes("POST /v1/score"), mode !== "local", `in ${mode}: ${[...new Set(asked)]}`);
    assert.deepEqual(complaints, []);
    await page.close();
  }
});

test("a thumb is stored once, after no network, a reload, lost answers and two tabs", async () => {
  const context = await browser.newContext();
  const { page, card } = await open({ context });
  const lead = { ...leads[20], lead_id: "thumbed" };
  await show(page, lead);
  await until(async () => (await stored("thumbed")).exposures?.length === 1, "the exposure arrives");
  await context.setOffline(true);
  await card.getByRole("button", { name: "Yes, helpful" }).click();
  await card.getByLabel("Why?").fill("They asked for a price <today>");
  await card.getByRole("button", { name: "Send" }).click();
  await card.locator("[part=remark]").getByText("it is sent when the service can be reached").waitFor();
  assert.equal((await stored("thumbed")).feedback.length, 0);
  // The service takes the next requests, but its answers are lost on the way.
  let lost = 0;
  await context.route("**/v1/feedback", async (route) => {
    if (route.request().method() !== "POST" || lost >= 3) return route.continue();
    lost++;
    await route.fetch();
    return route.fulfill({ status: 500, headers: { "access-control-allow-origin": site.origin }, body: "" });
  });
  await context.setOffline(false);
  await Promise.all([page.reload(), open({ context }), open({ context })]);
  await until(async () => lost >= 3, `the batch is sent again: ${lost}`);
  const waiting = () => page.evaluate(async ([service, key]) => window.element.connect({ service, key, rep: "kim", mode: "auto" }).waiting(), [edge.url, key]);
  await page.waitForFunction(() => window.element);
  await until(async () => (await waiting()) === 0, "the queue is empty");
  const { feedback, exposures } = await stored("thumbed");
  assert.equal(feedback.length, 1, JSON.stringify(feedback));
  const [{ kind, rating, rep, text, version }] = feedback;
  assert.deepEqual({ kind, rating, rep, text }, { kind: "thumb", rating: 1, rep: "kim", text: "They asked for a price <today>" });
  assert.equal(version, (await served(lead)).model.version);
  assert.equal(exposures.length, 1);
  await context.close();
});

test("the keyboard alone gives a thumb, changes it and sends no reason: one event", async () => {
  const { page, card, complaints } = await open();
  await show(page, { ...leads[21], lead_id: "keyed" });
  const focused = () => page.evaluate(() => document.querySelector("lead-score").shadowRoot.activeElement?.getAttribute("part"));
  const names = [];
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press("Tab");
    names.push(await focused());
  }
  assert.deepEqual(names, ["more", "thumb", "thumb"]);
  await page.keyboard.press("Space");
  assert.equal(await card.getByRole("button", { name: "No, not helpful" }).getAttribute("aria-pressed"), "true");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  assert.equal(await card.getByRole("button", { name: "Yes, helpful" }).getAttribute("aria-pressed"), "true");
  await page.keyboard.press("Escape");
  await until(async () => (await stored("keyed")).feedback?.length === 1, "the thumb arrives");
  assert.deepEqual((await stored("keyed")).feedback.map(({ rating, text }) => [rating, text]), [[1, null]]);
  assert.equal(await focused(), "thumb");
  await card.getByRole("button", { name: "All contributions" }).press("Enter");
  assert.equal(await card.getByRole("table").isVisible(), true);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("what changed since the last view is said with its reasons, and adds up", async () => {
  const { page, card } = await open({ mode: "local" });
  const lead = { ...leads[22], lead_id: "changing", pricing_page_visits: 0 };
  const first = await show(page, lead);
  assert.equal(await card.locator(".change").isVisible(), false);
  const second = await show(page, { ...lead, pricing_page_visits: 40 });
  assert.notEqual(second.score.score, first.score.score);
  const said = await card.locator(".change").textContent();
  assert.match(said, new RegExp(`: ${first.score.score} → ${second.score.score} \\(\\+${second.score.score - first.score.score}\\)\\. Mostly by `));
  const points = [...said.split("Mostly by ")[1].matchAll(/([+-]\d+)/g)].map(([, by]) => Number(by));
  assert.equal(total(points), second.score.score - first.score.score, said);
  // The change is still known after a reload, and an equal score is none.
  await page.reload();
  await page.waitForFunction(() => customElements.get("lead-score"));
  await show(page, { ...lead, pricing_page_visits: 40 });
  assert.equal((await card.locator(".change").textContent()).split("Mostly")[1], said.split("Mostly")[1]);
  await page.close();
});

test("too little data, unknown values, problems of a lead and a silent service are states of their own", async () => {
  const { page, card } = await open({ mode: "local" });
  await show(page, { lead_id: "bare" });
  await card.getByText("Not enough data").first().waitFor();
  await show(page, { ...leads[1], lead_id: "odd", industry: "Alchemy" });
  assert.match(await card.locator("[part=unknown-values]").textContent(), /scored as missing: .*industry/i);
  await assert.rejects(show(page, { lead_id: "bad", pricing_page_visits: "often" }), /LEAD_WRONG_TYPE/);
  assert.match(await card.locator("[part=error]").textContent(), /pricing_page_visits.*LEAD_WRONG_TYPE/);
  await show(page, leads[2]);
  assert.equal(await card.locator("[part=error]").count(), 0);
  await page.evaluate(() => (document.querySelector("lead-score").lead = undefined));
  await card.getByText("No lead").first().waitFor();
  await card.evaluate((one) => one.setAttribute("lead", "{"));
  await card.locator("[part=error]").getByText("LEAD_MALFORMED").waitFor();
  await card.evaluate((one) => one.removeAttribute("lead"));
  await card.getByText("No lead").first().waitFor();
  await page.evaluate(() => {
    const other = document.createElement("lead-score");
    other.setAttribute("service", "/nowhere");
    other.setAttribute("mode", "edge");
    other.lead = { lead_id: "a" };
    document.querySelector("main").append(other);
  });
  await page.getByText("The lead could not be scored").first().waitFor();
  assert.match(await page.locator("lead-score [part=error]").textContent(), /HTTP_404/);
  await page.close();
});

test("without a network a page that was open once scores on, by the deployment it kept", async () => {
  const context = await browser.newContext();
  const { page } = await open({ context, mode: "auto" });
  const before = await show(page, { ...leads[3], lead_id: "kept" });
  await until(() => page.evaluate(async (service) => {
    const database = await new Promise((done) => { const asked = indexedDB.open("plumbline-element-1", 1); asked.onsuccess = () => done(asked.result); });
    const rows = await new Promise((done) => { const asked = database.transaction("bundles").objectStore("bundles").count(); asked.onsuccess = () => done(asked.result); });
    database.close();
    return rows === 1;
  }, edge.url), "the bundle is kept");
  await context.route(`${edge.url}/**`, (route) => route.abort());
  await page.reload();
  await page.waitForFunction(() => customElements.get("lead-score"));
  const now = await show(page, { ...leads[3], lead_id: "kept" });
  assert.deepEqual([now.source, now.score.score, now.epoch], ["page", before.score.score, before.epoch]);
  await context.close();
});

test("leads are drawn as the service draws them", async (t) => {
  const { version } = (await served(leads[0])).model;
  const allocation = { experiment: "element", champion: version, arm: [{ variant: "1", share_bp: 5000, room_bp: 10_000 }], exploration_bp: 2000 };
  const [demo, challenger] = ["worker/demo/demo.plumb", "core/src/bundle/reference/by_column.plumb"].map((path) => join(root, path));
  const other = folder();
  const split = await startEdge({ port: await freePort(), store: other.path, models: [demo, challenger], settings: { allocation, cors_origins: [site.origin] }, quiet: true });
  t.after(async () => {
    await split.stop();
    other.remove();
  });
  site.services.push(split.url);
  const { page, complaints } = await open({ mode: "local" });
  // A service without a lifecycle announces no deployment: the page is given the one its settings make.
  const { models } = await (await fetch(`${split.url}/v1/models`)).json();
  const document = JSON.stringify({ epoch: 1, effective_ms: 0, allocation, models: models.map(({ digest }) => digest) });
  await page.route(`${split.url}/v1/deployment`, (route) => route.fulfill({ body: document, headers: { "content-type": "application/json", "access-control-allow-origin": site.origin } }));
  const batch = Array.from({ length: 300 }, (_, i) => ({ lead_id: `draw-${i}` }));
  const drawn = await page.evaluate(async ([service, batch]) => {
    const connection = window.element.connect({ service, mode: "local" });
    const found = [];
    for (const lead of batch) {
      const { variant, explores, score } = await connection.score(lead);
      found.push([lead.lead_id, variant, explores, score.model.version, score.margin]);
    }
    return found;
  }, [split.url, batch]);
  const answer = await fetch(`${split.url}/v1/score`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(batch) });
  const { scores } = await answer.json();
  assert.deepEqual(drawn, scores.map(({ lead_id, variant, explores = false, model, margin }) => [lead_id, variant, explores, model.version, margin]));
  const [arms, hidden] = [drawn.filter(([, variant]) => variant === "1").length, drawn.filter(([, , explores]) => explores).length];
  assert.ok(arms > 100 && arms < 200 && hidden > 30 && hidden < 100, `${arms} ${hidden}`);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("axe finds nothing, in English, German and Arabic, with the details and the form open, and 320 pixels are enough", async () => {
  for (const [lang, dir, yes, details] of [["en", "ltr", "Yes, helpful", "All contributions"], ["de-AT", "ltr", "Ja, er hilft", "Alle Beiträge"], ["ar", "rtl", "نعم، مفيدة", "كل المساهمات"]]) {
    const { page, card, complaints } = await open({ lang, mode: "local" });
    await show(page, { ...leads[4], lead_id: `axe-${lang}`, industry: "Alchemy" });
    await card.getByRole("button", { name: details }).click();
    await card.getByRole("button", { name: yes }).click();
    assert.deepEqual(await axe(page), []);
    assert.deepEqual(complaints, []);
    assert.equal(await card.locator(".card").evaluate((one) => getComputedStyle(one).direction), dir);
    // Bars grow away from the middle to the end that the direction gives.
    const [first] = await card.locator(".reasons li").evaluateAll((found) => found.map((one) => getComputedStyle(one).paddingInlineStart));
    assert.notEqual(first, "0px");
    await page.setViewportSize({ width: 320, height: 900 });
    assert.ok((await tooWide(page)) <= 0, `${lang}: ${await tooWide(page)}`);
    await page.close();
  }
});

test("on paper the details are there and the buttons are not; forced colours keep the bars", async () => {
  const { page, card } = await open({ mode: "local" });
  await show(page, { ...leads[5], lead_id: "paper" });
  assert.equal(await card.locator("table").isVisible(), false);
  await page.emulateMedia({ media: "print" });
  assert.equal(await card.locator("table").isVisible(), true);
  assert.equal(await card.getByRole("button", { name: "Yes, helpful" }).isVisible(), false);
  await page.emulateMedia({ media: "screen", forcedColors: "active" });
  await card.getByRole("button", { name: "All contributions" }).click();
  const [bar, back] = await card.locator(".bar").first().evaluate((one) => [getComputedStyle(one).backgroundColor, getComputedStyle(document.body).backgroundColor]);
  assert.notEqual(bar, back);
  await page.close();
});

test("the README's example runs as printed, but for addresses and key", async () => {
  const [, example] = /^```html\n([\s\S]*?)^```$/m.exec(readFileSync(join(root, "wasm/README.md"), "utf8"));
  const body = example.replace("/plumbline/", "/pkg/").replace("https://scores.example.com", edge.url).replace("pl_published", key);
  assert.ok(body.includes(edge.url) && body.includes(key) && body.includes("/pkg/element.js"));
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (said) => complaints.push(said.text()));
  await page.goto(site.page("/readme", body, { scripts: [] }));
  const { score, band } = await served({ lead_source: "Referral", pricing_page_visits: 7 });
  await page.locator("lead-score .score").getByText(`${score}`, { exact: true }).waitFor();
  assert.equal(await page.locator("lead-score .band").textContent(), band);
  assert.equal(await page.locator("lead-score [part=reason]").count(), 3);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("the example page scores its form, under its own policy", async (t) => {
  const example = spawn(process.execPath, [join(root, "wasm/examples/html/serve.mjs"), "--service", edge.url], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => example.kill());
  const url = await new Promise((resolve) => createInterface({ input: example.stdout }).once("line", resolve));
  const page = await browser.newPage();
  const complaints = [];
  // The example has no icon.
  page.on("console", (said) => said.type() === "error" && !isKnown404(said, `${url}favicon.ico`) && complaints.push(said.text()));
  await page.goto(url);
  for (const visits of [7, 30]) {
    await page.getByLabel("Visits").fill(`${visits}`);
    const { score } = await served({ lead_source: "Referral", pricing_page_visits: visits });
    await page.locator("lead-score .score").getByText(`${score}`, { exact: true }).waitFor();
  }
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("markup, long texts, patched globals and frozen prototypes break nothing and inject nothing", async () => {
  const init = () => {
    for (const prototype of [Object.prototype, Array.prototype, Map.prototype, Promise.prototype, Element.prototype]) Object.freeze(prototype);
  };
  const { page, card, complaints } = await open({ mode: "auto", init });
  await show(page, leads[7]);
  await page.evaluate(() => {
    window.hurt = [];
    for (const name of ["fetch", "setTimeout", "clearTimeout"]) window[name] = () => window.hurt.push(name);
    JSON.parse = JSON.stringify = () => window.hurt.push("JSON");
    Date.now = () => NaN;
    document.createElement = () => window.hurt.push("createElement");
  });
  const markup = `<img src=x onerror="window.injected=1"><script>window.injected=1</script>`;
  const long = "ä😀".repeat(10_000);
  const score = (lead) =>
    page.evaluate((lead) => {
      const element = document.querySelector("lead-score");
      return new Promise((resolve) => {
        element.addEventListener("lead-scored", ({ detail }) => resolve([detail.source, detail.score.score]), { once: true });
        element.addEventListener("lead-failed", ({ detail }) => resolve([detail.code, detail.message.length]), { once: true });
        element.lead = lead;
      });
    }, lead);
  const hostile = (place, text) => ({ ...leads[6], lead_id: `hostile-${place}`, industry: text, job_title: text, tags: [text], ["__proto__"]: { no: 1 }, [markup]: 1 });
  for (const [place, text] of [markup, long, `${markup}${long}`].entries()) {
    const [source, shown] = await score(hostile(place, text));
    assert.equal(source, "page", `${shown}`);
    assert.equal(`${shown}`, await card.locator(".score").textContent());
    const length = await card.evaluate((one) => one.shadowRoot.textContent.length);
    assert.ok(length < 20_000, `${length} characters are shown`);
    assert.equal(await card.evaluate((one) => one.shadowRoot.querySelectorAll("img, script").length), 0);
  }
  // A megabyte is more than a lead's text may have, and is rejected as such.
  const [code] = await score(hostile("long", `${markup}${"ä😀".repeat(175_000)}`));
  assert.equal(code, "LEAD_TEXT_TOO_LONG");
  assert.ok((await card.locator("[part=error]").textContent()).length < 1000);
  assert.equal((await score(leads[7]))[0], "page");
  assert.equal(await page.evaluate(() => window.injected), undefined);
  assert.deepEqual(await page.evaluate(() => window.hurt), []);
  assert.deepEqual(complaints, []);
  await page.close();
});
