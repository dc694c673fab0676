// Pictures for human eyes: `node tests/browser/screens.mjs URL FOLDER [view …] [--key KEY]` takes every view, and the states of them that a
// running service is not in by itself; with FOLD set, only what is seen without scrolling.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch } from "./board.mjs";

const [url, folder, ...rest] = process.argv.slice(2);
const keyAt = rest.indexOf("--key");
const key = keyAt < 0 ? undefined : rest.splice(keyAt, 2)[1];
const VIEWS = {
  overview: "#/", health: "#/health", performance: "#/performance", quality: "#/quality", business: "#/business", rollout: "#/rollout",
  experiment: "#/experiment", models: "#/models", leads: "#/leads", diagnosis: "#/diagnosis", review: "#/reviews/weekly", goals: "#/goals",
  settings: "#/settings",
  changes: "#/?changes", compare: "#/models", "file-analysis": "#/models/file",
};

/** A small file of scored leads. */
const SCORED = Buffer.from(`lead,score,converted\n${Array.from({ length: 2_000 }, (_, i) => `L${i},${((i * 7919) % 1000) / 1000},${i % 100 === 3 ? "" : (i * 104729) % 1000 < (((i * 7919) % 1000) ** 2) / 1000 ? 1 : 0}`).join("\n")}\n`);
const SIZES = { light: process.env.FOLD ? [1280, 800, "light"] : [1440, 900, "light"], dark: process.env.FOLD ? [1280, 800, "dark"] : [1440, 900, "dark"], phone: [390, 844, "light"] };
mkdirSync(folder, { recursive: true });
const browser = await launch();

/** A page of the reader's kind that the pictures are taken for. */
async function open([width, height, colorScheme], path = "/") {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC" });
  page.on("console", (said) => said.type() === "error" && console.log("console:", said.text()));
  page.on("pageerror", (error) => console.log("error:", error.message));
  if (path) await page.goto(`${url}${path}`);
  return page;
}

async function take(page, name, whole = !process.env.FOLD) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) console.log(`${name}: ${wide} pixels too wide`);
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: whole });
}

async function signIn(page) {
  await page.goto(`${url}/#/settings`);
  await page.locator("#key").fill(key);
  await page.locator("[data-do=sign-in]").click();
  await page.locator("[data-do=sign-out]").waitFor();
}

const only = rest.length > 0 ? rest : Object.keys(VIEWS);
for (const [size, kind] of Object.entries(SIZES)) {
  const page = await open(kind);
  await page.locator("#p-verdict").waitFor();
  if (key) await signIn(page);
  for (const view of only) {
    await page.goto(`${url}/${VIEWS[view] ?? view}`);
    await page.waitForTimeout(300);
    if (view === "file-analysis") {
      await page.locator("#open-sheet").setInputFiles({ name: "scored.csv", mimeType: "text/csv", buffer: SCORED });
      await page.locator("#sheet-auc").waitFor();
    }
    if (view === "compare") {
      await page.locator('#models-table a[href*="/"]').filter({ hasText: "Compare" }).first().click();
      await page.locator("#scores").waitFor();
    }
    if (view === "experiment") await page.locator("#plan-answer .big-words").waitFor();
    await page.waitForTimeout(250);
    await take(page, `${VIEWS[view] ? view : view.replace(/\W+/g, "-")}-${size}`);
  }
  await page.close();
}
if (rest.length > 0) {
  await browser.close();
  process.exit();
}

/** A page whose reports are `answer`ed instead of the service. */
async function instead(answer, kind = SIZES.light) {
  const page = await open(kind, null);
  await page.route("**/v1/report", answer);
  await page.goto(`${url}/`);
  return page;
}
const report = await (await fetch(`${url}/v1/report`)).json();
const sent = (body, status = 200) => (route) => route.fulfill({ status, contentType: "application/json", body: JSON.stringify(body) });

const errors = report.measures.find(({ id }) => id === "error_rate");
const critical = {
  ...report,
  verdict: { status: "critical", because: ["error_rate"], sentence: { code: "PICTURE", text: "6.2 % of requests fail. The service must be whole again within the hour.", values: {} } },
  measures: report.measures.map((measure) => (measure === errors ? { ...measure, status: "fail", estimate: { ...measure.estimate, value: 0.062, low: 0.057, high: 0.067 }, sentence: { code: "PICTURE", text: "Off target. Share of failed requests: 6.20 % (5.70 % to 6.70 %); less than 0.10 % is wanted.", values: {} } } : measure)),
};
const states = {
  "overview-critical": [sent(critical), "#p-answers"],
  "overview-empty": [sent({ format: 1, generated_at: report.generated_at, refresh_s: 15, deployment: report.deployment }), "#p-verdict"],
  forbidden: [sent({ code: "UNAUTHORISED" }, 401), ".banner"],
  newer: [sent({ ...report, format: 99, experiment: { looks: 3 } }), "#p-answers"],
};
for (const [name, [answer, until]] of Object.entries(states)) {
  const page = await instead(answer);
  await page.locator(until).first().waitFor();
  await page.waitForTimeout(300);
  await take(page, name, false);
  await page.close();
}
{
  let isGone = false;
  const page = await instead((route) => (isGone ? route.abort() : route.continue()));
  await page.locator("#p-answers").waitFor();
  isGone = true;
  await page.locator(".banner.warn").first().waitFor({ timeout: 120_000 });
  await take(page, "overview-stale", false);
  await page.close();
}
{
  const page = await open([1920, 1080, "dark"]);
  await page.locator("#p-answers").waitFor();
  await page.waitForTimeout(300);
  await take(page, "wall", false);
  await page.close();
}
if (key) {
  const page = await open(SIZES.light);
  await signIn(page);
  await page.goto(`${url}/#/rollout`);
  await page.locator('[data-do="ask"][data-arg="rollback"]').click();
  await page.waitForTimeout(300);
  await take(page, "rollout-dialog", false);
  await page.close();
}
for (const language of ["de", "ar"]) {
  const page = await open(SIZES.light, `/?lang=${language}`);
  await page.locator("#p-answers").waitFor();
  await page.waitForTimeout(300);
  await take(page, `overview-${language}`, false);
  await page.close();
}
{
  // Sheets of paper, as wide as A4 inside its margins.
  const page = await open([703, 1000, "light"], "/#/print");
  await page.locator(".sheet").first().waitFor();
  await page.emulateMedia({ media: "print" });
  for (const [place, sheet] of (await page.locator(".sheet").all()).entries()) await sheet.screenshot({ path: join(folder, `print-${place + 1}.png`) });
  await page.close();
}
await browser.close();
