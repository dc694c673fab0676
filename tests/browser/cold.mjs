// `node tests/browser/cold.mjs`: how long a cold page needs for its first score once the modules and the bundle are there, in Chromium, with the
// real edge as the service. Medians of nine pages, each in a browser of its own, on the clock and of the processor (the page's thread alone); the
// machine's load is printed because times on the clock mean little without it.
import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { startEdge } from "../../worker/start.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { folder, freePort } from "../edge/hosts.mjs";
import { launch } from "./board.mjs";
import { crm, publishedKey } from "./crm.mjs";

const RUNS = 9;
const ADMIN = "the-secret-of-this-host-0123456789abcdef";
process.env.PLUMBLINE_ADMIN = ADMIN;
const lead = JSON.parse(readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").split("\n")[0]);
const store = folder();
const [site, edge] = [await crm(), await startEdge({ port: await freePort(), store: store.path, lifecycle: { is_local: true }, quiet: true })];
site.services.push(edge.url);
const key = await publishedKey(edge.url, ADMIN, site.origin);
const url = site.page("/cold", "");
const bundle = [...readFileSync(join(root, "worker/demo/demo.plumb"))];

const times = { model: [], element: [] };
/** What `work` resolves to, in milliseconds on the clock, and how long the page's thread had the processor meanwhile. */
async function timed(page, work) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const spent = async () => (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "ThreadTime").value * 1000;
  const before = await spent();
  const clock = await work();
  const cpu = (await spent()) - before;
  await session.detach();
  return { clock, cpu };
}
for (let run = 0; run < RUNS; run++) {
  const browser = await launch();
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction(() => window.element);
  // The scorer alone: the module's bytes are in the browser's cache, none of its code has run.
  await page.evaluate(async (bundle) => {
    window.scorer = await import("/pkg/index.js");
    await (await fetch("/pkg/plumbline.wasm")).arrayBuffer();
    window.bundle = new Uint8Array(bundle);
  }, bundle);
  // What a browser does after its own start is no part of this.
  await page.waitForTimeout(1_000);
  const score = (lead) =>
    page.evaluate(async (lead) => {
      const began = performance.now();
      (await window.scorer.Model.load(window.bundle)).score(lead, { reasons: 3 });
      return performance.now() - began;
    }, lead);
  times.model.push(await timed(page, () => score(lead)));
  // The element: the page is loaded again, and has the deployment and the bundle.
  const make = () =>
    page.evaluate(([service, key]) => {
      const card = document.createElement("lead-score");
      card.connection = window.element.connect({ service, key, mode: "local" });
      document.body.append(card);
      return new Promise((done) => setTimeout(done, 500));
    }, [edge.url, key]);
  const show = () =>
    page.evaluate((lead) => new Promise((done, failed) => {
      const card = document.querySelector("lead-score");
      const began = performance.now();
      card.addEventListener("lead-scored", () => done(performance.now() - began), { once: true });
      card.addEventListener("lead-failed", ({ detail }) => failed(detail), { once: true });
      card.lead = lead;
    }), lead);
  await make();
  await show();
  await page.waitForTimeout(300);
  await page.reload();
  await page.waitForFunction(() => window.element);
  await make();
  times.element.push(await timed(page, show));
  await browser.close();
}
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const figure = (values) => `${median(values).toFixed(1)} ms (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})`;
const line = (name, found) => console.log(`${name}: ${figure(found.map(({ clock }) => clock))} on the clock, ${figure(found.map(({ cpu }) => cpu))} of the processor`);
line("load the model and score, in a cold page", times.model);
line("<lead-score>: from the lead to the score shown, in a page that has loaded its modules", times.element);
console.log(`${RUNS} runs, load ${loadavg().map((x) => x.toFixed(1)).join(" ")}; the bar is 60 ms`);
await edge.stop();
site.close();
store.remove();
