// The dashboard in Chromium on the simulated history, served by the real service under its strict policy.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startEdge } from "../../worker/start.mjs";
import { VIEWS, axe, drop, faintText, fixed, go, launch, open, signIn, tooWide } from "./board.mjs";

const PORT = 8793;
const store = mkdtempSync(join(tmpdir(), "plumbline-board-"));
let edge, browser, page, complaints, report;

const start = () => startEdge({ port: PORT, store, quiet: true, lifecycle: { is_local: true, is_demo: true } });
const ask = async (path, key, body, headers = {}) => {
  const answer = await fetch(`${edge.url}${path}`, { method: body ? "POST" : "GET", headers: { ...(key && { authorization: `Bearer ${key}` }), ...headers }, body: body && JSON.stringify(body) });
  return { status: answer.status, json: await answer.json() };
};
const read = async () => (await ask("/v1/report")).json;
/** What `look` gives once it `holds`; it is asked each second, and the test's own limit ends it. */
const until = async (look, holds) => {
  for (;;) {
    const found = await look();
    if (holds(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
};

before(async () => {
  edge = await start();
  browser = await launch();
  report = await read();
  ({ page, complaints } = await open(browser, `${edge.url}/`));
  await page.locator("#p-answers").waitFor();
});

after(async () => {
  await browser?.close();
  await edge?.stop();
  rmSync(store, { recursive: true, force: true });
});

test("every measure stands on the overview and on its tab with the report's figure, target and word", async () => {
  const words = { pass: "On target", fail: "Off target", inconclusive: "Too close to call", insufficient_data: "Not enough data", error: "Could not be measured", tracked: "Tracked" };
  const places = { auc: 3, precision: 3, recall: 3, calibration_error: 3, drift_ks: 2, satisfaction: 1 };
  report = await read();
  await page.locator("[data-do=theme]").waitFor();
  assert.equal(report.measures.length, 17);
  for (const measure of report.measures.filter(({ id }) => id !== "p50_ms")) {
    const row = page.locator(`#m-${measure.id}`);
    assert.ok((await row.textContent()).includes(words[measure.status]), measure.id);
    if (places[measure.id] && measure.estimate.value !== null) {
      const shown = Number(await row.locator(".value").textContent());
      assert.ok(Math.abs(shown - measure.estimate.value) < 0.6 * 10 ** -places[measure.id], `${measure.id}: ${shown} and ${measure.estimate.value}`);
    }
    if (measure.target) assert.match(await row.locator(".target").textContent(), /than|least|most/);
  }
  for (const tab of ["health", "performance", "quality", "business"]) {
    await go(page, `#/${tab}`);
    const ids = await page.locator(".figure").evaluateAll((cards) => cards.map((card) => card.id.slice(5)));
    // The two response times are one row on the overview.
    assert.equal(ids.length, tab === "health" ? 5 : 4, tab);
    for (const id of ids) assert.equal(report.measures.find((measure) => measure.id === id).tab, tab);
  }
});

test("the overview answers the six questions, and each proof is a click away", async () => {
  await go(page, "#/");
  // The report of the moment that is shown: the service judges anew every minute.
  await page.waitForResponse((answer) => answer.url().endsWith("/v1/report"), { timeout: 30_000 });
  report = await read();
  await page.waitForTimeout(200);
  const heading = (await page.locator("#p-verdict h1").textContent()).trim();
  assert.equal(heading, report.verdict.sentence.text);
  const answers = page.locator(".answer");
  const expected = ["what_changed", "which_serves", "may_promote", "who_acts", "worth"];
  assert.equal(await answers.count(), expected.length);
  for (const [place, name] of expected.entries()) {
    assert.equal((await answers.nth(place).locator(".said").textContent()).trim(), report.answers[name].sentence.text);
  }
  for (const [place] of expected.entries()) {
    await go(page, "#/");
    await answers.nth(place).locator("a").click();
    await page.locator(".page-head h1").waitFor();
    assert.equal(await page.locator(".page-head h1").count(), 1, `answer ${place} leads to a view`);
  }
  assert.match(await page.title(), / · .+ · Plumbline$/);
});

test("nothing complains, axe finds nothing to mend, and drawn text is dark enough: every view, light, dark and on a phone", async () => {
  for (const [name, options] of Object.entries({ light: {}, dark: { colorScheme: "dark" }, phone: { viewport: { width: 390, height: 844 } } })) {
    const { page, complaints } = await open(browser, `${edge.url}/`, options);
    await page.locator("#p-answers").waitFor();
    for (const [view, hash] of Object.entries({ ...VIEWS, print: "#/print" })) {
      await go(page, hash);
      assert.deepEqual(await axe(page), [], `${view}, ${name}`);
      assert.deepEqual(await faintText(page), [], `${view}, ${name}`);
      assert.ok((await tooWide(page)) <= 0, `${view}, ${name}`);
    }
    assert.deepEqual(complaints, [], name);
    await page.close();
  }
});

test("320 pixels are wide enough for every view", async () => {
  const { page } = await open(browser, `${edge.url}/`, { viewport: { width: 320, height: 640 } });
  await page.locator("#p-answers").waitFor();
  for (const [view, hash] of Object.entries(VIEWS)) {
    await go(page, hash);
    assert.ok((await tooWide(page)) <= 0, `${view} is ${await tooWide(page)} pixels too wide`);
  }
  await page.close();
});

test("the keyboard alone reaches every view, moves a chart's cursor, and focus is always seen", async () => {
  await go(page, "#/performance");
  const slider = page.locator("#by-day-at");
  await slider.focus();
  const before = await page.locator("#by-day output").textContent();
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowLeft");
  await page.waitForFunction((was) => document.querySelector("#by-day output").textContent !== was, before);
  // Both at one moment: the chart may still be drawn anew.
  const [spoken, shown] = await slider.evaluate((node) => [node.getAttribute("aria-valuetext"), document.querySelector("#by-day output").textContent]);
  assert.equal(spoken, shown);
  assert.equal(await page.evaluate(() => document.activeElement.id), "by-day-at", "focus stays while the chart is drawn anew");
  await go(page, "#/");
  const links = await page.locator(".rail nav a").count();
  const reached = new Set();
  await page.locator(".brand").focus();
  for (let i = 0; i < links; i++) {
    await page.keyboard.press("Tab");
    const [href, ring] = await page.evaluate(() => [document.activeElement.getAttribute("href"), getComputedStyle(document.activeElement).outlineStyle]);
    assert.equal(ring, "solid", `focus on ${href} is seen`);
    reached.add(href);
  }
  assert.equal(reached.size, links);
});

test("a refresh moves neither focus nor scroll, and resets the age", async () => {
  await go(page, "#/rollout");
  await page.locator("#gate-sys\\.errors-open").focus();
  await page.evaluate(() => scrollTo(0, 300));
  const place = await page.evaluate(() => [scrollY, document.activeElement.id]);
  await page.waitForResponse((answer) => answer.url().endsWith("/v1/report"), { timeout: 30_000 });
  await page.waitForTimeout(300);
  assert.deepEqual(await page.evaluate(() => [scrollY, document.activeElement.id]), place);
  assert.match(await page.locator(".age").textContent(), /updated \d s ago/);
});

test("without a key nothing can be done, and the views say so", async () => {
  for (const hash of Object.values(VIEWS)) {
    await go(page, hash);
    const verbs = await page.locator('[data-do="ask"]').evaluateAll((buttons) => buttons.map((button) => button.dataset.arg));
    assert.deepEqual(verbs.filter((verb) => verb !== "note"), [], hash);
  }
  await go(page, "#/rollout");
  await page.getByText("Changing the rollout needs a key.").waitFor();
});

test("a lead is found, its reasons add up to its score, and page and store agree", async () => {
  const { json: { leads: [lead] } } = await ask("/v1/leads?limit=1");
  await go(page, "#/leads");
  await page.locator("#lead").fill(lead.lead_id);
  await page.locator(".find button").click();
  await page.locator("#score").waitFor();
  await page.waitForFunction(() => /^\d+$/.test(document.querySelector("#score")?.textContent ?? ""));
  const served = lead.scores.find(({ role }) => role !== "shadow");
  assert.equal(Number(await page.locator("#score").textContent()), Math.round(served.probability * 100));
  const points = await page.locator("#why-table tbody td.number").allTextContents();
  const numbers = points.map((text) => Number(text.replace("−", "-").replace("+", "")));
  assert.equal(numbers.slice(0, -1).reduce((sum, x) => sum + x, 0), numbers.at(-1));
  assert.equal(numbers.at(-1), Number(await page.locator("#score").textContent()));
  await go(page, "#/leads/no-such-lead");
  await page.getByText("No lead no-such-lead in this deployment.").waitFor();
});

test("a report of another format, an empty one, and one without contacts are each answered in words", async () => {
  const { page, complaints } = await open(browser, `${edge.url}/`);
  await page.locator("#p-answers").waitFor();
  for (const [text, words] of [["hello", "it is not JSON"], ["[]", "its format is missing"], ["x".repeat(5_000_001), "larger than 5 MB"]]) {
    await drop(page, text);
    await page.locator("#said").getByText(words).waitFor();
  }
  await drop(page, JSON.stringify({ ...report, format: 99 }));
  await page.getByText("Written by a newer Plumbline").waitFor();
  await page.getByText("Saved report of").waitFor();
  await drop(page, JSON.stringify({ ...report, rollout: { stage: 7 } }));
  await go(page, "#/rollout");
  await page.getByText("REPORT_FIELD rollout").waitFor();
  await drop(page, JSON.stringify({ format: 1 }));
  for (const hash of Object.values(VIEWS)) await go(page, hash);
  const nasty = "</script><img src=x onerror=alert(1)><svg onload=alert(2)>\u202e";
  const poisoned = JSON.parse(JSON.stringify(report), (name, value) => (typeof value === "string" && !["stage", "status", "id", "tab", "op"].includes(name) ? nasty + value : value));
  poisoned.events = Array.from({ length: 200_000 }, () => ({ seq: 1, at: "2026", kind: nasty.slice(0, 4), sentence: null, actor: 1, prev: "", hash: "" })).slice(0, 30_000);
  await drop(page, JSON.stringify(poisoned));
  const slowest = await page.evaluate(() => new Promise((done) => {
    let most = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (most = Math.max(most, entry.duration)))).observe({ type: "longtask", buffered: false });
    setTimeout(() => done(most), 1_500);
  }));
  for (const hash of Object.values(VIEWS)) await go(page, hash);
  // Notes and names without a space.
  const word = { at: report.generated_at, kind: "change", by: "y".repeat(80), about: "", text: "x".repeat(600) };
  await drop(page, JSON.stringify({ ...report, annotations: [word] }));
  for (const hash of ["#/", "#/diagnosis"]) {
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await go(page, hash);
      await page.locator("#notes").getByText("xxxxx").waitFor();
      assert.ok((await tooWide(page)) <= 0, `${hash} at ${width}`);
    }
  }
  assert.ok(slowest < 200, `a task of ${slowest} ms`);
  assert.equal(await page.locator("img[src=x]").count(), 0);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("people beside the model are drawn where they are seen, on a screen and on a phone", async () => {
  const { page, complaints } = await open(browser, `${edge.url}/`);
  await page.locator("#p-answers").waitFor();
  const part = (value) => ({ value, low: value - 0.05, high: value + 0.1, n: 40, method: "wilson", missing: null });
  const third = (id, people, model) => ({ id, leads: 40, people: part(people), model: part(model) });
  const human = {
    leads: 120, converted: 30, sentence: { code: "HUMAN", text: "The model ranks better.", values: {} }, model_auc: {}, people_auc: {}, difference: {},
    agreement: { value: 0.42, low: 0.26, high: 0.56, n: 120, method: "spearman", missing: null }, thirds: [third("top", 0.4, 0.5), third("middle", 0.2, 0.15), third("bottom", 0.1, 0.05)],
  };
  await drop(page, JSON.stringify({ ...report, business: { ...report.business, human } }));
  for (const width of [1920, 1440, 1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await go(page, "#/business");
    const [drawing, frame] = await page.locator("#thirds svg.pair").first().evaluate((svg) => [svg, svg.closest(".scroll")].map((one) => one.getBoundingClientRect().right));
    assert.ok(drawing <= frame, `${drawing} of ${frame} at ${width}`);
    assert.ok((await tooWide(page)) <= 0, `${width}`);
  }
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("one file to mail opens without a server, shows every view, and asks for nothing", async () => {
  await page.locator(".menu summary").click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("[data-do=mail]").click()]);
  const file = join(store, "mailed.html");
  await download.saveAs(file);
  const { size } = await import("node:fs").then((fs) => fs.promises.stat(file));
  assert.ok(size <= 350_000, `${size} bytes`);
  const { page: mailed, complaints } = await open(browser, `file://${file}`);
  const asked = [];
  mailed.on("request", (request) => asked.push(request.url()));
  await mailed.getByText("Saved report of").waitFor();
  for (const hash of Object.values(VIEWS)) await go(mailed, hash);
  await go(mailed, "#/performance");
  await mailed.locator("#threshold").fill("0.7");
  await mailed.getByText("Threshold 0.70").waitFor();
  assert.equal(await mailed.locator('[data-do="ask"]').count(), 0);
  assert.deepEqual(asked.filter((url) => !url.startsWith("data:")), []);
  assert.deepEqual(complaints, []);
  await mailed.close();
});

test("on paper: one view after the other, nothing to press, no small print", async () => {
  await go(page, "#/print");
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("article.sheet").count(), 11);
  const pressed = await page.locator("button, input, select").evaluateAll((all) => all.filter((e) => e.offsetParent !== null && getComputedStyle(e).visibility !== "hidden").map((e) => e.outerHTML));
  assert.deepEqual(pressed, []);
  const small = await page.locator(".sheet *").evaluateAll((all) => [...new Set(all.filter((e) => e.textContent.trim() && parseFloat(getComputedStyle(e).fontSize) < 10.6 && e.getClientRects().length).map((e) => `${e.className} ${getComputedStyle(e).fontSize}`))]);
  assert.deepEqual(small, []);
  await page.emulateMedia({ media: null });
  const pdf = await page.pdf({ format: "A4", printBackground: true });
  const pages = pdf.toString("latin1").match(/\/Type \/Page\b(?!s)/g).length;
  assert.ok(pages >= 11 && pages <= 34, `${pages} pages`);
  writeFileSync(join(store, "print.pdf"), pdf);
});

test("each view's CSV carries what the view shows", async () => {
  const csv = async (hash) => {
    await go(page, hash);
    await page.waitForTimeout(300);
    await page.locator(".menu summary").click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator('.menu [data-arg="csv"]').click()]);
    const file = join(store, "view.csv");
    await download.saveAs(file);
    return readFileSync(file, "utf8");
  };
  report = await read();
  const auc = fixed(report.measures.find(({ id }) => id === "auc").estimate.value, 3);
  const overview = await csv("#/");
  for (const text of ["Which model serves?", "Uptime", auc]) assert.ok(overview.includes(text), `overview: ${text}`);
  const health = await csv("#/health");
  assert.ok(health.includes("Uptime"), "cards");
  // Every hour of the longest chart, below its heading.
  assert.ok(health.split("\r\n").filter((line) => /^"[^"]+ \d\d:00",/.test(line)).length >= 72, health.slice(0, 2_000));
  const diagnosis = await csv("#/diagnosis");
  assert.ok(diagnosis.includes(report.diagnosis[0].steps[0].sentence.text.slice(0, 20)), diagnosis.slice(0, 2_000));
  const goals = await csv("#/goals");
  for (const text of ["Automated retraining", "Not due yet"]) assert.ok(goals.includes(text), `goals: ${text}`);
  // No test was looked at yet: there is the plan of the next one.
  assert.match(await csv("#/experiment"), /leads in each arm/);
  for (const hash of ["#/performance", "#/quality", "#/business", "#/rollout", "#/models", "#/settings"]) {
    assert.ok((await csv(hash)).split("\r\n").length > 4, hash);
  }
});

test("what a view shows stands in its address, and a saved report leads back to the live one", async () => {
  await go(page, "#/performance");
  await page.locator("#pick").selectOption("recall");
  await page.locator('[data-do="days"][data-arg="30"]').click();
  await page.waitForFunction(() => location.hash.includes("metric=recall") && location.hash.includes("days=30"));
  const hash = await page.evaluate(() => location.hash);
  const { page: other } = await open(browser, `${edge.url}/${hash}`);
  await other.locator("#pick").waitFor();
  assert.equal(await other.locator("#pick").inputValue(), "recall");
  await other.locator('[data-do="days"][data-arg="30"][aria-pressed="true"]').waitFor();
  await drop(other, JSON.stringify(report));
  await other.locator("[data-do=live]").click();
  await other.getByText("Saved report of").waitFor({ state: "detached" });
  await other.locator(".age").getByText("updated").waitFor();
  await other.close();
});

test("the first fold holds the verdict and the six questions", async () => {
  const { page } = await open(browser, `${edge.url}/`, { viewport: { width: 1280, height: 800 } });
  await page.locator("#p-answers .answer").first().waitFor();
  const low = await page.locator("#p-answers .answer").evaluateAll((all) => Math.max(...all.map((one) => one.getBoundingClientRect().bottom)));
  assert.ok(low <= 800, `the answers end at ${low}`);
  await page.close();
});

test("older entries of the ledger are reached, and it is verified", async () => {
  await go(page, "#/rollout");
  await page.locator("#ledger .events li").first().waitFor();
  const { total } = (await ask("/v1/ledger?limit=1")).json;
  for (let tries = 0; tries < 5 && (await page.locator("[data-do=ledger]").count()) > 0; tries++) {
    const shown = await page.locator("#ledger .events li").count();
    await page.locator("[data-do=ledger]").click();
    await page.waitForFunction((shown) => document.querySelectorAll("#ledger .events li").length > shown, shown);
  }
  assert.ok((await page.locator("#ledger .events li").count()) >= total, `of ${total}`);
  await page.locator("[data-do=verify]").click();
  await page.locator("#chain").getByText("Computed in this page").waitFor();
  assert.ok((await page.locator("#chain").textContent()).includes(`${total} entries`));
  await page.locator("#verified").getByText("Verified by the service").waitFor();
  // An entry that was altered on its way is found by the page, whatever the service says.
  await page.route("**/v1/ledger?hashed=*", async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    body.entries[2].at_ms += 1;
    await route.fulfill({ response: answer, json: body });
  });
  await page.locator("[data-do=verify]").click();
  await page.locator("#chain").getByText("Entry 3 was altered").waitFor();
  assert.equal(await page.locator("#verified").count(), 0);
  await page.unroute("**/v1/ledger?hashed=*");
});

