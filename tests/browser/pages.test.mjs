// What is read in the dashboard, in Chromium on the simulated history: reviews, languages, the reader's clock, Find, the file to mail, paper.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startEdge } from "../../worker/start.mjs";
import { program } from "../../xtask/npm/native.mjs";
import { VIEWS, axe, faintText, go, launch, open, signIn, tooWide } from "./board.mjs";

const ROOT = new URL("../..", import.meta.url).pathname;
const store = mkdtempSync(join(tmpdir(), "plumbline-pages-"));
let edge, browser;

const ask = async (path) => (await fetch(`${edge.url}${path}`)).json();

before(async () => {
  edge = await startEdge({ port: 8794, store, quiet: true, lifecycle: { is_local: true, is_demo: true } });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await edge?.stop();
  rmSync(store, { recursive: true, force: true });
});

/** A page of the service that shows its report. */
async function shown(options = {}, path = "/") {
  const opened = await open(browser, `${edge.url}${path}`, options);
  await opened.page.locator("#p-answers").waitFor();
  return opened;
}

/** How many sheets of paper a PDF has. */
const sheets = (pdf) => pdf.toString("latin1").match(/\/Type \/Page\b(?!s)/g).length;

test("each review shows every item with what was found, and is a page or two on paper", async () => {
  const { page, complaints } = await shown();
  const { reviews } = await ask("/v1/reviews?limit=110");
  for (const kind of ["daily", "weekly", "monthly"]) {
    const { id } = reviews.find((review) => review.kind === kind);
    const review = await ask(`/v1/reviews/${id}`);
    await go(page, `#/reviews/${kind}`);
    await page.locator(".finding").getByText(review.sentence.text).waitFor();
    assert.equal(await page.locator(".items > li").count(), review.parts.length, kind);
    for (const part of review.parts) {
      const item = page.locator(`#item-${part.id}`);
      assert.ok((await item.textContent()).includes(part.sentence.text), `${kind}: ${part.id}`);
      for (const [label, line] of part.rows ?? []) {
        const words = part.id === "scores" && line.includes(", ") ? line.split(", ") : [line];
        const said = await item.textContent();
        for (const word of [label, ...words]) assert.ok(said.includes(word), `${kind}, ${part.id}: ${word}`);
      }
      const word = { pass: "In order", fail: "Needs a look" }[part.status];
      if (word) assert.ok((await item.textContent()).includes(word), `${kind}: ${part.id}`);
    }
    assert.deepEqual(await axe(page), [], kind);
    // A monthly one lists the company's segments, which may take a second sheet.
    const most = kind === "monthly" ? 2 : 1;
    assert.ok(sheets(await page.pdf({ preferCSSPageSize: true, printBackground: true })) <= most, `${kind} on A4`);
    assert.ok(sheets(await page.pdf({ format: "Letter", printBackground: true })) <= most, `${kind} on letter paper`);
  }
  await go(page, "#/reviews");
  assert.equal(await page.locator(".reviews li").count(), reviews.length);
  await go(page, "#/reviews/weekly-1999-01-04");
  await page.getByText("There is no review weekly-1999-01-04").waitFor();
  // The service answers 404, which the browser notes by itself.
  assert.deepEqual(complaints.filter((said) => !said.includes("404")), []);
  await page.close();
});

test("the monthly question is answered on its page, and the answer stays with it", async () => {
  const { page } = await shown();
  await signIn(page, edge.key);
  await go(page, "#/reviews/monthly");
  await page.locator("#decision").getByText("Not decided yet.").waitFor();
  await page.locator('[data-do="ask"][data-arg^="decide:"]').click();
  assert.ok(await page.locator("dialog .primary").isDisabled(), "a decision is required");
  await page.locator("#reason").fill("Not this month: recall held");
  await page.locator("dialog .primary").click();
  await page.locator("#decision").getByText("Not this month: recall held").waitFor();
  await page.close();
});

/** The texts of a language by key. */
const words = (language) => JSON.parse(readFileSync(join(ROOT, `web/text/${language}.json`), "utf8"));
/** All texts of a file without slots, with their plural forms. */
const plain = (file) => new Map(Object.entries(file).flatMap(([key, text]) => (typeof text === "string" ? [[key, text]] : Object.entries(text).map(([form, text]) => [`${key}.${form}`, text]))));

