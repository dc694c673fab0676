// Pictures of every view, for human eyes: `node tests/browser/screens.mjs URL FOLDER [view …] [--key KEY]`; with FOLD set, only what is seen
// without scrolling.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, folder, ...rest] = process.argv.slice(2);
const keyAt = rest.indexOf("--key");
const key = keyAt < 0 ? undefined : rest.splice(keyAt, 2)[1];
export const VIEWS = {
  overview: "#/", health: "#/health", performance: "#/performance", quality: "#/quality", business: "#/business", rollout: "#/rollout",
  experiment: "#/experiment", models: "#/models", leads: "#/leads", diagnosis: "#/diagnosis", goals: "#/goals", settings: "#/settings",
};
const SIZES = { light: process.env.FOLD ? [1280, 800, "light"] : [1440, 900, "light"], dark: process.env.FOLD ? [1280, 800, "dark"] : [1440, 900, "dark"], phone: [390, 844, "light"] };
mkdirSync(folder, { recursive: true });
const executablePath = process.env.CHROMIUM?.startsWith("/") ? process.env.CHROMIUM : "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
const only = rest.length > 0 ? rest : Object.keys(VIEWS);
for (const [size, [width, height, colorScheme]] of Object.entries(SIZES)) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
  page.on("console", (said) => said.type() === "error" && console.log("console:", said.text()));
  page.on("pageerror", (error) => console.log("error:", error.message));
  await page.goto(`${url}/`);
  await page.locator("#p-verdict").waitFor();
  if (key) {
    await page.goto(`${url}/#/settings`);
    await page.locator("#key").fill(key);
    await page.locator("[data-do=sign-in]").click();
    await page.locator("[data-do=sign-out]").waitFor();
  }
  for (const view of only) {
    await page.goto(`${url}/${VIEWS[view] ?? view}`);
    await page.waitForTimeout(250);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (wide > 0) console.log(`${view} ${size}: ${wide} pixels too wide`);
    await page.screenshot({ path: join(folder, `${(VIEWS[view] ? view : view.replace(/\W+/g, "-"))}-${size}.png`), fullPage: !process.env.FOLD });
  }
  await page.close();
}
await browser.close();