test("a ledger whose hashes cannot be computed in the page is verified by the service", async () => {
  for (const [path, status] of [["**/tool.wasm", 404], ["**/tool.js", 404], ["**/v1/ledger?hashed=*", 503]]) {
    const { page } = await open(browser, `${edge.url}/#/rollout`);
    await page.locator("#ledger .events li").first().waitFor();
    await page.route(path, (route) => route.fulfill({ status, body: "" }));
    for (let tries = 0; tries < 2; tries++) {
      await page.locator("[data-do=verify]").click();
      await page.locator("#chain").getByText("could not be computed in this page").waitFor();
      await page.locator("#verified").getByText("Verified by the service").waitFor();
    }
    // What stood in the way is gone.
    await page.unroute(path);
    await page.reload();
    await page.locator("#ledger .events li").first().waitFor();
    await page.locator("[data-do=verify]").click();
    await page.locator("#chain").getByText("Computed in this page").waitFor();
    await page.close();
  }
});

test("answers to an earlier verification are none of a later one", async () => {
  const { page, complaints } = await open(browser, `${edge.url}/#/rollout`);
  await page.locator("#ledger .events li").first().waitFor();
  // The ledger and what could follow, more entries than are asked for at once: two answers that arrive together could be taken one after the other.
  const chain = (await ask("/v1/ledger?hashed=true&limit=500")).json.entries;
  const number = (bytes, x) => (bytes === 8 ? Buffer.from(BigInt(x).toString(16).padStart(16, "0"), "hex") : Buffer.from(x.toString(16).padStart(8, "0"), "hex"));
  for (let { seq, hash: previous, at_ms } = chain.at(-1); seq < 600; ) {
    const entry = { seq: ++seq, at_ms, kind: "event", rollout: "", body: `{"n":${seq}}`, previous };
    const texts = [entry.kind, entry.rollout, entry.body].flatMap((text) => [number(4, text.length), Buffer.from(text)]);
    const bytes = [Buffer.from("plumbline.ledger.1\n"), Buffer.from(previous, "hex"), number(8, seq), number(8, at_ms), ...texts];
    previous = entry.hash = createHash("sha256").update(Buffer.concat(bytes)).digest("hex");
    chain.push(entry);
  }
  const held = [];
  await page.route("**/v1/ledger?hashed=*", async (route) => {
    const after = Number(new URL(route.request().url()).searchParams.get("after"));
    const answer = () => route.fulfill({ json: { entries: chain.slice(after, after + 500), total: chain.length } });
    if (held.length < 2) held.push(answer);
    else await answer();
  });
  await page.locator("[data-do=verify]").click();
  await page.locator("#chain").getByText("Computing the hashes: 0 of").waitFor();
  await drop(page, JSON.stringify(report));
  await page.locator("[data-do=live]").click();
  await page.locator("#ledger .events li").first().waitFor();
  await page.locator("[data-do=verify]").click();
  for (let tries = 0; tries < 100 && held.length < 2; tries++) await page.waitForTimeout(50);
  assert.equal(held.length, 2);
  for (const answer of held) await answer();
  await page.locator("#chain .status").waitFor();
  assert.match(await page.locator("#chain").textContent(), /600 entries follow/);
  assert.deepEqual(complaints, []);
  await page.close();
});

