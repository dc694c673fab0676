// `plumbline train` on a table and on a query of a PostgreSQL database, which it only reads, and on what a service keeps on PostgreSQL.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startPostgres } from "../../xtask/npm/postgres.mjs";
import { command } from "./serve.mjs";

let postgres;
let folder;
before(async () => {
  postgres = await startPostgres();
  folder = mkdtempSync(join(tmpdir(), "plumbline-train-"));
});
after(() => {
  postgres?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name) => join(folder, name);
const named = (table) => `${postgres.url}&table=${table}`;

test("a table and a query give the model that a file of the same leads gives", { timeout: 120_000 }, () => {
  postgres.script(`CREATE SCHEMA crm; CREATE TABLE crm."the leads" AS SELECT 'L' || n AS lead_id, timestamptz '2026-03-01 09:00+01' + n * interval '1 hour' AS created,
    (n * 7919 % 20)::int AS visits, (ARRAY['ads','referral','web'])[1 + n * 31 % 3] AS source, CASE WHEN n % 11 > 0 THEN n % 2 = 0 END AS newsletter,
    (n * 7919 % 20) + (n * 104729 % 13) > 17 AS won FROM generate_series(1, 600) AS n`);
  const csv = postgres.script(`COPY (SELECT lead_id, to_char(created AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created, visits, source, newsletter, won FROM crm."the leads") TO STDOUT (FORMAT csv, HEADER true)`);
  writeFileSync(at("leads.csv"), `${csv}\n`);
  const train = (data, out, ...more) => command("train", data, "--outcome", "won", "--time", "created", "--name", "leads", "-o", at(out), ...more);
  for (const [data, out, ...more] of [
    [at("leads.csv"), "file.plumb"],
    [named("crm.the leads"), "table.plumb"],
    [postgres.url, "query.plumb", "--query", 'SELECT * FROM crm."the leads" ORDER BY visits; '],
  ]) {
    const done = train(data, out, ...more);
    assert.equal(done.code, 0, done.text);
  }
  const [file, table, query] = ["file", "table", "query"].map((name) => JSON.parse(command("inspect", at(`${name}.plumb`), "--json").text).provenance);
  assert.equal(table.snapshot_sha256, file.snapshot_sha256);
  assert.equal(query.snapshot_sha256, file.snapshot_sha256);
  assert.match(table.snapshot_uri, /^postgres:\/\/127\.0\.0\.1\/postgres, table crm\.the leads$/);
  for (const [data, code, words, ...more] of [
    [named("crm.none"), 5, /none/],
    [postgres.url, 2, /--query/],
    [postgres.url, 5, /read-only/, "--query", 'DELETE FROM crm."the leads" RETURNING *'],
    [postgres.url, 5, /syntax/, "--query", 'SELECT 1) TO STDOUT; DROP TABLE crm."the leads"; --'],
    ["postgres://127.0.0.1:1/none?table=x&sslmode=disable", 5, /cannot be reached/],
  ]) {
    const done = train(data, "none.plumb", ...more);
    assert.equal(done.code, code, done.text);
    assert.match(done.text, words);
  }
  assert.equal(postgres.script('SELECT count(*) FROM crm."the leads"'), "600");
});
