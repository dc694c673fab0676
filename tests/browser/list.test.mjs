// `<lead-list>` in Chromium: 10,000 leads in a worker and in slices of the page's thread, on a page of another origin under a strict policy,
// with the real edge as its service.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../xtask/npm/run.mjs";
import { axe, tooWide } from "./board.mjs";
import { stage, strike } from "./crm.mjs";

const samples = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
const batch = (count) => Array.from({ length: count }, (_, i) => ({ ...samples[i % samples.length], lead_id: `list-${i}`, pricing_page_visits: (i * 7) % 41 }));
/** A page that may have a worker, and one that may not. */
const PAGES = { worker: { "trusted-types": "plumbline" }, page: { "worker-src": "'none'", "trusted-types": "plumbline" } };
let store, edge, browser, site, key;

before(async () => ({ store, edge, browser, site, key } = await stage()));

after(() => strike({ store, edge, browser, site }));

/** A page with one list, and what its console complained about. */
async function open({ mode = "local", lang = "en", by = "worker", attributes = "", blocked } = {}) {
  const body = `<lead-list service="${edge.url}" key="${key}" mode="${mode}" ${attributes}></lead-list>`;
  const url = site.page(`/list-${by}-${lang}`, body, { lang, scripts: ["/list.js"], directives: PAGES[by] });
  const page = await (await browser.newContext()).newPage();
  const complaints = [];
  page.on("console", (said) => ["error", "warning"].includes(said.type()) && complaints.push(said.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  if (blocked) await page.context().route(blocked, (route) => route.abort());
  await page.goto(url);
  await page.waitForFunction(() => customElements.get("lead-list"));
  return { page, complaints, list: page.locator("lead-list") };
}

/** Shows `leads`; resolves to who scored, the rows in their order, and how long it took in milliseconds. */
const show = (page, leads) =>
  page.evaluate(async (leads) => {
    const list = document.querySelector("lead-list");
    const shown = new Promise((resolve, reject) => {
      list.addEventListener("lead-list-scored", ({ detail }) => (performance.mark("list-end"), setTimeout(resolve, 0, detail)), { once: true });
      list.addEventListener("lead-failed", ({ detail }) => reject(new Error(`${detail.code}: ${detail.message}`)), { once: true });
    });
    await new Promise((done) => setTimeout(done, 50));
    const began = performance.mark("list-begin").startTime;
    list.leads = leads;
    const { rows, by } = await shown;
    const ms = performance.now() - began;
    return { by, ms, rows: rows.map(({ lead, score, explores, variant, code }) => [lead?.lead_id, score ?? null, explores, variant, code]) };
  }, leads);

/**
 * What `work` resolves to, and the longest task of the page's thread between the marks: on the clock and of the processor, in milliseconds. Where
 * other programs take the processor, the clock goes on.
 */
async function traced(page, work) {
  await browser.startTracing(page, { categories: ["toplevel", "blink.user_timing"] });
  const found = await work();
  const { traceEvents: events } = JSON.parse((await browser.stopTracing()).toString());
  const [begin, end] = ["list-begin", "list-end"].map((name) => events.find((event) => event.name === name));
  const isInside = ({ pid, tid, ts, dur }) => pid === begin.pid && tid === begin.tid && ts + dur > begin.ts && ts < end.ts;
  const tasks = events.filter((event) => event.name === "ThreadControllerImpl::RunTask" && isInside(event));
  assert.ok(tasks.length > 10, `${tasks.length} tasks`);
  const longest = (field) => Math.max(...tasks.map((task) => task[field] ?? 0)) / 1000;
  return { ...found, clock: longest("dur"), cpu: longest("tdur") };
}

/** The service's own scores by lead. */
async function served(leads) {
  const found = new Map();
  for (let start = 0; start < leads.length; start += 1000) {
    const answer = await fetch(`${edge.url}/v1/score`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(leads.slice(start, start + 1000)) });
    for (const score of (await answer.json()).scores) found.set(score.lead_id, score);
  }
  return found;
}

for (const by of ["worker", "page"]) {
  test(`10,000 leads are scored and sorted by the ${by}, as the service scores them`, async (t) => {
    const { page, complaints, list } = await open({ by });
    const leads = batch(10_000);
    const { by: who, rows, ms, cpu, clock } = await traced(page, () => show(page, leads));
    t.diagnostic(`10,000 leads by the ${by}: ${ms.toFixed(0)} ms; longest task of the page's thread: ${cpu.toFixed(1)} ms of the processor, ${clock.toFixed(1)} ms on the clock`);
    if (process.env.PLUMBLINE_TIMED) assert.ok(cpu <= 16, `${cpu} ms`);
    else console.log(`not run: the bar of 16 ms of the page's thread, by the ${by} (PLUMBLINE_TIMED=1, on an idle machine)`);
    assert.equal(who, by);
    assert.equal(rows.length, 10_000);
    const expected = await served(leads);
    for (const [id, score, explores, variant] of rows) {
      const own = expected.get(id);
      assert.deepEqual([explores, variant], [own.explores ?? false, own.variant], id);
      if (!explores) assert.equal(score, own.score, id);
    }
    const scores = rows.filter(([, , explores]) => !explores).map(([, score]) => score);
    assert.deepEqual(scores, [...scores].sort((a, b) => b - a));
    assert.equal(await list.locator("tbody tr").count(), 50);
    assert.equal(await list.locator("[part=page]").textContent(), "Page 1 of 200");
    // A policy that forbids workers is asked once, and says so.
    assert.deepEqual(complaints.filter((said) => !/worker-src/.test(said)), []);
    assert.equal(complaints.length > 0, by === "page", complaints.join("\n"));
    await page.close();
  });
}

test("the service scores a list where the mode says so, and where the page cannot", async () => {
  for (const mode of ["edge", "auto"]) {
    const { page } = await open({ mode, blocked: mode === "auto" ? "**/plumbline.wasm" : undefined });
    const leads = batch(450);
    const { by, rows } = await show(page, leads);
    assert.equal(by, "service", mode);
    const expected = await served(leads);
    for (const [id, score, explores] of rows) if (!explores) assert.equal(score, expected.get(id).score);
    await page.close();
  }
});

test("rows are turned, sorted by any column, and selected by the keyboard; rejected leads have their reason", async () => {
  const { page, list, complaints } = await open({ attributes: `page-size="20"` });
  await page.evaluate(() => (document.querySelector("lead-list").columns = [{ field: "lead_id", label: "Lead" }, { field: "pricing_page_visits", label: "Visits" }, { field: "industry" }]));
  const leads = batch(60);
  leads[0] = { ...leads[0], pricing_page_visits: "often" };
  const { rows } = await show(page, leads);
  assert.deepEqual([rows.at(-1)[0], rows.at(-1)[4]], ["list-0", "LEAD_WRONG_TYPE"]);
  const first = () => list.locator("tbody tr").first();
  assert.match(await first().textContent(), /\d/);
  await list.getByRole("button", { name: "Next" }).click();
  await list.getByRole("button", { name: "Next" }).click();
  assert.match(await list.locator("tbody tr").last().textContent(), /LEAD_WRONG_TYPE/);
  await list.getByRole("button", { name: "Visits" }).focus();
  await page.keyboard.press("Enter");
  await list.locator("th[aria-sort=ascending]").getByText("Visits").waitFor();
  const visits = () => list.locator("tbody tr td:nth-child(2)").allTextContents();
  assert.deepEqual((await visits()).map(Number), [...(await visits())].map(Number).sort((a, b) => a - b));
  await page.keyboard.press("Enter");
  await list.locator("th[aria-sort=descending]").getByText("Visits").waitFor();
  const selected = page.evaluate(() => new Promise((resolve) => document.addEventListener("lead-selected", ({ detail }) => resolve(detail.lead.lead_id), { once: true })));
  const name = await first().locator("th").textContent();
  await first().getByRole("button").focus();
  await page.keyboard.press("Enter");
  assert.equal(await selected, name);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("fields that are named as the list's own columns are columns of their own", async () => {
  const { page, list, complaints } = await open();
  await page.evaluate(() => (document.querySelector("lead-list").columns = ["lead_id", "score", "band", "reason"].map((field) => ({ field, label: `Own ${field}` }))));
  const own = (place) => ({ score: (place * 37) % 60, band: `band ${(place * 11) % 60}`, reason: `reason ${(place * 17) % 60}` });
  await show(page, batch(60).map((lead, place) => ({ ...lead, ...own(place) })));
  const cells = (place) => list.locator(`tbody tr :nth-child(${place})`).filter({ visible: true }).evaluateAll((all) => all.filter((one) => /^T[DH]$/.test(one.tagName)).map((one) => one.textContent));
  const sortedBy = () => list.locator("th[aria-sort]").allTextContents();
  assert.deepEqual(await sortedBy(), ["Score"]);
  const scores = await cells(5);
  for (const [name, place, key] of [["Own score", 2, Number], ["Own band", 3, (text) => Number(text.slice(5))], ["Own reason", 4, (text) => Number(text.slice(7))]]) {
    await list.getByRole("button", { name, exact: true }).click();
    await list.locator("th[aria-sort=ascending]").getByText(name, { exact: true }).waitFor();
    assert.deepEqual(await sortedBy(), [name]);
    assert.deepEqual((await cells(place)).map(key), Array.from({ length: 50 }, (_, n) => n), name);
  }
  await list.getByRole("button", { name: "Score", exact: true }).click();
  await list.locator("th[aria-sort=descending]").getByText("Score", { exact: true }).waitFor();
  assert.deepEqual([await sortedBy(), await cells(5)], [["Score"], scores]);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("leads that are scored again after a deployment stay on the page that is read; another order begins at the first", async () => {
  const { page, list } = await open({ attributes: `page-size="20"` });
  await show(page, batch(100));
  for (let n = 0; n < 2; n++) await list.getByRole("button", { name: "Next" }).click();
  const shown = () => list.locator("[part=page]").textContent();
  assert.equal(await shown(), "Page 3 of 5");
  await page.evaluate(() => {
    const list = document.querySelector("lead-list");
    return new Promise((done) => {
      list.addEventListener("lead-list-scored", done, { once: true });
      list.connection.dispatchEvent(new Event("deployment"));
    });
  });
  assert.equal(await shown(), "Page 3 of 5");
  await page.evaluate(() => (document.querySelector("lead-list").order = { by: "lead_id", isDescending: false }));
  await list.locator("th[aria-sort=ascending]").waitFor();
  assert.equal(await shown(), "Page 1 of 5");
  await page.close();
});

test("the scores of rows that a person sees are reported, each once, and no others", async () => {
  const { page, list, complaints } = await open({ attributes: `page-size="10"` });
  const leads = batch(25).map((lead) => ({ ...lead, lead_id: `seen-${lead.lead_id}` }));
  await served(leads);
  const { rows } = await show(page, leads);
  const exposures = async () => Promise.all(rows.map(async ([id]) => (await (await fetch(`${edge.url}/v1/leads/${id}`)).json()).exposures?.length ?? 0));
  const wanted = (count) => rows.map(([, , explores], place) => Number(place < count && !explores));
  const until = async (count) => {
    for (let found, began = Date.now(); ; await new Promise((next) => setTimeout(next, 100))) {
      found = await exposures();
      if (JSON.stringify(found) === JSON.stringify(wanted(count))) return;
      assert.ok(Date.now() - began < 10_000, `${found} instead of ${wanted(count)}`);
    }
  };
  await until(10);
  await list.getByRole("button", { name: "Next" }).click();
  await until(20);
  await list.getByRole("button", { name: "Previous" }).click();
  await show(page, leads);
  await new Promise((next) => setTimeout(next, 500));
  await until(20);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("new leads take the place of those that are being scored, and markup is text", async () => {
  const { page, list } = await open();
  const ids = await page.evaluate(async ([many, few]) => {
    const list = document.querySelector("lead-list");
    const seen = [];
    list.addEventListener("lead-list-scored", ({ detail }) => seen.push(detail.rows.map((row) => row.lead.lead_id)));
    list.leads = many;
    await new Promise((done) => setTimeout(done, 20));
    list.leads = few;
    while (seen.length === 0) await new Promise((done) => setTimeout(done, 10));
    await new Promise((done) => setTimeout(done, 300));
    return seen;
  }, [batch(3000), [{ ...samples[3], lead_id: `<img src=x onerror="window.injected=1">` }]]);
  assert.deepEqual(ids, [[`<img src=x onerror="window.injected=1">`]]);
  assert.equal(await list.evaluate((one) => one.shadowRoot.querySelectorAll("img").length), 0);
  assert.equal(await page.evaluate(() => window.injected), undefined);
  await page.close();
});

test("axe finds nothing in a list, in English, German and Arabic, and 320 pixels are enough", async () => {
  for (const [lang, name, dir] of [["en", "Score", "ltr"], ["de-AT", "Stufe", "ltr"], ["ar", "الدرجة", "rtl"]]) {
    const { page, list } = await open({ lang });
    await show(page, batch(60));
    assert.equal(await list.getByRole("button", { name, exact: true }).count(), 1);
    assert.equal(await list.locator(".card").evaluate((one) => getComputedStyle(one).direction), dir);
    assert.deepEqual(await axe(page), []);
    await page.setViewportSize({ width: 320, height: 900 });
    assert.ok((await tooWide(page)) <= 0);
    await page.close();
  }
});

test("the README's table runs as printed, but for addresses and key", async () => {
  const example = [...readFileSync(join(root, "wasm/README.md"), "utf8").matchAll(/^```html\n([\s\S]*?)^```$/gm)].map(([, text]) => text).find((text) => text.includes("<lead-list"));
  const [whole, script] = /<script type="module">([\s\S]*?)<\/script>/.exec(example);
  // The policy has no inline scripts: this one is a file.
  site.script("/example.js", script);
  const body = example.replace(whole, `<script type="module" src="/example.js"></script>`).replace("/plumbline/", "/pkg/").replace("https://scores.example.com", edge.url).replace("pl_published", key);
  const page = await browser.newPage();
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  await page.goto(site.page("/readme-list", body, { scripts: [], directives: PAGES.worker }));
  await page.locator("lead-list tbody tr td[part=score]").first().getByText(/\d/).waitFor();
  await page.getByRole("button", { name: "L-2" }).click();
  assert.deepEqual(said, ["L-2"]);
  await page.close();
});