for (const [language, direction, number] of [["de", "ltr", /\d,\d/], ["ar", "rtl", /\d/]]) {
  test(`in ${language} no word of the page stays English, dates are its own, and nothing is too wide`, async () => {
    const english = plain(words("en"));
    const own = plain(words(language));
    const kept = new Set(own.values());
    const foreign = [...english].filter(([key, text]) => !key.startsWith("_") && !text.includes("{") && text.length > 3 && !kept.has(text)).map(([, text]) => text);
    const { page, complaints } = await shown({ timezoneId: "Europe/Berlin" }, `/?lang=${language}`);
    assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), [language, direction]);
    for (const [view, hash] of Object.entries({ ...VIEWS, print: "#/print" })) {
      await go(page, hash);
      // What the service wrote is marked as English, what people wrote stays as it is.
      const said = await page.evaluate(() => {
        const walker = document.createTreeWalker(document.getElementById("app"), NodeFilter.SHOW_TEXT);
        const texts = [];
        while (walker.nextNode()) {
          const parent = walker.currentNode.parentElement;
          if (!parent.closest("[lang=en], bdi, code, option[lang]")) texts.push(walker.currentNode.data.trim());
        }
        const labels = [...document.querySelectorAll("#app [aria-label], #app [placeholder]")].flatMap((e) => [e.getAttribute("aria-label"), e.getAttribute("placeholder")]);
        return [...texts, ...labels].filter(Boolean);
      });
      assert.deepEqual(said.filter((text) => foreign.includes(text)), [], `${view} in ${language}`);
      assert.ok((await tooWide(page)) <= 0, `${view} in ${language}`);
      assert.deepEqual(await axe(page), [], `${view} in ${language}`);
    }
    await go(page, "#/");
    assert.match(await page.locator("#m-deal_size .value, #m-auc .value").first().textContent(), number);
    const month = await page.evaluate((locale) => new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", timeZone: "UTC" }).formatToParts().find((p) => p.type === "month").value, language);
    assert.ok((await page.locator(".age").textContent()).includes(month), `the month is ${month}`);
    await page.setViewportSize({ width: 390, height: 844 });
    for (const [view, hash] of Object.entries(VIEWS)) {
      await go(page, hash);
      assert.ok((await tooWide(page)) <= 0, `${view} in ${language} on a phone`);
    }
    assert.deepEqual(complaints.filter((said) => !said.includes("404")), []);
    await page.close();
  });
}

test("other languages are loaded when they are asked for, and the choice is kept", async () => {
  const page = await browser.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${edge.url}/#/settings`);
  await page.locator("#language").waitFor();
  assert.deepEqual(asked.filter((path) => path.startsWith("/text/")), []);
  await Promise.all([page.waitForEvent("load"), page.locator("#language").selectOption("de")]);
  await page.locator(".page-head h1").getByText("Einstellungen").waitFor();
  assert.deepEqual(asked.filter((path) => path.startsWith("/text/")), ["/text/de.json"]);
  await page.close();
});

test("times are those of the reader's clock, and the bar names its zone", async () => {
  const { data_until: until } = await ask("/v1/report");
  for (const [timezoneId, zone] of [["UTC", "UTC"], ["America/New_York", "EST|EDT"], ["Asia/Kolkata", "GMT\\+5:30"]]) {
    const { page } = await shown({ timezoneId, locale: "en-US" });
    const said = await page.locator(".age").textContent();
    assert.match(said, new RegExp(zone), timezoneId);
    const clock = new Intl.DateTimeFormat("en-GB", { timeZone: timezoneId, hour: "2-digit", minute: "2-digit" });
    const around = [0, 60_000, 120_000].map((later) => clock.format(Date.parse(until) + later));
    assert.ok(around.some((time) => said.includes(time)), `${said} has none of ${around} in ${timezoneId}`);
    await page.close();
  }
});