/** Writes what the open dialog asks for, and sends it. */
const send = async (words) => {
  if (words) await page.locator("#reason").fill(words);
  await page.locator("dialog .primary:enabled").click();
  await page.locator("#said").getByText("Done:").waitFor();
};

test("with a key: an approval moves leads, an old revision is refused in words, rolling back gives them back", async () => {
  await signIn(page, edge.key);
  await go(page, "#/rollout");
  await page.locator('[data-do="ask"][data-arg="hold"]').click();
  await page.waitForFunction(() => document.activeElement.id === "ask-title");
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.getElementById("ask").open);
  await page.locator('[data-do="ask"][data-arg="approve"]').click();
  await page.locator("#ask-test").getByText(/The test takes \d+ weeks, with [\d,]+ leads in each arm.* is \d+/).waitFor();
  const planned = await page.locator("#ask-test").textContent();
  await page.locator("#weeks").fill("12");
  await page.locator("#ask-test").getByText("The test takes 12 weeks").waitFor();
  assert.notEqual(await page.locator("#ask-test").textContent(), planned);
  await page.locator("#weeks").fill("");
  await page.locator("#ask-test").getByText(planned.slice(0, 24)).waitFor();
  assert.ok(await page.locator("dialog .primary").isDisabled(), "a reason is required");
  await page.locator("#reason").fill("Ranks better on the same leads");
  // Another person puts the rollout on hold meanwhile.
  assert.equal((await ask("/v1/rollout/hold", edge.key, { reason: "a look" })).status, 200);
  await page.locator("dialog .primary").click();
  await page.getByText("Not done: the rollout changed meanwhile.").waitFor();
  await page.locator('[data-do="ask"][data-arg="resume"]').and(page.locator(":enabled")).click({ timeout: 40_000 });
  await page.locator("#reason").fill("Looked at it");
  await page.locator("dialog .primary").click();
  await page.getByText("Done: Resume.").waitFor();
  await page.locator('[data-do="ask"][data-arg="approve"]').and(page.locator(":enabled")).click({ timeout: 40_000 });
  await page.locator("dialog").getByText(/leads a day/).first().waitFor();
  await page.locator("#reason").fill("Ranks better on the same leads");
  await page.locator("dialog .primary").click();
  await page.locator("#said").getByText("Done:").waitFor();
  await page.locator(".track .now").getByText("A/B test").waitFor({ timeout: 40_000 });
  await page.locator('[data-do="ask"][data-arg="rollback"]').click();
  await page.locator("#reason").fill("Sales reports odd scores");
  await page.locator("dialog .primary").click();
  await page.locator("#said").getByText("Done: Roll back now.").waitFor();
  await go(page, "#/diagnosis");
  await page.locator('[data-do="ask"][data-arg^="close:"]').first().waitFor({ timeout: 40_000 });
  const { rollout } = await read();
  // An ended rollout is no part of the report any more.
  assert.deepEqual((rollout?.serving ?? []).filter(({ role, share }) => role === "challenger" && share > 0), []);
  await page.locator('[data-do="ask"][data-arg^="close:"]').first().click();
  await page.locator("#reason").fill("A bad release");
  await page.locator("#post_mortem").fill("Rolled out on a Friday. We no longer do.");
  await page.locator("dialog .primary").click();
  await page.locator("#said").getByText("Done: Close.").waitFor();
});

