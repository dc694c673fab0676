// The lead view in Chromium on a service that keeps no lifecycle, served by the real edge under its strict policy.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startEdge } from "../../worker/start.mjs";
import { program } from "../../xtask/npm/native.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { axe, launch, open, tooWide } from "./board.mjs";

const PORT = 8791;
const store = mkdtempSync(join(tmpdir(), "plumbline-page-"));
let edge, browser, page, complaints;

/** Complaints that are none: this service has no report, and says so with its status. */
const own = () => complaints.filter((text) => !/404|422/.test(text));

before(async () => {
  edge = await startEdge({ port: PORT, store, quiet: true });
  browser = await launch();
  ({ page, complaints } = await open(browser, `${edge.url}/#/leads`));
  await page.locator("#agreement").getByText("Same bits").waitFor();
});

after(async () => {
  await browser?.close();
  await edge?.stop();
  rmSync(store, { recursive: true, force: true });
});

/** The bits of the table, row by row, page then edge. */
const bits = async () => (await page.locator(".compare .bits").allTextContents()).map((text) => text.trim());

test("the page loads under its policy without a word in the console, and both sides agree", async () => {
  assert.deepEqual(own(), []);
  const policy = (await page.request.get(`${edge.url}/`)).headers()["content-security-policy"];
  assert.match(policy, /default-src 'none'; script-src 'self' 'wasm-unsafe-eval'/);
  const [p, q, m, n] = await bits();
  assert.match(p, /^[0-9a-f]{16}$/);
  assert.deepEqual([p, m], [q, n]);
});

test("an edit by keyboard alone changes the score on both sides to the same bits", async () => {
  const old = await bits();
  await page.locator("#pricing_page_visits").focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowUp");
  await page.waitForFunction((was) => {
    const now = [...document.querySelectorAll(".compare .bits")].map((e) => e.textContent.trim());
    return now.length === 4 && now[2] !== was[2] && now[3] !== was[3] && document.querySelector("#agreement").textContent.includes("Same bits");
  }, old);
  const [p, q, m, n] = await bits();
  assert.deepEqual([p, m], [q, n]);
});

test("a value that is no number is refused at its field by both", async () => {
  await page.locator("#pricing_page_visits").fill("twelve");
  await page.locator("#agreement").getByText("Both reject it").waitFor();
  assert.match(await page.locator("#pricing_page_visits-note").textContent(), /LEAD_WRONG_TYPE/);
  assert.equal(await page.locator("#pricing_page_visits").getAttribute("aria-invalid"), "true");
  await page.locator("#pricing_page_visits").fill("4");
  await page.locator("#agreement").getByText("Same bits").waitFor();
});

test("the reasons add up to the score, and undo takes the last change back", async () => {
  const sum = async () => {
    const points = (await page.locator("#why-table tbody td.number").allTextContents()).map((text) => Number(text.replace("−", "-").replace("+", "")));
    assert.equal(points.slice(0, -1).reduce((a, b) => a + b, 0), points.at(-1));
    return points.at(-1);
  };
  await page.locator("[data-do=reset-lead]").click();
  await page.locator("#agreement").getByText("Same bits").waitFor();
  const before = await sum();
  await page.locator("#pricing_page_visits").fill("40");
  await page.locator("#changes").getByText("the score went from").waitFor();
  await sum();
  await page.locator("[data-do=undo]").click();
  await page.waitForFunction((score) => document.querySelector("#score").textContent === `${score}`, before);
});

test("axe finds nothing to mend, and 320 pixels are wide enough", async () => {
  assert.deepEqual(await axe(page), []);
  await page.setViewportSize({ width: 320, height: 800 });
  await page.waitForTimeout(300);
  assert.ok((await tooWide(page)) <= 0);
  await page.setViewportSize({ width: 1440, height: 900 });
});

test("without a report every other view says so", async () => {
  await page.evaluate(() => (location.hash = "#/"));
  await page.getByText("This service keeps no lifecycle").waitFor();
  assert.deepEqual(await axe(page), []);
  await page.evaluate(() => (location.hash = "#/leads"));
  await page.locator("#score").waitFor();
});

test("the page loads the model that is served, whichever it is", async () => {
  const file = join(store, "other.plumb");
  const model = join(root, "tests/vectors/models/xgb_weighted/model.ubj");
  execFileSync(program(), ["import", model, "-o", file], { stdio: ["ignore", "ignore", "inherit"] });
  const other = await startEdge({ port: PORT + 1, store: join(store, "other"), models: [file], quiet: true });
  const view = await browser.newPage();
  try {
    const asked = [];
    view.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await view.goto(`${other.url}/#/leads`);
    await view.locator("#agreement").getByText("Same bits").waitFor();
    const { models: [served] } = await (await view.request.get(`${other.url}/v1/models`)).json();
    assert.equal(served.digest, createHash("sha256").update(readFileSync(file)).digest("hex"));
    assert.equal(await view.locator("#digest").textContent(), served.digest);
    assert.ok(asked.includes(served.bundle) && !asked.includes("/demo.plumb"), `${asked}`);
    // The demo's leads are none of this model's: the form starts empty.
    assert.equal(await view.locator(".samples button").count(), 0);
    const before = await view.locator(".compare .bits").allTextContents();
    await view.locator(`[id="${served.fields[0].name}"]`).fill("1.5");
    await view.waitForFunction((was) => {
      const now = [...document.querySelectorAll(".compare .bits")].map((e) => e.textContent);
      return now.length === 4 && now.join() !== was && document.querySelector("#agreement").textContent.includes("Same bits");
    }, before.join());
  } finally {
    await view.close();
    await other.stop();
  }
});

test("without the edge the page continues on its own, and says so", async () => {
  assert.deepEqual(own(), []);
  await edge.stop();
  await page.locator("#pricing_page_visits").fill("9");
  await page.getByText("This page goes on alone").waitFor();
  assert.match(await page.locator("#score").textContent(), /^\d+$/);
  assert.match(await page.locator("#agreement").textContent(), /does not answer/);
});
