// What the tests of the page share: Chromium, pages that note every complaint, axe, contrast of text in drawings.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

export const VIEWS = {
  overview: "#/", health: "#/health", performance: "#/performance", quality: "#/quality", feature: "#/quality/feature/visits_30d",
  business: "#/business", rollout: "#/rollout", experiment: "#/experiment", models: "#/models", leads: "#/leads", diagnosis: "#/diagnosis",
  reviews: "#/reviews", review: "#/reviews/weekly", goals: "#/goals", settings: "#/settings",
};

export const launch = () => {
  const executablePath = process.env.CHROMIUM?.startsWith("/") ? process.env.CHROMIUM : "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
};

/** A page and the list of what its console and its policy complained about. */
export async function open(browser, url, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
  const complaints = [];
  page.on("console", (said) => said.type() === "error" && complaints.push(said.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => (complaints.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
  await page.goto(url);
  return { page, complaints };
}

/** Opens a view and waits until it is drawn. */
export async function go(page, hash) {
  await page.evaluate((hash) => (location.hash = hash), hash);
  await page.locator("html[data-started]").waitFor();
  await page.waitForTimeout(120);
}

export async function signIn(page, key) {
  await go(page, "#/settings");
  await page.locator("#key").fill(key);
  await page.locator("[data-do=sign-in]").click();
  await page.locator("[data-do=sign-out]").waitFor();
}

/** Drops a file of `text` on the page. */
export const drop = (page, text, name = "report.json") =>
  page.evaluate(([text, name]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true, bubbles: true }));
  }, [text, name]);

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds, one line each. The policy lets no script in from outside: axe is evaluated by the debugger, not by a tag. */
export async function axe(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`);
}

/** Text in drawings, which axe skips, whose contrast with the card behind it is below 4.5. */
export const faintText = (page) =>
  page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const rgb = (color) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => {
      const part = (x) => (x / 255 <= 0.03928 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4);
      return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    };
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const color = rgb(getComputedStyle(at).backgroundColor);
        if (color[3] === 255) return color;
      }
      return [255, 255, 255, 255];
    };
    return [...document.querySelectorAll("svg text")].flatMap((text) => {
      const [a, b] = [light(rgb(getComputedStyle(text).fill)), light(behind(text.closest("svg")))].sort((x, y) => y - x);
      const ratio = (a + 0.05) / (b + 0.05);
      return ratio < 4.5 ? [`${text.textContent}: ${ratio.toFixed(2)}`] : [];
    });
  });

/** How many pixels the page is wider than its window. */
export const tooWide = (page) => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

/** Whether the browser notes by itself that one of `urls`, and no other address, was not found. */
export const isKnown404 = (said, ...urls) => said.text().includes("status of 404") && urls.includes(said.location().url);

/** The share `x` with `places` decimals as the page writes it: a half is rounded up where `toFixed` goes by the binary value below it. */
export const fixed = (x, places) => (Math.floor(x * 10 ** places + 0.5) / 10 ** places).toFixed(places);
