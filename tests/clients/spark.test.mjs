// The checklist's queries in Spark, on the tables of Delta Lake that `plumbline export` wrote, by the statements of docs/OPERATIONS.md: the
// figures are those of `plumbline sql` on the store itself.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { has, root } from "../../xtask/npm/run.mjs";
import { command } from "../stores/serve.mjs";

const lacking = has("java") ? undefined : "the checklist's queries in Spark (Java is not installed)";
if (lacking) console.log(`not run: ${lacking}`);

test("the checklist's queries give in Spark what they give on the store", { skip: lacking, timeout: 300_000 }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), "plumbline-spark-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [store, lake] = [join(folder, "store"), join(folder, "lake")];
  const said = (...args) => {
    const { code, text } = command(...args);
    assert.equal(code, 0, text);
    return text;
  };
  said("simulate", "--seed", "1", "--leads", "60", "--store", store);
  said("export", "--to", `delta:${lake}`, "--once", "--store", store);
  const named = JSON.parse(said("sql", "--list", "--json"));
  const guide = readFileSync(join(root, "docs/OPERATIONS.md"), "utf8");
  const statements = /```sql\n(CREATE SCHEMA[\s\S]*?)```/.exec(guide)[1];
  assert.ok(process.env.PLUMBLINE_PYTHON, "PLUMBLINE_PYTHON names no interpreter");
  const queries = JSON.stringify(named.map(({ checklist }) => checklist));
  const asked = spawnSync(process.env.PLUMBLINE_PYTHON, [join(root, "tests/python/spark_reads.py"), lake, statements, queries], { encoding: "utf8" });
  assert.equal(asked.status, 0, asked.stderr);
  const found = JSON.parse(asked.stdout.trim().split("\n").at(-1));
  for (const [at, { name }] of named.entries()) {
    const own = JSON.parse(said("sql", "--store", store, name, "--json")).map((row) => Object.values(row));
    // The oldest hour of a window that moves on loses rows between the two.
    const [ours, theirs] = own.length > 1 ? [own.slice(0, -1), found[at].slice(0, own.length - 1)] : [own, found[at]];
    assert.ok(ours.length > 0 && ours[0].at(-1) > 0, `${name}: ${JSON.stringify(own)}`);
    assert.equal(theirs.length, ours.length, name);
    for (const [place, row] of ours.entries()) {
      const other = theirs[place];
      assert.deepEqual(other.slice(0, -1), row.slice(0, -1), name);
      assert.ok(Math.abs(other.at(-1) - row.at(-1)) <= 1e-9 * row.at(-1), `${name}: ${row}, in Spark ${other}`);
    }
  }
});