test("Find leads to views, measures, fields, models and leads, by keyboard alone, and does nothing else", async () => {
  const { page } = await shown();
  const { measures, models } = await ask("/v1/report");
  const find = async (text) => {
    await page.locator("#find").fill(text);
    await page.locator(".found a").last().getByText(text).waitFor();
    return page.locator(".found a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  };
  assert.ok((await find("recall")).includes("#/performance?metric=recall"));
  assert.ok((await find("VISITS")).includes("#/quality/feature/visits_30d"));
  assert.ok((await find(models[0].version.slice(0, 7))).includes("#/models"));
  assert.ok((await find("L-000009")).includes("#/leads/L-000009"));
  assert.equal(measures.length, 17);
  assert.deepEqual(await axe(page), []);
  await find("weekly roll");
  await find("rollout");
  await page.keyboard.press("Enter");
  await page.locator(".page-head h1").getByText("Rollout").waitFor();
  assert.equal(await page.locator("#find").inputValue(), "");
  // The key for it is off until it is switched on.
  await page.keyboard.press("/");
  assert.notEqual(await page.evaluate(() => document.activeElement.id), "find");
  await go(page, "#/settings");
  await page.locator("[data-do=keys]").click();
  await page.locator("main").focus();
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "find");
  await page.close();
});

test("plumbline report --html writes one file that reads without scripts and works with them", { timeout: 900_000 }, async () => {
  const file = join(store, "report.html");
  const written = spawnSync(program(), ["report", "--html", file, "--url", edge.url], { encoding: "utf8", cwd: ROOT });
  assert.equal(written.status, 0, written.stderr);
  assert.ok(existsSync(file));
  const { size } = statSync(file);
  assert.ok(size <= 350_000, `${size} bytes`);
  const report = await ask("/v1/report");

  // With more notes than a mail takes: the newest are in it, whatever their text, and its size is still that of a mail.
  const note = (text) => fetch(`${edge.url}/v1/notes`, { method: "POST", headers: { "content-type": "application/json", authorization: `Bearer ${edge.key}` }, body: JSON.stringify({ kind: "change", text }) });
  for (let n = 0; n < 50; n++) assert.equal((await note(`${n} ${"ملاحظة عن شريك جديد ".repeat(40)}`)).status, 200);
  assert.equal((await note("Bad data-quality since Monday id= role=")).status, 200);
  const noted = join(store, "noted.html");
  assert.equal(spawnSync(program(), ["report", "--html", noted, "--url", edge.url], { encoding: "utf8", cwd: ROOT }).status, 0);
  console.log(`a mailed report: ${size} bytes, with many notes ${statSync(noted).size}`);
  assert.ok(statSync(noted).size <= 350_000, `${statSync(noted).size} bytes with notes`);
  const words = await browser.newPage({ javaScriptEnabled: false });
  await words.goto(`file://${noted}`);
  assert.ok((await words.locator("#app").innerText()).includes("Bad data-quality since Monday id= role="));
  await words.close();

  // Without scripts: every view, in order, with its figures, and links that lead to them.
  const still = await browser.newPage({ javaScriptEnabled: false });
  await still.goto(`file://${file}`);
  const text = await still.locator("#app").innerText();
  assert.ok(text.includes(report.verdict.sentence.text));
  for (const gate of report.rollout.gates) assert.ok(text.includes(gate.sentence.text), gate.id);
  assert.equal(await still.locator("article.sheet").count(), 11);
  await still.locator('.rail a[href="#/goals"]').click();
  const top = await still.locator('[id="/goals"]').evaluate((sheet) => sheet.getBoundingClientRect().top);
  assert.ok(Math.abs(top) < 60, `the goals are at ${top}`);
  await still.close();

  // With them, under its own policy, and without a request.
  const { page, complaints } = await open(browser, `file://${file}`);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.getByText("Saved report of").waitFor();
  for (const [view, hash] of Object.entries(VIEWS)) {
    await go(page, hash);
    assert.deepEqual(await axe(page), [], view);
  }
  await go(page, "#/performance");
  await page.locator("#threshold").fill("0.7");
  await page.getByText("Threshold 0.70").waitFor();
  await go(page, "#/reviews");
  await page.getByText("Reviews are not part of a saved report.").waitFor();
  const blocked = await page.evaluate(() => fetch("https://example.com/").then(() => "sent", () => "blocked"));
  assert.equal(blocked, "blocked");
  assert.deepEqual(asked.filter((url) => !url.startsWith("data:") && url !== "https://example.com/"), []);
  assert.deepEqual(complaints.filter((said) => !said.includes("example.com")), []);
  await page.close();
});

test("the report on paper: one view a page at most begins it, no card is cut, no text is smaller than 8 points", async () => {
  const { page } = await shown();
  await go(page, "#/print");
  await page.emulateMedia({ media: "print" });
  const small = await page.locator(".sheet *").evaluateAll((all) => [...new Set(all.filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && parseFloat(getComputedStyle(e).fontSize) < 10.6).map((e) => `${e.tagName} ${e.className?.baseVal ?? e.className} ${getComputedStyle(e).fontSize}`))]);
  assert.deepEqual(small, []);
  const uncut = await page.locator(".sheet .card:not(:has(.plain-table, .events, .steps))").evaluateAll((cards) => cards.filter((card) => getComputedStyle(card).breakInside !== "avoid").length);
  assert.equal(uncut, 0);
  await page.setViewportSize({ width: 718, height: 1000 });
  assert.deepEqual(await faintText(page), []);
  await page.emulateMedia({ media: null });
  const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
  writeFileSync(join(store, "report.pdf"), pdf);
  const count = sheets(pdf);
  assert.ok(count >= 11 && count <= 20, `${count} pages`);
  await page.close();
});
