// The lead page in Chromium, served by the real edge under its strict policy.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { startEdge } from "../../worker/start.mjs";
import { root } from "../../xtask/npm/run.mjs";

const PORT = 8791;
const store = mkdtempSync(join(tmpdir(), "plumbline-page-"));
const complaints = [];
let edge, browser, page;

before(async () => {
  edge = await startEdge({ port: PORT, store, quiet: true });
  const executablePath = process.env.CHROMIUM?.startsWith("/") ? process.env.CHROMIUM : "/usr/bin/chromium";
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
  page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  page.on("console", (said) => said.type() === "error" && complaints.push(said.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${edge.url}/`);
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
  assert.deepEqual(complaints, []);
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

test("axe finds nothing to mend, and 360 pixels are wide enough", async () => {
  // The policy lets no script in from outside: axe is evaluated by the debugger, not by a tag.
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  const { violations } = await page.evaluate(() => window.axe.run());
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`), []);
  await page.setViewportSize({ width: 360, height: 800 });
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(wide <= seen, `the page is ${wide} pixels wide`);
  await page.setViewportSize({ width: 1440, height: 1000 });
});

test("it looks as it should: pictures of light, dark and small for human eyes", async () => {
  const folder = fileURLToPath(new URL("../../.plumbline/screenshots", import.meta.url));
  mkdirSync(folder, { recursive: true });
  for (const [name, colorScheme, width] of [["light", "light", 1440], ["dark", "dark", 1440], ["small", "light", 360]]) {
    const view = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    await view.goto(`${edge.url}/`);
    await view.locator("#agreement").getByText("Same bits").waitFor();
    await view.waitForFunction(() => !document.querySelector("#page-time").textContent.includes("measuring"));
    const picture = await view.screenshot({ path: join(folder, `lead-${name}.png`), fullPage: true });
    assert.ok(picture.length > 20_000, `${name}: ${picture.length} bytes`);
    await view.close();
  }
});

test("the page loads the model that is served, whichever it is", async () => {
  const file = join(store, "other.plumb");
  const model = join(root, "tests/vectors/models/xgb_weighted/model.ubj");
  const cargo = ["run", "--quiet", "--profile", "quick", "-p", "plumbline", "--", "import", model, "-o", file];
  execFileSync("cargo", cargo, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  const other = await startEdge({ port: PORT + 1, store: join(store, "other"), models: [file], quiet: true });
  const view = await browser.newPage();
  try {
    const asked = [];
    view.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await view.goto(`${other.url}/`);
    await view.locator("#agreement").getByText("Same bits").waitFor();
    const { models: [served] } = await (await view.request.get(`${other.url}/v1/models`)).json();
    assert.equal(served.digest, createHash("sha256").update(readFileSync(file)).digest("hex"));
    assert.equal(await view.locator("#digest").textContent(), served.digest);
    assert.ok(asked.includes(served.bundle) && !asked.includes("/demo.plumb"), `${asked}`);
    // The demo's leads are none of this model's: the form starts empty.
    assert.deepEqual(await view.locator(".sample span:first-child").allTextContents(), ["Empty lead"]);
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
  assert.deepEqual(complaints.filter((text) => !/422/.test(text)), []);
  await edge.stop();
  await page.locator("#pricing_page_visits").fill("9");
  await page.getByText("This page continues on its own").waitFor();
  assert.match(await page.locator("#score").textContent(), /^\d+$/);
  assert.match(await page.locator("#agreement").textContent(), /Not compared/);
});