test("with a key: a note is shown where figures are, a report that something is odd is closed, and the version starts again", { timeout: 240_000 }, async () => {
  await go(page, "#/diagnosis");
  await page.locator('[data-do="ask"][data-arg="note"]').click();
  await send("A new partner sends leads");
  await page.locator("#notes").getByText("A new partner sends leads").waitFor();
  await go(page, "#/");
  await page.locator("#notes").getByText("A new partner sends leads").waitFor();

  const { json: { leads: [lead] } } = await ask("/v1/leads?limit=1");
  const odd = [{ lead_id: lead.lead_id, kind: "odd", text: "far too high", occurred_at: new Date().toISOString() }];
  const sent = await ask("/v1/feedback", edge.key, odd[0]);
  assert.equal(sent.json.accepted, 1, JSON.stringify(sent));
  await go(page, `#/leads/${lead.lead_id}`);
  await page.locator('[data-do="ask"][data-arg^="dismiss:"]').click();
  await send();
  await page.locator('[data-do="ask"][data-arg^="dismiss:"]').waitFor({ state: "detached" });

  // Whatever is open besides, its post-mortem with it, is closed first.
  for (const { id } of (await ask("/v1/incidents", edge.key)).json.incidents.filter(({ state }) => state !== "closed")) {
    const closed = await ask(`/v1/incidents/${id}/close`, edge.key, { cause: "A bad release", post_mortem: "Rolled out on a Friday. We no longer do." });
    assert.equal(closed.status, 200, JSON.stringify(closed));
  }
  await until(read, ({ models }) => models.every((model) => !model.is_post_mortem_open));
  await page.reload();
  await signIn(page, edge.key);
  await go(page, "#/models");
  await page.locator('[data-do="ask"][data-arg^="start:"]').first().click({ timeout: 40_000 });
  await page.locator("dialog").getByText("The last rollout of version").waitFor();
  assert.deepEqual(await axe(page), []);
  assert.ok(await page.locator("dialog .primary").isDisabled(), "starting again is confirmed");
  await page.locator("#again").check();
  await page.waitForTimeout(500);
  await send();
  await go(page, "#/rollout");
  await page.locator(".track .now").getByText("Shadow").waitFor({ timeout: 40_000 });
  assert.equal((await read()).rollout.stage, "shadow");
});

