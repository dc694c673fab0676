// The first view in Chromium, drawn by a module of its own: what becomes of it when the service or the whole module does not answer.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startEdge } from "../../worker/start.mjs";
import { drop, launch, open } from "./board.mjs";

const store = mkdtempSync(join(tmpdir(), "plumbline-first-"));
let edge, browser;

before(async () => {
  edge = await startEdge({ port: 8814, store, quiet: true, lifecycle: { is_local: true, is_demo: true } });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await edge?.stop();
  rmSync(store, { recursive: true, force: true });
});

const WHOLE = "**/plumbline_web_bg.wasm";

/** The overview, drawn by its own module; `release` lets the whole module arrive. */
async function begun(options = {}) {
  const { page, complaints } = await open(browser, "about:blank", options);
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route(WHOLE, async (route) => (await held, route.continue()));
  await page.goto(`${edge.url}/`, { waitUntil: "commit" });
  await page.locator("#p-answers").waitFor();
  assert.equal(await page.locator("html[data-started]").count(), 0);
  return { page, complaints, release };
}

test("the first view is there before the whole module, which keeps it and does what was asked for meanwhile", async () => {
  const { page, complaints, release } = await begun();
  let report;
  const parts = ["verdict", "answers", "measures", "days", "changes"];
  const nodes = () => page.evaluate((parts) => parts.map((part) => document.querySelector(`#p-${part} > *`).mark), parts);
  const load = async () => {
    // The one that the page draws: the service may have another verdict a minute later.
    const answer = page.waitForResponse((answer) => answer.url().endsWith("/v1/report"));
    await page.goto(`${edge.url}/`, { waitUntil: "commit" });
    report = await (await answer).json();
    await page.locator("#p-answers").waitFor();
    await page.evaluate((parts) => parts.forEach((part) => (document.querySelector(`#p-${part} > *`).mark = part)), parts);
  };
  await load();
  assert.ok((await page.locator("#p-verdict h1").textContent()).includes(report.verdict.sentence.text));
  assert.equal(await page.locator(".measures li").count(), report.measures.filter(({ id }) => id !== "p50_ms").length);
  assert.ok((await page.title()).startsWith("Overview"));
  assert.equal(await page.locator("html[data-started]").count(), 0);
  // What is asked for now waits for the module.
  await page.locator("#find").pressSequentially("calibration");
  await page.locator("[data-do=theme]").click();
  release();
  await page.locator("html[data-theme=dark]").waitFor();
  await page.locator(".found").getByText("measure").first().waitFor();
  assert.equal(await page.locator("#find").inputValue(), "calibration");
  assert.deepEqual(await nodes(), parts);
  // A link, and a report that is dropped.
  for (const [act, heading] of [
    [() => page.locator("a[href='#/rollout']").first().click(), "Rollout"],
    [() => drop(page, JSON.stringify({ ...report, verdict: { ...report.verdict, sentence: { code: "X", text: "A dropped report.", values: {} } } })), "A dropped report."],
  ]) {
    await load();
    await act();
    await page.locator("h1").getByText(heading).waitFor();
  }
  assert.deepEqual(complaints, []);
  await page.close();
});

test("a whole module that does not arrive is said in words, and the view stays", async () => {
  const { page } = await open(browser, "about:blank");
  await page.route(WHOLE, (route) => route.fulfill({ status: 503, body: "" }));
  await page.goto(`${edge.url}/`, { waitUntil: "commit" });
  await page.locator("#said").getByText("The page could not start").waitFor();
  assert.ok((await page.locator("#said").textContent()).includes("503"));
  assert.equal(await page.locator("#p-verdict h1").count(), 1);
  // Nothing that would be untrue by now, nothing that waits.
  assert.equal(await page.locator(".age").count(), 0);
  await page.locator("[data-do=theme]").click();
  assert.equal(await page.evaluate(() => document.body.style.cursor), "");
  await page.close();
});

test("an answer that is no report, or none in time, leaves the start to the whole module", async () => {
  for (const status of [401, 404, 500]) {
    const { page } = await open(browser, "about:blank");
    await page.route("**/v1/report", (route) => route.fulfill({ status, contentType: "application/json", body: "{}" }));
    await page.goto(`${edge.url}/`, { waitUntil: "commit" });
    await page.locator("html[data-started]").waitFor();
    assert.equal(await page.locator("#p-answers").count(), 0, `${status}`);
    const said = await page.locator("#main").textContent();
    assert.ok(!said.includes("Reading the report"), `${status}: ${said.slice(0, 300)}`);
    await page.close();
  }
  // A service that holds the report back holds nothing else up.
  const { page } = await open(browser, "about:blank");
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/v1/report", async (route) => (await held, route.continue()));
  await page.goto(`${edge.url}/`, { waitUntil: "commit" });
  await page.locator("html[data-started]").waitFor();
  release();
  await page.locator("#p-answers").waitFor();
  await page.close();
});

test("what is pressed twice while the module is on its way happens once", async () => {
  const { page, complaints, release } = await begun();
  const theme = page.locator("[data-do=theme]").first();
  await theme.click();
  await theme.click();
  release();
  await page.locator("html[data-theme=dark]").waitFor();
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  assert.deepEqual(complaints, []);
  await page.close();
});

test("the whole module moves neither scroll nor focus, nor what is typed", async () => {
  const { page, release } = await begun({ viewport: { width: 390, height: 844 } });
  await page.evaluate(() => scrollTo(0, 900));
  const field = page.locator("#find");
  await field.evaluate((find) => (find.focus({ preventScroll: true }), (window.found = find)));
  const before = await page.evaluate(() => scrollY);
  assert.equal(before, 900);
  release();
  await page.locator("html[data-started]").waitFor();
  await page.waitForTimeout(300);
  assert.deepEqual(await page.evaluate(() => [scrollY, document.activeElement === window.found]), [before, true]);
  await page.close();
});
