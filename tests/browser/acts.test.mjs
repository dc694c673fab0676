// What people do on the dashboard in trouble, on a simulated company whose requests fail while a challenger is in shadow: `plumbline simulate`
// makes the store, `plumbline serve` goes on with it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { program } from "../../xtask/npm/native.mjs";
import { root } from "../../xtask/npm/run.mjs";
import { folder } from "../edge/hosts.mjs";
import { axe, go, launch, open, signIn } from "./board.mjs";

const SCRIPT = `
seed = 3
days = 26
leads = 150
[[event]]
at = "d9 09:00"
kind = "start"
by = "Ben Okafor"
[[event]]
at = "d25 12:00"
kind = "errors"
of = "champion"
share = 0.3
`;

const place = folder();
let service, browser, page, complaints, key, url;

/** What the command prints as JSON. */
function run(...args) {
  const { status, stdout, stderr } = spawnSync(program(), [...args, "--json"], { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

before(async () => {
  const [script, store] = [join(place.path, "script.toml"), join(place.path, "store")];
  writeFileSync(script, SCRIPT);
  run("simulate", "--script", script, "--until-now", "--store", store);
  ({ secret: key } = run("keys", "add", "Ada Moreau", ...["read", "operate", "approve"].flatMap((scope) => ["--scope", scope]), "--role", "ml_lead", "--store", store));
  service = spawn(program(), ["serve", "--store", store, "--listen", "127.0.0.1:0", "--page", join(root, "web/dist"), "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise((done, failed) => {
    createInterface({ input: service.stdout }).once("line", done);
    service.once("exit", (code) => failed(new Error(`plumbline serve ended with ${code}`)));
  });
  url = JSON.parse(line).listening;
  browser = await launch();
  ({ page, complaints } = await open(browser, `${url}/`));
  await signIn(page, key);
});

after(async () => {
  await browser?.close();
  if (service && service.exitCode === null) {
    const ended = new Promise((done) => service.once("exit", done));
    service.kill("SIGTERM");
    await ended;
  }
  place.remove();
});

const read = async () => (await fetch(`${url}/v1/report`, { headers: { authorization: `Bearer ${key}` } })).json();

/** Writes what the open dialog asks for, sends it, and waits until the page says that it was done. */
async function send(done, words) {
  await page.waitForFunction(() => document.activeElement.id === "ask-title");
  assert.deepEqual(await axe(page), []);
  if (words) {
    assert.ok(await page.locator("dialog .primary").isDisabled(), "a reason is required");
    await page.locator("#reason").fill(words);
  }
  await page.locator("dialog .primary:enabled").click();
  await page.locator("#said").getByText(done).waitFor();
}

test("an alert is taken, and its clock names who took it", async () => {
  const firing = (await read()).alerts.filter(({ state, taken_by, incident }) => state === "firing" && !taken_by && incident);
  assert.ok(firing.length > 0, "no alert to take");
  await go(page, "#/diagnosis");
  const buttons = page.locator('[data-do="ask"][data-arg^="take:"]');
  assert.equal(await buttons.count(), firing.length);
  const id = (await buttons.first().getAttribute("data-arg")).slice("take:".length);
  await buttons.first().click();
  await send("Done: Take it.");
  await page.locator(`#alert-${id}`).getByText("Ada Moreau").waitFor({ timeout: 40_000 });
  assert.equal(await page.locator(`[data-arg="take:${id}"]`).count(), 0);
  assert.equal((await read()).alerts.find((alert) => alert.id === id).taken_by, "Ada Moreau");
});

test("a gate without enough data is waived, and the reason stands in its row and in the ledger", async () => {
  const { gates } = (await read()).rollout;
  const gate = gates.find(({ waivable }) => waivable);
  // Undecided too, and never waived: it waits for the incidents to be closed.
  const other = gates.find(({ id }) => id === "gov.incidents");
  assert.deepEqual([other.status, other.waivable], ["inconclusive", false]);
  await go(page, "#/rollout");
  for (const { id } of [gate, other]) await page.locator(`[data-do="toggle"][data-arg="gate-${id}"]`).click();
  await page.locator(`[id="gate-${other.id}-more"]`).waitFor();
  assert.equal(await page.locator('[data-do="ask"][data-arg^="waive:"]').count(), 1);
  await page.locator(`[data-do="ask"][data-arg="waive:${gate.id}"]`).click();
  await send("Done: Waive this gate.", "Compared by hand on the same leads");
  await page.getByText("Compared by hand on the same leads").first().waitFor({ timeout: 40_000 });
  const report = await read();
  assert.equal(report.rollout.gates.find(({ id }) => id === gate.id).waived, "Compared by hand on the same leads");
  assert.ok(report.events.some(({ sentence }) => sentence.text.includes("Ada Moreau") && sentence.text.includes("waived")), JSON.stringify(report.events[0]));
});

test("nothing complained meanwhile", () => assert.deepEqual(complaints, []));
