// How soon the first view is seen and used on a slow phone, of a running service: `node tests/browser/speed.mjs URL [RUNS]`. The network is
// that of Lighthouse's slow 4G (1.6 Mbit/s, 150 ms), the processor four times slower. Exit code 1 where a median is above its bar.
import { launch } from "./board.mjs";

const [url = "http://127.0.0.1:8787/", runs = "5"] = process.argv.slice(2);
const BARS = { paint: 1_000, interactive: 2_000, blocking: 100, shift: 0.02 };
const WAIT = 5_000;
const MBIT = 1_000_000 / 8;
const all = [];
const browser = await launch();
for (let run = 0; run < Number(runs); run++) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", { offline: false, latency: 150, downloadThroughput: 1.6 * MBIT, uploadThroughput: 0.75 * MBIT });
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await page.addInitScript(() => {
    window.seen = { shift: 0, long: [] };
    new PerformanceObserver((list) => list.getEntries().forEach((e) => !e.hadRecentInput && (window.seen.shift += e.value))).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => list.getEntries().forEach((e) => window.seen.long.push([e.startTime, e.duration]))).observe({ type: "longtask", buffered: true });
    new MutationObserver((_, observer) => {
      if (!document.getElementById("p-answers")) return;
      observer.disconnect();
      window.seen.drawn = performance.now();
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(url, { waitUntil: "commit" });
  // No polling for the view: the test's own script in the page would take processor time, and be counted.
  await page.waitForTimeout(WAIT);
  // Used: the view is drawn and no long task runs any more.
  all.push(await page.evaluate(() => {
    const { drawn, long, shift } = window.seen;
    if (!drawn) throw new Error("the first view was not drawn within the wait");
    const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
    const interactive = Math.max(drawn, ...long.map(([start, duration]) => start + duration));
    const blocking = long.filter(([start]) => start >= paint).reduce((sum, [, duration]) => sum + Math.max(0, duration - 50), 0);
    const bytes = performance.getEntriesByType("resource").reduce((sum, e) => sum + e.transferSize, 0);
    return { paint, interactive, blocking, shift, bytes };
  }));
  await context.close();
}
await browser.close();
const median = (name) => all.map((run) => run[name]).sort((a, b) => a - b)[Math.floor(all.length / 2)];
let isAbove = false;
for (const [name, bar] of Object.entries(BARS)) {
  const found = median(name);
  isAbove ||= found > bar;
  const spread = all.map((run) => (name === "shift" ? run[name].toFixed(3) : Math.round(run[name]))).join(", ");
  console.log(`${name.padEnd(12)}${name === "shift" ? found.toFixed(3) : `${Math.round(found)} ms`} (bar ${bar}; runs ${spread})`);
}
console.log(`transferred ${Math.round(median("bytes") / 1000)} KB`);
process.exit(isAbove ? 1 : 0);
