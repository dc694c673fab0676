// `node tests/browser/cold.mjs`: how long a cold page needs for its first score once the modules and the bundle are there, in Chromium, with the
// real edge as the service. Medians of nine pages, each in a browser of its own; the machine's load is printed because they mean little without it.
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
for (let run = 0; run < RUNS; run++) {
  const browser = await launch();
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction(() => window.element);
  // The scorer alone: the module's bytes are in the browser's cache, none of its code has run.
  const model = await page.evaluate(async ([bundle, lead]) => {
    const { Model } = await import("/pkg/index.js");
    await (await fetch("/pkg/plumbline.wasm")).arrayBuffer();
    const bytes = new Uint8Array(bundle);
    const began = performance.now();
    (await Model.load(bytes)).score(lead, { reasons: 3 });
    return performance.now() - began;
  }, [bundle, lead]);
  times.model.push(model);
  // The element: another page of the same browser, which has the deployment and the bundle.
  const show = (page) =>
    page.evaluate(([service, key, lead]) => new Promise((done, failed) => {
      const card = document.createElement("lead-score");
      const connection = window.element.connect({ service, key, mode: "local" });
      card.connection = connection;
      document.body.append(card);
      setTimeout(() => {
        const began = performance.now();
        card.addEventListener("lead-scored", () => done(performance.now() - began), { once: true });
        card.addEventListener("lead-failed", ({ detail }) => failed(detail), { once: true });
        card.lead = lead;
      }, 500);
    }), [edge.url, key, lead]);
  await show(page);
  await page.waitForTimeout(300);
  await page.reload();
  await page.waitForFunction(() => window.element);
  times.element.push(await show(page));
  await browser.close();
}
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const line = (name, values) => console.log(`${name}: ${median(values).toFixed(1)} ms (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})`);
line("load the model and score, in a cold page", times.model);
line("<lead-score>: from the lead to the score shown, in a page that has loaded its modules", times.element);
console.log(`${RUNS} runs, load ${loadavg().map((x) => x.toFixed(1)).join(" ")}; the bar is 60 ms`);
await edge.stop();
site.close();
store.remove();
