// The examples of wasm/examples: React, Vue and Salesforce's static resource run in Chromium, under a strict policy, with the real edge as their
// service; HubSpot's card and the Dynamics control compile against their vendors' types, the Lightning component by its vendor's compiler.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { startEdge } from "../../worker/start.mjs";
import { install } from "../../xtask/npm/examples.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { folder, freePort } from "../edge/hosts.mjs";
import { axe, isKnown404, launch } from "./board.mjs";
import { crm } from "./crm.mjs";

const examples = join(root, "wasm/examples");
let store, edge, browser;

before(async () => {
  store = folder();
  edge = await startEdge({ port: await freePort(), store: store.path, lifecycle: { is_local: true }, quiet: true });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await edge?.stop();
  store?.remove();
});

const served = async (lead) =>
  (await fetch(`${edge.url}/v1/score`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(lead) })).json();

/** Whether the packages of an example are there; else the suite reports what is not run. */
function ready(t, name) {
  const lacking = install(name);
  if (!lacking) return true;
  t.diagnostic(`not run: the example ${name}, ${lacking}`);
  t.skip(lacking);
  return false;
}

function command(cwd, ...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

const tsc = (name) => command(join(examples, name), join(root, "node_modules/typescript/bin/tsc"));

// Vue makes a policy of its own.
for (const [name, types] of [["react", "'none'"], ["vue", "vue"]]) {
  test(`the example for ${name} compiles strictly, and scores its form under a strict policy`, async (t) => {
    if (!ready(t, name)) return;
    tsc(name);
    command(root, join(examples, "bundle.mjs"), name);
    const server = spawn(process.execPath, [join(examples, "html/serve.mjs"), "--service", edge.url, "--folder", join(examples, name, "dist"), "--trusted-types", types], { stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => server.kill());
    const url = await new Promise((resolve) => createInterface({ input: server.stdout }).once("line", resolve));
    const page = await browser.newPage();
    const complaints = [];
    // The example has no icon.
    page.on("console", (said) => ["error", "warning"].includes(said.type()) && !isKnown404(said, `${url}favicon.ico`) && complaints.push(said.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(url);
    for (const visits of [7, 30]) {
      await page.getByLabel("Visits").fill(`${visits}`);
      const { score, band } = await served({ lead_source: "Referral", pricing_page_visits: visits });
      await page.locator("lead-score .score").getByText(`${score}`, { exact: true }).waitFor();
      await page.locator("output").getByText(band, { exact: true }).waitFor();
    }
    assert.deepEqual(await axe(page), []);
    assert.deepEqual(complaints, []);
    await page.close();
  });
}

test("the example for Salesforce compiles by Lightning's compiler, and its static resource scores without modules and WebAssembly", async (t) => {
  command(join(examples, "lwc"), "build.mjs");
  const site = await crm();
  t.after(() => site.close());
  site.services.push(edge.url);
  site.script("/plumbline.js", readFileSync(join(examples, "lwc/force-app/main/default/staticresources/plumbline.js"), "utf8"));
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (said) => ["error", "warning"].includes(said.type()) && complaints.push(said.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.addInitScript(() => {
    delete globalThis.WebAssembly;
    delete globalThis.Worker;
  });
  // A classic script, as loadScript loads it.
  site.script("/load.js", `const script = document.createElement("script");
    script.src = trustedTypes.createPolicy("load", { createScriptURL: (url) => url }).createScriptURL("/plumbline.js");
    script.onload = () => (window.isLoaded = true);
    document.head.append(script);`);
  // The edge is asked by the page's own address.
  await page.route("**/v1/**", async (route) => {
    const { pathname, search } = new URL(route.request().url());
    await route.fulfill({ response: await route.fetch({ url: `${edge.url}${pathname}${search}` }) });
  });
  await page.goto(site.page("/lightning", "<lead-score></lead-score>", { scripts: ["/load.js"], directives: { "script-src": "'self'", "trusted-types": "load" } }));
  await page.waitForFunction(() => window.isLoaded);
  const lead = { lead_id: "sf-1", lead_source: "Referral", industry: null };
  const found = await page.evaluate((lead) => {
    const card = document.querySelector("lead-score");
    card.connection = window.plumbline.connect({ service: location.origin, mode: "local", rep: "005" });
    return new Promise((resolve) => {
      card.addEventListener("lead-scored", ({ detail }) => resolve([detail.source, detail.score.score]));
      card.addEventListener("lead-failed", ({ detail }) => resolve([detail.code, detail.message]));
      card.lead = lead;
    });
  }, lead);
  assert.deepEqual(found, ["page", (await served(lead)).score]);
  assert.deepEqual(complaints, []);
  await page.close();
  if (ready(t, "lwc")) command(join(examples, "lwc"), "check.mjs");
});

for (const [name, vendor] of [["hubspot", "HubSpot's UI extensions"], ["pcf", "the Power Apps component framework"]]) {
  test(`the example for ${name} compiles against the types of ${vendor}`, (t) => {
    if (ready(t, name)) tsc(name);
  });
}

test("the Dynamics control scores its lead again only when its own fields change", async (t) => {
  const site = await crm();
  t.after(() => site.close());
  const { outputFiles } = await build({
    entryPoints: [join(examples, "pcf/index.ts")],
    bundle: true,
    format: "iife",
    globalName: "pcf",
    footer: { js: "globalThis.pcf = pcf;" },
    target: "es2022",
    write: false,
    // Bundled into one file, without the WebAssembly scorer, which would be a second file.
    logOverride: { "empty-import-meta": "silent" },
    logLevel: "warning",
  });
  site.script("/pcf.js", outputFiles[0].text);
  const page = await browser.newPage();
  await page.route("**/v1/**", async (route) => {
    const { pathname, search } = new URL(route.request().url());
    await route.fulfill({ response: await route.fetch({ url: `${edge.url}${pathname}${search}` }) });
  });
  await page.goto(site.page("/dynamics", `<div id="control"></div>`, { scripts: ["/pcf.js"] }));
  await page.waitForFunction(() => window.pcf);
  const scored = await page.evaluate(async () => {
    const context = (visits, width) => ({
      parameters: Object.fromEntries(Object.entries({ service: location.origin, publishedKey: null, leadId: "pcf-1", source: "Referral", visits }).map(([name, raw]) => [name, { raw }])),
      userSettings: { languageId: 1033, userId: "u" },
      mode: { allocatedWidth: width },
    });
    const [container, control, scores] = [document.querySelector("#control"), new window.pcf.LeadScoreControl(), []];
    container.addEventListener("lead-scored", ({ detail }) => scores.push(detail.score.score));
    container.addEventListener("lead-failed", ({ detail }) => scores.push(detail.message));
    const settled = async (count) => {
      while (scores.length < count) await new Promise((done) => setTimeout(done, 20));
      await new Promise((done) => setTimeout(done, 300));
    };
    control.init(context(7, 300), () => {}, {}, container);
    control.updateView(context(7, 300));
    await settled(1);
    control.updateView(context(7, 900));
    control.updateView(context(7, 300));
    await settled(1);
    control.updateView(context(30, 300));
    await settled(2);
    return scores;
  });
  const expected = await Promise.all([7, 30].map(async (visits) => (await served({ lead_id: "pcf-1", lead_source: "Referral", pricing_page_visits: visits })).score));
  assert.deepEqual(scored, expected);
  await page.close();
});
