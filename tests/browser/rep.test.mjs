// The rep's own judgement in `<lead-score>`: the questions, at most as often as `ask-days` says, and what the service stores of the answers.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../xtask/npm/run.mjs";
import { axe, tooWide } from "./board.mjs";
import { stage, strike } from "./crm.mjs";

const leads = readFileSync(join(root, "worker/demo/leads.ndjson"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
let store, edge, browser, site, key;

before(async () => ({ store, edge, browser, site, key } = await stage()));

after(() => strike({ store, edge, browser, site }));

async function open(context, attributes, lang = "en") {
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (said) => ["error", "warning"].includes(said.type()) && complaints.push(said.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(site.page(`/rep-${lang}`, `<lead-score service="${edge.url}" key="${key}" rep="kim" ${attributes}></lead-score>`, { lang }));
  await page.waitForFunction(() => window.element);
  return { page, complaints, card: page.locator("lead-score") };
}

/** Shows `lead`, and gives what comes after it its time. */
const show = async (page, lead) => {
  await page.evaluate((lead) => {
    const element = document.querySelector("lead-score");
    return new Promise((resolve) => {
      element.addEventListener("lead-scored", resolve, { once: true });
      element.lead = lead;
    });
  }, lead);
  await page.waitForTimeout(250);
};

const stored = async (id) => (await fetch(`${edge.url}/v1/leads/${id}`)).json();

async function until(found, what) {
  for (const began = Date.now(); !(await found()); ) {
    assert.ok(Date.now() - began < 15_000, what);
    await new Promise((next) => setTimeout(next, 50));
  }
}

test("satisfaction and whether the scores help are asked once in so many days, in no second tab, and stored", async () => {
  const context = await browser.newContext();
  const { page, card, complaints } = await open(context, `ask-days="30"`);
  const lead = { ...leads[2], lead_id: "asked" };
  await show(page, lead);
  await card.getByLabel("How satisfied").selectOption("8");
  await card.getByLabel("The scores do not help me").check();
  // Another lead leaves the question open, in this tab alone.
  const other = await open(context, `ask-days="30"`);
  await show(other.page, { ...leads[3], lead_id: "other" });
  assert.equal(await other.card.locator("[part=question]").count(), 0);
  await card.locator("[part=question]").getByRole("button", { name: "Send" }).click();
  await card.locator("[part=rep]").getByText("Thank you.").waitFor();
  await until(async () => (await stored("asked")).feedback?.length === 2, "both are stored");
  const said = (await stored("asked")).feedback.map(({ kind, rating, rep }) => [kind, rating, rep]).sort();
  assert.deepEqual(said, [["satisfaction", 8, "kim"], ["unhelpful", null, "kim"]]);
  // Neither the next lead nor the next page asks again.
  await show(page, { ...leads[4], lead_id: "next" });
  assert.equal(await card.locator("[part=question]").count(), 0);
  await page.reload();
  await page.waitForFunction(() => window.element);
  await show(page, lead);
  assert.equal(await card.locator("[part=question]").count(), 0);
  assert.deepEqual([complaints, other.complaints], [[], []]);
  // After the days it does; the service does not take events of that future.
  await page.clock.install({ time: Date.now() + 31 * 86_400_000 });
  await page.reload();
  await page.waitForFunction(() => window.element);
  await page.evaluate((lead) => (document.querySelector("lead-score").lead = lead), lead);
  await page.clock.runFor(1000);
  await card.getByRole("button", { name: "Not now" }).click();
  assert.equal(await card.locator("[part=question]").count(), 0);
  await context.close();
});

test("a question below the fold was not asked until a person scrolls to it", async () => {
  const context = await browser.newContext();
  const { page, card, complaints } = await open(context, `ask-days="30"`);
  await page.setViewportSize({ width: 800, height: 150 });
  const question = card.locator("[part=question]");
  const lead = { ...leads[2], lead_id: "below" };
  // It is there again: no one has seen it.
  for (let n = 0; n < 2; n++) {
    await page.reload();
    await page.waitForFunction(() => window.element);
    await show(page, lead);
    assert.equal(await question.count(), 1);
    assert.ok(await question.evaluate((one) => one.getBoundingClientRect().top > innerHeight), "it is below the fold");
  }
  // Another tab shows its own, and this one is not asked twice.
  const other = await open(context, `ask-days="30"`);
  await show(other.page, { ...leads[3], lead_id: "above" });
  assert.equal(await other.card.locator("[part=question]").count(), 1);
  await page.bringToFront();
  await question.evaluate((one) => one.scrollIntoView());
  await card.locator("[part=rep]").waitFor({ state: "detached" });
  await page.reload();
  await page.waitForFunction(() => window.element);
  await show(page, lead);
  assert.equal(await question.count(), 0);
  assert.deepEqual([complaints, other.complaints], [[], []]);
  await context.close();
});

test("the rep's own priority is stored, the last of several quick ones alone, and is shown again", async () => {
  const context = await browser.newContext();
  const { page, card, complaints } = await open(context, "priority");
  const lead = { ...leads[7], lead_id: "ranked" };
  await show(page, lead);
  const select = card.getByLabel("Your priority for this lead");
  assert.equal(await select.inputValue(), "");
  for (const value of ["3", "9"]) await select.selectOption(value);
  await until(async () => (await stored("ranked")).feedback?.length === 1, "it is stored");
  await show(page, { ...leads[8], lead_id: "unranked" });
  assert.equal(await select.inputValue(), "");
  await page.reload();
  await page.waitForFunction(() => window.element);
  await show(page, lead);
  assert.equal(await select.inputValue(), "9");
  await select.selectOption("2");
  await until(async () => (await stored("ranked")).feedback?.length === 2, "a later one is another");
  const said = (await stored("ranked")).feedback.map(({ kind, rating, rep }) => [kind, rating, rep]);
  assert.deepEqual(said.sort(), [["priority", 2, "kim"], ["priority", 9, "kim"]]);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("without its attributes an element asks nothing and loads nothing for it", async () => {
  const context = await browser.newContext();
  const { page, card } = await open(context, "");
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await show(page, { ...leads[5], lead_id: "quiet" });
  assert.equal(await card.locator("[part=rep]").count(), 0);
  assert.ok(!asked.some((url) => url.includes("rep.js")));
  await context.close();
});

test("axe finds nothing in the rep's panel, in English, German and Arabic, and 320 pixels are enough", async () => {
  for (const lang of ["en", "de", "ar"]) {
    const context = await browser.newContext();
    const { page, card, complaints } = await open(context, `ask-days="1" priority`, lang);
    await show(page, { ...leads[6], lead_id: `axe-${lang}` });
    assert.equal(await card.locator("[part=rep] select").count(), 2);
    assert.deepEqual(await axe(page), []);
    await page.setViewportSize({ width: 320, height: 900 });
    assert.ok((await tooWide(page)) <= 0);
    assert.deepEqual(complaints, []);
    await context.close();
  }
});
