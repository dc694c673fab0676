// The kill switch of one host, on SQLite and PostgreSQL: while it is on, the champion scores all leads of this host, also when the database
// is away.
import assert from "node:assert/strict";
import { rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { command, kinds, serve, wait } from "./serve.mjs";

for (const kind of kinds()) {
  describe(`the kill switch of a host on ${kind.name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "plumbline-switch-"));
    let place;
    let one;
    let other;
    before(async () => {
      place = await kind.start();
      one = await serve(place.store("switch"), "--demo");
      other = await serve(place.store("switch"), "--switch", join(folder, "other"));
    });
    after(async () => {
      await one?.stop();
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

    test("it is thrown and taken back by a command that needs neither key nor database", async () => {
      await until(one, 2);
      const store = ["--store", place.store("switch")];
      // The host has said that it looks for the switch.
      await wait(300);
      const thrown = command("kill", ...store, "--reason", "test");
      assert.equal(thrown.code, 0, thrown.text);
      await until(one, 1);
      assert.match(one.said(), /the kill switch is on/);
      assert.equal(await roles(other), 2, "another switch is another host's");
      if (place.postgres) {
        // The database goes away: the switch works.
        const undone = command("kill", ...store, "--undo");
        assert.equal(undone.code, 0, undone.text);
        await until(one, 2);
        place.postgres.stop();
        try {
          const again = command("kill", ...store);
          assert.equal(again.code, 0, again.text);
          await until(one, 1);
        } finally {
          place.postgres.start();
        }
      }
      const undone = command("kill", ...store, "--undo", "--json");
      assert.equal(JSON.parse(undone.text).watched, true);
      await until(one, 2);
    });

    test("a switch that no host looks for is set, and said to be so", () => {
      const store = ["--store", place.store("switch"), "--switch", join(folder, "unwatched")];
      const set = command("kill", ...store);
      assert.equal(set.code, 1, set.text);
      assert.match(set.text, /no host on this machine is known to look for/);
      assert.equal(command("kill", ...store, "--undo").code, 1);
    });
  });
}