test("with a key: a retraining is asked for, trains at the edge between requests, and its result and version are shown", { timeout: 240_000 }, async () => {
  await page.reload();
  await signIn(page, edge.key);
  await go(page, "#/models");
  await page.locator('[data-do="ask"][data-arg="retrain"]').and(page.locator(":enabled")).click({ timeout: 40_000 });
  await page.waitForFunction(() => document.activeElement.id === "ask-title");
  assert.deepEqual(await axe(page), []);
  await page.locator("dialog .primary").click();
  await page.locator("#said").getByText("Done: Retrain now.").waitFor();
  const [asked] = await until(async () => (await read()).retraining.runs, (runs) => runs[0]?.trigger === "manual");
  assert.equal(asked.trigger, "manual");
  // The service answers while it trains.
  const [run] = await until(async () => (await read()).retraining.runs, (runs) => runs[0]?.state === "ended");
  assert.match(run.result, /^(queued|kept|below)$/, JSON.stringify(run));
  assert.ok(run.rows >= 1000 && run.estimate.value > 0.5 && run.version, JSON.stringify(run));
  // The sentence below it names the version too.
  await page.locator("#retraining-table").getByRole("link", { name: run.version, exact: true }).waitFor({ timeout: 40_000 });
  assert.deepEqual(await axe(page), []);
});

test("a service that stops is said to be gone after 45 s, with nothing to press; it recovers by itself", { timeout: 240_000 }, async () => {
  await page.reload();
  await go(page, "#/rollout");
  await edge.stop();
  await page.getByText("These numbers are old").waitFor({ timeout: 90_000 });
  assert.equal(await page.locator('[data-do="ask"]').count(), 0);
  edge = await start();
  await page.getByText("These numbers are old").waitFor({ state: "detached", timeout: 120_000 });
});
