// Elements that live long: 100,000 scorings and many elements made and removed leave memory as it was, and two versions of the package on one
// page do not disturb each other. The service is the real edge. PLUMBLINE_CYCLES=10000 makes 10,000 elements, which takes a minute.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../xtask/npm/run.mjs";
import { stage, strike } from "./crm.mjs";

const leads = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
const CYCLES = Number(process.env.PLUMBLINE_CYCLES ?? 1000);
let store, edge, browser, site, key;

before(async () => ({ store, edge, browser, site, key } = await stage()));

after(() => strike({ store, edge, browser, site }));

async function open(path, options) {
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (said) => ["error", "warning"].includes(said.type()) && complaints.push(said.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(site.page(path, "", options));
  return { page, complaints };
}

/** What the page holds after its garbage is collected: bytes of the heap, nodes and listeners. */
async function held(page) {
  const session = await page.context().newCDPSession(page);
  for (let i = 0; i < 3; i++) await session.send("HeapProfiler.collectGarbage");
  await session.send("Performance.enable");
  const { metrics } = await session.send("Performance.getMetrics");
  await session.detach();
  const { JSHeapUsedSize: bytes, Nodes: nodes, JSEventListeners: listeners } = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  return { bytes, nodes, listeners };
}

test("100,000 scorings leave memory flat", async (t) => {
  const { page, complaints } = await open("/scorings", { scripts: [] });
  const bundle = [...readFileSync(join(root, "worker/demo/demo.plumb"))];
  await page.evaluate(async ([bundle, leads]) => {
    // Each instance's memory is watched from outside.
    window.memories = [];
    const { Instance } = WebAssembly;
    WebAssembly.Instance = function (...parts) {
      const made = new Instance(...parts);
      window.memories.push(made.exports.memory);
      return made;
    };
    const { Model } = await import("/pkg/index.js");
    const model = await Model.load(new Uint8Array(bundle));
    window.score = (count, reasons) => {
      for (let i = 0; i < count; i++) model.score(leads[i % leads.length], { reasons });
      return window.memories.map((memory) => memory.buffer.byteLength);
    };
  }, [bundle, leads]);
  await page.evaluate(() => [window.score(2000, 0), window.score(2000, 20)]);
  const [before, wasm] = [await held(page), await page.evaluate(() => window.score(0, 0))];
  await page.evaluate(() => window.score(90_000, 0));
  const after = await page.evaluate(() => window.score(10_000, 20));
  const now = await held(page);
  t.diagnostic(`100,000 scorings: heap ${before.bytes} to ${now.bytes} bytes, module ${wasm} to ${after} bytes`);
  assert.deepEqual(after, wasm);
  assert.ok(now.bytes < before.bytes + 500_000, `${before.bytes} to ${now.bytes} bytes`);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("elements that are made, shown and removed leave memory flat", async (t) => {
  const { page, complaints } = await open("/cycles");
  await page.waitForFunction(() => window.element);
  await page.evaluate(([service, key, leads]) => {
    const connection = window.element.connect({ service, key, mode: "local" });
    window.cycle = async (count) => {
      for (let i = 0; i < count; i++) {
        const card = document.createElement("lead-score");
        card.connection = connection;
        card.lead = { ...leads[i % leads.length], lead_id: `cycle-${i % 100}` };
        // Some are shown to the end, some go while they are scored.
        const shown = i % 20 === 0 && new Promise((done) => card.addEventListener("lead-scored", done, { once: true }));
        document.body.append(card);
        await shown;
        if (i % 20 === 1) await new Promise((done) => setTimeout(done, 0));
        card.remove();
      }
    };
  }, [edge.url, key, leads]);
  await page.evaluate(() => window.cycle(200));
  await page.waitForTimeout(300);
  const before = await held(page);
  await page.evaluate((count) => window.cycle(count), CYCLES);
  await page.waitForTimeout(300);
  const now = await held(page);
  t.diagnostic(`${CYCLES} elements: heap ${before.bytes} to ${now.bytes} bytes, nodes ${before.nodes} to ${now.nodes}, listeners ${before.listeners} to ${now.listeners}`);
  // A twentieth of the elements would be seen: one holds some 30 KB.
  assert.ok(now.bytes < before.bytes + 1_500_000, `${before.bytes} to ${now.bytes} bytes`);
  assert.ok(now.nodes < before.nodes + 500 && now.listeners < before.listeners + 200, JSON.stringify([before, now]));
  assert.deepEqual(complaints, []);
  await page.close();
});

test("two versions of the package on one page: the first defines the elements, both score, and what they say is stored once", async () => {
  site.script("/two.js", `
    import * as first from "/pkg/element.js";
    import * as second from "/other/element.js";
    import * as list from "/pkg/list.js";
    import * as others from "/other/list.js";
    Object.assign(window, { first, second, list, others });`);
  const { page, complaints } = await open("/two", { scripts: ["/two.js"] });
  await page.waitForFunction(() => window.others);
  assert.deepEqual(await page.evaluate(() => [window.first.LeadScore === window.second.LeadScore, customElements.get("lead-score") === window.first.LeadScore, customElements.get("lead-list") === window.list.LeadList]), [false, true, true]);
  const found = await page.evaluate(async ([service, key, leads]) => {
    const connections = [window.first, window.second].map(({ connect }) => connect({ service, key, mode: "local", rep: "kim" }));
    const scores = [];
    for (const lead of leads) scores.push(await Promise.all(connections.map(async (each) => (await each.score(lead)).score.probability)));
    // A card of the one with the connection of the other.
    for (const [place, connection] of connections.entries()) {
      const card = document.createElement("lead-score");
      card.connection = connection;
      const shown = new Promise((done, failed) => {
        card.addEventListener("lead-scored", done, { once: true });
        card.addEventListener("lead-failed", ({ detail }) => failed(detail), { once: true });
      });
      card.lead = { ...leads[0], lead_id: `two-${place}` };
      document.body.append(card);
      await shown;
      await new Promise((done) => setTimeout(done, 100));
      card.shadowRoot.querySelectorAll("[part=thumb]")[place].click();
      card.shadowRoot.querySelector("[part=skip]").click();
    }
    while ((await connections[0].waiting()) > 0) await new Promise((done) => setTimeout(done, 50));
    return scores;
  }, [edge.url, key, leads.slice(0, 10)]);
  for (const [own, other] of found) assert.equal(own, other);
  for (const [place, rating] of [1, 0].entries()) {
    const { feedback, exposures } = await (await fetch(`${edge.url}/v1/leads/two-${place}`)).json();
    assert.deepEqual([feedback.map((one) => one.rating), exposures.length], [[rating], 1]);
  }
  assert.deepEqual(complaints, []);
  await page.close();
});
