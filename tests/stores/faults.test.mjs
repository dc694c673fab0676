// Stores that cannot be used: of a newer version, of another owner, damaged, read-only, out of reach. Each gets its code and changes nothing.
// And a ledger that was tampered with, on both stores.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startPostgres } from "../../xtask/npm/postgres.mjs";
import { command, demo, kinds, serve } from "./serve.mjs";

/** Starts the service on a store that it must refuse; what it said. */
function refused(store, ...more) {
  const { code, text } = command("serve", "--store", store, "--model", demo, "--listen", "127.0.0.1:0", ...more);
  assert.notEqual(code, 0, text);
  return text;
}

for (const kind of kinds()) {
  describe(`stores that cannot be used, on ${kind.name}`, () => {
    let place;
    before(async () => (place = await kind.start()));
    after(() => place?.remove());

    /** A store with a champion, in which no service runs. */
    async function made(name) {
      const at = await serve(place.store(name), "--model", demo);
      await at.stop();
      return place.store(name);
    }

    test("a newer version is refused", async () => {
      const store = await made("newer");
      place.sql("newer", "control", "INSERT INTO plumbline_schema (version) VALUES (999)");
      assert.match(refused(store), /STORE_NEWER.*999/s);
      place.sql("newer", "control", "DELETE FROM plumbline_schema WHERE version = 999");
      place.sql("newer", "log", "INSERT INTO plumbline_schema (version) VALUES (998)");
      assert.match(refused(store), /STORE_NEWER.*998/s);
    });

    test("another owner's store is refused", async () => {
      const store = await made("other");
      place.sql("other", "control", "UPDATE plumbline_owner SET name = 'shard'");
      assert.match(refused(store), /STORE_OTHER_OWNER/);
    });

    test("an altered, a dropped and a reordered entry of the ledger are found, and with an anchor a cut end", async () => {
      const store = await made("ledger");
      const state = async (anchor = "") => {
        const at = await serve(store);
        const verified = await at.get(`/v1/ledger/verify?anchor=${anchor}`);
        await at.stop();
        return verified;
      };
      const clean = await state();
      assert.equal(clean.valid, true);
      const { seq, hash } = clean.verified.head;
      const anchor = `${seq}-${hash}`;
      assert.deepEqual([(await state(anchor)).valid, (await state(anchor)).verified.anchors], [true, 1]);
      const change = (statement) => place.sql("ledger", "control", statement);
      const found = async (kind, given) => {
        const { valid, verified } = await state(given);
        assert.equal(valid, false);
        assert.match(verified.fault.kind, kind, JSON.stringify(verified));
      };
      change("UPDATE ledger SET body = replace(body, 'local', 'xocal') WHERE seq = 1");
      await found(/altered/);
      change("UPDATE ledger SET body = replace(body, 'xocal', 'local') WHERE seq = 1");
      change("CREATE TABLE spare AS SELECT * FROM ledger WHERE seq = 1");
      change("DELETE FROM ledger WHERE seq = 1");
      await found(/dropped/);
      change("INSERT INTO ledger SELECT * FROM spare");
      assert.equal((await state(anchor)).valid, true);
      const swap = () => {
        change("UPDATE ledger SET seq = 900001 WHERE seq = 1");
        change("UPDATE ledger SET seq = 1 WHERE seq = 2");
        change("UPDATE ledger SET seq = 2 WHERE seq = 900001");
      };
      swap();
      // A table is read by number: an entry in another's place has not the hash of its number.
      await found(/reordered|altered/);
      swap();
      assert.equal((await state(anchor)).valid, true);
      change(`DELETE FROM ledger WHERE seq = ${seq}`);
      assert.equal((await state()).valid, true, "a chain whose end is cut verifies by itself");
      await found(/cut/, anchor);
    });

    if (kind.name === "SQLite") {
      test("a damaged file is refused", async () => {
        const store = await made("damaged");
        assert.equal(statSync(join(store, "control.sqlite-wal"), { throwIfNoEntry: false })?.size ?? 0, 0, "a stopped service leaves whole files");
        writeFileSync(join(store, "control.sqlite"), "not a database, but text of some length that no reader of SQLite takes for one");
        assert.match(refused(store), /STORE_CORRUPT/);
      });
    } else {
      test("a read-only database is refused", async () => {
        const store = await made("closed");
        place.sql("closed", "control", "ALTER DATABASE postgres SET default_transaction_read_only = on");
        try {
          assert.match(refused(store), /STORE_READ_ONLY/);
        } finally {
          place.postgres.script("BEGIN READ WRITE; ALTER DATABASE postgres SET default_transaction_read_only = off; COMMIT");
        }
      });

      test("a database out of reach is refused", () => {
        assert.match(refused("postgres://plumbline@127.0.0.1:1/none?sslmode=disable"), /STORE_UNREACHABLE/);
        assert.match(refused("postgres://plumbline@127.0.0.1/none?colour=red"), /STORE_ADDRESS/);
      });
    }
  });
}

describe("a PostgreSQL that speaks TLS only", () => {
  let postgres;
  const folder = mkdtempSync(join(tmpdir(), "plumbline-tls-"));
  const file = (name) => join(folder, name);
  const openssl = (...args) => {
    const done = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
  };
  before(async () => {
    // An authority of the owner's own, and a server's certificate of it.
    const subject = (name) => ["-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${name}`];
    openssl("req", "-x509", "-days", "2", ...subject("ca"), "-keyout", "ca.key", "-out", "ca.pem");
    openssl("req", ...subject("server"), "-keyout", "server.key", "-out", "server.csr");
    writeFileSync(file("names"), "subjectAltName = IP:127.0.0.1\nextendedKeyUsage = serverAuth\n");
    openssl("x509", "-req", "-days", "2", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-out", "server.pem");
    postgres = await startPostgres();
    postgres.secure(readFileSync(file("server.pem")), readFileSync(file("server.key")));
  });
  after(() => {
    postgres?.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  const address = (query) => `${postgres.url.split("?")[0]}?${query}`;

  for (const mode of ["require", "verify-full"]) {
    test(`sslmode=${mode} with the owner's authority is served`, async () => {
      const at = await serve(address(`sslmode=${mode}&sslrootcert=${file("ca.pem")}`), "--model", demo);
      const health = await at.call("GET", "/v1/report");
      await at.stop();
      assert.equal(health.status, 200, JSON.stringify(health.body));
    });
  }

  test("a certificate of an authority that is not known is refused, and so is a connection without TLS", () => {
    assert.match(refused(address("sslmode=require")), /STORE_UNREACHABLE.*(certificate|UnknownIssuer)/s);
    assert.match(refused(address("sslmode=disable")), /STORE_UNREACHABLE/);
    assert.match(refused(address("sslmode=verify-full&sslrootcert=/none.pem")), /STORE_ADDRESS.*sslrootcert/s);
  });
});
