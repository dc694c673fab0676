// Hosts on one store in which the demo was played, on SQLite and PostgreSQL. While the kill switch of one is on, the champion scores all of its
// leads, also when the database is away. Of commands at the same moment, to one host and to two, one wins, and the ledger says which.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { command as cli, kinds, serve, wait } from "./serve.mjs";

const ROUNDS = 4;

for (const kind of kinds()) {
  describe(`hosts on one store on ${kind.name}`, () => {
    let place;
    let one;
    let two;
    let other;
    let key;
    const folder = mkdtempSync(join(tmpdir(), "plumbline-switch-"));
    before(async () => {
      place = await kind.start();
      one = await serve(place.store("races"), "--demo");
      key = { authorization: `Bearer ${one.key}` };
      two = await serve(place.store("races"));
      other = await serve(place.store("races"), "--switch", join(folder, "other"));
    });
    after(async () => {
      await one?.stop();
      await two?.stop();
      await other?.stop();
      place?.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    /** The roles that answer many leads: in the demo's canary, both. */
    const roles = async (host) => {
      const leads = Array.from({ length: 200 }, (_, n) => ({ lead_id: `switch-${n}`, visits_30d: 4 }));
      const { status, body } = await host.call("POST", "/v1/score", leads);
      assert.equal(status, 200, JSON.stringify(body).slice(0, 300));
      return [...new Set(body.scores.map(({ variant }) => variant))].length;
    };
    const until = async (host, expected) => {
      for (let tries = 0; tries < 40; tries++) {
        if ((await roles(host)) === expected) return;
        await wait(100);
      }
      assert.fail(`${expected} variants were expected: ${host.said()}`);
    };

    test("the kill switch of a host is thrown and taken back by a command that needs neither key nor database", async () => {
      await until(one, 2);
      const store = ["--store", place.store("races")];
      // The host has said that it looks for the switch.
      await wait(300);
      const thrown = cli("kill", ...store, "--reason", "test");
      assert.equal(thrown.code, 0, thrown.text);
      await until(one, 1);
      assert.match(one.said(), /the kill switch is on/);
      assert.equal(await roles(other), 2, "another switch is another host's");
      if (place.postgres) {
        // The database goes away: the switch works.
        const undone = cli("kill", ...store, "--undo");
        assert.equal(undone.code, 0, undone.text);
        await until(one, 2);
        place.postgres.stop();
        try {
          const again = cli("kill", ...store);
          assert.equal(again.code, 0, again.text);
          await until(one, 1);
        } finally {
          place.postgres.start();
        }
      }
      const undone = cli("kill", ...store, "--undo", "--json");
      assert.equal(JSON.parse(undone.text).watched, true);
      await until(one, 2);
    });

    test("a kill switch that no host looks for is set, and said to be so", () => {
      const store = ["--store", place.store("races"), "--switch", join(folder, "unwatched")];
      const set = cli("kill", ...store);
      assert.equal(set.code, 1, set.text);
      assert.match(set.text, /no host on this machine is known to look for/);
      assert.equal(cli("kill", ...store, "--undo").code, 1);
    });

    const command = (at, name, body, revision) =>
      at.call("POST", `/v1/rollout/${name}`, body, { ...key, ...(revision ? { "if-match": revision } : {}) });
    const ledger = async (after) => (await one.get(`/v1/ledger?after=${after}&limit=1000`, key)).entries;
    const head = async () => Math.max(...(await one.get("/v1/ledger?limit=1", key)).entries.map((entry) => entry.seq));

    test("of two approvals with one revision one promotes, the other gets VERSION_STALE", async () => {
      const { etag } = await one.call("GET", "/v1/rollout", undefined, key);
      const seq = await head();
      const answers = await Promise.all([
        command(one, "approve", { comment: "first" }, etag),
        command(two, "approve", { comment: "second" }, etag),
        command(one, "approve", { comment: "third" }, etag),
        command(two, "approve", { comment: "fourth" }, etag),
      ]);
      const statuses = answers.map((answer) => answer.status).sort();
      const approved = place.sql("races", "control", "SELECT stage, role, comment FROM approvals ORDER BY seq DESC LIMIT 1");
      assert.match(approved, /^canary\|ml_lead\|(first|second|third|fourth)$/);
      assert.deepEqual(statuses, [200, 412, 412, 412], JSON.stringify(answers.map((a) => a.body)));
      for (const answer of answers.filter((answer) => answer.status === 412)) assert.equal(answer.body.code, "VERSION_STALE");
      const since = await ledger(seq);
      assert.equal(since.filter((entry) => entry.kind === "transition").length, 1, JSON.stringify(since));
      assert.equal(since.filter((entry) => entry.kind === "refused").length, 3, JSON.stringify(since));
      assert.equal((await two.get("/v1/rollout", key)).stage ?? (await two.get("/v1/report", key)).rollout.stage, "ab_test");
    });

    test("holds and resumes from both services leave one chain", async () => {
      const seq = await head();
      const sent = [];
      for (let round = 0; round < ROUNDS; round++) {
        sent.push(command(one, "hold", { reason: `one ${round}` }), command(two, "hold", { reason: `two ${round}` }));
      }
      const answers = await Promise.all(sent);
      assert.ok(answers.every((answer) => answer.status === 200), JSON.stringify(answers.map((a) => a.body)));
      const since = await ledger(seq);
      assert.ok(since.length >= 1);
      for (const at of [one, two]) assert.equal((await at.get("/v1/ledger/verify", key)).valid, true);
    });

    test("an advance and a rollback: the rollback wins, whichever came first", async () => {
      const { etag } = await one.call("GET", "/v1/rollout", undefined, key);
      const seq = await head();
      const [advance, rollback] = await Promise.all([
        command(one, "resume", { reason: "go on" }, etag),
        command(two, "rollback", { reason: "a drill" }),
      ]);
      assert.equal(rollback.status, 200, JSON.stringify(rollback.body));
      assert.ok([200, 409, 412].includes(advance.status), JSON.stringify(advance.body));
      const report = await one.get("/v1/report", key);
      assert.equal(report.rollout?.stage ?? "idle", "idle");
      const kindsOf = (await ledger(seq)).map((entry) => entry.kind);
      assert.ok(kindsOf.includes("transition"), kindsOf.join());
      if (advance.status !== 200) assert.ok(kindsOf.includes("refused"), kindsOf.join());
      assert.equal((await two.get("/v1/ledger/verify", key)).valid, true);
    });

    test("leads scored by both services at the same moment are stored once each", async () => {
      const score = (at, n) => at.call("POST", "/v1/score?reasons=0", { lead_id: `race-${n}`, visits_30d: n % 40 }, key);
      const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => score(n % 2 === 0 ? one : two, n)));
      assert.ok(answers.every((answer) => answer.status === 200), JSON.stringify(answers.find((a) => a.status !== 200)?.body));
      await one.stop();
      await two.stop();
      const rows = place.sql("races", "log", "SELECT count(*), count(DISTINCT lead_id) FROM prediction_logs WHERE lead_id LIKE 'race-%' AND role <> 'shadow'");
      assert.equal(rows, "200|200");
    });
  });
}
