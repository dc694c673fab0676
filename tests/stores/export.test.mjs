// `plumbline export` follows a service into a PostgreSQL database and into a folder: through kills of the follower, of the service and of the
// database each row arrives once, what was erased is erased in the copy, and retention is held back until it has arrived.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startPostgres } from "../../xtask/npm/postgres.mjs";
import { program } from "../../xtask/npm/native.mjs";
import { command, demo, kinds, serve, settings, wait } from "./serve.mjs";

const LEADS = 600;

for (const kind of kinds()) {
  describe(`export from a service on ${kind.name}`, () => {
    let place;
    let target;
    let at;
    let key;
    let folder;
    let file;
    before(async () => {
      place = await kind.start();
      target = await startPostgres();
      file = settings("[writeback]\nenabled = true\n");
      at = await serve(place.store("source"), "--model", demo, "--log", "durable", "--settings", file.file);
      key = at.key;
      folder = mkdtempSync(join(tmpdir(), "plumbline-export-"));
    });
    after(async () => {
      await at?.stop();
      place?.remove();
      target?.remove();
      file?.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    const score = (n) => at.call("POST", "/v1/score?reasons=0", Array.from({ length: 20 }, (_, i) => ({ lead_id: `x-${n}-${i}`, visits_30d: i })));
    const ask = (statement) => target.script(`SET search_path = plumbline_export; ${statement}`);
    const once = (...more) => command("export", "--url", at.url, "--key", key, "--to", target.url, "--once", ...more);
    const counts = () => ask("SELECT count(*), count(DISTINCT lead_id) FROM prediction_logs WHERE lead_id LIKE 'x-%' AND role <> 'shadow'");

    test("parts, cursors and names are checked", async () => {
      const headers = { authorization: `Bearer ${key}` };
      const listed = await at.get("/v1/export", headers);
      assert.deepEqual(listed.parts, ["control", "0"]);
      for (const [query, status, code] of [
        ["part=7", 404, "NO_SUCH_PART"],
        ["part=0&after=1.2", 400, "CURSOR_MALFORMED"],
        ["part=control&after=x", 400, "CURSOR_MALFORMED"],
        ["part=0&follower=a%20b", 400, "FOLLOWER_MALFORMED"],
      ]) {
        const answer = await at.call("GET", `/v1/export?${query}`, undefined, headers);
        assert.deepEqual([answer.status, answer.body.code], [status, code], query);
      }
      const page = await at.get("/v1/export?part=0", headers);
      assert.deepEqual([page.format, page.part], [1, "0"]);
    });

    test("rows arrive once while follower, service and database are killed", { timeout: 240_000 }, async () => {
      const follow = () => spawn(program(), ["export", "--url", at.url, "--key", key, "--to", target.url, "--every", "1"], { stdio: "ignore" });
      let follower = follow();
      for (let n = 0; n < LEADS / 20; n++) {
        const answer = await score(n);
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        const event = { lead_id: `x-${n}-0`, event_id: `e-${n}`, kind: "converted", occurred_at: Date.now() };
        assert.equal((await at.call("POST", "/v1/outcomes", event)).status, 200);
        if (n % 5 === 4) {
          follower.kill("SIGKILL");
          follower = follow();
        }
        if (n === 12) {
          target.stop("immediate");
          await wait(300);
          target.start();
        }
        if (n === 20) {
          await at.stop("SIGKILL");
          at = await serve(place.store("source"), "--log", "durable", "--settings", file.file);
        }
        await wait(100);
      }
      follower.kill("SIGKILL");
      // The digest makes scores of the last rows.
      await wait(5000);
      const done = once();
      assert.equal(done.code, 0, done.text);
      assert.equal(counts(), `${LEADS}|${LEADS}`);
      assert.equal(ask("SELECT count(*), count(DISTINCT event_id) FROM outcome_events"), `${LEADS / 20}|${LEADS / 20}`);
      assert.equal(ask("SELECT count(DISTINCT lead_id) FROM lead_scores WHERE lead_id LIKE 'x-%'"), `${LEADS}`);
      // First scores of leads whose score is shown are changes.
      const changes = (await at.get("/v1/changes", { authorization: `Bearer ${key}` })).changes;
      assert.ok(changes.length > LEADS / 2);
      assert.equal(ask("SELECT count(*), count(DISTINCT lead_id), min(reason) FROM score_changes"), `${changes.length}|${changes.length}|scored`);
      assert.equal(ask("SELECT count(*) FROM current_scores JOIN score_changes USING (lead_id, version, probability, band)"), `${changes.length}`);
      const entries = Number(place.postgres ? place.sql("source", "control", "SELECT count(*) FROM ledger") : ask("SELECT count(*) FROM ledger"));
      assert.equal(Number(ask("SELECT count(*) FROM ledger")), entries);
      assert.ok(entries >= 1);
      assert.match(ask("SELECT timestamp FROM prediction_logs LIMIT 1"), /^20\d\d-/);
    });

    test("a repeated batch changes nothing", () => {
      const before = [counts(), ask("SELECT count(*) FROM ledger"), ask("SELECT sum(probability) FROM prediction_logs")];
      ask("DELETE FROM export_positions");
      const done = once();
      assert.equal(done.code, 0, done.text);
      assert.deepEqual([counts(), ask("SELECT count(*) FROM ledger"), ask("SELECT sum(probability) FROM prediction_logs")], before);
    });

    test("a score of a page is logged once, with its source, and is no score of the lead", async () => {
      const score = { variant: "page/1", role: "champion", epoch: 1, probability: 0.75, band: "hot", shadows: [{ version: "2", variant: "s", probability: 0.5 }] };
      const event = { event_id: "page-1", lead_id: "of-page", version: "1", occurred_at: Date.now(), score };
      const codes = [];
      for (let n = 0; n < 2; n++) codes.push((await at.call("POST", "/v1/exposures", event)).body.events[0].code);
      assert.deepEqual(codes, ["ORPHAN", "DUPLICATE"]);
      assert.equal(once().code, 0);
      const logged = "SELECT source, role, variant, epoch, probability FROM prediction_logs WHERE lead_id = 'of-page' ORDER BY ordinal";
      assert.equal(ask(logged), "page|champion|page/1|1|0.75\npage|shadow|s|1|0.5");
      assert.equal(ask("SELECT count(*) FROM lead_scores WHERE lead_id = 'of-page'"), "0");
      if (place.postgres) assert.equal(place.sql("source", "log", "SELECT count(*) FROM prediction_logs WHERE source = 'page'"), "2");
    });

    test("an erased lead is erased in the copy", async () => {
      const changes = Number(ask("SELECT count(*) FROM score_changes"));
      const erased = await at.call("DELETE", "/v1/leads/x-0-0", undefined, { authorization: `Bearer ${key}` });
      assert.equal(erased.status, 200, JSON.stringify(erased.body));
      assert.equal(once().code, 0);
      for (const table of ["prediction_logs", "lead_scores", "lead_features", "outcome_events", "exposures", "sales_feedback", "score_changes", "current_scores"]) {
        assert.equal(ask(`SELECT count(*) FROM ${table} WHERE lead_id = 'x-0-0'`), "0", table);
      }
      assert.equal(ask("SELECT count(*) FROM prediction_logs WHERE lead_id = 'erased'"), "1");
      assert.equal(Number(ask("SELECT count(*) FROM score_changes")), changes, "of a change the numbers stay");
    });

    test("a folder is filled, and goes on where it was", async () => {
      const to = ["export", "--url", at.url, "--key", key, "--to", folder, "--once", "--follower", "folder"];
      assert.equal(command(...to).code, 0);
      const read = () =>
        readdirSync(join(folder, "0"))
          .flatMap((file) => readFileSync(join(folder, "0", file), "utf8").trim().split("\n").slice(1))
          .map((line) => JSON.parse(line))
          .filter(({ table }) => table === "prediction_batches")
          .reduce((sum, { row }) => sum + row.predictions.length, 0);
      const first = read();
      assert.ok(first >= LEADS, `${first}`);
      assert.equal((await score("late")).status, 200);
      assert.equal(command(...to).code, 0);
      assert.equal(read(), first + 20);
      assert.equal(command(...to).code, 0);
      assert.equal(read(), first + 20);
    });

    test("a copy of another service is not mixed with this one, and a store is no place for a copy", async () => {
      ask("UPDATE export_positions SET source = 'another'");
      assert.match(once().text, /EXPORT_OTHER_SOURCE/);
      if (place.postgres) {
        const done = command("export", "--url", at.url, "--key", key, "--to", place.store("source"), "--once");
        assert.match(done.text, /EXPORT_TO_STORE/);
      }
    });
  });
}
